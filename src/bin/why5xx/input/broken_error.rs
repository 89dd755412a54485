//! An error as a runtime writes it, whose lines something broke between words or took words off.

use why5xx::decode::{LogEvent, Message};
use why5xx::record::lambda::{self, Certainty, FunctionLine, NODE_FRAMES, RUBY_SENTENCES, TRACEBACK};

use super::frame;
use super::prefix::is_logged;
use super::runtime::{
    PYTHON, begins_as_python, begins_object, is_date_of_go, is_object, is_of_dotnet, object_of_error,
};

/// In a log that is newest first, the sentence of Ruby is the last of its invocation.
const START: &str = "START RequestId: ";

/// Returns an error whose lines were broken between its words, as the runtime wrote it; None for one that is whole, and for any other message.
///
/// `no stock:\nshop.StockError\nshop.StockError: no\nstock\nat shop.get(A.java:7)` →
/// `no stock: shop.StockError\nshop.StockError: no stock\n\tat shop.get(A.java:7)`
pub(super) fn whole(message: &str) -> Option<String> {
    if !message.trim_end().contains('\n') {
        return None;
    }
    of_python(message).or_else(|| with_object(message)).or_else(|| of_java(message)).or_else(|| of_dotnet(message))
}

/// Of an error of Python, the head may be broken.
fn of_python(message: &str) -> Option<String> {
    let (head, behind) = message.split_once('\n').filter(|(first, _)| first.trim_end() == PYTHON.trim_end())?;
    let end = memchr::memmem::find(behind.as_bytes(), TRACEBACK.as_bytes())?;
    let first = format!("{} {}", head.trim_end(), words(&behind[..end]));
    begins_as_python(&first).then(|| format!("{first}\n{}", &behind[end..]))
}

/// Of one of Node.js, Go or Ruby, both the words before the object and the object.
fn with_object(message: &str) -> Option<String> {
    let (before, object) = message.split_at(object_of_error(message)?);
    let head = words(before);
    let head = if NODE_FRAMES.iter().any(|(frame, _)| head.contains(" ERROR ") && head.ends_with(frame)) {
        head + " \t"
    } else if RUBY_SENTENCES.iter().any(|(sentence, _)| head == *sentence) {
        head + "\n"
    } else {
        Some(head + " ").filter(|head| is_date_of_go(head))?
    };
    if is_object(object) {
        return before.trim_end().contains('\n').then(|| head + object);
    }
    let object = object.trim_end().replace('\n', " ");
    is_object(&object).then(|| head + &object)
}

/// Of one of Java, the message, which stands there twice: before its type and behind it.
fn of_java(message: &str) -> Option<String> {
    let mut words = words_with_places(message).peekable();
    let (at, name, behind) = std::iter::from_fn(|| {
        let (at, word) = words.next()?;
        let next = words.peek().map_or((0, ""), |(at, next)| (at + next.len(), *next));
        Some((at, word, next))
    })
    .find_map(|(at, name, (end, next))| {
        (name.contains('.') && next.strip_suffix(':') == Some(name)).then_some((at, name, end))
    })?;
    let mut again = words_with_places(&message[behind..]);
    let before = message[..at].trim_end().strip_suffix(':')?;
    let mut end = behind;
    for word in before.split_whitespace() {
        let (at, next) = again.next()?;
        if word != next {
            return None;
        }
        end = behind + at + next.len();
    }
    let first = self::words(before);
    let frames = format!(" {}", self::words(&message[end..])).replace(" at ", "\n\tat ");
    let whole = format!("{first}: {name}\n{name}: {first}{}", frames.trim_end());
    (!first.is_empty() && !is_certain(message) && is_certain(&whole)).then_some(whole)
}

/// Where the code of .NET's runtime is.
const OF_DOTNET: &str = "Amazon.Lambda.RuntimeSupport.";

/// Of one of .NET, the first line or the frames.
fn of_dotnet(message: &str) -> Option<String> {
    let start: String = frame::start_of(message).lines().take(2).flat_map(|line| [line, " "]).collect();
    if !is_of_dotnet(&start) || is_certain(message) {
        return None;
    }
    // A frame begins a line, also where its first word stands alone. What the message quotes is no frame.
    let joined = |between: &str| {
        let mut whole = String::new();
        for line in message.lines() {
            let own = line.trim_start();
            match own.starts_with("at ") || own == "at" || own.starts_with("---") {
                true => whole.push_str("\n   "),
                false if whole.is_empty() => {}
                false => whole.push_str(between),
            }
            whole.push_str(if between.is_empty() { line.strip_prefix("   ").unwrap_or(line) } else { own.trim_end() });
        }
        whole
    };
    // An error that the function handled ends in frames of its own.
    let ends_in_runtime = |whole: &str| whole.rsplit('\n').next().is_some_and(|last| last.contains(OF_DOTNET));
    // Broken at a column, a word goes on in the next line.
    [joined(" "), joined("")].into_iter().find(|whole| ends_in_runtime(whole) && is_certain(whole))
}

