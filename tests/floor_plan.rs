//! The floor plan, enforced: which module may import which, and how big a room may grow.
use std::{collections::BTreeMap, fs, path::Path};

/// Every module and all it may import. Arrows point down; rooms on one floor never meet.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("collect", &["model"]),
    ("normalise", &["model"]),
    ("reach", &["model"]),
    ("evaluate", &["model"]),
    ("judge", &["model"]),
    ("record", &["model"]),
    ("report", &["model"]),
    ("assess", &["model", "reach", "evaluate", "judge"]),
    ("serve", &["model", "collect", "normalise", "reach", "evaluate", "judge", "record", "report", "assess"]),
    (
        "commands",
        &["cli", "model", "collect", "normalise", "reach", "evaluate", "judge", "record", "report", "assess", "serve"],
    ),
];

/// Crates that only some files may name, so that each can be replaced in an afternoon.
const MAY_NAME: &[(&str, &[&str])] = &[
    ("regorus", &["evaluate/engine.rs"]),
    ("granit_parser", &["normalise/yaml.rs"]),
    ("kube", &["collect/cluster/", "serve/"]),
    ("hcl_edit", &["normalise/terraform/"]),
    ("clap", &["cli.rs", "cli/", "main.rs"]),
    ("fluent", &["report/words/"]),
    ("aws_lc_rs", &["record/", "commands/evidence/mod.rs", "serve/tls/"]),
    ("axum", &["serve/server.rs"]),
    ("object_store", &["record/s3.rs"]),
    ("tokio", &["collect/cluster/", "record/s3.rs", "serve/server.rs"]),
    ("tokio_rustls", &["serve/server.rs", "serve/tls/"]),
    ("rcgen", &["serve/tls/"]),
    ("prometheus_client", &["serve/metrics.rs"]),
    ("ureq", &["record/witness.rs", "record/authority.rs", "record/http.rs"]),
];

const LINES_MAX: usize = 400;

#[test]
fn modules_import_only_what_the_plan_allows() {
    let plan: BTreeMap<_, _> = MAY_IMPORT.iter().copied().collect();
    for (module, path, text) in sources() {
        let Some(allowed) = plan.get(module.as_str()) else {
            panic!("{path}: add `{module}` to the floor plan");
        };
        for import in imports(&text) {
            assert!(
                import == module || allowed.contains(&import.as_str()),
                "{path}: `{module}` may not import `{import}`"
            );
        }
    }
}

#[test]
fn outside_crates_are_named_where_the_plan_allows() {
    for (_, path, text) in sources() {
        for (krate, files) in MAY_NAME {
            let named = text.contains(&format!("{krate}::")) || text.contains(&format!("use {krate};"));
            let allowed = files.iter().any(|file| path.contains(&format!("/src/{file}")));
            assert!(allowed || !named, "{path}: only {files:?} may name `{krate}`");
        }
    }
}

#[test]
fn no_file_outgrows_its_room() {
    for (_, path, text) in every_source() {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{path}: {lines} lines, {LINES_MAX} at most");
    }
}

/// E27: whoever checks a log or a package runs on files that the caller hands in, without the code that writes, without
/// network. Tests inside the files may do otherwise.
#[test]
fn the_verifier_reaches_no_store_and_no_network() {
    let modules: BTreeMap<String, String> = sources()
        .into_iter()
        .filter(|(module, ..)| module == "record")
        .map(|(_, path, text)| {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default().lines();
            let code: Vec<&str> = code.filter(|line| !line.trim_start().starts_with("//")).collect();
            (module_path(&path), code.join("\n"))
        })
        .collect();
    let mut waiting = vec![(vec!["verify".to_owned()], String::new())];
    let mut reached = BTreeMap::new();
    while let Some((rooms, by)) = waiting.pop() {
        for room in rooms {
            assert!(
                !WRITES_OR_CONNECTS.contains(&room.as_str()),
                "record/{room} is reached from record/verify by {by}: move what the verifier needs into a pure file"
            );
            if reached.insert(room.clone(), by.clone()).is_some() {
                continue;
            }
            for (path, text) in &modules {
                if *path == room || path.starts_with(&format!("{room}::")) {
                    waiting.push((neighbours(path, text), path.clone()));
                }
            }
        }
    }
    assert!(["merkle", "tile", "note", "entry"].iter().all(|room| reached.contains_key(*room)), "{reached:?}");
}

