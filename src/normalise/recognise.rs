//! What a document is, told by its content alone. Start at [`recognise`].
use crate::model::{Map, Platform, Value};

/// Who reads a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reader {
    /// An object of the Kubernetes API, or a configuration file of a component in the same form.
    Kubernetes,
    /// One realm or a list of realms, as Keycloak exports them.
    Realm,
    /// `terraform show -json` of a plan.
    Plan,
    /// spe.yaml.
    Description,
    Waiver,
    Attestation,
    /// A format that no reader knows yet.
    Unread {
        what: &'static str,
        platform: Platform,
    },
    /// Says itself to be ours or Kubernetes', and cannot be that: why.
    Broken(&'static str),
    /// Nothing to judge: settings of other tools, values of charts, workflows.
    Nothing,
}

/// The API group of what speguard itself is told.
const SPEGUARD: &str = "speguard.io";

/// Groups of tools that use the form of Kubernetes objects and never send them to a cluster.
const TOOL_GROUPS: [&str; 8] = [
    "kustomize.config.k8s.io",
    "builtin",
    "skaffold",
    "kind.x-k8s.io",
    "k3d.io",
    "eksctl.io",
    "backstage.io",
    "kuttl.dev",
];

/// Kinds that everyone writes: such a document without `apiVersion` is a mistake, not another tool's file.
const COMMON_KINDS: [&str; 12] = [
    "Pod",
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "Service",
    "Ingress",
    "Namespace",
    "NetworkPolicy",
    "ConfigMap",
    "Secret",
];

/// Tells what a document is.
pub(super) fn recognise(value: &Value) -> Reader {
    match value {
        Value::Map(map) => of_map(map),
        Value::List(items)
            if !items.is_empty() && items.iter().all(|item| item.value.as_map().is_some_and(is_realm)) =>
        {
            Reader::Realm
        }
        _ => Reader::Nothing,
    }
}

fn of_map(map: &Map) -> Reader {
    match (map.get("apiVersion"), map.get("kind")) {
        (Some(Value::Text(version)), Some(Value::Text(kind))) => return of_object(map, version, kind),
        (Some(Value::Unknown(_)), Some(_)) | (Some(_), Some(Value::Unknown(_))) => {
            return Reader::Broken("`apiVersion` or `kind` cannot be read");
        }
        (None, Some(Value::Text(kind)))
            if COMMON_KINDS.contains(&kind.as_ref()) && map.get("metadata").is_some_and(|it| it.as_map().is_some()) =>
        {
            return Reader::Broken("a Kubernetes object without `apiVersion`: add it");
        }
        _ => {}
    }
    if map.get("format_version").is_some()
        && (map.get("planned_values").is_some() || map.get("resource_changes").is_some())
    {
        return Reader::Plan;
    }
    if is_realm(map) {
        return Reader::Realm;
    }
    if is_cloudformation(map) {
        return Reader::Unread { what: "a CloudFormation template", platform: Platform::Cloudformation };
    }
    if is_helmfile(map) {
        return Reader::Unread { what: "a helmfile", platform: Platform::Kubernetes };
    }
    if map.get("$schema").and_then(Value::as_text).is_some_and(|schema| {
        let schema = schema.trim_end_matches('#').to_ascii_lowercase();
        schema.ends_with("deploymenttemplate.json")
    }) {
        return Reader::Unread { what: "an Azure Resource Manager template", platform: Platform::Arm };
    }
    Reader::Nothing
}

fn of_object(map: &Map, version: &str, kind: &str) -> Reader {
    let group = version.split_once('/').map_or("", |(group, _)| group);
    match (group, kind) {
        (SPEGUARD, "SecureProcessingEnvironment") => Reader::Description,
        (SPEGUARD, "Waiver") => Reader::Waiver,
        (SPEGUARD, "Attestation") => Reader::Attestation,
        (SPEGUARD, "Profile" | "Plan") => Reader::Nothing,
        (SPEGUARD, _) => Reader::Broken("a kind of `speguard.io` that does not exist"),
        // A kubeconfig: credentials, nothing to judge.
        ("", "Config") => Reader::Nothing,
        _ if version.is_empty() || kind.is_empty() => Reader::Nothing,
        _ if TOOL_GROUPS.contains(&group) || version == "builtin" => Reader::Nothing,
        _ if is_local(map) => Reader::Nothing,
        _ => Reader::Kubernetes,
    }
}

