//! Log events that another tool wrapped in JSON: the text of one among members of the tool's own, at any depth and under any
//! key. Exports of Datadog, Elasticsearch, Google Cloud, Grafana, journald, Loki, New Relic, OpenTelemetry, Splunk and Vector are
//! such.
//!
//! A line of an access log is no wrapper, whatever text of a client it holds, nor is a line of a function in JSON.

use std::borrow::Cow;
use std::cell::Cell;
use std::collections::HashSet;

use serde_json::value::RawValue;
use serde_json::{Map, Value};
use why5xx::decode::{LogEvent, Message};
use why5xx::record::flow::Formats;
use why5xx::record::{access, execution};

use super::brackets::Brackets;
use super::json::{self, Pairwise};
use super::row::{self, Column};
use super::{Event, prefix, shows_function, time};

/// Deepest value that is looked into; our own bound.
const DEEPEST: usize = 8;

/// Most names of fields of an access log beside a text. A line without a status has more, and its text may be a client's.
const MOST_NAMES: u32 = 1;

/// Keys from the outermost object to the text.
pub(super) type Path = Vec<String>;

/// Returns whether an object may hold a log event. It is asked of every line, so it does not parse: nearly all lines are of an access
/// log, and what holds one in a string has a backslash.
pub(super) fn may_be(text: &str) -> bool {
    let is_labelled = || access::is_labelled(&log_event(text));
    match memchr::memchr(b'\\', text.as_bytes()) {
        Some(_) => !(is_labelled() && has_key_twice(text, 0)),
        None => !is_labelled(),
    }
}

/// Returns whether an object, or one in it, has a key twice. No tool writes such a one: in a line of an access log, the second is a client's.
fn has_key_twice(object: &str, depth: usize) -> bool {
    let Ok(Pairwise(pairs)) = serde_json::from_str::<Pairwise<'_>>(object) else { return false };
    let mut keys = HashSet::new();
    pairs.iter().any(|(key, _)| !keys.insert(&**key))
        || depth < DEEPEST && pairs.iter().any(|(_, value)| has_key_twice(value.get(), depth + 1))
}

/// Returns whether an object is a line of an access log, so that nothing in it is a list of log events, a batch or the text of one: a client
/// may have put it there. The rows of a query begin with a key of CloudWatch's, or have the fields of their message beside it.
pub(super) fn is_own_record(object: &str) -> bool {
    /// Keys of a record of failed deliveries, which has the status of the invocation.
    const OF_DELIVERIES: [&str; 2] = ["responseContext", "responsePayload"];
    /// Fewest names of fields beside a text; a query may have a status there.
    const FEWEST_NAMES: usize = 2;
    if !object.starts_with('{') {
        return false;
    }
    let Ok(Pairwise(pairs)) = serde_json::from_str::<Pairwise<'_>>(object) else { return false };
    if pairs.first().is_some_and(|(key, _)| key.starts_with('@')) {
        return false;
    }
    if access::is_labelled(&log_event(object)) && has_key_twice(object, 0) {
        return true;
    }
    let is_text = |key: &str| key.starts_with('@') || row::column(key) == Some(Column::Message);
    let (texts, others): (Vec<_>, Vec<_>) = pairs.into_iter().partition(|(key, _)| is_text(key));
    let has_names = || others.iter().filter(|(key, _)| access::is_name(key)).count() >= FEWEST_NAMES;
    if !texts.is_empty() && !has_names() {
        return false;
    }
    let outer: Map<String, Value> = others
        .iter()
        .filter(|(key, _)| !OF_DELIVERIES.contains(&&**key))
        .filter_map(|(key, value)| Some((key.to_string(), serde_json::from_str(value.get()).ok()?)))
        .collect();
    let holds_fields = |(_, text): &(Cow<'_, str>, &RawValue)| {
        let inner = serde_json::from_str::<String>(text.get()).ok().and_then(|text| inner_object(&text));
        inner.is_some_and(|inner| {
            holds_all(&outer, &inner) && is_of_access_log(&Value::Object(inner.clone()).to_string())
                || outer.iter().all(|(key, value)| inner.get(key) == Some(value))
        })
    };
    if texts.iter().any(holds_fields) {
        return false;
    }
    let has_key_of_query = texts.iter().any(|(key, _)| key.starts_with('@'));
    // The answer of an API may have a status deep within.
    let is_plain = |(_, value): &(&String, &Value)| !value.is_object() && !value.is_array();
    let plain = || outer.iter().filter(is_plain).map(|(key, value)| (key.clone(), value.clone())).collect();
    has_key_of_query
        || is_of_access_log(&own(&Value::Object(plain())).to_string())
        || access::line(&own(&Value::Object(outer.clone())).to_string()).is_some()
}

