//! The failures that an execution log can show: what is called, what it answers, what API Gateway then writes.
//!
//! Each says itself what it must be counted as, at each level of the log. Nothing here asks the program under test.

/// Target of the integration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Calls {
    /// A function, by proxy integration or not.
    Lambda,
    /// An HTTP backend.
    Http,
    /// Another AWS service; the host's first label, or all of the host in another partition.
    Service(&'static str),
}

/// Answer of the endpoint: status, a header of its own, the body. None: no answer came.
pub(crate) type Answer = Option<(u16, &'static str, &'static str)>;

/// One way to fail.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tale {
    pub(crate) calls: Calls,
    /// The authorizer failed; what the integration calls is of no interest.
    pub(crate) in_authorizer: bool,
    pub(crate) answer: Answer,
    /// The failure lines. `{client}`, `{function}`, `{backend}`, `{uuid}` stand for text of theirs.
    pub(crate) lines: &'static [&'static str],
    /// The status that API Gateway makes of it.
    pub(crate) status: u16,
    /// The cause by level: ERROR, INFO, INFO with data trace.
    pub(crate) causes: [&'static str; 3],
}

const fn tale(cause: &'static str, calls: Calls, status: u16, lines: &'static [&'static str]) -> Tale {
    Tale { calls, in_authorizer: false, answer: None, lines, status, causes: [cause; 3] }
}

impl Tale {
    const fn answered(self, status: u16, header: &'static str, body: &'static str) -> Self {
        Self { answer: Some((status, header, body)), ..self }
    }

    /// Without data trace less is shown.
    const fn without_trace(self, cause: &'static str) -> Self {
        Self { causes: [cause, cause, self.causes[2]], ..self }
    }

    const fn at_error_level(self, cause: &'static str) -> Self {
        Self { causes: [cause, self.causes[1], self.causes[2]], ..self }
    }

    const fn in_authorizer(self) -> Self {
        Self { in_authorizer: true, ..self }
    }
}

const CRASHED: &str = "{\"errorMessage\":\"'NoneType' object is not subscriptable\",\"errorType\":\"TypeError\"}";
const NOT_LOADED: &str = "{\"errorMessage\":\"Unable to import module 'app': No module named 'requests'\",\"errorType\":\"Runtime.ImportModuleError\"}";
const MALFORMED: &[&str] = &["Execution failed due to configuration error: Malformed Lambda proxy response"];
const OUTPUT_MAPPING: &[&str] =
    &["Execution failed due to configuration error: Output mapping refers to an invalid method response: 200"];
const NO_OUTPUT_MAPPING: &[&str] = &[
    "Execution failed due to configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 400",
];

/// All of them.
pub(crate) const TALES: &[Tale] = &[
    // Links and HTTP backends.
    tale("vpc_link_internal_error", Calls::Http, 500, &["Execution failed due to configuration error: There was an internal error while executing your request"]),
    tale("vpc_link_internal_error", Calls::Http, 500, &["Execution failed due to configuration error: There was an internal error while executing your request", "Execution failed due to an internal error"]),
    tale("vpc_link_transient", Calls::Http, 500, &["Execution failed due to a VPC link error"]),
    tale("vpc_link_transient", Calls::Http, 500, &["Execution failed due to an vpc link error."]),
    tale("integration_internal_error", Calls::Http, 500, &["Execution failed due to an internal error"]),
    tale("integration_internal_error", Calls::Lambda, 500, &["Execution failed due to an internal server error"]),
    tale("tls_hostname_mismatch", Calls::Http, 500, &["Execution failed due to configuration error: Host name 'orders.example.com' does not match the certificate subject provided by the peer (CN=other.example.com, O=Example)"]),
    tale("tls_hostname_mismatch", Calls::Http, 500, &["Execution failed due to configuration error: No subject alternative DNS name matching orders.example.com found."]),
    tale("tls_untrusted_chain", Calls::Http, 500, &["Execution failed due to configuration error: PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target"]),
    tale("tls_certificate_expired", Calls::Http, 500, &["Execution failed due to configuration error: PKIX path validation failed: java.security.cert.CertPathValidatorException: validity check failed"]),
    tale("tls_key_mismatch", Calls::Http, 500, &["Execution failed due to configuration error: Cannot verify ECDH ServerKeyExchange signature"]),
    tale("tls_handshake_failure", Calls::Http, 500, &["Execution failed due to configuration error: Received fatal alert: handshake_failure"]),
    tale("tls_handshake_failure", Calls::Http, 500, &["Execution failed due to configuration error: no cipher suites in common"]),
    tale("backend_invalid_http", Calls::Http, 500, &["Execution failed due to configuration error: Not a valid protocol version: {backend}"]),
    tale("backend_unresolvable", Calls::Http, 500, &["Execution failed due to configuration error: Invalid endpoint address"]),
    tale("backend_connection_failed", Calls::Http, 504, &["Execution failed due to a network error communicating with endpoint"]),
    tale("backend_connection_failed", Calls::Http, 504, &["Execution failed due to configuration error: Network error communicating with endpoint"]),
    tale("integration_timeout", Calls::Http, 504, &["Execution failed due to a timeout error"]),
    tale("integration_timeout", Calls::Lambda, 504, &["Execution failed due to a timeout error"]),
    tale("payload_too_large", Calls::Http, 500, &["Execution failed due to configuration error: Integration response of reported length 10485777 is larger than allowed maximum of 10485760 bytes."]),
    tale("integration_config", Calls::Http, 500, &["Execution failed due to configuration error: Illegal character in path at index 34: https://orders.example.com/orders/{client}"]),
    tale("integration_config", Calls::Http, 500, &["Execution failed due to configuration error:"]),
    // An HTTP backend may answer with a client's own text, whatever it looks like.
    tale("integration_config", Calls::Http, 500, &["Execution failed due to configuration error: The setting is of no use"]).answered(200, "", "{client}"),
    // Functions.
    tale("lambda_permission", Calls::Lambda, 500, &["Execution failed due to configuration error: Invalid permissions on Lambda function"]),
    tale("lambda_permission", Calls::Lambda, 500, &["Lambda invocation failed with status: 403. Lambda request id: {uuid}", "Execution failed due to configuration error:"])
        .answered(403, "x-amzn-ErrorType=AccessDeniedException", "{\"Message\":\"User: arn:aws:sts::111122223333:assumed-role/gateway/x is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:eu-west-1:111122223333:function:orders\"}")
        .without_trace("integration_method"),
    tale("integration_method", Calls::Lambda, 500, &["Lambda invocation failed with status: 403. Lambda request id: {uuid}", "Execution failed due to configuration error: "]),
    tale("integration_method", Calls::Lambda, 500, &["Lambda invocation failed with status: 405. Lambda request id: {uuid}", "Execution failed due to configuration error:"]),
    tale("lambda_malformed_response", Calls::Lambda, 502, MALFORMED).answered(200, "", "{client}"),
    tale("lambda_malformed_response", Calls::Lambda, 502, &["Execution failed due to configuration error: Malformed Lambda proxy response", "Execution failed due to an internal error"]),
    tale("lambda_unhandled_error", Calls::Lambda, 502, &["Lambda execution failed with status 200 due to customer function error: {function}. Lambda request id: {uuid}"]),
    tale("lambda_unhandled_error", Calls::Lambda, 502, MALFORMED).answered(200, "X-Amz-Function-Error=Unhandled", CRASHED).without_trace("lambda_malformed_response"),
    tale("lambda_init_failure", Calls::Lambda, 502, MALFORMED).answered(200, "X-Amz-Function-Error=Unhandled", NOT_LOADED).without_trace("lambda_malformed_response"),
    tale("lambda_init_failure", Calls::Lambda, 502, &["Lambda execution failed with status 200 due to customer function error: Error: Cannot find module 'pg'. Lambda request id: {uuid}"]),
    tale("lambda_timeout", Calls::Lambda, 502, &["Lambda execution failed with status 200 due to customer function error: 2024-05-04T17:48:21.117Z {uuid} Task timed out after 3.01 seconds. Lambda request id: {uuid}"]),
    tale("lambda_timeout", Calls::Lambda, 502, MALFORMED)
        .answered(200, "X-Amz-Function-Error=Unhandled", "{\"errorMessage\":\"2024-05-04T17:48:21.117Z 3f405162-7d8e-4f90-b1a2-c3d4e5f60718 Task timed out after 3.01 seconds\"}")
        .without_trace("lambda_malformed_response"),
    tale("lambda_out_of_memory", Calls::Lambda, 502, &["Lambda execution failed with status 200 due to customer function error: RequestId: {uuid} Error: Runtime exited with error: signal: killed. Lambda request id: {uuid}"]),
    tale("payload_too_large", Calls::Lambda, 502, &["Lambda execution failed with status 200 due to customer function error: Response payload size exceeded maximum allowed payload size (6291556 bytes).. Lambda request id: {uuid}"]),
    tale("payload_too_large", Calls::Lambda, 500, &["Lambda invocation failed with status: 413. Lambda request id: {uuid}", "Execution failed due to configuration error:"]),
    tale("lambda_throttled", Calls::Lambda, 500, &["Lambda invocation failed with status: 429. Lambda request id: {uuid}", "Execution failed due to configuration error: Rate Exceeded."]),
    tale("lambda_throttled", Calls::Lambda, 500, &["Lambda invocation failed with status: 429. Lambda request id: {uuid}", "Execution failed due to configuration error:"]),
    tale("lambda_throttled", Calls::Lambda, 502, MALFORMED)
        .answered(429, "x-amzn-ErrorType=TooManyRequestsException", "{\"Reason\":\"ReservedFunctionConcurrentInvocationLimitExceeded\",\"Type\":\"User\",\"message\":\"Rate Exceeded.\"}")
        .without_trace("lambda_malformed_response"),
    tale("lambda_not_found", Calls::Lambda, 500, &["Lambda invocation failed with status: 404. Lambda request id: {uuid}", "Execution failed due to configuration error:"]),
    tale("lambda_service_error", Calls::Lambda, 500, &["Lambda invocation failed with status: 500. Lambda request id: {uuid}", "Execution failed due to configuration error:"]),
    tale("lambda_service_error", Calls::Lambda, 502, MALFORMED)
        .answered(502, "", "{\"Message\":\"Lambda was unable to decrypt the environment variables because KMS access was denied.\"}")
        .without_trace("lambda_malformed_response"),
    tale("stage_variable", Calls::Lambda, 500, &["Lambda invocation failed with status: 400. Lambda request id: {uuid}", "Execution failed due to configuration error:"])
        .answered(400, "x-amzn-ErrorType=ValidationException", "{\"message\":\"1 validation error detected: Value 'arn:aws:lambda:eu-west-1:111122223333:function:orders:' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern\"}")
        .without_trace("request_mapping"),
    // Roles, other services, mappings.
    tale("integration_role", Calls::Service("sqs"), 500, &["Execution failed due to configuration error: API Gateway does not have permission to assume the provided role arn:aws:iam::111122223333:role/orders"]),
    tale("aws_service_access_denied", Calls::Service("sqs"), 500, OUTPUT_MAPPING)
        .answered(403, "", "{\"Error\":{\"Code\":\"AccessDenied\",\"Message\":\"Access to the resource is denied.\",\"Type\":\"Sender\"},\"RequestId\":\"8495a6b7-c2d3-54e5-86f7-18293a4b5c6d\"}")
        .without_trace("response_status_mapping"),
    tale("aws_service_throttled", Calls::Service("dynamodb"), 500, NO_OUTPUT_MAPPING)
        .answered(400, "", "{\"__type\":\"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException\",\"message\":\"The level of configured provisioned throughput was exceeded.\"}")
        .without_trace("response_status_mapping"),
    tale("aws_service_error", Calls::Service("states"), 500, OUTPUT_MAPPING)
        .answered(400, "x-amzn-ErrorType=StateMachineDoesNotExist", "{\"__type\":\"com.amazonaws.swf.service.v2.model#StateMachineDoesNotExist\",\"message\":\"no such machine\"}")
        .without_trace("response_status_mapping"),
    tale("response_status_mapping", Calls::Service("dynamodb"), 500, OUTPUT_MAPPING).answered(200, "", "{\"Item\":{\"note\":{\"S\":{client-json}}}}"),
    tale("response_status_mapping", Calls::Http, 500, OUTPUT_MAPPING).answered(403, "{client}", "{client}"),
    tale("request_mapping", Calls::Service("dynamodb"), 500, &["Execution failed due to configuration error: Unable to transform request"]),
    tale("response_mapping", Calls::Service("dynamodb"), 500, &["Execution failed due to configuration error: Unable to transform response"]).answered(200, "", "{\"Item\":{\"note\":{\"S\":{client-json}}}}"),
    tale("response_mapping", Calls::Http, 500, &["Execution failed due to configuration error: Unable to transform response"]).answered(200, "{client}", "{client}"),
    tale("request_mapping", Calls::Lambda, 500, &["Execution failed due to configuration error: Could not parse request body into json: Unrecognized token '{client}': was expecting ('true', 'false' or 'null') at [Source: (byte[])\"{client}\"; line: 1, column: 6]"]),
    tale("integration_config", Calls::Http, 500, &["Execution failed due to configuration error: Malformed escape pair at index 30: https://orders.example.com/%zz{client}"]),
    tale("integration_config", Calls::Http, 500, &["Execution failed due to configuration error: Expected authority at index 8: https:///{client}"]),
    // Services of other partitions, and errors with members of their own.
    tale("aws_service_access_denied", Calls::Service("sqs.eusc-de-east-1.amazonaws.eu"), 500, NO_OUTPUT_MAPPING).answered(403, "", "{\"Error\":{\"Code\":\"AccessDenied\",\"Message\":\"no\",\"Type\":\"Sender\"},\"RequestId\":\"1\"}").without_trace("response_status_mapping"),
    tale("aws_service_throttled", Calls::Service("dynamodb.us-iso-east-1.c2s.ic.gov"), 500, NO_OUTPUT_MAPPING).answered(400, "", "{\"__type\":\"a#ProvisionedThroughputExceededException\",\"message\":\"x\",\"ThrottlingReasons\":[{\"reason\":\"Table\"}]}").without_trace("response_status_mapping"),
    tale("aws_service_error", Calls::Service("dynamodb.eu-west-1.api.aws"), 500, NO_OUTPUT_MAPPING).answered(400, "", "{\"__type\":\"a#ConditionalCheckFailedException\",\"Item\":{\"note\":{\"S\":{client-json}}},\"message\":\"x\"}").without_trace("response_status_mapping"),
    tale("response_status_mapping", Calls::Http, 500, NO_OUTPUT_MAPPING).answered(400, "", "{\"__type\":\"AccessDeniedException\",\"note\":{client-json}}"),
    // Authorizers.
    tale("authorizer_error", Calls::Lambda, 500, &["Execution failed due to configuration error: Authorizer error", "AuthorizerConfigurationException"]).in_authorizer(),
    tale("authorizer_error", Calls::Lambda, 500, &["Execution failed due to configuration error: Invalid permissions on Lambda function", "Execution failed due to configuration error: Authorizer error"]).in_authorizer(),
    tale("authorizer_error", Calls::Lambda, 500, &["Execution failed due to configuration error: Invalid permissions on Lambda function"]).in_authorizer().at_error_level("lambda_permission"),
    tale("authorizer_error", Calls::Lambda, 500, &["Lambda execution failed with status 200 due to customer function error: {function}. Lambda request id: {uuid}", "AuthorizerConfigurationException"]).in_authorizer(),
    tale("authorizer_invalid_response", Calls::Lambda, 500, &["Execution failed due to configuration error: Could not parse policy", "AuthorizerConfigurationException"]).in_authorizer(),
    tale("authorizer_timeout", Calls::Lambda, 500, &["Execution failed due to a timeout error"]).in_authorizer().at_error_level("integration_timeout"),
    // At ERROR level no line shows the phase; these texts do.
    tale("authorizer_invalid_response", Calls::Lambda, 500, &["Execution failed due to configuration error: Could not parse policy"]).in_authorizer(),
    tale("authorizer_invalid_response", Calls::Lambda, 500, &["Execution failed due to configuration error: Unable to parse given policy. Unexpected end of input"]).in_authorizer(),
    tale("authorizer_invalid_response", Calls::Lambda, 500, &["Execution failed due to configuration error: Invalid JSON in response: Unexpected character ('N' (code 78)): expected a valid value"]).in_authorizer(),
    tale("authorizer_error", Calls::Lambda, 500, &["Execution failed due to configuration error: Invalid JSON in response: Unrecognized field \"errorType\", not marked as ignorable"]).in_authorizer(),
    tale("authorizer_error", Calls::Lambda, 500, &["Lambda execution failed with status 200 due to customer function error: {function}. Lambda request id: {uuid}"]).in_authorizer().at_error_level("lambda_unhandled_error"),
    // The gateway itself.
    tale("waf_error", Calls::Http, 500, &["There was an error evaluating the AWS WAF rules associated with this API"]),
    tale("unclassified", Calls::Http, 500, &["Execution failed due to a reason that nobody has seen yet"]),
];

/// Response types that name a cause where no failure line does, with the cause.
pub(crate) const RESPONSE_TYPES: &[(&str, u16, &str)] = &[
    ("THROTTLED", 503, "throttled"),
    ("QUOTA_EXCEEDED", 500, "throttled"),
    ("INTEGRATION_TIMEOUT", 504, "integration_timeout"),
    ("AUTHORIZER_FAILURE", 500, "authorizer_error"),
    ("AUTHORIZER_CONFIGURATION_ERROR", 500, "authorizer_error"),
    ("DEFAULT_5XX", 500, "unclassified"),
    ("INTEGRATION_FAILURE", 504, "unclassified"),
    ("API_CONFIGURATION_ERROR", 500, "unclassified"),
];

/// Response types of requests that the gateway refuses for good reason.
pub(crate) const REFUSALS: &[(&str, u16)] = &[
    ("THROTTLED", 429),
    ("ACCESS_DENIED", 403),
    ("MISSING_AUTHENTICATION_TOKEN", 403),
    ("UNAUTHORIZED", 401),
    ("BAD_REQUEST_BODY", 400),
    ("WAF_FILTERED", 403),
    ("REQUEST_TOO_LARGE", 413),
];

/// Messages of functions that fail.
pub(crate) const FUNCTION_WORDS: &[&str] = &[
    "'NoneType' object is not subscriptable",
    "order 503 was refused: upstream said Task timed out after 3.00 seconds",
    "Cannot read properties of undefined (reading 'items')",
    "{\"status\":500}",
    "note refused: Unable to import module 'app'",
    "the tag \"java.lang.OutOfMemoryError: Java heap space\" is unknown",
    "rate exceeded for coupon 7",
    "Task timed out after waiting for courier",
    "unknown size: Response payload size exceeded maximum allowed payload size",
];

/// Answers of backends that speak no HTTP.
pub(crate) const BACKEND_WORDS: &[&str] =
    &["SSH-2.0-OpenSSH_9.6", "This is not HTTP", "Received fatal alert: handshake please"];
