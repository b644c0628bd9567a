//! `speguard evidence rotate-key`: a shard is handed on to a new key, by its own log.
use super::{keys, now, open, random, ulid};
use crate::{
    cli::evidence::RotateKey,
    commands::print,
    record::{
        entry::{Body, Instant, Key, KeyEvent},
        log::{Draft, Log},
        note::{SignerKey, sign},
        place::Place,
        verify::rotation_text,
    },
};
use anyhow::{Context, ensure};
use std::{fmt::Write, path::Path};

/// Hands a shard on; gives the exit code. What a crash cut off is finished by running it again.
///
/// # Errors
/// No key at hand, and what the store and the disk say.
pub(super) fn run(arguments: &RotateKey) -> anyhow::Result<u8> {
    let at = now()?;
    let compromised_at = arguments.compromised_at.as_deref().map(|text| moment(text, at)).transpose()?;
    let log = &arguments.log.log;
    let store = &*open::store(log)?;
    let (place, old) = open::shard(store, &arguments.log)?;
    let path = keys::in_use(store, arguments.log.key.as_deref(), &place)?;
    let next = keys::next(&path);
    let old_vkey = old.verifier_key();
    // One that was made and never came into use is as good as new.
    let new = if next.exists() {
        keys::read(&next, log)?
    } else {
        let new = SignerKey::new(&place.origin, &random()?)?;
        keys::keep(&next, log, &new)?;
        new
    };
    ensure!(new.name() == place.origin, "`{}` is the key of `{}`: take it away", next.display(), new.name());
    let vkey = new.verifier_key().to_string();
    // The log opens with the key that signed last, and signs with the new one from then on.
    let text = rotation_text(&place.origin, &vkey);
    let lines = vec![sign(&text, &old).to_string(), sign(&text, &new).to_string()];
    let mut log = Log::open(store, place.clone(), old)?;
    let mut told = String::new();
    if log.state().vkey() == Some(&old_vkey.to_string()) {
        let rotate = key_entry(&place, KeyEvent::Rotate, &vkey, at, lines, None);
        let compromise = compromised_at
            .map(|from| key_entry(&place, KeyEvent::Compromise, &old_vkey.to_string(), at, Vec::new(), Some(from)));
        let ids = [ulid()?, ulid()?];
        let bodies: Vec<Key> = compromise.into_iter().chain([rotate]).collect();
        let receipts = log.append(at, &mut |_| {
            let drafts = bodies.iter().zip(ids);
            Ok(drafts.map(|(key, id)| Draft { observed: at, id, body: Body::Key(key.clone()) }).collect())
        })?;
        let index = receipts.last().map(|receipt| receipt.index).context("nothing was appended")?;
        writeln!(told, "shard    {}\nentry    {index}", place.origin)?;
    } else {
        writeln!(told, "shard    {}\nA run before this one was cut off; it is finished.", place.origin)?;
    }
    log.hand_over(new)?;
    log.publish()?;
    finish(&mut told, &path, &next, &vkey, compromised_at)?;
    print(told.as_bytes())?;
    Ok(0)
}

/// The time that was given, which has passed.
fn moment(text: &str, now: Instant) -> anyhow::Result<Instant> {
    let read = time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339);
    let read = read.with_context(|| format!("`--compromised-at {text}`: write it as 2026-11-21T20:14:03Z"))?;
    let at = Instant(i64::try_from(read.unix_timestamp_nanos() / 1_000_000)?);
    ensure!((0..=now.0).contains(&at.0), "`--compromised-at {text}`: it has not come yet, or is before 1970");
    Ok(at)
}

fn key_entry(
    place: &Place,
    event: KeyEvent,
    vkey: &str,
    valid_from: Instant,
    signatures: Vec<String>,
    compromised_at: Option<Instant>,
) -> Key {
    let (emitter, vkey) = (place.emitter().to_owned(), vkey.to_owned());
    Key { event, emitter, vkey, valid_from, valid_to: None, signatures, compromised_at }
}

/// Takes the old key out of use, and says what others must be told.
fn finish(
    told: &mut String,
    path: &Path,
    next: &Path,
    vkey: &str,
    compromised_at: Option<Instant>,
) -> anyhow::Result<()> {
    let retired = keys::retire(path)?;
    writeln!(told, "vkey     {vkey}\nkey      {}\nretired  {}\n", next.display(), retired.display())?;
    told.push_str(
        "Give the new vkey to auditors and witnesses by another way than the log. A verifier whose trust file names the\n\
         old one follows the entry to the new one, and lists that nobody has confirmed it. Witnesses cosign nothing more\n\
         until they know the new one.\n",
    );
    if let Some(from) = compromised_at {
        writeln!(
            told,
            "What was not stamped and cosigned before {from} is not established any more: `verify` says up to which size."
        )?;
    }
    Ok(())
}
