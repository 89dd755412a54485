//! The times of `--since` and `--until`.

use std::ops::Range;

use jiff::civil::{DateTime, Time};
use jiff::{Span as Duration, Timestamp, Zoned};

/// A span of time, in milliseconds since 1970-01-01T00:00:00Z, without its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    since_ms: i64,
    until_ms: i64,
}

impl Span {
    /// Returns the span between two times; all of time where none is given. The right clock is so far ahead of this one.
    pub(crate) fn of(since: Option<&str>, until: Option<&str>, clock_ahead_ms: i64) -> Result<Self, String> {
        let ahead = Duration::new().try_milliseconds(clock_ahead_ms).unwrap_or_default();
        let now = Zoned::now().checked_add(ahead).unwrap_or_else(|_| Zoned::now());
        let at = |text: Option<&str>, otherwise| text.map_or(Ok(otherwise), |text| time(text, &now));
        let span = Self { since_ms: at(since, i64::MIN)?, until_ms: at(until, i64::MAX)? };
        if span.since_ms >= span.until_ms { Err("--since is not before --until".into()) } else { Ok(span) }
    }

    /// Returns the times as a range; None if all of time is in the span.
    pub(crate) fn bounds(self) -> Option<Range<i64>> {
        Some(self.since_ms..self.until_ms).filter(|bounds| *bounds != (i64::MIN..i64::MAX))
    }
}

/// Times that can be shown: after 1970-01-01, which stands for "no time", and before the year 10000.
const CALENDAR_MS: Range<i64> = 60_000..253_402_300_800_000;

/// Returns whether a log event has this time, and it can be shown.
pub(crate) fn has_time(ms: i64) -> bool {
    CALENDAR_MS.contains(&ms)
}

/// Returns the time in RFC 3339; None outside the calendar.
///
/// 1777896000000 → `2026-05-04T12:00:00Z`
pub(crate) fn rfc3339(ms: i64) -> Option<String> {
    Timestamp::from_millisecond(ms).ok().map(|time| time.to_string())
}

/// Returns the minute of a time in UTC, for people.
///
/// 1777896000000 → `2026-05-04 12:00`
pub(crate) fn minute(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |time| time.strftime("%F %H:%M").to_string())
}

/// Returns the second of a time in UTC, for people.
///
/// 1777896000000 → `2026-05-04 12:00:00`
pub(crate) fn second(ms: i64) -> String {
    Timestamp::from_millisecond(ms).map_or_else(|_| ms.to_string(), |time| time.strftime("%F %T").to_string())
}

/// Returns the span between two times in UTC, for people; None outside the calendar.
pub(crate) fn between(first_ms: i64, last_ms: i64) -> Option<String> {
    let show = |ms| Some(Timestamp::from_millisecond(ms).ok()?.strftime("%F %T").to_string());
    Some(format!("from {} to {}", show(first_ms)?, show(last_ms)?))
}

/// Smallest number that is read as milliseconds since 1970-01-01T00:00:00Z: a time in September 2001. A smaller one may
/// be seconds, or lack its unit.
const SMALLEST_EPOCH_MS: i64 = 1_000_000_000_000;

/// Returns milliseconds since 1970-01-01T00:00:00Z for RFC 3339, a date and a time of day in the time zone of `now`, a
/// date, a time of day, epoch milliseconds, or a duration before `now`.
fn time(text: &str, now: &Zoned) -> Result<i64, String> {
    let zone = now.time_zone();
    let of_day = || text.contains(':').then(|| text.parse::<Time>().ok()).flatten();
    let local = || text.parse::<DateTime>().ok().or_else(|| of_day().map(|time| now.date().to_datetime(time)));
    let duration = || now.checked_sub(text.parse::<Duration>().ok()?.abs()).ok();
    let epoch_ms = || text.parse().ok().filter(|ms| *ms >= SMALLEST_EPOCH_MS);
    let timestamp = (text.parse::<Timestamp>().ok())
        .or_else(|| epoch_ms().and_then(|ms| Timestamp::from_millisecond(ms).ok()))
        .or_else(|| Some(local()?.to_zoned(zone.clone()).ok()?.timestamp()))
        .or_else(|| Some(duration()?.timestamp()));
    timestamp.map(Timestamp::as_millisecond).ok_or_else(|| {
        format!(
            "{text:?} is not a time: use 2026-05-04T17:48:00Z, local \"2026-05-04 17:48\", 2026-05-04 or 17:48, \
             milliseconds since 1970, or 90m, 2h, 7d for so long ago"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_durations_are_read() {
        let now: Zoned = "2026-05-04T12:00:00+02:00[+02:00]".parse().unwrap();
        let rows = [
            ("2026-05-04T09:00:00Z", "09:00"),
            ("2026-05-04T11:00:00+02:00", "09:00"),
            ("2026-05-04 11:00", "09:00"),
            ("2026-05-04T11:00:30", "09:00:30"),
            ("11:00", "09:00"),
            ("1h", "09:00"),
            ("1h30m", "08:30"),
            ("90m", "08:30"),
            ("2 hours ago", "08:00"),
            ("PT2H", "08:00"),
            ("1777885200000", "09:00"),
        ];
        for (text, of_day) in rows {
            let expected: Timestamp = format!("2026-05-04T{of_day}Z").parse().unwrap();
            assert_eq!(time(text, &now), Ok(expected.as_millisecond()), "{text}");
        }
        assert_eq!(time("2026-05-04", &now), time("2026-05-03T22:00:00Z", &now));
        assert_eq!(time("7d", &now), time("2026-04-27T10:00:00Z", &now));
        for wrong in ["", "yesterday", "5", "11", "1777885200", "5q", "99999999999999999999h", "9223372036854775807d"] {
            assert!(time(wrong, &now).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_span_that_ends_before_it_begins_is_an_error() {
        assert!(Span::of(Some("2026-05-04"), Some("2026-05-03"), 0).is_err());
        assert!(Span::of(None, None, 0).is_ok_and(|span| span.bounds().is_none()));
    }
}
