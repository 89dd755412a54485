//! Checks for each cause that was counted, and the requests to look up.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use why5xx::cause::{Cause, RemedyStep, Table};
use why5xx::failure::RequestId;
use why5xx::metric::Metric;
use why5xx::pipeline::Exemplar;

use super::counts::{Colours, MetricCounts, highest_first};
use super::markup::{number, text};
use super::{View, chart};
use crate::time::has_time;
use crate::totals::Totals;
use crate::words::subject_name;

/// Causes whose remedy stands open; the others open on a click, and on paper.
const OPEN: usize = 3;

/// Most request IDs shown of a cause, the newest first.
const MOST_EXEMPLARS: usize = 5;

/// The query that finds a request again. The ID is left to whoever pastes it: clients may choose theirs.
const QUERY: &str = "fields @timestamp, @logStream, @message\n\
                     | filter @message like \"REQUEST_ID\"\n\
                     | sort @timestamp asc";

pub(super) fn section(
    page: &mut String,
    totals: &Totals,
    logs: &BTreeMap<Metric, MetricCounts>,
    colours: &Colours,
    table: &Table,
    view: &View,
) {
    let mut counts: BTreeMap<&'static str, BTreeMap<Metric, u64>> = BTreeMap::new();
    for (metric, log) in logs {
        for (cause, count) in &log.causes {
            counts.entry(cause).or_default().insert(*metric, *count);
        }
    }
    if counts.is_empty() {
        return;
    }
    page.push_str(
        "<section aria-labelledby=\"remedies\"><h2 id=\"remedies\">What to check</h2>\
         <p>A cause for each line above, the most frequent first. Each has up to three parts: commands under Confirm only \
         read, those under Fix change something, Prevent is for afterwards.</p>",
    );
    if !totals.exemplars.is_empty() {
        let _ = write!(
            page,
            "<p>Look up a request in CloudWatch Logs Insights, in the log group that stands beside its ID:</p>\
             <pre>{}</pre>",
            text(QUERY)
        );
    }
    let by_cause = highest_first(counts, |by_metric| by_metric.values().copied().max().unwrap_or(0));
    for (rank, (id, by_metric)) in by_cause.iter().enumerate() {
        let exemplars = exemplars(totals, id);
        let open = if rank < OPEN { " open" } else { "" };
        let title = table.by_id(id).map_or(*id, |cause| cause.title);
        let own = if table.by_id(id).is_some_and(Cause::is_own_rule) { ", a rule of your own" } else { "" };
        let _ = write!(
            page,
            "<details class=\"cause\" id=\"cause-{id}\"{open}><summary><h3>{}{}</h3><span class=\"soft\"><code>{id}</code>, {}{own}\
             </span></summary>",
            chart::key(colours.class(id)),
            text(title),
            counts_in_words(by_metric)
        );
        if let Some(cause) = table.by_id(id) {
            remedy(page, cause);
        }
        requests(page, totals.first_exemplars.get(id), &exemplars, view);
        page.push_str("</details>");
    }
    page.push_str("</section>");
}

fn counts_in_words(by_metric: &BTreeMap<Metric, u64>) -> String {
    let each: Vec<String> =
        by_metric.iter().map(|(metric, count)| format!("{} {}", number(*count), metric.name())).collect();
    each.join(", ")
}

fn remedy(page: &mut String, cause: &Cause) {
    page.push_str("<p>");
    prose_of(page, cause.remedy.means);
    page.push_str("</p>");
    for (heading, steps) in cause.remedy.parts() {
        let _ = write!(page, "<h4>{heading}</h4><ol>");
        list(page, steps);
        page.push_str("</ol>");
    }
    if !cause.docs.is_empty() {
        page.push_str("<h4>Read more</h4><ul class=\"docs\">");
        for url in cause.docs {
            // A rule of the user's own may name anything; only an address of the web is a link.
            let _ = if url.starts_with("https://") {
                write!(
                    page,
                    "<li><a href=\"{}\" rel=\"noreferrer\">{}</a></li>",
                    text(url),
                    text(url.trim_start_matches("https://"))
                )
            } else {
                write!(page, "<li>{}</li>", text(url))
            };
        }
        page.push_str("</ul>");
    }
}

