//! Causes that a pasted text shows: by the lines of a log, or else by its sentences, as far as its kind allows.

use std::borrow::Cow;
use std::sync::Arc;

use why5xx::cause::{Rank, Role, Table};
use why5xx::decode::LogEvent;
use why5xx::metric::Subject;
use why5xx::pipeline::{Counted, Pipeline};
use why5xx::record::Record;
use why5xx::record::lambda::FunctionLine;
use why5xx::settings::Settings;

use super::answer::Answer;
use super::evidence::{self, Evidence};
use super::kind::TextKind;
use crate::Failed;
use crate::input::{self, InputError, Reader, sentence};

/// Most sentences of one part that are asked for a cause they name.
const MOST_SENTENCES: usize = 1_000;

/// Findings in a pasted text.
#[derive(Default)]
pub(super) struct Found {
    pub(super) causes: Vec<&'static str>,
    /// Subjects that failed, each with its cause.
    pub(super) subjects: Vec<(&'static str, Arc<Subject>)>,
    pub(super) shapes: Vec<String>,
    /// Log events, and those that were understood.
    pub(super) log_events: u64,
    pub(super) understood: u64,
    /// Causes that sentences name which nobody knows to be of a failed request.
    named: Vec<&'static str>,
    /// Cause that an endpoint's body or header names, without a line that says that the request failed.
    evidence: Option<&'static str>,
    /// Cause of a sentence of the platform within a line that was not understood.
    quoted: Option<&'static str>,
    /// The ends of requests or invocations are in the text, and none failed.
    is_certain: bool,
    /// Lines on the start or the end of an invocation are in the text.
    has_invocations: bool,
    /// A sentence stops where its reason should begin.
    pub(super) is_cut: bool,
    /// Sentence on the condition under which the causes hold, where nothing in the text shows it.
    pub(super) assumed: Option<&'static str>,
    /// Some causes are those of lines of a function, though nothing in the text shows that it is of one.
    is_unproven: bool,
    /// Log events that no reader understood. What a reader understood says whether a request failed; the rest of it is anybody's text.
    unread: String,
    /// Cause that the error of a program would have in a function's log. It is not one of `causes`.
    pub(super) in_function: Option<&'static str>,
    /// The text is the answer to a request.
    pub(super) answer: Option<Answer>,
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
    /// Returns the failures that the lines of a text show, or else what a sentence of it names.
    pub(super) fn in_text(text: &[u8], settings: Settings, table: &Table) -> Result<Self, Failed> {
        input::refuse_other_forms(text)?;
        let mut found = Self::of_lines_or_sentences(text, settings, table)?;
        // A body alone names what it names in a log of API Gateway, unless it is a line of a function's.
        if let Ok(body) = std::str::from_utf8(text)
            && found.answer.is_none()
            && found.causes.len() <= 1
            && !Reader::is_of_functions_code(body)
            && let Some(id) = evidence::of_body_alone(body.trim(), table)
        {
            if found.causes.is_empty() {
                found.assumed = Some(SHARED);
            }
            found.causes = vec![id];
        }
        Ok(found)
    }

    fn of_lines_or_sentences(text: &[u8], mut settings: Settings, table: &Table) -> Result<Self, Failed> {
        // Each failure is shown, in the order of the text.
        settings.exemplars_per_cause = usize::MAX;
        let settings = Arc::new(settings);
        let own = std::str::from_utf8(text).map(input::unquoted);
        let bytes = own.as_ref().map_or(text, |own| own.as_bytes());
        let text = String::from_utf8_lossy(bytes);
        // Here a line need not be such as a log group has.
        let text = Reader::without_levels(&text);
        // What is no text keeps its bytes.
        let bytes = if let Cow::Owned(text) = &text { text.as_bytes() } else { bytes };
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
        // The next line may have the reason.
        let says_no_more = |id: &&str| table.by_id(id).is_some_and(|cause| cause.rank <= Rank::Generic);
        found.is_cut = found.causes.iter().any(says_no_more) && lacks_reason(&text);
        // Without a failure line the backend is to blame; the words of a person beside the end may quote that line.
        if let ([only], Some(quoted)) = (&mut found.causes[..], found.quoted)
            && table.by_id(only).is_some_and(|cause| cause.role == Some(Role::BackendAnswered))
        {
            *only = quoted;
        }
        // The body of an answer that shows no failure may be any text; no line of a log stands beside it.
        let is_of_request = |subject: &Subject| !matches!(subject, Subject::Invocation { .. });
        let has_log = found.has_invocations || found.subjects.iter().any(|(_, subject)| is_of_request(subject));
        if (found.assumed == Some(ALONE) || !has_log)
            && let Some(mut answer) = Answer::of(&text).filter(|answer| answer.has_status && answer.is_below_500())
        {
            answer.is_error_of_function = !has_log && found.names_a_cause();
            return Ok(Self { answer: Some(answer), ..Self::default() });
        }
        // Where the log shows how requests ended, its lines say whether they failed: no sentence among them does.
        if found.is_certain || found.names_a_cause() && !found.is_unproven {
            return Ok(found);
        }
        let kind = TextKind::of(&text, table);
        if kind != TextKind::Error && found.is_unproven {
            found.assumed = None;
            // The program is not a function.
            found.subjects.retain(|(_, subject)| !matches!(**subject, Subject::Invocation { .. }));
            found.causes = found.subjects.iter().map(|(cause, _)| *cause).collect();
        }
        let is_error = kind == TextKind::Error;
        if let TextKind::Answer(answer) = kind {
            let is_below_500 = answer.is_below_500();
            found.answer = Some(answer);
            if is_below_500 {
                return Ok(found);
            }
        }
        if !found.names_a_cause() {
            let unread = std::mem::take(&mut found.unread);
            found.add_sentences(&unread, &text, table);
            if found.names_a_cause() {
                return Ok(found);
            }
        }
        if found.answer.is_some() || !is_error && found.names_a_cause() {
            return Ok(found);
        }
        // A person pastes the error of a function without the lines around it.
        let loose = Self::of_reader(bytes, &settings, table, Reader::of_function(&settings, table))?;
        if is_error && loose.names_a_cause() {
            return Ok(Self { is_cut: found.is_cut, ..loose });
        }
        found.in_function = loose.causes.into_iter().find(|id| !is_unclassified(id));
        Ok(found)
    }

    /// Adds the causes that sentences of the platform name, in the lines that no reader understood.
    fn add_sentences(&mut self, unread: &str, text: &str, table: &Table) {
        let named = std::mem::take(&mut self.named);
        // That no cause is known was found already.
        let of_line = || {
            let of_line = sentence::surest(unread, table).map(|cause| cause.id);
            of_line.filter(|id| self.causes.is_empty() || !is_unclassified(id))
        };
        let named = if named.is_empty() { of_line().into_iter().collect() } else { named };
        self.causes.splice(0..0, named);
        if self.causes.is_empty() {
            let within = sentence::within(unread, table).or_else(|| sentence::of_broken_lines(text, table));
            self.causes.extend(within.map(|cause| cause.id).or(self.evidence));
        }
        if self.names_a_cause() {
            if sentence::is_quoted(unread, table) {
                self.assumed = Some(QUOTED);
            } else if self.subjects.is_empty() && unread.lines().any(sentence::is_shared) {
                self.assumed = Some(SHARED);
            } else if self.subjects.is_empty() && sentence::is_functions_body(unread, table) {
                self.assumed = Some(SUPPOSED);
            }
        }
    }

    /// Returns what the lines show, as `reader` reads them.
    fn of_reader(text: &[u8], settings: &Arc<Settings>, table: &Table, mut reader: Reader<'_>) -> Result<Self, Failed> {
        let mut pipeline = Pipeline::new(Arc::clone(settings), table.clone());
        let mut found = Self::default();
        let mut failed = None;
        let mut starts_and_ends = StartsAndEnds::default();
        let mut evidence = Evidence::default();
        let mut is_doubtful = false;
        let is_configuration = sentence::configures_response(&String::from_utf8_lossy(text));
        let read = input::read_pasted(text, |part| {
            reader.begin_part();
            let mut sentences = Vec::new();
            match pipeline.count_read_by(
                |limits, each| part.decode("", limits, each),
                |source, event| {
                    let record = reader.read_in(&part, source, event);
                    is_doubtful |= reader.is_doubtful(&part, source, &record, event);
                    starts_and_ends.add(&record, event);
                    evidence.add(&record, table);
                    if record.kind().is_none() && source.log_group.is_empty() {
                        let text = event.message.text();
                        if sentence::shows_success(&text)
                            || sentence::is_of_deployment(&text)
                            || sentence::is_of_client(&text)
                            || is_configuration && text.lines().any(sentence::gives_response_type)
                        {
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
        });
        match read {
            // A record of another service, as a person pastes it.
            Err(InputError::UnknownDocument) => found.log_events += 1,
            read => drop(read?),
        }
        found.has_invocations = starts_and_ends.started + starts_and_ends.ended > 0;
        found.is_certain |= starts_and_ends.are_whole() && found.causes.is_empty();
        found.is_unproven = found.names_a_cause() && reader.supposes_function();
        if found.names_a_cause() {
            let of_function = reader.supposes_any_program().then_some(SUPPOSED);
            found.assumed = of_function.or(is_doubtful.then_some(ALONE));
        }
        found.named.extend(evidence.of_request(table));
        found.evidence = evidence.of_anybody;
        failed.map_or(Ok(found), |error| Err(error.into()))
    }

    fn names_a_cause(&self) -> bool {
        self.causes.iter().any(|id| !is_unclassified(id))
    }
}

/// Returns whether an id says that no cause is known.
pub(super) fn is_unclassified(id: &str) -> bool {
    id == Role::Unclassified.cause().id
}

/// Returns whether a sentence of API Gateway ends where its reason should begin, and the line below is not that reason.
fn lacks_reason(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end).peekable();
    while let Some(line) = lines.next() {
        let is_below = |next: &&str| !next.trim().is_empty() && !sentence::begins_line(next);
        if is_cut_sentence(line) && !lines.peek().is_some_and(is_below) {
            return true;
        }
    }
    false
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

/// Remark on a sentence that libraries have, too.
const SHARED: &str = "Nothing shows that API Gateway wrote this sentence: a library writes it in any program. What follows holds only if it did.";

/// Remark on a sentence that another program may have, among other text.
const ALONE: &str = "Nothing shows that API Gateway wrote this sentence: no request id, no date of the console, no other line of an execution log. \
                     What follows holds only if it did.";

/// Remark on a sentence that stands within other text.
const QUOTED: &str =
    "No line of this text is API Gateway's or Lambda's own. What follows is the cause that a sentence within it names.";
