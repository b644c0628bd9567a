//! What a change of context opens: for each workload that runs, the ways after it that no way before it held.
use super::{Law, Ruling, RulingError, Shortfall, change, enforcement};
use crate::{
    judge::judge,
    model::{
        Answer, CriterionId, Enforcement, Environment, Finding, Reach, Resource, ResourceId, Scope, Timestamp, Value,
        Verdict, Way, Ways,
    },
    reach,
    serve::inventory::{Extent, Inventory},
};

/// Victims that a denial names; more do not say more.
const VICTIMS_SHOWN: usize = 3;

/// A criterion about connections, and the ways that break it.
pub(in crate::serve) type Topic = (&'static str, fn(&Reach) -> &Ways);

pub(in crate::serve) const TOPICS: [Topic; 2] =
    [("SPE-NET-02", |reach| &reach.internet), ("SPE-SEP-02", |reach| &reach.projects)];

/// Adds to a ruling what the change opens for others.
pub(super) fn weigh(
    law: &Law<'_>,
    inventory: &Inventory,
    (new, old): (Option<&Resource>, Option<&Resource>),
    at: Timestamp,
    ruling: &mut Ruling,
) -> Result<(), RulingError> {
    let Some(changed) = new.or(old) else { return Ok(()) };
    let is_relabelled = old.is_some() && changed.pod.is_some() && labels(new) != labels(old);
    // A workload's own ways are its own shortfalls; what others may now open to it, the audit finds.
    // A Namespace that is new holds nothing yet that could be reached.
    let is_new_space = old.is_none() && changed.id.kind.as_ref() == "Namespace";
    let context = inventory.snapshot(Extent::Context)?;
    let may_open = || changed.pod.is_none() && reach::can_open(old, new, &context.environment.description);
    if !is_relabelled && (is_new_space || !may_open()) {
        return Ok(());
    }
    let before = inventory.snapshot(Extent::Whole)?;
    let after = match new {
        Some(new) => inventory.with(std::slice::from_ref(new), &[], Extent::Whole)?,
        None => inventory.with(&[], std::slice::from_ref(&changed.id), Extent::Whole)?,
    };
    if !before.stale.is_empty() && change::may_widen(changed) {
        ruling.fault.get_or_insert_with(|| {
            let kinds: Vec<&str> = before.stale.iter().map(AsRef::as_ref).collect();
            format!("nothing is heard of {}", kinds.join(", "))
        });
    }
    // With the object as it was, where the watch has not shown it yet.
    let replaced =
        old.filter(|_| new.is_some()).map(|old| inventory.with(std::slice::from_ref(old), &[], Extent::Whole));
    let replaced = replaced.transpose()?;
    let before = replaced.as_ref().unwrap_or(&before.environment);
    let victims: Vec<&Resource> = after.all().filter(|one| is_victim(&after, one)).collect();
    let were: Vec<&Resource> = victims.iter().filter_map(|one| before.resources.get(&one.id)?.first()).collect();
    let (reach_before, reach_after) = (reach::derive(before, &were), reach::derive(&after, &victims));
    for (criterion, of) in TOPICS {
        let criterion = CriterionId(criterion.into());
        let (held, holds) = (of(&reach_before), of(&reach_after));
        for victim in &were {
            let opened = opened(held, holds, &victim.id);
            if !opened.is_empty() {
                add(law, &criterion, victim, &opened, at, ruling);
            }
        }
    }
    Ok(())
}

fn labels(of: Option<&Resource>) -> Option<&Value> {
    of.and_then(|one| one.body.find(&["metadata", "labels"]))
}

fn opened(before: &Ways, after: &Ways, id: &ResourceId) -> Vec<Way> {
    let none = Vec::new();
    let Some(after) = after.get(id) else { return none };
    reach::opened(before.get(id).unwrap_or(&none), after)
}

/// Adds ways that are open, or may be, to what is denied, warned of or waived, as the profile weighs them for who has them.
pub(in crate::serve) fn add(
    law: &Law<'_>,
    criterion: &CriterionId,
    victim: &Resource,
    opened: &[Way],
    at: Timestamp,
    ruling: &mut Ruling,
) {
    let findings: Vec<Finding> = opened.iter().map(finding).collect();
    let verdict = match opened.iter().any(|way| way.answer == Answer::Open) {
        true => Verdict::NotMet { findings: findings.clone(), unknown: Vec::new() },
        false => Verdict::Undetermined { unknown: findings.clone() },
    };
    let judgement = judge(law.profile, criterion, victim.id.platform, &victim.id, verdict, at);
    let list = match (&judgement.waiver, enforcement(law, &judgement, victim)) {
        (Some(_), _) => return ruling.waived.push(criterion.clone()),
        (None, Enforcement::Deny) => &mut ruling.denied,
        (None, Enforcement::Warn) => &mut ruling.warned,
        (None, Enforcement::Observe) => return,
    };
    if list.iter().filter(|one| one.criterion == *criterion).count() < VICTIMS_SHOWN {
        list.push(Shortfall { criterion: criterion.clone(), resource: victim.id.clone(), findings });
    }
}

/// A way as a finding: what would be open, and the place that opens it.
fn finding(way: &Way) -> Finding {
    let fact = |name: &str| way.facts.get(name).cloned().unwrap_or_default();
    let place = way.witness.last();
    let bare = match way.answer {
        Answer::Open => Finding::bare(Finding::WOULD_OPEN).with("to", fact("to")).with("ports", fact("ports")),
        Answer::Closed | Answer::Unknown => Finding::bare(Finding::MIGHT_OPEN).with("why", fact("why")),
    };
    Finding {
        at: place.map(|hop| hop.resource.clone()),
        path: place.map(|hop| hop.path.clone()).unwrap_or_default(),
        ..bare
    }
}

/// Pods that have not ended, and templates that are to run some; where a namespace ends, only Pods that still exist.
pub(in crate::serve) fn is_victim(environment: &Environment, one: &Resource) -> bool {
    if one.pod.is_none() || one.scope != Scope::Project {
        return false;
    }
    let number = |keys: &[&str]| one.body.find(keys).and_then(Value::as_int);
    let owned =
        one.body.find(&["metadata", "ownerReferences"]).and_then(Value::as_list).is_some_and(|it| !it.is_empty());
    match one.id.kind.as_ref() {
        "Pod" => !matches!(one.body.find(&["status", "phase"]).and_then(Value::as_text), Some("Succeeded" | "Failed")),
        _ if owned || is_terminating(environment, one) => false,
        "batch/Job" => one.body.find(&["status", "completionTime"]).is_none(),
        _ => number(&["spec", "replicas"]) != Some(0),
    }
}

fn is_terminating(environment: &Environment, one: &Resource) -> bool {
    let id =
        ResourceId { kind: "Namespace".into(), namespace: "".into(), name: one.id.namespace.clone(), ..one.id.clone() };
    let found = environment.resources.get(&id).and_then(|found| found.first());
    found.is_some_and(|space| space.body.find(&["metadata", "deletionTimestamp"]).is_some())
}
