//! Opens the shard that is meant: the one whose key is at hand.
use super::keys;
use crate::{
    cli::evidence::LogArguments,
    record::{
        disk::RealDisk,
        files::Files,
        note::SignerKey,
        shard::Place,
        store::{Directory, Store, Stored},
    },
};
use anyhow::{Context, bail};
use std::path::Path;

/// A log's store.
///
/// # Errors
/// A log that is a file.
pub fn store(log: &Path) -> anyhow::Result<Directory> {
    Ok(Directory::new(log, RealDisk, &format!("{}-{}", std::process::id(), super::ulid()?))?)
}

/// The origins of the shards in a log, by their newest checkpoints, in order.
///
/// # Errors
/// What the store says.
pub fn places(store: &dyn Store) -> anyhow::Result<Vec<Place>> {
    let files = Stored(store);
    let paths = files.list("").map_err(anyhow::Error::msg)?;
    let mut places = Vec::new();
    for path in paths.iter().filter(|path| path.ends_with("/checkpoint")) {
        let bytes = store.get(path)?.unwrap_or_default();
        let origin = String::from_utf8_lossy(&bytes).lines().next().unwrap_or_default().to_owned();
        places.push(Place::parse(&origin).with_context(|| format!("`{path}` is no checkpoint"))?);
    }
    places.sort();
    Ok(places)
}

/// The shard that is meant, and its key.
///
/// # Errors
/// No log, no key, or keys of several emitters without `--emitter`.
pub fn shard(store: &dyn Store, arguments: &LogArguments) -> anyhow::Result<(Place, SignerKey)> {
    let log = &arguments.log;
    let all = places(store)?;
    if all.is_empty() {
        bail!("no log is at `{}`: make one with `speguard evidence init`", log.display());
    }
    let meant = |place: &&Place| arguments.emitter.as_deref().is_none_or(|emitter| place.emitter() == emitter);
    let mut found: Vec<(Place, SignerKey)> = Vec::new();
    let mut missing = Vec::new();
    for place in all.iter().filter(meant) {
        let path = keys::file(arguments.key.as_deref(), place)?;
        if arguments.key.is_none() && !path.exists() {
            missing.push(path);
            continue;
        }
        let key = keys::read(&path, log)?;
        if key.name() == place.origin {
            found.push((place.clone(), key));
        }
    }
    // Of one emitter's years, the last is written.
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    let emitters: std::collections::BTreeSet<String> =
        found.iter().map(|(place, _)| place.emitter().to_owned()).collect();
    match (found.pop(), emitters.len()) {
        (Some(one), 1) => Ok(one),
        (Some(_), _) => bail!(
            "keys of several emitters are at hand ({}): say which, with --emitter",
            emitters.into_iter().collect::<Vec<_>>().join(", ")
        ),
        (None, _) => {
            let named: Vec<&str> = all.iter().map(|place| place.origin.as_str()).collect();
            let looked = missing.first().map_or_else(String::new, |path| format!(" (looked for `{}`)", path.display()));
            bail!(
                "no key of this log is at hand{looked}; it has the shards {}: name the key with --key file:PATH",
                named.join(", ")
            )
        }
    }
}
