//! The real program behind a stream and behind a queue: what it counts, what it asks for again.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::cloudwatch::{Behaviour, CloudWatch, now_ms};
use crate::support::events::{self, LOG_GROUP, sequence_number};
use crate::support::function::{Function, OWN_LOG_GROUP};
use crate::support::runtime_api::Outcome;

/// The data of a record with one failed request.
fn failure(name: &str) -> Vec<u8> {
    events::record_data(&events::batch(LOG_GROUP, name, now_ms(), &events::timed_out_request(name)))
}

/// Not from CloudWatch Logs: another producer writes to the stream.
fn stranger() -> Vec<u8> {
    format!("{{\"order\": \"{}\"}}", events::SECRET).into_bytes()
}

fn bytes(event: &Value) -> Vec<u8> {
    event.to_string().into_bytes()
}

/// The ids of records that are to be delivered again.
fn asked_again(outcome: &Outcome) -> Vec<String> {
    let Outcome::Success(body) = outcome else { panic!("{outcome:?}") };
    let answer: Value = serde_json::from_str(body).unwrap();
    let failures = answer["batchItemFailures"].as_array().unwrap();
    failures.iter().map(|failure| failure["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn records_of_several_log_groups_and_accounts_are_counted_with_one_request() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let mut other =
        events::batch("API-Gateway-Execution-Logs_z9y8x7w6v5/dev", "b", now_ms(), &events::timed_out_request("b"));
    other["owner"] = json!("210987654321");
    let control = events::record_data(&events::control_message(now_ms()));
    let outcome = function.invoke(&bytes(&events::kinesis_event(&[
        failure("a"),
        events::record_data(&other),
        control,
        failure("c"),
    ])));
    assert_eq!(asked_again(&outcome), Vec::<String>::new());
    // Those of another account may count under another metric, but each failure counts once.
    let errors = endpoint.sum("Errors") + endpoint.sum("AccountErrors");
    assert_eq!((errors, endpoint.sum_of("Errors", "ApiId", "a1b2c3d4e5")), (3.0, 2.0));
    assert_eq!((function.own("Batches"), function.own("LogEvents"), endpoint.requests()), (3.0, 18.0, 1));
}

#[test]
fn a_request_that_two_records_share_counts_once() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let lines = events::timed_out_request("1f2e3d4c");
    let half = |name: &str, lines: &[String]| events::record_data(&events::batch(LOG_GROUP, name, now_ms(), lines));
    // The failure line in the first, the end in the second: counted in the first, and no more in the second.
    let outcome = function.invoke(&bytes(&events::kinesis_event(&[half("a", &lines[..5]), half("b", &lines[5..])])));
    assert_eq!(asked_again(&outcome), Vec::<String>::new());
    assert_eq!((endpoint.sum("Errors"), function.own("SplitRequests")), (1.0, 1.0));
}

#[test]
fn a_bad_record_is_named_and_what_comes_again_with_it_counts_once() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let corrupt = {
        let mut data = failure("x");
        let middle = data.len() / 2;
        data[middle] ^= 0x55;
        data
    };
    let data = [failure("a"), failure("b"), stranger(), failure("c"), corrupt, failure("d")];
    let event = events::kinesis_event(&data);
    let bad = [sequence_number(2), sequence_number(4)];
    let outcome = function.invoke(&bytes(&event));
    assert_eq!(asked_again(&outcome), bad);
    assert_eq!((endpoint.sum("Errors"), function.own("UndecodableBatches")), (4.0, 2.0));

    // Lambda goes back to the lowest number reported, until it gives the record up.
    let mut rest = event.clone();
    rest["Records"].as_array_mut().unwrap().drain(..2);
    for _ in 0..3 {
        assert_eq!(asked_again(&function.invoke(&bytes(&rest))), bad);
    }
    // With bisecting, the bad record comes alone in the end, and what stood behind it separately.
    for part in [&event["Records"].as_array().unwrap()[2..3], &event["Records"].as_array().unwrap()[3..]] {
        function.invoke(&bytes(&json!({"Records": part})));
    }
    assert_eq!((endpoint.sum("Errors"), endpoint.sum("StageErrors")), (4.0, 4.0));
    assert!(function.own("DuplicateEvents") >= 10.0);

    let written = function.written();
    assert!(!written.contains(events::SECRET), "{written}");
    assert!(written.contains(&bad[0]) && written.contains("\"badRecords\":2"), "{written}");
}

