//! Overlays: found by their `kustomization.yaml`, rendered by `kubectl kustomize` where no other uses them.
//!
//! A kustomization is read here only as far as needed to know which files it reaches and whether it would go to the
//! network: line by line, because YAML has its door in another room.
use super::{
    Part,
    helm::Chart,
    read,
    run::{from_repository, run},
    walk::{File, Tree},
};
use crate::model::{Document, Origin, Platform, Problem, Render, Text};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Component, Path, PathBuf},
    sync::Arc,
};

/// Names that kustomize looks for (`kubectl kustomize --help`).
const NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/// Fields whose entries are files, folders or addresses.
const FIELDS: [&str; 12] = [
    "resources",
    "bases",
    "components",
    "crds",
    "configurations",
    "generators",
    "transformers",
    "validators",
    "openapi",
    "patches",
    "patchesStrategicMerge",
    "patchesJson6902",
];

/// Fields of which a folder or file that is missing may be an address.
const FETCHED: [&str; 7] = ["resources", "bases", "components", "crds", "generators", "transformers", "validators"];

/// A kustomization that no other one in the scan uses.
#[derive(Debug)]
pub(super) struct Overlay {
    folder: PathBuf,
    /// The folder's name for people.
    name: Text,
    file: File,
    /// Everything it reaches, directly and through others: read only through the render.
    pub(super) files: BTreeSet<PathBuf>,
    /// What it would fetch, and the file and line that say so.
    remote: Option<(Text, u32, String)>,
    is_component: bool,
}

/// One kustomization, as far as we read it.
struct Kustomization<'a> {
    file: &'a File,
    files: BTreeSet<PathBuf>,
    folders: BTreeSet<PathBuf>,
    remote: Option<(Text, u32, String)>,
    is_component: bool,
}

/// Finds the overlays of a tree.
pub(super) fn overlays(tree: &Tree, charts: &[Chart]) -> Vec<Overlay> {
    let is_template = |file: &File| charts.iter().any(|chart| chart.files.contains(&file.path));
    let mut found: BTreeMap<PathBuf, Kustomization<'_>> = BTreeMap::new();
    for file in tree.files.values().filter(|file| NAMES.contains(&file.file_name()) && !is_template(file)) {
        let Ok(bytes) = read::bytes(&file.path) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        // Flux has a kind of this name; such a file is an object for the cluster.
        if text.lines().any(|line| line.starts_with("apiVersion:") && line.contains("toolkit.fluxcd.io")) {
            continue;
        }
        if let Some(folder) = file.path.parent() {
            found.insert(tidy(folder), kustomization(file, folder, &text));
        }
    }
    let used: BTreeSet<&PathBuf> = found.values().flat_map(|one| &one.folders).collect();
    let roots = found.iter().filter(|(folder, _)| !used.contains(folder));
    roots.map(|(folder, one)| overlay(folder, one, &found, tree)).collect()
}

fn overlay(folder: &Path, one: &Kustomization<'_>, all: &BTreeMap<PathBuf, Kustomization<'_>>, tree: &Tree) -> Overlay {
    let mut reached: BTreeSet<PathBuf> = BTreeSet::new();
    let mut seen: BTreeSet<&Path> = BTreeSet::new();
    let mut remote = None;
    let mut waiting = vec![folder];
    while let Some(folder) = waiting.pop() {
        let Some((folder, part)) = all.get_key_value(folder) else { continue };
        if !seen.insert(folder) {
            continue;
        }
        reached.extend(part.files.iter().cloned());
        reached.insert(tidy(&part.file.path));
        waiting.extend(part.folders.iter().map(PathBuf::as_path));
        remote = remote.or_else(|| part.remote.clone());
    }
    let files = tree.files.values().filter(|file| reached.contains(&tidy(&file.path))).map(|file| file.path.clone());
    let name = one.file.name.rsplit_once('/').map_or(".", |(folder, _)| folder).into();
    Overlay {
        folder: folder.to_owned(),
        name,
        file: one.file.clone(),
        files: files.collect(),
        remote,
        is_component: one.is_component,
    }
}

fn kustomization<'a>(file: &'a File, folder: &Path, text: &str) -> Kustomization<'a> {
    let mut one = Kustomization {
        file,
        files: BTreeSet::new(),
        folders: BTreeSet::new(),
        remote: None,
        is_component: text.lines().any(|line| line.split_whitespace().eq(["kind:", "Component"])),
    };
    let mut field = "";
    for (index, line) in text.lines().enumerate() {
        if line.trim_start().starts_with('#') {
            continue;
        }
        if let Some((name, _)) = line.split_once(':')
            && line.starts_with(|first: char| first.is_ascii_alphabetic())
        {
            field = name.trim();
        }
        for entry in entries(line) {
            let path = tidy(&folder.join(entry));
            if path.is_dir() && FIELDS.contains(&field) {
                one.folders.insert(path);
            } else if path.is_file() {
                one.files.insert(path);
            } else if FETCHED.contains(&field) && is_address(entry) && one.remote.is_none() {
                let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
                one.remote = Some((file.name.clone(), line, entry.to_owned()));
            }
        }
    }
    one
}

