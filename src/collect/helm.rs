//! Charts: found by their `Chart.yaml`, rendered by `helm template` with their own values.
use super::{
    Part, Request,
    read::{self, FILE_BYTES_MAX},
    run::{from_repository, run},
    walk::{File, Tree},
};
use crate::model::{Document, Origin, Platform, Problem, RELEASE_NAMESPACE, Render, Text};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The Kubernetes version that charts are rendered for, so that the answer does not hang on how helm was built.
const KUBERNETES_VERSION: &str = "1.34.0";

/// A chart that no other chart brings along.
#[derive(Debug)]
pub(super) struct Chart {
    pub(super) folder: PathBuf,
    /// The folder's name for people.
    name: Text,
    /// `Chart.yaml`.
    file: File,
    /// Files that are read only through the render: templates, definitions, subcharts.
    pub(super) files: BTreeSet<PathBuf>,
}

/// Finds the charts of a tree. A chart below another chart's `charts/` is part of that one.
pub(super) fn charts(tree: &Tree) -> Vec<Chart> {
    let found: Vec<(&Path, &File)> = tree
        .files
        .values()
        .filter(|file| file.file_name() == "Chart.yaml")
        .filter_map(|file| Some((file.path.parent()?, file)))
        .collect();
    let is_part = |folder: &Path| {
        found.iter().any(|(other, _)| *other != folder && is_inside(folder, other, &["charts", "templates", "crds"]))
    };
    found
        .iter()
        .filter(|(folder, _)| !is_part(folder))
        .map(|(folder, file)| {
            let inside =
                tree.files.values().filter(|file| is_inside(&file.path, folder, &["charts", "templates", "crds"]));
            let name = file.name.strip_suffix("/Chart.yaml").unwrap_or(".").into();
            let files = inside.map(|file| file.path.clone()).collect();
            Chart { folder: (*folder).to_owned(), name, file: (*file).clone(), files }
        })
        .collect()
}

fn is_inside(path: &Path, chart: &Path, parts: &[&str]) -> bool {
    path.strip_prefix(chart)
        .ok()
        .and_then(|inside| inside.components().next())
        .is_some_and(|first| parts.iter().any(|part| first.as_os_str() == *part))
}

/// Renders every chart; in order.
pub(super) fn render(
    charts: &[Chart],
    tree: &Tree,
    request: &Request,
    tools: &mut BTreeMap<String, String>,
) -> Vec<Part> {
    let parts: Vec<Part> = charts.par_iter().map(|chart| part(chart, tree, request)).collect();
    if parts.iter().any(|part| !part.documents.is_empty())
        && let Ok(version) = run("helm", &["version".into(), "--template={{.Version}}".into()])
    {
        tools.insert("helm".to_owned(), String::from_utf8_lossy(&version).trim().to_owned());
    }
    parts
}

fn part(chart: &Chart, tree: &Tree, request: &Request) -> Part {
    match rendered(chart, tree, request) {
        Ok(documents) => Part { documents, problems: Vec::new() },
        Err(cause) => {
            let origin = Origin::file(chart.file.name.clone());
            let cause = from_repository(format!("the chart is not read: {cause}"), &chart.folder, &chart.name);
            let problem = Problem::hiding(origin, cause, Platform::Kubernetes, Some(chart.name.clone()));
            Part { documents: Vec::new(), problems: vec![problem] }
        }
    }
}

fn rendered(chart: &Chart, tree: &Tree, request: &Request) -> Result<Vec<Document>, String> {
    let about = String::from_utf8_lossy(&read::bytes(&chart.file.path)?).into_owned();
    if field(&about, "type") == Some("library") {
        // Renders nothing by itself; charts that use it bring what it makes.
        return Ok(Vec::new());
    }
    if let Some(link) = tree.links_out.iter().find(|link| link.starts_with(&chart.folder)) {
        let name = link.file_name().unwrap_or_default().to_string_lossy();
        return Err(format!("`{name}` is a link that leads out of what is scanned, and helm would follow it"));
    }
    let mut arguments: Vec<OsString> = vec!["template".into(), release(&chart.name, &about).into()];
    arguments.push(chart.folder.clone().into());
    arguments.extend(["--include-crds", "--skip-tests", "--namespace", RELEASE_NAMESPACE].map(OsString::from));
    arguments.extend(["--kube-version", KUBERNETES_VERSION].map(OsString::from));
    for values in &request.helm_values {
        arguments.extend(["--values".into(), values.clone().into()]);
    }
    let bytes = run("helm", &arguments)?;
    let render = Render {
        root: chart.name.clone(),
        sources: Arc::new(sources(chart, tree)),
        prefix: field(&about, "name").unwrap_or_default().into(),
    };
    let origin = Origin::file(chart.file.name.clone());
    Ok(vec![Document { origin, bytes: bytes.into(), render: Some(render) }])
}

/// What findings may point into.
fn sources(chart: &Chart, tree: &Tree) -> BTreeMap<Text, Arc<[u8]>> {
    let mut left = FILE_BYTES_MAX;
    let mut sources = BTreeMap::new();
    let ours = tree.files.values().filter(|file| chart.files.contains(&file.path));
    for file in ours.chain([&chart.file]) {
        let is_text = [".yaml", ".yml", ".tpl", ".json"].iter().any(|ending| file.name.ends_with(ending));
        // What is not kept here costs a line number, nothing else.
        if let Some(bytes) = is_text.then(|| read::bytes(&file.path).ok()).flatten()
            && let Some(rest) = left.checked_sub(bytes.len() as u64)
        {
            left = rest;
            sources.insert(file.name.clone(), bytes.into());
        }
    }
    sources
}

/// A release is named after its folder, as people do it: letters, digits and dashes, 53 at most (helm's own rule).
fn release(name: &str, about: &str) -> String {
    const NAME_CHARS_MAX: usize = 53;
    let folder = name.rsplit('/').next().filter(|folder| *folder != ".").or_else(|| field(about, "name"));
    let allowed = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = folder.unwrap_or("release").chars().map(allowed).take(NAME_CHARS_MAX).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "release".to_owned() } else { name.to_owned() }
}

/// A field at the top of `Chart.yaml`.
fn field<'a>(about: &'a str, name: &str) -> Option<&'a str> {
    let value = about.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'))?;
    let value = value.split(" #").next().unwrap_or(value).trim().trim_matches(['"', '\'']);
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_a_chart_are_read() {
        let about = "name: \"web\" # ours\ntype: library\nversion: 1\n";
        assert_eq!(
            (field(about, "name"), field(about, "type"), field(about, "home")),
            (Some("web"), Some("library"), None)
        );
    }

    #[test]
    fn a_release_is_named_after_its_folder() {
        assert_eq!(release("charts/My_App", ""), "my-app");
        assert_eq!(release(".", "name: web"), "web");
        assert_eq!(release("...", ""), "release");
    }
}
