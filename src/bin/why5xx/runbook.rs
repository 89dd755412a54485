//! A cause as text for people: `explain` and the documentation.
//!
//! Lines to copy stand as they are; see [`RemedyStep`].

use std::fmt::Write as _;

use serde_json::{Value, json};

use why5xx::cause::{Cause, Example, Family, Known, Need, RemedyStep, Table};

use crate::terminal::wrapped;

/// Narrowest text that is still readable, in columns.
const NARROWEST_COLUMNS: usize = 40;

/// Indentation of what stands under a heading, in columns.
const INDENT_COLUMNS: usize = 2;

/// A cause as a runbook, with what is known filled in, wrapped at `width` columns.
pub(crate) fn text(cause: &Cause, known: &Known<'_>, width: usize) -> String {
    let mut page = WrappedText { known: *known, ..WrappedText::new(width) };
    page.line(cause.title);
    page.line(&format!("{} ({})", cause.id, facts(cause)));

    page.heading("What it means");
    page.paragraph("", cause.remedy.means);

    // Own rules may leave parts of the remedy out.
    for (heading, steps) in cause.remedy.parts() {
        page.heading(heading);
        for (number, step) in (1..).zip(steps) {
            page.paragraph(&format!("{number:>2}. "), step);
        }
    }

    page.heading(needs_heading(cause));
    for need in cause.needs {
        page.paragraph("- ", &in_words(need));
    }

    if !cause.docs.is_empty() {
        page.heading("Read more");
    }
    for url in cause.docs {
        page.paragraph("- ", url);
    }
    page.text
}

/// A cause as a JSON object, with log texts to try an alarm or a filter pattern on.
pub(crate) fn json(cause: &Cause) -> Value {
    let texts = |examples: &[Example]| -> Value {
        let text = |example: &Example| json!({"log": example.log.name(), "lines": example.lines});
        examples.iter().map(text).collect()
    };
    json!({
        "id": cause.id,
        "formerly": cause.formerly,
        "title": cause.title,
        "family": cause.family.name(),
        "kind": cause.kind.name(),
        "statuses": cause.statuses,
        "needs": cause.needs.iter().map(short).collect::<Vec<_>>(),
        "means": cause.remedy.means,
        "confirm": cause.remedy.confirm,
        "fix": cause.remedy.fix,
        "prevent": cause.remedy.prevent,
        "docs": cause.docs,
        "since": cause.since,
        "examples": texts(cause.examples()),
        "nearMisses": texts(cause.near_misses()),
    })
}

/// The page `docs/causes.md`: every cause of the table with its remedy.
pub(crate) fn markdown(table: &Table) -> String {
    let mut page = String::from(
        "# Causes\n\
         \n\
         With this page you can confirm a cause, fix it, and keep it from coming back. `why5xx explain ID` prints the same.\n\
         (Generated from the table in `src/cause/` by `BLESS=1 cargo test`.)\n\
         \n\
         - The ids are values of the dimension `Cause`. *Broken* means that somebody must fix configuration or code; *load* is\n  \
           a matter of time-outs, throttles, connections and answers of the backend.\n\
         - Commands under *Confirm* only read. Those under *Fix* change something, run your code or send a real request, and\n  \
           say so. They are for version 2 of the AWS CLI, in the account and Region of the API.\n\
         - Words in capitals are yours to fill in. `$(($(date +%s) - 3600))000` is an hour ago, in the milliseconds that\n  \
           `filter-log-events` takes; `start-query` takes seconds, and metrics take times like 2026-05-04T17:00:00Z.\n\
         - One of the things under *The log must hold* is enough; with less, a failure is counted under a vaguer cause.\n\
         \n\
         ## Which route, function or host is it?\n\
         \n\
         Most causes begin with this question. A line of an access log names the route. An execution log at INFO level names all\n\
         three: read the lines of a request, by an id of the message, of an exemplar or of the page.\n\
         \n\
         ```sh\n\
         aws logs filter-log-events --log-group-name API-Gateway-Execution-Logs_API_ID/STAGE --start-time $(($(date +%s) - 3600))000 \
         --filter-pattern '\"REQUEST_ID\"' --query 'events[].[message]' --output text\n\
         ```\n\
         \n\
         `Resource Path` is the route; `Sending request to` shows the function or the host. No output: another hour, or another log\n\
         group. No such line: the level is ERROR, so read the integration of each route that may be meant:\n\
         \n\
         ```sh\n\
         aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
         aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD --query uri\n\
         aws apigatewayv2 get-integrations --api-id API_ID --query 'Items[].[IntegrationId,IntegrationUri]'\n\
         ```\n\
         \n\
         The last is for HTTP and WebSocket APIs.\n\
         \n\
         ## All causes\n\
         \n",
    );
    page.push_str(&overview(table));
    for cause in table.iter() {
        section(&mut page, cause);
    }
    page
}

/// The causes as a table in Markdown: one row each.
pub(crate) fn overview(table: &Table) -> String {
    let mut rows = String::from(
        "| cause | what went wrong | kind | usual status | the log must hold |\n\
         |---|---|---|---|---|\n",
    );
    for cause in table.iter() {
        let cells = [cause.title, cause.kind.name(), &statuses(cause), &needs_in_short(cause)].map(cell);
        // Writing to a String cannot fail.
        let _ = writeln!(rows, "| `{}` | {} |", cause.id, cells.join(" | "));
    }
    rows
}

fn section(page: &mut String, cause: &Cause) {
    let _ = write!(page, "\n## {}\n\n{} ({}).\n\n", cause.id, cause.title, facts(cause));
    let _ = writeln!(page, "{}\n", cause.remedy.means);
    for (heading, steps) in cause.remedy.parts() {
        let _ = writeln!(page, "**{heading}:**\n");
        for (number, step) in (1..).zip(steps) {
            item(page, &format!("{number}. "), step);
        }
        blank_line(page);
    }
    let _ = writeln!(page, "**{}:**\n", needs_heading(cause));
    for need in cause.needs {
        item(page, "- ", &in_words(need));
    }
    page.push_str("\n**Read more:**\n\n");
    for url in cause.docs {
        let _ = writeln!(page, "- <{url}>");
    }
}

/// An item of a list in Markdown; lines to copy are a code block.
fn item(page: &mut String, mark: &str, step: &str) {
    let RemedyStep { prose, code, reading } = RemedyStep::new(step);
    let _ = writeln!(page, "{mark}{prose}");
    if code.is_empty() {
        return;
    }
    let indent = " ".repeat(mark.len());
    let _ = write!(page, "\n{indent}```text\n");
    for line in code.lines() {
        let _ = writeln!(page, "{indent}{line}");
    }
    let _ = write!(page, "{indent}```\n\n");
    if !reading.is_empty() {
        let _ = write!(page, "{indent}{reading}\n\n");
    }
}

/// Makes the page end with exactly one blank line.
fn blank_line(page: &mut String) {
    page.truncate(page.trim_end().len());
    page.push_str("\n\n");
}

/// Family, kind and statuses in a few words.
fn facts(cause: &Cause) -> String {
    let mut facts = Vec::new();
    if cause.is_own_rule() {
        facts.push(cause.since.to_owned());
    }
    if cause.family != Family::None {
        facts.push(cause.family.name().to_owned());
    }
    facts.push(cause.kind.name().to_owned());
    if !cause.statuses.is_empty() {
        facts.push(format!("usually {}", statuses(cause)));
    }
    facts.join(", ")
}

fn statuses(cause: &Cause) -> String {
    let statuses: Vec<_> = cause.statuses.iter().map(u16::to_string).collect();
    statuses.join(", ")
}

fn needs_heading(cause: &Cause) -> &'static str {
    match cause.needs.len() {
        0 | 1 => "The log must hold",
        _ => "The log must hold one of these",
    }
}

