//! `speguard evidence reconcile`: the decisions in the log, held against the API server's own audit log.
mod told;

use super::{now, open, ulid};
use crate::{
    cli::{
        Sources,
        evidence::{EvidenceFormat, Reconcile},
    },
    commands::{print, read, record, webhooks},
    model::{Period, Project},
    record::{
        entry::{Body, DigestText, Instant, Reconciliation, TreeHead},
        log::Draft,
        merkle::{Edge, leaf_hash},
        period::moment,
        place::Place,
        reconcile::{Class, Counts, Ledger, Matching, Projects, Reconciled, Scope, Trail, Weight, audit, holes},
        store::Store,
    },
};
use anyhow::{Context, bail, ensure};
use flate2::read::MultiGzDecoder;
use sha2::{Digest as _, Sha256};
use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, BufRead as _, BufReader, Read, Seek as _},
    path::Path,
};

/// An event with both bodies takes two objects of at most 3 MiB, escaped.
const LINE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Their digests must fit into one entry.
const FILES_MAX: usize = 100;

/// Places of lines that could not be read, which are shown.
const UNREAD_SHOWN_MAX: usize = 10;

/// The first bytes of gzip (RFC 1952).
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Everything that is told and entered.
struct Outcome {
    window: Period,
    shards: Vec<TreeHead>,
    files: Vec<DigestText>,
    found: Reconciled,
    holes: Vec<Period>,
    /// Lines that are no events, and times that went back.
    unread: Vec<String>,
    unread_count: u64,
    events: u64,
    states_projects: bool,
}

/// Compares, prints and, where it is asked to, enters what came of it; gives the exit code.
///
/// # Errors
/// A window or file that cannot be read, a log that cannot be read or written.
pub(super) fn run(arguments: &Reconcile) -> anyhow::Result<u8> {
    let time = |option: &'static str, text: &str| moment(text).context(option);
    let window = Period { from: time("--from", &arguments.from)?, to: time("--to", &arguments.to)? };
    ensure!(window.from < window.to, "the window ends before it begins, or lasts no time");
    ensure!(
        arguments.audit_log.len() <= FILES_MAX,
        "more than {FILES_MAX} files: compare shorter windows, each with its own files"
    );
    let scope = scope(arguments)?;
    let store = &*open::store(&arguments.log.log)?;
    let (ledger, shards) = ledger(store, arguments, window)?;
    let mut outcome = Outcome {
        window,
        shards,
        files: Vec::new(),
        found: Reconciled::default(),
        holes: Vec::new(),
        unread: Vec::new(),
        unread_count: 0,
        events: 0,
        states_projects: scope.projects.are_all,
    };
    let mut matching = Matching::new(&scope, window, ledger);
    let mut trails = Vec::new();
    for path in in_order(&arguments.audit_log)? {
        let mut trail = Trail::new(i64::from(arguments.quiet_max) * 1000);
        let digest = file(&path, &mut trail, &mut matching, &mut outcome)
            .with_context(|| format!("the audit log `{}` cannot be read", path.display()))?;
        ensure!(!outcome.files.contains(&digest), "`{}` is a file that was given before", path.display());
        outcome.files.push(digest);
        trails.push(trail);
    }
    outcome.holes = holes(window, &trails);
    outcome.found = matching.finish();
    let entered = if arguments.record { Some(enter(store, arguments, &outcome)?) } else { None };
    let text = match arguments.format {
        EvidenceFormat::Text => told::text(&outcome, entered.as_deref()),
        EvidenceFormat::Json => told::json(&outcome, entered.as_deref())?,
    };
    print(text.as_bytes())?;
    Ok(outcome.exit())
}

impl Outcome {
    /// A breach outranks what is not established.
    fn exit(&self) -> u8 {
        let any = |weight: Weight| {
            Class::ALL.into_iter().any(|class| class.told().1 == weight && self.found.count(class) > 0)
        };
        if any(Weight::Breach) {
            1
        } else if any(Weight::NotEstablished)
            || self.found.without_pepper
            || !self.holes.is_empty()
            || self.unread_count > 0
        {
            3
        } else {
            0
        }
    }
}

/// What the webhooks are asked about, by the configuration that speguard prints and by what the description states.
fn scope(arguments: &Reconcile) -> anyhow::Result<Scope> {
    let exempt = arguments.exempt.iter().cloned().chain(["kube-system".to_owned()]).collect();
    let mut projects = Projects::default();
    if let Some(path) = &arguments.spe {
        let sources = Sources { paths: vec![path.clone()], spe: Some(path.clone()), ..Sources::default() };
        let reading = read::sources(&sources)?;
        let stated = &reading.normalised.environment.description.projects;
        let is_named = |one: &Project| one.selector.is_empty() && !one.namespaces.is_empty();
        projects.are_all = !stated.is_empty() && stated.iter().all(is_named);
        projects.namespaces = stated.iter().flat_map(|one| &one.namespaces).map(ToString::to_string).collect();
    }
    Ok(Scope { rules: webhooks::rules()?, exempt, projects })
}

