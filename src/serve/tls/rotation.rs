//! When one authority takes the place of another. Pure: the caller says what time it is and what the API server has.
//!
//! A new one is made at two thirds of the life of the old. Both stand in the bundle; when API servers have had time to see
//! it, the new certificate is shown; when connections that were begun before are made, the old authority leaves the
//! bundle. At no moment is a certificate shown that is not believed.
use super::{
    TlsError,
    authority::{self, Made, Owner},
    bundle::{self, Authority},
};
use crate::model::Timestamp;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio_rustls::rustls::ServerConfig;

/// A certificate must last this many times as long as API servers are waited for: a third of its life is left when the
/// next one is made, and what is waited for must fit into it twice.
pub const WAITS_MIN: u64 = 6;

/// Now, by the clock that certificates are dated by and by the one that nobody sets.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    pub wall: Timestamp,
    pub steady: Instant,
}

/// What stays the same from one authority to the next.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Names and addresses in the certificate.
    pub names: Vec<String>,
    pub owner: Owner,
    /// How long a certificate lasts.
    pub validity: Duration,
    /// What API servers get to see a change of the bundle in.
    pub wait: Duration,
}

/// The certificate that is shown, and those that come and go.
pub struct Rotation {
    terms: Terms,
    shown: Held,
    next: Option<Held>,
    /// The authority before, and since when its certificate is not shown.
    last: Option<(Made, Instant)>,
    /// Authorities made.
    made: u64,
    /// Since when API servers could believe what is shown, when they first could.
    believed: Option<Instant>,
}

struct Held {
    made: Made,
    /// When the next one is to be made.
    due: Timestamp,
    /// Since when it stands in every bundle, as far as is known.
    entered: Option<Instant>,
}

impl Rotation {
    /// Makes the first authority.
    ///
    /// # Errors
    /// [`TlsError::Unusable`]: names that cannot stand in a certificate.
    pub fn begin(terms: Terms, now: Moment) -> Result<Self, TlsError> {
        let shown = held(&terms, 1, now)?;
        Ok(Self { terms, shown, next: None, last: None, made: 1, believed: None })
    }

    /// The certificate for the next connection.
    #[must_use]
    pub fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.shown.made.config)
    }

    /// The end of what is shown.
    #[must_use]
    pub const fn until(&self) -> Timestamp {
        self.shown.made.until
    }

    /// Whether every webhook believes what is shown.
    #[must_use]
    pub const fn is_entered(&self) -> bool {
        self.shown.entered.is_some()
    }

    /// A bundle as it should be.
    #[must_use]
    pub fn entered(&self, bundle: &[u8], now: Moment) -> Vec<u8> {
        let last = self.last.as_ref().map(|(made, _)| made);
        let held = last.into_iter().chain([&self.shown.made]).chain(self.next.as_ref().map(|next| &next.made));
        let own: Vec<String> = held.map(|made| made.authority.clone()).collect();
        bundle::entered(bundle, &own, &|authority| self.goes(authority, now))
    }

    /// What is over; what we took out of use; and at the start what we entered before we were started anew. Later on
    /// another process of our name is no earlier one: two that take each other out would stop every change.
    fn goes(&self, authority: &Authority, now: Moment) -> bool {
        let owner = &self.terms.owner;
        let is_ours = authority.owner == *owner;
        let is_earlier = self.believed.is_none() && authority.owner.emitter == owner.emitter;
        authority.until < now.wall || is_ours || is_earlier
    }

    /// Takes note of the bundles of all webhooks, as the API server has them; none, where there are no webhooks.
    pub fn seen(&mut self, bundles: &[&[u8]], now: Moment) {
        for held in [Some(&mut self.shown), self.next.as_mut()].into_iter().flatten() {
            let is_in = !bundles.is_empty() && bundles.iter().all(|one| bundle::holds(one, &held.made.authority));
            held.entered = is_in.then(|| held.entered.unwrap_or(now.steady));
        }
        self.believed = self.believed.or(self.shown.entered);
    }

    /// Makes the next authority when it is time, shows its certificate when that is believed, and forgets the one before.
    /// Says whether another certificate is shown than before.
    ///
    /// # Errors
    /// [`TlsError::Unusable`]; what is shown stays.
    pub fn advance(&mut self, now: Moment) -> Result<bool, TlsError> {
        self.last.take_if(|(_, since)| self.terms.wait <= now.steady.duration_since(*since));
        // Nobody believes what is over: there is nothing to wait for.
        let is_over = self.shown.made.until <= now.wall;
        let wait = self.terms.wait;
        let next = self.next.take_if(|next| is_over || is_past(next.entered, wait, now));
        let is_other = next.is_some();
        if let Some(next) = next {
            let before = std::mem::replace(&mut self.shown, next);
            self.last = Some((before.made, now.steady));
        }
        if self.next.is_none() && self.last.is_none() && self.shown.due <= now.wall {
            self.made += 1;
            self.next = Some(held(&self.terms, self.made, now)?);
        }
        Ok(is_other)
    }

    /// Why requests cannot reach us yet; `None` where they can.
    #[must_use]
    pub fn obstacle(&self, now: Moment) -> Option<&'static str> {
        if self.shown.made.until <= now.wall {
            Some("the certificate is over, and the next is not believed yet")
        } else if self.shown.entered.is_none() {
            Some("the authority of the certificate does not stand in every webhook")
        } else if !is_past(self.believed, self.terms.wait, now) {
            Some("API servers get time to see the authority of the certificate")
        } else {
            None
        }
    }

    /// How long nothing is to be done, if nobody changes the bundle.
    #[must_use]
    pub fn pause(&self, now: Moment) -> Duration {
        let wait = self.terms.wait;
        let last = self.last.as_ref().map(|(_, since)| *since);
        let next = self.next.as_ref().and_then(|next| next.entered);
        let waits =
            [last, next].into_iter().flatten().map(|since| wait.saturating_sub(now.steady.duration_since(since)));
        let seconds = u64::try_from(self.shown.due.0.saturating_sub(now.wall.0)).unwrap_or(0);
        let due = (self.next.is_none() && self.last.is_none()).then(|| Duration::from_secs(seconds));
        waits.chain(due).min().unwrap_or(wait)
    }
}

fn is_past(since: Option<Instant>, wait: Duration, now: Moment) -> bool {
    since.is_some_and(|since| wait <= now.steady.duration_since(since))
}

fn held(terms: &Terms, number: u64, now: Moment) -> Result<Held, TlsError> {
    let after = |seconds: u64| Timestamp(now.wall.0.saturating_add(i64::try_from(seconds).unwrap_or(i64::MAX)));
    let seconds = terms.validity.as_secs();
    let until = after(seconds);
    let made = authority::make(&terms.names, &terms.owner, number, (now.wall, until))?;
    Ok(Held { made, due: after(seconds / 3 * 2), entered: None })
}

#[cfg(test)]
mod tests;
