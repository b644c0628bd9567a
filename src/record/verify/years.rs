//! The chain over the years: each shard of an emitter goes on from the one before, by origin, size and root.
use super::{
    super::{entry::TreeHead, place::Place},
    Against, Failure, Head, Report,
    facts::Year,
};

const NAME: &str = "years";

pub(super) fn check(against: &Against<'_>, report: &mut Report) {
    let mut heads: Vec<(Place, Head)> = Vec::new();
    for head in &report.heads {
        heads.extend(Place::parse(&head.origin).ok().map(|place| (place, head.clone())));
    }
    // Of one emitter its years follow each other.
    heads.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (nth, (place, head)) in heads.iter().enumerate() {
        // One that was pruned, or has no entry, says nothing.
        let Some(year) = report.years.get(&head.origin).cloned().filter(|year| year.vkey.is_some()) else { continue };
        let before = heads.get(..nth).and_then(<[_]>::last).filter(|(before, _)| before.is_before(place));
        match (&year.previous, before) {
            (None, None) => {}
            (None, Some((_, before))) => {
                let cause = format!("it goes on from no shard, and `{}` is here", before.origin);
                report.fail(NAME, &head.origin, Failure::Integrity, cause);
            }
            (Some(previous), before) => {
                follows(place, &year, previous, before.map(|(_, before)| before), against, report)
            }
        }
        let has_next = heads.get(nth + 1).is_some_and(|(next, _)| place.is_before(next));
        // One that was closed for its own key has come to its end.
        if let Some(next) = year.closed_for.as_ref().filter(|next| !has_next && Some(*next) != year.vkey.as_ref()) {
            let next = next.split('+').next().unwrap_or_default();
            let cause =
                format!("it was closed for `{next}`, which is not here: the next entry of its emitter makes it");
            report.doubt(NAME, &head.origin, cause);
        }
    }
}

/// A shard against the one that it says it follows.
fn follows(
    place: &Place,
    year: &Year,
    previous: &TreeHead,
    before: Option<&Head>,
    against: &Against<'_>,
    report: &mut Report,
) {
    let origin = &place.origin;
    if !Place::parse(&previous.origin).is_ok_and(|old| old.is_before(place)) {
        let cause = format!("it says that it follows `{}`, which is no earlier year of its emitter", previous.origin);
        return report.fail(NAME, origin, Failure::Integrity, cause);
    }
    let cause = match before {
        None if against.partial => {
            report
                .not_checked
                .push(format!("`{}`, which `{origin}` follows: it is not in the package", previous.origin));
            return;
        }
        None => format!("it follows `{}`, which is not here: a year was taken away", previous.origin),
        Some(before) if before.origin != previous.origin => {
            format!("it follows `{}`, and `{}` is here", previous.origin, before.origin)
        }
        Some(before) if before.size != previous.size || before.root != previous.root.0 => {
            format!("it follows `{}` at size {}, which now has another size or root", before.origin, previous.size)
        }
        Some(before) => match report.years.get(&before.origin) {
            Some(old) if old.closed_for.is_none() => format!("`{}`, which it follows, was not closed", before.origin),
            Some(old) if old.closed_for != year.vkey => {
                format!("`{}`, which it follows, was closed for another key", before.origin)
            }
            Some(old) if !year.vkey.as_ref().is_some_and(|vkey| old.enrolled.contains(vkey)) => {
                format!("no entry of `{}` has enrolled its key", before.origin)
            }
            Some(old) if year.first_seq.is_some_and(|first| first != old.next_seq) => {
                format!("its first sequence number is not the one after the last of `{}`", before.origin)
            }
            Some(old) if skips_an_epoch(old, year) => {
                format!("its first epoch is not the one after the last of `{}`", before.origin)
            }
            // Of one that was pruned only size and root are left.
            Some(_) | None => {
                let told = format!("it goes on from `{}` at size {}", before.origin, before.size);
                return report.held(NAME, origin, told);
            }
        },
    };
    report.fail(NAME, origin, Failure::Integrity, cause);
}

/// A year without a start says nothing of it.
fn skips_an_epoch(old: &Year, year: &Year) -> bool {
    matches!((old.epochs, year.epochs), (Some((_, last)), Some((first, _))) if first != last.saturating_add(1))
}
