//! Which files there are. Ignore files are honoured; links never lead out of what was asked for.
use super::{CollectError, name::shown};
use crate::model::{Origin, Problem, Text};
use ignore::{DirEntry, WalkBuilder};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

/// Everything found below the paths that were asked for.
#[derive(Debug, Default)]
pub(super) struct Tree {
    /// By name, each file once.
    pub(super) files: BTreeMap<Text, File>,
    /// Links that lead out of what was asked for.
    pub(super) links_out: BTreeSet<PathBuf>,
    pub(super) problems: Vec<Problem>,
}

/// A regular file that was found.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    /// Its name for people: relative to the repository.
    pub(super) name: Text,
    /// Whether it was named itself, and is read whatever it is called.
    is_asked_for: bool,
}

/// Endings of files that may hold something to judge; what they are is told by their content.
const ENDINGS: [&str; 9] =
    [".yaml", ".yml", ".json", ".template", ".tf", ".tofu", ".tfvars", ".bicep", ".terraform.lock.hcl"];

impl File {
    /// Whether it is worth opening.
    pub(super) fn may_matter(&self) -> bool {
        self.is_asked_for || may_matter(&self.path)
    }

    pub(super) fn file_name(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or_default()
    }
}

fn may_matter(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// Finds all files below a path.
///
/// # Errors
/// [`CollectError::Missing`] where nothing is there.
pub(super) fn walk(path: &Path, into: &mut Tree) -> Result<(), CollectError> {
    let missing = || CollectError::Missing { path: path.to_owned() };
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            into.problems.push(Problem::new(Origin::file(shown(path)), "permission denied"));
            return Ok(());
        }
        Err(_) => return Err(missing()),
    };
    if metadata.is_dir() {
        folder(path, into);
    } else if metadata.is_file() {
        add(path.to_owned(), shown(path), true, into);
    } else {
        into.problems.push(Problem::new(Origin::file(shown(path)), "not a regular file: pipe it to `-` instead"));
    }
    Ok(())
}

fn folder(root: &Path, into: &mut Tree) {
    let root_name = shown(root);
    let named = |path: &Path| named(&root_name, root, path);
    let mut builder = WalkBuilder::new(root);
    builder
        .hidden(false)
        .ignore(false)
        .git_global(false)
        .git_exclude(false)
        .require_git(false)
        .add_custom_ignore_filename(".speguardignore")
        .filter_entry(is_wanted);
    let mut terraform_folders: BTreeSet<PathBuf> = BTreeSet::new();
    for entry in builder.build() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                into.problems.push(refused(&error, &root_name, root));
                continue;
            }
        };
        let path = entry.path().to_owned();
        let Some(kind) = entry.file_type() else { continue };
        if kind.is_symlink() {
            link(&path, &named(&path), root, into);
        } else if kind.is_file() {
            if path.extension().is_some_and(|ending| ending == "tf" || ending == "tofu")
                && let Some(parent) = path.parent()
            {
                terraform_folders.insert(parent.to_owned());
            }
            let name = named(&path);
            add(path, name, false, into);
        } else if !kind.is_dir() && may_matter(&path) {
            into.problems.push(Problem::new(Origin::file(named(&path)), "not a regular file: not opened"));
        }
    }
    for folder in terraform_folders {
        installed_modules(&folder, root, &root_name, into);
    }
}

/// Hidden files are of tools, except the one that pins providers.
fn is_wanted(entry: &DirEntry) -> bool {
    let name = entry.file_name().to_string_lossy();
    entry.depth() == 0 || !name.starts_with('.') || name == ".terraform.lock.hcl"
}

/// `terraform init` puts modules and their index below `.terraform/modules`, which every repository ignores.
fn installed_modules(folder: &Path, root: &Path, root_name: &str, into: &mut Tree) {
    let modules = folder.join(".terraform/modules");
    let is_folder = |path: &Path| fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir());
    if !is_folder(&folder.join(".terraform")) || !is_folder(&modules) {
        return;
    }
    let mut builder = WalkBuilder::new(&modules);
    builder.standard_filters(false).filter_entry(|entry| entry.file_name() != ".git");
    for entry in builder.build().flatten() {
        let path = entry.path().to_owned();
        let is_read = path.extension().is_some_and(|ending| ending == "tf" || ending == "tofu")
            || path.ends_with("modules.json")
            || path.to_string_lossy().ends_with(".tf.json");
        if is_read && entry.file_type().is_some_and(|kind| kind.is_file()) {
            let name = named(root_name, root, &path);
            add(path, name, false, into);
        }
    }
}

/// A link. One to a file inside is read under its own name where Terraform would read it so (a shared `common.tf`);
/// all others are read where they stand. One that leads out is never followed.
fn link(path: &Path, name: &Text, root: &Path, into: &mut Tree) {
    let problem = |cause: &str| Problem::new(Origin::file(name.clone()), cause);
    let target = match fs::canonicalize(path) {
        Ok(target) => target,
        Err(_) => {
            if may_matter(path) {
                into.problems.push(problem("a broken link: what it should show is not read"));
            }
            return;
        }
    };
    let inside = fs::canonicalize(root).is_ok_and(|root| target.starts_with(root));
    let is_folder = target.is_dir();
    if !inside {
        into.links_out.insert(path.to_owned());
        if is_folder || may_matter(path) {
            into.problems.push(problem("a link that leads out of what is scanned: not followed; name its target too"));
        }
    } else if target.is_file() && path.extension().is_some_and(|ending| ending == "tf" || ending == "tofu") {
        add(path.to_owned(), name.clone(), false, into);
    }
}

fn refused(error: &ignore::Error, root_name: &str, root: &Path) -> Problem {
    let path = failed_path(error).map_or_else(|| root.to_owned(), Path::to_owned);
    let cause = match error.io_error() {
        Some(error) if error.kind() == std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        Some(error) => format!("cannot be read: {}", error.kind()),
        None => "an ignore file that cannot be read in full".to_owned(),
    };
    Problem::new(Origin::file(named(root_name, root, &path)), cause)
}

fn failed_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => failed_path(err),
        ignore::Error::Loop { child, .. } => Some(child),
        _ => None,
    }
}

/// The name of something below a root whose name is known.
fn named(root_name: &str, root: &Path, path: &Path) -> Text {
    let Ok(inside) = path.strip_prefix(root) else { return shown(path) };
    let parts: Vec<_> = inside.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    match (root_name, parts.is_empty()) {
        (_, true) => root_name.into(),
        (".", false) => parts.join("/").into(),
        (_, false) => format!("{}/{}", root_name.trim_end_matches('/'), parts.join("/")).into(),
    }
}

fn add(path: PathBuf, name: Text, is_asked_for: bool, into: &mut Tree) {
    let Some(known) = into.files.get_mut(&name) else {
        into.files.insert(name.clone(), File { path, name, is_asked_for });
        return;
    };
    known.is_asked_for |= is_asked_for;
    // Two repositories in one scan can hold files that are named alike.
    // Where it cannot be told whether they are one file, they count as two: nothing is left out in silence.
    let same = |one: &Path, other: &Path| matches!((fs::canonicalize(one), fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other);
    if known.path != path && !same(&known.path, &path) {
        let cause = "two files of different repositories have this name, and one is not read: scan them apart";
        into.problems.push(Problem::new(Origin::file(name), cause));
    }
}
