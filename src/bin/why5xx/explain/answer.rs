//! The answer to a request as its client sees it: a body, an HTTP response around it, the headers alone, or the page of a server.

use std::sync::LazyLock;

use serde_json::Value;
use why5xx::classify::shape::RESPONSE_TYPES;

use super::page::Server;

/// An answer to a request. It shows whether the request failed, and not why.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Answer {
    /// The status; None if the text does not show it, and the body has no usual one.
    pub(super) status: Option<u16>,
    /// The text shows it.
    pub(super) has_status: bool,
    /// The program of a client wrote the text about the answer: it says what the client saw.
    pub(super) is_of_client: bool,
    /// The text of the body, in API Gateway's words.
    pub(super) says: Option<&'static PublicText>,
    /// The request id, if a header has it.
    pub(super) request_id: Option<String>,
    /// The server that wrote an HTML page; None if API Gateway may have written the answer.
    pub(super) page: Option<&'static Server>,
    /// The body is the error of a function.
    pub(super) is_error_of_function: bool,
}

/// A text that API Gateway sends to a client.
#[derive(Debug, PartialEq)]
pub(super) struct PublicText {
    /// How it begins, or the whole of it. Anything may stand for a sign of omission.
    pub(super) text: &'static str,
    /// Whether something of the request may stand behind it.
    goes_on: bool,
    status: u16,
    /// Meaning for the client's request; empty where a 5xx hides the reason.
    pub(super) shows: &'static str,
}

const fn whole(text: &'static str, status: u16, shows: &'static str) -> PublicText {
    PublicText { text, goes_on: false, status, shows }
}

const fn beginning(text: &'static str, status: u16, shows: &'static str) -> PublicText {
    PublicText { goes_on: true, ..whole(text, status, shows) }
}

const THROTTLED: &str = "API Gateway throttled the client: a rate or burst limit of the account, the stage, the method or the usage \
                         plan was reached. A limit behind the API gives a 5xx.";
const SIGNATURE: &str = "the signature of the request was refused.";
const DENIED: &str = "a policy (of the authorizer, of IAM, or of the API) denies the request.";
const NO_MODEL: &str = "the request does not fit the model of the method.";
const NO_PARAMETER: &str = "the request lacks a parameter that the method requires.";
const NO_PATH_OR_TOKEN: &str = "the API has no such path or method, or the request is not signed.";
const NO_TYPE: &str = "the API does not take the content type of the request.";
const TOO_LARGE: &str = "the request is larger than API Gateway allows.";

/// Texts of API Gateway's own answers. Those of a 5xx hide a reason; the others are about the client's request.
const PUBLIC_TEXTS: &[PublicText] = &[
    whole("Internal server error", 500, ""),
    whole("Internal failure", 500, ""),
    whole("Bad Gateway", 502, ""),
    whole("Service Unavailable", 503, ""),
    whole("Gateway Timeout", 504, ""),
    whole("Gateway Time-out", 504, ""),
    whole("Too Many Requests", 429, THROTTLED),
    beginning("Too many requests, ", 429, "a limit of a server before or behind the API was reached."),
    whole("Limit Exceeded", 429, "the quota of the client's usage plan is used up."),
    whole(
        "Forbidden",
        403,
        "a missing or wrong API key, AWS WAF, a resource policy, or a host name that is mapped to no API.",
    ),
    whole("Access Denied", 403, DENIED),
    whole("Missing Authentication Token", 403, NO_PATH_OR_TOKEN),
    beginning("User is not authorized to access this resource", 403, DENIED),
    beginning("User: \u{2026} is not authorized to perform: execute-api:Invoke", 403, DENIED),
    whole("Unauthorized", 401, "the authorizer refused the token, or the request has none."),
    beginning("The incoming token has expired", 401, "the authorizer refused the token."),
    beginning("The request signature we calculated does not match", 403, SIGNATURE),
    beginning("The security token included in the request is", 403, SIGNATURE),
    beginning("Signature expired", 403, SIGNATURE),
    beginning("Credential should be scoped to", 403, SIGNATURE),
    beginning("Authorization header requires", 403, SIGNATURE),
    beginning("Invalid key=value pair", 403, SIGNATURE),
    whole("Not Found", 404, "no route of the API matches the request, or its host name is mapped to no stage."),
    whole("Method Not Allowed", 405, "the API or what is behind it does not take this method."),
    whole("Bad Request", 400, "the request was refused as it is."),
    beginning("Invalid request body", 400, NO_MODEL),
    beginning("Missing required request parameters", 400, NO_PARAMETER),
    whole("Unsupported Media Type", 415, NO_TYPE),
    whole("Request Too Long", 413, TOO_LARGE),
    whole("Request Entity Too Large", 413, TOO_LARGE),
    beginning("HTTP content length exceeded", 413, TOO_LARGE),
];

