//! Centralised logs: what was copied from other accounts, Regions and log groups counts as what it is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use why5xx::cause::Table;
use why5xx::decode::document_json;
use why5xx::pipeline::{Counted, Pipeline};
use why5xx::settings::Settings;

use crate::support::cloudwatch::{CloudWatch, now_ms};
use crate::support::events;
use crate::support::function::{Function, OWN_LOG_GROUP};
use crate::support::settings::load;

const COPY: &str = "/central/copy";
const OWN: &str = "123456789012";
const OTHER: &str = "111122223333";
const EXECUTION: &str = "API-Gateway-Execution-Logs_zzz9999999/live";

/// Log events, each with the origin's account and log group.
type Lines<'l> = [(&'l str, &'l str, String)];

fn failure(request_id: &str) -> Vec<String> {
    let lines = ["Execution failed due to a timeout error", "Method completed with status: 504"];
    lines.map(|line| format!("({request_id}) {line}")).to_vec()
}

fn fields(account: &str, log_group: &str) -> Value {
    // The function runs in eu-west-1.
    let region = if log_group == OWN_LOG_GROUP { "eu-west-1" } else { "us-east-1" };
    json!({"@aws.account": account, "@aws.region": region, "@source.log": log_group})
}

/// A batch of the copy, of which each event has its system fields in `extractedFields`.
fn copies(lines: &Lines<'_>) -> Value {
    let messages: Vec<String> = lines.iter().map(|(.., line)| line.clone()).collect();
    let mut batch = events::batch(COPY, "a", now_ms(), &messages);
    for (event, (account, log_group, _)) in batch["logEvents"].as_array_mut().unwrap().iter_mut().zip(lines) {
        event["extractedFields"] = fields(account, log_group);
    }
    batch
}

fn count(pipeline: &Pipeline, document: &str) -> Counted {
    pipeline.count_with(|_, each| document_json(document.as_bytes(), each)).unwrap()
}

fn pipeline() -> Pipeline {
    let mut pipeline = Pipeline::new(Arc::new(Settings::default()), Table::default());
    pipeline.runs_in_account(OWN);
    pipeline
}

/// Metric and dimensions of each count: `Errors zzz9999999 live integration_timeout`.
fn counts(counted: &Counted) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (key, count) in counted.tally.counts() {
        let values: Vec<_> = key.subject.dimensions().into_iter().map(|(_, value)| value).collect();
        let name = format!("{} {} {}", key.subject.metric().name(), values.join(" "), key.cause);
        *counts.entry(name).or_default() += count;
    }
    counts
}

