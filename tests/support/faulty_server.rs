//! An API server as it is seen through faults: plain HTTP before `kubectl proxy`, which speaks to the real one.
use super::control_plane::ControlPlane;
use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// What comes of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Answered with this status.
    Status(u16),
    /// Answered well, after this time.
    Slow(Duration),
}

/// What stands between; dropping it ends it.
pub(crate) struct FaultyServer {
    kubectl: Child,
    port: u16,
    /// The path of the lists that a fault is for.
    fault: Arc<Mutex<(&'static str, Fault)>>,
}

impl FaultyServer {
    pub(crate) fn start(plane: &ControlPlane) -> Self {
        let mut kubectl =
            plane.command(&["proxy", "--port=0"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(kubectl.stdout.take().unwrap()).read_line(&mut said).unwrap();
        let upstream = said.trim().rsplit(' ').next().unwrap().to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let fault = Arc::new(Mutex::new(("", Fault::None)));
        let known = Arc::clone(&fault);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (upstream, known) = (upstream.clone(), Arc::clone(&known));
                // A connection that breaks is one more fault.
                thread::spawn(move || drop(serve(stream, &upstream, &known)));
            }
        });
        Self { kubectl, port, fault }
    }

    /// From now on, lists of this path come to this.
    pub(crate) fn set(&self, path: &'static str, fault: Fault) {
        *self.fault.lock().unwrap() = (path, fault);
    }

    pub(crate) fn kubeconfig(&self, plane: &ControlPlane) -> PathBuf {
        let path = plane.state().join("faulty.kubeconfig");
        let text = format!(
            "apiVersion: v1\nkind: Config\nclusters: [{{name: c, cluster: {{server: 'http://127.0.0.1:{}'}}}}]\n\
             users: [{{name: u, user: {{}}}}]\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\ncurrent-context: c\n",
            self.port
        );
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for FaultyServer {
    fn drop(&mut self) {
        drop(self.kubectl.kill());
        drop(self.kubectl.wait());
    }
}

/// One request of a connection; the client opens another for the next.
fn serve(mut client: TcpStream, upstream: &str, known: &Mutex<(&'static str, Fault)>) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.split(' ').nth(1).unwrap_or_default();
    let (path, fault) = *known.lock().unwrap();
    let is_list = !path.is_empty() && target.split('?').next() == Some(path) && !target.contains("watch=1");
    match fault {
        Fault::Status(status) if is_list => {
            let body = format!(
                r#"{{"kind":"Status","apiVersion":"v1","status":"Failure","message":"a planted fault","reason":"Planted","code":{status}}}"#
            );
            let length = body.len();
            let start = format!("HTTP/1.1 {status} Planted\r\nContent-Type: application/json\r\nConnection: close\r\n");
            return client.write_all(format!("{start}Content-Length: {length}\r\n\r\n{body}").as_bytes());
        }
        Fault::Slow(time) if is_list => thread::sleep(time),
        _ => {}
    }
    let mut server = TcpStream::connect(upstream)?;
    let (first, rest) = head.split_once("\r\n").unwrap();
    let kept: Vec<&str> = rest.lines().filter(|line| !line.to_lowercase().starts_with("connection:")).collect();
    let host = format!("{first}\r\nConnection: close\r\n{}\r\n\r\n", kept.join("\r\n").trim_end());
    server.write_all(host.as_bytes())?;
    io::copy(&mut server, &mut client)?;
    client.shutdown(std::net::Shutdown::Both)
}
