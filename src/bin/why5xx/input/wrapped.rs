//! Log events that another tool wrapped in JSON: the text of one among members of the tool's own, at any depth. Exports of
//! Datadog, Elasticsearch, Grafana, Loki, New Relic, OpenTelemetry, Splunk and Vector are such.
//!
//! A line of an access log is no wrapper, whatever text of a client it holds, nor is a line of a function in JSON.

use std::borrow::Cow;

use serde_json::{Map, Value};
use why5xx::decode::{LogEvent, Message};
use why5xx::record::flow::Formats;
use why5xx::record::{access, execution, lambda};

use super::row::{self, Column};
use super::{Event, prefix, time};

/// Deepest value that is looked into; our own bound.
const DEEPEST: usize = 8;

/// Names of the member that holds the text, beside those of columns.
const TEXTS: [&str; 3] = ["_raw", "body", "stringValue"];

/// Keys from the outermost object to the text.
pub(super) type Path = Vec<String>;

/// Whether an object may hold a log event. It is asked of every line, so it does not parse.
pub(super) fn may_be(text: &str) -> bool {
    const KEYS: [&str; 9] = [
        "essage\":",
        "\"_raw\":",
        "\"line\":",
        "\"log\":",
        "\"event\":",
        "\"msg\":",
        "\"body\":",
        "\"text\":",
        "stringValue\":",
    ];
    KEYS.iter().any(|key| memchr::memmem::find(text.as_bytes(), key.as_bytes()).is_some())
}

/// Returns where an object holds a text that is a line of a log; None if it holds none, or more than one.
pub(super) fn path_of_message(object: &Map<String, Value>) -> Option<Path> {
    let mut paths = Vec::new();
    each_member(object, &mut Vec::new(), &mut |path, key, value| {
        let is_text = TEXTS.contains(&key) || row::column(key) == Some(Column::Message);
        if is_text && value.as_str().is_some_and(is_line_of_a_log) {
            paths.push([path, &[key.to_owned()]].concat());
        }
    });
    let path = if paths.len() == 1 { paths.pop() } else { None };
    path.filter(|path| event_at(object, path).is_some())
}

/// Returns the log event whose text is at `path`; None if there is no text, or the object may be a line of a log itself.
pub(super) fn event_at(object: &Map<String, Value>, path: &[String]) -> Option<Event> {
    let mut outer = object.clone();
    let (last, objects) = path.split_last()?;
    let holder = objects.iter().try_fold(&mut outer, |object, key| object.get_mut(key)?.as_object_mut())?;
    let Value::String(message) = holder.remove(last)? else { return None };
    let mut event = Event { message, ..Event::default() };
    let (mut is_of_function, mut has_level) = (false, false);
    each_member(&outer, &mut Vec::new(), &mut |_, key, value| {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name = key.rsplit('.').next().unwrap_or(key);
        match row::column(name) {
            Some(Column::Time) if event.timestamp_ms == 0 => event.timestamp_ms = time::of(&text).unwrap_or(0),
            Some(Column::Stream) => event.log_stream = text,
            Some(Column::Group) => event.log_group = prefix::without_account(&text).to_owned(),
            Some(Column::Id) if prefix::is_event_id(&text) => event.id = text,
            _ if ["requestId", "AWSRequestId", "function_request_id"].contains(&name) => is_of_function = true,
            _ => {
                has_level |= name == "level";
                let group = text.strip_prefix("lambda:").unwrap_or(&text);
                if event.log_group.is_empty() && group.starts_with("/aws/") {
                    event.log_group = group.to_owned();
                }
            }
        }
    });
    let has_origin = !event.log_group.is_empty() || !event.log_stream.is_empty();
    let is_line = is_of_access_log(&Value::Object(outer).to_string());
    let is_wrapper = (has_origin || event.timestamp_ms != 0) && !is_of_function && (has_origin || !has_level);
    (is_wrapper && !is_line).then_some(event)
}

/// Returns the log events in the lists of a document, however deep.
pub(super) fn nested(document: &str) -> Vec<Event> {
    let Ok(value) = serde_json::from_str::<Value>(document) else { return Vec::new() };
    let mut objects = Vec::new();
    let outer = without_lists(&value).to_string();
    if value.is_object() && !is_of_access_log(&outer) {
        in_lists(&value, false, 0, &mut objects);
    }
    let Some(path) = objects.iter().find_map(|object| path_of_message(object)) else { return Vec::new() };
    objects.iter().filter_map(|object| event_at(object, &path)).collect()
}

/// Returns whether a text may be a line of an access log.
fn is_of_access_log(text: &str) -> bool {
    let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(text.as_bytes()) };
    access::is_labelled(&event) || access::line(text).is_some()
}

fn without_lists(value: &Value) -> Value {
    match value {
        Value::Array(_) => Value::Null,
        Value::Object(object) => {
            Value::Object(object.iter().map(|(key, value)| (key.clone(), without_lists(value))).collect())
        }
        value => value.clone(),
    }
}

/// Collects the objects that stand in lists. A pair of a time and a text is one, too.
fn in_lists<'v>(value: &'v Value, is_in_list: bool, depth: usize, objects: &mut Vec<Cow<'v, Map<String, Value>>>) {
    match value {
        _ if depth > DEEPEST => {}
        Value::Array(values) => match &values[..] {
            [Value::String(time), text @ Value::String(_), ..] if time::of(time).is_some() => {
                let pair = [("time".to_owned(), time.clone().into()), ("line".to_owned(), text.clone())];
                objects.push(Cow::Owned(pair.into_iter().collect()));
            }
            values => values.iter().for_each(|value| in_lists(value, true, depth + 1, objects)),
        },
        Value::Object(object) => {
            if is_in_list {
                objects.push(Cow::Borrowed(object));
            }
            object.values().for_each(|value| in_lists(value, false, depth + 1, objects));
        }
        _ => {}
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
fn is_line_of_a_log(text: &str) -> bool {
    let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(text.as_bytes()) };
    execution::parse_of_unknown_kind(&event).is_some()
        || access::line(text).is_some()
        || lambda::shows_function(&event)
        || Formats::default().parse("", None, &event).is_some()
}