/// Response types of server errors that name no cause.
static TYPES_WITHOUT_CAUSE: LazyLock<Vec<PublicText>> =
    LazyLock::new(|| RESPONSE_TYPES.iter().map(|(name, status)| whole(name, *status, "")).collect());

/// Response types of errors that are no server errors.
const TYPES_BELOW_500: &[PublicText] = &[
    whole("ACCESS_DENIED", 403, DENIED),
    whole("BAD_REQUEST_BODY", 400, NO_MODEL),
    whole("BAD_REQUEST_PARAMETERS", 400, NO_PARAMETER),
    whole("DEFAULT_4XX", 400, "the request was refused."),
    whole("EXPIRED_TOKEN", 403, "the token of the request has expired."),
    whole("INVALID_API_KEY", 403, "the API key of the request is missing or wrong."),
    whole("INVALID_SIGNATURE", 403, SIGNATURE),
    whole("MISSING_AUTHENTICATION_TOKEN", 403, NO_PATH_OR_TOKEN),
    whole("REQUEST_TOO_LARGE", 413, TOO_LARGE),
    whole("RESOURCE_NOT_FOUND", 404, "the API has no such path."),
    whole("UNSUPPORTED_MEDIA_TYPE", 415, NO_TYPE),
    whole("WAF_FILTERED", 403, "AWS WAF blocked the request."),
];

/// Longest text that is looked into; our own bound. API Gateway's answers are short, and behind a long one may stand anything.
const LONGEST_BYTES: usize = 64 * 1024;

/// Body without a text.
pub(super) static NO_TEXT: PublicText = whole("null", 500, "");

/// Headers of API Gateway's answers, and of HTTP APIs'.
const REQUEST_ID_HEADERS: &[&str] = &["x-amzn-requestid", "apigw-requestid"];

/// Headers that only the answers of AWS have.
const AWS_HEADERS: &[&str] = &[
    "x-amzn-requestid",
    "apigw-requestid",
    "x-amz-apigw-id",
    "x-amzn-errortype",
    "x-amzn-trace-id",
    "x-amzn-remapped-",
    "x-amz-cf-",
    "x-cache",
];

/// Header with the type of an error, and the statuses of the types.
const ERROR_TYPE: &str = "x-amzn-errortype";
const ERROR_TYPES: &[(&str, u16)] = &[
    ("TooManyRequestsException", 429),
    ("LimitExceededException", 429),
    ("ForbiddenException", 403),
    ("AccessDeniedException", 403),
    ("MissingAuthenticationTokenException", 403),
    ("IncompleteSignatureException", 403),
    ("InvalidSignatureException", 403),
    ("UnrecognizedClientException", 403),
    ("ExpiredTokenException", 403),
    ("UnauthorizedException", 401),
    ("NotFoundException", 404),
    ("BadRequestException", 400),
    ("InternalServerErrorException", 500),
    ("InternalServerException", 500),
    ("InternalFailureException", 500),
    ("AuthorizerConfigurationException", 500),
    ("AuthorizerFailureException", 500),
    ("ServiceUnavailableException", 503),
];

