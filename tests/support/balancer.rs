//! What stands before several replicas in a cluster: connections are passed on as they are, to whoever takes them.
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// One address for several ports of this machine, one after the other; those where nobody listens are passed over.
pub(crate) struct Balancer {
    port: u16,
}

impl Balancer {
    pub(crate) fn start(ports: Vec<u16>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let next = Arc::<AtomicUsize>::default();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let begin = next.fetch_add(1, Ordering::Relaxed);
                let mut tried = (0..ports.len()).map(|step| ports[(begin + step) % ports.len()]);
                let Some(other) = tried.find_map(|port| TcpStream::connect(("127.0.0.1", port)).ok()) else { continue };
                for (from, to) in [(&stream, &other), (&other, &stream)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    // A connection that breaks is its ends' affair.
                    thread::spawn(move || drop(pass(from, to)));
                }
            }
        });
        Self { port }
    }

    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
    let mut bytes = [0; 16 * 1024];
    loop {
        match from.read(&mut bytes) {
            Ok(0) | Err(_) => {
                drop(to.shutdown(Shutdown::Write));
                return Ok(());
            }
            Ok(count) => to.write_all(&bytes[..count])?,
        }
    }
}
