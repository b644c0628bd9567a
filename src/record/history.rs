//! Entries in, facts of continuity out: what each entry says of what was watched, without any judgement. Pure. Start at
//! [`facts`].
use super::{
    continuity::{
        ChangeFact, CountFact, Facts, GapFact, Item, PlanFact, Resident, RunFact, Sign, SignFact, WaiverFact,
    },
    entry::{AnchorKind, Count, Epoch, EpochEvent, Gap, Heartbeat, Instant, Plan, Run, Transition, Ulid, WaiverEvent},
    verify::{At, Entries},
};
use crate::model::{Effect, Severity, UnfinishedRun};
use std::collections::{BTreeMap, BTreeSet};

/// What entries say of time that may not be what it was, for a reader to weigh. Nothing of it is left out of [`Facts`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// Runs that say that their sources were read at another time than the one in which they ran.
    pub runs: usize,
    /// Plans entered after the moment from which they are said to hold.
    pub plans: usize,
}

/// Clocks differ by less than this between the sources and the program, in milliseconds.
const OBSERVED_TOLERANCE_MS: i64 = 60 * 1000;

/// The environments of a log, each `<domain>/evidence/<spe>`, in order: every one has its own plan.
#[must_use]
pub fn environments(entries: &Entries) -> BTreeSet<String> {
    entries.emitters.keys().map(|origin| environment(origin).to_owned()).collect()
}

/// The environment that a shard belongs to: its origin without emitter and year.
#[must_use]
pub fn environment(origin: &str) -> &str {
    origin.rsplitn(3, '/').nth(2).unwrap_or(origin)
}

/// What the entries of one environment say that had been recorded at `as_of`. `newest` is when its newest entry was.
///
/// - A plan holds from the moment it names. Where an earlier one was entered already it holds no earlier than it was
///   entered itself: what was promised for time that has passed cannot be changed.
/// - A waiver stands as its last entry says; one that was revoked ends there.
#[must_use]
pub fn facts(entries: &Entries, environment: &str, newest: Instant, as_of: i64) -> (Facts, Stated) {
    let of = Of { entries, environment, as_of };
    let runs: Vec<&At<Box<Run>>> = of.this(&entries.runs).collect();
    let ended: BTreeSet<Ulid> = runs.iter().map(|run| run.what.run).collect();
    let plans: Vec<&At<Plan>> = of.in_order(&entries.plans);
    let unfinished = of.this(&entries.starts).filter(|start| !ended.contains(&start.what.run));
    let anchors = of.this(&entries.anchors).filter(|anchor| anchor.what.kind == AnchorKind::TimeStamp);
    let stated = Stated {
        runs: runs.iter().filter(|run| is_stated(run)).count(),
        plans: plans.iter().filter(|plan| plan.what.effective_from < plan.recorded).count(),
    };
    let facts = Facts {
        plans: plans.iter().enumerate().map(|(nth, plan)| self::plan(plan, nth > 0)).collect(),
        runs: runs.iter().map(|at| run(at, of.emitter(&at.shard))).collect(),
        unfinished: unfinished
            .map(|start| UnfinishedRun {
                id: start.what.run.to_string(),
                scope: start.what.scope.clone(),
                started: start.observed.0,
            })
            .collect(),
        changes: of.this(&entries.transitions).map(change).collect(),
        declared: of.this(&entries.gaps).map(|at| gap(&at.what)).collect(),
        signs: of.signs(),
        waivers: of.waivers(),
        anchors: anchors.map(|anchor| (anchor.what.size, anchor.what.at.0)).collect(),
        newest: newest.0,
    };
    (facts, stated)
}

/// The entries of one environment.
struct Of<'a> {
    entries: &'a Entries,
    environment: &'a str,
    as_of: i64,
}

impl<'a> Of<'a> {
    fn this<T>(&self, all: &'a [At<T>]) -> impl Iterator<Item = &'a At<T>> + use<'a, T> {
        let (wanted, as_of) = (self.environment.to_owned(), self.as_of);
        all.iter().filter(move |at| environment(&at.shard) == wanted && at.recorded.0 <= as_of)
    }

