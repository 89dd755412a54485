//! Log events in the order of their times, within bounded memory.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, HashMap};

use why5xx::source::RecordError;

use super::wrapped::Path;
use super::{Event, Part};

/// Most log events that wait for an earlier one.
const WINDOW_EVENTS: usize = 10_000;

/// Most bytes of text that wait; a log event may have a megabyte.
const WINDOW_BYTES: usize = 8 << 20;

/// The same for a download, which is small and often newest first: it is sorted whole.
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
    /// Log events taken so far.
    pub(super) log_events: u64,
    /// Those that came later than the window holds: they are read where they stand.
    pub(super) late_events: u64,
    /// Lines of which only the beginning was read.
    pub(super) cut_lines: u64,
    /// Lines behind the last log event that are of a terminal.
    pub(super) lines_behind: u64,
    /// The first thing that should hold a batch and does not.
    pub(super) no_batch: Option<RecordError>,
    /// Where objects of the input hold the text of a log event, once one has shown it.
    pub(super) path_of_message: Option<Path>,
    order: InputOrder,
}

/// What the times of a download show of its order.
#[derive(Debug, Default, Clone, Copy)]
struct InputOrder {
    /// A log event is older than the one before it.
    falls: bool,
    /// One is newer, has no time, or a time finer than a second. Whatever shows times to the second at most has cut them.
    other: bool,
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
            log_events: 0,
            late_events: 0,
            cut_lines: 0,
            lines_behind: 0,
            no_batch: None,
            path_of_message: None,
            order: InputOrder::default(),
        }
    }

    /// Sorts what comes whole: it is a download.
    pub(super) fn is_download(&mut self) {
        (self.most_events, self.most_bytes) = (DOWNLOAD_EVENTS, DOWNLOAD_BYTES);
    }

    /// Takes the next log event of the input. One without a time stays behind the one before.
    pub(super) fn event(&mut self, event: Event) {
        self.place(event, true);
    }

    /// Takes one that is to stay where it stands, such as the lines of a transcript, whose clock counts seconds.
    pub(super) fn in_place(&mut self, event: Event) {
        self.place(event, false);
    }

    fn place(&mut self, mut event: Event, by_time: bool) {
        self.log_events += 1;
        event.number = self.log_events;
        let (time_ms, before_ms) = (event.timestamp_ms, self.time_before_ms);
        self.order.falls |= time_ms < before_ms;
        self.order.other |= time_ms % 1_000 != 0 || time_ms == 0 || before_ms != i64::MIN && time_ms > before_ms;
        if by_time && event.timestamp_ms != 0 {
            self.time_before_ms = event.timestamp_ms;
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

    fn pass(&mut self, Waiting { time_ms, event }: Waiting) {
        self.waiting_bytes -= event.message.len();
        self.late_events += u64::from(time_ms < self.passed_ms);
        self.passed_ms = self.passed_ms.max(time_ms);
        self.part_bytes += event.message.len();
        self.part.push(event);
        if self.part.len() == PART_EVENTS || self.part_bytes > PART_BYTES {
            self.hand_over();
        }
    }

    /// Hands over what waits.
    pub(super) fn flush(&mut self) {
        // Newest first: of the same minute or second, too.
        if self.most_events == DOWNLOAD_EVENTS && self.order.falls && !self.order.other {
            let mut waiting: Vec<Waiting> = self.waiting.drain().map(|Reverse(waiting)| waiting).collect();
            waiting.sort_unstable_by_key(|one| (one.time_ms, Reverse(one.event.number)));
            waiting.into_iter().for_each(|one| self.pass(one));
        }
        while self.let_go() {}
        self.hand_over();
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
