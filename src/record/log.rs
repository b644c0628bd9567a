//! A shard, opened for writing.
//!
//! The order of a write is: entries are built and checked, one segment is put, receipts are given, and only then are
//! entry bundles, tiles and a checkpoint made of it. These are pure functions of the journal, so whatever a crash left
//! out is made by the next writer with the same code.
use super::{
    entry::{Body, Common, DigestText, Entry, EntryError, Instant, Time, Ulid, VERSION},
    journal::{Journal, JournalError, Tail},
    merkle::Hash,
    note::{Checkpoint, Note, SignError, Signer, VerifierKey, verify},
    place::Place,
    segment::Segment,
    shard::{self, ReadError},
    state::State,
    store::{Put, Store, StoreError},
    tile::{self, TileHashes},
    year,
};
use crate::model::Receipt;
use std::cell::RefCell;

/// What a writer adds; the log gives it index, sequence number and identifier.
#[derive(Clone, Debug)]
pub struct Draft {
    pub observed: Instant,
    pub id: Ulid,
    pub body: Body,
}

/// Why a log cannot be opened or written.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Sign(#[from] SignError),
    #[error("no log of `{0}` is here: make one with `speguard evidence init`")]
    Absent(String),
    #[error("a log of `{0}` is here already")]
    Present(String),
    #[error("the key is that of `{key}`, and no checkpoint of `{origin}` is signed by it")]
    WrongKey { origin: String, key: String },
    #[error(
        "`{origin}` contradicts its own checkpoint at size {size}: the entries give another root than the one that was \
         signed; nothing is appended. `speguard evidence verify` says what was changed"
    )]
    Contradiction { origin: String, size: u64 },
    #[error("`{path}` stands with other content than the entries give: another writer with this key, or damage")]
    Foreign { path: String },
    #[error(
        "`{origin}` was handed on to the key {vkey}, and this is another: write with that one; where handing it on was \
         cut off, `speguard evidence rotate-key` finishes it"
    )]
    Rotated { origin: String, vkey: String },
    /// What the entries rest on cannot be read, so none is made.
    #[error("{0}")]
    Unfounded(String),
    #[error("the shard `{0}` is closed, and the year of the next has begun: run `speguard evidence init` of it")]
    Closed(String),
    #[error("`{origin}` was closed for the key {vkey}, and the key of the next shard is another: write with that one")]
    Successor { origin: String, vkey: String },
    #[error(
        "`{origin}` is in epoch {last}, and this process is of epoch {epoch}: another writes as this emitter, and nothing \
         of this one is entered"
    )]
    Superseded { origin: String, epoch: u64, last: u64 },
}

/// A shard that this process may append to.
pub struct Log<'s> {
    store: &'s dyn Store,
    place: Place,
    signer: Signer,
    state: State,
    tail: Tail,
    /// The size of the newest checkpoint.
    published: u64,
    /// The shards of earlier years that this one goes on from, the newest first.
    earlier: Vec<Place>,
}

impl<'s> Log<'s> {
    /// Makes a shard with its first entry and a checkpoint of size 0, as its key's owner declares it.
    ///
    /// # Errors
    /// [`LogError::Present`], or what the store says.
    pub fn create(store: &'s dyn Store, place: Place, signer: impl Into<Signer>) -> Result<Self, LogError> {
        let (prefix, signer) = (place.prefix(), signer.into());
        if !store.list(&prefix)?.is_empty() {
            return Err(LogError::Present(place.origin));
        }
        let (state, tail) = (State::default(), Tail::default());
        let log = Self { store, place, signer, state, tail, published: 0, earlier: Vec::new() };
        log.checkpoint()?;
        Ok(log)
    }

    /// Opens a shard: replays every entry, and holds them against the newest checkpoint that the key has signed.
    ///
    /// # Errors
    /// [`LogError`]: a foreign key, damage, a contradiction. Nothing has been written then.
    pub fn open(store: &'s dyn Store, place: Place, signer: impl Into<Signer>) -> Result<Self, LogError> {
        let signer = signer.into();
        let key = signer.verifier_key();
        let newest = newest_checkpoint(store, &place, &key)?;
        let (mut state, earlier) = year::before(store, &place, newest.size)?;
        replay(store, &place, newest.size, &newest.root, &mut state)?;
        let prefix = place.prefix();
        let (segments, tail) = Journal { store, prefix: &prefix }.from(newest.size)?;
        let mut log = Self { store, place, signer, state, tail, published: newest.size, earlier };
        segments.iter().try_for_each(|segment| log.take_in(segment))?;
        Ok(log)
    }

