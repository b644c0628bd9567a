//! Evidence packages: made, unpacked, checked, forged. E1 (a flipped byte), E26 (golden packages), E28 (hostile
//! packages), E29 (exit codes).
use crate::evidence_scan::{Lab, out};
use golden::{Golden, Memory};
use speguard::record::{
    anchor,
    files::Files,
    note::{Checkpoint, Note, SignerKey, sign},
    package::{MANIFEST, MANIFEST_NOTE, Manifest, note_text, signed_name},
    trust::TrustPolicy,
    verify::{Against, Outcome, Report, verify, verify_package},
    zip::{Zip, ZipWriter},
};
use std::fs;

mod golden;
mod hostile;

fn check(files: &Memory, golden: &Golden) -> Report {
    verify_package(files, &golden.against())
}

/// What fails, in words.
fn failures(report: &Report) -> Vec<String> {
    let failed = report.checks.iter().filter_map(|check| match &check.outcome {
        Outcome::Failed { kind, cause } => Some(format!("{} {}: {cause} ({})", check.name, check.subject, kind.name())),
        Outcome::Held(_) | Outcome::NotEstablished(_) => None,
    });
    failed.collect()
}

#[test]
fn e26_golden_packages_of_every_version_verify() {
    for golden in Golden::all() {
        let report = check(&golden.package(), &golden);
        assert_eq!((failures(&report), report.exit()), (vec![], 0), "{}", golden.folder.display());
        assert_eq!(report.entries.runs.len(), 3);
        let held = |name: &str| report.checks.iter().any(|check| check.name == name);
        assert!(["quorum", "time stamps", "manifest", "exports"].iter().all(|name| held(name)), "{:?}", report.checks);
        let log = verify(&Memory::of_folder(&golden.folder.join("log")), &golden.against());
        // What was entered after the witness had cosigned is not witnessed yet.
        assert_eq!((failures(&log), log.exit()), (vec![], 3), "{}", golden.folder.display());
    }
}

#[test]
fn the_same_log_period_and_size_give_the_same_bytes() {
    let lab = Golden::newest().lab();
    let size = Golden::newest().size().to_string();
    let package = |out: &str| {
        lab.run(&["evidence", "package", "--log", "log", "--key", "file:key", "--period", "2026/2027", "--out", out])
    };
    package("bad.zip").failure().code(2);
    for out in ["one.zip", "two.zip"] {
        let arguments = ["evidence", "package", "--log", "log", "--key", "file:key", "--at", &size, "--out", out];
        lab.run(&[&arguments[..], &["--period", &Golden::newest().year]].concat()).success().code(0);
    }
    let (one, two) = (fs::read(lab.path().join("one.zip")).unwrap(), fs::read(lab.path().join("two.zip")).unwrap());
    assert!(one == two, "two packages of one log at one size differ");
    // Both were entered, above what they hold, and so were the golden one, the time stamp and the cosignature.
    let report = lab.run(&["evidence", "verify", "--log", "log", "--trust", "trust.policy"]).code(3);
    let entries = Golden::newest().size() + 5;
    assert!(out(&report).contains(&format!(": {entries} entries")), "{}", out(&report));
    lab.run(&["evidence", "verify", "--package", "two.zip", "--trust", "trust.policy"]).code(0);
}

#[test]
fn e29_exit_codes_of_making_and_checking_a_package() {
    let lab = Golden::newest().lab();
    let year = Golden::newest().year;
    let make = |more: &[&str]| {
        let arguments = ["evidence", "package", "--log", "log", "--key", "file:key", "--period", &year];
        lab.run(&[&arguments[..], more].concat())
    };
    make(&["--out", "package.zip", "--trust", "trust.policy"]).code(0);
    let again = make(&["--out", "package.zip"]).code(2);
    assert_eq!(out(&again), "");
    make(&["--out", "log/package.zip"]).code(2).stdout("");
    make(&["--out", "none.zip", "--at", "0"]).code(2).stdout("");
    assert!(!lab.path().join("none.zip").exists());
    let check = |more: &[&str]| lab.run(&[&["evidence", "verify", "--package"], more].concat());
    check(&["package.zip", "--trust", "trust.policy"]).code(0);
    check(&["package.zip"]).code(3);
    check(&["absent.zip", "--trust", "trust.policy"]).code(2).stdout("");
    check(&["trust.policy", "--trust", "trust.policy"]).code(2).stdout("");
    let json = out(&check(&["package.zip", "--trust", "trust.policy", "--format", "json"]).code(0));
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["exit"], 0);
    // A witness is asked for that has not cosigned.
    let witness = SignerKey::new("audit.example/w2", &[9; 32]).unwrap().cosigner_key();
    let asks = format!("log {}\nwitness other {witness}\nquorum other\n", Golden::newest().key().verifier_key());
    fs::write(lab.path().join("asks.policy"), asks).unwrap();
    check(&["package.zip", "--trust", "asks.policy"]).code(3);
    make(&["--out", "none.zip", "--trust", "asks.policy"]).code(2).stdout("");
    // A log that was changed.
    let tile = lab.path().join("log").join(Golden::newest().prefix()).join("checkpoint");
    fs::write(tile, "other").unwrap();
    let changed = make(&["--out", "none.zip"]);
    assert_ne!(changed.get_output().status.code(), Some(0));
    assert!(!lab.path().join("none.zip").exists());
}

