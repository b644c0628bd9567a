//! A scan that becomes evidence, from the command line: what it writes, what it answers, what it refuses.
use assert_cmd::Command;
use serde_json::Value as Json;
use std::{fs, path::Path};
use tempfile::TempDir;

/// A folder with a log in it, and its keys beside it.
pub(crate) struct Lab {
    pub(crate) folder: TempDir,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let lab = Self { folder: tempfile::tempdir().unwrap() };
        lab.run(&[
            "evidence",
            "init",
            "--log",
            "log",
            "--domain",
            "example.org",
            "--spe",
            "demo",
            "--emitter",
            "ci",
            "--lead",
            "--scheduled",
            "--trust-out",
            "trust.policy",
        ])
        .success();
        lab
    }

    /// A folder without a log.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The year of the one shard in a folder's keys.
    #[cfg(feature = "s3")]
    pub(crate) fn year(folder: &Path) -> String {
        let key = fs::read_dir(folder.join("state/speguard/keys")).unwrap().next().unwrap().unwrap().file_name();
        key.to_str()
            .unwrap()
            .split(['~', '.'])
            .find(|part| part.len() == 4 && part.starts_with('2'))
            .unwrap()
            .to_owned()
    }

    /// Runs in the folder.
    pub(crate) fn run(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        Command::new(env!("CARGO_BIN_EXE_speguard"))
            .args(arguments)
            .current_dir(self.path())
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env_remove("GITHUB_REPOSITORY")
            .assert()
    }

    /// Scans an environment of the fixtures into the log.
    pub(crate) fn scan(&self, environment: &str, more: &[&str]) -> assert_cmd::assert::Assert {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/environments").join(environment);
        let mut arguments = vec!["scan", path.to_str().unwrap(), "--log", "log", "--scope", "demo"];
        arguments.extend(more);
        self.run(&arguments)
    }
}

pub(crate) fn out(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stdout).into_owned()
}

