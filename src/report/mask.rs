//! Values that must not be shown, masked in source lines. Start at [`masked`].
//!
//! This reads lines, not formats: an excerpt must be safe for whatever file it is cut from, also one that no reader
//! understood. It hides too much rather than too little; keys stay, so that the place can be found.
use crate::model::{MASK, scrub};
use std::ops::Range;

/// Words in a key that make its literal value secret. Compared in lower case, without `_` and `-`.
const SECRET_WORDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "secret",
    "token",
    "key",
    "credential",
    "certificatedata",
    "authdata",
    "connectionstring",
    "sas",
    "bearer",
    "dockerconfigjson",
    "auth",
    "userdata",
    "customdata",
    "htpasswd",
    "privkey",
];

/// Ends of keys that only name something, whatever words come before: `secretName`, `key_vault_id`.
const NAMING_ENDS: &[&str] =
    &["name", "names", "ref", "id", "uri", "url", "type", "source", "version", "path", "class"];

/// Words in a key that hold on for every `*_ID` and its like: an access key's id is half of the credential.
const ALWAYS_SECRET: &[&str] = &["accesskeyid", "password", "passwd"];

/// Keys whose value is told secret by what stands around them: `- name: DB_PASSWORD` with `value: …`.
const TOLD_BY_NEIGHBOURS: &[&str] = &["value", "default", "content", "data", "literal"];

/// How far neighbours are looked for. An entry of `env` and a `variable` block fit.
const NEIGHBOUR_LINES: usize = 8;

/// How far above a list's element its key is looked for.
const LIST_LINES: usize = 50;

/// Keys of a `Secret` whose values may be shown: they name it.
const SHOWN_IN_SECRETS: &[&str] = &["apiVersion", "kind", "name", "namespace", "type", "immutable"];

/// The lines of `range`, with every value that may be secret replaced by [`MASK`].
pub(super) fn masked(lines: &[&str], range: Range<usize>) -> Vec<String> {
    let in_secret = range.start < lines.len() && stands_in_secret(lines, range.start);
    range
        .filter_map(|at| lines.get(at).map(|line| (at, *line)))
        .map(|(at, line)| mask(lines, at, line, in_secret))
        .collect()
}

fn mask(lines: &[&str], at: usize, line: &str, in_secret: bool) -> String {
    if inside_secret_text(lines, at, in_secret) {
        return hidden(line);
    }
    if next_pair(line).is_none()
        && (in_secret || listed_under_secret(lines, at))
        && !brackets_only(line)
        && !opens_below(line)
    {
        return hidden(line);
    }
    let told = neighbours_are_secret(lines, at);
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(pair) = next_pair(rest) {
        out.push_str(rest.get(..pair.value.start).unwrap_or_default());
        let value = rest.get(pair.value.clone()).unwrap_or_default();
        let key = rest.get(pair.key.clone()).unwrap_or_default();
        let hide = literal(value)
            && if in_secret { !SHOWN_IN_SECRETS.contains(&key) } else { is_secret(key) || (told && is_told(key)) }
            && !(key == "key" && selects(lines, at));
        out.push_str(&if hide { replaced(value) } else { scrub(value) });
        rest = rest.get(pair.value.end..).unwrap_or_default();
    }
    out.push_str(&scrub(rest));
    out
}

/// A line that only opens what stands below it.
fn opens_below(line: &str) -> bool {
    line.trim_end().ends_with([':', '{', '['])
}

/// A line of which only the indent may be shown.
fn hidden(line: &str) -> String {
    let start = line.len() - line.trim_start().len();
    format!("{}{MASK}", line.get(..start).unwrap_or_default())
}

/// Whether a line holds nothing but marks of structure.
fn brackets_only(line: &str) -> bool {
    line.chars().all(|c| c.is_whitespace() || "[]{}(),-|>\"'".contains(c))
}

/// A key and its value inside a line. The value reaches to the next separator outside of quotes, or to the end.
struct Pair {
    key: Range<usize>,
    value: Range<usize>,
}

