//! Reads log groups page by page, once or as they grow.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use aws_smithy_http_client::proxy::ProxyConfig;
use indicatif::HumanBytes;
use jiff::Timestamp;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use why5xx::decode::BatchHeader;
use why5xx::log_kind::LogKind;
use why5xx::printable::counted;
use why5xx::record::Source;
use why5xx::settings::{Environment, Settings};
use why5xx::signed::client::{AccountClient, CallError, Patience};
use why5xx::survey::pattern;
use why5xx::survey::read::DESCRIBE_LOG_GROUPS;

use super::credentials::session;
use super::logs::{self, EventQuery, Group, PendingEvents};
use super::seen::SeenIds;
use super::{AccountRequest, EachStep, GroupOutcome, GroupRead, ReadingStep};
use crate::Failed;
use crate::report::complain;
use crate::terminal::printable;
use crate::time::{between, minute};

/// How often new log events are asked for.
const POLL: Duration = Duration::from_secs(10);

/// Overlap of two polls: CloudWatch Logs shows some log events late, under the time when they were logged.
const OVERLAP_MS: i64 = 5 * 60_000;

/// How often a reading begins at the same place again.
const MOST_RESTARTS: u32 = 3;

/// Exit status of a second Ctrl-C, which ends the program at once: that of the shell.
const INTERRUPTED: i32 = 130;

/// The log groups of an account, found and ready to be read.
pub(crate) struct Account {
    client: AccountClient,
    groups: Vec<GroupReading>,
    span_ms: Range<i64>,
    follow: bool,
    /// By how much AWS's clock was ahead when the span was set.
    clock_ahead_ms: i64,
}

/// How far a log group is read.
#[derive(Debug, Default)]
struct GroupReading {
    group: Group,
    left_out: Option<String>,
    pages: u64,
    log_events: u64,
    bytes: u64,
    seen: SeenIds,
    pending: PendingEvents,
    /// The time of the latest log event that was read.
    newest_ms: Option<i64>,
    /// All before this time was read.
    complete_to_ms: Option<i64>,
    /// The span holds log events, though none may have passed the pattern.
    is_not_empty: bool,
    failed: Option<String>,
}

