use super::{
    profile::{ProfileError, check},
    *,
};
use crate::model::{Entry, Item, Mark};

fn criteria() -> Vec<Criterion> {
    let law = Bound {
        minimum: Some(365.into()),
        maximum: None,
        items_max: None,
        one_of: None,
        because: "EHDS Art. 73(1)(e)".into(),
    };
    let tls = Bound { minimum: Some("1.2".into()), because: "RFC 8996".into(), ..law.clone() };
    let two = Bound { minimum: None, items_max: Some(2), because: "few".into(), ..law.clone() };
    let deadlines: Map =
        [("critical", 7), ("high", 30)].map(|(key, days)| (key, Value::from(days))).into_iter().collect();
    let first = with(automated("X-A-01"), "retention_days", 365, false, Some(law));
    let first = with(first, "min_tls", "1.2", false, Some(tls));
    let first = with(first, "deadlines", deadlines, false, None);
    let first = with(first, "classes", vec!["a"], false, None);
    let first = with(first, "accounts", Vec::<&str>::new(), true, Some(two));
    vec![first, automated("X-A-02")]
}

fn text(criteria: &str) -> String {
    format!("apiVersion: speguard.io/v1alpha1\nkind: Profile\nmetadata:\n  name: own\nspec:\n  criteria:\n{criteria}")
}

/// The first criterion with these parameters, each on a line of its own from line 10.
fn parameters(lines: &str) -> String {
    text(&format!("    X-A-01:\n      enforcement: deny\n      parameters:\n{lines}"))
}

fn read(text: &str) -> Result<Profile, Vec<String>> {
    check(text, "own.yaml", &criteria(), &described()).map_err(|error| {
        let ProfileError::Wrong(faults) = error;
        faults.iter().map(ToString::to_string).collect()
    })
}

#[test]
fn a_profile_gives_weights_and_parameters_for_every_criterion() {
    let profile =
        read(&text("    X-A-01: {enforcement: warn, admission: deny, parameters: {retention_days: 400}}\n")).unwrap();
    let id = |id: &str| CriterionId(id.into());
    assert_eq!(profile.name, "own");
    assert_eq!(profile.enforcement, BTreeMap::from([(id("X-A-01"), Enforcement::Warn)]));
    assert_eq!(profile.admission, BTreeMap::from([(id("X-A-01"), Enforcement::Deny)]));
    let set = &profile.parameters[&id("X-A-01")];
    assert_eq!(set.get("retention_days"), Some(&400.into()));
    assert_eq!(set.get("min_tls"), Some(&"1.2".into()));
    assert_eq!(set.get("accounts"), Some(&Value::List(Vec::new())));
    assert_eq!(profile.parameters[&id("X-A-02")], Map::new());
    assert_eq!(profile.parameters.len(), 2);
}

#[test]
fn a_threshold_below_the_law_is_refused_with_the_law_and_the_line() {
    assert_eq!(
        read(&parameters("        retention_days: 30\n        min_tls: '1.1'\n")).unwrap_err(),
        [
            "own.yaml:10: `retention_days` of X-A-01 is refused: `30` is less than `365` (EHDS Art. 73(1)(e))",
            "own.yaml:11: `min_tls` of X-A-01 is refused: `1.1` is less than `1.2` (RFC 8996)",
        ]
    );
}

#[test]
fn versions_are_no_numbers() {
    assert!(read(&parameters("        min_tls: '1.10'\n")).is_ok());
    let said = read(&parameters("        min_tls: 1.3\n")).unwrap_err();
    assert_eq!(said, ["own.yaml:10: `min_tls` of X-A-01 must be text: put it in quotes"]);
}

#[test]
fn a_fact_about_the_environment_is_not_a_profiles_to_set() {
    let said = read(&parameters("        accounts: []\n")).unwrap_err();
    assert_eq!(
        said,
        ["own.yaml:10: `accounts` is a fact about the environment: state it in spe.yaml, not in a profile"]
    );
}

