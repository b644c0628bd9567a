//! Exports of a period of the evidence log: tables, a page, SARIF and in-toto. Pure, and without a clock: the same log,
//! period and language give the same bytes on any day and in any time zone.
//!
//! Start at [`Edition`]. Tables and figures are made once, in `tables.rs` and `figures.rs`, so that every format shows
//! the same numbers.
pub mod csv;
mod figures;
pub mod html;
pub mod intoto;
pub mod json;
pub mod sarif;
mod tables;
pub mod text;

use super::{Language, sentence::sentence, words::Phrases};
use crate::model::{Criterion, Finding, History};
use figures::{Cell, duration, moment};

/// What exports of a period are made from.
#[derive(Clone, Copy, Debug)]
pub struct Edition<'a> {
    pub header: &'a Header,
    pub history: &'a History,
    /// Criteria of the bundle, for titles, severities and levels; an id that is not among them is shown alone.
    pub criteria: &'a [Criterion],
    pub language: Language,
}

/// Where the numbers come from. Times are milliseconds since 1970.
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// The secure processing environment, by its name.
    pub environment: String,
    /// Origin, size (entries) and root of the log that was read.
    pub origin: String,
    pub size: u64,
    pub root: String,
    /// Time of the newest entry of that log.
    pub log_time: i64,
    /// Entries of the period.
    pub entries: u64,
    /// As the newest run names them: `sha256:` and 64 hexadecimal digits; `None` = no run does.
    pub bundle: Option<String>,
    pub profile: Option<String>,
    pub plan: Option<String>,
    /// What was left out on request, one clause each, in the language of the export.
    pub filters: Vec<String>,
    /// What the verification of this log did not check, one clause each, in the language of the export.
    pub not_checked: Vec<String>,
}

/// What findings say, one clause each, in their order; each with its criterion, where that is known.
#[must_use]
pub fn said(findings: &[(Option<&Criterion>, Finding)], language: Language) -> Vec<String> {
    let phrases = Phrases::new(language);
    findings.iter().map(|(criterion, finding)| sentence(*criterion, finding, &phrases, language)).collect()
}

/// What no export can say of itself, one clause each, for [`Header::not_checked`].
#[must_use]
pub fn unverified(language: Language, with_other_shards: bool) -> Vec<String> {
    let phrases = Phrases::new(language);
    let others = with_other_shards.then_some("evidence-unchecked-others");
    ["evidence-unchecked-log"].into_iter().chain(others).map(|key| phrases.say(key)).collect()
}

/// What an export of runs leaves out: those of other scopes or shards, for [`Header::filters`].
#[must_use]
pub fn left_out(language: Language, names: &[String]) -> Option<String> {
    let phrases = Phrases::new(language);
    (!names.is_empty()).then(|| phrases.with("evidence-left-out", &[("names", &names.join(", "))]))
}

/// One table of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    Criteria,
    Deviations,
    Gaps,
    Items,
    Runs,
    Waivers,
}

impl Table {
    pub const ALL: [Self; 6] = [Self::Criteria, Self::Deviations, Self::Gaps, Self::Items, Self::Runs, Self::Waivers];

    /// The name, as in `criteria.csv`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Criteria => "criteria",
            Self::Deviations => "deviations",
            Self::Gaps => "gaps",
            Self::Items => "items",
            Self::Runs => "runs",
            Self::Waivers => "waivers",
        }
    }
}

