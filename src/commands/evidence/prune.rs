//! `speguard evidence prune`: blobs and whole shards are taken away, and an entry says so first.
use super::{anchor::checkpoint, now, open, ulid};
use crate::{
    cli::evidence::Prune,
    commands::{print, remark},
    record::{
        entry::{self, Body, DigestText, Entry, Instant, Shard},
        journal::Journal,
        log::{Draft, Log, LogError},
        merkle::{Edge, leaf_hash},
        place::Place,
        segment::digest,
        shard,
        store::Store,
    },
};
use anyhow::{Context, bail, ensure};
use std::io::{BufRead, IsTerminal};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Erases a blob or prunes shards; gives the exit code.
///
/// # Errors
/// Nothing to be found, no policy that allows it, nobody to ask, and what the store says.
pub(super) fn run(arguments: &Prune) -> anyhow::Result<u8> {
    let store = &*open::store(&arguments.log.log)?;
    let mut log = open::writer(store, &arguments.log, now()?)?;
    log.publish()?;
    let told = match (&arguments.blob, arguments.older_than) {
        (Some(blob), _) => erase(arguments, store, &mut log, DigestText::parse(blob)?)?,
        (None, Some(days)) => older(arguments, store, &mut log, days)?,
        (None, None) => bail!("say what goes: --blob DIGEST or --older-than DAYS"),
    };
    print(told.as_bytes())?;
    Ok(0)
}

