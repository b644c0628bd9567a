//! That a row stands in a set, or does not, for a reader who has the root and not the set.
use super::{Line, Sorted, prefix};
use crate::record::{
    canonical::{self, CanonicalError, from_hexadecimal, hexadecimal},
    merkle::{Hash, empty_root, leaf_hash, verify_inclusion},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Two rows with 64 hashes each are far smaller.
const PROOF_BYTES_MAX: usize = 512 * 1024;

const VERSION: u8 = 1;

/// A row, its place and the hashes beside its path to the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    pub index: u64,
    /// The encoded row.
    pub line: Vec<u8>,
    pub path: Vec<Hash>,
}

/// Presence or absence of a key in a set of so many rows, and what shows it.
///
/// Absence relies on the order of the rows, which a root does not enforce: who has the blob checks the order there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProof {
    /// Criterion, platform, kind and resource; of a population kind and resource.
    pub key: Vec<String>,
    pub size: u64,
    pub shown: Shown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    Present(Placed),
    Absent(Absence),
}

/// The neighbours between which the row would stand: none before the first, none after the last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absence {
    pub before: Option<Placed>,
    pub after: Option<Placed>,
}

/// Why a proof shows nothing.
#[derive(Debug, thiserror::Error)]
pub enum RowProofError {
    #[error("the proof is for a set of {size} rows, and this one has {expected}")]
    Size { size: u64, expected: u64 },
    #[error("a proof is for a key of four texts (results) or of two (population)")]
    Key,
    #[error("the row {which} is not a row in canonical form, or has another number of members than its set")]
    Form { which: &'static str },
    #[error("the row {which} has another key than it must")]
    Order { which: &'static str },
    #[error("the row {which} does not stand at index {index} under the root")]
    Inclusion { which: &'static str, index: u64 },
    #[error("the rows shown are not neighbours, or not at the end of the set where one is missing")]
    Neighbours,
    #[error("the proof cannot be read")]
    Read(#[source] CanonicalError),
    #[error("the proof cannot be read")]
    Fields(#[source] serde_json::Error),
    #[error("a row proof of version {version}, which this program does not read")]
    Version { version: u64 },
}

/// Shows that a key stands in a set, or that it does not. `key` is that of [`Line::encoded_key`], by its members.
#[must_use]
pub fn prove<L: Line>(rows: &Sorted<L>, key: &[&str]) -> RowProof {
    let placed = |index: usize| {
        let (line, path) = rows.shown(index)?;
        Some(Placed { index: index as u64, line, path })
    };
    let place = rows.place(&prefix(&canonical::texts(key.iter().copied())));
    let absent = |at: usize| Shown::Absent(Absence { before: at.checked_sub(1).and_then(placed), after: placed(at) });
    let shown = match place {
        Ok(index) => placed(index).map_or_else(|| absent(index), Shown::Present),
        Err(at) => absent(at),
    };
    RowProof { key: key.iter().map(|member| (*member).to_owned()).collect(), size: rows.size(), shown }
}

impl RowProof {
    /// Whether the key stands in the set with this root and size. `true` = present.
    ///
    /// # Errors
    /// [`RowProofError`] where the proof shows neither.
    pub fn verify(&self, root: &Hash, size: u64) -> Result<bool, RowProofError> {
        if self.size != size {
            return Err(RowProofError::Size { size: self.size, expected: size });
        }
        let members = match self.key.len() {
            4 => 13,
            2 => 4,
            _ => return Err(RowProofError::Key),
        };
        let holds = |placed: &Placed, which: &'static str| {
            let row: Vec<String> = serde_json::from_slice(&placed.line).map_err(|_| RowProofError::Form { which })?;
            if row.len() != members || canonical::texts(row.iter().map(String::as_str)) != placed.line {
                return Err(RowProofError::Form { which });
            }
            let leaf = leaf_hash(&placed.line);
            if verify_inclusion(placed.index, size, &leaf, &placed.path, root) {
                Ok(())
            } else {
                Err(RowProofError::Inclusion { which, index: placed.index })
            }
        };
        let prefix = prefix(&canonical::texts(self.key.iter().map(String::as_str)));
        match &self.shown {
            Shown::Present(placed) => {
                holds(placed, "shown")?;
                if placed.line.starts_with(&prefix) { Ok(true) } else { Err(RowProofError::Order { which: "shown" }) }
            }
            Shown::Absent(Absence { before, after }) => {
                if let Some(placed) = before {
                    holds(placed, "before")?;
                    // What begins with the prefix is greater than it.
                    if placed.line >= prefix {
                        return Err(RowProofError::Order { which: "before" });
                    }
                }
                if let Some(placed) = after {
                    holds(placed, "after")?;
                    if placed.line <= prefix || placed.line.starts_with(&prefix) {
                        return Err(RowProofError::Order { which: "after" });
                    }
                }
                let are_neighbours = match (before, after) {
                    (None, None) => size == 0 && *root == empty_root(),
                    (None, Some(after)) => after.index == 0,
                    (Some(before), None) => before.index.checked_add(1) == Some(size),
                    (Some(before), Some(after)) => before.index.checked_add(1) == Some(after.index),
                };
                if are_neighbours { Ok(false) } else { Err(RowProofError::Neighbours) }
            }
        }
    }

    /// Canonical JSON for a file.
    ///
    /// # Errors
    /// [`RowProofError`] where a row is none.
    pub fn to_json(&self) -> Result<Vec<u8>, RowProofError> {
        let written = |placed: &Placed, which| -> Result<PlacedV1, RowProofError> {
            Ok(PlacedV1 {
                index: placed.index,
                row: serde_json::from_slice(&placed.line).map_err(|_| RowProofError::Form { which })?,
                path: placed.path.iter().map(|hash| hexadecimal(hash)).collect(),
            })
        };
        let side = |side: &Option<Placed>, which| side.as_ref().map(|placed| written(placed, which)).transpose();
        let (present, absent) = match &self.shown {
            Shown::Present(placed) => (Some(written(placed, "shown")?), None),
            Shown::Absent(Absence { before, after }) => {
                (None, Some(AbsenceV1 { before: side(before, "before")?, after: side(after, "after")? }))
            }
        };
        let proof =
            ProofV1 { v: VERSION, r#type: TYPE.to_owned(), key: self.key.clone(), size: self.size, present, absent };
        let value = serde_json::to_value(proof).map_err(RowProofError::Fields)?;
        canonical::jcs(&value).map_err(RowProofError::Read)
    }

    /// Reads what [`RowProof::to_json`] wrote. It shows nothing before [`RowProof::verify`].
    ///
    /// # Errors
    /// [`RowProofError::Read`], [`RowProofError::Fields`] for another form; [`RowProofError::Version`] for a newer one.
    pub fn from_json(bytes: &[u8]) -> Result<Self, RowProofError> {
        let value = canonical::from_jcs(bytes, PROOF_BYTES_MAX).map_err(RowProofError::Read)?;
        if let Some(version) = value.get("v").and_then(Value::as_u64).filter(|version| *version != u64::from(VERSION)) {
            return Err(RowProofError::Version { version });
        }
        let proof: ProofV1 = serde_json::from_value(value).map_err(RowProofError::Fields)?;
        let wrong = |what| RowProofError::Fields(serde::de::Error::custom(what));
        let read = |placed: PlacedV1| {
            let path: Option<Vec<Hash>> = placed.path.iter().map(|hash| from_hexadecimal(hash)).collect();
            Ok(Placed {
                index: placed.index,
                line: canonical::texts(placed.row.iter().map(String::as_str)),
                path: path.ok_or_else(|| wrong("a hash of the path is not 64 hexadecimal digits"))?,
            })
        };
        let shown = match (proof.present, proof.absent) {
            (Some(placed), None) => Shown::Present(read(placed)?),
            (None, Some(AbsenceV1 { before, after })) => {
                Shown::Absent(Absence { before: before.map(read).transpose()?, after: after.map(read).transpose()? })
            }
            _ => return Err(wrong("either `present` or `absent`")),
        };
        if proof.r#type != TYPE {
            return Err(wrong("the type is not `row_proof`"));
        }
        Ok(Self { key: proof.key, size: proof.size, shown })
    }
}

const TYPE: &str = "row_proof";

/// A proof in a file, version 1. Hashes are 64 hexadecimal digits.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProofV1 {
    v: u8,
    r#type: String,
    key: Vec<String>,
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    present: Option<PlacedV1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    absent: Option<AbsenceV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PlacedV1 {
    index: u64,
    row: Vec<String>,
    path: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AbsenceV1 {
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<PlacedV1>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<PlacedV1>,
}
