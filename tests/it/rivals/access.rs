//! Access logs of a REST API, and which of their lines show a failure.
//!
//! API Gateway writes the values of its variables as they are, so a message with quotes breaks the JSON around it, and
//! a client that puts quotes into its user agent writes fields of its own.

use why5xx::decode::BatchHeader;

use super::measure::{Line, Truth};
use crate::simulation::random::Random;
use crate::simulation::world::{Batch, Event};

/// How a request can fail, as the variables of the access log show it.
struct Tale {
    status: u16,
    response_type: &'static str,
    authorizer: &'static str,
    integration: &'static str,
    cause: &'static str,
}

const fn tale(status: u16, response_type: &'static str, integration: &'static str, cause: &'static str) -> Tale {
    Tale { status, response_type, authorizer: "-", integration, cause }
}

const TALES: &[Tale] = &[
    tale(504, "INTEGRATION_TIMEOUT", "Execution failed due to a timeout error", "integration_timeout"),
    tale(504, "INTEGRATION_TIMEOUT", "-", "integration_timeout"),
    tale(
        500,
        "DEFAULT_5XX",
        "Execution failed due to configuration error: Invalid permissions on Lambda function",
        "lambda_permission",
    ),
    tale(
        502,
        "DEFAULT_5XX",
        "Execution failed due to configuration error: Malformed Lambda proxy response",
        "lambda_malformed_response",
    ),
    tale(
        502,
        "INTEGRATION_FAILURE",
        "Lambda execution failed with status 200 due to customer function error: {words}. Lambda request id: {uuid}",
        "lambda_unhandled_error",
    ),
    tale(
        502,
        "INTEGRATION_FAILURE",
        "Lambda execution failed with status 200 due to customer function error: 2024-05-04T17:48:21.117Z {uuid} Task timed out after 3.01 seconds. Lambda request id: {uuid}",
        "lambda_timeout",
    ),
    tale(
        500,
        "DEFAULT_5XX",
        "Execution failed due to configuration error: PKIX path building failed: unable to find valid certification path to requested target",
        "tls_untrusted_chain",
    ),
    tale(
        500,
        "DEFAULT_5XX",
        "Execution failed due to configuration error: Host name 'orders.example.com' does not match the certificate subject provided by the peer (CN=shop.example.com)",
        "tls_hostname_mismatch",
    ),
    tale(
        500,
        "API_CONFIGURATION_ERROR",
        "Execution failed due to configuration error: Invalid endpoint address",
        "backend_unresolvable",
    ),
    tale(
        500,
        "API_CONFIGURATION_ERROR",
        "Execution failed due to configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 418",
        "response_status_mapping",
    ),
    Tale {
        status: 500,
        response_type: "AUTHORIZER_CONFIGURATION_ERROR",
        authorizer: "Execution failed due to configuration error: Could not parse policy",
        integration: "-",
        cause: "authorizer_invalid_response",
    },
    tale(503, "-", "-", "backend_error_response"),
];

/// Messages of functions' errors, some with quotes.
const WORDS: &[&str] = &[
    "'NoneType' object is not subscriptable",
    "Cannot read properties of undefined (reading \"items\")",
    "duplicate key \"order-{uuid}\"",
    "connect ECONNREFUSED 10.0.3.9:5432",
    "order {uuid} has no lines",
];

/// User agents of clients.
const AGENTS: &[&str] = &["Mozilla/5.0 (X11; Linux x86_64)", "curl/8.5.0", "orders-app/5.03 (502)"];

/// User agents that would hide a failure, or make one.
const FORGERS: &[&str] = &["x\",\"status\":\"200", "x\",\"status\":\"502"];

/// The format of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// The one that why5xx advises: nothing of it does a client write.
    Advised,
    /// One with the client's user agent before the status.
    WithUserAgent,
}

/// A log of so many requests, one in twenty of which fails, as lines and as the batches of its subscription.
pub(crate) fn log(format: Format, requests: usize, random: &mut Random) -> (Truth, Vec<Line>, Vec<Batch>) {
    let mut truth = Truth::new();
    let mut lines = Vec::new();
    for _ in 0..requests {
        let id = random.uuid();
        let tale = random.percent(5).then(|| random.pick(TALES));
        if let Some(tale) = tale {
            truth.insert(id.clone(), tale.cause);
        }
        let message = line(format, &id, tale, random);
        lines.push(Line { request: id, message });
    }
    let batches = batches(&lines);
    (truth, lines, batches)
}

fn line(format: Format, id: &str, tale: Option<&Tale>, random: &mut Random) -> String {
    let healthy = Tale {
        status: *random.pick(&[200, 200, 201, 204, 404]),
        response_type: "-",
        authorizer: "-",
        integration: "-",
        cause: "",
    };
    let tale = tale.unwrap_or(&healthy);
    let words = *random.pick(WORDS);
    let integration = tale.integration.replace("{words}", words).replace("{uuid}", &random.uuid());
    let Tale { status, response_type, authorizer, .. } = tale;
    let (latency, backend) = (random.below(900), if tale.cause == "backend_error_response" { 503 } else { 200 });
    let reasons = format!(
        r#""errorResponseType":"{response_type}","wafError":"-","authorizerError":"{authorizer}","authorizeError":"-","errorMessage":"-","integrationError":"{integration}"}}"#
    );
    let rest = format!(
        r#""requestId":"{id}","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","responseLatency":"{latency}","integrationStatus":"{backend}",{reasons}"#
    );
    match format {
        Format::Advised => format!(r#"{{"status":"{status}",{rest}"#),
        Format::WithUserAgent => {
            let agents = if random.percent(3) { FORGERS } else { AGENTS };
            format!(r#"{{"userAgent":"{}","status":"{status}",{rest}"#, random.pick(agents))
        }
    }
}

fn batches(lines: &[Line]) -> Vec<Batch> {
    const EVENTS_OF_A_BATCH: usize = 100;
    let header = BatchHeader {
        message_type: "DATA_MESSAGE".to_owned(),
        owner: "111122223333".to_owned(),
        log_group: "/shop/access".to_owned(),
        log_stream: "0123456789abcdef0123456789abcdef".to_owned(),
        ..BatchHeader::default()
    };
    let events: Vec<Event> = (0..)
        .zip(lines)
        .map(|(number, line)| Event {
            id: format!("{number:056}"),
            timestamp_ms: 1_781_000_000_000 + number,
            message: line.message.clone(),
        })
        .collect();
    events.chunks(EVENTS_OF_A_BATCH).map(|events| Batch { header: header.clone(), events: events.to_vec() }).collect()
}
