//! Plans as the program itself makes them (`fixtures/terraform/planned`), and plans that are not whole.
//!
//! The provider that is built in (`terraform_data`) needs no download; for the reader its resources are called
//! `azurerm_example`. `plan.json` and `expected.json` are written anew with `SPEGUARD_BLESS=1 cargo test plans`.
use super::terraform::{document, shown, tofu};
use regex::Regex;
use serde_json::{Value as Json, json};
use speguard::normalise::{self, Options};
use std::{
    fs,
    path::{Path, PathBuf},
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/terraform/planned").join(name)
}

/// What is read of a plan, with ids that chance has made masked.
fn read(plan: &str) -> Json {
    let plan = plan.replace("terraform_data", "azurerm_example");
    let documents = [document("plan.json", plan.as_bytes())];
    let environment = normalise::environment(&documents, Vec::new(), &Options::default()).unwrap().environment;
    let id = Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    serde_json::from_str(&id.replace_all(&shown(&environment).to_string(), "<id>")).unwrap()
}

fn planned() -> String {
    fs::read_to_string(fixture("plan.json")).unwrap()
}

/// A plan with one part of it changed.
fn changed(change: impl FnOnce(&mut Json)) -> Json {
    let mut plan: Json = serde_json::from_str(&planned()).unwrap();
    change(&mut plan);
    read(&plan.to_string())
}

/// `before` applied, then the code planned; none where tofu is not installed.
fn by_tofu() -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| {
        let to = folder.path().join(to);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(fixture(from), to).unwrap();
    };
    let run = |arguments: &[&str]| tofu().args(arguments).current_dir(folder.path()).output();
    run(&["version"]).ok()?;
    let done = |arguments: &[&str]| {
        let output = run(arguments).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    copy("before/main.tf", "main.tf");
    done(&["init", "-no-color"]);
    done(&["apply", "-no-color", "-auto-approve"]);
    for file in ["main.tf", "mod/main.tf", "mod/inner/main.tf"] {
        copy(file, file);
    }
    done(&["init", "-no-color"]);
    done(&["plan", "-no-color", "-out=plan"]);
    Some(done(&["show", "-json", "plan"]))
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn a_plan_that_the_program_made_is_read_with_everything_in_it() {
    let made = by_tofu();
    if std::env::var_os("SPEGUARD_BLESS").is_some() {
        let made = made.as_ref().expect("tofu is installed");
        fs::write(fixture("plan.json"), made).unwrap();
        fs::write(fixture("expected.json"), serde_json::to_string_pretty(&read(made)).unwrap() + "\n").unwrap();
    }
    let expected: Json = serde_json::from_str(&fs::read_to_string(fixture("expected.json")).unwrap()).unwrap();
    assert_eq!(read(&planned()), expected);
    match made {
        Some(made) => assert_eq!(read(&made), expected, "a plan made now"),
        None => eprintln!("skipped: tofu is not installed"),
    }
}

#[test]
fn no_secret_of_a_plan_is_read() {
    assert!(planned().contains("not shown"));
    assert!(!read(&planned()).to_string().contains("not shown"));
}

#[test]
fn a_later_minor_version_of_the_format_is_read_and_an_unknown_major_is_a_problem() {
    let whole = read(&planned());
    for version in ["0.1", "1.0", "1.99"] {
        assert_eq!(changed(|plan| plan["format_version"] = json!(version)), whole, "{version}");
    }
    for version in [json!("2.0"), json!("x"), json!(1)] {
        let read = changed(|plan| plan["format_version"] = version);
        assert_eq!(read["resources"], json!({}));
        let problems = read["problems"].as_array().unwrap();
        assert_eq!(problems.len(), 1);
        assert!(problems[0].as_str().unwrap().contains("hides any platform of ."), "{problems:?}");
    }
}

#[test]
fn an_entry_that_cannot_be_read_is_a_problem_and_the_rest_is_read() {
    let whole = read(&planned())["resources"].as_object().unwrap().len();
    let parts = ["address", "type", "name", "change"];
    for part in parts {
        let read = changed(|plan| {
            plan["resource_changes"][0].as_object_mut().unwrap().remove(part);
        });
        assert_eq!(read["resources"].as_object().unwrap().len(), whole - 1, "{part}");
        let problem = "plan.json:1: an entry of the plan is not read: it lacks";
        assert!(read["problems"][0].as_str().unwrap().starts_with(problem), "{part}: {}", read["problems"]);
    }
}

#[test]
fn without_its_changes_a_plan_does_not_tell_unknown_from_unset() {
    let read = changed(|plan| drop(plan.as_object_mut().unwrap().remove("resource_changes")));
    let problem = "plan.json:1: the plan has no `resource_changes`";
    assert!(read["problems"][0].as_str().unwrap().starts_with(problem), "{}", read["problems"]);
    assert_eq!(read["resources"], json!({}));
}

#[test]
fn without_its_configuration_a_plan_is_read_but_nobody_knows_what_its_unknowns_are_taken_from() {
    let read = changed(|plan| drop(plan.as_object_mut().unwrap().remove("configuration")));
    assert_eq!(read["problems"], json!([]));
    assert!(!read.to_string().contains("$refers"));
}

#[test]
fn what_is_unknown_inside_a_block_that_is_not_there_is_unknown() {
    let read = changed(|plan| {
        let change = &mut plan["resource_changes"][0]["change"];
        change["after"] = json!({"here": null});
        change["after_unknown"] = json!({"here": {"a": true}, "absent": [{"b": [true]}], "known": {"c": false}});
    });
    let values = &read["resources"]["azurerm_example.counted[0]"]["values"];
    for name in ["here", "absent"] {
        assert!(values[name].get("$unknown").is_some(), "{name}: {values}");
    }
    assert_eq!(values.get("known"), None);
}

#[test]
fn a_plan_that_was_cut_off_is_a_problem() {
    let plan = planned();
    for part in [1, 2, 3] {
        let read = read(&plan[..plan.len() * part / 4]);
        assert_eq!(read["resources"], json!({}), "{part}/4");
        assert!(read["problems"][0].as_str().unwrap().contains("hides any platform"), "{part}/4: {}", read["problems"]);
    }
}
