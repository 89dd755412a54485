//! The fuzz targets, as functions of an input, and what they share: a pipeline that lives as long as the process, and log
//! events made of an input. The programs of `targets/` hand them to libFuzzer; `tests/it/fuzz.rs` runs them without it.

mod classify;
#[path = "../../tests/it/support/count.rs"]
#[allow(clippy::duplicate_mod, reason = "`tests/it` has it, too, and includes this crate")]
mod count;
mod decode;
mod inputs;
mod own_rules;
mod records;
mod settings;
#[path = "../../tests/it/support/settings.rs"]
#[allow(clippy::duplicate_mod, reason = "`tests/it` has it, too, and includes this crate")]
mod settings_file;

use std::sync::{Arc, OnceLock};

use why5xx::cause::Table;
use why5xx::decode::{BatchHeader, LogEvent, Message};
use why5xx::pipeline::{Counted, Pipeline};

pub use classify::classify;
use count::count_events;
pub use decode::decode;
pub use inputs::{inputs, read_input};
pub use own_rules::own_rules;
pub use records::records;
pub use settings::settings;

/// A log group that the settings give an order of flow-log fields.
const FLOW_LOG_GROUP: &str = "/vpc/flow";

/// Most log events of one input: what few events cannot break, many do not break either, but slower.
const MOST_EVENTS: usize = 64;

const SETTINGS: &str = r#"
[stages]
"pr-*" = "preview"
[[flow_log]]
log_group = "/vpc/flow"
fields = ["srcaddr", "dstaddr", "dstport", "action", "log-status", "end"]
"#;

/// Lines of an execution log.
pub fn record_execution(input: &[u8]) {
    count_lines("API-Gateway-Execution-Logs_a1b2c3d4e5/prod", input);
}

/// Lines of a log group whose name shows nothing: each is recognised by its shape, access logs foremost.
pub fn record_access(input: &[u8]) {
    count_lines("/team/orders/access", input);
}

/// Lines of a function's log.
pub fn record_lambda(input: &[u8]) {
    count_lines("/aws/lambda/orders", input);
}

/// Lines of a VPC flow log, in the order of fields that the settings give or in that of a header line.
pub fn record_flow(input: &[u8]) {
    count_lines(FLOW_LOG_GROUP, input);
}

/// Counting changes nothing in a pipeline, so that one will do for all inputs.
fn pipeline() -> &'static Pipeline {
    static PIPELINE: OnceLock<Pipeline> = OnceLock::new();
    PIPELINE.get_or_init(|| {
        let settings = settings_file::load(SETTINGS);
        let mut settings = settings.expect("the settings above are sound");
        settings.inflated_bytes_limit = 1 << 20;
        settings.route_metrics = true;
        Pipeline::new(Arc::new(settings), Table::default())
    })
}

/// Counts the lines of an input as the log events of a group. The first byte says whether they have JSON's escapes.
fn count_lines(log_group: &str, input: &[u8]) {
    let Some((kind, text)) = input.split_first() else { return };
    let message = if kind % 2 == 0 { Message::plain } else { Message::json_escaped };
    count_messages(pipeline(), log_group, text.split(|byte| *byte == b'\n').map(message));
}

/// Counts messages as the log events of a group.
fn count_messages<'m>(pipeline: &Pipeline, log_group: &str, messages: impl Iterator<Item = Message<'m>>) {
    let header = BatchHeader {
        message_type: "DATA_MESSAGE".to_owned(),
        owner: "123456789012".to_owned(),
        log_group: log_group.to_owned(),
        log_stream: "stream".to_owned(),
        ..BatchHeader::default()
    };
    let timestamps = (1_767_225_600_000..).step_by(1_000);
    let events = messages.take(MOST_EVENTS).zip(timestamps);
    let events = events.map(|(message, timestamp_ms)| LogEvent { id: b"", timestamp_ms, message });
    check(&count_events(pipeline, &header, events), MOST_EVENTS);
}

/// Asserts what holds of every batch.
fn check(counted: &Counted, log_events: usize) {
    let failures: u64 = counted.tally.counts().map(|(_, count)| count).sum();
    // A line may be a transcript of several; each of its failures takes some twenty bytes of it.
    assert!(counted.decoded.log_events <= log_events as u64);
    assert!(counted.duplicate_events <= counted.decoded.log_events);
    assert!(counted.exemplars.len() as u64 <= failures);
    for datum in counted.tally.data() {
        assert!(datum.values.iter().all(|(value, count)| *value >= 1.0 && *count >= 1.0));
        assert!(datum.dimensions.iter().all(|(name, _)| !name.is_empty()));
    }
}
