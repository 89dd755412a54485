//! Text as people paste it: quoted, in lists, between fences of Markdown, behind the time of a web page, wrapped.

use std::borrow::Cow;

use why5xx::record::flow::FlowFormat;

use super::pending;
use super::row::{self, Column};
use super::spelling::Spelling;
use super::terminal::plain;
use super::{frame, prefix, time, wrapped};

/// Marks that quotes, lists, comments and folded lines of a console put before a line.
const MARKS: &[&str] = &["> ", "// ", "# ", "* ", "- ", "\u{2022} ", "\u{25b6} ", "\u{25bc} ", "\u{25b8} "];

/// Names of months, as web pages shorten them.
const MONTHS: &[&str] = &["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Most marks before a line; our own bound.
const MOST_MARKS: usize = 4;

/// Most marks behind another one that are looked for at once; our own bound.
const MOST_BEHIND: usize = 2;

/// The text without what is not the log's: marks before lines, fences, times that a web page shows, escape sequences of
/// a terminal.
pub(crate) fn unquoted(text: &str) -> Cow<'_, str> {
    let plain = plain(text);
    if plain.lines().all(|line| own_words(line) == Some(line)) {
        return plain;
    }
    let mut own: String = plain.lines().filter_map(own_words).flat_map(|line| [line, "\n"]).collect();
    if !plain.ends_with('\n') {
        own.pop();
    }
    Cow::Owned(own)
}

/// Fewest characters of a line that is full: mails wrap at 72, and the word that did not fit may be long.
pub(super) const FULL_LINE: usize = 50;

/// Widths of terminals and mails: a line of just so many characters was cut, maybe within a word.
pub(super) const WIDTHS: [usize; 7] = [72, 76, 78, 79, 80, 100, 120];

/// Returns whether a text is in quoted-printable: no line is longer than a mail's, each `=` is one of its signs, and it has lines that it
/// broke and signs that it wrote. Other texts have such a sign behind an id or before a value.
pub(super) fn is_quoted_printable(text: &str) -> bool {
    /// Source: RFC 2045, section 6.7: a line has at most 76 characters, with the sign at its end.
    const WIDEST: usize = 76;
    const WIDE: usize = 70;
    let (mut wide, mut broken, mut equals, mut blanks) = (0_u32, 0_u32, 0_u32, 0_u32);
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let line = line.trim_end_matches('\r');
        if line.len() > WIDEST || !line.is_ascii() {
            return false;
        }
        let next = lines.peek().map_or("", |next| next.trim_start());
        if line.ends_with('=') && !next.is_empty() {
            broken += 1;
            wide += u32::from(line.len() >= WIDE && !prefix::is_head(next) && !prefix::strip(next).has_prefix());
        }
        blanks += u32::from(line.ends_with("=20") || line.ends_with("=09"));
        for (at, _) in line.match_indices('=') {
            let sign = &line[at + 1..line.len().min(at + 3)];
            if !(sign.is_empty()
                || sign.bytes().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F')) && (sign.len() == 2 || next.is_empty()))
            {
                return false;
            }
            equals += u32::from(sign == "3D");
        }
    }
    wide > 0 || broken > 0 && equals > 0 || blanks > 0 && equals > 0
}

/// Mark before each line of a text that is no part of the line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Mark {
    #[default]
    None,
    /// Blanks before each line of a block, as Markdown and YAML have them.
    Indentation(usize),
    /// The name of the file, empty without one, and the number of the line, as `grep -n -C` writes them.
    Grep(String),
    /// Quotes around each message, also of several lines.
    Around(char),
    /// Marks of quotes and lists.
    Signs,
    /// Such marks and numbers: `1. `, `12: `.
    Numbers,
    /// A number that rises from line to line, as editors, pagers and `awk` write it, or how often the line stands there.
    Count,
    /// The name of a file or of a container, as `grep` and `docker compose logs` write it.
    Name,
    /// The head of syslog.
    Syslog,
    /// The time of a container or a pipeline before each line of a tail, which has its own time before each log event; also a clock or a number
    /// in brackets before each line of a function's log.
    Time,
    /// Names of fields, of which one is the message: logfmt, lists of PowerShell.
    Fields,
}

