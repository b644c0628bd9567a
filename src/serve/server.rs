//! HTTPS: routes, limits, and a certificate that can be changed while it runs.
use super::{
    door::Door,
    due::{Claim, Due},
    review::{self, Answer},
    tls::{Certificate, Obstacle},
};
use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, RawQuery, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
    sync::{Notify, Semaphore},
    time,
};
use tokio_rustls::TlsAcceptor;

/// A review holds the object twice; etcd takes at most 1.5 MiB of each, and JSON may write it at twice that.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Requests that are judged at once; more wait, and more than wait are told to come again.
const JUDGED_AT_ONCE: usize = 8;
const WAITING_MAX: usize = 512;

/// A client that has not finished its handshake by then has gone away.
const HANDSHAKE: Duration = Duration::from_secs(5);

/// What connections that are open get to finish in when the process ends; below the API server's own patience.
const FAREWELL: Duration = Duration::from_secs(10);

struct Shared {
    door: Arc<Door>,
    obstacle: Obstacle,
    judging: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

/// A port that is ours, and what serves on it.
pub struct Listening {
    runtime: Runtime,
    listener: TcpListener,
    address: SocketAddr,
    stop: Arc<Notify>,
}

/// Takes a port.
///
/// # Errors
/// A port that is taken or may not be, or a system without threads left.
pub fn listen(address: SocketAddr) -> Result<Listening, ListenError> {
    let failed = |cause: std::io::Error| ListenError { address, cause };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    let listener = runtime.block_on(TcpListener::bind(address)).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok(Listening { runtime, listener, address, stop: Arc::default() })
}

/// Nobody can be served there.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {cause}")]
pub struct ListenError {
    address: SocketAddr,
    cause: std::io::Error,
}

impl Listening {
    /// Where it listens; the port is the one that was taken, where any was asked for.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Has [`Listening::serve`] end in order, when it is called.
    pub fn stop(&self) -> impl Fn() + Send + 'static {
        let stop = Arc::clone(&self.stop);
        move || stop.notify_one()
    }

    /// Serves until the process is asked to end (SIGTERM, SIGINT, [`Listening::stop`]), then lets open requests finish.
    pub fn serve(self, door: Arc<Door>, certificate: Certificate, obstacle: Obstacle) {
        self.runtime.block_on(serve((door, obstacle), self.listener, certificate, self.stop));
    }
}

async fn asked_to_end(stop: Arc<Notify>) {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminated => {}
        () = stop.notified() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

async fn serve(
    (door, obstacle): (Arc<Door>, Obstacle),
    listener: TcpListener,
    certificate: Certificate,
    stop: Arc<Notify>,
) {
    let shared = Arc::new(Shared {
        door,
        obstacle,
        judging: Arc::new(Semaphore::new(JUDGED_AT_ONCE)),
        waiting: Arc::new(Semaphore::new(JUDGED_AT_ONCE + WAITING_MAX)),
    });
    let routes = Router::new()
        .route("/admit", post(admit))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(shared);
    let graceful = GracefulShutdown::new();
    let stop = asked_to_end(stop);
    tokio::pin!(stop);
    loop {
        let accepted: std::io::Result<(tokio::net::TcpStream, SocketAddr)> = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        // A connection that could not be made is the client's to make again.
        let Ok((stream, _)) = accepted else {
            time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        drop(stream.set_nodelay(true));
        let (acceptor, routes, watcher) = (TlsAcceptor::from(certificate()), routes.clone(), graceful.watcher());
        tokio::spawn(async move {
            let Ok(Ok(stream)) = time::timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
            let builder = Builder::new(TokioExecutor::new());
            let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes));
            // How a connection ends is its client's affair; each answer was given or not.
            drop(watcher.watch(connection.into_owned()).await);
        });
    }
    drop(listener);
    drop(time::timeout(FAREWELL, graceful.shutdown()).await);
}

async fn admit(State(shared): State<Arc<Shared>>, RawQuery(query): RawQuery, body: Bytes) -> Response {
    let begun = Instant::now();
    let due = Due::of(query.as_deref(), begun);
    let Ok(waiting) = Arc::clone(&shared.waiting).try_acquire_owned() else {
        return again(&body, || shared.door.busy(begun));
    };
    let room = Arc::clone(&shared.judging).acquire_owned();
    let Ok(Ok(room)) = time::timeout_at(due.judge_by.into(), room).await else {
        return again(&body, || shared.door.busy(begun));
    };
    let claim = Arc::<Claim>::default();
    let (door, taken, read) = (Arc::clone(&shared.door), Arc::clone(&claim), body.clone());
    let mut judged = tokio::task::spawn_blocking(move || {
        // Whoever is answered for the lack of time still takes up the room.
        let _taken_up = (waiting, room);
        door.open(&read, due.answer_by, &taken)
    });
    let late = time::sleep_until(due.judge_by.into());
    let judged = tokio::select! {
        judged = &mut judged => judged,
        () = late => match claim.take() {
            true => return again(&body, || shared.door.late(begun)),
            false => judged.await,
        },
    };
    match judged {
        Ok(Ok(Some(answer))) => json(answer),
        Ok(Ok(None)) => again(&body, || shared.door.late(begun)),
        Ok(Err(cause)) => (StatusCode::BAD_REQUEST, format!("{cause}\n")).into_response(),
        // A rule that panics is a fault of ours: the API server then holds to the webhook's failurePolicy.
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the request could not be judged\n").into_response(),
    }
}

/// To be tried again, with status 200: anything else would be an opaque failure to who asked.
fn again(body: &[u8], answer: impl FnOnce() -> Answer) -> Response {
    let Ok(request) = review::read(body) else {
        return (StatusCode::BAD_REQUEST, "the body is no AdmissionReview\n").into_response();
    };
    review::reply(&request.uid, &answer()).map_or_else(|error| error.to_string().into_response(), json)
}

fn json(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], bytes).into_response()
}

async fn ready(State(shared): State<Arc<Shared>>) -> Response {
    let not_yet = |why: String| (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response();
    match (shared.door.inventory.is_synced(), (shared.obstacle)()) {
        (false, _) => not_yet("the cluster has not been read to its end yet".to_owned()),
        (true, Some(why)) => not_yet(why),
        (true, None) => "ready\n".into_response(),
    }
}

async fn metrics(State(shared): State<Arc<Shared>>) -> Response {
    let door = &shared.door;
    door.metrics.known(door.inventory.is_synced(), door.inventory.size(), door.inventory.held());
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], door.metrics.text()).into_response()
}
