//! A profile as written. What it may say is checked in `profile.rs`.
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_saphyr::Spanned;
use std::{fmt, marker::PhantomData};

/// A file that says which criteria count, how hard, and with what thresholds.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Profile")]
pub(super) struct ProfileFile {
    #[serde(rename = "apiVersion")]
    _api_version: ApiVersion,
    #[serde(rename = "kind")]
    _kind: Kind,
    pub(super) metadata: Metadata,
    pub(super) spec: Spec,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
enum ApiVersion {
    #[serde(rename = "speguard.io/v1alpha1")]
    V1Alpha1,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
enum Kind {
    Profile,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    /// The name that reports use.
    pub(super) name: String,
}

#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Spec {
    /// By id. A criterion that is not named is only observed.
    #[schemars(with = "std::collections::BTreeMap<String, Weight>")]
    pub(super) criteria: Named<Weight>,
}

/// How much one criterion weighs.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Weight {
    /// In a scan and an audit.
    pub(super) enforcement: Force,
    /// For a change to a cluster; observe where it is not said.
    #[serde(default)]
    pub(super) admission: Option<Force>,
    /// Thresholds by name, within their bounds. Facts about the environment stand in spe.yaml.
    #[serde(default)]
    #[schemars(with = "std::collections::BTreeMap<String, serde_json::Value>")]
    pub(super) parameters: Named<serde_json::Value>,
}

#[derive(Clone, Copy, Debug, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Force {
    Deny,
    Warn,
    Observe,
}

/// Entries of a map in their order, each key with its place. A key given twice is refused by the YAML reader.
#[derive(Debug)]
pub(super) struct Named<T>(pub(super) Vec<(Spanned<String>, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NamedVisitor(PhantomData))
    }
}

struct NamedVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for NamedVisitor<T> {
    type Value = Named<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Named<T>, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            entries.push((key, map.next_value()?));
        }
        Ok(Named(entries))
    }
}

/// The JSON Schema of a profile, from the structs that read it. Draft 2020-12.
#[must_use]
pub(super) fn schema() -> serde_json::Value {
    schemars::schema_for!(ProfileFile).to_value()
}
