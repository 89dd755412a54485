//! Causes in API Gateway itself, and those that only say that something failed.

use super::Need::{AccessField, ErrorLevel, InfoLevel};
use super::Pattern::{Gateway, ResponseType};
use super::{Cause, Family, Kind, Rank, Remedy, Role, access, access_format, documented, execution, steps};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "throttled",
        formerly: &[],
        role: Some(Role::Throttled),
        title: "API Gateway throttled the request, with a 5xx that a gateway response sets",
        family: Family::Gateway,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[500, 503],
        needs: &[InfoLevel, AccessField("error.responseType")],
        patterns: &[ResponseType("THROTTLED"), ResponseType("QUOTA_EXCEEDED")],
        remedy: Remedy {
            means: "The request was above a rate, burst or quota, which is normally a 429. A gateway response of \
                this API turns it into a 5xx, so clients cannot tell that they should slow down.",
            confirm: &[
                "Which limit was met, from the narrowest: usage plan (rate, burst, quota of a key), method, stage, \
                 account in the Region? And who sends it: one key, address or path?\n\
                 aws apigateway get-stage --rest-api-id API_ID --stage-name STAGE --query methodSettings\n\
                 aws apigateway get-usage-plans --query 'items[].[id,name,throttle,quota]'\n\
                 aws apigateway get-account --query throttleSettings\n\n\
                 In `methodSettings` the key `*/*` is the stage, and -1 or nothing is no limit of its own. An empty \
                 list of the second: no usage plans. The smallest of them that traffic reaches is the limit.",
                "Which gateway response makes a 5xx of it?\n\
                 aws apigateway get-gateway-responses --rest-api-id API_ID --query \
                 'items[?defaultResponse==`false`].[responseType,statusCode]' --output text\n\n\
                 THROTTLED, QUOTA_EXCEEDED or DEFAULT_4XX with a 5xx is the finding. No output: none was changed, so \
                 it is not this API.",
                "REST APIs count throttled requests in 4XXError of AWS/ApiGateway; there is no metric of throttles \
                 alone. In the access log: `$context.error.responseType`.",
            ],
            fix: &[
                "Set the response back to 429, so that clients can tell that they should slow down:\n\
                 aws apigateway update-gateway-response --rest-api-id API_ID --response-type THROTTLED \
                 --patch-operations op=replace,path=/statusCode,value=429\n\n\
                 It changes the status of this response for the whole API, once it is deployed; headers and templates \
                 stay. Do the same for QUOTA_EXCEEDED. To undo, send the former status and deploy.",
                steps::DEPLOY,
                "Raise the limit that is too small. For the whole stage:\n\
                 aws apigateway update-stage --rest-api-id API_ID --stage-name STAGE --patch-operations \
                 'op=replace,path=/*/*/throttling/rateLimit,value=RATE' \
                 'op=replace,path=/*/*/throttling/burstLimit,value=BURST'\n\n\
                 It changes rate and burst of all methods of the stage, at once, but for those with settings of their \
                 own. To undo, send the former numbers.",
                "One key, address or path sends it: give it a usage plan of its own. All APIs of the account meet its \
                 limit: raise it through Service Quotas.",
                "Take load off: cache answers at the stage (GET, what changes seldom), and let clients page and poll \
                 less.",
            ],
            prevent: &[
                "Clients back off exponentially, with jitter, and retry only idempotent requests.",
                "Compare rate and burst with the traffic that you expect before a campaign or a release.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-api-usage-plans.html",
        ],
        since: "0.1.0",
        examples: &[
            documented(execution(&[
                "(4c0bf951-6e2a-4b0d-995f-fa6e198c0d20) Gateway response type: THROTTLED with status code: 503",
            ])),
            documented(access(&[
                r#"{"requestId":"09c61406-a56a-49da-a719-86c14cee5fa8","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"503","errorMessage":"Limit Exceeded","errorResponseType":"QUOTA_EXCEEDED"}"#,
            ])),
        ],
        near_misses: &[
            execution(&[
                "(63c4d460-0560-442a-b365-7a094fd0e376) Gateway response type: THROTTLED with status code: 429",
            ]),
            // Lambda throttled, not API Gateway.
            execution(&[
                "(4128b360-bd4f-4a4f-b2fe-38955471f4d2) Lambda invocation failed with status: 429. Lambda request id: 1dd35d13-42f3-44f4-90f8-657aea8cd85b",
                "(4128b360-bd4f-4a4f-b2fe-38955471f4d2) Execution failed due to configuration error: Rate Exceeded.",
                "(4128b360-bd4f-4a4f-b2fe-38955471f4d2) Method completed with status: 500",
            ]),
        ],
    },
    Cause {
        id: "waf_error",
        formerly: &[],
        role: Some(Role::FirewallFailed),
        title: "The AWS WAF rules of the API could not be evaluated",
        family: Family::Gateway,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[AccessField("waf.error"), AccessField("error.message")],
        patterns: &[
            Gateway("evaluating aws waf"),
            Gateway("evaluating{}waf rules"),
            Gateway("^waf error"),
            Gateway("waf call"),
            Gateway("failed to call waf"),
        ],
        remedy: Remedy {
            means: "API Gateway asked AWS WAF about the request and got no verdict, so it answered 500. A block by \
                WAF is a 403 and not this.",
            confirm: &[
                "Which stage is it, how often, and did its web ACL change when it began? A block by WAF is a 403 and \
                 not this:\n\
                 aws wafv2 get-web-acl-for-resource --resource-arn \
                 arn:aws:apigateway:REGION::/restapis/API_ID/stages/STAGE --query \
                 'WebACL.[Name,Id,Capacity,Rules[].Name]'\n\n\
                 null: no web ACL is associated, so requests are not evaluated any more. WAFNonexistentItemException: \
                 stage or Region is wrong.",
                "Compare the beginning with changes of the web ACL: a rule group, an IP set or a managed rule that \
                 was changed or removed. START is like 2026-05-04:\n\
                 aws cloudtrail lookup-events --lookup-attributes \
                 AttributeKey=EventSource,AttributeValue=wafv2.amazonaws.com --start-time START --query \
                 'Events[].[EventTime,EventName,Username]' --output text\n\n\
                 Update… and Delete… events shortly before are the suspects. No output: nothing was changed since \
                 START, so it is the service.",
                "Requests that WAF did see, by rule; START and END are like 2026-05-04T17:00:00Z, within the last \
                 three hours.\n\
                 aws wafv2 get-sampled-requests --web-acl-arn WEB_ACL_ARN --rule-metric-name METRIC --scope REGIONAL \
                 --time-window StartTime=START,EndTime=END --max-items 100\n\n\
                 An empty list at the minute of the failures: WAF saw none of them. In the access log healthy \
                 requests have `$context.waf.status` 200; `$context.waf.error` and `$context.waf.latency` say more.",
                "Look at the AWS Health Dashboard for WAF in this Region.",
            ],
            fix: &[
                "A few that pass: let clients retry idempotent requests with backoff and jitter.",
                "Take the change of the web ACL back: the rule, the rule group, the IP set. Large bodies and many \
                 regular expressions cost capacity.",
                "If it lasts, open a case with the extended request ids. As a last resort detach the web ACL:\n\
                 aws wafv2 disassociate-web-acl --resource-arn \
                 arn:aws:apigateway:REGION::/restapis/API_ID/stages/STAGE\n\n\
                 It leaves the stage unprotected, at once. To undo: `aws wafv2 associate-web-acl --web-acl-arn \
                 WEB_ACL_ARN --resource-arn arn:aws:apigateway:REGION::/restapis/API_ID/stages/STAGE`.",
            ],
            prevent: &[
                "Change rules in count mode first, and keep the web ACL in a template.",
                "Put `$context.waf.error` into the access-log format.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-control-access-aws-waf.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html",
        ],
        since: "0.1.0",
        examples: &[access(&[
            r#"{"requestId":"8c3ed1df-f6da-4243-b814-17b62bbc2582","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"500","errorMessage":"There was an error evaluating the AWS WAF rules associated with this API","errorResponseType":"DEFAULT_5XX"}"#,
        ])],
        near_misses: &[
            access(&[
                r#"{"requestId":"3f60829e-b9b8-4c85-9e04-f3e04097e1fc","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"403","errorMessage":"Forbidden","errorResponseType":"WAF_FILTERED","wafStatus":"403"}"#,
            ]),
            // WAF let it pass; the integration failed.
            access(&[
                r#"{"requestId":"29838374-650f-4131-b5df-9a3e0e9d9a11","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"504","wafStatus":"200","wafError":"-","errorMessage":"Endpoint request timed out","errorResponseType":"INTEGRATION_TIMEOUT"}"#,
            ]),
        ],
    },
    Cause {
        id: "integration_config",
        formerly: &[],
        role: Some(Role::ConfigurationError),
        title: "The integration is configured wrongly",
        family: Family::Integration,
        kind: Kind::Broken,
        rank: Rank::Generic,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[Gateway("^execution failed due to configuration error")],
        remedy: Remedy {
            means: "API Gateway could not make a request out of the integration's settings, or stopped without \
                saying more than \"configuration error\". The text behind the colon, where there is one, names the \
                setting.",
            confirm: &[
                "Which method is it, and what did the last deployment change? Compare its integration with what the \
                 backend wants:\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query '[type,httpMethod,uri,requestParameters,contentHandling]'\n\
                 aws apigateway get-deployments --rest-api-id API_ID --query 'items[].[createdDate,id,description]' \
                 --output text\n\n\
                 Compare the URI, its scheme, and each parameter: `{proxy}` in the resource needs \
                 `method.request.path.proxy` mapped to `integration.request.path.proxy`. The newest deployment just \
                 before the first failure is the suspect. An integration that differs from what runs: it was changed \
                 and not deployed.",
                "\"Illegal character in path\" (or query, or scheme): what a path or query parameter holds is put \
                 into the URI unescaped, such as a blank or a bracket. The position in the message counts from the \
                 start of the URI.",
                "Look for stage variables in the URI that this stage lacks (stage_variable).",
                "An empty text after the colon: read the lines before it. \"Lambda invocation failed with status: N\" \
                 names what Lambda answered; without such a line use the Test button of the method (it sends a real \
                 request) and paste its output into `why5xx explain -`.",
                "Base64: a body that is declared as encoded and is not. Look at binaryMediaTypes and contentHandling.",
            ],
            fix: &[
                "After a deployment: point the stage back at the former one first.\n\
                 aws apigateway update-stage --rest-api-id API_ID --stage-name STAGE --patch-operations \
                 op=replace,path=/deploymentId,value=DEPLOYMENT_ID\n\n\
                 It changes what the stage runs, at once, for all methods; the settings of the stage stay. To undo, \
                 send the id that it had.",
                "Map the parameter through a template with `$util.urlEncode(...)`, or let it travel as a query string \
                 mapping.",
                "Correct URI, parameter mapping, binaryMediaTypes or contentHandling.",
                steps::DEPLOY,
                steps::TEST,
            ],
            prevent: &[
                "Keep the API as code, and send a request with blanks, brackets and Unicode in each parameter to each \
                 route after a deployment.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-request.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html",
        ],
        since: "0.1.0",
        examples: &[
            // The URI that it quotes holds a client's path.
            execution(&[
                "(3c8d000b-2e4f-4061-8b72-c3d4e5f6070b) Execution failed due to configuration error: Malformed escape pair at index 33: https://orders.example.com/orders/%zz Host name 'x' does not match the certificate subject",
                "(3c8d000b-2e4f-4061-8b72-c3d4e5f6070b) Method completed with status: 500",
            ]),
            execution(&[
                "(3c8d000c-2e4f-4061-8b72-c3d4e5f6070c) Execution failed due to configuration error: Expected authority at index 8: https:///orders?note=Rate Exceeded",
                "(3c8d000c-2e4f-4061-8b72-c3d4e5f6070c) Method completed with status: 500",
            ]),
            execution(&[
                "(5d1c0a62-7f3b-4c1e-9a60-0b7f2a9d1e31) Execution failed due to configuration error: Illegal character in path at index 52: https://orders.example.com/",
                "(5d1c0a62-7f3b-4c1e-9a60-0b7f2a9d1e31) Method completed with status: 500",
            ]),
            execution(&[
                "(b3b4cece-99fb-4d52-83e9-5ee3ee910640) Execution failed due to configuration error:",
                "(b3b4cece-99fb-4d52-83e9-5ee3ee910640) Method completed with status: 500",
            ]),
            access(&[
                r#"{"requestId":"8a785f5e-5eae-44ab-a81f-3c6b19d921b2","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders/{id}","status":"500","errorResponseType":"API_CONFIGURATION_ERROR","integrationError":"Execution failed due to configuration error: Illegal character in path at index 33: https://orders.example.com/orders/"}"#,
            ]),
        ],
        near_misses: &[
            // A named text beats the generic one.
            execution(&[
                "(fdad897f-192a-4afb-aec9-3f1e66ea30c2) Execution failed due to configuration error: Invalid endpoint address",
                "(fdad897f-192a-4afb-aec9-3f1e66ea30c2) Method completed with status: 500",
            ]),
        ],
    },
    Cause {
        id: "integration_internal_error",
        formerly: &[],
        role: None,
        title: "API Gateway met an internal error while it called the backend",
        family: Family::Backend,
        kind: Kind::Load,
        rank: Rank::Vague,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("^execution failed due to internal error"),
            Gateway("^execution failed due to internal server error"),
        ],
        remedy: Remedy {
            means: "The call broke off and the gateway says no more. Over a VPC link it mostly means that the \
                target, or the load balancer for it, reset a connection that the gateway was still using.",
            confirm: &[
                "Which backend is it, and were its targets deployed, scaled in or crashing in that minute? Read the \
                 other lines of the request first: where they name a cause, that one counts. Then look for resets. \
                 START and END are like 2026-05-04T17:00:00Z.\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/NetworkELB --metric-name TCP_Target_Reset_Count \
                 --dimensions Name=LoadBalancer,Value=net/NAME/ID --start-time START --end-time END --period 60 \
                 --statistics Sum\n\n\
                 The dimension is the end of the load balancer's ARN. A sum in the minutes of the failures: the \
                 target resets. An empty list or zeros: it does not, or the name is wrong; look at \
                 TCP_ELB_Reset_Count, too.",
                "Compare the idle timeout of the load balancer with the keep-alive of the target:\n\
                 aws elbv2 describe-listener-attributes --listener-arn LISTENER_ARN --query \
                 \"Attributes[?Key=='tcp.idle_timeout.seconds'].Value\" --output text\n\n\
                 Seconds; 350 by default for TCP listeners (60 to 6,000). No output: a TLS listener (always 350) or \
                 an Application Load Balancer (60 unless changed). The target must keep idle connections longer, else \
                 it closes one that is about to be used.",
                "Verify target health and the path, as for vpc_link_internal_error.",
            ],
            fix: &[
                "Give the target a keep-alive longer than the actual idle timeout of the load balancer; or shorten \
                 the latter:\n\
                 aws elbv2 modify-listener-attributes --listener-arn LISTENER_ARN --attributes \
                 Key=tcp.idle_timeout.seconds,Value=60\n\n\
                 It changes the idle timeout of this TCP listener for all its clients, for new connections. To undo, \
                 send the former number.",
                "Let targets drain before they stop: deregistration delay, a SIGTERM handler.",
                "Without a VPC link and with a healthy backend it is a fault of the service: let clients retry \
                 idempotent requests with backoff and jitter, and open a case with AWS Support if it goes on, with \
                 the extended request ids.",
            ],
            prevent: &["Keep the two timeouts beside each other in the template, and alarm on TCP_Target_Reset_Count."],
        },
        docs: &[
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/update-idle-timeout.html",
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html",
        ],
        since: "0.1.0",
        examples: &[documented(execution(&[
            "(6e2d1b73-804c-4d2f-8b71-1c803bae2f42) Execution failed due to an internal error",
            "(6e2d1b73-804c-4d2f-8b71-1c803bae2f42) Method completed with status: 500",
        ]))],
        near_misses: &[
            execution(&[
                "(5a3a06fa-e778-48b3-8e59-8bbd7f1362af) Execution failed due to configuration error: There was an internal error while executing your request",
                "(5a3a06fa-e778-48b3-8e59-8bbd7f1362af) Method completed with status: 500",
            ]),
            // The vaguest line of a request never wins.
            execution(&[
                "(56a0e817-1a6e-4790-b9a4-e3b980da1337) Execution failed due to configuration error: Invalid permissions on Lambda function",
                "(56a0e817-1a6e-4790-b9a4-e3b980da1337) Execution failed due to an internal error",
                "(56a0e817-1a6e-4790-b9a4-e3b980da1337) Method completed with status: 500",
            ]),
        ],
    },
    Cause {
        id: "backend_error_response",
        formerly: &[],
        role: Some(Role::BackendAnswered),
        title: "The backend itself answered with a server error",
        family: Family::Backend,
        kind: Kind::Load,
        rank: Rank::Unnamed,
        statuses: &[500, 502, 503, 504],
        needs: &[InfoLevel, AccessField("integration.status")],
        patterns: &[],
        remedy: Remedy {
            means: "The gateway did its work: the backend, or the function's own statusCode, said 5xx and the \
                gateway passed it on. The reason is in the backend's log, not in the gateway's.",
            confirm: &[
                "Which backend is it, which status, and was it or one of its dependencies deployed when it began? \
                 Read its log at that minute, by the request id or trace id that it was given. A function that \
                 catches its errors and answers 500 shows no error in Lambda's metrics.",
                "Make the same call without the gateway, from a place that reaches the backend. Only for a path that \
                 may be read again:\n\
                 curl -v --max-time 60 https://BACKEND/PATH\n\n\
                 The same 5xx: the backend alone is the matter. A good answer: it depends on what the gateway sends \
                 (headers, body, load), or it passed.",
                "500: an exception in the application; some frameworks answer an unknown route with it, so compare \
                 method and path of the integration request with what the backend serves. 502: it is itself a proxy \
                 (load balancer, web server) and got no usable answer from behind it: look at its targets. 503: \
                 overloaded or in maintenance. 504: it waited for something of its own.",
                "Who answers? START and END are like 2026-05-04T17:00:00Z.\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/ApplicationELB --metric-name \
                 HTTPCode_Target_5XX_Count --dimensions Name=LoadBalancer,Value=app/NAME/ID --start-time START \
                 --end-time END --period 60 --statistics Sum\n\n\
                 A sum: the targets answered 5xx. An empty list or zeros: the load balancer itself did \
                 (HTTPCode_ELB_5XX_Count), or the name is wrong. Execution log at INFO level: \"Received response. \
                 Status: N\" is the answer of the backend; access logs: `$context.integration.status`.",
                "Only under load: connection pools and limits of the database, file descriptors, thread pools.",
            ],
            fix: &[
                "500: roll the deployment of the backend back, or fix the exception.",
                "502: fix or replace its targets.",
                "503: look at CPU, memory, queue length, worker and connection limits; add capacity, scale earlier, \
                 let clients retry with exponential backoff and jitter.",
                "504: give that call a shorter timeout and a fallback.",
                "A third party behind the backend that limits its rate: respect its limit, cache its answers, and \
                 back off.",
            ],
            prevent: &[
                "Degrade: answer from a cache, or with a part, where a dependency is down.",
                "Test with the load of the peak, and pass the request id on so that the log of the backend has it.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(7f3e2c84-915d-4e30-9c82-2d914cbf3053) Received response. Status: 503, Integration latency: 41 ms",
                "(7f3e2c84-915d-4e30-9c82-2d914cbf3053) Method completed with status: 503",
            ]),
            access(&[
                r#"{"requestId":"JKJmkybXhSoEeTM=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"GET /orders","status":"500","errorMessage":"-","errorResponseType":"-","integrationErrorMessage":"-","integrationStatus":"500"}"#,
            ]),
        ],
        near_misses: &[
            execution(&[
                "(3744e32b-fd74-4a7b-a40e-c11f9a0246c4) Received response. Status: 503, Integration latency: 41 ms",
                "(3744e32b-fd74-4a7b-a40e-c11f9a0246c4) Method completed with status: 404",
            ]),
            // A failure line: the gateway's own failure.
            execution(&[
                "(243aba3a-22fa-4589-b2c8-eb45187a91c6) Execution failed due to a timeout error",
                "(243aba3a-22fa-4589-b2c8-eb45187a91c6) Method completed with status: 504",
            ]),
        ],
    },
    Cause {
        id: "reason_not_logged",
        formerly: &[],
        role: Some(Role::NoReason),
        title: "The access log does not say why",
        family: Family::None,
        kind: Kind::Broken,
        rank: Rank::Unnamed,
        statuses: &[500, 502, 503, 504],
        needs: &[AccessField("status")],
        patterns: &[],
        remedy: Remedy {
            means: "The line says that a request failed and not why: its format has no error variable, or only the \
                public text was set. Give the stage a format that names the reason; it costs nothing but its bytes.",
            confirm: &[
                "Which stage is it, and does it write an execution log, too? What does its format hold?\n\
                 aws apigateway get-stage --rest-api-id API_ID --stage-name STAGE --query \
                 '[accessLogSettings,methodSettings]'\n\
                 aws apigatewayv2 get-stage --api-id API_ID --stage-name STAGE --query AccessLogSettings\n\n\
                 The first is for REST, the second for HTTP and WebSocket APIs. A format without an error variable is \
                 the reason. null: no access log. `loggingLevel` ERROR or INFO in the first: the execution log names \
                 the reason, so read it by the request id. HTTP APIs have none.",
                "HTTP API, a 500 and every error field `-`: an authorizer can fail so. Check that the resource policy \
                 of the authorizer function lets this API invoke it \
                 (`arn:aws:execute-api:REGION:ACCOUNT:API_ID/authorizers/AUTHORIZER_ID`), that the function exists, \
                 and its own log (authorizer_error has the commands). Then the same for the function of the \
                 integration: a wrong SourceArn leaves nothing but a 500 of 35 bytes (lambda_permission).",
                "HTTP API, a 503 with 33 bytes (Service Unavailable): the gateway's own. Look at integration latency \
                 (about 30,000 ms: integration_timeout), else at the VPC link and the connections of the backend \
                 (backend_connection_failed).",
            ],
            fix: &[
                "Give the stage one of the formats below, as one line. They hold only what API Gateway and your \
                 configuration write, no path, header or address that a client chooses, and the free texts stand \
                 last, since API Gateway does not escape quotes in them. (The request id of a REST API can be set by \
                 a client; the extended one cannot.)",
                access_format::REST,
                access_format::HTTP,
                access_format::WEBSOCKET,
                "REST API: write \
                 `[{\"op\":\"replace\",\"path\":\"/accessLogSettings/destinationArn\",\"value\":\"LOG_GROUP_ARN\"},{\"op\":\"replace\",\"path\":\"/accessLogSettings/format\",\"value\":\"FORMAT\"}]` \
                 into format.json, with the quotes of the format escaped.\n\
                 aws apigateway update-stage --rest-api-id API_ID --stage-name STAGE --patch-operations \
                 file://format.json\n\n\
                 It replaces log group and format of the access log of this stage, at once: name the log group in \
                 use, if there is one, and what else reads the old format. To undo, send what the check printed.",
                "HTTP or WebSocket API: write `{\"DestinationArn\":\"LOG_GROUP_ARN\",\"Format\":\"FORMAT\"}` into \
                 settings.json.\n\
                 aws apigatewayv2 update-stage --api-id API_ID --stage-name STAGE --access-log-settings \
                 file://settings.json\n\n\
                 It replaces log group and format of the access log of this stage, at once: name the log group in \
                 use, if there is one. To undo, send what the check printed.",
                "REST and WebSocket APIs: subscribe the execution log at ERROR or INFO level too.",
            ],
            prevent: &["Keep the format in the template that makes the stage, so that a new stage has it."],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-logging-variables.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html",
        ],
        since: "0.1.0",
        examples: &[
            access(&[
                r#"203.0.113.7 - - [04/May/2024:17:48:21 +0000] "GET GET /orders HTTP/1.1" 500 35 JKJnlzcYiTpEfUN="#,
            ]),
            access(&[
                r#"{"requestId":"8c41d734-1258-4935-9e30-8a57841df82c","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"500","errorMessage":"Internal server error","errorResponseType":"DEFAULT_5XX"}"#,
            ]),
        ],
        near_misses: &[
            access(&[
                r#"{"requestId":"JKJom0dZjUqEgVO=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"GET /orders","status":"500","errorResponseType":"-","integrationErrorMessage":"-","integrationStatus":"500"}"#,
            ]),
            access(&[
                r#"203.0.113.7 - - [04/May/2024:17:48:21 +0000] "GET GET /orders HTTP/1.1" 404 500 JKJpn1eakVrEhWP="#,
            ]),
        ],
    },
    Cause {
        id: "unclassified",
        formerly: &[],
        role: Some(Role::Unclassified),
        title: "A failure whose log text no cause matches",
        family: Family::None,
        kind: Kind::Broken,
        rank: Rank::Unnamed,
        statuses: &[500, 502, 503, 504],
        needs: &[ErrorLevel],
        patterns: &[],
        remedy: Remedy {
            means: "The request failed, and what the log says of it is in none of the rules. Its shape, without \
                anything of your data, is in the function's log and in the output of `why5xx replay`.",
            confirm: &[
                "Which API is it, and since when? Read the request's own lines in the execution log (the last hour), \
                 by the request id of the exemplar in the log of why5xx:\n\
                 aws logs filter-log-events --log-group-name API-Gateway-Execution-Logs_API_ID/STAGE --start-time \
                 $(($(date +%s) - 3600))000 --filter-pattern '\"REQUEST_ID\"' --query 'events[].[message]' --output \
                 text\n\n\
                 What stands right before the failure line often names the part. No output: another stage, Region or \
                 hour, or the access log alone knows this id.",
                "Try it in the console: the Test page of the method gives the whole log of one request, and sends a \
                 real one. Paste it into `why5xx explain -`.",
                "Compare with the metrics of what the API calls (Lambda Errors and Throttles, load balancer 5xx) and \
                 with the X-Ray trace of the request.",
                "A failure before the API, with nothing in its logs: the custom domain. The certificate must be \
                 issued, not expired and for this name; the DNS record must point to the domain name that API Gateway \
                 shows for it, not to an old one; the API mapping must name API and stage. docs/no-log.md has more:\n\
                 aws apigateway get-domain-name --domain-name DOMAIN --query \
                 '[domainNameStatus,regionalDomainName,distributionDomainName,regionalCertificateArn,certificateArn]'\n\
                 aws acm describe-certificate --certificate-arn CERTIFICATE_ARN --query \
                 'Certificate.[Status,NotAfter,SubjectAlternativeNames]'\n\n\
                 AVAILABLE and ISSUED with a NotAfter in the future: the domain is well. NotFoundException: no such \
                 domain in this Region.",
                "How many failures does no log explain? 5XXError of AWS/ApiGateway less the counts of all causes.",
            ],
            fix: &[
                "Write a rule of your own for the shape (docs/own-rules.md), so that it counts under a name, and \
                 report the shape upstream.",
                "If it goes on without a reason: AWS Support, with extended request ids and times.",
            ],
            prevent: &[
                "Switch REST and WebSocket stages to INFO while you look: at ERROR level the end of a request is not \
                 logged.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-test-method.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html",
        ],
        since: "0.1.0",
        examples: &[execution(&[
            "(804f3d95-a26e-4f41-8d93-3ea25dc04164) Execution failed due to a reason that nobody has seen yet",
            "(804f3d95-a26e-4f41-8d93-3ea25dc04164) Method completed with status: 500",
        ])],
        near_misses: &[
            execution(&[
                "(844da9a0-dd94-45ab-97ef-f8b8154f68a6) Execution failed due to a reason that nobody has seen yet",
                "(844da9a0-dd94-45ab-97ef-f8b8154f68a6) Method completed with status: 200",
            ]),
            // A generic sentence, but one that has a cause.
            execution(&[
                "(7b258c27-456d-4750-8aa5-7658fb595d9a) Execution failed due to configuration error: something new",
                "(7b258c27-456d-4750-8aa5-7658fb595d9a) Method completed with status: 500",
            ]),
        ],
    },
];
