//! The survey as a watch: the real program with the handler `survey`, between Lambda's Runtime API and an account of the
//! tests' own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::account::{Account, EXECUTION_GROUP, FUNCTION, State, advised, arn_of};
use crate::support::filter_pattern::default_pattern_of;
use crate::support::function::Function;
use crate::support::runtime_api::Outcome;

/// Result of a survey.
struct Surveyed {
    outcome: Outcome,
    lines: Vec<Value>,
    calls: Vec<String>,
    peak_bytes: usize,
}

impl Surveyed {
    /// The last line, with the metrics.
    fn summary(&self) -> &Value {
        self.lines.iter().find(|line| line["message"] == "account surveyed").unwrap_or(&Value::Null)
    }

    /// The lines of a message.
    fn of<'s>(&'s self, message: &'s str) -> impl Iterator<Item = &'s Value> {
        self.lines.iter().filter(move |line| line["message"] == message)
    }

    /// The published values; None for what is not published.
    fn metrics(&self) -> [Option<f64>; 2] {
        let directive = &self.summary()["_aws"]["CloudWatchMetrics"][0];
        let names: Vec<&Value> =
            directive["Metrics"].as_array().into_iter().flatten().map(|each| &each["Name"]).collect();
        ["UnseenStages", "ExplainedShare"]
            .map(|name| names.contains(&&json!(name)).then(|| self.summary()[name].as_f64()).flatten())
    }
}

