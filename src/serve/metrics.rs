//! What a monitoring system reads of this process (OpenMetrics text).
use crate::model::Timestamp;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// Bounds of answers in seconds: the goal is 5 ms without and 15 ms with the log; the API server waits 5 s.
const SECONDS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 5.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct AnswerLabels {
    answer: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct EffectLabels {
    effect: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct VerdictLabels {
    standing: &'static str,
}

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    answers: Family<AnswerLabels, Counter>,
    seconds: Histogram,
    unrecorded: Counter,
    synced: Gauge,
    objects: Gauge,
    unseen: Gauge,
    judgements: Family<VerdictLabels, Gauge>,
    audits: Family<AnswerLabels, Counter>,
    leads: Gauge,
    pub guard: GuardMetrics,
    pub breaches: BreachMetrics,
}

/// What was opened that no answer should have let open.
#[derive(Default)]
pub struct BreachMetrics {
    breaches: Family<EffectLabels, Counter>,
    looks: Counter,
    active: Gauge,
}

impl BreachMetrics {
    fn register(registry: &mut Registry) -> Self {
        let own = Self::default();
        let about = "Times that ways were found open which no answer should have let open, by whether the profile denies or warns";
        registry.register("breaches", about, own.breaches.clone());
        // Both are there from the first reading on, so that a first breach is seen to be one more.
        for effect in ["counted", "warned"] {
            drop(own.breaches.get_or_create(&EffectLabels { effect }));
        }
        registry.register("breach_looks", "Times that ways were derived to find breaches", own.looks.clone());
        let about = "Whether ways are compared at present: every kind that they are derived from is heard of";
        registry.register("breach_watch_active", about, own.active.clone());
        own
    }

    /// Counts a breach by its effect: `counted` or `warned`.
    pub fn found(&self, effect: &'static str) {
        self.breaches.get_or_create(&EffectLabels { effect }).inc();
    }

    /// Counts that ways were derived.
    pub fn looked(&self) {
        self.looks.inc();
    }

    /// Says whether ways are compared.
    pub fn active(&self, is_active: bool) {
        self.active.set(i64::from(is_active));
    }
}

/// How the API server comes to ask us.
#[derive(Default)]
pub struct GuardMetrics {
    present: Gauge,
    entered: Gauge,
    changes: Counter,
    patches: Counter,
    rotations: Counter,
    expiry: Gauge,
}

impl GuardMetrics {
    fn register(registry: &mut Registry) -> Self {
        let own = Self::default();
        let present = "Whether the webhook configuration is there";
        registry.register("webhook_configuration_present", present, own.present.clone());
        let changes = "Changes of the webhook configuration beside its CA bundles, its deletion among them";
        registry.register("webhook_configuration_changes", changes, own.changes.clone());
        let entered = "Whether every webhook believes the certificate that is shown";
        registry.register("webhook_bundle_entered", entered, own.entered.clone());
        registry.register("webhook_bundle_patches", "Times that the CA bundle was written", own.patches.clone());
        registry.register(
            "certificate_rotations",
            "Times that another certificate came to be shown",
            own.rotations.clone(),
        );
        let expiry = "When the certificate that is shown ends, in seconds since 1970";
        registry.register_with_unit("certificate_expiry_timestamp", expiry, Unit::Seconds, own.expiry.clone());
        own
    }

    /// Says whether the configuration is there.
    pub fn present(&self, is_present: bool) {
        self.present.set(i64::from(is_present));
    }

    /// Counts changes of others.
    pub fn changed(&self, changes: u64) {
        self.changes.inc_by(changes);
    }

    /// Counts a write of ours.
    pub fn patched(&self) {
        self.patches.inc();
    }

    /// Counts that another certificate is shown.
    pub fn rotated(&self) {
        self.rotations.inc();
    }

    /// Says whether what is shown is believed, and when it ends.
    pub fn shown(&self, is_entered: bool, Timestamp(until): Timestamp) {
        self.entered.set(i64::from(is_entered));
        self.expiry.set(until);
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("speguard");
        let metrics = (
            Family::<AnswerLabels, Counter>::default(),
            Histogram::new(SECONDS),
            Counter::default(),
            Gauge::default(),
            Gauge::default(),
            Gauge::default(),
            Family::<VerdictLabels, Gauge>::default(),
            Family::<AnswerLabels, Counter>::default(),
        );
        let (answers, seconds, unrecorded, synced, objects, unseen, judgements, audits) = metrics;
        registry.register("admission_answers", "Answers to admission requests", answers.clone());
        let about = "From the first byte of a request to its answer";
        registry.register_with_unit("admission_duration", about, Unit::Seconds, seconds.clone());
        registry.register("admission_unrecorded", "Answers that the evidence log does not hold", unrecorded.clone());
        registry.register("inventory_synced", "Whether every kind is known and fresh", synced.clone());
        registry.register("inventory_objects", "Objects of the cluster that are known", objects.clone());
        let about = "Changes that were admitted here and that the watch has not shown yet";
        registry.register("admission_unseen", about, unseen.clone());
        registry.register("audit_judgements", "Judgements of the last audit", judgements.clone());
        registry.register("audits", "Audits of the cluster, by whether the log holds them", audits.clone());
        let leads = Gauge::default();
        let about = "Whether this replica leads: it alone audits, writes reports and says how the other shards are";
        registry.register("leads", about, leads.clone());
        let guard = GuardMetrics::register(&mut registry);
        let breaches = BreachMetrics::register(&mut registry);
        Self {
            registry,
            answers,
            seconds,
            unrecorded,
            synced,
            objects,
            unseen,
            judgements,
            audits,
            leads,
            guard,
            breaches,
        }
    }
}

impl Metrics {
    /// Counts an answer by its word: `allow`, `deny`, `busy`, `late`, `refused`.
    pub fn answered(&self, answer: &'static str, seconds: f64) {
        self.answers.get_or_create(&AnswerLabels { answer }).inc();
        self.seconds.observe(seconds);
    }

    /// Counts an answer that was not recorded.
    pub fn unrecorded(&self) {
        self.unrecorded.inc();
    }

    /// Says how well the cluster is known, and how many changes were admitted that are not seen in it yet.
    pub fn known(&self, synced: bool, objects: usize, unseen: usize) {
        let count = |of: usize| i64::try_from(of).unwrap_or(i64::MAX);
        self.synced.set(i64::from(synced));
        self.objects.set(count(objects));
        self.unseen.set(count(unseen));
    }

    /// Says whether this replica leads.
    pub fn leads(&self, leads: bool) {
        self.leads.set(i64::from(leads));
    }

    /// Says what an audit came to.
    pub fn audited(&self, standings: &[(&'static str, usize)], recorded: bool) {
        for (standing, count) in standings {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            self.judgements.get_or_create(&VerdictLabels { standing }).set(count);
        }
        let answer = if recorded { "recorded" } else { "not_recorded" };
        self.audits.get_or_create(&AnswerLabels { answer }).inc();
    }

    /// All of it, as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let written = encode(&mut text, &self.registry);
        debug_assert!(written.is_ok());
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = Metrics::default();
        metrics.answered("deny", 0.003);
        metrics.known(true, 7, 2);
        metrics.audited(&[("not_met", 2)], true);
        metrics.guard.changed(2);
        metrics.leads(true);
        metrics.breaches.found("counted");
        metrics.guard.shown(true, Timestamp(1_795_000_000));
        let text = metrics.text();
        for line in [
            "speguard_admission_answers_total{answer=\"deny\"} 1",
            "speguard_admission_duration_seconds_count 1",
            "speguard_inventory_objects 7",
            "speguard_admission_unseen 2",
            "speguard_leads 1",
            "speguard_breaches_total{effect=\"counted\"} 1",
            "speguard_breaches_total{effect=\"warned\"} 0",
            "speguard_webhook_configuration_changes_total 2",
            "speguard_certificate_expiry_timestamp_seconds 1795000000",
            "speguard_audit_judgements{standing=\"not_met\"} 2",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