impl Answer {
    /// Returns the answer that a text is; None if it is something else.
    ///
    /// `{"message":"Too Many Requests"}` → the text, with its status 429
    pub(super) fn of(text: &str) -> Option<Self> {
        let text = text[..text.floor_char_boundary(LONGEST_BYTES)].trim();
        if let Some(answer) = Self::of_object(text) {
            return Some(answer);
        }
        if let Some((status, body)) = below_500_of_tool(text) {
            let answer = Self { status: Some(status), says: public_text(body), ..Self::default() };
            return Some(answer.with_usual_status());
        }
        if let Some(status) = status_of_clients_lines(text) {
            let answer = Self { status: Some(status), is_of_client: true, ..Self::default() };
            return Some(answer.with_usual_status());
        }
        // `curl -v` puts signs before the lines of the response.
        let lines: Vec<&str> = text.lines().map(|line| line.trim_start_matches(['<', '*', '$', ' ']).trim()).collect();
        let head = head_of_response(&lines);
        let label = lines.first().and_then(|first| status_of_label(first)).map(|status| (0, status));
        let (behind, status) = match head.or(label) {
            Some((at, status)) => (&lines[at + 1..], Some(status)),
            None => (&lines[..], None),
        };
        let headers = behind.iter().take_while(|line| header(line).is_some()).count();
        let (headers, body) = behind.split_at(headers);
        let mut answer = Self { status, ..Self::default() };
        for (name, value) in headers.iter().filter_map(|line| header(line)) {
            answer.header(name, value);
        }
        // `curl -v` prints its own lines around the body.
        let of_line = || body.iter().find_map(|line| public_text(line));
        let within = || if head.is_some() { of_line() } else { public_object_within(text) };
        answer.says = public_text(text).or_else(|| public_text(&body.join("\n"))).or_else(within);
        answer.page = Server::of_page(text, answer.page);
        // Postman shows status, time and size above the page.
        if label.is_some() && answer.page.is_none() && body.first().is_some_and(|line| line.is_empty()) {
            answer.page = text.find('<').and_then(|at| Server::of_page(&text[at..], None));
            answer.is_of_client = answer.page.is_some();
        }
        let has_aws_header = headers.iter().any(|line| is_of_aws(line));
        let is_answer = head.is_some()
            || answer.says.is_some()
            || answer.page.is_some()
            || (has_aws_header || label.is_some()) && body.iter().all(|line| line.is_empty())
            || has_aws_header && body.first().is_some_and(|line| line.is_empty());
        answer.status = answer.status.or_else(|| answer.page.and_then(|_| super::page::status(text)));
        is_answer.then(|| answer.with_usual_status())
    }

    /// Returns the answer that an object holds, as a function or a client writes it: `{"statusCode": 502, "body": "…"}`
    fn of_object(text: &str) -> Option<Self> {
        let Ok(Value::Object(fields)) = serde_json::from_str(text) else { return None };
        let field = |names: &[&str]| {
            fields
                .iter()
                .find(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)))
                .map(|(_, value)| value)
        };
        let status = field(&["statusCode", "status"])?.as_u64().and_then(|status| u16::try_from(status).ok())?;
        let body = field(&["body", "data"])?;
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let answer = Self { status: Some(status), says: public_text(&body), ..Self::default() };
        (100..600).contains(&status).then(|| answer.with_usual_status())
    }

    /// Adds the usual status of the body, where nothing shows one.
    fn with_usual_status(mut self) -> Self {
        self.has_status = self.status.is_some();
        let usual = self.says.filter(|says| **says != NO_TEXT).map(|says| says.status);
        self.status = self.status.or(usual);
        self
    }

    fn header(&mut self, name: &str, value: &str) {
        if REQUEST_ID_HEADERS.iter().any(|header| name.eq_ignore_ascii_case(header)) {
            self.request_id = Some(value.to_owned());
        } else if name.eq_ignore_ascii_case(ERROR_TYPE) {
            let name = value.split([':', ',']).next().unwrap_or_default();
            let of_type = ERROR_TYPES.iter().find(|(known, _)| *known == name).map(|(_, status)| *status);
            self.status = self.status.or(of_type);
        } else if name.eq_ignore_ascii_case("server") {
            self.page = Server::of_name(value);
        }
    }

    /// Returns whether it shows that the request failed. Headers and the page of a server do not without a status.
    pub(super) fn shows_failure(&self) -> bool {
        self.status.map_or(self.says == Some(&NO_TEXT), |status| status >= 500)
    }

    /// Returns whether it is the name of a response type alone.
    pub(super) fn is_response_type(&self) -> bool {
        self.says.is_some_and(|says| says.text.contains('_'))
    }

    /// Returns whether it shows that the request did not fail.
    pub(super) fn is_below_500(&self) -> bool {
        self.status.is_some_and(|status| status < 500)
    }
}

/// Returns the texts of answers with a status, for people.
pub(super) fn texts_of(status: u16) -> impl Iterator<Item = &'static PublicText> {
    PUBLIC_TEXTS.iter().filter(move |public| public.status == status)
}

