//! A user's own folder of criteria, read from disk.
use anyhow::Context;
use std::{fs, path::Path};

/// A criterion is a few kilobytes; the engine takes no rule file above 1 MiB either.
const POLICY_FILE_BYTES_MAX: u64 = 1024 * 1024;

/// `domain/name/file` is three levels; deeper folders hold no criteria.
const FOLDER_DEPTH_MAX: usize = 3;

/// Every criterion.yaml and Rego file below a folder, tests too: path and text, in order of path.
///
/// # Errors
/// A folder or file that cannot be read, that is too large or is not UTF-8, or a folder without any criterion.
pub fn read(folder: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut files = Vec::new();
    walk(folder, FOLDER_DEPTH_MAX, &mut files)?;
    files.sort();
    anyhow::ensure!(
        files.iter().any(|(path, _)| path.ends_with("criterion.yaml")),
        "no criterion in `{}`: a criterion is a folder `<domain>/<name>` with a criterion.yaml",
        folder.display()
    );
    Ok(files)
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<(String, String)>) -> anyhow::Result<()> {
    let unreadable = || format!("cannot read the folder `{}`", folder.display());
    for entry in fs::read_dir(folder).with_context(unreadable)? {
        let entry = entry.with_context(unreadable)?;
        let path = entry.path();
        let kind = entry.file_type().with_context(unreadable)?;
        let name = entry.file_name();
        let wanted = name == "criterion.yaml" || path.extension().is_some_and(|extension| extension == "rego");
        if kind.is_dir() && depth > 0 {
            walk(&path, depth - 1, files)?;
        } else if kind.is_file() && wanted {
            let shown = path.display().to_string();
            let size = entry.metadata().with_context(unreadable)?.len();
            anyhow::ensure!(
                size <= POLICY_FILE_BYTES_MAX,
                "`{shown}` is {size} bytes, {POLICY_FILE_BYTES_MAX} at most"
            );
            let text = fs::read_to_string(&path).with_context(|| format!("cannot read `{shown}`"))?;
            files.push((shown, text));
        }
    }
    Ok(())
}
