use super::*;
use crate::model::{
    Assessment, AttestationId, CriterionId, Digest, Effect, Enforcement, Finding, Judgement, Platform, Timestamp,
    Verdict, VerdictName, WaiverId,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

mod finding;
mod proof;

pub(in crate::record) const KEY: BlobKey = [7; 32];
const PEPPER: [u8; 32] = [9; 32];

pub(in crate::record) fn id(name: &str) -> ResourceId {
    ResourceId {
        platform: Platform::Kubernetes,
        root: ".".into(),
        kind: "apps/Deployment".into(),
        namespace: "research".into(),
        name: name.into(),
    }
}

pub(in crate::record) fn judged(criterion: &str, name: &str, verdict: Verdict) -> Judgement {
    Judgement {
        criterion: CriterionId(criterion.into()),
        platform: Platform::Kubernetes,
        resource: id(name),
        verdict,
        enforcement: Enforcement::Deny,
        waiver: None,
        attestation: None,
    }
}

pub(in crate::record) fn breach() -> Verdict {
    Verdict::NotMet { findings: vec![Finding::bare("way_open").with("ports", "tcp/443")], unknown: Vec::new() }
}

fn gap(reason: &str) -> Verdict {
    Verdict::Undetermined { unknown: vec![Finding::bare(reason)] }
}

fn assessed(judgements: Vec<Judgement>) -> Assessment {
    Assessment {
        at: Timestamp(0),
        bundle: Digest::default(),
        environment: Digest::default(),
        profile: Digest::default(),
        judgements,
        problems: Vec::new(),
        not_looked_at: Vec::new(),
        kinds_not_judged: Vec::new(),
        exempt_namespaces: Vec::new(),
        waivers: Vec::new(),
    }
}

fn sources() -> Sources<'static> {
    let rule = (CriterionId("SPE-NET-02".into()), Platform::Kubernetes);
    Sources {
        pepper: &PEPPER,
        rules: BTreeMap::from([(rule, Digest([1; 32]))]),
        inputs: BTreeMap::from([(id("a"), vec![Digest([2; 32]), Digest([3; 32])])]),
        statements: BTreeMap::from([(AttestationId("s".into()), Digest([4; 32]))]),
        waivers: BTreeMap::from([(WaiverId("w".into()), "01K9ZT".into())]),
    }
}

pub(in crate::record) fn set(judgements: Vec<Judgement>) -> ResultSet {
    ResultSet::of(&assessed(judgements), &[], &sources(), &KEY)
}

fn only(judgement: Judgement) -> Row {
    set(vec![judgement]).rows().lines()[0].clone()
}

#[test]
fn a_row_is_an_array_of_thirteen_texts() {
    let row = only(judged("SPE-NET-02", "a", breach()));
    let finding = br#"{"facts":{"ports":"tcp/443"},"path":[],"reason":"way_open"}"#;
    let expected = format!(
        r#"["SPE-NET-02","kubernetes","apps/Deployment","kubernetes|.|apps/Deployment|research|a","not_met","","counted","","","{}","{}","{}","{}"]"#,
        Digest([1; 32]),
        commitment(&KEY, Digest([2; 32]).to_string().as_bytes()),
        commitment(&KEY, &[&finding[..], b"\n"].concat()),
        hexadecimal(&salt(
            &KEY,
            br#"["SPE-NET-02","kubernetes","apps/Deployment","kubernetes|.|apps/Deployment|research|a"]"#
        )),
    );
    assert_eq!(String::from_utf8(row.encoded()).unwrap(), expected);
    assert_eq!(Row::decode(&row.encoded()).unwrap(), row);
    assert!(row.encoded().starts_with(&prefix(&row.encoded_key())));
}

#[test]
fn what_a_judgement_comes_to_is_beside_its_verdict_and_never_in_it() {
    let shown = |change: fn(&mut Judgement), verdict| {
        let mut judgement = judged("SPE-NET-02", "a", verdict);
        change(&mut judgement);
        let row = only(judgement);
        (row.outcome, row.is_error, row.effect, row.waiver)
    };
    let none = String::new;
    assert_eq!(shown(|_| {}, Verdict::Met), (VerdictName::Met, false, None, none()));
    assert_eq!(
        shown(|one| one.enforcement = Enforcement::Observe, Verdict::Met),
        (VerdictName::Met, false, None, none())
    );
    assert_eq!(shown(|_| {}, Verdict::NotApplicable), (VerdictName::NotApplicable, false, None, none()));
    assert_eq!(shown(|_| {}, breach()), (VerdictName::NotMet, false, Some(Effect::Counted), none()));
    let gap_in = |reason| (VerdictName::Undetermined, reason, Some(Effect::Counted), none());
    assert_eq!(shown(|_| {}, gap("unknown")), gap_in(false));
    assert_eq!(shown(|_| {}, gap(Finding::NOT_EVALUATED)), gap_in(true));
    let warned = (VerdictName::NotMet, false, Some(Effect::Warned), none());
    assert_eq!(shown(|one| one.enforcement = Enforcement::Warn, breach()), warned);
    let observed = (VerdictName::NotMet, false, Some(Effect::Observed), none());
    assert_eq!(shown(|one| one.enforcement = Enforcement::Observe, breach()), observed);
    let waived = |name: &str| (VerdictName::NotMet, false, Some(Effect::Waived), name.to_owned());
    assert_eq!(shown(|one| one.waiver = Some(WaiverId("w".into())), breach()), waived("01K9ZT"));
    assert_eq!(shown(|one| one.waiver = Some(WaiverId("other".into())), breach()), waived("other"));
}

