//! What the lead's emitter says of the other shards, on a timer.
use super::{Service, remark};
use crate::record::{
    place::Place,
    rollup::{SHARDS_MAX, heads},
};
use std::{sync::Arc, thread, time::Duration};

/// Has how the other shards are entered, as often as it is asked for; a single shard has none beside it, and no such entry.
pub(super) fn roll_up(service: &Arc<Service>, lead: Place) {
    let service = Arc::clone(service);
    thread::spawn(move || {
        loop {
            if let Err(cause) = once(&service, &lead) {
                remark(&format!("the other shards could not be named: {cause}\n"));
            }
            thread::sleep(Duration::from_secs(service.arguments.rollup_every));
        }
    });
}

fn once(service: &Service, lead: &Place) -> Result<(), String> {
    let (Some(evidence), Some(store)) = (&service.door.evidence, service.store) else { return Ok(()) };
    let heads = heads(store, lead).map_err(|error| error.to_string())?;
    heads
        .chunks(SHARDS_MAX)
        .try_for_each(|part| evidence.roll_up(part.to_vec()).map(drop))
        .map_err(|error| error.to_string())
}
