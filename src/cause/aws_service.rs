//! What an AWS service answers that an API integrates directly.

use super::Need::DataTrace;
use super::Pattern::Service;
use super::{Cause, Family, Kind, Rank, Remedy, Role, documented, execution};

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
            checks: &[
                "Read the policy of the integration's role (its credentials): it must allow exactly the action on \
                 exactly the resource, such as `sqs:SendMessage` on the queue's ARN. Grant that much and no more.",
                "Look for an explicit deny, which beats every allow: in the role's policies, its permission \
                 boundary, a service control policy, or the target's own resource policy (queue, bucket, topic, \
                 key).",
                "Look at conditions of those policies that the call does not meet: source VPC, encryption header, \
                 tags, organisation.",
                "Encrypted targets: the role needs `kms:GenerateDataKey` and `kms:Decrypt` on the key.",
                "Check that the request names the right resource: account, Region, queue URL. SQS answers \
                 AccessDenied also for a queue that does not exist there, and for a body that it cannot read: send \
                 `Action=SendMessage&MessageBody=$util.urlEncode($input.body)` with Content-Type \
                 application/x-www-form-urlencoded, without leading blank lines.",
                "If the role cannot be assumed at all, the log says so: integration_role.",
                "Map the service's 4xx to a method response of its own, so that the next error does not end as a 500.",
            ],
            see: &[
                "Ask IAM without a call:\n\
                 aws iam simulate-principal-policy --policy-source-arn ROLE_ARN --action-names sqs:SendMessage \
                 --resource-arns RESOURCE_ARN",
                "CloudTrail holds the denied call with the reason (errorCode AccessDenied); for S3, SQS and DynamoDB \
                 only where data events are on.",
                "The service's answer is in the output of the method's Test button. Without it the log shows \
                 response_status_mapping.",
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
            checks: &[
                "Look at the service's own metrics: ThrottledRequests, ReadThrottleEvents and WriteThrottleEvents of \
                 DynamoDB, WriteProvisionedThroughputExceeded of Kinesis, ExecutionThrottled of Step Functions, 503 \
                 Slow Down of S3.",
                "Raise what was provisioned or go on demand: table or index capacity, shards. A hot key or partition \
                 throttles below the total: spread the keys.",
                "Compare with the service's quotas in Service Quotas and ask for more where an increase exists.",
                "API Gateway does not retry for you: let clients retry with exponential backoff and jitter, \
                 idempotently, and map the service's throttle to a 429 so that they can tell.",
                "Let less through: a stage or usage-plan rate below the service's limit; the stage's cache for reads \
                 that repeat; a queue in front of writes that can wait.",
            ],
            see: &[
                "Throttles of a table:\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/DynamoDB --metric-name WriteThrottleEvents \
                 --dimensions Name=TableName,Value=TABLE --start-time START --end-time END --period 60 --statistics \
                 Sum",
                "The service's answer is in the output of the method's Test button. Without it the log shows \
                 response_status_mapping.",
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
            checks: &[
                "Read the error's code. UnknownOperationException: the action in the integration, or the header \
                 X-Amz-Target of the template, is wrong. ValidationException or SerializationException: the template \
                 made a payload that lacks a field or is no valid JSON.",
                "Check the mapping template step by step in the method's Test page, with a real body: required \
                 fields, types (DynamoDB wants `{\"N\": \"1\"}`), escaping of quotes.",
                "Compare names and Region: the table, queue, bucket or state machine that the integration names must \
                 exist there (ResourceNotFoundException, NonExistentQueue, NoSuchBucket).",
                "Compare sizes with the service's limits: an SQS or SNS message, a DynamoDB item of 400 KB, a \
                 Kinesis record.",
                "Look at the service's metrics and logs: UserErrors and SystemErrors of DynamoDB, 4xxErrors and \
                 5xxErrors of S3 and its server access logs, failed executions of Step Functions.",
                "An error of the service itself (5xx, ServiceUnavailable) passes: clients retry with backoff, \
                 idempotently.",
                "Map the service's 4xx and 5xx to method responses of their own, so that an error of the service \
                 does not end as a mapping error.",
            ],
            see: &[
                "Make the same call with the same payload. `put-item` replaces the whole item that has the same key, \
                 so give this one a key that is not in use:\n\
                 aws dynamodb put-item --table-name TABLE --item file://item.json --return-consumed-capacity TOTAL",
                "The service's answer is in the output of the method's Test button. Without it the log shows \
                 response_status_mapping.",
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
