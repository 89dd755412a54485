//! How a tool or a page spelt every line of a text otherwise: signs at the ends of lines, entities for signs, round quotes.
//!
//! Undone only where the whole beginning of a text is spelt so. So what a client wrote in one line changes nothing. Hashes of Ruby show
//! themselves: each line that is one is written again as JSON, no other.

use std::borrow::Cow;

use super::quoted::is_event;
use super::table::without_entities;
use super::{frame, row};

/// Signs behind each line: of `cat -A`, of `cat -v`, of a page, of a script or a list, of the next pane of a terminal.
const ENDS: [&str; 10] = ["^M$", "$", "^M", "<br>", "<br/>", "<br />", " \\", ",", ";", "\u{2502}"];

/// Double quotes that word processors and chats write.
const ROUND_QUOTES: [char; 4] = ['\u{201c}', '\u{201d}', '\u{201e}', '\u{201f}'];

/// Entities of a double quote.
const ENTITIES: [&str; 3] = ["&quot;", "&#34;", "&#x22;"];

/// How the lines of a text are spelt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spelling {
    end: Option<&'static str>,
    has_entities: bool,
    has_round_quotes: bool,
    /// Lines are hashes as Ruby prints them.
    is_of_ruby: bool,
    /// A backslash stands before signs of Markdown.
    is_markdown: bool,
}

impl Spelling {
    /// Of a text by its beginning.
    pub(super) fn of(start: &str) -> Self {
        // Who spells the quotes otherwise spells all of them so.
        let has_no_quotes = memchr::memchr(b'"', start.as_bytes()).is_none();
        let has_entities = has_no_quotes && ENTITIES.iter().any(|entity| start.contains(entity));
        let plain = if has_entities { Cow::Owned(without_entities(start)) } else { Cow::Borrowed(start) };
        let lines = || plain.lines().map(str::trim_end).filter(|line| !line.is_empty());
        Self {
            end: end_of_messages(&lines().collect::<Vec<_>>()),
            has_entities,
            has_round_quotes: has_no_quotes && start.contains(ROUND_QUOTES),
            is_of_ruby: lines().any(is_hash_of_ruby),
            is_markdown: is_markdown(start),
        }
    }

    /// Returns whether a sign stands behind each line.
    pub(super) fn has_end(self) -> bool {
        self.end.is_some()
    }

    /// Returns the line as the log has it.
    pub(super) fn own(self, line: &str) -> Cow<'_, str> {
        let mut own = Cow::Borrowed(line);
        if self.has_entities {
            own = Cow::Owned(without_entities(&own));
        }
        if let Some(end) = self.end
            && let Some(behind) = own.trim_end().strip_suffix(end)
        {
            let shows_tabs = matches!(end, "^M$" | "$");
            let behind = if end == "\u{2502}" { behind.trim_end() } else { behind };
            own = Cow::Owned(if shows_tabs { behind.replace("^I", "\t") } else { behind.to_owned() });
        }
        if self.has_round_quotes && own.contains(ROUND_QUOTES) {
            own = Cow::Owned(own.replace(ROUND_QUOTES, "\"").replace(['\u{2018}', '\u{2019}'], "'"));
        }
        if self.is_of_ruby && is_hash_of_ruby(&own) {
            own = Cow::Owned(json_of_ruby(&own));
        }
        if self.is_markdown && own.contains('\\') {
            own = Cow::Owned(without_escapes_of_markdown(&own));
        }
        own
    }
}

/// Signs that editors of Markdown write with a backslash wherever they stand.
const OF_MARKDOWN: [char; 4] = ['_', '[', ']', '*'];

/// Returns whether each such sign of a text has a backslash, and one stands there. A string of JSON has none before them.
fn is_markdown(start: &str) -> bool {
    let mut count = 0_usize;
    let mut is_escaped = false;
    for character in start.chars() {
        if OF_MARKDOWN.contains(&character) {
            if !is_escaped {
                return false;
            }
            count += 1;
        }
        is_escaped = character == '\\' && !is_escaped;
    }
    count > 0
}

