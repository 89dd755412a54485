//! The report that a language runtime writes of an error that ended an invocation, in text.
//!
//! Functions log errors that they caught in much the same words. What tells the runtime's own report, by language:
//!
//! * Node.js: the words `Invoke Error`, `Uncaught Exception` or `Unhandled Promise Rejection` behind the level, before an
//!   object with `errorType`. Before version 10: that object right behind the id.
//! * Python: `[ERROR] `, a type, a message and then the bare traceback. (A logger writes a time behind the level; a
//!   traceback that the function formats itself ends in the type and message.)
//! * Java: `message: class`, then `class: message`, then the frames. (A printed trace begins with the class.)
//! * .NET: frames of the runtime below those of the handler; before version 6 `message: Type` and then the frames.
//! * Go: `panic: `, `fatal error: `, or `message: type` and then `null` or the frames as an array. (The object that Go
//!   writes today is read by [`super::go`].)
//! * Ruby: a sentence of its own, then the error as an object.
//! * Rust: the span of the runtime.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::prefix::{self, word};
use super::{Error, Line, Moment, Proof, RequestId};

/// Namespace of the .NET runtime: in a trace it shows that the exception left the handler.
pub(super) const DOTNET_RUNTIME_FRAME: &str = "Amazon.Lambda.RuntimeSupport.";

/// Reads a line without what log tails put before it.
pub(super) fn read(text: &str) -> Option<Line<'_>> {
    sentence(text)
        .or_else(|| python(text))
        .or_else(|| node(text))
        .or_else(|| node_stack(text))
        .or_else(|| dotnet(text))
        .or_else(|| read_java(text))
        .or_else(|| short_type(text))
        .or_else(|| rust(text))
}

/// Reads a report that shows by itself that a Lambda function wrote it.
pub(super) fn read_unmistakable(text: &str) -> Option<Line<'_>> {
    let framed = |error: &Error<'_>| {
        error.request_id.is_some_and(|id| id.as_uuid().is_some())
            || PATHS_OF_CODE.iter().any(|path| text.contains(path))
    };
    match python(text).or_else(|| node(text))? {
        Line::Error(error) if error.proof == Proof::Certain && framed(&error) => Some(Line::Error(error)),
        _ => None,
    }
}

/// Where Lambda puts the code of a function and of its layers, as a Python traceback names it.
const PATHS_OF_CODE: &[&str] = &["File \"/var/task/", "File \"/opt/python/", "File \"/var/lang/"];

fn error<'a>(error_type: Option<&'a str>, message: impl Into<Cow<'a, str>>) -> Error<'a> {
    Error {
        request_id: None,
        error_type: error_type.map(Cow::Borrowed),
        message: message.into(),
        proof: Proof::Certain,
        moment: Moment::Unknown,
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r']).map(str::trim_end).filter(|line| !line.trim().is_empty())
}

/// Sentences with which a runtime, or the process itself, says that it cannot go on.
const SENTENCES: &[(&str, Moment)] = &[
    ("module initialization error", Moment::Init),
    ("Unable to import module '", Moment::Init),
    ("Syntax error in module '", Moment::Init),
    ("Bad handler '", Moment::Init),
    ("Class not found: ", Moment::Init),
    ("Error loading class ", Moment::Init),
    ("Error loading method ", Moment::Init),
    ("No public method named ", Moment::Init),
    ("Unable to load type '", Moment::Init),
    ("Unable to find method '", Moment::Init),
    ("Could not find the specified handler assembly", Moment::Init),
    ("Amazon.Lambda.RuntimeSupport.ExceptionHandling.LambdaValidationException: ", Moment::Init),
    ("An exception was thrown when the constructor for type '", Moment::Init),
    ("Runtime API Server failed to listen", Moment::Init),
    ("entrypoint requires the handler name", Moment::Init),
    ("Init error when loading handler", Moment::Init),
    ("Error raised from handler method", Moment::Unknown),
    ("Critical exception from handler", Moment::Process),
    ("Unknown application error occurred", Moment::Unknown),
    ("Exception in thread \"main\" ", Moment::Process),
    ("Terminating due to java.lang.OutOfMemoryError", Moment::Process),
    ("Aborting due to java.lang.OutOfMemoryError", Moment::Process),
    ("java.lang.OutOfMemoryError", Moment::Unknown),
    ("calling the handler function resulted in a panic", Moment::Process),
    ("Unhandled exception. ", Moment::Process),
    ("Unhandled exception:", Moment::Process),
    ("Unhandled Exception: ", Moment::Process),
    ("terminate called after throwing an instance of ", Moment::Process),
    ("panic: ", Moment::Process),
    ("fatal error: ", Moment::Process),
    ("fatal runtime error: ", Moment::Process),
    ("memory allocation of ", Moment::Process),
    ("thread 'main' panicked at", Moment::Process),
    ("PHP Fatal error: ", Moment::Process),
    ("Fatal error: ", Moment::Process),
    ("Response payload size ", Moment::Unknown),
    ("OutOfMemoryException", Moment::Process),
    ("[FATAL] failed to allocate memory", Moment::Process),
    ("failed to allocate memory (NoMemoryError)", Moment::Process),
];

fn sentence(text: &str) -> Option<Line<'_>> {
    if let Some(at) = text.find("LAMBDA_RUNTIME Failed to post handler ").filter(|at| *at < 64) {
        return Some(Line::Error(error(None, cut(&text[at..]))));
    }
    if text.contains("FATAL ERROR: ") && text.contains("heap out of memory") {
        return Some(Line::Error(Error { moment: Moment::Process, ..error(None, "JavaScript heap out of memory") }));
    }
    if let Some(rest) = text.strip_prefix("Handler '")
        && rest.contains("' missing on module '")
    {
        return Some(Line::Error(Error { moment: Moment::Init, ..error(None, cut(text)) }));
    }
    // A function may speak of the size of its response; the runtime only does where it is too large.
    if text.starts_with("Response payload size ") && !cut(text).contains("exceeded maximum allowed payload size") {
        return None;
    }
    let (head, moment) = SENTENCES.iter().find(|(head, _)| text.starts_with(head))?;
    Some(Line::Error(Error { moment: *moment, ..error_behind(text, head) }))
}

