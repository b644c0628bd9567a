//! A Lease (`coordination.k8s.io/v1`) of the cluster: read, and written if it still is what was read.
use super::{Cluster, list, told};
use http::Request;
use serde_json::{Value, json};

/// A Lease as the API server has it.
#[derive(Clone, Debug)]
pub struct Lease {
    body: Value,
}

/// Its `spec`, as [`Lease::spec`] gives it and [`Cluster::put_lease`] takes it. Source: k8s.io/api/coordination/v1.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeaseSpec {
    /// `holderIdentity`; empty where nobody holds it.
    pub holder: String,
    /// `leaseDurationSeconds`.
    pub seconds: u64,
    /// `acquireTime`, RFC 3339 with microseconds; empty where it was never held.
    pub acquired: String,
    /// `renewTime`, likewise.
    pub renewed: String,
    /// `leaseTransitions`.
    pub transitions: u64,
}

/// Why a Lease was not read or written.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    #[error(
        "may not {verb} the Lease `{path}`: it needs the rule {{apiGroups: [coordination.k8s.io], resources: [leases], \
         resourceNames: [{name}], verbs: [get, update]}} of a Role in its namespace, and [create] without the name where \
         nobody has made the Lease"
    )]
    Forbidden { verb: &'static str, path: String, name: String },
    #[error("cannot {verb} the Lease `{path}`: {cause}")]
    Failed { verb: &'static str, path: String, cause: String },
}

impl Lease {
    /// What it says; what is missing is empty, or 0.
    #[must_use]
    pub fn spec(&self) -> LeaseSpec {
        let text = |key: &str| self.body["spec"][key].as_str().unwrap_or_default().to_owned();
        let number = |key: &str| self.body["spec"][key].as_u64().unwrap_or(0);
        LeaseSpec {
            holder: text("holderIdentity"),
            seconds: number("leaseDurationSeconds"),
            acquired: text("acquireTime"),
            renewed: text("renewTime"),
            transitions: number("leaseTransitions"),
        }
    }
}

impl Cluster {
    /// Reads a Lease; `None` where there is none.
    ///
    /// # Errors
    /// [`LeaseError`].
    pub fn lease(&self, namespace: &str, name: &str) -> Result<Option<Lease>, LeaseError> {
        let at = At { verb: "get", namespace, name };
        let request = Request::get(at.path()).body(Vec::new());
        match self.lease_request(&at, request)? {
            (200, body) => Ok(Some(Lease { body })),
            (404, _) => Ok(None),
            (_, body) => Err(at.failed(&body.to_string())),
        }
    }

    /// Writes what a Lease is to say, if it still is what was read, or still is not there. False where somebody was faster.
    ///
    /// # Errors
    /// [`LeaseError`]; the namespace must be there.
    pub fn put_lease(
        &self,
        (namespace, name): (&str, &str),
        read: Option<&Lease>,
        spec: &LeaseSpec,
    ) -> Result<bool, LeaseError> {
        let at = At { verb: if read.is_some() { "update" } else { "create" }, namespace, name };
        let mut body = read.map_or_else(|| new(namespace, name), |lease| lease.body.clone());
        body["spec"] = json!({
            "holderIdentity": spec.holder, "leaseDurationSeconds": spec.seconds, "leaseTransitions": spec.transitions,
            "acquireTime": spec.acquired, "renewTime": spec.renewed,
        });
        let request = match read {
            Some(_) => Request::put(at.path()),
            None => Request::post(at.folder()),
        };
        let request = request.header(http::header::CONTENT_TYPE, "application/json");
        match self.lease_request(&at, request.body(body.to_string().into_bytes()))? {
            (200, _) => Ok(true),
            (409, _) => Ok(false),
            (404, _) if read.is_some() => Ok(false),
            (_, body) => Err(at.failed(body.as_str().unwrap_or("the namespace is not there"))),
        }
    }

    /// The status and what was answered: 200, 404 or 409.
    fn lease_request(&self, at: &At<'_>, request: http::Result<Request<Vec<u8>>>) -> Result<(u16, Value), LeaseError> {
        let request = request.map_err(|error| at.failed(&error.to_string()))?;
        let answered = self.ask(async {
            match self.client.request::<Value>(request).await {
                Err(kube::Error::Api(status)) => Ok(Err(status)),
                other => other.map(Ok),
            }
        });
        match answered.map_err(|cause| at.failed(&cause))? {
            Ok(body) => Ok((200, body)),
            Err(status) => match status.code {
                403 => {
                    let (path, name) = (at.named(), at.name.to_owned());
                    Err(LeaseError::Forbidden { verb: at.verb, path, name })
                }
                code @ (404 | 409) => Ok((code, status.message.clone().into())),
                _ => Err(at.failed(&told(&kube::Error::Api(status)))),
            },
        }
    }
}

fn new(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": name, "namespace": namespace},
    })
}

/// What is done to which.
struct At<'a> {
    verb: &'static str,
    namespace: &'a str,
    name: &'a str,
}

impl At<'_> {
    fn folder(&self) -> String {
        format!("/apis/coordination.k8s.io/v1/namespaces/{}/leases", list::encoded(self.namespace))
    }

    fn path(&self) -> String {
        format!("{}/{}", self.folder(), list::encoded(self.name))
    }

    fn named(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    fn failed(&self, cause: &str) -> LeaseError {
        LeaseError::Failed { verb: self.verb, path: self.named(), cause: cause.to_owned() }
    }
}
