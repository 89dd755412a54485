//! Evidence about the endpoint and its answer. It refines a failure and never makes one.
//!
//! An HTTP backend may echo a client's text, so only answers of AWS services count, and only bodies that are an error as
//! a whole.

use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;

use super::execution::EndpointEvidence;
use crate::cause::{Author, CauseIndex, Role, Table, normalise};
use crate::partition::service_of_host;
use crate::record::execution::Tail;

/// Kind of endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Endpoint {
    /// No line names it.
    #[default]
    Unknown,
    /// The Lambda service.
    Lambda,
    /// Another AWS service.
    AwsService,
    /// Anything else.
    Other,
}

/// Labels of hosts under the domains of AWS services that are customers' programs.
const CUSTOMER_LABELS: [&str; 13] = [
    "execute-api",
    "elb",
    "vpce",
    "compute",
    "compute-1",
    "lambda-url",
    "elasticbeanstalk",
    "appsync-api",
    "es",
    "aoss",
    "rds",
    "s3-website",
    "mq",
];

impl Endpoint {
    /// Returns the kind of ` https://lambda.eu-west-1.amazonaws.com/…`; None if it is not a URI.
    pub(super) fn of_uri(tail: &str) -> Option<Self> {
        let (scheme, rest) = tail.trim_start().split_once("://")?;
        let host = rest.split(['/', '?', ':', ' ']).next().unwrap_or("").to_ascii_lowercase();
        let is_name = host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'));
        let service = service_of_host(&host).filter(|_| is_name);
        Some(match service {
            Some(service) if scheme.eq_ignore_ascii_case("https") => {
                let is_customers =
                    service.split('.').any(|label| CUSTOMER_LABELS.contains(&label) || label.starts_with("s3-website"));
                if is_customers {
                    Self::Other
                } else if service.split('.').next() == Some("lambda") {
                    Self::Lambda
                } else {
                    Self::AwsService
                }
            }
            _ => Self::Other,
        })
    }
}

/// Returns the kind of ` https://lambda.eu-west-1.amazonaws.com/…`; None if it is not a URI.
pub(super) fn uri(tail: &Tail<'_>) -> Option<Endpoint> {
    let start = tail.as_written();
    if is_lambda(&start[..start.len().min(LONGEST_LAMBDA_HOST_BYTES)]) {
        Some(Endpoint::Lambda)
    } else {
        Endpoint::of_uri(&tail.text())
    }
}

/// Longest start of a URI in which the host of the Lambda service ends, in bytes; our own bound.
const LONGEST_LAMBDA_HOST_BYTES: usize = 80;

/// Returns whether it is the Lambda service in the usual form, by far the most frequent endpoint. Without it, the whole job takes
/// 9 % more instructions for a log at INFO level without bodies.
fn is_lambda(start: &[u8]) -> bool {
    let Some(rest) = start.strip_prefix(b" https://lambda.") else { return false };
    let host = rest.iter().position(|b| *b == b'/').map(|end| &rest[..end]);
    host.and_then(|host| host.strip_suffix(b".amazonaws.com")).is_some_and(|region| !region.contains(&b'.'))
}

/// Causes that an answer names, one for each kind of endpoint that may have written it. Another line shows which did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct EndpointAnswer {
    /// The cause if the Lambda service answered an invocation.
    pub lambda_service: Option<CauseIndex>,
    /// The cause if the function answered.
    pub function: Option<CauseIndex>,
    /// The cause if another AWS service answered.
    pub service: Option<CauseIndex>,
}

impl EndpointAnswer {
    /// Fills the gaps from `other`.
    pub(crate) fn fill(&mut self, other: Self) {
        self.lambda_service = self.lambda_service.or(other.lambda_service);
        self.function = self.function.or(other.function);
        self.service = self.service.or(other.service);
    }
}

fn index(table: &Table, author: Author, text: &str) -> Option<CauseIndex> {
    table.find(author, text).and_then(|cause| table.index_of(cause))
}

