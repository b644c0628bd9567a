//! A summary for the page of a pipeline's run, as GitHub shows markdown. Start at [`render`].
use super::{
    Page,
    chapter::{Chapter, chapters, falls_short, findings},
    clean::{acts, clean},
    place::{Place, Row},
    sentence::sentence,
    text::{exit_words, recording_words},
    unread::{Cause, by_cause},
    words::Phrases,
};
use crate::model::{Criterion, CriterionId, Platform, Tally, Verdict};
use std::collections::BTreeSet;

/// What GitHub takes for one step: 1 MiB; a longer summary is refused whole
/// (GitHub Docs, "Workflow commands", "Step isolation and limits").
const SUMMARY_BYTES_MAX: usize = 1024 * 1024;

/// Kept free for the parts after the criteria; they are cut to fit it.
const REST_BYTES_MAX: usize = 128 * 1024;

/// Rows of one criterion's table; more do not help on a page. What is left out is counted under the table.
const ROWS_SHOWN: usize = 50;

/// Findings in one cell.
const FINDINGS_SHOWN: usize = 8;

/// Entries of a list in the closing part.
const ENTRIES_SHOWN: usize = 100;

/// The page as GitHub-flavoured markdown, at most [`SUMMARY_BYTES_MAX`] bytes. Whatever was cut is counted.
#[must_use]
pub(super) fn render(page: &Page<'_>) -> String {
    let phrases = Phrases::new(page.language);
    let mut out = head(page, &phrases);
    let rest = rest(page, &phrases);
    let room = SUMMARY_BYTES_MAX - REST_BYTES_MAX;
    let chapters = chapters(page);
    out.push_str(&format!("## {}\n\n", phrases.say("heading-findings")));
    if chapters.is_empty() {
        out.push_str(&format!("{}\n\n", phrases.say("nothing-found")));
    }
    let mut cut = 0;
    for chapter in &chapters {
        let section = section(page, &phrases, chapter);
        if cut > 0 || out.len() + section.len() > room {
            cut += 1;
        } else {
            out.push_str(&section);
        }
    }
    if cut > 0 {
        let limit = SUMMARY_BYTES_MAX.to_string();
        out.push_str(&format!("> {}\n\n", phrases.count_with("cut", cut, &[("limit", &limit)])));
    }
    out.push_str(&rest);
    out
}

/// The outcome in words and in numbers: every key of the JSON summary.
fn head(page: &Page<'_>, phrases: &Phrases) -> String {
    let mut out = format!("# {}\n\n", phrases.say("title"));
    out.push_str(&format!("**{}**\n\n", escaped(&exit_words(page, phrases, "outcome"))));
    if let Some(recording) = page.recording {
        out.push_str(&format!("{}\n\n", escaped(&recording_words(recording, phrases))));
    }
    let tally = page.assessment.tally();
    let Tally { met, not_met, undetermined, waived, warned, observed, not_applicable, not_looked_at, unread } = tally;
    let columns = [
        ("not_met", not_met),
        ("undetermined", undetermined),
        ("met", met),
        ("waived", waived),
        ("warned", warned),
        ("observed", observed),
        ("not_applicable", not_applicable),
        ("not_looked_at", not_looked_at),
        ("unread", unread),
    ];
    let names: Vec<String> = columns.iter().map(|(key, _)| phrases.say(&format!("column-{key}"))).collect();
    let counts: Vec<String> = columns.iter().map(|(_, count)| count.to_string()).collect();
    out.push_str(&format!(
        "| {} |\n|{}\n| {} |\n\n",
        names.join(" | "),
        "--:|".repeat(columns.len()),
        counts.join(" | ")
    ));
    out
}

