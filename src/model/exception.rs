//! What persons answer for, as checked: waivers and attestations (contracts, section 6).
use super::{AttestationId, CriterionId, Origin, Timestamp, WaiverId};

/// A dated, owned, approved, reasoned exception. Form and rules were checked; expired ones are still here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    pub id: WaiverId,
    pub criterion: CriterionId,
    /// Ids or globs over [`super::ResourceId::full`].
    pub resources: Vec<String>,
    /// Empty = every reason.
    pub reasons: Vec<String>,
    pub reason: String,
    pub owner: String,
    pub approver: String,
    pub granted: Timestamp,
    /// The first second at which it no longer holds (the end of the day stated, UTC).
    pub expires: Timestamp,
    pub origin: Origin,
}

/// A dated, owned statement about what no machine can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    pub id: AttestationId,
    pub criterion: CriterionId,
    pub met: bool,
    pub statement: String,
    pub owner: String,
    pub stated: Timestamp,
    /// The first second at which it no longer holds.
    pub expires: Timestamp,
    /// As written: dates as people read them.
    pub expires_shown: String,
    pub evidence: Vec<String>,
    pub origin: Origin,
}
