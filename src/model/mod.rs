//! The nouns, in reading order. Plain data: no I/O, no clock, nothing from any other room, no wire format.
mod assessment;
mod content;
mod criterion;
mod description;
mod document;
mod environment;
mod exception;
mod history;
mod judgement;
mod reach;
mod receipt;
mod resource;
mod secret;
mod spelling;
mod value;
mod verdict;

pub use assessment::{Assessment, NotLookedAt, Tally, WaiverStanding, WaiverState};
pub use content::{content, map_content, text_content};
pub use criterion::{
    Absence, AtAdmission, Bound, Criterion, CriterionId, Level, Parameter, PlatformRule, Reason, Severity, Source,
    Verification, Words,
};
pub use description::{
    ClusterDescription, ClusterSource, Description, Destination, Expired, LogStore, NodeRoute, Project, SharedService,
    default_private_ranges,
};
pub use document::{Document, Hidden, Problem, RELEASE_NAMESPACE, Render};
pub use environment::{Cluster, Environment, View};
pub use exception::{Attestation, Waiver};
pub use history::measure::{DAY_MS, Effect, Period, ResourceTime, Share, VerdictName};
pub use history::{
    Ageing, AnchorHistory, Deviation, DeviationState, Gap, History, ItemHistory, Moment, Repair, ResidentHistory,
    RunLine, UnfinishedRun, WaiverAge, WaiverHistory,
};
pub use judgement::{AttestationId, Decision, Enforcement, Judgement, Shortcoming, Standing, WaiverId};
pub use reach::{Answer, Hop, Reach, Way, Ways, answer};
pub use receipt::{Receipt, Recording};
pub use resource::{
    ENVIRONMENT_KIND, Origin, POD_TEMPLATES, Platform, PodView, Provider, Resource, ResourceId, Scope,
    UNKNOWN_NAMESPACE,
};
pub use secret::{MASK, scrub};
pub use spelling::{instead, listed, meant};
pub use value::{Entry, Item, Map, Mark, Number, Path, Step, Text, Unknown, Value, shown};
pub use verdict::{Finding, Verdict};

/// Seconds since 1970-01-01T00:00:00Z. Always passed in: nothing below the roof reads a clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timestamp(pub i64);

/// A SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn hex(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl std::fmt::Display for Digest {
    /// `sha256:` and 64 lower-case hexadecimal digits.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}
