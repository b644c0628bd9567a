//! Opens the shard that is meant: the one whose key is at hand.
use super::keys;
use crate::{
    cli::evidence::LogArguments,
    commands::remark,
    record::{
        disk::RealDisk,
        entry::{Entry, Instant},
        files::Files,
        log::Log,
        note::{Checkpoint, Note, SignerKey},
        place::Place,
        shard,
        store::{Directory, Store, Stored},
        year,
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
        let path = keys::in_use(store, arguments.key.as_deref(), place)?;
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

/// The shard of this year, opened for writing.
///
/// # Errors
/// As for [`this_year`] and [`Log::open`].
pub fn writer<'s>(store: &'s dyn Store, arguments: &LogArguments, at: Instant) -> anyhow::Result<Log<'s>> {
    let (place, key) = this_year(store, arguments, at)?;
    Ok(Log::open(store, place, key)?)
}

/// The shard of this year and its key; where the last is of an earlier one, the year is changed first.
///
/// # Errors
/// As for [`shard`]; a year that changed where the key is named by hand: the next needs one of its own.
pub fn this_year(store: &dyn Store, arguments: &LogArguments, at: Instant) -> anyhow::Result<(Place, SignerKey)> {
    let (mut place, mut key) = shard(store, arguments)?;
    let all = places(store)?;
    let begun = |place: &Place| -> anyhow::Result<bool> {
        let journal = store.list(&format!("{}/journal", place.prefix()))?;
        Ok(!journal.is_empty() || newest(store, place)?.1.size > 0)
    };
    // A change of year that was cut off left a shard without entries: it is finished from the shard before.
    if !begun(&place)?
        && let Some(old) = all.iter().rev().find(|old| old.is_before(&place))
    {
        key = keys::read(&keys::in_use(store, None, old)?, &arguments.log)?;
        place = old.clone();
    }
    let year = super::year(at)?;
    if place.year() >= year {
        return Ok((place, key));
    }
    let next = Place::new(place.domain(), place.spe(), place.emitter(), year)?;
    if arguments.key.is_some() {
        bail!(
            "the shard `{}` is of {}, and it is {year}: the next has a key of its own; make both with `speguard evidence \
             init --log {} --domain {} --spe {} --emitter {} --key file:NEW --previous-key file:OLD`, and write with the new one",
            place.origin,
            place.year(),
            arguments.log.display(),
            place.domain(),
            place.spe(),
            place.emitter()
        );
    }
    let old = Log::open(store, place, key)?;
    let (_, told) = turn(store, old, &next, &keys::file(None, &next)?, &arguments.log, at)?;
    remark(&told);
    shard(store, arguments)
}

/// Changes the year; gives the new shard, and what must be done about it. A key that was made for it before is used.
///
/// # Errors
/// A key that cannot be kept, and what the store says.
pub fn turn<'s>(
    store: &'s dyn Store,
    old: Log<'s>,
    next: &Place,
    path: &Path,
    log: &Path,
    at: Instant,
) -> anyhow::Result<(Log<'s>, String)> {
    let key = if path.exists() {
        keys::read(path, log)?
    } else if let Some(closing) = &old.state().closing {
        bail!(
            "`{}` was closed for the key {}, which is not at `{}`: say where it is, with --key file:PATH",
            old.place().origin,
            closing.vkey,
            path.display()
        );
    } else {
        let key = SignerKey::new(&next.origin, &super::random()?)?;
        keys::keep(path, log, &key).context("the year has changed, and the next shard needs a key of its own")?;
        key
    };
    anyhow::ensure!(
        key.name() == next.origin,
        "`{}` is the key of `{}`: name another file",
        path.display(),
        key.name()
    );
    let (closed, vkey) = (old.place().origin.clone(), key.verifier_key().to_string());
    let ids = [super::ulid()?, super::ulid()?, super::ulid()?];
    let log = year::turn(store, old, key, at, ids)?;
    let told = format!(
        "The year has changed: `{closed}` is closed, and `{}` follows it.\n\
         Add this line to the trust file, and give the vkey to auditors and witnesses by another way than the log:\n\
         log {vkey}\n",
        next.origin
    );
    Ok((log, told))
}

