//! An account: the services that a survey asks, which page, deny and hold what the emulators cannot.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::filter_pattern::default_pattern_of;
use super::http::{self, Answer, Request};

pub const ROLE: &str = "arn:aws:sts::111122223333:assumed-role/Reader/me";
pub const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:why5xx-Function-1";
pub const EXECUTION_GROUP: &str = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";

/// An account: what its services answer.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// The pages of each list and the answers to other calls, by `GET /path` or `Service.Action`.
    pub pages: BTreeMap<String, Vec<Value>>,
    pub log_groups: Vec<Value>,
    /// By log group.
    pub filters: BTreeMap<String, Vec<Value>>,
    /// Sums by metric name and the values of its dimensions.
    pub metrics: BTreeMap<String, f64>,
    /// Functions that are there.
    pub functions: BTreeMap<String, Value>,
    /// Permissions that the caller lacks.
    pub denied: BTreeSet<String>,
    /// Status and code with which every call is refused.
    pub refused: Option<(u16, &'static str)>,
    /// So many calls are throttled first.
    pub throttles: u32,
    /// Metrics whose sums fail.
    pub unknown_sums: BTreeSet<String>,
    /// Seconds by which AWS's clock is ahead.
    pub ahead: i64,
    /// How long each answer takes.
    pub delay: Duration,
    pub calls: Vec<String>,
}

impl State {
    /// An account in which there is nothing to do: a REST API whose execution log is subscribed.
    pub fn healthy() -> Self {
        let mut state = Self::default();
        state.set("GET /restapis", json!({ "item": [{ "id": "a1b2c3d4e5", "name": "orders" }] }));
        state.set("GET /restapis/a1b2c3d4e5/stages", json!({ "item": [rest_stage()] }));
        state.set("GET /v2/apis", json!({ "items": [] }));
        state.set("GET /account", json!({ "cloudwatchRoleArn": "arn:aws:iam::111122223333:role/logs" }));
        state.set("monitoring.DescribeAlarms", json!({ "MetricAlarms": [alarm(&["arn:aws:sns:eu-west-1:1:t"])] }));
        for (action, list) in [
            ("logs.DescribeDeliverySources", "deliverySources"),
            ("logs.DescribeDeliveries", "deliveries"),
            ("logs.DescribeDeliveryDestinations", "deliveryDestinations"),
            ("logs.DescribeAccountPolicies", "accountPolicies"),
            ("events.ListRules", "Rules"),
        ] {
            state.set(action, json!({ list: [] }));
        }
        for name in [EXECUTION_GROUP, "/why5xx/why5xx", "/why5xx/why5xx/canary"] {
            state.group(name, "STANDARD", Some(30));
        }
        state.subscribe(EXECUTION_GROUP, "why5xx/execution", &default_pattern_of("Execution"), FUNCTION);
        state.subscribe("/why5xx/why5xx/canary", "why5xx/execution", "", FUNCTION);
        state.functions.insert(FUNCTION.to_owned(), function(env!("CARGO_PKG_VERSION")));
        state.metrics.insert("5XXError orders prod".to_owned(), 100.0);
        state.metrics.insert("StageErrors a1b2c3d4e5 prod".to_owned(), 98.0);
        state.metrics.insert("Canary why5xx-Function-1".to_owned(), 6.0);
        state
    }

    /// Creates a healthy account with an HTTP API, whose access log is subscribed.
    pub fn with_http_api(format: &str) -> Self {
        let mut state = Self::healthy();
        state.set("GET /v2/apis", json!({ "items": [{ "apiId": "h7", "name": "pets", "protocolType": "HTTP" }] }));
        let log = json!({ "destinationArn": arn_of("/pets/access"), "format": format });
        state
            .set("GET /v2/apis/h7/stages", json!({ "items": [{ "stageName": "$default", "accessLogSettings": log }] }));
        state.group("/pets/access", "STANDARD", Some(30));
        state.subscribe("/pets/access", "why5xx/access", &default_pattern_of("Access"), FUNCTION);
        state
    }

    pub fn set(&mut self, key: &str, answer: Value) {
        self.pages.insert(key.to_owned(), vec![answer]);
    }

    pub fn stage(&mut self) -> &mut Value {
        &mut self.pages.get_mut("GET /restapis/a1b2c3d4e5/stages").unwrap()[0]["item"][0]
    }

    pub fn http_stage(&mut self) -> &mut Value {
        &mut self.pages.get_mut("GET /v2/apis/h7/stages").unwrap()[0]["items"][0]
    }

