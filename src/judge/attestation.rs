//! What only a person can state: a judgement of its own, which expires and never answers a rule.
use super::{Profile, waiver};
use crate::model::{
    Attestation, Criterion, Description, ENVIRONMENT_KIND, Enforcement, Finding, Judgement, Platform, Problem,
    ResourceId, Timestamp, Verdict, Verification, instead,
};
use std::{cmp::Reverse, collections::BTreeMap};

/// One judgement on the Environment for each criterion that a person answers in whole or in part, in order of id.
///
/// Empty where there is no description: then these criteria are not looked at.
#[must_use]
pub fn attested(profile: &Profile, criteria: &[Criterion], description: &Description, at: Timestamp) -> Vec<Judgement> {
    if !description.stated {
        return Vec::new();
    }
    let environment = ResourceId {
        platform: Platform::Speguard,
        root: ".".into(),
        kind: ENVIRONMENT_KIND.into(),
        namespace: "".into(),
        name: description.name.clone(),
    };
    let mut judgements: Vec<Judgement> = criteria
        .iter()
        .filter(|criterion| is_stated(criterion.verification))
        .map(|criterion| {
            let statement = latest(&profile.attestations, criterion, at);
            let (verdict, from_statement) = statement.map_or_else(|| (not_stated(), false), |said| weigh(said, at));
            let waiver = waiver::covering(profile, &criterion.id, &environment, &verdict, at);
            Judgement {
                criterion: criterion.id.clone(),
                platform: Platform::Speguard,
                resource: environment.clone(),
                verdict,
                enforcement: profile.enforcement.get(&criterion.id).copied().unwrap_or(Enforcement::Observe),
                waiver,
                attestation: statement.filter(|_| from_statement).map(|said| said.id.clone()),
            }
        })
        .collect();
    judgements.sort_by(|one, other| one.criterion.cmp(&other.criterion));
    judgements
}

/// Whether a person's statement is part of how a criterion is established.
pub(super) const fn is_stated(verification: Verification) -> bool {
    match verification {
        Verification::Attestation | Verification::Partly => true,
        Verification::Automated => false,
    }
}

/// The statement that counts. A later one takes the place of all before it, even once it has expired: what was
/// withdrawn must not come back. Of two on one day, the one that says not met.
fn latest<'a>(statements: &'a [Attestation], criterion: &Criterion, at: Timestamp) -> Option<&'a Attestation> {
    statements
        .iter()
        .filter(|said| said.criterion == criterion.id && said.stated <= at)
        .max_by_key(|said| (said.stated, !said.met, Reverse(&said.id)))
}

/// The verdict of a statement, and whether it is the statement's own.
fn weigh(said: &Attestation, at: Timestamp) -> (Verdict, bool) {
    if said.expires <= at {
        let expired = Finding::bare(Finding::STATEMENT_EXPIRED).with("expires", said.expires_shown.as_str());
        return (Verdict::Undetermined { unknown: vec![expired] }, false);
    }
    if said.met {
        return (Verdict::Met, true);
    }
    let finding = Finding::bare(Finding::STATED_NOT_MET)
        .with("owner", said.owner.as_str())
        .with("statement", said.statement.as_str());
    (Verdict::NotMet { findings: vec![finding], unknown: Vec::new() }, true)
}

fn not_stated() -> Verdict {
    Verdict::Undetermined { unknown: vec![Finding::bare(Finding::NOT_STATED)] }
}

/// Statements and waivers that cannot stand: for a criterion that is decided from configuration, for one that does
/// not exist, or two under one name. In order of their places.
#[must_use]
pub fn misplaced(profile: &Profile, criteria: &[Criterion]) -> Vec<Problem> {
    let known: BTreeMap<&str, &Criterion> = criteria.iter().map(|one| (one.id.0.as_ref(), one)).collect();
    let names: Vec<&str> = known.keys().copied().collect();
    let mut problems = Vec::new();
    for said in &profile.attestations {
        let id = said.criterion.0.as_ref();
        let cause = match known.get(id) {
            None => format!("there is no criterion `{id}` to attest: {}", nearest(id, &names)),
            Some(criterion) if !is_stated(criterion.verification) => format!(
                "`{id}` ({}) is decided from configuration and cannot be attested: state the facts in spe.yaml, or \
                 grant a waiver",
                criterion.title.en
            ),
            Some(_) => continue,
        };
        problems.push(Problem::remark(said.origin.clone(), cause));
    }
    for waiver in &profile.waivers {
        let id = waiver.criterion.0.as_ref();
        if !known.contains_key(id) {
            let cause = format!("there is no criterion `{id}` to waive: {}", nearest(id, &names));
            problems.push(Problem::remark(waiver.origin.clone(), cause));
        }
    }
    let waivers = profile.waivers.iter().map(|waiver| ("waiver", &waiver.id.0, &waiver.origin));
    let statements = profile.attestations.iter().map(|said| ("attestation", &said.id.0, &said.origin));
    let mut first = BTreeMap::new();
    for (what, name, origin) in waivers.chain(statements) {
        if let Some(before) = first.insert((what, name), origin) {
            let place = format!("{}:{}", before.path(), before.mark().line);
            let cause =
                format!("{what} `{name}` has the name of another, at {place}: reports could not tell them apart");
            problems.push(Problem::remark(origin.clone(), cause));
        }
    }
    problems.sort_by(|one, other| (&one.origin, &one.cause).cmp(&(&other.origin, &other.cause)));
    problems
}

/// Sixty ids are no help in one line; where none is near, the command that lists them is.
fn nearest(id: &str, names: &[&str]) -> String {
    match crate::model::meant(id, names) {
        Some(_) => instead(id, names),
        None => "`speguard criteria list` shows all".to_owned(),
    }
}
