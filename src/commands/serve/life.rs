//! Signs of life of the service, and the time without: declared when it is over, by who knows why it was.
use super::{Service, now, remark};
use crate::record::{
    continuity::HEARTBEATS_MISSED_MAX,
    entry::{GapCause, Instant},
    state::State,
};
use crate::serve::{evidence::Evidence, guard::Sight};
use std::{
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant as Monotonic},
};

/// How often is looked whether there is something to tell before the next sign of life is due.
const LOOK: Duration = Duration::from_secs(1);

/// A wall clock that moved by more than this against the monotonic one was set; less is its steering.
const CLOCK_STEP_MS: i64 = 500;

/// A time in which nothing was watched, while it lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) since: Instant,
    pub(super) cause: GapCause,
}

impl Missing {
    /// What lies between the last process of the emitter and the first sign of this one, which starts now.
    pub(super) fn before(state: &State, at: Instant) -> Self {
        let since = state.alive.unwrap_or(at);
        let crashed = state.epoch.is_some_and(|(_, is_stopped)| !is_stopped);
        Self { since, cause: if crashed { GapCause::Crash } else { GapCause::Upgrade } }
    }
}

/// Enters signs of life on a thread of its own: as often as it is asked for, and at once when the cluster becomes known or
/// is lost sight of, or the webhooks change.
pub(super) fn beat(service: &Arc<Service>, evidence: &Arc<Evidence>, before: Missing) -> Pulse {
    let service = Arc::clone(service);
    let every = Duration::from_secs(service.arguments.beat_every);
    let evidence = Arc::clone(evidence);
    let life = Life { evidence, good: before.since, missing: Some(before), told: None, is_over: false };
    let pulse = Pulse(Arc::new(Mutex::new(life)));
    let shared = pulse.clone();
    thread::spawn(move || {
        let (mut wall, mut steady) = (now().unwrap_or(Instant(0)), Monotonic::now());
        loop {
            let synced = service.door.inventory.is_whole();
            let mut life = shared.0.lock().unwrap_or_else(PoisonError::into_inner);
            if life.is_over {
                return;
            }
            let is_due = steady.elapsed() >= every || life.is_news((synced, service.guard.sight()));
            if is_due {
                let at = now().unwrap_or(Instant(0));
                let passed = i64::try_from(steady.elapsed().as_millis()).unwrap_or(i64::MAX);
                let step = at.0.saturating_sub(wall.0).saturating_sub(passed);
                (wall, steady) = (at, Monotonic::now());
                life.tell(&service, synced, at, (step.abs() > CLOCK_STEP_MS).then_some(step));
            }
            drop(life);
            service.guard.beat.wait(LOOK.min(every));
        }
    });
    pulse
}

/// The signs of life of an emitter, to the end of its epoch.
#[derive(Clone)]
pub(super) struct Pulse(Arc<Mutex<Life>>);

impl Pulse {
    /// Declares what is missing up to now; a stop follows, and the next process knows no more than when that was.
    pub(super) fn end(&self, service: &Service) {
        let mut life = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if life.told.is_none_or(|(synced, _)| !synced) || life.missing.is_some() {
            let synced = service.door.inventory.is_whole();
            life.tell(service, synced, now().unwrap_or(Instant(0)), None);
        }
        life.is_over = true;
        let at = now().unwrap_or(Instant(0));
        if let Some(missing) = life.missing.filter(|missing| missing.since < at)
            && let Err(error) = life.evidence.missing(missing.since, at, missing.cause)
        {
            remark(&format!("a gap could not be declared: {error}\n"));
        }
    }
}

struct Life {
    evidence: Arc<Evidence>,
    /// When the cluster was last known and the log could be written.
    good: Instant,
    missing: Option<Missing>,
    /// What the last sign of life said.
    told: Option<(bool, Sight)>,
    is_over: bool,
}

impl Life {
    fn is_news(&self, now: (bool, Sight)) -> bool {
        self.told != Some(now)
    }

    fn tell(&mut self, service: &Service, synced: bool, at: Instant, step: Option<i64>) {
        // A reader of the log takes more for silence.
        let patience = service.arguments.beat_every.saturating_mul(1000 * HEARTBEATS_MISSED_MAX);
        if u64::try_from(at.0.saturating_sub(self.good.0)).is_ok_and(|silence| silence > patience) {
            self.lost(GapCause::Unknown);
        }
        let sight = service.guard.sight();
        let declared = match self.missing.filter(|missing| synced && missing.since < at) {
            Some(missing) => self.evidence.missing(missing.since, at, missing.cause).map(|_| self.missing = None),
            None => Ok(()),
        };
        match declared.and_then(|()| self.evidence.beat(synced, Vec::new(), step, sight)) {
            Ok(_) => {
                self.told = Some((synced, sight));
                match synced {
                    true => self.good = at,
                    false => self.lost(GapCause::Network),
                }
            }
            Err(error) => {
                // A sign of life is owed, and tried again before the next is due.
                if self.told.take().is_some() {
                    remark(&format!("a sign of life could not be recorded: {error}\n"));
                }
                self.lost(GapCause::Store);
            }
        }
    }

    fn lost(&mut self, cause: GapCause) {
        self.missing.get_or_insert(Missing { since: self.good, cause });
    }
}
