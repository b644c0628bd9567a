//! The code that a plan was made from (`--source`).
use crate::{
    collect,
    model::{Document, Text},
    normalise::{self, Source, Sourced},
};
use anyhow::{Context, bail};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// How often modules outside the folder may call further modules outside it; real ones do so once or twice.
const HOPS_MAX: usize = 16;

/// Reads the code below a folder, and the local modules of its repository that it calls outside of it.
///
/// # Errors
/// Misuse: a folder that does not exist.
pub fn read(folder: &Path) -> anyhow::Result<Source> {
    if folder.is_file() {
        bail!("`--source {}` is a file: name the folder of the root module", folder.display());
    }
    let name = collect::shown(folder);
    let base = base(folder, &name);
    let mut documents = collect::code(folder).context("`--source` names the folder of the root module")?;
    let mut tried: BTreeSet<Text> = BTreeSet::new();
    for _ in 0..HOPS_MAX {
        let missing: Vec<Text> = normalise::modules_beyond(&documents).difference(&tried).cloned().collect();
        if missing.is_empty() {
            break;
        }
        for module in missing {
            let path = base.join(module.as_ref());
            if path.is_dir() {
                add(&mut documents, collect::code(&path)?);
            }
            tried.insert(module);
        }
    }
    Ok(Source { folder: name, documents })
}

/// The folder that names of files begin at.
fn base(folder: &Path, name: &str) -> PathBuf {
    let full = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    if name == "." {
        return full;
    }
    let above = full.ends_with(name).then(|| full.ancestors().nth(Path::new(name).components().count())).flatten();
    above.unwrap_or(Path::new("")).to_owned()
}

fn add(documents: &mut Vec<Document>, more: Vec<Document>) {
    let known: BTreeSet<Text> = documents.iter().map(|document| document.origin.path().clone()).collect();
    documents.extend(more.into_iter().filter(|document| !known.contains(document.origin.path())));
}

/// What there is to say about resources of plans that are not in the code; `None` where all were found.
///
/// # Errors
/// Misuse: there is no plan.
pub fn note(sourced: &Sourced, folder: &Path) -> anyhow::Result<Option<String>> {
    let Sourced { plans, resources, unmatched } = sourced;
    if *plans == 0 {
        bail!("`--source` is for plans, and none was read: give the output of `terraform show -json`");
    }
    Ok((*unmatched > 0).then(|| {
        format!(
            "note: {unmatched} of {resources} resources of the plan are not in the code of `{}` and keep their place \
             in the plan\n",
            folder.display()
        )
    }))
}