    pub fn group(&mut self, name: &str, class: &str, days: Option<u64>) {
        self.log_groups.retain(|group| group["logGroupName"] != name);
        let mut group = json!({ "logGroupName": name, "logGroupClass": class });
        if let Some(days) = days {
            group["retentionInDays"] = days.into();
        }
        self.log_groups.push(group);
    }

    pub fn subscribe(&mut self, log_group: &str, name: &str, pattern: &str, destination: &str) {
        let filter = json!({
            "filterName": name,
            "logGroupName": log_group,
            "filterPattern": pattern,
            "destinationArn": destination,
        });
        self.filters.insert(log_group.to_owned(), vec![filter]);
    }

    /// Has a delivery carry the execution log elsewhere, with these fields.
    pub fn deliver(&mut self, resource: &str, fields: &[&str]) {
        let stage = "arn:aws:apigateway:eu-west-1:111122223333:/restapis/a1b2c3d4e5/stages/prod";
        let source = json!({ "name": "orders-logs", "logType": "EXECUTION_LOGS", "resourceArns": [stage], "service": "apigateway" });
        self.set("logs.DescribeDeliverySources", json!({ "deliverySources": [source] }));
        let to = "arn:aws:logs:eu-west-1:111122223333:delivery-destination:d";
        let delivery = json!({
            "id": "d1",
            "deliverySourceName": "orders-logs",
            "deliveryDestinationArn": to,
            "recordFields": fields,
        });
        self.set("logs.DescribeDeliveries", json!({ "deliveries": [delivery] }));
        let destination =
            json!({ "arn": to, "deliveryDestinationConfiguration": { "destinationResourceArn": resource } });
        self.set("logs.DescribeDeliveryDestinations", json!({ "deliveryDestinations": [destination] }));
    }

    /// Takes everything of ours away.
    pub fn undeploy(&mut self) {
        self.filters.clear();
        self.functions.clear();
        self.log_groups.retain(|group| !group["logGroupName"].as_str().unwrap().starts_with("/why5xx/"));
    }
}

pub fn rest_stage() -> Value {
    json!({
        "stageName": "prod",
        "methodSettings": { "*/*": { "loggingLevel": "INFO", "dataTraceEnabled": false } },
    })
}

pub fn alarm(actions: &[&str]) -> Value {
    json!({ "AlarmName": "why5xx: x", "AlarmActions": actions, "ActionsEnabled": true })
}

pub fn function(version: &str) -> Value {
    json!({
        "FunctionName": "why5xx-Function-1",
        "Description": format!("why5xx {version}: names causes"),
        "Environment": { "Variables": { "WHY5XX_NAMESPACE": "Why5xx" } },
    })
}

pub fn arn_of(log_group: &str) -> String {
    format!("arn:aws:logs:eu-west-1:111122223333:log-group:{log_group}")
}

pub fn advised(kind: &str) -> String {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/causes.md")).unwrap();
    let (_, rest) = page.split_once(&format!(". {kind} API:\n")).unwrap();
    rest.lines().map(str::trim).find(|line| line.starts_with('{')).unwrap().to_owned()
}