#[test]
fn records_that_are_all_bad_are_all_named() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let mut event = events::kinesis_event(&[stranger(), Vec::new(), failure("a")]);
    event["Records"][2]["kinesis"]["data"] = json!("no base64");
    let outcome = function.invoke(&bytes(&event));
    assert_eq!(asked_again(&outcome), [0, 1, 2].map(sequence_number));
    assert_eq!((function.own("UndecodableBatches"), endpoint.sum("Errors")), (3.0, 0.0));
}

#[test]
fn when_cloudwatch_throttles_all_records_fail_and_the_retry_counts_once() {
    let endpoint = CloudWatch::start();
    endpoint.always(Behaviour::Throttle);
    let mut function = Function::start(&endpoint);
    let event = bytes(&events::kinesis_event(&[failure("a"), stranger(), failure("b")]));
    let outcome = function.invoke_within(&event, Duration::from_secs(3));
    assert_eq!(outcome.error_type(), "PublishThrottled", "{outcome:?}");

    endpoint.always(Behaviour::Strict);
    assert_eq!(asked_again(&function.invoke(&event)), [sequence_number(1)]);
    assert_eq!((endpoint.sum("Errors"), function.own("DuplicateEvents")), (2.0, 0.0));
}

#[test]
fn records_cut_in_two_after_a_part_of_their_data_was_accepted_count_once() {
    let endpoint = CloudWatch::start();
    endpoint.then([Behaviour::Strict, Behaviour::RefuseWith(403, "AccessDenied")]);
    let mut function = Function::start(&endpoint);
    // Each record has a failure in each of 400 minutes: 800 data, of which all records share one half with the next.
    let record = |n: i64| {
        let mut lines = Vec::new();
        for minute in 0..400 {
            let timestamp_ms = now_ms() - (minute + 200 * n) * 60_000;
            lines.extend(
                events::timed_out_request(&format!("{n}-{minute}")).into_iter().map(|line| (timestamp_ms, line)),
            );
        }
        events::record_data(&events::batch_of(LOG_GROUP, &n.to_string(), &lines))
    };
    let event = events::kinesis_event(&[record(0), record(1), record(2)]);
    let outcome = function.invoke(&bytes(&event));
    assert_eq!(outcome.error_type(), "PublishRefused", "{outcome:?}");
    assert!(endpoint.sum("Errors") > 0.0);

    let records = event["Records"].as_array().unwrap();
    for part in [&records[..1], &records[1..]] {
        assert_eq!(asked_again(&function.invoke(&bytes(&json!({"Records": part})))), Vec::<String>::new());
    }
    assert_eq!((endpoint.sum("Errors"), endpoint.sum("StageErrors")), (1_200.0, 1_200.0));
    assert_eq!(endpoint.refusals(), Vec::new());
}

#[test]
fn log_events_that_records_share_count_once_in_whatever_order_the_records_come_again() {
    let endpoint = CloudWatch::start();
    endpoint.then([Behaviour::Strict, Behaviour::RefuseWith(403, "AccessDenied")]);
    let mut function = Function::start(&endpoint);
    // A failure in each of 600 minutes: two requests. The other record brings the last two thirds of them again.
    let lines =
        |n: i64| events::timed_out_request(&n.to_string()).into_iter().map(move |line| (now_ms() - n * 60_000, line));
    let whole = events::batch_of(LOG_GROUP, "a", &(0..600).flat_map(lines).collect::<Vec<_>>());
    let mut part = whole.clone();
    let log_events = part["logEvents"].as_array_mut().unwrap();
    log_events.drain(..log_events.len() / 3);
    let event = events::kinesis_event(&[events::record_data(&whole), events::record_data(&part)]);
    assert_eq!(function.invoke(&bytes(&event)).error_type(), "PublishRefused");

    for record in event["Records"].as_array().unwrap().iter().rev() {
        assert_eq!(asked_again(&function.invoke(&bytes(&json!({"Records": [record]})))), Vec::<String>::new());
    }
    assert_eq!((endpoint.sum("Errors"), endpoint.sum("StageErrors")), (600.0, 600.0));
    assert_eq!(function.own("UncertainPublishes"), 0.0);
}

#[test]
fn a_record_of_the_functions_own_log_group_is_passed_over() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let own = events::record_data(&events::batch(OWN_LOG_GROUP, "o", now_ms(), &events::timed_out_request("o")));
    let outcome = function.invoke(&bytes(&events::kinesis_event(&[own, failure("a")])));
    assert_eq!(asked_again(&outcome), Vec::<String>::new());
    assert_eq!((endpoint.sum("Errors"), function.own("Batches")), (1.0, 1.0));

    // Alone, in several invocations: a line for each would come back as the next batch.
    let lines = function.written().lines().count();
    for n in 0..3 {
        let own = events::batch(OWN_LOG_GROUP, &n.to_string(), now_ms(), &events::timed_out_request("o"));
        function.invoke(&bytes(&events::kinesis_event(&[events::record_data(&own)])));
    }
    assert_eq!(function.written().lines().count(), lines);
}

