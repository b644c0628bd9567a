//! Numbers and times as people and spreadsheets read them. Every number has a unit.
use super::super::{Language, words::Phrases};
use crate::model::Share;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

const SECOND_MS: u64 = 1000;
const MINUTE_MS: u64 = 60 * SECOND_MS;
const HOUR_MS: u64 = 60 * MINUTE_MS;
const DAY_MS: u64 = 24 * HOUR_MS;

/// How good or bad something is; shown as a sign and a word, never by colour alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Bad,
    Unknown,
    Plain,
}

impl Tone {
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Bad => "✗",
            Self::Unknown => "?",
            Self::Plain => "–",
        }
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
            Self::Unknown => "unknown",
            Self::Plain => "plain",
        }
    }
}

/// One value of a table.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    /// Nothing to say.
    Empty,
    Text(String),
    /// A name that is not broken over lines.
    Id(String),
    Count(u64),
    /// Milliseconds since 1970.
    Time(i64),
    /// Milliseconds.
    Length(u64),
    /// Milliseconds times resources.
    ResourceTime(u128),
    Share(Share),
    /// Words, with how good or bad they are.
    Mark(Tone, String),
}

/// RFC 3339 in UTC with milliseconds; a moment outside of the years that RFC 3339 knows as the number it is.
pub(super) fn rfc3339(at: i64) -> String {
    let time = OffsetDateTime::from_unix_timestamp_nanos(i128::from(at) * 1_000_000).ok();
    let whole = time.and_then(|time| time.replace_millisecond(0).ok()).and_then(|time| time.format(&Rfc3339).ok());
    whole.map_or_else(|| at.to_string(), |text| format!("{}.{:03}Z", text.trim_end_matches('Z'), at.rem_euclid(1000)))
}

/// A moment to the second, as in `2026-11-21 20:14:03 UTC`.
pub(super) fn moment(at: i64) -> String {
    let text = rfc3339(at);
    match text.split_once('T').zip(text.split_once('.')) {
        Some(((day, _), (whole, _))) => format!("{day} {} UTC", whole.split_once('T').map_or("", |(_, time)| time)),
        None => text,
    }
}

/// A day where the moment is midnight UTC, else the moment.
pub(super) fn day(at: i64) -> String {
    let text = moment(at);
    text.strip_suffix(" 00:00:00 UTC").map_or(text.clone(), str::to_owned)
}

/// A pseudonym by its first digits, which tell it from others on a page; spreadsheets have it whole. `None` for any
/// other text.
pub(super) fn shortened(text: &str) -> Option<String> {
    let digits = text.strip_prefix("hmac:")?;
    let whole = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    whole.then(|| format!("hmac:{}…", digits.get(..8).unwrap_or_default()))
}

/// A length in its two largest units, rounded down: `3 d 4 h`, `20 min`. Below a second in milliseconds.
pub(super) fn duration(length: u64, phrases: &Phrases) -> String {
    let units = [
        ("evidence-unit-day", DAY_MS),
        ("evidence-unit-hour", HOUR_MS),
        ("evidence-unit-minute", MINUTE_MS),
        ("evidence-unit-second", SECOND_MS),
    ];
    let Some(first) = units.iter().position(|(_, unit)| length >= *unit) else {
        return format!("{length} ms");
    };
    let mut rest = length;
    let mut parts = Vec::new();
    for (key, unit) in units.iter().skip(first).take(2) {
        let count = rest / unit;
        rest %= unit;
        if count > 0 {
            parts.push(phrases.with(key, &[("count", &count.to_string())]));
        }
    }
    parts.join(" ")
}

/// Thousandths as percent with one decimal and no sign: 971 is `97.1` or `97,1`.
pub(super) fn tenths(per_mille: u128, language: Language) -> String {
    format!("{}{}{}", per_mille / 10, point(language), per_mille % 10)
}

/// A share as percent with its sign, rounded down; `None` where the whole is nothing.
pub(super) fn percent(share: Share, language: Language) -> Option<String> {
    let number = tenths(u128::from(share.per_mille()?), language);
    Some(match language {
        Language::English => format!("{number}%"),
        Language::Norwegian => format!("{number}\u{a0}%"),
    })
}

/// Resource-time in resource-hours with two decimals, rounded down, without a unit.
pub(super) fn hours(time: u128, language: Language) -> String {
    let hundredths = time / (u128::from(HOUR_MS) / 100);
    format!("{}{}{:02}", hundredths / 100, point(language), hundredths % 100)
}

const fn point(language: Language) -> char {
    match language {
        Language::English => '.',
        Language::Norwegian => ',',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_and_keep_their_milliseconds() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_795_292_043_114), "2026-11-21T20:14:03.114Z");
        assert_eq!(rfc3339(-1), "1969-12-31T23:59:59.999Z");
        assert_eq!(rfc3339(i64::MAX), i64::MAX.to_string());
        assert_eq!(moment(1_795_292_043_114), "2026-11-21 20:14:03 UTC");
        assert_eq!(day(1_795_219_200_000), "2026-11-21");
        assert_eq!(day(1_795_219_201_000), "2026-11-21 00:00:01 UTC");
    }

    #[test]
    fn only_whole_pseudonyms_are_shortened() {
        assert_eq!(shortened(&format!("hmac:{}", "0123456789abcdef".repeat(4))).as_deref(), Some("hmac:01234567…"));
        assert_eq!(shortened("hmac:<script>"), None);
        assert_eq!(shortened("configuration"), None);
    }

    #[test]
    fn lengths_are_told_in_two_units() {
        let say = |length, language| duration(length, &Phrases::new(language));
        assert_eq!(say(20 * MINUTE_MS, Language::English), "20 min");
        assert_eq!(say(3 * DAY_MS + 4 * HOUR_MS + 59 * MINUTE_MS, Language::English), "3 d 4 h");
        assert_eq!(say(3 * DAY_MS + 4 * HOUR_MS, Language::Norwegian), "3 d 4 t");
        assert_eq!(say(DAY_MS + MINUTE_MS, Language::English), "1 d");
        assert_eq!(say(999, Language::English), "999 ms");
        assert_eq!(say(0, Language::English), "0 ms");
    }

    #[test]
    fn shares_are_rounded_down_and_written_as_the_language_does() {
        let share = |part, whole| Share { part, whole };
        assert_eq!(percent(share(1, 1), Language::English).as_deref(), Some("100.0%"));
        assert_eq!(percent(share(99_999, 100_000), Language::English).as_deref(), Some("99.9%"));
        assert_eq!(percent(share(1, 3), Language::Norwegian).as_deref(), Some("33,3\u{a0}%"));
        assert_eq!(percent(share(0, 0), Language::English), None);
        assert_eq!(hours(90 * 60_000, Language::Norwegian), "1,50");
    }
}