fn of(rows: &[(&str, u64)]) -> BTreeMap<String, u64> {
    rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn system_fields_are_read_in_each_place_and_form() {
    let lines = failure("1f2e3d4c");
    let plain = || events::batch(COPY, "a", now_ms(), &lines);
    let each = |change: &dyn Fn(&mut Value)| {
        let mut batch = plain();
        batch["logEvents"].as_array_mut().unwrap().iter_mut().for_each(change);
        batch
    };
    let with = |key: &str, value: Value| {
        let mut batch = plain();
        batch[key] = value;
        batch
    };
    let merged = |into: &mut Value, fields: Value| {
        into.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    };
    let all = || fields(OTHER, EXECUTION);
    let beside = || {
        let mut batch = plain();
        merged(&mut batch, all());
        batch
    };
    // serde_json sorts keys, so `extractedFields` and `@…` stand before the log events; here they stand behind.
    let behind = |fields: Value| {
        let batch = plain().to_string();
        let fields = fields.to_string();
        format!("{},{}", &batch[..batch.len() - 1], &fields[1..])
    };
    let arn = format!("arn:aws:logs:us-east-1:{OTHER}:log-group:{EXECUTION}:*");
    let rows = [
        each(&|event| event["extractedFields"] = all()).to_string(),
        each(&|event| event["extractedFields"] = json!(all().to_string())).to_string(),
        each(&|event| merged(event, all())).to_string(),
        each(&|event| {
            event["extractedFields"] = json!({"@source.log": [EXECUTION], "@aws.account": [OTHER], "$1": null})
        })
        .to_string(),
        each(&|event| {
            event["extractedFields"] = json!({"@source.log": EXECUTION, "@aws.account": 111_122_223_333_u64})
        })
        .to_string(),
        each(&|event| event["extractedFields"] = json!({"@source.log": arn, "@aws.account": null})).to_string(),
        each(&|event| event["extractedFields"] = json!({"@source.log": format!("{OTHER}:{EXECUTION}")})).to_string(),
        each(&|event| {
            event["extractedFields"] = json!({"@source.log": EXECUTION});
            event["@aws.account"] = json!(OTHER);
        })
        .to_string(),
        with("extractedFields", all()).to_string(),
        beside().to_string(),
        behind(all()),
        behind(json!({"extractedFields": all()})),
        serde_json::to_string_pretty(&each(&|event| event["extractedFields"] = all())).unwrap(),
    ];
    for row in rows {
        let counted = count(&pipeline(), &row);
        let expected = of(&[(&format!("AccountErrors {OTHER} zzz9999999 live integration_timeout"), 1)]);
        assert_eq!(counts(&counted), expected, "{row}");
        let exemplar = counted.exemplars[0].fields(Some("eu-west-1"));
        assert_eq!((&exemplar["logGroup"], &exemplar["accountId"]), (&json!(EXECUTION), &json!(OTHER)), "{row}");
        assert_eq!(counted.decoded.log_events, 2);
        assert_eq!(counted.decoded.damaged_events, 0, "{row}");
    }
    let exemplar = count(&pipeline(), &behind(all())).exemplars[0].fields(Some("eu-west-1"));
    assert_eq!(exemplar["region"], "us-east-1");
}

#[test]
fn fields_that_say_nothing_leave_the_log_group_that_delivers() {
    for odd in
        [json!(null), json!(7), json!("x"), json!([]), json!({}), json!({"@source.log": {}, "@aws.account": "me"})]
    {
        let mut batch = events::batch(events::LOG_GROUP, "a", now_ms(), &failure("1f2e3d4c"));
        batch["logEvents"][0]["extractedFields"] = odd.clone();
        batch["extractedFields"] = odd;
        let counted = count(&pipeline(), &batch.to_string());
        assert_eq!(counts(&counted), of(&[("Errors a1b2c3d4e5 prod integration_timeout", 1)]), "{batch}");
    }
}

#[test]
fn log_groups_and_accounts_that_are_mixed_in_one_batch_are_kept_apart() {
    let id = "0d9c8b7a-6f5e-4d3c-9b2a-1f0e9d8c7b6a";
    let function = |id: &str| {
        [
            format!("START RequestId: {id} Version: $LATEST\n"),
            format!("2026-03-04T05:06:12.000Z {id} Task timed out after 3.00 seconds\n\n"),
            format!("END RequestId: {id}\n"),
            format!(
                "REPORT RequestId: {id}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\tStatus: timeout\n"
            ),
        ]
    };
    let [a, b] = [function(id), function(&id.replace('0', "1"))];
    let [one, two] = [failure("1f2e3d4c"), failure("2f2e3d4c")];
    // Without an end: they are decided when the batch ends.
    let open = |id: &str| {
        format!("({id}) Execution failed due to configuration error: Invalid permissions on Lambda function")
    };
    let rows = [
        (OTHER, EXECUTION, one[0].clone()),
        (OTHER, "/aws/lambda/orders", a[0].clone()),
        (OWN, "/aws/lambda/orders", b[0].clone()),
        (OWN, "API-Gateway-Execution-Logs_yyy8888888/test", two[0].clone()),
        (OTHER, "/aws/lambda/orders", a[1].clone()),
        (OWN, "/aws/lambda/orders", b[1].clone()),
        (OTHER, EXECUTION, one[1].clone()),
        (OWN, "API-Gateway-Execution-Logs_yyy8888888/test", two[1].clone()),
        (OTHER, "/team/one", open("3f2e3d4c")),
        (OWN, "/team/two", open("4f2e3d4c")),
        (OWN, "/aws/lambda/orders", b[3].clone()),
        (OTHER, "/aws/lambda/orders", a[3].clone()),
    ];
    let counted = count(&pipeline(), &copies(&rows).to_string());
    let of_other = |names: &str| format!("AccountErrors {OTHER} {names}");
    let expected = of(&[
        (&of_other("zzz9999999 live integration_timeout"), 1),
        (&of_other("unknown unknown lambda_timeout"), 1),
        (&of_other("unknown unknown lambda_permission"), 1),
        ("Errors yyy8888888 test integration_timeout", 1),
        ("Errors unknown unknown lambda_permission", 1),
        ("FunctionErrors orders lambda_timeout", 1),
    ]);
    assert_eq!(counts(&counted), expected);
    let mut said: Vec<_> = counted.exemplars.iter().map(|exemplar| exemplar.fields(None)).collect();
    said.sort_by_key(|fields| fields["logGroup"].to_string() + &fields["accountId"].to_string());
    let said: Vec<_> =
        said.iter().map(|of| (of["logGroup"].as_str().unwrap(), of["accountId"].as_str().unwrap())).collect();
    assert_eq!(
        said,
        [
            ("/aws/lambda/orders", OTHER),
            ("/aws/lambda/orders", OWN),
            ("/team/one", OTHER),
            ("/team/two", OWN),
            ("API-Gateway-Execution-Logs_yyy8888888/test", OWN),
            (EXECUTION, OTHER),
        ]
    );
    assert_eq!(counted.split_requests, 0);
}

#[test]
fn a_request_of_a_copy_that_two_batches_share_counts_once() {
    let mut pipeline = pipeline();
    let lines = failure("1f2e3d4c");
    let mut split = 0;
    let mut all = BTreeMap::new();
    for (n, line) in lines.iter().enumerate() {
        let mut copy = copies(&[(OTHER, EXECUTION, line.clone())]);
        copy["logEvents"][0]["id"] = json!(n.to_string());
        let mut counted = count(&pipeline, &copy.to_string());
        all.extend(counts(&counted));
        split += counted.split_requests;
        pipeline.commit(std::mem::take(&mut counted.additions));
    }
    assert_eq!((all.values().sum::<u64>(), split), (1, 1), "{all:?}");
}

#[test]
fn more_log_groups_than_a_batch_can_have_are_not_understood() {
    let rows: Vec<_> =
        (0..300).map(|n| (format!("API-Gateway-Execution-Logs_api{n}/prod"), failure(&format!("r{n}")))).collect();
    let lines: Vec<_> =
        rows.iter().flat_map(|(group, lines)| lines.iter().map(|line| (OWN, group.as_str(), line.clone()))).collect();
    let counted = count(&pipeline(), &copies(&lines).to_string());
    assert_eq!(counts(&counted).len(), 256);
    assert_eq!(counted.understood.not_understood, 2 * 44);
    // Interleaved: the first ones go on.
    let again: Vec<_> = lines.iter().rev().cloned().chain(lines.iter().take(2).cloned()).collect();
    assert_eq!(counts(&count(&pipeline(), &copies(&again).to_string())).len(), 256);
}

#[test]
fn a_setting_of_the_copy_holds_where_none_of_the_log_group_does() {
    let file = "[[log_group]]\nname = \"/central/copy\"\nkind = \"execution\"\napi = \"named\"\nstage = \"all\"\n";
    let settings = load(file).unwrap();
    let pipeline = Pipeline::new(Arc::new(settings), Table::default());
    let lines: Vec<_> = failure("1f2e3d4c").into_iter().map(|line| (OWN, "/team/log", line)).collect();
    let counted = count(&pipeline, &copies(&lines).to_string());
    assert_eq!(counts(&counted), of(&[("Errors named all integration_timeout", 1)]));
}

#[test]
fn the_function_counts_copies_by_account_and_names_their_log_group() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let lines: Vec<_> = failure("1f2e3d4c").into_iter().map(|line| (OTHER, EXECUTION, line)).collect();
    let outcome = function.invoke(&events::payload(&copies(&lines)));
    assert!(outcome.is_success(), "{outcome:?}");
    assert_eq!((endpoint.sum_of("AccountErrors", "AccountId", OTHER), endpoint.sum("Errors")), (1.0, 0.0));
    let written = function.written();
    let exemplar = written.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let exemplar = exemplar.into_iter().find(|line| line["message"] == "exemplar").unwrap();
    assert_eq!((&exemplar["logGroup"], &exemplar["region"]), (&json!(EXECUTION), &json!("us-east-1")));
}

