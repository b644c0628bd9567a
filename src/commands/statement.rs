//! What `waiver` and `attest` have in common: rows of what was read, what is wrong beside them, and the exit code.
use super::{print, table::table};
use crate::{
    model::{Criterion, CriterionId, Origin, Problem, Timestamp},
    report::Language,
};
use serde_json::{Value, json};
use time::OffsetDateTime;

/// Something expired or void was found.
const NOT_IN_ORDER: u8 = 1;

/// One waiver or attestation as it is listed.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) criterion: CriterionId,
    /// Further columns, under the names that both the table and JSON use.
    pub(super) details: Vec<(&'static str, String)>,
    /// The first second at which it no longer holds.
    pub(super) expires: Timestamp,
    pub(super) state: State,
    pub(super) origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    InForce,
    NotYet,
    Expired,
    Unmatched,
    /// A later statement has taken its place.
    Replaced,
}

impl State {
    const fn name(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::NotYet => "not_yet",
            Self::Expired => "expired",
            Self::Unmatched => "unmatched",
            Self::Replaced => "replaced",
        }
    }

    const fn words(self, language: Language) -> &'static str {
        match (self, language) {
            (Self::InForce, Language::English) => "in force",
            (Self::InForce, Language::Norwegian) => "gjelder",
            (Self::NotYet, Language::English) => "not yet in force",
            (Self::NotYet, Language::Norwegian) => "gjelder ikke ennå",
            (Self::Expired, Language::English) => "expired",
            (Self::Expired, Language::Norwegian) => "utløpt",
            (Self::Unmatched, Language::English) => "covers nothing",
            (Self::Unmatched, Language::Norwegian) => "dekker ingenting",
            (Self::Replaced, Language::English) => "replaced by a later one",
            (Self::Replaced, Language::Norwegian) => "erstattet av en nyere",
        }
    }
}

/// What is shown: rows and problems, for people or for programs.
pub(super) struct Listing<'a> {
    /// `waivers` or `attestations`: the key in JSON.
    pub(super) what: &'static str,
    /// The line for an empty list, in both languages.
    pub(super) none: (&'static str, &'static str),
    pub(super) rows: Vec<Row>,
    pub(super) problems: Vec<Problem>,
    pub(super) criteria: &'a [Criterion],
    /// Whether what has expired or is void makes the exit code 1.
    pub(super) checking: bool,
}

impl Listing<'_> {
    /// Prints the listing and gives the exit code.
    ///
    /// # Errors
    /// When standard output cannot be written.
    pub(super) fn show(&self, as_json: bool, language: Language) -> anyhow::Result<u8> {
        let text = if as_json { format!("{:#}\n", self.json()) } else { self.text(language) };
        print(text.as_bytes())?;
        let expired = self.rows.iter().any(|row| row.state == State::Expired);
        Ok(if self.checking && (expired || !self.problems.is_empty()) { NOT_IN_ORDER } else { 0 })
    }

    fn text(&self, language: Language) -> String {
        let mut text = match (self.rows.is_empty(), language) {
            (true, Language::English) => format!("{}\n", self.none.0),
            (true, Language::Norwegian) => format!("{}\n", self.none.1),
            (false, _) => self.table(language),
        };
        for problem in &self.problems {
            text.push_str(&format!("\n{}: {}\n", place(&problem.origin), problem.cause));
        }
        text
    }

    fn table(&self, language: Language) -> String {
        let title = |id: &CriterionId| {
            let criterion = self.criteria.iter().find(|criterion| criterion.id == *id);
            criterion.map_or("", |criterion| match language {
                Language::English => &criterion.title.en,
                Language::Norwegian => &criterion.title.nb,
            })
        };
        let mut head = vec![headline("id", language), headline("criterion", language)];
        head.extend(self.rows.iter().take(1).flat_map(|row| &row.details).map(|(name, _)| headline(name, language)));
        head.extend(["expires", "state", "place"].map(|name| headline(name, language)));
        let rows: Vec<Vec<String>> = self
            .rows
            .iter()
            .map(|row| {
                let mut cells = vec![row.id.clone(), format!("{} {}", row.criterion, title(&row.criterion))];
                cells.extend(row.details.iter().map(|(name, detail)| word(name, detail, language)));
                cells.extend([last_day(row.expires), row.state.words(language).to_owned(), place(&row.origin)]);
                cells
            })
            .collect();
        table(&head, &rows)
    }

    fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let mut entry = json!({
                    "id": row.id,
                    "criterion": row.criterion.0.as_ref(),
                    "expires": last_day(row.expires),
                    "state": row.state.name(),
                    "file": row.origin.path().as_ref(),
                    "line": row.origin.mark().line,
                });
                if let Value::Object(map) = &mut entry {
                    map.extend(row.details.iter().map(|(name, detail)| ((*name).to_owned(), detail.as_str().into())));
                }
                entry
            })
            .collect();
        let problems: Vec<Value> = self
            .problems
            .iter()
            .map(|problem| {
                let (file, line) = (problem.origin.path().as_ref(), problem.origin.mark().line);
                json!({"file": file, "line": line, "cause": problem.cause})
            })
            .collect();
        json!({"version": 1, self.what: rows, "problems": problems})
    }
}

/// Headlines of the columns. A name that is not in the table stands for itself.
fn headline(name: &'static str, language: Language) -> &'static str {
    match (name, language) {
        (_, Language::English) => name,
        ("criterion", Language::Norwegian) => "kriterium",
        ("owner", Language::Norwegian) => "ansvarlig",
        ("approver", Language::Norwegian) => "godkjent av",
        ("granted", Language::Norwegian) => "gitt",
        ("stated", Language::Norwegian) => "erklært",
        ("verdict", Language::Norwegian) => "svar",
        ("expires", Language::Norwegian) => "utløper",
        ("state", Language::Norwegian) => "status",
        ("place", Language::Norwegian) => "sted",
        (_, Language::Norwegian) => name,
    }
}

/// A detail as people read it.
fn word(name: &str, detail: &str, language: Language) -> String {
    match (name, detail, language) {
        ("verdict", "met", Language::Norwegian) => "oppfylt",
        ("verdict", "not_met", Language::Norwegian) => "ikke oppfylt",
        ("verdict", "not_met", Language::English) => "not met",
        _ => detail,
    }
    .to_owned()
}

fn place(origin: &Origin) -> String {
    format!("{}:{}", origin.path(), origin.mark().line)
}

/// The day of a moment, UTC: `2026-12-31`.
pub(super) fn day(at: Timestamp) -> String {
    OffsetDateTime::from_unix_timestamp(at.0).map_or_else(|_| at.0.to_string(), |moment| moment.date().to_string())
}

/// The last day of what no longer holds at a moment.
fn last_day(expires: Timestamp) -> String {
    day(Timestamp(expires.0.saturating_sub(1)))
}
