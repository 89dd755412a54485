//! A sentence that a person pasted without the line it stood in: which cause it names.
//!
//! Only `explain` asks this. Nothing says that such a text is the platform's, so it never makes a count.

use std::sync::LazyLock;

use why5xx::cause::{Author, Cause, Role, Table, normalise, own_words};
use why5xx::classify::error_text::cause_of_type;
use why5xx::classify::execution::{RequestFinding, finding};
use why5xx::classify::{access, body_text, frame};
use why5xx::decode::{LogEvent, Message};
use why5xx::record::Record;
use why5xx::record::access::{AccessFields, AccessLine, is_name, line as access_line};
use why5xx::record::execution::{Head, split_request_id};

use super::alone::execution_line;
use super::of_function::names_functions_code;
use super::{prefix, rows, shows_function};

/// Returns the cause that a pasted text names. The columns of a table row are asked one by one.
pub(crate) fn cause(text: &str, table: &Table) -> Option<&'static Cause> {
    if body_text(text.trim(), table).is_some() {
        return of_body(text, table);
    }
    if let Some(cause) = rows::fields(text).and_then(|fields| of_fields(fields, table)) {
        return Some(cause);
    }
    text.split(['\t', '|', '\u{2502}'])
        .map(str::trim)
        .filter(|column| !column.is_empty())
        .find_map(|column| named(column, table))
}

/// Returns the cause that a whole body names, as the error of a service or of a function.
pub(crate) fn of_body(body: &str, table: &Table) -> Option<&'static Cause> {
    let answer = body_text(body.trim(), table)?;
    let code = code_of(body.trim());
    // Only other services write this key.
    let of_service = answer.service.filter(|_| code.as_deref().is_none_or(is_code_of_aws));
    let index = match answer.function {
        None if body.contains("\"__type\"") => of_service,
        function => answer.lambda_service.or(function).or(of_service),
    };
    index.map(|index| table.at(index))
}

/// Returns whether a text is the error of a function by its keys alone: other programs have such keys.
///
/// `{"errorMessage":"no stock"}` → true, `{"errorMessage":"x","errorType":"Runtime.ExitError"}` → false
pub(crate) fn is_functions_body(body: &str, table: &Table) -> bool {
    body_text(body.trim(), table).is_some_and(|answer| answer.function.is_some() && answer.lambda_service.is_none())
        && !names_functions_code(body)
        && !body.contains("\"Runtime.")
}

/// Returns the code of an error in JSON.
fn code_of(body: &str) -> Option<String> {
    let error: serde_json::Value = serde_json::from_str(body).ok()?;
    let code = |object: &serde_json::Value| {
        ["__type", "code", "Code"].iter().find_map(|key| object.get(key)?.as_str().map(str::to_owned))
    };
    code(&error).or_else(|| code(error.get("Error")?))
}

/// Returns whether the code of an error is spelt as those of AWS are. Other programs write such bodies, too.
///
/// `com.amazonaws#ThrottlingException`, `AccessDenied` → true, `ORDER_NOT_FOUND` → false
fn is_code_of_aws(code: &str) -> bool {
    let name = code.rsplit('#').next().unwrap_or_default();
    let name = name.split(':').next().unwrap_or_default();
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
        && name.bytes().any(|b| b.is_ascii_lowercase())
}

/// Returns the cause that one sentence names, if it begins as one of the platform's, or is one that libraries have, too.
pub(super) fn named(sentence: &str, table: &Table) -> Option<&'static Cause> {
    let sentence = sentence.trim_start_matches(QUOTES);
    if let Some(said) = frame::function_error(sentence) {
        return table.find(Author::Function, &normalise(said));
    }
    if let Some(cause) = response_type(sentence, table) {
        return Some(cause);
    }
    if !is_platforms(sentence) && !is_shared(sentence) {
        return None;
    }
    let text = normalise(sentence);
    if own_words(&text).contains("authorizer") {
        return Some(table.find(Author::Authorizer, &text).unwrap_or_else(|| Role::AuthorizerFailed.cause()));
    }
    table
        .find(Author::Gateway, &text)
        .or_else(|| table.find_invocation_status(frame::invocation_status(&text)?))
        .or_else(|| table.find(Author::LambdaService, &text))
}

