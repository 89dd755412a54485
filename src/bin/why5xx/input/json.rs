//! JSON inputs: documents that hold batches ([`envelope`] knows them), and log events in arrays and lines.

use std::borrow::Cow;
use std::cell::LazyCell;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use why5xx::envelope::{self, Batch};
use why5xx::record::access;

use super::order::Sorted;
use super::row::{self, Column, Pairs};
use super::{Event, InputError, Part, declared, prefix, runtime, text, time, wrapped};

/// Keys of lists of log events: `filter-log-events` and `get-log-events`, `get-query-results`, a live tail.
const LISTS: [&str; 3] = ["events", "results", "sessionResults"];

/// Keys of objects around such a list.
const AROUND: [&str; 1] = ["sessionUpdate"];

/// The first words of the log in the output of `aws apigateway test-invoke-method`.
const TEST_LOG: &str = "Execution log for request";

/// The key of the log in the output of `aws lambda invoke --log-type Tail`: its last 4 KB in base64.
const INVOKE_LOG: &str = "LogResult";

/// How a JSON input is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// Documents of CloudWatch Logs, or of a source around it: each is read whole.
    Documents,
    /// Lists of log events, of any length.
    Lists,
    /// One value on each line, or text that only begins like JSON.
    Lines,
}

/// How an input that begins with a bracket or a quote is read.
pub(super) fn layout(start: &str, is_whole: bool) -> Layout {
    if !start.starts_with(['{', '[', '"']) {
        return Layout::Lines;
    }
    let first = serde_json::Deserializer::from_str(start).into_iter::<&RawValue>().next();
    let (first, is_valid) = match first {
        Some(Ok(value)) => (value.get(), true),
        // Cut off, by us or by whoever made it.
        Some(Err(error)) if error.is_eof() => (start, false),
        _ => return Layout::Lines,
    };
    let is_record = is_valid && wrapped::is_own_record(first);
    if first.starts_with('{') && !is_record && envelope::may_hold_batches(first, !is_valid) {
        return Layout::Documents;
    }
    let keys = top_level_keys(first);
    let has_key = |key: &str| keys.iter().any(|known| known == key);
    if (has_key("log") && first.contains(TEST_LOG) || has_key(INVOKE_LOG)) && is_valid {
        return Layout::Documents;
    }
    if first.starts_with('{') && !is_record && LISTS.iter().chain(&AROUND).any(|key| has_key(key)) {
        return Layout::Lists;
    }
    if is_whole && is_valid && holds_records(first) && is_all_json(&start[first.len()..]) {
        return Layout::Documents;
    }
    let is_on_one_line = !first.contains('\n');
    if is_whole && !(is_valid && is_all_json(start)) {
        return Layout::Lines;
    }
    if begins_with_lines(start) {
        return Layout::Lines;
    }
    match first.as_bytes()[0] {
        // One object a line, or the messages themselves over several lines.
        b'{' if is_on_one_line || !(is_valid && is_event(first)) => Layout::Lines,
        b'[' if is_on_one_line && is_valid && start[first.len()..].trim_start().starts_with('[') => Layout::Lines,
        b'{' | b'[' => Layout::Lists,
        _ => Layout::Lines,
    }
}

/// Returns whether a document of unknown shape holds records of a log, and is not a record itself.
fn holds_records(document: &str) -> bool {
    let records = wrapped::records(document);
    !records.is_own && !records.values.is_empty()
}

/// Returns whether a text holds a log: it is a document of a known kind, or two of its lines are of a log.
pub(super) fn holds_log(text: &str) -> bool {
    let text = text.trim();
    let holds_record = || {
        let elements: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
        elements.iter().any(|element| wrapped::is_record(element.get()) || is_event(element.get()))
    };
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str::<String>(text).is_ok_and(|text| holds_log(&text)),
        // What has a status of its own is reported where it is read.
        Some(b'{') if layout(text, true) != Layout::Lines || !wrapped::records(text).values.is_empty() => true,
        Some(b'[') if holds_record() => true,
        _ => {
            let are_of_log = |line: &&str| wrapped::is_line_of_a_log(prefix::strip(line).message);
            text.lines().filter(are_of_log).take(2).count() > 1
        }
    }
}

