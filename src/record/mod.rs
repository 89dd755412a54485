//! Parses a log event as a line of one kind of log.
//!
//! The settings, the log group, the subscription filter or the log stream decides which; otherwise the shape of each
//! event does. [`crate::classify`] then decides what the line proves.

pub mod access;
pub mod execution;
pub mod flow;
pub mod lambda;

use crate::decode::{BatchHeader, LogEvent};
use crate::log_kind::LogKind;
use crate::settings::Settings;

/// A parsed log event.
#[derive(Debug)]
pub enum Record<'a> {
    /// A line of the execution log of a REST or WebSocket API.
    Execution(execution::ExecutionLine<'a>),
    /// Several lines of the console's test output in one event; see [`execution::lines_of_transcript`].
    Transcript(String),
    /// A line of an access log.
    Access(access::AccessLine),
    /// A line in the log of a Lambda function.
    Lambda(lambda::FunctionLine<'a>),
    /// A record of a VPC flow log.
    Flow(flow::FlowRecord),
    /// A line of one of the kinds above that proves nothing.
    Nothing(LogKind),
    /// No known shape.
    Unknown,
}

impl Record<'_> {
    /// Returns the kind of log whose line it is; None if it was not understood, as a line of an access log without a status.
    ///
    /// `Record::Nothing(LogKind::Flow)` → `Flow`; `Record::Unknown` → None
    pub const fn kind(&self) -> Option<LogKind> {
        match self {
            Self::Execution(_) | Self::Transcript(_) => Some(LogKind::Execution),
            Self::Access(access::AccessLine::NoStatus) | Self::Unknown => None,
            Self::Access(_) => Some(LogKind::Access),
            Self::Lambda(_) => Some(LogKind::Lambda),
            Self::Flow(_) => Some(LogKind::Flow),
            Self::Nothing(kind) => Some(*kind),
        }
    }
}

/// Origin of a batch: what its log group, its stream and the settings say about each event in it.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The log group; of centralised logs the one that they were written to.
    pub log_group: String,
    /// The log stream.
    pub log_stream: String,
    /// The account that owns the log.
    pub owner: String,
    /// The Region, if the batch has it.
    pub region: Option<String>,
    /// Whether the owner is another account than the function's.
    pub is_of_other_account: bool,
    /// The kind of log; None if only the shape of each event shows it.
    pub kind: Option<LogKind>,
    /// Whether the settings, the log group and the subscription filter do not agree on the kind.
    pub disputed_kind: bool,
    /// The format of the access log, if the settings declare it.
    pub access_log_format: Option<access::DeclaredFormat>,
    /// The API; None if neither the name of the group nor the settings name it.
    pub api_id: Option<String>,
    /// The stage; None as for the API.
    pub stage: Option<String>,
}

/// How much of an API and stage the log group or the settings name, so that no log event can have made it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// Nothing of it.
    Nothing,
    /// The API alone.
    Api,
    /// The API and the stage; or all that there is, of a log that has neither.
    Whole,
}

/// Log groups that API Gateway makes for the execution logs of REST APIs: `{prefix}{api id}/{stage}`.
pub const EXECUTION_PREFIX: &str = "API-Gateway-Execution-Logs_";

/// Log groups that Lambda makes for functions: `{prefix}{function name}`.
const LAMBDA_PREFIX: &str = "/aws/lambda/";

/// Log groups of WebSocket execution logs, and usually of access logs: `{prefix}{api id}/{stage}`.
pub(crate) const API_PREFIX: &str = "/aws/apigateway/";

impl Source {
    /// Returns the origin of a batch.
    ///
    /// Log group `API-Gateway-Execution-Logs_a1b2c3d4e5/prod` → kind execution, API `a1b2c3d4e5`, stage `prod`
    pub fn from_header(header: &BatchHeader, settings: &Settings) -> Self {
        let origin = header.origin.as_ref();
        let group = origin.and_then(|origin| origin.log_group.as_deref()).unwrap_or(&header.log_group);
        // What the settings say of the copy holds where they say nothing of the log group itself.
        let groups = [group, header.log_group.as_str()];
        let rest = group.strip_prefix(EXECUTION_PREFIX).or_else(|| group.strip_prefix(API_PREFIX));
        let (api_id, stage) = rest.and_then(api_and_stage).unzip();
        let named = [
            groups.iter().find_map(|group| settings.kind_of_log_group(group)),
            kind_of_group(group),
            kind_of_filters(&header.subscription_filters),
        ];
        let kind = named.into_iter().flatten().next();
        let of_stream = || is_stream_of_function(&header.log_stream).then_some(LogKind::Lambda);
        Self {
            log_group: group.to_owned(),
            log_stream: header.log_stream.clone(),
            owner: origin.and_then(|origin| origin.account.as_ref()).unwrap_or(&header.owner).clone(),
            region: origin.and_then(|origin| origin.region.clone()),
            is_of_other_account: false,
            kind: kind.or_else(of_stream),
            access_log_format: groups
                .iter()
                .find_map(|group| settings.access_log_format(group))
                .map(access::DeclaredFormat::new),
            disputed_kind: named.iter().any(|named| named.is_some() && *named != kind),
            api_id: api_id
                .or_else(|| groups.iter().find_map(|group| settings.api_of_log_group(group)).map(str::to_owned)),
            stage: stage
                .or_else(|| groups.iter().find_map(|group| settings.stage_of_log_group(group)).map(str::to_owned)),
        }
    }

