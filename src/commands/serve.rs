//! `speguard serve`: the cluster watched, requests answered, the whole audited on a timer.
use super::{
    Shell,
    evidence::{now, open, ulid},
    live::{self, Connected},
    read,
    record::{self, Done, Session},
    remark,
};
use crate::{
    assess::assess,
    cli::serve::{EvidenceMode, Serve},
    evaluate::Bundle,
    judge::{Profile, outcome},
    model::{Enforcement, Platform, Resource, Severity, Text, Timestamp},
    reach,
    record::{
        entry::{Epoch, EpochEvent, Instant, Trigger},
        log::Log,
        queue::{self, Writer},
        store::Store,
    },
    serve::{
        door::Door,
        evidence::{Evidence, Source, Terms},
        inventory::{Extent, Frame, Inventory},
        metrics::Metrics,
        server,
        tls::{self, Certificate, Files, Kept},
    },
};
use anyhow::{Context, bail};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant as Monotonic},
};

mod footing;
mod life;
mod rollup;

/// Entries of one segment of the log.
const SEGMENT_ENTRIES: usize = 256;

/// How old a checkpoint may be while entries come.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

/// How long the end waits for the last checkpoint.
const LAST_CHECKPOINT: Duration = Duration::from_secs(5);

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
}

/// Serves until it is asked to end; gives the exit code.
///
/// # Errors
/// No cluster, no log, no certificate, a port that is taken: exit code 2, before anything is answered.
pub fn run(arguments: &Serve, shell: &Shell) -> anyhow::Result<u8> {
    let listening = server::listen(arguments.listen)?;
    let certificate = certificate(arguments)?;
    let (service, connected, writer) = service(arguments.clone(), shell)?;
    let service = Arc::new(service);
    let mut pulse = None;
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
    watch(&service, connected);
    audit(&service);
    footing::watch(&service, footing, listening.stop());
    remark(&format!("speguard answers on https://{}/admit, ready when /readyz says so\n", listening.address()));
    listening.serve(Arc::clone(&service.door), certificate);
    if let Some(pulse) = pulse {
        pulse.end(&service);
    }
    end(&service);
    Ok(0)
}

/// The certificate for each new connection.
fn certificate(arguments: &Serve) -> anyhow::Result<Certificate> {
    if let (Some(certificate), Some(key)) = (&arguments.tls_certificate, &arguments.tls_key) {
        let kept = Kept::read(Files { certificate: certificate.clone(), key: key.clone() })?;
        return Ok(Arc::new(move || kept.current()));
    }
    let made = tls::make(&arguments.tls_name)?;
    if let Some(path) = &arguments.authority_out {
        fs::write(path, &made.authority).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(Arc::new(move || Arc::clone(&made.config)))
}

fn service(arguments: Serve, shell: &Shell) -> anyhow::Result<(Service, Connected, Option<Pending>)> {
    let bundle = read::bundle(&arguments.judging)?;
    let connected = live::connect(&arguments.connection, &bundle)?;
    let at = time()?;
    let (mut collected, options) = read::beside(&arguments.sources, at)?;
    let (statements, problems) = connected.statements();
    collected.documents.extend(statements);
    collected.problems.extend(problems);
    let frame = Frame {
        documents: collected.documents.clone(),
        problems: collected.problems,
        options,
        name: arguments.connection.cluster_name.as_deref().map(Text::from),
        unseen: connected.unseen.clone(),
    };
    let stated = crate::normalise::live_environment(
        &frame.documents,
        crate::normalise::Live::default(),
        Vec::new(),
        &frame.options,
    )?;
    let reading = read::Reading {
        at,
        normalised: stated,
        documents: collected.documents,
        tools: BTreeMap::from([("kubernetes".to_owned(), connected.version.clone())]),
        note: None,
    };
    let profile = read::profile(&arguments.judging, &bundle, &reading)?;
    let profile_text = read::profile_text(&arguments.judging, &reading)?;
    let admitting = Profile { enforcement: profile.admission.clone(), ..profile.clone() };
    let weighed = |id: &crate::model::CriterionId| {
        admitting.enforcement.get(id).is_some_and(|enforcement| *enforcement != Enforcement::Observe)
    };
    let rules = bundle.only(&weighed);
    let mut context: BTreeSet<Text> = rules.joins(Platform::Kubernetes);
    context.extend(connected.served.iter().map(|served| &served.kind).filter(|kind| reach::reads(kind)).cloned());
    let inventory = Inventory::new(frame, context, &connected.served, connected.silent.clone());
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
        metrics: Metrics::default(),
        now: || time().unwrap_or_default(),
    };
    let published = Arc::new(AtomicU64::new(0));
    let read::Reading { documents, tools, .. } = reading;
    let door = Arc::new(door);
    let service = Service { arguments, door, bundle, profile, profile_text, documents, tools, store, published };
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

/// Watches every kind on a thread of its own, for ever.
fn watch(service: &Arc<Service>, connected: Connected) {
    let door = Arc::clone(&service.door);
    thread::spawn(move || {
        let Connected { cluster, served, .. } = connected;
        cluster.watch_all(&served, &|at, change| {
            door.inventory.take(at, change);
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
            if let Err(error) = audit_once(&service) {
                remark(&format!("the audit could not be carried out: {error:#}\n"));
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
    let assessment = assess(bundle, environment, &subjects, profile, at);
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
    Ok(())
}

/// Enters the orderly stop, and waits for the checkpoint that covers it.
fn end(service: &Service) {
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
