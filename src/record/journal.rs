//! The journal of a shard: one create-only chain of segments that orders all writers.
//!
//! `journal/<k>` holds k, the index of its first entry, the SHA-256 of segment k-1, its entries one to a line, and the
//! SHA-256 of all that. Whoever creates segment k has appended; whoever finds it taken reads it, builds on it, and tries
//! k+1. Nothing but that create is needed for an entry to be in the log.
use super::{
    entry::DigestText,
    store::{Put, Store, StoreError},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::{thread, time::Duration};

/// How often a writer builds anew on what another has appended; sixteen writers at once lose fifteen times at most when
/// luck is even, and this is twice that.
pub const TRIES_MAX: u32 = 32;

/// Entries of one segment that is not a whole run (docs/evidence.md): one answer of the disk for all of them.
pub const SEGMENT_ENTRIES_MAX: usize = 256;

/// The wait after a lost race is a random multiple of this, which may grow with every try.
const WAIT_STEP: Duration = Duration::from_micros(700);

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub number: u64,
    /// The index of the first entry.
    pub first: u64,
    /// SHA-256 of the segment before; of nothing for the first.
    pub previous: DigestText,
    pub entries: Vec<Vec<u8>>,
}

/// Why a journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("`{path}` is damaged: {cause}; nothing is appended to this log until it is restored")]
    Damaged { path: String, cause: String },
    #[error("other writers were faster {TRIES_MAX} times in a row: try again")]
    Crowded,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    count: u64,
    first: u64,
    number: u64,
    previous: DigestText,
    v: u64,
}

const VERSION: u64 = 1;

/// SHA-256 of bytes.
#[must_use]
pub fn digest(bytes: &[u8]) -> DigestText {
    DigestText(Sha256::digest(bytes).into())
}

impl Segment {
    /// The bytes as stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { number, first, previous, entries } = self;
        let count = entries.len();
        let mut bytes = format!(
            "{{\"count\":{count},\"first\":{first},\"number\":{number},\"previous\":\"{previous}\",\"v\":{VERSION}}}\n"
        )
        .into_bytes();
        for entry in entries {
            bytes.extend_from_slice(entry);
            bytes.push(b'\n');
        }
        let sum = digest(&bytes);
        bytes.extend_from_slice(format!("{sum}\n").as_bytes());
        bytes
    }

    /// Reads what was stored.
    ///
    /// # Errors
    /// What does not fit, in words.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, String> {
        let body = bytes.strip_suffix(b"\n").ok_or("its last line does not end")?;
        let split = body.iter().rposition(|byte| *byte == b'\n').ok_or("it holds no sum")? + 1;
        let (content, sum) = body.split_at(split);
        if sum != digest(content).to_string().as_bytes() {
            return Err("its sum does not fit its content".to_owned());
        }
        let mut lines = content.strip_suffix(b"\n").unwrap_or(content).split(|byte| *byte == b'\n');
        let header = lines.next().unwrap_or_default();
        let Header { count, first, number, previous, v } =
            serde_json::from_slice(header).map_err(|error| format!("its head cannot be read: {error}"))?;
        let segment = Self { number, first, previous, entries: lines.map(<[u8]>::to_vec).collect() };
        if v != VERSION {
            return Err(format!("it is of version {v}, and this program reads version {VERSION}"));
        }
        if u64::try_from(segment.entries.len()) != Ok(count) || segment.to_bytes() != bytes {
            return Err("its head does not fit its entries".to_owned());
        }
        Ok(segment)
    }

    /// The index after the last entry.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first.saturating_add(u64::try_from(self.entries.len()).unwrap_or(u64::MAX))
    }
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
        let names = self.store.list(&format!("{}/journal", self.prefix))?;
        let Some(last) = names.last() else {
            if size > 0 {
                return Err(self.damaged(0, "the journal is missing, and a checkpoint covers entries of it"));
            }
            return Ok((Vec::new(), Tail::default()));
        };
        let number = last.rsplit('/').next().and_then(|name| name.parse::<u64>().ok());
        let Some(mut number) = number else {
            return Err(JournalError::Damaged { path: last.clone(), cause: "its name is no number".to_owned() });
        };
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
        catch_up: &mut dyn FnMut(&Segment) -> Result<(), E>,
    ) -> Result<(Segment, Tail), E> {
        for attempt in 0..TRIES_MAX {
            let entries = build(&tail)?;
            let segment = Segment { number: tail.next, first: tail.size, previous: tail.last, entries };
            let bytes = segment.to_bytes();
            let sum = digest(&bytes);
            let path = self.path(segment.number);
            let put = self.store.create(&path, &bytes).map_err(JournalError::from)?;
            // Read back in either case: what stands there now is what the log holds.
            let Some((found, found_sum)) = self.read(segment.number)? else {
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
                catch_up(&found)?;
                tail = Tail { next: tail.next + 1, size: found.end(), last: found_sum };
                other = self.read(tail.next)?;
            }
            // Losers that wait alike would meet again.
            thread::sleep(WAIT_STEP * (sum.0.first().map_or(1, |byte| u32::from(*byte)) % (attempt + 2)));
        }
        Err(JournalError::Crowded.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_reads_back_and_no_flipped_byte_does() {
        let segment = Segment {
            number: 3,
            first: 7,
            previous: digest(b"x"),
            entries: vec![b"{\"a\":1}".to_vec(), b"{}".to_vec()],
        };
        let bytes = segment.to_bytes();
        assert_eq!(Segment::from_bytes(&bytes), Ok(segment));
        for place in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[place] ^= 1;
            assert!(Segment::from_bytes(&flipped).is_err(), "byte {place}");
        }
        assert!(Segment::from_bytes(b"").is_err());
    }
}
