//! The change of year: the shard of one year is closed, and that of the next opens with its origin, size and root.
//!
//! Start at [`turn`]. Each step looks at what is there already, so that whoever writes next finishes what a crash cut
//! off: a `key` entry that enrols the next key and the entry that closes the shard (one segment), its last checkpoint,
//! the new shard, its first entry.
use super::{
    entry::{Body, DigestText, Entry, Instant, Key, KeyEvent, Shard, ShardEvent, TreeHead, Ulid},
    journal::Journal,
    log::{Draft, Log, LogError, replay},
    note::Signer,
    place::Place,
    shard,
    state::State,
    store::Store,
};

/// Closes a shard and opens the next, of the same emitter and a later year, with a key of its own. Gives the new one.
///
/// `ids` are for the three entries that this may need.
///
/// # Errors
/// [`LogError::Successor`] where the old shard was closed for another key; what the store says. What was done stays done.
pub fn turn<'s>(
    store: &'s dyn Store,
    mut old: Log<'s>,
    next: impl Into<Signer>,
    at: Instant,
    ids: [Ulid; 3],
) -> Result<Log<'s>, LogError> {
    let next = next.into();
    let vkey = next.verifier_key().to_string();
    let [enrolled, closed, opened] = ids;
    let place = Place::parse(next.name()).map_err(|error| LogError::Unfounded(error.to_string()))?;
    let origin = old.place().origin.clone();
    let result = old.append(at, &mut |state| {
        let Some(shard) = &state.shard else {
            return Err(LogError::Unfounded(format!("`{origin}` has no entry yet, so it cannot be closed")));
        };
        let head = TreeHead { origin: origin.clone(), size: state.size(), root: DigestText(state.edge.root()) };
        let is_enrolled = state.key.as_ref().is_some_and(|key| key.event == KeyEvent::Enrol && key.vkey == vkey);
        let enrol =
            (!is_enrolled).then(|| Draft { observed: at, id: enrolled, body: Body::Key(enrol(shard, &vkey, at)) });
        let close = Shard { event: ShardEvent::Close, vkey: vkey.clone(), previous: Some(head), ..shard.clone() };
        Ok(enrol.into_iter().chain([Draft { observed: at, id: closed, body: Body::Shard(close) }]).collect())
    });
    match result {
        // By an earlier run that was cut off, or by another writer.
        Ok(_) | Err(LogError::Closed(_)) => {}
        Err(error) => return Err(error),
    }
    let named = old.state().closing.as_ref().map(|closing| closing.vkey.clone()).unwrap_or_default();
    if named != vkey {
        return Err(LogError::Successor { origin, vkey: named });
    }
    let last = old.publish()?;
    let is_new = store.list(&place.prefix())?.is_empty();
    let mut log = if is_new { Log::create(store, place, next)? } else { Log::open(store, place, next)? };
    if log.state().shard.is_none() {
        log.follow(&old);
        let previous = TreeHead { origin, size: last.size, root: DigestText(last.root) };
        let shard = old.state().shard.clone().map(|shard| Shard { vkey, previous: Some(previous), ..shard });
        let opened = log.append(at, &mut |state| match (&state.shard, &shard) {
            (None, Some(shard)) => Ok(vec![Draft { observed: at, id: opened, body: Body::Shard(shard.clone()) }]),
            _ => Err(LogError::Present(state.shard.as_ref().map_or_else(String::new, |shard| shard.vkey.clone()))),
        });
        match opened {
            // By another writer with the same key.
            Ok(_) | Err(LogError::Present(_)) => {}
            Err(error) => return Err(error),
        }
    }
    log.publish()?;
    Ok(log)
}

fn enrol(shard: &Shard, vkey: &str, at: Instant) -> Key {
    let (emitter, vkey) = (shard.emitter.clone(), vkey.to_owned());
    Key {
        event: KeyEvent::Enrol,
        emitter,
        vkey,
        valid_from: at,
        valid_to: None,
        signatures: Vec::new(),
        compromised_at: None,
    }
}

/// What the shards of earlier years leave to one of `size`, and these shards, the newest first.
///
/// One that was pruned leaves nothing: of what only its entries told nothing is known any more.
///
/// # Errors
/// An earlier shard that is damaged, or is not the one that the first entry names.
pub(super) fn before(store: &dyn Store, place: &Place, size: u64) -> Result<(State, Vec<Place>), LogError> {
    let Some(head) = previous(store, place, size)? else { return Ok((State::default(), Vec::new())) };
    let old = Place::parse(&head.origin).map_err(|error| LogError::Unfounded(error.to_string()))?;
    if store.list(&format!("{}/tile/entries", old.prefix()))?.is_empty() {
        return Ok((State::default(), vec![old]));
    }
    let (mut state, mut earlier) = before(store, &old, head.size)?;
    replay(store, &old, head.size, &head.root.0, &mut state)?;
    earlier.insert(0, old);
    Ok((state.carried(), earlier))
}

/// The shard that the first entry says it follows.
fn previous(store: &dyn Store, place: &Place, size: u64) -> Result<Option<TreeHead>, LogError> {
    let prefix = place.prefix();
    let mut first = None;
    if size > 0 {
        shard::entries(store, &prefix, 0, 1, size, &mut |_, bytes| {
            first = Some(bytes.to_vec());
            Ok::<(), LogError>(())
        })?;
    } else {
        let (segments, _) = Journal { store, prefix: &prefix }.from(0)?;
        first = segments.first().and_then(|segment| segment.entries.first().cloned());
    }
    let entry = first.map(|bytes| Entry::from_bytes(&bytes)).transpose()?;
    Ok(entry.and_then(|entry| match entry.body {
        // No year follows itself, whatever an entry says.
        Body::Shard(Shard { event: ShardEvent::Open, previous, .. }) => {
            previous.filter(|head| Place::parse(&head.origin).is_ok_and(|old| old.is_before(place)))
        }
        _ => None,
    }))
}
