//! Emitters that run all the time: when each was alive, and when one of those that promise something together was.
use super::{
    HEARTBEATS_MISSED_MAX, PlanFact, Resident,
    cover::{Declared, Uncovered, left},
};
use crate::model::{ItemHistory, Period, ResidentHistory};
use std::collections::BTreeMap;

/// Signs that lie no further apart are of one moment: an emitter enters one after another.
const SAME_MOMENT_MS: u64 = 1_000;

/// A sign of life, as the log has it.
#[derive(Clone, Debug)]
pub struct SignFact {
    pub emitter: String,
    /// Counts the starts of the emitter.
    pub epoch: u64,
    /// Milliseconds since 1970.
    pub at: i64,
    pub sign: Sign,
}

/// What an emitter says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    Start,
    /// An orderly one.
    Stop,
    Beat {
        /// Whether its inventory of the cluster is whole and fresh.
        synced: bool,
        /// Decisions of this epoch that it could not enter so far.
        dropped: u64,
        /// By how many milliseconds its wall clock was set since the last sign.
        clock_step_ms: Option<i64>,
        /// The digest of the webhooks by which it is asked; `None` where there are none, or it does not look.
        webhooks: Option<[u8; 32]>,
    },
}

/// What is known of the emitters that a plan names. Held are their stretches, not their signs.
#[derive(Debug, Default)]
pub(super) struct Presence(BTreeMap<String, Emitter>);

#[derive(Debug, Default)]
struct Emitter {
    /// Epochs that have not stopped in order. Two may be alive at once: a new process may start before the old one ends.
    open: BTreeMap<u64, Epoch>,
    /// The highest number of all.
    newest: u64,
    alive: Vec<Period>,
    seeing: Vec<Period>,
    signs: u64,
    starts: u64,
    clock_steps: Vec<(i64, i64)>,
    dropped: u64,
}

#[derive(Debug)]
struct Epoch {
    last: i64,
    synced: bool,
    dropped: u64,
}

impl Presence {
    /// Takes a sign of life; those of one emitter come in the order of the log.
    pub(super) fn take(&mut self, sign: &SignFact, plans: &[(Period, PlanFact)], window: Period) {
        let Some(patience) = patience(plans, &sign.emitter, sign.at) else { return };
        if !self.0.contains_key(&sign.emitter) {
            self.0.insert(sign.emitter.clone(), Emitter::default());
        }
        if let Some(emitter) = self.0.get_mut(&sign.emitter) {
            emitter.take(sign, patience, window);
        }
    }

    /// What was promised by resident emitters in the window, in the order of names.
    pub(super) fn finish(
        mut self,
        plans: &[(Period, PlanFact)],
        window: Period,
        declared: &Declared,
    ) -> Vec<ItemHistory> {
        for (name, emitter) in &mut self.0 {
            let patience = patience(plans, name, window.to).unwrap_or_default();
            emitter.finish(patience, window);
        }
        let mut promised: BTreeMap<&str, Vec<(Period, &Resident)>> = BTreeMap::new();
        for (effect, plan) in plans {
            let Some(stretch) = effect.overlap(window) else { continue };
            plan.resident.iter().for_each(|one| promised.entry(&one.name).or_default().push((stretch, one)));
        }
        promised.into_values().filter_map(|versions| self.item(&versions, window, declared)).collect()
    }

    fn item(&self, versions: &[(Period, &Resident)], window: Period, declared: &Declared) -> Option<ItemHistory> {
        let (_, newest) = versions.last()?;
        let mut uncovered = Uncovered::default();
        for (stretch, resident) in versions {
            let seeing = resident.emitters.iter().filter_map(|name| self.0.get(name)).flat_map(|one| &one.seeing);
            rest(*stretch, seeing).into_iter().for_each(|gap| uncovered.add(gap));
        }
        let planned = versions.iter().map(|(stretch, _)| stretch.length()).fold(0, u64::saturating_add);
        let residents: Vec<ResidentHistory> =
            newest.emitters.iter().map(|name| self.resident(name, versions, window)).collect();
        let names: Vec<&str> = newest.emitters.iter().chain([&newest.name]).map(String::as_str).collect();
        Some(ItemHistory {
            item: newest.name.clone(),
            scope: String::new(),
            emitter: newest.emitters.join(", "),
            owner: newest.owner.clone(),
            observations: residents.iter().map(|one| one.signs).fold(0, u64::saturating_add),
            planned,
            covered: planned.saturating_sub(uncovered.length()),
            gaps: uncovered.explained(declared, &names),
            longest_gap: uncovered.longest(),
            residents,
        })
    }