/// The error behind a sentence: an object, as Ruby writes it, or the sentence itself.
fn error_behind<'t>(text: &'t str, sentence: &str) -> Error<'t> {
    let object = text[sentence.len()..].trim_start_matches([':', ' ', '\t', '\n', '\r']);
    if !object.starts_with('{') {
        return error(None, cut(text));
    }
    let error_type = member(object, "errorType").map(|name| Cow::Owned(name.into_owned()));
    Error { error_type, ..error(None, message_of_text(object)) }
}

/// Longest message that is kept of an error, in bytes; the cause table compares no more of it.
const MESSAGE_BYTES: usize = 4_096;

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MESSAGE_BYTES)]
}

/// `[ERROR] {type}: {message}`, then the traceback.
fn python(text: &str) -> Option<Line<'_>> {
    let rest = text.strip_prefix("[ERROR]")?.trim_start();
    let error_type = identifier(rest)?;
    let behind = &rest[error_type.len()..];
    if !behind.is_empty() && !behind.starts_with([':', '\n', '\r']) {
        return None;
    }
    let message = behind.strip_prefix(':').unwrap_or(behind);
    let traceback = message.find("Traceback (most recent call last)");
    let own = traceback.is_some_and(|at| is_formatted_by_hand(&message[at..], error_type));
    if own || !(looks_like_exception(error_type) || traceback.is_some_and(|at| begins_line(message, at))) {
        return None;
    }
    let framed = traceback.is_some() || message.contains("File \"") || error_type.starts_with("Runtime.");
    Some(Line::Error(Error {
        proof: if framed { Proof::Certain } else { Proof::UnlessItSucceeded },
        moment: traceback.map_or(Moment::Unknown, |at| moment_of_python(error_type, &message[at..])),
        ..error(Some(error_type), cut(message[..traceback.unwrap_or(message.len())].trim()))
    }))
}

/// The runtime imports the function's module; a traceback that begins with that import ended before any handler.
fn moment_of_python(error_type: &str, traceback: &str) -> Moment {
    if error_type.starts_with("Runtime.") {
        Moment::Unknown
    } else if lines(traceback).nth(1).is_some_and(|frame| frame.contains("/importlib/__init__.py\"")) {
        Moment::Init
    } else {
        Moment::Handler
    }
}

fn begins_line(text: &str, at: usize) -> bool {
    text[..at].trim_end_matches(' ').ends_with(['\n', '\r'])
}

/// Whether a traceback ends in the type of its exception, as the language's own formatter writes it.
fn is_formatted_by_hand(traceback: &str, error_type: &str) -> bool {
    lines(traceback).last().is_some_and(|last| last.starts_with(error_type))
}

