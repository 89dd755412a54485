//! Lines of a format that the settings declare, read against the format's own text.
//!
//! A format is literals with variables between them. What the server writes has a closed alphabet, so a literal, the
//! value behind it and the next literal can be found together: such a chain is a [`Block`]. Between two blocks stands a
//! value that may hold anything, such as a client's path. It may also hold a copy of the next block. So each block is
//! looked for from the left and from the right, and every place between that it may have is a reading of the line. A line
//! counts if all readings agree; nothing is tried again, so the time is linear.

use std::ops::Range;

use memchr::memmem::{Finder, FinderRev};

use super::fields::AccessFields;
use super::names::LineNames;
use super::statuses::{Statuses, Verdict};
use super::vocabulary::Variable;
use super::{AccessLine, set_value, token};
use crate::decode::Message;
use crate::settings::AccessLogFormat;

/// Longest value that the server writes, in bytes; our own limit. A route has some hundred at most.
const LONGEST_VALUE_BYTES: usize = 512;

/// A declared format.
#[derive(Debug, Clone)]
pub struct DeclaredFormat {
    blocks: Vec<Block>,
    /// The variable between a block and the next one, if it matters.
    between: Vec<Option<Variable>>,
    is_json: bool,
}

/// Literals with values of the server between them.
#[derive(Debug, Clone)]
struct Block {
    first: String,
    finder: Finder<'static>,
    finder_rev: FinderRev<'static>,
    /// Each value, and the literal behind it.
    rest: Vec<(ServerVariable, String)>,
}

/// Variable that the server writes.
#[derive(Debug, Clone, Copy)]
struct ServerVariable {
    alphabet: Alphabet,
    variable: Option<Variable>,
    /// Where the format has it first. Two variables may fill one field: `integration.status` and `integrationStatus` differ.
    nth: usize,
}

/// Closed alphabet of a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    /// Three digits, or `-`.
    Status,
    Number,
    /// Ids, stages.
    Word,
    /// Type of an error response, or `-`. The shortest type is `THROTTLED`; an acronym in the text of an error is shorter.
    Type,
    Address,
    Time,
    /// A resource or a route, as configured.
    Route,
}

impl Alphabet {
    /// Returns the alphabet of a variable; None if a client may write it, or a function's error.
    fn of_variable(variable: &str) -> Option<Self> {
        Some(match variable {
            "status"
            | "integrationStatus"
            | "integration.status"
            | "integration.integrationStatus"
            | "authorizer.status"
            | "authorizer.integrationStatus"
            | "authorize.status"
            | "authenticate.status"
            | "waf.status" => Self::Status,
            "responseLength" | "requestTimeEpoch" | "accountId" | "identity.accountId" => Self::Number,
            name if name.ends_with("atency") => Self::Number,
            "requestId"
            | "extendedRequestId"
            | "connectionId"
            | "messageId"
            | "awsEndpointRequestId"
            | "awsEndpointRequestId2"
            | "integration.requestId"
            | "authorizer.requestId"
            | "apiId"
            | "stage"
            | "deploymentId"
            | "resourceId"
            | "eventType"
            | "protocol"
            | "wafResponseCode" => Self::Word,
            "error.responseType" => Self::Type,
            "identity.sourceIp" => Self::Address,
            "requestTime" => Self::Time,
            "resourcePath" | "routeKey" => Self::Route,
            _ => return None,
        })
    }

    fn has(self, b: u8) -> bool {
        match self {
            Self::Status | Self::Number => b.is_ascii_digit() || matches!(b, b'-' | b'.'),
            Self::Word => b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'=' | b'+' | b'/' | b'$' | b'.'),
            Self::Type => b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'),
            Self::Address => b.is_ascii_alphanumeric() || matches!(b, b'.' | b':' | b'-'),
            Self::Time => b.is_ascii_alphanumeric() || matches!(b, b'/' | b':' | b'+' | b'-' | b' '),
            Self::Route => b.is_ascii_graphic() && !matches!(b, b'"' | b'\\' | b',' | b'<' | b'>') || b == b' ',
        }
    }

    fn is_whole(self, value: &[u8]) -> bool {
        match self {
            Self::Status => value == b"-" || value.len() == 3 && value.iter().all(u8::is_ascii_digit),
            Self::Type => value == b"-" || value.len() >= "THROTTLED".len(),
            _ => !value.is_empty(),
        }
    }
}

