//! Sums over all inputs of a replay, and what of the inputs was not read or not understood.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::ops::Range;
use std::process::ExitCode;

use why5xx::cause::Role;
use why5xx::decode::LogEvent;
use why5xx::log_kind::LogKind;
use why5xx::metric::Metric;
use why5xx::pipeline::{Counted, Exemplar, RequestBound, Understood};
use why5xx::printable::counted;
use why5xx::record::lambda::{self, FunctionLine};
use why5xx::tally::Tally;

use crate::UNREADABLE;
use crate::input::{Part, shows_function};
use crate::time::has_time;

/// Sums over all inputs.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    pub(crate) batches: u64,
    /// Log events in the span, if one was given.
    pub(crate) log_events: u64,
    /// Log events outside the span, and those without a time while one was given.
    pub(crate) outside_span: u64,
    /// Log events without a time.
    pub(crate) untimed: u64,
    /// Those that a span leaves out.
    pub(crate) untimed_outside_span: u64,
    /// Times of the first and of the last log event with a time.
    pub(crate) span_ms: Option<(i64, i64)>,
    pub(crate) understood: Understood,
    pub(crate) not_understood: Vec<NotUnderstood>,
    /// A subscription filter may have held lines back.
    pub(crate) is_filtered: bool,
    /// Log groups of an account of which no log event passed the filter pattern, though the span holds some.
    pub(crate) none_passed: u64,
    /// Sentences on the log events that filter patterns left out when an account was read.
    pub(crate) left_out: BTreeSet<String>,
    pub(crate) tally: Tally,
    pub(crate) shapes: BTreeMap<String, u64>,
    /// By cause; the last ones that were read.
    pub(crate) exemplars: BTreeMap<&'static str, VecDeque<Exemplar>>,
    /// By cause; the earliest one that was read.
    pub(crate) first_exemplars: BTreeMap<&'static str, Exemplar>,
    pub(crate) duplicate_events: u64,
    pub(crate) ambiguous_lines: u64,
    /// Log events that came too late to be put in order.
    pub(crate) late_events: u64,
    /// Lines of which only the beginning was read: they are longer than a log event can be.
    pub(crate) cut_lines: u64,
    /// Lines behind the last log event that are of a terminal.
    pub(crate) lines_behind: u64,
    /// A part of the log is missing.
    pub(crate) lacks_lines: bool,
    /// Assumptions about the inputs, since nothing in them shows it.
    pub(crate) assumed: BTreeSet<&'static str>,
    pub(crate) split_requests: u64,
    pub(crate) other_dimensions: u64,
    pub(crate) in_both_logs: BTreeSet<String>,
    pub(crate) undecodable: Vec<Undecodable>,
    /// Requests of execution logs that have begun and not ended.
    pub(crate) begun: BegunRequests,
    /// Files of a folder that are not logs.
    pub(crate) skipped: Vec<Undecodable>,
}

/// An input that could not be read.
#[derive(Debug)]
pub(crate) struct Undecodable {
    pub(crate) input: String,
    pub(crate) error: String,
}

/// An input with log events that were not understood.
#[derive(Debug)]
pub(crate) struct NotUnderstood {
    pub(crate) input: String,
    pub(crate) log_events: u64,
    /// Number of the first of them, counted from 1 in the input.
    pub(crate) first: u64,
}

/// Requests that have begun, of which the end is not read yet.
#[derive(Debug, Default)]
pub(crate) struct BegunRequests {
    begun: HashSet<u64>,
    /// Times of ends, of the last requests and of those before them: within a millisecond, a log has no order.
    ended: [HashMap<u64, i64>; 2],
    /// More were open at once than are remembered: nobody knows any more whether each has ended.
    are_too_many: bool,
}

impl BegunRequests {
    /// Most requests to remember; our own bound. At INFO level some dozens are open at the same time.
    const MOST: usize = 20_000;

