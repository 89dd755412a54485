//! What `why5xx` prints: tables for people, JSON for programs, both from the same totals.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};
use why5xx::cause::{Cause, Table};
use why5xx::classify::shape;
use why5xx::failure::{Metric, Subject};

use crate::Failed;
use crate::replay::Totals;
use crate::terminal::{Color, bold, fitted, printable, table_width, width, wrapped};
use crate::words::Words;

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
                row.subject.dimensions().into_iter().map(|(name, value)| (name.into(), value.into())).collect();
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

pub(crate) fn tables(totals: &Totals, table: &Table, color: Color) -> Result<(), Failed> {
    let rows = rows(totals);
    let mut out = color.stdout();
    let by_metric: Vec<(Metric, Vec<&Row>)> = by_metric(&rows);
    let failed: Vec<String> = by_metric.iter().map(|(metric, of)| in_words(*metric, of)).collect();
    let failed = if failed.is_empty() { "no failure".to_owned() } else { failed.join(", ") };
    let read = format!("{} log events in {} batches: {failed}", totals.log_events, totals.batches);
    writeln!(out, "{}", bold(&wrapped("", &read, width())))?;
    for (metric, of) in &by_metric {
        let heading = format!("{} (metric {})", Words::of(*metric).heading(), metric.name());
        writeln!(out, "\n{}", bold(&wrapped("", &heading, width())))?;
        write!(out, "{}", aligned(of, table_width()))?;
    }
    what_to_do(&mut out, &rows, table)?;
    if !totals.shapes.is_empty() {
        writeln!(out, "\n{}", bold("Unclassified: shapes of the log text"))?;
        for (text, count) in &totals.shapes {
            let first = format!("{count:>7}  {}  ", shape::fingerprint(text));
            writeln!(out, "{}", wrapped(&first, &printable(text), width()))?;
        }
    }
    remarks(&mut out, totals)
}

/// The rows of each metric that has some, in the order of the metrics.
fn by_metric(rows: &[Row]) -> Vec<(Metric, Vec<&Row>)> {
    let mut by_metric: BTreeMap<Metric, Vec<&Row>> = BTreeMap::new();
    for row in rows {
        by_metric.entry(row.subject.metric()).or_default().push(row);
    }
    by_metric.into_iter().collect()
}

/// The sum of a metric. No two are added up: an API's two logs tell of the same requests.
fn in_words(metric: Metric, rows: &[&Row]) -> String {
    let count: u64 = rows.iter().map(|row| row.count).sum();
    let Words { one, several, from, .. } = Words::of(metric);
    format!("{count} {}{from}", if count == 1 { one } else { several })
}

/// Narrowest column of places before a row takes two lines, in columns.
const NARROWEST_PLACE: usize = 16;

/// Columns of a count with the blanks behind it.
const COUNT: usize = 9;

/// Count, where, cause and statuses in columns, in lines of at most `width`. Causes and statuses are never cut.
fn aligned(rows: &[&Row], width: usize) -> String {
    let cells: Vec<[String; 3]> =
        rows.iter().map(|row| [place(&row.subject), row.cause.to_owned(), statuses(row)]).collect();
    let widest = |column: usize| cells.iter().map(|cells| cells[column].chars().count()).max().unwrap_or(0);
    let (places, causes, statuses) = (widest(0), widest(1), widest(2));
    let room = width.saturating_sub(COUNT + 2 + causes + 2 + statuses);
    let in_two_lines = room < places.min(NARROWEST_PLACE);
    let room = if in_two_lines { width.saturating_sub(COUNT) } else { room };
    let place_width = places.min(room);
    let mut text = String::new();
    for (row, [place, cause, statuses]) in rows.iter().zip(&cells) {
        let place = fitted(place, room);
        let line = if in_two_lines {
            let last = wrapped(&" ".repeat(COUNT), &format!("{cause} {statuses}"), width);
            format!("{:>7}  {place}\n{last}", row.count)
        } else {
            format!("{:>7}  {place:place_width$}  {cause:causes$}  {statuses}", row.count)
        };
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// The statuses that the log tells, with their counts where there are several.
fn statuses(row: &Row) -> String {
    let told = row.statuses.iter().filter_map(|(status, count)| status.map(|status| (status, count)));
    let in_words = |(status, count): (u16, &u64)| {
        if row.statuses.len() > 1 { format!("{status} ×{count}") } else { status.to_string() }
    };
    told.map(in_words).collect::<Vec<_>>().join(", ")
}

fn place(subject: &Subject) -> String {
    subject.dimensions().into_iter().map(|(_, value)| printable(value)).collect::<Vec<_>>().join("/")
}

/// The first check of each cause that was counted.
fn what_to_do(out: &mut impl Write, rows: &[Row], table: &Table) -> Result<(), Failed> {
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
    writeln!(out, "\n{}\n(all checks: why5xx explain ID)", bold("What to check first"))?;
    for cause in causes {
        let title = wrapped("  ", &format!("{}: {}", cause.id, cause.title), width());
        writeln!(out, "{}", title.replacen(cause.id, &bold(cause.id), 1))?;
        if let Some(check) = cause.remedy.checks.first() {
            // What follows a line break is to be copied; `explain` prints it.
            let prose = check.split('\n').next().unwrap_or(check);
            writeln!(out, "{}", wrapped("      ", prose, width()))?;
        }
    }
    Ok(())
}

/// What the counts do not show.
fn remarks(out: &mut impl Write, totals: &Totals) -> Result<(), Failed> {
    let remarks = [
        (totals.duplicate_events, "log events were repeats and counted once"),
        (totals.split_requests, "requests were joined from two batches"),
        (totals.ambiguous_lines, "access-log lines may be forged by client text and were not counted"),
        (totals.not_understood, "log events were not understood"),
        (totals.other_dimensions, "counts are of more APIs, stages or names than are told apart, and stand as `other`"),
    ];
    if remarks.iter().any(|(count, _)| *count > 0) || !totals.both_sources.is_empty() {
        writeln!(out)?;
    }
    for (count, remark) in remarks.into_iter().filter(|(count, _)| *count > 0) {
        writeln!(out, "{}", wrapped("", &format!("{count} {remark}"), width()))?;
    }
    for api_id in &totals.both_sources {
        let remark = format!("{}: seen in both logs: do not add them up", printable(api_id));
        writeln!(out, "{}", wrapped("", &remark, width()))?;
    }
    for input in &totals.undecodable {
        writeln!(out, "\ncould not be read: {}: {}", printable(&input.input), input.error)?;
    }
    Ok(())
}

/// Narrowest title of a cause beside its id, in columns.
const NARROWEST_TITLE: usize = 30;

/// The table of causes, in lines of at most `width` columns.
pub(crate) fn causes(out: &mut impl Write, table: &Table, width: usize) -> Result<(), Failed> {
    let widest = table.iter().map(|cause| cause.id.len()).max().unwrap_or(0);
    for cause in table.iter() {
        let own = if cause.is_own_rule() { " (own rule)" } else { "" };
        let title = format!("{}{own}", cause.title);
        let first = format!("{:widest$}  {:6}  ", cause.id, cause.kind.name());
        if first.len() + NARROWEST_TITLE <= width {
            writeln!(out, "{}", wrapped(&first, &title, width))?;
        } else {
            writeln!(
                out,
                "{} ({})
{}",
                cause.id,
                cause.kind.name(),
                wrapped("    ", &title, width)
            )?;
        }
    }
    Ok(())
}