/// Returns whether a document breaks off within a list of objects, or has an error there. In lines of JSON a client may have
/// broken the first one.
pub(super) fn is_broken(start: &str) -> bool {
    let Err(error) = IgnoredAny::deserialize(&mut serde_json::Deserializer::from_str(start)) else { return false };
    let before: usize = start.split_inclusive('\n').take(error.line() - 1).map(str::len).sum();
    let (mut open, mut in_string, mut is_escaped) = (0_usize, false, false);
    for byte in start.bytes().take((before + error.column()).saturating_sub(1)) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = in_string,
            b'"' => in_string = !in_string,
            b'[' if !in_string => open += 1,
            b']' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
    }
    let mut lines = start.lines();
    let is_whole_line = lines.next().is_some_and(|line| line.trim_end().ends_with('}'));
    start.starts_with('{') && open > 0 && !(is_whole_line && lines.any(|line| line.starts_with("{\"")))
}

/// Returns whether a text is a list of which each element is a line. A line of an access log may hold what looks like another
/// element, so it must stay whole.
///
/// `[\n{"a":1},\n{"b":2}\n]` → true
fn begins_with_lines(start: &str) -> bool {
    let Some(rest) = start.strip_prefix('[') else { return false };
    let mut lines = rest.lines().map(|line| line.trim().trim_matches(',').trim_end()).filter(|line| !line.is_empty());
    let is_object = |line: &str| line.starts_with('{') && line.ends_with('}') && line.len() > 2;
    lines.next().is_some_and(is_object)
        && lines.next().is_some_and(|line| is_object(line.trim_end_matches(']').trim_end()) || line == "]")
}

/// Returns the name of a known document that is no log; None for any other. By its status alone some look like a line of an access log.
pub(super) fn of_another_kind(start: &str, is_whole: bool) -> Option<&'static str> {
    if !start.starts_with('{') {
        return None;
    }
    let mut last = start;
    if is_whole {
        let values: Result<Vec<&RawValue>, _> = serde_json::Deserializer::from_str(start).into_iter().collect();
        let values = values.ok()?;
        // The answer of the function may stand before that of the CLI.
        let is_invoke = |value: &RawValue| is_answer_of_invoke(&top_level_keys(value.get()));
        if values.len() > 2 || values.len() == 2 && !values.last().is_some_and(|last| is_invoke(last)) {
            return None;
        }
        last = values.last()?.get();
    }
    let keys = top_level_keys(last);
    let has = |key: &str| keys.iter().any(|known| known == key);
    if is_answer_of_invoke(&keys) {
        Some(if has("FunctionError") {
            "the answer of `aws lambda invoke`: the function failed (FunctionError); add --log-type Tail, or read its log group"
        } else {
            "the answer of `aws lambda invoke`: add --log-type Tail, or read the log group of the function"
        })
    } else if has("log") && keys.len() == 1 && last.contains("\"entries\"") {
        Some("a recording of a browser (HAR)")
    } else if has("AWSTemplateFormatVersion") || has("Resources") && last.contains("\"Type\"") {
        Some("a template of CloudFormation")
    } else if has("ResultSet") {
        Some("an answer of `aws athena get-query-results`: download the results as CSV")
    } else if has("openapi") || has("swagger") {
        Some("the definition of an API (OpenAPI)")
    } else if has("responseTemplates") || has("items") && last.contains("\"responseTemplates\"") {
        Some("an answer of `aws apigateway`")
    } else {
        None
    }
}

/// Returns whether a document is a table of pandas of which the names of the columns and the rows are apart, or each column is an object.
pub(super) fn is_by_columns(document: &str, is_whole: bool) -> bool {
    let keys = if document.starts_with('{') { top_level_keys(document) } else { Vec::new() };
    let is_split = keys.iter().all(|key| ["columns", "index", "data"].contains(&key.as_str()));
    if is_split && keys.len() == 3 {
        return true;
    }
    let is_column = |column: &serde_json::Value| {
        let cells = column.as_object();
        cells.is_some_and(|cells| {
            cells.contains_key("0") && !cells.values().any(|cell| cell.is_object() || cell.is_array())
        })
    };
    let columns: serde_json::Map<String, serde_json::Value> = if is_whole && keys.len() > 1 {
        serde_json::from_str(document).unwrap_or_default()
    } else {
        Default::default()
    };
    columns.len() > 1 && columns.values().all(is_column)
}

