//! Decoder tests: valid, invalid and damaged batches, with windows of every size.

mod differential;

use std::io::Write as _;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

/// An event as the decoder handed it over, with its escapes undone.
type Event = (String, i64, String);

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn collect(
    decode: impl FnOnce(&mut EventCallback<'_>) -> Result<Decoded, DecodeError>,
) -> Result<(Decoded, Vec<Event>), DecodeError> {
    let mut events = Vec::new();
    let decoded = decode(&mut |header, event| {
        assert!(!header.is_control());
        events.push((
            String::from_utf8(event.id.to_owned()).unwrap(),
            event.timestamp_ms,
            event.message.text().into_owned(),
        ));
    })?;
    assert_eq!(decoded.log_events, events.len() as u64);
    Ok((decoded, events))
}

/// Decodes gzip, which a batch holds in base64.
fn gzip_data(gzip: &[u8], limits: &Limits, on_event: &mut EventCallback<'_>) -> Result<Decoded, DecodeError> {
    base64_data(STANDARD.encode(gzip).as_bytes(), limits, on_event)
}

fn gzip_in_windows(gzip: &[u8], window: Window) -> Result<(Decoded, Vec<Event>), DecodeError> {
    let data = STANDARD.encode(gzip);
    collect(|on_event| in_windows(data.as_bytes(), &Limits::default(), window, on_event))
}

fn whole(document: &[u8]) -> Result<(Decoded, Vec<Event>), DecodeError> {
    collect(|on_event| document_json(document, on_event))
}

/// Decodes the document in one piece and in windows, and makes sure that they do not differ.
fn decode(document: &[u8]) -> Result<(Decoded, Vec<Event>), DecodeError> {
    let expected = whole(document);
    let gzip = gzip(document);
    for (bytes, step_bytes) in [(1, 1), (7, 7), (64, 13), (256, 100), (128 * 1024, usize::MAX)] {
        let window = Window { bytes, step_bytes, most_bytes: 1024 * 1024 };
        assert_eq!(gzip_in_windows(&gzip, window), expected, "windows of {bytes} bytes, {step_bytes} at a time");
    }
    expected
}

fn header() -> BatchHeader {
    BatchHeader {
        message_type: "DATA_MESSAGE".to_owned(),
        owner: "111122223333".to_owned(),
        log_group: "API-Gateway-Execution-Logs_a1b2c3d4e5/prod".to_owned(),
        log_stream: "0f1e2d".to_owned(),
        subscription_filters: vec!["f".to_owned()],
        origin: None,
    }
}

const HEAD: &str = r#""messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"API-Gateway-Execution-Logs_a1b2c3d4e5/prod","logStream":"0f1e2d","subscriptionFilters":["f"]"#;

/// A batch around the elements of `logEvents`.
fn batch(elements: &str) -> Vec<u8> {
    format!(r#"{{{HEAD},"logEvents":[{elements}]}}"#).into_bytes()
}

fn event(id: &str, timestamp_ms: i64, message: &str) -> Event {
    (id.to_owned(), timestamp_ms, message.to_owned())
}

fn fault(document: &[u8]) -> JsonFault {
    match decode(document) {
        Err(DecodeError::Json { fault, at_byte }) => {
            assert!(at_byte <= document.len() as u64);
            fault
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn gzip_inside_gzip_is_read_and_its_cap_holds() {
    let document = batch(r#"{"id":"1","timestamp":1700000000000,"message":"a"}"#);
    let twice = gzip(&gzip(&document));
    for (bytes, step_bytes) in [(1, 1), (64, 13), (128 * 1024, usize::MAX)] {
        let window = Window { bytes, step_bytes, most_bytes: 1024 * 1024 };
        let read = gzip_in_windows(&twice, window);
        assert_eq!(read.is_ok(), bytes > 1, "{read:?}");
        assert_eq!(read.map_or(1, |(decoded, _)| decoded.log_events), 1);
    }
    let bomb = gzip(&[gzip(&document), vec![0; 20 << 20]].concat());
    let too_large = DecodeError::TooLarge { limit_bytes: 16 << 20, gzip_bytes: bomb.len() };
    assert_eq!(collect(|each| gzip_data(&bomb, &Limits::default(), each)), Err(too_large));
    assert!(collect(|each| gzip_data(&gzip(&twice), &Limits::default(), each)).is_err());
}

#[test]
fn events_are_handed_over_in_their_order() {
    let (decoded, events) = decode(&batch(
        r#"{"id":"12345678901234567890123456789012345678901234567890123456","timestamp":1700000000000,"message":"one"},{"id":"2","timestamp":2,"message":"a \"b\"\n"}"#,
    ))
    .unwrap();
    assert_eq!(decoded.header, header());
    assert_eq!(decoded.damaged_events, 0);
    assert_eq!(
        events,
        [
            event("12345678901234567890123456789012345678901234567890123456", 1_700_000_000_000, "one"),
            event("2", 2, "a \"b\"\n")
        ]
    );
}

#[test]
fn blanks_may_stand_wherever_json_allows_them() {
    let document = format!(
        " \n{{ {} , \"logEvents\" :\t[ {{ \"id\" : \"1\" , \"timestamp\" : 5 , \"message\" : \"m\" }} , {{\"id\":\"2\",\"timestamp\":6,\"message\":\"n\"}} ]\r\n}} \n",
        HEAD.replace(',', " , ").replace(':', " : ")
    );
    let (decoded, events) = decode(document.as_bytes()).unwrap();
    assert_eq!(decoded.header, header());
    assert_eq!(events, [event("1", 5, "m"), event("2", 6, "n")]);
}

#[test]
fn an_empty_batch_holds_no_events() {
    assert_eq!(decode(&batch("")).unwrap().1, []);
    assert_eq!(decode(&batch(" \n")).unwrap().1, []);
}

#[test]
fn keys_come_in_any_order() {
    let events = r#""logEvents":[{"message":"m","id":"1","timestamp":5}]"#;
    for document in [
        format!("{{{events},{HEAD}}}"),
        format!(
            r#"{{"logGroup":"API-Gateway-Execution-Logs_a1b2c3d4e5/prod",{events},"owner":"111122223333","policyLevel":"ACCOUNT_LEVEL_POLICY","subscriptionFilters":["f"],"logStream":"0f1e2d","messageType":"DATA_MESSAGE"}}"#
        ),
        format!(r#"{{"new":{{"a":[1,"]}}"]}},{HEAD},"other":null,{events},"last":[[]]}}"#),
    ] {
        let (decoded, events) = decode(document.as_bytes()).unwrap();
        assert_eq!(decoded.header, header());
        assert_eq!(events, [event("1", 5, "m")]);
    }
}

#[test]
fn what_the_header_lacks_is_empty() {
    let (decoded, events) = decode(br#"{"logEvents":[{"id":"1","timestamp":5,"message":"m"}],"owner":null}"#).unwrap();
    assert_eq!(decoded.header, BatchHeader::default());
    assert_eq!(events, [event("1", 5, "m")]);
}

#[test]
fn a_control_message_hands_over_no_events() {
    let event =
        r#"{"id":"","timestamp":1600110003794,"message":"CWL CONTROL MESSAGE: Checking health of destination."}"#;
    for document in [
        format!(
            r#"{{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],"logEvents":[{event}]}}"#
        ),
        format!(
            r#"{{"messageType":"DATA_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","logEvents":[{event}]}}"#
        ),
        format!(r#"{{"logEvents":[{event}],"messageType":"CONTROL_MESSAGE"}}"#),
        r#"{"messageType":"CONTROL_MESSAGE"}"#.to_owned(),
    ] {
        let (decoded, events) = decode(document.as_bytes()).unwrap();
        assert!(decoded.header.is_control());
        assert_eq!(events, []);
    }
}

#[test]
fn an_element_that_cannot_be_read_leaves_the_others_unharmed() {
    let good = r#"{"id":"1","timestamp":5,"message":"good"}"#;
    for (element, salvaged) in [
        (r#"{"id":"x","timestamp":6,"message":"a\ud800b"}"#, Some(event("x", 6, "a\u{fffd}b"))),
        (r#"{"id":"x","timestamp":6,"message":"a\qb"}"#, Some(event("x", 6, "a\\qb"))),
        (r#"{"id":"x","timestamp":null,"message":"m"}"#, Some(event("x", 5, "m"))),
        (r#"{"id":"x","message":"m"}"#, Some(event("x", 5, "m"))),
        (r#"{"id":{},"timestamp":6,"message":"m"}"#, Some(event("", 6, "m"))),
        (r#"{"id":"x","timestamp":6,"message":["m"]}"#, None),
        (r#"{"id":"x","timestamp":6}"#, None),
        ("{}", None),
        ("[]", None),
        ("null", None),
        ("-1.5", None),
        (r#""text""#, None),
        ("truth", None),
    ] {
        let (decoded, events) = decode(&batch(&format!("{good},{element},{good}"))).unwrap();
        let expected = [Some(event("1", 5, "good")), salvaged, Some(event("1", 5, "good"))];
        assert_eq!(events, expected.into_iter().flatten().collect::<Vec<_>>(), "{element}");
        assert_eq!(decoded.damaged_events, 1, "{element}");
    }
}

#[test]
fn an_event_with_invalid_utf8_is_read_lossily_and_counted() {
    let mut document = batch(r#"{"id":"1","timestamp":5,"message":"a?b é"},{"id":"2","timestamp":6,"message":"é"}"#);
    let at = document.iter().position(|&b| b == b'?').unwrap();
    document[at] = 0xff;
    let (decoded, events) = decode(&document).unwrap();
    assert_eq!(events, [event("1", 5, "a\u{fffd}b é"), event("2", 6, "é")]);
    assert_eq!(decoded.damaged_events, 1);
}

#[test]
fn characters_that_are_spelled_as_escapes_are_written_out() {
    let as_written = |message: &str| {
        let mut seen = Vec::new();
        let element = format!(r#"{{"id":"1","timestamp":1,"message":"{message}"}}"#);
        let odd = format!(r#"{{"timestamp":1, "id":"1","message":"{message}"}}"#);
        for element in [element, odd] {
            document_json(&batch(&element), &mut |_, event| {
                seen.push(String::from_utf8(event.message.as_written().to_owned()).unwrap());
            })
            .unwrap();
        }
        let [one, other] = seen.try_into().unwrap();
        assert_eq!(one, other, "{message}");
        one
    };
    for (message, expected) in [
        (r"(a) \u0045xecution failed", "(a) Execution failed"),
        (r"(a) Execution faile\u0064\n", "(a) Execution failed\n"),
        (r"2026\/06\/09", "2026/06/09"),
        (r"\u007b\u0022a\u0022:1\u007d", r#"{"a":1}"#),
        (r"\u00e9\ud83d\ude00", "é😀"),
        // Escapes that all writers use stay: to undo them takes a copy.
        (r#"{\"a\":\"\\u0045\\/\"}\n"#, r#"{\"a\":\"\\u0045\\/\"}\n"#),
        (r"\\\u0045", r"\E"),
    ] {
        assert_eq!(as_written(message), expected, "{message}");
    }
}

#[test]
fn a_first_event_without_a_time_is_left_out_and_counted() {
    let (decoded, events) =
        decode(&batch(r#"{"id":"1","message":"m"},{"id":"2","timestamp":6,"message":"n"}"#)).unwrap();
    assert_eq!(events, [event("2", 6, "n")]);
    assert_eq!((decoded.log_events, decoded.damaged_events), (1, 1));
}

#[test]
fn a_document_of_the_wrong_shape_is_an_error_that_says_why() {
    use JsonFault::*;
    let after_head = |rest: &str| format!("{{{HEAD},{rest}");
    for (document, expected) in [
        (String::new(), NotAnObject),
        (" \n".to_owned(), NotAnObject),
        ("[]".to_owned(), NotAnObject),
        ("null".to_owned(), NotAnObject),
        ("{".to_owned(), CutOff),
        ("{}".to_owned(), NoLogEvents),
        (format!("{{{HEAD}}}"), NoLogEvents),
        (after_head(r#""logEvents":{}}"#), LogEventsNotAnArray),
        (after_head(r#""logEvents":null}"#), LogEventsNotAnArray),
        (after_head(r#""logEvents":[],"logEvents":[]}"#), DuplicateKey),
        (after_head(r#""owner":"1","logEvents":[]}"#), DuplicateKey),
        (r#"{"owner":1,"logEvents":[]}"#.to_owned(), HeaderNotAString),
        (r#"{"owner":"\x","logEvents":[]}"#.to_owned(), Syntax),
        (r#"{"owner":nul,"logEvents":[]}"#.to_owned(), Syntax),
        (after_head(r#""logEvents":[],}"#), Syntax),
        (after_head(r#""logEvents":[]]"#), Syntax),
        (after_head(r#""logEvents":[,]}"#), Syntax),
        (after_head(r#""logEvents":[1 2]}"#), Syntax),
        (after_head(r#""x":[1,,2],"logEvents":[]}"#), Syntax),
        (after_head(r#""logEvents":[]}x"#), TrailingData),
        (after_head(r#""logEvents":[]}{}"#), TrailingData),
        (after_head(r#""logEvents":["#), CutOff),
        (after_head(r#""logEvents":[{"id":"1","timestamp":5,"message":"m"}"#), CutOff),
        (after_head(r#""logEvents":[{"id":"1","timestamp":5,"message":"m"#), CutOff),
    ] {
        assert_eq!(fault(document.as_bytes()), expected, "{document}");
    }
}

#[test]
fn an_error_holds_sizes_and_places_and_nothing_of_the_payload() {
    let text =
        |payload: &[u8]| subscription_event(payload, &Limits::default(), &mut |_, _| {}).unwrap_err().to_string();
    assert_eq!(text(br#"{"Records":"hunter2"}"#), "not a CloudWatch Logs subscription event (21 bytes)");
    assert_eq!(text(br#"{"awslogs":{"data":"hunter2!"}}"#), "the data of the batch is not base64 (byte 7 of 8)");
    assert_eq!(
        text(br#"{"awslogs":{"data":"aHVudGVyMmh1bnRlcjI="}}"#),
        "the batch is not whole gzip data: missing or unsupported gzip header (byte 10 of 14)"
    );
    let error = document_json(br#"{"hunter2":1}"#, &mut |_, _| {}).unwrap_err();
    assert_eq!(error.to_string(), "the document is not a CloudWatch Logs batch: logEvents is missing (byte 13)");
}

#[test]
fn a_batch_of_several_members_with_zeros_behind_them_is_read() {
    let document = batch(r#"{"id":"1","timestamp":5,"message":"m"}"#);
    let (front, back) = document.split_at(100);
    let members = [gzip(front), gzip(back), vec![0; 9]].concat();
    let (_, events) = collect(|on_event| gzip_data(&members, &Limits::default(), on_event)).unwrap();
    assert_eq!(events, [event("1", 5, "m")]);
}

#[test]
fn a_cut_off_gzip_is_an_error_not_an_empty_batch() {
    let gzip = gzip(&batch(r#"{"id":"1","timestamp":5,"message":"m"}"#));
    for end in 0..gzip.len() {
        let result = gzip_data(&gzip[..end], &Limits::default(), &mut |_, _| {});
        assert!(matches!(result, Err(DecodeError::Gzip { fault: GzipFault::CutOff, .. })), "cut at {end}");
    }
}

#[test]
fn a_batch_beyond_the_limit_is_an_error_that_names_it() {
    let document = batch(r#"{"id":"1","timestamp":5,"message":"m"}"#);
    let limits = |inflated_bytes| Limits { inflated_bytes, ..Limits::default() };
    assert!(gzip_data(&gzip(&document), &limits(document.len() as u64), &mut |_, _| {}).is_ok());
    let error = gzip_data(&gzip(&document), &limits(document.len() as u64 - 1), &mut |_, _| {}).unwrap_err();
    assert!(matches!(error, DecodeError::TooLarge { limit_bytes, .. } if limit_bytes == document.len() as u64 - 1));
}

#[test]
fn too_many_events_are_an_error_that_names_the_limit() {
    let gzip = gzip(&batch("{},{},{}"));
    let limits = |log_events| Limits { log_events, ..Limits::default() };
    assert_eq!(gzip_data(&gzip, &limits(3), &mut |_, _| {}).unwrap().damaged_events, 3);
    assert_eq!(gzip_data(&gzip, &limits(2), &mut |_, _| {}), Err(DecodeError::TooManyEvents { limit: 2 }));
}

#[test]
fn a_deadline_that_has_passed_is_an_error_and_one_to_come_is_not() {
    let gzip = gzip(&batch(""));
    let limits = |deadline| Limits { deadline: Some(deadline), ..Limits::default() };
    let now = Instant::now();
    assert!(matches!(gzip_data(&gzip, &limits(now), &mut |_, _| {}), Err(DecodeError::OutOfTime { .. })));
    assert!(gzip_data(&gzip, &limits(now + Duration::from_secs(3_600)), &mut |_, _| {}).is_ok());
}

#[test]
#[cfg(unix)]
fn a_batch_that_took_its_cpu_time_is_an_error_and_sleep_is_not() {
    let data = STANDARD.encode(gzip(&batch(r#"{"id":"1","timestamp":5,"message":"m"}"#)));
    let limits = |cpu_time| Limits { cpu_time: Some(cpu_time), ..Limits::default() };
    let late = in_windows(data.as_bytes(), &limits(Duration::ZERO), TIGHT, &mut |_, _| {});
    assert!(matches!(late, Err(DecodeError::OutOfTime { .. })));
    let mut sleep = |_: &BatchHeader, _: &LogEvent<'_>| std::thread::sleep(Duration::from_millis(1_200));
    assert!(in_windows(data.as_bytes(), &limits(Duration::from_secs(1)), TIGHT, &mut sleep).is_ok());
}

/// Windows so small that short values are too long for them.
const TIGHT: Window = Window { bytes: 16, step_bytes: 11, most_bytes: 128 };

#[test]
fn a_short_batch_that_inflates_more_than_any_log_is_read_whole() {
    let document = batch(&vec![r#"{"id":"1","timestamp":2,"message":"again and again"}"#; 5_000].join(","));
    let gzip = gzip(&document);
    assert!(gzip.len() * WINDOW_BYTES_PER_GZIP_BYTE < document.len() / 2, "{} bytes", gzip.len());
    assert_eq!(collect(|on_event| gzip_data(&gzip, &Limits::default(), on_event)), whole(&document));
}

#[test]
fn an_event_that_is_too_long_keeps_its_first_part_and_the_rest_of_the_batch() {
    let long = "y".repeat(1_000);
    let elements = format!(
        r#"{{"id":"1","timestamp":5,"message":"m"}},{{"id":"2","timestamp":6,"message":"{long}\"]}}"}},{{"message":"{long}","timestamp":7}},{{"x":"{long}","message":"lost"}},{{"id":"3","timestamp":8,"message":"n"}}"#
    );
    let (decoded, events) = gzip_in_windows(&gzip(&batch(&elements)), TIGHT).unwrap();
    assert_eq!(decoded.damaged_events, 3);
    assert_eq!(events.len(), 4);
    assert_eq!(events[0], event("1", 5, "m"));
    assert_eq!(events[1], event("2", 6, &long[..128 - r#"{"id":"2","timestamp":6,"message":""#.len()]));
    assert_eq!(events[2], event("", 6, &long[..128 - r#"{"message":""#.len()]));
    assert_eq!(events[3], event("3", 8, "n"));
}

#[test]
fn a_member_that_nobody_asks_for_may_have_any_length() {
    let document = format!(r#"{{{HEAD},"x":[{}"\""],"logEvents":[]}}"#, r#"{"a":"\\"},"#.repeat(200));
    assert!(gzip_in_windows(&gzip(document.as_bytes()), TIGHT).is_ok());
}

#[test]
fn a_header_field_or_key_that_is_too_long_is_an_error() {
    for document in [format!(r#"{{"owner":"{}"}}"#, "9".repeat(1_000)), format!(r#"{{"{}":1}}"#, "k".repeat(1_000))] {
        let result = gzip_in_windows(&gzip(document.as_bytes()), TIGHT);
        assert!(matches!(result, Err(DecodeError::Json { fault: JsonFault::TooLong, .. })), "{result:?}");
    }
}

#[test]
fn an_encoded_event_of_any_length_is_decoded_to_the_same() {
    let text = "é\"\\\n\u{1}\u{7f}😀 status: 504 ".repeat(40);
    let ends: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    for end in ends {
        let events = [("1", 5, &text[..end]), ("", -7, "second")];
        let encoded = encode_event(
            &header(),
            events.map(|(id, timestamp_ms, text)| LogEvent {
                id: id.as_bytes(),
                timestamp_ms,
                message: Message::plain(text.as_bytes()),
            }),
        );
        let (decoded, decoded_events) =
            collect(|on_event| subscription_event(encoded.as_bytes(), &Limits::default(), on_event)).unwrap();
        assert_eq!(decoded.header, header());
        assert_eq!(decoded.damaged_events, 0);
        assert_eq!(decoded_events, events.map(|(id, timestamp_ms, text)| event(id, timestamp_ms, text)));
        let oracle: aws_lambda_events::cloudwatch_logs::LogsEvent = serde_json::from_str(&encoded).unwrap();
        let data = oracle.aws_logs.data;
        assert_eq!((data.log_group, data.subscription_filters.len()), (header().log_group, 1));
        let read: Vec<Event> =
            data.log_events.into_iter().map(|event| (event.id, event.timestamp, event.message)).collect();
        assert_eq!(read, decoded_events);
    }
}
