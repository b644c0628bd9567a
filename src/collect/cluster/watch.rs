//! One kind, listed and then watched: every change as it happens, without end.
use super::{
    Served,
    list::{self, Part, Unlisted},
    told,
};
use crate::model::{Document, Origin, Problem, Text};
use futures_util::{AsyncBufReadExt, AsyncReadExt};
use http::Request;
use kube::Client;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::time::Duration;
use tokio::time;

/// A watch that says nothing for this long is begun again: quiet is normal, and bookmarks have no promised interval
/// (Kubernetes API concepts, "Watch bookmarks").
const SILENCE: Duration = Duration::from_secs(180);

/// How long the API server is asked to keep a watch open; below what proxies cut.
const WATCH_SECONDS: u64 = 290;

/// The wait before a failed list or watch is tried again; doubled up to the second.
const WAIT: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// One object; etcd holds at most 1.5 MiB of each, and JSON may write it at twice that.
const EVENT_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// What happens to the objects of a kind. Those of a [`Part`] come between `Begin` and `Listed`.
#[derive(Clone, Debug)]
pub enum Change {
    /// The kind is listed anew: objects that do not come until `Listed` are gone.
    Begin,
    Part(Part),
    Listed,
    /// An object that is new or has changed.
    Put(Document),
    Gone(Document),
    /// The watch is open: what was last said still holds.
    Alive,
    /// Nothing is heard of the kind at present, and why; `is_refused` where it may not be listed, and waiting does not help.
    Failing {
        problem: Problem,
        is_refused: bool,
    },
}

/// Why a watch ended.
enum End {
    /// Its time was over, or nothing came: it goes on from where it was.
    Over,
    /// The state that it began at is gone (410), or an event cannot be read: the kind must be listed anew.
    Gone,
    Failed(String),
}

/// Lists and watches a kind for ever; ends only where `take` wants no more (`false`).
pub(super) async fn watch(client: &Client, kind: &Served, take: &mut (dyn FnMut(Change) -> bool + Send)) {
    let mut wait = WAIT.0;
    loop {
        let mut goes_on = take(Change::Begin);
        let listed = list::list(client, kind, &mut |part| goes_on &= take(Change::Part(part))).await;
        if !goes_on {
            return;
        }
        let mut version = match listed {
            Ok(listed) => listed.resource_version,
            Err(Unlisted { problem, is_refused }) => {
                if !take(Change::Failing { problem, is_refused }) {
                    return;
                }
                time::sleep(wait).await;
                wait = (wait * 2).min(WAIT.1);
                continue;
            }
        };
        if !take(Change::Listed) {
            return;
        }
        loop {
            let end = match once(client, kind, &mut version, take).await {
                None => return,
                Some(end) => end,
            };
            // A watch that lasted has shown that all is well again.
            wait = if matches!(end, End::Over) { WAIT.0 } else { (wait * 2).min(WAIT.1) };
            if let End::Failed(cause) = &end
                && !take(Change::Failing { problem: list::unreadable(kind, cause), is_refused: false })
            {
                return;
            }
            time::sleep(wait).await;
            if matches!(end, End::Gone) {
                break;
            }
        }
    }
}

/// One watch from a state on, which moves along; `None` where no more is wanted.
async fn once(
    client: &Client,
    kind: &Served,
    version: &mut String,
    take: &mut (dyn FnMut(Change) -> bool + Send),
) -> Option<End> {
    let uri = format!(
        "{}?watch=1&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={}",
        kind.path,
        list::encoded(version)
    );
    let Ok(request) = Request::get(uri).body(Vec::new()) else { return Some(End::Failed("no request".to_owned())) };
    let opened = time::timeout(Duration::from_secs(super::REQUEST_SECONDS_MAX), client.request_stream(request)).await;
    let mut stream = match opened {
        Ok(Ok(stream)) => Box::pin(stream),
        Ok(Err(kube::Error::Api(status))) if status.code == 410 => return Some(End::Gone),
        Ok(Err(error)) => return Some(End::Failed(told(&error))),
        Err(_) => return Some(End::Failed("no answer".to_owned())),
    };
    if !take(Change::Alive) {
        return None;
    }
    loop {
        let mut line = Vec::new();
        let mut limited = (&mut stream).take(EVENT_BYTES_MAX);
        match time::timeout(SILENCE, limited.read_until(b'\n', &mut line)).await {
            Err(_) => return Some(End::Over),
            Ok(Err(error)) => return Some(End::Failed(error.to_string())),
            Ok(Ok(0)) => return Some(End::Over),
            Ok(Ok(_)) => {}
        }
        match read(kind, &line, version) {
            Ok(change) => {
                if !change.is_none_or(&mut *take) {
                    return None;
                }
            }
            // Watched on from here, the event would come again and again, each time behind a watch that opened well: what
            // cannot be read in a watch is read in a list, or is a problem there.
            Err(_) => return Some(End::Gone),
        }
    }
}

#[derive(Deserialize)]
struct Event<'a> {
    r#type: &'a str,
    #[serde(borrow)]
    object: &'a RawValue,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    metadata: Metadata,
    #[serde(default)]
    code: u16,
    #[serde(default)]
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Metadata {
    resource_version: String,
}

/// One line of a watch; moves the state along.
fn read(kind: &Served, line: &[u8], version: &mut String) -> Result<Option<Change>, End> {
    let unreadable = |error: serde_json::Error| End::Failed(format!("an event cannot be read: {error}"));
    let event: Event<'_> = serde_json::from_slice(line).map_err(unreadable)?;
    let object: Object = serde_json::from_str(event.object.get()).map_err(unreadable)?;
    if event.r#type == "ERROR" {
        return Err(if object.code == 410 { End::Gone } else { End::Failed(object.message) });
    }
    if !object.metadata.resource_version.is_empty() {
        version.clone_from(&object.metadata.resource_version);
    }
    let document = || Document {
        origin: Origin::Object { path: Text::clone(&kind.path) },
        bytes: event.object.get().as_bytes().into(),
        render: None,
    };
    Ok(match event.r#type {
        "ADDED" | "MODIFIED" => Some(Change::Put(document())),
        "DELETED" => Some(Change::Gone(document())),
        _ => Some(Change::Alive),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pods() -> Served {
        Served { kind: "Pod".into(), path: "/api/v1/pods".into(), resource: "pods".into() }
    }

    #[test]
    fn events_move_the_state_along() {
        let mut version = "1".to_owned();
        let line = br#"{"type":"ADDED","object":{"kind":"Pod","metadata":{"resourceVersion":"7"}}}"#;
        assert!(matches!(read(&pods(), line, &mut version), Ok(Some(Change::Put(_)))));
        assert_eq!(version, "7");
        let line = br#"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"9"}}}"#;
        assert!(matches!(read(&pods(), line, &mut version), Ok(Some(Change::Alive))));
        assert_eq!(version, "9");
    }

    #[test]
    fn a_state_that_is_gone_is_listed_anew_and_other_errors_are_failures() {
        let mut version = "1".to_owned();
        let gone = br#"{"type":"ERROR","object":{"kind":"Status","code":410,"message":"too old"}}"#;
        assert!(matches!(read(&pods(), gone, &mut version), Err(End::Gone)));
        let other = br#"{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd"}}"#;
        assert!(matches!(read(&pods(), other, &mut version), Err(End::Failed(cause)) if cause == "etcd"));
        assert!(matches!(read(&pods(), b"nonsense", &mut version), Err(End::Failed(_))));
    }
}
