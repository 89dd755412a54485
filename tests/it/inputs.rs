//! Every form of docs/inputs.md: the same log events in each of them count the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use serde_json::{Value, json};

use crate::support::command::command;

/// A log in every form: what each row of the page is called, and its bytes.
type Forms = Vec<(&'static str, Vec<u8>)>;

const GROUP: &str = "API-Gateway-Execution-Logs_k3m5n7p9q1/live";
const STREAM: &str = "7f6e5d4c3b2a19087f6e5d4c3b2a1908";
/// 2026-03-04T05:06:07Z.
const FIRST_MS: i64 = 1_772_600_767_000;

/// Two failed requests among what forms break on: quotes, commas, bars, tabs, entities.
fn execution_log() -> Vec<String> {
    [
        "(6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69) Starting execution for request: 6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69",
        "(6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69) Method request headers: {Accept=*/*, X-Note=a; b <c> & 'd'}",
        "(6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69) Method request body before transformations: {\"a\": \"b, \\\"c\\\"\"}",
        "(6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69) Execution failed due to configuration error: Invalid permissions on Lambda function",
        "(6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69) Method completed with status: 500",
        "(TuVwX3GpYzAbCdE=) Execution failed due to a timeout error",
        "(TuVwX3GpYzAbCdE=) Method completed with status: 504",
        "(ZyXwV1GpUtSrQpO=) Method completed with status: 200",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn execution_counts() -> BTreeMap<String, u64> {
    counts(&[("Errors/lambda_permission", 1), ("Errors/integration_timeout", 1)])
}

fn access_log() -> Vec<String> {
    let line = |status: &str, error: &str| {
        json!({"requestId": "Qw=", "ip": "192.0.2.9", "routeKey": "GET /a", "path": "/a,b", "status": status,
            "integrationErrorMessage": error, "protocol": "HTTP/1.1"})
        .to_string()
    };
    let denied = "The IAM role configured on the integration or API Gateway doesn't have permissions to call the \
                  integration. Check the permissions and try again.";
    vec![line("200", "-"), line("500", denied), line("404", "said \"no\""), line("500", denied)]
}

fn counts(rows: &[(&str, u64)]) -> BTreeMap<String, u64> {
    rows.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

fn time_ms(number: usize) -> i64 {
    FIRST_MS + number as i64 * 7
}

/// As `T` and `zone` write it.
fn time(number: usize, separator: char, zone: &str) -> String {
    format!("2026-03-04{separator}05:06:07.{:03}{zone}", number * 7)
}

fn id(number: usize) -> String {
    format!("{:056}", 39_000 + number)
}

fn event(number: usize, message: &str) -> Value {
    json!({"logStreamName": STREAM, "timestamp": time_ms(number), "message": message,
        "ingestionTime": time_ms(number) + 900, "eventId": id(number)})
}

fn batch(log: &[String]) -> Value {
    let events: Vec<Value> = (log.iter().enumerate())
        .map(|(number, message)| json!({"id": id(number), "timestamp": time_ms(number), "message": message}))
        .collect();
    json!({"messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": GROUP, "logStream": STREAM,
        "subscriptionFilters": ["all"], "logEvents": events})
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn base64(bytes: &[u8]) -> String {
    base64_simd::STANDARD.encode_to_string(bytes)
}

/// One line for each log event.
fn lines(log: &[String], line: impl Fn(usize, &str) -> String) -> Vec<u8> {
    log.iter().enumerate().map(|(number, message)| line(number, message) + "\n").collect::<String>().into_bytes()
}

/// Returns the text of a log with a mark before each line of its messages.
fn marked(log: &[String], mark: impl Fn(usize) -> String) -> Vec<u8> {
    let text = log.join("\n");
    text.lines().enumerate().map(|(number, line)| mark(number) + line + "\n").collect::<String>().into_bytes()
}

fn quoted(cell: &str) -> String {
    format!("\"{}\"", cell.replace('"', "\"\""))
}

fn entities(cell: &str) -> String {
    cell.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('/', "&#x2f;").replace('|', "&#124;")
}

/// A box of `--output table`.
fn boxed(header: &[&str], rows: &[Vec<String>]) -> Vec<u8> {
    let widest = |at: usize| rows.iter().map(|row| row[at].len()).chain([header[at].len()]).max().unwrap() + 2;
    let row = |cells: Vec<&str>| {
        let cells: Vec<String> = cells.iter().enumerate().map(|(at, cell)| format!("{cell:^0$}", widest(at))).collect();
        format!("||{}||\n", cells.join("|"))
    };
    let rule = format!("|+{}+|\n", (0..header.len()).map(|at| "-".repeat(widest(at))).collect::<Vec<_>>().join("+"));
    let mut text = format!("{}\n|      GetLogs      |\n+{0}+\n||   events   ||\n{rule}", "-".repeat(40));
    text += &row(header.to_vec());
    text += &rule;
    rows.iter().for_each(|cells| text += &row(cells.iter().map(String::as_str).collect()));
    (text + &rule).into_bytes()
}

/// Forms that hold the batches themselves.
const NAMES_ITS_GROUP: [&str; 9] = [
    "subscription_event",
    "batch",
    "batch_data",
    "stream_event",
    "queue_event",
    "failure_record",
    "notification",
    "received_messages",
    "stream_records",
];

/// The log in every form of the page that holds one of any kind.
fn forms(log: &[String]) -> Forms {
    let events: Vec<Value> = log.iter().enumerate().map(|(number, message)| event(number, message)).collect();
    let data = base64(&gzip(batch(log).to_string().as_bytes()));
    let subscription = json!({"awslogs": {"data": data}});
    let rows: Vec<Vec<Value>> = (log.iter().enumerate().rev())
        .map(|(number, message)| {
            [("@timestamp", time(number, ' ', "")), ("@message", message.clone()), ("@ptr", format!("Cm{number}"))]
                .map(|(field, value)| json!({"field": field, "value": value}))
                .to_vec()
        })
        .collect();
    let pretty = |value: &Value| serde_json::to_vec_pretty(value).unwrap();
    let text = |value: &Value| value.to_string();
    // What Lambda, SNS, EventBridge and SQS put around an event.
    let failed = json!({
        "version": "1.0",
        "requestContext": {"condition": "RetriesExhausted"},
        "requestPayload": subscription,
        "responsePayload": {"errorType": "PublishThrottled"},
    });
    let stream = json!({"Records": [{"kinesis": {"sequenceNumber": "1", "data": data}, "eventSource": "aws:kinesis"}]});
    let failed_stream = json!({"KinesisBatchInfo": {"shardId": "s"}, "payload": text(&stream), "version": "1.0"});
    let notified =
        json!({"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:111122223333:t", "Message": text(&failed)});
    let bridged = json!({"detail-type": "Lambda Function Invocation Result - Failure", "detail": failed});
    let queued = |body: &Value| json!({"Records": [{"messageId": "m", "body": text(body)}]});
    let received =
        json!({"Messages": [{"MessageId": "m", "ReceiptHandle": "r", "MD5OfBody": "x", "Body": text(&failed)}]});
    let fetched =
        json!({"Records": [{"SequenceNumber": "1", "Data": data, "PartitionKey": "p"}], "MillisBehindLatest": 0});
    let newest_first = |line: &dyn Fn(usize, &str) -> String| {
        let mut rows: Vec<String> = log.iter().enumerate().map(|(number, message)| line(number, message)).collect();
        rows.reverse();
        rows.concat()
    };
    let heads = "| @timestamp | @message |\n| --- | --- |\n";
    let query = "**CloudWatch Logs Insights**\nregion: eu-west-1\nquery-string:\n  ```\n  fields @timestamp, @message\n| limit 9\n  ```\n---\n";
    let results = |tab: &str| {
        let field = |number: usize, message: &str| {
            format!("{tab}@timestamp\t{}\n{tab}@message\t{message}\n{tab}@ptr\tCm\n", time(number, ' ', ""))
        };
        newest_first(&field)
    };
    let rows_of_pairs: Vec<Vec<String>> =
        log.iter().enumerate().map(|(n, m)| vec![time_ms(n).to_string(), m.clone()]).collect();
    vec![
        ("subscription_event", subscription.to_string().into_bytes()),
        ("batch", pretty(&batch(log))),
        ("batch_data", data.clone().into_bytes()),
        ("stream_event", text(&stream).into_bytes()),
        ("queue_event", text(&queued(&failed)).into_bytes()),
        ("queue_event", text(&queued(&subscription)).into_bytes()),
        ("queue_event", text(&queued(&notified)).into_bytes()),
        ("queue_event", text(&queued(&bridged)).into_bytes()),
        ("failure_record", text(&failed).into_bytes()),
        ("failure_record", pretty(&failed)),
        ("failure_record", text(&failed_stream).into_bytes()),
        ("failure_record", gzip(&gzip(text(&failed_stream).as_bytes()))),
        ("notification", text(&notified).into_bytes()),
        ("notification", pretty(&bridged)),
        ("received_messages", pretty(&received)),
        ("received_messages", pretty(&received["Messages"])),
        ("received_messages", pretty(&received["Messages"][0])),
        ("received_messages", pretty(&json!([text(&failed)]))),
        ("received_messages", text(&json!(text(&failed))).into_bytes()),
        ("received_messages", format!("MESSAGES\t{failed}\tx\tm\tr\n").into_bytes()),
        ("stream_records", pretty(&fetched)),
        ("filter_log_events", pretty(&json!({"events": events, "searchedLogStreams": []}))),
        ("events_array", pretty(&json!(events))),
        ("messages_array", pretty(&json!(log))),
        (
            "pairs_array",
            pretty(&log.iter().enumerate().map(|(number, message)| json!([time_ms(number), message])).collect()),
        ),
        ("event_lines", lines(log, |number, message| event(number, message).to_string())),
        ("event_lines", lines(log, |n, message| json!({"ts": time(n, 'T', "Z"), "msg": message}).to_string())),
        ("message_lines", lines(log, |_, message| json!(message).to_string())),
        ("joined_messages", json!(log.join("\n")).to_string().into_bytes()),
        (
            "wrapped_lines",
            lines(log, |n, m| {
                json!({"timestamp": time(n, 'T', "Z"), "message": m, "log_stream": STREAM, "source_type": "aws"}).to_string()
            }),
        ),
        (
            "wrapped_lines",
            lines(log, |n, m| {
                json!({"preview": false, "result": {"_raw": m, "_time": time(n, 'T', "Z"), "source": "x"}}).to_string()
            }),
        ),
        (
            "wrapped_lines",
            lines(log, |n, m| {
                json!({"_index": "i", "_source": {"@timestamp": time(n, 'T', "Z"), "@message": m, "@owner": "1"}}).to_string()
            }),
        ),
        (
            "wrapped_lines",
            lines(log, |n, m| {
                json!({"insertId": "a", "resource": {"type": "global"}, "textPayload": m, "timestamp": time(n, 'T', "Z")}).to_string()
            }),
        ),
        (
            "wrapped_lines",
            lines(log, |n, m| {
                json!({"__REALTIME_TIMESTAMP": format!("{}000", time_ms(n)), "MESSAGE": m, "PRIORITY": "6", "_PID": "7"}).to_string()
            }),
        ),
        (
            "wrapped_lines",
            lines(log, |n, m| json!({"log": format!("{m}\n"), "stream": "stdout", "time": time(n, 'T', "Z")}).to_string()),
        ),
        (
            "wrapped_lines",
            lines(log, |n, m| json!({"short": m, "full": m, "at": {"written": time(n, 'T', "Z")}}).to_string()),
        ),
        (
            // The tool has read the fields of the line, too.
            "wrapped_lines",
            lines(log, |n, m| {
                let fields: Value = serde_json::from_str(m).unwrap_or_else(|_| json!({}));
                json!({"id": "a", "attributes": {"timestamp": time(n, 'T', "Z"), "message": m, "status": "info", "attributes": fields}})
                    .to_string()
            }),
        ),
        ("wrapped_document", pretty(&json!({"total": 8, "rows": log}))),
        ("wrapped_document", text(&json!({"page": {"lines": {"a": log}}})).into_bytes()),
        ("wrapped_document", text(&json!({"content": [{"type": "text", "text": log.join("\n")}]})).into_bytes()),
        (
            "wrapped_document",
            text(&json!({"body": json!({"events": events, "searchedLogStreams": []}).to_string()})).into_bytes(),
        ),
        (
            "wrapped_document",
            text(&json!(json!({"events": events, "searchedLogStreams": []}).to_string())).into_bytes(),
        ),
        (
            "wrapped_document",
            pretty(&json!(events.iter().enumerate().map(|(n, event)| (format!("{n:03}"), event)).collect::<BTreeMap<_, _>>())),
        ),
        (
            "wrapped_document",
            pretty(&json!({"data": (log.iter().enumerate())
                .map(|(n, m)| json!({"id": "a", "attributes": {"timestamp": time(n, 'T', "Z"), "message": m, "status": "info"}}))
                .collect::<Vec<_>>()})),
        ),
        (
            "wrapped_document",
            text(&json!({"status": "success", "data": {"result": [{"stream": {"job": "a"}, "values": (log.iter().enumerate())
                .map(|(n, m)| json!([format!("{}000000", time_ms(n)), m]))
                .collect::<Vec<_>>()}]}}))
            .into_bytes(),
        ),
        (
            "wrapped_document",
            text(&json!({"resourceLogs": [{"scopeLogs": [{"logRecords": (log.iter().enumerate())
                .map(|(n, m)| json!({"timeUnixNano": format!("{}000000", time_ms(n)), "body": {"stringValue": m}}))
                .collect::<Vec<_>>()}]}]}))
            .into_bytes(),
        ),
        (
            "text_output",
            lines(log, |n, m| format!("EVENTS\t{}\t{}\t{STREAM}\t{m}\t{}", id(n), time_ms(n) + 9, time_ms(n))),
        ),
        ("text_output", lines(log, |n, m| format!("EVENTS\t{}\t{m}\t{}", time_ms(n) + 9, time_ms(n)))),
        ("text_messages", (log.join("\t") + "\n").into_bytes()),
        ("text_pairs", lines(log, |n, m| format!("{}\t{m}", time_ms(n)))),
        (
            "table_output",
            boxed(
                &["eventId", "ingestionTime", "logStreamName", "message", "timestamp"],
                &(log.iter().enumerate())
                    .map(|(n, m)| {
                        vec![id(n), (time_ms(n) + 9).to_string(), STREAM.into(), m.clone(), time_ms(n).to_string()]
                    })
                    .collect::<Vec<_>>(),
            ),
        ),
        ("query_results", pretty(&json!({"results": rows, "status": "Complete"}))),
        ("query_results_text", format!("Complete\n{}", results("RESULTS\t")).into_bytes()),
        ("query_results_text", results("").into_bytes()),
        (
            "query_results_table",
            boxed(
                &["field", "value"],
                &rows
                    .iter()
                    .flatten()
                    .map(|field| ["field", "value"].map(|key| field[key].as_str().unwrap().to_owned()).to_vec())
                    .collect::<Vec<_>>(),
            ),
        ),
        (
            "insights_csv",
            format!(
                "@timestamp,@message,@logStream,@log\n{}",
                newest_first(&|n, m| format!("{},{},{STREAM},111122223333:{GROUP}\n", time(n, ' ', ""), quoted(m)))
            )
            .into_bytes(),
        ),
        (
            "insights_tsv",
            format!("@timestamp\t@message\n{}", newest_first(&|n, m| format!("{}\t{}\n", time(n, ' ', ""), quoted(m))))
                .into_bytes(),
        ),
        (
            "insights_json",
            pretty(
                &(log.iter().enumerate().rev())
                    .map(|(n, m)| json!({"@timestamp": time(n, ' ', ""), "@message": m}))
                    .collect(),
            ),
        ),
        (
            "insights_markdown",
            format!("{query}{heads}{}", newest_first(&|n, m| format!("| {} | {} |\n", time(n, ' ', ""), entities(m))))
                .into_bytes(),
        ),
        (
            "console_csv",
            [b"timestamp,message\n".to_vec(), lines(log, |n, m| format!("{},{}", time_ms(n), quoted(m)))].concat(),
        ),
        (
            "console_csv",
            [b"Zeitstempel;Nachricht\n".to_vec(), lines(log, |n, m| format!("{};{}", time(n, 'T', "Z"), quoted(m)))]
                .concat(),
        ),
        (
            "console_csv",
            [b"Ajan kohta;Viesti\n".to_vec(), lines(log, |n, m| format!("{};{}", time(n, 'T', "Z"), quoted(m)))]
                .concat(),
        ),
        (
            "spreadsheet_csv",
            format!(
                "@timestamp;@message\n{}",
                newest_first(&|_, m| format!("04.03.2026 05:06;{}\n", quoted(m)))
                    .replacen("05:06", "05:07", 2)
            )
            .into_bytes(),
        ),
        ("cells_csv", lines(log, |n, m| format!("{},{}", time_ms(n), quoted(m)))),
        ("console_lines", lines(log, |n, m| format!("{}\n{m}\n\n{m}", time(n, 'T', "+01:00")))),
        (
            "web_page",
            format!(
                "<table><tr><th>@timestamp</th><th>@message</th></tr>{}</table>",
                newest_first(&|n, m| format!(
                    "<tr><td>{}</td>\n<td class=\"m\">{}</td></tr>",
                    time(n, ' ', ""),
                    entities(m)
                ))
            )
            .into_bytes(),
        ),
        ("tail", lines(log, |n, m| format!("{} {STREAM} {m}", time(n, 'T', "000+00:00")))),
        (
            "tail",
            lines(log, |n, m| format!("\u{1b}[32m{}\u{1b}[0m \u{1b}[36m{STREAM}\u{1b}[0m {m}", time(n, 'T', "+00:00"))),
        ),
        ("tail_short", lines(log, |n, m| format!("{} {m}", time(n, 'T', "")))),
        ("sam_logs", lines(log, |n, m| format!("{STREAM} {} {m}", time(n, 'T', "000")))),
        ("awslogs", lines(log, |_, m| format!("{GROUP} {STREAM} {m}"))),
        ("awslogs", lines(log, |n, m| format!("{GROUP} {STREAM} {} {m}", time(n, 'T', "Z")))),
        ("serverless_logs", lines(log, |n, m| format!("{} (+01:00)\t{m}", time(n, ' ', "")))),
        ("saw", lines(log, |n, m| format!("[{}] ({STREAM}) {m}", time(n, 'T', "Z")))),
        ("saw", lines(log, |n, m| format!("{} - {GROUP} - {STREAM} - {m}", time(n, 'T', "Z")))),
        (
            "console_lines",
            [b"Timestamp\tMessage\n".to_vec(), lines(log, |n, m| format!("{}\n{m}", time(n, 'T', "Z")))].concat(),
        ),
        ("pasted_list", marked(log, |_| "> ".to_owned())),
        ("pasted_list", marked(log, |_| "- ".to_owned())),
        ("pasted_list", marked(log, |number| format!("{}. ", number + 1))),
        ("pasted_list", marked(log, |number| format!("{:6}\t", number + 1))),
        ("pairs_table", boxed(&["1", "2"], &rows_of_pairs)),
        ("s3_export", gzip(&lines(log, |n, m| format!("{} {m}", time(n, 'T', "Z"))))),
        ("plain_text", lines(log, |_, m| m.to_owned())),
    ]
}

/// Returns the counts of the command, and its exit status.
fn replay(input: &[u8], group: &str) -> (BTreeMap<String, u64>, Option<i32>) {
    let output = command(&["replay", "--json", "--log-group", group, "-"], input);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    (counts_of(&document), output.status.code())
}

fn counts_of(document: &Value) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for row in document["counts"].as_array().into_iter().flatten() {
        let name = format!("{}/{}", row["metric"].as_str().unwrap(), row["dimensions"]["Cause"].as_str().unwrap());
        *counts.entry(name).or_default() += row["count"].as_u64().unwrap();
    }
    counts
}

fn utf16(text: &str, big_endian: bool) -> Vec<u8> {
    let units = "\u{feff}".encode_utf16().chain(text.encode_utf16());
    units.flat_map(|unit| if big_endian { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

#[test]
fn an_execution_log_counts_the_same_in_every_form() {
    for (form, input) in forms(&execution_log()) {
        let text = String::from_utf8_lossy(&input);
        assert_eq!(replay(&input, GROUP), (execution_counts(), Some(0)), "{form}\n{text}");
    }
}

#[test]
fn an_access_log_counts_the_same_in_every_form() {
    let of_no_group = |form: &str| !NAMES_ITS_GROUP.contains(&form) && form != "awslogs";
    for (form, input) in forms(&access_log()).into_iter().filter(|(form, _)| of_no_group(form)) {
        let input = String::from_utf8_lossy(&input).replace(GROUP, "/shop/access");
        let input = if form == "s3_export" { continue } else { input };
        let expected = (counts(&[("AccessLogErrors/lambda_permission", 2)]), Some(0));
        assert_eq!(replay(input.as_bytes(), "/shop/access"), expected, "{form}\n{input}");
    }
}

#[test]
fn each_form_is_a_row_of_the_page_and_each_row_a_form() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/inputs.md")).unwrap();
    let rows: BTreeSet<&str> = page.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect();
    let forms: BTreeSet<&str> = forms(&access_log())
        .into_iter()
        .map(|(form, _)| form)
        .chain(["tail_json", "access_array", "invoke_log"])
        .collect();
    assert_eq!(rows, forms);
}

#[test]
fn what_holds_no_batch_is_named_and_its_neighbours_count() {
    let event = json!({"awslogs": {"data": base64(&gzip(batch(&execution_log()).to_string().as_bytes()))}});
    let dropped = json!({"requestContext": {"condition": "RetriesExhausted"}, "responseContext": {"statusCode": 200}});
    let place = json!({"KinesisBatchInfo": {"shardId": "shardId-000000000001", "startSequenceNumber": "1"}});
    let message = |body: &Value| json!({"MessageId": "m", "ReceiptHandle": "r", "Body": body.to_string()});
    let messages = |bad: &Value| json!({"Messages": [message(bad), message(&event)]}).to_string();
    let rows = [
        (messages(&dropped), "lacks its payload"),
        (messages(&place), "only the place of the records in their stream"),
        (messages(&json!({"order": 7})), "no CloudWatch Logs subscription event"),
        (format!("{dropped}\n{event}\n"), "lacks its payload"),
        (format!("MESSAGES\t{place}\tx\tm\tr\nMESSAGES\t{event}\tx\tm\tr\n"), "only the place"),
        (json!([message(&dropped), message(&event)]).to_string(), "lacks its payload"),
    ];
    for (input, why) in rows {
        let output = command(&["replay", "--json", "-"], input.as_bytes());
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let error = document["undecodable"][0]["error"].as_str().unwrap_or_default();
        assert!(error.contains(why) && output.status.code() == Some(2), "{error}\n{input}");
        assert_eq!(replay(input.as_bytes(), GROUP).0, execution_counts(), "{input}");
    }
}

#[test]
fn access_array_lines_in_an_array_count_with_what_stands_around_them() {
    let log = access_log();
    let expected = (counts(&[("AccessLogErrors/lambda_permission", 2)]), Some(0));
    for text in [
        format!("[\n{}\n]\n", log.join(",\n")),
        format!("[{}]", log.join(", ")),
        format!("[{}]\n", log.join(",\n")),
        format!("[{}\n]\n", log.join("\n,")),
        format!("[ {}\n]\n", log.join("\n, ")),
        log.iter().map(|line| format!("{line},\n")).collect(),
        log.iter().map(|line| format!("{line};\n")).collect(),
        log.iter().map(|line| format!("{line}\t{STREAM}\t/shop/access\n")).collect(),
        log.iter().map(|line| format!("2026-03-04T05:06:07Z\t{line}\t111122223333:/shop/access\n")).collect(),
    ] {
        assert_eq!(replay(text.as_bytes(), "/shop/access"), expected, "{text}");
    }
}

#[test]
fn a_time_and_a_text_under_made_up_keys_are_a_log_event() {
    let rows: Vec<Value> =
        execution_log().iter().enumerate().map(|(n, m)| json!({ "t": time_ms(n), "m": m })).collect();
    let all = (execution_counts(), Some(0));
    let group = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";
    assert_eq!(replay(serde_json::to_string_pretty(&rows).unwrap().as_bytes(), group), all);
    let lines: String = rows.iter().map(|row| format!("{row}\n")).collect();
    assert_eq!(replay(lines.as_bytes(), group), all);
}

#[test]
fn tail_json_takes_the_document_below_its_time() {
    let pretty = |line: &String| serde_json::to_string_pretty(&serde_json::from_str::<Value>(line).unwrap()).unwrap();
    let text: String =
        access_log().iter().map(|line| format!("2026-03-04T05:06:07+00:00 {STREAM} \n{}\n", pretty(line))).collect();
    assert_eq!(replay(text.as_bytes(), "/shop/access").0, counts(&[("AccessLogErrors/lambda_permission", 2)]));
}

#[test]
fn invoke_log_is_read_out_of_the_answer() {
    let id = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
    let log = format!(
        "START RequestId: {id} Version: $LATEST\n2026-05-04T12:00:03.000Z {id} Task timed out after 3.00 seconds\n\n\
         END RequestId: {id}\nREPORT RequestId: {id}\tDuration: 3000.00 ms\tStatus: timeout\n"
    );
    let answer = json!({"StatusCode": 200, "FunctionError": "Unhandled", "LogResult": base64(log.as_bytes()),
        "ExecutedVersion": "$LATEST"});
    let expected = (counts(&[("FunctionErrors/lambda_timeout", 1)]), Some(0));
    assert_eq!(replay(&serde_json::to_vec_pretty(&answer).unwrap(), "/aws/lambda/orders"), expected);
    let broken = json!({"StatusCode": 200, "LogResult": "?"});
    assert_eq!(replay(broken.to_string().as_bytes(), "/aws/lambda/orders").1, Some(2));
}

#[test]
fn every_encoding_and_layer_of_gzip_counts_the_same() {
    let document = json!({"events": execution_log().iter().enumerate().map(|(n, m)| event(n, m)).collect::<Vec<_>>()});
    for text in [document.to_string(), execution_log().join("\r\n")] {
        let marked = ["\u{feff}".as_bytes(), text.as_bytes()].concat();
        let unmarked = utf16(&text, false)[2..].to_vec();
        let twice = gzip(&gzip(text.as_bytes()));
        for input in [marked, utf16(&text, false), utf16(&text, true), unmarked, twice, gzip(&utf16(&text, true))] {
            assert_eq!(replay(&input, GROUP), (execution_counts(), Some(0)), "{:?}", &input[..20]);
        }
    }
}

#[test]
fn an_invalid_byte_or_half_a_surrogate_costs_one_character() {
    let failed = br#"{"events":[{"timestamp":1,"message":"(aZ=) Execution failed due to a timeout error"},{"timestamp":2,"message":"(aZ=) body: ~"}]}"#;
    for odd in [&b"\xe9"[..], b"\xc3(", br"\ud83d", br"\udc00", br"\ud83d\u0041", br"\\ud83d"] {
        let at = failed.iter().position(|byte| *byte == b'~').unwrap();
        let input = [&failed[..at], odd, &failed[at + 1..]].concat();
        assert_eq!(replay(&input, GROUP), (counts(&[("Errors/integration_timeout", 1)]), Some(0)), "{odd:?}");
    }
}

#[test]
fn what_is_no_text_is_refused_by_name() {
    let rows: [(&[u8], &str); 12] = [
        (b"PK\x03\x04\x14\0\0\0\x08\0log.txt", "zip"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0[Content_Types].xml", "xlsx"),
        (b"BZh91AY&SY\x7d\x7b", "bzip2"),
        (b"\x28\xb5\x2f\xfd\x04X\xbd\x10", "zstd"),
        (b"\xfd7zXZ\0\0\x04", "xz"),
        (b"7z\xbc\xaf\x27\x1c\0\x04", "7-Zip"),
        (b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        (b"\x89PNG\r\n\x1a\n\0\0", "PNG"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "JPEG"),
        (b"SQLite format 3\0\x10", "SQLite"),
        (b"PAR1\x15\x04\x15", "Parquet"),
        (b"\x01\x02\0\0\x7f\x80\x81\x82\x83", "binary"),
    ];
    for (input, name) in rows {
        for input in [input.to_vec(), gzip(input)] {
            let output = command(&["replay", "--json", "-"], &input);
            let document: Value = serde_json::from_slice(&output.stdout).unwrap();
            let error = document["undecodable"][0]["error"].as_str().unwrap();
            assert!(error.contains(name) && output.status.code() == Some(2), "{name}: {error}");
        }
    }
}

#[test]
fn the_message_of_a_function_keeps_its_own_time_and_its_lines() {
    let id = "0d9c8b7a-6f5e-4d3c-9b2a-1f0e9d8c7b6a";
    let log = [
        format!("START RequestId: {id} Version: $LATEST\n"),
        format!("2026-03-04T05:06:08.100Z\t{id}\tERROR\tInvoke Error \t{{\"errorType\":\"TypeError\",\"errorMessage\":\"no a, b\"}}\n"),
        format!("END RequestId: {id}\n"),
        format!("REPORT RequestId: {id}\tDuration: 2.00 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB\tMax Memory Used: 64 MB\t\n"),
        format!("START RequestId: 1{} Version: $LATEST\n", &id[1..]),
        "[ERROR] KeyError: 'a, b'\nTraceback (most recent call last):\n  File \"/var/task/a.py\", line 3, in handler\n    return row[\"a\"]\n".into(),
        format!("END RequestId: 1{}\n", &id[1..]),
        format!("2026-03-04T05:06:12.000Z 2{} Task timed out after 3.00 seconds\n\n", &id[1..]),
    ];
    let expected = counts(&[("FunctionErrors/lambda_unhandled_error", 2), ("FunctionErrors/lambda_timeout", 1)]);
    for (form, input) in forms(&log) {
        let input = if form == "saw" {
            String::from_utf8_lossy(&input).replace(GROUP, "/aws/lambda/orders").into_bytes()
        } else {
            input
        };
        if NAMES_ITS_GROUP.contains(&form) || ["awslogs", "insights_csv"].contains(&form) {
            continue;
        }
        let text = String::from_utf8_lossy(&input);
        assert_eq!(replay(&input, "/aws/lambda/orders").0, expected, "{form}\n{text}");
    }
}

#[test]
fn a_log_that_is_newest_first_is_put_in_order() {
    let mut events: Vec<Value> = execution_log().iter().enumerate().map(|(n, m)| event(n, m)).collect();
    events.reverse();
    let lines: String =
        (execution_log().iter().enumerate().rev()).map(|(n, m)| format!("{} {m}\n", time(n, 'T', "Z"))).collect();
    for input in [json!({"events": events}).to_string(), json!(events).to_string(), lines] {
        assert_eq!(replay(input.as_bytes(), GROUP), (execution_counts(), Some(0)), "{input}");
    }
}

#[test]
fn output_in_yaml_is_refused_by_name() {
    for text in [
        "events:\n- eventId: '1'\n",
        "- events:\n  - message: a\n",
        "---\nresults:\n",
        "- message: 'a'\n  timestamp: 1\n",
        "queryLanguage: CWLI\nresults:\n- - field: '@message'\n",
        // Only what needs quotes has them.
        "- (A=) Execution failed due to a timeout error\n- '(A=) Method completed with status: 504'\n",
        "- '(A=) Execution failed due to configuration error: Malformed Lambda proxy\n  response'\n",
        "- \"START RequestId: A Version: 7\\n\"\n",
        "- - 1772600767000\n  - '(A=) Method completed with status: 504'\n",
        "- m: '(A=) Method completed with status: 504'\n  t: 1772600767000\n",
        "messages:\n- '(A=) Method completed with status: 504'\n",
    ] {
        let output = command(&["replay", "-"], text.as_bytes());
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(said.contains("YAML") && output.status.code() == Some(2), "{text}: {said}");
    }
}

#[test]
fn what_holds_no_log_event_is_no_all_clear() {
    let nothing: [&[u8]; 6] =
        [b"", b"\n\n", br#"{"events":[],"searchedLogStreams":[]}"#, br#"{"results":[]}"#, b"[]", &gzip(b"")];
    for input in nothing {
        let output = command(&["replay", "--json", "-"], input);
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let error = document["undecodable"][0]["error"].as_str().unwrap();
        assert!(error.starts_with("no log event in it") && output.status.code() == Some(2), "{input:?}: {error}");
    }
}

#[test]
fn what_is_outside_of_the_span_is_no_all_clear() {
    let timed = lines(&execution_log(), |n, m| format!("{} {m}", time(n, 'T', "Z")));
    let untimed = lines(&execution_log(), |_, m| m.to_owned());
    for (input, says) in [(timed, "none of its 8 log events is in the span"), (untimed, "8 are without a time")] {
        let output = command(&["replay", "--json", "--since", "2026-04-01T00:00:00Z", "-"], &input);
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        let error = document["undecodable"][0]["error"].as_str().unwrap();
        assert!(error.contains(says) && output.status.code() == Some(2), "{error}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_is_read_once_whatever_its_links_are() {
    use std::os::unix::fs::symlink;
    let folder = std::env::temp_dir().join(format!("why5xx-inputs-{}", std::process::id()));
    let inner = folder.join("2026/03");
    std::fs::create_dir_all(&inner).unwrap();
    std::fs::create_dir_all(folder.join(".git")).unwrap();
    let log = lines(&execution_log(), |_, m| m.to_owned());
    std::fs::write(inner.join("000000"), &log).unwrap();
    std::fs::write(folder.join(".git/log"), &log).unwrap();
    std::fs::hard_link(inner.join("000000"), folder.join("again")).unwrap();
    symlink(&folder, inner.join("above")).unwrap();
    symlink("000000", inner.join("other-name")).unwrap();
    symlink("nowhere", folder.join("gone")).unwrap();
    symlink("loop", folder.join("loop")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(folder.join("fifo")).status().unwrap();
    assert!(made.success());
    let path = folder.to_str().unwrap();
    let output = command(&["replay", "--json", "--log-group", GROUP, path, path], b"");
    std::fs::remove_dir_all(&folder).unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((document["errors"].as_u64(), output.status.code()), (Some(2), Some(0)), "{document}");
}

const FUNCTION: &str = "/aws/lambda/orders";
const FIRST_ID: &str = "4e7d2c1b-0a9f-4e8d-b7c6-a5f4e3d2c1b0";
const NEXT_ID: &str = "5f8e3d2c-1b0a-4f9e-88d7-b6a5f4e3d2c1";

/// Two failed invocations: a time-out, and an error of Node.js.
fn function_log() -> Vec<String> {
    let report = |id: &str, more: &str| {
        format!(
            "REPORT RequestId: {id}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 71 MB\t{more}"
        )
    };
    vec![
        format!("START RequestId: {FIRST_ID} Version: $LATEST"),
        format!("2026-03-04T05:06:07.000Z\t{FIRST_ID}\tINFO\tread 3 orders"),
        format!("2026-03-04T05:06:10.001Z {FIRST_ID} Task timed out after 3.00 seconds"),
        format!("END RequestId: {FIRST_ID}"),
        report(FIRST_ID, "Status: timeout"),
        format!("START RequestId: {NEXT_ID} Version: $LATEST"),
        format!(
            "2026-03-04T05:06:11.000Z\t{NEXT_ID}\tERROR\tInvoke Error \t{{\"errorType\":\"TypeError\",\"errorMessage\":\"x is not a function\",\"stack\":[\"TypeError: x is not a function\",\"    at Runtime.handler (/var/task/index.js:3:10)\"]}}"
        ),
        format!("END RequestId: {NEXT_ID}"),
        report(NEXT_ID, "Init Duration: 140.12 ms"),
    ]
}

fn function_counts() -> BTreeMap<String, u64> {
    counts(&[("FunctionErrors/lambda_timeout", 1), ("FunctionErrors/lambda_unhandled_error", 1)])
}

/// Breaks lines behind blanks, none of them beyond a column; longer words stay whole. Mails lose the blank.
fn folded(text: &str, width: usize, keeps_blank: bool) -> String {
    let mut whole = String::new();
    for line in text.lines() {
        let mut piece = String::new();
        for word in line.split_inclusive(' ') {
            if !piece.is_empty() && piece.len() + word.len() > width {
                whole += if keeps_blank { &piece } else { piece.trim_end() };
                whole.push('\n');
                piece.clear();
            }
            piece += word;
        }
        whole += &piece;
        whole.push('\n');
    }
    whole
}

fn whole_document(input: &[u8], group: &str) -> (Value, Option<i32>) {
    let done = command(&["replay", "--json", "--log-group", group, "-"], input);
    (serde_json::from_slice(&done.stdout).unwrap(), done.status.code())
}

#[test]
fn a_functions_log_that_was_wrapped_at_any_width_counts_the_same() {
    let text = function_log().join("\n").replace('\t', "  ");
    for width in [60, 66, 72, 76, 78, 80, 90, 100, 113, 120] {
        for keeps_blank in [true, false] {
            let wrapped = folded(&text, width, keeps_blank);
            assert_eq!(replay(wrapped.as_bytes(), FUNCTION), (function_counts(), Some(0)), "{width}: {wrapped}");
        }
    }
    for width in [64, 72, 80, 100, 120] {
        let pieces = text.lines().flat_map(|line| line.as_bytes().chunks(width));
        let wrapped: String = pieces.flat_map(|piece| [std::str::from_utf8(piece).unwrap(), "\n"]).collect();
        assert_eq!(replay(wrapped.as_bytes(), FUNCTION), (function_counts(), Some(0)), "{width}: {wrapped}");
    }
}

#[test]
fn a_line_of_lambda_without_its_end_is_no_all_clear() {
    let log = function_log();
    for (line, length) in [(2, 70), (4, 80), (0, 40)] {
        let text = log[..line].join("\n") + "\n" + &log[line][..length] + "\nhello\n" + &log[3] + "\n";
        let (document, status) = whole_document(text.as_bytes(), FUNCTION);
        assert_eq!((document["undecodable"].as_array().unwrap().len(), status), (1, Some(2)), "{text}");
        let shown = command(&["replay", "--log-group", FUNCTION, "-"], text.as_bytes()).stdout;
        assert!(!String::from_utf8(shown).unwrap().to_lowercase().contains("no failure"), "{text}");
    }
}

#[test]
fn a_copied_table_without_quotes_keeps_the_lines_of_a_message() {
    let log = [
        format!("START RequestId: {FIRST_ID} Version: $LATEST"),
        "[ERROR] KeyError: 'order, table'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 7, in handler\n    return event['order']".to_owned(),
        format!("END RequestId: {FIRST_ID}"),
        format!("REPORT RequestId: {FIRST_ID}\tDuration: 3.40 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB"),
    ];
    let expected = counts(&[("FunctionErrors/lambda_unhandled_error", 1)]);
    for (heading, separator) in
        [("Timestamp\tMessage", '\t'), ("timestamp,message", ','), ("#\t@timestamp\t@message", '\t')]
    {
        for is_newest_first in [false, true] {
            let mut rows: Vec<String> = (log.iter().enumerate())
                .map(|(number, message)| {
                    let key = if heading.starts_with('#') { format!("{}\t", number + 1) } else { String::new() };
                    format!("{key}{}{separator}{message}\n", time(number, ' ', ""))
                })
                .collect();
            if is_newest_first {
                rows.reverse();
            }
            let text = format!("{heading}\n{}", rows.concat());
            assert_eq!(replay(text.as_bytes(), FUNCTION), (expected.clone(), Some(0)), "{text}");
        }
    }
    let rows: String =
        (access_log().iter().enumerate()).map(|(number, line)| format!("{},{line}\n", time_ms(number))).collect();
    let text = format!("timestamp,message\n{rows}");
    assert_eq!(replay(text.as_bytes(), "/team/access").0, counts(&[("AccessLogErrors/lambda_permission", 2)]));
    let twice = format!("{text}{text}No newer events at this moment.\n");
    assert_eq!(replay(twice.as_bytes(), "/team/access").0, counts(&[("AccessLogErrors/lambda_permission", 4)]));
}

#[test]
fn of_equal_times_the_last_comes_first_where_a_log_is_newest_first() {
    let rows = |log: &[String], at: &dyn Fn(usize) -> i64| -> String {
        let row = |number: usize| json!({"timestamp": at(number), "message": log[number]}).to_string();
        let rows: Vec<String> = (0..log.len()).rev().map(row).collect();
        format!("{{\"events\":[{}]}}", rows.join(","))
    };
    let cells = |log: &[String], at: &dyn Fn(usize) -> String| -> String {
        let row = |number: usize| format!("{},{}\n", at(number), quoted(&log[number]));
        "@timestamp,@message\n".to_owned() + &(0..log.len()).rev().map(row).collect::<String>()
    };
    let function = function_log();
    let execution = execution_log();
    // Equal within an invocation, falling between them; all equal; to the minute.
    let by_pairs = |number: usize| FIRST_MS + i64::from(number > 4) * 5_000 + 1;
    for text in [
        rows(&function, &by_pairs),
        rows(&function, &|_| FIRST_MS + 1),
        cells(&function, &|number| by_pairs(number).to_string()),
        cells(&function, &|_| "3/4/2026 5:06".to_owned()),
        function.iter().rev().flat_map(|line| [line.as_str(), "\n"]).collect(),
    ] {
        assert_eq!(replay(text.as_bytes(), FUNCTION), (function_counts(), Some(0)), "{text}");
    }
    for text in [
        rows(&execution, &|_| FIRST_MS),
        cells(&execution, &|number| (FIRST_MS + i64::from(number > 4) + 1).to_string()),
        execution.iter().rev().flat_map(|line| [line.as_str(), "\n"]).collect(),
    ] {
        assert_eq!(replay(text.as_bytes(), GROUP), (execution_counts(), Some(0)), "{text}");
    }
}

#[test]
fn what_looks_like_an_element_within_a_line_of_an_array_is_ambiguous() {
    let honest = r#"{"requestId":"AbCd1=","status":"200","userAgent":"probe","protocol":"HTTP/1.1"}"#;
    for (status, forged) in [("200", "502"), ("502", "200")] {
        let agent = format!(r#""}},{{"requestId":"AbCd3=","status":"{forged}","protocol":"HTTP/1.1"}},{{"a":""#);
        let line =
            format!(r#"{{"requestId":"AbCd2=","status":"{status}","userAgent":"{agent}","protocol":"HTTP/1.1"}}"#);
        for text in
            [format!("[\n{honest},\n{line}\n]"), format!("[\n{line},\n{honest},\n]"), format!("[{line},\n{honest}]\n")]
        {
            let (document, _) = whole_document(text.as_bytes(), "/team/access");
            assert_eq!((&document["errors"], &document["ambiguous_lines"]), (&json!(0), &json!(1)), "{text}");
        }
    }
    // Within one string of several there is no border of log events.
    let forged = r#"{"requestId":"AbCd3=","status":"502","protocol":"HTTP/1.1"}"#;
    let broken = format!("{{\"requestId\":\"AbCd2=\",\"status\":\"200\",\"userAgent\":\"\"}}\n{forged}");
    let lines = json!([honest, broken]).to_string();
    let rows = format!("{}\n{}\n", json!(honest), json!(broken));
    for text in [lines, rows] {
        assert_eq!(whole_document(text.as_bytes(), "/team/access").0["errors"], 0, "{text}");
    }
}

#[test]
fn a_log_on_one_line_or_on_several_pages_or_of_a_query_that_runs_on_is_no_all_clear() {
    let event = json!({"timestamp": FIRST_MS, "message": format!("END RequestId: {FIRST_ID}")});
    let row =
        json!([{"field": "@timestamp", "value": "2026-03-04 05:06:07.000"}, {"field": "@message", "value": "hello"}]);
    let platform = |status: &str| {
        let record = json!({"requestId": FIRST_ID, "status": status});
        json!({"time": "2026-03-04T05:06:07Z", "type": "platform.report", "record": record}).to_string()
    };
    for (text, group) in [
        (execution_log().join(" "), GROUP),
        // Of several requests, without ids, and in quotes.
        ("(A=) Method completed with status: 200 (B=) Execution failed due to a timeout error".to_owned(), GROUP),
        ("Method completed with status: 200 Execution failed due to a timeout error".to_owned(), GROUP),
        ("(A=) Execution failed due to a timeout error (A=) Method completed with status: 504".to_owned(), GROUP),
        (json!(execution_log().join(" ")).to_string(), GROUP),
        (function_log().join(" "), FUNCTION),
        // Records that Firehose delivered without a line break between them, or that were joined with a blank.
        (platform("success") + &platform("timeout"), FUNCTION),
        (format!("{}\n{}\n", platform("success") + &platform("error"), platform("success")), FUNCTION),
        (format!("{0} {0}", json!({"requestId": FIRST_ID, "status": "200"})), "/shop/access"),
        (format!("2026-03-04T05:06:07Z {0}{0}", json!({"requestId": FIRST_ID, "status": "502"})), "/shop/access"),
        (json!({"events": [event], "nextToken": "a"}).to_string(), FUNCTION),
        (json!({"NextToken": "a", "events": [event]}).to_string(), FUNCTION),
        (json!({"results": [row], "status": "Running"}).to_string(), FUNCTION),
        ("@timestamp,@duration\n2026-03-04 05:06:07.000,300\n".to_owned(), FUNCTION),
        ("bin(5m),count(*)\n2026-03-04 05:05:00.000,3\n".to_owned(), FUNCTION),
        (json!([{"@timestamp": "2026-03-04 05:06:07.000", "@duration": "300"}]).to_string(), FUNCTION),
        (json!({"results": [[{"field": "count(*)", "value": "3"}]], "status": "Complete"}).to_string(), FUNCTION),
    ] {
        let (document, status) = whole_document(text.as_bytes(), group);
        assert_eq!((status, document["undecodable"].as_array().unwrap().len()), (Some(2), 1), "{text}");
        let shown = command(&["replay", "--log-group", group, "-"], text.as_bytes()).stdout;
        assert!(!String::from_utf8(shown).unwrap().to_lowercase().contains("no failure"), "{text}");
    }
    let pages = format!("{}\n{}", json!({"events": [event], "nextToken": "a"}), json!({"events": [event]}));
    assert_eq!(whole_document(pages.as_bytes(), FUNCTION).1, Some(0));
}

#[test]
fn a_line_of_two_records_is_refused_whatever_the_length_of_its_ids() {
    for length in [4, 36, 64, 65, 100, 128] {
        let id = &FIRST_ID.repeat(4)[..length];
        let text = format!("({id}) Execution failed due to a timeout error ({id}) Method completed with status: 504\n");
        let (document, status) = whole_document(text.as_bytes(), GROUP);
        let error = document["undecodable"][0]["error"].as_str().unwrap_or_default();
        assert!(error.starts_with("not a log: ") && status == Some(2), "{length}: {document}");
    }
}

#[test]
fn escapes_of_tab_separated_values_are_undone() {
    let escaped = |line: &str| line.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n");
    let row = |(number, line): (usize, &String)| format!("{}\t{}\n", time_ms(number), escaped(&format!("{line}\n")));
    let text: String = function_log().iter().enumerate().map(row).collect();
    assert_eq!(replay(text.as_bytes(), FUNCTION), (function_counts(), Some(0)));
}

#[test]
fn what_stands_first_in_a_date_is_what_the_table_shows_or_is_said() {
    let table = |rows: &[(&str, &str)]| -> String {
        let row = |(time, message): &(&str, &str)| format!("{time},{}\n", quoted(message));
        "@timestamp,@message\n".to_owned() + &rows.iter().map(row).collect::<String>()
    };
    let failed = "(TuVwX3GpYzAbCdE=) Execution failed due to a timeout error";
    let own = r#"{"requestId":"A=","requestTime":"03/Apr/2026:05:06:07 +0000","status":"504","protocol":"HTTP/1.1"}"#;
    let minute = |text: &str, group: &str| {
        let (document, status) = whole_document(text.as_bytes(), group);
        assert_eq!(status, Some(0), "{text}");
        (
            document["counts"][0]["first"].as_str().unwrap().to_owned(),
            !document["assumed"].as_array().unwrap().is_empty(),
        )
    };
    let april = ("2026-04-03T05:06:00Z".to_owned(), false);
    let many: Vec<(&str, &str)> =
        [("3/4/2026 5:06", failed)].into_iter().chain(vec![("3/4/2026 5:07", "x"); 9_000]).collect();
    let late = table(&many) + "25/4/2026 5:06,x\n";
    assert_eq!(minute(&late, GROUP), april);
    assert_eq!(minute(&table(&[("3/4/2026 5:06", own), ("3/4/2026 5:06", own)]), "/team/access"), april);
    assert_eq!(minute(&table(&[("3/4/2026 5:06", failed)]), GROUP), ("2026-03-04T05:06:00Z".to_owned(), true));
}

#[test]
fn text_that_only_looks_like_yaml_is_no_yaml() {
    let log = function_log();
    for printed in ["level: info\nmsg: 'started'", "events: 3", "message: 'a'\ntimestamp: 7", "- 'a' is no 'b'", "---"]
    {
        let text = format!("{printed}\n{}\n", log.join("\n"));
        let said = command(&["replay", "--log-group", FUNCTION, "-"], text.as_bytes());
        let said = String::from_utf8_lossy(&[said.stdout, said.stderr].concat()).into_owned();
        assert!(!said.contains("YAML"), "{text}: {said}");
        assert_eq!(replay(text.as_bytes(), FUNCTION).0, function_counts(), "{text}");
    }
    let list: String = execution_log().iter().map(|line| format!("- {line}\n")).collect();
    assert_eq!(replay(list.as_bytes(), GROUP), (execution_counts(), Some(0)));
}

#[test]
fn a_date_with_two_digits_of_the_year_is_never_another_day() {
    let failed = "(TuVwX3GpYzAbCdE=) Execution failed due to a timeout error";
    for date in ["11/25/26 10:00", "26/11/25 10:00:00", "25.11.26 10:00", "26-11-25 10:00:00", "1/2/26 10:00:00 AM"] {
        for row in [format!("{date},{failed}"), format!("2026-11-25 10:00:00,x\n{date},{failed}")] {
            let text = format!("timestamp,message\n{row}\n");
            let (document, status) = whole_document(text.as_bytes(), GROUP);
            if document["log_events"] == 0 {
                assert!(
                    document["undecodable"][0]["error"].as_str().unwrap().contains("times that are not read"),
                    "{text}"
                );
                assert_eq!(status, Some(2), "{text}");
            } else {
                assert_eq!(
                    (&document["untimed"], &document["counts"][0]["first"]),
                    (&json!(1), &Value::Null),
                    "{text}"
                );
            }
        }
    }
}

#[test]
fn text_behind_the_marks_of_a_mail_or_a_tool_is_read() {
    let log = execution_log();
    let with = |mark: &dyn Fn(usize, &str) -> String| -> String {
        log.iter().enumerate().map(|(number, line)| mark(number + 1, line) + "\n").collect()
    };
    let quote = with(&|_, line| format!("> {line}"));
    for text in [
        format!("On Monday somebody wrote:\n\n{quote}\nRegards\n"),
        format!("Please look:\n> ```\n{quote}> ```\n"),
        with(&|_, line| format!("* `{line}`")),
        with(&|number, line| format!("{number}:{line}")),
        with(&|number, line| format!("{number:>7} {line}")),
        with(&|_, line| format!("logs/a.log:{line}")),
        with(&|number, line| format!("logs/a.log:{number}:{line}")),
        with(&|_, line| format!("app_1  | {line}")),
        with(&|_, line| format!(">> {line}")),
        with(&|_, line| format!(">{line}")),
        with(&|number, line| format!("2026-03-04T05:06:07.{number:09}Z stdout F {line}")),
        with(&|_, line| format!("Mar  4 05:06:07 web-1 app[123]: {line}")),
        with(&|_, line| format!("<14>Mar 14 05:06:07 web-1 app: {line}")),
        with(&|number, line| format!("<14>1 2026-03-04T05:06:07.{number:03}Z web-1 app 123 - - {line}")),
        with(&|_, line| format!("<14>1 2026-03-04T05:06:07Z web-1 app 123 A1 [a b=\"c\"] {line}")),
        with(&|number, line| format!("time=2026-03-04T05:06:{number:02}Z level=info msg={}", json!(line))),
        with(&|number, line| format!("timestamp : {}\nmessage   : {line}\n", time_ms(number))),
        with(&|_, line| line.to_owned()).replacen("Accept", "Acc\0ept", 1),
    ] {
        assert_eq!(replay(text.as_bytes(), GROUP).0, execution_counts(), "{text}");
    }
    let zeros = with(&|_, line| line.to_owned()) + &"\0".repeat(9_000);
    assert_eq!(replay(zeros.as_bytes(), GROUP).0, execution_counts());
}

#[test]
fn a_document_is_printed_at_every_exit_status() {
    for arguments in [
        &["replay", "--json"][..],
        &["replay", "--json", "--since", "yesterday or so", "-"],
        &["replay", "--json", "--rules", "/nowhere/rules.toml", "-"],
        &["replay", "--json", "--log-group", "/a", "--log-group", "/b", "-"],
    ] {
        let done = command(arguments, b"");
        let document: Value = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{arguments:?}"));
        assert_eq!(
            (done.status.code(), document["undecodable"].as_array().unwrap().len()),
            (Some(2), 1),
            "{arguments:?}"
        );
    }
}

/// The document of a log group whose format is declared.
fn of_declared(folder: &str, format: &str, text: &str) -> Value {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    std::fs::create_dir_all(&folder).unwrap();
    let settings = folder.join("why5xx.toml");
    std::fs::write(&settings, format!("[[log_group]]\nname = \"/team/access\"\naccess_log_format = '''{format}'''\n"))
        .unwrap();
    let settings = settings.to_str().unwrap();
    let arguments = ["replay", "--json", "--settings", settings, "--log-group", "/team/access", "-"];
    serde_json::from_slice(&command(&arguments, text.as_bytes()).stdout).unwrap()
}

#[test]
fn the_first_column_of_an_access_log_is_no_name_of_a_container() {
    let clf = r#"$context.identity.sourceIp - - [$context.requestTime] "$context.httpMethod $context.path $context.protocol" $context.status $context.responseLength $context.requestId"#;
    let line = |stage: &str, path: &str, status: u16| {
        format!(
            "{stage} | 10.0.0.7 - - [04/Mar/2026:05:06:07 +0000] \"GET {path} HTTP/1.1\" {status} 44 AbCdEfGhIjKlMn=\n"
        )
    };
    let text = [line("prod-1", "/orders", 200), line("prod-2", "/START RequestId: 1 Version: 2", 502)].concat();
    let document = of_declared("inputs-first-column", &format!("$context.stage | {clf}"), &text);
    assert_eq!(document["not_understood"], json!([]), "{document}");
    assert_eq!(
        (&document["requests"], &document["counts"][0]["dimensions"]["Stage"]),
        (&json!(2), &json!("prod-2")),
        "{document}"
    );
}

#[test]
fn lines_of_a_declared_format_are_its_records_whatever_they_look_like() {
    const CLF: &str = r#"$context.identity.sourceIp - - [$context.requestTime] "$context.httpMethod $context.path $context.protocol" $context.status $context.responseLength $context.requestId"#;
    // Each looks like a mark, a level, a column, a table, a page or a document.
    for first in [
        "> ($context.stage) ",
        "- '$context.stage' / ",
        "* $context.stage, ",
        "1. $context.stage ",
        "INFO $context.stage ",
        "$context.stage | ",
        "$context.stage: ",
        "# <$context.stage>\t",
        "- $context.stage|",
        "{$context.stage} ",
        "$context.integrationLatency  $context.stage ",
        "$context.error.message $context.stage; ",
        "\"$context.requestId\"\t$context.stage\t",
        "$context.requestTimeEpoch $context.stage ",
        "$context.path $context.stage ",
        "[$context.requestTimeEpoch] $context.stage ",
    ] {
        for rest in [
            CLF,
            r#"{"requestId":"$context.requestId","status":"$context.status"}"#,
            r#""$context.status" | <$context.path>"#,
        ] {
            let format = format!("{first}{rest}");
            let line = |stage: &str, status: &str| {
                let values = [
                    ("stage", stage),
                    ("status", status),
                    ("identity.sourceIp", "10.0.0.7"),
                    ("requestTimeEpoch", "1772600767123"),
                    ("requestTime", "04/Mar/2026:05:06:07 +0000"),
                    ("httpMethod", "GET"),
                    ("path", "/orders"),
                    ("protocol", "HTTP/1.1"),
                    ("responseLength", "44"),
                    ("requestId", "6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69"),
                    ("integrationLatency", "-"),
                    ("error.message", "Internal server error"),
                ];
                let mut values = values.map(|(name, value)| (format!("$context.{name}"), value));
                values.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
                values.iter().fold(format.clone(), |line, (name, value)| line.replace(name, value))
            };
            let lines = [line("prod-1", "200"), line("prod-2", "502"), line("prod-2", "404")];
            let time = "2026-03-04T05:06:07";
            let text = |before: &str| lines.iter().map(|line| format!("{before}{line}\n")).collect::<String>();
            let events: Vec<_> =
                lines.iter().map(|line| json!({"timestamp": 1772600767000_u64, "message": line})).collect();
            for text in [
                text(""),
                text(&format!("{time} ")),
                text(&format!("{time}.123Z ")),
                json!({"events": events}).to_string(),
                text(&format!("{time}.123000+00:00 0123456789abcdef0123456789abcdef ")),
            ] {
                let document = of_declared("inputs-declared-forms", &format, &text);
                let failures = json!([["prod-2", 1]]);
                let counts = document["counts"].as_array().unwrap();
                let counts: Vec<_> =
                    counts.iter().map(|each| json!([each["dimensions"]["Stage"], each["count"]])).collect();
                assert_eq!(
                    (json!(counts), &document["requests"], &document["undecodable"]),
                    (failures, &json!(3), &json!([])),
                    "{format}\n{text}{document}"
                );
            }
        }
    }
}

#[test]
fn what_stands_above_and_below_a_table_is_no_row() {
    let log = log_with(&errors_of_several_lines()[0]);
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    for separator in [",", ";", "\t"] {
        let rows: String = (log.iter().enumerate())
            .map(|(n, message)| format!("{}{separator}{}\n", 1_772_600_767_000_u64 + n as u64, cell(message)))
            .collect();
        let table = format!("timestamp{separator}message\n{rows}");
        assert_eq!(shown(&table, FUNCTION), (unhandled(), Some(0)), "{table}");
        for above in ["Exported 2026-03-04\n", "Hi,\n\nplease look:\n\n", "# orders\n", "$ aws logs …\n"] {
            let text = format!("{above}{table}");
            assert_eq!(shown(&text, FUNCTION), (unhandled(), Some(0)), "{text}");
        }
    }
    // The report is whole: an invocation that succeeded printed the sentence.
    let printed = log_with("printed: Task timed out after 3.00 seconds\n");
    let rows: String = (printed.iter().enumerate())
        .map(|(n, message)| format!("{},{}\n", 1_772_600_767_000_u64 + n as u64, cell(message.trim_end())))
        .collect();
    for below in ["", "\nThanks,\nBob\n", "-- \nBob\n"] {
        let text = format!("timestamp,message\n{rows}{below}");
        assert_eq!(shown(&text, FUNCTION).0, BTreeMap::new(), "{text}");
    }
}

#[test]
fn a_body_that_looks_like_rows_of_the_cli_makes_no_other_form_of_a_table() {
    for body in ["EVENTS\t1\t1772600767000\ts\tx\t1772600767000", "SEARCHEDLOGSTREAMS\tTrue\ts", "RESULTS\t@message\tx"]
    {
        let mut log = execution_log();
        log[2] = format!(
            "(6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69) Method request body before transformations: hello\n{body}\nbye"
        );
        let rows: String =
            log.iter().map(|message| format!("\"2026-03-04 05:06:07.000\",\"{message}\",\"s\"\n")).collect();
        let text = format!("\"@timestamp\",\"@message\",\"@logStream\"\n{rows}");
        assert_eq!(shown(&text, GROUP), (execution_counts(), Some(0)), "{text}");
    }
}

#[test]
fn an_invalid_byte_before_a_log_event_costs_that_byte() {
    let log = execution_log();
    for before in ["", "2026-03-04T05:06:07.123Z "] {
        for at in 0..log.len() {
            let mut bytes = Vec::new();
            for (n, line) in log.iter().enumerate() {
                bytes.extend(if n == at { &b"\xff"[..] } else { b"" });
                bytes.extend(format!("{before}{line}\n").into_bytes());
            }
            assert_eq!(replay(&bytes, GROUP), (execution_counts(), Some(0)), "{}", String::from_utf8_lossy(&bytes));
        }
    }
}

/// Forms in which messages of a log come.
fn forms_of_messages(messages: &[String]) -> Vec<String> {
    let events = |key: &str| -> Vec<Value> {
        messages
            .iter()
            .map(|message| json!({"timestamp": 1772600767000_u64, key: message, "ingestionTime": 1772600768000_u64}))
            .collect()
    };
    let rows: Vec<Value> =
        messages.iter().map(|message| json!({"@timestamp": "2026-03-04 05:06:07.000", "@message": message})).collect();
    let lines = |values: &[Value]| values.iter().map(|value| format!("{value}\n")).collect::<String>();
    let strings: Vec<Value> = messages.iter().map(|message| json!(message)).collect();
    vec![
        messages.iter().map(|message| format!("{}\n", message.trim_end())).collect(),
        messages.iter().map(|message| format!("2026-03-04T05:06:07 {}\n", message.trim_end())).collect(),
        json!(strings).to_string(),
        lines(&strings),
        json!({"events": events("message")}).to_string(),
        json!(events("message")).to_string(),
        lines(&events("message")),
        json!(rows).to_string(),
        lines(&rows),
    ]
}

#[test]
fn what_a_client_adds_to_a_line_of_an_access_log_is_no_list_and_no_batch() {
    let failed = "(6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69) Execution failed due to a timeout error";
    let batch = |message: &str| {
        json!({"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "API-Gateway-Execution-Logs_victim1234/prod", "logStream": "s",
        "subscriptionFilters": [], "logEvents": [{"id": "1", "timestamp": 1772600767000_u64, "message": message}]}).to_string()
    };
    let encoded = base64(&gzip(batch(failed).as_bytes()));
    let inner = |text: &str| text[1..text.len() - 1].to_owned();
    let added = [
        r#""events":[]"#.to_owned(),
        r#""results":[]"#.to_owned(),
        inner(&json!({"events": [{"timestamp": 1772600767000_u64, "message": failed}]}).to_string()),
        inner(&batch(failed)),
        r#""messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":[]"#.to_owned(),
        inner(&batch("x")).replace("DATA", "CONTROL"),
        inner(&json!({"@log": "1:API-Gateway-Execution-Logs_victim1234/prod", "@message": failed}).to_string()),
        inner(&json!({"@message": "(6b1f0a2c) Method completed with status: 200"}).to_string()),
        inner(&json!({"@message": json!({"requestId": "A=", "status": "502"}).to_string()}).to_string()),
        inner(&json!({"awslogs": {"data": encoded}}).to_string()),
        inner(&json!({"Records": [{"kinesis": {"data": encoded}}]}).to_string()),
        inner(&json!({"requestPayload": {"awslogs": {"data": encoded}}}).to_string()),
        inner(&json!({"message": failed, "timestamp": 1772600767000_u64, "logStreamName": "s"}).to_string()),
    ];
    let format = r#"{"requestId":"$context.requestId","ip":"$context.identity.sourceIp","path":"$context.path","status":"$context.status"}"#;
    for added in &added {
        let line = |path: &str, status: u16| {
            format!(r#"{{"requestId":"AbCdEfGhIjKlMn=","ip":"192.0.2.7","path":"{path}","status":"{status}"}}"#)
        };
        let of_client = |status: u16| line(&format!(r#"x",{added},"z":""#), status);
        for (messages, failures) in [
            (vec![line("/ok", 200), of_client(502)], 1),
            (vec![of_client(502), line("/ok", 200)], 1),
            (vec![of_client(502)], 1),
            (vec![line("/ok", 200), of_client(200)], 0),
            (vec![of_client(200)], 0),
        ] {
            for text in forms_of_messages(&messages) {
                let (undeclared, status) = whole_document(text.as_bytes(), "/team/access");
                for (document, is_whole) in
                    [(undeclared, status == Some(0)), (of_declared("inputs-client-lists", format, &text), true)]
                {
                    let counts = document["counts"].as_array().unwrap();
                    let is_own = |count: &Value| {
                        count["metric"] == "AccessLogErrors" && count["dimensions"]["ApiId"] == "unknown"
                    };
                    assert!(counts.iter().all(is_own), "{text}\n{document}");
                    let counted: u64 = counts.iter().map(|count| count["count"].as_u64().unwrap()).sum();
                    assert!(counted <= failures, "{text}\n{document}");
                    let is_reported =
                        document["ambiguous_lines"] != 0 || !is_whole || document["undecodable"] != json!([]);
                    assert!(counted == failures || is_reported, "{text}\n{document}");
                }
            }
        }
    }
}

#[test]
fn what_a_function_prints_between_the_lines_of_lambda_is_no_log_event() {
    let message = "REPORT RequestId: 11111111-2222-4333-8444-555555555555\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 40 MB\tStatus: timeout\n";
    let batch = json!({"messageType": "DATA_MESSAGE", "owner": "1", "logGroup": "API-Gateway-Execution-Logs_victim1234/prod", "logStream": "s",
        "subscriptionFilters": [], "logEvents": [{"id": "1", "timestamp": 1772600767000_u64, "message": "(6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69) Execution failed due to a timeout error"}]}).to_string();
    for printed in [
        json!({"awslogs": {"data": base64(&gzip(batch.as_bytes()))}}).to_string(),
        batch,
        json!({"timestamp": 1772600767000_u64, "message": message, "ingestionTime": 1772600768000_u64}).to_string(),
        json!({"events": [{"timestamp": 1772600767000_u64, "message": message}]}).to_string(),
        json!({"log": message, "stream": "stdout", "time": "2026-03-04T05:06:07.123Z"}).to_string(),
        json!({"@timestamp": "2026-03-04 05:06:07.000", "@message": message}).to_string(),
    ] {
        let log = log_with(&format!("{printed}\n"));
        for text in forms_of_messages(&log) {
            let (document, _) = whole_document(text.as_bytes(), FUNCTION);
            assert_eq!(document["counts"], json!([]), "{text}\n{document}");
        }
    }
}

#[test]
fn of_a_declared_format_two_statuses_of_the_integration_may_differ() {
    let format = r#"{"requestId":"$context.requestId","status":"$context.status","integration_status":"$context.integration.status","integrationStatus":"$context.integrationStatus","again":"$context.integrationStatus"}"#;
    let read = |function: &str, service: &str, again: &str| {
        let line = format!(
            r#"{{"requestId":"AbCd1=","status":"502","integration_status":"{function}","integrationStatus":"{service}","again":"{again}"}}"#
        );
        let document = of_declared("inputs-two-statuses", format, &line);
        (document["counts"][0]["dimensions"]["Cause"].clone(), document["ambiguous_lines"].clone())
    };
    for (function, service) in [("502", "200"), ("502", "-"), ("503", "502")] {
        assert_eq!(
            read(function, service, service),
            (json!("backend_error_response"), json!(0)),
            "{function} {service}"
        );
    }
    assert_eq!(read("200", "-", "-"), (json!("reason_not_logged"), json!(0)));
    // Literally the same variable never differs.
    assert_eq!(read("502", "200", "504"), (Value::Null, json!(1)));
}

#[test]
fn a_time_that_is_written_out_under_a_made_up_key_is_one_in_a_list() {
    let rows: Vec<Value> = (execution_log().iter().enumerate())
        .map(|(number, message)| json!({"t": time(number, 'T', "Z"), "m": message}))
        .collect();
    assert_eq!(replay(json!(rows).to_string().as_bytes(), GROUP), (execution_counts(), Some(0)));
    // On a line a function may have printed it.
    let printed = format!("{}\n", json!({"t": "2026-03-04T05:06:07Z", "m": function_log()[2]}));
    let text = format!("{}\n{printed}", function_log()[5]);
    assert_eq!(replay(text.as_bytes(), FUNCTION).0, BTreeMap::new());
}

/// The error of an input, and the exit status.
fn refusal(text: &str, group: &str) -> (String, Option<i32>) {
    let (document, status) = whole_document(text.as_bytes(), group);
    (document["undecodable"][0]["error"].as_str().unwrap_or_default().to_owned(), status)
}

#[test]
fn several_records_on_one_line_of_a_file_are_never_lost_in_silence() {
    let clf = |status: &str, id: &str| {
        format!("192.0.2.7 - - [04/Mar/2026:05:06:07 +0000] \"GET /orders HTTP/1.1\" {status} 0 {id}")
    };
    let clf = [clf("200", "AbCdEfGhIjKlMn="), clf("502", "BbCdEfGhIjKlMn="), clf("200", "CbCdEfGhIjKlMn=")];
    let xml = |status: &str| {
        format!(
            "<request id=\"A=\"> <httpMethod>GET</httpMethod> <status>{status}</status> <responseLength>0</responseLength> </request>"
        )
    };
    let xml = [xml("200"), xml("502"), xml("200")];
    let access = access_log();
    let execution = execution_log();
    let function = function_log();
    for (log, group) in [
        (&access[..], "/team/access"),
        (&clf, "/team/access"),
        (&xml, "/team/access"),
        (&execution[3..], GROUP),
        (&function, FUNCTION),
    ] {
        for between in [" ", ",", ", ", ""] {
            let text = format!("{}\n\n{}\n", log[0], log[1..].join(between));
            let (error, status) = refusal(&text, group);
            assert!(error.contains("the first is line 3: ") && status == Some(2), "{error}\n{text}");
            let shown = command(&["replay", "--log-group", group, "-"], text.as_bytes()).stdout;
            assert!(!String::from_utf8(shown).unwrap().to_lowercase().contains("no failure"), "{text}");
        }
    }
    let row = |number: usize| event(number, &access[number]).to_string();
    for text in [
        format!("{}\n{}{}, {}\n", row(0), row(1), row(2), row(3)),
        format!("{} {}\n{}{}\n", row(0), row(1), row(2), row(3)),
    ] {
        let expected = (counts(&[("AccessLogErrors/lambda_permission", 2)]), Some(0));
        assert_eq!(replay(text.as_bytes(), "/team/access"), expected, "{text}");
    }
}

#[test]
fn a_line_that_goes_on_with_another_is_reported_whatever_its_own_sentence() {
    for sentence in [
        "Extended Request Id: AbCdEfGhIjKlMnO=",
        "Verifying Usage Plan for request: 1",
        "X-ray Tracing ID : Root=1-5f",
        "Starting authorizer: orders",
        "Using valid authorizer policy for principal: *",
        "There was an error evaluating the AWS WAF rules",
        "Gateway response body: {}",
        "Method response headers: {}",
    ] {
        let id = format!("({FIRST_ID})");
        let end = format!("{id} Method completed with status: 500");
        let text = format!("{id} Starting execution for request: {FIRST_ID}\n{id} {sentence} {end}\n");
        let (error, status) = refusal(&text, GROUP);
        assert!(error.contains("the first is line 2: ") && status == Some(2), "{error}\n{text}");
    }
}

#[test]
fn a_line_that_only_looks_like_several_is_one() {
    let quoting = |text: &str| access_log()[0].replace("\"/a,b\"", &json!(text).to_string());
    let honest = access_log()[1].clone();
    let two = format!("{honest} {honest}");
    let access = [quoting(&two), quoting(&format!("}} {honest}")), quoting(&json!({"rows": [honest]}).to_string())];
    let id = &execution_log()[3][..39];
    let execution = [
        execution_log()[3].clone(),
        format!("{id}Endpoint response body before transformations: {}", function_log().join(" ")),
        format!("{id}Method response body after transformations: (Abc) Method completed with status: 200"),
        execution_log()[4].clone(),
    ];
    let mut function = function_log();
    function.insert(2, two.clone());
    function.insert(2, json!({"rows": [honest]}).to_string());
    function.insert(2, format!("2026-03-04T05:06:07.000Z\t{FIRST_ID}\tINFO\tEND RequestId: {NEXT_ID}"));
    let failed = counts(&[("Errors/lambda_permission", 1)]);
    for (log, group, expected) in [
        (&access[..], "/team/access", BTreeMap::new()),
        (&execution, GROUP, failed),
        (&function, FUNCTION, function_counts()),
    ] {
        let text = log.join("\n");
        assert_eq!(replay(text.as_bytes(), group), (expected, Some(0)), "{text}");
    }
}

#[test]
fn records_in_a_document_of_unknown_shape_count_each() {
    let records: Vec<Value> = access_log().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let by_id: BTreeMap<String, &Value> =
        records.iter().enumerate().map(|(n, record)| (format!("r{n}"), record)).collect();
    let all = (counts(&[("AccessLogErrors/lambda_permission", 2)]), Some(0));
    for document in [
        json!({"rows": records}),
        json!({"took": 3, "data": {"page": {"items": records}}}),
        json!({"hits": {"hits": records.iter().map(|record| json!({"_index": "i", "_source": record})).collect::<Vec<_>>()}}),
        json!({"status": "success", "rows": records}),
        json!(by_id),
        json!({"data": by_id}),
        json!({"body": json!({"rows": records}).to_string()}),
        json!({"body": json!(records).to_string()}),
        json!({"content": [{"text": access_log().join("\n")}]}),
        json!([{"rows": records[..2]}, {"rows": records[2..]}]),
        json!(json!({"rows": records}).to_string()),
    ] {
        for text in [document.to_string(), serde_json::to_string_pretty(&document).unwrap()] {
            for group in ["/team/access", ""] {
                let group = if group.is_empty() { vec![] } else { vec!["--log-group", group] };
                let output = command(&[&["replay", "--json", "-"], &group[..]].concat(), text.as_bytes());
                let document: Value = serde_json::from_slice(&output.stdout).unwrap();
                assert_eq!((&document["errors"], output.status.code()), (&json!(2), Some(0)), "{group:?} {text}");
            }
            assert_eq!(replay(text.as_bytes(), "/team/access"), all, "{text}");
        }
    }
    let lines = format!("{}\n{}\n", json!({"rows": records[..2]}), json!({"rows": records[2..]}));
    assert_eq!(replay(lines.as_bytes(), "/team/access"), all);
    // Several shapes in one document.
    let wrapped = |number: usize| json!({"at": time(number, 'T', "Z"), "line": access_log()[number]});
    for document in [
        json!({"a": [wrapped(0), wrapped(1)], "rows": records[2..]}),
        json!({"a": records[0], "b": records[1], "more": {"rows": records[2..]}}),
        json!({"a": [wrapped(0)], "b": {"c": [[time(1, ' ', ""), access_log()[1]], [time(2, ' ', ""), access_log()[2]]]}, "d": [records[3]]}),
    ] {
        assert_eq!(replay(document.to_string().as_bytes(), "/team/access"), all, "{document}");
    }
}

#[test]
fn explain_reads_what_is_there_of_a_document_with_an_error() {
    let log = execution_log();
    for text in [
        format!("{{\"rows\":[{},]}}", json!(log[3])),
        format!("{{\"rows\":[{},", json!(log[3])),
        format!("it printed\n{}\n", serde_json::to_string_pretty(&json!({"rows": log})).unwrap()),
    ] {
        let output = command(&["explain", "--json", "-"], text.as_bytes());
        let document: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&document["cause"], output.status.code()), (&json!("lambda_permission"), Some(0)), "{text}");
    }
}

#[test]
fn an_event_of_lines_says_which_of_them_hold_more_than_one_record() {
    let log = access_log();
    let text = format!("{}\n{} {}\n", log[0], log[1], log[2]);
    let output = command(&["event", "--log-group", "/team/access", "-"], text.as_bytes());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the first is line 2") && output.status.code() == Some(0), "{said}");
}

#[test]
fn records_in_json_that_is_not_read_are_refused_by_name() {
    let access = access_log();
    let events: Vec<String> = (0..4).map(|number| event(number, &access[number]).to_string()).collect();
    let records: Vec<Value> = access.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&String> = records[0].as_object().unwrap().keys().collect();
    let column = |name: &String| -> BTreeMap<String, Value> {
        records.iter().enumerate().map(|(n, record)| (n.to_string(), record[name].clone())).collect()
    };
    let columns: BTreeMap<&String, BTreeMap<String, Value>> = names.iter().map(|name| (*name, column(name))).collect();
    let cells: Vec<Vec<&Value>> =
        records.iter().map(|record| names.iter().map(|name| &record[*name]).collect()).collect();
    let long = json!({"rows": vec![&records[1]; 2_000]}).to_string();
    for text in [
        format!("{{\"events\":[{},]}}", events.join(",")),
        format!("{{\n  \"events\": [\n    {},\n  ]\n}}\n", events.join(",\n    ")),
        format!("{{\"rows\":[{},]}}", access.join(",")),
        format!("{{\"rows\":[{}", access.join(",")),
        format!("{{\"rows\":[ // of the table\n{}]}}", access.join(",\n")),
        format!("{{\"rows\":[/* all */{}]}}", access.join(",")),
        format!("{{rows: [{}]}}", access.join(", ")),
        format!("{{'rows': [{}]}}", access.join(", ")),
        format!("{}\n{}\n", access[0], json!({"rows": records[1..]})),
        json!({"status": 200, "rows": records}).to_string(),
        json!({"statusCode": 200, "body": access.join("\n")}).to_string(),
        json!({"columns": names, "index": [0, 1, 2, 3], "data": cells}).to_string(),
        json!(columns).to_string(),
        long,
        json!(vec![&access[1][..]; 2_000].join("\n")).to_string(),
    ] {
        for group in ["/team/access", "/any"] {
            let (error, status) = refusal(&text, group);
            let is_named = ["JSON", "pandas"].iter().any(|name| error.contains(name));
            assert!(is_named && status == Some(2), "{error}\n{}", &text[..text.len().min(2_000)]);
        }
    }
}

#[test]
fn a_record_whose_client_wrote_a_log_stays_that_record() {
    let failed = access_log()[1].clone();
    let documents = [
        failed.clone(),
        execution_log()[3].clone(),
        execution_log().join("\n"),
        access_log().join("\n"),
        json!({"rows": [failed]}).to_string(),
        json!({"events": [event(0, &failed)]}).to_string(),
        function_log()[2].clone(),
    ];
    for text in documents {
        for status in ["404", "504"] {
            let line = json!({"requestId": "Zz=", "requestTime": "04/Mar/2026:05:06:07 +0000", "status": status, "protocol": "HTTP/1.1",
                "responseType": "INTEGRATION_TIMEOUT", "userAgent": text, "time": time(3, 'T', "Z")});
            // Labels count wherever a client writes them, so such a line is ambiguous.
            let (document, _) = whole_document(line.to_string().as_bytes(), "/team/access");
            let (errors, ambiguous) =
                (document["errors"].as_u64().unwrap(), document["ambiguous_lines"].as_u64().unwrap());
            let is_failed = status == "504";
            assert_eq!(document["log_events"], 1, "{line}");
            assert!(errors <= u64::from(is_failed) && (errors + ambiguous > 0 || !is_failed), "{line}: {document}");
        }
    }
}

#[test]
fn quoted_printable_is_refused_by_name_and_no_other_text_is() {
    let encoded = |log: &[String]| -> String {
        let mut text = String::new();
        for line in log {
            let line = line.replace('=', "=3D").replace('\t', "=09");
            let mut rest = line.as_str();
            while rest.len() > 76 {
                // No sign is broken.
                let at =
                    (73..=75).rev().find(|at| !rest[..*at].ends_with('=') && !rest[..at - 1].ends_with('=')).unwrap();
                text += &format!("{}=\n", &rest[..at]);
                rest = &rest[at..];
            }
            text += &format!("{rest}\n");
        }
        text
    };
    for (log, group) in [(execution_log(), GROUP), (access_log(), "/team/access"), (function_log(), FUNCTION)] {
        for text in [encoded(&log), encoded(&log).replace('\n', "\r\n"), format!("Hello,\n\n{}\nBest\n", encoded(&log))]
        {
            let (error, status) = refusal(&text, group);
            assert!(error.contains("quoted-printable") && status == Some(2), "{error}\n{text}");
        }
    }
    let id = "(TuVwX3GpYzAbCdE=) ";
    for text in [
        format!("{id}Execution failed due to a timeout error\n{id}Method completed with status: 504\n"),
        "Execution failed due to a timeout error\nlimit=20\na=\nMethod completed with status: 504\n".to_owned(),
        "Execution failed due to a timeout error\nbody: dGhpcyBpcyBhIGJvZHkgb2YgYSByZXF1ZXN0IHRoYXQgaXMgcGFkZGVkLi4u=\n\
         dGhpcyB0b28=\nMethod completed with status: 504\n"
            .to_owned(),
    ] {
        assert_eq!(replay(text.as_bytes(), GROUP).0, counts(&[("Errors/integration_timeout", 1)]), "{text}");
    }
}

/// Puts a log into layers of JSON that nobody has named.
fn layered(log: &[String], random: &mut crate::simulation::random::Random) -> Value {
    const KEYS: [&str; 8] = ["rows", "payload", "x", "Text", "result", "entry", "logs", "b64"];
    let key = *random.pick(&KEYS);
    let mut value = match random.below(4) {
        0 => json!(log),
        1 => json!(log.iter().enumerate().map(|(n, m)| json!({key: m, "at": time(n, 'T', "Z")})).collect::<Vec<_>>()),
        2 => json!(log.iter().enumerate().map(|(n, m)| (format!("k{n:02}"), m)).collect::<BTreeMap<_, _>>()),
        _ => json!(log.join("\n")),
    };
    for _ in 0..random.below(4) {
        let key = *random.pick(&KEYS);
        value = match random.below(5) {
            0 => json!({key: value, "total": 3}),
            1 => json!({"ok": true, key: value}),
            2 => json!([value]),
            3 => json!({key: [value]}),
            _ => json!({key: value.to_string()}),
        };
    }
    value
}

#[test]
fn a_log_in_random_layers_of_json_counts_the_same_or_is_no_all_clear() {
    let mut random = crate::simulation::random::Random::new(17);
    let access = (access_log(), "/team/access", counts(&[("AccessLogErrors/lambda_permission", 2)]));
    let logs = [access, (execution_log(), GROUP, execution_counts()), (function_log(), FUNCTION, function_counts())];
    let (mut read, mut all) = (0, 0);
    for _ in 0..120 {
        let (log, group, expected) = random.pick(&logs);
        let document = layered(log, &mut random);
        let text =
            if random.percent(50) { document.to_string() } else { serde_json::to_string_pretty(&document).unwrap() };
        let done = replay(text.as_bytes(), group);
        all += 1;
        read += u32::from(done == (expected.clone(), Some(0)));
        assert!(done == (expected.clone(), Some(0)) || done.1 == Some(2), "{done:?}\n{text}");
    }
    assert!(read * 10 > all * 8, "{read} of {all} are read");
}

/// Counts and exit status.
fn shown(text: &str, group: &str) -> (BTreeMap<String, u64>, Option<i32>) {
    replay(text.as_bytes(), group)
}

/// Lines of access logs without braces: CLF, the stock CSV, XML, keys and values. One of three failed in each.
fn bare_access_logs() -> Vec<Vec<String>> {
    let of = |line: &dyn Fn(&str, &str) -> String| {
        [("200", "AbCdEfGhIjKlMn="), ("502", "BbCdEfGhIjKlMn="), ("404", "CbCdEfGhIjKlMn=")]
            .map(|(status, id)| line(status, id))
            .to_vec()
    };
    vec![
        of(&|status, id| {
            format!("192.0.2.7 - - [04/Mar/2026:05:06:07 +0000] \"GET /orders HTTP/1.1\" {status} 36 {id}")
        }),
        of(&|status, id| format!("192.0.2.7,-,-,04/Mar/2026:05:06:07 +0000,GET,/orders,HTTP/1.1,{status},36,{id}")),
        of(&|status, id| {
            format!(
                "<request id=\"{id}\"> <httpMethod>GET</httpMethod> <status>{status}</status> <responseLength>0</responseLength> </request>"
            )
        }),
        of(&|status, id| {
            format!(
                "requestId: {id}, ip: 192.0.2.7, requestTime: 04/Mar/2026:05:06:07 +0000, httpMethod: GET, resourcePath: /orders, status: {status}, protocol: HTTP/1.1, responseLength: 0"
            )
        }),
    ]
}

fn flow_log() -> Vec<String> {
    ["ACCEPT", "REJECT", "REJECT"]
        .map(|action| format!("2 111122223333 eni-0a1b2c3d4e5f60718 192.0.2.9 192.0.2.12 49761 3389 6 20 4249 1772600767 1772600827 {action} OK"))
        .to_vec()
}

#[test]
fn a_record_behind_blanks_is_a_record() {
    let failed = counts(&[("AccessLogErrors/reason_not_logged", 1)]);
    let flows = vec![(flow_log(), "/shop/flow", counts(&[("RejectedFlows/network_rejected", 2)]))];
    let logs = bare_access_logs().into_iter().map(|log| (log, "/team/access", failed.clone())).chain(flows);
    for (log, group, expected) in logs {
        let with = |mark: &dyn Fn(usize) -> &'static str| -> String {
            log.iter().enumerate().map(|(number, line)| format!("{}{line}\n", mark(number))).collect()
        };
        for blanks in [" ", "  ", "    ", "\t", "\u{a0}\u{a0}"] {
            let all = with(&|_| blanks);
            for text in [
                all.clone(),
                with(&|number| if number > 0 { blanks } else { "" }),
                with(&|number| if number % 2 == 0 { blanks } else { "" }),
                format!("The log:\n\n{all}\nRegards\n"),
                format!("log: |\n{all}"),
            ] {
                assert_eq!(shown(&text, group), (expected.clone(), Some(0)), "{text}");
            }
        }
    }
    // The lines of a message stay with it.
    for blanks in ["  ", "    ", "\t"] {
        let text: String = printed_error().lines().map(|line| format!("{blanks}{line}\n")).collect();
        assert_eq!(shown(&text, FUNCTION), (unhandled(), Some(0)), "{text}");
        let printed = format!("START RequestId: {FIRST_ID} Version: 7\nthe last requests:\n");
        let requests: String = bare_access_logs()[0].iter().map(|line| format!("{blanks}{line}\n")).collect();
        assert_eq!(command(&["replay", "--json", "-"], (printed + &requests).as_bytes()).status.code(), Some(0));
        let text = format!("START RequestId: {FIRST_ID} Version: 7\nthe last requests:\n{requests}");
        let document: Value =
            serde_json::from_slice(&command(&["replay", "--json", "-"], text.as_bytes()).stdout).unwrap();
        assert_eq!(document["errors"], 0, "{text}");
    }
}

/// A failed invocation of Python, whose error has several lines.
fn printed_error() -> String {
    format!(
        "START RequestId: {FIRST_ID} Version: $LATEST\n[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 7, in handler\n    return event['order']\nEND RequestId: {FIRST_ID}\nREPORT RequestId: {FIRST_ID}\tDuration: 3.40 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\t\n"
    )
}

fn unhandled() -> BTreeMap<String, u64> {
    counts(&[("FunctionErrors/lambda_unhandled_error", 1)])
}

#[test]
fn a_functions_log_in_json_shows_that_it_is_newest_first() {
    let of = |id: &str, second: u64, kind: &str, record: Value| {
        let mut record = record;
        record["requestId"] = json!(id);
        json!({"time": format!("2026-03-04T05:06:{second:02}.000Z"), "type": kind, "record": record}).to_string()
    };
    let error = json!({"timestamp": "2026-03-04T05:06:08.000Z", "level": "ERROR", "requestId": NEXT_ID,
        "message": {"errorType": "TypeError", "errorMessage": "x is not a function", "stackTrace": ["TypeError: x is not a function"]}});
    let third = "6a9f4e3d-2c1b-4a0f-99e8-c7b6a5f4e3d2";
    let log = [
        of(FIRST_ID, 7, "platform.start", json!({"version": "$LATEST"})),
        of(FIRST_ID, 10, "platform.report", json!({"metrics": {"durationMs": 3000.0}, "status": "timeout"})),
        of(NEXT_ID, 11, "platform.start", json!({"version": "$LATEST"})),
        error.to_string(),
        of(
            NEXT_ID,
            12,
            "platform.report",
            json!({"metrics": {"durationMs": 3.0}, "status": "error", "errorType": "TypeError"}),
        ),
        of(third, 13, "platform.start", json!({"version": "$LATEST"})),
        of(third, 14, "platform.report", json!({"metrics": {"durationMs": 3.0}, "status": "success"})),
    ];
    let newest_first: Vec<&String> = log.iter().rev().collect();
    let table = |row: &dyn Fn(&str) -> String| newest_first.iter().map(|line| row(line) + "\n").collect::<String>();
    let time = "2026-03-04 05:06:00.000";
    for text in [
        table(&|line| line.to_owned()),
        format!("@message\n{}", table(&|line| quoted(line))),
        format!("@timestamp,@message\n{}", table(&|line| format!("{time},{}", quoted(line)))),
        json!(newest_first).to_string(),
        json!({"results": newest_first.iter().map(|line| vec![json!({"field": "@message", "value": line})]).collect::<Vec<_>>(), "status": "Complete"}).to_string(),
    ] {
        assert_eq!(shown(&text, FUNCTION), (function_counts(), Some(0)), "{text}");
    }
    assert_eq!(shown(&(log.join("\n") + "\n"), FUNCTION), (function_counts(), Some(0)));
}

#[test]
fn marks_around_a_functions_log_hide_no_failure() {
    let text =
        function_log().join("\n") + "\n" + &printed_error().replace(FIRST_ID, "6a9f4e3d-2c1b-4a0f-99e8-c7b6a5f4e3d2");
    let mut all = function_counts();
    *all.get_mut("FunctionErrors/lambda_unhandled_error").unwrap() += 1;
    let each = |line: &dyn Fn(usize, &str) -> String| -> String {
        text.lines().enumerate().map(|(number, own)| line(number + 1, own) + "\n").collect()
    };
    // Messages, of which one has several lines.
    let mut messages = function_log();
    let (start, rest) = printed_error()
        .replace(FIRST_ID, "6a9f4e3d-2c1b-4a0f-99e8-c7b6a5f4e3d2")
        .split_once('\n')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let at = rest.find("END ").unwrap();
    messages.extend([start, rest[..at].trim_end().to_owned()]);
    messages.extend(rest[at..].lines().map(str::to_owned));
    let around = |before: &str, behind: &str| -> String {
        messages.iter().map(|message| format!("{before}{message}{behind}\n")).collect()
    };
    let with_quotes = |text: &str| text.replace('"', "\\\"");
    for text in [
        each(&|_, line| line.replace('\t', "^I") + "$"),
        each(&|_, line| line.replace('\t', "^I") + "^M$"),
        each(&|_, line| format!("{line}^M")),
        each(&|number, line| format!("{number}{}{line}", if number % 2 == 0 { ':' } else { '-' })),
        each(&|number, line| format!("{number}:{line}")),
        each(&|number, line| {
            let sign = if number % 2 == 0 { ':' } else { '-' };
            format!("logs/a.log{sign}{number}{sign}{line}")
        }),
        each(&|number, line| format!("logs/a.log{}{line}", if number % 2 == 0 { ':' } else { '-' })),
        each(&|_, line| format!("{line}<br>")),
        each(&|_, line| entities(line) + "<br/>"),
        around("", "<br>"),
        around("\"", "\""),
        around("`", "`"),
        around("* `", "`"),
        messages.iter().map(|message| quoted(message) + "\n").collect(),
        messages.iter().map(|message| quoted(message) + ",\n").collect(),
        messages
            .iter()
            .enumerate()
            .map(|(n, m)| {
                format!(
                    "-[ RECORD {n} ]------\ntime    | 2026-03-04 05:06:07.000\nmessage | {}\n",
                    m.replace('\n', "   +\n        | ")
                )
            })
            .collect(),
        "timestamp,message\n".to_owned()
            + &messages
                .iter()
                .enumerate()
                .map(|(n, m)| format!("{},\"{}\"\n", time_ms(n), with_quotes(m)))
                .collect::<String>(),
    ] {
        assert_eq!(shown(&text, FUNCTION), (all.clone(), Some(0)), "{text}");
    }
}

#[test]
fn signs_that_a_tool_wrote_otherwise_hide_no_failure() {
    let log = function_log();
    let escaped = |line: &str| line.replace('\\', "\\\\").replace('\t', "\\t");
    let each = |line: &dyn Fn(&str) -> String| -> String { log.iter().map(|own| line(own) + "\n").collect() };
    for text in [
        each(&|line| escaped(line) + "\\n"),
        log.iter().enumerate().map(|(n, line)| format!("{}\\n\t{}\n", escaped(line), time_ms(n))).collect(),
        each(&|line| line.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('\'', "&#39;")),
        each(&|line| line.replace('"', "\u{201d}")),
        each(&|line| line.replace("{\"", "{\u{201c}").replace('"', "\u{201d}")),
        each(&|line| json!(line).to_string().trim_matches('"').to_owned()),
    ] {
        assert_eq!(shown(&text, FUNCTION), (function_counts(), Some(0)), "{text}");
    }
    let failed = counts(&[("AccessLogErrors/lambda_permission", 2)]);
    for end in ["", ","] {
        let column: String = access_log().iter().map(|line| quoted(line) + end + "\n").collect();
        assert_eq!(shown(&column, "/team/access"), (failed.clone(), Some(0)), "{column}");
    }
    // A client's escapes, entities and tabs change no line.
    for written in ["\tREPORT RequestId: 7\\tDuration: 7 ms\t", "\t{\"a\":1}\\n\t", "&quot;", "\u{201d}"] {
        let text = access_log().join("\n").replace("/a,b", written).replace("GET /a", "\\\",\\\"status\\\":\\\"502");
        assert_eq!(shown(&text, "/team/access").0.get("AccessLogErrors/reason_not_logged"), None, "{text}");
    }
    let access = access_log();
    let text = access.join("\n").replace("/a,b", "/a&quot;,&quot;status&quot;:&quot;502&quot;\\\\n}");
    assert_eq!(shown(&text, "/team/access"), (counts(&[("AccessLogErrors/lambda_permission", 2)]), Some(0)), "{text}");
}

#[test]
fn lines_that_lost_a_break_among_others_are_never_lost_in_silence() {
    let error = printed_error();
    let lines: Vec<&str> = error.lines().collect();
    let timed_out = function_log()[..5].to_vec();
    for between in [" ", "\t", "\r", "\u{1e}", "\u{2028}", "\u{85}", "\0", "\\n", "|", "<br>", "#012", ""] {
        for text in [
            format!(
                "{}\n",
                [&lines[..2].join(between), &lines[2..4].join("\n"), &lines[4..].join(between)]
                    .map(String::as_str)
                    .join("\n")
            ),
            format!("{}\n{}\n", lines[..5].join("\n"), lines[5..].join(between)),
            format!("{}\n{}\n", lines[..4].join("\n"), lines[4..].join(between)),
            format!("{}{between}{}\n{}\n", timed_out[0], timed_out[2], timed_out[3..].join("\n")),
            format!("{}\n{}{between}{}\n{}\n", timed_out[0], timed_out[1], timed_out[2], timed_out[3..].join("\n")),
        ] {
            // A tab behind the first line of an invocation is one of `--output text`.
            if text.starts_with(&format!("{}\t", timed_out[0])) {
                assert_eq!(shown(&text, FUNCTION).0.values().sum::<u64>(), 1, "{text}");
                continue;
            }
            let (error, status) = refusal(&text, FUNCTION);
            assert!(error.contains("not every record is read") && status == Some(2), "{between:?} {error}\n{text}");
        }
        let access = access_log();
        if between != "\r" {
            let text = format!("{}\n{}\n", access[0], access[1..].join(between));
            let (error, status) = refusal(&text, "/team/access");
            assert!(error.contains("not every record is read") && status == Some(2), "{between:?} {error}\n{text}");
        }
    }
    // What a function prints about invocations is no line of the platform.
    let mut log = timed_out;
    log.insert(1, format!("waited for END RequestId: {NEXT_ID} REPORT RequestId: {NEXT_ID}"));
    log.insert(1, format!("2026-03-04T05:06:07.000Z\t{FIRST_ID}\tINFO\tinvoked {NEXT_ID}, not {FIRST_ID}"));
    let timed_out = counts(&[("FunctionErrors/lambda_timeout", 1)]);
    assert_eq!(shown(&(log.join("\n") + "\n"), FUNCTION), (timed_out, Some(0)));
}

#[test]
fn a_whole_record_in_an_object_of_a_logger_keeps_its_cause() {
    let record = json!({"requestId": "Qw=", "ip": "192.0.2.9", "requestTime": "04/Mar/2026:05:06:07 +0000", "httpMethod": "GET",
        "status": "500", "responseType": "AUTHORIZER_FAILURE", "errorMessage": "Internal server error", "userAgent": "Execution failed due to a timeout error"});
    let text = record.to_string();
    let time = "2026-03-04T05:06:07.000Z";
    let failed = counts(&[("AccessLogErrors/authorizer_error", 1)]);
    for object in [
        json!({"level": "info", "msg": text}),
        json!({"level": 30, "time": FIRST_MS, "pid": 7, "hostname": "web-1", "msg": text}),
        json!({"@timestamp": time, "log.level": "info", "message": text, "event": {"original": text}}),
        json!({"requestId": "x", "message": text, "timestamp": time}),
        json!({"labels": {"level": "info"}, "line": text, "timestamp": time}),
        json!({"level": "info", "msg": text, "short": "RequestId: 7 Process exited before completing request"}),
        json!({"ts": {"N": "1772600767000"}, "message": {"S": text}}),
        json!({"time": time, "message": format!("forwarded: {text}"), "level": "info"}),
    ] {
        for line in [format!("{object}\n"), format!("{object}\n{object}\n")] {
            let expected: BTreeMap<String, u64> =
                failed.iter().map(|(name, n)| (name.clone(), n * line.lines().count() as u64)).collect();
            assert_eq!(shown(&line, "/team/access"), (expected, Some(0)), "{line}");
        }
    }
    let hash = |time: &str, arrow: &str| format!("{{{time}\"message\"{arrow}{}, \"tag\"{arrow}nil}}\n", json!(text));
    for line in [hash("", "=>"), hash(&format!("\"timestamp\"=>{FIRST_MS}, "), "=>"), hash("", " => ")] {
        assert_eq!(shown(&line, "/team/access"), (failed.clone(), Some(0)), "{line}");
    }
    // A record of its own, in which a client wrote another one; and what a function printed.
    for object in [
        json!({"requestId": "Zz=", "status": "404", "protocol": "HTTP/1.1", "level": "info", "userAgent": text}),
        json!({"timestamp": time, "level": "INFO", "requestId": FIRST_ID, "message": text}),
    ] {
        let (found, _) = shown(&format!("{object}\n"), "/team/access");
        assert!(!found.contains_key("AccessLogErrors/authorizer_error"), "{object}: {found:?}");
    }
}

#[test]
fn a_line_of_an_access_log_that_a_terminal_broke_keeps_its_cause() {
    let log = access_log();
    let failed = counts(&[("AccessLogErrors/lambda_permission", 2)]);
    let timed = |n: usize, line: &str| format!("{}\t{line}", time_ms(n));
    let plain: String = log.iter().map(|line| format!("{line}\n")).collect();
    let tail: String =
        log.iter().enumerate().map(|(n, line)| format!("{} {STREAM} {line}\n", time(n, 'T', "Z"))).collect();
    let pairs: String = log.iter().enumerate().map(|(n, line)| timed(n, line) + "\n").collect();
    for text in [&plain, &tail, &pairs] {
        for column in [60, 76, 80, 97, 100, 120, 160] {
            for before in ["\n", "\n  "] {
                let broken = |line: &str| {
                    let pieces = line.as_bytes().chunks(column).map(|piece| str::from_utf8(piece).unwrap());
                    pieces.collect::<Vec<_>>().join(before)
                };
                let wrapped: String = text.lines().map(|line| broken(line) + "\n").collect();
                assert_eq!(shown(&wrapped, "/team/access"), (failed.clone(), Some(0)), "{column}: {wrapped}");
            }
        }
    }
    // `less -S` and pages cut the lines.
    for width in [60, 100, 150] {
        let cut: String = log.iter().map(|line| format!("{}>\n", &line[..line.len().min(width)])).collect();
        let (error, status) = refusal(&cut, "/team/access");
        let is_named = error.contains("without the end") || error.contains("none of its");
        assert!(is_named && status == Some(2), "{error}\n{cut}");
    }
    let line = |end: &str| {
        format!("192.0.2.7 - - [04/Mar/2026:05:06:07 +0000] \"GET /a HTTP/1.1\" 504 41 Kd83hfQaLm2Xs= {end}\n")
    };
    assert!(refusal(&line("Endpoint req..."), "/team/access").0.contains("without the end"));
    assert_eq!(shown(&line("Endpoint request timed out"), "/team/access").1, Some(0));
}

#[test]
fn a_record_in_a_text_within_a_text_keeps_its_cause() {
    let log = access_log();
    let text = |line: &str| json!({ "text": line }).to_string();
    let failed = counts(&[("AccessLogErrors/lambda_permission", 1)]);
    for object in [
        json!({"metadata": {"timestamp": time(0, 'T', "Z")}, "userData": text(&log[1])}),
        json!({"raw": json!({"at": "x", "line": log[1]}).to_string()}),
    ] {
        assert_eq!(shown(&format!("{object}\n"), "/team/access"), (failed.clone(), Some(0)), "{object}");
    }
    let hash = format!("{{\n  \"@timestamp\" => {},\n     \"message\" => {}\n}}\n", time(0, 'T', "Z"), json!(log[1]));
    assert_eq!(shown(&hash, "/team/access"), (failed, Some(0)), "{hash}");
    // What a client wrote in a line of its own is no record.
    let own = json!({"requestId": "Zz=", "status": "404", "protocol": "HTTP/1.1", "userAgent": text(&log[1])});
    assert_eq!(shown(&format!("{own}\n"), "/team/access"), (counts(&[]), Some(0)));
}

#[test]
fn the_columns_before_a_time_are_no_name_of_a_file() {
    let line = |path: &str, status: &str| {
        format!("192.0.2.7,-,-,04/Mar/2026:05:06:07 +0000,GET,{path},HTTP/1.1,{status},36,{FIRST_ID};x\n")
    };
    for (own, other) in [("200", "502"), ("502", "200")] {
        let path = format!("u - [04/Mar/2026:05:06:07 +0000] \"GET /x HTTP/1.1\" {other} 36 {FIRST_ID} ");
        assert_eq!(shown(&line(&path, own), "/team/access"), (counts(&[]), Some(2)), "{path}");
    }
}

#[test]
fn what_a_tool_puts_before_a_line_is_no_part_of_it() {
    // `aws logs tail` of an HTTP API, `awslogs`.
    let stream = "k3m5n7p9q1_live-2026-03-04-05-06";
    let logs = bare_access_logs().into_iter().map(|log| (log, counts(&[("AccessLogErrors/reason_not_logged", 1)])));
    for (log, expected) in logs.chain([(access_log(), counts(&[("AccessLogErrors/lambda_permission", 2)]))]) {
        let lines = |before: &dyn Fn(usize) -> String| -> String {
            log.iter().enumerate().map(|(n, line)| format!("{} {line}\n", before(n))).collect()
        };
        for text in [
            lines(&|n| format!("{} {stream}", time(n, 'T', "000+00:00"))),
            lines(&|n| format!("/team/access {stream} {}", time(n, 'T', "Z"))),
            lines(&|_| stream.to_owned() + " 2026-03-04T05:06:07"),
        ] {
            assert_eq!(shown(&text, "/team/access"), (expected.clone(), Some(0)), "{text}");
        }
    }
    // The digits of an id stand behind a time without a zone, and are no part of it.
    let ids = ["3f1c2d4e-5a6b-4c7d-8e9f-0a1b2c3d4e50", "3f1c2d4e-5a6b-4c7d-8e9f-0a1b2c3d4e51"];
    let permission = "Execution failed due to configuration error: Invalid permissions on Lambda function";
    for before in [
        "2026-03-04 05:06:07.639",
        "2026-03-04 05:06:07,639",
        "7f6e5d4c3b2a19087f6e5d4c3b2a1908 2026-03-04T05:06:07.639000",
    ] {
        let timeout = "Execution failed due to a timeout error";
        let text = format!("{before} ({}) {timeout}\n{before} ({}) {permission}\n", ids[0], ids[1]);
        assert_eq!(shown(&text, GROUP), (execution_counts(), Some(0)), "{text}");
    }
    // A mail broke a line before a number, which is not of a list.
    let quoted = "> (6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69) Lambda invocation failed with status:\n> 429. Lambda request id: 4e7d2c1b-0a9f-4e8d-b7c6-a5f4e3d2c1b0\n> (6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69) Method completed with status: 500\n";
    assert_eq!(shown(quoted, GROUP), (counts(&[("Errors/lambda_throttled", 1)]), Some(0)));
}

#[test]
fn a_fence_or_a_heading_hides_no_line() {
    let log = execution_log();
    let timed: Vec<String> = log.iter().enumerate().map(|(n, line)| format!("{} {line}", time(n, 'T', "Z"))).collect();
    for lines in [&log, &timed] {
        let text = lines.join("\n");
        for fenced in [
            format!("```{text}```"),
            format!("```{text}\n```\n"),
            format!("it failed:\n```text\n{text}\n```\nany idea?\n"),
            format!("~~~\n{text}~~~\n"),
            format!("> ```{}```\n", lines.join("\n> ")),
        ] {
            let (found, _) = shown(&fenced, GROUP);
            assert_eq!(found, execution_counts(), "{fenced}");
        }
    }
    let access = access_log().join("\n   ");
    let in_list = format!("1. the log\n\n   ```\n   {access}\n   ```\n");
    assert_eq!(shown(&in_list, "/team/access").0, counts(&[("AccessLogErrors/lambda_permission", 2)]), "{in_list}");
    let numbered =
        |text: &str| -> String { text.lines().enumerate().map(|(n, line)| format!("{}:{line}\n", n + 1)).collect() };
    for text in [
        format!("logs/app.log\n{}", numbered(&printed_error())),
        format!("logs/other.log\n1:hello\n\nlogs/app.log\n{}", numbered(&printed_error())),
        format!("logs/the orders.log\n{}", numbered(&printed_error())),
        format!("C:\\logs\\app.log\n{}", numbered(&printed_error())),
    ] {
        assert_eq!(shown(&text, FUNCTION), (unhandled(), Some(0)), "{text}");
    }
}

#[test]
fn a_log_event_in_a_table_or_an_object_of_another_tool_keeps_its_cause() {
    let nested = |n: usize, line: &str| json!({"time": "1772600767.017", "event": {"message": line, "logGroup": "/a", "id": id(n)}});
    let access = access_log();
    let text: String = access.iter().enumerate().map(|(n, line)| format!("{}\n", nested(n, line))).collect();
    let denied = counts(&[("AccessLogErrors/lambda_permission", 2)]);
    assert_eq!(shown(&text, "/team/access"), (denied, Some(0)), "{text}");
    let quoted = |line: &str| format!("\"{}\"", line.replace('"', "\"\""));
    let failed = counts(&[("AccessLogErrors/reason_not_logged", 1)]);
    for log in bare_access_logs() {
        let rows = |row: &dyn Fn(usize, &str) -> String| -> String {
            log.iter().enumerate().map(|(n, line)| row(n, line) + "\n").collect()
        };
        for text in [
            rows(&|n, line| format!("{},{}", time_ms(n), quoted(line))),
            "Date,Host,Service,Content\n".to_owned()
                + &rows(&|n, line| format!("{},/team/access,shop,{}", time(n, 'T', "Z"), quoted(line))),
            "_raw,_time\n".to_owned() + &rows(&|n, line| format!("{},{}", quoted(line), time(n, 'T', "Z"))),
        ] {
            assert_eq!(shown(&text, "/team/access"), (failed.clone(), Some(0)), "{text}");
        }
    }
}

#[test]
fn a_format_that_begins_with_the_id_is_read_behind_the_time_of_a_tool() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("inputs-format-of-id");
    std::fs::create_dir_all(&folder).unwrap();
    let settings = folder.join("why5xx.toml");
    let format = "$context.requestId $context.status $context.error.responseType $context.integration.error";
    std::fs::write(&settings, format!("[[log_group]]\nname = \"/team/access\"\naccess_log_format = '{format}'\n"))
        .unwrap();
    let line = format!("{FIRST_ID} 504 INTEGRATION_TIMEOUT -");
    let folded_and_unfolded = format!("{}\n{line}\n\n{line}\n", time(0, 'T', "Z"));
    let timed = format!("{} {line}", time(0, 'T', "Z"));
    for text in [line.clone(), timed, format!("{}\t{line}", time_ms(0)), folded_and_unfolded] {
        let settings = settings.to_str().unwrap();
        let arguments = ["replay", "--json", "--settings", settings, "--log-group", "/team/access", "-"];
        let document: Value = serde_json::from_slice(&command(&arguments, text.as_bytes()).stdout).unwrap();
        let counted = &document["counts"][0];
        assert_eq!(
            (&counted["dimensions"]["Cause"], &counted["count"]),
            (&json!("integration_timeout"), &json!(1)),
            "{text}"
        );
    }
}

#[test]
fn a_line_in_a_body_is_no_log_event_where_each_has_its_time() {
    let id = "6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69";
    for printed in [
        "(TuVwX3GpYzAbCdE=) Execution failed due to a timeout error".to_owned(),
        format!("REPORT RequestId: {FIRST_ID}\tDuration: 3000.00 ms\tStatus: timeout"),
    ] {
        let log = [
            format!("({id}) Starting execution for request: {id}"),
            format!("({id}) Method request body before transformations: {{\"note\": \"x\n{printed}\n\"}}"),
            format!("({id}) Method completed with status: 200"),
        ];
        for stream in ["", "7f6e5d4c3b2a19087f6e5d4c3b2a1908 "] {
            let lines = log.iter().enumerate().map(|(n, line)| format!("{} {stream}{line}\n", time(n, 'T', "Z")));
            let text: String = lines.collect();
            assert_eq!(shown(&text, GROUP), (counts(&[]), Some(0)), "{text}");
            let done = command(&["replay", "--json", "-"], text.as_bytes());
            let document: Value = serde_json::from_slice(&done.stdout).unwrap();
            assert_eq!(document["counts"], json!([]), "{text}");
        }
    }
}

#[test]
fn a_failure_of_the_gateway_without_its_end_is_no_cause() {
    let id = "6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69";
    let log = |failure: &str| format!("({id}) {failure}\n({id}) Method completed with status: 500\n");
    let whole = "Execution failed due to configuration error: Invalid permissions on Lambda function";
    for failure in [
        whole[..55].to_owned(),
        whole[..70].to_owned(),
        whole[..52].to_owned() + ">",
        whole[..60].to_owned() + "\u{2026}",
    ] {
        let (error, status) = refusal(&log(&failure), GROUP);
        assert!(error.contains("without the end") && status == Some(2), "{error}\n{failure}");
    }
    assert_eq!(refusal(&log("Execution failed due to configuration error: Inventory is empty"), GROUP).0, "");
}

#[test]
fn the_end_of_a_process_and_its_report_are_read_together_wherever_a_part_ends() {
    let log = [
        format!("START RequestId: {FIRST_ID} Version: $LATEST"),
        format!("RequestId: {FIRST_ID} Error: Runtime exited with error: signal: killed\nRuntime.ExitError"),
        format!("END RequestId: {FIRST_ID}"),
        format!(
            "REPORT RequestId: {FIRST_ID}\tDuration: 900.00 ms\tBilled Duration: 900 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t"
        ),
    ];
    for before in 19_996..20_000 {
        let lines = std::iter::repeat_n("hello", before).chain(log.iter().map(String::as_str));
        let events: Vec<Value> = lines.enumerate().map(|(n, line)| event(n, line)).collect();
        let text = json!({ "events": events }).to_string();
        let expected = counts(&[("FunctionErrors/lambda_out_of_memory", 1)]);
        assert_eq!(shown(&text, FUNCTION), (expected, Some(0)), "{before}");
    }
}

#[test]
fn a_screen_that_cut_the_lines_is_no_all_clear_and_its_border_is_no_part_of_them() {
    let log = execution_log();
    for (width, sign) in [(60, ">"), (80, ">"), (64, "..."), (72, "\u{2026}")] {
        let cut = |line: &String| match line.len() > width {
            true => line[..width].to_owned() + sign + "\n",
            false => line.clone() + "\n",
        };
        let text: String = log.iter().map(cut).collect();
        let (error, status) = refusal(&text, GROUP);
        assert!(error.contains("without the end") && status == Some(2), "{error}\n{text}");
    }
    for log in bare_access_logs() {
        let padded: String = log.iter().map(|line| format!("{line:<250}\u{2502}\n")).collect();
        let doubled: String = log.iter().map(|line| format!("\"{}\",\n", line.replace('"', "\"\""))).collect();
        let failed = counts(&[("AccessLogErrors/reason_not_logged", 1)]);
        for text in [padded, doubled, log.join("\n")] {
            assert_eq!(shown(&text, "/team/access"), (failed.clone(), Some(0)), "{text}");
        }
    }
    let page = format!("<p>{}<br/>\n</p>\n", log.join("<br/>\n"));
    assert_eq!(shown(&page, GROUP).0, execution_counts(), "{page}");
}

#[test]
fn no_failure_is_not_said_where_most_was_not_understood() {
    let healthy = access_log()[0].clone() + "\n";
    for (others, is_said) in [(1, true), (2, true), (3, false), (40, false)] {
        let text = healthy.repeat(2) + &"a line of some other program\n".repeat(others);
        let done = command(&["replay", "--log-group", "/team/access", "-"], text.as_bytes());
        let said = String::from_utf8(done.stdout).unwrap();
        let first = said.lines().next().unwrap_or_default();
        assert_eq!((first.contains("no failure"), done.status.code()), (is_said, Some(0)), "{first}");
        assert!(is_said || first.contains(&format!("and {others} were not")), "{first}");
    }
}

#[test]
fn what_a_healthy_function_prints_is_no_failure_and_nothing_that_is_cut() {
    let id = FIRST_ID;
    let [start, end, report] = [
        format!("START RequestId: {id} Version: $LATEST"),
        format!("END RequestId: {id}"),
        format!(
            "REPORT RequestId: {id}\tDuration: 3.40 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\t"
        ),
    ];
    let traceback = "Traceback (most recent call last):\n  File \"/var/task/app.py\", line 7, in handler\n    return event['a']\nKeyError: 'a'";
    for printed in [
        format!("RequestId: {id}"),
        "RequestId: 4e7d2c1b-0a9f".to_owned(),
        format!("[ERROR] KeyError: 'a'\n[WARNING]\t2026-03-04T05:06:07.000Z\t{id}\tagain\n{traceback}"),
        "2026/03/04 05:06:07 {\"a\": [1, 2".to_owned(),
        "2026/03/04 05:06:07 {\"errorMessage\":\"once more\",\"attempt\":1}".to_owned(),
        "2026/03/04 05:06:07 {\"level\":\"info\",\"msg\":\"abc...".to_owned(),
        "{\"status\":\"Running\",\"results\":[]}".to_owned(),
        "{\n  \"results\": [\n    {\"a\": 1}\n  ],\n  \"nextToken\": \"x\"\n}".to_owned(),
    ] {
        let text = format!("{start}\n{printed}\n{end}\n{report}\n");
        assert_eq!(shown(&text, FUNCTION), (counts(&[]), Some(0)), "{text}");
    }
    // A time alone heads no lines of the platform.
    let failed = format!("[ERROR] KeyError: 'a'\n{traceback}");
    for clock in [
        "1772600767000",
        "2026-03-04T05:06:07.000Z",
        "2026-03-04T09:00:00Z a later one",
        "1772600000000 b\n[2026-03-04T09:00:00Z] c",
    ] {
        let text = format!("{start}\n{clock}\nhello\n{failed}\n{end}\n{report}\n");
        assert_eq!(shown(&text, FUNCTION), (unhandled(), Some(0)), "{text}");
    }
    // Nor does the clock of what is printed put log events in another order.
    let log = function_log();
    let clocks = format!(
        "{}\n2026-03-04T09:00:00Z a\n{}\n2026-03-04T08:00:00Z b\n{}\n",
        log[0],
        log[3..6].join("\n"),
        log[6..].join("\n")
    );
    assert_eq!(shown(&clocks, FUNCTION), (function_counts(), Some(0)), "{clocks}");
    let cut = "{\"timestamp\":\"2026-03-04T05:06:07Z\",\"level\":\"INFO\",\"message\":\"ab...";
    let lines = [&start, cut, &end, &report];
    let tail: String =
        lines.iter().enumerate().map(|(n, line)| format!("{} {STREAM} {line}\n", time(n, 'T', "Z"))).collect();
    assert_eq!(shown(&tail, FUNCTION), (counts(&[]), Some(0)), "{tail}");
    // A client's quote leaves a bracket open.
    let quote = access_log()[0].replace("/a,b", "/a{\"") + "\n";
    assert_eq!(shown(&quote, "/team/access"), (counts(&[]), Some(0)), "{quote}");
}

#[test]
fn strings_of_log_events_are_log_events() {
    for (log, group, expected) in [
        (execution_log(), GROUP, execution_counts()),
        (access_log(), "/team/access", counts(&[("AccessLogErrors/lambda_permission", 2)])),
    ] {
        let strings: Vec<String> = (log.iter().enumerate()).map(|(n, line)| event(n, line).to_string()).collect();
        let lines: String = strings.iter().map(|line| json!(line).to_string() + "\n").collect();
        let pretty = serde_json::to_string_pretty(&strings).unwrap();
        for text in [json!(strings).to_string(), pretty, lines] {
            assert_eq!(shown(&text, group), (expected.clone(), Some(0)), "{text}");
        }
    }
    // A message of a program that only looks like one.
    let printed = json!({"timestamp": FIRST_MS, "message": execution_log()[3]}).to_string();
    assert_eq!(shown(&json!([printed, execution_log()[7]]).to_string(), GROUP).0, BTreeMap::new());
}

#[test]
fn a_sign_behind_each_line_is_no_part_of_it() {
    let failed = counts(&[("AccessLogErrors/reason_not_logged", 1)]);
    for log in bare_access_logs() {
        for sign in [" \\", ",", ";", "<br>", "$"] {
            for text in [
                log.join(&format!("{sign}\n")) + sign + "\n",
                log.join(&format!("{sign}\n")) + "\n",
                log[1].clone() + sign,
            ] {
                assert_eq!(shown(&text, "/team/access"), (failed.clone(), Some(0)), "{text}");
            }
        }
    }
}

/// An execution log as an export and a log tail have it.
fn timed_execution_logs() -> [Vec<String>; 2] {
    let with = |prefix: &dyn Fn(usize) -> String| {
        execution_log().iter().enumerate().map(|(n, line)| format!("{} {line}", prefix(n))).collect()
    };
    [with(&|n| time(n, 'T', "Z")), with(&|n| format!("{} 4de0ce218a16bcaf9682818f78861054", time(n, 'T', "+00:00")))]
}

#[test]
fn a_timed_line_behind_blanks_is_a_log_event() {
    for log in timed_execution_logs() {
        for text in [
            log.join("\n    ") + "\n",
            log.join("\n\t") + "\n",
            log.join("\n\r") + "\n",
            log.join("\n\u{c}") + "\n",
            log.iter().map(|line| format!(">   {line}\n")).collect(),
            log.iter().enumerate().map(|(n, line)| format!("{}: {line}\n", n + 1)).collect(),
            log.iter().enumerate().map(|(n, line)| format!("{}{line}\n", &"  "[n % 3..])).collect(),
            log.iter().enumerate().map(|(n, line)| format!("{}{line}\n", &"  "[2 - n % 3..])).collect(),
            format!("The log:\n    {}\n", log.join("\n    ")),
        ] {
            assert_eq!(shown(&text, GROUP), (execution_counts(), Some(0)), "{text}");
        }
    }
    // What a function prints has its lines, whatever they look like; where that cannot be known, it is said.
    let tail = |message: &str| {
        format!("2026-03-04T05:06:07.000000+00:00 2026/03/04/[$LATEST]0f1e2d3c4b5a69788796a5b4c3d2e1f0 {message}")
    };
    let mut log: Vec<String> = vec![
        tail(&format!("START RequestId: {FIRST_ID} Version: 7")),
        tail(&format!("2026-03-04T05:06:07.000Z\t{FIRST_ID}\tINFO\tthe log of the other one:")),
        format!("  2026-03-04T05:06:07.000Z START RequestId: {NEXT_ID} Version: 7"),
        format!("  2026-03-04T05:06:08.000Z 2026-03-04T05:06:08.000Z {NEXT_ID} Task timed out after 3.00 seconds"),
        tail(&format!("END RequestId: {FIRST_ID}")),
    ];
    assert_eq!(shown(&(log.join("\n") + "\n"), FUNCTION), (BTreeMap::new(), Some(2)));
    log.drain(2..4);
    assert_eq!(shown(&(log.join("\n") + "\n"), FUNCTION), (BTreeMap::new(), Some(0)));
}

#[test]
fn marks_before_marks_and_signs_behind_signs_are_taken_off() {
    type Around = fn(usize, &str) -> String;
    const BEFORE: [Around; 8] = [
        |_, line| format!("> {line}"),
        |_, line| format!("* {line}"),
        |n, line| format!("{n}:{line}"),
        |n, line| format!("{n:>6}\t{line}"),
        |_, line| format!("logs/f.log:{line}"),
        |_, line| format!("api-1  | {line}"),
        |_, line| format!("\u{1b}[32m{line}\u{1b}[0m"),
        |_, line| format!("    {line}"),
    ];
    const BEHIND: [&str; 5] = [",", ";", "$", "<br>", ",<br>"];
    let logs = [
        (timed_execution_logs()[0].clone(), GROUP, execution_counts()),
        (function_log(), FUNCTION, function_counts()),
        (printed_error().lines().map(str::to_owned).collect(), FUNCTION, unhandled()),
        (bare_access_logs()[0].clone(), "/team/access", counts(&[("AccessLogErrors/reason_not_logged", 1)])),
    ];
    let each = |log: &[String], around: &dyn Fn(usize, &str) -> String| -> String {
        log.iter().enumerate().map(|(n, line)| around(n + 1, line) + "\n").collect()
    };
    for (log, group, expected) in logs {
        for (at, outer) in BEFORE.iter().enumerate() {
            // A line of an access log without braces may end in any sign: two of them are reported.
            for end in &BEHIND[..if group == "/team/access" { 4 } else { 5 }] {
                let text = each(&log, &|n, line| outer(n, &format!("{line}{end}")));
                assert_eq!(shown(&text, group), (expected.clone(), Some(0)), "{text}");
            }
            for (_, inner) in BEFORE.iter().enumerate().filter(|(inner, _)| *inner != at) {
                let text = each(&log, &|n, line| outer(n, &inner(n, line)));
                assert_eq!(shown(&text, group), (expected.clone(), Some(0)), "{text}");
            }
        }
        let text = format!("```\n{}```\n", each(&log, &|n, line| format!("{n}:{line}")));
        assert_eq!(shown(&text, group), (expected, Some(0)), "{text}");
    }
}

#[test]
fn the_lines_that_a_function_prints_belong_to_its_event() {
    const OWN_STREAM: &str = "2026/03/04/[$LATEST]0f1e2d3c4b5a69788796a5b4c3d2e1f0";
    for printed in [
        "[ERROR] KeyError: 'x'".to_owned(),
        format!(
            "REPORT RequestId: {NEXT_ID}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 60 MB\tStatus: timeout"
        ),
        format!("2026-03-04T05:06:07.000Z {FIRST_ID} Task timed out after 3.00 seconds"),
    ] {
        let messages = [
            format!("START RequestId: {FIRST_ID} Version: 7"),
            format!("2026-03-04T05:06:07.000Z\t{FIRST_ID}\tINFO\tthe answer:\n{printed}"),
            format!("END RequestId: {FIRST_ID}"),
            format!(
                "REPORT RequestId: {FIRST_ID}\tDuration: 3.40 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\t"
            ),
        ];
        let prefixes: [&dyn Fn(usize) -> String; 4] = [
            &|n| format!("{} {OWN_STREAM} ", time(n, 'T', "+00:00")),
            &|n| format!("{OWN_STREAM} {} ", time(n, 'T', "+00:00")),
            &|n| format!("{} ", time(n, 'T', "Z")),
            &|n| format!("{}\t", time_ms(n)),
        ];
        for prefix in prefixes {
            let text: String = messages.iter().enumerate().map(|(n, m)| format!("{}{m}\n", prefix(n))).collect();
            assert_eq!(shown(&text, FUNCTION), (BTreeMap::new(), Some(0)), "{text}");
        }
    }
}

#[test]
fn words_behind_a_line_of_an_access_log_name_no_cause() {
    let failed = counts(&[("AccessLogErrors/reason_not_logged", 1)]);
    for log in bare_access_logs().iter().filter(|log| !log[0].starts_with('<')) {
        for words in [
            "BrokenPipeError: [Errno 32] Broken pipe",
            "\nAnn  10:04\nthe endpoint request timed out, I think",
            "maybe Rate Exceeded?",
            "[...]",
        ] {
            let timed = |n: usize| format!("{} {STREAM} {}\n", time(n, 'T', "+00:00"), log[n]);
            let text = format!("{}{words}\n{}", timed(1), timed(0));
            let (document, status) = whole_document(text.as_bytes(), "/team/access");
            let found = counts_of(&document);
            assert_eq!((found, status), (failed.clone(), Some(0)), "{text}");
            assert_ne!(document["not_understood"], json!([]), "{text}");
        }
    }
}

#[test]
fn lines_of_lambda_that_a_terminal_broke_or_cut_are_whole_or_reported() {
    let timed_out = counts(&[("FunctionErrors/lambda_timeout", 1)]);
    let log = [0, 2, 3, 4].map(|at| function_log()[at].replace("\tStatus: timeout", ""));
    let events: Vec<Value> = log.iter().enumerate().map(|(n, line)| event(n, &format!("{line}\n"))).collect();
    let cut = |text: &str, width: usize| -> String {
        let broken = |line: &str| {
            let pieces: Vec<&str> = line.as_bytes().chunks(width).map(|piece| str::from_utf8(piece).unwrap()).collect();
            pieces.join("\n")
        };
        text.split('\n').map(broken).collect::<Vec<_>>().join("\n")
    };
    let row = |n: usize| {
        format!(
            "EVENTS\t{}\t{}\t2026/03/04/[$LATEST]0f1e2d3c4b5a69788796a5b4c3d2e1f0\t{}\n\t{}\n",
            id(n),
            time_ms(n),
            log[n],
            time_ms(n)
        )
    };
    let rows: String = (0..log.len()).map(row).collect();
    let csv: String = (0..log.len()).map(|n| format!("{},\"{}\n\"\n", time_ms(n), log[n])).collect();
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    let table = format!("timestamp,message\n{csv}");
    for text in [cut(&rows, 80), cut(&rows, 100), cut(&table, 80), cut(&lines, 100), cut(&lines, 120)] {
        assert_eq!(shown(&text, FUNCTION), (timed_out.clone(), Some(0)), "{text}");
    }
    let short = |end: &str| -> String {
        (0..log.len()).map(|n| format!("{} {}{end}\n", time(n, 'T', "Z"), &log[n][..50])).collect()
    };
    let table: String =
        short("\u{2026}").lines().map(|line| format!("| {} |\n", line.replacen(' ', " | ", 1))).collect();
    let blanked = |sign: &str| log.join("\n").replace(FIRST_ID, sign);
    let breaks_off = format!("timestamp,message\n{}", &csv[..csv.find(" timed out").unwrap()]);
    for text in [short(">"), table, blanked("***"), blanked("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"), breaks_off] {
        let (error, status) = refusal(&text, FUNCTION);
        assert!(error.contains("not the whole log") && status == Some(2), "{error}\n{text}");
    }
}

#[test]
fn an_error_whose_lines_are_records_is_never_lost_in_silence() {
    let python = printed_error();
    let java = python.replace(
        "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n",
        "no order: shop.OrderError\nshop.OrderError: no order\n",
    );
    let ruby = log_with(&errors_of_runtimes()[3].0).concat();
    for error in [python, java, ruby] {
        let lines: Vec<&str> = error.lines().collect();
        let docker = |(n, line): (usize, &&str)| {
            json!({"log": format!("{line}\n"), "stream": "stdout", "time": time(n, 'T', "Z")}).to_string() + "\n"
        };
        for text in [
            lines.iter().enumerate().map(|(n, line)| format!("{} {line}\n", time(n, 'T', "Z"))).collect(),
            lines.iter().enumerate().map(docker).collect(),
            json!(lines).to_string(),
        ] {
            let (found, status) = shown(&text, FUNCTION);
            assert!(status == Some(2) || found == unhandled(), "{found:?} {text}");
        }
    }
    // Ruby's two lines, behind the time of an export.
    let sentence =
        "Error raised from handler method\n{\"errorMessage\": \"no order\", \"errorType\": \"Function<KeyError>\"}";
    let ruby = [function_log()[0].clone(), sentence.to_owned(), function_log()[3].clone()];
    let text: String = ruby.iter().enumerate().map(|(n, m)| format!("{} {m}\n", time(n, 'T', "Z"))).collect();
    assert_eq!(shown(&text, FUNCTION), (unhandled(), Some(0)), "{text}");
}

/// An error of each runtime, and what it counts.
fn errors_of_runtimes() -> Vec<(String, &'static str)> {
    let object = |open: &str, more: &str| format!("{{{open}\"errorMessage\":\"no stock\",\"errorType\":\"{more}\"}}");
    vec![
        (
            "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n  File \"/var/task/shop.py\", line 7, in get\n    return stock['order']\n".into(),
            "lambda_unhandled_error",
        ),
        (
            "no stock: shop.StockError\nshop.StockError: no stock\n\tat shop.Orders.get(Orders.java:17)\nCaused by: java.io.IOException: closed\n\t... 3 more\n\n".into(),
            "lambda_unhandled_error",
        ),
        (
            "Java heap space: java.lang.OutOfMemoryError\njava.lang.OutOfMemoryError: Java heap space\n\tat shop.Orders.get(Orders.java:17)\n\n".into(),
            "lambda_out_of_memory",
        ),
        (
            format!("Error raised from handler method\n{}\n", object("", "Function<RuntimeError>")),
            "lambda_unhandled_error",
        ),
        (
            format!("2026-03-04T05:06:08.000Z\t{FIRST_ID}\tERROR\tInvoke Error \t{}\n", object("", "StockError")),
            "lambda_unhandled_error",
        ),
        (format!("2026/03/04 05:06:08 {}\n", object("", "errorString")), "lambda_unhandled_error"),
        (
            format!("2026-03-04T05:06:08.000Z\t{FIRST_ID}\tfail\tSystem.InvalidOperationException: no stock\n   at Shop.Orders.Get(Order order) in /src/Orders.cs:line 17\n   at lambda_method1(Closure, Stream, ILambdaContext, Stream)\n   at Amazon.Lambda.RuntimeSupport.Bootstrap.UserCodeLoader.Invoke(Stream lambdaData, ILambdaContext lambdaContext, Stream outStream)\n"),
            "lambda_unhandled_error",
        ),
        (
            "Error raised from handler method\n{\n  \"errorMessage\": \"no stock\",\n  \"errorType\": \"Function<KeyError>\",\n  \"stackTrace\": [\n    \"/var/task/shop.rb:7:in `fetch'\"\n  ]\n}\n".into(),
            "lambda_unhandled_error",
        ),
    ]
}

/// A failed invocation and one that went well, each message as Lambda writes it.
fn log_with(error: &str) -> Vec<String> {
    let report = |id: &str| {
        format!(
            "REPORT RequestId: {id}\tDuration: 3.40 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t\n"
        )
    };
    vec![
        format!("START RequestId: {FIRST_ID} Version: 7\n"),
        error.to_owned(),
        format!("END RequestId: {FIRST_ID}\n"),
        report(FIRST_ID),
        format!("START RequestId: {NEXT_ID} Version: 7\n"),
        format!("END RequestId: {NEXT_ID}\n"),
        report(NEXT_ID),
    ]
}

#[test]
fn an_error_of_each_runtime_counts_in_forms_that_write_line_breaks_otherwise() {
    let all = |log: &[String], one: &dyn Fn(usize, &str) -> String| -> String {
        log.iter().enumerate().map(|(n, message)| one(n, message)).collect()
    };
    for (error, cause) in errors_of_runtimes() {
        let log = log_with(&error);
        let of_mysql = |message: &str| message.replace('\\', "\\\\").replace('\n', "\\n").replace('\t', "\\t");
        let of_markdown = |message: &str| message.trim_end().replace('\n', "<br>").replace('|', "\\|");
        let folded = |message: &str| message.lines().next().unwrap().to_owned();
        let texts = [
            // `--query 'events[].message' --output text`, one page and two.
            log.join("\t") + "\n",
            log[..4].join("\t") + "\n" + &log[4..].join("\t") + "\n",
            // Insights, copied as Markdown; an issue.
            "| @timestamp | @message |\n| --- | --- |\n".to_owned()
                + &all(&log, &|n, m| format!("| {} | {} |\n", time(n, ' ', ""), of_markdown(m))),
            // The console, each log event folded and then unfolded.
            all(&log, &|n, m| format!("{}\n{}\n\n{m}\n", time(n, 'T', "Z"), folded(m))),
            // `mysql -B`.
            "logged_at\tmessage\n".to_owned() + &all(&log, &|n, m| format!("{}\t{}\n", time(n, ' ', ""), of_mysql(m))),
        ];
        for text in texts {
            let expected = counts(&[(&format!("FunctionErrors/{cause}"), 1)]);
            assert_eq!(shown(&text, FUNCTION), (expected, Some(0)), "{text}");
        }
    }
}

#[test]
fn an_error_that_is_newest_first_line_by_line_is_reported() {
    for (error, _) in errors_of_runtimes().into_iter().filter(|(error, _)| error.trim_end().contains('\n')) {
        for head in ["", "2026-03-04T05:06:07.001000+00:00 2026/03/04/[$LATEST]0f1e2d3c4b5a69788796a5b4c3d2e1f0 "] {
            let log: String = log_with(&error).iter().map(|message| format!("{head}{message}")).collect();
            let text: String = log.lines().rev().map(|line| format!("{line}\n")).collect();
            let (found, status) = shown(&text, FUNCTION);
            assert_eq!(status, Some(2), "{found:?}\n{text}");
        }
    }
}

#[test]
fn rows_of_the_aws_cli_below_a_log_event_are_what_a_function_printed() {
    let printed = "the other log:\nEVENTS\t17\t1772600767000\tb\tSTART RequestId: 1 Version: 1\t1772600767001\n";
    let log = [&log_with(printed)[..], &[function_log()[2].replace(FIRST_ID, NEXT_ID)]].concat();
    let log = [&log[..5], &log[7..], &log[5..7]].concat();
    for form in [
        |n: usize, m: &str| format!("{} {m}", time(n, 'T', "Z")),
        |n: usize, m: &str| format!("{}\n{m}\n", time(n, 'T', "Z")),
        |n: usize, m: &str| format!("{}\t{m}", time_ms(n)),
        |_: usize, m: &str| m.to_owned(),
    ] {
        let text: String = log.iter().enumerate().map(|(n, m)| form(n, &format!("{}\n", m.trim_end()))).collect();
        assert_eq!(shown(&text, FUNCTION), (counts(&[("FunctionErrors/lambda_timeout", 1)]), Some(0)), "{text}");
    }
}

/// The same as a log tail has it.
fn tailed(log: &[String]) -> String {
    let line = |(n, message): (usize, &String)| {
        let time = time(n, 'T', "000+00:00");
        format!("{time} 2026/03/04/[$LATEST]0f1e2d3c4b5a69788796a5b4c3d2e1f0 {}\n", message.trim_end())
    };
    log.iter().enumerate().map(line).collect()
}

#[test]
fn a_message_of_lambda_in_a_list_of_messages_has_its_lines() {
    let exited = format!("RequestId: {FIRST_ID} Error: Runtime exited with error: exit status 2\nRuntime.ExitError\n");
    let panicked = "panic: no stock [recovered]\n\tpanic: no stock\n\ngoroutine 1 [running]:\nmain.get(...)\n\t/src/main.go:12 +0x1d\nexit status 2\n";
    let mut rows = errors_of_runtimes();
    rows.push((exited.clone(), "lambda_runtime_exit"));
    for (error, cause) in rows {
        let expected = (counts(&[(&format!("FunctionErrors/{cause}"), 1)]), Some(0));
        let log = log_with(&error);
        assert_eq!(shown(&serde_json::to_string_pretty(&log).unwrap(), FUNCTION), expected, "{error}");
        let lines: String = log.iter().map(|message| json!(message).to_string() + "\n").collect();
        assert_eq!(shown(&lines, FUNCTION), expected, "{error}");
    }
    let mut log = log_with(&errors_of_runtimes()[5].0);
    log.splice(2..2, [panicked.to_owned(), exited]);
    for text in [json!(log).to_string(), log.join("\t") + "\n"] {
        let (found, status) = shown(&text, FUNCTION);
        assert_eq!((found.len(), status), (1, Some(0)), "{found:?}\n{text}");
    }
}

#[test]
fn a_line_of_lambda_that_a_screen_cut_is_reported() {
    let of_json = |kind: &str, more: &str| {
        format!(
            "{{\"time\":\"2026-03-04T05:06:07.000Z\",\"type\":\"platform.{kind}\",\"record\":{{\"requestId\":\"{FIRST_ID}\"{more}}}}}\n"
        )
    };
    let exited = format!("RequestId: {FIRST_ID} Error: Runtime exited with error: signal: killed\n");
    let process = format!("RequestId: {FIRST_ID} Process exited before completing request\n");
    let errors = errors_of_runtimes().into_iter().map(|(error, _)| error).filter(|error| error.contains('{'));
    let cut = |line: &str, width: usize, sign: &str| -> String {
        if line.len() > width { format!("{}{sign}\n", &line[..width]) } else { format!("{line}\n") }
    };
    let json =
        vec![of_json("start", ""), of_json("report", ",\"status\":\"timeout\",\"metrics\":{\"durationMs\":3000.0}")];
    for log in errors.chain([exited, process]).map(|error| vec![error]).chain([json]) {
        let text = tailed(&log);
        let widest = text.lines().map(str::len).max().unwrap();
        for sign in ["", ">", "\u{2026}"] {
            for width in [widest - 5, widest - 12] {
                let text: String = text.lines().map(|line| cut(line, width, sign)).collect();
                assert_eq!(shown(&text, FUNCTION).1, Some(2), "{text}");
            }
        }
    }
    // Signs and words that a function prints.
    for printed in [
        format!("2026-03-04T05:06:08.000Z\t{FIRST_ID}\tERROR\t"),
        format!("2026-03-04T05:06:08.000Z\t{FIRST_ID}\tERROR\tInvoke Error {{ a: 'say \"hi' }}"),
        format!("2026-03-04T05:06:08.000Z\t{FIRST_ID}\tERROR\tInvalid {{\"a\": >"),
        "2026/03/04 05:06:08 {\"errors\":0}".to_owned(),
    ] {
        let text = tailed(&log_with(&printed));
        assert_eq!(shown(&text, FUNCTION), (BTreeMap::new(), Some(0)), "{text}");
    }
}

#[test]
fn an_error_whose_signs_are_escaped_alone_counts() {
    for (error, cause) in errors_of_runtimes().into_iter().skip(4) {
        let error = error.replace("no stock", "no \\\"stock\\\"");
        let text = log_with(&error.replace('"', "\\\"")).concat();
        let expected = counts(&[(&format!("FunctionErrors/{cause}"), 1)]);
        assert_eq!(shown(&text, FUNCTION), (expected, Some(0)), "{text}");
    }
    // As editors of Markdown write it.
    let markdown = |text: &str| {
        ['[', ']', '_', '*'].iter().fold(text.to_owned(), |text, sign| text.replace(*sign, &format!("\\{sign}")))
    };
    let text = markdown(&log_with(&errors_of_runtimes()[0].0).concat());
    assert_eq!(shown(&text, FUNCTION), (unhandled(), Some(0)), "{text}");
    let line = json!({"requestId": "Qw=", "routeKey": "GET /a", "status": "503", "errorResponseType": "INTEGRATION_NETWORK_FAILURE"});
    let expected = (counts(&[("AccessLogErrors/backend_connection_failed", 1)]), Some(0));
    assert_eq!(shown(&markdown(&line.to_string()), "/shop/access"), expected);
}

#[test]
fn a_log_without_streams_that_goes_on_in_json_counts_both() {
    let object = |kind: &str, id: &str, more: &str| {
        format!(
            "{{\"time\":\"2026-03-04T05:06:09.000Z\",\"type\":\"platform.{kind}\",\"record\":{{\"requestId\":\"{id}\"{more}}}}}\n"
        )
    };
    let other = "3d6c1b0a-9f8e-4d7c-a6b5-94e3d2c1b0a9";
    let failed = ",\"metrics\":{\"durationMs\":3000.0,\"billedDurationMs\":3000,\"memorySizeMB\":128,\"maxMemoryUsedMB\":70},\"status\":\"timeout\"";
    let of_json = [object("start", other, ""), object("report", other, failed)];
    type Around = dyn Fn(&[String]) -> String;
    let forms: [&Around; 4] = [
        &|log| log.concat(),
        &|log| json!(log).to_string(),
        &|log| {
            let row = |(n, message): (usize, &String)| format!("{},{}\n", time_ms(n), quoted(message));
            "timestamp,message\n".to_owned() + &log.iter().enumerate().map(row).collect::<String>()
        },
        &|log| log.iter().enumerate().map(|(n, message)| format!("{} {message}", time(n, 'T', "Z"))).collect(),
    ];
    let text = log_with("hello\n");
    for form in forms {
        let timed_out = (counts(&[("FunctionErrors/lambda_timeout", 1)]), Some(0));
        for log in [[&text[..], &of_json].concat(), [&text[..4], &of_json, &text[4..]].concat()] {
            assert_eq!(shown(&form(&log), FUNCTION), timed_out, "{}", form(&log));
        }
        // What an extension prints of the invocation, and what may be of another one.
        let own = [object("start", FIRST_ID, ""), object("report", FIRST_ID, failed)];
        for log in [[&text[..2], &own, &text[2..]].concat(), [&text[..4], &own, &text[4..]].concat()] {
            assert_eq!(shown(&form(&log), FUNCTION), (BTreeMap::new(), Some(0)), "{}", form(&log));
        }
        let doubtful = [&text[..2], &of_json, &text[2..]].concat();
        assert_eq!(shown(&form(&doubtful), FUNCTION), (BTreeMap::new(), Some(2)), "{}", form(&doubtful));
    }
}

#[test]
fn an_error_behind_what_is_not_read_is_reported_and_a_handled_one_is_not() {
    let errors = errors_of_runtimes();
    for (error, _) in [&errors[1], &errors[3], &errors[5]] {
        for before in ["05:06:07.123 ", "~ "] {
            let log = log_with(&format!("{before}{error}"));
            for text in [tailed(&log), log.concat()] {
                let (found, status) = shown(&text, FUNCTION);
                assert!(status == Some(2) || found == unhandled(), "{found:?}\n{text}");
            }
        }
    }
    // The border of a terminal.
    let text: String = log_with(&errors[1].0).concat().lines().map(|line| format!("{line:<90}\u{2502}\n")).collect();
    let (found, status) = shown(&text, FUNCTION);
    assert!(status == Some(2) || found == unhandled(), "{found:?}\n{text}");
    for handled in [
        format!("2026-03-04 05:06:07 {FIRST_ID} ERROR Orders - failed: no stock\nshop.StockError: no stock\n\tat shop.Orders.get(Orders.java:17)\n"),
        "tried again after shop.StockError: no stock\nshop.StockError: no stock\n\tat shop.Orders.get(Orders.java:17)\n".to_owned(),
        format!("[ERROR]\t2026-03-04T05:06:07.000Z\t{FIRST_ID}\tno stock\nTraceback (most recent call last):\n  File \"/var/task/shop.py\", line 7, in get\nKeyError: 'a'\n"),
        "answer: {\"errorMessage\":\"no stock\"}\n".to_owned(),
    ] {
        let log = log_with(&handled);
        for text in [tailed(&log), log.concat(), log.join("\t")] {
            assert_eq!(shown(&text, FUNCTION), (BTreeMap::new(), Some(0)), "{text}");
        }
    }
}

#[test]
fn an_error_of_python_or_go_that_was_broken_is_whole_again() {
    let denied = "[ERROR] ClientError: An error occurred (AccessDeniedException) when calling the GetItem operation: User: arn:aws:sts::111122223333:assumed-role/shop/shop is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/stock";
    let python =
        format!("{denied}\nTraceback (most recent call last):\n  File \"/var/task/shop.py\", line 7, in get\n");
    let go = "2026/03/04 05:06:08 {\"errorMessage\":\"get the stock of the shop: there is no such order in it\",\"errorType\":\"errorString\"}\n";
    for (error, cause) in [(python.as_str(), "lambda_dependency_denied"), (go, "lambda_unhandled_error")] {
        let text = log_with(error).concat().replace('\t', "  ");
        let expected = (counts(&[(&format!("FunctionErrors/{cause}"), 1)]), Some(0));
        for width in [80, 100, 120] {
            let piece = |line: &str| -> String {
                line.as_bytes().chunks(width).map(|piece| format!("{}\n", str::from_utf8(piece).unwrap())).collect()
            };
            let hard: String = text.lines().map(piece).collect();
            assert_eq!(shown(&hard, FUNCTION), expected, "{hard}");
            let soft = folded(&text, width, false);
            assert_eq!(shown(&soft, FUNCTION), expected, "{soft}");
        }
    }
    // A message of several lines, and a line that another function prints.
    let lines = python.replace("calling the", "calling\nthe");
    assert_eq!(
        shown(&log_with(&lines).concat(), FUNCTION),
        (counts(&[("FunctionErrors/lambda_dependency_denied", 1)]), Some(0))
    );
    let java = format!("[ERROR] shop.StockError: tried again\nhello\n{}", errors_of_runtimes()[1].0);
    assert_eq!(shown(&log_with(&java).concat(), FUNCTION), (unhandled(), Some(0)));
}

/// Errors of Python and Java whose message has several lines, as libraries write them.
fn errors_of_several_lines() -> Vec<String> {
    let of_python = [
        (
            "ValidationError",
            "2 validation errors for Order\nid\n  Input should be a valid integer [type=int_parsing]\nlines.0.sku\n  Field required [type=missing]",
        ),
        (
            "IntegrityError",
            "(psycopg2.errors.NotNullViolation) null value in column \"sku\"\nDETAIL:  Failing row contains (7, null).\n\n[SQL: INSERT INTO lines (id) VALUES (%(id)s)]\n[parameters: {'id': 7}]\n(Background on this error at: https://docs.example/e)",
        ),
        (
            "ValidationError",
            "'7' is not of type 'integer'\n\nFailed validating 'type' in schema['properties']['id']:\n    {'type': 'integer'}\n\nOn instance['id']:\n    '7'",
        ),
        (
            "ScannerError",
            "mapping values are not allowed here\n  in \"<unicode string>\", line 1, column 7:\n    a: b: c\n      ^",
        ),
    ];
    let of_java = [
        (
            "com.fasterxml.jackson.databind.exc.MismatchedInputException",
            "Cannot deserialize value of type `int` from String \"x\"\n at [Source: (String)\"{\"id\":\"x\"}\"; line: 1, column: 7]",
        ),
        (
            "org.postgresql.util.PSQLException",
            "ERROR: duplicate key value violates unique constraint \"orders_pkey\"\n  Detail: Key (id)=(7) already exists.",
        ),
        ("com.acme.OrderException", "The order has 2 faults:\n - no line\n - no address"),
        ("java.lang.IllegalStateException", "first line\nsecond line"),
    ];
    let frames = "\tat com.acme.Orders.handleRequest(Orders.java:21)\n\tat java.base/jdk.internal.reflect.DirectMethodHandleAccessor.invoke(Unknown Source)\n";
    let python = of_python.map(|(name, message)| {
        format!("[ERROR] {name}: {message}\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 7, in handler\n    check(event)\n")
    });
    let java = of_java.map(|(name, message)| format!("{message}: {name}\n{name}: {message}\n{frames}"));
    python.into_iter().chain(java).collect()
}

#[test]
fn an_error_whose_message_has_several_lines_counts_in_every_form() {
    for error in errors_of_several_lines() {
        let log = log_with(&error);
        let behind = |head: &dyn Fn(usize) -> String| -> String {
            log.iter().enumerate().map(|(n, message)| format!("{}{}\n", head(n), message.trim_end())).collect()
        };
        let plain = log.concat();
        let numbered = |text: &str, form: &dyn Fn(usize, &str) -> String| -> String {
            text.lines().enumerate().map(|(n, line)| form(n + 1, line) + "\n").collect()
        };
        for text in [
            plain.clone(),
            format!("2026-03-04 05:06:06 [main] INFO a.b.Orders - order 7\n{plain}"),
            behind(&|n| format!("{} 2026/03/04/[$LATEST]00112233445566778899aabbccddeeff ", time(n, 'T', "+00:00"))),
            behind(&|n| format!("{} ", time(n, 'T', "Z"))),
            behind(&|n| format!("{}\t", time_ms(n))),
            numbered(&plain, &|n, line| format!("{n} {line}")),
            numbered(&plain, &|n, line| format!("{n:7} {line}")),
            numbered(&plain, &|n, line| format!("{n:6}\t{line}")),
            numbered(&plain, &|n, line| format!("{n}:{line}")),
        ] {
            assert_eq!(shown(&text, FUNCTION), (unhandled(), Some(0)), "{text}");
        }
    }
}

#[test]
fn an_exception_of_several_lines_that_a_function_handled_is_no_failure() {
    for printed in [
        "retry: com.acme.OrderException\n",
        "com.acme.OrderException: The order has 2 faults:\n - no line\n - no address\n\tat com.acme.Orders.check(Orders.java:7)\n",
        "first line\nsecond line: java.lang.IllegalStateException\nagain\njava.lang.IllegalStateException: first line\n\tat a.B.c(B.java:1)\n",
        "Traceback (most recent call last):\n  File \"/var/task/app.py\", line 7, in pay\nOrderError: 2 faults\n  no line\nrecovered\n",
        "{\n  \"status\": 502\n}\nnull\n1 2\n2 3\n",
    ] {
        let text = log_with(printed).concat();
        assert_eq!(shown(&text, FUNCTION), (BTreeMap::new(), Some(0)), "{text}");
    }
}

#[test]
fn columns_before_every_line_of_an_execution_log_hide_no_failure() {
    for column in
        ["05:06:07.123", "[05:06:07]", "1772600767.123", "/aws/orders", "192.0.2.7", "2026-03-04 05:06:07.123 861054"]
    {
        let text: String = execution_log().iter().map(|line| format!("{column} {line}\n")).collect();
        let (found, status) = replay(text.as_bytes(), "");
        assert!(found == execution_counts() || status == Some(2), "{found:?} {status:?}\n{text}");
        let whole = execution_log()[..5].iter().map(|line| format!("{column} {line}\n")).collect::<String>();
        if column != "192.0.2.7" {
            assert_eq!(replay(whole.as_bytes(), ""), (counts(&[("Errors/lambda_permission", 1)]), Some(0)), "{whole}");
        }
        // Beside other lines, it may be an access log.
        let (found, status) = replay(format!("{column} curl/8.0 200\n{text}").as_bytes(), "");
        assert!(found == execution_counts() || status == Some(2), "{found:?} {status:?}\n{text}");
    }
}

#[test]
fn an_error_that_a_mail_broke_with_its_time_and_stream_counts() {
    let of_several_lines = errors_of_several_lines().into_iter().map(|error| (error, "lambda_unhandled_error"));
    for (error, cause) in errors_of_runtimes().into_iter().chain(of_several_lines) {
        let text = tailed(&log_with(&error)).replace('\t', "  ");
        for width in [72, 76, 78, 80] {
            // The time stands alone, since the stream has no room behind it.
            let broken = folded(&text, width, false);
            let expected = counts(&[(&format!("FunctionErrors/{cause}"), 1)]);
            assert_eq!(shown(&broken, FUNCTION), (expected, Some(0)), "{width}\n{broken}");
        }
    }
}

#[test]
fn an_error_whose_lines_lost_words_is_no_all_clear() {
    for (error, _) in errors_of_runtimes() {
        let error = error.replace("no stock", "no stock of it");
        let text = tailed(&log_with(&error));
        for words in [1, 2] {
            let cut: String =
                text.lines().map(|line| line.splitn(words + 1, ' ').last().unwrap().to_owned() + "\n").collect();
            let (found, status) = shown(&cut, FUNCTION);
            assert!(status == Some(2) || found.values().sum::<u64>() == 1, "{found:?}\n{cut}");
        }
    }
}

#[test]
fn a_time_above_a_message_that_has_its_own_is_no_log_event() {
    let mut log = log_with(&errors_of_runtimes()[1].0);
    log.insert(1, format!("2026-03-04T05:06:07.123Z\t{FIRST_ID}\tINFO\torder 7\n"));
    let copied = |twice: bool| -> String {
        let rows = log.iter().enumerate().map(|(n, message)| {
            let folded = message.lines().next().unwrap();
            let above = if twice && message.trim_end().contains('\n') { format!("{folded}\n") } else { String::new() };
            format!("{}\n{above}{}\n", time(n, 'T', "Z"), message.trim_end())
        });
        rows.collect()
    };
    for text in [copied(false), copied(true)] {
        let (document, _) = whole_document(text.as_bytes(), FUNCTION);
        assert_eq!(document["log_events"], log.len(), "{text}");
        assert_eq!(document["not_understood"], json!([]), "{text}");
        assert_eq!(shown(&text, FUNCTION), (unhandled(), Some(0)), "{text}");
    }
}

#[test]
fn the_lines_show_a_functions_log_whatever_the_name_of_its_log_group_is() {
    for (error, cause) in errors_of_runtimes() {
        let log = log_with(&error);
        let text: String = log.iter().enumerate().map(|(n, line)| format!("{} {line}\n", time(n, 'T', "Z"))).collect();
        let expected = counts(&[(&format!("FunctionErrors/{cause}"), 1)]);
        assert_eq!(shown(&text, "orders-function"), (expected, Some(0)), "{text}");
    }
    // Any program may write it.
    let any =
        "[ERROR] KeyError: 'order'\nTraceback (most recent call last):\n  File \"/srv/shop.py\", line 7, in get\n";
    assert_eq!(shown(any, "orders-function").0, BTreeMap::new());
}

#[test]
fn a_time_before_each_line_of_a_tail_is_no_part_of_it() {
    for (error, cause) in errors_of_runtimes() {
        let text = tailed(&log_with(&error));
        let expected = (counts(&[(&format!("FunctionErrors/{cause}"), 1)]), Some(0));
        for before in [
            "2026-03-04T05:07:00.123456789Z stdout F ",
            "2026-03-04T05:07:00.1234567Z ",
            "[2026-03-04T05:07:00.123Z] ",
            "shop-web-1  | ",
            "shop-web-1 | 2026-03-04T05:07:00.123456789Z ",
        ] {
            let marked: String = text.lines().map(|line| format!("{before}{line}\n")).collect();
            assert_eq!(shown(&marked, FUNCTION), expected, "{marked}");
        }
        let plain = log_with(&error).concat();
        for before in ["[05:07:00] ", "[05:07:00.123] ", "[17] "] {
            let marked: String = plain.lines().map(|line| format!("{before}{line}\n")).collect();
            assert_eq!(shown(&marked, FUNCTION), expected, "{marked}");
        }
        let counted: String = plain.lines().map(|line| format!("      1 {line}\n")).collect();
        assert_eq!(shown(&counted, FUNCTION), expected, "{counted}");
        // A dash behind each time.
        let dashed: String =
            log_with(&error).iter().enumerate().map(|(n, line)| format!("{} - {line}", time(n, ' ', ""))).collect();
        assert_eq!(shown(&dashed, FUNCTION), expected, "{dashed}");
    }
}

#[test]
fn an_error_without_the_rest_of_its_lines_is_no_all_clear() {
    for (error, _) in errors_of_runtimes() {
        let log = log_with(&error);
        for behind in 1..error.trim_end().lines().count() {
            let cut: String = error.lines().take(behind).map(|line| format!("{line}\n")).collect();
            let text = tailed(&[log[0].clone(), cut]);
            let (found, status) = shown(&text, FUNCTION);
            assert!(status == Some(2) || found.values().sum::<u64>() == 1, "{found:?}\n{text}");
        }
    }
}

#[test]
fn the_lines_of_an_error_that_are_in_another_order_are_reported() {
    for (error, _) in errors_of_runtimes().into_iter().filter(|(error, _)| error.trim_end().contains('\n')) {
        let text = tailed(&log_with(&error));
        let mut lines: Vec<&str> = text.lines().rev().collect();
        for _ in 0..2 {
            let turned: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
            let (found, status) = shown(&turned, FUNCTION);
            assert!(status == Some(2) || found.values().sum::<u64>() == 1, "{found:?}\n{turned}");
            lines.sort_unstable();
        }
    }
}

#[test]
fn words_below_an_error_of_python_are_no_part_of_it() {
    let error = errors_of_runtimes()[0].0.clone();
    for behind in ["-- \nAnna\n", "----------------\n", "That is all, isn't it?\n", "=== end ===\n"] {
        let tail = tailed(std::slice::from_ref(&error)) + behind;
        assert_eq!(shown(&tail, FUNCTION).0, unhandled(), "{tail}");
        let quoted: String = tail.lines().map(|line| format!("> {line}\n")).collect();
        assert_eq!(shown(&format!("Hi,\n\nsince noon:\n\n{quoted}"), FUNCTION).0, unhandled(), "{quoted}");
    }
    // A logger wrote it: below its frames stands the exception.
    let logged = format!("{error}KeyError: 'order'\n");
    assert_eq!(shown(&tailed(&log_with(&logged)), FUNCTION), (BTreeMap::new(), Some(0)), "{logged}");
}

#[test]
fn a_row_that_the_console_shows_unfolded_counts_once() {
    let log = [
        format!("START RequestId: {FIRST_ID} Version: 7"),
        format!(
            "REPORT RequestId: {FIRST_ID}\tDuration: 3000.00 ms\tMemory Size: 128 MB\tMax Memory Used: 91 MB\tStatus: timeout"
        ),
    ];
    for between in ["\t", " "] {
        let text: String =
            log.iter().enumerate().map(|(n, line)| format!("{}{between}{line}\n{line}\n", time(n, 'T', "Z"))).collect();
        assert_eq!(shown(&text, FUNCTION), (counts(&[("FunctionErrors/lambda_timeout", 1)]), Some(0)), "{text}");
    }
    let record = |status: u32| json!({"requestId": format!("{status}-ab"), "status": status.to_string(), "path": "/a"});
    let rows = [200, 502, 503].map(record);
    let text: String = rows
        .iter()
        .enumerate()
        .map(|(n, row)| format!("{}\t{row}\n{}\n", time(n, 'T', "Z"), serde_json::to_string_pretty(row).unwrap()))
        .collect();
    assert_eq!(replay(text.as_bytes(), "/access").0.values().sum::<u64>(), 2, "{text}");
}

#[test]
fn a_sentence_of_ruby_and_its_object_count_in_two_log_events() {
    let (ruby, _) = errors_of_runtimes().pop().unwrap();
    let (sentence, object) = ruby.split_at(ruby.find('{').unwrap());
    let mut log = log_with(object);
    log.insert(1, sentence.to_owned());
    let padded: String = tailed(&log).lines().map(|line| format!("{line:<150}\n")).collect();
    let markdown: String = log
        .iter()
        .enumerate()
        .rev()
        .map(|(n, message)| format!("| {} | {} |\n", time(n, ' ', ""), message.replace('\n', "<br>")))
        .collect();
    for text in [padded, format!("| @timestamp | @message |\n| --- | --- |\n{markdown}"), tailed(&log)] {
        assert_eq!(shown(&text, FUNCTION), (unhandled(), Some(0)), "{text}");
    }
}

#[test]
fn an_error_counts_in_rows_that_end_with_a_column_of_their_own() {
    for (error, cause) in errors_of_runtimes() {
        let row = |(n, message): (usize, &String)| {
            format!("{n:056}\t{0}\t2026/03/04/[$LATEST]0f1e2d3c4b5a69788796a5b4c3d2e1f0\t{message}\t{0}\n", time_ms(n))
        };
        let text: String = log_with(&error).iter().enumerate().map(row).collect();
        let expected = counts(&[(&format!("FunctionErrors/{cause}"), 1)]);
        assert_eq!(shown(&text, FUNCTION), (expected, Some(0)), "{text}");
    }
}

#[test]
fn an_id_of_an_invocation_alone_is_no_line_of_a_log() {
    let pair = |id: &str, status: &str| {
        [
            json!({"time": "2026-03-04T05:06:07.000Z", "type": "platform.start", "record": {"requestId": id, "version": "7"}}),
            json!({"time": "2026-03-04T05:06:08.000Z", "type": "platform.report", "record": {"requestId": id, "status": status, "metrics": {"durationMs": 3000.0}}}),
        ]
    };
    for digit in "0123456789abcdef".chars() {
        let other = format!("{digit}{}", &FIRST_ID[1..]);
        let log: Vec<String> =
            [pair(NEXT_ID, "success"), pair(&other, "timeout")].concat().iter().map(Value::to_string).collect();
        let events: Vec<Value> = log
            .iter()
            .enumerate()
            .map(|(n, m)| json!({"eventId": format!("{n:056}"), "logStreamName": "2026/03/04/[$LATEST]0f1e2d3c", "timestamp": time_ms(n), "message": m}))
            .collect();
        let lines = log.join("\n");
        for text in
            [json!({ "events": events }).to_string(), lines.clone(), format!("> {}", lines.replace('\n', "\n> "))]
        {
            let expected = counts(&[("FunctionErrors/lambda_timeout", 1)]);
            assert_eq!(shown(&text, ""), (expected, Some(0)), "{text}");
        }
    }
}

#[test]
fn what_a_client_or_a_function_wrote_is_no_end_of_an_error() {
    let handled = |message: &str| {
        format!(
            "2026-03-04T05:06:08.000Z\t{FIRST_ID}\tfail\tSystem.TimeoutException: {message}\n   at Shop.Orders.Get()\n"
        )
    };
    let logs = [
        log_with(&handled("no item 'x at Amazon.Lambda.RuntimeSupport.X()'")),
        // A function prints one frame, and a thread one behind the report.
        log_with("com.shop.Orders.get(Orders.java:17)\n"),
        log_with("").into_iter().filter(|line| !line.is_empty()).chain(["\tat x.y.z(A.java:1)\n".to_owned()]).collect(),
        // The last log event.
        log_with("").into_iter().filter(|line| !line.is_empty()).chain([handled("slow")]).collect(),
        log_with("Content-Transfer-Encoding: quoted-printable\n"),
    ];
    for log in logs {
        for text in [tailed(&log), log.concat()] {
            assert_eq!(shown(&text, FUNCTION), (BTreeMap::new(), Some(0)), "{text}");
        }
    }
    // What looks like an error below the frames may be the rest of what the function printed.
    let printed = format!("{}ValueError: bad\n{}", errors_of_runtimes()[0].0, errors_of_runtimes()[5].0);
    assert_eq!(shown(&tailed(&log_with(&printed)), FUNCTION).0, BTreeMap::new());
}

#[test]
fn equal_objects_below_a_row_count_each_but_for_the_unfolded_one() {
    let record = json!({"requestId": "502-ab", "status": "502", "path": "/a"});
    let unfolded = serde_json::to_string_pretty(&record).unwrap() + "\n";
    let text = format!("{}\t{record}\n{}", time(0, 'T', "Z"), unfolded.repeat(5));
    let (document, _) = whole_document(text.as_bytes(), "/access");
    assert_eq!(document["log_events"], 5, "{text}");
}

#[test]
fn the_time_that_a_function_prints_is_not_that_of_a_container() {
    let mut log = log_with(&errors_of_runtimes()[0].0);
    log.insert(0, "2020-01-01T00:00:00Z boot\n".to_owned());
    let (document, _) = whole_document(tailed(&log).as_bytes(), FUNCTION);
    assert_eq!(document["counts"][0]["first"], "2026-03-04T05:06:00Z", "{document}");
    // A container whose first line is no log event of the platform.
    let mut log = log_with(&errors_of_runtimes()[0].0);
    log.insert(0, "INIT_START Runtime Version: python:3.12.v36\n".to_owned());
    log.insert(2, "2026-03-04 05:06:07,123 ERROR [pool-1] retry\n".to_owned());
    let marked: String = log.concat().lines().map(|line| format!("orders-1  | {line}\n")).collect();
    assert_eq!(shown(&marked, FUNCTION), (unhandled(), Some(0)), "{marked}");
}

#[test]
fn a_clients_path_makes_no_functions_log_of_an_access_log() {
    let line = |path: &str, status: u16| format!("GET {path} took 3 ms, answered-{status}\n");
    let text = [line("/orders", 200), line("/var/task/shop.py", 404), line("/orders", 502)].concat();
    for group in ["orders-requests", ""] {
        let (document, status) = whole_document(text.as_bytes(), group);
        assert_eq!(document["not_understood"][0]["log_events"], 3, "{document}");
        assert_eq!(status, Some(2), "{document}");
    }
}

#[test]
fn the_last_line_of_an_execution_log_may_end_with_a_type() {
    for last in [
        "Endpoint response body before transformations: failed: java.io.IOException",
        "Endpoint response headers: X-Error: shop.StockException",
    ] {
        let lines = ["Starting execution for request: 1", "Execution failed due to a timeout error", last];
        let text: String = lines.iter().map(|line| format!("({FIRST_ID}) {line}\n")).collect();
        assert_eq!(shown(&text, ""), (counts(&[("Errors/integration_timeout", 1)]), Some(0)), "{text}");
    }
}

#[test]
fn an_object_of_ruby_alone_counts_and_one_that_an_end_follows_lacks_its_sentence() {
    let (ruby, _) = errors_of_runtimes().pop().unwrap();
    let object = &ruby[ruby.find('{').unwrap()..];
    assert_eq!(shown(object, ""), (unhandled(), Some(0)), "{object}");
    let half = [vec![object.to_owned()], log_with("")[2..4].to_vec()].concat();
    assert_eq!(shown(&half.concat(), "").1, Some(2), "{half:?}");
}

#[test]
fn the_head_of_an_error_that_a_search_found_alone_is_no_all_clear() {
    let log = log_with("[ERROR] KeyError: 'order'\n");
    let stream = "2026-03-04T05:06:07+00:00 2026/03/04/[$LATEST]00112233445566778899aabbccddeeff ";
    let found = |words: &[&str]| -> String {
        let lines = log.iter().filter(|line| words.iter().any(|word| line.contains(word)));
        lines.map(|line| format!("{stream}{line}")).collect()
    };
    for words in [&["ERROR", "REPORT"][..], &["ERROR", "START"], &["ERROR", "START", "REPORT"], &["ERROR", "END"]] {
        let text = found(words);
        let (counts, status) = shown(&text, FUNCTION);
        assert!(!counts.is_empty() || status == Some(2), "{text}");
    }
    // A function may print such a line.
    assert_eq!(shown(&found(&[""]), FUNCTION), (BTreeMap::new(), Some(0)));
}

#[test]
fn lines_of_a_container_that_are_one_error_are_reported() {
    let error = &errors_of_several_lines()[0];
    let text: String =
        log_with(error).concat().lines().map(|line| format!("2026-03-04T05:06:07.000000001Z {line}\n")).collect();
    assert_eq!(shown(&text, "").1, Some(2), "{text}");
}

#[test]
fn a_page_of_messages_with_a_body_over_several_lines_is_read() {
    let page = |messages: &[String]| format!("{}\n", messages.join("\t"));
    for body in ["{\n  \"a\": 1\n}", "[\n1,\n2\n]", "hello\nyou", "a\n\nb"] {
        let mut log = execution_log();
        log[2] = format!("(6b1f0a2c-9d3e-4c5b-8a7f-1e2d3c4b5a69) Method request body before transformations: {body}");
        log.push("(AbCdEfGhIjKlMnO=) Starting execution for request: AbCdEfGhIjKlMnO=".to_owned());
        log.push(format!("(AbCdEfGhIjKlMnO=) Endpoint response body before transformations: {body}"));
        log.push("(AbCdEfGhIjKlMnO=) Method completed with status: 200".to_owned());
        assert_eq!(shown(&page(&log), GROUP), (execution_counts(), Some(0)), "{body}");
        assert_eq!(shown(&page(&log[3..]), GROUP), (execution_counts(), Some(0)), "{body}");
    }
    let go = "2026/03/04 05:06:08 {\"errorMessage\":\"no stock\",\"errorType\":\"errorString\"}\n";
    let mut log: Vec<String> = log_with(go).iter().map(|message| message.trim_end().to_owned()).collect();
    log.insert(1, "{\n  \"a\": 1\n}".to_owned());
    assert_eq!(shown(&page(&log), FUNCTION), (unhandled(), Some(0)));
    // A column with the stream behind each message is no page.
    for error in errors_of_several_lines() {
        let rows: String = log_with(&error)
            .iter()
            .map(|message| format!("{}\t2026/03/04/[$LATEST]00112233445566778899aabbccddeeff\n", message.trim_end()))
            .collect();
        let (found, status) = shown(&rows, FUNCTION);
        assert!(found == unhandled() || status == Some(2), "{found:?} {status:?}\n{rows}");
    }
}

#[test]
fn the_line_break_at_the_end_of_a_cell_is_no_part_of_the_message() {
    let timed_out = counts(&[("FunctionErrors/lambda_timeout", 1)]);
    for end in ["<br>", "<br/>", "<br><br>", "\\n", ""] {
        let rows: String = function_log()[..5]
            .iter()
            .enumerate()
            .map(|(n, message)| format!("| {} | {message}{end} |\n", time(n, ' ', "")))
            .collect();
        let text = format!("| @timestamp | @message |\n| --- | --- |\n{rows}");
        assert_eq!(shown(&text, FUNCTION), (timed_out.clone(), Some(0)), "{text}");
    }
    // A table that has blanks in place of the breaks shows no error as it was.
    for error in errors_of_runtimes()
        .into_iter()
        .filter(|(error, _)| error.contains("\n\tat ") || error.contains("handler method\n"))
    {
        let rows: String = log_with(&error.0)
            .iter()
            .enumerate()
            .map(|(n, message)| format!("| {} | {} |\n", time(n, ' ', ""), message.replace('\n', " ")))
            .collect();
        let (found, status) = shown(&format!("| @timestamp | @message |\n| --- | --- |\n{rows}"), FUNCTION);
        assert!(!found.is_empty() || status == Some(2), "{rows}");
    }
}

#[test]
fn what_lambda_and_its_loggers_write_in_a_healthy_log_is_understood() {
    let mut log = log_with("");
    log.retain(|message| !message.is_empty());
    log.insert(
        0,
        "INIT_START Runtime Version: python:3.13.v7\tRuntime Version ARN: arn:aws:lambda:eu-west-1::runtime:0a1b\n"
            .to_owned(),
    );
    log.insert(2, format!("[INFO]\t2026-03-04T05:06:07.000Z\t{FIRST_ID}\tread 3 orders\n"));
    log.insert(
        2,
        format!("[WARNING]\t2026-03-04T05:06:07.000Z\t{FIRST_ID}\tconnect ETIMEDOUT 192.0.2.7:443, once more\n"),
    );
    log.insert(2, format!("{{\"timestamp\":\"2026-03-04T05:06:07.000Z\",\"level\":\"ERROR\",\"requestId\":\"{FIRST_ID}\",\"message\":\"declined\",\"errorType\":\"PaymentError\"}}\n"));
    let text: String = log.iter().enumerate().map(|(n, message)| format!("{} {message}", time(n, 'T', "Z"))).collect();
    let (document, status) = whole_document(text.as_bytes(), "");
    assert_eq!(
        (&document["not_understood"], counts_of(&document), status),
        (&json!([]), BTreeMap::new(), Some(0)),
        "{text}"
    );
}

#[test]
fn text_in_two_encodings_is_refused_by_name() {
    let text = execution_log().join("\n") + "\n";
    let with_mark = |big_endian: bool| utf16(&format!("\u{feff}{text}"), big_endian);
    for input in [
        [with_mark(false), text.clone().into_bytes()].concat(),
        [with_mark(false), with_mark(true)].concat(),
        [text.clone().into_bytes(), gzip(text.as_bytes())].concat(),
        [text.repeat(20_000).into_bytes(), gzip(text.as_bytes())].concat(),
    ] {
        let done = command(&["replay", "--json", "--log-group", GROUP, "-"], &input);
        let document: Value = serde_json::from_slice(&done.stdout).unwrap();
        let error = document["undecodable"][0]["error"].as_str().unwrap();
        assert!(error.contains("two encodings") && done.status.code() == Some(2), "{error}");
    }
}

#[test]
fn a_status_beside_the_records_of_a_log_is_no_all_clear() {
    let delivered = |line: &String| {
        json!({"api_id": "k3m5n7p9q1", "stage": "live", "resource_path": "/a", "http_method": "GET", "payload": line})
            .to_string()
    };
    let log: Vec<String> = execution_log().iter().map(delivered).collect();
    let times: Vec<i64> = (0..log.len()).map(time_ms).collect();
    let record = |(n, line): (usize, &String)| {
        json!({"timestamp": time_ms(n), "status": 200, "message": line}).to_string() + "\n"
    };
    let events: Vec<Value> = log.iter().enumerate().map(|(n, line)| event(n, line)).collect();
    for text in [
        log.iter().enumerate().map(record).collect(),
        json!({"results": {"A": {"status": 200, "frames": [{"data": {"values": [times, log]}}]}}}).to_string(),
        json!({"output": json!({"StatusCode": 200, "Payload": {"events": events}}).to_string()}).to_string(),
    ] {
        let done = command(&["replay", "--json", "-"], text.as_bytes());
        let document: Value = serde_json::from_slice(&done.stdout).unwrap();
        let error = document["undecodable"][0]["error"].as_str().unwrap_or_default();
        assert!(error.contains("JSON") && done.status.code() == Some(2), "{text}: {document}");
    }
}

#[test]
fn statistics_of_a_query_are_no_requests() {
    for rows in [
        json!([{"status": "200", "count(*)": "31"}, {"status": "504", "count(*)": "4"}]),
        json!([{"status": "504", "avg(integrationLatency)": "28911.5"}]),
    ] {
        let by_line: String = rows.as_array().unwrap().iter().map(|row| format!("{row}\n")).collect();
        for text in [rows.to_string(), serde_json::to_string_pretty(&rows).unwrap(), by_line] {
            let done = command(&["replay", "--json", "--kind", "access", "-"], text.as_bytes());
            let document: Value = serde_json::from_slice(&done.stdout).unwrap();
            let error = document["undecodable"][0]["error"].as_str().unwrap_or_default();
            assert!(error.contains("statistics") && done.status.code() == Some(2), "{text}: {document}");
        }
    }
}

#[test]
fn zero_bytes_behind_compressed_data_are_padding() {
    let text = execution_log().join("\n") + "\n";
    let (first, second) = text.split_at(text.find("(TuVw").unwrap());
    let members = [gzip(first.as_bytes()), gzip(second.as_bytes())].concat();
    for zeros in [1, 300, 200_000] {
        let padded = [members.clone(), vec![0; zeros]].concat();
        assert_eq!(replay(&padded, GROUP), (execution_counts(), Some(0)), "{zeros}");
    }
    let (_, status) = replay(&[members, vec![0; 9], b"x".to_vec()].concat(), GROUP);
    assert_eq!(status, Some(2));
}

#[test]
fn a_line_of_progress_hides_no_log_event_behind_it() {
    let lines = execution_log();
    for progress in ["\rReading ...\r", "page 1\rpage 12\r", "\u{1b}[2K\r", "... 40 %\r"] {
        for number in 0..lines.len() {
            let mut timed: Vec<String> = lines.iter().map(|line| format!("2026-06-09T10:13:20.000Z {line}")).collect();
            timed[number].insert_str(0, progress);
            let text = timed.join("\n") + "\n";
            assert_eq!(replay(text.as_bytes(), GROUP), (execution_counts(), Some(0)), "{text}");
        }
    }
}

#[test]
fn quotes_of_json_in_a_table_and_rules_in_utf_16_are_nothing_that_breaks_off() {
    let mut rows = String::from("@timestamp,@message,@logStream\n");
    for (number, line) in execution_log().iter().enumerate() {
        rows += &format!("2026-06-09 10:13:{:02}.000,\"{}\",s\n", 20 + number, line.replace('"', "\"\""));
    }
    rows += "2026-06-09 10:14:20.000,\"(TuVw12345678=) Method request body: {\"\"a\"\": \"\"5\\\"\" pipe\"\"}\",s\n";
    assert_eq!(replay(rows.as_bytes(), GROUP), (execution_counts(), Some(0)), "{rows}");
    let text = format!("{}\n{}\n", "═".repeat(60), execution_log().join("\n"));
    let utf16: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(replay(&utf16, GROUP), (execution_counts(), Some(0)));
}
