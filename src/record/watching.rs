//! Continuity of every environment of a log, while its entries pass: nothing is held that the rest of the log cannot
//! change. Start at [`Watching`]; [`super::history`] says what each entry means.
use super::{
    continuity::{ChangeFact, Rest, RunFact, WaiverFact, Watch},
    entry::{AnchorKind, Instant, Plan, Ulid},
    history::{Stated, change, environment, epoch, gap, heartbeat, is_stated, plan, run, waivers},
    verify::{Ahead, At, Entries, Passing},
};
use crate::model::{History, Period, UnfinishedRun};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked about.
#[derive(Clone, Copy, Debug, Default)]
pub struct Question {
    /// `None` = from the first plan's effect to the moment of the view.
    pub period: Option<Period>,
    /// `None` = when the newest entry was recorded.
    pub as_of: Option<i64>,
    /// Whether anybody wants to see the answer: without that, and without a plan, there is none.
    pub shown: bool,
    /// Whether runs and deviations are wanted one by one. They are then held, and their number is that of the log.
    pub listed: bool,
}

/// What is answered about one environment.
#[derive(Debug)]
pub struct Answer {
    pub name: String,
    /// Why there is no history, else it.
    pub history: Result<History, &'static str>,
    pub stated: Stated,
    pub has_plan: bool,
    /// Runs that are older than the last of their scope and do not say that they are late; they are taken as late.
    pub misplaced: u64,
    /// Emitters that run all the time, and that no plan names.
    pub unplanned: BTreeSet<String>,
    /// The plans are not those that were found before the log was verified.
    pub changed: bool,
}

/// Takes entries as they pass.
#[derive(Debug, Default)]
pub struct Watching(BTreeMap<String, Environment>);

#[derive(Debug)]
struct Environment {
    watch: Result<Watch, &'static str>,
    as_of: i64,
    listed: bool,
    /// In the order in which they were recorded.
    plans: Vec<At<Plan>>,
    /// By shard.
    emitters: BTreeMap<String, String>,
    /// Scopes that several emitters run: only at the end is the order of their observations known.
    shared: BTreeSet<String>,
    held: Vec<RunFact>,
    held_changes: Vec<(ChangeFact, i64)>,
    /// Runs that have begun.
    open: BTreeMap<Ulid, UnfinishedRun>,
    /// Changes of runs that have not ended.
    changes: BTreeMap<Ulid, Vec<ChangeFact>>,
    /// The last observation of each scope.
    last: BTreeMap<String, i64>,
    stated_runs: usize,
    misplaced: u64,
    unplanned: BTreeSet<String>,
}

impl Watching {
    /// Everything that must be known before the first entry passes.
    #[must_use]
    pub fn new(ahead: &[Ahead], question: Question) -> Self {
        let mut environments: BTreeMap<String, Vec<&Ahead>> = BTreeMap::new();
        for one in ahead {
            environments.entry(environment(&one.origin).to_owned()).or_default().push(one);
        }
        let of = |shards: Vec<&Ahead>| Environment::new(&shards, question);
        Self(environments.into_iter().filter_map(|(name, shards)| Some((name, of(shards)?))).collect())
    }

