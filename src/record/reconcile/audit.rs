//! One line of an API server's audit log, as far as it is compared. Who asked is never read. Source: k8s.io/apiserver
//! pkg/apis/audit/v1.
use crate::record::entry::DigestText;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// What changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Create,
    Update,
    Patch,
    Delete,
    DeleteCollection,
    /// Into a Pod: an API server writes `get` or `create`, by how the connection is made.
    Connect,
}

/// Subresources that are connected to, of those that webhooks are asked about.
pub(super) const CONNECTED: [&str; 3] = ["exec", "attach", "portforward"];

impl Verb {
    /// As the API server writes it, but for connections.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Patch => "patch",
            Self::Delete => "delete",
            Self::DeleteCollection => "deletecollection",
            Self::Connect => "connect",
        }
    }

    fn read(name: &str, subresource: &str) -> Option<Self> {
        if CONNECTED.contains(&subresource) {
            return matches!(name, "get" | "create").then_some(Self::Connect);
        }
        let all = [Self::Create, Self::Update, Self::Patch, Self::Delete, Self::DeleteCollection];
        all.into_iter().find(|verb| verb.name() == name)
    }
}

/// Whether a request was to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DryRun {
    No,
    Yes,
    /// Its body says, and the audit log does not hold bodies.
    Unknown,
}

/// The entry that an event names, by the webhook that wrote it. What cannot be read names nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub shard: String,
    pub index: Option<u64>,
    pub leaf: Option<DigestText>,
}

/// A request that changes something, as it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub id: String,
    pub verb: Verb,
    pub group: String,
    pub resource: String,
    pub subresource: String,
    pub namespace: String,
    pub name: String,
    pub code: u16,
    /// Milliseconds since 1970, as [`crate::record::entry::Instant`].
    pub received: i64,
    pub at: i64,
    pub dry_run: DryRun,
    /// How many objects a collection had that was deleted, where the audit log holds the response.
    pub deleted: Option<usize>,
    pub named: BTreeMap<String, Named>,
}

/// A line: its time, and the event where it is one that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub at: i64,
    pub event: Option<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    kind: String,
    api_version: String,
    level: String,
    #[serde(rename = "auditID")]
    audit_id: String,
    stage: String,
    #[serde(rename = "requestURI")]
    request_uri: String,
    verb: String,
    object_ref: Option<Reference>,
    response_status: Option<Status>,
    request_received_timestamp: String,
    stage_timestamp: String,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    #[serde(borrow)]
    request_object: Option<&'a RawValue>,
    #[serde(borrow)]
    response_object: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct Reference {
    resource: String,
    namespace: String,
    name: String,
    api_group: String,
    subresource: String,
}

#[derive(Deserialize)]
struct Status {
    #[serde(default)]
    code: u16,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DeleteOptions {
    #[serde(default)]
    dry_run: Vec<String>,
}

#[derive(Deserialize)]
struct List {
    items: Vec<IgnoredAny>,
}

/// Reads a line.
///
/// # Errors
/// Why it is no audit event, in one clause that holds nothing of the line.
pub fn read(bytes: &[u8]) -> Result<Line, &'static str> {
    let written: Written<'_> = serde_json::from_slice(bytes).map_err(|_| "is no whole audit event")?;
    if written.kind != "Event" || written.api_version != "audit.k8s.io/v1" {
        return Err("is no Event of audit.k8s.io/v1");
    }
    let at = moment(&written.stage_timestamp).ok_or("has no time")?;
    // What is only received or still answered has not ended.
    let has_ended = matches!(written.stage.as_str(), "ResponseComplete" | "Panic");
    let subresource = written.object_ref.as_ref().map_or("", |reference| &reference.subresource);
    let event = match (Verb::read(&written.verb, subresource), &written.object_ref) {
        (Some(verb), Some(_)) if has_ended => {
            let received = moment(&written.request_received_timestamp).ok_or("has no time of its request")?;
            Some(event(written, verb, received, at))
        }
        _ => None,
    };
    Ok(Line { at, event })
}

fn moment(text: &str) -> Option<i64> {
    let read = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    i64::try_from(read.unix_timestamp_nanos() / 1_000_000).ok()
}

fn event(written: Written<'_>, verb: Verb, received: i64, at: i64) -> Event {
    let dry_run = dry_run(&written, verb);
    let list = written.response_object.filter(|_| verb == Verb::DeleteCollection);
    let deleted = list.and_then(|list| serde_json::from_str::<List>(list.get()).ok()).map(|list| list.items.len());
    let mut named: BTreeMap<String, Named> = BTreeMap::new();
    for (key, value) in &written.annotations {
        let Some((webhook, what)) = key.split_once("/evidence-") else { continue };
        if !webhook.ends_with(".speguard.io") {
            continue;
        }
        let names = named.entry(webhook.to_owned()).or_default();
        match what {
            "shard" => names.shard.clone_from(value),
            "index" => names.index = value.parse().ok(),
            "leaf" => names.leaf = DigestText::parse(value).ok(),
            _ => {}
        }
    }
    let Reference { resource, namespace, name, api_group, subresource } = written.object_ref.unwrap_or_default();
    Event {
        id: written.audit_id,
        verb,
        group: api_group,
        resource,
        subresource,
        namespace,
        name,
        code: written.response_status.map_or(0, |status| status.code),
        received,
        at,
        dry_run,
        deleted,
        named,
    }
}

/// Options stand in the query. A deletion may have a body, and then the query counts for nothing (tried on API server
/// 1.36): without a view of bodies nothing is known of it.
fn dry_run(written: &Written<'_>, verb: Verb) -> DryRun {
    let query = written.request_uri.split_once('?').map_or("", |(_, query)| query);
    let by_query = query.split('&').any(|one| one.strip_prefix("dryRun=").is_some_and(|value| !value.is_empty()));
    let known = |is_dry| if is_dry { DryRun::Yes } else { DryRun::No };
    match (verb, written.request_object) {
        // A connection is made, whatever its query says.
        (Verb::Connect, _) => DryRun::No,
        (Verb::Create | Verb::Update | Verb::Patch, _) => known(by_query),
        (Verb::Delete | Verb::DeleteCollection, Some(body)) => serde_json::from_str::<DeleteOptions>(body.get())
            .map_or(DryRun::Unknown, |options| known(!options.dry_run.is_empty())),
        (Verb::Delete | Verb::DeleteCollection, None) => match written.level.as_str() {
            "Request" | "RequestResponse" => known(by_query),
            _ => DryRun::Unknown,
        },
    }
}