/// Parts of the headers that prove something, without a character that JSON escapes. Where headers without them are parsed, the
/// whole job takes 5 % more instructions for a log at INFO level with bodies.
static IN_HEADERS: LazyLock<[Finder<'static>; 2]> = LazyLock::new(|| ["rror", "unction-"].map(Finder::new));

/// Parts of the bodies that prove something. Where bodies without them are parsed, the whole job takes 23 % more instructions
/// for a log at INFO level with bodies.
static IN_BODIES: LazyLock<[Finder<'static>; 4]> =
    LazyLock::new(|| ["rror", "xception", "__type", "essage"].map(Finder::new));

/// Returns what the headers prove: ` {Date=…, X-Amz-Function-Error=Unhandled, x-amzn-ErrorType=TooManyRequestsException, …}`.
pub(super) fn headers(tail: &Tail<'_>, table: &Table) -> Option<EndpointEvidence> {
    // Most answers have neither. One search for each is enough then.
    if !IN_HEADERS.iter().any(|name| name.find(tail.as_written()).is_some()) {
        return Some(EndpointEvidence::Headers { function_error: false, error: EndpointAnswer::default() });
    }
    let text = tail.text();
    let mut function_error = false;
    let mut error = EndpointAnswer::default();
    for header in text.trim().trim_start_matches('{').trim_end_matches('}').split(", ") {
        let Some((name, value)) = header.split_once('=') else { continue };
        if name.eq_ignore_ascii_case("X-Amz-Function-Error") {
            function_error = true;
        } else if name.eq_ignore_ascii_case("x-amzn-ErrorType") {
            let code = normalise(value.split(':').next().unwrap_or(value));
            error = EndpointAnswer {
                lambda_service: index(table, Author::LambdaService, &code),
                function: None,
                service: index(table, Author::Service, &code),
            };
        }
    }
    Some(EndpointEvidence::Headers { function_error, error })
}

/// Longest body that is parsed, in bytes. An error of a service is short, and an execution log cuts a line at 1,024.
const LONGEST_BODY_BYTES: usize = 16 * 1024;

/// Returns what a body proves; None if it is not an error as a whole.
pub(super) fn body(tail: &Tail<'_>, table: &Table) -> Option<EndpointAnswer> {
    if !IN_BODIES.iter().any(|word| word.find(tail.as_written()).is_some()) {
        return None;
    }
    body_text(tail.text().trim(), table)
}

/// Returns what the text of a body proves; None if it is not an error as a whole.
///
/// `{"__type":"ThrottlingException"}` → service: `aws_service_throttled`
pub fn body_text(text: &str, table: &Table) -> Option<EndpointAnswer> {
    if text.len() > LONGEST_BODY_BYTES {
        return None;
    }
    match text.as_bytes().first()? {
        b'{' => json(text, table),
        b'<' => xml(text, table),
        _ => None,
    }
}

/// Error of an AWS service or of a function in JSON. A body with any other key is something else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonError {
    // A function's error, as the runtimes write it.
    #[serde(rename = "errorMessage")]
    function_message: Option<String>,
    #[serde(rename = "errorType")]
    function_type: Option<String>,
    #[serde(default, rename = "stackTrace", alias = "trace", alias = "stack")]
    _stack: serde::de::IgnoredAny,
    #[serde(default, rename = "cause")]
    _cause: serde::de::IgnoredAny,
    #[serde(default, rename = "requestId", alias = "RequestId", alias = "RequestID")]
    _request_id: serde::de::IgnoredAny,
    // A service's error.
    #[serde(rename = "__type", alias = "code", alias = "Code")]
    code: Option<String>,
    #[serde(rename = "message", alias = "Message")]
    message: Option<String>,
    #[serde(rename = "Error")]
    error: Option<NestedError>,
    // The Lambda service's error.
    #[serde(rename = "Type")]
    kind: Option<String>,
    #[serde(rename = "Reason")]
    reason: Option<String>,
}

#[derive(Deserialize)]
struct NestedError {
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message", default)]
    message: String,
}

/// Error of an AWS service that speaks JSON. Such services write `__type` first, then the members of this error.
#[derive(Deserialize)]
struct TypedError {
    #[serde(rename = "__type")]
    code: String,
    message: Option<String>,
    #[serde(rename = "Message")]
    capital_message: Option<String>,
}

/// Returns the cause of a service's error. Its code decides; the message does where the code says only that the service is
/// unavailable or that something is forbidden.
fn service_cause(code: &str, message: &str, table: &Table) -> Option<CauseIndex> {
    let by_code = index(table, Author::Service, &normalise(code))?;
    let quotes_input = ["validation", "serialization", "invalid"].iter().any(|word| normalise(code).contains(word));
    if quotes_input || !table.at(by_code).is(Role::ServiceFailed) {
        return Some(by_code);
    }
    index(table, Author::Service, &normalise(&format!("{code}: {message}")))
}

/// Returns what an error proves that has more members than the usual ones, or that an execution log cut off.
fn typed_json(text: &str, table: &Table) -> Option<EndpointAnswer> {
    if !(text.starts_with(r#"{"__type""#) || text.starts_with(r#"{"Error""#)) {
        return None;
    }
    let service = match serde_json::from_str::<TypedError>(text) {
        Ok(error) => {
            let message = error.message.or(error.capital_message).unwrap_or_default();
            service_cause(&error.code, &message, table)
        }
        Err(error) if error.is_eof() => service_cause(first_code(text)?, "", table),
        Err(_) => None,
    };
    service.map(|service| EndpointAnswer { service: Some(service), ..EndpointAnswer::default() })
}

/// Returns the code at the start of an error that was cut off.
fn first_code(text: &str) -> Option<&str> {
    let rest = [r#"{"__type":""#, r#"{"Error":{"Code":""#].iter().find_map(|start| text.strip_prefix(start))?;
    let (code, _) = rest.split_once('"')?;
    code.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'#' | b'_' | b'-')).then_some(code)
}

fn json(text: &str, table: &Table) -> Option<EndpointAnswer> {
    let Ok(error) = serde_json::from_str::<JsonError>(text) else { return typed_json(text, table) };
    let joined = |code: &str, message: &str| normalise(&format!("{code}: {message}"));
    let message = error.message.as_deref().unwrap_or("");
    let function = (error.function_message.is_some() || error.function_type.is_some()).then(|| {
        let kind = error.function_type.as_deref().unwrap_or("");
        let said = error.function_message.as_deref().unwrap_or("");
        // The runtime may write time and request id before the words of a timeout.
        let said = super::frame::without_lead(said);
        // The type decides, then the head of the message: the rest may quote anybody.
        let by_type = index(table, Author::Function, &normalise(kind));
        by_type
            .filter(|cause| !table.at(*cause).is(Role::FunctionFailed))
            .or_else(|| index(table, Author::Function, &normalise(said)))
    });
    let (code, message) = match &error.error {
        Some(nested) => (Some(nested.code.as_str()), nested.message.as_str()),
        None => (error.code.as_deref(), message),
    };
    let service = code.map(|code| service_cause(code, message, table));
    let is_lambda_service = function.is_none() && (!message.is_empty() || error.kind.is_some() || code.is_some());
    let lambda_service = is_lambda_service.then(|| {
        let said = error.reason.as_deref().or(code).map_or_else(|| normalise(message), |code| joined(code, message));
        index(table, Author::LambdaService, &said)
    });
    Some(EndpointAnswer {
        lambda_service: lambda_service.flatten(),
        function: function.flatten(),
        service: service.flatten(),
    })
}

/// Parses `<AccessDeniedException><Message>…`, `<ErrorResponse><Error><Code>…`, `<Error><Code>…`.
fn xml(text: &str, table: &Table) -> Option<EndpointAnswer> {
    let text = match text.strip_prefix("<?xml") {
        Some(rest) => rest.split_once("?>")?.1.trim_start(),
        None => text,
    };
    let root = text.strip_prefix('<')?.split(['>', ' ', '/']).next()?;
    if !(root.ends_with("Exception") || matches!(root, "Error" | "ErrorResponse" | "Response")) {
        return None;
    }
    // `Response` is the root of the errors of EC2, and of much else.
    if root == "Response" && !text.contains("<Errors>") {
        return None;
    }
    let code = element(text, "Code").unwrap_or(root);
    let message = element(text, "Message").unwrap_or("");
    let said = normalise(&format!("{code}: {message}"));
    Some(EndpointAnswer {
        lambda_service: index(table, Author::LambdaService, &said),
        function: None,
        service: service_cause(code, message, table),
    })
}

/// Returns the text of the first element of this name.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    rest.split('<').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lambda_service_s_own_words_are_a_throttle_of_it() {
        let table = Table::default();
        let found = |body: &str| {
            let cause = body_text(body, &table).and_then(|answer| answer.lambda_service);
            cause.map(|cause| table.at(cause).id)
        };
        for body in [
            r#"{"message":"Rate Exceeded."}"#,
            r#"{"Reason":"CallerRateLimitExceeded","Type":"User","message":"Rate Exceeded."}"#,
            r#"{"Reason":"ReservedFunctionConcurrentInvocationLimitExceeded","Type":"User","message":"x"}"#,
            r#"{"__type":"TooManyRequestsException","message":"x"}"#,
        ] {
            assert_eq!(found(body), Some("lambda_throttled"), "{body}");
        }
        for body in [
            r#"{"message":"coupon 7: Rate Exceeded"}"#,
            r#"{"message":"Rate Exceeded for coupon 7"}"#,
            r#"{"message":"upstream: TooManyRequestsException"}"#,
        ] {
            assert_eq!(found(body), None, "{body}");
        }
    }

    #[test]
    fn only_hosts_of_aws_services_are_services() {
        let rows = [
            (" https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/f/invocations", Endpoint::Lambda),
            (" https://lambda.cn-north-1.amazonaws.com.cn/2015-03-31/functions/f/invocations", Endpoint::Lambda),
            (" https://sqs.eu-west-1.amazonaws.com/111122223333/orders", Endpoint::AwsService),
            ("https://orders-bucket.s3.eu-west-1.amazonaws.com/key", Endpoint::AwsService),
            (" https://sqs.eusc-de-east-1.amazonaws.eu/111122223333/orders", Endpoint::AwsService),
            (" https://lambda.eusc-de-east-1.amazonaws.eu/2015-03-31/functions/f/invocations", Endpoint::Lambda),
            (" https://dynamodb.eu-west-1.api.aws/", Endpoint::AwsService),
            (" https://lambda.eu-west-1.api.aws/2015-03-31/functions/f/invocations", Endpoint::Lambda),
            (" https://sns.cn-north-1.api.amazonwebservices.com.cn/", Endpoint::AwsService),
            (" https://states.us-iso-east-1.c2s.ic.gov/", Endpoint::AwsService),
            (" https://kinesis.us-isob-east-1.sc2s.sgov.gov/", Endpoint::AwsService),
            (" https://lambda.us-isof-south-1.csp.hci.ic.gov/2015-03-31/functions/f/invocations", Endpoint::Lambda),
            (" https://a1b2c3d4e5.execute-api.us-iso-east-1.c2s.ic.gov/prod", Endpoint::Other),
            (" https://orders.amazonaws.eu.example.com/", Endpoint::Other),
            (" https://orders-amazonaws.eu/", Endpoint::Other),
            (" https://api.aws/", Endpoint::Other),
            (" https://sqs.eu-west-1.c2s.ic.gov.example.com/", Endpoint::Other),
            (" https://orders.example.com#.amazonaws.com/", Endpoint::Other),
            (" https://sqs.eu-west-1.amazonaws.com@orders.example.com/", Endpoint::Other),
            (" https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/prod", Endpoint::Other),
            (" https://lambda.eu-west-1.elb.amazonaws.com/", Endpoint::Other),
            (" http://orders-1.eu-west-1.elb.amazonaws.com/", Endpoint::Other),
            (" http://lambda.eu-west-1.amazonaws.com/", Endpoint::Other),
            (" https://orders.s3-website-eu-west-1.amazonaws.com/", Endpoint::Other),
            (" https://orders.example.com/lambda.eu-west-1.amazonaws.com/", Endpoint::Other),
            (" https://amazonaws.com.example.com/", Endpoint::Other),
        ];
        for (tail, endpoint) in rows {
            assert_eq!(Endpoint::of_uri(tail), Some(endpoint), "{tail}");
            assert_eq!(uri(&Tail::Text(tail.to_owned())), Some(endpoint), "{tail}");
        }
        assert_eq!(Endpoint::of_uri(" not a URI"), None);
    }

    #[test]
    fn a_body_proves_something_only_if_all_of_it_is_an_error() {
        let table = Table::default();
        let service =
            |text: &str| body_text(text, &table).and_then(|answer| answer.service).map(|index| table.at(index).id);
        assert_eq!(
            service(r#"{"__type":"com.amazon.coral.service#AccessDeniedException"}"#),
            Some("aws_service_access_denied")
        );
        assert_eq!(
            service(r#"{"Error":{"Code":"AccessDenied","Message":"no","Type":"Sender"},"RequestId":"1"}"#),
            Some("aws_service_access_denied")
        );
        assert_eq!(
            service("<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"),
            Some("aws_service_throttled")
        );
        // Members of one error more.
        assert_eq!(
            service(r#"{"__type":"a#ThrottlingException","message":"x","ThrottlingReasons":[{"reason":"Table"}]}"#),
            Some("aws_service_throttled")
        );
        assert_eq!(
            service(r#"{"__type":"ConditionalCheckFailedException","Item":{"note":{"S":"Throttling"}},"message":"x"}"#),
            Some("aws_service_error")
        );
        assert_eq!(
            service(r#"{"__type":"LimitExceeded","Code":"LimitExceeded","Message":"x"}"#),
            Some("aws_service_error")
        );
        assert_eq!(
            service("<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>"),
            Some("aws_service_access_denied")
        );
        assert_eq!(service("<Response><Code>AccessDenied</Code></Response>"), None);
        // Cut off by the log.
        assert_eq!(
            service(r#"{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: arn:aws"#),
            Some("aws_service_access_denied")
        );
        assert_eq!(service(r#"{"note":"AccessDeniedException","Message":"User: arn"#), None);
        assert_eq!(service(r#"{"Item":{"note":{"S":"x"}},"__type":"AccessDeniedException"}"#), None);
        // The message of a refused input quotes it.
        assert_eq!(
            service(r#"{"__type":"ValidationException","message":"Type mismatch for key ThrottlingKey"}"#),
            Some("aws_service_error")
        );
        assert_eq!(
            service(r#"{"__type":"ServiceUnavailableException","message":"Slow down."}"#),
            Some("aws_service_throttled")
        );
        assert_eq!(service(r#"{"type":"AccessDeniedException","item":1}"#), None);
        assert_eq!(service("<html><AccessDeniedException/></html>"), None);
        assert_eq!(service(r#"["AccessDenied"]"#), None);
    }
}