    /// Entries that were kept.
    #[must_use]
    pub fn of(entries: &Entries, question: Question) -> Self {
        let as_of = question.as_of.map_or(Instant(i64::MAX), Instant);
        let ahead: Vec<Ahead> = entries
            .emitters
            .iter()
            .map(|(origin, emitter)| {
                let of = |shard: &String| shard == origin;
                let runs = entries.runs.iter().filter(|run| of(&run.shard) && run.recorded <= as_of);
                Ahead {
                    origin: origin.clone(),
                    emitter: emitter.clone(),
                    plans: entries
                        .plans
                        .iter()
                        .filter(|plan| of(&plan.shard) && plan.recorded <= as_of)
                        .cloned()
                        .collect(),
                    newest: entries.newest,
                    first_run: runs.map(|run| run.observed).min(),
                    scopes: entries
                        .starts
                        .iter()
                        .filter(|start| of(&start.shard))
                        .map(|start| start.what.scope.clone())
                        .collect(),
                }
            })
            .collect();
        let mut watching = Self::new(&ahead, question);
        entries.starts.iter().cloned().for_each(|one| watching.take(Passing::Start(one)));
        entries.transitions.iter().cloned().for_each(|one| watching.take(Passing::Transition(one)));
        entries.runs.iter().cloned().for_each(|one| watching.take(Passing::Run(one)));
        entries.gaps.iter().cloned().for_each(|one| watching.take(Passing::Gap(one)));
        let epochs = entries.epochs.iter().cloned().map(|one| (one.shard.clone(), one.index, Passing::Epoch(one)));
        let beats = entries.heartbeats.iter().cloned();
        let beats = beats.map(|one| (one.shard.clone(), one.index, Passing::Heartbeat(one)));
        let mut signs: Vec<_> = epochs.chain(beats).collect();
        signs.sort_by(|(one, first, _), (other, second, _)| (one, first).cmp(&(other, second)));
        signs.into_iter().for_each(|(.., sign)| watching.take(sign));
        watching
    }

    /// Takes an entry; they come in the order of their shard.
    pub fn take(&mut self, passing: Passing) {
        let (shard, recorded) = match &passing {
            Passing::Start(one) => (&one.shard, one.recorded),
            Passing::Run(one) => (&one.shard, one.recorded),
            Passing::Transition(one) => (&one.shard, one.recorded),
            Passing::Gap(one) => (&one.shard, one.recorded),
            Passing::Epoch(one) => (&one.shard, one.recorded),
            Passing::Heartbeat(one) => (&one.shard, one.recorded),
        };
        if let Some(environment) = self.0.get_mut(environment(shard))
            && recorded.0 <= environment.as_of
        {
            environment.take(passing);
        }
    }

    /// What the log shows of each environment; `entries` are those that do not pass.
    #[must_use]
    pub fn finish(self, entries: &Entries) -> Vec<Answer> {
        self.0.into_iter().map(|(name, environment)| environment.finish(name, entries)).collect()
    }
}

impl Environment {
    /// None where no entry is.
    fn new(shards: &[&Ahead], question: Question) -> Option<Self> {
        let newest = shards.iter().filter_map(|shard| shard.newest).max()?;
        let as_of = question.as_of.unwrap_or(newest.0);
        let mut plans: Vec<At<Plan>> = shards.iter().flat_map(|shard| &shard.plans).cloned().collect();
        plans.sort_by_key(|plan| (plan.recorded, plan.index));
        let facts: Vec<_> = plans.iter().enumerate().map(|(nth, one)| plan(one, nth > 0)).collect();
        let begin = facts.iter().map(|plan| plan.effective_from).min();
        let first_run = shards.iter().filter_map(|shard| shard.first_run).min().map(|first| first.0);
        let whole = begin.or(first_run).map(|from| Period { from, to: as_of });
        let period = question.period.or_else(|| whole.filter(|whole| whole.from < whole.to));
        let watch = match (period, begin) {
            _ if begin.is_none() && !question.shown => Err("the log has no plan"),
            (Some(period), _) => Ok(Watch::new(facts, period, as_of, question.listed)),
            (None, Some(_)) => Err("its plan is not in force yet"),
            (None, None) => Err("the log has neither plan nor run"),
        };
        let mut by_scope: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (shard, scope) in shards.iter().flat_map(|shard| shard.scopes.iter().map(move |scope| (shard, scope))) {
            by_scope.entry(scope).or_default().insert(&shard.emitter);
        }
        Some(Self {
            watch,
            as_of,
            listed: question.listed,
            plans,
            emitters: shards.iter().map(|shard| (shard.origin.clone(), shard.emitter.clone())).collect(),
            shared: by_scope.iter().filter(|(_, by)| by.len() > 1).map(|(scope, _)| (*scope).to_owned()).collect(),
            held: Vec::new(),
            held_changes: Vec::new(),
            open: BTreeMap::new(),
            changes: BTreeMap::new(),
            last: BTreeMap::new(),
            stated_runs: 0,
            misplaced: 0,
            unplanned: BTreeSet::new(),
        })
    }

