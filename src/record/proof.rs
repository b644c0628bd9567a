//! C2SP tlog-proof: one entry with all that shows it is in the log.
//!
//! The proof carries the index, the hashes beside the entry's path and the signed checkpoint, and not the entry itself.
//! It is checked without the log: with the entry and a trust file.
use super::{
    merkle::{Hash, leaf_hash, verify_inclusion},
    note::{Checkpoint, NOTE_BYTES_MAX, Note, NoteError, decimal, hash},
    trust::{Distrust, TrustPolicy, Trusted},
};
use base64::{Engine, prelude::BASE64_STANDARD};

/// The first line of a proof. Source: C2SP tlog-proof.
const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// A path from the leaf of a tree of 2^64 entries has as many steps.
const HASHES_MAX: usize = 64;
/// Room for extra data of half a megabyte beside the largest note.
const PROOF_BYTES_MAX: usize = 2 * NOTE_BYTES_MAX;

/// Shows that one entry stands in a log. Nothing in it is to be believed before [`Proof::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What the maker of the proof adds. No signature covers it.
    pub extra: Option<Vec<u8>>,
    pub index: u64,
    /// From the neighbour of the leaf up to the child of the root.
    pub hashes: Vec<Hash>,
    /// The checkpoint with its signatures.
    pub checkpoint: Note,
}

/// Why a proof cannot be read or does not hold.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("the proof has {0} bytes, {PROOF_BYTES_MAX} at most")]
    Large(usize),
    #[error("the proof is not UTF-8")]
    Characters,
    #[error("the proof has no empty line before its checkpoint: it was cut")]
    Form,
    #[error("line {line} of the proof is not {needed}")]
    Line { line: usize, needed: &'static str },
    #[error("the proof has more than {HASHES_MAX} hashes")]
    Hashes,
    #[error("the checkpoint in the proof cannot be read")]
    Note(#[source] NoteError),
    #[error("the checkpoint in the proof is not believed")]
    Distrust(#[source] Distrust),
    #[error(
        "the proof does not lead from the entry at index {index} to the root of {size} entries: it is of another entry, or was altered"
    )]
    NotIncluded { index: u64, size: u64 },
}

impl Proof {
    /// Writes the proof, as a file `.tlog-proof` holds it.
    #[must_use]
    pub fn encode(&self) -> String {
        let extra = self.extra.as_ref().map(|extra| format!("extra {}\n", BASE64_STANDARD.encode(extra)));
        let hashes: String = self.hashes.iter().map(|hash| BASE64_STANDARD.encode(hash) + "\n").collect();
        let extra = extra.unwrap_or_default();
        format!("{HEADER}\n{extra}index {}\n{hashes}\n{}", self.index, self.checkpoint.encode())
    }

    /// Reads a proof. What is read is written the same by [`Proof::encode`].
    ///
    /// # Errors
    /// Names the line that has another form.
    pub fn decode(proof: impl AsRef<[u8]>) -> Result<Self, ProofError> {
        let bytes = proof.as_ref();
        if bytes.len() > PROOF_BYTES_MAX {
            return Err(ProofError::Large(bytes.len()));
        }
        let text = str::from_utf8(bytes).map_err(|_| ProofError::Characters)?;
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ProofError::Form)?;
        let wrong = |line, needed| move || ProofError::Line { line, needed };
        let mut lines = (1..).zip(head.split('\n')).peekable();
        lines.next_if(|(_, line)| *line == HEADER).ok_or_else(wrong(1, "`c2sp.org/tlog-proof@v1`"))?;
        let extra = match lines.next_if(|(_, line)| line.starts_with("extra ")) {
            None => None,
            Some((line, extra)) => {
                let decoded = extra.strip_prefix("extra ").and_then(|extra| BASE64_STANDARD.decode(extra).ok());
                Some(decoded.ok_or_else(wrong(line, "`extra <base64>`"))?)
            }
        };
        let (line, index) = lines.next().unwrap_or((if extra.is_some() { 3 } else { 2 }, ""));
        let index = index.strip_prefix("index ").and_then(decimal);
        let index = index.ok_or_else(wrong(line, "`index <digits>`, without zeroes before them"))?;
        let mut hashes = Vec::new();
        for (line, text) in lines {
            if hashes.len() == HASHES_MAX {
                return Err(ProofError::Hashes);
            }
            hashes.push(hash(text).ok_or_else(wrong(line, "a hash: 32 bytes in base64"))?);
        }
        let checkpoint = Note::parse(checkpoint).map_err(ProofError::Note)?;
        Ok(Self { extra, index, hashes, checkpoint })
    }

    /// The checkpoint under whose root the entry stands. Who signed the checkpoint is not asked: see [`Proof::verify`].
    ///
    /// # Errors
    /// When the checkpoint cannot be read, or the hashes do not lead from the entry to its root.
    pub fn includes(&self, entry: &[u8]) -> Result<Checkpoint, ProofError> {
        let checkpoint = Checkpoint::parse(&self.checkpoint.text).map_err(ProofError::Note)?;
        let (index, size) = (self.index, checkpoint.size);
        match verify_inclusion(index, size, &leaf_hash(entry), &self.hashes, &checkpoint.root) {
            true => Ok(checkpoint),
            false => Err(ProofError::NotIncluded { index, size }),
        }
    }

    /// Whether a log of the trust file has this entry at this index, and which witnesses saw it. Whether they are
    /// enough is [`Trusted::quorum_met`].
    ///
    /// # Errors
    /// When the checkpoint is not believed, or the hashes do not lead from the entry to its root.
    pub fn verify(&self, entry: &[u8], trust: &TrustPolicy) -> Result<Trusted, ProofError> {
        let trusted = trust.check(&self.checkpoint).map_err(ProofError::Distrust)?;
        self.includes(entry)?;
        Ok(trusted)
    }
}

#[cfg(test)]
mod tests;
