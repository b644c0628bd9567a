//! The journal beside the tree: a chain whose links fit, and which holds the same entries.
use super::{
    super::{
        entry::DigestText,
        files::Files,
        segment::{Segment, digest},
    },
    lists::ShardList,
};

/// Reads the journal in step with the entries of the tree.
pub(super) struct Chain<'a> {
    files: &'a dyn Files,
    prefix: &'a str,
    waiting: std::collections::btree_set::Iter<'a, u64>,
    current: Option<Segment>,
    last: Option<(u64, DigestText, u64)>,
    pub(super) faults: Vec<(String, String)>,
    /// Segments that were read.
    pub(super) segments: u64,
}

impl<'a> Chain<'a> {
    pub(super) fn new(files: &'a dyn Files, prefix: &'a str, list: &'a ShardList) -> Self {
        let waiting = list.journal.iter();
        Self { files, prefix, waiting, current: None, last: None, faults: Vec::new(), segments: 0 }
    }

    /// The next segment, checked against the one before.
    fn advance(&mut self) -> bool {
        let Some(number) = self.waiting.next() else {
            self.current = None;
            return false;
        };
        let path = format!("{}/journal/{number:020}", self.prefix);
        let bytes = self.files.get(&path).unwrap_or_default().unwrap_or_default();
        match Segment::from_bytes(&bytes) {
            Ok(segment) => {
                let follows = match &self.last {
                    Some((before, sum, end)) => {
                        *number == before + 1 && segment.previous == *sum && segment.first == *end
                    }
                    // Segments that a checkpoint covers may have been taken away from the front.
                    None => *number > 0 || (segment.previous == digest(b"") && segment.first == 0),
                };
                if segment.number != *number || !follows {
                    self.faults.push((path, "it does not follow from the segment before it".to_owned()));
                }
                self.last = Some((*number, digest(&bytes), segment.end()));
                self.segments += 1;
                self.current = Some(segment);
            }
            Err(cause) => {
                self.faults.push((path, cause));
                self.current = None;
            }
        }
        true
    }

    /// Holds an entry of the tree against the journal.
    pub(super) fn expect(&mut self, index: u64, bytes: &[u8]) {
        while self.current.as_ref().is_none_or(|segment| segment.end() <= index) {
            if !self.advance() {
                return;
            }
        }
        let Some(segment) = &self.current else { return };
        let Some(at) = index.checked_sub(segment.first) else { return };
        let held = usize::try_from(at).ok().and_then(|at| segment.entries.get(at));
        if held.map(Vec::as_slice) != Some(bytes) {
            let cause = format!("its entry {index} is not the one that the tree holds");
            self.faults.push((format!("journal/{:020}", segment.number), cause));
        }
    }

    /// Reads what no checkpoint covers yet, and says how many entries the journal holds.
    pub(super) fn rest(&mut self) -> Option<u64> {
        while self.advance() {}
        self.last.as_ref().map(|(_, _, end)| *end)
    }
}
