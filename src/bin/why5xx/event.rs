//! `why5xx event`: log lines to a subscription event, as CloudWatch Logs would deliver them.

use std::fs::File;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use jiff::Timestamp;
use why5xx::decode::{BatchHeader, LogEvent, Message, encode_event};

use crate::input::{self, Event, Part};
use crate::report::complain;
use crate::{Failed, inputs_or_stdin, is_stdin};

#[derive(Debug, Args)]
pub(crate) struct EventOptions {
    /// The log group
    #[arg(long, value_name = "NAME")]
    log_group: String,
    /// The log stream
    #[arg(long, value_name = "NAME", default_value = "0123456789abcdef0123456789abcdef")]
    log_stream: String,
    /// The account whose log it is
    #[arg(long, value_name = "ID", default_value = "111122223333")]
    owner: String,
    /// Log lines; the standard input without it, or with `-`
    input: Option<PathBuf>,
}

pub(crate) fn run(options: &EventOptions) -> Result<ExitCode, Failed> {
    let inputs = inputs_or_stdin(&options.input.clone().into_iter().collect::<Vec<_>>())?;
    let mut events = Vec::new();
    for path in inputs {
        let input: Box<dyn Read> =
            if is_stdin(&path) { Box::new(io::stdin().lock()) } else { Box::new(File::open(&path)?) };
        let mut other = false;
        let summary = input::read(input, |part| match part {
            Part::Events { events: read, .. } => events.extend(read),
            _ => other = true,
        })?;
        if let Some(lacks) = summary.lacks() {
            complain(&lacks);
        }
        if other {
            return Err(Failed("the input is a batch already, not log lines".into()));
        }
    }
    let header = BatchHeader {
        message_type: "DATA_MESSAGE".into(),
        owner: options.owner.clone(),
        log_group: options.log_group.clone(),
        log_stream: options.log_stream.clone(),
        ..BatchHeader::default()
    };
    let ids: Vec<String> = events.iter().enumerate().map(|(number, event)| event_id(number, event)).collect();
    let now_ms = Timestamp::now().as_millisecond();
    let payload = encode_event(&header, events.iter().zip(&ids).map(|(event, id)| log_event(event, id, now_ms)));
    writeln!(io::stdout().lock(), "{payload}")?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the id in the input, else one of 56 digits, as CloudWatch Logs gives. A line gets the same id again, so that an
/// event made twice is a repeat.
fn event_id(number: usize, event: &Event) -> String {
    if !event.id.is_empty() {
        return event.id.clone();
    }
    let mut hasher = DefaultHasher::new();
    (number, event.timestamp_ms, &event.message).hash(&mut hasher);
    format!("{:036}{:020}", event.timestamp_ms.max(0), hasher.finish())
}

/// A line without a time was logged now.
fn log_event<'a>(event: &'a Event, id: &'a str, now_ms: i64) -> LogEvent<'a> {
    let timestamp_ms = if event.timestamp_ms == 0 { now_ms } else { event.timestamp_ms };
    LogEvent { id: id.as_bytes(), timestamp_ms, message: Message::plain(event.message.as_bytes()) }
}
