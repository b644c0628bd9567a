//! The witness client against transparency-dev's witness, and against servers that say what no witness should.
use super::{authority, server::serve};
use speguard::record::{
    http::{self, HttpError, Plain},
    merkle::{self, Hash},
    note::{self, Checkpoint, Note, SignerKey, VerifierKey},
    witness::{self, Answer, WitnessError, add_checkpoint, body},
};
use std::{
    cell::RefCell,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

const ORIGIN: &str = "provider.example/evidence/spe-01/lead/2026";

/// A log in memory; its leaves are numbers, so that two logs differ where a test says so.
struct Log {
    key: SignerKey,
    leaves: Vec<Hash>,
}

impl Log {
    fn new(seed: u8, leaves: impl Iterator<Item = u64>) -> Self {
        let leaves = leaves.map(|leaf| merkle::leaf_hash(&leaf.to_be_bytes())).collect();
        Self { key: SignerKey::new(ORIGIN, &[seed; 32]).unwrap(), leaves }
    }

    fn text(&self, size: u64) -> String {
        let root = merkle::root(&self.leaves, size).unwrap();
        Checkpoint { origin: ORIGIN.to_owned(), size, root }.to_text()
    }

    fn note(&self, size: u64) -> String {
        let text = self.text(size);
        Note { signatures: vec![note::sign(&text, &self.key)], text }.encode()
    }

    fn proof(&self, old: u64, new: u64) -> Option<Vec<Hash>> {
        merkle::consistency_proof(&self.leaves, old, new)
    }

    /// Has the witness behind the prefix cosign our checkpoint of this size.
    fn cosign(&self, prefix: &str, known: u64, size: u64) -> Result<String, WitnessError> {
        witness::cosign(prefix, known, &|old| self.proof(old, size), &self.note(size), Plain::Loopback)
    }
}

/// A running witness; it ends with the value.
struct Running {
    process: Child,
    key: VerifierKey,
    prefix: String,
}

impl Running {
    fn start(test: &str, log: &Log) -> Option<Self> {
        let program = program(test)?;
        let key = log.key.verifier_key().to_string();
        let mut command = Command::new(program);
        let mut process =
            command.arg(key).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let key = VerifierKey::parse(&lines.next().unwrap().unwrap()).unwrap();
        let prefix = lines.next().unwrap().unwrap();
        Some(Self { process, key, prefix })
    }

    fn vouches(&self, note: &str, lines: &str) {
        let cosigned = Note::parse(format!("{note}{lines}")).unwrap();
        assert!(note::verify_cosignature(&cosigned, &self.key).unwrap() > 1_700_000_000);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The witness that others wrote: on PATH, or where `tests/tools/build` puts it. Skipping is said.
fn program(test: &str) -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH")
        .into_iter()
        .flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>())
        .map(|folder| folder.join("tlog-witness"));
    let built = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/speguard/tools/bin/tlog-witness"));
    let found = on_path.chain(built).find(|file| file.is_file());
    if found.is_none() {
        #[expect(clippy::print_stderr, reason = "a skipped test is said, not hidden")]
        {
            eprintln!("skipped: {test}: no tlog-witness on PATH; tests/tools/build makes it");
        }
    }
    found
}

#[test]
fn a_witness_cosigns_a_log_as_it_grows() {
    let log = Log::new(1, 0..300);
    let Some(running) = Running::start("a_witness_cosigns_a_log_as_it_grows", &log) else { return };
    let mut known = 0;
    for size in [1, 2, 7, 7, 8, 255, 256, 257, 300] {
        let lines = log.cosign(&running.prefix, known, size).unwrap();
        running.vouches(&log.note(size), &lines);
        assert_eq!(lines.lines().count(), 1);
        known = size;
    }
    // The trailing slash of a prefix is no part of its path.
    log.cosign(&format!("{}/", running.prefix), 300, 300).unwrap();
}

#[test]
fn a_forgotten_size_is_asked_for_and_proved_from() {
    let log = Log::new(1, 0..300);
    let Some(running) = Running::start("a_forgotten_size_is_asked_for_and_proved_from", &log) else { return };
    log.cosign(&running.prefix, 0, 70).unwrap();
    match add_checkpoint(&running.prefix, &body(0, &[], &log.note(300)), Plain::Loopback) {
        Answer::Conflict { size: 70 } => {}
        other => panic!("{other:?}"),
    }
    for (thought, asked) in [(0, vec![70]), (5, vec![5, 70])] {
        let from = RefCell::new(Vec::new());
        let size = 100 + thought;
        let proof = |old| {
            from.borrow_mut().push(old);
            log.proof(old, size)
        };
        let known = if thought == 0 { 70 } else { 100 };
        let lines = witness::cosign(&running.prefix, thought, &proof, &log.note(size), Plain::Loopback).unwrap();
        running.vouches(&log.note(size), &lines);
        let asked: Vec<u64> = asked.into_iter().map(|old| if old == 70 { known } else { old }).collect();
        assert_eq!(from.into_inner(), asked);
    }
    let lost = witness::cosign(&running.prefix, 0, &|_| None, &log.note(300), Plain::Loopback);
    assert!(matches!(lost, Err(WitnessError::Unproven { size: 105 })), "{lost:?}");
}

#[test]
fn two_histories_of_one_log_are_not_both_cosigned() {
    let log = Log::new(1, 0..300);
    let Some(running) = Running::start("two_histories_of_one_log_are_not_both_cosigned", &log) else { return };
    log.cosign(&running.prefix, 0, 100).unwrap();
    let forked = Log::new(1, (0..99).chain(1000..1201));
    let refused = |result: Result<String, WitnessError>| result.unwrap_err().to_string();
    assert!(refused(forked.cosign(&running.prefix, 100, 300)).contains("the log may have been rewritten (status 422)"));
    assert!(refused(forked.cosign(&running.prefix, 0, 300)).contains("the log may have been rewritten (status 422)"));
    for known in [0, 100] {
        let said = refused(forked.cosign(&running.prefix, known, 100));
        assert_eq!(said, "the witness has cosigned another tree of size 100: two histories of this log exist");
    }
    for known in [0, 50] {
        let said = refused(log.cosign(&running.prefix, known, 60));
        assert!(said.starts_with("the log was rewound: the witness has cosigned size 100, and ours is 60"), "{said}");
    }
    let other_key = Log::new(2, 0..300);
    // The specification says 403; this witness fails instead, and signs nothing either way.
    assert_eq!(
        refused(other_key.cosign(&running.prefix, 100, 300)),
        "the witness refused the checkpoint: it failed (status 500)"
    );
    let unknown = log.note(300).replacen("spe-01", "spe-02", 1);
    let said = refused(witness::cosign(&running.prefix, 0, &|old| log.proof(old, 300), &unknown, Plain::Loopback));
    assert!(said.contains("have its operator add it (status 404)"), "{said}");
    // What the witness refused has not moved it.
    running.vouches(&log.note(300), &log.cosign(&running.prefix, 100, 300).unwrap());
}

#[test]
fn a_witness_that_goes_astray_is_not_followed() {
    let log = Log::new(1, 0..300);
    let conflict = |sizes: &'static [u64]| {
        let mut sizes = sizes.iter();
        serve(move |request| {
            assert!(request.head.starts_with("post /w1/add-checkpoint "), "{}", request.head);
            let size = sizes.next().expect("asked once too often");
            (409, "content-type: text/x.tlog.size\r\n".to_owned(), format!("{size}\n").into_bytes())
        }) + "/w1"
    };
    let said = |result: Result<String, WitnessError>| format!("{:?}", result.unwrap_err());
    assert_eq!(said(log.cosign(&conflict(&[10, 20]), 0, 300)), "Moved { size: 20 }");
    assert_eq!(said(log.cosign(&conflict(&[10, 10]), 0, 300)), "Moved { size: 10 }");
    assert_eq!(said(log.cosign(&conflict(&[301]), 0, 300)), "Rewound { known: 301, ours: 300 }");
    assert_eq!(said(log.cosign(&conflict(&[10, 301]), 0, 300)), "Rewound { known: 301, ours: 300 }");
    assert_eq!(said(log.cosign(&conflict(&[300, 300]), 0, 300)), "Forked { size: 300 }");
    assert_eq!(said(log.cosign(&conflict(&[]), 301, 300)), "Rewound { known: 301, ours: 300 }");
    let long = witness::cosign("http://127.0.0.1:1", 1, &|_| Some(vec![[0; 32]; 64]), &log.note(2), Plain::Loopback);
    assert_eq!(said(long), "ProofTooLong { lines: 64 }");
    let unread = witness::cosign("http://127.0.0.1:1", 1, &|_| None, "no checkpoint", Plain::Loopback);
    assert_eq!(said(unread), "Checkpoint");
}

