//! What the evidence log shows of a period, read back: what was watched, what was not, and what was found meanwhile.
//!
//! Times are milliseconds since 1970-01-01T00:00:00Z, lengths milliseconds. Start at [`History`].
pub(super) mod measure;

use super::Severity;
use measure::{Effect, Period, ResourceTime, Share};
use std::collections::BTreeMap;

/// What a log shows of a period.
///
/// Nothing after `until` is judged: the rest of the period is not covered, which is neither gap nor unknown time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    pub period: Period,
    /// The moment of the view.
    pub as_of: i64,
    /// The earlier of the period's end and `as_of`; the period's start where `as_of` lies before it.
    pub until: i64,
    /// Stretches up to `until` in which no plan was in force: nothing was promised, so nothing can be a gap.
    pub without_plan: Vec<Period>,
    /// In order of item, scope and emitter.
    pub items: Vec<ItemHistory>,
    /// Criteria that a run or a plan item names, in order.
    pub criteria: BTreeMap<String, ResourceTime>,
    /// The sum over all criteria.
    pub all: ResourceTime,
    /// Least coverage that the newest plan demands, in thousandths; `None` without a plan.
    pub min_coverage_per_mille: Option<u64>,
    /// Open or closed within the period, in order of opening and id.
    pub deviations: Vec<Deviation>,
    /// Of the open ones.
    pub ageing: Ageing,
    pub repair: Repair,
    /// Runs observed in the period, in order of observation: the population.
    pub runs: Vec<RunLine>,
    /// Runs that began in the period and never ended.
    pub unfinished: Vec<UnfinishedRun>,
    /// The longest stretch between two observations of any scope; the edges of the period close the first and last.
    pub longest_without_run: Option<Period>,
    /// In order of expiry and name.
    pub waivers: Vec<WaiverHistory>,
    pub anchors: AnchorHistory,
}

impl History {
    /// The end of the period that the log does not reach; `None` = all of it is reached.
    #[must_use]
    pub fn not_covered(&self) -> Option<Period> {
        Period { from: self.until, to: self.period.to }.overlap(self.period)
    }

    /// Every gap with its item, in order of item and time.
    pub fn gaps(&self) -> impl Iterator<Item = (&ItemHistory, &Gap)> {
        self.items.iter().flat_map(|item| item.gaps.iter().map(move |gap| (item, gap)))
    }

    /// How many gaps nobody declared: each is a breach of the plan (section 9, point 9).
    #[must_use]
    pub fn undeclared(&self) -> usize {
        self.gaps().filter(|(_, gap)| gap.cause.is_none()).count()
    }

    /// The longest uncovered stretch of any item, declared or not.
    #[must_use]
    pub fn longest_gap(&self) -> Option<Period> {
        self.items.iter().filter_map(|item| item.longest_gap).max_by_key(|gap| (gap.length(), -i128::from(gap.from)))
    }
}

/// What became of one plan item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemHistory {
    pub item: String,
    pub scope: String,
    pub emitter: String,
    /// The role that owns it, as the newest plan says.
    pub owner: String,
    /// Observations made in the period.
    pub observations: u64,
    /// Milliseconds of the period in which a plan demanded the item.
    pub planned: u64,
    /// Milliseconds of those that observations cover.
    pub covered: u64,
    /// What is left, cut where what was declared changes; in order.
    pub gaps: Vec<Gap>,
    /// The longest stretch left, declared or not, uncut.
    pub longest_gap: Option<Period>,
    /// Of an item that emitters fulfil by running all the time: each of them. Else empty.
    pub residents: Vec<ResidentHistory>,
}

impl ItemHistory {
    #[must_use]
    pub fn coverage(&self) -> Share {
        Share { part: u128::from(self.covered), whole: u128::from(self.planned) }
    }
}

/// An emitter that runs all the time, while a plan demanded it in the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResidentHistory {
    pub emitter: String,
    /// Signs of life, starts and orderly stops among them.
    pub signs: u64,
    pub starts: u64,
    /// Starts after which neither a stop nor a sign of life came any more.
    pub crashes: u64,
    /// Stretches without it, in order.
    pub down: Vec<Period>,
    /// Stretches in which it ran and did not know the cluster, or knew it from before, in order.
    pub blind: Vec<Period>,
    /// When its wall clock was set, and by how many milliseconds.
    pub clock_steps: Vec<(i64, i64)>,
    /// Decisions that it could not enter.
    pub dropped: u64,
}

