//! Lines of Lambda that something broke: the pieces of one are put together again by what the platform writes in it.
//!
//! A mail or a terminal breaks a line at any column, and may lose the blank there. So the pieces are compared without blanks, and
//! a whole line is written again. A piece that does not go on with the line as the platform would write it is another line.

use std::borrow::Cow;

use why5xx::record::lambda::{InvocationId, NODE_FRAMES};

use super::brackets::Brackets;
use super::prefix;
use super::terminal::without_cut_sign;
use super::wrap::begins;

/// Most pieces of one line that are put together as the platform writes it, and longest line that more is added to; our own bounds.
const MOST_PIECES: usize = 500;
const LONGEST_BYTES: usize = 64 * 1024;

/// Bytes of a line that show what it is. No more are looked at for each piece.
const START_BYTES: usize = 4_096;

/// Returns the beginning of a line, which shows what it is.
pub(super) fn start_of(line: &str) -> &str {
    &line[..line.floor_char_boundary(START_BYTES)]
}

/// A line that is put together from its pieces.
#[derive(Debug)]
pub(super) struct Pieces {
    /// Text of the pieces so far.
    whole: String,
    /// The last piece.
    last: String,
    /// It ends with a colon.
    ends_with_colon: bool,
    /// Bytes that a tool put before the line; None where it is known that none did.
    head: Option<usize>,
    /// The object behind an error of Node.js, as far as it was read.
    object: Option<Brackets>,
    count: usize,
}

impl Pieces {
    /// Of a line that a tool may have put something before.
    pub(super) fn of(line: String) -> Self {
        Self::new(line, Some(0))
    }

    /// Of the first line of a message.
    fn of_message(line: &str) -> Self {
        Self::new(line.to_owned(), None)
    }

    fn new(line: String, head: Option<usize>) -> Self {
        let mut pieces =
            Self { whole: String::new(), last: String::new(), ends_with_colon: false, head, object: None, count: 1 };
        pieces.set_last(&line);
        pieces.whole = line;
        pieces.look();
        pieces
    }

    /// Returns the line as far as it was read.
    pub(super) fn into_line(self) -> String {
        self.whole
    }

    /// Returns the same without what a tool put before it.
    pub(super) fn message(&self) -> &str {
        &self.whole[self.head.unwrap_or(0)..]
    }

    /// Returns the last piece.
    pub(super) fn last(&self) -> &str {
        &self.last
    }

    /// Returns whether the last piece ends with a colon, blanks aside.
    pub(super) fn ends_with_colon(&self) -> bool {
        self.ends_with_colon
    }

    fn set_last(&mut self, line: &str) {
        line.clone_into(&mut self.last);
        self.ends_with_colon = line.trim_end().ends_with(':');
    }

    /// Adds the next line if it goes on with this one as the platform would write it.
    pub(super) fn add(&mut self, line: &str, is_hard: bool) -> bool {
        if line.trim().is_empty() || self.message().len() > LONGEST_BYTES || self.count >= MOST_PIECES {
            return false;
        }
        if self.object.as_ref().is_some_and(Brackets::are_open) {
            if begins(line) {
                return false;
            }
            let blank = if is_hard || self.whole.ends_with([' ', '\t']) { "" } else { " " };
            self.push(blank, line);
        } else if let Some(joined) = joined(self.message(), line) {
            self.whole.truncate(self.head.unwrap_or(0));
            self.whole.push_str(&joined);
            self.set_last(line);
            self.look();
        } else {
            return false;
        }
        self.count += 1;
        true
    }

    /// Adds the next line, behind what stood between the two.
    pub(super) fn push(&mut self, between: &str, line: &str) {
        self.whole.push_str(between);
        self.whole.push_str(line);
        self.set_last(line);
        match &mut self.object {
            Some(object) => {
                object.read(between);
                object.read(line);
            }
            None if self.whole.len() <= START_BYTES => self.look(),
            None => {}
        }
    }

