//! A language runtime's report of an error that ended an invocation, in text.
//!
//! Functions log errors that they caught in similar words. The marks of the runtime's own report, by language:
//!
//! * Node.js: the words `Invoke Error`, `Uncaught Exception` or `Unhandled Promise Rejection` behind the level, before an
//!   object with `errorType`. Before version 10: that object right behind the id.
//! * Python: `[ERROR] `, a type, a message and then the bare traceback. (A logger writes a time behind the level; a
//!   traceback that the function formats itself ends in the type and message.)
//! * Java: `message: class`, then `class: message`, then the frames. (A printed trace begins with the class.)
//! * .NET: frames of the runtime below those of the handler; before version 6 `message: Type` and then the frames.
//! * Go: `panic: `, `fatal error: `, or `message: type` and then `null` or the frames as an array. (The object that Go
//!   writes today is read by [`super::go`].)
//! * Ruby: a sentence of its own, then the error as an object of several lines, with a type such as `Function<KeyError>`.
//! * Rust: the span of the runtime.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::prefix::{self, word};
use super::{Certainty, Error, FunctionLine, InvocationId, Phase, READ_BYTES};

/// Namespace of the .NET runtime. In a trace it shows that the exception left the handler.
pub(super) const DOTNET_RUNTIME_FRAME: &str = "Amazon.Lambda.RuntimeSupport.";

/// Parses a line without its prefix.
///
/// `[ERROR] KeyError: 'id'\nTraceback (most recent call last):…` → an error of type `KeyError`
pub(super) fn parse(text: &str) -> Option<FunctionLine<'_>> {
    sentence(text)
        .or_else(|| python(text))
        .or_else(|| node(text))
        .or_else(|| node_stack(text))
        .or_else(|| dotnet(text))
        .or_else(|| parse_java(text))
        .or_else(|| short_type(text))
        .or_else(|| rust(text))
        .or_else(|| ruby_line(text))
}

/// Parses a report that only a Lambda function writes.
pub(super) fn parse_unmistakable(text: &str) -> Option<FunctionLine<'_>> {
    let framed = |error: &Error<'_>| {
        error.request_id.is_some_and(|id| id.as_uuid().is_some())
            || PATHS_OF_CODE.iter().any(|path| text.contains(path))
    };
    match python(text).or_else(|| node(text))? {
        FunctionLine::Error(error) if error.certainty == Certainty::Certain && framed(&error) => {
            Some(FunctionLine::Error(error))
        }
        _ => None,
    }
}

/// Directories of a function's code and of its layers, as a Python traceback names them.
const PATHS_OF_CODE: &[&str] = &["File \"/var/task/", "File \"/opt/python/", "File \"/var/lang/"];