impl DeclaredFormat {
    /// Compiles a format.
    ///
    /// `$context.requestId $context.status` → a format that reads `0f6a4e0c 502` as `Failed`
    pub fn new(format: &AccessLogFormat) -> Self {
        let (mut blocks, mut between) = (Vec::new(), Vec::new());
        let (mut first, mut rest) = (format.first.clone(), Vec::new());
        for (nth, (name, literal)) in format.rest.iter().enumerate() {
            let variable = Variable::of_context(name);
            let is_last = nth + 1 == format.rest.len();
            // An alphabet shows where a value ends only if the literal behind it starts with another character.
            let ends = |alphabet: &Alphabet| literal.bytes().next().map_or(is_last, |b| !alphabet.has(b));
            match Alphabet::of_variable(name).filter(ends) {
                Some(alphabet) => {
                    let first = format.rest.iter().position(|(other, _)| other == name);
                    rest.push((ServerVariable { alphabet, variable, nth: first.unwrap_or(nth) }, literal.clone()));
                }
                None => {
                    blocks.push(Block::new(std::mem::replace(&mut first, literal.clone()), std::mem::take(&mut rest)));
                    between.push(variable);
                }
            }
        }
        blocks.push(Block::new(first, rest));
        Self { blocks, between, is_json: format.first.starts_with('{') }
    }

    /// Returns whether its lines are objects of JSON.
    pub fn is_json(&self) -> bool {
        self.is_json
    }

    /// Parses a line.
    pub(super) fn line(&self, text: &str) -> AccessLine {
        let Some(reading) = FormatReading::parse(self, text) else { return AccessLine::NoStatus };
        match reading.statuses.verdict() {
            Verdict::None => AccessLine::NoStatus,
            Verdict::Healthy => AccessLine::Healthy,
            Verdict::Ambiguous => AccessLine::Ambiguous,
            Verdict::Failed(status) => {
                reading.fields(status).map_or(AccessLine::Ambiguous, |fields| AccessLine::Failed(Box::new(fields)))
            }
        }
    }
}

impl Block {
    fn new(first: String, rest: Vec<(ServerVariable, String)>) -> Self {
        let finder = Finder::new(first.as_bytes()).into_owned();
        let finder_rev = FinderRev::new(first.as_bytes()).into_owned();
        Self { first, finder, finder_rev, rest }
    }

    /// Returns the end of the block if it starts at `start`. `on_value` gets each value of the server.
    fn end(&self, bytes: &[u8], start: usize, mut on_value: impl FnMut(ServerVariable, Range<usize>)) -> Option<usize> {
        let mut at = start + self.first.len();
        if !bytes.get(start..)?.starts_with(self.first.as_bytes()) {
            return None;
        }
        for (server, literal) in &self.rest {
            let has = |b: &&u8| server.alphabet.has(**b);
            let length = bytes[at..].iter().take(LONGEST_VALUE_BYTES).take_while(has).count();
            let value = at..at + length;
            at = value.end + literal.len();
            if !server.alphabet.is_whole(&bytes[value.clone()]) || !bytes[value.end..].starts_with(literal.as_bytes()) {
                return None;
            }
            on_value(*server, value);
        }
        Some(at)
    }

