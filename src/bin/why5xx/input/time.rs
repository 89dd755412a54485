//! Times as the tools that show logs write them.

use jiff::civil::DateTime;
use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};

/// Forms of a time other than ISO 8601, in UTC where the text names no zone.
const FORMS: &[&str] = &[
    "%Y/%m/%d %H:%M:%S%.f",
    "%m/%d/%Y %H:%M:%S%.f",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%d/%m/%Y %H:%M:%S%.f",
    "%d/%m/%Y %H:%M",
    "%d.%m.%Y %H:%M:%S%.f",
    "%d.%m.%Y %H:%M",
    "%b %d, %Y @ %H:%M:%S%.f",
    "%m/%d/%Y, %I:%M:%S %p",
    "%b %d, %Y %H:%M:%S%.f",
    "%b %d, %Y, %I:%M:%S %p",
    "%B %d, %Y %H:%M:%S%.f",
    "%d %b %Y %H:%M:%S%.f",
    "%a, %d %b %Y %H:%M:%S GMT",
];

/// Returns the milliseconds since 1970-01-01T00:00:00Z of a text that is a time and nothing else.
pub(super) fn of(text: &str) -> Option<i64> {
    let text = text.trim().trim_matches('"');
    let text = text.strip_suffix(" UTC").filter(|text| iso(text).is_some()).unwrap_or(text);
    // The shortest counts seconds since 1970, the longest has a day and a month in words.
    if !(10..=40).contains(&text.len()) {
        return None;
    }
    if let Some((time, length)) = iso(text) {
        return (length == text.len()).then_some(time);
    }
    // Of three numbers with two digits, any may be the year: such a date is no time.
    let in_form = |form: &&str| strtime::parse(form, text).ok()?.to_datetime().ok().filter(|time| time.year() >= 1970);
    epoch(text).or_else(|| utc(FORMS.iter().find_map(in_form)?))
}

/// Returns whether a text is a time in any form, also in one that is not read: `11/25/26 10:00`, `25-Nov-26 10:00:00` → true
pub(super) fn is_any(text: &str) -> bool {
    let text = text.trim().trim_matches('"');
    let is_date = |date: &str| {
        let parts: Vec<&str> = date.trim_end_matches(',').split(['-', '/', '.']).collect();
        let is_number = |part: &str| part.len() <= 4 && part.parse::<u16>().is_ok();
        let is_month = |part: &str| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_alphabetic());
        matches!(parts[..], [first, second, third] if is_number(first) && (is_number(second) || is_month(second)) && is_number(third))
    };
    let is_clock = |clock: &str| {
        clock
            .split_once(':')
            .is_some_and(|(hours, rest)| hours.parse::<u8>().is_ok() && rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    of(text).is_some()
        || text.split_once(' ').is_some_and(|(date, clock)| text.len() <= 40 && is_date(date) && is_clock(clock))
}

/// Returns the day and the month of a date with slashes in the order in which they stand, and the rest.
fn slashed(text: &str) -> Option<(u8, u8, &str)> {
    let (first, rest) = text.trim().split_once('/')?;
    let (second, rest) = rest.split_once('/')?;
    Some((first.parse().ok()?, second.parse().ok()?, rest))
}

/// Returns whether a date with slashes has its day first: `26/11/2026 10:00` → true
pub(super) fn is_day_first(text: &str) -> bool {
    slashed(text).is_some_and(|(first, second, _)| first > 12 && second <= 12)
}

/// Returns whether a date with slashes has its month first: `11/26/2026 10:00` → true
pub(super) fn is_month_first(text: &str) -> bool {
    slashed(text).is_some_and(|(first, second, _)| first <= 12 && second > 12)
}

/// Returns the time that a message holds itself: as a runtime or a gateway writes it.
///
/// `[ERROR]\t2026-01-02T03:04:05.678Z\t…`, `…"04/May/2026:14:12:01 +0000"…`
pub(super) fn within(message: &str) -> Option<i64> {
    /// Words of a message that are looked at.
    const MOST_WORDS: usize = 100;
    let words = message.split([' ', '\t', '"', '[']).take(MOST_WORDS);
    words.into_iter().find_map(|word| {
        iso(word)
            .map(|(time, _)| time)
            .or_else(|| utc(strtime::parse("%d/%b/%Y:%H:%M:%S", word).ok()?.to_datetime().ok()?))
    })
}

/// Returns a date with slashes with its month first: `5/11/2026 10:00` → `11/5/2026 10:00`
pub(super) fn month_first(text: &str) -> Option<String> {
    slashed(text).map(|(day, month, rest)| format!("{month}/{day}/{rest}"))
}

/// Returns the time that a text begins with, and its length in bytes: ISO 8601 with `T` or a blank, or milliseconds
/// since 1970.
pub(super) fn at_start(text: &str) -> Option<(i64, usize)> {
    iso(text).or_else(|| {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        (digits == 13).then(|| epoch(&text[..digits])).flatten().map(|time| (time, digits))
    })
}

/// Returns the time that a line of a log begins with: one of the above, or the date of the console's test output.
pub(super) fn of_line(line: &str) -> Option<i64> {
    let line = line.trim_start_matches(['"', '\'', ' ']);
    iso(line).map(|(time, _)| time).or_else(|| console(line))
}

/// Seconds, milliseconds, microseconds or nanoseconds since 1970, by the number of digits; seconds may have a fraction.
fn epoch(text: &str) -> Option<i64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let number: i64 = whole.parse().ok()?;
    match whole.len() {
        10 => {
            let thousandths = format!("{fraction:0<3}")[..3].parse::<i64>().ok()?;
            Some(number * 1_000 + thousandths)
        }
        13 => Some(number),
        16 => Some(number / 1_000),
        19 => Some(number / 1_000_000),
        _ => None,
    }
}

