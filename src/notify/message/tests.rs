use serde_json::json;

use super::super::facts::AlarmFacts;
use super::*;

const AT_MS: i64 = 1_777_904_520_000;

fn links() -> Links {
    Links {
        dashboard: Some("https://console.example/#dashboard".to_owned()),
        logs: Some("https://console.example/#logs".to_owned()),
        runbook: Some("https://wiki.example/5xx".to_owned()),
    }
}

fn change(state: AlarmState) -> Change {
    Change {
        alarm: "why5xx: API 5xx with a cause that somebody can fix, execution logs".to_owned(),
        state,
        at_ms: Some(AT_MS),
        reason: "1 out of 4 time series evaluated to ALARM".to_owned(),
        previous: None,
        contributor: None,
        query: None,
        is_muted: false,
        account: "111122223333".to_owned(),
    }
}

fn failing(api: &str, stage: &str, cause: &str, failures: u64) -> Failing {
    Failing {
        series: Contributor::of(&json!({"ApiId": api, "Stage": stage, "Cause": cause})),
        run: Some(FailureRun { failures, since_ms: AT_MS - 600_000, minutes: 10, is_older: false }),
        requests: vec!["1f2e3d4c-0000-4000-8000-000000000001".to_owned()],
        newest: Some(logged("API-Gateway-Execution-Logs_a1b2c3d4e5/prod")),
    }
}

fn logged(log_group: &str) -> Newest {
    Newest { log_group: log_group.to_owned(), at_ms: AT_MS - 60_000, ..Newest::default() }
}

fn written(change: Option<&Change>, facts: &AlarmFacts) -> AlarmMessage {
    AlarmMessage::about(change, facts, &Context { table: &Table::default(), links: &links(), region: "eu-west-1" })
}

fn facts(failing: Vec<Failing>) -> AlarmFacts {
    AlarmFacts { failing, ..AlarmFacts::default() }
}

#[test]
fn a_message_says_what_fails_since_when_and_what_to_do() {
    let message =
        written(Some(&change(AlarmState::Alarm)), &facts(vec![failing("orders", "prod", "lambda_permission", 14)]));
    assert_eq!(message.subject, "ALARM: orders/prod: lambda_permission, 14 requests in 10 minutes since 14:12 UTC");
    assert!(message.text.starts_with(
        "orders/prod: lambda_permission, 14 requests in 10 minutes since 14:12 UTC\n\
         API Gateway may not invoke the function.\n\nCheck first: "
    ));
    for part in [
        "\nFix: ",
        "    aws lambda get-policy --region eu-west-1 --function-name FUNCTION",
        "All of it: why5xx explain lambda_permission\nRequests: 1f2e3d4c-0000-4000-8000-000000000001\n",
        "Alarm: why5xx: API 5xx with a cause that somebody can fix, execution logs (on since 2026-05-04 14:22 UTC)\n\
         Dashboard: https://console.example/#dashboard\nLogs: https://console.example/#logs\nRunbook: https://wiki.example/5xx\n",
    ] {
        assert!(message.text.contains(part), "{part} in {}", message.text);
    }
}

#[test]
fn the_lines_of_the_newest_request_have_their_command() {
    let command = "    aws logs filter-log-events --region eu-west-1 --log-group-name API-Gateway-Execution-Logs_a1b2c3d4e5/prod \
                   --start-time 1777904160000 --filter-pattern '\"1f2e3d4c-0000-4000-8000-000000000001\"' \
                   --query 'events[].[message]' --output text\n";
    let usual = failing("orders", "prod", "lambda_permission", 14);
    let message = written(Some(&change(AlarmState::Alarm)), &facts(vec![usual.clone()]));
    assert!(message.text.contains(command), "{}", message.text);
    // What a shell would read stays out.
    let id = Failing { requests: vec!["x'; rm".to_owned()], ..usual.clone() };
    let group = Failing { newest: Some(logged("a b")), ..usual.clone() };
    for without in [id, group, Failing { newest: None, ..usual }] {
        let message = written(Some(&change(AlarmState::Alarm)), &facts(vec![without]));
        assert!(!message.text.contains("filter-log-events"), "{}", message.text);
    }
}

#[test]
fn what_stands_without_its_commands_ends_with_a_full_stop() {
    let message = written(
        Some(&change(AlarmState::Alarm)),
        &facts(vec![failing("orders", "prod", "vpc_link_internal_error", 14)]),
    );
    let steps = message.chat["content"]["nextSteps"].to_string();
    assert!(steps.contains("Look at the link. All of it"), "{steps}");
}

