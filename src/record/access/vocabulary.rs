//! Names that formats give to API Gateway's variables, in every spelling, and their weight as evidence for its lines.

use std::borrow::Cow;

use super::form::Key;

/// Variable of API Gateway that a field of a line contains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Variable {
    /// `$context.status`.
    Status,
    /// `$context.error.responseType`.
    ResponseType,
    /// `$context.error.message` and `.messageString`.
    ErrorMessage,
    /// `$context.integration.error` and `$context.integrationErrorMessage`, with the same text.
    IntegrationError,
    /// `$context.waf.error`.
    WafError,
    /// `$context.authenticate.error`.
    AuthenticateError,
    /// `$context.authorizer.error`.
    AuthorizerError,
    /// `$context.authorize.error`.
    AuthorizeError,
    /// `$context.integration.status`, or a key that some formats fill from it and some from the next.
    IntegrationStatus,
    /// `$context.integration.integrationStatus`: the status of the Lambda service.
    ServiceStatus,
    /// `$context.apiId`.
    ApiId,
    /// `$context.stage`.
    Stage,
    /// `$context.resourcePath`.
    ResourcePath,
    /// `$context.routeKey`.
    RouteKey,
    /// `$context.requestId`.
    RequestId,
    /// `$context.extendedRequestId`.
    ExtendedRequestId,
    /// `$context.xrayTraceId`.
    TraceId,
}

impl Variable {
    /// Returns the variable that API Gateway calls `$context.{name}`; None if it does not matter here.
    ///
    /// `integration.error` → `IntegrationError`
    pub(super) fn of_context(name: &str) -> Option<Self> {
        Some(match name {
            "status" => Self::Status,
            "error.responseType" => Self::ResponseType,
            "error.message" | "error.messageString" => Self::ErrorMessage,
            "integration.error" | "integrationErrorMessage" => Self::IntegrationError,
            "waf.error" => Self::WafError,
            "authenticate.error" => Self::AuthenticateError,
            "authorizer.error" => Self::AuthorizerError,
            "authorize.error" => Self::AuthorizeError,
            "integration.status" | "integrationStatus" => Self::IntegrationStatus,
            "integration.integrationStatus" => Self::ServiceStatus,
            "apiId" => Self::ApiId,
            "stage" => Self::Stage,
            "resourcePath" => Self::ResourcePath,
            "routeKey" => Self::RouteKey,
            "requestId" => Self::RequestId,
            "extendedRequestId" => Self::ExtendedRequestId,
            "xrayTraceId" => Self::TraceId,
            _ => return None,
        })
    }
}

/// Longest key to recognise, in bytes; our own limit, so that broken lines are parsed in linear time.
pub(super) const LONGEST_KEY_BYTES: usize = 96;

fn is_left_out(b: &u8) -> bool {
    matches!(b, b'_' | b'-' | b'.' | b' ' | b'$' | b'@')
}

/// Returns the plain form of a key in ASCII, written into `buffer`: see [`plain`].
pub(super) fn plain_in<'b>(buffer: &'b mut [u8; LONGEST_KEY_BYTES], key: &[u8]) -> &'b str {
    let mut length = 0;
    for b in key {
        let Some(slot) = buffer.get_mut(length) else { break };
        *slot = b.to_ascii_lowercase();
        length += usize::from(!is_left_out(b));
    }
    std::str::from_utf8(&buffer[..length]).unwrap_or_default()
}

/// Returns the plain form of a key: lower case, without `_`, `-`, `.`, `$`, `@` and blanks.
///
/// `$context.request-Id` → `contextrequestid`
pub(super) fn plain(key: &str) -> String {
    // Only forged keys are not ASCII.
    if key.is_ascii() {
        return plain_in(&mut [0; LONGEST_KEY_BYTES], key.as_bytes()).to_owned();
    }
    key.chars()
        .filter(|c| !u8::try_from(*c).is_ok_and(|b| is_left_out(&b)))
        .take(LONGEST_KEY_BYTES)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Objects whose fields are never variables of the gateway itself, such as its status.
const FOREIGN: &[&str] = &[
    "integration",
    "authorizer",
    "authorize",
    "authenticate",
    "auth",
    "authz",
    "waf",
    "identity",
    "error",
    "lambda",
    "function",
    "backend",
    "upstream",
    "requestoverride",
    "responseoverride",
    "headers",
    "querystring",
    "query",
    "body",
    "claims",
    "params",
];

/// Concatenates the names of a path.
fn joined(path: &[String]) -> Cow<'_, str> {
    match path {
        [name] => Cow::Borrowed(name),
        names => Cow::Owned(names.concat()),
    }
}

