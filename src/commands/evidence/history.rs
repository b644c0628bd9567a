//! What the entries of a log say, read back for the commands that write, print or export: without verifying, which is
//! `verify`'s own work.
use super::open;
use crate::record::{
    entry::{Body, Bundle, Entry, Instant, Time},
    merkle::Edge,
    note::{Checkpoint, Note},
    place::Place,
    shard::{self, ReadError},
    store::Store,
    verify::{Entries, Gathering},
};
use anyhow::Context;

/// One shard up to the size of a checkpoint.
pub(super) struct Past {
    pub(super) place: Place,
    pub(super) checkpoint: Checkpoint,
    pub(super) entries: Entries,
    /// When the fact of each entry was read and when it was recorded, in order.
    pub(super) times: Vec<Time>,
    /// The criteria and profile that the newest run was judged by.
    pub(super) bundle: Option<Bundle>,
}

impl Past {
    /// When the newest entry was recorded.
    pub(super) fn newest(&self) -> Instant {
        self.times.iter().map(|time| time.recorded).max().unwrap_or(Instant(0))
    }
}

/// Reads a shard up to a size that its key has signed, or up to the newest.
///
/// # Errors
/// A size that nobody has signed, entries that are missing, damaged or not those of the checkpoint.
pub(super) fn past(store: &dyn Store, place: &Place, size: Option<u64>) -> anyhow::Result<Past> {
    let folder = format!("{}/checkpoints", place.prefix());
    let names = store.list(&folder)?;
    let newest = names.last().with_context(|| format!("`{folder}` holds no checkpoint"))?;
    let held = read(store, newest)?.size;
    let checkpoint = match size {
        None => read(store, newest)?,
        Some(size) => {
            let name = format!("{folder}/{size:020}");
            anyhow::ensure!(
                names.contains(&name),
                "no checkpoint of size {size} is in `{}`: a log can be read at a size that its key has signed, the newest is {held}",
                place.origin
            );
            read(store, &name)?
        }
    };
    let mut gathering = Gathering::new(&place.origin);
    let (mut edge, mut times, mut bundle) = (Edge::default(), Vec::new(), None);
    shard::entries(store, &place.prefix(), 0, checkpoint.size, held, &mut |index, bytes| {
        edge.push(crate::record::merkle::leaf_hash(bytes));
        gathering.take(index, bytes);
        if let Ok(Entry { common, body }) = Entry::from_bytes(bytes) {
            times.push(common.time);
            if let Body::Bundle(of) = body {
                bundle = Some(of);
            }
        }
        Ok::<(), ReadError>(())
    })?;
    anyhow::ensure!(
        edge.root() == checkpoint.root,
        "the entries of `{}` are not those of its checkpoint at {}: `speguard evidence verify` says what was changed",
        place.origin,
        checkpoint.size
    );
    let entries = gathering.finish().map_err(anyhow::Error::msg)?;
    Ok(Past { place: place.clone(), checkpoint, entries, times, bundle })
}

/// All shards of the environment that a shard belongs to, each at its newest checkpoint.
///
/// # Errors
/// As for [`past`].
pub(super) fn environment(store: &dyn Store, of: &Place) -> anyhow::Result<Vec<Past>> {
    environment_at(store, of, None)
}

/// All shards of the environment, the given one at a size and every other at its newest checkpoint; the given one last.
///
/// # Errors
/// As for [`past`].
pub(super) fn environment_at(store: &dyn Store, of: &Place, size: Option<u64>) -> anyhow::Result<Vec<Past>> {
    let all = open::places(store)?;
    let same = |place: &&Place| place.domain() == of.domain() && place.spe() == of.spe() && *place != of;
    let mut pasts =
        all.iter().filter(same).map(|place| past(store, place, None)).collect::<anyhow::Result<Vec<_>>>()?;
    pasts.push(past(store, of, size)?);
    Ok(pasts)
}

/// The entries of several shards together.
pub(super) fn joined(pasts: &[Past]) -> Entries {
    let mut entries = Entries::default();
    pasts.iter().for_each(|past| entries.join(past.entries.clone()));
    entries
}

fn read(store: &dyn Store, name: &str) -> anyhow::Result<Checkpoint> {
    let bytes = store.get(name)?.unwrap_or_default();
    let note = Note::parse(&bytes).with_context(|| format!("`{name}` is no signed note"))?;
    Checkpoint::parse(&note.text).with_context(|| format!("`{name}` is no checkpoint"))
}