/// A stretch in which an item of the plan was not fulfilled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub period: Period,
    /// As declared; `None` = nobody declared it.
    pub cause: Option<String>,
}

/// When something happened, as far as runs can tell: after `earliest` and not after `latest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// The last observation without it; `None` = there was none.
    pub earliest: Option<i64>,
    /// The first observation with it.
    pub latest: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DeviationState {
    Open,
    /// The resource came to meet the criterion, or the plan was fulfilled again.
    Met,
    /// The resource is gone: nothing was repaired.
    Deleted,
    /// The criterion no longer applies to the resource: nothing was repaired.
    NotApplicable,
}

impl DeviationState {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Met => "met",
            Self::Deleted => "deleted",
            Self::NotApplicable => "not_applicable",
        }
    }
}

/// The life of one criterion on one resource while it is NotMet, of one gap, or of one change of the webhooks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The id of the transition that opened it first; for a gap `gap/`, item, scope, emitter
    /// and its start in milliseconds; for webhooks `webhooks/` and when it was seen.
    pub id: String,
    pub criterion: String,
    /// The resource's kind; [`Deviation::GAP`] for a gap, [`Deviation::WEBHOOKS`].
    pub kind: String,
    /// As the log refers to it; for a gap the plan item.
    pub resource: String,
    pub severity: Option<Severity>,
    /// As of the last change.
    pub effect: Effect,
    /// The first opening.
    pub opened: Moment,
    /// The last closing; `None` while open.
    pub closed: Option<Moment>,
    pub state: DeviationState,
    /// How often it came back within 30 days of being closed.
    pub reopened: u64,
    /// Whole days from the first opening to the closing, or to `until`.
    pub age_days: u64,
    /// The first opening and the days that the plan of that moment grants; `None` where it grants none.
    pub due: Option<i64>,
    /// Open after it was due, or closed after it was due. Never while it is waived.
    pub overdue: bool,
}

impl Deviation {
    /// What stands for a kind where a gap is the deviation.
    pub const GAP: &'static str = "gap";

    /// What stands for one where the webhooks by which the API server asks were changed.
    pub const WEBHOOKS: &'static str = "webhooks";

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state == DeviationState::Open
    }

    #[must_use]
    pub fn is_gap(&self) -> bool {
        self.kind == Self::GAP
    }

    /// Whether a resource was judged so.
    #[must_use]
    pub fn is_of_verdict(&self) -> bool {
        ![Self::GAP, Self::WEBHOOKS].contains(&self.kind.as_str())
    }
}

/// Open deviations by whole days of age.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ageing {
    pub days_0_to_7: u64,
    pub days_8_to_30: u64,
    pub days_31_to_90: u64,
    pub days_over_90: u64,
    /// Of all of these.
    pub overdue: u64,
}

/// How long repairs took: deviations of verdicts, closed as Met within the period. Those still open are not in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    pub closed: u64,
    /// Of the closed ones that had a due date.
    pub in_time: u64,
    pub with_due: u64,
    pub still_open: u64,
    /// Milliseconds; `None` where nothing was closed. The 90th percentile is the nearest rank.
    pub mean: Option<u64>,
    pub median: Option<u64>,
    pub ninetieth: Option<u64>,
}

/// One run, as a list of the population shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunLine {
    pub id: String,
    pub scope: String,
    pub emitter: String,
    pub trigger: String,
    pub started: i64,
    pub observed: i64,
    pub ended: i64,
    pub exit: u8,
    /// Its observation is older than the last one of its scope: it changes no state and covers nothing.
    pub late: bool,
    /// Sources that were not read, or cannot be relied on.
    pub problems: u64,
    /// Judgements by verdict.
    pub met: u64,
    pub not_met: u64,
    pub undetermined: u64,
    pub not_applicable: u64,
    pub waived: u64,
    /// Place in the log.
    pub index: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfinishedRun {
    pub id: String,
    pub scope: String,
    pub started: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WaiverAge {
    Active,
    /// Active, and ends within 30 days.
    Expiring,
    Expired,
}

impl WaiverAge {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expiring => "expiring",
            Self::Expired => "expired",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverHistory {
    pub name: String,
    pub granted: i64,
    pub expires: i64,
    /// At `until`.
    pub age: WaiverAge,
    pub approver_missing: bool,
    pub self_approved: bool,
}

/// Time stamps over the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnchorHistory {
    /// Within the period.
    pub count: u64,
    /// Stretches of more than two hours without one.
    pub late: Vec<Period>,
}
