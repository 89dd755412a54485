//! The invocations of a stream that began and have not ended: what decides whether a line's request id is foreign.
//!
//! A function may print lines of other invocations: the answer of a function that it called, the log of another stream.
//! Such a line names an id that never started in the stream. While an invocation is open it is therefore not the
//! platform's. An invocation that an earlier batch left open may have ended in a batch that another environment of ours
//! received. So lines of other ids are only doubtful then: an END or REPORT that follows for the open invocation shows
//! that they were printed. The same holds for the lines of an id whose START stands inside an open invocation: the end of
//! that one may be missing in an export, or an export may hold it twice.

use std::collections::{HashMap, VecDeque};

use crate::keyed::OfProcess;
use crate::record::lambda::{InvocationId, PlatformFormat, Start};

/// Longest invocation, in milliseconds: 15 minutes (Lambda quotas), and a minute for late lines. An older one has ended
/// unseen.
const LONGEST_MS: i64 = 16 * 60 * 1_000;

/// Most open invocations. A Managed Instance serves at most 64 per vCPU.
const MOST_OPEN: usize = 4_096;

/// Most ended invocations that are remembered for late lines.
const MOST_ENDED: usize = 64;

/// The started invocations of one stream.
#[derive(Debug, Clone, Default)]
pub(super) struct Started {
    open: HashMap<InvocationId, Open, OfProcess>,
    /// Ended invocations, the latest last, and whether each was doubtful.
    ended: VecDeque<(InvocationId, bool)>,
    /// An open one may have ended.
    has_excerpt: bool,
    /// One may be doubtful. Without it, each END and REPORT would look at all of them.
    has_doubtful: bool,
    /// The environment serves several invocations at a time: a Managed Instance.
    concurrent: bool,
    /// The format in which the platform writes the log; None before a START.
    format: Option<PlatformFormat>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    timestamp_ms: i64,
    /// An earlier batch opened it.
    carried: bool,
    /// It began while another invocation was open.
    doubtful: bool,
    /// A report without all of its fields names it: an excerpt, or printed.
    may_have_ended: bool,
}

/// Whether the platform may have written a line with a certain id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdOrigin {
    /// The invocation began in this stream, or none is open.
    Own,
    /// It may be foreign: an invocation that began before may still be open.
    Doubtful,
    /// Another invocation is open.
    Foreign,
}