/// A name of a type, with dots, at the start of a text.
fn identifier(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len());
    let name = text[..end].trim_end_matches('.');
    name.chars().next().filter(|c| c.is_alphabetic() || *c == '_').map(|_| name)
}

/// The type of an error at the start of a text.
pub fn exception_at_start(text: &str) -> Option<&str> {
    identifier(text).filter(|name| looks_like_exception(name))
}

/// Whether a name is one that types of errors have.
fn looks_like_exception(name: &str) -> bool {
    const ENDS: &[&str] =
        &["Error", "Exception", "Fault", "Timeout", "Interrupt", "Failure", "Exceeded", "Refused", "NotFound"];
    name.starts_with("Runtime.") || ENDS.iter().any(|end| name.ends_with(end))
}

/// Words of the Node.js runtime between the level and the error.
const NODE_FRAMES: &[(&str, Moment)] = &[
    ("Invoke Error", Moment::Handler),
    ("Uncaught Exception", Moment::Process),
    ("Unhandled Promise Rejection", Moment::Process),
    ("Init Error", Moment::Init),
];

/// `{id} ERROR Invoke Error {error}`; before version 10 `{id} {error}`.
fn node(text: &str) -> Option<Line<'_>> {
    let (request_id, rest) = prefix::request_id(text).unwrap_or((None, text));
    let before_any = text.starts_with("undefined");
    let found = match rest.strip_prefix("ERROR").map(str::trim_start) {
        Some(behind) => NODE_FRAMES.iter().find_map(|(words, moment)| Some((behind.strip_prefix(words)?, *moment))),
        None if request_id.is_some() && rest.starts_with("{\"errorMessage\"") => Some((rest, Moment::Handler)),
        // Without the level, as an excerpt or a custom runtime has it.
        None => NODE_FRAMES.iter().find_map(|(words, moment)| {
            let object = rest.strip_prefix(words)?.trim_start();
            object.starts_with('{').then_some((object, *moment))
        }),
    };
    let (object, moment) = found?;
    // The runtime knows an id from the first invocation on.
    let moment = if before_any { Moment::Init } else { moment };
    let error_type = member(object, "errorType").map(Cow::into_owned);
    Some(Line::Error(Error {
        request_id,
        error_type: error_type.map(Cow::Owned),
        message: Cow::Owned(message_of_text(object)),
        proof: Proof::Certain,
        moment,
    }))
}

/// `{id} {Type}: {message}` and the stack, without a level: how Node.js before version 10 logged an exception that
/// nobody caught, and also what a function printed.
fn node_stack(text: &str) -> Option<Line<'_>> {
    let (request_id, rest) = prefix::request_id(text).filter(|(id, _)| id.is_some())?;
    let error_type = exception_at_start(rest)?;
    let message = rest[error_type.len()..].strip_prefix(": ")?;
    let (message, stack) = message.split_once(['\n', '\r'])?;
    stack.trim_start().starts_with("at ").then(|| {
        Line::Error(Error { request_id, proof: Proof::IfTheProcessEnded, ..error(Some(error_type), cut(message)) })
    })
}

/// Members of an error that say what failed, beside its type.
const TELLING: &[&str] = &["errorMessage", "code", "Code", "name", "__type"];

/// What the members of an error say, in one text.
pub(super) fn message_of(object: &Map<String, Value>) -> String {
    let mut said: Vec<String> = Vec::new();
    for at in [Some(object), inner(object, "reason"), inner(object, "cause"), inner(object, "$metadata")] {
        let Some(at) = at else { continue };
        for key in ["errorType"].iter().chain(TELLING).filter(|key| !std::ptr::eq(at, object) || **key != "errorType") {
            if let Some(text) = at.get(*key).and_then(Value::as_str) {
                said.push(cut(text).to_owned());
            }
        }
        for key in STATUSES {
            if let Some(status) = at.get(*key).and_then(Value::as_u64) {
                said.push(format!("status code: {status}"));
            }
        }
    }
    said.join(" ")
}

fn inner<'v>(object: &'v Map<String, Value>, key: &str) -> Option<&'v Map<String, Value>> {
    object.get(key)?.as_object()
}

/// Members that hold the HTTP status of a service's answer.
const STATUSES: &[&str] = &["statusCode", "httpStatusCode", "status"];

