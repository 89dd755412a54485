//! Filters and queries that can be pasted instead of why5xx, and their counts.
//!
//! The patterns and queries are those of `examples/without_why5xx.yaml` and of `docs/comparison.md`; a test compares them. Metric
//! filters run through the evaluator of filter patterns; the queries' own regular expressions run here, and around
//! them what `filter` and `stats … by` do with the fields. Assumed where AWS's documentation says nothing: a metric
//! filter for JSON passes over a log event that is no JSON, and takes the last of two keys of one name.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::Regex;
use serde_json::{Value, json};
use why5xx::cause::Table;
use why5xx::decode::{BatchHeader, LogEvent, Message};
use why5xx::pipeline::Pipeline;
use why5xx::settings::Settings;

use super::measure::{Counted, Line};
use crate::support::count::count_events;
use crate::support::filter_pattern::Pattern;

/// The metric filter that most would write first.
pub(crate) const FAILURE_WORDS: &str = r#""Execution failed""#;

/// A metric filter on the line that decides: the completion. The bracket before it keeps quoted text out.
pub(crate) const COMPLETIONS: &str = r"%^\x28[^\s]+\x29\sMethod\scompleted\swith\sstatus:\s5[0-9][0-9]%";

/// A metric filter for access logs in JSON.
pub(crate) const JSON_STATUS: &str = r#"{ $.status = "5*" }"#;

/// A log event of an execution log: its request and its text.
const LINE: &str = r"^\((?<id>[^)]+)\) (?<text>.*)";
const END: &str = r"^Method completed with status: (?<status>\d+)";
const ANSWER: &str = r"^Gateway response type: (?<type>\w+) with status code: (?<answer>\d+)";
const FAILURE: &str = r"^(?<failure>(?:Execution failed|Lambda execution failed|Lambda invocation failed|AuthorizerConfigurationException|There was an error evaluating).*)";

/// Fields of an access log in JSON, whatever stands between them.
const STATUS: &str = r#""status":\s*"?(?<code>\d+)"#;
const TYPE: &str = r#""errorResponseType":\s*"(?<type>.*?)"(?:,\s*"|\})"#;
const AUTHORIZER: &str = r#""authorizerError":\s*"(?<authorizer>.*?)"(?:,\s*"|\})"#;
const INTEGRATION: &str = r#""integrationError":\s*"(?<integration>.*?)"(?:,\s*"|\})"#;

/// The query for execution logs: one row for each reason, whatever the level of the log.
pub(crate) fn execution_query() -> String {
    format!(
        "fields coalesce(payload, @message) as line\n\
         | parse line /{LINE}/\n\
         | parse text /{END}/\n\
         | parse text /{ANSWER}/\n\
         | parse text /{FAILURE}/\n\
         | filter ispresent(status) or ispresent(answer) or ispresent(failure)\n\
         | stats max(status) as completed, max(answer) as answered, sortsLast(failure) as said, sortsLast(type) as response by id\n\
         | fields coalesce(completed, answered) as ended, coalesce(said, response) as reason\n\
         | filter ended >= 500 or not ispresent(ended)\n\
         | stats count(*) as failures by reason\n\
         | sort failures desc"
    )
}

/// The query for access logs: the format that why5xx advises for REST APIs, and any other with these keys.
pub(crate) fn access_query() -> String {
    format!(
        "parse @message /{STATUS}/\n\
         | filter code >= 500\n\
         | parse @message /{TYPE}/\n\
         | parse @message /{AUTHORIZER}/\n\
         | parse @message /{INTEGRATION}/\n\
         | stats count(*) as failures by code, type, authorizer, integration\n\
         | sort failures desc"
    )
}

/// Returns the counts of a metric filter for text: every log event that it selects, without a name.
pub(crate) fn metric_filter(pattern: &str, lines: &[Line]) -> Vec<Counted> {
    let pattern = Pattern::parse(pattern).expect("a filter pattern");
    select(lines, |message| pattern.matches(message))
}

/// Returns the counts of [`JSON_STATUS`].
pub(crate) fn json_metric_filter(lines: &[Line]) -> Vec<Counted> {
    select(lines, |message| {
        let event: Value = serde_json::from_str(message).unwrap_or_default();
        event["status"].as_str().is_some_and(|status| status.starts_with('5'))
    })
}

