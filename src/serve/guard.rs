//! What the API server has of the configuration by which it asks us: digests for the log, and what has changed. Pure.
use crate::{
    collect::cluster::Webhook,
    record::{canonical, entry::DigestText, segment::digest},
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A configuration in two digests; both absent where there is none.
///
/// Each is the SHA-256 of a JSON list in the order of the webhooks, canonical by RFC 8785.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Of the webhooks without their CA bundles: it stays the same while certificates come and go.
    pub webhooks: Option<DigestText>,
    /// Of the CA bundles as the API server writes them, `null` where there is none.
    pub authorities: Option<DigestText>,
}

impl Sight {
    #[must_use]
    pub fn of(webhooks: &[Webhook]) -> Self {
        let bundle = |webhook: &Webhook| webhook.body.pointer("/clientConfig/caBundle").cloned().unwrap_or_default();
        Self {
            webhooks: Some(of(webhooks.iter().map(|webhook| Value::Object(guarding(webhook))).collect())),
            authorities: Some(of(webhooks.iter().map(bundle).collect())),
        }
    }
}

fn of(list: Vec<Value>) -> DigestText {
    let list = Value::Array(list);
    // Numbers beyond all that Kubernetes has there are written as they are.
    digest(&canonical::jcs(&list).unwrap_or_else(|_| list.to_string().into_bytes()))
}

/// A webhook without its CA bundle.
fn guarding(webhook: &Webhook) -> Map<String, Value> {
    let mut body = webhook.body.as_object().cloned().unwrap_or_default();
    if let Some(client) = body.get_mut("clientConfig").and_then(Value::as_object_mut) {
        client.remove("caBundle");
    }
    body
}

/// What somebody has changed beside CA bundles, each in a few words; empty where nothing has.
#[must_use]
pub fn changes(before: &[Webhook], after: &[Webhook]) -> Vec<String> {
    let by_name = |webhooks: &[Webhook]| -> BTreeMap<String, Map<String, Value>> {
        webhooks.iter().map(|webhook| (webhook.name.clone(), guarding(webhook))).collect()
    };
    let (before, after) = (by_name(before), by_name(after));
    let mut found = Vec::new();
    for (name, old) in &before {
        let Some(new) = after.get(name) else {
            found.push(format!("webhook `{name}` is gone"));
            continue;
        };
        let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        found.extend(keys.into_iter().filter(|key| old.get(*key) != new.get(*key)).map(|key| {
            match (old.get(key).and_then(Value::as_str), new.get(key).and_then(Value::as_str)) {
                (Some(old), Some(new)) => format!("`{key}` of webhook `{name}` is {new}, and was {old}"),
                _ => format!("`{key}` of webhook `{name}` has changed"),
            }
        }));
    }
    found
        .extend(after.keys().filter(|name| !before.contains_key(*name)).map(|name| format!("webhook `{name}` is new")));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn webhook(name: &str, policy: &str, bundle: Option<&str>) -> Webhook {
        let mut body = json!({"name": name, "failurePolicy": policy, "rules": [], "clientConfig": {"url": "u"}});
        if let Some(bundle) = bundle {
            body["clientConfig"]["caBundle"] = bundle.into();
        }
        Webhook { name: name.to_owned(), bundle: Vec::new(), body }
    }

    #[test]
    fn a_bundle_changes_one_digest_and_everything_else_the_other() {
        let first = Sight::of(&[webhook("a", "Fail", None)]);
        let entered = Sight::of(&[webhook("a", "Fail", Some("eA=="))]);
        assert_eq!(first.webhooks, entered.webhooks);
        assert_ne!(first.authorities, entered.authorities);
        let softened = Sight::of(&[webhook("a", "Ignore", Some("eA=="))]);
        assert_ne!(softened.webhooks, entered.webhooks);
        assert_eq!(softened.authorities, entered.authorities);
        assert_ne!(Sight::of(&[]).webhooks, None);
        // As `jq -cjS '[.webhooks[].clientConfig.caBundle]' | sha256sum` has it.
        assert_eq!(first.authorities, Some(digest(b"[null]")));
    }

    #[test]
    fn changes_are_told_by_what_they_change() {
        let before = [webhook("a", "Fail", None), webhook("b", "Fail", None)];
        let mut after = [webhook("a", "Ignore", Some("eA==")), webhook("c", "Fail", None)];
        after[0].body["rules"] = json!([{"apiGroups": [""]}]);
        assert_eq!(
            changes(&before, &after),
            [
                "`failurePolicy` of webhook `a` is Ignore, and was Fail",
                "`rules` of webhook `a` has changed",
                "webhook `b` is gone",
                "webhook `c` is new"
            ]
        );
        let entered = [webhook("a", "Fail", Some("eA==")), before[1].clone()];
        assert_eq!(changes(&before, &entered), Vec::<String>::new());
    }
}
