//! Names that formats give to API Gateway's variables, in every spelling, and their weight as evidence for its lines.

use std::borrow::Cow;

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

/// Longest key to recognise, in bytes; our own limit, so that broken lines are parsed in linear time.
pub(super) const LONGEST_KEY_BYTES: usize = 96;

/// Returns the plain form of a key: lower case, without `_`, `-`, `.`, `$`, `@` and blanks.
///
/// `$context.request-Id` → `contextrequestid`
pub(super) fn plain(key: &str) -> String {
    let is_left_out = |b: &u8| matches!(b, b'_' | b'-' | b'.' | b' ' | b'$' | b'@');
    if key.is_ascii() {
        // Fast path: only forged keys are not ASCII.
        let mut plain = Vec::with_capacity(key.len().min(LONGEST_KEY_BYTES));
        for b in key.bytes().filter(|b| !is_left_out(b)).take(LONGEST_KEY_BYTES) {
            plain.push(b.to_ascii_lowercase());
        }
        return String::from_utf8(plain).unwrap_or_default();
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

fn variable_of_name(name: &str) -> Option<Variable> {
    // The key `context` alone has no name behind the prefix, so it stays.
    let name = if name.len() > "context".len() { name.strip_prefix("context").unwrap_or(name) } else { name };
    Some(match name {
        "status" | "statuscode" | "responsestatus" | "responsestatuscode" | "httpstatus" | "httpstatuscode"
        | "gatewaystatus" => Variable::Status,
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

/// Whether a text is the name of a field, as in the header of a table.
pub fn is_name(text: &str) -> bool {
    let path = [plain(text)];
    let variable = variable(&path);
    !text.contains(' ') && (variable.is_some() || weight(&path, variable) > 0)
}

/// Returns the weight of a name as evidence for a line of API Gateway: 2 if only its formats use it, 1 if other logs do
/// as well, else 0. `variable` is the result of [`variable`] for the path.
pub(super) fn weight(path: &[String], variable: Option<Variable>) -> u32 {
    let joined = joined(path);
    let joined = joined.strip_prefix("context").unwrap_or(&joined);
    let leaf = path.last().map_or("", String::as_str);
    let own = ["integration", "authorize", "authenticate", "waf", "functionresponse"];
    match variable {
        Some(Variable::ErrorMessage) => return u32::from(leaf.starts_with("errormessage") || path.len() > 1),
        Some(Variable::Status | Variable::TraceId) => return 0,
        Some(Variable::ApiId | Variable::Stage | Variable::RequestId) => return 1,
        Some(Variable::ResponseType) => return if joined == "errortype" { 0 } else { 2 },
        Some(_) => return 2,
        None => {}
    }
    if own.iter().any(|prefix| joined.starts_with(prefix)) && !path.is_empty() {
        return 2;
    }
    match leaf {
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
pub(super) fn is_of_an_application(path: &[String]) -> bool {
    let [name, ..] = path else { return false };
    matches!(
        name.as_str(),
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

/// Returns whether the client writes the text of the field with this name.
pub(super) fn is_written_by_client(leaf: &str) -> bool {
    const CLIENT_WRITTEN: &[&str] =
        &["path", "useragent", "referer", "referrer", "query", "header", "host", "uri", "url", "cookie"];
    leaf != "resourcepath" && CLIENT_WRITTEN.iter().any(|word| leaf.contains(word))
}

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