/// Returns where an object holds a text that is a line of a log; None if it holds none, or different ones.
pub(super) fn path_of_message(object: &Map<String, Value>) -> Option<Path> {
    let is_wrapper = |text: &str| inner_object(text).is_some_and(|inner| path_unless(&inner, &|_| false).is_some());
    path_unless(object, &is_wrapper)
}

/// Returns the same, but for texts of which `is_other` holds.
fn path_unless(object: &Map<String, Value>, is_other: &dyn Fn(&str) -> bool) -> Option<Path> {
    let mut found: Vec<(Path, String)> = Vec::new();
    each_member(object, &mut Vec::new(), &mut |path, key, value| {
        let is_of_a_log = |text: &&str| is_line_of_a_log(text) || whole_record(text).is_some();
        let is_one = |text: &&str| is_of_a_log(text) && !json::holds_log(text) && !is_other(text);
        if let Some(text) = value.as_str().filter(is_one) {
            found.push(([path, &[key.to_owned()]].concat(), text.trim().to_owned()));
        }
    });
    // A text that is a record as a whole is the log event, whatever else looks like a line of some log.
    if found.iter().any(|(_, text)| whole_record(text).is_some()) {
        found.retain(|(_, text)| whole_record(text).is_some());
    }
    let are_same = found.windows(2).all(|pair| pair[0].1 == pair[1].1);
    let path = found.into_iter().next().filter(|_| are_same).map(|(path, _)| path);
    path.filter(|path| event_at(object, path).is_some())
}

/// Returns the log event whose text is at `path`; None if there is no text, or the object may be a line of a log itself.
pub(super) fn event_at(object: &Map<String, Value>, path: &[String]) -> Option<Event> {
    let mut outer = object.clone();
    let (last, objects) = path.split_last()?;
    let holder = objects.iter().try_fold(&mut outer, |object, key| object.get_mut(key)?.as_object_mut())?;
    let Value::String(message) = holder.remove(last)? else { return None };
    let mut event = Event { message, ..Event::default() };
    let (mut is_of_function, mut has_level, mut names, mut other_time_ms) = (false, false, 0, None);
    each_member(&outer, &mut Vec::new(), &mut |_, key, value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name = key.rsplit('.').next().unwrap_or(key);
        names += u32::from(access::is_name(name));
        match row::column(name) {
            Some(Column::Time) if event.timestamp_ms == 0 => event.timestamp_ms = time::of(&text).unwrap_or(0),
            Some(Column::Stream) => event.log_stream = text,
            Some(Column::Group) => event.log_group = prefix::without_account(&text).to_owned(),
            Some(Column::Id) if prefix::is_event_id(&text) => event.id = text,
            _ if ["requestId", "AWSRequestId", "function_request_id"].contains(&name) => is_of_function = true,
            _ => {
                has_level |= name == "level";
                // A time that is written out shows itself.
                if other_time_ms.is_none() && text.contains(':') && text.starts_with(|c: char| c.is_ascii_digit()) {
                    other_time_ms = time::of(&text);
                }
                let group = text.strip_prefix("lambda:").unwrap_or(&text);
                if event.log_group.is_empty() && group.starts_with("/aws/") {
                    event.log_group = group.to_owned();
                }
            }
        }
    });
    let has_time = event.timestamp_ms != 0;
    if !has_time {
        event.timestamp_ms = other_time_ms.unwrap_or(0);
    }
    // A tool may have read the fields of the line, too.
    let is_read_twice = serde_json::from_str(&event.message).is_ok_and(|inner| holds_all(&outer, &inner));
    let has_origin = !event.log_group.is_empty() || !event.log_stream.is_empty();
    let is_of_gateway = || access::line(&event.message).is_some() || is_of_execution_log(&event.message);
    let outer = own(&Value::Object(outer)).to_string();
    // Loggers write a level and an id, too. Of a line without a status of its own, such a record is the only request.
    let record = whole_record(&event.message).map(str::to_owned);
    let may_be_wrapper = if record.is_some() {
        !shows_function(&log_event(&outer))
    } else {
        (has_origin || has_time || is_of_gateway()) && !is_of_function && (has_origin || !has_level)
    };
    let is_wrapper = may_be_wrapper
        && names <= MOST_NAMES
        && !is_of_access_log(&outer)
        && !(last == "payload" && is_of_execution_log(&Value::Object(object.clone()).to_string()));
    event.message = record.unwrap_or(event.message);
    (is_read_twice || is_wrapper).then_some(event)
}

