//! `why5xx doctor` against an account of the tests' own, which pages, denies and holds what the emulators cannot.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::support::account::{
    Account, EXECUTION_GROUP, FUNCTION, ROLE, State, advised, alarm, arn_of, function, rest_stage,
};
use crate::support::filter_pattern::default_pattern_of;
use crate::support::http::closed_address;

impl Account {
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_why5xx"));
        command
            .arg("doctor")
            .args(arguments)
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "planted-access-key")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ENDPOINT_URL", &self.url)
            .env("NO_PROXY", "127.0.0.1")
            .env("COLUMNS", "100")
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_SESSION_TOKEN")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn document(&self) -> Value {
        let output = self.run(&["--json"]);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {}", said(&output)))
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn printed(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The findings of an account, by id.
fn findings(state: State) -> BTreeMap<String, Value> {
    let document = Account::of(state).document();
    assert_eq!(document["not_looked_at"], json!([]), "{document:#}");
    let findings = document["findings"].as_array().unwrap().iter();
    findings.map(|finding| (finding["id"].as_str().unwrap().to_owned(), finding.clone())).collect()
}

/// The findings of an account that was healthy before the change.
fn after(change: impl FnOnce(&mut State)) -> BTreeMap<String, Value> {
    let mut state = State::healthy();
    change(&mut state);
    findings(state)
}

fn ids(findings: &BTreeMap<String, Value>) -> Vec<&str> {
    findings.keys().map(String::as_str).collect()
}

/// The commands of a finding, one a line.
fn commands(finding: &Value) -> String {
    finding["commands"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_healthy_account_has_no_finding_and_only_reading_calls_are_made() {
    let account = Account::of(State::with_http_api(&advised("HTTP")));
    let output = account.run(&[]);
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(0), "{}{text}", said(&output));
    assert_eq!(said(&output), format!("why5xx: looking at eu-west-1 as {ROLE}\n"));
    assert!(text.starts_with("eu-west-1: 2 stages, nothing to do\n"), "{text}");
    assert!(text.contains("orders/prod    REST a1b2c3d4e5  execution, INFO"), "{text}");
    assert!(text.contains("execution by why5xx/execution  100, 98 (98 %)"), "{text}");
    assert!(text.contains("pets/$default") && text.contains("access by why5xx/access"), "{text}");
    for call in &account.state.lock().unwrap().calls {
        let name = call.split(['.', ' ']).nth(1).unwrap();
        assert!(
            call.starts_with("GET /") || ["Get", "Describe", "List"].iter().any(|verb| name.starts_with(verb)),
            "{call}"
        );
    }
}

#[test]
fn every_list_is_read_to_its_last_page() {
    let mut state = State::healthy();
    let page = |ids: [&str; 2], next: Option<&str>| {
        let items = ids.map(|id| json!({ "id": id, "name": id }));
        json!({ "item": items, "position": next })
    };
    state
        .pages
        .insert("GET /restapis".to_owned(), vec![page(["a1b2c3d4e5", "r2"], Some("page1")), page(["r3", "r4"], None)]);
    for id in ["r2", "r3", "r4"] {
        state.set(&format!("GET /restapis/{id}/stages"), json!({ "item": [rest_stage()] }));
    }
    let api = |id: &str| json!({ "apiId": id, "name": id, "protocolType": "WEBSOCKET" });
    let pages = [json!({ "items": [api("w1")], "nextToken": "page1" }), json!({ "items": [api("w2")] })];
    state.pages.insert("GET /v2/apis".to_owned(), pages.to_vec());
    for id in ["w1", "w2"] {
        let stage = |name| json!({ "stageName": name, "defaultRouteSettings": { "loggingLevel": "INFO" } });
        let pages = [json!({ "items": [stage("a")], "nextToken": "page1" }), json!({ "items": [stage("b")] })];
        state.pages.insert(format!("GET /v2/apis/{id}/stages"), pages.to_vec());
    }
    let alarms =
        [json!({ "MetricAlarms": [alarm(&["a"])], "NextToken": "1" }), json!({ "MetricAlarms": [alarm(&[])] })];
    state.pages.insert("monitoring.DescribeAlarms".to_owned(), alarms.to_vec());
    let document = Account::of(state).document();
    assert_eq!(document["stages"].as_array().unwrap().len(), 8, "{document:#}");
    assert_eq!(document["stacks"][0]["alarms"], 2);
    assert_eq!(document["log_groups"].as_array().unwrap().len(), 3);
}

#[test]
fn a_region_without_a_stack_gets_the_line_that_deploys_one_with_one_log_of_each_stage() {
    let mut state = State::with_http_api(&advised("HTTP"));
    state.stage()["accessLogSettings"] =
        json!({ "destinationArn": arn_of("/orders/access"), "format": advised("REST") });
    state.group("/orders/access", "STANDARD", Some(30));
    state.undeploy();
    let findings = findings(state);
    assert_eq!(ids(&findings), ["nothing_deployed"]);
    let command = commands(&findings["nothing_deployed"]);
    assert!(command.contains("sam deploy --region eu-west-1 --stack-name why5xx "), "{command}");
    assert!(command.contains(&format!(" ExecutionLogGroups={EXECUTION_GROUP}")), "{command}");
    assert!(command.contains(" AccessLogGroups=/pets/access") && !command.contains("/orders/access"), "{command}");
    // Filters of a stack that another account owns feed it all the same.
    let elsewhere = after(|state| {
        state.undeploy();
        let destination = "arn:aws:logs:eu-west-1:444455556666:destination:central";
        state.subscribe(EXECUTION_GROUP, "central/execution", &default_pattern_of("Execution"), destination);
    });
    assert_eq!(ids(&elsewhere), [""; 0]);
}

#[test]
fn a_stage_without_a_log_is_a_gap_for_each_kind_of_api() {
    let off = json!({ "*/*": { "loggingLevel": "OFF" } });
    let found = after(|state| state.stage()["methodSettings"] = off);
    assert_eq!(ids(&found), ["no_log"]);
    let lines = commands(&found["no_log"]);
    assert!(lines.contains("aws logs create-log-group") && lines.contains("/accessLogSettings/format"), "{lines}");
    assert!(lines.contains("aws logs put-subscription-filter") && lines.contains(" --filter-name why5xx/access "));

    let mut http = State::with_http_api(&advised("HTTP"));
    http.http_stage().as_object_mut().unwrap().remove("accessLogSettings");
    let found = findings(http);
    assert_eq!(ids(&found), ["no_log"]);
    let lines = commands(&found["no_log"]);
    assert!(
        lines.starts_with("{ aws logs create-log-group --region eu-west-1 --log-group-name /aws/vendedlogs/"),
        "{lines}"
    );
    assert!(lines.contains("aws apigatewayv2 update-stage --region eu-west-1 --api-id h7 --stage-name '$default'"));
    // An access log is enough.
    let near = after(|state| {
        state.stage()["methodSettings"] = json!({});
        state.stage()["accessLogSettings"] = json!({ "destinationArn": arn_of("/o"), "format": advised("REST") });
        state.group("/o", "STANDARD", Some(7));
        state.subscribe("/o", "why5xx/access", &default_pattern_of("Access"), FUNCTION);
    });
    assert_eq!(ids(&near), [""; 0]);
}

#[test]
fn a_missing_role_for_logs_is_a_gap_only_where_a_stage_needs_it() {
    let found = after(|state| state.set("GET /account", json!({ "throttleSettings": {} })));
    assert_eq!(ids(&found), ["no_log_role"]);
    assert!(commands(&found["no_log_role"]).contains("aws apigateway update-account"));
    let mut http = State::with_http_api(&advised("HTTP"));
    http.set("GET /restapis", json!({ "item": [] }));
    http.set("GET /account", json!({}));
    assert_eq!(ids(&findings(http)), [""; 0]);
}

#[test]
fn a_log_without_our_filter_is_a_gap_whatever_others_have_subscribed() {
    let found =
        after(|state| state.subscribe(EXECUTION_GROUP, "datadog", "", "arn:aws:lambda:eu-west-1:1:function:dd"));
    assert_eq!(ids(&found), ["not_subscribed"]);
    let (text, lines) = (found["not_subscribed"]["text"].as_str().unwrap(), commands(&found["not_subscribed"]));
    assert!(text.contains("(1 filter of others)"), "{text}");
    assert!(lines.contains(&format!("--log-group-name {EXECUTION_GROUP} --filter-name why5xx/execution")), "{lines}");
    let pattern = default_pattern_of("Execution").replace('\'', r"'\''");
    assert!(lines.contains(&format!("--filter-pattern '{pattern}' --destination-arn {FUNCTION}")), "{lines}");
    // A filter of another name that feeds our function is ours.
    let near = after(|state| state.subscribe(EXECUTION_GROUP, "mine", &default_pattern_of("Execution"), FUNCTION));
    assert_eq!(ids(&near), [""; 0]);
    // API Gateway makes the log group with the first line; the filter needs it before.
    let absent = after(|state| {
        state.log_groups.retain(|group| group["logGroupName"] != EXECUTION_GROUP);
        state.filters.remove(EXECUTION_GROUP);
    });
    assert!(commands(&absent["not_subscribed"]).starts_with("{ aws logs create-log-group"));
}

#[test]
fn a_filter_whose_function_is_gone_is_a_gap() {
    let gone = "arn:aws:lambda:eu-west-1:111122223333:function:old";
    let found = after(|state| state.subscribe(EXECUTION_GROUP, "why5xx/execution", "", gone));
    assert_eq!(ids(&found), ["target_gone"]);
    assert!(commands(&found["target_gone"]).contains(&format!("--destination-arn {FUNCTION}")));
    // A filter of others is theirs.
    let near = after(|state| {
        let ours = state.filters[EXECUTION_GROUP][0].clone();
        let other = json!({ "filterName": "other", "destinationArn": gone });
        state.filters.insert(EXECUTION_GROUP.to_owned(), vec![ours, other]);
    });
    assert_eq!(ids(&near), [""; 0]);
}

#[test]
fn the_default_pattern_of_an_earlier_version_is_a_warning_and_a_pattern_of_one_s_own_is_not() {
    let earlier = default_pattern_of("Execution");
    let earlier =
        format!("{}com%", earlier.split_once(r"amazonaws\.").map(|(head, _)| format!("{head}amazonaws\\.")).unwrap());
    let found = after(|state| state.subscribe(EXECUTION_GROUP, "why5xx/execution", &earlier, FUNCTION));
    assert_eq!(ids(&found), ["older_pattern"]);
    assert!(commands(&found["older_pattern"]).contains("cloud"));
    assert_eq!(ids(&after(|state| state.subscribe(EXECUTION_GROUP, "why5xx/execution", "", FUNCTION))), [""; 0]);
}

#[test]
fn a_format_is_judged_by_its_status_and_its_error_fields() {
    let found = findings(State::with_http_api("$context.requestId $context.integration.status"));
    assert_eq!(ids(&found), ["no_status"]);

    let stock = r#"{"requestId":"$context.requestId","status":"$context.status"}"#;
    let found = findings(State::with_http_api(stock));
    assert_eq!(ids(&found), ["no_reason"]);
    let (text, lines) = (found["no_reason"]["text"].as_str().unwrap(), commands(&found["no_reason"]));
    assert!(text.contains("$context.integration.error") && text.contains(" of "), "{text}");
    // The fields that are there stay.
    assert!(
        lines.contains(r#"\"requestId\":\"$context.requestId\",\"status\":\"$context.status\",\"apiId\""#),
        "{lines}"
    );
    assert!(lines.contains("$context.integrationErrorMessage"), "{lines}");

    let numbers =
        format!("$context.responseLength $context.status {}", "$context.integrationErrorMessage $context.requestId");
    assert_eq!(ids(&findings(State::with_http_api(&numbers))), ["undeclared_format"]);
    assert_eq!(ids(&findings(State::with_http_api(&advised("HTTP")))), [""; 0]);
}

#[test]
fn a_variable_counts_only_under_a_name_that_is_read() {
    let with = |keys: &str| format!(r#"{{"id":"$context.requestId","status":"$context.status",{keys}}}"#);
    let texts = |error: &str, message: &str, kind: &str, authorizer: &str, status: &str| {
        with(&format!(
            r#""{error}":"$context.integrationErrorMessage","{message}":"$context.error.message","{kind}":"$context.error.responseType","{authorizer}":"$context.authorizer.error","{status}":"$context.integration.status""#
        ))
    };
    let shown = |format: &str, kind: &str| {
        let mut state = State::with_http_api(format);
        if kind == "WEBSOCKET" {
            state.set("GET /v2/apis", json!({ "items": [{ "apiId": "h7", "name": "pets", "protocolType": kind }] }));
        }
        let document = Account::of(state).document();
        let ids: Vec<_> = document["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|each| each["id"].as_str().unwrap().to_owned())
            .collect();
        let text = document["findings"][0]["text"].as_str().unwrap_or_default().to_owned();
        (ids, document["stages"][1]["shows"].as_array().unwrap().len(), text)
    };
    // Every variable is there, and under these names the reader of the lines finds none of them.
    let (found, causes, text) = shown(&texts("ie", "em", "rt", "ae", "is"), "HTTP");
    assert_eq!((found, causes), (vec!["no_reason".to_owned()], 1), "{text}");
    assert!(
        text.contains("has ") && text.contains("$context.integration.error") && text.contains("not read"),
        "{text}"
    );
    // Under these it does.
    let (found, _, text) =
        shown(&texts("integrationError", "error", "responseType", "authzError", "integrationStatus"), "HTTP");
    assert_eq!(found, [""; 0], "{text}");
    // One name of a cause that another variable gives is no reading of it.
    let (found, _, text) = shown(&with(r#""authorizerError":"$context.integrationErrorMessage""#), "HTTP");
    assert_eq!(found, ["no_reason"], "{text}");
    assert!(
        text.contains("lacks $context.authorizer.error") && text.contains("has $context.integration.error"),
        "{text}"
    );
    // Stock columns with the error behind them are a line without names.
    let columns = r#"$context.identity.sourceIp - - [$context.requestTime] "$context.httpMethod $context.routeKey $context.protocol" $context.status $context.responseLength $context.requestId $context.integrationErrorMessage"#;
    let (found, causes, text) = shown(columns, "HTTP");
    assert_eq!(found, ["no_reason"], "{causes} {text}");
    // The fix is read.
    let found = findings(State::with_http_api(&texts("ie", "em", "rt", "ae", "is")));
    let lines = commands(&found["no_reason"]);
    let settings = lines.split("--access-log-settings '").nth(1).unwrap().trim_end_matches('\'');
    let settings: Value = serde_json::from_str(settings).unwrap();
    assert_eq!(ids(&findings(State::with_http_api(settings["Format"].as_str().unwrap()))), [""; 0], "{settings}");
}

#[test]
fn a_format_that_the_settings_declare_is_no_finding_with_those_settings() {
    let format = "$context.requestId $context.integration.status $context.authorizer.error $context.error.responseType \
                  $context.error.message $context.integrationErrorMessage $context.status";
    let settings = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor-settings.toml");
    std::fs::write(&settings, format!("[[log_group]]\nname = \"/pets/access\"\naccess_log_format = '{format}'\n"))
        .unwrap();
    let account = Account::of(State::with_http_api(format));
    assert!(printed(&account.run(&[])).contains("undeclared_format"));
    let with = account.run(&["--settings", settings.to_str().unwrap()]);
    assert_eq!(with.status.code(), Some(0), "{}{}", said(&with), printed(&with));
}

#[test]
fn methods_without_a_setting_of_their_own_are_off_where_none_is_for_all() {
    let one = json!({ "~1orders/GET": { "loggingLevel": "INFO", "dataTraceEnabled": false } });
    let found = after(|state| state.stage()["methodSettings"] = one);
    assert_eq!(ids(&found), ["lower_level"]);
    let (text, lines) = (found["lower_level"]["text"].as_str().unwrap(), commands(&found["lower_level"]));
    assert!(text.contains("(*/* at OFF), so it shows 0 of "), "{text}");
    assert!(lines.contains(r#""path":"/*/*/logging/loglevel","value":"INFO""#), "{lines}");
    // One silent method is named, and says nothing of the others.
    let silent = after(|state| state.stage()["methodSettings"]["~1health/GET"] = json!({ "loggingLevel": "OFF" }));
    let text = silent["lower_level"]["text"].as_str().unwrap();
    assert!(text.contains("(~1health/GET at OFF)") && !text.contains(" 0 of "), "{text}");
}

#[test]
fn a_stage_that_a_central_function_does_not_see_is_a_gap_without_a_stack_here() {
    let destination = "arn:aws:logs:eu-west-1:444455556666:destination:central";
    let found = after(|state| {
        state.undeploy();
        state.subscribe(EXECUTION_GROUP, "central/execution", &default_pattern_of("Execution"), destination);
        state.set(
            "GET /restapis",
            json!({ "item": [{ "id": "a1b2c3d4e5", "name": "orders" }, { "id": "r2", "name": "pets" }] }),
        );
        state.set("GET /restapis/r2/stages", json!({ "item": [rest_stage()] }));
        state.group("API-Gateway-Execution-Logs_r2/prod", "STANDARD", Some(7));
    });
    assert_eq!(ids(&found), ["not_subscribed"]);
    let lines = commands(&found["not_subscribed"]);
    assert!(lines.contains("--filter-name central/execution ") && lines.ends_with(destination), "{lines}");
}

#[test]
fn an_account_level_subscription_whose_function_is_gone_or_whose_pattern_is_old_is_found_once() {
    let with = |name: &str, destination: &str, pattern: &str| {
        after(|state| {
            state.filters.remove(EXECUTION_GROUP);
            let document = json!({ "DestinationArn": destination, "FilterPattern": pattern }).to_string();
            let policy = json!({ "policyName": name, "policyDocument": document, "selectionCriteria": "" });
            state
                .set("logs.DescribeAccountPolicies SUBSCRIPTION_FILTER_POLICY", json!({ "accountPolicies": [policy] }));
        })
    };
    let gone = with("org/execution", "arn:aws:lambda:eu-west-1:111122223333:function:gone", "");
    assert_eq!(ids(&gone), ["target_gone"]);
    assert!(gone["target_gone"]["about"].as_str().unwrap().starts_with("account "), "{gone:#?}");
    let earlier = default_pattern_of("Execution");
    let earlier = format!("{}amazonaws\\.com%", earlier.split_once(r"amazonaws\.").unwrap().0);
    assert_eq!(ids(&with("org/execution", FUNCTION, &earlier)), ["older_pattern"]);
    assert_eq!(ids(&with("org/execution", FUNCTION, &default_pattern_of("Execution"))), [""; 0]);
}

#[test]
fn a_filter_for_another_kind_of_log_or_for_fields_that_are_not_there_is_a_gap() {
    let on_execution = |name: &str, pattern: &str| {
        let found = after(|state| state.subscribe(EXECUTION_GROUP, name, pattern, FUNCTION));
        (ids(&found).iter().map(ToString::to_string).collect::<Vec<_>>(), found)
    };
    let on_access = |name: &str, pattern: &str| {
        let mut state = State::with_http_api(&advised("HTTP"));
        state.subscribe("/pets/access", name, pattern, FUNCTION);
        let found = findings(state);
        (ids(&found).iter().map(ToString::to_string).collect::<Vec<_>>(), found)
    };
    let (execution, access) = (default_pattern_of("Execution"), default_pattern_of("Access"));
    let (found, of) = on_access("why5xx/execution", &execution);
    assert_eq!(found, ["wrong_filter"]);
    let lines = commands(&of["wrong_filter"]);
    assert!(lines.contains("delete-subscription-filter") && lines.contains("--filter-name why5xx/access "), "{lines}");
    for (name, pattern) in
        [("why5xx/access", &*access), ("mine", r#"{ $.level = "ERROR" }"#), ("why5xx/execution", &access)]
    {
        assert_eq!(on_execution(name, pattern).0, ["wrong_filter"], "{name} {pattern}");
    }
    assert_eq!(on_access("mine", r#"{ $.level = "ERROR" }"#).0, ["wrong_filter"]);
    assert_eq!(on_access("mine", &execution).0, ["wrong_filter"]);
    // The name of the group shows the kind, whatever the filter is called; and JSON may be asked for what it has.
    for found in [
        on_execution("why5xx/access", "").0,
        on_execution("mine", &execution).0,
        on_access("mine", r#"{ $.status = "5*" }"#).0,
        on_access("why5xx/access", "").0,
    ] {
        assert_eq!(found, [""; 0]);
    }
}

#[test]
fn the_log_of_a_canary_release_has_to_be_subscribed_too() {
    let canary = format!("{EXECUTION_GROUP}/Canary");
    let released = |state: &mut State| {
        state.stage()["canarySettings"] = json!({ "percentTraffic": 50.0, "deploymentId": "d2" });
        state.group(&canary, "STANDARD", Some(7));
    };
    let found = after(released);
    assert_eq!(ids(&found), ["not_subscribed"]);
    let (text, lines) = (found["not_subscribed"]["text"].as_str().unwrap(), commands(&found["not_subscribed"]));
    assert!(text.contains("canary release"), "{text}");
    assert!(lines.contains(&format!("--log-group-name {canary} --filter-name why5xx/execution")), "{lines}");
    let subscribed = after(|state| {
        released(state);
        state.subscribe(&canary, "why5xx/execution", &default_pattern_of("Execution"), FUNCTION);
    });
    assert_eq!(ids(&subscribed), [""; 0]);
    let gone = after(|state| {
        released(state);
        state.subscribe(&canary, "why5xx/execution", "", "arn:aws:lambda:eu-west-1:111122223333:function:gone");
    });
    assert_eq!(ids(&gone), ["target_gone"]);
    // Without a release, the group is one of an earlier one.
    assert_eq!(ids(&after(|state| state.group(&canary, "STANDARD", Some(7)))), [""; 0]);
}

#[test]
fn two_filters_on_one_log_group_and_more_than_api_gateway_counts_are_a_warning() {
    let other = "arn:aws:lambda:eu-west-1:111122223333:function:old-Function-1";
    let found = after(|state| {
        state.functions.insert(other.to_owned(), function(env!("CARGO_PKG_VERSION")));
        let second = json!({ "filterName": "old/execution", "filterPattern": "", "destinationArn": other });
        state.filters.get_mut(EXECUTION_GROUP).unwrap().push(second);
    });
    assert_eq!(ids(&found), ["counted_twice"]);
    assert!(commands(&found["counted_twice"]).ends_with("--filter-name old/execution"), "{found:#?}");
    let counted = |failed: f64, counted: f64| {
        let found = after(|state| {
            state.metrics.insert("5XXError orders prod".to_owned(), failed);
            state.metrics.insert("StageErrors a1b2c3d4e5 prod".to_owned(), counted);
        });
        found.contains_key("counted_twice")
    };
    assert!(counted(100.0, 200.0) && counted(0.0, 20.0));
    assert!(!counted(100.0, 120.0) && !counted(1.0, 3.0));
}

#[test]
fn counts_that_are_not_known_are_not_compared() {
    let share = |change: &dyn Fn(&mut State)| {
        let mut state = State::healthy();
        state.metrics.insert("StageErrors a1b2c3d4e5 prod".to_owned(), 1.0);
        change(&mut state);
        let document = Account::of(state).document();
        let ids: Vec<_> = document["findings"].as_array().unwrap().iter().map(|each| each["id"].clone()).collect();
        (ids, document["stages"][0]["failed_in_a_day"].clone(), document["share_seconds"].clone())
    };
    assert_eq!(share(&|_| ()).0, [json!("unexplained")]);
    // The function may count in a namespace of its own.
    let denied = share(&|state| {
        state.denied.insert("lambda:GetFunctionConfiguration".to_owned());
    });
    assert_eq!((denied.0, denied.1), (Vec::new(), Value::Null));
    let broken = share(&|state| {
        state.unknown_sums.insert("StageErrors".to_owned());
    });
    assert_eq!((broken.0, broken.1), (Vec::new(), Value::Null));
    // What failed before the filter was there is not asked for.
    let young = share(&|state| {
        let made_ms = (jiff::Timestamp::now().as_second() - 7_200) * 1000;
        state.filters.get_mut(EXECUTION_GROUP).unwrap()[0]["creationTime"] = json!(made_ms);
    });
    let seconds = young.2.as_i64().unwrap();
    assert!((6_000..7_200).contains(&seconds), "{seconds}");
}

#[test]
fn a_clock_that_is_off_is_no_silent_canary() {
    for ahead in [3_600, -3_600] {
        let mut state = State::healthy();
        state.ahead = ahead;
        let output = Account::of(state).run(&[]);
        assert_eq!(output.status.code(), Some(0), "{}{}", said(&output), printed(&output));
        assert!(said(&output).contains("this clock is "), "{}", said(&output));
    }
}

#[test]
fn an_access_log_that_is_not_counted_needs_no_error_fields() {
    let found = after(|state| {
        let stock = r#"{"requestId":"$context.requestId","status":"$context.status"}"#;
        state.stage()["accessLogSettings"] = json!({ "destinationArn": arn_of("/o"), "format": stock });
        state.group("/o", "STANDARD", Some(7));
    });
    assert_eq!(ids(&found), [""; 0]);
}

#[test]
fn a_log_group_of_another_class_is_a_gap() {
    let mut state = State::with_http_api(&advised("HTTP"));
    state.group("/pets/access", "INFREQUENT_ACCESS", Some(30));
    let found = findings(state);
    assert_eq!(ids(&found), ["not_standard"]);
    let lines = commands(&found["not_standard"]);
    assert!(lines.contains("log-group:/aws/vendedlogs/apigateway/h7/default"), "{lines}");
    let found = after(|state| state.group(EXECUTION_GROUP, "INFREQUENT_ACCESS", Some(30)));
    assert_eq!(ids(&found), ["not_standard"]);
}

#[test]
fn a_log_that_goes_to_a_stream_or_a_bucket_alone_is_a_gap() {
    let mut state = State::with_http_api(&advised("HTTP"));
    state.http_stage()["accessLogSettings"]["destinationArn"] = "arn:aws:firehose:eu-west-1:1:deliverystream/x".into();
    assert_eq!(ids(&findings(state)), ["not_in_a_log_group"]);
    let found = after(|state| state.deliver("arn:aws:s3:::bucket", &["payload"]));
    assert_eq!(ids(&found), ["not_in_a_log_group", "silent_log_group"]);
    let lines = commands(&found["not_in_a_log_group"]);
    assert!(
        lines.contains("aws logs create-delivery --region eu-west-1 --delivery-source-name orders-logs"),
        "{lines}"
    );
}

#[test]
fn a_delivery_moves_the_log_and_leaves_a_silent_filter_behind() {
    let delivered = |fields: &'static [&'static str]| {
        move |state: &mut State| {
            state.deliver(&arn_of("/orders/execution"), fields);
            state.group("/orders/execution", "STANDARD", Some(7));
        }
    };
    let found = after(delivered(&["payload"]));
    assert_eq!(ids(&found), ["not_subscribed", "silent_log_group"]);
    assert!(commands(&found["not_subscribed"]).contains("--log-group-name /orders/execution "));
    assert!(commands(&found["silent_log_group"]).contains("aws logs delete-subscription-filter"));
    let moved = |state: &mut State| {
        let filters = state.filters.remove(EXECUTION_GROUP).unwrap();
        state.filters.insert("/orders/execution".to_owned(), filters);
    };
    let found = after(|state| {
        delivered(&["event_timestamp", "payload"])(state);
        moved(state);
    });
    assert_eq!(ids(&found), [""; 0]);
    let found = after(|state| {
        delivered(&["event_timestamp"])(state);
        moved(state);
    });
    assert_eq!(ids(&found), ["no_payload"]);
    assert!(commands(&found["no_payload"]).contains(r#"--record-fields '["event_timestamp","payload"]'"#));
    // A source that is off replaces nothing.
    let off = after(|state| {
        delivered(&["payload"])(state);
        let source = &mut state.pages.get_mut("logs.DescribeDeliverySources").unwrap()[0]["deliverySources"][0];
        source["status"] = "INACTIVE".into();
    });
    assert_eq!(ids(&off), [""; 0]);
}

#[test]
fn a_level_below_info_is_a_warning_that_counts_the_causes() {
    let found = after(|state| state.stage()["methodSettings"]["*/*"]["loggingLevel"] = "ERROR".into());
    assert_eq!(ids(&found), ["lower_level"]);
    let text = found["lower_level"]["text"].as_str().unwrap();
    assert!(text.contains("*/* at ERROR") && text.contains(" causes"), "{text}");
    let found = after(|state| state.stage()["methodSettings"]["~1orders~1{id}/GET"] = json!({ "loggingLevel": "OFF" }));
    assert_eq!(ids(&found), ["lower_level"]);
    let lines = commands(&found["lower_level"]);
    assert!(lines.contains(r#""path":"/~1orders~1{id}/GET/logging/loglevel""#), "{lines}");
    let cloudformation = found["lower_level"]["cloudformation"][0]["line"].as_str().unwrap();
    assert!(cloudformation.contains(r#""ResourcePath":"/orders/{id}""#), "{cloudformation}");
}

#[test]
fn data_trace_is_a_warning_and_the_fix_keeps_the_level() {
    let found = after(|state| state.stage()["methodSettings"]["*/*"]["dataTraceEnabled"] = true.into());
    assert_eq!(ids(&found), ["data_trace"]);
    let lines = commands(&found["data_trace"]);
    assert!(lines.contains(r#"{"op":"replace","path":"/*/*/logging/dataTrace","value":"false"}"#), "{lines}");
    assert!(!lines.contains("loglevel"), "{lines}");
    // With a level to raise, whichever fix is the last one leaves it raised.
    let both = after(|state| {
        state.stage()["methodSettings"]["*/*"] = json!({ "loggingLevel": "ERROR", "dataTraceEnabled": true });
    });
    assert_eq!(ids(&both), ["data_trace", "lower_level"]);
    assert_eq!(commands(&both["data_trace"]), commands(&both["lower_level"]));
}

#[test]
fn an_account_policy_that_feeds_our_function_subscribes_every_log_group_that_it_does_not_spare() {
    let policy = |selection: &str| {
        after(|state| {
            state.filters.remove(EXECUTION_GROUP);
            let document = json!({ "DestinationArn": FUNCTION, "FilterPattern": "" }).to_string();
            let policy = json!({ "policyName": "all", "policyDocument": document, "selectionCriteria": selection });
            state
                .set("logs.DescribeAccountPolicies SUBSCRIPTION_FILTER_POLICY", json!({ "accountPolicies": [policy] }));
        })
    };
    assert_eq!(ids(&policy("")), [""; 0]);
    assert_eq!(ids(&policy(&format!("LogGroupName NOT IN [\"{EXECUTION_GROUP}\"]"))), ["not_subscribed"]);
}

#[test]
fn a_stack_whose_function_or_filter_is_gone_is_reported_and_subscribes_nothing() {
    let found = after(|state| {
        state.functions.clear();
        state.filters.remove(EXECUTION_GROUP);
    });
    assert_eq!(ids(&found), ["target_gone"]);
    assert!(found["target_gone"]["about"].as_str().unwrap().contains("stack why5xx"));
    let found = after(|state| {
        state.filters.remove("/why5xx/why5xx/canary");
    });
    assert_eq!(ids(&found), ["no_canary"]);
}

#[test]
fn both_logs_of_a_stage_subscribed_is_a_warning() {
    let both = |state: &mut State| {
        state.stage()["accessLogSettings"] = json!({ "destinationArn": arn_of("/o"), "format": advised("REST") });
        state.group("/o", "STANDARD", Some(7));
        state.subscribe("/o", "why5xx/access", &default_pattern_of("Access"), FUNCTION);
    };
    let found = after(both);
    assert_eq!(ids(&found), ["both_logs"]);
    assert!(commands(&found["both_logs"]).ends_with("--log-group-name /o --filter-name why5xx/access"));
}

#[test]
fn a_share_that_the_log_does_not_explain_is_a_warning_where_there_were_enough_failures() {
    let counted = |failed: f64, counted: f64| {
        ids(&after(|state| {
            state.metrics.insert("5XXError orders prod".to_owned(), failed);
            state.metrics.insert("StageErrors a1b2c3d4e5 prod".to_owned(), counted);
        }))
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
    };
    assert_eq!(counted(100.0, 30.0), ["unexplained"]);
    assert_eq!(counted(100.0, 91.0), [""; 0]);
    assert_eq!(counted(9.0, 0.0), [""; 0]);
    assert_eq!(counted(0.0, 0.0), [""; 0]);
}

#[test]
fn alarms_that_notify_nobody_are_a_warning_unless_a_rule_listens_to_them() {
    let silent = |state: &mut State| state.set("monitoring.DescribeAlarms", json!({ "MetricAlarms": [alarm(&[])] }));
    let found = after(silent);
    assert_eq!(ids(&found), ["no_alarm_action"]);
    assert!(commands(&found["no_alarm_action"]).contains("AlarmTopicArn=TOPIC_ARN"));
    let disabled = after(|state| {
        let mut alarm = alarm(&["arn:aws:sns:eu-west-1:1:t"]);
        alarm["ActionsEnabled"] = false.into();
        state.set("monitoring.DescribeAlarms", json!({ "MetricAlarms": [alarm] }));
    });
    assert_eq!(ids(&disabled), ["no_alarm_action"]);
    let with_rule = |state: &str, pattern: Value| {
        let found = after(|account| {
            silent(account);
            let rule = json!({ "Name": "notify", "State": state, "EventPattern": pattern.to_string() });
            account.set("events.ListRules", json!({ "Rules": [rule] }));
        });
        ids(&found).is_empty()
    };
    let pattern = |names: Value| {
        json!({
            "source": ["aws.cloudwatch"],
            "detail-type": ["CloudWatch Alarm State Change"],
            "detail": { "alarmName": names },
        })
    };
    assert!(with_rule("ENABLED", pattern(json!([{ "prefix": "why5xx: " }]))));
    assert!(with_rule(
        "ENABLED",
        json!({ "source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm Contributor State Change"] })
    ));
    assert!(!with_rule("DISABLED", pattern(json!([{ "prefix": "why5xx: " }]))));
    assert!(!with_rule("ENABLED", pattern(json!([{ "prefix": "other: " }]))));
    assert!(!with_rule("ENABLED", json!({ "source": ["aws.ec2"] })));
}

#[test]
fn a_silent_canary_is_a_warning_and_a_disabled_schedule_its_reason() {
    let silent = |state: &mut State| {
        state.metrics.remove("Canary why5xx-Function-1");
    };
    let found = after(silent);
    assert_eq!(ids(&found), ["no_canary"]);
    assert!(commands(&found["no_canary"]).contains("aws logs tail /why5xx/why5xx"));
    let found = after(|state| {
        silent(state);
        let rule = json!({ "Name": "why5xx-CanarySchedule-X1", "State": "DISABLED" });
        state.set("events.ListRules", json!({ "Rules": [rule] }));
    });
    assert_eq!(
        commands(&found["no_canary"]),
        "aws events enable-rule --region eu-west-1 --name why5xx-CanarySchedule-X1"
    );
}

#[test]
fn a_stack_that_was_just_made_needs_no_canary_yet() {
    let made_before = |minutes: i64| {
        after(|state| {
            state.metrics.remove("Canary why5xx-Function-1");
            let made_ms = (jiff::Timestamp::now().as_second() - minutes * 60) * 1000;
            let canary = |group: &&mut Value| group["logGroupName"] == "/why5xx/why5xx/canary";
            state.log_groups.iter_mut().find(canary).unwrap()["creationTime"] = json!(made_ms);
        })
    };
    assert_eq!(ids(&made_before(20)), Vec::<&str>::new());
    assert_eq!(ids(&made_before(40)), ["no_canary"]);
}

#[test]
fn findings_and_table_count_causes_from_one_base() {
    let mut state = State::with_http_api(r#"{"requestId":"$context.requestId","status":"$context.status"}"#);
    state.stage()["methodSettings"]["*/*"] = json!({ "loggingLevel": "ERROR", "dataTraceEnabled": false });
    let text = printed(&Account::of(state).run(&[]));
    let words: Vec<_> = text.split_whitespace().collect();
    let shares: Vec<_> = words
        .windows(4)
        .filter(|four| four[1] == "of" && four[0].parse::<u32>().is_ok() && four[2].parse::<u32>().is_ok())
        .map(|four| (four[0], four[2], four[3].starts_with("causes")))
        .collect();
    let (said, shown): (Vec<_>, Vec<_>) = shares.iter().partition(|(_, _, is_finding)| *is_finding);
    assert!(!said.is_empty(), "{text}");
    for (part, whole, _) in said {
        assert!(shown.iter().any(|row| (row.0, row.1) == (part, whole)), "{part} of {whole}\n{text}");
    }
}

#[test]
fn a_function_of_another_version_is_a_warning() {
    let found = after(|state| {
        state.functions.insert(FUNCTION.to_owned(), function("0.0.9"));
    });
    assert_eq!(ids(&found), ["older_version"]);
    assert!(found["older_version"]["text"].as_str().unwrap().contains("is version 0.0.9"));
    // No deployment of this version helps where the command is the older one.
    let found = after(|state| {
        state.functions.insert(FUNCTION.to_owned(), function("99.0.1"));
    });
    assert!(found["older_version"]["text"].as_str().unwrap().contains("this command is older"), "{found:#?}");
    assert_eq!(commands(&found["older_version"]), "");
}

#[test]
fn the_template_says_its_version_where_doctor_reads_it() {
    let template = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("template.yaml")).unwrap();
    let said = format!("      Description: \"why5xx {}: ", env!("CARGO_PKG_VERSION"));
    assert!(template.contains(&said), "{said}");
}

#[test]
fn an_account_policy_against_metrics_from_logs_is_a_warning_unless_it_spares_ours() {
    let policy = |selection: &str| {
        let policy =
            json!({ "policyName": "quiet", "policyType": "METRIC_EXTRACTION_POLICY", "selectionCriteria": selection });
        let key = "logs.DescribeAccountPolicies METRIC_EXTRACTION_POLICY";
        after(|state| state.set(key, json!({ "accountPolicies": [policy] })))
    };
    assert_eq!(ids(&policy("")), ["no_own_metrics"]);
    assert_eq!(ids(&policy(r#"LogGroupName NOT IN ["/why5xx/why5xx"]"#)), [""; 0]);
}

#[test]
fn log_groups_that_keep_all_for_ever_are_a_note_that_leaves_the_exit_status_at_0() {
    let mut state = State::healthy();
    state.group(EXECUTION_GROUP, "STANDARD", None);
    let account = Account::of(state);
    let output = account.run(&[]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        printed(&output).contains("[note, kept_for_ever]: 1 log group keeps log events for ever"),
        "{}",
        printed(&output)
    );
}

#[test]
fn each_missing_permission_is_a_row_and_the_policy_lists_it() {
    let policy = Account::of(State::healthy()).run(&["--policy"]);
    let policy: Value = serde_json::from_slice(&policy.stdout).unwrap();
    let statements = policy["Statement"].as_array().unwrap();
    let actions: Vec<&str> =
        statements.iter().flat_map(|one| one["Action"].as_array().unwrap()).map(|one| one.as_str().unwrap()).collect();
    assert_eq!(actions.len(), 11, "{actions:?}");
    for action in actions {
        let mut state = State::healthy();
        state.deliver(&arn_of(EXECUTION_GROUP), &["payload"]);
        state.denied.insert(action.to_owned());
        let account = Account::of(state);
        let output = account.run(&[]);
        if action == "apigateway:GET" {
            assert_eq!(output.status.code(), Some(2));
            let shown = "no API could be looked at: no permission: the caller needs apigateway:GET on *";
            assert!(said(&output).contains(shown), "{}", said(&output));
            continue;
        }
        let (text, status) = (printed(&output), output.status.code());
        assert!(text.contains("Not looked at\n") && text.contains(&format!("needs {action}")), "{action}: {text}");
        assert!(status == Some(2) || status == Some(1), "{action}: {text}");
        assert!(!text.contains("nothing_deployed") && !text.contains("not_subscribed"), "{action}: {text}");
    }
}

#[test]
fn without_findings_what_was_not_looked_at_leaves_the_answer_open() {
    let mut state = State::healthy();
    state.denied.insert("events:ListRules".to_owned());
    let output = Account::of(state).run(&[]);
    assert_eq!(output.status.code(), Some(2), "{}", printed(&output));
    let mut state = State::healthy();
    state.denied.insert("events:ListRules".to_owned());
    state.stage()["methodSettings"] = json!({});
    assert_eq!(Account::of(state).run(&[]).status.code(), Some(1));
}

#[test]
fn credentials_and_regions_that_cannot_be_used_are_one_sentence_with_the_remedy() {
    for (code, shown) in [
        ("ExpiredTokenException", "the credentials have expired: get new ones"),
        ("UnrecognizedClientException", "AWS does not know the access key"),
        ("InvalidSignatureException", "check the secret access key, and that this computer's clock is right"),
    ] {
        let mut state = State::healthy();
        state.refused = Some((403, code));
        let output = Account::of(state).run(&[]);
        let said = said(&output);
        assert_eq!((output.status.code(), said.lines().count()), (Some(2), 1), "{said}");
        assert!(said.contains(shown), "{said}");
    }
    let account = Account::of(State::healthy());
    let output = account.command(&[]).env("AWS_ACCESS_KEY_ID", "").env("PATH", "/nowhere").output().unwrap();
    assert!(said(&output).starts_with("why5xx: no credentials: set AWS_ACCESS_KEY_ID"), "{}", said(&output));
    let output = account.command(&[]).env("AWS_ENDPOINT_URL", format!("http://{}", closed_address())).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("check the network, its proxy and the Region eu-west-1"), "{}", said(&output));
    let mut empty = State::healthy();
    empty.set("GET /restapis", json!({ "item": [] }));
    let output = Account::of(empty).run(&[]);
    let shown = "no API of API Gateway has a stage in eu-west-1; check --region and --profile";
    assert!(said(&output).contains(shown) && output.status.code() == Some(2), "{}", said(&output));
}

#[test]
#[cfg(unix)]
fn names_of_the_account_reach_neither_a_terminal_nor_a_shell() {
    let name = "x'; touch pwned; $(touch pwned) \u{1b}[31m\u{202e}";
    let mut state = State::healthy();
    state.set("GET /restapis", json!({ "item": [{ "id": "a1b2c3d4e5", "name": name }] }));
    let filters =
        [("why5xx/execution", FUNCTION), (&format!("{name}/access"), "arn:aws:lambda:eu-west-1:1:function:no")];
    let filters = filters.map(|(name, to)| json!({ "filterName": name, "filterPattern": "", "destinationArn": to }));
    state.filters.insert(EXECUTION_GROUP.to_owned(), filters.to_vec());
    state.functions.insert(FUNCTION.to_owned(), function("0.0.9"));
    let account = Account::of(state);
    for arguments in [&[][..], &["--json"], &["--commands"]] {
        let text = printed(&account.run(arguments));
        assert!(text.contains("target_gone"), "{text}");
        assert!(!text.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{text:?}");
    }
    // A shell runs the script with an `aws` that writes down its arguments.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor-script");
    std::fs::create_dir_all(&folder).unwrap();
    for program in ["aws", "sam"] {
        let path = folder.join(program);
        std::fs::write(&path, "#!/bin/sh\nfor each; do printf '%s\\0' \"$each\"; done >> \"$0.arguments\"\n").unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    }
    let _ = std::fs::remove_file(folder.join("aws.arguments"));
    std::fs::write(folder.join("script"), printed(&account.run(&["--commands"]))).unwrap();
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let ran = Command::new("sh").arg("script").current_dir(&folder).env("PATH", path).output().unwrap();
    assert!(ran.status.success(), "{}", said(&ran));
    assert!(!folder.join("pwned").exists());
    let arguments = std::fs::read_to_string(folder.join("aws.arguments")).unwrap();
    assert!(arguments.split('\0').any(|argument| argument == format!("{name}/access")), "{arguments:?}");
}

#[test]
fn a_fix_that_fails_stops_its_own_commands_and_no_other_fix() {
    let mut state = State::with_http_api(r#"{"requestId":"$context.requestId","status":"$context.status"}"#);
    state.set("GET /account", json!({}));
    state.group("/pets/access", "STANDARD", None);
    let script = printed(&Account::of(state).run(&["--commands"]));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor-script-that-fails");
    std::fs::create_dir_all(&folder).unwrap();
    let aws = folder.join("aws");
    let run = |denied: &str| {
        // The role is not there yet.
        let program = format!("#!/bin/sh\necho \"$1 $2\" >> calls\n[ \"$2\" != get-role ] && [ \"$2\" != {denied} ]\n");
        std::fs::write(&aws, program).unwrap();
        std::fs::set_permissions(&aws, PermissionsExt::from_mode(0o755)).unwrap();
        std::fs::write(folder.join("sleep"), "#!/bin/sh\n").unwrap();
        std::fs::set_permissions(folder.join("sleep"), PermissionsExt::from_mode(0o755)).unwrap();
        let _ = std::fs::remove_file(folder.join("calls"));
        let path = format!("{}:/usr/bin:/bin", folder.display());
        let ran = Command::new("sh").args(["-c", &script]).current_dir(&folder).env("PATH", path).output().unwrap();
        (ran.status.code(), std::fs::read_to_string(folder.join("calls")).unwrap())
    };
    let (status, calls) = run("create-role");
    assert_eq!(status, Some(1), "{calls}");
    assert!(!calls.contains("attach-role-policy") && !calls.contains("update-account"), "{calls}");
    assert!(calls.contains("apigatewayv2 update-stage"), "{calls}");
    let (status, calls) = run("nothing");
    assert_eq!(status, Some(0), "{calls}");
    assert!(calls.contains("update-account"), "{calls}");
    // What deletes log events is for the reader to run.
    assert!(
        script.contains("# Not run: this deletes all log events that are older, for good.\n# aws logs put-retention")
    );
    assert!(!calls.contains("put-retention-policy"), "{calls}");
}

#[test]
#[cfg(unix)]
fn what_is_there_already_is_made_by_no_fix_and_stops_none() {
    let mut state = State::with_http_api(&advised("HTTP"));
    state.set("GET /account", json!({}));
    state.http_stage().as_object_mut().unwrap().remove("accessLogSettings");
    let script = printed(&Account::of(state).run(&["--commands"]));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor-script-of-what-is-there");
    std::fs::create_dir_all(&folder).unwrap();
    for (name, program) in [
        ("aws", "#!/bin/sh\necho \"$1 $2\" >> calls\ncase $2 in create-*) exit 254 ;; esac\n"),
        ("sleep", "#!/bin/sh\n"),
    ] {
        std::fs::write(folder.join(name), program).unwrap();
        std::fs::set_permissions(folder.join(name), PermissionsExt::from_mode(0o755)).unwrap();
    }
    let _ = std::fs::remove_file(folder.join("calls"));
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let ran = Command::new("sh").args(["-c", &script]).current_dir(&folder).env("PATH", path).output().unwrap();
    let calls = std::fs::read_to_string(folder.join("calls")).unwrap();
    assert!(ran.status.success() && !calls.contains("create-role"), "{calls}");
    for call in ["update-account", "describe-log-streams", "apigatewayv2 update-stage", "put-subscription-filter"] {
        assert!(calls.contains(call), "{calls}");
    }
}

#[test]
fn what_takes_something_away_or_only_looks_is_not_run_and_says_why() {
    let mut state = State::with_http_api(&advised("HTTP"));
    state.http_stage()["accessLogSettings"]["destinationArn"] = "arn:aws:firehose:eu-west-1:1:deliverystream/x".into();
    let quiet = json!({ "policyName": "quiet", "policyType": "METRIC_EXTRACTION_POLICY", "selectionCriteria": "" });
    state.set("logs.DescribeAccountPolicies METRIC_EXTRACTION_POLICY", json!({ "accountPolicies": [quiet] }));
    state.functions.insert(FUNCTION.to_owned(), function("0.0.9"));
    state.metrics.insert("StageErrors a1b2c3d4e5 prod".to_owned(), 1.0);
    let account = Account::of(state);
    let script = printed(&account.run(&["--commands"]));
    for part in ["update-stage", "delete-account-policy", "sam build", "why5xx replay"] {
        let line = script.lines().find(|line| line.contains(part)).unwrap();
        assert!(line.starts_with("# "), "{line}");
    }
    for why in ["a stage has one access log", "may be another team's", "the way it was deployed", "this only looks"] {
        assert!(script.contains(&format!("# Not run: {why}")) || script.contains(why), "{why}: {script}");
    }
    // Every command is for the profile that was looked with.
    let output = account.run(&["--json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(document["findings"].as_array().unwrap().iter().all(|finding| finding["note"].is_string()), "{document:#}");
}

#[test]
#[cfg(unix)]
fn each_fix_names_the_profile_that_looked() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor-profile");
    std::fs::create_dir_all(&folder).unwrap();
    let script = "#!/bin/sh\necho '{\"Version\":1,\"AccessKeyId\":\"AKIDTEAM\",\"SecretAccessKey\":\"s\"}'\n";
    std::fs::write(folder.join("aws"), script).unwrap();
    std::fs::set_permissions(folder.join("aws"), PermissionsExt::from_mode(0o755)).unwrap();
    let mut state = State::with_http_api("$context.requestId");
    state.set("GET /account", json!({}));
    state.filters.remove(EXECUTION_GROUP);
    state.functions.insert(FUNCTION.to_owned(), function("0.0.9"));
    let account = Account::of(state);
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let output = account.command(&["--json", "--profile", "my team"]).env("PATH", path).output().unwrap();
    let document: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", said(&output)));
    let findings = document["findings"].as_array().unwrap();
    assert!(findings.len() >= 4, "{document:#}");
    for command in findings.iter().flat_map(|finding| finding["commands"].as_array().unwrap()) {
        let command = command.as_str().unwrap();
        assert!(command.contains("--profile 'my team'") || command == "sleep 15", "{command}");
    }
}

#[test]
fn a_websocket_stage_keeps_its_limits_and_metrics() {
    let mut state = State::healthy();
    state.set("GET /v2/apis", json!({ "items": [{ "apiId": "w9", "name": "chat", "protocolType": "WEBSOCKET" }] }));
    let settings = json!({
        "loggingLevel": "ERROR",
        "detailedMetricsEnabled": true,
        "throttlingBurstLimit": 50,
        "throttlingRateLimit": 20.5,
    });
    let stage = json!({ "stageName": "live", "defaultRouteSettings": settings });
    state.set("GET /v2/apis/w9/stages", json!({ "items": [stage] }));
    state.group("/aws/apigateway/w9/live", "STANDARD", Some(7));
    state.subscribe("/aws/apigateway/w9/live", "why5xx/execution", &default_pattern_of("Execution"), FUNCTION);
    let lines = commands(&findings(state)["lower_level"]);
    for part in [r#""DetailedMetricsEnabled":true"#, r#""ThrottlingBurstLimit":50"#, r#""ThrottlingRateLimit":20.5"#] {
        assert!(lines.contains(part), "{lines}");
    }
}

#[test]
fn more_log_groups_than_a_stack_takes_are_left_out_and_counted() {
    let mut state = State::healthy();
    state.undeploy();
    let apis: Vec<_> = (0..60).map(|n| json!({ "id": format!("r{n}"), "name": format!("api {n}") })).collect();
    state.set("GET /restapis", json!({ "item": apis }));
    for n in 0..60 {
        state.set(&format!("GET /restapis/r{n}/stages"), json!({ "item": [rest_stage()] }));
    }
    let found = findings(state);
    let (text, lines) = (found["nothing_deployed"]["text"].as_str().unwrap(), commands(&found["nothing_deployed"]));
    assert!(text.contains("10 log groups more than a stack takes"), "{text}");
    assert_eq!(lines.matches("API-Gateway-Execution-Logs_").count(), 50, "{lines}");
}

/// The tables and the script that the page shows, of an account in which nearly everything is wrong.
#[test]
#[expect(clippy::disallowed_methods, reason = "whether to write is shown to the tests alone")]
fn the_page_shows_what_the_command_prints() {
    let mut state = State::with_http_api(r#"{"requestId":"$context.requestId","status":"$context.status"}"#);
    state.stage()["methodSettings"]["*/*"] = json!({ "loggingLevel": "ERROR", "dataTraceEnabled": true });
    state.set("GET /account", json!({}));
    state.set(
        "GET /v2/apis",
        json!({ "items": [
            { "apiId": "h7", "name": "pets", "protocolType": "HTTP" },
            { "apiId": "h8", "name": "carts", "protocolType": "HTTP" },
            { "apiId": "w9", "name": "chat", "protocolType": "WEBSOCKET" },
        ] }),
    );
    state.set("GET /v2/apis/h8/stages", json!({ "items": [{ "stageName": "$default" }] }));
    state.set(
        "GET /v2/apis/w9/stages",
        json!({ "items": [{ "stageName": "live", "defaultRouteSettings": { "loggingLevel": "OFF" } }] }),
    );
    state.filters.remove(EXECUTION_GROUP);
    state.group("/pets/access", "STANDARD", None);
    state.set("monitoring.DescribeAlarms", json!({ "MetricAlarms": [alarm(&[])] }));
    state.functions.insert(FUNCTION.to_owned(), function("0.0.9"));
    state.metrics.remove("Canary why5xx-Function-1");
    let account = Account::of(state);
    let page_path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/doctor.md");
    let mut page = std::fs::read_to_string(&page_path).unwrap();
    let policy = printed(&account.run(&["--policy"]));
    let without_version = |text: String| text.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    for (mark, language, text) in [
        ("table", "text", without_version(printed(&account.run(&[])))),
        ("commands", "sh", without_version(printed(&account.run(&["--commands"])))),
        ("policy", "json", policy),
    ] {
        let (begin, end) = (format!("<!-- {mark} -->\n"), format!("<!-- /{mark} -->\n"));
        let (head, rest) = page.split_once(&begin).unwrap();
        let (old, tail) = rest.split_once(&end).unwrap();
        let new = format!("```{language}\n{}\n```\n", text.trim_end());
        if std::env::var_os("BLESS").is_none() {
            assert_eq!(old, new, "docs/doctor.md is stale: run `BLESS=1 cargo test --test it doctor::`");
        }
        page = format!("{head}{begin}{new}{end}{tail}");
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(page_path, page).unwrap();
    }
}
