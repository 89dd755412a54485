//! Text, numbers and times as they stand in the page. Whatever comes from a log goes through [`text`].

use std::fmt::{self, Display, Formatter, Write};

use jiff::Timestamp;

use crate::terminal::is_hidden;

/// A text that can stand between tags and in a quoted attribute.
pub(super) fn text(text: &str) -> HtmlText<'_> {
    HtmlText(text)
}

pub(super) struct HtmlText<'a>(&'a str);

impl Display for HtmlText<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '&' => f.write_str("&amp;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                '\n' => f.write_char('\n')?,
                c if is_hidden(c) => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A number with its digits in groups of three.
pub(super) fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A number of things, whose name gets an `s` unless it is one.
pub(super) fn things(count: u64, thing: &str) -> String {
    format!("{} {thing}{}", number(count), if count == 1 { "" } else { "s" })
}

/// The share of a part in a whole.
pub(super) fn share(part: u64, whole: u64) -> String {
    let percent = part as f64 * 100.0 / whole.max(1) as f64;
    match percent {
        p if p <= 0.0 => "0 %".to_owned(),
        p if p < 1.0 => "&lt; 1 %".to_owned(),
        p if p > 99.0 && part < whole => "&gt; 99 %".to_owned(),
        p => format!("{p:.0} %"),
    }
}

/// A time in UTC, as `format` of strftime; none where it is outside of the calendar.
pub(super) fn time(ms: i64, format: &str) -> Option<String> {
    Timestamp::from_millisecond(ms).ok().map(|time| time.strftime(format).to_string())
}

/// A length of time in its largest whole unit.
pub(super) fn length(ms: i64) -> String {
    const UNITS: [(i64, &str); 3] = [(86_400_000, "day"), (3_600_000, "hour"), (60_000, "minute")];
    let unit = UNITS.into_iter().find(|(unit, _)| ms >= *unit && ms % unit == 0);
    let (count, name) = unit.map_or((ms / 60_000, "minute"), |(unit, name)| (ms / unit, name));
    if count == 1 { name.to_owned() } else { format!("{count} {name}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_means_something_in_html_is_escaped() {
        let hostile = "<script>alert('x')</script> & \"\u{1b}[31m\u{202e}";
        assert_eq!(
            text(hostile).to_string(),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;\u{fffd}[31m\u{fffd}"
        );
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(number), ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn a_share_is_neither_nothing_nor_all_unless_it_is() {
        assert_eq!(share(0, 10), "0 %");
        assert_eq!(share(1, 1_000), "&lt; 1 %");
        assert_eq!(share(999, 1_000), "&gt; 99 %");
        assert_eq!(share(1, 3), "33 %");
        assert_eq!(share(0, 0), "0 %");
    }

    #[test]
    fn a_time_outside_of_the_calendar_is_not_written() {
        assert_eq!(time(1_714_844_901_117, "%F %H:%M").as_deref(), Some("2024-05-04 17:48"));
        assert_eq!(time(i64::MAX, "%F"), None);
    }

    #[test]
    fn lengths_are_written_in_their_largest_whole_unit() {
        assert_eq!(
            [60_000, 900_000, 3_600_000, 21_600_000, 604_800_000].map(length),
            ["minute", "15 minutes", "hour", "6 hours", "7 days"]
        );
    }
}
