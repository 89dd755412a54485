//! The calls of CloudWatch Logs that reading needs, and their answers.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;
use why5xx::log_kind::LogKind;
use why5xx::signed::between;
use why5xx::signed::client::{AccountClient, Call, CallError};
use why5xx::signed::service::Service;
use why5xx::survey::read::{DESCRIBE_LOG_GROUPS, DESCRIBE_SUBSCRIPTION_FILTERS};

use super::seen::SeenIds;
use crate::input::Part;

pub(super) const FILTER_LOG_EVENTS: Call = Call::Action(Service::Logs, "FilterLogEvents");

/// Most log events that wait to be counted together, and most bytes of them: one page of the largest.
const MOST_PENDING_EVENTS: usize = 10_000;
const MOST_PENDING_BYTES: usize = 8 * 1024 * 1024;

/// A log group to read.
#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    /// Its name.
    pub(super) name: String,
    /// Its name in the output: the ARN, where two of one name are read.
    pub(super) label: String,
    /// Its ARN, where the user named it so: the group may be of another account.
    pub(super) arn: Option<String>,
    /// The account that owns it; empty where that is not known.
    pub(super) owner: String,
    /// The name of our subscription filter, which ends in the kind of log.
    pub(super) filter_name: Option<String>,
    /// The filter pattern; None to read everything.
    pub(super) pattern: Option<String>,
    /// One of many that a prefix stands for.
    pub(super) is_of_prefix: bool,
}

/// Query for the log events of a span, without its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventQuery<'q> {
    pub(super) from_ms: i64,
    pub(super) until_ms: i64,
    pub(super) pattern: Option<&'q str>,
    pub(super) token: Option<&'q str>,
    pub(super) limit: Option<u32>,
}

/// Summary of one page of log events.
#[derive(Debug, Default)]
pub(super) struct PageSummary {
    /// Log events that were not seen before.
    pub(super) log_events: u64,
    pub(super) bytes: u64,
    pub(super) newest_ms: Option<i64>,
    /// The token of the next page; None at the end. An empty page may have one.
    pub(super) token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilteredLogEvents<'a> {
    #[serde(borrow, default)]
    events: Vec<FilteredLogEvent<'a>>,
    next_token: Option<String>,
}

/// A log event, whose texts stay escaped as they are: the decoder of batches reads them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilteredLogEvent<'a> {
    #[serde(borrow)]
    log_stream_name: &'a RawValue,
    #[serde(borrow)]
    event_id: &'a RawValue,
    timestamp: i64,
    #[serde(borrow)]
    message: &'a RawValue,
}

/// Asks for one page of log events, and adds those that were not seen before.
pub(super) fn page(
    client: &mut AccountClient,
    group: &Group,
    question: EventQuery<'_>,
    (seen, pending): (&mut SeenIds, &mut PendingEvents),
) -> Result<PageSummary, CallError> {
    let named = if group.arn.is_some() { "logGroupIdentifier" } else { "logGroupName" };
    let mut body = json!({
        named: group.arn.as_ref().unwrap_or(&group.name),
        "startTime": question.from_ms,
        // The end of the call's span belongs to it.
        "endTime": question.until_ms - 1,
    });
    let more = [
        ("filterPattern", question.pattern.map(Into::into)),
        ("nextToken", question.token.map(Into::into)),
        ("limit", question.limit.map(Into::into)),
    ];
    for (name, value) in more {
        if let Some(value) = value {
            body[name] = value;
        }
    }
    let answer = client.call(FILTER_LOG_EVENTS, &body.to_string())?;
    let unreadable = |error: serde_json::Error| CallError::NoAnswer(format!("a page that cannot be read: {error}"));
    let page: FilteredLogEvents<'_> = serde_json::from_slice(&answer).map_err(unreadable)?;
    let newest_ms = page.events.iter().map(|event| event.timestamp).max();
    let mut log_events = 0;
    for event in page.events.iter().filter(|event| seen.note(event.timestamp, event.event_id.get())) {
        pending.add(event);
        log_events += 1;
    }
    Ok(PageSummary {
        log_events,
        bytes: answer.len() as u64,
        newest_ms,
        token: page.next_token.filter(|token| !token.is_empty()),
    })
}

/// Log events of several pages, by stream. A filtered page may hold a few log events only, and a request that is split over
/// two batches loses what stands in the other one, its status say.
#[derive(Debug, Default)]
pub(super) struct PendingEvents {
    numbers: HashMap<String, usize>,
    /// The name of each stream and its log events, in JSON.
    streams: Vec<(String, String)>,
    log_events: usize,
    bytes: usize,
}