/// What may be a path in a line: `- path`, `key: path`, `key=path`, `[path, path]`.
fn entries(line: &str) -> impl Iterator<Item = &str> {
    let line = line.split(" #").next().unwrap_or(line);
    let parts = line.split([' ', ',', '[', ']', '{', '}', '"', '\'', '\t']);
    let parts = parts.flat_map(|part| [part, part.split_once('=').map_or("", |(_, path)| path)]);
    parts.filter(|part| !part.is_empty() && *part != "-" && *part != "." && !part.ends_with(':'))
}

/// Whether kustomize would take what is not on disk for something to fetch (its `RepoSpec` and file loader).
fn is_address(entry: &str) -> bool {
    let host = entry.split('/').next().unwrap_or_default();
    entry.contains("://")
        || entry.contains("git@")
        || entry.starts_with("git::")
        || entry.contains("?ref=")
        || entry.contains("?version=")
        || (entry.contains('/') && host.contains('.') && !host.starts_with('.'))
}

/// Takes `.` and `..` out, so that two ways to one place are the same.
fn tidy(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if tidy.file_name().is_some() => {
                tidy.pop();
            }
            _ => tidy.push(component),
        }
    }
    tidy
}

/// Renders every overlay; in order.
pub(super) fn render(overlays: &[Overlay], tree: &Tree, tools: &mut BTreeMap<String, String>) -> Vec<Part> {
    let parts: Vec<Part> = overlays.par_iter().map(|overlay| part(overlay, tree)).collect();
    if parts.iter().any(|part| !part.documents.is_empty())
        && let Some(version) = version()
    {
        tools.insert("kubectl".to_owned(), version);
    }
    parts
}

fn version() -> Option<String> {
    let text = run("kubectl", &["version".into(), "--client".into(), "--output=json".into()]).ok()?;
    let version: serde_json::Value = serde_json::from_slice(&text).ok()?;
    Some(version.get("clientVersion")?.get("gitVersion")?.as_str()?.to_owned())
}

fn part(overlay: &Overlay, tree: &Tree) -> Part {
    match rendered(overlay, tree) {
        Ok(document) => Part { documents: vec![document], problems: Vec::new() },
        Err((origin, cause)) => {
            let cause = from_repository(format!("the overlay is not read: {cause}"), &overlay.folder, &overlay.name);
            let problem = Problem::hiding(origin, cause, Platform::Kubernetes, Some(overlay.name.clone()));
            Part { documents: Vec::new(), problems: vec![problem] }
        }
    }
}

fn rendered(overlay: &Overlay, tree: &Tree) -> Result<Document, (Origin, String)> {
    if let Some((file, line, address)) = &overlay.remote {
        let cause = format!("`{address}` is not in the scan, and nothing is fetched; copy it into the repository");
        return Err((Origin::at(file.clone(), *line, 1), cause));
    }
    let origin = Origin::file(overlay.file.name.clone());
    if overlay.is_component {
        let cause = "a component is rendered by the overlays that use it, and none in the scan does";
        return Err((origin, cause.to_owned()));
    }
    if let Some(link) = tree.links_out.iter().find(|link| link.starts_with(&overlay.folder)) {
        let name = link.file_name().unwrap_or_default().to_string_lossy();
        return Err((origin, format!("`{name}` is a link that leads out of what is scanned")));
    }
    let arguments = ["kustomize".into(), overlay.folder.clone().into()];
    let bytes = run("kubectl", &arguments).map_err(|cause| (origin.clone(), cause))?;
    let mut sources: BTreeMap<Text, Arc<[u8]>> = BTreeMap::new();
    for file in tree.files.values().filter(|file| overlay.files.contains(&file.path)) {
        if let Ok(bytes) = read::bytes(&file.path) {
            sources.insert(file.name.clone(), bytes.into());
        }
    }
    let render = Render { root: overlay.name.clone(), sources: Arc::new(sources), prefix: "".into() };
    Ok(Document { origin, bytes: bytes.into(), render: Some(render) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_found_in_every_way_of_writing() {
        let found = |line| entries(line).collect::<Vec<_>>();
        assert_eq!(found("- ../base # shared"), ["../base"]);
        assert_eq!(found("  path: 'patch.yaml'"), ["patch.yaml"]);
        assert_eq!(found("bases: [a, b/c]"), ["a", "b/c"]);
        assert_eq!(found("  - key=files/a.conf"), ["key=files/a.conf", "files/a.conf"]);
    }

    #[test]
    fn addresses_are_told_from_paths() {
        for address in ["https://example.org/x.yaml", "github.com/a/b//c?ref=v1", "git@example.org:a/b", "a/b?ref=v1"] {
            assert!(is_address(address), "{address}");
        }
        for path in ["../base", "./x.yaml", "base/x.yaml", "x.yaml"] {
            assert!(!is_address(path), "{path}");
        }
    }
}
