//! What opens a door: keys, tokens, passwords, by their form.
use super::{Form, is_replacement, person::NO_PERSON};
use std::ops::Range;

/// Beginnings of credentials, how many characters follow at least, and what they are. Forms: the issuers' own pages
/// on secret scanning.
const BEGINNINGS: &[(&str, usize, Form)] = &[
    // Base64 of `-----BEGIN`.
    ("LS0tLS1CRUdJTi", 0, Form::PemBlock),
    ("AGE-SECRET-KEY-1", 20, Form::PrivateKey),
    // Go's signed notes: the private half of a log's key.
    ("PRIVATE+KEY+", 1, Form::PrivateKey),
    ("PuTTY-User-Key-File", 0, Form::PrivateKey),
    ("ghp_", 30, Form::AccessToken),
    ("gho_", 30, Form::AccessToken),
    ("ghu_", 30, Form::AccessToken),
    ("ghs_", 30, Form::AccessToken),
    ("ghr_", 30, Form::AccessToken),
    ("github_pat_", 20, Form::AccessToken),
    ("glpat-", 16, Form::AccessToken),
    ("xoxb-", 16, Form::AccessToken),
    ("xoxp-", 16, Form::AccessToken),
    ("npm_", 30, Form::AccessToken),
    ("pypi-AgEI", 16, Form::AccessToken),
    ("dckr_pat_", 16, Form::AccessToken),
    ("hvs.", 20, Form::AccessToken),
    ("AIza", 35, Form::AccessToken),
    ("ya29.", 20, Form::AccessToken),
];

/// Ids of AWS access keys: four letters and sixteen capital letters or digits.
const ACCESS_KEY_BEGINNINGS: [&str; 4] = ["AKIA", "ASIA", "ABIA", "ACCA"];

/// Ends of keys whose value is a credential, in lower case without `_`, `-` and `.`.
const SECRET_ENDS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "passord",
    "pwd",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "accesskeyid",
    "accountkey",
    "sharedaccesskey",
    "privatekey",
    "authorization",
    "credential",
    "credentials",
    "sig",
];

/// Those that mean a credential after a colon too; `token:` may be the name of a root.
const SECRET_BEFORE_COLON: &[&str] = &["password", "passwd", "passphrase", "passord", "pwd", "authorization"];

pub(super) fn find(text: &str) -> Option<(Range<usize>, Form)> {
    let looks = [
        pem_block(text).map(|part| (part, Form::PemBlock)),
        beginning(text),
        web_token(text).map(|part| (part, Form::WebToken)),
        access_key(text).map(|part| (part, Form::AccessToken)),
        azure_secret(text).map(|part| (part, Form::AccessToken)),
        password(text).map(|part| (part, Form::Password)),
        user_in_url(text).map(|part| (part, Form::UserInUrl)),
    ];
    looks.into_iter().flatten().min_by_key(|(part, _)| part.start)
}

/// To the end of its last line, or of the text where the block is cut off.
fn pem_block(text: &str) -> Option<Range<usize>> {
    let start = text.find("-----BEGIN")?;
    let end = text.get(start..)?.find("-----END").map_or(text.len(), |at| {
        let line = text.get(start + at + 8..).unwrap_or_default();
        start + at + 8 + line.find("-----").map_or(line.len(), |end| end + 5)
    });
    Some(start..end)
}

fn beginning(text: &str) -> Option<(Range<usize>, Form)> {
    let found = BEGINNINGS.iter().filter_map(|(beginning, least, form)| {
        let part = words(text, beginning).find(|part| part.len() >= beginning.len() + least)?;
        Some((part, *form))
    });
    found.min_by_key(|(part, _)| part.start)
}

/// Two or more parts of base64 with a point between, the first of which is an object.
fn web_token(text: &str) -> Option<Range<usize>> {
    words(text, "eyJ").find(|part| {
        let mut parts = text.get(part.clone()).unwrap_or_default().split('.');
        parts.next().is_some_and(|header| header.len() >= 10) && parts.next().is_some_and(|body| body.len() >= 4)
    })
}