impl PendingEvents {
    fn add(&mut self, event: &FilteredLogEvent<'_>) {
        let stream = event.log_stream_name.get();
        let number = self.numbers.get(stream).copied().unwrap_or(self.streams.len());
        if number == self.streams.len() {
            self.numbers.insert(stream.to_owned(), number);
            self.streams.push((stream.to_owned(), String::new()));
        }
        let events = &mut self.streams[number].1;
        let separator = if events.is_empty() { "" } else { "," };
        let (id, ms, message) = (event.event_id.get(), event.timestamp, event.message.get());
        let before = events.len();
        events.push_str(&format!(r#"{separator}{{"id":{id},"timestamp":{ms},"message":{message}}}"#));
        self.bytes += events.len() - before;
        self.log_events += 1;
    }

    /// Returns whether these are enough to be counted.
    pub(super) fn is_full(&self) -> bool {
        self.log_events >= MOST_PENDING_EVENTS || self.bytes >= MOST_PENDING_BYTES
    }

    /// Makes a batch of the log events of each stream, in their order, and begins again.
    pub(super) fn take(&mut self, group: &Group) -> Vec<Part> {
        let (owner, name, filters) = (json!(group.owner), json!(group.name), json!(Vec::from_iter(&group.filter_name)));
        let document = |(stream, events): (String, String)| {
            format!(
                r#"{{"messageType":"DATA_MESSAGE","owner":{owner},"logGroup":{name},"logStream":{stream},"subscriptionFilters":{filters},"logEvents":[{events}]}}"#
            )
        };
        let streams = std::mem::take(self).streams;
        streams.into_iter().map(|stream| Part::Batch(document(stream).into_bytes())).collect()
    }
}

/// Asks whether the span holds a log event at all. Empty pages are read through.
pub(super) fn has_any(
    client: &mut AccountClient,
    group: &Group,
    from_ms: i64,
    until_ms: i64,
) -> Result<bool, CallError> {
    let mut token: Option<String> = None;
    loop {
        let question = EventQuery { from_ms, until_ms, pattern: None, token: token.as_deref(), limit: Some(1) };
        let page = page(client, group, question, (&mut SeenIds::default(), &mut PendingEvents::default()))?;
        match page.token {
            _ if page.log_events > 0 => return Ok(true),
            None => return Ok(false),
            next => token = next,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LogGroups {
    #[serde(default)]
    log_groups: Vec<GroupToRead>,
    next_token: Option<String>,
}

/// A log group of the account.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct GroupToRead {
    pub(super) log_group_name: String,
    log_group_class: Option<String>,
}

impl GroupToRead {
    /// Returns whether its log events can be read. Those of the Infrequent Access class can only be queried, and of the
    /// Delivery class nothing is kept.
    pub(super) fn is_readable(&self) -> bool {
        self.log_group_class.as_deref().is_none_or(|class| class == "STANDARD")
    }
}

/// Returns the log groups whose names begin with `prefix`.
pub(super) fn log_groups(client: &mut AccountClient, prefix: &str) -> Result<Vec<GroupToRead>, CallError> {
    let (mut groups, mut token) = (Vec::new(), None);
    loop {
        let mut body = json!({ "limit": 50 });
        if !prefix.is_empty() {
            body["logGroupNamePrefix"] = prefix.into();
        }
        if let Some(token) = token {
            body["nextToken"] = serde_json::Value::String(token);
        }
        let answer = client.call(DESCRIBE_LOG_GROUPS, &body.to_string())?;
        let page: LogGroups = serde_json::from_slice(&answer)
            .map_err(|error| CallError::NoAnswer(format!("a list that cannot be read: {error}")))?;
        groups.extend(page.log_groups);
        token = page.next_token;
        if token.is_none() {
            return Ok(groups);
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubscriptionFilters {
    #[serde(default)]
    subscription_filters: Vec<SubscriptionFilter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubscriptionFilter {
    filter_name: String,
}

/// Returns the name of the subscription filter that ends in a kind of log; None without one, or if several disagree.
pub(super) fn kind_filter(client: &mut AccountClient, group: &str) -> Result<Option<(String, LogKind)>, CallError> {
    let answer = client.call(DESCRIBE_SUBSCRIPTION_FILTERS, &json!({ "logGroupName": group }).to_string())?;
    // A group has a few filters, which fit in one answer.
    let filters = serde_json::from_slice::<SubscriptionFilters>(&answer).map(|page| page.subscription_filters);
    let kind = |filter: SubscriptionFilter| {
        let kind = LogKind::parse(filter.filter_name.rsplit_once('/')?.1)?;
        Some((filter.filter_name, kind))
    };
    let mut named = filters.unwrap_or_default().into_iter().filter_map(kind);
    let first = named.next();
    Ok(first.filter(|(_, kind)| named.all(|(_, other)| other == *kind)))
}

/// Returns the ARN and the account of the caller.
pub(crate) fn identity(client: &mut AccountClient) -> Result<(String, String), CallError> {
    let answer = client.call(Call::GetCallerIdentity, "Action=GetCallerIdentity&Version=2011-06-15")?;
    let text = String::from_utf8_lossy(&answer);
    let element = |before, behind| between(&text, before, behind).unwrap_or_default().to_owned();
    Ok((element("<Arn>", "</Arn>"), element("<Account>", "</Account>")))
}
