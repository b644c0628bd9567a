//! What evaluation finds.
use super::{Path, ResourceId, Value};
use std::collections::BTreeMap;

/// One reason why a resource does not meet a criterion, or why that could not be told.
///
/// `reason` is declared with its words in `criterion.yaml`; `facts` fill the places in those words.
/// A sentence is made by `report`, in the reader's language.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub reason: String,
    pub facts: BTreeMap<String, Value>,
    /// The resource that `path` is in, where it is not the subject.
    pub at: Option<ResourceId>,
    pub path: Path,
}

impl Finding {
    /// The reason that no criterion declares: its rule could not be run to the end. Fact: `why`.
    pub const NOT_EVALUATED: &'static str = "not_evaluated";
    /// A breach that rests on something not being there, where it may stand in what was not read. Facts: `absent` (the
    /// reason of the breach, whose own facts stand beside it), `unread` (the file) and `cause`.
    pub const MAY_BE_UNREAD: &'static str = "may_be_unread";
    /// A kind that the rule needs could not be listed in the live cluster. Facts: `kind`, `cause`.
    pub const NOT_LISTED: &'static str = "not_listed";
    /// An attestation states that the criterion is not met. Facts: `owner`, `statement`.
    pub const STATED_NOT_MET: &'static str = "stated_not_met";
    /// No valid statement. No facts.
    pub const NOT_STATED: &'static str = "not_stated";
    /// The latest statement has expired. Fact: `expires`.
    pub const STATEMENT_EXPIRED: &'static str = "statement_expired";

    #[must_use]
    pub fn bare(reason: &str) -> Self {
        Self { reason: reason.to_owned(), facts: BTreeMap::new(), at: None, path: Vec::new() }
    }

    #[must_use]
    pub fn with(mut self, fact: &str, value: impl Into<Value>) -> Self {
        self.facts.insert(fact.to_owned(), value.into());
        self
    }
}

/// What evaluation found. `Undetermined` is a result, never a log line.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    Met,
    NotMet { findings: Vec<Finding>, unknown: Vec<Finding> },
    NotApplicable,
    Undetermined { unknown: Vec<Finding> },
}

impl Verdict {
    /// The name in JSON and in people's text.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet { .. } => "not_met",
            Self::NotApplicable => "not_applicable",
            Self::Undetermined { .. } => "undetermined",
        }
    }

    /// Breaches, in order.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::NotMet { findings, .. } => findings,
            Self::Met | Self::NotApplicable | Self::Undetermined { .. } => &[],
        }
    }

    /// What could not be told, in order.
    #[must_use]
    pub fn unknown(&self) -> &[Finding] {
        match self {
            Self::NotMet { unknown, .. } | Self::Undetermined { unknown } => unknown,
            Self::Met | Self::NotApplicable => &[],
        }
    }
}
