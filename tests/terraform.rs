//! The Terraform reader against its cases: a folder in, resources and unknowns out (`fixtures/terraform/<case>`).
//!
//! Each case holds `expected.json`: by root and address the values of every resource, and the problems. A case whose
//! answer has changed on purpose is written anew with `SPEGUARD_BLESS=1 cargo test terraform`; read the difference.
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};
use speguard::{
    collect::{Collected, Request},
    model::{Document, Environment, Number, Origin, Unknown, Value},
    normalise::{self, Options},
};
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

fn case(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/terraform").join(name);
    let mut documents = Vec::new();
    collect(&folder, "", &mut documents);
    let environment = normalise::environment(&documents, Vec::new(), &Options::default()).unwrap().environment;
    let answer = shown(&environment);
    let expected = folder.join("expected.json");
    if std::env::var_os("SPEGUARD_BLESS").is_some() {
        fs::write(&expected, serde_json::to_string_pretty(&answer).unwrap() + "\n").unwrap();
    }
    let expected: Json = serde_json::from_str(&fs::read_to_string(expected).unwrap()).unwrap();
    assert_eq!(answer, expected, "{}", serde_json::to_string_pretty(&answer).unwrap());
}

fn collect(folder: &Path, prefix: &str, documents: &mut Vec<Document>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = format!("{prefix}{}", path.file_name().unwrap().to_string_lossy());
        if path.is_dir() {
            collect(&path, &format!("{name}/"), documents);
        } else if name != "expected.json" {
            documents.push(document(&name, &fs::read(&path).unwrap()));
        }
    }
}

pub(crate) fn document(path: &str, bytes: &[u8]) -> Document {
    Document { origin: Origin::file(path), bytes: bytes.into(), render: None }
}

pub(crate) fn shown(environment: &Environment) -> Json {
    let mut resources = Map::new();
    for resource in environment.all().filter(|resource| !resource.id.kind.starts_with("speguard/")) {
        let provider = resource.provider.as_ref().map(|provider| json!([provider.name.as_ref(), provider.majors]));
        let place = format!("{}:{}", resource.origin.path(), resource.origin.mark().line);
        let values = json_of(resource.body.get("values").unwrap());
        resources.insert(resource.id.full(), json!({"place": place, "provider": provider, "values": values}));
    }
    let problems: Vec<String> = environment
        .problems
        .iter()
        .map(|problem| {
            let hides = problem.hides.as_ref().map_or_else(String::new, |hidden| {
                let platform = hidden.platform.map_or("any platform", |platform| platform.name());
                format!(" (hides {platform} of {})", hidden.root.as_deref().unwrap_or("any root"))
            });
            format!("{}:{}: {}{hides}", problem.origin.path(), problem.origin.mark().line, problem.cause)
        })
        .collect();
    json!({"resources": resources, "problems": problems})
}

pub(crate) fn json_of(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Number(Number::Int(int)) => (*int).into(),
        Value::Number(Number::Float(float)) => (*float).into(),
        Value::Text(text) => text.as_ref().into(),
        Value::List(items) => items.iter().map(|item| json_of(&item.value)).collect(),
        Value::Map(map) => map.iter().map(|entry| (entry.key.to_string(), json_of(&entry.value))).collect(),
        Value::Unknown(unknown) => {
            let Unknown { why, refers, any } = unknown.as_ref();
            match (refers.is_empty(), any) {
                (true, _) => json!({"$unknown": why}),
                (false, false) => json!({"$unknown": why, "$refers": refers}),
                (false, true) => json!({"$unknown": why, "$refers": refers, "$any": true}),
            }
        }
    }
}

#[test]
fn variables_take_their_values_from_files_and_defaults_and_their_types_hold() {
    case("variables");
}

#[test]
fn references_lead_to_the_instances_they_name() {
    case("references");
}

#[test]
fn what_may_not_exist_vouches_for_nobody() {
    case("expansion");
}

#[test]
fn modules_are_followed_as_far_as_they_were_scanned() {
    case("modules");
}

#[test]
fn defaults_and_names_are_those_of_the_majors_that_may_run() {
    case("providers");
}

