//! Where logs end, and how long they stay.
use super::derive;
use crate::model::{Answer, Environment, LogStore, Reach, Value};
use crate::reach::azurerm::testing::{environment, of, unset};
use serde_json::{Value as Json, json};

const VAULT: &str = "azurerm_key_vault.v";
const SETTING: &str = "azurerm_monitor_diagnostic_setting.v";
const WORKSPACE: &str = "azurerm_log_analytics_workspace.w";
const ACCOUNT: &str = "azurerm_storage_account.a";

/// Each way of a subject's logs: its facts in the order of their names.
fn told(environment: &Environment, subject: &str) -> Vec<String> {
    let subjects: Vec<_> = environment.all().collect();
    let mut reach = Reach::default();
    derive(environment, &subjects, &mut reach);
    let (_, ways) = reach.logs.iter().find(|(id, _)| id.name.as_ref() == subject).unwrap();
    let shown = |value: &Value| match value {
        Value::Text(text) => text.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Bool(bool) => bool.to_string(),
        Value::List(items) => items.iter().filter_map(|item| item.value.as_text()).collect::<Vec<_>>().join("+"),
        Value::Map(map) => map.iter().map(|entry| format!("{}:{:?}", entry.key, entry.value.as_int())).collect(),
        Value::Null | Value::Unknown(_) => "?".to_owned(),
    };
    ways.iter()
        .map(|way| {
            let facts: Vec<_> = way.facts.iter().map(|fact| format!("{}={}", fact.key, shown(&fact.value))).collect();
            let answer = if way.answer == Answer::Open { "" } else { "unknown " };
            format!("{answer}{}", facts.join(" "))
        })
        .collect()
}

fn check(resources: &[(&str, Json)], expected: &[&str]) {
    assert_eq!(told(&environment(resources), VAULT), expected);
}

fn setting(sink: &str, to: Json) -> (&'static str, Json) {
    let logs = json!([{"category": "AuditEvent"}]);
    (SETTING, json!({"target_resource_id": of(VAULT), "enabled_log": logs, sink: to}))
}

fn vault() -> (&'static str, Json) {
    (VAULT, json!({}))
}

#[test]
fn without_a_setting_there_is_no_way() {
    check(&[vault()], &[]);
}

#[test]
fn a_workspace_keeps_what_it_says_and_thirty_days_otherwise() {
    let to = setting("log_analytics_workspace_id", of(WORKSPACE));
    let expected = format!("categories=AuditEvent days=400 sink=workspace to={WORKSPACE}");
    check(&[vault(), to.clone(), (WORKSPACE, json!({"retention_in_days": 400}))], &[&expected]);
    let expected = format!("categories=AuditEvent days=30 sink=workspace to={WORKSPACE}");
    check(&[vault(), to, (WORKSPACE, json!({}))], &[&expected]);
}

#[test]
fn a_tables_own_retention_is_told_beside_the_workspaces() {
    let to = setting("log_analytics_workspace_id", of(WORKSPACE));
    let table = json!({"workspace_id": of(WORKSPACE), "name": "AZKVAuditLogs", "total_retention_in_days": 730});
    let resources = [
        vault(),
        to,
        (WORKSPACE, json!({"retention_in_days": 30})),
        ("azurerm_log_analytics_workspace_table.t", table),
    ];
    let expected =
        format!("categories=AuditEvent days=30 sink=workspace tables=AZKVAuditLogs:Some(730) to={WORKSPACE}");
    check(&resources, &[&expected]);
}

#[test]
fn an_account_keeps_for_ever_unless_a_rule_deletes_logs() {
    let to = setting("storage_account_id", of(ACCOUNT));
    let for_ever = format!("categories=AuditEvent for_ever=true sink=account to={ACCOUNT}");
    check(&[vault(), to.clone(), (ACCOUNT, json!({}))], &[&for_ever]);
    let policy = "azurerm_storage_management_policy.p";
    let rule = |prefix: &str, days: i64| {
        let blob = json!([{"delete_after_days_since_modification_greater_than": days}]);
        let rule = json!([{
            "enabled": true, "filters": [{"prefix_match": [prefix]}], "actions": [{"base_blob": blob}],
        }]);
        (policy, json!({"storage_account_id": of(ACCOUNT), "rule": rule}))
    };
    let days = format!("categories=AuditEvent days=90 sink=account to={ACCOUNT}");
    check(&[vault(), to.clone(), (ACCOUNT, json!({})), rule("insights-logs-auditevent", 90)], &[&days]);
    check(&[vault(), to.clone(), (ACCOUNT, json!({})), rule("exports/", 90)], &[&for_ever]);
    check(&[vault(), to.clone(), (ACCOUNT, json!({})), rule("", -1)], &[&for_ever]);
    let unknown = format!(
        "categories=AuditEvent days_unknown=`{policy}` may be the lifecycle policy of this account sink=account \
         to={ACCOUNT}"
    );
    check(&[vault(), to, (ACCOUNT, json!({})), (policy, json!({"storage_account_id": unset()}))], &[&unknown]);
}

