//! Finds the code in the text of an error that a library wrote: the status of an answer, SQLSTATE, the number that a
//! database gives to an error, the code of an AWS service.
//!
//! A code decides: what follows it is the other side's own text. Which cause a code has says the table
//! ([`Pattern::Code`](crate::cause::Pattern::Code)); the codes of AWS services are types of errors there.

use super::error_text::last_part;
use crate::cause::{Codes, code_in};

/// A code in the text of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Code {
    /// A code that the table lists, in lower case.
    Listed(Codes, String),
    /// A code of an AWS service, which is also the type of an error: `AccessDenied`.
    Type(String),
}

/// Sentences of libraries around a code, in the form of the table's patterns.
const SENTENCES: &[(CodeForm, &str)] = &[
    (CodeForm::Aws, "error occurred ({code}) when calling {}"),
    (CodeForm::Aws, "unhandled error ({code})"),
    (CodeForm::Sql, "error {code} ("),
    (CodeForm::Sql, "{code} ("),
    (CodeForm::Sql, "sqlstate[{word}] [{code}]"),
    (CodeForm::Sql, "sqlstate[hy000]: general error: {code} "),
    (CodeForm::Sqlstate, "sqlstate[{code}]"),
    (CodeForm::Mongo, "command failed with error {code} ("),
    (CodeForm::Grpc, "rpc error: code = {code}"),
    (CodeForm::Grpc, "status: {code}, message: ~"),
    (CodeForm::Http, "status code: {code}"),
    (CodeForm::Http, "status code {code}"),
    (CodeForm::Http, "statuscode: {code}"),
    (CodeForm::Http, "http status: {code}"),
    (CodeForm::Http, "http status {code}"),
    (CodeForm::Http, "http status code: {code}"),
    (CodeForm::Http, "http status code {code}"),
    (CodeForm::Http, "http error {code}"),
    (CodeForm::Http, "http error: {code}"),
    (CodeForm::Http, "http {code}"),
    (CodeForm::Http, "http/1.1 {code} {}"),
    (CodeForm::Http, "http/2 {code} {}"),
    (CodeForm::Http, "http/2.0 {code} {}"),
    (CodeForm::Http, "request failed with status code {code}"),
    (CodeForm::Http, "request failed with status code: {code}"),
    (CodeForm::Http, "request failed with status {code}"),
    (CodeForm::Http, "request failed with status: {code}"),
    (CodeForm::Http, "request failed with http status {code}"),
    (CodeForm::Http, "call failed with status code {code}"),
    (CodeForm::Http, "server responded with status {code}"),
    (CodeForm::Http, "server responded with status code {code}"),
    (CodeForm::Http, "server responded with {code}"),
    (CodeForm::Http, "response code {code}"),
    (CodeForm::Http, "response code: {code}"),
    (CodeForm::Http, "response status code does not indicate success: {code}"),
    (CodeForm::Http, "response status code: {code}"),
    (CodeForm::Http, "response status: {code}"),
    (CodeForm::Http, "server returned http response code: {code} for url"),
    (CodeForm::Http, "remote server returned error: ({code})"),
    (CodeForm::Http, "remote server returned unexpected response: ({code})"),
    (CodeForm::Http, "unexpected status code: {code}"),
    (CodeForm::Http, "unexpected status code {code}"),
    (CodeForm::Http, "unexpected status: {code}"),
    (CodeForm::Http, "unexpected status {code}"),
    (CodeForm::Http, "unexpected http status: {code}"),
    (CodeForm::Http, "unexpected response code: {code}"),
    (CodeForm::Http, "unexpected response status: {code}"),
    (CodeForm::Http, "unexpected server response: {code}"),
    (CodeForm::Http, "received status code {code}"),
    (CodeForm::Http, "got status code {code}"),
    (CodeForm::Http, "invalid status code: {code}"),
    (CodeForm::Http, "invalid response status code {code}"),
    (CodeForm::Http, "client error: {} resulted in {code} "),
    (CodeForm::Http, "server error: {} resulted in {code} "),
    (CodeForm::Http, "unsuccessful request: {} resulted in {code} "),
    (CodeForm::Http, "{code} client error: {}"),
    (CodeForm::Http, "{code} server error: {}"),
    (CodeForm::Http, "{code} client error for {}"),
    (CodeForm::Http, "{code}, message=~"),
    (CodeForm::Http, "http status client error ({code}"),
    (CodeForm::Http, "http status server error ({code}"),
    (CodeForm::Http, "error code: {code}"),
    (CodeForm::Http, "<httperror {code} when requesting {}"),
    (CodeForm::Http, "googleapi: error {code}: {}"),
    (CodeForm::Http, "googleapi: got http response code {code} with body: {}"),
    (CodeForm::Http, "elastic: error {code} ("),
    (CodeForm::Http, "graphql error (code: {code})"),
    (CodeForm::Http, "method [{word}], host [{word}], uri [{}], status line [http/{word} {code} "),
    (CodeForm::Http, "expected({}) <=> actual({code} "),
    (CodeForm::Http, "(status {code})"),
    (CodeForm::Http, "http {code} error"),
    (CodeForm::Http, "[{code}] "),
    (CodeForm::Http, "[{code} {}] during [{word}] to [{}"),
    (CodeForm::Http, "status {code} reading {}"),
    (CodeForm::Http, "get {host}: {code} "),
    (CodeForm::Http, "head {host}: {code} "),
    (CodeForm::Http, "post {host}: {code} "),
    (CodeForm::Http, "put {host}: {code} "),
    (CodeForm::Http, "patch {host}: {code} "),
    (CodeForm::Http, "delete {host}: {code} "),
    (CodeForm::Http, "status: {code} ("),
    (CodeForm::Http, "[http {code}] "),
    (CodeForm::Http, "http error fetching url. status={code}, "),
    (CodeForm::HttpOfClient, "({code})"),
    (CodeForm::TypeOfClient, "({code}) {}"),
    (CodeForm::HttpOfClient, "{code} {}"),
    (CodeForm::HttpOfClient, "{code}"),
    (CodeForm::Python, "{code}({word}, ~"),
];