#[test]
fn unknown_names_are_refused_with_the_nearest_one() {
    let said = read(&parameters("        retention_day: 400\n")).unwrap_err();
    assert_eq!(said, ["own.yaml:10: X-A-01 has no parameter `retention_day`: did you mean `retention_days`?"]);
    let said = read(&text("    X-A-1:\n      enforcement: deny\n")).unwrap_err();
    assert_eq!(said, ["own.yaml:7: there is no criterion `X-A-1`: did you mean `X-A-01`?"]);
}

#[test]
fn a_file_that_does_not_fit_its_form_is_refused_at_its_line() {
    for (wrong, line) in [
        (text("    X-A-01: {enforcement: refuse}\n"), 7),
        (text("    X-A-01: {enforcement: deny, level: 1}\n"), 7),
        (text("    X-A-01: {}\n"), 7),
        (text("    X-A-01: {enforcement: deny}\n    X-A-01: {enforcement: warn}\n"), 8),
        ("kind: Profile\n".to_owned(), 1),
        ("[".to_owned(), 1),
    ] {
        let said = read(&wrong).unwrap_err();
        assert!(said.len() == 1 && said[0].starts_with(&format!("own.yaml:{line}: ")), "{wrong}\n{said:?}");
    }
}

#[test]
fn maps_are_laid_over_their_defaults_and_lists_keep_their_kind() {
    let profile = read(&parameters("        deadlines: {high: 14}\n        classes: [b, c]\n")).unwrap();
    let set = &profile.parameters[&CriterionId("X-A-01".into())];
    let deadlines: Map =
        [("critical", 7), ("high", 14)].map(|(key, days)| (key, Value::from(days))).into_iter().collect();
    assert_eq!(set.get("deadlines"), Some(&deadlines.into()));
    assert_eq!(set.get("classes"), Some(&vec!["b", "c"].into()));
    let said = read(&parameters("        deadlines: {hihg: 14}\n        classes: [1]\n")).unwrap_err();
    assert_eq!(
        said,
        [
            "own.yaml:10: `deadlines` of X-A-01 has no `hihg`: did you mean `high`?",
            "own.yaml:11: `classes` of X-A-01 must be a list, each entry text: put it in quotes",
        ]
    );
}

#[test]
fn facts_come_from_the_description_and_keep_their_bound() {
    let mut description = described();
    description.origin = Some(Origin::file("spe.yaml"));
    let mut state = |count: usize| {
        let item = |name: &str| Item { at: Mark::default(), value: name.into() };
        let value = Value::List(["a", "b", "c"].into_iter().take(count).map(item).collect());
        description.spec.insert(Entry { key: "accounts".into(), at: Mark { line: 12, column: 3 }, value });
        check(&text("    X-A-01: {enforcement: deny}\n"), "own.yaml", &criteria(), &description)
    };
    let profile = state(2).unwrap();
    assert_eq!(profile.parameters[&CriterionId("X-A-01".into())].get("accounts"), Some(&vec!["a", "b"].into()));
    let said = state(3).unwrap_err().to_string();
    assert_eq!(said, "spe.yaml:12: `accounts` breaks the bound of X-A-01: at most 2 entries are allowed (few)");
}

#[test]
fn the_digest_is_of_what_a_profile_says_and_not_of_how_it_is_written() {
    let digest = |text: &str| read(text).unwrap().digest;
    let plain = digest(&text("    X-A-01: {enforcement: deny}\n"));
    assert_eq!(digest(&parameters("        retention_days: 365 # the default\n")), plain);
    assert_ne!(digest(&parameters("        retention_days: 366\n")), plain);
    assert_ne!(digest(&text("    X-A-01: {enforcement: warn}\n")), plain);
    assert_ne!(digest(&text("    X-A-01: {enforcement: deny, admission: deny}\n")), plain);
}
