//! `speguard evidence package`: what an auditor receives.
use super::{now, open, ulid, verify::trust};
use crate::{
    cli::evidence::Package,
    commands::{print, remark},
    model::{Digest, Period},
    record::{
        blob,
        entry::{Body, DigestText, Export, Instant, TreeHead},
        files::Files,
        log::{Draft, Log},
        note::{Checkpoint, Note, Signer},
        package::{
            CHANGES, Choice, Counts, GUIDE, LEFT_OUT, MANIFEST, MANIFEST_NOTE, Manifest, PROGRAMS, PackedFile, Stretch,
            TIE_OUT, VERSION, changes, choose, guide, note_text, signed_name, tie_out, up_to,
        },
        period,
        place::Place,
        store::Stored,
        trust::TrustPolicy,
        verify::{Against, Entries, Head, Outcome, Report, verify_each},
        zip::ZipWriter,
    },
};
use anyhow::{Context, bail, ensure};
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

/// A file of the package: in the log under the same name, or made.
enum Source {
    Log,
    Made(Vec<u8>),
}

/// Writes a package, then enters that it was made; gives the exit code.
///
/// # Errors
/// A period that is none, no checkpoint, a file that exists, what the store says.
pub(super) fn run(arguments: &Package) -> anyhow::Result<u8> {
    let period = period::parse(&arguments.period)?;
    ensure!(period.from >= 0, "`{}` begins before 1970: entries have no such times", arguments.period);
    let stretch = Stretch { from: Instant(period.from), to: Instant(period.to) };
    refuse_place(&arguments.out, &arguments.log.log)?;
    let policy = trust(arguments.trust.as_deref())?;
    let store = &*open::store(&arguments.log.log)?;
    let (place, key) = open::this_year(store, &arguments.log, now()?)?;
    let files = Stored(store);
    let mut entries = Entries::default();
    let against = Against { trust: policy.as_ref(), ..Against::default() };
    let mut report = verify_each(&files, &against, &mut |passing| entries.keep(passing));
    if let Some(breach) = breach(&report) {
        remark(&format!(
            "error: the log is not what was written, so no package is made of it: {breach}\n\nhint: `speguard evidence \
             verify --log {}` says all that is wrong\n",
            arguments.log.log.display()
        ));
        return Ok(1);
    }
    let (checkpoint, note) = newest(&files, &place, arguments.at, policy.as_ref())?;
    entries.join(std::mem::take(&mut report.entries));
    let earlier = earlier(&report, &place, period);
    let of_earlier = earlier.iter().map(|head| (head.origin.as_str(), head.size));
    let sizes: Vec<(&str, u64)> = of_earlier.chain([(place.origin.as_str(), checkpoint.size)]).collect();
    let entries = up_to(&entries, &sizes);
    let prefix = place.prefix();
    let paths = files.list("").map_err(anyhow::Error::msg)?;
    let chosen = choose(&paths, &prefix, checkpoint.size, &entries, period);
    let mut sources = made(&files, (&place, &earlier), &checkpoint, stretch, &entries, &chosen);
    for head in &earlier {
        let prefix = Place::parse(&head.origin)?.prefix();
        let chosen = choose(&paths, &prefix, head.size, &entries, period);
        sources
            .extend(chosen.files.into_iter().chain([format!("{prefix}/checkpoint")]).map(|path| (path, Source::Log)));
    }
    sources.insert(format!("{prefix}/checkpoint"), Source::Made(note));
    sources.insert("trust/log.vkey".to_owned(), Source::Made(format!("{}\n", key.verifier_key()).into_bytes()));
    if let Some(path) = &arguments.trust {
        sources.insert("trust/trust.policy".to_owned(), Source::Made(fs::read(path)?));
    }
    sources.extend(chosen.files.into_iter().map(|path| (path, Source::Log)));
    let manifest = manifest(&files, (&checkpoint, earlier), stretch, &entries, &sources)?;
    let written = write(&arguments.out, &files, &manifest, &key, sources);
    if written.is_err() {
        // Half a package is of no use; that it cannot be removed changes nothing.
        drop(fs::remove_file(&arguments.out));
    }
    let digest = written.with_context(|| format!("cannot write the package `{}`", arguments.out.display()))?;
    enter(store, place, key, &manifest, digest, &arguments.recipient)
        .context("the package was written, and the log does not say so")?;
    print(told(arguments, &manifest, digest).as_bytes())?;
    Ok(0)
}