#[test]
fn a_lock_file_fixes_the_major() {
    case("lock_file");
}

#[test]
fn override_files_are_laid_over_the_others() {
    case("overrides");
}

#[test]
fn one_bad_file_does_not_lose_the_others() {
    case("broken");
}

#[test]
fn json_configuration_is_read_as_hcl_is() {
    case("json");
}

#[test]
fn a_plan_is_read_with_what_its_unknowns_are_taken_from() {
    case("plan");
}

/// One resource whose attributes are these expressions: what becomes of them.
fn evaluated(expressions: &[&str]) -> Vec<Json> {
    use std::fmt::Write as _;
    let mut text = "resource \"azurerm_example\" \"a\" {\n".to_owned();
    for (at, expression) in expressions.iter().enumerate() {
        writeln!(text, "  v{at:04} = {expression}").unwrap();
    }
    text.push_str("}\n");
    let documents = [document("main.tf", text.as_bytes())];
    let environment = normalise::environment(&documents, Vec::new(), &Options::default()).unwrap().environment;
    assert_eq!(environment.problems, []);
    let resource = environment.all().find(|resource| resource.id.kind.as_ref() == "azurerm_example").unwrap();
    let values = json_of(resource.body.get("values").unwrap());
    (0..expressions.len()).map(|at| values[format!("v{at:04}")].clone()).collect()
}

