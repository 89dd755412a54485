//! What goes wrong in the authorizer's phase.

use super::Need::{AccessField, ErrorLevel, InfoLevel};
use super::Pattern::{Authorizer, Gateway, ResponseType};
use super::{Cause, Family, Kind, Rank, Remedy, Role, access, documented, execution};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "authorizer_timeout",
        formerly: &[],
        role: Some(Role::AuthorizerTimedOut),
        title: "The authorizer did not answer in time",
        family: Family::Authorizer,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[InfoLevel, AccessField("authorizer.error")],
        patterns: &[
            Authorizer("timeout error"),
            Authorizer("timed out"),
            Authorizer("^timeout"),
            Authorizer("sandbox.timedout"),
        ],
        remedy: Remedy {
            means: "The authorizer function ran into its own timeout, or API Gateway stopped waiting for it. The \
                integration was not called.",
            checks: &[
                "Look at the authorizer function's configured timeout: `aws lambda get-function-configuration \
                 --function-name AUTHORIZER_FUNCTION --query Timeout`. Raise it there if it is the default of 3 s: \
                 the gateway has no setting for it, only a cap of its own.",
                "Find the slow call in the authorizer's log: usually fetching keys or asking an identity provider or \
                 a database on each request. Fetch keys once per environment and keep them; give each call a short \
                 timeout and a clear deny.",
                "Cache results: the authorizer's TTL (REST: 300 s by default, at most 3,600 s) spares most \
                 invocations. Verify that the identity source is right, or one caller gets another's result.",
                "Cold starts: provisioned concurrency, fewer dependencies, less work before the handler; for a small \
                 authorizer a scheduled invocation that keeps one environment warm.",
                "An authorizer in a VPC without a route to the internet waits in vain for a public identity provider.",
            ],
            see: &[
                "Run it alone:\n\
                 aws apigateway test-invoke-authorizer --rest-api-id API_ID --authorizer-id AUTHORIZER_ID --headers \
                 Authorization=TOKEN",
                "Metric Duration (p99) of the authorizer function, and `$context.authorizer.latency` in the access \
                 log.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
        ],
        since: "0.1.0",
        examples: &[documented(execution(&[
            "(5d1c0a42-7f3b-4c1e-9a60-0b7f2c9d1e11) Starting authorizer: a1b2c3 for request: 5d1c0a42-7f3b-4c1e-9a60-0b7f2c9d1e11",
            "(5d1c0a42-7f3b-4c1e-9a60-0b7f2c9d1e11) Execution failed due to a timeout error",
            "(5d1c0a42-7f3b-4c1e-9a60-0b7f2c9d1e11) Gateway response type: AUTHORIZER_FAILURE with status code: 500",
        ]))],
        near_misses: &[
            // The integration's timeout: no authorizer in sight.
            execution(&[
                "(e7f6accb-c95e-4194-8ba6-0c43f34fc92b) Execution failed due to a timeout error",
                "(e7f6accb-c95e-4194-8ba6-0c43f34fc92b) Method completed with status: 504",
            ]),
            // An authorizer that crashed over a field of that name.
            execution(&[
                "(e786b1f0-22e0-4804-a8c5-c4b90f5e2e15) Starting authorizer: a1b2c3 for request: e786b1f0-22e0-4804-a8c5-c4b90f5e2e15",
                "(e786b1f0-22e0-4804-a8c5-c4b90f5e2e15) Execution failed due to configuration error: Unrecognized field \"errorMessage\" (class authorizer result): Cannot read properties of undefined (reading 'timeout')",
                "(e786b1f0-22e0-4804-a8c5-c4b90f5e2e15) AuthorizerConfigurationException",
            ]),
        ],
    },
    Cause {
        id: "authorizer_error",
        formerly: &[],
        role: Some(Role::AuthorizerFailed),
        title: "The authorizer failed, or API Gateway may not call it",
        family: Family::Authorizer,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("authorizer.error"), AccessField("error.responseType")],
        patterns: &[
            // A crash, whatever the gateway concludes from it: an error object in place of a policy.
            // The gateway says it of an authorizer's answer alone, so it needs no line that shows the phase.
            Gateway("unrecognized field \"errortype"),
            Gateway("unrecognized field \"errormessage"),
            Authorizer("unrecognized field \"errortype"),
            Authorizer("unrecognized field \"errormessage"),
            Authorizer("customer function error"),
            Authorizer("^execution failed due to configuration error: authorizer error"),
            // Whatever else is said in the authorizer's phase.
            Authorizer(""),
            ResponseType("AUTHORIZER_FAILURE"),
            ResponseType("AUTHORIZER_CONFIGURATION_ERROR"),
        ],
        remedy: Remedy {
            means: "API Gateway could not get a decision: it may not invoke the authorizer function, cannot assume \
                the authorizer's role, or the function raised an exception. The integration was not called.",
            checks: &[
                "Read the authorizer function's own log at that minute. Nothing there: it was not invoked, go on \
                 with the permission. A stack trace: fix the exception; catch at the edge and deny instead.",
                "Read the resource policy of the authorizer function: `aws lambda get-policy --function-name \
                 AUTHORIZER_FUNCTION` must allow `lambda:InvokeFunction` to `apigateway.amazonaws.com`, with a \
                 SourceArn of the form `arn:aws:execute-api:REGION:ACCOUNT:API_ID/authorizers/AUTHORIZER_ID`. A \
                 SourceArn that names a stage or a method does not cover an authorizer.",
                "Where the authorizer has a role: it must trust `apigateway.amazonaws.com` and allow \
                 `lambda:InvokeFunction` on the function. The function's execution role is the wrong one here.",
                "Verify that the function still exists, is not throttled and not out of its reserved concurrency; an \
                 authorizer runs before each uncached request and so needs as much concurrency as the API.",
                "Cognito, JWT and IAM: verify user pool, issuer and audience. A token that is merely refused is a \
                 401 or 403, not this.",
                "After a change of the authorizer of a REST API, deploy the API.",
            ],
            see: &[
                "Grant the permission:\n\
                 aws lambda add-permission --function-name AUTHORIZER_FUNCTION --statement-id apigateway-authorizer \
                 --action lambda:InvokeFunction --principal apigateway.amazonaws.com --source-arn \
                 'arn:aws:execute-api:REGION:ACCOUNT:API_ID/authorizers/AUTHORIZER_ID'",
                "Run it alone:\n\
                 aws apigateway test-invoke-authorizer --rest-api-id API_ID --authorizer-id AUTHORIZER_ID --headers \
                 Authorization=TOKEN",
                "The client gets a 500 whose body is {\"message\":null} (REST). In an HTTP API's access log every \
                 error field may be unset unless the format has `$context.authorizer.error`.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(7f3e2c64-915d-4e30-9c82-2d914ebf3033) Execution failed due to configuration error: Authorizer error",
                "(7f3e2c64-915d-4e30-9c82-2d914ebf3033) AuthorizerConfigurationException",
            ]),
            // The phase decides, whatever the words.
            execution(&[
                "(90c54fb9-2da3-4973-8d04-192621f5f7bb) Execution failed due to configuration error: Invalid permissions on Lambda function",
                "(90c54fb9-2da3-4973-8d04-192621f5f7bb) Execution failed due to configuration error: Authorizer error",
            ]),
            access(&[
                r#"{"requestId":"JKJkhwZVfQmEcRK=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"GET /orders","status":"500","authorizerError":"The IAM role configured on the authorizer or API Gateway doesn't have permissions to call the authorizer. Check the permissions and try again."}"#,
            ]),
            access(&[
                r#"{"requestId":"0758f13e-8afd-4b2d-b78c-5a0b921bcfa9","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"500","responseLength":"16","errorMessage":"-","errorResponseType":"AUTHORIZER_CONFIGURATION_ERROR"}"#,
            ]),
        ],
        near_misses: &[
            // The integration's permission.
            execution(&[
                "(f3dcfebd-2ae4-4731-aec2-728cfdaa7fc9) Execution failed due to configuration error: Invalid permissions on Lambda function",
                "(f3dcfebd-2ae4-4731-aec2-728cfdaa7fc9) Method completed with status: 500",
            ]),
            // Denied, as an authorizer should.
            access(&[
                r#"{"requestId":"JKJlixaWgRnEdSL=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"GET /orders","status":"401","authorizerError":"invalid_token: JWKS communication error"}"#,
            ]),
        ],
    },
    Cause {
        id: "authorizer_invalid_response",
        formerly: &[],
        role: None,
        title: "The authorizer's answer is not a policy",
        family: Family::Authorizer,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("authorizer.error")],
        patterns: &[
            // At ERROR level no line shows the phase, but only an authorizer answers with a policy.
            Gateway("could not parse policy"),
            Gateway("unable to parse given policy"),
            Gateway("invalid json in response"),
            Gateway("invalid policy document"),
            Gateway("policy document is malformed"),
            Authorizer("could not parse policy"),
            Authorizer("unable to parse given policy"),
            Authorizer("unable to parse{}policy"),
            Authorizer("invalid json in response"),
            Authorizer("response from lambda authorizer{}doesn't match format"),
            Authorizer("authorizer{}response{}doesn't match format"),
            Authorizer("invalid policy document"),
            Authorizer("missing principalid"),
            Authorizer("malformed{}authorizer"),
            Authorizer("malformed{}policy"),
        ],
        remedy: Remedy {
            means: "The authorizer function ran, and API Gateway could not use what it returned: no policy document, \
                no principalId, null, or the wrong format for this kind of API.",
            checks: &[
                "Find the path that returns nothing: a callback that is not called, a promise that is not awaited, a \
                 branch without return. The answer is then null.",
                "REST and WebSocket APIs, and HTTP APIs with format 1.0, expect {\"principalId\": \"...\", \
                 \"policyDocument\": {\"Version\": \"2012-10-17\", \"Statement\": [{\"Action\": \
                 \"execute-api:Invoke\", \"Effect\": \"Allow\", \"Resource\": \"...\"}]}}. The document is an \
                 object, not a string.",
                "HTTP APIs with format 2.0 and simple responses expect {\"isAuthorized\": true}. Compare the \
                 authorizer's \"payload format\" and \"response mode\" with what the function returns.",
                "`context` holds strings, numbers and booleans only (REST): an object or list in it spoils the \
                 response.",
                "Return a deny, or throw exactly \"Unauthorized\" for a 401; any other exception is a 500 \
                 (authorizer_error).",
            ],
            see: &[
                "The console's Test page of the authorizer, or:\n\
                 aws apigateway test-invoke-authorizer --rest-api-id API_ID --authorizer-id AUTHORIZER_ID --headers \
                 Authorization=TOKEN",
                "The settings of an HTTP API's authorizer:\n\
                 aws apigatewayv2 get-authorizers --api-id API_ID --query \
                 'Items[].[Name,AuthorizerPayloadFormatVersion,EnableSimpleResponses]'",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html",
        ],
        since: "0.1.0",
        examples: &[
            // At ERROR level: no line says that an authorizer was called.
            execution(&[
                "(7a3f9c10-41b2-4b6e-a3f5-6f2f60c1d033) Execution failed due to configuration error: Unable to parse given policy. Unexpected end of input",
                "(7a3f9c10-41b2-4b6e-a3f5-6f2f60c1d033) Method completed with status: 500",
            ]),
            execution(&[
                "(8b40ad21-52c3-4c7f-84a6-70307ad2e144) Execution failed due to configuration error: Invalid JSON in response: Unexpected character ('N' (code 78)): expected a valid value",
            ]),
            execution(&[
                "(6e2d1b53-804c-4d2f-8b71-1c803dae2f22) Execution failed due to configuration error: Could not parse policy",
                "(6e2d1b53-804c-4d2f-8b71-1c803dae2f22) AuthorizerConfigurationException",
            ]),
            access(&[
                r#"{"requestId":"JKJifuXTdPkEaPI=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"GET /orders","status":"500","authorizerError":"The response from the Lambda Authorizer function doesn't match the format that API Gateway expects. Simple response did not include 'isAuthorized'"}"#,
            ]),
        ],
        near_misses: &[
            // At ERROR level too.
            execution(&[
                "(9c51be32-63d4-4d80-95b7-81418be3f255) Execution failed due to configuration error: Invalid JSON in response: Unrecognized field \"errorMessage\", not marked as ignorable",
            ]),
            // A client's body that quotes the words.
            execution(&[
                "(ad62cf43-74e5-4e91-a6c8-92529cf4a366) Execution failed due to configuration error: Could not parse request body into json: Unrecognized token 'Could not parse policy': was expecting ('true', 'false' or 'null')",
                "(ad62cf43-74e5-4e91-a6c8-92529cf4a366) Method completed with status: 500",
            ]),
            // The function crashed: its error has these two fields.
            execution(&[
                "(fc12e42d-8db8-4b96-80cf-6e16c2868733) Execution failed due to configuration error: Invalid JSON in response: Unrecognized field \"errorType\", not marked as ignorable",
                "(fc12e42d-8db8-4b96-80cf-6e16c2868733) AuthorizerConfigurationException",
            ]),
            // An unsigned client: a 403.
            access(&[
                r#"{"requestId":"JKJjgvYUePlEbQJ=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"GET /orders","status":"403","authorizerError":"The request for the IAM Authorizer doesn't match the format that API Gateway expects."}"#,
            ]),
        ],
    },
];
