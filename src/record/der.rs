//! A small DER reader and writer: as much of ASN.1 as a time-stamp token and its certificates need.
//!
//! Source: ITU-T X.690. Definite lengths in their shortest form, tags below 31. The order inside a SET is not checked,
//! because OpenSSL 3.0 writes the certificates of a token unsorted and other programs accept that. Nothing is copied,
//! nothing recurses, and no input makes it panic.
use time::{Date, Month, PrimitiveDateTime, Time};

/// Tokens with their certificates nest about twelve deep; more is not one.
pub const DEPTH_MAX: u8 = 32;
/// A token with its chain and revocation data takes tens of kilobytes; an answer above this is not one.
pub const BYTES_MAX: usize = 1024 * 1024;

pub const BOOLEAN: u8 = 0x01;
pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const OCTET_STRING: u8 = 0x04;
pub const NULL: u8 = 0x05;
pub const OBJECT_IDENTIFIER: u8 = 0x06;
pub const UTF8_STRING: u8 = 0x0c;
pub const UTC_TIME: u8 = 0x17;
pub const GENERALIZED_TIME: u8 = 0x18;
pub const SEQUENCE: u8 = 0x30;
pub const SET: u8 = 0x31;

/// The tag `[number]` of a context, constructed: what is inside is read by [`Element::inside`].
pub const fn context(number: u8) -> u8 {
    0xa0 | (number & 0x1f)
}

/// The tag `[number]` of a context over a primitive type.
pub const fn context_primitive(number: u8) -> u8 {
    0x80 | (number & 0x1f)
}

/// Why bytes are not the DER that was looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DerError {
    #[error("the bytes end inside an element")]
    Cut,
    #[error("more than {BYTES_MAX} bytes")]
    TooLong,
    #[error("elements nest more than {DEPTH_MAX} deep")]
    TooDeep,
    #[error("a length is indefinite or not in its shortest form, as DER demands it")]
    Length,
    #[error("a tag number above 30 is not read")]
    HighTag,
    #[error("tag {found:#04x} where {expected:#04x} belongs")]
    Tag { expected: u8, found: u8 },
    #[error("bytes follow where nothing more belongs")]
    Trailing,
    #[error("an element is not a valid {0}")]
    Value(&'static str),
}

/// One element: its tag, what it holds, and both as they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    pub encoded: &'a [u8],
    depth: u8,
}

/// Elements one after the other.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    rest: &'a [u8],
    depth: u8,
}

impl<'a> Reader<'a> {
    /// # Errors
    /// [`DerError::TooLong`] above [`BYTES_MAX`].
    pub fn new(bytes: &'a [u8]) -> Result<Self, DerError> {
        if bytes.len() > BYTES_MAX { Err(DerError::TooLong) } else { Ok(Self { rest: bytes, depth: 0 }) }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element, whatever its tag.
    ///
    /// # Errors
    /// When the bytes end early or the length is not DER.
    pub fn any(&mut self) -> Result<Element<'a>, DerError> {
        let &[tag, first, ref after @ ..] = self.rest else { return Err(DerError::Cut) };
        if tag & 0x1f == 0x1f {
            return Err(DerError::HighTag);
        }
        let (length, after) = length(first, after)?;
        let (content, rest) = after.split_at_checked(length).ok_or(DerError::Cut)?;
        let (encoded, _) = self.rest.split_at_checked(self.rest.len() - rest.len()).ok_or(DerError::Cut)?;
        self.rest = rest;
        Ok(Element { tag, content, encoded, depth: self.depth })
    }

    /// The next element, which has this tag.
    ///
    /// # Errors
    /// [`DerError::Tag`] when it has another, and as [`Reader::any`].
    pub fn take(&mut self, expected: u8) -> Result<Element<'a>, DerError> {
        let element = self.any()?;
        if element.tag == expected { Ok(element) } else { Err(DerError::Tag { expected, found: element.tag }) }
    }

    /// The next element if it has this tag; otherwise nothing is read.
    ///
    /// # Errors
    /// As [`Reader::any`].
    pub fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, DerError> {
        if self.rest.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    /// Says that nothing more belongs here.
    ///
    /// # Errors
    /// [`DerError::Trailing`] when something is left.
    pub fn end(self) -> Result<(), DerError> {
        if self.is_empty() { Ok(()) } else { Err(DerError::Trailing) }
    }
}

/// The length that starts with `first`, and what follows it. At most three bytes, since [`BYTES_MAX`] needs no more.
fn length(first: u8, after: &[u8]) -> Result<(usize, &[u8]), DerError> {
    if first < 0x80 {
        return Ok((usize::from(first), after));
    }
    let (octets, after) = after.split_at_checked(usize::from(first & 0x7f)).ok_or(DerError::Cut)?;
    if !(1..=3).contains(&octets.len()) {
        return Err(DerError::Length);
    }
    let length = octets.iter().fold(0_usize, |length, octet| (length << 8) | usize::from(*octet));
    let shortest = length >= 0x80 && octets.first() != Some(&0);
    if shortest { Ok((length, after)) } else { Err(DerError::Length) }
}

