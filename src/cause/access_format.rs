//! Access-log formats that show why a request failed, for pasting: one for each kind of API.
//!
//! They hold only variables that API Gateway and the API's configuration write; a path, header or address could forge
//! fields, since API Gateway does not escape what it puts in. For the same reason the free texts stand last: a quote in
//! one of them spoils no field before it. (The id of a REST request can be chosen by a client, as a UUID; API Gateway
//! demands one of the two ids in a format.)
//!
//! Each is a line of text and then the format as one line, which is what a stage takes.

/// Longest access-log format that API Gateway takes, in bytes (API Gateway Developer Guide, "Set up CloudWatch logging": 3
/// KB).
pub const LONGEST_FORMAT_BYTES: usize = 3 * 1024;

/// Returns the format itself, without the line of text before it.
pub fn format(text: &'static str) -> &'static str {
    text.split_once('\n').map_or(text, |(_, format)| format)
}

/// For REST APIs.
pub const REST: &str = concat!(
    "REST API:\n",
    r#"{"status":"$context.status","requestId":"$context.requestId","extendedRequestId":"$context.extendedRequestId","#,
    r#""xrayTraceId":"$context.xrayTraceId","apiId":"$context.apiId","stage":"$context.stage","#,
    r#""resourcePath":"$context.resourcePath","responseLength":"$context.responseLength","#,
    r#""responseLatency":"$context.responseLatency","integrationLatency":"$context.integration.latency","#,
    r#""integrationStatus":"$context.integration.status","#,
    r#""integrationServiceStatus":"$context.integration.integrationStatus","#,
    r#""errorResponseType":"$context.error.responseType","wafError":"$context.waf.error","#,
    r#""authenticateError":"$context.authenticate.error","authorizerError":"$context.authorizer.error","#,
    r#""authorizeError":"$context.authorize.error","errorMessage":"$context.error.message","#,
    r#""integrationError":"$context.integration.error"}"#,
);

/// For HTTP APIs.
pub const HTTP: &str = concat!(
    "HTTP API:\n",
    r#"{"status":"$context.status","requestId":"$context.requestId","apiId":"$context.apiId","stage":"$context.stage","#,
    r#""routeKey":"$context.routeKey","responseLength":"$context.responseLength","#,
    r#""responseLatency":"$context.responseLatency","integrationLatency":"$context.integration.latency","#,
    r#""integrationStatus":"$context.integration.status","#,
    r#""integrationServiceStatus":"$context.integration.integrationStatus","#,
    r#""errorResponseType":"$context.error.responseType","authorizerError":"$context.authorizer.error","#,
    r#""errorMessage":"$context.error.message","integrationErrorMessage":"$context.integrationErrorMessage"}"#,
);

/// For WebSocket APIs.
pub const WEBSOCKET: &str = concat!(
    "WebSocket API:\n",
    r#"{"status":"$context.status","requestId":"$context.requestId","apiId":"$context.apiId","stage":"$context.stage","#,
    r#""eventType":"$context.eventType","routeKey":"$context.routeKey","connectionId":"$context.connectionId","#,
    r#""integrationLatency":"$context.integration.latency","integrationStatus":"$context.integration.status","#,
    r#""integrationServiceStatus":"$context.integration.integrationStatus","#,
    r#""errorResponseType":"$context.error.responseType","wafError":"$context.waf.error","#,
    r#""authenticateError":"$context.authenticate.error","authorizerError":"$context.authorizer.error","#,
    r#""authorizeError":"$context.authorize.error","errorMessage":"$context.error.message","#,
    r#""integrationError":"$context.integration.error"}"#,
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_one_line_of_json_with_a_status_and_an_id() {
        for text in [REST, HTTP, WEBSOCKET] {
            let format = format(text);
            assert!(!format.contains('\n') && format.len() <= LONGEST_FORMAT_BYTES, "{format}");
            let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_str(format).unwrap();
            assert_eq!(fields["status"], "$context.status");
            assert_eq!(fields["requestId"], "$context.requestId");
            assert!(fields.values().all(|value| value.as_str().unwrap().starts_with("$context.")), "{format}");
        }
    }

    #[test]
    fn no_format_holds_what_a_client_writes() {
        for text in [REST, HTTP, WEBSOCKET] {
            for client in ["context.path", "identity", "requestOverride", "domain", "protocol", "claims", "httpMethod"]
            {
                assert!(!format(text).contains(client), "{client}");
            }
        }
    }

    #[test]
    fn the_free_texts_stand_last() {
        for text in [REST, HTTP, WEBSOCKET] {
            let first_text = format(text).find("Error\":").unwrap();
            let last_type = format(text).find("errorResponseType").unwrap();
            assert!(last_type < first_text);
        }
    }
}
