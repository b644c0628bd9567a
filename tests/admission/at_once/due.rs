//! An answer is in time, or decides nothing: nothing is recorded of it then, and nothing held.
use super::*;
use speguard::{
    evaluate::Bundle,
    record::{
        entry::{DigestText, Epoch, EpochEvent, Instant as At, Ulid},
        queue::queue,
    },
    serve::{
        decided::Decided,
        door::Door,
        due::Claim,
        evidence::{Evidence, Source, Terms},
        metrics::Metrics,
    },
};
use std::sync::Arc;

fn door(cluster: Cluster, evidence: Option<Evidence>) -> Door {
    Door {
        inventory: cluster.inventory,
        bundle: Bundle::standard().unwrap(),
        profile: cluster.profile,
        warn_only: BTreeSet::new(),
        language: speguard::report::Language::English,
        evidence: evidence.map(Arc::new),
        decided: Decided::default(),
        told: speguard::serve::told::Told::default(),
        metrics: Metrics::default(),
        now: || read::time(None).unwrap(),
    }
}

#[test]
fn who_comes_too_late_decides_nothing() {
    let door = door(Cluster::new(), None);
    let until = Instant::now() + Duration::from_secs(5);
    let (claim, request) = (Claim::default(), opens_for("x").request(false));
    assert!(claim.take());
    assert_eq!(door.answer(&request, until, &claim), None);
    assert_eq!(door.inventory.held(), 0);
    let answer = door.answer(&request, until, &Claim::default()).unwrap();
    assert!(answer.allowed);
    assert_eq!(door.inventory.held(), 1);
}

#[test]
fn a_log_that_does_not_answer_is_not_waited_for_beyond_the_time() {
    // Nobody writes what is handed in.
    let (handed, _writer) = queue();
    let epoch = Epoch {
        event: EpochEvent::Start,
        epoch: 1,
        run: Ulid(0),
        previous_seq: None,
        tool: "speguard".to_owned(),
        cluster_c: None,
        configuration: DigestText([0; 32]),
        pepper: DigestText([0; 32]),
    };
    let (emitter, zero) = ("service".to_owned(), DigestText([0; 32]));
    let terms = Terms { epoch, pepper: [0; 32], bundle: zero, profile: zero, is_required: true, emitter };
    let source = Source { now: || At(0), id: || Ok(Ulid(0)) };
    let door = door(Cluster::new(), Some(Evidence::new(handed, source, terms)));
    // The second time a gap is owed too, and both share the time.
    for _ in 0..2 {
        let begun = Instant::now();
        let until = begun + Duration::from_millis(400);
        let answer = door.answer(&opens_for("x").request(false), until, &Claim::default()).unwrap();
        assert!(!answer.allowed && answer.message.contains("cannot record"), "{answer:?}");
        let took = begun.elapsed();
        assert!(took >= Duration::from_millis(350) && took < Duration::from_millis(900), "{took:?}");
        assert_eq!(door.inventory.held(), 0);
    }
}

#[test]
fn an_api_server_that_waits_no_longer_is_told_to_come_again() {
    let Some(lab) = Lab::start("a request without time", false) else { return };
    let review = |uid: &str| {
        let object: Json = serde_saphyr::from_str(&pod(GOOD)).unwrap();
        let request = json!({
            "uid": uid, "kind": {"group": "", "version": "v1", "kind": "Pod"}, "operation": "CREATE", "name": "p",
            "resource": {"group": "", "version": "v1", "resource": "pods"}, "namespace": "project-hjerte", "object": object,
        });
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}).to_string()
    };
    let answered = |route: &str, uid: &str| -> Json {
        let (status, body) = lab.service.post_to(route, review(uid).as_bytes());
        assert_eq!(status, "200", "{body}");
        serde_json::from_str::<Json>(&body).unwrap()["response"].clone()
    };
    let late = answered("/admit?timeout=1ms", "no-time");
    assert_eq!((&late["allowed"], &late["status"]["code"]), (&json!(false), &json!(429)), "{late}");
    assert_eq!(late["status"]["details"]["retryAfterSeconds"], 1, "{late}");
    assert!(late["status"]["message"].as_str().unwrap().contains("in the time that the API server gives"), "{late}");
    assert_eq!(answered("/admit?timeout=10s", "time-enough")["allowed"], true);
    let metrics = lab.service.get("/metrics").unwrap();
    assert!(metrics.contains("speguard_admission_answers_total{answer=\"late\"} 1"), "{metrics}");
    // One of the two was decided, and stands in the log.
    lab.wait_until("the decision is shown", |lab| {
        lab.service.decisions().iter().any(|one| one["request"] == "time-enough")
    });
    assert!(lab.service.decisions().iter().all(|one| one["request"] != "no-time"));
}
