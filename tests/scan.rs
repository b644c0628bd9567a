//! `speguard scan` as a shell sees it: exit codes, standard output, reports, misuse.
use assert_cmd::Command;
use std::{collections::BTreeSet, fs};

/// Before every expiry date in the fixtures, so that no answer changes with the calendar.
const AT: &str = "2026-11-24T12:00:00Z";

#[test]
fn an_environment_that_holds_ends_with_0() {
    let run = scan(&["fixtures/environments/compliant", "--format", "json"]);
    assert_eq!((run.code, short(&run.json())), (0, Vec::<String>::new()));
    assert!(run.json()["summary"]["met"].as_u64().unwrap() > 90);
}

#[test]
fn a_leak_ends_with_1_and_every_planted_one_is_found() {
    let run = scan(&["fixtures/environments/leaky", "--format", "json"]);
    assert_eq!(run.code, 1);
    let found: BTreeSet<String> = short(&run.json()).into_iter().collect();
    let azure = "fixtures/environments/leaky/azure:";
    for planted in [
        "SPE-NET-02 apps/Deployment/project-kreft/notebook way_open".to_owned(),
        "SPE-NET-01 Namespace/project-sovn not_selected".to_owned(),
        "SPE-NET-01 batch/CronJob/project-sovn/sync host_network".to_owned(),
        "SPE-HRD-02 batch/CronJob/project-sovn/sync privileged".to_owned(),
        "SPE-HRD-02 batch/CronJob/project-sovn/sync host_path".to_owned(),
        "SPE-ENC-01 PersistentVolumeClaim/project-kreft/cohort storage_open".to_owned(),
        "SPE-ENC-03 networking.k8s.io/Ingress/kube-system/desktop tls_missing".to_owned(),
        "SPE-SEP-01 Namespace/project-sovn mark_missing".to_owned(),
        "SPE-AUD-01 speguard/Environment/vidda-analyserom stated_not_met".to_owned(),
        "SPE-MFA-01 keycloak/Realm/spe broker_without_second_factor".to_owned(),
        "SPE-MFA-02 keycloak/Realm/master administrator_with_password_only".to_owned(),
        format!("SPE-NET-02 {azure}azurerm_subnet.workspaces way_open"),
        format!("SPE-NET-04 {azure}azurerm_storage_container.results readable_by_everyone"),
    ] {
        assert!(found.contains(&planted), "`{planted}` is not among\n{found:#?}");
    }
}

#[test]
fn what_is_half_known_ends_with_3_and_breaks_nothing() {
    let run = scan(&["fixtures/environments/half_known", "--format", "json"]);
    let summary = &run.json()["summary"];
    assert_eq!((run.code, summary["not_met"].as_u64()), (3, Some(0)));
    assert!(summary["undetermined"].as_u64().unwrap() > 10);
}

#[test]
fn every_key_of_the_summary_ends_the_text() {
    let text = scan(&["fixtures/environments/leaky"]).out;
    let last: Vec<&str> = text.trim_end().lines().rev().take(3).collect();
    for key in ["not met", "undetermined", " met", "waived", "warned", "observed"] {
        assert!(last[2].contains(key), "{}", last[2]);
    }
    for key in ["not applicable", "not looked at", "unread"] {
        assert!(last[1].contains(key), "{}", last[1]);
    }
    assert!(last[0].starts_with("exit code 1"), "{}", last[0]);
}

#[test]
fn a_permission_that_ran_out_is_said() {
    let text = scan(&["fixtures/environments/leaky"]).out;
    assert!(text.contains("spec.allowed_destinations[0] ended 2026-03-31: renew or remove it"), "{text}");
}

#[test]
fn norwegian_is_asked_for_or_taken_from_the_locale() {
    let asked = scan(&["fixtures/environments/leaky", "--lang", "nb"]).out;
    assert!(asked.contains("Ingen direkte utgående tilgang til internett"), "{asked}");
    let mut command = speguard();
    let output = command.env("LANG", "nb_NO.UTF-8").args(["scan", "fixtures/environments/leaky", "--at", AT]).output();
    assert_eq!(String::from_utf8(output.unwrap().stdout).unwrap(), asked);
}