/// How the code in a sentence is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CodeForm {
    Aws,
    /// A number of four digits or more, then SQLSTATE.
    Sql,
    Sqlstate,
    Mongo,
    Grpc,
    Http,
    /// The status alone: only in an error of an HTTP client.
    HttpOfClient,
    /// A code that is the type of an error: only in an error of an HTTP client.
    TypeOfClient,
    /// A class with the status as its first argument: `TransportError(429, '…')`.
    Python,
}

/// Returns the code in a message that quotes text or lists members, as some libraries print it. `name` is the type of the
/// error, in the form of the table's patterns.
pub(super) fn of_quoting_message(name: &str, message: &str) -> Option<Code> {
    let between = |start: &str, end: &[char]| {
        let behind = &message[message.find(start)? + start.len()..];
        Some(&behind[..behind.find(end)?])
    };
    let listed = |codes, code: &str| Some(Code::Listed(codes, code.to_ascii_lowercase()));
    // confluent-kafka
    if message.starts_with("KafkaError{code=") {
        return listed(Codes::Kafka, between("KafkaError{code=", &[','])?);
    }
    // Grpc.Core and Grpc.Net.Client
    if message.starts_with("Status(StatusCode=\"") {
        return grpc(between("Status(StatusCode=\"", &['"'])?);
    }
    // grpcio: the class differs.
    if message.starts_with('<') && message.contains(" of RPC that terminated with") {
        return grpc(between("StatusCode.", &['\n', ',', ')', ' '])?);
    }
    // httpx
    for start in ["Client error '", "Server error '"] {
        if message.starts_with(start) {
            return http(between(start, &[' ', '\''])?);
        }
    }
    // urllib3, after its retries
    const TOO_MANY: &str = "(Caused by ResponseError('too many ";
    if message.contains(TOO_MANY) {
        return between(TOO_MANY, &[' ']).and_then(http);
    }
    // pymongo: the server's answer
    if name.ends_with("operation failure") && message.contains(", full error: {") {
        return between("'code': ", &[',', '}']).and_then(|code| listed(Codes::Mongo, code));
    }
    // Drivers of Python: the arguments of the exception
    if is_of_python_database(name)
        && let Some(arguments) = message.strip_prefix('(')
    {
        if let Some((code, _)) = arguments.strip_prefix('\'').and_then(|rest| rest.split_once("', ")) {
            return sqlstate(code);
        }
        let (code, _) = arguments.split_once(", ")?;
        return is_number(code).then(|| Code::Listed(Codes::Sql, code.to_owned()));
    }
    of_end(message)
}

