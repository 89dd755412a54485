use serde_json::json;

use super::super::facts::Facts;
use super::*;

const AT_MS: i64 = 1_777_904_520_000;

fn links() -> Links {
    Links {
        dashboard: Some("https://console.example/#dashboard".to_owned()),
        logs: Some("https://console.example/#logs".to_owned()),
        runbook: Some("https://wiki.example/5xx".to_owned()),
    }
}

fn change(state: State) -> Change {
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
        series: Series::of(&json!({"ApiId": api, "Stage": stage, "Cause": cause})),
        run: Some(Run { failures, since_ms: AT_MS - 600_000, minutes: 10, is_older: false }),
        requests: vec!["1f2e3d4c-0000-4000-8000-000000000001".to_owned()],
        newest: Some(("API-Gateway-Execution-Logs_a1b2c3d4e5/prod".to_owned(), AT_MS - 60_000)),
    }
}

fn written(change: Option<&Change>, facts: &Facts) -> Message {
    Message::about(change, facts, &Context { table: &Table::default(), links: &links(), region: "eu-west-1" })
}

fn facts(failing: Vec<Failing>) -> Facts {
    Facts { failing, unread: Vec::new() }
}

#[test]
fn a_message_says_what_fails_since_when_and_what_to_do() {
    let message =
        written(Some(&change(State::Alarm)), &facts(vec![failing("orders", "prod", "lambda_permission", 14)]));
    assert_eq!(message.subject, "ALARM: orders/prod: lambda_permission, 14 requests in 10 minutes since 14:12 UTC");
    assert!(message.text.starts_with(
        "orders/prod: lambda_permission, 14 requests in 10 minutes since 14:12 UTC\n\
         API Gateway may not invoke the function.\n\nCheck first: "
    ));
    for part in [
        "\nFix: ",
        "    aws lambda get-policy --function-name FUNCTION",
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
    let message = written(Some(&change(State::Alarm)), &facts(vec![usual.clone()]));
    assert!(message.text.contains(command), "{}", message.text);
    // What a shell would read stays out.
    let id = Failing { requests: vec!["x'; rm".to_owned()], ..usual.clone() };
    let group = Failing { newest: Some(("a b".to_owned(), AT_MS)), ..usual.clone() };
    for without in [id, group, Failing { newest: None, ..usual }] {
        let message = written(Some(&change(State::Alarm)), &facts(vec![without]));
        assert!(!message.text.contains("filter-log-events"), "{}", message.text);
    }
}

#[test]
fn what_stands_without_its_commands_ends_with_a_full_stop() {
    let message =
        written(Some(&change(State::Alarm)), &facts(vec![failing("orders", "prod", "vpc_link_internal_error", 14)]));
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
    let message = written(Some(&change(State::Alarm)), &facts(all));
    assert!(
        message.subject.starts_with("ALARM: 7 failing, most: orders/prod: lambda_permission"),
        "{}",
        message.subject
    );
    assert_eq!(message.text.matches("Check first: ").count(), 5);
    assert!(
        message.text.contains("\n2 more are failing, each less often; the dashboard has all.\n"),
        "{}",
        message.text
    );
    assert_eq!(message.chat["content"]["keywords"].as_array().unwrap().len(), 5);
}

#[test]
fn the_end_of_an_alarm_and_of_one_contributor_are_short() {
    let mut ok = change(State::Ok);
    ok.previous = Some((State::Alarm, Some(AT_MS - 1_800_000)));
    let message = written(Some(&ok), &Facts::default());
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
    let message = written(Some(&change(State::Alarm)), &Facts { failing: Vec::new(), unread });
    assert!(message.subject.starts_with("ALARM: why5xx: API 5xx"));
    for part in [
        "CloudWatch says: 1 out of 4 time series evaluated to ALARM. This shows it:",
        "--alarm-name 'why5xx: API 5xx with a cause that somebody can fix, execution logs'",
        "Not known: which API, stage and cause: DescribeAlarmContributors: AccessDenied\n",
    ] {
        assert!(message.text.contains(part), "{part} in {}", message.text);
    }
    let message = written(None, &Facts::default());
    assert_eq!(message.subject, "ALARM: an event about an alarm was not understood");
    assert!(message.text.contains("Dashboard: "));
}

#[test]
fn what_somebody_else_wrote_cannot_forge_lines_or_mention_people() {
    let hostile = failing("a\r\nFix: rm -rf", "<!channel>\u{202e}*x*`", "lambda_permission\u{0}", 14);
    let mut alarm = change(State::Alarm);
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
        written(Some(&change(State::Alarm)), &facts(vec![failing("orders", "prod", "coupon_service_down", 3)]));
    assert!(message.text.contains("No remedy is known for coupon_service_down here"), "{}", message.text);
    let nothing = Failing::new(Series::default());
    let message = written(Some(&change(State::Alarm)), &facts(vec![nothing]));
    assert!(message.text.starts_with("an API that the event does not name: a cause that the event does not name\n"));
}

#[test]
fn the_notification_has_what_chats_require_and_fits() {
    let all = ["lambda_permission", "lambda_timeout", "stage_variable"]
        .map(|cause| failing("orders", &"s".repeat(4_000), cause, 3));
    let message = written(Some(&change(State::Alarm)), &facts(all.to_vec()));
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
        let message = written(Some(&change(State::Alarm)), &facts(vec![failing("a1b2c3d4e5", "prod", cause.id, 7); 5]));
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