/// The shard that is read: no key is needed for that.
///
/// # Errors
/// No log, or shards of several emitters without `--emitter`.
pub fn place(store: &dyn Store, arguments: &LogArguments) -> anyhow::Result<Place> {
    let mut all = places(store)?;
    all.retain(|place| arguments.emitter.as_deref().is_none_or(|emitter| place.emitter() == emitter));
    let emitters: std::collections::BTreeSet<String> = all.iter().map(|place| place.emitter().to_owned()).collect();
    match (all.pop(), emitters.len()) {
        (Some(one), 1) => Ok(one),
        (Some(_), _) => {
            let named = emitters.into_iter().collect::<Vec<_>>().join(", ");
            bail!("the log has shards of several emitters ({named}): say which, with --emitter")
        }
        (None, _) => bail!("no log is at `{}`: make one with `speguard evidence init`", arguments.log.display()),
    }
}

/// The newest checkpoint of a shard, as a note; what it says is believed only by `speguard evidence verify`.
///
/// # Errors
/// A checkpoint that is missing or cannot be read.
pub fn newest(store: &dyn Store, place: &Place) -> anyhow::Result<(Note, Checkpoint)> {
    checkpoint(store, place, None)
}

/// The checkpoint of a size, or the newest.
///
/// # Errors
/// A size that nobody has signed.
pub fn checkpoint(store: &dyn Store, place: &Place, size: Option<u64>) -> anyhow::Result<(Note, Checkpoint)> {
    let folder = format!("{}/checkpoints", place.prefix());
    let names = store.list(&folder)?;
    let wanted = size.map(|size| format!("{folder}/{size:020}"));
    let name = match &wanted {
        Some(wanted) => names.iter().find(|name| *name == wanted),
        None => names.last(),
    };
    let name = name.with_context(|| format!("no checkpoint of size {} is in `{folder}`", size.unwrap_or(0)))?;
    let bytes = store.get(name)?.unwrap_or_default();
    let note = Note::parse(bytes).with_context(|| format!("`{name}` is no signed note"))?;
    let checkpoint = Checkpoint::parse(&note.text).with_context(|| format!("`{name}` is no checkpoint"))?;
    Ok((note, checkpoint))
}

/// Takes index, bytes and content of an entry.
pub type TakeEntry<'t> = dyn FnMut(u64, &[u8], Entry) -> anyhow::Result<()> + 't;

/// Reads the entries up to a size, in order; one that cannot be read is an error with its index.
///
/// # Errors
/// What is missing or damaged: `speguard evidence verify` says more.
pub fn entries(store: &dyn Store, place: &Place, size: u64, take: &mut TakeEntry<'_>) -> anyhow::Result<()> {
    shard::entries(store, &place.prefix(), 0, size, size_of(store, place, size)?, &mut |index, bytes| {
        let entry = Entry::from_bytes(bytes).with_context(|| format!("entry {index} of `{}`", place.origin));
        entry.and_then(|entry| take(index, bytes, entry)).map_err(Reading)
    })
    .map_err(|Reading(error)| error)
}

/// The bundles that are read are those of the newest size, which hold the entries of every earlier one.
fn size_of(store: &dyn Store, place: &Place, size: u64) -> anyhow::Result<u64> {
    let (_, newest) = newest(store, place)?;
    anyhow::ensure!(size <= newest.size, "the shard has {} entries, and not {size}", newest.size);
    Ok(newest.size)
}

/// Carries what a reader says through [`shard::entries`].
struct Reading(anyhow::Error);

impl From<shard::ReadError> for Reading {
    fn from(error: shard::ReadError) -> Self {
        Self(error.into())
    }
}