/// Returns the object that a text is.
fn inner_object(text: &str) -> Option<Map<String, Value>> {
    text.starts_with('{').then(|| serde_json::from_str(text).ok()).flatten()
}

/// Returns the log event of an object in a text of this one; None without one, or if the object may be a line of a log itself.
///
/// `{"userData":"{\"text\":\"(id) Execution failed …\"}"}`
pub(super) fn event_in_text(object: &Map<String, Value>) -> Option<Event> {
    let mut inner: Vec<Map<String, Value>> = Vec::new();
    each_member(object, &mut Vec::new(), &mut |_, _, value| {
        inner.extend(value.as_str().and_then(inner_object));
    });
    let outer = own(&Value::Object(object.clone())).to_string();
    let [inner] = &inner[..] else { return None };
    let event = event_at(inner, &path_of_message(inner)?)?;
    (!is_of_access_log(&outer) && !shows_function(&log_event(&outer))).then_some(event)
}

/// Returns whether an object, or one in it, has all members of another one.
fn holds_all(object: &Map<String, Value>, all: &Map<String, Value>) -> bool {
    !all.is_empty() && all.iter().all(|(key, value)| object.get(key) == Some(value))
        || object.values().any(|value| value.as_object().is_some_and(|object| holds_all(object, all)))
}

/// Records in a document of unknown shape.
#[derive(Debug, Default)]
pub(super) struct HeldRecords<'d> {
    /// The document is a line of an access log itself.
    pub(super) is_own: bool,
    /// Lists of records, records under keys of their own, texts that hold a log.
    pub(super) values: Vec<&'d RawValue>,
}

/// Most documents that are strings in one another and are looked into; our own bound. Each is looked into once for each object
/// around it, so that the time of a client's line would grow sevenfold with each.
const MOST_LEVELS: usize = 2;

thread_local! {
    /// How many such documents are being looked into. Who looks may have come through any of the readers of a text.
    static LEVELS: Cell<usize> = const { Cell::new(0) };
}

/// Returns the records in the lists, objects and texts of a document, however deep. Of a line of a log, its texts may be a client's.
pub(super) fn records(document: &str) -> HeldRecords<'_> {
    let levels = LEVELS.get();
    if levels == MOST_LEVELS {
        return HeldRecords::default();
    }
    LEVELS.set(levels + 1);
    let records = records_in(document);
    LEVELS.set(levels);
    records
}

