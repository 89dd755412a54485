//! `why5xx explain` and `why5xx causes`.

mod answer;
mod evidence;
mod other;
mod question;

use std::io::{self, Cursor, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use why5xx::cause::{Cause, Known, REASON_NOT_LOGGED, Role, Table, UNCLASSIFIED};
use why5xx::classify::shape;
use why5xx::decode::LogEvent;
use why5xx::metric::Subject;
use why5xx::pipeline::{Counted, Pipeline};
use why5xx::record::Record;
use why5xx::record::lambda::FunctionLine;
use why5xx::settings::Settings;

use self::answer::PublicAnswer;
use self::evidence::Evidence;
use self::other::Other;
use self::question::{Question, nearest};
use crate::configuration::{self, Configuration};
use crate::input::{self, Reader, sentence};
use crate::report::rows::in_common;
use crate::terminal::{printable, table_width, width, wrapped};
use crate::totals::counted;
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

/// Most sentences of one part that are asked for a cause they name.
const MOST_SENTENCES: usize = 1_000;

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
    let what = options.what.join(" ");
    if let Some(cause) = table.by_id(what.trim()).or_else(|| question::respelt(&what, &table)) {
        return print_cause(cause, options.json);
    }
    // Public texts are words, too.
    if let Some(answer) = PublicAnswer::of(&what).filter(|answer| answer.status.is_none()) {
        return print_public_answer(&answer, &table, options.json);
    }
    if let [path] = &options.what[..]
        && Path::new(path).is_file()
    {
        let path = printable(path);
        return Err(Failed(format!("{path} is a file: `why5xx explain - < {path}`, or `why5xx replay {path}`")));
    }
    let is_type = what.contains('_') && sentence::cause(&what, &table).is_some();
    if let Some(question) = Question::of(&what).filter(|_| !is_type)
        && let Some(status) = answer_question(&question, what.trim(), &table, options.json)?
    {
        return Ok(status);
    }
    let mut text = what.into_bytes();
    if text == b"-" {
        text.clear();
        io::stdin().lock().take(LONGEST_TEXT_BYTES).read_to_end(&mut text)?;
    }
    let settings = options.configuration.settings()?;
    let found = Found::in_text(&text, settings, &table)?;
    if found.causes.is_empty() {
        let text = String::from_utf8_lossy(&text);
        if let Some(answer) = PublicAnswer::of(&text) {
            return print_public_answer(&answer, &table, options.json);
        }
        if let Some(cause) = question::nearest_word(&text, &table) {
            report::complain(&format!("no cause is called {}; this is the nearest", printable(text.trim())));
            return print_cause(cause, options.json);
        }
    }
    print_found(&found, &table, options.json)
}

/// Answers a question of a few words; None if nothing answers it. It may be log text then.
fn answer_question(question: &Question, what: &str, table: &Table, as_json: bool) -> Result<Option<ExitCode>, Failed> {
    let Question::Words(words) = question else {
        return print_status(question, table, as_json).map(Some);
    };
    if let Some(cause) = question::respelt(&words.join("_"), table) {
        return print_cause(cause, as_json).map(Some);
    }
    if let Some(cause) = Some(what).filter(|what| looks_like_id(what)).and_then(|what| nearest(what, table)) {
        report::complain(&format!("no cause is called {what}; this is the nearest"));
        return print_cause(cause, as_json).map(Some);
    }
    let (causes, topics) = (question::search(words, table), question::topics(words));
    match (&causes[..], &topics[..]) {
        ([], []) if question::nearest_word(&words.join("_"), table).is_some() => {
            let Some(cause) = question::nearest_word(&words.join("_"), table) else { return Ok(None) };
            report::complain(&format!("no cause is called {}; this is the nearest", printable(what)));
            print_cause(cause, as_json).map(Some)
        }
        ([], []) if looks_like_id(what) => {
            Err(Failed(format!("no cause is called {what} (`why5xx causes` lists them)")))
        }
        ([], []) => Ok(None),
        ([cause], []) => print_cause(cause, as_json).map(Some),
        _ => {
            let topics: Vec<&str> = topics.iter().map(|topic| topic.says).collect();
            print_list(&causes, &topics, as_json).map(Some)
        }
    }
}

