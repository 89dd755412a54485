//! Lines that are hard on some reader: every kind of log reads them in linear time.
//!
//! The CPU time of a line of 32 KiB is held against that of one of 8 KiB. It is four times as long where a reader is linear,
//! and sixteen times where it is quadratic. Of several measurements the shortest counts, and what looks wrong is measured
//! again, so that a busy machine makes no failure.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]
#![cfg(unix)]

use std::sync::Arc;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use why5xx::cause::Table;
use why5xx::decode::{BatchHeader, LogEvent, Message};
use why5xx::log_kind::LogKind;
use why5xx::pipeline::Pipeline;
use why5xx::settings::{Environment, Settings};

use crate::fuzz::targets::read_input;
use crate::support::count::count_events;
use crate::support::settings::load;

const KIB: usize = 1_024;

/// Largest ratio of the times of 32 and 8 KiB: half-way between linear and quadratic, and some room for caches.
const MOST_GROWTH: u32 = 9;

/// Shorter times are those of the clock.
const SHORTEST: Duration = Duration::from_micros(200);

/// Beginnings of lines, so that they reach the readers of each kind.
const HEADS: &[&str] = &[
    "",
    "(1f2e3d4c) ",
    "(1f2e3d4c) Execution failed due to configuration error: ",
    "(1f2e3d4c) Execution failed due to an internal error ",
    "(1f2e3d4c) Endpoint response body before transformations: ",
    "(1f2e3d4c) Endpoint response headers: {",
    "(1f2e3d4c) Lambda execution failed with status 200 due to customer function error: ",
    "(1f2e3d4c) Lambda invocation failed with status: 403. Lambda request id: ",
    "Execution log for request 1f2e3d4c\n",
    "{\"api_id\":\"a\",\"stage\":\"prod\",\"payload\":\"(1f2e3d4c) Execution failed due to ",
    "{\"requestId\":\"1f2e3d4c\",\"status\":\"502\",\"errorMessage\":\"",
    "{\"status\":502,\"error\":{\"message\":\"",
    "192.0.2.7 - - [21/Nov/2026:10:00:00 +0000] \"GET /",
    "192.0.2.7,-,-,21/Nov/2026:10:00:00 +0000,GET,/",
    "<request id=\"1f2e3d4c\"> <path>/",
    "requestId: 1f2e3d4c, path: /",
    "2026-11-21T10:00:00.000Z 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 Task timed out after ",
    "2026-11-21T10:00:00.000Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tERROR\tInvoke Error \t{\"errorType\":\"Error\",\"errorMessage\":\"",
    "[ERROR] ValueError: ",
    "{\"errorMessage\":\"",
    "{\"timestamp\":\"2026-11-21T10:00:00Z\",\"level\":\"ERROR\",\"message\":{\"errorType\":\"Error\",\"errorMessage\":\"",
    "{\"time\":\"2026-11-21T10:00:00.000Z\",\"type\":\"platform.report\",\"record\":{\"requestId\":\"",
    "REPORT RequestId: 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\t",
    "RequestId: 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 Error: ",
    "panic: ",
    "2 111122223333 eni-0a1b2c3d ",
    "version srcaddr ",
];

/// Pieces that the lines repeat.
const PIECES: &[&str] = &[
    " ",
    "\t",
    "\n",
    "a",
    "1",
    "é",
    "\"",
    "\\",
    "\\\"",
    "\\u0041",
    "\\\\\"",
    "'",
    "`",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "<",
    ">",
    ",",
    ";",
    ":",
    ": ",
    "=",
    "-",
    "- ",
    ".",
    "/",
    "://",
    "%2",
    "$",
    "${",
    "{}",
    "[]",
    "{\"a\":",
    "\"a\":",
    "\"a\":\"b\",",
    "\"status\":502,",
    "\"status\":\"502\",",
    "\"errorMessage\":\"",
    "status: 502, ",
    "<status>502</status>",
    "<a>",
    "<a b=\"",
    "</a>",
    "502 ",
    "(1f2e3d4c) ",
    "Execution failed due to ",
    "Method completed with status: 502\n",
    "Caused by: ",
    "Error: ",
    "java.lang.RuntimeException: ",
    "\tat a.b.C.d(E.java:1)\n",
    "at a (/var/task/a.js:1:1)\n",
    "  File \"/var/task/a.py\", line 1\n",
    "goroutine 1 [running]:\n",
    "RequestId: ",
    "Lambda request id: ",
    "Runtime exited ",
    "timed out ",
    "due to ",
    "errorType",
    "\\n\\tat ",
    "10.0.0.1 ",
    "srcaddr ",
    "ECONNREFUSED 10.0.0.1:443 ",
    "upstream ",
    "x-amzn-ErrorType=",
];

fn cpu_time() -> Duration {
    clock_gettime(ClockId::ThreadCPUTime).try_into().unwrap()
}

/// Returns the shortest time of so many measurements of a line.
fn shortest(pipeline: &Pipeline, header: &BatchHeader, line: &str, times: u32) -> Duration {
    let once = || {
        let event = LogEvent { id: b"1", timestamp_ms: 1_800_000_000_000, message: Message::plain(line.as_bytes()) };
        let begin = cpu_time();
        let counted = count_events(pipeline, header, [event]);
        assert_eq!(counted.decoded.log_events, 1);
        cpu_time() - begin
    };
    (0..times).map(|_| once()).min().unwrap()
}

fn line(head: &str, piece: &str, bytes: usize) -> String {
    let mut line = head.to_owned();
    while line.len() < bytes {
        line.push_str(piece);
    }
    line
}