    /// Returns the places of the block within `span`, from the left.
    fn places<'b>(&'b self, bytes: &'b [u8], span: Range<usize>) -> impl Iterator<Item = Range<usize>> + 'b {
        let mut from = span.start;
        std::iter::from_fn(move || {
            loop {
                let start = from + self.finder.find(bytes.get(from..span.end)?)?;
                from = start + 1;
                if let Some(end) = self.end(bytes, start, |_, _| {}).filter(|end| *end <= span.end) {
                    return Some(start..end);
                }
            }
        })
    }

    /// Returns the last place of the block within `span`.
    fn last_place(&self, bytes: &[u8], span: Range<usize>) -> Option<Range<usize>> {
        let mut to = span.end;
        loop {
            let start = span.start + self.finder_rev.rfind(bytes.get(span.start..to)?)?;
            if let Some(end) = self.end(bytes, start, |_, _| {}).filter(|end| *end <= span.end) {
                return Some(start..end);
            }
            to = (start + self.first.len()).checked_sub(1).filter(|to| *to >= span.start)?;
        }
    }
}

/// All readings of a line that its format allows, as one.
struct FormatReading<'f> {
    format: &'f DeclaredFormat,
    text: &'f str,
    statuses: Statuses,
    /// The place of each block; None if it may have several.
    places: Vec<Option<Range<usize>>>,
    /// The values of the server, and where the format has each first.
    values: Vec<(Variable, usize, VariableValue<'f>)>,
}

/// Value of a variable.
#[derive(Clone, Copy, PartialEq, Eq)]
enum VariableValue<'f> {
    One(&'f str),
    /// The readings disagree.
    Several,
}

impl<'f> FormatReading<'f> {
    /// Reads a line in every way that the format allows; None without a reading.
    fn parse(format: &'f DeclaredFormat, text: &'f str) -> Option<Self> {
        let bytes = text.as_bytes();
        let spans = spans(&format.blocks, bytes)?;
        let mut reading = Self { format, text, statuses: Statuses::default(), places: Vec::new(), values: Vec::new() };
        let last = format.blocks.len() - 1;
        for (nth, (block, span)) in format.blocks.iter().zip(spans).enumerate() {
            let mut one = None;
            let mut several = false;
            let anchored =
                |place: &Range<usize>| (nth > 0 || place.start == 0) && (nth < last || place.end == bytes.len());
            for place in block.places(bytes, span).filter(anchored) {
                reading.values_of(block, place.start);
                several |= one.replace(place).is_some();
                if block.rest.is_empty() && several {
                    break;
                }
            }
            reading.places.push(one.filter(|_| !several));
        }
        Some(reading)
    }

    fn values_of(&mut self, block: &Block, start: usize) {
        let text = self.text;
        block.end(text.as_bytes(), start, |server, range| {
            let value = &text[range];
            match server.variable {
                Some(Variable::Status) => self.statuses.add(token::status(value)),
                Some(variable) => match self.values.iter_mut().find(|(_, nth, _)| *nth == server.nth) {
                    Some((_, _, known)) if *known != VariableValue::One(value) => *known = VariableValue::Several,
                    Some(_) => {}
                    None => self.values.push((variable, server.nth, VariableValue::One(value))),
                },
                None => {}
            }
        });
    }

