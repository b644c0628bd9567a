//! What the project depends on: licences and crates that it must not have. Read from Cargo.lock and cargo itself.
use std::process::Command;

/// Crates that must not be in the graph, each with its reason.
const BANNED: &[(&str, &str)] = &[
    ("ring", "one crypto provider only, and this one had no release for long"),
    ("openssl-sys", "a C library that a static binary cannot carry"),
    ("rsa", "RUSTSEC-2023-0071, timing side channel without a fix"),
    ("serde_yaml", "archived"),
];

/// Licences that the project may be built from; one of an `OR` is enough, all of an `AND` are needed.
const LICENCES: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    // Of data, not code: the root certificates that browsers trust.
    "CDLA-Permissive-2.0",
    "ISC",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "MPL-2.0",
];

/// Cargo.lock also names what no feature switches on, so the graph itself is asked.
#[test]
fn no_banned_crate_is_in_the_graph() {
    let graph = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--target", "all", "--edges", "all", "--prefix", "none"])
        .args(["--all-features", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(graph.status.success(), "{}", String::from_utf8_lossy(&graph.stderr));
    let graph = String::from_utf8(graph.stdout).unwrap();
    assert!(graph.lines().any(|line| line.starts_with("regorus v")), "{graph}");
    for (name, because) in BANNED {
        let found = graph.lines().find(|line| line.starts_with(&format!("{name} v")));
        assert_eq!(found, None, "`{name}` is in the graph: {because}");
    }
}

#[test]
fn every_licence_in_the_graph_is_allowed() {
    let metadata = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--all-features"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).unwrap();
    for package in metadata["packages"].as_array().unwrap() {
        let licence = package["license"].as_str().unwrap_or("none stated");
        assert!(allowed(licence), "{}: licence `{licence}`", package["name"]);
    }
}

/// Reads an SPDX expression without nesting deeper than one pair of parentheses; `/` is an old `OR`.
fn allowed(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], " ");
    expression.split(" AND ").all(|all| all.split(" OR ").any(|one| LICENCES.contains(&one.trim())))
}

#[test]
fn the_licence_reader_knows_and_from_or() {
    assert!(allowed("MIT OR GPL-3.0") && allowed("MIT/Apache-2.0") && allowed("MIT AND Apache-2.0"));
    assert!(!allowed("MIT AND GPL-3.0") && !allowed("none stated"));
}