    /// Returns how much of this API and stage the log group or the settings name.
    ///
    /// Log group `API-Gateway-Execution-Logs_a1b2c3d4e5/prod`: `a1b2c3d4e5`, `prod` → `Whole`; `a1b2c3d4e5`, `dev` → `Api`
    pub fn names(&self, api_id: &str, stage: &str, settings: &Settings) -> Named {
        if self.api_id.as_deref() != Some(api_id) && !settings.names_api(api_id) {
            Named::Nothing
        } else if self.stage.as_deref() == Some(stage) {
            Named::Whole
        } else {
            Named::Api
        }
    }

    /// Returns the name of the function; None if neither the log group nor the log stream holds it.
    ///
    /// Log group `/aws/lambda/orders` → `orders`
    pub fn function_name(&self) -> Option<&str> {
        self.log_group.strip_prefix(LAMBDA_PREFIX).or_else(|| function_of_stream(&self.log_stream))
    }
}

fn kind_of_group(group: &str) -> Option<LogKind> {
    if group.starts_with(EXECUTION_PREFIX) {
        Some(LogKind::Execution)
    } else {
        group.starts_with(LAMBDA_PREFIX).then_some(LogKind::Lambda)
    }
}

/// Returns the kind in the names of the subscription filters; None if a name has no kind or another one.
///
/// `["why5xx/access"]` → `Access`
fn kind_of_filters(names: &[String]) -> Option<LogKind> {
    let kind_of = |name: &String| LogKind::parse(name.rsplit_once('/')?.1);
    let kind = kind_of(names.first()?)?;
    names.iter().all(|name| kind_of(name) == Some(kind)).then_some(kind)
}

/// Returns the name of the function whose environments write to this log stream; None if the stream does not name one.
/// Lambda names streams so in log groups that several functions share.
///
/// `2026/06/09/orders[$LATEST]0123456789abcdef0123456789abcdef` → `orders`
fn function_of_stream(stream: &str) -> Option<&str> {
    /// Source: Lambda API Reference, CreateFunction, FunctionName: letters, digits, `-` and `_`, at most 64 characters.
    const NAME_BYTES_LIMIT: usize = 64;
    let (name, _) = parts_of_stream(stream)?;
    let is_name = (1..=NAME_BYTES_LIMIT).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    is_name.then_some(name)
}

/// Returns whether a function's environment writes to this log stream. Without a name before the version, as in a log group
/// of one function, the id behind it must be whole.
///
/// `2026/06/09/[$LATEST]0123456789abcdef0123456789abcdef` → true
fn is_stream_of_function(stream: &str) -> bool {
    let is_id = |id: &str| id.len() == 32 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    function_of_stream(stream).is_some() || matches!(parts_of_stream(stream), Some(("", id)) if is_id(id))
}

/// Splits the log stream of a function into what stands before its version and what stands behind.
///
/// `2026/06/09/orders[$LATEST]0123` → `orders`, `0123`
fn parts_of_stream(stream: &str) -> Option<(&str, &str)> {
    let (date, rest) = stream.split_at_checked("2026/06/09/".len())?;
    let is_date = date.bytes().zip(*b"0000/00/00/").all(|(b, shape)| match shape {
        b'0' => b.is_ascii_digit(),
        _ => b == shape,
    });
    let (name, rest) = rest.split_once('[')?;
    let (version, id) = rest.split_once(']')?;
    let is_version = version == "$LATEST" || (!version.is_empty() && version.bytes().all(|b| b.is_ascii_digit()));
    (is_date && is_version).then_some((name, id))
}

/// Splits `{api id}/{stage}` or `{api id}/{stage}/Canary`: the failures of a canary release are those of its stage.
fn api_and_stage(rest: &str) -> Option<(String, String)> {
    let (api_id, stage) = rest.split_once('/')?;
    let stage = stage.strip_suffix("/Canary").unwrap_or(stage);
    (!api_id.is_empty() && !stage.is_empty() && !stage.contains('/')).then(|| (api_id.to_owned(), stage.to_owned()))
}

