//! Continuity of a period and its exports, end to end: facts in, pages out. E7, E20 and E22 of the specification.
mod exports;

use speguard::{
    model::{History, Period, Severity},
    record::{
        continuity::{CountFact, Facts, GapFact, Item, PlanFact, RunFact, history},
        period,
    },
};
use std::collections::BTreeMap;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// 2026-11-21T00:00:00Z.
const START: i64 = 1_795_219_200_000;

fn period() -> Period {
    period::parse("2026-11-21T00:00:00Z/2026-11-21T02:00:00Z").unwrap()
}

fn plan() -> PlanFact {
    let item = Item {
        name: "configuration".to_owned(),
        scope: "github.com/example/spe-infra:/".to_owned(),
        emitter: "ci".to_owned(),
        cadence_seconds: 10 * 60,
        grace_percent: 0,
        owner: "platform team".to_owned(),
        ..Item::default()
    };
    PlanFact {
        effective_from: START - DAY,
        items: vec![item],
        resident: Vec::new(),
        deadline_days: BTreeMap::from([(Severity::High, 30)]),
        min_coverage_per_mille: 900,
    }
}

/// A run of four resources, of which three meet and one does not, and one to which nothing applies.
fn run(minutes: i64) -> RunFact {
    let observed = START + minutes * MINUTE;
    let counts =
        CountFact { criterion: "SPE-NET-02".to_owned(), met: 3, not_met: 1, not_applicable: 1, ..CountFact::default() };
    RunFact {
        id: format!("01RUN{minutes:03}"),
        scope: "github.com/example/spe-infra:/".to_owned(),
        emitter: "ci".to_owned(),
        started: observed - 1000,
        observed,
        ended: observed + 1000,
        trigger: "schedule".to_owned(),
        exit: 1,
        counts: vec![counts],
        index: u64::try_from(minutes).unwrap(),
        ..RunFact::default()
    }
}

/// Two hours with a run every ten minutes, without those whose minute is left out.
fn two_hours(left_out: &[i64]) -> Facts {
    Facts {
        plans: vec![plan()],
        runs: (0..120).step_by(10).filter(|minute| !left_out.contains(minute)).map(run).collect(),
        newest: START + 3 * HOUR,
        ..Facts::default()
    }
}

/// Coverage, strict and observed, in thousandths.
fn triple(history: &History) -> [Option<u64>; 3] {
    let time = &history.criteria["SPE-NET-02"];
    [time.coverage().per_mille(), time.strict().per_mille(), time.of_observed().per_mille()]
}

#[test]
fn e7_twenty_minutes_of_silence_are_a_gap_that_lowers_strict_and_leaves_observed() {
    let whole = history(&two_hours(&[]), period(), None);
    assert_eq!((whole.gaps().count(), triple(&whole)), (0, [Some(1000), Some(750), Some(750)]));

    let silent = history(&two_hours(&[60, 70]), period(), None);
    let gaps: Vec<_> =
        silent.gaps().map(|(item, gap)| (item.item.as_str(), gap.period, gap.cause.as_deref())).collect();
    let missing = Period { from: START + 60 * MINUTE, to: START + 80 * MINUTE };
    assert_eq!(gaps, [("configuration", missing, None)]);
    assert_eq!(silent.undeclared(), 1);
    // 100 of 120 minutes; three of four resources.
    assert_eq!(triple(&silent), [Some(833), Some(625), Some(750)]);
    let deviation = &silent.deviations[0];
    assert_eq!((deviation.criterion.as_str(), deviation.resource.as_str()), ("SPE-AUD-03", "configuration"));
    assert_eq!((deviation.opened.latest, deviation.closed.unwrap().latest), (missing.from, missing.to));
}

#[test]
fn e7_a_declared_gap_is_still_unknown_time_but_not_undeclared() {
    let gap = |from: i64, to: i64| GapFact {
        item: "configuration".to_owned(),
        from: START + from * MINUTE,
        to: START + to * MINUTE,
        cause: "upgrade".to_owned(),
    };
    for (declared, undeclared) in [(gap(60, 80), 0), (gap(61, 79), 0), (gap(62, 80), 1), (gap(90, 100), 1)] {
        let seen = history(&Facts { declared: vec![declared], ..two_hours(&[60, 70]) }, period(), None);
        assert_eq!(seen.undeclared(), undeclared);
        assert_eq!(triple(&seen), [Some(833), Some(625), Some(750)]);
    }
}

/// Worked by hand. Plan: every 10 minutes, no grace. Runs at 0 (3 met, 1 not met of which waived 1, 2 undetermined) and
/// at 20 (1 met, 1 not met), view up to 40, in resource-minutes:
/// 0-10 valid: C 30, A 10, U 20; 10-20 expired: U 60; 20-30 valid: C 10, F 10; 30-40 expired: U 20.
/// So C 40, A 10, F 10, U 100: O 60, T 160.
#[test]
fn e22_coverage_and_both_figures_as_worked_by_hand() {
    let count = |met, not_met, undetermined, waived| CountFact {
        criterion: "SPE-NET-02".to_owned(),
        met,
        not_met,
        undetermined,
        waived,
        ..CountFact::default()
    };
    let first = RunFact { counts: vec![count(3, 1, 2, 1)], ..run(0) };
    let second = RunFact { counts: vec![count(1, 1, 0, 0)], ..run(20) };
    let facts = Facts { runs: vec![first, second], ..two_hours(&[]) };
    let seen = history(&facts, Period { from: START, to: START + 40 * MINUTE }, None);
    let time = &seen.criteria["SPE-NET-02"];
    let minutes = [time.met, time.waived, time.not_met, time.unknown, time.observed(), time.total()];
    assert_eq!(minutes.map(|part| part / 60_000), [40, 10, 10, 100, 60, 160]);
    assert_eq!(triple(&seen), [Some(375), Some(250), Some(666)]);
    assert_eq!(time.waived_share().per_mille(), Some(62));
    assert_eq!(&seen.all, time);
}

#[test]
fn e22_no_time_gives_no_figure() {
    let nothing = CountFact { criterion: "SPE-NET-02".to_owned(), not_applicable: 5, ..CountFact::default() };
    let facts = Facts { runs: vec![RunFact { counts: vec![nothing], ..run(0) }], ..two_hours(&[]) };
    let seen = history(&facts, period(), None);
    assert_eq!(triple(&seen), [None, None, None]);
    assert_eq!(seen.criteria["SPE-NET-02"].not_applicable, 5 * 120 * 60_000);
    // Time that nothing was observed of has coverage 0 and no observed figure.
    let seen = history(&Facts { plans: Vec::new(), ..two_hours(&[]) }, period(), None);
    assert_eq!(triple(&seen), [Some(0), Some(0), None]);
}
