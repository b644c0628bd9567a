//! Dates and times as texts: what Terraform makes of RFC 3339 without asking a clock.
use crate::model::Text;
use time::{
    Date, Duration, Month, OffsetDateTime, PrimitiveDateTime, Time, UtcOffset, format_description::well_known::Rfc3339,
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Nanoseconds of the units of a duration (Go, `time.ParseDuration`).
const UNITS: [(&str, f64); 8] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("\u{b5}s", 1e3),
    ("\u{3bc}s", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
];

/// A moment as RFC 3339 writes it.
///
/// # Errors
/// What is wrong with the text.
pub(super) fn moment(text: &str) -> Result<OffsetDateTime, String> {
    let parsed = OffsetDateTime::parse(text, &Rfc3339).ok();
    let strict = text.as_bytes().get(10) == Some(&b'T') && !text.ends_with('z');
    parsed.filter(|_| strict).ok_or_else(|| "a time as RFC 3339 writes it is needed".to_owned())
}

/// RFC 3339 without parts of a second, as Terraform writes it.
pub(super) fn written(moment: OffsetDateTime) -> String {
    let (date, time) = (moment.date(), moment.time());
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        zone(moment, "Z", ":")
    )
}

fn zone(moment: OffsetDateTime, of_utc: &str, separator: &str) -> String {
    let (hours, minutes, _) = moment.offset().as_hms();
    if moment.offset() == UtcOffset::UTC && !of_utc.is_empty() {
        return of_utc.to_owned();
    }
    let sign = if moment.offset().is_negative() { '-' } else { '+' };
    format!("{sign}{:02}{separator}{:02}", hours.unsigned_abs(), minutes.unsigned_abs())
}

/// A moment and a duration later.
///
/// # Errors
/// What is wrong with one of the two.
pub(super) fn later(text: &str, duration: &str) -> Result<String, String> {
    let moved = moment(text)?.checked_add(self::duration(duration)?).filter(|moved| (0..=9999).contains(&moved.year()));
    moved.map(written).ok_or_else(|| "the time is outside the calendar".to_owned())
}

/// `-1h30m5.5s`.
fn duration(text: &str) -> Result<Duration, String> {
    /// Go counts nanoseconds in 64 bits: 290 years.
    const NANOSECONDS_MAX: f64 = 9.2e18;
    let wrong = || "the duration is not valid: write it as `1h30m`".to_owned();
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut nanoseconds = 0.0;
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(wrong());
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, after) = rest.split_at_checked(end).ok_or_else(wrong)?;
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end).ok_or_else(wrong)?;
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        nanoseconds += number.parse::<f64>().map_err(|_| wrong())? * size;
        rest = after;
    }
    if nanoseconds > NANOSECONDS_MAX {
        return Err(wrong());
    }
    #[expect(clippy::cast_possible_truncation, reason = "in range; parts of a nanosecond do not count")]
    let nanoseconds = nanoseconds as i64;
    Ok(Duration::nanoseconds(if negative { -nanoseconds } else { nanoseconds }))
}

/// The date in the form asked for.
///
/// # Errors
/// What is wrong with the form or the time.
pub(super) fn formatted(form: &str, text: &str) -> Result<String, String> {
    let moment = moment(text)?;
    let mut made = String::new();
    let mut rest = form;
    while let Some(first) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix('\'') {
            rest = quoted(after, &mut made)?;
            continue;
        }
        let end = rest.find(|c| c != first).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        rest = after;
        if first.is_ascii_alphabetic() {
            made.push_str(&verb(word, moment).ok_or_else(|| format!("the form has no `{word}`"))?);
        } else {
            made.push_str(word);
        }
    }
    Ok(made)
}

/// Up to the closing quote; two quotes are one.
fn quoted<'f>(mut rest: &'f str, made: &mut String) -> Result<&'f str, String> {
    loop {
        let (before, after) = rest.split_once('\'').ok_or("a quote is not closed")?;
        made.push_str(before);
        match after.strip_prefix('\'') {
            Some(after) => {
                made.push('\'');
                rest = after;
            }
            None => return Ok(after),
        }
    }
}