#[test]
fn a_store_out_of_sight_is_known_by_the_description_alone() {
    let id = "data.azurerm_log_analytics_workspace.hub";
    let to = setting("log_analytics_workspace_id", of(id));
    let mut environment = environment(&[vault(), to]);
    let why = "the store is not in the code that was read";
    let expected = format!("categories=AuditEvent days_unknown={why} sink=workspace to={id}");
    assert_eq!(told(&environment, VAULT), [expected]);
    environment.description.log_stores.push(LogStore {
        name: "hub".into(),
        platform: "azurerm".into(),
        classes: Vec::new(),
        resource: Some(id.into()),
        retention_days: Some(400),
        immutable: None,
    });
    assert_eq!(told(&environment, VAULT), [format!("categories=AuditEvent days=400 sink=workspace to={id}")]);
}

#[test]
fn a_workspace_that_exports_tables_is_not_the_last_store() {
    let workspace = "azurerm_log_analytics_workspace.w";
    let export = |enabled: Json| {
        let rule = "azurerm_log_analytics_data_export_rule.e";
        let values =
            json!({"workspace_resource_id": of(workspace), "destination_resource_id": of(ACCOUNT), "enabled": enabled});
        let to = setting("log_analytics_workspace_id", of(workspace));
        told(&environment(&[vault(), to, (workspace, json!({"retention_in_days": 30})), (rule, values)]), VAULT)
    };
    let kept = format!("categories=AuditEvent days=30 sink=workspace to={workspace}");
    let why = "`azurerm_log_analytics_data_export_rule.e` exports tables of the workspace, and what keeps them there is not followed";
    assert_eq!(export(json!(true)), [format!("unknown why={why}"), kept.clone()]);
    assert_eq!(export(json!(false)), std::slice::from_ref(&kept));
    assert_eq!(export(Json::Null), [kept]);
}

#[test]
fn an_event_hub_keeps_nothing_that_can_be_told() {
    let to = setting("eventhub_authorization_rule_id", json!("/subscriptions/s/rule"));
    let why = "it passes the records on, and whoever reads them decides";
    check(
        &[vault(), to],
        &[&format!("categories=AuditEvent days_unknown={why} sink=event_hub to=/subscriptions/s/rule")],
    );
}

#[test]
fn a_setting_for_something_unknown_may_be_for_this() {
    let to = (SETTING, json!({"target_resource_id": unset(), "storage_account_id": of(ACCOUNT)}));
    check(&[vault(), to], &[&format!("unknown why=`{SETTING}` may be the diagnostic setting of this resource")]);
}

#[test]
fn categories_that_cannot_be_read_are_said_to_be_unread() {
    let logs = json!([{"category": unset()}, {"category_group": "audit"}, {"category": "x", "enabled": false}]);
    let to = json!({"target_resource_id": of(VAULT), "enabled_log": logs, "storage_account_id": of(ACCOUNT)});
    let expected = format!("categories=audit for_ever=true sink=account to={ACCOUNT} unread=var.x has no value");
    check(&[vault(), (SETTING, to), (ACCOUNT, json!({}))], &[&expected]);
}

#[test]
fn a_database_is_audited_by_the_policy_of_its_server() {
    let server = "azurerm_mssql_server.s";
    let database = "azurerm_mssql_database.d";
    let policy = |values: Json| {
        let mut values = values;
        values["server_id"] = of(server);
        let resources = [
            (server, json!({})),
            (database, json!({"server_id": of(server)})),
            ("azurerm_mssql_server_extended_auditing_policy.p", values),
        ];
        told(&environment(&resources), database)
    };
    let kept = policy(json!({"storage_endpoint": "https://a.blob.core.windows.net/", "retention_in_days": 90}));
    assert_eq!(kept, ["categories=SQLSecurityAuditEvents days=90 sink=account to=the audit store"]);
    let unlimited = policy(json!({"storage_endpoint": "https://a.blob.core.windows.net/"}));
    assert_eq!(unlimited, ["categories=SQLSecurityAuditEvents for_ever=true sink=account to=the audit store"]);
    let elsewhere = policy(json!({"log_monitoring_enabled": true}));
    let why = "its audit log goes to Azure Monitor, and the setting that takes it was not found";
    assert_eq!(elsewhere, [format!("unknown why={why}")]);
}
