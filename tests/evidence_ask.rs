//! What an auditor asks of a log: show, prove, sample, rejudge.
use crate::evidence_scan::{Lab, err, out};
use serde_json::Value as Json;
use speguard::record::{
    entry::{Body, DigestText, Entry},
    proof::Proof,
    row::RowProof,
    trust::TrustPolicy,
};
use std::{fs, process::Command};

/// A log with both environments in it, and the ids of its runs.
fn lab() -> (Lab, Vec<String>) {
    let lab = Lab::new();
    lab.scan("leaky", &[]).code(1);
    lab.scan("compliant", &[]).code(0);
    let shown = lab.run(&["evidence", "show", "run", "--log", "log", "--format", "json"]).code(0);
    let shown: Json = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    let runs = shown["entries"].as_array().unwrap().iter();
    let runs = runs.map(|one| one["entry"]["run"].as_str().unwrap().to_owned()).collect();
    (lab, runs)
}

fn size(lab: &Lab) -> String {
    let checkpoint = fs::read_to_string(checkpoint(lab)).unwrap();
    checkpoint.lines().nth(1).unwrap().to_owned()
}

fn checkpoint(lab: &Lab) -> std::path::PathBuf {
    let year = fs::read_dir(lab.path().join("log/demo/ci")).unwrap().next().unwrap().unwrap();
    year.path().join("checkpoint")
}

#[test]
fn a_run_is_shown_with_its_rows_in_both_languages() {
    let (lab, runs) = lab();
    let english = out(&lab.run(&["evidence", "show", "run", "--log", "log", "--id", &runs[0]]).code(0));
    assert!(english.contains("not met (counted)") && english.contains("kept beside it"), "{english}");
    let norwegian =
        out(&lab.run(&["evidence", "show", "run", "--log", "log", "--id", &runs[0], "--lang", "nb"]).code(0));
    assert!(
        norwegian.contains("ikke oppfylt (counted)") && norwegian.contains("oppbevart ved siden av"),
        "{norwegian}"
    );
    let nothing = lab.run(&["evidence", "show", "run", "--log", "log", "--id", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]).code(2);
    assert!(err(&nothing).contains("no such entry") && out(&nothing).is_empty());
    let waiver = out(&lab.run(&["evidence", "show", "waiver", "--log", "log", "--index", "2"]).code(2));
    assert_eq!(waiver, "", "an entry of another type was shown as a waiver");
}

#[test]
fn e14_an_erased_result_set_is_said_to_be_gone() {
    let (lab, runs) = lab();
    let blobs = checkpoint(&lab).with_file_name("blobs");
    fs::remove_dir_all(blobs).unwrap();
    let shown = lab.run(&["evidence", "show", "run", "--log", "log", "--id", &runs[0]]).code(3);
    assert!(out(&shown).contains("not here"), "{}", out(&shown));
    let again = lab.run(&["evidence", "rejudge", "--log", "log", "--run", &runs[0], "."]).code(3);
    assert!(out(&again).contains("Nothing can be compared"), "{}", out(&again));
}

#[test]
fn an_entry_is_proved_to_whoever_has_the_trust_file() {
    let (lab, _) = lab();
    lab.run(&["evidence", "prove", "--log", "log", "--index", "3", "--out", "e.tlog-proof"]).code(0);
    let text = fs::read_to_string(lab.path().join("e.tlog-proof")).unwrap();
    assert!(text.len() <= 2048, "a proof of {} bytes", text.len());
    let proof = Proof::decode(&text).unwrap();
    let shown = lab.run(&["evidence", "show", "entry", "--log", "log", "--index", "3", "--format", "json"]).code(0);
    let shown: Json = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    let bytes = serde_json::to_vec(&shown["entries"][0]["entry"]).unwrap();
    let trust = TrustPolicy::parse(&fs::read_to_string(lab.path().join("trust.policy")).unwrap()).unwrap();
    assert!(proof.verify(&bytes, &trust).is_ok());
    assert!(proof.verify(b"{}", &trust).is_err());
    let beyond = lab.run(&["evidence", "prove", "--log", "log", "--index", "100000", "--out", "x"]).code(2);
    assert!(err(&beyond).contains("no entry 100000"), "{}", err(&beyond));
}

#[test]
fn e15_a_row_is_proved_to_be_in_a_run_or_not_to_be() {
    let (lab, runs) = lab();
    let cases = [
        ("SPE-SEP-01/kubernetes/Namespace/kubernetes|.|Namespace||project-sovn", true),
        ("SPE-SEP-01/kubernetes/Namespace/kubernetes|.|Namespace||nowhere", false),
        ("AAA/kubernetes/Namespace/kubernetes|.|Namespace||first", false),
        ("ZZZ/kubernetes/Namespace/kubernetes|.|Namespace||last", false),
    ];
    for (row, present) in cases {
        let proved =
            lab.run(&["evidence", "prove", "--log", "log", "--run", &runs[0], "--row", row, "--out", "r.json"]).code(0);
        assert_eq!(out(&proved).contains("does not have"), !present, "{}", out(&proved));
        let file: Json = serde_json::from_slice(&fs::read(lab.path().join("r.json")).unwrap()).unwrap();
        let manifest = file["manifest"].as_str().unwrap().as_bytes();
        let Body::Run(run) = Entry::from_bytes(manifest).unwrap().body else { panic!("the manifest is no run") };
        let proof = RowProof::from_json(&serde_json::to_vec(&file["row_proof"]).unwrap()).unwrap();
        assert_eq!(proof.verify(&run.results_root.0, run.results_size).unwrap(), present, "{row}");
        assert!(proof.verify(&DigestText([0; 32]).0, run.results_size).is_err(), "{row}");
        assert!(Proof::decode(file["manifest_proof"].as_str().unwrap()).unwrap().includes(manifest).is_ok());
    }
}

