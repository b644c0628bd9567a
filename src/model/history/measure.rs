//! What periods and resource-time are counted in. Times are milliseconds since 1970-01-01T00:00:00Z.
use crate::model::Verdict;

/// Milliseconds of a day of 24 hours.
pub const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A stretch of time, in milliseconds since 1970: the start belongs to it, the end does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period {
    pub from: i64,
    pub to: i64,
}

impl Period {
    /// Milliseconds; 0 where the end is not after the start.
    #[must_use]
    pub fn length(self) -> u64 {
        u64::try_from(i128::from(self.to) - i128::from(self.from)).unwrap_or(0)
    }

    /// What both have in common; `None` = nothing.
    #[must_use]
    pub fn overlap(self, other: Self) -> Option<Self> {
        let common = Self { from: self.from.max(other.from), to: self.to.min(other.to) };
        (common.from < common.to).then_some(common)
    }

    #[must_use]
    pub fn contains(self, moment: i64) -> bool {
        (self.from..self.to).contains(&moment)
    }
}

/// A part of a whole, kept exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    pub part: u128,
    pub whole: u128,
}

impl Share {
    /// Thousandths, rounded down, so that only the whole is 1000; `None` where the whole is nothing.
    #[must_use]
    pub fn per_mille(self) -> Option<u64> {
        let thousandths = self.part.saturating_mul(1000).checked_div(self.whole)?;
        u64::try_from(thousandths).ok()
    }
}

/// Time of resources under one criterion, or under all, in milliseconds times resources.
///
/// Source: specification of the evidence log, section 14. Every part is kept apart, so that the sums hold by
/// construction: O = C + A + F and T = O + U.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResourceTime {
    /// C: observed and Met.
    pub met: u128,
    /// A: observed, NotMet and waived.
    pub waived: u128,
    /// F: observed, NotMet and not waived.
    pub not_met: u128,
    /// U: the criterion applied, and no valid observation says Met or NotMet.
    pub unknown: u128,
    /// The part of `unknown` for which no plan says how long an observation holds.
    pub without_plan: u128,
    /// The criterion did not apply. Not part of T.
    pub not_applicable: u128,
}

impl ResourceTime {
    /// O: covered by valid observations that say Met or NotMet.
    #[must_use]
    pub fn observed(&self) -> u128 {
        self.met.saturating_add(self.waived).saturating_add(self.not_met)
    }

    /// T: the resources existed and the criterion applied.
    #[must_use]
    pub fn total(&self) -> u128 {
        self.observed().saturating_add(self.unknown)
    }

    /// O / T.
    #[must_use]
    pub fn coverage(&self) -> Share {
        Share { part: self.observed(), whole: self.total() }
    }

    /// C / T: time in compliance, unknown time counted against it.
    #[must_use]
    pub fn strict(&self) -> Share {
        Share { part: self.met, whole: self.total() }
    }

    /// C / O: time in compliance of what was observed. Never shown without [`Self::coverage`].
    #[must_use]
    pub fn of_observed(&self) -> Share {
        Share { part: self.met, whole: self.observed() }
    }

    /// A / T.
    #[must_use]
    pub fn waived_share(&self) -> Share {
        Share { part: self.waived, whole: self.total() }
    }

    /// Adds resource-time to resource-time: aggregates are sums, never means of percentages.
    pub fn add(&mut self, other: &Self) {
        let pairs = [
            (&mut self.met, other.met),
            (&mut self.waived, other.waived),
            (&mut self.not_met, other.not_met),
            (&mut self.unknown, other.unknown),
            (&mut self.without_plan, other.without_plan),
            (&mut self.not_applicable, other.not_applicable),
        ];
        for (sum, part) in pairs {
            *sum = sum.saturating_add(part);
        }
    }
}

/// A verdict by its name alone, as the log keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VerdictName {
    Met,
    NotMet,
    NotApplicable,
    Undetermined,
}

impl VerdictName {
    pub const ALL: [Self; 4] = [Self::Met, Self::NotMet, Self::NotApplicable, Self::Undetermined];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not_met",
            Self::NotApplicable => "not_applicable",
            Self::Undetermined => "undetermined",
        }
    }

    /// Reads [`Self::name`]; `None` for anything else.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }

    /// Whether the criterion is not shown to hold.
    #[must_use]
    pub const fn falls_short(self) -> bool {
        match self {
            Self::NotMet | Self::Undetermined => true,
            Self::Met | Self::NotApplicable => false,
        }
    }
}

impl From<&Verdict> for VerdictName {
    fn from(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Met => Self::Met,
            Verdict::NotMet { .. } => Self::NotMet,
            Verdict::NotApplicable => Self::NotApplicable,
            Verdict::Undetermined { .. } => Self::Undetermined,
        }
    }
}

/// What profile and waivers make of a verdict, as the log keeps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Counted,
    Waived,
    Warned,
    Observed,
}

impl Effect {
    pub const ALL: [Self; 4] = [Self::Counted, Self::Waived, Self::Warned, Self::Observed];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Waived => "waived",
            Self::Warned => "warned",
            Self::Observed => "observed",
        }
    }

    /// Reads [`Self::name`]; `None` for anything else.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effect| effect.name() == name)
    }
}