fn error<'a>(error_type: Option<&'a str>, message: impl Into<Cow<'a, str>>) -> Error<'a> {
    Error {
        request_id: None,
        error_type: error_type.map(Cow::Borrowed),
        message: message.into(),
        details: Vec::new(),
        certainty: Certainty::Certain,
        phase: Phase::Unknown,
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r']).map(str::trim_end).filter(|line| !line.trim().is_empty())
}

/// Sentences with which a runtime, or the process itself, reports that it cannot continue. A function may print each, so
/// only a bad end of the invocation proves them.
const SENTENCES: &[(&str, Phase)] = &[
    ("module initialization error", Phase::Init),
    ("Unable to import module '", Phase::Init),
    ("Syntax error in module '", Phase::Init),
    ("Bad handler '", Phase::Init),
    ("Invalid handler: `", Phase::Init),
    ("Class not found: ", Phase::Init),
    ("Error loading class ", Phase::Init),
    ("Error loading method ", Phase::Init),
    ("No public method named ", Phase::Init),
    ("Unable to load type '", Phase::Init),
    ("Unable to find method '", Phase::Init),
    ("Could not find the specified handler assembly", Phase::Init),
    ("Amazon.Lambda.RuntimeSupport.ExceptionHandling.LambdaValidationException: ", Phase::Init),
    ("An exception was thrown when the constructor for type '", Phase::Init),
    ("Runtime API Server failed to listen", Phase::Init),
    ("entrypoint requires the handler name", Phase::Init),
    ("Exception in thread \"main\" ", Phase::Process),
    ("Terminating due to java.lang.OutOfMemoryError", Phase::Process),
    ("Aborting due to java.lang.OutOfMemoryError", Phase::Process),
    ("java.lang.OutOfMemoryError", Phase::Unknown),
    ("calling the handler function resulted in a panic", Phase::Process),
    ("Unhandled exception. ", Phase::Process),
    ("Unhandled exception:", Phase::Process),
    ("Unhandled Exception: ", Phase::Process),
    ("terminate called after throwing an instance of ", Phase::Process),
    ("panic: ", Phase::Process),
    ("fatal error: ", Phase::Process),
    ("fatal runtime error: ", Phase::Process),
    ("memory allocation of ", Phase::Process),
    ("runtime: out of memory: ", Phase::Process),
    ("Out of memory.", Phase::Process),
    ("Fatal process out of memory", Phase::Process),
    ("Fatal JavaScript out of memory", Phase::Process),
    ("There is insufficient memory for the Java Runtime Environment to continue", Phase::Process),
    ("Native memory allocation (", Phase::Process),
    ("thread 'main' panicked at", Phase::Process),
    ("PHP Fatal error: ", Phase::Process),
    ("Fatal error: ", Phase::Process),
    ("Response payload size ", Phase::Unknown),
    ("OutOfMemoryException", Phase::Process),
    ("[FATAL] failed to allocate memory", Phase::Process),
    ("failed to allocate memory (NoMemoryError)", Phase::Process),
];

/// Sentences of Ruby's runtime, before the error as an object, in the same log event or in the next ones.
pub const RUBY_SENTENCES: &[(&str, Phase)] = &[
    ("Error raised from handler method", Phase::Handler),
    ("Critical exception from handler", Phase::Process),
    ("Init error when loading handler", Phase::Init),
];

/// Sentence of the platform behind the report of an invocation, before a line with the type of the error.
const UNKNOWN_ERROR: &str = "Unknown application error occurred";

/// Frame of the native runtime client of Node.js and C++: `[ERROR] [1764064800123] LAMBDA_RUNTIME Failed to …`.
fn native_client(text: &str) -> Option<FunctionLine<'_>> {
    const SENTENCE: &str = "LAMBDA_RUNTIME Failed to post handler ";
    let at = text.find(SENTENCE).filter(|at| *at < 64)?;
    let is_framed = text.starts_with("[ERROR] [") && text[..at].ends_with("] ");
    let certainty = if is_framed { Certainty::Certain } else { Certainty::UnlessItSucceeded };
    Some(FunctionLine::Error(Error { certainty, ..error(None, cut(&text[at..])) }))
}

/// Returns whether an error is a shutdown: Ruby waits for the next invocation when SIGTERM arrives.
pub(super) fn is_shutdown(error_type: &str, message: &str) -> bool {
    match error_type {
        "Init<SignalException>" | "Function<SignalException>" | "SignalException" => message == "SIGTERM",
        "Init<LambdaErrors::InvocationError>" => message.contains("SIGTERM"),
        _ => false,
    }
}

fn sentence(text: &str) -> Option<FunctionLine<'_>> {
    if let Some(line) = native_client(text) {
        return Some(line);
    }
    let certainty = Certainty::UnlessItSucceeded;
    if text.contains("FATAL ERROR: ") && text.contains("out of memory") {
        let message = "JavaScript heap out of memory";
        return Some(FunctionLine::Error(Error { phase: Phase::Process, certainty, ..error(None, message) }));
    }
    if let Some(rest) = text.strip_prefix("Handler '")
        && rest.contains("' missing on module '")
    {
        return Some(FunctionLine::Error(Error { phase: Phase::Init, certainty, ..error(None, cut(text)) }));
    }
    if let Some(rest) = text.strip_prefix(UNKNOWN_ERROR) {
        let is_below = rest.is_empty() || rest.starts_with(['\n', '\r']) || rest.trim().contains('.');
        let error_type = Some(rest.trim()).filter(|name| !name.is_empty());
        if !is_below || error_type.is_some_and(|name| name.contains(char::is_whitespace)) {
            return None;
        }
        return Some(FunctionLine::Error(Error { phase: Phase::Ended, certainty, ..error(error_type, "") }));
    }
    if let Some((head, phase)) = RUBY_SENTENCES.iter().find(|(head, _)| text.starts_with(head)) {
        return ruby(text, head, *phase);
    }
    // A function may print the size of its response; the runtime does so only if it is too large.
    if text.starts_with("Response payload size ") && !cut(text).contains("exceeded maximum allowed payload size") {
        return None;
    }
    // The JVM and V8 put a sharp before each line of their last words.
    let text = text.trim_start_matches(['#', ' ', '\n', '\r']);
    let (_, phase) = SENTENCES.iter().find(|(head, _)| text.starts_with(head))?;
    let framed = *phase == Phase::Init && (is_java_init(text) || text.contains(DOTNET_FRAME));
    let certainty = if framed { Certainty::Certain } else { certainty };
    Some(FunctionLine::Error(Error { phase: *phase, certainty, ..error(platform_type_below(text), cut(text)) }))
}

