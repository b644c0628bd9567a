//! Waivers: what they cover, and which of them do nothing.
use super::Profile;
use crate::model::{
    CriterionId, Finding, Judgement, ResourceId, Timestamp, Verdict, Waiver, WaiverId, WaiverStanding, WaiverState,
};

/// The first waiver, in order of id, that covers a verdict.
#[must_use]
pub(super) fn covering(
    profile: &Profile,
    criterion: &CriterionId,
    resource: &ResourceId,
    verdict: &Verdict,
    at: Timestamp,
) -> Option<WaiverId> {
    if profile.waivers.is_empty() {
        return None;
    }
    let full = resource.full();
    let covering = profile.waivers.iter().filter(|waiver| covers(waiver, criterion, &full, verdict, at));
    covering.map(|waiver| &waiver.id).min().cloned()
}

/// Waivers that do nothing: expired, or matching no judgement that needs one. In order of id.
#[must_use]
pub fn waivers_standing(profile: &Profile, judgements: &[Judgement], at: Timestamp) -> Vec<WaiverStanding> {
    let used = |waiver: &Waiver| {
        judgements
            .iter()
            .filter(|judgement| judgement.criterion == waiver.criterion)
            .any(|judgement| covers(waiver, &judgement.criterion, &judgement.resource.full(), &judgement.verdict, at))
    };
    let state = |waiver: &Waiver| match waiver.expires <= at {
        true => Some(WaiverState::Expired),
        false => (!used(waiver)).then_some(WaiverState::Unmatched),
    };
    let mut standing: Vec<WaiverStanding> = profile
        .waivers
        .iter()
        .filter_map(|waiver| Some(WaiverStanding { id: waiver.id.clone(), state: state(waiver)? }))
        .collect();
    standing.sort_by(|one, other| one.id.cmp(&other.id));
    standing
}

/// Whether a waiver in force names the resource and every finding of a shortfall, the unknown ones included: a
/// reason that joins later is not covered by what was approved before.
fn covers(waiver: &Waiver, criterion: &CriterionId, full: &str, verdict: &Verdict, at: Timestamp) -> bool {
    let names = |finding: &Finding| waiver.reasons.is_empty() || waiver.reasons.contains(&finding.reason);
    let falls_short = match verdict {
        Verdict::NotMet { .. } | Verdict::Undetermined { .. } => true,
        Verdict::Met | Verdict::NotApplicable => false,
    };
    falls_short
        && waiver.criterion == *criterion
        && waiver.granted <= at
        && at < waiver.expires
        && waiver.resources.iter().any(|pattern| matches(pattern, full))
        && verdict.findings().iter().chain(verdict.unknown()).all(names)
}

/// Whether a pattern is the whole text. Only `*` is special, and stands for any text, slashes included: addresses of
/// Terraform hold `[`, `]` and `"`, and `?` is the namespace of a resource that says none.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    // The leftmost place of each part leaves the most for those after it.
    for part in parts {
        let Some(at) = text.find(part) else { return false };
        text = text.get(at + part.len()..).unwrap_or_default();
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text_and_nothing_else_is_special() {
        for (pattern, text) in [
            ("apps/Deployment/a/w", "apps/Deployment/a/w"),
            ("*", ""),
            ("apps/*/w", "apps/Deployment/a/w"),
            ("Pod/a/*", "Pod/a/w"),
            ("*a*a*", "xaxa"),
            ("infra:module.net[\"a\"].x.this[0]", "infra:module.net[\"a\"].x.this[0]"),
            ("Pod/?/w", "Pod/?/w"),
            ("ab*ab", "abab"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("Pod/a", "Pod/a/w"),
            ("Pod/?/w", "Pod/a/w"),
            ("Pod/a/*x", "Pod/a/w"),
            ("x.this[0]", "x.this0"),
            ("ab*ab", "ab"),
            ("*aa*a", "aa"),
            ("", "x"),
        ] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