/// The same of an object that may be cut off.
fn message_of_text(object: &str) -> String {
    if let Some(Ok(map)) =
        serde_json::Deserializer::from_str(object.trim_start()).into_iter::<Map<String, Value>>().next()
    {
        return message_of(&map);
    }
    let said: Vec<_> = TELLING.iter().filter_map(|key| member(object, key)).collect();
    if said.is_empty() { cut(object.trim()).to_owned() } else { said.join(" ") }
}

/// The text of the first member with this name, in an object that may be cut off.
fn member<'t>(object: &'t str, key: &str) -> Option<Cow<'t, str>> {
    let quoted = format!("\"{key}\"");
    let behind = object[object.find(&quoted)? + quoted.len()..].trim_start().strip_prefix(':')?.trim_start();
    let value = behind.strip_prefix('"')?;
    let end = value.find('"').unwrap_or(value.len());
    Some(Cow::Borrowed(cut(&value[..end])))
}

/// A trace with frames of the runtime in it.
fn dotnet(text: &str) -> Option<Line<'_>> {
    if !text.contains(DOTNET_RUNTIME_FRAME) || !text.contains("\n") {
        return None;
    }
    let (request_id, _) = prefix::request_id(text).unwrap_or((None, text));
    let (error_type, message) = lines(text).find_map(|line| {
        let at = line.find(|c: char| c.is_ascii_uppercase()).unwrap_or(0);
        let from = line[at..].rfind("\t").map_or(at, |tab| at + tab + 1);
        Some((exception_at_start(line[from..].trim_start())?, line))
    })?;
    Some(Line::Error(Error {
        request_id,
        moment: Moment::Handler,
        ..error(Some(error_type), with_causes(message.trim(), text))
    }))
}

/// Most lines of a message before its trace. Longer messages are read as the function's own lines.
const MESSAGE_LINES: usize = 32;

/// `{message}: {class}`, then the trace, which begins `{class}: {message}`. The message may have several lines; the class
/// stands in its place where the exception has none.
pub(super) fn read_java(text: &str) -> Option<Line<'_>> {
    let mut heads = java_heads(text);
    // The runtime writes the same message twice, so a message that imitates a head cannot choose the class.
    let head = heads.clone().find(JavaHead::repeats_its_message).or_else(|| {
        // An exception may print itself in other words. Then a trace that the function prints, which begins with the
        // class, must not pass for the runtime's.
        heads.find(|head| head.is_followed_by_its_class() && !begins_with_class(text, head.class))
    })?;
    let message = with_causes(head.message, text);
    Some(Line::Error(Error { moment: Moment::Handler, ..error(Some(head.class), message) }))
}

/// The start of a text up to the end of a line that may end in the class of an exception.
#[derive(Clone, Copy)]
struct JavaHead<'t> {
    message: &'t str,
    class: &'t str,
    /// What follows on the next line.
    trace: &'t str,
}

impl JavaHead<'_> {
    /// Whether the trace begins as an exception prints itself: `{class}: {message}`, perhaps with more behind, or with
    /// `{class}` where the class stands for a missing message.
    fn repeats_its_message(&self) -> bool {
        let Some(behind_class) = self.trace.strip_prefix(self.class) else { return false };
        let repeats = match behind_class.strip_prefix(": ") {
            Some(rest) => rest.starts_with(self.message),
            None => false,
        };
        let stands_for_message = self.message == self.class && !behind_class.starts_with(is_of_name);
        // The name of a class without a package may be any word: there a frame of Java must follow.
        (repeats || stands_for_message) && (self.class.contains('.') || self.trace.lines().any(is_java_frame))
    }

    fn is_followed_by_its_class(&self) -> bool {
        self.class.contains('.') && begins_with_class(self.trace, self.class)
    }
}

/// Whether a character may go on the name of a class.
fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '$')
}

/// `\tat com.acme.Orders.handle(Orders.java:21)`. Other languages indent their frames by blanks.
fn is_java_frame(line: &str) -> bool {
    line.strip_prefix("\tat ").is_some_and(|frame| frame.contains('(') && frame.trim_end().ends_with(')'))
}

fn begins_with_class(text: &str, class: &str) -> bool {
    let rest = text.trim_start().strip_prefix(class);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '\n', '\r']))
}