/// Returns the platform's type of an error on the last line of a text: `panic: x\nExtension.Crash` → `Extension.Crash`
fn platform_type_below(text: &str) -> Option<&str> {
    let (_, last) = text.trim_end().rsplit_once('\n')?;
    let name = last.strip_prefix("Extension.").or_else(|| last.strip_prefix("Runtime."))?;
    (!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric())).then_some(last)
}

/// Parses Ruby's sentence, with the error as an object below it or without. A function may have printed other words behind
/// the sentence, or an object on the same line.
fn ruby<'t>(text: &'t str, sentence: &str, phase: Phase) -> Option<FunctionLine<'t>> {
    let (head, object) = text.split_at(text.find('{').unwrap_or(text.len()));
    // The name of the handler may follow.
    let is_whole = head[sentence.len()..].split_whitespace().count() <= 1;
    if !is_whole {
        return None;
    }
    if object.is_empty() {
        return Some(FunctionLine::Announcement);
    }
    let error_type = member(object, "errorType").unwrap_or_default();
    // Whoever copied it may have joined the first two lines.
    let is_of_runtime = object.starts_with("{\n") && is_ruby_type(&error_type);
    if !(is_of_runtime || head.trim_end_matches(' ').ends_with(['\n', '\r'])) {
        return None;
    }
    if is_shutdown(&error_type, &member(object, "errorMessage").unwrap_or_default()) {
        return None;
    }
    let error_type = Some(error_type).filter(|name| !name.is_empty());
    Some(FunctionLine::Error(Error { phase, ..described(error_type, object) }))
}

/// Parses Ruby's object without the type at its end.
pub(super) fn cut_ruby(text: &str) -> Option<FunctionLine<'_>> {
    let message = member(text, "errorMessage")?;
    Some(FunctionLine::Error(Error {
        certainty: Certainty::IfAnnounced,
        phase: Phase::Handler,
        ..error(None, message)
    }))
}

/// Parses a line of Ruby's error, where each line is a log event: its type, or the message of a shutdown.
///
/// `  "errorType": "Function<KeyError>",` → an error of type `Function<KeyError>`
fn ruby_line(text: &str) -> Option<FunctionLine<'_>> {
    let value = |key: &str| text.trim().strip_prefix(key)?.trim_end_matches(',').strip_suffix('"');
    if let Some(message) = value("\"errorMessage\": \"") {
        let is_shutdown = is_shutdown("Init<SignalException>", message)
            || is_shutdown("Init<LambdaErrors::InvocationError>", message);
        return is_shutdown.then_some(FunctionLine::Shutdown);
    }
    let error_type = value("\"errorType\": \"").filter(|name| is_ruby_type(name))?;
    let phase = if error_type.starts_with("Init<") { Phase::Init } else { Phase::Handler };
    Some(FunctionLine::Error(Error { phase, certainty: Certainty::IfAnnounced, ..error(Some(error_type), "") }))
}

/// Returns whether Ruby's runtime writes a type so: `Function<KeyError>`, `Init<LoadError>`
pub(super) fn is_ruby_type(error_type: &str) -> bool {
    ["Function<", "Init<"].iter().any(|frame| error_type.starts_with(frame)) && error_type.ends_with('>')
}

/// Returns whether a class that cannot be loaded is reported as Java's runtime does, with the exception below.
fn is_java_init(text: &str) -> bool {
    java_heads(text).any(|head| head.is_followed_by_its_class() && head.trace.lines().any(is_java_frame))
}