fn records_in(document: &str) -> HeldRecords<'_> {
    let (Ok(Value::Object(object)), Ok(raw)) = (serde_json::from_str(document), serde_json::from_str(document)) else {
        return HeldRecords::default();
    };
    let value = Value::Object(object);
    let outer = own(&value).to_string();
    if is_of_execution_log(document) || shows_function(&log_event(&outer)) {
        return HeldRecords::default();
    }
    let mut records = HeldRecords { is_own: is_of_access_log(&outer), values: Vec::new() };
    // A label alone is no name of an access log: the document may be the answer of an API.
    let texts = match access::line(&outer).is_some() {
        true => RecordTexts::Nowhere,
        false if records.is_own => RecordTexts::LogsAndLines,
        false => RecordTexts::Logs,
    };
    find(raw, texts, 0, &mut records.values);
    // A tool may write the same text twice.
    if !records.values.is_empty() && value.as_object().and_then(path_of_message).is_some() {
        records.values.clear();
    }
    records
}

/// Which texts of a document are records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RecordTexts {
    /// None: the document is a line of an access log by its names.
    Nowhere,
    /// Those with a log in them.
    Logs,
    /// Also lines of a log: nothing but a status says that the document is a line of an access log itself.
    LogsAndLines,
}

/// Collects what [`HeldRecords::values`] holds.
fn find<'d>(raw: &'d RawValue, texts: RecordTexts, depth: usize, found: &mut Vec<&'d RawValue>) {
    let text = raw.get();
    match text.as_bytes().first() {
        _ if depth > DEEPEST => {}
        Some(b'"') => {
            let is_of_log =
                |text: String| json::holds_log(&text) || texts == RecordTexts::LogsAndLines && is_line_of_a_log(&text);
            let holds_log = || serde_json::from_str::<String>(text).is_ok_and(is_of_log);
            found.extend((texts != RecordTexts::Nowhere && holds_log()).then_some(raw));
        }
        Some(b'[') => {
            let elements: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
            match elements.iter().find(|element| is_record(element.get())) {
                Some(pair) if pair.get().starts_with('[') => found.extend(elements),
                Some(_) => found.push(raw),
                None => elements.into_iter().for_each(|element| find(element, texts, depth + 1, found)),
            }
        }
        Some(b'{') => {
            let Ok(Pairwise(members)) = serde_json::from_str::<Pairwise<'_>>(text) else { return };
            let is_group = members.iter().any(|(name, _)| access::is_name(name));
            let values: Vec<&RawValue> = members.into_iter().map(|(_, value)| value).collect();
            let keys_of = |value: &RawValue| serde_json::from_str(value.get()).as_ref().map(keys).unwrap_or_default();
            let mut records = values.iter().filter(|value| is_record(value.get())).map(|value| keys_of(value));
            let of_records = match (records.next(), records.next()) {
                (Some(first), Some(second)) if texts != RecordTexts::Nowhere && !is_group && first == second => {
                    Some(first)
                }
                _ => None,
            };
            for value in values {
                match &of_records {
                    Some(keys) if keys_of(value) == *keys => found.push(value),
                    _ => find(value, texts, depth + 1, found),
                }
            }
        }
        _ => {}
    }
}

/// Returns where the objects of a list hold the text of a log event, as the first one shows it that has one.
pub(super) fn path_in_list(list: &str) -> Option<Path> {
    let elements: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    elements.iter().find_map(|element| path_of_message(&serde_json::from_str(element.get()).ok()?))
}

/// Returns the names of the members of an object; of a text a name that no object has.
fn keys(value: &Value) -> Vec<String> {
    match value {
        Value::Object(object) => object.keys().cloned().collect(),
        Value::String(_) => vec![String::new()],
        _ => Vec::new(),
    }
}

/// Returns whether a value is a record of a log itself: a text, alone or behind its time, or an object with the fields of one.
pub(super) fn is_record(raw: &str) -> bool {
    match serde_json::from_str(raw) {
        Ok(Value::String(text)) => is_line_of_a_log(&text) && !json::holds_log(&text),
        Ok(Value::Array(cells)) => match &cells[..] {
            [Value::String(time), Value::String(text), ..] => time::of(time).is_some() && is_line_of_a_log(text),
            _ => false,
        },
        Ok(Value::Object(object)) => {
            let is_wrapper = path_of_message(&object).is_some();
            let own = own(&Value::Object(object)).to_string();
            is_wrapper || access::line(&own).is_some() || is_of_execution_log(raw) || shows_function(&log_event(&own))
        }
        _ => false,
    }
}

