//! What never enters an entry, and commitments in its place. Start at [`check`].
//!
//! This is the second net: projections pick fields by name, and rules see neither the data of Secrets nor what
//! Terraform marks sensitive. An entry once written cannot be cleaned, so the net hides too much rather than too
//! little; what it knows by form only (a name, a diagnosis) it cannot know at all.
use super::canonical::{Place, from_hexadecimal, hexadecimal};
use crate::model::{MASK, scrub};
use aws_lc_rs::hmac;
use serde_json::Value;
use std::{borrow::Cow, ops::Range};

mod credential;
mod person;

/// The longest text of an entry: an origin, a scope, a signature in base64. Longer is free text.
pub const TEXT_BYTES_MAX: usize = 512;

/// The name of a role has five words; a sentence about somebody has more.
pub const TEXT_WORDS_MAX: usize = 12;

/// Nobody needs more rounds but who tries.
const ROUNDS_MAX: usize = 3;

/// A key of commitments: random, one per blob, kept in that blob only. Erasing the blob makes them say nothing.
pub type BlobKey = [u8; 32];

/// What a text holds that no entry may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Form {
    #[error("an e-mail address")]
    EmailAddress,
    #[error("a national identity number")]
    NationalIdentityNumber,
    #[error("a PEM block")]
    PemBlock,
    #[error("a private key")]
    PrivateKey,
    #[error("a JSON web token")]
    WebToken,
    #[error("an access token")]
    AccessToken,
    #[error("a password or another credential")]
    Password,
    #[error("a user name in a URL")]
    UserInUrl,
    #[error("a line break or another control character")]
    LineBreak,
    #[error("free text")]
    FreeText,
}

/// A field that must not be written. It names the place and never the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: holds {form}, which no entry may hold")]
pub struct Forbidden {
    /// `sources[0].platform`; a key that is itself forbidden is named by the place above it.
    pub place: String,
    pub form: Form,
}

/// What stands in an entry for a value that stands in a blob: `hmac:` and HMAC-SHA-256 in hexadecimal.
///
/// Plain hashes of names can be guessed; without the key nothing can.
#[must_use]
pub fn commitment(key: &BlobKey, text: &[u8]) -> String {
    format!("hmac:{}", hexadecimal(tag(key, text).as_ref()))
}

/// The salt of a row: the first 16 bytes of HMAC-SHA-256 over its key, the canonical array of the key's members.
///
/// It keeps the hash of a neighbour in a proof from saying anything about that neighbour.
#[must_use]
pub fn salt(key: &BlobKey, row_key: &[u8]) -> [u8; 16] {
    let mut salt = [0; 16];
    salt.iter_mut().zip(tag(key, row_key).as_ref()).for_each(|(byte, of)| *byte = *of);
    salt
}

fn tag(key: &BlobKey, text: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text)
}

/// Refuses an entry that holds what must never be in the log. For every entry, before it is written.
///
/// Texts and keys are looked at; numbers are not, since every number of an entry is a count or a moment of ours.
///
/// # Errors
/// [`Forbidden`] for the first place, in the order of keys.
pub fn check(entry: &Value) -> Result<(), Forbidden> {
    check_at(entry, &Place::TOP)
}

fn check_at(value: &Value, place: &Place<'_>) -> Result<(), Forbidden> {
    let refuse = |form: Option<Form>| match form {
        Some(form) => Err(Forbidden { place: place.to_string(), form }),
        None => Ok(()),
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        Value::String(text) => refuse(form(text)),
        Value::Array(items) => items.iter().enumerate().try_for_each(|(nth, item)| check_at(item, &place.index(nth))),
        Value::Object(map) => map.iter().try_for_each(|(key, value)| {
            refuse(form(key))?;
            check_at(value, &place.key(key))
        }),
    }
}

/// What a text holds that no entry may hold.
fn form(text: &str) -> Option<Form> {
    if text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        return Some(Form::LineBreak);
    }
    if text.len() > TEXT_BYTES_MAX || text.split_whitespace().count() > TEXT_WORDS_MAX {
        return Some(Form::FreeText);
    }
    find(text).map(|(_, form)| form)
}

/// The text with each forbidden part replaced by a commitment: the same part gives the same text under the same key.
///
/// For names that must be told apart and found again: resources, paths, scopes. `key` is the pepper that links them;
/// without it the parts can no longer be guessed.
#[must_use]
pub fn pseudonymous<'t>(key: &[u8; 32], text: &'t str) -> Cow<'t, str> {
    replaced(text, |part| commitment(key, part.as_bytes()))
}

/// The text with key material and each forbidden part hidden: for facts, which are shown and never compared by name.
#[must_use]
pub fn hidden(text: &str) -> String {
    replaced(&scrub(text), |_| MASK.to_owned()).into_owned()
}

/// One replacement may leave something that only now looks forbidden. After a few rounds the whole is replaced.
fn replaced(text: &str, by: impl Fn(&str) -> String) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    for _ in 0..ROUNDS_MAX {
        match replaced_once(&out, &by) {
            Some(again) => out = Cow::Owned(again),
            None => return out,
        }
    }
    if find(&out).is_some() { Cow::Owned(by(text)) } else { out }
}

/// `None` = nothing to replace.
fn replaced_once(text: &str, by: impl Fn(&str) -> String) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((part, _)) = find(rest) {
        out.push_str(rest.get(..part.start)?);
        out.push_str(&by(rest.get(part.clone())?));
        rest = rest.get(part.end..)?;
    }
    out.push_str(rest);
    (rest.len() < text.len()).then_some(out)
}

/// Whether a part is what [`hidden`] or [`pseudonymous`] put in its place.
fn is_replacement(part: &str) -> bool {
    let digits = part.strip_prefix("hmac:").unwrap_or(part);
    part == MASK || from_hexadecimal::<32>(digits).is_some()
}

/// The first forbidden part of a text. Parts are never empty.
fn find(text: &str) -> Option<(Range<usize>, Form)> {
    [credential::find(text), person::find(text)].into_iter().flatten().min_by_key(|(part, _)| part.start)
}

#[cfg(test)]
mod tests;
