use serde_json::{Value, json};

use super::*;

const EVENT: &str = r#"{"awslogs":{"data":"QUJD"}}"#;

fn event() -> Value {
    serde_json::from_str(EVENT).unwrap()
}

/// Content of a text: each batch with its form, each error as it is reported.
fn held(text: &str) -> Option<Vec<String>> {
    let mut held = Vec::new();
    let is_known = batches(text, &mut |batch| held.push(said(batch)));
    assert!(is_known || held.is_empty(), "{text}");
    is_known.then_some(held)
}

fn said(batch: Result<Batch<'_>, RecordError>) -> String {
    match batch {
        Ok(Batch::SubscriptionEvent(event)) => format!("event {}", event.replace([' ', '\n'], "")),
        Ok(Batch::Data(data)) => format!("data {data}"),
        Ok(Batch::Document(document)) => format!("document {document}"),
        Err(error) => error.to_string(),
    }
}

fn one_event() -> Option<Vec<String>> {
    Some(vec![format!("event {EVENT}")])
}

fn kinesis(sequence_number: &Value, data: &Value) -> Value {
    json!({
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "0123456789abcdef0123456789abcdef",
            "sequenceNumber": sequence_number,
            "data": data,
            "approximateArrivalTimestamp": 1_800_000_000.123,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": "shardId-000000000000:1",
        "eventName": "aws:kinesis:record",
        "awsRegion": "eu-west-1",
    })
}

fn message(body: &Value) -> Value {
    json!({"messageId": "m-1", "receiptHandle": "r", "body": body, "attributes": {}, "eventSource": "aws:sqs"})
}

/// The record that Lambda makes of a failed invocation.
fn failed(payload: &Value) -> Value {
    json!({
        "version": "1.0",
        "timestamp": "2026-06-09T10:16:05.568Z",
        "requestContext": {"requestId": "r", "condition": "RetriesExhausted", "approximateInvokeCount": 3},
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "PublishThrottled"},
    })
}

fn failed_stream(payload: Option<&Value>) -> Value {
    let mut record = failed(&Value::Null);
    record.as_object_mut().unwrap().remove("requestPayload");
    record["KinesisBatchInfo"] = json!({"shardId": "shardId-000000000001", "batchSize": 2});
    payload.into_iter().for_each(|payload| record["payload"] = payload.clone());
    record
}

fn notification(message: &str) -> Value {
    json!({"Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t", "Message": message})
}

fn of_event_bridge(detail: &Value) -> Value {
    json!({"version": "0", "detail-type": "Lambda Function Invocation Result - Failure", "source": "lambda", "detail": detail})
}

fn of_topic(message: &str) -> Value {
    json!({"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": notification(message)}]})
}

fn queued(body: &Value) -> Value {
    json!({"Records": [message(&json!(body.to_string()))]})
}

#[test]
fn one_event_is_found_in_whatever_is_around_it() {
    let text = |value: &Value| value.to_string();
    let event = event();
    let received = json!({"Messages": [{"MessageId": "m", "ReceiptHandle": "r", "MD5OfBody": "x", "Body": text(&failed(&event))}]});
    let rows = [
        event.clone(),
        failed(&event),
        failed(&json!(text(&event))),
        queued(&event),
        queued(&failed(&event)),
        queued(&notification(&text(&failed(&event)))),
        queued(&of_event_bridge(&failed(&event))),
        queued(&notification(&text(&of_event_bridge(&failed(&event))))),
        queued(&failed(&of_topic(&text(&notification(&text(&event)))))),
        notification(&text(&event)),
        of_topic(&text(&failed(&event))),
        of_event_bridge(&failed(&event)),
        of_event_bridge(&event),
        received.clone(),
        received["Messages"].clone(),
        received["Messages"][0].clone(),
        json!([text(&failed(&event))]),
        json!([failed(&event)]),
        failed(&json!([event])),
        failed_stream(Some(&json!(text(&json!({"Records": [message(&json!(text(&event)))]}))))),
        json!({"Records": [{"body": text(&event)}]}),
        json!({"Records": [{"body": event}]}),
        json!({"Records": [{"eventSource": null, "messageId": null, "body": text(&event), "attributes": 7}]}),
        json!({"Messages": [{"Body": text(&event)}]}),
    ];
    for row in rows {
        assert_eq!(held(&row.to_string()), one_event(), "{row}");
        assert!(may_hold_batches(&row.to_string(), false) || row.is_array(), "{row}");
        let pretty = serde_json::to_string_pretty(&row).unwrap();
        assert_eq!(held(&pretty), one_event(), "{pretty}");
    }
}