#[test]
fn an_answer_is_bounded_and_no_redirect_is_followed() {
    let endless = serve(|_| (200, String::new(), vec![b'x'; 200 * 1024]));
    let long = http::post(&endless, "text/plain", b"", Plain::Loopback, witness::ANSWER_BYTES_MAX);
    assert!(matches!(long, Err(HttpError::TooLong { bytes_max: witness::ANSWER_BYTES_MAX, .. })), "{long:?}");
    let exact = serve(|_| (200, "Content-Type: Text/Plain; charset=x\r\n".to_owned(), vec![b'x'; 1000]));
    let answer = http::post(&exact, "text/plain", b"", Plain::Loopback, 1000).unwrap();
    assert_eq!((answer.status, answer.content_type.as_str(), answer.body.len()), (200, "text/plain", 1000));

    let elsewhere = serve(|_| panic!("the redirect was followed"));
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {elsewhere}/add-checkpoint\r\n");
        let here = serve(move |_| (status, location.clone(), Vec::new()));
        match add_checkpoint(&here, &body(0, &[], "o\n1\n"), Plain::Loopback) {
            Answer::Refused { status: same, message } => {
                assert!(same == status && message.contains("another address"), "{status}: {message}");
            }
            other => panic!("{status}: {other:?}"),
        }
    }

    // Nobody listens on the port of tcpmux.
    match add_checkpoint("http://127.0.0.1:1", "", Plain::Loopback) {
        Answer::Unreachable(HttpError::Unreachable { url, .. }) => assert!(url.ends_with("/add-checkpoint"), "{url}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_server_with_a_certificate_of_its_own_is_not_spoken_to() {
    if !authority::openssl("a_server_with_a_certificate_of_its_own_is_not_spoken_to") {
        return;
    }
    let authority = authority::Authority::new();
    let mut server = Command::new("openssl")
        .args(["s_server", "-www", "-accept", "127.0.0.1:0", "-cert", "root.pem", "-key", "root.key"])
        .current_dir(authority.path("."))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // It prints `ACCEPT 127.0.0.1:port` once it listens.
    let mut said = String::new();
    let mut output = server.stdout.take().unwrap();
    let mut octet = [0];
    while !(said.contains("ACCEPT ") && said.ends_with('\n')) && output.read(&mut octet).unwrap() == 1 {
        said.push(char::from(octet[0]));
    }
    let address = said.lines().find_map(|line| line.strip_prefix("ACCEPT ")).unwrap().to_owned();
    let answer = http::post(&format!("https://{address}/"), "text/plain", b"", Plain::Loopback, 1000);
    let _ = server.kill();
    let _ = server.wait();
    match answer {
        Err(HttpError::Unreachable { source, .. }) => {
            let source = source.to_string();
            assert!(source.contains("certificate"), "{source}");
        }
        other => panic!("{other:?}"),
    }
}
