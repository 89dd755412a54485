//! Kind of a pasted text in which no reader found the failure of a request: it decides which of its sentences name a cause.

use why5xx::cause::Table;
use why5xx::record::lambda::{exception_at_start, prefix};

use super::answer::Answer;
use crate::input::Reader;

/// Kind of a text. Whatever it is, the platform's own sentences name their causes, but for those in an answer below 500.
#[derive(Debug, PartialEq)]
pub(super) enum TextKind {
    /// The answer to a request, as its client sees it.
    Answer(Answer),
    /// An error alone, with its type or the frames of its stack, or text with the folders of a function: a person may have taken it out of a
    /// function's log, so the sentences of libraries in it name a cause.
    Error,
    /// Anything else: the output of another program, of a build, of a cluster; a record of another service; words of a person.
    Other,
}

impl TextKind {
    /// `Error: connect ETIMEDOUT 192.0.2.7:443` → `Error`, `curl: (28) Operation timed out`, `connect ETIMEDOUT 192.0.2.7:443` → `Other`
    pub(super) fn of(text: &str, table: &Table) -> Self {
        if let Some(answer) = Answer::of(text) {
            return Self::Answer(answer);
        }
        let is_of_function = Reader::is_of_functions_code(text);
        let is_error = || {
            Reader::is_error_alone(text, table)
                && !text.lines().any(|line| is_of_no_function(prefix::strip(line.trim_start()).rest))
        };
        if is_of_function || is_error() { Self::Error } else { Self::Other }
    }
}

/// How lines begin that programs print which people run against an API, and which read like an error of a function.
const HEADS: &[&str] = &[
    // The program's own thread: Lambda's runtime for Java is that of a function.
    "Exception in thread \"main\" ",
    "Could not connect to Redis at ",
    // kubectl.
    "Unable to connect to the server: ",
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

/// Words that browsers, OpenSSL and tests write, and no function.
const WITHIN: &[&str] = &[
    "net::ERR_",
    "Failed to fetch",
    "NetworkError when attempting to fetch",
    "Uncaught (in promise)",
    "blocked by CORS policy",
    ":SSL routines:",
    // Where programs that install packages look for them.
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "pypi.org",
    "files.pythonhosted.org",
    "repo.maven.apache.org",
    "repo1.maven.org",
    "plugins.gradle.org",
    "rubygems.org",
    "proxy.golang.org",
    "api.nuget.org",
    "static.crates.io",
    "index.crates.io",
    "registry-1.docker.io",
    // Frames of the tests of Go, Java, Python and Node.js.
    "testing.tRunner",
    "org.junit.",
    "_pytest/",
    "/jest-",
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
    // Node.js lists the files that required a module.
    is_of_person(line) && has_number(line)
        || line.strip_prefix("- ").is_some_and(is_of_person)
        || BEFORE_FILES
            .iter()
            .any(|before| line.match_indices(before).any(|(at, _)| is_of_person(&line[at + before.len()..])))
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
    let is_of_aws_cli = line.starts_with("An error occurred (") && line.contains(") when calling the ");
    is_of_mysql
        || is_of_aws_cli
        || is_call
        || is_of_python(line)
        || HEADS.iter().any(|head| line.starts_with(head))
        || is_frame_of_person(line)
        || WITHIN.iter().any(|words| line.contains(words))
        || is_of_this_machine(line)
        || line.starts_with("at ") && line.contains(".main(") && line.contains(".java:")
        // The frame of a script that a browser loaded.
        || line.starts_with("at ") && ["(https://", "(http://", "at https://", "at http://"].iter().any(|start| line.contains(start))
}

/// Returns whether what did not answer is on the machine of the program: a server that a person runs, or one beside a test.
///
/// `connect ECONNREFUSED 127.0.0.1:3000`, `connect ECONNREFUSED /run/shop.sock` → true
fn is_of_this_machine(line: &str) -> bool {
    let is_of_socket = || line.contains("ECONNREFUSED /") || line.contains("ENOENT /") && line.contains("connect");
    ["127.0.0.1:", "0.0.0.0:", "localhost:", "[::1]:", "::1:"].iter().any(|address| {
        line.match_indices(address).any(|(at, _)| {
            let is_whole = !line[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '-'));
            is_whole && line[at + address.len()..].starts_with(|c: char| c.is_ascii_digit())
        })
    }) || is_of_socket()
}

