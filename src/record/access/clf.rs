//! Lines in Common Log Format, followed by API Gateway's ids and optionally an error text.

use super::fields::AccessFields;
use super::statuses::Statuses;
use super::{AccessLine, set_value, token};

/// Parses `ip caller user [time] "method resource protocol" status length request-id [extended id] [error text]`.
///
/// Returns None for the line of a web server: it lacks the request id. The status follows the quoted request. Every part
/// of the line that looks like that may be it, so all of them are read, whatever stands behind: the format may have more there
/// than the stock ones. The route is not read: a format may have the client's path in its place.
pub(super) fn line(text: &str) -> Option<AccessLine> {
    let (before, rest) = text.split_once(" [")?;
    let mut words = before.split(' ');
    let (address, _caller, _user) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !token::is_address(address) || !token::starts_with_request_time(rest.as_bytes()) {
        return None;
    }
    let (_time, rest) = rest.split_once("] \"")?;
    let mut statuses = Statuses::default();
    let (mut whole, mut is_only, mut is_other) = (None, true, false);
    for reading in memchr::memchr_iter(b'"', rest.as_bytes()).filter_map(|quote| ClfFields::at(rest, quote)) {
        is_other |= reading.status.is_none();
        is_only &= statuses == Statuses::default();
        statuses.add(reading.status);
        whole = whole.or(Some(reading).filter(|reading| reading.is_ours));
    }
    let Some(ClfFields { request_id, behind, .. }) = whole else { return without_status(rest) };
    if is_other {
        // The format may be another one. Then the reading that fits may be a client's text.
        return Some(AccessLine::Ambiguous);
    }
    Some(statuses.line(|status| AccessFields {
        status,
        request_id: set_value(request_id).filter(|_| is_only).map(str::to_owned),
        integration_error: error_text(behind).filter(|_| is_only).map(str::to_owned),
        ..AccessFields::default()
    }))
}

/// Longest protocol of a request, in bytes: `HTTP/1.1`.
const LONGEST_PROTOCOL_BYTES: usize = 8;

/// Fields behind a quote at which the request may end.
struct ClfFields<'a> {
    /// None if something else stands there.
    status: Option<u16>,
    request_id: &'a str,
    behind: &'a str,
    /// Whether they are those of API Gateway's formats.
    is_ours: bool,
}

impl<'a> ClfFields<'a> {
    /// Returns the reading at a quote; None if no status follows and no protocol stands before it.
    fn at(rest: &'a str, quote: usize) -> Option<Self> {
        // The server writes the protocol, so it is short; to look for its begin all the way back takes too long where a client
        // wrote thousands of quotes.
        let before = &rest.as_bytes()[..quote];
        let end = &before[before.len().saturating_sub(LONGEST_PROTOCOL_BYTES + " ".len())..];
        let ends_with_protocol =
            || end.rsplit(|b| *b == b' ').next().is_some_and(|word| word == b"-" || word.starts_with(b"HTTP/"));
        let (status, behind) = word(rest[quote + 1..].strip_prefix(' ').unwrap_or_default());
        let Some(status) = token::status(status) else {
            return ends_with_protocol().then_some(Self { status: None, request_id: "", behind, is_ours: false });
        };
        let (length, behind_length) = word(behind);
        // WebSocket formats lack the length.
        let (request_id, behind) = if token::is_number(length) { word(behind_length) } else { (length, behind_length) };
        // Web servers write a referrer or `-` in quotes here.
        let is_ours = (request_id == "-" && length != "-") || token::is_request_id(request_id);
        Some(Self { status: Some(status), request_id, behind, is_ours })
    }
}