/// Reads every shard of the environment, each held against its newest checkpoint.
fn ledger(store: &dyn Store, arguments: &Reconcile, window: Period) -> anyhow::Result<(Ledger, Vec<TreeHead>)> {
    let mut places = open::places(store)?;
    let environment = |place: &Place| (place.domain().to_owned(), place.spe().to_owned());
    let meant = |place: &&Place| arguments.log.emitter.as_deref().is_none_or(|emitter| place.emitter() == emitter);
    let environments: BTreeSet<(String, String)> = places.iter().filter(meant).map(environment).collect();
    ensure!(environments.len() < 2, "the log holds several environments: say whose, with --emitter");
    let Some(one) = environments.into_iter().next() else { bail!(open::absent(&arguments.log.log)) };
    places.retain(|place| environment(place) == one);
    let (mut ledger, mut heads) = (Ledger::new(window), Vec::new());
    for place in &places {
        let (_, checkpoint) = open::newest(store, place)?;
        ledger.open(&place.origin);
        let mut edge = Edge::default();
        let mut unread = None;
        let mut key = |digest| {
            let key = record::kept_key(store, &place.prefix(), digest);
            key.unwrap_or_else(|error| {
                unread.get_or_insert(error);
                None
            })
        };
        open::entries(store, place, checkpoint.size, &mut |index, bytes, entry| {
            let leaf = leaf_hash(bytes);
            edge.push(leaf);
            ledger.take((index, leaf), place.emitter(), entry, &mut key);
            Ok(())
        })?;
        if let Some(error) = unread {
            return Err(error);
        }
        ensure!(
            edge.root() == checkpoint.root,
            "the entries of `{}` are not those of its checkpoint: `speguard evidence verify` says what was changed",
            place.origin
        );
        let root = DigestText(checkpoint.root);
        heads.push(TreeHead { origin: place.origin.clone(), size: checkpoint.size, root });
    }
    Ok((ledger, heads))
}

/// The files, by the time of their first event: what a namespace is, is known from its first change on.
fn in_order(paths: &[std::path::PathBuf]) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let mut timed = Vec::new();
    for path in paths {
        let first = || -> io::Result<Option<i64>> {
            let mut line = Vec::new();
            BufReader::new(opened(path)?).take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
            Ok(audit::read(&line).ok().map(|line| line.at))
        };
        let first = first().with_context(|| format!("the audit log `{}` cannot be read", path.display()))?;
        timed.push((first, path.clone()));
    }
    timed.sort();
    Ok(timed.into_iter().map(|(_, path)| path).collect())
}

/// A file of the audit log, decompressed where it is gzip.
fn opened(path: &Path) -> io::Result<Box<dyn Read>> {
    let mut file = File::open(path)?;
    let mut first = Vec::new();
    file.by_ref().take(2).read_to_end(&mut first)?;
    file.rewind()?;
    Ok(if first == GZIP { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
}

/// Reads a file line by line; gives its digest.
fn file(
    path: &Path,
    trail: &mut Trail,
    matching: &mut Matching<'_>,
    outcome: &mut Outcome,
) -> anyhow::Result<DigestText> {
    let digest = digest(path)?;
    let mut lines = BufReader::with_capacity(1 << 20, opened(path)?);
    let (mut line, mut number) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        number += 1;
        let at = || format!("{}:{number}", path.display());
        match lines.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(_) if line.iter().all(u8::is_ascii_whitespace) => continue,
            Ok(_) => {}
            // Compressed and cut off: what came before it counts.
            Err(error) => {
                outcome.unread(|| format!("{}: {error}", at()));
                break;
            }
        }
        match audit::read(&line) {
            Ok(read) => {
                let before = trail.went_back;
                trail.see(read.at);
                if trail.went_back > before {
                    outcome.unread(|| format!("{}: time goes back", at()));
                }
                if let Some(event) = &read.event {
                    outcome.events += 1;
                    matching.take(event, &at);
                }
            }
            Err(why) => outcome.unread(|| format!("{}: the line {why}", at())),
        }
    }
    Ok(digest)
}

/// SHA-256 of a file as it is stored.
fn digest(path: &Path) -> io::Result<DigestText> {
    let mut sum = Sha256::new();
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path)?);
    loop {
        let bytes = reader.fill_buf()?;
        if bytes.is_empty() {
            return Ok(DigestText(sum.finalize().into()));
        }
        sum.update(bytes);
        let length = bytes.len();
        reader.consume(length);
    }
}

impl Outcome {
    fn unread(&mut self, place: impl FnOnce() -> String) {
        self.unread_count += 1;
        if self.unread.len() < UNREAD_SHOWN_MAX {
            self.unread.push(place());
        }
    }
}

/// Enters what came of it; says where.
fn enter(store: &dyn Store, arguments: &Reconcile, outcome: &Outcome) -> anyhow::Result<String> {
    let mut log = open::writer(store, &arguments.log, now()?)?;
    let counts = |counts: &Counts| {
        counts.iter().map(|((verb, kind), count)| ((*verb).to_owned(), kind.clone(), *count)).collect()
    };
    let found = &outcome.found;
    let body = Reconciliation {
        from: Instant(outcome.window.from),
        to: Instant(outcome.window.to),
        files: outcome.files.clone(),
        shards: outcome.shards.clone(),
        events: counts(&found.events),
        entries: counts(&found.entries),
        classes: found.classes.iter().map(|(class, tally)| (class.told().0.to_owned(), tally.count)).collect(),
        holes: u64::try_from(outcome.holes.len()).unwrap_or(u64::MAX),
        unread: outcome.unread_count,
        exit: outcome.exit().into(),
    };
    let (observed, id) = (now()?, ulid()?);
    let draft = Draft { observed, id, body: Body::Reconciliation(Box::new(body)) };
    let receipts =
        log.append(observed, &mut |_| Ok(vec![draft.clone()])).context("the reconciliation was not entered")?;
    log.publish()?;
    let index = receipts.last().map_or(0, |receipt| receipt.index);
    Ok(format!("entry {index} of {}", log.place().origin))
}