#[test]
fn a_statement_is_its_own_input() {
    let mut judgement = judged("SPE-ORG-01", "a", Verdict::Met);
    judgement.attestation = Some(AttestationId("s".into()));
    assert_eq!(only(judgement).input_c, commitment(&KEY, Digest([4; 32]).to_string().as_bytes()));
}

#[test]
fn equal_resources_have_ordinals_and_inputs_of_their_own() {
    let rows = set(vec![judged("SPE-NET-02", "a", Verdict::Met), judged("SPE-NET-02", "a", breach())]);
    let shown: Vec<_> = rows.rows().lines().iter().map(|row| (row.key.resource.as_str(), row.outcome)).collect();
    assert_eq!(
        shown,
        [
            ("kubernetes|.|apps/Deployment|research|a", VerdictName::Met),
            ("kubernetes|.|apps/Deployment|research|a|2", VerdictName::NotMet)
        ]
    );
    assert_ne!(rows.rows().lines()[0].input_c, rows.rows().lines()[1].input_c);
}

#[test]
fn persons_in_names_are_told_apart_and_not_named() {
    let row = only(judged("SPE-NET-02", "m[\"kari@example.org\"]", Verdict::Met));
    let expected = format!("kubernetes|.|apps/Deployment|research|m[\"{}\"]", commitment(&PEPPER, b"kari@example.org"));
    assert_eq!(row.key.resource, expected);
    let long = "x".repeat(PART_BYTES_MAX + 1);
    let expected = format!("kubernetes|.|apps/Deployment|research|{}", commitment(&PEPPER, long.as_bytes()));
    assert_eq!(only(judged("SPE-NET-02", &long, Verdict::Met)).key.resource, expected);
}

#[test]
fn only_rows_are_read() {
    let row = only(judged("SPE-NET-02", "a", breach()));
    let line = String::from_utf8(row.encoded()).unwrap();
    let refused = |from: &str, to: &str| {
        assert!(line.contains(from), "{from}");
        Row::decode(line.replacen(from, to, 1).as_bytes()).unwrap_err().to_string()
    };
    for (from, to) in
        [("[", "[ "), ("]", "]\n"), ("\"not_met\",", ""), ("]", ",\"\"]"), ("SPE", "\\u0053PE"), ("\"\"", "null")]
    {
        assert_eq!(refused(from, to), "a row is an array of 13 texts in canonical form", "{to}");
    }
    assert_eq!(refused("not_met", "bad"), "`bad` is no verdict of a row");
    assert_eq!(refused("counted", "ignored"), "`ignored` is no effect of a row");
    assert!(refused("sha256:01", "sha256:0G").contains("rule digest"));
    assert!(refused("hmac:", "HMAC:").contains("commitment to the input"));
    assert!(refused("\"not_met\",\"\"", "\"not_met\",\"panic\"").contains("cause"));
    assert!(refused("\"not_met\",\"\"", "\"not_met\",\"error\"").contains("an error leaves"));
    assert!(refused("\"counted\"", "\"\"").contains("has an effect"));
    assert!(refused("\"counted\"", "\"waived\"").contains("a waiver stands"));
    assert!(refused("\"not_met\",\"\",\"counted\"", "\"met\",\"\",\"\"").contains("findings stand"));
    let mut moved = row.clone();
    moved.key.resource.push('x');
    assert!(matches!(moved.check_salt(&KEY), Err(RowError::Salt)));
    assert!(row.check_salt(&KEY).is_ok() && row.check_salt(&[8; 32]).is_err());
}