    /// Goes on from the shard of an earlier year; for one that has no entry yet.
    pub(super) fn follow(&mut self, old: &Self) {
        self.state = old.state.carried();
        self.earlier = std::iter::once(&old.place).chain(&old.earlier).cloned().collect();
    }

    /// The shards of earlier years that this one goes on from, the newest first.
    #[must_use]
    pub fn earlier(&self) -> &[Place] {
        &self.earlier
    }

    /// The origin, where the shard lies.
    #[must_use]
    pub const fn place(&self) -> &Place {
        &self.place
    }

    /// What the entries so far come to.
    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    #[must_use]
    pub fn verifier_key(&self) -> VerifierKey {
        self.signer.verifier_key()
    }

    /// Appends what `build` makes of the state, as one segment. `build` is asked again when another writer was faster.
    ///
    /// **Durability.** A receipt means: the entry survives the loss of the process and of the machine as far as the
    /// store does, and stands at exactly that index with exactly that leaf hash. An entry that was put and never
    /// acknowledged may appear; an acknowledged one may not disappear.
    ///
    /// # Errors
    /// [`LogError`]; nothing is acknowledged then.
    pub fn append(
        &mut self,
        recorded: Instant,
        build: &mut dyn FnMut(&State) -> Result<Vec<Draft>, LogError>,
    ) -> Result<Vec<Receipt>, LogError> {
        let prefix = self.place.prefix();
        let journal = Journal { store: self.store, prefix: &prefix };
        let (origin, vkey) = (self.place.origin.clone(), self.verifier_key().to_string());
        // Not copied: what others appended meanwhile stays taken in, whatever becomes of ours.
        let known = RefCell::new((std::mem::take(&mut self.state), self.tail.clone()));
        let appended = journal.append(
            self.tail.clone(),
            &mut |_| {
                let (state, _) = &*known.borrow();
                if state.closing.is_some() {
                    return Err(LogError::Closed(origin.clone()));
                }
                in_force(&origin, state, &vkey)?;
                encode(&origin, state, recorded, build(state)?)
            },
            &mut |other, after| {
                let (state, tail) = &mut *known.borrow_mut();
                state.take_all(&other.entries)?;
                *tail = after.clone();
                Ok(())
            },
        );
        (self.state, self.tail) = known.into_inner();
        let (segment, tail) = appended?;
        self.state.take_all(&segment.entries)?;
        self.tail = tail;
        let receipts = (segment.first..).zip(&segment.entries).map(|(index, bytes)| Receipt {
            shard: self.place.origin.as_str().into(),
            index,
            leaf: crate::model::Digest(super::merkle::leaf_hash(bytes)),
        });
        Ok(receipts.collect())
    }

    fn take_in(&mut self, segment: &Segment) -> Result<(), LogError> {
        // The first segment may begin below what the checkpoint covers.
        let covered = usize::try_from(self.state.size().saturating_sub(segment.first)).unwrap_or(usize::MAX);
        Ok(self.state.take_all(segment.entries.get(covered..).unwrap_or_default())?)
    }

    /// Signs with the key that a `key` entry has handed the shard on to, from the next checkpoint on.
    ///
    /// # Errors
    /// [`LogError::Rotated`] when the last such entry names another.
    pub fn hand_over(&mut self, signer: impl Into<Signer>) -> Result<(), LogError> {
        let signer = signer.into();
        in_force(&self.place.origin, &self.state, &signer.verifier_key().to_string())?;
        self.signer = signer;
        Ok(())
    }

