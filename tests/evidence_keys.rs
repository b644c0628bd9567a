//! Keys that a command has (`--key exec:CMD`), with openssl in the place of a KMS.
use crate::evidence_scan::{err, out};
use assert_cmd::{Command, assert::Assert};
use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command as Program,
};
use tempfile::TempDir;

/// A folder with commands that have keys.
struct Lab(TempDir);

impl Lab {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    /// A shell script; gives how `--key` names it.
    fn command(&self, name: &str, script: &str) -> String {
        let path = self.path(name);
        fs::write(&path, format!("#!/bin/sh\nset -eu\n{script}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        format!("exec:{path}")
    }

    /// A command that has a new key, and signs with `signs` where it is another.
    fn holder(&self, name: &str, signs: &str) -> String {
        for key in [name, signs] {
            let pem = self.path(&format!("{key}.pem"));
            if !Path::new(&pem).exists() {
                let made = Program::new("openssl").args(["genpkey", "-algorithm", "ed25519", "-out", &pem]).output();
                assert!(made.unwrap().status.success(), "openssl makes no Ed25519 key");
            }
        }
        let (key, signs, message) =
            (self.path(&format!("{name}.pem")), self.path(&format!("{signs}.pem")), self.path("message"));
        self.command(
            name,
            &format!(
                "case $1 in\n\
                 public) openssl pkey -in {key} -pubout -outform DER | base64 -w 0 ;;\n\
                 sign) cat > {message}.$$\n\
                 openssl pkeyutl -sign -rawin -inkey {signs} -in {message}.$$ | base64 -w 0\n\
                 rm {message}.$$ ;;\n\
                 esac"
            ),
        )
    }

    fn run(&self, arguments: &[&str]) -> Assert {
        let mut command = Command::new(env!("CARGO_BIN_EXE_speguard"));
        command.args(arguments).current_dir(self.0.path()).env("XDG_STATE_HOME", self.path("state"));
        command.env_remove("GITHUB_REPOSITORY").assert()
    }

    fn evidence(&self, code: i32, arguments: &[&str]) -> Assert {
        self.run(&[&["evidence"], arguments, &["--log", "log"]].concat()).code(code)
    }

    fn init(&self, code: i32, key: &str) -> Assert {
        let who = ["--domain", "example.org", "--spe", "demo", "--emitter", "ci", "--lead", "--scheduled"];
        self.evidence(code, &[&["init", "--key", key, "--trust-out", "trust.policy"], &who[..]].concat())
    }

    fn scan(&self, code: i32, more: &[&str]) -> Assert {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/environments/compliant");
        let scan = ["scan", path.to_str().unwrap(), "--log", "log", "--scope", "demo"];
        self.run(&[&scan, more].concat()).code(code)
    }

    fn verify(&self, code: i32) -> String {
        out(&self.evidence(code, &["verify", "--trust", "trust.policy"]))
    }

    /// The files of a folder; none where it is not there.
    fn names(&self, folder: &str) -> Vec<String> {
        let found = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> = found.map(|file| file.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    fn nothing_was_made(&self) {
        assert_eq!((self.names("log"), self.names("state/speguard/keys")), (vec![], vec![]));
        assert!(!Path::new(&self.path("trust.policy")).exists());
    }
}

#[test]
fn a_command_signs_for_a_log_that_a_stranger_believes() {
    let lab = Lab::new();
    let holder = lab.holder("kms", "kms");
    let told = out(&lab.init(0, &holder));
    assert!(told.contains(&format!("with `{}`", holder.trim_start_matches("exec:"))), "{told}");
    // It is remembered, without a secret, by the name of the shard.
    let keys = lab.names("state/speguard/keys");
    let kept = lab.path(&format!("state/speguard/keys/{}", keys[0]));
    assert_eq!((keys.len(), fs::read_to_string(&kept).unwrap()), (1, format!("{holder}\n")));
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(out(&lab.scan(0, &[])).contains("recorded: entry"));
    // Where nothing is remembered, as in CI, the command is named.
    fs::remove_file(&kept).unwrap();
    assert!(err(&lab.scan(2, &[])).contains("no key of this log is at hand"));
    assert!(out(&lab.scan(0, &["--key", &holder])).contains("recorded: entry"));
    let year = keys[0].split(['~', '.']).find(|part| part.len() == 4 && part.starts_with('2')).unwrap();
    let export = ["export", "--key", &holder, "--format", "intoto", "--period", year, "--out", "runs.intoto.jsonl"];
    lab.evidence(0, &export);
    lab.evidence(0, &["package", "--key", &holder, "--period", year, "--out", "package.zip"]);
    lab.verify(0);
    lab.run(&["evidence", "verify", "--package", "package.zip", "--trust", "trust.policy"]).code(0);
    let holds = lab.holder("other", "other");
    assert!(err(&lab.scan(2, &["--key", &holds])).contains("no checkpoint of"), "another key is refused");
}

#[test]
fn a_signature_that_does_not_fit_is_never_used() {
    let lab = Lab::new();
    let refused = err(&lab.init(2, &lab.holder("kms", "another")));
    assert!(refused.contains("does not fit the key example.org/evidence/demo/ci/"), "{refused}");
    lab.nothing_was_made();
    let holder = lab.holder("kms", "kms");
    lab.init(0, &holder);
    // The run is durable before anything is signed; what is missing is the checkpoint, and the next makes it.
    lab.holder("kms", "another");
    let unsigned = out(&lab.scan(0, &[]));
    assert!(unsigned.contains("recorded: entry") && unsigned.contains("does not fit the key"), "{unsigned}");
    lab.holder("kms", "kms");
    lab.scan(0, &[]);
    lab.verify(0);
}

#[test]
fn a_command_that_fails_or_answers_something_else_is_told_and_nothing_is_made() {
    let lab = Lab::new();
    let public = "[ $1 = sign ] || { head -c 32 /dev/zero | base64; exit; }\n";
    let vkey = "other.example/evidence/demo/ci/2026+00000000+AQ==";
    for (script, words) in [
        ("echo no such key: alias/log >&2; exit 3".to_owned(), "fails: no such key: alias/log"),
        ("exit 3".to_owned(), "fails: it does not say why"),
        ("head -c 2000 /dev/zero | tr '\\0' x >&2; exit 1".to_owned(), "fails: xxx"),
        ("echo".to_owned(), "must print an Ed25519 key"),
        ("echo AAAA".to_owned(), "must print an Ed25519 key"),
        (format!("echo {vkey}"), "must print an Ed25519 key"),
        (format!("{public}echo locked >&2; exit 1"), "nothing was signed with the key of `example.org"),
        (format!("{public}echo not/base64!"), "must print the signature in base64"),
        (format!("{public}head -c 64 /dev/zero | base64 -w 0"), "does not fit the key"),
    ] {
        let said = err(&lab.init(2, &lab.command("kms", &script)));
        assert!(said.contains(words) && said.len() < 1200, "{script}: {said}");
        lab.nothing_was_made();
    }
    for (key, words) in [("exec:", "exec:CMD"), ("exec:  ", "exec:CMD"), ("exec:/nowhere/kms", "cannot be started")] {
        assert!(err(&lab.init(2, key)).contains(words), "{key}");
    }
    // A key that says whose it is must be that of the shard.
    let other = speguard::record::note::SignerKey::new("other.example/evidence/demo/ci/2026", &[1; 32]).unwrap();
    let said = err(&lab.init(2, &lab.command("kms", &format!("echo {}", other.verifier_key()))));
    assert!(said.contains("has the key of `other.example/evidence/demo/ci/2026`, and that of `example.org"), "{said}");
    lab.nothing_was_made();
}

#[test]
fn a_shard_is_handed_on_from_one_command_to_another() {
    let lab = Lab::new();
    lab.init(0, &lab.holder("kms", "kms"));
    lab.scan(0, &[]);
    let said = err(&lab.evidence(2, &["rotate-key"]));
    assert!(said.contains("with --new-key exec:CMD"), "{said}");
    let said = err(&lab.evidence(2, &["rotate-key", "--new-key", &lab.holder("kms", "kms")]));
    assert!(said.contains("the new key is the old one"), "{said}");
    let new = lab.holder("new", "new");
    lab.evidence(0, &["rotate-key", "--new-key", &new]);
    let kept = lab.names("state/speguard/keys");
    assert!(kept.len() == 2 && kept.iter().any(|name| name.ends_with(".retired")), "{kept:?}");
    lab.scan(0, &[]);
    lab.scan(0, &["--key", &new]);
    lab.verify(0);
    // And to a file, where that is asked for.
    lab.evidence(0, &["rotate-key", "--new-key", "file:held.key"]);
    lab.scan(0, &["--key", "file:held.key"]);
    assert!(err(&lab.scan(2, &["--key", &new])).contains("no checkpoint of"));
    lab.verify(0);
}
