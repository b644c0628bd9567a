//! Taking part in the election of who leads, by a Lease of the cluster.
use super::{
    super::{
        evidence::{now, open, ulid},
        live, namespaced, remark,
    },
    Service,
    emitter::{Basis, Emitter, Opened},
    guard::Bell,
    lead::Term,
    life, rollup,
};
use crate::{
    cli::{evidence::LogArguments, serve::Serve},
    collect::cluster::{Cluster, Lease},
    record::{entry::Instant, store::Store},
    serve::lease::Candidate,
};
use anyhow::{Context, ensure};
use std::{
    sync::{Arc, atomic::Ordering},
    thread::{self, JoinHandle},
    time::{Duration, Instant as Monotonic},
};

/// How soon what has failed is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// How soon the end of a term is seen.
const LOOK: Duration = Duration::from_millis(100);

/// The Lease by which it is decided who leads, and as whom the leader records.
pub(super) struct Rules {
    namespace: String,
    name: String,
    lasts: Duration,
    identity: String,
    lead: Option<(LogArguments, Basis)>,
    cluster: Cluster,
}

/// What the arguments say of it; `None` without a Lease.
///
/// # Errors
/// A name that is none; a cluster that cannot be asked; a log without the emitter that leads it, or without its key.
pub(super) fn rules(arguments: &Serve, logged: Option<(&'static dyn Store, Basis)>) -> anyhow::Result<Option<Rules>> {
    let Some(lease) = &arguments.lease else { return Ok(None) };
    let (namespace, name) = namespaced("a Lease", lease)?;
    let lead = match (logged, &arguments.record.log) {
        (Some((store, law)), Some(log)) => {
            let emitter = arguments.lead_emitter.clone().context(
                "say with --lead-emitter whose shard leads the log: with --lease, whoever leads records audits there",
            )?;
            let (log, key) = (log.clone(), arguments.lead_key.clone());
            let given = LogArguments { log, emitter: Some(emitter.clone()), key };
            ensure!(
                arguments.record.emitter.as_ref() != Some(&emitter),
                "`{emitter}` cannot be both --emitter and --lead-emitter: each replica has a shard of its own"
            );
            let shard = open::writer(store, &given, now()?);
            let shard = shard.with_context(|| format!("the shard of the lead, `{emitter}`, cannot be written"))?;
            ensure!(
                shard.state().shard.as_ref().is_some_and(|shard| shard.lead),
                "the shard of `{emitter}` does not lead the log: it was made without `evidence init --lead`"
            );
            Some((given, law))
        }
        _ => None,
    };
    let who = arguments.record.emitter.clone().unwrap_or_else(|| "speguard".to_owned());
    Ok(Some(Rules {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
        lasts: Duration::from_secs(arguments.lease_duration),
        identity: format!("{who}_{}", ulid()?),
        lead,
        cluster: Cluster::connect(&live::access(&arguments.connection))?.0,
    }))
}

/// Takes part in the election on a thread of its own.
pub(super) struct Election {
    bell: Arc<Bell>,
    thread: JoinHandle<()>,
}

/// Has this process lead whenever the Lease is its own.
pub(super) fn elect(service: &Arc<Service>, rules: Rules) -> anyhow::Result<Election> {
    let bell = Arc::<Bell>::default();
    let candidate = Candidate::new(rules.identity.clone(), rules.lasts);
    let elected =
        Elected { service: Arc::clone(service), rules, candidate, reign: None, trouble: None, bell: Arc::clone(&bell) };
    let thread = thread::Builder::new().name("lease".to_owned()).spawn(move || elected.run())?;
    Ok(Election { bell, thread })
}

impl Election {
    /// Gives the Lease back, when what was done under it is recorded. The service is ending.
    pub(super) fn end(self) {
        self.bell.ring();
        drop(self.thread.join());
    }
}

struct Elected {
    service: Arc<Service>,
    rules: Rules,
    candidate: Candidate,
    reign: Option<Reign>,
    trouble: Option<String>,
    bell: Arc<Bell>,
}

/// A term that has begun, and the thread that prepares and ends it: opening a log takes time, and the Lease is renewed
/// meanwhile.
struct Reign {
    term: Arc<Term>,
    thread: JoinHandle<()>,
}

impl Elected {
    fn run(mut self) {
        while !self.service.is_ending.load(Ordering::SeqCst) {
            let tried = self.attempt();
            self.say(tried.err());
            let leads = self.candidate.until().is_some_and(|until| Monotonic::now() < until);
            match (&self.reign, leads) {
                (None, true) => self.accede(),
                // Renewed too late: what was done under the term has ended, and another begins.
                (Some(reign), true) if reign.term.is_over() || reign.thread.is_finished() => {
                    self.step_down();
                    self.accede();
                }
                (Some(reign), true) => reign.term.extend(self.candidate.until()),
                (Some(_), false) => self.step_down(),
                (None, false) => {}
            }
            self.bell.wait(self.candidate.pause());
        }
        self.step_down();
        if let Err(error) = self.release() {
            remark(&format!("the Lease could not be given back: {error}\n"));
        }
    }

    fn attempt(&mut self) -> Result<(), String> {
        let Rules { namespace, name, .. } = &self.rules;
        let begun = Monotonic::now();
        let read = self.rules.cluster.lease(namespace, name).map_err(|error| error.to_string())?;
        let spec = read.as_ref().map(Lease::spec);
        let Some(wanted) = self.candidate.wants(spec.as_ref(), begun, &clock()) else { return Ok(()) };
        let written = self.rules.cluster.put_lease((namespace, name), read.as_ref(), &wanted);
        if written.map_err(|error| error.to_string())? {
            self.candidate.wrote(wanted, begun);
        }
        Ok(())
    }

    fn release(&mut self) -> Result<(), String> {
        let Rules { namespace, name, .. } = &self.rules;
        let Some(read) = self.rules.cluster.lease(namespace, name).map_err(|error| error.to_string())? else {
            return Ok(());
        };
        let Some(wanted) = self.candidate.release(&read.spec(), &clock()) else { return Ok(()) };
        let written = self.rules.cluster.put_lease((namespace, name), Some(&read), &wanted);
        written.map(drop).map_err(|error| error.to_string())
    }

    /// Says trouble once.
    fn say(&mut self, trouble: Option<String>) {
        if let Some(trouble) = &trouble
            && self.trouble.as_ref() != Some(trouble)
        {
            remark(&format!("{trouble}\n"));
        }
        self.trouble = trouble;
    }

    fn accede(&mut self) {
        let service = Arc::clone(&self.service);
        let mut record = service.arguments.record.clone();
        if let Some((given, _)) = &self.rules.lead {
            (record.emitter, record.key) = (given.emitter.clone(), given.key.clone());
        }
        let lead = self.rules.lead.clone();
        let term = Arc::new(Term::new(record, self.candidate.until()));
        remark(&format!("this replica leads from now on, by the Lease {}/{}\n", self.rules.namespace, self.rules.name));
        let running = Arc::clone(&term);
        let thread = thread::spawn(move || reign(&service, &running, lead));
        self.reign = Some(Reign { term, thread });
    }

    fn step_down(&mut self) {
        let Some(reign) = self.reign.take() else { return };
        reign.term.end();
        drop(reign.thread.join());
        remark("this replica does not lead any more\n");
    }
}

fn clock() -> String {
    let now = now().unwrap_or(Instant(0)).to_string();
    // The API server takes microseconds (metav1.MicroTime).
    now.strip_suffix('Z').map_or_else(String::new, |now| format!("{now}000Z"))
}

/// Leads to the end of a term: begins the epoch of the lead's emitter, and ends it.
fn reign(service: &Arc<Service>, term: &Arc<Term>, lead: Option<(LogArguments, Basis)>) {
    let emitter = match (lead, service.store) {
        (Some((given, law)), Some(store)) => {
            let Some(emitter) = opened(store, &given, law, term) else { return };
            term.record_by(&emitter);
            rollup::roll_up(service, term);
            let pulse = life::beat(service, &emitter.evidence, emitter.before);
            Some((emitter, pulse))
        }
        _ => None,
    };
    service.lead.begin(term);
    service.door.metrics.leads(true);
    while !term.is_over() {
        thread::sleep(LOOK);
    }
    service.lead.end();
    service.door.metrics.leads(false);
    if let Some((emitter, pulse)) = emitter {
        pulse.end(service);
        emitter.stop();
    }
}

/// Tries until it succeeds, or the term is over.
fn opened(store: &'static dyn Store, given: &LogArguments, law: Basis, term: &Term) -> Option<Emitter> {
    let mut said = String::new();
    while !term.is_over() {
        match Opened::new(store, given, law).and_then(Opened::begin) {
            Ok(emitter) => return Some(emitter),
            Err(error) => {
                let told = format!("the shard of the lead cannot be written: {error:#}\n");
                if told != said {
                    remark(&told);
                    said = told;
                }
                thread::sleep(RETRY);
            }
        }
    }
    None
}