#[test]
fn an_unpacked_package_is_checked_likewise_and_links_in_it_are_refused() {
    let golden = Golden::newest();
    let lab = golden.lab();
    golden.package().unpack(&lab.path().join("package"));
    let check = || lab.run(&["evidence", "verify", "--package", "package", "--trust", "trust.policy"]);
    check().code(0);
    #[cfg(unix)]
    {
        let link = lab.path().join("package/trust/link");
        std::os::unix::fs::symlink("../../trust.policy", &link).unwrap();
        let refused = check().code(2).stdout("");
        assert!(String::from_utf8_lossy(&refused.get_output().stderr).contains("`trust/link` is a link"));
        fs::remove_file(link).unwrap();
    }
    fs::write(lab.path().join("package/extra"), "").unwrap();
    assert!(out(&check().code(1)).contains("it was added"));
}

#[test]
fn e1_no_flipped_byte_of_any_file_passes() {
    let golden = Golden::newest();
    let package = golden.package();
    for (path, bytes) in &package.0 {
        // Some bytes of each file; `MANIFEST.json` holds the digest of every other byte.
        for part in [0, 1, 3, 5, 8] {
            let Some(at) = (bytes.len() * part / 8).checked_sub(usize::from(part == 8)) else { continue };
            let mut changed = package.clone();
            let Some(byte) = changed.0.get_mut(path).unwrap().get_mut(at) else { continue };
            *byte ^= 1;
            assert_eq!(check(&changed, &golden).exit(), 1, "byte {at} of {path}");
        }
        let mut changed = package.clone();
        changed.0.remove(path);
        assert_eq!(check(&changed, &golden).exit(), 1, "without {path}");
    }
}

/// Changes a package as an insider would: contents, then a manifest that fits them, signed by a key.
fn forged(golden: &Golden, key: &SignerKey, change: impl Fn(&mut Memory, &mut Manifest)) -> Memory {
    let mut package = golden.package();
    let mut manifest = Manifest::from_bytes(&package.0[MANIFEST]).unwrap();
    change(&mut package, &mut manifest);
    package.0.remove(MANIFEST);
    package.0.remove(MANIFEST_NOTE);
    manifest.files =
        package.0.iter().map(|(path, bytes)| speguard::record::package::PackedFile::of(path, bytes)).collect();
    manifest.counts.files = manifest.files.len() as u64;
    let bytes = manifest.to_bytes().unwrap();
    let text = note_text(&manifest.origin, &bytes);
    let signature = sign(&text, &key.renamed(&signed_name(&manifest.origin)).unwrap());
    package.0.insert(MANIFEST.to_owned(), bytes);
    package.0.insert(MANIFEST_NOTE.to_owned(), Note { signatures: vec![signature], text }.encode().into_bytes());
    package
}

