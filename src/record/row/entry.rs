//! Rows as entries write them.
use super::{Counts, ResultSet, RowKey};
use crate::record::{
    entry::{Commitment, Count},
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