/// How the platform's sentences begin, wherever a person's text quotes them.
const HEADS: &[&str] = &[
    "Execution failed due to",
    "Lambda execution failed",
    "Lambda invocation failed with status",
    "The Lambda function returned the following error",
    "Lambda Customer Function Error",
    "The response from the Lambda",
    "The IAM role configured on",
    "API Gateway does not have permission",
    "API Gateway doesn't have permission",
    "API Gateway doesn\u{2019}t have permission",
    "Authorizer error",
    "AuthorizerConfigurationException",
    "AuthorizerFailureException",
    "Endpoint request timed out",
    "Integration request timed out",
    "Integration response timed out",
    "Integration response of reported length",
    "Request to integration timed out",
    "There was an internal error while executing your request",
    "There was an error evaluating the AWS WAF",
    "WAF call timed out",
    "Network error communicating with endpoint",
    "Invalid permissions on Lambda function",
    "Malformed Lambda proxy response",
    "Wrong type for field",
    "Output mapping refers to",
    "No match for output mapping",
    "No target endpoints found for integration",
    "Unable to transform request",
    "Unable to transform response",
    "Unable to base64 decode the body",
    "Unable to determine service/operation name",
    "Unable to parse statusCode",
    "statusCode should be an integer",
    "Could not parse request body into json",
    "Could not parse policy",
    "Unable to parse given policy",
    "Unrecognized field \"errorType",
    "Unrecognized field \"errorMessage",
    "1 validation error detected: Value 'arn:aws",
    "Invalid endpoint address",
    "Invalid stage variable",
    "Invalid mapping expression",
    "Lambda was unable to decrypt",
    "Lambda was not able to",
];

/// How reasons begin that API Gateway writes behind "configuration error:" and that its libraries write in any other program.
const SHARED_HEADS: &[&str] = &[
    "Host name '",
    "PKIX path ",
    "unable to find valid certification path",
    "No subject alternative ",
    "No name matching ",
    "Cannot verify ECDH ServerKeyExchange signature",
    "General SSLEngine problem",
    "Received fatal alert: ",
    "No cipher suites in common",
    "No negotiable cipher suite",
    "Unrecognized SSL message",
    "Remote host terminated the handshake",
    "Not a valid protocol version",
    "User: arn:aws",
    "Function not found: ",
    "Invalid function ARN",
    "Invalid JSON in response",
];

/// Sentence of a throttle, which counts only as the whole text.
const RATE_EXCEEDED: &str = "rate exceeded";

/// Beginnings that other texts have, too, and a part that the platform's sentence has behind.
const GO_ON: &[(&str, &[&str])] = &[
    // Build tools say so of a task.
    (
        "execution failed due to ",
        &[
            "configuration error",
            "timeout error",
            "internal error",
            "internal server error",
            "vpc link error",
            "network error",
        ],
    ),
    ("response from lambda", &["match format"]),
    ("iam role configured on", &["permission"]),
    ("user: arn:aws", &["lambda:invokefunction", "sts:assumerole"]),
];

/// The heads in the form for comparison.
static PLATFORMS: LazyLock<Vec<String>> = LazyLock::new(|| HEADS.iter().map(|head| normalise(head)).collect());
static SHARED: LazyLock<Vec<String>> = LazyLock::new(|| SHARED_HEADS.iter().map(|head| normalise(head)).collect());

/// Returns whether a sentence begins as only the platform's do.
fn is_platforms(sentence: &str) -> bool {
    begins_with(&beginning(sentence), &PLATFORMS)
}

/// Returns whether a sentence begins as one that libraries have, too. Before it may stand the class of the error.
pub(crate) fn is_shared(sentence: &str) -> bool {
    let text = beginning(behind_classes(sentence));
    text == RATE_EXCEEDED || begins_with(&text, &SHARED)
}

/// Returns whether a sentence begins as one of the platform's, or as one that its libraries have.
pub(super) fn begins_as_platforms(sentence: &str) -> bool {
    is_platforms(sentence) || is_shared(sentence)
}

fn begins_with(text: &str, heads: &[String]) -> bool {
    let goes_on = |(head, parts): &(&str, &[&str])| {
        text.strip_prefix(head).is_none_or(|behind| parts.iter().any(|part| behind.contains(part)))
    };
    heads.iter().any(|head| text.starts_with(head)) && GO_ON.iter().all(goes_on)
}

/// Returns a sentence without the classes of Java before it: `javax.net.ssl.SSLException: Received …` → `Received …`
fn behind_classes(sentence: &str) -> &str {
    const MOST_CLASSES: usize = 3;
    let is_class = |name: &str| {
        name.contains('.')
            && name.ends_with("Exception")
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
    };
    (0..MOST_CLASSES).fold(sentence, |rest, _| match rest.split_once(": ") {
        Some((name, behind)) if is_class(name) => behind,
        _ => rest,
    })
}

