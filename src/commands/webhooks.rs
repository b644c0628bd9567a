//! `speguard webhooks`: what has an API server ask `speguard serve`.
use super::{namespaced, print};
use crate::{cli::serve::Webhooks, record::reconcile::Rule};
use anyhow::{Context, ensure};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use std::{collections::BTreeSet, fs};

/// The configuration, with words in capitals where arguments go. The chart fills in the same text.
const TEMPLATE: &str = include_str!("../../charts/speguard/files/webhooks.yaml");

/// Prints the configuration.
///
/// # Errors
/// An authority that cannot be read or is no certificate; an address, name or label that is none.
pub fn run(arguments: &Webhooks) -> anyhow::Result<u8> {
    let client = format!("{{{}{}}}", client(arguments)?, bundle(arguments)?);
    let label = &arguments.project_label;
    ensure!(!label.is_empty() && label.chars().all(is_plain), "`{label}` is no label");
    let mut exempt = vec!["kube-system"];
    exempt.extend(arguments.exempt.iter().map(String::as_str).filter(|name| *name != "kube-system"));
    ensure!(
        exempt.iter().all(|name| !name.is_empty() && name.chars().all(is_plain)),
        "a namespace to exempt is no name"
    );
    let quoted: Vec<String> = exempt.iter().map(|name| format!("'{name}'")).collect();
    let text = TEMPLATE
        .replace("{CLIENT}", &client)
        .replace("LABEL", label)
        .replace("EXEMPT", &exempt.join(", "))
        .replace("QUOTED", &quoted.join(", "));
    print(text.as_bytes())?;
    Ok(0)
}

/// The field with the authority, where one is given.
fn bundle(arguments: &Webhooks) -> anyhow::Result<String> {
    let Some(path) = &arguments.authority else { return Ok(String::new()) };
    let authority = fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    ensure!(authority.contains("BEGIN CERTIFICATE"), "`{}` holds no certificate in PEM", path.display());
    Ok(format!(", caBundle: {}", STANDARD.encode(&authority)))
}

fn client(arguments: &Webhooks) -> anyhow::Result<String> {
    if let Some(url) = &arguments.url {
        ensure!(url.starts_with("https://"), "the API server asks by https only: `{url}`");
        return Ok(format!("url: '{}/admit'", url.trim_end_matches('/')));
    }
    let service = arguments.service.as_deref().unwrap_or_default();
    let (namespace, name) = namespaced("a Service", service)?;
    Ok(format!("service: {{namespace: {namespace}, name: {name}, path: /admit}}"))
}

/// Characters of names and labels: others would end the text that they stand in.
fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || "-._/".contains(character)
}

/// The part of the configuration that says what is asked about.
#[derive(Deserialize)]
struct Configuration {
    webhooks: Vec<Webhook>,
}

#[derive(Deserialize)]
struct Webhook {
    name: String,
    rules: Vec<Written>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    api_groups: Vec<String>,
    operations: BTreeSet<String>,
    resources: Vec<String>,
}

/// What the API server asks about by the configuration that is printed here. Other versions of a resource are asked about
/// as well (`matchPolicy: Equivalent`).
///
/// # Errors
/// None, while the configuration is what it is.
pub(super) fn rules() -> anyhow::Result<Vec<Rule>> {
    let configuration: Configuration = serde_saphyr::from_str(TEMPLATE).context("webhooks.yaml")?;
    let mut rules = Vec::new();
    for Webhook { name, rules: written } in configuration.webhooks {
        for Written { api_groups, operations, resources } in written {
            for group in &api_groups {
                rules.extend(resources.iter().map(|resource| Rule {
                    webhook: name.clone(),
                    group: group.clone(),
                    resource: resource.clone(),
                    operations: operations.clone(),
                }));
            }
        }
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_other_namespaces_are_asked_about_projects_are_too() {
        let rules = rules().unwrap();
        let of = |webhook: &'static str| rules.iter().filter(move |rule| rule.webhook == webhook);
        for outside in of("outside.speguard.io") {
            let same = |rule: &Rule| (&rule.group, &rule.resource) == (&outside.group, &outside.resource);
            let projects = of("project.speguard.io").find(|rule| same(rule)).unwrap();
            assert!(outside.operations.is_subset(&projects.operations), "{outside:?}");
        }
        let webhooks: BTreeSet<&str> = rules.iter().map(|rule| rule.webhook.as_str()).collect();
        let names = ["cluster", "namespace", "outside", "project"].map(|name| format!("{name}.speguard.io"));
        assert!(webhooks.into_iter().eq(names.iter().map(String::as_str)));
    }
}
