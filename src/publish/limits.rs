//! Limits of PutMetricData.
//!
//! CloudWatch rejects a whole request for one invalid datum, so every datum is checked and adjusted first.

use std::ops::RangeInclusive;

use crate::placeholder::UNKNOWN;

/// Most data of one request (a count, not bytes).
///
/// Source: CloudWatch API Reference, PutMetricData: "no more than 1000 different metrics".
pub const DATA_PER_REQUEST: usize = 1_000;

/// Largest request body, in bytes before compression.
///
/// Source: CloudWatch API Reference, PutMetricData: "limited to 1 MB in size for HTTP POST requests". It does not say
/// whether that is 1,000,000 or 1,048,576 bytes, and before or after compression. This is the least of all readings.
pub const BYTES_PER_REQUEST: usize = 1_000_000;

/// Most distinct values of one datum.
///
/// Source: CloudWatch API Reference, MetricDatum, Values: "up to 150 unique values".
pub const VALUES_PER_DATUM: usize = 150;

/// Most dimensions of one datum.
///
/// Source: CloudWatch API Reference, MetricDatum, Dimensions: 30 items.
pub const DIMENSIONS_PER_DATUM: usize = 30;

/// Longest value of a dimension, in ASCII characters.
///
/// Source: CloudWatch API Reference, Dimension, Value: 1 to 1024.
const DIMENSION_VALUE_CHARS: usize = 1_024;

/// Longest name of a metric or dimension, in characters.
///
/// Source: CloudWatch API Reference, MetricName and Dimension, Name: 1 to 255.
const NAME_CHARS: usize = 255;

/// Oldest time stamp, in milliseconds before now.
///
/// Source: CloudWatch API Reference, PutMetricData: "as much as two weeks before the current date". Five minutes less,
/// since the request still has to get there.
const OLDEST_MS: i64 = 14 * 24 * 60 * 60_000 - MARGIN_MS;

/// Time stamp farthest ahead, in milliseconds from now.
///
/// Source: CloudWatch API Reference, PutMetricData: "as much as 2 hours after the current day and time". Five minutes
/// less, since clocks differ.
const AHEAD_MS: i64 = 2 * 60 * 60_000 - MARGIN_MS;

const MARGIN_MS: i64 = 5 * 60_000;

/// Returns the range of valid time stamps at the time `now_ms`.
pub fn times(now_ms: i64) -> RangeInclusive<i64> {
    now_ms.saturating_sub(OLDEST_MS)..=now_ms.saturating_add(AHEAD_MS)
}

/// Returns the range of valid values.
///
/// Source: CloudWatch API Reference, MetricDatum, Value: "in the range of -2^360 to 2^360"; no NaN, no infinity.
pub fn values() -> RangeInclusive<f64> {
    let largest = 2_f64.powi(360);
    -largest..=largest
}

/// Returns whether `name` is valid for a metric or dimension.
///
/// Source: CloudWatch API Reference, Dimension, Name: ASCII, not only blanks, no control characters, no colon at the
/// start.
pub fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS).contains(&name.len())
        && name.bytes().all(|b| (b' '..=b'~').contains(&b))
        && !name.trim().is_empty()
        && !name.starts_with(':')
}

/// Returns the nearest dimension value that CloudWatch accepts; None if `value` is acceptable.
///
/// `Größe` → `Gr??e`
pub fn acceptable_value(value: &str) -> Option<String> {
    let printable = value.bytes().all(|b| (b' '..=b'~').contains(&b));
    if printable && value.len() <= DIMENSION_VALUE_CHARS && !value.trim().is_empty() {
        return None;
    }
    let ascii = |c: char| if c.is_ascii() && !c.is_ascii_control() { c } else { '?' };
    let adjusted: String = value.chars().take(DIMENSION_VALUE_CHARS).map(ascii).collect();
    let blank = value.chars().all(|c| c.is_whitespace() || c.is_control());
    Some(if blank || adjusted.trim().is_empty() { UNKNOWN.to_owned() } else { adjusted })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_cloudwatch_takes_is_left_alone() {
        for value in ["prod", "$default", "GET /a b", ":colon", &"x".repeat(1_024)] {
            assert_eq!(acceptable_value(value), None, "{value}");
        }
    }

    #[test]
    fn a_value_that_cloudwatch_refuses_is_adjusted() {
        let rows = [
            ("", "unknown"),
            ("   ", "unknown"),
            ("\t\n", "unknown"),
            ("\u{a0}", "unknown"),
            ("prüf", "pr?f"),
            ("a\nb\0", "a?b?"),
            ("日本", "??"),
        ];
        for (value, adjusted) in rows {
            assert_eq!(acceptable_value(value).as_deref(), Some(adjusted), "{value:?}");
        }
    }

    #[test]
    fn a_long_value_is_cut() {
        assert_eq!(acceptable_value(&"x".repeat(1_025)), Some("x".repeat(1_024)));
        assert_eq!(acceptable_value(&"ü".repeat(2_000)), Some("?".repeat(1_024)));
    }

    #[test]
    fn names_are_ascii_and_short_and_do_not_begin_with_a_colon() {
        let rows = [("Errors", true), ("", false), (" ", false), (":a", false), ("é", false), ("a\u{7f}", false)];
        for (name, allowed) in rows {
            assert_eq!(is_name(name), allowed, "{name:?}");
        }
        assert!(is_name(&"x".repeat(255)) && !is_name(&"x".repeat(256)));
    }
}
