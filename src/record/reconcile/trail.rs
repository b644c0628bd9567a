//! Which time an audit log tells of. An API server numbers no events, so that a hole shows by silence only.
use super::super::continuity::left;
use crate::model::Period;

/// The times of one file, as stretches in which no two events lie further apart than silence may last.
#[derive(Clone, Debug)]
pub struct Trail {
    quiet_max: i64,
    stretches: Vec<Period>,
    /// How often time went back by more than that: files that were joined out of order, or a clock that was set.
    pub went_back: u64,
}

impl Trail {
    /// `quiet_max` = milliseconds that silence may last.
    #[must_use]
    pub const fn new(quiet_max: i64) -> Self {
        Self { quiet_max, stretches: Vec::new(), went_back: 0 }
    }

    /// Takes the time of the next line.
    pub fn see(&mut self, at: i64) {
        let alone = Period { from: at, to: at };
        match self.stretches.last_mut() {
            Some(last) if at < last.to.saturating_sub(self.quiet_max) => {
                self.went_back += 1;
                self.stretches.push(alone);
            }
            // Lines of requests that end together change places.
            Some(last) if at <= last.to => {}
            Some(last) if at - last.to <= self.quiet_max => last.to = at,
            _ => self.stretches.push(alone),
        }
    }
}

/// What of the window no file tells of. Its begin must be reached by an event, and so must its end.
#[must_use]
pub fn holes(window: Period, trails: &[Trail]) -> Vec<Period> {
    let mut stretches: Vec<Period> = trails.iter().flat_map(|trail| trail.stretches.iter().copied()).collect();
    stretches.sort_by_key(|stretch| (stretch.from, stretch.to));
    left(window, stretches.into_iter())
}
