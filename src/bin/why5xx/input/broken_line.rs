//! A sentence or an object of a log that something broke over several lines.

use std::borrow::Cow;

use super::broken_object::BrokenObject;
use super::broken_sentence::{self, BrokenSentence};
use super::pieces::Rejoined;
use super::wrap::width;
use super::{frame, runtime, wrapped};

/// The first lines of what may have been one.
#[derive(Debug)]
pub(super) enum BrokenLine {
    Sentence(BrokenSentence),
    Object(BrokenObject),
}

impl BrokenLine {
    /// Of a line that may be the first piece; None for any other. What a function prints is no sentence of API Gateway's.
    pub(super) fn of(line: &str, is_of_function: bool) -> Option<Self> {
        let object = BrokenObject::of(line).map(Self::Object);
        object.or_else(|| BrokenSentence::of(line).filter(|_| !is_of_function).map(Self::Sentence))
    }

    /// Adds the next line if it may be the next piece. Gives it back otherwise.
    pub(super) fn add(&mut self, line: String) -> Option<String> {
        match self {
            Self::Sentence(sentence) => sentence.add(line),
            Self::Object(object) => object.add(line),
        }
    }

    /// Returns the lines, of which the first are one again if that can be seen. `widest` is the width of the widest line of the text.
    pub(super) fn end(self, widest: usize) -> (Option<Rejoined>, Vec<String>) {
        match self {
            Self::Sentence(sentence) => sentence.end(),
            Self::Object(object) => object.end(widest),
        }
    }
}

/// Returns whether a message is a line of a log that lacks its end.
pub(super) fn is_cut(message: &str) -> bool {
    frame::is_broken(message)
        || runtime::is_cut(message)
        || wrapped::is_cut_record(message)
        || broken_sentence::is_cut(message)
}

/// Returns a message that has line breaks, without those within a line of the log.
pub(super) fn without_breaks(message: &str) -> Cow<'_, str> {
    if let Cow::Owned(whole) = frame::without_breaks(message) {
        return Cow::Owned(whole);
    }
    let mut lines = message.split('\n');
    let first = lines.next().unwrap_or_default();
    let Some(mut broken) = (first.len() < message.len()).then(|| BrokenLine::of(first, false)).flatten() else {
        return Cow::Borrowed(message);
    };
    let other = lines.by_ref().find_map(|line| broken.add(line.to_owned()));
    let (Some(whole), rest) = broken.end(message.lines().map(width).max().unwrap_or(0)) else {
        return Cow::Borrowed(message);
    };
    let rest = rest.into_iter().chain(other).chain(lines.map(str::to_owned));
    Cow::Owned(std::iter::once(whole.line).chain(rest).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_cell_is_whole_again() {
        let sentence = "(0a1b2c3d) Execution failed due to configuration error: Malformed Lambda proxy response";
        let object = r#"{"requestId":"Kd83hf=","status":"500","integrationErrorMessage":"no such order"}"#;
        for whole in [sentence, object] {
            let broken = format!("{}\n{}", &whole[..75], &whole[75..]);
            assert_eq!(without_breaks(&broken), whole);
            assert_eq!(without_breaks(&format!("{broken}\nhello\nyou")), format!("{whole}\nhello\nyou"));
        }
        for message in ["hello\nyou", "{\n  \"a\": 1\n}", "[ERROR] KeyError: 'a'\nTraceback", sentence, ""] {
            assert!(matches!(without_breaks(message), Cow::Borrowed(_)), "{message}");
        }
    }
}
