//! `why5xx explain` and `why5xx causes`.

mod answer;
mod evidence;
mod found;
mod kind;
mod page;
mod question;

use std::io::{self, Read, Write};
use std::ops::RangeInclusive;
use std::path::Path;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;
use why5xx::cause::{Cause, Known, Role, Table};
use why5xx::classify::shape;
use why5xx::printable::counted;

use self::answer::Answer;
use self::found::{Found, is_unclassified};
use self::question::Question;
use crate::configuration::{self, Configuration};
use crate::input::sentence;
use crate::report::rows::in_common;
use crate::terminal::{printable, table_width, width, wrapped};
use crate::{Failed, report, runbook};

#[derive(Debug, Args)]
pub(crate) struct ExplainOptions {
    /// The id of a cause, a status, words to search for, log text, or `-` for log text on the standard input
    #[arg(value_name = "ID|STATUS|WORDS|TEXT|-", required = true, num_args = 1..)]
    what: Vec<String>,
    /// Print JSON: {"cause": id, "causes": [ids in order]}
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    configuration: Configuration,
}

/// Most bytes of pasted text.
const LONGEST_TEXT_BYTES: u64 = 256 << 20;

pub(crate) fn run(options: &ExplainOptions) -> Result<ExitCode, Failed> {
    let done = explain(options);
    if let Err(Failed(why)) = &done
        && options.json
        && !why.is_empty()
    {
        // Whoever reads the document gets one at every exit status.
        let document = json!({ "cause": null, "causes": [], "error": printable(why) });
        writeln!(io::stdout().lock(), "{document}")?;
    }
    done
}

fn explain(options: &ExplainOptions) -> Result<ExitCode, Failed> {
    let table = options.configuration.table()?;
    let is_piped = options.what == ["-"];
    let mut text = options.what.join(" ").into_bytes();
    if is_piped {
        text.clear();
        io::stdin().lock().take(LONGEST_TEXT_BYTES).read_to_end(&mut text)?;
    }
    let what = String::from_utf8_lossy(&text);
    let question = Question::of(&what);
    if let Some(cause) = table.by_id(what.trim()).or_else(|| question::respelt(&what, &table)) {
        return print_cause(cause, options.json);
    }
    match &question {
        Some(Question::Words(words)) if !is_piped && Answer::of(&what).is_none() => {
            // Words may be a whole sentence, or a response type.
            let is_sentence = sentence::cause(&what, &table).is_some();
            if !is_sentence && let Some(status) = search(words, what.trim(), true, &table, options.json)? {
                return Ok(status);
            }
        }
        Some(Question::Words(_)) | None => {}
        Some(status) => return print_status(status, &table, options.json),
    }
    if let [path] = &options.what[..]
        && !is_piped
        && Path::new(path).is_file()
    {
        let path = printable(path);
        return Err(Failed(format!("{path} is a file: `why5xx explain - < {path}`, or `why5xx replay {path}`")));
    }
    let settings = options.configuration.settings()?;
    let found = Found::in_text(&text, settings, &table)?;
    if found.causes.is_empty() {
        if let Some(answer) = &found.answer {
            // The same few words are in the names and the texts of causes.
            let words = question::words(&what).filter(|_| !is_piped && answer.is_below_500());
            let causes = words.map_or_else(Vec::new, |words| question::search(&words, &table));
            return print_answer(answer, &causes, &table, options.json);
        }
        // A sentence of a log has its own meaning first, whatever words are in it.
        if let Some(words) = question::words(&what) {
            if let Some(status) = search(&words, what.trim(), !is_piped, &table, options.json)? {
                return Ok(status);
            }
            if !is_piped && found.understood == 0 && found.in_function.is_none() {
                report::complain(&format!("no cause, topic or text has \u{201c}{}\u{201d}", printable(what.trim())));
                return print_list(&[], &[], options.json);
            }
        }
    }
    print_found(&found, &table, options.json)
}

