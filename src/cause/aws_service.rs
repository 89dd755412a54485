//! Causes in the answers of an AWS service that an API integrates directly.

use super::Need::DataTrace;
use super::Pattern::Service;
use super::{Cause, Family, Kind, Rank, Remedy, Role, documented, execution, steps};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "aws_service_access_denied",
        formerly: &[],
        role: Some(Role::ServiceDenied),
        title: "The AWS service denied the call",
        family: Family::AwsService,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[DataTrace],
        patterns: &[
            Service("accessdenied"),
            Service("access denied"),
            Service("not authorized"),
            Service("notauthorized"),
            Service("unauthorizedoperation"),
            Service("unrecognizedclient"),
            Service("invalidclienttokenid"),
            Service("signaturedoesnotmatch"),
            Service("invalidsignature"),
            Service("incompletesignature"),
            Service("invalidaccesskeyid"),
            Service("missingauthenticationtoken"),
            Service("expiredtoken"),
            Service("authfailure"),
            Service("allaccessdisabled"),
        ],
        remedy: Remedy {
            means: "The integration calls an AWS service with a role, and the service said that this role may not do \
                this.",
            confirm: &[
                "Which role calls which action on which resource, and was one of the three created again? The \
                 integration names the role:\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query '[uri,credentials]'\n\n\
                 The URI ends in service and action or path; the last part of the second value is ROLE below. null: \
                 the call is made without a role, and only a public action answers it.",
                "Ask IAM without a call, with the action that was denied:\n\
                 aws iam simulate-principal-policy --policy-source-arn ROLE_ARN --action-names sqs:SendMessage \
                 --resource-arns RESOURCE_ARN --query \
                 'EvaluationResults[].[EvalActionName,EvalDecision,MissingContextValues]'\n\n\
                 implicitDeny: no statement allows it. explicitDeny: one forbids it. allowed: go on with what the \
                 simulation does not see: the resource's own policy, its key, a service control policy, the policy of \
                 a VPC endpoint.",
                "Look for an explicit deny, which beats every allow, and for conditions that the call does not meet: \
                 source VPC, encryption header, tags, organisation.",
                "Check that the request names the right resource: account, Region, queue URL. SQS answers \
                 AccessDenied also for a queue that does not exist there, and for a body that it cannot read.",
                "The answer of the service is in the output of the method's Test button, which sends a real request. \
                 Without it the log shows response_status_mapping. CloudTrail holds the denied call with its reason \
                 (for S3, SQS and DynamoDB only where data events are on):\n\
                 aws cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=EVENT_NAME \
                 --start-time START --query 'Events[].CloudTrailEvent' --output text\n\n\
                 START is like 2026-05-04T17:00:00Z. Look for errorCode AccessDenied and errorMessage. No output: no \
                 such event in that time, or it is a data event.",
            ],
            fix: &[
                "Allow exactly the action on exactly the resource, and no more. policy.json holds the statement:\n\
                 aws iam put-role-policy --role-name ROLE --policy-name integration-orders --policy-document \
                 file://policy.json\n\n\
                 It adds an inline policy, or replaces the one of this name (`aws iam list-role-policies --role-name \
                 ROLE` lists them). It needs no deployment and takes some seconds. To undo: `aws iam \
                 delete-role-policy --role-name ROLE --policy-name integration-orders`.",
                "Encrypted targets: allow `kms:GenerateDataKey` and `kms:Decrypt` on the key, in the role and in the \
                 policy of the key.",
                "SQS: send `Action=SendMessage&MessageBody=$util.urlEncode($input.body)` with Content-Type \
                 application/x-www-form-urlencoded, without leading blank lines.",
                "If the role cannot be assumed at all, the log says so: integration_role.",
            ],
            prevent: &[
                "Map the service's 4xx to a method response of its own, so that the next error does not end as a 500.",
                "Write role and integration into one template, with the ARN of the target by reference.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/permissions.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/integration-request-basic-setup.html",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
        ],
        since: "0.1.0",
        examples: &[execution(&[
            "(4c0bf941-6e2a-4b0d-a95f-fa6e1a8c0d10) Sending request to https://sqs.eu-west-1.amazonaws.com/111122223333/orders",
            "(4c0bf941-6e2a-4b0d-a95f-fa6e1a8c0d10) Endpoint response body before transformations: {\"Error\":{\"Code\":\"AccessDenied\",\"Message\":\"Access to the resource https://sqs.eu-west-1.amazonaws.com/111122223333/orders is denied.\",\"Type\":\"Sender\"},\"RequestId\":\"8495a6b7-c2d3-54e5-86f7-18293a4b5c6d\"}",
            "(4c0bf941-6e2a-4b0d-a95f-fa6e1a8c0d10) Execution failed due to configuration error: Output mapping refers to an invalid method response: 200",
            "(4c0bf941-6e2a-4b0d-a95f-fa6e1a8c0d10) Method completed with status: 500",
        ])],
        near_misses: &[
            // An HTTP backend can write what it likes into its body.
            execution(&[
                "(c1ce7918-3720-4203-bb14-15eef7ed06a8) Sending request to https://orders.example.com/orders",
                "(c1ce7918-3720-4203-bb14-15eef7ed06a8) Endpoint response body before transformations: {\"Error\":{\"Code\":\"AccessDenied\",\"Message\":\"no\"}}",
                "(c1ce7918-3720-4203-bb14-15eef7ed06a8) Execution failed due to configuration error: Output mapping refers to an invalid method response: 403",
                "(c1ce7918-3720-4203-bb14-15eef7ed06a8) Method completed with status: 500",
            ]),
            // Only a part of the answer says so: an item that a client stored.
            execution(&[
                "(d6a66499-a306-4e73-a382-b6502db38609) Sending request to https://dynamodb.eu-west-1.amazonaws.com/",
                "(d6a66499-a306-4e73-a382-b6502db38609) Endpoint response body before transformations: {\"Item\":{\"note\":{\"S\":\"AccessDenied\"}}}",
                "(d6a66499-a306-4e73-a382-b6502db38609) Execution failed due to configuration error: Output mapping refers to an invalid method response: 200",
                "(d6a66499-a306-4e73-a382-b6502db38609) Method completed with status: 500",
            ]),
        ],
    },
    Cause {
        id: "aws_service_throttled",
        formerly: &[],
        role: Some(Role::ServiceThrottled),
        title: "The AWS service throttled the call",
        family: Family::AwsService,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[DataTrace],
        patterns: &[
            Service("throttl"),
            Service("provisionedthroughputexceeded"),
            Service("requestlimitexceeded"),
            Service("toomanyrequests"),
            Service("slowdown"),
            Service("rate exceeded"),
            Service("bandwidthlimitexceeded"),
            Service("slow down"),
            Service("reduce your request rate"),
        ],
        remedy: Remedy {
            means: "The integrated AWS service refused the call because its capacity or quota was used up.",
            confirm: &[
                "Which table, stream or other resource is it, and did traffic or its capacity change? Look at the \
                 service's own metrics. START and END are like 2026-05-04T17:00:00Z.\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/DynamoDB --metric-name WriteThrottleEvents \
                 --dimensions Name=TableName,Value=TABLE --start-time START --end-time END --period 60 --statistics \
                 Sum\n\n\
                 A sum in the minutes of the failures confirms it; an index has a dimension of its own. An empty \
                 list: this table was not throttled. Other services: ReadThrottleEvents and ThrottledRequests \
                 (DynamoDB), WriteProvisionedThroughputExceeded (Kinesis), ExecutionThrottled (Step Functions), 503 \
                 Slow Down (S3).",
                "Is it all of it, or one hot key? Compare with what is provisioned:\n\
                 aws dynamodb describe-table --table-name TABLE --query \
                 'Table.[BillingModeSummary.BillingMode,ProvisionedThroughput,GlobalSecondaryIndexes[].[IndexName,ProvisionedThroughput]]'\n\n\
                 PAY_PER_REQUEST, or consumption far below the figures: a hot key or partition. Consumption at the \
                 figures: too little capacity. ResourceNotFoundException: another table or Region.",
                "The answer of the service is in the output of the method's Test button, which sends a real request. \
                 Without it the log shows response_status_mapping.",
            ],
            fix: &[
                "Raise what is provisioned, or go on demand:\n\
                 aws dynamodb update-table --table-name TABLE --billing-mode PAY_PER_REQUEST\n\n\
                 It changes how the table is billed and throttled, within minutes, and is allowed a few times a day. \
                 To undo, name the former capacity, which the check printed: `aws dynamodb update-table --table-name \
                 TABLE --billing-mode PROVISIONED --provisioned-throughput \
                 ReadCapacityUnits=READ,WriteCapacityUnits=WRITE`.",
                "A hot key: spread the keys.",
                "Let less through: a stage or usage-plan rate below the limit of the service; the cache of the stage \
                 for reads that repeat; a queue in front of writes that can wait.",
                "Compare with the quotas in Service Quotas and ask for more where an increase exists.",
            ],
            prevent: &[
                "API Gateway does not retry for you: let clients retry with exponential backoff and jitter, \
                 idempotently, and map the throttle to a 429 so that they can tell.",
                "Alarm on the throttle metric of the resource, and on consumption at 80 % of what is provisioned.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html",
        ],
        since: "0.1.0",
        examples: &[documented(execution(&[
            "(5d1c0a52-7f3b-4c1e-8a60-0b7f2b9d1e21) Sending request to https://dynamodb.eu-west-1.amazonaws.com/",
            "(5d1c0a52-7f3b-4c1e-8a60-0b7f2b9d1e21) Endpoint response body before transformations: {\"__type\":\"com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException\",\"message\":\"The level of configured provisioned throughput for the table was exceeded.\"}",
            "(5d1c0a52-7f3b-4c1e-8a60-0b7f2b9d1e21) Execution failed due to configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 400",
            "(5d1c0a52-7f3b-4c1e-8a60-0b7f2b9d1e21) Method completed with status: 500",
        ]))],
        near_misses: &[
            // Lambda's throttle has a cause of its own.
            execution(&[
                "(9f201b56-2eb3-43e9-9c1e-f57f352ba07e) Lambda invocation failed with status: 429. Lambda request id: 5810a90e-f696-4c40-ab81-419bae44510e",
                "(9f201b56-2eb3-43e9-9c1e-f57f352ba07e) Execution failed due to configuration error: Rate Exceeded.",
                "(9f201b56-2eb3-43e9-9c1e-f57f352ba07e) Method completed with status: 500",
            ]),
            execution(&[
                "(bd36e9c2-aa29-4ff0-a461-f9d25e2fa835) Sending request to https://orders.example.com/orders",
                "(bd36e9c2-aa29-4ff0-a461-f9d25e2fa835) Endpoint response body before transformations: {\"__type\":\"ThrottlingException\"}",
                "(bd36e9c2-aa29-4ff0-a461-f9d25e2fa835) Execution failed due to configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 429",
                "(bd36e9c2-aa29-4ff0-a461-f9d25e2fa835) Method completed with status: 500",
            ]),
        ],
    },
    Cause {
        id: "aws_service_error",
        formerly: &[],
        role: Some(Role::ServiceFailed),
        title: "The AWS service answered an error",
        family: Family::AwsService,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[DataTrace],
        patterns: &[Service("")],
        remedy: Remedy {
            means: "The integrated AWS service could not do what the integration asked: an action it does not know, \
                a payload that it does not accept, a resource that is not there, or a limit.",
            confirm: &[
                "Which service and action is it, and did the template of the integration change? Read the code of the \
                 error in the output of the method's Test button, which sends a real request. Without it the log \
                 shows response_status_mapping.",
                "UnknownOperationException: the action in the integration, or the header X-Amz-Target of the \
                 template, is wrong. ValidationException or SerializationException: the template made a payload that \
                 lacks a field or is no valid JSON.\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query '[uri,requestParameters,requestTemplates]'\n\n\
                 Compare the template with what the action takes: required fields, types (DynamoDB wants `{\"N\": \
                 \"1\"}`), escaping of quotes. null instead of a template: the body passes as the client sent it.",
                "Do names and Region agree? The table, queue, bucket or state machine that the integration names must \
                 exist there (ResourceNotFoundException, NonExistentQueue, NoSuchBucket):\n\
                 aws dynamodb describe-table --table-name TABLE --query Table.TableStatus\n\n\
                 ACTIVE: it is there. ResourceNotFoundException: it is not, in this account and Region.",
                "Compare sizes with the limits of the service: an SQS or SNS message, a DynamoDB item of 400 KB, a \
                 Kinesis record.",
                "Look at its metrics and logs: UserErrors and SystemErrors of DynamoDB, 4xxErrors and 5xxErrors of S3 \
                 and its server access logs, failed executions of Step Functions.",
            ],
            fix: &[
                "Correct the mapping template step by step in the Test page of the method, with a real body, then \
                 deploy the API.",
                steps::DEPLOY,
                "Make the same call with the same payload:\n\
                 aws dynamodb put-item --table-name TABLE --item file://item.json --return-consumed-capacity TOTAL \
                 --condition-expression 'attribute_not_exists(KEY_ATTRIBUTE)'\n\n\
                 It writes an item, and the condition keeps it from one that exists (without it, `put-item` replaces \
                 the whole item of that key). An answer with ConsumedCapacity: the payload is right. \
                 ConditionalCheckFailedException: right, too, but the key is in use. To undo: `aws dynamodb \
                 delete-item --table-name TABLE --key file://key.json`.",
                "An error of the service itself (5xx, ServiceUnavailable) passes: clients retry with backoff, \
                 idempotently.",
            ],
            prevent: &[
                "Map the service's 4xx and 5xx to method responses of their own, so that an error of the service does \
                 not end as a mapping error.",
                "Test the template with bodies that lack fields, hold quotes, and are as large as allowed.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-request.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html",
        ],
        since: "0.1.0",
        examples: &[execution(&[
            "(6e2d1b63-804c-4d2f-9b71-1c803cae2f32) Sending request to https://dynamodb.eu-west-1.amazonaws.com/",
            "(6e2d1b63-804c-4d2f-9b71-1c803cae2f32) Endpoint response body before transformations: {\"__type\":\"com.amazon.coral.service#UnknownOperationException\"}",
            "(6e2d1b63-804c-4d2f-9b71-1c803cae2f32) Execution failed due to configuration error: Output mapping refers to an invalid method response: 200",
            "(6e2d1b63-804c-4d2f-9b71-1c803cae2f32) Method completed with status: 500",
        ])],
        near_misses: &[
            // The service answered well; only the mapping is missing.
            execution(&[
                "(b5471a58-93d5-4cbd-bb7f-e247b0dee363) Sending request to https://dynamodb.eu-west-1.amazonaws.com/",
                "(b5471a58-93d5-4cbd-bb7f-e247b0dee363) Endpoint response body before transformations: {\"Item\":{\"id\":{\"S\":\"17\"}}}",
                "(b5471a58-93d5-4cbd-bb7f-e247b0dee363) Execution failed due to configuration error: Output mapping refers to an invalid method response: 200",
                "(b5471a58-93d5-4cbd-bb7f-e247b0dee363) Method completed with status: 500",
            ]),
        ],
    },
];