#[test]
fn five_stand_in_full_and_the_rest_is_a_number() {
    let causes = [
        "lambda_permission",
        "lambda_timeout",
        "stage_variable",
        "throttled",
        "waf_error",
        "unclassified",
        "lambda_throttled",
    ];
    let all = causes.map(|cause| failing("orders", "prod", cause, 3)).to_vec();
    let message = written(Some(&change(AlarmState::Alarm)), &facts(all));
    assert!(
        message.subject.starts_with("ALARM: 7 failing, most: orders/prod: lambda_permission"),
        "{}",
        message.subject
    );
    assert_eq!(message.text.matches("Check first: ").count(), 5);
    let rest = "\n2 more are failing, each less often or as often. All of them:\n    \
                aws cloudwatch describe-alarm-contributors --region eu-west-1 --alarm-name 'why5xx: API 5xx with a cause";
    assert!(message.text.contains(rest), "{}", message.text);
    assert_eq!(message.chat["content"]["keywords"].as_array().unwrap().len(), 5);
}

#[test]
fn the_end_of_an_alarm_and_of_one_contributor_are_short() {
    let mut ok = change(AlarmState::Ok);
    ok.previous = Some((AlarmState::Alarm, Some(AT_MS - 1_800_000)));
    let message = written(Some(&ok), &AlarmFacts::default());
    assert_eq!(message.subject, "OK: why5xx: API 5xx with a cause that somebody can fix, execution logs");
    assert!(message.text.starts_with(
        "All of this alarm is OK again since 2026-05-04 14:22 UTC; it was on since 2026-05-04 13:52 UTC.\n"
    ));
    let one = failing("orders", "prod", "lambda_permission", 0);
    ok.contributor = Some(one.series.clone());
    let message = written(Some(&ok), &facts(vec![Failing::new(one.series)]));
    assert_eq!(message.subject, "OK: orders/prod: lambda_permission");
    assert!(message.text.contains("Something else keeps the alarm on.") && !message.text.contains("Check first"));
}

#[test]
fn what_could_not_be_read_is_said_with_the_command_that_reads_it() {
    let unread = vec!["which API, stage and cause: DescribeAlarmContributors: AccessDenied".to_owned()];
    let message = written(Some(&change(AlarmState::Alarm)), &AlarmFacts { unread, ..AlarmFacts::default() });
    assert!(message.subject.starts_with("ALARM: why5xx: API 5xx"));
    for part in [
        "CloudWatch says: 1 out of 4 time series evaluated to ALARM. This shows it:",
        "--alarm-name 'why5xx: API 5xx with a cause that somebody can fix, execution logs'",
        "Not known: which API, stage and cause: DescribeAlarmContributors: AccessDenied\n",
    ] {
        assert!(message.text.contains(part), "{part} in {}", message.text);
    }
    let message = written(None, &AlarmFacts::default());
    assert_eq!(message.subject, "ALARM: an event about an alarm was not understood");
    assert!(message.text.contains("Dashboard: "));
}

#[test]
fn what_somebody_else_wrote_cannot_forge_lines_or_mention_people() {
    let hostile = failing("a\r\nFix: rm -rf", "<!channel>\u{202e}*x*`", "lambda_permission\u{0}", 14);
    let mut alarm = change(AlarmState::Alarm);
    alarm.alarm = "x\n'; rm".repeat(200);
    let message = written(Some(&alarm), &facts(vec![hostile]));
    assert!(
        message.subject.len() < 100 && message.subject.bytes().all(|b| (b' '..=b'~').contains(&b)),
        "{}",
        message.subject
    );
    assert!(message.text.chars().all(|c| c == '\n' || !c.is_control()), "{}", message.text);
    assert!(!message.text.lines().any(|line| line.starts_with("Fix: rm")), "{}", message.text);
    assert!(!message.chat.to_string().contains("<!channel>"));
}

#[test]
fn no_remedy_is_made_up_for_a_cause_that_is_not_known() {
    let message =
        written(Some(&change(AlarmState::Alarm)), &facts(vec![failing("orders", "prod", "coupon_service_down", 3)]));
    assert!(message.text.contains("No remedy is known for coupon_service_down here"), "{}", message.text);
    let nothing = Failing::new(Contributor::default());
    let message = written(Some(&change(AlarmState::Alarm)), &facts(vec![nothing]));
    assert!(message.text.starts_with("an API that the event does not name: a cause that the event does not name\n"));
}

#[test]
fn the_notification_has_what_chats_require_and_fits() {
    let all = ["lambda_permission", "lambda_timeout", "stage_variable"]
        .map(|cause| failing("orders", &"s".repeat(4_000), cause, 3));
    let message = written(Some(&change(AlarmState::Alarm)), &facts(all.to_vec()));
    let chat = &message.chat;
    assert_eq!((chat["version"].as_str(), chat["source"].as_str()), (Some("1.0"), Some("custom")));
    let description = chat["content"]["description"].as_str().unwrap();
    assert!(!description.is_empty() && description.chars().count() <= DESCRIPTION_CHARS);
    let by_protocol: Value = serde_json::from_str(&message.by_protocol()).unwrap();
    assert_eq!(by_protocol["default"], message.text);
    assert_eq!(serde_json::from_str::<Value>(by_protocol["https"].as_str().unwrap()).unwrap(), *chat);
    assert_eq!(by_protocol["sms"], message.subject);
    assert!(description.ends_with("Runbook: https://wiki.example/5xx\n"), "{description}");
}

