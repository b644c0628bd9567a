//! What the entries of a log say, read back for the commands that write, print or export: without verifying, which is
//! `verify`'s own work.
use super::open;
use crate::record::{
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
    pub(super) entries: Entries,
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
    let mut edge = Edge::default();
    shard::entries(store, &place.prefix(), 0, checkpoint.size, held, &mut |index, bytes| {
        edge.push(crate::record::merkle::leaf_hash(bytes));
        gathering.take(index, bytes);
        Ok::<(), ReadError>(())
    })?;
    anyhow::ensure!(
        edge.root() == checkpoint.root,
        "the entries of `{}` are not those of its checkpoint at {}: `speguard evidence verify` says what was changed",
        place.origin,
        checkpoint.size
    );
    let entries = gathering.finish().map_err(anyhow::Error::msg)?;
    Ok(Past { entries })
}

/// All shards of the environment that a shard belongs to, each at its newest checkpoint.
///
/// # Errors
/// As for [`past`].
pub(super) fn environment(store: &dyn Store, of: &Place) -> anyhow::Result<Vec<Past>> {
    let all = open::places(store)?;
    let same = |place: &&Place| place.domain() == of.domain() && place.spe() == of.spe();
    all.iter().filter(same).map(|place| past(store, place, None)).collect()
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
