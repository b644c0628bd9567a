//! Emitters that run all the time, one rule at a time. Two of them promise together that one is there; signs of life come
//! every minute.
use super::*;
use crate::model::{Deviation, ResidentHistory};

fn resident(emitters: &[&str]) -> Resident {
    let emitters = emitters.iter().map(|one| (*one).to_owned()).collect();
    Resident { name: "admission".to_owned(), emitters, heartbeat_seconds: 60, owner: "platform team".to_owned() }
}

fn sign(emitter: &str, epoch: u64, minute: i64, sign: Sign) -> SignFact {
    SignFact { emitter: emitter.to_owned(), epoch, at: minute * MINUTE, sign }
}

fn beat(synced: bool) -> Sign {
    Sign::Beat { synced, dropped: 0, clock_step_ms: None, webhooks: None }
}

/// A start, and a sign of life at each minute up to one, all of them good.
fn alive(emitter: &str, epoch: u64, from: i64, to: i64) -> Vec<SignFact> {
    let beats = (from..=to).map(|minute| sign(emitter, epoch, minute, beat(true)));
    [sign(emitter, epoch, from, Sign::Start)].into_iter().chain(beats).collect()
}

fn seen(emitters: &[&str], signs: Vec<SignFact>) -> History {
    let mut facts = facts(Vec::new());
    facts.plans[0].items.clear();
    facts.plans[0].resident = vec![resident(emitters)];
    hour(&Facts { signs, ..facts })
}

fn stretches(of: &[Period]) -> Vec<(i64, i64)> {
    of.iter().map(|one| (one.from / MINUTE, one.to / MINUTE)).collect()
}

fn one(history: &History) -> &ResidentHistory {
    &history.items[0].residents[0]
}

#[test]
fn an_orderly_stop_and_a_crash_are_down_until_the_next_start() {
    let mut signs = alive("a", 1, 0, 20);
    signs.push(sign("a", 1, 20, Sign::Stop));
    signs.extend(alive("a", 2, 25, 40));
    // No stop, and the next start before the silence would have told.
    signs.extend(alive("a", 3, 42, 60));
    let history = seen(&["a"], signs);
    assert_eq!(gaps(&history), [(20, 25), (40, 42)]);
    let one = one(&history);
    assert_eq!((stretches(&one.down), one.starts, one.crashes), (vec![(20, 25), (40, 42)], 3, 1));
    assert_eq!((one.blind.len(), history.undeclared(), history.items[0].covered), (0, 2, 53 * 60_000));
    let deviation = &history.deviations[0];
    assert_eq!((deviation.criterion.as_str(), deviation.resource.as_str()), ("SPE-AUD-03", "admission"));
}

#[test]
fn silence_of_more_than_three_intervals_is_down_from_the_last_sign_of_life() {
    let silent = |minutes: i64| {
        let mut signs = alive("a", 1, 0, 10);
        signs.extend((10 + minutes..=60).map(|minute| sign("a", 1, minute, beat(true))));
        seen(&["a"], signs)
    };
    assert_eq!(gaps(&silent(3)), []);
    assert_eq!(gaps(&silent(4)), [(10, 14)]);
    assert_eq!(one(&silent(4)).crashes, 0, "the same epoch went on");
}

#[test]
fn the_last_sign_of_life_holds_until_the_next_is_overdue() {
    assert_eq!(gaps(&seen(&["a"], alive("a", 1, 0, 57))), []);
    let over = seen(&["a"], alive("a", 1, 0, 56));
    assert_eq!((gaps(&over), one(&over).crashes), (vec![(56, 60)], 1));
    assert_eq!(gaps(&seen(&["a"], Vec::new())), [(0, 60)]);
}

#[test]
fn who_does_not_know_the_cluster_is_alive_and_covers_nothing() {
    let mut signs = alive("a", 1, 0, 60);
    for lost in signs.iter_mut().filter(|sign| (30..35).contains(&(sign.at / MINUTE)) && sign.sign != Sign::Start) {
        lost.sign = beat(false);
    }
    let history = seen(&["a"], signs);
    assert_eq!(gaps(&history), [(30, 35)]);
    assert_eq!((stretches(&one(&history).blind), one(&history).down.len()), (vec![(30, 35)], 0));
    // From a start to the first sign that says so it is not known either.
    let begun: Vec<SignFact> =
        alive("a", 1, 0, 60).into_iter().filter(|sign| sign.at != 0 || sign.sign == Sign::Start).collect();
    assert_eq!(gaps(&seen(&["a"], begun)), [(0, 1)]);
}

