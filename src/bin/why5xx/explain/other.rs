//! Text that other programs print: none of it is a line of a log that why5xx reads.

use why5xx::record::lambda::exception_at_start;

use crate::input::Reader;

/// Programs that people run against an API. They print `NAME: `.
const CLIENTS: &[&str] = &[
    "ab",
    "aws",
    "curl",
    "dig",
    "docker",
    "git",
    "grpcurl",
    "hey",
    "host",
    "http",
    "httpie",
    "k6",
    "kubectl",
    "mongosh",
    "mysql",
    "mysqldump",
    "nc",
    "ncat",
    "newman",
    "npm",
    "nslookup",
    "openssl",
    "pg_dump",
    "ping",
    "ping6",
    "psql",
    "redis-cli",
    "scp",
    "ssh",
    "telnet",
    "terraform",
    "traceroute",
    "wget",
    "wrk",
    "wscat",
];

/// How lines begin that such programs print without their name.
const HEADS: &[&str] = &[
    // npm, redis-cli, Terraform.
    "npm ERR! ",
    "npm error ",
    "Could not connect to Redis at ",
    "\u{2577}",
    // The AWS CLI.
    "Could not connect to the endpoint URL",
    "Connect timeout on endpoint URL",
    "Read timeout on endpoint URL",
    "SSL validation failed for ",
    "Unable to locate credentials",
    // Postman.
    "Could not get any response",
    "Could not get response",
    "Could not send request",
];

/// Words that browsers and OpenSSL write, and no function.
const WITHIN: &[&str] = &[
    "net::ERR_",
    "Failed to fetch",
    "NetworkError when attempting to fetch",
    "Uncaught (in promise)",
    "blocked by CORS policy",
    ":SSL routines:",
];

/// Prefixes of the path of a file in the frame of a stack: in Python, in Node.js with the name of a function and without, in .NET and PHP.
const BEFORE_FILES: &[&str] = &["File \"", "(", "(file://", "at ", "at file://", " in "];

/// Folders of people, with which paths begin.
const FOLDERS: &[&str] = &["/home/", "/Users/", "/root/"];

/// Returns whether a line is the frame of a stack with a file in a folder of a person, where no function is.
///
/// `at get (/home/ann/get.js:3:7)`, `at Shop.Get() in C:\src\Get.cs:line 3`, and of Go and Ruby `/home/ann/get.go:3 +0x1d` → true
fn is_frame_of_person(line: &str) -> bool {
    let is_of_person = |path: &str| {
        let bytes = path.strip_prefix('/').unwrap_or(path).as_bytes();
        let has_drive = matches!(bytes, [drive, b':', b'\\' | b'/', ..] if drive.is_ascii_alphabetic());
        has_drive || FOLDERS.iter().any(|folder| path.starts_with(folder))
    };
    let has_number = |path: &str| path.split(':').skip(1).any(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    is_of_person(line) && has_number(line)
        || BEFORE_FILES
            .iter()
            .any(|before| line.match_indices(before).any(|(at, _)| is_of_person(&line[at + before.len()..])))
}

/// Answer of API Gateway, with a 403, to a request without a signature. No log of a function has it.
const DENIED: &str = "User: anonymous is not authorized to perform: execute-api:Invoke";

/// Where a text comes from that is not a log of API Gateway or Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Other {
    /// An HTTP response with a 5xx. Its headers and body may name a cause.
    FailedResponse,
    /// Another response, the error of a client, or API Gateway's line about a request that it let pass.
    NoFailure,
    /// The error of a program that nothing shows to be a function.
    Program,
}

/// Returns where a text comes from; None if it may be a log.
///
/// `curl: (28) Operation timed out` → `NoFailure`
pub(super) fn origin(text: &str) -> Option<Other> {
    let mut origin = None;
    let mut is_of_program = false;
    for line in text.lines().map(|line| line.trim_start_matches(['<', '>', '*', '$', ' ', '\t'])) {
        if line.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("http/")) {
            let is_failed = line.split_whitespace().nth(1).is_some_and(|status| status.starts_with('5'));
            // `curl -v` prints its own lines around the response.
            return Some(if is_failed { Other::FailedResponse } else { Other::NoFailure });
        }
        let name = line.split_once(": ").or_else(|| line.split_once(' ')).map_or("", |(name, _)| name);
        let is_of_cli = line.starts_with("An error occurred (") && line.contains(") when calling the ");
        let is_of_nginx = line.contains(" [error] ") && line.contains("#") && line.contains(": *");
        if CLIENTS.contains(&name)
            || is_of_cli
            || is_of_nginx
            || line.contains("authorized because method")
            || line.contains(DENIED)
        {
            origin = Some(Other::NoFailure);
        }
        is_of_program |= is_of_no_function(line);
    }
    origin.or((is_of_program && !Reader::is_of_functions_code(text)).then_some(Other::Program))
}

