//! `why5xx replay --log-group` against a CloudWatch Logs of the tests' own, which pages, throttles and denies.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::VecDeque;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::cloudwatch::{CloudWatch, now_ms};
use crate::support::filter_pattern::{Pattern, default_pattern_of};
use crate::support::http::{self, Answer, Request, closed_address};

const GROUP: &str = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";

const ROLE: &str = "arn:aws:sts::111122223333:assumed-role/Reader/me";

/// Fault that the server answers the next call of FilterLogEvents with, instead of a page.
#[derive(Debug, Clone)]
enum Fault {
    Refuse(u16, &'static str, &'static str),
    /// None: the page.
    Page,
    /// A page without log events, and a token.
    Empty,
    Answer(Answer),
}

/// Stream, time and message of a log event.
type Event = (String, i64, String);

#[derive(Debug, Default)]
struct State {
    /// Log events of each group.
    groups: Vec<(String, Vec<Event>)>,
    filters: Vec<(String, String)>,
    class: Option<&'static str>,
    faults: VecDeque<Fault>,
    always: Option<Fault>,
    /// A log group that is denied after so many calls.
    denied_after: Option<(&'static str, usize)>,
    /// STS throttles every call.
    sts_throttles: bool,
    /// Seconds by which the server's clock is ahead.
    ahead: i64,
    page_events: usize,
    /// Action and body of each call.
    calls: Vec<(String, Value)>,
    /// The key that signed the last one.
    key: String,
}

/// CloudWatch Logs and STS.
#[derive(Clone)]
struct Logs {
    state: Arc<Mutex<State>>,
    url: String,
}

impl Logs {
    fn start(group: &str, events: &[(&str, i64, String)]) -> Self {
        let state = Arc::new(Mutex::new(State { page_events: 2, ..State::default() }));
        let shared = Arc::clone(&state);
        let address = http::serve(move |request| answer(&mut shared.lock().unwrap(), request));
        let logs = Self { state, url: format!("http://{address}") };
        logs.put(group, events);
        logs
    }

    fn put(&self, group: &str, events: &[(&str, i64, String)]) {
        let mut state = self.state.lock().unwrap();
        let new = events.iter().map(|(stream, ms, message)| ((*stream).to_owned(), *ms, message.clone()));
        match state.groups.iter_mut().find(|(name, _)| name == group) {
            Some((_, events)) => events.extend(new),
            None => state.groups.push((group.to_owned(), new.collect())),
        }
    }

    fn then(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state.lock().unwrap().faults.extend(faults);
    }

    fn always(&self, fault: Fault) {
        self.state.lock().unwrap().always = Some(fault);
    }