/// One criterion: heading, table of resources, and a fold with why, remedy and sources.
fn section(page: &Page<'_>, phrases: &Phrases, chapter: &Chapter<'_>) -> String {
    let title = chapter.criterion.map_or("", |criterion| page.language.of(&criterion.title));
    let mut out = format!("### {} {}\n\n", escaped(&chapter.id.0), escaped(title));
    let heads = ["column-verdict", "column-resource", "column-finding", "column-place"].map(|key| phrases.say(key));
    out.push_str(&format!("| {} |\n|---|---|---|---|\n", heads.join(" | ")));
    let rows: Vec<&Row<'_>> = chapter.groups.iter().flat_map(|group| &group.rows).collect();
    for row in rows.iter().take(ROWS_SHOWN) {
        out.push_str(&table_row(page, phrases, row));
    }
    out.push('\n');
    if let Some(left) = rows.len().checked_sub(ROWS_SHOWN).filter(|left| *left > 0) {
        out.push_str(&format!("{}\n\n", phrases.count("more-elsewhere", left)));
    }
    if let Some(criterion) = chapter.criterion.filter(|_| rows.iter().any(|row| falls_short(row))) {
        out.push_str(&details(page, phrases, criterion, &rows));
    }
    out
}

fn table_row(page: &Page<'_>, phrases: &Phrases, row: &Row<'_>) -> String {
    let verdict = match row.judgement.verdict {
        Verdict::NotMet { .. } => "❌",
        Verdict::Undetermined { .. } => "❔",
        Verdict::Met => "✅",
        Verdict::NotApplicable => "➖",
    };
    let mut said: Vec<String> = Vec::new();
    let mut places: Vec<String> = Vec::new();
    let is_breach = matches!(row.judgement.verdict, Verdict::NotMet { .. });
    for (breach, finding) in findings(row).take(FINDINGS_SHOWN) {
        let words = sentence(row.criterion, finding, phrases, page.language);
        let words = if is_breach && !breach { phrases.with("beside", &[("sentence", &words)]) } else { words };
        let words = escaped(&words);
        if !said.contains(&words) {
            said.push(words);
        }
        let link = link(page, row.place(finding, page.environment));
        if !places.contains(&link) {
            places.push(link);
        }
    }
    let left = findings(row).count().saturating_sub(FINDINGS_SHOWN);
    if left > 0 {
        said.push(phrases.count("more-elsewhere", left));
    }
    if places.is_empty() {
        places.push(link(page, row.origin()));
    }
    let name = phrases.say(&format!("verdict-{}", row.judgement.verdict.name()));
    let standing = row.judgement.standing().name();
    let key = format!("standing-short-{standing}");
    let standing = if phrases.knows(&key) { format!(" ({})", phrases.say(&key)) } else { String::new() };
    let address = code(&row.judgement.resource.full());
    format!("| {verdict} {name}{standing} | {address} | {} | {} |\n", said.join("<br>"), places.join("<br>"))
}

/// `[file:line](base/file#Lline)`.
fn link(page: &Page<'_>, place: Place<'_>) -> String {
    let base = page.link_base.unwrap_or_default();
    let uri = super::sarif::uri(place.file);
    match place.mark.line {
        0 => format!("[{}]({base}{uri})", escaped(place.file)),
        line => format!("[{}:{line}]({base}{uri}#L{line})", escaped(place.file)),
    }
}

fn details(page: &Page<'_>, phrases: &Phrases, criterion: &Criterion, rows: &[&Row<'_>]) -> String {
    let mut out = format!("<details><summary>{}</summary>\n\n", phrases.say("heading-details"));
    let severity = phrases.say(&format!("severity-{}", criterion.severity.name()));
    let level = phrases.say(&format!("level-{}", criterion.level.name()));
    let mut line = |label: &str, text: &str| out.push_str(&format!("- **{label}:** {}\n", escaped(text)));
    line(&phrases.say("label-severity"), &format!("{severity}, {level}"));
    line(&phrases.say("label-why"), page.language.of(&criterion.why));
    line(&phrases.say("label-requirement"), page.language.of(&criterion.requirement));
    let platforms: BTreeSet<Platform> = rows.iter().map(|row| row.judgement.platform).collect();
    for platform in platforms {
        if let Some(remedy) = criterion.platforms.get(&platform).and_then(|rule| rule.remedy.as_ref()) {
            line(&phrases.with("label-remedy-on", &[("platform", platform.name())]), page.language.of(remedy));
        }
    }
    let sources: Vec<String> = criterion
        .sources
        .iter()
        .map(|source| {
            let key = format!("status-{}", source.status);
            let meaning = if phrases.knows(&key) { phrases.say(&key) } else { source.status.clone() };
            format!(
                "  - {} <sub>{}: {}</sub>\n",
                escaped(&source.reference),
                escaped(&source.status),
                escaped(&meaning)
            )
        })
        .collect();
    out.push_str(&format!("- **{}:**\n{}\n</details>\n\n", phrases.say("label-sources"), sources.concat()));
    out
}

