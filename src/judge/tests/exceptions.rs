use super::*;

fn waived_by(waivers: Vec<Waiver>, verdict: Verdict) -> Option<String> {
    judged(&Profile { waivers, ..denying() }, verdict).waiver.map(|WaiverId(name)| name)
}

#[test]
fn a_waiver_is_laid_over_a_breach_and_over_what_is_not_known_and_changes_neither() {
    let profile = Profile { waivers: vec![waiver("w")], ..denying() };
    for verdict in [breach(&["x"]), unknown(&["y"])] {
        let judgement = judged(&profile, verdict.clone());
        assert_eq!(judgement.verdict, verdict);
        assert_eq!(judgement.waiver, Some(WaiverId("w".into())));
    }
}

#[test]
fn what_is_met_needs_no_waiver() {
    assert_eq!(waived_by(vec![waiver("w")], Verdict::Met), None);
    assert_eq!(waived_by(vec![waiver("w")], Verdict::NotApplicable), None);
}

#[test]
fn a_waiver_that_names_reasons_covers_no_other() {
    let narrow = || vec![Waiver { reasons: vec!["x".into()], ..waiver("w") }];
    assert_eq!(waived_by(narrow(), breach(&["x"])).as_deref(), Some("w"));
    assert_eq!(waived_by(narrow(), breach(&["x", "y"])), None);
    let beside = Verdict::NotMet { findings: vec![Finding::bare("x")], unknown: vec![Finding::bare("y")] };
    assert_eq!(waived_by(narrow(), beside), None);
}

#[test]
fn a_waiver_holds_from_the_day_it_was_granted_to_the_end_of_its_last() {
    let late = Waiver { granted: Timestamp(NOW.0 + 1), ..waiver("w") };
    let over = Waiver { expires: NOW, ..waiver("w") };
    let last = Waiver { expires: Timestamp(NOW.0 + 1), ..waiver("w") };
    assert_eq!(waived_by(vec![late], breach(&["x"])), None);
    assert_eq!(waived_by(vec![over], breach(&["x"])), None);
    assert_eq!(waived_by(vec![last], breach(&["x"])).as_deref(), Some("w"));
}

#[test]
fn a_waiver_for_another_criterion_or_resource_covers_nothing() {
    let criterion = Waiver { criterion: CriterionId("X-A-02".into()), ..waiver("w") };
    let resource = Waiver { resources: vec!["infra:apps/Deployment/a/w".into()], ..waiver("w") };
    assert_eq!(waived_by(vec![criterion], breach(&["x"])), None);
    assert_eq!(waived_by(vec![resource], breach(&["x"])), None);
}

#[test]
fn waivers_that_do_nothing_are_said_in_order() {
    let waivers = vec![
        waiver("used"),
        Waiver { resources: vec!["Pod/b/c".into()], ..waiver("astray") },
        Waiver { expires: NOW, ..waiver("over") },
    ];
    let profile = Profile { waivers, ..denying() };
    let judgements = [judged(&profile, breach(&["x"]))];
    let standing: Vec<_> = waivers_standing(&profile, &judgements, NOW)
        .into_iter()
        .map(|standing| (standing.id.0, standing.state))
        .collect();
    let expected = [("astray".to_owned(), WaiverState::Unmatched), ("over".to_owned(), WaiverState::Expired)];
    assert_eq!(standing, expected);
}

#[test]
fn a_waiver_beside_another_for_the_same_judgement_is_not_astray() {
    let profile = Profile { waivers: vec![waiver("a"), waiver("b")], ..denying() };
    let judgements = [judged(&profile, breach(&["x"]))];
    assert_eq!(judgements[0].waiver, Some(WaiverId("a".into())));
    assert_eq!(waivers_standing(&profile, &judgements, NOW), []);
}