/// Takes the backslashes before signs of Markdown off: `\\[ERROR\\]` → `[ERROR]`, `{"a":"\\\\ \\n"}` as it is.
fn without_escapes_of_markdown(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, characters.clone().next()) {
            ('\\', Some(next)) => {
                if !(OF_MARKDOWN.contains(&next) || matches!(next, '<' | '>' | '`' | '#' | '~' | '|')) {
                    plain.push(character);
                }
                plain.push(next);
                characters.next();
            }
            _ => plain.push(character),
        }
    }
    plain
}

/// Returns the sign that stands behind each message of a text. A message may have more lines.
fn end_of_messages(lines: &[&str]) -> Option<&'static str> {
    // Most texts have none, and their lines are not looked at.
    let may_be = |end: &&&str| lines.iter().rev().skip(usize::from(lines.len() > 1)).any(|line| line.ends_with(**end));
    ENDS.iter().filter(may_be).copied().find(|end| {
        let begins: Vec<bool> = lines.iter().map(|line| is_event(line.strip_suffix(end).unwrap_or(line))).collect();
        let Some(first) = begins.iter().position(|begins| *begins) else { return false };
        // The last line may be cut off, and what is between messages may not stand behind it.
        let mut lasts = (first..lines.len()).filter(|at| begins.get(at + 1) == Some(&true)).peekable();
        match lasts.peek() {
            Some(_) => lasts.all(|at| lines[at].ends_with(end)),
            None => lines[first].ends_with(end),
        }
    })
}

/// Returns whether a line begins as a hash of Ruby, or is one of a hash over several lines: `{"message"=>"a"}`, `"message" => "a",`,
/// `{:message=>"a"}` → true
fn is_hash_of_ruby(line: &str) -> bool {
    let line = line.trim_start();
    let first = line.strip_prefix('{').unwrap_or(line);
    let behind = match first.strip_prefix('"') {
        Some(key) => key.split_once('"').map(|(_, behind)| behind),
        None => symbol(first).map(|name| &first[1 + name.len()..]),
    };
    behind.is_some_and(|behind| behind.trim_start().starts_with("=>"))
}

/// Returns the name of the symbol that a text begins with: `:message=>` → `message`
fn symbol(text: &str) -> Option<&str> {
    let rest = text.strip_prefix(':')?;
    let length = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    (length > 0).then(|| &rest[..length])
}

/// Returns the length of the arrow that a text begins with, with the blanks behind it, and of a time without quotes that follows.
///
/// `=> 2026-01-02 03:04:05.678 UTC}` → 3 and 27
fn arrow_and_time(text: &str) -> Option<(usize, usize)> {
    const LONGEST_TIME_BYTES: usize = 40;
    let value = text.strip_prefix("=>")?.trim_start();
    let start = &value[..value.floor_char_boundary(LONGEST_TIME_BYTES)];
    let time = start[..start.find([',', '}', ']']).unwrap_or(start.len())].trim_end();
    let is_time = time.starts_with(|c: char| c.is_ascii_digit()) && time.contains(':');
    Some((text.len() - value.len(), if is_time { time.len() } else { 0 }))
}

/// Returns a hash of Ruby as JSON: `{"a"=>nil, :b=>"\#{c}"}` → `{"a":null, "b":"#{c}"}`
fn json_of_ruby(line: &str) -> String {
    let mut json = String::with_capacity(line.len());
    let (mut rest, mut in_string) = (line, false);
    while let Some(character) = rest.chars().next() {
        let plain = &rest[..character.len_utf8()];
        let (read, written) = match in_string {
            true if rest.starts_with("\\#") => ("\\#", "#"),
            true if rest.starts_with("\\e") => ("\\e", "\\u001b"),
            true if character == '\\' => {
                let length = 1 + rest[1..].chars().next().map_or(0, char::len_utf8);
                (&rest[..length], &rest[..length])
            }
            false if let Some((arrow, time)) = arrow_and_time(rest) => {
                json.push(':');
                json.push_str(&rest["=>".len()..arrow]);
                if time > 0 {
                    json.extend(["\"", &rest[arrow..arrow + time], "\""]);
                }
                (&rest[..arrow + time], "")
            }
            false if rest.starts_with("nil") => ("nil", "null"),
            false if let Some(name) = symbol(rest) => {
                json.push('"');
                json.push_str(name);
                (&rest[..1 + name.len()], "\"")
            }
            _ => {
                in_string ^= character == '"';
                (plain, plain)
            }
        };
        json.push_str(written);
        rest = &rest[read.len()..];
    }
    json
}

