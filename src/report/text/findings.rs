//! One criterion: its judgements with source and caret, then why it matters, what to do, and where it comes from.
use super::{Desk, severity_style, tally_key};
use crate::{
    model::{Criterion, CriterionId, Finding, Platform, Standing, Verdict, shown},
    report::{
        chapter::{Chapter, Group, falls_short, findings},
        clean::clean,
        pen,
        place::Row,
        sentence::sentence,
    },
};
use std::collections::BTreeSet;

/// Judgements of one kind and reason that are shown with sentences and sources; three show a pattern.
const SHOWN_WHOLE: usize = 3;

/// Further judgements of the kind, one line each; with them a group fits on a screen or two.
const SHOWN_AS_LINES: usize = 12;

/// Findings of one judgement that are shown; a security group can break a criterion with every rule it has.
const FINDINGS_SHOWN: usize = 5;

/// Writes a criterion with all that is shown of it.
pub(super) fn write<'a>(desk: &mut Desk<'a>, chapter: &Chapter<'a>) {
    desk.pen.gap();
    heading(desk, chapter);
    for group in &chapter.groups {
        write_group(desk, group);
    }
    about(desk, chapter);
}

/// `ID  Title`, and how many judgements of each standing there are.
fn heading(desk: &mut Desk<'_>, chapter: &Chapter<'_>) {
    let language = desk.language();
    let title = chapter.criterion.map_or("", |criterion| language.of(&criterion.title));
    desk.pen.line(&desk.pen.styled(pen::BOLD, &format!("{}  {}", clean(&chapter.id.0), clean(title))));
    if chapter.tally.values().sum::<usize>() > 1 {
        let counts: Vec<String> = [
            Standing::NotMet,
            Standing::Undetermined,
            Standing::Warned,
            Standing::Waived,
            Standing::Observed,
            Standing::Met,
            Standing::NotApplicable,
        ]
        .iter()
        .filter_map(|standing| {
            chapter.tally.get(standing).map(|count| desk.phrases.count(&tally_key(*standing), *count))
        })
        .collect();
        desk.pen.line(&desk.pen.styled(pen::DIM, &counts.join(", ")));
    }
}

fn write_group<'a>(desk: &mut Desk<'a>, group: &Group<'a>) {
    let whole = if desk.page.all { group.rows.len() } else { SHOWN_WHOLE };
    for row in group.rows.iter().take(whole) {
        if falls_short(row) { write_row(desk, row) } else { write_met(desk, row) }
    }
    let others = group.rows.get(whole..).unwrap_or_default();
    if others.is_empty() {
        return;
    }
    let first = group.rows.first().map(|row| sentences(desk, row));
    desk.pen.line(&format!("  {}", desk.phrases.count("same-for", others.len())));
    for row in others.iter().take(SHOWN_AS_LINES) {
        let place = place(desk, row);
        let address = clean(&row.judgement.resource.full()).into_owned();
        desk.pen.line(&format!("    {address}  {}", desk.pen.styled(pen::DIM, &place)));
        let own = sentences(desk, row);
        if Some(&own) != first.as_ref()
            && let Some(sentence) = own.first()
        {
            desk.pen.prose("      ", 6, sentence);
        }
    }
    if let Some(left) = others.len().checked_sub(SHOWN_AS_LINES).filter(|left| *left > 0) {
        desk.pen.line(&format!("    {}", desk.phrases.count("more-judgements", left)));
    }
}

/// The place of the first finding.
fn place(desk: &Desk<'_>, row: &Row<'_>) -> String {
    let place = findings(row).next().map_or_else(|| row.origin(), |(_, found)| row.place(found, desk.page.environment));
    clean(&place.shown()).into_owned()
}

fn sentences(desk: &Desk<'_>, row: &Row<'_>) -> Vec<String> {
    findings(row).map(|(_, finding)| say(desk, row, finding)).collect()
}

fn say(desk: &Desk<'_>, row: &Row<'_>, finding: &Finding) -> String {
    clean(&sentence(row.criterion, finding, &desk.phrases, desk.language())).into_owned()
}

/// `severity  verdict  address`, on one line.
fn first_line(desk: &Desk<'_>, row: &Row<'_>) -> String {
    let verdict = desk.phrases.say(&format!("verdict-{}", row.judgement.verdict.name()));
    let style = match row.judgement.verdict {
        Verdict::NotMet { .. } => pen::RED,
        Verdict::Undetermined { .. } => pen::YELLOW,
        Verdict::Met => pen::GREEN,
        Verdict::NotApplicable => pen::DIM,
    };
    let address = clean(&row.judgement.resource.full()).into_owned();
    let severity = row.criterion.map(|criterion| criterion.severity).map_or_else(String::new, |severity| {
        let words = desk.phrases.say(&format!("severity-{}", severity.name()));
        format!("{}  ", desk.pen.styled(severity_style(severity), &words))
    });
    let key = format!("standing-short-{}", row.judgement.standing().name());
    let standing = if desk.phrases.knows(&key) { format!(" ({})", desk.phrases.say(&key)) } else { String::new() };
    format!("{severity}{}{standing}  {}", desk.pen.styled(style, &verdict), desk.pen.styled(pen::BOLD, &address))
}

fn write_met(desk: &mut Desk<'_>, row: &Row<'_>) {
    let line = first_line(desk, row);
    let place = place(desk, row);
    desk.pen.line(&format!("{line}  {}", desk.pen.styled(pen::DIM, &place)));
    standing(desk, row);
}

