//! Objects that come and go all the time, remembered for who takes them in one by one.
use crate::model::Resource;
use std::collections::VecDeque;

/// How many comings are remembered: more than come between two questions, unless nobody asks.
const COMINGS_MAX: usize = 4_096;

/// An object of the crowd as it was and as it is.
pub(in crate::serve) type Coming = (Option<Resource>, Option<Resource>);

/// Who came and went, the last of them.
#[derive(Default)]
pub(super) struct Comings {
    forgotten: u64,
    last: VecDeque<Coming>,
}

impl Comings {
    pub(super) fn count(&self) -> u64 {
        self.forgotten + u64::try_from(self.last.len()).unwrap_or(u64::MAX)
    }

    pub(super) fn add(&mut self, before: Option<Resource>, after: Option<Resource>) {
        if self.last.len() == COMINGS_MAX {
            self.last.pop_front();
            self.forgotten += 1;
        }
        self.last.push_back((before, after));
    }

    /// Everything changed at once.
    pub(super) fn forget(&mut self) {
        self.forgotten = self.count() + 1;
        self.last.clear();
    }

    pub(super) fn since(&self, count: u64) -> Option<Vec<Coming>> {
        let known = usize::try_from(count.checked_sub(self.forgotten)?).ok()?;
        Some(self.last.iter().skip(known).cloned().collect())
    }
}
