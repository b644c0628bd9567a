//! What the service was started on, and whether that still holds: entries of the description expire, persons grant and
//! revoke waivers, and a network plugin brings kinds of its own.
use super::{Connected, Service, live, remark, time};
use crate::{collect::cluster::Served, model::Document};
use std::{sync::Arc, thread, time::Duration};

/// What was true at one moment.
#[derive(Debug, PartialEq)]
pub(super) struct Footing {
    /// Entries of the description that have expired.
    expired: usize,
    /// Kinds that the API server serves, of those that anything is told from.
    kinds: Vec<Served>,
    /// Places and bytes of descriptions, waivers and attestations in the cluster.
    statements: Vec<(String, Arc<[u8]>)>,
    /// Not everything could be asked for.
    is_partial: bool,
}

/// What the service stands on now.
///
/// # Errors
/// What is wrong with the description: it was good at the start.
pub(super) fn of(service: &Service, connected: &Connected) -> anyhow::Result<Footing> {
    let (statements, problems) = connected.statements();
    let named = |one: Document| (one.origin.path().to_string(), one.bytes);
    Ok(Footing {
        expired: service.door.inventory.expired(time()?)?,
        kinds: connected.served.clone(),
        statements: statements.into_iter().map(named).collect(),
        is_partial: !connected.silent.is_empty() || !problems.is_empty(),
    })
}

/// Ends the process in order when it stands on something else, so that whoever keeps it running starts it anew on that:
/// what was allowed until yesterday must not be allowed today, and no policy of a new kind may be passed over.
///
/// While not everything can be asked for nothing is decided: the watches say what is not heard of.
pub(super) fn watch(service: &Arc<Service>, at_start: Footing, stop: impl Fn() + Send + 'static) {
    let service = Arc::clone(service);
    let every = Duration::from_secs(service.arguments.look_every);
    thread::spawn(move || {
        loop {
            thread::sleep(every);
            let connected = live::connect(&service.arguments.connection, &service.bundle);
            let Some(now) = connected.and_then(|connected| of(&service, &connected)).ok() else { continue };
            if now.expired != at_start.expired || (!now.is_partial && now != at_start) {
                remark(&format!("ending, to be started again: {}\n", changed(&at_start, &now)));
                return stop();
            }
        }
    });
}

fn changed(before: &Footing, now: &Footing) -> &'static str {
    if before.expired != now.expired {
        "an entry of the description has expired"
    } else if before.kinds != now.kinds {
        "the API server serves other kinds than at the start"
    } else if before.statements != now.statements {
        "descriptions, waivers or attestations in the cluster have changed"
    } else {
        "what could not be read at the start can be read now"
    }
}
