//! `replay` reports what of its inputs was read and what was not understood, and gives no all-clear without either.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::command::command;
use crate::support::events::{batch, payload};

const GROUP: &str = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";

/// A new folder.
fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("reading").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The document that `replay --json` prints, its exit status, and what it says on the standard error.
fn replay(arguments: &[&str], input: &str) -> (Value, Option<i32>, String) {
    let output = command(&[&["replay", "--json"], arguments].concat(), input.as_bytes());
    let document = serde_json::from_slice(&output.stdout).unwrap();
    (document, output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Failed requests at these minutes after noon, each with the lines of a healthy request after it.
fn log(minutes: &[u32]) -> String {
    let line = |(number, minute): (usize, &u32)| {
        let time = format!("2026-05-04T12:{minute:02}:07.123Z");
        format!(
            "{time} (1f2e3d{number:02x}) Execution failed due to a timeout error\n\
             {time} (1f2e3d{number:02x}) Method completed with status: 504\n\
             {time} (5a6b7c{number:02x}) Method completed with status: 200\n"
        )
    };
    minutes.iter().enumerate().map(line).collect()
}

#[test]
fn a_line_that_is_cut_is_reported() {
    let long = format!("(5f1c) Method request body before transformations: {}\n", "x".repeat(2 << 20));
    let text =
        format!("{long}(5f1c) Execution failed due to a timeout error\n(5f1c) Method completed with status: 504\n");
    let (document, status, _) = replay(&["--log-group", GROUP, "-"], &text);
    assert_eq!((&document["cut_lines"], &document["errors"], status), (&json!(1), &json!(1), Some(2)));
    assert!(document["requests"].is_null() && document["undecodable"][0]["error"].as_str().unwrap().contains("1 MiB"));
    let healthy = replay(&["--log-group", GROUP, "-"], &format!("{long}(5f1c) Method completed with status: 200\n"));
    assert_eq!((&healthy.0["errors"], healthy.1), (&json!(0), Some(2)));
    let shown = command(&["replay", "--log-group", GROUP, "-"], long.as_bytes()).stdout;
    assert!(!String::from_utf8(shown).unwrap().to_lowercase().contains("no failure"));
    let whole = text.replace(&"x".repeat(1 << 20), "");
    assert_eq!(replay(&["--log-group", GROUP, "-"], &whole).0["cut_lines"], 0);
    let shown = command(&["replay", "--log-group", GROUP, "-"], text.as_bytes()).stdout;
    let shown = String::from_utf8(shown).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("longer than 1 MiB, and only their beginning was read"), "{shown}");
}

#[test]
fn nothing_read_is_an_error_that_says_so() {
    let late = ["--log-group", GROUP, "--since", "2030-01-01"];
    let untimed = "(1f2e3d4c) Execution failed due to a timeout error\n";
    for (arguments, input, says) in [
        (&[][..], "\n", "no log event in it"),
        (&late[..], &log(&[1]), "none of its 3 log events is in the span of --since and --until"),
        (&late[..], untimed, "none of its 1 log event is in the span of --since and --until; 1 are without a time"),
        (&[][..], "Dear team,\nsee you at noon.\n", "- could not be read: none of its 2 log events was understood"),
    ] {
        let (document, status, error) = replay(arguments, input);
        assert_eq!((status, &document["errors"]), (Some(2), &json!(0)), "{input}");
        assert!(error.contains(says), "{error}");
    }
    let output = command(&["replay"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8(output.stderr).unwrap().starts_with("why5xx: no input: name a FILE"));
}

#[test]
fn no_failure_is_said_only_with_what_was_read() {
    let text = "2026-05-04T12:00:01Z (5a6b7c8d) Method completed with status: 200\nthe moon is full\n";
    let output = command(&["replay"], text.as_bytes());
    let printed = String::from_utf8(output.stdout).unwrap();
    for line in [
        "2 log events in 1 batch: no failure",
        "Read: 1 of execution logs, 1 not understood; from 2026-05-04 12:00:01 to 2026-05-04 12:00:01 UTC.",
        "1 log event of - not understood, the first is number 2",
    ] {
        assert!(printed.contains(line), "{printed}");
    }
    assert_eq!(output.status.code(), Some(0));
    let (document, _, _) = replay(&[], text);
    assert_eq!(document["not_understood"], json!([{"input": "-", "log_events": 1, "first": 2}]));
}

#[test]
fn the_document_has_times_rates_incidents_and_requests_to_look_up() {
    let (document, status, _) = replay(&["--log-group", GROUP], &log(&[1, 2, 2, 30]));
    assert_eq!(status, Some(0));
    let dimensions = json!({"ApiId": "a1b2c3d4e5", "Stage": "prod", "Cause": "integration_timeout"});
    let count = json!({
        "metric": "Errors", "dimensions": dimensions, "count": 4, "statuses": {"504": 4},
        "first": "2026-05-04T12:01:00Z", "last": "2026-05-04T12:30:00Z",
        "peak": {"minute": "2026-05-04T12:02:00Z", "count": 2},
    });
    assert_eq!(document["counts"], json!([count]));
    assert_eq!(document["span"], json!({"from": "2026-05-04T12:01:07.123Z", "to": "2026-05-04T12:30:07.123Z"}));
    assert_eq!(document["requests"], 8);
    let minutes: Vec<_> =
        document["by_minute"].as_array().unwrap().iter().map(|row| (&row["minute"], &row["count"])).collect();
    assert_eq!(
        json!(minutes),
        json!([["2026-05-04T12:01:00Z", 1], ["2026-05-04T12:02:00Z", 2], ["2026-05-04T12:30:00Z", 1]])
    );
    let incident = &document["incidents"][0];
    assert_eq!((&incident["from"], &incident["to"]), (&json!("2026-05-04T12:01:00Z"), &json!("2026-05-04T12:02:00Z")));
    assert_eq!((&incident["count"], &incident["share"]), (&json!(3), &json!(1.0)));
    assert_eq!(document["exemplars"].as_array().unwrap().len(), 4);
    assert_eq!(document["exemplars"][0]["failedRequestId"], "1f2e3d00");
}

#[test]
fn a_log_that_may_be_filtered_has_no_number_of_requests() {
    let failures: String =
        log(&[1, 2]).lines().filter(|line| !line.ends_with("200")).map(|line| format!("{line}\n")).collect();
    assert_eq!(replay(&["--log-group", GROUP], &failures).0["requests"], Value::Null);
    let batch = json!({
        "messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": GROUP, "logStream": "s",
        "subscriptionFilters": ["why5xx"],
        "logEvents": [
            {"id": "1", "timestamp": 1_777_896_000_000_i64, "message": "(1f2e3d4c) Method completed with status: 502"},
            {"id": "2", "timestamp": 1_777_896_000_000_i64, "message": "(5a6b7c8d) Method completed with status: 200"},
        ],
    });
    let (document, _, _) = replay(&[], &batch.to_string());
    assert_eq!((&document["errors"], &document["requests"]), (&json!(1), &Value::Null));
}

#[test]
fn a_log_in_which_an_end_may_be_missing_has_no_number_of_requests() {
    let start = |id: &str, second: u32| {
        format!("2026-05-04T12:59:{second:02}.500Z ({id}) Starting execution for request: {id}\n")
    };
    let ended = start("1f2e3d00", 1) + &start("5a6b7c00", 2) + &log(&[59]);
    let requests = |text: &str| replay(&["--log-group", GROUP], text).0["requests"].clone();
    assert_eq!(requests(&ended), 2);
    // Of the same millisecond as its end, and behind it.
    let behind = "2026-05-04T12:59:07.123Z (1f2e3d00) Starting execution for request: 1f2e3d00\n";
    assert_eq!(requests(&(ended.clone() + behind)), 2);
    let opened = "2026-05-04T12:59:08.123Z (7e7e7e00) Extended Request Id: AbCdEf=\n";
    for more in [&start("7e7e7e00", 9), &start("1f2e3d00", 9), opened, "2026-05-04T12:59:09Z the moon is full\n"] {
        assert_eq!(requests(&(ended.clone() + more)), Value::Null, "{more}");
    }
    let span = ["--log-group", GROUP, "--since", "2026-05-04T12:00:00Z"];
    assert_eq!(replay(&span, &ended).0["requests"], 2);
    let untimed = "(7e7e7e01) Method completed with status: 200\n".to_owned();
    assert_eq!(replay(&span, &(untimed + &ended)).0["requests"], Value::Null);

    let access = |status: &str| {
        format!("{{\"requestId\":\"1f2e3d4c\",\"httpMethod\":\"GET\",\"resourcePath\":\"/o\",{status}}}\n")
    };
    let ended = access("\"status\":\"200\"") + &access("\"status\":\"502\"");
    assert_eq!(replay(&[], &ended).0["requests"], 2);
    for more in
        [access("\"status\":\"502\",\"status\":\"200\""), access("\"length\":\"36\""), "the moon is full\n".into()]
    {
        assert_eq!(replay(&[], &(ended.clone() + &more)).0["requests"], Value::Null, "{more}");
    }
}

/// A page of `filter-log-events` with these log events, whose ids are their numbers.
fn page(stream: &str, messages: &[(usize, &str)]) -> String {
    let event = |(number, message): &(usize, &str)| {
        let time = 1_777_896_000_000_u64 + *number as u64;
        json!({ "logStreamName": stream, "timestamp": time, "message": message, "ingestionTime": time,
            "eventId": format!("{:056}", 39_000_000 + number) })
    };
    json!({ "events": messages.iter().map(event).collect::<Vec<_>>(), "searchedLogStreams": [] }).to_string()
}

#[test]
fn of_two_pages_that_overlap_each_request_is_one_request() {
    let log = [
        (1, "(1f2e3d01) Method completed with status: 200"),
        (2, "(1f2e3d02) Execution failed due to a timeout error"),
        (3, "(1f2e3d02) Method completed with status: 504"),
        (4, "(1f2e3d03) Method completed with status: 200"),
    ];
    let stream = "0123456789abcdef0123456789abcdef";
    let pages = page(stream, &log[..3]) + "\n" + &page(stream, &log);
    let (document, status, _) = replay(&["--log-group", GROUP], &pages);
    assert_eq!((&document["requests"], &document["errors"], status), (&json!(3), &json!(1), Some(0)));
}

#[test]
fn what_a_function_prints_is_no_line_of_another_log_in_a_stream_that_lambda_names() {
    let access = r#"{"requestId":"1f2e3d02","httpMethod":"GET","resourcePath":"/orders","status":"502"}"#;
    let execution = "(1f2e3d03) Execution failed due to a timeout error";
    let log = [(1, access), (2, execution)];
    for stream in
        ["2026/05/04/[$LATEST]0123456789abcdef0123456789abcdef", "2026/05/04/[7]0123456789abcdef0123456789abcdef"]
    {
        let (document, status, _) = replay(&[], &page(stream, &log));
        assert_eq!((&document["counts"], status), (&json!([]), Some(0)), "{document}");
    }
    let failed = [
        (1, access),
        (2, "2026-05-04T12:00:00.123Z 6b9c1c4e-7a51-4b1e-9c55-2f8d6f0e7a11 Task timed out after 3.00 seconds"),
    ];
    let (document, ..) = replay(&[], &page("2026/05/04/[7]0123456789abcdef0123456789abcdef", &failed));
    assert_eq!(
        document["counts"][0]["dimensions"],
        json!({ "FunctionName": "unknown", "Cause": "lambda_timeout" }),
        "{document}"
    );
}

#[test]
fn a_span_keeps_its_events_and_counts_those_outside() {
    let input = format!("(9f8e7d6c) Execution failed due to a timeout error\n{}", log(&[1, 5, 9]));
    let span = ["--log-group", GROUP, "--since", "2026-05-04T12:05:00Z", "--until", "1777896480000"];
    let (document, status, _) = replay(&span, &input);
    assert_eq!((&document["errors"], &document["log_events"], status), (&json!(1), &json!(3), Some(0)));
    assert_eq!((&document["outside_span"], &document["untimed"]), (&json!(7), &json!(1)));
    let (all, _, _) = replay(&span[..2], &input);
    assert_eq!((&all["errors"], &all["outside_span"]), (&json!(4), &json!(0)));
}

#[test]
fn a_request_without_a_time_has_not_the_time_of_the_one_before() {
    let failed = "(9f8e7d6c) Execution failed due to a timeout error\n(9f8e7d6c) Method completed with status: 504\n";
    let span = ["--log-group", GROUP, "--since", "2026-05-04T12:05:00Z"];
    for input in [format!("{}{failed}", log(&[1, 5])), format!("{failed}{}", log(&[1, 5]))] {
        let (document, status, _) = replay(&span, &input);
        assert_eq!((&document["errors"], &document["untimed"], status), (&json!(1), &json!(2), Some(0)), "{input}");
        let (document, ..) = replay(&span[..2], &input);
        assert_eq!((&document["errors"], &document["untimed"]), (&json!(3), &json!(2)), "{input}");
    }
    // What goes on with a line that has a time is of its time: lines of a message, lines about the same request.
    let more = "{\n  \"message\": \"no stock\"\n}\n";
    let text = format!(
        "2026-05-04T12:05:00Z (1f2e3d4c) Endpoint response body before transformations: {more}\
         (1f2e3d4c) Execution failed due to a timeout error\n(1f2e3d4c) Method completed with status: 504\n"
    );
    let (document, ..) = replay(&span, &text);
    assert_eq!((&document["errors"], &document["untimed"]), (&json!(1), &json!(0)), "{document}");
    assert_eq!(document["by_minute"][0]["minute"], "2026-05-04T12:05:00Z");
}

#[test]
fn lines_of_lambda_within_other_text_are_not_understood() {
    let id = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
    let log = [
        format!("START RequestId: {id} Version: 1"),
        "hello".to_owned(),
        format!("2026-05-04T12:00:03.000Z {id} Task timed out after 3.00 seconds"),
        format!("REPORT RequestId: {id}\tDuration: 3000.00 ms"),
    ];
    for head in [
        "2026-05-04T12:00:00.000Z pod/web-1 app F ",
        "2026-05-04T12:00:00.000000Z 01O ",
        "2026-05-04T12:00:00.000Z {log_group=\"/aws/lambda/orders\"} ",
    ] {
        let text: String = log.iter().map(|line| format!("{head}{line}\n")).collect();
        let (counts, status, not_understood) = counted(&["--log-group", "/aws/lambda/orders"], &text);
        assert_eq!((counts, status, not_understood), (json!({}), Some(2), 4), "{text}");
    }
    // Beside the platform's own they are printed.
    let text = log[..2].join("\n") + "\ncopied: START RequestId: 1 Version: 2\n";
    assert_eq!(counted(&["--log-group", "/aws/lambda/orders"], &text), (json!({}), Some(0), 0));
}

#[test]
fn a_line_that_is_broken_in_two_and_nothing_else_is_no_all_clear() {
    let line = r#"{"requestId":"AbCdEf=","ip":"192.0.2.7","routeKey":"GET /orders","status":"504""#;
    let broken = |rest: &str| counted(&[], &format!("{line}\n{rest}\n").repeat(2));
    // The pieces are one document.
    assert_eq!(broken(",\"protocol\":\"HTTP/1.1\"}"), (json!({"reason_not_logged": 2}), Some(0), 0));
    let (counts, status, not_understood) = broken("\"protocol\":\"HTTP/1.1\"}");
    assert_eq!((counts, status), (json!({}), Some(2)));
    assert!(not_understood > 0);
    let said = String::from_utf8(
        command(
            &["replay", "-"],
            format!("{line}\n{}\n", r#"{"requestId":"B=","routeKey":"GET /","status":"200"}"#).as_bytes(),
        )
        .stdout,
    )
    .unwrap();
    assert!(said.contains("none is certain to be a failure, and 1 may be") && !said.contains("no failure"), "{said}");
}

#[test]
fn a_span_that_begins_within_a_request_leaves_its_cause() {
    let text = "2026-05-04T12:00:07.123Z (1f2e3d4c) Starting execution for request: 1f2e3d4c\n\
        2026-05-04T12:00:07.223Z (1f2e3d4c) Execution failed due to configuration error: Invalid permissions on Lambda function\n\
        2026-05-04T12:00:07.323Z (2f2e3d4c) Execution failed due to a timeout error\n\
        2026-05-04T12:00:07.423Z (2f2e3d4c) Method completed with status: 504\n\
        2026-05-04T12:00:08.123Z (1f2e3d4c) Method completed with status: 500\n";
    let arguments = ["--log-group", GROUP, "--since", "2026-05-04T12:00:08Z"];
    assert_eq!(counted(&arguments, text), (json!({"lambda_permission": 1}), Some(0), 0));
    let (document, ..) = replay(&arguments, text);
    assert_eq!((&document["log_events"], &document["kinds"]["execution"]), (&json!(1), &json!(1)), "{document}");
    assert_eq!(document["outside_span"], 4);
}

#[test]
fn comma_separated_values_have_a_row_for_each_minute() {
    let output = command(&["replay", "--csv", "--log-group", GROUP], log(&[1, 2, 2]).as_bytes());
    let expected = "metric,api_id,stage,function,cause,minute,count\n\
                    Errors,a1b2c3d4e5,prod,,integration_timeout,2026-05-04T12:01:00Z,1\n\
                    Errors,a1b2c3d4e5,prod,,integration_timeout,2026-05-04T12:02:00Z,2\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn what_to_check_first_has_the_names_that_the_table_has() {
    let printed = |arguments: &[&str], text: &str| {
        String::from_utf8(command(&[&["replay"], arguments].concat(), text.as_bytes()).stdout).unwrap()
    };
    let of_stage = printed(&["--log-group", GROUP], &log(&[10]));
    assert!(of_stage.contains(" Name=Stage,Value=prod "), "{of_stage}");
    let timeout = "2026-05-04T12:10:07.123Z 1f2e3d4c-0000-4000-8000-000000000001 Task timed out after 3.00 seconds\n";
    let of_function = printed(&["--log-group", "/aws/lambda/orders"], timeout);
    assert!(of_function.contains("get-function-configuration --function-name orders "), "{of_function}");
    let unknown = printed(&["-"], &log(&[10]));
    assert!(unknown.contains("unknown/unknown") && unknown.contains(" Name=Stage,Value=STAGE "), "{unknown}");
}

#[test]
fn one_failure_has_its_time_once() {
    let output = command(&["replay", "--log-group", GROUP], log(&[10]).as_bytes());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("\n  a1b2c3d4e5/prod integration_timeout: at 2026-05-04 12:10\n"), "{printed}");
    let output = command(&["replay", "--log-group", GROUP], log(&[10, 10]).as_bytes());
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("\n  a1b2c3d4e5/prod integration_timeout: 2 at 2026-05-04 12:10\n"), "{printed}");
}

#[test]
fn an_incident_is_a_sentence_and_routes_are_shown() {
    let text = log(&[10, 11, 12]);
    let route = "2026-05-04T12:10:06Z (1f2e3d00) HTTP Method: GET, Resource Path: /stock/{id}\n";
    let output = command(&["replay", "--log-group", GROUP], format!("{route}{text}").as_bytes());
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    let sentence = "integration_timeout: began 2026-05-04 12:10, ended 2026-05-04 12:12, 3 failed requests, 100 % of all in \
                    that time (a1b2c3d4e5/prod)";
    assert!(printed.contains(sentence), "{printed}");
    assert!(
        printed.contains("first 2026-05-04 12:10, last 2026-05-04 12:12, most at 2026-05-04 12:10 (1)"),
        "{printed}"
    );
    assert!(printed.contains("3 of 6 requests failed: 50.00 %."), "{printed}");
    assert!(printed.contains("a1b2c3d4e5/prod /stock/{id}"), "{printed}");
}

#[test]
fn a_kind_reads_a_log_that_its_group_does_not_name() {
    let text = "(1f2e3d4c) Execution failed due to a timeout error\nfor example: nothing\n";
    let (document, status, _) = replay(&["--kind", "execution", "--log-group", "/orders/gateway"], text);
    assert_eq!((&document["errors"], status), (&json!(1), Some(0)));
    assert_eq!((&document["kinds"]["execution"], &document["not_understood"][0]["first"]), (&json!(1), &json!(2)));
    let (document, status, _) = replay(&["--kind", "flow"], text);
    assert_eq!((&document["errors"], status), (&json!(0), Some(2)));
}

#[test]
fn a_folder_is_read_once_whatever_links_and_hidden_files_are_in_it() {
    let folder = folder("links");
    fs::create_dir(folder.join(".git")).unwrap();
    fs::write(folder.join("log.txt"), log(&[1])).unwrap();
    fs::write(folder.join(".git").join("log.txt"), log(&[2])).unwrap();
    fs::write(folder.join(".hidden"), log(&[3])).unwrap();
    fs::write(folder.join("README.md"), "How to read these logs\n").unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.join("log.txt"), folder.join("link.txt")).unwrap();
        std::os::unix::fs::symlink(&folder, folder.join("circle")).unwrap();
        std::os::unix::fs::symlink(folder.join("gone"), folder.join("broken")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap();
        assert!(made.success());
    }
    let (name, file) = (folder.to_str().unwrap().to_owned(), folder.join("log.txt").to_str().unwrap().to_owned());
    let (document, status, error) = replay(&["--log-group", GROUP, &name, &file, &file], "");
    assert_eq!((&document["errors"], &document["log_events"], status), (&json!(1), &json!(3), Some(0)), "{error}");
    let skipped: Vec<&str> = document["skipped"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|one| one["input"].as_str()?.rsplit('/').next())
        .collect();
    assert_eq!(skipped, if cfg!(unix) { &["README.md", "broken", "pipe"][..] } else { &["README.md"] });
}

