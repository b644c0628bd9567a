//! Which of several replicas leads, by a Lease of the cluster: who holds it, for how long after the last sign, and who takes
//! it when that is over.
//!
//! The rules are those of client-go's leader election (Kubernetes, `client-go/tools/leaderelection`): a holder renews, others
//! go by their own clock from when they have last seen the record change, and never by the times that stand in it. A holder
//! that cannot renew stops at two thirds of the time, before anybody may take its place.
use crate::collect::cluster::LeaseSpec;
use std::time::{Duration, Instant};

/// One candidate.
#[derive(Debug)]
pub struct Candidate {
    identity: String,
    lasts: Duration,
    /// What was last read, and since when it stands.
    seen: Option<(LeaseSpec, Instant)>,
    /// When the last renewal that came about was begun.
    renewed: Option<Instant>,
}

impl Candidate {
    /// `identity` is this process's alone; `lasts` is at least a second.
    #[must_use]
    pub const fn new(identity: String, lasts: Duration) -> Self {
        Self { identity, lasts, seen: None, renewed: None }
    }

    /// How often to try: as client-go with 2 of 15 seconds.
    #[must_use]
    pub fn pause(&self) -> Duration {
        self.lasts * 2 / 15
    }

    /// Until when it leads, as things stand: two thirds of the time after the last renewal was begun, as client-go with 10 of
    /// 15 seconds.
    #[must_use]
    pub fn until(&self) -> Option<Instant> {
        self.renewed.map(|renewed| renewed + self.lasts * 2 / 3)
    }

    /// What to write in the place of what was read; `None` where another holds it. `clock` is the time of day, for people.
    pub fn wants(&mut self, read: Option<&LeaseSpec>, now: Instant, clock: &str) -> Option<LeaseSpec> {
        let old = read.cloned().unwrap_or_default();
        let is_own = old.holder == self.identity;
        if !self.seen.as_ref().is_some_and(|(seen, _)| *seen == old) {
            self.seen = Some((old.clone(), now));
        }
        if !is_own {
            self.renewed = None;
            let since = self.seen.as_ref().map_or(now, |(_, since)| *since);
            let is_over = now.saturating_duration_since(since) > Duration::from_secs(old.seconds);
            if !old.holder.is_empty() && !is_over {
                return None;
            }
        }
        Some(LeaseSpec {
            holder: self.identity.clone(),
            seconds: self.lasts.as_secs().max(1),
            acquired: if is_own { old.acquired } else { clock.to_owned() },
            renewed: clock.to_owned(),
            transitions: old.transitions + u64::from(!is_own && read.is_some_and(|old| !old.acquired.is_empty())),
        })
    }

    /// What it wanted was written; `begun` is when it was read what stood there.
    pub fn wrote(&mut self, spec: LeaseSpec, begun: Instant) {
        self.seen = Some((spec, begun));
        self.renewed = Some(begun);
    }

    /// What gives it back, where it is held, so that nobody has to wait.
    pub fn release(&mut self, read: &LeaseSpec, clock: &str) -> Option<LeaseSpec> {
        self.renewed = None;
        let empty = || LeaseSpec { holder: String::new(), seconds: 1, renewed: clock.to_owned(), ..read.clone() };
        (read.holder == self.identity).then(empty)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LASTS: Duration = Duration::from_secs(15);

    struct Two {
        begun: Instant,
        record: Option<LeaseSpec>,
        candidates: [Candidate; 2],
    }

    impl Two {
        fn new() -> Self {
            let candidates = ["a", "b"].map(|name| Candidate::new(name.to_owned(), LASTS));
            Self { begun: Instant::now(), record: None, candidates }
        }

        /// One of them tries at so many seconds; whether it leads then.
        fn tries(&mut self, which: usize, seconds: u64) -> bool {
            let now = self.begun + Duration::from_secs(seconds);
            let candidate = &mut self.candidates[which];
            if let Some(record) = candidate.wants(self.record.as_ref(), now, &format!("at {seconds}")) {
                self.record = Some(record.clone());
                candidate.wrote(record, now);
            }
            self.leads(which, seconds)
        }

        fn leads(&self, which: usize, seconds: u64) -> bool {
            let now = self.begun + Duration::from_secs(seconds);
            self.candidates[which].until().is_some_and(|until| now < until)
        }
    }

    #[test]
    fn who_is_first_leads_and_who_falls_silent_is_replaced() {
        let mut two = Two::new();
        assert!(two.tries(0, 0) && !two.tries(1, 1));
        assert!(two.tries(0, 10) && !two.tries(1, 11));
        // Silent from here: it stops by itself before the other may begin.
        assert!(two.leads(0, 19) && !two.leads(0, 20));
        assert!(!two.tries(1, 25) && !two.tries(1, 26));
        assert!(two.tries(1, 27));
        let record = two.record.clone().unwrap();
        assert_eq!((record.holder.as_str(), record.transitions, record.acquired.as_str()), ("b", 1, "at 27"));
        // Who comes back finds another.
        assert!(!two.tries(0, 28) && !two.leads(0, 28));
    }

    #[test]
    fn a_record_is_as_old_as_it_is_known_and_not_as_it_says() {
        let mut two = Two::new();
        let old =
            LeaseSpec { holder: "c".to_owned(), seconds: 15, renewed: "years ago".to_owned(), ..LeaseSpec::default() };
        two.record = Some(old);
        assert!(!two.tries(0, 100) && !two.tries(0, 115) && two.tries(0, 116));
    }

    #[test]
    fn who_gives_it_back_is_replaced_at_once() {
        let mut two = Two::new();
        assert!(two.tries(0, 0));
        let held = two.record.clone().unwrap();
        assert_eq!(two.candidates[1].release(&held, "at 1"), None);
        two.record = two.candidates[0].release(&held, "at 1");
        assert!(!two.leads(0, 1) && two.tries(1, 1) && !two.tries(0, 2));
        assert_eq!(two.record.as_ref().map(|record| record.transitions), Some(1));
    }
}
