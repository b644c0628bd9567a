//! Azure: resource → diagnostic setting → workspace, storage account or event hub.
//!
//! A way of a resource has the facts `to` (the sink's address, else its id), `sink` (`workspace`, `account`,
//! `event_hub`), `categories` (log categories and category groups that are sent there; categories or a group that
//! cannot be read are left out and named in `unread`), and those of [`super::retention`]. A way whose answer is
//! unknown has `why`.
use super::retention;
use crate::model::{Answer, Environment, Hop, Map, Platform, Reach, Resource, ResourceId, Step, Text, Value, Way};
use crate::reach::azurerm::sight::{Pointer, Sight, blocks, set, value};
use std::collections::BTreeMap;

const SETTING: &str = "azurerm_monitor_diagnostic_setting";

/// Settings that send the directory's own logs; they are their own source.
const DIRECTORY_SETTING: &str = "azurerm_monitor_aad_diagnostic_setting";

const EXPORT: &str = "azurerm_log_analytics_data_export_rule";

/// Kinds that carry access to data, so that having no setting at all is a fact about them.
const CARRIES_ACCESS: &[&str] = &[
    "azurerm_bastion_host",
    "azurerm_cosmosdb_account",
    "azurerm_firewall",
    "azurerm_key_vault",
    "azurerm_key_vault_managed_hardware_security_module",
    "azurerm_kubernetes_cluster",
    "azurerm_mssql_database",
    "azurerm_mssql_server",
    "azurerm_mysql_flexible_server",
    "azurerm_postgresql_flexible_server",
    "azurerm_storage_account",
    "azurerm_virtual_desktop_host_pool",
    "azurerm_virtual_desktop_workspace",
];

/// Adds the ways of the logs of all Azure subjects that carry access, and of all settings.
pub(super) fn derive(environment: &Environment, subjects: &[&Resource], reach: &mut Reach) {
    let mut sights: BTreeMap<&Text, Sight<'_>> = BTreeMap::new();
    for subject in subjects.iter().filter(|subject| subject.id.platform == Platform::Azurerm) {
        let kind = subject.id.kind.as_ref();
        let is_setting = kind == SETTING || kind == DIRECTORY_SETTING;
        if !is_setting && !CARRIES_ACCESS.contains(&kind) {
            continue;
        }
        let sight = sights.entry(&subject.id.root).or_insert_with(|| Sight::of(environment, &subject.id.root));
        let ways =
            if is_setting { sinks(environment, sight, subject, &[]) } else { of_resource(environment, sight, subject) };
        reach.logs.insert(subject.id.clone(), ways);
    }
}

/// Audit policies of database servers and databases, each with the attribute that points at what it audits.
const AUDITS: &[(&str, &str)] = &[
    ("azurerm_mssql_server_extended_auditing_policy", "server_id"),
    ("azurerm_mssql_database_extended_auditing_policy", "database_id"),
];

/// Every sink of every setting that points at a resource; unknown ways for settings that perhaps do.
fn of_resource(environment: &Environment, sight: &Sight<'_>, subject: &Resource) -> Vec<Way> {
    let pointing = sight.pointing(SETTING, "target_resource_id", subject);
    let start = [hop(&subject.id, &[])];
    let mut ways: Vec<Way> =
        pointing.certain.iter().flat_map(|setting| sinks(environment, sight, setting, &start)).collect();
    ways.extend(pointing.perhaps.iter().map(|setting| {
        let why = format!("`{}` may be the diagnostic setting of this resource", setting.id.name);
        Way::unknown(&why, vec![hop(&subject.id, &[]), hop(&setting.id, &["values", "target_resource_id"])])
    }));
    ways.extend(audits(sight, subject, &start));
    if let Pointer::To(server) = sight.follow(value(subject, "server_id"), "azurerm_mssql_server") {
        ways.extend(audits(sight, server, &start));
    }
    ways
}

/// Where the audit log of a database or a server goes by a policy of its own.
fn audits(sight: &Sight<'_>, audited: &Resource, start: &[Hop]) -> Vec<Way> {
    let mut ways = Vec::new();
    for (kind, attribute) in AUDITS {
        let pointing = sight.pointing(kind, attribute, audited);
        for policy in pointing.certain {
            let mut witness = start.to_vec();
            if value(policy, "storage_endpoint").is_some() {
                let mut facts = Map::new();
                facts.put("to", "the audit store");
                facts.put("sink", "account");
                facts.put("categories", vec![Text::from("SQLSecurityAuditEvents")]);
                retention::of_audit(policy, &mut facts);
                witness.push(hop(&policy.id, &["values", "retention_in_days"]));
                ways.push(Way { answer: Answer::Open, facts, witness });
            } else if value(policy, "log_monitoring_enabled") != Some(&Value::Bool(false)) {
                // It goes to the diagnostic setting of the server's master database, which no pointer names here.
                witness.push(hop(&policy.id, &["values"]));
                let why = "its audit log goes to Azure Monitor, and the setting that takes it was not found";
                ways.push(Way::unknown(why, witness));
            }
        }
        ways.extend(pointing.perhaps.iter().map(|policy| {
            let why = format!("`{}` may be the audit policy of this resource", policy.id.name);
            Way::unknown(&why, vec![hop(&audited.id, &[]), hop(&policy.id, &["values", attribute])])
        }));
    }
    ways
}

