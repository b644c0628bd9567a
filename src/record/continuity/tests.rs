//! Rules of continuity one by one, and what must hold of any log.
use super::*;
use crate::model::{Ageing, AnchorHistory, DeviationState, Moment, ResourceTime, Share, WaiverAge};
use proptest::prelude::*;

mod residents;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// An item every 10 minutes with 20 % grace: an observation holds for 12 minutes.
fn item() -> Item {
    Item {
        name: "configuration".to_owned(),
        scope: "infra".to_owned(),
        emitter: "ci".to_owned(),
        cadence_seconds: 600,
        grace_percent: 20,
        owner: "platform team".to_owned(),
        ..Item::default()
    }
}

fn plan(effective_from: i64, items: Vec<Item>) -> PlanFact {
    let deadline_days = BTreeMap::from([(Severity::High, 30), (Severity::Critical, 7)]);
    PlanFact { effective_from, items, resident: Vec::new(), deadline_days, min_coverage_per_mille: 990 }
}

fn run(observed: i64, met: u64, not_met: u64) -> RunFact {
    RunFact {
        id: format!("run-{observed}"),
        scope: "infra".to_owned(),
        emitter: "ci".to_owned(),
        started: observed,
        observed,
        ended: observed,
        trigger: "schedule".to_owned(),
        counts: vec![CountFact { criterion: "A".to_owned(), met, not_met, ..CountFact::default() }],
        ..RunFact::default()
    }
}

fn facts(runs: Vec<RunFact>) -> Facts {
    Facts { plans: vec![plan(0, vec![item()])], runs, newest: HOUR, ..Facts::default() }
}

fn hour(facts: &Facts) -> History {
    history(facts, Period { from: 0, to: HOUR }, None)
}

fn gaps(history: &History) -> Vec<(i64, i64)> {
    history.gaps().map(|(_, gap)| (gap.period.from / MINUTE, gap.period.to / MINUTE)).collect()
}

/// C, A, F, U in resource-minutes.
fn minutes(time: &ResourceTime) -> [u128; 4] {
    [time.met, time.waived, time.not_met, time.unknown].map(|part| part / 60_000)
}

fn of(history: &History) -> [u128; 4] {
    minutes(&history.criteria["A"])
}

#[test]
fn an_observation_holds_for_its_cadence_and_grace() {
    let seen = hour(&facts(vec![run(0, 1, 0), run(30 * MINUTE, 1, 0)]));
    assert_eq!(gaps(&seen), [(12, 30), (42, 60)]);
    assert_eq!(of(&seen), [24, 0, 0, 36]);
    let item = &seen.items[0];
    assert_eq!((item.planned, item.covered, item.observations), (3_600_000, 24 * 60_000, 2));
    assert_eq!(seen.longest_gap(), Some(Period { from: 12 * MINUTE, to: 30 * MINUTE }));
}

#[test]
fn what_was_observed_before_the_period_still_holds_in_it() {
    let seen = hour(&facts(vec![run(-6 * MINUTE, 1, 0)]));
    assert_eq!(gaps(&seen), [(6, 60)]);
    assert_eq!(of(&seen), [6, 0, 0, 54]);
    assert_eq!(seen.runs, []);
}

#[test]
fn late_failed_event_and_partial_runs_cover_nothing() {
    let late = RunFact { late: true, ..run(MINUTE, 9, 9) };
    let failed = RunFact { exit: 2, ..run(2 * MINUTE, 9, 9) };
    let event = RunFact { trigger: TRIGGER_EVENT.to_owned(), ..run(3 * MINUTE, 9, 9) };
    let elsewhere = RunFact { scope: "other".to_owned(), ..run(4 * MINUTE, 0, 0) };
    let stranger = RunFact { emitter: "other".to_owned(), ..run(4 * MINUTE, 0, 0) };
    let partial = RunFact { selected: vec!["B".to_owned()], counts: Vec::new(), ..run(5 * MINUTE, 0, 0) };
    let seen = hour(&facts(vec![run(0, 1, 0), late, failed, event, elsewhere, partial]));
    assert_eq!(gaps(&seen), [(12, 60)]);
    assert_eq!(of(&seen), [12, 0, 0, 48]);
    assert_eq!(seen.runs.len(), 6);
    assert_eq!(gaps(&hour(&facts(vec![stranger]))), [(0, 60)]);
}

