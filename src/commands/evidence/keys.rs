//! Where keys of shards are kept: one file each, readable by its owner alone, never inside a log.
use crate::record::{
    note::{Note, SignerKey, verify},
    place::Place,
    store::Store,
};
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

/// The file of the key that is in use: of those a rotation may have left, the one that signed the newest checkpoint.
///
/// # Errors
/// As for [`file()`], and what the store says.
pub fn in_use(store: &dyn Store, asked: Option<&str>, place: &Place) -> anyhow::Result<PathBuf> {
    let first = file(asked, place)?;
    if asked.is_some() {
        return Ok(first);
    }
    let newest = store.list(&format!("{}/checkpoints", place.prefix()))?.pop();
    let newest = newest.map(|path| store.get(&path)).transpose()?.flatten().unwrap_or_default();
    let newest = Note::parse(&newest).ok();
    let signed = |path: &PathBuf| {
        let key = SignerKey::from_text(fs::read_to_string(path).unwrap_or_default().trim_end()).ok();
        key.zip(newest.as_ref()).is_some_and(|(key, newest)| verify(newest, &key.verifier_key()).is_ok())
    };
    let all = generations(&first);
    Ok(all.iter().find(|path| signed(path)).or(all.first()).cloned().unwrap_or(first))
}

/// A key and those after it that are at hand, by number.
fn generations(first: &Path) -> Vec<PathBuf> {
    let stem = first.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let files = first.parent().and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = files
        .filter_map(|file| {
            let path = file.path();
            let (name, number) = numbered(&path);
            (name == stem && path.extension() == first.extension()).then_some((number, path))
        })
        .collect();
    found.sort();
    found.into_iter().map(|(_, path)| path).collect()
}

/// `x~3.key` → `x`, 3; the first has no number.
fn numbered(path: &Path) -> (String, u32) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    // Longer numbers are years.
    let split = stem.rsplit_once('~').filter(|(_, number)| number.len() < 4);
    match split.and_then(|(name, number)| Some((name, number.parse().ok()?))) {
        Some((name, number)) => (name.to_owned(), number),
        None => (stem.into_owned(), 1),
    }
}

/// The file of the key after this one: `x.key`, `x~2.key`, `x~3.key`.
#[must_use]
pub fn next(path: &Path) -> PathBuf {
    let (name, number) = numbered(path);
    let extension = path.extension().map(|extension| format!(".{}", extension.to_string_lossy())).unwrap_or_default();
    path.with_file_name(format!("{name}~{}{extension}", number.saturating_add(1)))
}

/// Takes a key out of use; the file stays, under a name that is not looked for.
///
/// # Errors
/// What the disk says.
pub fn retire(path: &Path) -> anyhow::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".retired");
    let retired = path.with_file_name(name);
    fs::rename(path, &retired).with_context(|| format!("cannot rename the old key `{}`", path.display()))?;
    Ok(retired)
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