/// Returns the status below 500 that a tool shows beside a body in JSON, and that body: `curl -w` behind it, Postman and others in the
/// lines above it, a browser below a label.
///
/// `{"message":"…"}`, `404` → 404
fn below_500_of_tool(text: &str) -> Option<(u16, &str)> {
    let at = text.find(['{', '['])?;
    let (above, from_body) = text.split_at(at);
    let mut bodies = serde_json::Deserializer::from_str(from_body).into_iter::<serde::de::IgnoredAny>();
    bodies.next()?.ok()?;
    let (body, below) = from_body.split_at(bodies.byte_offset());
    let is_alone = |text: &str| text.trim().is_empty();
    let status = if is_alone(above) {
        status_of_label(below.trim())
    } else if is_alone(below) {
        let lines: Vec<&str> = above.lines().map(str::trim).collect();
        let is_browsers = lines[0].starts_with("Request URL");
        let of_line = |at: usize| match lines[at] {
            // Above the status, a browser shows the address.
            line if is_browsers && line.eq_ignore_ascii_case("status code:") => status_of_label(lines.get(at + 1)?),
            line if is_browsers && !line.to_ascii_lowercase().starts_with("status code") => None,
            // Postman shows time and size behind it.
            line => status_of_label(line.split(" Time:").next().unwrap_or(line)),
        };
        (0..if is_browsers { lines.len() } else { 1 }).find_map(of_line)
    } else {
        None
    };
    status.filter(|status| *status < 500).map(|status| (status, body))
}

/// Returns which line holds the status of a response, and the status: of several responses the first that failed, or else the last.
fn head_of_response(lines: &[&str]) -> Option<(usize, u16)> {
    let heads = || lines.iter().enumerate().filter_map(|(at, line)| Some((at, status_of_protocol(line)?)));
    heads().find(|(_, status)| *status >= 500).or_else(|| heads().next_back())
}

/// Returns the status behind the protocol: `HTTP/2 429`, `HTTP 502 Bad Gateway`, `HTTP ERROR 502` → 429, 502, 502
fn status_of_protocol(line: &str) -> Option<u16> {
    let (protocol, rest) = line.split_once(' ')?;
    let is_protocol = protocol.eq_ignore_ascii_case("http")
        || protocol.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("http/"));
    // A browser shows the last one.
    let rest = rest.strip_prefix("ERROR ").unwrap_or(rest);
    if is_protocol { status(rest) } else { None }
}

/// Returns the status in the lines that `curl` or the console of a browser writes about answers; None if the text has any other line. Of several
/// the first that failed, or else the last.
///
/// `GET https://api.example.com/orders 504 (Gateway Timeout)` → 504
fn status_of_clients_lines(text: &str) -> Option<u16> {
    const OF_CURL: &str = "curl: (22) The requested URL returned error: ";
    const OF_BROWSER: &str = "the server responded with a status of ";
    let of_request = |line: &str| {
        let (before, reason) = line.rsplit_once(" (")?;
        let (request, number) = before.rsplit_once(' ')?;
        let is_request = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
            .iter()
            .any(|method| request.split(' ').any(|word| word == *method))
            && request.contains("https://");
        (is_request && reason.trim_end().contains(')')).then(|| status(number)).flatten()
    };
    let of_line = |line: &str| {
        let behind = |words: &str| line.split_once(words).and_then(|(_, behind)| status(behind));
        behind(OF_CURL).or_else(|| behind(OF_BROWSER)).or_else(|| of_request(line))
    };
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let statuses: Vec<u16> = lines.map(of_line).collect::<Option<_>>()?;
    statuses.iter().copied().find(|status| *status >= 500).or_else(|| statuses.last().copied())
}

/// Returns the status of a line that has little else: `502 Bad Gateway`, `Status: 502`, `curl: (22) The requested URL returned
/// error: 502`
fn status_of_label(line: &str) -> Option<u16> {
    const LABELS: &[&str] = &[
        "http status code",
        "http status",
        "status code",
        "statuscode",
        "status",
        "error",
        "curl: (22) the requested url returned error",
    ];
    const MOST_WORDS: usize = 4;
    let lower = line.to_ascii_lowercase();
    let behind = LABELS.iter().find_map(|label| lower.strip_prefix(label));
    let rest = behind.map_or(lower.as_str(), |behind| behind.trim_start_matches([':', '=', ' ']));
    let reason = rest.get(3..)?.trim();
    let is_reason = reason.bytes().all(|b| b.is_ascii_alphabetic() || matches!(b, b' ' | b'-'))
        && reason.split_whitespace().count() <= MOST_WORDS;
    status(rest).filter(|_| is_reason)
}

