//! Opens the shard that is meant: the one whose key is at hand.
use super::keys::{self, KeyPlace};
use crate::{
    cli::evidence::LogArguments,
    commands::remark,
    record::{
        disk::RealDisk,
        entry::{Entry, Instant},
        files::Files,
        log::Log,
        note::{Checkpoint, Note, Signer},
        place::Place,
        shard,
        store::{Directory, Store, Stored},
        timed::Timed,
        year,
    },
};
use anyhow::{Context, bail, ensure};
use std::{path::Path, time::Duration};

/// A log's store: a folder, or a bucket.
///
/// # Errors
/// A log that is a file, a bucket that cannot be spoken to.
pub fn store(log: &Path) -> anyhow::Result<Box<dyn Store>> {
    if is_bucket(log) {
        return bucket(&log.to_string_lossy());
    }
    Ok(Box::new(Directory::new(log, RealDisk, &format!("{}-{}", std::process::id(), super::ulid()?))?))
}

/// As [`store`], of one that is waited for no longer than so many seconds.
///
/// # Errors
/// As for [`store`].
pub fn timed(log: &Path, seconds: u64) -> anyhow::Result<Timed> {
    Ok(Timed::new(store(log)?, Duration::from_secs(seconds)))
}

/// The store of a log that is there already: for what only reads, and finds nothing wrong in what is empty.
///
/// # Errors
/// As for [`store`], and no log there.
pub fn existing(log: &Path) -> anyhow::Result<Box<dyn Store>> {
    let store = store(log)?;
    let exists = if is_bucket(log) { !store.list("")?.is_empty() } else { log.exists() };
    ensure!(exists, absent(log));
    Ok(store)
}

/// Whether a log is named as a bucket (`s3://…`), and not as a folder.
#[must_use]
pub fn is_bucket(log: &Path) -> bool {
    log.to_string_lossy().starts_with("s3://")
}

#[cfg(feature = "s3")]
fn bucket(address: &str) -> anyhow::Result<Box<dyn Store>> {
    use crate::record::s3::Bucket;
    let bucket = Bucket::new(address, |name| std::env::var(name).ok());
    Ok(Box::new(bucket.with_context(|| format!("cannot open the log `{address}`"))?))
}