/// Prints the causes that usually have a status.
fn print_status(question: &Question, table: &Table, as_json: bool) -> Result<ExitCode, Failed> {
    let of_status = |status: u16| table.iter().filter(|cause| cause.statuses.contains(&status)).collect::<Vec<_>>();
    let (causes, heading) = match question {
        Question::Status(status) if of_status(*status).is_empty() => {
            (Vec::new(), format!("{status} says that a request failed, and not why. No cause is known to give it."))
        }
        Question::Status(status) => (of_status(*status), format!("{status} says that a request failed, and not why.")),
        Question::AnyFailure => (table.iter().collect(), "A 5xx says that a request failed, and not why.".to_owned()),
        Question::OtherStatus(status) => {
            (of_status(*status), format!("{status} is not a 5xx: why5xx counts no request that ends with it."))
        }
        Question::Words(_) => return Ok(ExitCode::from(1)),
    };
    let next = format!(
        "Which one it was is in the log: paste it into `why5xx explain -`, or count it with `why5xx replay FILE`. An access \
         log that does not say why: `why5xx explain {REASON_NOT_LOGGED}` has the format to use."
    );
    let of_list = if matches!(question, Question::AnyFailure) { "All causes:" } else { "Its usual causes:" };
    let prose = if causes.is_empty() { vec![heading.as_str()] } else { vec![heading.as_str(), &next, of_list] };
    print_list(&causes, &prose, as_json)
}

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

/// Says what the public answer of a failed request shows, what it hides, and where to look.
fn print_public_answer(answer: &PublicAnswer, table: &Table, as_json: bool) -> Result<ExitCode, Failed> {
    let mut out = io::stdout().lock();
    if as_json {
        writeln!(out, "{}", json!({ "cause": UNCLASSIFIED, "causes": [UNCLASSIFIED] }))?;
        return Ok(ExitCode::from(1));
    }
    let what = match (answer.message, answer.status) {
        (Some(answer::NO_TEXT), _) => "This is a body without a text".to_owned(),
        (Some(message), _) => format!("\u{201c}{message}\u{201d} is a public text"),
        (None, Some(status)) => format!("This is an answer with status {status}"),
        (None, None) => "This is a public answer".to_owned(),
    };
    let mut sentences =
        vec![format!("{what}: it says that a request failed, and does not say why. The reason is in a log.")];
    if let Some(status) = answer.status {
        let causes: Vec<&str> =
            table.iter().filter(|cause| cause.statuses.contains(&status)).map(|cause| cause.id).collect();
        sentences.push(format!("Usual causes of {status}: {}.", causes.join(", ")));
    }
    let id = answer.request_id.as_deref().map_or("the request".to_owned(), |id| format!("request {}", printable(id)));
    sentences.push(format!(
        "Look for {id} in the access log of the stage, if its format asks for the reason (`why5xx explain \
         {REASON_NOT_LOGGED}` has such a format), and in the execution log (REST and WebSocket APIs; HTTP APIs have none). \
         `why5xx replay FILE` counts the causes in either."
    ));
    sentences.push(
        "If neither log has the request, the API was not reached or logging is off: see docs/no-log.md.".to_owned(),
    );
    for sentence in sentences {
        writeln!(out, "{}", wrapped("", &sentence, width()))?;
    }
    Ok(ExitCode::from(1))
}

/// Findings in a pasted text.
#[derive(Default)]
struct Found {
    causes: Vec<&'static str>,
    /// Subjects that failed, each with its cause.
    subjects: Vec<(&'static str, Arc<Subject>)>,
    shapes: Vec<String>,
    /// Log events, and those that were understood.
    log_events: u64,
    understood: u64,
    /// Causes that sentences name which nobody knows to be of a failed request.
    named: Vec<&'static str>,
    /// Cause that an endpoint's body or header names, without a line that says that the request failed.
    evidence: Option<&'static str>,
    /// Cause of a sentence of the platform within a line that was not understood.
    quoted: Option<&'static str>,
    /// The ends of requests or invocations are in the text, and none failed.
    is_certain: bool,
    /// A sentence stops where its reason should begin.
    is_cut: bool,
    /// Sentence on the condition under which the causes hold, where nothing in the text shows it.
    assumed: Option<&'static str>,
    /// Log events that no reader understood. What a reader understood says whether a request failed; the rest of it is anybody's text.
    unread: String,
    /// Cause that the error of a program would have in a function's log. It is not one of `causes`.
    in_function: Option<&'static str>,
}

/// Starts and ends of the invocations of a text: in a whole one, Lambda's lines say how it went, and what the function printed does not.
#[derive(Debug, Default)]
struct StartsAndEnds {
    started: usize,
    ended: usize,
    /// Something of unknown meaning stands behind the last of them.
    has_more: bool,
}

impl StartsAndEnds {
    fn add(&mut self, record: &Record<'_>, event: &LogEvent<'_>) {
        match record {
            Record::Lambda(FunctionLine::Start(_)) => (self.started, self.has_more) = (self.started + 1, false),
            Record::Lambda(FunctionLine::Report(report)) => self.ended += usize::from(report.ends),
            Record::Lambda(FunctionLine::Error(_) | FunctionLine::TimedOut(_))
            | Record::Nothing(_)
            | Record::Unknown
                if self.ended > 0 && self.started == self.ended =>
            {
                // Lambda writes this line behind REPORT, as a part of it.
                self.has_more |= !event.message.text().starts_with("XRAY TraceId: ");
            }
            _ => {}
        }
    }

