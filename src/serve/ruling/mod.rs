//! One request, one ruling: which of its shortcomings deny it, which only warn, and which it cannot be blamed for.
//!
//! What is judged for whom is decided by the operation, never by the rules: those see a resource and its environment, as
//! in a scan.
mod change;
mod openings;
mod turn;

pub(super) use openings::{TOPICS, add, is_victim};
pub use turn::rule_in_turn;

use super::{
    inventory::{Extent, Inventory, Snapshot},
    review::{Operation, Request},
};
use crate::{
    evaluate::{Bundle, Known, Light, evaluate},
    judge::{Profile, judge},
    model::{
        AtAdmission, Criterion, CriterionId, Enforcement, Environment, Finding, Judgement, Platform, Problem, Reach,
        Resource, ResourceId, Scope, Text, Timestamp, Verdict,
    },
    normalise, reach,
};
use std::collections::BTreeSet;

/// By what requests are ruled.
pub struct Law<'a> {
    /// Only rules whose criteria the profile weighs at admission.
    pub bundle: &'a Bundle,
    /// Its `enforcement` is that of admission.
    pub profile: &'a Profile,
    /// Namespaces where nothing is denied yet.
    pub warn_only: &'a BTreeSet<Text>,
}

/// A criterion that a change falls short of.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortfall {
    pub criterion: CriterionId,
    pub resource: ResourceId,
    pub findings: Vec<Finding>,
}

/// What a request comes to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ruling {
    pub denied: Vec<Shortfall>,
    pub warned: Vec<Shortfall>,
    /// Criteria that would have denied, and that a waiver covers.
    pub waived: Vec<CriterionId>,
    /// Criteria that it counts for, and that nothing is held against it by.
    pub observed: Vec<CriterionId>,
    /// Why it could not be judged, where that denies it.
    pub fault: Option<String>,
    /// The object, where there is one to name.
    pub subject: Option<ResourceId>,
    /// What must always be possible, whether it can be recorded or not.
    pub is_free: bool,
    /// Changes that were admitted moments ago and are not seen yet, where it is denied only together with them.
    pub beside: Vec<ResourceId>,
}

/// A request that cannot be judged at all.
#[derive(Debug, thiserror::Error)]
pub enum RulingError {
    #[error("the object cannot be read: {0}")]
    Unreadable(String),
    #[error("the request has no object")]
    Nothing,
    #[error("the cluster's own description cannot be used any more: {0}")]
    Description(#[from] normalise::NormaliseError),
}

impl Ruling {
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.denied.is_empty() && self.fault.is_none()
    }

    /// Nothing is held against a request.
    fn allowed(subject: ResourceId) -> Self {
        Self { subject: Some(subject), ..Self::default() }
    }
}

/// Rules on a request.
///
/// # Errors
/// [`RulingError`]: there is nothing that could be judged.
pub fn rule(law: &Law<'_>, inventory: &Inventory, request: &Request, at: Timestamp) -> Result<Ruling, RulingError> {
    if request.operation == Operation::Connect {
        return Ok(connection(law, request));
    }
    let (new, old) = objects(request)?;
    let named = new.as_ref().or(old.as_ref()).ok_or(RulingError::Nothing)?.id.clone();
    if change::is_never_denied(request, new.as_ref(), old.as_ref()) {
        return Ok(Ruling { is_free: true, ..Ruling::allowed(named) });
    }
    let snapshot = inventory.snapshot(Extent::Context)?;
    if is_exempt(&snapshot, &named) {
        return Ok(Ruling::allowed(named));
    }
    let mut ruling = Ruling::allowed(named);
    let scoped = |one: Resource| Resource { scope: normalise::scope(&snapshot.environment, &one.id), ..one };
    let (new, old) = (new.map(scoped), old.map(scoped));
    if let Some(new) = &new {
        own(law, inventory, &snapshot, (new, old.as_ref()), at, &mut ruling)?;
    }
    openings::weigh(law, inventory, (new.as_ref(), old.as_ref()), at, &mut ruling)?;
    if new.as_ref().is_some_and(change::is_mirror_pod) {
        // It runs anyway: the node's own files started it.
        ruling.warned.append(&mut ruling.denied);
        ruling.fault = None;
    }
    Ok(ruling)
}

