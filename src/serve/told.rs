//! What a namespace was told: what is so before and after a request is said with the first, and not with each.
use super::ruling::stands;
use crate::model::{Criterion, CriterionId, Finding, Text};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// After so long it is said again: others may ask by then.
const SAID_AGAIN: Duration = Duration::from_hours(24);

/// So much is remembered of what was said; then all of it is forgotten, and said once more.
const REMEMBERED_MAX: usize = 10_000;

/// A namespace, a criterion, and what of it, with its facts.
type Said = (Text, CriterionId, String);

/// What namespaces were told, since the process began.
#[derive(Debug, Default)]
pub struct Told(Mutex<BTreeMap<Said, Instant>>);

impl Told {
    /// Whether a finding is to be said to who changes something in a namespace now: what the request itself brings always,
    /// what stands without it once. `is_only_asked`: nothing came of it (yet), so that it counts as not said.
    #[must_use]
    pub fn is_news(
        &self,
        namespace: &Text,
        (criterion, finding): (&Criterion, &Finding),
        is_only_asked: bool,
        now: Instant,
    ) -> bool {
        if !stands(criterion, finding) {
            return true;
        }
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (namespace.clone(), criterion.id.clone(), format!("{} {:?}", finding.reason, finding.facts));
        let is_news = said.get(&key).is_none_or(|at| now.duration_since(*at) >= SAID_AGAIN);
        if is_news && !is_only_asked {
            if said.len() >= REMEMBERED_MAX {
                said.clear();
            }
            said.insert(key, now);
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{evaluate::Bundle, model::AtAdmission};

    #[test]
    fn what_stands_is_said_once_to_a_namespace_and_what_a_request_brings_always() {
        let bundle = Bundle::standard().unwrap();
        let with = |weight| {
            let of = |one: &&Criterion| one.reasons.values().any(|reason| reason.at_admission == weight);
            let criterion = bundle.criteria.iter().find(of).unwrap();
            let reason = criterion.reasons.iter().find(|(_, reason)| reason.at_admission == weight).unwrap().0;
            (criterion, Finding { reason: reason.to_string(), facts: [].into(), at: None, path: Vec::new() })
        };
        let (standing, brought) = (with(AtAdmission::Standing), with(AtAdmission::Request));
        let (told, now) = (Told::default(), Instant::now());
        let is_news = |namespace: &str, (criterion, finding): &(&Criterion, Finding), is_only_asked, now| {
            told.is_news(&namespace.into(), (criterion, finding), is_only_asked, now)
        };
        // A dry run says it and does not count.
        assert!(is_news("a", &standing, true, now) && is_news("a", &standing, false, now));
        assert!(!is_news("a", &standing, false, now) && !is_news("a", &standing, true, now));
        // Another namespace, another fact, another day.
        assert!(is_news("b", &standing, false, now));
        let other = Finding { facts: [("why".to_owned(), "x".into())].into(), ..standing.1.clone() };
        assert!(is_news("a", &(standing.0, other), false, now));
        assert!(is_news("a", &standing, false, now + SAID_AGAIN));
        let unlisted = Finding { reason: Finding::NOT_LISTED.to_owned(), ..brought.1.clone() };
        let unlisted = (brought.0, unlisted);
        assert!(is_news("a", &unlisted, false, now) && !is_news("a", &unlisted, false, now));
        assert!(is_news("a", &brought, false, now) && is_news("a", &brought, false, now));
        assert!((0..=REMEMBERED_MAX).all(|nth| is_news(&format!("n{nth}"), &standing, false, now)));
        assert!(told.0.lock().unwrap().len() <= REMEMBERED_MAX);
    }
}
