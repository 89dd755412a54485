//! The dashboard and the alarms' causes in `template.yaml`: up to date, within CloudWatch's limits, and about metrics
//! that the program publishes.

mod body;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use why5xx::cause::{self, Kind, Table};
use why5xx::decode::{BatchHeader, LogEvent, Message};
use why5xx::metric::{CANARY, OwnMetric};
use why5xx::pipeline::Pipeline;
use why5xx::settings::{Environment, Settings};

use crate::support::count::count_events;
use crate::support::log_group_of;

/// Most widgets of a dashboard.
///
/// Source: CloudWatch API Reference, dashboard body structure.
const MOST_WIDGETS: usize = 500;

/// Most variables of a dashboard; the same source.
const MOST_VARIABLES: usize = 25;

/// Most metrics of one widget.
///
/// Source: CloudWatch User Guide, service quotas.
const MOST_METRICS_OF_A_WIDGET: usize = 500;

/// Most characters of a search.
///
/// Source: CloudWatch User Guide, "CloudWatch search expression syntax".
const MOST_SEARCH_CHARS: usize = 1_024;

/// Most characters of an expression of an alarm.
///
/// Source: CloudWatch API Reference, MetricDataQuery, Expression.
const MOST_EXPRESSION_CHARS: usize = 2_048;

fn template() -> String {
    std::fs::read_to_string(template_path()).expect("the template")
}

fn template_path() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("template.yaml")
}

/// Compares what stands between two marks, or writes it there.
#[expect(clippy::disallowed_methods, reason = "a switch of the test, no setting")]
fn check(mark: &str, generated: &str) {
    let template = template();
    let begin = template.find(&format!("# {mark}\n")).expect("the opening mark") + mark.len() + 3;
    let end = template.find(&format!("# /{mark}\n")).expect("the closing mark");
    let end = template[..end].rfind('\n').expect("a line before") + 1;
    if std::env::var_os("BLESS").is_some() {
        let blessed = format!("{}{generated}{}", &template[..begin], &template[end..]);
        // In one step, for other tests read it meanwhile.
        let new = template_path().with_extension("new");
        std::fs::write(&new, blessed).expect("written");
        std::fs::rename(new, template_path()).expect("renamed");
        return;
    }
    assert!(&template[begin..end] == generated, "template.yaml is stale: run `BLESS=1 cargo test`");
}

fn indented(text: &str, columns: usize) -> String {
    text.lines().map(|line| format!("{:columns$}{line}\n", "")).collect()
}

#[test]
fn the_template_holds_what_the_table_of_causes_says() {
    let table = Table::default();
    check("causes", &indented(&body::alarm_causes(&table), 4));
    let body = indented(&body::body(&table), 10);
    let alarms = indented(&body::alarms_on_condition(), 10);
    let alarms = alarms.replacen("          ", "        - ", 1);
    check("dashboard", &format!("      DashboardBody: !Sub\n        - |\n{body}{alarms}"));
}

fn body() -> Value {
    serde_json::from_str(&body::body(&Table::default())).expect("JSON")
}

fn widgets(body: &Value) -> &[Value] {
    body["widgets"].as_array().expect("widgets")
}

#[test]
fn widgets_lie_in_the_grid_and_on_no_other() {
    let body = body();
    let mut taken = BTreeSet::new();
    assert!(widgets(&body).len() <= MOST_WIDGETS);
    for widget in widgets(&body) {
        let [x, y, width, height] = ["x", "y", "width", "height"].map(|key| widget[key].as_u64().expect(key));
        assert!(width >= 1 && height >= 1 && x + width <= 24 && height <= 1_000, "{widget}");
        for cell in (x..x + width).flat_map(|x| (y..y + height).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{cell:?} is taken twice: {widget}");
        }
    }
}

#[test]
fn widgets_are_of_known_kinds_with_what_they_need() {
    for widget in widgets(&body()) {
        let properties = &widget["properties"];
        let needed: &[&str] = match widget["type"].as_str() {
            Some("metric") => &["metrics", "view", "region", "title", "period"],
            Some("log") => &["query", "view", "region", "title"],
            Some("text") => &["markdown"],
            Some("alarm") => &["alarms", "title"],
            other => panic!("unknown kind {other:?}"),
        };
        for key in needed {
            assert!(!properties[key].is_null(), "{key} is missing: {widget}");
        }
        if let Some(metrics) = properties["metrics"].as_array() {
            assert!(metrics.len() <= MOST_METRICS_OF_A_WIDGET);
        }
        if let Some(query) = properties["query"].as_str() {
            assert!(query.starts_with("SOURCE '${FunctionLogGroup}' | "), "{query}");
        }
    }
}