fn access_key(text: &str) -> Option<Range<usize>> {
    ACCESS_KEY_BEGINNINGS
        .iter()
        .filter_map(|beginning| {
            words(text, beginning).find(|part| {
                let word = text.get(part.clone()).unwrap_or_default();
                word.len() == 20 && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
            })
        })
        .min_by_key(|part| part.start)
}

/// A client secret of Entra ID: three characters, a digit, `Q~` and at least 31 more.
fn azure_secret(text: &str) -> Option<Range<usize>> {
    text.match_indices("Q~").find_map(|(at, sign)| {
        let start = at.checked_sub(4)?;
        let is_led = text.get(at - 1..at)?.bytes().all(|byte| byte.is_ascii_digit())
            && text.get(start..at)?.chars().all(is_of_word);
        let behind = text.get(at + sign.len()..)?;
        let length = behind.find(|c| !is_of_word(c)).unwrap_or(behind.len());
        (is_led && length >= 31).then_some(start..at + sign.len() + length)
    })
}

/// `password=…`, `"token" = "…"`, `Authorization: …`: the value, without the key.
fn password(text: &str) -> Option<Range<usize>> {
    text.match_indices(['=', ':']).find_map(|(at, sign)| {
        let before = text.get(..at)?.trim_end_matches([' ', '"', '\'']);
        let key_start = before.rfind(|c: char| !is_of_key(c)).map_or(0, |last| next(before, last));
        let key: String = before
            .get(key_start..)?
            .chars()
            .filter(|c| !matches!(c, '_' | '-' | '.'))
            .flat_map(char::to_lowercase)
            .collect();
        let ends = if sign == "=" { SECRET_ENDS } else { SECRET_BEFORE_COLON };
        if !ends.iter().any(|end| key.ends_with(end)) {
            return None;
        }
        let behind = text.get(at + 1..)?;
        let value = behind.trim_start_matches([' ', '"', '\'', '=', ':', '>']);
        let start = at + 1 + (behind.len() - value.len());
        let value = ["Bearer ", "Basic ", "bearer ", "basic "]
            .iter()
            .find_map(|scheme| value.strip_prefix(scheme))
            .map_or(value, |bare| bare);
        let start = start.max(text.len() - value.len());
        let length = value.find([' ', '"', '\'', ',', ';', '&', '\n']).unwrap_or(value.len());
        let value = value.get(..length)?;
        let is_switch = ["", "true", "false"].contains(&value);
        (!is_switch && !is_replacement(value)).then_some(start..start + length)
    })
}

/// `user` or `user:password` between `://` and `@`.
fn user_in_url(text: &str) -> Option<Range<usize>> {
    text.match_indices("://").find_map(|(at, sign)| {
        let start = at + sign.len();
        let rest = text.get(start..)?;
        let authority = rest.get(..rest.find(['/', '?', '#', ' ', '"', '\'', '\\', '<', '>']).unwrap_or(rest.len()))?;
        let user = authority.get(..authority.rfind('@')?)?;
        (!user.is_empty() && user != NO_PERSON && !is_replacement(user)).then_some(start..start + user.len())
    })
}

/// Every run of the characters of tokens that begins with a text and does not stand inside another word.
fn words<'t>(text: &'t str, beginning: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
    text.match_indices(beginning).filter_map(move |(start, _)| {
        let before = text.get(..start)?.chars().next_back();
        if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_') {
            return None;
        }
        let behind = text.get(start + beginning.len()..)?;
        let length = behind.find(|c| !is_of_word(c) && c != '+' && c != '/').unwrap_or(behind.len());
        Some(start..start + beginning.len() + length)
    })
}

const fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '~' | '=')
}

fn is_of_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The place behind the character that begins at `at`.
fn next(text: &str, at: usize) -> usize {
    at + text.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
}
