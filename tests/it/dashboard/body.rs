//! The dashboard of the template, and the causes that its alarms are about.
//!
//! Both are generated from the table of causes; a test compares them with `template.yaml`. What is in braces behind a
//! dollar sign, CloudFormation fills in. Nobody knows what CloudWatch makes of a dashboard before it is seen there, so
//! the tests check what its documentation says: the grid, the limits, the searches.

use std::fmt::Write as _;

use serde_json::{Value, json};

use why5xx::cause::{Cause, Family, Kind, Role, Table};
use why5xx::log_kind::LogKind;
use why5xx::metric::Metric;

/// Columns of the grid.
///
/// Source: CloudWatch API Reference, dashboard body structure: 24 columns.
const COLUMNS: u64 = 24;

/// Most lines of a sorted search; more could not be kept apart.
const LINES: u64 = 10;

/// Causes that say nothing of what went wrong: no alarm is about one of them, and an alarm of its own watches their share.
const WITHOUT_REASON: &[Role] = &[Role::NoReason, Role::Unclassified];

/// A term that every failure metric of an API matches, and that stands nowhere else: what the variable of the API
/// replaces. (A variable changes text inside of a search by pattern alone.)
const ANY_API: &str = "Errors AND Errors";

/// Value of the variable `stage` that stands for all stages.
const ANY_STAGE: &str = "Errors OR Errors";

/// Text that a variable puts into a search for all APIs or stages.
pub(super) const ANY: &str = "Errors";

/// The body of the dashboard, one widget a line.
pub(super) fn body(table: &Table) -> String {
    let lines: Vec<String> = widgets(table).iter().map(|widget| format!("  {widget}")).collect();
    let variables: Vec<String> = variables().iter().map(|variable| format!("  {variable}")).collect();
    format!(
        "{{\n\"start\": \"-PT3H\",\n\"periodOverride\": \"inherit\",\n\"variables\": [\n{}\n],\n\"widgets\": [\n{}\n]\n}}\n",
        variables.join(",\n"),
        lines.join(",\n")
    )
}

/// For each kind of alarm, the condition that leaves out the causes it is not about; as entries of a mapping.
pub(super) fn alarm_causes(table: &Table) -> String {
    let mut entries = String::new();
    for (name, left_out) in [("NotLoad", Kind::Load), ("NotBroken", Kind::Broken)] {
        let is_left_out = |cause: &&Cause| cause.kind == left_out || WITHOUT_REASON.iter().any(|role| cause.is(*role));
        let terms: Vec<String> = table.iter().filter(is_left_out).map(|c| format!("Cause != '{}'", c.id)).collect();
        // Writing to a String cannot fail.
        let _ = write!(entries, "{name}:\n  Where: >-\n    {}\n", terms.join(" AND\n    "));
    }
    entries
}

fn widgets(table: &Table) -> Vec<Value> {
    let mut grid = Grid::default();
    first_screen(&mut grid, table);
    beside(&mut grid);
    logs(&mut grid);
    health(&mut grid);
    grid.widgets
}

/// Adds the first screen: the failures of now, where and since when, with requests to look up and what to check; then
/// whether the picture is complete.
fn first_screen(grid: &mut Grid, table: &Table) {
    grid.log(
        (24, 7),
        "Failing now, the newest first: since when within the time range, and the newest request to look up",
        "filter message = \"exemplar\" | stats min(@timestamp) as since, max(@timestamp) as newest, \
         latest(failedRequestId) as newestRequest, latest(status) as newestStatus by apiId, stage, cause, functionName \
         | sort newest desc | limit 20",
    );
    let both = |period| [failures("Errors", period), failures("AccessLogErrors", period)];
    grid.metrics(
        (10, 6),
        "Failures by API, stage and cause: this hour",
        json!({"metrics": expressions(&both(3600)), "view": "table", "start": "-PT1H", "period": 3600,
               "table": {"summaryColumns": ["SUM"], "layout": "vertical"}}),
    );
    grid.metrics(
        (14, 6),
        "The same over time; an API with both logs is here twice",
        json!({"metrics": expressions(&both(300)), "view": "timeSeries", "stacked": true, "period": 300}),
    );
    remedies(grid, table);
    let mut alarms = ALARMS.map(|name| format!("${{{name}.Arn}}"));
    for (condition, _) in ALARMS_ON_CONDITION {
        // What fills it in closes this text and begins others.
        let _ = write!(alarms[ALARMS.len() - 1], "${{{condition}}}");
    }
    grid.put(
        (12, 6),
        "alarm",
        json!({"title": "Alarms; those on what was not delivered of a log group: see the last row", "alarms": alarms}),
    );
    grid.metrics(
        (12, 6),
        "Complete up to (ms); canaries (none for 25 minutes: blind); batches not counted (queue)",
        json!({"metrics": [own("DeliveryDelay", "p99"), own("Canary", "Sum"),
               ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${FailedEvents.QueueName}",
                {"stat": "Maximum", "label": "batches not counted"}]], "view": "singleValue", "period": 300}),
    );
}

