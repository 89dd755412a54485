//! `why5xx explain` and `why5xx causes`.

use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use why5xx::cause::{Cause, Table, UNCLASSIFIED};
use why5xx::classify::shape;
use why5xx::pipeline::{Counted, Pipeline};
use why5xx::record::Record;
use why5xx::settings::Settings;

use crate::configuration::{self, Configuration};
use crate::input::{self, Reader, sentence};
use crate::terminal::{printable, table_width, width, wrapped};
use crate::{Failed, report, runbook};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The id of a cause, log text, or `-` for log text on the standard input
    #[arg(value_name = "ID|TEXT|-", required = true, num_args = 1..)]
    what: Vec<String>,
    /// Print JSON: {"cause": id, "causes": [ids in order]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configuration: Configuration,
}

/// Most bytes of pasted text.
const LONGEST_TEXT_BYTES: u64 = 256 << 20;

/// Most sentences of one part that are asked for a cause they name.
const MOST_SENTENCES: usize = 1_000;

pub(crate) fn run(options: &Options) -> Result<ExitCode, Failed> {
    let table = options.configuration.table()?;
    let what = options.what.join(" ");
    if let Some(cause) = table.by_id(what.trim()) {
        return print_cause(cause, options.json);
    }
    if looks_like_id(&what) {
        let near = nearest(&what, &table).map_or(String::new(), |id| format!("; did you mean {id}?"));
        return Err(Failed(format!("no cause is called {what}{near} (`why5xx causes` lists them)")));
    }
    let mut text = what.into_bytes();
    if text == b"-" {
        text.clear();
        io::stdin().lock().take(LONGEST_TEXT_BYTES).read_to_end(&mut text)?;
    }
    let settings = options.configuration.settings()?;
    let found = Found::in_text(&text, settings, &table)?;
    print_found(&found, &table, options.json)
}

/// What a pasted text tells.
struct Found {
    causes: Vec<&'static str>,
    shapes: Vec<String>,
}

impl Found {
    fn in_text(text: &[u8], mut settings: Settings, table: &Table) -> Result<Self, Failed> {
        // Each failure is told, in the order of the text.
        settings.exemplars_per_cause = usize::MAX;
        let settings = Arc::new(settings);
        let mut pipeline = Pipeline::new(Arc::clone(&settings), table.clone());
        let mut reader = Reader::new(&settings, table);
        let mut found = Self { causes: Vec::new(), shapes: Vec::new() };
        let mut hints = Vec::new();
        let mut failed = None;
        let own = std::str::from_utf8(text).map(input::unquoted);
        let text = own.as_ref().map_or(text, |own| own.as_bytes());
        input::read(Cursor::new(text), |part| {
            let mut sentences = Vec::new();
            match pipeline.count_read_by(
                |limits, each| part.decode("", limits, each),
                |source, event| {
                    let record = reader.read(source, event);
                    if matches!(record, Record::Unknown)
                        && source.log_group.is_empty()
                        && sentences.len() < MOST_SENTENCES
                    {
                        sentences.extend(sentence::cause(&event.message.text(), table).map(|cause| cause.id));
                    }
                    record
                },
            ) {
                Ok(Counted { mut exemplars, shapes, hint, additions, .. }) => {
                    pipeline.commit(additions);
                    exemplars.sort_by_key(|exemplar| (exemplar.failure.number, exemplar.failure.cause.id));
                    found.causes.extend(exemplars.iter().map(|exemplar| exemplar.failure.cause.id));
                    found.shapes.extend(shapes.into_keys());
                    hints.extend(sentences.into_iter().chain(hint));
                }
                Err(error) => failed = Some(error),
            }
        })?;
        if let Some(error) = failed {
            return Err(error.into());
        }
        if found.causes.is_empty() || found.causes.iter().all(|id| *id == UNCLASSIFIED) {
            let text = String::from_utf8_lossy(text);
            // That no cause is known was found already.
            let of_line = sentence::surest(&text, table).map(|cause| cause.id);
            let of_line = of_line.filter(|id| found.causes.is_empty() || *id != UNCLASSIFIED);
            found.causes.splice(0..0, if hints.is_empty() { of_line.into_iter().collect() } else { hints });
            if found.causes.is_empty() {
                found.causes.extend(sentence::within(&text, table).map(|cause| cause.id));
            }
        }
        Ok(found)
    }
}

