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
    ("kube", &["collect/cluster.rs", "serve/"]),
    ("hcl_edit", &["normalise/terraform/"]),
    ("clap", &["cli.rs", "cli/", "main.rs"]),
    ("fluent", &["report/words/"]),
    ("aws_lc_rs", &["record/", "commands/evidence/mod.rs"]),
    ("ureq", &["record/witness.rs", "record/anchor.rs", "record/http.rs"]),
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
    for (_, path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{path}: {lines} lines, {LINES_MAX} at most");
    }
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
fn sources() -> Vec<(String, String, String)> {
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
            if !["lib", "main", "cli"].contains(&module.as_str()) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((module, path.display().to_string(), text));
            }
        }
    }
    found
}

#[test]
fn the_import_reader_reads_both_forms() {
    let text = "use crate::judge;\nuse crate::{\n    evaluate::Criterion,\n    model::{Decision, Verdict},\n};";
    assert_eq!(imports(text), ["judge", "evaluate", "model"]);
}
