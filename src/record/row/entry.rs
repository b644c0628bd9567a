//! Rows as entries write them.
use super::{Counts, Effect, Outcome, ResultSet, RowKey};
use crate::record::{
    changes::Weighed,
    entry::{self, Commitment, Count, VerdictText},
    redact::{BlobKey, commitment},
};

/// Counts of rows by criterion, as the manifest states them.
#[must_use]
pub fn counts(results: &ResultSet) -> Vec<Count> {
    let count = |(criterion, of): (&str, Counts)| Count {
        criterion: criterion.to_owned(),
        met: of.met,
        not_met: of.not_met,
        not_applicable: of.not_applicable,
        undetermined: of.undetermined,
        waived: of.waived,
        waived_undetermined: of.waived_undetermined,
        warned: of.warned,
        observed: of.observed,
    };
    results.counts().into_iter().map(count).collect()
}

/// The pseudonym of a row's resource under a key, as transitions write it.
#[must_use]
pub fn pseudonym(pepper: &BlobKey, key: &RowKey) -> Commitment {
    Commitment(commitment(pepper, &key.encoded()))
}

/// A row's verdict.
#[must_use]
pub const fn verdict(weighed: Weighed) -> VerdictText {
    match weighed.outcome {
        Outcome::Met => VerdictText::Met,
        Outcome::NotMet => VerdictText::NotMet,
        Outcome::NotApplicable => VerdictText::NotApplicable,
        Outcome::Undetermined => VerdictText::Undetermined,
    }
}

/// What the judgement made of it.
#[must_use]
pub fn effect(weighed: Weighed) -> Option<entry::Effect> {
    weighed.effect.map(|effect| match effect {
        Effect::Counted => entry::Effect::Counted,
        Effect::Waived => entry::Effect::Waived,
        Effect::Warned => entry::Effect::Warned,
        Effect::Observed => entry::Effect::Observed,
    })
}
