//! What documentation lists is generated, and fresh. `UPDATE=1 cargo test docs` rewrites it.
use crate::criteria::BUNDLE;
use speguard::model::Criterion;
use std::fs;

#[test]
fn the_table_of_criteria_is_fresh() {
    fresh("policies/README.md", "criteria", &table(&BUNDLE.criteria));
}

#[test]
fn profiles_name_every_criterion_with_the_weight_of_its_level() {
    for profile in ["minimum", "recommended"] {
        let path = format!("policies/profiles/{profile}.yaml");
        let text = fs::read_to_string(&path).unwrap();
        let named: Vec<(&str, bool)> = text
            .lines()
            .filter_map(|line| line.trim().split_once(": {enforcement: "))
            .map(|(id, weight)| (id, weight.starts_with("deny")))
            .collect();
        let expected: Vec<(&str, bool)> = BUNDLE
            .criteria
            .iter()
            .map(|criterion| (&*criterion.id.0, profile == "recommended" || criterion.level.name() == "minimum"))
            .collect();
        assert_eq!(named, expected, "{path}");
        for criterion in &BUNDLE.criteria {
            let lines = format!("    # {}\n    {}: ", criterion.title.en, criterion.id);
            assert!(text.contains(&lines), "{path}: the title above {} is not its own", criterion.id);
        }
    }
}

fn table(criteria: &[Criterion]) -> String {
    let mut text =
        String::from("| id | title | level | severity | verification | platforms |\n|---|---|---|---|---|---|\n");
    for criterion in criteria {
        let platforms = criterion.platforms.iter().map(|(platform, block)| match block.rule {
            Some(_) => format!("**{platform}**"),
            None => platform.to_string(),
        });
        let platforms = platforms.collect::<Vec<_>>().join(", ");
        let Criterion { id, domain, name, title, level, severity, verification, .. } = criterion;
        text.push_str(&format!(
            "| [{id}]({domain}/{name}/criterion.yaml) | {} | {} | {} | {} | {platforms} |\n",
            title.en.replace('|', "\\|"),
            level.name(),
            severity.name(),
            verification.name(),
        ));
    }
    text
}

/// Holds the text between two marks of a file against what it should be.
pub(crate) fn fresh(path: &str, mark: &str, expected: &str) {
    let text = fs::read_to_string(path).unwrap();
    let (begin, end) = (format!("<!-- {mark}: begin -->\n"), format!("<!-- {mark}: end -->"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{path} has no `{begin}`"));
    let (between, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{path} has no `{end}`"));
    if between == expected {
        return;
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, [before, &begin, expected, &end, after].concat()).unwrap();
    } else {
        panic!("{path} is not fresh: run `UPDATE=1 cargo test docs`");
    }
}