/// Returns the status at the start of a text.
fn status(text: &str) -> Option<u16> {
    let word = text.split_whitespace().next()?;
    (word.len() == 3).then(|| word.parse().ok()).flatten().filter(|status| (100..600).contains(status))
}

/// Splits a line of headers: `content-length: 33`, and of the tools of a browser: `Remote Address: 192.0.2.7:443`
fn header(line: &str) -> Option<(&str, &str)> {
    const MOST_WORDS: usize = 2;
    let (name, value) = line.split_once(':')?;
    let is_name = !name.is_empty()
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b' '))
        && name.split(' ').count() <= MOST_WORDS;
    is_name.then_some((name, value.trim()))
}

fn is_of_aws(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    AWS_HEADERS.iter().any(|header| lower.starts_with(header))
}

/// How a line with a message begins.
const MESSAGE_KEYS: &[&str] = &["\"message\":", "\"Message\":", "message:", "Message:", "Message=", "message="];

/// Returns the public text of an object within the words of a person: `they get {"message": "Internal server error"} today`
fn public_object_within(text: &str) -> Option<&'static PublicText> {
    const LONGEST_BYTES: usize = 4_096;
    let object = text.get(text.find('{')?..=text.rfind('}')?).filter(|object| object.len() <= LONGEST_BYTES)?;
    public_text(object)
}