/// All expressions of the dashboard.
fn expressions(body: &Value) -> Vec<String> {
    let metrics = widgets(body).iter().filter_map(|widget| widget["properties"]["metrics"].as_array()).flatten();
    metrics.filter_map(|metric| metric[0]["expression"].as_str().map(str::to_owned)).collect()
}

/// Schema and metric name of the searches in an expression.
fn searches(expression: &str) -> Vec<(BTreeSet<String>, String)> {
    expression
        .split("SEARCH('")
        .skip(1)
        .map(|rest| {
            let search = rest.split_once('\'').expect("a closing quote").0;
            let (schema, terms) = search.strip_prefix('{').and_then(|s| s.split_once("} ")).expect("a schema");
            let name = terms.split_once("MetricName=\"").and_then(|(_, rest)| rest.split_once('"')).expect("a name").0;
            (schema.split(',').map(str::to_owned).collect(), name.to_owned())
        })
        .collect()
}

/// Returns the metrics that the program publishes for the examples of all causes, in its own account and in another: their
/// names with the names of their dimensions.
fn published() -> BTreeMap<String, BTreeSet<String>> {
    let mut published: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let settings = Settings::load(&Environment::of([("WHY5XX_ROUTE_METRICS", "true")])).expect("settings");
    let mut pipeline = Pipeline::new(Arc::new(settings), Table::default());
    pipeline.runs_in_account("111122223333");
    for example in cause::built_in().flat_map(|cause| cause.examples()) {
        let log_group = log_group_of(example.log);
        for owner in ["111122223333", "444455556666"] {
            let header =
                BatchHeader { log_group: log_group.to_owned(), owner: owner.to_owned(), ..BatchHeader::default() };
            let events = example.lines.iter().map(|line| LogEvent {
                id: b"",
                timestamp_ms: 1_781_000_000_000,
                message: Message::plain(line.as_bytes()),
            });
            for datum in count_events(&pipeline, &header, events).tally.data() {
                let names = datum.dimensions.iter().map(|(name, _)| (*name).to_owned()).collect();
                published.insert(datum.metric.to_owned(), names);
            }
        }
    }
    let own = OwnMetric::ALL.iter().map(|own| own.name()).chain([CANARY]);
    published.extend(own.map(|own| (own.to_owned(), BTreeSet::from(["Function".to_owned()]))));
    published
}

#[test]
fn every_search_is_short_enough_and_names_its_dimensions() {
    let published = published();
    let mut ours = 0;
    for expression in expressions(&body()) {
        assert!(expression.chars().count() <= MOST_SEARCH_CHARS, "{expression}");
        for (mut schema, name) in searches(&expression) {
            if schema.remove("\"${Namespace}\"") {
                ours += 1;
                assert_eq!(published.get(&name), Some(&schema), "{expression}");
            } else {
                assert!(schema.iter().any(|part| part.starts_with("AWS/")), "{expression}");
            }
        }
    }
    assert!(ours > 5, "few searches for metrics of our own: {ours}");
}

#[test]
fn every_metric_of_ours_is_one_that_the_program_publishes() {
    let published = published();
    let body = body();
    let metrics = widgets(&body).iter().filter_map(|widget| widget["properties"]["metrics"].as_array()).flatten();
    let mut shown = BTreeSet::new();
    for metric in metrics.filter(|metric| metric[0] == "${Namespace}") {
        let metric = metric.as_array().expect("a list");
        let name = metric[1].as_str().expect("a name");
        let dimensions = metric[2..].iter().filter_map(Value::as_str).step_by(2).map(str::to_owned).collect();
        assert_eq!(published.get(name), Some(&dimensions), "{name}");
        shown.insert(name.to_owned());
    }
    let searched = expressions(&body).iter().flat_map(|e| searches(e)).map(|(_, name)| name).collect::<BTreeSet<_>>();
    let missing: Vec<_> = published.keys().filter(|name| !shown.contains(*name) && !searched.contains(*name)).collect();
    // Routes are off unless asked for, and there may be thousands.
    assert_eq!(missing, ["RouteErrors"], "not on the dashboard");
}