/// Returns the variable of the field at `path`; None if it is unknown.
///
/// `["integration", "error"]` → `IntegrationError`
pub(super) fn variable(path: &[String]) -> Option<Variable> {
    if let Some(variable) = variable_of_name(&joined(path)) {
        return Some(variable);
    }
    // `{"error":{"errorMessage":…}}`, `{"http":{"status":…}}`: the object's name adds nothing.
    let (outer, inner) = path.split_first().filter(|(_, inner)| !inner.is_empty())?;
    let variable = variable(inner)?;
    let repeats = inner.first().is_some_and(|name| name.starts_with(outer.as_str()));
    (repeats || !FOREIGN.contains(&outer.as_str())).then_some(variable)
}

/// Strips `context` from a name in plain form. The name `context` alone has nothing behind it, so it stays.
///
/// `contextstatus` → `status`
pub(super) fn without_context(name: &str) -> &str {
    name.strip_prefix("context").filter(|rest| !rest.is_empty()).unwrap_or(name)
}

/// Plain forms of the labels: names that say that the value is the status of the answer.
const LABELS: [&str; 8] = [
    "status",
    "statuscode",
    "responsestatus",
    "httpstatus",
    "contextstatus",
    "contextstatuscode",
    "contextresponsestatus",
    "contexthttpstatus",
];

/// Returns whether a name, in any spelling, is a label. It is asked about every line, so nothing is copied: to compare plain
/// forms took 12 % more instructions of the whole job.
pub(super) fn is_label(name: &[u8]) -> bool {
    let mut lengths = LABELS.iter().filter(|label| label.len() <= name.len());
    lengths.any(|label| name.iter().filter(|b| !is_left_out(b)).map(u8::to_ascii_lowercase).eq(label.bytes()))
}

/// Returns whether a name in plain form is a label.
pub(super) fn is_plain_label(name: &str) -> bool {
    LABELS.contains(&name)
}

/// Returns the variable of a name in plain form, without the names of its objects; None if it is unknown.
pub(super) fn variable_of_name(name: &str) -> Option<Variable> {
    let name = without_context(name);
    Some(match name {
        _ if is_plain_label(name) => Variable::Status,
        "errorresponsetype" | "responsetype" | "errortype" | "gatewayresponsetype" => Variable::ResponseType,
        "errormessage"
        | "errormessagestring"
        | "messagestring"
        | "errormsg"
        | "errormessages"
        | "error"
        | "message"
        | "responseerror"
        | "errorstring"
        | "gatewayerror"
        | "gatewayerrormessage" => Variable::ErrorMessage,
        "integrationerror"
        | "integrationerrormessage"
        | "integrationerr"
        | "integrationerrors"
        | "integrationmessage" => Variable::IntegrationError,
        "waferror" | "waferr" | "waferrormessage" => Variable::WafError,
        "authenticateerror" | "authenticateerr" | "authenticateerrormessage" => Variable::AuthenticateError,
        "authorizererror" | "authorizererr" | "authorizererrormessage" | "autherror" | "authzerror" => {
            Variable::AuthorizerError
        }
        "authorizeerror" | "authorizeerr" | "authorizeerrormessage" => Variable::AuthorizeError,
        "integrationstatus"
        | "integrationstatuscode"
        | "functionresponsestatus"
        | "lambdastatus"
        | "integrationstatusalternate"
        | "integrationresponsestatus"
        | "backendstatus"
        | "functionstatus" => Variable::IntegrationStatus,
        "integrationintegrationstatus" | "integrationservicestatus" => Variable::ServiceStatus,
        "apiid" | "restapiid" | "httpapiid" => Variable::ApiId,
        "stage" | "apistage" | "stagename" => Variable::Stage,
        "resourcepath" => Variable::ResourcePath,
        "routekey" => Variable::RouteKey,
        "requestid" | "apigatewayrequestid" | "apigwrequestid" | "gatewayrequestid" | "apirequestid" => {
            Variable::RequestId
        }
        "extendedrequestid" => Variable::ExtendedRequestId,
        "xraytraceid" | "traceid" | "xraytrace" => Variable::TraceId,
        _ => return None,
    })
}