impl Edition<'_> {
    fn criterion(&self, id: &str) -> Option<&Criterion> {
        self.criteria.iter().find(|criterion| *criterion.id.0 == *id)
    }

    /// Rows of result sets in the period: judgements of all its runs.
    fn rows(&self) -> u64 {
        let runs = self.history.runs.iter();
        runs.flat_map(|run| [run.met, run.not_met, run.undetermined, run.not_applicable]).fold(0, u64::saturating_add)
    }

    /// What stands at the head of every export: label and value.
    fn head(&self, phrases: &Phrases) -> Vec<(String, Cell)> {
        let Header { environment, origin, size, root, log_time, entries, bundle, profile, plan, filters, .. } =
            self.header;
        let history = self.history;
        let digest =
            |digest: &Option<String>| Cell::Text(digest.clone().unwrap_or_else(|| phrases.say("evidence-none")));
        let filters = if filters.is_empty() { phrases.say("evidence-none") } else { filters.join("; ") };
        let lines = [
            ("environment", Cell::Text(environment.clone())),
            ("from", Cell::Time(history.period.from)),
            ("to", Cell::Time(history.period.to)),
            ("as-of", Cell::Time(history.as_of)),
            ("origin", Cell::Text(origin.clone())),
            ("size", Cell::Count(*size)),
            ("root", Cell::Text(root.clone())),
            ("log-time", Cell::Time(*log_time)),
            ("entries", Cell::Count(*entries)),
            ("runs", Cell::Count(u64::try_from(history.runs.len()).unwrap_or(u64::MAX))),
            ("rows", Cell::Count(self.rows())),
            ("bundle", digest(bundle)),
            ("profile", digest(profile)),
            ("plan", digest(plan)),
            ("filters", Cell::Text(filters)),
            ("tool", Cell::Text(concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned())),
        ];
        lines.into_iter().map(|(key, cell)| (phrases.say(&format!("evidence-head-{key}")), cell)).collect()
    }

    /// What the numbers mean and what they do not say, one sentence each.
    fn method(&self, phrases: &Phrases) -> Vec<String> {
        const SENTENCES: [&str; 9] =
            ["time", "shares", "holds", "gaps", "runs", "deviations", "repair", "attested", "limits"];
        SENTENCES.iter().map(|key| phrases.say(&format!("evidence-method-{key}"))).collect()
    }

    /// What was not checked: what the verification says, and what no export of this program covers.
    fn not_checked(&self, phrases: &Phrases) -> Vec<String> {
        let always = ["evidence-unchecked-reality", "evidence-unchecked-median"].map(|key| phrases.say(key));
        self.header.not_checked.iter().cloned().chain(always).collect()
    }

    /// What a reader must know first, with how good or bad it is.
    fn notices(&self, phrases: &Phrases) -> Vec<(figures::Tone, String)> {
        use figures::Tone;
        let history = self.history;
        let mut notices = Vec::new();
        let undeclared = history.undeclared();
        let gaps = history.gaps().count();
        let planned = history.items.iter().any(|item| item.planned > 0);
        if undeclared > 0 {
            notices.push((Tone::Bad, phrases.count("evidence-notice-undeclared", undeclared)));
        }
        if gaps > undeclared {
            notices.push((Tone::Unknown, phrases.count("evidence-notice-declared", gaps - undeclared)));
        }
        if gaps == 0 && planned {
            notices.push((Tone::Good, phrases.say("evidence-notice-no-gap")));
        }
        let without_plan = history.without_plan.iter().map(|period| period.length()).fold(0, u64::saturating_add);
        if without_plan > 0 {
            let length = duration(without_plan, phrases);
            notices.push((Tone::Unknown, phrases.with("evidence-notice-no-plan", &[("length", &length)])));
        }
        if let Some(rest) = history.not_covered() {
            let places = [("from", moment(rest.from)), ("length", duration(rest.length(), phrases))];
            let places = places.each_ref().map(|(name, text)| (*name, text.as_str()));
            notices.push((Tone::Unknown, phrases.with("evidence-notice-not-covered", &places)));
        }
        let least = history.min_coverage_per_mille.unwrap_or(0);
        let below = |time: &&crate::model::ResourceTime| time.coverage().per_mille().is_some_and(|share| share < least);
        let below = history.criteria.values().filter(below).count();
        if below > 0 {
            let least = figures::tenths(u128::from(least), self.language);
            notices.push((Tone::Bad, phrases.count_with("evidence-notice-below", below, &[("least", &least)])));
        }
        let own = history.waivers.iter().filter(|waiver| waiver.self_approved || waiver.approver_missing).count();
        if own > 0 {
            notices.push((Tone::Bad, phrases.count("evidence-notice-waivers", own)));
        }
        if !history.unfinished.is_empty() {
            notices.push((Tone::Unknown, phrases.count("evidence-notice-unfinished", history.unfinished.len())));
        }
        notices
    }
}
