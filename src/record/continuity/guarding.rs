//! What emitters that run all the time have said of the webhooks by which they are asked: a change of these opens a deviation.
use super::{
    deviations::{GAP_CRITERION, GAP_SEVERITY},
    presence::{Sign, SignFact},
};
use crate::model::{Deviation, DeviationState, Effect, Moment};
use std::collections::{BTreeMap, BTreeSet};

/// A digest of the webhooks; `None` where there were none.
pub(super) type Webhooks = Option<[u8; 32]>;

/// What is said sooner after a start than this may be said before anything was read.
const LOOKED_AFTER_MS: i64 = 60_000;

/// Held are the changes, not the signs.
#[derive(Debug, Default)]
pub(super) struct Guarding {
    emitters: BTreeMap<String, Emitter>,
    changes: Vec<Change>,
}

#[derive(Debug, Default)]
struct Emitter {
    /// What stood when it began, from when there was anything.
    began_on: Webhooks,
    /// When it started, where it has told of no webhooks since.
    started: Option<i64>,
    /// When it last said anything.
    last: Option<i64>,
    /// The change that it has seen and that stands.
    sees: Option<usize>,
}

/// From one to another, as whoever sees it has seen it.
#[derive(Debug)]
struct Change {
    was: Webhooks,
    is: Webhooks,
    opened: Moment,
    closed: Option<Moment>,
    seen_by: BTreeSet<String>,
}

impl Guarding {
    /// Takes a sign of life; those of one emitter come in the order of the log.
    pub(super) fn take(&mut self, sign: &SignFact) {
        if !self.emitters.contains_key(&sign.emitter) {
            self.emitters.insert(sign.emitter.clone(), Emitter::default());
        }
        let Some(emitter) = self.emitters.get_mut(&sign.emitter) else { return };
        let moment = Moment { earliest: emitter.last.replace(sign.at), latest: sign.at };
        let said = match sign.sign {
            Sign::Start => return emitter.started = Some(sign.at),
            Sign::Stop => return,
            Sign::Beat { webhooks, .. } => webhooks,
        };
        // Who is started on what stands takes it as it is; that nothing stands is never taken so.
        if said.is_some() && (emitter.started.is_some() || emitter.began_on.is_none()) {
            (emitter.began_on, emitter.started) = (said, None);
        }
        if emitter.started.is_some_and(|started| sign.at.saturating_sub(started) < LOOKED_AFTER_MS) {
            return;
        }
        let stands = emitter.sees.take();
        let is_change = said != emitter.began_on;
        if is_change {
            let (was, is) = (emitter.began_on, said);
            emitter.sees = Some(match stands {
                Some(at) => at,
                None => see(&mut self.changes, &sign.emitter, (was, is), moment),
            });
        } else if let Some(change) = stands.and_then(|at| self.changes.get_mut(at)) {
            change.seen_by.remove(&sign.emitter);
            if change.seen_by.is_empty() {
                change.closed = Some(moment);
            }
        }
    }

    /// A deviation for each change.
    pub(super) fn finish(self) -> impl Iterator<Item = Deviation> {
        self.changes.into_iter().map(|change| Deviation {
            id: format!("{}/{}", Deviation::WEBHOOKS, change.opened.latest),
            criterion: GAP_CRITERION.to_owned(),
            kind: Deviation::WEBHOOKS.to_owned(),
            resource: "ValidatingWebhookConfiguration".to_owned(),
            severity: Some(GAP_SEVERITY),
            effect: Effect::Counted,
            opened: change.opened,
            closed: change.closed,
            state: if change.closed.is_some() { DeviationState::Met } else { DeviationState::Open },
            reopened: 0,
            age_days: 0,
            due: None,
            overdue: false,
        })
    }
}

/// The change that others have seen already and that stands, or a new one.
fn see(changes: &mut Vec<Change>, emitter: &str, (was, is): (Webhooks, Webhooks), moment: Moment) -> usize {
    let known = changes.iter().position(|one| one.closed.is_none() && (one.was, one.is) == (was, is));
    let at = known.unwrap_or(changes.len());
    if known.is_none() {
        changes.push(Change { was, is, opened: moment, closed: None, seen_by: BTreeSet::new() });
    }
    if let Some(change) = changes.get_mut(at) {
        change.seen_by.insert(emitter.to_owned());
    }
    at
}
