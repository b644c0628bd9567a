//! What kind of change a request is, and which findings it brings.
use super::{Law, Shortfall};
use crate::{
    model::{CriterionId, Enforcement, Environment, Finding, Judgement, PodView, Resource, Step, Value},
    serve::review::{Operation, Request},
};

/// Subresources that change nothing of what is judged. Ephemeral containers do; status does where labels come with it.
const HARMLESS: [&str; 6] = ["binding", "eviction", "scale", "approval", "token", "log"];

/// What controllers and people must always be able to do: end things, and let go of what ends.
pub(super) fn is_never_denied(request: &Request, new: Option<&Resource>, old: Option<&Resource>) -> bool {
    match (request.operation, new, old) {
        (Operation::Delete, _, Some(old)) => old.pod.is_some() || old.id.kind.as_ref() == "Namespace",
        _ if HARMLESS.contains(&request.subresource.as_str()) => true,
        (Operation::Update, Some(new), Some(old)) => {
            without_finalizers(new) == without_finalizers(old) || new.body.find(DELETION).is_some() && ends(new, old)
        }
        _ => false,
    }
}

const DELETION: &[&str] = &["metadata", "deletionTimestamp"];

/// Whether an object that is being deleted changes in nothing but its metadata.
fn ends(new: &Resource, old: &Resource) -> bool {
    let spec = |one: &Resource| one.body.get("spec").cloned();
    let labels = |one: &Resource| one.body.find(&["metadata", "labels"]).cloned();
    spec(new) == spec(old) && labels(new) == labels(old)
}

fn without_finalizers(resource: &Resource) -> Value {
    let mut body = resource.body.clone();
    if let Value::Map(body) = &mut body {
        if let Some(Value::Map(metadata)) = body.get_mut("metadata") {
            metadata.remove("finalizers");
        }
        if let Some(Value::Map(spec)) = body.get_mut("spec")
            && resource.id.kind.as_ref() == "Namespace"
        {
            spec.remove("finalizers");
        }
    }
    body
}

/// A Pod that stands for a file of a node, which the node's kubelet runs whatever is answered.
pub(super) fn is_mirror_pod(resource: &Resource) -> bool {
    resource.id.kind.as_ref() == "Pod"
        && resource.body.find(&["metadata", "annotations", "kubernetes.io/config.mirror"]).is_some()
}

/// Whether a change can open ways, so that not being able to judge it must not let it pass.
pub(super) fn may_widen(resource: &Resource) -> bool {
    resource.pod.is_some() || crate::reach::reads(&resource.id.kind)
}

/// Whether a finding is decided at this object. A template's missing fields may still be filled in, by a LimitRange or a
/// mutating webhook: its Pod decides. Labels that controllers add make a template's answer unknown likewise.
pub(super) fn is_decided_here(subject: &Resource, finding: &Finding, is_unknown: bool) -> bool {
    let is_template = subject.pod.is_some() && subject.id.kind.as_ref() != "Pod";
    if !is_template {
        return true;
    }
    let elsewhere = finding.at.as_ref().is_some_and(|at| *at != subject.id);
    !is_unknown && (elsewhere || (subject.body.at(&finding.path).is_some() && !is_holder(&finding.path)))
}

/// Whether a path leads to what holds settings, and not to one: a finding there is about a setting that is missing.
fn is_holder(path: &[Step]) -> bool {
    const HOLDERS: [&str; 8] =
        ["spec", "template", "metadata", "labels", "annotations", "securityContext", "capabilities", "resources"];
    let key =
        |step: Option<&Step>, names: &[&str]| matches!(step, Some(Step::Key(key)) if names.contains(&key.as_str()));
    match path.last() {
        Some(Step::Index(_)) => key(path.iter().rev().nth(1), &PodView::LISTS),
        last => last.is_none() || key(last, &HOLDERS) || key(last, &PodView::LISTS),
    }
}

/// A finding as it is recognised before and after a change.
pub(super) type Mark = (CriterionId, String, String);

/// The marks of all that a judgement found.
pub(super) fn marks<'a>(judgement: &'a Judgement, subject: Option<&'a Resource>) -> impl Iterator<Item = Mark> + 'a {
    let all = judgement.verdict.findings().iter().chain(judgement.verdict.unknown());
    all.map(move |finding| mark(judgement, finding, subject))
}

/// Criterion, reason, and the path with the name of an element in place of its index: an element that moves in its list
/// is the same.
pub(super) fn mark(judgement: &Judgement, finding: &Finding, subject: Option<&Resource>) -> Mark {
    let mut place = String::new();
    for (nth, step) in finding.path.iter().enumerate() {
        match step {
            Step::Key(key) => place.push_str(key),
            Step::Index(_) => {
                let element = subject.and_then(|subject| subject.body.at(finding.path.get(..=nth)?));
                let name = element.and_then(|element| element.get("name")).and_then(Value::as_text);
                place.push_str(name.unwrap_or("*"));
            }
        }
        place.push('.');
    }
    if let Some(at) = &finding.at {
        place.push_str(&at.address());
    }
    (judgement.criterion.clone(), finding.reason.clone(), place)
}

/// A Namespace that loses the label of its project: what is in it is then asked about no more, whatever the description
/// says of it.
pub(super) fn leaves_projects(
    law: &Law<'_>,
    environment: &Environment,
    old: &Resource,
    new: &Resource,
) -> Option<Shortfall> {
    let criterion = CriterionId("SPE-SEP-01".into());
    let denies = law.profile.enforcement.get(&criterion) == Some(&Enforcement::Deny);
    if new.id.kind.as_ref() != "Namespace" || !denies || law.warn_only.contains(&new.id.name) {
        return None;
    }
    let label = environment.description.project_label.as_ref();
    let carries = |one: &Resource| one.body.find(&["metadata", "labels", label]).is_some();
    (carries(old) && !carries(new)).then(|| Shortfall {
        criterion,
        resource: new.id.clone(),
        findings: vec![Finding {
            path: ["metadata", "labels"].map(|key| Step::Key(key.to_owned())).into(),
            ..Finding::bare(Finding::LEAVES_PROJECTS)
        }],
    })
}
