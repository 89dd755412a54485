//! Push parser for the document of a batch.
//!
//! The caller passes bytes to the scanner, the scanner consumes whole values, and the caller passes the rest again with
//! more bytes behind it. The scanner keeps only the header and its state.

use serde::de::IgnoredAny;

use super::event::{self, Canonical, Reading};
use super::message::Message;
use super::origin::{self, Origin};
use super::skip::{Skip, behind_blanks, value_end};
use super::strings::{is_valid, string_end};
use super::{BatchHeader, DecodeError, Decoded, EventCallback, JsonFault, LogEvent};

/// Parser of one document.
pub(super) struct Scanner {
    state: State,
    /// Bytes consumed.
    taken: u64,
    most_events: u64,
    /// Elements of `logEvents` so far, readable or not.
    elements: u64,
    decoded: Decoded,
    seen: SeenKeys,
    /// Origin that the document gives for all its events.
    origin: Origin,
    /// The header has the origin that an event gives for itself.
    has_own_origin: bool,
    /// Timestamp of the previous event.
    timestamp_ms: Option<i64>,
}

/// Keys seen so far.
#[derive(Default)]
struct SeenKeys {
    header: [bool; DocumentKey::HEADER.len()],
    filters: bool,
    log_events: bool,
    /// An earlier pass read the whole header.
    from_the_start: bool,
    /// `logEvents` was skipped, since the header was not complete.
    passed_over: bool,
}

impl SeenKeys {
    fn whole_header(&self) -> bool {
        self.from_the_start || (self.filters && self.header.iter().all(|&seen| seen))
    }
}

/// Key of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DocumentKey {
    /// Position in [`DocumentKey::HEADER`].
    Header(usize),
    Filters,
    /// Position in [`origin::KEYS`].
    Origin(usize),
    LogEvents,
    Other,
}

impl DocumentKey {
    const HEADER: [&str; 4] = ["messageType", "owner", "logGroup", "logStream"];

    fn parse(key: &str) -> Self {
        match Self::HEADER.iter().position(|&name| name == key) {
            Some(nth) => Self::Header(nth),
            None if key == "logEvents" => Self::LogEvents,
            None if key == "subscriptionFilters" => Self::Filters,
            None => origin::KEYS.iter().position(|&name| name == key).map_or(Self::Other, Self::Origin),
        }
    }
}

/// State of the parser: the expected token.
enum State {
    Start,
    FirstKey,
    Key,
    Colon(DocumentKey),
    Value(DocumentKey),
    AfterValue,
    FirstElement,
    Element,
    AfterElement,
    /// Inside a value to skip.
    SkipValue(Skip),
    /// Inside an element longer than the buffer, behind its readable beginning.
    SkipElement(Skip),
    End,
}

/// Result of a pass.
pub(super) enum Pass {
    Done(Decoded),
    /// The events preceded the header: another pass has to read them.
    HeaderOnly(BatchHeader),
}

impl Scanner {
    /// Creates a scanner. `header` is the result of an earlier pass.
    pub(super) fn new(header: Option<BatchHeader>, most_events: u64) -> Self {
        let seen = SeenKeys { from_the_start: header.is_some(), ..SeenKeys::default() };
        let decoded = Decoded { header: header.unwrap_or_default(), ..Decoded::default() };
        let origin = decoded.header.origin.clone().unwrap_or_default();
        Self {
            state: State::Start,
            taken: 0,
            most_events,
            elements: 0,
            decoded,
            seen,
            origin,
            has_own_origin: false,
            timestamp_ms: None,
        }
    }

    /// Consumes whole values. Returns the number of bytes consumed; the next call must begin behind them.
    pub(super) fn scan(&mut self, bytes: &[u8], on_event: &mut EventCallback<'_>) -> Result<usize, DecodeError> {
        let mut at = 0;
        loop {
            if !matches!(self.state, State::SkipValue(_) | State::SkipElement(_)) {
                at = behind_blanks(bytes, at);
            }
            if at == bytes.len() {
                break;
            }
            match self.step(bytes, at, on_event).map_err(|stop| self.error(stop, at))? {
                Some(next) => at = next,
                None => break,
            }
        }
        self.taken += at as u64;
        Ok(at)
    }

