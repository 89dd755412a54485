//! The dearest lines of 8 KiB that are known, of each kind of log: none may take a millisecond.

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use why5xx::cause::Table;
use why5xx::decode::{BatchHeader, LogEvent, Message};
use why5xx::pipeline::Pipeline;
use why5xx::settings::Settings;

use super::count::count_events;
use super::cpu_time;

const LINE_BYTES: usize = 8 * 1024;

/// Source: our own bound (80 lines of 31 ms once made a batch unreadable).
const MOST: Duration = Duration::from_millis(1);

/// A log group, and a line as its begin, a part to repeat and its end.
const DEAR: &[(&str, &str, &str, &str)] = &[
    ("/shop/access", r#"{"status":"502","requestId":"r","routeKey":"x","path":""#, r#"","status":"502"#, r#""}"#),
    ("/shop/access", r#"{"status":"502","requestId":"r","routeKey":"x","path":""#, r#"x","a":{"b":""#, r#""}"#),
    ("/shop/access", r#"{"status":"502","requestId":"r","routeKey":"x","path":""#, r#"" }"#, r#""}"#),
    ("/shop/access", "192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] \"GET ", "\" 502 5 ", " HTTP/1.1\" 502 5 AbCdEf="),
    ("/shop/access", "requestId: r, httpMethod: GET, routeKey: x, status: 502, path: a", ", status: 502", ""),
    ("/aws/lambda/orders", "", "RequestId: ", "Process exited before completing request"),
    ("/aws/lambda/orders", "[ERROR] KeyError: ", "Traceback (most recent call last)\n", "KeyError"),
    ("/aws/lambda/orders", "", ": a.B\n", "\tat a.B"),
    ("/aws/lambda/orders", r#"{"errorMessage":"x","errorType":"#, r#"[{"a":"#, ""),
    ("/aws/lambda/orders", "2026/01/02 03:04:05 ", r#"{"errorMessage":""#, ""),
    (
        "API-Gateway-Execution-Logs_a1b2c3d4e5/prod",
        "(r) Execution failed due to configuration error: ",
        "'a\": [Source: ",
        "",
    ),
    (
        "API-Gateway-Execution-Logs_a1b2c3d4e5/prod",
        "(r) Endpoint response body before transformations: ",
        r#"{"a":["#,
        "",
    ),
    ("API-Gateway-Execution-Logs_a1b2c3d4e5/prod", "", "Thu May 04 17:48:21 UTC 2026 : Execution failed ", ""),
];

/// Prints what each costs. Returns whether each is cheap enough.
#[expect(clippy::print_stdout, reason = "the table is what a bench is for")]
pub(crate) fn check() -> bool {
    println!("\nlines of 8 KiB: CPU time of a batch of one, the best of 25");
    let pipeline = Pipeline::new(Arc::new(Settings::default()), Table::default());
    let mut all_are_cheap = true;
    for (log_group, before, part, behind) in DEAR {
        let line = format!("{before}{}{behind}", part.repeat(LINE_BYTES / part.len()));
        let header = BatchHeader { log_group: (*log_group).to_owned(), ..BatchHeader::default() };
        let run = || {
            let message = Message::plain(line.as_bytes());
            let event = LogEvent { id: b"", timestamp_ms: 1_781_000_000_000, message };
            let begin = cpu_time();
            black_box(count_events(&pipeline, &header, [event]));
            cpu_time() - begin
        };
        let best = (0..25).map(|_| run()).min().unwrap_or_default();
        all_are_cheap &= best < MOST;
        let shown: String = format!("{before}{part}").escape_debug().take(60).collect();
        println!("  {:8.1} us  {shown}", best.as_secs_f64() * 1e6);
    }
    all_are_cheap
}