/// Longest part of an error's message that is kept, in bytes. Patterns are compared with no more.
const MESSAGE_BYTES: usize = 4_096;

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MESSAGE_BYTES)]
}

/// Parses `[ERROR] {type}: {message}`, then the traceback.
fn python(text: &str) -> Option<FunctionLine<'_>> {
    let rest = text.strip_prefix("[ERROR]")?.trim_start();
    let error_type = identifier(rest)?;
    let behind = &rest[error_type.len()..];
    if !behind.is_empty() && !behind.starts_with([':', '\n', '\r']) {
        return None;
    }
    let message = behind.strip_prefix(':').unwrap_or(behind);
    let traceback = message.find(TRACEBACK);
    let own = message.rfind(TRACEBACK).is_some_and(|at| is_formatted_by_hand(&message[at..], error_type));
    if own || !(looks_like_exception(error_type) || traceback.is_some_and(|at| begins_line(message, at))) {
        return None;
    }
    let framed = traceback.is_some() || message.contains("File \"") || error_type.starts_with("Runtime.");
    Some(FunctionLine::Error(Error {
        certainty: if framed { Certainty::Certain } else { Certainty::UnlessItSucceeded },
        phase: traceback.map_or(Phase::Unknown, |at| phase_of_python(error_type, &message[at..])),
        ..error(Some(error_type), cut(message[..traceback.unwrap_or(message.len())].trim()))
    }))
}

/// Returns when an exception occurred. The runtime imports the function's module: a traceback that begins with that import
/// ended before any handler ran.
fn phase_of_python(error_type: &str, traceback: &str) -> Phase {
    if error_type.starts_with("Runtime.") {
        Phase::Unknown
    } else if lines(traceback).nth(1).is_some_and(|frame| frame.contains("/importlib/__init__.py\"")) {
        Phase::Init
    } else {
        Phase::Handler
    }
}

fn begins_line(text: &str, at: usize) -> bool {
    text[..at].trim_end_matches(' ').ends_with(['\n', '\r'])
}

/// First line of a Python traceback.
pub const TRACEBACK: &str = "Traceback (most recent call last)";

/// Returns whether a traceback is that of the language's own formatter, which ends in the exception: loggers use it. The
/// runtime writes the frames alone, each indented.
///
/// `Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: bad` → true
fn is_formatted_by_hand(traceback: &str, error_type: &str) -> bool {
    let is_indented = |line: &str| line.starts_with(char::is_whitespace);
    let mut frames = lines(traceback).skip(1).peekable();
    match frames.peek() {
        Some(first) if is_indented(first) => frames.any(|line| !is_indented(line)),
        // Whoever copied it may have lost the blanks.
        _ => frames.last().is_some_and(|last| last.starts_with(error_type)),
    }
}

/// Returns the name of a type, with dots, at the start of a text.
fn identifier(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len());
    let name = text[..end].trim_end_matches('.');
    name.chars().next().filter(|c| c.is_alphabetic() || *c == '_').map(|_| name)
}

/// Returns the type of an error at the start of a text: `KeyError: 'id'` → `KeyError`
pub fn exception_at_start(text: &str) -> Option<&str> {
    identifier(text).filter(|name| looks_like_exception(name))
}

/// Returns whether a name looks like the type of an error.
fn looks_like_exception(name: &str) -> bool {
    const ENDS: &[&str] =
        &["Error", "Exception", "Fault", "Timeout", "Interrupt", "Failure", "Exceeded", "Refused", "NotFound"];
    name.starts_with("Runtime.") || ENDS.iter().any(|end| name.ends_with(end))
}

/// Words of the Node.js runtime between the level and the error.
pub const NODE_FRAMES: &[(&str, Phase)] = &[
    ("Invoke Error", Phase::Handler),
    ("Uncaught Exception", Phase::Process),
    ("Unhandled Promise Rejection", Phase::Process),
    ("Init Error", Phase::Init),
];