/// Returns whether the first object of a document is a row of a query's statistics: numbers of log events, and none of them.
///
/// `[{"status":"502","count(*)":"12"}]` → true
pub(super) fn is_statistics(start: &str) -> bool {
    /// Source: CloudWatch Logs Insights query syntax, "stats".
    const FUNCTIONS: [&str; 11] = [
        "avg(",
        "count(",
        "count_distinct(",
        "earliest(",
        "latest(",
        "max(",
        "min(",
        "pct(",
        "stddev(",
        "sum(",
        "bin(",
    ];
    let object = start.trim_start_matches(|c: char| c == '[' || c.is_whitespace());
    let is_function = |key: &String| key.ends_with(')') && FUNCTIONS.iter().any(|name| key.starts_with(name));
    object.starts_with('{') && top_level_keys(object).iter().any(is_function)
}

/// Whether these are the keys of what `aws lambda invoke` prints, without the log.
fn is_answer_of_invoke(keys: &[String]) -> bool {
    let has = |key: &str| keys.iter().any(|known| known == key);
    has("StatusCode") && (has("ExecutedVersion") || has("FunctionError")) && !has(INVOKE_LOG)
}

/// Whether a text is values of JSON and nothing else.
fn is_all_json(text: &str) -> bool {
    serde_json::Deserializer::from_str(text).into_iter::<&RawValue>().all(|value| value.is_ok())
}

/// The keys of the outermost object, as far as it goes.
fn top_level_keys(text: &str) -> Vec<String> {
    struct Keys<'k>(&'k mut Vec<String>);
    impl<'de> Visitor<'de> for Keys<'_> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<String>()? {
                self.0.push(key);
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }
    let mut keys = Vec::new();
    // Where it is cut off, the keys before that are enough.
    let _ = serde_json::Deserializer::from_str(text).deserialize_map(Keys(&mut keys));
    keys
}

/// Hands over the parts of all documents, each of which is read whole.
pub(super) fn documents(input: impl Read, sink: &mut Sorted<'_>) -> Result<(), InputError> {
    for document in serde_json::Deserializer::from_reader(input).into_iter::<Box<RawValue>>() {
        let raw = document.map_err(|error| broken("a document of CloudWatch Logs", error))?;
        if !document_parts(&repaired(raw.get()), sink)? {
            return Err(unknown());
        }
    }
    Ok(())
}

fn unknown() -> InputError {
    InputError::UnknownDocument
}

fn broken(kind: &'static str, error: serde_json::Error) -> InputError {
    match (error.line(), error.column()) {
        _ if error.is_io() => InputError::Read(error.into()),
        (line, column) => InputError::Json { kind, line, column },
    }
}

/// The parts of one document. False where its kind is not known.
fn document_parts(text: &str, sink: &mut Sorted<'_>) -> Result<bool, InputError> {
    if held_batches(text, sink) {
        return Ok(true);
    }
    let Ok(keys) = serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(text) else { return Ok(false) };
    if let Some(log) = keys.get("log").and_then(|log| serde_json::from_str::<String>(log.get()).ok())
        && log.contains(TEST_LOG)
    {
        text::read(log.as_bytes(), sink)?;
    } else if let Some(log) = keys.get(INVOKE_LOG).and_then(|log| serde_json::from_str::<String>(log.get()).ok()) {
        let log = STANDARD.decode(log).map_err(|_| unknown())?;
        text::read(&log[..], sink)?;
    } else if LISTS.iter().any(|list| keys.contains_key(*list)) {
        element(text, sink);
    } else {
        return held_records(text, sink);
    }
    Ok(true)
}

/// Hands over the records of a document of unknown shape. False where it holds none, or is one itself.
fn held_records(text: &str, sink: &mut Sorted<'_>) -> Result<bool, InputError> {
    let wrapped::HeldRecords { is_own, values } = wrapped::records(text);
    if is_own && !values.is_empty() {
        sink.summary.unread(0, super::UNREAD_JSON);
    }
    if is_own || values.is_empty() {
        return Ok(false);
    }
    for value in values {
        let text = string(value.get());
        if value.get().starts_with('"') && holds_log(&text) {
            super::read_within(&text, sink)?;
        } else {
            sink.path_of_message = wrapped::path_in_list(value.get()).or(sink.path_of_message.take());
            element(value.get(), sink);
        }
    }
    Ok(true)
}

