//! What goes wrong in the call of a Lambda function by an API, before or after the function's code ran.

use super::Need::{AccessField, DataTrace, ErrorLevel};
use super::Pattern::{Gateway, InvocationStatus, LambdaService};
use super::{Cause, Family, Kind, Rank, Remedy, Role, access, documented, execution};

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
            checks: &[
                "Look at the trust policy: `aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument` \
                 must allow `sts:AssumeRole` to the service `apigateway.amazonaws.com`. A function's execution role \
                 trusts Lambda only and is the wrong role here.",
                "Verify that the role exists, in this account, under exactly the ARN that the integration names: \
                 `aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --query credentials`. A role that was deleted and created again must be set again.",
                "Look for conditions of the trust policy (`aws:SourceArn`, `aws:SourceAccount`) that this API does \
                 not meet, and for an explicit deny in a service control policy.",
                "For a Lambda integration consider leaving the role away: then the function's resource policy \
                 decides (lambda_permission).",
                "After a change of the integration, deploy the API.",
            ],
            see: &[
                "Save the trust policy, once to edit and once to go back to:\n\
                 aws iam get-role --role-name ROLE --query Role.AssumeRolePolicyDocument --output json > trust.json\n\
                 cp trust.json trust-before.json",
                "Edit trust.json: put the statement `{\"Effect\":\"Allow\",\"Principal\":{\"Service\":\
                 \"apigateway.amazonaws.com\"},\"Action\":\"sts:AssumeRole\"}` into the list `Statement`, beside those \
                 that are there.",
                "Send the whole of the edited file. The command replaces the whole trust policy: whoever assumed the \
                 role by a statement that the file lacks no longer can. It needs no deployment. To go back, send \
                 trust-before.json the same way, which replaces it again:\n\
                 aws iam update-assume-role-policy --role-name ROLE --policy-document file://trust.json",
                "The same words in the authorizer's phase are authorizer_error: there it is the authorizer's role.",
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
            checks: &[
                "Compare the variables of the stage with the `${stageVariables.NAME}` in the integration: `aws \
                 apigateway get-stage --rest-api-id API_ID --stage-name STAGE --query variables`. Names are case \
                 sensitive.",
                "Set it, and it works at once, without a deployment: `aws apigateway update-stage --rest-api-id \
                 API_ID --stage-name STAGE --patch-operations op=replace,path=/variables/NAME,value=VALUE`.",
                "Look at how the stage was made: a new stage, a stage made by a deployment tool, and a canary have \
                 only the variables that they were given. The console's Test page asks for them and does not take \
                 them from a stage.",
                "A variable that names a VPC link must hold the id of the VPC link, not of the VPC, and that of this \
                 stage's link.",
                "A variable that names a function or alias: each value needs its own permission, for the console \
                 cannot grant what it cannot read. If that is missing, the log says \"Invalid permissions on Lambda \
                 function\": see lambda_permission.",
            ],
            see: &[
                "The URI with its variables:\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET \
                 --query '[uri, connectionId]'",
                "Reproduce it with and without the variable:\n\
                 aws apigateway test-invoke-method --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET \
                 --stage-variables NAME=VALUE",
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
            checks: &[
                "Read the function's resource policy: `aws lambda get-policy --function-name FUNCTION`. It must \
                 allow `lambda:InvokeFunction` to `apigateway.amazonaws.com`. An alias or version has a policy of \
                 its own: ask with `--qualifier ALIAS`.",
                "Compare the SourceArn of the statement with the request: \
                 `arn:aws:execute-api:REGION:ACCOUNT:API_ID/STAGE/METHOD/PATH`. An API that was created again has a new \
                 id, a path with parameters is written `/orders/*`, and a statement for one stage does not cover \
                 another.",
                "Look at the function field of the integration: the right function, Region, account and alias? In \
                 another account the resource policy there must name the API.",
                "Where a stage variable names the function, grant the permission for every function and alias that \
                 the variable takes (see stage_variable).",
                "Where the integration has a role (credentials): its policy must allow `lambda:InvokeFunction` on \
                 this function, no statement or service control policy may deny it, and its conditions must be met. \
                 If the role cannot be assumed at all, the log says so: integration_role.",
                "HTTP APIs answer a bare 500 for it. Grant the permission on the integration's page, or set a role \
                 for it.",
                "Write the permission into the same template as the API (AWS::Lambda::Permission, \
                 aws_lambda_permission), so that a new function or API does not come without it.",
                "For an authorizer function the same permission is needed; there the log speaks of the authorizer: \
                 authorizer_error.",
            ],
            see: &[
                "Grant it:\n\
                 aws lambda add-permission --function-name FUNCTION --statement-id apigateway-orders --action \
                 lambda:InvokeFunction --principal apigateway.amazonaws.com --source-arn \
                 'arn:aws:execute-api:REGION:ACCOUNT:API_ID/*/GET/orders'",
                "The function and role in force:\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET \
                 --query '[uri, credentials]'\n\
                 aws apigatewayv2 get-integrations --api-id API_ID --query 'Items[].[IntegrationUri,CredentialsArn]'",
                "The function's Invocations metric stays flat while the API fails.",
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
            checks: &[
                "Ask Lambda for exactly what the integration names: `aws lambda get-function --function-name \
                 FUNCTION --qualifier ALIAS`, in the Region and account of the ARN.",
                "Look for what deleted or renamed it: a stack that replaced the function, a clean-up of old versions \
                 or aliases, an API that was imported from another account or Region.",
                "Where a stage variable names the function or the alias, check its value in this stage (see \
                 stage_variable).",
                "Check the URI: \
                 `arn:aws:apigateway:REGION:lambda:path/2015-03-31/functions/FUNCTION_ARN/invocations`, without a \
                 doubled slash.",
                "Correct the integration, deploy the API, and grant the permission for the new target \
                 (lambda_permission).",
            ],
            see: &[
                "The target in force:\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET \
                 --query uri",
                "Who deleted it:\n\
                 aws cloudtrail lookup-events --lookup-attributes AttributeKey=ResourceName,AttributeValue=FUNCTION",
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
            checks: &[
                "Look at the type of each field: `statusCode` a number, `body` a string (call `JSON.stringify` or \
                 `json.dumps` on objects), `headers` and `multiValueHeaders` maps of strings (lists of strings), \
                 `isBase64Encoded` a boolean, nothing else at the top. An example: {\"isBase64Encoded\": false, \
                 \"statusCode\": 200, \"headers\": {\"Content-Type\": \"application/json\"}, \"body\": \"{}\"}.",
                "Find the path that returns nothing: a branch without return, a caught error whose handler returns \
                 no response, a promise that is not awaited, a callback never called (then the answer is null). Log \
                 the type and keys of what is returned right before the return.",
                "Look at functions that were written for a non-proxy integration: they return the bare object. \
                 Return the format, or switch \"Lambda proxy integration\" off and map the answer.",
                "HTTP API, payload format 2.0: an answer without statusCode is taken for the body of a 200; format \
                 1.0 is strict. Verify which one the integration has.",
                "Binary bodies: base64 with isBase64Encoded true, and the type under binaryMediaTypes (REST).",
                "Streaming integration: the function must send the metadata, the delimiter and then the body, and \
                 the integration must call the response-streaming endpoint.",
                "Look at Throttles and Errors of the function at that minute: a throttle or a crash can hide behind \
                 the same sentence where the log holds no headers (lambda_throttled, lambda_unhandled_error).",
            ],
            see: &[
                "What the function really returns:\n\
                 aws lambda invoke --function-name FUNCTION --payload file://event.json --cli-binary-format \
                 raw-in-base64-out answer.json && cat answer.json",
                "The Test button of the method shows the answer before transformation and the reason; paste its \
                 output into `why5xx explain -`.",
                "HTTP APIs: `$context.integrationErrorMessage` names the wrong field.",
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
            checks: &[
                "Look at the function's state: `aws lambda get-function-configuration --function-name FUNCTION \
                 --query '[State,StateReasonCode,LastUpdateStatus,LastUpdateStatusReasonCode]'`. Inactive or Failed \
                 names the reason.",
                "Function in a VPC: free addresses in its subnets, the quota of network interfaces, and a security \
                 group and subnets that still exist.",
                "Encrypted environment variables: the KMS key is enabled, not pending deletion, and the execution \
                 role may `kms:Decrypt` with it.",
                "EFS: mount targets in each Availability Zone of the function, port 2049 open between the two \
                 security groups.",
                "A bare 500 or 503 of the service, seldom: let clients retry with backoff and jitter, idempotently. \
                 Often: look at the AWS Health Dashboard and open a case with the Lambda request ids.",
            ],
            see: &[
                "Free addresses in the subnets:\n\
                 aws ec2 describe-subnets --subnet-ids SUBNET_ID --query \
                 'Subnets[].[SubnetId,AvailableIpAddressCount]'",
                "The state of the key:\n\
                 aws kms describe-key --key-id KEY_ID --query KeyMetadata.KeyState",
                "Invoke it without the API; the answer holds the error's code:\n\
                 aws lambda invoke --function-name FUNCTION --payload '{}' --cli-binary-format raw-in-base64-out \
                 answer.json",
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
            checks: &[
                "Look at the integration's HTTP method (not the method of the resource, which METHOD names, such as \
                 GET or ANY): `aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID \
                 --http-method METHOD --query httpMethod` must say POST.",
                "Change this one setting with `update-integration`, as below. `put-integration` sets up the whole \
                 integration again: it resets what it does not name, such as the timeout, the role (credentials), \
                 the mappings and tlsConfig.",
                "Deploy the API: until then the stage keeps the integration that it has. A deployment also takes \
                 along every other change of the API since the last one.",
                "In templates: integrationHttpMethod (OpenAPI: httpMethod under x-amazon-apigateway-integration) is \
                 POST on every method, GET and ANY included.",
                "Check the URI as well: an action or path that Lambda does not know is answered the same way.",
            ],
            see: &[
                "The correction, and the deployment that puts it into force:\n\
                 aws apigateway update-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --patch-operations op=replace,path=/httpMethod,value=POST\n\
                 aws apigateway create-deployment --rest-api-id API_ID --stage-name STAGE",
                "The function's Invocations metric stays flat. In the Test output, Lambda answers that it cannot \
                 determine the operation.",
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