#[test]
fn two_runs_give_the_same_bytes() {
    let once = || scan(&["fixtures/environments/leaky", "--format", "json", "--all"]).out;
    assert_eq!(once(), once());
}

#[test]
fn several_reports_are_written_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let run = scan(&[
        "fixtures/environments/leaky",
        "--report",
        &format!("sarif={}", file("a.sarif")),
        "--report",
        &format!("markdown={}", file("a.md")),
    ]);
    assert_eq!(run.code, 1);
    let sarif: serde_json::Value = serde_json::from_str(&fs::read_to_string(file("a.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(fs::read_to_string(file("a.md")).unwrap().contains("SPE-NET-02"));
}

#[test]
fn misuse_ends_with_2_and_says_why() {
    for (arguments, why) in [
        (vec!["no/such/folder"], "no such file or folder: `no/such/folder`"),
        (vec![".", "--profile", "no-such-profile"], "no-such-profile"),
        (vec!["fixtures/environments/leaky", "--at", "yesterday"], "`--at yesterday` is not a time"),
        (vec!["fixtures/environments/leaky", "--report", "json=no/such/folder/out.json"], "no/such/folder/out.json"),
        (vec!["fixtures/environments/leaky", "--policies", "no/such/folder"], "no/such/folder"),
        (vec![".", "--report", "sarif"], "FORMAT=FILE"),
        (vec!["fixtures/environments/leaky", "--source", "fixtures"], "`--source` is for plans, and none was read"),
        (vec!["fixtures/terraform/sourced/plan.json", "--source", "no/such/folder"], "no/such/folder"),
        (vec!["fixtures/terraform/sourced/plan.json", "--source", "Cargo.toml"], "is a file"),
    ] {
        let run = raw(&arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.err);
        assert!(run.err.contains(why), "{arguments:?}: {}", run.err);
    }
}

#[test]
fn nothing_to_judge_is_not_green() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("notes.txt"), "nothing to see").unwrap();
    assert_eq!(scan(&[&folder.path().display().to_string()]).code, 3);
}

#[test]
fn standard_input_is_judged_like_a_file() {
    let manifest = fs::read("fixtures/environments/leaky/kubernetes/sync.yaml").unwrap();
    let output = speguard().args(["scan", "-", "--format", "json", "--at", AT]).write_stdin(manifest).output().unwrap();
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    let privileged = "SPE-HRD-02 batch/CronJob/project-sovn/sync privileged".to_owned();
    assert!(short(&json).contains(&privileged), "{:#?}", short(&json));
    assert_eq!(json["judgements"][0]["origin"]["file"], "-");
}

#[test]
fn an_unread_document_takes_the_green_away_and_not_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: kube-system}\n";
    fs::write(folder.path().join("a.yaml"), format!("{namespace}---\nkey: [unclosed\n---\n{namespace}")).unwrap();
    let run = scan(&[&folder.path().display().to_string(), "--format", "json", "--all"]);
    assert_eq!(run.code, 3);
    assert!(run.json()["summary"]["unread"].as_u64().unwrap() > 0);
}

#[test]
fn only_severities_from_the_one_asked_for_decide() {
    let run = scan(&["fixtures/environments/leaky", "--format", "json", "--fail-on", "critical"]);
    assert_eq!(run.code, 1);
    assert!(run.json()["set_aside"].as_u64().unwrap() > 0);
}

#[test]
fn no_secret_of_a_source_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a, namespace: b}\nstringData:\n  \
                  kubeconfig: |\n    client-key-data: SUPERSECRETVALUE\n  password: SUPERSECRETVALUE\n";
    fs::write(folder.path().join("secret.yaml"), secret).unwrap();
    for format in ["text", "json", "sarif", "markdown"] {
        let run = scan(&[&folder.path().display().to_string(), "--format", format, "--all"]);
        assert!(!run.out.contains("SUPERSECRETVALUE"), "{format}: {}", run.out);
    }
}

