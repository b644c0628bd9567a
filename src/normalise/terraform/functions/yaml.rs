//! YAML as Terraform reads and writes it (go-cty-yaml). Start at [`decode`] and [`encode`].
use super::{Answer, entries, text};
use crate::model::{Item, Map, Number, Value};
use crate::normalise::{
    terraform::{dates, expression::TEXT_BYTES_MAX, types},
    tree::Builder,
    yaml,
};

/// Columns after which the emitter breaks a quoted text at its next space (libyaml, `best_width`).
const WIDTH: usize = 80;

/// Longer keys are written in another form (libyaml, simple keys).
const KEY_BYTES_MAX: usize = 120;

/// `yamldecode`: one document, with Terraform's rules for plain scalars.
pub(super) fn decode(arguments: &[Value]) -> Answer {
    let written = text(arguments, 0)?;
    if written.len() > TEXT_BYTES_MAX {
        return Ok(Value::unknown(format!("the YAML is longer than {TEXT_BYTES_MAX} bytes")));
    }
    let mut builder = Builder::with_scalars(plain);
    let mut documents = yaml::read(&written, &mut builder).into_iter();
    // What is refused here, other readers may yet accept: unknown, and no error that `try` would go past.
    if let Some(fault) = builder.faults.iter().find(|fault| fault.lost) {
        return Ok(Value::unknown(format!("yamldecode(): line {}: {}", fault.at.line, fault.cause)));
    }
    match (documents.next(), documents.next()) {
        (Some(document), None) => {
            let mut value = document.value;
            crate::normalise::terraform::unknown::placeless(&mut value);
            Ok(value)
        }
        (None, _) => Err("there is no YAML in it".to_owned()),
        (Some(_), Some(_)) => Err("there is more than one document".to_owned()),
    }
}

/// What an unquoted scalar is; `None` where it stays text. YAML 1.1 words, numbers of YAML 1.2, dates as RFC 3339.
fn plain(text: &str) -> Option<Value> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Some(Value::Null),
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => return Some(true.into()),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Some(false.into());
        }
        _ if matches!(unsigned, ".inf" | ".Inf" | ".INF" | ".nan" | ".NaN" | ".NAN") => {
            return Some(Value::unknown(format!("`{text}` is no number that can be told")));
        }
        _ => {}
    }
    if let Some(moment) = dates::of_yaml(text) {
        return Some(Value::from(moment));
    }
    let radix = |prefix: &str, radix: u32| {
        let digits = text.strip_prefix(prefix)?;
        let fits = !digits.is_empty() && digits.bytes().all(|byte| char::from(byte).is_digit(radix));
        fits.then(|| i64::from_str_radix(digits, radix).ok()).flatten().map(Value::from)
    };
    radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| decimal(text, unsigned))
}

fn decimal(text: &str, unsigned: &str) -> Option<Value> {
    let fits = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+'));
    if !fits {
        return None;
    }
    match text.parse::<i64>() {
        Ok(int) => Some(Value::Number(Number::Int(int))),
        Err(_) => match text.parse::<f64>() {
            Ok(float) => Some(
                crate::normalise::terraform::expression::number(float)
                    .unwrap_or_else(|| Value::unknown(format!("`{text}` is larger than any number here"))),
            ),
            Err(_) => None,
        },
    }
}

/// `yamlencode`: block style, texts in double quotes, texts of several lines as literals.
pub(super) fn encode(arguments: &[Value]) -> Answer {
    let value = super::argument(arguments, 0)?;
    let mut written = String::new();
    let end = match value {
        // A plain scalar alone is ended by hand.
        Value::Null | Value::Bool(_) | Value::Number(_) => "\n...\n",
        _ => "\n",
    };
    match node(value, 0, Place::Top, &mut written) {
        Ok(()) if written.ends_with('\n') => {}
        Ok(()) => written.push_str(end),
        Err(why) => return Ok(Value::unknown(format!("yamlencode() {why}"))),
    }
    Ok(Value::from(written))
}

/// Where a node stands: a list in a map is not indented, and begins a line; in a list it begins behind the dash.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    InMap,
    InList,
}