/// A package neither replaces a file nor becomes part of the log.
fn refuse_place(out: &Path, log: &Path) -> anyhow::Result<()> {
    ensure!(!out.exists(), "`{}` exists, and a package is never written over: name another file", out.display());
    let (whole, log) = (std::path::absolute(out)?, std::path::absolute(log)?);
    ensure!(!whole.starts_with(log), "`{}` would lie in the log: name a file outside", out.display());
    Ok(())
}

fn breach(report: &Report) -> Option<String> {
    report.checks.iter().find_map(|check| match &check.outcome {
        Outcome::Failed { cause, .. } => Some(format!("{}: {cause}", check.subject)),
        Outcome::Held(_) | Outcome::NotEstablished(_) => None,
    })
}

/// The newest checkpoint up to a size that has the quorum which the trust file asks for, with its cosignatures.
fn newest(
    files: &dyn Files,
    place: &Place,
    at: Option<u64>,
    policy: Option<&TrustPolicy>,
) -> anyhow::Result<(Checkpoint, Vec<u8>)> {
    let prefix = place.prefix();
    let get = |path: &str| files.get(path).map_err(anyhow::Error::msg).map(Option::unwrap_or_default);
    for path in files.list(&format!("{prefix}/checkpoints")).map_err(anyhow::Error::msg)?.iter().rev() {
        let kept = get(path)?;
        let checkpoint = Checkpoint::parse(&Note::parse(&kept)?.text).with_context(|| format!("`{path}`"))?;
        if at.is_some_and(|at| checkpoint.size > at) || checkpoint.size == 0 {
            continue;
        }
        let anchors = files.list(&format!("{prefix}/anchors/{}", checkpoint.size)).map_err(anyhow::Error::msg)?;
        let mut note = kept;
        for cosignature in anchors.iter().filter(|path| path.contains("/cosig-")) {
            note.extend(get(cosignature)?);
        }
        let Some(policy) = policy.filter(|policy| policy.wants_witnesses()) else { return Ok((checkpoint, note)) };
        if policy.check(&Note::parse(&note)?).is_ok_and(|trusted| trusted.quorum_met) {
            return Ok((checkpoint, note));
        }
    }
    let up_to = at.map(|at| format!(" up to size {at}")).unwrap_or_default();
    match policy.filter(|policy| policy.wants_witnesses()) {
        Some(_) => bail!(
            "no checkpoint{up_to} carries the cosignatures that the trust file asks for: ask the witnesses first, with \
             `speguard evidence witness add`"
        ),
        None => bail!("the log has no entries{up_to}, so there is nothing to hand over"),
    }
}

/// The shards of earlier years whose entries reach into the period, the oldest first; what was pruned is not here.
fn earlier(report: &Report, place: &Place, period: Period) -> Vec<TreeHead> {
    let before = |head: &&Head| Place::parse(&head.origin).is_ok_and(|old| old.is_before(place));
    let mut earlier: Vec<&Head> = report.heads.iter().filter(before).collect();
    earlier.retain(|head| head.newest.is_some_and(|newest| newest.0 >= period.from));
    earlier.sort_by(|one, other| one.origin.cmp(&other.origin));
    let head = |head: &Head| TreeHead { origin: head.origin.clone(), size: head.size, root: DigestText(head.root) };
    earlier.into_iter().map(head).collect()
}

/// What a package adds to the files of the log.
fn made(
    files: &dyn Files,
    (place, earlier): (&Place, &[TreeHead]),
    checkpoint: &Checkpoint,
    stretch: Stretch,
    entries: &Entries,
    chosen: &Choice,
) -> BTreeMap<String, Source> {
    let (prefix, period) = (place.prefix(), stretch.into());
    let earlier = earlier.iter().filter_map(|head| Some(Place::parse(&head.origin).ok()?.prefix()));
    let prefixes: Vec<String> = std::iter::once(prefix.clone()).chain(earlier).collect();
    let blobs = |digest: &Digest| {
        let path = blob::path(digest);
        prefixes.iter().find_map(|prefix| files.get(&format!("{prefix}/{path}")).ok().flatten())
    };
    let root = DigestText(checkpoint.root);
    let guide = guide(&place.origin, &prefix, checkpoint.size, &root, stretch, chosen);
    let mut sources = BTreeMap::from([
        (CHANGES.to_owned(), Source::Made(changes(entries, period).into_bytes())),
        (TIE_OUT.to_owned(), Source::Made(tie_out(entries, period, &blobs).into_bytes())),
        (GUIDE.to_owned(), Source::Made(guide.into_bytes())),
    ]);
    for (path, text) in PROGRAMS {
        sources.insert(path.to_owned(), Source::Made(text.as_bytes().to_vec()));
    }
    sources
}