/// Returns the first words of a sentence, without quotes, in the form for comparison.
fn beginning(sentence: &str) -> String {
    const LONGEST_BYTES: usize = 200;
    let sentence = sentence.trim_start_matches(|c: char| c.is_whitespace() || QUOTES.contains(&c));
    normalise(&sentence[..sentence.floor_char_boundary(LONGEST_BYTES)])
}

/// Signs around a sentence that somebody quotes.
const QUOTES: [char; 5] = ['"', '\'', '`', '\u{201c}', '\u{2018}'];

/// The heads in lower case, with their articles, as they stand in a line.
static LOWER_HEADS: LazyLock<Vec<String>> =
    LazyLock::new(|| HEADS.iter().map(|head| head.to_ascii_lowercase()).collect());

/// Returns where a sentence of the platform begins in a line.
fn platforms_start(line: &str) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    let starts = |head: &String| {
        let mut starts = lower.match_indices(head.as_str()).map(|(at, _)| at).take(MOST_STARTS);
        starts.find(|at| is_platforms(&line[*at..]))
    };
    LOWER_HEADS.iter().filter_map(starts).min()
}

/// Most places of one head in a line that are looked at.
const MOST_STARTS: usize = 4;

/// Returns whether a line holds the beginning of a sentence that names a cause.
pub(super) fn is_platforms_start(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    LOWER_HEADS.iter().any(|head| lower.contains(head))
}

/// Returns how many of the platform's beginnings of sentences are in a line.
pub(super) fn heads_within(line: &str) -> usize {
    let lower = line.to_ascii_lowercase();
    LOWER_HEADS.iter().filter(|head| lower.contains(head.as_str())).count()
}

/// Returns whether a text is the beginning of a sentence that names a cause or ends a request, as far as it goes. Where nothing
/// before it shows that a line begins there, a few letters are too few.
pub(super) fn may_be_head(text: &str, is_shown: bool) -> bool {
    const FEWEST_LETTERS: usize = 8;
    const END: &str = "method completed with status:";
    let lower = text[..text.floor_char_boundary(LONGEST_HEAD_BYTES)].trim_end().to_ascii_lowercase();
    (is_shown || lower.len() >= FEWEST_LETTERS)
        && (LOWER_HEADS.iter().map(String::as_str).chain([END]))
            .any(|head| lower.starts_with(head) || head.starts_with(&lower))
}

/// Longest text that is compared with the heads, in bytes; all of them are shorter.
const LONGEST_HEAD_BYTES: usize = 80;

/// Returns whether a line is a whole one of the platform about a request.
pub(super) fn is_platforms_line(line: &str) -> bool {
    /// A sentence that a terminal broke may go on so.
    const LAST: &str = "Lambda request id";
    let line = line.trim_start();
    Head::find(line.as_bytes()).is_some() || line.starts_with(LAST)
}

/// Returns the cause of a failure and its end that lost the break between them. Where more was joined, or the line begins with
/// something else, a sentence in it may be a client's.
///
/// `Execution failed due to a timeout error Method completed with status: 504` → integration_timeout
pub(crate) fn of_joined_lines(text: &str, table: &Table) -> Option<&'static Cause> {
    const END: &str = "Method completed with status:";
    let text = text.trim();
    let own = text.strip_prefix('(').and_then(|rest| rest.split_once(") "));
    let (id, own) = own.map_or((None, text), |(id, own)| (Some(format!("({id}) ")), own));
    let (before, ends) = own.split_once(END)?;
    let before = id.and_then(|id| before.strip_suffix(&id)).unwrap_or(before);
    let sentence = before.trim();
    let event = LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(sentence.as_bytes()) };
    let is_failure = matches!(execution_line(&event), Some(Record::Execution(line))
        if matches!(finding(&line, table), Some(RequestFinding::Failure(_))));
    let failed = |end: &str| {
        let status = end.trim_start();
        let length = status.bytes().take_while(u8::is_ascii_digit).count();
        length == 3 && status.starts_with('5')
    };
    let is_line =
        |(at, byte): (usize, u8)| byte.is_ascii_uppercase() && Head::find(&sentence.as_bytes()[at..]).is_some();
    let holds_more = sentence.bytes().enumerate().skip(1).any(is_line) || holds_id(before) || holds_id(ends);
    if is_failure && !holds_more && ends.split(END).all(failed) { cause(sentence, table) } else { None }
}

