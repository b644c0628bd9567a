//! `speguard evidence init`: a shard, its key, and a draft of the trust file.
use super::{
    keys::{self, KeyPlace},
    now, open, ulid, year,
};
use crate::{
    cli::evidence::{Init, LogArguments},
    commands::{print, remark},
    record::{
        entry::{Body, Instant, Role, Shard, ShardEvent},
        files::TEMPORARY,
        log::{Draft, Log},
        place::Place,
        race::race,
        store::Store,
    },
};
use anyhow::{Context, bail, ensure};
use std::fs;

/// Makes what was asked for; gives the exit code.
///
/// # Errors
/// A shard or key that exists, a store that cannot be written.
pub(super) fn run(arguments: &Init) -> anyhow::Result<u8> {
    let at = now()?;
    let place = Place::new(&arguments.domain, &arguments.spe, &arguments.emitter, year(at)?)?;
    if let Some(trust) = arguments.trust_out.as_ref().filter(|trust| trust.exists() && !arguments.if_absent) {
        bail!("`{}` exists, and a trust file is never written over", trust.display());
    }
    let store = &*open::store(&arguments.log)?;
    let places = open::places(store)?;
    if arguments.if_absent && places.contains(&place) {
        return as_it_is(arguments, store, &place);
    }
    let old = places.iter().rev().find(|old| old.is_before(&place));
    if old.is_none() && places.contains(&place) {
        bail!("a log of `{}` is here already", place.origin);
    }
    if let (None, Some(key)) = (old, &arguments.previous_key) {
        bail!("`--previous-key {key}`: no shard of an earlier year is in the log");
    }
    if open::is_bucket(&arguments.log) {
        let left = race(store, &ulid()?.to_string())?;
        if left > 0 {
            remark(&format!("{left} objects named `{TEMPORARY}…` could not be removed; they harm nothing\n"));
        }
    }
    if let Some(old) = old {
        return follow(arguments, store, (old, &place), at);
    }
    let asked = arguments.key.as_deref().map(keys::asked).transpose()?;
    let asked = asked.map_or_else(|| keys::kept(&place).map(KeyPlace::File), Ok)?;
    if let (KeyPlace::File(path), true) = (&asked, arguments.if_absent)
        && path.exists()
    {
        // What starts again and again would begin a lost log anew as if there had been none.
        bail!(
            "the key `{}` is kept, and the log of `{}` is not at `{}`: it is lost or not mounted; remove the key only where \
             there never was one",
            path.display(),
            place.origin,
            arguments.log.display()
        );
    }
    let (key, kept) = keys::begin(&asked, &arguments.log, &place, None)?;
    let vkey = key.verifier_key().to_string();
    let mut log = Log::create(store, place.clone(), key)?;
    let shard = Shard {
        event: ShardEvent::Open,
        emitter: arguments.emitter.clone(),
        role: if arguments.scheduled { Role::Scheduled } else { Role::Resident },
        lead: arguments.lead,
        vkey: vkey.clone(),
        previous: None,
        retention_until: None,
    };
    let id = ulid()?;
    log.append(at, &mut |_| Ok(vec![Draft { observed: at, id, body: Body::Shard(shard.clone()) }]))?;
    log.publish()?;
    write_trust(arguments, &[&vkey])?;
    print(told(&place, &vkey, &kept, arguments).as_bytes())?;
    Ok(0)
}

/// A shard that is there already, where that is no error: its key must be at hand, or nobody could write it.
fn as_it_is(arguments: &Init, store: &dyn Store, place: &Place) -> anyhow::Result<u8> {
    let emitter = Some(arguments.emitter.clone());
    let meant = LogArguments { log: arguments.log.clone(), emitter, key: arguments.key.clone() };
    let (found, key) = open::shard(store, &meant)?;
    ensure!(found == *place, "the key at hand is that of `{}`, and not of `{}`", found.origin, place.origin);
    let kept = match arguments.key.as_deref() {
        Some(asked) => asked.strip_prefix("file:").unwrap_or(asked).to_owned(),
        None => keys::in_use(store, &arguments.log, place)?.display().to_string(),
    };
    print(told(place, &key.verifier_key().to_string(), &kept, arguments).as_bytes())?;
    Ok(0)
}

/// The shard of an earlier year is closed, and the new one follows it.
fn follow(arguments: &Init, store: &dyn Store, (old, place): (&Place, &Place), at: Instant) -> anyhow::Result<u8> {
    let asked = |key: &Option<String>| key.as_deref().map(keys::asked).transpose();
    let present = match asked(&arguments.previous_key)? {
        Some(asked) => asked,
        None => KeyPlace::File(keys::in_use(store, &arguments.log, old)?),
    };
    let key = keys::named(&present, &arguments.log, old)?;
    let before = key.verifier_key().to_string();
    let old = Log::open(store, old.clone(), key)?;
    let shard = old.state().shard.as_ref().with_context(|| format!("`{}` has no entry", old.place().origin))?;
    let other = (arguments.lead && !shard.lead) || (arguments.scheduled && shard.role != Role::Scheduled);
    ensure!(!other, "`{}` has another role: an emitter keeps its role over the years", old.place().origin);
    let next = asked(&arguments.key)?.map_or_else(|| keys::following(&present, place), Ok)?;
    let has_key = match &next {
        KeyPlace::File(path) => path.exists(),
        KeyPlace::Command(_) => true,
    };
    if has_key && !store.list(&format!("{}/journal", place.prefix()))?.is_empty() {
        bail!("a log of `{}` is here already", place.origin);
    }
    let (turned, _) = open::turn(store, old, place, &next, (&arguments.log, at))?;
    write_trust(arguments, &[&before, &turned.vkey])?;
    print(told(place, &turned.vkey, &turned.kept, arguments).as_bytes())?;
    print(format!("\n{}", turned.text).as_bytes())?;
    Ok(0)
}

fn write_trust(arguments: &Init, vkeys: &[&str]) -> anyhow::Result<()> {
    let Some(trust) = &arguments.trust_out else { return Ok(()) };
    if let Some(folder) = trust.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(trust, trust_file(vkeys)).with_context(|| format!("cannot write `{}`", trust.display()))
}

fn trust_file(vkeys: &[&str]) -> String {
    let logs: String = vkeys.iter().map(|vkey| format!("log {vkey}\n")).collect();
    format!(
        "# Whom a verifier of this log believes (C2SP tlog-policy). Give it to auditors by another way than the log.\n\
         # Add the witnesses that you want to see, and ask for them in the quorum:\n\
         #   witness auditor audit.example/w1+0a0b0c0d+BA…\n\
         #   quorum auditor\n\
         {logs}quorum none\n"
    )
}

fn told(place: &Place, vkey: &str, key: &str, arguments: &Init) -> String {
    let trust = arguments.trust_out.as_ref().map_or_else(
        || "\nNo trust file was written: --trust-out FILE drafts one.\n".to_owned(),
        |path| format!("trust    {}\n", path.display()),
    );
    format!(
        "log      {}\nshard    {}\nvkey     {vkey}\nkey      {key}\n{trust}\n\
         Keep the key secret, and give the vkey to auditors and witnesses by another way than the log.\n",
        arguments.log.display(),
        place.origin,
    )
}
