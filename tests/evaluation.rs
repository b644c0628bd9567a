//! One rule about one resource: from what the engine says to a verdict, and what of the engine we rely on.
use crate::bundle::{GOOD, GOOD_RULE, bundle, load};
use speguard::{
    evaluate::{Bundle, Known, Light, evaluate, questions},
    model::{
        Description, Environment, Finding, Hidden, Map, Number, Origin, Path, Platform, Problem, Reach, Resource,
        ResourceId, Scope, Step, Text, Unknown, Value, Verdict, Way,
    },
};
use std::collections::BTreeMap;

/// A ConfigMap with the given data.
pub(crate) fn config(name: &str, data: Value) -> Resource {
    let body: Map = [("apiVersion", "v1".into()), ("kind", "ConfigMap".into()), ("data", data)].into_iter().collect();
    Resource {
        id: ResourceId {
            platform: Platform::Kubernetes,
            root: ".".into(),
            kind: "ConfigMap".into(),
            namespace: "heart".into(),
            name: name.into(),
        },
        origin: Origin::file("config.yaml"),
        body: body.into(),
        pod: None,
        provider: None,
        flows: None,
        scope: Scope::Project,
    }
}

pub(crate) fn environment(resources: Vec<Resource>) -> Environment {
    let mut environment = Environment { description: Description::default(), ..Environment::default() };
    for resource in resources {
        environment.resources.entry(resource.id.clone()).or_default().push(resource);
    }
    environment
}

fn verdicts(bundle: &Bundle, environment: &Environment, reach: &Reach) -> Vec<Verdict> {
    let subjects: Vec<&Resource> = environment.all().collect();
    let light = Light { environment, reach, parameters: &BTreeMap::new(), known: None };
    evaluate(bundle, &light, &subjects).into_iter().map(|evaluation| evaluation.verdict).collect()
}

/// What a rule with this body below its package says about one ConfigMap with this data.
fn asked(body: &str, data: Value) -> Verdict {
    let rule = format!("package trial.tried.kubernetes\n\n{body}\n\nreasons := {{\"too_short\"}}\n");
    let bundle = bundle(GOOD, &rule).unwrap();
    verdicts(&bundle, &environment(vec![config("c", data)]), &Reach::default()).remove(0)
}

pub(crate) fn days(days: impl Into<Value>) -> Value {
    let map: Map = [("days", days.into())].into_iter().collect();
    map.into()
}

fn too_short(days: impl Into<Value>) -> Finding {
    Finding { path: vec![Step::Key("data".to_owned())], ..Finding::bare("too_short").with("days", days) }
}

pub(crate) const DENY: &str = r#"deny contains {"reason": "too_short", "facts": {"days": days}, "path": ["data"]} if {
	days := input.resource.data.days
	is_number(days)
	days < input.parameters.retention_days
}
"#;

const UNDETERMINED: &str = r#"undetermined contains {"reason": "too_short", "facts": {"days": value}, "path": ["data"]} if {
	value := input.resource.data.days
	not is_number(value)
}
"#;

#[test]
fn both_sets_empty_is_met() {
    assert_eq!(asked(DENY, days(400)), Verdict::Met);
}

#[test]
fn a_breach_is_not_met_and_keeps_what_is_unknown_beside_it() {
    let both = format!("{DENY}\n{}", UNDETERMINED.replace("not is_number(value)", "value == 30"));
    let verdict = Verdict::NotMet { findings: vec![too_short(30)], unknown: vec![too_short(30)] };
    assert_eq!(asked(&both, days(30)), verdict);
}

#[test]
fn an_unknown_alone_is_undetermined_and_stays_an_unknown_in_the_facts() {
    let both = format!("{DENY}\n{UNDETERMINED}");
    let why = Value::unknown("var.days has no value");
    assert_eq!(asked(&both, days(why.clone())), Verdict::Undetermined { unknown: vec![too_short(why)] });
}

