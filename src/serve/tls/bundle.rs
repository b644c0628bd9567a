//! A bundle of authorities in PEM: what of it is ours, what goes, what stays. Pure.
//!
//! What cannot be read as a certificate, or names somebody else, stays byte for byte.
use super::authority::{COMMON_NAME, Owner};
use crate::{
    model::Timestamp,
    record::der::{DerError, OBJECT_IDENTIFIER, Reader, SEQUENCE, SET, context},
};
use base64::{Engine, engine::general_purpose::STANDARD};

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";
/// Whatever begins here, the certificate before it was never finished.
const ANY_BEGIN: &[u8] = b"-----BEGIN ";

/// An authority that some speguard has made, as its certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    pub owner: Owner,
    pub until: Timestamp,
}

/// A stretch of a bundle.
#[derive(Debug, PartialEq, Eq)]
struct Piece<'a> {
    bytes: &'a [u8],
    /// Of a certificate in PEM; `None` for everything else.
    der: Option<Vec<u8>>,
}

/// The bundle with our authorities in it and without those that `goes` names; the same bytes where that is so already.
///
/// `own` are certificates in PEM. They come first: a certificate of others that was never finished would swallow what
/// follows it. What is in `own` never goes.
#[must_use]
pub fn entered(bundle: &[u8], own: &[String], goes: &dyn Fn(&Authority) -> bool) -> Vec<u8> {
    let pieces = pieces(bundle);
    let wanted: Vec<(&String, Vec<u8>)> = own.iter().filter_map(|pem| Some((pem, der(pem.as_bytes())?))).collect();
    let stays = |piece: &&Piece<'_>| match &piece.der {
        Some(der) if !wanted.iter().any(|(_, own)| own == der) => !read(der).is_some_and(|authority| goes(&authority)),
        _ => true,
    };
    let missing = wanted.iter().filter(|(_, own)| !pieces.iter().any(|piece| piece.der.as_ref() == Some(own)));
    let mut joined: Vec<u8> = missing.flat_map(|(pem, _)| pem.bytes()).collect();
    joined.extend(pieces.iter().filter(stays).flat_map(|piece| piece.bytes));
    joined
}

/// Whether a certificate, in PEM, stands in the bundle.
#[must_use]
pub fn holds(bundle: &[u8], pem: &str) -> bool {
    let wanted = der(pem.as_bytes());
    wanted.is_some() && pieces(bundle).iter().any(|piece| piece.der == wanted)
}

/// The whole bundle in stretches, in its order.
fn pieces(bundle: &[u8]) -> Vec<Piece<'_>> {
    let (mut found, mut rest) = (Vec::new(), bundle);
    while let Some((before, certificate, after)) = split(rest) {
        if !before.is_empty() {
            found.push(Piece { bytes: before, der: None });
        }
        found.push(Piece { bytes: certificate, der: der(certificate) });
        rest = after;
    }
    if !rest.is_empty() {
        found.push(Piece { bytes: rest, der: None });
    }
    found
}

/// What stands before the first certificate that is whole, that certificate with its line break, and the rest.
///
/// As Go reads PEM, which the API server is written in: both marks have lines of their own.
fn split(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let mut from = 0;
    loop {
        let begin = from + position(text.get(from..)?, BEGIN)?;
        let inside = begin + BEGIN.len();
        let end = inside + position(text.get(inside..)?, END)?;
        let (after, ends) = line_break(text, end + END.len());
        let starts = begin == 0 || text.get(begin - 1) == Some(&b'\n');
        let unfinished = position(text.get(inside..end)?, ANY_BEGIN);
        if unfinished.is_none() && starts && ends {
            let (head, rest) = text.split_at_checked(after)?;
            let (before, certificate) = head.split_at_checked(begin)?;
            return Some((before, certificate, rest));
        }
        from = inside + unfinished.unwrap_or(0);
    }
}

/// Where the next line begins, and whether nothing but the line break stands before it.
fn line_break(text: &[u8], at: usize) -> (usize, bool) {
    match text.get(at..) {
        Some([b'\r', b'\n', ..]) => (at + 2, true),
        Some([b'\n', ..]) => (at + 1, true),
        rest => (at, rest.is_none_or(<[u8]>::is_empty)),
    }
}

fn position(text: &[u8], word: &[u8]) -> Option<usize> {
    text.windows(word.len()).position(|window| window == word)
}

/// The bytes of one certificate in PEM.
fn der(pem: &[u8]) -> Option<Vec<u8>> {
    let inside = pem.get(position(pem, BEGIN)? + BEGIN.len()..position(pem, END)?)?;
    let digits: Vec<u8> = inside.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    STANDARD.decode(digits).ok()
}

/// The authority that a certificate is; `None` where it is not one of speguard's.
fn read(der: &[u8]) -> Option<Authority> {
    let (names, until_ms) = subject(der).ok()?;
    let value = |wanted: &str| names.iter().find(|(kind, _)| kind == wanted).map(|(_, value)| value.as_str());
    if value("2.5.4.3") != Some(COMMON_NAME) {
        return None;
    }
    let (start, _) = value("2.5.4.5")?.split_once('.')?;
    let owner = Owner { emitter: value("2.5.4.11")?.to_owned(), start: start.to_owned() };
    Some(Authority { owner, until: Timestamp(until_ms.div_euclid(1000)) })
}

