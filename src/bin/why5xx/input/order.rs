//! Log events in the order of their times, within bounded memory.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};

use why5xx::envelope::RecordError;
use why5xx::record::access::DeclaredFormat;

use super::formats::{EventStream, StreamFormats};
use super::wrapped::Path;
use super::{Event, Part, Summary, broken_error, broken_line, frame, runtime};

/// Most log events that wait for an earlier one.
const WINDOW_EVENTS: usize = 10_000;

/// Most bytes of text that wait; a log event may have a megabyte.
const WINDOW_BYTES: usize = 8 << 20;

/// Most log events of a download that wait. It is small and often newest first, so it is sorted whole.
const DOWNLOAD_EVENTS: usize = 1_000_000;
const DOWNLOAD_BYTES: usize = 512 << 20;

/// Most log events and bytes of text that are handed over in one call.
const PART_EVENTS: usize = 20_000;
const PART_BYTES: usize = 6 << 20;

/// Takes log events as they stand in an input, and hands them over in parts, sorted.
pub(super) struct Sorted<'e> {
    each: &'e mut dyn FnMut(Part),
    waiting: BinaryHeap<Reverse<Waiting>>,
    waiting_bytes: usize,
    most_events: usize,
    most_bytes: usize,
    /// The time of the event before, for those that have none of their own.
    time_before_ms: i64,
    /// The time of the last event that was let go.
    passed_ms: i64,
    part: Vec<Event>,
    part_bytes: usize,
    /// Summary of the input so far.
    pub(super) summary: Summary,
    /// A person pasted the input, to have it explained: what is there is read, even if records may be missing.
    pub(super) is_pasted: bool,
    /// Format of the lines, if it is declared.
    pub(super) declared: Option<&'e DeclaredFormat>,
    /// The first thing that should hold a batch and does not.
    pub(super) no_batch: Option<RecordError>,
    /// Where objects of the input hold the text of a log event, once one has shown it.
    pub(super) path_of_message: Option<Path>,
    order: InputOrder,
    formats: StreamFormats,
    /// The log event before, or its last line, if it is short.
    message_before: String,
    pieces_of_python: runtime::PiecesOfPython,
    searched: runtime::SearchedLog,
    /// Whether the last line of Lambda about an invocation says that it has begun; None without such a line.
    is_invoked: Option<bool>,
    /// The last log event lacks the end of an error.
    ends_within_error: bool,
}

/// Longest line of an error whose other lines may follow as log events; our own bound.
const LONGEST_LINE_BYTES: usize = 1_024;

/// Remark on an error of which each line is a log event.
const IN_PIECES: &str = "an error of a function of which each line is a record: keep its lines in one";

/// Remark on an error of which words are not there.
const LOST_WORDS: &str = "an error of a function whose lines lost words, as with `cut` or `awk`, or their order: give the lines whole, as they were";

/// Remark on an error whose frames are not there.
const SEARCHED: &str = "a search left out lines of its invocations, and the frames of an error: give all lines";

/// Remark on an error that is the last one of its input.
const ENDS_WITHIN: &str = "the last log event is an error without its end: give all its lines";

/// Remark on an error that begins within its log event.
const OUT_OF_PLACE: &str =
    "an error of a function behind something that is not read: take off what stands before each line";

/// Name of the stream of lines in JSON, where the input names no streams and has lines in text.
const STREAM_IN_JSON: &str = "in JSON";

/// Remark on a line that may be of another stream.
const IN_TWO_FORMATS: &str = "lines of Lambda in JSON among those in text: a function printed them, or they are of another stream: read it with its streams, as `aws logs filter-log-events` writes them";

/// Order of a download, as its times show it.
#[derive(Debug, Default, Clone, Copy)]
struct InputOrder {
    /// A log event is older than the one before it.
    falls: bool,
    /// One is newer.
    rises: bool,
    has_times: bool,
    /// One has no time, or is to stay where it stands.
    has_untimed: bool,
}