/// The one judgement that statements give for X-A-01.
fn answer(attestations: Vec<Attestation>) -> Judgement {
    let profile = Profile { attestations, ..denying() };
    let mut all = attested(&profile, &[criterion("X-A-01", Verification::Attestation)], &described(), NOW);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn a_statement_is_a_judgement_on_the_environment() {
    let judgement = answer(vec![attestation("a", -5, true)]);
    let id = judgement.resource.full();
    assert_eq!((judgement.platform, id.as_str()), (Platform::Speguard, "speguard/Environment/tre"));
    assert_eq!(judgement.resource.kind.as_ref(), ENVIRONMENT_KIND);
    assert_eq!((judgement.verdict, judgement.enforcement), (Verdict::Met, Enforcement::Deny));
    assert_eq!(judgement.attestation, Some(AttestationId("a".into())));
}

#[test]
fn nothing_stated_is_not_known() {
    assert_eq!(answer(Vec::new()).verdict, unknown(&[Finding::NOT_STATED]));
    assert_eq!(answer(vec![attestation("tomorrow", 1, true)]).verdict, unknown(&[Finding::NOT_STATED]));
}

#[test]
fn the_latest_statement_counts_even_once_it_has_expired() {
    let said = |name, stated, met, expires| {
        let expires = Timestamp(NOW.0 + expires);
        Attestation { expires, ..attestation(name, stated, met) }
    };
    let withdrawn = answer(vec![said("old", -9, true, 99), said("new", -5, false, 9)]);
    let finding = Finding::bare(Finding::STATED_NOT_MET).with("owner", "o").with("statement", "seen");
    assert_eq!(withdrawn.verdict, Verdict::NotMet { findings: vec![finding], unknown: Vec::new() });
    let expired = answer(vec![said("old", -9, true, 99), said("new", -5, false, 0)]);
    let finding = Finding::bare(Finding::STATEMENT_EXPIRED).with("expires", "1970-01-12");
    assert_eq!(expired.verdict, Verdict::Undetermined { unknown: vec![finding] });
    assert_eq!(expired.attestation, None);
}

#[test]
fn of_two_statements_on_one_day_the_one_that_says_not_met_counts() {
    for order in [["a", "b"], ["b", "a"]] {
        let statements = order.map(|name| attestation(name, -5, name == "a"));
        assert_eq!(answer(statements.to_vec()).attestation, Some(AttestationId("b".into())));
    }
}

#[test]
fn only_what_a_person_answers_gets_a_judgement_and_only_with_a_description() {
    let criteria = [automated("X-A-02"), criterion("X-A-03", Verification::Partly)];
    let ids: Vec<_> =
        attested(&denying(), &criteria, &described(), NOW).into_iter().map(|one| one.criterion.to_string()).collect();
    assert_eq!(ids, ["X-A-03"]);
    assert_eq!(attested(&denying(), &criteria, &Description::default(), NOW).len(), 0);
}

#[test]
fn a_statement_can_be_waived_like_any_other_judgement() {
    let waivers = vec![Waiver { resources: vec!["speguard/Environment/*".into()], ..waiver("w") }];
    let profile = Profile { waivers, ..denying() };
    let all = attested(&profile, &[criterion("X-A-01", Verification::Partly)], &described(), NOW);
    assert_eq!(all[0].waiver, Some(WaiverId("w".into())));
}

#[test]
fn statements_that_cannot_stand_are_problems() {
    let attestations = vec![attestation("a", 0, true), attestation("a", 0, true)];
    let waivers = vec![Waiver { criterion: CriterionId("X-A-1".into()), ..waiver("w") }];
    let profile = Profile { attestations, waivers, ..denying() };
    let causes: Vec<_> = misplaced(&profile, &[automated("X-A-01")]).into_iter().map(|problem| problem.cause).collect();
    let automatic = "`X-A-01` (It holds) is decided from configuration and cannot be attested: state the facts in \
                     spe.yaml, or grant a waiver";
    assert_eq!(
        causes,
        [
            automatic,
            automatic,
            "attestation `a` has the name of another, at a.yaml:1: reports could not tell them apart",
            "there is no criterion `X-A-1` to waive: did you mean `X-A-01`?",
        ]
    );
    let unknown = Profile { attestations: vec![attestation("a", 0, true)], ..denying() };
    let cause = "there is no criterion `X-A-01` to attest: `speguard criteria list` shows all";
    assert_eq!(misplaced(&unknown, &[]), [Problem::remark(Origin::file("a.yaml"), cause)]);
}