    fn add(&mut self, RequestBound { key, timestamp_ms, is_end }: RequestBound) {
        if is_end {
            self.begun.remove(&key);
            if self.ended[0].len() == Self::MOST {
                self.ended.swap(0, 1);
                self.ended[0].clear();
            }
            self.ended[0].insert(key, timestamp_ms);
            return;
        }
        let is_of_ended = |ended: &HashMap<u64, i64>| ended.get(&key).is_some_and(|end_ms| timestamp_ms <= *end_ms);
        if has_time(timestamp_ms) && self.ended.iter().any(is_of_ended) {
            return;
        }
        self.are_too_many |= self.begun.len() == Self::MOST;
        if !self.are_too_many {
            self.begun.insert(key);
        }
    }

    fn is_empty(&self) -> bool {
        self.begun.is_empty() && !self.are_too_many
    }
}

/// Log events of one input.
#[derive(Debug, Default)]
pub(crate) struct InputEvents {
    /// Those read so far, in the span or not.
    read: u64,
    in_span: u64,
    outside_span: u64,
    untimed: u64,
    span_ms: Option<(i64, i64)>,
    understood: Understood,
    /// Log events of which only an option says that they are of a function's log: they have no id, time, stream or group.
    unproven: u64,
    /// Number of the first of them.
    first_unproven: Option<u64>,
    /// A log event shows that the log is a function's.
    shows_function: bool,
    /// A log event is a line of Lambda's, or has one behind or within other text.
    has_platform_line: bool,
    quotes_platform: bool,
    /// Lines of access logs that client text may have forged.
    pub(crate) ambiguous: u64,
    /// A part could not be read, and that was said.
    pub(crate) failed: bool,
    /// A log event names its log group or its stream.
    pub(crate) has_origin: bool,
}

impl InputEvents {
    /// Starts a part of the same input.
    pub(crate) fn part(&self) -> Self {
        let Self { shows_function, has_platform_line, quotes_platform, .. } = *self;
        Self { shows_function, has_platform_line, quotes_platform, ..Self::default() }
    }

    /// Looks at a log event of what an option says to be a function's log.
    pub(crate) fn look_at_function(&mut self, event: &LogEvent<'_>) {
        const WORDS: [&str; 4] = ["START RequestId: ", "REPORT RequestId: ", "platform.start", "platform.report"];
        if self.has_platform_line {
            return;
        }
        let is_platforms =
            |line| matches!(line, FunctionLine::Start(_) | FunctionLine::End(_) | FunctionLine::Report(_));
        self.has_platform_line = lambda::parse_line(event).is_some_and(is_platforms);
        if !self.has_platform_line && !self.quotes_platform {
            // A terminal may have broken the line.
            let text = event.message.text().replace('\n', "");
            self.quotes_platform =
                WORDS.iter().any(|words| memchr::memmem::find(text.as_bytes(), words.as_bytes()).is_some());
        }
    }

    /// Counts a log event before it is read. `is_supposed`: only an option says that it is of a function's log.
    pub(crate) fn add(&mut self, event: &LogEvent<'_>, span: Option<&Range<i64>>, is_supposed: bool) {
        let timestamp_ms = event.timestamp_ms;
        self.read += 1;
        let is_timed = has_time(timestamp_ms);
        self.untimed += u64::from(!is_timed);
        if span.is_some_and(|span| timestamp_ms == 0 || !span.contains(&timestamp_ms)) {
            self.outside_span += 1;
            return;
        }
        self.in_span += 1;
        if is_timed {
            self.reach((timestamp_ms, timestamp_ms));
        }
        if is_supposed {
            self.shows_function = self.shows_function || shows_function(event);
            if event.id.is_empty() && timestamp_ms == 0 {
                self.unproven += 1;
                self.first_unproven.get_or_insert(self.read);
            }
        }
    }

    /// Takes what nothing shows to be of a function's log for not understood: it may be anything, such as an error of the
    /// AWS CLI. Call it once the input is read.
    pub(crate) fn settle(&mut self) {
        let of_functions = self.understood.of(LogKind::Lambda);
        if self.quotes_platform && !self.has_platform_line && of_functions > 0 {
            // Each line has something before or around it that is not known.
            self.misread(of_functions);
            self.understood.first_not_understood = Some(1);
            return;
        }
        if self.shows_function || self.unproven == 0 {
            return;
        }
        self.misread(self.unproven);
        let firsts = [self.understood.first_not_understood, self.first_unproven];
        self.understood.first_not_understood = firsts.into_iter().flatten().min();
        self.unproven = 0;
    }