/// Returns whether a text is of `jq @tsv`, or of strings of JSON without their quotes: lines of Lambda show it, or objects, whose line
/// breaks, tabs and quotes are escaped.
pub(super) fn are_escaped(start: &str) -> bool {
    let is_escaped = |message: &str| {
        is_escaped_frame(message)
            || message.starts_with("{\"") && message.ends_with("}\\n")
            || message.starts_with("{\\\"")
    };
    // A tab in a line of another log is a client's.
    start.lines().any(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        cells.iter().any(|cell| is_escaped(cell)) && row::only_text(&cells)
    })
}

/// Returns whether a message is a line of Lambda whose tabs or line breaks are escaped.
pub(super) fn is_escaped_frame(message: &str) -> bool {
    let is_frame = frame::HEADS.iter().any(|head| message.starts_with(head));
    is_frame && (message.ends_with("\\n") || message.contains("\\tDuration: "))
}

/// Undoes the escapes: `a\\tb` → `a`, a tab, `b`
pub(super) fn unescaped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('\\') | None => plain.push('\\'),
            // `jq @tsv` writes no backslash before these.
            Some(sign @ ('"' | '/')) => plain.push(sign),
            Some(other) => plain.extend(['\\', other]),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "(TuVwX3GpYzAbCdE=) Execution failed due to a timeout error";

    #[test]
    fn what_each_line_has_is_taken_off() {
        for end in ENDS {
            let text = format!("{LINE}{end}\nhello{end}\n");
            assert_eq!(Spelling::of(&text).own(&format!("hello{end}")), "hello", "{text}");
            let other = format!("{LINE}\nhello\nhello{end}\n");
            assert_eq!(Spelling::of(&other).own(&format!("hello{end}")), format!("hello{end}"), "{other}");
        }
        let shown = format!("{LINE}$\na^Ib$\n");
        assert_eq!(Spelling::of(&shown).own("a^Ib$"), "a\tb");
    }

    #[test]
    fn signs_are_undone_where_no_line_has_them_plain() {
        let text = "{&quot;a&quot;:&quot;b&quot;}\n";
        assert_eq!(Spelling::of(text).own("{&quot;a&quot;}"), "{\"a\"}");
        assert_eq!(Spelling::of("{\u{201c}a\u{201d}:1}").own("{\u{201c}a\u{201d}:1}"), "{\"a\":1}");
        for text in ["{\"a\":\"&quot;\"}", "{\"a\":\"\u{201c}\"}"] {
            assert_eq!(Spelling::of(text).own(text), text);
        }
        let hash = "{\"message\"=>\"a \\\"=> \\#{b}\", \"id\" => nil}";
        assert_eq!(Spelling::of(hash).own(hash), "{\"message\":\"a \\\"=> #{b}\", \"id\" : null}");
        let hash = "{:message=>\"a :b=>\", \"at\"=>2026-01-02 03:04:05.678 UTC, :n=>7}";
        let json = "{\"message\":\"a :b=>\", \"at\":\"2026-01-02 03:04:05.678 UTC\", \"n\":7}";
        assert_eq!(Spelling::of(hash).own(hash), json);
        let line = "  \"@timestamp\" => 2026-01-02T03:04:05.678Z,";
        assert_eq!(Spelling::of(line).own(line), "  \"@timestamp\" : \"2026-01-02T03:04:05.678Z\",");
    }
}