impl Started {
    /// Returns whether no invocation is open.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty() && !self.concurrent
    }

    /// Returns how many invocations are open.
    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    /// Notes that the environment serves several invocations at a time.
    pub(super) fn serves_concurrently(&mut self) {
        self.concurrent = true;
    }

    /// Notes a START; at most `most` are kept. Returns its origin: a START inside another invocation is doubtful, a second one of
    /// the same is foreign.
    pub(super) fn start(&mut self, start: Start, timestamp_ms: i64, most: usize) -> IdOrigin {
        let id = start.request_id;
        if self.open.contains_key(&id) || !self.is_in(start.format) {
            return IdOrigin::Foreign;
        }
        if std::mem::take(&mut self.has_excerpt) {
            self.open.retain(|_, open| !open.may_have_ended);
        }
        let origin = if self.concurrent { IdOrigin::Own } else { self.origin(id, timestamp_ms, false) };
        let origin = if origin == IdOrigin::Foreign { IdOrigin::Doubtful } else { origin };
        if self.open.len() >= MOST_OPEN.min(most) {
            self.open.clear();
        }
        let doubtful = origin == IdOrigin::Doubtful;
        self.has_doubtful |= doubtful;
        self.open.insert(id, Open { timestamp_ms, carried: false, doubtful, may_have_ended: false });
        self.format = Some(start.format);
        origin
    }

    /// Returns whether the platform may write the log in this format.
    pub(super) fn is_in(&self, format: PlatformFormat) -> bool {
        self.format.is_none_or(|known| known == format)
    }

    /// Notes a report without all of its fields. A START of another invocation then shows that it was an excerpt.
    pub(super) fn may_have_ended(&mut self, id: InvocationId) {
        if let Some(open) = self.open.get_mut(&id) {
            open.may_have_ended = true;
            self.has_excerpt = true;
        }
    }

    /// Notes an END or REPORT. Returns whether it shows that doubtful lines were foreign.
    pub(super) fn end(&mut self, id: InvocationId) -> bool {
        let Some(open) = self.open.remove(&id) else { return false };
        if self.ended.len() == MOST_ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back((id, open.doubtful));
        if open.doubtful {
            return false;
        }
        self.forget_doubtful() || open.carried
    }

    /// Takes every doubtful invocation for printed. Returns whether there was one.
    pub(super) fn forget_doubtful(&mut self) -> bool {
        if !std::mem::take(&mut self.has_doubtful) {
            return false;
        }
        let known = self.open.len() + self.ended.len();
        self.open.retain(|_, open| !open.doubtful);
        self.ended.retain(|(_, doubtful)| !doubtful);
        known > self.open.len() + self.ended.len()
    }

    /// Takes every doubtful invocation for one of the stream, and the open ones beside them for ended.
    pub(super) fn believe_doubtful(&mut self) {
        self.has_doubtful = false;
        self.open.retain(|_, open| open.doubtful);
        self.open.values_mut().for_each(|open| open.doubtful = false);
        self.ended.iter_mut().for_each(|(_, doubtful)| *doubtful = false);
    }

    /// Returns whether a doubtful invocation has ended with a report in this format: behind END, or in JSON without.
    pub(super) fn is_doubtful_end(&self, id: InvocationId, format: PlatformFormat) -> bool {
        match format {
            PlatformFormat::Text => self.ended.contains(&(id, true)),
            PlatformFormat::Json => self.open.get(&id).is_some_and(|open| open.doubtful),
        }
    }

    /// Returns whether an invocation is open that began in this batch.
    pub(super) fn has_certain(&self) -> bool {
        self.open.values().any(|open| !open.carried && !open.doubtful)
    }

    /// Returns the origin of a line with this id.
    pub(super) fn origin_of_line(&self, id: InvocationId, timestamp_ms: i64) -> IdOrigin {
        self.origin(id, timestamp_ms, true)
    }

    /// `knows_ended`: whether an ended invocation can have more lines. A START is of another invocation.
    fn origin(&self, id: InvocationId, timestamp_ms: i64, knows_ended: bool) -> IdOrigin {
        if let Some(open) = self.open.get(&id) {
            return if open.doubtful { IdOrigin::Doubtful } else { IdOrigin::Own };
        }
        if knows_ended && let Some((_, doubtful)) = self.ended.iter().rev().find(|(ended, _)| *ended == id) {
            return if *doubtful { IdOrigin::Doubtful } else { IdOrigin::Own };
        }
        let mut origin = IdOrigin::Own;
        for open in self.open.values() {
            // Text without times may have a time in some lines.
            let is_stale = open.timestamp_ms > 0 && timestamp_ms.saturating_sub(open.timestamp_ms) > LONGEST_MS;
            match open {
                _ if is_stale => {}
                Open { carried: false, doubtful: false, .. } => return IdOrigin::Foreign,
                _ => origin = IdOrigin::Doubtful,
            }
        }
        origin
    }

    /// Returns whether the invocation began in this stream and is open.
    pub(super) fn is_open(&self, id: InvocationId) -> bool {
        self.open.contains_key(&id)
    }

    /// Returns whether the invocation began in this stream and has ended.
    pub(super) fn has_ended(&self, id: InvocationId) -> bool {
        !self.is_open(id) && self.ended.iter().any(|(ended, _)| *ended == id)
    }

    /// Returns the invocation that ended last.
    pub(super) fn last_ended(&self) -> Option<InvocationId> {
        self.ended.back().map(|(id, _)| *id)
    }

    /// Returns what the next batch needs. A carried invocation beside doubtful ones ended unseen.
    pub(super) fn carry(mut self) -> Self {
        if self.open.values().any(|open| open.doubtful) {
            self.open.retain(|_, open| open.doubtful || !open.carried);
        }
        for open in self.open.values_mut() {
            *open = Open { carried: true, doubtful: false, ..*open };
        }
        self.open.shrink_to_fit();
        self
    }
}
