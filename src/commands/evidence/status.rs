//! `speguard evidence status`: what a log holds, and what is due next. It reads and does not verify.
use super::{continuity::length, history, now, open, say};
use crate::{
    cli::evidence::Status as Arguments,
    model::{Deviation, History, Period, Severity},
    record::{
        continuity::{self, Facts},
        entry::{AnchorKind, Instant, PlanItem},
        history::{Stated, environment, facts},
        verify::Entries,
    },
};
use anyhow::Context;
use std::collections::BTreeMap;

/// An attestation that ends within this time is named, in milliseconds; waivers likewise.
const EXPIRING_WITHIN_MS: i64 = continuity::EXPIRING_WITHIN_MS;

/// Prints; gives the exit code.
///
/// # Errors
/// A log that cannot be read.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let store = &*open::store(&arguments.log.log)?;
    let mut places = open::places(store)?;
    places.retain(|place| arguments.log.emitter.as_deref().is_none_or(|emitter| place.emitter() == emitter));
    let place = places.last().with_context(|| open::absent(&arguments.log.log))?;
    let now = now()?;
    let pasts = history::environment(store, place)?;
    let mut lines = Lines(Vec::new());
    for past in &pasts {
        let head = &past.checkpoint;
        lines.add("shard", format!("{}: {} entries, newest {}", head.origin, head.size, past.newest()));
        lines.add("root", crate::record::entry::DigestText(head.root).to_string());
    }
    let entries = history::joined(&pasts);
    let newest = entries.newest.unwrap_or(now);
    let (facts, stated) = facts(&entries, environment(&place.origin), newest, newest.0);
    runs(&mut lines, &entries, now);
    deviations(&mut lines, &facts, now);
    plan(&mut lines, &entries, stated, now);
    anchors(&mut lines, &entries, now);
    expiring(&mut lines, &entries, &facts, now);
    say(&lines.text())?;
    Ok(0)
}

