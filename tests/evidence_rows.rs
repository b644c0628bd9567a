//! Rows, blobs and entries of the evidence log, held against what others make of the same bytes.
use proptest::{prelude::*, strategy::ValueTree as _, test_runner::TestRunner};
use serde_json::Value;
use speguard::record::{canonical, redact};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// As many as one start of the other program can read in a moment.
const VALUES: usize = 2_000;

/// Reads one JSON value a line, writes its canonical bytes in hexadecimal; `refused` where it refuses.
const OTHER_WRITER: &str = "
import json, rfc8785, sys
for line in sys.stdin.buffer:
    try:
        print(rfc8785.dumps(json.loads(line)).hex())
    except rfc8785.CanonicalizationError:
        print('refused')
";

#[test]
fn canonical_json_is_what_another_writer_makes_of_it() {
    let Some(python) = python("canonical_json_is_what_another_writer_makes_of_it", "rfc8785") else { return };
    let mut runner = TestRunner::deterministic();
    let mut values: Vec<Value> = (0..VALUES).map(|_| anything().new_tree(&mut runner).unwrap().current()).collect();
    // Halfway between two shortest forms, and where the exponent begins.
    values.extend([f64::from_bits(0x4314_3ff3_c1cb_0959), 1e21, 1e-6, 1e-7, 5e-324, -0.0].map(Value::from));
    let mut child =
        Command::new(python).args(["-c", OTHER_WRITER]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let lines: String = values.iter().map(|value| format!("{value}\n")).collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success());
    let theirs = String::from_utf8(output.stdout).unwrap();
    assert_eq!(theirs.lines().count(), values.len());
    for (value, theirs) in values.iter().zip(theirs.lines()) {
        let ours = canonical::jcs(value).map_or("refused".to_owned(), |bytes| hex(&bytes));
        assert_eq!(ours, theirs, "{value}");
    }
}

/// What rules say of real configuration is kept as it is: the net for persons and secrets catches nothing of it.
#[test]
fn facts_of_fixtures_are_kept_whole() {
    let mut texts = Vec::new();
    for environment in ["compliant", "half_known", "leaky"] {
        let run = Command::new(env!("CARGO_BIN_EXE_speguard"))
            .args(["scan", "--format", "json", "--all"])
            .arg(Path::new("fixtures/environments").join(environment))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .unwrap();
        let output: Value = serde_json::from_slice(&run.stdout).unwrap();
        for judgement in output["judgements"].as_array().unwrap() {
            collect(&judgement["resource"], &mut texts);
            for found in ["findings", "unknown"] {
                for finding in judgement[found].as_array().unwrap() {
                    ["facts", "path", "at"].into_iter().for_each(|part| collect(&finding[part], &mut texts));
                }
            }
        }
    }
    assert!(texts.len() > 100, "{}", texts.len());
    for text in texts {
        assert_eq!(redact::hidden(&text), text);
    }
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        Value::Object(map) => map.values().for_each(|value| collect(value, texts)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1_000_000_i64..1_000_000).prop_map(Value::from),
        proptest::num::f64::NORMAL.prop_map(Value::from),
        (-1e25_f64..1e25).prop_map(Value::from),
        ".{0,8}|[\u{0}-\u{7f}]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::btree_map(".{0,6}", inner, 0..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// The virtual environment that tests/all makes, if it holds a package. Skipping is said, by the name of what is
/// skipped.
fn python(test: &str, package: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SPEGUARD_PYTHON").map(PathBuf::from);
    let cached = std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache/speguard/python"));
    let found = folder.or(cached).map(|folder| folder.join("bin/python")).filter(|file| {
        file.is_file()
            && Command::new(file)
                .args(["-c", &format!("import {package}")])
                .stderr(Stdio::null())
                .status()
                .is_ok_and(|status| status.success())
    });
    if found.is_none() {
        #[expect(clippy::print_stderr, reason = "a skipped test is said, not hidden")]
        {
            eprintln!("skipped: {test}: the Python package `{package}` is not there; tests/all installs it");
        }
    }
    found
}
