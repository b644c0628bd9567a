//! Facts that need several resources at once: who can reach what, where logs end, what encrypts. Pure.
mod azurerm;
mod doubt;
pub mod kubernetes;
mod logs;
pub mod networks;
mod openings;
mod outlook;
mod owners;
mod projects;
mod storage;
mod target;

pub use openings::{bears_on_ways, can_open, opened};
pub use outlook::{Outlook, is_workload, look, needs_workloads};
pub use target::Target;

use crate::model::{Environment, Problem, Reach, Resource, Text};
use std::collections::BTreeSet;

/// Adds what one platform or topic can tell of the subjects to the answer.
type Part = fn(&Environment, &[&Resource], &mut Reach);

/// Every part, each in a file or folder of its own. Parts fill different subjects or different maps.
const PARTS: &[Part] = &[azurerm::derive, kubernetes::derive, logs::derive, projects::derive, storage::derive];

/// Whether facts are derived from resources of a Kubernetes kind, so that a live cluster must list it.
#[must_use]
pub fn reads(kind: &str) -> bool {
    kubernetes::reads(kind) || projects::KINDS.contains(&kind) || storage::reads(kind)
}

/// The kinds of [`reads`] that are known by name, without those that a network plugin may add to its groups.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    kubernetes::kinds().chain(projects::KINDS).chain(storage::KINDS)
}

fn missed(environment: &Environment) -> BTreeSet<Text> {
    environment.problems.iter().filter_map(Problem::hidden_kind).filter(|kind| reads(kind)).cloned().collect()
}

/// Derives all facts about the subjects, in the order of their ids.
///
/// A subject without facts is absent from the answer, and criteria read absence as unknown.
#[must_use]
pub fn derive(environment: &Environment, subjects: &[&Resource]) -> Reach {
    let mut reach = Reach { missed: missed(environment), ..Reach::default() };
    for part in PARTS {
        part(environment, subjects, &mut reach);
    }
    reach
}