/// Returns the cause of a sentence that somebody broke into several lines, however long they are: a text of nothing else.
///
/// `PKIX path building failed:`, `unable to find valid certification path` → tls_untrusted_chain
pub(crate) fn of_broken_lines(text: &str, table: &Table) -> Option<&'static Cause> {
    const MOST_LINES: usize = 12;
    const LONGEST_BYTES: usize = 4_096;
    if text.len() > LONGEST_BYTES {
        return None;
    }
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if !(2..=MOST_LINES).contains(&lines.len()) || lines[1..].iter().any(|line| begins_line(line)) {
        return None;
    }
    // Between words, or within one.
    [" ", ""].iter().find_map(|between| named(&lines.join(between), table))
}

/// Returns whether a line begins as one of a log does, and so goes on with no other.
pub(crate) fn begins_line(line: &str) -> bool {
    prefix::strip(line).has_prefix() || prefix::is_head(line) || is_platforms_line(line)
}

/// Returns whether a request's id in brackets stands within a text. A word in brackets has no digit and no hyphen.
pub(super) fn holds_id(text: &str) -> bool {
    const SHORTEST_ID_BYTES: usize = 8;
    let is_id = |id: &str| id.len() >= SHORTEST_ID_BYTES && id.bytes().any(|b| !b.is_ascii_alphabetic());
    text.match_indices('(').any(|(at, _)| split_request_id(&text[at..]).is_some_and(|(id, _)| is_id(id)))
}

/// Returns the cause that a sentence within other text names: between the columns of a table, or behind words of the person's.
pub(crate) fn within(text: &str, table: &Table) -> Option<&'static Cause> {
    text.lines().find_map(|line| {
        let of_gateway = platforms_start(line).and_then(|at| named(line[at..].trim(), table));
        of_gateway.or_else(|| of_process(line, table)).or_else(|| of_type(line, table))
    })
}

/// Returns whether a text names a cause only in the words of a person: `they get "Endpoint request timed out" now` → true
pub(crate) fn is_quoted(text: &str, table: &Table) -> bool {
    let mut is_quoted = false;
    for line in text.lines().filter(|line| within(line, table).or_else(|| cause(line, table)).is_some()) {
        if !has_words_around(line, table) {
            return false;
        }
        is_quoted = true;
    }
    is_quoted
}

/// Returns whether a tool that deploys resources wrote a line. It quotes the sentences of services.
///
/// `CREATE_FAILED AWS::ApiGateway::Method Invalid permissions on Lambda function`, `Error: creating API Gateway Method: …` → true
pub(crate) fn is_of_deployment(line: &str) -> bool {
    /// Of CloudFormation.
    const RESOURCE_TYPE: &str = "AWS::";
    const TERRAFORM_TYPE: &str = "\"aws_api_gateway_";
    const STATUSES: &[&str] = &["CREATE", "UPDATE", "DELETE", "IMPORT", "ROLLBACK"];
    let is_status = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_ascii_uppercase());
        STATUSES.iter().any(|start| word.starts_with(start))
            && ["_FAILED", "_IN_PROGRESS", "_COMPLETE"].iter().any(|end| word.ends_with(end))
    };
    let of_type = || {
        let behind = line.split_once(RESOURCE_TYPE).map_or("", |(_, behind)| behind);
        behind.split_once("::").is_some_and(|(service, _)| service.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    // Terraform says what it was doing, in a box.
    let own = line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '\u{2502}' | '\u{2577}' | '|'));
    let is_doing = || {
        let (first, rest) = own.strip_prefix("Error: ").and_then(|said| said.split_once(' ')).unwrap_or_default();
        first.ends_with("ing") && first.bytes().all(|b| b.is_ascii_lowercase()) && rest.contains(':')
    };
    line.contains("Resource handler returned message: ")
        || line.contains(TERRAFORM_TYPE)
        || of_type()
        || is_doing()
        || line.split_whitespace().any(is_status)
}

/// Returns whether a text holds lines that configure a gateway response: its type, and what a tool that deploys it has beside it.
///
/// `response_type = "THROTTLED"` beside `status_code = "503"` → true
pub(crate) fn configures_response(text: &str) -> bool {
    const BESIDE: &[&str] = &["statuscode", "restapiid", "responseparameters", "responsetemplates", "defaultresponse"];
    let mut has_type = false;
    let mut has_other = false;
    for key in text.lines().filter_map(configured_key) {
        has_type |= key == RESPONSE_TYPE;
        has_other |= BESIDE.contains(&key.as_str());
    }
    has_type && has_other
}

