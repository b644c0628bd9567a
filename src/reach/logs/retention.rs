//! How long a store keeps what it is sent.
//!
//! Facts: `days` (a number), or `for_ever` (true), or `days_unknown` (why). A workspace adds `tables` (days by
//! table, where a table has its own).
use crate::model::{LogStore, Map, Resource, Value};
use crate::reach::azurerm::sight::{Pointing, Sight, blocks, set, value};

/// What a workspace keeps where nothing is said (Azure Monitor documentation, "data retention and archive").
const WORKSPACE_DAYS: i64 = 30;

/// Where Azure Monitor puts logs in an account: containers that are called `insights-logs-<category>`.
const LOG_PREFIX: &str = "insights-logs-";

pub(super) fn of_workspace(sight: &Sight<'_>, workspace: &Resource, facts: &mut Map) {
    days(value(workspace, "retention_in_days"), WORKSPACE_DAYS, "days", facts);
    let pointing = sight.pointing("azurerm_log_analytics_workspace_table", "workspace_id", workspace);
    let mut tables = Map::new();
    for table in pointing.certain {
        let name = value(table, "name").and_then(Value::as_text);
        // Archive included: what counts is how long a record can be brought back.
        let kept = value(table, "total_retention_in_days").or_else(|| value(table, "retention_in_days"));
        if let (Some(name), Some(kept)) = (name, kept) {
            tables.put(name, kept.clone());
        }
    }
    if !tables.is_empty() {
        facts.put("tables", tables);
    }
}

pub(super) fn of_account(sight: &Sight<'_>, account: &Resource, facts: &mut Map) {
    let policies = sight.pointing("azurerm_storage_management_policy", "storage_account_id", account);
    match deleted_after(&policies) {
        Ok(Some(days)) => facts.put("days", days),
        Ok(None) => facts.put("for_ever", true),
        Err(why) => facts.put("days_unknown", why),
    }
}

/// The audit log of a database server: 0 days (the provider's default) is for ever.
pub(super) fn of_audit(policy: &Resource, facts: &mut Map) {
    match value(policy, "retention_in_days") {
        None => facts.put("for_ever", true),
        Some(kept) if kept.as_int() == Some(0) => facts.put("for_ever", true),
        kept => days(kept, 0, "days", facts),
    }
}

/// An event hub or a partner's service passes records on; who reads them decides.
pub(super) fn of_passage(facts: &mut Map) {
    facts.put("days_unknown", "it passes the records on, and whoever reads them decides");
}

/// A store that is not in sight: what the description says of it, if anything.
pub(super) fn of_stated(stores: &[LogStore], id: &str, facts: &mut Map) {
    let store = stores.iter().find(|store| store.resource.as_deref().is_some_and(|name| name.eq_ignore_ascii_case(id)));
    match store.and_then(|store| store.retention_days) {
        Some(days) => facts.put("days", days),
        None => facts.put("days_unknown", "the store is not in the code that was read"),
    }
}

/// The shortest time after which a rule deletes logs; `None` = no rule does.
fn deleted_after(policies: &Pointing<'_>) -> Result<Option<i64>, String> {
    let mut shortest: Option<i64> = None;
    for policy in &policies.certain {
        for (_, rule) in blocks(value(policy, "rule"))? {
            if set(rule, "enabled") == Some(&Value::Bool(false)) || !covers_logs(rule)? {
                continue;
            }
            for days in deletions(rule)? {
                shortest = Some(shortest.map_or(days, |least| least.min(days)));
            }
        }
    }
    match policies.perhaps.first() {
        Some(policy) => Err(format!("`{}` may be the lifecycle policy of this account", policy.id.name)),
        None => Ok(shortest),
    }
}

fn covers_logs(rule: &Map) -> Result<bool, String> {
    let mut prefixes = Vec::new();
    for (_, filters) in blocks(set(rule, "filters"))? {
        match set(filters, "prefix_match") {
            Some(Value::List(items)) => {
                for item in items {
                    prefixes.push(item.value.as_text().ok_or("a prefix of the lifecycle policy is not known")?);
                }
            }
            Some(Value::Unknown(unknown)) => return Err(unknown.why.clone()),
            _ => {}
        }
    }
    Ok(prefixes.is_empty()
        || prefixes.iter().any(|prefix| LOG_PREFIX.starts_with(prefix) || prefix.starts_with(LOG_PREFIX)))
}

/// Days after which a rule deletes current blobs. -1 is how the provider writes "never".
fn deletions(rule: &Map) -> Result<Vec<i64>, String> {
    let mut found = Vec::new();
    for (_, actions) in blocks(set(rule, "actions"))? {
        for (_, blob) in blocks(set(actions, "base_blob"))? {
            for key in [
                "delete_after_days_since_modification_greater_than",
                "delete_after_days_since_creation_greater_than",
                "delete_after_days_since_last_access_time_greater_than",
            ] {
                match set(blob, key) {
                    None => {}
                    Some(Value::Unknown(unknown)) => return Err(unknown.why.clone()),
                    Some(days) => match days.as_int() {
                        Some(days) if days >= 0 => found.push(days),
                        Some(_) => {}
                        None => return Err("the lifecycle policy's days are not a number".to_owned()),
                    },
                }
            }
        }
    }
    Ok(found)
}

/// Puts days under a key, or why they are unknown under `<key>_unknown`.
fn days(value: Option<&Value>, absent: i64, key: &str, facts: &mut Map) {
    match value {
        None => facts.put(key, absent),
        Some(Value::Unknown(unknown)) => facts.put(format!("{key}_unknown"), unknown.why.clone()),
        Some(value) => match value.as_int() {
            Some(days) => facts.put(key, days),
            None => facts.put(format!("{key}_unknown"), "it is not a number"),
        },
    }
}
