//! The report for people: what is not met and what could not be told, by criterion, then everything that was not
//! looked at, then the count. Start at [`render`].
mod findings;
mod rest;

use super::pen::{self, Pen};
use super::{
    Language, Page,
    chapter::{Chapter, chapters},
    clean::clean,
    excerpt::Sources,
    json::rfc3339,
    words::Phrases,
};
use crate::model::{Recording, Severity, Standing, Tally, UNKNOWN_NAMESPACE, Verdict};
use anstyle::Style;
pub(super) use rest::{waived, waiver_words};
use std::collections::BTreeSet;

/// What every part of the report writes with.
struct Desk<'a> {
    page: &'a Page<'a>,
    phrases: Phrases,
    sources: Sources<'a>,
    pen: Pen,
    /// Statuses of sources that were printed, for the legend.
    statuses: BTreeSet<&'a str>,
}

impl Desk<'_> {
    fn language(&self) -> Language {
        self.page.language
    }
}

/// The page for people, in its language.
#[must_use]
pub(super) fn render(page: &Page<'_>) -> String {
    let mut desk = Desk {
        page,
        phrases: Phrases::new(page.language),
        sources: Sources::new(page.sources),
        pen: Pen::new(page.colour),
        statuses: BTreeSet::new(),
    };
    let chapters = chapters(page);
    for chapter in &chapters {
        findings::write(&mut desk, chapter);
    }
    hints(&mut desk, &chapters);
    rest::write(&mut desk);
    legend(&mut desk);
    summary(&mut desk);
    desk.pen.into_text()
}

/// What would settle much of what is unknown, where it is.
fn hints(desk: &mut Desk<'_>, chapters: &[Chapter<'_>]) {
    let rows = || chapters.iter().flat_map(|chapter| &chapter.groups).flat_map(|group| &group.rows);
    let variable = rows().any(|row| {
        row.judgement.verdict.unknown().iter().any(|finding| {
            let why = finding.facts.get("why").and_then(|why| why.as_text()).unwrap_or_default();
            ["var.", "data.", "after apply"].iter().any(|word| why.contains(word))
        })
    });
    let namespace = rows().any(|row| row.judgement.resource.namespace.as_ref() == UNKNOWN_NAMESPACE);
    for (_, key) in [(variable, "hint-variables"), (namespace, "hint-namespace")].iter().filter(|(needed, _)| *needed) {
        desk.pen.gap();
        desk.pen.prose("", 0, &desk.phrases.say(key));
    }
}

/// What the marks behind the sources mean, as far as they were used.
fn legend(desk: &mut Desk<'_>) {
    if desk.statuses.is_empty() {
        return;
    }
    desk.pen.gap();
    let heading = desk.phrases.say("heading-statuses");
    desk.pen.line(&desk.pen.styled(pen::DIM, &heading));
    for status in std::mem::take(&mut desk.statuses) {
        let key = format!("status-{status}");
        let words = if desk.phrases.knows(&key) { desk.phrases.say(&key) } else { String::new() };
        desk.pen.styled_prose(&format!("  {:<20} ", format!("[{}]", clean(status))), 23, &words, pen::DIM);
    }
}

fn summary(desk: &mut Desk<'_>) {
    let page = desk.page;
    desk.pen.gap();
    if let Some(severity) = page.fail_on
        && page.set_aside > 0
    {
        let severity = severity.name();
        let text = desk.phrases.count_with("set-aside", page.set_aside, &[("severity", severity)]);
        desk.pen.prose("", 0, &text);
    }
    let at = rfc3339(page.assessment.at);
    let profile = desk.phrases.with("profile", &[("profile", &clean(page.profile)), ("at", &at)]);
    desk.pen.line(&desk.pen.styled(pen::DIM, &profile));
    let [first, second] = counts(&page.assessment.tally(), &desk.phrases, &desk.pen);
    desk.pen.line(&first);
    desk.pen.line(&second);
    let exit = exit_words(page, &desk.phrases, "exit");
    let style = match page.exit {
        0 => pen::GREEN,
        1 | 2 => pen::RED,
        _ => pen::YELLOW,
    };
    desk.pen.styled_prose("", 0, &exit, style);
    if let Some(recording) = page.recording {
        let style = if recording.is_recorded() { pen::DIM } else { pen::RED };
        desk.pen.styled_prose("", 0, &recording_words(recording, &desk.phrases), style);
    }
}

/// Whether the run became evidence.
pub(super) fn recording_words(recording: &Recording, phrases: &Phrases) -> String {
    match recording {
        Recording::Recorded { receipt, warning } => {
            let index = receipt.index.to_string();
            let leaf = receipt.leaf.to_string();
            let facts = [("index", index.as_str()), ("shard", &clean(&receipt.shard)), ("leaf", &leaf)];
            let recorded = phrases.with("recorded", &facts);
            match warning {
                Some(warning) => format!("{recorded}; {}", clean(warning)),
                None => recorded,
            }
        }
        Recording::NotRecorded { cause } => phrases.with("not-recorded", &[("cause", &clean(cause))]),
        Recording::Unknown { cause } => phrases.with("recording-unknown", &[("cause", &clean(cause))]),
    }
}

/// Every key of the JSON summary, counted, on two lines.
fn counts(tally: &Tally, phrases: &Phrases, pen: &Pen) -> [String; 2] {
    let Tally { met, not_met, undetermined, waived, warned, observed, not_applicable, not_looked_at, unread } = *tally;
    let say = |parts: &[(&str, usize, Style)]| {
        let said: Vec<String> = parts
            .iter()
            .map(|(key, count, style)| {
                let text = phrases.count(&format!("tally-{key}"), *count);
                if *count > 0 { pen.styled(*style, &text) } else { text }
            })
            .collect();
        said.join(", ")
    };
    let plain = Style::new();
    [
        say(&[
            ("not_met", not_met, pen::RED),
            ("undetermined", undetermined, pen::YELLOW),
            ("met", met, pen::GREEN),
            ("waived", waived, plain),
            ("warned", warned, plain),
            ("observed", observed, plain),
        ]),
        say(&[
            ("not_applicable", not_applicable, plain),
            ("not_looked_at", not_looked_at, plain),
            ("unread", unread, pen::YELLOW),
        ]),
    ]
}

/// The exit code and what it means; `key` = the family of messages (`exit`, `outcome`).
pub(super) fn exit_words(page: &Page<'_>, phrases: &Phrases, key: &str) -> String {
    let nothing = page.assessment.judgements.iter().all(|judgement| judgement.verdict == Verdict::NotApplicable);
    match page.exit {
        3 if nothing => phrases.say(&format!("{key}-3-nothing")),
        code @ 0..=3 => phrases.say(&format!("{key}-{code}")),
        code => phrases.with(&format!("{key}-other"), &[("code", &code.to_string())]),
    }
}

/// The key of a standing's message in the tally.
pub(super) fn tally_key(standing: Standing) -> String {
    format!("tally-{}", standing.name())
}

/// The style of a severity's name.
const fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical | Severity::High => pen::RED,
        Severity::Medium => pen::YELLOW,
        Severity::Low => pen::BLUE,
    }
}