/// The next `key: value`, `key = value` or `"key": value`.
fn next_pair(text: &str) -> Option<Pair> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let separator = match bytes.get(at) {
            Some(b':') => {
                matches!(bytes.get(at + 1), Some(b' ' | b'"' | b'\t' | b'\'' | b'{' | b'[')) || json_colon(bytes, at)
            }
            Some(b'=') => !matches!(bytes.get(at + 1), Some(b'=' | b'>')) && !before(bytes, at, b"=!<>"),
            _ => false,
        };
        if separator && let Some(key) = key_before(text, at) {
            let start = at + 1 + text.get(at + 1..)?.bytes().take_while(|b| matches!(b, b' ' | b'\t')).count();
            return Some(Pair { key, value: start..value_end(text, start) });
        }
        at += 1;
    }
    None
}

fn before(bytes: &[u8], at: usize, any: &[u8]) -> bool {
    at.checked_sub(1).and_then(|at| bytes.get(at)).is_some_and(|byte| any.contains(byte))
}

/// A colon right after a closing quote: JSON without spaces.
fn json_colon(bytes: &[u8], at: usize) -> bool {
    before(bytes, at, b"\"'") && bytes.get(at + 1).is_some()
}

/// The key that ends before a separator, without its quotes.
fn key_before(text: &str, at: usize) -> Option<Range<usize>> {
    let before = text.get(..at)?.trim_end();
    let bare = before.strip_suffix(['"', '\'']).unwrap_or(before);
    let length: usize = bare
        .chars()
        .rev()
        .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'))
        .map(char::len_utf8)
        .sum();
    (length > 0).then(|| bare.len() - length..bare.len())
}

/// Where a value ends: after its closing quote, else before a comma or bracket that ends it, else with the line.
fn value_end(text: &str, start: usize) -> usize {
    let value = text.get(start..).unwrap_or_default();
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        if value.starts_with('{') || (value.starts_with('[') && next_pair(value).is_some()) {
            // What is inside is read pair by pair.
            return start + 1;
        }
        if value.starts_with('[') {
            return start + value.find(']').map_or(value.len(), |end| end + 1);
        }
        let end = value.find([',', '}', ']']).unwrap_or(value.len());
        return start + end;
    };
    let mut escaped = false;
    for (at, c) in value.char_indices().skip(1) {
        match c {
            '\\' if !escaped && quote == '"' => escaped = true,
            c if c == quote && !escaped => return start + at + 1,
            _ => escaped = false,
        }
    }
    text.len()
}

/// Whether a value is written out, not a switch, a template, a reference, or the start of something below.
fn literal(value: &str) -> bool {
    let bare = value.trim().trim_matches(['"', '\'']);
    let switch = matches!(bare, "" | "true" | "false" | "null" | "~" | "{}" | "[]" | "{" | "[" | "-");
    let template = (bare.starts_with("${") && bare.ends_with('}')) || (bare.starts_with("{{") && bare.ends_with("}}"));
    switch.then_some(()).is_none() && !template && !opens(bare) && !reference(value.trim())
}

/// Whether a value only opens a block scalar, whose lines are hidden one by one.
fn opens(value: &str) -> bool {
    value.starts_with(['|', '>', '&', '*']) || value.starts_with("<<") || value.ends_with([':', '{', '['])
}

/// An expression of Terraform: it names a value that stands elsewhere.
fn reference(value: &str) -> bool {
    ["var.", "local.", "module.", "data.", "azurerm_", "azuread_", "random_", "aws_", "google_", "each.", "count."]
        .iter()
        .any(|start| value.starts_with(start))
}

/// Whether a literal value under this key may be secret.
fn is_secret(key: &str) -> bool {
    let plain: String =
        key.chars().filter(|c| !matches!(c, '_' | '-' | '.' | '/')).flat_map(char::to_lowercase).collect();
    if ALWAYS_SECRET.iter().any(|word| plain.contains(word)) {
        return true;
    }
    SECRET_WORDS.iter().any(|word| plain.contains(word)) && !NAMING_ENDS.iter().any(|end| plain.ends_with(end))
}

