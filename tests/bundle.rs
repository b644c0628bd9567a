//! Files into a bundle: what is refused, and in which words.
use speguard::evaluate::{Bundle, STANDARD};

/// A criterion that is right in every part.
pub(crate) const GOOD: &str = "\
id: SPE-TRY-01
title: {en: Tried, nb: Prøvd}
requirement: {en: It is tried., nb: Det er prøvd.}
why: {en: Because., nb: Fordi.}
level: minimum
severity: low
verification: automated
sources:
  - {ref: own, status: practice}
reasons:
  too_short:
    en: kept for {days} days
    nb: oppbevares i {days} dager
    at_admission: request
parameters:
  retention_days:
    default: 365
    bound: {minimum: 365, because: law}
    about: how long
platforms:
  kubernetes:
    subjects: [ConfigMap]
    remedy: {en: Keep it longer., nb: Oppbevar det lenger.}
refresh: {admission: true, text: always}
";

/// A rule that is right in every part.
pub(crate) const GOOD_RULE: &str = r#"package trial.tried.kubernetes

deny contains {"reason": "too_short", "facts": {"days": days}, "path": ["data"]} if {
	days := to_number(input.resource.data.days)
	days < input.parameters.retention_days
}
"#;

const CRITERION: &str = "policies/trial/tried/criterion.yaml";
const RULE: &str = "policies/trial/tried/kubernetes.rego";

pub(crate) fn bundle(criterion: &str, rule: &str) -> Result<Bundle, String> {
    load(&[(CRITERION, criterion), (RULE, rule)])
}

pub(crate) fn load(files: &[(&str, &str)]) -> Result<Bundle, String> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    Bundle::load(files).map_err(|error| error.to_string())
}

fn refused(criterion: &str, rule: &str) -> String {
    bundle(criterion, rule).unwrap_err()
}

#[test]
fn the_criteria_of_the_program_pass_every_check_that_a_users_criteria_must_pass() {
    let files = STANDARD.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let checked = Bundle::load(files).unwrap_or_else(|error| panic!("{error}"));
    let trusted = Bundle::standard().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(checked.criteria.len(), 60);
    assert_eq!(checked.digest, trusted.digest);
}

