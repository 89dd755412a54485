//! Causes that only a function's own log shows.

use super::Need::SeparateLog;
use super::Pattern::FunctionLog;
use super::{Cause, Family, Kind, LogKind, Rank, Remedy, Role, function_log};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "lambda_runtime_exit",
        formerly: &[],
        role: Some(Role::ProcessExited),
        title: "The runtime process ended",
        family: Family::Lambda,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[502, 500],
        needs: &[SeparateLog(LogKind::Lambda)],
        patterns: &[],
        remedy: Remedy {
            means: "The process that runs the function's code ended during an invocation, with an exit status or by a signal, \
                without an answer. The next request pays for a cold start.",
            checks: &[
                "Look for code that ends the process: `process.exit`, `sys.exit`, `os.Exit`, a command-line program \
                 called as a handler, a fatal assertion. Return or raise instead.",
                "Exit status of a crash: 127 or 126 is an executable that is missing or not for this architecture; \
                 128 in Node.js often an unhandled rejection in an extension; 134 or `signal: aborted` an abort in \
                 native code; 139 or `signal: segmentation fault` a crash in it. Update the native module, built for \
                 this runtime.",
                "`signal: killed` with Max Memory Used at Memory Size is lambda_out_of_memory. Without it, /tmp, \
                 file descriptors (1,024) or processes and threads (1,024) may have run out.",
                "Promises and threads that outlive the handler: what they raise later ends the process in the middle \
                 of somebody else's invocation. Await them.",
                "An extension that crashes takes the environment with it: look for its name in the log, update or \
                 detach it.",
            ],
            see: &[
                "The exits. What stood before one is in the same stream: read that as for lambda_unhandled_error:\n\
                 aws logs filter-log-events --log-group-name /aws/lambda/FUNCTION --filter-pattern '?\"Runtime \
                 exited\" ?\"Process exited\" ?\"Runtime.ExitError\"'",
                "In the API's logs it is counted as lambda_unhandled_error.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-execution.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
        ],
        since: "0.1.0",
        examples: &[function_log(&[
            "START RequestId: f87afaca-032a-4208-9ad4-cf398ff1f451 Version: $LATEST",
            "RequestId: f87afaca-032a-4208-9ad4-cf398ff1f451 Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
            "END RequestId: f87afaca-032a-4208-9ad4-cf398ff1f451",
            "REPORT RequestId: f87afaca-032a-4208-9ad4-cf398ff1f451\tDuration: 207.81 ms\tBilled Duration: 208 ms\tMemory Size: 256 MB\tMax Memory Used: 74 MB\tStatus: error\tError Type: Runtime.ExitError",
        ])],
        near_misses: &[
            // Killed at the limit of its memory.
            function_log(&[
                "START RequestId: b19a042e-a1fe-48ea-9423-d3df4902f619 Version: $LATEST",
                "RequestId: b19a042e-a1fe-48ea-9423-d3df4902f619 Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
                "END RequestId: b19a042e-a1fe-48ea-9423-d3df4902f619",
                "REPORT RequestId: b19a042e-a1fe-48ea-9423-d3df4902f619\tDuration: 1893.12 ms\tBilled Duration: 1894 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\tStatus: error\tError Type: Runtime.ExitError",
            ]),
            // What a function says of a process of its own.
            function_log(&[
                "START RequestId: 8cbdc814-6e1a-406c-9364-60f7c105842d Version: $LATEST",
                "2024-05-04T17:48:21.117Z\t8cbdc814-6e1a-406c-9364-60f7c105842d\tERROR\tconverter: Runtime exited with error: exit status 1, trying the other one",
                "END RequestId: 8cbdc814-6e1a-406c-9364-60f7c105842d",
                "REPORT RequestId: 8cbdc814-6e1a-406c-9364-60f7c105842d\tDuration: 512.20 ms\tBilled Duration: 513 ms\tMemory Size: 256 MB\tMax Memory Used: 120 MB\t",
            ]),
        ],
    },
    Cause {
        id: "lambda_dependency_denied",
        formerly: &[],
        role: None,
        title: "A call that the function made was denied",
        family: Family::Lambda,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[502, 500],
        needs: &[SeparateLog(LogKind::Lambda)],
        patterns: &[
            FunctionLog("accessdenied"),
            FunctionLog("access denied"),
            FunctionLog("is not authorized to perform"),
            FunctionLog("not authorized to invoke"),
            FunctionLog("unauthorizedoperation"),
            FunctionLog("unauthorizedexception"),
            FunctionLog("authorizationerror"),
            FunctionLog("unrecognizedclientexception"),
            FunctionLog("invalidclienttokenid"),
            FunctionLog("invalidaccesskeyid"),
            FunctionLog("invalidsignatureexception"),
            FunctionLog("signaturedoesnotmatch"),
            FunctionLog("expiredtoken"),
            FunctionLog("security token included in request is"),
            FunctionLog("error occurred (403)"),
            FunctionLog("status code: 403"),
            FunctionLog("status code 403"),
            FunctionLog("statuscode: 403"),
            FunctionLog("403 forbidden"),
            FunctionLog("403 client error"),
            FunctionLog("password authentication failed"),
        ],
        remedy: Remedy {
            means: "The function ended with an error because a service that it called refused it: mostly its \
                execution role lacks a permission.",
            checks: &[
                "Read the message: it names who (the assumed role), what (the action) and mostly on which resource, \
                 and whether a policy is missing or an explicit deny stands in the way.",
                "Add the action on the resource to the execution role: `aws lambda get-function-configuration \
                 --function-name FUNCTION --query Role`. S3 answers 403 on a missing object when `s3:ListBucket` is \
                 missing.",
                "Look for an explicit deny and for conditions: the resource's own policy, a permission boundary, a \
                 service control policy, the policy of a VPC endpoint.",
                "Encrypted resources: the role needs `kms:Decrypt` (and `kms:GenerateDataKey` to write) on the key, \
                 and the key's policy must let it.",
                "A 403 of something that is not AWS: look at its credentials, rotated secrets, expired tokens and \
                 allow lists.",
            ],
            see: &[
                "Ask IAM without a call:\n\
                 aws iam simulate-principal-policy --policy-source-arn EXECUTION_ROLE_ARN --action-names \
                 dynamodb:GetItem --resource-arns RESOURCE_ARN",
                "The denials of the hour in CloudTrail (management events):\n\
                 aws cloudtrail lookup-events --lookup-attributes AttributeKey=Username,AttributeValue=FUNCTION \
                 --query 'Events[].CloudTrailEvent'",
                "In the API's logs it is counted as lambda_unhandled_error.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html",
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
        ],
        since: "0.1.0",
        examples: &[function_log(&[
            "START RequestId: 661e95b7-2bf5-4f8e-8a70-3dc9cb4b7243 Version: $LATEST",
            "[ERROR] ClientError: An error occurred (AccessDeniedException) when calling the GetItem operation: User: arn:aws:sts::111122223333:assumed-role/orders-role/orders is not authorized to perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:111122223333:table/orders because no identity-based policy allows the dynamodb:GetItem action\nTraceback (most recent call last):\n\u{a0}\u{a0}File \"/var/task/app.py\", line 9, in handler",
            "END RequestId: 661e95b7-2bf5-4f8e-8a70-3dc9cb4b7243",
            "REPORT RequestId: 661e95b7-2bf5-4f8e-8a70-3dc9cb4b7243\tDuration: 212.40 ms\tBilled Duration: 213 ms\tMemory Size: 128 MB\tMax Memory Used: 72 MB\t",
        ])],
        near_misses: &[
            // Denied, caught and answered.
            function_log(&[
                "START RequestId: 8538ff52-f42c-47bf-9ede-a5e0f3f8ad88 Version: $LATEST",
                "[ERROR]\t2024-05-04T17:48:21.117Z\t8538ff52-f42c-47bf-9ede-a5e0f3f8ad88\tAccessDenied for the archive, serving the copy",
                "END RequestId: 8538ff52-f42c-47bf-9ede-a5e0f3f8ad88",
                "REPORT RequestId: 8538ff52-f42c-47bf-9ede-a5e0f3f8ad88\tDuration: 31.02 ms\tBilled Duration: 32 ms\tMemory Size: 128 MB\tMax Memory Used: 72 MB\t",
            ]),
        ],
    },
    Cause {
        id: "lambda_dependency_throttled",
        formerly: &[],
        role: None,
        title: "A call that the function made was throttled",
        family: Family::Lambda,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[502, 500],
        needs: &[SeparateLog(LogKind::Lambda)],
        patterns: &[
            FunctionLog("throttl"),
            FunctionLog("provisionedthroughputexceeded"),
            FunctionLog("toomanyrequests"),
            FunctionLog("too many requests"),
            FunctionLog("rate exceeded"),
            FunctionLog("requestlimitexceeded"),
            FunctionLog("request limit exceeded"),
            FunctionLog("slowdown"),
            FunctionLog("please reduce your request rate"),
            FunctionLog("bandwidthlimitexceeded"),
            FunctionLog("error occurred (429)"),
            FunctionLog("429 client error"),
            FunctionLog("status code: 429"),
            FunctionLog("status code 429"),
            FunctionLog("statuscode: 429"),
        ],
        remedy: Remedy {
            means: "The function ended with an error because a service that it called was asked too often, and the \
                SDK's own retries did not help.",
            checks: &[
                "Look at the throttle metric of that service: ReadThrottleEvents and WriteThrottleEvents of \
                 DynamoDB, WriteProvisionedThroughputExceeded of Kinesis, Throttles of another function.",
                "Raise what was provisioned or go on demand; spread a hot key; ask for a higher quota where there is \
                 one.",
                "Ask for less: cache what repeats, batch calls, do not call in a loop. Parameter Store and Secrets \
                 Manager are to be read once per environment, not per request.",
                "Retry with exponential backoff and jitter, and stop in time to answer before the function's own \
                 timeout. Retries only where the operation is idempotent.",
                "Let less in: reserved concurrency of the function caps the load that it makes, and a stage or \
                 usage-plan rate gives callers a 429.",
            ],
            see: &[
                "Throttles of a table:\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/DynamoDB --metric-name ReadThrottleEvents \
                 --dimensions Name=TableName,Value=TABLE --start-time START --end-time END --period 60 --statistics \
                 Sum",
                "In the API's logs it is counted as lambda_unhandled_error.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/lambda/latest/dg/best-practices.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
        ],
        since: "0.1.0",
        examples: &[function_log(&[
            "START RequestId: 04d99a24-2e9c-469a-b97b-aec6e2bbc440 Version: $LATEST",
            "[ERROR] ProvisionedThroughputExceededException: An error occurred (ProvisionedThroughputExceededException) when calling the GetItem operation (reached max retries: 9): The level of configured provisioned throughput for the table was exceeded.\nTraceback (most recent call last):\n\u{a0}\u{a0}File \"/var/task/app.py\", line 9, in handler",
            "END RequestId: 04d99a24-2e9c-469a-b97b-aec6e2bbc440",
            "REPORT RequestId: 04d99a24-2e9c-469a-b97b-aec6e2bbc440\tDuration: 1812.66 ms\tBilled Duration: 1813 ms\tMemory Size: 128 MB\tMax Memory Used: 72 MB\t",
        ])],
        near_misses: &[
            // A retry that the function logged and that helped.
            function_log(&[
                "START RequestId: cc4b9b6a-0978-4c21-add2-e3201ee49cb6 Version: $LATEST",
                "2024-05-04T17:48:21.117Z\tcc4b9b6a-0978-4c21-add2-e3201ee49cb6\tWARN\tThrottlingException, trying again in 200 ms",
                "END RequestId: cc4b9b6a-0978-4c21-add2-e3201ee49cb6",
                "REPORT RequestId: cc4b9b6a-0978-4c21-add2-e3201ee49cb6\tDuration: 240.19 ms\tBilled Duration: 241 ms\tMemory Size: 128 MB\tMax Memory Used: 72 MB\t",
            ]),
        ],
    },
    Cause {
        id: "lambda_dependency_unreachable",
        formerly: &[],
        role: None,
        title: "A database or endpoint could not be reached from the function",
        family: Family::Lambda,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[502, 500],
        needs: &[SeparateLog(LogKind::Lambda)],
        patterns: &[
            FunctionLog("econnrefused"),
            FunctionLog("etimedout"),
            FunctionLog("esockettimedout"),
            // A code of its own, not the end of ResourceNotFound and its like.
            FunctionLog("^enotfound"),
            FunctionLog(" enotfound"),
            FunctionLog("\"enotfound"),
            FunctionLog("'enotfound"),
            FunctionLog("econnreset"),
            FunctionLog("econnaborted"),
            FunctionLog("ehostunreach"),
            FunctionLog("enetunreach"),
            FunctionLog("eai_again"),
            FunctionLog("socket hang up"),
            FunctionLog("getaddrinfo"),
            FunctionLog("connecttimeout"),
            FunctionLog("connectiontimeout"),
            FunctionLog("readtimeout"),
            FunctionLog("connectionrefused"),
            FunctionLog("connectionreset"),
            FunctionLog("connectionerror"),
            FunctionLog("connectionclosed"),
            FunctionLog("maxretryerror"),
            FunctionLog("max retries exceeded with url"),
            FunctionLog("maxretriesperrequest"),
            FunctionLog("max retries per request"),
            FunctionLog("connection to server at"),
            FunctionLog("connecting to {} timed out"),
            FunctionLog("error 111 connecting"),
            FunctionLog("error 110 connecting"),
            FunctionLog("timeout: timed out"),
            FunctionLog("timeouterror: timed out"),
            FunctionLog("urlopen error"),
            FunctionLog("socket timed out"),
            FunctionLog("socket timeout"),
            FunctionLog("httpclient.timeout"),
            FunctionLog("no connection could be made"),
            FunctionLog("connection is not available"),
            FunctionLog("connectionacquiretimeout"),
            FunctionLog("timeout acquiring connection"),
            FunctionLog("can't reach database server"),
            FunctionLog("buffering timed out"),
            FunctionLog("could not connect to"),
            FunctionLog("couldn't connect to"),
            FunctionLog("cannot connect to"),
            FunctionLog("unable to connect to"),
            FunctionLog("failed to connect to"),
            FunctionLog("failed to establish new connection"),
            FunctionLog("can't connect to"),
            FunctionLog("connection refused"),
            FunctionLog("connection reset"),
            FunctionLog("connection timed out"),
            FunctionLog("connection timeout"),
            FunctionLog("connect timed out"),
            FunctionLog("connect timeout"),
            FunctionLog("read timed out"),
            FunctionLog("operation timed out"),
            FunctionLog("connection terminated"),
            FunctionLog("connection was closed"),
            FunctionLog("connection is closed"),
            FunctionLog("connection closed"),
            FunctionLog("network is unreachable"),
            FunctionLog("no route to host"),
            FunctionLog("no such host"),
            FunctionLog("unknownhost"),
            FunctionLog("unknown host"),
            FunctionLog("name or service not known"),
            FunctionLog("temporary failure in name resolution"),
            FunctionLog("nodename nor servname"),
            FunctionLog("sockettimeout"),
            FunctionLog("connectexception"),
            FunctionLog("noroutetohost"),
            FunctionLog("i/o timeout"),
            FunctionLog("context deadline exceeded"),
            FunctionLog("client.timeout exceeded"),
            FunctionLog("mongonetwork"),
            FunctionLog("mongoserverselection"),
            FunctionLog("mongotimeout"),
            FunctionLog("serverselectiontimeout"),
            FunctionLog("protocol_sequence_timeout"),
            FunctionLog("protocol_connection_lost"),
            FunctionLog("communications link failure"),
            FunctionLog("unable to execute http request"),
            FunctionLog("server has gone away"),
            FunctionLog("lost connection to mysql"),
            FunctionLog("networkingerror"),
            FunctionLog("dispatch failure"),
            FunctionLog("error trying to connect"),
        ],
        remedy: Remedy {
            means: "The function ended with an error because it could not connect to something, or lost the \
                connection.",
            checks: &[
                "Refused: the process does not listen there, or the port is wrong. Not found: the name is wrong, or \
                 private and the function is outside the VPC. Timed out: packets are dropped on the way.",
                "Function in a VPC: it has no public address. For the internet it needs private subnets with a route \
                 to a NAT gateway; for AWS services a NAT gateway or VPC endpoints.",
                "Security groups: the database's group must admit its port from the function's group; the function's \
                 group must let it out. Network ACLs both ways.",
                "Under load: connection limits. Each environment keeps connections of its own, so compare \
                 concurrency times pool size with what the database bears, use a proxy (RDS Proxy) or a small pool, \
                 and cap the concurrency.",
                "Connections that idle between invocations are dropped by the other side while the environment is \
                 frozen: open on demand, check before use, and catch errors of idle connections.",
                "Give each connect and read a timeout well below the function's, so that the log names the \
                 dependency and not only the function's timeout.",
                "The dependency's own health: status page, failover, maintenance window.",
            ],
            see: &[
                "The function's network:\n\
                 aws lambda get-function-configuration --function-name FUNCTION --query VpcConfig",
                "Its rejected packets are network_rejected in the flow logs of its interfaces; a missing route \
                 leaves no record.",
                "Connections of the database: metric DatabaseConnections of AWS/RDS. In the API's logs this is \
                 counted as lambda_unhandled_error.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-networking.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html",
        ],
        since: "0.1.0",
        examples: &[function_log(&[
            "START RequestId: e57f6e66-77cc-4034-8739-bcbae89b83e6 Version: $LATEST",
            "2024-05-04T17:48:21.117Z\te57f6e66-77cc-4034-8739-bcbae89b83e6\tERROR\tInvoke Error \t{\"errorType\":\"Error\",\"errorMessage\":\"connect ECONNREFUSED 10.0.31.44:5432\",\"code\":\"ECONNREFUSED\",\"errno\":-111,\"syscall\":\"connect\",\"address\":\"10.0.31.44\",\"port\":5432,\"stack\":[\"Error: connect ECONNREFUSED 10.0.31.44:5432\",\"    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)\"]}",
            "END RequestId: e57f6e66-77cc-4034-8739-bcbae89b83e6",
            "REPORT RequestId: e57f6e66-77cc-4034-8739-bcbae89b83e6\tDuration: 44.90 ms\tBilled Duration: 45 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\t",
        ])],
        near_misses: &[
            // A service answered, only not with what was asked for: the name holds the letters of ENOTFOUND.
            function_log(&[
                "START RequestId: 7d0c1c38-5a2f-4a0e-9a49-5f6a0d1f7be1 Version: $LATEST",
                "[ERROR] ClientError: An error occurred (ResourceNotFoundException) when calling the GetItem operation: Requested resource not found\nTraceback (most recent call last):\n  File \"/var/task/orders.py\", line 12, in handler\n    table.get_item(Key=key)",
                "END RequestId: 7d0c1c38-5a2f-4a0e-9a49-5f6a0d1f7be1",
                "REPORT RequestId: 7d0c1c38-5a2f-4a0e-9a49-5f6a0d1f7be1\tDuration: 44.90 ms\tBilled Duration: 45 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\t",
            ]),
            // The function's own timeout, whatever it waited for.
            function_log(&[
                "START RequestId: fe84fdac-9dc5-47cb-9b36-ceaecd9d660b Version: $LATEST",
                "2024-05-04T17:48:21.117Z\tfe84fdac-9dc5-47cb-9b36-ceaecd9d660b\tERROR\tconnect ETIMEDOUT 10.0.31.44:5432, trying again",
                "2024-05-04T17:48:24.118Z fe84fdac-9dc5-47cb-9b36-ceaecd9d660b Task timed out after 3.00 seconds\n",
                "END RequestId: fe84fdac-9dc5-47cb-9b36-ceaecd9d660b",
                "REPORT RequestId: fe84fdac-9dc5-47cb-9b36-ceaecd9d660b\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\tStatus: timeout",
            ]),
            function_log(&[
                "START RequestId: c2f47546-37ed-4a96-9635-fe106a613597 Version: $LATEST",
                "2024-05-04T17:48:21.117Z\tc2f47546-37ed-4a96-9635-fe106a613597\tERROR\tconnect ECONNREFUSED 10.0.31.44:6379, going on without the cache",
                "END RequestId: c2f47546-37ed-4a96-9635-fe106a613597",
                "REPORT RequestId: c2f47546-37ed-4a96-9635-fe106a613597\tDuration: 20.44 ms\tBilled Duration: 21 ms\tMemory Size: 128 MB\tMax Memory Used: 70 MB\t",
            ]),
        ],
    },
];
