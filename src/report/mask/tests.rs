use super::*;

fn check(text: &str, expected: &str) {
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(masked(&lines, 0..lines.len()).join("\n"), expected.trim_end());
}

#[test]
fn a_secret_shows_its_keys_and_its_name() {
    check(
        "kind: Secret\nmetadata:\n  name: db\n  annotations:\n    last: '{\"data\":{\"p\":\"aA\"}}'\nstringData:\n  user: admin\n  p: |\n    line\ndata: {a: b}\n",
        "kind: Secret\nmetadata:\n  name: db\n  annotations:\n    last: '***'\nstringData:\n  user: ***\n  p: |\n    ***\ndata: {a: ***}\n",
    );
    check(r#"{"kind":"Secret","data":{"a":"b","c":"d"}}"#, r#"{"kind":"Secret","data":{"a":"***","c":"***"}}"#);
}

#[test]
fn the_document_beside_a_secret_is_shown() {
    let text = "kind: Secret\ndata:\n  a: b\n---\nkind: Pod\nspec:\n  hostNetwork: true\n  nodeName: n";
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(masked(&lines, 4..8), lines[4..8]);
}

#[test]
fn literal_values_under_secret_keys_are_hidden() {
    check("admin_password = \"hunter2\"", "admin_password = \"***\"");
    check("adminPassword: 12345 # no", "adminPassword: ***");
    check("  \"clientSecret\" : \"a\\\"b\", \"enabled\": true", "  \"clientSecret\" : \"***\", \"enabled\": true");
    check("client-certificate-data: abc", "client-certificate-data: ***");
    check("client_secrets:\n  - abc\n  - def", "client_secrets:\n  ***\n  ***");
    check("\"privateKey\" : [\n  \"MII\"\n]", "\"privateKey\" : [\n  ***\n]");
    check("AWS_ACCESS_KEY_ID=abc", "AWS_ACCESS_KEY_ID=***");
    check("tokens = [\"a\", \"b\"]", "tokens = [***]");
}

#[test]
fn switches_names_and_references_are_shown() {
    for line in [
        "automountServiceAccountToken: false",
        "shared_access_key_enabled = true",
        "password = var.password",
        "secretName: tls",
        "key_vault_id = azurerm_key_vault.main.id",
        "image: registry.example/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "password: {{ .Values.password }}",
        "password = \"${var.password}\"",
        "source_address_prefix = \"*\"",
        "- hostPath: /var/run",
    ] {
        check(line, line);
    }
}

#[test]
fn keys_of_selectors_are_shown_and_other_keys_are_not() {
    check("- key: zone\n  operator: In", "- key: zone\n  operator: In");
    check("key: zone", "key: ***");
}

#[test]
fn a_value_is_hidden_where_its_neighbours_name_a_secret() {
    check("- name: DB_PASSWORD\n  value: hunter2", "- name: DB_PASSWORD\n  value: ***");
    check("- name: LEVEL\n  value: debug", "- name: LEVEL\n  value: debug");
    check("variable \"db_password\" {\n  default = \"x\"\n}", "variable \"db_password\" {\n  default = \"***\"\n}");
}

#[test]
fn texts_of_several_lines_under_secret_keys_are_hidden() {
    check("private_key: |\n  abc\n  def\nname: x", "private_key: |\n  ***\n  ***\nname: x");
    check("custom_data = <<EOT\nrun\nEOT", "custom_data = <<EOT\n***\n***");
    check("run: |\n  echo\nname: x", "run: |\n  echo\nname: x");
}

#[test]
fn key_material_is_hidden_wherever_it_stands() {
    check("args: [--x, abcDEF0123456789abcDEF0123456789abcDEF0123456789]", "args: [--x, ***]");
    check("url: https://user:pass@host/x", "url: https://user:***@host/x");
    check("cert: -----BEGIN CERTIFICATE-----", "cert: ***");
    check("- AKIAIOSFODNN7EXAMPLE", "- ***");
}

#[test]
fn hostile_lines_do_not_break_it() {
    for line in ["=", ":", "\":", "key: \"", "ø: ø", "a::b==c=>", "key=\u{1b}[2J", "'", "password: '"] {
        let lines = [line];
        assert_eq!(masked(&lines, 0..3).len(), 1);
    }
}
