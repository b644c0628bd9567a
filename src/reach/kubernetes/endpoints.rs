//! Services that lead out of the cluster: endpoints written by hand with addresses beyond it.
//!
//! The API does not say whether policies are held against a Service's own address or against the endpoint behind it
//! ("NetworkPolicy", the note on rewritten addresses). So a pod that may open connections to a range of private
//! addresses may reach such an endpoint, and may not: unknown. A Service of type ExternalName is only a name: the
//! connection goes to the address behind it, and policies are held against that.
use crate::{
    model::{Hop, Path, Resource, Step, Value, Way},
    reach::{
        Target,
        doubt::{Doubt, field, index, key},
        networks::{Addresses, Ports},
    },
};

/// Kinds that hold the addresses behind Services.
pub(super) const KINDS: [&str; 2] = ["Endpoints", "discovery.k8s.io/EndpointSlice"];

/// Whether an Endpoints or EndpointSlice leads towards the target.
pub(in crate::reach) fn leads_outward(resource: &Resource, target: &Target) -> bool {
    !outward(resource, target).is_empty()
}

/// The ways that an Endpoints or EndpointSlice opens towards the target, where policies are held against the Service.
pub(super) fn outward(resource: &Resource, target: &Target) -> Vec<Way> {
    match resource.id.kind.as_ref() {
        "Endpoints" => addresses(resource, target, "subsets", |item, path| {
            (item.get("ip").cloned().unwrap_or_default(), key(&path, "ip"))
        }),
        "discovery.k8s.io/EndpointSlice" => addresses(resource, target, "endpoints", |item, path| (item.clone(), path)),
        _ => Vec::new(),
    }
}

/// Walks `<groups>[].addresses[]`. What cannot be read may be any address.
fn addresses(
    resource: &Resource,
    target: &Target,
    groups: &str,
    of: impl Fn(&Value, Path) -> (Value, Path),
) -> Vec<Way> {
    let mut ways = Vec::new();
    let groups_path = [Step::Key(groups.to_owned())];
    let way = |why: &str, path: Path| Way::unknown(why, vec![Hop { resource: resource.id.clone(), path }]);
    let Some(found) = field(&resource.body, groups) else { return ways };
    let Some(found) = found.as_list() else {
        return vec![way(&Doubt::of(found, &groups_path, "a list").why, groups_path.to_vec())];
    };
    for (at, group) in found.iter().enumerate() {
        let path = key(&index(&groups_path, at), "addresses");
        for (at, item) in
            field(&group.value, "addresses").and_then(Value::as_list).unwrap_or_default().iter().enumerate()
        {
            let (address, path) = of(&item.value, index(&path, at));
            let why = match address.as_text() {
                None => Doubt::of(&address, &path, "an address").why,
                Some(text) => match Addresses::parse(text) {
                    Ok(block) if target.ways(&block, &Ports::all(), &[]).is_empty() => continue,
                    _ => format!(
                        "the Service `{}` leads to `{text}`, and policies may be held against the Service",
                        service(resource)
                    ),
                },
            };
            ways.push(way(&why, path));
        }
    }
    ways
}

/// The Service that endpoints stand behind: of the same name, or named by a label.
fn service(resource: &Resource) -> &str {
    let label = resource.body.find(&["metadata", "labels", "kubernetes.io/service-name"]);
    label.and_then(Value::as_text).unwrap_or(&resource.id.name)
}
