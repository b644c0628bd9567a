//! What changes have opened that no answer should have let open: looked for after each of them, said, counted and entered.
use super::{Service, remark};
use crate::{
    model::{Finding, Receipt, ResourceId, Value, shown},
    serve::{
        breach::{Breach, Look, Watchman},
        ruling::Shortfall,
    },
};
use std::{
    sync::{Arc, atomic::Ordering},
    thread,
    time::{Duration, Instant},
};

/// What is shown within this time of a change is looked at together: kinds are watched apart, and a rollout is many changes.
const GATHER: Duration = Duration::from_secs(1);

/// How often is looked whether the service ends, and whether a kind is heard of again.
const IDLE: Duration = Duration::from_secs(1);

/// So much longer than a look took is the rest after it: a fifth of one processor at most. A look of up to a second leaves
/// each change found within five.
const REST: u32 = 4;
const REST_MAX: Duration = Duration::from_secs(60);

/// Looks on a thread of its own, from the moment on that the cluster is known.
pub(super) fn watch(service: &Arc<Service>) {
    let service = Arc::clone(service);
    thread::spawn(move || {
        let mut watchman = Watchman::default();
        let inventory = &service.door.inventory;
        let mut is_new = true;
        while !service.is_ending.load(Ordering::SeqCst) {
            if !is_new && !inventory.wait_for_stirs(watchman.seen(), IDLE) {
                continue;
            }
            thread::sleep(GATHER);
            let begun = Instant::now();
            match watchman.look(&service.door.law(), inventory, (service.door.now)(), begun) {
                Ok(Look::Looked(breach)) => {
                    is_new = false;
                    service.door.metrics.breaches.active(true);
                    service.door.metrics.breaches.looked();
                    tell(&service, &breach);
                }
                Ok(Look::Quiet) => service.door.metrics.breaches.active(true),
                Ok(Look::NotNow) => service.door.metrics.breaches.active(false),
                Err(error) => remark(&format!("what changes have opened could not be looked at: {error}\n")),
            }
            thread::sleep((begun.elapsed() * REST).min(REST_MAX));
        }
    });
}

fn tell(service: &Service, breach: &Breach) {
    if !breach.warned.is_empty() {
        service.door.metrics.breaches.found("warned");
        remark(&told("opened, where the profile only warns", &breach.warned));
    }
    if breach.counted.is_empty() {
        return;
    }
    service.door.metrics.breaches.found("counted");
    let decisions = service.door.decided.about(&breach.changes, Instant::now());
    let mut text = told("breach", &breach.counted);
    let changes: Vec<String> = breach.changes.iter().map(ResourceId::address).collect();
    text.push_str(&format!("breach: changed in the seconds before: {}\n", listed(&changes)));
    let places: Vec<String> = decisions.iter().map(place).collect();
    text.push_str(&format!("breach: let pass here by: {}\n", listed(&places)));
    if let Some(evidence) = &service.door.evidence {
        match evidence.breach(breach, &decisions) {
            Ok(receipt) => text.push_str(&format!("breach: recorded as {}\n", place(&receipt))),
            Err(error) => text.push_str(&format!("breach: it could not be recorded: {error}\n")),
        }
    }
    remark(&text);
}

/// Names that a line holds; more are counted.
const NAMES_MAX: usize = 8;

fn listed(names: &[String]) -> String {
    match (names.len(), names.len().checked_sub(NAMES_MAX)) {
        (0, _) => "nothing".to_owned(),
        (_, Some(more)) if more > 0 => {
            format!("{} and {more} more", names.get(..NAMES_MAX).unwrap_or_default().join(", "))
        }
        _ => names.join(", "),
    }
}

fn place(receipt: &Receipt) -> String {
    format!("entry {} of {} ({})", receipt.index, receipt.shard, receipt.leaf)
}

fn told(word: &str, shortfalls: &[Shortfall]) -> String {
    let line = |one: &Shortfall, finding: &Finding| {
        let fact = |name: &str| finding.facts.get(name).and_then(Value::as_text).unwrap_or_default();
        let by = finding.at.as_ref().map(|at| format!(" by {} {}", at.address(), shown(&finding.path)));
        let (to, ports) = (fact("to"), fact("ports"));
        let line = format!(
            "{word}: {} {}: open to {to} ({ports}){}",
            one.criterion,
            one.resource.address(),
            by.unwrap_or_default()
        );
        format!("{}\n", line.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    shortfalls.iter().flat_map(|one| one.findings.iter().map(move |finding| line(one, finding))).collect()
}
