//! A verdict, and what the profile, waivers and attestations make of it.
use super::{CriterionId, Platform, ResourceId, Verdict};

/// How much a criterion's breach weighs, as the profile says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Enforcement {
    Observe,
    Warn,
    Deny,
}

impl Enforcement {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// Names a waiver: its `metadata.name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaiverId(pub String);

/// Names an attestation: its `metadata.name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttestationId(pub String);

/// A verdict, and what the profile makes of it.
#[derive(Clone, Debug)]
pub struct Judgement {
    pub criterion: CriterionId,
    /// The criterion's block that was judged; [`Platform::Speguard`] for attestations.
    pub platform: Platform,
    pub resource: ResourceId,
    pub verdict: Verdict,
    pub enforcement: Enforcement,
    pub waiver: Option<WaiverId>,
    /// Where the verdict itself comes from a person's statement, not from a rule.
    pub attestation: Option<AttestationId>,
}

/// What a judgement comes to, once profile and waivers have spoken. A summary counts each judgement once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    Met,
    NotApplicable,
    NotMet,
    Undetermined,
    Waived,
    Warned,
    Observed,
}

impl Standing {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotApplicable => "not_applicable",
            Self::NotMet => "not_met",
            Self::Undetermined => "undetermined",
            Self::Waived => "waived",
            Self::Warned => "warned",
            Self::Observed => "observed",
        }
    }
}

impl Judgement {
    /// Only what is denied and not waived weighs; the verdict itself is never rewritten.
    #[must_use]
    pub fn standing(&self) -> Standing {
        let shortfall = match &self.verdict {
            Verdict::Met => return Standing::Met,
            Verdict::NotApplicable => return Standing::NotApplicable,
            Verdict::NotMet { .. } => Standing::NotMet,
            Verdict::Undetermined { .. } => Standing::Undetermined,
        };
        match (self.enforcement, &self.waiver) {
            (_, Some(_)) => Standing::Waived,
            (Enforcement::Deny, None) => shortfall,
            (Enforcement::Warn, None) => Standing::Warned,
            (Enforcement::Observe, None) => Standing::Observed,
        }
    }
}

/// A criterion that a resource falls short of, as a decision carries it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shortcoming {
    pub criterion: CriterionId,
    pub resource: ResourceId,
    pub verdict: Verdict,
}

/// What the judgements of one request come to.
#[derive(Clone, Debug, PartialEq)]
pub enum Decision {
    Allow { warnings: Vec<Shortcoming> },
    Deny { shortcomings: Vec<Shortcoming> },
}
