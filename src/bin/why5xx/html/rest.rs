//! Section on all that the counts do not show: shapes that no cause matches, and what was not read or not counted.

use std::fmt::Write as _;

use why5xx::classify::shape;
use why5xx::log_kind::LogKind;

use super::counts::highest_first;
use super::markup::{number, text, things};
use crate::totals::{Totals, Undecodable};

/// Most shapes and unreadable inputs that are shown.
const MOST_ROWS: usize = 50;

pub(super) fn unclassified(page: &mut String, totals: &Totals) {
    if totals.shapes.is_empty() {
        return;
    }
    page.push_str(
        "<section aria-labelledby=\"unclassified-shapes\"><h2 id=\"unclassified-shapes\">Unclassified</h2>\
         <p>Texts that no cause matches, without what differs from request to request. The fingerprint is the same in \
         the log of the function.</p><div class=\"scroll\"><table class=\"places\"><thead><tr>\
         <th scope=\"col\">Fingerprint</th><th scope=\"col\" class=\"n\">Count</th><th scope=\"col\">Shape</th></tr>\
         </thead><tbody>",
    );
    for (shape, count) in highest_first(&totals.shapes, |count| **count).into_iter().take(MOST_ROWS) {
        let _ = write!(
            page,
            "<tr><th scope=\"row\"><code>{}</code></th><td class=\"n\" data-name=\"Count\">{}</td><td class=\"long\">{}\
             </td></tr>",
            shape::fingerprint(shape),
            number(*count),
            text(shape)
        );
    }
    page.push_str("</tbody></table></div>");
    not_shown(page, totals.shapes.len(), MOST_ROWS);
    page.push_str("</section>");
}

pub(super) fn reading(page: &mut String, totals: &Totals) {
    let before = [
        (totals.log_events, "Log events read", ""),
        (totals.batches, "Batches", "A batch is one delivery, or a part of a file."),
        (totals.duplicate_events, "Repeats", "Log events with an ID that was counted before; counted once."),
        (totals.split_requests, "Joined requests", "Requests whose lines stood in two batches; counted once."),
        (
            totals.ambiguous_lines,
            "Ambiguous lines",
            "Access-log lines that client text may have forged; not counted. Use a format without what clients write.",
        ),
    ];
    let behind = [
        (
            totals.understood.not_understood,
            "Not understood",
            "Log events that are not a line of the log they are in, or of no known log. One may be a failure.",
        ),
        (totals.untimed, "Without a time", "Counted, unless a span was asked for."),
        (totals.late_events, "Late", "Too far out of order to be put in order; counted where they stand."),
        (totals.cut_lines, "Cut", "Lines longer than 1 MiB, of which only the beginning was read."),
        (totals.lines_behind, "Lines behind", "Lines of a terminal or a page behind the last log event; left out."),
        (totals.outside_span, "Outside the span", "Not counted: before --since, after --until, or without a time."),
        (
            totals.other_dimensions,
            "Counts under <code>other</code>",
            "There are more APIs, stages or names than are counted separately.",
        ),
        (totals.undecodable.len() as u64, "Unreadable", "Inputs, or parts of them, that could not be read; see below."),
        (totals.skipped.len() as u64, "Skipped", "What is in a folder and is not a log; see below."),
    ];
    page.push_str(
        "<section aria-labelledby=\"reading\"><h2 id=\"reading\">What was read, and what was not</h2>\
         <div class=\"scroll\"><table><thead><tr><th scope=\"col\">What</th><th scope=\"col\" class=\"n\">Count</th>\
         <th scope=\"col\">Meaning</th></tr></thead><tbody>",
    );
    let mut row = |count: u64, what: &str, meaning: &str| {
        let _ = write!(
            page,
            "<tr><th scope=\"row\">{what}</th><td class=\"n\">{}</td><td class=\"soft\">{meaning}</td></tr>",
            number(count)
        );
    };
    for (count, what, meaning) in before {
        row(count, what, meaning);
    }
    for kind in LogKind::ALL {
        row(totals.understood.of(kind), &format!("Of {}", kind.several()), "");
    }
    for (count, what, meaning) in behind {
        row(count, what, meaning);
    }
    page.push_str("</tbody></table></div>");
    for left_out in &totals.left_out {
        let _ = write!(page, "<p class=\"soft\">Not read: {}.</p>", text(left_out));
    }
    let named = |inputs: &[Undecodable]| -> Vec<(String, String)> {
        inputs.iter().map(|input| (input.input.clone(), input.error.clone())).collect()
    };
    inputs(page, "Could not be read", "Why", &named(&totals.undecodable));
    let not_understood = totals.not_understood.iter().map(|input| {
        let what = format!("{}, the first is number {}", things(input.log_events, "log event"), number(input.first));
        (input.input.clone(), what)
    });
    inputs(page, "Not understood", "Log events", &not_understood.collect::<Vec<_>>());
    inputs(page, "Skipped", "Why", &named(&totals.skipped));
    page.push_str("<p class=\"soft\">Some requests fail before any log is written. Compare with the metric 5XXError.</p></section>");
}

/// Writes a table of inputs with what is said of each; nothing without inputs.
fn inputs(page: &mut String, heading: &str, says: &str, inputs: &[(String, String)]) {
    if inputs.is_empty() {
        return;
    }
    let _ = write!(
        page,
        "<h3>{heading}</h3><div class=\"scroll\"><table><thead><tr><th scope=\"col\">Input</th>\
         <th scope=\"col\">{says}</th></tr></thead><tbody>"
    );
    for (input, what) in inputs.iter().take(MOST_ROWS) {
        let _ = write!(page, "<tr><th scope=\"row\">{}</th><td>{}</td></tr>", text(input), text(what));
    }
    page.push_str("</tbody></table></div>");
    not_shown(page, inputs.len(), MOST_ROWS);
}

/// Says how many of these rows are not shown, of which the first `most` are.
pub(super) fn not_shown(page: &mut String, rows: usize, most: usize) {
    let more = rows.saturating_sub(most);
    if more > 0 {
        let _ = write!(page, "<p class=\"soft\">{} more are not shown.</p>", number(more as u64));
    }
}
