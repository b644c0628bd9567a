//! E28: packages made to hurt whoever opens them are refused, in bounded time and memory, and never by a panic.
use super::*;
use proptest::prelude::*;
use std::path::Path;

/// Runs the program on bytes that claim to be a package; gives exit code and words.
fn run(bytes: &[u8]) -> (i32, String) {
    let lab = Golden::newest().lab();
    fs::write(lab.path().join("p.zip"), bytes).unwrap();
    let ran = lab.run(&["evidence", "verify", "--package", "p.zip", "--trust", "trust.policy"]);
    let output = ran.get_output();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!words.contains("panicked"), "{words}");
    (output.status.code().unwrap(), words + &String::from_utf8_lossy(&output.stdout))
}

fn packed(files: &Memory) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = ZipWriter::new(&mut bytes);
    for (name, content) in &files.0 {
        writer.add(name, content).unwrap();
    }
    writer.finish().unwrap();
    bytes
}

/// The first file of the directory under another name of the same length, in both its headers.
fn renamed(to: &str) -> Vec<u8> {
    let mut bytes = packed(&Memory([("aaaaaaaaaaaa".to_owned(), b"x".to_vec())].into()));
    assert_eq!(to.len(), 12);
    while let Some(at) = bytes.windows(12).position(|window| window == b"aaaaaaaaaaaa") {
        bytes[at..at + 12].copy_from_slice(to.as_bytes());
    }
    bytes
}

#[test]
fn names_that_lead_out_of_the_package_are_refused_by_the_program() {
    for name in ["../../escape", "/etc/escapes", "a/../../esca", "a\\..\\..\\esca"] {
        let (code, words) = run(&renamed(name));
        assert_eq!(code, 2, "{name}: {words}");
        assert!(words.contains("no name for a file of a package"), "{name}: {words}");
    }
}

#[test]
fn ten_thousand_signatures_are_not_even_read() {
    let golden = Golden::newest();
    for path in [MANIFEST_NOTE.to_owned(), format!("{}/checkpoint", golden.prefix()), golden.first("/checkpoints/")] {
        let mut package = golden.package();
        let note = package.0.get_mut(&path).unwrap();
        let line = String::from_utf8_lossy(note).lines().last().unwrap().to_owned() + "\n";
        note.extend(line.repeat(10_000).into_bytes());
        let (code, words) = run(&packed(&package));
        assert_eq!(code, 1, "{path}: {words}");
    }
}

#[test]
fn a_checkpoint_that_claims_a_million_or_all_entries_is_refused() {
    let golden = Golden::newest();
    for size in [1_000_000, u64::MAX] {
        let mut package = golden.package();
        let text = Checkpoint { origin: golden.origin.clone(), size, root: [1; 32] }.to_text();
        let note = Note { signatures: vec![sign(&text, &golden.key())], text }.encode().into_bytes();
        package.0.insert(format!("{}/checkpoints/{size:020}", golden.prefix()), note.clone());
        package.0.insert(format!("{}/checkpoint", golden.prefix()), note);
        let report = check(&package, &golden);
        assert_eq!(report.exit(), 1);
    }
}

#[test]
fn a_manifest_of_another_form_is_refused() {
    let golden = Golden::newest();
    for manifest in ["", "{}", "[]", "null", "{\"v\":1}", &"[".repeat(100_000), "{\"v\":2}"] {
        let mut package = golden.package();
        package.0.insert(MANIFEST.to_owned(), manifest.as_bytes().to_vec());
        let report = check(&package, &golden);
        // One of a newer version is unread, not broken.
        assert_eq!(report.exit(), if manifest.contains('2') { 3 } else { 1 }, "{manifest:.20}");
    }
}

#[test]
fn a_package_cut_at_each_kibibyte_is_refused() {
    let whole = Golden::newest().zip();
    for length in (0..whole.len()).step_by(1024) {
        assert!(Zip::open(whole[..length].to_vec()).is_err(), "cut at {length}");
        assert!(Zip::open(whole[length + 1..].to_vec()).is_err(), "begun at {length}");
    }
    let (code, words) = run(&whole[..whole.len() / 2]);
    assert_eq!(code, 2, "{words}");
    assert!(words.contains("was cut"), "{words}");
}

#[test]
fn a_folder_of_nothing_is_no_package() {
    let lab = Golden::newest().lab();
    fs::create_dir(lab.path().join("empty")).unwrap();
    lab.run(&["evidence", "verify", "--package", "empty", "--trust", "trust.policy"]).code(1);
    assert!(Path::new(lab.path()).join("empty").is_dir());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bytes_in_any_file_give_a_report(
        file in any::<prop::sample::Index>(),
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let golden = Golden::newest();
        let mut package = golden.package();
        let names: Vec<String> = package.0.keys().cloned().collect();
        package.0.insert(file.get(&names).clone(), bytes);
        prop_assert_eq!(check(&package, &golden).exit(), 1);
    }
}
