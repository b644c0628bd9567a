//! Every object of one kind, page by page, from one consistent state of the cluster.
use super::{REQUEST_SECONDS_MAX, Served, told, within};
use crate::model::{Document, Origin, Problem};
use futures_util::AsyncReadExt;
use http::Request;
use kube::Client;
use serde::Deserialize;

/// Objects of the first page; later pages are made to come to [`PAGE_BYTES`].
const FIRST_PAGE_OBJECTS: usize = 100;

/// What kubectl asks for; more saves nothing.
const PAGE_OBJECTS_MAX: usize = 500;

/// What a page should come to: enough that requests do not dominate, little enough that memory stays flat.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A page beyond this is not read: an object has at most about 1.5 MiB (etcd), and the first page a hundred of them.
const PAGE_BYTES_MAX: u64 = 192 * 1024 * 1024;

/// How often a list is begun again after its state was given up by the server (410); each takes less than the five
/// minutes that etcd keeps a state for, unless the cluster changes faster than it can be read.
const RESTARTS_MAX: usize = 3;

/// A step of reading a list.
#[derive(Clone, Debug)]
pub enum Part {
    /// The next objects, as the API server gives them.
    Page(Document),
    /// The list begins again: what came before must be dropped.
    Restart,
}

/// A list that was read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Of the state that was read, opaque.
    pub resource_version: String,
}

/// What tells how a list goes on; the objects are read elsewhere.
#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    items: Vec<serde::de::IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    resource_version: String,
    r#continue: String,
}

/// Why a kind was not listed.
pub(super) struct Unlisted {
    pub(super) problem: Problem,
    /// The account may not.
    pub(super) is_refused: bool,
}

/// Why a page did not come.
enum Failure {
    /// The state that the list was read from is gone.
    Gone,
    Forbidden(String),
    Other(String),
}

pub(super) async fn list(
    client: &Client,
    kind: &Served,
    take: &mut (dyn FnMut(Part) + Send),
) -> Result<Listed, Unlisted> {
    let mut restarts = 0;
    loop {
        match once(client, kind, take).await {
            Ok(listed) => return Ok(listed),
            Err(Failure::Gone) if restarts < RESTARTS_MAX => {
                restarts += 1;
                take(Part::Restart);
            }
            Err(failure) => {
                let is_refused = matches!(failure, Failure::Forbidden(_));
                return Err(Unlisted { problem: problem(kind, failure), is_refused });
            }
        }
    }
}

/// One pass over all pages. The state is that of the first page: a `continue` token names it.
async fn once(client: &Client, kind: &Served, take: &mut (dyn FnMut(Part) + Send)) -> Result<Listed, Failure> {
    let (mut limit, mut token) = (FIRST_PAGE_OBJECTS, String::new());
    loop {
        let bytes = page(client, kind, limit, &token).await?;
        let page: Page = serde_json::from_slice(&bytes).map_err(|error| Failure::Other(error.to_string()))?;
        limit = (PAGE_BYTES * page.items.len().max(1) / bytes.len().max(1)).clamp(1, PAGE_OBJECTS_MAX);
        let origin = Origin::Object { path: kind.path.clone() };
        take(Part::Page(Document { origin, bytes: bytes.into(), render: None }));
        if page.metadata.r#continue.is_empty() {
            return Ok(Listed { resource_version: page.metadata.resource_version });
        }
        token = page.metadata.r#continue;
    }
}

async fn page(client: &Client, kind: &Served, limit: usize, token: &str) -> Result<Vec<u8>, Failure> {
    let mut uri = format!("{}?limit={limit}", kind.path);
    if !token.is_empty() {
        uri.push_str(&format!("&continue={}", encoded(token)));
    }
    let request = Request::get(uri).body(Vec::new()).map_err(|error| Failure::Other(error.to_string()))?;
    let read = async {
        let mut bytes = Vec::new();
        let stream = client.request_stream(request).await?;
        stream.take(PAGE_BYTES_MAX + 1).read_to_end(&mut bytes).await.map_err(kube::Error::ReadEvents)?;
        Ok(bytes)
    };
    let mut failure = None;
    let noted = async { read.await.inspect_err(|error| failure = classified(error)) };
    let bytes = within(noted).await;
    match (bytes, failure) {
        (Ok(bytes), _) if u64::try_from(bytes.len()).is_ok_and(|length| length <= PAGE_BYTES_MAX) => Ok(bytes),
        (Ok(_), _) => Err(Failure::Other(format!("a page of {limit} objects is larger than {PAGE_BYTES_MAX} bytes"))),
        (Err(_), Some(failure)) => Err(failure),
        (Err(cause), None) => Err(Failure::Other(cause)),
    }
}

/// Failures that are not like others.
fn classified(error: &kube::Error) -> Option<Failure> {
    let kube::Error::Api(status) = error else { return None };
    match status.code {
        410 => Some(Failure::Gone),
        401 | 403 => Some(Failure::Forbidden(told(error))),
        _ => None,
    }
}

/// The problem that hides a kind for another reason than a refusal.
pub(super) fn unreadable(kind: &Served, cause: &str) -> Problem {
    problem(kind, Failure::Other(cause.to_owned()))
}

fn problem(kind: &Served, failure: Failure) -> Problem {
    let resource = &kind.resource;
    let cause = match failure {
        Failure::Forbidden(said) => {
            let (plural, group) = resource.split_once('.').unwrap_or((resource, ""));
            format!(
                "`{resource}` may not be listed: grant `list` on resources [\"{plural}\"] of apiGroups [\"{group}\"] \
                 (`speguard rbac` prints the whole ClusterRole); the API server says: {said}"
            )
        }
        Failure::Gone => format!(
            "`{resource}` changes faster than it can be read: its list broke off {RESTARTS_MAX} times; run again"
        ),
        Failure::Other(said) => format!(
            "`{resource}` could not be listed within {REQUEST_SECONDS_MAX} seconds a page; the answer was: {said}"
        ),
    };
    Problem::hiding_kind(&kind.path, cause, &kind.kind)
}

/// A token as part of a query (RFC 3986, section 2.3: unreserved characters stay).
pub(super) fn encoded(token: &str) -> String {
    let mut text = String::with_capacity(token.len());
    for byte in token.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