    fn take(&mut self, passing: Passing) {
        let Ok(watch) = &mut self.watch else { return };
        match passing {
            Passing::Start(start) => {
                let (id, scope, started) = (start.what.run.to_string(), start.what.scope, start.observed.0);
                self.open.insert(start.what.run, UnfinishedRun { id, scope, started });
            }
            Passing::Transition(one) if self.listed => {
                self.changes.entry(one.what.run).or_default().push(change(&one));
            }
            Passing::Transition(_) => {}
            Passing::Gap(one) => watch.gap(&gap(&one.what)),
            Passing::Epoch(one) => {
                let emitter = self.emitters.get(&one.shard).map_or("", String::as_str);
                let mut named = self.plans.iter().flat_map(|plan| &plan.what.resident).flat_map(|one| &one.emitters);
                if !named.any(|name| name == emitter) {
                    self.unplanned.insert(emitter.to_owned());
                }
                watch.sign(&epoch(&one, emitter));
            }
            Passing::Heartbeat(one) => {
                watch.sign(&heartbeat(&one, self.emitters.get(&one.shard).map_or("", String::as_str)));
            }
            Passing::Run(at) => {
                self.open.remove(&at.what.run);
                self.stated_runs += usize::from(is_stated(&at));
                let changes = self.changes.remove(&at.what.run).unwrap_or_default();
                let mut fact = run(&at, self.emitters.get(&at.shard).map_or("", String::as_str));
                if self.shared.contains(&fact.scope) {
                    self.held_changes.extend(changes.into_iter().map(|change| (change, fact.ended)));
                    self.held.push(fact);
                    return;
                }
                if !fact.late && self.last.get(&fact.scope).is_some_and(|last| *last > fact.observed) {
                    fact.late = true;
                    self.misplaced += 1;
                }
                match self.last.get_mut(&fact.scope) {
                    Some(last) => *last = fact.observed.max(*last),
                    None => drop(self.last.insert(fact.scope.clone(), fact.observed)),
                }
                changes.iter().for_each(|change| watch.change(change, fact.ended));
                watch.run(&fact);
            }
        }
    }

    fn finish(self, name: String, entries: &Entries) -> Answer {
        let of_it = |shard: &str| environment(shard) == name;
        let stated_plans = self.plans.iter().filter(|plan| plan.what.effective_from < plan.recorded).count();
        let stated = Stated { runs: self.stated_runs, plans: stated_plans };
        let verified = entries.plans.iter().filter(|plan| of_it(&plan.shard) && plan.recorded.0 <= self.as_of);
        let verified: BTreeSet<_> = verified.map(|plan| plan.leaf).collect();
        let changed = verified != self.plans.iter().map(|plan| plan.leaf).collect();
        let (has_plan, misplaced, unplanned) = (!self.plans.is_empty(), self.misplaced, self.unplanned);
        let history = self.watch.map(|mut watch| {
            let (mut runs, mut changes) = (self.held, self.held_changes);
            runs.sort_by_key(|run| (run.observed, run.index));
            runs.iter().for_each(|run| watch.run(run));
            // What belongs to no run that ended.
            changes.extend(
                self.changes
                    .into_values()
                    .flatten()
                    .map(|change| (change.observed, change))
                    .map(|(at, change)| (change, at)),
            );
            changes.sort_by_key(|(change, _)| (change.observed, change.index));
            changes.iter().for_each(|(change, entered)| watch.change(change, *entered));
            let waivers: Vec<WaiverFact> = waivers(entries, &name, self.as_of);
            let anchors = entries.anchors.iter().filter(|at| of_it(&at.shard) && at.recorded.0 <= self.as_of);
            let anchors = anchors.filter(|anchor| anchor.what.kind == AnchorKind::TimeStamp);
            let anchors: Vec<(u64, i64)> = anchors.map(|anchor| (anchor.what.size, anchor.what.at.0)).collect();
            let unfinished: Vec<UnfinishedRun> = self.open.into_values().collect();
            watch.finish(&Rest { unfinished: &unfinished, waivers: &waivers, anchors: &anchors })
        });
        Answer { name, history, stated, has_plan, misplaced, unplanned, changed }
    }
}
