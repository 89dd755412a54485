//! Messages about alarms: the real program with the handler `notify`, between Lambda's Runtime API and stand-ins of
//! CloudWatch, CloudWatch Logs and SNS.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use why5xx::cause::{Kind, Table};
use why5xx::notify::event::Change;
use why5xx::notify::facts::{AlarmFacts, Contributor, Failing, Newest};
use why5xx::notify::message::{AlarmMessage, Context};
use why5xx::settings::{Links, Rules};

use crate::support::document;
use crate::support::function::Function;
use crate::support::http::{Answer, Request, serve};
use crate::support::runtime_api::Outcome;

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:why5xx-AlarmTopic-1A2B3C4D5E6F";
const ALARM: &str = "why5xx: API 5xx with a cause that somebody can fix, execution logs";
const LOAD_ALARM: &str = "why5xx: API 5xx from load or a slow backend, execution logs";
const QUERY: &str = r#"SELECT SUM(Errors) FROM SCHEMA("Why5xx", ApiId, Stage, Cause) WHERE Cause != 'x' AND Stage != 'no/stage' GROUP BY ApiId, Stage, Cause ORDER BY SUM() DESC"#;
const DASHBOARD: &str =
    "https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/why5xx-eu-west-1";

/// 2026-05-04T14:22:04Z
const AT: i64 = 1_777_904_524;

/// Answers to each action, in turn: status and body.
type Answers = HashMap<&'static str, Vec<(u16, Value)>>;

