//! Verdicts in, judgements and one decision out. Pure: the caller says what time it is.
use crate::model::{
    Attestation, CriterionId, Digest, Enforcement, Judgement, Map, Platform, ResourceId, Timestamp, Verdict, Waiver,
};
use std::collections::BTreeMap;

/// Which criteria count, how hard, with what parameters, and what persons answer for. Checked.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    pub name: String,
    /// Covers criteria, enforcement and parameters; not waivers and attestations.
    pub digest: Digest,
    /// An id that is absent is only observed.
    pub enforcement: BTreeMap<CriterionId, Enforcement>,
    /// For every criterion: thresholds within their bounds and facts of the description, merged.
    pub parameters: BTreeMap<CriterionId, Map>,
    pub waivers: Vec<Waiver>,
    pub attestations: Vec<Attestation>,
}

/// Weighs one verdict.
#[must_use]
pub fn judge(
    profile: &Profile,
    criterion: &CriterionId,
    platform: Platform,
    resource: &ResourceId,
    verdict: Verdict,
    _at: Timestamp,
) -> Judgement {
    Judgement {
        criterion: criterion.clone(),
        platform,
        resource: resource.clone(),
        verdict,
        enforcement: profile.enforcement.get(criterion).copied().unwrap_or(Enforcement::Observe),
        waiver: None,
        attestation: None,
    }
}
