//! Bytes in, and where they came from. Start at [`files`].
//!
//! `walk` finds files and says what each folder is, `read` opens them, `beside` those that code names, `helm` and `kustomize` render.
mod beside;
#[cfg(feature = "cluster")]
pub mod cluster;
mod helm;
mod kustomize;
mod name;
mod read;
pub mod run;
mod walk;

pub use name::shown;

use crate::model::{Document, Problem};
use rayon::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Files and folders; `-` = standard input.
    pub paths: Vec<PathBuf>,
    /// Values files for every chart, in order.
    pub helm_values: Vec<PathBuf>,
    /// Charts and overlays are left alone: only what stands in files by itself is read.
    pub plain: bool,
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Collected {
    /// In order of path; rendered documents after the plain ones.
    pub documents: Vec<Document>,
    /// Files that Terraform code names and that are no documents themselves: scripts, templates.
    pub beside: Vec<Document>,
    pub problems: Vec<Problem>,
    /// Versions of the programs that rendered something: `helm`, `kubectl`.
    pub tools: BTreeMap<String, String>,
}

/// A wrong invocation: a path that does not exist.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    #[error("no such file or folder: `{}`", path.display())]
    Missing { path: PathBuf },
}

/// What one step brought.
#[derive(Debug, Default)]
struct Part {
    documents: Vec<Document>,
    problems: Vec<Problem>,
}

/// Reads files and folders; renders charts and overlays on the way.
///
/// # Errors
/// [`CollectError::Missing`] for a path that does not exist. All else that cannot be read is a `Problem`.
pub fn files(request: &Request) -> Result<Collected, CollectError> {
    if let Some(path) = request.helm_values.iter().find(|path| !path.exists()) {
        return Err(CollectError::Missing { path: path.clone() });
    }
    let mut collected = Collected::default();
    let mut tree = walk::Tree::default();
    for path in &request.paths {
        if path.as_os_str() == "-" {
            add(&mut collected, read::standard_input());
        } else {
            walk::walk(path, &mut tree)?;
        }
    }
    collected.problems.append(&mut tree.problems);
    let (charts, overlays) = if request.plain {
        (Vec::new(), Vec::new())
    } else {
        let charts = helm::charts(&tree);
        let overlays = kustomize::overlays(&tree, &charts);
        (charts, overlays)
    };
    let rendered: BTreeSet<&PathBuf> = charts
        .iter()
        .flat_map(|chart| &chart.files)
        .chain(overlays.iter().flat_map(|overlay| &overlay.files))
        .collect();
    let plain: Vec<&walk::File> = tree.files.values().filter(|file| !rendered.contains(&file.path)).collect();
    let parts: Vec<Part> = plain.into_par_iter().filter(|file| file.may_matter()).map(read::file).collect();
    parts.into_iter().for_each(|part| add(&mut collected, part));

    let mut texts = helm::render(&charts, &tree, request, &mut collected.tools);
    texts.extend(kustomize::render(&overlays, &tree, &mut collected.tools));
    texts.into_iter().for_each(|part| add(&mut collected, part));
    collected.beside = beside::files(&tree, &collected.documents);
    Ok(collected)
}

/// Reads the files below a folder that belong to Terraform or OpenTofu configurations; renders nothing.
///
/// # Errors
/// [`CollectError::Missing`] for a folder that does not exist. What cannot be read is left out.
pub fn code(folder: &Path) -> Result<Vec<Document>, CollectError> {
    const ENDINGS: [&str; 5] = [".tf", ".tofu", ".tf.json", ".tofu.json", ".terraform/modules/modules.json"];
    let mut tree = walk::Tree::default();
    walk::walk(folder, &mut tree)?;
    let files: Vec<&walk::File> =
        tree.files.values().filter(|file| ENDINGS.iter().any(|ending| file.name.ends_with(ending))).collect();
    let parts: Vec<Part> = files.into_par_iter().map(read::file).collect();
    Ok(parts.into_iter().flat_map(|part| part.documents).collect())
}

fn add(collected: &mut Collected, part: Part) {
    collected.documents.extend(part.documents);
    collected.problems.extend(part.problems);
}
