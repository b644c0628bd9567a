//! The tables of a period, made once for every format. Start at [`table`].
use super::super::words::Phrases;
use super::{
    Edition, Table,
    figures::{Cell, Tone},
};
use crate::model::{Deviation, DeviationState, Effect, History, Moment, ResourceTime, RunLine, Severity, WaiverAge};

/// One column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    /// Its title is the message `evidence-column-` and this.
    pub(super) key: &'static str,
    /// The unit of its numbers: the message `evidence-unit-` and this.
    pub(super) unit: Option<&'static str>,
    /// Whether a page shows it too; a spreadsheet shows all.
    pub(super) on_page: bool,
}

impl Column {
    /// Its title without the unit, for cells that show theirs.
    pub(super) fn title(&self, phrases: &Phrases) -> String {
        phrases.say(&format!("evidence-column-{}", self.key))
    }

    /// Its title with the unit, for cells that are bare numbers.
    pub(super) fn title_with_unit(&self, phrases: &Phrases) -> String {
        let title = self.title(phrases);
        match self.unit {
            None => title,
            Some(unit) => format!("{title} ({})", phrases.say(&format!("evidence-unit-{unit}"))),
        }
    }
}

/// On the page and in the spreadsheet.
const fn shown(key: &'static str) -> Column {
    Column { key, unit: None, on_page: true }
}

/// Only in the spreadsheet.
const fn kept(key: &'static str) -> Column {
    Column { key, unit: None, on_page: false }
}

const fn in_unit(column: Column, unit: &'static str) -> Column {
    Column { unit: Some(unit), ..column }
}

const CRITERIA: [Column; 17] = [
    shown("criterion"),
    shown("title"),
    shown("severity"),
    kept("level"),
    in_unit(shown("coverage"), "percent"),
    in_unit(shown("strict"), "percent"),
    in_unit(shown("of-observed"), "percent"),
    in_unit(shown("waived-share"), "percent"),
    in_unit(shown("total"), "resource-hours"),
    in_unit(kept("observed-time"), "resource-hours"),
    in_unit(kept("met-time"), "resource-hours"),
    in_unit(kept("waived-time"), "resource-hours"),
    in_unit(kept("not-met-time"), "resource-hours"),
    in_unit(kept("unknown-time"), "resource-hours"),
    in_unit(kept("without-plan-time"), "resource-hours"),
    in_unit(kept("not-applicable-time"), "resource-hours"),
    shown("open"),
];

const DEVIATIONS: [Column; 16] = [
    shown("state"),
    shown("criterion"),
    shown("resource"),
    shown("kind"),
    shown("severity"),
    shown("effect"),
    kept("opened-earliest"),
    shown("opened"),
    kept("closed-earliest"),
    shown("closed"),
    in_unit(shown("age"), "days"),
    shown("due"),
    shown("overdue"),
    kept("reopened"),
    kept("title"),
    kept("id"),
];

const GAPS: [Column; 8] = [
    shown("declared"),
    shown("item"),
    shown("scope"),
    kept("emitter"),
    shown("from"),
    shown("to"),
    in_unit(shown("length"), "seconds"),
    shown("owner"),
];

const ITEMS: [Column; 8] = [
    shown("item"),
    shown("scope"),
    kept("emitter"),
    shown("owner"),
    shown("observations"),
    in_unit(shown("planned"), "seconds"),
    in_unit(kept("covered"), "seconds"),
    in_unit(shown("item-coverage"), "percent"),
];

const RUNS: [Column; 17] = [
    shown("run-state"),
    shown("observed"),
    shown("scope"),
    kept("emitter"),
    kept("trigger"),
    kept("started"),
    kept("ended"),
    shown("exit"),
    shown("problems"),
    shown("met"),
    shown("not-met"),
    shown("undetermined"),
    kept("not-applicable"),
    shown("waived"),
    kept("rows"),
    kept("id"),
    kept("index"),
];

const WAIVERS: [Column; 5] =
    [shown("waiver-state"), shown("waiver"), shown("granted"), shown("expires"), shown("approval")];