    /// Handles a value that does not fit into the buffer: reads an element as far as it is there, and skips the rest.
    pub(super) fn overflow(&mut self, bytes: &[u8], on_event: &mut EventCallback<'_>) -> Result<(), DecodeError> {
        match self.state {
            State::Value(DocumentKey::Filters | DocumentKey::Origin(_) | DocumentKey::Other) => {
                self.state = State::SkipValue(Skip::default())
            }
            State::FirstElement | State::Element => {
                let mut reading = event::parse_cut(bytes);
                reading.damaged = true;
                self.element(reading, on_event).map_err(|stop| self.error(stop, 0))?;
                self.state = State::SkipElement(Skip::default());
            }
            _ => return Err(self.error(Stop::Fault(JsonFault::TooLong), 0)),
        }
        Ok(())
    }

    /// Checks that the document is complete and returns the result.
    pub(super) fn finish(mut self) -> Result<Pass, DecodeError> {
        let fault = match self.state {
            State::Start => Some(JsonFault::NotAnObject),
            State::End => None,
            _ => Some(JsonFault::CutOff),
        };
        let control = self.decoded.header.is_control();
        let missing = (!self.seen.log_events && !control).then_some(JsonFault::NoLogEvents);
        if let Some(fault) = fault.or(missing) {
            return Err(self.error(Stop::Fault(fault), 0));
        }
        self.decoded.inflated_bytes = self.taken;
        if self.seen.passed_over && !control {
            return Ok(Pass::HeaderOnly(self.decoded.header));
        }
        Ok(Pass::Done(self.decoded))
    }

    /// Parses one token at `at`, which is not a blank. Returns the position behind it; None if it needs more bytes.
    fn step(&mut self, bytes: &[u8], at: usize, on_event: &mut EventCallback<'_>) -> Result<Option<usize>, Stop> {
        let byte = bytes[at];
        let (state, next) = match &mut self.state {
            State::Start if byte == b'{' => (State::FirstKey, at + 1),
            State::Start => return Err(Stop::Fault(JsonFault::NotAnObject)),
            State::FirstKey | State::AfterValue if byte == b'}' => (State::End, at + 1),
            State::AfterValue if byte == b',' => (State::Key, at + 1),
            State::FirstKey | State::Key if byte == b'"' => return self.key(bytes, at + 1),
            State::Colon(field) if byte == b':' => (State::Value(*field), at + 1),
            &mut State::Value(field) => return self.value(field, bytes, at),
            State::FirstElement | State::AfterElement if byte == b']' => (State::AfterValue, at + 1),
            State::AfterElement if byte == b',' => (State::Element, at + 1),
            State::FirstElement | State::Element => return self.elements(bytes, at, on_event),
            State::SkipValue(skip) => match skip.end(&bytes[at..]) {
                Some(end) => (State::AfterValue, at + end),
                None => return Ok(Some(bytes.len())),
            },
            State::SkipElement(skip) => match skip.end(&bytes[at..]) {
                Some(end) => (State::AfterElement, at + end),
                None => return Ok(Some(bytes.len())),
            },
            State::End => return Err(Stop::Fault(JsonFault::TrailingData)),
            _ => return Err(Stop::Fault(JsonFault::Syntax)),
        };
        self.state = state;
        Ok(Some(next))
    }

    fn key(&mut self, bytes: &[u8], at: usize) -> Result<Option<usize>, Stop> {
        let Some(end) = string_end(bytes, at) else { return Ok(None) };
        let key = &bytes[at..end.at];
        if end.unusual && !is_valid(key) {
            return Err(Stop::Fault(JsonFault::Syntax));
        }
        self.state = State::Colon(DocumentKey::parse(&Message::json_escaped(key).text()));
        Ok(Some(end.at + 1))
    }

