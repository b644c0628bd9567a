//! The commands that have others vouch for a log: time stamps, witnesses; each on a log made by `evidence init`.
use crate::evidence_time::{
    authority::{Authority, P256, VALID, openssl},
    server::serve,
};
use assert_cmd::Command;
use base64::{Engine, prelude::BASE64_STANDARD};
use speguard::record::{
    http::Plain,
    merkle::{Hash, verify_consistency},
    note::{Checkpoint, Note, SignerKey, VerifierKey, cosign, verify},
    witness,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{SystemTime, UNIX_EPOCH},
};

/// A log of its own, with the keys beside it.
pub(crate) struct Kept {
    folder: tempfile::TempDir,
}

impl Kept {
    pub(crate) fn new() -> Self {
        let kept = Self { folder: tempfile::tempdir().unwrap() };
        let trust = kept.path("trust.policy");
        let names = ["init", "--domain", "example.org", "--spe", "demo", "--emitter", "ci", "--lead", "--scheduled"];
        kept.run(0, &[&names[..], &["--trust-out", &trust]].concat());
        kept
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Where the one shard lies.
    pub(crate) fn shard(&self) -> PathBuf {
        let emitter = self.folder.path().join("log/demo/ci");
        fs::read_dir(emitter).unwrap().next().unwrap().unwrap().path()
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_speguard"));
        command.env("XDG_STATE_HOME", self.folder.path().join("state")).arg("evidence").args(arguments);
        command.args(["--log", &self.path("log")]);
        command
    }

    /// Runs a verb of `evidence` on the log; gives what it printed, on standard output and on standard error.
    pub(crate) fn run_both(&self, code: i32, arguments: &[&str]) -> (String, String) {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{arguments:?}\n{out}\n{err}");
        (out, err)
    }

    /// As [`Self::run_both`], where nothing but the report may be printed, or nothing but the error.
    pub(crate) fn run(&self, code: i32, arguments: &[&str]) -> String {
        let (out, err) = self.run_both(code, arguments);
        let (said, silent) = if code == 2 { (err, out) } else { (out, err) };
        assert_eq!(silent, "", "{arguments:?}");
        said
    }

    /// Verifies with the trust file and what else is given.
    pub(crate) fn verify(&self, code: i32, more: &[&str]) -> String {
        let trust = self.path("trust.policy");
        self.run(code, &[&["verify", "--trust", &trust][..], more].concat())
    }

    pub(crate) fn size(&self) -> u64 {
        let mut names: Vec<_> =
            fs::read_dir(self.shard().join("checkpoints")).unwrap().map(|file| file.unwrap().file_name()).collect();
        names.sort();
        names.pop().unwrap().to_string_lossy().parse().unwrap()
    }
}

/// An authority that stamps whatever it is sent, and its roots.
fn authority(kept: &Kept) -> (String, String) {
    (authority_in(kept.folder.path()), kept.path("roots.pem"))
}

/// As [`authority`]; its certificates are written to `roots.pem` and `chain.pem` in a folder.
pub(crate) fn authority_in(folder: &Path) -> String {
    let authority = Authority::new();
    authority.issue("stamp", P256, "stamp", Some("between"), VALID);
    fs::write(folder.join("roots.pem"), authority.read("root.pem")).unwrap();
    fs::write(folder.join("chain.pem"), authority.read("between.pem")).unwrap();
    serve(move |request| {
        let reply = authority.reply("stamp", "v2-sha256", &request.body, &[]);
        (200, "content-type: application/timestamp-reply\r\n".to_owned(), reply)
    })
}

/// A witness as the specification has it: it cosigns what grows from what it has cosigned, and tells its size otherwise.
pub(crate) fn witness(name: &str, log: VerifierKey) -> (String, VerifierKey) {
    let key = SignerKey::new(name, &[name.len() as u8; 32]).unwrap();
    let public = key.cosigner_key();
    let seen: Arc<Mutex<Option<Checkpoint>>> = Arc::default();
    let url = serve(move |request| {
        let body = String::from_utf8(request.body.clone()).unwrap();
        let (head, note) = body.split_once("\n\n").unwrap();
        let note = Note::parse(note).unwrap();
        let plain = String::new;
        if verify(&note, &log).is_err() {
            return (403, plain(), Vec::new());
        }
        let checkpoint = Checkpoint::parse(&note.text).unwrap();
        let mut lines = head.lines();
        let old: u64 = lines.next().unwrap().strip_prefix("old ").unwrap().parse().unwrap();
        let proof: Vec<Hash> = lines.map(|line| BASE64_STANDARD.decode(line).unwrap().try_into().unwrap()).collect();
        let mut seen = seen.lock().unwrap();
        if let Some(seen) = seen.as_ref() {
            if seen.size != old {
                let size = format!("{}\n", seen.size).into_bytes();
                return (409, "content-type: text/x.tlog.size\r\n".to_owned(), size);
            }
            if !verify_consistency(old, checkpoint.size, &seen.root, &checkpoint.root, &proof) {
                return (422, plain(), Vec::new());
            }
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let line = format!("{}\n", cosign(&note.text, &key, now));
        *seen = Some(checkpoint);
        (200, plain(), line.into_bytes())
    });
    (url, public)
}

/// The key of the log, as the trust file names it.
pub(crate) fn log_key(kept: &Kept) -> VerifierKey {
    let trust = fs::read_to_string(kept.path("trust.policy")).unwrap();
    VerifierKey::parse(trust.lines().find_map(|line| line.strip_prefix("log ")).unwrap()).unwrap()
}

#[test]
fn a_checkpoint_is_stamped_entered_and_verified() {
    if !openssl("a_checkpoint_is_stamped_entered_and_verified") {
        return;
    }
    let kept = Kept::new();
    let (url, roots) = authority(&kept);
    let chain = kept.path("chain.pem");
    let anchor = ["anchor", "--tsa", &url, "--tsa-roots", &roots];
    // Without the certificate between, the token leads nowhere, and nothing is kept.
    let said = kept.run(2, &anchor);
    assert!(said.contains("nothing was entered") && !kept.shard().join("anchors").exists(), "{said}");
    let with_chain = [&anchor[..], &["--chain", &chain]].concat();
    let said = kept.run(0, &with_chain);
    assert!(said.contains("size     1 of example.org") && said.contains("CN=stamp"), "{said}");
    assert!(said.contains("entry    1\n") && said.contains("renew    before 2099"), "{said}");
    let names: Vec<_> = ["chain.pem", "request.tsq", "token.tsr"]
        .iter()
        .filter(|name| kept.shard().join("anchors/1").join(name).is_file())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    let said = kept.run(0, &with_chain);
    assert!(said.starts_with("Size 1 of example.org/evidence/demo/ci/") && said.contains("anchored already"), "{said}");
    assert_eq!(kept.size(), 2);
    let said = kept.verify(0, &["--tsa-roots", &roots]);
    assert!(said.contains("1 by O=Example, CN=stamp, from "), "{said}");
    let said = kept.verify(0, &[]);
    assert!(said.contains("no roots of authorities were given, with --tsa-roots"), "{said}");
    let said = kept.run(0, &[&with_chain[..], &["--again"]].concat());
    assert!(said.contains("size     2 of"), "{said}");
    kept.verify(0, &["--tsa-roots", &roots]);
}

#[test]
fn what_a_crash_left_of_an_anchor_is_entered_by_the_next() {
    if !openssl("what_a_crash_left_of_an_anchor_is_entered_by_the_next") {
        return;
    }
    let kept = Kept::new();
    let (url, roots) = authority(&kept);
    let other = Kept::new();
    let chain = kept.path("chain.pem");
    let anchor = ["anchor", "--tsa", &url, "--tsa-roots", &roots, "--chain", &chain];
    // The token of another log stands where a crash would have left one.
    other.run(0, &anchor);
    fs::create_dir_all(kept.shard().join("anchors/1")).unwrap();
    let left = kept.shard().join("anchors/1/token.tsr");
    fs::copy(other.shard().join("anchors/1/token.tsr"), &left).unwrap();
    let said = kept.run(2, &anchor);
    assert!(said.contains("was kept, and does not hold") && said.contains("stamps other data"), "{said}");
    fs::remove_file(&left).unwrap();
    fs::write(kept.shard().join("anchors/1/request.tsq"), b"x").unwrap();
    let said = kept.run(2, &anchor);
    assert!(said.contains("holds files of no token"), "{said}");
    fs::remove_file(kept.shard().join("anchors/1/request.tsq")).unwrap();

    let before = copy(&kept);
    kept.run(0, &anchor);
    fs::copy(kept.shard().join("anchors/1/token.tsr"), before.join("token.tsr")).unwrap();
    restore(&kept, &before);
    kept.verify(1, &[]);
    let said = kept.run(0, &anchor);
    assert!(said.starts_with("A run before this one was cut off") && said.contains("anchored already"), "{said}");
    kept.verify(0, &["--tsa-roots", &roots]);
}

/// The log as it is now, to be put back.
fn copy(kept: &Kept) -> PathBuf {
    let to = PathBuf::from(kept.path("before"));
    copy_folder(Path::new(&kept.path("log")), &to.join("log"));
    to
}

/// Puts the log back, with a token that was kept and not entered.
fn restore(kept: &Kept, before: &Path) {
    let log = PathBuf::from(kept.path("log"));
    fs::remove_dir_all(&log).unwrap();
    copy_folder(&before.join("log"), &log);
    fs::create_dir_all(kept.shard().join("anchors/1")).unwrap();
    fs::copy(before.join("token.tsr"), kept.shard().join("anchors/1/token.tsr")).unwrap();
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        let target = to.join(file.file_name());
        if file.file_type().unwrap().is_dir() {
            copy_folder(&file.path(), &target);
        } else {
            fs::copy(file.path(), target).unwrap();
        }
    }
}

#[test]
fn witnesses_meet_at_one_checkpoint_and_make_the_quorum() {
    let kept = Kept::new();
    let log = log_key(&kept);
    let (one, one_key) = witness("audit.example/w1", log.clone());
    let (two, two_key) = witness("hdab.example/witness", log.clone());
    let said = kept.run(0, &["witness", "status"]);
    assert!(said.contains("No witness has cosigned it"), "{said}");
    let trust =
        format!("log {log}\nwitness one {one_key}\nwitness two {two_key}\ngroup both all one two\nquorum both\n");
    fs::write(kept.path("trust.policy"), trust).unwrap();
    let said = kept.verify(3, &[]);
    assert!(said.contains("no checkpoint carries the cosignatures"), "{said}");

    let said = kept.run(0, &["witness", "add", "--url", &one, "--vkey", &one_key.to_string()]);
    assert!(said.contains("size      1 of") && said.contains("by audit.example/w1") && said.contains("entry     1"));
    kept.verify(3, &[]);
    let said = kept.run(0, &["witness", "add", "--url", &two, "--vkey", &two_key.to_string()]);
    assert!(said.contains("size      1 of") && said.contains("entry     2"), "{said}");
    let said = kept.verify(0, &[]);
    assert!(said.contains("one, two cosigned size 1") && said.contains("2 by witnesses of the trust file"), "{said}");
    // Who fetches `checkpoint` sees both lines.
    let hint = Note::parse(fs::read(kept.shard().join("checkpoint")).unwrap()).unwrap();
    assert_eq!(hint.signatures.len(), 3);
    let said = kept.run(0, &["witness", "add", "--url", &one, "--vkey", &one_key.to_string()]);
    assert!(said.contains("has cosigned size 1 of") && said.contains("already"), "{said}");
    assert_eq!(Note::parse(fs::read(kept.shard().join("checkpoint")).unwrap()).unwrap(), hint);
    let said = kept.run(0, &["witness", "status"]);
    assert!(said.contains("hdab.example/witness") && said.contains("2 entries since"), "{said}");

    // A line that was changed, and entered as it is, convinces nobody.
    let file = kept.shard().join(format!("anchors/1/cosig-{:08x}", one_key.id));
    let line = fs::read_to_string(&file).unwrap();
    fs::write(&file, line.replace("audit.example", "xudit.example")).unwrap();
    let said = kept.verify(1, &[]);
    assert!(said.contains("it is not the file that was entered"), "{said}");
}

#[test]
fn a_witness_that_has_seen_more_is_given_the_newest_and_a_rewound_log_is_told() {
    let kept = Kept::new();
    let (url, key) = witness("audit.example/w1", log_key(&kept));
    let key = key.to_string();
    let add = ["witness", "add", "--url", &url, "--vkey", &key];
    let before = PathBuf::from(kept.path("before"));
    copy_folder(Path::new(&kept.path("log")), &before);
    kept.run(0, &add);
    // The log forgets that it was cosigned: the witness does not, and cosigns the same again.
    fs::remove_dir_all(kept.path("log")).unwrap();
    copy_folder(&before, Path::new(&kept.path("log")));
    kept.run(0, &add);
    // A witness that was shown a later checkpoint by another way than this command is given the newest.
    let (other, other_key) = witness("other.example/witness", log_key(&kept));
    let other_key = other_key.to_string();
    let add_other = ["witness", "add", "--url", &other, "--vkey", &other_key];
    let newest = fs::read_to_string(kept.shard().join(format!("checkpoints/{:020}", kept.size()))).unwrap();
    witness::cosign(&other, 0, &|_| None, &newest, Plain::Loopback).unwrap();
    let said = kept.run(0, &add_other);
    assert!(said.contains("size      2 of") && said.contains("entry     2"), "{said}");
    kept.verify(0, &[]);

    let said = kept.run(2, &["witness", "add", "--url", &url, "--vkey", &log_key(&kept).to_string()]);
    assert!(said.contains("is that of a log"), "{said}");
    let (third, third_key) = witness("third/witness", log_key(&kept));
    let third_key = third_key.to_string();
    let said = kept.run(2, &["witness", "add", "--url", &url, "--vkey", &third_key]);
    assert!(said.contains("has cosigned with another key"), "{said}");
    let said = kept.run(2, &["witness", "add", "--url", "http://127.0.0.1:1", "--vkey", &third_key]);
    assert!(said.contains("could not be asked"), "{said}");
    kept.run(0, &["witness", "add", "--url", &third, "--vkey", &third_key]);

    fs::remove_dir_all(kept.path("log")).unwrap();
    copy_folder(&before, Path::new(&kept.path("log")));
    let said = kept.run(2, &add_other);
    assert!(said.contains("the log was rewound: the witness has cosigned size 2, and ours is 1"), "{said}");
}

#[test]
fn a_shard_is_handed_on_to_a_new_key() {
    let kept = Kept::new();
    let old = log_key(&kept);
    let origin = old.name.clone();
    let said = kept.run(0, &["rotate-key"]);
    assert!(said.contains("entry    1\n") && said.contains("~2.key") && said.contains(".key.retired"), "{said}");
    let new = said.lines().find_map(|line| line.strip_prefix("vkey     ")).unwrap().to_owned();
    // With the old trust file, with the new one, with both, with another.
    let said = kept.verify(0, &[]);
    assert!(said.contains(&format!("handed it on to the key {new} at size 2")), "{said}");
    fs::write(kept.path("trust.policy"), format!("log {new}\nquorum none\n")).unwrap();
    let said = kept.verify(0, &[]);
    assert!(!said.contains("handed it on"), "{said}");
    let stranger = SignerKey::new(&origin, &[9; 32]).unwrap().verifier_key();
    fs::write(kept.path("trust.policy"), format!("log {stranger}\nquorum none\n")).unwrap();
    let said = kept.verify(1, &[]);
    assert!(said.contains("the trust file names another key for this shard"), "{said}");
    fs::write(kept.path("trust.policy"), format!("log {new}\nquorum none\n")).unwrap();

    // The next commands find the new key; the old one is of no use any more.
    let (url, key) = witness("audit.example/w1", VerifierKey::parse(&new).unwrap());
    kept.run(0, &["witness", "add", "--url", &url, "--vkey", &key.to_string()]);
    let retired = format!("{}.key.retired", origin.replace('/', "~"));
    let retired = format!("file:{}", kept.path(&format!("state/speguard/keys/{retired}")));
    let said = kept.run(2, &["rotate-key", "--key", &retired]);
    assert!(said.contains("no checkpoint of") && said.contains("is signed by it"), "{said}");
    let said = kept.run(0, &["rotate-key"]);
    assert!(said.contains("~3.key"), "{said}");
    kept.verify(0, &[]);
}

#[test]
fn a_rotation_that_was_cut_off_is_finished_and_nothing_is_written_with_the_old_key_before() {
    let kept = Kept::new();
    kept.run(0, &["rotate-key"]);
    // As if it had been killed after the entry: no checkpoint, no tiles, and both keys as they were.
    let shard = kept.shard();
    for name in ["checkpoints/00000000000000000002", "tile/0/000.p/2", "tile/entries/000.p/2"] {
        fs::remove_file(shard.join(name)).unwrap();
    }
    fs::copy(shard.join("checkpoints/00000000000000000001"), shard.join("checkpoint")).unwrap();
    let keys = PathBuf::from(kept.path("state/speguard/keys"));
    let old = format!("{}.key", log_key(&kept).name.replace('/', "~"));
    fs::rename(keys.join(format!("{old}.retired")), keys.join(&old)).unwrap();
    let (url, key) = witness("audit.example/w1", log_key(&kept));
    let said = kept.run(2, &["witness", "add", "--url", &url, "--vkey", &key.to_string()]);
    assert!(said.contains("`speguard evidence rotate-key` finishes it"), "{said}");
    let said = kept.run(0, &["rotate-key"]);
    assert!(said.contains("A run before this one was cut off; it is finished."), "{said}");
    assert!(!keys.join(&old).exists() && kept.size() == 2);
    kept.verify(0, &[]);
}

#[test]
fn a_compromised_key_leaves_established_what_others_had_seen() {
    let kept = Kept::new();
    let said = kept.run(2, &["rotate-key", "--compromised-at", "2999-01-01T00:00:00Z"]);
    assert!(said.contains("it has not come yet"), "{said}");
    let said = kept.run(2, &["rotate-key", "--compromised-at", "yesterday"]);
    assert!(said.contains("write it as 2026-11-21T20:14:03Z"), "{said}");
    let said = kept.run(0, &["rotate-key", "--compromised-at", "2026-11-21T20:14:03Z"]);
    assert!(said.contains("entry    2\n") && said.contains("is not established any more"), "{said}");
    let said = kept.verify(3, &[]);
    assert!(said.contains("in other hands from 2026-11-21T20:14:03.000Z on: what stands above size 0"), "{said}");
}

#[test]
fn e29_what_cannot_be_run_exits_2_and_says_why_on_standard_error_alone() {
    let kept = Kept::new();
    let vkey = SignerKey::new("w/w", &[1; 32]).unwrap().cosigner_key().to_string();
    fs::write(kept.path("no.pem"), b"no certificate").unwrap();
    let (none, missing) = (kept.path("no.pem"), kept.path("missing.pem"));
    let why = ["--basis", "b", "--approver", "a"];
    let tsa = "http://127.0.0.1:1";
    let digest = format!("sha256:{}", "0".repeat(64));
    let cases: Vec<(Vec<&str>, &str)> = vec![
        (vec!["anchor", "--tsa", tsa, "--tsa-roots", &missing], "cannot read the certificates"),
        (vec!["anchor", "--tsa", tsa, "--tsa-roots", &none], "cannot be used"),
        (vec!["anchor", "--tsa", tsa], "--tsa-roots"),
        (vec!["witness", "add", "--url", tsa, "--vkey", "w+1+x"], "is not a verifier key"),
        (vec!["witness", "add", "--url", tsa, "--vkey", &vkey], "could not be asked"),
        (vec!["witness", "add", "--url", "http://witness.example", "--vkey", &vkey], "could not be asked"),
        (vec!["witness", "add", "--emitter", "other", "--url", tsa, "--vkey", &vkey], "no key of this log is at hand"),
        (vec!["witness", "status", "--emitter", "other"], "no such shard"),
        (vec!["prune", "--blob", "x", "--basis", "b", "--approver", "a"], "is not `sha256:`"),
        (vec!["prune", "--blob", &digest], "--basis"),
        ([&["prune", "--blob", &digest, "--older-than", "1"][..], &why].concat(), "cannot be used with"),
        ([&["prune"][..], &why].concat(), "--blob"),
        (vec!["rotate-key", "--compromised-at", "x"], "write it as"),
        (vec!["rotate-key", "--key", "file:/nowhere/x.key"], "cannot read the key"),
        (vec!["rotate-key", "--key", "x"], "write it as file:PATH"),
    ];
    for (arguments, words) in &cases {
        let said = kept.run(2, arguments);
        assert!(said.contains(words), "{arguments:?}: {said}");
    }
    assert_eq!(kept.size(), 1);
    // Where there is no log at all.
    fs::remove_dir_all(kept.path("log")).unwrap();
    for arguments in [&["rotate-key"][..], &["witness", "status"], &["verify"]] {
        let said = kept.run(2, arguments);
        assert!(said.contains("no log is at"), "{arguments:?}: {said}");
    }
    assert!(!Path::new(&kept.path("log")).exists());
}

/// Before a checkpoint of the lead is stamped, it says how the other shards are: the stamp then stands for them too.
#[test]
fn e6_the_lead_names_the_other_shards_before_each_time_stamp() {
    if !openssl("e6_the_lead_names_the_other_shards_before_each_time_stamp") {
        return;
    }
    let kept = Kept::new();
    let (url, roots) = authority(&kept);
    let (chain, policy) = (kept.path("chain.pem"), kept.path("more.policy"));
    let who = ["init", "--domain", "example.org", "--spe", "demo", "--emitter", "more", "--scheduled"];
    kept.run(0, &[&who[..], &["--trust-out", &policy]].concat());
    let stamp = ["anchor", "--tsa", &url, "--tsa-roots", &roots, "--chain", &chain, "--emitter"];
    let said = kept.run(0, &[&stamp[..], &["ci"]].concat());
    // The rollup is entry 1, and below the stamp.
    assert!(said.contains("size     2 of example.org/evidence/demo/ci/"), "{said}");
    let said = kept.run(0, &[&stamp[..], &["ci"]].concat());
    assert!(said.contains("is anchored already"), "{said}");
    // Who does not lead speaks of nobody.
    let said = kept.run(0, &[&stamp[..], &["more"]].concat());
    assert!(said.contains("size     1 of example.org/evidence/demo/more/"), "{said}");
    let said = kept.run(0, &[&stamp[..], &["ci"]].concat());
    assert!(said.contains("size     4 of example.org/evidence/demo/ci/"), "{said}");

    let trust = kept.path("trust.policy");
    let more = fs::read_to_string(&policy).unwrap();
    let line = more.lines().find(|line| line.starts_with("log ")).unwrap();
    let all = format!("{line}\n{}", fs::read_to_string(&trust).unwrap());
    fs::write(&trust, all).unwrap();
    let said = kept.verify(0, &["--tsa-roots", &roots]);
    assert!(said.contains("the lead names it at 2 sizes"), "{said}");
    fs::remove_dir_all(kept.path("log/demo/more")).unwrap();
    let said = kept.verify(1, &[]);
    assert!(said.contains("a shard was taken away"), "{said}");
}