    /// Makes entry bundles, tiles and a checkpoint of all that the journal holds; nothing where nothing is new. Also
    /// repairs what a crash left out.
    ///
    /// # Errors
    /// [`LogError`]: the entries stay durable, and the next writer publishes them.
    pub fn publish(&mut self) -> Result<Checkpoint, LogError> {
        in_force(&self.place.origin, &self.state, &self.verifier_key().to_string())?;
        let (old, new) = (self.published, self.state.size());
        if old < new {
            let prefix = self.place.prefix();
            let journal = Journal { store: self.store, prefix: &prefix };
            let (segments, _) = journal.back(self.tail.next.saturating_sub(1), old)?;
            let mut entries = Vec::new();
            // The bundle that the old size ends in is written anew, wider.
            let begin = old - old % u64::from(tile::WIDTH);
            shard::entries(self.store, &prefix, begin, old, old, &mut |_, bytes| {
                entries.push(bytes.to_vec());
                Ok::<(), LogError>(())
            })?;
            for segment in &segments {
                let covered = usize::try_from(old.saturating_sub(segment.first)).unwrap_or(usize::MAX);
                entries.extend(segment.entries.iter().skip(covered).cloned());
            }
            entries.truncate(usize::try_from(new - begin).unwrap_or(usize::MAX));
            self.write_bundles(&prefix, old, new, begin, &entries)?;
            self.write_tiles(&prefix, old, new, begin, &entries)?;
        }
        let checkpoint = self.checkpoint()?;
        self.published = new;
        Ok(checkpoint)
    }

    fn write_bundles(&self, prefix: &str, old: u64, new: u64, begin: u64, entries: &[Vec<u8>]) -> Result<(), LogError> {
        for id in tile::entries_for(old, new) {
            let from = usize::try_from(id.index * u64::from(tile::WIDTH) - begin).unwrap_or(usize::MAX);
            let of = entries.get(from..from.saturating_add(usize::from(id.width))).unwrap_or_default();
            let bytes = tile::encode_entries(of).map_err(|error| ReadError::Tile(error.to_string()))?;
            self.put_same(&format!("{prefix}/{}", id.path()), &bytes)?;
        }
        Ok(())
    }

    fn write_tiles(&self, prefix: &str, old: u64, new: u64, begin: u64, entries: &[Vec<u8>]) -> Result<(), LogError> {
        let fetch = |id: &tile::TileId| self.store.get(&format!("{prefix}/{}", id.path())).ok().flatten();
        let stored = TileHashes::new(old, fetch);
        let leaves: Vec<Hash> = entries.iter().map(|bytes| super::merkle::leaf_hash(bytes)).collect();
        let grown = shard::Grown { stored: &stored, old, begin, leaves: &leaves };
        for id in tile::tiles_for(old, new) {
            let bytes = tile::tile_bytes(&grown, &id).ok_or_else(|| {
                ReadError::Tile(format!("{}/{} cannot be made: a tile below it is missing", prefix, id.path()))
            })?;
            self.put_same(&format!("{prefix}/{}", id.path()), &bytes)?;
        }
        Ok(())
    }

    /// Signs the present size, and keeps it; only the hint `checkpoint` is ever replaced.
    fn checkpoint(&self) -> Result<Checkpoint, LogError> {
        let checkpoint =
            Checkpoint { origin: self.place.origin.clone(), size: self.state.size(), root: self.state.edge.root() };
        let text = checkpoint.to_text();
        let note = Note { signatures: vec![self.signer.sign(&text)?], text };
        let (prefix, bytes) = (self.place.prefix(), note.encode().into_bytes());
        let put = self.put_same(&format!("{prefix}/checkpoints/{:020}", checkpoint.size), &bytes)?;
        if put == Put::Created || !self.is_cosigned(&prefix)? {
            self.store.replace(&format!("{prefix}/checkpoint"), &bytes)?;
        }
        Ok(checkpoint)
    }

    /// Whether `checkpoint` carries cosignatures, which stay until there is something new.
    fn is_cosigned(&self, prefix: &str) -> Result<bool, LogError> {
        let hint = self.store.get(&format!("{prefix}/checkpoint"))?.unwrap_or_default();
        let size = String::from_utf8_lossy(&hint).lines().nth(1).and_then(|line| line.parse::<u64>().ok());
        let Some(size) = size else { return Ok(false) };
        let kept = self.store.get(&format!("{prefix}/checkpoints/{size:020}"))?;
        Ok(kept.is_some_and(|kept| hint.len() > kept.len() && hint.starts_with(&kept)))
    }

