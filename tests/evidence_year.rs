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
pub(crate) struct Lab {
    folder: TempDir,
    /// The year that the commands find themselves in.
    year: i32,
}

/// The secret of the key of last year.
const SEED: [u8; 32] = [7; 32];

impl Lab {
    pub(crate) fn new() -> Self {
        let now = time::OffsetDateTime::from(SystemTime::now());
        let (year, folder) = (now.year(), tempfile::tempdir().unwrap());
        let lab = Self { folder, year };
        let key = SignerKey::new(&lab.origin(year - 1), &SEED).unwrap();
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

    pub(crate) fn path(&self) -> &Path {
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

    /// Writes a trust file, `trust.policy`, that names the keys kept for both years.
    pub(crate) fn trust(&self) {
        let key = |year| SignerKey::from_text(fs::read_to_string(self.key_file(year)).unwrap().trim_end()).unwrap();
        let lines = [self.year - 1, self.year].map(|year| format!("log {}\n", key(year).verifier_key()));
        fs::write(self.path().join("trust.policy"), format!("{}quorum none\n", lines.concat())).unwrap();
    }

    /// A command that has keys by the year of the shard, by their seeds; gives how `--key` names it.
    #[cfg(unix)]
    fn holder(&self, name: &str, seeds: [u8; 2]) -> String {
        for (year, seed) in (self.year - 1..).zip(seeds) {
            // PKCS #8 of an Ed25519 key (RFC 8410).
            let header = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
            fs::write(self.path().join(format!("{name}.{year}")), [&header[..], &[seed; 32]].concat()).unwrap();
        }
        let script = self.path().join(name);
        let text = format!(
            "#!/bin/sh\nset -eu\nkey={}.${{SPEGUARD_ORIGIN##*/}}\ncase $1 in\n\
             public) openssl pkey -inform DER -in $key -pubout -outform DER | base64 -w 0 ;;\n\
             sign) cat > message.$$\nopenssl pkeyutl -sign -rawin -inkey $key -keyform DER -in message.$$ | base64 -w 0\n\
             rm message.$$ ;;\nesac\n",
            script.display()
        );
        fs::write(&script, text).unwrap();
        fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        format!("exec:{}", script.display())
    }

    /// The report of a verification by a trust file that names both years.
    fn verify(&self, more: &[&str]) -> (i32, String) {
        self.trust();
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

#[cfg(unix)]
#[test]
fn a_command_that_has_the_key_of_a_year_is_asked_for_that_of_the_next() {
    let lab = Lab::new();
    let old = SignerKey::new(&lab.origin(lab.year - 1), &SEED).unwrap().verifier_key();
    let holder = lab.holder("kms", [SEED[0], 8]);
    fs::write(lab.key_file(lab.year - 1), format!("{holder}\n")).unwrap();
    let told = said(&lab.scan("leaky", &[]).code(1));
    assert!(told.contains("The year has changed"), "{told}");
    assert_eq!(fs::read_to_string(lab.key_file(lab.year)).unwrap(), format!("{holder}\n"));
    let new = SignerKey::new(&lab.origin(lab.year), &[8; 32]).unwrap().verifier_key();
    assert!(told.contains(&format!("log {new}")), "{told}");
    fs::write(lab.path().join("trust.policy"), format!("log {old}\nlog {new}\nquorum none\n")).unwrap();
    // What had the key of the old year is needed no more.
    fs::write(lab.key_file(lab.year - 1), "exec:/nowhere/kms\n").unwrap();
    lab.scan("compliant", &[]).code(0);
    let verified = lab.run(&["evidence", "verify", "--log", "log", "--trust", "trust.policy"]).code(0);
    assert!(out(&verified).contains("it goes on from"), "{}", out(&verified));
}

#[cfg(unix)]
#[test]
fn a_command_with_no_key_for_the_next_year_changes_nothing_and_init_names_another() {
    let lab = Lab::new();
    let holder = lab.holder("kms", [SEED[0], SEED[0]]);
    fs::write(lab.key_file(lab.year - 1), format!("{holder}\n")).unwrap();
    let new = lab.path().join(format!("log/demo/ci/{}", lab.year));
    let closed = || {
        let shown = lab.run(&["evidence", "show", "key", "--log", "log", "--format", "json"]).code(0);
        new.exists() || out(&shown).contains("\"close\"")
    };
    let refused = lab.scan("leaky", &[]).code(2);
    let told = said(&refused);
    assert!(told.contains("each shard has its own") && told.contains("--previous-key"), "{told}");
    assert!(out(&refused).is_empty() && !lab.key_file(lab.year).exists() && !closed());
    fs::remove_file(lab.path().join(format!("kms.{}", lab.year))).unwrap();
    let told = said(&lab.scan("leaky", &[]).code(2));
    assert!(told.contains("kms") && told.contains("--previous-key"), "{told}");
    assert!(!closed());
    let next = lab.holder("next", [9, 10]);
    let init = ["evidence", "init", "--log", "log", "--domain", "example.org", "--spe", "demo", "--emitter", "ci"];
    let keys = ["--key", &next, "--previous-key", &holder, "--trust-out", "both.policy"];
    lab.run(&[&init[..], &keys].concat()).success();
    assert!(closed());
    lab.scan("leaky", &["--key", &next]).code(1);
    lab.scan("compliant", &[]).code(0);
    lab.run(&["evidence", "verify", "--log", "log", "--trust", "both.policy"]).code(0);
    let again = lab.run(&[&init[..], &["--key", &next, "--previous-key", &holder]].concat()).code(2);
    assert!(said(&again).contains("is here already"), "{}", said(&again));
}

#[cfg(unix)]
#[test]
fn a_log_that_falls_silent_while_the_year_changes_ends_the_scan_in_time_and_the_next_finishes() {
    let lab = Lab::new();
    let first = lab.path().join(format!("log/demo/ci/{}/checkpoints/{:020}", lab.year, 0));
    fs::create_dir_all(first.parent().unwrap()).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&first).status().unwrap().success());
    let silent = lab.scan("compliant", &["--log-timeout", "4"]).code(2);
    let told = said(&silent);
    assert!(told.contains("no answer within 4 s (--log-timeout)") && told.contains("the year has changed"), "{told}");
    assert_eq!(out(&silent), "");
    // The old year is closed; its successor is made by whoever writes next.
    fs::remove_dir_all(lab.path().join(format!("log/demo/ci/{}", lab.year))).unwrap();
    let next = lab.scan("compliant", &["--log-timeout", "60"]).code(0);
    assert!(said(&next).contains("The year has changed"), "{}", said(&next));
    let (code, text) = lab.verify(&["--log", "log"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("it goes on from"), "{text}");
}
