//! `speguard evidence init`: a shard, its key, and a draft of the trust file.
use super::{keys, now, open, random, ulid};
use crate::{
    cli::evidence::Init,
    commands::print,
    record::{
        entry::{Body, Role, Shard, ShardEvent},
        log::{Draft, Log},
        note::SignerKey,
        place::Place,
        store::Store,
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
    let store = open::store(&arguments.log)?;
    let is_there = open::places(&store)?.contains(&place);
    if is_there && !arguments.if_absent {
        bail!("a log of `{}` is here already", place.origin);
    }
    if let Some(trust) = arguments.trust_out.as_ref().filter(|trust| trust.exists() && !is_there) {
        bail!("`{}` exists, and a trust file is never written over", trust.display());
    }
    let (path, key) = key(arguments, &store, &place, is_there)?;
    let vkey = key.verifier_key().to_string();
    if is_there && open::newest(&store, &place)?.1.size > 0 {
        print(told(&place, &vkey, &path.display().to_string(), arguments).as_bytes())?;
        return Ok(0);
    }
    // One that broke off before its first entry is gone on with.
    let mut log =
        if is_there { Log::open(&store, place.clone(), key)? } else { Log::create(&store, place.clone(), key)? };
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
    if log.state().size() == 0 {
        log.append(at, &mut |_| Ok(vec![Draft { observed: at, id, body: Body::Shard(shard.clone()) }]))?;
    }
    log.publish()?;
    if let Some(trust) = arguments.trust_out.as_ref().filter(|trust| !trust.exists()) {
        if let Some(folder) = trust.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(trust, trust_file(&vkey)).with_context(|| format!("cannot write `{}`", trust.display()))?;
    }
    print(told(&place, &vkey, &path.display().to_string(), arguments).as_bytes())?;
    Ok(0)
}

/// A new key, kept; of a shard that is there, its own.
fn key(
    arguments: &Init,
    store: &dyn Store,
    place: &Place,
    is_there: bool,
) -> anyhow::Result<(std::path::PathBuf, SignerKey)> {
    let path = keys::in_use(store, arguments.key.as_deref(), place)?;
    if is_there {
        let key = keys::read(&path, &arguments.log)?;
        if key.name() != place.origin {
            bail!("`{}` is the key of `{}`, and not of `{}`", path.display(), key.name(), place.origin);
        }
        return Ok((path, key));
    }
    // What starts again and again would begin a lost log anew as if there had been none.
    if arguments.if_absent && path.exists() {
        bail!(
            "the key `{}` is kept, and the log of `{}` is not at `{}`: it is lost or not mounted; remove the key only \
             where there never was one",
            path.display(),
            place.origin,
            arguments.log.display()
        );
    }
    let key = SignerKey::new(&place.origin, &random()?)?;
    keys::keep(&path, &arguments.log, &key)?;
    Ok((path, key))
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
