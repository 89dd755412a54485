//! Lines in CSV, with the fields in the order of the console's format.

use super::fields::AccessFields;
use super::statuses::Statuses;
use super::{AccessLine, set_value, token};

/// Parses `ip,[caller,user,]requestTime,httpMethod,resource,protocol,status,responseLength,requestId[,extended
/// id[,text]]`.
///
/// The status follows the protocol. Client text before it may contain commas, so every cell that looks like the status
/// may be it, and all of them are read. The route is not read: a format may have the client's path in its place.
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
    let places: Vec<usize> = (time + 3..cells.len()).filter(|&at| follows_a_request(&cells, at)).collect();
    places.iter().for_each(|&at| statuses.add(token::status(cells[at])));
    let first = *places.first()?;
    let only = (places.len() == 1).then_some(first);
    Some(statuses.line(|status| AccessFields {
        status,
        request_id: only.and_then(|at| set_value(cells.get(at + 2)?)).map(str::to_owned),
        integration_error: only.and_then(|at| set_value(text.splitn(at + 5, ',').nth(at + 4)?)).map(str::to_owned),
        ..AccessFields::default()
    }))
}

/// Returns whether the cell at `at` is a status: with a request before it, a length (or connection) and an id behind
/// it.
fn follows_a_request(cells: &[&str], at: usize) -> bool {
    let is_id = |cell: &&str| **cell == *"-" || token::is_request_id(cell);
    let (Some(length), Some(id)) = (cells.get(at + 1), cells.get(at + 2)) else { return false };
    if token::status(cells[at]).is_none() || !is_id(id) {
        return false;
    }
    let of_http = cells[at - 1].starts_with("HTTP/") || cells[at - 1] == "-";
    let of_websocket = matches!(cells[at - 2], "CONNECT" | "MESSAGE" | "DISCONNECT" | "-");
    // WebSocket formats have a connection id instead of the length, and no protocol.
    (of_http && token::is_number(length)) || (of_websocket && is_id(length))
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
    fn other_tables_are_no_access_log() {
        for text in ["a,b,c", "192.0.2.7,-,-,10/Oct/2025:13:55:36 +0000,GET", "id,status\n1,502", ",,,,,,,,"] {
            assert_eq!(line(text), None, "{text}");
        }
    }
}