/// Answers a question of a few words; None if nothing answers it. It may be log text then. Text that somebody pasted is no question for
/// topics and texts (`is_question`): a few words of it are in some.
fn search(
    words: &[String],
    what: &str,
    is_question: bool,
    table: &Table,
    as_json: bool,
) -> Result<Option<ExitCode>, Failed> {
    if let Some(cause) = question::respelt(&words.join("_"), table) {
        return print_cause(cause, as_json).map(Some);
    }
    let of_ids = question::search_names(&question::words_of(what), table);
    let named = if of_ids.is_empty() { question::search_names(words, table) } else { of_ids };
    let near = if named.is_empty() { question::nearest(what, table) } else { Vec::new() };
    let topics = match question::topics(words) {
        _ if !is_question => Vec::new(),
        topics if topics.is_empty() && named.is_empty() && near.is_empty() => question::topics_of_joined(words),
        topics => topics,
    };
    let topics: Vec<&str> = topics.iter().map(|topic| topic.says).collect();
    let texts = || if is_question { question::search_texts(words, table) } else { Vec::new() };
    let missing = format!("no cause is called {}", printable(what));
    match (&named[..], &near[..], &topics[..]) {
        ([cause], [], []) => print_cause(cause, as_json).map(Some),
        ([], [cause], []) => {
            report::complain(&format!("{missing}; this is the nearest"));
            print_cause(cause, as_json).map(Some)
        }
        ([], [_, ..], []) => {
            report::complain(&format!("{missing}; these are the nearest"));
            print_list(&near, &[], as_json).map(Some)
        }
        ([], [], []) => match &texts()[..] {
            [] if is_question
                && let [word] = words
                && let Some(known) = question::respelt_word(word, table) =>
            {
                report::complain(&format!(
                    "no cause, topic or text has \u{201c}{}\u{201d}; this is for \u{201c}{known}\u{201d}",
                    printable(what)
                ));
                search(std::slice::from_ref(&known), &known, true, table, as_json)
            }
            [] if looks_like_id(what) => {
                report::complain(&format!("{missing}, and none is near to it (`why5xx causes` lists them)"));
                print_list(&[], &[], as_json).map(Some)
            }
            [] => Ok(None),
            causes => print_list(causes, &[], as_json).map(Some),
        },
        ([], [], _) => print_list(&texts(), &topics, as_json).map(Some),
        _ => print_list(&[named, near].concat(), &topics, as_json).map(Some),
    }
}