fn answer(state: &mut State, request: &Request) -> Answer {
    let respond = |status, body: String| Answer::Response { status, headers: Vec::new(), body: body.into_bytes() };
    let authorization = request.header("authorization");
    let service = authorization.split("/eu-west-1/").nth(1).and_then(|rest| rest.split('/').next()).unwrap().to_owned();
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let target = request.header("x-amz-target");
    let action = target.rsplit('.').next().unwrap();
    let key = match &*service {
        "sts" => "sts.GetCallerIdentity".to_owned(),
        "apigateway" | "lambda" => {
            assert_eq!((&*request.method, request.header("accept")), ("GET", "application/json"));
            format!("GET {path}")
        }
        _ => format!("{service}.{action}"),
    };
    state.calls.push(format!("{key} {query}").trim_end().to_owned());
    let now = jiff::Timestamp::now().as_second() + state.ahead;
    let signed = jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", request.header("x-amz-date")).unwrap();
    let signed = signed.to_datetime().unwrap().to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second();
    if (signed - now).abs() > 300 {
        let date = jiff::Timestamp::from_second(now).unwrap().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let body = json!({ "__type": "InvalidSignatureException", "message": "Signature expired" }).to_string();
        return Answer::Response { status: 403, headers: vec![("date", date)], body: body.into_bytes() };
    }
    if state.throttles > 0 {
        state.throttles -= 1;
        return respond(429, json!({ "__type": "TooManyRequestsException", "message": "slow down" }).to_string());
    }
    if let Some((status, code)) = state.refused {
        return respond(status, json!({ "__type": code, "message": "refused" }).to_string());
    }
    let permission = match &*service {
        "apigateway" => "apigateway:GET".to_owned(),
        "lambda" => "lambda:GetFunctionConfiguration".to_owned(),
        "monitoring" => format!("cloudwatch:{action}"),
        other => format!("{other}:{action}"),
    };
    if state.denied.contains(&permission) {
        let body = json!({ "Message": "User is not authorized" }).to_string().into_bytes();
        let headers = vec![("x-amzn-errortype", "AccessDeniedException:http://example".to_owned())];
        return Answer::Response { status: 403, headers, body };
    }
    match &*key {
        "sts.GetCallerIdentity" => respond(200, format!("<R><Arn>{ROLE}</Arn><Account>111122223333</Account></R>")),
        "logs.DescribeLogGroups" => {
            let prefix = body["logGroupNamePrefix"].as_str().unwrap();
            let is_of = |group: &&Value| group["logGroupName"].as_str().unwrap().starts_with(prefix);
            let all: Vec<&Value> = state.log_groups.iter().filter(is_of).collect();
            // One group a page.
            let at = body["nextToken"].as_str().map_or(0, |token| token.parse::<usize>().unwrap());
            let page: Vec<_> = all.iter().skip(at).take(1).collect();
            let token = (at + 1 < all.len()).then(|| (at + 1).to_string());
            respond(200, json!({ "logGroups": page, "nextToken": token }).to_string())
        }
        "logs.DescribeSubscriptionFilters" => {
            let filters = state.filters.get(body["logGroupName"].as_str().unwrap()).cloned().unwrap_or_default();
            respond(200, json!({ "subscriptionFilters": filters }).to_string())
        }
        "monitoring.GetMetricData" => {
            let result = |query: &Value| {
                let metric = &query["MetricStat"]["Metric"];
                let values = metric["Dimensions"].as_array().unwrap().iter().map(|one| one["Value"].as_str().unwrap());
                let name =
                    [metric["MetricName"].as_str().unwrap()].into_iter().chain(values).collect::<Vec<_>>().join(" ");
                if state.unknown_sums.contains(metric["MetricName"].as_str().unwrap()) {
                    return json!({ "Id": query["Id"], "StatusCode": "InternalError", "Values": [] });
                }
                let mut sum = state.metrics.get(&name).copied().unwrap_or_default();
                // A canary of each five minutes, until now.
                if name.starts_with("Canary ") && body["EndTime"].as_i64().unwrap() < now - 60 {
                    sum = 0.0;
                }
                json!({ "Id": query["Id"], "Values": [sum / 4.0, sum * 3.0 / 4.0] })
            };
            let results: Vec<_> = body["MetricDataQueries"].as_array().unwrap().iter().map(result).collect();
            respond(200, json!({ "MetricDataResults": results }).to_string())
        }
        _ if service == "lambda" => {
            let arn = path.strip_prefix("/2015-03-31/functions/").unwrap().strip_suffix("/configuration").unwrap();
            match state.functions.get(&arn.replace("%3A", ":")) {
                Some(function) => respond(200, function.to_string()),
                None => respond(404, json!({ "__type": "ResourceNotFoundException" }).to_string()),
            }
        }
        _ => {
            let of_type = body["policyType"].as_str().map(|of| format!("{key} {of}")).unwrap_or_default();
            let Some(pages) = state.pages.get(&of_type).or_else(|| state.pages.get(&key)) else {
                return respond(400, json!({ "__type": "UnknownOperationException", "message": key }).to_string());
            };
            let token = ["position=", "nextToken="]
                .iter()
                .find_map(|name| query.split('&').find_map(|part| part.strip_prefix(name)))
                .or(body["nextToken"].as_str())
                .or(body["NextToken"].as_str());
            let at = token.map_or(0, |token| token.trim_start_matches("page").parse::<usize>().unwrap());
            respond(200, pages[at].to_string())
        }
    }
}

/// An account that is served.
pub struct Account {
    pub state: Arc<Mutex<State>>,
    pub url: String,
}

impl Account {
    pub fn of(state: State) -> Self {
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let address = http::serve(move |request| {
            let mut state = shared.lock().unwrap();
            std::thread::sleep(state.delay);
            answer(&mut state, request)
        });
        Self { state, url: format!("http://{address}") }
    }
}
