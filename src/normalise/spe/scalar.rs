//! Texts with a form of their own: days, host names, service tags, ports.
use crate::model::Timestamp;
use time::{Date, Month};

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// The first second of a day written as `2026-12-31` (UTC); `None` where it is no day of the calendar.
pub(super) fn day(text: &str) -> Option<Timestamp> {
    let mut parts = text.split('-');
    let [year, month, day] = [(4, parts.next()?), (2, parts.next()?), (2, parts.next()?)].map(|(digits, part)| {
        (part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u16>().ok())
            .flatten()
    });
    if parts.next().is_some() {
        return None;
    }
    let month = Month::try_from(u8::try_from(month?).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::from(year?), month, u8::try_from(day?).ok()?).ok()?;
    Some(Timestamp(date.midnight().assume_utc().unix_timestamp()))
}

/// The first second after a day: what expires on a day holds until its end.
pub(super) fn end_of_day(text: &str) -> Option<Timestamp> {
    day(text).map(|Timestamp(start)| Timestamp(start + DAY_SECONDS))
}

/// Whole days between the starts of two days.
pub(super) const fn days_between(from: Timestamp, to: Timestamp) -> i64 {
    (to.0 - from.0) / DAY_SECONDS
}

/// What is wrong with a host name (RFC 1123), maybe with a leading `*.`.
pub(super) fn host_fault(text: &str) -> Option<String> {
    let (wild, name) = text.strip_prefix("*.").map_or((false, text), |name| (true, name));
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    if text.contains("://") || text.contains('/') || text.contains(':') {
        return Some(format!("is `{text}`, and must be a host name alone, without scheme, port or path"));
    }
    if wild && !name.contains('.') || text == "*" {
        return Some(format!(
            "is `{text}`, which holds names of everyone: name one organisation's own, as *.example.no"
        ));
    }
    (!name.trim_end_matches('.').split('.').all(label))
        .then(|| format!("is `{text}`, and must be a host name, as pypi.org or *.example.no"))
}

/// Tags that stand for addresses which anyone can rent.
/// Source: Azure service tags; `Internet` is all public addresses, `AzureCloud` all of the provider's.
const OPEN_TAGS: &[&str] = &["*", "Internet", "AzureCloud"];

/// What is wrong with a service tag.
pub(super) fn tag_fault(text: &str) -> Option<String> {
    OPEN_TAGS
        .iter()
        .any(|tag| tag.eq_ignore_ascii_case(text))
        .then(|| format!("is `{text}`, which is open to everyone: name the service and region, as AzureMonitor"))
}

/// What is wrong with a port: `tcp/443`, `udp/5000-5010`.
pub(super) fn port_fault(text: &str) -> Option<String> {
    let number = |text: &str| text.parse::<u16>().ok().filter(|number| *number > 0);
    let good = text.split_once('/').is_some_and(|(protocol, ports)| {
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        ["tcp", "udp", "sctp"].contains(&protocol)
            && matches!((number(first), number(last)), (Some(first), Some(last)) if first <= last)
    });
    (!good).then(|| format!("is `{text}`, and must be protocol and port, as tcp/443 or udp/5000-5010"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_of_the_calendar_and_in_full() {
        assert_eq!(day("1970-01-02"), Some(Timestamp(86_400)));
        assert_eq!(day("2024-02-29"), Some(Timestamp(1_709_164_800)));
        for wrong in ["2025-02-29", "2026-13-01", "26-01-01", "2026-1-1", "2026-01-01T00:00:00Z", "+026-01-01", ""] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_expires_on_a_day_holds_until_its_end() {
        assert_eq!(end_of_day("1970-01-01"), Some(Timestamp(86_400)));
    }

    #[test]
    fn a_wildcard_names_one_organisation() {
        assert_eq!(host_fault("*.example.no"), None);
        assert_eq!(host_fault("pypi.org"), None);
        for wrong in ["*", "*.no", "https://pypi.org", "pypi.org:443", "a..b", "**.example.no", "a b"] {
            assert!(host_fault(wrong).is_some(), "{wrong}");
        }
    }

    #[test]
    fn a_tag_that_is_the_internet_is_refused() {
        assert!(tag_fault("internet").is_some());
        assert_eq!(tag_fault("AzureMonitor"), None);
    }

    #[test]
    fn a_port_has_its_protocol() {
        assert_eq!(port_fault("tcp/443"), None);
        assert_eq!(port_fault("udp/5000-5010"), None);
        for wrong in ["443", "tcp/0", "tcp/70000", "TCP/443", "tcp/10-9", "tcp/"] {
            assert!(port_fault(wrong).is_some(), "{wrong}");
        }
    }
}
