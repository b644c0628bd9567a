//! What names a person by form: e-mail addresses and Norwegian identity numbers.
use super::{Form, is_replacement};
use std::ops::Range;

/// The user of every Git host over SSH: a program, no person.
pub(super) const NO_PERSON: &str = "git";

pub(super) fn find(text: &str) -> Option<(Range<usize>, Form)> {
    let email = email_address(text).map(|part| (part, Form::EmailAddress));
    let number = identity_number(text).map(|part| (part, Form::NationalIdentityNumber));
    [email, number].into_iter().flatten().min_by_key(|(part, _)| part.start)
}

/// `local@domain.name`, also with the sign written as `%40`. The domain's last label is a word: `app@1.2.3` and
/// `app@sha256:…` are versions.
fn email_address(text: &str) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some((at, sign)) = next_sign(text, from) {
        let before = text.get(..at)?;
        let behind = text.get(at + sign..)?;
        let local = before.len() - before.trim_end_matches(is_local).len();
        let quoted = before.ends_with('"') && before.len() > 1;
        let domain = domain_length(behind);
        let name = before.get(at - local..)?;
        let is_person = (local > 0 || quoted) && name != NO_PERSON && !is_replacement(name);
        if let (true, Some(length)) = (is_person, domain) {
            let start = if quoted { before.get(..at - 1)?.rfind('"').unwrap_or(at - 1) } else { at - local };
            return Some(start..at + sign + length);
        }
        from = at + sign;
    }
    None
}

fn next_sign(text: &str, from: usize) -> Option<(usize, usize)> {
    let rest = text.get(from..)?;
    let plain = rest.find('@').map(|at| (from + at, 1));
    let escaped = rest.find("%40").map(|at| (from + at, 3));
    plain.into_iter().chain(escaped).min()
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '+' | '#' | '%' | '\'' | '&' | '~' | '!' | '*' | '?' | '^')
}

/// How far a domain name with a top-level domain reaches from the start.
fn domain_length(text: &str) -> Option<usize> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.')).unwrap_or(text.len());
    let domain = text.get(..end)?.trim_end_matches(['.', '-']);
    let (host, last) = domain.rsplit_once('.')?;
    let is_word = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic) || last.starts_with("xn--");
    (is_word && !host.is_empty() && !host.starts_with('.')).then_some(domain.len())
}

/// Eleven digits in a row, or six and five with one sign between, that are a Norwegian identity number.
fn identity_number(text: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let part_of_more = |at: usize, next: usize| match bytes.get(at) {
        Some(b'.') => digit(next),
        Some(byte) => byte.is_ascii_alphanumeric(),
        None => false,
    };
    (0..bytes.len()).filter(|start| digit(*start)).find_map(|start| {
        if start > 0 && part_of_more(start - 1, start.wrapping_sub(2)) {
            return None;
        }
        let gap = usize::from(matches!(bytes.get(start + 6), Some(b' ' | b'-' | b'.')));
        let end = start + 11 + gap;
        let digits: Vec<u32> = bytes
            .get(start..start + 6)?
            .iter()
            .chain(bytes.get(start + 6 + gap..end)?)
            .map(|byte| char::from(*byte).to_digit(10))
            .collect::<Option<_>>()?;
        (!part_of_more(end, end + 1) && is_identity_number(&digits)).then_some(start..end)
    })
}

/// Whether eleven digits are a birth number, a D-number (day + 40), a help number (month + 40, or a first digit of 8
/// or 9 without a date) or a synthetic one (month + 65 or + 80), with both control digits.
///
/// Source: forskrift til folkeregisterloven, section 2-2-3; the Norwegian Tax Administration on D-numbers and synthetic
/// numbers; the Directorate of Health's e-health standard HIS 1035 on help numbers.
fn is_identity_number(digits: &[u32]) -> bool {
    let Some(first) = digits.first() else { return false };
    let two = |at: usize| digits.get(at..at + 2).map_or(0, |pair| pair.iter().fold(0, |sum, digit| sum * 10 + digit));
    let (day, month) = (two(0), two(2));
    let day = if day > 40 { day - 40 } else { day };
    let month = [80, 65, 40].into_iter().find(|added| month > *added).map_or(month, |added| month - added);
    let is_dated = (1..=31).contains(&day) && (1..=12).contains(&month);
    (is_dated || *first >= 8) && control_digits_hold(digits)
}

/// Modulo 11 over both rows of weights, the control digit itself with weight 1.
fn control_digits_hold(digits: &[u32]) -> bool {
    const FIRST: [u32; 10] = [3, 7, 6, 1, 8, 9, 4, 5, 2, 1];
    const SECOND: [u32; 11] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1];
    let holds =
        |weights: &[u32]| weights.iter().zip(digits).map(|(weight, digit)| weight * digit).sum::<u32>() % 11 == 0;
    digits.len() == SECOND.len() && holds(&FIRST) && holds(&SECOND)
}
