//! A line in the log of a Lambda function, in text or JSON format.

use super::Record;
use crate::decode::LogEvent;

/// A line in the log of a Lambda function.
#[derive(Debug)]
pub struct Line<'a> {
    /// Its text.
    pub text: std::borrow::Cow<'a, str>,
}

/// Reads a log event of a log group that belongs to a function.
pub fn read<'a>(_event: &LogEvent<'a>) -> Option<Record<'a>> {
    None
}

/// Reads a log event whose log group does not tell that it belongs to a function; only the platform's own lines do.
pub fn read_by_shape<'a>(_event: &LogEvent<'a>) -> Option<Record<'a>> {
    None
}