fn select(lines: &[Line], is_selected: impl Fn(&str) -> bool) -> Vec<Counted> {
    let selected = lines.iter().filter(|line| is_selected(&line.message));
    selected.map(|line| Counted { request: line.request.clone(), ..Counted::default() }).collect()
}

/// Fields that the query for execution logs takes from the lines of a request.
#[derive(Default)]
struct Seen {
    completed: Option<u16>,
    answered: Option<u16>,
    said: Option<String>,
    response: Option<String>,
}

impl Seen {
    fn ended(&self) -> Option<u16> {
        self.completed.or(self.answered)
    }

    /// The cause that the row's reason shows to a reader who knows every sentence of the table of causes.
    fn cause(&self) -> Option<&'static str> {
        match (&self.said, &self.response) {
            (Some(said), _) => named(EXECUTION_LOG, &format!("(5f1c7d20) {said}")),
            (None, Some(response)) => {
                named(EXECUTION_LOG, &format!("(5f1c7d20) Gateway response type: {response} with status code: 500"))
            }
            // The gateway says nothing where the backend itself answered.
            (None, None) => Some("backend_error_response"),
        }
    }

    fn reason(self) -> String {
        self.said.or(self.response).unwrap_or_default()
    }
}

const EXECUTION_LOG: &str = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";

/// Returns the counts of the query for execution logs.
pub(crate) fn execution_insights(lines: &[Line]) -> Vec<Counted> {
    let [line, end, answer, failure] = [LINE, END, ANSWER, FAILURE].map(regex);
    let mut requests: BTreeMap<String, Seen> = BTreeMap::new();
    for event in lines {
        let json: Value = serde_json::from_str(&event.message).unwrap_or_default();
        let message = json["payload"].as_str().unwrap_or(&event.message);
        let Some(found) = line.captures(message) else { continue };
        let (id, text) = (&found["id"], &found["text"]);
        let (end, answer, failure) = (end.captures(text), answer.captures(text), failure.captures(text));
        if end.is_none() && answer.is_none() && failure.is_none() {
            continue;
        }
        let seen = requests.entry(id.to_owned()).or_default();
        seen.completed = seen.completed.max(end.and_then(|end| end["status"].parse().ok()));
        seen.said = seen.said.take().max(failure.map(|failure| failure["failure"].to_owned()));
        if let Some(answer) = answer {
            seen.answered = seen.answered.max(answer["answer"].parse().ok());
            seen.response = seen.response.take().max(Some(answer["type"].to_owned()));
        }
    }
    let failed = requests.into_iter().filter(|(_, seen)| seen.ended().is_none_or(|status| status >= 500));
    failed
        .map(|(request, seen)| {
            let (cause, has_status) = (seen.cause(), seen.ended().is_some());
            Counted { request, cause, has_status, row: seen.reason(), ..Counted::default() }
        })
        .collect()
}

/// Returns the counts of the query for access logs, named from the fields that it shows.
pub(crate) fn access_insights(lines: &[Line]) -> Vec<Counted> {
    let [status, kind, authorizer, integration] = [STATUS, TYPE, AUTHORIZER, INTEGRATION].map(regex);
    let mut counted = Vec::new();
    for line in lines {
        let field = |regex: &Regex| {
            regex.captures(&line.message).map_or("", |found| found.get(1).map_or("", |m| m.as_str())).to_owned()
        };
        let code = field(&status);
        if !code.starts_with('5') {
            continue;
        }
        let shown = [code, field(&kind), field(&authorizer), field(&integration)];
        let event = json!({"status": shown[0], "errorResponseType": shown[1], "authorizerError": shown[2], "integrationError": shown[3]});
        let cause = named("/shop/access", &event.to_string());
        counted.push(Counted {
            request: line.request.clone(),
            cause,
            has_status: true,
            row: shown.join(" "),
            ..Counted::default()
        });
    }
    counted
}

fn regex(text: &str) -> Regex {
    Regex::new(text).expect("a regular expression")
}

/// The cause that one log event alone shows.
fn named(log_group: &str, message: &str) -> Option<&'static str> {
    let header = BatchHeader { log_group: log_group.into(), ..BatchHeader::default() };
    let message = Message::plain(message.as_bytes());
    let event = LogEvent { id: b"", timestamp_ms: 1_781_000_000_000, message };
    let pipeline = Pipeline::new(Arc::new(Settings::default()), Table::default());
    let counted = count_events(&pipeline, &header, [event]);
    counted.tally.counts().map(|(key, _)| key.cause).next()
}