/// Returns the code that a library writes behind a message.
fn of_end(message: &str) -> Option<Code> {
    let message = message.trim_end();
    // pgx, and others of Go
    if let Some((_, code)) = message.trim_end_matches(')').rsplit_once("(SQLSTATE ")
        && message.ends_with(')')
        && let Some(code) = sqlstate(code)
    {
        return Some(code);
    }
    // AWS SDK for Java
    if let Some((_, members)) = message.rsplit_once("(Service: ") {
        let member = |name: &str| {
            let (_, value) = members.split_once(name)?;
            value.split([';', ',', ')']).next()
        };
        return match (member("Error Code: "), member("Status Code: ")) {
            (Some(code), _) if code != "null" && is_class(code) => Some(Code::Type(code.to_owned())),
            (_, status) => decisive(status?),
        };
    }
    // AWS SDK for Go 1
    if let Some((head, status)) = message.rsplit_once("\n\tstatus code: ")
        && let Some((status, _)) = status.split_once(", request id: ")
    {
        let code = head.split(": ").find(|part| is_class(part));
        return code.map(|code| Code::Type(code.to_owned())).or_else(|| decisive(status));
    }
    // AWS SDK for Go 2
    if let Some((_, answer)) = message.rsplit_once("https response error StatusCode: ") {
        let (status, behind) = answer.split_once(", ")?;
        // An error that the client knows stands behind the ids, any other behind `api error`.
        let errors = behind.split_once("api error ").map_or(behind, |(_, error)| error).split(", ");
        let codes = errors.filter_map(|part| part.split_once(": ")).map(|(code, _)| code);
        let code = codes.into_iter().find(|code| is_class(code) && !code.ends_with("ID"));
        return code.map(|code| Code::Type(code.to_owned())).or_else(|| decisive(status));
    }
    // AWS SDK for PHP, behind what its HTTP client says
    [" (client): ", " (server): "].iter().find_map(|words| {
        let head = &message[..message.find(words)?];
        let code = head.rsplit(['\n', ' ']).next().filter(|code| is_class(code))?;
        Some(Code::Type(code.to_owned()))
    })
}