impl Account {
    /// Finds the log groups and says what will be read, and as whom.
    ///
    /// # Errors
    ///
    /// If there are no credentials, no Region or no such log groups.
    pub(crate) fn open(request: &AccountRequest<'_>, settings: &Settings) -> Result<Self, Failed> {
        let session = session(&Environment::of_process(), request.profile, request.region)?;
        let stop = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            flag::register_conditional_shutdown(signal, INTERRUPTED, Arc::clone(&stop))?;
            flag::register(signal, Arc::clone(&stop))?;
        }
        let mut client = AccountClient::new(session, Some(ProxyConfig::from_env()), Patience::ENDLESS, stop, complain)?;
        let (caller, account) = match logs::identity(&mut client) {
            Ok((arn, account)) => (printable(&arn), account),
            Err(CallError::Stopped) => return Err(Failed("stopped by Ctrl-C".to_owned())),
            Err(_) => ("a caller of unknown identity".to_owned(), String::new()),
        };
        let mut groups = Vec::new();
        for name in request.log_groups {
            groups.extend(find(&mut client, name, &account)?);
        }
        // Two accounts may each have a log group of this name.
        let mut names = BTreeMap::new();
        groups.retain(|state| {
            let owners: &mut BTreeSet<_> = names.entry(state.group.name.clone()).or_default();
            owners.insert(state.group.owner.clone())
        });
        for state in &mut groups {
            let Group { name, arn, .. } = &state.group;
            let is_alone = names.get(name).is_none_or(|owners| owners.len() < 2);
            state.group.label = arn.as_ref().filter(|_| !is_alone).unwrap_or(name).clone();
            state.prepare(&mut client, request, settings)?;
        }
        let what = match &groups[..] {
            [state] => printable(&state.group.name),
            groups => counted(groups.len() as u64, "log group"),
        };
        complain(&format!("reading {what} in {} as {caller}", client.session.region));
        let clock_ahead_ms = client.clock_ahead_ms();
        Ok(Self { client, groups, span_ms: request.span_ms.clone(), follow: request.follow, clock_ahead_ms })
    }

    /// Returns by how much AWS's clock is ahead of this one, as far as that is known.
    pub(crate) fn clock_ahead_ms(&self) -> i64 {
        self.clock_ahead_ms
    }

    /// Sets another span.
    pub(crate) fn set_span(&mut self, span_ms: Range<i64>) {
        self.span_ms = span_ms;
    }

    /// Returns the Region that is read.
    pub(crate) fn region(&self) -> &str {
        &self.client.session.region
    }

    /// Reads the log groups, one after the other, and hands over what they hold.
    ///
    /// # Errors
    ///
    /// Those of `each`. What went wrong in a log group is in its result.
    pub(crate) fn read(mut self, each: &mut EachStep<'_>) -> Result<Vec<GroupRead>, Failed> {
        loop {
            let begun = Instant::now();
            let now_ms = Timestamp::now().as_millisecond() + self.clock_ahead_ms + 1;
            let is_stopped = self.poll(now_ms.min(self.span_ms.end), each)?;
            let goes_on = self.follow
                && !is_stopped
                && now_ms < self.span_ms.end
                && self.groups.iter().any(|state| state.failed.is_none());
            if !goes_on || self.client.pause(POLL.saturating_sub(begun.elapsed())).is_err() {
                break;
            }
        }
        complain(&self.summary());
        Ok(self.groups.into_iter().map(GroupReading::end).collect())
    }

    /// Reads every log group up to a time. Returns whether the user stopped it.
    fn poll(&mut self, until_ms: i64, each: &mut EachStep<'_>) -> Result<bool, Failed> {
        let mut is_stopped = false;
        let follow = self.follow;
        for state in self.groups.iter_mut().filter(|state| state.failed.is_none()) {
            let again_from_ms = state.complete_to_ms.map_or(i64::MIN, |ms| ms.saturating_sub(OVERLAP_MS));
            let from_ms = self.span_ms.start.max(again_from_ms);
            let until_ms = until_ms.max(from_ms + 1);
            let read = if is_stopped {
                Err(CallError::Stopped)
            } else {
                state.pass(&mut self.client, from_ms..until_ms, follow, each)?
            };
            state.hand_over(each)?;
            let sentence = |error| self.client.sentence(error, logs::FILTER_LOG_EVENTS, &printable(&state.group.name));
            match read {
                // Times such as `1h` ago were those of the wrong clock.
                Ok(()) if self.client.clock_ahead_ms() != self.clock_ahead_ms => {
                    state.failed =
                        Some("this computer's clock is off, so another span was read: set it first".to_owned());
                }
                Ok(()) => state.complete_to_ms = Some(until_ms),
                Err(CallError::Stopped) => {
                    is_stopped = true;
                    if !follow {
                        state.failed = Some(format!("stopped by Ctrl-C{}", state.read_up_to()));
                    }
                }
                // The next poll begins where this one did.
                Err(error @ CallError::NoAnswer(_)) if follow => {
                    complain(&format!("{}; trying again", sentence(&error)))
                }
                Err(error) => {
                    let why = format!("{}{}", sentence(&error), state.read_up_to());
                    if follow {
                        complain(&format!("{} is not followed any more: {why}", printable(&state.group.label)));
                    }
                    state.failed = Some(why);
                }
            }
        }
        Ok(is_stopped)
    }

    /// Says how much was read, and of which time all of it.
    fn summary(&self) -> String {
        let sum = |of: fn(&GroupReading) -> u64| self.groups.iter().map(of).sum::<u64>();
        let (log_events, pages) = (sum(|state| state.log_events), sum(|state| state.pages));
        let whole = self.groups.iter().filter(|state| state.failed.is_none()).map(|state| state.complete_to_ms);
        let complete_to_ms = whole.min().flatten();
        let broken = self.groups.iter().filter(|state| state.failed.is_some()).count();
        let complete = match complete_to_ms.and_then(|ms| between(self.span_ms.start, ms - 1)) {
            Some(times) if broken == 0 => format!("complete {times} UTC"),
            _ => "not complete".to_owned(),
        };
        format!(
            "read {} in {} ({}); {complete}",
            counted(log_events, "log event"),
            counted(pages, "page"),
            HumanBytes(sum(|state| state.bytes))
        )
    }
}

