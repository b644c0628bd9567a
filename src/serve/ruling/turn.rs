//! Requests that come at once: each is ruled on without and with what was admitted here moments ago and is not seen yet,
//! and what either of the two denies is denied.
//!
//! Of two that are under way at the same moment, one is held before the other is allowed: changes of context are weighed one
//! after the other, and a workload that finds that one of them was held meanwhile is judged anew, and the other way round.
use super::{Law, Ruling, RulingError, Shortfall, objects, rule};
use crate::{
    model::{Description, Resource, ResourceId, Text, Timestamp},
    reach,
    serve::{
        inventory::{Admission, Bearing, Extent, Held, Inventory, Ticket, Version, is_alike},
        review::{Operation, Request},
    },
};

/// Other changes that a denial names; more do not say more.
const OTHERS_SHOWN: usize = 3;

/// Rules on a request in the light of what was admitted and is not seen yet. What is allowed is held from then on, by its
/// ticket, where it matters to others.
///
/// # Errors
/// [`RulingError`]: there is nothing that could be judged.
pub fn rule_in_turn(
    law: &Law<'_>,
    inventory: &Inventory,
    request: &Request,
    at: Timestamp,
) -> Result<(Ruling, Option<Ticket>), RulingError> {
    if request.operation == Operation::Connect {
        return Ok((rule(law, inventory, request, at)?, None));
    }
    let (new, old) = objects(request)?;
    let context = inventory.snapshot(Extent::Context)?;
    let bearing = bearing(new.as_ref(), old.as_ref(), &context.environment.description);
    let (Some(bearing), Some(id)) = (bearing, new.as_ref().or(old.as_ref()).map(|one| one.id.clone())) else {
        return Ok((rule(law, inventory, request, at)?, None));
    };
    // The version that the change began at; what is new has none.
    let version = request.old_object.as_ref().or(request.object.as_ref()).map(|one| Version::read(&one.bytes));
    let admission = Admission { id, after: new, bearing, version: version.unwrap_or_default() };
    let judge = || {
        let seen = inventory.outstanding(&admission.id, bearing);
        judged(law, inventory, request, at, &seen.others).map(|ruling| (ruling, seen))
    };
    // A dry run is told the same and changes nothing.
    let is_done = |ruling: &Ruling| request.dry_run || ruling.is_free || !ruling.is_allowed();
    let is_context = bearing != Bearing::Workload;
    let order = is_context.then(|| inventory.in_order());
    let (ruling, seen) = judge()?;
    if is_done(&ruling) {
        return Ok((ruling, None));
    }
    if let Some(ticket) = inventory.hold(admission.clone(), Some(&seen)) {
        return Ok((ruling, Some(ticket)));
    }
    // Something was held meanwhile that matters. From here on nothing is, so that this is the last time.
    let _order = order.unwrap_or_else(|| inventory.in_order());
    let _alone = is_context.then(|| inventory.alone());
    let (ruling, _) = judge()?;
    if is_done(&ruling) {
        return Ok((ruling, None));
    }
    let ticket = inventory.hold(admission.clone(), None);
    Ok((ruling, ticket))
}

fn judged(
    law: &Law<'_>,
    inventory: &Inventory,
    request: &Request,
    at: Timestamp,
    others: &[Held],
) -> Result<Ruling, RulingError> {
    let mut alone = rule(law, inventory, request, at)?;
    if others.is_empty() || alone.is_free || !alone.is_allowed() {
        return Ok(alone);
    }
    let mut together = rule(law, &inventory.beside(others), request, at)?;
    if !together.is_allowed() {
        together.beside = named(others, &together.denied);
        return Ok(together);
    }
    together.warned.retain(|one| !alone.warned.contains(one));
    together.waived.retain(|one| !alone.waived.contains(one));
    alone.warned.append(&mut together.warned);
    alone.waived.append(&mut together.waived);
    Ok(alone)
}

/// Those of the others that a shortfall is about or speaks of; all of them where it speaks of none.
fn named(others: &[Held], denied: &[Shortfall]) -> Vec<ResourceId> {
    let speaks = |id: &ResourceId| {
        let of = |one: &Shortfall| one.resource == *id || one.findings.iter().any(|it| it.at.as_ref() == Some(id));
        denied.iter().any(of)
    };
    let ids = || others.iter().map(|one| one.admission.id.clone());
    let of: Vec<ResourceId> = ids().filter(speaks).take(OTHERS_SHOWN).collect();
    if of.is_empty() { ids().take(OTHERS_SHOWN).collect() } else { of }
}

/// What a change is to others; `None` where it says nothing of where anything leads.
fn bearing(new: Option<&Resource>, old: Option<&Resource>, description: &Description) -> Option<Bearing> {
    let one = new.or(old)?;
    let kind: &Text = &one.id.kind;
    let is_unchanged = matches!((new, old), (Some(new), Some(old)) if is_alike(new, old));
    if is_unchanged || !reach::reads(kind) {
        return None;
    }
    if reach::is_workload(kind) {
        // Who goes away opens nothing.
        let new = new?;
        let Some(old) = old else { return Some(Bearing::Workload) };
        let labels = |of: &Resource| {
            (of.body.find(&["metadata", "labels"]).cloned(), of.pod.as_ref().map(|pod| pod.labels.clone()))
        };
        let is_relabelled = labels(new) != labels(old);
        return Some(if is_relabelled { Bearing::Context { opens: true } } else { Bearing::Workload });
    }
    let opens = reach::can_open(old, new, description);
    // A Namespace that goes away lets no more in, and takes what is in it along.
    let is_ending = kind.as_ref() == "Namespace" && new.is_none();
    (!is_ending && reach::bears_on_ways(old, new, description)).then_some(Bearing::Context { opens })
}
