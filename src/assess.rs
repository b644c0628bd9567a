//! The spine: one function that every way of asking calls.
use crate::{
    evaluate::{Bundle, Evaluation, Light, evaluate},
    judge::{Profile, judge},
    model::{Assessment, Environment, Resource, Timestamp},
    reach,
};

/// Judges `subjects` in the light of the whole `environment`. Same inputs, same bytes out.
#[must_use]
pub fn assess(
    bundle: &Bundle,
    environment: &Environment,
    subjects: &[&Resource],
    profile: &Profile,
    at: Timestamp,
) -> Assessment {
    let reach = reach::derive(environment, subjects);
    let light = Light { environment, reach: &reach, parameters: &profile.parameters };
    let judgements = evaluate(bundle, &light, subjects)
        .into_iter()
        .map(|Evaluation { criterion, platform, resource, verdict }| {
            judge(profile, &criterion, platform, &resource, verdict, at)
        })
        .collect();
    Assessment {
        at,
        bundle: bundle.digest,
        environment: environment.digest,
        profile: profile.digest,
        judgements,
        problems: environment.problems.clone(),
        not_looked_at: Vec::new(),
        kinds_not_judged: Vec::new(),
        exempt_namespaces: Vec::new(),
        waivers: Vec::new(),
    }
}