#[test]
fn an_item_with_criteria_is_met_by_a_run_of_all_of_them() {
    let mut facts = facts(vec![RunFact { selected: vec!["A".to_owned()], ..run(0, 1, 0) }]);
    facts.plans[0].items[0].criteria = vec!["A".to_owned()];
    assert_eq!(gaps(&hour(&facts)), [(12, 60)]);
    facts.plans[0].items[0].criteria.push("B".to_owned());
    let seen = hour(&facts);
    assert_eq!(gaps(&seen), [(0, 60)]);
    assert_eq!(seen.criteria["B"].total(), 0, "planned, never judged");
    assert_eq!(seen.criteria["B"].coverage().per_mille(), None);
}

#[test]
fn the_plan_in_force_decides_and_its_change_does_not_cut_a_gap() {
    let daily = Item { cadence_seconds: 3600, grace_percent: 0, ..item() };
    let mut facts = facts(vec![run(0, 1, 0)]);
    facts.plans = vec![plan(0, vec![daily.clone()]), plan(30 * MINUTE, vec![item()])];
    assert_eq!(gaps(&hour(&facts)), [(30, 60)]);
    assert_eq!(of(&hour(&facts)), [30, 0, 0, 30]);
    facts.plans = vec![plan(0, vec![item()]), plan(30 * MINUTE, vec![Item { owner: "new".to_owned(), ..item() }])];
    assert_eq!(gaps(&hour(&facts)), [(12, 60)]);
    assert_eq!(hour(&facts).items[0].owner, "new");
    facts.plans = vec![plan(0, vec![daily, item()])];
    assert_eq!(of(&hour(&facts)), [12, 0, 0, 48], "the stricter of two items decides");
}

#[test]
fn without_a_plan_nothing_is_a_gap_and_nothing_is_known() {
    let mut facts = facts(vec![run(0, 2, 1)]);
    facts.plans.clear();
    let seen = hour(&facts);
    assert_eq!((gaps(&seen), seen.undeclared(), seen.items.len()), (Vec::new(), 0, 0));
    assert_eq!(seen.without_plan, [Period { from: 0, to: HOUR }]);
    assert_eq!(of(&seen), [0, 0, 0, 180]);
    assert_eq!(seen.criteria["A"].without_plan, 180 * 60_000);
    facts.plans = vec![plan(15 * MINUTE, vec![item()])];
    assert_eq!(hour(&facts).without_plan, [Period { from: 0, to: 15 * MINUTE }]);
    assert_eq!(gaps(&hour(&facts)), [(15, 60)]);
}

#[test]
fn nothing_after_the_moment_of_the_view_is_judged() {
    let facts = facts(vec![run(0, 1, 0), run(50 * MINUTE, 0, 1)]);
    let seen = history(&facts, Period { from: 0, to: 2 * HOUR }, Some(20 * MINUTE));
    assert_eq!(seen.not_covered(), Some(Period { from: 20 * MINUTE, to: 2 * HOUR }));
    assert_eq!(gaps(&seen), [(12, 20)]);
    assert_eq!(of(&seen), [12, 0, 0, 8]);
    assert_eq!(seen.runs.len(), 1);
    let newest = history(&facts, Period { from: 0, to: 2 * HOUR }, None);
    assert_eq!(newest.until, HOUR);
    let later = history(&facts, Period { from: 0, to: 2 * HOUR }, Some(3 * HOUR));
    assert_eq!((later.until, later.not_covered()), (2 * HOUR, None));
    let before = history(&facts, Period { from: HOUR, to: 2 * HOUR }, Some(0));
    assert_eq!((before.until, before.all.total()), (HOUR, 0));
    assert_eq!(before.not_covered(), Some(Period { from: HOUR, to: 2 * HOUR }));
}

fn change(observed: i64, to: Option<VerdictName>, index: u64) -> ChangeFact {
    ChangeFact {
        run: format!("run-{observed}"),
        observed,
        criterion: "A".to_owned(),
        kind: "v1/Pod".to_owned(),
        resource: "r1".to_owned(),
        from: None,
        to,
        effect: Effect::Counted,
        severity: Some(Severity::High),
        last_before: Some(observed - MINUTE),
        deviation: Some(format!("d{index}")),
        index,
    }
}

fn year(changes: Vec<ChangeFact>) -> History {
    let facts = Facts { plans: vec![plan(0, Vec::new())], changes, newest: 100 * DAY_MS, ..Facts::default() };
    history(&facts, Period { from: 0, to: 365 * DAY_MS }, None)
}

