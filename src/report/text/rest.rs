//! What no verdict tells: what was not looked at, not read, left out, and waivers that do nothing.
use super::{Desk, findings::titled};
use crate::{
    model::{CriterionId, Platform, Waiver, WaiverStanding, WaiverState},
    report::{
        Page,
        clean::clean,
        json::rfc3339,
        pen,
        unread::{Cause, by_cause},
        words::Phrases,
    },
};
use std::collections::BTreeMap;

/// Causes of problems that are shown without `--all`: two screens. The count is always whole.
const CAUSES_SHOWN: usize = 40;

/// Places of one cause that are shown without `--all`.
const PLACES_SHOWN: usize = 5;

/// Kinds that are shown without `--all`.
const KINDS_SHOWN: usize = 60;

/// Writes each part that has something to say.
pub(super) fn write(desk: &mut Desk<'_>) {
    not_looked_at(desk);
    kinds(desk);
    unseen(desk);
    exempt(desk);
    clusters(desk);
    waivers(desk);
    expired(desk);
    unread(desk);
    if !desk.page.environment.description.stated {
        desk.pen.gap();
        desk.pen.prose("", 0, &desk.phrases.say("no-description"));
    }
}

fn heading(desk: &mut Desk<'_>, key: &str, count: usize) {
    desk.pen.gap();
    let text = desk.phrases.count(key, count);
    desk.pen.line(&desk.pen.styled(pen::BOLD, &text));
}

/// One line for each criterion, with its title and the platforms it was not looked at on.
fn not_looked_at(desk: &mut Desk<'_>) {
    let entries = &desk.page.assessment.not_looked_at;
    if entries.is_empty() {
        return;
    }
    heading(desk, "heading-not-looked-at", entries.len());
    desk.pen.prose("  ", 2, &desk.phrases.say("not-looked-at-why"));
    let mut by_platform: BTreeMap<Option<Platform>, usize> = BTreeMap::new();
    let mut by_criterion: BTreeMap<&CriterionId, Vec<String>> = BTreeMap::new();
    for entry in entries {
        *by_platform.entry(entry.platform).or_default() += 1;
        by_criterion.entry(&entry.criterion).or_default().push(platform(&desk.phrases, entry.platform));
    }
    let counts: Vec<String> =
        by_platform.iter().map(|(of, count)| format!("{} {count}", platform(&desk.phrases, *of))).collect();
    desk.pen.prose("  ", 2, &counts.join(", "));
    for (id, platforms) in by_criterion {
        let line = format!("{} ({})", titled(desk, id), platforms.join(", "));
        desk.pen.styled_prose("    ", 14, &line, pen::DIM);
    }
}

fn platform(phrases: &Phrases, platform: Option<Platform>) -> String {
    match platform {
        Some(Platform::Speguard) => phrases.say("not-looked-at-person"),
        Some(platform) => platform.name().to_owned(),
        None => phrases.say("not-looked-at-nowhere"),
    }
}

fn kinds(desk: &mut Desk<'_>) {
    let kinds = &desk.page.assessment.kinds_not_judged;
    if kinds.is_empty() {
        return;
    }
    heading(desk, "heading-kinds", kinds.len());
    let shown = if desk.page.all { kinds.len() } else { KINDS_SHOWN };
    let names: Vec<_> = kinds.iter().take(shown).map(|kind| clean(kind)).collect();
    desk.pen.styled_prose("  ", 2, &names.join(", "), pen::DIM);
    more(desk, "  ", kinds.len().saturating_sub(shown));
}

/// Kinds that a live scan does not look at, by why.
fn unseen(desk: &mut Desk<'_>) {
    let unseen = &desk.page.environment.unseen;
    if unseen.is_empty() {
        return;
    }
    heading(desk, "heading-unseen", unseen.len());
    let mut by_why: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (kind, why) in unseen {
        by_why.entry(why).or_default().push(clean(kind).into_owned());
    }
    for (why, kinds) in by_why {
        desk.pen.styled_prose("  ", 4, &format!("{}: {}", clean(why), kinds.join(", ")), pen::DIM);
    }
}

fn exempt(desk: &mut Desk<'_>) {
    let namespaces = &desk.page.assessment.exempt_namespaces;
    if namespaces.is_empty() {
        return;
    }
    heading(desk, "heading-exempt", namespaces.len());
    let names: Vec<_> = namespaces.iter().map(|namespace| clean(namespace)).collect();
    desk.pen.styled_prose("  ", 2, &names.join(", "), pen::DIM);
}

