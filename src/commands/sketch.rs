//! The description that `speguard init` writes: what was found stands as a fact or as a proposal in a comment.
//!
//! Nothing that permits anything is written as a fact: a description nobody has read must not make a scan greener.
use crate::{
    model::{Environment, Platform, Resource, Text, UNKNOWN_NAMESPACE, Value},
    report::Language,
};
use std::collections::{BTreeMap, BTreeSet};

/// What the code shows of an environment, each list in order.
#[derive(Debug, Default)]
pub struct Found {
    /// Namespaces that hold something and are not exempt.
    namespaces: BTreeSet<Text>,
    /// The label of Namespaces that seems to name projects.
    project_label: Option<Text>,
    registries: BTreeSet<String>,
    /// Names of Keycloak realms.
    realms: BTreeSet<Text>,
    /// Addresses of workspaces and buckets where logs may end, by platform.
    log_stores: BTreeSet<(Platform, Text)>,
    regions: BTreeSet<Text>,
    /// Hosts of ingresses.
    hosts: BTreeSet<Text>,
    platforms: BTreeSet<Platform>,
}

/// Kinds of resources in which logs end.
const LOG_STORE_KINDS: &[&str] =
    &["azurerm_log_analytics_workspace", "aws_cloudwatch_log_group", "google_logging_project_bucket_config"];

impl Found {
    /// Looks at everything that was read.
    #[must_use]
    pub fn in_environment(environment: &Environment) -> Self {
        let mut found = Self { platforms: environment.platforms(), ..Self::default() };
        let mut labels: BTreeMap<Text, usize> = BTreeMap::new();
        for resource in environment.all() {
            match resource.id.platform {
                Platform::Kubernetes => found.kubernetes(resource, &mut labels),
                Platform::Keycloak => {
                    found.realms.extend((&*resource.id.kind == "keycloak/Realm").then(|| resource.id.name.clone()))
                }
                platform => found.cloud(resource, platform),
            }
        }
        found.namespaces.retain(|name| !environment.description.exempt_namespaces.contains(name));
        found.project_label =
            labels.into_iter().max_by_key(|(label, count)| (*count, label.clone())).map(|(label, _)| label);
        found
    }

    fn kubernetes(&mut self, resource: &Resource, labels: &mut BTreeMap<Text, usize>) {
        let id = &resource.id;
        let namespace = if &*id.kind == "Namespace" { &id.name } else { &id.namespace };
        if !namespace.is_empty() && &**namespace != UNKNOWN_NAMESPACE {
            self.namespaces.insert(namespace.clone());
        }
        if &*id.kind == "Namespace" {
            let map = resource.body.find(&["metadata", "labels"]).and_then(Value::as_map);
            for entry in map.into_iter().flatten().filter(|entry| entry.key.contains("project")) {
                *labels.entry(entry.key.clone()).or_default() += 1;
            }
        }
        if &*id.kind == "networking.k8s.io/Ingress" {
            let rules = resource.body.find(&["spec", "rules"]).and_then(Value::as_list).unwrap_or_default();
            self.hosts.extend(rules.iter().filter_map(|rule| rule.value.get("host")?.as_text()).map(Text::from));
        }
        let Some(pod) = &resource.pod else { return };
        for list in ["containers", "initContainers"] {
            let containers = pod.spec.get(list).and_then(Value::as_list).unwrap_or_default();
            self.registries.extend(containers.iter().filter_map(|of| of.value.get("image")?.as_text()).map(registry));
        }
    }

    fn cloud(&mut self, resource: &Resource, platform: Platform) {
        if LOG_STORE_KINDS.contains(&&*resource.id.kind) {
            self.log_stores.insert((platform, resource.id.address().into()));
        }
        let place = resource.body.find(&["values", "location"]).and_then(Value::as_text);
        self.regions.extend(place.map(Text::from));
    }
}

/// The registry of an image reference; a name without one is on Docker Hub.
/// Source: the reference grammar of distribution, where a first part with `.` or `:`, or `localhost`, is a host.
fn registry(image: &str) -> String {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host.to_owned(),
        _ => "docker.io".to_owned(),
    }
}

/// The text of a description. It is read without a problem as it stands.
#[must_use]
pub fn sketch(name: &str, found: &Found, language: Language) -> String {
    let mut page = Page { language, text: String::new() };
    page.words(
        0,
        "What is true of this environment. speguard judges by it, and facts about the environment stand nowhere else.\n\
         Lines with # are proposals: complete those that hold and remove the others. Every permission needs an owner,\n\
         a reason and a last day, after which it counts as absent.",
        "Det som gjelder for dette analyserommet. speguard vurderer etter dette, og fakta om rommet står ikke andre steder.\n\
         Linjer med # er forslag: fyll ut dem som stemmer, og fjern resten. Hver tillatelse må ha en ansvarlig,\n\
         en begrunnelse og en siste dag; etter den regnes den som fraværende.",
    );
    page.line("apiVersion: speguard.io/v1alpha1\nkind: SecureProcessingEnvironment\nmetadata:");
    page.line(&format!("  name: {}\nspec:", quoted(name)));
    page.words(
        2,
        "minimum, recommended, or a file beside this one",
        "minimum, recommended eller en fil ved siden av denne",
    );
    page.line("  profile: minimum");
    projects(&mut page, found);
    ways(&mut page, found);
    supply(&mut page, found);
    logs(&mut page, found);
    page.words(
        2,
        "Platforms of which everything is in what is read. What is missing there is then a breach, not an unknown.",
        "Plattformer der alt ligger i det som leses. Det som mangler der, er da et brudd og ikke ukjent.",
    );
    let platforms: Vec<&str> = found.platforms.iter().map(|platform| platform.name()).collect();
    page.line(&format!("  # complete: [{}]", platforms.join(", ")));
    page.text
}