fn java_heads(text: &str) -> impl Iterator<Item = JavaHead<'_>> + Clone {
    let ends = memchr::memchr2_iter(b'\n', b'\r', text.as_bytes());
    ends.scan(0, |from, end| Some((std::mem::replace(from, end + 1), end)))
        .take(MESSAGE_LINES)
        .take_while(|(from, end)| !text[*from..*end].trim_start().starts_with("at "))
        .filter_map(|(from, end)| {
            let (_, class) = type_at_end(&text[from..end])?;
            let message = text[..end].trim_end().strip_suffix(class)?;
            let message = message.strip_suffix("class ").unwrap_or(message).strip_suffix(": ")?;
            Some(JavaHead { message, class, trace: text[end..].trim_start_matches(['\n', '\r']) })
        })
}

/// Most errors behind an error that are read with it.
const MOST_CAUSES: usize = 3;

/// A message with the errors behind the error, which a trace names each at the start of a line.
fn with_causes<'t>(message: &'t str, trace: &'t str) -> Cow<'t, str> {
    let causes: Vec<_> = lines(trace)
        .filter_map(|line| ["Caused by: ", "---> "].iter().find_map(|head| line.trim_start().strip_prefix(head)))
        // A class that is missing names the class, never a part that the function called.
        .filter(|cause| !cause.contains("ClassNotFoundException"))
        .take(MOST_CAUSES)
        .collect();
    if causes.is_empty() {
        Cow::Borrowed(cut(message))
    } else {
        Cow::Owned(format!("{}; {}", cut(message), causes.join("; ")))
    }
}

/// `{message}: {Type}` and then a traceback (Python 2), frames (.NET Core) or `null` (Go).
fn short_type(text: &str) -> Option<Line<'_>> {
    let mut lines = lines(text);
    let first = lines.next()?;
    // Go's frames, on a line of their own or behind the type.
    let (first, frames) = first.split_once(GO_FRAMES).map_or((first, false), |(first, _)| (first, true));
    let Some((message, name)) = type_at_end(first) else { return many_lines_of_message(text) };
    let framed = match lines.next() {
        _ if frames => true,
        // Go's types have names of any form; other words before a trace may be a message that the function printed.
        Some(second) if second == "null" || second.starts_with(GO_FRAMES) => true,
        Some(second) => {
            let frame = second.starts_with(char::is_whitespace) && second.trim_start().starts_with("at ");
            looks_like_exception(name) && (frame || second.starts_with("Traceback (most recent call last)"))
        }
        // An excerpt of the first line alone: the service's error code stands at both ends.
        None => message.starts_with("An error occurred (") && message.contains(&format!("({name})")),
    };
    let framed = framed && !identifier(message).is_some_and(|start| start.contains('.') && looks_like_exception(start));
    framed.then(|| Line::Error(Error { moment: Moment::Handler, ..error(Some(name), cut(message)) }))
}

/// How the frames of a Go panic begin.
const GO_FRAMES: &str = "[{\"path\":";

/// The same where the message has several lines: the last of them, before the traceback, ends in the type.
fn many_lines_of_message(text: &str) -> Option<Line<'_>> {
    let at = text.find("\nTraceback (most recent call last)")?;
    let (message, name) = type_at_end(text[..at].trim_end())?;
    (looks_like_exception(name) && !text.starts_with('[') && lines(text).last()?.starts_with(name))
        .then(|| Line::Error(Error { moment: Moment::Handler, ..error(Some(name), cut(message)) }))
}

/// The message and the type of `{message}: {type}`.
pub fn type_at_end(line: &str) -> Option<(&str, &str)> {
    let (message, name) = line.trim_end().rsplit_once(": ")?;
    let name = name.strip_prefix("class ").unwrap_or(name);
    let whole = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '$' | '*' | '`'));
    (whole && name.starts_with(|c: char| c.is_alphabetic() || c == '*')).then_some((message, name))
}

/// `ERROR Lambda runtime invoke{requestId="…"}: lambda_runtime…: {error}`.
fn rust(text: &str) -> Option<Line<'_>> {
    let (level, rest) = word(text);
    if level != "ERROR" || !rest.starts_with("Lambda runtime invoke{") || !rest.contains("}: lambda_runtime") {
        return None;
    }
    let id = rest.split("requestId=").nth(1).and_then(|rest| rest.split(['"', ' ', '}']).find(|part| !part.is_empty()));
    let message = rest.split_once("}: ").map_or(rest, |(_, message)| message);
    Some(Line::Error(Error { request_id: id.map(RequestId::of), moment: Moment::Handler, ..error(None, cut(message)) }))
}
