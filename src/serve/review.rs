//! AdmissionReview v1, read and answered. Source: k8s.io/api/admission/v1.
pub use crate::record::entry::Operation;

use crate::model::{Document, Origin};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The one version that is spoken.
pub const VERSION: &str = "admission.k8s.io/v1";

/// A request to be answered.
#[derive(Clone, Debug)]
pub struct Request {
    pub uid: String,
    pub operation: Operation,
    /// With its group: `Pod`, `apps/Deployment`.
    pub kind: String,
    /// Of the list that the object is in: `/apis/apps/v1/deployments`.
    pub list: String,
    pub subresource: String,
    /// Empty for what has none.
    pub namespace: String,
    /// Empty where the API server has not made it yet (`generateName`).
    pub name: String,
    pub dry_run: bool,
    pub object: Option<Document>,
    pub old_object: Option<Document>,
}

/// Why bytes are no review that can be answered.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    #[error("the body is no AdmissionReview: {0}")]
    Malformed(String),
    #[error("the body is `{0}`, and this webhook speaks {VERSION} only: list it alone in admissionReviewVersions")]
    Version(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review<'a> {
    api_version: String,
    kind: String,
    #[serde(borrow)]
    request: Option<Asked<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    uid: String,
    kind: Kind,
    resource: Plural,
    #[serde(default)]
    sub_resource: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    namespace: String,
    operation: String,
    #[serde(borrow, default)]
    object: Option<&'a RawValue>,
    #[serde(borrow, default)]
    old_object: Option<&'a RawValue>,
    #[serde(default)]
    dry_run: Option<bool>,
}

#[derive(Deserialize)]
struct Kind {
    group: String,
    kind: String,
}

#[derive(Deserialize)]
struct Plural {
    group: String,
    version: String,
    resource: String,
}

/// Reads a review.
///
/// # Errors
/// [`ReviewError`]: what is not one, or of another version.
pub fn read(bytes: &[u8]) -> Result<Request, ReviewError> {
    let malformed = |cause: &dyn std::fmt::Display| ReviewError::Malformed(cause.to_string());
    let review: Review<'_> = serde_json::from_slice(bytes).map_err(|error| malformed(&error))?;
    if review.api_version != VERSION || review.kind != "AdmissionReview" {
        return Err(ReviewError::Version(format!("{} {}", review.api_version, review.kind)));
    }
    let asked = review.request.ok_or_else(|| malformed(&"it has no `request`"))?;
    if asked.uid.is_empty() {
        return Err(malformed(&"its `request` has no `uid`"));
    }
    let operation = serde_json::from_value(asked.operation.as_str().into());
    let operation = operation.map_err(|_| malformed(&format!("`{}` is no operation", asked.operation)))?;
    let Plural { group, version, resource } = asked.resource;
    let list = match group.is_empty() {
        true => format!("/api/{version}/{resource}"),
        false => format!("/apis/{group}/{version}/{resource}"),
    };
    let document = |raw: Option<&RawValue>| {
        let text = raw.map(RawValue::get).filter(|text| *text != "null")?;
        let origin = Origin::Object { path: list.as_str().into() };
        Some(Document { origin, bytes: text.as_bytes().into(), render: None })
    };
    let Kind { group, kind } = asked.kind;
    Ok(Request {
        uid: asked.uid,
        operation,
        kind: if group.is_empty() { kind } else { format!("{group}/{kind}") },
        object: document(asked.object),
        old_object: document(asked.old_object),
        list,
        subresource: asked.sub_resource,
        namespace: asked.namespace,
        name: asked.name,
        dry_run: asked.dry_run.unwrap_or(false),
    })
}

/// What is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    pub allowed: bool,
    /// Why not, for the person who asked.
    pub message: String,
    /// An HTTP status: 403 where it is denied, 429 where it should be tried again.
    pub code: u16,
    pub retry_after_seconds: Option<u32>,
    pub warnings: Vec<String>,
    /// For the API server's audit log.
    pub annotations: BTreeMap<String, String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reply<'a> {
    api_version: &'static str,
    kind: &'static str,
    response: Response<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    uid: &'a str,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status<'a>>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    audit_annotations: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct Status<'a> {
    message: &'a str,
    code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    retry_after_seconds: u32,
}

/// The review with its answer, as bytes.
///
/// # Errors
/// None that these shapes can have.
pub fn reply(uid: &str, answer: &Answer) -> Result<Vec<u8>, serde_json::Error> {
    let status = (!answer.allowed).then(|| Status {
        message: &answer.message,
        code: answer.code,
        details: answer.retry_after_seconds.map(|retry_after_seconds| Details { retry_after_seconds }),
    });
    let response = Response {
        uid,
        allowed: answer.allowed,
        status,
        warnings: &answer.warnings,
        audit_annotations: &answer.annotations,
    };
    serde_json::to_vec(&Reply { api_version: VERSION, kind: "AdmissionReview", response })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn review(change: impl Fn(&mut serde_json::Value)) -> Result<Request, ReviewError> {
        let mut review = serde_json::json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {
                "uid": "u", "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
                "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
                "namespace": "a", "name": "w", "operation": "CREATE", "userInfo": {"username": "kari"},
                "object": {"kind": "Deployment"}, "oldObject": null, "dryRun": true, "options": {"x": 1}
            }
        });
        change(&mut review);
        read(&serde_json::to_vec(&review).unwrap())
    }

    #[test]
    fn a_review_is_read() {
        let request = review(|_| {}).unwrap();
        assert_eq!((request.kind.as_str(), request.list.as_str()), ("apps/Deployment", "/apis/apps/v1/deployments"));
        assert!(request.dry_run && request.object.is_some() && request.old_object.is_none());
    }

    #[test]
    fn what_is_no_review_is_refused_with_why() {
        let cases: [(&str, Result<Request, ReviewError>); 4] = [
            ("admission.k8s.io/v1beta1", review(|it| it["apiVersion"] = "admission.k8s.io/v1beta1".into())),
            ("no `request`", review(|it| it["request"] = serde_json::Value::Null)),
            ("no `uid`", review(|it| it["request"]["uid"] = "".into())),
            ("`GUESS` is no operation", review(|it| it["request"]["operation"] = "GUESS".into())),
        ];
        for (words, read) in cases {
            let error = read.unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        assert!(read(b"{").is_err() && read(b"").is_err() && read(b"[]").is_err());
    }

    #[test]
    fn a_denial_carries_its_words_and_an_allowance_its_warnings() {
        let denied = Answer { message: "no".to_owned(), code: 403, ..Answer::default() };
        let text = String::from_utf8(reply("u", &denied).unwrap()).unwrap();
        assert!(text.contains(r#""uid":"u","allowed":false,"status":{"message":"no","code":403}"#), "{text}");
        let allowed = Answer { allowed: true, warnings: vec!["w".to_owned()], ..Answer::default() };
        let text = String::from_utf8(reply("u", &allowed).unwrap()).unwrap();
        assert!(text.contains(r#""allowed":true,"warnings":["w"]"#), "{text}");
    }
}
