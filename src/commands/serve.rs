//! `speguard serve`: the cluster watched, requests answered, the whole audited on a timer.
use super::{
    Shell,
    admission::{self, Ground},
    evidence::{now, open},
    live::{self, Connected},
    read,
    record::{Done, Session},
    remark,
};
use crate::{
    assess::assess_again,
    cli::serve::{EvidenceMode, Serve},
    evaluate::Bundle,
    judge::{Profile, outcome},
    model::{Platform, Resource, Severity, Timestamp},
    record::{entry::Trigger, store::Store},
    serve::{decided::Decided, door::Door, inventory::Extent, metrics::Metrics, server, told::Told},
};
use anyhow::bail;
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant as Monotonic},
};

mod breaches;
mod certificate;
mod election;
mod emitter;
mod footing;
mod guard;
mod lead;
mod life;
mod open_reports;
mod rollup;

use election::Rules;
use emitter::{Basis, Emitter, Opened};
use lead::{Lead, Term};

/// How long the end waits for an audit that runs: with the rest below the thirty seconds that a cluster gives a pod.
const LAST_AUDIT: Duration = Duration::from_secs(8);

/// How soon is seen that an audit is due, or none any more.
const LOOK: Duration = Duration::from_secs(1);

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
    /// Whether this process leads, and on which terms.
    lead: Lead,
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
    let Prepared { service, connected, opened, rules } = prepared(arguments.clone(), shell)?;
    let service = Arc::new(service);
    let mut shown = certificate::shown(&service)?;
    let emitter = opened.map(Opened::begin).transpose()?;
    let pulse = emitter.as_ref().map(|own| life::beat(&service, &own.evidence, own.before));
    let election = match rules {
        Some(rules) => Some(election::elect(&service, rules)?),
        None => {
            lead(&service, emitter.as_ref());
            None
        }
    };
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
    end_audits(&service);
    if let Some(election) = election {
        election.end();
    }
    if let Some(emitter) = emitter {
        emitter.stop();
    }
    Ok(0)
}

/// Without others to agree with, it leads as long as it lives.
fn lead(service: &Arc<Service>, own: Option<&Emitter>) {
    let term = Arc::new(Term::new(service.arguments.record.clone(), None));
    if let Some(own) = own {
        term.record_by(own);
        rollup::roll_up(service, &term);
    }
    service.lead.begin(&term);
    service.door.metrics.leads(true);
}

/// Everything that is read before anything is answered.
struct Prepared {
    service: Service,
    connected: Connected,
    opened: Option<Opened>,
    rules: Option<Rules>,
}

fn prepared(arguments: Serve, shell: &Shell) -> anyhow::Result<Prepared> {
    let (ground, connected) =
        admission::ground(&arguments.judging, &arguments.sources, &arguments.connection, time()?)?;
    let Ground { bundle, profile, profile_text, rules, admitting, inventory, reading } = ground;
    rules.prepare(Platform::Kubernetes);
    let logged = logged(&arguments, &bundle, &profile, &reading)?;
    let own = logged.zip(arguments.record.shard());
    let opened = own.map(|((store, law), shard)| Opened::new(store, &shard, law)).transpose()?;
    let election = election::rules(&arguments, logged)?;
    let door = Door {
        inventory,
        bundle: rules,
        profile: admitting,
        warn_only: arguments.warn_only.iter().map(|name| name.as_str().into()).collect(),
        language: shell.language,
        evidence: opened.as_ref().map(|opened| Arc::clone(opened.evidence())),
        decided: Decided::default(),
        told: Told::default(),
        metrics: Metrics::default(),
        now: || time().unwrap_or_default(),
    };
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
        store: logged.map(|(store, _)| store),
        lead: Lead::default(),
        auditing: Mutex::default(),
        is_ending: AtomicBool::default(),
        guard: Arc::default(),
    };
    Ok(Prepared { service, connected, opened, rules: election })
}

fn time() -> anyhow::Result<Timestamp> {
    read::time(None)
}

/// The store of the log and what its entries are made by; `None` without a log.
///
/// # Errors
/// A store that cannot be opened, a log without a scope.
fn logged(
    arguments: &Serve,
    bundle: &Bundle,
    profile: &Profile,
    reading: &read::Reading,
) -> anyhow::Result<Option<(&'static dyn Store, Basis)>> {
    let record = &arguments.record;
    let Some(path) = &record.log else { return Ok(None) };
    if record.scope.is_none() {
        bail!("say what the cluster is called with `--scope NAME`: its audits are compared with each other by it");
    }
    // Lives as long as the process: its threads write until the end.
    let store: &'static dyn Store = &**Box::leak(Box::new(open::store(path)?));
    let description = &reading.normalised.environment.description;
    let configuration = crate::record::segment::digest(format!("{arguments:?} {:?}", description.spec).as_bytes());
    let law = Basis {
        configuration,
        bundle: bundle.digest.into(),
        profile: profile.digest.into(),
        is_required: arguments.evidence == EvidenceMode::Require,
    };
    Ok(Some((store, law)))
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

/// Audits of the whole cluster while this process leads, on a thread of their own.
fn audit(service: &Arc<Service>) {
    let service = Arc::clone(service);
    let every = Duration::from_secs(service.arguments.audit_every);
    if every.is_zero() {
        return;
    }
    thread::spawn(move || {
        while !service.is_ending.load(Ordering::SeqCst) {
            let Some(term) = service.lead.wait(LOOK) else { continue };
            // The first waits for the cluster to be known.
            if !service.door.inventory.wait(LOOK) {
                continue;
            }
            let begun = Monotonic::now();
            {
                let _auditing = service.auditing.lock().unwrap_or_else(PoisonError::into_inner);
                if service.is_ending.load(Ordering::SeqCst) {
                    return;
                }
                if let Err(error) = audit_once(&service, &term) {
                    remark(&format!("the audit could not be carried out: {error:#}\n"));
                }
            }
            // Who comes to lead does not know when the last was: it begins with one.
            while begun.elapsed() < every && !term.is_over() {
                thread::sleep(every.saturating_sub(begun.elapsed()).min(LOOK));
            }
        }
    });
}

fn audit_once(service: &Service, term: &Term) -> anyhow::Result<()> {
    let Service { arguments, door, bundle, profile, .. } = service;
    let begin = |store| Session::begin(store, &term.record, &arguments.sources, (true, Trigger::Schedule));
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
    if arguments.open_reports && !term.is_over() {
        open_reports::write(service, environment, &assessment);
    }
    Ok(())
}

/// Lets no audit begin any more, and waits for one that runs: what it enters would stand behind the stop, in no checkpoint.
fn end_audits(service: &Service) {
    service.is_ending.store(true, Ordering::SeqCst);
    let until = Monotonic::now() + LAST_AUDIT;
    while matches!(service.auditing.try_lock(), Err(TryLockError::WouldBlock)) && Monotonic::now() < until {
        thread::sleep(Duration::from_millis(20));
    }
}