/// The criterion that a connection into a Pod counts for: privileged access is logged.
const PRIVILEGED_ACCESS: &str = "SPE-IAM-04";

/// A connection into a Pod, by the name of the Pod: passes, and is recorded. What is run there is never read.
fn connection(law: &Law<'_>, request: &Request) -> Ruling {
    let text = |text: &String| Text::from(text.as_str());
    let subject = ResourceId {
        platform: Platform::Kubernetes,
        root: ".".into(),
        kind: text(&request.kind),
        namespace: text(&request.namespace),
        name: text(&request.name),
    };
    let criterion = CriterionId(PRIVILEGED_ACCESS.into());
    let is_weighed = law.profile.enforcement.contains_key(&criterion);
    Ruling { observed: is_weighed.then_some(criterion).into_iter().collect(), ..Ruling::allowed(subject) }
}

/// The object as it is to be, and as it was.
fn objects(request: &Request) -> Result<(Option<Resource>, Option<Resource>), RulingError> {
    let read = |document: &Option<crate::model::Document>| {
        let read = document.as_ref().map(normalise::object).transpose();
        read.map_err(|problem: Problem| RulingError::Unreadable(problem.cause))
    };
    let (new, old) = (read(&request.object)?, read(&request.old_object)?);
    Ok(match request.operation {
        Operation::Delete => (None, old),
        _ => (new, old),
    })
}

fn is_exempt(snapshot: &Snapshot, id: &ResourceId) -> bool {
    let namespace = if id.kind.as_ref() == "Namespace" { &id.name } else { &id.namespace };
    snapshot.environment.description.exempt_namespaces.contains(namespace)
}

/// What the object itself falls short of.
fn own(
    law: &Law<'_>,
    inventory: &Inventory,
    snapshot: &Snapshot,
    (new, old): (&Resource, Option<&Resource>),
    at: Timestamp,
    ruling: &mut Ruling,
) -> Result<(), RulingError> {
    let judged = judgements(law, inventory, snapshot, new, at)?;
    let before = match old {
        Some(old) => judgements(law, inventory, snapshot, old, at)?,
        None => Vec::new(),
    };
    let known: BTreeSet<_> = before.iter().flat_map(|one| change::marks(one, old)).collect();
    for judgement in judged {
        let Some(criterion) = law.bundle.criteria.iter().find(|one| one.id == judgement.criterion) else { continue };
        if judgement.waiver.is_some() {
            ruling.waived.push(judgement.criterion.clone());
            continue;
        }
        let enforcement = enforcement(law, &judgement, new);
        let (mut deny, mut warn) = (Vec::new(), Vec::new());
        let breaches = judgement.verdict.findings().iter().map(|finding| (finding, false));
        for (finding, is_unknown) in breaches.chain(judgement.verdict.unknown().iter().map(|one| (one, true))) {
            let is_new = !known.contains(&change::mark(&judgement, finding, Some(new)));
            let weight = if is_unknown { weight_of_unknown(criterion, finding, snapshot) } else { Weight::Request };
            match (enforcement, weight) {
                (Enforcement::Observe, _) => {}
                (Enforcement::Deny, Weight::Fault) if is_new && change::may_widen(new) => {
                    ruling.fault.get_or_insert_with(|| cause(finding));
                }
                (Enforcement::Deny, Weight::Request) if is_new && change::is_decided_here(new, finding, is_unknown) => {
                    deny.push(finding.clone());
                }
                _ => warn.push(finding.clone()),
            }
        }
        let shortfall = |findings| Shortfall { criterion: criterion.id.clone(), resource: new.id.clone(), findings };
        ruling.denied.extend((!deny.is_empty()).then(|| shortfall(deny)));
        ruling.warned.extend((!warn.is_empty()).then(|| shortfall(warn)));
    }
    if let Some(old) = old
        && let Some(shortfall) = change::leaves_projects(law, &snapshot.environment, old, new)
    {
        ruling.denied.push(shortfall);
    }
    Ok(())
}

