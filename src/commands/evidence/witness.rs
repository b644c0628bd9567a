//! `speguard evidence witness`: cosignatures by others, who have seen the log grow.
use super::{
    now, say,
    {
        anchor::{Entered, checkpoint, enter},
        open,
    },
};
use crate::{
    cli::evidence::{Witness, WitnessAdd, WitnessStatus},
    record::{
        entry::{self, AnchorKind, DigestText},
        http::Plain,
        log::Log,
        merkle::consistency_proof,
        note::{Algorithm, Note, VerifierKey, verify_cosignature},
        place::Place,
        segment::digest,
        store::Store,
        tile::{TileHashes, TileId},
        verify::anchors::{COSIGNATURE, cosignature_name, path, time_of},
        witness::{WitnessError, cosign},
    },
};
use anyhow::{Context, bail, ensure};

/// Runs a verb; gives the exit code.
///
/// # Errors
/// A witness that does not cosign, and what the store says.
pub(super) fn run(command: &Witness) -> anyhow::Result<u8> {
    match command {
        Witness::Add(arguments) => add(arguments),
        Witness::Status(arguments) => status(arguments),
    }
}

fn add(arguments: &WitnessAdd) -> anyhow::Result<u8> {
    let witness = VerifierKey::parse(&arguments.vkey)?;
    ensure!(
        witness.algorithm == Algorithm::CosignatureV1,
        "the key `{}` is that of a log: a witness names another, of signature type 0x04",
        witness.name
    );
    let store = &*open::store(&arguments.log.log)?;
    let mut log = open::writer(store, &arguments.log, now()?)?;
    let newest = log.publish()?.size;
    let mut before = Entered::read(store, &log)?;
    let name = cosignature_name(witness.id);
    let mut told = String::new();
    for size in before.left_out(store, &log, |other| other == name)? {
        told.push_str("A run before this one was cut off; what it left is entered.\n");
        told.push_str(&enter_line(store, &mut log, size, &witness)?);
        before = Entered::read(store, &log)?;
    }
    let size = before.target(store, &log)?;
    if before.files.contains_key(&(size, name.clone())) {
        told.push_str(&format!(
            "{} has cosigned size {size} of {} already, and nothing but time stamps and cosignatures was entered since.\n",
            witness.name,
            log.place().origin
        ));
    } else {
        let size = ask(arguments, store, &log, &before, &witness, (size, newest))?;
        told.push_str(&enter_line(store, &mut log, size, &witness)?);
    }
    say(&told)?;
    Ok(0)
}

/// Has a checkpoint cosigned and keeps the line; gives its size: the one asked for, or the newest where the witness has
/// seen a larger one.
fn ask(
    arguments: &WitnessAdd,
    store: &dyn Store,
    log: &Log<'_>,
    before: &Entered,
    witness: &VerifierKey,
    (size, newest): (u64, u64),
) -> anyhow::Result<u64> {
    let (prefix, name) = (log.place().prefix(), cosignature_name(witness.id));
    let known = before.files.keys().filter(|(_, other)| *other == name).map(|(size, _)| *size).max().unwrap_or(0);
    let fetch = |id: &TileId| store.get(&format!("{prefix}/{}", id.path())).ok().flatten();
    let hashes = TileHashes::new(newest, fetch);
    let cosigned = |size: u64, known: u64| -> anyhow::Result<Result<String, WitnessError>> {
        let note = String::from_utf8(checkpoint(store, &prefix, size)?.0).context("the checkpoint is not text")?;
        let proof = |old| consistency_proof(&hashes, old, size);
        Ok(cosign(&arguments.url, known, &proof, &note, Plain::Loopback))
    };
    let (size, lines) = match cosigned(size, known)? {
        Err(WitnessError::Rewound { known, .. }) if known > size && known <= newest => {
            (newest, cosigned(newest, known)??)
        }
        answer => (size, answer?),
    };
    let line = line_of(&lines, witness).with_context(|| {
        format!("the witness at `{}` has cosigned with another key than {}", arguments.url, arguments.vkey)
    })?;
    let bytes = checkpoint(store, &prefix, size)?.0;
    let note = Note::parse([&bytes, line.as_bytes()].concat())?;
    let at = verify_cosignature(&note, witness)?;
    time_of(at).with_context(|| format!("the witness says that it cosigned {at} seconds after 1970"))?;
    log.keep(&path(&prefix, size, &name), line.as_bytes())?;
    Ok(size)
}