/// Returns whether a line begins with the type of an error and its module in Python. Lambda writes such a type without its module, so this is what a
/// program printed of an error that it caught, or that ended it elsewhere.
///
/// `requests.exceptions.ReadTimeout: …` → true, `java.net.ConnectException: …` → false
fn is_of_python(line: &str) -> bool {
    /// Where names of other languages begin, beside the countries' two letters.
    const ROOTS: [&str; 17] = [
        "akka", "app", "com", "dev", "feign", "groovy", "jakarta", "java", "javax", "kotlin", "net", "okhttp3", "org",
        "reactor", "scala", "software", "sun",
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

    fn kind(text: &str) -> TextKind {
        TextKind::of(text, &Table::default())
    }

    fn assert_all(kind_of_all: &TextKind, texts: &[&str]) {
        for text in texts {
            assert_eq!(&kind(text), kind_of_all, "{text}");
        }
    }

    #[test]
    fn an_error_alone_may_be_of_a_function() {
        let texts = [
            "Error: connect ETIMEDOUT 10.0.0.7:443",
            "connect ECONNREFUSED 10.0.0.7:5432\n    at connect (node:net:7)",
            "    java.net.ConnectException: Connection refused\n    \tat shop.Orders.get(Orders.java:7)",
            "fatal error: runtime: out of memory",
            "Requested array size exceeds VM limit: java.lang.OutOfMemoryError",
            "2026-11-20T10:00:00.000Z java.net.ConnectException: Connection refused",
            "panic: no stock\n\ngoroutine 1 [running]:\nmain.main()\n\t/tmp/main.go:7 +0x1d\nexit status 2",
            "System.TimeoutException: no answer\n   at Shop.Function.Get() in /src/Function.cs:line 7",
            "java.net.ConnectException: Connection refused\n\tat shop.Orders.get(Orders.java:7)\nCaused by: java.io.IOException: x",
            "Error: connect ECONNREFUSED 10.0.0.7:5432\n    at connect (node:net:7)\n{\n  errno: -111,\n  code: 'ECONNREFUSED'\n}",
            "Traceback (most recent call last):\n  File \"/var/task/orders.py\", line 3\nrequests.exceptions.ReadTimeout: x",
            "got order 7\nError: connect ETIMEDOUT 10.0.0.7:443\n    at get (/var/task/get.js:7:3)",
        ];
        assert_all(&TextKind::Error, &texts);
    }

    #[test]
    fn what_other_programs_print_is_no_error_of_a_function() {
        let texts = [
            "",
            "curl: (7) Failed to connect to api.example.com port 443",
            "$ ping api.example.com",
            "ping: cannot resolve api.example.com: Unknown host",
            "An error occurred (ThrottlingException) when calling the GetLogEvents operation: Rate exceeded",
            "2026/01/02 03:04:05 [error] 7#7: *1 upstream timed out (110: Connection timed out) while reading",
            "connect ECONNREFUSED 10.0.0.7:5432",
            "2026-11-20T10:00:00.000Z connect ECONNREFUSED 10.0.0.7:5432",
            "dial tcp 10.0.0.7:5432: connect: connection refused",
            "The operation timed out.",
            "2026-11-20T10:00:00.000Z HTTP/1.1 429 Too Many Requests",
            "2026-11-20T10:00:00.000Z HTTP/1.1 403 Forbidden",
            "2026-11-20T10:00:00.000Z An error occurred (ThrottlingException) when calling the ListKeys operation: Rate exceeded",
            "ReadTimeoutError: HTTPSConnectionPool(host='files.pythonhosted.org', port=443): Read timed out.",
            "Error: connect ETIMEDOUT registry.yarnpkg.com:443",
            "  2026-11-20 10:00:00.123 ERROR 1 --- [main] shop.Orders : failed\n  java.net.SocketTimeoutException: Read timed out\n  \tat x(y.java:7)",
            "API Key authorized because method 'GET /' requires API Key",
            "yesterday the database gave connection refused twice",
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
            "Error: timeout of 2500ms exceeded\n    at createError (https://shop.example.com/static/js/main.7c.js:2:3)",
            "--- FAIL: TestGet (0.00s)\n    get_test.go:7: dial tcp 127.0.0.1:5432: connect: connection refused\nFAIL",
            "panic: no stock [recovered]\n\ngoroutine 7 [running]:\ntesting.tRunner.func1.2({0x1, 0x2})\n\t/go/testing.go:7",
            "[INFO] Running shop.OrdersTest\njava.net.ConnectException: Connection refused\n\tat shop.OrdersTest.get(OrdersTest.java:7)",
            "3m Warning Unhealthy pod/orders-1 Readiness probe failed: dial tcp 10.0.0.7:80: connect: connection refused",
            "2026-11-20 10:00:00.123 UTC [7] FATAL:  remaining connection slots are reserved",
            "2026-11-20 10:00:00.123 ERROR 1 --- [main] shop.Orders : failed\njava.net.SocketTimeoutException: Read timed out",
            "Nov 20 10:00:00 web-1 app[7]: connect ETIMEDOUT 10.0.0.7:5432",
        ];
        assert_all(&TextKind::Other, &texts);
    }

    #[test]
    fn an_answer_is_one_whatever_stands_in_it() {
        for text in [
            "$ curl -v https://x\n< HTTP/1.1 502 Bad Gateway",
            "HTTP/1.1 500\n\nconnect ECONNREFUSED 10.0.0.7:5432",
            r#"{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: x"}"#,
        ] {
            assert!(matches!(kind(text), TextKind::Answer(_)), "{text}");
        }
    }
}
