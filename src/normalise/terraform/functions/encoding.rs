//! Functions that encode, decode and digest.
use super::{Row, Unknowns::Spread, argument, entries, text};
use crate::model::{Number, Value};
use crate::normalise::terraform::json;
use sha2::{Digest, Sha256, Sha512};

pub(super) const TABLE: &[Row] = &[
    ("base64decode", Spread, |a| {
        let bytes = from_base64(&text(a, 0)?).ok_or("this is not base64")?;
        String::from_utf8(bytes).map(Value::from).map_err(|_| "the content is no text".to_owned())
    }),
    ("base64encode", Spread, |a| Ok(base64(text(a, 0)?.as_bytes()).into())),
    ("base64sha256", Spread, |a| Ok(base64(&Sha256::digest(text(a, 0)?)).into())),
    ("base64sha512", Spread, |a| Ok(base64(&Sha512::digest(text(a, 0)?)).into())),
    ("jsondecode", Spread, |a| {
        serde_json::from_str(&text(a, 0)?)
            .map(|value: serde_json::Value| json::value(&value))
            .map_err(|_| "this is not JSON".to_owned())
    }),
    ("jsonencode", Spread, |a| json(argument(a, 0)?).map(Value::from)),
    ("sha256", Spread, |a| Ok(hexadecimal(&Sha256::digest(text(a, 0)?)).into())),
    ("sha512", Spread, |a| Ok(hexadecimal(&Sha512::digest(text(a, 0)?)).into())),
    ("textencodebase64", Spread, |a| {
        let encoded = in_encoding(&text(a, 0)?, &text(a, 1)?)?;
        Ok(base64(&encoded).into())
    }),
    ("textdecodebase64", Spread, |_| Ok(Value::unknown("textdecodebase64() is not computed here"))),
    ("urlencode", Spread, |a| Ok(urlencode(&text(a, 0)?).into())),
];

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648, section 4, with padding.
pub(in crate::normalise::terraform) fn base64(bytes: &[u8]) -> String {
    let mut made = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let index = (bits >> (18 - 6 * at)) & 63;
            let letter = ALPHABET.get(index as usize).copied().unwrap_or(b'=');
            made.push(if at <= chunk.len() { char::from(letter) } else { '=' });
        }
    }
    made
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let letters: Vec<u8> = text.trim_end_matches('=').bytes().collect();
    let mut bytes = Vec::with_capacity(letters.len() * 3 / 4);
    for chunk in letters.chunks(4) {
        let mut bits = 0_u32;
        for at in 0..4 {
            let value = match chunk.get(at) {
                Some(letter) => u32::try_from(ALPHABET.iter().position(|known| known == letter)?).ok()?,
                None => 0,
            };
            bits = bits << 6 | value;
        }
        let [_, a, b, c] = bits.to_be_bytes();
        bytes.extend_from_slice([a, b, c].get(..chunk.len().checked_sub(1).filter(|count| *count > 0)?)?);
    }
    Some(bytes)
}

pub(in crate::normalise::terraform) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn in_encoding(text: &str, encoding: &str) -> Result<Vec<u8>, String> {
    match encoding.to_ascii_uppercase().as_str() {
        "UTF-8" => Ok(text.as_bytes().to_vec()),
        "UTF-16LE" => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
        "UTF-16BE" => Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
        _ => Err("the encoding is not known".to_owned()),
    }
}

/// As Go's `url.QueryEscape`.
fn urlencode(text: &str) -> String {
    let mut made = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => made.push(char::from(byte)),
            b' ' => made.push('+'),
            _ => made.push_str(&format!("%{byte:02X}")),
        }
    }
    made
}

/// As Go's `encoding/json` writes it: keys in order, `<`, `>` and `&` escaped.
pub(super) fn json(value: &Value) -> Result<String, String> {
    let written = serde_json::to_string(&to_json(value)?).map_err(|_| "this cannot be written as JSON".to_owned())?;
    Ok(written.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

fn to_json(value: &Value) -> Result<serde_json::Value, String> {
    Ok(match value {
        Value::Null => serde_json::Value::Null,
        Value::Bool(bool) => (*bool).into(),
        Value::Number(Number::Int(int)) => (*int).into(),
        Value::Number(Number::Float(float)) => (*float).into(),
        Value::Text(text) => text.as_ref().into(),
        Value::List(items) => items.iter().map(|item| to_json(&item.value)).collect::<Result<Vec<_>, _>>()?.into(),
        Value::Map(map) => entries(map)
            .map(|(key, value)| Ok((key.to_string(), to_json(value)?)))
            .collect::<Result<serde_json::Map<_, _>, String>>()?
            .into(),
        Value::Unknown(unknown) => return Err(unknown.why.clone()),
    })
}
