//! One link of a shard's journal, as bytes. Pure; [`super::journal`] writes the chain.
//!
//! `journal/<k>` holds k, the index of its first entry, the SHA-256 of segment k-1, its entries one to a line, and the
//! SHA-256 of all that.
use super::entry::DigestText;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

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
        let mut bytes = self.header().into_bytes();
        bytes.push(b'\n');
        for entry in &self.entries {
            bytes.extend_from_slice(entry);
            bytes.push(b'\n');
        }
        let sum = digest(&bytes);
        bytes.extend_from_slice(format!("{sum}\n").as_bytes());
        bytes
    }

    fn header(&self) -> String {
        let Self { number, first, previous, entries } = self;
        let count = entries.len();
        format!(
            "{{\"count\":{count},\"first\":{first},\"number\":{number},\"previous\":\"{previous}\",\"v\":{VERSION}}}"
        )
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
        // The lines are its entries as they are, and the sum fits: only the head could be written otherwise.
        if u64::try_from(segment.entries.len()) != Ok(count) || segment.header().as_bytes() != header {
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
