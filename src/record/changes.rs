//! What changed between two result sets of one scope. Start at [`changes`].
use super::row::{Line as _, ResultSet, Row, RowKey, prefix};
use crate::model::{Effect, VerdictName};
use std::cmp::Ordering;

/// A verdict with what the judgement makes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighed {
    pub outcome: VerdictName,
    /// `None` beside met and not applicable.
    pub effect: Option<Effect>,
}

/// One criterion on one resource whose verdict or effect changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    pub key: &'a RowKey,
    /// `None` = the row is new.
    pub from: Option<Weighed>,
    /// `None` = the row is gone, with its resource or its criterion.
    pub to: Option<Weighed>,
    /// The row as it is now, else as it was: rule, severity, commitments.
    pub row: &'a Row,
}

/// The changes from one result set to the next of its scope, in the order of the rows.
///
/// Nothing stands before the first run: then every row is new. A new row is a change only where it is not met or
/// undetermined; a row that is gone always is. Rows that say the same, with whatever findings, are none. Both sets may
/// have been read back from blobs: salts and commitments are not compared.
#[must_use]
pub fn changes<'a>(before: Option<&'a ResultSet>, after: &'a ResultSet) -> Vec<Change<'a>> {
    let before = before.map_or(&[][..], |set| set.rows().lines());
    between(before, after.rows().lines())
}

/// [`changes`] of rows that are sorted as a set sorts them.
#[must_use]
pub fn between<'a>(before: &'a [Row], after: &'a [Row]) -> Vec<Change<'a>> {
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    let mut changes = Vec::new();
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return changes,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(one), Some(other)) if one.key == other.key => Ordering::Equal,
            (Some(one), Some(other)) => prefix(&one.encoded_key()).cmp(&prefix(&other.encoded_key())),
        };
        let from = if order.is_le() { old.next() } else { None };
        let to = if order.is_ge() { new.next() } else { None };
        changes.extend(change(from, to));
    }
}

fn change<'a>(from: Option<&'a Row>, to: Option<&'a Row>) -> Option<Change<'a>> {
    let row = to.or(from)?;
    let change = Change { key: &row.key, from: from.map(weighed), to: to.map(weighed), row };
    let is_one = match (change.from, change.to) {
        (Some(from), Some(to)) => from != to,
        (None, Some(to)) => to.outcome.falls_short(),
        (Some(_), None) => true,
        (None, None) => false,
    };
    is_one.then_some(change)
}

const fn weighed(row: &Row) -> Weighed {
    Weighed { outcome: row.outcome, effect: row.effect }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{Enforcement, Finding, Judgement, Verdict, WaiverId},
        record::{
            blob,
            row::tests::{breach, judged, set},
        },
    };

    /// `criterion resource: from -> to`, absent ends left out.
    fn shown(before: Option<Vec<Judgement>>, after: Vec<Judgement>) -> Vec<String> {
        let (before, after) = (before.map(set), set(after));
        let name = |weighed: Option<Weighed>| {
            weighed.map_or(String::new(), |weighed| match weighed.effect {
                Some(effect) => format!("{}/{}", weighed.outcome.name(), effect.name()),
                None => weighed.outcome.name().to_owned(),
            })
        };
        let lines = |changes: Vec<Change<'_>>| -> Vec<String> {
            let line = |change: &Change<'_>| {
                let resource = change.key.resource.rsplit('|').next().unwrap();
                format!("{} {resource}: {} -> {}", change.key.criterion, name(change.from), name(change.to))
            };
            changes.iter().map(line).collect()
        };
        let found = lines(changes(before.as_ref(), &after));
        // From blobs it is the same.
        let kept = |set: &ResultSet| {
            let blob = blob::results(set).unwrap();
            blob::read_results(&blob.bytes, &blob.digest).unwrap()
        };
        let (before, after) = (before.as_ref().map(kept), kept(&after));
        assert_eq!(lines(changes(before.as_ref(), &after)), found);
        found
    }

    fn gap() -> Verdict {
        Verdict::Undetermined { unknown: vec![Finding::bare("unknown")] }
    }

    fn all() -> Vec<Judgement> {
        let of = |criterion| {
            [("a", breach()), ("b", Verdict::Met), ("c", gap()), ("d", Verdict::NotApplicable)]
                .map(|(name, verdict)| judged(criterion, name, verdict))
        };
        of("SPE-B-01").into_iter().chain(of("SPE-A-01")).collect()
    }

    #[test]
    fn the_first_run_shows_what_falls_short() {
        assert_eq!(
            shown(None, all()),
            [
                "SPE-A-01 a:  -> not_met/counted",
                "SPE-A-01 c:  -> undetermined/counted",
                "SPE-B-01 a:  -> not_met/counted",
                "SPE-B-01 c:  -> undetermined/counted",
            ]
        );
    }

    #[test]
    fn the_same_rows_show_nothing() {
        assert!(shown(Some(all()), all()).is_empty());
        let other = Verdict::NotMet { findings: vec![Finding::bare("other")], unknown: Vec::new() };
        assert!(shown(Some(vec![judged("X", "a", breach())]), vec![judged("X", "a", other)]).is_empty());
    }

    #[test]
    fn rows_that_are_gone_have_no_end() {
        let gone = shown(Some(all()), all().into_iter().filter(|one| one.criterion.0.as_ref() == "SPE-B-01").collect());
        assert_eq!(
            gone,
            [
                "SPE-A-01 a: not_met/counted -> ",
                "SPE-A-01 b: met -> ",
                "SPE-A-01 c: undetermined/counted -> ",
                "SPE-A-01 d: not_applicable -> ",
            ]
        );
    }

    #[test]
    fn a_verdict_or_an_effect_that_changed_has_both_ends() {
        let waived = Judgement { waiver: Some(WaiverId("w".into())), ..judged("X", "b", breach()) };
        let warned = Judgement { enforcement: Enforcement::Warn, ..judged("X", "c", breach()) };
        let observed = Judgement { enforcement: Enforcement::Observe, ..judged("X", "d", Verdict::Met) };
        let before = ["a", "b", "c"].map(|name| judged("X", name, breach())).into_iter();
        assert_eq!(
            shown(
                Some(before.chain([judged("X", "d", Verdict::Met)]).collect()),
                vec![judged("X", "a", Verdict::Met), waived, warned, observed, judged("X", "e", breach())]
            ),
            [
                "X a: not_met/counted -> met",
                "X b: not_met/counted -> not_met/waived",
                "X c: not_met/counted -> not_met/warned",
                "X e:  -> not_met/counted",
            ]
        );
    }
}