/// What it is, and what is to say of it.
struct Lines(Vec<(&'static str, String)>);

impl Lines {
    fn add(&mut self, label: &'static str, text: String) {
        self.0.push((label, text));
    }

    fn text(&self) -> String {
        let mut text = String::new();
        let mut last = "";
        for (label, words) in &self.0 {
            let shown = if *label == last { "" } else { *label };
            text.push_str(&format!("{shown:<11}  {words}\n"));
            last = label;
        }
        text
    }
}

/// How long ago, or how long until.
fn distance(at: i64, now: Instant) -> String {
    match u64::try_from(now.0.saturating_sub(at)) {
        Ok(past) => format!("{} ago", length(past)),
        Err(_) => format!("in {}", length(at.abs_diff(now.0))),
    }
}

fn runs(lines: &mut Lines, entries: &Entries, now: Instant) {
    let mut newest = BTreeMap::new();
    for run in entries.runs.iter().filter(|run| !run.what.late) {
        let kept = newest.entry(run.what.scope.as_str()).or_insert(run);
        if (run.observed, run.index) >= (kept.observed, kept.index) {
            *kept = run;
        }
    }
    if newest.is_empty() {
        lines.add("run", "none: `speguard scan --log …` records one".to_owned());
    }
    for (scope, run) in newest {
        let sum = |of: fn(&crate::record::entry::Count) -> u64| run.what.counts.iter().map(of).sum::<u64>();
        let words = format!(
            "{scope}: {} ({}), exit {}: {} met, {} not met, {} undetermined",
            run.observed,
            distance(run.observed.0, now),
            run.what.exit,
            sum(|count| count.met),
            sum(|count| count.not_met),
            sum(|count| count.undetermined)
        );
        lines.add("run", words);
    }
}

fn deviations(lines: &mut Lines, facts: &Facts, now: Instant) {
    let first = facts.runs.iter().map(|run| run.observed).min();
    let Some(period) = first.map(|from| Period { from, to: now.0 }).filter(|period| period.from < period.to) else {
        return;
    };
    let history: History = continuity::history(facts, period, Some(now.0));
    let open: Vec<&Deviation> = history.deviations.iter().filter(|one| one.is_open() && !one.is_gap()).collect();
    if open.is_empty() {
        lines.add("deviations", "none is open".to_owned());
    }
    for severity in Severity::ALL.into_iter().rev() {
        let of_it: Vec<&&Deviation> = open.iter().filter(|one| one.severity == Some(severity)).collect();
        let Some(oldest) = of_it.iter().min_by_key(|one| one.opened.latest) else { continue };
        let overdue = of_it.iter().filter(|one| one.overdue).count();
        let words = format!(
            "{} {} open, {overdue} overdue; the oldest {} since {} ({})",
            of_it.len(),
            severity.name(),
            oldest.criterion,
            Instant(oldest.opened.latest),
            distance(oldest.opened.latest, now)
        );
        lines.add("deviations", words);
    }
}

fn plan(lines: &mut Lines, entries: &Entries, stated: Stated, now: Instant) {
    let in_order = || entries.plans.iter().filter(|plan| plan.what.effective_from <= now);
    let newest = in_order().max_by_key(|plan| (plan.recorded, plan.index));
    let Some(plan) = newest else {
        let coming = entries.plans.iter().max_by_key(|plan| (plan.recorded, plan.index));
        let words = coming.map_or_else(
            || "none: nothing says what should be watched; `speguard evidence plan` enters one".to_owned(),
            |plan| {
                format!("in force from {} ({})", plan.what.effective_from, distance(plan.what.effective_from.0, now))
            },
        );
        return lines.add("plan", words);
    };
    let later = if stated.plans > 0 { ", entered after its effect" } else { "" };
    lines
        .add("plan", format!("in force since {}{later}, approved by {}", plan.what.effective_from, plan.what.approver));
    for item in &plan.what.items {
        lines.add("due", due(item, entries, plan.what.effective_from, now));
    }
}

/// When the next observation of an item is due.
fn due(item: &PlanItem, entries: &Entries, begin: Instant, now: Instant) -> String {
    let holds = item.cadence_seconds.saturating_mul(10).saturating_mul(100 + item.grace_percent);
    let holds = i64::try_from(holds).unwrap_or(i64::MAX);
    let of_it = entries.runs.iter().filter(|run| {
        let emitter = entries.emitters.get(&run.shard).map_or("", String::as_str);
        run.what.scope == item.scope && emitter == item.emitter && !run.what.late && run.what.exit != 2
    });
    let last = of_it.map(|run| run.observed.0).max();
    let due = last.map_or(begin.0, |last| last.saturating_add(holds));
    if due < now.0 {
        return format!("{}: OVERDUE since {} ({})", item.name, Instant(due), distance(due, now));
    }
    format!("{}: {} ({})", item.name, Instant(due), distance(due, now))
}

fn anchors(lines: &mut Lines, entries: &Entries, now: Instant) {
    for (label, kind) in [("time stamp", AnchorKind::TimeStamp), ("witness", AnchorKind::Witness)] {
        let of_it: Vec<_> = entries.anchors.iter().filter(|anchor| anchor.what.kind == kind).collect();
        let words = of_it.iter().max_by_key(|anchor| anchor.what.at).map_or_else(
            || "none".to_owned(),
            |newest| {
                let (size, at) = (newest.what.size, newest.what.at);
                format!("{}, the newest over {size} entries at {at} ({})", of_it.len(), distance(at.0, now))
            },
        );
        lines.add(label, words);
    }
}

fn expiring(lines: &mut Lines, entries: &Entries, facts: &Facts, now: Instant) {
    let mut soon: Vec<(i64, String)> = facts
        .waivers
        .iter()
        .filter(|waiver| waiver.expires > now.0 && waiver.expires - now.0 <= EXPIRING_WITHIN_MS)
        .map(|waiver| (waiver.expires, format!("the waiver {}", waiver.name)))
        .collect();
    let mut stated = BTreeMap::new();
    for at in &entries.attestations {
        stated.insert((at.what.scope.as_str(), at.what.attestation.as_str()), at);
    }
    let standing = stated.values().filter(|at| {
        use crate::record::entry::AttestationEvent;
        matches!(at.what.event, AttestationEvent::Filed | AttestationEvent::Replaced)
    });
    let ending = standing.filter(|at| at.what.valid_until > now && at.what.valid_until.0 - now.0 <= EXPIRING_WITHIN_MS);
    soon.extend(ending.map(|at| (at.what.valid_until.0, format!("the attestation {}", at.what.attestation))));
    soon.sort();
    if soon.is_empty() {
        lines.add("expiring", "nothing within 30 days".to_owned());
    }
    for (at, what) in soon {
        lines.add("expiring", format!("{what}: {} ({})", Instant(at), distance(at, now)));
    }
}
