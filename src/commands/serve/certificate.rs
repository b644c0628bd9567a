//! The certificate that is shown: from files, made for this start, or of an authority that is entered where the API server
//! looks and renewed in time.
use super::{Service, guard::Keeper, live, time};
use crate::{
    cli::serve::Serve,
    collect::cluster::Cluster,
    model::Timestamp,
    serve::tls::{
        Certificate, Files, Kept, Obstacle,
        authority::{self, Owner},
        rotation::{Moment, Rotation, Terms, WAITS_MIN},
    },
};
use anyhow::{Context, ensure};
use std::{
    fs,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How long a certificate lasts that nobody renews: longer than any process.
const UNRENEWED_SECONDS: i64 = 10 * 365 * 86_400;

/// What is shown, and who keeps the configuration by which the API server asks.
pub(super) struct Shown {
    pub(super) certificate: Certificate,
    pub(super) obstacle: Obstacle,
    keeper: Option<Keeper>,
}

impl Shown {
    /// Has the configuration kept, on a thread of its own.
    pub(super) fn keep(&mut self) {
        if let Some(keeper) = self.keeper.take() {
            std::thread::spawn(move || keeper.keep());
        }
    }
}

/// Now, by both clocks. A wall clock that shows no time gives 1970: what is dated by it is over for every API server, and
/// nobody is let pass by it.
pub(super) fn moment() -> Moment {
    Moment { wall: time().unwrap_or_default(), steady: Instant::now() }
}

/// What to show.
///
/// # Errors
/// Files that cannot be used; names that cannot stand in a certificate; a cluster that does not answer.
pub(super) fn shown(service: &Service) -> anyhow::Result<Shown> {
    let arguments = &service.arguments;
    let rotation = match &arguments.webhook_configuration {
        Some(_) if arguments.tls_certificate.is_none() => Some(Arc::new(Mutex::new(rotation(service)?))),
        _ => None,
    };
    let certificate = match &rotation {
        Some(rotation) => {
            let rotation = Arc::clone(rotation);
            Arc::new(move || rotation.lock().unwrap_or_else(PoisonError::into_inner).current()) as Certificate
        }
        None => lasting(arguments)?,
    };
    let obstacle: Obstacle = {
        let (rotation, guard) = (rotation.clone(), Arc::clone(&service.guard));
        Arc::new(move || {
            let rotation = rotation.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
            let why = rotation.obstacle(moment())?;
            Some(guard.trouble().map_or_else(|| why.to_owned(), |trouble| format!("{why}: {trouble}")))
        })
    };
    let keeper = match &arguments.webhook_configuration {
        Some(name) => {
            let (cluster, _) = Cluster::connect(&live::access(&arguments.connection))?;
            Some(Keeper::new(name, cluster, rotation, Arc::clone(&service.guard), Arc::clone(&service.door)))
        }
        None => None,
    };
    Ok(Shown { certificate, obstacle, keeper })
}

fn rotation(service: &Service) -> anyhow::Result<Rotation> {
    let arguments = &service.arguments;
    let (validity, wait) = (arguments.certificate_validity, arguments.bundle_wait);
    ensure!(
        wait.saturating_mul(WAITS_MIN) <= validity,
        "`--certificate-validity {validity}` is too short: with `--bundle-wait {wait}` a certificate must last {} seconds",
        wait.saturating_mul(WAITS_MIN)
    );
    let terms = Terms {
        names: arguments.tls_name.clone(),
        owner: owner(service)?,
        validity: Duration::from_secs(validity),
        wait: Duration::from_secs(wait),
    };
    Ok(Rotation::begin(terms, moment())?)
}

/// This start of this emitter. Without a log, the machine's name, which in a pod is the pod's.
fn owner(service: &Service) -> anyhow::Result<Owner> {
    let emitter = service.door.evidence.as_ref().map(|evidence| evidence.emitter().to_owned());
    let machine = || {
        let name = fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
        name.map_or_else(|| "speguard".to_owned(), |name| name.trim().to_owned())
    };
    let start = crate::commands::evidence::ulid().context("this start cannot be named")?.to_string();
    Ok(Owner { emitter: emitter.unwrap_or_else(machine), start })
}

/// The certificate for each new connection, where nobody renews it but whoever writes the files.
fn lasting(arguments: &Serve) -> anyhow::Result<Certificate> {
    if let (Some(certificate), Some(key)) = (&arguments.tls_certificate, &arguments.tls_key) {
        let kept = Kept::read(Files { certificate: certificate.clone(), key: key.clone() })?;
        return Ok(Arc::new(move || kept.current()));
    }
    let owner = Owner { emitter: "speguard".to_owned(), start: "once".to_owned() };
    let at = time()?;
    let until = Timestamp(at.0.saturating_add(UNRENEWED_SECONDS));
    let made = authority::make(&arguments.tls_name, &owner, 1, (at, until))?;
    if let Some(path) = &arguments.authority_out {
        fs::write(path, &made.authority).with_context(|| format!("cannot write `{}`", path.display()))?;
    }
    Ok(Arc::new(move || Arc::clone(&made.config)))
}
