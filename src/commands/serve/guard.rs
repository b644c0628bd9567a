//! The configuration by which the API server asks us: our authority entered in its CA bundles, and what others change in it
//! told and left as it is.
use super::{certificate::moment, remark};
use crate::{
    collect::cluster::{Cluster, Configuration, ConfigurationError, Webhook},
    serve::{
        door::Door,
        guard::{self, Sight},
        tls::rotation::Rotation,
    },
};
use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

/// How often the configuration is read when nothing is heard of it: the watch of its kind may be silent.
const LOOK: Duration = Duration::from_secs(10);

/// How soon what has failed is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// Readings are this far apart, however much changes.
const BREATH: Duration = Duration::from_millis(200);

/// Writings are this far apart: against somebody who takes out what is entered again and again.
const PATCH_EVERY: Duration = Duration::from_secs(1);

/// How often a writing that somebody else was faster than is tried again, and the first wait, which doubles: other replicas
/// write when they start and at two thirds of their certificates.
const CONFLICTS_MAX: u32 = 6;
const CONFLICT_WAIT: Duration = Duration::from_millis(50);

/// Wakes a thread before its time.
#[derive(Default)]
pub(super) struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl Bell {
    pub(super) fn ring(&self) {
        *locked(&self.rung) = true;
        self.heard.notify_one();
    }

    /// Returns when it was rung, or after this time.
    pub(super) fn wait(&self, at_most: Duration) {
        let waited = self.heard.wait_timeout_while(locked(&self.rung), at_most, |rung| !*rung);
        *waited.unwrap_or_else(PoisonError::into_inner).0 = false;
    }
}

/// What the other threads have of it.
#[derive(Default)]
pub(super) struct Shared {
    /// Something may have changed: look.
    pub(super) look: Bell,
    /// Something has changed: a sign of life should say so.
    pub(super) beat: Bell,
    sight: Mutex<Sight>,
    trouble: Mutex<Option<String>>,
}

impl Shared {
    pub(super) fn sight(&self) -> Sight {
        *locked(&self.sight)
    }

