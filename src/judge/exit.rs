//! What all judgements of a run come to for a shell, and those of a request for an API server.
use crate::model::{Assessment, Criterion, Decision, Judgement, Platform, Severity, Shortcoming, Standing, Verdict};
use std::collections::BTreeMap;

/// A breach that weighs.
pub const BREACH: u8 = 1;
/// No breach, but something is not established.
pub const NOT_ESTABLISHED: u8 = 3;

/// An exit code, and what was not allowed to weigh on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// 1 a breach; 3 no breach, but something undetermined, unread or nothing judged; 0 otherwise.
    pub exit: u8,
    /// Breaches and unknowns of a lower severity than was asked for.
    pub set_aside: usize,
}

/// The exit code of an assessment (contracts, section 6). `fail_on` sets aside what is less severe; what was not read
/// has no severity, and weighs always.
#[must_use]
pub fn outcome(assessment: &Assessment, criteria: &[Criterion], fail_on: Option<Severity>) -> Outcome {
    let severities: BTreeMap<_, _> = criteria.iter().map(|criterion| (&criterion.id, criterion.severity)).collect();
    let is_below = |judgement: &Judgement| {
        let severity = severities.get(&judgement.criterion);
        fail_on.is_some_and(|least| severity.is_some_and(|severity| *severity < least))
    };
    let (mut breaches, mut unknowns, mut set_aside) = (0_usize, 0_usize, 0_usize);
    for judgement in &assessment.judgements {
        let count = match judgement.standing() {
            Standing::NotMet => &mut breaches,
            Standing::Undetermined => &mut unknowns,
            Standing::Met | Standing::NotApplicable | Standing::Waived | Standing::Warned | Standing::Observed => {
                continue;
            }
        };
        *(if is_below(judgement) { &mut set_aside } else { count }) += 1;
    }
    let unread = !assessment.problems.is_empty();
    let exit = match (breaches > 0, unknowns > 0 || unread || !is_anything_judged(&assessment.judgements)) {
        (true, _) => BREACH,
        (false, true) => NOT_ESTABLISHED,
        (false, false) => 0,
    };
    Outcome { exit, set_aside }
}

/// Whether a rule said something about a resource. Statements alone show that somebody wrote them, not that anything
/// was looked at.
fn is_anything_judged(judgements: &[Judgement]) -> bool {
    judgements
        .iter()
        .any(|judgement| judgement.platform != Platform::Speguard && judgement.verdict != Verdict::NotApplicable)
}

/// What the judgements of one request come to: one that is denied, not waived and not met or not established denies.
/// In the order of the judgements.
#[must_use]
pub fn decide(judgements: &[Judgement]) -> Decision {
    let (mut shortcomings, mut warnings) = (Vec::new(), Vec::new());
    for judgement in judgements {
        let list = match judgement.standing() {
            Standing::NotMet | Standing::Undetermined => &mut shortcomings,
            Standing::Warned | Standing::Waived => &mut warnings,
            Standing::Met | Standing::NotApplicable | Standing::Observed => continue,
        };
        list.push(Shortcoming {
            criterion: judgement.criterion.clone(),
            resource: judgement.resource.clone(),
            verdict: judgement.verdict.clone(),
        });
    }
    match shortcomings.is_empty() {
        true => Decision::Allow { warnings },
        false => Decision::Deny { shortcomings },
    }
}
