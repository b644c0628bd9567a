//! Every case of every criterion through the whole pipe; complete in both directions.
use rayon::prelude::*;
use speguard::{
    commands::cases::{self, AT, Case, Expected, Read},
    evaluate::{Bundle, Evaluation, STANDARD},
    model::{Finding, Verdict},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::LazyLock,
};

pub(crate) static BUNDLE: LazyLock<Bundle> =
    LazyLock::new(|| Bundle::standard().unwrap_or_else(|error| panic!("{error}")));

/// Every case, by path from the package, read and judged once.
pub(crate) static CASES: LazyLock<Vec<Tried>> = LazyLock::new(|| {
    let cases = cases::find(Path::new("fixtures/criteria")).unwrap();
    cases.into_par_iter().map(Tried::of).collect()
});

/// A case with what it came to.
pub(crate) struct Tried {
    pub(crate) case: Case,
    pub(crate) read: Result<Read, String>,
    pub(crate) evaluations: Vec<Evaluation>,
}

impl Tried {
    fn of(case: Case) -> Self {
        let read = case.read(&BUNDLE).map_err(|error| format!("{error:#}"));
        let evaluations = read.as_ref().map(|read| case.evaluate(&BUNDLE, read)).unwrap_or_default();
        Self { case, read, evaluations }
    }
}

#[test]
fn every_case_comes_to_what_its_folder_says() {
    let mut wrong = Vec::new();
    for Tried { case, read, evaluations } in CASES.iter() {
        match read {
            Ok(_) => {
                wrong.extend(case.disagreement(evaluations));
                let failed = evaluations.iter().map(|one| cases::shown(&one.verdict));
                let failed = failed.filter(|shown| shown.contains(Finding::NOT_EVALUATED));
                wrong.extend(failed.map(|shown| format!("{}: {shown}", case.path.display())));
            }
            Err(error) => wrong.push(error.clone()),
        }
    }
    assert!(wrong.is_empty(), "at {AT}:\n{}", wrong.join("\n"));
}

#[test]
fn no_rule_is_without_cases_and_no_case_without_a_rule() {
    let mut missing = Vec::new();
    let mut rules = BTreeSet::new();
    for criterion in &BUNDLE.criteria {
        for (platform, block) in &criterion.platforms {
            let Some(rule) = &block.rule else { continue };
            let place = format!("{}/{}/{platform}", criterion.domain, criterion.name);
            rules.insert(place.clone());
            let path = format!("policies/{}/{}/{rule}.rego", criterion.domain, criterion.name);
            let (_, text) = STANDARD.iter().find(|(file, _)| **file == path).unwrap();
            let heads = |head: &str| text.lines().any(|line| line.starts_with(&format!("{head} contains")));
            let wanted = Expected::ALL.into_iter().filter(|expected| match expected {
                Expected::Meets => true,
                Expected::Breaks => heads("deny"),
                Expected::Undetermined => heads("undetermined"),
            });
            for expected in wanted {
                let has = |tried: &Tried| place_of(&tried.case) == place && tried.case.expected == expected;
                if !CASES.iter().any(has) {
                    missing.push(format!("fixtures/criteria/{place}/{} has no case", expected.folder()));
                }
            }
        }
    }
    missing.extend(
        CASES
            .iter()
            .map(|tried| &tried.case)
            .filter(|case| !rules.contains(&place_of(case)))
            .map(|case| format!("{} belongs to no rule", case.path.display())),
    );
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The files of one criterion and the library, without some of them or with others in their place.
fn planted(folder: &str, change: impl Fn(&str, &str) -> Option<String>) -> Result<Bundle, String> {
    let near = STANDARD.iter().filter(|(path, _)| path.starts_with(folder) || path.contains("/lib/"));
    let files = near.filter_map(|(path, text)| Some(((*path).to_owned(), change(path, text)?)));
    Bundle::trusting(files).map_err(|error| error.to_string())
}

/// No case of a criterion may be met under a bundle that something was taken from.
fn nothing_is_met(folder: &str, bundle: Result<Bundle, String>, taken: &str) {
    // Refused at load: nothing is judged at all.
    let Ok(bundle) = bundle else { return };
    let own = |tried: &&Tried| format!("policies/{}/{}/", tried.case.domain, tried.case.criterion) == folder;
    for Tried { case, read, evaluations: before } in CASES.iter().filter(own) {
        for evaluation in case.evaluate(&bundle, read.as_ref().unwrap()) {
            let same = |one: &&Evaluation| one.resource == evaluation.resource;
            let was = before.iter().find(same).map(|one| one.verdict.name());
            let turned = evaluation.verdict == Verdict::Met && was != Some("met");
            assert!(!turned, "without {taken}, {} turns to met in {}", evaluation.resource.full(), case.path.display());
        }
    }
}

#[test]
fn taking_out_a_rule_or_a_platform_turns_nothing_to_met() {
    for (path, text) in STANDARD.iter().filter(|(path, _)| !path.contains("/lib/")) {
        let folder = format!("{}/", path.rsplit_once('/').unwrap().0);
        if path.ends_with(".rego") {
            nothing_is_met(&folder, planted(&folder, |other, text| (other != *path).then(|| text.to_owned())), path);
            continue;
        }
        let (_, platforms) = text.split_once("\nplatforms:\n").unwrap_or_default();
        let names = platforms.lines().take_while(|line| line.starts_with(' '));
        for name in names.filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
            let without = |other: &str, text: &str| {
                Some(if other == *path { without_block(text, name) } else { text.to_owned() })
            };
            nothing_is_met(&folder, planted(&folder, without), &format!("`{}` of {path}", name.trim()));
        }
    }
}

/// A text without the line and all that is indented below it.
fn without_block(text: &str, head: &str) -> String {
    let mut inside = false;
    let kept = text.lines().filter(|line| {
        inside = *line == head || (inside && line.starts_with("   "));
        !inside
    });
    kept.map(|line| format!("{line}\n")).collect()
}

/// What every case comes to, finding by finding. `INSTA_UPDATE=always cargo test criteria` takes what is new; read the
/// difference before it is committed.
#[test]
fn every_finding_is_as_it_was() {
    let mut by_place: BTreeMap<String, String> = BTreeMap::new();
    for Tried { case, evaluations, .. } in CASES.iter() {
        let text = by_place.entry(place_of(case)).or_default();
        let name = case.path.file_name().unwrap().to_string_lossy();
        text.push_str(&format!("{}/{name}\n", case.expected.folder()));
        for evaluation in evaluations {
            text.push_str(&format!("  {}: {}\n", evaluation.resource.address(), cases::shown(&evaluation.verdict)));
        }
    }
    insta::with_settings!({snapshot_path => "snapshots/criteria", prepend_module_to_snapshot => false, omit_expression => true}, {
        for (place, text) in by_place {
            insta::assert_snapshot!(place.replace('/', "."), text);
        }
    });
}

pub(crate) fn place_of(case: &Case) -> String {
    format!("{}/{}/{}", case.domain, case.criterion, case.platform)
}