/// The same by OpenTofu itself, where it is installed.
fn by_tofu(expressions: &[&str]) -> Option<Vec<Json>> {
    let folder = tempfile::tempdir().unwrap();
    let mut child =
        tofu().arg("console").current_dir(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let lines: String =
        expressions.iter().map(|expression| format!("base64encode(jsonencode({expression}))\n")).collect();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let decoded = |line: &str| {
        let expression = format!("base64decode({line})");
        let text = evaluated(&[&expression]).remove(0);
        serde_json::from_str(text.as_str().unwrap_or_else(|| panic!("tofu says {line}"))).unwrap()
    };
    Some(text.lines().map(decoded).collect())
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn expressions_and_functions_answer_as_opentofu_does() {
    let expressions: Vec<&str> =
        include_str!("../fixtures/terraform/expressions.txt").lines().filter(|line| !line.is_empty()).collect();
    let ours = evaluated(&expressions);
    let Some(theirs) = by_tofu(&expressions) else {
        eprintln!("skipped: tofu is not installed");
        return;
    };
    assert_eq!(ours.len(), theirs.len());
    let different: Vec<String> = expressions
        .iter()
        .zip(ours.iter().zip(&theirs))
        .filter(|(_, (ours, theirs))| ours != theirs)
        .map(|(expression, (ours, theirs))| format!("{expression}\n  ours:   {ours}\n  theirs: {theirs}"))
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

/// A configuration with modules, its expressions as outputs and as attributes of a resource.
#[test]
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn a_configuration_with_modules_evaluates_as_opentofu_plans_it() {
    use std::fmt::Write as _;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/terraform/oracle");
    let expressions: Vec<&str> =
        include_str!("../fixtures/terraform/oracle.txt").lines().filter(|line| !line.is_empty()).collect();
    let mut documents = Vec::new();
    collect(&folder, "", &mut documents);
    let mut asked = "resource \"azurerm_example\" \"a\" {\n".to_owned();
    let mut outputs = String::new();
    for (at, expression) in expressions.iter().enumerate() {
        writeln!(asked, "  v{at} = {expression}").unwrap();
        writeln!(outputs, "output \"v{at}\" {{\n  value = {expression}\n}}").unwrap();
    }
    asked.push('}');
    documents.push(document("asked.tf", asked.as_bytes()));
    // What is no document of its own: templates, scripts.
    let is_code = |document: &Document| document.origin.path().ends_with(".tf");
    let (code, beside): (Vec<Document>, Vec<Document>) = documents.iter().cloned().partition(is_code);
    let options = Options { beside, ..Options::default() };
    let environment = normalise::environment(&code, Vec::new(), &options).unwrap().environment;
    assert_eq!(environment.problems, []);
    let resource = environment.all().find(|resource| resource.id.kind.as_ref() == "azurerm_example").unwrap();
    let ours = json_of(resource.body.get("values").unwrap());
    let Some(theirs) = planned_by_tofu(&documents, &outputs) else {
        eprintln!("skipped: tofu is not installed");
        return;
    };
    let different: Vec<String> = expressions
        .iter()
        .enumerate()
        .map(|(at, expression)| {
            (expression, &ours[format!("v{at}")], without_nulls(&theirs[format!("v{at}")]["value"]))
        })
        .filter(|(_, ours, theirs)| *ours != theirs)
        .map(|(expression, ours, theirs)| format!("{expression}\n  ours:   {ours}\n  theirs: {theirs}"))
        .collect();
    assert!(different.is_empty(), "{}", different.join("\n"));
}

pub(crate) fn tofu() -> Command {
    let cached = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache/speguard/tools/bin/tofu"));
    let mut command = Command::new(cached.filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from("tofu")));
    command.env("CHECKPOINT_DISABLE", "1").env_remove("TF_CLI_CONFIG_FILE");
    command
}

/// The outputs of a plan; none where tofu is not installed.
fn planned_by_tofu(documents: &[Document], outputs: &str) -> Option<Json> {
    let folder = tempfile::tempdir().unwrap();
    for document in documents.iter().filter(|document| document.origin.path().as_ref() != "asked.tf") {
        let path = folder.path().join(document.origin.path().as_ref());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &document.bytes).unwrap();
    }
    fs::write(folder.path().join("asked.tf"), outputs).unwrap();
    let run = |arguments: &[&str]| tofu().args(arguments).current_dir(folder.path()).output();
    run(&["version"]).ok()?;
    for arguments in [&["init", "-no-color"][..], &["plan", "-no-color", "-out=plan"]] {
        let output = run(arguments).unwrap();
        let text = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
    }
    let shown: Json = serde_json::from_slice(&run(&["show", "-json", "plan"]).unwrap().stdout).unwrap();
    Some(shown["planned_values"]["outputs"].clone())
}

/// Unset is absent with us.
fn without_nulls(value: &Json) -> Json {
    match value {
        Json::Array(items) => items.iter().map(without_nulls).collect(),
        Json::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect(),
        scalar => scalar.clone(),
    }
}

#[test]
fn what_no_text_can_tell_is_unknown_with_its_reason() {
    let cases = [
        ("timestamp()", "timestamp() is known when the program runs"),
        ("file(\"a.txt\")", "file(): the file `a.txt` was not read"),
        ("fileexists(\"${path.module}/a.txt\")", "fileexists(): the file `./a.txt` was not read"),
        ("file(\"/etc/passwd\")", "file(): the file `/etc/passwd` was not read"),
        ("file(\"../../../etc/passwd\")", "file(): the file `../../../etc/passwd` was not read"),
        ("terraform.workspace", "terraform.workspace is chosen when the program runs"),
        ("nosuch(1)", "nosuch() is not known here"),
        ("var.missing", "there is no variable `missing`"),
        ("range(1, 1000000000)", "range() gives more than 1024 numbers"),
        ("[1, 2][5]", "the index is outside the list"),
        ("upper(timestamp())", "timestamp() is known when the program runs"),
        ("1 / 0", "the result is no number"),
    ];
    let answers = evaluated(&cases.map(|(expression, _)| expression));
    for ((expression, why), answer) in cases.iter().zip(answers) {
        assert_eq!(answer, json!({"$unknown": why}), "{expression}");
    }
}

#[test]
fn what_does_not_depend_on_an_unknown_is_known() {
    let cases = [
        ("false && timestamp() == \"\"", json!(false)),
        ("timestamp() == \"\" || true", json!(true)),
        ("timestamp() == \"\" ? 1 : 1", json!(1)),
        ("can(var.missing)", json!(false)),
        ("try(var.missing, \"fallback\")", json!("fallback")),
        ("length([timestamp(), uuid()])", json!(2)),
        ("contains([timestamp(), \"a\"], \"a\")", json!(true)),
        ("keys({a = timestamp()})", json!(["a"])),
    ];
    let answers = evaluated(&cases.clone().map(|(expression, _)| expression));
    for ((expression, expected), answer) in cases.into_iter().zip(answers) {
        assert_eq!(answer, expected, "{expression}");
    }
}

#[test]
fn values_that_grow_without_end_end_in_an_unknown() {
    let mut text = "locals {\n  a0 = [1, 2, 3, 4, 5, 6, 7, 8]\n  t0 = \"0123456789abcdef\"\n".to_owned();
    for at in 0..60 {
        text += &format!(
            "  a{} = [local.a{at}, local.a{at}]\n  t{} = \"${{local.t{at}}}${{local.t{at}}}\"\n",
            at + 1,
            at + 1
        );
    }
    text += "}\nresource \"azurerm_example\" \"a\" {\n  list = local.a60\n  text = local.t60\n  \
             loop = [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]]\n}\n";
    let documents = [document("main.tf", text.as_bytes())];
    let environment = normalise::environment(&documents, Vec::new(), &Options::default()).unwrap().environment;
    let resource = environment.all().find(|resource| resource.id.kind.as_ref() == "azurerm_example").unwrap();
    let values = resource.body.get("values").unwrap();
    for name in ["list", "text"] {
        assert!(json_of(values.get(name).unwrap()).to_string().contains("$unknown"), "{name}");
    }
    assert!(environment.problems.iter().any(|problem| problem.cause.contains("steps of evaluation")));
}

#[test]
fn an_object_too_large_to_be_parsed_in_time_is_a_problem() {
    let entries: String = (0..10_001).map(|at| format!("    k{at} = 1\n")).collect();
    let text = format!("locals {{\n  large = {{\n{entries}  }}\n}}\nresource \"azurerm_a\" \"a\" {{}}\n");
    let documents = [document("main.tf", text.as_bytes())];
    let environment = normalise::environment(&documents, Vec::new(), &Options::default()).unwrap().environment;
    let causes: Vec<&str> = environment.problems.iter().map(|problem| problem.cause.as_str()).collect();
    assert_eq!(causes, ["not read as HCL: the block has more than 10000 assignments: split it"]);
}

#[test]
fn a_chain_of_references_too_deep_is_unknown_and_no_crash() {
    let mut text = "locals {\n  a0 = 1\n".to_owned();
    for at in 0..3000 {
        text += &format!("  a{} = local.a{at} + 1\n", at + 1);
    }
    text += "}\nresource \"azurerm_example\" \"a\" {\n  sum = local.a3000\n}\n";
    let documents = [document("main.tf", text.as_bytes())];
    let environment = normalise::environment(&documents, Vec::new(), &Options::default()).unwrap().environment;
    let resource = environment.all().find(|resource| resource.id.kind.as_ref() == "azurerm_example").unwrap();
    let why = &resource.body.find(&["values", "sum"]).unwrap().as_unknown().unwrap().why;
    assert_eq!(why, "expressions refer to each other too deeply");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_text_makes_the_reader_panic(text in any::<String>(), name in "(main\\.tf|a\\.tf\\.json|terraform\\.tfvars)") {
        let documents = [document(&name, text.as_bytes())];
        prop_assert!(normalise::environment(&documents, Vec::new(), &Options::default()).is_ok());
    }

    /// Pieces that belong to the language reach further than letters by chance.
    #[test]
    fn no_expression_makes_the_reader_panic(pieces in proptest::collection::vec(0..PIECES.len(), 1..14)) {
        let expression: String = pieces.into_iter().map(|at| PIECES[at]).collect();
        let text = format!("locals {{\n  a = {expression}\n}}\nresource \"azurerm_a\" \"a\" {{\n  a = local.a\n  b = azurerm_a.a\n}}\n");
        let documents = [document("main.tf", text.as_bytes())];
        prop_assert!(normalise::environment(&documents, Vec::new(), &Options::default()).is_ok());
    }
}

const PIECES: &[&str] = &[
    "1",
    "-",
    "\"a\"",
    "[",
    "]",
    "(",
    ")",
    "{a = 1}",
    "local.a",
    "azurerm_a.a",
    ".id",
    "[*]",
    ".*",
    "[0]",
    " ? ",
    " : ",
    " + ",
    " % ",
    " / ",
    "null",
    "substr(\"æ\", 0, -5)",
    "slice([1], 1, 0)",
    "cidrsubnet(\"::/0\", 128, 1)",
    "format(\"%[2]*d\", 1)",
    ", ",
    "for x in ",
    "x",
    "try(",
    "\"${",
    "}\"",
    "pow(10, 400)",
    "chunklist([1], -1)",
    "element([], 0)",
    "9223372036854775807",
    "replace(\"a\", \"/(/\", \"\")",
    "cidrhost(\"10.0.0.0/8\", -1)",
    "indent(-1, \"\")",
    "join(\"\", [[]])",
    "range(0, 1, 0)",
    "yamldecode(\"a: [\")",
    "yamlencode(",
    "formatdate(\"'æ\", \"2024\")",
    "timeadd(\"2024-01-01T00:00:00Z\", \"9e9h\")",
    "csvdecode(\"æ,\\n\\\"\")",
    "templatestring(\"$${x}\", {x = 1})",
    "file(\"a\")",
];

/// The answers of a folder's `azurerm_example.a`, read as `scan` reads it.
fn scanned(folder: &Path) -> Json {
    let request = Request { paths: vec![folder.to_owned()], ..Request::default() };
    let Collected { documents, beside, problems, .. } = speguard::collect::files(&request).unwrap();
    let options = Options { beside, ..Options::default() };
    let environment = normalise::environment(&documents, problems, &options).unwrap().environment;
    let resource = environment.all().find(|resource| resource.id.kind.as_ref() == "azurerm_example").unwrap();
    json_of(resource.body.get("values").unwrap())
}

#[test]
fn files_that_the_code_names_are_read_and_none_outside_what_is_scanned() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.sh"), "secret").unwrap();
    let repository = tempfile::tempdir().unwrap();
    let at = |path: &str| repository.path().join(path);
    let write = |path: &str, text: &str| {
        fs::create_dir_all(at(path).parent().unwrap()).unwrap();
        fs::write(at(path), text).unwrap();
    };
    fs::create_dir(at(".git")).unwrap();
    write(
        "infra/main.tf",
        "resource \"azurerm_example\" \"a\" {\n  near = file(\"${path.module}/near.sh\")\n  above = file(\"../scripts/above.sh\")\n  yaml = yamldecode(file(\"../settings.yaml\")).days\n  linked = file(\"secret.sh\")\n  ignored = file(\"ignored.sh\")\n  large = filesha256(\"large.zip\")\n}\n",
    );
    write("infra/near.sh", "near");
    write("scripts/above.sh", "above");
    write("settings.yaml", "days: 30\n");
    write(".gitignore", "ignored.sh\n");
    write("infra/ignored.sh", "ignored");
    write("infra/large.zip", &"0".repeat((1 << 20) + 1));
    #[cfg(unix)]
    std::os::unix::fs::symlink(outside.path().join("secret.sh"), at("infra/secret.sh")).unwrap();
    let unread =
        |function: &str, name: &str| json!({"$unknown": format!("{function}(): the file `{name}` was not read")});
    assert_eq!(
        scanned(repository.path()),
        json!({
            "near": "near", "above": "above", "yaml": 30, "linked": unread("file", "secret.sh"),
            "ignored": unread("file", "ignored.sh"), "large": unread("filesha256", "large.zip"),
        })
    );
}

#[test]
fn a_template_sees_its_variables_and_nothing_else() {
    let cases = [
        ("templatestring(\"$${var.a}\", {})", "the template has no `var`"),
        ("templatestring(\"$${each.key}\", {a = 1})", "the template has no `each`"),
        ("templatestring(\"$${a}-$${timestamp()}\", {a = 1})", "timestamp() is known when the program runs"),
        ("templatestring(\"$${templatestring(a, {})}\", {a = \"b\"})", "templatestring() is called from a template"),
        ("templatestring(\"x$${a}\", {a = uuid()})", "uuid() is chance"),
    ];
    let answers = evaluated(&cases.map(|(expression, _)| expression));
    for ((expression, why), answer) in cases.iter().zip(answers) {
        assert_eq!(answer, json!({"$unknown": why}), "{expression}");
    }
}