    /// Looks for what the line is.
    fn look(&mut self) {
        if self.head.is_some() {
            let start = start_of(&self.whole);
            // What a tool put before the line stays there; a time alone may be the line's own.
            let message = Some(prefix::strip(start).message).filter(|message| !message.is_empty()).unwrap_or(start);
            self.head = Some(start.len() - message.len());
        }
        self.object = error_of_node(self.message());
    }
}

/// Returns the object in which Node.js reports an error, read as far as the line goes; None for any other line.
fn error_of_node(line: &str) -> Option<Brackets> {
    let at = start_of(line).find('{')?;
    is_head_of_node(&line[..at]).then(|| {
        let mut object = Brackets::default();
        object.read(&line[at..]);
        object
    })
}

/// Returns whether Node.js writes the object of an error behind this text.
pub(super) fn is_head_of_node(before: &str) -> bool {
    before.contains("ERROR") && NODE_FRAMES.iter().any(|(words, _)| before.trim_end().ends_with(words))
}

/// How much of a line of the platform a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Extent {
    /// The line lacks its end.
    Open,
    /// It is whole, as the platform writes it. The next piece may hold more of its fields.
    Whole(String),
}

/// Returns whether the next line may go on with this one.
pub(super) fn may_go_on(line: &str) -> bool {
    /// Of time and id, behind which the line may have been broken.
    const HEAD_BYTES: usize = 96;
    let may_be = match line.trim_start().as_bytes().first() {
        Some(b'S' | b'E' | b'R') => line.contains("Req"),
        Some(b'0'..=b'9' | b'a'..=b'f') => line.len() <= HEAD_BYTES || line.contains(" Task") || line.contains("ERROR"),
        _ => false,
    };
    may_be && (extent(line).is_some() || error_of_node(line).is_some_and(|object| object.are_open()))
}

/// How the platform's lines about an invocation begin.
pub(super) const HEADS: [&str; 3] = ["START RequestId: ", "END RequestId: ", "REPORT RequestId: "];

/// Returns whether a line begins as one of the platform about an invocation.
pub(super) fn is_framed(line: &str) -> bool {
    HEADS.iter().any(|head| line.starts_with(head.trim_end()))
}

/// The id behind the words of a line of the platform, and what follows it.
fn id_behind<'l>(line: &'l str, head: &str) -> Option<(&'l str, &'l str)> {
    let (id, behind) = line.strip_prefix(head)?.split_at_checked(36)?;
    InvocationId::new(id).as_uuid().map(|_| (id, behind))
}

/// Returns the id of the invocation that a message begins.
pub(super) fn id_of_start(message: &str) -> Option<&str> {
    id_behind(message, "START RequestId: ").map(|(id, _)| id)
}

/// Returns whether an invocation ends within one of the lines of a message: no client knows its id.
pub(super) fn holds_end_of(message: &str, id: &str) -> bool {
    !id.is_empty()
        && !is_framed(message)
        && memchr::memmem::find_iter(message.as_bytes(), id).any(|at| {
            let before = &message[..at];
            let head = ["END RequestId: ", "REPORT RequestId: "].iter().find_map(|head| before.strip_suffix(head));
            head.is_some_and(|before| !before.trim_end_matches([' ', '\t']).is_empty() && !before.ends_with('\n'))
        })
}

/// Returns whether other lines stand behind the end of one of the platform.
///
/// `START RequestId: 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5 Version: 7 [ERROR] KeyError: 'a'` → true
pub(super) fn has_more_behind(line: &str) -> bool {
    const LATER: [&str; 4] = [" RequestId: ", " Task timed out after ", "[ERROR]", "\tERROR\t"];
    let is_of_version = |c: char| c.is_ascii_alphanumeric() || matches!(c, '$' | '.' | '_');
    let behind_version = |rest: &'_ str| {
        let version =
            rest.strip_prefix(" Version: ").map(|version| version.trim_start_matches(is_of_version).to_owned());
        version.unwrap_or_else(|| rest.to_owned())
    };
    let start = id_behind(line, "START RequestId: ").map(|(_, rest)| behind_version(rest));
    let end = || id_behind(line, "END RequestId: ").map(|(_, rest)| rest.to_owned());
    match start.or_else(end) {
        Some(rest) => {
            let rest = ["\\n", "\\r", "\\t", "<br>", "<br/>"].iter().fold(rest, |rest, sign| rest.replace(sign, " "));
            rest.contains(char::is_alphanumeric)
        }
        None => id_behind(line, "REPORT RequestId: ")
            .is_some_and(|(_, rest)| LATER.iter().any(|words| rest.contains(words))),
    }
}