    /// Takes so many log events that were read as a function's for not understood.
    fn misread(&mut self, log_events: u64) {
        let of_functions = &mut self.understood.by_kind[LogKind::Lambda as usize];
        *of_functions = of_functions.saturating_sub(log_events);
        self.understood.not_understood += log_events;
    }

    /// Adds the events of one part, and what the pipeline understood of them.
    pub(crate) fn merge(&mut self, seen: &Self, understood: &Understood, part: &Part) {
        let number = |first: u64| part.number_of(first).unwrap_or(self.read + first);
        let first = understood.first_not_understood.map(number);
        // A part may be in another order than the input.
        self.understood.first_not_understood =
            [self.understood.first_not_understood, first].into_iter().flatten().min();
        self.understood += *understood;
        self.unproven += seen.unproven;
        self.first_unproven = self.first_unproven.or_else(|| seen.first_unproven.map(number));
        self.shows_function |= seen.shows_function;
        self.has_platform_line |= seen.has_platform_line;
        self.quotes_platform |= seen.quotes_platform;
        self.read += seen.read;
        self.in_span += seen.in_span;
        self.outside_span += seen.outside_span;
        self.untimed += seen.untimed;
        if let Some(span_ms) = seen.span_ms {
            self.reach(span_ms);
        }
    }

    fn reach(&mut self, other: (i64, i64)) {
        self.span_ms = Some(wider(self.span_ms, other));
    }

    /// Returns whether there were log events, but not one of them was understood. An ambiguous line beside others that were
    /// not may be the half of a line.
    pub(crate) fn is_foreign(&self) -> bool {
        let not_understood = self.understood.not_understood;
        not_understood > 0 && not_understood + self.ambiguous == self.in_span
    }

    /// Adds the log events of another input.
    pub(crate) fn add_all(&mut self, other: &Self) {
        self.read += other.read;
        self.in_span += other.in_span;
        self.untimed += other.untimed;
        self.failed |= other.failed;
        self.has_origin |= other.has_origin;
        self.ambiguous += other.ambiguous;
        self.understood += other.understood;
    }

    /// Returns why nothing of the input was counted: that is no all-clear. `more` says what the input looks like.
    pub(crate) fn says_nothing(&self, more: &str) -> Option<String> {
        let (read, untimed) = (counted(self.read, "log event"), self.untimed);
        if self.failed || self.in_span > 0 && !self.is_foreign() {
            None
        } else if self.in_span > 0 {
            Some(format!("none of its {read} was understood{more}, but not like a log that why5xx reads"))
        } else if self.read == 0 {
            Some(format!("no log event in it{more}"))
        } else if untimed == 0 {
            Some(format!("none of its {read} is in the span of --since and --until"))
        } else {
            Some(format!("none of its {read} is in the span of --since and --until; {untimed} are without a time"))
        }
    }
}

fn wider(span: Option<(i64, i64)>, other: (i64, i64)) -> (i64, i64) {
    span.map_or(other, |span| (span.0.min(other.0), span.1.max(other.1)))
}

/// Most exemplars to keep of a cause, over all inputs.
const MOST_EXEMPLARS: usize = 20;

/// Most shapes to keep, over all inputs.
const MOST_SHAPES: usize = 10_000;