    /// Whether each that began has ended.
    fn are_whole(&self) -> bool {
        self.started > 0 && self.started == self.ended && !self.has_more
    }
}

impl Found {
    fn in_text(text: &[u8], mut settings: Settings, table: &Table) -> Result<Self, Failed> {
        // Each failure is shown, in the order of the text.
        settings.exemplars_per_cause = usize::MAX;
        let settings = Arc::new(settings);
        let own = std::str::from_utf8(text).map(input::unquoted);
        let bytes = own.as_ref().map_or(text, |own| own.as_bytes());
        let text = String::from_utf8_lossy(bytes);
        let found = Self::of_reader(bytes, &settings, table, Reader::of_text(&settings, table, &text));
        // Of a line that lost its breaks, `replay` cannot count the requests; of one request, what its sentence names holds.
        let mut found = match found {
            Ok(found) => found,
            Err(error) => {
                let line = Some(text.trim()).filter(|text| !text.contains('\n'));
                let cause = line.and_then(|line| sentence::of_joined_lines(line, table)).ok_or(error)?;
                return Ok(Self { causes: vec![cause.id], ..Self::default() });
            }
        };
        found.is_cut = text.lines().any(|line| is_cut_sentence(line.trim_end()));
        // Without a failure line the backend is to blame; the words of a person beside the end may quote that line.
        if let ([only], Some(quoted)) = (&mut found.causes[..], found.quoted)
            && table.by_id(only).is_some_and(|cause| cause.role == Some(Role::BackendAnswered))
        {
            *only = quoted;
        }
        // Where the log shows how requests ended, its lines say whether they failed: no sentence among them does.
        if found.is_certain || found.names_a_cause() && found.assumed.is_none() {
            return Ok(found);
        }
        let origin = other::origin(&text);
        if origin.is_some() && found.assumed.take().is_some() {
            // The program is not a function.
            found.subjects.retain(|(_, subject)| !matches!(**subject, Subject::Invocation { .. }));
            found.causes = found.subjects.iter().map(|(cause, _)| *cause).collect();
        }
        if origin == Some(Other::NoFailure) || found.names_a_cause() && origin.is_some() {
            return Ok(found);
        }
        let unread = std::mem::take(&mut found.unread);
        let within = sentence::within(&unread, table).map(|cause| cause.id);
        if matches!(origin, None | Some(Other::Program)) {
            // A person pastes the error of a function without the lines around it.
            let loose = Self::of_reader(bytes, &settings, table, Reader::of_function(&settings, table))?;
            if origin.is_some() {
                // Only a sentence of the platform may be quoted in the error of a program.
                let in_function = loose.causes.into_iter().find(|id| *id != UNCLASSIFIED);
                let assumed = within.map(|_| QUOTED);
                return Ok(Self { causes: within.into_iter().collect(), in_function, assumed, ..found });
            }
            if loose.names_a_cause() {
                return Ok(Self { is_cut: found.is_cut, ..loose });
            }
        }
        // That no cause is known was found already.
        let of_line = sentence::surest(&unread, table).map(|cause| cause.id);
        let of_line = of_line.filter(|id| found.causes.is_empty() || *id != UNCLASSIFIED);
        let named = std::mem::take(&mut found.named);
        found.causes.splice(0..0, if named.is_empty() { of_line.into_iter().collect() } else { named });
        if found.causes.is_empty() {
            found.causes.extend(within.or(found.evidence));
        }
        if found.names_a_cause() && sentence::is_quoted(&unread, table) {
            found.assumed = Some(QUOTED);
        }
        Ok(found)
    }