/// Whether it is to be done, by who sits there; with `--yes`, it is.
fn agreed(arguments: &Prune, what: &str) -> anyhow::Result<bool> {
    if arguments.yes {
        return Ok(true);
    }
    let stdin = std::io::stdin();
    ensure!(
        stdin.is_terminal(),
        "nobody is there to ask whether {what} may go: pass --yes, or look first with --dry-run"
    );
    remark(&format!("{what} goes for good; its entries and proofs stay. Go on? Write yes: "));
    let mut answer = String::new();
    stdin.lock().read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

/// Appends an entry, and publishes it: what is then taken away has been said to be.
fn say(log: &mut Log<'_>, body: Body) -> anyhow::Result<u64> {
    let (at, id) = (now()?, ulid()?);
    let receipts = log.append(at, &mut |_| Ok(vec![Draft { observed: at, id, body: body.clone() }]))?;
    log.publish()?;
    receipts.first().map(|receipt| receipt.index).context("nothing was appended")
}

/// Takes every entry of a shard, as far as a checkpoint covers it.
fn each(store: &dyn Store, prefix: &str, size: u64, take: &mut dyn FnMut(u64, Entry)) -> anyhow::Result<()> {
    shard::entries(store, prefix, 0, size, size, &mut |index, bytes| {
        take(index, Entry::from_bytes(bytes)?);
        Ok::<(), LogError>(())
    })?;
    Ok(())
}

/// The entry that has erased a blob, or pruned a shard, where there is one.
fn said(store: &dyn Store, log: &Log<'_>, is_it: &dyn Fn(&Body) -> bool) -> anyhow::Result<Option<u64>> {
    let mut found = None;
    each(store, &log.place().prefix(), log.state().size(), &mut |index, entry| {
        if is_it(&entry.body) {
            found = Some(index);
        }
    })?;
    Ok(found)
}

fn erase(arguments: &Prune, store: &dyn Store, log: &mut Log<'_>, blob: DigestText) -> anyhow::Result<String> {
    let hex = blob.hex();
    let end = format!("/blobs/sha256/{}/{hex}.gz", hex.get(..2).unwrap_or_default());
    let paths: Vec<String> = store.list(log.place().spe())?.into_iter().filter(|path| path.ends_with(&end)).collect();
    let erasure = said(store, log, &|body| matches!(body, Body::Erasure(erasure) if erasure.blob == blob))?;
    match (paths.is_empty(), erasure) {
        (true, Some(index)) => return Ok(format!("The blob {blob} was erased already: entry {index}.\n")),
        (true, None) => bail!("no blob {blob} is in this log: look it up with `speguard evidence show`"),
        (false, _) => {}
    }
    let listed: String = paths.iter().map(|path| format!("  {path}\n")).collect();
    if arguments.dry_run {
        return Ok(format!("Would be erased:\n{listed}"));
    }
    if !agreed(arguments, &format!("the blob {blob}"))? {
        return Ok("Nothing was erased.\n".to_owned());
    }
    let index = match erasure {
        Some(index) => index,
        None => {
            let (basis, approver) = (arguments.basis.clone(), arguments.approver.clone());
            say(log, Body::Erasure(entry::Erasure { blob, basis, approver }))?
        }
    };
    for path in &paths {
        store.delete(path)?;
    }
    Ok(format!("Erased, as entry {index} of {} says:\n{listed}", log.place().origin))
}

/// A shard that may go.
struct Old {
    place: Place,
    size: u64,
    root: DigestText,
    /// The entry that says that it was pruned, where a run before this one was cut off.
    said: Option<u64>,
    keep: Vec<(String, DigestText)>,
    go: Vec<String>,
}

fn older(arguments: &Prune, store: &dyn Store, log: &mut Log<'_>, days: u64) -> anyhow::Result<String> {
    let retention = log.state().plan.as_ref().and_then(|plan| plan.retention_days);
    let retention = retention.context(
        "the plan in force does not say how long shards are kept (`retention_days`): without that nothing may be pruned",
    )?;
    ensure!(days >= retention, "the plan in force keeps shards {retention} days: nothing younger may be pruned");
    let is_lead = log.state().shard.as_ref().is_some_and(|shard| shard.lead);
    ensure!(is_lead, "`{}` is not the shard of the lead, which says what is pruned", log.place().origin);
    let at = now()?;
    let mut found = Vec::new();
    for place in open::places(store)? {
        let of_here = place.domain() == log.place().domain() && place.spe() == log.place().spe();
        if of_here && place.year() < log.place().year() && ended(&place, days, at) {
            found.extend(old(store, log, place, at)?);
        }
    }
    if found.is_empty() {
        return Ok(format!("No shard has ended more than {days} days ago.\n"));
    }
    let mut told = String::new();
    for old in found {
        let name = old.place.origin.clone();
        if arguments.dry_run {
            told.push_str(&format!("Would be pruned: {name}, {} entries, {} files\n", old.size, old.go.len()));
            told.extend(old.keep.iter().map(|(name, _)| format!("  kept: {name}\n")));
        } else if agreed(arguments, &format!("the shard `{name}`, {} entries", old.size))? {
            let (size, files) = (old.size, old.go.len());
            let index = prune(arguments, store, log, old)?;
            told.push_str(&format!("Pruned, as entry {index} says: {name}, {size} entries, {files} files\n"));
        } else {
            told.push_str(&format!("Kept: {name}\n"));
        }
    }
    Ok(told)
}

/// Whether the year of a shard ended more days ago than this.
fn ended(place: &Place, days: u64, now: Instant) -> bool {
    let end = time::Date::from_calendar_date(place.year().saturating_add(1), time::Month::January, 1).ok();
    let end = end.map(|date| date.midnight().assume_utc().unix_timestamp().saturating_mul(1000));
    let days = i64::try_from(days).unwrap_or(i64::MAX).saturating_mul(DAY_MS);
    end.is_some_and(|end| end.saturating_add(days) < now.0)
}

/// Looks whether a shard is whole and may go; nothing where it went already.
fn old(store: &dyn Store, log: &Log<'_>, place: Place, now: Instant) -> anyhow::Result<Option<Old>> {
    let prefix = place.prefix();
    let all = store.list(&prefix)?;
    let origin = place.origin.clone();
    let said = said(store, log, &|body| matches!(body, Body::Prune(prune) if prune.origin == origin))?;
    let last = all.iter().filter_map(|path| path.strip_prefix(&format!("{prefix}/checkpoints/"))?.parse::<u64>().ok());
    let size = last.max().with_context(|| format!("`{prefix}` has no checkpoint"))?;
    let root = DigestText(checkpoint(store, &prefix, size)?.1.root);
    if said.is_none() {
        whole(store, &place, size, root, now)?;
    }
    let name = |path: &str| path.strip_prefix(&format!("{prefix}/")).unwrap_or(path).to_owned();
    let vouched = anchored(&all, &prefix);
    let (keep, go): (Vec<String>, Vec<String>) = all.into_iter().partition(|path| kept(&name(path), size, vouched));
    if said.is_some() && go.is_empty() {
        return Ok(None);
    }
    let keep = keep.iter().filter(|path| !path.ends_with("/checkpoint")).map(|path| {
        let bytes = store.get(path)?.with_context(|| format!("`{path}` is gone"))?;
        Ok((name(path), digest(&bytes)))
    });
    Ok(Some(Old { place, size, root, said, keep: keep.collect::<anyhow::Result<_>>()?, go }))
}

/// The largest size that a token or a witness vouches for.
fn anchored(paths: &[String], prefix: &str) -> Option<u64> {
    let folder = format!("{prefix}/anchors/");
    paths.iter().filter_map(|path| path.strip_prefix(&folder)?.split('/').next()?.parse::<u64>().ok()).max()
}

/// What is kept: the last checkpoint, the last that others vouch for, and their anchors.
fn kept(name: &str, last: u64, anchored: Option<u64>) -> bool {
    let sizes = [Some(last), anchored].into_iter().flatten();
    let of = |size: u64| name == format!("checkpoints/{size:020}") || name.starts_with(&format!("anchors/{size}/"));
    name == "checkpoint" || sizes.into_iter().any(of)
}

/// A shard that was changed is evidence of that, and is not taken away.
fn whole(store: &dyn Store, place: &Place, size: u64, root: DigestText, now: Instant) -> anyhow::Result<()> {
    let prefix = place.prefix();
    let mut edge = Edge::default();
    let mut until: Option<Instant> = None;
    shard::entries(store, &prefix, 0, size, size, &mut |_, bytes| {
        edge.push(leaf_hash(bytes));
        if let Body::Shard(Shard { retention_until: Some(at), .. }) = Entry::from_bytes(bytes)?.body {
            until = until.max(Some(at));
        }
        Ok::<(), LogError>(())
    })?;
    ensure!(
        edge.root() == root.0,
        "the entries of `{}` are not those that were signed: it is not pruned; `speguard evidence verify` says what was changed",
        place.origin
    );
    if let Some(until) = until {
        ensure!(until < now, "`{}` says that it is kept until {until}", place.origin);
    }
    let (more, _) = Journal { store, prefix: &prefix }.from(size)?;
    ensure!(
        more.is_empty(),
        "`{}` holds entries that no checkpoint covers yet: publish them first, with any command that writes to it",
        place.origin
    );
    Ok(())
}

/// Says it, then does it. The first entries go first, so that a verifier sees where this was cut off.
fn prune(arguments: &Prune, store: &dyn Store, log: &mut Log<'_>, old: Old) -> anyhow::Result<u64> {
    let Old { place, size, root, said, keep, mut go } = old;
    let index = match said {
        Some(index) => index,
        None => {
            let (basis, approver) = (arguments.basis.clone(), arguments.approver.clone());
            let prune = entry::Prune { origin: place.origin.clone(), size, root, basis, approver, files: keep };
            say(log, Body::Prune(prune))?
        }
    };
    let prefix = place.prefix();
    let bare = checkpoint(store, &prefix, size)?.0;
    store.replace(&format!("{prefix}/checkpoint"), &bare)?;
    go.sort_by_key(|path| !path.starts_with(&format!("{prefix}/tile/entries/")));
    for path in &go {
        store.delete(path)?;
    }
    Ok(index)
}
