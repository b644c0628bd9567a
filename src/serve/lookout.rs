//! What connections of workloads are derived from, kept from one answer to the next.
//!
//! One thread looks at the cluster and is asked by those who answer requests: what it has found borrows from what it has
//! looked at, and a question takes it well under a millisecond. It looks anew where anything but a workload has changed.
use super::inventory::{Extent, Inventory, Snapshot};
use crate::{
    model::{Reach, Resource},
    normalise::NormaliseError,
    reach::{self, Outlook},
};
use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    thread,
};

/// The context that a workload is judged in, and the facts about it; no facts where they cannot be told so.
pub(super) type Told = (Arc<Snapshot>, Option<Reach>);

/// Asks who looks.
pub(super) struct Lookout(Option<Sender<Question>>);

struct Question {
    subject: Resource,
    answer: SyncSender<Result<Told, NormaliseError>>,
}

impl Lookout {
    /// Begins to look when it is first asked; ends with the last who may ask.
    #[must_use]
    pub(super) fn of(inventory: Inventory) -> Self {
        let (sender, receiver) = channel();
        let looking = thread::Builder::new().name("lookout".to_owned()).spawn(move || watch(&inventory, &receiver));
        Self(looking.is_ok().then_some(sender))
    }

    /// The facts about a workload as it would be beside all others; `None` where nobody looks.
    ///
    /// # Errors
    /// What is wrong with the description: it was good at the start.
    pub(super) fn ask(&self, subject: &Resource) -> Option<Result<Told, NormaliseError>> {
        let (answer, told) = sync_channel(1);
        self.0.as_ref()?.send(Question { subject: subject.clone(), answer }).ok()?;
        told.recv().ok()
    }
}

fn watch(inventory: &Inventory, questions: &Receiver<Question>) {
    let mut next = questions.recv().ok();
    while let Some(question) = next.take() {
        let (crowd, count) = inventory.crowd();
        let snapshot = match inventory.snapshot(Extent::Context) {
            Ok(snapshot) => snapshot,
            Err(error) => {
                drop(question.answer.send(Err(error)));
                next = questions.recv().ok();
                continue;
            }
        };
        next = reach::look(&snapshot.environment, &crowd, |outlook| {
            answer(inventory, &snapshot, (outlook, count), question, questions)
        });
    }
}

/// Answers as long as what was found holds; gives the question for which it does not.
fn answer(
    inventory: &Inventory,
    snapshot: &Arc<Snapshot>,
    (outlook, mut count): (&mut Outlook<'_, '_>, u64),
    first: Question,
    questions: &Receiver<Question>,
) -> Option<Question> {
    let mut question = first;
    loop {
        if !inventory.is_current(snapshot) {
            return Some(question);
        }
        let Some(comings) = inventory.comings(count) else { return Some(question) };
        for (before, after) in comings {
            count += 1;
            if !outlook.changed(before.as_ref(), after.as_ref()) {
                return Some(question);
            }
        }
        let told = outlook.newcomer(&question.subject);
        drop(question.answer.send(Ok((Arc::clone(snapshot), told))));
        question = questions.recv().ok()?;
    }
}
