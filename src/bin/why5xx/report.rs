//! What `why5xx` prints: tables for people, JSON for programs, both from the same totals.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};

use serde_json::{Value, json};
use why5xx::cause::{Cause, Table};
use why5xx::classify::{Subject, shape};
use why5xx::tally::Metric;

use crate::Failed;
use crate::replay::Totals;

/// Columns of a terminal whose width is unknown.
const USUAL_WIDTH: usize = 100;

/// The columns to print for.
#[expect(clippy::disallowed_methods, reason = "of the terminal, not a setting")]
pub(crate) fn width() -> usize {
    let set = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    set.unwrap_or(USUAL_WIDTH).clamp(40, 160)
}

/// Says on the standard error what went wrong.
pub(crate) fn complain(message: &str) {
    // Nobody is left to tell when the standard error is closed.
    let _ = writeln!(io::stderr().lock(), "why5xx: {message}");
}

/// One line of the counts: what failed, why, how often, with which statuses.
struct Row {
    subject: Subject,
    cause: &'static str,
    count: u64,
    statuses: BTreeMap<Option<u16>, u64>,
}

/// The counts without minutes and routes, the most frequent first.
fn rows(totals: &Totals) -> Vec<Row> {
    let mut rows: BTreeMap<(Metric, Subject, &'static str), Row> = BTreeMap::new();
    for (key, count) in totals.tally.counts() {
        let subject = without_route(&key.subject);
        let row = rows.entry((subject.metric(), subject.clone(), key.cause)).or_insert_with(|| Row {
            subject,
            cause: key.cause,
            count: 0,
            statuses: BTreeMap::new(),
        });
        row.count += count;
        *row.statuses.entry(key.status).or_default() += count;
    }
    let mut rows: Vec<Row> = rows.into_values().collect();
    rows.sort_by_key(|row| (row.subject.metric(), std::cmp::Reverse(row.count)));
    rows
}

fn without_route(subject: &Subject) -> Subject {
    let mut subject = subject.clone();
    if let Subject::Request { route, .. } | Subject::AccessLine { route, .. } = &mut subject {
        *route = None;
    }
    subject
}

/// Names and values of the dimensions beside the cause.
fn dimensions(subject: &Subject) -> Vec<(&'static str, &str)> {
    match subject {
        Subject::Request { api_id, stage, .. } | Subject::AccessLine { api_id, stage, .. } => {
            vec![("ApiId", api_id), ("Stage", stage)]
        }
        Subject::Invocation { function_name } => vec![("FunctionName", function_name)],
        Subject::OtherAccount { account_id, api_id, stage } => {
            vec![("AccountId", account_id), ("ApiId", api_id), ("Stage", stage)]
        }
        Subject::Flow { log_group } => vec![("LogGroup", log_group)],
    }
}

/// Failed requests and invocations; a rejected flow is neither.
fn errors(rows: &[Row]) -> u64 {
    rows.iter().filter(|row| row.subject.metric() != Metric::RejectedFlows).map(|row| row.count).sum()
}

pub(crate) fn json(totals: &Totals) -> Result<(), Failed> {
    let rows = rows(totals);
    let counts: Vec<Value> = rows
        .iter()
        .map(|row| {
            let mut names: serde_json::Map<String, Value> =
                dimensions(&row.subject).into_iter().map(|(name, value)| (name.into(), value.into())).collect();
            names.insert("Cause".into(), row.cause.into());
            let statuses: serde_json::Map<String, Value> = row
                .statuses
                .iter()
                .map(|(status, count)| (status.map_or("none".into(), |status| status.to_string()), (*count).into()))
                .collect();
            json!({ "metric": row.subject.metric().name(), "dimensions": names, "count": row.count, "statuses": statuses })
        })
        .collect();
    let unclassified: Vec<Value> = totals
        .shapes
        .iter()
        .map(|(text, count)| json!({ "fingerprint": shape::fingerprint(text), "shape": text, "count": count }))
        .collect();
    let undecodable: Vec<Value> =
        totals.undecodable.iter().map(|input| json!({ "input": input.input, "error": input.error })).collect();
    let document = json!({
        "batches": totals.batches,
        "log_events": totals.log_events,
        "errors": errors(&rows),
        "counts": counts,
        "unclassified": unclassified,
        "undecodable": undecodable,
    });
    writeln!(io::stdout().lock(), "{document}")?;
    Ok(())
}

/// Terminal escapes, or none where nobody wants them.
struct Paint {
    on: bool,
}

impl Paint {
    #[expect(clippy::disallowed_methods, reason = "of the terminal, not a setting")]
    fn for_stdout() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { on: wanted && io::stdout().is_terminal() }
    }

    fn bold(&self, text: &str) -> String {
        if self.on { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

pub(crate) fn tables(totals: &Totals, table: &Table) -> Result<(), Failed> {
    let rows = rows(totals);
    let paint = Paint::for_stdout();
    let mut out = io::stdout().lock();
    let failures = errors(&rows);
    writeln!(
        out,
        "{} log events in {} batches: {}",
        totals.log_events,
        totals.batches,
        paint.bold(&format!("{failures} failed requests and invocations"))
    )?;
    for metric in [Metric::Errors, Metric::AccessLogErrors, Metric::FunctionErrors, Metric::RejectedFlows] {
        let of: Vec<&Row> = rows.iter().filter(|row| row.subject.metric() == metric).collect();
        if !of.is_empty() {
            writeln!(out, "\n{}", paint.bold(heading(metric)))?;
            write!(out, "{}", aligned(&of))?;
        }
    }
    what_to_do(&mut out, &rows, table, &paint)?;
    if !totals.shapes.is_empty() {
        writeln!(out, "\n{}", paint.bold("Unclassified: shapes of the log text"))?;
        for (text, count) in &totals.shapes {
            writeln!(out, "{count:>7}  {}  {text}", shape::fingerprint(text))?;
        }
    }
    remarks(&mut out, totals)
}

const fn heading(metric: Metric) -> &'static str {
    match metric {
        Metric::Errors => "Failed requests, from execution logs (metric Errors)",
        Metric::AccessLogErrors => "Failed requests, from access logs (metric AccessLogErrors)",
        Metric::FunctionErrors => "Failed invocations, from Lambda logs (metric FunctionErrors)",
        Metric::AccountErrors => "Failures in logs of other accounts (metric AccountErrors)",
        Metric::RejectedFlows => "Rejected network flows (metric RejectedFlows)",
    }
}

/// Count, where, cause and statuses in columns.
fn aligned(rows: &[&Row]) -> String {
    let places: Vec<String> = rows.iter().map(|row| place(&row.subject)).collect();
    let widest = |texts: &mut dyn Iterator<Item = usize>| texts.max().unwrap_or(0);
    let place_width = widest(&mut places.iter().map(|place| place.chars().count()));
    let cause_width = widest(&mut rows.iter().map(|row| row.cause.len()));
    let mut text = String::new();
    for (row, place) in rows.iter().zip(&places) {
        let statuses: Vec<String> = row
            .statuses
            .iter()
            .filter_map(|(status, count)| {
                status.map(
                    |status| if row.statuses.len() > 1 { format!("{status} ×{count}") } else { status.to_string() },
                )
            })
            .collect();
        let line =
            format!("{:>7}  {:place_width$}  {:cause_width$}  {}", row.count, place, row.cause, statuses.join(", "));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn place(subject: &Subject) -> String {
    dimensions(subject).into_iter().map(|(_, value)| printable(value)).collect::<Vec<_>>().join("/")
}

/// Names come from logs: control characters must not reach a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

/// The first check of each cause that was counted.
fn what_to_do(out: &mut impl Write, rows: &[Row], table: &Table, paint: &Paint) -> Result<(), Failed> {
    let mut causes: Vec<&'static Cause> = Vec::new();
    for row in rows {
        if let Some(cause) = table.by_id(row.cause)
            && !causes.iter().any(|other| other.id == cause.id)
        {
            causes.push(cause);
        }
    }
    if causes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{} (all checks: why5xx explain ID)", paint.bold("What to check first"))?;
    for cause in causes {
        writeln!(out, "  {}: {}", paint.bold(cause.id), cause.title)?;
        if let Some(check) = cause.remedy.checks.first() {
            writeln!(out, "{}", indented(check, 6, width()))?;
        }
    }
    Ok(())
}

/// The text in lines of at most `width` columns, each behind `indent` blanks.
fn indented(text: &str, indent: usize, width: usize) -> String {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.len() - 1;
        let used = lines[last].chars().count();
        if used > 0 && indent + used + 1 + word.chars().count() > width {
            lines.push(word.to_owned());
        } else {
            if used > 0 {
                lines[last].push(' ');
            }
            lines[last].push_str(word);
        }
    }
    let blanks = " ".repeat(indent);
    lines.iter().map(|line| format!("{blanks}{line}")).collect::<Vec<_>>().join("\n")
}

/// What the counts do not show.
fn remarks(out: &mut impl Write, totals: &Totals) -> Result<(), Failed> {
    let remarks = [
        (totals.duplicate_events, "log events were repeats and counted once"),
        (totals.split_requests, "requests were joined from two batches"),
        (totals.ambiguous_lines, "access-log lines may be forged by client text and were not counted"),
        (totals.lines_without_status, "access-log lines have no status: their format cannot be used"),
        (totals.unknown_events, "log events are of no kind that tells of a 5xx"),
        (totals.other_dimensions, "counts are of more APIs, stages or names than are told apart, and stand as `other`"),
    ];
    if remarks.iter().any(|(count, _)| *count > 0) || !totals.both_sources.is_empty() {
        writeln!(out)?;
    }
    for (count, remark) in remarks.into_iter().filter(|(count, _)| *count > 0) {
        writeln!(out, "{count} {remark}")?;
    }
    for api_id in &totals.both_sources {
        writeln!(out, "{}: seen in both logs: do not add them up", printable(api_id))?;
    }
    for input in &totals.undecodable {
        writeln!(out, "\ncould not be read: {}: {}", printable(&input.input), input.error)?;
    }
    Ok(())
}

/// The table of causes.
pub(crate) fn causes(out: &mut impl Write, table: &Table) -> Result<(), Failed> {
    let widest = table.iter().map(|cause| cause.id.len()).max().unwrap_or(0);
    for cause in table.iter() {
        let own = if cause.is_own_rule() { " (own rule)" } else { "" };
        writeln!(out, "{:widest$}  {:6}  {}{own}", cause.id, cause.kind.name(), cause.title)?;
    }
    Ok(())
}