/// Returns whether a program that is no function printed a line.
fn is_of_no_function(line: &str) -> bool {
    // `ERROR 1040 (08004): ` of MySQL's client.
    let is_of_mysql = line.strip_prefix("ERROR ").is_some_and(|rest| {
        let (number, rest) = rest.split_once(" (").unwrap_or_default();
        number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit()) && rest.get(5..7) == Some("):")
    });
    // The API itself was called. Go writes `Get "https://…": …`, its logger with a date before it.
    let is_call = line.contains(".execute-api.")
        && (exception_at_start(line).is_some()
            || ["Get", "Post", "Put", "Patch", "Delete", "Head"]
                .iter()
                .any(|verb| line.match_indices("\"https://").any(|(at, _)| line[..at].trim_end().ends_with(verb))));
    is_of_mysql
        || is_call
        || is_of_python(line)
        || HEADS.iter().any(|head| line.starts_with(head))
        || is_frame_of_person(line)
        || WITHIN.iter().any(|words| line.contains(words))
}

/// Returns whether a line begins with the type of an error and its module in Python. Lambda writes such a type without its module, so this is what a
/// program printed of an error that it caught, or that ended it elsewhere.
///
/// `requests.exceptions.ReadTimeout: …` → true, `java.net.ConnectException: …` → false
fn is_of_python(line: &str) -> bool {
    /// Where names of other languages begin, beside the countries' two letters.
    const ROOTS: [&str; 16] = [
        "akka", "app", "com", "dev", "feign", "groovy", "jakarta", "java", "javax", "kotlin", "net", "okhttp3", "org",
        "reactor", "scala", "software",
    ];
    let name = line.split(':').next().unwrap_or_default();
    let Some((module, class)) = name.rsplit_once('.') else { return false };
    let root = module.split('.').next().unwrap_or_default();
    let is_sign = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_');
    let is_class = exception_at_start(line) == Some(name) || matches!(class, "error" | "gaierror" | "timeout");
    is_class && module.bytes().all(is_sign) && root.len() > 2 && !ROOTS.contains(&root)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_and_responses_are_known_and_errors_of_functions_may_be_a_log() {
        for text in [
            "curl: (7) Failed to connect to api.example.com port 443",
            "$ ping api.example.com",
            "ping: cannot resolve api.example.com: Unknown host",
            "< HTTP/2 429",
            r#"{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: x"}"#,
            "An error occurred (ThrottlingException) when calling the GetLogEvents operation: Rate exceeded",
            "2026/01/02 03:04:05 [error] 7#7: *1 upstream timed out (110: Connection timed out) while reading",
            "API Key authorized because method 'GET /' requires API Key",
        ] {
            assert_eq!(origin(text), Some(Other::NoFailure), "{text}");
        }
        for text in [
            "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='api.example.com', port=443): Read timed out.",
            "botocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: \"https://x/\"",
            "socket.gaierror: [Errno -2] Name or service not known",
            "json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
            "  File \"/home/ann/orders.py\", line 3, in get\nConnectionError: refused",
            "Error: read ECONNRESET\n    at get (file:///Users/ann/get.mjs:3:7)",
            "panic: no stock\n\ngoroutine 1 [running]:\nmain.main()\n\t/home/ann/shop/main.go:7 +0x1d",
            "panic: no stock\n\ngoroutine 1 [running]:\nmain.main()\n\t/Users/ann/shop/main.go:7 +0x1d",
            "panic: no stock\n\ngoroutine 1 [running]:\nmain.main()\n\tD:/shop/main.go:7 +0x1d",
            "System.TimeoutException: no answer\n   at Shop.Program.Main(String[] args) in C:\\shop\\Program.cs:line 7",
            "System.TimeoutException: no answer\n   at Shop.Program.Main(String[] args) in /home/ann/shop/Program.cs:line 7",
            "PHP Fatal error:  Uncaught Exception: no stock in /Users/ann/shop.php:3",
            "Error: no stock\n    at file:///home/ann/get.mjs:3:7",
            "/home/ann/shop.rb:3:in 'get': no stock (StockError)",
            "2026/11/20 10:00:00 Get \"https://a1b2c3.execute-api.eu-west-1.amazonaws.com/orders\": dial tcp: i/o timeout",
            "no order: Patch \"https://a1b2c3.execute-api.eu-west-1.amazonaws.com/orders\": context deadline exceeded",
            "AxiosError: timeout of 100ms exceeded for https://a1b2c3.execute-api.eu-west-1.amazonaws.com/orders",
            "ERROR 1040 (08004): Too many connections",
            "Could not get response\nError: connect ECONNREFUSED 10.0.0.7:443",
            "TypeError: Failed to fetch",
        ] {
            assert_eq!(origin(text), Some(Other::Program), "{text}");
        }
        for text in [
            "Error: connect ETIMEDOUT 10.0.0.7:443",
            "panic: runtime error",
            "panic: no stock\n\ngoroutine 1 [running]:\n\t/home/ann/go/pkg/mod/github.com/aws/aws-lambda-go@v1.47.0/lambda/entry.go:7",
            "System.TimeoutException: no answer\n   at Shop.Function.Get() in /src/Function.cs:line 7",
            "/orders/home/7 failed",
            "HTTPError: 503",
            "",
            "java.net.ConnectException: Connection refused",
            "io.netty.channel.ConnectTimeoutException: connection timed out",
            "ERROR 2026 was a good year (not):",
            "Traceback (most recent call last):\n  File \"/var/task/orders.py\", line 3\nrequests.exceptions.ReadTimeout: x",
        ] {
            assert_eq!(origin(text), None, "{text}");
        }
        assert_eq!(origin("$ curl -v https://x\n< HTTP/1.1 502 Bad Gateway"), Some(Other::FailedResponse));
    }
}
