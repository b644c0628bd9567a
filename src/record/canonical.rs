//! Canonical JSON (RFC 8785, JCS): one value, one sequence of bytes. Start at [`to_bytes`] for entries and at [`jcs`]
//! for rows and facts, whose keys and numbers are not ours to choose.
use serde_json::{Map, Number, Value};
use std::fmt::{self, Write as _};

mod normal;

/// Larger content goes into a blob, and the entry keeps digest, root and counts. (An entry bundle of C2SP tlog-tiles
/// ends at 65 535: a big-endian length of 16 bits precedes each entry.)
pub const ENTRY_BYTES_MAX: usize = 16_384;

/// The deepest entry type has six levels; what is deeper is not ours, and reading it must not cost the stack.
pub const NESTING_MAX: usize = 16;

/// Facts are values of documents; deeper ones are left out of blobs. serde_json itself reads 128 levels.
const FACTS_NESTING_MAX: usize = 100;

/// 2^53: from here on not every whole number has a double of its own, and readers in other languages would differ.
const INTEGER_END: u64 = 1 << 53;

/// Why a value has no canonical form here, or why bytes are not one.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    #[error("{place}: a key of an entry consists of a-z, 0-9 and _")]
    Key { place: String },
    #[error("{place}: a number of an entry is whole and smaller than 2^53")]
    Number { place: String },
    #[error("{place}: null: an absent field is left out")]
    Null { place: String },
    #[error("{place}: the text may not be in Unicode normalization form C")]
    NotNormal { place: String },
    #[error("{place}: nested deeper than {levels} levels")]
    TooDeep { place: String, levels: usize },
    #[error("{bytes} bytes, {most} at most")]
    TooLong { bytes: usize, most: usize },
    #[error("not JSON")]
    NotJson(#[source] serde_json::Error),
    #[error("not in canonical form: a key stands twice or out of order, or the same value can be written otherwise")]
    NotCanonical,
}

/// Which values are allowed, beside what RFC 8785 asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// Entries: keys of `[a-z_0-9]`, whole numbers, no null, normal texts, [`NESTING_MAX`] levels.
    Entry,
    /// Rows and facts: any JSON whose whole numbers are below 2^53.
    Any,
}

/// The bytes of an entry. Source: RFC 8785, with the limits of the entry schema.
///
/// Keys are ASCII `[a-z_0-9]`; numbers are whole and smaller than 2^53 in absolute value; there is no null. Texts must
/// be certain to be in Unicode normalization form C: a text with a combining mark, or with a character that form C
/// replaces or may join to the one before, is refused, also in the rare case where it is in form C all the same
/// (UAX #15 calls the answer "maybe"). The languages of Europe in their precomposed letters all pass.
///
/// # Errors
/// [`CanonicalError`] with the place of the field; [`CanonicalError::TooLong`] above [`ENTRY_BYTES_MAX`].
pub fn to_bytes(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    let bytes = written(value, Rules::Entry)?;
    short_enough(&bytes, ENTRY_BYTES_MAX)?;
    Ok(bytes)
}

/// Reads an entry, and refuses every sequence of bytes but the one that [`to_bytes`] gives for its value.
///
/// # Errors
/// [`CanonicalError::TooLong`] before anything is read; [`CanonicalError::NotJson`]; what [`to_bytes`] refuses; and
/// [`CanonicalError::NotCanonical`] for keys twice or out of order, white space and other ways of writing.
pub fn from_bytes(bytes: &[u8]) -> Result<Value, CanonicalError> {
    read(bytes, Rules::Entry, ENTRY_BYTES_MAX)
}

/// The bytes of any JSON value by RFC 8785: keys in the order of their UTF-16 units, numbers as ECMAScript writes
/// them, texts as they are. For rows and facts, which name things of others.
///
/// # Errors
/// [`CanonicalError::Number`] for a whole number from 2^53 on, which RFC 8785 would have to round;
/// [`CanonicalError::TooDeep`].
pub fn jcs(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    written(value, Rules::Any)
}

/// Reads what [`jcs`] wrote, and nothing else, up to a number of bytes.
///
/// # Errors
/// As [`from_bytes`], with the limits of [`jcs`].
pub fn from_jcs(bytes: &[u8], bytes_max: usize) -> Result<Value, CanonicalError> {
    read(bytes, Rules::Any, bytes_max)
}

