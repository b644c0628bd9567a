//! The configuration that has the API server ask us: read, and the CA bundles of its webhooks entered. That field is all
//! that is ever written to a cluster.
use super::{Cluster, list, told};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{Request, header};
use serde_json::{Value, json};

const PATH: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

/// Who has written a field, as the API server keeps it.
const FIELD_MANAGER: &str = "speguard";

/// A ValidatingWebhookConfiguration as the API server has it.
#[derive(Clone, Debug)]
pub struct Configuration {
    /// Changes with the object; opaque.
    resource_version: String,
    /// In their order.
    pub webhooks: Vec<Webhook>,
}

/// One of its webhooks.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Unique within the configuration.
    pub name: String,
    /// `clientConfig.caBundle`, decoded; empty where there is none.
    pub bundle: Vec<u8>,
    /// All of it.
    pub body: Value,
}

/// Why a configuration was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    #[error(
        "may not {verb} the ValidatingWebhookConfiguration `{name}`: it needs the rule \
         {{apiGroups: [admissionregistration.k8s.io], resources: [validatingwebhookconfigurations], \
         resourceNames: [{name}], verbs: [get, patch]}} of a ClusterRole \
         (`speguard rbac --watch --webhook-configuration {name}` prints it)"
    )]
    Forbidden { verb: &'static str, name: String },
    /// Somebody has changed it since it was read, or taken it away.
    #[error("the ValidatingWebhookConfiguration `{name}` changes faster than it can be written")]
    Conflict { name: String },
    #[error("cannot {verb} the ValidatingWebhookConfiguration `{name}`: {cause}")]
    Failed { verb: &'static str, name: String, cause: String },
}

impl Cluster {
    /// Reads a configuration; `None` where there is none of this name.
    ///
    /// # Errors
    /// [`ConfigurationError::Forbidden`]; [`ConfigurationError::Failed`] when the API server does not answer, or answers
    /// with something else.
    pub fn configuration(&self, name: &str) -> Result<Option<Configuration>, ConfigurationError> {
        let request = Request::get(path(name)).body(Vec::new());
        self.exchange("get", name, request)
    }

    /// Enters bundles by the names of webhooks, if the configuration still is what was read. Gives what it is then.
    ///
    /// # Errors
    /// [`ConfigurationError::Conflict`] when it is another by now: read it again; and as for [`Cluster::configuration`].
    pub fn enter(
        &self,
        name: &str,
        read: &Configuration,
        bundles: &[(&str, Vec<u8>)],
    ) -> Result<Configuration, ConfigurationError> {
        let webhook = |(name, bundle): &(&str, Vec<u8>)| json!({"name": name, "clientConfig": {"caBundle": STANDARD.encode(bundle)}});
        // Webhooks are matched by name. One that is gone would come back as half a webhook; its version says that it is.
        let patch = json!({
            "metadata": {"resourceVersion": read.resource_version},
            "webhooks": bundles.iter().map(webhook).collect::<Vec<_>>(),
        });
        let request = Request::patch(format!("{}?fieldManager={FIELD_MANAGER}", path(name)))
            .header(header::CONTENT_TYPE, "application/strategic-merge-patch+json")
            .body(patch.to_string().into_bytes());
        let conflict = || ConfigurationError::Conflict { name: name.to_owned() };
        self.exchange("patch", name, request)?.ok_or_else(conflict)
    }

    /// `None` where nothing of this name is there.
    fn exchange(
        &self,
        verb: &'static str,
        name: &str,
        request: http::Result<Request<Vec<u8>>>,
    ) -> Result<Option<Configuration>, ConfigurationError> {
        let name = || name.to_owned();
        let failed = |cause: String| ConfigurationError::Failed { verb, name: name(), cause };
        let request = request.map_err(|error| failed(error.to_string()))?;
        let answered = self.ask(async {
            match self.client.request::<Value>(request).await {
                Err(kube::Error::Api(status)) => Ok(Err(status)),
                other => other.map(Ok),
            }
        });
        match answered.map_err(&failed)? {
            Ok(body) => read(&body).map(Some).ok_or_else(|| failed("the answer is no configuration".to_owned())),
            Err(status) => match status.code {
                404 => Ok(None),
                403 => Err(ConfigurationError::Forbidden { verb, name: name() }),
                409 => Err(ConfigurationError::Conflict { name: name() }),
                _ => Err(failed(told(&kube::Error::Api(status)))),
            },
        }
    }
}

fn path(name: &str) -> String {
    format!("{PATH}/{}", list::encoded(name))
}

fn read(body: &Value) -> Option<Configuration> {
    let webhook = |body: &Value| {
        let bundle = body.pointer("/clientConfig/caBundle").and_then(Value::as_str).unwrap_or_default();
        let bundle = STANDARD.decode(bundle).ok()?;
        Some(Webhook { name: body.get("name")?.as_str()?.to_owned(), bundle, body: body.clone() })
    };
    let resource_version = body.pointer("/metadata/resourceVersion")?.as_str()?.to_owned();
    let webhooks = body.get("webhooks").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    Some(Configuration { resource_version, webhooks: webhooks.iter().map(webhook).collect::<Option<_>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_webhook_without_a_bundle_has_an_empty_one() {
        let of = |webhooks: Value| read(&json!({"metadata": {"resourceVersion": "7"}, "webhooks": webhooks}));
        let bundles = |webhooks: Value| -> Option<Vec<Vec<u8>>> {
            Some(of(webhooks)?.webhooks.into_iter().map(|webhook| webhook.bundle).collect())
        };
        let two = json!([{"name": "a", "clientConfig": {}}, {"name": "b", "clientConfig": {"caBundle": "eA=="}}]);
        assert_eq!(bundles(two), Some(vec![Vec::new(), b"x".to_vec()]));
        assert_eq!(bundles(json!(null)), Some(Vec::new()));
        // What cannot be read is not written over.
        assert_eq!(bundles(json!([{"name": "a", "clientConfig": {"caBundle": "?"}}])), None);
        assert!(read(&json!({"webhooks": []})).is_none());
    }
}
