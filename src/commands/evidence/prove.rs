//! `speguard evidence prove`: that an entry is in the log, or that a row is or is not in a run.
use super::{open, say};
use crate::{
    cli::evidence::Prove,
    commands::record,
    record::{
        entry::{Body, DigestText, Entry, Run, Ulid},
        merkle::inclusion_proof,
        note::{Checkpoint, Note},
        place::Place,
        proof::Proof,
        row::{RowProof, prove},
        store::Store,
        tile::{TileHashes, TileId},
    },
};
use anyhow::{Context, bail};
use std::fs;

/// Writes the proof; gives the exit code.
///
/// # Errors
/// An index, run or row that does not exist, a file that cannot be written.
pub(super) fn run(arguments: &Prove) -> anyhow::Result<u8> {
    let store = &*open::store(&arguments.log.log)?;
    let place = open::place(store, &arguments.log)?;
    let (note, checkpoint) = open::newest(store, &place)?;
    let (text, told) = match (arguments.index, &arguments.run) {
        (Some(index), _) => {
            let (proof, leaf) = entry_proof(store, &place, &note, &checkpoint, index)?;
            (
                proof.encode(),
                format!("entry {index} of {} is in the tree of {} entries; leaf {leaf}", place.origin, checkpoint.size),
            )
        }
        (None, Some(run)) => {
            row_proof(store, &place, &note, &checkpoint, run, arguments.row.as_deref().unwrap_or_default())?
        }
        (None, None) => bail!("say which entry with --index, or which row with --run and --row"),
    };
    fs::write(&arguments.out, text).with_context(|| format!("cannot write `{}`", arguments.out.display()))?;
    say(&format!("{told}\n"))?;
    Ok(0)
}

/// The proof of an entry, and its leaf hash.
fn entry_proof(
    store: &dyn Store,
    place: &Place,
    note: &Note,
    checkpoint: &Checkpoint,
    index: u64,
) -> anyhow::Result<(Proof, DigestText)> {
    anyhow::ensure!(index < checkpoint.size, "the shard has {} entries, and no entry {index}", checkpoint.size);
    let prefix = place.prefix();
    let fetch = |id: &TileId| store.get(&format!("{prefix}/{}", id.path())).ok().flatten();
    let hashes = TileHashes::new(checkpoint.size, fetch);
    let path = inclusion_proof(&hashes, index, checkpoint.size)
        .context("a tile is missing: `speguard evidence verify` says which")?;
    let mut leaf = None;
    open::entries(store, place, index + 1, &mut |at, bytes, _| {
        if at == index {
            leaf = Some((bytes.to_vec(), DigestText(crate::record::merkle::leaf_hash(bytes))));
        }
        Ok(())
    })?;
    let (bytes, leaf) = leaf.context("the entry is missing")?;
    let proof = Proof { extra: None, index, hashes: path, checkpoint: note.clone() };
    proof.includes(&bytes).context("the tiles contradict the checkpoint")?;
    Ok((proof, leaf))
}

/// A proof of presence or absence of a row, with the manifest that names the root and the manifest's own proof.
fn row_proof(
    store: &dyn Store,
    place: &Place,
    note: &Note,
    checkpoint: &Checkpoint,
    run: &str,
    row: &str,
) -> anyhow::Result<(String, String)> {
    let (index, bytes, manifest) = manifest(store, place, checkpoint.size, run)?;
    let parts: Vec<&str> = row.splitn(3, '/').collect();
    let [criterion, platform, rest] = parts.as_slice() else { bail!("`--row {row}`: write it as {ROW_FORM}") };
    let results = record::results(store, &place.prefix(), manifest.results_blob)?;
    let keys = results.rows().lines().iter().map(|row| &row.key);
    let of = keys.filter(|key| key.criterion == *criterion && key.platform == *platform);
    let found = of.clone().find(|key| format!("{}/{}", key.kind, key.resource) == *rest);
    let proof = match found {
        Some(key) => prove(results.rows(), &[&key.criterion, &key.platform, &key.kind, &key.resource]),
        None => {
            let (kind, resource) = absent(rest).with_context(|| format!("`--row {row}`: write it as {ROW_FORM}"))?;
            prove(results.rows(), &[criterion, platform, kind, resource])
        }
    };
    let present = proof.verify(&manifest.results_root.0, manifest.results_size)?;
    let (entry, _) = entry_proof(store, place, note, checkpoint, index)?;
    let text = serde_json::to_string_pretty(&serde_json::json!({
        "manifest": String::from_utf8_lossy(&bytes),
        "manifest_proof": entry.encode(),
        "row_proof": row_json(&proof)?,
    }))?;
    let word = if present { "has" } else { "does not have" };
    Ok((format!("{text}\n"), format!("run {run} {word} the row {row}; it has {} rows", manifest.results_size)))
}

const ROW_FORM: &str =
    "CRITERION/PLATFORM/KIND/RESOURCE, where RESOURCE is `platform|root|kind|namespace|name` as `show run` prints it";

fn row_json(proof: &RowProof) -> anyhow::Result<serde_json::Value> {
    Ok(serde_json::from_slice(&proof.to_json()?)?)
}

/// Kinds hold slashes; a resource begins with its platform and a bar.
fn absent(rest: &str) -> Option<(&str, &str)> {
    let bar = rest.find('|')?;
    rest.get(..bar)?.rfind('/').and_then(|slash| Some((rest.get(..slash)?, rest.get(slash + 1..)?)))
}

/// The manifest of a run: its index, its bytes and what it says.
///
/// # Errors
/// A run that does not exist.
pub(super) fn manifest(store: &dyn Store, place: &Place, size: u64, run: &str) -> anyhow::Result<(u64, Vec<u8>, Run)> {
    let id = Ulid::parse(run).with_context(|| format!("`--run {run}` is no id of a run"))?;
    let mut found = None;
    open::entries(store, place, size, &mut |index, bytes, entry: Entry| {
        if let Body::Run(run) = entry.body
            && run.run == id
        {
            found = Some((index, bytes.to_vec(), *run));
        }
        Ok(())
    })?;
    found.with_context(|| format!("no run {run} is in `{}`: `speguard evidence show run` lists them", place.origin))
}