/// Hands over the batches that a text holds. False where it is of no kind that holds any.
pub(super) fn held_batches(text: &str, sink: &mut Sorted<'_>) -> bool {
    envelope::batches(text, &mut |batch| match batch {
        Ok(Batch::SubscriptionEvent(event)) => sink.part(Part::SubscriptionEvent(event.as_bytes().to_vec())),
        Ok(Batch::Data(data)) => sink.part(Part::Data(data.as_bytes().to_vec())),
        Ok(Batch::Document(document)) => sink.part(Part::Batch(document.as_bytes().to_vec())),
        Err(error) => sink.lacks_batch(error),
    })
}

/// Reads lists of log events without holding more than one event.
pub(super) fn lists(input: impl Read, sink: &mut Sorted<'_>) -> Result<(), InputError> {
    let mut documents = serde_json::Deserializer::from_reader(input);
    while documents.end().is_err() {
        documents
            .deserialize_any(Node { sink: &mut *sink })
            .map_err(|error| broken("the output of aws logs", error))?;
    }
    Ok(())
}

/// A document, or a list within one.
struct Node<'n, 'e> {
    sink: &'n mut Sorted<'e>,
}

impl<'de> DeserializeSeed<'de> for Node<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("log events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(raw) = list.next_element::<Box<RawValue>>()? {
            element(raw.get(), self.sink);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        // An object without a list is a log event, or the message of one.
        let mut has_list = false;
        let mut object = String::from("{");
        let mut is_incomplete = None;
        while let Some(key) = map.next_key::<String>()? {
            if LISTS.contains(&key.as_str()) || AROUND.contains(&key.as_str()) {
                if key == "results" {
                    self.sink.is_download();
                }
                has_list = true;
                map.next_value_seed(Node { sink: &mut *self.sink })?;
            } else if has_list {
                let value = map.next_value::<Box<RawValue>>()?;
                is_incomplete = incomplete(&key, value.get()).or(is_incomplete);
            } else {
                let value = map.next_value::<Box<RawValue>>()?;
                is_incomplete = incomplete(&key, value.get()).or(is_incomplete);
                let separator = if object.len() > 1 { "," } else { "" };
                object.push_str(&format!("{separator}{}:{}", serde_json::Value::from(key), value.get()));
            }
        }
        if !has_list && object.len() > 1 {
            object.push('}');
            element(&object, self.sink);
        }
        if has_list {
            // The last page says so.
            self.sink.summary.incomplete = is_incomplete;
        }
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
}

/// Returns why an answer with such a member is not the whole log, if so: the query runs on, or there are more pages.
fn incomplete(key: &str, value: &str) -> Option<&'static str> {
    match key {
        "nextToken" | "NextToken" => value.starts_with('"').then_some("there are more pages (nextToken)"),
        "status" => match value {
            "\"Running\"" | "\"Scheduled\"" => Some("the query still ran; ask for its results again"),
            "\"Failed\"" | "\"Cancelled\"" | "\"Timeout\"" => Some("the query did not end; start it again"),
            _ => None,
        },
        _ => None,
    }
}

/// Takes the log events of one value: an event, a message, a row of a query, a list of such.
pub(super) fn element(raw: &str, sink: &mut Sorted<'_>) {
    let raw = repaired(raw);
    let text = raw.trim();
    match text.as_bytes().first() {
        Some(b'{') => object(text, sink),
        Some(b'[') => list(text, sink),
        Some(b'"') => {
            let message = string(text);
            if message.starts_with('{') && !is_own(&message, sink) {
                // The bodies of messages of a queue.
                if held_batches(&message, sink) {
                    return;
                }
                // `--query 'events[].to_string(@)'`
                if is_event_of_cli(&message) {
                    return object(&message, sink);
                }
            }
            // One of several texts: which of its line breaks a client wrote cannot be seen.
            if message.trim_end().contains('\n') && holds_log(&runtime::without_lines_of_report(&message)) {
                sink.summary.unread(0, super::UNREAD_JSON);
            }
            sink.event(Event { message, ..Event::default() });
        }
        // `null` and numbers say nothing.
        _ => {}
    }
}

