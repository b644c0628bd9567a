//! What a value holds as bytes: for digests that are equal for equal content, wherever it stands.
use super::{Map, Number, Value};

/// Hands on the content of a value, piece by piece: JSON with keys in order and no white space; an unknown is
/// `{"$unknown": …}`.
pub fn content(of: &Value, to: &mut dyn FnMut(&[u8])) {
    match of {
        Value::Null => to(b"null"),
        Value::Bool(true) => to(b"true"),
        Value::Bool(false) => to(b"false"),
        Value::Number(Number::Int(int)) => to(int.to_string().as_bytes()),
        Value::Number(Number::Float(float)) => to(float.to_string().as_bytes()),
        Value::Text(of) => text_content(of, to),
        Value::List(items) => {
            to(b"[");
            for item in items {
                content(&item.value, to);
                to(b",");
            }
            to(b"]");
        }
        Value::Map(of) => map_content(of, to),
        Value::Unknown(unknown) => {
            to(b"{\"$unknown\":");
            text_content(&unknown.why, to);
            to(format!(",\"$refers\":{:?},\"$any\":{}}}", unknown.refers, unknown.any).as_bytes());
        }
    }
}

/// [`content`] of a map.
pub fn map_content(of: &Map, to: &mut dyn FnMut(&[u8])) {
    to(b"{");
    for entry in of {
        text_content(&entry.key, to);
        to(b":");
        content(&entry.value, to);
        to(b",");
    }
    to(b"}");
}

/// [`content`] of a text: quotes and backslashes are escaped, so that no text can pass for a structure.
pub fn text_content(of: &str, to: &mut dyn FnMut(&[u8])) {
    to(b"\"");
    if of.contains(['"', '\\']) {
        to(of.replace('\\', "\\\\").replace('"', "\\\"").as_bytes());
    } else {
        to(of.as_bytes());
    }
    to(b"\"");
}
