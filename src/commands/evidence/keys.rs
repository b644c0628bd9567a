//! Where keys of shards are kept: one file each, readable by its owner alone, never inside a log.
use crate::record::{note::SignerKey, shard::Place};
use anyhow::{Context, bail};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

/// `$XDG_STATE_HOME/speguard/keys`, else below `~/.local/state` (XDG base directory specification).
///
/// # Errors
/// When neither variable is set.
pub fn folder() -> anyhow::Result<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/state"));
    let state = state
        .or_else(home)
        .context("neither XDG_STATE_HOME nor HOME is set: say where the key is, with --key file:PATH")?;
    Ok(state.join("speguard/keys"))
}

/// The file that was asked for with `--key`, else the one kept for a shard.
///
/// # Errors
/// Another form than `file:PATH`.
pub fn file(asked: Option<&str>, place: &Place) -> anyhow::Result<PathBuf> {
    match asked {
        Some(asked) => match asked.strip_prefix("file:") {
            Some(path) if !path.is_empty() => Ok(path.into()),
            _ => bail!("`--key {asked}`: write it as file:PATH"),
        },
        None => Ok(folder()?.join(format!("{}.key", place.origin.replace('/', "~")))),
    }
}

/// Keeps a new key; refuses a path inside the log, and a file that exists.
///
/// # Errors
/// As said, and what the disk says.
pub fn keep(path: &Path, log: &Path, key: &SignerKey) -> anyhow::Result<()> {
    outside(path, log)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder `{}`", folder.display()))?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(|| {
        format!(
            "cannot keep the key in `{}`: a key is never written over; name another file with --key",
            path.display()
        )
    })?;
    file.write_all(format!("{}\n", key.to_text()).as_bytes())?;
    file.sync_all()?;
    Ok(())
}

fn outside(path: &Path, log: &Path) -> anyhow::Result<()> {
    let whole = |path: &Path| -> anyhow::Result<PathBuf> { Ok(std::path::absolute(path)?) };
    let (key, log) = (whole(path)?, whole(log)?);
    if key.starts_with(&log) {
        bail!(
            "the key would lie in the log at `{}`: who can read the log could sign it; name another file with --key",
            path.display()
        );
    }
    Ok(())
}

/// Reads a key.
///
/// # Errors
/// A file that is not there or not a key, or that lies in the log.
pub fn read(path: &Path, log: &Path) -> anyhow::Result<SignerKey> {
    outside(path, log)?;
    let text = fs::read_to_string(path).with_context(|| {
        format!(
            "cannot read the key `{}`: `speguard evidence init` makes one, and --key file:PATH names another",
            path.display()
        )
    })?;
    // Never the content: it is secret.
    SignerKey::from_text(text.trim_end()).ok().with_context(|| format!("`{}` is not a key of a log", path.display()))
}