/// Returns the public text that a body is, alone or as the message of an object.
fn public_text(body: &str) -> Option<&'static PublicText> {
    // As a program prints an object.
    let body = body.trim();
    let body = if body.starts_with("{'") { body.replace('\'', "\"") } else { body.to_owned() };
    let said = match serde_json::from_str::<Value>(&body) {
        Ok(Value::Object(fields)) => {
            // The error of an AWS service behind the API.
            if fields.keys().any(|name| matches!(name.as_str(), "__type" | "code" | "Code")) {
                return None;
            }
            let mut messages = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("message"));
            match messages.next()?.1 {
                Value::Null if fields.len() == 1 => return Some(&NO_TEXT),
                message => message.as_str()?.to_owned(),
            }
        }
        Ok(Value::String(text)) => text,
        // A line of the object, or what a person made of it.
        _ => MESSAGE_KEYS.iter().find_map(|key| body.strip_prefix(key)).map_or(body.as_str(), |said| said).to_owned(),
    };
    let said = said.trim().trim_matches(['"', ',', '\'', '\u{201c}', '\u{201d}']);
    // A mail may have broken it.
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = said.trim_end_matches('.');
    if let Some(response_type) = TYPES_WITHOUT_CAUSE.iter().chain(TYPES_BELOW_500).find(|public| public.text == said) {
        return Some(response_type);
    }
    PUBLIC_TEXTS.iter().find(|public| {
        let (start, rest) = public.text.split_once('\u{2026}').unwrap_or((public.text, ""));
        let behind =
            said.get(..start.len()).filter(|said| said.eq_ignore_ascii_case(start)).map(|_| &said[start.len()..]);
        behind.is_some_and(|behind| behind.is_empty() || public.goes_on && behind.contains(rest))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_and_text(text: &str) -> Option<(Option<u16>, Option<&'static str>)> {
        Answer::of(text).map(|answer| (answer.status, answer.says.map(|says| says.text)))
    }

    #[test]
    fn a_public_body_is_known_in_every_form() {
        for text in [
            r#"{"message":"Internal server error"}"#,
            r#"{ "message": "Internal Server Error" }"#,
            r#"{"message": "Internal server error", "connectionId":"L0=", "requestId":"x"}"#,
            "Internal server error",
            "Internal server\nerror",
            "{'message': 'Internal server error'}",
            "{\n  \"Message\": \"internal server error\"\n}\n",
            "{\n  \"message\":\n    \"Internal server error\"\n}\n",
        ] {
            assert_eq!(status_and_text(text), Some((Some(500), Some("Internal server error"))), "{text}");
        }
        for text in [
            r#"{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}"#,
            r#"{"Message":"User: arn:x is not authorized to perform: lambda:InvokeFunction on resource: y"}"#,
        ] {
            assert_eq!(Answer::of(text), None, "{text}");
        }
        let quoted = "our client gets {\"message\": \"Internal server error\"} since noon";
        assert_eq!(status_and_text(quoted), Some((Some(500), Some("Internal server error"))));
        for text in
            ["", "ok", "} {", r#"{"message":"no such order"}"#, r#"{"message":5}"#, "Forbidden fruit", "User error"]
        {
            assert_eq!(Answer::of(text), None, "{text}");
        }
    }

    #[test]
    fn a_body_of_a_4xx_shows_its_status() {
        for (text, status) in [
            (r#"{"message":"Too Many Requests"}"#, 429),
            ("Too Many Requests", 429),
            (r#"{"message":"Limit Exceeded"}"#, 429),
            (r#"{"message":"Forbidden"}"#, 403),
            (r#"{"message":"Missing Authentication Token"}"#, 403),
            (r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#, 403),
            (r#"{"message":"The security token included in the request is expired"}"#, 403),
            (r#"{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: x"}"#, 403),
            (r#"{"message":"Unauthorized"}"#, 401),
            (r#"{"message":"Not Found"}"#, 404),
            ("x-amzn-ErrorType: TooManyRequestsException", 429),
            ("content-type: application/json\nx-amzn-errortype: ForbiddenException:http://x/\n\n{}", 403),
            ("HTTP 429 Too Many Requests", 429),
            ("HTTP/1.1 301 Moved\nlocation: /\n\nHTTP/1.1 404 Not Found\n", 404),
            ("curl: (22) The requested URL returned error: 403", 403),
            ("message: Too Many Requests", 429),
            ("  \"message\": \"Forbidden\",", 403),
            (r#"{"statusCode":404,"headers":{},"body":"{\"message\":\"Not Found\"}"}"#, 404),
            ("Status Code: 401 Unauthorized\nRemote Address: 192.0.2.7:443", 401),
            ("WAF_FILTERED", 403),
        ] {
            let answer = Answer::of(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((answer.status, answer.is_below_500()), (Some(status), true), "{text}");
        }
    }

    #[test]
    fn a_body_below_a_status_or_without_a_text_is_an_answer() {
        for first in ["502 Bad Gateway", "Status: 502", "502"] {
            let text = format!("{first}\n\n{{\"message\": \"Internal server error\"}}");
            assert_eq!(status_and_text(&text), Some((Some(502), Some("Internal server error"))), "{text}");
        }
        assert_eq!(status_and_text("{\"message\":null}"), Some((None, Some("null"))));
        for text in ["{\"message\":null,\"id\":7}", "502 orders failed, see below\nall of them", "503 bottles\nof beer"]
        {
            assert_eq!(Answer::of(text), None, "{text}");
        }
    }

    #[test]
    fn of_several_responses_the_one_that_failed_counts() {
        let status = |text: &str| Answer::of(text).and_then(|answer| answer.status);
        assert_eq!(status("HTTP/1.1 502 Bad Gateway\n\nHTTP/1.1 200 OK\n"), Some(502));
        assert_eq!(status("HTTP/1.1 301 Moved\n\nHTTP/1.1 503 Slow\n"), Some(503));
        assert_eq!(status("This page is not working\nexample.com is ill\nHTTP ERROR 500"), Some(500));
        let headers = Answer::of("x-amzn-requestid: 1f2e\ncontent-type: text/plain").unwrap();
        assert_eq!((headers.status, headers.shows_failure()), (None, false));
    }

    #[test]
    fn a_response_has_its_status_and_request_id() {
        let text = "< HTTP/2 503\r\n< apigw-requestid: AbCd=\r\n< content-length: 33\r\n<\r\n{\"message\":\"Service Unavailable\"}\r\n";
        let answer = Answer::of(text).unwrap();
        assert_eq!((answer.status, answer.request_id.as_deref()), (Some(503), Some("AbCd=")));
        assert_eq!(answer.says.map(|says| says.text), Some("Service Unavailable"));
        assert_eq!(Answer::of("HTTP/1.1\n"), None);
    }
}