/// Splits at the first blank.
fn word(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

/// Returns the text behind the ids, and behind statuses and latencies that some formats add.
fn error_text(behind: &str) -> Option<&str> {
    let (first, after_first) = word(behind.trim());
    let mut text = if token::is_extended_request_id(first) { after_first } else { behind.trim() };
    loop {
        let (first, rest) = word(text);
        if !token::is_number(first) {
            return set_value(text);
        }
        text = rest;
    }
}

/// Detects WebSocket formats without a status, which end with `"event route connection" request-id`.
fn without_status(rest: &str) -> Option<AccessLine> {
    let (event, behind) = rest.split_once('"')?;
    let is_event = ["CONNECT ", "MESSAGE ", "DISCONNECT "].iter().any(|kind| event.starts_with(kind));
    (is_event && token::is_request_id(behind.trim())).then_some(AccessLine::NoStatus)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "192.0.2.7 - - [10/Oct/2025:13:55:36 +0000] ";

    fn failed(rest: &str) -> AccessFields {
        match line(&format!("{HEAD}{rest}")) {
            Some(AccessLine::Failed(fields)) => *fields,
            other => panic!("{rest}: {other:?}"),
        }
    }

    #[test]
    fn a_line_may_end_at_each_of_its_parts() {
        let rest = "\"GET /pets/{id} HTTP/1.1\" 504 41 1f2e3d4c-0000-4000-8000-5a6b7c8d9e0f";
        let fields = failed(rest);
        assert_eq!((fields.status, fields.route.as_deref()), (Some(504), None));
        assert_eq!(fields.request_id.as_deref(), Some("1f2e3d4c-0000-4000-8000-5a6b7c8d9e0f"));
        assert_eq!(failed(&format!("{rest} Ab3Cd4Ef5Gh6Ij=")).integration_error, None);
        assert_eq!(failed(&format!("{rest} Ab3Cd4Ef5Gh6Ij= -")).integration_error, None);
        assert_eq!(failed(&format!("{rest} Ab3Cd4Ef5Gh6Ij= 504 29004")).integration_error, None);
        for ids in ["", " Ab3Cd4Ef5Gh6Ij=", " -", " Ab3Cd4Ef5Gh6Ij= 504 - 29004"] {
            let text = failed(&format!("{rest}{ids} The role of field \"body\" is wrong.")).integration_error;
            assert_eq!(text.as_deref(), Some("The role of field \"body\" is wrong."), "{ids}");
        }
    }

    #[test]
    fn quotes_in_the_request_make_a_line_ambiguous_where_they_could_hide_its_status() {
        let forged = format!("{HEAD}\"GET /x\" 200 5 AbCdEfGhIjKl HTTP/1.1\" 502 36 AbCdEfGhIjKlMn=");
        assert_eq!(line(&forged), Some(AccessLine::Ambiguous));
        assert_eq!(failed("\"GET /x\"y HTTP/1.1\" 502 36 AbCdEfGhIjKlMn=").status, Some(502));
        let same = "\"GET /x\" 502 5 AbCdEfGhIjKl HTTP/1.1\" 502 36 AbCdEfGhIjKlMn=";
        assert_eq!((failed(same).status, failed(same).request_id), (Some(502), None));
    }

    #[test]
    fn no_reading_stands_alone_before_one_of_another_format() {
        let of_client = "\"GET /cart HTTP/1.1\" 502 36 Kd83hfQaLm2Xs= Rate Exceeded HTTP/1.1\"";
        for behind in [
            " 200 36 3c9d1e2f-5a6b-4c7d-8e9f-0a1b2c3d4e5f;7",
            " 200 - -",
            " 200 36",
            " 200",
            " 204 0 abcdefghij\t12",
            " 12 200 36 Kd83hfQaLm2Xs=",
            ";200;36",
            "",
        ] {
            for text in [
                of_client.to_owned() + behind,
                (of_client.to_owned() + behind).replace("502", "404").replace("20", "50"),
            ] {
                assert_eq!(line(&format!("{HEAD}{text}")), Some(AccessLine::Ambiguous), "{text}");
            }
        }
        let of_agent = format!("{HEAD}\"GET /cart HTTP/1.1\" 200 36 abcdefghij/7 \"x\" 502 36 Kd83hfQaLm2Xs= y\"");
        assert_eq!(line(&of_agent), Some(AccessLine::Ambiguous));
        let honest = "\"GET /cart HTTP/1.1\" 500 35 Kd83hfQaLm2Xs= \"no stock of \"tea\" - 12 left\"";
        assert_eq!(failed(honest).integration_error.as_deref(), Some("no stock of \"tea\" - 12 left"));
    }

    #[test]
    fn a_web_server_s_line_and_healthy_lines_count_nothing() {
        assert_eq!(line(&format!("{HEAD}\"GET /x HTTP/1.1\" 502 157 \"-\" \"probe/1.0\"")), None);
        assert_eq!(line(&format!("{HEAD}\"GET /x HTTP/1.1\" 502 157")), None);
        assert_eq!(line(&format!("[INFO]\t{HEAD}\"GET /x HTTP/1.1\" 502 157 AbCdEfGhIjKlMn=")), None);
        assert_eq!(line(&format!("{HEAD}\"GET /x HTTP/1.1\" 404 502 AbCdEfGhIjKlMn=")), Some(AccessLine::Healthy));
    }

    #[test]
    fn a_websocket_line_has_no_length() {
        let fields = failed("\"CONNECT $connect AbCdEfGhIjKl=\" 500 AbCdEfGhIjKlMn=");
        assert_eq!((fields.status, fields.request_id.as_deref()), (Some(500), Some("AbCdEfGhIjKlMn=")));
    }

    #[test]
    fn a_websocket_line_without_a_status_is_reported() {
        assert_eq!(
            line(&format!("{HEAD}\"CONNECT $connect AbCdEfGhIjKl=\" AbCdEfGhIjKlMn=")),
            Some(AccessLine::NoStatus)
        );
    }
}
