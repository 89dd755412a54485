//! A failure, the one type in which every kind of log reports what it counts.
//!
//! A count is a failed request, a failed invocation or a rejected flow, never a line. Which cause a failure has is left to
//! [`crate::classify`], how it is called to [`crate::metric`], how many there are to [`crate::tally`].

use std::sync::Arc;

use crate::cause::Cause;
use crate::metric::Subject;

/// One failed request, invocation or rejected flow.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The subject, for the dimensions. Shared, since one API fails again and again.
    pub subject: Arc<Subject>,
    /// The root cause; `unclassified` if no text names one.
    pub cause: &'static Cause,
    /// The HTTP status; None if the log does not show it.
    pub status: Option<u16>,
    /// When the event that decided the count was logged, in milliseconds since 1970-01-01T00:00:00Z.
    pub timestamp_ms: i64,
    /// The number of the log event with which it began, counted from 1 in its batch.
    pub number: u64,
    /// The number of its lane: of the log group in its batch that reports it. A batch of centralised logs may have several.
    pub lane: u16,
    /// The request id, for exemplars.
    pub request_id: Option<RequestId>,
    /// The X-Ray trace id, for exemplars.
    pub trace_id: Option<String>,
    /// The shape of the text, if the cause is unclassified.
    pub shape: Option<String>,
}

/// A callback for each failure. It returns the number of the exemplar, if the failure became one: its trace id may be
/// logged later.
pub type FailureSink<'s> = dyn FnMut(Failure) -> Option<usize> + 's;

/// The id of a request, or of an invocation, as it was logged: any bytes. Most are UUIDs, which need no memory of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(Bytes);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Bytes {
    Uuid([u8; uuid::fmt::Hyphenated::LENGTH]),
    Other(Box<[u8]>),
}

impl RequestId {
    /// Keeps the bytes of an id.
    pub fn of(id: &[u8]) -> Self {
        Self(id.try_into().map_or_else(|_| Bytes::Other(id.into()), Bytes::Uuid))
    }

    /// The id as text; None if it is empty or not UTF-8.
    pub fn text(&self) -> Option<&str> {
        let bytes = match &self.0 {
            Bytes::Uuid(bytes) => &bytes[..],
            Bytes::Other(bytes) => bytes,
        };
        std::str::from_utf8(bytes).ok().filter(|id| !id.is_empty())
    }
}
