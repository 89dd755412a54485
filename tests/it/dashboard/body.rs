//! The dashboard of the template, and the causes that its alarms are about.
//!
//! Both are generated from the table of causes; a test compares them with `template.yaml`. What is in braces behind a
//! dollar sign, CloudFormation fills in. What CloudWatch makes of a dashboard nobody tells before it is seen there, so
//! the tests check what its documentation says: the grid, the limits, the searches.

use std::fmt::Write as _;

use serde_json::{Value, json};

use why5xx::cause::{Cause, Kind, REASON_NOT_LOGGED, Table, UNCLASSIFIED};

/// Columns of the grid.
///
/// Source: CloudWatch API Reference, dashboard body structure: 24 columns.
const COLUMNS: u64 = 24;

/// Most lines of a sorted search; more would not be told apart.
const LINES: u64 = 10;

/// Causes that say nothing of what went wrong: no alarm is about one of them, and an alarm of its own watches their share.
const WITHOUT_REASON: &[&str] = &[REASON_NOT_LOGGED, UNCLASSIFIED];

/// A term that every failure metric of an API matches, and that stands nowhere else: what the variable of the API
/// replaces. (A variable changes text inside of a search by pattern alone.)
const ANY_API: &str = "Errors AND Errors";

/// The same for the stage.
const ANY_STAGE: &str = "Errors OR Errors";

/// What a variable puts there for all APIs or stages.
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
        let is_left_out = |cause: &&Cause| cause.kind == left_out || WITHOUT_REASON.contains(&cause.id);
        let terms: Vec<String> = table.iter().filter(is_left_out).map(|c| format!("Cause != '{}'", c.id)).collect();
        // Writing to a String cannot fail.
        let _ = write!(entries, "{name}:\n  Where: >-\n    {}\n", terms.join(" AND\n    "));
    }
    entries
}

fn widgets(table: &Table) -> Vec<Value> {
    let mut grid = Grid::default();
    first_screen(&mut grid);
    causes_over_time(&mut grid);
    neighbours(&mut grid);
    remedies(&mut grid, table);
    logs(&mut grid);
    health(&mut grid);
    grid.widgets
}

