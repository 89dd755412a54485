//! Lines of the function's own log in a log group that is not its own: a copy without system fields.
//!
//! Each line of ours begins with a mark. Whoever prints the mark hides the line that he prints, and no other: all other log
//! events of its batch are read. The lines that Lambda writes about an invocation have no mark. They count nothing where no
//! invocation failed, so a batch of marked lines and of these is as good as one of the own log group.

use crate::decode::LogEvent;
use crate::settings::Settings;

/// Beginning of each own line, as it is and with the escapes of JSON.
#[derive(Debug, Clone)]
pub(super) struct OwnMark {
    plain: Vec<u8>,
    escaped: Vec<u8>,
}

/// Beginnings of the lines that Lambda writes about an invocation, as they are and with the escapes of JSON.
const OF_LAMBDA: [&[u8]; 7] = [
    b"START RequestId: ",
    b"END RequestId: ",
    b"REPORT RequestId: ",
    b"INIT_START ",
    b"XRAY TraceId: ",
    b"{\\\"time\\\":\\\"",
    b"{\"time\":\"",
];

impl OwnMark {
    /// Returns the mark; None outside Lambda, where nothing can come back.
    pub(super) fn of(settings: &Settings) -> Option<Self> {
        settings.own_log_group.as_ref()?;
        let plain = settings.own_mark();
        let escaped = plain.replace('\\', "\\\\").replace('"', "\\\"");
        Some(Self { plain: plain.into_bytes(), escaped: escaped.into_bytes() })
    }

    /// Returns whether the function wrote this log event.
    #[inline]
    pub(super) fn is_of(&self, event: &LogEvent<'_>) -> bool {
        let (bytes, escaped) = event.message.raw();
        bytes.first() == Some(&b'{') && bytes.starts_with(if escaped { &self.escaped } else { &self.plain })
    }
}

/// Returns whether Lambda wrote this log event about an invocation.
#[inline]
pub(super) fn is_of_lambda(event: &LogEvent<'_>) -> bool {
    let bytes = event.message.as_written();
    matches!(bytes.first(), Some(b'S' | b'E' | b'R' | b'I' | b'X' | b'{'))
        && OF_LAMBDA.iter().any(|begin| bytes.starts_with(begin))
}
