//! A page of a period for people: one file without script and without anything from elsewhere, to read on a screen of
//! 320 px, on paper, or by ear (specification of the evidence log, section 15.4). Start at [`render`].
use super::super::{Language, clean::clean, words::Phrases};
use super::{
    Edition, Table,
    figures::{Cell, Tone, day, duration, hours, moment, percent, rfc3339, shortened},
    tables::{Column, table},
};
use crate::model::{History, ResourceTime, Share};

/// A page shows at most this many rows of a table; browsers and paper take no more. Spreadsheets have all.
const ROWS_MAX: usize = 1000;

const STYLE: &str = include_str!("page.css");

/// The parts of a bar and their colours, which differ in lightness too; white is unknown. The numbers stand beside it.
const MET: &str = "#2f7d5b";
const WAIVED: &str = "#8db8e0";
const NOT_MET: &str = "#8f1414";
const UNKNOWN: &str = "#ffffff";

/// Tables in the order in which they are read.
const ORDER: [Table; 6] = [Table::Criteria, Table::Deviations, Table::Gaps, Table::Items, Table::Waivers, Table::Runs];

/// The page, complete.
#[must_use]
pub fn render(edition: &Edition<'_>) -> String {
    let phrases = Phrases::new(edition.language);
    let language = match edition.language {
        Language::English => "en",
        Language::Norwegian => "nb",
    };
    let period = edition.history.period;
    let places = [("from", day(period.from)), ("to", day(period.to))];
    let places = places.each_ref().map(|(name, text)| (*name, text.as_str()));
    let title = escape(&phrases.with("evidence-title", &places));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n\
         <p class=\"lead\">{}</p>\n</header>\n",
        escape(&phrases.with("evidence-lead", &[("environment", &edition.header.environment)])),
    );
    contents(&mut out, &phrases);
    out.push_str("<main>\n");
    summary(&mut out, edition, &phrases);
    for which in ORDER {
        section(&mut out, which, edition, &phrases);
    }
    list(&mut out, &phrases, "method", &edition.method(&phrases));
    list(&mut out, &phrases, "not-checked", &edition.not_checked(&phrases));
    open(&mut out, &phrases, "source");
    out.push_str("<dl class=\"head\">\n");
    for (label, cell) in edition.head(&phrases) {
        out.push_str(&format!("<dt>{}</dt><dd>{}</dd>\n", escape(&label), shown(&cell, edition.language, &phrases)));
    }
    out.push_str("</dl>\n</section>\n</main>\n<footer>");
    out.push_str(&escape(&phrases.say("evidence-foot")));
    out.push_str("</footer>\n</body>\n</html>\n");
    out
}

fn contents(out: &mut String, phrases: &Phrases) {
    let names = ["summary"].into_iter().chain(ORDER.map(Table::name)).chain(["method", "not-checked", "source"]);
    out.push_str(&format!("<nav aria-label=\"{}\">\n<ul>\n", escape(&phrases.say("evidence-contents"))));
    for name in names {
        out.push_str(&format!("<li><a href=\"#{name}\">{}</a></li>\n", escape(&heading(name, phrases))));
    }
    out.push_str("</ul>\n</nav>\n");
}

fn heading(name: &str, phrases: &Phrases) -> String {
    let key = if name == "not-checked" { "evidence-not-checked".to_owned() } else { format!("evidence-table-{name}") };
    phrases.say(&key)
}

fn open(out: &mut String, phrases: &Phrases, name: &str) {
    let title = escape(&heading(name, phrases));
    out.push_str(&format!("<section id=\"{name}\" aria-labelledby=\"{name}-h\">\n<h2 id=\"{name}-h\">{title}</h2>\n"));
}

fn list(out: &mut String, phrases: &Phrases, name: &str, sentences: &[String]) {
    open(out, phrases, name);
    out.push_str("<ul>\n");
    for sentence in sentences {
        out.push_str(&format!("<li>{}</li>\n", escape(sentence)));
    }
    out.push_str("</ul>\n</section>\n");
}

fn summary(out: &mut String, edition: &Edition<'_>, phrases: &Phrases) {
    open(out, phrases, "summary");
    out.push_str("<ul class=\"notices\">\n");
    for (tone, notice) in edition.notices(phrases) {
        out.push_str(&format!("<li class=\"{}\">{}</li>\n", tone.name(), marked(tone, &notice)));
    }
    out.push_str("</ul>\n<dl class=\"figures\">\n");
    let figures = compliance(edition, phrases).into_iter().chain(events(edition.history, phrases));
    for (label, value, beside) in figures {
        out.push_str(&format!(
            "<div><dt>{}</dt><dd><span class=\"value\">{}</span><br><span class=\"beside\">{}</span></dd></div>\n",
            escape(&label),
            escape(&value),
            escape(&beside)
        ));
    }
    out.push_str("</dl>\n</section>\n");
}