/// Which cause of which API changed, whether the picture is complete, and what API Gateway itself counts.
fn first_screen(grid: &mut Grid) {
    let hour = [failures("Errors", 3600), failures("AccessLogErrors", 3600)];
    grid.metrics(
        (12, 6),
        "Failures by API, stage and cause: this hour",
        json!({"metrics": expressions(&hour), "view": "table", "start": "-PT1H", "period": 3600,
               "table": {"summaryColumns": ["SUM"], "layout": "vertical"}}),
    );
    grid.metrics(
        (12, 6),
        "The same by hour: the left edge is this hour last week, the right edge is now",
        json!({"metrics": expressions(&hour), "view": "timeSeries", "start": "-P7D", "period": 3600}),
    );
    grid.metric_values((4, 4), "Complete up to: delay p99", &[("DeliveryDelay", "p99")]);
    grid.metrics(
        (4, 4),
        "Batches not counted (queue)",
        json!({"metrics": [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", "${FailedEvents.QueueName}",
               {"stat": "Maximum"}]], "view": "singleValue", "period": 300}),
    );
    grid.metrics(
        (4, 4),
        "Canaries: none for 25 minutes is blind",
        json!({"metrics": [own("Canary", "Sum")], "view": "timeSeries", "period": 300, "yAxis": {"left": {"min": 0}}}),
    );
    grid.put((12, 4), "alarm", json!({"title": "Alarms", "alarms": ALARMS.map(|name| format!("${{{name}.Arn}}"))}));
    gateway(grid);
    grid.log(
        (24, 6),
        "Causes, the newest first (exemplars of the last hours)",
        "filter message = \"exemplar\" | stats max(@timestamp) as newest, count(*) as exemplars by cause, apiId, stage, \
         functionName | sort newest desc | limit 20",
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

/// API Gateway's own counts beside ours, so that what no log shows is seen.
fn gateway(grid: &mut Grid) {
    let ours = [
        ("ours, execution logs".to_owned(), format!("SUM({})", stage_failures("StageErrors", 300))),
        ("ours, access logs".to_owned(), format!("SUM({})", stage_failures("AccessLogStageErrors", 300))),
    ];
    let types = [
        ("REST APIs: 5XXError", "ApiName,Stage", &["5XXError"][..]),
        ("HTTP APIs: 5xx", "ApiId,Stage", &["5xx"][..]),
        // The two overlap, so there is no sum of them.
        (
            "WebSocket APIs: ExecutionError, IntegrationError",
            "ApiId,Stage",
            &["ExecutionError", "IntegrationError"][..],
        ),
    ];
    for (title, dimensions, metrics) in types {
        let mut shown: Vec<(String, String)> = metrics
            .iter()
            .map(|metric| {
                let search = format!("SEARCH('{{AWS/ApiGateway,{dimensions}}} MetricName=\"{metric}\"', 'Sum', 300)");
                ((*metric).to_owned(), if metrics.len() == 1 { format!("SUM({search})") } else { sorted(&search) })
            })
            .collect();
        shown.extend(ours.clone());
        grid.metrics(
            (8, 6),
            title,
            json!({"metrics": labelled(&shown), "view": "timeSeries", "period": 300, "yAxis": {"left": {"min": 0}}}),
        );
    }
    grid.text(
        2,
        "**Beside each other, not equal.** Ours are the counts of all API types, by the minute of the log event; a log event \
         may come minutes late. Failures without a log line are in API Gateway's counts alone (docs/no-log.md). A gateway \
         response that changes a status moves a failure from one count to the other: a 5xx that leaves as a 4xx is in \
         neither, a 4xx that leaves as a 5xx is in both. IntegrationError and ExecutionError overlap and are not added up.",
    );
}

fn causes_over_time(grid: &mut Grid) {
    for (metric, title) in
        [("Errors", "Causes over time: execution logs"), ("AccessLogErrors", "Causes over time: access logs")]
    {
        grid.metrics(
            (12, 8),
            title,
            json!({"metrics": expressions(&[failures(metric, 300)]), "view": "timeSeries", "stacked": true, "period": 300}),
        );
    }
    let others = [
        ("FunctionErrors", "FunctionName", "Failed invocations by function and cause"),
        ("AccountErrors", "AccountId,ApiId,Stage", "Failures in logs of other accounts"),
        ("RejectedFlows", "LogGroup", "Rejected flows by log group"),
    ];
    for (metric, dimensions, title) in others {
        let search =
            sorted(&format!("SEARCH('{{\"${{Namespace}}\",Cause,{dimensions}}} MetricName=\"{metric}\"', 'Sum', 300)"));
        grid.metrics(
            (8, 6),
            title,
            json!({"metrics": expressions(&[search]), "view": "timeSeries", "stacked": true, "period": 300}),
        );
    }
}

/// What goes with failures: how long requests take, and whether functions are throttled.
fn neighbours(grid: &mut Grid) {
    let panels = [
        ("Latency of REST APIs (p99)", "AWS/ApiGateway,ApiName,Stage", "Latency", "p99"),
        ("Latency of their integrations (p99)", "AWS/ApiGateway,ApiName,Stage", "IntegrationLatency", "p99"),
        ("Throttles of functions", "AWS/Lambda,FunctionName", "Throttles", "Sum"),
        ("Errors of functions", "AWS/Lambda,FunctionName", "Errors", "Sum"),
    ];
    for (title, schema, metric, stat) in panels {
        let order = if stat == "Sum" { "SUM" } else { "MAX" };
        let search = format!("SEARCH('{{{schema}}} MetricName=\"{metric}\"', '{stat}', 300)");
        let metrics = expressions(&[format!("SORT({search}, {order}, DESC, {LINES})")]);
        grid.metrics((6, 6), title, json!({"metrics": metrics, "view": "timeSeries", "period": 300}));
    }
}

/// What to do: a line for each cause.
fn remedies(grid: &mut Grid, table: &Table) {
    let mut text =
        String::from("| cause | what went wrong | kind | check first | read more |\n|---|---|---|---|---|\n");
    let mut rows = 0;
    for cause in table.iter() {
        rows += 1;
        let check = cause.remedy.checks.first().copied().unwrap_or(cause.remedy.means);
        let check = check.lines().next().unwrap_or_default();
        let link = cause.docs.first().map(|url| format!("[AWS]({url})")).unwrap_or_default();
        let cells = [cause.title, cause.kind.name(), check].map(cell).join(" | ");
        let _ = writeln!(text, "| `{}` | {cells} | {link} |", cause.id);
    }
    let _ = write!(text, "\n`why5xx explain CAUSE` prints all of it.");
    // A row of the grid holds about one and a half lines of text, and a check takes two or three.
    grid.text(rows, &text);
}

/// Text that can stand in a cell of a table and inside of `Fn::Sub`.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace("${", "${!")
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
    let sums = |names: &[&str]| names.iter().map(|name| own(name, "Sum")).collect::<Vec<_>>();
    grid.metrics(
        (8, 6),
        "Batches, log events and failures",
        json!({"metrics": sums(&["Batches", "LogEvents", "Failures", "Unclassified"]), "view": "timeSeries", "period": 300}),
    );
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
    grid.metrics(
        (8, 6),
        "What may be missing or counted twice",
        json!({"metrics": sums(&doubts), "view": "timeSeries", "period": 300}),
    );
    grid.metrics(
        (8, 6),
        "Delay from log event to count",
        json!({"metrics": [own("DeliveryDelay", "p50"), own("DeliveryDelay", "p99")], "view": "timeSeries", "period": 300}),
    );
    let lambda =
        |metric: &str, stat: &str| json!(["AWS/Lambda", metric, "FunctionName", "${Function}", {"stat": stat}]);
    let panels = [
        (
            "The function: errors and throttles",
            vec![
                lambda("Errors", "Sum"),
                lambda("Throttles", "Sum"),
                lambda("AsyncEventsDropped", "Sum"),
                lambda("DestinationDeliveryFailures", "Sum"),
            ],
        ),
        ("The function: duration", vec![lambda("Duration", "p50"), lambda("Duration", "p99")]),
        (
            "The function: at work at once, age of waiting batches",
            vec![lambda("ConcurrentExecutions", "Maximum"), lambda("AsyncEventAge", "Maximum")],
        ),
    ];
    for (title, metrics) in panels {
        grid.metrics((8, 6), title, json!({"metrics": metrics, "view": "timeSeries", "period": 300}));
    }
    deliveries(grid);
}

