//! JSON inputs: what they are, told by their keys.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Event, InputError, Part};

/// Keys that tell a known kind. They stand near the start of a document, whatever their order.
const TELLING: [&str; 8] = [
    "\"awslogs\"",
    "\"logEvents\"",
    "\"messageType\"",
    "\"events\"",
    "\"searchedLogStreams\"",
    "\"Records\"",
    "\"requestPayload\"",
    "\"results\"",
];

/// The first words of the log in the output of `aws apigateway test-invoke-method`.
const TEST_LOG: &str = "Execution log for request";

/// Whether a document that begins like this may be of a known kind; else it is text, such as JSON access-log lines.
pub(super) fn may_be_known(start: &[u8]) -> bool {
    tells_a_kind(start) || memchr::memmem::find(start, TEST_LOG.as_bytes()).is_some()
}

fn tells_a_kind(start: &[u8]) -> bool {
    TELLING.iter().any(|key| memchr::memmem::find(start, key.as_bytes()).is_some())
}

/// Hands over the parts of all documents. False where the first one is of no known kind.
pub(super) fn read(bytes: &[u8], each: &mut impl FnMut(Part)) -> Result<bool, InputError> {
    let mut count = 0;
    for document in serde_json::Deserializer::from_slice(bytes).into_iter::<&RawValue>() {
        let raw = match document {
            Ok(raw) => raw,
            Err(_) if count == 0 && !(is_cut_off(bytes) && tells_a_kind(bytes)) => return Ok(false),
            Err(error) => return Err(broken("a document of CloudWatch Logs", &error)),
        };
        if !document_parts(raw, each)? {
            return if count == 0 { Ok(false) } else { Err(unknown()) };
        }
        count += 1;
    }
    Ok(count > 0)
}

fn unknown() -> InputError {
    InputError::Json { kind: "a row of documents, of which one is of no known kind", line: 0, column: 0 }
}

/// A document that is cut off is an error; text that merely begins with a bracket is not.
fn is_cut_off(bytes: &[u8]) -> bool {
    matches!(
        serde_json::Deserializer::from_slice(bytes).into_iter::<serde::de::IgnoredAny>().next(),
        Some(Err(error)) if error.is_eof()
    )
}

fn broken(kind: &'static str, error: &serde_json::Error) -> InputError {
    InputError::Json { kind, line: error.line(), column: error.column() }
}

/// The parts of one document. False where its kind is not known.
fn document_parts(raw: &RawValue, each: &mut impl FnMut(Part)) -> Result<bool, InputError> {
    let text = raw.get();
    let Ok(keys) = serde_json::from_str::<BTreeMap<&str, &RawValue>>(text) else { return Ok(false) };
    if keys.contains_key("awslogs") {
        each(Part::SubscriptionEvent(text.as_bytes().to_vec()));
    } else if keys.contains_key("logEvents") {
        each(Part::Batch(text.as_bytes().to_vec()));
    } else if let Some(payload) = keys.get("requestPayload") {
        // The record of an on-failure destination.
        return document_parts(payload, each);
    } else if let Some(records) = keys.get("Records") {
        return records_parts(records, each);
    } else if let Some(events) = keys.get("events") {
        events_parts(events, each)?;
    } else if let Some(results) = keys.get("results") {
        results_parts(results, each)?;
    } else if let Some(log) = keys.get("log").and_then(|log| serde_json::from_str::<String>(log.get()).ok())
        && log.contains(TEST_LOG)
    {
        each(Part::Events { log_stream: String::new(), events: events_of_text(&log) });
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// The lines of a log that a document holds as one text.
fn events_of_text(log: &str) -> Vec<Event> {
    // Reading from memory cannot fail.
    super::Lines::new(log.as_bytes()).filter_map(Result::ok).collect()
}

/// `Records` of a Kinesis or SQS event.
fn records_parts(raw: &RawValue, each: &mut impl FnMut(Part)) -> Result<bool, InputError> {
    #[derive(Deserialize)]
    struct Record {
        kinesis: Option<Kinesis>,
        body: Option<String>,
    }
    #[derive(Deserialize)]
    struct Kinesis {
        data: String,
    }
    let records: Vec<Record> =
        serde_json::from_str(raw.get()).map_err(|error| broken("the event of a stream or queue", &error))?;
    for record in records {
        if let Some(kinesis) = record.kinesis {
            each(Part::Data(kinesis.data.into_bytes()));
        } else if let Some(body) = record.body {
            let body: &RawValue = serde_json::from_str(&body).map_err(|error| broken("a queued event", &error))?;
            if !document_parts(body, each)? {
                return Err(unknown());
            }
        } else {
            return Ok(false);
        }
    }
    Ok(true)
}

/// `events` of `aws logs filter-log-events` or `get-log-events`, by stream.
fn events_parts(raw: &RawValue, each: &mut impl FnMut(Part)) -> Result<(), InputError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Logged {
        #[serde(default)]
        log_stream_name: String,
        #[serde(default)]
        timestamp: i64,
        message: String,
        #[serde(default)]
        event_id: String,
    }
    let logged: Vec<Logged> =
        serde_json::from_str(raw.get()).map_err(|error| broken("the output of aws logs", &error))?;
    let mut streams: Vec<(String, Vec<Event>)> = Vec::new();
    for event in logged {
        let read = Event { id: event.event_id, timestamp_ms: event.timestamp, message: event.message };
        match streams.iter_mut().find(|(stream, _)| *stream == event.log_stream_name) {
            Some((_, events)) => events.push(read),
            None => streams.push((event.log_stream_name, vec![read])),
        }
    }
    for (log_stream, events) in streams {
        each(Part::Events { log_stream, events });
    }
    Ok(())
}

/// `results` of `aws logs get-query-results`: the field `@message`, or the fields of a line put together again.
fn results_parts(raw: &RawValue, each: &mut impl FnMut(Part)) -> Result<(), InputError> {
    #[derive(Deserialize)]
    struct Field {
        field: String,
        value: String,
    }
    let rows: Vec<Vec<Field>> =
        serde_json::from_str(raw.get()).map_err(|error| broken("the results of a query", &error))?;
    let events = rows.into_iter().map(|row| {
        let timestamp_ms = row
            .iter()
            .find(|field| field.field == "@timestamp")
            .and_then(|field| super::text::time_of(&field.value))
            .unwrap_or(0);
        let message = match row.iter().position(|field| field.field == "@message") {
            Some(at) => row[at].value.clone(),
            None => {
                let fields: serde_json::Map<String, serde_json::Value> =
                    row.into_iter().map(|field| (field.field, field.value.into())).collect();
                serde_json::Value::Object(fields).to_string()
            }
        };
        Event { id: String::new(), timestamp_ms, message }
    });
    each(Part::Events { log_stream: String::new(), events: events.collect() });
    Ok(())
}
