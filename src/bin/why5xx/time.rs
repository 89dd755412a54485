//! The times of `--since` and `--until`.

use jiff::{SignedDuration, Timestamp};

/// A span of time, in milliseconds since 1970-01-01T00:00:00Z; its end is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    since_ms: i64,
    until_ms: i64,
}

impl Span {
    /// The span between two times; all of time where none is given.
    pub(crate) fn of(since: Option<&str>, until: Option<&str>) -> Result<Self, String> {
        let now = Timestamp::now();
        let at = |text: Option<&str>, otherwise| text.map_or(Ok(otherwise), |text| time(text, now));
        let span = Self { since_ms: at(since, i64::MIN)?, until_ms: at(until, i64::MAX)? };
        if span.since_ms >= span.until_ms { Err("--since is not before --until".into()) } else { Ok(span) }
    }

    pub(crate) fn bounds(self) -> std::ops::Range<i64> {
        self.since_ms..self.until_ms
    }
}

/// RFC 3339, a date, or a duration before now (`90m`, `2h`, `7d`).
fn time(text: &str, now: Timestamp) -> Result<i64, String> {
    let absolute = text.parse::<Timestamp>().or_else(|_| format!("{text}T00:00:00Z").parse());
    if let Ok(time) = absolute {
        return Ok(time.as_millisecond());
    }
    let wrong = || format!("{text:?} is no time: use 2026-05-04T17:48:00Z, 2026-05-04, or 90m, 2h, 7d for so long ago");
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: i64 = text[..digits].parse().map_err(|_| wrong())?;
    let minutes = match &text[digits..] {
        "m" => 1,
        "h" => 60,
        "d" => 24 * 60,
        _ => return Err(wrong()),
    };
    let before = number.checked_mul(minutes).and_then(SignedDuration::try_from_mins);
    let time = before.and_then(|before| now.checked_sub(before).ok()).ok_or_else(wrong)?;
    Ok(time.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_durations_are_read() {
        let now: Timestamp = "2026-05-04T12:00:00Z".parse().unwrap();
        assert_eq!(time("2026-05-04T11:00:00Z", now), time("1h", now));
        assert_eq!(time("2026-05-03", now).unwrap(), now.as_millisecond() - 36 * 3_600_000);
        for wrong in ["", "yesterday", "5", "5y", "99999999999999999999h", "9223372036854775807d"] {
            assert!(time(wrong, now).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_span_that_ends_before_it_begins_is_an_error() {
        assert!(Span::of(Some("2026-05-04"), Some("2026-05-03")).is_err());
        assert!(Span::of(None, None).is_ok());
    }
}