/// Parses `{id} ERROR Invoke Error {error}`; before version 10 `{id} {error}`.
fn node(text: &str) -> Option<FunctionLine<'_>> {
    let (request_id, rest) = prefix::request_id(text).unwrap_or((None, text));
    let before_any = text.starts_with("undefined");
    let framed = |behind: &'_ str| -> Option<(usize, Phase)> {
        NODE_FRAMES.iter().find_map(|(words, phase)| {
            let object = behind.strip_prefix(words)?.trim_start();
            // An object of JSON; `console.error(words, object)` prints another form.
            let is_json = object.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'));
            is_json.then_some((behind.len() - object.len(), *phase))
        })
    };
    let found = match rest.strip_prefix("ERROR").map(str::trim_start) {
        Some(behind) => framed(behind).map(|(at, phase)| (&behind[at..], phase)),
        None if request_id.is_some() && rest.starts_with("{\"errorMessage\"") => Some((rest, Phase::Handler)),
        // Without the level, as in an excerpt or a custom runtime.
        None => framed(rest).map(|(at, phase)| (&rest[at..], phase)),
    };
    let (object, phase) = found?;
    // The runtime knows an id from the first invocation on.
    let phase = if before_any { Phase::Init } else { phase };
    let error_type = member(object, "errorType");
    Some(FunctionLine::Error(Error { request_id, phase, ..described(error_type, object) }))
}

/// Parses `{id} {Type}: {message}` and the stack, without a level. Node.js before version 10 logged an uncaught exception
/// so, and also the function's own output.
fn node_stack(text: &str) -> Option<FunctionLine<'_>> {
    let (request_id, rest) = prefix::request_id(text).filter(|(id, _)| id.is_some())?;
    let error_type = exception_at_start(rest)?;
    let message = rest[error_type.len()..].strip_prefix(": ")?;
    let (message, stack) = message.split_once(['\n', '\r'])?;
    stack.trim_start().starts_with("at ").then(|| {
        FunctionLine::Error(Error {
            request_id,
            certainty: Certainty::OnlyIfProcessEnded,
            ..error(Some(error_type), cut(message))
        })
    })
}

/// Members of an error that name it, besides its type.
const NAMES: &[&str] = &["code", "Code", "errorCode", "codeName", "name", "__type"];

/// Members with the HTTP status of a service's answer.
const STATUSES: &[&str] = &["statusCode", "httpStatusCode", "status"];

/// Members with the error or the answer behind an error.
const REASONS: &[&str] =
    &["reason", "cause", "parent", "original", "originalError", "driverError", "meta", "response", "$metadata"];

/// Returns the message of an error.
pub(super) fn message_of(object: &Map<String, Value>) -> String {
    cut(object.get("errorMessage").and_then(Value::as_str).unwrap_or_default()).to_owned()
}

/// Returns the codes and statuses of an error and of its reason: `{"code":"ENOTFOUND","statusCode":403}` → `ENOTFOUND`,
/// `status code: 403`
pub(super) fn details_of(object: &Map<String, Value>) -> Vec<String> {
    let inner = |key: &str| object.get(key)?.as_object();
    let mut details = Vec::new();
    for at in [Some(object)].into_iter().chain(REASONS.iter().map(|key| inner(key))).flatten() {
        let text = |key: &str| at.get(key).and_then(Value::as_str).map(cut);
        if !std::ptr::eq(at, object)
            && let Some(error_type) = text("errorType")
        {
            details.push(format!("{error_type}: {}", text("errorMessage").unwrap_or_default()));
        }
        details.extend(NAMES.iter().filter_map(|key| text(key)).map(str::to_owned));
        let status = |key: &&str| at.get(*key).and_then(Value::as_u64);
        let statuses = STATUSES.iter().filter_map(status);
        // Google's clients give the status as a code.
        let code = status(&"code").filter(|code| (400..600).contains(code));
        details.extend(statuses.chain(code).map(|status| format!("status code: {status}")));
    }
    details
}

/// Returns message and details of an object that may be cut off.
fn described<'t>(error_type: Option<Cow<'t, str>>, object: &'t str) -> Error<'t> {
    if let Some(Ok(map)) =
        serde_json::Deserializer::from_str(object.trim_start()).into_iter::<Map<String, Value>>().next()
    {
        return Error { error_type, details: details_of(&map), ..error(None, message_of(&map)) };
    }
    let details = NAMES.iter().filter_map(|key| member(object, key)).map(Cow::into_owned).collect();
    let message = member(object, "errorMessage").unwrap_or(Cow::Borrowed(cut(object.trim())));
    Error { error_type, details, ..error(None, message) }
}

