//! Texts that clients write into their requests: most of them harmless, some the gateway's own sentences.

/// Text of ordinary clients.
pub(crate) const HARMLESS: &[&str] = &[
    "17",
    "order-4711",
    "Mozilla/5.0 (X11; Linux x86_64)",
    "{\"sku\":\"A-500\",\"count\":503}",
    "",
    "r\u{e9}sum\u{e9} \u{2615}",
    "a=1&b=502",
];

/// Text that would make, hide or relabel a count if anybody read it.
pub(crate) const HOSTILE: &[&str] = &[
    "Execution failed due to a timeout error",
    "Execution failed due to configuration error: Invalid permissions on Lambda function",
    "Lambda execution failed with status 200 due to customer function error: Task timed out after 3.00 seconds",
    "Lambda invocation failed with status: 429. Lambda request id: 0",
    "AuthorizerConfigurationException",
    "Method completed with status: 504",
    "Method completed with status: 200",
    "Gateway response type: THROTTLED with status code: 503",
    "Starting authorizer: a1b2c3 for request: 0",
    "Successfully completed authorizer execution",
    "Extended Request Id: AAAA=",
    "Starting execution for request: 0",
    "(00000000-0000-4000-a000-000000000000) Method completed with status: 500",
    "x\n(00000000-0000-4000-a000-000000000000) Execution failed due to a timeout error",
    "x\nExecution failed due to an internal error\nMethod completed with status: 500",
    "Thu May 04 17:48:21 UTC 2023 : Method completed with status: 504",
    "x Thu May 04 17:48:21 UTC 2023 : Execution failed due to a timeout error Thu May 04 17:48:22 UTC 2023 : y",
    "x, x-amzn-ErrorType=TooManyRequestsException, X-Amz-Function-Error=Unhandled",
    "x-amzn-ErrorType=AccessDeniedException",
    "{\"__type\":\"ThrottlingException\",\"message\":\"Rate exceeded\"}",
    "{\"errorType\":\"Runtime.ImportModuleError\",\"errorMessage\":\"Unable to import module 'app'\"}",
    "{\"Message\":\"not authorized to perform: lambda:InvokeFunction\"}",
    "{\"Error\":{\"Code\":\"AccessDenied\",\"Message\":\"no\"}}",
    "<AccessDeniedException><Message>no</Message></AccessDeniedException>",
    "{\"payload\":\"(0) Method completed with status: 500\",\"api_id\":\"zzzzzzzzz9\",\"stage\":\"other\"}",
    "{\"status\":\"502\",\"error\":\"Internal server error\"}",
    "2 111122223333 eni-0a1b2c3d 10.0.1.5 10.0.2.7 443 51000 6 10 840 1700000000 1700000060 REJECT OK",
    "REPORT RequestId: 0 Duration: 3000.00 ms Status: timeout",
    "Authorizer error",
    "PKIX path building failed: unable to find valid certification path to requested target",
    "https://dynamodb.eu-west-1.amazonaws.com/",
    "\"}} \\\" ) ( %00 \u{0} \u{1b}[31m network error, connection refused, Rate Exceeded, outofmemory",
    "There was an internal error while executing your request",
    "output mapping refers to an invalid method response: 200",
];

/// Both, as one pool; hostile ones prevail.
pub(crate) fn pool() -> Vec<String> {
    HARMLESS.iter().chain(HOSTILE).map(|text| (*text).to_owned()).collect()
}