/// What was not read, not looked at or left out, folded where it is long; at most [`REST_BYTES_MAX`] bytes.
fn rest(page: &Page<'_>, phrases: &Phrases) -> String {
    let assessment = page.assessment;
    let mut out = format!("## {}\n\n", phrases.say("heading-rest"));
    if !page.environment.description.stated {
        out.push_str(&format!("> {}\n\n", phrases.say("no-description")));
    }
    let causes = by_cause(&assessment.problems);
    let problems = causes.iter().flat_map(|Cause { cause, places }| {
        places.iter().enumerate().map(move |(nth, place)| {
            // The cause once, its places below it.
            let link = link(page, *place);
            if nth == 0 { format!("- {}\n  - {link}", escaped(cause)) } else { format!("  - {link}") }
        })
    });
    fold(&mut out, phrases, "heading-unread", assessment.problems.len(), problems);
    let entries = assessment.not_looked_at.iter().map(|entry| {
        let platform = entry.platform.map_or_else(|| phrases.say("not-looked-at-nowhere"), |of| of.name().to_owned());
        format!("- {} ({platform})", escaped(&titled(page, &entry.criterion)))
    });
    fold(&mut out, phrases, "heading-not-looked-at", assessment.not_looked_at.len(), entries);
    let kinds = assessment.kinds_not_judged.iter().map(|kind| format!("- {}", code(kind)));
    fold(&mut out, phrases, "heading-kinds", assessment.kinds_not_judged.len(), kinds);
    let namespaces = assessment.exempt_namespaces.iter().map(|namespace| format!("- {}", code(namespace)));
    fold(&mut out, phrases, "heading-exempt", assessment.exempt_namespaces.len(), namespaces);
    let waivers = assessment
        .waivers
        .iter()
        .map(|standing| format!("- {}", escaped(&super::text::waiver_words(page, phrases, standing))));
    fold(&mut out, phrases, "heading-waivers", assessment.waivers.len(), waivers);
    out
}

fn fold(out: &mut String, phrases: &Phrases, key: &str, count: usize, entries: impl Iterator<Item = String>) {
    if count == 0 {
        return;
    }
    out.push_str(&format!("<details><summary>{}</summary>\n\n", phrases.count(key, count)));
    let mut shown = 0;
    for entry in entries.take(ENTRIES_SHOWN) {
        if out.len() + entry.len() > REST_BYTES_MAX - 4096 {
            break;
        }
        out.push_str(&format!("{entry}\n"));
        shown += 1;
    }
    if let Some(left) = count.checked_sub(shown).filter(|left| *left > 0) {
        out.push_str(&format!("- {}\n", phrases.count("more-elsewhere", left)));
    }
    out.push_str("\n</details>\n\n");
}

fn titled(page: &Page<'_>, id: &CriterionId) -> String {
    let criterion = page.criteria.iter().find(|criterion| criterion.id == *id);
    format!("{} {}", id.0, criterion.map_or("", |criterion| page.language.of(&criterion.title)))
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

/// A text that is seen as it is, on one line: everything that GitHub's markdown or HTML would act on is an entity,
/// which ends neither a table's cell nor a tag; acting characters are written out; `://` and `www.` make no link.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        debug_assert!(!acts(c));
        match c {
            '&' | '<' | '>' | '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '#' | '$' | '@' | '!' | '"' => {
                out.push_str(&format!("&#{};", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.replace("://", "&#58;//").replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_neither_markup_nor_links() {
        assert_eq!(escaped("a|b`<b>\n[x](y) https://z"), "a&#124;b&#96;&#60;b&#62;&#92;n&#91;x&#93;(y) https&#58;//z");
    }
}
