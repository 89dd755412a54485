//! Lines of Lambda in JSON within a log in text that does not name its streams: another stream of the same function, or what it printed.
//!
//! Lambda writes a stream in one format, so in a stream of text an object is what the function printed. Where streams are not known, an object
//! about an invocation that the text does not name, between two of its invocations, is of another stream.

use std::collections::{HashSet, VecDeque};

use serde::Deserialize;

use super::{Event, frame};

/// Most invocations of the text that are remembered; our own bound.
const MOST_IDS: usize = 10_000;

/// Stream of a log event, as far as it shows that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventStream {
    /// It is of the stream in text, or nothing shows another one.
    Text,
    /// It is of a stream in JSON.
    Json,
    /// A function printed it, or it is of a stream in JSON: it ends a failed invocation.
    Doubtful,
}

/// Invocations and streams that were seen in a log that does not name its streams.
#[derive(Debug, Default)]
pub(super) struct StreamFormats {
    /// Invocations of the text.
    ids: HashSet<String>,
    /// Their ids, the oldest first.
    in_order: VecDeque<String>,
    open: HashSet<String>,
    /// An environment of the text begins.
    is_starting: bool,
    has_text: bool,
    /// Lines of any kind are of the stream in JSON.
    is_in_json: bool,
}

#[derive(Deserialize)]
struct PlatformObject<'l> {
    #[serde(rename = "time")]
    _time: &'l str,
    #[serde(rename = "type")]
    kind: &'l str,
    #[serde(default)]
    record: ReportedInvocation,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ReportedInvocation {
    request_id: String,
    status: String,
}

impl StreamFormats {
    /// Looks at the next log event without a stream, in the order of their times.
    pub(super) fn look(&mut self, event: &Event) -> EventStream {
        let text = event.message.as_str();
        if let Some((head, id)) = frame::head_and_id(text) {
            self.has_text = true;
            self.is_in_json = false;
            self.frame(head, id);
            return EventStream::Text;
        }
        if text.starts_with("INIT_START ") {
            (self.is_starting, self.is_in_json) = (true, false);
            return EventStream::Text;
        }
        if !self.has_text || !text.starts_with('{') || memchr::memmem::find(text.as_bytes(), b"\"platform.").is_none() {
            return if self.is_in_json { EventStream::Json } else { EventStream::Text };
        }
        let Ok(PlatformObject { kind, record, .. }) = serde_json::from_str::<PlatformObject<'_>>(text) else {
            return EventStream::Text;
        };
        if !kind.starts_with("platform.") || self.ids.contains(&record.request_id) {
            // An extension prints what the platform reports to it.
            return EventStream::Text;
        }
        if self.is_in_json || self.open.is_empty() && !self.is_starting {
            self.is_in_json = true;
            return EventStream::Json;
        }
        let is_failed = kind == "platform.report" && !matches!(&*record.status, "" | "success");
        if is_failed { EventStream::Doubtful } else { EventStream::Text }
    }

    fn frame(&mut self, head: &str, id: &str) {
        if head.starts_with("START") {
            self.is_starting = false;
            if self.ids.insert(id.to_owned()) {
                self.in_order.push_back(id.to_owned());
            }
            self.open.insert(id.to_owned());
            if self.in_order.len() > MOST_IDS
                && let Some(oldest) = self.in_order.pop_front()
            {
                self.ids.remove(&oldest);
                self.open.remove(&oldest);
            }
        } else {
            self.open.remove(id);
        }
    }
}