#[test]
fn a_deviation_opens_closes_and_comes_back_on_the_same_line_within_30_days() {
    let (bad, good) = (Some(VerdictName::NotMet), Some(VerdictName::Met));
    let changes = vec![
        change(DAY_MS, bad, 1),
        change(11 * DAY_MS, good, 2),
        change(41 * DAY_MS, bad, 3),
        change(42 * DAY_MS, good, 4),
        change(73 * DAY_MS, bad, 5),
    ];
    let seen = year(changes);
    let shown: Vec<_> =
        seen.deviations.iter().map(|one| (one.id.as_str(), one.state, one.reopened, one.age_days)).collect();
    assert_eq!(shown, [("d1", DeviationState::Met, 1, 41), ("d5", DeviationState::Open, 0, 27)]);
    let first = &seen.deviations[0];
    assert_eq!(first.opened, Moment { earliest: Some(DAY_MS - MINUTE), latest: DAY_MS });
    assert_eq!(first.closed, Some(Moment { earliest: Some(42 * DAY_MS - MINUTE), latest: 42 * DAY_MS }));
    assert_eq!((first.due, first.overdue), (Some(31 * DAY_MS), true));
    assert_eq!((seen.deviations[1].due, seen.deviations[1].overdue), (Some(103 * DAY_MS), false));
    assert_eq!(seen.ageing, Ageing { days_8_to_30: 1, ..Ageing::default() });
    let forty_one_days = u64::try_from(41 * DAY_MS).ok();
    assert_eq!((seen.repair.closed, seen.repair.still_open, seen.repair.in_time), (1, 1, 0));
    assert_eq!([seen.repair.mean, seen.repair.median, seen.repair.ninetieth], [forty_one_days; 3]);
}

#[test]
fn what_is_gone_or_no_longer_applies_is_not_repaired_and_not_knowing_closes_nothing() {
    for (to, state) in [
        (None, DeviationState::Deleted),
        (Some(VerdictName::NotApplicable), DeviationState::NotApplicable),
        (Some(VerdictName::Undetermined), DeviationState::Open),
    ] {
        let seen = year(vec![change(0, Some(VerdictName::NotMet), 1), change(DAY_MS, to, 2)]);
        assert_eq!(seen.deviations[0].state, state);
        assert_eq!(seen.repair.closed, 0);
    }
}

#[test]
fn a_waived_deviation_is_not_overdue_until_the_waiver_is_gone() {
    let bad = Some(VerdictName::NotMet);
    let waived = ChangeFact { effect: Effect::Waived, deviation: Some("d1".to_owned()), ..change(DAY_MS, bad, 2) };
    let counted = ChangeFact { deviation: Some("d1".to_owned()), ..change(90 * DAY_MS, bad, 3) };
    let seen = year(vec![change(0, bad, 1), waived.clone()]);
    assert_eq!((seen.deviations.len(), seen.deviations[0].overdue), (1, false));
    let seen = year(vec![change(0, bad, 1), waived, counted]);
    assert_eq!((seen.deviations.len(), seen.deviations[0].overdue), (1, true));
    assert_eq!(seen.ageing, Ageing { days_over_90: 1, overdue: 1, ..Ageing::default() });
}

#[test]
fn waivers_and_anchors_are_seen_from_the_end_of_the_view() {
    let waiver = |name: &str, days: i64| WaiverFact {
        name: name.to_owned(),
        granted: 0,
        expires: 100 * DAY_MS + days * DAY_MS,
        approver_missing: false,
        self_approved: name == "own",
    };
    let facts = Facts {
        newest: 100 * DAY_MS,
        waivers: vec![waiver("long", 31), waiver("own", 30), waiver("gone", 0)],
        anchors: vec![(1, 0), (2, HOUR), (3, 4 * HOUR), (4, 6 * HOUR)],
        ..Facts::default()
    };
    let seen = history(&facts, Period { from: HOUR, to: 365 * DAY_MS }, None);
    let ages: Vec<_> = seen.waivers.iter().map(|waiver| (waiver.name.as_str(), waiver.age)).collect();
    assert_eq!(ages, [("gone", WaiverAge::Expired), ("own", WaiverAge::Expiring), ("long", WaiverAge::Active)]);
    assert!(seen.waivers[1].self_approved);
    let seen = history(&facts, Period { from: HOUR, to: 8 * HOUR }, Some(8 * HOUR));
    assert_eq!(seen.anchors, AnchorHistory { count: 3, late: vec![Period { from: HOUR, to: 4 * HOUR }] });
}