/// Returns whether a line of the platform has signs in place of its id, as where a person blanked it.
pub(super) fn is_blanked(line: &str) -> bool {
    let id = line.split_once("RequestId: ").and_then(|(_, rest)| rest.split_whitespace().next());
    is_framed(line) && id.is_some_and(|id| !id.contains(|c: char| c.is_ascii_hexdigit()))
}

/// Returns the first words of a line of the platform, and its id.
pub(super) fn head_and_id(line: &str) -> Option<(&'static str, &str)> {
    ["START RequestId: ", "END RequestId: ", "REPORT RequestId: "]
        .into_iter()
        .find_map(|head| id_behind(line, head).map(|(id, _)| (head, id)))
}

/// Returns whether a text is a line of the platform without its end.
pub(super) fn is_broken(text: &str) -> bool {
    // A page that has no room for the line puts dots for its end, a pager its sign.
    let line = without_cut_sign(text.trim_start());
    // The type of an error may end with such a sign.
    if line.len() < text.trim().len()
        && is_framed(line)
        && line.len() > "REPORT RequestId: ".len()
        && !line.contains('<')
    {
        return true;
    }
    // A short id is no piece of one: a person made it up.
    let may_be_id = |id: &str| id.is_empty() || id.len() >= "0c1d2e3f".len();
    let has_id = || line.split_once("RequestId:").is_some_and(|(_, id)| may_be_id(id.trim()));
    // A logger may write the level alone.
    let has_sign = line.len() < text.trim().len();
    let is_error = || has_sign && line.split_once("ERROR").is_some_and(|(_, words)| words.trim().len() > "In".len());
    // Functions print their own id alone.
    let is_exit =
        || line.starts_with("RequestId: ") && [" Error: ", " Process exited"].iter().any(|words| line.contains(words));
    let may_be = is_framed(line) && has_id() || line.contains(" Task") || is_exit() || is_error();
    may_be && extent(line) == Some(Extent::Open)
}

/// Returns the line of which `whole` is the beginning and `line` the next piece; None if they are two lines.
fn joined(whole: &str, line: &str) -> Option<String> {
    // Behind the whole value of a report, its next field follows; behind anything else that is whole, another line.
    let is_whole = matches!(extent(whole)?, Extent::Whole(_));
    let next = squeezed(line);
    let may_follow = |name: &str| name.starts_with(&next) || next.starts_with(name);
    let is_report = whole.trim_start().starts_with("REPORT");
    if is_whole && !(is_report && FIELDS.iter().any(|(name, _)| may_follow(&squeezed(name)))) {
        return None;
    }
    let both = format!("{} {}", whole.trim_end(), line.trim_start());
    if let Some((head, object)) = both.split_once('{') {
        let text = squeezed(head) + "{";
        let mut rest = FrameText { text: &text, line: String::new() };
        return error(&mut rest).is_ok().then(|| format!("{}{object}", rest.line));
    }
    match extent(&both)? {
        Extent::Whole(line) => Some(line),
        Extent::Open => Some(both),
    }
}

/// Returns a message that has line breaks, without those within a line of the platform.
pub(super) fn without_breaks(message: &str) -> Cow<'_, str> {
    let Some((first, mut rest)) = message.split_once('\n') else { return Cow::Borrowed(message) };
    if !may_go_on(first) {
        return Cow::Borrowed(message);
    }
    let mut whole = Pieces::of_message(first);
    while !rest.is_empty() {
        let (line, behind) = rest.split_once('\n').unwrap_or((rest, ""));
        if !whole.add(line, false) {
            break;
        }
        rest = behind;
    }
    match (whole.count > 1, rest.is_empty()) {
        (false, _) => Cow::Borrowed(message),
        (true, true) => Cow::Owned(whole.into_line()),
        (true, false) => Cow::Owned(format!("{}\n{rest}", whole.whole)),
    }
}

