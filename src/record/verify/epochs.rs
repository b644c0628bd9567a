//! Starts, stops and signs of life of an emitter that runs all the time, held against each other.
use super::super::entry::{Epoch, EpochEvent, Heartbeat, Ulid};
use std::collections::BTreeMap;

/// The epochs of one shard, entry by entry.
#[derive(Debug, Default)]
pub(super) struct Epochs {
    /// The number of the first that begins in this shard.
    first: Option<u64>,
    /// Of the last: its number, and the sequence number of its start.
    last: Option<(u64, u64)>,
    /// Those that have not stopped, each with its own id. A crash leaves one here.
    open: BTreeMap<u64, Ulid>,
}

impl Epochs {
    /// Takes a start or a stop.
    ///
    /// # Errors
    /// What does not fit the entries before.
    pub(super) fn turn(&mut self, seq: u64, epoch: &Epoch) -> Result<(), String> {
        let number = epoch.epoch;
        if epoch.event == EpochEvent::Stop {
            return match self.open.remove(&number) {
                Some(run) if run == epoch.run => Ok(()),
                Some(_) => Err(format!("it stops epoch {number} under another id than the one it began with")),
                None => Err(format!("it stops epoch {number}, which is not under way")),
            };
        }
        let before = self.last.replace((number, seq));
        self.first.get_or_insert(number);
        self.open.insert(number, epoch.run);
        match (before, epoch.previous_seq) {
            (Some((last, _)), _) if number != last.saturating_add(1) => {
                Err(format!("it begins epoch {number}, and the last one was {last}"))
            }
            // Another process of the emitter may have entered more meanwhile.
            (Some((_, begun)), Some(previous)) if (begun..seq).contains(&previous) => Ok(()),
            (None, Some(previous)) if previous < seq => Ok(()),
            (None, None) => Ok(()),
            (Some(_), _) | (None, Some(_)) => {
                Err(format!("epoch {number} names another entry as the last before it than any of the epoch before"))
            }
        }
    }

    /// Takes a sign of life.
    ///
    /// # Errors
    /// It is of an epoch that is not under way.
    pub(super) fn beat(&self, heartbeat: &Heartbeat) -> Result<(), String> {
        if self.open.contains_key(&heartbeat.epoch) {
            return Ok(());
        }
        Err(format!("it is a sign of life of epoch {}, which is not under way", heartbeat.epoch))
    }

    /// The first that begins in this shard, and the last.
    pub(super) fn numbers(&self) -> Option<(u64, u64)> {
        self.first.zip(self.last.map(|(last, _)| last))
    }
}
