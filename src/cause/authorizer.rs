//! Causes in the authorizer's phase.

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
            confirm: &[
                "Which authorizer function is it, and since when is it slow? Compare its configured timeout with its \
                 longest runs. START and END are like 2026-05-04T17:00:00Z.\n\
                 aws lambda get-function-configuration --function-name AUTHORIZER_FUNCTION --query Timeout\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Duration --dimensions \
                 Name=FunctionName,Value=AUTHORIZER_FUNCTION --start-time START --end-time END --period 60 \
                 --statistics Maximum\n\n\
                 The first is in seconds (the default is 3), the second in milliseconds. Equal: the function was cut \
                 off at its own timeout. Far below: API Gateway stopped waiting, for it has a cap of its own and no \
                 setting. An empty list: it did not run at all in that time (authorizer_error).",
                "Read where the time goes in the log of the authorizer (the last hour). Usually it fetches keys or \
                 asks an identity provider or a database on each request:\n\
                 aws logs filter-log-events --log-group-name /aws/lambda/AUTHORIZER_FUNCTION --start-time $(($(date \
                 +%s) - 3600))000 --filter-pattern '?\"Task timed out\" ?\"Status: timeout\" ?INIT_REPORT' --query \
                 'events[].[logStreamName,timestamp,message]' --output text\n\n\
                 No output: it was not cut off in this hour. For what such a run logged before, read its stream as \
                 for lambda_unhandled_error. Many INIT_REPORT lines: cold starts.",
                "An authorizer in a VPC without a route to the internet waits in vain for a public identity provider:\n\
                 aws lambda get-function-configuration --function-name AUTHORIZER_FUNCTION --query \
                 VpcConfig.SubnetIds\n\n\
                 `[]` or null: it is in no VPC. Else the route table of each subnet must lead to a NAT gateway.",
            ],
            fix: &[
                "Raise the timeout of the function: at the default of 3 s any slow call ends it.\n\
                 aws lambda update-function-configuration --function-name AUTHORIZER_FUNCTION --timeout 10\n\n\
                 It changes this one setting of the unpublished version, at once; an alias on a published version \
                 keeps the old one until a new version is published. To undo, send the former number.",
                "Fetch keys once per environment and keep them; give each outgoing call a short timeout and answer a \
                 clear deny when it ends.",
                "Cache results, which spares most invocations. Verify first that the identity source is right, or one \
                 caller gets the result of another:\n\
                 aws apigateway update-authorizer --rest-api-id API_ID --authorizer-id AUTHORIZER_ID \
                 --patch-operations op=replace,path=/authorizerResultTtlInSeconds,value=300\n\n\
                 It changes the TTL (300 s is the default of REST APIs, 3,600 s the most, 0 is off) once the API is \
                 deployed. To undo, send the former number and deploy.",
                "Cold starts: provisioned concurrency, fewer dependencies, less work before the handler; for a small \
                 authorizer a scheduled invocation that keeps one environment warm.",
            ],
            prevent: &[
                "Alarm on Duration (p99) of the authorizer function at half of its timeout, and keep \
                 `$context.authorizer.latency` in the access log.",
                "Keep the timeout, the cache and the route of the authorizer in the template of the API.",
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
            confirm: &[
                "Which authorizer is it, and was its function, its role or the API created again? Read the log of the \
                 authorizer function (the last hour):\n\
                 aws logs filter-log-events --log-group-name /aws/lambda/AUTHORIZER_FUNCTION --start-time $(($(date \
                 +%s) - 3600))000 --filter-pattern '?START ?ERROR ?Error ?Exception' --query \
                 'events[].[logStreamName,timestamp,message]' --output text\n\n\
                 Neither output nor an error: it was not invoked, so go on with the permission. START lines and an \
                 error: the function failed; a trace need not be in the line that matched, so read its stream as for \
                 lambda_unhandled_error. ResourceNotFoundException: it never ran, or the function is not there.",
                "Read the resource policy of the authorizer function:\n\
                 aws lambda get-policy --function-name AUTHORIZER_FUNCTION --query Policy --output text\n\n\
                 It must allow `lambda:InvokeFunction` to `apigateway.amazonaws.com` with a SourceArn of the form \
                 `arn:aws:execute-api:REGION:ACCOUNT:API_ID/authorizers/AUTHORIZER_ID`; one that names a stage or a \
                 method does not cover an authorizer. ResourceNotFoundException: there is no policy at all, so nobody \
                 may call it (or no such function: ask `get-function`).",
                "Where the authorizer has a role, that role decides. It must trust `apigateway.amazonaws.com` and may \
                 `lambda:InvokeFunction`; the execution role of the function is the wrong one here.\n\
                 aws apigateway get-authorizers --rest-api-id API_ID --query \
                 'items[].[id,name,authorizerUri,authorizerCredentials]'\n\
                 aws apigatewayv2 get-authorizers --api-id API_ID --query \
                 'Items[].[AuthorizerId,Name,AuthorizerUri,AuthorizerCredentialsArn]'\n\n\
                 The first is for REST, the second for HTTP and WebSocket APIs. null in the last column: no role, so \
                 the resource policy decides. Compare function, alias, account and Region in the URI.",
                "Is the function throttled? It runs before each uncached request and so needs as much concurrency as \
                 the API:\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Throttles --dimensions \
                 Name=FunctionName,Value=AUTHORIZER_FUNCTION --start-time START --end-time END --period 60 \
                 --statistics Sum\n\n\
                 START and END are like 2026-05-04T17:00:00Z. A sum above 0 in the minutes of the failures: go on \
                 with lambda_throttled.",
                "The client gets a 500 whose body is {\"message\":null} (REST). In the access log of an HTTP API \
                 every error field may be unset unless the format has `$context.authorizer.error`. A token that is \
                 merely refused is a 401 or 403, not this.",
            ],
            fix: &[
                "Grant the permission that is missing:\n\
                 aws lambda add-permission --function-name AUTHORIZER_FUNCTION --statement-id apigateway-authorizer \
                 --action lambda:InvokeFunction --principal apigateway.amazonaws.com --source-arn \
                 'arn:aws:execute-api:REGION:ACCOUNT:API_ID/authorizers/AUTHORIZER_ID'\n\n\
                 It adds one statement to the resource policy and works at once, without a deployment. \
                 ResourceConflictException: a statement of this id exists; look at it before you choose another id. \
                 To undo: `aws lambda remove-permission --function-name AUTHORIZER_FUNCTION --statement-id \
                 apigateway-authorizer`.",
                "An exception in the function: fix it, and catch at the edge of the handler so that it denies instead \
                 of failing.",
                "Cognito and JWT: correct user pool, issuer or audience.",
                "REST and WebSocket APIs: after a change of the authorizer itself, deploy the API (see \
                 integration_config for the commands).",
                "Then run the authorizer alone. It runs the function for real:\n\
                 aws apigateway test-invoke-authorizer --rest-api-id API_ID --authorizer-id AUTHORIZER_ID --headers \
                 Authorization=TOKEN --query '[clientStatus,policy,log]' --output text\n\n\
                 200 and a policy: fixed. Else the log says why.",
            ],
            prevent: &[
                "Write function, permission and authorizer into one template, so that none is created again without \
                 the others.",
                "Test the authorizer with a good, a bad and a missing token before a release.",
                "Reserve concurrency for it, and cache its results.",
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
            confirm: &[
                "Which authorizer is it, and what was deployed when it began? Look for the path that returns nothing: \
                 a callback that is not called, a promise that is not awaited, a branch without return. The answer is \
                 then null.",
                "Compare format and response mode with what the function returns:\n\
                 aws apigatewayv2 get-authorizers --api-id API_ID --query \
                 'Items[].[Name,AuthorizerPayloadFormatVersion,EnableSimpleResponses]'\n\
                 aws apigateway get-authorizers --rest-api-id API_ID --query 'items[].[id,name,type,authorizerUri]'\n\n\
                 The first is for HTTP APIs. 2.0 and true: `{\"isAuthorized\": true}` is wanted. 1.0, false or null, \
                 and every REST and WebSocket API (the second command): a policy is wanted. An empty list: this API \
                 has no authorizer.",
                "A policy looks like `{\"principalId\": \"...\", \"policyDocument\": {\"Version\": \"2012-10-17\", \
                 \"Statement\": [{\"Action\": \"execute-api:Invoke\", \"Effect\": \"Allow\", \"Resource\": \
                 \"...\"}]}}`. The document is an object, not a string, and `principalId` must not be missing.",
                "Look at `context` (REST): it holds strings, numbers and booleans only. An object or list in it \
                 spoils the response.",
            ],
            fix: &[
                "Return a policy on every path: an explicit deny where in doubt, or an exception whose text is \
                 exactly \"Unauthorized\" for a 401. Any other exception is a 500 (authorizer_error).",
                "HTTP APIs: make the authorizer match what the function returns.\n\
                 aws apigatewayv2 update-authorizer --api-id API_ID --authorizer-id AUTHORIZER_ID \
                 --authorizer-payload-format-version 2.0 --enable-simple-responses\n\n\
                 It changes format and mode of this authorizer: the event that the function gets differs as well. A \
                 stage with automatic deployment has it at once. To undo, send the former version, and \
                 `--no-enable-simple-responses`.",
                "Then run it alone. It runs the function for real. Or use the Test page of the authorizer in the \
                 console:\n\
                 aws apigateway test-invoke-authorizer --rest-api-id API_ID --authorizer-id AUTHORIZER_ID --headers \
                 Authorization=TOKEN --query '[clientStatus,policy,log]' --output text\n\n\
                 200 and a policy: fixed. 500: the log quotes what could not be parsed.",
            ],
            prevent: &[
                "Unit-test the authorizer: each path returns the format, for a good, a bad, a missing and an expired \
                 token.",
                "Keep format and response mode in the same template as the function.",
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