/// A text without blanks that is read from its start, and what was written again of it.
struct FrameText<'t> {
    text: &'t str,
    line: String,
}

/// Why reading stopped.
enum FrameEnd {
    /// The text ended.
    End,
    /// Something else follows.
    Other,
}

impl<'t> FrameText<'t> {
    /// Reads words, which are written with their blanks.
    fn words(&mut self, words: &str) -> Result<(), FrameEnd> {
        let plain = squeezed(words);
        if let Some(rest) = self.text.strip_prefix(plain.as_str()) {
            self.text = rest;
            self.line.push_str(words);
            return Ok(());
        }
        Err(if plain.starts_with(self.text) { FrameEnd::End } else { FrameEnd::Other })
    }

    /// Reads so many characters, each of which is one of those.
    fn exactly(&mut self, count: usize, is_sign: impl Fn(usize, u8) -> bool) -> Result<(), FrameEnd> {
        let signs = self.text.bytes().take(count).enumerate().take_while(|(at, byte)| is_sign(*at, *byte)).count();
        if signs < count {
            return Err(if signs == self.text.len() { FrameEnd::End } else { FrameEnd::Other });
        }
        let (read, rest) = self.text.split_at(count);
        self.line.push_str(read);
        self.text = rest;
        Ok(())
    }

    fn uuid(&mut self) -> Result<(), FrameEnd> {
        self.exactly(
            36,
            |at, byte| if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() },
        )
    }

    /// `2026-01-02T03:04:05.678Z`
    fn time(&mut self) -> Result<(), FrameEnd> {
        const FORM: &[u8; 24] = b"0000-00-00T00:00:00.000Z";
        self.exactly(FORM.len(), |at, byte| if FORM[at] == b'0' { byte.is_ascii_digit() } else { byte == FORM[at] })
    }

    fn number(&mut self) -> Result<(), FrameEnd> {
        let end = self.text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'.').count();
        let (number, rest) = self.text.split_at(end);
        if rest.is_empty() || end == 0 {
            return Err(if rest.is_empty() { FrameEnd::End } else { FrameEnd::Other });
        }
        self.line.push_str(number);
        self.text = rest;
        Ok(())
    }
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Returns how much of a line of the platform a text is; None if it is no such line.
fn extent(text: &str) -> Option<Extent> {
    /// Longest line of the platform; our own bound.
    const LONGEST_FRAME_BYTES: usize = 1_024;
    if text.len() > LONGEST_FRAME_BYTES {
        return None;
    }
    let text = squeezed(text);
    [start, end, report, exit, timed_out, error].into_iter().find_map(|read| {
        let mut rest = FrameText { text: &text, line: String::new() };
        match read(&mut rest) {
            Ok(()) if rest.text.is_empty() => Some(Extent::Whole(rest.line)),
            // Fewer characters begin lines of any kind.
            Err(FrameEnd::End) if text.len() >= 8 => Some(Extent::Open),
            _ => None,
        }
    })
}

fn start(rest: &mut FrameText<'_>) -> Result<(), FrameEnd> {
    rest.words("START RequestId: ")?;
    rest.uuid()?;
    rest.words(" Version: ")?;
    match rest.text.strip_prefix('$') {
        Some(_) => rest.words("$LATEST"),
        None => rest.exactly(rest.text.len().max(1), |_, byte| byte.is_ascii_digit()),
    }
}

fn end(rest: &mut FrameText<'_>) -> Result<(), FrameEnd> {
    rest.words("END RequestId: ")?;
    rest.uuid()
}

fn timed_out(rest: &mut FrameText<'_>) -> Result<(), FrameEnd> {
    invocation(rest)?;
    rest.words(" Task timed out after ")?;
    rest.number()?;
    rest.words(" seconds")
}

/// Time and id, as runtimes put them before their lines.
fn invocation(rest: &mut FrameText<'_>) -> Result<(), FrameEnd> {
    if rest.text.get(4..5) == Some("-") {
        rest.time()?;
        rest.line.push(' ');
    }
    rest.uuid()
}