    fn value(&mut self, field: DocumentKey, bytes: &[u8], at: usize) -> Result<Option<usize>, Stop> {
        match field {
            DocumentKey::LogEvents => self.log_events(bytes[at]).map(|skip| Some(at + usize::from(!skip))),
            DocumentKey::Header(_) if !matches!(bytes[at], b'"' | b'n') => {
                Err(Stop::Fault(JsonFault::HeaderNotAString))
            }
            DocumentKey::Header(_) | DocumentKey::Filters | DocumentKey::Origin(_) | DocumentKey::Other => {
                let Some(end) = value_end(&bytes[at..]) else { return Ok(None) };
                let value = &bytes[at..at + end];
                match field {
                    DocumentKey::Header(nth) => self.header(nth, value)?,
                    _ if serde_json::from_slice::<IgnoredAny>(value).is_err() => {
                        return Err(Stop::Fault(JsonFault::Syntax));
                    }
                    DocumentKey::Filters => self.filters(value)?,
                    DocumentKey::Origin(nth) => self.origin(nth, value),
                    _ => {}
                }
                self.state = State::AfterValue;
                Ok(Some(at + end))
            }
        }
    }

    fn header(&mut self, nth: usize, value: &[u8]) -> Result<(), Stop> {
        if std::mem::replace(&mut self.seen.header[nth], true) {
            return Err(Stop::Fault(JsonFault::DuplicateKey));
        }
        let text = match value {
            b"null" => String::new(),
            [b'"', inside @ .., b'"'] if is_valid(inside) => name(&Message::json_escaped(inside).text()),
            _ => return Err(Stop::Fault(JsonFault::Syntax)),
        };
        let header = &mut self.decoded.header;
        *[&mut header.message_type, &mut header.owner, &mut header.log_group, &mut header.log_stream][nth] = text;
        Ok(())
    }

    /// Keeps the names of the filters. Names of any other form say nothing, and the batch is read without them.
    fn filters(&mut self, value: &[u8]) -> Result<(), Stop> {
        /// CloudWatch Logs User Guide, quotas: two subscription filters for each log group. Ten leave room.
        const MOST_FILTERS: usize = 10;
        if std::mem::replace(&mut self.seen.filters, true) {
            return Err(Stop::Fault(JsonFault::DuplicateKey));
        }
        let names: Vec<String> = serde_json::from_slice(value).unwrap_or_default();
        let names: Vec<String> = names.iter().map(|text| name(text)).collect();
        self.decoded.header.subscription_filters = if names.len() <= MOST_FILTERS { names } else { Vec::new() };
        Ok(())
    }

    /// Keeps what the document says about the origin of all its events.
    fn origin(&mut self, nth: usize, value: &[u8]) {
        self.origin.add(origin::KEYS[nth], value);
        let known = self.origin.clone().known();
        if self.seen.log_events && !self.seen.passed_over && !self.seen.from_the_start {
            self.decoded.late_origin = known;
        } else {
            self.decoded.header.origin = known;
        }
    }

    /// Begins the value of `logEvents`. Returns whether to skip it.
    fn log_events(&mut self, byte: u8) -> Result<bool, Stop> {
        if byte != b'[' {
            return Err(Stop::Fault(JsonFault::LogEventsNotAnArray));
        }
        if std::mem::replace(&mut self.seen.log_events, true) {
            return Err(Stop::Fault(JsonFault::DuplicateKey));
        }
        self.seen.passed_over = !self.seen.whole_header();
        let skip = self.seen.passed_over || self.decoded.header.is_control();
        self.state = if skip { State::SkipValue(Skip::default()) } else { State::FirstElement };
        Ok(skip)
    }

