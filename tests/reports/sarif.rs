//! SARIF 2.1.0.
use super::hostile;
use super::stage::*;
use speguard::report::Format;
use std::{fs, path::Path};

fn sarif(stage: &Stage) -> serde_json::Value {
    serde_json::from_str(&stage.render(Format::Sarif)).unwrap()
}

#[test]
fn sarif_keeps_the_official_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas/sarif-2.1.0.json");
    let mut schema: serde_json::Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    // The official pattern of `language` has a stray `]`, which strict readers of regular expressions refuse.
    for holder in ["run", "toolComponent"] {
        let language = schema["definitions"][holder]["properties"]["language"].as_object_mut().unwrap();
        assert!(language.remove("pattern").is_some());
    }
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    for stage in [Stage::full(), Stage { all: true, ..Stage::full() }, Stage::empty(), hostile()] {
        let log = sarif(&stage);
        let errors: Vec<String> =
            schema.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
    let mut broken = sarif(&Stage::full());
    broken["runs"][0]["results"][0]["kind"] = "unknown".into();
    assert!(!schema.is_valid(&broken));
}

#[test]
fn sarif_points_at_the_place_to_edit_and_relates_the_resource() {
    let result = sarif(&Stage::full())["runs"][0]["results"][1].to_string();
    insta::assert_snapshot!(result.replace(",\"", ",\n\""), @r#"
    {"kind":"fail",
    "level":"error",
    "locations":[{"logicalLocations":[{"fullyQualifiedName":"networking.k8s.io/NetworkPolicy/research/open",
    "kind":"resource"}],
    "physicalLocation":{"artifactLocation":{"uri":"app.yaml",
    "uriBaseId":"%SRCROOT%"},
    "region":{"startColumn":5,
    "startLine":17}}}],
    "message":{"text":"apps/Deployment/research/notebook: can open connections to 0.0.0.0/0, ::/0 on tcp/443"},
    "partialFingerprints":{"speguard/v1":"b7563aee7e56498c8f91fe9173c5944f3688fa215ecd7b5f01ca9712b4d15b36:1"},
    "properties":{"enforcement":"deny",
    "facts":{"ports":"tcp/443",
    "to":["0.0.0.0/0",
    "::/0"]},
    "platform":"kubernetes",
    "reason":"way_open",
    "resource":"apps/Deployment/research/notebook",
    "standing":"not_met",
    "verdict":"not_met"},
    "relatedLocations":[{"id":1,
    "logicalLocations":[{"fullyQualifiedName":"apps/Deployment/research/notebook",
    "kind":"resource"}],
    "message":{"text":"the resource that was judged"},
    "physicalLocation":{"artifactLocation":{"uri":"app.yaml",
    "uriBaseId":"%SRCROOT%"},
    "region":{"startColumn":1,
    "startLine":1}}}],
    "ruleId":"SPE-NET-02",
    "ruleIndex":1,
    "suppressions":[]}
    "#);
}

#[test]
fn sarif_tells_kinds_levels_and_waivers_apart() {
    let log = sarif(&Stage { all: true, ..Stage::full() });
    let told: Vec<String> = log["runs"][0]["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| {
            let waived = result["suppressions"][0]["justification"].as_str().unwrap_or_default();
            format!("{} {} {} {}", result["kind"], result["level"], result["message"]["text"], waived)
                .trim_end()
                .to_owned()
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    "fail" "error" "apps/Deployment/research/notebook: uses the network of its node"
    "fail" "error" "apps/Deployment/research/notebook: can open connections to 0.0.0.0/0, ::/0 on tcp/443"
    "open" "none" "apps/Deployment/research/notebook: undetermined: its egress is not established: CiliumNetworkPolicy is not read yet"
    "fail" "error" "apps/Deployment/research/a: uses the network of its node"
    "fail" "error" "apps/Deployment/research/b: uses the network of its node"
    "fail" "error" "apps/Deployment/research/c: uses the network of its node"
    "fail" "error" "apps/Deployment/research/d: uses the network of its node"
    "pass" "none" "apps/Deployment/research/met: met"
    "notApplicable" "none" "apps/Deployment/research/none: not applicable"
    "open" "none" "terraform/core:module.logs.this: undetermined: retention is not known: var.retention has no value"
    "fail" "note" "terraform/core:module.logs.this: keeps logs 30 days of 365"
    "fail" "error" "terraform/core:module.logs.this: keeps logs 30 days of 365" waived by short-logs until 2026-12-31: moves to the archive in January (owner kari@example.org, approved by ola@example.org)
    "open" "none" "speguard/Environment/tre: undetermined: nobody has stated it yet"
    "pass" "none" "speguard/Environment/tre: met"
    "#);
}

#[test]
fn sarif_shows_what_was_not_read() {
    let log = sarif(&Stage::full());
    insta::assert_snapshot!(log["runs"][0]["invocations"].to_string().replace(",\"", ",\n\""), @r#"
    [{"executionSuccessful":false,
    "exitCode":1,
    "exitCodeDescription":"Something that counts is not met (exit code 1).",
    "toolExecutionNotifications":[{"descriptor":{"id":"unread",
    "index":0},
    "level":"error",
    "locations":[{"physicalLocation":{"artifactLocation":{"uri":"b%20r/%C3%B8%23.yaml",
    "uriBaseId":"%SRCROOT%"},
    "region":{"startColumn":1,
    "startLine":3}}}],
    "message":{"text":"tab in indentation: use spaces"}}]}]
    "#);
}

#[test]
fn sarif_rules_help_without_another_page() {
    let log = sarif(&Stage::full());
    let rule = &log["runs"][0]["tool"]["driver"]["rules"][0];
    insta::assert_snapshot!(rule["help"]["markdown"].as_str().unwrap(), @"
    **Why:** Article 73 says one year.

    **Requirement:** Workloads cannot open connections.

    **Remedy, azurerm:** Set retention_in_days.

    **Sources:**

    - EHDS Art. 73(1)(e) (verbatim)
    ");
}