#[test]
fn the_population_shows_what_never_ended_and_the_longest_silence() {
    let mut facts = facts(vec![run(0, 1, 0), run(10 * MINUTE, 1, 0)]);
    let begun = |id: &str, started| UnfinishedRun { id: id.to_owned(), scope: "infra".to_owned(), started };
    facts.unfinished = vec![begun("b", 20 * MINUTE), begun("a", 15 * MINUTE), begun("old", -1)];
    let seen = hour(&facts);
    assert_eq!(seen.unfinished.iter().map(|run| run.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(seen.longest_without_run, Some(Period { from: 10 * MINUTE, to: HOUR }));
}

/// Logs of one scope with any counts, gaps declared anywhere and up to three plans.
fn any_facts() -> impl Strategy<Value = Facts> {
    let run = (0..200_i64, 0..5_u64, 0..5_u64, 0..5_u64, 0..5_u64, 0..9_u64, any::<bool>()).prop_map(
        |(at, met, not_met, undetermined, not_applicable, waived, late)| {
            let counts = CountFact { undetermined, not_applicable, waived, ..run(0, met, not_met).counts[0].clone() };
            RunFact { late, counts: vec![counts], index: u64::try_from(at).unwrap(), ..run(at * MINUTE, 0, 0) }
        },
    );
    let plans = prop::collection::vec((0..200_i64, 0..3000_u64, 0..100_u64), 0..4);
    let declared = prop::collection::vec((-20..200_i64, -20..200_i64), 0..4);
    (prop::collection::vec(run, 0..12), plans, declared, 0..250_i64).prop_map(|(runs, plans, declared, newest)| Facts {
        runs,
        plans: plans
            .into_iter()
            .map(|(from, cadence_seconds, grace_percent)| {
                plan(from * MINUTE, vec![Item { cadence_seconds, grace_percent, ..item() }])
            })
            .collect(),
        declared: declared
            .into_iter()
            .map(|(from, to)| GapFact {
                item: "ci".to_owned(),
                from: from * MINUTE,
                to: to * MINUTE,
                cause: "crash".to_owned(),
            })
            .collect(),
        newest: newest * MINUTE,
        ..Facts::default()
    })
}

proptest! {
    #[test]
    fn parts_never_outgrow_their_whole(facts in any_facts(), from in 0..150_i64, length in 1..150_i64) {
        let period = Period { from: from * MINUTE, to: (from + length) * MINUTE };
        let seen = history(&facts, period, None);
        for time in seen.criteria.values() {
            prop_assert_eq!(time.observed(), time.met + time.waived + time.not_met);
            prop_assert_eq!(time.total(), time.observed() + time.unknown);
            prop_assert!(time.without_plan <= time.unknown);
            for Share { part, whole } in [time.coverage(), time.strict(), time.of_observed(), time.waived_share()] {
                prop_assert!(part <= whole);
            }
            prop_assert!(time.strict().per_mille() <= time.coverage().per_mille());
        }
        for item in &seen.items {
            let missing: u64 = item.gaps.iter().map(|gap| gap.period.length()).sum();
            prop_assert_eq!(item.covered + missing, item.planned);
            prop_assert!(item.planned <= seen.period.length());
            for pair in item.gaps.windows(2) {
                prop_assert!(pair[0].period.to <= pair[1].period.from);
            }
            for gap in &item.gaps {
                prop_assert!(gap.period.from >= period.from && gap.period.to <= seen.until);
            }
        }
    }

    #[test]
    fn declaring_a_gap_changes_its_cause_and_no_figure(facts in any_facts()) {
        let period = Period { from: 0, to: 200 * MINUTE };
        let declared = history(&facts, period, None);
        let silent = history(&Facts { declared: Vec::new(), ..facts }, period, None);
        prop_assert_eq!(&declared.criteria, &silent.criteria);
        prop_assert_eq!(declared.longest_gap(), silent.longest_gap());
        let covered = |seen: &History| seen.items.iter().map(|item| item.covered).collect::<Vec<_>>();
        prop_assert_eq!(covered(&declared), covered(&silent));
    }

    #[test]
    fn two_halves_make_the_whole(facts in any_facts(), cut in 1..200_i64) {
        let seen = |from: i64, to: i64| history(&facts, Period { from: from * MINUTE, to: to * MINUTE }, Some(300 * MINUTE)).all;
        let mut sum = seen(0, cut);
        sum.add(&seen(cut, 200));
        prop_assert_eq!(sum, seen(0, 200));
    }

    #[test]
    fn the_order_of_the_facts_does_not_matter(mut facts in any_facts()) {
        // Two observations at one moment are told apart by their place in the log.
        facts.runs.sort_by_key(|run| run.index);
        facts.runs.dedup_by_key(|run| run.index);
        facts.plans.sort_by_key(|plan| plan.effective_from);
        facts.plans.dedup_by_key(|plan| plan.effective_from);
        let period = Period { from: 0, to: 200 * MINUTE };
        let seen = history(&facts, period, None);
        facts.runs.reverse();
        facts.plans.reverse();
        facts.declared.reverse();
        prop_assert_eq!(seen, history(&facts, period, None));
    }
}
