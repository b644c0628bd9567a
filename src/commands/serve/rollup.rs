//! What the lead's emitter says of the other shards, on a timer.
use super::{Service, lead::Term, remark};
use crate::record::rollup::{SHARDS_MAX, heads};
use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

/// How soon the end of a term is seen.
const LOOK: Duration = Duration::from_millis(200);

/// Has how the other shards are entered, as often as it is asked for, to the end of a term; a single shard has none beside
/// it, and no such entry.
pub(super) fn roll_up(service: &Arc<Service>, term: &Arc<Term>) {
    let (service, term) = (Arc::clone(service), Arc::clone(term));
    let every = Duration::from_secs(service.arguments.rollup_every);
    thread::spawn(move || {
        while !term.is_over() {
            let begun = Instant::now();
            if let Err(cause) = once(&service, &term) {
                remark(&format!("the other shards could not be named: {cause}\n"));
            }
            while begun.elapsed() < every && !term.is_over() {
                thread::sleep(LOOK.min(every));
            }
        }
    });
}

fn once(service: &Service, term: &Term) -> Result<(), String> {
    let (Some((evidence, lead)), Some(store)) = (term.lead(), service.store) else { return Ok(()) };
    let heads = heads(store, lead).map_err(|error| error.to_string())?;
    heads
        .chunks(SHARDS_MAX)
        .try_for_each(|part| evidence.roll_up(part.to_vec()).map(drop))
        .map_err(|error| error.to_string())
}