#[test]
fn a_good_criterion_loads_with_its_place_as_its_name() {
    let bundle = bundle(GOOD, GOOD_RULE).unwrap();
    let criterion = &bundle.criteria[0];
    assert_eq!((criterion.domain.as_ref(), criterion.name.as_ref()), ("trial", "tried"));
    let block = criterion.platforms.values().next().unwrap();
    assert_eq!(block.rule.as_deref(), Some("kubernetes"), "the rule's file is named after the platform by default");
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_what_was_meant() {
    let error = refused(&GOOD.replace("severity: low", "severty: low"), GOOD_RULE);
    assert_eq!(
        error,
        "policies/trial/tried/criterion.yaml:1: `severity` is missing\n\
         policies/trial/tried/criterion.yaml:6: unknown key `severty`\n\nhint: did you mean `severity`?\n"
    );
}

#[test]
fn every_fault_of_a_criterion_is_told_with_its_line() {
    for (from, to, expected) in [
        ("nb: Prøvd", "", "2: `nb` is missing"),
        ("title: {en: Tried, nb: Prøvd}", "title: {en: Tried, nb: Prøvd, sv: Provad}", "2: unknown key `sv`"),
        ("level: minimum", "level: must", "5: `level` is `must`, and must be one of `minimum`, `recommended`"),
        ("status: practice", "status: rumour", "9: `status` is `rumour`"),
        (
            "default: 365",
            "default: 30",
            "17: the default of `retention_days` breaks its own bound: `30` is less than `365` (law)",
        ),
        (
            "nb: oppbevares i {days} dager",
            "nb: oppbevares for kort",
            "11: the words of `too_short` name `days` in `en` and  in `nb`",
        ),
        (
            "en: kept for {days} days",
            "en: kept for {days days",
            "11: a brace in the words of `too_short` names no fact",
        ),
        ("at_admission: request", "at_admission: never", "14: `at_admission` is `never`"),
        (
            "at_admission: request",
            "at_admission: request\n    absence: somewhere",
            "15: `absence` is `somewhere`, and must be one of",
        ),
        ("  too_short:", "  not_evaluated:", "11: the reason `not_evaluated` is the engine's own"),
        ("[ConfigMap]", "[]", "21: platform `kubernetes` has no `subjects`"),
        (
            "[ConfigMap]",
            "[Deployment]",
            "22: no reader of kubernetes gives resources of kind `Deployment`\n\nhint: did you mean `apps/Deployment`?",
        ),
        ("  kubernetes:", "  kubernets:", "21: unknown platform `kubernets`"),
        ("    remedy: {en: Keep it longer., nb: Oppbevar det lenger.}\n", "", "21: `remedy` is missing"),
        (
            "    subjects: [ConfigMap]",
            "    subjects: [ConfigMap]\n    rule: ways",
            "23: `rule` names `ways.rego`, which is not in the folder",
        ),
        ("id: SPE-TRY-01", "id: try", "1: `id` is `try`, and must look like `SPE-NET-02`"),
        ("level: minimum", "level: minimum\nlevel: minimum", "not readable as YAML"),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let error = refused(&GOOD.replacen(from, to, 1), GOOD_RULE);
        assert!(error.contains(expected), "{from} -> {to}:\nexpected {expected}\ngot {error}");
    }
}

#[test]
fn a_rule_needs_words_and_a_reason_needs_a_rule() {
    let without = GOOD.replace(
        "reasons:\n  too_short:\n    en: kept for {days} days\n    nb: oppbevares i {days} dager\n    at_admission: request\n",
        "",
    );
    assert!(refused(&without, GOOD_RULE).contains("`reasons` is missing"));
    let idle = GOOD.replace("reasons:\n", "reasons:\n  idle: {en: idle, nb: uvirksom, at_admission: fault}\n");
    assert!(refused(&idle, GOOD_RULE).contains("criterion.yaml:11: no rule gives the reason `idle`"));
}

#[test]
fn an_id_is_given_once() {
    let error = load(&[("policies/a/one/criterion.yaml", GOOD), ("policies/a/two/criterion.yaml", GOOD)]).unwrap_err();
    assert!(
        error.contains("policies/a/two/criterion.yaml:1: the id `SPE-TRY-01` is already that of policies/a/one"),
        "{error}"
    );
}

#[test]
fn a_users_criterion_may_not_take_an_id_of_the_program() {
    let files = [("mine/network/mine/criterion.yaml".to_owned(), GOOD.replace("SPE-TRY-01", "SPE-NET-02"))];
    let error = Bundle::extended(files).unwrap_err().to_string();
    assert!(error.contains("the id `SPE-NET-02` is already that of"), "{error}");
}

#[test]
fn a_users_rule_may_use_the_library_of_the_program() {
    let rule = GOOD_RULE.replace("kubernetes\n", "kubernetes\n\nimport data.lib.known\n").replace(
        "\tdays := to_number(input.resource.data.days)",
        "\tnot known.is_unknown(input.resource.data)\n\tdays := to_number(input.resource.data.days)",
    );
    let files = [(CRITERION.to_owned(), GOOD.to_owned()), (RULE.to_owned(), rule)];
    let bundle = Bundle::extended(files).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(bundle.criteria.len(), 61);
}

#[test]
fn what_lies_outside_the_subset_of_rego_is_refused_with_its_line() {
    for (from, to, expected) in [
        ("package trial.tried.kubernetes", "package trial.other", "kubernetes.rego:1: the package is `trial.other`"),
        ("to_number(", "sprintf(", "kubernetes.rego:4: `sprintf` cannot be called"),
        ("to_number(", "rand.intn(\"x\", ", "kubernetes.rego:4: `rand.intn` cannot be called"),
        ("to_number(", "time.now_ns(", "kubernetes.rego:4: `time.now_ns` cannot be called"),
        (
            "to_number(",
            "to_numbr(",
            "kubernetes.rego:4: `to_numbr` cannot be called\n\nhint: did you mean `to_number`?",
        ),
        ("deny contains", "other.deny contains", "kubernetes.rego:3: a head has one name"),
        ("if {", "if {\n\tdata.network.x.deny", "kubernetes.rego:4: a rule cannot look at `data.network.x.deny`"),
        ("if {", "if {\n\ty := 1 with input as 3", "kubernetes.rego:4: `with` belongs in tests"),
        ("\n\n", "\n\nimport data.lib.knwon\n\n", "kubernetes.rego:3: there is no `data.lib.knwon`"),
        ("\n\n", "\n\nimport input.x\n\n", "kubernetes.rego:3: `input.x` cannot be imported"),
        ("\n\n", "\n\ndefault f(_) := 1\n\n", "kubernetes.rego:3: a function cannot have a default"),
        ("\n\n", "\n\nf(x) := g(x)\n\ng(x) := f(x)\n\n", "kubernetes.rego:3: `f` calls itself"),
        ("deny contains", "deny := {", "not readable as Rego"),
        ("deny contains", "denied contains", "the rule has neither `deny` nor `undetermined`"),
    ] {
        assert!(GOOD_RULE.contains(from), "{from}");
        let error = refused(GOOD, &GOOD_RULE.replacen(from, to, 1));
        assert!(error.contains(expected), "{from} -> {to}:\nexpected {expected}\ngot {error}");
    }
}

#[test]
fn the_digest_covers_places_and_contents_and_not_the_folder_they_were_read_from() {
    let one = bundle(GOOD, GOOD_RULE).unwrap().digest;
    let moved =
        load(&[("/elsewhere/trial/tried/criterion.yaml", GOOD), ("/elsewhere/trial/tried/kubernetes.rego", GOOD_RULE)]);
    assert_eq!(moved.unwrap().digest, one);
    assert_ne!(bundle(GOOD, &GOOD_RULE.replace("days <", "days <=")).unwrap().digest, one);
    assert_ne!(bundle(&GOOD.replace("severity: low", "severity: high"), GOOD_RULE).unwrap().digest, one);
}
