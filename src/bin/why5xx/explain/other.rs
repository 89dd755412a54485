//! Text that other programs print: none of it is a line of a log that why5xx reads.

/// Programs that people run against an API. They print `NAME: `.
const CLIENTS: &[&str] = &[
    "ab",
    "curl",
    "dig",
    "docker",
    "git",
    "hey",
    "host",
    "http",
    "httpie",
    "k6",
    "mysql",
    "nc",
    "ncat",
    "npm",
    "nslookup",
    "openssl",
    "ping",
    "ping6",
    "psql",
    "redis-cli",
    "ssh",
    "telnet",
    "traceroute",
    "wget",
    "wrk",
];

/// What API Gateway answers, with a 403, to a request without a signature. No log of a function has it.
const DENIED: &str = "User: anonymous is not authorized to perform: execute-api:Invoke";

/// Where a text comes from that is not a log of API Gateway or Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Other {
    /// An HTTP response with a 5xx. Its headers and body may name a cause.
    FailedResponse,
    /// Another response, the error of a client, or API Gateway's line about a request that it let pass.
    NoFailure,
}

/// Returns where a text comes from; None if it may be a log.
///
/// `curl: (28) Operation timed out` → `NoFailure`
pub(super) fn origin(text: &str) -> Option<Other> {
    let mut origin = None;
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
    }
    origin
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
        for text in ["Error: connect ETIMEDOUT 10.0.0.7:443", "panic: runtime error", "HTTPError: 503", ""] {
            assert_eq!(origin(text), None, "{text}");
        }
        assert_eq!(origin("$ curl -v https://x\n< HTTP/1.1 502 Bad Gateway"), Some(Other::FailedResponse));
    }
}
