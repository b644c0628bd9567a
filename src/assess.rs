//! The spine: one function that every way of asking calls.
use crate::{
    evaluate::{Bundle, Evaluation, Known, Light, evaluate},
    judge::{self, Profile, judge},
    model::{Assessment, Environment, Judgement, Resource, Timestamp},
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
    assess_again(bundle, environment, subjects, (profile, at), None)
}

/// [`assess`] with what was said of the environment as it was before: what has not changed since is not asked again.
#[must_use]
pub fn assess_again(
    bundle: &Bundle,
    environment: &Environment,
    subjects: &[&Resource],
    (profile, at): (&Profile, Timestamp),
    known: Option<&Known>,
) -> Assessment {
    let criteria = &bundle.criteria;
    let reach = reach::derive(environment, subjects);
    let light = Light { environment, reach: &reach, parameters: &profile.parameters, known };
    let mut judgements: Vec<Judgement> = evaluate(bundle, &light, subjects)
        .into_iter()
        .map(|Evaluation { criterion, platform, resource, verdict }| {
            judge(profile, &criterion, platform, &resource, verdict, at)
        })
        .collect();
    judgements.extend(judge::attested(profile, criteria, &environment.description, at));
    // Stable: a criterion's judgements on one resource stay in the order in which they were made.
    judgements.sort_by(|one, other| (&one.criterion, &one.resource).cmp(&(&other.criterion, &other.resource)));
    let mut problems = environment.problems.clone();
    problems.extend(judge::misplaced(profile, criteria));
    let present = judge::platforms_present(environment);
    Assessment {
        at,
        bundle: bundle.digest,
        environment: environment.digest,
        profile: profile.digest,
        waivers: judge::waivers_standing(profile, &judgements, at),
        judgements,
        problems,
        not_looked_at: judge::not_looked_at(criteria, &present, &environment.description),
        kinds_not_judged: judge::kinds_not_judged(criteria, environment),
        exempt_namespaces: judge::exempt_namespaces(environment),
    }
}