    /// As they were recorded, whatever shard they stand in.
    fn in_order<T>(&self, all: &'a [At<T>]) -> Vec<&'a At<T>> {
        let mut all: Vec<&At<T>> = self.this(all).collect();
        all.sort_by_key(|at| (at.recorded, at.index));
        all
    }

    fn emitter(&self, shard: &str) -> &'a str {
        self.entries.emitters.get(shard).map_or("", String::as_str)
    }

    /// Those of one epoch in the order of the log: its start, its signs of life, its stop.
    fn signs(&self) -> Vec<SignFact> {
        let epochs =
            self.this(&self.entries.epochs).map(|at| (&at.shard, at.index, epoch(at, self.emitter(&at.shard))));
        let beats = self.this(&self.entries.heartbeats);
        let beats = beats.map(|at| (&at.shard, at.index, heartbeat(at, self.emitter(&at.shard))));
        let mut signs: Vec<_> = epochs.chain(beats).collect();
        signs.sort_by_key(|(shard, index, _)| (*shard, *index));
        signs.into_iter().map(|(.., sign)| sign).collect()
    }

    fn waivers(&self) -> Vec<WaiverFact> {
        let mut waivers: BTreeMap<(&str, &str), WaiverFact> = BTreeMap::new();
        for at in self.in_order(&self.entries.waivers) {
            let waiver = &at.what;
            let key = (waiver.scope.as_str(), waiver.waiver.as_str());
            let (requester, approver) = (waiver.requester_c.as_ref(), waiver.approver_c.as_ref());
            let expires = match waiver.event {
                WaiverEvent::Revoked => waiver.expires.min(at.observed),
                WaiverEvent::Created | WaiverEvent::Approved | WaiverEvent::Renewed | WaiverEvent::Expired => {
                    waiver.expires
                }
            };
            let fact = WaiverFact {
                name: waiver.waiver.clone(),
                granted: waiver.granted.0,
                expires: expires.0,
                approver_missing: approver.is_none(),
                self_approved: approver.is_some() && approver == requester,
            };
            waivers.insert(key, fact);
        }
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        waivers.keys().for_each(|(_, name)| *names.entry(name).or_default() += 1);
        let named = |((scope, name), fact): (&(&str, &str), &WaiverFact)| match names.get(name) {
            Some(2..) => WaiverFact { name: format!("{name} ({scope})"), ..fact.clone() },
            _ => fact.clone(),
        };
        waivers.iter().map(named).collect()
    }
}

/// The waivers of one environment, each as its last entry says that had been recorded at `as_of`.
pub(super) fn waivers(entries: &Entries, environment: &str, as_of: i64) -> Vec<WaiverFact> {
    Of { entries, environment, as_of }.waivers()
}

/// Whether a run says that it read its sources at a time in which it did not run.
pub(super) fn is_stated(at: &At<Box<Run>>) -> bool {
    let (from, to) = (at.what.started.0 - OBSERVED_TOLERANCE_MS, at.what.ended.0 + OBSERVED_TOLERANCE_MS);
    !(from..=to).contains(&at.observed.0)
}

pub(super) fn plan(at: &At<Plan>, has_earlier: bool) -> PlanFact {
    let Plan { effective_from, items, resident, deadline_days, min_coverage_per_mille, .. } = &at.what;
    let any_of = |emitter: &str| resident.iter().find(|one| one.name == emitter).map(|one| one.emitters.clone());
    let effective = if has_earlier { (*effective_from).max(at.recorded) } else { *effective_from };
    PlanFact {
        effective_from: effective.0,
        items: items
            .iter()
            .map(|item| Item {
                name: item.name.clone(),
                scope: item.scope.clone(),
                emitter: item.emitter.clone(),
                any_of: any_of(&item.emitter).unwrap_or_default(),
                criteria: item.criteria.clone(),
                cadence_seconds: item.cadence_seconds,
                grace_percent: item.grace_percent,
                owner: item.owner.clone(),
            })
            .collect(),
        resident: resident
            .iter()
            .map(|one| Resident {
                name: one.name.clone(),
                emitters: one.emitters.clone(),
                heartbeat_seconds: one.heartbeat_seconds,
                owner: one.owner.clone(),
            })
            .collect(),
        deadline_days: deadline_days.iter().filter_map(|(name, days)| Some((severity(name)?, *days))).collect(),
        min_coverage_per_mille: *min_coverage_per_mille,
    }
}