fn is_told(key: &str) -> bool {
    TOLD_BY_NEIGHBOURS.contains(&key)
}

fn neighbours_are_secret(lines: &[&str], at: usize) -> bool {
    let near = at.saturating_sub(NEIGHBOUR_LINES)..(at + NEIGHBOUR_LINES).min(lines.len());
    lines.get(near).unwrap_or_default().iter().any(|line| {
        let lower = line.to_lowercase();
        ["password", "passwd", "secret", "token", "_key", "apikey", "credential", "sensitive"]
            .iter()
            .any(|word| lower.contains(word))
    })
}

/// Whether a line that is called `key` belongs to a selector, a toleration or a reference, which name keys of labels.
fn selects(lines: &[&str], at: usize) -> bool {
    lines
        .get(at.saturating_sub(2)..(at + 3).min(lines.len()))
        .unwrap_or_default()
        .iter()
        .any(|line| ["operator:", "effect:", "path:", "KeyRef:"].iter().any(|word| line.contains(word)))
}

/// Whether a line without a key stands in a list whose key is secret.
fn listed_under_secret(lines: &[&str], at: usize) -> bool {
    let above = lines.get(..at).unwrap_or_default().iter().rev().take(LIST_LINES);
    above
        .map(|line| line.trim_end())
        .find_map(|line| next_pair(line).or_else(|| line.strip_suffix(':').and_then(opened)).map(|pair| (line, pair)))
        .is_some_and(|(line, pair)| is_secret(line.get(pair.key).unwrap_or_default()))
}

/// The key of a line that ends with its colon.
fn opened(line: &str) -> Option<Pair> {
    key_before(line, line.len()).map(|key| Pair { key, value: line.len()..line.len() })
}

/// Whether the YAML document around a line, or the JSON object it is in as far as lines tell, is a `Secret`.
fn stands_in_secret(lines: &[&str], at: usize) -> bool {
    let separator = |line: &&str| line.starts_with("---");
    let start = lines.get(..=at).unwrap_or_default().iter().rposition(separator).unwrap_or(0);
    let length = lines.get(at + 1..).unwrap_or_default().iter().position(separator);
    let end = length.map_or(lines.len(), |length| at + 1 + length);
    lines.get(start..end).unwrap_or_default().iter().any(|line| {
        line.split(['{', ',', '}']).any(|part| {
            let mut words =
                part.split([':', '=']).map(|word| word.trim().trim_start_matches("- ").trim_matches(['"', '\'']));
            words.next() == Some("kind") && words.next() == Some("Secret")
        })
    })
}

/// Whether a line belongs to a text of several lines under a secret key: a block scalar or a here-document.
fn inside_secret_text(lines: &[&str], at: usize, in_secret: bool) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let Some(own) = lines.get(at).filter(|line| !line.trim().is_empty()).map(|line| indent(line)) else { return false };
    for line in lines.get(..at).unwrap_or_default().iter().rev().filter(|line| !line.trim().is_empty()) {
        let opener = next_pair(line).filter(|pair| {
            let value = line.get(pair.value.clone()).unwrap_or_default().trim();
            value.starts_with(['|', '>']) || value.starts_with("<<")
        });
        if let Some(pair) = opener
            && (indent(line) < own || line.contains("<<"))
        {
            return in_secret || is_secret(line.get(pair.key).unwrap_or_default());
        }
        if indent(line) == 0 && own > 0 {
            return false;
        }
        if line.contains("-----BEGIN") {
            return true;
        }
    }
    false
}

fn replaced(value: &str) -> String {
    if value.starts_with('[') {
        return format!("[{MASK}]");
    }
    match value.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        Some(quote) => format!("{quote}{MASK}{quote}"),
        None => MASK.to_owned(),
    }
}

#[cfg(test)]
mod tests;