#[test]
fn a_text_that_is_too_long_is_cut_after_a_word() {
    assert_eq!(cut("Check the role.", 15), "Check the role.");
    assert_eq!(cut("Check the role.", 14), "Check the\u{2026}");
    assert_eq!(cut(&"\u{fc}".repeat(20), 5), "\u{fc}\u{fc}\u{fc}\u{fc}\u{2026}");
    assert_eq!(cut("ab", 0), "\u{2026}");
}

#[test]
fn every_cause_makes_a_message_that_sns_takes() {
    for cause in Table::default().iter() {
        let message =
            written(Some(&change(AlarmState::Alarm)), &facts(vec![failing("a1b2c3d4e5", "prod", cause.id, 7); 5]));
        // SNS takes 256 KB.
        assert!(message.by_protocol().len() < 100_000, "{}", cause.id);
        assert!(message.subject.len() < 100, "{}", message.subject);
    }
}

#[test]
fn a_time_of_another_day_has_its_date() {
    assert_eq!(clock(AT_MS - 600_000, Some(AT_MS)), "14:12 UTC");
    assert_eq!(clock(AT_MS - 86_400_000, Some(AT_MS)), "2026-05-03 14:22 UTC");
    assert_eq!(date(i64::MAX), "an unknown time");
}

#[test]
fn what_fails_elsewhere_is_said_and_asked_there() {
    let mut failing = failing("a1b2c3d4e5", "prod", "lambda_permission", 14);
    let here = written(Some(&change(AlarmState::Alarm)), &facts(vec![failing.clone()])).text;
    assert!(!here.contains("In account") && !here.contains("In Region"), "{here}");
    let newest =
        Newest { region: Some("cn-north-1".to_owned()), account: Some("444455556666".to_owned()), ..logged("g") };
    failing.newest = Some(newest.clone());
    let there = written(Some(&change(AlarmState::Alarm)), &facts(vec![failing.clone()])).text;
    for part in [
        "In account 444455556666, Region cn-north-1: the commands need its credentials.\n",
        "    aws lambda get-policy --region cn-north-1 ",
        "    aws lambda add-permission --region cn-north-1 ",
        "'arn:aws-cn:execute-api:cn-north-1:444455556666:a1b2c3d4e5/*/",
        "    aws logs filter-log-events --region cn-north-1 ",
    ] {
        assert!(there.contains(part), "{part} in {there}");
    }
    failing.newest = Some(Newest { account: Some("111122223333".to_owned()), ..newest });
    let region = written(Some(&change(AlarmState::Alarm)), &facts(vec![failing])).text;
    assert!(region.contains("\nIn Region cn-north-1.\n"), "{region}");
}

#[test]
fn an_alarm_on_access_logs_has_no_hint_at_execution_logs_and_says_for_which_apis_its_commands_are() {
    let failing =
        Failing { newest: Some(logged("/orders/access")), ..failing("a1b2c3d4e5", "prod", "stage_variable", 14) };
    let of = |metric: &str| {
        let facts = AlarmFacts { metric: Some(metric.to_owned()), ..facts(vec![failing.clone()]) };
        written(Some(&change(AlarmState::Alarm)), &facts).text
    };
    let access = of("AccessLogErrors");
    assert!(access.contains("What was logged of the newest:\n    aws logs filter-log-events"), "{access}");
    assert!(
        access.contains("--rest-api-id") && access.contains("If it is an HTTP API: aws apigatewayv2, with --api-id.")
    );
    assert!(!access.contains("Resource Path"), "{access}");
    let execution = of("Errors");
    assert!(execution.contains("Resource Path") && !execution.contains("apigatewayv2"), "{execution}");
}

#[test]
fn a_cause_stands_once_among_the_keywords_whatever_stands_between() {
    let causes = ["lambda_timeout", "lambda_permission", "lambda_timeout", "lambda_permission"];
    let all = causes.map(|cause| failing("orders", "prod", cause, 3)).to_vec();
    let content = &written(Some(&change(AlarmState::Alarm)), &facts(all)).chat["content"];
    assert_eq!(content["keywords"], json!(["lambda_timeout", "lambda_permission"]));
    assert_eq!(content["nextSteps"].as_array().map(Vec::len), Some(2));
}

#[test]
fn an_alarm_that_is_ok_again_when_its_event_comes_is_not_said_to_be_on() {
    let facts = AlarmFacts { ok_since_ms: Some(AT_MS + 600_000), ..AlarmFacts::default() };
    let message = written(Some(&change(AlarmState::Alarm)), &facts);
    assert!(message.subject.starts_with("ALARM, OK again: why5xx: API 5xx"), "{}", message.subject);
    let said = "The alarm was on since 2026-05-04 14:22 UTC, and is OK again since 2026-05-04 14:32 UTC.";
    assert!(
        message.text.starts_with(said) && !message.text.contains("on since 2026-05-04 14:22 UTC)"),
        "{}",
        message.text
    );
}