#[test]
fn log_events_of_a_folder_that_are_not_understood_are_no_other_file() {
    let folder = folder("not-understood");
    let messages = ["192.0.2.0 GET /orders 200 AbCdEfG=", "192.0.2.0 GET /orders 502 AbCdEfH="];
    let events = |with_stream: bool| -> Value {
        let event = |message: &&str| {
            let mut event =
                json!({"timestamp": 1772600767000_u64, "message": message, "ingestionTime": 1772600768000_u64});
            if with_stream {
                event["logStreamName"] = json!("0123456789abcdef0123456789abcdef");
            }
            event
        };
        json!({"events": messages.iter().map(event).collect::<Vec<_>>()})
    };
    let tail: String = messages
        .iter()
        .map(|message| format!("2026-03-04T05:06:07+00:00 0123456789abcdef0123456789abcdef {message}\n"))
        .collect();
    for text in [events(true).to_string(), events(false).to_string(), tail] {
        fs::write(folder.join("log.txt"), log(&[])).unwrap();
        fs::write(folder.join("package.json"), r#"{"name": "orders", "version": "1.0.0"}"#).unwrap();
        fs::write(folder.join("buckets.json"), r#"[{"name": "a", "created": "2026-01-01T00:00:00Z"}]"#).unwrap();
        fs::write(folder.join("access.log"), &text).unwrap();
        let (document, status, error) = replay(&[folder.to_str().unwrap()], "");
        assert_eq!((&document["not_understood"][0]["log_events"], status), (&json!(2), Some(2)), "{error}");
        assert_eq!(
            (document["skipped"].as_array().unwrap().len(), &document["requests"]),
            (2, &Value::Null),
            "{document}"
        );
    }
}

#[test]
#[cfg(unix)]
fn a_file_is_read_once_though_it_is_the_standard_input_and_named() {
    let file = folder("twice").join("log.txt");
    fs::write(&file, log(&[1, 2])).unwrap();
    let name = file.to_str().unwrap();
    for inputs in [&["-", name][..], &[name, "-"], &["-", "-"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_why5xx"))
            .args([&["replay", "--json", "--log-group", GROUP], inputs].concat())
            .stdin(fs::File::open(&file).unwrap())
            .output()
            .unwrap();
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&document["errors"], output.status.code()), (&json!(2), Some(0)), "{inputs:?}");
    }
    // From a pipe, it is another input.
    assert_eq!(replay(&["--log-group", GROUP, "-", name], &log(&[3])).0["errors"], 3);
}

#[test]
#[cfg(unix)]
fn what_is_hidden_is_not_read_through_a_link() {
    use std::os::unix::fs::symlink;
    let folder = folder(".of-a-tool").join("logs");
    let beside = folder.with_file_name("other");
    fs::create_dir_all(folder.join(".git").join("logs")).unwrap();
    fs::create_dir_all(&beside).unwrap();
    fs::write(folder.join("log.txt"), log(&[1])).unwrap();
    fs::write(folder.join(".git").join("logs").join("log.txt"), log(&[2])).unwrap();
    fs::write(folder.join(".hidden"), log(&[3])).unwrap();
    fs::write(beside.join("log.txt"), log(&[4, 5])).unwrap();
    symlink(folder.join(".git"), folder.join("link-to-git")).unwrap();
    symlink(folder.join(".git").join("logs"), folder.join("link-within")).unwrap();
    symlink(folder.join(".hidden"), folder.join("link.txt")).unwrap();
    // Hidden is only what both are in.
    symlink(&beside, folder.join("other")).unwrap();
    let (document, status, error) = replay(&["--log-group", GROUP, folder.to_str().unwrap()], "");
    assert_eq!((&document["errors"], status), (&json!(3), Some(0)), "{error}");
    assert_eq!(document["skipped"].as_array().unwrap().len(), 3, "{document}");
    // Somebody named it.
    let (document, ..) = replay(&["--log-group", GROUP, folder.join("link-to-git").to_str().unwrap()], "");
    assert_eq!(document["errors"], 1, "{document}");
}

#[test]
#[cfg(unix)]
fn a_folder_of_pipes_and_broken_links_alone_holds_no_log() {
    let folder = folder("pipes");
    std::os::unix::fs::symlink(folder.join("gone"), folder.join("broken")).unwrap();
    let (document, status, error) = replay(&[folder.to_str().unwrap()], "");
    assert_eq!((document["skipped"].as_array().unwrap().len(), status), (1, Some(2)), "{error}");
    assert!(error.contains("a folder without a log: no file in it"), "{error}");
}

#[test]
fn log_events_that_come_too_late_to_be_put_in_order_are_counted_and_shown() {
    let line = |second: u32, id: u32| {
        format!(
            "2026-05-04T{:02}:{:02}:{:02}Z ({id:08x}) Method completed with status: 200\n",
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    };
    let mut text: String = (0..12_000).map(|nth| line(40_000 + nth, nth)).collect();
    text.push_str(&line(1, 99_999));
    let (document, status, _) = replay(&[], &text);
    assert_eq!((&document["late"], &document["log_events"], status), (&json!(1), &json!(12_001), Some(0)));
    let printed = String::from_utf8(command(&["replay"], text.as_bytes()).stdout).unwrap();
    assert!(printed.contains("1 log event was too far out of order"), "{printed}");
}

#[test]
fn a_text_behind_ids_of_which_no_sentence_is_known_is_not_understood() {
    let lines = ["(1f2e3d4c) The planted moon is not full", "(5a6b7c8d) note"];
    let events: Vec<Value> = (0..)
        .zip(lines)
        .map(|(number, line)| json!({"logStreamName": "s", "timestamp": 1_777_896_000_000_i64 + number, "message": line}))
        .collect();
    let text = lines.join("\n");
    let tail: String = lines.iter().map(|line| format!("2026-05-04T12:00:00.123Z {line}\n")).collect();
    for (arguments, input) in [
        (&[][..], &text),
        (&["--log-group", GROUP], &text),
        (&["--kind", "execution"], &text),
        (&[], &tail),
        (&[], &json!({"events": events}).to_string()),
        (&[], &json!(lines).to_string()),
        (
            &[],
            &format!(
                "@timestamp,@message\n2026-05-04 12:00:00.000,{}\n2026-05-04 12:00:00.000,{}\n",
                lines[0], lines[1]
            ),
        ),
    ] {
        let (document, status, error) = replay(arguments, input);
        assert_eq!((&document["not_understood"][0]["log_events"], status), (&json!(2), Some(2)), "{input}: {error}");
        // One line that is known is enough to have read a log.
        let mixed = format!("{text}\n(9f8e7d6c) Method request path: {{}}\n");
        let (document, status, _) = replay(&["--log-group", GROUP], &mixed);
        assert_eq!((&document["not_understood"][0]["log_events"], status), (&json!(2), Some(0)));
    }
}

#[test]
fn an_input_that_is_missing_is_named_and_the_rest_is_counted() {
    let folder = folder("missing");
    fs::write(folder.join("log.txt"), log(&[1])).unwrap();
    let (file, missing) = (folder.join("log.txt"), folder.join("no\u{202e}where.txt"));
    let (document, status, error) =
        replay(&["--log-group", GROUP, file.to_str().unwrap(), missing.to_str().unwrap()], "");
    assert_eq!((&document["errors"], status), (&json!(1), Some(2)));
    assert!(error.contains("no\u{fffd}where.txt could not be read: "), "{error}");
    assert_eq!(document["undecodable"].as_array().unwrap().len(), 1);
}

#[test]
fn no_character_of_a_log_moves_a_cursor_or_turns_text_around() {
    let hidden = ['\u{202e}', '\u{9b}', '\u{200b}', '\u{3164}', '\u{fe0f}', '\u{2800}'];
    let hostile = format!("a2J{}", String::from_iter(hidden));
    let line =
        json!({"status": "502", "requestId": "1f2e3d4c", "apiId": hostile, "stage": hostile, "routeKey": hostile});
    for arguments in [&["replay"][..], &["replay", "--json"], &["replay", "--csv"], &["replay", "--html", "-"]] {
        let output = command(arguments, format!("{line}\n").as_bytes());
        let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!printed.contains(hidden), "{arguments:?}: {printed}");
    }
}

/// The statuses of the failed requests in lines of an access log of a declared format.
fn statuses(test: &str, format: &str, input: &str) -> (Value, Value) {
    const ACCESS: &str = "/aws/apigateway/orders-access";
    let settings = folder(test).join("why5xx.toml");
    fs::write(&settings, format!("[[log_group]]\nname = \"{ACCESS}\"\naccess_log_format = '''{format}'''\n")).unwrap();
    let (document, ..) = replay(&["--log-group", ACCESS, "--settings", settings.to_str().unwrap()], input);
    (document["counts"][0]["statuses"].clone(), document["log_events"].clone())
}

#[test]
fn of_a_declared_json_format_a_record_may_stand_over_several_lines() {
    let format = r#"{ "id":"$context.requestId", "path":"$context.path","n":{"status":$context.status},"text":$context.error.messageString }"#;
    let record = |path: &str, status: &str| {
        format!(
            r#"{{ "id":"1f2e3d4c", "path":"{path}","n":{{"status":{status}}},"text":"Internal  server, \"error\"" }}"#
        )
    };
    let lines = [record("/a  b", "502"), record("/o\\\\", "200"), record(r#"/\",\"n\":{\"status\":200}"#, "504")];
    let values: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    // The order of the members is the log's, as `jq .` leaves it.
    let over_lines = |line: &String| {
        line.replacen("{ ", "{\n  ", 1)
            .replace(", \"path\":", ",\n  \"path\": ")
            .replace(",\"n\":{", ",\n  \"n\": {\n    ")
            .replace("},\"text\":", "\n  },\n  \"text\": ")
            .replace(" }", "\n}")
    };
    let pretty: Vec<String> = lines.iter().map(over_lines).collect();
    for (text, value) in pretty.iter().zip(&values) {
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), *value, "{text}");
    }
    let expected = json!({"502": 1, "504": 1});
    let below_times: String =
        pretty.iter().zip(1..).map(|(text, second)| format!("2026-05-04T12:00:0{second}.000Z\n{text}\n")).collect();
    for input in [lines.join("\n"), pretty.join("\n"), format!("[\n{}\n]", pretty.join(",\n")), below_times] {
        assert_eq!(statuses("over-lines", format, &input), (expected.clone(), json!(3)), "{input}");
    }
    // On one line, a record is the format's to the letter.
    assert_eq!(statuses("over-lines", format, &pretty[0].replace('\n', " ")).0, Value::Null);
}

#[test]
fn a_record_of_a_declared_format_is_one_whatever_it_begins_with() {
    let format = "$context.path|$context.status|$context.integration.error";
    let healthy = "/o|200|-\n";
    for path in ["\t502\t", "  /x", "}", "] ", "Caused by: ", "Traceback (most recent call last)"] {
        let input = format!("{healthy}{path}|504|Execution failed due to a timeout error\n{healthy}");
        assert_eq!(statuses("begins", format, &input), (json!({"504": 1}), json!(3)), "{path:?}");
    }
}

#[test]
fn a_line_with_its_own_time_is_a_log_event_whatever_word_follows() {
    let values =
        ["7f 192.0.2.1 200", "- 192.0.2.1 200", "dana 192.0.2.2 502", "erin 192.0.2.3 503", "7f 192.0.2.1 200"];
    let format = "$context.authorizer.principalId $context.identity.sourceIp $context.status";
    for (form, separator) in
        [("2026-05-04T12:00:0{}.000Z", " "), ("2026-05-04T12:00:0{}", " "), ("177789600{}000", "\t")]
    {
        for first in 0..values.len() {
            let lines = (first..values.len()).zip(0..);
            let line = |(value, second): (usize, u32)| {
                format!("{}{separator}{}\n", form.replace("{}", &second.to_string()), values[value])
            };
            let input: String = lines.map(line).collect();
            let expected: Value = match first {
                0..=2 => json!({"502": 1, "503": 1}),
                3 => json!({"503": 1}),
                _ => Value::Null,
            };
            assert_eq!(statuses("own_time", format, &input), (expected, json!(values.len() - first)), "{input}");
        }
    }
    // What a function printed, behind the time of a tool.
    let printed = "2026-05-04T12:00:00.000Z START RequestId: 5a6b7c8d-0000-4000-8000-00000000000a Version: 3\n\
                   2026-05-04T12:00:01.000Z 1 order\n2026-05-04T12:00:02.000Z order is late\n\
                   2026-05-04T12:00:03.000Z error while it was kept\n";
    let (document, ..) = replay(&["--log-group", "/aws/lambda/orders"], printed);
    assert_eq!(document["log_events"], json!(4));
}

#[test]
fn a_dash_as_the_first_value_of_a_line_is_kept() {
    let format = "$context.identity.userAgent $context.status";
    for before in [
        "",
        "2026-05-04T12:00:00.000Z ",
        "2026-05-04T12:00:00 ",
        "2026-05-04T12:00:00.000000+00:00 7f6e5d4c3b2a19087f6e5d4c3b2a1908 ",
    ] {
        let input = format!("{before}- 502\n{before}probe 200\n{before}- 503\n");
        assert_eq!(statuses("dash", format, &input), (json!({"502": 1, "503": 1}), json!(3)), "{input}");
    }
}

#[test]
fn lines_of_an_access_log_with_tabs_between_are_read_one_by_one() {
    let values = "$context.status,$context.path,$context.identity.userAgent";
    let written = "$context.identity.sourceIp - - [$context.requestTime] \"$context.httpMethod $context.path HTTP/1.1\" $context.status 12";
    let clf = |status: u32| format!("192.0.2.7 - - [04/May/2026:12:00:00 +0000] \"GET /a HTTP/1.1\" {status} 12");
    for (format, lines) in [
        (values, ["200,/a,probe/1.0", "502,/a,-", "503,/b,probe 1.0"].map(str::to_owned)),
        (written, [clf(200), clf(502), clf(503)]),
    ] {
        let found = statuses("tabs", format, &(lines.join("\t") + "\n"));
        assert_eq!(found, (json!({"502": 1, "503": 1}), json!(3)), "{format}");
    }
    // Tabs within one line.
    let format = "$context.status\t$context.path\t$context.identity.userAgent";
    let found = statuses("tabs", format, "502\t/a\tprobe 1.0 200\n200\t/b\t-\n");
    assert_eq!(found, (json!({"502": 1}), json!(2)));
}

#[test]
fn a_tab_of_a_client_s_begins_no_line_of_an_access_log() {
    let clf = |path: &str| {
        format!("192.0.2.7 - - [04/May/2026:12:00:00 +0000] \"GET {path} HTTP/1.1\" 200 12 Kd83hfQaLm2Xs=\n")
    };
    let json = |path: &str| {
        format!(
            "{{\"requestId\":\"Kd83hfQaLm2Xs=\",\"requestTime\":\"04/May/2026:12:00:00 +0000\",\"status\":\"200\",\"path\":\"{path}\",\"ip\":\"192.0.2.7\"}}\n"
        )
    };
    for line in [
        clf("/cart HTTP/1.1\" 502 36 Kd83hfQaLm2Xs=\t"),
        clf("/cart HTTP/1.1\" 502 36 Kd83hfQaLm2Xs=\tx"),
        json(
            r#"/cart","status":"502"}	{"requestId":"Kd83hfQaLm2Xs=","requestTime":"04/May/2026:12:00:00 +0000","status":"502"}"#,
        ),
    ] {
        let (document, ..) = replay(&["--kind", "access"], &(clf("/") + &line));
        assert_eq!((&document["errors"], &document["ambiguous_lines"]), (&json!(0), &json!(1)), "{line}");
    }
}

#[test]
fn a_line_of_another_invocation_counts_nothing_where_it_alone_has_a_time() {
    let id = "7a8b9c0d-1e2f-4a3b-8c4d-5e6f7a8b9c0d";
    let other = "2026-05-04T12:00:07.123Z 1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f Task timed out after 6.00 seconds";
    let text = format!(
        "START RequestId: {id} Version: 3\n{other}\nEND RequestId: {id}\nREPORT RequestId: {id}\tDuration: 9.00 ms\t\
         Billed Duration: 9 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\t\n"
    );
    assert_eq!(replay(&["--log-group", "/aws/lambda/orders"], &text).0["errors"], json!(0));
}

#[test]
fn json_behind_text_is_read() {
    let stream = "7f6e5d4c3b2a19087f6e5d4c3b2a1908";
    let text: String = (log(&[1]).lines())
        .map(|line| line.split_once(' ').unwrap())
        .map(|(time, message)| format!("{time} {stream} {message}\n"))
        .collect();
    let events: Vec<Value> = (log(&[3]).lines())
        .map(|line| json!({"logStreamName": stream, "timestamp": 1_777_896_187_000_u64, "message": line.split_once(' ').unwrap().1}))
        .collect();
    let list = json!(events);
    let page = json!({"events": list, "searchedLogStreams": []});
    for json in [
        serde_json::to_string_pretty(&page).unwrap(),
        page.to_string(),
        serde_json::to_string_pretty(&list).unwrap(),
        list.to_string(),
    ] {
        let (document, ..) = replay(&["--log-group", GROUP], &format!("{text}{json}\n"));
        assert_eq!((&document["errors"], &document["log_events"]), (&json!(2), &json!(6)), "{json}");
    }
}

#[test]
fn lines_of_a_tail_behind_rows_of_the_cli_are_read() {
    let stream = "7f6e5d4c3b2a19087f6e5d4c3b2a1908";
    let rows: String = (log(&[1]).lines().zip(0..))
        .map(|(line, n): (_, u32)| {
            format!("EVENTS\t{n:056}\t1777896067500\t{stream}\t{}\t1777896067123\n", line.split_once(' ').unwrap().1)
        })
        .collect();
    let tail: String = (log(&[3]).lines())
        .map(|line| line.split_once(' ').unwrap())
        .map(|(time, message)| format!("{time} {stream} {message}\n"))
        .collect();
    let (document, ..) = replay(&["--log-group", GROUP], &(rows + &tail));
    assert_eq!((&document["errors"], &document["log_events"]), (&json!(2), &json!(6)));
}

#[test]
fn what_is_no_log_is_no_function_without_a_failure() {
    let rows = [
        "\nAn error occurred (ResourceNotFoundException) when calling the FilterLogEvents operation: The specified log group does not exist.\n",
        "usage: aws [options] <command> <subcommand> [parameters]\naws: error: the following arguments are required: --log-group-name\n",
        "{\n    \"queryId\": \"5a1c2e3f-0b4d-4c6e-9f70-8192a3b4c5d6\"\n}\n",
        "{\n    \"logGroups\": [\n        {\n            \"logGroupName\": \"/aws/lambda/orders\",\n            \"creationTime\": 1777896000000\n        }\n    ]\n}\n",
        "{\"Functions\": [{\"FunctionName\": \"orders\", \"Runtime\": \"python3.13\"}]}\n",
        "Dear team,\nplease look at the orders function.\n",
        "orders~START RequestId: 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 Version: 1\norders~Task timed out after 3.00 seconds\n",
    ];
    for input in rows {
        for arguments in [&["--log-group", "/aws/lambda/orders"][..], &["--kind", "function"]] {
            let (document, status, error) = replay(arguments, input);
            assert_eq!((status, &document["errors"]), (Some(2), &json!(0)), "{arguments:?} {input}");
            assert_eq!(document["not_understood"][0]["first"], 1, "{input}");
            assert!(error.contains("was understood") || error.contains("no log event"), "{error}");
        }
    }
}

#[test]
fn a_functions_log_is_understood_by_one_line_or_by_its_times() {
    let id = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
    let rows = [
        format!("hello\nSTART RequestId: {id} Version: 7\nworld\n"),
        format!("hello\n2026-05-04T12:00:00.000Z\t{id}\tINFO\tworld\n"),
        format!("hello\n[INFO]\t2026-05-04T12:00:00.000Z\t{id}\tworld\n"),
        format!("hello\n{{\"timestamp\":\"x\",\"level\":\"INFO\",\"requestId\":\"{id}\",\"message\":\"world\"}}\n"),
        "INIT_START Runtime Version: python:3.13.v30\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:0a\nhello\n"
            .to_owned(),
        "{\"time\":\"2026-05-04T12:00:00.000Z\",\"type\":\"platform.initStart\",\"record\":{}}\nhello\n".to_owned(),
        "2026-05-04T12:00:00.000Z hello\n2026-05-04T12:00:01.000Z world\n".to_owned(),
    ];
    for input in rows {
        let (document, status, error) = replay(&["--log-group", "/aws/lambda/orders"], &input);
        assert_eq!((status, &document["not_understood"]), (Some(0), &json!([])), "{input}{error}");
    }
}

#[test]
fn lines_that_a_terminal_or_a_mail_broke_are_whole_again() {
    let id = "6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69";
    let execution: Vec<String> = [
        "Starting execution for request: 6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69",
        "Method request headers: {User-Agent=curl/8.0, Accept=*/*, X-Amzn-Trace-Id=Root=1-6a5e0b7a-0123456789abcdef}",
        "Execution failed due to configuration error: Invalid permissions on Lambda function",
        "Method completed with status: 500",
    ]
    .map(|text| format!("({id}) {text}"))
    .to_vec();
    let with_long_word: Vec<String> = [
        &execution[..2],
        &[format!("({id}) Endpoint request URI: https://{}.example.com/", "x".repeat(120))],
        &execution[2..],
    ]
    .concat();
    let function: Vec<String> = [
        format!("START RequestId: {id} Version: $LATEST"),
        "read 3 orders".to_owned(),
        format!("2026-05-04T12:00:03.000Z {id} Task timed out after 3.00 seconds"),
        format!("END RequestId: {id}"),
        format!(
            "REPORT RequestId: {id}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\tStatus: timeout"
        ),
    ]
    .to_vec();
    let tail = |log: &[String], stream: &str| -> Vec<String> {
        log.iter().map(|line| format!("2026-05-04T12:00:00.000000+00:00 {stream} {line}")).collect()
    };
    let cut = |log: &[String], width: usize| -> String {
        let log: Vec<String> = log.iter().map(|line| line.replace('\t', " ")).collect();
        let pieces = log.iter().flat_map(|line| line.as_bytes().chunks(width));
        pieces.flat_map(|piece| [std::str::from_utf8(piece).unwrap(), "\n"]).collect()
    };
    let at_words = |log: &[String], width: usize| -> String {
        let mut text = String::new();
        for line in log {
            let mut length = 0;
            for word in line.split(' ') {
                let fits = length == 0 || length + 1 + word.len() <= width;
                text += if length == 0 {
                    ""
                } else if fits {
                    " "
                } else {
                    "\n"
                };
                length = if fits && length > 0 { length + 1 + word.len() } else { word.len() };
                text += word;
            }
            text += "\n";
        }
        text
    };
    let count = |group: &str, text: &str| {
        let (document, status, _) = replay(&["--log-group", group], text);
        assert_eq!(
            (status, &document["not_understood"], &document["errors"]),
            (Some(0), &json!([]), &json!(1)),
            "{text}"
        );
        document["counts"][0]["dimensions"]["Cause"].as_str().unwrap().to_owned()
    };
    for width in [80, 100, 120, 97] {
        let tail = tail(&execution, "0123456789abcdef0123456789abcdef");
        for text in [cut(&execution, width), cut(&tail, width), at_words(&execution, width)] {
            assert_eq!(count(GROUP, &text), "lambda_permission", "{text}");
        }
    }
    for width in [60, 72, 120] {
        assert_eq!(count(GROUP, &at_words(&with_long_word, width)), "lambda_permission", "{width}");
        let tail = tail(&with_long_word, "0123456789abcdef0123456789abcdef");
        assert_eq!(count(GROUP, &at_words(&tail, width.max(110))), "lambda_permission", "{width}");
    }
    let function_tail = tail(&function, "2026/05/04/[$LATEST]0123456789abcdef0123456789abcdef");
    for text in [
        cut(&function, 80),
        cut(&function, 120),
        cut(&function_tail, 60),
        cut(&function_tail, 66),
        cut(&function_tail, 90),
        cut(&function_tail, 100),
        cut(&function_tail, 120),
    ] {
        assert_eq!(count("/aws/lambda/orders", &text), "lambda_timeout", "{text}");
    }
    let at_colon = execution.join("\n").replace("error: Invalid", "error:\n\nInvalid");
    assert_eq!(count(GROUP, &at_colon), "lambda_permission");
}

#[test]
fn a_line_of_an_access_log_that_comes_twice_is_one_request() {
    let line = |status: u16| format!("{{\"requestId\":\"r{status}\",\"status\":\"{status}\"}}");
    let log = [line(200), line(404), line(502), line(204)];
    let log: Vec<(usize, &str)> = log.iter().enumerate().map(|(number, line)| (number, line.as_str())).collect();
    let pages = page("a", &log[..3]) + "\n" + &page("a", &log);
    let (document, status, _) = replay(&["--log-group", "/team/access", "--kind", "access"], &pages);
    assert_eq!((&document["requests"], &document["errors"], status), (&json!(4), &json!(1), Some(0)));
}

#[test]
fn a_tab_of_a_client_divides_no_line() {
    let line =
        "<request id=\"a\"> <user>502 x:\t502 y</user> <status>200</status> <protocol>HTTP/1.1</protocol> </request>\n";
    let text = line.to_owned() + &line.replace(" x:\t502", "");
    let (document, _, _) = replay(&["--log-group", "/team/access"], &text);
    assert_eq!((&document["errors"], &document["log_events"]), (&json!(0), &json!(2)));
    let body =
        "(5a6b7c8d) Endpoint response body before transformations: a\t(0a1b2c3d) Method completed with status: 502\n";
    let text = body.to_owned() + "(5a6b7c8d) Method completed with status: 200\n";
    let (document, status, _) = replay(&["--log-group", GROUP], &text);
    assert_eq!((&document["errors"], status), (&json!(0), Some(0)));
}

/// A gigabyte: `WHY5XX_INPUT_MIB=1024 cargo test --release --test it reading::memory`.
#[test]
#[cfg(target_os = "linux")]
#[expect(clippy::disallowed_methods, reason = "the environment sets the size, and is read once")]
fn memory_does_not_grow_with_the_input() {
    const MOST_KIB: u64 = 64 << 10;
    let mib: usize = std::env::var("WHY5XX_INPUT_MIB").map_or(48, |number| number.parse().unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_why5xx"))
        .args(["replay", "--json", "--log-group", GROUP, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = BufWriter::with_capacity(1 << 16, child.stdin.take().unwrap());
    let (mut bytes, mut number) = (0, 0_u64);
    input.write_all(b"{\"events\":[").unwrap();
    while bytes < mib << 20 {
        // Newest first and behind each other in turn; the window sorts the one and counts the other.
        let time = 1_777_896_000_000 + number * 100 - (number % 7) * 300;
        let event = json!({ "logStreamName": format!("s{}", number % 5), "timestamp": time, "ingestionTime": time,
            "message": format!("({number:08x}) Method completed with status: {}", if number.is_multiple_of(3) { 502 } else { 200 }),
            "eventId": format!("{number:056}") });
        let event = format!("{}{event}", if number == 0 { "" } else { "," });
        input.write_all(event.as_bytes()).unwrap();
        (bytes, number) = (bytes + event.len(), number + 1);
    }
    input.write_all(b"]}\n").unwrap();
    input.flush().unwrap();
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak_kib: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
    drop(input);
    let document: Value = serde_json::from_slice(&child.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!((&document["log_events"], &document["errors"]), (&json!(number), &json!(number.div_ceil(3))));
    println!("{mib} MiB, {number} log events: peak {peak_kib} KiB");
    assert!(peak_kib < MOST_KIB, "{peak_kib} KiB");
}

const STREAM: &str = "7f6e5d4c3b2a19087f6e5d4c3b2a1908";

/// Returns the counts, the exit status, and how many log events were not understood.
fn counted(arguments: &[&str], input: &str) -> (Value, Option<i32>, u64) {
    let (document, status, _) = replay(arguments, input);
    let rows = document["counts"].as_array().unwrap().iter();
    let counts =
        rows.map(|row| (row["dimensions"]["Cause"].as_str().unwrap().to_owned(), row["count"].clone())).collect();
    let not_understood =
        document["not_understood"].as_array().unwrap().iter().map(|input| input["log_events"].as_u64().unwrap());
    (Value::Object(counts), status, not_understood.sum())
}

#[test]
fn the_failures_of_a_format_are_understood_where_its_other_lines_are() {
    for format in [
        r#"{"requestId":"AbCdEf=","status":"STATUS"}"#,
        r#"{"statusCode":STATUS,"path":"/orders"}"#,
        r#"{"context":{"status":"STATUS"}}"#,
        r#"{"request":{"path":"/orders"},"response":{"status":"STATUS"}}"#,
        r#"{"status":STATUS,"message":"ok"}"#,
        r#"{"requestId":"AbCdEf=","routeKey":"GET /orders","status":"STATUS"}"#,
        r#"{"ip":"192.0.2.7","httpMethod":"GET","status":"STATUS"}"#,
        r#"{"errorResponseType":"-","status":STATUS}"#,
    ] {
        let not_understood = |status: &str| counted(&[], &format.replace("STATUS", status)).2;
        assert_eq!(not_understood("200"), not_understood("502"), "{format}");
        let log: String = ["200", "502", "200"].map(|status| format.replace("STATUS", status) + "\n").concat();
        let (counts, status, not_understood) = counted(&[], &log);
        let expected =
            if not_understood == 0 { (json!({"reason_not_logged": 1}), Some(0)) } else { (json!({}), Some(2)) };
        assert_eq!((counts, status), expected, "{format}");
    }
}

#[test]
fn a_document_with_a_status_is_no_log() {
    for (document, says) in [
        (json!({"StatusCode": 200, "FunctionError": "Unhandled", "ExecutedVersion": "$LATEST"}), "the function failed"),
        (json!({"StatusCode": 200, "ExecutedVersion": "7"}), "aws lambda invoke"),
        (json!({"log": {"version": "1.2", "entries": [{"response": {"status": 200}}]}}), "HAR"),
        (
            json!({"Resources": {"R": {"Type": "AWS::ApiGateway::GatewayResponse", "Properties": {"ResponseType": "DEFAULT_5XX", "StatusCode": "500"}}}}),
            "CloudFormation",
        ),
        (
            json!({"items": [{"responseType": "INTEGRATION_FAILURE", "statusCode": "504", "responseTemplates": {}}]}),
            "aws apigateway",
        ),
        (
            json!({"responseType": "INTEGRATION_FAILURE", "statusCode": "504", "responseTemplates": {}}),
            "aws apigateway",
        ),
        (json!({"openapi": "3.0.1", "paths": {}}), "OpenAPI"),
        (json!({"status": 200, "version": "1.4.2"}), "none of its 1 log event was understood"),
        (json!({"results": {"A": {"status": 200, "frames": []}}}), "none of its 1 log event was understood"),
    ] {
        for text in [document.to_string(), serde_json::to_string_pretty(&document).unwrap()] {
            let (read, status, error) = replay(&[], &text);
            assert_eq!((&read["errors"], status), (&json!(0), Some(2)), "{text}");
            assert!(error.contains(says), "{text}: {error}");
        }
    }
    let both = r#"{"errorMessage":"no order","errorType":"Error"}{"StatusCode":200,"FunctionError":"Unhandled","ExecutedVersion":"1"}"#;
    assert!(replay(&["--log-group", "/aws/lambda/orders"], both).2.contains("the function failed"));
    let folder = folder("documents");
    fs::write(
        folder.join("template.json"),
        r#"{"Resources":{"R":{"Type":"T","StatusCode":"500","ResponseType":"DEFAULT_5XX"}}}"#,
    )
    .unwrap();
    fs::write(folder.join("log.txt"), log(&[1])).unwrap();
    let output = command(&["replay", "--json", folder.to_str().unwrap()], b"");
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&document["errors"], output.status.code()), (&json!(1), Some(0)));
    assert!(document["skipped"][0]["input"].as_str().unwrap().ends_with("template.json"), "{document}");
}

#[test]
fn lines_of_a_terminal_behind_the_log_are_no_part_of_it() {
    let access = |status: &str| {
        json!({"requestId": "AbCdEf=", "ip": "192.0.2.7", "routeKey": "GET /orders", "status": status}).to_string()
    };
    let common = |status: &str| {
        format!("192.0.2.7 - - [04/May/2026:12:00:07 +0000] \"GET /orders HTTP/1.1\" {status} 35 AbCdEfGhIjKlMn=")
    };
    let flow = |action: &str| {
        format!("2 123456789012 eni-0a1b2c3d 10.0.0.5 10.0.1.9 49152 443 6 1 84 1777896000 1777896060 {action} OK")
    };
    let execution = |line: &str| format!("(1f2e3d4c) {line}");
    for (first, last, expected) in [
        (access("200"), access("504"), "reason_not_logged"),
        (common("200"), common("504"), "reason_not_logged"),
        (flow("ACCEPT"), flow("REJECT"), "network_rejected"),
        (
            execution("Execution failed due to a timeout error"),
            execution("Method completed with status: 504"),
            "integration_timeout",
        ),
    ] {
        for (head, behind) in [
            (&*format!("{STREAM} "), "^C\n"),
            (&*format!("{STREAM} "), "user@host:~/orders$ \n"),
            (&*format!("{STREAM} "), "^Cuser@host:~/orders$ ls\nlog.txt\n"),
            (
                &*format!("{STREAM} "),
                "\nAn error occurred (ExpiredTokenException) when calling the FilterLogEvents operation: expired\n",
            ),
            ("", "No newer events at this moment. Auto retry paused. Resume\n"),
            ("", "```\n\n</details>\n"),
            ("", "PS C:\\orders> \n"),
        ] {
            let log = format!("2026-05-04T12:00:07.123Z {head}{first}\n2026-05-04T12:00:07.123Z {head}{last}\n");
            let plain = counted(&[], &log);
            assert_eq!(plain, (json!({expected: 1}), Some(0), 0), "{log}");
            let text = format!("{log}{behind}");
            assert_eq!(counted(&[], &text), plain, "{text}");
            assert!(replay(&[], &text).0["lines_behind"].as_u64().unwrap() > 0, "{text}");
        }
    }
    // Within the log it is what a function printed.
    let id = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
    let time = format!("2026-05-04T12:00:07.123Z {STREAM}");
    let log = format!(
        "{time} START RequestId: {id} Version: 1\n{time} $ ls\n^C\n{time} {id} Task timed out after 3.00 seconds\n"
    );
    assert_eq!(replay(&["--log-group", "/aws/lambda/orders"], &log).0["lines_behind"], 0);
}

#[test]
fn times_of_spreadsheets_and_other_tools_put_a_table_in_order() {
    let log = [
        "(1f2e3d4c) Extended Request Id: AbCdEf=",
        "(1f2e3d4c) Execution failed due to configuration error: Invalid permissions on Lambda function",
        "(1f2e3d4c) Method completed with status: 500",
        "(2f2e3d4c) Extended Request Id: BbCdEf=",
        "(2f2e3d4c) Execution failed due to configuration error: Invalid permissions on Lambda function",
        "(2f2e3d4c) Method completed with status: 500",
    ];
    for (separator, times) in [
        (';', ["26.11.2025 10:01", "26.11.2025 10:02"]),
        (';', ["26.11.2025 10:01:07", "26.11.2025 10:02:00"]),
        (',', ["26/11/2025 10:01", "26/11/2025 10:02"]),
        (',', ["11/26/2025 10:01", "11/26/2025 10:02"]),
        (',', ["11/26/2025 10:01:07 AM", "11/26/2025 01:02:00 PM"]),
        (',', ["\"Nov 26, 2025 @ 10:01:00.007\"", "\"Nov 26, 2025 @ 10:02:00.000\""]),
        (',', ["2025-11-26 10:01:00.007 UTC", "2025-11-26 10:02:00.000 UTC"]),
    ] {
        let rows = log.iter().enumerate().rev();
        let rows: String = rows.map(|(n, line)| format!("{}{separator}{line}\n", times[n / 3])).collect();
        let text = format!("@timestamp{separator}@message\n{rows}");
        if !times[0].contains(".007") {
            assert_eq!(counted(&[], &text), (json!({"lambda_permission": 2}), Some(0), 0), "{text}");
        }
        let (document, ..) = replay(&[], &text);
        assert!(document["span"]["from"].as_str().unwrap().starts_with("2025-11-26T10:01"), "{document}");
        assert_eq!(document["untimed"], 0, "{text}");
    }
    // One date shows in which order the others are.
    let text = "@timestamp,@message\n13/11/2025 10:00,(1f2e3d4c) Method completed with status: 200\n05/11/2025 10:00,(2f2e3d4c) Method completed with status: 500\n";
    assert_eq!(replay(&[], text).0["span"]["from"], "2025-11-05T10:00:00Z");
    let unread = "@timestamp,@message\nyesterday at ten,(1f2e3d4c) Method completed with status: 500\nyesterday at nine,(1f2e3d4c) Execution failed due to a timeout error\n";
    let (_, status, error) = replay(&[], unread);
    assert!(status == Some(2) && error.contains("times that are not read"), "{error}");
}

#[test]
fn a_log_event_that_another_tool_wrapped_in_json_is_read() {
    let denied =
        "The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration.";
    let access = |status: &str, error: &str| {
        json!({"requestId": "AbCdEf=", "routeKey": "GET /orders", "status": status, "integrationErrorMessage": error})
            .to_string()
    };
    let id = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
    let logs = [
        (vec![access("200", "-"), access("500", denied)], "lambda_permission"),
        (
            vec![
                "(1f2e3d4c) Execution failed due to a timeout error".to_owned(),
                "(1f2e3d4c) Method completed with status: 504".to_owned(),
            ],
            "integration_timeout",
        ),
        (
            vec![
                format!("START RequestId: {id} Version: 1\n"),
                "hello\n".to_owned(),
                format!("2026-05-04T12:00:07.123Z {id} Task timed out after 3.00 seconds\n\n"),
                format!("END RequestId: {id}\n"),
                format!(
                    "REPORT RequestId: {id}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\n"
                ),
            ],
            "lambda_timeout",
        ),
    ];
    let time = "2026-05-04T12:00:07.123Z";
    type Wrap = fn(&str, &str) -> Value;
    let wrappers: [(&str, Wrap); 7] = [
        (
            "vector",
            |time, text| json!({"host": "h", "log_stream": "s", "message": text, "source_type": "x", "timestamp": time}),
        ),
        ("datadog", |time, text| json!({"timestamp": time, "service": "orders", "status": "info", "message": text})),
        (
            "kibana",
            |time, text| json!({"_index": "i", "_source": {"@timestamp": time, "@message": text, "@owner": "1"}}),
        ),
        (
            "splunk",
            |time, text| json!({"preview": false, "result": {"_raw": text, "_time": time, "sourcetype": "aws"}}),
        ),
        ("splunk event", |_, text| json!({"time": 1777896007.123, "host": "h", "sourcetype": "aws:cw", "event": text})),
        ("new relic", |_, text| json!({"timestamp": 1_777_896_007_123_u64, "message": text, "aws.logStream": "s"})),
        ("unknown", |time, text| json!({"at": 1, "time": time, "log": text, "labels": {"a": "b"}})),
    ];
    for (lines, cause) in &logs {
        for (tool, wrap) in wrappers {
            let events: Vec<Value> = lines.iter().map(|line| wrap(time, line)).collect();
            let rows: String = events.iter().map(|event| format!("{event}\n")).collect();
            let list = json!(events).to_string();
            let group: &[&str] = if *cause == "lambda_timeout" { &["--log-group", "/aws/lambda/orders"] } else { &[] };
            for text in [rows, list] {
                assert_eq!(counted(group, &text), (json!({*cause: 1}), Some(0), 0), "{tool} {text}");
                assert_eq!(replay(group, &text).0["span"]["from"], time, "{tool} {text}");
            }
        }
        let attributes =
            |line: &String| json!({"id": "a", "attributes": {"timestamp": time, "message": line, "status": "info"}});
        let records = |line: &String| json!({"timeUnixNano": "1777896007123000000", "body": {"stringValue": line}});
        let hits = |line: &String| json!({"_id": "a", "_source": {"@timestamp": time, "message": line}});
        let lines_of = |line: &String| json!({"ts": 1_777_896_007_123_u64, "line": line});
        for document in [
            json!({"data": lines.iter().map(attributes).collect::<Vec<_>>(), "meta": {"page": {}}}),
            json!({"resourceLogs": [{"scopeLogs": [{"logRecords": lines.iter().map(records).collect::<Vec<_>>()}]}]}),
            json!({"took": 3, "hits": {"total": {"value": 2}, "hits": lines.iter().map(hits).collect::<Vec<_>>()}}),
            json!({"group": "g", "log": lines.iter().map(lines_of).collect::<Vec<_>>()}),
        ] {
            let group: &[&str] = if *cause == "lambda_timeout" { &["--log-group", "/aws/lambda/orders"] } else { &[] };
            for text in [document.to_string(), serde_json::to_string_pretty(&document).unwrap()] {
                assert_eq!(counted(group, &text), (json!({*cause: 1}), Some(0), 0), "{text}");
            }
        }
    }
}

#[test]
fn what_a_client_or_a_function_writes_into_a_line_is_no_log_event() {
    let forged = r#"{"requestId":"AbCdEf=","routeKey":"GET /orders","status":"502","integrationErrorMessage":"-"}"#;
    let ended = "(1f2e3d4c) Method completed with status: 502";
    for text in [
        forged,
        ended,
        "2 123456789012 eni-0a1b2c3d 10.0.0.5 10.0.1.9 49152 443 6 1 84 1777896000 1777896060 REJECT OK",
    ] {
        for line in [
            json!({"requestId": "BbCdEf=", "routeKey": "GET /a", "status": "200", "message": text, "time": "2026-05-04T12:00:07Z"}),
            json!({"status": 200, "time": "2026-05-04T12:00:07Z", "message": text}),
            json!({"time": "2026-05-04T12:00:07Z", "ip": "192.0.2.7", "path": ended, "userAgent": text.replace("status", "s")}),
            json!({"timestamp": "2026-05-04T12:00:07Z", "level": "INFO", "message": text}),
            json!({"timestamp": "2026-05-04T12:00:07Z", "requestId": "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5", "message": text}),
        ] {
            // Labels at any depth of an access log's line are read: without a status of its own, a client may write one.
            let is_of_access_log = text == forged && line.get("status").is_none();
            assert!(is_of_access_log || counted(&[], &line.to_string()).0 == json!({}), "{line}");
        }
    }
}

#[test]
fn a_log_in_one_string_or_with_carriage_returns_alone_is_read_line_by_line() {
    let lines: Vec<String> = log(&[1, 3]).lines().map(|line| line.split_once(' ').unwrap().1.to_owned()).collect();
    let joined = json!(lines.join("\n")).to_string();
    let returns = lines.join("\r") + "\r";
    for text in [joined, returns] {
        assert_eq!(counted(&[], &text), (json!({"integration_timeout": 2}), Some(0), 0), "{text}");
    }
}

#[test]
fn a_log_in_a_form_that_would_be_read_wrongly_is_refused_by_name() {
    let mail = "From: a@example.com\nContent-Transfer-Encoding: quoted-printable\n\n(1f2e3d4c) Execution failed due to configuration error: Inva=\nlid permissions on Lambda function\n";
    let line = r#"{"requestId":"AbCdEf=","routeKey":"GET /orders","status":"502"}"#;
    let unfolded =
        format!("1\n2026-05-04T12:00:07.123Z\n{line}\nField\tValue\n@message\t{line}\n@timestamp\t1777896007123\n");
    for (text, says) in [(mail, "quoted-printable"), (&unfolded, "unfolded rows of Logs Insights")] {
        let (document, status, error) = replay(&[], text);
        assert_eq!((&document["errors"], status), (&json!(0), Some(2)), "{text}");
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn json_behind_rows_of_the_cli_is_read() {
    let rows: String = (log(&[1]).lines().zip(0..))
        .map(|(line, n): (_, u32)| {
            format!("EVENTS\t{n:056}\t1777896067500\t{STREAM}\t{}\t1777896067123\n", line.split_once(' ').unwrap().1)
        })
        .collect();
    let event = |line: &str| json!({"logStreamName": STREAM, "timestamp": 1_777_896_187_000_u64, "message": line.split_once(' ').unwrap().1});
    let page = json!({"events": log(&[3]).lines().map(event).collect::<Vec<_>>(), "searchedLogStreams": []});
    for json in [page.to_string(), serde_json::to_string_pretty(&page).unwrap()] {
        let (document, ..) = replay(&["--log-group", GROUP], &format!("{rows}{json}\n"));
        assert_eq!((&document["errors"], &document["log_events"]), (&json!(2), &json!(6)), "{json}");
    }
}

#[test]
fn of_two_pages_of_a_functions_log_that_overlap_each_failure_is_one_failure() {
    let (a, b) = ("0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5", "1d2e3f40-5b6c-4d7e-9f80-a1b2c3d4e5f6");
    let platform = |kind: &str, id: &str, rest: Value| {
        let mut record = json!({"requestId": id});
        record.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        json!({"time": "2026-05-04T12:00:00.000Z", "type": format!("platform.{kind}"), "record": record}).to_string()
    };
    let report = |id, status: &str| {
        platform(
            "report",
            id,
            json!({"status": status, "metrics": {"durationMs": 7.0, "billedDurationMs": 8, "memorySizeMB": 128, "maxMemoryUsedMB": 60}}),
        )
    };
    let lines =
        [platform("start", a, json!({})), report(a, "success"), platform("start", b, json!({})), report(b, "timeout")];
    let page_of = |numbers: &[usize]| page(STREAM, &numbers.iter().map(|n| (*n, &*lines[*n])).collect::<Vec<_>>());
    let expected = (json!({"lambda_timeout": 1}), Some(0), 0);
    let group = ["--log-group", "/aws/lambda/orders"];
    for pages in [vec![vec![0, 1], vec![0, 1, 2, 3]], vec![vec![0, 1, 2, 3], vec![0, 1, 2, 3]], vec![vec![0, 2, 3]]] {
        let text: Vec<String> = pages.iter().map(|numbers| page_of(numbers)).collect();
        assert_eq!(counted(&group, &text.join("\n")), expected, "{pages:?}");
    }
}

#[test]
fn of_several_inputs_each_shows_for_itself_whether_it_is_a_functions_log() {
    let folder = folder("several_inputs");
    let id = "3f405162-7d8e-4f90-b1a2-c3d4e5f60718";
    let function = format!(
        "START RequestId: {id} Version: $LATEST\nEND RequestId: {id}\nREPORT RequestId: {id}\tDuration: 30.00 ms\tBilled \
         Duration: 31 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\t\n"
    );
    let (first, second) = (folder.join("a.log"), folder.join("b.log"));
    fs::write(&first, function).unwrap();
    fs::write(&second, "ConnectionError: connect ECONNREFUSED 192.0.2.7:5432\n").unwrap();
    let (document, status, _) = replay(&[first.to_str().unwrap(), second.to_str().unwrap()], "");
    assert_eq!((&document["errors"], status), (&json!(0), Some(2)), "{document}");
    fs::write(&second, "panic: no stock\n").unwrap();
    let (document, status, _) = replay(&[first.to_str().unwrap(), second.to_str().unwrap()], "");
    assert_eq!((&document["errors"], status), (&json!(0), Some(2)), "{document}");
    // Its own report shows it, before the error or behind.
    let report = format!(
        "REPORT RequestId: {id}\tDuration: 30.00 ms\tBilled Duration: 31 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\tStatus: \
         error\tError Type: Runtime.ExitError\n"
    );
    for text in
        [format!("panic: no stock\n{report}"), format!("START RequestId: {id} Version: $LATEST\npanic: no stock\n")]
    {
        fs::write(&second, text).unwrap();
        let (document, status, _) = replay(&[first.to_str().unwrap(), second.to_str().unwrap()], "");
        assert_eq!((&document["errors"], status), (&json!(1), Some(0)), "{document}");
    }
}

#[test]
fn what_a_function_prints_without_an_id_is_no_line_of_an_execution_log() {
    let id = "3f405162-7d8e-4f90-b1a2-c3d4e5f60718";
    let start = format!("START RequestId: {id} Version: $LATEST\n");
    let report = format!(
        "END RequestId: {id}\nREPORT RequestId: {id}\tDuration: 30.00 ms\tBilled Duration: 31 ms\tMemory Size: 128 MB\tMax \
         Memory Used: 60 MB\t\n"
    );
    let printed = "Execution failed due to a timeout error\nMethod completed with status: 504\n";
    assert_eq!(replay(&["-"], &format!("{start}{printed}{report}")).0["counts"], json!([]));
    // Behind the invocation it is another text, and with an id it is of an execution log that was put in between.
    for text in [
        format!("{start}{report}{printed}"),
        format!(
            "{start}(1f2e3d4c-aa) {}{report}",
            printed.replace('\n', "\n(1f2e3d4c-aa) ").trim_end_matches("(1f2e3d4c-aa) ")
        ),
    ] {
        assert_eq!(replay(&["-"], &text).0["counts"][0]["dimensions"]["Cause"], "integration_timeout", "{text}");
    }
}

#[test]
fn a_sentence_that_stands_alone_counts_in_a_text_and_not_in_a_log_event() {
    let lines =
        ["*** : Execution failed due to a timeout error", "\"Method completed with status: 504"].map(str::to_owned);
    let text = lines.join("\n");
    for arguments in [&["-"][..], &["--kind", "execution", "-"], &["--log-group", GROUP, "-"]] {
        let (document, status, _) = replay(arguments, &text);
        assert_eq!((&document["errors"], status), (&json!(1), Some(0)), "{arguments:?}: {document}");
        assert_eq!(document["counts"][0]["dimensions"]["Cause"], "integration_timeout", "{arguments:?}");
    }
    // A decoded batch went through somebody's hands, an event as Lambda gets it did not.
    let batch = batch(GROUP, "a", 1_772_600_767_000, &lines);
    assert_eq!(replay(&["-"], &batch.to_string()).0["errors"], 1);
    let (document, _, _) = replay(&["-"], &String::from_utf8(payload(&batch)).unwrap());
    assert_eq!(
        (&document["errors"], &document["not_understood"][0]["log_events"]),
        (&json!(0), &json!(2)),
        "{document}"
    );
}

/// Texts of programs that have a sentence or an object of a function in them, but for the sign that they are of one.
const LIKE_A_FUNCTION: &[&str] = &[
    "Task timed out after 12.00 seconds",
    "huey: Task timed out after 12.00 seconds",
    "2026-11-20 10:00:00,123 ERROR Task timed out after 12.00 seconds",
    "[2026-11-20 10:00:00,123: ERROR/ForkPoolWorker-2] Task timed out after 12 seconds",
    "2026-11-20T10:00:00.000Z build1234 Task timed out after 12.00 seconds",
    "Unable to import module 'orders': No module named 'stock'",
    "Handler 'get' missing on module 'orders'",
    "Class not found: shop.Orders",
    "Runtime exited with error: exit status 3",
    "Error: fork/exec /usr/bin/shop: no such file or directory",
    r#"{"errorType":"OrderError","errorMessage":"the order has no name"}"#,
    r#"{"errorMessage":"the order has no name","errorType":"OrderError","requestId":"17"}"#,
    r#"{"level":"error","errorType":"OrderError","errorMessage":"no order"}"#,
    "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n  File \"/srv/shop/orders.py\", line 3, in get",
];

#[test]
fn what_any_program_may_write_is_no_failed_invocation() {
    let id = "3f405162-7d8e-4f90-b1a2-c3d4e5f60718";
    for text in LIKE_A_FUNCTION {
        for text in [(*text).to_owned(), format!("worker ready\n{text}\nworker stopped\n")] {
            let (document, status, _) = replay(&["-"], &text);
            assert_eq!((&document["errors"], status), (&json!(0), Some(2)), "{text}");
        }
    }
    // Lambda's own lines need nothing around them.
    for (text, cause) in [
        (format!("2026-11-20T10:00:00.000Z {id} Task timed out after 12.00 seconds"), "lambda_timeout"),
        (format!("{id} Task timed out after 12.00 seconds"), "lambda_timeout"),
        (
            format!(r#"{{"errorMessage":"2026-11-20T10:00:00.000Z {id} Task timed out after 12.00 seconds"}}"#),
            "lambda_timeout",
        ),
        (format!("RequestId: {id} Error: Runtime exited with error: exit status 3"), "lambda_runtime_exit"),
        (
            r#"{"errorType":"Runtime.ImportModuleError","errorMessage":"Unable to import module 'orders': x"}"#.to_owned(),
            "lambda_init_failure",
        ),
        (
            "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n  File \"/var/task/orders.py\", line 3, in get"
                .to_owned(),
            "lambda_unhandled_error",
        ),
    ] {
        let text = format!("worker ready\n{text}\n");
        assert_eq!(replay(&["-"], &text).0["counts"][0]["dimensions"]["Cause"], cause, "{text}");
    }
    // A line of Lambda's beside it shows whose it is, before it or behind.
    let start = format!("START RequestId: {id} Version: $LATEST\n");
    for text in [format!("{start}{}\n", LIKE_A_FUNCTION[0]), format!("{}\n{start}", LIKE_A_FUNCTION[5])] {
        assert_eq!(replay(&["-"], &text).0["errors"], 1, "{text}");
    }
}

#[test]
fn a_sentence_of_api_gateway_counts_where_no_other_program_shows() {
    for text in [
        "Execution failed due to configuration error: no pom.xml",
        "Execution failed due to configuration error: no pom.xml\nbye",
        "stage 1 of 3\nExecution failed due to a timeout error\nstage 2 of 3",
        "stage 1 of 3\nMethod completed with status: 503\nstage 2 of 3",
        "deploy 7\nLambda execution failed with status 500\nbye",
        "(main) Method completed with status: 503",
        "(4711) Method completed with status: 503",
        "(thread-7) Execution failed due to a timeout error",
        "[pool-2] Execution failed due to a timeout error",
        "(runner) Lambda execution failed with status 200 due to customer function error: x.",
    ] {
        let (document, status, _) = replay(&["-"], text);
        assert_eq!((&document["errors"], status), (&json!(0), Some(2)), "{text}");
    }
    for (text, cause, is_assumed) in [
        // Nothing beside it, or the end of its request, shows no other program.
        ("Execution failed due to a timeout error", "integration_timeout", true),
        ("Method completed with status: 503", "backend_error_response", true),
        (
            "my log:\nExecution failed due to configuration error: no route\nMethod completed with status: 500",
            "integration_config",
            true,
        ),
        // Another line of the log shows whose it is.
        (
            "my log:\nMethod request path: {}\nExecution failed due to configuration error: no route\nbye",
            "integration_config",
            false,
        ),
        (
            "my log:\nExecution failed due to a timeout error\nEndpoint request body after transformations: x\nbye",
            "integration_timeout",
            false,
        ),
        ("my log:\n(1f2e3d4c) Execution failed due to a timeout error\nbye", "integration_timeout", false),
        ("my log:\n(L2fWfGC9IAMF2fA=) Execution failed due to a timeout error\nbye", "integration_timeout", false),
        (
            "my log:\n(1f2e3d4c-****-4c6d-8e7f-90a1b2c3d4e5) Execution failed due to a timeout error\nbye",
            "integration_timeout",
            false,
        ),
    ] {
        let (document, _, _) = replay(&["-"], text);
        assert_eq!(document["counts"][0]["dimensions"]["Cause"], cause, "{text}");
        assert_eq!(document["assumed"].as_array().map(Vec::len), Some(usize::from(is_assumed)), "{text}");
    }
}