impl InputOrder {
    /// Returns whether the log is newest first, so that of the same time the last comes first. Where the times do not show it, the
    /// texts do.
    fn is_newest_first(self, of_texts: impl FnOnce() -> bool) -> bool {
        if self.rises || self.has_times && self.has_untimed { false } else { self.falls || of_texts() }
    }
}

/// Words of a log event, and whether they stand in the first or in the last one of a request or an invocation.
const ENDS: [(&str, bool); 5] = [
    ("START RequestId: ", true),
    ("END RequestId: ", false),
    ("REPORT RequestId: ", false),
    ("Starting execution for request: ", true),
    ("Method completed with status: ", false),
];

/// Returns whether texts, or pieces of one, show that the log is newest first: requests and invocations end before they begin.
pub(super) fn is_newest_first<'t>(texts: impl Iterator<Item = &'t str>) -> bool {
    let mut begun: HashMap<&str, bool> = HashMap::new();
    let (mut newest_first, mut oldest_first) = (0_u64, 0_u64);
    // A client may use one id again and again: then it turns as often to the one side as to the other.
    let mut add = |id: &'t str, begins: bool| match begun.insert(id, begins) {
        Some(true) if !begins => oldest_first += 1,
        Some(false) if begins => newest_first += 1,
        _ => {}
    };
    for line in texts.flat_map(|text| text.split('\n')) {
        ends_in_json(line, &mut add);
        line.split('"').filter_map(end).for_each(|(id, begins)| add(id, begins));
    }
    newest_first > oldest_first
}

/// Returns the id of a request or an invocation that a text begins or ends, and whether it begins.
fn end(text: &str) -> Option<(&str, bool)> {
    let (at, words, begins) = ENDS.iter().find_map(|(words, begins)| Some((text.find(words)?, words, *begins)))?;
    let behind = &text[at + words.len()..];
    let id = match text[..at].trim_end().strip_suffix(')').and_then(|text| text.rsplit_once('(')) {
        Some((_, id)) => id,
        None => id_at_start(behind),
    };
    Some((id, begins))
}

fn id_at_start(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default()
}

/// Calls `each` for the invocations that objects of Lambda begin or end: `{"type":"platform.start","record":{"requestId":"…"}}`. The object
/// may stand in a string. Its keys may be in the order of their names: then the type is the last one.
fn ends_in_json<'t>(line: &'t str, each: &mut impl FnMut(&'t str, bool)) {
    const KEY: &str = "requestId";
    let id_at =
        |text: &'t str, at: usize| id_at_start(text[at + KEY.len()..].trim_start_matches([' ', '"', '\\', ':']));
    let mut types = line.match_indices("\"platform.").peekable();
    let mut before = 0;
    while let Some((at, words)) = types.next() {
        let kind = id_at_start(&line[at + words.len()..]);
        let behind = at + words.len() + kind.len();
        let end = types.peek().map_or(line.len(), |(next, _)| *next);
        let is_last = line[behind..].trim_start_matches(['\\', '"', ' ']).starts_with('}');
        let rest = if is_last { &line[before..at] } else { &line[behind..end] };
        let key = if is_last { rest.rfind(KEY) } else { rest.find(KEY) };
        if let (Some(key), "start" | "report") = (key, kind) {
            each(id_at(rest, key), kind == "start");
        }
        before = behind;
    }
}

struct Waiting {
    time_ms: i64,
    event: Event,
}

impl Waiting {
    /// Returns the sort key. Of the same time, the first of the input comes first.
    fn key(&self) -> (i64, u64) {
        (self.time_ms, self.event.number)
    }
}

