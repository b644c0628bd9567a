//! `speguard evidence plan`: declared monitoring becomes an entry; from then on its absence shows.
use super::{history, now, open, ulid};
use crate::{
    cli::evidence::Plan as Arguments,
    commands::{print, remark},
    evaluate::STANDARD,
    record::{
        entry::{Body, Instant, Plan, PlanItem, PlanResident},
        log::Draft,
        place::Place,
        plan::{self, PLAN_BYTES_MAX},
        verify::Entries,
    },
};
use anyhow::{Context, bail};
use std::fs;

/// Enters a plan; gives the exit code.
///
/// # Errors
/// A plan that is none, one that would change what was promised for time that has passed, a log that cannot be written.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let file = &arguments.file;
    let shown = file.display().to_string();
    let bytes = fs::read(file).with_context(|| format!("cannot read the plan `{shown}`"))?;
    anyhow::ensure!(bytes.len() <= PLAN_BYTES_MAX, "`{shown}` has {} bytes, {PLAN_BYTES_MAX} at most", bytes.len());
    let text = String::from_utf8(bytes).ok().with_context(|| format!("`{shown}` is not UTF-8"))?;
    let plan = plan::read(&text, &shown)?;
    let store = &*open::store(&arguments.log.log)?;
    let mut log = open::writer(store, &arguments.log, now()?)?;
    let place = log.place().clone();
    let entries = history::joined(&history::environment(store, &place)?);
    let at = now()?;
    if let Some(newest) = entries.plans.iter().max_by_key(|plan| (plan.recorded, plan.index)) {
        if newest.what.digest == plan.digest {
            print(
                format!("The plan is entry {} of {} already: nothing was entered.\n", newest.index, newest.shard)
                    .as_bytes(),
            )?;
            return Ok(0);
        }
        may_follow(&plan, &newest.what, at)?;
    }
    let path = plan::object_path(&plan.digest);
    log.keep(&path, text.as_bytes())?;
    let id = ulid()?;
    let receipts = log
        .append(at, &mut |_| Ok(vec![Draft { observed: at, id, body: Body::Plan(plan.clone()) }]))
        .with_context(|| format!("the plan `{shown}` was not entered"))?;
    log.publish()?;
    let index = receipts.last().map_or(0, |receipt| receipt.index);
    print(told(&plan, index, &place.origin).as_bytes())?;
    hints(&plan, &entries, &open::places(store)?, at).iter().for_each(|hint| remark(&format!("hint: {hint}\n")));
    Ok(0)
}

/// A plan is a promise: it can be changed for the time to come only.
fn may_follow(plan: &Plan, before: &Plan, at: Instant) -> anyhow::Result<()> {
    if plan.effective_from < before.effective_from {
        bail!(
            "the plan in the log takes effect at {}, and this one at {}: a later plan takes effect later, or at the same time",
            before.effective_from,
            plan.effective_from
        );
    }
    if plan.effective_from < at && before.effective_from < at {
        bail!(
            "this plan would take effect at {}, which has passed, and a plan is in force: what was promised for that time \
             stands; set `effective_from` to a time to come",
            plan.effective_from
        );
    }
    Ok(())
}

fn told(plan: &Plan, index: u64, origin: &str) -> String {
    let mut text = format!(
        "plan      entry {index} of {origin}\ndigest    {}\nin force  from {}\napproved  by {}\n\n",
        plan.digest, plan.effective_from, plan.approver
    );
    for item in &plan.items {
        text.push_str(&format!("{}  {}\n", item.name, every(item)));
    }
    for one in &plan.resident {
        text.push_str(&format!("{}  {}\n", one.name, running(one)));
    }
    text
}

/// What an item demands, in one clause.
pub(super) fn every(item: &PlanItem) -> String {
    let criteria = match item.criteria.as_slice() {
        [] => "all criteria".to_owned(),
        some => some.join(", "),
    };
    format!(
        "{} in `{}` at least every {} (grace {}%), by {} for {}",
        criteria,
        item.scope,
        length(item.cadence_seconds),
        item.grace_percent,
        item.emitter,
        item.owner
    )
}

/// What is promised by those who run all the time, in one clause.
pub(super) fn running(resident: &PlanResident) -> String {
    let PlanResident { emitters, heartbeat_seconds, owner, .. } = resident;
    let who = emitters.join(" or ");
    format!("{who} runs at any time, a sign of life at least every {}, for {owner}", length(*heartbeat_seconds))
}

/// Seconds in their largest whole unit.
pub(super) fn length(seconds: u64) -> String {
    match seconds {
        days if days.is_multiple_of(86_400) => format!("{} d", days / 86_400),
        hours if hours.is_multiple_of(3600) => format!("{} h", hours / 3600),
        minutes if minutes.is_multiple_of(60) => format!("{} min", minutes / 60),
        seconds => format!("{seconds} s"),
    }
}

/// What may be a slip, or will be a gap.
fn hints(plan: &Plan, entries: &Entries, places: &[Place], at: Instant) -> Vec<String> {
    let mut hints = Vec::new();
    let known: Vec<&str> = STANDARD
        .iter()
        .filter(|(path, _)| path.ends_with("criterion.yaml"))
        .filter_map(|(_, text)| text.lines().find_map(|line| line.strip_prefix("id: ")))
        .collect();
    let emitters: Vec<&str> = places.iter().map(Place::emitter).collect();
    for item in &plan.items {
        for id in item.criteria.iter().filter(|id| !known.contains(&id.as_str())) {
            hints.push(format!("`{}` of the item `{}` is none of the built-in criteria", id, item.name));
        }
        let named = plan.resident.iter().find(|one| one.name == item.emitter).map(|one| one.emitters.as_slice());
        let named = named.unwrap_or(std::slice::from_ref(&item.emitter));
        if !named.iter().any(|emitter| emitters.contains(&emitter.as_str())) {
            let (emitter, name) = (&item.emitter, &item.name);
            hints.push(format!(
                "no shard of `{emitter}` is in this log yet: until it has one, the item `{name}` is a gap"
            ));
            continue;
        }
        let begin = plan.effective_from.max(at);
        let holds = i64::try_from(item.cadence_seconds * 10 * (100 + item.grace_percent)).unwrap_or(i64::MAX);
        let observed = entries.runs.iter().filter(|run| run.what.scope == item.scope && !run.what.late);
        if observed.map(|run| run.observed.0).max().is_none_or(|last| last.saturating_add(holds) <= begin.0) {
            let (scope, name) = (&item.scope, &item.name);
            hints.push(format!(
                "no run of `{scope}` holds when the plan takes effect ({begin}): the time until the next one will be a gap of \
                 `{name}`; run `speguard scan --log … --scope {scope}` before"
            ));
        }
    }
    let resident = plan.resident.iter().flat_map(|one| &one.emitters);
    for emitter in resident.filter(|emitter| !emitters.contains(&emitter.as_str())) {
        hints.push(format!("no shard of `{emitter}` is in this log yet: it counts as down until it has one"));
    }
    if plan.effective_from < at {
        hints.push(format!(
            "the plan takes effect at {}, before it was entered: `speguard evidence verify --strict` does not take that as established",
            plan.effective_from
        ));
    }
    hints
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_their_largest_whole_unit() {
        for (seconds, told) in [(900, "15 min"), (86_400, "1 d"), (7200, "2 h"), (90, "90 s"), (90_000, "25 h")] {
            assert_eq!(length(seconds), told);
        }
    }
}
