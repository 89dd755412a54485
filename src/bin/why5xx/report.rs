//! The tables for people.

pub(crate) mod json;
pub(crate) mod rows;

use std::io::{self, Write};

use why5xx::cause::{Cause, RemedyStep, Table};
use why5xx::classify::shape;
use why5xx::log_kind::LogKind;
use why5xx::metric::Metric;
use why5xx::printable::counted;

use self::rows::{Incident, Row, by_metric, in_common, incidents, rows, rows_by_route};
use crate::Failed;
use crate::terminal::{Color, bold, fitted, printable, table_width, width, wrapped};
use crate::time::{between, minute};
use crate::totals::Totals;
use crate::words::{Words, subject_name};

/// Says on the standard error what went wrong.
pub(crate) fn complain(message: &str) {
    // Errors quote files, some of which somebody else wrote.
    let message: Vec<String> = message.split('\n').map(printable).collect();
    // If the standard error is closed, there is nowhere to report it.
    let _ = writeln!(io::stderr().lock(), "why5xx: {}", message.join("\n"));
}

/// Most rows of a table that is there beside the counts; the rest are in `--json` and on the page.
const MOST_ROWS: usize = 20;

pub(crate) fn tables(totals: &Totals, table: &Table, color: Color) -> Result<(), Failed> {
    let rows = rows(&totals.tally);
    let routes = rows_by_route(&totals.tally);
    let mut out = color.stdout();
    let by_metric = by_metric(&rows);
    writeln!(out, "{}", bold(&wrapped("", &summary(totals, &rows), width())))?;
    what_was_read(&mut out, totals)?;
    for (metric, of) in &by_metric {
        let heading = format!("{} (metric {})", Words::of(*metric).heading(), metric.name());
        writeln!(out, "\n{}", bold(&wrapped("", &heading, width())))?;
        write!(out, "{}", aligned(of, table_width()))?;
        let of: Vec<&Row> = routes.iter().filter(|row| row.subject.metric() == *metric).collect();
        if !of.is_empty() {
            writeln!(out, "By route")?;
            write!(out, "{}", aligned(&of[..of.len().min(MOST_ROWS)], table_width()))?;
            more(&mut out, of.len())?;
        }
    }
    times(&mut out, &rows)?;
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

/// The answer in one sentence. "No failure" stands only beside what was read.
fn summary(totals: &Totals, rows: &[Row]) -> String {
    let by_metric = by_metric(rows);
    if totals.is_empty() {
        return "No log event was read.".to_owned();
    }
    if totals.log_events == 0 {
        return "No failure: none of the log events passed the filter pattern.".to_owned();
    }
    let read = format!("{} in {}", counted(totals.log_events, "log event"), counted_batches(totals.batches));
    if totals.is_foreign() {
        return format!("{read}: none of them was understood");
    }
    if by_metric.is_empty() && totals.ambiguous_lines > 0 {
        return format!("{read}: none is certain to be a failure, and {} may be", totals.ambiguous_lines);
    }
    if by_metric.is_empty() && !totals.undecodable.is_empty() {
        return format!("{read}: nothing in them failed, but not every input could be read whole");
    }
    let not_understood = totals.understood.not_understood;
    if by_metric.is_empty() && not_understood * 2 > totals.log_events {
        return format!("{read}: nothing failed in the few that were understood, and {not_understood} were not");
    }
    if by_metric.is_empty() {
        return format!("{read}: no failure");
    }
    let failed: Vec<String> = by_metric.iter().map(|(metric, of)| in_words(*metric, of)).collect();
    format!("{read}: {}", failed.join(", "))
}

fn counted_batches(batches: u64) -> String {
    format!("{batches} {}", if batches == 1 { "batch" } else { "batches" })
}

/// Kinds, times and the rate; and what was not understood.
fn what_was_read(out: &mut impl Write, totals: &Totals) -> Result<(), Failed> {
    let understood = &totals.understood;
    let kinds = LogKind::ALL.map(|kind| (understood.of(kind), format!("of {}", kind.several())));
    let kinds = kinds.into_iter().chain([(understood.not_understood, "not understood".to_owned())]);
    let kinds: Vec<String> =
        kinds.filter(|(count, _)| *count > 0).map(|(count, kind)| format!("{count} {kind}")).collect();
    if !kinds.is_empty() {
        let times = totals.span_ms.and_then(|(first, last)| between(first, last));
        let times = times.map_or("without times".to_owned(), |times| format!("{times} UTC"));
        writeln!(out, "{}", wrapped("", &format!("Read: {}; {times}.", kinds.join(", ")), width()))?;
    }
    if let (Some(requests), Some(failed)) = (totals.requests(), totals.failed_requests()) {
        let percent = failed as f64 * 100.0 / requests.max(1) as f64;
        let rate = format!("{failed} of {} failed: {percent:.2} %.", counted(requests, "request"));
        writeln!(out, "{}", wrapped("", &rate, width()))?;
    }
    for left_out in &totals.left_out {
        writeln!(out, "{}", wrapped("", &format!("Not read: {left_out}."), width()))?;
    }
    for input in totals.not_understood.iter().take(MOST_ROWS) {
        let remark = format!(
            "{} of {} not understood, the first is number {}",
            counted(input.log_events, "log event"),
            printable(&input.input),
            input.first
        );
        writeln!(out, "{}", wrapped("", &remark, width()))?;
    }
    more(out, totals.not_understood.len())
}

/// Says how many rows are not shown.
fn more(out: &mut impl Write, rows: usize) -> Result<(), Failed> {
    match rows.saturating_sub(MOST_ROWS) {
        0 => Ok(()),
        more => Ok(writeln!(out, "{more:>7}  more rows: see --json")?),
    }
}

/// When each cause was counted, and a sentence for each incident.
fn times(out: &mut impl Write, rows: &[Row]) -> Result<(), Failed> {
    let timed: Vec<&Row> = rows.iter().filter(|row| !row.minutes.is_empty()).collect();
    if timed.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", bold("When (UTC)"))?;
    for row in timed.iter().take(MOST_ROWS) {
        let (Some((first, last)), Some((peak, most))) = (row.span_ms(), row.peak()) else { continue };
        let what = format!("{} {}", printable(&subject_name(&row.subject)), row.cause);
        let line = match row.minutes.len() {
            1 if most == 1 => format!("{what}: at {}", minute(first)),
            1 => format!("{what}: {most} at {}", minute(first)),
            _ => format!("{what}: first {}, last {}, most at {} ({most})", minute(first), minute(last), minute(peak)),
        };
        writeln!(out, "{}", wrapped("  ", &line, width()))?;
    }
    more(out, timed.len())?;
    let incidents = incidents(rows);
    if !incidents.is_empty() {
        let heading = "Incidents: three and more counts without a gap of ten minutes (UTC)";
        writeln!(out, "\n{}", bold(&wrapped("", heading, width())))?;
    }
    for incident in incidents.iter().take(MOST_ROWS) {
        writeln!(out, "{}", wrapped("  ", &sentence(incident), width()))?;
    }
    more(out, incidents.len())
}

/// The sentence for an incident.
pub(crate) fn sentence(incident: &Incident<'_>) -> String {
    format!(
        "{}: began {}, ended {}, {} {}, {:.0} % of all in that time ({})",
        incident.row.cause,
        minute(incident.from_ms),
        minute(incident.to_ms),
        incident.count,
        Words::of(incident.row.subject.metric()).several,
        incident.share * 100.0,
        printable(&subject_name(&incident.row.subject)),
    )
}

/// The sum of a metric. No two are added up: an API's two logs show the same requests.
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
        rows.iter().map(|row| [printable(&subject_name(&row.subject)), row.cause.to_owned(), statuses(row)]).collect();
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

/// Returns the statuses in the log, with their counts if there are several.
fn statuses(row: &Row) -> String {
    let known = row.statuses.iter().filter_map(|(status, count)| status.map(|status| (status, count)));
    let in_words = |(status, count): (u16, &u64)| {
        if row.statuses.len() > 1 { format!("{status} ×{count}") } else { status.to_string() }
    };
    known.map(in_words).collect::<Vec<_>>().join(", ")
}

/// The first step of each cause that was counted.
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
    writeln!(out, "\n{}\n(the whole runbook: why5xx explain ID)", bold("What to check first"))?;
    for cause in causes {
        let title = wrapped("  ", &format!("{}: {}", cause.id, cause.title), width());
        writeln!(out, "{}", title.replacen(cause.id, &bold(cause.id), 1))?;
        if let Some(step) = cause.remedy.confirm.first() {
            let RemedyStep { prose, code, .. } = RemedyStep::new(step);
            writeln!(out, "{}", wrapped("      ", prose, width()))?;
            let of_cause = rows.iter().filter(|row| row.cause == cause.id).map(|row| &row.subject);
            // Not wrapped, so that it can be pasted.
            for line in in_common(of_cause).filled(code).lines() {
                writeln!(out, "        {line}")?;
            }
        }
    }
    Ok(())
}