/// Returns the code in a sentence of a library, which begins where the text does. `lower` is `text` in lower case.
pub(super) fn of_sentence(name: &str, text: &str, lower: &str) -> Option<Code> {
    let first = lower.bytes().next()?;
    let sentences = SENTENCES.iter().filter(|(_, pattern)| {
        let begins = pattern.as_bytes()[0];
        begins == b'{' || begins == first
    });
    let mut codes = sentences.filter_map(|(form, pattern)| {
        let range = code_in(pattern, lower)?;
        let (code, behind) = (&text[range.clone()], &text[range.end..]);
        match form {
            CodeForm::Aws => http(code).or_else(|| is_class(code).then(|| Code::Type(code.to_owned()))),
            // PostgreSQL's numbers say nothing.
            CodeForm::Sql if pattern.starts_with("sqlstate") => {
                (is_number(code) && code.len() >= 4).then(|| Code::Listed(Codes::Sql, code.to_owned()))
            }
            CodeForm::Sql => {
                let state = behind.strip_prefix(" (")?.split_once("):").map(|(state, _)| state)?;
                let of_state = sqlstate(state).filter(|_| is_number(code))?;
                // A number of MySQL has four digits. Others leave the class to SQLSTATE.
                let is_mysql = code.len() == 4;
                if is_mysql { Some(Code::Listed(Codes::Sql, code.to_owned())) } else { Some(of_state) }
            }
            CodeForm::Sqlstate => sqlstate(code),
            CodeForm::Mongo => Some(Code::Listed(Codes::Mongo, code.to_owned())),
            CodeForm::Grpc => grpc(code),
            CodeForm::Http => http(code),
            CodeForm::HttpOfClient => is_of_http_client(name).then(|| http(code))?,
            CodeForm::TypeOfClient => (is_of_http_client(name) && is_class(code)).then(|| Code::Type(code.to_owned())),
            CodeForm::Python => {
                let is_error = code.ends_with("Error") || code.ends_with("Exception");
                is_error.then(|| http(behind.strip_prefix('(')?.split(',').next()?))?
            }
        }
    });
    codes.next().or_else(|| of_word(name, text))
}

/// Returns the code that a sentence begins with: `ORA-12541: …`, `UNAVAILABLE: …`, `14 UNAVAILABLE: …`, `57P01: …`
fn of_word(name: &str, text: &str) -> Option<Code> {
    let word = text.split([':', ',', ' ']).next()?;
    if let Some((product, number)) = word.split_once('-')
        && matches!(product, "ORA" | "DPY" | "DPI" | "NJS")
        && number.bytes().all(|b| b.is_ascii_digit())
    {
        return Some(Code::Listed(Codes::Oracle, word.to_ascii_lowercase()));
    }
    if name.ends_with("postgres exception") && text[word.len()..].starts_with(": ") {
        return sqlstate(word);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let status = text[digits..].strip_prefix(' ').unwrap_or(text).split(": ").next()?;
    let is_upper = status.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    (is_upper && GRPC.contains(&status)).then(|| grpc(status))?
}

/// The statuses of gRPC, as most libraries write them.
const GRPC: &[&str] = &[
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
];

fn grpc(status: &str) -> Option<Code> {
    let status: String = status.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect();
    let is_one = GRPC.iter().any(|one| one.chars().filter(|c| *c != '_').eq(status.to_ascii_uppercase().chars()));
    // An error without a status of gRPC is `UNKNOWN`.
    (is_one && status != "unknown").then_some(Code::Listed(Codes::Grpc, status))
}

/// Returns the status of a failed answer.
fn http(status: &str) -> Option<Code> {
    let is_failed = status.len() == 3 && is_number(status) && status.starts_with(['4', '5']);
    is_failed.then(|| Code::Listed(Codes::Http, status.to_owned()))
}

/// Returns a status that says more than that a service answered with an error.
fn decisive(status: &str) -> Option<Code> {
    http(status).filter(|_| matches!(status, "401" | "403" | "429"))
}

fn sqlstate(state: &str) -> Option<Code> {
    let is_state = state.len() == 5 && state.bytes().all(|b| b.is_ascii_alphanumeric());
    is_state.then(|| Code::Listed(Codes::Sqlstate, state.to_ascii_lowercase()))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Returns whether a text is the name of a class or a code like one: `AccessDenied`, `KMS.DisabledException`.
fn is_class(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Returns whether a type is one of the exceptions that Python's drivers of databases share (PEP 249).
fn is_of_python_database(name: &str) -> bool {
    const ERRORS: &[&str] =
        &["operational error", "interface error", "database error", "programming error", "internal error"];
    ERRORS.contains(&last_part(name))
}

/// Returns whether a type is that of an answer by HTTP.
fn is_of_http_client(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "response error",
        "response exception",
        "client request exception",
        "status error",
        "api exception",
        "api error",
    ];
    let last = last_part(name);
    last.split(' ').any(|word| word == "http")
        || OTHERS.iter().any(|other| last.ends_with(other))
        || name.contains("http client")
}