#[test]
fn records_that_the_deadline_leaves_no_time_for_are_asked_for_again() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    function.invoke(&events::payload(&events::control_message(now_ms())));
    // Gigabytes to inflate, for which there are some four seconds.
    let spaces = events::gzip(&[b"{\"logEvents\":[".to_vec(), vec![b' '; 16 << 20], b"]}".to_vec()].concat());
    let data: Vec<_> = (0..400).map(|_| spaces.clone()).collect();
    let outcome = function.invoke_within(&bytes(&events::kinesis_event(&data)), Duration::from_secs(8));
    let again = asked_again(&outcome);
    assert!(!again.is_empty(), "the machine is too fast for this test");
    assert_eq!(again.last(), Some(&sequence_number(399)));
    assert_eq!(function.own("Batches") as usize + again.len(), 400);
}

#[test]
fn a_kept_event_is_counted_from_the_queue() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let payload =
        |name: &str| events::payload(&events::batch(LOG_GROUP, name, now_ms(), &events::timed_out_request(name)));
    let event = events::sqs_event(&[
        ("m-1", events::on_failure_record(&payload("a"))),
        ("m-2", String::from_utf8(payload("b")).unwrap()),
    ]);
    assert_eq!(asked_again(&function.invoke(&bytes(&event))), Vec::<String>::new());
    assert_eq!((endpoint.sum("Errors"), endpoint.requests()), (2.0, 1));
}

#[test]
fn a_message_that_holds_no_batch_goes_back_to_its_queue_alone() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let good = events::payload(&events::batch(LOG_GROUP, "a", now_ms(), &events::timed_out_request("a")));
    let poison = events::payload_of_gzip(events::SECRET.as_bytes());
    let event = events::sqs_event(&[
        ("m-1", events::on_failure_record(&poison)),
        ("m-2", events::on_failure_record(&good)),
        ("m-3", events::SECRET.to_owned()),
        ("m-4", json!({"requestPayload": {"Records": []}}).to_string()),
    ]);
    // Received again, with other receipts and counts.
    for _ in 0..2 {
        assert_eq!(asked_again(&function.invoke(&bytes(&event))), ["m-1", "m-3", "m-4"]);
    }
    assert_eq!((endpoint.sum("Errors"), function.own("UndecodableBatches")), (1.0, 6.0));
    assert!(!function.written().contains(events::SECRET));
}

#[test]
fn an_unreadable_record_without_an_id_fails_the_invocation_once_the_others_are_counted() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let mut event = events::kinesis_event(&[failure("a"), failure("b"), stranger()]);
    for n in [1, 2] {
        event["Records"][n]["kinesis"]["sequenceNumber"] = Value::Null;
    }
    // Lambda delivers all of them again.
    for _ in 0..2 {
        let outcome = function.invoke(&bytes(&event));
        assert_eq!(outcome.error_type(), "UndecodableBatch", "{outcome:?}");
    }
    assert_eq!(endpoint.sum("Errors"), 2.0);
}

#[test]
fn of_a_record_only_its_data_is_needed() {
    let changes: [fn(&mut Value); 10] = [
        |record| record["kinesis"]["approximateArrivalTimestamp"] = json!(1_781_000_000.123_457),
        |record| record["kinesis"]["approximateArrivalTimestamp"] = json!("2026-06-09T10:13:20.1234567Z"),
        |record| record["kinesis"]["approximateArrivalTimestamp"] = Value::Null,
        |record| record["kinesis"]["encryptionType"] = json!("KMS_NEW"),
        |record| record["kinesis"]["partitionKey"] = json!([1, {}]),
        |record| record["kinesis"]["sequenceNumber"] = json!(7),
        |record| record["eventSource"] = Value::Null,
        |record| record["awsRegion"] = json!(true),
        |record| drop(record.as_object_mut().unwrap().remove("eventID")),
        |record| *record = json!({"kinesis": {"data": record["kinesis"]["data"]}}),
    ];
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    for (count, change) in (1..).zip(changes) {
        let mut event = events::kinesis_event(&[failure(&format!("k{count}"))]);
        change(&mut event["Records"][0]);
        let outcome = function.invoke(&bytes(&event));
        assert_eq!(asked_again(&outcome), Vec::<String>::new(), "{event}");
        assert_eq!(endpoint.sum("Errors"), f64::from(count), "{event}");
    }
}