fn object(text: &str, sink: &mut Sorted<'_>) {
    let message = |sink: &mut Sorted<'_>, timestamp_ms| {
        sink.event(Event { timestamp_ms, message: text.to_owned(), ..Event::default() });
    };
    let Ok(Pairwise(pairs)) = serde_json::from_str::<Pairwise<'_>>(text) else { return message(sink, 0) };
    if is_declared(text, sink) {
        return message(sink, 0);
    }
    let is_record = LazyCell::new(|| wrapped::is_own_record(text));
    if let Some((key, list)) = pairs.iter().find(|(key, value)| LISTS.contains(&&**key) && value.get().starts_with('['))
        && !*is_record
    {
        if key == "results" {
            sink.is_download();
        }
        sink.summary.incomplete = pairs.iter().find_map(|(key, value)| incomplete(key, value.get()));
        return self::list(list.get(), sink);
    }
    let columns: Vec<Option<Column>> = pairs.iter().map(|(key, _)| row::column(key)).collect();
    let is_message = |column: &Option<Column>| *column == Some(Column::Message);
    if !columns.iter().any(is_message)
        && let Some(event) = renamed_event(&pairs, true)
    {
        return sink.event(event);
    }
    let column = |wanted| {
        let at = columns.iter().position(|column| *column == Some(wanted))?;
        Some(string(pairs[at].1.get()))
    };
    let timestamp_ms = column(Column::Time).and_then(|time| time::of(&time)).unwrap_or(0);
    // A text that a database put its type around.
    if pairs.iter().any(|(key, value)| row::column(key) == Some(Column::Message) && value.get().starts_with("{\"S\""))
        && let Some(event) = wrapped_event(text, sink)
    {
        return sink.event(event);
    }
    // Another key is one of the message itself, such as a level of a function's log in JSON.
    if !columns.iter().any(is_message) || columns.contains(&None) {
        if !*is_record && held_batches(text, sink) {
            return;
        }
        if let Some(event) = wrapped_event(text, sink) {
            return sink.event(event);
        }
        match held_records(text, sink) {
            Ok(false) => {}
            Ok(true) => return,
            Err(_) => return sink.summary.unread(0, super::UNREAD_JSON),
        }
        let has_at = pairs.iter().any(|(key, _)| key.starts_with('@')) && !*is_record;
        if has_at {
            sink.is_download();
            if row::lacks_message(pairs.iter().map(|(key, _)| &**key)) {
                sink.summary.lacks_messages = true;
                return;
            }
        }
        return message(sink, if has_at { timestamp_ms } else { 0 });
    }
    if pairs.iter().any(|(key, _)| key == "@message") {
        sink.is_download();
    }
    sink.summary.is_of_cloudwatch |= pairs.iter().any(|(key, _)| matches!(&**key, "ingestionTime" | "@message"));
    let outer = Event {
        id: column(Column::Id).filter(|id| prefix::is_event_id(id)).unwrap_or_default(),
        timestamp_ms,
        log_group: column(Column::Group).map(|group| prefix::without_account(&group).to_owned()).unwrap_or_default(),
        log_stream: column(Column::Stream).unwrap_or_default(),
        message: column(Column::Message).unwrap_or_default(),
        ..Event::default()
    };
    let is_message = is_own(&outer.message, sink) || prefix::is_stream(&outer.log_stream);
    let event = if is_message { None } else { within(&outer) };
    sink.event(event.unwrap_or(outer));
}

/// Returns whether a text is a message, whatever it looks like: a line of an access log, in which a client may have put anything, or what a
/// function prints between the lines of Lambda about its invocation.
fn is_own(text: &str, sink: &Sorted<'_>) -> bool {
    sink.is_within_invocation() || is_declared(text, sink) || wrapped::is_own_record(text)
}

/// Returns whether a text is a record of the format that the settings declare.
fn is_declared(text: &str, sink: &Sorted<'_>) -> bool {
    sink.declared.is_some_and(|format| declared::is_record(format, text))
}