#[test]
fn records_of_a_stream_are_found_wherever_they_are_kept() {
    let both = Some(vec!["data QUJD".to_owned(), "data REVG".to_owned()]);
    let records = json!({"Records": [kinesis(&json!("1"), &json!("QUJD")), kinesis(&json!("2"), &json!("REVG"))]});
    let fetched = json!({"Records": [
        {"SequenceNumber": "1", "ApproximateArrivalTimestamp": 1.5, "Data": "QUJD", "Partition": "p"},
        {"SequenceNumber": "2", "Data": "REVG"},
    ], "NextShardIterator": "x"});
    let firehose =
        json!({"invocationId": "i", "records": [{"recordId": "1", "data": "QUJD"}, {"recordId": "2", "data": "REVG"}]});
    for row in [
        records.clone(),
        failed_stream(Some(&json!(records.to_string()))),
        failed_stream(Some(&records)),
        queued(&failed_stream(Some(&json!(records.to_string())))),
        records["Records"].clone(),
        fetched,
        firehose,
    ] {
        assert_eq!(held(&row.to_string()), both, "{row}");
    }
    assert_eq!(held(&records["Records"][0].to_string()), Some(vec!["data QUJD".to_owned()]));
}

#[test]
fn any_other_member_may_be_new_null_or_odd() {
    let values = [json!(null), json!([]), json!({}), json!(""), json!("x"), json!(7), json!([7]), json!({"x": 1})];
    let stream = json!({"Records": [kinesis(&json!("1"), &json!("QUJD"))]});
    let queue = queued(&event());
    let received = json!({"Messages": [{"MessageId": "m", "Body": event().to_string()}]});
    let data = Some(vec!["data QUJD".to_owned()]);
    for (event, list, own, expected) in [
        (&stream, "Records", "kinesis", &data),
        (&queue, "Records", "body", &one_event()),
        (&received, "Messages", "Body", &one_event()),
    ] {
        for (key, value) in MemberName::ALL.iter().flat_map(|(_, key)| values.iter().map(move |value| (*key, value))) {
            let mut row = event.clone();
            if !key.eq_ignore_ascii_case(own) {
                row[list][0][key] = value.clone();
                assert_eq!(held(&row.to_string()), *expected, "{row}");
                let records = Records::parse(row.to_string().as_bytes()).map_or(0, |records| records.records.len());
                assert_eq!(records, 1, "{row}");
            }
            let mut row = event.clone();
            if !key.eq_ignore_ascii_case(list) {
                row[key] = value.clone();
                assert_eq!(held(&row.to_string()), *expected, "{row}");
            }
        }
    }
    for (event, own) in [(failed(&event()), "requestPayload"), (event(), "awslogs")] {
        for (key, value) in MemberName::ALL.iter().flat_map(|(_, key)| values.iter().map(move |value| (*key, value))) {
            let mut row = event.clone();
            if key != own && key != "requestContext" {
                row[key] = value.clone();
                assert_eq!(held(&row.to_string()).map(|held| held.len()), Some(1), "{row}");
                assert!(held(&row.to_string()).unwrap()[0].contains("QUJD"), "{row}");
            }
        }
    }
}

#[test]
fn the_command_opens_as_many_layers_as_the_function() {
    // Lists, strings and objects count differently, so what is around the event is tried in several mixtures.
    let wraps: [fn(&str) -> Value; 3] =
        [|text| notification(text), |text| json!({"Records": [message(&json!(text))]}), |text| failed(&json!(text))];
    let text = |mixture: usize, layers: u32| {
        let inner = (0..layers)
            .fold(EVENT.to_owned(), |text, layer| wraps[mixture / 3_usize.pow(layer) % 3](&text).to_string());
        json!({"Records": [message(&json!(inner))]}).to_string()
    };
    let of_function = |text: &str| {
        let mut held = Vec::new();
        Records::parse(text.as_bytes())?
            .records
            .iter()
            .for_each(|record| record.batches(&mut |batch| held.push(said(batch))));
        Some(held)
    };
    for (mixture, layers) in (0..5).flat_map(|layers| (0..3_usize.pow(layers)).map(move |mixture| (mixture, layers))) {
        let text = text(mixture, layers);
        assert_eq!(held(&text), of_function(&text), "{text}");
    }
    assert_eq!(held(&text(0, 2)), one_event());
    assert_ne!(held(&text(0, 4)), one_event());
}