/// The destinations of a setting, each as one way.
fn sinks(environment: &Environment, sight: &Sight<'_>, setting: &Resource, start: &[Hop]) -> Vec<Way> {
    let (categories, unread) = categories(setting);
    let mut ways = Vec::new();
    for (attribute, kind, sink) in [
        ("log_analytics_workspace_id", "azurerm_log_analytics_workspace", "workspace"),
        ("storage_account_id", "azurerm_storage_account", "account"),
        ("eventhub_authorization_rule_id", "azurerm_eventhub_authorization_rule", "event_hub"),
        ("partner_solution_id", "azurerm_partner_solution", "partner"),
    ] {
        let pointer = sight.follow(value(setting, attribute), kind);
        let mut facts = Map::new();
        match pointer.clone() {
            Pointer::Absent => continue,
            Pointer::To(resource) => {
                facts.put("to", resource.id.name.clone());
                match sink {
                    "workspace" => retention::of_workspace(sight, resource, &mut facts),
                    "account" => retention::of_account(sight, resource, &mut facts),
                    _ => retention::of_passage(&mut facts),
                }
            }
            Pointer::Beyond(id) if matches!(sink, "event_hub" | "partner") => {
                retention::of_passage(&mut facts);
                facts.put("to", id);
            }
            Pointer::Beyond(id) => {
                retention::of_stated(&environment.description.log_stores, &id, &mut facts);
                facts.put("to", id);
            }
            Pointer::Unknown(why) => {
                facts.put("to", "a store that is not known");
                facts.put("days_unknown", why);
            }
        }
        if let (Pointer::To(workspace), "workspace") = (&pointer, sink) {
            ways.extend(exports(sight, workspace, start));
        }
        facts.put("sink", sink);
        facts.put("categories", categories.clone());
        if let Some(why) = &unread {
            facts.put("unread", why.as_str());
        }
        let mut witness = start.to_vec();
        witness.push(hop(&setting.id, &["values", attribute]));
        ways.push(Way { answer: Answer::Open, facts, witness });
    }
    ways
}

/// What a workspace hands on to another store, table by table: how long it is kept there is not followed.
fn exports(sight: &Sight<'_>, workspace: &Resource, start: &[Hop]) -> Vec<Way> {
    let pointing = sight.pointing(EXPORT, "workspace_resource_id", workspace);
    let rules = pointing.certain.into_iter().chain(pointing.perhaps);
    // Off where it is not set.
    let on = rules.filter(|rule| !matches!(value(rule, "enabled"), None | Some(Value::Bool(false))));
    on.map(|rule| {
        let why =
            format!("`{}` exports tables of the workspace, and what keeps them there is not followed", rule.id.name);
        Way::unknown(
            &why,
            start.iter().cloned().chain([hop(&rule.id, &["values", "destination_resource_id"])]).collect(),
        )
    })
    .collect()
}

/// The categories and groups that a setting sends, and why some cannot be read.
///
/// Provider 3 also has `log` blocks with a switch of their own; 4 has only `enabled_log`.
fn categories(setting: &Resource) -> (Vec<Text>, Option<String>) {
    let mut found = Vec::new();
    let mut unread = None;
    for name in ["enabled_log", "log"] {
        match blocks(value(setting, name)) {
            Ok(blocks) => {
                for (_, block) in blocks {
                    if set(block, "enabled") == Some(&Value::Bool(false)) {
                        continue;
                    }
                    for key in ["category", "category_group"] {
                        match set(block, key) {
                            Some(Value::Text(text)) => found.push(text.clone()),
                            Some(Value::Unknown(unknown)) => unread = Some(unknown.why.clone()),
                            _ => {}
                        }
                    }
                    if let Some(Value::Unknown(unknown)) = set(block, "enabled") {
                        found.pop();
                        unread = Some(unknown.why.clone());
                    }
                }
            }
            Err(why) => unread = Some(why),
        }
    }
    found.sort();
    found.dedup();
    (found, unread)
}

fn hop(id: &ResourceId, path: &[&str]) -> Hop {
    Hop { resource: id.clone(), path: path.iter().map(|key| Step::Key((*key).to_owned())).collect() }
}
