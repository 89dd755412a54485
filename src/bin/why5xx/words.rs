//! The words for what a metric counts, in text and on the page.

use why5xx::metric::{Metric, Subject};

/// Words for the counts of a metric.
pub(crate) struct Words {
    /// One of what it counts: `failed request`.
    pub(crate) one: &'static str,
    /// Several of them.
    pub(crate) several: &'static str,
    /// Where they come from, behind a number; empty where `several` says it.
    pub(crate) from: &'static str,
    /// Title of its part of the page.
    pub(crate) title: &'static str,
    /// Logs that it counts from.
    pub(crate) log: &'static str,
    /// Column titles of its dimensions.
    pub(crate) places: &'static [&'static str],
}

impl Words {
    /// Returns the words for `metric`.
    pub(crate) const fn of(metric: Metric) -> Self {
        match metric {
            Metric::Errors => Self {
                one: "failed request",
                several: "failed requests",
                from: " (execution logs)",
                title: "Execution logs",
                log: "execution logs",
                places: &["API", "Stage"],
            },
            Metric::AccessLogErrors => Self {
                one: "failed request",
                several: "failed requests",
                from: " (access logs)",
                title: "Access logs",
                log: "access logs",
                places: &["API", "Stage"],
            },
            Metric::FunctionErrors => Self {
                one: "failed invocation",
                several: "failed invocations",
                from: "",
                title: "Lambda logs",
                log: "Lambda logs",
                places: &["Function"],
            },
            Metric::AccountErrors => Self {
                one: "failure",
                several: "failures",
                from: " in other accounts",
                title: "Other accounts",
                log: "logs of other accounts",
                places: &["Account", "API", "Stage"],
            },
            Metric::RejectedFlows => Self {
                one: "rejected flow",
                several: "rejected flows",
                from: "",
                title: "Flow logs",
                log: "VPC flow logs",
                places: &["Log group"],
            },
        }
    }

    /// Returns the heading of its table: `Failed requests, from execution logs`.
    pub(crate) fn heading(&self) -> String {
        let (first, rest) = self.several.split_at(1);
        format!("{}{rest}, from {}", first.to_uppercase(), self.log)
    }
}

/// Returns the values of a subject's dimensions, and its route.
///
/// API `a1b2c3d4e5`, stage `prod`, route `GET /orders` → `a1b2c3d4e5/prod GET /orders`
pub(crate) fn subject_name(subject: &Subject) -> String {
    let names = subject.dimensions().into_iter().map(|(_, value)| value).collect::<Vec<_>>().join("/");
    match subject.route() {
        Some(route) => format!("{names} {route}"),
        None => names,
    }
}
