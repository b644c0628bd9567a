//! Many who append at once, and one segment at a time: what arrives while the disk is busy becomes the next segment.
use super::{
    entry::{Body, EpochEvent, Instant},
    log::{Draft, Log, LogError},
    state::State,
};
use crate::model::Receipt;
use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, TryRecvError, TrySendError, channel, sync_channel},
    time::Duration,
};

/// Entries that may wait. More means that the store does not keep up, and counts as not writable.
pub const WAITING_MAX: usize = 10_000;

/// How long nothing has to come for the writer to look after its checkpoint.
const QUIET: Duration = Duration::from_secs(1);

/// What a writer waits for.
pub type Answer = Result<Receipt, QueueError>;

type Waiting = (Draft, Sender<Answer>);

/// Why an entry was not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    #[error("{WAITING_MAX} entries wait to be written: the store does not keep up")]
    Full,
    #[error("the log is not written any more")]
    Closed,
    #[error("the store did not answer in time")]
    Late,
    #[error("{0}")]
    NotWritten(String),
}

/// The end at which entries are handed in; one for each writer.
#[derive(Clone, Debug)]
pub struct Queue {
    sender: SyncSender<Waiting>,
}

/// The end at which they are written.
#[derive(Debug)]
pub struct Writer {
    receiver: Receiver<Waiting>,
    epoch: Option<u64>,
}

/// A queue and its writer. When all queues are dropped, [`Writer::run`] ends.
#[must_use]
pub fn queue() -> (Queue, Writer) {
    let (sender, receiver) = sync_channel(WAITING_MAX);
    (Queue { sender }, Writer { receiver, epoch: None })
}

impl Queue {
    /// Hands an entry in, and waits until it is durable.
    ///
    /// # Errors
    /// [`QueueError`]: it was not acknowledged.
    pub fn append(&self, draft: Draft) -> Answer {
        self.hand_in(draft)?.recv().unwrap_or(Err(QueueError::Closed))
    }

    /// Likewise, and waits no longer than a time: the entry may be written all the same then.
    ///
    /// # Errors
    /// [`QueueError`]: it was not acknowledged in time.
    pub fn append_within(&self, draft: Draft, longest: Duration) -> Answer {
        match self.hand_in(draft)?.recv_timeout(longest) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => Err(QueueError::Late),
            Err(RecvTimeoutError::Disconnected) => Err(QueueError::Closed),
        }
    }

    fn hand_in(&self, draft: Draft) -> Result<Receiver<Answer>, QueueError> {
        let (answer, answered) = channel();
        match self.sender.try_send((draft, answer)) {
            Ok(()) => Ok(answered),
            Err(TrySendError::Full(_)) => Err(QueueError::Full),
            Err(TrySendError::Disconnected(_)) => Err(QueueError::Closed),
        }
    }
}

impl Writer {
    /// Writes for this epoch alone: when another process has begun a later one of the same emitter, nothing is entered any
    /// more. A process that was held up for a while does not know that it was replaced.
    #[must_use]
    pub fn of_epoch(self, epoch: u64) -> Self {
        Self { epoch: Some(epoch), ..self }
    }

    /// Writes until no queue is left. `now` is the time that entries bear; a segment holds at most `entries_max`, and
    /// `between` is called after each one, and every second in which there is none, for checkpoints.
    pub fn run(
        self,
        log: &mut Log<'_>,
        entries_max: usize,
        now: &dyn Fn() -> Instant,
        between: &mut dyn FnMut(&mut Log<'_>),
    ) {
        loop {
            let first = match self.receiver.recv_timeout(QUIET) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => {
                    between(log);
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut waiting = vec![first];
            while waiting.len() < entries_max {
                match self.receiver.try_recv() {
                    Ok(next) => waiting.push(next),
                    Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
                }
            }
            let origin = log.place().origin.clone();
            let written = log.append(now(), &mut |state| {
                let drafts: Vec<Draft> = waiting.iter().map(|(draft, _)| draft.clone()).collect();
                self.epoch.map_or(Ok(()), |epoch| in_force(&origin, epoch, state, &drafts))?;
                Ok(drafts)
            });
            match written {
                // Who has gone away does not hear it; the entry stands all the same.
                Ok(receipts) => {
                    for ((_, answer), receipt) in waiting.iter().zip(receipts) {
                        drop(answer.send(Ok(receipt)));
                    }
                }
                Err(error) => {
                    let cause = QueueError::NotWritten(error.to_string());
                    for (_, answer) in &waiting {
                        drop(answer.send(Err(cause.clone())));
                    }
                }
            }
            between(log);
        }
    }
}

/// Whether what a process of an epoch enters is its to enter: its own start comes after all earlier epochs, everything else
/// in its own.
fn in_force(origin: &str, epoch: u64, state: &State, drafts: &[Draft]) -> Result<(), LogError> {
    let last = state.epoch.map_or(0, |(last, _)| last);
    let starts = |draft: &Draft| matches!(&draft.body, Body::Epoch(one) if one.event == EpochEvent::Start);
    let is_begun = !drafts.first().is_some_and(starts);
    match last == epoch && is_begun || last < epoch && !is_begun {
        true => Ok(()),
        false => Err(LogError::Superseded { origin: origin.to_owned(), epoch, last }),
    }
}