/// An array of texts by RFC 8785: a row, or the key of one. It cannot fail.
#[must_use]
pub fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut out = String::from("[");
    for (nth, text) in texts.into_iter().enumerate() {
        if nth > 0 {
            out.push(',');
        }
        write_text(text, &mut out);
    }
    out.push(']');
    out.into_bytes()
}

/// Bytes in lower-case hexadecimal.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Bytes from exactly as many pairs of lower-case hexadecimal digits; `None` for anything else.
#[must_use]
pub fn from_hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !rest.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

fn written(value: &Value, rules: Rules) -> Result<Vec<u8>, CanonicalError> {
    let mut out = String::new();
    write(value, &Place::TOP, rules, &mut out)?;
    Ok(out.into_bytes())
}

fn read(bytes: &[u8], rules: Rules, bytes_max: usize) -> Result<Value, CanonicalError> {
    short_enough(bytes, bytes_max)?;
    let value = serde_json::from_slice(bytes).map_err(CanonicalError::NotJson)?;
    if written(&value, rules)? == bytes { Ok(value) } else { Err(CanonicalError::NotCanonical) }
}

fn short_enough(bytes: &[u8], most: usize) -> Result<(), CanonicalError> {
    if bytes.len() > most { Err(CanonicalError::TooLong { bytes: bytes.len(), most }) } else { Ok(()) }
}

/// Where a value stands in an entry, for errors: `sources[0].platform`.
pub(super) struct Place<'a> {
    above: Option<&'a Self>,
    step: Step<'a>,
    depth: usize,
}

enum Step<'a> {
    Top,
    Key(&'a str),
    Index(usize),
}

impl<'a> Place<'a> {
    pub(super) const TOP: Self = Self { above: None, step: Step::Top, depth: 0 };

    pub(super) const fn key(&'a self, key: &'a str) -> Self {
        Self { above: Some(self), step: Step::Key(key), depth: self.depth + 1 }
    }

    pub(super) const fn index(&'a self, index: usize) -> Self {
        Self { above: Some(self), step: Step::Index(index), depth: self.depth + 1 }
    }

