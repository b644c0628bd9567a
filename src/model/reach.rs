//! Facts that need several resources at once, as reach derived them.
use super::{Map, Path, ResourceId, Text};
use std::collections::{BTreeMap, BTreeSet};

/// Ways by subject. Absent = not derived, which criteria read as unknown; empty = derived, and there is no way.
pub type Ways = BTreeMap<ResourceId, Vec<Way>>;

/// All derived facts. Each map is one key of `data.reach`.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Connections to the open internet, beyond own ranges and allowed destinations.
    pub internet: Ways,
    /// Connections to other projects, each with the fact `to`: the project's name. One open way for each project, up to
    /// ten of them. The witness leads from the workload over the egress rule that allows the connection to the ingress rule
    /// of the other side, or to its workload where no policy isolates that. Ways that are no connections have the fact `by`:
    /// `volume`, `source`, `grant`, `rights`, `rights_of_all`, `rights_everywhere` (`reach/projects.rs`).
    pub projects: Ways,
    /// Where a resource's logs end, and how long they stay there.
    pub logs: Ways,
    /// What encrypts a claim, a disk, an account.
    pub storage: Ways,
    /// How network policies isolate a Kubernetes workload or a whole namespace; empty = isolated both ways.
    ///
    /// One entry per direction that is not isolated (open) or not told (unknown, with `why`). Facts: `direction`
    /// (`ingress`, `egress`); when open also `cause`: `not_selected` (no policy isolates it; the last hop is the
    /// workload or the Namespace), `allows_all` (a rule allows every peer on every port; the last hop is that rule),
    /// `host_network` (policies do not bind it; the last hop is `hostNetwork`).
    pub isolation: Ways,
    /// Kinds that facts are derived from and that could not be listed: what is absent may be among them.
    pub missed: BTreeSet<Text>,
}

/// What is known of a way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Connections: the way exists. Logs: the sink receives. Storage: what lies there is not encrypted.
    Open,
    /// Storage: what lies there is encrypted; fact `by` says by what. Connections never say it: no way is no entry.
    Closed,
    Unknown,
}

impl Answer {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Unknown => "unknown",
        }
    }
}

/// One way, as far as the environment tells.
///
/// A rule sees `{answer, at, path}` (of the last hop) and the facts beside them. Connections have the facts `to`
/// (range or name), `ports` (`tcp/443`, `all ports`) when open, and `why` when unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    pub answer: Answer,
    pub facts: Map,
    /// From the subject to the place that opens the way or hides it; never empty.
    pub witness: Vec<Hop>,
}

impl Way {
    /// A connection that exists.
    #[must_use]
    pub fn open(to: &str, ports: &str, witness: Vec<Hop>) -> Self {
        let facts = [("to", to), ("ports", ports)].into_iter().collect();
        Self { answer: Answer::Open, facts, witness }
    }

    /// A way that may exist; `why` is one English clause.
    #[must_use]
    pub fn unknown(why: &str, witness: Vec<Hop>) -> Self {
        Self { answer: Answer::Unknown, facts: [("why", why)].into_iter().collect(), witness }
    }
}

/// What ways come to together: open outweighs unknown, and no way at all is closed.
#[must_use]
pub fn answer(ways: &[Way]) -> Answer {
    let said = |answer| ways.iter().any(|way| way.answer == answer);
    match (said(Answer::Open), said(Answer::Unknown)) {
        (true, _) => Answer::Open,
        (false, true) => Answer::Unknown,
        (false, false) => Answer::Closed,
    }
}

/// A place that a way passes: a policy's rule, a route, the workload itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Hop {
    pub resource: ResourceId,
    pub path: Path,
}
