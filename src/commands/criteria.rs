//! `speguard criteria`: what there is, one of them whole, and the beginning of a new one.
use super::{Shell, print, read};
use crate::{
    cli::{Criteria, CriteriaCommand, NewCriterion},
    model::{Criterion, CriterionId},
    report::{self, Language},
};
use anyhow::Context;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Lists, shows or begins criteria; the exit code is 0.
///
/// # Errors
/// Criteria that cannot be loaded, an id that does not exist, a folder that cannot be written.
pub fn run(arguments: &Criteria, shell: &Shell) -> anyhow::Result<u8> {
    let bundle = read::bundle(&arguments.judging)?;
    match &arguments.command {
        CriteriaCommand::List => print(list(&bundle.criteria, shell.language).as_bytes())?,
        CriteriaCommand::Show { id } => {
            let criterion = find(&bundle.criteria, id)?;
            print(report::criterion(criterion, shell.language).as_bytes())?;
        }
        CriteriaCommand::New(new) => {
            let written = scaffold(&bundle.criteria, new)?;
            let list: String = written.iter().map(|path| format!("{}\n", path.display())).collect();
            print(list.as_bytes())?;
        }
    }
    Ok(0)
}

/// One line for each criterion: id, level, severity, where rules stand, title.
fn list(criteria: &[Criterion], language: Language) -> String {
    let mut text = String::new();
    for criterion in criteria {
        let rules: Vec<&str> = criterion
            .platforms
            .iter()
            .filter(|(_, block)| block.rule.is_some())
            .map(|(platform, _)| platform.name())
            .collect();
        let rules = if rules.is_empty() { "-".to_owned() } else { rules.join(",") };
        let title = match language {
            Language::English => &criterion.title.en,
            Language::Norwegian => &criterion.title.nb,
        };
        let Criterion { id, level, severity, .. } = criterion;
        text.push_str(&format!("{:<11} {:<11} {:<8} {rules:<27} {title}\n", id.0, level.name(), severity.name()));
    }
    text
}

fn find<'c>(criteria: &'c [Criterion], id: &str) -> anyhow::Result<&'c Criterion> {
    let same = |criterion: &&Criterion| criterion.id.0.eq_ignore_ascii_case(id) || *criterion.name == *id;
    criteria
        .iter()
        .find(same)
        .with_context(|| format!("there is no criterion `{id}`\n\nhint: `speguard criteria list` names them all"))
}

/// Writes a criterion that loads, tests that hold and cases that agree, to be changed into what is meant.
fn scaffold(criteria: &[Criterion], new: &NewCriterion) -> anyhow::Result<Vec<PathBuf>> {
    for name in [&new.domain, &new.name] {
        let good = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        anyhow::ensure!(
            good,
            "`{name}` is no name for a folder of rules: write it in small letters, like `default_deny`"
        );
    }
    let id = next_id(criteria, &new.domain);
    let filled = |text: &str| text.replace("{id}", &id.0).replace("{package}", &format!("{}.{}", new.domain, new.name));
    let rules = new.folder.join("policies").join(&new.domain).join(&new.name);
    let cases = new.folder.join("fixtures/criteria").join(&new.domain).join(&new.name).join("kubernetes");
    let files = [
        (rules.join("criterion.yaml"), filled(include_str!("scaffold/criterion.yaml"))),
        (rules.join("kubernetes.rego"), filled(include_str!("scaffold/kubernetes.rego"))),
        (rules.join("kubernetes_test.rego"), filled(include_str!("scaffold/kubernetes_test.rego"))),
        (cases.join("meets/owner_is_named.yaml"), namespace("  labels:\n    owner: heart\n")),
        (cases.join("breaks/no_owner_is_named.yaml"), namespace("")),
        (cases.join("undetermined/labels_are_a_text.yaml"), namespace("  labels: heart\n")),
    ];
    anyhow::ensure!(!rules.exists(), "`{}` exists already", rules.display());
    for (path, text) in &files {
        write(path, text)?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

fn namespace(labels: &str) -> String {
    format!("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: heart\n{labels}")
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let failed = || format!("cannot write `{}`", path.display());
    fs::create_dir_all(path.parent().unwrap_or(path)).with_context(failed)?;
    fs::write(path, text).with_context(failed)
}

/// The next free number in a domain. A domain that is new takes its first letters as its code.
fn next_id(criteria: &[Criterion], domain: &str) -> CriterionId {
    /// Codes of today's domains have three letters.
    const CODE_LETTERS: usize = 3;
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    let mut own = None;
    for criterion in criteria {
        let Some((prefix, number)) = criterion.id.0.rsplit_once('-') else { continue };
        let most = numbers.entry(prefix).or_default();
        *most = number.parse().unwrap_or(0).max(*most);
        if *criterion.domain == *domain {
            own = Some(prefix);
        }
    }
    let code = || domain.chars().filter(char::is_ascii_alphanumeric).take(CODE_LETTERS).collect::<String>();
    let prefix = own.map_or_else(|| format!("SPE-{}", code().to_ascii_uppercase()), str::to_owned);
    let number = numbers.get(prefix.as_str()).copied().unwrap_or(0) + 1;
    CriterionId(format!("{prefix}-{number:02}").into())
}