    pub(super) const fn depth(&self) -> usize {
        self.depth
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parent = self.above.filter(|above| !matches!(above.step, Step::Top));
        if let Some(above) = parent {
            above.fmt(f)?;
        }
        match self.step {
            Step::Top => f.write_str("entry"),
            Step::Key(key) if parent.is_some() => write!(f, ".{}", key.escape_default()),
            Step::Key(key) => write!(f, "{}", key.escape_default()),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

fn write(value: &Value, place: &Place<'_>, rules: Rules, out: &mut String) -> Result<(), CanonicalError> {
    let levels = if rules == Rules::Entry { NESTING_MAX } else { FACTS_NESTING_MAX };
    if place.depth() > levels {
        return Err(CanonicalError::TooDeep { place: place.to_string(), levels });
    }
    match value {
        Value::Null if rules == Rules::Entry => return Err(CanonicalError::Null { place: place.to_string() }),
        Value::Null => out.push_str("null"),
        Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Value::Number(number) => write_number(number, place, rules, out)?,
        Value::String(text) => {
            if rules == Rules::Entry && !normal::is_certain(text) {
                return Err(CanonicalError::NotNormal { place: place.to_string() });
            }
            write_text(text, out);
        }
        Value::Array(items) => {
            out.push('[');
            for (nth, item) in items.iter().enumerate() {
                if nth > 0 {
                    out.push(',');
                }
                write(item, &place.index(nth), rules, out)?;
            }
            out.push(']');
        }
        Value::Object(map) => write_map(map, place, rules, out)?,
    }
    Ok(())
}

/// RFC 8785, section 3.2.3: keys in the order of their UTF-16 units, which is that of bytes for our own keys.
fn write_map(
    map: &Map<String, Value>,
    place: &Place<'_>,
    rules: Rules,
    out: &mut String,
) -> Result<(), CanonicalError> {
    let mut pair = |nth: usize, key: &str, value: &Value| {
        let place = place.key(key);
        if rules == Rules::Entry && !is_key(key) {
            return Err(CanonicalError::Key { place: place.to_string() });
        }
        out.push(if nth > 0 { ',' } else { '{' });
        write_text(key, out);
        out.push(':');
        write(value, &place, rules, out)
    };
    // Our own keys are ASCII, whose order is that of their bytes, and that is how a map holds them.
    if rules == Rules::Entry && map.keys().is_sorted() {
        map.iter().enumerate().try_for_each(|(nth, (key, value))| pair(nth, key, value))?;
    } else {
        let mut entries: Vec<(&String, &Value)> = map.iter().collect();
        entries.sort_by(|(one, _), (other, _)| one.encode_utf16().cmp(other.encode_utf16()));
        entries.into_iter().enumerate().try_for_each(|(nth, (key, value))| pair(nth, key, value))?;
    }
    out.push_str(if map.is_empty() { "{}" } else { "}" });
    Ok(())
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'_' | b'0'..=b'9'))
}

fn write_number(number: &Number, place: &Place<'_>, rules: Rules, out: &mut String) -> Result<(), CanonicalError> {
    let size = number.as_i64().map(i64::unsigned_abs).or(number.as_u64());
    let written = match (size, number.as_f64()) {
        (Some(size), _) if size < INTEGER_END => number.to_string(),
        (None, Some(float)) if rules == Rules::Any && float.is_finite() => ecmascript(float),
        _ => return Err(CanonicalError::Number { place: place.to_string() }),
    };
    out.push_str(&written);
    Ok(())
}

/// A double as ECMAScript writes it: the shortest digits that give it back, without exponent from 1e-6 up to 1e21.
///
/// Source: RFC 8785, section 3.2.2.3 (ECMA-262, Number::toString).
fn ecmascript(float: f64) -> String {
    if float == 0.0 {
        return "0".to_owned();
    }
    let (digits, exponent) = shortest(float.abs());
    let sign = if float < 0.0 { "-" } else { "" };
    let zeros = |count: i32| "0".repeat(usize::try_from(count).unwrap_or(0));
    let whole = usize::try_from(exponent).map_or(0, |exponent| exponent + 1);
    match exponent {
        0..=20 if digits.len() <= whole => format!("{sign}{digits}{}", "0".repeat(whole - digits.len())),
        0..=20 => {
            let (before, behind) = digits.split_at_checked(whole).unwrap_or((&digits, ""));
            format!("{sign}{before}.{behind}")
        }
        -6..=-1 => format!("{sign}0.{}{digits}", zeros(-exponent - 1)),
        _ => {
            let plus = if exponent > 0 { "+" } else { "" };
            let (first, behind) = digits.split_at_checked(1).unwrap_or((&digits, ""));
            let point = if behind.is_empty() { "" } else { "." };
            format!("{sign}{first}{point}{behind}e{plus}{exponent}")
        }
    }
}

/// The shortest digits of a positive double, and the power of ten of the first. Halfway between two of them, Rust takes
/// the upper and ECMAScript the even one.
fn shortest(float: f64) -> (String, i32) {
    let split = |text: &str| -> (String, i32) {
        let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
        (mantissa.chars().filter(char::is_ascii_digit).collect(), exponent.parse().unwrap_or(0))
    };
    let (digits, exponent) = split(&format!("{float:e}"));
    let Some((before, last)) = digits.split_at_checked(digits.len() - 1) else { return (digits, exponent) };
    let lower = match last.parse::<u8>() {
        Ok(odd) if odd % 2 == 1 => format!("{before}{}", odd - 1),
        Ok(_) | Err(_) => return (digits, exponent),
    };
    // A double has at most 767 digits, so that this one is written out whole.
    let (exact, exponent_of_exact) = split(&format!("{float:.767e}"));
    let halfway = exponent_of_exact == exponent && exact.trim_end_matches('0') == format!("{lower}5");
    (if halfway { lower } else { digits }, exponent)
}

/// RFC 8785, section 3.2.2.2: five short escapes, quote and backslash; other controls below U+0020 as lower-case
/// `\u00xx`; everything else as it is.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    let is_plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(is_plain) {
        out.push_str(text);
        out.push('"');
        return;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            c if c < '\u{20}' => {
                let written = write!(out, "\\u{:04x}", u32::from(c));
                debug_assert!(written.is_ok(), "writing to a string cannot fail");
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests;
