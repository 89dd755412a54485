//! A record of a VPC flow log.

use super::Record;
use crate::decode::LogEvent;

/// A record of a VPC flow log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// Whether the traffic was rejected.
    pub rejected: bool,
}

/// Reads a log event that may be a flow-log record; `fields` is the order of its fields where settings give it.
pub fn read<'a>(_event: &LogEvent<'a>, _fields: Option<&[String]>) -> Option<Record<'a>> {
    None
}