/// Returns whether an object may be a record of a log.
pub(super) fn may_be_record(object: &str) -> bool {
    is_of_access_log(object) || is_record(object)
}

/// Returns whether a text is a line of an access log without its end: an object is open, or a page put dots in place of the rest.
pub(super) fn is_cut_record(text: &str) -> bool {
    let text = text.trim();
    match text.starts_with("{\"") {
        // A client's quote may leave a bracket open in a whole line.
        true => {
            !text.ends_with('}') && Brackets::default().read(text).is_none() && access::is_labelled(&log_event(text))
        }
        false => (text.ends_with("...") || text.ends_with('\u{2026}')) && access::line(text).is_some(),
    }
}

/// Returns whether a text may be a line of an access log.
fn is_of_access_log(text: &str) -> bool {
    access::is_labelled(&log_event(text)) || access::line(text).is_some()
}

/// Returns the object of an access log that a text is, alone or behind a word or two of a forwarder.
///
/// `api: {"requestId":"…","status":"502",…}` → the object
fn whole_record(text: &str) -> Option<&str> {
    /// Our own bound.
    const LONGEST_WORDS_BYTES: usize = 32;
    let (words, record) = text.split_at(text.find('{')?);
    let is_sign = |c: char| c.is_ascii_alphabetic() || matches!(c, ' ' | ':' | '[' | ']' | '(' | ')' | '-' | '_' | '.');
    (words.len() <= LONGEST_WORDS_BYTES && words.chars().all(is_sign) && access::line(record).is_some())
        .then_some(record)
}

/// Returns whether a text is a line of an access log or a flow log, which have nothing of their own before the first field.
pub(super) fn is_bare_record(text: &str) -> bool {
    access::line(text).is_some() || Formats::default().parse("", None, &log_event(text.trim())).is_some()
}

fn is_of_execution_log(text: &str) -> bool {
    execution::parse_of_unknown_kind(&log_event(text)).is_some()
}

fn log_event(text: &str) -> LogEvent<'_> {
    LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(text.as_bytes()) }
}

/// Returns a value without what may hold other records: lists, texts with quotes in them, objects with the same keys. Groups of fields
/// of one record have names of their own.
fn own(value: &Value) -> Value {
    match value {
        Value::Array(_) => Value::Null,
        Value::String(text) if text.contains('"') => Value::Null,
        Value::Object(object) => {
            let mut objects = object.iter().filter(|(_, value)| value.is_object());
            let first = objects.next().map(|(_, value)| keys(value));
            let is_map = first.is_some_and(|first| objects.next().is_some_and(|(_, value)| keys(value) == first))
                && !object.keys().any(|name| access::is_name(name));
            let members = object.iter().filter(|(_, value)| !(is_map && value.is_object()));
            Value::Object(members.map(|(key, value)| (key.clone(), own(value))).collect())
        }
        value => value.clone(),
    }
}

/// Calls `each` for the members of an object and of the objects in it, the outer ones first, with the keys before each.
fn each_member(object: &Map<String, Value>, path: &mut Path, each: &mut dyn FnMut(&[String], &str, &Value)) {
    for (key, value) in object.iter().filter(|(_, value)| !value.is_object() && !value.is_array()) {
        each(path, key, value);
    }
    for (key, value) in object {
        if let Value::Object(inner) = value
            && path.len() < DEEPEST
        {
            path.push(key.clone());
            each_member(inner, path, each);
            path.pop();
        }
    }
}

/// Returns whether a text is certainly a line of one of the logs.
pub(super) fn is_line_of_a_log(text: &str) -> bool {
    let event = log_event(text);
    is_of_execution_log(text)
        || access::line(text).is_some()
        || shows_function(&event)
        || Formats::default().parse("", None, &event).is_some()
}