/// Returns whether a text is the name of a field, as in the header of a table.
///
/// `integrationStatus` → true; `Message text` → false
pub fn is_name(text: &str) -> bool {
    let name = plain(text);
    let name = without_context(&name);
    !text.contains(' ') && (variable_of_name(name).is_some() || weight(name) > 0)
}

/// Returns the weight of a name in plain form as evidence for a line of API Gateway: 2 if only its formats use it, 1 if
/// other logs do as well, else 0.
pub(super) fn weight(name: &str) -> u32 {
    match variable_of_name(name) {
        Some(Variable::ErrorMessage) => return u32::from(name.starts_with("errormessage")),
        Some(Variable::Status | Variable::TraceId) => return 0,
        Some(Variable::ApiId | Variable::Stage | Variable::RequestId) => return 1,
        Some(Variable::ResponseType) => return if name == "errortype" { 0 } else { 2 },
        Some(_) => return 2,
        None => {}
    }
    let own = ["integration", "authorize", "authenticate", "waf", "functionresponse"];
    if own.iter().any(|prefix| name.starts_with(prefix)) {
        return 2;
    }
    match name {
        "requesttime"
        | "requesttimeepoch"
        | "responselength"
        | "responselatency"
        | "awsendpointrequestid"
        | "domainprefix"
        | "webaclarn" => 2,
        "httpmethod" | "method" | "protocol" | "ip" | "sourceip" | "identitysourceip" | "path" | "httppath"
        | "domainname" | "eventtype" | "connectionid" | "caller" | "user" | "useragent" | "latency" | "accountid" => 1,
        _ => 0,
    }
}

/// Returns whether loggers of applications write this name and formats of API Gateway do not.
pub(super) fn is_of_an_application(name: &str) -> bool {
    matches!(
        name,
        "level"
            | "loglevel"
            | "severity"
            | "logger"
            | "loggername"
            | "msg"
            | "thread"
            | "threadname"
            | "pid"
            | "hostname"
            | "stack"
            | "stacktrace"
            | "exception"
            | "coldstart"
            | "functionname"
            | "functionrequestid"
            | "requestcontext"
            | "isbase64encoded"
            | "multivalueheaders"
            | "headers"
            | "body"
            | "lvl"
            | "kubernetes"
            | "payload"
    )
}

/// Returns whether only the server writes the value of the field with this name in plain form. Every other field may hold
/// the text of a client.
pub(super) fn is_written_by_the_server(name: &str, key: Key<'_>) -> bool {
    if key.opens_an_object() && OBJECTS.contains(&name) {
        return true;
    }
    match variable_of_name(name) {
        // A function's error may quote its client. No sentence of the gateway starts with a dash.
        Some(
            Variable::ErrorMessage
            | Variable::IntegrationError
            | Variable::WafError
            | Variable::AuthenticateError
            | Variable::AuthorizerError
            | Variable::AuthorizeError,
        ) => key.value() == "-",
        Some(_) => true,
        None => name.ends_with("latency") || SERVER_WRITTEN.contains(&name),
    }
}

/// Names of the objects of formats.
const OBJECTS: &[&str] = &[
    "context",
    "request",
    "api",
    "client",
    "http",
    "integration",
    "error",
    "response",
    "identity",
    "authorizer",
    "authorize",
    "authenticate",
    "auth",
    "waf",
];

