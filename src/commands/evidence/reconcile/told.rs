//! What `speguard evidence reconcile` prints.
use super::{super::continuity::length, Outcome};
use crate::{
    record::{
        entry::Instant,
        reconcile::{Class, Counts, Tally, Weight},
    },
    report::{clean, clean_json},
};
use serde_json::{Value as Json, json};

/// What no audit log can show.
const NOT_CHECKED: [&str; 4] = [
    "whether the files are the whole audit log of every API server: they have neither number nor signature, and lines that \
     were taken out show only where an entry loses its event, or by silence",
    "whether the audit policy logs every change of these kinds at level Metadata or above",
    "whether the webhooks were configured as `speguard webhooks` prints them",
    "requests to aggregated API servers, about which no webhook is asked",
];

/// A breach of the names could not be seen.
const WITHOUT_PEPPER: &str =
    "whether entries are about the namespaces and objects of their events: a key of pseudonyms was erased";

fn not_checked(outcome: &Outcome) -> Vec<&'static str> {
    let mut all = NOT_CHECKED.to_vec();
    if outcome.found.count(Class::Outside) > 0 && outcome.states_projects {
        all.push("namespaces that carry the label of a project and that spe.yaml does not name");
    }
    all
}

const fn mark(weight: Weight) -> (&'static str, &'static str) {
    match weight {
        Weight::Good => ("holds          ", "held"),
        Weight::Breach => ("FAILS          ", "failed"),
        Weight::NotEstablished => ("not established", "not_established"),
    }
}

pub(super) fn text(outcome: &Outcome, entered: Option<&str>) -> String {
    let window = outcome.window;
    let mut lines = vec![format!("window  {} to {}", Instant(window.from), Instant(window.to))];
    lines.extend(outcome.shards.iter().map(|head| format!("shard   {}: {} entries", head.origin, head.size)));
    lines.extend(outcome.files.iter().map(|digest| format!("file    {digest}")));
    lines.extend(entered.map(|entered| format!("entered {entered}")));
    lines.push(String::new());
    for (what, counts) in [("events", &outcome.found.events), ("entries", &outcome.found.entries)] {
        let row = |((verb, kind), count): (&(&str, String), &u64)| format!("{what:<8}{count:>8}  {verb} {kind}");
        lines.extend(counts.iter().map(row));
    }
    lines.push(String::new());
    for (class, Tally { count, first }) in &outcome.found.classes {
        let (_, weight, words) = class.told();
        lines.push(format!("{}  {count:>6}  {words}", mark(weight).0));
        if weight != Weight::Good {
            lines.extend(first.iter().map(|place| format!("                   {place}")));
        }
    }
    let doubt = mark(Weight::NotEstablished).0;
    if outcome.found.without_pepper {
        lines.push(format!("{doubt}  {WITHOUT_PEPPER}"));
    }
    for hole in &outcome.holes {
        let (from, to, length) = (Instant(hole.from), Instant(hole.to), length(hole.length()));
        lines.push(format!("{doubt}  the audit log tells nothing of {length}, {from} to {to}"));
    }
    if outcome.unread_count > 0 {
        lines.push(format!("{doubt}  {:>6}  lines of the audit log could not be used", outcome.unread_count));
        lines.extend(outcome.unread.iter().map(|place| format!("                   {place}")));
    }
    lines.extend(["".to_owned(), "Not checked:".to_owned()]);
    lines.extend(not_checked(outcome).into_iter().map(|one| format!("  - {one}")));
    lines.push(String::new());
    lines.push(
        match outcome.exit() {
            0 => "Both logs tell the same.",
            1 => "The logs contradict each other: see what fails above.",
            _ => "The logs do not contradict each other, but not everything is established.",
        }
        .to_owned(),
    );
    lines.iter().map(|line| format!("{}\n", clean(line))).collect()
}

pub(super) fn json(outcome: &Outcome, entered: Option<&str>) -> anyhow::Result<String> {
    let counts = |counts: &Counts| -> Vec<Json> {
        counts.iter().map(|((verb, kind), count)| json!({"verb": verb, "kind": kind, "count": count})).collect()
    };
    let check = |(class, Tally { count, first }): (&Class, &Tally)| {
        let (name, weight, words) = class.told();
        let kind = (weight == Weight::Breach).then_some("reconciliation");
        let places: &[String] = if weight == Weight::Good { &[] } else { first };
        json!({"check": name, "result": mark(weight).1, "kind": kind, "count": count, "words": words, "first": places})
    };
    let hole = |hole: &crate::model::Period| json!({"from": Instant(hole.from), "to": Instant(hole.to)});
    let whole = json!({
        "version": 1,
        "exit": outcome.exit(),
        "from": Instant(outcome.window.from),
        "to": Instant(outcome.window.to),
        "shards": outcome.shards,
        "files": outcome.files,
        "entered": entered,
        "events_read": outcome.events,
        "events": counts(&outcome.found.events),
        "entries": counts(&outcome.found.entries),
        "checks": outcome.found.classes.iter().map(check).collect::<Vec<_>>(),
        "without_pepper": outcome.found.without_pepper,
        "holes": outcome.holes.iter().map(hole).collect::<Vec<_>>(),
        "unread": {"count": outcome.unread_count, "first": outcome.unread},
        "not_checked": not_checked(outcome),
    });
    Ok(format!("{}\n", clean_json(&serde_json::to_string_pretty(&whole)?)))
}
