use super::*;
use crate::model::{Assessment, Decision, Environment, LogStore, NotLookedAt, Resource, Scope, Shortcoming, Standing};
use std::collections::BTreeSet;

const MET: Verdict = Verdict::Met;

fn assessed(judgements: Vec<Judgement>, problems: Vec<Problem>) -> Assessment {
    Assessment {
        at: NOW,
        bundle: Digest::default(),
        environment: Digest::default(),
        profile: Digest::default(),
        judgements,
        problems,
        not_looked_at: Vec::new(),
        kinds_not_judged: Vec::new(),
        exempt_namespaces: Vec::new(),
        waivers: Vec::new(),
    }
}

fn exit_of(verdicts: &[Verdict], enforcement: Enforcement, unread: bool) -> u8 {
    let judgements: Vec<_> =
        verdicts.iter().map(|verdict| Judgement { enforcement, ..judged(&denying(), verdict.clone()) }).collect();
    let problems = if unread { vec![Problem::new(Origin::file("x"), "broken")] } else { Vec::new() };
    outcome(&assessed(judgements, problems), &[automated("X-A-01")], None).exit
}

#[test]
fn the_exit_code_is_the_table_of_the_contract() {
    let (breach, unknown, none) = (breach(&["x"]), unknown(&["y"]), Verdict::NotApplicable);
    let all: &[(&[Verdict], Enforcement, bool, u8)] = &[
        (&[MET], Enforcement::Deny, false, 0),
        (&[MET, none.clone()], Enforcement::Deny, false, 0),
        (&[MET, breach.clone()], Enforcement::Deny, false, 1),
        (&[MET, unknown.clone()], Enforcement::Deny, false, 3),
        (&[unknown.clone(), breach.clone()], Enforcement::Deny, false, 1),
        (&[MET], Enforcement::Deny, true, 3),
        (std::slice::from_ref(&breach), Enforcement::Deny, true, 1),
        (&[], Enforcement::Deny, false, 3),
        (std::slice::from_ref(&none), Enforcement::Deny, false, 3),
        (std::slice::from_ref(&breach), Enforcement::Warn, false, 0),
        (std::slice::from_ref(&unknown), Enforcement::Warn, false, 0),
        (&[breach.clone(), unknown.clone()], Enforcement::Observe, false, 0),
        (std::slice::from_ref(&breach), Enforcement::Observe, true, 3),
        (std::slice::from_ref(&unknown), Enforcement::Warn, true, 3),
    ];
    for (verdicts, enforcement, unread, expected) in all {
        assert_eq!(exit_of(verdicts, *enforcement, *unread), *expected, "{verdicts:?} {enforcement:?} {unread}");
    }
}

#[test]
fn a_waived_shortfall_does_not_weigh_but_what_was_not_read_does() {
    let profile = Profile { waivers: vec![waiver("w")], ..denying() };
    let waived = || vec![judged(&profile, breach(&["x"])), judged(&profile, unknown(&["y"]))];
    let problem = || vec![Problem::remark(Origin::file("x"), "wrong")];
    assert_eq!(outcome(&assessed(waived(), Vec::new()), &[], None), Outcome { exit: 0, set_aside: 0 });
    assert_eq!(outcome(&assessed(waived(), problem()), &[], None), Outcome { exit: 3, set_aside: 0 });
}

#[test]
fn statements_alone_do_not_make_a_run_that_judged_something() {
    let stated = Judgement { platform: Platform::Speguard, ..judged(&denying(), MET) };
    assert_eq!(outcome(&assessed(vec![stated.clone()], Vec::new()), &[], None).exit, 3);
    assert_eq!(outcome(&assessed(vec![stated, judged(&denying(), MET)], Vec::new()), &[], None).exit, 0);
}

#[test]
fn fail_on_sets_aside_breaches_and_unknowns_alike_and_counts_them() {
    let criteria = [automated("X-A-01")];
    let judgements =
        || vec![judged(&denying(), breach(&["x"])), judged(&denying(), unknown(&["y"])), judged(&denying(), MET)];
    for (fail_on, exit, set_aside) in
        [(None, 1, 0), (Some(Severity::Low), 1, 0), (Some(Severity::High), 1, 0), (Some(Severity::Critical), 0, 2)]
    {
        let said = outcome(&assessed(judgements(), Vec::new()), &criteria, fail_on);
        assert_eq!(said, Outcome { exit, set_aside }, "{fail_on:?}");
    }
    let unread = assessed(judgements(), vec![Problem::new(Origin::file("x"), "broken")]);
    assert_eq!(outcome(&unread, &criteria, Some(Severity::Critical)), Outcome { exit: 3, set_aside: 2 });
}

#[test]
fn fail_on_never_sets_aside_what_has_no_known_severity() {
    let said = outcome(&assessed(vec![judged(&denying(), breach(&["x"]))], Vec::new()), &[], Some(Severity::Critical));
    assert_eq!(said, Outcome { exit: 1, set_aside: 0 });
}

