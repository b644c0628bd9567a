//! trust.policy (C2SP tlog-policy): whom a verifier believes, and how many witnesses.
//!
//! The file reaches the verifier by another way than the log. It is read whole or not at all: a line that is not
//! understood could be the one that asks for more.
use super::note::{Checkpoint, Note, NoteError, VerifierKey, verify, verify_cosignature};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

mod reader;
pub use reader::{TrustError, TrustMistake};

/// A hundred times what a policy of 32 logs, 32 witnesses and 32 groups takes.
pub const TRUST_BYTES_MAX: usize = 1024 * 1024;
/// The quorum that asks for no witness.
const NONE: &str = "none";

/// A log that is believed.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Log {
    key: VerifierKey,
    url: Option<String>,
}

/// A witness, under the name that it has in this file alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    pub name: String,
    pub key: VerifierKey,
    /// Where it is asked for cosignatures: the submission prefix of C2SP tlog-witness.
    pub url: Option<String>,
}

/// Members of which `threshold` must have cosigned.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: String,
    threshold: Threshold,
    members: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Threshold {
    Any,
    All,
    Count(usize),
}

/// A trust file, read and found to be sound. Source: C2SP tlog-policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustPolicy {
    keys: Vec<VerifierKey>,
    logs: Vec<Log>,
    witnesses: Vec<Witness>,
    groups: Vec<Group>,
    quorum: String,
}

/// A checkpoint that a believed log has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trusted {
    pub checkpoint: Checkpoint,
    pub log: VerifierKey,
    /// When which witness cosigned it, by the names of the trust file; seconds since 1970.
    pub cosigned: BTreeMap<String, u64>,
    /// Whether these witnesses are enough.
    pub quorum_met: bool,
}

impl TrustPolicy {
    /// Reads a trust file.
    ///
    /// # Errors
    /// Names the line that is not understood or contradicts another one.
    pub fn parse(text: &str) -> Result<Self, TrustError> {
        reader::read(text)
    }

    /// A first draft: one log and no witness.
    #[must_use]
    pub fn draft(log: VerifierKey) -> Self {
        Self {
            keys: vec![log.clone()],
            logs: vec![Log { key: log, url: None }],
            witnesses: Vec::new(),
            groups: Vec::new(),
            quorum: NONE.to_owned(),
        }
    }

    /// The keys of the logs that are believed, in the order of the file.
    #[must_use]
    pub fn logs(&self) -> &[VerifierKey] {
        &self.keys
    }

    /// The witnesses, in the order of the file.
    #[must_use]
    pub fn witnesses(&self) -> &[Witness] {
        &self.witnesses
    }

    /// Whether the file asks for any witness at all.
    #[must_use]
    pub fn wants_witnesses(&self) -> bool {
        self.quorum != NONE
    }

    /// Whether the witnesses of these names are enough. Names that the file does not have count for nothing.
    #[must_use]
    pub fn quorum_met(&self, cosigners: &BTreeSet<String>) -> bool {
        let known = self.witnesses.iter().map(|witness| &witness.name).filter(|name| cosigners.contains(*name));
        let mut met: BTreeSet<&str> = known.map(String::as_str).collect();
        // A group knows only what is defined before it, so that one pass settles all.
        for group in &self.groups {
            let count = group.members.iter().filter(|member| met.contains(member.as_str())).count();
            if count >= group.needed() {
                met.insert(&group.name);
            }
        }
        !self.wants_witnesses() || met.contains(self.quorum.as_str())
    }

    /// Which witnesses have cosigned the note, and when, in seconds since 1970.
    ///
    /// # Errors
    /// When a witness of the file seems to have cosigned, and the signature does not fit: the note was altered.
    pub fn witness(&self, note: &Note) -> Result<BTreeMap<String, u64>, NoteError> {
        let mut cosigned = BTreeMap::new();
        for witness in &self.witnesses {
            if let Some(time) = signed(verify_cosignature(note, &witness.key))? {
                cosigned.insert(witness.name.clone(), time);
            }
        }
        Ok(cosigned)
    }

    /// Reads the checkpoint in a note if a log of the file has signed it, under its own name.
    ///
    /// # Errors
    /// When no log of the file has signed, a known signature does not fit, or the text is not a checkpoint of that log.
    /// A missing quorum is not an error: the checkpoint is the log's, and not more.
    pub fn check(&self, note: &Note) -> Result<Trusted, Distrust> {
        let mut signers = Vec::new();
        for key in &self.keys {
            signers.extend(signed(verify(note, key))?.map(|()| key));
        }
        if signers.is_empty() {
            return Err(Distrust::NoLog);
        }
        let checkpoint = Checkpoint::parse(&note.text)?;
        let Some(log) = signers.into_iter().find(|log| log.name == checkpoint.origin) else {
            return Err(Distrust::Origin(checkpoint.origin));
        };
        let cosigned = self.witness(note)?;
        let quorum_met = self.quorum_met(&cosigned.keys().cloned().collect());
        Ok(Trusted { checkpoint, log: log.clone(), cosigned, quorum_met })
    }
}

/// Why a note is not believed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    #[error(transparent)]
    Note(#[from] NoteError),
    #[error("no log of the trust file has signed the checkpoint: it is of another log, or the trust file is old")]
    NoLog,
    #[error("the checkpoint is of `{0}`, and the key that signed it of another log")]
    Origin(String),
}

impl Group {
    fn needed(&self) -> usize {
        match self.threshold {
            Threshold::Any => 1,
            Threshold::All => self.members.len(),
            Threshold::Count(count) => count,
        }
    }
}

/// The file, without its comments.
impl fmt::Display for TrustPolicy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let behind = |url: &Option<String>| url.as_ref().map(|url| format!(" {url}")).unwrap_or_default();
        for Log { key, url } in &self.logs {
            writeln!(formatter, "log {key}{}", behind(url))?;
        }
        for Witness { name, key, url } in &self.witnesses {
            writeln!(formatter, "witness {name} {key}{}", behind(url))?;
        }
        for Group { name, threshold, members } in &self.groups {
            writeln!(formatter, "group {name} {threshold} {}", members.join(" "))?;
        }
        writeln!(formatter, "quorum {}", self.quorum)
    }
}

impl fmt::Display for Threshold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => formatter.write_str("any"),
            Self::All => formatter.write_str("all"),
            Self::Count(count) => write!(formatter, "{count}"),
        }
    }
}

/// A key that has not signed is no error here: a file may name more than one note bears.
fn signed<Told>(verified: Result<Told, NoteError>) -> Result<Option<Told>, NoteError> {
    match verified {
        Ok(told) => Ok(Some(told)),
        Err(NoteError::Unsigned { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