/// What weighs on a criterion for this object: less where its namespace only warns, and never a denial for a Namespace
/// that lacks something, which could then never be made.
fn enforcement(law: &Law<'_>, judgement: &Judgement, subject: &Resource) -> Enforcement {
    let is_lenient = law.warn_only.contains(&subject.id.namespace)
        || subject.id.kind.as_ref() == "Namespace"
        || (subject.scope != Scope::Project && !subject.id.namespace.is_empty());
    match judgement.enforcement {
        Enforcement::Deny if is_lenient => Enforcement::Warn,
        other => other,
    }
}

/// How an unknown weighs on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    /// It is true before and after the request.
    Standing,
    /// The request brings it.
    Request,
    /// The judge itself could not do its work.
    Fault,
}

fn weight_of_unknown(criterion: &Criterion, finding: &Finding, snapshot: &Snapshot) -> Weight {
    match finding.reason.as_str() {
        Finding::NOT_EVALUATED => Weight::Fault,
        // A kind that is not heard of is a fault.
        Finding::NOT_LISTED | Finding::MAY_BE_UNREAD if !snapshot.stale.is_empty() => Weight::Fault,
        _ if stands(criterion, finding) => Weight::Standing,
        reason => match criterion.reasons.get(reason).map(|reason| reason.at_admission) {
            Some(AtAdmission::Request) => Weight::Request,
            _ => Weight::Fault,
        },
    }
}

/// Whether a finding is there before and after a request: so are kinds that may not be listed.
pub(super) fn stands(criterion: &Criterion, finding: &Finding) -> bool {
    match finding.reason.as_str() {
        Finding::NOT_LISTED | Finding::MAY_BE_UNREAD => true,
        reason => criterion.reasons.get(reason).is_some_and(|reason| reason.at_admission == AtAdmission::Standing),
    }
}

fn cause(finding: &Finding) -> String {
    let fact = ["why", "cause"].iter().find_map(|name| finding.facts.get(*name)?.as_text());
    fact.map_or_else(|| finding.reason.clone(), str::to_owned)
}

/// What the rules say of one object, in the light of the cluster with it.
fn judgements(
    law: &Law<'_>,
    inventory: &Inventory,
    snapshot: &Snapshot,
    subject: &Resource,
    at: Timestamp,
) -> Result<Vec<Judgement>, RulingError> {
    let asks = |kind: &Text| law.bundle.kinds(subject.id.platform).contains(kind);
    if !asks(&subject.id.kind) {
        return Ok(Vec::new());
    }
    if inventory.is_crowd(&subject.id.kind)
        && let Some((snapshot, reach)) = inventory.newcomer(subject)?
    {
        return Ok(judged(law, &snapshot.environment, subject, &reach, &snapshot.seen, at));
    }
    let extent = if reach::needs_workloads(subject) { Extent::Whole } else { Extent::Context };
    if inventory.is_context(&subject.id.kind) || extent == Extent::Whole {
        // Others see it, and it sees itself.
        let environment = inventory.with(std::slice::from_ref(subject), &[], extent)?;
        let own = environment.resources.get(&subject.id).and_then(|found| found.first()).unwrap_or(subject);
        let known = inventory.known_beside(extent);
        return Ok(judged(law, &environment, own, &reach::derive(&environment, &[own]), &known, at));
    }
    let reach = reach::derive(&snapshot.environment, &[subject]);
    Ok(judged(law, &snapshot.environment, subject, &reach, &snapshot.seen, at))
}

fn judged(
    law: &Law<'_>,
    environment: &Environment,
    subject: &Resource,
    reach: &Reach,
    known: &Known,
    at: Timestamp,
) -> Vec<Judgement> {
    let subjects = [subject];
    let light = Light { environment, reach, parameters: &law.profile.parameters, known: Some(known) };
    let found = evaluate(law.bundle, &light, &subjects).into_iter();
    let weighed = found.map(|one| judge(law.profile, &one.criterion, one.platform, &one.resource, one.verdict, at));
    weighed.filter(|one| matches!(one.verdict, Verdict::NotMet { .. } | Verdict::Undetermined { .. })).collect()
}
