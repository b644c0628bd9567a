//! All judgements of one run.
use super::{CriterionId, Digest, Judgement, Platform, Problem, Standing, Text, Timestamp, WaiverId};

/// All judgements of one run, in order of criterion and resource.
#[derive(Clone, Debug)]
pub struct Assessment {
    pub at: Timestamp,
    pub bundle: Digest,
    pub environment: Digest,
    pub profile: Digest,
    pub judgements: Vec<Judgement>,
    pub problems: Vec<Problem>,
    pub not_looked_at: Vec<NotLookedAt>,
    /// Kinds that were read and that no criterion judges, in order.
    pub kinds_not_judged: Vec<Text>,
    /// Namespaces left out of project criteria, in order.
    pub exempt_namespaces: Vec<Text>,
    /// Waivers that do nothing.
    pub waivers: Vec<WaiverStanding>,
}

/// A criterion that nothing was asked of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotLookedAt {
    pub criterion: CriterionId,
    /// `None` where the criterion has no block for a platform at all.
    pub platform: Option<Platform>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaiverStanding {
    pub id: WaiverId,
    pub state: WaiverState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaiverState {
    Expired,
    /// Matches no judgement that needs it.
    Unmatched,
}

/// Each judgement counted once, and what was not judged. Every field is a key of the JSON summary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub met: usize,
    pub not_met: usize,
    pub undetermined: usize,
    pub waived: usize,
    pub warned: usize,
    pub observed: usize,
    pub not_applicable: usize,
    pub not_looked_at: usize,
    pub unread: usize,
}

impl Assessment {
    #[must_use]
    pub fn tally(&self) -> Tally {
        let mut tally =
            Tally { not_looked_at: self.not_looked_at.len(), unread: self.problems.len(), ..Tally::default() };
        for judgement in &self.judgements {
            let count = match judgement.standing() {
                Standing::Met => &mut tally.met,
                Standing::NotApplicable => &mut tally.not_applicable,
                Standing::NotMet => &mut tally.not_met,
                Standing::Undetermined => &mut tally.undetermined,
                Standing::Waived => &mut tally.waived,
                Standing::Warned => &mut tally.warned,
                Standing::Observed => &mut tally.observed,
            };
            *count += 1;
        }
        tally
    }
}
