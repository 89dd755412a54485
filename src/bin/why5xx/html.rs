//! `why5xx replay --html`: the counts as one page that needs nothing else: no network, no script, no other file.
//!
//! The page shows what the tables on the terminal show, and the failures over time. How often what was counted is left
//! to `replay`; what a name or a number looks like in HTML, to `markup`.

mod axis;
mod chart;
mod counts;
mod markup;
mod remedy;
mod rest;
mod target;
mod times;
mod view;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use jiff::Timestamp;
use why5xx::cause::Table;
use why5xx::metric::Metric;

use self::axis::Axis;
use self::counts::{CauseCounts, Colours, MetricCounts, by_metric, highest_first};
use self::markup::{number, share, text, things};
pub(crate) use self::target::PageTarget;
pub(crate) use self::view::View;
use crate::terminal::printable;
use crate::time::has_time;
use crate::totals::Totals;
use crate::words::Words;
use crate::{Failed, is_stdin};

const STYLE: &str = include_str!("html/style.css");

/// Nothing is loaded and nothing runs, whatever a log made it into the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Mark near the beginning of a page of any version. A later version recognises the page by it and may replace it.
const GENERATOR: &str = "<meta name=\"generator\" content=\"why5xx ";

/// Most rows of a table; the rest are added up in one.
const MOST_ROWS: usize = 100;

/// Most inputs that are named.
const MOST_INPUTS: usize = 5;

/// Writes the page of these totals.
///
/// # Errors
///
/// If it cannot be written, or if nothing was read that could replace an older page.
pub(crate) fn write(
    target: &PageTarget,
    totals: &Totals,
    table: &Table,
    inputs: &[PathBuf],
    view: &View,
) -> Result<(), Failed> {
    if totals.is_empty()
        && let Some(path) = target.older_page()
    {
        let path = printable(&path.display().to_string());
        return Err(Failed(format!("no log event was read, so the page in {path} stays as it was")));
    }
    target.write(page(totals, table, inputs, view, Timestamp::now()).as_bytes())
}

fn page(totals: &Totals, table: &Table, inputs: &[PathBuf], view: &View, made: Timestamp) -> String {
    let logs = by_metric(&totals.tally);
    let colours = Colours::of(&logs, table);
    let mut page = String::with_capacity(64 * 1024);
    // Writing to a String cannot fail, here and below.
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\
         {GENERATOR}{}\"><title>why5xx: failures by cause</title>\
         <style>{STYLE}</style></head><body><a class=\"skip\" href=\"#main\">To the counts</a>",
        env!("CARGO_PKG_VERSION")
    );
    head(&mut page, totals, &logs, inputs, view);
    contents(&mut page, totals, &logs);
    page.push_str("<main id=\"main\">");
    tiles(&mut page, totals, &logs);
    if logs.is_empty() {
        let answer = match () {
            () if totals.is_empty() => "Nothing was read, so this page says nothing about failures.".to_owned(),
            () if totals.is_foreign() => {
                "Not one of the log events was understood, so this page says nothing about failures.".to_owned()
            }
            () if totals.log_events == 0 => "No failure: none of the log events passed the filter pattern.".to_owned(),
            () if !totals.undecodable.is_empty() => format!(
                "Nothing failed in these {}, but not every input could be read whole.",
                things(totals.log_events, "log event")
            ),
            () => format!("No failure in these {}.", things(totals.log_events, "log event")),
        };
        let _ = write!(page, "<p>{answer}</p>");
    }
    let axis = span_ms(totals, &logs).map(|(first_ms, last_ms)| Axis::over(first_ms, last_ms));
    for (metric, log) in &logs {
        section(&mut page, *metric, log, axis.as_ref(), &colours, table);
    }
    times::section(&mut page, totals, view);
    remedy::section(&mut page, totals, &logs, &colours, table, view);
    rest::unclassified(&mut page, totals);
    rest::reading(&mut page, totals);
    let _ = writeln!(
        page,
        "</main><footer>Made by why5xx {} at {} UTC. Times are UTC, with that of the machine that made the page below. The page holds names and request IDs from the \
         logs, and no message text.</footer></body></html>",
        env!("CARGO_PKG_VERSION"),
        made.strftime("%F %H:%M")
    );
    page
}