impl PartialEq for Waiting {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Waiting {}

impl PartialOrd for Waiting {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Waiting {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// Returns how many of the last log events begin with the end of a process of Lambda whose report has not come.
fn begun_behind(events: &[Event]) -> usize {
    /// Most log events between the two; our own bound. Those of other invocations may stand there.
    const FEW: usize = 16;
    let last = &events[events.len().saturating_sub(FEW)..];
    let is_end = |event: &Event| event.message.starts_with("RequestId: ") || event.message.contains(" signal: killed");
    let from = last.iter().position(is_end).unwrap_or(last.len());
    let is_reported = last[from..].iter().any(|event| event.message.starts_with("REPORT RequestId: "));
    if is_reported { 0 } else { last.len() - from }
}

impl<'e> Sorted<'e> {
    pub(super) fn new(each: &'e mut dyn FnMut(Part)) -> Self {
        Self {
            each,
            waiting: BinaryHeap::new(),
            waiting_bytes: 0,
            most_events: WINDOW_EVENTS,
            most_bytes: WINDOW_BYTES,
            time_before_ms: i64::MIN,
            passed_ms: i64::MIN,
            part: Vec::new(),
            part_bytes: 0,
            summary: Summary::default(),
            is_pasted: false,
            declared: None,
            no_batch: None,
            path_of_message: None,
            order: InputOrder::default(),
            formats: StreamFormats::default(),
            message_before: String::new(),
            pieces_of_python: runtime::PiecesOfPython::default(),
            searched: runtime::SearchedLog::default(),
            is_invoked: None,
            ends_within_error: false,
        }
    }

    /// Sorts what comes whole: it is a download.
    pub(super) fn is_download(&mut self) {
        (self.most_events, self.most_bytes) = (DOWNLOAD_EVENTS, DOWNLOAD_BYTES);
    }

    /// Returns whether the last line of Lambda about an invocation says that it has begun: what follows is what its function prints.
    pub(super) fn is_within_invocation(&self) -> bool {
        self.is_invoked == Some(true)
    }

    /// Takes the next log event of the input. One without a time stays behind the one before.
    pub(super) fn event(&mut self, event: Event) {
        self.place(event, true);
    }

    /// Takes one of a form that a terminal or a page may have shown, which breaks lines and cuts them.
    pub(super) fn shown(&mut self, mut event: Event) {
        event.message.truncate(runtime::without_breaks_at_end(&event.message).len());
        if let Some(message) = runtime::with_breaks(&event.message) {
            event.message = message;
        }
        if let Cow::Owned(whole) = broken_line::without_breaks(&event.message) {
            event.message = whole;
        }
        self.summary.broken_lines += u64::from(broken_line::is_cut(&event.message));
        self.event(event);
    }

    /// Takes one that is to stay where it stands, such as the lines of a transcript, whose clock counts seconds.
    pub(super) fn in_place(&mut self, event: Event) {
        self.place(event, false);
    }

    fn place(&mut self, mut event: Event, by_time: bool) {
        self.summary.log_events += 1;
        // A tool of lines, which gives no line an id.
        let is_in_pieces = runtime::is_error_in_pieces(&self.message_before, &event.message)
            | self.pieces_of_python.is_end(&event.message);
        if event.id.is_empty() && is_in_pieces {
            self.summary.unread(0, IN_PIECES);
        } else if event.id.is_empty() && runtime::is_out_of_place(&event.message) {
            self.summary.unread(0, OUT_OF_PLACE);
        } else if event.id.is_empty()
            && broken_error::has_lost_words(&self.message_before, &event.message, self.summary.log_events)
        {
            self.summary.unread(0, LOST_WORDS);
        }
        if frame::is_framed(&event.message) {
            self.is_invoked = Some(event.message.starts_with("START"));
        }
        // Between invocations, an error that the function handled may be the last log event.
        self.ends_within_error = event.id.is_empty()
            && self.is_invoked != Some(false)
            && broken_error::ends_within(&event.message, self.is_invoked == Some(true));
        self.searched.note(&event.message);
        self.message_before.clear();
        // Of a longer one, the last line.
        let end = match event.message.trim_end().rfind('\n') {
            Some(at) if event.message.len() > LONGEST_LINE_BYTES => &event.message[at..],
            _ => &event.message,
        };
        if end.len() <= LONGEST_LINE_BYTES {
            self.message_before.push_str(end);
        }
        event.number = self.summary.log_events;
        let (time_ms, before_ms) = (event.timestamp_ms, self.time_before_ms);
        if by_time && time_ms != 0 {
            self.order.falls |= time_ms < before_ms;
            self.order.rises |= before_ms != i64::MIN && time_ms > before_ms;
            self.order.has_times = true;
            self.time_before_ms = time_ms;
        } else {
            self.order.has_untimed = true;
        }
        self.waiting_bytes += event.message.len();
        self.waiting.push(Reverse(Waiting { time_ms: self.time_before_ms, event }));
        while self.waiting.len() > self.most_events || self.waiting_bytes > self.most_bytes {
            self.let_go();
        }
    }

