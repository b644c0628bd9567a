//! What is no review, and what cannot be recorded: answered clearly, never allowed by accident.
use super::*;

#[test]
fn what_is_no_review_is_a_400_and_counted() {
    let Some(lab) = Lab::start("bodies that are no review", false) else { return };
    let review = |version: &str| {
        format!(
            r#"{{"apiVersion":"{version}","kind":"AdmissionReview","request":{{"uid":"u","kind":{{"group":"","version":"v1","kind":"Pod"}},
            "resource":{{"group":"","version":"v1","resource":"pods"}},"namespace":"project-hjerte","operation":"CREATE","object":{{"kind":"Pod"}}}}}}"#
        )
    };
    for (body, words) in [
        ("", "no AdmissionReview"),
        ("{", "no AdmissionReview"),
        ("[1, 2]", "no AdmissionReview"),
        (&review("admission.k8s.io/v1beta1"), "speaks admission.k8s.io/v1 only"),
    ] {
        let (status, text) = lab.service.post(body.as_bytes());
        assert_eq!(status, "400", "{body}: {text}");
        assert!(text.contains(words), "{body}: {text}");
    }
    // An object that nobody can read is not allowed, in the words of a review.
    let (status, text) = lab.service.post(review("admission.k8s.io/v1").as_bytes());
    assert_eq!(status, "200");
    assert!(text.contains(r#""uid":"u","allowed":false"#) && text.contains("cannot read the object"), "{text}");
    // More than any object can be.
    assert_eq!(lab.service.post(&vec![b' '; 9 * 1024 * 1024]).0, "413");
    let metrics = lab.service.get("/metrics").unwrap();
    assert!(metrics.contains("speguard_admission_answers_total{answer=\"refused\"} 4"), "{metrics}");
}

/// Every file below a folder, with its bytes.
fn files(folder: &std::path::Path) -> std::collections::BTreeMap<PathBuf, Vec<u8>> {
    let mut found = std::collections::BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        match path.is_dir() {
            true => open.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path())),
            false => drop(found.insert(path.clone(), std::fs::read(&path).unwrap())),
        }
    }
    found
}

#[test]
fn e12_a_dry_run_leaves_the_log_byte_for_byte_as_it_was() {
    let Some(plane) = environment("what a dry run leaves", false) else { return };
    // No sign of life is due while it is looked.
    let lab = Lab::guard(plane, &["--beat-every", "60", "--rollup-every", "600"]);
    let log = lab.service.folder.path().join("log");
    let seen = || {
        let metrics = lab.service.get("/metrics").unwrap();
        let of_log = |line: &&str| line.starts_with("speguard_admission_un") || line.starts_with("speguard_audits");
        (files(&log), metrics.lines().filter(of_log).map(str::to_owned).collect::<Vec<_>>())
    };
    // What was entered so far is covered by a checkpoint.
    thread::sleep(Duration::from_secs(3));
    let before = seen();
    assert!(lab.try_out(&super::table::pod(super::table::GOOD)).status.success());
    assert!(!lab.try_out(HOST_NETWORK).status.success());
    let deleted = ["delete", "networkpolicy", "--all", "-n", "project-hjerte", "--dry-run=server"];
    lab.plane.kubectl(&deleted, "");
    thread::sleep(Duration::from_secs(2));
    assert!(before == seen(), "{}", lab.service.output());
    assert!(before.0.len() > 5, "{:?}", before.0.keys());
}