/// Files of `record/` that write, or speak to others.
const WRITES_OR_CONNECTS: &[&str] =
    &["store", "s3", "timed", "race", "disk", "log", "journal", "http", "authority", "witness"];

/// `…/src/record/verify/pass.rs` → `verify::pass`.
fn module_path(path: &str) -> String {
    let inside = path.rsplit_once("/src/record/").map_or(path, |(_, inside)| inside);
    inside.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::")
}

/// The files directly below `record/` that a file of it names, by `super::` or `crate::record::`.
fn neighbours(path: &str, text: &str) -> Vec<String> {
    let depth = if path == "mod" { 0 } else { path.split("::").count() };
    let mut found = Vec::new();
    let up = "super::".repeat(depth);
    let places: Vec<&str> = text
        .match_indices("super::")
        .filter(|(at, _)| !text[..*at].ends_with("super::"))
        .filter_map(|(at, _)| text[at..].strip_prefix(&up).filter(|after| !after.starts_with("super::")))
        .chain(text.split("crate::record::").skip(1))
        .collect();
    for after in places {
        found.extend(heads(after));
    }
    // `use super::{super::{…}}` and `use crate::{record::{…}}`: groups within groups.
    for (outer, inner) in [("super::{", "super::"), ("crate::{", "record::")] {
        for (begin, _) in text.match_indices(outer) {
            let group = &text[begin + outer.len()..];
            let group = group.get(..group.find(';').unwrap_or(group.len())).unwrap_or_default();
            for (at, _) in group.match_indices(inner) {
                let starts = at == 0 || group[..at].ends_with(|c: char| c.is_whitespace() || c == '{' || c == ',');
                if starts {
                    found.extend(heads(&group[at + inner.len()..]));
                }
            }
        }
    }
    found.retain(|name| name.starts_with(|c: char| c.is_lowercase()) && name != "self" && name != "super");
    found
}

/// The first names of what follows `x::`: one, or each of a group.
fn heads(after: &str) -> Vec<String> {
    let own = after.split("crate::").next().unwrap_or_default();
    imports(&format!("crate::{own}"))
}

/// Every `crate::x` in the text, and every `x` in a `use crate::{x::…, y}` group.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for after in text.split("crate::").skip(1) {
        match after.strip_prefix('{') {
            None => found.push(name(after)),
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => start = true,
                        c if start && c.is_alphabetic() => {
                            found.push(name(&group[at..]));
                            start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found.retain(|name| name.starts_with(|c: char| c.is_lowercase()));
    found
}

fn name(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// Every file under `src/` but the roots: its module, its path, its text.
/// The rooms, which the plan is about; the roof may use everything.
fn sources() -> Vec<(String, String, String)> {
    every_source().into_iter().filter(|(module, ..)| !["lib", "main", "cli"].contains(&module.as_str())).collect()
}

/// Module, path and text of every file.
fn every_source() -> Vec<(String, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let relative = path.strip_prefix(&root).unwrap().with_extension("");
            let module = relative.iter().next().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            found.push((module, path.display().to_string(), text));
        }
    }
    found
}

#[test]
fn the_import_reader_reads_both_forms() {
    let text = "use crate::judge;\nuse crate::{\n    evaluate::Criterion,\n    model::{Decision, Verdict},\n};";
    assert_eq!(imports(text), ["judge", "evaluate", "model"]);
}

#[test]
fn the_reader_of_neighbours_reads_every_form() {
    let text = "use super::super::{merkle, store::{Put}};\nuse crate::{model::X, record::{http, note::Note}};\nfn f() { \
                crate::record::disk::read(); super::super::tile::WIDTH; super::beside::check(); }";
    let mut found = neighbours("verify::pass", text);
    found.sort();
    assert_eq!(found, ["disk", "http", "merkle", "note", "store", "tile"]);
    let mut found = neighbours("verify::shard", "use super::{super::{files::Files, log}, lists::ShardList};");
    found.sort();
    assert_eq!(found, ["files", "log"]);
    assert_eq!(neighbours("log", "use super::{entry::{Body}, store};"), ["entry", "store"]);
    assert_eq!(module_path("/x/src/record/entry/mod.rs"), "entry");
}
