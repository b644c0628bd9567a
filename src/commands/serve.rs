//! `speguard serve`: the cluster watched, requests answered, the whole audited on a timer.
use super::{
    Shell,
    admission::{self, Ground},
    evidence::{now, open, ulid},
    live::{self, Connected},
    read,
    record::{self, Done, Session},
    remark,
};
use crate::{
    assess::assess_again,
    cli::serve::{EvidenceMode, Serve},
    evaluate::Bundle,
    judge::{Profile, outcome},
    model::{Resource, Severity, Timestamp},
    record::{
        entry::{Epoch, EpochEvent, Instant, Trigger},
        log::Log,
        queue::{self, Writer},
        store::Store,
    },
    serve::{
        decided::Decided,
        door::Door,
        evidence::{Evidence, Source, Terms},
        inventory::Extent,
        metrics::Metrics,
        server,
    },
};
use anyhow::{Context, bail};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError, TryLockError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant as Monotonic},
};

mod breaches;
mod certificate;
mod footing;
mod guard;
mod life;
mod open_reports;
mod rollup;

/// Entries of one segment of the log.
const SEGMENT_ENTRIES: usize = 256;

/// How old a checkpoint may be while entries come.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// How long the end waits for the last checkpoint.
const LAST_CHECKPOINT: Duration = Duration::from_secs(5);

/// How long the end waits for an audit that runs: with the rest below the thirty seconds that a cluster gives a pod.
const LAST_AUDIT: Duration = Duration::from_secs(10);

/// Everything that the threads share.
struct Service {
    arguments: Serve,
    door: Arc<Door>,
    /// All rules, and the profile as scans weigh it: for audits.
    bundle: Bundle,
    profile: Profile,
    profile_text: (String, String),
    documents: Vec<crate::model::Document>,
    tools: BTreeMap<String, String>,
    store: Option<&'static dyn Store>,
    /// Entries that a checkpoint covers.
    published: Arc<AtomicU64>,
    /// Held by an audit while it runs.
    auditing: Mutex<()>,
    /// No audit may begin any more.
    is_ending: AtomicBool,
    /// What is known of the configuration by which the API server asks.
    guard: Arc<guard::Shared>,
}

/// Serves until it is asked to end; gives the exit code.
///
/// # Errors
/// No cluster, no log, no certificate, a port that is taken: exit code 2, before anything is answered.
pub fn run(arguments: &Serve, shell: &Shell) -> anyhow::Result<u8> {
    let listening = server::listen(arguments.listen)?;
    let (service, connected, writer) = service(arguments.clone(), shell)?;
    let service = Arc::new(service);
    let mut pulse = None;
    let mut shown = certificate::shown(&service)?;
    if let Some(writer) = writer {
        let before = writer.before;
        let is_lead = writer.log.state().shard.as_ref().is_some_and(|shard| shard.lead);
        let place = writer.log.place().clone();
        write(&service, writer)?;
        let entered = service.door.evidence.as_ref().map(Evidence::start).transpose();
        entered.context("the start could not be recorded")?;
        pulse = Some(life::beat(&service, before));
        if is_lead {
            rollup::roll_up(&service, place);
        }
    }
    let footing = footing::of(&service, &connected)?;
    shown.keep();
    service.door.inventory.attend();
    watch(&service, connected);
    breaches::watch(&service);
    audit(&service);
    footing::watch(&service, footing, listening.stop());
    remark(&format!("speguard answers on https://{}/admit, ready when /readyz says so\n", listening.address()));
    listening.serve(Arc::clone(&service.door), shown.certificate, shown.obstacle);
    if let Some(pulse) = pulse {
        pulse.end(&service);
    }
    end(&service);
    Ok(0)
}