/// `2026-01-02T03:04:05.678Z`, with a blank for the `T`, with a comma for the point, with an offset or without any.
fn iso(text: &str) -> Option<(i64, usize)> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
        digits.parse::<i16>().ok()
    };
    let sign = |at: usize, signs: &[u8]| bytes.get(at).is_some_and(|byte| signs.contains(byte));
    let signs = sign(4, b"-") && sign(7, b"-") && sign(10, b"T ") && sign(13, b":") && sign(16, b":");
    if !signs {
        return None;
    }
    let small = |from| number(from, from + 2).and_then(|number| i8::try_from(number).ok());
    let (mut end, mut nanoseconds) = (19, 0);
    if sign(end, b".,") {
        let digits = bytes[end + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || digits > 9 {
            return None;
        }
        nanoseconds = format!("{:0<9}", &text[end + 1..=end + digits]).parse().ok()?;
        end += 1 + digits;
    }
    let time =
        DateTime::new(number(0, 4)?, small(5)?, small(8)?, small(11)?, small(14)?, small(17)?, nanoseconds).ok()?;
    let mut offset = Offset::UTC;
    if sign(end, b"Z") {
        end += 1;
    } else if sign(end, b"+-") && small(end + 1).is_some() {
        let hours = i32::from(small(end + 1)?);
        let colon = usize::from(sign(end + 3, b":"));
        let minutes = small(end + 3 + colon).map_or(0, i32::from);
        let length = if small(end + 3 + colon).is_some() { 5 + colon } else { 3 };
        let seconds = (hours * 60 + minutes) * 60;
        offset = Offset::from_seconds(if sign(end, b"-") { -seconds } else { seconds }).ok()?;
        end += length;
    }
    Some((offset.to_timestamp(time).ok()?.as_millisecond(), end))
}

/// `Thu May 04 17:48:21 UTC 2024`.
fn console(line: &str) -> Option<i64> {
    const LENGTH: usize = 28;
    let date = line.get(..LENGTH)?;
    if !date.contains(" UTC ") {
        return None;
    }
    // Copies with another year keep the old day of the week, so it is not compared.
    let rest = date.get(4..)?;
    utc(strtime::parse("%b %d %H:%M:%S UTC %Y", rest).ok()?.to_datetime().ok()?)
}

fn utc(time: DateTime) -> Option<i64> {
    Some(time.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}
