//! `speguard evidence gap`: a time in which the plan was not fulfilled, declared by those who know why.
use super::{history, now, open, ulid};
use crate::{
    cli::evidence::{Gap as Arguments, GapCauseArgument},
    commands::print,
    record::{
        entry::{Body, Gap, GapCause, Instant},
        log::Draft,
        period::moment,
        verify::Entries,
    },
};
use anyhow::{Context, bail};
use std::collections::BTreeSet;

/// Enters a gap; gives the exit code.
///
/// # Errors
/// A time that has not passed or ends before it begins, an item that no plan has, a log that cannot be written.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<u8> {
    let (from, to) = (time("--from", &arguments.from)?, time("--to", &arguments.to)?);
    anyhow::ensure!(from < to, "the gap ends at {to}, and begins at {from}: a gap lasts some time");
    let at = now()?;
    if to > at {
        bail!("the gap ends at {to}, and it is {at}: what has not passed cannot be declared");
    }
    let store = &*open::store(&arguments.log.log)?;
    let mut log = open::writer(store, &arguments.log, now()?)?;
    let place = log.place().clone();
    let entries = history::joined(&history::environment(store, &place)?);
    known(&arguments.item, &entries)?;
    let gap = Gap { item: arguments.item.clone(), from, to, cause: cause(arguments.cause), decisions_lost: 0 };
    if let Some(same) = entries.gaps.iter().find(|declared| declared.what == gap) {
        print(format!("The gap is entry {} of {} already: nothing was entered.\n", same.index, same.shard).as_bytes())?;
        return Ok(0);
    }
    let id = ulid()?;
    let receipts = log
        .append(at, &mut |_| Ok(vec![Draft { observed: at, id, body: Body::Gap(gap.clone()) }]))
        .context("the gap was not entered")?;
    log.publish()?;
    let index = receipts.last().map_or(0, |receipt| receipt.index);
    let told = format!(
        "gap   entry {index} of {}\nitem  {}\nfrom  {from}\nto    {to}\nwhy   {}\n",
        place.origin,
        gap.item,
        gap.cause.name()
    );
    print(told.as_bytes())?;
    Ok(0)
}

fn time(option: &str, text: &str) -> anyhow::Result<Instant> {
    let at = moment(text).with_context(|| option.to_owned())?;
    anyhow::ensure!(at >= 0, "{option}: `{text}` is before 1970");
    Ok(Instant(at))
}

/// The item stands in a plan, now or earlier, or is an emitter of one.
fn known(item: &str, entries: &Entries) -> anyhow::Result<()> {
    let items = entries.plans.iter().flat_map(|plan| &plan.what.items);
    let resident = entries.plans.iter().flat_map(|plan| &plan.what.resident);
    let resident = resident.flat_map(|one| one.emitters.iter().chain([&one.name])).map(String::as_str);
    let names = items.flat_map(|item| [item.name.as_str(), item.emitter.as_str()]);
    let names: BTreeSet<&str> = names.chain(resident).collect();
    if names.is_empty() {
        bail!("the log has no plan, and without one nothing is a gap: enter one with `speguard evidence plan`");
    }
    if !names.contains(item) {
        let names: Vec<&str> = names.into_iter().collect();
        bail!("no plan in the log has an item or emitter `{item}`: {}", crate::model::instead(item, &names));
    }
    Ok(())
}

const fn cause(argument: GapCauseArgument) -> GapCause {
    match argument {
        GapCauseArgument::Crash => GapCause::Crash,
        GapCauseArgument::Upgrade => GapCause::Upgrade,
        GapCauseArgument::Network => GapCause::Network,
        GapCauseArgument::Store => GapCause::Store,
        GapCauseArgument::Unknown => GapCause::Unknown,
    }
}