fn head(page: &mut String, totals: &Totals, logs: &BTreeMap<Metric, MetricCounts>, inputs: &[PathBuf], view: &View) {
    page.push_str("<header><h1>Why requests failed with a 5xx</h1><p class=\"soft\">");
    match span_ms(totals, logs) {
        Some((first_ms, last_ms)) => {
            let at = |ms| markup::time(ms, "%F %H:%M").unwrap_or_default();
            let (first, last) = (at(first_ms), at(last_ms));
            let _ = if first == last { write!(page, "{first} UTC") } else { write!(page, "{first} to {last} UTC") };
            let local = |ms| view.local(ms, "%F %H:%M");
            if let (Some(first), Some(last)) = (local(first_ms), local(last_ms)) {
                let _ = if first == last { write!(page, "<br>{first}") } else { write!(page, "<br>{first} to {last}") };
            }
        }
        None => page.push_str("The log events have no times"),
    }
    let named: Vec<String> = inputs
        .iter()
        .take(MOST_INPUTS)
        .map(|input| if is_stdin(input) { "the standard input".to_owned() } else { input.display().to_string() })
        .collect();
    let more = inputs.len().saturating_sub(MOST_INPUTS);
    let _ =
        write!(page, "<br>{} from <code>{}</code>", things(totals.log_events, "log event"), text(&named.join(", ")));
    if more > 0 {
        let _ = write!(page, " and {} more", number(more as u64));
    }
    page.push_str("</p></header>");
}

/// The time from the first to the last log event with a time.
fn span_ms(totals: &Totals, logs: &BTreeMap<Metric, MetricCounts>) -> Option<(i64, i64)> {
    let read = totals.span_ms.filter(|(first_ms, last_ms)| has_time(*first_ms) && has_time(*last_ms));
    let spans = logs.values().filter_map(MetricCounts::span_ms).chain(read);
    spans.reduce(|span, other| (span.0.min(other.0), span.1.max(other.1)))
}

fn contents(page: &mut String, totals: &Totals, logs: &BTreeMap<Metric, MetricCounts>) {
    page.push_str("<nav aria-label=\"Contents\"><ul>");
    for metric in logs.keys() {
        let _ = write!(page, "<li><a href=\"#{}\">{}</a></li>", metric.name(), Words::of(*metric).title);
    }
    if logs.values().any(|log| log.span_ms().is_some()) {
        page.push_str("<li><a href=\"#when\">When</a></li>");
    }
    if !logs.is_empty() {
        page.push_str("<li><a href=\"#remedies\">What to check</a></li>");
    }
    if !totals.shapes.is_empty() {
        page.push_str("<li><a href=\"#unclassified-shapes\">Unclassified</a></li>");
    }
    page.push_str("<li><a href=\"#reading\">What was read</a></li></ul></nav>");
}

fn tiles(page: &mut String, totals: &Totals, logs: &BTreeMap<Metric, MetricCounts>) {
    page.push_str("<ul class=\"tiles\">");
    let mut tile = |class: &str, count: &str, of: &str| {
        let _ = write!(page, "<li{class}><b>{count}</b><span>{of}</span></li>");
    };
    for (metric, log) in logs {
        let Words { several, log: from, .. } = Words::of(*metric);
        tile("", &number(log.total()), &format!("{several}, from {from}"));
    }
    if let (Some(requests), Some(failed)) = (totals.requests(), totals.failed_requests()) {
        let percent = failed as f64 * 100.0 / requests.max(1) as f64;
        tile("", &format!("{percent:.2} %"), &format!("of {} failed", things(requests, "request")));
    }
    tile(" class=\"quiet\"", &number(totals.log_events), "log events read");
    page.push_str("</ul>");
    let [of_execution, of_access] = [Metric::Errors, Metric::AccessLogErrors].map(|metric| logs.get(&metric));
    if let (Some(of_execution), Some(of_access)) = (of_execution, of_access)
        && (!totals.in_both_logs.is_empty() || of_execution.has_unknown_api() || of_access.has_unknown_api())
    {
        page.push_str(
            "<p class=\"note\">Execution logs and access logs show the same requests where an API writes both. Never \
             add up the two counts: look at one of them for each API.",
        );
        for (place, api_id) in totals.in_both_logs.iter().take(MOST_ROWS).enumerate() {
            let before = if place == 0 { " Seen in both: " } else { ", " };
            let _ = write!(page, "{before}<code>{}</code>", text(api_id));
        }
        page.push_str("</p>");
    }
    if logs.contains_key(&Metric::FunctionErrors) && (of_execution.is_some() || of_access.is_some()) {
        page.push_str(
            "<p class=\"note\">A failed invocation says why a function failed. The request behind it is counted in the \
             log of its API, too.</p>",
        );
    }
}

fn section(
    page: &mut String,
    metric: Metric,
    log: &MetricCounts,
    axis: Option<&Axis>,
    colours: &Colours,
    table: &Table,
) {
    let name = metric.name();
    let words = Words::of(metric);
    let (places, heading) = (words.places, words.heading());
    let _ = write!(
        page,
        "<section aria-labelledby=\"{name}\"><h2 id=\"{name}\">{}</h2>\
         <p class=\"soft\">Metric <code>{name}</code>: {}, of which {} have a cause</p>",
        heading,
        number(log.total()),
        share(log.total() - log.without_cause(), log.total())
    );
    let layers = axis.map(|axis| (axis, log.over_time(axis, colours))).filter(|(_, layers)| !layers.is_empty());
    if let Some((axis, layers)) = layers {
        chart::over_time(page, &format!("{name}-time"), &heading, axis, &layers);
    }
    if log.untimed > 0 {
        let _ = write!(page, "<p class=\"soft\">{} without a time: not in the chart.</p>", number(log.untimed));
    }
    by_cause(page, log, colours, table);
    by_place(page, &format!("By {}", places.join(" and ").replace("Stage", "stage")), places, &log.places, colours);
    if !log.routes.is_empty() {
        by_place(page, "By route", &[places, &["Route"]].concat(), &log.routes, colours);
    }
    if log.statuses.keys().any(Option::is_some) {
        by_status(page, log);
    }
    page.push_str("</section>");
}

