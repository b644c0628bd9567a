//! `speguard evidence init`: a shard, its key, and a draft of the trust file.
use super::{
    keys::{self, KeyPlace},
    now, open, random, ulid,
};
use crate::{
    cli::evidence::Init,
    commands::{print, remark},
    record::{
        entry::{Body, Role, Shard, ShardEvent},
        files::TEMPORARY,
        log::{Draft, Log},
        note::{Signer, SignerKey},
        place::Place,
        race::race,
    },
};
use anyhow::{Context, bail};
use std::fs;

/// Makes what was asked for; gives the exit code.
///
/// # Errors
/// A shard or key that exists, a store that cannot be written.
pub(super) fn run(arguments: &Init) -> anyhow::Result<u8> {
    let at = now()?;
    let year = time::OffsetDateTime::from_unix_timestamp(at.seconds())?.year();
    let place = Place::new(&arguments.domain, &arguments.spe, &arguments.emitter, year)?;
    if let Some(trust) = arguments.trust_out.as_ref().filter(|trust| trust.exists()) {
        bail!("`{}` exists, and a trust file is never written over", trust.display());
    }
    let store = &*open::store(&arguments.log)?;
    if open::places(store)?.contains(&place) {
        bail!("a log of `{}` is here already", place.origin);
    }
    if open::is_bucket(&arguments.log) {
        let left = race(store, &ulid()?.to_string())?;
        if left > 0 {
            remark(&format!("{left} objects named `{TEMPORARY}…` could not be removed; they harm nothing\n"));
        }
    }
    let (key, kept) = key(arguments, &place)?;
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
    if let Some(trust) = &arguments.trust_out {
        if let Some(folder) = trust.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(trust, trust_file(&vkey)).with_context(|| format!("cannot write `{}`", trust.display()))?;
    }
    print(told(&place, &vkey, &kept, arguments).as_bytes())?;
    Ok(0)
}

/// A new key in a file, or one that a command has; and where it is, for people.
fn key(arguments: &Init, place: &Place) -> anyhow::Result<(Signer, String)> {
    let path = match arguments.key.as_deref().map(keys::asked).transpose()? {
        Some(KeyPlace::Command(command)) => {
            let (key, kept) = (keys::tried(&command, place)?, keys::kept(place)?);
            keys::remember(&kept, &arguments.log, &command)?;
            return Ok((key, format!("with `{command}`, which {} names", kept.display())));
        }
        Some(KeyPlace::File(path)) => path,
        None => keys::kept(place)?,
    };
    let key = SignerKey::new(&place.origin, &random()?)?;
    keys::keep(&path, &arguments.log, &key)?;
    Ok((key.into(), path.display().to_string()))
}

fn trust_file(vkey: &str) -> String {
    format!(
        "# Whom a verifier of this log believes (C2SP tlog-policy). Give it to auditors by another way than the log.\n\
         # Add the witnesses that you want to see, and ask for them in the quorum:\n\
         #   witness auditor audit.example/w1+0a0b0c0d+BA…\n\
         #   quorum auditor\n\
         log {vkey}\n\
         quorum none\n"
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