/// The alarms of the template that are there whatever its parameters say.
const ALARMS: [&str; 9] = [
    "BrokenExecutionAlarm",
    "BrokenAccessAlarm",
    "UnclassifiedAlarm",
    "FailedEventsAlarm",
    "UnreplayableEventsAlarm",
    "FunctionErrorsAlarm",
    "EventsDroppedAlarm",
    "DestinationFailuresAlarm",
    "CanaryDeliveryAlarm",
];

/// The others, by the condition that they have.
const ALARMS_ON_CONDITION: [(&str, &[&str]); 7] = [
    ("AlarmsOnLoad", &["LoadExecutionAlarm", "LoadAccessAlarm"]),
    ("ReadsKinesisStream", &["BrokenAccountAlarm", "StreamAgeAlarm"]),
    ("AlarmsOnLoadOfAccounts", &["LoadAccountAlarm"]),
    (
        "Publishes",
        &["CanaryAlarm", "ExtractionAlarm", "AmbiguousLinesAlarm", "NotUnderstoodAlarm", "UndecodableBatchesAlarm"],
    ),
    ("KeepsInS3", &["KeptObjectsAlarm"]),
    ("SendsMessages", &["NotifierErrorsAlarm", "NotifierDroppedAlarm"]),
    ("PublishesSurveys", &["UnseenStagesAlarm"]),
];

/// Returns the alarms that have a condition, as entries of a mapping. CloudFormation knows no list with an end that
/// may be missing inside of a text.
pub(super) fn alarms_on_condition() -> String {
    let mut entries = String::new();
    for (condition, names) in ALARMS_ON_CONDITION {
        let arns: String = names.iter().map(|name| format!("\",\"${{{name}.Arn}}")).collect();
        let _ = writeln!(entries, "{condition}: !If [{condition}, !Sub '{arns}', '']");
    }
    entries
}

/// Adds the remedies: what to check first, by the part that failed, with a page to read for each cause.
fn remedies(grid: &mut Grid, table: &Table) {
    let mut text = String::from("| what failed | check first | causes, and AWS's page on each |\n|---|---|---|\n");
    for &family in Family::ALL {
        let causes: Vec<String> = table.iter().filter(|cause| cause.family == family).map(named_with_page).collect();
        if !causes.is_empty() {
            let (part, check) = first_check(family);
            let _ = writeln!(text, "| {part} | {check} | {} |", causes.join(", "));
        }
    }
    let _ = write!(text, "\nAll of it: `why5xx explain CAUSE`. Runbook: ${{RunbookUrl}}");
    grid.text(9, &text);
}

fn named_with_page(cause: &Cause) -> String {
    cause.docs.first().map_or_else(|| cause.id.to_owned(), |url| format!("[{}]({url})", cause.id))
}

/// The part's name for people, and the check that most of its causes begin with.
const fn first_check(family: Family) -> (&'static str, &'static str) {
    match family {
        Family::VpcLink => ("the VPC link", "Status of the link; health of the load balancer's targets"),
        Family::Tls => ("TLS to the backend", "The certificate that the server sends: dates, names, the whole chain"),
        Family::Backend => ("the backend", "Its own log at that minute; whether it is up, and how long it takes"),
        Family::Lambda => {
            ("the function", "Its log at that minute; its concurrency, memory, timeout and last deployment")
        }
        Family::Iam => ("a role of API Gateway", "The trust policy of the role that the integration names"),
        Family::AwsService => ("an AWS service", "What the role may do there; the service's own throttles and errors"),
        Family::Integration => ("the integration", "Its URI, method and stage variables; what was deployed last"),
        Family::Mapping => ("a mapping", "The template or status mapping, beside what the backend sends now"),
        Family::Authorizer => ("the authorizer", "Its log at that minute, its timeout, the policy that it answers"),
        Family::Gateway => ("API Gateway", "Gateway responses, throttles and the web ACL of the stage"),
        Family::Network => ("the network", "Whose interface it is; its security groups and network ACLs"),
        Family::None => ("not known", "The request's own lines in its log; the format of the access log"),
    }
}