    fn let_go(&mut self) -> bool {
        let Some(Reverse(waiting)) = self.waiting.pop() else { return false };
        self.pass(waiting);
        true
    }

    fn pass(&mut self, Waiting { time_ms, mut event }: Waiting) {
        if event.log_stream.is_empty() {
            match self.formats.look(&event) {
                EventStream::Text => {}
                EventStream::Json => STREAM_IN_JSON.clone_into(&mut event.log_stream),
                EventStream::Doubtful => self.summary.unread(0, IN_TWO_FORMATS),
            }
        }
        self.waiting_bytes -= event.message.len();
        self.summary.late_events += u64::from(time_ms < self.passed_ms);
        self.passed_ms = self.passed_ms.max(time_ms);
        self.part_bytes += event.message.len();
        self.part.push(event);
        if self.part.len() >= PART_EVENTS || self.part_bytes > PART_BYTES {
            // The report of an invocation says why its process ended.
            let rest = self.part.split_off(self.part.len() - begun_behind(&self.part));
            self.hand_over();
            self.part_bytes = rest.iter().map(|event| event.message.len()).sum();
            self.part = rest;
        }
    }

    /// Hands over what waits.
    pub(super) fn flush(&mut self) {
        let texts = || is_newest_first(self.waiting.iter().map(|Reverse(one)| one.event.message.as_str()));
        if self.most_events == DOWNLOAD_EVENTS && self.order.is_newest_first(texts) {
            let mut waiting: Vec<Waiting> = self.waiting.drain().map(|Reverse(waiting)| waiting).collect();
            waiting.sort_unstable_by_key(|one| (one.time_ms, Reverse(one.event.number)));
            waiting.into_iter().for_each(|one| self.pass(one));
        }
        while self.let_go() {}
        self.hand_over();
    }

    /// Ends the input.
    pub(super) fn end(&mut self) {
        self.flush();
        if self.searched.lacks_frames() {
            self.summary.incomplete.get_or_insert(SEARCHED);
        } else if self.ends_within_error {
            self.summary.incomplete.get_or_insert(ENDS_WITHIN);
        }
    }

    /// Notes that something should hold a batch and does not. The rest of the input is read all the same.
    pub(super) fn lacks_batch(&mut self, error: RecordError) {
        self.no_batch.get_or_insert(error);
    }

    /// Hands over a part that is read already.
    pub(super) fn part(&mut self, part: Part) {
        self.flush();
        (self.each)(part);
    }

    /// A part is of one stream.
    fn hand_over(&mut self) {
        self.part_bytes = 0;
        let mut streams: HashMap<(String, String), usize> = HashMap::new();
        let mut parts: Vec<((String, String), Vec<Event>)> = Vec::new();
        for mut event in self.part.drain(..) {
            let of = (std::mem::take(&mut event.log_group), std::mem::take(&mut event.log_stream));
            let at = match streams.get(&of) {
                Some(at) => *at,
                None => {
                    streams.insert(of.clone(), parts.len());
                    parts.push((of, Vec::new()));
                    parts.len() - 1
                }
            };
            parts[at].1.push(event);
        }
        for ((log_group, log_stream), events) in parts {
            (self.each)(Part::Events { log_group, log_stream, events });
        }
    }
}