/// The line of a key among those that a witness sent.
fn line_of(lines: &str, witness: &VerifierKey) -> Option<String> {
    // A note with no text of its own reads the lines.
    let note = Note::parse(format!("-\n\n{lines}")).ok()?;
    let own = note.signatures.iter().find(|signature| signature.id == witness.id && signature.name == witness.name)?;
    Some(format!("{own}\n"))
}

/// Enters a line that is kept, and shows it below the checkpoint.
fn enter_line(store: &dyn Store, log: &mut Log<'_>, size: u64, witness: &VerifierKey) -> anyhow::Result<String> {
    let (prefix, name) = (log.place().prefix(), cosignature_name(witness.id));
    let (bytes, said) = checkpoint(store, &prefix, size)?;
    let kept = path(&prefix, size, &name);
    let line = store.get(&kept)?.with_context(|| format!("`{kept}` is gone"))?;
    let note = Note::parse([&bytes[..], &line].concat()).with_context(|| format!("`{kept}` cannot be read"))?;
    let at = verify_cosignature(&note, witness).with_context(|| format!("`{kept}` does not hold"))?;
    let Some(at) = time_of(at) else { bail!("`{kept}` names a time that no entry can: {at} seconds after 1970") };
    let files = vec![(name, digest(&line))];
    let root = DigestText(said.root);
    let index = enter(log, entry::Anchor { size, root, kind: AnchorKind::Witness, files, at, policy: None })?;
    let mut lines = Vec::new();
    for file in store.list(&format!("{prefix}/anchors/{size}"))? {
        if file.rsplit('/').next().is_some_and(|name| name.starts_with(COSIGNATURE)) {
            lines.extend(store.get(&file)?.unwrap_or_default());
        }
    }
    log.show_cosigned(size, &lines)?;
    Ok(format!(
        "size      {size} of {}\ncosigned  {at} by {} ({:08x})\nentry     {index}\n",
        log.place().origin,
        witness.name,
        witness.id
    ))
}

fn status(arguments: &WitnessStatus) -> anyhow::Result<u8> {
    let log = &arguments.log.log;
    let store = &*open::existing(log)?;
    let meant = |place: &Place| arguments.log.emitter.as_deref().is_none_or(|emitter| place.emitter() == emitter);
    let places: Vec<Place> = open::places(store)?.into_iter().filter(meant).collect();
    ensure!(!places.is_empty(), "no such shard is in the log at `{}`", log.display());
    let mut text = String::new();
    for place in places {
        text.push_str(&table(store, &place)?);
    }
    say(&text)?;
    Ok(0)
}

/// The cosignatures of a shard, as its entries list them; nobody is believed here, `verify` checks them.
fn table(store: &dyn Store, place: &Place) -> anyhow::Result<String> {
    let prefix = place.prefix();
    let newest = store.list(&format!("{prefix}/checkpoints"))?.pop();
    let size = newest.and_then(|path| path.rsplit('/').next()?.parse::<u64>().ok()).context("no checkpoint is here")?;
    let entered = Entered::of(store, &prefix, size)?;
    let mut rows = String::new();
    let mut last = 0;
    for (index, anchor) in entered.anchors.iter().filter(|(_, anchor)| anchor.kind == AnchorKind::Witness) {
        for (name, _) in &anchor.files {
            let line = store.get(&path(&prefix, anchor.size, name))?.unwrap_or_default();
            let note = Note::parse([b"-\n\n", &line[..]].concat()).ok();
            let by =
                note.and_then(|note| note.signatures.first().map(|line| format!("{} ({:08x})", line.name, line.id)));
            let by = by.unwrap_or_else(|| format!("unreadable: {name}"));
            rows.push_str(&format!("{:>8}  {}  {index:>8}  {by}\n", anchor.size, anchor.at));
            last = last.max(anchor.size);
        }
    }
    let head = format!("{}: {size} entries\n", place.origin);
    Ok(if rows.is_empty() {
        format!("{head}No witness has cosigned it: `speguard evidence witness add` asks one.\n")
    } else {
        let since = size - last.min(size);
        format!(
            "{head}{:>8}  {:<24}  {:>8}  witness\n{rows}{since} entries since the last cosigned size\n",
            "size", "cosigned", "entry"
        )
    })
}