/// A need in a few words, for tables.
fn short(need: &Need) -> String {
    match need {
        Need::ErrorLevel => "ERROR level".to_owned(),
        Need::InfoLevel => "INFO level".to_owned(),
        Need::DataTrace => "data trace".to_owned(),
        Need::AccessField(variable) => format!("access field {variable}"),
        Need::SeparateLog(log) => log.name().to_owned(),
    }
}

/// All needs of a cause in a few words; the words before several access fields stand once.
fn needs_in_short(cause: &Cause) -> String {
    let mut words = String::new();
    let mut fields_before = false;
    for need in cause.needs {
        if !words.is_empty() {
            words.push_str(" or ");
        }
        match need {
            Need::AccessField(variable) if fields_before => words.push_str(variable),
            _ => words.push_str(&short(need)),
        }
        fields_before = matches!(need, Need::AccessField(_));
    }
    words
}

/// A need in a sentence, for a page.
fn in_words(need: &Need) -> String {
    match need {
        Need::ErrorLevel => "an execution log at ERROR level or above (REST and WebSocket APIs)".to_owned(),
        Need::InfoLevel => "an execution log at INFO level (REST and WebSocket APIs)".to_owned(),
        Need::DataTrace => "an execution log with data trace, or the output of the method's Test button. Data trace \
                            writes headers and bodies into the log: for debugging, not for production"
            .to_owned(),
        Need::AccessField(variable @ "integration.error") => {
            format!(
                "an access log whose format has $context.{variable} (HTTP APIs: or $context.integrationErrorMessage)"
            )
        }
        Need::AccessField(variable) => format!("an access log whose format has $context.{variable}"),
        Need::SeparateLog(log) => format!("a {}", log.name()),
    }
}

/// A text that can stand in a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Text that is wrapped as it is written.
struct WrappedText<'k> {
    text: String,
    width: usize,
    known: Known<'k>,
}

impl WrappedText<'_> {
    fn new(width: usize) -> Self {
        Self { text: String::new(), width: width.max(NARROWEST_COLUMNS), known: Known::default() }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn heading(&mut self, heading: &str) {
        self.line("");
        self.line(heading);
    }

    /// An indented paragraph behind a mark; lines to copy are indented further and never wrapped.
    fn paragraph(&mut self, mark: &str, step: &str) {
        let RemedyStep { prose, code, reading } = RemedyStep::new(step);
        let first = format!("{}{mark}", " ".repeat(INDENT_COLUMNS));
        let rest = " ".repeat(first.len());
        self.line(&wrapped(&first, prose, self.width));
        for line in self.known.filled(code).lines() {
            self.line(&format!("{rest}{}{line}", " ".repeat(INDENT_COLUMNS)));
        }
        if !reading.is_empty() {
            self.line(&wrapped(&rest, reading, self.width));
        }
    }
}

#[cfg(test)]
mod tests;
