//! What `replay` says of its inputs: what was read, what was not understood, and no all-clear without either.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::fs;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::support::command::command;

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
    assert_eq!((&document["cut_lines"], &document["errors"], status), (&json!(1), &json!(1), Some(0)));
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
fn comma_separated_values_have_a_row_for_each_minute() {
    let output = command(&["replay", "--csv", "--log-group", GROUP], log(&[1, 2, 2]).as_bytes());
    let expected = "metric,api_id,stage,function,cause,minute,count\n\
                    Errors,a1b2c3d4e5,prod,,integration_timeout,2026-05-04T12:01:00Z,1\n\
                    Errors,a1b2c3d4e5,prod,,integration_timeout,2026-05-04T12:02:00Z,2\n";
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
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
    assert!(printed.contains("1 log events were too far out of order"), "{printed}");
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
    let hostile = "a\u{202e}b\u{9b}2J\u{200b}";
    let line =
        json!({"status": "502", "requestId": "1f2e3d4c", "apiId": hostile, "stage": hostile, "routeKey": hostile});
    for arguments in [&["replay"][..], &["replay", "--json"], &["replay", "--csv"], &["replay", "--html", "-"]] {
        let output = command(arguments, format!("{line}\n").as_bytes());
        let printed = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!printed.contains(['\u{202e}', '\u{9b}', '\u{200b}']), "{arguments:?}: {printed}");
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
        "orders.log:START RequestId: 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 Version: 1\norders.log:Task timed out after 3.00 seconds\n",
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
    let function_tail = tail(&function, "2026/05/04/[$LATEST]0123456789abcdef0123456789abcdef");
    for text in [cut(&function, 80), cut(&function, 120), cut(&function_tail, 100), cut(&function_tail, 120)] {
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