/// Writes the remarks on all that the counts do not show.
fn remarks(out: &mut impl Write, totals: &Totals) -> Result<(), Failed> {
    let remarks = [
        (totals.duplicate_events, "log events were repeats and counted once"),
        (totals.split_requests, "requests were joined from two batches"),
        (totals.ambiguous_lines, "access-log lines may be forged by client text and were not counted"),
        (totals.untimed, "log events have no time"),
        (totals.late_events, "log events were too far out of order to be put in order"),
        (totals.cut_lines, "lines were longer than 1 MiB, and only their beginning was read"),
        (totals.lines_behind, "lines behind the last log event are of a terminal or a page, and were left out"),
        (totals.outside_span, "log events are outside the span, or have no time while one was given"),
        (
            totals.other_dimensions,
            "counts are of more APIs, stages or names than are counted separately, and stand as `other`",
        ),
    ];
    if remarks.iter().any(|(count, _)| *count > 0) || !totals.in_both_logs.is_empty() || !totals.assumed.is_empty() {
        writeln!(out)?;
    }
    for assumed in &totals.assumed {
        writeln!(out, "{}", wrapped("", assumed, width()))?;
    }
    for (count, remark) in remarks.into_iter().filter(|(count, _)| *count > 0) {
        let remark = if count == 1 { of_one(remark) } else { remark.to_owned() };
        writeln!(out, "{}", wrapped("", &format!("{count} {remark}"), width()))?;
    }
    for api_id in &totals.in_both_logs {
        let remark = format!("{}: seen in both logs: do not add them up", printable(api_id));
        writeln!(out, "{}", wrapped("", &remark, width()))?;
    }
    for input in totals.skipped.iter().take(MOST_ROWS) {
        let remark = format!("skipped {}: {}", printable(&input.input), printable(&input.error));
        writeln!(out, "{}", wrapped("", &remark, width()))?;
    }
    more(out, totals.skipped.len())
}

/// Returns a remark on several things as one on a single thing: `log events have no time` → `log event has no time`
fn of_one(remark: &str) -> String {
    const WORDS: [(&str, &str); 8] = [
        ("log events", "log event"),
        ("requests", "request"),
        ("access-log lines", "access-log line"),
        ("lines", "line"),
        ("counts", "count"),
        (" were ", " was "),
        (" are ", " is "),
        (" have ", " has "),
    ];
    WORDS.iter().fold(remark.to_owned(), |text, (several, one)| text.replacen(several, one, 1))
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