/// Writes a node at an indentation, without the end of its last line; the error says what is not written here.
fn node(value: &Value, indent: usize, place: Place, into: &mut String) -> Result<(), String> {
    if into.len() > TEXT_BYTES_MAX {
        return Err(format!("gives more than {TEXT_BYTES_MAX} bytes"));
    }
    match value {
        Value::Null => into.push_str("null"),
        Value::Bool(_) | Value::Number(_) => into.push_str(&types::text(value)?),
        Value::Text(text) if text.contains('\n') => literal(text, indent + 2, into)?,
        Value::Text(text) => quoted(text, indent + 2, true, into)?,
        Value::List(items) if items.is_empty() => into.push_str("[]"),
        Value::Map(map) if entries(map).next().is_none() => into.push_str("{}"),
        Value::List(items) => list(items, indent, place, into)?,
        Value::Map(map) => self::map(map, indent, place, into)?,
        Value::Unknown(unknown) => return Err(unknown.why.clone()),
    }
    Ok(())
}

fn list(items: &[Item], indent: usize, place: Place, into: &mut String) -> Result<(), String> {
    let indent = if place == Place::InList { indent + 2 } else { indent };
    for (at, item) in items.iter().enumerate() {
        if at > 0 || place == Place::InMap {
            line(indent, into);
        }
        into.push_str("- ");
        node(&item.value, indent, Place::InList, into)?;
    }
    Ok(())
}

fn map(map: &Map, indent: usize, place: Place, into: &mut String) -> Result<(), String> {
    let indent = if place == Place::Top { indent } else { indent + 2 };
    for (at, (key, value)) in entries(map).enumerate() {
        if at > 0 || place == Place::InMap {
            line(indent, into);
        }
        if key.contains('\n') || key.len() > KEY_BYTES_MAX {
            return Err("of such a key is not computed here".to_owned());
        }
        quoted(key, indent, false, into)?;
        into.push(':');
        let collection = match value {
            Value::List(items) => !items.is_empty(),
            Value::Map(map) => entries(map).next().is_some(),
            _ => false,
        };
        if !collection {
            into.push(' ');
        }
        node(value, indent, Place::InMap, into)?;
    }
    Ok(())
}

/// Begins a line.
fn line(indent: usize, into: &mut String) {
    if !into.ends_with('\n') {
        into.push('\n');
    }
    into.push_str(&" ".repeat(indent));
}

/// What libyaml writes as it is, and we with it; all else it escapes in its own ways.
fn is_plain(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

/// A text in double quotes; a long one is broken at spaces where that is allowed.
fn quoted(text: &str, indent: usize, breaks: bool, into: &mut String) -> Result<(), String> {
    let start = into.rfind('\n').map_or(0, |at| at + 1);
    let mut column = into.get(start..).map_or(0, |line| line.chars().count()) + 1;
    into.push('"');
    let characters: Vec<char> = text.chars().collect();
    let mut after_space = false;
    for (at, c) in characters.iter().copied().enumerate() {
        let inside = at > 0 && at + 1 < characters.len();
        let written = match c {
            ' ' if breaks && !after_space && column > WIDTH && inside => {
                into.push('\n');
                into.push_str(&" ".repeat(indent));
                column = indent;
                if characters.get(at + 1) == Some(&' ') { "\\".to_owned() } else { String::new() }
            }
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\t' => "\\t".to_owned(),
            '\n' => "\\n".to_owned(),
            '\r' => "\\r".to_owned(),
            c if is_plain(c) => c.to_string(),
            _ => return Err("of such letters is not computed here".to_owned()),
        };
        after_space = c == ' ';
        column += written.chars().count();
        into.push_str(&written);
    }
    into.push('"');
    Ok(())
}

/// A text of several lines: `|` with hints on its first spaces and last ends of line.
fn literal(text: &str, indent: usize, into: &mut String) -> Result<(), String> {
    let is_literal = !text.contains(" \n") && !text.ends_with(' ') && text.chars().all(|c| c == '\n' || is_plain(c));
    if !is_literal {
        return quoted(text, indent, true, into);
    }
    into.push('|');
    if text.starts_with([' ', '\n']) {
        into.push('2');
    }
    match text.strip_suffix('\n') {
        None => into.push('-'),
        Some(rest) if rest.is_empty() || rest.ends_with('\n') => into.push('+'),
        Some(_) => {}
    }
    for part in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        into.push('\n');
        if !part.is_empty() {
            into.push_str(&" ".repeat(indent));
            into.push_str(part);
        }
    }
    if text.ends_with('\n') {
        into.push('\n');
    }
    Ok(())
}
