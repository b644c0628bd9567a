//! Where a resource's logs end, and how long they stay there.
mod azurerm;
mod retention;
#[cfg(test)]
mod tests;

use crate::model::{Environment, Reach, Resource};

/// Derives where the logs of the subjects end, as far as declared settings lead.
pub(super) fn derive(environment: &Environment, subjects: &[&Resource], reach: &mut Reach) {
    azurerm::derive(environment, subjects, reach);
}
