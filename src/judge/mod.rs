//! Verdicts in, judgements and one decision out. Pure: the caller says what time it is.
//! Start at [`judge`]; a profile comes from [`profile::check`].
mod attestation;
mod canonical;
mod exit;
pub mod profile;
mod sight;
mod waiver;
mod written;

pub use attestation::{attested, misplaced};
pub use exit::{BREACH, NOT_ESTABLISHED, Outcome, decide, outcome};
pub use sight::{exempt_namespaces, kinds_not_judged, not_looked_at, platforms_present};
pub use waiver::waivers_standing;

use crate::model::{
    Attestation, CriterionId, Digest, Enforcement, Judgement, Map, Platform, ResourceId, Timestamp, Verdict, Waiver,
};
use std::collections::BTreeMap;

/// Which criteria count, how hard, with what parameters, and what persons answer for. Checked.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub name: String,
    /// Covers criteria, enforcement and thresholds; not facts (they are the environment's), waivers and attestations.
    pub digest: Digest,
    /// In a scan and an audit. An id that is absent is only observed.
    pub enforcement: BTreeMap<CriterionId, Enforcement>,
    /// For a change to a cluster. An id that is absent is only observed.
    pub admission: BTreeMap<CriterionId, Enforcement>,
    /// For every criterion: thresholds within their bounds and facts of the description, merged.
    pub parameters: BTreeMap<CriterionId, Map>,
    pub waivers: Vec<Waiver>,
    pub attestations: Vec<Attestation>,
}

/// Weighs one verdict: the profile says how much it counts, a waiver is laid over it, and the verdict stays as it is.
#[must_use]
pub fn judge(
    profile: &Profile,
    criterion: &CriterionId,
    platform: Platform,
    resource: &ResourceId,
    verdict: Verdict,
    at: Timestamp,
) -> Judgement {
    let waiver = waiver::covering(profile, criterion, resource, &verdict, at);
    Judgement {
        criterion: criterion.clone(),
        platform,
        resource: resource.clone(),
        verdict,
        enforcement: profile.enforcement.get(criterion).copied().unwrap_or(Enforcement::Observe),
        waiver,
        attestation: None,
    }
}

#[cfg(test)]
mod tests;
