//! Rego in the engine that judges and in a second one: tests, form, and what every case makes the rules say.
use crate::criteria::{BUNDLE, CASES, Tried};
use serde_json::{Value as Json, json};
use speguard::{
    commands::{cases::Expected, policies},
    evaluate::{Evaluation, Known, Light, Memory, Question, evaluate, run_tests},
    model::{Environment, Number, Resource, Value},
    reach,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

fn files() -> Vec<(String, String)> {
    policies::read(Path::new("policies")).unwrap()
}

#[test]
fn every_test_of_a_rule_holds() {
    let (outcomes, _) = run_tests(&files()).unwrap();
    let failures: Vec<String> = outcomes
        .iter()
        .filter_map(|test| Some(format!("{}:{}: {} {}", test.path, test.line, test.name, test.failure.as_ref()?)))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert!(!outcomes.is_empty());
}

#[test]
fn a_second_engine_runs_the_same_tests_to_the_same_end() {
    let Some(opa) = opa("a_second_engine_runs_the_same_tests_to_the_same_end") else { return };
    let output =
        Command::new(opa).args(["test", "--format", "json", "--ignore", "*.yaml", "policies"]).output().unwrap();
    let results: Vec<Json> = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}", String::from_utf8_lossy(&output.stderr)));
    let mut theirs = BTreeSet::new();
    for result in &results {
        let name = format!("{}.{}", result["package"].as_str().unwrap(), result["name"].as_str().unwrap());
        assert!(result.get("fail").is_none() && result.get("error").is_none(), "{name}: {result}");
        theirs.insert(name.strip_prefix("data.").unwrap().to_owned());
    }
    let (outcomes, _) = run_tests(&files()).unwrap();
    let ours: BTreeSet<String> =
        outcomes.into_iter().filter(|test| test.failure.is_none()).map(|test| test.name).collect();
    let differences: Vec<&String> = ours.symmetric_difference(&theirs).collect();
    assert!(differences.is_empty(), "these tests hold in one engine only: {differences:#?}");
}

#[test]
fn rules_are_formatted_and_strict() {
    let Some(opa) = opa("rules_are_formatted_and_strict") else { return };
    for arguments in
        [["check", "--strict", "--ignore", "*.yaml", "policies"].as_slice(), &["fmt", "--fail", "--list", "policies"]]
    {
        let output = Command::new(&opa).args(arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "opa {}: {}", arguments.join(" "), String::from_utf8_lossy(&said));
    }
}