/// A breach that rests on something not being there, beside a source that was not read.
fn absent(of: &str, hides: Option<Hidden>) -> Verdict {
    let criterion = GOOD.replace("at_admission: request", &format!("at_admission: request\n    absence: {of}"));
    let bundle = bundle(&criterion, GOOD_RULE).unwrap();
    let problem = Problem { origin: Origin::file("lost.yaml"), cause: "not readable".to_owned(), hides };
    let problems = vec![problem];
    let environment = Environment { problems, ..environment(vec![config("c", days(30))]) };
    verdicts(&bundle, &environment, &Reach::default()).remove(0)
}

#[test]
fn what_was_not_found_may_stand_in_what_was_not_read() {
    let text = |text: &str| -> Option<Text> { Some(text.into()) };
    let hidden = |platform, root, namespace| Some(Hidden { platform, root, namespace, kind: None });
    let may_be = || {
        let found = Finding { reason: Finding::MAY_BE_UNREAD.to_owned(), ..too_short(30) };
        let found = found.with("absent", "too_short").with("unread", "lost.yaml").with("cause", "not readable");
        Verdict::Undetermined { unknown: vec![found] }
    };
    let breach = || Verdict::NotMet { findings: vec![too_short(30)], unknown: Vec::new() };
    for (of, hides, expected) in [
        ("anywhere", hidden(None, None, None), may_be()),
        ("anywhere", hidden(Some(Platform::Kubernetes), text("."), text("lungs")), may_be()),
        ("namespace", hidden(Some(Platform::Kubernetes), None, text("heart")), may_be()),
        ("namespace", hidden(Some(Platform::Kubernetes), None, text("lungs")), breach()),
        ("anywhere", hidden(Some(Platform::Azurerm), None, None), breach()),
        ("anywhere", None, breach()),
    ] {
        assert_eq!(absent(of, hides.clone()), expected, "{of} {hides:?}");
    }
}

#[test]
fn applies_is_asked_only_where_nothing_was_found() {
    let applies = |body: &str| format!("{DENY}\n{body}");
    assert_eq!(asked(&applies("applies if input.scope == \"platform\""), days(400)), Verdict::NotApplicable);
    assert_eq!(asked(&applies("applies if input.scope == \"project\""), days(400)), Verdict::Met);
    assert!(matches!(asked(&applies("applies if false"), days(30)), Verdict::NotMet { .. }));
}

/// The only fact of the only finding, which is that the rule was not evaluated.
fn not_evaluated(verdict: &Verdict) -> String {
    let Verdict::Undetermined { unknown } = verdict else { panic!("{verdict:?}") };
    let [finding] = unknown.as_slice() else { panic!("{verdict:?}") };
    assert_eq!(finding.reason, Finding::NOT_EVALUATED);
    finding.facts["why"].as_text().unwrap().to_owned()
}

#[test]
fn an_error_in_a_rule_is_undetermined_with_its_place() {
    let body = DENY.replace("is_number(days)", "to_number(days) > 0");
    let why = not_evaluated(&asked(&body, days("thirty")));
    assert!(why.contains("policies/trial/tried/kubernetes.rego:5:"), "{why}");
    let negated = DENY.replace("is_number(days)", "not to_number(days)");
    not_evaluated(&asked(&negated, days("thirty")));
}

/// A session that is kept asks all heads at once; an error in one of them ends none of the others, and is not lost.
#[test]
fn an_error_is_undetermined_in_a_session_that_is_kept_too() {
    let breaks = DENY.replace("is_number(days)", "to_number(days) > 0");
    let other = "\n\nundetermined contains {\"reason\": \"too_short\", \"facts\": {\"days\": \"x\"}, \"path\": [\"data\"]} if true";
    let applies = format!("{DENY}\n\napplies if to_number(input.resource.data.days) > 0");
    let bodies = [breaks.clone(), DENY.replace("is_number(days)", "not to_number(days)"), breaks + other, applies];
    for body in bodies {
        let rule = format!("package trial.tried.kubernetes\n\n{body}\n\nreasons := {{\"too_short\"}}\n");
        let bundle = bundle(GOOD, &rule).unwrap();
        let environment = environment(vec![config("c", days("thirty"))]);
        let subjects: Vec<&Resource> = environment.all().collect();
        let (reach, kept) = (Reach::default(), Known::default());
        let reasons = |known: Option<&Known>| {
            let light = Light { environment: &environment, reach: &reach, parameters: &BTreeMap::new(), known };
            let verdict = evaluate(&bundle, &light, &subjects).remove(0).verdict;
            assert!(matches!(verdict, Verdict::Undetermined { .. }), "{body}: {verdict:?}");
            verdict.unknown().iter().map(|finding| finding.reason.clone()).collect::<Vec<_>>()
        };
        let new = reasons(None);
        assert!(new.iter().any(|reason| reason == Finding::NOT_EVALUATED), "{body}: {new:?}");
        assert_eq!((reasons(Some(&kept)), reasons(Some(&kept))), (new.clone(), new), "{body}");
    }
}