pub(super) fn run(at: &At<Box<Run>>, emitter: &str) -> RunFact {
    let run = &at.what;
    // A remark hides nothing.
    let unread = run.problems.iter().filter(|(class, _)| class != "remark").map(|(_, count)| *count);
    RunFact {
        id: run.run.to_string(),
        scope: run.scope.clone(),
        emitter: emitter.to_owned(),
        started: run.started.0,
        observed: at.observed.0,
        ended: run.ended.0,
        late: run.late,
        trigger: run.trigger.name().to_owned(),
        exit: u8::try_from(run.exit).unwrap_or(u8::MAX),
        selected: Vec::new(),
        counts: run.counts.iter().map(count).collect(),
        problems: unread.fold(0, u64::saturating_add),
        index: at.index,
    }
}

fn count(of: &Count) -> CountFact {
    CountFact {
        criterion: of.criterion.clone(),
        met: of.met,
        not_met: of.not_met,
        not_applicable: of.not_applicable,
        undetermined: of.undetermined,
        waived: of.waived.saturating_sub(of.waived_undetermined),
        warned: of.warned,
        observed: of.observed,
    }
}

pub(super) fn change(at: &At<Transition>) -> ChangeFact {
    let change = &at.what;
    ChangeFact {
        run: change.run.to_string(),
        observed: at.observed.0,
        criterion: change.criterion.clone(),
        kind: change.kind.clone(),
        resource: change.ref_c.0.clone(),
        from: change.from,
        to: change.to,
        effect: change.effect.unwrap_or(Effect::Counted),
        severity: severity(&change.severity),
        last_before: change.last_before.map(|at| at.0),
        deviation: change.deviation.map(|id| id.to_string()),
        index: at.index,
    }
}

pub(super) fn epoch(at: &At<Epoch>, emitter: &str) -> SignFact {
    let sign = match at.what.event {
        EpochEvent::Start => Sign::Start,
        EpochEvent::Stop => Sign::Stop,
    };
    SignFact { emitter: emitter.to_owned(), epoch: at.what.epoch, at: at.observed.0, sign }
}

pub(super) fn heartbeat(at: &At<Box<Heartbeat>>, emitter: &str) -> SignFact {
    let Heartbeat { epoch, synced, dropped, clock_step_ms, webhooks, .. } = *at.what;
    let sign = Sign::Beat { synced, dropped, clock_step_ms, webhooks: webhooks.map(|digest| digest.0) };
    SignFact { emitter: emitter.to_owned(), epoch, at: at.observed.0, sign }
}

pub(super) fn gap(of: &Gap) -> GapFact {
    let Gap { item, from, to, cause, .. } = of;
    GapFact { item: item.clone(), from: from.0, to: to.0, cause: cause.name().to_owned() }
}

