//! Which platform a resource type belongs to.
use super::module::Module;
use crate::model::Platform;
use std::collections::BTreeSet;

/// What a provider's resources are to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Platform(Platform),
    /// Makes values, not infrastructure: evaluated for what refers to it, never a resource.
    Helper,
    /// Makes infrastructure that no criterion reads; of the platform that it adds to, where there is one.
    Unread(Option<Platform>),
}

/// By the prefix of the type, which is the provider's local name unless `provider =` says otherwise.
const PROVIDERS: [(&str, Standing); 31] = [
    ("azurerm", Standing::Platform(Platform::Azurerm)),
    ("azuread", Standing::Platform(Platform::Azurerm)),
    ("aws", Standing::Platform(Platform::Aws)),
    ("google", Standing::Platform(Platform::Google)),
    ("openstack", Standing::Platform(Platform::Openstack)),
    ("github", Standing::Platform(Platform::Github)),
    ("keycloak", Standing::Platform(Platform::Keycloak)),
    ("random", Standing::Helper),
    ("null", Standing::Helper),
    ("terraform", Standing::Helper),
    ("time", Standing::Helper),
    ("tls", Standing::Helper),
    ("local", Standing::Helper),
    ("template", Standing::Helper),
    ("external", Standing::Helper),
    ("http", Standing::Helper),
    ("archive", Standing::Helper),
    ("cloudinit", Standing::Helper),
    ("assert", Standing::Helper),
    ("corefunc", Standing::Helper),
    ("dns", Standing::Helper),
    ("utils", Standing::Helper),
    ("azapi", Standing::Unread(Some(Platform::Azurerm))),
    ("azurecaf", Standing::Helper),
    ("msgraph", Standing::Unread(Some(Platform::Azurerm))),
    ("awscc", Standing::Unread(Some(Platform::Aws))),
    ("kubernetes", Standing::Unread(Some(Platform::Kubernetes))),
    ("kubectl", Standing::Unread(Some(Platform::Kubernetes))),
    ("helm", Standing::Unread(Some(Platform::Kubernetes))),
    ("kustomization", Standing::Unread(Some(Platform::Kubernetes))),
    ("flux", Standing::Unread(Some(Platform::Kubernetes))),
];

/// Data sources that are written like resources: criteria read the documents they build.
pub(super) const DATA: [&str; 3] = ["aws_iam_policy_document", "google_iam_policy", "azuread_application_template"];

/// The provider's name in a type: `azurerm` of `azurerm_subnet`.
pub(super) fn provider(kind: &str) -> &str {
    kind.split('_').next().unwrap_or(kind)
}

pub(super) fn of_kind(kind: &str) -> Standing {
    of_provider(provider(kind))
}

fn of_provider(provider: &str) -> Standing {
    PROVIDERS.iter().find(|(name, _)| *name == provider).map_or(Standing::Unread(None), |(_, standing)| *standing)
}

/// The platform that a module outside the scan adds to, where that can be told: by its registry address
/// (`namespace/name/provider`), else by what the calling module consists of.
pub(super) fn of_module(source: Option<&str>, caller: &Module) -> Option<Platform> {
    let registry = source.filter(|source| !source.contains("://") && !source.contains("::")).and_then(|source| {
        let parts: Vec<&str> = source.split("//").next().unwrap_or(source).split('/').collect();
        if matches!(parts.len(), 3 | 4) { parts.last().copied() } else { None }
    });
    if let Some(Standing::Platform(platform)) = registry.map(of_provider) {
        return Some(platform);
    }
    only(caller.resources.values().flatten().map(|declared| declared.kind.as_ref()))
}

/// The one platform that types belong to; `None` for none or several.
pub(super) fn only<'k>(kinds: impl Iterator<Item = &'k str>) -> Option<Platform> {
    let platforms: BTreeSet<Platform> = kinds
        .filter_map(|kind| match of_kind(kind) {
            Standing::Platform(platform) | Standing::Unread(Some(platform)) => Some(platform),
            Standing::Helper | Standing::Unread(None) => None,
        })
        .collect();
    let mut platforms = platforms.into_iter();
    platforms.next().filter(|_| platforms.next().is_none())
}