#[test]
fn several_hold_together_what_one_of_them_holds() {
    let mut signs = alive("a", 1, 0, 20);
    signs.extend(alive("a", 2, 30, 60));
    let mut others = alive("b", 1, 0, 25);
    others.extend(alive("b", 2, 40, 60));
    signs.extend(others);
    let history = seen(&["a", "b"], signs);
    assert_eq!(gaps(&history), [(25, 30)]);
    let down: Vec<_> = history.items[0].residents.iter().map(|one| stretches(&one.down)).collect();
    assert_eq!(down, [[(20, 30)], [(25, 40)]]);
}

#[test]
fn two_processes_of_one_emitter_may_overlap() {
    let mut signs = alive("a", 1, 0, 30);
    signs.extend(alive("a", 2, 29, 60));
    signs.push(sign("a", 1, 31, Sign::Stop));
    let history = seen(&["a"], signs);
    assert_eq!((gaps(&history), one(&history).crashes), (vec![], 0));
}

#[test]
fn a_gap_is_declared_for_the_promise_or_for_one_of_its_emitters() {
    for (item, undeclared) in [("admission", 0), ("a", 0), ("b", 1)] {
        let mut facts = facts(Vec::new());
        facts.plans[0].items.clear();
        facts.plans[0].resident = vec![resident(&["a"])];
        facts.signs = alive("a", 1, 0, 20).into_iter().chain(alive("a", 2, 30, 60)).collect();
        let (from, to, cause) = (20 * MINUTE, 30 * MINUTE, "crash".to_owned());
        facts.declared = vec![GapFact { item: item.to_owned(), from, to, cause }];
        let history = hour(&facts);
        assert_eq!((history.undeclared(), history.items[0].covered), (undeclared, 50 * 60_000), "{item}");
    }
}

/// E9: the clock of the emitter jumps two hours ahead and back; what it did then is neither lost nor taken for more.
#[test]
fn e9_a_clock_that_is_set_is_told_and_hides_no_silence() {
    let mut signs = alive("a", 1, 0, 10);
    let set = |minute, step: i64| {
        sign(
            "a",
            1,
            minute,
            Sign::Beat { synced: true, dropped: 0, clock_step_ms: Some(step * MINUTE), webhooks: None },
        )
    };
    signs.push(set(21, 10));
    signs.push(set(12, -10));
    signs.extend((13..=60).map(|minute| sign("a", 1, minute, beat(true))));
    let history = seen(&["a"], signs);
    // Between 10 and 12 no sign stands, and nobody can tell how long that was.
    assert_eq!(gaps(&history), [(10, 12)]);
    assert_eq!(one(&history).clock_steps, [(21 * MINUTE, 10 * MINUTE), (12 * MINUTE, -10 * MINUTE)]);
}

#[test]
fn what_could_not_be_entered_is_counted_once() {
    let lost = |minute, dropped| {
        sign("a", 1, minute, Sign::Beat { synced: true, dropped, clock_step_ms: None, webhooks: None })
    };
    let mut signs = alive("a", 1, 0, 57);
    signs.extend([lost(58, 2), lost(59, 5), lost(60, 5)]);
    assert_eq!(one(&seen(&["a"], signs)).dropped, 5);
}

#[test]
fn an_item_may_be_done_by_any_of_those_who_run() {
    let mut facts = facts(vec![run(0, 1, 0), RunFact { emitter: "other".to_owned(), ..run(12 * MINUTE, 1, 0) }]);
    facts.plans[0].items[0].emitter = "admission".to_owned();
    facts.plans[0].items[0].any_of = vec!["ci".to_owned(), "other".to_owned()];
    assert_eq!(gaps(&hour(&facts)), [(24, 60)]);
    assert_eq!(of(&hour(&facts)), [24, 0, 0, 36]);
    facts.plans[0].items[0].any_of.pop();
    assert_eq!(gaps(&hour(&facts)), [(12, 60)]);
}

