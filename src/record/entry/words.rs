//! The texts that entries are made of, each with its form checked.
use crate::{
    model::{Digest, Effect, Timestamp, VerdictName},
    record::canonical::{from_hexadecimal, hexadecimal},
};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A text that does not have the form it should.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {expected}")]
pub struct WordError {
    given: String,
    expected: &'static str,
}

fn wrong(given: &str, expected: &'static str) -> WordError {
    WordError { given: given.chars().take(80).collect(), expected }
}

/// Milliseconds since 1970-01-01T00:00:00Z; written as RFC 3339, UTC, with milliseconds and `Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub i64);

impl Instant {
    /// # Errors
    /// Another form than `2026-11-21T20:14:03.114Z`, or a time before 1970.
    pub fn parse(text: &str) -> Result<Self, WordError> {
        let read = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| wrong(text, "a time"))?;
        let millis = i64::try_from(read.unix_timestamp_nanos() / 1_000_000).unwrap_or(-1);
        let instant = Self(millis);
        if millis < 0 || instant.to_string() != text {
            return Err(wrong(text, "a time as `2026-11-21T20:14:03.114Z`, from 1970 on"));
        }
        Ok(instant)
    }

    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }
}

impl From<Timestamp> for Instant {
    fn from(Timestamp(seconds): Timestamp) -> Self {
        Self(seconds.saturating_mul(1000))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.div_euclid(1000);
        let time = OffsetDateTime::from_unix_timestamp(seconds).map_err(|_| fmt::Error)?;
        let (date, clock) = (time.date(), time.time());
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
            date.year(),
            u8::from(date.month()),
            date.day(),
            clock.hour(),
            clock.minute(),
            clock.second(),
            self.0.rem_euclid(1000)
        )
    }
}

/// `sha256:` and 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DigestText(pub [u8; 32]);

impl DigestText {
    /// # Errors
    /// Another form.
    pub fn parse(text: &str) -> Result<Self, WordError> {
        let hex = text.strip_prefix("sha256:").ok_or_else(|| wrong(text, "`sha256:` and 64 digits"))?;
        from_hexadecimal(hex).map(Self).ok_or_else(|| wrong(text, "`sha256:` and 64 lower-case hexadecimal digits"))
    }

    /// The digest without its prefix.
    #[must_use]
    pub fn hex(&self) -> String {
        hexadecimal(&self.0)
    }
}

impl From<Digest> for DigestText {
    fn from(Digest(bytes): Digest) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for DigestText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

/// `hmac:` and 64 lower-case hexadecimal digits: a keyed commitment ([`super::super::redact::commitment`]).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Commitment(pub String);

impl Commitment {
    /// # Errors
    /// Another form.
    pub fn parse(text: &str) -> Result<Self, WordError> {
        match text.strip_prefix("hmac:").and_then(from_hexadecimal::<32>) {
            Some(_) => Ok(Self(text.to_owned())),
            None => Err(wrong(text, "`hmac:` and 64 lower-case hexadecimal digits")),
        }
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An identifier that sorts by time: 26 digits of Crockford's base 32 (<https://github.com/ulid/spec>).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ulid(pub u128);

const CROCKFORD: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl Ulid {
    /// 48 bits of milliseconds and 80 bits of randomness.
    #[must_use]
    pub fn new(at: Instant, random: [u8; 10]) -> Self {
        let time = u128::from(at.0.unsigned_abs() & 0xffff_ffff_ffff) << 80;
        Self(random.iter().rev().enumerate().fold(time, |sum, (place, byte)| sum | (u128::from(*byte) << (8 * place))))
    }

    /// # Errors
    /// Another form.
    pub fn parse(text: &str) -> Result<Self, WordError> {
        let expected = "26 digits of a ULID";
        let digits = text.bytes().map(|byte| CROCKFORD.iter().position(|digit| *digit == byte));
        let digits: Option<Vec<usize>> = digits.collect();
        match digits {
            Some(digits) if digits.len() == 26 && digits.first().is_some_and(|first| *first < 8) => {
                Ok(Self(digits.into_iter().fold(0, |sum, digit| sum << 5 | u128::try_from(digit).unwrap_or(0))))
            }
            _ => Err(wrong(text, expected)),
        }
    }
}

impl fmt::Display for Ulid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..26).rev().try_for_each(|place| {
            let digit = usize::try_from(self.0 >> (5 * place) & 31).unwrap_or(0);
            f.write_str(
                CROCKFORD.get(digit).map_or("", |digit| std::str::from_utf8(std::slice::from_ref(digit)).unwrap_or("")),
            )
        })
    }
}

macro_rules! as_text {
    ($($kind:ty),*) => { $(
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    )* };
}

as_text!(Instant, DigestText, Commitment, Ulid);

/// Nouns of the model that entries write by their names.
macro_rules! by_name {
    ($($kind:ty: $expected:literal),*) => { $(
        impl Serialize for $kind {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> Deserialize<'de> for $kind {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = String::deserialize(deserializer)?;
                Self::read(&name).ok_or_else(|| D::Error::custom(wrong(&name, $expected)))
            }
        }
    )* };
}

by_name!(VerdictName: "a verdict", Effect: "an effect of a judgement");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ulid_is_read_back_and_sorts_by_time() {
        let early = Ulid::new(Instant(1), [255; 10]);
        let late = Ulid::new(Instant(2), [0; 10]);
        assert!(early.to_string() < late.to_string());
        assert_eq!(Ulid::parse(&early.to_string()), Ok(early));
        // The example of the specification's time part.
        assert!(Ulid::new(Instant(1_469_922_850_259), [0; 10]).to_string().starts_with("01ARZ3NDEK"));
        assert!(
            Ulid::parse("8ZZZZZZZZZZZZZZZZZZZZZZZZZ").is_err() && Ulid::parse("01arz3ndek0000000000000000").is_err()
        );
    }

    #[test]
    fn times_have_one_form() {
        let time = Instant::parse("2026-11-21T20:14:03.114Z").unwrap();
        assert_eq!((time.to_string().as_str(), time.seconds()), ("2026-11-21T20:14:03.114Z", 1_795_292_043));
        for other in ["2026-11-21T20:14:03Z", "2026-11-21T20:14:03.114+00:00", "1969-12-31T23:59:59.999Z", "now"] {
            assert!(Instant::parse(other).is_err(), "{other}");
        }
    }

    #[test]
    fn digests_have_one_form() {
        let text = format!("sha256:{}", "0f".repeat(32));
        assert_eq!(DigestText::parse(&text).unwrap().to_string(), text);
        for other in [text.to_uppercase(), text.replace("0f", "0g"), "0f".repeat(32), format!("{text}0")] {
            assert!(DigestText::parse(&other).is_err(), "{other}");
        }
    }
}
