//! `speguard evidence rotate-key`: a shard is handed on to a new key, by its own log.
use super::{
    keys::{self, KeyPlace},
    now, open, random, ulid,
};
use crate::{
    cli::evidence::RotateKey,
    commands::print,
    record::{
        entry::{Body, Instant, Key, KeyEvent},
        log::{Draft, Log},
        note::{Signer, SignerKey},
        place::Place,
        verify::rotation_text,
    },
};
use anyhow::{Context, ensure};
use std::{
    fmt::Write,
    path::{Path, PathBuf},
};

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
    let path = match arguments.log.key.as_deref().map(keys::asked).transpose()? {
        Some(KeyPlace::File(path)) => path,
        Some(KeyPlace::Command(_)) | None => keys::in_use(store, log, &place)?,
    };
    let old_vkey = old.verifier_key();
    let (new, next) = new_key(arguments, &place, &old, &path)?;
    ensure!(new.name() == place.origin, "`{}` is the key of `{}`: take it away", next.display(), new.name());
    let vkey = new.verifier_key().to_string();
    // The log opens with the key that signed last, and signs with the new one from then on.
    let text = rotation_text(&place.origin, &vkey);
    let lines = vec![old.sign(&text)?.to_string(), new.sign(&text)?.to_string()];
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

/// The key that the shard is handed on to, and the file that keeps it. One that was made and never came into use is as good
/// as new.
fn new_key(arguments: &RotateKey, place: &Place, old: &Signer, path: &Path) -> anyhow::Result<(Signer, PathBuf)> {
    let log = &arguments.log.log;
    let asked = arguments.new_key.as_deref().map(keys::asked).transpose()?;
    let next = match &asked {
        Some(KeyPlace::File(path)) => path.clone(),
        _ => keys::next(path),
    };
    if let Some(KeyPlace::Command(command)) = asked {
        let new = keys::tried(&command, place)?;
        ensure!(new.verifier_key() != old.verifier_key(), "the new key is the old one: name another with --new-key");
        if !next.exists() {
            keys::remember(&next, log, &command)?;
        }
        let kept = keys::read(&next, log, place)?.verifier_key();
        ensure!(
            kept == new.verifier_key(),
            "`{}` is another key, which was not used yet: take it away",
            next.display()
        );
        return Ok((new, next));
    }
    if next.exists() {
        return Ok((keys::read(&next, log, place)?, next));
    }
    ensure!(
        asked.is_some() || matches!(old, Signer::Held(_)),
        "a command has the key of `{}`: say who has the new one, with --new-key exec:CMD, or file:PATH to make it there",
        place.origin
    );
    let new = SignerKey::new(&place.origin, &random()?)?;
    keys::keep(&next, log, &new)?;
    Ok((new.into(), next))
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
    writeln!(told, "vkey     {vkey}\nkey      {}", next.display())?;
    // Of a key that a command has, nothing need be kept here.
    if path.exists() {
        writeln!(told, "retired  {}", keys::retire(path)?.display())?;
    }
    told.push('\n');
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