    /// Returns what the lines show, as `reader` reads them.
    fn of_reader(text: &[u8], settings: &Arc<Settings>, table: &Table, mut reader: Reader<'_>) -> Result<Self, Failed> {
        let mut pipeline = Pipeline::new(Arc::clone(settings), table.clone());
        let mut found = Self::default();
        let mut failed = None;
        let mut starts_and_ends = StartsAndEnds::default();
        let mut evidence = Evidence::default();
        input::read(Cursor::new(text), |part| {
            let mut sentences = Vec::new();
            match pipeline.count_read_by(
                |limits, each| part.decode("", limits, each),
                |source, event| {
                    let record = reader.read(source, event);
                    starts_and_ends.add(&record, event);
                    evidence.add(&record, table);
                    if record.kind().is_none() && source.log_group.is_empty() {
                        let text = event.message.text();
                        if sentence::shows_success(&text) {
                            return record;
                        }
                        found.unread.push_str(&text);
                        found.unread.push('\n');
                        if matches!(record, Record::Unknown) && sentences.len() < MOST_SENTENCES {
                            sentences.extend(sentence::cause(&text, table).map(|cause| cause.id));
                            found.quoted =
                                found.quoted.or_else(|| sentence::within(&text, table).map(|cause| cause.id));
                        }
                    }
                    record
                },
            ) {
                Ok(Counted { mut exemplars, shapes, additions, understood, decoded, .. }) => {
                    pipeline.commit(additions);
                    exemplars.sort_by_key(|exemplar| (exemplar.failure.number, exemplar.failure.cause.id));
                    let failures = exemplars.iter().map(|exemplar| &exemplar.failure);
                    found.causes.extend(failures.clone().map(|failure| failure.cause.id));
                    found.subjects.extend(failures.map(|failure| (failure.cause.id, Arc::clone(&failure.subject))));
                    found.shapes.extend(shapes.into_keys());
                    found.log_events += decoded.log_events;
                    found.understood += decoded.log_events.saturating_sub(understood.not_understood);
                    found.is_certain |= understood.ends > 0 && found.causes.is_empty();
                    found.named.extend(sentences);
                }
                Err(error) => failed = Some(error),
            }
        })?;
        found.is_certain |= starts_and_ends.are_whole() && found.causes.is_empty();
        found.assumed = (found.names_a_cause() && reader.supposes_function()).then_some(SUPPOSED);
        found.named.extend(evidence.of_request(table));
        found.evidence = evidence.of_anybody;
        failed.map_or(Ok(found), |error| Err(error.into()))
    }

    fn names_a_cause(&self) -> bool {
        self.causes.iter().any(|id| *id != UNCLASSIFIED)
    }
}

/// Returns whether a line is a sentence of API Gateway that ends where its reason should begin.
fn is_cut_sentence(line: &str) -> bool {
    line.strip_suffix(':').is_some_and(|line| {
        ["Execution failed due to configuration error", "Execution failed due to an internal error", "Execution failed"]
            .iter()
            .any(|head| line.ends_with(head))
    })
}

/// Remark on a sentence that a function prints, where a text may be of any program.
const SUPPOSED: &str = "Nothing shows that this text is of a function's log. What follows holds only if it is.";

/// Remark on a sentence that stands within other text.
const QUOTED: &str =
    "No line of this text is API Gateway's or Lambda's own. What follows is the cause that a sentence within it names.";

fn print_found(found: &Found, table: &Table, as_json: bool) -> Result<ExitCode, Failed> {
    let mut out = io::stdout().lock();
    if as_json {
        let mut document = json!({ "cause": found.causes.first(), "causes": found.causes });
        if let Some(assumed) = found.assumed {
            document["assumed"] = json!([assumed]);
        }
        writeln!(out, "{document}")?;
    } else if found.causes.is_empty()
        && let Some(cause) = found.in_function.and_then(|id| table.by_id(id))
    {
        let answer = format!(
            "This is the error of a program, and nothing shows that the program is a function: it names no cause of a 5xx. A \
             function's log would have lines such as START and REPORT around it; with them, it is {}: {}.",
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
        write!(out, "{}", in_words(found, table, width()))?;
    }
    if found.is_cut && !as_json {
        let note = "A sentence of the text ends with a colon, and the reason behind it is missing: API Gateway wrote none, or \
                    it was lost on the way here.";
        writeln!(out, "{}", wrapped("", note, width()))?;
    }
    let nothing_named = found.causes.is_empty() || found.causes.contains(&UNCLASSIFIED);
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