    /// Returns the fields of a failed request; None if the readings disagree on a reason.
    fn fields(&self, status: Option<u16>) -> Option<AccessFields> {
        let mut fields = AccessFields { status, ..AccessFields::default() };
        let mut names = LineNames::default();
        let mut route_key = None;
        for (variable, _, value) in &self.values {
            let set = match value {
                VariableValue::One(value) => set_value(value),
                VariableValue::Several => None,
            };
            let several = *value == VariableValue::Several;
            let slot = match variable {
                Variable::ApiId => &mut names.api_id,
                Variable::Stage => &mut names.stage,
                Variable::ResourcePath => &mut names.route,
                Variable::RouteKey => &mut route_key,
                Variable::RequestId | Variable::ExtendedRequestId => {
                    fields.set_some(*variable, set);
                    continue;
                }
                _ if several => return None,
                _ => {
                    fields.set_some(*variable, set);
                    continue;
                }
            };
            *slot = set.map(str::to_owned);
            names.doubtful |= several;
        }
        for (nth, variable) in self.format.between.iter().enumerate() {
            let Some(variable) = *variable else { continue };
            let value = match (&self.places[nth], &self.places[nth + 1]) {
                (Some(before), Some(behind)) => self.free_value(before.end..behind.start),
                // An error text that has no certain end.
                _ if !matches!(variable, Variable::ResourcePath | Variable::RouteKey | Variable::TraceId) => {
                    return None;
                }
                _ => None,
            };
            match variable {
                Variable::ResourcePath => names.route = value,
                Variable::RouteKey => route_key = value,
                _ => fields.set_some(variable, value.as_deref()),
            }
        }
        names.route = names.route.or(route_key);
        fields.set_names(names);
        Some(fields)
    }

    fn free_value(&self, range: Range<usize>) -> Option<String> {
        let value = self.text.get(range)?;
        let value = if self.format.is_json { Message::json_escaped(value.as_bytes()).text() } else { value.into() };
        set_value(&value).map(str::to_owned)
    }
}

/// Returns the span in which each block can stand; None if the line is not of the format.
///
/// No place of a block lies inside another place of it, since a value ends where its alphabet does. So the first place
/// from the left has the smallest end of all, and the last one from the right has the largest start.
fn spans(blocks: &[Block], bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    let last = blocks.len() - 1;
    let mut spans = Vec::with_capacity(blocks.len());
    let mut from = 0;
    for (nth, block) in blocks.iter().enumerate() {
        spans.push(from..bytes.len());
        from = match nth {
            0 => block.end(bytes, 0, |_, _| {})?,
            _ if nth == last => block.places(bytes, from..bytes.len()).find(|place| place.end == bytes.len())?.end,
            _ => block.places(bytes, from..bytes.len()).next()?.end,
        };
    }
    if last == 0 && from != bytes.len() {
        return None;
    }
    let mut to = bytes.len();
    for (nth, block) in blocks.iter().enumerate().rev() {
        spans[nth].end = to;
        to = match nth {
            0 => 0,
            _ if nth == last => last_anchored(block, bytes, spans[nth].start)?,
            _ => block.last_place(bytes, spans[nth].clone())?.start,
        };
    }
    Some(spans)
}