/// Prints the causes that usually have a status.
fn print_status(question: &Question, table: &Table, as_json: bool) -> Result<ExitCode, Failed> {
    let mut causes: Vec<&'static Cause> = Vec::new();
    let mut prose = Vec::new();
    let no_reason = Role::NoReason.cause().id;
    let next = format!(
        "Which one it was is in the log: paste it into `why5xx explain -`, or count it with `why5xx replay FILE`. An access \
         log that does not say why: `why5xx explain {no_reason}` has the format to use."
    );
    match question {
        Question::Status(status) => {
            causes.extend(table.iter().filter(|cause| cause.statuses.contains(status)));
            prose.push(format!("{status} says that a request failed, and not why."));
            if causes.is_empty() {
                prose.push(
                    "API Gateway has no such answer of its own. A server behind the API gave it, or one before the API, such as a \
                     CDN: the reason is in its log."
                        .to_owned(),
                );
                if CLOUDFLARES.contains(status) {
                    prose.push(format!(
                        "Cloudflare writes {} to {} where it did not get a good answer from the server behind it.",
                        CLOUDFLARES.start(),
                        CLOUDFLARES.end()
                    ));
                }
                let backend = Role::BackendAnswered.cause();
                if REGISTERED.contains(status) {
                    causes.push(backend);
                    prose.push("Where the server is behind the API:".to_owned());
                } else {
                    prose.push(format!("Where the server is behind the API: `why5xx explain {}`.", backend.id));
                }
            } else {
                prose.extend([next, "Its usual causes:".to_owned()]);
            }
        }
        Question::AnyFailure => {
            causes.extend(table.iter());
            prose.extend(["A 5xx says that a request failed, and not why.".to_owned(), next, "All causes:".to_owned()]);
        }
        Question::OtherStatus(status) => {
            prose.push(format!("{status} is not a 5xx: {NOT_COUNTED}."));
            if *status < 400 {
                prose.push("The request did not fail.".to_owned());
            } else {
                prose.push(REFUSED.to_owned());
                let texts = answer::texts_of(*status);
                prose.extend(texts.map(|public| {
                    format!("\u{201c}{}\u{201d}: {}", public.text.trim_end_matches([',', ' ']), public.shows)
                }));
            }
        }
        Question::AnyRejection => prose.extend([format!("A 4xx is not a 5xx: {NOT_COUNTED}."), REFUSED.to_owned()]),
        Question::NoStatus(number) => prose.push(format!("{number} is no status of HTTP. A 5xx is one of 500 to 599.")),
        Question::Words(_) => {}
    }
    let prose: Vec<&str> = prose.iter().map(String::as_str).collect();
    print_list(&causes, &prose, as_json)?;
    Ok(if causes.is_empty() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Statuses that Cloudflare writes and no other server.
///
/// Source: Cloudflare's documentation, "Cloudflare 5xx errors".
const CLOUDFLARES: RangeInclusive<u16> = 520..=530;

/// Statuses of a server error that are registered.
///
/// Source: IANA, "HTTP Status Code Registry".
const REGISTERED: &[u16] = &[500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511];

const NOT_COUNTED: &str = "why5xx counts no request that ends with it, and it has no cause of a 5xx";

/// Where to look for the reason of a 4xx.
const REFUSED: &str = "API Gateway, or the server behind it, refused the request of the client. REST APIs count it in 4XXError of \
                       AWS/ApiGateway, HTTP APIs in 4xx; which refusal it was is in the access log of the stage \
                       ($context.error.responseType).";

/// Where to look for the reason of an answer below 500 whose body is the error of a function.
const OF_FUNCTION: &str = "Its body is the error of a function: the function failed, and its error was passed on as an answer, as by an \
                           integration whose responses map no error to a 5xx. The reason is in the log of the function.";

/// Prints sentences and a list of causes, of which none was found in a log.
fn print_list(causes: &[&'static Cause], prose: &[&str], as_json: bool) -> Result<ExitCode, Failed> {
    let mut out = io::stdout().lock();
    if as_json {
        let ids: Vec<&str> = causes.iter().map(|cause| cause.id).collect();
        writeln!(out, "{}", json!({ "cause": null, "causes": ids }))?;
    } else {
        for sentence in prose {
            writeln!(out, "{}", wrapped("", sentence, width()))?;
        }
        let widest = causes.iter().map(|cause| cause.id.len()).max().unwrap_or(0);
        for cause in causes {
            writeln!(out, "{}", wrapped(&format!("  {:widest$}  ", cause.id), cause.title, width()))?;
        }
        if !causes.is_empty() {
            writeln!(out, "(what one means and what to do: why5xx explain ID)")?;
        }
    }
    let is_empty = causes.is_empty() && prose.is_empty();
    Ok(if is_empty { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

/// Says what the answer to a request shows, what it hides, and where to look.
///
/// Below stand `also`, the causes that a search for the words of the answer finds.
fn print_answer(answer: &Answer, also: &[&'static Cause], table: &Table, as_json: bool) -> Result<ExitCode, Failed> {
    if as_json && !also.is_empty() {
        return print_list(also, &[], as_json);
    }
    let mut out = io::stdout().lock();
    if as_json {
        let causes = if answer.shows_failure() && !answer.is_of_client {
            vec![Role::Unclassified.cause().id]
        } else {
            Vec::new()
        };
        writeln!(out, "{}", json!({ "cause": causes.first(), "causes": causes }))?;
        return Ok(ExitCode::from(1));
    }
    let status = answer.status.map(|status| format!(" with status {status}")).unwrap_or_default();
    let what = match (answer.says, answer.page) {
        (_, Some(server)) => format!(
            "This is a page{status} that {} wrote. API Gateway's own answers are JSON, so it is not the author",
            server.name
        ),
        (Some(says), _) if *says == answer::NO_TEXT => format!("This is a body without a text{status}"),
        (Some(says), _) if answer.is_response_type() => {
            format!("{} is a response type of API Gateway, usually{status}", says.text)
        }
        (Some(says), _) => format!("\u{201c}{}\u{201d} is a public text of API Gateway{status}", says.text),
        (None, None) => format!("This is an answer{status}"),
    };
    let sentences = if answer.is_below_500() { of_no_failure(answer, &what) } else { of_failure(answer, &what, table) };
    for sentence in sentences {
        writeln!(out, "{}", wrapped("", &sentence, width()))?;
    }
    if !also.is_empty() {
        drop(out);
        return print_list(also, &["Causes of a 5xx with these words:"], as_json);
    }
    Ok(ExitCode::from(1))
}

fn of_no_failure(answer: &Answer, what: &str) -> Vec<String> {
    let shows = answer.says.map_or("", |says| says.shows);
    let first = if shows.is_empty() { format!("{what}.") } else { format!("{what}: {shows}") };
    let status = answer.status.unwrap_or_default();
    let mut sentences = vec![first];
    if status < 400 && !answer.is_error_of_function {
        sentences.push(format!("{status} is not a 5xx: the request did not fail."));
        return sentences;
    }
    sentences.push(format!("{status} is not a 5xx: {NOT_COUNTED}."));
    if answer.is_error_of_function {
        sentences.push(OF_FUNCTION.to_owned());
    } else {
        sentences.push(REFUSED.to_owned());
    }
    sentences
}

fn of_failure(answer: &Answer, what: &str, table: &Table) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(server) = answer.page {
        let backend = Role::BackendAnswered.cause().id;
        sentences.push(format!(
            "{what}. {} It does not show why, and not whether the request reached API Gateway.",
            if answer.has_status { "It shows that the request failed." } else { "It does not show a status." }
        ));
        sentences.push(format!("The reason of a failure is in {}.", server.look));
        sentences.push(format!(
            "If the server is behind the API, API Gateway passed its answer on: `why5xx explain {backend}`. If it is before the API, \
             look for the request in the log of the API next: without it there, the API was not reached."
        ));
        return sentences;
    }
    sentences.push(if answer.shows_failure() {
        format!("{what}: it says that a request failed, and does not say why. The reason is in a log.")
    } else {
        format!("{what} without its status: it does not show whether the request failed.")
    });
    if let Some(status) = answer.status.filter(|_| answer.has_status) {
        let causes: Vec<&str> =
            table.iter().filter(|cause| cause.statuses.contains(&status)).map(|cause| cause.id).collect();
        match causes.len() {
            0 => {}
            1..=MOST_USUAL => sentences.push(format!("Usual causes of {status}: {}.", causes.join(", "))),
            _ => sentences.push(format!("`why5xx explain {status}` lists its usual causes.")),
        }
    } else if let Some(status) = answer.status {
        sentences.push(format!("`why5xx explain {status}` lists the usual causes of this status."));
    }
    let no_reason = Role::NoReason.cause().id;
    let id = answer.request_id.as_deref().map_or("the request".to_owned(), |id| format!("request {}", printable(id)));
    sentences.push(format!(
        "Look for {id} in the access log of the stage, if its format asks for the reason (`why5xx explain \
         {no_reason}` has such a format), and in the execution log (REST and WebSocket APIs; HTTP APIs have none). \
         `why5xx replay FILE` counts the causes in either."
    ));
    sentences.push(
        "If neither log has the request, the API was not reached or logging is off: see docs/no-log.md.".to_owned(),
    );
    sentences
}

/// Most causes of a status that are listed in a sentence.
const MOST_USUAL: usize = 20;

/// Remark on a sentence that stays empty.
const REASON_MISSING: &str = "A sentence of the text ends with a colon, and the reason behind it is missing: API Gateway wrote none, \
                              or it was lost on the way here.";

fn print_found(found: &Found, table: &Table, as_json: bool) -> Result<ExitCode, Failed> {
    let mut out = io::stdout().lock();
    if as_json {
        let mut document = json!({ "cause": found.causes.first(), "causes": found.causes });
        if let Some(assumed) = found.assumed {
            document["assumed"] = json!([assumed]);
        }
        if found.is_cut {
            document["note"] = REASON_MISSING.into();
        }
        writeln!(out, "{document}")?;
    } else if found.causes.is_empty()
        && let Some(cause) = found.in_function.and_then(|id| table.by_id(id))
    {
        let answer = format!(
            "Nothing shows that this text is of a function's log: it names no cause of a 5xx. A function's log would have lines such \
             as START and REPORT around it; where they say that the invocation failed, its cause is {}: {}.",
            cause.id, cause.title
        );
        writeln!(out, "{}", wrapped("", &answer, width()))?;
    } else if found.causes.is_empty() {
        let read = format!("{} of {} understood", found.understood, counted(found.log_events, "line"));
        let answer = match (found.log_events, found.understood) {
            (0, _) => "Nothing to explain: the text is empty.".to_owned(),
            (_, 0) => {
                "No line of this text was understood: it is not a log that why5xx reads, or has a form that it does not \
                       know. That does not mean that nothing failed."
                    .to_owned()
            }
            _ => format!("No failure in this text ({read})."),
        };
        writeln!(out, "{}", wrapped("", &answer, width()))?;
    } else {
        if let Some(assumed) = found.assumed {
            writeln!(out, "{}\n", wrapped("", assumed, width()))?;
        }
        if found.is_cut {
            writeln!(out, "{}\n", wrapped("", REASON_MISSING, width()))?;
        }
        write!(out, "{}", in_words(found, table, width()))?;
    }
    let nothing_named = found.causes.is_empty() || found.causes.iter().any(|id| is_unclassified(id));
    Ok(if nothing_named { ExitCode::from(1) } else { ExitCode::SUCCESS })
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
        let of_cause = found.subjects.iter().filter(|(id, _)| *id == cause.id).map(|(_, subject)| &**subject);
        text.push_str(&runbook::text(cause, &in_common(of_cause), width));
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
        write!(out, "{}", runbook::text(cause, &Known::default(), width()))?;
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

#[cfg(test)]
mod tests {
    use why5xx::settings::Settings;

    use super::*;

    #[test]
    fn several_failures_are_explained_once_for_each_cause_and_counted() {
        let log = b"(a1f0) Execution failed due to configuration error: Invalid permissions on Lambda function\n\
            (b2e1) Execution failed due to a timeout error\n\
            (c3d2) Execution failed due to configuration error: Invalid permissions on Lambda function\n";
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
                let text = runbook::text(cause, &Known::default(), width);
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