/// Columns and rows of a table; every row has a cell for every column.
pub(super) fn table(table: Table, edition: &Edition<'_>, phrases: &Phrases) -> (&'static [Column], Vec<Vec<Cell>>) {
    let history = edition.history;
    match table {
        Table::Criteria => {
            let rows = history.criteria.iter().map(|(id, time)| criterion(edition, id, time, phrases));
            (&CRITERIA, rows.collect())
        }
        Table::Deviations => {
            let rows = history.deviations.iter().map(|one| deviation(edition, one, phrases));
            (&DEVIATIONS, rows.collect())
        }
        Table::Gaps => (&GAPS, gaps(history, phrases)),
        Table::Items => (&ITEMS, items(history)),
        Table::Runs => (&RUNS, runs(history, phrases)),
        Table::Waivers => (&WAIVERS, waivers(history, phrases)),
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn severity(severity: Option<Severity>, phrases: &Phrases) -> Cell {
    severity.map_or(Cell::Empty, |severity| Cell::Text(phrases.say(&format!("severity-{}", severity.name()))))
}

fn title(edition: &Edition<'_>, id: &str) -> Cell {
    edition.criterion(id).map_or(Cell::Empty, |criterion| text(edition.language.of(&criterion.title)))
}

fn criterion(edition: &Edition<'_>, id: &str, time: &ResourceTime, phrases: &Phrases) -> Vec<Cell> {
    let known = edition.criterion(id);
    let open = edition.history.deviations.iter().filter(|one| one.is_open() && one.criterion == id).count();
    vec![
        Cell::Id(id.to_owned()),
        title(edition, id),
        severity(known.map(|criterion| criterion.severity), phrases),
        known.map_or(Cell::Empty, |criterion| Cell::Text(phrases.say(&format!("level-{}", criterion.level.name())))),
        Cell::Share(time.coverage()),
        Cell::Share(time.strict()),
        Cell::Share(time.of_observed()),
        Cell::Share(time.waived_share()),
        Cell::ResourceTime(time.total()),
        Cell::ResourceTime(time.observed()),
        Cell::ResourceTime(time.met),
        Cell::ResourceTime(time.waived),
        Cell::ResourceTime(time.not_met),
        Cell::ResourceTime(time.unknown),
        Cell::ResourceTime(time.without_plan),
        Cell::ResourceTime(time.not_applicable),
        Cell::Count(u64::try_from(open).unwrap_or(u64::MAX)),
    ]
}

fn deviation(edition: &Edition<'_>, one: &Deviation, phrases: &Phrases) -> Vec<Cell> {
    let tone = match one.state {
        DeviationState::Open => Tone::Bad,
        DeviationState::Met => Tone::Good,
        DeviationState::Deleted | DeviationState::NotApplicable => Tone::Plain,
    };
    let key = match (one.is_gap(), one.state) {
        (true, DeviationState::Met) => "evidence-state-ended".to_owned(),
        (true | false, state) => format!("evidence-state-{}", state.name()),
    };
    let earliest = |moment: Option<Moment>| moment.and_then(|moment| moment.earliest).map_or(Cell::Empty, Cell::Time);
    let overdue = if one.overdue {
        Cell::Mark(Tone::Bad, phrases.say("evidence-overdue"))
    } else {
        Cell::Text(phrases.say("evidence-no"))
    };
    let effect = match one.effect {
        Effect::Counted => phrases.say("evidence-counted"),
        Effect::Waived => phrases.say("standing-short-waived"),
        Effect::Warned => phrases.say("standing-short-warned"),
        Effect::Observed => phrases.say("standing-short-observed"),
    };
    vec![
        Cell::Mark(tone, phrases.say(&key)),
        Cell::Id(one.criterion.clone()),
        text(&one.resource),
        Cell::Text(match one.kind.as_str() {
            Deviation::GAP => phrases.say("evidence-gap"),
            Deviation::WEBHOOKS => phrases.say("evidence-webhooks"),
            kind => kind.to_owned(),
        }),
        severity(one.severity, phrases),
        Cell::Text(effect),
        earliest(Some(one.opened)),
        Cell::Time(one.opened.latest),
        earliest(one.closed),
        one.closed.map_or(Cell::Empty, |closed| Cell::Time(closed.latest)),
        Cell::Count(one.age_days),
        one.due.map_or(Cell::Empty, Cell::Time),
        overdue,
        Cell::Count(one.reopened),
        title(edition, &one.criterion),
        text(&one.id),
    ]
}

fn gaps(history: &History, phrases: &Phrases) -> Vec<Vec<Cell>> {
    let row = |(item, gap): (&crate::model::ItemHistory, &crate::model::Gap)| {
        let declared = match &gap.cause {
            None => Cell::Mark(Tone::Bad, phrases.say("evidence-undeclared")),
            Some(cause) => Cell::Mark(Tone::Unknown, phrases.with("evidence-declared", &[("cause", cause)])),
        };
        vec![
            declared,
            text(&item.item),
            text(&item.scope),
            text(&item.emitter),
            Cell::Time(gap.period.from),
            Cell::Time(gap.period.to),
            Cell::Length(gap.period.length()),
            text(&item.owner),
        ]
    };
    history.gaps().map(row).collect()
}

fn items(history: &History) -> Vec<Vec<Cell>> {
    let items = history.items.iter().map(|item| {
        vec![
            text(&item.item),
            text(&item.scope),
            text(&item.emitter),
            text(&item.owner),
            Cell::Count(item.observations),
            Cell::Length(item.planned),
            Cell::Length(item.covered),
            Cell::Share(item.coverage()),
        ]
    });
    items.collect()
}

fn runs(history: &History, phrases: &Phrases) -> Vec<Vec<Cell>> {
    let unfinished = history.unfinished.iter().map(|run| {
        let mark = Cell::Mark(Tone::Unknown, phrases.say("evidence-run-unfinished"));
        let mut row = vec![mark, Cell::Empty, text(&run.scope), Cell::Empty, Cell::Empty, Cell::Time(run.started)];
        row.resize(RUNS.len() - 2, Cell::Empty);
        row.extend([text(&run.id), Cell::Empty]);
        row
    });
    history.runs.iter().map(|line| run(line, phrases)).chain(unfinished).collect()
}

fn run(run: &RunLine, phrases: &Phrases) -> Vec<Cell> {
    let (tone, key) = match (run.late, run.exit) {
        (true, _) => (Tone::Plain, "late"),
        (false, 0) => (Tone::Good, "met"),
        (false, 1) => (Tone::Bad, "not-met"),
        (false, 3) => (Tone::Unknown, "undetermined"),
        (false, _) => (Tone::Unknown, "failed"),
    };
    let counts = [run.met, run.not_met, run.undetermined, run.not_applicable];
    vec![
        Cell::Mark(tone, phrases.say(&format!("evidence-run-{key}"))),
        Cell::Time(run.observed),
        text(&run.scope),
        text(&run.emitter),
        text(&run.trigger),
        Cell::Time(run.started),
        Cell::Time(run.ended),
        Cell::Count(u64::from(run.exit)),
        Cell::Count(run.problems),
        Cell::Count(run.met),
        Cell::Count(run.not_met),
        Cell::Count(run.undetermined),
        Cell::Count(run.not_applicable),
        Cell::Count(run.waived),
        Cell::Count(counts.into_iter().fold(0, u64::saturating_add)),
        text(&run.id),
        Cell::Count(run.index),
    ]
}

fn waivers(history: &History, phrases: &Phrases) -> Vec<Vec<Cell>> {
    let row = |waiver: &crate::model::WaiverHistory| {
        let tone = match waiver.age {
            WaiverAge::Active => Tone::Good,
            WaiverAge::Expiring => Tone::Unknown,
            WaiverAge::Expired => Tone::Plain,
        };
        let approval = match (waiver.self_approved, waiver.approver_missing) {
            (true, _) => Cell::Mark(Tone::Bad, phrases.say("evidence-approval-self")),
            (false, true) => Cell::Mark(Tone::Bad, phrases.say("evidence-approval-missing")),
            (false, false) => Cell::Text(phrases.say("evidence-approval-other")),
        };
        vec![
            Cell::Mark(tone, phrases.say(&format!("evidence-waiver-{}", waiver.age.name()))),
            text(&waiver.name),
            Cell::Time(waiver.granted),
            Cell::Time(waiver.expires),
            approval,
        ]
    };
    history.waivers.iter().map(row).collect()
}