    /// Why the configuration is not as it should be.
    pub(super) fn trouble(&self) -> Option<String> {
        locked(&self.trouble).clone()
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps the configuration.
pub(super) struct Keeper {
    name: String,
    cluster: Cluster,
    /// `None` where the certificate comes from files: nothing is entered then.
    rotation: Option<Arc<Mutex<Rotation>>>,
    shared: Arc<Shared>,
    door: Arc<Door>,
    /// As last read; the inner is `None` where there is none.
    read: Option<Option<Vec<Webhook>>>,
    patched: Option<Instant>,
    /// Whether it was said that all is well.
    is_well: bool,
}

impl Keeper {
    pub(super) fn new(
        name: &str,
        cluster: Cluster,
        rotation: Option<Arc<Mutex<Rotation>>>,
        shared: Arc<Shared>,
        door: Arc<Door>,
    ) -> Self {
        Self { name: name.to_owned(), cluster, rotation, shared, door, read: None, patched: None, is_well: false }
    }

    /// Looks and enters, for ever.
    pub(super) fn keep(mut self) {
        loop {
            self.advance();
            let looked = self.look();
            let pause = self.pause(looked.is_ok());
            self.say(looked);
            thread::sleep(BREATH);
            self.shared.look.wait(pause);
        }
    }

    fn advance(&self) {
        let Some(rotation) = &self.rotation else { return };
        match locked(rotation).advance(moment()) {
            Ok(true) => self.door.metrics.guard.rotated(),
            Ok(false) => {}
            Err(error) => remark(&format!("no new certificate could be made: {error}\n")),
        }
    }

    fn pause(&self, is_well: bool) -> Duration {
        let most = if is_well { LOOK } else { RETRY };
        let due = self.rotation.as_ref().map_or(most, |rotation| locked(rotation).pause(moment()));
        let held_back = self.patched.map_or(most, |patched| match PATCH_EVERY.saturating_sub(patched.elapsed()) {
            Duration::ZERO => most,
            left => left,
        });
        most.min(due).min(held_back)
    }

    /// Reads the configuration, tells what others have changed, and enters what is to be entered.
    fn look(&mut self) -> Result<(), String> {
        let mut wait = CONFLICT_WAIT;
        for _ in 0..CONFLICTS_MAX {
            let read = self.cluster.configuration(&self.name).map_err(|error| error.to_string())?;
            self.tell(read.as_ref());
            let entered = self.enter(read.as_ref());
            self.measure(read.is_some());
            match entered {
                Err(ConfigurationError::Conflict { .. }) => thread::sleep(wait),
                other => return other.map_err(|error| error.to_string()).and_then(|()| self.lacking(read.as_ref())),
            }
            wait *= 2;
        }
        Err(ConfigurationError::Conflict { name: self.name.clone() }.to_string())
    }

    /// What nobody but a person may put right.
    fn lacking(&self, read: Option<&Configuration>) -> Result<(), String> {
        let name = &self.name;
        match read {
            None => Err(format!(
                "there is no ValidatingWebhookConfiguration `{name}`, so that no change is asked about here; speguard never \
                 makes one: apply what the chart or `speguard webhooks` gives"
            )),
            Some(one) if one.webhooks.is_empty() => {
                Err(format!("the ValidatingWebhookConfiguration `{name}` has no webhooks"))
            }
            Some(_) => Ok(()),
        }
    }

    /// Has our authorities in every bundle. Nothing is written where that is so, nor too soon after the last time.
    fn enter(&mut self, read: Option<&Configuration>) -> Result<(), ConfigurationError> {
        let Some(rotation) = &self.rotation else { return Ok(()) };
        let Some(read) = read else {
            locked(rotation).seen(&[], moment());
            return Ok(());
        };
        let bundles: Vec<(&str, Vec<u8>)> = {
            let (mut rotation, now) = (locked(rotation), moment());
            let wanted = read.webhooks.iter().map(|one| (one, rotation.entered(&one.bundle, now)));
            let changed = wanted.filter(|(one, wanted)| one.bundle != *wanted);
            let changed = changed.map(|(one, wanted)| (one.name.as_str(), wanted)).collect();
            rotation.seen(&bundles(read), now);
            changed
        };
        if bundles.is_empty() || self.patched.is_some_and(|patched| patched.elapsed() < PATCH_EVERY) {
            return Ok(());
        }
        let written = self.cluster.enter(&self.name, read, &bundles)?;
        self.patched = Some(Instant::now());
        self.door.metrics.guard.patched();
        locked(rotation).seen(&self::bundles(&written), moment());
        Ok(())
    }

    /// Says what has changed since the last reading, and has a sign of life say it too.
    fn tell(&mut self, read: Option<&Configuration>) {
        let now = read.map(|read| read.webhooks.clone());
        let sight = now.as_deref().map(Sight::of).unwrap_or_default();
        let changes = match (&self.read, &now) {
            (None, _) | (Some(None), None) => Vec::new(),
            (Some(Some(before)), Some(after)) => guard::changes(before, after),
            (Some(Some(_)), None) => vec!["it is gone".to_owned()],
            (Some(None), Some(_)) => vec!["it is there".to_owned()],
        };
        for change in &changes {
            remark(&format!(
                "somebody has changed the ValidatingWebhookConfiguration `{}`: {change}; speguard leaves it so\n",
                self.name
            ));
        }
        self.door.metrics.guard.changed(u64::try_from(changes.len()).unwrap_or(u64::MAX));
        self.read = Some(now);
        if std::mem::replace(&mut *locked(&self.shared.sight), sight) != sight {
            self.shared.beat.ring();
        }
    }

    fn measure(&self, is_present: bool) {
        self.door.metrics.guard.present(is_present);
        if let Some(rotation) = &self.rotation {
            let rotation = locked(rotation);
            self.door.metrics.guard.shown(rotation.is_entered(), rotation.until());
        }
    }

    /// Says trouble once, and its end.
    fn say(&mut self, looked: Result<(), String>) {
        let trouble = looked.err();
        let before = std::mem::replace(&mut *locked(&self.shared.trouble), trouble.clone());
        let is_well = trouble.is_none() && self.rotation.as_ref().is_none_or(|rotation| locked(rotation).is_entered());
        match trouble {
            Some(trouble) if before.as_ref() != Some(&trouble) => remark(&format!("{trouble}\n")),
            None if is_well && !self.is_well && self.rotation.is_some() => {
                remark(&format!("every webhook of `{}` believes the certificate\n", self.name));
            }
            _ => {}
        }
        self.is_well = is_well;
    }
}

fn bundles(read: &Configuration) -> Vec<&[u8]> {
    read.webhooks.iter().map(|webhook| webhook.bundle.as_slice()).collect()
}
