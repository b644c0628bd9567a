//! OpenReports: what stays of an audit that is too large, and which word stands for which judgement.
use super::*;
use serde_json::Value as Json;
use speguard::report::openreports::{BYTES_MAX, RESULTS_MAX, Report, reports};

fn stage() -> Stage {
    let mut stage = Stage::full();
    stage.assessment.judgements.clear();
    stage.add(resource(id(Platform::Kubernetes, ".", "Namespace", "", "research"), "n.yaml", 1));
    stage
}

fn told(stage: &Stage) -> Vec<Report> {
    reports(&stage.assessment, &stage.environment, &stage.criteria).unwrap()
}

fn json(report: &Report) -> Json {
    serde_json::to_value(report).unwrap()
}

#[test]
fn a_report_is_bounded_by_results_and_by_bytes_and_its_counts_are_whole() {
    for (count, words, kept_max) in [(1200, 10, RESULTS_MAX), (700, 4000, RESULTS_MAX - 1)] {
        let mut stage = stage();
        for nth in 0..count {
            let name = format!("w{nth:04}-{}", "n".repeat(words / 10));
            let finding = Finding::bare("way_unknown").with("why", "x".repeat(words).as_str());
            stage.judge("SPE-NET-02", &workload(&name), undetermined(finding), Enforcement::Deny);
        }
        stage.judge("SPE-NET-02", &workload("good"), Verdict::Met, Enforcement::Deny);
        let all = told(&stage);
        let report = json(&all[0]);
        let results = report["results"].as_array().unwrap().len();
        assert!(results > 100 && results <= kept_max, "{results}");
        let bytes = serde_json::to_vec(&all[0]).unwrap().len();
        assert!(bytes <= BYTES_MAX, "{bytes}");
        assert_eq!((report["summary"]["error"].as_u64(), report["summary"]["pass"].as_u64()), (Some(count), Some(1)));
        assert_eq!(report["configuration"]["limits"]["maxResults"], results);
        let left = (usize::try_from(count).unwrap() - results).to_string();
        assert_eq!(report["metadata"]["annotations"]["speguard.io/results-left-out"], left);
        assert_eq!(told(&stage), all);
    }
}

/// E23: a hundred thousand breaches in a hundred namespaces, most of them in one.
#[test]
fn e23_a_hundred_thousand_breaches_make_few_objects_that_are_small_and_count_them_all() {
    const ALL: usize = 100_000;
    let mut stage = stage();
    for nth in 1..100 {
        stage.add(resource(id(Platform::Kubernetes, ".", "Namespace", "", &format!("n{nth}")), "n.yaml", 1));
    }
    for nth in 0..ALL {
        let space = if nth.is_multiple_of(2) { "research".to_owned() } else { format!("n{}", 1 + nth % 99) };
        let on = id(Platform::Kubernetes, ".", "Pod", &space, &format!("w{nth}"));
        stage.judge("SPE-NET-02", &on, breach("host_network", &["spec"]), Enforcement::Deny);
    }
    let all = told(&stage);
    // One for each namespace, and one for the cluster.
    assert_eq!(all.len(), 101);
    let mut counted = 0;
    for report in &all {
        let bytes = serde_json::to_vec(report).unwrap().len();
        let report = json(report);
        let results = report["results"].as_array().unwrap().len();
        assert!(bytes <= BYTES_MAX && results <= RESULTS_MAX, "{bytes} {results}");
        let fails = usize::try_from(report["summary"]["fail"].as_u64().unwrap()).unwrap();
        assert_eq!(report["metadata"]["annotations"]["speguard.io/results-left-out"], (fails - results).to_string());
        counted += fails;
    }
    assert_eq!(counted, ALL);
}

#[test]
fn the_worst_stay_and_every_judgement_has_its_word() {
    let mut stage = stage();
    let breach = || breach("host_network", &["spec"]);
    let short = || undetermined(Finding::bare("way_unknown").with("why", "w"));
    stage.judge("SPE-NET-02", &workload("a"), breach(), Enforcement::Deny);
    stage.judge("SPE-NET-02", &workload("b"), breach(), Enforcement::Warn);
    stage.judge("SPE-NET-02", &workload("c"), short(), Enforcement::Deny);
    stage.judge("SPE-NET-02", &workload("d"), breach(), Enforcement::Deny);
    stage.assessment.judgements.last_mut().unwrap().waiver = Some(WaiverId("w-1".to_owned()));
    stage.judge("SPE-NET-02", &workload("e"), Verdict::Met, Enforcement::Deny);
    stage.judge("SPE-NET-02", &workload("f"), Verdict::NotApplicable, Enforcement::Deny);
    // A less severe criterion stands behind, and what has no namespace in the report of the cluster.
    stage.judge("SPE-LOG-01", &workload("0"), short(), Enforcement::Deny);
    let node = id(Platform::Kubernetes, ".", "Node", "", "n");
    stage.judge("SPE-NET-02", &node, breach(), Enforcement::Deny);
    let all = told(&stage);
    let [report, cluster] = &all[..] else { panic!("{all:#?}") };
    assert_eq!(report.path(), "/apis/openreports.io/v1alpha1/namespaces/research/reports/speguard");
    assert_eq!(cluster.path(), "/apis/openreports.io/v1alpha1/clusterreports/speguard");
    let (report, cluster) = (json(report), json(cluster));
    let words = |report: &Json| -> Vec<String> {
        let text = |one: &Json| {
            format!("{} {}", one["resources"][0]["name"].as_str().unwrap(), one["result"].as_str().unwrap())
        };
        report["results"].as_array().unwrap().iter().map(text).collect()
    };
    let mut said = words(&report);
    assert_eq!(said.pop().unwrap(), "0 error");
    said.sort();
    assert_eq!(said, ["a fail", "b warn", "c error", "d skip"]);
    let summary = serde_json::json!({"pass": 1, "fail": 1, "warn": 1, "error": 2, "skip": 2});
    assert_eq!(report["summary"], summary);
    assert_eq!(words(&cluster), ["n fail"]);
    let waived = report["results"].as_array().unwrap().iter().find(|one| one["result"] == "skip").unwrap();
    assert_eq!((waived["properties"]["waiver"].as_str(), waived["message"].is_string()), (Some("w-1"), true));
}

/// A result that was there keeps its time; then the report says the same, whatever others wrote into it.
#[test]
fn what_is_known_keeps_its_time() {
    let mut stage = stage();
    stage.judge("SPE-NET-02", &workload("a"), breach("host_network", &["spec"]), Enforcement::Deny);
    let first = told(&stage).remove(0);
    stage.assessment.at = Timestamp(stage.assessment.at.0 + 900);
    let mut there = json(&first);
    there["metadata"]["labels"] = serde_json::json!({"team": "x"});
    there["metadata"]["annotations"]["other"] = "x".into();
    let there: Report = serde_json::from_value(there).unwrap();
    let second = told(&stage).remove(0);
    assert!(!second.is_said_by(&there));
    assert!(second.since(&there).is_said_by(&there));
    stage.judge("SPE-NET-02", &workload("b"), breach("host_network", &["spec"]), Enforcement::Deny);
    let third = told(&stage).remove(0).since(&there);
    assert!(!third.is_said_by(&there));
    let times: Vec<i64> = json(&third)["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["timestamp"]["seconds"].as_i64().unwrap())
        .collect();
    assert_eq!(times, [1_795_500_000, 1_795_500_900]);
}
