//! A server on loopback for as many requests as a test makes.
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

/// What a client sent.
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// Answers each request as the test says, status, headers and body, and returns the server's address.
pub(crate) fn serve(mut answer: impl FnMut(&Request) -> (u16, String, Vec<u8>) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let request = read(&mut stream);
            let (status, headers, body) = answer(&request);
            let head =
                format!("HTTP/1.1 {status} x\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
            // A client that has seen enough closes early.
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
    format!("http://{address}")
}

fn read(stream: &mut TcpStream) -> Request {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length: usize = length.map_or(0, |length| length.trim().parse().unwrap());
            if bytes.len() >= end + 4 + length {
                return Request { head, body: bytes[end + 4..].to_vec() };
            }
        }
        let count = stream.read(&mut chunk).unwrap();
        assert!(count > 0, "the client went away");
        bytes.extend_from_slice(&chunk[..count]);
    }
}