    fn calls(&self, action: &str) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        state.calls.iter().filter(|(name, _)| name == action).map(|(_, body)| body.clone()).collect()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_why5xx"));
        command
            .args(["replay"])
            .args(arguments)
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "planted-access-key")
            .env("AWS_SESSION_TOKEN", "planted-session-token")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("NO_PROXY", "127.0.0.1")
            .env_remove("AWS_PROFILE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Reads the group of the execution log, the last hour.
    fn read(&self, arguments: &[&str]) -> Output {
        self.command(&[&["--log-group", GROUP, "--since", "1h", "--json"], arguments].concat()).output().unwrap()
    }
}

fn answer(state: &mut State, request: &Request) -> Answer {
    let response = |status, body: String| Answer::Response {
        status,
        headers: vec![("date", http_date(state.ahead))],
        body: body.into_bytes(),
    };
    let refuse = |status, code: &str, message: &str| {
        response(status, json!({ "__type": format!("com.amazonaws.logs#{code}"), "message": message }).to_string())
    };
    let target = request.header("x-amz-target");
    let action = target.strip_prefix("Logs_20140328.").unwrap_or("GetCallerIdentity").to_owned();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let authorization = request.header("authorization");
    let service = if action == "GetCallerIdentity" { "sts" } else { "logs" };
    assert!(authorization.contains(&format!("/eu-west-1/{service}/aws4_request")), "{authorization}");
    assert_eq!(request.header("x-amz-security-token"), "planted-session-token");
    state.key = authorization.split_once("Credential=").unwrap().1.split('/').next().unwrap().to_owned();
    let signed: jiff::civil::DateTime =
        jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", request.header("x-amz-date")).unwrap().to_datetime().unwrap();
    let signed = signed.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
    state.calls.push((action.clone(), body.clone()));
    if (signed - (now_ms() / 1_000 + state.ahead)).abs() > 300 {
        return refuse(400, "InvalidSignatureException", "Signature expired");
    }
    match action.as_str() {
        "GetCallerIdentity" if state.sts_throttles => refuse(400, "Throttling", "Rate exceeded"),
        "GetCallerIdentity" => response(200, format!("<R><Arn>{ROLE}</Arn><Account>111122223333</Account></R>")),
        "DescribeSubscriptionFilters" => {
            let group = body["logGroupName"].as_str().unwrap();
            let filters: Vec<Value> = (state.filters.iter().filter(|(name, _)| name == group))
                .map(|(_, filter)| json!({ "filterName": filter }))
                .collect();
            response(200, json!({ "subscriptionFilters": filters }).to_string())
        }
        "DescribeLogGroups" => {
            let prefix = body["logGroupNamePrefix"].as_str().unwrap_or_default();
            let names: Vec<&String> =
                state.groups.iter().map(|(name, _)| name).filter(|name| name.starts_with(prefix)).collect();
            let at = body["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
            let groups: Vec<Value> = (names.iter().skip(at).take(2))
                .map(|name| json!({ "logGroupName": name, "logGroupClass": state.class.unwrap_or("STANDARD") }))
                .collect();
            let token = (at + 2 < names.len()).then(|| (at + 2).to_string());
            response(200, json!({ "logGroups": groups, "nextToken": token }).to_string())
        }
        "FilterLogEvents" => {
            let fault = state.faults.pop_front().or_else(|| state.always.clone());
            match fault {
                Some(Fault::Refuse(status, code, message)) => return refuse(status, code, message),
                Some(Fault::Answer(answer)) => return answer,
                Some(Fault::Empty) => {
                    let token = body["nextToken"].as_str().unwrap_or("0");
                    return response(200, json!({ "events": [], "nextToken": token }).to_string());
                }
                None | Some(Fault::Page) => {}
            }
            let name = body["logGroupName"].as_str().or_else(|| body["logGroupIdentifier"].as_str()).unwrap();
            if let Some((denied, after)) = &mut state.denied_after
                && name == *denied
            {
                if *after == 0 {
                    return refuse(400, "AccessDeniedException", "no");
                }
                *after -= 1;
            }
            let Some((_, events)) = state.groups.iter().find(|(group, _)| group == name) else {
                return refuse(400, "ResourceNotFoundException", "The specified log group does not exist.");
            };
            let pattern = body["filterPattern"].as_str().map(|pattern| Pattern::parse(pattern).unwrap());
            let span = body["startTime"].as_i64().unwrap()..=body["endTime"].as_i64().unwrap();
            let mut passed: Vec<(usize, &Event)> = (events.iter().enumerate())
                .filter(|(_, (_, ms, _))| span.contains(ms))
                .filter(|(_, (_, _, text))| pattern.as_ref().is_none_or(|pattern| pattern.matches(text)))
                .collect();
            passed.sort_by_key(|(_, (_, ms, _))| *ms);
            let at = body["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
            let many = body["limit"].as_u64().map_or(state.page_events, |limit| limit as usize);
            let page: Vec<Value> = (passed.iter().skip(at).take(many))
                .map(|(number, (stream, ms, text))| {
                    json!({
                        "logStreamName": stream,
                        "timestamp": ms,
                        "message": text,
                        "ingestionTime": ms,
                        "eventId": format!("{number:056}"),
                    })
                })
                .collect();
            let token = (at + many < passed.len()).then(|| (at + many).to_string());
            response(200, json!({ "events": page, "nextToken": token, "searchedLogStreams": [] }).to_string())
        }
        other => refuse(400, "UnknownOperationException", other),
    }
}

fn http_date(ahead: i64) -> String {
    let now = jiff::Timestamp::from_second(now_ms() / 1_000 + ahead).unwrap();
    now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Two requests of an execution log, one of which fails, ten minutes ago.
fn events() -> Vec<(&'static str, i64, String)> {
    requests(now_ms() - 600_000)
}

fn requests(ms: i64) -> Vec<(&'static str, i64, String)> {
    [
        ("a", 0, "(0001) Method completed with status: 200"),
        ("a", 1, "(0002) HTTP Method: GET, Resource Path: /orders"),
        ("b", 2, "(0003) Method completed with status: 200"),
        ("a", 3, "(0002) Execution failed due to a timeout error"),
        ("a", 4, "(0002) Method completed with status: 504"),
        ("b", 5, "(0004) Method completed with status: 200"),
    ]
    .map(|(stream, later, text)| (stream, ms + later, text.to_owned()))
    .to_vec()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn document(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(output)))
}

#[test]
fn a_log_group_is_read_through_all_its_pages_with_the_default_pattern_of_its_kind() {
    let logs = Logs::start(GROUP, &events());
    let output = logs.read(&[]);
    let document = document(&output);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(
        (&document["errors"], &document["log_events"], &document["requests"]),
        (&1.into(), &2.into(), &Value::Null)
    );
    assert_eq!(document["counts"][0]["dimensions"]["Cause"], "integration_timeout");
    assert!(document["left_out"][0].as_str().unwrap().contains("lines of healthy requests"), "{document}");
    assert_eq!(document["exemplars"][0]["accountId"], "111122223333");
    let calls = logs.calls("FilterLogEvents");
    assert_eq!(calls[0]["filterPattern"], default_pattern_of("Execution"));
    let stderr = said(&output);
    assert!(stderr.starts_with(&format!("why5xx: reading {GROUP} in eu-west-1 as {ROLE}\n")), "{stderr}");
    assert!(
        stderr.contains("why5xx: read 2 log events in 1 page (") && stderr.contains("; complete from "),
        "{stderr}"
    );
}

#[test]
fn without_a_pattern_everything_is_read_and_the_number_of_requests_is_known() {
    let logs = Logs::start(GROUP, &events());
    logs.then([Fault::Empty, Fault::Empty]);
    // The failed request is split over two pages.
    let output = logs.read(&["--filter", "all"]);
    let document = document(&output);
    assert_eq!(
        (&document["errors"], &document["log_events"], &document["requests"]),
        (&1.into(), &6.into(), &4.into())
    );
    assert_eq!(document["left_out"], json!([]));
    assert_eq!(
        (logs.calls("FilterLogEvents").len(), &logs.calls("FilterLogEvents")[0]["filterPattern"]),
        (5, &Value::Null)
    );
    assert!(said(&output).contains("in 5 pages"), "{}", said(&output));
}

#[test]
fn only_the_span_is_read() {
    let now = now_ms();
    let logs = Logs::start(GROUP, &[requests(now - 3_000_000), requests(now - 600_000)].concat());
    let until = (now - 1_000_000).to_string();
    let output = logs.read(&["--until", &until]);
    assert_eq!((&document(&output)["errors"], &document(&output)["outside_span"]), (&1.into(), &0.into()));
    assert_eq!(logs.calls("FilterLogEvents")[0]["endTime"], now - 1_000_001);
}

#[test]
fn an_empty_span_is_an_error_and_a_healthy_one_is_not() {
    let healthy: Vec<_> = events().into_iter().filter(|(_, _, text)| text.ends_with("200")).collect();
    let logs = Logs::start(GROUP, &healthy);
    let output = logs.read(&[]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!((&document(&output)["log_events"], &document(&output)["requests"]), (&0.into(), &Value::Null));
    let calls = logs.calls("FilterLogEvents");
    assert_eq!((calls.len(), &calls[1]["limit"], &calls[1]["filterPattern"]), (2, &1.into(), &Value::Null));
    let text = logs.command(&["--log-group", GROUP, "--since", "1h"]).output().unwrap();
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("No failure: none of the log events passed the filter pattern."), "{text}");
    assert!(text.contains("Not read: the filter pattern of execution logs leaves out"), "{text}");

    let output = logs.read(&["--until", "30m"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = said(&output);
    assert!(stderr.contains(&format!("{GROUP} could not be read: no log event is in the span")), "{stderr}");
    assert!(!String::from_utf8_lossy(&output.stdout).to_lowercase().contains("no failure"));
}

#[test]
fn the_kind_of_log_is_that_of_the_subscription_filter_and_else_everything_is_read() {
    let line = r#"{"requestId":"r-1","status":"502","apiId":"a1b2c3d4e5","stage":"prod"}"#.to_owned();
    let logs = Logs::start("/orders/access", &[("s", now_ms() - 60_000, line)]);
    let read = || logs.command(&["--log-group", "/orders/access", "--since", "1h", "--json"]).output().unwrap();
    let output = read();
    assert_eq!(logs.calls("FilterLogEvents")[0]["filterPattern"], Value::Null);
    assert!(said(&output).contains("/orders/access: nothing shows its kind of log, so everything is read"));
    logs.state.lock().unwrap().filters.push(("/orders/access".to_owned(), "why5xx/access".to_owned()));
    let output = read();
    assert_eq!(logs.calls("FilterLogEvents")[1]["filterPattern"], default_pattern_of("Access"));
    assert_eq!((&document(&output)["errors"], &document(&output)["kinds"]["access"]), (&1.into(), &1.into()));
}

#[test]
fn throttled_calls_and_server_errors_are_made_again_and_nothing_is_lost_or_counted_twice() {
    let logs = Logs::start(GROUP, &events());
    let throttle = Fault::Refuse(400, "ThrottlingException", "Rate exceeded");
    logs.then([throttle.clone(), throttle, Fault::Refuse(503, "ServiceUnavailableException", "busy")]);
    logs.then([Fault::Answer(Answer::Cut)]);
    let half = Answer::Response { status: 200, headers: Vec::new(), body: br#"{"events":[{"even"#.to_vec() };
    logs.then([Fault::Answer(half)]);
    let output = logs.read(&["--filter", "all"]);
    let document = document(&output);
    assert_eq!((output.status.code(), &document["log_events"], &document["repeats"]), (Some(0), &6.into(), &0.into()));
}

#[test]
fn after_an_expired_token_the_reading_goes_on_where_it_was() {
    let events = events();
    let logs = Logs::start(GROUP, &events);
    logs.state.lock().unwrap().page_events = 3;
    logs.then([Fault::Page, Fault::Refuse(400, "InvalidParameterException", "The specified nextToken has expired.")]);
    let output = logs.read(&["--filter", "all"]);
    let document = document(&output);
    assert_eq!((&document["log_events"], &document["errors"], &document["repeats"]), (&6.into(), &1.into(), &0.into()));
    let calls = logs.calls("FilterLogEvents");
    assert_eq!((&calls[2]["nextToken"], &calls[2]["startTime"]), (&Value::Null, &events[2].1.into()));
}

#[test]
fn what_aws_refuses_is_one_sentence_with_the_remedy_and_never_an_all_clear() {
    let rows = [
        (400, "AccessDeniedException", "not authorized", "no permission: the caller needs logs:FilterLogEvents on "),
        (400, "ExpiredTokenException", "expired", "the credentials have expired: get new ones (`aws sso login`"),
        (400, "UnrecognizedClientException", "invalid", "AWS does not know the access key"),
        (403, "InvalidSignatureException", "does not match", "AWS refuses the signature: check the secret access key"),
        (
            400,
            "ResourceNotFoundException",
            "does not exist",
            "it does not exist in eu-west-1; check the name, --region",
        ),
        (
            400,
            "InvalidOperationException",
            "Log group class INFREQUENT_ACCESS",
            "the group is of the Infrequent Access class",
        ),
        (
            400,
            "InvalidParameterException",
            "Invalid filter pattern",
            "InvalidParameterException: Invalid filter pattern",
        ),
    ];
    let logs = Logs::start(GROUP, &events());
    for (status, code, message, remedy) in rows {
        logs.always(Fault::Refuse(status, code, message));
        let output = logs.read(&[]);
        assert_eq!(output.status.code(), Some(2), "{code}");
        assert!(said(&output).contains(&format!("{GROUP} could not be read: ")), "{}", said(&output));
        assert!(said(&output).contains(remedy), "{code}: {}", said(&output));
        assert!(said(&output).contains("; not complete"), "{}", said(&output));
    }
}

#[test]
fn a_clock_that_is_off_is_said_and_does_not_keep_the_log_back() {
    for (ahead, side) in [(3_600, "60 minutes behind"), (-3_600, "60 minutes ahead of")] {
        let logs = Logs::start(GROUP, &requests(now_ms() + ahead * 1_000 - 600_000));
        logs.state.lock().unwrap().ahead = ahead;
        let output = logs.read(&[]);
        assert_eq!((output.status.code(), &document(&output)["errors"]), (Some(0), &1.into()), "{}", said(&output));
        let stderr = said(&output);
        let minutes = stderr.replace("59 minutes", "60 minutes");
        assert!(minutes.contains(&format!("this clock is {side} AWS's")), "{stderr}");
    }
}

#[test]
fn an_endpoint_that_nobody_answers_is_an_error_that_says_what_to_check() {
    let logs = Logs { url: format!("http://{}", closed_address()), ..Logs::start(GROUP, &[]) };
    let output = logs.read(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("gives no answer") && said(&output).contains("check the network"),
        "{}",
        said(&output)
    );
}

#[test]
fn prefixes_stand_for_all_groups_that_begin_so() {
    let logs = Logs::start(GROUP, &events());
    for name in ["API-Gateway-Execution-Logs_b/prod", "API-Gateway-Execution-Logs_c/prod"] {
        logs.put(name, &requests(now_ms() - 600_000));
    }
    logs.put("API-Gateway-Execution-Logs_d/prod", &[]);
    logs.put("/other", &events());
    let output = logs.command(&["--log-group", "API-Gateway-*", "--since", "1h", "--json"]).output().unwrap();
    let all = document(&output);
    assert_eq!((output.status.code(), &all["errors"]), (Some(0), &3.into()), "{}", said(&output));
    assert_eq!(all["skipped"][0]["input"], "API-Gateway-Execution-Logs_d/prod");
    assert!(said(&output).starts_with("why5xx: reading 4 log groups in eu-west-1"), "{}", said(&output));

    logs.state.lock().unwrap().class = Some("INFREQUENT_ACCESS");
    let output = logs.command(&["--log-group", "API-Gateway-*", "--since", "1h", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("not of the Standard class"), "{}", said(&output));

    let output = logs.command(&["--log-group", "none*", "--since", "1h"]).output().unwrap();
    assert!(said(&output).contains("no log group of eu-west-1 begins with none"), "{}", said(&output));
}

#[test]
fn without_a_span_nothing_is_read_and_the_error_says_what_is_missing() {
    let logs = Logs::start(GROUP, &events());
    let output = logs.command(&["--log-group", GROUP]).output().unwrap();
    let stderr = format!("why5xx: no input: name a FILE, or add --since to read {GROUP} from CloudWatch Logs\n");
    assert_eq!((output.status.code(), said(&output)), (Some(2), stderr));
    assert!(logs.state.lock().unwrap().calls.is_empty());
}

#[test]
fn without_credentials_or_a_region_the_error_says_how_to_get_them() {
    let logs = Logs::start(GROUP, &events());
    let arguments = ["--log-group", GROUP, "--since", "1h"];
    let no_keys = logs.command(&arguments).env("AWS_ACCESS_KEY_ID", "").env("PATH", "/nowhere").output().unwrap();
    let stderr = said(&no_keys);
    assert!(
        stderr.starts_with("why5xx: no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name"),
        "{stderr}"
    );
    let no_region = logs
        .command(&arguments)
        .env("AWS_REGION", "")
        .env("AWS_DEFAULT_REGION", "")
        .env("PATH", "/nowhere")
        .output()
        .unwrap();
    assert_eq!(said(&no_region), "why5xx: no Region: add --region, or set AWS_REGION\n");
    assert_eq!((no_keys.status.code(), no_region.status.code()), (Some(2), Some(2)));
}

/// A folder with an AWS CLI that knows the profile `team`.
#[cfg(unix)]
fn profile_folder(name: &str) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;

    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).unwrap();
    let script = r#"#!/bin/sh
case "$*" in
"configure export-credentials --format process --profile team")
    echo '{"Version":1,"AccessKeyId":"AKIDTEAM","SecretAccessKey":"s","SessionToken":"planted-session-token"}' ;;
"configure get region --profile team") echo eu-west-1 ;;
*) echo >&2; echo "The config profile (other) could not be found" >&2; exit 255 ;;
esac
"#;
    std::fs::write(folder.join("aws"), script).unwrap();
    std::fs::set_permissions(folder.join("aws"), PermissionsExt::from_mode(0o755)).unwrap();
    folder
}

#[test]
#[cfg(unix)]
fn the_aws_cli_gives_the_keys_of_a_profile_and_new_ones_when_they_expire() {
    let folder = profile_folder("aws-cli");
    let logs = Logs::start(GROUP, &events());
    logs.then([Fault::Refuse(400, "ExpiredTokenException", "expired")]);
    let read = |profile| {
        let arguments = ["--log-group", GROUP, "--since", "1h", "--json", "--profile", profile];
        let mut command = logs.command(&arguments);
        command.env("PATH", format!("{}:/usr/bin:/bin", folder.display())).env("AWS_REGION", "");
        command.env("AWS_DEFAULT_REGION", "").output().unwrap()
    };
    let output = read("team");
    assert_eq!((output.status.code(), &document(&output)["errors"]), (Some(0), &1.into()), "{}", said(&output));
    assert_eq!(logs.state.lock().unwrap().key, "AKIDTEAM");
    let output = read("other");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("the AWS CLI knows no profile other"), "{}", said(&output));
    let other = ["--log-group", GROUP, "--since", "1h", "--profile", "other", "--region", "eu-west-1"];
    let output = logs.command(&other).env("PATH", format!("{}:/usr/bin:/bin", folder.display())).output().unwrap();
    let stderr = said(&output);
    assert!(stderr.contains("the AWS CLI knows no profile other; `aws configure list-profiles`"), "{stderr}");
}

#[test]
#[cfg(unix)]
fn what_the_aws_cli_says_becomes_what_to_do() {
    use std::os::unix::fs::PermissionsExt;

    let logs = Logs::start(GROUP, &events());
    let folder = profile_folder("aws-cli-says");
    for (says, remedy) in [
        (
            "The SSO session associated with this profile has expired or is otherwise invalid. To refresh this SSO session run \
             aws sso login with the corresponding profile.",
            "run `aws sso login --profile team`",
        ),
        (
            "aws: error: argument subcommand: Invalid choice, valid choices are:\n\nadd-model | get\nlist | set",
            "install version 2",
        ),
    ] {
        let script = format!("#!/bin/sh\ncat >&2 <<'EOF'\n\n{says}\nEOF\nexit 255\n");
        std::fs::write(folder.join("aws"), script).unwrap();
        std::fs::set_permissions(folder.join("aws"), PermissionsExt::from_mode(0o755)).unwrap();
        let arguments = ["--log-group", GROUP, "--since", "1h", "--profile", "team"];
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let output = logs.command(&arguments).env("PATH", path).output().unwrap();
        let stderr = said(&output);
        assert!(output.status.code() == Some(2) && stderr.contains(remedy) && stderr.lines().count() == 1, "{stderr}");
    }
}

#[test]
fn an_address_or_a_key_that_cannot_be_sent_is_named_at_once() {
    let logs = Logs::start(GROUP, &events());
    for (name, value, shown) in [
        ("AWS_ENDPOINT_URL", "localhost:4566", "\"localhost:4566\" is no address"),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:x", "is no address"),
        ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", "http://", "is no address"),
        ("AWS_SESSION_TOKEN", "planted\nsession-token", "the session token has a line break"),
    ] {
        let begun = Instant::now();
        let output = logs.command(&["--log-group", GROUP, "--since", "1h"]).env(name, value).output().unwrap();
        let stderr = said(&output);
        assert!(output.status.code() == Some(2) && stderr.contains(shown) && stderr.lines().count() == 1, "{stderr}");
        assert!(!stderr.contains("planted") && begun.elapsed() < Duration::from_secs(10), "{stderr}");
    }
}

#[test]
fn two_log_groups_of_one_name_in_two_accounts_are_both_read() {
    let arn = |account| format!("arn:aws:logs:eu-west-1:{account}:log-group:{GROUP}");
    let (first, second) = (arn("111122223333"), arn("222233334444"));
    let logs = Logs::start(&first, &events());
    // Ids of log events are those of one log group.
    let other = requests(now_ms() - 500_000);
    let other = other.iter().map(|(stream, ms, text)| (*stream, *ms, text.replace("(000", "(100")));
    logs.put(&second, &requests(now_ms() - 7_200_000));
    logs.put(&second, &other.collect::<Vec<_>>());
    let read = |names: &[&str]| {
        let names: Vec<&str> = names.iter().flat_map(|name| ["--log-group", name]).collect();
        logs.command(&[&names[..], &["--since", "1h", "--json"]].concat()).output().unwrap()
    };
    let output = read(&[&first, &second]);
    assert_eq!((output.status.code(), &document(&output)["errors"]), (Some(0), &2.into()), "{}", said(&output));
    assert!(said(&output).contains("reading 2 log groups"), "{}", said(&output));
    // One that is named twice is read once.
    assert_eq!(document(&read(&[&first, &format!("{first}:*")]))["errors"], 1);
}

#[test]
fn a_span_before_now_is_one_by_the_clock_of_aws() {
    for ahead in [1_200, -1_200] {
        let logs = Logs::start(GROUP, &requests(now_ms() + ahead * 1_000 - 120_000));
        logs.state.lock().unwrap().ahead = ahead;
        let output = logs.command(&["--log-group", GROUP, "--since", "10m", "--json"]).output().unwrap();
        let document = document(&output);
        assert_eq!(
            (output.status.code(), &document["errors"], &document["outside_span"]),
            (Some(0), &1.into(), &0.into()),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn a_token_that_expires_behind_empty_pages_begins_the_span_again_and_an_endless_one_ends() {
    let expired = Fault::Refuse(400, "InvalidParameterException", "The specified nextToken is invalid.");
    let logs = Logs::start(GROUP, &events());
    logs.then([Fault::Empty, Fault::Empty, expired.clone()]);
    let output = logs.read(&[]);
    assert_eq!((output.status.code(), &document(&output)["errors"]), (Some(0), &1.into()), "{}", said(&output));
    let logs = Logs::start(GROUP, &events());
    logs.then((0..20).flat_map(|_| [Fault::Empty, expired.clone()]));
    let output = logs.read(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("nextToken is invalid"), "{}", said(&output));
}

#[test]
fn a_caller_that_sts_does_not_tell_keeps_nothing_back() {
    let logs = Logs::start(GROUP, &events());
    logs.state.lock().unwrap().sts_throttles = true;
    let begun = Instant::now();
    let output = logs.read(&[]);
    assert_eq!((output.status.code(), &document(&output)["errors"]), (Some(0), &1.into()), "{}", said(&output));
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    assert!(said(&output).contains("as a caller of unknown identity"), "{}", said(&output));
}

#[test]
fn a_denial_by_a_key_or_by_the_organisation_keeps_the_words_of_aws() {
    for words in [
        "User: x is not authorized to perform: logs:FilterLogEvents with an explicit deny in a service control policy",
        "The ciphertext refers to a KMS key that you are not authorized to use",
    ] {
        let logs = Logs::start(GROUP, &events());
        logs.always(Fault::Refuse(400, "AccessDeniedException", words));
        let output = logs.read(&[]);
        assert!(output.status.code() == Some(2) && said(&output).contains(words), "{}", said(&output));
    }
}

#[test]
#[cfg(unix)]
fn a_log_group_that_is_denied_while_it_is_followed_is_said_at_once() {
    let logs = Logs::start(GROUP, &events());
    let other = "API-Gateway-Execution-Logs_d/prod";
    logs.put(other, &requests(now_ms() - 60_000));
    logs.state.lock().unwrap().denied_after = Some((other, 1));
    let arguments = ["--log-group", GROUP, "--log-group", other, "--since", "1h", "--follow"];
    let child = logs.command(&arguments).spawn().unwrap();
    // The third poll begins after the one that was denied.
    wait_for(&logs, 5);
    Command::new("kill").args(["-KILL", &child.id().to_string()]).status().unwrap();
    let stderr = said(&child.wait_with_output().unwrap());
    assert!(stderr.contains(&format!("{other} is not followed any more: no permission")), "{stderr}");
}

/// `--publish` with the keys of a profile, where the environment has none.
#[test]
#[cfg(unix)]
fn what_is_read_with_a_profile_is_published_with_it() {
    let logs = Logs::start(GROUP, &events());
    let cloudwatch = CloudWatch::start();
    let folder = profile_folder("publish-profile");
    let publish = |arguments: &[&str]| {
        let mut command = logs.command(&[&["--publish", "--endpoint-url", &cloudwatch.url()], arguments].concat());
        command.env("PATH", format!("{}:/usr/bin:/bin", folder.display()));
        command.env("AWS_ACCESS_KEY_ID", "").env("AWS_SECRET_ACCESS_KEY", "").output().unwrap()
    };
    let output = publish(&["--log-group", GROUP, "--since", "1h", "--profile", "team", "--region", "eu-west-1"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("why5xx: published "), "{}", said(&output));
    assert_eq!((cloudwatch.sum("Errors"), logs.state.lock().unwrap().key.as_str()), (1.0, "AKIDTEAM"));
    // A file, too.
    let file = folder.join("log.txt");
    std::fs::write(&file, "(0002) Execution failed due to a timeout error\n").unwrap();
    let file = file.to_str().unwrap();
    let output = publish(&[file, "--log-group", GROUP, "--profile", "team"]);
    assert!(!said(&output).contains("AWS_ACCESS_KEY_ID"), "{}", said(&output));
    let output = logs.command(&[file, "--log-group", GROUP, "--profile", "team"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("--profile is for --publish"), "{}", said(&output));
}

/// Waits until the server saw so many calls.
fn wait_for(logs: &Logs, calls: usize) {
    let begun = Instant::now();
    while logs.calls("FilterLogEvents").len() < calls {
        assert!(begun.elapsed() < Duration::from_secs(60), "no {calls} calls");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[cfg(unix)]
fn interrupt(child: std::process::Child) -> Output {
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    child.wait_with_output().unwrap()
}

#[test]
#[cfg(unix)]
fn ctrl_c_prints_what_was_counted_and_how_far() {
    let logs = Logs::start(GROUP, &events());
    logs.always(Fault::Refuse(400, "ThrottlingException", "Rate exceeded"));
    let child = logs.command(&["--log-group", GROUP, "--since", "1h", "--json", "--filter", "all"]).spawn().unwrap();
    wait_for(&logs, 2);
    let output = interrupt(child);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert!(said(&output).contains("stopped by Ctrl-C; nothing of it was read"), "{}", said(&output));
    assert_eq!(document(&output)["errors"], 0);
}

#[test]
#[cfg(unix)]
fn a_log_group_that_is_quiet_while_it_is_followed_was_read() {
    let logs = Logs::start(GROUP, &[]);
    let child = logs.command(&["--log-group", GROUP, "--follow"]).spawn().unwrap();
    wait_for(&logs, 2);
    let output = interrupt(child);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(!said(&output).contains("could not be read"), "{}", said(&output));
    assert!(text.contains("no log event came while it was followed"), "{text}");
}

#[test]
#[cfg(unix)]
fn what_is_followed_shows_each_failure_once_even_a_late_one() {
    let logs = Logs::start(GROUP, &events());
    let child = logs.command(&["--log-group", GROUP, "--since", "1h", "--follow"]).spawn().unwrap();
    wait_for(&logs, 1);
    // Logged a minute ago, and shown only now.
    let late = requests(now_ms() - 60_000);
    let late: Vec<_> = late.into_iter().map(|(stream, ms, text)| (stream, ms, text.replace("0002", "0009"))).collect();
    logs.put(GROUP, &late);
    let first = logs.calls("FilterLogEvents").len();
    wait_for(&logs, first + 2);
    let output = interrupt(child);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}{text}", said(&output));
    let lines: Vec<&str> =
        text.lines().filter(|line| line.contains("a1b2c3d4e5/prod  integration_timeout  504  000")).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[1].contains("  0009  ") && text.contains("2 failed requests"), "{text}");
}
