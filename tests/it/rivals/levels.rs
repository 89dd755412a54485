//! Causes that a log shows, by its level or format: by the table of causes, and of simulated requests.

use std::fmt::Write as _;

use why5xx::cause::{Cause, Need, built_in};
use why5xx::log_kind::LogKind;

use super::access::{self, Format};
use super::measure::{Counted, Outcome, Truth, ours};
use super::{REQUESTS, simulated};
use crate::simulation::random::Random;
use crate::simulation::request::Level;
use crate::support::filter_pattern::default_pattern_of;

/// A pattern that selects every log event: what is shown depends on the log alone.
const EVERYTHING: &str = "";

const HEAD: &str = "\
| the log | failures shown | right cause | status | route | trace id | counted, ended below 500 | causes that it can name |
|---|---|---|---|---|---|---|---|
";

/// The matrix, as a table in Markdown.
pub(crate) fn matrix() -> String {
    let mut text = String::from(HEAD);
    let mut row = |log: &str, measured: &str, names: &dyn Fn(&Cause) -> bool| {
        let named = built_in().filter(|cause| names(cause)).count();
        let all = built_in().count();
        writeln!(text, "| {log} | {measured} | {named} of {all} |").expect("a String takes all");
    };
    row("none", "0 % | – | – | – | – | –", &|_| false);
    let levels: [(&str, Level, &[Need]); 3] = [
        ("execution log, ERROR", Level::Error, &[Need::ErrorLevel]),
        ("execution log, INFO", Level::Info, &[Need::ErrorLevel, Need::InfoLevel]),
        ("execution log, INFO and data trace", Level::Trace, &[Need::ErrorLevel, Need::InfoLevel, Need::DataTrace]),
    ];
    // What really happened is what the fullest log shows.
    let (truth, ..) = simulated(Level::Trace);
    for (log, level, needs) in levels {
        let (_, _, batches) = simulated(level);
        let measured = cells(&truth, &ours(EVERYTHING, &batches));
        let is_named = |cause: &Cause| cause.needs.iter().any(|need| needs.contains(need));
        row(log, &measured, &is_named);
        if level != Level::Error {
            let measured = cells(&truth, &ours(&default_pattern_of("Execution"), &batches));
            row(&format!("{log}, behind the default pattern"), &measured, &is_named);
        }
    }
    let (truth, _, batches) = access::log(Format::Advised, 20 * REQUESTS, &mut Random::new(72));
    let measured = cells(&truth, &ours(EVERYTHING, &batches));
    let is_field = |need: &Need| matches!(need, Need::AccessField(_));
    row("access log, the advised format", &measured, &|cause| cause.needs.iter().any(is_field));
    let nothing_of_requests = "– | – | – | – | – | –";
    for kind in LogKind::ALL {
        let is_named = |cause: &Cause| cause.needs.contains(&Need::SeparateLog(kind));
        if built_in().any(is_named) {
            row(kind.name(), nothing_of_requests, &is_named);
        }
    }
    text
}

fn cells(truth: &Truth, counted: &[Counted]) -> String {
    let outcome = Outcome::of(truth, counted);
    let shown = outcome.failed - outcome.missed;
    let share = |part: usize, of: usize| format!("{} %", (100 * part + of / 2) / of.max(1));
    let (shown_share, right) = (share(shown, outcome.failed), share(outcome.right, shown));
    let (status, route) = (share(outcome.with_status, shown), share(outcome.with_route, shown));
    let trace = share(outcome.with_trace, shown);
    format!("{shown_share} | {right} | {status} | {route} | {trace} | {}", outcome.unfailed)
}
