//! A log in a bucket, on a real server (versitygw over a folder): its whole life, and what cannot be begun.
//!
//! The server's create-only put looks first and then renames, so `init` may refuse it, and should when it catches it.
//! The log whose life is followed is therefore made in a folder and put into the bucket object by object.
use crate::{
    evidence_anchor::authority_in,
    evidence_formats::program,
    evidence_scan::{Lab, err, out},
    evidence_year,
};
use assert_cmd::{Command, assert::Assert};
use speguard::record::{
    s3::Bucket,
    store::{Put, Store},
};
use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};
use tempfile::TempDir;

mod between;
use between::{Between, Fault};

pub(crate) const LOG: &str = "s3://logs/spe/evidence";
const SECRET: &str = "a-secret-of-this-test";

/// A running server over a folder with the bucket `logs`, or the way to one; it ends with the value.
pub(crate) struct Server {
    /// None where this only leads to another.
    process: Option<Child>,
    endpoint: String,
}

impl Server {
    pub(crate) fn start(test: &str, folder: &Path, more: &[&str]) -> Option<Self> {
        let program = program(test, "versitygw", "s3")?;
        for name in ["buckets/logs", "metadata"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("127.0.0.1:{port}");
        let mut command = std::process::Command::new(program);
        command.args(["--port", &address, "--access", "tester", "--secret", SECRET, "--quiet"]).args(more);
        command.args(["posix", "--sidecar"]).arg(folder.join("metadata")).arg(folder.join("buckets"));
        let process = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let server = Self { process: Some(process), endpoint: format!("http://{address}") };
        let started = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "the server does not answer");
            thread::sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    pub(crate) fn variable(&self, name: &str) -> Option<String> {
        match name {
            "AWS_ACCESS_KEY_ID" => Some("tester".to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some(SECRET.to_owned()),
            "AWS_REGION" => Some("us-east-1".to_owned()),
            "AWS_ENDPOINT_URL" => Some(self.endpoint.clone()),
            _ => None,
        }
    }

    /// Runs beside a lab's keys, with the credentials given.
    fn run(&self, lab: &Path, secret: &str, arguments: &[&str]) -> Assert {
        let mut command = Command::new(env!("CARGO_BIN_EXE_speguard"));
        for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "AWS_SESSION_TOKEN", "GITHUB_REPOSITORY"] {
            command.env_remove(name);
        }
        for name in ["AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_ENDPOINT_URL"] {
            command.env(name, self.variable(name).unwrap());
        }
        command.env("AWS_SECRET_ACCESS_KEY", secret).env("XDG_STATE_HOME", lab.join("state"));
        command.args(arguments).current_dir(lab).assert()
    }

    fn scan(&self, lab: &Path, secret: &str, environment: &str, log: &str) -> Assert {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/environments").join(environment);
        self.run(lab, secret, &["scan", path.to_str().unwrap(), "--log", log, "--scope", "demo"])
    }

    fn init(&self, lab: &Path, log: &str) -> Assert {
        let who = ["--domain", "example.org", "--spe", "demo", "--emitter", "other", "--lead", "--scheduled"];
        self.run(lab, SECRET, &[&["evidence", "init", "--log", log, "--trust-out", "new.policy"], &who[..]].concat())
    }

    fn bucket(&self) -> Bucket {
        Bucket::new(LOG, |name| self.variable(name)).unwrap()
    }

    /// Puts a log that lies in a folder into the bucket.
    pub(crate) fn seed(&self, log: &Path) {
        let bucket = self.bucket();
        for file in files(log) {
            let path = file.strip_prefix(log).unwrap().to_str().unwrap().to_owned();
            let bytes = fs::read(&file).unwrap();
            assert_eq!(bucket.create(&path, &bytes).unwrap(), Put::Created, "{path}");
            assert_eq!(bucket.create(&path, b"other").unwrap(), Put::Exists, "{path}");
            assert_eq!(bucket.get(&path).unwrap(), Some(bytes), "{path}");
        }
        assert_eq!(bucket.get("nothing/here").unwrap(), None);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// All files below a folder, in order; of a server's folder those that are objects.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if !path.is_dir() {
                found.push(path);
            } else if path.file_name().unwrap() != ".sgwtmp" {
                folders.push(path);
            }
        }
    }
    found.sort();
    found
}