fn severity(name: &str) -> Option<Severity> {
    Severity::ALL.into_iter().find(|severity| severity.name() == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::entry::{Commitment, DigestText, PlanItem, Waiver};

    const SHARD: &str = "provider.example/evidence/spe/ci/2026";

    fn at<T>(index: u64, recorded: i64, what: T) -> At<T> {
        let time = Instant(recorded);
        At {
            shard: SHARD.to_owned(),
            index,
            leaf: [0; 32],
            id: Ulid(index.into()),
            observed: time,
            recorded: time,
            what,
        }
    }

    fn entries() -> Entries {
        let emitters = BTreeMap::from([(SHARD.to_owned(), "ci".to_owned())]);
        Entries { emitters, ..Entries::default() }
    }

    fn plan_from(effective_from: i64) -> Plan {
        let item = PlanItem {
            name: "daily".to_owned(),
            scope: "infra".to_owned(),
            criteria: Vec::new(),
            cadence_seconds: 60,
            grace_percent: 20,
            owner: "security".to_owned(),
            emitter: "ci".to_owned(),
        };
        Plan {
            digest: DigestText([0; 32]),
            effective_from: Instant(effective_from),
            approver: "board".to_owned(),
            items: vec![item],
            resident: Vec::new(),
            deadline_days: BTreeMap::from([("high".to_owned(), 30)]),
            min_coverage_per_mille: 900,
            retention_days: None,
        }
    }

    fn waiver(event: WaiverEvent, scope: &str, approver: Option<&str>) -> Waiver {
        Waiver {
            event,
            scope: scope.to_owned(),
            waiver: "egress".to_owned(),
            criteria: Vec::new(),
            reasons: Vec::new(),
            requester_c: Some(Commitment("hmac:a".to_owned())),
            approver_c: approver.map(|approver| Commitment(approver.to_owned())),
            granted: Instant(1),
            expires: Instant(1000),
            document: DigestText([0; 32]),
        }
    }

    #[test]
    fn a_later_plan_does_not_reach_back_before_it_was_entered() {
        let mut entries = entries();
        entries.plans = vec![at(1, 500, plan_from(100)), at(2, 900, plan_from(200)), at(3, 1000, plan_from(2000))];
        let (facts, stated) = facts(&entries, environment(SHARD), Instant(1000), 1000);
        let effective: Vec<i64> = facts.plans.iter().map(|plan| plan.effective_from).collect();
        assert_eq!((effective, stated.plans), (vec![100, 900, 2000], 2));
    }

    #[test]
    fn a_waiver_stands_as_its_last_entry_says() {
        let mut entries = entries();
        entries.waivers = vec![
            at(1, 10, waiver(WaiverEvent::Created, "one", Some("hmac:a"))),
            at(2, 20, waiver(WaiverEvent::Created, "other", None)),
            at(3, 30, waiver(WaiverEvent::Revoked, "one", Some("hmac:a"))),
        ];
        let (facts, _) = facts(&entries, environment(SHARD), Instant(30), 30);
        let told: Vec<(&str, i64, bool, bool)> = facts
            .waivers
            .iter()
            .map(|one| (one.name.as_str(), one.expires, one.self_approved, one.approver_missing))
            .collect();
        assert_eq!(told, [("egress (one)", 30, true, false), ("egress (other)", 1000, false, true)]);
    }

    #[test]
    fn only_what_is_not_met_and_waived_counts_as_waived() {
        let of = Count {
            criterion: "SPE-NET-01".to_owned(),
            met: 1,
            not_met: 2,
            not_applicable: 0,
            undetermined: 3,
            waived: 3,
            waived_undetermined: 2,
            warned: 0,
            observed: 0,
        };
        assert_eq!(count(&of).waived, 1);
    }

    #[test]
    fn what_was_entered_after_the_moment_of_the_view_is_left_out() {
        let mut entries = entries();
        entries.plans = vec![at(1, 500, plan_from(100)), at(2, 900, plan_from(200))];
        let seen = |as_of| facts(&entries, environment(SHARD), Instant(1000), as_of).0.plans.len();
        assert_eq!([499, 500, 900].map(seen), [0, 1, 2]);
    }

    #[test]
    fn other_environments_of_the_log_are_left_out() {
        let mut entries = entries();
        entries.emitters.insert("provider.example/evidence/other/ci/2026".to_owned(), "ci".to_owned());
        entries.plans =
            vec![At { shard: "provider.example/evidence/other/ci/2026".to_owned(), ..at(1, 1, plan_from(1)) }];
        assert_eq!(environments(&entries).len(), 2);
        assert!(facts(&entries, environment(SHARD), Instant(1), 1).0.plans.is_empty());
    }
}