#[test]
fn rules_stay_small_enough_to_be_read_at_once() {
    let mut long = Vec::new();
    for (path, text) in files().iter().filter(|(path, _)| path.ends_with(".rego")) {
        let lines = text.lines().count();
        let most = match (path.ends_with("_test.rego"), path.contains("/lib/")) {
            (true, _) => 400,
            (false, true) => 100,
            (false, false) => 60,
        };
        if lines > most {
            long.push(format!("{path}: {lines} lines, {most} at most"));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// What was kept of an environment is asked with the ways of each subject laid over it, and says the same, also again.
#[test]
fn a_session_that_is_kept_says_what_a_new_one_says() {
    let said = |question: &Question| {
        let members = |said: &Result<Vec<Value>, String>| said.clone().map_err(drop);
        let applies = question.applies.clone().map_err(drop);
        (
            question.package.clone(),
            question.resource.clone(),
            members(&question.deny),
            members(&question.undetermined),
            applies,
        )
    };
    let mut asked = 0;
    for read in CASES.iter().filter_map(|tried| tried.read.as_ref().ok()) {
        let known = Known::default();
        let new: Vec<_> = read.questions(&BUNDLE, None).iter().map(said).collect();
        for _ in 0..2 {
            let kept: Vec<_> = read.questions(&BUNDLE, Some(&known)).iter().map(said).collect();
            assert_eq!(kept, new);
        }
        asked += new.len();
    }
    assert!(asked > 1_000, "{asked}");
}

/// A cluster that changes while its answers are kept: an object is gone, another holds something else, all are back.
#[test]
fn what_was_said_before_is_what_would_be_said_now() {
    let (mut changes, mut judged) = (0, 0);
    for read in CASES.iter().filter_map(|tried| tried.read.as_ref().ok()) {
        let whole = read.environment();
        let ids: Vec<_> = whole.all().map(|one| one.id.clone()).collect();
        let memory = Arc::<Memory>::default();
        let mut says_the_same = |environment: &Environment| {
            let subjects: Vec<&Resource> = environment.all().collect();
            let reach = reach::derive(environment, &subjects);
            let said = |known: Option<&Known>| -> Vec<_> {
                let light = Light { environment, reach: &reach, parameters: &BTreeMap::new(), known };
                let all = evaluate(&BUNDLE, &light, &subjects).into_iter();
                all.map(|one| (one.criterion, one.resource, one.verdict)).collect()
            };
            let now = said(None);
            assert_eq!(said(Some(&Known::with(&memory))), now);
            judged += now.len();
        };
        says_the_same(whole);
        for at in [0, ids.len() / 2] {
            let Some(id) = ids.get(at) else { continue };
            let (mut less, mut other) = (whole.clone(), whole.clone());
            less.resources.remove(id);
            for one in other.resources.get_mut(id).into_iter().flatten() {
                if let Value::Map(body) = &mut one.body {
                    body.remove("spec");
                    body.put("rules", Vec::<&str>::new());
                }
            }
            says_the_same(&less);
            says_the_same(&other);
            changes += 2;
        }
        says_the_same(whole);
    }
    assert!(changes > 500 && judged > 5_000, "{changes} {judged}");
}

/// Both engines are asked everything that the cases ask, with builtin errors strict, and must say the same.
#[test]
fn a_second_engine_says_the_same_about_every_case() {
    let Some(opa) = opa("a_second_engine_says_the_same_about_every_case") else { return };
    let questions = questions();
    assert!(!questions.is_empty());
    let theirs = second_engine(&opa, &questions);
    let mut differences = Vec::new();
    for (package, asked) in by_package(&questions) {
        for (index, question) in asked.iter().enumerate() {
            let ours = json!({
                "deny": members(&question.deny),
                "undetermined": members(&question.undetermined),
                "applies": question.applies,
            });
            let theirs = json!({
                "deny": theirs["deny"][&package][index],
                "undetermined": theirs["undetermined"][&package][index],
                "applies": {"Ok": theirs["applies"][&package][index]},
            });
            if ours != theirs {
                differences.push(format!("{package} of {}:\nours   {ours}\ntheirs {theirs}", question.resource.full()));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn questions() -> Vec<Question> {
    CASES.iter().filter_map(|tried| tried.read.as_ref().ok()).flat_map(|read| read.questions(&BUNDLE, None)).collect()
}

fn by_package(questions: &[Question]) -> BTreeMap<String, Vec<&Question>> {
    let mut by_package: BTreeMap<String, Vec<&Question>> = BTreeMap::new();
    for question in questions {
        by_package.entry(question.package.clone()).or_default().push(question);
    }
    by_package
}

/// `{deny: {package: [members…]}, undetermined: …, applies: …}`, in the order of the questions.
fn second_engine(opa: &Path, questions: &[Question]) -> Json {
    const SEEN: &str =
        "with input as c.input with data.environment as c.data.environment with data.reach as c.data.reach";
    let folder = tempfile::tempdir().unwrap();
    let mut driver = String::from("package driver\n\n");
    let mut cases = serde_json::Map::new();
    for (package, asked) in by_package(questions) {
        let path = format!("policies/{}.rego", package.replace('.', "/"));
        let text = std::fs::read_to_string(path).unwrap();
        for head in ["deny", "undetermined"] {
            let has = text.lines().any(|line| line.starts_with(&format!("{head} contains")));
            let members = if has { format!("data.{package}.{head} {SEEN}") } else { "[]".to_owned() };
            driver.push_str(&format!("{head}[{package:?}] := [s | some c in input[{package:?}]; s := {members}]\n\n"));
        }
        let has = text.lines().any(|line| line.starts_with("applies"));
        let applies = if has { format!("count([1 | data.{package}.applies {SEEN}]) == 1") } else { "true".to_owned() };
        driver.push_str(&format!("applies[{package:?}] := [s | some c in input[{package:?}]; s := {applies}]\n\n"));
        let asked = asked.iter().map(|question| {
            let parse = |text: &str| serde_json::from_str::<Json>(text).unwrap();
            json!({"input": parse(&question.input), "data": parse(&question.data)})
        });
        cases.insert(package, asked.collect());
    }
    let (rules, input) = (folder.path().join("driver.rego"), folder.path().join("input.json"));
    std::fs::write(&rules, driver).unwrap();
    std::fs::write(&input, Json::Object(cases).to_string()).unwrap();
    let output = Command::new(opa)
        .args([
            "eval",
            "--strict-builtin-errors",
            "--format",
            "json",
            "--ignore",
            "*.yaml",
            "--data",
            "policies",
            "--data",
        ])
        .arg(&rules)
        .arg("--input")
        .arg(&input)
        .arg("data.driver")
        .output()
        .unwrap();
    let answer: Json = serde_json::from_slice(&output.stdout).unwrap_or(Json::Null);
    let value = answer.pointer("/result/0/expressions/0/value").cloned();
    value.unwrap_or_else(|| panic!("{answer:#}\n{}", String::from_utf8_lossy(&output.stderr)))
}

/// The members as the second engine prints a set: sorted as it sorts, which is by JSON value; so both are sorted here.
fn members(said: &Result<Vec<Value>, String>) -> Json {
    match said {
        Ok(members) => members.iter().map(to_json).collect(),
        Err(cause) => json!({ "not evaluated": cause }),
    }
}

fn to_json(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(bool) => json!(bool),
        Value::Number(Number::Int(int)) => json!(int),
        Value::Number(Number::Float(float)) => json!(float),
        Value::Text(text) => json!(text),
        Value::List(items) => items.iter().map(|item| to_json(&item.value)).collect(),
        Value::Map(map) => {
            Json::Object(map.iter().map(|entry| (entry.key.to_string(), to_json(&entry.value))).collect())
        }
        Value::Unknown(unknown) => json!({ "$unknown": unknown.why }),
    }
}

/// The second engine: on PATH, or where `tests/tools/build` puts it. Skipping is said, by the name of what is skipped.
fn opa(test: &str) -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>())
        .map(|folder| folder.join("opa"));
    let built = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/speguard/tools/bin/opa"));
    let found = on_path.chain(built).find(|file| file.is_file());
    if found.is_none() {
        #[expect(clippy::print_stderr, reason = "a skipped test is said, not hidden")]
        {
            eprintln!("skipped: {test}: no opa on PATH; tests/tools/build makes it");
        }
    }
    found
}

/// Every head of every rule is needed by a case or by a test of the rule: taken out, one of them no longer holds, or
/// the bundle is refused.
#[test]
fn no_head_of_a_rule_can_be_taken_out_unnoticed() {
    let files = files();
    let mut unnoticed = Vec::new();
    for (path, text) in files.iter().filter(|(path, _)| is_rule(path)) {
        for (line, without) in without_each_head(text) {
            if !noticed(&files, path, &without) {
                unnoticed.push(format!("{path}:{line}"));
            }
        }
    }
    assert!(unnoticed.is_empty(), "no case and no test needs these heads:\n{}", unnoticed.join("\n"));
}

fn is_rule(path: &str) -> bool {
    path.ends_with(".rego") && !path.ends_with("_test.rego") && !path.contains("/lib/")
}

/// The text without one `deny` or `undetermined` head, for each of them, with the line that it stands on.
fn without_each_head(text: &str) -> Vec<(usize, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let heads = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.starts_with("deny contains") || line.starts_with("undetermined contains"));
    let cut = heads.map(|(start, _)| {
        let end = lines[start..].iter().position(|line| line.trim().is_empty()).map_or(lines.len(), |end| start + end);
        (start + 1, [&lines[..start], &lines[end..]].concat().join("\n") + "\n")
    });
    cut.collect()
}

fn noticed(files: &[(String, String)], path: &str, without: &str) -> bool {
    let folder = path.rsplit_once('/').unwrap().0;
    let near = files.iter().filter(|(other, _)| other.starts_with(folder) || other.contains("/lib/"));
    let changed: Vec<(String, String)> = near
        .map(|(other, text)| (other.clone(), if other == path { without.to_owned() } else { text.clone() }))
        .collect();
    let Ok(bundle) = speguard::evaluate::Bundle::trusting(changed.clone()) else { return true };
    let stem = folder.strip_prefix("policies/").unwrap();
    let own = |tried: &&Tried| format!("{}/{}", tried.case.domain, tried.case.criterion) == stem;
    let verdicts = |all: &[Evaluation]| all.iter().map(|one| one.verdict.clone()).collect::<Vec<_>>();
    let disagrees = CASES.iter().filter(own).filter(|tried| tried.case.expected != Expected::Meets).any(|tried| {
        let Ok(read) = &tried.read else { return false };
        verdicts(&tried.case.evaluate(&bundle, read)) != verdicts(&tried.evaluations)
    });
    let (libraries, own): (Vec<_>, Vec<_>) = changed.into_iter().partition(|(path, _)| path.contains("/lib/"));
    let libraries = libraries.into_iter().filter(|(path, _)| !path.ends_with("_test.rego"));
    let tested = || run_tests(&own.into_iter().chain(libraries).collect::<Vec<_>>());
    disagrees || tested().is_ok_and(|(outcomes, _)| outcomes.iter().any(|test| test.failure.is_some()))
}