/// The steps as items of a list.
fn list(page: &mut String, steps: &[&str]) {
    for step in steps {
        let RemedyStep { prose, code, reading } = RemedyStep::new(step);
        page.push_str("<li>");
        prose_of(page, prose);
        if !code.is_empty() {
            let _ = write!(page, "<pre>{}</pre>", text(code));
        }
        prose_of(page, reading);
        page.push_str("</li>");
    }
}

/// Prose, in which backticks stand around what is code.
fn prose_of(page: &mut String, prose: &str) {
    let is_paired = prose.matches('`').count().is_multiple_of(2);
    for (place, part) in prose.split('`').enumerate() {
        let _ = match (is_paired, place % 2) {
            (true, 0) => write!(page, "{}", text(part)),
            (true, _) => write!(page, "<code>{}</code>", text(part)),
            (false, 0) if place == 0 => write!(page, "{}", text(part)),
            (false, _) => write!(page, "`{}", text(part)),
        };
    }
}

/// The newest failed requests of a cause.
fn exemplars<'t>(totals: &'t Totals, id: &str) -> Vec<&'t Exemplar> {
    let mut exemplars: Vec<&Exemplar> = totals.exemplars.get(id).into_iter().flatten().collect();
    exemplars.sort_by_key(|exemplar| std::cmp::Reverse(exemplar.failure.timestamp_ms));
    exemplars.truncate(MOST_EXEMPLARS);
    exemplars
}

/// The first request, then the newest ones.
fn requests(page: &mut String, first: Option<&Exemplar>, exemplars: &[&Exemplar], view: &View) {
    if exemplars.is_empty() {
        return;
    }
    let is_first =
        |exemplar: &&Exemplar| first.is_some_and(|first| first.failure.request_id == exemplar.failure.request_id);
    let newest = exemplars.iter().copied().filter(|exemplar| !is_first(exemplar));
    page.push_str(
        "<h4>Requests to look up</h4><div class=\"scroll\"><table class=\"places\"><thead><tr>\
         <th scope=\"col\">Request ID</th><th scope=\"col\">Time (UTC)</th><th scope=\"col\">Where</th>\
         <th scope=\"col\">Log group</th></tr></thead><tbody>",
    );
    for exemplar in first.into_iter().chain(newest) {
        let failure = &exemplar.failure;
        let time_ms = Some(failure.timestamp_ms).filter(|ms| has_time(*ms));
        let time = time_ms.map_or("not in the log".to_owned(), |ms| view.both(ms, "%F %T"));
        let mark = if is_first(&exemplar) { "<br>the first one" } else { "" };
        let id = failure.request_id.as_ref().and_then(RequestId::text).unwrap_or_default();
        let (region, log_group) = (exemplar.source.region.as_deref(), exemplar.source.log_group.as_str());
        let trace = failure.trace_id.as_deref().map(|trace| format!("<br>trace {}", text(trace))).unwrap_or_default();
        let _ = write!(
            page,
            "<tr><th scope=\"row\">{}{trace}{mark}</th><td data-name=\"Time\">{time}</td>\
             <td class=\"long\" data-name=\"Where\">{}</td><td class=\"long\" data-name=\"Log group\">{}</td></tr>",
            linked(view.request(region, log_group, id, time_ms), &format!("<code>{}</code>", text(id))),
            text(&subject_name(&failure.subject)),
            linked(
                view.log_group(region, log_group),
                &text(if log_group.is_empty() { "not in the log" } else { log_group }).to_string()
            )
        );
    }
    page.push_str("</tbody></table></div>");
}

/// HTML, as a link where there is an address.
fn linked(address: Option<String>, html: &str) -> String {
    address.map_or_else(
        || html.to_owned(),
        |address| format!("<a href=\"{}\" rel=\"noreferrer\">{html}</a>", text(&address)),
    )
}