#[test]
fn a_decision_denies_for_what_weighs_and_warns_for_the_rest() {
    let shortcoming = |judgement: &Judgement| Shortcoming {
        criterion: judgement.criterion.clone(),
        resource: judgement.resource.clone(),
        verdict: judgement.verdict.clone(),
    };
    let denied = judged(&denying(), unknown(&["y"]));
    let warned = Judgement { enforcement: Enforcement::Warn, ..denied.clone() };
    let observed = Judgement { enforcement: Enforcement::Observe, ..denied.clone() };
    let waived = Judgement { waiver: Some(WaiverId("w".into())), ..denied.clone() };
    assert_eq!(waived.standing(), Standing::Waived);
    let allowed = Decision::Allow { warnings: vec![shortcoming(&warned), shortcoming(&waived)] };
    assert_eq!(decide(&[warned, observed.clone(), waived]), allowed);
    assert_eq!(decide(&[denied.clone(), observed]), Decision::Deny { shortcomings: vec![shortcoming(&denied)] });
}

fn seen(criteria: &[Criterion], present: &[Platform], description: &Description) -> Vec<(String, Option<Platform>)> {
    let present: BTreeSet<Platform> = present.iter().copied().collect();
    let found = not_looked_at(criteria, &present, description).into_iter();
    found.map(|NotLookedAt { criterion, platform }| (criterion.to_string(), platform)).collect()
}

#[test]
fn a_block_without_a_rule_is_not_looked_at_where_its_platform_is_present() {
    let of = |rule| on(automated("X-A-01"), Platform::Aws, rule);
    let aws = Some(Platform::Aws);
    assert_eq!(seen(&[of(None)], &[Platform::Aws], &described()), [("X-A-01".to_owned(), aws)]);
    assert_eq!(seen(&[of(None)], &[Platform::Kubernetes], &described()), []);
    assert_eq!(seen(&[of(Some("aws"))], &[Platform::Aws], &described()), []);
}

#[test]
fn a_criterion_without_any_platform_is_not_looked_at_unless_a_person_answers_all_of_it() {
    let all = [
        automated("X-A-01"),
        criterion("X-A-02", Verification::Partly),
        criterion("X-A-03", Verification::Attestation),
    ];
    assert_eq!(seen(&all, &[], &described()), [("X-A-01".to_owned(), None), ("X-A-02".to_owned(), None)]);
}

#[test]
fn without_a_description_what_persons_state_is_not_looked_at() {
    let all = [criterion("X-A-02", Verification::Partly), criterion("X-A-03", Verification::Attestation)];
    let stated = Some(Platform::Speguard);
    assert_eq!(
        seen(&all, &[], &Description::default()),
        [("X-A-02".to_owned(), None), ("X-A-02".to_owned(), stated), ("X-A-03".to_owned(), stated)]
    );
}

fn holding(kinds: &[(&str, &str, &str)]) -> Environment {
    let mut environment = Environment::default();
    for (kind, namespace, name) in kinds {
        let id =
            ResourceId { kind: (*kind).into(), namespace: (*namespace).into(), name: (*name).into(), ..workload() };
        let resource = Resource {
            id: id.clone(),
            origin: Origin::file("x.yaml"),
            body: Value::Null,
            pod: None,
            provider: None,
            flows: None,
            scope: Scope::Project,
        };
        environment.resources.insert(id, vec![resource]);
    }
    environment
}

#[test]
fn a_platform_is_present_when_it_was_read_or_is_described() {
    let mut environment = holding(&[("Pod", "a", "p")]);
    environment.description.complete.insert("azurerm".into());
    let store = LogStore {
        name: "s".into(),
        platform: "google".into(),
        classes: Vec::new(),
        resource: None,
        retention_days: None,
        immutable: None,
    };
    environment.description.log_stores.push(store);
    let present: Vec<_> = platforms_present(&environment).into_iter().collect();
    assert_eq!(present, [Platform::Kubernetes, Platform::Azurerm, Platform::Google]);
}

#[test]
fn kinds_that_no_rule_sees_are_listed_once() {
    let environment =
        holding(&[("Pod", "a", "p"), ("Widget", "a", "x"), ("Widget", "a", "y"), (ENVIRONMENT_KIND, "", "e")]);
    let ruled = on(automated("X-A-01"), Platform::Kubernetes, Some("kubernetes"));
    let unruled = on(automated("X-A-01"), Platform::Kubernetes, None);
    assert_eq!(kinds_not_judged(&[ruled], &environment), ["Widget".into()]);
    assert_eq!(kinds_not_judged(&[unruled], &environment), ["Pod".into(), "Widget".into()]);
}

#[test]
fn exempt_namespaces_are_listed_where_something_of_them_was_read() {
    let environment = holding(&[("Pod", "kube-system", "p"), ("Pod", "a", "q")]);
    assert_eq!(exempt_namespaces(&environment), ["kube-system".into()]);
    assert_eq!(exempt_namespaces(&holding(&[("Namespace", "", "kube-system")])), ["kube-system".into()]);
    assert_eq!(exempt_namespaces(&holding(&[("Pod", "a", "q")])).len(), 0);
}
