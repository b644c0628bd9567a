//! Single objects by their path in the API: read, and applied as their one manager.
use super::Cluster;
use http::Request;

/// What is read back was written by us, and is a quarter of this at most.
const OBJECT_BYTES_MAX: usize = 1024 * 1024;

impl Cluster {
    /// The object at a path, as JSON; `None` where there is none, or none of its kind.
    ///
    /// # Errors
    /// What the API server, or the way to it, says is wrong.
    pub fn object(&self, path: &str) -> Result<Option<String>, String> {
        let text = self.text(Request::get(path).body(Vec::new()))?;
        match text {
            Some(text) if text.len() > OBJECT_BYTES_MAX => Err(format!("more than {OBJECT_BYTES_MAX} bytes")),
            other => Ok(other),
        }
    }

    /// Makes an object at a path be so, by server-side apply: fields of other managers stay. False where its kind is not
    /// served, or its namespace is not there.
    ///
    /// # Errors
    /// As [`Cluster::object`].
    pub fn apply(&self, path: &str, manager: &str, body: Vec<u8>) -> Result<bool, String> {
        let request = Request::patch(format!("{path}?fieldManager={manager}&force=true"))
            .header("Content-Type", "application/apply-patch+yaml")
            .body(body);
        Ok(self.text(request)?.is_some())
    }

    /// An answer; `None` where it is that nothing is there.
    fn text(&self, request: http::Result<Request<Vec<u8>>>) -> Result<Option<String>, String> {
        let request = request.map_err(|error| error.to_string())?;
        self.ask(async {
            match self.client.request_text(request).await {
                Err(kube::Error::Api(status)) if status.code == 404 => Ok(None),
                other => other.map(Some),
            }
        })
    }
}
