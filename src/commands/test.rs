//! `speguard test`: tests of rules, cases, and which lines of the rules the tests run.
use super::{
    cases::{self, Case},
    policies, print,
};
use crate::{
    cli::Test,
    evaluate::{Bundle, Coverage, STANDARD, TestOutcome, run_tests},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// Runs everything and says what came of it; the exit code is 0 when all holds, else 1.
///
/// # Errors
/// Criteria or cases that cannot be read or loaded.
pub fn run(arguments: &Test) -> anyhow::Result<u8> {
    let folder = arguments.policies.clone().unwrap_or_else(|| arguments.folder.join("policies"));
    let files = policies::read(&folder)?;
    let bundle = bundle(&files)?;
    let under_test: BTreeSet<&str> = files.iter().map(|(path, _)| path.as_str()).collect();
    let library =
        STANDARD.iter().filter(|(path, _)| is_library(path) && !files.iter().any(|(own, _)| own.ends_with(path)));
    let library = library.map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let modules: Vec<(String, String)> = files.iter().cloned().chain(library).collect();
    let (tests, coverage) = run_tests(&modules).map_err(|cause| anyhow::anyhow!("a rule cannot be run: {cause}"))?;
    let cases = found(&arguments.folder.join("fixtures/criteria"))?;
    let disagreements = disagreements(&bundle, &cases);
    let rules: Vec<&Coverage> = coverage.iter().filter(|file| counts(&file.path, &under_test)).collect();
    let mut text = String::new();
    let failed = [
        told_tests(&mut text, &tests),
        told_cases(&mut text, cases.len(), &disagreements),
        told_coverage(&mut text, &rules, arguments.coverage_min),
    ];
    print(text.as_bytes())?;
    Ok(u8::from(failed.contains(&true)))
}

/// A folder that holds the program's own criteria stands for them; any other is laid beside them.
fn bundle(files: &[(String, String)]) -> anyhow::Result<Bundle> {
    let ids = |text: &str| text.lines().find_map(|line| line.strip_prefix("id: ").map(str::to_owned));
    let criteria = |path: &str| path.ends_with("criterion.yaml");
    let own: BTreeSet<String> =
        STANDARD.iter().filter(|(path, _)| criteria(path)).filter_map(|(_, text)| ids(text)).collect();
    let is_own = |(path, text): &(String, String)| criteria(path) && ids(text).is_some_and(|id| own.contains(&id));
    Ok(match files.iter().any(is_own) {
        true => Bundle::load(files.to_vec())?,
        false => Bundle::extended(files.to_vec())?,
    })
}

fn is_library(path: &str) -> bool {
    path.contains("/lib/") && path.ends_with(".rego")
}

/// Rules and libraries of the folder under test; tests need no tests.
fn counts(path: &str, under_test: &BTreeSet<&str>) -> bool {
    under_test.contains(path) && !path.ends_with("_test.rego")
}

fn found(folder: &Path) -> anyhow::Result<Vec<Case>> {
    if folder.is_dir() { cases::find(folder) } else { Ok(Vec::new()) }
}

fn disagreements(bundle: &Bundle, cases: &[Case]) -> Vec<String> {
    let of = |case: &Case| match case.read(bundle) {
        Ok(read) => case.disagreement(&case.evaluate(bundle, &read)),
        Err(error) => Some(format!("{error:#}")),
    };
    cases.iter().filter_map(of).collect()
}

fn told_tests(text: &mut String, tests: &[TestOutcome]) -> bool {
    let failed: Vec<(&TestOutcome, &String)> =
        tests.iter().filter_map(|test| Some((test, test.failure.as_ref()?))).collect();
    text.push_str(&format!("tests of rules: {} hold, {} do not\n", tests.len() - failed.len(), failed.len()));
    for (test, cause) in &failed {
        text.push_str(&format!("  {}:{}: {} {cause}\n", test.path, test.line, test.name));
    }
    !failed.is_empty()
}

fn told_cases(text: &mut String, all: usize, disagreements: &[String]) -> bool {
    text.push_str(&format!("cases: {} agree, {} do not\n", all - disagreements.len(), disagreements.len()));
    for disagreement in disagreements {
        text.push_str(&format!("  {}\n", disagreement.replace('\n', "\n  ")));
    }
    !disagreements.is_empty()
}

fn told_coverage(text: &mut String, files: &[&Coverage], least: u8) -> bool {
    let by_path: BTreeMap<&str, &Coverage> = files.iter().map(|file| (file.path.as_str(), *file)).collect();
    let short: Vec<(&str, usize)> = by_path
        .iter()
        .map(|(path, file)| (*path, percent(file)))
        .filter(|(_, per)| *per < usize::from(least))
        .collect();
    text.push_str(&format!("coverage: {} of {} files below {least} %\n", short.len(), by_path.len()));
    for (path, file) in &by_path {
        let lines: Vec<String> = file.not_run.iter().map(ToString::to_string).collect();
        let missing = if lines.is_empty() { String::new() } else { format!("  not run: {}", lines.join(", ")) };
        text.push_str(&format!("  {:>3} %  {path}{missing}\n", percent(file)));
    }
    !short.is_empty()
}

/// A file without a line that could be run is run whole.
fn percent(file: &Coverage) -> usize {
    let all = file.run.len() + file.not_run.len();
    (file.run.len() * 100).checked_div(all).unwrap_or(100)
}