fn service(arguments: Serve, shell: &Shell) -> anyhow::Result<(Service, Connected, Option<Pending>)> {
    let (ground, connected) =
        admission::ground(&arguments.judging, &arguments.sources, &arguments.connection, time()?)?;
    let Ground { bundle, profile, profile_text, rules, admitting, inventory, reading } = ground;
    let pending = match &arguments.record.log {
        Some(_) => Some(pending(&arguments, &bundle, &profile, &reading)?),
        None => None,
    };
    let store = pending.as_ref().map(|pending| pending.store);
    let door = Door {
        inventory,
        bundle: rules,
        profile: admitting,
        warn_only: arguments.warn_only.iter().map(|name| name.as_str().into()).collect(),
        language: shell.language,
        evidence: pending.as_ref().map(|pending| pending.evidence()),
        decided: Decided::default(),
        metrics: Metrics::default(),
        now: || time().unwrap_or_default(),
    };
    let published = Arc::new(AtomicU64::new(0));
    let read::Reading { documents, tools, .. } = reading;
    let door = Arc::new(door);
    let service = Service {
        arguments,
        door,
        bundle,
        profile,
        profile_text,
        documents,
        tools,
        store,
        published,
        auditing: Mutex::default(),
        is_ending: AtomicBool::default(),
        guard: Arc::default(),
    };
    Ok((service, connected, pending))
}

fn time() -> anyhow::Result<Timestamp> {
    read::time(None)
}

/// A log that is open and not written yet.
struct Pending {
    store: &'static dyn Store,
    log: Log<'static>,
    writer: Writer,
    queue: queue::Queue,
    terms: Terms,
    /// The time without signs of life that ends with the first.
    before: life::Missing,
}

impl Pending {
    fn evidence(&self) -> Evidence {
        let terms = Terms { epoch: self.terms.epoch.clone(), emitter: self.terms.emitter.clone(), ..self.terms };
        let source = Source { now: || now().unwrap_or(Instant(0)), id: || ulid().map_err(|error| error.to_string()) };
        Evidence::new(self.queue.clone(), source, terms)
    }
}

fn pending(arguments: &Serve, bundle: &Bundle, profile: &Profile, reading: &read::Reading) -> anyhow::Result<Pending> {
    let record = &arguments.record;
    let path = record.log.clone().context("say which log, with --log")?;
    if record.scope.is_none() {
        bail!("say what the cluster is called with `--scope NAME`: its audits are compared with each other by it");
    }
    // Lives as long as the process: its threads write until the end.
    let store: &'static dyn Store = &**Box::leak(Box::new(open::store(&path)?));
    let given =
        crate::cli::evidence::LogArguments { log: path, emitter: record.emitter.clone(), key: record.key.clone() };
    let at = now()?;
    let log = open::writer(store, &given, at)?;
    let emitter = log.place().emitter().to_owned();
    let (pepper, blob_key) = record::pepper(store, &log, at)?;
    let state = log.state();
    let description = &reading.normalised.environment.description;
    let configuration = crate::record::segment::digest(format!("{arguments:?} {:?}", description.spec).as_bytes());
    let epoch = Epoch {
        event: EpochEvent::Start,
        epoch: state.epoch.map_or(1, |(last, _)| last + 1),
        run: ulid()?,
        previous_seq: state.epoch.map(|_| state.next_seq.saturating_sub(1)),
        tool: format!("speguard {}", env!("CARGO_PKG_VERSION")),
        cluster_c: None,
        configuration,
        pepper,
    };
    let terms = Terms {
        epoch,
        pepper: blob_key,
        bundle: bundle.digest.into(),
        profile: profile.digest.into(),
        is_required: arguments.evidence == EvidenceMode::Require,
        emitter,
    };
    let before = life::Missing::before(log.state(), at);
    let (queue, writer) = queue::queue();
    Ok(Pending { store, log, writer, queue, terms, before })
}

/// Writes the log on a thread of its own.
fn write(service: &Arc<Service>, pending: Pending) -> anyhow::Result<()> {
    let published = Arc::clone(&service.published);
    let Pending { mut log, writer, .. } = pending;
    thread::Builder::new().name("evidence".to_owned()).spawn(move || {
        let mut last = Monotonic::now();
        writer.run(&mut log, SEGMENT_ENTRIES, &|| now().unwrap_or(Instant(0)), &mut |log| {
            if last.elapsed() >= CHECKPOINT_EVERY && log.state().size() > published.load(Ordering::Relaxed) {
                last = Monotonic::now();
                match log.publish() {
                    Ok(checkpoint) => published.store(checkpoint.size, Ordering::Relaxed),
                    Err(error) => remark(&format!("no checkpoint could be made: {error}\n")),
                }
            }
        });
    })?;
    Ok(())
}

/// The kind of the configuration by which the API server asks us.
const CONFIGURATIONS: &str = "admissionregistration.k8s.io/ValidatingWebhookConfiguration";