/// The head of an error of Node.js, up to its object.
fn error(rest: &mut FrameText<'_>) -> Result<(), FrameEnd> {
    invocation(rest)?;
    rest.words("\tERROR\t")?;
    let mut ends = false;
    for (words, _) in NODE_FRAMES {
        match rest.words(&format!("{words} \t{{")) {
            Ok(()) => return Ok(()),
            Err(FrameEnd::End) => ends = true,
            Err(FrameEnd::Other) => {}
        }
    }
    Err(if ends { FrameEnd::End } else { FrameEnd::Other })
}

/// Sentences of the platform about a process that ended, and what stands behind each.
fn exit(rest: &mut FrameText<'_>) -> Result<(), FrameEnd> {
    const SENTENCES: [&str; 4] = [
        " Error: Runtime exited with error: exit status ",
        " Error: Runtime exited with error: signal: ",
        " Error: Runtime exited without providing a reason",
        " Process exited before completing request",
    ];
    rest.words("RequestId: ")?;
    rest.uuid()?;
    let mut ends = false;
    for sentence in SENTENCES {
        match rest.words(sentence) {
            Ok(()) if !sentence.ends_with(' ') => return Ok(()),
            Ok(()) => {
                if "killed".starts_with(rest.text) {
                    return rest.words("killed");
                }
                return rest.exactly(rest.text.len().max(1), |_, byte| byte.is_ascii_alphanumeric());
            }
            Err(FrameEnd::End) => ends = true,
            Err(FrameEnd::Other) => {}
        }
    }
    Err(if ends { FrameEnd::End } else { FrameEnd::Other })
}

/// Fields of a report, and the unit of their value.
const FIELDS: [(&str, &str); 13] = [
    ("Duration: ", " ms"),
    ("Billed Duration: ", " ms"),
    ("Memory Size: ", " MB"),
    ("Max Memory Used: ", " MB"),
    ("Init Duration: ", " ms"),
    ("Restore Duration: ", " ms"),
    ("Billed Restore Duration: ", " ms"),
    ("XRAY TraceId: ", ""),
    ("SegmentId: ", ""),
    ("Sampled: ", ""),
    ("Status: ", ""),
    ("Error Type: ", ""),
    ("Phase: ", ""),
];

fn report(rest: &mut FrameText<'_>) -> Result<(), FrameEnd> {
    rest.words("REPORT RequestId: ")?;
    rest.uuid()?;
    while !rest.text.is_empty() {
        rest.line.push('\t');
        let mut stop = FrameEnd::Other;
        let mut found = None;
        for (name, unit) in FIELDS {
            match rest.words(name) {
                Ok(()) => {
                    found = Some((name, unit));
                    break;
                }
                Err(FrameEnd::End) => stop = FrameEnd::End,
                Err(FrameEnd::Other) => {}
            }
        }
        let Some((name, unit)) = found else { return Err(stop) };
        if unit.is_empty() {
            word(rest, name)?;
        } else {
            rest.number()?;
            rest.words(unit)?;
        }
    }
    // Whoever prints a report by hand leaves fields out.
    Ok(())
}