fn write_row(desk: &mut Desk<'_>, row: &Row<'_>) {
    let line = first_line(desk, row);
    desk.pen.line(&line);
    standing(desk, row);
    let shown = if desk.page.all { usize::MAX } else { FINDINGS_SHOWN };
    let is_breach = matches!(row.judgement.verdict, Verdict::NotMet { .. });
    let shown: Vec<(bool, &Finding)> = findings(row).take(shown).collect();
    let environment = desk.page.environment;
    // What stands at one place is said in one go, above its source.
    for chunk in shown.chunk_by(|(_, one), (_, other)| row.place(one, environment) == row.place(other, environment)) {
        for (breach, finding) in chunk {
            let words = say(desk, row, finding);
            let words = if is_breach && !breach { desk.phrases.with("beside", &[("sentence", &words)]) } else { words };
            desk.pen.prose("  ", 4, &words);
        }
        if let Some((_, finding)) = chunk.first() {
            source(desk, row, finding);
        }
    }
    let left = findings(row).count().saturating_sub(shown.len());
    if left > 0 {
        desk.pen.line(&format!("  {}", desk.phrases.count("more-findings", left)));
    }
}

/// The waiver over a verdict, and the statement it is taken from.
fn standing(desk: &mut Desk<'_>, row: &Row<'_>) {
    if let Some(id) = &row.judgement.waiver {
        let waiver = desk.page.waivers.iter().find(|waiver| waiver.id == *id);
        let words = super::rest::waived(&desk.phrases, &id.0, waiver);
        desk.pen.prose("  ", 4, &words);
    }
    if let Some(id) = &row.judgement.attestation {
        let words = desk.phrases.with("standing-attested", &[("id", &clean(&id.0))]);
        desk.pen.prose("  ", 4, &words);
    }
}

/// `--> file:line:column` and the source with its caret; the resource too, where it is not the judged one.
fn source(desk: &mut Desk<'_>, row: &Row<'_>, finding: &Finding) {
    let place = row.place(finding, desk.page.environment);
    let arrow = desk.pen.styled(pen::BLUE, "-->");
    let mut line = format!("  {arrow} {}", clean(&place.shown()));
    // In an object of a live cluster no line tells where.
    if place.mark.line == 0 && !finding.path.is_empty() {
        line.push_str(&format!("  {}", clean(&shown(&finding.path))));
    }
    if *row.at(finding) != row.judgement.resource {
        let address = row.at(finding).full();
        line.push_str(&format!("  {}", desk.phrases.with("place", &[("address", &clean(&address))])));
    }
    desk.pen.line(&line);
    let Some(excerpt) = desk.sources.excerpt(place) else { return };
    let width = excerpt.lines.last().map_or(1, |(number, _)| number.to_string().len());
    let bar = desk.pen.styled(pen::BLUE, "|");
    for (nth, (number, text)) in excerpt.lines.iter().enumerate() {
        let number = desk.pen.styled(pen::BLUE, &format!("{number:>width$}"));
        desk.pen.line(&format!("  {number} {bar} {text}"));
        if nth == 0 {
            let (before, carets) = excerpt.caret;
            let caret = desk.pen.styled(pen::RED, &"^".repeat(carets));
            desk.pen.line(&format!("  {:width$} {bar} {}{caret}", "", " ".repeat(before)));
        }
    }
}

/// Why, remedy on each platform that falls short, sources with the status of each: once per criterion.
fn about<'a>(desk: &mut Desk<'a>, chapter: &Chapter<'a>) {
    let Some(criterion) = chapter.criterion else { return };
    let language = desk.language();
    let short: BTreeSet<Platform> = chapter
        .groups
        .iter()
        .flat_map(|group| &group.rows)
        .filter(|row| falls_short(row))
        .map(|row| row.judgement.platform)
        .collect();
    if short.is_empty() {
        return;
    }
    desk.pen.gap();
    label(desk, "label-why", None, language.of(&criterion.why));
    for platform in short {
        if let Some(remedy) = criterion.platforms.get(&platform).and_then(|rule| rule.remedy.as_ref()) {
            let many = criterion.platforms.len() > 1;
            label(desk, "label-remedy", many.then_some(platform), language.of(remedy));
        }
    }
    desk.statuses.extend(criterion.sources.iter().map(|source| source.status.as_str()));
    let sources = sources(criterion);
    label(desk, "label-sources", None, &sources);
}

/// References with the status they were read with, each status once: `a, b [verbatim]; c [secondary]`.
fn sources(criterion: &Criterion) -> String {
    let alike = criterion.sources.chunk_by(|one, other| one.status == other.status);
    let said: Vec<String> = alike
        .filter_map(|chunk| {
            let status = &chunk.first()?.status;
            let names: Vec<String> =
                chunk.iter().map(|source| clean(&source.reference).replace(' ', pen::NO_BREAK)).collect();
            Some(format!("{}{}[{}]", names.join(", "), pen::NO_BREAK, clean(status)))
        })
        .collect();
    said.join("; ")
}

fn label(desk: &mut Desk<'_>, key: &str, platform: Option<Platform>, text: &str) {
    let name = match platform {
        Some(platform) => desk.phrases.with("label-remedy-on", &[("platform", platform.name())]),
        None => desk.phrases.say(key),
    };
    desk.pen.styled_prose(&format!("  {name}: "), 4, &clean(text), pen::DIM);
}

/// `ID  Title` of a criterion, by id.
pub(super) fn titled(desk: &Desk<'_>, id: &CriterionId) -> String {
    let criterion = desk.page.criteria.iter().find(|criterion| criterion.id == *id);
    let title = criterion.map_or("", |criterion| desk.language().of(&criterion.title));
    format!("{}  {}", clean(&id.0), clean(title))
}