/// Returns the text of the first member with this name, in an object that may be cut off.
fn member<'t>(object: &'t str, key: &str) -> Option<Cow<'t, str>> {
    let quoted = format!("\"{key}\"");
    let behind = object[object.find(&quoted)? + quoted.len()..].trim_start().strip_prefix(':')?.trim_start();
    let value = behind.strip_prefix('"')?;
    let end = value.find('"').unwrap_or(value.len());
    Some(Cow::Borrowed(cut(&value[..end])))
}

/// A frame of the .NET runtime.
const DOTNET_FRAME: &str = "   at Amazon.Lambda.RuntimeSupport.";

/// Frames of the .NET runtime while it loads the function.
const DOTNET_INIT_FRAMES: &[&str] = &["LambdaBootstrap.InitializeAsync(", "UserCodeLoader.Init("];

/// Parses `{time} {id} fail {type}: {message}` and a trace with frames of the .NET runtime.
fn dotnet(text: &str) -> Option<FunctionLine<'_>> {
    if !text.contains(DOTNET_FRAME) {
        return None;
    }
    let (request_id, rest) = prefix::request_id(text).unwrap_or((None, text));
    let (level, behind) = word(rest);
    let is_framed = matches!(level, "fail" | "Error" | "crit");
    // A line of another logger has a message before the exception.
    let head = if is_framed { behind } else { rest };
    let (error_type, message) = dotnet_head(head.lines().next()?)?;
    // A trace that the function asked for has the runtime's frames as well. Nearly every exception has a namespace.
    let is_thrown = error_type.contains('.') || looks_like_exception(error_type);
    let certainty = if is_thrown { Certainty::Certain } else { Certainty::UnlessItSucceeded };
    let is_init = request_id.is_none() && DOTNET_INIT_FRAMES.iter().any(|frame| text.contains(frame));
    let phase = if is_init { Phase::Init } else { Phase::Handler };
    let details = causes(text);
    Some(FunctionLine::Error(Error { request_id, phase, details, certainty, ..error(Some(error_type), cut(message)) }))
}

/// Splits the first line of an exception as .NET prints it. A type may be nested or generic, a code may follow it, and the
/// message may be empty.
///
/// `Npgsql.NpgsqlException (0x80004005): no connection` → (`Npgsql.NpgsqlException`, `no connection`)
fn dotnet_head(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_end();
    let (name, message) = line.split_once(": ").unwrap_or((line.strip_suffix(':').unwrap_or(line), ""));
    let is_code = |code: &str| {
        code.strip_suffix(')')
            .is_some_and(|code| code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b',' | b' ')))
    };
    let name = name.rsplit_once(" (").filter(|(_, code)| is_code(code)).map_or(name, |(name, _)| name);
    let (name, arguments) = name.split_at(name.find('[').unwrap_or(name.len()));
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '`');
    let is_whole =
        name.chars().all(is_of_name) && (arguments.is_empty() || (name.contains('`') && arguments.ends_with(']')));
    (is_whole && name.starts_with(|c: char| c.is_alphabetic() || c == '_')).then_some((name, message))
}

/// Most lines of a message before its trace. A text with more is taken for the function's own line.
const MESSAGE_LINES: usize = 256;

/// Parses `{message}: {class}`, then the trace, which begins `{class}: {message}`. The message may have several lines. The
/// class replaces a missing message.
///
/// `no stock: a.B\na.B: no stock\n\tat …` → an error of type `a.B`
pub(super) fn parse_java(text: &str) -> Option<FunctionLine<'_>> {
    parse_certain_java(text).or_else(|| {
        // The line of a logger, and a trace that still has the runtime's own frames: the runtime cuts them off.
        if begins_with_id(text) || has_java_runtime_frames(text) {
            return None;
        }
        // An exception may override how it prints. A function may print the same.
        let is_likely = |head: &JavaHead<'_>| head.is_followed_by_its_class() && !begins_with_class(text, head.class);
        Some(java_error(text, java_heads(text).find(is_likely)?, Certainty::UnlessItSucceeded))
    })
}

