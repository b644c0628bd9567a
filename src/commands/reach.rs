//! `speguard reach`: who can open connections to where, and by which rule.
use super::{Shell, print, read, remark};
use crate::{
    cli::{Reach, ReachFormat},
    evaluate::Bundle,
    model::{Answer, Environment, Platform, Resource, ResourceId, Text, Way, Ways, answer},
    reach::{self, Target, kubernetes, networks::Addresses},
    report::{self, ReachPage},
};
use anyhow::{Context, bail};

/// How many workloads or projects an error names: enough to see how they are written.
const NAMED_MAX: usize = 5;

/// Answers, and gives the exit code: 0 closed, 1 open, 3 unknown (contracts, section 6).
///
/// # Errors
/// Misuse: a range that is none, a workload that is not there.
pub fn run(arguments: &Reach, shell: &Shell) -> anyhow::Result<u8> {
    let target = target(&arguments.to)?;
    let reading = match arguments.live.cluster {
        // Only then the kinds that rules look at are asked for.
        true => read::either(&arguments.sources, &arguments.live, &Bundle::standard()?)?,
        false => read::either(&arguments.sources, &arguments.live, &Bundle::default())?,
    };
    reading.note.iter().for_each(|note| remark(note));
    let environment = &reading.normalised.environment;
    let subjects: Vec<&Resource> = environment.all().collect();
    let mut ways = ways(environment, &subjects, target)?;
    if let Some(from) = &arguments.from {
        let there = named(ways.keys().map(ResourceId::full));
        ways.retain(|id, _| is_named(id, from));
        if ways.is_empty() {
            bail!("no workload is called `{from}`; there are: {there}");
        }
    }
    let answer = overall(&ways, environment, arguments.from.is_some());
    let page = ReachPage {
        environment,
        ways: &ways,
        to: &arguments.to,
        answer,
        explain: arguments.explain,
        language: shell.language,
        colour: shell.colour,
    };
    let text = match arguments.format {
        ReachFormat::Text => report::reach_text(&page),
        ReachFormat::Json => report::reach_json(&page),
    };
    print(text.as_bytes())?;
    Ok(match answer {
        Answer::Closed => 0,
        Answer::Open => 1,
        Answer::Unknown => 3,
    })
}

/// What `--to` names.
enum To {
    Internet,
    Range(Addresses),
    Project(Text),
}

fn target(to: &str) -> anyhow::Result<To> {
    match (to, to.strip_prefix("project:")) {
        ("internet", _) => Ok(To::Internet),
        (_, Some(project)) => Ok(To::Project(project.into())),
        (range, None) => Addresses::parse(range)
            .map(To::Range)
            .context("`--to` is `internet`, `project:NAME` or a range such as 192.0.2.0/24"),
    }
}

/// The ways of every workload. Of what is not Kubernetes, only ways to the internet are derived.
fn ways(environment: &Environment, subjects: &[&Resource], to: To) -> anyhow::Result<Ways> {
    let internet = reach::derive(environment, subjects).internet;
    let mut ways = match to {
        To::Internet => return Ok(internet),
        To::Range(range) => {
            kubernetes::connections(environment, subjects, &Target::range(range, &environment.description))
        }
        To::Project(project) => match kubernetes::connections_to_project(environment, subjects, &project) {
            Ok(ways) => ways,
            Err(names) => bail!("no project is called `{project}`; there are: {}", named(names.iter())),
        },
    };
    for id in internet.into_keys().filter(|id| id.platform != Platform::Kubernetes) {
        let hop = crate::model::Hop { resource: id.clone(), path: Vec::new() };
        ways.insert(id, vec![Way::unknown("only its ways to the internet are derived", vec![hop])]);
    }
    Ok(ways)
}

/// The first of some names.
fn named(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<String> = names.take(NAMED_MAX).map(|name| name.as_ref().to_owned()).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// `[root:]kind/namespace/name`, without root, without kind, or the name alone.
fn is_named(id: &ResourceId, from: &str) -> bool {
    let address = id.address();
    let ends_so = address.strip_suffix(from).is_some_and(|before| before.ends_with('/'));
    id.full() == from || address == from || ends_so
}

/// Open outweighs unknown. Where sources were not read there may be more workloads than these, unless one was asked
/// for; without any workload nothing is established.
fn overall(ways: &Ways, environment: &Environment, one_asked: bool) -> Answer {
    let answers: Vec<Answer> = ways.values().map(|ways| answer(ways)).collect();
    let hidden = environment.problems.iter().any(|problem| problem.hides.is_some());
    if answers.contains(&Answer::Open) {
        Answer::Open
    } else if answers.is_empty() || answers.contains(&Answer::Unknown) || (hidden && !one_asked) {
        Answer::Unknown
    } else {
        Answer::Closed
    }
}