impl<'a> Element<'a> {
    /// The elements inside a constructed one.
    ///
    /// # Errors
    /// [`DerError::TooDeep`], and [`DerError::Value`] for a primitive element.
    pub fn inside(&self) -> Result<Reader<'a>, DerError> {
        if self.tag & 0x20 == 0 {
            return Err(DerError::Value("constructed element"));
        }
        self.nested(self.content)
    }

    /// The one element that an octet or bit string wraps, as certificate extensions do.
    ///
    /// # Errors
    /// As [`Element::inside`].
    pub fn wrapped(&self) -> Result<Reader<'a>, DerError> {
        self.nested(self.content)
    }

    fn nested(&self, content: &'a [u8]) -> Result<Reader<'a>, DerError> {
        let depth = self.depth.saturating_add(1);
        if depth > DEPTH_MAX { Err(DerError::TooDeep) } else { Ok(Reader { rest: content, depth }) }
    }

    /// A whole number from 0 to 2^64 - 1, whatever its tag, as `INTEGER` writes it.
    ///
    /// # Errors
    /// [`DerError::Value`] for a negative, longer or padded one.
    pub fn number(&self) -> Result<u64, DerError> {
        let invalid = DerError::Value("whole number below 2^64");
        let digits = match self.content {
            [] | [0x80..=0xff, ..] | [0, 0..=0x7f, ..] => return Err(invalid),
            [0, digits @ ..] if !digits.is_empty() => digits,
            digits => digits,
        };
        if digits.len() > 8 {
            return Err(invalid);
        }
        Ok(digits.iter().fold(0, |number, digit| (number << 8) | u64::from(*digit)))
    }

    /// `TRUE` or `FALSE`.
    ///
    /// # Errors
    /// [`DerError::Value`] for anything but 0xff and 0x00.
    pub fn boolean(&self) -> Result<bool, DerError> {
        match self.content {
            [0xff] => Ok(true),
            [0x00] => Ok(false),
            _ => Err(DerError::Value("BOOLEAN")),
        }
    }

    /// A `UTCTime` or `GeneralizedTime` in Zulu time, in milliseconds since 1970; a finer fraction is cut off.
    ///
    /// Source: RFC 5280, section 4.1.2.5 (two-digit years from 50 on are 19xx) and RFC 3161, section 2.4.2 (a fraction
    /// of the second is allowed).
    ///
    /// # Errors
    /// [`DerError::Value`] for another zone, another form, or a day that does not exist.
    pub fn time_ms(&self) -> Result<i64, DerError> {
        self.time().ok_or(DerError::Value("time in UTC"))
    }

    fn time(&self) -> Option<i64> {
        let text = std::str::from_utf8(self.content).ok()?.strip_suffix('Z')?;
        let text = match self.tag {
            UTC_TIME if text.get(..2)? < "50" => format!("20{text}"),
            UTC_TIME => format!("19{text}"),
            GENERALIZED_TIME => text.to_owned(),
            _ => return None,
        };
        let (whole, fraction) = text.split_once('.').unwrap_or((&text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let form = whole.len() == 14 && digits(whole) && digits(fraction);
        if !form || (self.tag == UTC_TIME && text.contains('.')) {
            return None;
        }
        let two = |at: usize| whole.get(at..at + 2)?.parse::<u8>().ok();
        let month = Month::try_from(two(4)?).ok()?;
        let date = Date::from_calendar_date(whole.get(..4)?.parse().ok()?, month, two(6)?).ok()?;
        let time = Time::from_hms(two(8)?, two(10)?, two(12)?).ok()?;
        let milliseconds =
            fraction.bytes().chain([b'0'; 3]).take(3).fold(0, |ms, digit| ms * 10 + i64::from(digit - b'0'));
        Some(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp() * 1000 + milliseconds)
    }

    /// An object identifier in dots, such as `1.2.840.113549.1.7.2`.
    ///
    /// # Errors
    /// [`DerError::Value`] for one that is cut, padded, or has an arc of more than 128 bits.
    pub fn dotted(&self) -> Result<String, DerError> {
        dotted(self.content).ok_or(DerError::Value("object identifier"))
    }
}

fn dotted(content: &[u8]) -> Option<String> {
    let mut arcs: Vec<u128> = Vec::new();
    let mut arc: Option<u128> = None;
    for octet in content {
        if arc.is_none() && *octet == 0x80 {
            return None;
        }
        let so_far = arc.unwrap_or(0);
        if so_far >> (u128::BITS - 7) != 0 {
            return None;
        }
        let value = (so_far << 7) | u128::from(octet & 0x7f);
        arc = (octet & 0x80 != 0).then_some(value);
        if arc.is_none() {
            arcs.push(value);
        }
    }
    // The first arc is 0, 1 or 2 and shares its octets with the second.
    let (first, rest) = arcs.split_first()?;
    let root = (*first / 40).min(2);
    let both = format!("{root}.{}", first - root * 40);
    arc.is_none().then(|| rest.iter().fold(both, |text, arc| format!("{text}.{arc}")))
}

/// Writes one element over the parts, in their order.
pub fn write(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let octets = content.len().to_be_bytes();
    let octets = octets.iter().copied().skip_while(|octet| *octet == 0);
    let mut written = vec![tag];
    if content.len() < 0x80 {
        written.extend(content.len().to_le_bytes().first());
    } else {
        let octets: Vec<u8> = octets.collect();
        written.extend(octets.len().to_le_bytes().first().map(|count| 0x80 | count));
        written.extend(octets);
    }
    written.extend(content);
    written
}

/// Writes a whole number that is given in big-endian octets.
pub fn write_number(octets: &[u8]) -> Vec<u8> {
    let start = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    let digits = octets.get(start..).unwrap_or_default();
    // A leading bit of one would make the number negative, and no octet at all is not a number.
    let sign: &[u8] = if digits.first().is_none_or(|octet| *octet >= 0x80) { &[0] } else { &[] };
    write(INTEGER, &[sign, digits])
}

#[cfg(test)]
mod tests;
