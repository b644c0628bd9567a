//! Which kinds an API server serves, by aggregated discovery (Kubernetes 1.30 and newer): two requests.
use super::{Kinds, Served};
use crate::model::{Problem, Text};
use kube::Client;
use std::collections::BTreeMap;

/// A version of an API group whose own server did not answer when the document was made.
const STALE: &str = "Stale";

/// `None` where the server does not know this form of discovery.
pub(super) async fn kinds(client: &Client, wanted: &dyn Fn(&str) -> bool) -> kube::Result<Option<Kinds>> {
    let core = client.list_core_api_versions_aggregated().await?;
    let groups = client.list_api_groups_aggregated().await?;
    if core.items.is_empty() || groups.items.is_empty() {
        return Ok(None);
    }
    let mut served: BTreeMap<Text, Served> = BTreeMap::new();
    let mut problems = Vec::new();
    for group in core.items.into_iter().chain(groups.items) {
        let name = group.metadata.and_then(|metadata| metadata.name).unwrap_or_default();
        // In order of preference: the first version that has a kind is the one to read.
        for version in group.versions {
            let (is_stale, version, resources) =
                (version.freshness.as_deref() == Some(STALE), version.version.unwrap_or_default(), version.resources);
            let base = if name.is_empty() { format!("/api/{version}") } else { format!("/apis/{name}/{version}") };
            let mut any = false;
            for resource in resources {
                let Some((kind, plural)) = named(&name, &resource) else { continue };
                if !wanted(&kind) {
                    continue;
                }
                any = true;
                if is_stale {
                    problems.push(silent(&kind, &base));
                } else if resource.verbs.iter().any(|verb| verb == "list") {
                    let path = format!("{base}/{plural}").into();
                    let shown = if name.is_empty() { plural } else { format!("{plural}.{name}") };
                    let new = Served { kind: kind.as_str().into(), path, resource: shown.into() };
                    served.entry(new.kind.clone()).or_insert(new);
                }
            }
            // The document of a silent group may hold nothing at all.
            let policies = format!("{name}/NetworkPolicy");
            if is_stale && !any && wanted(&policies) {
                problems.push(silent(&policies, &base));
            }
        }
    }
    problems.dedup();
    Ok(Some(Kinds { served: served.into_values().collect(), problems }))
}

/// Kind, with its group, and plural of what stands at a path of its own.
fn named(group: &str, resource: &kube::core::discovery::v2::APIResourceDiscovery) -> Option<(String, String)> {
    let plural = resource.resource.clone()?;
    let kind = resource.response_kind.as_ref()?.kind.clone()?;
    Some((if group.is_empty() { kind } else { format!("{group}/{kind}") }, plural))
}

fn silent(kind: &str, base: &str) -> Problem {
    let cause = format!(
        "the server behind `{base}` does not answer, so that `{kind}` is not read: see `kubectl get apiservices`"
    );
    Problem::hiding_kind(&base.into(), cause, &kind.into())
}