/// Parses the same where the trace repeats the message. The runtime writes it twice, so a message that imitates a head cannot
/// choose the class.
pub(super) fn parse_certain_java(text: &str) -> Option<FunctionLine<'_>> {
    // A class that cannot be loaded is reported by a sentence, which says so.
    let is_init = SENTENCES.iter().any(|(head, phase)| *phase == Phase::Init && text.starts_with(head));
    if is_init || !text.contains('\n') || has_java_runtime_frames(text) {
        return None;
    }
    Some(java_error(text, java_heads(text).find(JavaHead::repeats_its_message)?, Certainty::Certain))
}

fn java_error<'t>(text: &'t str, head: JavaHead<'t>, certainty: Certainty) -> FunctionLine<'t> {
    let phase = Phase::Handler;
    FunctionLine::Error(Error { phase, certainty, details: causes(text), ..error(Some(head.class), cut(head.message)) })
}

fn has_java_runtime_frames(text: &str) -> bool {
    JAVA_RUNTIME_FRAMES.iter().any(|frame| text.contains(frame))
}

/// Returns whether a text begins with an invocation's id and a tab, as the loggers of Node.js and .NET write it. A message may
/// begin with an id as well.
fn begins_with_id(text: &str) -> bool {
    text.split_once('\t').is_some_and(|(id, _)| InvocationId::new(id).as_uuid().is_some())
}

/// Frames of the Java runtime, which end the trace of an exception that a handler caught.
const JAVA_RUNTIME_FRAMES: &[&str] =
    &["\tat com.amazonaws.services.lambda.runtime.api.client.", "\tat lambdainternal."];

/// The start of a text up to the end of a line that may end in the class of an exception.
#[derive(Clone, Copy)]
struct JavaHead<'t> {
    message: &'t str,
    class: &'t str,
    /// The text from the next line on.
    trace: &'t str,
}

impl JavaHead<'_> {
    /// Returns whether the trace begins as an exception prints itself: `{class}: {message}`, perhaps with more behind, or with
    /// `{class}` if the class or `null` replaces a missing message.
    fn repeats_its_message(&self) -> bool {
        let Some(behind_class) = self.trace.strip_prefix(self.class) else { return false };
        // A long message is cut off where it is repeated.
        let repeats = behind_class.strip_prefix(": ").is_some_and(|rest| {
            rest.starts_with(self.message) || rest.len() > READ_BYTES / 4 && self.message.starts_with(rest)
        });
        let stands_for_message = [self.class, "null"].contains(&self.message) && !behind_class.starts_with(is_of_name);
        // A class without a package may be any word: then a frame of Java must follow.
        (repeats || stands_for_message) && (self.class.contains('.') || self.trace.lines().any(is_java_frame))
    }

    fn is_followed_by_its_class(&self) -> bool {
        self.class.contains('.') && begins_with_class(self.trace, self.class)
    }
}

/// Returns whether a character can belong to the name of a class.
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
        .take_while(|(from, end)| !is_java_frame(&text[*from..*end]))
        .filter_map(|(from, end)| {
            let (_, class) = type_at_end(&text[from..end])?;
            let message = text[..end].trim_end().strip_suffix(class)?;
            let message = message.strip_suffix("class ").unwrap_or(message).strip_suffix(": ")?;
            Some(JavaHead { message, class, trace: text[end..].trim_start_matches(['\n', '\r']) })
        })
}

/// Most causes of an error that are kept.
const MOST_CAUSES: usize = 3;

/// Returns the causes that a trace names: `…\nCaused by: a.B: y` → `a.B: y`
fn causes(trace: &str) -> Vec<String> {
    lines(trace)
        .filter_map(|line| ["Caused by: ", "---> "].iter().find_map(|head| line.trim_start().strip_prefix(head)))
        // A missing class names no part that the function called.
        .filter(|cause| !cause.contains("ClassNotFoundException"))
        .take(MOST_CAUSES)
        .map(|cause| cut(cause).to_owned())
        .collect()
}