/// Returns the log event that stands in place of the text of another one, as a collector puts it there.
///
/// `{"time":1777896000,"event":{"message":"…","logGroup":"/aws/lambda/orders"}}`
fn within(outer: &Event) -> Option<Event> {
    if !outer.message.starts_with('{') {
        return None;
    }
    if !is_event(&outer.message) {
        let object = serde_json::from_str(&outer.message).ok()?;
        let event = wrapped::event_at(&object, &wrapped::path_of_message(&object)?)?;
        return Some(Event { message: event.message, ..outer.clone() });
    }
    let Pairwise(pairs) = serde_json::from_str(&outer.message).ok()?;
    let value = |wanted| {
        let is_wanted = |(key, value): &&(Cow<'_, str>, &RawValue)| {
            row::column(key) == Some(wanted) && value.get().starts_with(|c: char| c == '"' || c.is_ascii_digit())
        };
        pairs.iter().find(is_wanted).map(|(_, value)| string(value.get()))
    };
    let timestamp_ms = value(Column::Time).and_then(|time| time::of(&time)).unwrap_or(outer.timestamp_ms);
    let log_group = value(Column::Group).map(|group| prefix::without_account(&group).to_owned());
    Some(Event {
        timestamp_ms,
        log_group: log_group.unwrap_or_else(|| outer.log_group.clone()),
        log_stream: value(Column::Stream).unwrap_or_else(|| outer.log_stream.clone()),
        message: value(Column::Message)?,
        ..Event::default()
    })
}

fn list(text: &str, sink: &mut Sorted<'_>) {
    #[derive(Deserialize)]
    struct Field {
        field: String,
        value: String,
    }
    if let Ok(fields) = serde_json::from_str::<Vec<Field>>(text)
        && !fields.is_empty()
    {
        sink.is_download();
        if row::lacks_message(fields.iter().map(|field| field.field.as_str())) {
            sink.summary.lacks_messages = true;
            return;
        }
        let mut row = Pairs::default();
        let done: Vec<Event> = fields.iter().filter_map(|field| row.field(&field.field, &field.value)).collect();
        done.into_iter().chain(row.end()).for_each(|event| sink.event(event));
        return;
    }
    let Ok(values) = serde_json::from_str::<Vec<&RawValue>>(text) else { return };
    let is_nested = values.iter().any(|value| value.get().starts_with(['{', '[']));
    let cells: Vec<String> = values.iter().map(|value| string(value.get())).collect();
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    match row::event_of_cells(&cells) {
        Some(event) if !(is_nested && cells.len() > 4) => sink.event(event),
        _ => values.iter().for_each(|value| element(value.get(), sink)),
    }
}