fn by_cause(page: &mut String, log: &MetricCounts, colours: &Colours, table: &Table) {
    let total = log.total();
    page.push_str(
        "<h3>By cause</h3><div class=\"scroll\"><table class=\"places causes\"><thead><tr><th scope=\"col\">Cause</th>\
         <th scope=\"col\" class=\"n\">Count</th><th scope=\"col\" class=\"n\">Share</th>\
         <th scope=\"col\">What went wrong</th><th scope=\"col\">Kind</th></tr></thead><tbody>",
    );
    for (id, count) in highest_first(&log.causes, |count| **count) {
        let cause = table.by_id(id);
        let _ = write!(
            page,
            "<tr><th scope=\"row\">{}<a href=\"#cause-{id}\"><code>{id}</code></a></th><td class=\"n\">{}</td>\
             <td class=\"n\">{}</td><td>{}</td><td data-name=\"Kind\">{}</td></tr>",
            chart::key(colours.class(id)),
            number(*count),
            share(*count, total),
            text(cause.map_or("", |cause| cause.title)),
            cause.map_or("", |cause| cause.kind.name())
        );
    }
    page.push_str("</tbody></table></div>");
}

fn by_place(
    page: &mut String,
    title: &str,
    columns: &[&str],
    places: &BTreeMap<Vec<String>, CauseCounts>,
    colours: &Colours,
) {
    let sum = |causes: &CauseCounts| causes.values().sum::<u64>();
    let places = highest_first(places, |causes| sum(causes));
    let longest = places.first().map_or(0, |(_, causes)| sum(causes));
    let _ = write!(page, "<h3>{title}</h3><div class=\"scroll\"><table class=\"places\"><thead><tr>");
    for column in columns {
        let _ = write!(page, "<th scope=\"col\">{column}</th>");
    }
    page.push_str(
        "<th scope=\"col\" class=\"n\">Count</th><th scope=\"col\" aria-label=\"Bar\"></th>\
         <th scope=\"col\">Causes</th></tr></thead><tbody>",
    );
    for (names, causes) in places.iter().take(MOST_ROWS) {
        page.push_str("<tr>");
        for (column, name) in columns.iter().zip(*names) {
            let tag = if *column == columns[0] { "th scope=\"row\"" } else { "td class=\"long\"" };
            let end = &tag[..2];
            let _ = write!(page, "<{tag} data-name=\"{column}\">{}</{end}>", text(name));
        }
        let _ = write!(page, "<td class=\"n\" data-name=\"Count\">{}</td><td class=\"wide\">", number(sum(causes)));
        chart::bar(page, &colours.parts(causes), longest);
        page.push_str("</td><td class=\"wide\"><ul class=\"list\">");
        for (id, count) in highest_first(*causes, |count| **count) {
            let _ = write!(
                page,
                "<li>{}<a href=\"#cause-{id}\">{id}</a> {}</li>",
                chart::key(colours.class(id)),
                number(*count)
            );
        }
        page.push_str("</ul></td></tr>");
    }
    page.push_str("</tbody></table></div>");
    if let Some(more) = places.get(MOST_ROWS..).filter(|more| !more.is_empty()) {
        let count: u64 = more.iter().map(|(_, causes)| sum(causes)).sum();
        let _ = write!(
            page,
            "<p class=\"soft\">{} more rows with a count of {} are not shown.</p>",
            number(more.len() as u64),
            number(count)
        );
    }
}

fn by_status(page: &mut String, log: &MetricCounts) {
    let total = log.total();
    page.push_str(
        "<h3>By status</h3><div class=\"scroll\"><table class=\"small\"><thead><tr><th scope=\"col\">Status</th>\
         <th scope=\"col\" class=\"n\">Count</th><th scope=\"col\" class=\"n\">Share</th></tr></thead><tbody>",
    );
    for (status, count) in highest_first(&log.statuses, |count| **count) {
        let status = status.map_or("not in the log".to_owned(), |status| status.to_string());
        let _ = write!(
            page,
            "<tr><th scope=\"row\">{status}</th><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
            number(*count),
            share(*count, total)
        );
    }
    page.push_str("</tbody></table></div>");
}

#[cfg(test)]
mod tests;
