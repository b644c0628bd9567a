//! The change of year from the command line: a log of last year, and what the commands of this year make of it.
use crate::evidence_scan::out;
use assert_cmd::{Command, assert::Assert};
use speguard::record::{
    disk::RealDisk,
    entry::{Body, Gap, GapCause, Instant, Role, Shard, ShardEvent, Ulid},
    log::{Draft, Log},
    note::SignerKey,
    place::Place,
    store::Directory,
};
use std::{fs, path::Path, time::SystemTime};
use tempfile::TempDir;

/// A log whose only shard is of last year, and its key where keys are looked for.
struct Lab {
    folder: TempDir,
    /// The year that the commands find themselves in.
    year: i32,
}

impl Lab {
    fn new() -> Self {
        let now = time::OffsetDateTime::from(SystemTime::now());
        let (year, folder) = (now.year(), tempfile::tempdir().unwrap());
        let lab = Self { folder, year };
        let key = SignerKey::new(&lab.origin(year - 1), &[7; 32]).unwrap();
        let shard = Shard {
            event: ShardEvent::Open,
            emitter: "ci".to_owned(),
            role: Role::Scheduled,
            lead: true,
            vkey: key.verifier_key().to_string(),
            previous: None,
            retention_until: None,
        };
        let gap = Gap {
            item: "ci".to_owned(),
            from: Instant(1),
            to: Instant(2),
            cause: GapCause::Upgrade,
            decisions_lost: 0,
        };
        fs::create_dir_all(lab.keys()).unwrap();
        fs::write(lab.key_file(year - 1), format!("{}\n", key.to_text())).unwrap();
        let store = Directory::new(&lab.path().join("log"), RealDisk, "test").unwrap();
        let mut log = Log::create(&store, Place::parse(key.name()).unwrap(), key).unwrap();
        let at = Instant((now.unix_timestamp() - 366 * 86_400) * 1000);
        let drafts = [Body::Shard(shard), Body::Gap(gap)].into_iter().zip(1..).map(|(body, number)| Draft {
            observed: at,
            id: Ulid::new(at, [number; 10]),
            body,
        });
        let drafts: Vec<Draft> = drafts.collect();
        log.append(at, &mut |_| Ok(drafts.clone())).unwrap();
        log.publish().unwrap();
        drop(log);
        lab
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn keys(&self) -> std::path::PathBuf {
        self.path().join("state/speguard/keys")
    }

    fn key_file(&self, year: i32) -> std::path::PathBuf {
        self.keys().join(format!("{}.key", self.origin(year).replace('/', "~")))
    }

    #[expect(clippy::unused_self, reason = "reads like the rest")]
    fn origin(&self, year: i32) -> String {
        format!("example.org/evidence/demo/ci/{year}")
    }

    fn run(&self, arguments: &[&str]) -> Assert {
        Command::new(env!("CARGO_BIN_EXE_speguard"))
            .args(arguments)
            .current_dir(self.path())
            .env("XDG_STATE_HOME", self.path().join("state"))
            .env_remove("GITHUB_REPOSITORY")
            .assert()
    }

    fn scan(&self, environment: &str, more: &[&str]) -> Assert {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/environments").join(environment);
        let arguments = ["scan", path.to_str().unwrap(), "--log", "log", "--scope", "demo"];
        self.run(&[&arguments[..], more].concat())
    }

    /// The report of a verification by a trust file that names both years.
    fn verify(&self, more: &[&str]) -> (i32, String) {
        let key = |year| SignerKey::from_text(fs::read_to_string(self.key_file(year)).unwrap().trim_end()).unwrap();
        let lines = [self.year - 1, self.year].map(|year| format!("log {}\n", key(year).verifier_key()));
        fs::write(self.path().join("trust.policy"), format!("{}quorum none\n", lines.concat())).unwrap();
        let verified = self.run(&[&["evidence", "verify", "--trust", "trust.policy"][..], more].concat());
        (verified.get_output().status.code().unwrap(), out(&verified))
    }
}

fn said(assert: &Assert) -> String {
    String::from_utf8_lossy(&assert.get_output().stderr).into_owned()
}

#[test]
fn a_scan_changes_the_year_and_says_what_must_be_done() {
    let lab = Lab::new();
    let first = lab.scan("leaky", &[]).code(1);
    let key = SignerKey::from_text(fs::read_to_string(lab.key_file(lab.year)).unwrap().trim_end()).unwrap();
    assert_eq!(key.name(), lab.origin(lab.year));
    let told = said(&first);
    assert!(told.contains(&format!("`{}` is closed", lab.origin(lab.year - 1))), "{told}");
    assert!(told.contains(&format!("log {}", key.verifier_key())), "{told}");
    let second = lab.scan("leaky", &[]).code(1);
    assert!(!said(&second).contains("The year has changed"), "{}", said(&second));
    let (code, text) = lab.verify(&["--log", "log"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains(&format!("it goes on from `{}` at size 4", lab.origin(lab.year - 1))), "{text}");
}

#[test]
fn a_key_that_is_named_by_hand_needs_a_next_one_before_anything_is_scanned() {
    let lab = Lab::new();
    fs::rename(lab.key_file(lab.year - 1), lab.path().join("old")).unwrap();
    let refused = lab.scan("leaky", &["--key", "file:old"]).code(2);
    let told = said(&refused);
    assert!(told.contains("speguard evidence init") && told.contains("--previous-key file:OLD"), "{told}");
    assert!(out(&refused).is_empty());
    assert!(!lab.path().join(format!("log/demo/ci/{}", lab.year)).exists());
    let init = |more: &[&str]| {
        let arguments = ["evidence", "init", "--log", "log", "--domain", "example.org", "--spe", "demo"];
        lab.run(&[&arguments[..], &["--emitter", "ci", "--key", "file:new"], more].concat())
    };
    let made = init(&["--previous-key", "file:old", "--trust-out", "both.policy"]).success();
    assert!(out(&made).contains("The year has changed"), "{}", out(&made));
    let trust = fs::read_to_string(lab.path().join("both.policy")).unwrap();
    assert_eq!(trust.lines().filter(|line| line.starts_with("log ")).count(), 2, "{trust}");
    lab.scan("leaky", &["--key", "file:new"]).code(1);
    let verified = lab.run(&["evidence", "verify", "--log", "log", "--trust", "both.policy"]).code(0);
    assert!(out(&verified).contains("it goes on from"));
    let again = init(&["--previous-key", "file:old"]).code(2);
    assert!(said(&again).contains("is here already"), "{}", said(&again));
}

#[test]
fn a_package_over_the_change_of_year_holds_both_shards() {
    let lab = Lab::new();
    lab.scan("leaky", &[]).code(1);
    lab.scan("compliant", &[]);
    let period = format!("{}-01-01/{}-01-01", lab.year - 1, lab.year + 1);
    let package = ["evidence", "package", "--log", "log", "--period", &period, "--out", "years.zip"];
    lab.run(&package).success();
    let (code, text) = lab.verify(&["--package", "years.zip"]);
    assert_eq!(code, 0, "{text}");
    for year in [lab.year - 1, lab.year] {
        assert!(text.contains(&format!("{}: ", lab.origin(year))), "{text}");
    }
    assert!(text.contains("it goes on from"), "{text}");
    assert!(text.contains("those of 2 runs are the difference to the run before"), "{text}");
}
