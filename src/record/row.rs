//! Rows of a result set, their tree, and proofs that a row stands in it or does not.
//!
//! A row is one criterion's verdict on one resource. Start at [`ResultSet::following`] for what a run found, at
//! [`Population`] for what it looked at, and at [`prove`] for what can be shown of either without the whole.
use super::{
    canonical::{self, from_hexadecimal, hexadecimal},
    redact::{BlobKey, commitment, pseudonymous, salt},
};
use crate::model::{Effect, ResourceId, Severity, VerdictName};

mod entry;
mod finding;
mod population;
mod proof;
mod set;
mod sorted;

pub use entry::{counts, pseudonym};
pub use finding::{FINDING_BYTES_MAX, FindingLine};
pub use population::{Population, PopulationRow};
pub use proof::{Absence, Placed, RowProof, RowProofError, Shown, prove};
pub use set::{Counts, ResultSet, SetError, Sources};
pub use sorted::{Line, NotSorted, Sorted};

/// Longer parts of a resource's name stand as their commitment: a row must have an end.
pub const PART_BYTES_MAX: usize = 512;

/// The first four members of a row: unique in its set.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    pub criterion: String,
    /// The criterion's block that was judged; `speguard` for statements of persons.
    pub platform: String,
    pub kind: String,
    /// [`resource_key`].
    pub resource: String,
}

/// One criterion's verdict on one resource. Absent values are `""` on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub key: RowKey,
    pub outcome: VerdictName,
    /// The rule could not be run to the end: `error` on the wire, and only beside undetermined.
    pub is_error: bool,
    pub effect: Option<Effect>,
    /// The waiver laid over it, as [`Sources::waivers`] names it.
    pub waiver: String,
    /// `low` to `critical`; empty where the bundle does not know the criterion.
    pub severity: String,
    /// `sha256:…` of the rule; empty for statements.
    pub rule_digest: String,
    /// Commitment to the digest of what was judged.
    pub input_c: String,
    /// Commitment to the lines of its findings; empty without findings.
    pub findings_c: String,
    pub salt: [u8; 16],
}

/// Why a line is no row.
#[derive(Debug, thiserror::Error)]
pub enum RowError {
    #[error("a row is an array of {members} texts in canonical form")]
    Form { members: usize },
    #[error("`{value}` is no {member} of a row")]
    Member { member: &'static str, value: String },
    #[error("a row says `{verdict}` and does not fit it: {what}")]
    Contradiction { verdict: &'static str, what: &'static str },
    #[error("a row's salt is not that of its key")]
    Salt,
}

/// The key of a resource over all runs: platform, root, kind, namespace and name, joined by `|`, and an ordinal from
/// the second on where several are equal. `%` and `|` inside a part are written `%25` and `%7C`.
///
/// What no entry may hold (an address, a number of a person) stands as its commitment under `pepper`, which links it
/// from run to run; so does a part of more than [`PART_BYTES_MAX`].
#[must_use]
pub fn resource_key(id: &ResourceId, ordinal: usize, pepper: &[u8; 32]) -> String {
    let ResourceId { platform, root, kind, namespace, name } = id;
    let mut key = platform.name().to_owned();
    for part in [root, kind, namespace, name] {
        key.push('|');
        key.push_str(&named(part, pepper).replace('%', "%25").replace('|', "%7C"));
    }
    if ordinal > 1 {
        key.push_str(&format!("|{ordinal}"));
    }
    key
}

/// One part of a name, fit to be kept.
fn named(part: &str, pepper: &[u8; 32]) -> String {
    if part.len() > PART_BYTES_MAX {
        return commitment(pepper, part.as_bytes());
    }
    pseudonymous(pepper, part).into_owned()
}

impl RowKey {
    /// The canonical array of the four members: what the salt is made from.
    #[must_use]
    pub fn encoded(&self) -> Vec<u8> {
        canonical::texts(self.members())
    }