/// Returns whether a line gives the type of a gateway response: `response_type = "THROTTLED"` → true
pub(crate) fn gives_response_type(line: &str) -> bool {
    configured_key(line).is_some_and(|key| key == RESPONSE_TYPE)
}

const RESPONSE_TYPE: &str = "responsetype";

/// Returns the key of a line of configuration, in lower case and without its signs.
fn configured_key(line: &str) -> Option<String> {
    const LONGEST_KEY_BYTES: usize = 40;
    let (key, _) = line.split_once(['=', ':'])?;
    let key = key.trim().trim_matches('"');
    let is_key = key.len() <= LONGEST_KEY_BYTES && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    is_key.then(|| key.replace('_', "").to_ascii_lowercase())
}

/// Returns whether more stands around the sentence of a line than a log has there: columns, a time, a level or a name.
fn has_words_around(line: &str, table: &Table) -> bool {
    let line = line.trim();
    if line.starts_with('{') {
        // The line of a logger, unless it is an error as a whole or has the fields of one.
        let of_fields = rows::fields(line).and_then(|fields| access::why(&fields, table));
        return line.contains("\"level\"") || of_fields.or_else(|| of_body(line, table)).is_none();
    }
    if shows_function(&LogEvent { id: b"", timestamp_ms: 0, message: Message::plain(line.as_bytes()) }) {
        return true;
    }
    let is_cell =
        line.contains(['\t', '|', '\u{2502}']) || ["\"", "[{", "[\""].iter().any(|start| line.starts_with(start));
    if prefix::strip(line).has_prefix() || is_cell {
        return false;
    }
    let of_process = PROCESS_HEADS.iter().filter_map(|(head, _)| line.find(head)).min();
    let Some(at) = platforms_start(line).into_iter().chain(of_process).min() else { return false };
    // A person goes on behind the quotes.
    let goes_on =
        line[..at].chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`' | '\u{201c}')).is_some_and(|quote| {
            let closing = if quote == '\u{201c}' { '\u{201d}' } else { quote };
            line[at..].split_once(closing).is_some_and(|(_, behind)| behind.contains(|c: char| c.is_alphabetic()))
        });
    goes_on || line[..at].split_whitespace().any(|word| !is_of_line(word))
}

/// Returns whether a log, or a table that was copied, has such a word before a sentence: a number, a time, an id, a path, a level, a mark, the name
/// of a field.
///
/// `10:00`, `[ERROR]`, `/orders`, `integrationError:` → true; `Step`, `CREATE_FAILED` → false
fn is_of_line(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "trace", "debug", "info", "notice", "warn", "warning", "error", "fatal", "critical", "message", "reason", "z",
        "utc", "gmt", "get", "post", "put", "patch", "delete", "head", "options", "any",
    ];
    let plain = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/' && c != '$');
    plain.is_empty()
        || plain.starts_with('/')
        || plain.starts_with(|c: char| c.is_ascii_digit())
        || WORDS.iter().any(|known| plain.eq_ignore_ascii_case(known))
        || is_name(plain)
}

/// Returns whether a line that no reader knows says that its request was answered below 500: behind the protocol or a label. What else stands in it
/// may be the client's.
///
/// `GET /?q=Endpoint request timed out HTTP/1.1" 404 12` → true
pub(crate) fn shows_success(line: &str) -> bool {
    const PROTOCOL: &str = "http/";
    const LABEL: &str = "status";
    let lower = line.to_ascii_lowercase();
    let of_protocol = lower
        .match_indices(PROTOCOL)
        .map(|(at, _)| lower[at + PROTOCOL.len()..].trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'));
    let of_label = lower.match_indices(LABEL).filter_map(|(at, _)| {
        let before = lower[..at].trim_end_matches([' ', '"', '\'']);
        let behind = lower[at + LABEL.len()..].trim_start_matches(['_', ' ', '"', '\'']);
        let behind = behind.strip_prefix("code").unwrap_or(behind).trim_start_matches([' ', '"', '\'']);
        let is_key = before.is_empty() || before.ends_with([',', ';', '{', '(', '|', '\t']);
        behind.strip_prefix([':', '=']).filter(|_| is_key)
    });
    let status = |text: &str| {
        let text = text.trim_start_matches([' ', '"', '\'', ',', ';', '|', '\t']);
        let length = text.bytes().take_while(u8::is_ascii_digit).count();
        text[..length].parse::<u16>().ok().filter(|status| (100..600).contains(status))
    };
    let mut statuses = of_protocol.chain(of_label).filter_map(status).peekable();
    statuses.peek().is_some() && statuses.all(|status| status < 500)
}

/// Returns whether a line is one of an execution log that shows what a client or a backend sent. Nothing of that is API Gateway's.
///
/// `Method request headers: {note=Authorizer error}` → true; `Execution failed due to a timeout error` → false
pub(crate) fn is_of_client(line: &str) -> bool {
    let line =
        prefix::strip(line).message.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '>' | '-'));
    let own = split_request_id(line).map_or(line, |(_, own)| own);
    matches!(Head::find(own.as_bytes()), Some((None, _)))
}

