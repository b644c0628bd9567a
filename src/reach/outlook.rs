//! One environment and the workloads beside it, looked at once and asked about many workloads that come later.
//!
//! A cluster changes with every pod, and what is derived from all of it takes long. Pods come and go in parties that stand,
//! so that they are added and taken out; whatever else changes needs a new look.
use super::{kubernetes, missed, projects, storage};
use crate::model::{Environment, POD_TEMPLATES, Reach, Resource, Text};
use std::collections::BTreeSet;

/// Whether facts about others are told from objects of a kind only by what pods they run, so that an [`Outlook`] takes
/// them in one by one.
#[must_use]
pub fn is_workload(kind: &str) -> bool {
    POD_TEMPLATES.iter().any(|(of, _)| *of == kind)
}

/// Whether facts about an object cannot be told without the workloads of its cluster.
#[must_use]
pub fn needs_workloads(subject: &Resource) -> bool {
    subject.pod.is_some() || projects::lies_beside_workloads(subject)
}

/// What was found in one look.
pub struct Outlook<'s, 'e> {
    standing: kubernetes::Standing<'s>,
    stores: storage::Stores<'e>,
    missed: BTreeSet<Text>,
}

/// Looks at an environment and the workloads of its clusters that it does not hold, and hands on what was found.
pub fn look<T>(environment: &Environment, workloads: &[Resource], with: impl FnOnce(&mut Outlook<'_, '_>) -> T) -> T {
    kubernetes::stand(environment, workloads, |standing| {
        let stores = storage::Stores::index(environment);
        with(&mut Outlook { standing, stores, missed: missed(environment) })
    })
}

impl Outlook<'_, '_> {
    /// All facts about a workload that is neither in the environment nor beside it, as [`super::derive`] gives them where
    /// it is; `None` where that must be asked: its namespace is not in sight, or what it opens lies beside others.
    pub fn newcomer(&mut self, subject: &Resource) -> Option<Reach> {
        if projects::lies_beside_workloads(subject) {
            return None;
        }
        let mut reach = Reach { missed: self.missed.clone(), ..Reach::default() };
        if !self.standing.of_newcomer(subject, &mut reach) {
            return None;
        }
        storage::add(&self.stores, subject, &mut reach);
        Some(reach)
    }

    /// Takes in that a workload stands now, or stands no more; false where a new look is needed.
    #[must_use]
    pub fn changed(&mut self, before: Option<&Resource>, after: Option<&Resource>) -> bool {
        before.is_none_or(|before| self.standing.remove(before)) & after.is_none_or(|after| self.standing.add(after))
    }
}