#[test]
fn a_copy_of_the_functions_own_log_is_refused_wherever_it_arrives_and_its_neighbours_count() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let own = |name: &str| {
        let lines: Vec<_> = failure(name).into_iter().map(|line| (OWN, OWN_LOG_GROUP, line)).collect();
        copies(&lines)
    };
    let mixed: Vec<_> = [(OWN, OWN_LOG_GROUP, failure("c")), (OWN, EXECUTION, failure("d"))]
        .into_iter()
        .flat_map(|(account, group, lines)| lines.into_iter().map(move |line| (account, group, line)))
        .collect();
    assert!(function.invoke(&events::payload(&own("a"))).is_success());
    assert!(
        function
            .invoke(&events::kinesis_event(&[events::record_data(&own("b"))]).to_string().into_bytes())
            .is_success()
    );
    let kept = events::on_failure_record(&events::payload(&own("e")));
    assert!(function.invoke(&events::sqs_event(&[("m", kept)]).to_string().into_bytes()).is_success());
    assert_eq!(endpoint.sum("Errors"), 0.0);
    assert!(function.invoke(&events::payload(&copies(&mixed))).is_success());
    assert_eq!(endpoint.sum("Errors"), 1.0);
    // Without system fields the log stream still names the function.
    let mut copy = events::batch(COPY, "f", now_ms(), &failure("f"));
    copy["logStream"] = json!("2026/06/09/why5xx[$LATEST]0123456789abcdef0123456789abcdef");
    assert!(function.invoke(&events::payload(&copy)).is_success());
    assert_eq!(endpoint.sum("Errors"), 1.0);
    let refused = function.written().lines().filter(|line| line.contains("the function's own")).count();
    assert!((1..=2).contains(&refused), "{}", function.written());
}

