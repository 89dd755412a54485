//! Causes in the call of a Lambda function by an API, before or after the function's code ran.

use super::Need::{AccessField, DataTrace, ErrorLevel};
use super::Pattern::{Gateway, InvocationStatus, LambdaService};
use super::{Cause, Family, Kind, Rank, Remedy, Role, access, documented, execution, steps};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "integration_role",
        formerly: &[],
        role: None,
        title: "API Gateway cannot assume the role of the integration",
        family: Family::Iam,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("does not have permission to assume"),
            // HTTP APIs.
            Gateway("doesn't have permissions to assume"),
            Gateway("not authorized to perform: sts:assumerole"),
        ],
        remedy: Remedy {
            means: "The integration names a role (its credentials), and API Gateway may not take it: the role does \
                not trust API Gateway, or does not exist.",
            confirm: &[
                "Which role does the integration name, and was it deleted and created again, or made by another \
                 stack? METHOD is the method of the resource, such as GET or ANY:\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query credentials\n\n\
                 An ARN: its last part is ROLE below. null: no role, so look at other methods. NotFoundException: \
                 this resource has no such method.",
                "Read its trust policy:\n\
                 aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument\n\n\
                 A statement must allow `sts:AssumeRole` to the service `apigateway.amazonaws.com`. An execution role \
                 of a function trusts Lambda only and is the wrong role here. NoSuchEntity: no such role in this \
                 account.",
                "Look for conditions of the trust policy (`aws:SourceArn`, `aws:SourceAccount`) that this API does \
                 not meet, and for an explicit deny in a service control policy.",
                "The same words in the authorizer's phase are authorizer_error: there it is the role of the \
                 authorizer.",
            ],
            fix: &[
                "Add API Gateway to the trust. Save the policy, once to edit and once to go back to:\n\
                 aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument --output json > trust.json\n\
                 cp trust.json trust-before.json\n\n\
                 In trust.json, put the statement \
                 `{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"apigateway.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}` \
                 into the list `Statement`, beside those that are there.",
                "Send the whole of the edited file:\n\
                 aws iam update-assume-role-policy --role-name ROLE --policy-document file://trust.json\n\n\
                 It replaces the whole trust policy: whoever assumed the role by a statement that the file lacks no \
                 longer can. It needs no deployment and takes some seconds. To undo, send trust-before.json in the \
                 same way.",
                "Or name another role, or none: without one the resource policy of a Lambda function decides \
                 (lambda_permission).\n\
                 aws apigateway update-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --patch-operations op=replace,path=/credentials,value=ROLE_ARN\n\n\
                 It changes this one setting, once the API is deployed. To undo, send the former ARN and deploy.",
                steps::DEPLOY,
            ],
            prevent: &[
                "Write role, trust and integration into one template, and pass the ARN by reference.",
                "Give API Gateway a role of its own, not the execution role of a function.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-request-basic-setup.html",
        ],
        since: "0.1.0",
        examples: &[execution(&[
            "(804f3d75-a26e-4f41-8d93-3ea25fc04144) Execution failed due to configuration error: API Gateway does not have permission to assume the provided role arn:aws:iam::111122223333:role/orders-integration",
        ])],
        near_misses: &[
            // The authorizer's role.
            execution(&[
                "(35d9bde3-6ae8-4b99-8286-4c46e0ff741a) Starting authorizer: a1b2c3 for request: 35d9bde3-6ae8-4b99-8286-4c46e0ff741a",
                "(35d9bde3-6ae8-4b99-8286-4c46e0ff741a) Execution failed due to configuration error: API Gateway does not have permission to assume the provided role arn:aws:iam::111122223333:role/orders-authorizer",
                "(35d9bde3-6ae8-4b99-8286-4c46e0ff741a) Execution failed due to configuration error: Authorizer error",
                "(35d9bde3-6ae8-4b99-8286-4c46e0ff741a) AuthorizerConfigurationException",
            ]),
            // The function's own call of STS.
            execution(&[
                "(959edb4e-095e-4b50-bc01-71782e7200cc) Lambda execution failed with status 200 due to customer function error: User: arn:aws:sts::111122223333:assumed-role/orders/orders is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/partner. Lambda request id: 23a051e7-1609-4e7f-b473-2e3754ab4299",
                "(959edb4e-095e-4b50-bc01-71782e7200cc) Method completed with status: 502",
            ]),
        ],
    },
    Cause {
        id: "stage_variable",
        formerly: &[],
        role: None,
        title: "A stage variable is missing or empty",
        family: Family::Integration,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[DataTrace],
        patterns: &[
            Gateway("'functionname' failed to satisfy constraint"),
            Gateway("invalid stage variable"),
            LambdaService("'functionname' failed to satisfy constraint"),
        ],
        remedy: Remedy {
            means: "The integration takes a part of its target from a stage variable, and in this stage the variable \
                is not set: the function's ARN then ends in a colon, the URI lacks its host, or the VPC link has no \
                id.",
            confirm: &[
                "Which stage is it, and how was it made? A new stage, one made by a deployment tool, and a canary \
                 have only the variables that they were given. Compare its variables with the \
                 `${stageVariables.NAME}` in the integration; names are case sensitive:\n\
                 aws apigateway get-stage --rest-api-id API_ID --stage-name STAGE --query \
                 '[variables,canarySettings.stageVariableOverrides]'\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query '[uri,connectionId]'\n\n\
                 null in the first: this stage has no variables at all, which is the finding. A name in the third \
                 that the first lacks, or an empty value: that is it. `[null, null]` in the third: another method or \
                 resource.",
                "A variable that names a VPC link must hold the id of the VPC link, not of the VPC, and that of this \
                 stage.",
                "A variable that names a function or alias: if only the permission is missing, the log says \"Invalid \
                 permissions on Lambda function\": lambda_permission.",
                "The Test button of the method asks for the variables and does not take them from a stage: it sends a \
                 real request and shows what a value leads to.",
            ],
            fix: &[
                "Set it:\n\
                 aws apigateway update-stage --rest-api-id API_ID --stage-name STAGE --patch-operations \
                 op=replace,path=/variables/NAME,value=VALUE\n\n\
                 It changes one variable of this stage, at once and without a deployment. To undo, send the former \
                 value, or `op=remove,path=/variables/NAME` if it had no value.",
                "A variable that names a function or alias: grant the permission for each value that it takes, for \
                 the console cannot grant what it cannot read (lambda_permission).",
            ],
            prevent: &[
                "Write each stage with its variables into the template, and fail the deployment if one is empty.",
                "Send a request through each new stage before callers do.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/stage-variables.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/aws-api-gateway-stage-variables-reference.html",
        ],
        since: "0.1.0",
        examples: &[execution(&[
            "(17faf8d6-0c73-4c4d-9405-7f858e44ef26) Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders:/invocations",
            "(17faf8d6-0c73-4c4d-9405-7f858e44ef26) Endpoint response body before transformations: {\"message\":\"1 validation error detected: Value 'arn:aws:lambda:eu-west-1:111122223333:function:orders:' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:aws:lambda:)?([a-z]{2}-[a-z]+-\\\\d{1}:)?(\\\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\\\$LATEST|[a-zA-Z0-9-_]+))?\"}",
            "(17faf8d6-0c73-4c4d-9405-7f858e44ef26) Lambda invocation failed with status: 400. Lambda request id: 7612448c-aa92-4507-beea-42ad3cde1385",
            "(17faf8d6-0c73-4c4d-9405-7f858e44ef26) Execution failed due to configuration error:",
            "(17faf8d6-0c73-4c4d-9405-7f858e44ef26) Method completed with status: 500",
        ])],
        near_misses: &[
            // The function behind the variable exists; the permission does not.
            execution(&[
                "(18511d5c-49c7-4733-951c-f2de55067bd1) Execution failed due to configuration error: Invalid permissions on Lambda function",
                "(18511d5c-49c7-4733-951c-f2de55067bd1) Method completed with status: 500",
            ]),
            // A constraint of another field.
            execution(&[
                "(29dbac55-b5a8-48fb-8956-fac507b4a0e8) Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders/invocations",
                "(29dbac55-b5a8-48fb-8956-fac507b4a0e8) Endpoint response body before transformations: {\"Type\":\"User\",\"message\":\"Could not parse request body into json: Unexpected character\"}",
                "(29dbac55-b5a8-48fb-8956-fac507b4a0e8) Lambda invocation failed with status: 400. Lambda request id: 4c8e2f7a-8252-4ba1-9d41-a3fa6f9d96a9",
                "(29dbac55-b5a8-48fb-8956-fac507b4a0e8) Execution failed due to configuration error:",
                "(29dbac55-b5a8-48fb-8956-fac507b4a0e8) Method completed with status: 500",
            ]),
        ],
    },
    Cause {
        id: "lambda_permission",
        formerly: &[],
        role: None,
        title: "API Gateway may not invoke the function",
        family: Family::Lambda,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("invalid permissions on lambda function"),
            Gateway("role configured on integration or api gateway doesn't have permissions to call integration"),
            Gateway("not authorized to perform: lambda:invokefunction"),
            LambdaService("not authorized to perform: lambda:invokefunction"),
        ],
        remedy: Remedy {
            means: "The function's resource policy does not let this API, stage, method and path invoke it, or the \
                role that the integration names may not. A function or alias that does not exist can look the same.",
            confirm: &[
                "Which function is it, and was it, its alias or the API created again? Read its resource policy. An \
                 alias or version has a policy of its own: add `--qualifier ALIAS`.\n\
                 aws lambda get-policy --function-name FUNCTION --query Policy --output text\n\n\
                 It must allow `lambda:InvokeFunction` to `apigateway.amazonaws.com`. ResourceNotFoundException: \
                 there is no policy at all, which is the finding, or no such function (`aws lambda get-function \
                 --function-name FUNCTION` shows which).",
                "Compare the SourceArn of the statement with the request: \
                 `arn:aws:execute-api:REGION:ACCOUNT:API_ID/STAGE/METHOD/PATH`. An API that was created again has a \
                 new id, a path with parameters is written `/orders/*`, and a statement for one stage does not cover \
                 another.",
                "Look at the function and the role in the integration: the right function, Region, account and alias?\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query '[uri,credentials]'\n\
                 aws apigatewayv2 get-integrations --api-id API_ID --query 'Items[].[IntegrationUri,CredentialsArn]'\n\n\
                 The third is for HTTP and WebSocket APIs. Second value null: the resource policy decides. A role: \
                 its policy must allow `lambda:InvokeFunction` on this function, no statement or service control \
                 policy may deny it, and its conditions must be met. If it cannot be assumed at all, the log says so: \
                 integration_role.",
                "Was the function called at all? START and END are like 2026-05-04T17:00:00Z.\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Invocations --dimensions \
                 Name=FunctionName,Value=FUNCTION --start-time START --end-time END --period 60 --statistics Sum\n\n\
                 An empty list or zeros while the API fails: it was not. Calls that go on: other callers, or other \
                 methods of the API, may.",
                "HTTP APIs answer a bare 500 for it. For an authorizer function the log speaks of the authorizer: \
                 authorizer_error.",
            ],
            fix: &[
                "Grant it, for the stage, method and path that fail. Add `--qualifier ALIAS` for an alias. In another \
                 account, do it there:\n\
                 aws lambda add-permission --function-name FUNCTION --statement-id apigateway-invoke --action \
                 lambda:InvokeFunction --principal apigateway.amazonaws.com --source-arn \
                 'arn:aws:execute-api:REGION:ACCOUNT:API_ID/*/METHOD/PATH'\n\n\
                 PATH is the route without its first slash, with `*` for each parameter: `orders/*`. METHOD is `*` for \
                 ANY. A route without a method, such as `$default`, stands in place of both. It adds one statement and \
                 works at once, without a deployment. ResourceConflictException: a statement of this id exists; look at \
                 it before you choose another id. To undo: `aws lambda remove-permission --function-name FUNCTION \
                 --statement-id apigateway-invoke`.",
                "Where a stage variable names the function, grant it for every function and alias that the variable \
                 takes (stage_variable).",
                "Where the integration has a role: add `lambda:InvokeFunction` on this function to the policy of the \
                 role, or take the role out of the integration.",
            ],
            prevent: &[
                "Write the permission into the same template as the API (AWS::Lambda::Permission, \
                 aws_lambda_permission), so that a new function or API does not come without it.",
                "Send a request to each route after a deployment.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(f7b6a4ec-19d5-46b8-940a-a519c537b8bb) Execution failed due to configuration error: Invalid permissions on Lambda function",
                "(f7b6a4ec-19d5-46b8-940a-a519c537b8bb) Method completed with status: 500",
            ]),
            access(&[
                r#"{"requestId":"JKJebqTPzLgEWLE=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"GET /orders","status":"500","integrationErrorMessage":"The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration. Check the permissions and try again."}"#,
            ]),
        ],
        near_misses: &[
            access(&[
                r#"{"requestId":"JKJfcrUQaMhEXMF=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"GET /orders","status":"500","authorizerError":"The IAM role configured on the authorizer or API Gateway doesn't have permissions to call the authorizer. Check the permissions and try again."}"#,
            ]),
            execution(&[
                "(1262b02d-b082-46e5-93cb-483fcd03ca58) Starting authorizer: a1b2c3 for request: 1262b02d-b082-46e5-93cb-483fcd03ca58",
                "(1262b02d-b082-46e5-93cb-483fcd03ca58) Execution failed due to configuration error: Invalid permissions on Lambda function",
                "(1262b02d-b082-46e5-93cb-483fcd03ca58) Execution failed due to configuration error: Authorizer error",
                "(1262b02d-b082-46e5-93cb-483fcd03ca58) AuthorizerConfigurationException",
            ]),
        ],
    },
    Cause {
        id: "lambda_not_found",
        formerly: &[],
        role: None,
        title: "The function, its alias or version does not exist",
        family: Family::Lambda,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("function not found"),
            Gateway("invalid function arn"),
            Gateway("resourcenotfoundexception"),
            Gateway("cannot find alias"),
            Gateway("cannot find function"),
            InvocationStatus(404, 404),
            LambdaService("function not found"),
            LambdaService("resourcenotfoundexception"),
        ],
        remedy: Remedy {
            means: "Lambda answered that what the integration calls is not there.",
            confirm: &[
                "Which function, alias or version does the integration name, and what deleted or renamed it? METHOD \
                 is the method of the resource:\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query uri --output text\n\
                 aws lambda get-function --function-name FUNCTION --qualifier ALIAS --query \
                 'Configuration.[FunctionArn,State]'\n\n\
                 Ask the third for exactly what the second names, in that Region and account; without an alias leave \
                 `--qualifier` out. ResourceNotFoundException names what is missing. The URI has the form \
                 `arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION_ARN/invocations`, without a \
                 doubled slash.",
                "Who deleted it? CloudTrail finds deletions by their event name, in the Region of the function; START \
                 is like 2026-05-04:\n\
                 aws cloudtrail lookup-events --lookup-attributes \
                 AttributeKey=EventName,AttributeValue=DeleteFunction20150331 --start-time START --query \
                 'Events[].[EventTime,Username,CloudTrailEvent]' --output text\n\n\
                 `functionName` in the last column is what was deleted. No output: no function was deleted since \
                 START (90 days are kept). For an alias ask by \
                 `AttributeKey=EventSource,AttributeValue=lambda.amazonaws.com` and look for DeleteAlias.",
                "Where a stage variable names the function or the alias, check its value in this stage \
                 (stage_variable).",
                "Look for a stack that replaced the function, a clean-up of old versions or aliases, and an API that \
                 was imported from another account or Region.",
            ],
            fix: &[
                "Deploy the function again under the name that the integration has, and grant the permission: a new \
                 function has none (lambda_permission).",
                "Or point the integration at the right one:\n\
                 aws apigateway update-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --patch-operations \
                 op=replace,path=/uri,value=arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION_ARN/invocations\n\n\
                 It changes this one setting, once the API is deployed; the new target needs a permission \
                 (lambda_permission). To undo, send the former URI and deploy.",
                steps::DEPLOY,
            ],
            prevent: &[
                "Let the template of the API refer to the function and alias, so that neither goes without the other; \
                 export what other stacks use.",
                "Keep versions that an alias or a stage variable names out of clean-ups.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/lambda/latest/dg/configuration-aliases.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html",
        ],
        since: "0.1.0",
        examples: &[documented(execution(&[
            "(08c7b5fd-2ae6-47c9-a51b-b62ad648c9cc) Lambda invocation failed with status: 404. Lambda request id: 51627384-9fa0-41b2-93c4-e5f607182930",
            "(08c7b5fd-2ae6-47c9-a51b-b62ad648c9cc) Execution failed due to configuration error:",
            "(08c7b5fd-2ae6-47c9-a51b-b62ad648c9cc) Method completed with status: 500",
        ]))],
        near_misses: &[
            // The function asked something else for something that is not there.
            execution(&[
                "(ac134f3d-031c-493a-ad3e-f8a5b43c673d) Lambda execution failed with status 200 due to customer function error: ResourceNotFoundException: Requested resource not found. Lambda request id: 5d5a6ee2-3b8e-4d27-a5c3-72fb0e5f7fa2",
                "(ac134f3d-031c-493a-ad3e-f8a5b43c673d) Method completed with status: 502",
            ]),
        ],
    },
    Cause {
        id: "lambda_malformed_response",
        formerly: &[],
        role: Some(Role::MalformedAnswer),
        title: "The function answered something that is no proxy response",
        family: Family::Lambda,
        kind: Kind::Broken,
        rank: Rank::Concluded,
        statuses: &[502, 500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("lambda proxy response"),
            Gateway("wrong type for field"),
            Gateway("response from lambda function doesn't match format"),
            Gateway("unable to base64 decode body"),
        ],
        remedy: Remedy {
            means: "The function ran and returned, but what it returned is not the object that proxy integration \
                expects (statusCode, headers, body, isBase64Encoded), so the gateway cannot pass it on: a 502, for \
                HTTP APIs a 500.",
            confirm: &[
                "Which function and route is it, and what was deployed when it began? Read the sentence: HTTP APIs \
                 name the wrong field in `$context.integrationErrorMessage`. Then look at the type of each field: \
                 `statusCode` a number, `body` a string (call `JSON.stringify` or `json.dumps` on objects), `headers` \
                 and `multiValueHeaders` maps of strings (lists of strings), `isBase64Encoded` a boolean, nothing \
                 else at the top.",
                "Was it a throttle or a crash, which hide behind the same sentence where the log holds no headers? \
                 START and END are like 2026-05-04T17:00:00Z.\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Throttles --dimensions \
                 Name=FunctionName,Value=FUNCTION --start-time START --end-time END --period 60 --statistics Sum\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Errors --dimensions \
                 Name=FunctionName,Value=FUNCTION --start-time START --end-time END --period 60 --statistics Sum\n\n\
                 A sum above 0 in the minute of the failures: go on with lambda_throttled or lambda_unhandled_error. \
                 An empty list or zeros: the function ran and returned the wrong thing.",
                "Find the path that returns nothing: a branch without return, a caught error whose handler returns no \
                 response, a promise that is not awaited, a callback never called (then the answer is null).",
                "Look at functions that were written for a non-proxy integration: they return the bare object.",
                "HTTP API: which payload format does the integration have?\n\
                 aws apigatewayv2 get-integrations --api-id API_ID --query \
                 'Items[].[IntegrationId,IntegrationUri,PayloadFormatVersion]'\n\n\
                 2.0: an answer without statusCode is taken for the body of a 200. 1.0 is strict.",
            ],
            fix: &[
                "Return the format on every path: {\"isBase64Encoded\": false, \"statusCode\": 200, \"headers\": \
                 {\"Content-Type\": \"application/json\"}, \"body\": \"{}\"}. Log the type and keys of what is \
                 returned right before the return.",
                "Or switch \"Lambda proxy integration\" off and map the answer; then deploy the API.",
                "Binary bodies: base64 with isBase64Encoded true, and the type under binaryMediaTypes (REST).",
                "Streaming integration: send the metadata, the delimiter and then the body, and call the \
                 response-streaming endpoint.",
                "Then see what the function really returns. It runs the function for real:\n\
                 aws lambda invoke --function-name FUNCTION --payload file://event.json --cli-binary-format \
                 raw-in-base64-out answer.json && cat answer.json\n\n\
                 The object of the first step: fixed. `null`: a path that returns nothing. `errorMessage`: \
                 lambda_unhandled_error. (AWS CLI 2; version 1 has no `--cli-binary-format` and needs none.)",
            ],
            prevent: &[
                "Build the response in one place, and test it on every path, the error paths first.",
                "Send a request to each route after a deployment.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(19d8c60e-3bf7-48da-b62c-c73be759dadd) Execution failed due to configuration error: Malformed Lambda proxy response",
                "(19d8c60e-3bf7-48da-b62c-c73be759dadd) Method completed with status: 502",
            ]),
            // The quotes come unescaped: the line is no valid JSON.
            access(&[
                r#"{"requestId":"JKJgdsVRbNiEYNG=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"GET /orders","status":"500","integrationErrorMessage":"Lambda body contains the wrong type for field "body""}"#,
            ]),
        ],
        near_misses: &[
            access(&[
                r#"{"requestId":"JKJhetWScOjEZOH=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"GET /orders","status":"500","authorizerError":"The response from the Lambda Authorizer function doesn't match the format that API Gateway expects. Simple response did not include 'isAuthorized'"}"#,
            ]),
            // The endpoint's header shows what the malformed answer was.
            execution(&[
                "(4c7641be-993c-427d-ac11-acdaa522c804) Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders/invocations",
                "(4c7641be-993c-427d-ac11-acdaa522c804) Endpoint response headers: {Date=Sat, 04 May 2024 17:48:21 GMT, Content-Type=application/json, Content-Length=131, Connection=keep-alive, x-amzn-RequestId=b72c38af-4c4d-4eab-a39b-b756449cf930, X-Amz-Function-Error=Unhandled}",
                "(4c7641be-993c-427d-ac11-acdaa522c804) Endpoint response body before transformations: {\"errorMessage\":\"'NoneType' object is not subscriptable\",\"errorType\":\"TypeError\"}",
                "(4c7641be-993c-427d-ac11-acdaa522c804) Execution failed due to configuration error: Malformed Lambda proxy response",
                "(4c7641be-993c-427d-ac11-acdaa522c804) Method completed with status: 502",
            ]),
        ],
    },
    Cause {
        id: "lambda_service_error",
        formerly: &[],
        role: None,
        title: "The Lambda service itself failed, or a limit of the function's network or encryption",
        family: Family::Lambda,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[500, 502],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            InvocationStatus(500, 599),
            LambdaService("enilimitreached"),
            LambdaService("subnetipaddresslimitreached"),
            LambdaService("ec2{}exception"),
            LambdaService("kms{}exception"),
            LambdaService("efs{}exception"),
            LambdaService("serviceexception"),
            LambdaService("unable to decrypt"),
            LambdaService("elastic network interface"),
            LambdaService("efs file system"),
            LambdaService("sufficient capacity"),
            // The function is being created, updated or woken.
            LambdaService("resourceconflict"),
            LambdaService("snapstart"),
            InvocationStatus(408, 410),
        ],
        remedy: Remedy {
            means: "Lambda could not start the function for a reason outside its code: an error of the service, or \
                of what the environment needs, such as network interfaces, the key of its environment variables, or \
                its file system.",
            confirm: &[
                "Which function is it, and did its network, its key or its file system change? Look at its state:\n\
                 aws lambda get-function-configuration --function-name FUNCTION --query \
                 '[State,StateReasonCode,LastUpdateStatus,LastUpdateStatusReasonCode,KMSKeyArn,VpcConfig,FileSystemConfigs]'\n\n\
                 Active and Successful: go on below. Inactive or Failed: the code beside it names the reason. null: \
                 that thing is not used, so it is not the cause.",
                "Function in a VPC: free addresses in its subnets, and the quota of network interfaces.\n\
                 aws ec2 describe-subnets --subnet-ids SUBNET_ID --query \
                 'Subnets[].[SubnetId,AvailableIpAddressCount]'\n\n\
                 A count near 0 is the cause. InvalidSubnetID.NotFound: the subnet was deleted, which is, too.",
                "Encrypted environment variables: the state of the key.\n\
                 aws kms describe-key --key-id KEY_ID --query 'KeyMetadata.[KeyState,Enabled]'\n\n\
                 Anything but Enabled is the cause. Enabled: the execution role must be allowed to `kms:Decrypt` with \
                 it.",
                "EFS: mount targets in each Availability Zone of the function, port 2049 open between the two \
                 security groups.\n\
                 aws efs describe-mount-targets --file-system-id FILE_SYSTEM_ID --query \
                 'MountTargets[].[AvailabilityZoneName,LifeCycleState]'\n\n\
                 A zone of the function that is missing, or a state other than available, is the cause.",
            ],
            fix: &[
                "Addresses: give the function larger or more subnets; `--vpc-config` of \
                 `update-function-configuration` replaces both lists, so name all subnets and groups.",
                "Key: enable it, which works at once for all that is encrypted with it; or cancel its deletion first.\n\
                 aws kms enable-key --key-id KEY_ID\n\n\
                 It changes the state of the key for everybody who uses it. To undo: `aws kms disable-key --key-id \
                 KEY_ID`. A key that pends deletion needs `aws kms cancel-key-deletion --key-id KEY_ID` before.",
                "A bare 500 or 503 of the service, seldom: let clients retry with backoff and jitter, idempotently. \
                 Often: look at the AWS Health Dashboard and open a case with the Lambda request ids.",
                "Then invoke it without the API. It runs the function for real:\n\
                 aws lambda invoke --function-name FUNCTION --payload '{}' --cli-binary-format raw-in-base64-out \
                 answer.json\n\n\
                 StatusCode 200: it starts. An exception names what Lambda lacks. (AWS CLI 2; version 1 has no \
                 `--cli-binary-format` and needs none.)",
            ],
            prevent: &[
                "Alarm on free addresses of the subnets, and forbid in a policy that the key of a running function is \
                 disabled.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-networking.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html",
        ],
        since: "0.1.0",
        examples: &[execution(&[
            "(2ae9d71f-4c08-49eb-873d-d84cf86aebee) Lambda invocation failed with status: 500. Lambda request id: 62738495-a0b1-42c3-84d5-f60718293a4b",
            "(2ae9d71f-4c08-49eb-873d-d84cf86aebee) Execution failed due to configuration error:",
            "(2ae9d71f-4c08-49eb-873d-d84cf86aebee) Method completed with status: 500",
        ])],
        near_misses: &[execution(&[
            "(89f37329-5413-4775-982c-72fb2c63589e) Lambda invocation failed with status: 429. Lambda request id: 20fdeb5e-57d1-45fe-bf89-67679ccf3419",
            "(89f37329-5413-4775-982c-72fb2c63589e) Execution failed due to configuration error:",
            "(89f37329-5413-4775-982c-72fb2c63589e) Method completed with status: 500",
        ])],
    },
    Cause {
        id: "integration_method",
        formerly: &[],
        role: Some(Role::InvocationForbidden),
        title: "The Lambda integration is called with another method than POST",
        family: Family::Integration,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel],
        patterns: &[
            Gateway("unable to determine service/operation name"),
            LambdaService("unable to determine service/operation name"),
            InvocationStatus(403, 403),
            InvocationStatus(405, 405),
        ],
        remedy: Remedy {
            means: "Lambda is always invoked with POST, whatever method the client used. The integration of this \
                method uses another one, and Lambda does not know what is wanted.",
            confirm: &[
                "Which method of the API is it, and was its integration made by hand or imported? Look at the HTTP \
                 method of the integration, not that of the resource (METHOD, such as GET or ANY):\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query '[httpMethod,type,uri]'\n\n\
                 The first value must be POST. It is: check the URI, for an action or path that Lambda does not know \
                 is answered in the same way. NotFoundException: the resource has no such method; try ANY.",
                "In the Test output Lambda answers that it cannot determine the operation, and the function is not \
                 invoked. (The Test button sends a real request.)\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Invocations --dimensions \
                 Name=FunctionName,Value=FUNCTION --start-time START --end-time END --period 60 --statistics Sum\n\n\
                 START and END are like 2026-05-04T17:00:00Z. An empty list or zeros fit; calls that go on come from \
                 other methods.",
            ],
            fix: &[
                "Change this one setting:\n\
                 aws apigateway update-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --patch-operations op=replace,path=/httpMethod,value=POST\n\n\
                 It changes the method alone, once the API is deployed. (`put-integration` sets up the whole \
                 integration again: it resets what it does not name, such as the timeout, the role, the mappings and \
                 tlsConfig.) To undo, send the former method and deploy.",
                steps::DEPLOY,
                steps::TEST,
            ],
            prevent: &[
                "In templates: integrationHttpMethod (OpenAPI: httpMethod under x-amazon-apigateway-integration) is \
                 POST on every method, GET and ANY included.",
                "Import a definition with `--fail-on-warnings`, and send a request to each route after a deployment.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-request-basic-setup.html",
        ],
        since: "0.1.0",
        examples: &[execution(&[
            "(3bfae830-5d19-4afc-984e-e95d097bfcff) Lambda invocation failed with status: 403. Lambda request id: 738495a6-b1c2-43d4-95e6-0718293a4b5c",
            "(3bfae830-5d19-4afc-984e-e95d097bfcff) Execution failed due to configuration error:",
            "(3bfae830-5d19-4afc-984e-e95d097bfcff) Method completed with status: 500",
        ])],
        near_misses: &[
            // Lambda says that the call is not allowed, rather than not understood.
            execution(&[
                "(4d1e5b5f-de1f-4f6c-a88d-1d712de10064) Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders/invocations",
                "(4d1e5b5f-de1f-4f6c-a88d-1d712de10064) Endpoint response body before transformations: {\"Message\":\"User: arn:aws:sts::111122223333:assumed-role/orders-integration/BackplaneAssumeRoleSession is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:eu-west-1:111122223333:function:orders\"}",
                "(4d1e5b5f-de1f-4f6c-a88d-1d712de10064) Lambda invocation failed with status: 403. Lambda request id: 1123ab91-913b-4cfe-99a6-9c80dfc739ee",
                "(4d1e5b5f-de1f-4f6c-a88d-1d712de10064) Execution failed due to configuration error:",
                "(4d1e5b5f-de1f-4f6c-a88d-1d712de10064) Method completed with status: 500",
            ]),
            // The function itself answers 403.
            execution(&[
                "(01a91bee-d256-4161-b87a-802093ce1349) Received response. Status: 200, Integration latency: 31 ms",
                "(01a91bee-d256-4161-b87a-802093ce1349) Method completed with status: 403",
            ]),
        ],
    },
];
