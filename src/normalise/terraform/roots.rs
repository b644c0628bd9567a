//! Which folders are roots, and where modules are.
use super::module::Module;
use crate::model::Text;
use std::collections::{BTreeMap, BTreeSet};

/// The folder of a path; `.` for the top.
pub(super) fn folder(path: &str) -> Text {
    match path.rsplit_once('/') {
        Some(("", _)) => "/".into(),
        Some((folder, _)) => folder.into(),
        None => ".".into(),
    }
}

/// The folder that a local source names, seen from its caller; `None` for a source that is elsewhere.
pub(super) fn source_folder(caller: &str, source: Option<&str>) -> Option<Text> {
    let source = source?;
    (source == "." || source == ".." || source.starts_with("./") || source.starts_with("../"))
        .then(|| joined(caller, source))
        .flatten()
}

/// Goes from a folder along a relative path; `None` where it leaves the repository.
pub(super) fn joined(folder: &str, path: &str) -> Option<Text> {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    // A scan of a folder above the working folder has paths that start with `..`.
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_none_or(|last| *last == "..") => {
                if !folder.starts_with("..") {
                    return None;
                }
                parts.push("..");
            }
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let absolute = if folder.starts_with('/') { "/" } else { "" };
    Some(if parts.is_empty() && absolute.is_empty() {
        ".".into()
    } else {
        format!("{absolute}{}", parts.join("/")).into()
    })
}

/// Whether a folder holds what `terraform init` put there.
fn is_installed(folder: &str) -> bool {
    folder.split('/').any(|part| part == ".terraform")
}

/// Folders that no other module of the scan calls; of modules that call each other in a circle which nobody enters,
/// the first.
pub(super) fn roots(modules: &BTreeMap<Text, Module>) -> Vec<Text> {
    let called = |folder: &Text, module: &Module| -> Vec<Text> {
        module
            .calls
            .values()
            .filter_map(|call| source_folder(folder, call.source.as_deref()))
            .filter(|found| modules.contains_key(found))
            .collect()
    };
    let calls: BTreeMap<&Text, Vec<Text>> =
        modules.iter().map(|(folder, module)| (folder, called(folder, module))).collect();
    let children: BTreeSet<&Text> =
        calls.iter().flat_map(|(caller, called)| called.iter().filter(move |child| child != caller)).collect();
    let mut roots: Vec<Text> =
        modules.keys().filter(|folder| !children.contains(folder) && !is_installed(folder)).cloned().collect();
    let mut reached = BTreeSet::new();
    roots.iter().for_each(|root| reach(root, &calls, &mut reached));
    for folder in modules.keys().filter(|folder| !is_installed(folder)) {
        if !reached.contains(folder) {
            reach(folder, &calls, &mut reached);
            roots.push(folder.clone());
        }
    }
    roots.sort();
    roots
}

fn reach(from: &Text, calls: &BTreeMap<&Text, Vec<Text>>, reached: &mut BTreeSet<Text>) {
    let mut open = vec![from.clone()];
    while let Some(folder) = open.pop() {
        open.extend(calls.get(&folder).into_iter().flatten().filter(|child| !reached.contains(*child)).cloned());
        reached.insert(folder);
    }
}

/// The modules that `terraform init` has put below a root: `modules.json`, key to folder.
pub(super) fn installed(root: &str, json: &serde_json::Value) -> BTreeMap<String, Text> {
    let entries = json.get("Modules").and_then(serde_json::Value::as_array).into_iter().flatten();
    entries
        .filter_map(|entry| {
            let text = |name| entry.get(name).and_then(serde_json::Value::as_str);
            Some((text("Key")?.to_owned(), joined(root, text("Dir")?)?))
        })
        .filter(|(key, _)| !key.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_followed_from_its_caller_and_never_out_of_the_repository() {
        let from = |caller, source| source_folder(caller, Some(source)).map(|folder| folder.to_string());
        assert_eq!(from("a/b", "../c").as_deref(), Some("a/c"));
        assert_eq!(from("a", "../").as_deref(), Some("."));
        assert_eq!(from(".", "./x/").as_deref(), Some("x"));
        assert_eq!(from("../up", "../../side").as_deref(), Some("../../side"));
        assert_eq!(from("a", "../../x"), None);
        assert_eq!(from("a", "hashicorp/subnets/cidr"), None);
    }
}