impl Mark {
    /// Of a text by its beginning: log events stand behind such marks only. A mail has lines of its writer before and behind them.
    pub(super) fn of(start: &str) -> Self {
        Self::within(start, MOST_BEHIND)
    }

    /// Of a text in which log events may stand behind so many marks.
    fn within(start: &str, most: usize) -> Self {
        /// Beginning of a text in which marks behind marks are looked for; our own bound.
        const DEEPER_BYTES: usize = 16 * 1024;
        if let Some(blanks) = indentation(start) {
            return Self::Indentation(blanks);
        }
        if is_timed_tail(start) {
            return Self::Time;
        }
        if is_of_container(start) {
            return Self::Name;
        }
        let grep = grep(start).map(Self::Grep);
        let count = is_counted(start).then_some(Self::Count);
        let around = ['"', '`', '\''].into_iter().filter(|sign| is_within(start, *sign)).map(Self::Around);
        // `psql` writes a bar between a name and its value, as others do between a container and its line.
        let psql = start.lines().any(|line| line.starts_with(RECORD_OF_PSQL)).then_some(Self::Fields);
        let marks: Vec<Self> = grep.into_iter().chain(count).chain(around).chain(psql).chain(OTHERS).collect();
        let head = &start[..start.floor_char_boundary(DEEPER_BYTES)];
        let signs = || Some(Self::Signs).filter(|signs| most > 0 && grep_behind(signs, head));
        let direct = || marks.iter().find(|mark| mark.is_before_events(start)).cloned();
        let deeper = || {
            let block = Some(least_blanks(head.lines())).filter(|blanks| *blanks > 0).map(Self::Indentation);
            let is_before_mark = |mark: &Self| {
                let changes = head.lines().any(|line| mark.unmarked(line).as_deref() != Some(line));
                changes && {
                    let own = mark.without(head);
                    Spelling::of(&own).has_end() || Self::within(&own, most - 1) != Self::None
                }
            };
            // Where a log event stands behind no mark, no other one has any.
            let is_marked = most > 0 && !head.lines().any(is_event);
            is_marked.then(|| block.into_iter().chain(marks.iter().cloned()).find(is_before_mark)).flatten()
        };
        signs().or_else(direct).or_else(deeper).unwrap_or_default()
    }

    /// Returns whether log events of a text stand behind this mark, and none does without it.
    fn is_before_events(&self, start: &str) -> bool {
        let mut is_marked = false;
        for line in start.lines().filter(|line| !line.trim().is_empty()) {
            // A quote before a time is no part of it, but one before the first cell of a record is.
            let is_quoted = matches!(self, Self::Around(sign) if line.trim_start().starts_with(*sign));
            let is_bare = if is_quoted { wrapped::is_bare_record(line) } else { is_event(line) };
            if is_bare {
                return false;
            }
            is_marked = is_marked || self.unmarked(line).is_some_and(|own| own != line && is_event(&own));
        }
        is_marked
    }

    /// Returns a text without the mark.
    fn without(&self, text: &str) -> String {
        text.lines().filter_map(|line| self.unmarked(line)).flat_map(|line| [line, "\n".into()]).collect()
    }