/// The services, with an answer for each action.
#[derive(Clone, Default)]
struct Services {
    answers: Arc<Mutex<Answers>>,
    /// Each call: its action and what it asked.
    calls: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Services {
    /// The services and a function that calls them.
    fn start(answers: &[(&'static str, Value)]) -> (Self, Function) {
        Self::start_for(answers, TOPIC)
    }

    /// Starts the services and a function that sends to these topics.
    fn start_for(answers: &[(&'static str, Value)], topics: &str) -> (Self, Function) {
        let services = Self::default();
        for (action, answer) in answers {
            services.then(action, &[(200, answer.clone())]);
        }
        let handler = services.clone();
        let address = serve(move |request| handler.answer(request));
        let url = format!("http://{address}");
        let function = Function::start_with(&[
            ("_HANDLER", "notify"),
            ("AWS_ENDPOINT_URL", &url),
            ("WHY5XX_TOPIC_ARNS", topics),
            ("WHY5XX_DASHBOARD_URL", DASHBOARD),
            ("WHY5XX_RUNBOOK_URL", "https://wiki.example.com/5xx"),
        ]);
        (services, function)
    }

    /// Answers to an action, in turn; the last one for all further calls.
    fn then(&self, action: &'static str, answers: &[(u16, Value)]) {
        self.answers.lock().unwrap().insert(action, answers.to_vec());
    }

    fn answer(&self, request: &Request) -> Answer {
        let target = request.header("x-amz-target");
        let (action, asked, service) = match target.split_once('.') {
            Some(("GraniteServiceVersion20100801", action)) => (action.to_owned(), json_of(request), "monitoring"),
            Some(("Logs_20140328", action)) => (action.to_owned(), json_of(request), "logs"),
            _ => ("Publish".to_owned(), form_of(request), "sns"),
        };
        assert!(request.header("authorization").contains(&format!("/eu-west-1/{service}/aws4_request")), "{request:?}");
        assert!(!request.header("x-amz-security-token").is_empty());
        self.calls.lock().unwrap().push((action.clone(), asked));
        let mut answers = self.answers.lock().unwrap();
        let Some(answers) = answers.get_mut(action.as_str()) else {
            return respond(400, &json!({"__type": "com.amazonaws#InvalidAction"}));
        };
        let (status, body) = if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() };
        respond(status, &body)
    }

    /// The actions that were called, in order.
    fn actions(&self) -> Vec<String> {
        self.calls.lock().unwrap().iter().map(|(action, _)| action.clone()).collect()
    }

    /// Returns the last request of an action.
    fn asked(&self, action: &str) -> Value {
        self.calls.lock().unwrap().iter().rev().find(|(called, _)| called == action).unwrap().1.clone()
    }

    /// Subjects and texts of what was published.
    fn published(&self) -> Vec<(String, String)> {
        let calls = self.calls.lock().unwrap();
        let published = calls.iter().filter(|(action, _)| action == "Publish").map(|(_, form)| {
            assert_eq!((form["TopicArn"].as_str(), form["MessageStructure"].as_str()), (Some(TOPIC), Some("json")));
            let message: Value = serde_json::from_str(form["Message"].as_str().unwrap()).unwrap();
            (form["Subject"].as_str().unwrap().to_owned(), message["default"].as_str().unwrap().to_owned())
        });
        published.collect()
    }
}

fn respond(status: u16, body: &Value) -> Answer {
    Answer::Response { status, headers: Vec::new(), body: body.to_string().into_bytes() }
}

fn json_of(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// The fields of a form.
fn form_of(request: &Request) -> Value {
    let body = String::from_utf8(request.body.clone()).unwrap();
    body.split('&')
        .map(|field| field.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

fn decoded(text: &str) -> Value {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&rest[..2]).unwrap(), 16).unwrap());
            rest = &rest[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).unwrap().into()
}

fn series(api: &str, stage: &str, cause: &str) -> Value {
    json!({"ApiId": api, "Stage": stage, "Cause": cause})
}

/// An event as CloudWatch documents it; of a contributor if there are attributes.
fn event(state: &str, attributes: Option<Value>) -> Value {
    let mut event = json!({
        "version": "0",
        "id": "0f1e2d3c-1111-4222-8333-444455556666",
        "detail-type": "CloudWatch Alarm State Change",
        "source": "aws.cloudwatch",
        "account": "111122223333",
        "time": "2026-05-04T14:22:04Z",
        "region": "eu-west-1",
        "resources": [format!("arn:aws:cloudwatch:eu-west-1:111122223333:alarm:{ALARM}")],
        "detail": {
            "alarmName": ALARM,
            "state": {
                "value": state,
                "reason": "1 out of 3 time series evaluated to ALARM",
                "timestamp": "2026-05-04T14:22:04.000+0000",
            },
            "configuration": {
                "metrics": [{"id": "failures", "expression": QUERY, "returnData": true, "period": 300}],
                "description": "In two of three spans of five minutes …",
            },
        },
    });
    match attributes {
        Some(attributes) => {
            event["detail-type"] = "CloudWatch Alarm Contributor State Change".into();
            event["detail"]["alarmContributor"] = json!({"id": "6d442278dba546f6", "attributes": attributes});
        }
        None => {
            let before = if state == "ALARM" { "OK" } else { "ALARM" };
            event["detail"]["previousState"] = json!({"value": before, "timestamp": "2026-05-04T13:52:04.000+0000"});
        }
    }
    event
}

fn contributors(series: &[Value]) -> Value {
    let contributor = |attributes: &Value| json!({"ContributorId": "6d44", "ContributorAttributes": attributes, "StateReason": "crossed"});
    json!({"AlarmContributors": series.iter().map(contributor).collect::<Vec<_>>()})
}

/// Fourteen failures in the ten minutes before the alarm.
fn points(id: &str) -> Value {
    let start = AT - AT % 60;
    json!({"Id": id, "StatusCode": "Complete", "Timestamps": [start - 600, start - 300, start - 60], "Values": [4.0, 5.0, 5.0]})
}

fn exemplar(cause: &str, id: &str) -> Value {
    let line = json!({
        "message": "exemplar", "level": "INFO", "cause": cause, "metric": "Errors", "apiId": "orders", "stage": "prod",
        "failedRequestId": id, "logGroup": "API-Gateway-Execution-Logs_a1b2c3d4e5/prod",
    });
    json!({"logStreamName": "s", "timestamp": AT * 1_000, "eventId": "1", "message": line.to_string()})
}

fn alarm(state: &str, since: i64) -> Value {
    json!({"MetricAlarms": [{"AlarmName": ALARM, "StateValue": state, "StateTransitionedTimestamp": since, "Metrics": [{"Expression": QUERY}]}]})
}

/// All answers where one cause fails.
fn usual() -> Vec<(&'static str, Value)> {
    let ids = ["1f2e3d4c-0000-4000-8000-000000000001", "1f2e3d4c-0000-4000-8000-000000000002"];
    vec![
        ("DescribeAlarms", alarm("ALARM", AT)),
        ("DescribeAlarmContributors", contributors(&[series("orders", "prod", "lambda_permission")])),
        ("GetMetricData", json!({"MetricDataResults": [points("s0")]})),
        ("FilterLogEvents", json!({"events": ids.map(|id| exemplar("lambda_permission", id))})),
        ("Publish", json!("<PublishResponse/>")),
    ]
}

fn invoke(function: &mut Function, event: &Value) -> Outcome {
    function.invoke(event.to_string().as_bytes())
}

#[test]
fn an_alarm_becomes_one_message_with_cause_count_remedy_requests_and_links() {
    let (services, mut function) = Services::start(&usual());
    assert_eq!(invoke(&mut function, &event("ALARM", None)), Outcome::Success("null".to_owned()));
    let actions = ["DescribeAlarms", "DescribeAlarmContributors", "GetMetricData", "FilterLogEvents", "Publish"];
    assert_eq!(services.actions(), actions);
    let [(subject, text)] = services.published().try_into().unwrap();
    assert_eq!(subject, "ALARM: orders/prod: lambda_permission, 14 requests in 11 minutes since 14:12 UTC");
    for part in [
        "API Gateway may not invoke the function.\n\nCheck first: ",
        "\nFix: ",
        "Requests: 1f2e3d4c-0000-4000-8000-000000000001, 1f2e3d4c-0000-4000-8000-000000000002\n",
        "\nDashboard: https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#dashboards/dashboard/why5xx-eu-west-1\n\
         Logs: https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252Fwhy5xx",
        "\nRunbook: https://wiki.example.com/5xx\n",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    let asked = services.asked("GetMetricData");
    let metric = &asked["MetricDataQueries"][0]["MetricStat"]["Metric"];
    assert_eq!((metric["Namespace"].as_str(), metric["MetricName"].as_str()), (Some("Why5xx"), Some("Errors")));
    assert_eq!(metric["Dimensions"][2], json!({"Name": "Stage", "Value": "prod"}));
    assert_eq!(services.asked("FilterLogEvents")["logGroupName"], crate::support::function::OWN_LOG_GROUP);
    let written = function.written();
    assert!(written.contains(r#""message":"message sent""#), "{written}");
    assert!(!written.contains("Check first") && !written.contains("1f2e3d4c"), "{written}");
}

#[test]
fn the_changes_of_contributors_make_one_message_each_unless_the_alarm_changes_with_them() {
    let (services, mut function) = Services::start(&usual());
    let attributes = || Some(series("orders", "prod", "lambda_permission"));
    // In the same evaluation: the message of the alarm says it.
    assert!(invoke(&mut function, &event("ALARM", attributes())).is_success());
    assert_eq!(services.published().len(), 0);
    // Later than the alarm.
    services.then("DescribeAlarms", &[(200, alarm("ALARM", AT - 600))]);
    assert!(invoke(&mut function, &event("ALARM", attributes())).is_success());
    assert!(invoke(&mut function, &event("OK", attributes())).is_success());
    // The last one ends the alarm.
    services.then("DescribeAlarms", &[(200, alarm("OK", AT))]);
    assert!(invoke(&mut function, &event("OK", attributes())).is_success());
    assert!(invoke(&mut function, &event("OK", None)).is_success());
    let subjects: Vec<_> = services.published().into_iter().map(|(subject, _)| subject).collect();
    assert_eq!(
        subjects,
        [
            "ALARM: orders/prod: lambda_permission, 14 requests in 11 minutes since 14:12 UTC",
            "OK: orders/prod: lambda_permission",
            "OK: why5xx: API 5xx with a cause that somebody can fix, execution logs",
        ]
    );
}

#[test]
fn a_muted_alarm_sends_nothing_and_asks_nothing() {
    let (services, mut function) = Services::start(&usual());
    for attributes in [None, Some(series("orders", "prod", "lambda_permission"))] {
        let mut event = event("ALARM", attributes);
        event["detail"]["muteDetail"] = json!({
            "mutedByArn": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm-mute-rule:night",
            "muteWindowStart": "2026-05-04T14:00:00.000+0000",
            "muteWindowEnd": "2026-05-04T15:00:00.000+0000",
        });
        assert!(invoke(&mut function, &event).is_success());
    }
    assert_eq!(services.actions(), [""; 0]);
    assert!(function.written().contains("the alarm is muted"));
}

#[test]
fn many_contributors_are_read_page_by_page_and_the_most_frequent_come_first() {
    let (services, mut function) = Services::start(&usual());
    let all: Vec<_> = (0..7).map(|n| series("orders", &format!("stage{n}"), "lambda_permission")).collect();
    let mut first = contributors(&all[..4]);
    first["NextToken"] = "more".into();
    services.then("DescribeAlarmContributors", &[(200, first), (200, contributors(&all[4..]))]);
    let counts: Vec<_> =
        (0..7).map(|n| json!({"Id": format!("s{n}"), "Timestamps": [AT - 60], "Values": [n + 1]})).collect();
    services.then("GetMetricData", &[(200, json!({"MetricDataResults": counts}))]);
    assert!(invoke(&mut function, &event("ALARM", None)).is_success());
    assert_eq!(services.asked("DescribeAlarmContributors")["NextToken"], "more");
    let [(subject, text)] = services.published().try_into().unwrap();
    assert!(subject.starts_with("ALARM: 7 failing, most: orders/stage6: lambda_permission, 7 requests"), "{subject}");
    assert!(text.contains("orders/stage2:") && !text.contains("orders/stage1:"), "{text}");
    assert!(text.contains("2 more are failing"), "{text}");
}

#[test]
fn what_is_denied_or_unreadable_is_said_and_the_message_is_sent() {
    let (services, mut function) = Services::start(&usual());
    let denied = json!({"__type": "com.amazonaws.cloudwatch#AccessDeniedException", "message": "planted: no"});
    services.then("DescribeAlarmContributors", &[(400, denied.clone())]);
    assert!(invoke(&mut function, &event("ALARM", None)).is_success());
    for action in ["DescribeAlarms", "GetMetricData", "FilterLogEvents"] {
        services.then(action, &[(400, denied.clone())]);
    }
    assert!(invoke(&mut function, &event("ALARM", Some(series("orders", "prod", "lambda_permission")))).is_success());
    services.then(
        "GetMetricData",
        &[(200, json!({"MetricDataResults": [7, {"Id": "s9"}, {"Id": "s0", "Timestamps": ["x"], "Values": [1]}]}))],
    );
    services.then("FilterLogEvents", &[(200, json!({"events": [null, {"message": "no JSON"}, {"message": "[1]"}]}))]);
    assert!(invoke(&mut function, &event("ALARM", Some(json!({"Cause": 5})))).is_success());
    let [(_, without), (subject, bare), (odd, _)] = services.published().try_into().unwrap();
    assert!(
        without.contains("CloudWatch says: 1 out of 3 time series evaluated to ALARM. This shows it:\n"),
        "{without}"
    );
    assert!(
        without.contains("Not known: which API, stage and cause: DescribeAlarmContributors: AccessDeniedException\n"),
        "{without}"
    );
    assert_eq!(subject, "ALARM: orders/prod: lambda_permission");
    assert!(bare.contains("Check first: ") && bare.matches("Not known: ").count() == 3, "{bare}");
    assert!(odd.starts_with("ALARM: an API that the event does not name"), "{odd}");
    assert!(!function.written().contains("planted"));
}

#[test]
fn counts_that_may_not_be_read_and_a_log_that_is_too_long_are_said() {
    let (services, mut function) = Services::start(&usual());
    let forbidden = json!({"Id": "s0", "StatusCode": "Forbidden", "Timestamps": [], "Values": []});
    services.then("GetMetricData", &[(200, json!({"MetricDataResults": [forbidden]}))]);
    // The newest comes before an older one, and there is always a further page.
    let (new, mut old) = (exemplar("lambda_permission", "the-newest"), exemplar("lambda_permission", "an-older-one"));
    old["timestamp"] = (AT * 1_000 - 60_000).into();
    services.then(
        "FilterLogEvents",
        &[(200, json!({"events": [new, old], "nextToken": "more"})), (200, json!({"events": [], "nextToken": "more"}))],
    );
    assert!(invoke(&mut function, &event("ALARM", None)).is_success());
    let [(_, text)] = services.published().try_into().unwrap();
    assert!(text.contains("Not known: how often and since when: GetMetricData: Forbidden\n"), "{text}");
    assert!(text.contains("Not known: the newest request ids: the log of these minutes is longer than"), "{text}");
    assert!(text.contains("Requests: an-older-one, the-newest\n"), "{text}");
}

#[test]
fn an_alarm_that_is_ok_again_is_read_no_further() {
    let (services, mut function) = Services::start(&usual());
    services.then("DescribeAlarms", &[(200, alarm("OK", AT + 600))]);
    assert!(invoke(&mut function, &event("ALARM", None)).is_success());
    assert_eq!(services.actions(), ["DescribeAlarms", "Publish"]);
    let [(subject, text)] = services.published().try_into().unwrap();
    assert!(
        subject.starts_with("ALARM, OK again: ") && text.contains("is OK again since 2026-05-04 14:32 UTC"),
        "{text}"
    );
}

#[test]
fn throttled_calls_are_made_again_and_an_empty_list_is_read_again() {
    let (services, mut function) = Services::start(&usual());
    let throttled = (400, json!({"__type": "ThrottlingException"}));
    let found = (200, contributors(&[series("orders", "prod", "lambda_permission")]));
    services.then("DescribeAlarmContributors", &[throttled.clone(), (200, contributors(&[])), found]);
    services.then("Publish", &[(500, json!({})), throttled, (200, json!({}))]);
    assert!(invoke(&mut function, &event("ALARM", None)).is_success());
    let sent = services.published();
    assert!(sent.len() == 3 && sent[2].0.starts_with("ALARM: orders/prod: lambda_permission"), "{sent:?}");
}

#[test]
fn an_alarm_whose_actions_are_off_sends_nothing() {
    let (services, mut function) = Services::start(&usual());
    let mut off = alarm("ALARM", AT - 600);
    off["MetricAlarms"][0]["ActionsEnabled"] = false.into();
    services.then("DescribeAlarms", &[(200, off)]);
    for state in ["ALARM", "OK"] {
        for attributes in [None, Some(series("orders", "prod", "lambda_permission"))] {
            assert!(invoke(&mut function, &event(state, attributes)).is_success());
        }
    }
    assert_eq!(services.published(), []);
    assert_eq!(function.written().matches("the actions of the alarm are off").count(), 4);
}

#[test]
fn a_topic_that_refuses_is_no_reason_to_send_to_the_others_again() {
    let (services, mut function) = Services::start_for(&usual(), &format!("{TOPIC},{TOPIC}2"));
    let refused = (403, json!({"__type": "AuthorizationError", "message": "planted"}));
    services.then("Publish", &[refused.clone(), (200, json!({})), refused]);
    assert!(invoke(&mut function, &event("ALARM", None)).is_success());
    let written = function.written();
    let line = written.lines().find(|line| line.contains("message not sent")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!((line["level"].as_str(), line["UnsentMessages"].as_u64()), (Some("ERROR"), Some(1)));
    assert_eq!(line["error"], format!("{TOPIC}: sns:Publish: AuthorizationError"));
    let metrics = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!((&metrics["Namespace"], &metrics["Dimensions"]), (&json!("Why5xx"), &json!([["Function"]])));
    // None of both takes it.
    assert_eq!(invoke(&mut function, &event("ALARM", None)).error_type(), "NotSent");
    assert_eq!(services.actions().iter().filter(|action| *action == "Publish").count(), 4);
}

#[test]
fn every_cause_and_own_rule_makes_a_notification_within_the_limits_of_chats() {
    let long = "Read the dashboard of the coupon service. ".repeat(80);
    let rule = format!(
        "[[rule]]\nid = \"{}\"\ntitle = \"{long}\"\nkind = \"broken\"\nmatch.function = [\"coupon\"]\n\
         remedy.confirm = [\"{long}\"]\nremedy.fix = [\"{long}\"]\n",
        "coupon_".repeat(9).trim_end_matches('_')
    );
    let rules = Rules::parse(std::path::Path::new("rules.toml"), &rule).unwrap();
    let table = rules.table();
    let links = Links { dashboard: Some(DASHBOARD.to_owned()), ..Links::default() };
    let context = Context { table: &table, links: &links, region: "eu-west-1" };
    let change = Change::parse(&event("ALARM", None)).unwrap();
    let mut steps = 0;
    for cause in table.iter() {
        let failing = Failing::new(Contributor::of(&series("a1b2c3d4e5", "prod", cause.id)));
        let facts = AlarmFacts { failing: vec![failing], ..AlarmFacts::default() };
        let chat = AlarmMessage::about(Some(&change), &facts, &context).chat;
        let fits = |text: &Value, most: usize| {
            let count = text.as_str().unwrap().chars().count();
            assert!((1..=most).contains(&count), "{}: {count} of {most}: {text}", cause.id);
        };
        // Source: Amazon Q Developer in chat applications, Administrator Guide, "Custom notifications".
        fits(&chat["content"]["title"], 250);
        fits(&chat["content"]["description"], 8_000);
        for step in chat["content"]["nextSteps"].as_array().unwrap() {
            fits(step, 350);
            let end = format!(" All of it: `why5xx explain {}`", cause.id);
            let prose = step.as_str().unwrap().strip_suffix(&end).unwrap();
            assert!(prose.ends_with(['.', ':', '?', '\u{2026}', ')']), "{prose}");
            steps += 1;
        }
        for keyword in chat["content"]["keywords"].as_array().unwrap() {
            fits(keyword, 75);
        }
    }
    assert!(steps > 40, "{steps}");
}

#[test]
fn a_message_that_cannot_be_sent_is_the_only_error() {
    let (services, mut function) = Services::start(&usual());
    services.then("Publish", &[(403, json!({"__type": "AuthorizationError", "message": "planted"}))]);
    let outcome = invoke(&mut function, &event("ALARM", None));
    assert_eq!(
        (outcome.error_type(), outcome.message()),
        (
            "NotSent",
            format!("the message about an alarm could not be sent: {TOPIC}: sns:Publish: AuthorizationError").as_str()
        )
    );
    assert!(function.written().contains(r#""level":"ERROR""#));
    // Lambda tries it again.
    services.then("Publish", &[(200, json!({}))]);
    assert!(invoke(&mut function, &event("ALARM", None)).is_success());
}

#[test]
fn an_event_that_is_not_understood_is_a_message_too() {
    let (services, mut function) = Services::start(&usual());
    for event in [json!({}), json!([1, 2]), json!("x"), json!({"detail": {"alarmName": ALARM, "state": {}}})] {
        assert!(invoke(&mut function, &event).is_success(), "{event}");
    }
    let sent = services.published();
    assert!(
        sent.len() == 4
            && sent.iter().all(|(subject, _)| subject == "ALARM: an event about an alarm was not understood")
    );
    // What cannot be read at all is an error, which quotes nothing.
    for payload in ["planted".to_owned(), format!("{}planted", "[".repeat(1_000))] {
        let outcome = function.invoke(payload.as_bytes());
        assert_eq!(outcome.error_type(), "UnreadableEvent");
        assert!(!outcome.message().contains("planted"), "{}", outcome.message());
    }
    assert!(function.is_alive());
}

#[test]
fn services_that_hang_leave_time_for_the_message() {
    let services = Services::default();
    services.then("Publish", &[(200, json!({}))]);
    let handler = services.clone();
    let address = serve(move |request| match request.header("x-amz-target") {
        "" => handler.answer(request),
        _ => Answer::Hang(std::time::Duration::from_secs(60)),
    });
    let url = format!("http://{address}");
    let mut function =
        Function::start_with(&[("_HANDLER", "notify"), ("AWS_ENDPOINT_URL", &url), ("WHY5XX_TOPIC_ARNS", TOPIC)]);
    let event = event("ALARM", None).to_string();
    assert!(function.invoke_within(event.as_bytes(), std::time::Duration::from_secs(6)).is_success());
    let [(_, text)] = services.published().try_into().unwrap();
    assert!(
        text.contains("Not known: which API, stage and cause: DescribeAlarmContributors: no answer in time\n"),
        "{text}"
    );
}

#[test]
fn without_a_topic_the_program_does_not_start() {
    let mut function = Function::start_with(&[("_HANDLER", "notify")]);
    assert!(function.ends_within(std::time::Duration::from_secs(30)));
    assert!(function.written().contains("WHY5XX_TOPIC_ARNS is not set"));
}

/// Causes of all parts of the chain, as examples.
const TEN: [&str; 10] = [
    "lambda_permission",
    "lambda_timeout",
    "lambda_malformed_response",
    "lambda_throttled",
    "integration_timeout",
    "vpc_link_internal_error",
    "tls_certificate_expired",
    "stage_variable",
    "authorizer_error",
    "backend_error_response",
];

#[test]
fn the_messages_of_ten_causes_are_on_their_page() {
    let links = Links {
        dashboard: Some(DASHBOARD.to_owned()),
        logs: Some("https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Fwhy5xx$252Fwhy5xx/log-events$3FfilterPattern$3Dexemplar".to_owned()),
        runbook: Some("https://wiki.example.com/5xx".to_owned()),
    };
    let table = Table::default();
    let context = Context { table: &table, links: &links, region: "eu-west-1" };
    let mut change = Change::parse(&event("ALARM", None)).unwrap();
    let mut page = String::new();
    let mut written = |cause: &str, message: &AlarmMessage| {
        let subject = &message.subject;
        writeln!(page, "### {cause}\n\n```text\nSubject: {subject}\n\n{}```\n", message.text).unwrap();
    };
    for (number, cause) in TEN.iter().enumerate() {
        let mut failing = Failing::new(Contributor::of(&series("a1b2c3d4e5", "prod", cause)));
        let id = format!("1f2e3d4c-0000-4000-8000-00000000000{number}");
        failing.requests = vec![id];
        let log_group = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod".to_owned();
        failing.newest = Some(Newest { log_group, at_ms: AT * 1_000 - 60_000, ..Newest::default() });
        let mut facts = AlarmFacts { failing: vec![failing], ..AlarmFacts::default() };
        let start = AT * 1_000 - 600_000;
        facts.set_counts(&[vec![(start, 9.0), (start + 300_000, number as f64)]], change.at_ms);
        let is_load = table.by_id(cause).unwrap().kind == Kind::Load;
        change.alarm = if is_load { LOAD_ALARM } else { ALARM }.to_owned();
        written(cause, &AlarmMessage::about(Some(&change), &facts, &context));
    }
    document::compare_between("docs/messages.md", "messages", page.trim_end());
}
