use proptest::prelude::*;
use why5xx::cause::Table;
use why5xx::record::Record;
use why5xx::record::Source;
use why5xx::settings::Settings;

use super::*;

fn parts(input: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    read(input, |part| parts.push(part)).expect("readable");
    parts
}

fn events(input: &[u8]) -> Vec<Event> {
    parts(input)
        .into_iter()
        .flat_map(|part| match part {
            Part::Events { events, .. } => events,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_subscription_event_and_a_batch_are_recognised_by_their_keys() {
    assert!(matches!(parts(br#"{"awslogs":{"data":"x"}}"#)[0], Part::SubscriptionEvent(_)));
    assert!(matches!(parts(br#" {"messageType":"DATA_MESSAGE","logEvents":[]}"#)[0], Part::Batch(_)));
    let record = br#"{"version":"1.0","requestPayload":{"awslogs":{"data":"x"}},"responsePayload":{}}"#;
    assert!(matches!(parts(record)[0], Part::SubscriptionEvent(_)));
}

#[test]
fn the_bare_data_of_a_batch_is_recognised_by_its_first_bytes() {
    assert!(matches!(parts(b"H4sIAAAAAAAA/w==\n")[0], Part::Data(_)));
}

#[test]
fn stream_and_queue_events_hold_batches() {
    assert!(matches!(parts(br#"{"Records":[{"kinesis":{"data":"eA=="}}]}"#)[0], Part::Data(_)));
    let queued = br#"{"Records":[{"body":"{\"requestPayload\":{\"awslogs\":{\"data\":\"x\"}}}"}]}"#;
    assert!(matches!(parts(queued)[0], Part::SubscriptionEvent(_)));
}

#[test]
fn the_output_of_aws_logs_keeps_streams_apart() {
    let output = br#"{"events":[{"logStreamName":"a","timestamp":1,"message":"m1","eventId":"1"},
        {"logStreamName":"b","timestamp":2,"message":"m2"},{"logStreamName":"a","timestamp":3,"message":"m3"}],
        "searchedLogStreams":[]}"#;
    let streams: Vec<(String, usize)> = parts(output)
        .into_iter()
        .map(|part| match part {
            Part::Events { log_stream, events, .. } => (log_stream, events.len()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(streams, [("a".into(), 2), ("b".into(), 1)]);
}

#[test]
fn several_documents_in_a_row_are_all_read() {
    let rows = b"{\"awslogs\":{\"data\":\"x\"}}\n{\"awslogs\":{\"data\":\"y\"}}";
    assert_eq!(parts(rows).len(), 2);
}

#[test]
fn json_lines_of_an_access_log_are_text() {
    let lines = b"{\"requestId\":\"1\",\"status\":\"500\"}\n{\"requestId\":\"2\",\"status\":\"200\"}\n";
    assert_eq!(events(lines).len(), 2);
}

#[test]
fn a_batch_that_is_cut_off_is_an_error() {
    let error = read(&br#"{"messageType":"DATA_MESSAGE","logEvents":[{"id":"#[..], |_| {}).unwrap_err();
    assert!(error.to_string().contains("no whole JSON"), "{error}");
}

#[test]
fn compressed_text_is_inflated() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"2024-05-04T17:48:21.117Z one\n2024-05-04T17:48:22.117Z two\n").unwrap();
    let events = events(&gzip.finish().unwrap());
    assert_eq!(events.len(), 2);
    assert_eq!(events[1].timestamp_ms - events[0].timestamp_ms, 1_000);
}

#[test]
fn a_cut_off_gzip_is_an_error() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&b"a line\n".repeat(1_000)).unwrap();
    let whole = gzip.finish().unwrap();
    assert!(read(&whole[..whole.len() - 9], |_| {}).is_err());
}

#[test]
fn indented_lines_continue_a_log_event() {
    let text = b"first\n  at a\n  at b\n}\nsecond\n";
    let messages: Vec<String> = events(text).into_iter().map(|event| event.message).collect();
    assert_eq!(messages, ["first\n  at a\n  at b\n}", "second"]);
}

#[test]
fn times_at_the_start_of_a_line_are_read() {
    let rows = [
        ("2024-05-04T17:48:21.117Z x", 1_714_844_901_117),
        ("2024-05-04T13:48:21.117-04:00 x", 1_714_844_901_117),
        ("2024-05-04 17:48:21.117 x", 1_714_844_901_117),
        ("2024-05-04T17:48:21.117000+00:00 x", 1_714_844_901_117),
        ("Sat May 04 17:48:21 UTC 2024 : x", 1_714_844_901_000),
        ("Thu May 04 17:48:21 UTC 2024 : x", 1_714_844_901_000),
    ];
    for (line, time) in rows {
        assert_eq!(time::of_line(line), Some(time), "{line}");
    }
    assert_eq!(time::of_line("(id) Execution failed"), None);
}

#[test]
fn what_tools_print_before_a_line_is_no_part_of_its_log_event() {
    const FLOW: &str =
        "2 111122223333 eni-0a1b2c3d 192.0.2.7 10.0.3.9 40112 5432 6 3 180 1700000000 1700000060 REJECT OK";
    const END: &str = "END RequestId: 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
    const ACCESS: &str = r#"{"requestId":"a=","status":"502"}"#;
    let stream = "2026/01/02/[$LATEST]0123456789abcdef0123456789abcdef";
    let rows = [
        ("2026-01-02T03:04:05.000Z", FLOW),
        ("2026-01-02T03:04:05.000Z eni-0a1b2c3d-all", FLOW),
        ("2026-01-02 03:04:05.678 (+01:00)", END),
        ("1767323045678\t", END),
        (&format!("/aws/lambda/orders {stream} 2026-01-02T03:04:05.678000"), END),
        ("2026-01-02T03:04:05.678000+00:00 0123456789abcdef0123456789abcdef", ACCESS),
        ("2026-01-02 03:04:05.678 (+01:00)", ACCESS),
    ];
    for (prefix, message) in rows {
        let text = format!("{prefix} {message}");
        let messages: Vec<String> = events(text.as_bytes()).into_iter().map(|event| event.message).collect();
        assert_eq!(messages, [message], "{text}");
    }
}

#[test]
fn a_line_longer_than_a_log_event_is_cut() {
    let mut text = vec![b'x'; 3 << 20];
    text.extend_from_slice(b"\nnext\n");
    let events = events(&text);
    assert_eq!(events.len(), 2);
    assert_eq!(events[0].message.len(), 1 << 20);
}

#[test]
fn the_output_of_a_test_invocation_holds_a_log() {
    let document = br#"{"status": 500, "latency": 39, "body": "{}",
        "log": "Execution log for request r\nThu May 04 17:48:21 UTC 2024 : Method completed with status: 500\n"}"#;
    let messages: Vec<String> = events(document).into_iter().map(|event| event.message).collect();
    let completed = "Thu May 04 17:48:21 UTC 2024 : Method completed with status: 500";
    assert_eq!(messages, ["Execution log for request r", completed]);
    let cut_off = &document[..document.len() - 4];
    assert!(!events(cut_off).is_empty(), "text, not a broken document of CloudWatch Logs");
}

#[test]
fn the_lines_of_a_trace_continue_the_event_before_them() {
    let rows = [
        ("[ERROR] KeyError: 'order'", "Traceback (most recent call last):", true),
        ("no order: java.lang.IllegalStateException", "java.lang.IllegalStateException: no order", true),
        ("java.lang.IllegalStateException: no order", "Caused by: java.io.IOException: closed", true),
        ("no order: errorString", "null", true),
        ("2026-01-02T03:04:05.678Z\t7\tERROR\tInvoke Error ", "{", true),
        ("Error raised from handler method", "{", true),
        ("RequestId: 7 Error: Runtime exited with error: exit status 1", "Runtime.ExitError", true),
        ("START RequestId: 7 Version: $LATEST", "[ERROR] KeyError: 'order'", false),
        ("[ERROR] KeyError: 'order'", "END RequestId: 7", false),
        ("no order: java.lang.IllegalStateException", "END RequestId: 7", false),
        ("Function Logs", "{", false),
    ];
    for (event, line, continues) in rows {
        assert_eq!(runtime::continues_report(event.trim_end(), true, line), continues, "{event} / {line}");
    }
}

#[test]
fn an_error_is_taken_without_its_frame_but_not_a_loggers_line() {
    let settings = Settings::default();
    let table = Table::default();
    let read = |text: &str| {
        let event = Event { message: text.to_owned(), ..Event::default() };
        let record = Reader::of_function(&settings, &table).read(&Source::default(), &event.borrowed());
        format!("{record:?}").chars().take_while(|c| c.is_alphabetic()).collect::<String>()
    };
    assert_eq!(read("Error: connect ETIMEDOUT 10.0.0.7:443"), "Lambda");
    assert_eq!(read("KeyError: 'order'"), "Lambda");
    assert_eq!(read("all is well"), "Nothing");
    assert_eq!(
        read("[ERROR]\t2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tconnect ETIMEDOUT"),
        "Nothing"
    );
    assert_eq!(
        read("2026-01-02T03:04:05.678Z\t0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5\tINFO\tconnect ETIMEDOUT"),
        "Nothing"
    );
    assert_eq!(read("[ERROR] 2026-01-02 connect ETIMEDOUT"), "Unknown");
    let event = Event { message: "KeyError: 'order'".to_owned(), ..Event::default() };
    let record = Reader::new(&settings, &table).read(&Source::default(), &event.borrowed());
    assert!(matches!(record, Record::Unknown), "nothing says that it is a function's");
}

/// Reads a text as `explain` does.
fn read_all(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let text = unquoted(&text);
    let settings = Settings::default();
    let table = Table::default();
    let mut reader = Reader::new(&settings, &table);
    // Text that looks like a document of CloudWatch Logs may be none.
    let _ = read(text.as_bytes(), |part| {
        let _ = part.decode("", &Limits::default(), &mut |_, event| {
            let _ = reader.read(&Source::default(), event);
        });
    });
    let _ = (sentence::cause(&text, &table), sentence::surest(&text, &table), sentence::within(&text, &table));
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read_all(&bytes);
    }

    #[test]
    fn any_json_like_text_is_read_without_a_panic(text in "[{}\":,<>/| a\\-\\\\5\u{e9}\n\t]{0,120}") {
        read_all(text.as_bytes());
        read_all(format!("{{{text}").as_bytes());
        read_all(format!("requestId\tstatus\n{text}").as_bytes());
    }
}

/// The output of `filter-log-events`, which ends once a part of it was handed over.
struct Pages<'p> {
    handed_over: &'p std::cell::Cell<bool>,
    pages: u64,
    rest: io::Cursor<Vec<u8>>,
}

impl Read for Pages<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.position() == self.rest.get_ref().len() as u64 && !self.handed_over.get() {
            assert!(self.pages < 100_000, "it is read whole");
            let event = format!(r#"{{"timestamp":{},"message":"(aZ=) x"}}"#, self.pages + 1);
            let separator = if self.pages == 0 { r#"{"events":["# } else { "," };
            self.rest = io::Cursor::new(format!("{separator}{event}").into_bytes());
            self.pages += 1;
        }
        self.rest.read(buffer)
    }
}

#[test]
fn log_events_are_handed_over_before_the_input_ends() {
    let handed_over = std::cell::Cell::new(false);
    let pages = Pages { handed_over: &handed_over, pages: 0, rest: io::Cursor::default() };
    // What is handed over does not end as JSON does.
    let error = read(pages, |_| handed_over.set(true)).unwrap_err();
    assert!(handed_over.get() && matches!(error, InputError::Json { .. }), "{error}");
}

/// The time of this thread for reading a text: a head, and a piece over and over.
#[cfg(unix)]
fn cpu_time(head: &str, piece: &str, bytes: usize) -> std::time::Duration {
    use rustix::time::{ClockId, clock_gettime};
    let now =
        || -> std::time::Duration { clock_gettime(ClockId::ThreadCPUTime).try_into().expect("a time since the start") };
    let text = head.to_owned() + &piece.repeat(bytes / piece.len());
    let begin = now();
    let _ = read(text.as_bytes(), |_| ());
    now() - begin
}

#[cfg(unix)]
#[test]
fn a_text_of_each_pathological_form_is_read_in_linear_time() {
    const KIB: usize = 1 << 10;
    let id = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
    let node = format!("2026-05-04T12:00:03.000Z\t{id}\tERROR\tInvoke Error \t{{\"errorType\":\"");
    let cut = "(0a1b2c3d) Execution failed due to configuration error:\n";
    let (full, wide) = ("(0a1b2c3d) ".to_owned() + &"x".repeat(69) + "\n", "y".repeat(80) + "\n");
    let (broken, report) = (node.clone() + "\n", format!("REPORT RequestId: {id}\n"));
    let below = format!("2026-05-04T12:00:03.000Z\n{}y 2026-05-04T12:00:04.000Z x\n", "y\n".repeat(4_000));
    let forms = [
        (cut, "abcdefgh:\n"),
        (cut, "\n"),
        (&full.repeat(3), &wide),
        (&full.repeat(3), "y\n"),
        (&node, "x"),
        (&broken, "x\n"),
        (&broken, "\\\"\n"),
        (&report, "1\n"),
        ("{\"a\":\"", "x\n"),
        ("{\"a\":\"x\n", "y\n"),
        ("{\"a\":[\n", "{\"b\":1},\n"),
        ("", "{\"a\":\"x\n"),
        ("{\"a\"=>1", "1"),
        ("{\"a\"=>", "=>1"),
        ("", "START RequestId:\n"),
        ("(a) x", "\t(a"),
        ("(a) x", "\t(a) b"),
        (&below, "2026-05-04T12:00:04.000Z x\n"),
        ("", "2026-05-04T12:00:04.000Z (a"),
        ("(a) x\n", " y\n"),
        ("", "a\n"),
        ("", "> (a) x\n"),
        ("{\n", "\"a\": 1,\n"),
        ("{\n", "{\n"),
        ("[\n", "{\"a\":1},\n"),
        ("", "{\"status\":\"200\"} "),
        ("x\n", "{\"status\":\"200\"},"),
        ("{\"a\":", "{\"a\":"),
        ("{\"a\":", "[{\"a\":"),
        ("{\"a\":[", "{\"status\":\"200\",\"requestId\":\"b\"},"),
        ("{\"a\":[\"(a) x\"", ",[\"(a) Execution failed\"]"),
        ("{\"a\":\"\"", ",\"b\":{\"c\":\"(a) Method completed with status: 200\"}"),
        ("{\"a\":\"", "{\\\"a\\\":[\\\""),
        ("x\n{\"a\":1", ",\"b\":{\"c\":{\"d\":1},\"e\":{\"d\":1}}"),
        ("x\n{\"a\":1", ",\"b\":\"[[\\\"x\\\"]]\""),
        ("(a) Method completed with status: 200", " (a) x"),
        ("2026-05-04T12:00:04.000Z", " END RequestId: 0c1d"),
        ("192.0.2.7 - - ", "[04/May/2026:12:00:04 +0000] \"GET / HTTP/1.1\" 200 5 a= "),
        ("a=\n", "b=3D=\n"),
        ("", "level=info msg=\"(a) x\"\n"),
        ("", "<14>1 2026-05-04T12:00:04Z a b c d - (a) x\n"),
        ("\"", "(a) x\\n"),
        ("timestamp,message\n", "1764151200000,x\n"),
        ("timestamp,message\n1764151200000,\"", "a\"\"\n"),
        ("@timestamp\t@message\n2026-05-04 12:00:04.000\tx\n", "y\n"),
        ("| @timestamp | @message |\n|---|---|\n", "| a | b"),
        ("<table><tr><td>", "&lt;"),
        ("<table>", "<td>a"),
    ];
    let mut slow = Vec::new();
    for (head, piece) in forms {
        // Eight times as much takes eight times as long, and sixty-four times where a reader is quadratic.
        let grows = |times: u32| {
            let shortest = |bytes| (0..times).map(|_| cpu_time(head, piece, bytes)).min().unwrap_or_default();
            shortest(128 * KIB) > shortest(16 * KIB) * 20
        };
        if grows(1) && grows(3) {
            slow.push((head, piece));
        }
    }
    assert!(slow.is_empty(), "{slow:#?}");
}

/// A document whose string holds one again, so many times, each within some objects.
#[cfg(unix)]
fn nested(levels: usize) -> String {
    (0..levels).fold("x".to_owned(), |inner, _| {
        let objects = (0..6).fold(serde_json::Value::from(inner), |inner, _| serde_json::json!({ "a": inner }));
        serde_json::json!({ "requestId": "QzXw1GpZIjMFr1g=", "status": "200", "b": objects }).to_string()
    })
}

#[cfg(unix)]
#[test]
fn documents_within_documents_are_not_looked_into_again_and_again() {
    let shortest = |levels: usize| {
        let text = nested(levels) + "\n";
        (0..3).map(|_| cpu_time(&text, "x", 0).as_secs_f64() / text.len() as f64).fold(f64::MAX, f64::min)
    };
    // Seven times as long a byte for each level, where each is looked into once for each object around it.
    assert!(shortest(7) < shortest(3) * 50.0);
}
