//! An emitter that runs as long as this process, or as long as it leads: its shard opened, its epoch begun and ended.
use super::{
    super::{
        evidence::{now, open, ulid},
        record, remark,
    },
    life::Missing,
};
use crate::{
    cli::evidence::LogArguments,
    record::{
        entry::{DigestText, Epoch, EpochEvent, Instant},
        log::Log,
        place::Place,
        queue::{self, Writer},
        store::Store,
    },
    serve::evidence::{Evidence, Source, Terms},
};
use anyhow::Context;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant as Monotonic},
};

/// Entries of one segment of the log.
const SEGMENT_ENTRIES: usize = 256;

/// How old a checkpoint may be while entries come.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// How long the end waits for the last checkpoint.
const LAST_CHECKPOINT: Duration = Duration::from_secs(5);

/// What every entry is made by.
#[derive(Clone, Copy)]
pub(super) struct Basis {
    pub(super) configuration: DigestText,
    pub(super) bundle: DigestText,
    pub(super) profile: DigestText,
    pub(super) is_required: bool,
}

/// A shard that is open, and nothing entered yet.
pub(super) struct Opened {
    log: Log<'static>,
    writer: Writer,
    evidence: Arc<Evidence>,
    /// The time without signs of life that ends with the first.
    before: Missing,
}

/// An emitter whose epoch has begun.
pub(super) struct Emitter {
    pub(super) evidence: Arc<Evidence>,
    pub(super) place: Place,
    /// Whether its shard leads the log.
    pub(super) is_lead: bool,
    pub(super) before: Missing,
    /// Entries that a checkpoint covers.
    published: Arc<AtomicU64>,
}

impl Opened {
    /// Opens the shard of this year.
    ///
    /// # Errors
    /// No log, no key, damage.
    pub(super) fn new(store: &'static dyn Store, given: &LogArguments, law: Basis) -> anyhow::Result<Self> {
        let at = now()?;
        let log = open::writer(store, given, at)?;
        let emitter = log.place().emitter().to_owned();
        let (pepper, blob_key) = record::pepper(store, &log, at)?;
        let state = log.state();
        let number = state.epoch.map_or(1, |(last, _)| last + 1);
        let epoch = Epoch {
            event: EpochEvent::Start,
            epoch: number,
            run: ulid()?,
            previous_seq: state.epoch.map(|_| state.next_seq.saturating_sub(1)),
            tool: format!("speguard {}", env!("CARGO_PKG_VERSION")),
            cluster_c: None,
            configuration: law.configuration,
            pepper,
        };
        let terms = Terms {
            epoch,
            pepper: blob_key,
            bundle: law.bundle,
            profile: law.profile,
            is_required: law.is_required,
            emitter,
        };
        let before = Missing::before(log.state(), at);
        let (queue, writer) = queue::queue();
        let source = Source { now: || now().unwrap_or(Instant(0)), id: || ulid().map_err(|error| error.to_string()) };
        let evidence = Arc::new(Evidence::new(queue, source, terms));
        Ok(Self { log, writer: writer.of_epoch(number), evidence, before })
    }

    /// The way into it; nothing comes of it before [`Opened::begin`].
    pub(super) const fn evidence(&self) -> &Arc<Evidence> {
        &self.evidence
    }

    /// Writes from now on, on a thread of its own, and enters that the epoch begins.
    ///
    /// # Errors
    /// It could not be entered.
    pub(super) fn begin(self) -> anyhow::Result<Emitter> {
        let published = Arc::new(AtomicU64::new(0));
        let Self { mut log, writer, evidence, before } = self;
        let place = log.place().clone();
        let is_lead = log.state().shard.as_ref().is_some_and(|shard| shard.lead);
        let covered = Arc::clone(&published);
        thread::Builder::new().name("evidence".to_owned()).spawn(move || {
            let mut last = Monotonic::now();
            writer.run(&mut log, SEGMENT_ENTRIES, &|| now().unwrap_or(Instant(0)), &mut |log| {
                if last.elapsed() >= CHECKPOINT_EVERY && log.state().size() > covered.load(Ordering::Relaxed) {
                    last = Monotonic::now();
                    match log.publish() {
                        Ok(checkpoint) => covered.store(checkpoint.size, Ordering::Relaxed),
                        Err(error) => remark(&format!("no checkpoint could be made: {error}\n")),
                    }
                }
            });
        })?;
        evidence.start().context("the start could not be recorded")?;
        Ok(Emitter { evidence, place, is_lead, before, published })
    }
}

impl Emitter {
    /// Enters the orderly stop, and waits for the checkpoint that covers it.
    pub(super) fn stop(&self) {
        match self.evidence.stop() {
            Ok(receipt) => {
                let until = Monotonic::now() + LAST_CHECKPOINT;
                while self.published.load(Ordering::Relaxed) <= receipt.index && Monotonic::now() < until {
                    thread::sleep(Duration::from_millis(20));
                }
            }
            Err(error) => remark(&format!("the stop could not be recorded: {error}\n")),
        }
    }
}
