//! By when a request has to be answered, and by whom: an answer that comes too late decides nothing, and would stand in the
//! log all the same.
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

/// What an API server waits where it does not say: what our own configuration asks for.
const DEFAULT: Duration = Duration::from_secs(5);

/// The most that a configuration may ask for (k8s.io/api/admissionregistration/v1, `timeoutSeconds`).
const LONGEST: Duration = Duration::from_secs(30);

/// A tenth of the time is the way here and back.
const WAY: u32 = 10;

/// What the log gets at least: with a disk it takes milliseconds.
const LOG: Duration = Duration::from_millis(250);

/// Until when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The answer is on its way by then.
    pub answer_by: Instant,
    /// What was decided is handed to the log by then.
    pub judge_by: Instant,
}

impl Due {
    /// Of a request that came at a time, with the query of its URL: an API server says there how long it waits
    /// (`timeout=5s`, in the form of Go's durations).
    #[must_use]
    pub fn of(query: Option<&str>, begun: Instant) -> Self {
        let said = query.and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("timeout=")));
        Self::within(said.and_then(duration).unwrap_or(DEFAULT).min(LONGEST), begun)
    }

    /// Of a request that is waited for so long.
    #[must_use]
    pub fn within(waited: Duration, begun: Instant) -> Self {
        let answered = waited - waited / WAY;
        let answer_by = begun + answered;
        Self { answer_by, judge_by: begun + answered.saturating_sub(LOG) }
    }
}

/// Go's `time.Duration` as text: numbers with units, one after the other (Go documentation, `time.ParseDuration`).
fn duration(text: &str) -> Option<Duration> {
    let mut seconds = 0.0;
    let mut rest = text;
    while !rest.is_empty() {
        let unit = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(unit);
        let (size, unit) = [("ns", 1e-9), ("us", 1e-6), ("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)]
            .into_iter()
            .find_map(|(unit, size)| after.strip_prefix(unit).map(|after| (size, after)))?;
        seconds += number.parse::<f64>().ok()? * size;
        rest = unit;
    }
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| !text.is_empty() && *duration <= LONGEST)
}

/// Who answers a request: the one that decides it, or the clock; the first that claims it.
#[derive(Debug, Default)]
pub struct Claim(AtomicBool);

impl Claim {
    /// Whether nobody has before.
    pub fn take(&self) -> bool {
        !self.0.swap(true, Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_api_server_says_how_long_it_waits() {
        let begun = Instant::now();
        let waits = |query| Due::of(query, begun).answer_by.duration_since(begun);
        let millis = Duration::from_millis;
        for (query, answered) in [
            (None, 4500),
            (Some("timeout=10s"), 9000),
            (Some("dry=1&timeout=1.5s&x"), 1350),
            (Some("timeout=1s500ms"), 1350),
            (Some("timeout=1ms"), 0),
            // What cannot be, or cannot be read.
            (Some("timeout=2h"), 4500),
            (Some("timeout=-1s"), 4500),
            (Some("timeout=5"), 4500),
            (Some("timeout="), 4500),
            (Some("timeout=s"), 4500),
        ] {
            let waited = waits(query);
            assert!(waited >= millis(answered) && waited < millis(answered + 1), "{query:?}: {waited:?}");
        }
        let due = Due::of(Some("timeout=5s"), begun);
        assert_eq!(due.judge_by.duration_since(begun), millis(4250));
        assert_eq!(Due::of(Some("timeout=100ms"), begun).judge_by, begun);
    }

    #[test]
    fn one_claims_it() {
        let claim = Claim::default();
        assert!(claim.take() && !claim.take());
    }
}
