//! A line of an access log: its fields, whatever format the stage was given.

use super::Record;
use crate::decode::LogEvent;

/// A line of an access log.
#[derive(Debug)]
pub struct Line<'a> {
    /// Its text.
    pub text: std::borrow::Cow<'a, str>,
}

/// Reads a log event that may be a line of an access log.
pub fn read<'a>(_event: &LogEvent<'a>) -> Option<Record<'a>> {
    None
}