    fn resident(&self, name: &str, versions: &[(Period, &Resident)], window: Period) -> ResidentHistory {
        let none = Emitter::default();
        let emitter = self.0.get(name).unwrap_or(&none);
        let named = |resident: &Resident| resident.emitters.iter().any(|one| one == name);
        let stretches = || versions.iter().filter(|(_, resident)| named(resident)).map(|(stretch, _)| *stretch);
        let down: Vec<Period> = stretches().flat_map(|stretch| rest(stretch, &emitter.alive)).collect();
        let not_seeing = stretches().flat_map(|stretch| rest(stretch, &emitter.seeing));
        let crashed = emitter.open.iter().filter(|(number, epoch)| {
            let has_successor = **number < emitter.newest;
            let is_silent = down.last().is_some_and(|down| down.from == epoch.last && down.to == window.to);
            (window.from..=window.to).contains(&epoch.last) && (has_successor || is_silent)
        });
        ResidentHistory {
            emitter: name.to_owned(),
            signs: emitter.signs,
            starts: emitter.starts,
            crashes: u64::try_from(crashed.count()).unwrap_or(u64::MAX),
            blind: not_seeing.flat_map(|stretch| rest(stretch, &down)).collect(),
            down,
            clock_steps: emitter.clock_steps.clone(),
            dropped: emitter.dropped,
        }
    }
}

impl Emitter {
    fn take(&mut self, sign: &SignFact, patience: i64, window: Period) {
        let SignFact { epoch, at, sign, .. } = *sign;
        self.newest = self.newest.max(epoch);
        let is_inside = (window.from..=window.to).contains(&at);
        if is_inside {
            self.signs += 1;
            self.starts += u64::from(sign == Sign::Start);
        }
        match sign {
            Sign::Start => drop(self.open.insert(epoch, Epoch { last: at, synced: false, dropped: 0 })),
            Sign::Beat { synced, dropped, clock_step_ms, .. } => {
                self.reach(epoch, at, patience);
                let open = self.open.entry(epoch).or_insert(Epoch { last: at, synced, dropped: 0 });
                // A clock that was set may have carried it out of the window.
                let touches = is_inside || (window.from..=window.to).contains(&open.last);
                (open.last, open.synced) = (at, synced);
                let lost = dropped.saturating_sub(std::mem::replace(&mut open.dropped, dropped));
                if is_inside {
                    self.dropped = self.dropped.saturating_add(lost);
                }
                self.clock_steps.extend(clock_step_ms.filter(|_| touches).map(|step| (at, step)));
            }
            Sign::Stop => {
                self.reach(epoch, at, patience);
                self.open.remove(&epoch);
            }
        }
    }

    /// Alive from the last sign of an epoch up to a moment, where that is soon enough.
    fn reach(&mut self, epoch: u64, at: i64, patience: i64) {
        let Some(open) = self.open.get(&epoch) else { return };
        let stretch = Period { from: open.last, to: at };
        if stretch.from < at && at.saturating_sub(stretch.from) <= patience {
            extend(&mut self.alive, stretch);
            if open.synced {
                extend(&mut self.seeing, stretch);
            }
        }
    }

    /// The newest epoch is given the benefit of the doubt as long as its next sign is not overdue.
    fn finish(&mut self, patience: i64, window: Period) {
        self.reach(self.newest, window.to, patience);
        // The clock may have been set back, and two epochs may overlap.
        self.alive.sort_by_key(|one| one.from);
        self.seeing.sort_by_key(|one| one.from);
    }
}

/// How long an emitter may be silent; none where no plan ever names it.
fn patience(plans: &[(Period, PlanFact)], emitter: &str, at: i64) -> Option<i64> {
    let seconds = |plan: &PlanFact| {
        let naming = plan.resident.iter().filter(|one| one.emitters.iter().any(|name| name == emitter));
        naming.map(|one| one.heartbeat_seconds).min()
    };
    let in_force = plans.iter().filter(|(effect, _)| effect.contains(at)).find_map(|(_, plan)| seconds(plan));
    // Before the first plan, and while one is in force that does not name it: as the others have it.
    let seconds = in_force.or_else(|| plans.iter().find_map(|(_, plan)| seconds(plan)))?;
    i64::try_from(seconds.saturating_mul(HEARTBEATS_MISSED_MAX).saturating_mul(1000)).ok()
}

/// What stretches, in any order, leave of the whole, but for what is of one moment.
fn rest<'p>(whole: Period, stretches: impl IntoIterator<Item = &'p Period>) -> Vec<Period> {
    let mut stretches: Vec<Period> = stretches.into_iter().copied().collect();
    stretches.sort_by_key(|one| one.from);
    let mut rest = left(whole, stretches.into_iter());
    rest.retain(|gap| gap.length() > SAME_MOMENT_MS);
    rest
}

fn extend(stretches: &mut Vec<Period>, one: Period) {
    match stretches.last_mut().filter(|last| last.to == one.from) {
        Some(last) => last.to = one.to,
        None => stretches.push(one),
    }
}