/// Adds the counts of others at the same time: API Gateway, a week ago, functions, networks.
fn beside(grid: &mut Grid) {
    let sum = |schema: &str, metric: &str| format!("SUM(SEARCH('{{{schema}}} MetricName=\"{metric}\"', 'Sum', 300))");
    let gateway = [
        ("REST APIs: 5XXError".to_owned(), sum("AWS/ApiGateway,ApiName,Stage", "5XXError")),
        ("HTTP APIs: 5xx".to_owned(), sum("AWS/ApiGateway,ApiId,Stage", "5xx")),
        // The two overlap, so there is no sum of them.
        ("WebSocket APIs: ExecutionError".to_owned(), sum("AWS/ApiGateway,ApiId,Stage", "ExecutionError")),
        ("WebSocket APIs: IntegrationError".to_owned(), sum("AWS/ApiGateway,ApiId,Stage", "IntegrationError")),
        ("ours, execution logs".to_owned(), format!("SUM({})", stage_failures("StageErrors", 300))),
        ("ours, access logs".to_owned(), format!("SUM({})", stage_failures("AccessLogStageErrors", 300))),
    ];
    grid.metrics(
        (12, 6),
        "API Gateway's own counts beside ours: higher, where no log shows the failure",
        json!({"metrics": labelled(&gateway), "view": "timeSeries", "period": 300, "yAxis": {"left": {"min": 0}}}),
    );
    let week = [failures("Errors", 3600), failures("AccessLogErrors", 3600)];
    grid.metrics(
        (12, 6),
        "By hour: the left edge is this hour last week, the right edge is now",
        json!({"metrics": expressions(&week), "view": "timeSeries", "start": "-P7D", "period": 3600}),
    );
    let others: Vec<String> = Metric::ALL
        .into_iter()
        .filter(|metric| metric.by_stage().is_none())
        .map(|metric| {
            let (name, dimensions) = (metric.name(), metric.dimensions().join(","));
            sorted(&format!("SEARCH('{{\"${{Namespace}}\",Cause,{dimensions}}} MetricName=\"{name}\"', 'Sum', 300)"))
        })
        .collect();
    grid.metrics(
        (12, 6),
        "Failed invocations, failures of other accounts, other logs",
        json!({"metrics": expressions(&others), "view": "timeSeries", "stacked": true, "period": 300}),
    );
    let mut neighbours = Vec::new();
    for (number, (schema, metric, stat, axis)) in (1..).zip([
        ("AWS/ApiGateway,ApiName,Stage", "Latency", "p99", "left"),
        ("AWS/ApiGateway,ApiName,Stage", "IntegrationLatency", "p99", "left"),
        ("AWS/Lambda,FunctionName", "Throttles", "Sum", "right"),
        ("AWS/Lambda,FunctionName", "Errors", "Sum", "right"),
    ]) {
        let order = if stat == "Sum" { "SUM" } else { "MAX" };
        let search =
            format!("SORT(SEARCH('{{{schema}}} MetricName=\"{metric}\"', '{stat}', 300), {order}, DESC, {LINES})");
        neighbours.push(json!([{"expression": search, "id": format!("e{number}"), "yAxis": axis}]));
    }
    grid.metrics(
        (12, 6),
        "Latency of REST APIs and their integrations (p99, left); throttles and errors of functions (right)",
        json!({"metrics": neighbours, "view": "timeSeries", "period": 300}),
    );
}

fn logs(grid: &mut Grid) {
    grid.log(
        (24, 7),
        "Newest exemplars: requests to look up",
        "fields @timestamp, cause, apiId, stage, functionName, status, failedRequestId, traceId, logGroup, logStream \
         | filter message = \"exemplar\" | sort @timestamp desc | limit 50",
    );
    grid.log(
        (24, 6),
        "Shapes of failures that no cause matches",
        "filter message = \"unclassified\" | stats sum(count) as failures, max(@timestamp) as newest by fingerprint, shape \
         | sort failures desc | limit 20",
    );
}

/// Whether why5xx itself is well.
fn health(grid: &mut Grid) {
    let read = ["Batches", "LogEvents", "Failures", "Unclassified"];
    let doubts = [
        "UndecodableBatches",
        "StaleEvents",
        "UncertainPublishes",
        "DuplicateEvents",
        "SplitRequests",
        "AmbiguousLines",
        "NotUnderstood",
        "BothSources",
        "OtherDimensions",
    ];
    let metrics: Vec<Value> = read
        .iter()
        .map(|name| own(name, "Sum"))
        .chain(doubts.iter().map(|name| on_the_right(own(name, "Sum"))))
        .collect();
    grid.metrics(
        (12, 6),
        "What was read and counted (left); what may be missing or counted twice (right)",
        json!({"metrics": metrics, "view": "timeSeries", "period": 300}),
    );
    let lambda =
        |metric: &str, stat: &str| json!(["AWS/Lambda", metric, "FunctionName", "${Function}", {"stat": stat}]);
    let metrics = [
        lambda("Errors", "Sum"),
        lambda("Throttles", "Sum"),
        lambda("AsyncEventsDropped", "Sum"),
        lambda("DestinationDeliveryFailures", "Sum"),
        lambda("ConcurrentExecutions", "Maximum"),
        on_the_right(lambda("Duration", "p99")),
        on_the_right(lambda("AsyncEventAge", "Maximum")),
    ];
    grid.metrics(
        (12, 6),
        "The function: errors, throttles, at work at once (left); duration and age of waiting batches (ms, right)",
        json!({"metrics": metrics, "view": "timeSeries", "period": 300}),
    );
    deliveries(grid);
}

