//! The time now.

use std::time::{SystemTime, UNIX_EPOCH};

/// Returns the time, in milliseconds since 1970-01-01T00:00:00Z.
///
/// Not by `jiff::Timestamp::now`: it panics where a clock is far off, with the texts of all its errors, which would be half of
/// what jiff adds to the function's program.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