/// Returns the largest start of the last block, which ends with the line.
fn last_anchored(block: &Block, bytes: &[u8], from: usize) -> Option<usize> {
    block.places(bytes, from..bytes.len()).filter(|place| place.end == bytes.len()).map(|place| place.start).last()
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::settings::tests::of_file;

    fn read(format: &str, line: &str) -> AccessLine {
        let file = format!("[[log_group]]\nname = \"/a\"\naccess_log_format = '''{format}'''\n");
        let settings = of_file(&file);
        DeclaredFormat::new(settings.access_log_format("/a").unwrap()).line(line)
    }

    fn failed(format: &str, line: &str) -> AccessFields {
        match read(format, line) {
            AccessLine::Failed(fields) => *fields,
            other => panic!("{line}: {other:?}"),
        }
    }

    const TEXT: &str = "$context.identity.sourceIp $context.httpMethod $context.path $context.status $context.responseLength $context.requestId";
    const ID: &str = "6a1f0c9e-3b2d-4f5a-8c7e-1d0b9a8f7e6c";

    #[test]
    fn bare_numbers_are_read_by_their_place_in_the_format() {
        let line = |path: &str, status: &str| read(TEXT, &format!("192.0.2.7 GET {path} {status} 35 {ID}"));
        for path in ["/x", "/x 502 9", "/x 200 5", "/x 502 9 abcdefgh", "/x \"{}", "", " ", "/x 502 9 200 5 "] {
            assert!(matches!(line(path, "502"), AccessLine::Failed(_)), "{path}");
            assert_eq!(line(path, "200"), AccessLine::Healthy, "{path}");
            assert_eq!(line(path, "-"), AccessLine::NoStatus, "{path}");
        }
        assert_eq!(read(TEXT, "something else"), AccessLine::NoStatus);
        assert_eq!(failed(TEXT, &format!("192.0.2.7 GET /x 502 35 {ID}")).request_id.as_deref(), Some(ID));
    }

    #[test]
    fn a_copy_of_the_format_in_client_text_on_both_sides_is_ambiguous_or_agrees() {
        let format = "$context.path $context.status $context.requestId $context.identity.userAgent";
        let line = |path: &str, agent: &str| read(format, &format!("{path} 502 {ID} {agent}"));
        assert!(matches!(line("/x", "probe"), AccessLine::Failed(_)));
        assert_eq!(line("/x 200 abc y", "probe"), AccessLine::Ambiguous);
        assert_eq!(line("/x", "y 200 abc probe"), AccessLine::Ambiguous);
        assert_eq!(failed(format, &format!("/x 504 abc y 502 {ID} z")).status, None);
    }

    #[test]
    fn words_of_an_error_text_are_no_copy_of_the_format() {
        let format =
            "$context.path $context.status $context.requestId $context.error.responseType $context.integration.error";
        let line = |kind: &str, text: &str| read(format, &format!("/x 500 {ID} {kind} {text}"));
        for text in ["The IAM role", "of the VPC link - or 200 a DNS name - is wrong", "-"] {
            assert!(matches!(line("-", text), AccessLine::Failed(_)), "{text}");
        }
        assert!(matches!(line("INTEGRATION_FAILURE", "-"), AccessLine::Failed(_)));
        assert_eq!(line("-", "200 a INTEGRATION_FAILURE b"), AccessLine::Ambiguous);
    }

    #[test]
    fn quotes_in_an_error_text_of_json_do_no_harm() {
        let format = r#"{"path":"$context.path","error":"$context.integration.error","text":$context.error.messageString,"status":$context.status,"apiId":"$context.apiId","stage":"$context.stage","route":"$context.routeKey","latency":$context.integrationLatency}"#;
        let line = r#"{"path":"/x","error":"the wrong type for field "body"","text":"Internal server error","status":500,"apiId":"a1b2c3d4e5","stage":"$default","route":"GET /x/{id}","latency":-}"#;
        let fields = failed(format, line);
        assert_eq!(fields.integration_error.as_deref(), Some(r#"the wrong type for field "body""#));
        assert_eq!(fields.error_message.as_deref(), Some("Internal server error"));
        assert_eq!((fields.api_id.as_deref(), fields.stage.as_deref()), (Some("a1b2c3d4e5"), Some("$default")));
        assert_eq!((fields.route.as_deref(), fields.has_doubtful_names), (Some("GET /x/{id}"), false));
        let unset = line.replace("\"Internal server error\"", "-").replace("500", "200");
        assert_eq!(read(format, &unset), AccessLine::Healthy);
    }

    #[test]
    fn a_client_gives_no_cause_and_no_names_to_a_declared_format() {
        let format = r#"{"path":"$context.path","error":"$context.integration.error","stage":"$context.stage","status":"$context.status"}"#;
        for path in [
            r#"x","error":"Execution failed due to a timeout error"#,
            r#"x","error":"-","stage":"other"#,
            r#"x","error":"-","stage":"other","status":"200"}"#,
        ] {
            let line = format!(r#"{{"path":"{path}","error":"-","stage":"prod","status":"502"}}"#);
            match read(format, &line) {
                AccessLine::Ambiguous => {}
                AccessLine::Failed(fields) => {
                    assert_eq!((fields.integration_error, fields.status), (None, Some(502)), "{line}");
                    assert!(fields.stage.is_none_or(|stage| stage == "prod"), "{line}");
                }
                other => panic!("{line}: {other:?}"),
            }
        }
    }
}