/// What CloudWatch Logs could not hand over, by log group: those of other stacks too, where the filter has this name.
fn deliveries(grid: &mut Grid) {
    for (metric, title) in [
        ("DeliveryErrors", "Log events that could not be delivered, by log group"),
        ("DeliveryThrottling", "Log events whose delivery was throttled, by log group"),
    ] {
        let search = sorted(&format!(
            "SEARCH('{{AWS/Logs,DestinationType,FilterName,LogGroupName}} MetricName=\"{metric}\" AND \
             FilterName=(\"${{AWS::StackName}}/execution\" OR \"${{AWS::StackName}}/access\" OR \
             \"${{AWS::StackName}}/function\" OR \"${{AWS::StackName}}/flow\")', 'Sum', 300)"
        ));
        grid.metrics((12, 6), title, json!({"metrics": expressions(&[search]), "view": "timeSeries", "period": 300}));
    }
}

/// To be typed: a list to choose from holds what one search finds, of one of the two kinds of log, and no entry for all.
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

    fn metric_values(&mut self, size: (u64, u64), title: &str, shown: &[(&str, &str)]) {
        let metrics: Vec<Value> = shown.iter().map(|(metric, stat)| own(metric, stat)).collect();
        self.metrics(size, title, json!({"metrics": metrics, "view": "singleValue", "period": 300}));
    }

    fn log(&mut self, size: (u64, u64), title: &str, query: &str) {
        let query = format!("SOURCE '${{FunctionLogGroup}}' | {query}");
        self.put(size, "log", json!({"title": title, "region": "${AWS::Region}", "view": "table", "query": query}));
    }

    fn text(&mut self, height: u64, markdown: &str) {
        self.put((COLUMNS, height), "text", json!({"markdown": markdown}));
    }
}