fn verb(word: &str, moment: OffsetDateTime) -> Option<String> {
    let month = MONTHS.get(usize::from(u8::from(moment.month())) - 1).copied().unwrap_or("");
    let day = moment.weekday().to_string();
    let short = |name: &str| name.chars().take(3).collect();
    let half = match moment.hour() % 12 {
        0 => 12,
        hour => hour,
    };
    Some(match word {
        "YY" => format!("{:02}", moment.year() % 100),
        "YYYY" => format!("{:04}", moment.year()),
        "M" => u8::from(moment.month()).to_string(),
        "MM" => format!("{:02}", u8::from(moment.month())),
        "MMM" => short(month),
        "MMMM" => month.to_owned(),
        "D" => moment.day().to_string(),
        "DD" => format!("{:02}", moment.day()),
        "EEE" => short(&day),
        "EEEE" => day,
        "h" => moment.hour().to_string(),
        "hh" => format!("{:02}", moment.hour()),
        "H" => half.to_string(),
        "HH" => format!("{half:02}"),
        "AA" => if moment.hour() < 12 { "AM" } else { "PM" }.to_owned(),
        "aa" => if moment.hour() < 12 { "am" } else { "pm" }.to_owned(),
        "m" => moment.minute().to_string(),
        "mm" => format!("{:02}", moment.minute()),
        "s" => moment.second().to_string(),
        "ss" => format!("{:02}", moment.second()),
        "Z" => zone(moment, "Z", ":"),
        "ZZZ" => zone(moment, "UTC", ""),
        "ZZZZ" => zone(moment, "", ""),
        "ZZZZZ" => zone(moment, "", ":"),
        _ => return None,
    })
}

/// An unquoted date of YAML as Terraform hands it on; `None` where the text is none.
pub(super) fn of_yaml(text: &str) -> Option<Text> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    if digits != 4 || text.as_bytes().get(4) != Some(&b'-') {
        return None;
    }
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, Some((text.get(at..=at)?, text.get(at + 1..)?))),
        None => (text, None),
    };
    let mut parts = date.split('-').map(short_number);
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next()??);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
    if parts.next().is_some() {
        return None;
    }
    let moment = match time {
        None => PrimitiveDateTime::new(date, Time::MIDNIGHT).assume_utc(),
        Some((" ", clock)) => PrimitiveDateTime::new(date, clock_time(clock)?).assume_utc(),
        Some((_, clock)) => {
            let at = clock.find(['Z', '+', '-'])?;
            let (clock, zone) = clock.split_at_checked(at)?;
            PrimitiveDateTime::new(date, clock_time(clock)?).assume_offset(offset(zone)?)
        }
    };
    Some(written(moment).into())
}

fn short_number(text: &str) -> Option<u16> {
    (text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

/// `15:04:05.25`, with one or two digits each.
fn clock_time(text: &str) -> Option<Time> {
    let (clock, fraction) = text.split_once('.').map_or((text, None), |(clock, fraction)| (clock, Some(fraction)));
    if fraction.is_some_and(|digits| digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit())) {
        return None;
    }
    let mut parts = clock.split(':').map(|part| short_number(part).filter(|_| part.len() <= 2));
    let mut next = || parts.next().flatten().and_then(|number| u8::try_from(number).ok());
    let time = Time::from_hms(next()?, next()?, next()?).ok()?;
    parts.next().is_none().then_some(time)
}

/// `Z` or `+01:00`.
fn offset(text: &str) -> Option<UtcOffset> {
    if text == "Z" {
        return Some(UtcOffset::UTC);
    }
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let number = |text| short_number(text).and_then(|number| i8::try_from(number).ok());
    UtcOffset::from_hms(sign * number(hours)?, sign * number(minutes)?, 0).ok()
}
