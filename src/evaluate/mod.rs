//! Criteria against resources. Knows Rego; knows nothing of files, clusters or time.
use crate::model::{Criterion, CriterionId, Digest, Environment, Map, Platform, Reach, Resource, ResourceId, Verdict};
use std::collections::BTreeMap;

/// Every criterion, loaded and compiled, in order of id.
#[derive(Debug, Default)]
pub struct Bundle {
    pub digest: Digest,
    pub criteria: Vec<Criterion>,
}

/// What one rule said about one resource.
#[derive(Clone, Debug)]
pub struct Evaluation {
    pub criterion: CriterionId,
    pub platform: Platform,
    pub resource: ResourceId,
    pub verdict: Verdict,
}

/// What all subjects are judged in the light of.
#[derive(Clone, Copy, Debug)]
pub struct Light<'a> {
    pub environment: &'a Environment,
    pub reach: &'a Reach,
    /// Thresholds and facts by criterion, merged: `input.parameters`.
    pub parameters: &'a BTreeMap<CriterionId, Map>,
}

/// Runs every criterion that asks about a subject's kind, on all cores; in order of criterion and resource.
#[must_use]
pub fn evaluate(_bundle: &Bundle, _light: &Light<'_>, _subjects: &[&Resource]) -> Vec<Evaluation> {
    Vec::new()
}
