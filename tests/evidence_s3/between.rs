//! A machine between a client and a server that passes bytes on, and fails once, at a chosen request.
use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

/// What befalls the request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It arrives, and the connection breaks before the answer.
    AnswerLost,
    /// Neither it nor any after it arrives, and nobody answers.
    Silence,
}

pub(super) struct Between {
    pub(super) endpoint: String,
    plan: Arc<Plan>,
}

struct Plan {
    upstream: String,
    path: &'static str,
    at: usize,
    fault: Fault,
    seen: AtomicUsize,
    struck: AtomicUsize,
}

impl Between {
    /// Listens; the put of number `at`, counted from 0, of those whose path holds `path` meets the fault.
    pub(super) fn start(upstream: &str, path: &'static str, at: usize, fault: Fault) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let upstream = upstream.trim_start_matches("http://").to_owned();
        let plan = Arc::new(Plan { upstream, path, at, fault, seen: AtomicUsize::new(0), struck: AtomicUsize::new(0) });
        let of = Arc::clone(&plan);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let plan = Arc::clone(&of);
                thread::spawn(move || plan.pass(client));
            }
        });
        Self { endpoint, plan }
    }

    pub(super) fn struck(&self) -> usize {
        self.plan.struck.load(Ordering::SeqCst)
    }
}

impl Plan {
    fn pass(&self, mut client: TcpStream) {
        let mut server = TcpStream::connect(&self.upstream).unwrap();
        let broken = Arc::new(AtomicBool::new(false));
        let (mut answers, mut back, cut) = (server.try_clone().unwrap(), client.try_clone().unwrap(), broken.clone());
        thread::spawn(move || {
            let mut bytes = [0; 64 * 1024];
            while let Ok(read @ 1..) = answers.read(&mut bytes) {
                if cut.load(Ordering::SeqCst) || back.write_all(&bytes[..read]).is_err() {
                    break;
                }
            }
            let _ = back.shutdown(Shutdown::Both);
        });
        let mut bytes = [0; 64 * 1024];
        // Requests on one connection follow each other, so that each begins a read of its own.
        while let Ok(read @ 1..) = client.read(&mut bytes) {
            let fault = self.meets(&bytes[..read]);
            if fault == Some(Fault::Silence) {
                // Until the client gives up.
                while let Ok(1..) = client.read(&mut bytes) {}
                break;
            }
            broken.fetch_or(fault.is_some(), Ordering::SeqCst);
            if server.write_all(&bytes[..read]).is_err() {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Write);
    }

    fn meets(&self, request: &[u8]) -> Option<Fault> {
        let line = request.strip_prefix(b"PUT ")?.split(|byte| *byte == b'\r').next()?;
        if !String::from_utf8_lossy(line).contains(self.path) {
            return None;
        }
        let number = self.seen.fetch_add(1, Ordering::SeqCst);
        let met = number == self.at || (self.fault == Fault::Silence && number > self.at);
        met.then(|| {
            self.struck.fetch_add(1, Ordering::SeqCst);
            self.fault
        })
    }
}