/// A figure of the summary: what it is, its value, and what must be read beside it.
pub(super) type Figure = (String, String, String);

/// The triple of section 14: coverage, and both ways to see compliance, neither without coverage.
pub(super) fn compliance(edition: &Edition<'_>, phrases: &Phrases) -> [Figure; 3] {
    let all = &edition.history.all;
    let shown = |share: Share| percent(share, edition.language).unwrap_or_else(|| phrases.say("evidence-no-time"));
    let coverage = shown(all.coverage());
    let total = hours(all.total(), edition.language);
    let beside = phrases.with("evidence-beside-coverage", &[("coverage", &coverage)]);
    [
        (
            phrases.say("evidence-figure-coverage"),
            coverage.clone(),
            phrases.with("evidence-beside-total", &[("hours", &total)]),
        ),
        (phrases.say("evidence-figure-strict"), shown(all.strict()), beside.clone()),
        (phrases.say("evidence-figure-of-observed"), shown(all.of_observed()), beside),
    ]
}

pub(super) fn events(history: &History, phrases: &Phrases) -> [Figure; 5] {
    let number = |count: usize| count.to_string();
    let open: Vec<_> = history.deviations.iter().filter(|one| one.is_open()).collect();
    let ageing = history.ageing;
    let days = [ageing.days_0_to_7, ageing.days_8_to_30, ageing.days_31_to_90, ageing.days_over_90]
        .map(|count| count.to_string());
    let [week, month, quarter, older] = days.each_ref().map(String::as_str);
    let overdue = ageing.overdue.to_string();
    let longest = history.longest_gap().map_or_else(
        || phrases.say("evidence-beside-no-gap"),
        |gap| phrases.with("evidence-beside-longest-gap", &[("length", &duration(gap.length(), phrases))]),
    );
    let silence = history.longest_without_run.map_or_else(String::new, |silence| {
        phrases.with("evidence-beside-silence", &[("length", &duration(silence.length(), phrases))])
    });
    let repair = history.repair;
    let length =
        |length: Option<u64>| length.map_or_else(|| phrases.say("evidence-none"), |one| duration(one, phrases));
    let counts = [repair.closed.to_string(), repair.still_open.to_string()];
    let places = [
        ("mean", length(repair.mean)),
        ("ninetieth", length(repair.ninetieth)),
        ("closed", counts[0].clone()),
        ("open", counts[1].clone()),
    ];
    let places = places.each_ref().map(|(name, text)| (*name, text.as_str()));
    let label = phrases.say("evidence-figure-repair");
    let late = history.anchors.late.iter().map(|late| late.length()).fold(0, u64::saturating_add);
    [
        (phrases.say("evidence-figure-gaps"), number(history.gaps().count()), longest),
        (
            phrases.say("evidence-figure-deviations"),
            number(open.len()),
            phrases.with(
                "evidence-beside-ageing",
                &[("overdue", &overdue), ("week", week), ("month", month), ("quarter", quarter), ("older", older)],
            ),
        ),
        match repair.median {
            Some(median) => (label, duration(median, phrases), phrases.with("evidence-beside-repair", &places)),
            None => (label, "–".to_owned(), phrases.with("evidence-beside-no-repair", &[("open", &counts[1])])),
        },
        (phrases.say("evidence-figure-runs"), number(history.runs.len()), silence),
        (
            phrases.say("evidence-figure-anchors"),
            history.anchors.count.to_string(),
            phrases.with("evidence-beside-anchors", &[("length", &duration(late, phrases))]),
        ),
    ]
}