#[cfg(not(feature = "s3"))]
fn bucket(address: &str) -> anyhow::Result<Box<dyn Store>> {
    bail!(
        "this build lacks the feature `s3`, so `{address}` cannot be opened: build it with `cargo build --features s3`"
    )
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

/// That there is no log, and what to do.
pub fn absent(log: &Path) -> String {
    format!("no log is at `{}`: make one with `speguard evidence init`", log.display())
}

/// The shard that is meant, and its key.
///
/// # Errors
/// No log, no key, or keys of several emitters without `--emitter`.
pub fn shard(store: &dyn Store, arguments: &LogArguments) -> anyhow::Result<(Place, Signer)> {
    let log = &arguments.log;
    let all = places(store)?;
    if all.is_empty() {
        bail!(absent(log));
    }
    let meant = |place: &&Place| arguments.emitter.as_deref().is_none_or(|emitter| place.emitter() == emitter);
    let asked = arguments.key.as_deref().map(keys::asked).transpose()?;
    let all_meant: Vec<&Place> = all.iter().filter(meant).collect();
    let mut found: Vec<(Place, Signer)> = Vec::new();
    let mut missing = Vec::new();
    for place in all_meant.iter().rev() {
        // Of one emitter's years, the last is written; the keys of those before it may be gone.
        if found.iter().any(|(newer, _)| place.is_before(newer)) {
            continue;
        }
        let key = match &asked {
            Some(asked) => keys::named(asked, log, place)?,
            None => {
                let path = keys::in_use(store, log, place)?;
                if !path.exists() {
                    missing.push(path);
                    continue;
                }
                keys::read(&path, log, place)?
            }
        };
        // A command need not say whose key it has; where there are several shards, their checkpoints tell.
        let named = !matches!(asked, Some(KeyPlace::Command(_))) || all_meant.len() == 1;
        if key.name() == place.origin && (named || keys::has_signed(store, place, &key)) {
            found.push(((*place).clone(), key));
        }
    }
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
                "no key of this log is at hand{looked}; it has the shards {}: name the key with --key file:PATH or exec:CMD",
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
/// As for [`shard()`]; a year that changed where the key is named by hand: the next needs one of its own.
pub fn this_year(store: &dyn Store, arguments: &LogArguments, at: Instant) -> anyhow::Result<(Place, Signer)> {
    let (mut place, mut key) = shard(store, arguments)?;
    let (log, is_by_hand) = (&arguments.log, arguments.key.is_some());
    let begun = |place: &Place| -> anyhow::Result<bool> {
        let journal = store.list(&format!("{}/journal", place.prefix()))?;
        Ok(!journal.is_empty() || newest(store, place)?.1.size > 0)
    };
    // A change of year that was cut off left a shard without entries: it is finished from the shard before.
    if !begun(&place)?
        && let Some(old) = places(store)?.iter().rev().find(|old| old.is_before(&place))
    {
        if !is_by_hand {
            key = keys::read(&keys::in_use(store, log, old)?, log, old)?;
        }
        place = old.clone();
    }
    let year = super::year(at)?;
    if place.year() >= year {
        return Ok((place, key));
    }
    let next = Place::new(place.domain(), place.spe(), place.emitter(), year)?;
    ensure!(!is_by_hand, "{}", by_hand(&place, year, log));
    let asked = keys::following(&KeyPlace::File(keys::in_use(store, log, &place)?), &next)?;
    let (told, _) = turn(store, Log::open(store, place.clone(), key)?, &next, &asked, (log, at)).with_context(|| {
        format!("the year has changed, and the shard after `{}` could not be made; a command run again goes on from here; \
                 `speguard evidence init` with --key and --previous-key names keys by hand", place.origin)
    })?;
    remark(&told.text);
    shard(store, arguments)
}

/// What must be done in a new year where the key of the old one is named by hand.
fn by_hand(place: &Place, year: i32, log: &Path) -> String {
    format!(
        "the shard `{}` is of {}, and it is {year}: the next has a key of its own; make both with `speguard evidence init \
         --log {} --domain {} --spe {} --emitter {} --key file:NEW --previous-key file:OLD` (or exec:CMD for either), and \
         write with the new one",
        place.origin,
        place.year(),
        log.display(),
        place.domain(),
        place.spe(),
        place.emitter()
    )
}

/// What a change of year came to.
pub struct Turned {
    /// The key of the new shard.
    pub vkey: String,
    /// Where it is, for people.
    pub kept: String,
    /// What must be done about it.
    pub text: String,
}

/// Changes the year; gives what must be done about it, and the new shard. A key that was made for it before is used.
///
/// # Errors
/// A key that cannot be kept or does not sign, and what the store says.
pub fn turn<'s>(
    store: &'s dyn Store,
    old: Log<'s>,
    next: &Place,
    asked: &KeyPlace,
    (log, at): (&Path, Instant),
) -> anyhow::Result<(Turned, Log<'s>)> {
    let (key, kept) = match (asked, &old.state().closing) {
        (KeyPlace::File(path), _) if path.exists() => (keys::read(path, log, next)?, path.display().to_string()),
        (KeyPlace::File(path), Some(closing)) => bail!(
            "`{}` was closed for the key {}, which is not at `{}`: say where it is, with --key file:PATH or exec:CMD",
            old.place().origin,
            closing.vkey,
            path.display()
        ),
        _ => keys::begin(asked, log, next, Some(&old.verifier_key()))?,
    };
    ensure!(key.name() == next.origin, "`{kept}` is the key of `{}`: name another", key.name());
    keys::another(&key, &old.verifier_key())?;
    let (closed, vkey) = (old.place().origin.clone(), key.verifier_key().to_string());
    let ids = [super::ulid()?, super::ulid()?, super::ulid()?];
    let log = year::turn(store, old, key, at, ids)?;
    let text = format!(
        "The year has changed: `{closed}` is closed, and `{}` follows it.\n\
         Add this line to the trust file, and give the vkey to auditors and witnesses by another way than the log:\n\
         log {vkey}\n",
        next.origin
    );
    Ok((Turned { vkey, kept, text }, log))
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
        (None, _) => bail!(absent(&arguments.log)),
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
