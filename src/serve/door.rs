//! The webhook's door: bytes of a request in, bytes of an answer out, in time and after it is recorded.
use super::{
    decided::Decided,
    due::Claim,
    evidence::Evidence,
    inventory::Inventory,
    metrics::Metrics,
    review::{self, Answer, Request},
    ruling::{self, Law, Ruling, Shortfall},
    told::Told,
};
use crate::{
    evaluate::Bundle,
    judge::Profile,
    model::{Receipt, ResourceId, Text, Timestamp},
    report::{
        Language,
        admission::{Ground, denial, phrase, warning},
    },
};
use std::{collections::BTreeSet, sync::Arc, time::Instant};

/// Warnings of one answer; the API server shows no more than about thirty, and nobody reads them.
const WARNINGS_MAX: usize = 10;

/// The status of a denial, and of one that should be tried again.
const FORBIDDEN: u16 = 403;
const TOO_MANY: u16 = 429;

/// Everything that a request is answered with.
pub struct Door {
    pub inventory: Inventory,
    /// Rules whose criteria the profile weighs at admission, and that profile with those weights.
    pub bundle: Bundle,
    pub profile: Profile,
    pub warn_only: BTreeSet<Text>,
    pub language: Language,
    pub evidence: Option<Arc<Evidence>>,
    pub decided: Decided,
    pub told: Told,
    pub metrics: Metrics,
    pub now: fn() -> Timestamp,
}

impl Door {
    /// By what requests are ruled, and ways are weighed.
    #[must_use]
    pub const fn law(&self) -> Law<'_> {
        Law { bundle: &self.bundle, profile: &self.profile, warn_only: &self.warn_only }
    }

    /// Answers a request that was read. Blocks until the answer is recorded; `None` where it is answered otherwise by now:
    /// then nothing is, and nothing is held.
    #[must_use]
    pub fn answer(&self, request: &Request, until: Instant, claim: &Claim) -> Option<Answer> {
        let started = Instant::now();
        let law = self.law();
        let (ruling, ticket, mut answer) = match ruling::rule_in_turn(&law, &self.inventory, request, (self.now)()) {
            Ok((ruling, ticket)) => {
                let answer = self.worded(&ruling);
                (ruling, ticket, answer)
            }
            Err(error) => {
                let why = error.to_string();
                let message = phrase("admission-unreadable", &[("why", &why)], self.language);
                let ruling = Ruling { fault: Some(why), ..Ruling::default() };
                (ruling, None, Answer { message, code: FORBIDDEN, ..Answer::default() })
            }
        };
        if !claim.take() {
            ticket.into_iter().for_each(|ticket| self.inventory.withdraw(ticket));
            return None;
        }
        if !request.dry_run {
            let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
            let receipt = self.record(request, &ruling, (micros, until), &mut answer);
            if !answer.warnings.is_empty() {
                drop(self.news(&ruling, false));
            }
            match (ticket, ruling.subject, receipt) {
                (Some(ticket), ..) if !answer.allowed => self.inventory.withdraw(ticket),
                (Some(_), Some(id), Some(receipt)) => self.decided.remember(id, receipt, started),
                _ => {}
            }
        }
        let word = if answer.allowed { "allow" } else { "deny" };
        self.metrics.answered(word, started.elapsed().as_secs_f64());
        Some(answer)
    }

    /// The answer where there is no room to judge, to a request that came at a time.
    #[must_use]
    pub fn busy(&self, begun: Instant) -> Answer {
        self.again(("busy", "admission-busy"), begun)
    }

    /// The answer where there was no time to.
    #[must_use]
    pub fn late(&self, begun: Instant) -> Answer {
        self.again(("late", "admission-late"), begun)
    }

    fn again(&self, (word, words): (&'static str, &str), begun: Instant) -> Answer {
        self.metrics.answered(word, begun.elapsed().as_secs_f64());
        Answer {
            message: phrase(words, &[], self.language),
            code: TOO_MANY,
            retry_after_seconds: Some(1),
            ..Answer::default()
        }
    }

    /// Enters the decision; what must be recorded and is not is not allowed.
    fn record(
        &self,
        request: &Request,
        ruling: &Ruling,
        (micros, until): (u64, Instant),
        answer: &mut Answer,
    ) -> Option<Receipt> {
        let evidence = self.evidence.as_ref()?;
        match evidence.decide(request, ruling, micros, until) {
            Ok(receipt) => {
                answer.annotations = Evidence::annotations(&receipt);
                Some(receipt)
            }
            Err(error) => {
                self.metrics.unrecorded();
                if answer.allowed && evidence.is_required() && !ruling.is_free {
                    let message = phrase("admission-log", &[("why", &error.to_string())], self.language);
                    *answer = Answer { message, code: FORBIDDEN, ..Answer::default() };
                }
                None
            }
        }
    }

    fn worded(&self, ruling: &Ruling) -> Answer {
        let warned = self.news(ruling, true);
        let warnings = warned.iter().map(|one| warning(one, self.language)).collect();
        let nameless = || ResourceId {
            platform: crate::model::Platform::Kubernetes,
            root: ".".into(),
            kind: "".into(),
            namespace: "".into(),
            name: "".into(),
        };
        let subject = ruling.subject.clone().unwrap_or_else(nameless);
        let message = match &ruling.fault {
            _ if !ruling.denied.is_empty() => {
                let mut text = denial(&subject, &self.grounds(&ruling.denied), self.language);
                if !ruling.beside.is_empty() {
                    let objects: Vec<String> = ruling.beside.iter().map(ResourceId::address).collect();
                    text.push('\n');
                    text.push_str(&phrase("admission-beside", &[("objects", &objects.join(", "))], self.language));
                }
                text
            }
            Some(why) => phrase("admission-fault", &[("address", &subject.address()), ("why", why)], self.language),
            None => String::new(),
        };
        Answer { allowed: ruling.is_allowed(), message, code: FORBIDDEN, warnings, ..Answer::default() }
    }

    /// What an answer warns of. `is_only_asked`: it is not given yet, and counts as not said.
    fn news<'a>(&'a self, ruling: &'a Ruling, is_only_asked: bool) -> Vec<Ground<'a>> {
        let now = Instant::now();
        let new =
            self.grounds(&ruling.warned).into_iter().filter_map(|Ground { criterion, resource, mut findings }| {
                findings.retain(|one| self.told.is_news(&resource.namespace, (criterion, one), is_only_asked, now));
                (!findings.is_empty()).then_some(Ground { criterion, resource, findings })
            });
        new.take(WARNINGS_MAX).collect()
    }

    fn grounds<'a>(&'a self, of: &'a [Shortfall]) -> Vec<Ground<'a>> {
        let ground = |shortfall: &'a Shortfall| {
            let criterion = self.bundle.criteria.iter().find(|one| one.id == shortfall.criterion)?;
            Some(Ground { criterion, resource: &shortfall.resource, findings: shortfall.findings.iter().collect() })
        };
        of.iter().filter_map(ground).collect()
    }

    /// Reads a body and answers it, both as bytes; `None` as for [`Door::answer`].
    ///
    /// # Errors
    /// What is wrong with the body, for a status 400.
    pub fn open(&self, body: &[u8], until: Instant, claim: &Claim) -> Result<Option<Vec<u8>>, String> {
        let request = review::read(body).map_err(|error| {
            self.metrics.answered("refused", 0.0);
            error.to_string()
        })?;
        let Some(answer) = self.answer(&request, until, claim) else { return Ok(None) };
        review::reply(&request.uid, &answer).map(Some).map_err(|error| error.to_string())
    }
}