/// Every namespace found is a project until a person says otherwise, as it is without a description.
fn projects(page: &mut Page, found: &Found) {
    page.words(
        2,
        "One project for each data permit. Every namespace that was found is listed: remove those that no project works in.",
        "Ett prosjekt for hver datatillatelse. Alle navnerom som ble funnet, er med: fjern dem som ingen prosjekter arbeider i.",
    );
    match found.namespaces.is_empty() {
        true => page.line("  # projects: [{name: p1, permit: 2026-0001, expires: 2027-12-31, namespaces: [p1]}]"),
        false => page.line("  projects:"),
    }
    for namespace in &found.namespaces {
        let name = quoted(namespace);
        page.line(&format!(
            "    - name: {name}\n      # permit: 2026-0001\n      # expires: 2027-12-31\n      namespaces: [{name}]"
        ));
    }
    if let Some(label) = &found.project_label {
        page.words(2, "The label that names the project", "Merkelappen som navngir prosjektet");
        page.line(&format!("  project_label: {}", quoted(label)));
    }
    if !found.namespaces.is_empty() {
        page.words(2, "What enforces network policies", "Det som håndhever nettverksreglene");
        page.line("  # network_plugin: cilium");
    }
}

fn ways(page: &mut Page, found: &Found) {
    page.words(
        2,
        "Where workloads may connect to, beside private addresses",
        "Hvor arbeidslastene kan koble seg til, utenom private adresser",
    );
    page.line(
        "  # allowed_destinations:\n  #   - {host: pypi.org, ports: [tcp/443], owner: …, reason: …, expires: 2026-12-31}\n\
         \x20 # private_ranges: [192.0.2.0/24]",
    );
    page.words(2, "The ways in from outside", "Inngangene utenfra");
    page.line("  # front_doors:");
    for host in &found.hosts {
        page.line(&format!("  #   - {{host: {}, owner: …}}", quoted(host)));
    }
    if found.hosts.is_empty() {
        page.line("  #   - {host: portal.example.no, owner: …}");
    }
}

fn supply(page: &mut Page, found: &Found) {
    page.words(
        2,
        "Registries that images may come from; these are in use",
        "Registre som bilder kan hentes fra; disse er i bruk",
    );
    let registries: Vec<String> = found.registries.iter().map(|registry| quoted(registry)).collect();
    page.line(&format!("  # approved_registries: [{}]", registries.join(", ")));
    if let Some(realm) = found.realms.iter().find(|realm| &***realm != "master").or_else(|| found.realms.first()) {
        page.words(2, "Where people sign in", "Der folk logger inn");
        let realm = quoted(realm);
        page.line(&format!("  identity_provider:\n    name: {realm}\n    platform: keycloak\n    realm: {realm}"));
    }
    if !found.regions.is_empty() {
        page.words(2, "Where it is", "Hvor det er");
        let regions: Vec<String> = found.regions.iter().map(|region| quoted(region)).collect();
        page.line(&format!("  regions: [{}]", regions.join(", ")));
    }
}

fn logs(page: &mut Page, found: &Found) {
    page.words(
        2,
        "Where logs end. Classes: authentication, workspace_session, data_access, import_export, admin_control_plane",
        "Der loggene ender. Klasser: authentication, workspace_session, data_access, import_export, admin_control_plane",
    );
    page.line("  # log_stores:");
    for (platform, address) in &found.log_stores {
        let address = quoted(address);
        page.line(&format!(
            "  #   - {{name: …, platform: {platform}, resource: {address}, classes: [authentication]}}"
        ));
    }
    if found.log_stores.is_empty() {
        page.line("  #   - {name: …, platform: outside, classes: [authentication], retention_days: 400, owner: …}");
    }
}

struct Page {
    language: Language,
    text: String,
}

impl Page {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A comment in the reader's language, one line for each of its lines.
    fn words(&mut self, indent: usize, en: &str, nb: &str) {
        let words = match self.language {
            Language::English => en,
            Language::Norwegian => nb,
        };
        for line in words.lines() {
            self.text.push_str(&format!("{:indent$}# {line}\n", ""));
        }
    }
}

/// A text as YAML: plain where that is safe, else in double quotes, which JSON's are too.
fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    let letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    // Words that YAML 1.1 reads as something else than text.
    let word = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"].contains(&text.to_lowercase().as_str());
    if letter && !word && text.bytes().all(plain) { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}