#[test]
fn a_malformed_finding_is_undetermined_and_says_what_is_wrong() {
    for (from, to, why) in [
        ("\"reason\": \"too_short\"", "\"reason\": \"too_long\"", "the reason `too_long` is not declared"),
        ("\"reason\": \"too_short\", ", "", "a finding gives no reason"),
        ("{\"days\": days}", "{}", "the fact `days` of the finding `too_short` is missing"),
        (
            "{\"days\": days}",
            "{\"days\": days, \"size\": 1}",
            "the fact `size` of the finding `too_short` has no place",
        ),
        ("{\"days\": days}", "days", "has no object `facts`"),
        ("[\"data\"]", "\"data\"", "`path` of the finding `too_short` is no list"),
        ("[\"data\"]", "[\"data\", -1]", "`path` of the finding `too_short` is no list"),
        (
            "[\"data\"]",
            "[\"data\"], \"at\": [\"Pod\"]",
            "`at` of the finding `too_short` is no [kind, namespace, name]",
        ),
        ("[\"data\"]", "[\"data\"], \"note\": 1", "a finding has the unknown key `note`"),
        ("{\"reason\": \"too_short\", \"facts\": {\"days\": days}, \"path\": [\"data\"]}", "days", "is not an object"),
    ] {
        assert!(DENY.contains(from), "{from}");
        let said = not_evaluated(&asked(&DENY.replace(from, to), days(30)));
        assert!(said.contains(why), "{to}: {said}");
    }
}