    /// Parses whole elements of `logEvents`. Returns the position behind the last; None without one.
    fn elements(&mut self, bytes: &[u8], from: usize, on_event: &mut EventCallback<'_>) -> Result<Option<usize>, Stop> {
        let mut at = from;
        loop {
            let rest = &bytes[at..];
            let end = match event::canonical(rest) {
                Canonical::Event(event) => {
                    self.count_element()?;
                    self.decoded.damaged_events += u64::from(event.damaged);
                    if self.has_own_origin {
                        self.has_own_origin = false;
                        self.decoded.header.origin = self.origin.clone().known();
                    }
                    self.hand_over(event.id, event.timestamp_ms, event.message, event.unusual, on_event);
                    event.bytes
                }
                Canonical::Cut => return Ok((at > from).then_some(at)),
                Canonical::Other => {
                    if !matches!(rest[0], b'{' | b'[' | b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') {
                        return Err(Stop::Fault(JsonFault::Syntax));
                    }
                    let Some(end) = value_end(rest) else { return Ok((at > from).then_some(at)) };
                    self.element(event::parse(&rest[..end]), on_event)?;
                    end
                }
            };
            at += end;
            self.state = State::AfterElement;
            // Fast path from event to event, without the state machine.
            if bytes.get(at) != Some(&b',') || bytes.get(at + 1) != Some(&b'{') {
                return Ok(Some(at));
            }
            self.state = State::Element;
            at += 1;
        }
    }

    /// Passes on an element that was not in canonical form.
    fn element(&mut self, reading: Reading<'_>, on_event: &mut EventCallback<'_>) -> Result<(), Stop> {
        self.count_element()?;
        self.decoded.damaged_events += u64::from(reading.damaged);
        self.has_own_origin = reading.origin.is_some();
        self.decoded.header.origin = reading.origin.unwrap_or_default().within(&self.origin).known();
        // The events of a stream are in the order of their times, so the previous time is the best guess.
        if let (Some(message), Some(timestamp_ms)) = (reading.message, reading.timestamp_ms.or(self.timestamp_ms)) {
            self.hand_over(reading.id.as_bytes(), timestamp_ms, message, true, on_event);
        }
        Ok(())
    }

    #[inline]
    fn count_element(&mut self) -> Result<(), Stop> {
        self.elements += 1;
        if self.elements > self.most_events { Err(Stop::TooManyEvents) } else { Ok(()) }
    }

    #[inline]
    fn hand_over(
        &mut self,
        id: &[u8],
        timestamp_ms: i64,
        message: &[u8],
        unusual: bool,
        on_event: &mut EventCallback<'_>,
    ) {
        self.timestamp_ms = Some(timestamp_ms);
        self.decoded.log_events += 1;
        if unusual && Message::json_escaped(message).spells_characters() {
            return self.hand_over_as_text(id, timestamp_ms, &Message::json_escaped(message).text(), on_event);
        }
        // Built in place: a message in a variable would be copied here, which takes 4 % of the whole job for an INFO log.
        on_event(&self.decoded.header, &LogEvent { id, timestamp_ms, message: Message::json_escaped(message) });
    }

    /// Passes on a message with letters written as escapes (`\u0045xecution failed`), unescaped. The parsers of
    /// [`crate::record`] compare the raw bytes of a message, so such escapes must not reach them.
    #[cold]
    fn hand_over_as_text(&mut self, id: &[u8], timestamp_ms: i64, text: &str, on_event: &mut EventCallback<'_>) {
        let message = Message::plain(text.as_bytes());
        on_event(&self.decoded.header, &LogEvent { id, timestamp_ms, message });
    }

    fn error(&self, stop: Stop, at: usize) -> DecodeError {
        match stop {
            Stop::Fault(fault) => DecodeError::Json { fault, at_byte: self.taken + at as u64 },
            Stop::TooManyEvents => DecodeError::TooManyEvents { limit: self.most_events },
        }
    }
}

/// Reason to stop reading the document.
enum Stop {
    Fault(JsonFault),
    TooManyEvents,
}
/// Returns a name of the header, without what is beyond any name of CloudWatch Logs. It is kept for the batch and copied.
///
/// Source: CloudWatch Logs API Reference: names of log groups, log streams and subscription filters have 512 characters at
/// most.
fn name(text: &str) -> String {
    const LONGEST_NAME_BYTES: usize = 1_024;
    text[..text.floor_char_boundary(LONGEST_NAME_BYTES)].to_owned()
}