fn print_found(found: &Found, table: &Table, as_json: bool) -> Result<ExitCode, Failed> {
    let mut out = io::stdout().lock();
    if as_json {
        writeln!(out, "{}", json!({ "cause": found.causes.first(), "causes": found.causes }))?;
    } else if found.causes.is_empty() {
        writeln!(out, "No failure in this text: no line tells of a 5xx.")?;
    } else {
        write!(out, "{}", in_words(found, table, width()))?;
    }
    let unclassified = found.causes.contains(&UNCLASSIFIED);
    Ok(if unclassified { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Each cause once, the most frequent first; behind several of them their counts, for the end is what a terminal shows.
fn in_words(found: &Found, table: &Table, width: usize) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for id in &found.causes {
        match counts.iter_mut().find(|(other, _)| other == id) {
            Some((_, count)) => *count += 1,
            None => counts.push((id, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut text = String::new();
    for cause in counts.iter().filter_map(|(id, _)| table.by_id(id)) {
        text.push_str(&runbook::text(cause, width));
        text.push('\n');
    }
    if found.causes.len() > 1 {
        text.push_str(&format!("{} failures in this text\n", found.causes.len()));
        let widest = counts.iter().map(|(id, _)| id.len()).max().unwrap_or(0);
        for (id, count) in &counts {
            let title = table.by_id(id).map_or("", |cause| cause.title);
            text.push_str(&wrapped(&format!("{count:>7}  {id:widest$}  "), title, width));
            text.push('\n');
        }
    }
    if !found.shapes.is_empty() {
        text.push_str("Shapes of what is unclassified, without anything of your data\n");
    }
    for shape in &found.shapes {
        let first = format!("  {}  ", shape::fingerprint(shape));
        text.push_str(&wrapped(&first, &printable(shape), width));
        text.push('\n');
    }
    text
}

fn print_cause(cause: &Cause, as_json: bool) -> Result<ExitCode, Failed> {
    let mut out = io::stdout().lock();
    if as_json {
        let mut value = runbook::json(cause);
        value["cause"] = cause.id.into();
        value["causes"] = json!([cause.id]);
        writeln!(out, "{value}")?;
    } else {
        write!(out, "{}", runbook::text(cause, width()))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn list(rules: Option<&Path>, as_json: bool, as_markdown: bool) -> Result<ExitCode, Failed> {
    let table = &configuration::table(rules)?;
    let mut out = io::stdout().lock();
    if as_json {
        let causes: Vec<serde_json::Value> = table.iter().map(runbook::json).collect();
        writeln!(out, "{}", serde_json::Value::Array(causes))?;
    } else if as_markdown {
        write!(out, "{}", runbook::markdown(table))?;
    } else {
        report::causes(&mut out, table, table_width())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A single word in the spelling of ids.
fn looks_like_id(what: &str) -> bool {
    let what = what.trim();
    what.contains('_') && what.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// The id with the most words in common.
fn nearest(what: &str, table: &Table) -> Option<&'static str> {
    let shared = |id: &str| id.split('_').filter(|word| what.contains(word)).count();
    table.iter().map(|cause| cause.id).max_by_key(|id| shared(id)).filter(|id| shared(id) > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_failures_are_explained_once_for_each_cause_and_counted() {
        let log = b"(aa) Execution failed due to configuration error: Invalid permissions on Lambda function\n\
            (bb) Execution failed due to a timeout error\n\
            (cc) Execution failed due to configuration error: Invalid permissions on Lambda function\n";
        let table = Table::default();
        let text = in_words(&Found::in_text(log, Settings::default(), &table).unwrap(), &table, 80);
        assert_eq!(text.matches("What it means").count(), 2);
        let end = "3 failures in this text\n      2  lambda_permission    API Gateway may not invoke the function\n      \
            1  integration_timeout  The integration did not answer in time\n";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn every_runbook_fits_narrow_and_wide_terminals_but_for_what_is_copied() {
        for width in [40, 80, 110] {
            for cause in Table::default().iter() {
                let is_copied = |line: &str| line.starts_with("      ") || !line.trim().contains(' ');
                let text = runbook::text(cause, width);
                let wide = text
                    .lines()
                    .find(|line| line.chars().count() > width && !is_copied(line) && !line.contains("https://"));
                assert!(
                    wide.is_none_or(|line| line == cause.title || line.starts_with(cause.id)),
                    "{}: {wide:?}",
                    cause.id
                );
            }
        }
    }
}
