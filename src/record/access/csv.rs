//! Lines in CSV, with the fields in the order of the console's format.

use super::fields::AccessFields;
use super::statuses::Statuses;
use super::{AccessLine, set_value, token};

/// Parses `ip,[caller,user,]requestTime,httpMethod,resource,protocol,status,responseLength,requestId[,extended
/// id[,text]]`.
///
/// The status follows the protocol. Client text before it may contain commas, so every cell that looks like the status
/// may be it, and all of them are read, whatever stands behind: the format may have more there than the stock ones. The
/// route is not read: a format may have the client's path in its place.
pub(super) fn line(text: &str) -> Option<AccessLine> {
    if !token::is_address(text.split(',').next()?.trim().trim_matches('"')) {
        return None;
    }
    let cells: Vec<&str> = text.split(',').map(|cell| cell.trim().trim_matches('"')).collect();
    let time = cells
        .iter()
        .position(|cell| token::starts_with_request_time(cell.as_bytes()))
        .filter(|at| (1..=3).contains(at))?;
    let mut statuses = Statuses::default();
    let (mut whole, mut number, mut is_other) = (None, 0, false);
    for at in time + 3..cells.len() {
        let status = token::status(cells[at]);
        if !may_be_status(&cells, at, status.is_some()) {
            continue;
        }
        is_other |= status.is_none();
        statuses.add(status);
        number += 1;
        whole = whole.or(Some(at).filter(|at| status.is_some() && is_followed_by_id(&cells, *at)));
    }
    let first = whole?;
    if is_other {
        // The format may be another one. Then the reading that fits may be a client's text.
        return Some(AccessLine::Ambiguous);
    }
    let only = (number == 1).then_some(first);
    Some(statuses.line(|status| AccessFields {
        status,
        request_id: only.and_then(|at| set_value(cells.get(at + 2)?)).map(str::to_owned),
        integration_error: only.and_then(|at| set_value(text.splitn(at + 5, ',').nth(at + 4)?)).map(str::to_owned),
        ..AccessFields::default()
    }))
}

/// Returns whether a status may stand in the cell at `at`: behind the protocol, or behind what stands in its place if it
/// `is_status`.
fn may_be_status(cells: &[&str], at: usize, is_status: bool) -> bool {
    let is_unset_protocol = || cells[at - 1] == "-" && cells.get(at + 1).is_some_and(|length| token::is_number(length));
    let of_websocket = || match cells[at - 2] {
        "CONNECT" | "MESSAGE" | "DISCONNECT" => true,
        event => event == "-" && is_followed_by_id(cells, at),
    };
    cells[at - 1].starts_with("HTTP/") || is_status && (is_unset_protocol() || of_websocket())
}

/// Returns whether behind the cell at `at` stand a length and an id.
fn is_followed_by_id(cells: &[&str], at: usize) -> bool {
    let is_id = |cell: &str| cell == "-" || token::is_request_id(cell);
    let (Some(length), Some(id)) = (cells.get(at + 1), cells.get(at + 2)) else { return false };
    // WebSocket formats have a connection id instead of the length, and no protocol.
    let of_websocket = matches!(cells[at - 2], "CONNECT" | "MESSAGE" | "DISCONNECT" | "-") && is_id(length);
    is_id(id) && (of_websocket || token::is_number(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REST: &str = "192.0.2.7,-,-,10/Oct/2025:13:55:36 +0000,GET,/pets/{id},HTTP/1.1,504,41,1f2e3d4c-0000-4000-8000-5a6b7c8d9e0f,Ab3Cd4Ef5Gh6Ij=";

    #[test]
    fn the_rest_and_the_http_order_are_read() {
        let Some(AccessLine::Failed(fields)) = line(REST) else { panic!("not failed") };
        assert_eq!((fields.status, fields.route.as_deref()), (Some(504), None));
        assert_eq!(fields.request_id.as_deref(), Some("1f2e3d4c-0000-4000-8000-5a6b7c8d9e0f"));
        let http = "192.0.2.7,10/Oct/2025:13:55:36 +0000,GET,GET /pets,HTTP/1.1,500,35,AbCdEfGhIjKlMn=,AbCdEfGhIjKlMn=";
        assert!(matches!(line(http), Some(AccessLine::Failed(_))));
        assert_eq!(line(&http.replace(",500,", ",200,")), Some(AccessLine::Healthy));
    }

    #[test]
    fn a_text_behind_the_ids_is_the_reason() {
        let Some(AccessLine::Failed(fields)) = line(&format!("{REST},Endpoint request timed out, sorry")) else {
            panic!()
        };
        assert_eq!(fields.integration_error.as_deref(), Some("Endpoint request timed out, sorry"));
    }

    #[test]
    fn a_second_status_makes_it_ambiguous() {
        let forged = REST.replace("/pets/{id}", "/a,HTTP/1.1,200,5,AbCdEfGhIjKl");
        assert_eq!(line(&forged), Some(AccessLine::Ambiguous));
    }

    #[test]
    fn no_reading_stands_alone_before_one_of_another_format() {
        let of_client = "/cart,HTTP/1.1,504,41,Kd83hfQaLm2Xs=,";
        for behind in [
            "HTTP/1.1,200,36,Kd83hfQaLm2Xs=;x",
            "HTTP/1.1,200,-,-/",
            "HTTP/1.1,200",
            "-,200,36,a/b",
            "HTTP/1.1,7,200,36",
        ] {
            let text = format!("192.0.2.7,-,-,10/Oct/2025:13:55:36 +0000,GET,{of_client}{behind}");
            assert_eq!(line(&text), Some(AccessLine::Ambiguous), "{text}");
            let hidden = text.replace("504", "404").replace("200", "502");
            assert_eq!(line(&hidden), Some(AccessLine::Ambiguous), "{hidden}");
        }
    }

    #[test]
    fn other_tables_are_no_access_log() {
        for text in ["a,b,c", "192.0.2.7,-,-,10/Oct/2025:13:55:36 +0000,GET", "id,status\n1,502", ",,,,,,,,"] {
            assert_eq!(line(text), None, "{text}");
        }
    }
}