/// Names of fields that only the server writes, beside those of [`Variable`].
const SERVER_WRITTEN: &[&str] = &[
    "ip",
    "sourceip",
    "identitysourceip",
    "caller",
    "user",
    "requesttime",
    "requesttimeepoch",
    "httpmethod",
    "protocol",
    "responselength",
    "accountid",
    "eventtype",
    "connectionid",
    "messageid",
    "integrationrequestid",
    "authorizerrequestid",
    "awsendpointrequestid",
    "wafstatus",
    "wafresponse",
    "wafresponsecode",
    "authenticatestatus",
    "authorizestatus",
    "authorizerstatus",
    "authorizerservicestatus",
    "authorizerintegrationstatus",
    "contextintegrationstatus",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn path(keys: &[&str]) -> Vec<String> {
        keys.iter().map(|key| plain(key)).collect()
    }

    #[test]
    fn every_spelling_has_its_role() {
        let cases: &[(Variable, &[&[&str]])] = &[
            (
                Variable::Status,
                &[
                    &["status"],
                    &["Status"],
                    &["statusCode"],
                    &["responseStatus"],
                    &["http_status"],
                    &["context", "status"],
                    &["response", "status"],
                    &["http", "status"],
                    &["context.status"],
                ],
            ),
            (
                Variable::IntegrationError,
                &[
                    &["integrationErrorMessage"],
                    &["integrationError"],
                    &["integration_error"],
                    &["integration-error"],
                    &["integration.error"],
                    &["integration", "error"],
                    &["context", "integration", "error"],
                    &["integration", "errors"],
                    &["integrationerror"],
                    &["integrationErr"],
                    &["integration", "integrationErrorMessage"],
                ],
            ),
            (
                Variable::IntegrationStatus,
                &[
                    &["integrationStatus"],
                    &["integration-status"],
                    &["integration_status"],
                    &["lambdaStatus"],
                    &["functionResponseStatus"],
                    &["contextIntegrationStatus"],
                    &["integrationStatus_alternate"],
                    &["integration", "status"],
                ],
            ),
            (
                Variable::ServiceStatus,
                &[
                    &["integrationServiceStatus"],
                    &["integration-integrationStatus"],
                    &["integration_integrationStatus"],
                    &["context", "integration", "integrationStatus"],
                ],
            ),
            (
                Variable::ErrorMessage,
                &[
                    &["errorMessage"],
                    &["error_message"],
                    &["error.message"],
                    &["error", "message"],
                    &["error"],
                    &["message"],
                    &["error.messageString"],
                    &["error_messageString"],
                    &["errormsg"],
                    &["responseError"],
                    &["error_string"],
                    &["error", "errorMessage"],
                ],
            ),
            (
                Variable::ResponseType,
                &[
                    &["errorResponseType"],
                    &["responseType"],
                    &["error", "responseType"],
                    &["error_responseType"],
                    &["error.responseType"],
                    &["errorType"],
                    &["error_response_type"],
                ],
            ),
            (
                Variable::AuthorizerError,
                &[
                    &["authorizerError"],
                    &["authorizer_error"],
                    &["authorizer.error"],
                    &["authorizer", "error"],
                    &["authorizerErr"],
                    &["auth.error"],
                    &["auth", "error"],
                ],
            ),
            (Variable::AuthorizeError, &[&["authorize-error"], &["authorizeError"], &["authorize_error"]]),
            (Variable::AuthenticateError, &[&["authenticate-error"], &["authenticateError"]]),
            (Variable::WafError, &[&["waf-error"], &["wafError"], &["waf_error"], &["waf", "error"]]),
        ];
        for (role_of, paths) in cases {
            for keys in *paths {
                assert_eq!(variable(&path(keys)), Some(*role_of), "{keys:?}");
            }
        }
    }

    #[test]
    fn statuses_and_errors_of_others_are_not_the_gateway_s() {
        for keys in [
            &["authorizer", "status"][..],
            &["waf", "status"],
            &["wafStatus"],
            &["authorizerStatus"],
            &["authorizer", "claims", "status"],
            &["headers", "status"],
            &["responseOverride", "status"],
            &["dynamoDBErrorMessage"],
            &["integrationLatency"],
            &["responseLength"],
        ] {
            assert_eq!(variable(&path(keys)), None, "{keys:?}");
        }
    }
}