    /// Returns the line without its mark; None for a fence.
    pub(super) fn unmarked<'l>(&self, line: &'l str) -> Option<Cow<'l, str>> {
        let own = match self {
            Self::None => line,
            Self::Indentation(blanks) => without_blanks(line, *blanks),
            Self::Grep(_) if line == "--" || is_heading_of_grep(line) => return None,
            Self::Grep(name) => without_mark_of_grep(line, name).unwrap_or(line),
            Self::Around(sign) => {
                let own = without_sign(line, *sign);
                // A column of CSV without its heading, in which quotes are doubled.
                if *sign == '"' && own.contains("\"\"") {
                    let plain = own.replace("\"\"", "\"");
                    let are_doubled = own.len() - plain.len() == plain.bytes().filter(|byte| *byte == b'"').count();
                    return Some(if are_doubled { Cow::Owned(plain) } else { Cow::Borrowed(own) });
                }
                own
            }
            Self::Numbers => own_words(without_number(without_quotes(line)))?,
            Self::Count => numbered(line).map_or(line, |(_, own)| own),
            Self::Signs => own_words(without_quotes(line))?,
            Self::Name => without_name(line),
            Self::Time => behind_brackets(line).or_else(|| prefix::behind_time(line)).unwrap_or(line),
            Self::Syslog => without_head_of_syslog(line).unwrap_or(line),
            Self::Fields => return message_of_fields(line),
        };
        Some(Cow::Borrowed(own))
    }
}

/// Marks that are looked for in each line alone.
const OTHERS: [Mark; 5] = [Mark::Signs, Mark::Numbers, Mark::Name, Mark::Syslog, Mark::Fields];

/// Returns whether a time stands before each line of a text, and the first line behind it is one of a tail, with its time and its stream. A time of day
/// or a number may stand there in brackets, before a line of Lambda.
fn is_timed_tail(start: &str) -> bool {
    let mut lines = start.lines().filter(|line| !line.trim().is_empty());
    // The message of a tail may begin with a time, too, behind its stream.
    let is_of_tail =
        |line: &str| prefix::behind_time(line).is_some_and(|own| prefix::strip(own).begins_with_stream(own));
    let Some(first) = lines.next() else { return false };
    match behind_brackets(first) {
        Some(own) => frame::is_framed(own) && lines.all(|line| behind_brackets(line).is_some()),
        None => {
            prefix::behind_time(first).is_some_and(is_of_tail) && lines.all(|line| prefix::behind_time(line).is_some())
        }
    }
}

/// Returns what stands behind a time of day or a number in brackets.
///
/// `[14:12:03] a`, `[12] a` → `a`
fn behind_brackets(line: &str) -> Option<&str> {
    let (digits, behind) = line.strip_prefix('[')?.split_once(']')?;
    let is_clock = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b':' | b'.' | b','));
    is_clock.then(|| behind.strip_prefix(' ').unwrap_or(behind))
}