#[test]
fn the_log_of_a_stack_of_the_same_name_elsewhere_is_not_ones_own() {
    let endpoint = CloudWatch::start();
    let mut function = Function::start(&endpoint);
    let id = "8f2b1d77-9f7e-4c0a-9d53-0e6f3f2b1a10";
    let lines = [
        format!("START RequestId: {id} Version: $LATEST"),
        format!("{} {id} Task timed out after 3.00 seconds", "2026-06-09T10:00:03.000Z"),
        format!("END RequestId: {id}"),
    ];
    // As a stream of several accounts delivers it.
    let mut batch = events::batch(OWN_LOG_GROUP, "a", now_ms(), &lines);
    batch["owner"] = json!(OTHER);
    let record = events::record_data(&batch);
    assert!(function.invoke(events::kinesis_event(&[record]).to_string().as_bytes()).is_success());
    assert_eq!(endpoint.sum_of("AccountErrors", "AccountId", OTHER), 1.0);
    // As a copy from another Region.
    let lines: Vec<_> = lines.into_iter().map(|line| (OWN, OWN_LOG_GROUP, line)).collect();
    let mut batch = copies(&lines);
    for event in batch["logEvents"].as_array_mut().unwrap() {
        event["extractedFields"]["@aws.region"] = json!("ap-southeast-2");
    }
    assert!(function.invoke(&events::payload(&batch)).is_success());
    assert_eq!(endpoint.sum("FunctionErrors"), 1.0);
}
