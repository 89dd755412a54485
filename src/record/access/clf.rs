//! Lines in Common Log Format, followed by API Gateway's ids and optionally an error text.

use super::fields::AccessFields;
use super::statuses::Statuses;
use super::{AccessLine, set_value, token};

/// Parses `ip caller user [time] "method resource protocol" status length request-id [extended id] [error text]`.
///
/// Returns None for the line of a web server: it lacks the request id. The status follows the quoted request. Every part
/// of the line that looks like that may be it, so all of them are read. The route is not read: a format may have the
/// client's path in its place.
pub(super) fn line(text: &str) -> Option<AccessLine> {
    let (before, rest) = text.split_once(" [")?;
    let mut words = before.split(' ');
    let (address, _caller, _user) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !token::is_address(address) || !token::starts_with_request_time(rest.as_bytes()) {
        return None;
    }
    let (_time, rest) = rest.split_once("] \"")?;
    let quotes = memchr::memchr_iter(b'"', rest.as_bytes());
    let found: Vec<_> = quotes.filter_map(|quote| columns(rest, quote)).collect();
    let Some(first) = found.first() else { return without_status(rest) };
    let is_only = found.len() == 1;
    let mut statuses = Statuses::default();
    found.iter().for_each(|columns| statuses.add(Some(columns.status)));
    Some(statuses.line(|status| AccessFields {
        status,
        request_id: set_value(first.request_id).filter(|_| is_only).map(str::to_owned),
        integration_error: error_text(first.behind).filter(|_| is_only).map(str::to_owned),
        ..AccessFields::default()
    }))
}

/// Fields behind the quoted request.
struct ClfFields<'a> {
    status: u16,
    request_id: &'a str,
    behind: &'a str,
}

fn columns(rest: &str, quote: usize) -> Option<ClfFields<'_>> {
    let (status, behind) = word(rest[quote + 1..].strip_prefix(' ')?);
    let status = token::status(status)?;
    let (length, behind_length) = word(behind);
    // WebSocket formats lack the length.
    let (request_id, behind) = if token::is_number(length) { word(behind_length) } else { (length, behind_length) };
    // Web servers write a referrer or `-` in quotes here.
    let is_ours = (request_id == "-" && length != "-") || token::is_request_id(request_id);
    is_ours.then_some(ClfFields { status, request_id, behind })
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