impl Totals {
    /// Adds the counts of one part of an input.
    pub(crate) fn add(&mut self, counted: Counted) {
        self.batches += 1;
        counted.bounds.into_iter().for_each(|bound| self.begun.add(bound));
        self.tally.merge(counted.tally);
        for (shape, count) in counted.shapes {
            if self.shapes.len() < MOST_SHAPES || self.shapes.contains_key(&shape) {
                *self.shapes.entry(shape).or_default() += count;
            }
        }
        for correction in counted.corrections {
            if let Some(exemplars) = self.exemplars.get_mut(correction.key.cause) {
                exemplars.retain(|exemplar| exemplar.failure.request_id != correction.request_id);
            }
            self.first_exemplars.retain(|_, exemplar| exemplar.failure.request_id != correction.request_id);
            if let Some(kept) = self.exemplars.get(correction.key.cause)
                && let Some(earliest) = kept
                    .iter()
                    .filter(|exemplar| has_time(exemplar.failure.timestamp_ms))
                    .min_by_key(|exemplar| exemplar.failure.timestamp_ms)
            {
                self.first_exemplars.entry(correction.key.cause).or_insert_with(|| earliest.clone());
            }
            self.tally.correct(correction);
        }
        for exemplar in counted.exemplars {
            let is_earlier = |first: &Exemplar| exemplar.failure.timestamp_ms < first.failure.timestamp_ms;
            if has_time(exemplar.failure.timestamp_ms)
                && self.first_exemplars.get(exemplar.failure.cause.id).is_none_or(is_earlier)
            {
                self.first_exemplars.insert(exemplar.failure.cause.id, exemplar.clone());
            }
            let kept = self.exemplars.entry(exemplar.failure.cause.id).or_default();
            if kept.len() == MOST_EXEMPLARS {
                kept.pop_front();
            }
            kept.push_back(exemplar);
        }
        self.duplicate_events += counted.duplicate_events;
        self.ambiguous_lines += counted.ambiguous_lines;
        self.split_requests += counted.split_requests;
        self.other_dimensions += counted.other_dimensions;
        self.in_both_logs.extend(counted.in_both_logs);
    }

    /// Adds the log events of an input that was read to its end, or as far as it could be.
    pub(crate) fn add_input(&mut self, input: &str, events: &InputEvents) {
        self.log_events += events.in_span;
        self.outside_span += events.outside_span;
        self.untimed += events.untimed;
        // With a span, all of them are left out.
        self.untimed_outside_span += if events.outside_span > 0 { events.untimed } else { 0 };
        if let Some(span_ms) = events.span_ms {
            self.span_ms = Some(wider(self.span_ms, span_ms));
        }
        self.understood += events.understood;
        if let Some(first) = events.understood.first_not_understood {
            let log_events = events.understood.not_understood;
            self.not_understood.push(NotUnderstood { input: input.to_owned(), log_events, first });
        }
    }

    /// Returns whether there was nothing that could show a failure.
    pub(crate) fn is_empty(&self) -> bool {
        self.log_events == 0 && self.none_passed == 0
    }

    /// Returns whether nothing of the log events was understood.
    pub(crate) fn is_foreign(&self) -> bool {
        self.log_events > 0 && self.understood.not_understood == self.log_events
    }

    /// Returns the number of requests if the log holds the end of every one. A log in which every request failed may be
    /// filtered, so its number is not known.
    pub(crate) fn requests(&self) -> Option<u64> {
        let failed = self.failed_requests()?;
        let Understood { ends, access_ends, .. } = self.understood;
        let requests = if ends > 0 { ends } else { access_ends };
        (self.holds_every_end() && requests > failed).then_some(requests)
    }

    /// Returns whether nothing shows that the end of a request is missing: a line that was not read may be one.
    fn holds_every_end(&self) -> bool {
        let is_whole = !self.is_filtered && !self.lacks_lines && self.undecodable.is_empty();
        let left_out = self.ambiguous_lines + self.understood.not_understood + self.untimed_outside_span;
        is_whole && left_out == 0 && self.begun.is_empty()
    }

    /// Returns the number of failed requests of the one kind of log that was read; None if both were, or if the end of a
    /// request is not in the log.
    pub(crate) fn failed_requests(&self) -> Option<u64> {
        let metric = match (self.understood.ends, self.understood.of(LogKind::Access)) {
            (1.., 0) => Metric::Errors,
            (0, 1..) => Metric::AccessLogErrors,
            _ => return None,
        };
        let mut failed = 0;
        for (key, count) in self.tally.counts().filter(|(key, _)| key.subject.metric() == metric) {
            if key.status.is_none() && metric == Metric::Errors {
                return None;
            }
            failed += count;
        }
        Some(failed)
    }

    /// Returns the exit status.
    pub(crate) fn status(&self) -> ExitCode {
        let no_cause = Role::Unclassified.cause().id;
        if !self.undecodable.is_empty() || self.is_empty() || self.is_foreign() {
            ExitCode::from(UNREADABLE)
        } else if self.tally.counts().any(|(key, _)| key.cause == no_cause) {
            ExitCode::from(1)
        } else {
            ExitCode::SUCCESS
        }
    }
}
