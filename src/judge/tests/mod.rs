//! What the room promises, by what it is given.
mod exceptions;
mod outcomes;
mod profiles;

use super::*;
use crate::model::{
    AttestationId, Bound, Criterion, Description, ENVIRONMENT_KIND, Finding, Level, Origin, Parameter, PlatformRule,
    Problem, Severity, Value, Verification, WaiverId, WaiverState, Words,
};

/// A day long ago; tests count from here.
const NOW: Timestamp = Timestamp(1_000_000);

fn criterion(id: &str, verification: Verification) -> Criterion {
    Criterion {
        id: CriterionId(id.into()),
        domain: "network".into(),
        name: "holds".into(),
        title: Words { en: "It holds".into(), nb: "Det holder".into() },
        requirement: Words::default(),
        why: Words::default(),
        level: Level::Minimum,
        severity: Severity::High,
        verification,
        sources: Vec::new(),
        parameters: BTreeMap::new(),
        reasons: BTreeMap::new(),
        platforms: BTreeMap::new(),
        derived: Vec::new(),
        attest: Vec::new(),
        evidence: Vec::new(),
        refresh: String::new(),
        note: None,
    }
}

fn automated(id: &str) -> Criterion {
    criterion(id, Verification::Automated)
}

/// With a parameter: a threshold, or a fact where it comes from the environment.
fn with(
    mut of: Criterion,
    name: &str,
    default: impl Into<Value>,
    from_environment: bool,
    bound: Option<Bound>,
) -> Criterion {
    let parameter = Parameter { default: default.into(), from_environment, bound, about: String::new() };
    of.parameters.insert(name.into(), parameter);
    of
}

fn on(mut of: Criterion, platform: Platform, rule: Option<&str>) -> Criterion {
    let block = PlatformRule { subjects: vec!["Pod".into()], rule: rule.map(Into::into), ..PlatformRule::default() };
    of.platforms.insert(platform, block);
    of
}

fn workload() -> ResourceId {
    ResourceId {
        platform: Platform::Kubernetes,
        root: ".".into(),
        kind: "apps/Deployment".into(),
        namespace: "a".into(),
        name: "w".into(),
    }
}

fn breach(reasons: &[&str]) -> Verdict {
    Verdict::NotMet { findings: reasons.iter().map(|reason| Finding::bare(reason)).collect(), unknown: Vec::new() }
}

fn unknown(reasons: &[&str]) -> Verdict {
    Verdict::Undetermined { unknown: reasons.iter().map(|reason| Finding::bare(reason)).collect() }
}

/// A profile in which X-A-01 is denied.
fn denying() -> Profile {
    let enforcement = BTreeMap::from([(CriterionId("X-A-01".into()), Enforcement::Deny)]);
    Profile { enforcement, ..Profile::default() }
}

fn judged(profile: &Profile, verdict: Verdict) -> Judgement {
    judge(profile, &CriterionId("X-A-01".into()), Platform::Kubernetes, &workload(), verdict, NOW)
}

fn waiver(name: &str) -> Waiver {
    Waiver {
        id: WaiverId(name.into()),
        criterion: CriterionId("X-A-01".into()),
        resources: vec!["apps/Deployment/a/*".into()],
        reasons: Vec::new(),
        reason: "r".into(),
        owner: "o".into(),
        approver: "p".into(),
        granted: Timestamp(NOW.0 - 10),
        expires: Timestamp(NOW.0 + 10),
        origin: Origin::file("w.yaml"),
    }
}

fn attestation(name: &str, stated: i64, met: bool) -> Attestation {
    Attestation {
        id: AttestationId(name.into()),
        criterion: CriterionId("X-A-01".into()),
        met,
        statement: "seen".into(),
        owner: "o".into(),
        stated: Timestamp(NOW.0 + stated),
        expires: Timestamp(NOW.0 + 10),
        expires_shown: "1970-01-12".into(),
        evidence: Vec::new(),
        origin: Origin::file("a.yaml"),
    }
}

fn described() -> Description {
    Description { stated: true, name: "tre".into(), ..Description::default() }
}