/// The script that an auditor may write himself.
const INDEPENDENT: &str = r#"
import hashlib, json, sys
shown, seed, n = json.load(open(sys.argv[1])), bytes.fromhex(sys.argv[2]), int(sys.argv[3])
leaves = []
for one in shown["entries"]:
    entry = json.dumps(one["entry"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    leaf = hashlib.sha256(b"\x00" + entry).digest()
    leaves.append((hashlib.sha256(seed + leaf).digest(), one["index"]))
print(*[index for _, index in sorted(leaves)[:n]])
"#;

#[test]
fn e17_the_same_seed_gives_the_same_sample_as_an_independent_script() {
    let (lab, _) = lab();
    let size = size(&lab);
    let seed = "00112233445566778899aabbccddeeff";
    let ask = |seed: &str, population: &str| {
        out(&lab
            .run(&[
                "evidence",
                "sample",
                "--log",
                "log",
                "--population",
                population,
                "--at",
                &size,
                "--seed",
                seed,
                "-n",
                "7",
            ])
            .code(0))
    };
    let first = ask(seed, "deviations");
    assert_eq!(first, ask(seed, "deviations"));
    assert_ne!(first, ask("ff112233445566778899aabbccddeeff", "deviations"));
    assert!(ask(seed, "resources").contains("row SPE-"));
    let ours: Vec<&str> = first
        .lines()
        .filter(|line| line.contains("deviation 0"))
        .map(|line| line.split_whitespace().next().unwrap())
        .collect();
    let shown = lab.run(&["evidence", "show", "deviation", "--log", "log", "--format", "json"]).code(0);
    let mut all: Json = serde_json::from_slice(&shown.get_output().stdout).unwrap();
    // A deviation is opened by the entry whose id it bears.
    all["entries"].as_array_mut().unwrap().retain(|one| one["entry"]["deviation"] == one["entry"]["id"]);
    fs::write(lab.path().join("shown.json"), all.to_string()).unwrap();
    let script = Command::new("python3")
        .args(["-c", INDEPENDENT, "shown.json", seed, "7"])
        .current_dir(lab.path())
        .output()
        .unwrap();
    assert!(script.status.success(), "{}", String::from_utf8_lossy(&script.stderr));
    assert_eq!(String::from_utf8_lossy(&script.stdout).split_whitespace().collect::<Vec<_>>(), ours);
    for (seed, words) in [("0011", "at least 16"), ("zz", "not hexadecimal")] {
        let refused = lab
            .run(&[
                "evidence",
                "sample",
                "--log",
                "log",
                "--population",
                "runs",
                "--at",
                &size,
                "--seed",
                seed,
                "-n",
                "1",
            ])
            .code(2);
        assert!(err(&refused).contains(words), "{}", err(&refused));
    }
}

#[test]
fn a_revision_judged_again_gives_the_same_rows_and_another_revision_does_not() {
    let (lab, runs) = lab();
    let environment = |name: &str| format!("{}/fixtures/environments/{name}", env!("CARGO_MANIFEST_DIR"));
    let same = lab.run(&["evidence", "rejudge", "--log", "log", "--run", &runs[0], &environment("leaky")]).code(0);
    assert!(out(&same).contains("the same rows"), "{}", out(&same));
    let other = lab.run(&["evidence", "rejudge", "--log", "log", "--run", &runs[0], &environment("compliant")]).code(1);
    assert!(out(&other).contains("rows differ") && out(&other).contains("not its revision"), "{}", out(&other));
}

const MANIFEST: &str = r"
apiVersion: v1
kind: Secret
metadata: {name: s-NUMBER, namespace: project-a, labels: {mail: 'ADDRESS'}}
stringData: {password: WORD, token: TOKEN}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: 'd-NUMBER', namespace: project-a, annotations: {owner: 'ADDRESS'}}
spec:
  template:
    spec:
      hostNetwork: true
      volumes: [{name: 'v-ADDRESS', hostPath: {path: /TOKEN}}]
      containers:
        - name: 'c-NUMBER'
          image: 'x/TOKEN'
          args: ['--password=WORD']
          env: [{name: PASSWORD, value: WORD}]
";

#[test]
fn e13_what_must_never_be_logged_is_nowhere_in_the_log() {
    let lab = Lab::new();
    let canaries = ["01019910004", "kari.nordmann@example.no", "AKIAIOSFODNN7EXAMPLE", "hunter2-canary"];
    let [number, address, token, word] = canaries;
    let manifest =
        MANIFEST.replace("NUMBER", number).replace("ADDRESS", address).replace("TOKEN", token).replace("WORD", word);
    fs::create_dir(lab.path().join("code")).unwrap();
    fs::write(lab.path().join("code/all.yaml"), manifest).unwrap();
    lab.run(&["scan", "code", "--log", "log", "--scope", "canaries"]).code(1);
    let mut waiting = vec![lab.path().join("log")];
    let mut looked = 0;
    while let Some(path) = waiting.pop() {
        if path.is_dir() {
            waiting.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        let plain = if path.extension().is_some_and(|extension| extension == "gz") {
            let output = Command::new("gzip").args(["-dc"]).arg(&path).output().unwrap();
            assert!(output.status.success());
            output.stdout
        } else {
            bytes
        };
        looked += 1;
        let text = String::from_utf8_lossy(&plain);
        for canary in canaries {
            assert!(!text.contains(canary), "{} holds `{canary}`", path.display());
        }
    }
    assert!(looked > 8, "only {looked} files were looked at");
}