/// Returns the log groups that a name stands for.
fn find(client: &mut AccountClient, name: &str, account: &str) -> Result<Vec<GroupReading>, Failed> {
    let state = |group| GroupReading { group, ..GroupReading::default() };
    // An ARN may end in `:*`.
    if let Some(prefix) = name.strip_suffix('*').filter(|_| !name.starts_with("arn:")) {
        let found = logs::log_groups(client, prefix)
            .map_err(|error| Failed(client.sentence(&error, DESCRIBE_LOG_GROUPS, "the log groups of the account")))?;
        if found.is_empty() {
            let region = &client.session.region;
            return Err(Failed(format!("no log group of {region} begins with {}", printable(prefix))));
        }
        let class = "not of the Standard class, so its log events can only be queried, in Logs Insights";
        let each = |found: logs::GroupToRead| GroupReading {
            failed: (!found.is_readable()).then(|| class.to_owned()),
            ..state(Group {
                name: found.log_group_name,
                owner: account.to_owned(),
                is_of_prefix: true,
                ..Group::default()
            })
        };
        return Ok(found.into_iter().map(each).collect());
    }
    // arn:aws:logs:REGION:ACCOUNT:log-group:NAME, and `:*` in some places.
    let of_arn = name.starts_with("arn:").then(|| name.splitn(7, ':').collect::<Vec<_>>());
    let group = match of_arn.as_deref() {
        Some([_, _, _, _, owner, _, rest]) => Group {
            name: rest.trim_end_matches(":*").to_owned(),
            owner: (*owner).to_owned(),
            arn: Some(name.trim_end_matches(":*").to_owned()),
            ..Group::default()
        },
        _ => Group { name: name.to_owned(), owner: account.to_owned(), ..Group::default() },
    };
    Ok(vec![state(group)])
}

impl GroupReading {
    /// Decides on the kind of log and the filter pattern.
    fn prepare(
        &mut self,
        client: &mut AccountClient,
        request: &AccountRequest<'_>,
        settings: &Settings,
    ) -> Result<(), Failed> {
        if self.failed.is_some() {
            return Ok(());
        }
        let header = BatchHeader { log_group: self.group.name.clone(), ..BatchHeader::default() };
        let mut kind = request.kind.or_else(|| Source::from_header(&header, settings).kind);
        if kind.is_none() && self.group.arn.is_none() {
            match logs::kind_filter(client, &self.group.name) {
                Ok(Some((name, of_filter))) => (self.group.filter_name, kind) = (Some(name), Some(of_filter)),
                Err(CallError::Stopped) => return Err(Failed("stopped by Ctrl-C".to_owned())),
                // What is denied here is not needed, and what is denied everywhere is reported when log events are read.
                Ok(None) | Err(_) => {}
            }
        }
        (self.group.pattern, self.left_out) = match (request.filter, kind) {
            (Some("all"), _) => (None, None),
            (Some(pattern), _) => (Some(pattern.to_owned()), Some("what --filter leaves out was not read".to_owned())),
            (None, Some(kind)) => of_kind(kind),
            (None, None) => {
                let name = printable(&self.group.name);
                complain(&format!("{name}: nothing shows its kind of log, so everything is read; --kind names it"));
                (None, None)
            }
        };
        Ok(())
    }