    /// Has cosignature lines stand below a checkpoint in `checkpoint`, where those who fetch only that see them.
    ///
    /// # Errors
    /// What the store says.
    pub fn show_cosigned(&self, size: u64, lines: &[u8]) -> Result<(), LogError> {
        let prefix = self.place.prefix();
        if let Some(kept) = self.store.get(&format!("{prefix}/checkpoints/{size:020}"))? {
            self.store.replace(&format!("{prefix}/checkpoint"), &[kept, lines.to_vec()].concat())?;
        }
        Ok(())
    }

    /// Creates an object; the same object by another writer is as good.
    fn put_same(&self, path: &str, bytes: &[u8]) -> Result<Put, LogError> {
        let put = self.store.create(path, bytes)?;
        if put == Put::Exists && self.store.get(path)?.as_deref() != Some(bytes) {
            return Err(LogError::Foreign { path: path.to_owned() });
        }
        Ok(put)
    }

    /// Keeps an object beside the tree, named by its content: a blob, a bundle.
    ///
    /// # Errors
    /// What the store says.
    pub fn keep(&self, path: &str, bytes: &[u8]) -> Result<(), LogError> {
        self.put_same(path, bytes).map(drop)
    }
}

/// Takes in the entries of a shard up to a size, which give the root that was signed there.
pub(super) fn replay(
    store: &dyn Store,
    place: &Place,
    size: u64,
    root: &Hash,
    state: &mut State,
) -> Result<(), LogError> {
    shard::entries(store, &place.prefix(), 0, size, size, &mut |_, bytes| Ok::<(), LogError>(state.take(bytes)?))?;
    if state.edge.root() == *root {
        Ok(())
    } else {
        Err(LogError::Contradiction { origin: place.origin.clone(), size })
    }
}

fn encode(origin: &str, state: &State, recorded: Instant, drafts: Vec<Draft>) -> Result<Vec<Vec<u8>>, LogError> {
    let encode = |(seq, Draft { observed, id, body }): (u64, Draft)| {
        let time = Time { observed, recorded };
        let common = Common { v: VERSION, id, shard: origin.to_owned(), seq, time, after_anchor: state.after_anchor };
        Ok(Entry { common, body }.to_bytes()?)
    };
    (state.next_seq..).zip(drafts).map(encode).collect()
}

/// A shard that was handed on is written with the new key only.
fn in_force(origin: &str, state: &State, vkey: &str) -> Result<(), LogError> {
    match state.vkey() {
        Some(needed) if needed != vkey => Err(LogError::Rotated { origin: origin.to_owned(), vkey: needed.to_owned() }),
        _ => Ok(()),
    }
}

/// The checkpoint of the highest size that the key has signed. The object `checkpoint` is only a hint.
fn newest_checkpoint(store: &dyn Store, place: &Place, key: &VerifierKey) -> Result<Checkpoint, LogError> {
    let prefix = place.prefix();
    let names = store.list(&format!("{prefix}/checkpoints"))?;
    let Some(last) = names.last() else { return Err(LogError::Absent(place.origin.clone())) };
    let bytes = store.get(last)?.unwrap_or_default();
    let wrong = || LogError::WrongKey { origin: place.origin.clone(), key: key.to_string() };
    let note = Note::parse(&bytes).map_err(|error| ReadError::Checkpoint(format!("{last}: {error}")))?;
    verify(&note, key).map_err(|_| wrong())?;
    let checkpoint =
        Checkpoint::parse(&note.text).map_err(|error| ReadError::Checkpoint(format!("{last}: {error}")))?;
    if checkpoint.origin != place.origin {
        return Err(wrong());
    }
    Ok(checkpoint)
}

/// The newest checkpoint's size, root and digest of its bytes, for what is said about the log.
#[must_use]
pub fn root_text(checkpoint: &Checkpoint) -> DigestText {
    DigestText(checkpoint.root)
}