/// Where sources contradict each other: that they were taken for clusters of their own, and what would settle it.
fn clusters(desk: &mut Desk<'_>) {
    let environment = desk.page.environment;
    if environment.clusters.len() < 2 || !environment.description.clusters.is_empty() {
        return;
    }
    desk.pen.gap();
    let text = desk.phrases.count("two-clusters", environment.clusters.len());
    desk.pen.prose("", 0, &text);
    desk.pen.line("  clusters:");
    for cluster in &environment.clusters {
        let sources: Vec<String> = cluster.roots.iter().map(|root| format!("{{path: {}}}", clean(root))).collect();
        desk.pen.line(&format!("  - name: {}", clean(&cluster.name)));
        desk.pen.line(&format!("    sources: [{}]", sources.join(", ")));
    }
}

fn waivers(desk: &mut Desk<'_>) {
    let waivers = &desk.page.assessment.waivers;
    if waivers.is_empty() {
        return;
    }
    heading(desk, "heading-waivers", waivers.len());
    for standing in waivers {
        let words = waiver_words(desk.page, &desk.phrases, standing);
        desk.pen.prose("  ", 4, &words);
        if let Some(waiver) = desk.page.waivers.iter().find(|waiver| waiver.id == standing.id) {
            let place = format!("{}:{}", clean(waiver.origin.path()), waiver.origin.mark().line);
            desk.pen.line(&format!("  {} {place}", desk.pen.styled(pen::BLUE, "-->")));
        }
    }
}

/// Permissions of the description that were dropped because their last day is over.
fn expired(desk: &mut Desk<'_>) {
    let expired = &desk.page.environment.description.expired;
    if expired.is_empty() {
        return;
    }
    heading(desk, "heading-expired", expired.len());
    for permission in expired {
        let facts = [("entry", clean(&permission.entry)), ("until", clean(&permission.expires))];
        let facts: Vec<(&str, &str)> = facts.iter().map(|(name, text)| (*name, text.as_ref())).collect();
        desk.pen.prose("  ", 4, &desk.phrases.with("permission-expired", &facts));
        let place = format!("{}:{}", clean(permission.origin.path()), permission.origin.mark().line);
        desk.pen.line(&format!("  {} {place}", desk.pen.styled(pen::BLUE, "-->")));
    }
}

/// A waiver that does nothing, in words.
pub(in crate::report) fn waiver_words(page: &Page<'_>, phrases: &Phrases, standing: &WaiverStanding) -> String {
    let waiver = page.waivers.iter().find(|waiver| waiver.id == standing.id);
    let id = clean(&standing.id.0);
    match (standing.state, waiver) {
        (WaiverState::Expired, Some(waiver)) => {
            phrases.with("waiver-expired-on", &[("id", &id), ("until", &until(waiver))])
        }
        (WaiverState::Expired, None) => phrases.with("waiver-expired", &[("id", &id)]),
        (WaiverState::Unmatched, _) => phrases.with("waiver-unmatched", &[("id", &id)]),
    }
}

/// A waiver over a verdict, in words.
pub(in crate::report) fn waived(phrases: &Phrases, id: &str, waiver: Option<&Waiver>) -> String {
    let id = clean(id);
    match waiver {
        None => phrases.with("standing-waived", &[("id", &id)]),
        Some(waiver) => phrases.with(
            "standing-waived-until",
            &[
                ("id", &id),
                ("until", &until(waiver)),
                ("reason", &clean(&waiver.reason)),
                ("owner", &clean(&waiver.owner)),
                ("approver", &clean(&waiver.approver)),
            ],
        ),
    }
}

/// The last day on which a waiver holds: `expires` is the first second after it.
fn until(waiver: &Waiver) -> String {
    let last = crate::model::Timestamp(waiver.expires.0 - 1);
    rfc3339(last).split('T').next().unwrap_or_default().to_owned()
}

fn unread(desk: &mut Desk<'_>) {
    let problems = &desk.page.assessment.problems;
    if problems.is_empty() {
        return;
    }
    heading(desk, "heading-unread", problems.len());
    let causes = by_cause(problems);
    let (causes_shown, places_shown) =
        if desk.page.all { (usize::MAX, usize::MAX) } else { (CAUSES_SHOWN, PLACES_SHOWN) };
    let arrow = desk.pen.styled(pen::BLUE, "-->");
    for Cause { cause, places } in causes.iter().take(causes_shown) {
        let count = if places.len() > 1 { format!(" ({})", places.len()) } else { String::new() };
        desk.pen.prose("  ", 4, &format!("{}{count}", clean(cause)));
        for place in places.iter().take(places_shown) {
            desk.pen.line(&format!("  {arrow} {}", clean(&place.shown())));
        }
        more(desk, "    ", places.len().saturating_sub(places_shown));
    }
    let left: usize = causes.iter().skip(causes_shown).map(|cause| cause.places.len()).sum();
    more(desk, "  ", left);
}

fn more(desk: &mut Desk<'_>, indent: &str, left: usize) {
    if left > 0 {
        desk.pen.line(&format!("{indent}{}", desk.phrases.count("more-lines", left)));
    }
}
