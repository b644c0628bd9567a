use super::super::finding::lines;
use super::*;
use crate::model::{Map, Number, Step, Value};
use crate::record::canonical;

fn check(finding: Finding, expected: &str) {
    let verdict = Verdict::NotMet { findings: vec![finding], unknown: Vec::new() };
    let written = lines(&verdict, &PEPPER);
    assert_eq!(String::from_utf8(written[0].bytes().to_vec()).unwrap(), expected);
    assert_eq!(FindingLine::read(written[0].bytes()).unwrap(), written[0]);
}

#[test]
fn a_finding_keeps_reason_facts_path_and_place() {
    let mut finding = Finding::bare("way_open").with("to", "0.0.0.0/0").with("days", 30_i64);
    finding.at = Some(id("web"));
    finding.path = vec![Step::Key("spec".into()), Step::Index(0)];
    check(
        finding,
        r#"{"at":"kubernetes|.|apps/Deployment|research|web","facts":{"days":30,"to":"0.0.0.0/0"},"path":["spec",0],"reason":"way_open"}"#,
    );
}

#[test]
fn breaches_and_unknowns_are_told_apart() {
    let verdict = Verdict::NotMet { findings: vec![Finding::bare("a")], unknown: vec![Finding::bare("b")] };
    let written: Vec<_> = lines(&verdict, &PEPPER).iter().map(|line| line.value().to_string()).collect();
    assert_eq!(
        written,
        [r#"{"facts":{},"path":[],"reason":"a"}"#, r#"{"facts":{},"path":[],"reason":"b","unknown":true}"#]
    );
}

#[test]
fn facts_are_values_of_documents_whatever_they_hold() {
    let map: Map = [("password", Value::from("hunter2")), ("size", Value::from(2_i64))].into_iter().collect();
    let finding = Finding::bare("x")
        .with("a", i64::MAX)
        .with("b", Value::Number(Number::Float(0.5)))
        .with("c", Value::Number(Number::Float(f64::NAN)))
        .with("d", Value::Number(Number::Float(9_007_199_254_740_994.0)))
        .with("e", Value::Number(Number::Float(1e21)))
        .with("f", Value::Null)
        .with("g", Value::unknown("var.a has no value"))
        .with("h", map)
        .with("i", "mail kari@example.org, https://u:p@h/x")
        .with("j", "abcDEF0123456789abcDEF0123456789abcDEF0123456789");
    check(
        finding,
        r#"{"facts":{"a":"9223372036854775807","b":0.5,"c":"NaN","d":"9007199254740994","e":1e+21,"f":null,"g":{"$unknown":"var.a has no value"},"h":{"password":"***","size":2},"i":"mail ***, https://***@h/x","j":"***"},"path":[],"reason":"x"}"#,
    );
}

#[test]
fn what_a_person_stated_is_committed_to() {
    let finding = Finding::bare(Finding::STATED_NOT_MET).with("owner", "Kari").with("statement", "not yet");
    let expected = format!(
        r#"{{"facts":{{"owner":"{}","statement":"{}"}},"path":[],"reason":"stated_not_met"}}"#,
        commitment(&PEPPER, b"Kari"),
        commitment(&PEPPER, b"not yet")
    );
    check(finding, &expected);
}

#[test]
fn long_texts_are_cut_before_a_word_and_large_facts_left_out() {
    let long = format!("{} kari.nordmann@example.org", "word ".repeat(408));
    let kept = lines(&Verdict::Undetermined { unknown: vec![Finding::bare("x").with("a", long.as_str())] }, &PEPPER);
    let text = kept[0].value()["facts"]["a"].as_str().unwrap().to_owned();
    assert!(text.ends_with("word…") && !text.contains("kari"), "{text}");
    let many: Vec<&str> = vec!["x"; 10_000];
    check(
        Finding::bare("x").with("a", many),
        r#"{"facts":{"$omitted":"more than a finding may hold"},"path":[],"reason":"x"}"#,
    );
    let deep = (0..200).fold(Value::from(1), |inner, _| vec![inner].into());
    check(
        Finding::bare("x").with("a", deep),
        r#"{"facts":{"$omitted":"more than a finding may hold"},"path":[],"reason":"x"}"#,
    );
}

#[test]
fn the_largest_finding_can_be_read_again() {
    let mut finding = Finding::bare(&"\u{1}".repeat(400)).with("a", vec!["x"; 10_000]);
    finding.path = vec![Step::Key("\u{1} ".repeat(200)); 100];
    let part = "\u{1}".repeat(PART_BYTES_MAX);
    let part = part.as_str();
    finding.at = Some(ResourceId { root: part.into(), kind: part.into(), namespace: part.into(), ..id(part) });
    let written = lines(&Verdict::Undetermined { unknown: vec![finding] }, &PEPPER);
    assert!(written[0].bytes().len() > FINDING_BYTES_MAX);
    assert!(canonical::from_jcs(written[0].bytes(), 4 * FINDING_BYTES_MAX).is_ok());
}

/// No seed of a secret or a person is in what would be stored, whichever field it came by (E13).
#[test]
fn canaries_in_every_field_leave_no_trace() {
    const SEEDS: [&str; 5] = [
        "kari.canary@example.org",
        "https://canary:hunter2@h/",
        "password=hunter2",
        "ghp_canarycanarycanarycanarycanary123456",
        "-----BEGIN KEY-----canary",
    ];
    for seed in SEEDS {
        let mut finding = Finding::bare(seed).with(seed, seed).with("list", vec![seed]);
        finding.at = Some(ResourceId { root: seed.into(), kind: seed.into(), namespace: seed.into(), ..id(seed) });
        finding.path = vec![Step::Key(seed.into())];
        let map: Map = [(seed, Value::unknown(seed))].into_iter().collect();
        finding.facts.insert("map".into(), map.into());
        let mut judgement =
            judged("SPE-NET-02", seed, Verdict::NotMet { findings: vec![finding.clone()], unknown: vec![finding] });
        judgement.resource = ResourceId { root: seed.into(), kind: seed.into(), namespace: seed.into(), ..id(seed) };
        judgement.waiver = Some(WaiverId(seed.into()));
        let resource = judgement.resource.clone();
        let set = set(vec![judgement]);
        let population = Population::of([(&resource, seed.to_owned())], &PEPPER, &KEY);
        let rows = set.iter().flat_map(|(row, findings)| {
            [row.encoded()].into_iter().chain(findings.iter().map(|finding| finding.bytes().to_vec()))
        });
        for bytes in rows.chain(population.rows().lines().iter().map(Line::encoded)) {
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains("canary") && !text.contains("hunter2"), "{seed}: {text}");
        }
    }
}
