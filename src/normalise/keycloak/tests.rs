//! Realms out of Terraform code: what goes into them, and what stays unknown.
use crate::{
    model::{Document, Environment, Origin, Resource, Value, shown},
    normalise::{self, Options},
};

const REALM: &str = "resource \"keycloak_realm\" \"a\" {\n  realm = \"spe\"\n}\n";

fn read(files: &[(&str, &str)]) -> Environment {
    let document = |(path, text): &(&str, &str)| Document {
        origin: Origin::file(*path),
        bytes: text.as_bytes().into(),
        render: None,
    };
    let documents: Vec<Document> = files.iter().map(document).collect();
    normalise::environment(&documents, Vec::new(), &Options::default()).unwrap().environment
}

fn realm(environment: &Environment) -> &Resource {
    environment.all().find(|resource| resource.id.kind.as_ref() == "keycloak/Realm").unwrap()
}

fn spec<'a>(environment: &'a Environment, keys: &[&str]) -> Option<&'a Value> {
    realm(environment).body.get("spec").unwrap().find(keys)
}

#[test]
fn a_realm_stands_in_place_of_what_declares_it() {
    let events = "resource \"keycloak_realm_events\" \"a\" {\n  realm_id = \"spe\"\n  events_enabled = true\n}\n\
        resource \"keycloak_role\" \"r\" {\n  realm_id = keycloak_realm.a.id\n  name = \"r\"\n}\n";
    let environment = read(&[("main.tf", &format!("{REALM}{events}"))]);
    let platform = |resource: &&Resource| !resource.id.kind.starts_with("speguard/");
    let kinds: Vec<String> = environment.all().filter(platform).map(|resource| resource.id.address()).collect();
    assert_eq!(kinds, ["keycloak/Realm/spe", "keycloak_role/keycloak_role.r"]);
    assert_eq!(spec(&environment, &["eventsEnabled"]), Some(&true.into()));
    assert_eq!(spec(&environment, &["adminEventsEnabled"]), Some(&false.into()));
}

#[test]
fn every_realm_has_the_clients_that_keycloak_gives_it_unless_the_code_says_otherwise() {
    let listed = |environment: &Environment| -> Vec<(String, Value)> {
        let clients = spec(environment, &["clients"]).and_then(Value::as_list).unwrap().iter();
        let shown = |client: &Value| {
            let id = client.get("clientId").and_then(Value::as_text).unwrap().to_owned();
            (id, client.get("directAccessGrantsEnabled").unwrap().clone())
        };
        clients.map(|item| shown(&item.value)).collect()
    };
    let row = |name: &str, on: bool| (name.to_owned(), Value::from(on));
    let built_in = [row("admin-cli", true), row("security-admin-console", false)];
    assert_eq!(listed(&read(&[("main.tf", REALM)])), built_in);
    let own = "resource \"keycloak_openid_client\" \"c\" {\n  realm_id = keycloak_realm.a.id\n  client_id = \"admin-cli\"\n\
         \x20 access_type = \"PUBLIC\"\n  import = true\n}\n";
    let environment = read(&[("main.tf", &format!("{REALM}{own}"))]);
    assert_eq!(listed(&environment), [row("admin-cli", false), row("security-admin-console", false)]);
}

#[test]
fn places_in_another_file_are_left_out() {
    let bindings = "\n\nresource \"keycloak_authentication_bindings\" \"a\" {\n  realm_id = keycloak_realm.a.id\n  \
         browser_flow = \"own\"\n}\n";
    let path: crate::model::Path = ["spec", "browserFlow"].map(|key| crate::model::Step::Key(key.to_owned())).to_vec();
    for (file, line) in [("main.tf", 8), ("flows.tf", 1)] {
        let files = if file == "main.tf" {
            vec![("main.tf", format!("{REALM}{bindings}"))]
        } else {
            vec![("main.tf", REALM.to_owned()), (file, bindings.to_owned())]
        };
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let environment = read(&files);
        let (path_of, mark) = realm(&environment).place(&path);
        assert_eq!((path_of.as_ref(), mark.line), ("main.tf", line), "{file}: {}", shown(&path));
    }
}

#[test]
fn an_execution_that_belongs_nowhere_leaves_every_flow_open() {
    let flow =
        "resource \"keycloak_authentication_flow\" \"f\" {\n  realm_id = keycloak_realm.a.id\n  alias = \"f\"\n}\n";
    let execution = "variable \"flow\" {}\nresource \"keycloak_authentication_execution\" \"e\" {\n  \
        realm_id = keycloak_realm.a.id\n  parent_flow_alias = var.flow\n  authenticator = \"auth-otp-form\"\n}\n";
    let flows = |text: &str| {
        let environment = read(&[("main.tf", text)]);
        spec(&environment, &["authenticationFlows"]).unwrap().clone()
    };
    assert!(flows(&format!("{REALM}{flow}")).as_list().is_some());
    let open = flows(&format!("{REALM}{flow}{execution}"));
    let why = "it cannot be told which realm or flow `keycloak_authentication_execution.e` belongs to";
    assert_eq!(open, Value::unknown(why));
}

#[test]
fn no_secret_of_a_client_or_broker_is_kept() {
    let text = "resource \"keycloak_openid_client\" \"c\" {\n  realm_id = keycloak_realm.a.id\n  client_id = \"c\"\n  \
        access_type = \"CONFIDENTIAL\"\n  client_secret = \"s3cr3t\"\n}\n\
        resource \"keycloak_oidc_identity_provider\" \"b\" {\n  realm = keycloak_realm.a.id\n  alias = \"b\"\n  \
        client_secret = \"s3cr3t\"\n  extra_config = {\n    clientSecret = \"s3cr3t\"\n  }\n}\n";
    let environment = read(&[("main.tf", &format!("{REALM}{text}"))]);
    assert_eq!(spec(&environment, &["identityProviders"]).and_then(Value::as_list).map(<[_]>::len), Some(1));
    assert!(!format!("{:?}", realm(&environment)).contains("s3cr3t"));
}