/// Adds the log events that CloudWatch Logs could not hand over, by log group: those of other stacks too. The name of a filter
/// ends with the kind of log; without quotes, a word of it is enough.
fn deliveries(grid: &mut Grid) {
    let kinds = LogKind::ALL.map(LogKind::word).join(" OR ");
    let searches = ["DeliveryErrors", "DeliveryThrottling"].map(|metric| {
        sorted(&format!(
            "SEARCH('{{AWS/Logs,DestinationType,FilterName,LogGroupName}} MetricName=\"{metric}\" AND \
             FilterName=({kinds})', 'Sum', 300)"
        ))
    });
    grid.metrics(
        (24, 6),
        "Log events that could not be delivered, or whose delivery was throttled, by log group",
        json!({"metrics": expressions(&searches), "view": "timeSeries", "period": 300}),
    );
}

fn variables() -> [Value; 2] {
    [("api", "API (Errors: all)", ANY_API), ("stage", "Stage (Errors: all)", ANY_STAGE)].map(|(id, label, any)| {
        json!({
            "id": id, "label": label, "type": "pattern", "pattern": any, "defaultValue": ANY, "inputType": "input",
            "visible": true,
        })
    })
}

/// Failures by API, stage and cause, the most first.
fn failures(metric: &str, period_s: u32) -> String {
    sorted(&search_of_api("ApiId,Cause,Stage", metric, period_s))
}

/// Failures by API and stage.
fn stage_failures(metric: &str, period_s: u32) -> String {
    search_of_api("ApiId,Stage", metric, period_s)
}

fn search_of_api(dimensions: &str, metric: &str, period_s: u32) -> String {
    format!(
        "SEARCH('{{\"${{Namespace}}\",{dimensions}}} MetricName=\"{metric}\" AND ({ANY_API}) AND ({ANY_STAGE})', 'Sum', {period_s})"
    )
}

fn sorted(search: &str) -> String {
    format!("SORT({search}, SUM, DESC, {LINES})")
}

/// A metric of the function itself.
fn own(metric: &str, stat: &str) -> Value {
    json!(["${Namespace}", metric, "Function", "${Function}", {"stat": stat, "label": format!("{metric} {stat}")}])
}

/// Returns the metric against the right axis.
fn on_the_right(mut metric: Value) -> Value {
    if let Some(rendering) = metric.as_array_mut().and_then(|parts| parts.last_mut()) {
        rendering["yAxis"] = json!("right");
    }
    metric
}

fn expressions(expressions: &[String]) -> Vec<Value> {
    let numbered = (1..).zip(expressions);
    numbered.map(|(number, expression)| json!([{"expression": expression, "id": format!("e{number}")}])).collect()
}

fn labelled(expressions: &[(String, String)]) -> Vec<Value> {
    let numbered = (1..).zip(expressions);
    numbered
        .map(|(number, (label, expression))| {
            json!([{"expression": expression, "id": format!("e{number}"), "label": label}])
        })
        .collect()
}

/// Puts widgets beside each other, and below where a row is full.
#[derive(Default)]
struct Grid {
    widgets: Vec<Value>,
    x: u64,
    y: u64,
    /// Where the next row begins.
    below: u64,
}

impl Grid {
    fn put(&mut self, (width, height): (u64, u64), kind: &str, properties: Value) {
        if self.x + width > COLUMNS {
            self.x = 0;
            self.y = self.below;
        }
        self.widgets.push(json!({
            "type": kind, "x": self.x, "y": self.y, "width": width, "height": height, "properties": properties,
        }));
        self.x += width;
        self.below = self.below.max(self.y + height);
    }

    fn metrics(&mut self, size: (u64, u64), title: &str, mut properties: Value) {
        properties["title"] = json!(title);
        properties["region"] = json!("${AWS::Region}");
        self.put(size, "metric", properties);
    }

    fn log(&mut self, size: (u64, u64), title: &str, query: &str) {
        let query = format!("SOURCE '${{FunctionLogGroup}}' | {query}");
        self.put(size, "log", json!({"title": title, "region": "${AWS::Region}", "view": "table", "query": query}));
    }

    fn text(&mut self, height: u64, markdown: &str) {
        self.put((COLUMNS, height), "text", json!({"markdown": markdown}));
    }
}
