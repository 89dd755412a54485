//! `--output text` of the AWS CLI: the name of a list before each of its rows, tabs between the columns.
//!
//! The columns are in the order of their names: `eventId`, `ingestionTime`, `logStreamName`, `message`, `timestamp`; of a
//! queue `Body`, `MD5OfBody`, `MessageId`, `ReceiptHandle`.
//! A message may hold tabs and line breaks, so a row is read from both ends.

use std::io::BufRead;

use serde_json::value::RawValue;
use why5xx::envelope::RecordError;

use super::json::held_batches;
use super::order::Sorted;
use super::pending::begins_document;
use super::row::Pairs;
use super::text::{LONGEST_EVENT_BYTES, Lines, next_line};
use super::{Event, InputError, frame, prefix, table, time};

/// Names of lists that stand before a row. All but the first two are ignored.
const LISTS: [&str; 6] = ["EVENTS", "RESULTS", "MESSAGES", "SEARCHEDLOGSTREAMS", "STATISTICS", "NEXTTOKEN"];

/// Returns whether a text begins like this.
pub(super) fn is_text_output(start: &str) -> bool {
    // In a cell of a table a client may have written it.
    if start.starts_with('<') || table::separated(start).is_some_and(|table| table.is_headed()) {
        return false;
    }
    // Below a log event, a function printed it.
    start.lines().take(8).take_while(|line| !prefix::strip(line).has_prefix() && !frame::is_framed(line)).any(|line| {
        line.split_once('\t').is_some_and(|(name, rest)| match name {
            "EVENTS" => rest.split('\t').next().is_some_and(|cell| cell.bytes().all(|byte| byte.is_ascii_digit())),
            "RESULTS" => rest.starts_with('@') || rest.contains('\t'),
            "SEARCHEDLOGSTREAMS" => true,
            "MESSAGES" => rest.starts_with('{'),
            // `--query 'results[]'`: a field and its value.
            name => name == "@timestamp" && time::of(rest).is_some() || name == "@ptr",
        })
    })
}

/// Reads the rows.
pub(super) fn read(mut input: impl BufRead, sink: &mut Sorted<'_>) -> Result<(), InputError> {
    let mut pairs = Pairs::default();
    let mut row: Option<String> = None;
    let mut in_results = false;
    let (mut text, mut in_text) = (Lines::default(), false);
    while let Some(line) = next_line(&mut input, sink)? {
        let (name, rest) = line.split_once('\t').unwrap_or((&line, ""));
        let is_list = LISTS.contains(&name);
        let is_field = name.starts_with('@') || name == "RESULTS";
        if !is_list && !is_field {
            // Behind its time a row is whole: what a tool put a time before is a log event of another output.
            let is_whole = row.as_ref().is_none_or(|row| ends_with_time(row));
            let is_json = line.starts_with("{\"") || begins_document(&line);
            if !in_results && is_whole && (in_text || prefix::strip(&line).has_prefix() || row.is_some() && is_json) {
                row.take().into_iter().for_each(|row| sink.shown(event(row)));
                in_text = true;
                text.line(line, sink);
                continue;
            }
            match &mut row {
                // A message goes on.
                Some(row) if row.len() < LONGEST_EVENT_BYTES => {
                    row.push('\n');
                    row.push_str(&line);
                }
                // Another page begins with the state of its query, or with its tokens.
                _ if in_results => pairs.continue_with(&line),
                _ => {}
            }
            continue;
        }
        row.take().into_iter().for_each(|row| sink.shown(event(row)));
        in_results = is_field;
        in_text = false;
        text.end(sink);
        if name == "EVENTS" {
            row = Some(rest.to_owned());
        } else if name == "MESSAGES" {
            message(rest, sink);
        } else if is_field {
            sink.is_download();
            let (name, value) =
                if name == "RESULTS" { rest.split_once('\t').unwrap_or((rest, "")) } else { (name, rest) };
            pairs.field(name, value).into_iter().for_each(|event| sink.event(event));
        }
    }
    text.end(sink);
    row.into_iter().map(event).chain(pairs.end()).for_each(|event| sink.shown(event));
    Ok(())
}

/// Returns whether the last column of a row is its time.
fn ends_with_time(row: &str) -> bool {
    let column = row.len().checked_sub("\t1234567890123".len()).and_then(|at| row.get(at..)?.strip_prefix('\t'));
    column.is_some_and(|column| time::of(column).is_some())
}

/// Reads the batches in a message of a queue, whose body stands first.
fn message(row: &str, sink: &mut Sorted<'_>) {
    let body = serde_json::Deserializer::from_str(row).into_iter::<&RawValue>().next();
    let body = body.and_then(Result::ok).map_or(row, RawValue::get);
    if !held_batches(body, sink) {
        sink.lacks_batch(RecordError::NoSubscriptionEvent { body_bytes: body.len() });
    }
}

/// Returns the log event of a row. A row of another form is a message as it stands.
fn event(row: String) -> Event {
    let row = unbroken(row);
    whole_event(&row).unwrap_or(Event { message: row, ..Event::default() })
}

/// Returns a row without the line breaks of a terminal. A stream has none of its own: where one breaks off, each line of that length does.
fn unbroken(row: String) -> String {
    /// Columns before the message: id, time, stream.
    const BEFORE_MESSAGE: usize = 3;
    let (first, rest) = row.split_once('\n').unwrap_or((&row, ""));
    let cells: Vec<&str> = first.split('\t').collect();
    if cells.len() > BEFORE_MESSAGE || !prefix::is_event_id(cells[0]) || rest.is_empty() {
        return row;
    }
    let widest = "EVENTS\t".len() + first.chars().count();
    let mut whole = first.to_owned();
    let mut is_full = true;
    for line in rest.split('\n') {
        whole.extend(Some('\n').filter(|_| !is_full));
        whole.push_str(line);
        is_full = line.chars().count() == widest;
    }
    whole
}

fn whole_event(row: &str) -> Option<Event> {
    let mut event = Event::default();
    let (rest, timestamp) = row.trim_end().rsplit_once('\t')?;
    event.timestamp_ms = time::of(timestamp)?;
    let mut message = rest;
    if let Some((id, rest)) = message.split_once('\t')
        && prefix::is_event_id(id)
    {
        event.id = id.to_owned();
        message = rest;
    }
    if let Some((ingestion, rest)) = message.split_once('\t')
        && ingestion.len() == 13
        && ingestion.bytes().all(|byte| byte.is_ascii_digit())
    {
        message = rest;
    }
    // The stream is there only where the id is.
    if !event.id.is_empty()
        && let Some((stream, rest)) = message.split_once('\t')
    {
        event.log_stream = stream.to_owned();
        message = rest;
    }
    event.message = message.to_owned();
    Some(event)
}