pub(crate) fn err(assert: &assert_cmd::assert::Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

#[test]
fn a_run_is_recorded_with_a_receipt_and_a_stranger_finds_nothing_wrong() {
    let lab = Lab::new();
    let leaky = lab.scan("leaky", &[]).code(1);
    assert!(out(&leaky).contains("recorded: entry"), "{}", out(&leaky));
    let compliant = lab.scan("compliant", &["--format", "json"]).code(0);
    let report: Json = serde_json::from_slice(&compliant.get_output().stdout).unwrap();
    assert_eq!(report["evidence"]["status"], "recorded");
    assert_eq!(report["evidence"]["receipt"]["shard"].as_str().unwrap().split('/').nth(3), Some("ci"));
    let verified =
        lab.run(&["evidence", "verify", "--log", "log", "--trust", "trust.policy", "--format", "json"]).code(0);
    let report: Json = serde_json::from_slice(&verified.get_output().stdout).unwrap();
    assert!(report["checks"].as_array().unwrap().iter().all(|check| check["result"] == "held"), "{report:#}");
    assert!(!report["not_checked"].as_array().unwrap().is_empty());
}

#[test]
fn without_a_trust_file_nothing_is_established() {
    let lab = Lab::new();
    let verified = lab.run(&["evidence", "verify", "--log", "log"]).code(3);
    assert!(out(&verified).contains("no trust file was given"), "{}", out(&verified));
}

#[cfg(not(feature = "s3"))]
#[test]
fn a_build_without_buckets_names_the_feature_and_writes_nothing() {
    let lab = Lab::new();
    let init = ["evidence", "init", "--log", "s3://logs/spe", "--domain", "a.example", "--spe", "s", "--emitter", "e"];
    for arguments in
        [&init[..], &["scan", ".", "--log", "s3://logs/spe"], &["evidence", "verify", "--log", "s3://logs"]]
    {
        let refused = lab.run(arguments).code(2);
        assert!(err(&refused).contains("this build lacks the feature `s3`"), "{}", err(&refused));
        assert_eq!(out(&refused), "");
    }
    assert!(!lab.path().join("s3:").exists());
}

#[test]
fn what_leaky_broke_is_met_or_gone_afterwards() {
    let lab = Lab::new();
    lab.scan("leaky", &[]).code(1);
    lab.scan("compliant", &[]).code(0);
    let entries = entries(lab.path());
    let of = |run: usize| {
        let runs: Vec<&Json> = entries.iter().filter(|entry| entry["type"] == "run").collect();
        let id = runs[run]["run"].clone();
        entries.iter().filter(move |entry| entry["type"] == "transition" && entry["run"] == id).collect::<Vec<_>>()
    };
    let opened: Vec<&Json> = of(0).into_iter().filter(|entry| entry["to"] == "not_met").collect();
    assert!(opened.len() > 20 && opened.iter().all(|entry| entry["deviation"] == entry["id"]), "{opened:#?}");
    let closed: Vec<&Json> = of(1).into_iter().filter(|entry| entry["from"] == "not_met").collect();
    assert_eq!(closed.len(), opened.len());
    for one in closed {
        assert!(one.get("to").is_none() || one["to"] == "met" || one["to"] == "not_applicable", "{one}");
        assert!(opened.iter().any(|other| other["deviation"] == one["deviation"]), "{one}");
    }
}

/// Every entry, out of the widest bundle.
fn entries(folder: &Path) -> Vec<Json> {
    let year = fs::read_dir(folder.join("log/demo/ci")).unwrap().next().unwrap().unwrap().path();
    let mut widest: Vec<(usize, Vec<u8>)> = Vec::new();
    for file in fs::read_dir(year.join("tile/entries/000.p")).unwrap() {
        let path = file.unwrap().path();
        widest.push((path.file_name().unwrap().to_str().unwrap().parse().unwrap(), fs::read(path).unwrap()));
    }
    widest.sort();
    let entries = speguard::record::tile::decode_entries(&widest.last().unwrap().1).unwrap();
    entries.iter().map(|entry| serde_json::from_slice(entry).unwrap()).collect()
}

#[test]
fn a_run_whose_rows_are_the_same_keeps_its_result_set_and_makes_no_transitions() {
    let lab = Lab::new();
    lab.scan("compliant", &[]).code(0);
    lab.scan("compliant", &[]).code(0);
    let entries = entries(lab.path());
    let runs: Vec<&Json> = entries.iter().filter(|entry| entry["type"] == "run").collect();
    assert_eq!(runs[0]["results_root"], runs[1]["results_root"]);
    assert_eq!(runs[0]["results_blob"], runs[1]["results_blob"]);
    assert_eq!(runs[1]["transitions"], 0);
}

#[test]
fn an_older_run_is_late_and_changes_no_state() {
    let lab = Lab::new();
    lab.scan("compliant", &[]).code(0);
    lab.scan("leaky", &["--at", "2026-01-01T00:00:00Z"]).code(1);
    let entries = entries(lab.path());
    let late: Vec<&Json> = entries.iter().filter(|entry| entry["type"] == "run" && entry["late"] == true).collect();
    assert_eq!(late.len(), 1);
    let of_it = entries.iter().filter(|entry| entry["type"] == "transition" && entry["run"] == late[0]["run"]);
    assert_eq!(of_it.count(), 0);
}

#[test]
fn a_log_that_cannot_be_written_ends_the_scan_before_it_begins() {
    let lab = Lab::new();
    let cases: [(&[&str], &str); 4] = [
        (&["--log", "nowhere"], "make one with `speguard evidence init`"),
        (&["--log", "trust.policy"], "is a file"),
        (&["--log", "log", "--emitter", "other"], "no key of this log is at hand"),
        (&["--log", "log", "--key", "file:trust.policy"], "is not a key of a log"),
    ];
    for (arguments, words) in cases {
        let mut all = vec!["scan", "."];
        all.extend(arguments);
        let refused = lab.run(&all).code(2);
        assert!(err(&refused).contains(words), "{arguments:?}: {}", err(&refused));
        assert_eq!(out(&refused), "", "{arguments:?}");
    }
    fs::create_dir(lab.path().join("log/keys")).unwrap();
    let inside = lab
        .run(&[
            "evidence",
            "init",
            "--log",
            "log",
            "--domain",
            "a.example",
            "--spe",
            "s",
            "--emitter",
            "e",
            "--key",
            "file:log/keys/k",
        ])
        .code(2);
    assert!(err(&inside).contains("could sign it"), "{}", err(&inside));
}

/// Puts what never answers in the place of a file.
#[cfg(unix)]
fn hang(file: &Path) {
    fs::remove_file(file).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(file).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn a_log_that_never_answers_ends_the_scan_in_time() {
    let lab = Lab::new();
    lab.scan("compliant", &[]).code(0);
    let shard = fs::read_dir(lab.path().join("log/demo/ci")).unwrap().next().unwrap().unwrap().path();
    let run = entries(lab.path()).into_iter().find(|entry| entry["type"] == "run").unwrap();
    let blob = run["results_blob"].as_str().unwrap().trim_start_matches("sha256:").to_owned();
    hang(&shard.join(format!("blobs/sha256/{}/{blob}.gz", &blob[..2])));
    // The rows of the last run are asked for when all is judged, and before the run is written.
    let late = lab.scan("compliant", &["--format", "json", "--report", "text=out.txt", "--log-timeout", "8"]).code(2);
    let report: Json = serde_json::from_slice(&late.get_output().stdout).unwrap();
    assert_eq!((&report["evidence"]["status"], &report["exit"]), (&"not_recorded".into(), &2.into()));
    assert!(report["evidence"]["cause"].as_str().unwrap().contains("no answer within 8 s (--log-timeout)"), "{report}");
    let text = fs::read_to_string(lab.path().join("out.txt")).unwrap();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains("not recorded: ") && text.ends_with("this run is not evidence"), "{text}");
    // And a log that is silent from the first moment lets no scan begin.
    hang(&shard.join("checkpoint"));
    let silent = lab.scan("compliant", &["--log-timeout", "1"]).code(2);
    assert!(err(&silent).contains("no answer within 1 s (--log-timeout)"), "{}", err(&silent));
    assert_eq!(out(&silent), "");
    lab.scan("compliant", &["--log-timeout", "0"]).code(2);
}

#[test]
fn a_run_that_is_not_recorded_is_never_shown_as_good() {
    let lab = Lab::new();
    lab.scan("compliant", &[]).code(0);
    // The results of the last run are gone: nobody can tell what changed.
    let blobs = fs::read_dir(lab.path().join("log/demo/ci")).unwrap().next().unwrap().unwrap().path().join("blobs");
    fs::remove_dir_all(blobs).unwrap();
    let lost =
        lab.scan("compliant", &["--format", "json", "--report", "sarif=out.sarif", "--report", "text=out.txt"]).code(2);
    let report: Json = serde_json::from_slice(&lost.get_output().stdout).unwrap();
    assert_eq!((&report["evidence"]["status"], &report["exit"]), (&"not_recorded".into(), &2.into()));
    let text = fs::read_to_string(lab.path().join("out.txt")).unwrap();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        text.contains("not recorded: the results of the last run") && text.ends_with("this run is not evidence"),
        "{text}"
    );
    let sarif: Json = serde_json::from_slice(&fs::read(lab.path().join("out.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn two_scopes_keep_their_own_waivers_and_attestations() {
    let lab = Lab::new();
    lab.scan("compliant", &[]).code(0);
    lab.scan("half_known", &["--scope", "other"]).code(2);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/environments/half_known");
    lab.run(&["scan", path.to_str().unwrap(), "--log", "log", "--scope", "other"]).code(3);
    let withdrawn = entries(lab.path()).into_iter().filter(|entry| entry["event"] == "withdrawn").count();
    assert_eq!(withdrawn, 0, "a run of one scope withdrew what stands in another");
}

#[test]
fn a_name_in_the_log_cannot_say_what_the_verifier_did_not() {
    let lab = Lab::new();
    fs::write(lab.path().join("log/demo/x\nThe log is established, and nothing is wrong.\n\u{1b}[2J"), "").unwrap();
    fs::write(lab.path().join("log/demo/.tmp-7-0"), "").unwrap();
    let verified = lab.run(&["evidence", "verify", "--log", "log", "--trust", "trust.policy"]).code(1);
    let text = out(&verified);
    assert!(!text.lines().any(|line| line == "The log is established, and nothing is wrong."), "{text}");
    assert!(!text.contains('\u{1b}') && text.contains("no entry covers this file"), "{text}");
    assert!(text.contains(".tmp-7-0`: a temporary file"), "{text}");
}
