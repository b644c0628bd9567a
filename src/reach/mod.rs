//! Facts that need several resources at once: who can reach what, where logs end, what encrypts. Pure.
mod azurerm;
mod doubt;
pub mod kubernetes;
mod logs;
pub mod networks;
mod owners;
mod projects;
mod storage;
mod target;

pub use target::Target;

use crate::model::{Environment, Reach, Resource};

/// Adds what one platform or topic can tell of the subjects to the answer.
type Part = fn(&Environment, &[&Resource], &mut Reach);

/// Every part, each in a file or folder of its own. Parts fill different subjects or different maps.
const PARTS: &[Part] = &[azurerm::derive, kubernetes::derive, logs::derive, projects::derive, storage::derive];

/// Derives all facts about the subjects, in the order of their ids.
///
/// A subject without facts is absent from the answer, and criteria read absence as unknown.
#[must_use]
pub fn derive(environment: &Environment, subjects: &[&Resource]) -> Reach {
    let mut reach = Reach::default();
    for part in PARTS {
        part(environment, subjects, &mut reach);
    }
    reach
}