/// Returns whether `docker compose` wrote the name of a container before each line of a text, and one of them is Lambda's about an invocation. Such a
/// name ends with a number, so that it looks like a log stream.
fn is_of_container(start: &str) -> bool {
    const MOST_DIGITS: usize = 4;
    let is_name = |name: &str| {
        let number = name.rsplit(['-', '_']).next().unwrap_or_default();
        number.len() < name.len()
            && (1..=MOST_DIGITS).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && name.contains(|c: char| c.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
    };
    let own = |line: &'_ str| line.split_once('|').filter(|(name, _)| is_name(name.trim_end())).is_some();
    let is_of_lambda = |line: &str| {
        let own = without_name(line).trim_start();
        frame::is_framed(prefix::strip(prefix::behind_time(own).unwrap_or(own)).message)
            || frame::is_framed(prefix::strip(own).message)
    };
    let mut lines = start.lines().filter(|line| !line.trim().is_empty());
    lines.clone().any(is_of_lambda) && lines.all(own)
}

/// Returns whether `grep` wrote what stands behind the signs of quotes and lists, or within a fence.
fn grep_behind(signs: &Mark, start: &str) -> bool {
    let has_signs = start.lines().any(|line| own_words(without_quotes(line)) != Some(line));
    let own = || signs.without(start);
    has_signs && {
        let own = own();
        grep(&own).is_some_and(|name| Mark::Grep(name).is_before_events(&own))
    }
}

/// Returns whether a text begins as a log event does, of which kind whatsoever.
pub(super) fn is_event(text: &str) -> bool {
    let message = prefix::strip(text).message;
    prefix::is_head(message)
        || message.len() < text.len()
        || time::of_line(text).is_some()
        || wrapped::is_bare_record(text)
}

/// Returns how many blanks stand before each line from the first log event to the last one; None without any. The lines before
/// and behind may be a writer's. Objects are read with and without.
fn indentation(start: &str) -> Option<usize> {
    let is_event = |line: &str| {
        let own = line.trim_start();
        !own.starts_with(['{', '[']) && (is_event(own) || FlowFormat::of_header(own).is_some())
    };
    // Most texts have none, and their lines are not looked at.
    let may_be = start.lines().any(|line| line.starts_with(char::is_whitespace) && is_event(line));
    let lines: Vec<&str> = start.lines().filter(|line| may_be && !line.trim().is_empty()).collect();
    let first = lines.iter().position(|line| is_event(line))?;
    let last = lines.iter().rposition(|line| is_event(line))?;
    let least = |lines: &[&str]| least_blanks(lines.iter().copied());
    match least(&lines[first..=last]) {
        // The block was copied from the first letter of its first line, which has no lines of its own.
        0 if pending::has_no_lines_below(lines[first]) => {
            Some(least(&lines[first + 1..=last])).filter(|blanks| *blanks > 0)
        }
        blanks => Some(blanks).filter(|blanks| *blanks > 0),
    }
}

/// Returns how many blanks stand before each line that is not blank.
fn least_blanks<'t>(lines: impl Iterator<Item = &'t str>) -> usize {
    let blanks = |line: &str| line.chars().take_while(|c| c.is_whitespace()).count();
    lines.filter(|line| !line.trim().is_empty()).map(blanks).min().unwrap_or(0)
}

/// Takes off so many blanks at most.
fn without_blanks(line: &str, blanks: usize) -> &str {
    let end = line.char_indices().take(blanks).take_while(|(_, c)| c.is_whitespace()).last();
    &line[end.map_or(0, |(at, c)| at + c.len_utf8())..]
}

/// Returns the name before each line of a text, empty without one, where all are as `grep -n` or `grep -C` writes them; None if they
/// are not.
fn grep(start: &str) -> Option<String> {
    let lines = || start.lines().filter(|line| *line != "--" && !line.trim().is_empty() && !is_heading_of_grep(line));
    let named =
        lines().find_map(|line| line.split_once(':').map(|(name, _)| name).filter(|name| is_name_of_file(name)));
    [named, Some("")].into_iter().flatten().map(str::to_owned).find(|name| {
        let signs = [':', '-']
            .map(|sign| lines().any(|line| line[..].get(name.len()..).is_some_and(|rest| rest.starts_with(sign))));
        let are_mixed = signs == [true, true];
        // Where all have the same sign, it may be one of any text.
        (name.is_empty() || are_mixed) && lines().all(|line| without_mark_of_grep(line, name).is_some())
    })
}

/// A line without what `grep` writes before it: `12:a`, `12-a`; with a name `logs/a.log:12:a`, `logs/a.log-a` → `a`
fn without_mark_of_grep<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let numbered = |text: &'l str| {
        let behind = text.trim_start_matches(|c: char| c.is_ascii_digit());
        (1..=7).contains(&(text.len() - behind.len())).then(|| behind.strip_prefix([':', '-']))?
    };
    if name.is_empty() {
        return numbered(line);
    }
    let rest = line.strip_prefix(name)?.strip_prefix([':', '-'])?;
    // A date is no number of a line.
    Some(numbered(rest).filter(|_| time::at_start(rest).is_none()).unwrap_or(rest))
}

/// Fences of Markdown and tags of a page that stand before a text, and what stands behind it.
const FENCES: [(&str, &str); 5] =
    [("```", "```"), ("~~~", "~~~"), ("<p>", "</p>"), ("<pre>", "</pre>"), ("<code>", "</code>")];