/// Watches every kind on a thread of its own, for ever.
fn watch(service: &Arc<Service>, connected: Connected) {
    let (door, guard) = (Arc::clone(&service.door), Arc::clone(&service.guard));
    thread::spawn(move || {
        let Connected { cluster, served, .. } = connected;
        let configurations = served.iter().position(|served| served.kind.as_ref() == CONFIGURATIONS);
        cluster.watch_all(&served, &|at, change| {
            door.inventory.take(at, change);
            if Some(at) == configurations {
                guard.look.ring();
            }
            true
        });
    });
}

/// Audits of the whole cluster, on a thread of their own.
fn audit(service: &Arc<Service>) {
    let service = Arc::clone(service);
    let every = Duration::from_secs(service.arguments.audit_every);
    if every.is_zero() {
        return;
    }
    thread::spawn(move || {
        loop {
            // The first waits for the cluster to be known.
            while !service.door.inventory.wait(every) {}
            let begun = Monotonic::now();
            {
                let _auditing = service.auditing.lock().unwrap_or_else(PoisonError::into_inner);
                if service.is_ending.load(Ordering::SeqCst) {
                    return;
                }
                if let Err(error) = audit_once(&service) {
                    remark(&format!("the audit could not be carried out: {error:#}\n"));
                }
            }
            thread::sleep(every.saturating_sub(begun.elapsed()));
        }
    });
}

fn audit_once(service: &Service) -> anyhow::Result<()> {
    let Service { arguments, door, bundle, profile, .. } = service;
    let begin = |store| Session::begin(store, &arguments.record, &arguments.sources, (true, Trigger::Schedule));
    let session = service.store.map(begin).transpose()?;
    let snapshot = door.inventory.snapshot(Extent::Whole)?;
    let environment = &snapshot.environment;
    let subjects: Vec<&Resource> = environment.all().collect();
    let at = time()?;
    let assessment = assess_again(bundle, environment, &subjects, (profile, at), Some(&snapshot.seen));
    let verdict = outcome(&assessment, &bundle.criteria, None);
    let recording = session.map(|session| -> anyhow::Result<_> {
        Ok(session.finish(&Done {
            bundle,
            environment,
            profile,
            profile_text: service.profile_text.clone(),
            policies: arguments.judging.policies.as_deref().map(super::policies::read).transpose()?.unwrap_or_default(),
            assessment: &assessment,
            document: &|path| {
                let mut named = service.documents.iter().filter(|one| one.origin.path().as_ref() == path);
                named.next().map(|one| one.bytes.to_vec())
            },
            tools: &service.tools,
            observed: now()?,
            fail_on: Severity::Low.name(),
            exit: verdict.exit,
        }))
    });
    let recorded = recording.transpose()?.is_none_or(|recording| recording.is_recorded());
    let tally = assessment.tally();
    let standings = [
        ("met", tally.met),
        ("not_met", tally.not_met),
        ("undetermined", tally.undetermined),
        ("waived", tally.waived),
        ("warned", tally.warned),
        ("observed", tally.observed),
    ];
    door.metrics.audited(&standings, recorded);
    if arguments.open_reports {
        open_reports::write(service, environment, &assessment);
    }
    Ok(())
}

/// Enters the orderly stop, and waits for the checkpoint that covers it.
fn end(service: &Service) {
    end_audits(service);
    let Some(evidence) = &service.door.evidence else { return };
    match evidence.stop() {
        Ok(receipt) => {
            let until = Monotonic::now() + LAST_CHECKPOINT;
            while service.published.load(Ordering::Relaxed) <= receipt.index && Monotonic::now() < until {
                thread::sleep(Duration::from_millis(20));
            }
        }
        Err(error) => remark(&format!("the stop could not be recorded: {error}\n")),
    }
}

/// Lets no audit begin any more, and waits for one that runs: what it enters would stand behind the stop, in no checkpoint.
fn end_audits(service: &Service) {
    service.is_ending.store(true, Ordering::SeqCst);
    let until = Monotonic::now() + LAST_AUDIT;
    while matches!(service.auditing.try_lock(), Err(TryLockError::WouldBlock)) && Monotonic::now() < until {
        thread::sleep(Duration::from_millis(20));
    }
}