proptest! {
    #[test]
    fn what_is_held_and_what_is_missing_are_the_whole(moments in prop::collection::vec((0..70_i64, 1..4_u64, 0..4_u8), 0..60)) {
        let kind = |which| match which { 0 => Sign::Start, 1 => Sign::Stop, 2 => beat(false), _ => beat(true) };
        let signs = moments.iter().map(|(minute, epoch, which)| sign("a", *epoch, *minute, kind(*which))).collect();
        let history = seen(&["a", "b"], signs);
        let item = &history.items[0];
        let missing: u64 = item.gaps.iter().map(|gap| gap.period.length()).sum();
        prop_assert_eq!(item.covered + missing, item.planned);
        let sum = |all: &[Period]| all.iter().map(|one| one.length()).sum::<u64>();
        let one = &item.residents[0];
        prop_assert_eq!(sum(&one.down) + sum(&one.blind), missing);
    }
}

/// A sign of life with webhooks of a number; 0 where there are none.
fn guarded(emitter: &str, minute: i64, webhooks: u8) -> SignFact {
    let webhooks = (webhooks > 0).then_some([webhooks; 32]);
    sign(emitter, 1, minute, Sign::Beat { synced: true, dropped: 0, clock_step_ms: None, webhooks })
}

/// When each change of webhooks was seen and when it was over, in minutes.
fn changed(signs: Vec<SignFact>) -> Vec<(i64, Option<i64>)> {
    let history = seen(&[], signs);
    let of_webhooks = history.deviations.iter().filter(|one| one.kind == Deviation::WEBHOOKS);
    let times = of_webhooks.map(|one| {
        assert_eq!((one.criterion.as_str(), one.severity), ("SPE-AUD-03", Some(Severity::High)));
        (one.opened.latest / MINUTE, one.closed.map(|closed| closed.latest / MINUTE))
    });
    times.collect()
}

#[test]
fn webhooks_that_are_changed_are_a_deviation_until_they_are_as_before() {
    let said = |all: &[(i64, u8)]| all.iter().map(|(minute, of)| guarded("a", *minute, *of)).collect::<Vec<_>>();
    // None at first: it has not looked yet.
    assert_eq!(changed(said(&[(1, 0), (2, 1), (3, 1)])), []);
    assert_eq!(changed(said(&[(1, 1), (2, 2), (3, 2), (4, 1)])), [(2, Some(4))]);
    assert_eq!(changed(said(&[(1, 1), (2, 0), (3, 0)])), [(2, None)]);
    // From one change to the next it is one deviation.
    assert_eq!(changed(said(&[(1, 1), (2, 2), (3, 0), (4, 3), (5, 1), (6, 2)])), [(2, Some(5)), (6, None)]);
}

#[test]
fn who_is_started_on_other_webhooks_takes_them_and_never_that_there_are_none() {
    let start = |minute| sign("a", 2, minute, Sign::Start);
    let others = vec![guarded("a", 1, 1), guarded("a", 2, 2), start(3), guarded("a", 4, 2), guarded("a", 5, 1)];
    assert_eq!(changed(others), [(2, Some(4)), (5, None)]);
    let none = vec![guarded("a", 1, 1), guarded("a", 2, 0), start(3), guarded("a", 4, 0), guarded("a", 5, 0)];
    assert_eq!(changed(none), [(2, None)]);
    // Just started it has not looked yet; later it has.
    let soon = vec![guarded("a", 1, 1), start(3), guarded("a", 3, 0), guarded("a", 4, 2), guarded("a", 5, 2)];
    assert_eq!(changed(soon), []);
    let gone = vec![guarded("a", 1, 1), start(3), guarded("a", 3, 0), guarded("a", 5, 0), guarded("a", 7, 2)];
    assert_eq!(changed(gone), [(5, Some(7))]);
}

#[test]
fn what_several_see_is_one_change_until_all_see_its_end() {
    let signs = vec![
        guarded("a", 1, 1),
        guarded("b", 1, 1),
        guarded("a", 2, 2),
        guarded("b", 3, 2),
        guarded("a", 4, 1),
        guarded("b", 5, 1),
    ];
    assert_eq!(changed(signs[..5].to_vec()), [(2, None)]);
    assert_eq!(changed(signs), [(2, Some(5))]);
}