/// How the platform's sentences on a process begin, and what they say where the table does not.
const PROCESS_HEADS: &[(&str, Role)] = &[
    (TIMED_OUT, Role::FunctionTimedOut),
    ("Runtime exited with", Role::ProcessExited),
    ("Process exited before completing request", Role::ProcessExited),
];

const TIMED_OUT: &str = "Task timed out after ";

/// Returns the cause that the platform's words on a function within a line name. Own rules come first, as everywhere.
fn of_process(line: &str, table: &Table) -> Option<&'static Cause> {
    let (at, head, role) = PROCESS_HEADS.iter().find_map(|(head, role)| Some((line.find(head)?, *head, *role)))?;
    if head == TIMED_OUT {
        // Lambda writes two decimals.
        let (seconds, unit) = line[at + head.len()..].split_once(' ')?;
        let decimals = seconds.split_once('.').map_or("", |(_, decimals)| decimals);
        let behind = unit.strip_prefix("seconds")?;
        // It ends there, unless a person goes on.
        let goes_on = !behind.trim_matches(|c: char| !c.is_alphanumeric()).is_empty();
        let has_words = line[..at].split_whitespace().any(|word| !is_of_line(word));
        let is_quoted = line[..at].ends_with(QUOTES);
        if seconds.parse::<f64>().is_err() || decimals.len() != 2 || goes_on && !has_words && !is_quoted {
            return None;
        }
    }
    if is_labelled(&line[..at]) {
        return None;
    }
    Some(table.find(Author::FunctionLog, &normalise(&line[at..])).unwrap_or_else(|| role.cause()))
}

/// Returns whether a program put its own label before a sentence, and no person wrote words there.
///
/// `celery: `, `[2026-01-02 03:04:05,678: ERROR/MainProcess] ` → true; `My function fails with: `, `2026-01-02T03:04:05.678Z ` → false
fn is_labelled(before: &str) -> bool {
    /// A person writes a sentence, or quotes one.
    const FEWEST_WORDS: usize = 2;
    let is_word =
        |word: &&str| word.trim_matches(['`', '*', '"', ',', '.', ':']).bytes().all(|b| b.is_ascii_alphabetic());
    let foreign = || before.split_whitespace().filter(|word| !is_of_line(word));
    let is_quoted = before.ends_with(['"', '\'', '`', '\u{201c}']);
    // Lambda's own.
    let has_id = before.contains("RequestId: ");
    // A logger's.
    let is_object = before.trim_start().starts_with('{');
    !has_id
        && (is_object
            // Of a job on a server of builds.
            || before.contains("##[") || !is_quoted && foreign().next().is_some() && foreign().filter(is_word).count() < FEWEST_WORDS)
}

/// Returns the cause that the platform's type of an error names, behind the label of a report or alone on a line.
fn of_type(line: &str, table: &Table) -> Option<&'static Cause> {
    let name = match line.split_once("Error Type: ") {
        Some((_, behind)) => behind.split_whitespace().next()?,
        None => line.trim_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | '.')),
    };
    let is_platforms = ["Runtime.", "Extension.", "Sandbox."].iter().any(|start| name.starts_with(start));
    let exit = || (name == "Runtime.ExitError").then(|| Role::ProcessExited.cause());
    is_platforms.then(|| cause_of_type(table, name).or_else(exit))?
}

/// Returns the cause of a gateway response type that stands alone.
fn response_type(sentence: &str, table: &Table) -> Option<&'static Cause> {
    table.find(Author::ResponseType, sentence.trim_matches(['"', '\'', ' ']))
}

/// Returns the cause that pasted text names, whether or not it says that a request failed; of several the surest.
///
/// The text of an error without a status counts nothing.
pub(crate) fn surest(text: &str, table: &Table) -> Option<&'static Cause> {
    let mut surest: Option<&'static Cause> = None;
    for line in rows::lines(text) {
        // Among equals the earlier line.
        if let Some(cause) = of_pasted_line(&line, table).filter(|cause| surest.is_none_or(|s| cause.rank > s.rank)) {
            surest = Some(cause);
        }
    }
    surest
}

