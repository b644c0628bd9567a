//! What a finding is, whatever its words, facts and line: the same finding tomorrow has the same fingerprint.
use super::place::Row;
use crate::model::{Environment, Finding, ResourceId, Step, Value};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, fmt::Write as _};

/// Gives each finding its fingerprint, in the order of the assessment.
#[derive(Debug, Default)]
pub(super) struct Fingerprints {
    seen: BTreeMap<[u8; 32], usize>,
}

impl Fingerprints {
    /// 64 hexadecimal digits, a colon and an ordinal from 1 for findings that are otherwise equal.
    ///
    /// SHA-256 over RFC 8785 JSON `[criterion, resource, reason, at, path]`: `resource` and `at` are objects with
    /// the five parts of a resource's id; in `path` the index of a list's element is replaced by the element's
    /// `name` where it has one. No line, no facts, no words.
    pub(super) fn of(&mut self, row: &Row<'_>, finding: &Finding, environment: &Environment) -> String {
        let body = row.holder(finding, environment).map(|resource| &resource.body);
        let json = Json::List(vec![
            Json::Text(&row.judgement.criterion.0),
            id(&row.judgement.resource),
            Json::Text(&finding.reason),
            id(row.at(finding)),
            Json::List(named(&finding.path, body)),
        ]);
        let digest: [u8; 32] = Sha256::digest(json.canonical()).into();
        let ordinal = self.seen.entry(digest).or_default();
        *ordinal += 1;
        let mut text = String::with_capacity(68);
        for byte in digest {
            let written = write!(text, "{byte:02x}");
            debug_assert!(written.is_ok(), "writing to a string cannot fail");
        }
        format!("{text}:{ordinal}")
    }
}

fn id(id: &ResourceId) -> Json<'_> {
    Json::Map(BTreeMap::from([
        ("platform", Json::Text(id.platform.name())),
        ("root", Json::Text(&id.root)),
        ("kind", Json::Text(&id.kind)),
        ("namespace", Json::Text(&id.namespace)),
        ("name", Json::Text(&id.name)),
    ]))
}

/// A path by names: moving a container up in its list does not make its finding a new one.
fn named<'a>(path: &'a [Step], body: Option<&'a Value>) -> Vec<Json<'a>> {
    let mut value = body;
    path.iter()
        .map(|step| match step {
            Step::Key(key) => {
                value = value.and_then(|value| value.get(key));
                Json::Text(key)
            }
            Step::Index(index) => {
                value = value.and_then(|value| value.as_list()?.get(*index)).map(|item| &item.value);
                match value.and_then(|value| value.get("name")?.as_text()) {
                    Some(name) => Json::Text(name),
                    None => Json::Int(*index),
                }
            }
        })
        .collect()
}

/// JSON as far as fingerprints need it.
enum Json<'a> {
    Int(usize),
    Text(&'a str),
    List(Vec<Self>),
    /// Keys are ours and ASCII, so that the order of bytes is RFC 8785's order of UTF-16 units.
    Map(BTreeMap<&'a str, Self>),
}

impl Json<'_> {
    /// The bytes of RFC 8785: no space, keys in order, the shortest escapes, whole numbers as they are.
    fn canonical(&self) -> String {
        let mut text = String::new();
        self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Int(int) => out.push_str(&int.to_string()),
            Self::Text(text) => write_text(text, out),
            Self::List(items) => {
                out.push('[');
                for (nth, item) in items.iter().enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Map(map) => {
                out.push('{');
                for (nth, (key, value)) in map.iter().enumerate() {
                    if nth > 0 {
                        out.push(',');
                    }
                    write_text(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

/// RFC 8785, section 3.2.2.2: five short escapes, quote and backslash; other controls below U+0020 as lower-case
/// `\u00xx`; everything else as it is.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < '\u{20}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8785, section 3.2.2.2: the text of its example, without the number.
    #[test]
    fn texts_are_written_as_the_standard_says() {
        let mut out = String::new();
        write_text("\u{20ac}$\u{f}\nA'B\"\\\\\"/", &mut out);
        assert_eq!(out, r#""€$\u000f\nA'B\"\\\\\"/""#);
    }

    #[test]
    fn maps_are_written_in_order_of_their_keys_without_space() {
        let json =
            Json::Map(BTreeMap::from([("b", Json::Int(1)), ("a", Json::List(vec![Json::Text("x"), Json::Int(0)]))]));
        assert_eq!(json.canonical(), r#"{"a":["x",0],"b":1}"#);
    }
}
