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