fn manifest(
    files: &dyn Files,
    (checkpoint, earlier): (&Checkpoint, Vec<TreeHead>),
    period: Stretch,
    entries: &Entries,
    sources: &BTreeMap<String, Source>,
) -> anyhow::Result<Manifest> {
    let packed = sources.iter().map(|(path, source)| match source {
        Source::Made(bytes) => Ok(PackedFile::of(path, bytes)),
        Source::Log => Ok(PackedFile::of(path, &stored(files, path)?)),
    });
    let packed: Vec<PackedFile> = packed.collect::<anyhow::Result<_>>()?;
    let size = earlier.iter().map(|head| head.size).fold(checkpoint.size, u64::saturating_add);
    Ok(Manifest {
        v: VERSION,
        tool: format!("speguard {}", env!("CARGO_PKG_VERSION")),
        origin: checkpoint.origin.clone(),
        size: checkpoint.size,
        root: DigestText(checkpoint.root),
        period,
        counts: Counts::of(entries, size, period.into(), packed.len()),
        earlier,
        left_out: LEFT_OUT.map(str::to_owned).to_vec(),
        files: packed,
    })
}

fn stored(files: &dyn Files, path: &str) -> anyhow::Result<Vec<u8>> {
    let bytes = files.get(path).map_err(anyhow::Error::msg)?;
    bytes.with_context(|| format!("`{path}` is needed for the package, and is not in the log"))
}

/// Writes the zip, and gives its digest.
fn write(
    out: &Path,
    files: &dyn Files,
    manifest: &Manifest,
    key: &Signer,
    mut sources: BTreeMap<String, Source>,
) -> anyhow::Result<DigestText> {
    let bytes = manifest.to_bytes()?;
    let text = note_text(&manifest.origin, &bytes);
    let signature = key.sign_as(&signed_name(&manifest.origin), &text)?;
    let note = Note { signatures: vec![signature], text };
    sources.insert(MANIFEST.to_owned(), Source::Made(bytes));
    sources.insert(MANIFEST_NOTE.to_owned(), Source::Made(note.encode().into_bytes()));
    let mut hashed = Hashed { inner: BufWriter::new(File::create_new(out)?), hash: Sha256::new() };
    let mut writer = ZipWriter::new(&mut hashed);
    let mut named = manifest.files.iter();
    for (path, source) in &sources {
        let bytes = match source {
            Source::Made(bytes) => bytes.clone(),
            Source::Log => stored(files, path)?,
        };
        if *path != MANIFEST && *path != MANIFEST_NOTE {
            // The log is read twice, and may be erased from meanwhile.
            ensure!(named.next() == Some(&PackedFile::of(path, &bytes)), "`{path}` changed while the package was made");
        }
        writer.add(path, &bytes)?;
    }
    writer.finish()?;
    hashed.inner.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
    Ok(DigestText(hashed.hash.finalize().into()))
}

/// Enters that a package was made: above its checkpoint, so not in it.
fn enter(
    store: &dyn crate::record::store::Store,
    place: Place,
    key: Signer,
    manifest: &Manifest,
    digest: DigestText,
    recipient: &str,
) -> anyhow::Result<()> {
    let (at, id) = (now()?, ulid()?);
    let export = Export {
        format: "package".to_owned(),
        from: manifest.period.from,
        to: manifest.period.to,
        size: manifest.size,
        root: manifest.root,
        digest,
        recipient: recipient.to_owned(),
    };
    let mut log = Log::open(store, place, key)?;
    log.append(at, &mut |_| Ok(vec![Draft { observed: at, id, body: Body::Export(export.clone()) }]))?;
    log.publish()?;
    Ok(())
}

fn told(arguments: &Package, manifest: &Manifest, digest: DigestText) -> String {
    let Counts { entries, runs, rows, files } = manifest.counts;
    format!(
        "package  {}\ndigest   {digest}\nshard    {}, {entries} entries\nperiod   {} to {}: {runs} runs with {rows} rows\n\
         files    {files}\n\nGive the auditor the vkey, the trust file and this digest by another way than the package.\n",
        arguments.out.display(),
        manifest.origin,
        manifest.period.from,
        manifest.period.to,
    )
}

/// Hashes what is written.
struct Hashed<W> {
    inner: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
