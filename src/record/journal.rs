//! The journal of a shard: one create-only chain of [segments](super::segment) that orders all writers.
//!
//! Whoever creates segment k has appended; whoever finds it taken reads it, builds on it, and tries k+1. Nothing but that
//! create is needed for an entry to be in the log.
use super::{
    entry::DigestText,
    segment::{Segment, digest},
    store::{Put, Store, StoreError},
};
use std::{thread, time::Duration};

/// How often a writer builds anew on what another has appended; sixteen writers at once lose fifteen times at most when
/// luck is even, and this is twice that.
pub const TRIES_MAX: u32 = 32;

/// Entries of one segment that is not a whole run (docs/evidence.md): one answer of the disk for all of them.
pub const SEGMENT_ENTRIES_MAX: usize = 256;

/// The wait after a lost race is a random multiple of this, which may grow with every try.
const WAIT_STEP: Duration = Duration::from_micros(700);

/// Why a journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The segment may stand in the chain or not.
    #[error("whether the entries were written is not known: {0}")]
    Unclear(#[source] StoreError),
    #[error("`{path}` is damaged: {cause}; nothing is appended to this log until it is restored")]
    Damaged { path: String, cause: String },
    #[error("other writers were faster {TRIES_MAX} times in a row: try again")]
    Crowded,
}

/// The end of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The number of the next segment.
    pub next: u64,
    /// The number of entries, and so the index of the next.
    pub size: u64,
    /// SHA-256 of the last segment; of nothing where there is none.
    pub last: DigestText,
}

impl Default for Tail {
    fn default() -> Self {
        Self { next: 0, size: 0, last: digest(b"") }
    }
}

/// Makes the entries of a segment for the end of a chain.
pub type Build<'b, E> = dyn FnMut(&Tail) -> Result<Vec<Vec<u8>>, E> + 'b;

/// Takes a segment that another has appended, and the end of the chain after it.
pub type CatchUp<'c, E> = dyn FnMut(&Segment, &Tail) -> Result<(), E> + 'c;

/// A shard's journal.
#[derive(Clone, Copy)]
pub struct Journal<'s> {
    pub store: &'s dyn Store,
    /// `<spe>/<emitter>/<year>`.
    pub prefix: &'s str,
}

impl Journal<'_> {
    fn path(&self, number: u64) -> String {
        format!("{}/journal/{number:020}", self.prefix)
    }

    fn read(&self, number: u64) -> Result<Option<(Segment, DigestText)>, JournalError> {
        let path = self.path(number);
        let Some(bytes) = self.store.get(&path)? else { return Ok(None) };
        let segment = Segment::from_bytes(&bytes).map_err(|cause| self.damaged(number, &cause))?;
        if segment.number != number {
            return Err(self.damaged(number, &format!("it says that it is segment {}", segment.number)));
        }
        Ok(Some((segment, digest(&bytes))))
    }

    fn damaged(&self, number: u64, cause: &str) -> JournalError {
        JournalError::Damaged { path: self.path(number), cause: cause.to_owned() }
    }

    /// The segments from the one that holds index `size` on, in order, and the end of the chain. What lies below `size`
    /// is covered by a checkpoint and is read from the tiles.
    ///
    /// # Errors
    /// [`JournalError`]: a missing link, a link that does not fit.
    pub fn from(&self, size: u64) -> Result<(Vec<Segment>, Tail), JournalError> {
        let folder = format!("{}/journal", self.prefix);
        self.store.settle(&folder)?;
        let names = self.store.list(&folder)?;
        let Some(last) = names.last() else {
            if size > 0 {
                return Err(self.damaged(0, "the journal is missing, and a checkpoint covers entries of it"));
            }
            return Ok((Vec::new(), Tail::default()));
        };
        let number = last.rsplit('/').next().and_then(|name| name.parse::<u64>().ok());
        let Some(number) = number else {
            return Err(JournalError::Damaged { path: last.clone(), cause: "its name is no number".to_owned() });
        };
        self.back(number, size)
    }

    /// As [`Journal::from`], from a segment on that is known to be the last: nothing is listed.
    ///
    /// # Errors
    /// [`JournalError`]: a missing link, a link that does not fit.
    pub fn back(&self, last: u64, size: u64) -> Result<(Vec<Segment>, Tail), JournalError> {
        let mut number = last;
        let mut segments: Vec<Segment> = Vec::new();
        let mut tail: Option<Tail> = None;
        loop {
            let Some((segment, sum)) = self.read(number)? else {
                return Err(self.damaged(number, "it is missing, and later ones stand"));
            };
            if let Some(after) = segments.last()
                && (after.previous != sum || after.first != segment.end())
            {
                return Err(self.damaged(number, "the segment after it does not follow from it"));
            }
            tail.get_or_insert(Tail { next: number + 1, size: segment.end(), last: sum });
            let done = segment.first <= size || number == 0;
            segments.push(segment);
            if done {
                break;
            }
            number -= 1;
        }
        let tail = tail.unwrap_or_default();
        if tail.size < size {
            return Err(self.damaged(number, "the journal ends before what a checkpoint covers: it was cut"));
        }
        segments.reverse();
        segments.retain(|segment| segment.end() > size);
        Ok((segments, tail))
    }

    /// Appends what `build` makes of the end of the chain. When another was faster, `catch_up` is told what it appended,
    /// and `build` is asked again.
    ///
    /// A returned tail means: the entries are durable as far as the store is, and stand at exactly the indices from
    /// `tail.size` minus their number on. After an error an entry may still appear, and none that was acknowledged is
    /// lost.
    ///
    /// # Errors
    /// [`JournalError`], or what `build` and `catch_up` say.
    pub fn append<E: From<JournalError>>(
        &self,
        mut tail: Tail,
        build: &mut Build<'_, E>,
        catch_up: &mut CatchUp<'_, E>,
    ) -> Result<(Segment, Tail), E> {
        for attempt in 0..TRIES_MAX {
            let entries = build(&tail)?;
            let segment = Segment { number: tail.next, first: tail.size, previous: tail.last, entries };
            let bytes = segment.to_bytes();
            let sum = digest(&bytes);
            let path = self.path(segment.number);
            let put = self.store.create(&path, &bytes).map_err(|error| match error {
                unclear @ StoreError::Unclear { .. } => JournalError::Unclear(unclear),
                not_written => JournalError::Store(not_written),
            })?;
            // Read back in either case: what stands there now is what the log holds.
            let read = self.read(segment.number).map_err(|error| match error {
                JournalError::Store(unread) => JournalError::Unclear(unread),
                damaged => damaged,
            })?;
            let Some((found, found_sum)) = read else {
                return Err(self.damaged(segment.number, "it was put, and is not there").into());
            };
            if found_sum == sum {
                return Ok((segment, Tail { next: tail.next + 1, size: found.end(), last: sum }));
            }
            if put == Put::Created {
                return Err(self.damaged(segment.number, "it does not read back as it was put").into());
            }
            // All that others have appended since, or a slow writer would never see the end.
            let mut other = Some((found, found_sum));
            while let Some((found, found_sum)) = other {
                if found.first != tail.size || found.previous != tail.last {
                    return Err(self.damaged(found.number, "it does not follow from the segment before it").into());
                }
                tail = Tail { next: tail.next + 1, size: found.end(), last: found_sum };
                catch_up(&found, &tail)?;
                other = self.read(tail.next)?;
            }
            // Losers that wait alike would meet again.
            thread::sleep(WAIT_STEP * (sum.0.first().map_or(1, |byte| u32::from(*byte)) % (attempt + 2)));
        }
        Err(JournalError::Crowded.into())
    }
}
