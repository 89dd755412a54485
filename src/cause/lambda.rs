//! Causes in the Lambda function behind an API.

use super::Need::{AccessField, ErrorLevel, SeparateLog};
use super::Pattern::{ErrorType, Function, FunctionLog, Gateway, InvocationStatus, LambdaService};
use super::{Cause, Family, Kind, LogKind, Rank, Remedy, Role, access, execution, function_log};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "payload_too_large",
        formerly: &[],
        role: None,
        title: "The answer is larger than API Gateway or Lambda allows",
        family: Family::Backend,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500, 502],
        needs: &[ErrorLevel, AccessField("integration.error"), SeparateLog(LogKind::Lambda)],
        patterns: &[
            Gateway("larger than allowed maximum"),
            Gateway("exceeded maximum allowed payload size"),
            Gateway("responsesizetoolarge"),
            InvocationStatus(413, 413),
            Function("^exceeded maximum allowed payload size"),
            Function("^response payload size {}exceeded maximum allowed payload size"),
            Function("^function.responsesizetoolarge"),
            Function("^responsesizetoolarge"),
            Function("^body size is too long$"),
            Function("^lambda function returned response that is too long to serialize"),
            ErrorType("^function.response size too large$"),
            ErrorType("^response size too large$"),
            FunctionLog("^lambda_runtime failed to post handler success response. http response code: 413"),
            FunctionLog("^failed to post handler success response. http response code: 413"),
            FunctionLog("^exceeded maximum allowed payload size"),
            FunctionLog("^response payload size {}exceeded maximum allowed payload size"),
            FunctionLog("^body size is too long$"),
            FunctionLog("^lambda function returned response that is too long to serialize"),
        ],
        remedy: Remedy {
            means: "The backend's answer is above a limit that cannot be raised: 10 MB at API Gateway, and before \
                that 6 MB (6,291,556 bytes) for what a Lambda function returns. Base64 makes binary data a third \
                larger.",
            confirm: &[
                "Which route is it, and did its data grow or its page size change? In the access log, \
                 `$context.responseLength` shows the largest answers that still pass.",
                "Which limit was met? The log of the function names 6 MB (the last hour); the gateway alone sees a \
                 502:\n\
                 aws logs filter-log-events --log-group-name /aws/lambda/FUNCTION --start-time $(($(date +%s) - \
                 3600))000 --filter-pattern '?\"payload size exceeded\" ?\"Http response code: 413\"' --query \
                 'events[].[logStreamName,timestamp,message]' --output text\n\n\
                 Lines with a size: the answer of the function was above 6,291,556 bytes. No output: another function \
                 or hour, or the 10 MB of the gateway; its own sentence in the execution log then gives the length.",
                "A request that is too large is another matter: 10 MB at the gateway (the client gets a 413), 6 MB \
                 for the event of a function.",
            ],
            fix: &[
                "Page the list, cap the page size on the server, and drop fields that callers do not read.",
                "Files: put the object into S3 and answer with a presigned URL, or a redirect to one. Uploads go \
                 there in the same way.",
                "Compress: text shrinks several times. What counts against 6 MB is what the function returns, and \
                 base64 makes binary data a third larger.",
                "Large answers that must pass the API: response streaming (REST API, proxy integration, \
                 responseTransferMode STREAM) is not bound by the 10 MB.",
                "Then measure the answer. It runs the function for real, with the event that failed:\n\
                 aws lambda invoke --function-name FUNCTION --payload file://event.json --cli-binary-format \
                 raw-in-base64-out answer.json && wc -c answer.json\n\n\
                 Below 6,291,556 bytes it passes. (AWS CLI 2; version 1 has no `--cli-binary-format` and needs none.)",
            ],
            prevent: &[
                "Test each list and export with as much data as the largest customer has.",
                "Alarm on `$context.responseLength` (access log) above half of the limit.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(91504e86-b37f-4052-9ea4-4fb36fd15255) Execution failed due to configuration error: Integration response of reported length 10485777 is larger than allowed maximum of 10485760 bytes.",
                "(91504e86-b37f-4052-9ea4-4fb36fd15255) Method completed with status: 500",
            ]),
            execution(&[
                "(1cc48a85-e698-431a-8de9-f55607d6c96a) Lambda execution failed with status 200 due to customer function error: Response payload size exceeded maximum allowed payload size (6291556 bytes).. Lambda request id: b8eec961-b74f-4f3a-8334-a8d8adca9c38",
                "(1cc48a85-e698-431a-8de9-f55607d6c96a) Method completed with status: 502",
            ]),
            function_log(&[
                "START RequestId: feda6b04-63f7-4322-a026-c022349cd325 Version: $LATEST",
                "[ERROR] [1714844901070] LAMBDA_RUNTIME Failed to post handler success response. Http response code: 413.",
                "END RequestId: feda6b04-63f7-4322-a026-c022349cd325",
                "REPORT RequestId: feda6b04-63f7-4322-a026-c022349cd325\tDuration: 812.40 ms\tBilled Duration: 813 ms\tMemory Size: 512 MB\tMax Memory Used: 143 MB\t",
            ]),
        ],
        near_misses: &[
            // The first words of the platform, without the rest of its sentence.
            execution(&[
                "(2b7c000a-1d3e-4f50-9a61-b2c3d4e5f60a) Lambda execution failed with status 200 due to customer function error: Response payload size mismatch. Lambda request id: 0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c50a",
                "(2b7c000a-1d3e-4f50-9a61-b2c3d4e5f60a) Method completed with status: 502",
            ]),
            // Quoted by an error of the function.
            execution(&[
                "(2b7c0001-1d3e-4f50-9a61-b2c3d4e5f601) Lambda execution failed with status 200 due to customer function error: courier says: Response payload size exceeded maximum allowed payload size. Lambda request id: 0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c501",
                "(2b7c0001-1d3e-4f50-9a61-b2c3d4e5f601) Method completed with status: 502",
            ]),
            // The runtime refused the answer for another reason: the invocation had failed before.
            function_log(&[
                "START RequestId: e9442410-4855-4b4c-93fa-a13652e8461d Version: $LATEST",
                "2024-05-04T17:48:21.117Z\te9442410-4855-4b4c-93fa-a13652e8461d\tERROR\tUnhandled Promise Rejection \t{\"errorType\":\"Runtime.UnhandledPromiseRejection\",\"errorMessage\":\"ReferenceError: total is not defined\"}",
                "[ERROR] [1714844901117] LAMBDA_RUNTIME Failed to post handler success response. Http response code: 403.",
                "END RequestId: e9442410-4855-4b4c-93fa-a13652e8461d",
                "REPORT RequestId: e9442410-4855-4b4c-93fa-a13652e8461d\tDuration: 41.07 ms\tBilled Duration: 42 ms\tMemory Size: 128 MB\tMax Memory Used: 66 MB\t",
            ]),
            // The client's request was too large: a 413 for the client.
            execution(&[
                "(540f3a98-6f38-4973-814d-b04a6bfd8a81) Gateway response type: REQUEST_TOO_LARGE with status code: 413",
                "(540f3a98-6f38-4973-814d-b04a6bfd8a81) Method completed with status: 413",
            ]),
        ],
    },
    Cause {
        id: "lambda_throttled",
        formerly: &[],
        role: None,
        title: "Lambda throttled the function",
        family: Family::Lambda,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[500, 502],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("rate exceeded"),
            Gateway("toomanyrequestsexception"),
            Gateway("concurrentinvocationlimitexceeded"),
            Gateway("lambda{}throttled"),
            InvocationStatus(429, 429),
            LambdaService("^toomanyrequests"),
            LambdaService("^rate exceeded$"),
            // The reason, before the message.
            LambdaService("concurrentinvocationlimitexceeded:"),
            LambdaService("ratelimitexceeded:"),
            Function("^rate exceeded$"),
            Function("^toomanyrequestsexception"),
        ],
        remedy: Remedy {
            means: "Lambda refused to run the function because its concurrency was used up: the function's reserved \
                concurrency, or what the account has in this Region. No code ran.",
            confirm: &[
                "Which function is it, and since when? Look at its reserved concurrency: a small number, or 0 left \
                 from an emergency stop, throttles at once.\n\
                 aws lambda get-function-concurrency --function-name FUNCTION\n\n\
                 `ReservedConcurrentExecutions` is its cap. No output at all: none is reserved, so it shares what the \
                 account has.",
                "Was it this function or a neighbour that used the account up? START and END are like \
                 2026-05-04T17:00:00Z.\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Throttles --dimensions \
                 Name=FunctionName,Value=FUNCTION --start-time START --end-time END --period 60 --statistics Sum\n\
                 aws lambda get-account-settings --query AccountLimit\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name ConcurrentExecutions \
                 --start-time START --end-time END --period 60 --statistics Maximum\n\n\
                 The third is the whole account in this Region: at `ConcurrentExecutions` of the second it is used \
                 up, at much less the cap of the function is. An empty list of the first: no throttle in that time, \
                 or another Region.",
                "Did traffic rise, or only the duration? Concurrency is requests per second times duration, so a slow \
                 dependency throttles a function whose traffic did not change:\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Duration --dimensions \
                 Name=FunctionName,Value=FUNCTION --start-time START --end-time END --period 60 --statistics Average\n\n\
                 Duration that rose together with the throttles: go on with what the function waits for. Traffic that \
                 rose faster than 1,000 environments in 10 s is throttled below any limit.",
                "A throttle may stand behind \"Malformed Lambda proxy response\": the endpoint response headers then \
                 carry x-amzn-ErrorType=TooManyRequestsException, which only data trace logs. Without it, throttles \
                 in the minute of a lambda_malformed_response say the same.",
            ],
            fix: &[
                "Give the function what it needs, or take an emergency stop away:\n\
                 aws lambda put-function-concurrency --function-name FUNCTION --reserved-concurrent-executions NUMBER\n\n\
                 It replaces the former number at once and takes NUMBER from what all other functions of the account \
                 share (100 must stay unreserved); 0 stops the function. To undo, send the former number, or where \
                 none was reserved: `aws lambda delete-function-concurrency --function-name FUNCTION`.",
                "Cap the neighbour that used the account up, in the same way, below its peak.",
                "Shorten the function, and move work that can wait into a queue.",
                "Ask for a higher quota (Service Quotas, Lambda, Concurrent executions) if it is reached in normal \
                 traffic.",
                "A known peak: provisioned concurrency on the alias that the API calls. It costs while it stands.",
            ],
            prevent: &[
                "Throttle earlier and honestly: a stage or usage-plan rate below what the function bears gives \
                 clients a 429, on which they back off, instead of a 5xx. They retry with exponential backoff and \
                 jitter, idempotently.",
                "Alarm on ConcurrentExecutions at 80 % of the account's limit and on Throttles of the functions \
                 behind APIs.",
                "Take load off: cache answers at the stage.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-concurrency.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/provisioned-concurrency.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(a2615f97-c480-4163-8fb5-50c470e26366) Lambda invocation failed with status: 429. Lambda request id: 0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5",
                "(a2615f97-c480-4163-8fb5-50c470e26366) Execution failed due to configuration error: Rate Exceeded.",
                "(a2615f97-c480-4163-8fb5-50c470e26366) Method completed with status: 500",
            ]),
            execution(&[
                "(3d93d1a1-5ccc-4033-9ddb-0bf6c7584cb2) Sending request to https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders/invocations",
                "(3d93d1a1-5ccc-4033-9ddb-0bf6c7584cb2) Endpoint response headers: {Date=Sat, 04 May 2024 17:48:21 GMT, Content-Type=application/json, Content-Length=78, Connection=keep-alive, x-amzn-RequestId=98354949-4df0-44b9-bc36-1514aa1d509c, x-amzn-ErrorType=TooManyRequestsException}",
                "(3d93d1a1-5ccc-4033-9ddb-0bf6c7584cb2) Execution failed due to configuration error: Malformed Lambda proxy response",
                "(3d93d1a1-5ccc-4033-9ddb-0bf6c7584cb2) Method completed with status: 502",
            ]),
            access(&[
                r#"{"requestId":"0d1e0f13-cbf1-4feb-9570-d22efc420cde","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"500","integrationError":"Execution failed due to configuration error: Rate Exceeded."}"#,
            ]),
        ],
        near_misses: &[
            // The words are the whole text where the platform says them.
            execution(&[
                "(2b7c0002-1d3e-4f50-9a61-b2c3d4e5f602) Lambda execution failed with status 200 due to customer function error: rate exceeded for coupon 7. Lambda request id: 0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c502",
                "(2b7c0002-1d3e-4f50-9a61-b2c3d4e5f602) Method completed with status: 502",
            ]),
            // API Gateway throttled the client.
            execution(&[
                "(1e1b2df8-7746-48ba-8316-27ac16e15d5a) Gateway response type: THROTTLED with status code: 429",
                "(1e1b2df8-7746-48ba-8316-27ac16e15d5a) Method completed with status: 429",
            ]),
            // A client sends the header's words in its own request.
            execution(&[
                "(65bec53a-48c1-4596-b6f5-d2d7006db237) Method request headers: {x-amzn-ErrorType=TooManyRequestsException}",
                "(65bec53a-48c1-4596-b6f5-d2d7006db237) Execution failed due to configuration error: Malformed Lambda proxy response",
                "(65bec53a-48c1-4596-b6f5-d2d7006db237) Method completed with status: 502",
            ]),
        ],
    },
    Cause {
        id: "lambda_out_of_memory",
        formerly: &[],
        role: Some(Role::OutOfMemory),
        title: "The function ran out of memory",
        family: Family::Lambda,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[502, 500],
        needs: &[ErrorLevel, AccessField("integration.error"), SeparateLog(LogKind::Lambda)],
        patterns: &[
            Function("^runtime exited with error: signal: killed"),
            Function("^signal: killed$"),
            Function("^runtime.outofmemory"),
            Function("^java.lang.outofmemoryerror"),
            Function("^outofmemoryerror"),
            Function("^system.outofmemoryexception"),
            Function("^exception of type 'system.outofmemoryexception' was thrown"),
            Function("^javascript heap out of memory"),
            Function("^runtime: out of memory"),
            Function("^fatal error: runtime: out of memory"),
            Function("^out of memory$"),
            Function("^out of memory (allocated"),
            Function("^memoryerror$"),
            Function("^memoryerror: "),
            Function("^nomemoryerror$"),
            Function("^nomemoryerror: "),
            Function("^java heap space$"),
            Function("^metaspace$"),
            Function("^gc overhead limit exceeded$"),
            Function("^requested array size exceeds vm limit$"),
            Function("^failed to allocate memory$"),
            Function("^failed to allocate memory (nomemoryerror)"),
            Function("^cannot allocate memory$"),
            Function("^cannot allocate memory - "),
            Function("^[errno 12] cannot allocate memory"),
            Function("^memory allocation of {word} bytes failed"),
            Function("^allowed memory size of {word} bytes exhausted"),
            ErrorType("^out of memory error$"),
            ErrorType("^java.lang.out of memory error$"),
            ErrorType("^out of memory exception$"),
            ErrorType("^system.out of memory exception$"),
            ErrorType("^runtime.out of memory$"),
            ErrorType("^memory error$"),
            ErrorType("array memory error$"),
            ErrorType("^no memory error$"),
            ErrorType("bad alloc$"),
            FunctionLog("^javascript heap out of memory"),
            FunctionLog("^java.lang.outofmemoryerror"),
            FunctionLog("^outofmemoryerror"),
            FunctionLog("^outofmemoryexception"),
            FunctionLog("^terminating due to java.lang.outofmemoryerror"),
            FunctionLog("^aborting due to java.lang.outofmemoryerror"),
            FunctionLog("^exception in thread \"main\" java.lang.outofmemoryerror"),
            FunctionLog("^unhandled exception. system.outofmemoryexception"),
            FunctionLog("^unhandled exception. out of memory$"),
            FunctionLog("^runtime: out of memory"),
            FunctionLog("^fatal error: runtime: out of memory"),
            FunctionLog("^fatal error: out of memory"),
            FunctionLog("^out of memory$"),
            FunctionLog("^out of memory (allocated"),
            FunctionLog("^out of memory. at "),
            FunctionLog("^fatal process out of memory"),
            FunctionLog("^fatal javascript out of memory"),
            FunctionLog("^there is insufficient memory for java runtime environment to continue"),
            FunctionLog("^native memory allocation ("),
            FunctionLog("^java heap space$"),
            FunctionLog("^metaspace$"),
            FunctionLog("^requested array size exceeds vm limit"),
            FunctionLog("^java heap space: java.lang.outofmemoryerror"),
            FunctionLog("^metaspace: java.lang.outofmemoryerror"),
            FunctionLog("^gc overhead limit exceeded$"),
            FunctionLog("^memoryerror$"),
            FunctionLog("^memoryerror: "),
            FunctionLog("^failed to allocate memory$"),
            FunctionLog("^failed to allocate memory (nomemoryerror)"),
            FunctionLog("^[fatal] failed to allocate memory"),
            FunctionLog("^cannot allocate memory$"),
            FunctionLog("^cannot allocate memory - "),
            FunctionLog("^[errno 12] cannot allocate memory"),
            FunctionLog("^memory allocation of {word} bytes failed"),
            FunctionLog("^terminate called after throwing instance of {}bad_alloc"),
            FunctionLog("^php fatal error: allowed memory size of {word} bytes exhausted"),
            FunctionLog("^fatal error: allowed memory size of {word} bytes exhausted"),
            FunctionLog("^allowed memory size of {word} bytes exhausted"),
            FunctionLog("^php fatal error: out of memory (allocated"),
        ],
        remedy: Remedy {
            means: "The function needed more memory than it is configured with, and the runtime or the sandbox ended \
                it. The next request starts with a cold environment.",
            confirm: &[
                "Which function is it, and what was deployed or grew when it began? Read the REPORT lines (the last \
                 hour):\n\
                 aws logs filter-log-events --log-group-name /aws/lambda/FUNCTION --start-time $(($(date +%s) - \
                 3600))000 --filter-pattern '?\"signal: killed\" ?OutOfMemory ?\"heap out of memory\" ?\"Status: \
                 error\"' --query 'events[].[logStreamName,timestamp,message]' --output text\n\n\
                 A REPORT line with Max Memory Used at Memory Size, beside a killed process, confirms it. The figure \
                 alone proves nothing: a cache may fill memory on purpose. No output: another function, Region or \
                 hour.",
                "Does it climb from invocation to invocation? Ask for the highest memory in each five minutes; \
                 `start-query` takes seconds:\n\
                 aws logs start-query --log-group-name /aws/lambda/FUNCTION --start-time $(($(date +%s) - 86400)) \
                 --end-time $(date +%s) --query-string 'filter @type = \"REPORT\" | stats max(@maxMemoryUsed / 1000 / \
                 1000) as used_mb, max(@memorySize / 1000 / 1000) as size_mb by bin(5m)' --query queryId --output \
                 text\n\
                 aws logs get-query-results --query-id QUERY_ID\n\n\
                 The first prints the QUERY_ID of the second, whose status must be Complete; ask again while it is \
                 Running. used_mb that climbs until size_mb and drops: something outside the handler keeps growing. \
                 used_mb that jumps: single large requests. `results: []`: no invocation in that day.",
                "Runtimes with a heap of their own (JVM, Node.js) may have a limit below the memory of the function, \
                 in an environment variable:\n\
                 aws lambda get-function-configuration --function-name FUNCTION --query \
                 '[Runtime,MemorySize,Environment.Variables.NODE_OPTIONS,Environment.Variables.JAVA_TOOL_OPTIONS]'\n\n\
                 null: the option is not set.",
            ],
            fix: &[
                "Raise the memory. CPU grows with it, so the price per request often does not:\n\
                 aws lambda update-function-configuration --function-name FUNCTION --memory-size MB\n\n\
                 It changes this one setting of the unpublished version, at once; an alias on a published version \
                 keeps the old one until a new version is published. To undo, send the former number.",
                "Find what grew: a request that loads a whole table or file. Read in pages, stream, and put large \
                 files into /tmp or S3.",
                "Growth over time: lists and caches at module level, unclosed connections, listeners added on every \
                 call. Bound or close them.",
            ],
            prevent: &[
                "Alarm on memory before it ends: Lambda Insights shows memory_utilization per function, or keep the \
                 query above.",
                "Test with the largest input that is allowed, and validate the size of input at the method.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-execution.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(b37260a8-d591-4274-90c6-61d581f37477) Lambda execution failed with status 200 due to customer function error: RequestId: 1d2e3f40-5b6c-4d7e-9f80-a1b2c3d4e5f6 Error: Runtime exited with error: signal: killed. Lambda request id: 1d2e3f40-5b6c-4d7e-9f80-a1b2c3d4e5f6",
                "(b37260a8-d591-4274-90c6-61d581f37477) Method completed with status: 502",
            ]),
            function_log(&[
                "START RequestId: 23e5a38c-2dbc-4f04-8791-326f149b3a01 Version: $LATEST",
                "RequestId: 23e5a38c-2dbc-4f04-8791-326f149b3a01 Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
                "END RequestId: 23e5a38c-2dbc-4f04-8791-326f149b3a01",
                "REPORT RequestId: 23e5a38c-2dbc-4f04-8791-326f149b3a01\tDuration: 1893.12 ms\tBilled Duration: 1894 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\tStatus: error\tError Type: Runtime.ExitError",
            ]),
        ],
        near_misses: &[
            // Quoted by an error of the function.
            execution(&[
                "(2b7c0003-1d3e-4f50-9a61-b2c3d4e5f603) Lambda execution failed with status 200 due to customer function error: note \"OutOfMemoryError: Java heap space\" is not a valid note. Lambda request id: 0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c503",
                "(2b7c0003-1d3e-4f50-9a61-b2c3d4e5f603) Method completed with status: 502",
            ]),
            // Behind the head of its message.
            execution(&[
                "(2b7c0004-1d3e-4f50-9a61-b2c3d4e5f604) Lambda execution failed with status 200 due to customer function error: unknown tag: java.lang.OutOfMemoryError. Lambda request id: 0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c504",
                "(2b7c0004-1d3e-4f50-9a61-b2c3d4e5f604) Method completed with status: 502",
            ]),
            // Near the limit, and a success.
            function_log(&[
                "START RequestId: a5853192-9c3c-4f71-8bb8-859601a842f6 Version: $LATEST",
                "END RequestId: a5853192-9c3c-4f71-8bb8-859601a842f6",
                "REPORT RequestId: a5853192-9c3c-4f71-8bb8-859601a842f6\tDuration: 96.41 ms\tBilled Duration: 97 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\t",
            ]),
            // The words of an application's own error.
            execution(&[
                "(df083a6e-4aa5-4891-843b-407cb6a44418) Lambda execution failed with status 200 due to customer function error: the shop is out of memory cards. Lambda request id: 571874d2-f6b3-4324-99ef-6186f1f72bfa",
                "(df083a6e-4aa5-4891-843b-407cb6a44418) Method completed with status: 502",
            ]),
        ],
    },
    Cause {
        id: "lambda_init_failure",
        formerly: &[],
        role: Some(Role::FunctionNotLoaded),
        title: "The function could not be loaded",
        family: Family::Lambda,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[502, 500],
        needs: &[ErrorLevel, AccessField("integration.error"), SeparateLog(LogKind::Lambda)],
        patterns: &[
            Function("^error: cannot find module '"),
            Function("^cannot find module '"),
            Function("^error: cannot find package '{word}' imported from"),
            Function("^cannot find package '{word}' imported from"),
            Function("^unable to import module '"),
            Function("^handler '{word}' missing on module '"),
            Function("^{word}.{word} is undefined or not exported$"),
            Function("^bad handler$"),
            Function("^bad handler '"),
            Function("^couldn't find valid bootstrap(s)"),
            Function("^class not found: {word}.{word}$"),
            Function("^class not found: {word}: java.lang.classnotfoundexception"),
            Function("^error loading class {word}:"),
            Function("^error loading method {word} on class {word}"),
            Function("^no public method named {word} with appropriate method signature found on class"),
            Function("^class {word} has no public method named {word}"),
            Function("^invalid handler: `{word}'"),
            Function("^module initialization error$"),
            Function("^module initialization error: "),
            Function("^syntax error in module '"),
            Function("^cannot use import statement outside module$"),
            Function("^unable to load type '{}' from assembly '"),
            Function("^unable to find method '{}' in type '"),
            Function("^could not find specified handler"),
            Function("^exception was thrown when constructor for type '"),
            Function("^cannot load such file -- "),
            Function("^fork/exec /var/task/bootstrap:"),
            Function("^fork/exec /var/task/function:"),
            Function("^fork/exec /var/task/handler:"),
            Function("^fork/exec /var/task/main:"),
            Function("^fork/exec /opt/bootstrap:"),
            Function("^fork/exec /var/runtime/bootstrap:"),
            Function("^fork/exec /lambda-entrypoint.sh:"),
            Function("^fork/exec {word}: {} runtime.invalidentrypoint$"),
            Function("^exec format error$"),
            Function("^could not find or load main class {word}"),
            Function("^error: could not find or load main class {word}"),
            Function("^entrypoint requires handler name to be first argument"),
            Function("^runtime.importmoduleerror"),
            Function("^runtime.handlernotfound"),
            Function("^runtime.usercodesyntaxerror"),
            Function("^runtime.malformedhandlername"),
            Function("^runtime.invalidentrypoint"),
            Function("^extension.crash"),
            Function("^java.lang.classnotfoundexception"),
            Function("^syntaxerror: "),
            ErrorType("import module error$"),
            ErrorType("handler not found$"),
            ErrorType("user code syntax error$"),
            ErrorType("malformed handler name$"),
            ErrorType("bad function code$"),
            ErrorType("built in module conflict$"),
            ErrorType("invalid entrypoint$"),
            ErrorType("invalid working dir$"),
            ErrorType("invalid task config$"),
            ErrorType("^runtime.init error$"),
            ErrorType("^runtime.init$"),
            ErrorType("^runtime.no such handler$"),
            ErrorType("^runtime.before snapshot error$"),
            ErrorType("^runtime.before checkpoint error$"),
            ErrorType("^runtime.after restore error$"),
            ErrorType("^runtime.restore hook user timeout$"),
            ErrorType("callback handler deprecated$"),
            ErrorType("malformed streaming handler$"),
            ErrorType("^extension."),
            ErrorType("^java.lang.class not found exception$"),
            ErrorType("err require esm"),
            ErrorType("lambda validation exception$"),
            FunctionLog("^error: cannot find module '"),
            FunctionLog("^cannot find module '"),
            FunctionLog("^error: cannot find package '{word}' imported from"),
            FunctionLog("^cannot find package '{word}' imported from"),
            FunctionLog("^unable to import module '"),
            FunctionLog("^handler '{word}' missing on module '"),
            FunctionLog("^{word}.{word} is undefined or not exported$"),
            FunctionLog("^bad handler$"),
            FunctionLog("^bad handler '"),
            FunctionLog("^couldn't find valid bootstrap(s)"),
            FunctionLog("^class not found: {word}.{word}$"),
            FunctionLog("^class not found: {word}: java.lang.classnotfoundexception"),
            FunctionLog("^error loading class {word}:"),
            FunctionLog("^error loading method {word} on class {word}"),
            FunctionLog("^no public method named {word} with appropriate method signature found on class"),
            FunctionLog("^class {word} has no public method named {word}"),
            FunctionLog("^invalid handler: `{word}'"),
            FunctionLog("^module initialization error$"),
            FunctionLog("^module initialization error: "),
            FunctionLog("^syntax error in module '"),
            FunctionLog("^cannot use import statement outside module$"),
            FunctionLog("^unable to load type '{}' from assembly '"),
            FunctionLog("^unable to find method '{}' in type '"),
            FunctionLog("^could not find specified handler"),
            FunctionLog("^exception was thrown when constructor for type '"),
            FunctionLog("^cannot load such file -- "),
            FunctionLog("^fork/exec /var/task/bootstrap:"),
            FunctionLog("^fork/exec /var/task/function:"),
            FunctionLog("^fork/exec /var/task/handler:"),
            FunctionLog("^fork/exec /var/task/main:"),
            FunctionLog("^fork/exec /opt/bootstrap:"),
            FunctionLog("^fork/exec /var/runtime/bootstrap:"),
            FunctionLog("^fork/exec /lambda-entrypoint.sh:"),
            FunctionLog("^exec format error$"),
            FunctionLog("^could not find or load main class {word}"),
            FunctionLog("^error: could not find or load main class {word}"),
            FunctionLog("^entrypoint requires handler name to be first argument"),
            FunctionLog("^no module named '"),
            FunctionLog("^undefined method `handler' for {word}"),
            FunctionLog("^undefined method 'handler' for {word}"),
            FunctionLog("^undefined method `lambda_handler' for {word}"),
            FunctionLog("^undefined method 'lambda_handler' for {word}"),
            FunctionLog("^eacces: permission denied, open '/var/task/{word}js'"),
            FunctionLog("^[errno 13] permission denied: '/var/task/{word}.py'"),
            FunctionLog("^/{word}: invalid elf header"),
            FunctionLog("^runtime api server failed to listen"),
            FunctionLog("^amazon.lambda.runtimesupport.exceptionhandling.lambdavalidationexception"),
        ],
        remedy: Remedy {
            means: "The environment did not come up: a module is missing, the handler cannot be found, code at \
                module level failed or took over 10 s, or an extension crashed. Every request fails until it is \
                fixed.",
            confirm: &[
                "Which function is it, and what was deployed, or which layer, secret or runtime changed, when it \
                 began? Read the first error of a failed start (the last hour); it names the module, file or handler:\n\
                 aws logs filter-log-events --log-group-name /aws/lambda/FUNCTION --start-time $(($(date +%s) - \
                 3600))000 --filter-pattern '?INIT_REPORT ?RESTORE_REPORT ?\"Runtime.\" ?\"Extension.\"' --query \
                 'events[].[logStreamName,timestamp,message]' --output text\n\n\
                 The error stands just before such a line in the same stream: read that as for \
                 lambda_unhandled_error. No output: it started well in this hour, or it is another function or \
                 Region.",
                "Compare the configured handler with the package:\n\
                 aws lambda get-function-configuration --function-name FUNCTION --query \
                 '[Runtime,Handler,Architectures,PackageType,State,LastModified,Layers[].Arn]'\n\n\
                 File, exported name and (for Java and .NET) class of the handler must exist in the package. \
                 LastModified close to the beginning: that change is the suspect.",
                "Unpack what is deployed, not what is on your disk: are the dependencies in it, built for this \
                 runtime version, this architecture and Linux? An SDK that an older runtime brought along must be \
                 packaged for a newer one. Layers must be attached to this version.",
                "Compiled runtimes and images: the executable is called `bootstrap`, has its execute bit, and is \
                 built for the configured architecture; the entry point of an image must exist in it.",
                "Code outside the handler: environment variables that are missing, secrets that cannot be read, a \
                 database that does not answer. It has 10 s.",
            ],
            fix: &[
                "Roll back: point the alias that the API calls at the version before.\n\
                 aws lambda update-alias --function-name FUNCTION --name ALIAS --function-version FORMER_VERSION\n\n\
                 It changes which version every caller of the alias gets, at once. To undo, send the version that it \
                 had (`aws lambda get-alias --function-name FUNCTION --name ALIAS`). Without an alias, deploy the \
                 former package.",
                "Package what is missing, for the configured runtime and architecture; correct the handler.",
                "Defer what is slow to first use, and load less. Provisioned concurrency, or for small functions a \
                 scheduled invocation, moves a slow start away from callers.",
                "Extensions and layers of observability vendors: update them, or detach them to see whether the \
                 function then starts. `--layers` of `update-function-configuration` replaces the whole list: note it \
                 first.",
                "Then invoke it without the API. It runs the function for real:\n\
                 aws lambda invoke --function-name FUNCTION --payload '{}' --cli-binary-format raw-in-base64-out \
                 --log-type Tail --query '[StatusCode,FunctionError]' answer.json\n\n\
                 `[200, null]`: it starts. \"Unhandled\": read answer.json. (AWS CLI 2; version 1 has no \
                 `--cli-binary-format` and needs none.)",
            ],
            prevent: &[
                "Build in the image of the runtime, and invoke the function once after each deployment, before the \
                 alias moves.",
                "Deploy gradually (an alias with two versions), which finds this before most callers do.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(c48371b9-e6a2-4385-a1d7-72e692048588) Lambda execution failed with status 200 due to customer function error: Error: Cannot find module 'pg'. Lambda request id: 2e3f4051-6c7d-4e8f-a091-b2c3d4e5f607",
                "(c48371b9-e6a2-4385-a1d7-72e692048588) Method completed with status: 502",
            ]),
            execution(&[
                "(5132e41c-4f9a-41bb-a98e-b9759e00a2f5) Lambda execution failed with status 200 due to customer function error: Unable to import module 'app': No module named 'requests'. Lambda request id: efdecf04-e8e8-49f5-b78d-0fe58bff987a",
                "(5132e41c-4f9a-41bb-a98e-b9759e00a2f5) Method completed with status: 502",
            ]),
            function_log(&[
                "2024-05-04T17:48:20.640Z\tundefined\tERROR\tUncaught Exception \t{\"errorType\":\"Runtime.ImportModuleError\",\"errorMessage\":\"Error: Cannot find module 'pg'\\nRequire stack:\\n- /var/task/index.js\"}",
                "INIT_REPORT Init Duration: 187.33 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError",
                "START RequestId: 31553995-e30c-4f42-9057-cee96f6d4cc4 Version: $LATEST",
                "2024-05-04T17:48:21.117Z\tundefined\tERROR\tUncaught Exception \t{\"errorType\":\"Runtime.ImportModuleError\",\"errorMessage\":\"Error: Cannot find module 'pg'\\nRequire stack:\\n- /var/task/index.js\"}",
                "END RequestId: 31553995-e30c-4f42-9057-cee96f6d4cc4",
                "REPORT RequestId: 31553995-e30c-4f42-9057-cee96f6d4cc4\tDuration: 412.90 ms\tBilled Duration: 413 ms\tMemory Size: 128 MB\tMax Memory Used: 33 MB\tStatus: error\tError Type: Runtime.ImportModuleError",
            ]),
        ],
        near_misses: &[
            // A tool that the handler starts.
            execution(&[
                "(2b7c0008-1d3e-4f50-9a61-b2c3d4e5f608) Lambda execution failed with status 200 due to customer function error: fork/exec /opt/bin/ffmpeg: no such file or directory. Lambda request id: 0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c508",
                "(2b7c0008-1d3e-4f50-9a61-b2c3d4e5f608) Method completed with status: 502",
            ]),
            // The first words of a runtime, without the rest of its sentence.
            execution(&[
                "(2b7c0009-1d3e-4f50-9a61-b2c3d4e5f609) Lambda execution failed with status 200 due to customer function error: Unable to find method of payment for order 7. Lambda request id: 0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c509",
                "(2b7c0009-1d3e-4f50-9a61-b2c3d4e5f609) Method completed with status: 502",
            ]),
            // Behind the head of its message.
            execution(&[
                "(2b7c0005-1d3e-4f50-9a61-b2c3d4e5f605) Lambda execution failed with status 200 due to customer function error: note refused: Unable to import module 'app'. Lambda request id: 0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c505",
                "(2b7c0005-1d3e-4f50-9a61-b2c3d4e5f605) Method completed with status: 502",
            ]),
            // A module that the handler looks for while it runs, and does without.
            function_log(&[
                "START RequestId: 87e5c103-e543-49ca-8664-dcb0c17c7e0a Version: $LATEST",
                "2024-05-04T17:48:21.117Z\t87e5c103-e543-49ca-8664-dcb0c17c7e0a\tWARN\tCannot find module 'fast-path', using the slow one",
                "END RequestId: 87e5c103-e543-49ca-8664-dcb0c17c7e0a",
                "REPORT RequestId: 87e5c103-e543-49ca-8664-dcb0c17c7e0a\tDuration: 12.04 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 66 MB\t",
            ]),
            // The platform's first try to start failed, the second did not.
            function_log(&[
                "INIT_REPORT Init Duration: 10000.00 ms\tPhase: init\tStatus: timeout",
                "START RequestId: a6531f98-fb01-4028-9119-cab144dce57d Version: $LATEST",
                "END RequestId: a6531f98-fb01-4028-9119-cab144dce57d",
                "REPORT RequestId: a6531f98-fb01-4028-9119-cab144dce57d\tDuration: 9120.55 ms\tBilled Duration: 9121 ms\tMemory Size: 512 MB\tMax Memory Used: 211 MB\t",
            ]),
        ],
    },
    Cause {
        id: "lambda_timeout",
        formerly: &[],
        role: Some(Role::FunctionTimedOut),
        title: "The function ran into its own timeout",
        family: Family::Lambda,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[502, 500],
        needs: &[ErrorLevel, AccessField("integration.error"), SeparateLog(LogKind::Lambda)],
        patterns: &[
            Function("^task timed out after {} seconds$"),
            Function("^sandbox.timedout"),
            ErrorType("^sandbox.timed out$"),
            ErrorType("^sandbox.timedout$"),
            ErrorType("^sandbox.timeout$"),
            ErrorType("^task.timed out$"),
            ErrorType("^runtime.invoke timeout$"),
            FunctionLog("^task timed out after"),
        ],
        remedy: Remedy {
            means: "The function was still running when its own configured timeout ended it (default 3 s, at most 15 \
                min). This is not the gateway's timeout: that one is integration_timeout.",
            confirm: &[
                "Which function is it, since when, and was it or something that it calls deployed then? Look at the \
                 configured timeout: the default of 3 s is too short for most calls to other services.\n\
                 aws lambda get-function-configuration --function-name FUNCTION --query \
                 '[Timeout,MemorySize,VpcConfig.SubnetIds,LastModified]'\n\n\
                 The timeout is in seconds. Subnets: the function is in a VPC and needs a route (NAT gateway or \
                 endpoints) to what it calls.",
                "Is it each request or some? START and END are like 2026-05-04T17:00:00Z.\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Duration --dimensions \
                 Name=FunctionName,Value=FUNCTION --start-time START --end-time END --period 60 --statistics Average \
                 Maximum\n\n\
                 In milliseconds. Maximum at the timeout and Average far below: some requests or cold starts. Both at \
                 it: a connection to something unreachable, mostly a VPC without route or a security group in \
                 between. An empty list: no invocation in that time.",
                "Find the invocations that ended so (the last hour) and what they did last:\n\
                 aws logs filter-log-events --log-group-name /aws/lambda/FUNCTION --start-time $(($(date +%s) - \
                 3600))000 --filter-pattern '?\"Task timed out\" ?\"Status: timeout\"' --query \
                 'events[].[logStreamName,timestamp,message]' --output text\n\n\
                 What one logged before stands in the same stream: read that as for lambda_unhandled_error. The last \
                 line, or the open segment of its X-Ray trace, is before the slow call. No output: this was the \
                 timeout of the gateway (integration_timeout), or another hour.",
            ],
            fix: &[
                "Give every outgoing call a timeout well below that of the function, so that it can answer an error \
                 of its own and say which call it was.",
                "Make it faster: fewer and parallel calls, better queries, caches, reused connections; more memory \
                 brings more CPU.",
                "Raise the timeout if the work is legitimate, but keep it slightly below the timeout of the \
                 integration (REST 29 s by default, HTTP API at most 30 s), so that the log of the function names the \
                 fault. A function may run 15 min at most:\n\
                 aws lambda update-function-configuration --function-name FUNCTION --timeout SECONDS\n\n\
                 It changes this one setting of the unpublished version, at once; an alias on a published version \
                 keeps the old one until a new version is published. To undo, send the former number.",
                "Longer work goes asynchronous: SQS or Step Functions, 202 for the caller, and an endpoint to ask for \
                 the state.",
                "Cold starts that push a request over: provisioned concurrency, less work before the handler, smaller \
                 packages; for small functions a scheduled invocation that keeps one environment warm.",
            ],
            prevent: &[
                "Alarm on Duration (p99) at 80 % of the timeout.",
                "Keep timeouts from the outside in, each a little shorter than the one around it: client, \
                 integration, function, outgoing calls.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-execution.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(d59482ca-f7b3-4496-b2e8-83f7a3159699) Lambda execution failed with status 200 due to customer function error: 2024-05-04T17:48:21.117Z 3f405162-7d8e-4f90-b1a2-c3d4e5f60718 Task timed out after 3.01 seconds. Lambda request id: 3f405162-7d8e-4f90-b1a2-c3d4e5f60718",
                "(d59482ca-f7b3-4496-b2e8-83f7a3159699) Method completed with status: 502",
            ]),
            access(&[
                r#"{"requestId":"JKJcZoRNxJeEUJC=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"GET /orders","status":"500","integrationErrorMessage":"The Lambda function returned the following error: RequestId: c611eb75-c553-42c7-9e39-c158f62127c7 Error: Task timed out after 5.00 seconds. Check your Lambda function code and try again."}"#,
            ]),
            function_log(&[
                "START RequestId: 6d625a13-92e6-4c83-bd68-cb150acae63a Version: $LATEST",
                "2024-05-04T17:48:24.118Z 6d625a13-92e6-4c83-bd68-cb150acae63a Task timed out after 3.00 seconds\n",
                "END RequestId: 6d625a13-92e6-4c83-bd68-cb150acae63a",
                "REPORT RequestId: 6d625a13-92e6-4c83-bd68-cb150acae63a\tDuration: 3000.00 ms\tBilled Duration: 3000 ms\tMemory Size: 128 MB\tMax Memory Used: 71 MB\tStatus: timeout",
            ]),
        ],
        near_misses: &[
            // Without the seconds of the platform.
            execution(&[
                "(2b7c0007-1d3e-4f50-9a61-b2c3d4e5f607) Lambda execution failed with status 200 due to customer function error: Task timed out after waiting for courier. Lambda request id: 0d1e2f3a-4b5c-4d6e-8f70-8192a3b4c507",
                "(2b7c0007-1d3e-4f50-9a61-b2c3d4e5f607) Method completed with status: 502",
            ]),
            // The gateway lost patience first.
            execution(&[
                "(e55c5141-b22d-4359-a6c6-3f83901fe19c) Execution failed due to a timeout error",
                "(e55c5141-b22d-4359-a6c6-3f83901fe19c) Method completed with status: 504",
            ]),
            // An application's own words.
            execution(&[
                "(03c6552e-279f-4985-8b06-7afaf0b6e4e0) Lambda execution failed with status 200 due to customer function error: job failed: upstream said Task timed out after 3.00 seconds. Lambda request id: bdfc435c-0537-481a-9e9e-a3187c1982c5",
                "(03c6552e-279f-4985-8b06-7afaf0b6e4e0) Method completed with status: 502",
            ]),
        ],
    },
    Cause {
        id: "lambda_unhandled_error",
        formerly: &[],
        role: Some(Role::FunctionFailed),
        title: "The function ended with an error",
        family: Family::Lambda,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[502, 500],
        needs: &[ErrorLevel, AccessField("integration.error"), SeparateLog(LogKind::Lambda)],
        patterns: &[
            Function(""),
            FunctionLog("^unable to marshal response"),
            // A file of the function's own.
            ErrorType("^java.nio.file.access denied exception$"),
            ErrorType("^system.unauthorized access exception$"),
            // A web framework's name for a client of the function's own.
            ErrorType("^unauthorized error$"),
        ],
        remedy: Remedy {
            means: "The function raised an exception that nothing caught, or reported a failure to the runtime. API \
                Gateway has no response to pass on, so the client gets the gateway's own error.",
            confirm: &[
                "Which function is it, since when, and what changed then: a deployment, an environment variable, a \
                 rotated secret, a dependency that answers differently, a field that a client leaves out? Read the \
                 stack trace: first find stream and times of the invocation (the last hour) by the Lambda request id. \
                 In the execution log the failure line ends with `Lambda request id` and the id; `Sending request to` names \
                 the function.\n\
                 aws logs filter-log-events --log-group-name /aws/lambda/FUNCTION --start-time $(($(date +%s) - \
                 3600))000 --filter-pattern '\"LAMBDA_REQUEST_ID\"' --query \
                 'events[].[logStreamName,timestamp,message]' --output text\n\n\
                 The id finds START, END and REPORT: in the text format a trace need not carry it, and that of Python \
                 does not. No output: another function, Region or hour, or the id is that of the API and not that of \
                 Lambda.",
                "Then read all that it logged in that stream and time, the trace included. STREAM is the first column \
                 of that output; FIRST_MS is the lowest number of the second column, LAST_MS the highest plus 1, \
                 since the end is left out:\n\
                 aws logs get-log-events --log-group-name /aws/lambda/FUNCTION --log-stream-name 'STREAM' \
                 --start-from-head --start-time FIRST_MS --end-time LAST_MS --query 'events[].[message]' --output \
                 text\n\n\
                 The last exception before END is the one. No output: the numbers are not milliseconds, or LAST_MS is \
                 not above FIRST_MS.",
                "Without an id: read the errors of the hour. A trace is then again in the same stream, around that \
                 time:\n\
                 aws logs filter-log-events --log-group-name /aws/lambda/FUNCTION --start-time $(($(date +%s) - \
                 3600))000 --filter-pattern '?\"[ERROR]\" ?\"Invoke Error\" ?\"errorType\" ?\"Unhandled\" \
                 ?\"Exception\"' --query 'events[].[logStreamName,timestamp,message]' --output text\n\n\
                 Compare the times with those of the failed requests: a line that was logged and handled failed \
                 nothing. No output: look at Errors (AWS/Lambda, FunctionName); 0 there means that the function did \
                 not fail.",
                "A KeyError or undefined on a part of the event: the function expects another event. Proxy \
                 integration sends the whole request (formats 1.0 and 2.0 differ in names), a non-proxy integration \
                 what the mapping template makes, a Test event what was typed. Log the keys of the event and of the \
                 response once, and compare.",
                "A call that was denied, throttled or unreachable: go on with lambda_dependency_denied, \
                 lambda_dependency_throttled or lambda_dependency_unreachable, which the function's own log names \
                 where it is subscribed. A runtime that exited is counted here as well when only the log of the API \
                 is seen: lambda_runtime_exit.",
            ],
            fix: &[
                "After a deployment: roll back first, by pointing the alias that the API calls at the version before.\n\
                 aws lambda update-alias --function-name FUNCTION --name ALIAS --function-version FORMER_VERSION\n\n\
                 It changes which version every caller of the alias gets, at once. To undo, send the version that it \
                 had (`aws lambda get-alias --function-name FUNCTION --name ALIAS`). Without an alias, deploy the \
                 former package.",
                "Handle it: catch at the edge of the handler, log the error with its context, and return a response \
                 in the standard format (statusCode, headers, body) with a 4xx for a mistake of the caller.",
                "Then invoke the function alone with the event that failed. It runs the function for real:\n\
                 aws lambda invoke --function-name FUNCTION --payload file://event.json --cli-binary-format \
                 raw-in-base64-out --log-type Tail --query LogResult --output text answer.json | base64 --decode\n\n\
                 It prints the end of the log: no error there, and a proxy response in answer.json, means fixed. (AWS \
                 CLI 2; version 1 has no `--cli-binary-format` and needs none.)",
            ],
            prevent: &[
                "Keep the event that failed as a test, and deploy through an alias so that you can roll back.",
                "Alarm on Errors of AWS/Lambda by FunctionName, beside 5XXError (REST) or 5xx (HTTP API) of \
                 AWS/ApiGateway. X-Ray marks the segment as a fault and keeps the exception.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-execution.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(e6a593db-08c4-45a7-83f9-9408b426a7aa) Lambda execution failed with status 200 due to customer function error: 'NoneType' object is not subscriptable. Lambda request id: 40516273-8e9f-40a1-82b3-d4e5f6071829",
                "(e6a593db-08c4-45a7-83f9-9408b426a7aa) Method completed with status: 502",
            ]),
            access(&[
                r#"{"requestId":"JKJdapSOyKfEVKD=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"POST /orders","status":"500","integrationErrorMessage":"The Lambda function returned the following error: orders table is not set. Check your Lambda function code and try again."}"#,
            ]),
            access(&[
                r#"{"requestId":"1bc884ea-7463-489b-97ac-417b64a6794f","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"502","errorMessage":"Internal server error","errorResponseType":"INTEGRATION_FAILURE","integrationError":"Lambda Customer Function Error:'ORDERS_TABLE'"}"#,
            ]),
            function_log(&[
                "START RequestId: bd9c501a-d1d2-4269-9b03-4732e3a4fbcf Version: $LATEST",
                "[ERROR] KeyError: 'headers'\nTraceback (most recent call last):\n\u{a0}\u{a0}File \"/var/task/app.py\", line 12, in handler\n\u{a0}\u{a0}\u{a0}\u{a0}token = event['headers']['authorization']",
                "END RequestId: bd9c501a-d1d2-4269-9b03-4732e3a4fbcf",
                "REPORT RequestId: bd9c501a-d1d2-4269-9b03-4732e3a4fbcf\tDuration: 3.71 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 41 MB\t",
            ]),
        ],
        near_misses: &[
            // Logged, handled, and answered.
            function_log(&[
                "START RequestId: 9a7ed76f-7abf-43d8-b3a3-733db70065e0 Version: $LATEST",
                "2024-05-04T17:48:21.117Z\t9a7ed76f-7abf-43d8-b3a3-733db70065e0\tERROR\tpayment declined, offering another card",
                "END RequestId: 9a7ed76f-7abf-43d8-b3a3-733db70065e0",
                "REPORT RequestId: 9a7ed76f-7abf-43d8-b3a3-733db70065e0\tDuration: 18.22 ms\tBilled Duration: 19 ms\tMemory Size: 128 MB\tMax Memory Used: 66 MB\t",
            ]),
            // The function answered a 500 of its own.
            execution(&[
                "(1ab031b9-e98d-4ad3-93b0-0f5c85c61cc4) Received response. Status: 200, Integration latency: 31 ms",
                "(1ab031b9-e98d-4ad3-93b0-0f5c85c61cc4) Method completed with status: 500",
            ]),
        ],
    },
];
