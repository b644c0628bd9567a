//! A period for a terminal: what a reader must know first, then tables with the columns that fit. Start at [`render`].
use super::super::{clean::clean, words::Phrases};
use super::{
    Edition, Table,
    figures::{Cell, Tone, day, duration, hours, moment, percent},
    html::{compliance, events},
    tables::table,
};

/// What is printed of each table, in the order in which it is read, by the keys of columns.
const SHOWN: [(Table, &[&str]); 6] = [
    (Table::Items, &["item", "scope", "owner", "observations", "planned", "covered", "item-coverage"]),
    (Table::Gaps, &["declared", "item", "from", "to", "length"]),
    (Table::Deviations, &["state", "criterion", "severity", "resource", "opened", "age", "due", "overdue"]),
    (Table::Criteria, &["criterion", "coverage", "strict", "of-observed", "waived-share", "total", "open"]),
    (Table::Waivers, &["waiver-state", "waiver", "expires", "approval"]),
    (Table::Runs, &["run-state", "observed", "scope", "met", "not-met", "undetermined", "problems"]),
];

/// What is open comes first and is seldom more; spreadsheets have all rows.
const ROWS_MAX: usize = 60;

/// Longer pseudonyms are cut: they are told apart by their first digits.
const PSEUDONYM_CHARACTERS: usize = 13;

/// The text, ending in a line end.
#[must_use]
pub fn render(edition: &Edition<'_>) -> String {
    let phrases = Phrases::new(edition.language);
    let period = edition.history.period;
    let places = [("from", day(period.from)), ("to", day(period.to))];
    let places = places.each_ref().map(|(name, text)| (*name, text.as_str()));
    let mut out = format!("{}: {}\n\n", clean(&edition.header.environment), phrases.with("evidence-title", &places));
    for (tone, notice) in edition.notices(&phrases) {
        out.push_str(&format!("{} {}\n", tone.sign(), clean(&notice)));
    }
    out.push('\n');
    let figures: Vec<_> = compliance(edition, &phrases).into_iter().chain(events(edition.history, &phrases)).collect();
    let lines = figures.into_iter().map(|(label, value, beside)| vec![label, value, beside]).collect();
    aligned(&mut out, lines, &[]);
    for (which, keys) in SHOWN {
        section(&mut out, which, keys, edition, &phrases);
    }
    out
}

fn section(out: &mut String, which: Table, keys: &[&str], edition: &Edition<'_>, phrases: &Phrases) {
    let (columns, mut rows) = table(which, edition, phrases);
    if which == Table::Deviations {
        rows.sort_by_key(|row| !matches!(row.first(), Some(Cell::Mark(Tone::Bad, _))));
    }
    if rows.is_empty() {
        return;
    }
    let title = phrases.say(&format!("evidence-table-{}", which.name()));
    out.push_str(&format!("\n{title}\n"));
    let places: Vec<usize> =
        keys.iter().filter_map(|key| columns.iter().position(|column| column.key == *key)).collect();
    let bare =
        |place: usize| rows.iter().any(|row| matches!(row.get(place), Some(Cell::Count(_) | Cell::ResourceTime(_))));
    let heading = |place: &usize| {
        let column = columns.get(*place);
        column.map_or_else(String::new, |column| {
            if bare(*place) { column.title_with_unit(phrases) } else { column.title(phrases) }
        })
    };
    let number = |place: &usize| columns.get(*place).is_some_and(|column| column.unit.is_some()) || bare(*place);
    let mut lines = vec![places.iter().map(heading).collect::<Vec<String>>()];
    let left_out = rows.len().saturating_sub(ROWS_MAX);
    // Of runs the last matter most.
    let skipped = if which == Table::Runs { left_out } else { 0 };
    for row in rows.iter().skip(skipped).take(ROWS_MAX) {
        let cell = |place: &usize| row.get(*place).map_or_else(String::new, |cell| written(cell, edition, phrases));
        lines.push(places.iter().map(cell).collect());
    }
    aligned(out, lines, &places.iter().map(number).collect::<Vec<bool>>());
    if left_out > 0 {
        out.push_str(&format!("  {}\n", phrases.count("evidence-more", left_out)));
    }
}

fn written(cell: &Cell, edition: &Edition<'_>, phrases: &Phrases) -> String {
    let text = match cell {
        Cell::Empty => "–".to_owned(),
        Cell::Text(text) | Cell::Id(text) if text.starts_with("hmac:") => {
            let short: String = text.chars().take(PSEUDONYM_CHARACTERS).collect();
            format!("{short}…")
        }
        Cell::Text(text) | Cell::Id(text) => text.clone(),
        Cell::Count(count) => count.to_string(),
        Cell::Time(at) => moment(*at),
        Cell::Length(length) => duration(*length, phrases),
        Cell::ResourceTime(time) => hours(*time, edition.language),
        Cell::Share(share) => percent(*share, edition.language).unwrap_or_else(|| phrases.say("evidence-no-time")),
        Cell::Mark(tone, text) => format!("{} {text}", tone.sign()),
    };
    clean(&text).into_owned()
}

/// Lines with their parts below each other, two spaces apart; numbers to the right.
fn aligned(out: &mut String, lines: Vec<Vec<String>>, numbers: &[bool]) {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let wide = |text: &String| text.chars().count();
    let widths: Vec<usize> =
        (0..columns).map(|nth| lines.iter().filter_map(|line| line.get(nth)).map(wide).max().unwrap_or(0)).collect();
    for line in lines {
        let mut written = String::from(" ");
        for ((nth, text), width) in line.iter().enumerate().zip(&widths) {
            let space = " ".repeat(width - wide(text));
            match numbers.get(nth) {
                Some(true) => written.push_str(&format!(" {space}{text} ")),
                Some(false) | None => written.push_str(&format!(" {text}{space} ")),
            }
        }
        out.push_str(written.trim_end());
        out.push('\n');
    }
}
