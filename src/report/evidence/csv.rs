//! Tables for a spreadsheet (specification of the evidence log, section 15.3). Start at [`render`].
//!
//! One file per table: rows can be sorted and filtered without splitting sections first. The form is RFC 4180 with a
//! byte order mark, without which spreadsheets misread letters beyond ASCII. Norwegian spreadsheets take a comma for
//! the decimal sign, so that their cells are parted by semicolons and decimals are written with a comma.
use super::super::{Language, clean::clean, words::Phrases};
use super::{
    Edition, Table,
    figures::{Cell, hours, rfc3339, tenths},
    tables::table,
};

/// One table with the head of the export above it and an empty line between.
///
/// Times are RFC 3339 in UTC, numbers stand without their unit, which is in the column's title.
#[must_use]
pub fn render(which: Table, edition: &Edition<'_>) -> String {
    let phrases = Phrases::new(edition.language);
    let mut out = String::from('\u{feff}');
    let title = phrases.say(&format!("evidence-table-{}", which.name()));
    line(&mut out, edition.language, [phrases.say("evidence-head-table"), title].into_iter());
    for (label, cell) in edition.head(&phrases) {
        line(&mut out, edition.language, [label, written(&cell, edition.language, &phrases)].into_iter());
    }
    let (columns, rows) = table(which, edition, &phrases);
    let count = [phrases.say("evidence-head-table-rows"), rows.len().to_string()];
    line(&mut out, edition.language, count.into_iter());
    for (_, notice) in edition.notices(&phrases) {
        line(&mut out, edition.language, [phrases.say("evidence-head-notice"), notice].into_iter());
    }
    for unchecked in edition.not_checked(&phrases) {
        line(&mut out, edition.language, [phrases.say("evidence-not-checked"), unchecked].into_iter());
    }
    out.push_str("\r\n");
    line(&mut out, edition.language, columns.iter().map(|column| column.title_with_unit(&phrases)));
    for row in &rows {
        line(&mut out, edition.language, row.iter().map(|cell| written(cell, edition.language, &phrases)));
    }
    out
}

/// A value without its unit.
fn written(cell: &Cell, language: Language, phrases: &Phrases) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Id(text) | Cell::Mark(_, text) => text.clone(),
        Cell::Count(count) => count.to_string(),
        Cell::Time(at) => rfc3339(*at),
        Cell::Length(length) => (length / 1000).to_string(),
        Cell::ResourceTime(time) => hours(*time, language),
        Cell::Share(share) => share
            .per_mille()
            .map_or_else(|| phrases.say("evidence-no-time"), |share| tenths(u128::from(share), language)),
    }
}

fn line(out: &mut String, language: Language, cells: impl Iterator<Item = String>) {
    let separator = match language {
        Language::English => ',',
        Language::Norwegian => ';',
    };
    for (nth, cell) in cells.enumerate() {
        if nth > 0 {
            out.push(separator);
        }
        out.push_str(&guarded(&cell));
    }
    out.push_str("\r\n");
}

/// A cell that no spreadsheet runs: an apostrophe before what would start a formula, acting characters written out,
/// and quotes where a separator, a quote or a space at an edge asks for them.
fn guarded(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = format!("{}{}", if formula { "'" } else { "" }, clean(text));
    let quoted = cell.contains([',', ';', '"']) || cell.trim() != cell;
    if quoted { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cannot_be_formulas_nor_break_out() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\\t=1"),
            ("\r=1", "'\\r=1"),
            ("a=1", "a=1"),
            ("a,b", "\"a,b\""),
            ("a;b", "\"a;b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("=HYPERLINK(\"x\";\"y\")", "\"'=HYPERLINK(\"\"x\"\";\"\"y\"\")\""),
            (" a", "\" a\""),
            ("a\r\nb", "a\\r\\nb"),
            ("", ""),
        ] {
            assert_eq!(guarded(text), cell, "{text:?}");
        }
    }
}
