//! Batches that inflate to far more than they are, in every form that is hard on some step.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use why5xx::decode::{BatchHeader, LogEvent, Message, encode_event};

use crate::Payload;

/// All of them. Each must end with the error of a limit.
pub(crate) fn all() -> impl Iterator<Item = Payload> {
    let event = |x: String| format!(r#"{{"timestamp":0,"message":"","x":{x}}},"#);
    [
        ("blanks", " ".to_owned()),
        ("one message", "x".to_owned()),
        ("backslashes", "\\\\".to_owned()),
        ("empty events", "{},".to_owned()),
        ("brackets", "[".to_owned()),
        ("small events", r#"{"id":"","timestamp":0,"message":""},"#.to_owned()),
        ("other events", r#"{"timestamp":0,"message":"","id":"","x":[{}]},"#.to_owned()),
        ("deep events", event("[".repeat(100_000) + &"]".repeat(100_000))),
        ("wide events", event(format!("[{}]", ["0"; 100_000].join(",")))),
        ("long keys", event(format!("{{{:?}:0}}", "\\".repeat(100_000)))),
        ("objects in events", event(format!("[{}]", ["{}"; 100_000].join(",")))),
    ]
    .into_iter()
    .map(|(name, unit)| {
        let data = STANDARD.encode(gzip(name, &unit));
        Payload::new(format!("bomb: {name}"), [format!(r#"{{"awslogs":{{"data":"{data}"}}}}"#)])
    })
}

/// A batch of 300 MB, the unit over and over in `logEvents`.
fn gzip(name: &str, unit: &str) -> Vec<u8> {
    use std::io::Write as _;

    const INFLATED_BYTES: usize = 300_000_000;
    let opening =
        if name == "one message" || name == "backslashes" { r#"{"id":"1","timestamp":1,"message":""# } else { "" };
    let group = "API-Gateway-Execution-Logs_b3x7mk20qe/live";
    let head = format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"{group}","logStream":"s","logEvents":[{opening}"#
    );
    let chunk = unit.repeat(1_000_000 / unit.len());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut write = |bytes: &[u8]| gzip.write_all(bytes).expect("a Vec takes all bytes");
    write(head.as_bytes());
    for _ in 0..INFLATED_BYTES / chunk.len() {
        write(chunk.as_bytes());
    }
    gzip.finish().expect("a Vec takes all bytes")
}

/// A failure line of each of so many requests, and no end: what a batch can make us remember at most.
pub(crate) fn many_ids(count: u32) -> Payload {
    let texts: Vec<String> = (0..count)
        .map(|nth| {
            let mixed = nth.wrapping_mul(0x9e37_79b1);
            format!("({mixed:08x}-{nth:04x}-4000-8000-{mixed:08x}0000) Execution failed due to a timeout error")
        })
        .collect();
    let header = BatchHeader {
        message_type: "DATA_MESSAGE".to_owned(),
        owner: "444455556666".to_owned(),
        log_group: "API-Gateway-Execution-Logs_b3x7mk20qe/live".to_owned(),
        log_stream: "7f1d0c2b9a8e4d63b5f2a1c0e9d8b7a6".to_owned(),
        ..BatchHeader::default()
    };
    let ids: Vec<String> = (0..count).map(|nth| format!("{nth:056}")).collect();
    let events = ids.iter().zip(&texts).map(|(id, text)| LogEvent {
        id: id.as_bytes(),
        timestamp_ms: 1_767_225_600_000,
        message: Message::plain(text.as_bytes()),
    });
    Payload::new(format!("{count} requests, each a failure line"), [encode_event(&header, events)])
}