/// Returns whether a text has lines that are fenced, or a fence on a line of a log event.
pub(super) fn is_fenced(text: &str) -> bool {
    text.lines().any(|line| FENCES.iter().any(|(fence, _)| line.trim_start().starts_with(fence)))
}

/// Returns a line without a fence before or behind it; nothing of a line that is a fence alone, or with the name of a language.
pub(super) fn without_fence(line: &str) -> &str {
    let own = line.trim_end();
    let own = FENCES.iter().find_map(|(_, end)| own.strip_suffix(end)).unwrap_or(line);
    match FENCES.iter().find_map(|(fence, _)| own.trim_start().strip_prefix(fence)) {
        Some(behind) if is_event(behind) => behind,
        Some(_) => "",
        None => own,
    }
}

/// Returns whether a line is the name of a file, as `rg` and `git grep --heading` write it above the lines of the file.
///
/// `logs/app.log`, `C:\\logs\\my app.log` → true
fn is_heading_of_grep(line: &str) -> bool {
    const LONGEST_BYTES: usize = 260;
    let path = line.get(2..).filter(|_| line.get(1..3) == Some(":\\")).unwrap_or(line);
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    let has_ending = name.rsplit_once('.').is_some_and(|(_, ending)| {
        (1..=5).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_alphanumeric())
    });
    let is_in_folder = name.len() < line.len() && !path.starts_with(' ');
    line.len() <= LONGEST_BYTES
        && !path.contains(['"', '(', '{', ',', ';', ':', '=', '\t'])
        && (has_ending && (is_in_folder || !path.contains(' ')) || is_name_of_file(line))
}

fn is_name_of_file(name: &str) -> bool {
    // A date of the first columns of CSV has slashes, too.
    !name.is_empty() && !name.contains([' ', '\t', '"', '(', '{', ',', ';', '|', '<', '=']) && name.contains(['/', '.'])
}

/// Returns whether log events of a text begin and end with a sign. Strings of JSON are read as such.
fn is_within(start: &str, sign: char) -> bool {
    let is_before_event = |line: &str| is_event(without_sign(line, sign));
    let ends = |line: &str| line.trim_end_matches([',', ' ', '\r']).ends_with(sign);
    let is_string = |line: &str| serde_json::from_str::<String>(line.trim().trim_end_matches(',')).is_ok();
    start.lines().any(ends)
        && start.lines().any(is_before_event)
        && (sign != '"' || !start.lines().filter(|line| line.starts_with('"')).all(is_string))
}

/// Takes off a sign before and behind a line.
fn without_sign(line: &str, sign: char) -> &str {
    let own = line.trim_start();
    let marked = MARKS.iter().find_map(|mark| own.strip_prefix(mark));
    let line = marked.unwrap_or(line).strip_prefix(sign).unwrap_or(line);
    line.trim_end_matches([',', ' ']).strip_suffix(sign).unwrap_or(line)
}

/// How `psql` heads each record of `-x`.
const RECORD_OF_PSQL: &str = "-[ RECORD ";

/// Returns the message of a line of fields; None if it has another field.
///
/// `time=2026-01-02T03:04:05Z level=info msg="a \"b\""` → `a "b"`; `message   : a` → `a`
fn message_of_fields(line: &str) -> Option<Cow<'_, str>> {
    let named = |(name, value)| Some((row::column(name)?, value));
    let fields = [" : ", " | "]
        .iter()
        .find_map(|sign| line.split_once(sign).and_then(|(name, value)| named((name.trim_end(), value))));
    if let Some((column, value)) = fields {
        return (column == Column::Message).then(|| Cow::Borrowed(without_break_of_psql(value)));
    }
    // Before the other lines of a value stands a bar.
    if line.starts_with(RECORD_OF_PSQL) {
        return None;
    }
    if let Some((before, value)) = line.split_once("| ")
        && before.trim().is_empty()
    {
        return Some(Cow::Borrowed(without_break_of_psql(value)));
    }
    let is_of_logfmt = line.split_once('=').is_some_and(|(name, _)| name == "level" || row::column(name).is_some());
    let quoted = [" msg=\"", " message=\"", " log=\""].iter().find_map(|key| Some(line.find(key)? + key.len() - 1));
    let message = quoted
        .filter(|_| is_of_logfmt)
        .and_then(|at| serde_json::Deserializer::from_str(&line[at..]).into_iter::<String>().next()?.ok());
    Some(message.map_or(Cow::Borrowed(line), Cow::Owned))
}