/// The log event of an object whose keys somebody made up: one member is a time in milliseconds, as the AWS CLI writes it, one
/// is a text, and the others are a log stream, a log group or an id. In a list the time may be written out; on a line a function
/// may have written such an object.
///
/// `--query 'events[*].{t:timestamp,m:message}'` → `{"t": 1777896000000, "m": "…"}`
fn renamed_event(pairs: &[(Cow<'_, str>, &RawValue)], is_in_list: bool) -> Option<Event> {
    /// Five values of a log event can be asked for.
    const MOST_MEMBERS: usize = 5;
    let is_time = |raw: &str| {
        raw.len() == 13 && raw.bytes().all(|b| b.is_ascii_digit())
            || is_in_list && raw.starts_with('"') && time::of(&string(raw)).is_some()
    };
    let is_of_event = |raw: &str| raw.starts_with('"') || is_time(raw);
    if !(2..=MOST_MEMBERS).contains(&pairs.len())
        || !pairs.iter().any(|(_, value)| is_time(value.get()))
        || !pairs.iter().all(|(_, value)| is_of_event(value.get()))
        || pairs
            .iter()
            .any(|(key, _)| key.starts_with('@') || row::column(key) == Some(Column::Message) || access::is_name(key))
    {
        return None;
    }
    let cells: Vec<String> = pairs.iter().map(|(_, value)| string(value.get())).collect();
    let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
    row::only_text(&cells).then(|| row::event_of_cells(&cells)).flatten()
}

/// The log events of a line that is one value of JSON: an event, a message as a string, a list of cells.
pub(super) fn line(text: &str, sink: &mut Sorted<'_>) -> bool {
    let is_value = match text.as_bytes().first() {
        Some(b'{') if is_declared(text, sink) => false,
        Some(b'{') if is_event(text) => true,
        Some(b'{') => match wrapped_event(text, sink) {
            Some(event) => {
                sink.event(event);
                return true;
            }
            None => false,
        },
        Some(b'[' | b'"') => serde_json::from_str::<&RawValue>(&repaired(text)).is_ok(),
        _ => false,
    };
    if is_value {
        element(text, sink);
    }
    is_value
}

/// The log events of an object over several lines: an event, a list of such, a batch. False where it holds none.
pub(super) fn document(text: &str, sink: &mut Sorted<'_>) -> bool {
    line(text, sink) || !is_own(text, sink) && held_batches(text, sink)
}

/// The log event that another tool put among members of its own.
fn wrapped_event(text: &str, sink: &mut Sorted<'_>) -> Option<Event> {
    if !wrapped::may_be(text) {
        return None;
    }
    let object = serde_json::from_str(&repaired(text)).ok()?;
    let of_path = |path: &wrapped::Path| wrapped::event_at(&object, path);
    if let Some(event) = sink.path_of_message.as_ref().and_then(of_path) {
        return Some(event);
    }
    let Some(path) = wrapped::path_of_message(&object) else { return wrapped::event_in_text(&object) };
    let event = of_path(&path);
    sink.path_of_message = Some(path);
    event
}

/// Whether an object is a log event with its message, not a message itself.
pub(super) fn is_event(text: &str) -> bool {
    let text = repaired(text);
    let Ok(Pairwise(pairs)) = serde_json::from_str::<Pairwise<'_>>(&text) else { return false };
    let has_list = pairs.iter().any(|(key, value)| LISTS.contains(&&**key) && value.get().starts_with('['));
    let columns: Vec<Option<Column>> = pairs.iter().map(|(key, _)| row::column(key)).collect();
    let is_of_query = pairs.iter().any(|(key, _)| key.starts_with('@'));
    (has_list || is_of_query) && !wrapped::is_own_record(&text)
        || columns.contains(&Some(Column::Message)) && !columns.contains(&None)
        || renamed_event(&pairs, false).is_some()
}

/// Whether an object is a page of log events, as a request to CloudWatch Logs answers.
pub(super) fn is_page(text: &str) -> bool {
    top_level_keys(text).iter().any(|key| LISTS.contains(&key.as_str()))
}

/// Whether an object is a log event as the AWS CLI writes it, and no program's line.
fn is_event_of_cli(text: &str) -> bool {
    let has = |key: &str| memchr::memmem::find(text.as_bytes(), key.as_bytes()).is_some();
    let is_number = |value: &RawValue| value.get().bytes().all(|byte| byte.is_ascii_digit());
    text.starts_with('{')
        && has("\"ingestionTime\"")
        && is_event(text)
        && serde_json::from_str::<BTreeMap<Cow<'_, str>, &RawValue>>(text).is_ok_and(|members| {
            ["timestamp", "ingestionTime"].iter().all(|key| members.get(*key).is_some_and(|value| is_number(value)))
        })
}

/// The text of a string; of anything else its JSON.
fn string(raw: &str) -> String {
    serde_json::from_str(raw).unwrap_or_else(|_| raw.to_owned())
}

/// The pairs of an object in their order, whether or not a key comes twice.
pub(super) struct Pairwise<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairwise<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    pairs.push((key.0, map.next_value()?));
                }
                Ok(pairs)
            }
        }
        #[derive(Deserialize)]
        struct Key<'k>(#[serde(borrow)] Cow<'k, str>);
        deserializer.deserialize_map(Pairs).map(Self)
    }
}

/// JSON whose lone surrogates are replaced: they are no character, and no reader of JSON takes them.
fn repaired(json: &str) -> Cow<'_, str> {
    let has = |escape: &[u8]| memchr::memmem::find(json.as_bytes(), escape).is_some();
    if !has(b"\\ud") && !has(b"\\uD") {
        return Cow::Borrowed(json);
    }
    let mut repaired = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        repaired.push_str(&rest[..at]);
        rest = &rest[at..];
        let length = match unit(rest) {
            Some(0xd800..=0xdbff) if matches!(rest.get(6..).and_then(unit), Some(0xdc00..=0xdfff)) => 12,
            Some(0xd800..=0xdfff) => {
                repaired.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            // The character behind the backslash is no escape of its own.
            _ => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
        };
        repaired.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    repaired.push_str(rest);
    Cow::Owned(repaired)
}

/// The UTF-16 unit that a text begins with as an escape.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    u32::from_str_radix(digits, 16).ok()
}