/// The readers: one for each kind of log that is known, that of an unknown one, and of a declared format.
fn readers() -> Vec<(&'static str, Pipeline)> {
    let settings = Settings::load(&Environment::of([("WHY5XX_ROUTE_METRICS", "true")])).unwrap();
    let mut declared = load(
        "[[log_group]]\nname = \"/team/log\"\nkind = \"access\"\naccess_log_format = '{\"requestId\":\"$context.requestId\",\
         \"agent\":\"$context.identity.userAgent\",\"path\":\"$context.path\",\"status\":\"$context.status\",\
         \"errorMessage\":\"$context.error.message\"}'\n",
    )
    .unwrap();
    declared.route_metrics = true;
    let of = |settings: &Settings| Pipeline::new(Arc::new(settings.clone()), Table::default());
    let known = LogKind::ALL.map(|kind| (kind.word(), of(&settings).of_kind(kind)));
    known.into_iter().chain([("unknown", of(&settings)), ("declared", of(&declared))]).collect()
}

#[test]
fn every_reader_takes_linear_time_for_lines_of_each_pathological_form() {
    let header = BatchHeader {
        message_type: "DATA_MESSAGE".to_owned(),
        owner: "111122223333".to_owned(),
        log_group: "/team/log".to_owned(),
        log_stream: "stream".to_owned(),
        ..BatchHeader::default()
    };
    let (mut slow, mut measured) = (Vec::new(), 0);
    for (name, pipeline) in readers() {
        for (head, piece) in HEADS.iter().flat_map(|head| PIECES.iter().map(move |piece| (head, piece))) {
            let [short, middle, long] = [8, 16, 32].map(|kib| line(head, piece, kib * KIB));
            measured += 1;
            let grows = |times| {
                let time = |line| shortest(&pipeline, &header, line, times);
                let (long, short) = (time(&long), time(&short).max(SHORTEST / MOST_GROWTH));
                // A reader may stop at some length, and the middle one costs most.
                long > SHORTEST && long > short * MOST_GROWTH || time(&middle) > short * MOST_GROWTH
            };
            if grows(1) && grows(5) && grows(20) {
                slow.push(format!("{name}: {head:?} and {piece:?} over and over"));
            }
        }
    }
    assert!(measured > 9_000, "{measured}");
    assert!(slow.is_empty(), "{} of {measured} grow too fast:\n{}", slow.len(), slow.join("\n"));
}

/// Texts of the command whose first line and whose other lines grow alike, so that a look at the first one for each of the others shows.
fn text_of(first: &str, piece: &str, bytes: usize) -> String {
    let half = bytes / 2;
    let first = match first.split_once('~') {
        Some((before, behind)) => [before, &line("", &behind[..1], half), &behind[1..]].concat(),
        None => first.to_owned(),
    };
    line(&first, piece, first.len() + half)
}

#[test]
fn every_reader_of_the_command_takes_linear_time_for_texts_of_each_pathological_form() {
    /// First lines. Behind `~` stands the sign that is repeated.
    const FIRST: &[&str] = &[
        "",
        "2026-11-21T10:00:00.000Z\n",
        "2026-11-21T10:00:00.000Z 2026/11/21/[$LATEST]00112233445566778899aabbccddeeff\na\n",
        "2026-11-21T10:00:00.000Z 2026/11/21/[$LATEST]00112233445566778899aabbccddeeff a\n",
        "2026-11-21T10:00:00.000Z ~xa\n",
        "2026-11-21T10:00:00.000Z ~ a Invoke Error\n",
        "~x Invoke Error \n",
        "(1f2e3d4c) Execution failed due to configuration error: ~x:\n",
        "(1f2e3d4c) Execution failed due to configuration error:~ \n",
        "START RequestId: 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 Version: 7\n~x\n",
        "START RequestId: 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 Version: 7\na: com.acme.OrderException\n",
        "[ERROR] KeyError: ~x\n",
        "{\"a\":\"~x\n",
        "{\n~ \n",
    ];
    const LINES: &[&str] = &[
        "\n",
        " \n",
        "a\n",
        "a\n\n",
        "a: com.acme.OrderException\n",
        "com.acme.OrderException: a\n",
        "b: com.acme.OrderException\ncom.acme.OrderException: a\n",
        " a\n",
        "\tat a.B.c(B.java:1)\n",
        "{\n",
        "}\n",
        "Caused by: a\n",
        "Traceback (most recent call last):\n",
        "[ERROR] KeyError: 'a'\n",
        "\t",
    ];
    let shortest = |text: &str, times: u32| {
        let once = || {
            let begin = cpu_time();
            read_input(text.as_bytes());
            cpu_time() - begin
        };
        (0..times).map(|_| once()).min().unwrap()
    };
    let (mut slow, mut measured) = (Vec::new(), 0);
    for (first, piece) in FIRST.iter().flat_map(|first| LINES.iter().map(move |piece| (first, piece))) {
        let [short, long] = [8, 32].map(|kib| text_of(first, piece, kib * KIB));
        measured += 1;
        let grows = |times| {
            let long = shortest(&long, times);
            long > SHORTEST && long > shortest(&short, times).max(SHORTEST / MOST_GROWTH) * MOST_GROWTH
        };
        if grows(1) && grows(3) && grows(9) {
            slow.push(format!("{first:?} and {piece:?} over and over"));
        }
    }
    assert!(measured > 150, "{measured}");
    assert!(slow.is_empty(), "{} of {measured} grow too fast:\n{}", slow.len(), slow.join("\n"));
}
