//! The answer of a failed request as its client sees it: a body, or an HTTP response around it.

use serde_json::Value;

/// An answer that says that a request failed and not why.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct PublicAnswer {
    /// The status; None if only the body is there.
    pub(super) status: Option<u16>,
    /// The text of the body, in API Gateway's words.
    pub(super) message: Option<&'static str>,
    /// The request id, if a header has it.
    pub(super) request_id: Option<String>,
}

/// Texts in which API Gateway hides a reason.
const PUBLIC_TEXTS: &[&str] =
    &["Internal server error", "Service Unavailable", "Bad Gateway", "Gateway Timeout", "Internal failure"];

/// Headers of API Gateway's answers, and of HTTP APIs'.
const REQUEST_ID_HEADERS: &[&str] = &["x-amzn-requestid", "apigw-requestid"];

impl PublicAnswer {
    /// Returns the answer that a text is; None if it is something else, or an answer below 500.
    ///
    /// `{"message":"Internal server error"}` → the message, no status
    pub(super) fn of(text: &str) -> Option<Self> {
        // `curl -v` puts signs before the lines of the response.
        let mut lines = text.lines().map(|line| line.trim_start_matches("< ").trim());
        let head =
            lines.clone().position(|line| line.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("http/")));
        let Some(head) = head else {
            if let Some(message) = public_text(text.trim()) {
                return Some(Self { status: None, message: Some(message), request_id: None });
            }
            return Self::below_status(text);
        };
        let status = lines.nth(head)?.split_whitespace().nth(1)?.parse().ok()?;
        if !(500..600).contains(&status) {
            return None;
        }
        let mut answer = Self { status: Some(status), message: None, request_id: None };
        for line in lines {
            if let Some((name, value)) = line.split_once(':')
                && REQUEST_ID_HEADERS.iter().any(|header| name.trim().eq_ignore_ascii_case(header))
            {
                answer.request_id = Some(value.trim().to_owned());
            }
            answer.message = answer.message.or_else(|| public_text(line));
        }
        Some(answer)
    }

    /// Returns the answer of a status line without its protocol and the body below it: `502 Bad Gateway`, `Status: 502`.
    fn below_status(text: &str) -> Option<Self> {
        let (first, body) = text.trim().split_once('\n')?;
        let status = first.split(|c: char| !c.is_ascii_alphanumeric()).find_map(|word| {
            (word.len() == 3).then(|| word.parse().ok()).flatten().filter(|status| (500..600).contains(status))
        })?;
        let message = public_text(body.trim())?;
        Some(Self { status: Some(status), message: Some(message), request_id: None })
    }
}

/// Text of a body that says nothing.
pub(super) const NO_TEXT: &str = "null";

/// Returns the public text that a body is, alone or as the message of an object.
fn public_text(body: &str) -> Option<&'static str> {
    // As a program prints an object.
    let body = if body.starts_with("{'") { body.replace('\'', "\"") } else { body.to_owned() };
    let said = match serde_json::from_str::<Value>(&body) {
        Ok(Value::Object(fields)) => {
            let mut messages = fields.iter().filter(|(name, _)| name.eq_ignore_ascii_case("message"));
            match messages.next()?.1 {
                Value::Null if fields.len() == 1 => return Some(NO_TEXT),
                message => message.as_str()?.to_owned(),
            }
        }
        Ok(Value::String(text)) => text,
        _ => body,
    };
    let said = said.trim().trim_end_matches('.');
    PUBLIC_TEXTS.iter().find(|text| text.eq_ignore_ascii_case(said)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_body_is_known_in_every_form() {
        for text in [
            r#"{"message":"Internal server error"}"#,
            r#"{ "message": "Internal Server Error" }"#,
            r#"{"message": "Internal server error", "connectionId":"L0=", "requestId":"x"}"#,
            "Internal server error",
            "{'message': 'Internal server error'}",
            "{\n  \"Message\": \"internal server error\"\n}\n",
        ] {
            let answer = PublicAnswer::of(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((answer.status, answer.message), (None, Some("Internal server error")), "{text}");
        }
        for text in ["", "ok", r#"{"message":"no such order"}"#, r#"{"message":"Forbidden"}"#, r#"{"message":5}"#] {
            assert_eq!(PublicAnswer::of(text), None, "{text}");
        }
    }

    #[test]
    fn a_body_below_a_status_or_without_a_text_is_a_public_answer() {
        for first in ["502 Bad Gateway", "Status: 502", "502"] {
            let answer = PublicAnswer::of(&format!("{first}\n\n{{\"message\": \"Internal server error\"}}"));
            assert_eq!(
                answer.map(|answer| (answer.status, answer.message)),
                Some((Some(502), Some("Internal server error")))
            );
        }
        assert_eq!(PublicAnswer::of("{\"message\":null}").and_then(|answer| answer.message), Some("null"));
        assert_eq!(PublicAnswer::of("{\"message\":null,\"id\":7}"), None);
    }

    #[test]
    fn a_response_has_its_status_and_request_id() {
        let text = "< HTTP/2 503\r\n< apigw-requestid: AbCd=\r\n< content-length: 33\r\n<\r\n{\"message\":\"Service Unavailable\"}\r\n";
        let expected =
            PublicAnswer { status: Some(503), message: Some("Service Unavailable"), request_id: Some("AbCd=".into()) };
        assert_eq!(PublicAnswer::of(text), Some(expected));
        for text in ["HTTP/1.1 429 Too Many Requests\n", "HTTP/1.1 200 OK\n\nInternal server error", "HTTP/1.1\n"] {
            assert_eq!(PublicAnswer::of(text), None, "{text}");
        }
    }
}