/// Takes off the sign of `psql` that a value goes on in the next line: `a    +` → `a`
fn without_break_of_psql(value: &str) -> &str {
    value.strip_suffix('+').filter(|rest| rest.ends_with(' ')).map_or(value, str::trim_end)
}

/// Takes off the marks of a mail that is quoted once or more often: `>> a`, `> > a`, `>a` → `a`
fn without_quotes(mut line: &str) -> &str {
    while let Some(rest) = line.strip_prefix('>') {
        line = rest.strip_prefix(' ').unwrap_or(rest);
    }
    line
}

/// Takes off the priority, time, host and program that syslog writes as RFC 3164 has it; its time has no year.
///
/// `<14>Mar  4 05:06:07 web-1 app[7]: a` → `a`
fn without_head_of_syslog(line: &str) -> Option<&str> {
    let is_number = |text: &str| !text.is_empty() && text.len() <= 3 && text.bytes().all(|byte| byte.is_ascii_digit());
    let rest = match line.strip_prefix('<').and_then(|rest| rest.split_once('>')) {
        Some((priority, rest)) if is_number(priority) => rest,
        _ => line,
    };
    let (month, rest) = rest.split_once(' ')?;
    let (day, rest) = rest.trim_start().split_once(' ')?;
    let (clock, rest) = rest.split_once(' ')?;
    let (_host, rest) = rest.split_once(' ')?;
    let (program, rest) = rest.split_once(": ")?;
    let is_time = MONTHS.contains(&month) && is_number(day) && clock.split(':').count() == 3;
    (is_time && !program.contains([' ', '"', '{', '('])).then_some(rest)
}

/// A line without the name before it: `logs/a.log:b`, `logs/a.log:12:b`, `app_1  | b` → `b`
fn without_name(line: &str) -> &str {
    let is_name = |name: &str| !name.is_empty() && !name.contains([' ', '\t', '"', '(', '{']);
    if let Some((name, rest)) =
        line.split_once("| ").or_else(|| line.split_once('|').filter(|(_, rest)| rest.is_empty()))
        && is_name(name.trim_end())
    {
        return rest;
    }
    let Some((_, rest)) = line.split_once(':').filter(|(name, _)| is_name_of_file(name)) else {
        return line;
    };
    without_number_of_line(rest).unwrap_or(rest)
}

/// `12:b` → `b`
fn without_number_of_line(line: &str) -> Option<&str> {
    let behind = line.trim_start_matches(|c: char| c.is_ascii_digit());
    (1..=7).contains(&(line.len() - behind.len())).then(|| behind.strip_prefix(':'))?
}

/// Splits a line into its number, with blanks before and one sign behind it, and the rest: `   12 a` → (12, `a`)
fn numbered(line: &str) -> Option<(u32, &str)> {
    let text = line.trim_start();
    let (digits, behind) = text.split_at(text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len());
    let own = if behind.is_empty() { behind } else { behind.strip_prefix([' ', '\t', ':'])? };
    (digits.len() <= 7).then(|| digits.parse().ok())?.map(|number| (number, own))
}

