//! Where keys of shards are kept: one file each, readable by its owner alone, never inside a log. A file holds the key, or
//! names the command that has it.
use super::random;
use crate::record::{
    note::{Note, Signer, SignerKey, VerifierKey, verify},
    place::Place,
    store::Store,
};
use anyhow::{Context, bail, ensure};
use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

mod external;
pub use external::{signer, tried};

/// What a file begins with that names a command, and `--key` too.
const EXEC: &str = "exec:";

/// Where a key is said to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyPlace {
    File(PathBuf),
    /// With a command, which signs when asked.
    Command(String),
}

/// Reads what `--key` says.
///
/// # Errors
/// Another form than `file:PATH` and `exec:CMD`.
pub fn asked(text: &str) -> anyhow::Result<KeyPlace> {
    match (text.strip_prefix("file:"), text.strip_prefix(EXEC)) {
        (Some(path), _) if !path.is_empty() => Ok(KeyPlace::File(path.into())),
        (_, Some(command)) if !command.trim().is_empty() => Ok(KeyPlace::Command(command.trim().to_owned())),
        _ => bail!("`--key {text}`: write it as file:PATH or exec:CMD"),
    }
}

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

/// The file that is kept for a shard where no other is named.
///
/// # Errors
/// As for [`folder`].
pub fn kept(place: &Place) -> anyhow::Result<PathBuf> {
    Ok(folder()?.join(format!("{}.key", place.origin.replace('/', "~"))))
}

/// Where the key of the shard that follows is to be, where nobody says: where one was kept for it before, with the command
/// that has the present one, or else in a file of its own.
///
/// # Errors
/// As for [`kept`], and what the disk says.
pub fn following(present: &KeyPlace, next: &Place) -> anyhow::Result<KeyPlace> {
    let kept = kept(next)?;
    let command = match present {
        _ if kept.exists() => None,
        KeyPlace::Command(command) => Some(command.clone()),
        KeyPlace::File(path) => {
            let text = fs::read_to_string(path).with_context(|| format!("cannot read the key `{}`", path.display()))?;
            text.trim_end().strip_prefix(EXEC).map(str::to_owned)
        }
    };
    Ok(command.map_or(KeyPlace::File(kept), KeyPlace::Command))
}

/// The key of a shard that begins, and where it is, for people: a new one in a file, or one that a command has, which is
/// remembered. A command that was remembered before must have the same key, and it may not be that of the shard before.
///
/// # Errors
/// A file that exists, a command that does not sign for the shard.
pub fn begin(
    asked: &KeyPlace,
    log: &Path,
    place: &Place,
    before: Option<&VerifierKey>,
) -> anyhow::Result<(Signer, String)> {
    match asked {
        KeyPlace::Command(command) => {
            let (key, kept) = (tried(command, place)?, kept(place)?);
            before.map_or(Ok(()), |before| another(&key, before))?;
            if kept.exists() {
                let same = read(&kept, log, place)?.verifier_key() == key.verifier_key();
                ensure!(same, "`{}` is another key of `{}`: take it away", kept.display(), place.origin);
            } else {
                remember(&kept, log, command)?;
            }
            Ok((key, format!("with `{command}`, which {} names", kept.display())))
        }
        KeyPlace::File(path) => {
            let key = SignerKey::new(&place.origin, &random()?)?;
            keep(path, log, &key)?;
            Ok((key.into(), path.display().to_string()))
        }
    }
}

/// Each shard has a key of its own: a trust file takes none twice, under whatever names.
///
/// # Errors
/// The same key.
pub fn another(key: &Signer, before: &VerifierKey) -> anyhow::Result<()> {
    ensure!(
        key.verifier_key().public_key() != before.public_key(),
        "the key for `{}` is the one of `{}`, and each shard has its own: a command chooses by SPEGUARD_ORIGIN",
        key.name(),
        before.name
    );
    Ok(())
}

/// The kept file of the key that is in use: of those a rotation may have left, the one that signed the newest checkpoint.
///
/// # Errors
/// As for [`kept`], and what the store says.
pub fn in_use(store: &dyn Store, log: &Path, place: &Place) -> anyhow::Result<PathBuf> {
    let first = kept(place)?;
    let all = generations(&first);
    if all.len() < 2 {
        return Ok(all.into_iter().next().unwrap_or(first));
    }
    let signed = |path: &PathBuf| read(path, log, place).is_ok_and(|key| has_signed(store, place, &key));
    Ok(all.iter().find(|path| signed(path)).or(all.first()).cloned().unwrap_or(first))
}

/// Whether a key has signed the newest checkpoint of a shard.
#[must_use]
pub fn has_signed(store: &dyn Store, place: &Place, key: &Signer) -> bool {
    let newest = store.list(&format!("{}/checkpoints", place.prefix())).ok().and_then(|mut names| names.pop());
    let newest = newest.and_then(|path| store.get(&path).ok()?).and_then(|bytes| Note::parse(bytes).ok());
    newest.is_some_and(|newest| verify(&newest, &key.verifier_key()).is_ok())
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
    write(path, log, &key.to_text())
}

/// As [`keep`], of the command that has the key: who can change the file chooses what is run.
///
/// # Errors
/// As for [`keep`].
pub fn remember(path: &Path, log: &Path, command: &str) -> anyhow::Result<()> {
    write(path, log, &format!("{EXEC}{command}"))
}

fn write(path: &Path, log: &Path, text: &str) -> anyhow::Result<()> {
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
    file.write_all(format!("{text}\n").as_bytes())?;
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

/// The key of a shard that was named by hand.
///
/// # Errors
/// As for [`read`] and [`signer`].
pub fn named(asked: &KeyPlace, log: &Path, place: &Place) -> anyhow::Result<Signer> {
    match asked {
        KeyPlace::File(path) => read(path, log, place),
        KeyPlace::Command(command) => signer(command, place),
    }
}

/// Reads a key, or asks the command that has it.
///
/// # Errors
/// A file that is not there or not a key, or that lies in the log; a command that does not answer.
pub fn read(path: &Path, log: &Path, place: &Place) -> anyhow::Result<Signer> {
    outside(path, log)?;
    let text = fs::read_to_string(path).with_context(|| {
        format!("cannot read the key `{}`: `speguard evidence init` makes one, and --key names another", path.display())
    })?;
    if let Some(command) = text.trim_end().strip_prefix(EXEC) {
        return signer(command, place).with_context(|| format!("`{}` names a command", path.display()));
    }
    // Never the content: it is secret.
    let key = SignerKey::from_text(text.trim_end()).ok();
    Ok(key.with_context(|| format!("`{}` is not a key of a log", path.display()))?.into())
}