/// Surveys an account within a time.
fn within(state: State, time: Duration, variables: &[(&str, &str)]) -> Surveyed {
    let account = Account::of(state);
    let all = [&[("_HANDLER", "survey"), ("AWS_ENDPOINT_URL", &account.url)], variables].concat();
    let mut function = Function::start_with(&all);
    let outcome = function.invoke_within(br#"{"source":"aws.events","detail":{}}"#, time);
    let written = function.written();
    assert!(!written.contains("planted"), "{written}");
    let lines = written.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let calls = account.state.lock().unwrap().calls.clone();
    Surveyed { outcome, lines, calls, peak_bytes: function.peak_bytes() }
}

fn survey(state: State) -> Surveyed {
    within(state, Duration::from_secs(60), &[])
}

#[test]
fn an_account_without_a_gap_publishes_0_and_only_reading_calls_are_made() {
    let surveyed = survey(State::healthy());
    assert_eq!(surveyed.outcome, Outcome::Success("null".to_owned()));
    assert_eq!(surveyed.metrics(), [Some(0.0), Some(98.0)], "{:#?}", surveyed.lines);
    let summary = surveyed.summary();
    assert_eq!(
        (&summary["level"], &summary["stages"], &summary["notLookedAt"]),
        (&json!("INFO"), &json!(1), &json!([]))
    );
    assert_eq!(surveyed.lines.len(), 1, "{:#?}", surveyed.lines);
    let directive = &summary["_aws"]["CloudWatchMetrics"][0];
    assert_eq!((&directive["Namespace"], &directive["Dimensions"]), (&json!("Why5xx"), &json!([["Function"]])));
    assert_eq!(summary["Function"], "why5xx");
    let units: Vec<_> = directive["Metrics"].as_array().unwrap().iter().map(|metric| &metric["Unit"]).collect();
    assert_eq!(units, ["Count", "Percent"]);
    for call in &surveyed.calls {
        let name = call.rsplit('.').next().unwrap();
        let reads = ["GET ", "Describe", "List", "Get"].iter().any(|begin| name.starts_with(begin));
        assert!(reads && !call.starts_with("sts."), "{call}");
    }
}

#[test]
fn each_unseen_stage_has_a_line_with_the_reason_and_the_fix() {
    let mut state = State::healthy();
    let apis = ["h1", "h2", "h3", "h4", "h5"]
        .map(|id| json!({ "apiId": id, "name": format!("api {id}"), "protocolType": "HTTP" }));
    state.set("GET /v2/apis", json!({ "items": apis }));
    let bare = r#"{"requestId":"$context.requestId","status":"$context.status"}"#;
    let formats = [
        ("h2", "$context.requestId"),
        ("h3", bare),
        ("h4", &advised("HTTP")),
        ("h5", "$context.requestId $context.error.message $context.status"),
    ];
    state.set("GET /v2/apis/h1/stages", json!({ "items": [{ "stageName": "$default" }] }));
    for (id, format) in formats {
        let log = json!({ "destinationArn": arn_of(&format!("/{id}")), "format": format });
        state.set(
            &format!("GET /v2/apis/{id}/stages"),
            json!({ "items": [{ "stageName": "$default", "accessLogSettings": log }] }),
        );
        state.group(&format!("/{id}"), "STANDARD", Some(30));
        if id != "h4" {
            state.subscribe(&format!("/{id}"), "why5xx/access", &default_pattern_of("Access"), FUNCTION);
        }
    }
    let gone = "arn:aws:lambda:eu-west-1:111122223333:function:gone";
    state.subscribe(EXECUTION_GROUP, "why5xx/execution", "", gone);
    let surveyed = survey(state);
    assert!(surveyed.outcome.is_success());
    assert_eq!(surveyed.metrics()[0], Some(6.0), "{:#?}", surveyed.lines);
    assert_eq!(surveyed.summary()["level"], "WARN");
    let mut lines: Vec<_> = surveyed
        .of("unseen stage")
        .map(|line| {
            let ids = line["why"].as_array().unwrap().iter().map(|why| why["id"].as_str().unwrap());
            let fix =
                line["fix"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>().join("\n");
            assert_eq!(line["level"], "WARN");
            (line["apiId"].as_str().unwrap(), ids.collect::<Vec<_>>(), fix)
        })
        .collect();
    lines.sort();
    let seen: Vec<_> = lines.iter().map(|(api, ids, _)| (*api, &ids[..])).collect();
    assert_eq!(
        seen,
        [
            ("a1b2c3d4e5", &["target_gone"][..]),
            ("h1", &["no_log"]),
            ("h2", &["no_status"]),
            ("h3", &["no_reason"]),
            ("h4", &["not_subscribed"]),
            ("h5", &["undeclared_format"]),
        ]
    );
    for ((_, _, fix), part) in lines.iter().zip([
        "aws logs put-subscription-filter --region eu-west-1 --log-group-name API-Gateway-Execution-Logs_a1b2c3d4e5/prod",
        "aws logs create-log-group --region eu-west-1 --log-group-name /aws/vendedlogs/apigateway/h1/default",
        "aws apigatewayv2 update-stage --region eu-west-1 --api-id h2",
        "$context.integrationErrorMessage",
        "--filter-name why5xx/access --filter-pattern",
        "aws apigatewayv2 update-stage --region eu-west-1 --api-id h5",
    ]) {
        assert!(fix.contains(part), "{part} in {fix}");
    }
}

#[test]
fn a_format_that_the_settings_declare_is_read() {
    let format = "$context.requestId $context.integrationErrorMessage $context.status";
    let settings = std::env::temp_dir().join(format!("why5xx-survey-{}.toml", std::process::id()));
    std::fs::write(&settings, format!("[[log_group]]\nname = \"/pets/access\"\naccess_log_format = '{format}'\n"))
        .unwrap();
    let variables = [("WHY5XX_SETTINGS", settings.to_str().unwrap())];
    let of = |variables| within(State::with_http_api(format), Duration::from_secs(60), variables).metrics()[0];
    std::thread::scope(|scope| {
        let without = scope.spawn(|| of(&[]));
        assert_eq!(of(&variables), Some(0.0));
        assert_eq!(without.join().unwrap(), Some(1.0));
    });
    std::fs::remove_file(settings).unwrap();
}

#[test]
fn what_doctor_calls_a_gap_is_an_unseen_stage() {
    let misnamed = r#"{"id":"$context.requestId","status":"$context.status","ie":"$context.integrationErrorMessage","em":"$context.error.message"}"#;
    let mut central = State::with_http_api(&advised("HTTP"));
    central.undeploy();
    let destination = "arn:aws:logs:eu-west-1:444455556666:destination:central";
    central.subscribe("/pets/access", "central/access", &default_pattern_of("Access"), destination);
    let mut wrong = State::healthy();
    wrong.subscribe(EXECUTION_GROUP, "why5xx/execution", r#"{ $.level = "ERROR" }"#, FUNCTION);
    let mut silent = State::healthy();
    silent.stage()["methodSettings"] = json!({ "~1orders/GET": { "loggingLevel": "INFO" } });
    let mut canary = State::healthy();
    canary.stage()["canarySettings"] = json!({ "percentTraffic": 50.0 });
    let cases = [
        (State::with_http_api(misnamed), "no_reason"),
        (central, "not_subscribed"),
        (wrong, "wrong_filter"),
        (silent, "lower_level"),
        (canary, "not_subscribed"),
    ];
    std::thread::scope(|scope| {
        for (state, id) in cases {
            scope.spawn(move || {
                let surveyed = survey(state);
                assert_eq!(surveyed.metrics()[0], Some(1.0), "{id}: {:#?}", surveyed.lines);
                assert_eq!(surveyed.of("unseen stage").next().unwrap()["why"][0]["id"], id);
            });
        }
    });
}

#[test]
fn what_a_permission_keeps_from_view_counts_as_unseen_where_it_matters_and_is_said_everywhere() {
    let actions = [
        ("logs:DescribeLogGroups", 1.0),
        ("logs:DescribeSubscriptionFilters", 1.0),
        ("logs:DescribeDeliverySources", 1.0),
        ("lambda:GetFunctionConfiguration", 1.0),
        ("logs:DescribeAccountPolicies", 0.0),
        ("cloudwatch:DescribeAlarms", 0.0),
        ("cloudwatch:GetMetricData", 0.0),
        ("events:ListRules", 0.0),
    ];
    // They wait most of the time.
    std::thread::scope(|scope| {
        for (action, unseen) in actions {
            scope.spawn(move || {
                let mut state = State::healthy();
                state.denied.insert(action.to_owned());
                let surveyed = survey(state);
                assert!(surveyed.outcome.is_success(), "{action}");
                let [stages, share] = surveyed.metrics();
                assert_eq!(stages, Some(unseen), "{action}: {:#?}", surveyed.lines);
                // Without the function, the namespace of its metrics is not known.
                let is_counted = !["cloudwatch:GetMetricData", "lambda:GetFunctionConfiguration"].contains(&action);
                assert_eq!(share.is_some(), is_counted, "{action}");
                let summary = surveyed.summary();
                assert_eq!(
                    (&summary["level"], &summary["stagesNotLookedAt"]),
                    (&json!("WARN"), &json!(unseen as u64)),
                    "{action}"
                );
                assert!(
                    summary["notLookedAt"].as_array().unwrap().iter().any(|note| note["needs"] == action),
                    "{summary}"
                );
                assert_eq!(surveyed.of("stage not looked at").count(), unseen as usize, "{action}");
            });
        }
    });
}

#[test]
fn a_survey_that_sees_no_api_fails_and_publishes_nothing() {
    let mut denied = State::healthy();
    denied.denied.insert("apigateway:GET".to_owned());
    let mut expired = State::healthy();
    expired.refused = Some((403, "ExpiredTokenException"));
    for (state, why) in [
        (denied, "no API could be looked at: no permission: the caller needs apigateway:GET on *"),
        (expired, "the credentials have expired"),
    ] {
        let surveyed = survey(state);
        assert_eq!(surveyed.outcome.error_type(), "NotSurveyed");
        assert!(surveyed.outcome.message().contains(why), "{:?}", surveyed.outcome);
        assert_eq!(surveyed.metrics(), [None, None]);
        let error = surveyed.of("account not surveyed").next().unwrap();
        assert!(error["level"] == "ERROR" && error["error"].as_str().unwrap().contains(why), "{error}");
    }
}

#[test]
fn throttled_calls_are_made_again_and_endless_throttling_ends_before_the_deadline() {
    let mut state = State::healthy();
    state.throttles = 2;
    let surveyed = survey(state);
    assert_eq!(surveyed.metrics(), [Some(0.0), Some(98.0)], "{:#?}", surveyed.lines);
    let mut state = State::healthy();
    state.throttles = u32::MAX;
    let surveyed = within(state, Duration::from_secs(4), &[]);
    assert_eq!(surveyed.outcome.error_type(), "NotSurveyed");
    assert!(surveyed.outcome.message().contains("no time was left"), "{:?}", surveyed.outcome);
}

#[test]
fn what_was_not_reached_before_the_deadline_is_counted_and_said() {
    let mut state = State::healthy();
    let apis: Vec<_> = (0..60).map(|n| json!({ "id": format!("r{n}"), "name": format!("api {n}") })).collect();
    state.set("GET /restapis", json!({ "item": apis }));
    for n in 0..60 {
        state.set(&format!("GET /restapis/r{n}/stages"), json!({ "item": [{ "stageName": "prod" }] }));
    }
    let surveyed = within(state, Duration::from_secs(8), &[]);
    assert!(surveyed.outcome.is_success(), "{:?}", surveyed.outcome);
    let summary = surveyed.summary();
    let (stages, lists) = (summary["stages"].as_u64().unwrap(), summary["listsNotRead"].as_u64().unwrap());
    assert!(stages > 0 && lists > 0 && stages + lists >= 60, "{summary}");
    assert_eq!(surveyed.metrics(), [Some((stages + lists) as f64), None]);
    let notes = summary["notLookedAt"].as_array().unwrap();
    let note = notes.iter().find(|note| note["what"] == "stages of REST APIs").unwrap();
    assert_eq!((note["why"].as_str(), &note["needs"]), (Some("no time was left"), &Value::Null));
    assert!(note["times"].as_u64().unwrap() + stages == 60, "{note}");
}

#[test]
fn many_stages_are_all_counted_with_a_bounded_log_and_memory() {
    let mut state = State::healthy();
    state.set("GET /v2/apis", json!({ "items": [{ "apiId": "h7", "name": "pets", "protocolType": "HTTP" }] }));
    let stages: Vec<_> = (0..3_000).map(|n| json!({ "stageName": format!("stage{n}") })).collect();
    state.set("GET /v2/apis/h7/stages", json!({ "items": stages }));
    let surveyed = survey(state);
    assert_eq!(surveyed.metrics()[0], Some(3_000.0), "{:?}", surveyed.summary());
    assert_eq!(surveyed.of("unseen stage").count(), 100);
    assert!(surveyed.peak_bytes < 64 * 1024 * 1024, "{}", surveyed.peak_bytes);
}

#[test]
fn names_of_the_account_do_not_hide_anything_in_the_log() {
    let mut state = State::healthy();
    state.set(
        "GET /restapis",
        json!({ "item": [{ "id": "a1b2c3d4e5", "name": "x'; $(touch pwned) \u{1b}[31m\u{202e}" }] }),
    );
    state.filters.remove(EXECUTION_GROUP);
    let surveyed = survey(state);
    let line = surveyed.of("unseen stage").next().unwrap().to_string();
    assert!(!line.contains('\u{202e}') && !line.contains("\\u001b") && line.contains("touch pwned"), "{line}");
}

#[test]
fn without_a_sink_for_metrics_the_line_has_none() {
    let surveyed = within(State::healthy(), Duration::from_secs(60), &[("WHY5XX_SINK", "stdout")]);
    assert_eq!((surveyed.metrics(), &surveyed.summary()["unseen"]), ([None, None], &json!(0)));
}