#[test]
fn members_come_in_any_order_and_the_last_of_one_name_counts() {
    for text in [
        r#"{"payload":"{\"Records\":[{\"kinesis\":{\"data\":\"QUJD\"}}]}","KinesisBatchInfo":{},"requestContext":null}"#,
        r#"{"Records":[{"body":"1","body":"{\"Records\":[{\"kinesis\":{\"data\":\"QUJD\"}}]}","eventSource":"aws:sqs"}]}"#,
        r#"{"Records":[{"eventSource":7,"kinesis":{"data":"\u0051UJD","x":{"data":"no"}}}]}"#,
        r#"{"Message":"{\"Records\":[{\"kinesis\":{\"data\":\"QUJD\"}}]}","Signature":"s","Type":"Notification"}"#,
    ] {
        assert_eq!(held(text), Some(vec!["data QUJD".to_owned()]), "{text}");
    }
}

#[test]
fn what_should_hold_an_event_and_does_not_is_an_error_that_says_why() {
    let no_event = "the message holds no CloudWatch Logs subscription event";
    let mut dropped = failed(&Value::Null);
    let rows = [
        (dropped.clone(), "lacks its payload"),
        (
            {
                dropped.as_object_mut().unwrap().remove("requestPayload");
                dropped.clone()
            },
            "lacks its payload",
        ),
        (json!({"requestContext": {"condition": "EventAgeExceeded"}, "responseContext": null}), "lacks its payload"),
        (failed_stream(None), "only the place of the records in their stream"),
        (failed_stream(Some(&Value::Null)), "only the place of the records in their stream"),
        (queued(&failed_stream(None)), "only the place of the records in their stream"),
        (failed(&json!({"Records": []})), no_event),
        (failed(&json!({"order": 1})), no_event),
        (failed(&json!("planted")), no_event),
        (notification("planted"), no_event),
        (json!({"Records": [message(&json!("planted"))]}), no_event),
        (json!({"Records": [message(&json!(""))]}), no_event),
        (json!({"Records": [message(&json!(7))]}), no_event),
        (json!({"Records": [message(&Value::Null)]}), "has no data"),
        (json!({"Records": [{"messageId": "m"}]}), "has no data"),
        (json!({"Records": [kinesis(&json!("1"), &Value::Null)]}), "has no data"),
        (json!({"Records": [kinesis(&json!("1"), &json!(7))]}), "has no data"),
        (json!({"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {}}}]}), "aws s3 cp"),
    ];
    for (row, why) in rows {
        let held = held(&row.to_string()).unwrap_or_default();
        assert!(held.len() == 1 && held[0].contains(why), "{row}: {held:?}");
        assert!(!held[0].contains("planted"), "{held:?}");
    }
    let error = RecordError::NoSubscriptionEvent { body_bytes: 7 };
    assert_eq!(error.to_string(), format!("{no_event} (7 bytes)"));
}

#[test]
fn one_bad_record_leaves_its_neighbours_unharmed() {
    let records = json!({"Records": [kinesis(&json!("1"), &json!("QUJD")), {"kinesis": 7}, message(&json!("x"))]});
    let all = held(&records.to_string()).unwrap();
    assert_eq!((all.len(), all[0].as_str()), (2, "data QUJD"), "{all:?}");
}

#[test]
fn what_is_no_source_is_left_to_others() {
    let rows = [
        "",
        "null",
        "7",
        "[]",
        "{}",
        "x",
        "{\"Records\":[]}",
        "{\"Records\":{}}",
        r#"{"events":[{"message":"m","timestamp":1}]}"#,
        r#"{"message":"m","timestamp":1,"id":"1"}"#,
        r#"{"payload":"(id) Method completed with status: 502","api_id":"a"}"#,
        r#"{"requestId":"1","status":"502","detail":"x"}"#,
        r#"{"resource":"/","body":"{\"awslogs\":{}}","requestContext":{"stage":"prod"}}"#,
        r#"{"Records":[{"eventVersion":"1.08","eventName":"GetItem"}]}"#,
        "{\"awslogs\":{\"data\":\"QUJD\"}} x",
    ];
    for row in rows {
        assert_eq!(held(row), None, "{row}");
    }
}

#[test]
fn a_text_that_is_cut_is_recognised_by_what_stands_before_the_cut() {
    for (text, is_known) in [
        (r#"{"awslogs":{"data":"H4"#, true),
        (r#"{"requestContext":{"condition":"RetriesExhausted"},"requestPayload":{"awsl"#, true),
        (r#"{"payload":"{\"Records\":[{\"kin"#, true),
        (r#"{ "Messages": [ { "MessageId""#, true),
        (r#"{"messageType":"DATA_MESSAGE","logEvents":[{"id""#, true),
        (r#"{"requestId":"1","stat"#, false),
        (r#"{"events":[{"message":"#, false),
    ] {
        assert_eq!(may_hold_batches(text, true), is_known, "{text}");
        assert!(!may_hold_batches(text, false), "{text}");
    }
}

#[test]
fn layers_without_end_are_an_error() {
    let mut text = EVENT.to_owned();
    for _ in 0..4 {
        text = json!({"requestPayload": text}).to_string();
    }
    assert_eq!(held(&text), one_event());
    text = json!({"requestPayload": text}).to_string();
    assert!(held(&text).unwrap()[0].contains("too many events within events"));
    let nested = format!("{}{}", "{\"requestPayload\":".repeat(100_000), "}".repeat(100_000));
    assert!(held(&nested).is_none_or(|held| held[0].contains("too many events")));
    let lists = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(held(&lists).is_none_or(|held| held.is_empty()));
}

#[test]
fn ids_are_texts_or_numbers_and_content_is_the_same_at_each_delivery() {
    let ids = |event: &Value| {
        let payload = event.to_string();
        let records = Records::parse(payload.as_bytes()).unwrap();
        let of = |record: &EventRecord<'_>| (record.id.clone().into_owned(), record.content.to_owned());
        (records.kind, records.records.iter().map(of).collect::<Vec<_>>())
    };
    let own = |id: &str, content: &str| (id.to_owned(), content.to_owned());
    let two = json!({"Records": [kinesis(&json!("1"), &json!("QUJD")), kinesis(&json!(2), &json!("REVG"))]});
    assert_eq!(ids(&two), (RecordKind::Kinesis, vec![own("1", "\"QUJD\""), own("2", "\"REVG\"")]));
    assert_eq!(ids(&json!({"Records": [{"kinesis": {"data": ""}}]})), (RecordKind::Kinesis, vec![own("", "\"\"")]));
    let mut again = message(&json!("a"));
    let first = ids(&json!({"Records": [again]}));
    again["receiptHandle"] = json!("another receipt");
    assert_eq!(first, (RecordKind::Sqs, vec![own("m-1", "\"a\"")]));
    assert_eq!(ids(&json!({"Records": [again]})), first);
    assert_eq!(ids(&json!([again])), first);
    let fetched = json!({"Messages": [{"MessageId": "m-1", "Body": "a"}]});
    assert_eq!(ids(&fetched), first);
    for whole in [failed(&event()), of_event_bridge(&failed(&event())), notification(EVENT)] {
        let (kind, records) = ids(&whole);
        assert_eq!((kind, records.len(), records[0].0.as_str()), (RecordKind::Event, 1, ""), "{whole}");
    }
}

#[test]
fn each_record_gives_what_the_whole_event_gives() {
    let both = json!({"Records": [
        kinesis(&json!("1"), &json!("QUJD")),
        message(&json!(EVENT)),
        {"EventSource": "aws:sns", "Sns": {"Message": EVENT}},
        {"body": EVENT},
    ]});
    let payload = both.to_string();
    let mut of_records = Vec::new();
    for record in &Records::parse(payload.as_bytes()).unwrap().records {
        record.batches(&mut |batch| of_records.push(said(batch)));
    }
    assert_eq!(of_records.len(), 4);
    assert_eq!(Some(of_records), held(&payload));
}

#[test]
fn other_events_have_no_records() {
    for row in [
        json!({}),
        json!([]),
        json!(7),
        json!({"Records": []}),
        json!({"Records": [7]}),
        json!({"Records": [{"dynamodb": {}}]}),
        json!({"order": 1}),
    ] {
        assert!(Records::parse(row.to_string().as_bytes()).is_none(), "{row}");
    }
    assert!(Records::parse(b"\xff").is_none());
}

#[test]
fn a_list_longer_than_an_event_can_have_is_not_read() {
    let records = |count: usize| format!(r#"{{"Records":[{}{{"body":"x"}}]}}"#, r#"{"body":"x"},"#.repeat(count - 1));
    assert_eq!(Records::parse(records(MOST_RECORDS).as_bytes()).unwrap().records.len(), MOST_RECORDS);
    assert!(Records::parse(records(MOST_RECORDS + 1).as_bytes()).is_none());
}
