//! `speguard init`: looks at a repository and writes a description to be completed by a person.
use super::{
    Shell, print, read,
    sketch::{Found, sketch},
};
use crate::cli::Init;
use anyhow::{Context, bail};
use std::{fs, io::Write};

/// Writes `spe.yaml` at the root of the path, or prints it.
///
/// # Errors
/// A path that is no folder, a description that is there already, a file that cannot be written.
pub fn run(arguments: &Init, shell: &Shell) -> anyhow::Result<u8> {
    let target = arguments.path.join("spe.yaml");
    if !arguments.path.is_dir() {
        bail!("`{}` is no folder: name the folder that spe.yaml should lie in", arguments.path.display());
    }
    if !arguments.stdout && target.exists() {
        bail!("`{}` is there already: remove it, or look at a new one with --stdout", target.display());
    }
    let reading = read::sources(&arguments.sources())?;
    let folder = fs::canonicalize(&arguments.path).ok();
    let name = folder.as_deref().and_then(|folder| folder.file_name()).map(|name| name.to_string_lossy().into_owned());
    let found = Found::in_environment(&reading.normalised.environment);
    let text = sketch(name.as_deref().unwrap_or("environment"), &found, shell.language);
    if arguments.stdout {
        print(text.as_bytes())?;
        return Ok(0);
    }
    // Never over a file that came to be since it was looked for.
    let mut file = fs::File::create_new(&target).with_context(|| format!("cannot write `{}`", target.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write `{}`", target.display()))?;
    Ok(0)
}