#[test]
fn a_kpl_aggregated_record_is_named_as_one() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let aggregated = [b"\xf3\x89\x9a\xc2\x0a\x01a\x1a".to_vec(), failure("a"), vec![7; 16]].concat();
    let outcome = function.invoke(&bytes(&events::kinesis_event(&[aggregated, failure("b")])));
    assert_eq!(asked_again(&outcome), [sequence_number(0)]);
    assert_eq!((endpoint.sum("Errors"), function.own("UndecodableBatches")), (1.0, 1.0));
    assert!(function.written().contains("KPL-aggregated"));
}

/// The records of a stream as Lambda keeps them in S3: the event is a text.
fn kept_records(data: &[Vec<u8>]) -> Value {
    json!({
        "requestContext": {"condition": "RetryAttemptsExhausted", "approximateInvokeCount": 4},
        "responseContext": {"statusCode": 200, "functionError": null},
        "version": "1.0",
        "KinesisBatchInfo": {"shardId": "shardId-000000000001", "batchSize": data.len()},
        "payload": events::kinesis_event(data).to_string(),
    })
}

#[test]
fn a_kept_event_counts_whatever_is_around_it() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let kept = |name: &str| {
        events::on_failure_record(&events::payload(&events::batch(
            LOG_GROUP,
            name,
            now_ms(),
            &events::timed_out_request(name),
        )))
    };
    let notified = |message: String| json!({"Type": "Notification", "TopicArn": "arn", "Message": message}).to_string();
    let bridged =
        |detail: &str| format!(r#"{{"detail-type":"Lambda Function Invocation Result - Failure","detail":{detail}}}"#);
    let event = events::sqs_event(&[
        ("m-1", notified(kept("a"))),
        ("m-2", bridged(&kept("b"))),
        ("m-3", notified(bridged(&kept("c")))),
        ("m-4", kept_records(&[failure("d"), failure("e")]).to_string()),
        ("m-5", notified(kept_records(&[failure("f")]).to_string())),
    ]);
    assert_eq!(asked_again(&function.invoke(&bytes(&event))), Vec::<String>::new());
    assert_eq!((endpoint.sum("Errors"), endpoint.requests()), (6.0, 1));
    // The same without a queue: a topic, a rule, a person with a file.
    let of_topic = json!({"Records": [{"EventSource": "aws:sns", "Sns": {"Message": kept("g")}}]}).to_string();
    let received = json!({"Messages": [{"MessageId": "m", "Body": kept("h")}]}).to_string();
    for payload in [of_topic, bridged(&kept("i")), kept("j"), kept_records(&[failure("k")]).to_string(), received] {
        assert!(function.invoke(payload.as_bytes()).is_success(), "{payload}");
    }
    assert_eq!(endpoint.sum("Errors"), 11.0);
}

#[test]
fn of_several_batches_in_one_message_the_readable_ones_count_once() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let body = kept_records(&[failure("a"), stranger(), failure("b")]).to_string();
    let event = bytes(&events::sqs_event(&[("m-1", body)]));
    for _ in 0..3 {
        assert_eq!(asked_again(&function.invoke(&event)), ["m-1"]);
    }
    assert_eq!((endpoint.sum("Errors"), function.own("UndecodableBatches")), (2.0, 3.0));
}

#[test]
fn a_kept_event_that_cannot_be_read_fails_the_invocation() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let place = json!({"KinesisBatchInfo": {"shardId": "shardId-000000000001"}});
    let dropped = json!({"requestContext": {"condition": "RetriesExhausted"}});
    for (payload, why) in [(place, "only the place of the records"), (dropped, "lacks its payload")] {
        let outcome = function.invoke(&bytes(&payload));
        assert_eq!(outcome.error_type(), "UndecodableBatch", "{outcome:?}");
        assert!(outcome.message().contains(why), "{outcome:?}");
    }
    assert_eq!(function.own("UndecodableBatches"), 2.0);
}

#[test]
fn captured_events_are_recognised_by_their_content() {
    let rows = [
        ("events/kinesis_two_log_groups", Vec::new()),
        ("tests/events/kinesis_with_a_bad_record", vec![sequence_number(1)]),
        ("events/sqs_failed_events", Vec::new()),
    ];
    for (name, again) in rows {
        let endpoint = CloudWatch::start();
        let mut function = Function::start(&endpoint);
        let payload = std::fs::read(format!("{}/{name}.json", env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert_eq!(asked_again(&function.invoke(&payload)), again, "{name}");
        // Captured long ago, so that CloudWatch would not take the counts.
        let said = (function.own("StaleEvents"), function.own("LogEvents"), function.own("UndecodableBatches"));
        assert_eq!(said, (2.0, 4.0, again.len() as f64), "{name}");
    }
}