/// The attributes of the subject, by their identifiers, and the end in milliseconds. Source: RFC 5280, section 4.1.
fn subject(der: &[u8]) -> Result<(Vec<(String, String)>, i64), DerError> {
    let mut body = Reader::new(der)?.take(SEQUENCE)?.inside()?.take(SEQUENCE)?.inside()?;
    body.optional(context(0))?;
    // Serial number, algorithm and issuer.
    for _ in 0..3 {
        body.any()?;
    }
    let mut validity = body.take(SEQUENCE)?.inside()?;
    validity.any()?;
    let until = validity.any()?.time_ms()?;
    let (mut names, mut sets) = (Vec::new(), body.take(SEQUENCE)?.inside()?);
    while !sets.is_empty() {
        let mut attribute = sets.take(SET)?.inside()?.take(SEQUENCE)?.inside()?;
        let kind = attribute.take(OBJECT_IDENTIFIER)?.dotted()?;
        names.push((kind, String::from_utf8_lossy(attribute.any()?.content).into_owned()));
    }
    Ok((names, until))
}

#[cfg(test)]
mod tests {
    use super::{super::authority::make, *};

    const NOW: i64 = 1_795_000_000;

    fn owner(emitter: &str, start: &str) -> Owner {
        Owner { emitter: emitter.to_owned(), start: start.to_owned() }
    }

    fn pem(emitter: &str, start: &str, number: u64, until: i64) -> String {
        let term = (Timestamp(NOW), Timestamp(until));
        make(&["localhost".to_owned()], &owner(emitter, start), number, term).unwrap().authority
    }

    /// Made with `openssl req -x509 -nodes -newkey ec:<(openssl ecparam -name prime256v1) -subj "/CN=example authority"`.
    const FOREIGN: &str = include_str!("foreign.pem");

    fn text(bundle: &[u8]) -> &str {
        std::str::from_utf8(bundle).unwrap()
    }

    #[test]
    fn an_authority_says_whose_it_is_and_until_when() {
        let der = der(pem("admission-0", "01K", 3, NOW + 90).as_bytes()).unwrap();
        let expected = Authority { owner: owner("admission-0", "01K"), until: Timestamp(NOW + 90) };
        assert_eq!(read(&der), Some(expected));
        assert_eq!(read(&super::der(FOREIGN.as_bytes()).unwrap()), None);
    }

    #[test]
    fn ours_come_first_and_only_once() {
        let own = [pem("a", "01K", 1, NOW), pem("a", "01K", 2, NOW)];
        let none = |_: &Authority| false;
        let first = entered(b"", &own, &none);
        assert_eq!(text(&first), own.concat());
        assert_eq!(entered(&first, &own, &none), first);
        let beside = entered(FOREIGN.as_bytes(), &own, &none);
        assert_eq!(text(&beside), [&own.concat(), FOREIGN].concat());
        assert!(holds(&beside, &own[1]) && holds(&beside, FOREIGN) && !holds(FOREIGN.as_bytes(), &own[0]));
    }

    #[test]
    fn what_goes_goes_and_others_stay_as_they_are() {
        let (earlier, expired) = (pem("a", "01J", 1, NOW + 90), pem("b", "01H", 1, NOW - 1));
        let (other, own) = (pem("b", "01K", 1, NOW + 90), [pem("a", "01K", 1, NOW + 90)]);
        let foreign = FOREIGN.replace('\n', "\r\n");
        let bundle = ["# ours\n", &earlier, &foreign, &expired, &other, "no newline at the end"].concat();
        let goes = |one: &Authority| one.until < Timestamp(NOW) || one.owner == owner("a", "01J");
        let joined = entered(bundle.as_bytes(), &own, &goes);
        assert_eq!(text(&joined), [&own[0], "# ours\n", &foreign, &other, "no newline at the end"].concat());
        // What is wanted never goes, whatever its name says.
        assert_eq!(entered(own[0].as_bytes(), &own, &|_| true), own[0].as_bytes());
    }

    #[test]
    fn what_is_no_certificate_stays_as_it_is() {
        let own = [pem("a", "01K", 1, NOW)];
        let whole = FOREIGN.trim_end();
        let nonsense: [&[u8]; 7] = [
            b"nonsense",
            b"\xff\xfe-----BEGIN",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n",
            b"-----BEGIN CERTIFICATE-----\nno base64!\n-----END CERTIFICATE-----\n",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            b"-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----",
            b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        ];
        for bytes in nonsense {
            let joined = entered(bytes, &own, &|_| true);
            assert_eq!(joined, [own[0].as_bytes(), bytes].concat());
            assert_eq!(entered(&joined, &own, &|_| true), joined);
        }
        // The API server does not read it where it stands, so that it is entered once more.
        let hidden = ["x", &own[0]].concat();
        assert_eq!(text(&entered(hidden.as_bytes(), &own, &|_| true)), format!("{}{hidden}", own[0]));
        // One that was never finished hides no certificate that follows it.
        let unfinished = ["-----BEGIN CERTIFICATE-----\nAAAA\n", whole].concat();
        assert!(holds(unfinished.as_bytes(), FOREIGN));
    }
}