    const fn members(&self) -> [&str; 4] {
        [self.criterion.as_str(), self.platform.as_str(), self.kind.as_str(), self.resource.as_str()]
    }
}

/// What every line with a certain key begins with, and no other: the key's array, open at its end.
#[must_use]
pub fn prefix(encoded_key: &[u8]) -> Vec<u8> {
    let mut prefix = encoded_key.strip_suffix(b"]").unwrap_or(encoded_key).to_vec();
    prefix.push(b',');
    prefix
}

/// What [`Row::is_error`] is called.
const ERROR: &str = "error";

const MEMBERS: usize = 13;

impl Row {
    /// Reads what [`Line::encoded`] wrote, and nothing else. The salt is not held against a key.
    ///
    /// # Errors
    /// [`RowError`] for another form, an unknown name, or members that contradict each other.
    pub fn decode(line: &[u8]) -> Result<Self, RowError> {
        let members: [String; MEMBERS] = texts(line)?;
        let [
            criterion,
            platform,
            kind,
            resource,
            verdict,
            cause,
            effect,
            waiver,
            severity,
            rule,
            input,
            findings,
            salt,
        ] = members;
        let wrong = |member: &'static str, value: &str| RowError::Member { member, value: value.to_owned() };
        let row = Self {
            key: RowKey { criterion, platform, kind, resource },
            outcome: VerdictName::read(&verdict).ok_or_else(|| wrong("verdict", &verdict))?,
            is_error: match cause.as_str() {
                "" => false,
                ERROR => true,
                _ => return Err(wrong("cause", &cause)),
            },
            effect: match effect.as_str() {
                "" => None,
                name => Some(Effect::read(name).ok_or_else(|| wrong("effect", name))?),
            },
            waiver,
            severity: match severity.as_str() {
                "" => severity,
                name if Severity::ALL.iter().any(|known| known.name() == name) => severity,
                name => return Err(wrong("severity", name)),
            },
            rule_digest: hashed("rule digest", "sha256:", rule)?,
            input_c: hashed("commitment to the input", "hmac:", input)?,
            findings_c: hashed("commitment to the findings", "hmac:", findings)?,
            salt: from_hexadecimal(&salt).ok_or_else(|| wrong("salt", &salt))?,
        };
        row.fits()?;
        Ok(row)
    }

    /// Whether the salt is that of the row's key under a blob's key.
    ///
    /// # Errors
    /// [`RowError::Salt`]
    pub fn check_salt(&self, key: &BlobKey) -> Result<(), RowError> {
        if self.salt == salt(key, &self.key.encoded()) { Ok(()) } else { Err(RowError::Salt) }
    }

    fn fits(&self) -> Result<(), RowError> {
        let contradiction = |what| Err(RowError::Contradiction { verdict: self.outcome.name(), what });
        if self.outcome.falls_short() != self.effect.is_some() {
            return contradiction("what falls short has an effect, and nothing else has");
        }
        if self.waiver.is_empty() == (self.effect == Some(Effect::Waived)) {
            return contradiction("a waiver stands where the effect is waived, and nowhere else");
        }
        if self.is_error && self.outcome != VerdictName::Undetermined {
            return contradiction("an error leaves a verdict undetermined");
        }
        if !self.findings_c.is_empty() && !self.outcome.falls_short() {
            return contradiction("findings stand beside what falls short");
        }
        Ok(())
    }
}

impl Line for Row {
    fn encoded(&self) -> Vec<u8> {
        let salt = hexadecimal(&self.salt);
        let rest = [
            self.outcome.name(),
            if self.is_error { ERROR } else { "" },
            self.effect.map_or("", Effect::name),
            &self.waiver,
            &self.severity,
            &self.rule_digest,
            &self.input_c,
            &self.findings_c,
            &salt,
        ];
        canonical::texts(self.key.members().into_iter().chain(rest))
    }

    fn encoded_key(&self) -> Vec<u8> {
        self.key.encoded()
    }
}

/// A canonical array of so many texts.
fn texts<const N: usize>(line: &[u8]) -> Result<[String; N], RowError> {
    let members: Vec<String> = serde_json::from_slice(line).map_err(|_| RowError::Form { members: N })?;
    if canonical::texts(members.iter().map(String::as_str)) != line {
        return Err(RowError::Form { members: N });
    }
    members.try_into().map_err(|_| RowError::Form { members: N })
}

/// Empty, or a known beginning and 64 hexadecimal digits.
fn hashed(member: &'static str, beginning: &str, value: String) -> Result<String, RowError> {
    let is_hash = |value: &str| value.strip_prefix(beginning).and_then(from_hexadecimal::<32>).is_some();
    if value.is_empty() || is_hash(&value) { Ok(value) } else { Err(RowError::Member { member, value }) }
}

#[cfg(test)]
pub(super) mod tests;