fn of_pasted_line(line: &str, table: &Table) -> Option<&'static Cause> {
    match access_line(prefix::strip(line).message) {
        Some(AccessLine::Failed(fields)) => {
            return Some(access::why(&fields, table).unwrap_or_else(|| Role::NoReason.cause()));
        }
        Some(AccessLine::Healthy | AccessLine::Ambiguous) => return None,
        Some(AccessLine::NoStatus) | None => {}
    }
    let of_cells = || line.split(['\t', '|']).filter_map(|cell| of_cell(cell, table)).max_by_key(|cause| cause.rank);
    let named = rows::fields(line).and_then(|fields| of_fields(fields, table)).or_else(of_cells);
    // Without a status an unknown text proves no failure.
    named.filter(|cause| !cause.is(Role::Unclassified))
}

/// Returns the cause that fields of an access log name. Keys such as `message` are in the records of many programs: their text must be
/// the platform's.
fn of_fields(fields: AccessFields, table: &Table) -> Option<&'static Cause> {
    let error_message = fields.error_message.filter(|text| is_platforms(text));
    access::why(&AccessFields { error_message, ..fields }, table).filter(|cause| !cause.is(Role::Unclassified))
}

/// Returns the cause that one cell of a pasted table, or a line without any, names.
fn of_cell(cell: &str, table: &Table) -> Option<&'static Cause> {
    let cell = cell.trim().trim_matches('"');
    let as_error = || AccessFields { integration_error: Some(cell.to_owned()), ..AccessFields::default() };
    let of_sentence = || (is_platforms(cell) || is_shared(cell)).then(|| access::why(&as_error(), table)).flatten();
    response_type(cell, table).or_else(of_sentence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_sentence_names_its_cause() {
        let rows = [
            ("Endpoint request timed out", "integration_timeout"),
            ("Invalid permissions on Lambda function", "lambda_permission"),
            ("There was an error evaluating the AWS WAF rules associated with this API", "waf_error"),
            ("WAF call timed out", "waf_error"),
            (
                "2024-06-04 18:49:48\t/orders\tINTEGRATION_FAILURE\tLambda Customer Function Error:'TABLE'",
                "lambda_unhandled_error",
            ),
            (
                r#"{"message": "1 validation error detected: Value 'arn:aws:lambda:eu-west-1:111122223333:function:orders:' at 'functionName' failed to satisfy constraint: x"}"#,
                "stage_variable",
            ),
            ("INTEGRATION_NETWORK_FAILURE", "backend_connection_failed"),
        ];
        for (text, id) in rows {
            assert_eq!(cause(text, &Table::default()).map(|cause| cause.id), Some(id), "{text}");
        }
    }

    #[test]
    fn a_sentence_is_read_in_every_spelling_of_the_platform() {
        let rows = [
            ("Execution failed due to configuration error: General SSLEngine problem", "tls_handshake_failure"),
            (
                "Execution failed due to configuration error: PKIX path validation failed: \
                 java.security.cert.CertPathValidatorException: timestamp check failed",
                "tls_certificate_expired",
            ),
            (
                "Execution failed due to configuration error: connection timed out: orders.example.com/10.0.0.7:443",
                "backend_connection_failed",
            ),
            ("Execution failed due to configuration error: Read timed out", "integration_timeout"),
            (
                "Execution failed due to configuration error: Unable to determine service/operation name to be authorized",
                "integration_method",
            ),
            (
                "API Gateway doesn\u{2019}t have permissions to assume the IAM role configured on the integration. \
                 Check the permissions and try again.",
                "integration_role",
            ),
            (
                "API Gateway doesn't have permissions to assume the IAM role configured on the authorizer.",
                "authorizer_error",
            ),
            ("Integration request timed out", "integration_timeout"),
            ("No target endpoints found for integration", "backend_unresolvable"),
            ("Lambda invocation failed with status: 429. Lambda request id: 1", "lambda_throttled"),
        ];
        for (text, id) in rows {
            assert_eq!(cause(text, &Table::default()).map(|cause| cause.id), Some(id), "{text}");
        }
    }

    #[test]
    fn a_frame_holds_errors_of_the_start_in_every_language() {
        let rows = [
            ("module initialization error", "lambda_init_failure"),
            ("Syntax error in module 'orders': invalid syntax (orders.py, line 3)", "lambda_init_failure"),
            ("SyntaxError: Cannot use import statement outside a module", "lambda_init_failure"),
            ("Unable to load type 'Orders.Function' from assembly 'Orders'.", "lambda_init_failure"),
            (
                "RequestId: 3f405162-7d8e-4f90-b1a2-c3d4e5f60718 Error: fork/exec /var/task/bootstrap: exec format error",
                "lambda_init_failure",
            ),
            ("cannot load such file -- orders", "lambda_init_failure"),
            ("Java heap space", "lambda_out_of_memory"),
            ("Metaspace", "lambda_out_of_memory"),
            ("body size is too long", "payload_too_large"),
            // Thrown by the handler while it read its input.
            ("Unexpected token < in JSON at position 0", "lambda_unhandled_error"),
            ("the order has a syntax error in module 7", "lambda_unhandled_error"),
        ];
        for (said, id) in rows {
            let text = format!(
                "Lambda execution failed with status 200 due to customer function error: {said}. Lambda request id: 1"
            );
            assert_eq!(cause(&text, &Table::default()).map(|cause| cause.id), Some(id), "{text}");
        }
    }

    #[test]
    fn a_sentence_is_found_behind_other_words() {
        let rows = [
            (
                "500     The Lambda function returned the following error: no such order. Check your Lambda function code and try again.",
                "lambda_unhandled_error",
            ),
            ("HTTP/1.1 500\nx-amzn-ErrorType: AuthorizerConfigurationException", "authorizer_error"),
        ];
        for (text, id) in rows {
            assert_eq!(within(text, &Table::default()).map(|cause| cause.id), Some(id), "{text}");
        }
        let rows = [
            ("My function fails with: Task timed out after 3.00 seconds", "lambda_timeout"),
            ("what means Runtime exited with error: exit status 1?", "lambda_runtime_exit"),
        ];
        for (text, id) in rows {
            assert_eq!(within(text, &Table::default()).map(|cause| cause.id), Some(id), "{text}");
        }
        for text in ["all is well", "Task timed out after 3 retries", "my API has an authorizer"] {
            assert!(within(text, &Table::default()).is_none() && cause(text, &Table::default()).is_none(), "{text}");
        }
    }

    #[test]
    fn healthy_text_names_none() {
        for text in ["GET /orders 200", "all is well", r#"{"message":"ok"}"#, ""] {
            assert!(cause(text, &Table::default()).is_none(), "{text}");
        }
    }

    #[test]
    fn pasted_text_names_a_cause_without_a_status() {
        for (text, cause) in [
            ("Lambda Customer Function Error:'ORDERS_TABLE'", "lambda_unhandled_error"),
            (
                "2026-01-02 03:04:05.678\t192.0.2.7\torders\tINTEGRATION_FAILURE\tInternal server error\tLambda Customer Function Error:'X'",
                "lambda_unhandled_error",
            ),
            ("INTEGRATION_NETWORK_FAILURE", "backend_connection_failed"),
            (
                "\u{201c}authorizerError\u{201d}: \"The IAM role configured on the authorizer or API Gateway doesn't have permissions to call the authorizer.\"",
                "authorizer_error",
            ),
            (
                "[\n {\n \"field\": \"integrationErrorMessage\",\n \"value\": \"The Lambda function returned the following error: no table. Check your Lambda function code and try again.\"\n },\n],",
                "lambda_unhandled_error",
            ),
            (
                "2026-01-02T03:04:05.678000+00:00 0123456789abcdef0123456789abcdef \
                 {\"requestId\":\"a=\",\"status\":\"504\",\"error\":{\"responseType\":\"INTEGRATION_TIMEOUT\"}}",
                "integration_timeout",
            ),
            (
                "{\n  \"status\": \"504\",\n  \"requestId\": \"r-1\",\n  \"error\": {\n    \"responseType\": \"INTEGRATION_TIMEOUT\"\n  }\n}",
                "integration_timeout",
            ),
        ] {
            assert_eq!(surest(text, &Table::default()).map(|cause| cause.id), Some(cause), "{text}");
        }
        for text in [
            "Internal server error",
            "all is well",
            "",
            "{\"status\":\"200\"}",
            "{\"requestId\":\"r\",\"routeKey\":\"x\",\"status\":\"403\",\"errorMessage\":\"Forbidden\"}",
            "\"error\": \"colour\"",
        ] {
            assert_eq!(surest(text, &Table::default()).map(|cause| cause.id), None, "{text}");
        }
    }
}