fn section(out: &mut String, which: Table, edition: &Edition<'_>, phrases: &Phrases) {
    let (columns, rows) = table(which, edition, phrases);
    open(out, phrases, which.name());
    if rows.is_empty() {
        out.push_str(&format!("<p>{}</p>\n</section>\n", escape(&phrases.say("evidence-empty"))));
        return;
    }
    let bars = which == Table::Criteria;
    if bars {
        key(out, phrases);
    }
    let title = escape(&heading(which.name(), phrases));
    let caption = escape(&phrases.count(&format!("evidence-caption-{}", which.name()), rows.len()));
    out.push_str(&format!(
        "<div class=\"scroll\" role=\"region\" aria-label=\"{title}\" tabindex=\"0\">\n<table>\n\
         <caption><span>{caption}</span></caption>\n<thead><tr>"
    ));
    for (column, cell) in on_page(columns, rows.first()) {
        let number = if is_number(column, cell) { " class=\"number\"" } else { "" };
        // Percentages and lengths carry their units; other numbers have them in the title.
        let bare = matches!(cell, Cell::Count(_) | Cell::ResourceTime(_));
        let words = escape(&if bare { column.title_with_unit(phrases) } else { column.title(phrases) });
        out.push_str(&format!("<th scope=\"col\"{number}>{words}</th>"));
    }
    if bars {
        out.push_str(&format!("<th scope=\"col\">{}</th>", escape(&phrases.say("evidence-column-bar"))));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    let times = edition.history.criteria.values().map(Some).chain(std::iter::repeat(None));
    for (row, time) in rows.iter().take(ROWS_MAX).zip(times) {
        out.push_str("<tr>");
        for (nth, (column, cell)) in on_page(columns, Some(row)).enumerate() {
            let class = if is_number(column, cell) { " class=\"number\"" } else { "" };
            let (start, end) = if nth == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
            out.push_str(&format!("<{start}{class}>{}</{end}>", shown(cell, edition.language, phrases)));
        }
        if let Some(time) = time.filter(|_| bars) {
            out.push_str(&format!("<td>{}</td>", bar(time)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n</div>\n");
    if rows.len() > ROWS_MAX {
        let left = rows.len() - ROWS_MAX;
        out.push_str(&format!("<p>{}</p>\n", escape(&phrases.count("evidence-more", left))));
    }
    out.push_str("</section>\n");
}

fn is_number(column: &Column, cell: &Cell) -> bool {
    column.unit.is_some() || matches!(cell, Cell::Count(_))
}

fn on_page<'a>(columns: &'a [Column], row: Option<&'a Vec<Cell>>) -> impl Iterator<Item = (&'a Column, &'a Cell)> {
    columns.iter().zip(row.into_iter().flatten()).filter(|(column, _)| column.on_page)
}

/// What the parts of a bar are; the numbers stand in the table beside it.
fn key(out: &mut String, phrases: &Phrases) {
    out.push_str("<ul class=\"key\">\n");
    for (name, colour) in [("met", MET), ("waived", WAIVED), ("not_met", NOT_MET), ("none", UNKNOWN)] {
        out.push_str(&format!(
            "<li><svg viewBox=\"0 0 1 1\" aria-hidden=\"true\" preserveAspectRatio=\"none\">\
             <rect fill=\"{colour}\" width=\"1\" height=\"1\"/></svg>{}</li>\n",
            escape(&phrases.say(&format!("evidence-bar-{name}")))
        ));
    }
    out.push_str("</ul>\n");
}

/// Met, waived and not met side by side, as parts of all time; what is left is unknown.
fn bar(time: &ResourceTime) -> String {
    let of = |part| Share { part, whole: time.total() }.per_mille().unwrap_or(0);
    let mut at = 0;
    let mut parts = String::new();
    for (colour, part) in [(MET, time.met), (WAIVED, time.waived), (NOT_MET, time.not_met)] {
        let width = of(part);
        if width > 0 {
            parts.push_str(&format!("<rect fill=\"{colour}\" x=\"{at}\" width=\"{width}\" height=\"10\"/>"));
            at += width;
        }
    }
    format!(
        "<svg class=\"bar\" viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">{parts}</svg>"
    )
}

/// A value with its unit, as markup.
fn shown(cell: &Cell, language: Language, phrases: &Phrases) -> String {
    match cell {
        Cell::Empty => "–".to_owned(),
        Cell::Text(text) => match shortened(text) {
            Some(short) => format!("<span class=\"id\">{}</span>", escape(&short)),
            None => escape(text),
        },
        Cell::Id(text) => format!("<span class=\"id\">{}</span>", escape(text)),
        Cell::Count(count) => count.to_string(),
        Cell::Time(at) => format!("<time datetime=\"{}\">{}</time>", rfc3339(*at), moment(*at)),
        Cell::Length(length) => escape(&duration(*length, phrases)),
        Cell::ResourceTime(time) => hours(*time, language),
        Cell::Share(share) => escape(&percent(*share, language).unwrap_or_else(|| phrases.say("evidence-no-time"))),
        Cell::Mark(tone, text) => format!("<span class=\"{}\">{}</span>", tone.name(), marked(*tone, text)),
    }
}

fn marked(tone: Tone, text: &str) -> String {
    format!("<span class=\"sign\" aria-hidden=\"true\">{}</span> {}", tone.sign(), escape(text))
}

/// A text as it is: nothing of it acts, neither as markup nor on the screen.
fn escape(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