fn snapshot(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    files(folder).into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

#[test]
fn a_log_in_a_bucket_takes_runs_and_a_stranger_finds_nothing_wrong() {
    let storage = tempfile::tempdir().unwrap();
    let Some(server) =
        Server::start("a_log_in_a_bucket_takes_runs_and_a_stranger_finds_nothing_wrong", storage.path(), &[])
    else {
        return;
    };
    let lab = Lab::new();
    server.seed(&lab.path().join("log"));
    let first = server.scan(lab.path(), SECRET, "leaky", LOG).code(1);
    assert!(out(&first).contains("recorded: entry"), "{}", out(&first));
    let verify = ["evidence", "verify", "--log", LOG, "--trust", "trust.policy"];
    server.run(lab.path(), SECRET, &verify).code(0);
    let second = server.scan(lab.path(), SECRET, "compliant", LOG).code(0);
    assert!(out(&second).contains("recorded: entry"), "{}", out(&second));
    server.run(lab.path(), SECRET, &verify).code(0);
    let runs = server.run(lab.path(), SECRET, &["evidence", "show", "run", "--log", LOG, "--format", "json"]).code(0);
    assert_eq!(out(&runs).matches("\"results_root\"").count(), 2, "{}", out(&runs));
    // The same objects as in a folder, so a copy is the log too.
    let copy = storage.path().join("buckets/logs/spe/evidence");
    let copy = ["evidence", "verify", "--log", copy.to_str().unwrap(), "--trust", "trust.policy"];
    server.run(lab.path(), SECRET, &copy).code(0);
    assert!(!lab.path().join("s3:").exists());
}

#[test]
fn init_makes_a_log_or_says_that_the_storage_cannot_hold_one_and_leaves_no_probe() {
    let storage = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(
        "init_makes_a_log_or_says_that_the_storage_cannot_hold_one_and_leaves_no_probe",
        storage.path(),
        &[],
    ) else {
        return;
    };
    let lab = tempfile::tempdir().unwrap();
    let init = server.init(lab.path(), "s3://logs/new");
    let kept = files(&storage.path().join("buckets/logs"));
    assert!(kept.iter().all(|file| !file.to_string_lossy().contains(".tmp-")), "{kept:?}");
    if init.get_output().status.code() == Some(0) {
        let verify = ["evidence", "verify", "--log", "s3://logs/new", "--trust", "new.policy"];
        server.run(lab.path(), SECRET, &verify).code(0);
        assert!(err(&server.init(lab.path(), "s3://logs/new").code(2)).contains("new.policy` exists"));
    } else {
        assert!(err(&init).contains("the storage cannot hold a log"), "{}", err(&init));
        init.code(2);
        assert_eq!((kept, files(lab.path())), (vec![], vec![]));
    }
}

/// Both verbs that begin something end with these words, and nothing is written: no object, no key, no trust file.
fn nothing_begins(server: &Server, storage: &TempDir, lab: &Path, log: &str, secret: &str, words: &str) {
    let before = (snapshot(&storage.path().join("buckets")), files(lab));
    let scan = server.scan(lab, secret, "compliant", log).code(2);
    let who = ["--domain", "example.org", "--spe", "demo", "--emitter", "other", "--trust-out", "new.policy"];
    let init = server.run(lab, secret, &[&["evidence", "init", "--log", log], &who[..]].concat()).code(2);
    for said in [err(&scan), err(&init)] {
        assert!(said.contains(words) && said.contains("s3://"), "{said}");
        assert!(!said.contains(secret) && !said.contains("<?xml"), "{said}");
    }
    assert!(!out(&scan).contains("recorded"), "{}", out(&scan));
    assert_eq!((snapshot(&storage.path().join("buckets")), files(lab)), before);
}

#[test]
fn wrong_credentials_and_a_bucket_that_is_not_there_are_said_and_nothing_is_written() {
    let storage = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(
        "wrong_credentials_and_a_bucket_that_is_not_there_are_said_and_nothing_is_written",
        storage.path(),
        &[],
    ) else {
        return;
    };
    let lab = Lab::new();
    server.seed(&lab.path().join("log"));
    let begins = |log, secret, words| nothing_begins(&server, &storage, lab.path(), log, secret, words);
    begins(LOG, "another-secret", "does not accept these credentials (SignatureDoesNotMatch)");
    begins("s3://nowhere/log", SECRET, "the bucket `nowhere` does not exist");
    let unread = ["evidence", "verify", "--log", LOG, "--trust", "trust.policy"];
    let unread = server.run(lab.path(), "another-secret", &unread).code(2);
    assert!(err(&unread).contains("(SignatureDoesNotMatch)") && out(&unread).is_empty(), "{}", err(&unread));
    for (log, words) in [("s3://nowhere/log", "`nowhere` does not exist"), ("s3://logs/empty", "no log is at")] {
        let verify = server.run(lab.path(), SECRET, &["evidence", "verify", "--log", log]).code(2);
        assert!(err(&verify).contains(words), "{}", err(&verify));
    }
    let none = server.run(lab.path(), "", &["evidence", "verify", "--log", LOG]).code(2);
    assert!(err(&none).contains("no credentials for the bucket are set"), "{}", err(&none));
    let gone = Server { process: None, endpoint: server.endpoint.clone() };
    drop(server);
    let gone = gone.run(lab.path(), SECRET, &["evidence", "verify", "--log", LOG]).code(2);
    assert!(err(&gone).contains("check AWS_ENDPOINT_URL and the network"), "{}", err(&gone));
}

#[test]
fn a_bucket_that_refuses_writes_is_said_and_nothing_is_written() {
    let storage = tempfile::tempdir().unwrap();
    let Some(server) =
        Server::start("a_bucket_that_refuses_writes_is_said_and_nothing_is_written", storage.path(), &[])
    else {
        return;
    };
    let lab = Lab::new();
    server.seed(&lab.path().join("log"));
    drop(server);
    let Some(server) =
        Server::start("a_bucket_that_refuses_writes_is_said_and_nothing_is_written", storage.path(), &["--readonly"])
    else {
        return;
    };
    nothing_begins(&server, &storage, lab.path(), LOG, SECRET, "the server does not allow it with these credentials");
    let verify = ["evidence", "verify", "--log", LOG, "--trust", "trust.policy"];
    server.run(lab.path(), SECRET, &verify).code(0);
}

#[test]
fn every_verb_works_on_a_bucket_and_only_checkpoint_is_ever_replaced() {
    let test = "every_verb_works_on_a_bucket_and_only_checkpoint_is_ever_replaced";
    let storage = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(test, storage.path(), &[]) else { return };
    let lab = Lab::new();
    server.seed(&lab.path().join("log"));
    let tsa = authority_in(lab.path());
    let evidence = |code: i32, arguments: &[&str]| {
        let told = server.run(lab.path(), SECRET, &[&["evidence"], arguments, &["--log", LOG]].concat()).code(code);
        out(&told)
    };
    server.scan(lab.path(), SECRET, "leaky", LOG).code(1);
    let before = snapshot(&storage.path().join("buckets"));
    evidence(0, &["anchor", "--tsa", &tsa, "--tsa-roots", "roots.pem", "--chain", "chain.pem"]);
    server.scan(lab.path(), SECRET, "compliant", LOG).code(0);
    evidence(0, &["prove", "--index", "1", "--out", "one.tlog-proof"]);
    assert!(fs::read_to_string(lab.path().join("one.tlog-proof")).unwrap().starts_with("c2sp.org/tlog-proof@v1\n"));
    assert!(evidence(0, &["status"]).contains("example.org/evidence/demo/ci/"));
    assert_eq!(evidence(0, &["show", "anchor", "--format", "json"]).matches("token.tsr").count(), 1);
    evidence(0, &["rotate-key"]);
    server.scan(lab.path(), SECRET, "compliant", LOG).code(0);
    let year = Lab::year(lab.path());
    evidence(0, &["package", "--period", &year, "--out", "package.zip"]);
    let trusted = ["--trust", "trust.policy", "--tsa-roots", "roots.pem"];
    evidence(0, &[&["verify"], &trusted[..]].concat());
    let package = [&["evidence", "verify", "--package", "package.zip"], &trusted[..]].concat();
    server.run(lab.path(), SECRET, &package).code(0);
    for (file, bytes) in before {
        let name = file.file_name().unwrap();
        assert!(name == "checkpoint" || fs::read(&file).unwrap() == bytes, "{} was replaced", file.display());
    }
}

#[test]
fn a_list_of_several_pages_is_whole_and_a_verifier_sees_what_a_lost_race_left() {
    let test = "a_list_of_several_pages_is_whole_and_a_verifier_sees_what_a_lost_race_left";
    let storage = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(test, storage.path(), &[]) else { return };
    let folder = storage.path().join("buckets/logs/spe/evidence");
    // More than the 1000 that one answer holds, and a neighbour whose name begins alike.
    for name in ["many", "many-more"] {
        fs::create_dir_all(folder.join(name)).unwrap();
        (0..2100).for_each(|number| fs::write(folder.join(format!("{name}/{number:05}")), b"x").unwrap());
    }
    let bucket = server.bucket();
    let expected: Vec<String> = (0..2100).map(|number| format!("many/{number:05}")).collect();
    assert_eq!(bucket.list("many").unwrap(), expected);
    assert_eq!(bucket.list("").unwrap().len(), 4200);
    bucket.create("many/.tmp-left", b"x").unwrap();
    assert_eq!((bucket.list("many").unwrap().len(), bucket.everything("many").unwrap().len()), (2100, 2101));
    bucket.delete("many/.tmp-left").unwrap();
    bucket.delete("many/.tmp-left").unwrap();
    assert_eq!(bucket.everything("many").unwrap(), expected);
}

#[test]
fn a_put_whose_answer_was_lost_is_put_again_and_stands_once() {
    let test = "a_put_whose_answer_was_lost_is_put_again_and_stands_once";
    let storage = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(test, storage.path(), &[]) else { return };
    let lab = Lab::new();
    server.seed(&lab.path().join("log"));
    // The answers to the puts of `run_start` and of the run are lost, each once.
    for number in [0, 1] {
        let between = Between::start(&server.endpoint, "/journal/", number, Fault::AnswerLost);
        let server = Server { process: None, endpoint: between.endpoint.clone() };
        let scan = server.scan(lab.path(), SECRET, "compliant", LOG).code(0);
        assert!(out(&scan).contains("recorded: entry"), "{}", out(&scan));
        assert_eq!(between.struck(), 1);
    }
    let verify = ["evidence", "verify", "--log", LOG, "--trust", "trust.policy"];
    server.run(lab.path(), SECRET, &verify).code(0);
    let runs = server.run(lab.path(), SECRET, &["evidence", "show", "run", "--log", LOG, "--format", "json"]).code(0);
    assert_eq!(out(&runs).matches("\"results_root\"").count(), 2, "{}", out(&runs));
}

#[test]
fn a_server_that_falls_silent_leaves_it_unknown_and_the_next_run_goes_on() {
    let test = "a_server_that_falls_silent_leaves_it_unknown_and_the_next_run_goes_on";
    let storage = tempfile::tempdir().unwrap();
    let Some(server) = Server::start(test, storage.path(), &[]) else { return };
    let lab = Lab::new();
    server.seed(&lab.path().join("log"));
    // The run itself is put second, after `run_start`.
    let between = Between::start(&server.endpoint, "/journal/", 1, Fault::Silence);
    let silent = Server { process: None, endpoint: between.endpoint.clone() };
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/environments/compliant");
    let scan = ["scan", path.to_str().unwrap(), "--log", LOG, "--scope", "demo", "--log-timeout", "8"];
    let scan = [&scan[..], &["--format", "json", "--report", "text=out.txt", "--report", "sarif=out.sarif"]].concat();
    let unknown = silent.run(lab.path(), SECRET, &scan).code(2);
    assert_eq!(between.struck(), 1);
    let report: serde_json::Value = serde_json::from_slice(&unknown.get_output().stdout).unwrap();
    assert_eq!((&report["evidence"]["status"], &report["exit"]), (&"unknown".into(), &2.into()));
    let cause = report["evidence"]["cause"].as_str().unwrap();
    assert!(cause.contains("/journal/") && cause.ends_with("no answer within 8 s (--log-timeout)"), "{cause}");
    let text = fs::read_to_string(lab.path().join("out.txt")).unwrap();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("not known whether it is recorded") && text.ends_with("this run is not evidence"), "{text}");
    let sarif: serde_json::Value = serde_json::from_slice(&fs::read(lab.path().join("out.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
    server.scan(lab.path(), SECRET, "compliant", LOG).code(0);
    let verify = ["evidence", "verify", "--log", LOG, "--trust", "trust.policy"];
    server.run(lab.path(), SECRET, &verify).code(0);
}

#[test]
fn the_year_changes_in_a_bucket_though_an_answer_is_lost_or_never_comes() {
    let test = "the_year_changes_in_a_bucket_though_an_answer_is_lost_or_never_comes";
    // First the segment that closes the old year is put, then the one that opens the new.
    for (number, fault) in [(0, Fault::AnswerLost), (1, Fault::AnswerLost), (0, Fault::Silence), (1, Fault::Silence)] {
        let storage = tempfile::tempdir().unwrap();
        let Some(server) = Server::start(test, storage.path(), &[]) else { return };
        let lab = evidence_year::Lab::new();
        server.seed(&lab.path().join("log"));
        let between = Between::start(&server.endpoint, "/journal/", number, fault);
        let faulty = Server { process: None, endpoint: between.endpoint.clone() };
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/environments/compliant");
        let scan = ["scan", path.to_str().unwrap(), "--log", LOG, "--scope", "demo", "--log-timeout", "8"];
        let scanned = faulty.run(lab.path(), SECRET, &scan);
        assert_eq!(between.struck(), 1);
        if fault == Fault::Silence {
            // The run did not begin, so that nothing is in doubt about it.
            let scanned = scanned.code(2);
            assert!(err(&scanned).contains("no answer within 8 s (--log-timeout)"), "{}", err(&scanned));
            assert_eq!(out(&scanned), "");
        } else {
            assert!(err(&scanned.code(0)).contains("The year has changed"));
        }
        server.scan(lab.path(), SECRET, "compliant", LOG).code(0);
        lab.trust();
        let verify = ["evidence", "verify", "--log", LOG, "--trust", "trust.policy"];
        let verified = server.run(lab.path(), SECRET, &verify).code(0);
        assert!(out(&verified).contains("it goes on from"), "{}", out(&verified));
    }
}
