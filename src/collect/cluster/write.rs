//! Single objects by their path in the API: read, and applied as their one manager. Only reports of audits are written.
use super::{Cluster, within};
use http::Request;

/// A report is at most a quarter of this.
const OBJECT_BYTES_MAX: usize = 1024 * 1024;

impl Cluster {
    /// The object at a path, as JSON; `None` where there is none, or none of its kind.
    ///
    /// # Errors
    /// What the API server, or the way to it, says is wrong.
    pub fn object(&self, path: &str) -> Result<Option<String>, String> {
        let request = Request::get(path).body(Vec::new()).map_err(|error| error.to_string())?;
        let mut is_absent = false;
        let asked = async {
            self.client.request_text(request).await.inspect_err(|error| {
                is_absent = matches!(error, kube::Error::Api(status) if status.code == 404);
            })
        };
        match self.runtime.block_on(within(asked)) {
            Ok(text) if text.len() > OBJECT_BYTES_MAX => Err(format!("more than {OBJECT_BYTES_MAX} bytes")),
            Ok(text) => Ok(Some(text)),
            Err(_) if is_absent => Ok(None),
            Err(cause) => Err(cause),
        }
    }

    /// Makes an object at a path be so, by server-side apply: fields of other managers stay.
    ///
    /// # Errors
    /// As [`Cluster::object`], and where its kind is not served.
    pub fn apply(&self, path: &str, manager: &str, body: Vec<u8>) -> Result<(), String> {
        let request = Request::patch(format!("{path}?fieldManager={manager}&force=true"))
            .header("Content-Type", "application/apply-patch+yaml")
            .body(body)
            .map_err(|error| error.to_string())?;
        let applied = async { self.client.request_text(request).await.map(drop) };
        self.runtime.block_on(within(applied)).map_err(|cause| in_few_words(&cause))
    }
}

/// A missing kind is told in few words by the API server.
fn in_few_words(cause: &str) -> String {
    match cause.contains("the server could not find the requested resource") || cause == "404 page not found" {
        true => {
            "the cluster does not serve `openreports.io/v1alpha1`: install its CustomResourceDefinitions".to_owned()
        }
        false => cause.to_owned(),
    }
}