/// Parses one log event, by the parser of its kind alone if the kind is known. `formats` learns the header lines of flow
/// logs, `names` those of access logs.
///
/// `(5f1c…) Execution failed due to a timeout error` → [`Record::Execution`]
#[inline]
pub fn parse_event<'a>(
    source: &Source,
    settings: &Settings,
    formats: &mut flow::Formats,
    names: &mut access::LastNames,
    event: &LogEvent<'a>,
) -> Record<'a> {
    let group = source.log_group.as_str();
    match source.kind {
        Some(LogKind::Execution) => execution::parse(event).unwrap_or(Record::Unknown),
        // A function prints what it likes.
        Some(LogKind::Lambda) => lambda::parse_line(event).map_or(Record::Nothing(LogKind::Lambda), Record::Lambda),
        Some(LogKind::Flow) => formats.parse(group, settings.flow_fields(group), event).unwrap_or(Record::Unknown),
        Some(LogKind::Access) => access::parse(event, source.access_log_format.as_ref()),
        None => execution::parse_of_unknown_kind(event)
            .or_else(|| parse_of_unknown_kind(group, settings, formats, names, event))
            .or_else(|| {
                let line = lambda::parse_line_of_unknown_log(event).filter(|_| !access::is_labelled(event));
                line.map(Record::Lambda)
            })
            .unwrap_or(Record::Unknown),
    }
}

/// Parses a log event as a line of a kind of log whose lines show by their shape alone what they are; None if it is no such
/// line. Only more than that shows which lines are of execution logs and of functions.
///
/// `192.0.2.7 - - [09/Jun/2026:10:00:00 +0000] "GET /orders HTTP/1.1" 503 0 5f1c` → [`Record::Access`]
pub fn parse_of_unknown_kind<'a>(
    log_group: &str,
    settings: &Settings,
    formats: &mut flow::Formats,
    names: &mut access::LastNames,
    event: &LogEvent<'a>,
) -> Option<Record<'a>> {
    let of_flow_log = formats.parse(log_group, settings.flow_fields(log_group), event);
    of_flow_log.or_else(|| access::parse_of_unknown_kind(event, names))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::tests::of_file;

    fn kind(group: &str, stream: &str, filters: &[&str]) -> (Option<LogKind>, bool) {
        let file = "[[log_group]]\nname = \"/team/set\"\nkind = \"access\"\n";
        let settings = of_file(file);
        let header = BatchHeader {
            log_group: group.to_owned(),
            log_stream: stream.to_owned(),
            subscription_filters: filters.iter().map(|name| (*name).to_owned()).collect(),
            ..BatchHeader::default()
        };
        let source = Source::from_header(&header, &settings);
        (source.kind, source.disputed_kind)
    }

    #[test]
    fn the_first_of_setting_group_filter_and_stream_decides_the_kind() {
        let stream = "2026/06/09/orders[$LATEST]0123456789abcdef0123456789abcdef";
        let rows = [
            ("/team/set", stream, vec!["x/execution"], Some(LogKind::Access), true),
            ("/team/set", stream, vec!["x/access"], Some(LogKind::Access), false),
            ("/aws/lambda/orders", "s", vec!["x/access"], Some(LogKind::Lambda), true),
            ("API-Gateway-Execution-Logs_a1b2c3d4e5/prod", "s", vec!["x/execution"], Some(LogKind::Execution), false),
            ("/team/log", stream, vec!["x/flow"], Some(LogKind::Flow), false),
            ("/team/log", "s", vec!["a/function", "b/c/function"], Some(LogKind::Lambda), false),
            ("/team/log", "s", vec!["a/function", "b/access"], None, false),
            ("/team/log", "s", vec!["a/function", "why5xx"], None, false),
            ("/team/log", "s", vec!["access"], None, false),
            ("/team/log", stream, vec!["why5xx"], Some(LogKind::Lambda), false),
            ("/team/log", "2026/06/09/[$LATEST]0123456789abcdef0123456789abcdef", vec![], Some(LogKind::Lambda), false),
            (
                "/team/log",
                "2026/06/09/[17]0123456789abcdef0123456789abcdef",
                vec!["x/flow"],
                Some(LogKind::Flow),
                false,
            ),
            ("/team/log", "2026/06/09/[$LATEST]0123456789abcdef", vec![], None, false),
            ("/team/log", "2026/06/09/[live]0123456789abcdef0123456789abcdef", vec![], None, false),
            ("/team/log", "s", vec![], None, false),
        ];
        for (group, stream, filters, expected, disputed) in rows {
            assert_eq!(kind(group, stream, &filters), (expected, disputed), "{group} {stream} {filters:?}");
        }
    }

    #[test]
    fn a_log_stream_names_its_function_only_in_the_form_that_lambda_writes() {
        for (stream, name) in [
            ("2026/06/09/orders[$LATEST]0123", Some("orders")),
            ("2026/06/09/orders-v2_x[17]0123", Some("orders-v2_x")),
            ("2026/06/09/[$LATEST]0123", None),
            ("2026-06-09/orders[$LATEST]0123", None),
            ("2026/06/09/orders[live]0123", None),
            ("2026/06/09/or/ders[1]0123", None),
            ("2026/06/09/orders", None),
            ("a2026/06/0", None),
            ("", None),
        ] {
            assert_eq!(function_of_stream(stream), name, "{stream}");
        }
    }
}