#[test]
fn rows_are_counted_by_criterion() {
    let mut waived = judged("SPE-NET-02", "b", breach());
    waived.waiver = Some(WaiverId("w".into()));
    let mut observed = judged("SPE-HRD-01", "a", gap("unknown"));
    observed.enforcement = Enforcement::Observe;
    let rows = set(vec![
        judged("SPE-NET-02", "a", Verdict::Met),
        waived,
        observed,
        judged("SPE-HRD-01", "b", Verdict::NotApplicable),
    ]);
    assert_eq!(
        rows.manifest_counts().to_string(),
        r#"[["SPE-HRD-01",{"met":0,"not_applicable":1,"not_met":0,"undetermined":1},{"observed":1,"waived":0,"warned":0}],["SPE-NET-02",{"met":1,"not_applicable":0,"not_met":1,"undetermined":0},{"observed":0,"waived":1,"warned":0}]]"#
    );
}

#[test]
fn a_run_that_finds_the_same_keeps_key_and_root() {
    let follow = |before: Option<&ResultSet>, judgements| {
        ResultSet::following(before, &assessed(judgements), &[], &sources(), &[8; 32])
    };
    let same = || vec![judged("SPE-NET-02", "a", breach()), judged("SPE-NET-02", "b", Verdict::Met)];
    let before = set(same());
    let (again, is_same) = follow(Some(&before), same());
    assert!(is_same && again.root() == before.root() && *again.key() == KEY);
    // Another finding with the same verdict is another set.
    let other = || {
        vec![
            judged("SPE-NET-02", "a", Verdict::NotMet { findings: vec![Finding::bare("x")], unknown: Vec::new() }),
            judged("SPE-NET-02", "b", Verdict::Met),
        ]
    };
    let (changed, is_same) = follow(Some(&before), other());
    assert!(!is_same && *changed.key() == [8; 32]);
    let (fresh, is_same) = follow(None, same());
    assert!(!is_same && fresh.root() != before.root(), "the root depends on the key");
}

#[test]
fn what_was_read_is_held_against_the_key() {
    let rows = |set: &ResultSet| set.iter().map(|(row, findings)| (row.clone(), findings.to_vec())).collect::<Vec<_>>();
    let whole = set(vec![judged("SPE-NET-02", "a", breach()), judged("SPE-NET-02", "b", breach())]);
    assert_eq!(ResultSet::check(KEY, rows(&whole)).unwrap().root(), whole.root());
    let refused = |key, rows| ResultSet::check(key, rows).unwrap_err();
    assert!(matches!(refused([8; 32], rows(&whole)), SetError::Row { row: 1, source: RowError::Salt }));
    let mut turned = rows(&whole);
    turned.reverse();
    assert!(matches!(refused(KEY, turned), SetError::NotSorted(NotSorted { line: 2 })));
    let mut twice = rows(&whole);
    twice.insert(1, twice[0].clone());
    // The same key with another verdict is as wrong.
    twice[1].0.effect = Some(Effect::Warned);
    assert!(matches!(refused(KEY, twice), SetError::NotSorted(NotSorted { line: 2 })));
    let mut emptied = rows(&whole);
    emptied[1].1.clear();
    assert!(matches!(refused(KEY, emptied), SetError::Findings { row: 2 }));
}

#[test]
fn a_population_has_every_resource_once() {
    let (a, b) = (id("a"), id("b"));
    let of = || [(&b, "7".to_owned()), (&a, "5".to_owned()), (&a, "6".to_owned())];
    let population = Population::of(of(), &PEPPER, &KEY);
    let shown: Vec<_> =
        population.rows().lines().iter().map(|row| (row.resource.as_str(), row.version.as_str())).collect();
    assert_eq!(
        shown,
        [
            ("kubernetes|.|apps/Deployment|research|a", "5"),
            ("kubernetes|.|apps/Deployment|research|a|2", "6"),
            ("kubernetes|.|apps/Deployment|research|b", "7")
        ]
    );
    let lines: Vec<PopulationRow> =
        population.rows().lines().iter().map(|row| PopulationRow::decode(&row.encoded()).unwrap()).collect();
    assert_eq!(Population::check(KEY, lines.clone()).unwrap().root(), population.root());
    assert!(Population::check([8; 32], lines).is_err());
    let shown = prove(population.rows(), &["apps/Deployment", "kubernetes|.|apps/Deployment|research|b"]);
    assert!(shown.verify(&population.root(), 3).unwrap());
}

proptest! {
    #[test]
    fn two_resources_never_have_one_key(
        one in proptest::array::uniform4("[a|%2/. ]{0,4}"),
        other in proptest::array::uniform4("[a|%2/. ]{0,4}"),
        ordinals in (1_usize..4, 1_usize..4),
    ) {
        let key = |[root, kind, namespace, name]: &[String; 4], ordinal| {
            let of = |text: &String| text.as_str().into();
            let id = ResourceId { platform: Platform::Aws, root: of(root), kind: of(kind), namespace: of(namespace), name: of(name) };
            resource_key(&id, ordinal, &PEPPER)
        };
        prop_assert_eq!(one == other && ordinals.0 == ordinals.1, key(&one, ordinals.0) == key(&other, ordinals.1));
    }
}