/// The plan was made from `infra/prod`, which calls a module outside it; `old` is in the plan alone.
#[test]
fn findings_about_a_plan_point_into_the_code_that_it_was_made_from() {
    const FOLDER: &str = "fixtures/terraform/sourced";
    let plan = format!("{FOLDER}/plan.json");
    let places = |source: &str| {
        let run = scan(&[&plan, "--source", &format!("{FOLDER}{source}"), "--format", "json"]);
        assert_eq!(run.code, 1);
        let judgements = run.json()["judgements"].clone();
        let judged = judgements.as_array().unwrap().iter().filter(|one| one["criterion"] == "SPE-NET-04");
        let findings = judged.flat_map(|one| one["findings"].as_array().unwrap().clone());
        let mut lines: Vec<String> = findings
            .map(|one| format!("{}:{} {}", one["file"].as_str().unwrap(), one["line"], one["reason"].as_str().unwrap()))
            .collect();
        lines.sort();
        format!("{}\n{}", lines.join("\n"), run.err)
    };
    insta::assert_snapshot!(places("/infra/prod"));
    let below = |text: String| text.split("\nnote").next().unwrap().to_owned();
    assert_eq!(below(places("")), below(places("/infra/prod")), "the root module is found below the folder");
    let without = scan(&[&plan, "--format", "json"]);
    assert_eq!((without.code, without.err.as_str()), (1, ""));
    let fingerprints = |run: &Run| -> Vec<serde_json::Value> {
        let judgements = run.json()["judgements"].as_array().unwrap().clone();
        judgements
            .iter()
            .flat_map(|one| one["findings"].as_array().unwrap().clone())
            .map(|one| one["fingerprint"].clone())
            .collect()
    };
    let with = scan(&[&plan, "--source", &format!("{FOLDER}/infra/prod"), "--format", "json"]);
    assert_eq!(fingerprints(&with), fingerprints(&without), "a place is no part of a finding's identity");
}

#[test]
fn the_code_of_a_plan_is_shown_in_the_text_and_the_flag_in_the_help() {
    let folder = "fixtures/terraform/sourced";
    let text = scan(&[&format!("{folder}/plan.json"), "--source", &format!("{folder}/infra/prod")]).out;
    let excerpt = format!("  --> {folder}/modules/store/main.tf:18:5\n  18 |     default_action = \"Allow\"\n");
    assert!(text.contains(&excerpt), "{text}");
    assert!(raw(&["--help"]).out.contains("--source <DIR>"));
}

#[test]
fn completions_name_every_command() {
    let output = speguard().args(["completions", "bash"]).output().unwrap();
    let script = String::from_utf8(output.stdout).unwrap();
    assert!(script.contains("scan") && script.contains("reach") && script.contains("criteria"));
}

/// What a run came to.
struct Run {
    code: i32,
    out: String,
    err: String,
}

impl Run {
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap()
    }
}

fn speguard() -> Command {
    let mut command = Command::cargo_bin("speguard").unwrap();
    command.env_remove("LANG").env_remove("LC_ALL").env_remove("LC_MESSAGES").current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

fn scan(arguments: &[&str]) -> Run {
    raw(&[arguments, &["--at", AT]].concat())
}

fn raw(arguments: &[&str]) -> Run {
    let output = speguard().arg("scan").args(arguments).output().unwrap();
    Run {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Every breach as `criterion [root:]address reason`.
fn short(json: &serde_json::Value) -> Vec<String> {
    let judgements = json["judgements"].as_array().unwrap();
    let breaches = judgements.iter().filter(|judgement| judgement["verdict"] == "not_met");
    breaches
        .flat_map(|judgement| {
            let resource = &judgement["resource"];
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            let root = match text(&resource["root"]).as_str() {
                "." => String::new(),
                root => format!("{root}:"),
            };
            let subject = format!("{} {root}{}", text(&judgement["criterion"]), text(&resource["address"]));
            judgement["findings"]
                .as_array()
                .unwrap()
                .iter()
                .map(move |finding| format!("{subject} {}", text(&finding["reason"])))
        })
        .collect()
}