/// Returns whether each line has its number, and they rise, or is behind how often it stands there, as `uniq -c` writes it.
fn is_counted(start: &str) -> bool {
    const WIDTH: usize = 7;
    let is_of_uniq = |line: &str| {
        let (number, behind) = line.split_at_checked(WIDTH).unwrap_or_default();
        number.starts_with(' ') && number.trim_start().parse::<u32>().is_ok() && behind.starts_with(' ')
    };
    // The last line may be cut off by us, also within its number.
    let whole = start.rsplit_once('\n').map_or(start, |(whole, _)| whole);
    let numbers =
        whole.lines().filter(|line| !line.trim().is_empty()).map(|line| numbered(line).map(|(number, _)| number));
    let mut before = None;
    let rise = |number: Option<u32>| number.is_some() && std::mem::replace(&mut before, number) < number;
    whole.lines().count() > 1 && (numbers.into_iter().all(rise) || whole.lines().all(is_of_uniq))
}

/// A line without the number of a list or of an editor: `12. a`, `12) a`, `12: a`, `    12\ta` → `a`
fn without_number(line: &str) -> &str {
    let numbered = line.trim_start();
    let behind = numbered.trim_start_matches(|c: char| c.is_ascii_digit());
    let is_number = (1..=7).contains(&(numbered.len() - behind.len()));
    let rest = [". ", ") ", ": ", "\t"].iter().find_map(|sign| behind.strip_prefix(sign));
    // `grep -n` and `less -N` leave less between, so a log event must follow.
    let close = || behind.strip_prefix([':', ' ']).filter(|rest| prefix::is_head(prefix::strip(rest).message));
    rest.or_else(close).filter(|_| is_number).unwrap_or(line)
}

/// Returns a line without marks of quotes and lists; None for a fence.
fn own_words(line: &str) -> Option<&str> {
    let mut rest = line;
    for _ in 0..MOST_MARKS {
        let marked = rest.trim_start();
        let Some(mark) = MARKS.iter().find(|mark| marked.starts_with(**mark)) else { break };
        let behind = &marked[mark.len()..];
        // A path or a flow log's unset field is no item of a list.
        if *mark == "- " && (behind.starts_with(['/', '-']) || behind.starts_with("eni-")) {
            break;
        }
        rest = behind;
    }
    if rest.trim_start().starts_with("```") {
        return None;
    }
    // An item of a list may be code.
    let code = rest.trim().strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    let rest = code.filter(|code| !code.contains('`')).unwrap_or(rest);
    Some(without_page_time(rest).unwrap_or(rest))
}

/// Takes off `Mar 18, 03:01:28 PM: ` and the like.
fn without_page_time(line: &str) -> Option<&str> {
    let (month, rest) = line.trim_start().split_once(' ')?;
    if !MONTHS.contains(&month) {
        return None;
    }
    let (day, rest) = rest.trim_start().split_once(' ')?;
    let (clock, rest) = rest.trim_start().split_once([' ', '\t'])?;
    let is_number = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
    if !is_number(day.trim_end_matches(',')) || clock.split(':').count() != 3 || !clock.split(':').all(is_number) {
        return None;
    }
    let rest = rest.trim_start();
    let behind = ["AM", "PM"].iter().find_map(|half| rest.strip_prefix(half)).unwrap_or(rest);
    Some(behind.trim_start_matches([':', ' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_fences_are_no_part_of_the_log() {
        let rows = [
            ("> (id) a\n> (id) b", "(id) a\n(id) b"),
            ("- (id) a", "(id) a"),
            ("// (id) a\n# (id) b", "(id) a\n(id) b"),
            ("```text\n(id) a\n```", "(id) a"),
            ("  > - a\n", "a\n"),
            ("Mar 18, 03:01:28 PM: Task timed out", "Task timed out"),
            ("Mar 18 03:01:28 Task timed out", "Task timed out"),
        ];
        for (text, own) in rows {
            assert_eq!(unquoted(text), own, "{text}");
        }
    }

    #[test]
    fn lines_of_a_log_stay_as_they_are() {
        for text in [
            "- /var/task/orders.js",
            "- eni-0a1b 10.0.0.7 -",
            "Thu May 04 17:48:21 UTC 2024 : Execution failed",
            "  indented\n\n(id) a",
            "May we",
            "",
        ] {
            assert!(matches!(unquoted(text), Cow::Borrowed(_)), "{text}");
        }
    }
}