#[test]
fn a_rule_that_does_not_end_is_undetermined_within_its_time() {
    let body = DENY.replace(
        "is_number(days)",
        "xs := numbers.range(1, 60000)\n\tcount([1 | some x in xs; some y in xs; x * y == 7]) > 0",
    );
    let started = std::time::Instant::now();
    let why = not_evaluated(&asked(&body, days(30)));
    assert!(why.contains("time"), "{why}");
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn builtins_that_do_not_look_at_the_clock_are_bounded() {
    for call in ["numbers.range(1, 1000000000)", "net.cidr_expand(\"10.0.0.0/8\")", "net.cidr_expand(\"fd00::/8\")"] {
        let why = not_evaluated(&asked(&DENY.replace("is_number(days)", &format!("count({call}) > 0")), days(30)));
        assert!(why.contains("makes at most"), "{call}: {why}");
    }
    let bounded =
        "numbers.range(3, 1) == [3, 2, 1]\n\tnet.cidr_expand(\"10.0.0.8/31\") == [\"10.0.0.8\", \"10.0.0.9\"]";
    assert!(matches!(asked(&DENY.replace("is_number(days)", bounded), days(30)), Verdict::NotMet { .. }));
}

#[test]
fn a_whole_number_stays_whole_and_a_fraction_a_fraction() {
    let body = DENY.replace("[\"data\"]", "[\"data\", 0]");
    let Verdict::NotMet { findings, .. } = asked(&body, days(30)) else { panic!() };
    assert_eq!(findings[0].facts["days"], Value::from(30));
    assert_eq!(findings[0].path, [Step::Key("data".to_owned()), Step::Index(0)]);
    let Verdict::NotMet { findings, .. } = asked(&body, days(Value::Number(Number::Float(0.5)))) else { panic!() };
    assert_eq!(findings[0].facts["days"], Value::Number(Number::Float(0.5)));
}

/// What of the engine our rules rely on, held here so that a new version shows where it differs. Each expression holds
/// in OPA too.
#[test]
fn the_engine_reads_the_constructs_that_rules_use_as_other_engines_do() {
    for holds in [
        "object.get({\"a\": {\"b\": 1}}, [\"a\", \"b\"], 0) == 1",
        "object.get({\"a\": 1}, [\"a\", \"b\"], \"none\") == \"none\"",
        "not input.resource.absent.deeper",
        "not input.resource.absent == 1",
        "[x | some x in {3, 1, 2}] == [1, 2, 3]",
        "{\"$unknown\": \"x\"} > 365",
        "\"30\" > 365",
        "every x in [] { x > 1 }",
        "count([1 | every x in input.resource.absent { x > 1 }]) == 0",
        "net.cidr_contains(\"10.0.0.0/8\", \"10.1.0.0/16\")",
        "not net.cidr_contains(\"10.0.0.0/8\", \"11.0.0.0/16\")",
        "net.cidr_contains(\"fd00::/8\", \"fd12::1\")",
        "units.parse_bytes(\"1Ki\") == 1024",
        "semver.compare(\"1.10.0\", \"1.2.0\") == 1",
        "regex.match(`^[a-z]+$`, \"abc\")",
        "not regex.match(`^[a-z]+$`, \"abc1\")",
        "glob.match(\"*.example\", [\".\"], \"a.example\")",
        "not glob.match(\"*.example\", [\".\"], \"a.b.example\")",
        "array.slice([1, 2, 3], 1, 9) == [2, 3]",
        "{\"a\": 1} == object.union({\"a\": 2}, {\"a\": 1})",
        "object.subset({\"a\": 1, \"b\": 2}, {\"a\": 1})",
        "max([1, 3, 2]) == 3",
        "1 in {1, 2}",
        "\"k\", 2 in {\"k\": 2}",
        "walked := {k | some k, _ in {\"a\": 1, \"b\": 2}}\n\twalked == {\"a\", \"b\"}",
        "{1, 2} & {2, 3} == {2}",
        "{1, 2} - {2} == {1}",
        "{1} | {2} == {1, 2}",
        "is_null(null)",
        "sort({3, 1}) == [1, 3]",
        "concat(\".\", [\"a\", \"b\"]) == \"a.b\"",
        "strings.any_prefix_match(\"registry.example/x\", [\"registry.example/\"])",
        "split(\"a/b\", \"/\")[1] == \"b\"",
        "trim_prefix(\"ab\", \"a\") == \"b\"",
        "format_int(31, 16) == \"1f\"",
        "to_number(\"12\") == 12",
    ] {
        let verdict = asked(&DENY.replace("is_number(days)", holds), days(30));
        assert!(matches!(verdict, Verdict::NotMet { .. }), "{holds}: {verdict:?}");
    }
}

/// Where the engine differs from OPA, held as it is: rules must not lean on either.
#[test]
fn a_loop_over_nothing_is_an_error_in_this_engine() {
    // OPA finds no element and goes on. So rules loop over `field.elements`, or ask for the type first.
    let why = not_evaluated(&asked(&DENY.replace("is_number(days)", "some x in null\n\tx"), days(30)));
    assert!(why.contains("expects array/set/object"), "{why}");
}

#[test]
fn a_rule_sees_only_the_kinds_that_its_criterion_joins() {
    let count = DENY.replace("input.resource.data.days", "count(data.environment.ConfigMap.heart)");
    let rule = format!("package trial.tried.kubernetes\n\n{count}");
    let seen = |criterion: &str| {
        let bundle = bundle(criterion, &rule).unwrap();
        let two = environment(vec![config("a", days(1)), config("b", days(2))]);
        verdicts(&bundle, &two, &Reach::default())
    };
    assert_eq!(seen(GOOD), [Verdict::Met, Verdict::Met], "nothing is joined");
    let joined = GOOD.replace("subjects: [ConfigMap]", "subjects: [ConfigMap]\n    joins: [ConfigMap]");
    let two = Verdict::NotMet { findings: vec![too_short(2)], unknown: Vec::new() };
    assert_eq!(seen(&joined), [two.clone(), two]);
}

#[test]
fn what_is_defined_twice_is_judged_twice_and_seen_as_unknown() {
    let rule = r#"package trial.tried.kubernetes

undetermined contains {"reason": "too_short", "facts": {"days": why}, "path": ["data"]} if {
	why := data.environment.ConfigMap.heart.c["$unknown"]
}
"#;
    let joined = GOOD.replace("subjects: [ConfigMap]", "subjects: [ConfigMap]\n    joins: [ConfigMap]");
    let twice = environment(vec![config("c", days(1)), config("c", days(2))]);
    let unknown = Verdict::Undetermined { unknown: vec![too_short("defined twice")] };
    let found = verdicts(&bundle(&joined, rule).unwrap(), &twice, &Reach::default());
    assert_eq!(found, [unknown.clone(), unknown]);
}

#[test]
fn a_rule_sees_the_ways_of_its_subject_and_a_finding_points_at_their_last_place() {
    let rule = r#"package trial.tried.kubernetes

deny contains {"reason": "too_short", "facts": {"days": way.ports}, "at": way.at, "path": way.path} if {
	some way in object.get(data.reach.internet, input.address, [])
	way.answer == "open"
}
"#;
    let policy = ResourceId {
        platform: Platform::Kubernetes,
        root: ".".into(),
        kind: "networking.k8s.io/NetworkPolicy".into(),
        namespace: "heart".into(),
        name: "web".into(),
    };
    let path: Path = vec![Step::Key("spec".to_owned()), Step::Index(0)];
    let hop = speguard::model::Hop { resource: policy.clone(), path: path.clone() };
    let subject = config("c", days(1));
    let mut reach = Reach::default();
    reach.internet.insert(subject.id.clone(), vec![Way::open("0.0.0.0/0", "tcp/443", vec![hop])]);
    let finding = Finding { at: Some(policy), path, ..Finding::bare("too_short").with("days", "tcp/443") };
    let found = verdicts(&bundle(GOOD, rule).unwrap(), &environment(vec![subject]), &reach);
    assert_eq!(found, [Verdict::NotMet { findings: vec![finding], unknown: Vec::new() }]);
}

#[test]
fn unknowns_are_seen_with_what_they_refer_to() {
    let unknown = Unknown { why: "known after apply".into(), refers: vec!["azurerm_subnet.a".into()], any: true };
    let resource = config("c", days(Value::Unknown(Box::new(unknown))));
    let environment = environment(vec![resource]);
    let subjects: Vec<&Resource> = environment.all().collect();
    let reach = Reach::default();
    let light = Light { environment: &environment, reach: &reach, parameters: &BTreeMap::new(), known: None };
    let bundle = bundle(GOOD, &format!("package trial.tried.kubernetes\n\n{DENY}")).unwrap();
    let asked = questions(&bundle, &light, &subjects).remove(0);
    let input: serde_json::Value = serde_json::from_str(&asked.input).unwrap();
    let expected = serde_json::json!({
        "address": ["ConfigMap", "heart", "c"],
        "scope": "project",
        "parameters": {"retention_days": 365},
        "resource": {"apiVersion": "v1", "kind": "ConfigMap", "data": {"days": {
            "$unknown": "known after apply", "$refers": ["azurerm_subnet.a"], "$any": true,
        }}},
    });
    assert_eq!(input, expected);
}

#[test]
fn one_file_may_serve_two_platforms() {
    let two = GOOD.replace(
        "platforms:\n",
        "platforms:\n  keycloak:\n    subjects: [keycloak/Realm]\n    rule: kubernetes\n    remedy: {en: Keep., nb: Behold.}\n",
    );
    let bundle = bundle(&two, &format!("package trial.tried.kubernetes\n\n{DENY}")).unwrap();
    let mut realm = config("c", days(30));
    realm.id = ResourceId { platform: Platform::Keycloak, kind: "keycloak/Realm".into(), ..realm.id };
    let found = verdicts(&bundle, &environment(vec![config("c", days(400)), realm]), &Reach::default());
    assert_eq!(found, [Verdict::Met, Verdict::NotMet { findings: vec![too_short(30)], unknown: Vec::new() }]);
}

#[test]
fn a_criterion_without_a_rule_judges_nothing() {
    let bundle = load(&[("policies/trial/tried/criterion.yaml", GOOD)]).unwrap();
    assert_eq!(verdicts(&bundle, &environment(vec![config("c", days(30))]), &Reach::default()), []);
}
