//! To come.

use super::Record;
use crate::decode::LogEvent;

/// A line of an execution log.
#[derive(Debug)]
pub struct Line<'a> {
    /// Its text.
    pub text: std::borrow::Cow<'a, str>,
}

/// Reads a log event of a log group that belongs to an execution log.
pub fn read<'a>(_event: &LogEvent<'a>) -> Option<Record<'a>> {
    None
}

/// Reads a log event whose log group does not tell that it belongs to an execution log.
pub fn read_by_shape<'a>(_event: &LogEvent<'a>) -> Option<Record<'a>> {
    None
}
