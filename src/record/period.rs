//! Periods as people write them. Pure. Start at [`parse`].
use crate::model::Period;
use time::{
    Date, Month, OffsetDateTime, Time,
    format_description::{BorrowedFormatItem, well_known::Rfc3339},
    macros::format_description,
};

/// Why a text is no period. Carries the text as it was written.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    #[error(
        "`{0}` is not a period: write a year (2026), a month (2026-11), a day (2026-11-21), or FROM/TO with dates or \
         times as in 2026-11-21T20:14:03Z"
    )]
    Form(String),
    #[error("`{0}` is neither a date as in 2026-11-21 nor a time with its zone as in 2026-11-21T20:14:03Z")]
    Moment(String),
    #[error("`{0}` has no time zone: end it in Z for UTC")]
    Zone(String),
    #[error("`{0}` is not a day of the calendar")]
    Calendar(String),
    #[error("`{0}` ends before it begins, or lasts no time: the end is not part of a period")]
    Empty(String),
}

/// Reads a period: `2026`, `2026-11`, `2026-11-21`, or `FROM/TO` where both are days (their midnight, UTC) or
/// RFC 3339 times. The end is not part of it; parts of a millisecond are cut off.
///
/// # Errors
/// [`PeriodError`] with what was written.
pub fn parse(text: &str) -> Result<Period, PeriodError> {
    if let Some((from, to)) = text.split_once('/') {
        let period = Period { from: moment(from)?, to: moment(to)? };
        return if period.from < period.to { Ok(period) } else { Err(PeriodError::Empty(text.to_owned())) };
    }
    let form = || PeriodError::Form(text.to_owned());
    let calendar = || PeriodError::Calendar(text.to_owned());
    let parts: Vec<&str> = text.split('-').collect();
    let (first, next) = match parts.as_slice() {
        [year] => {
            let year = digits(year, 4).ok_or_else(form)?;
            (Date::from_calendar_date(year, Month::January, 1), Date::from_calendar_date(year + 1, Month::January, 1))
        }
        [year, month] => {
            let year = digits(year, 4).ok_or_else(form)?;
            let month = digits(month, 2).and_then(|month| u8::try_from(month).ok()).ok_or_else(form)?;
            let month = Month::try_from(month).map_err(|_| calendar())?;
            let next_year = if month == Month::December { year + 1 } else { year };
            (Date::from_calendar_date(year, month, 1), Date::from_calendar_date(next_year, month.next(), 1))
        }
        [year, month, day] if digits(year, 4).and(digits(month, 2)).and(digits(day, 2)).is_some() => {
            let day = day_of(text).ok_or_else(calendar)?;
            return Ok(Period { from: midnight(day), to: midnight(day.next_day().ok_or_else(calendar)?) });
        }
        _ => return Err(form()),
    };
    // The year after 9999 has five digits and no place in RFC 3339.
    let (first, next) = (first.map_err(|_| calendar())?, next.map_err(|_| calendar())?);
    Ok(Period { from: midnight(first), to: midnight(next) })
}

/// Reads one moment: a day (its midnight, UTC) or an RFC 3339 time; milliseconds since 1970, the rest cut off.
///
/// # Errors
/// [`PeriodError::Moment`], [`PeriodError::Zone`] and [`PeriodError::Calendar`] with what was written.
pub fn moment(text: &str) -> Result<i64, PeriodError> {
    let parts: Vec<&str> = text.split('-').collect();
    if let [year, month, day] = parts.as_slice()
        && digits(year, 4).and(digits(month, 2)).and(digits(day, 2)).is_some()
    {
        return day_of(text).map(midnight).ok_or_else(|| PeriodError::Calendar(text.to_owned()));
    }
    if let Ok(time) = OffsetDateTime::parse(text, &Rfc3339) {
        return i64::try_from(time.unix_timestamp_nanos().div_euclid(1_000_000))
            .map_err(|_| PeriodError::Calendar(text.to_owned()));
    }
    if OffsetDateTime::parse(&format!("{text}Z"), &Rfc3339).is_ok() {
        return Err(PeriodError::Zone(text.to_owned()));
    }
    Err(PeriodError::Moment(text.to_owned()))
}

fn day_of(text: &str) -> Option<Date> {
    const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
    Date::parse(text, DAY).ok()
}

fn midnight(day: Date) -> i64 {
    day.with_time(Time::MIDNIGHT).assume_utc().unix_timestamp().saturating_mul(1000)
}

/// A number of exactly so many digits, without a sign.
fn digits(text: &str, count: usize) -> Option<i32> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;
    /// 2026-01-01T00:00:00Z.
    const NEW_YEAR: i64 = 1_767_225_600_000;

    fn check(text: &str, from: i64, to: i64) {
        assert_eq!(parse(text), Ok(Period { from, to }), "{text}");
    }

    #[test]
    fn years_months_and_days_end_where_the_next_begins() {
        check("2026", NEW_YEAR, NEW_YEAR + 365 * DAY);
        check("2028", NEW_YEAR + 730 * DAY, NEW_YEAR + (730 + 366) * DAY);
        check("2026-02", NEW_YEAR + 31 * DAY, NEW_YEAR + 59 * DAY);
        check("2026-12", NEW_YEAR + 334 * DAY, NEW_YEAR + 365 * DAY);
        check("2026-01-01", NEW_YEAR, NEW_YEAR + DAY);
        check("2026-12-31", NEW_YEAR + 364 * DAY, NEW_YEAR + 365 * DAY);
    }

    #[test]
    fn from_and_to_are_dates_or_times_in_any_zone() {
        check("2026-01-01/2026-01-03", NEW_YEAR, NEW_YEAR + 2 * DAY);
        check("2026-01-01T01:00:00+01:00/2026-01-01T00:00:00.0019Z", NEW_YEAR, NEW_YEAR + 1);
        check("1969-12-31T23:59:59.9999Z/1970-01-02", -1, DAY);
    }

    #[test]
    fn what_is_no_period_is_refused_with_what_was_written() {
        let form = |text: &str| Err(PeriodError::Form(text.to_owned()));
        for text in ["", "26", "2026-1", "2026-11-2", "november", "2026-11-21-1", "+202", "2026-+1", "２０２６"] {
            assert_eq!(parse(text), form(text), "{text}");
        }
        for text in ["2026-13", "2026-00", "2026-02-29", "9999"] {
            assert_eq!(parse(text), Err(PeriodError::Calendar(text.to_owned())), "{text}");
        }
        for text in ["2026-01-02/2026-01-02", "2026-01-02/2026-01-01"] {
            assert_eq!(parse(text), Err(PeriodError::Empty(text.to_owned())), "{text}");
        }
        assert_eq!(parse("2026-01-01/2026"), Err(PeriodError::Moment("2026".to_owned())));
        assert_eq!(parse("2026-01-01T00:00:00/2026-01-02"), Err(PeriodError::Zone("2026-01-01T00:00:00".to_owned())));
        assert_eq!(parse("2026-01-01/2026-02-30"), Err(PeriodError::Calendar("2026-02-30".to_owned())));
        assert!(parse("2026-01-01/2026-01-02/2026-01-03").is_err());
    }
}