/// Configuration of kustomize or kpt functions: marked as never applied.
fn is_local(map: &Map) -> bool {
    let annotations = map.get("metadata").and_then(|metadata| metadata.get("annotations"));
    annotations
        .and_then(|annotations| annotations.get("config.kubernetes.io/local-config"))
        .is_some_and(|value| value.as_text() == Some("true"))
}

/// A realm export or a partial import, and not the `keycloak.json` that adapters read.
fn is_realm(map: &Map) -> bool {
    const PARTS: [&str; 8] = [
        "authenticationFlows",
        "clients",
        "enabled",
        "users",
        "roles",
        "requiredActions",
        "sslRequired",
        "bruteForceProtected",
    ];
    map.get("realm").is_some_and(|realm| realm.as_text().is_some())
        && PARTS.iter().any(|part| map.get(part).is_some())
        && map.get("auth-server-url").is_none()
}

/// What helmfile installs: a list of releases, each with its chart.
fn is_helmfile(map: &Map) -> bool {
    let releases = map.get("releases").and_then(Value::as_list).unwrap_or_default();
    let is_release = |release: &Value| release.get("name").is_some() && release.get("chart").is_some();
    !releases.is_empty() && releases.iter().all(|item| is_release(&item.value))
}

fn is_cloudformation(map: &Map) -> bool {
    let resources = map.get("Resources").and_then(Value::as_map);
    let typed = |entry: &Value| {
        entry
            .get("Type")
            .and_then(Value::as_text)
            .is_some_and(|name| name.starts_with("AWS::") || name.starts_with("Custom::"))
    };
    map.get("AWSTemplateFormatVersion").is_some()
        || resources.is_some_and(|all| !all.is_empty() && all.iter().all(|entry| typed(&entry.value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Reader) {
        let stream = super::super::parse::parse(text.as_bytes(), false);
        assert_eq!(recognise(&stream.documents.first().unwrap().value), expected, "{text}");
    }

    #[test]
    fn content_tells_the_reader() {
        check("apiVersion: v1\nkind: Pod", Reader::Kubernetes);
        check("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration", Reader::Kubernetes);
        check("apiVersion: speguard.io/v1alpha1\nkind: Waiver", Reader::Waiver);
        check("apiVersion: speguard.io/v1alpha1\nkind: SecureProcessingEnvironment", Reader::Description);
        check(r#"{"realm": "spe", "clients": []}"#, Reader::Realm);
        check(r#"[{"realm": "spe", "enabled": true}]"#, Reader::Realm);
        check(r#"{"format_version": "1.2", "planned_values": {}}"#, Reader::Plan);
        let cloudformation = Reader::Unread { what: "a CloudFormation template", platform: Platform::Cloudformation };
        check("AWSTemplateFormatVersion: 2010-09-09", cloudformation);
        check("Resources: {b: {Type: 'AWS::S3::Bucket'}}", cloudformation);
        let helmfile = Reader::Unread { what: "a helmfile", platform: Platform::Kubernetes };
        check("releases:\n- {name: a, chart: b/c}", helmfile);
        check(
            r#"{"$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"}"#,
            Reader::Unread { what: "an Azure Resource Manager template", platform: Platform::Arm },
        );
    }

    #[test]
    fn files_of_other_tools_are_passed_over() {
        for text in [
            "apiVersion: v1\nkind: Config\nusers: []",
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization",
            "apiVersion: v2\nname: chart",
            "on: [push]\njobs: {}",
            r#"{"realm": "spe", "auth-server-url": "x", "clients": []}"#,
            "- 1\n- 2",
            "just text",
        ] {
            check(text, Reader::Nothing);
        }
    }

    #[test]
    fn a_common_kind_without_version_is_a_mistake() {
        check("kind: Pod\nmetadata: {name: x}", Reader::Broken("a Kubernetes object without `apiVersion`: add it"));
        check("kind: Pod\nkind: Pod\napiVersion: v1", Reader::Broken("`apiVersion` or `kind` cannot be read"));
    }
}