/// Reads the value of a field that is no number.
fn word(rest: &mut FrameText<'_>, name: &str) -> Result<(), FrameEnd> {
    let words: &[&str] = match name {
        "Status: " => &["timeout", "error", "success", "failure"],
        "Phase: " => &["invoke", "init", "restore"],
        "Sampled: " => &["true", "false"],
        "SegmentId: " => return rest.exactly(16, |_, byte| byte.is_ascii_hexdigit()),
        "XRAY TraceId: " => return rest.exactly(35, |_, byte| byte.is_ascii_hexdigit() || byte == b'-'),
        // The type of an error ends where a field begins, or the text ends.
        _ => {
            let ends = FIELDS.iter().filter_map(|(name, _)| rest.text.find(squeezed(name).as_str()));
            let end = ends.min().unwrap_or(rest.text.len());
            return rest.exactly(end.max(1), |_, byte| byte.is_ascii_alphanumeric() || byte == b'.');
        }
    };
    let mut ends = false;
    for word in words {
        match rest.words(word) {
            Ok(()) => return Ok(()),
            Err(FrameEnd::End) => ends = true,
            Err(FrameEnd::Other) => {}
        }
    }
    Err(if ends { FrameEnd::End } else { FrameEnd::Other })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";

    /// The line that two pieces are.
    fn both(first: &str, second: &str) -> Option<String> {
        let mut pieces = Pieces::of_message(first);
        pieces.add(second, false).then(|| pieces.into_line())
    }

    fn lines() -> Vec<String> {
        vec![
            format!("START RequestId: {ID} Version: $LATEST"),
            format!("2026-05-04T12:00:03.000Z {ID} Task timed out after 3.00 seconds"),
            format!("RequestId: {ID} Error: Runtime exited with error: signal: killed"),
            format!("END RequestId: {ID}"),
            format!(
                "REPORT RequestId: {ID}\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\tInit Duration: 101.90 ms\tXRAY TraceId: 1-6a5e0b7a-0123456789abcdef01234567\tSegmentId: 0a1b2c3d4e5f6071\tSampled: true\tStatus: timeout"
            ),
        ]
    }

    #[test]
    fn a_line_of_the_platform_is_whole_again_wherever_it_was_broken() {
        for line in lines() {
            for at in 24..line.len() {
                let (first, second) = line.split_at(at);
                for (first, second) in [(first, second), (first.trim_end(), second.trim_start())] {
                    if first.len() < 24 || second.is_empty() {
                        continue;
                    }
                    assert!(may_go_on(first), "{first}");
                    assert_eq!(both(first, second).as_deref(), Some(line.as_str()), "{first}|{second}");
                }
            }
        }
    }

    #[test]
    fn what_the_platform_would_not_write_is_another_line() {
        for line in lines() {
            for other in ["hello", "Duration of the order: 7", "{\"a\": 1}", "Status", &format!("END RequestId: {ID}")]
            {
                let joined = both(&line, other);
                assert!(joined.is_none() || other == "Status" && line.starts_with("REPORT"), "{line} + {other}");
            }
            assert!(!is_broken(&line), "{line}");
        }
        let log = format!("2026-05-04T12:00:03.000Z\t{ID}\tINFO\thello");
        assert!(!may_go_on(&log) && !may_go_on("hello") && !may_go_on("REPORT RequestId: x"));
    }

    #[test]
    fn a_line_without_its_end_is_broken() {
        for text in [
            format!("2026-05-04T12:00:03.000Z {ID} Task"),
            format!("REPORT RequestId: {ID}\tDuration: 3000.00 ms\tBilled"),
            format!("START RequestId: {}", &ID[..20]),
            format!("2026-05-04T12:00:03.000Z {ID} Task tim..."),
            format!("REPORT RequestId: {ID}\tDuration: 3000.00 ms\tBill\u{2026}"),
        ] {
            assert!(is_broken(&text), "{text}");
        }
        for text in [
            "END RequestId: 1".to_owned(),
            format!("2026-05-04T12:00:03.000Z {ID}"),
            format!("REPORT RequestId: {ID}\tDuration: 1.00 ms"),
        ] {
            assert!(!is_broken(&text), "{text}");
        }
    }

    #[test]
    fn an_error_of_node_goes_on_to_the_end_of_its_object() {
        let first = format!("2026-05-04T12:00:03.000Z\t{ID}\tERROR\tInvoke Error \t{{\"errorType\":\"TypeError\",");
        assert_eq!(both(&first, "\"stack\":[]}"), Some(format!("{first} \"stack\":[]}}")));
        assert_eq!(both(&first, &format!("END RequestId: {ID}")), None);
        let head = format!("2026-05-04T12:00:03.000Z {ID} ERROR");
        let mut pieces = Pieces::of_message(&head);
        assert!(pieces.add("Invoke Error {\"errorType\":", false) && pieces.add("\"a\"}", false));
        assert!(pieces.object.is_some_and(|object| !object.are_open()), "{}", pieces.whole);
    }
}
