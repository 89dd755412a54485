//! A cause as text for people: `explain`, the documentation and the README's table.
//!
//! An entry of a remedy is prose up to its first line break; the lines behind it are commands or formats to copy, and
//! stand as they are.

use std::fmt::Write as _;

use serde_json::{Value, json};

use why5xx::cause::{Cause, Family, Need, Table};

use crate::terminal::wrapped;

/// Narrowest text that is still readable, in columns.
const NARROWEST_COLUMNS: usize = 40;

/// Indentation of what stands under a heading, in columns.
const INDENT_COLUMNS: usize = 2;

/// A cause as a runbook, wrapped at `width` columns.
pub(crate) fn text(cause: &Cause, width: usize) -> String {
    let mut page = Page::new(width);
    page.line(cause.title);
    page.line(&format!("{} ({})", cause.id, facts(cause)));

    page.heading("What it means");
    page.paragraph("", cause.remedy.means);

    // Own rules may leave parts of the remedy out.
    if !cause.remedy.checks.is_empty() {
        page.heading("Check, the likeliest first");
    }
    for (number, check) in (1..).zip(cause.remedy.checks) {
        page.paragraph(&format!("{number:>2}. "), check);
    }

    if !cause.remedy.see.is_empty() {
        page.heading("How to see and reproduce it");
    }
    for entry in cause.remedy.see {
        page.paragraph("- ", entry);
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

/// A cause as a JSON object.
pub(crate) fn json(cause: &Cause) -> Value {
    json!({
        "id": cause.id,
        "formerly": cause.formerly,
        "title": cause.title,
        "family": cause.family.name(),
        "kind": cause.kind.name(),
        "statuses": cause.statuses,
        "needs": cause.needs.iter().map(short).collect::<Vec<_>>(),
        "means": cause.remedy.means,
        "checks": cause.remedy.checks,
        "see": cause.remedy.see,
        "docs": cause.docs,
        "since": cause.since,
    })
}

/// The page `docs/causes.md`: every cause of the table with its remedy.
pub(crate) fn markdown(table: &Table) -> String {
    let mut page = String::from(
        "# Causes\n\
         \n\
         Generated from the table in `src/cause/` by `BLESS=1 cargo test`; `why5xx explain ID` prints the same.\n\
         The ids are values of the dimension `Cause`. *Broken* means that somebody must mend a configuration or code;\n\
         *load* is a matter of time-outs, throttles, connections and answers of the backend. One of the things under\n\
         *The log must hold* is enough; with less, a failure is counted under a vaguer cause.\n\
         \n\
         <!-- causes -->\n",
    );
    page.push_str(&readme_table(table));
    page.push_str("<!-- /causes -->\n");
    for cause in table.iter() {
        section(&mut page, cause);
    }
    page
}

/// The causes as a table in Markdown: one row each.
pub(crate) fn readme_table(table: &Table) -> String {
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
    let _ = writeln!(page, "{}\n\n**Check**, the likeliest first:\n", cause.remedy.means);
    for (number, check) in (1..).zip(cause.remedy.checks) {
        item(page, &format!("{number}. "), check);
    }
    blank_line(page);
    page.push_str("**How to see and reproduce it:**\n\n");
    for entry in cause.remedy.see {
        item(page, "- ", entry);
    }
    blank_line(page);
    let _ = writeln!(page, "**{}:**\n", needs_heading(cause));
    for need in cause.needs {
        item(page, "- ", &in_words(need));
    }
    page.push_str("\n**Read more:**\n\n");
    for url in cause.docs {
        let _ = writeln!(page, "- <{url}>");
    }
}

/// An item of a list in Markdown; what follows its first line is a code block.
fn item(page: &mut String, mark: &str, entry: &str) {
    let (prose, code) = parts(entry);
    let _ = writeln!(page, "{mark}{prose}");
    if let Some(code) = code {
        let indent = " ".repeat(mark.len());
        let _ = write!(page, "\n{indent}```text\n");
        for line in code.lines() {
            let _ = writeln!(page, "{indent}{line}");
        }
        let _ = write!(page, "{indent}```\n\n");
    }
}

/// Makes the page end with exactly one blank line.
fn blank_line(page: &mut String) {
    page.truncate(page.trim_end().len());
    page.push_str("\n\n");
}

/// Splits an entry into its prose and the lines to copy.
fn parts(entry: &str) -> (&str, Option<&str>) {
    match entry.split_once('\n') {
        Some((prose, code)) => (prose, Some(code)),
        None => (entry, None),
    }
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
struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn new(width: usize) -> Self {
        Self { text: String::new(), width: width.max(NARROWEST_COLUMNS) }
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
    fn paragraph(&mut self, mark: &str, entry: &str) {
        let (prose, code) = parts(entry);
        let first = format!("{}{mark}", " ".repeat(INDENT_COLUMNS));
        let rest = " ".repeat(first.len());
        self.line(&wrapped(&first, prose, self.width));
        for line in code.into_iter().flat_map(str::lines) {
            self.line(&format!("{rest}{}{line}", " ".repeat(INDENT_COLUMNS)));
        }
    }
}

#[cfg(test)]
mod tests;