/// Parses `{message}: {Type}` and then a traceback (Python 2), frames (.NET Core) or `null` (Go).
pub(super) fn short_type(text: &str) -> Option<FunctionLine<'_>> {
    if begins_with_id(text) {
        return None;
    }
    let mut lines = lines(text);
    let first = lines.next()?;
    // Go's frames, on their own line or after the type.
    let (first, frames) = first.split_once(GO_FRAMES).map_or((first, false), |(first, _)| (first, true));
    let Some((message, name)) = type_at_end(first) else { return many_lines_of_message(text) };
    let mut certainty = Certainty::Certain;
    let framed = match lines.next() {
        _ if frames => true,
        // Go's types have names of any form. Other words before a trace may be a message of the function.
        Some(second) if second == "null" || second.starts_with(GO_FRAMES) => true,
        Some(second) if second.starts_with(TRACEBACK) => looks_like_exception(name),
        // The runtime writes the name of the type alone. Behind a name with its namespace is the message of a printed exception.
        Some(second) => {
            if !looks_like_exception(name) {
                certainty = Certainty::UnlessItSucceeded;
            }
            is_dotnet_frame(second) && !name.contains('.') && !ends_in_exception(message)
        }
        // An excerpt of the first line alone: the service's error code is at both ends.
        None => message.starts_with("An error occurred (") && message.contains(&format!("({name})")),
    };
    let framed = framed && !identifier(message).is_some_and(|start| start.contains('.') && looks_like_exception(start));
    framed.then(|| FunctionLine::Error(Error { phase: Phase::Handler, certainty, ..error(Some(name), cut(message)) }))
}

/// Returns whether a text ends in the full name of an exception: `could not save|System.TimeoutException` → true
fn ends_in_exception(text: &str) -> bool {
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_');
    let name = &text[text.trim_end_matches(is_of_name).len()..];
    name.contains('.') && looks_like_exception(name)
}

/// `   at Shop.Function.Handle(Order order)`, perhaps without the blanks. Frames of Node.js have a blank before the bracket,
/// those of Java a tab.
fn is_dotnet_frame(line: &str) -> bool {
    let frame = line.trim_start_matches(' ').strip_prefix("at ");
    frame.and_then(|frame| frame.split_once('(')).is_some_and(|(name, _)| name.contains('.') && !name.contains(' '))
}

/// Beginning of the frames of a Go panic.
const GO_FRAMES: &str = "[{\"path\":";

/// Parses the same form with a message of several lines: the last one, before the traceback, ends in the type.
fn many_lines_of_message(text: &str) -> Option<FunctionLine<'_>> {
    let at = memchr::memmem::find_iter(text.as_bytes(), TRACEBACK).find(|at| text[..*at].ends_with('\n'))? - 1;
    let (message, name) = type_at_end(text[..at].trim_end())?;
    (looks_like_exception(name) && !text.starts_with('[') && lines(text).last()?.starts_with(name))
        .then(|| FunctionLine::Error(Error { phase: Phase::Handler, ..error(Some(name), cut(message)) }))
}

/// Splits `{message}: {type}`: `no stock: StockError` → (`no stock`, `StockError`)
pub fn type_at_end(line: &str) -> Option<(&str, &str)> {
    let (message, name) = line.trim_end().rsplit_once(": ")?;
    let name = name.strip_prefix("class ").unwrap_or(name);
    let whole = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '$' | '*' | '`'));
    (whole && name.starts_with(|c: char| c.is_alphabetic() || c == '*')).then_some((message, name))
}

/// Sentences of the Rust runtime about an invocation that failed.
///
/// Source: lambda_runtime 1.5, `layers/panic.rs` and `layers/api_response.rs`.
const RUST_SENTENCES: &[&str] =
    &["user handler panicked error=", "user handler future panicked error=", "Request payload deserialization into "];

/// Parses `ERROR Lambda runtime invoke{requestId="…"}: {sentence}`, with or without the runtime's module before the sentence.
fn rust(text: &str) -> Option<FunctionLine<'_>> {
    let (level, rest) = word(text);
    let (span, message) = rest.strip_prefix("Lambda runtime invoke{")?.split_once("}: ")?;
    let message = message.trim_start();
    // The runtime's own sentences, with or without the name of its module; a line of the handler has the span too.
    let is_own =
        message.starts_with("lambda_runtime") || RUST_SENTENCES.iter().any(|sentence| message.starts_with(sentence));
    if level != "ERROR" || !is_own {
        return None;
    }
    let id = span.split("requestId=").nth(1).and_then(|rest| rest.split(['"', ' ']).find(|part| !part.is_empty()));
    Some(FunctionLine::Error(Error {
        request_id: id.map(InvocationId::new),
        phase: Phase::Handler,
        ..error(None, cut(message))
    }))
}
