//! What nobody looked at: shown and counted, so that silence is not taken for a pass.
use super::attestation::is_stated;
use crate::model::{Criterion, Description, ENVIRONMENT_KIND, Environment, NotLookedAt, Platform, Text, Verification};
use std::collections::BTreeSet;

/// The platforms that are there: something of them was read, or the description names them.
#[must_use]
pub fn platforms_present(environment: &Environment) -> BTreeSet<Platform> {
    let description = &environment.description;
    let mut present = environment.platforms();
    present.extend(description.complete.iter().filter_map(|name| Platform::from_name(name)));
    present.extend(description.log_stores.iter().filter_map(|store| Platform::from_name(&store.platform)));
    if !description.clusters.is_empty() {
        present.insert(Platform::Kubernetes);
    }
    present
}

/// Criteria that nothing was asked of, in order (contracts, section 6): one entry per platform that is present and
/// has a block without a rule; one for a criterion that a machine should decide and no platform has; and, without a
/// description, one for each that a person answers.
#[must_use]
pub fn not_looked_at(
    criteria: &[Criterion],
    present: &BTreeSet<Platform>,
    description: &Description,
) -> Vec<NotLookedAt> {
    let mut found = BTreeSet::new();
    for criterion in criteria {
        let mut add = |platform| found.insert(NotLookedAt { criterion: criterion.id.clone(), platform });
        for (platform, block) in &criterion.platforms {
            if block.rule.is_none() && present.contains(platform) {
                add(Some(*platform));
            }
        }
        if criterion.platforms.is_empty() && criterion.verification != Verification::Attestation {
            add(None);
        }
        if is_stated(criterion.verification) && !description.stated {
            add(Some(Platform::Speguard));
        }
    }
    found.into_iter().collect()
}

/// Kinds that were read and that no rule asks about, in order. A kind that a rule sees beside its subject was used,
/// and is not listed.
#[must_use]
pub fn kinds_not_judged(criteria: &[Criterion], environment: &Environment) -> Vec<Text> {
    let mut known: BTreeSet<(Platform, &Text)> = BTreeSet::new();
    for criterion in criteria {
        for (platform, block) in criterion.platforms.iter().filter(|(_, block)| block.rule.is_some()) {
            known.extend(block.subjects.iter().chain(&block.joins).map(|kind| (*platform, kind)));
        }
    }
    let read: BTreeSet<(Platform, &Text)> = environment
        .resources
        .keys()
        .filter(|id| id.kind.as_ref() != ENVIRONMENT_KIND)
        .map(|id| (id.platform, &id.kind))
        .collect();
    let kinds: BTreeSet<Text> = read.difference(&known).map(|(_, kind)| (*kind).clone()).collect();
    kinds.into_iter().collect()
}

/// Namespaces with resources in them that project criteria leave out, in order.
#[must_use]
pub fn exempt_namespaces(environment: &Environment) -> Vec<Text> {
    let exempt = &environment.description.exempt_namespaces;
    let of = |platform| platform == Platform::Kubernetes;
    let named = environment.resources.keys().filter(|id| of(id.platform)).map(|id| match id.kind.as_ref() {
        "Namespace" => &id.name,
        _ => &id.namespace,
    });
    let found: BTreeSet<Text> = named.filter(|name| exempt.contains(*name)).cloned().collect();
    found.into_iter().collect()
}