#[test]
fn forged_packages_are_refuted_in_these_words() {
    let golden = Golden::newest();
    let (own, other) = (golden.key(), SignerKey::new(&golden.origin, &[8; 32]).unwrap());
    let prefix = golden.prefix();
    let told = |name: &str, package: &Memory| {
        let words = failures(&check(package, &golden)).join("\n  ");
        let words = words.replace(&golden.origin, "[ORIGIN]").replace(&prefix, "[SHARD]");
        format!("{name}\n  {words}\n")
    };
    let unsigned = |path: &str, change: fn(&mut Vec<u8>)| {
        let mut package = golden.package();
        change(package.0.get_mut(path).unwrap_or_else(|| panic!("{path}")));
        package
    };
    let bundle = golden.first("/tile/entries/");
    let checkpoint = format!("{prefix}/checkpoint");
    let last = |bytes: &mut Vec<u8>| *bytes.last_mut().unwrap() ^= 1;
    let all = [
        told("a changed entry", &unsigned(&bundle, |bytes| bytes[40] ^= 1)),
        told("a changed table", &unsigned("exports/changes.csv", last)),
        told("another manifest", &unsigned(MANIFEST, |bytes| bytes[40] ^= 1)),
        told("a checkpoint with more behind it", &unsigned(&checkpoint, |bytes| bytes.push(b'\n'))),
        told("a manifest signed by another key", &forged(&golden, &other, |_, _| {})),
        told(
            "a count that the owner of the key changed",
            &forged(&golden, &own, |_, manifest| manifest.counts.rows += 1),
        ),
        told("a size that the owner of the key changed", &forged(&golden, &own, |_, manifest| manifest.size -= 1)),
        told(
            "a table that the owner of the key changed",
            &forged(&golden, &own, |package, _| {
                let table = package.0.get_mut("exports/tie-out.csv").unwrap();
                *table = String::from_utf8(table.clone()).unwrap().replace(",yes", ",no").into_bytes();
            }),
        ),
        told(
            "an entry that the owner of the key changed",
            &forged(&golden, &own, |package, _| package.0.get_mut(&golden.first("/tile/entries/")).unwrap()[40] ^= 1),
        ),
        told(
            "a file that the owner of the key added",
            &forged(&golden, &own, |package, _| {
                package.0.insert(format!("{}/notes", golden.prefix()), b"x".to_vec());
            }),
        ),
        told(
            "a blob that the owner of the key changed",
            &forged(&golden, &own, |package, _| *package.0.get_mut(&golden.first("/blobs/")).unwrap() = b"x".to_vec()),
        ),
        told("a checkpoint of another key", &{
            let mut package = golden.package();
            let text = Checkpoint { origin: golden.origin.clone(), size: 0, root: [0; 32] }.to_text();
            let note = Note { signatures: vec![sign(&text, &other)], text }.encode().into_bytes();
            package.0.insert(checkpoint.clone(), note);
            package
        }),
    ];
    insta::assert_snapshot!(mask(&all.concat()));
}

/// Digests and ids are others whenever the golden package is made anew.
fn mask(text: &str) -> String {
    let text = regex::Regex::new("[0-9a-f]{2}/[0-9a-f]{64}|sha256:[0-9a-f]{64}").unwrap().replace_all(text, "[DIGEST]");
    regex::Regex::new("[0-9A-Z]{26}").unwrap().replace_all(&text, "[ID]").into_owned()
}

#[test]
fn a_manifest_cannot_pass_for_a_checkpoint_nor_a_checkpoint_for_a_manifest() {
    let golden = Golden::newest();
    let package = golden.package();
    let note = Note::parse(&package.0[MANIFEST_NOTE]).unwrap();
    assert!(Checkpoint::parse(&note.text).is_err());
    assert!(golden.trust.check(&note).is_err());
    let mut swapped = package.clone();
    swapped.0.insert(MANIFEST_NOTE.to_owned(), package.0[&format!("{}/checkpoint", golden.prefix())].clone());
    assert_eq!(check(&swapped, &golden).exit(), 1);
}

#[test]
fn the_page_on_the_log_names_every_type_of_entry_and_every_exit_code() {
    let page = include_str!("../docs/evidence.md");
    for kind in speguard::record::entry::TYPES {
        assert!(page.contains(&format!("\n| `{kind}` |")), "docs/evidence.md does not say when `{kind}` is entered");
    }
    let types = page.split_once("### Entries").unwrap().1.split_once("\n## ").unwrap().0;
    assert_eq!(types.matches("\n| `").count(), speguard::record::entry::TYPES.len(), "{types}");
    (0..4).for_each(|code| assert!(page.contains(&format!("\n| {code} |")), "{code}"));
}

#[test]
fn a_package_lists_what_it_leaves_out() {
    let golden = Golden::newest();
    let report = check(&golden.package(), &golden);
    for left_out in speguard::record::package::LEFT_OUT {
        assert!(report.not_checked.contains(&format!("{left_out}: not in the package")), "{:?}", report.not_checked);
    }
    let guide = String::from_utf8(golden.package().0["VERIFY.md"].clone()).unwrap();
    assert!(!guide.contains('{'), "{guide}");
}