/// Returns whether a message is an error that ended an invocation, whatever the lines beside it say.
fn is_certain(message: &str) -> bool {
    let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(message.as_bytes()) };
    matches!(lambda::parse_line(&event), Some(FunctionLine::Error(error)) if error.certainty == Certainty::Certain)
}

/// Returns a text with one blank between its words.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn words_with_places(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_whitespace().map(|word| (word.as_ptr().addr() - text.as_ptr().addr(), word))
}

/// Returns whether a message, or its first line and the message before, show that a tool took words off the lines of an error, or put
/// them in another order. `number` is its own in the input, counted from 1.
pub(super) fn has_lost_words(before: &str, message: &str, number: u64) -> bool {
    let mut lines = message.lines();
    let (first, second) = (lines.next().unwrap_or_default(), lines.next());
    // Lines that were sorted or turned around: the platform writes none below its own, and no log begins with them.
    let is_of_error = |line: &str| {
        const STARTS: [&str; 5] = [TRACEBACK, "\tat ", "   at ", "\t... ", "  \"errorType\""];
        STARTS.iter().any(|start| line.starts_with(start))
    };
    // A thread may print one line behind the report.
    let has_error = || message.lines().filter(|line| is_of_error(line)).count() > 1 || message.contains(TRACEBACK);
    let is_below_frame = || frame::is_framed(first) && !first.starts_with(START) && has_error();
    let begins_log = || number == 1 && first.starts_with(char::is_whitespace) && is_of_error(first);
    // The sentence that Ruby writes before it is in another part of the log.
    let is_object_of_ruby = || before.starts_with("{\n") && before.contains("\"errorType\": \"Function<");
    let ends_first = || number == 2 && frame::is_framed(first) && !first.starts_with(START) && is_object_of_ruby();
    let is_below = || !before.trim_end().contains('\n') && lacks_words(before, first);
    // A function may print one frame.
    let is_of_java =
        |line: &str| is_bare_frame(line) || lambda::type_at_end(line).is_some_and(|(_, name)| name.contains('.'));
    let is_cut_frame = is_bare_frame(first) && is_of_java(before.trim_end());
    is_cut_frame
        || is_below_frame()
        || begins_log()
        || ends_first()
        || is_below()
        || second.is_some_and(|second| lacks_words(first, second)) && !is_certain(message)
}

/// Returns whether a tool took words off the second of two lines that begin an error: `cut -d' ' -f3-` takes those of each line, though the
/// time and the stream stand before the first one alone.
///
/// `no stock: shop.StockError`, `no stock` → true
fn lacks_words(first: &str, second: &str) -> bool {
    let (first, second) = (first.trim_end(), second.trim());
    let is_end_of = |whole: &str| {
        let before = whole.strip_suffix(second.trim_end_matches(':'));
        !second.is_empty() && before.is_some_and(|before| before.ends_with(' '))
    };
    let is_of_java = || {
        let error = lambda::type_at_end(first).filter(|(_, name)| name.contains('.'));
        error.is_some_and(|(message, name)| is_end_of(&format!("{name}: {message}")))
    };
    is_of_java()
        || begins_as_python(first) && is_end_of(TRACEBACK)
        || RUBY_SENTENCES.iter().any(|(sentence, _)| first == *sentence && second != first)
            && !begins_object(second)
            && !second.starts_with(START)
}

/// Returns whether a line is one of a stack of Java without the word before it: `shop.Orders.get(Orders.java:17)`
fn is_bare_frame(line: &str) -> bool {
    let line = line.trim_end();
    let Some((name, place)) = line.split_once('(') else { return false };
    let is_name = name.matches('.').count() > 1 && name.chars().all(|c| c.is_alphanumeric() || "._$/@<>".contains(c));
    let is_of_file = || place.split_once(".java:").or_else(|| place.split_once(".kt:")).is_some();
    is_name && place.ends_with(')') && (is_of_file() || matches!(place, "Unknown Source)" | "Native Method)"))
}

/// Returns whether a message lacks the end of an error: the last frames of .NET are its runtime's, Ruby writes an object behind its sentence, and Java
/// says the message again. `has_started` if a line of Lambda says that an invocation has begun, and none that it has ended.
pub(super) fn ends_within(message: &str, has_started: bool) -> bool {
    let message = message.trim_end();
    let Some((first, _)) = message.split_once('\n') else {
        let is_exception = |name: &str| name.contains('.') && (name.ends_with("Exception") || name.ends_with("Error"));
        let is_of_java = || lambda::type_at_end(message).is_some_and(|(_, name)| is_exception(name));
        // Lines of API Gateway end with types, too, and those of Lambda behind tabs.
        return RUBY_SENTENCES.iter().any(|(sentence, _)| message == *sentence)
            || is_of_dotnet(message)
            || has_started
                && is_of_java()
                && !message.starts_with('(')
                && !message.contains('\t')
                && !is_logged(message);
    };
    let last = message.rsplit('\n').next().unwrap_or_default();
    is_of_dotnet(first) && last.trim_start().starts_with("at ") && !is_certain(message)
}
