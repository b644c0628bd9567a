//! `speguard scan --cluster --would-deny`: what `speguard serve` would refuse of what a cluster holds.
use super::{
    Shell, admission,
    live::Connected,
    print,
    progress::{Progress, Stage},
    read, webhooks,
};
use crate::{
    cli::{Format, Scan},
    collect::cluster::{Change, Part},
    evaluate::Bundle,
    judge::{BREACH, NOT_ESTABLISHED},
    model::Problem,
    report::{
        admission::Ground,
        would_deny::{Counts, Refused, WouldDenyPage, would_deny_json, would_deny_text},
    },
    serve::{
        foretell::{Asked, Foretold, Stock, foretell},
        inventory::{Extent, Inventory},
        ruling::{Law, Shortfall},
    },
};
use anyhow::bail;
use std::collections::BTreeSet;

/// Lists, and gives the exit code: 1 something would be refused, 3 nothing, but something could not be told, 0 otherwise.
///
/// # Errors
/// Misuse; a cluster that cannot be asked at all.
pub(super) fn run(arguments: &Scan, shell: &Shell) -> anyhow::Result<u8> {
    let render = match arguments.format {
        Format::Text => would_deny_text,
        Format::Json => would_deny_json,
        Format::Sarif | Format::Markdown => bail!("--would-deny is printed as text or JSON"),
    };
    let progress = Progress::new(shell.progress, shell.language);
    progress.enter(Stage::Criteria);
    let at = read::time(arguments.sources.at.as_deref())?;
    let (ground, connected) =
        admission::ground(&arguments.judging, &arguments.sources, &arguments.live.connection, at)?;
    progress.enter(Stage::Sources);
    let mut problems = Vec::new();
    let stock = fill(&ground.inventory, &connected, &mut problems);
    progress.enter(Stage::Judging);
    let warn_only = BTreeSet::new();
    let law = Law { bundle: &ground.rules, profile: &ground.admitting, warn_only: &warn_only };
    let foretold = foretell(&law, &ground.inventory, &connected.served, (&asked()?, &stock), at)?;
    drop(progress);
    problems.extend(ground.inventory.snapshot(Extent::Context)?.environment.problems.iter().cloned());
    problems.sort_by(|one, other| (&one.origin, &one.cause).cmp(&(&other.origin, &other.cause)));
    problems.dedup();
    let counts = counts(&foretold);
    let exit = match counts {
        Counts { denied: 1.., .. } => BREACH,
        Counts { unknown: 1.., .. } | Counts { objects: 0, .. } => NOT_ESTABLISHED,
        _ if !problems.is_empty() => NOT_ESTABLISHED,
        _ => 0,
    };
    let refused = foretold.iter().filter(|one| !one.ruling.is_allowed());
    let refused = refused.map(|one| told(one, &ground.bundle));
    let page = WouldDenyPage {
        refused: refused.collect(),
        counts,
        problems: &problems,
        profile: &ground.profile.name,
        at,
        exit,
        language: shell.language,
        colour: shell.colour,
    };
    print(render(&page).as_bytes())?;
    Ok(exit)
}

fn told<'a>(one: &'a Foretold, bundle: &'a Bundle) -> Refused<'a> {
    let because = |shortfall: &'a Shortfall| {
        let criterion = bundle.criteria.iter().find(|it| it.id == shortfall.criterion)?;
        Some(Ground { criterion, resource: &shortfall.resource, findings: shortfall.findings.iter().collect() })
    };
    Refused {
        group: &one.group,
        object: &one.object,
        is_made: one.is_made,
        fault: one.ruling.fault.as_deref(),
        grounds: one.ruling.denied.iter().filter_map(because).collect(),
    }
}

/// Lists every kind into the inventory, and keeps the objects. A kind that cannot be listed is a problem of the inventory's.
fn fill(inventory: &Inventory, connected: &Connected, problems: &mut Vec<Problem>) -> Stock {
    let mut stock = Stock::default();
    for (at, served) in connected.served.iter().enumerate() {
        inventory.take(at, Change::Begin);
        let mut unread = Vec::new();
        let listed = connected.cluster.list(served, &mut |part| {
            match &part {
                Part::Restart => {
                    stock.drop(at);
                    unread.clear();
                }
                Part::Page(page) => unread.extend(stock.page(at, page).err()),
            }
            inventory.take(at, Change::Part(part));
        });
        problems.append(&mut unread);
        match listed {
            Ok(_) => inventory.take(at, Change::Listed),
            Err(problem) => {
                stock.drop(at);
                inventory.take(at, Change::Failing { problem, is_refused: false });
            }
        }
    }
    stock
}

/// What the webhooks ask about when something is created.
fn asked() -> anyhow::Result<Asked> {
    let mut asked = Asked { exempt: BTreeSet::from(["kube-system".into()]), ..Asked::default() };
    for rule in webhooks::rules()?.into_iter().filter(|rule| rule.operations.contains("CREATE")) {
        let resources = match rule.webhook.as_str() {
            "project.speguard.io" => &mut asked.in_projects,
            "outside.speguard.io" => &mut asked.outside,
            _ => &mut asked.of_cluster,
        };
        let group = if rule.group.is_empty() { String::new() } else { format!(".{}", rule.group) };
        resources.insert(format!("{}{group}", rule.resource));
    }
    Ok(asked)
}

/// Every creation once, by the heaviest that comes of it.
fn counts(foretold: &[Foretold]) -> Counts {
    let mut counts = Counts::default();
    for Foretold { is_made, ruling, .. } in foretold {
        *(if *is_made { &mut counts.templates } else { &mut counts.objects }) += 1;
        let count = if !ruling.denied.is_empty() {
            &mut counts.denied
        } else if ruling.fault.is_some() {
            &mut counts.unknown
        } else if !ruling.waived.is_empty() {
            &mut counts.waived
        } else if !ruling.warned.is_empty() {
            &mut counts.warned
        } else {
            &mut counts.clean
        };
        *count += 1;
    }
    counts
}
