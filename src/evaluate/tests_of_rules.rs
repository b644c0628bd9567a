//! Runs the `test_` rules of Rego files, and says which lines they ran.
use super::engine::{self, Coverage};

/// One test rule and what it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestOutcome {
    /// `network.no_internet_egress.ways_test.test_meets_when_no_way_leads_out`
    pub name: String,
    /// Where it is defined.
    pub path: String,
    pub line: u32,
    /// Why it did not hold; `None` = it did.
    pub failure: Option<String>,
}

/// Runs every test rule of the files, given by path and text, tests and rules together.
///
/// A test may not name a rule of its own file inside an expression that has `with`: this engine finds it undefined
/// there, where others evaluate it. Bind it to a name on the line before.
///
/// # Errors
/// The engine's message, where a file does not parse or compile.
pub fn run_tests(files: &[(String, String)]) -> Result<(Vec<TestOutcome>, Vec<Coverage>), String> {
    let modules: Vec<(&str, &str)> = files
        .iter()
        .filter(|(path, _)| path.ends_with(".rego"))
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    let mut found: Vec<TestOutcome> = modules
        .iter()
        .filter(|(path, _)| path.ends_with("_test.rego"))
        .flat_map(|(path, text)| named(path, text))
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    // One rule may have several heads; it is one test.
    found.dedup_by(|a, b| a.name == b.name);
    let rules: Vec<String> = found.iter().map(|test| format!("data.{}", test.name)).collect();
    let (outcomes, coverage) = engine::test(&modules, &rules)?;
    for (test, outcome) in found.iter_mut().zip(outcomes) {
        test.failure = outcome.err();
    }
    Ok((found, coverage))
}

/// The tests that a file defines: rules whose name begins with `test_`, at the beginning of a line (`opa fmt` puts
/// them there).
fn named(path: &str, text: &str) -> Vec<TestOutcome> {
    let package = text.lines().find_map(|line| line.strip_prefix("package ")).unwrap_or_default().trim();
    let tests = text.lines().zip(1..).filter(|(line, _)| line.starts_with("test_"));
    tests
        .map(|(line, number)| {
            let end = line.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(line.len());
            let name = format!("{package}.{}", line.split_at(end).0);
            TestOutcome { name, path: path.to_owned(), line: number, failure: None }
        })
        .collect()
}