    /// Reads a span from its first page to its last.
    fn pass(
        &mut self,
        client: &mut AccountClient,
        span_ms: Range<i64>,
        follow: bool,
        each: &mut EachStep<'_>,
    ) -> Result<Result<(), CallError>, Failed> {
        let mut from_ms = span_ms.start;
        let mut token: Option<String> = None;
        let mut newest_ms = span_ms.start;
        let mut restarts = 0;
        loop {
            let question = EventQuery {
                from_ms,
                until_ms: span_ms.end,
                pattern: self.group.pattern.as_deref(),
                token: token.as_deref(),
                limit: None,
            };
            let page = match logs::page(client, &self.group, question, (&mut self.seen, &mut self.pending)) {
                Ok(page) => page,
                // A token lives for a day. Log events come in the order of their times, so nothing before the last is missed.
                // After empty pages alone, the reading begins again at the same place.
                Err(error) if token.is_some() && is_expired_token(&error) && restarts < MOST_RESTARTS => {
                    restarts = if from_ms < newest_ms { 0 } else { restarts + 1 };
                    (from_ms, token) = (newest_ms, None);
                    continue;
                }
                Err(error) => return Ok(Err(error)),
            };
            self.pages += 1;
            self.log_events += page.log_events;
            self.bytes += page.bytes;
            newest_ms = newest_ms.max(page.newest_ms.unwrap_or(i64::MIN));
            self.newest_ms = self.newest_ms.max(page.newest_ms);
            if self.pending.is_full() {
                self.hand_over(each)?;
            }
            let kept_from_ms = if follow { newest_ms.min(span_ms.end - OVERLAP_MS) } else { newest_ms };
            self.seen.forget_before(kept_from_ms);
            each(ReadingStep::Progress(self.progress()))?;
            token = page.token;
            if token.is_none() {
                break;
            }
        }
        if self.log_events == 0 && !self.is_not_empty && self.group.pattern.is_some() {
            match logs::has_any(client, &self.group, span_ms.start, span_ms.end) {
                Ok(any) => self.is_not_empty = any,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(()))
    }

    /// Hands over the log events that wait.
    fn hand_over(&mut self, each: &mut EachStep<'_>) -> Result<(), Failed> {
        for part in self.pending.take(&self.group) {
            each(ReadingStep::Part { log_group: &self.group.label, part })?;
        }
        Ok(())
    }

    fn progress(&self) -> String {
        let far = self.newest_ms.map_or(String::new(), |ms| format!(", up to {} UTC", minute(ms)));
        format!(
            "{}: {}, {}, {}{far}",
            printable(&self.group.name),
            counted(self.pages, "page"),
            counted(self.log_events, "log event"),
            HumanBytes(self.bytes)
        )
    }

    /// Says how far a group was read that was not read to its end.
    fn read_up_to(&self) -> String {
        self.newest_ms.map_or("; nothing of it was read".to_owned(), |ms| format!("; read up to {} UTC", minute(ms)))
    }

    fn end(self) -> GroupRead {
        let outcome = match self.failed {
            Some(why) => GroupOutcome::Failed(why),
            None if self.log_events > 0 => GroupOutcome::Read,
            None if self.is_not_empty => GroupOutcome::NonePassed,
            None => GroupOutcome::Empty,
        };
        let Group { label, is_of_prefix, .. } = self.group;
        GroupRead { log_group: label, outcome, is_of_prefix, left_out: self.left_out }
    }
}

/// The default pattern of a kind of log, and what it leaves out.
fn of_kind(kind: LogKind) -> (Option<String>, Option<String>) {
    let pattern = pattern::default_pattern(kind);
    let left_out = pattern.is_some().then(|| {
        format!("the filter pattern of {}s leaves out {}; --filter all reads them", kind.name(), kind.behind_pattern())
    });
    (pattern, left_out)
}

/// Returns whether a page token is too old: it is then that the call is refused for its token.
fn is_expired_token(error: &CallError) -> bool {
    matches!(error, CallError::Refused { code, message }
        if code == "InvalidParameterException" && message.to_lowercase().contains("token"))
}