#[test]
fn variables_replace_what_stands_in_searches_and_nowhere_else() {
    let body = body();
    let variables = body["variables"].as_array().expect("variables");
    assert!(variables.len() <= MOST_VARIABLES);
    for variable in variables {
        let pattern = variable["pattern"].as_str().expect("a pattern");
        assert_eq!(variable["defaultValue"], body::ANY);
        let everywhere = body["widgets"].to_string().matches(pattern).count();
        let in_searches: usize = expressions(&body).iter().map(|e| e.matches(pattern).count()).sum();
        assert!(in_searches > 0 && everywhere == in_searches, "{pattern}: {everywhere}, {in_searches} in searches");
        // By default it selects everything, for each metric name holds the word.
        for (schema, name) in expressions(&body).iter().filter(|e| e.contains(pattern)).flat_map(|e| searches(e)) {
            assert!(schema.contains("ApiId") && name.ends_with("Errors"), "{name}");
        }
    }
}

#[test]
fn every_cause_is_listed_once_with_a_page_to_read_in_the_line_of_what_failed() {
    let body = body();
    let texts: Vec<_> = widgets(&body).iter().filter_map(|widget| widget["properties"]["markdown"].as_str()).collect();
    let [text] = texts[..] else { panic!("one text") };
    for cause in cause::built_in() {
        let lines: Vec<_> = text.lines().filter(|line| line.contains(&format!("[{}](https://", cause.id))).collect();
        let [line] = lines[..] else { panic!("{}: {lines:?}", cause.id) };
        assert!(line.contains("](https://") && line.split('|').count() == 5, "{line}");
    }
}

#[test]
fn the_first_screen_says_what_fails_and_all_of_it_is_half_as_long_as_it_was() {
    let body = body();
    let all = widgets(&body);
    // Before, there were 31 on 120 rows; a screen shows some 22.
    assert!(all.len() <= 15, "{}", all.len());
    assert!(all.iter().all(|widget| widget["y"].as_u64() < Some(60) && widget["y"].is_u64()));
    let first: Vec<&Value> = all.iter().filter(|widget| widget["y"].as_u64() < Some(22)).collect();
    let query = first[0]["properties"]["query"].as_str().expect("a query");
    for part in ["apiId", "stage", "cause", "as since", "as newestRequest"] {
        assert!(query.contains(part), "{part}");
    }
    assert!(first.iter().any(|widget| widget["type"] == "text"), "no remedies");
}

#[test]
fn what_cloudformation_is_to_fill_in_is_there() {
    let template = template();
    let alarms = body::alarms_on_condition();
    let text = body::body(&Table::default()) + &alarms;
    for name in text.split("${").skip(1).map(|rest| rest.split_once('}').expect("closed").0) {
        // With an exclamation mark it is text.
        if name.starts_with('!') {
            continue;
        }
        let name = name.split('.').next().unwrap_or(name);
        let there = name.starts_with("AWS::")
            || template.contains(&format!("\n  {name}:\n"))
            || alarms.lines().any(|line| line.starts_with(&format!("{name}: ")));
        assert!(there, "${{{name}}} is no parameter or resource, and no alarms on a condition");
    }
}

#[test]
fn every_cause_is_in_one_alarm_but_those_without_a_reason() {
    let text = body::alarm_causes(&Table::default());
    let (not_load, not_broken) = text.split_once("NotBroken:").expect("two entries");
    for cause in cause::built_in() {
        let term = format!("Cause != '{}'", cause.id);
        let left_out = (not_load.contains(&term), not_broken.contains(&term));
        let expected = match (cause.id, cause.kind) {
            ("unclassified" | "reason_not_logged", _) => (true, true),
            (_, Kind::Load) => (true, false),
            (_, Kind::Broken) => (false, true),
        };
        assert_eq!(left_out, expected, "{}", cause.id);
    }
}

#[test]
fn the_alarms_queries_leave_room_for_quiet_stages() {
    let frame = "SELECT SUM(AccessLogErrors) FROM SCHEMA(\"\", ApiId, Stage, Cause) WHERE  AND Stage != 'no/stage' \
                 GROUP BY ApiId, Stage, Cause ORDER BY SUM() DESC";
    let text = body::alarm_causes(&Table::default());
    for entry in text.split("Not").skip(1) {
        let condition: Vec<&str> = entry.lines().skip(2).map(str::trim).collect();
        let length = frame.len() + condition.join(" ").len();
        // A dozen stages with names of usual length, in a namespace of the default's.
        assert!(length + 12 * "staging-eu-1' AND Stage != '".len() + 64 <= MOST_EXPRESSION_CHARS, "{length}");
    }
}
