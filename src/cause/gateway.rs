//! What goes wrong in API Gateway itself, and what only says that something failed.

use super::Need::{AccessField, ErrorLevel, InfoLevel};
use super::Pattern::{Gateway, ResponseType};
use super::{Cause, Family, Kind, Rank, Remedy, Role, access, access_format, documented, execution};

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
            checks: &[
                "Look at the gateway responses THROTTLED, QUOTA_EXCEEDED, DEFAULT_4XX: `aws apigateway \
                 get-gateway-responses --rest-api-id API_ID`. Set the first two back to 429, then deploy the API.",
                "Find the limit that was met, from the narrowest: usage plan (rate, burst, quota of a key), method, \
                 stage, account in the Region. Compare rate and burst of the stage with the traffic you expect, and \
                 raise what is too small.",
                "Raise the account's limit through Service Quotas if all its APIs together meet it.",
                "Find who sends it: one key, address or path. Give it a usage plan of its own.",
                "Clients back off exponentially, with jitter, and retry only idempotent requests.",
                "Take load off: cache answers at the stage (GET, what changes seldom), and let clients page and poll \
                 less.",
            ],
            see: &[
                "REST APIs count throttled requests in 4XXError of AWS/ApiGateway; there is no metric of throttles \
                 alone. In the access log: `$context.error.responseType`.",
                "The limits in force:\n\
                 aws apigateway get-stage --rest-api-id API_ID --stage-name STAGE --query methodSettings\n\
                 aws apigateway get-account --query throttleSettings",
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
            checks: &[
                "Look at how often it happens and since when. A few that pass: let clients retry idempotent requests \
                 with backoff and jitter.",
                "Compare the start with a change of the web ACL: a rule group, an IP set or a managed rule that was \
                 changed or removed; a large body or many regular expressions cost capacity.",
                "Verify that the web ACL still exists and is associated with this stage: `aws wafv2 \
                 get-web-acl-for-resource --resource-arn arn:aws:apigateway:REGION::/restapis/API_ID/stages/STAGE`.",
                "Look at the AWS Health Dashboard for WAF in this Region. If it lasts, open a case with the extended \
                 request ids; as a last resort detach the web ACL, knowing that the API is then unprotected.",
            ],
            see: &[
                "In the access log: `$context.waf.error`, `$context.waf.status` and `$context.waf.latency`. Healthy \
                 requests have status 200.",
                "Requests that WAF did see, by rule:\n\
                 aws wafv2 get-sampled-requests --web-acl-arn WEB_ACL_ARN --rule-metric-name METRIC --scope REGIONAL \
                 --time-window StartTime=START,EndTime=END --max-items 100",
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
            checks: &[
                "\"Illegal character in path\" (or query, or scheme): what a path or query parameter holds is put \
                 into the URI unescaped, such as a blank or a bracket. Map it through a template with \
                 `$util.urlEncode(...)`, or let it travel as a query string mapping. The position in the message \
                 counts from the start of the URI.",
                "Compare the URI, its scheme, and each parameter mapping with what the backend wants: `{proxy}` in \
                 the resource needs `method.request.path.proxy` mapped to `integration.request.path.proxy`.",
                "Look for stage variables in the URI that this stage lacks (stage_variable).",
                "An empty text after the colon: read the lines before it. \"Lambda invocation failed with status: \
                 N\" names what Lambda answered; without such a line use the Test button and paste its output into \
                 `why5xx explain -`.",
                "Base64: a body that is declared as encoded and is not; check binaryMediaTypes and contentHandling.",
                "Compare with the last deployment that worked: `aws apigateway get-deployments --rest-api-id \
                 API_ID`; a stage can be pointed back at it at once.",
                "After the correction, deploy the API.",
            ],
            see: &[
                "The integration in force:\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET",
                "Back to the former deployment:\n\
                 aws apigateway update-stage --rest-api-id API_ID --stage-name STAGE --patch-operations \
                 op=replace,path=/deploymentId,value=DEPLOYMENT_ID",
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
            checks: &[
                "Read the other lines of the request: where they name a cause, that one counts.",
                "Compare timeouts: the target must keep idle connections longer than the load balancer's actual idle \
                 timeout, else it closes one that is about to be used. Network Load Balancer, TCP listener: 60 to \
                 6,000 s, 350 s by default; TLS listener: always 350 s. An Application Load Balancer has its own \
                 idle timeout (60 s unless changed).",
                "Look for resets at the load balancer in the same minute, and for targets that were deployed, scaled \
                 in or crashed then. Let them drain before they stop (deregistration delay, a SIGTERM handler).",
                "Verify target health and the path, as for vpc_link_internal_error.",
                "Without a VPC link and with a healthy backend it is a fault of the service: let clients retry \
                 idempotent requests with backoff and jitter, and open a case with AWS Support if it goes on, with \
                 the extended request ids.",
            ],
            see: &[
                "The idle timeout in force:\n\
                 aws elbv2 describe-listener-attributes --listener-arn LISTENER_ARN --query \
                 \"Attributes[?Key=='tcp.idle_timeout.seconds']\"",
                "Metrics TCP_Target_Reset_Count and TCP_ELB_Reset_Count of AWS/NetworkELB.",
            ],
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
            checks: &[
                "Read the backend's or function's log at that minute, by the request id or trace id that it was \
                 given. A function that catches its errors and answers 500 shows no error in Lambda's metrics.",
                "500: an exception in the application. Compare the start with deployments and with changes of its \
                 dependencies.",
                "502: the backend is itself a proxy (load balancer, web server) and got no usable answer from behind \
                 it: look at its targets.",
                "503: overloaded or in maintenance. Look at CPU, memory, queue length, worker and connection limits; \
                 add capacity, scale earlier, let clients retry with exponential backoff and jitter.",
                "504: the backend waited for something of its own. Give that call a shorter timeout and a fallback.",
                "Only under load: connection pools and limits of the database, file descriptors, thread pools. Test \
                 with the load of the peak.",
                "Compare method and path of the integration request with what the backend serves; some frameworks \
                 answer an unknown route with a 500.",
                "A third party behind the backend that limits its rate: respect its limit, cache its answers, and \
                 back off.",
                "Degrade: answer from a cache, or with a part, where a dependency is down.",
            ],
            see: &[
                "The same call without the gateway, from a place that reaches the backend:\n\
                 curl -v -X METHOD https://BACKEND/PATH",
                "Metrics: HTTPCode_Target_5XX_Count of AWS/ApplicationELB; for functions the statusCode that they \
                 log themselves.",
                "Execution log at INFO level: \"Received response. Status: N\" is the backend's answer. In access \
                 logs: `$context.integration.status`.",
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
            checks: &[
                "Set one of the formats below on the stage, as one line. They hold only what API Gateway and your \
                 configuration write, no path, header or address that a client chooses, and the free texts stand \
                 last, since API Gateway does not escape quotes in them. (The request id of a REST API can be set by \
                 a client; the extended one cannot.)",
                access_format::REST,
                access_format::HTTP,
                access_format::WEBSOCKET,
                "HTTP API, a 500 and every error field `-`: an authorizer can fail so. Check that the authorizer \
                 function's resource policy lets this API invoke it \
                 (`arn:aws:execute-api:REGION:ACCOUNT:API_ID/authorizers/AUTHORIZER_ID`), that the function exists, \
                 and its own log. Then the same for the integration's function: a wrong SourceArn leaves nothing but \
                 a 500 of 35 bytes.",
                "HTTP API, a 503 with 33 bytes (Service Unavailable): the gateway's own. Look at integration latency \
                 (about 30,000 ms: integration_timeout), else at the VPC link and the backend's connections \
                 (backend_connection_failed).",
                "REST and WebSocket APIs: subscribe the execution log at ERROR or INFO level too; it names the \
                 reason. HTTP APIs have none.",
            ],
            see: &[
                "Set the format of a REST API's stage. Write `[{\"op\":\"replace\",\"path\":\
                 \"/accessLogSettings/destinationArn\",\"value\":\"LOG_GROUP_ARN\"},{\"op\":\"replace\",\"path\":\
                 \"/accessLogSettings/format\",\"value\":\"FORMAT\"}]` into format.json, with the quotes of the format \
                 escaped. It replaces the log group of the stage too: name the one in use, if there is one:\n\
                 aws apigateway update-stage --rest-api-id API_ID --stage-name STAGE --patch-operations \
                 file://format.json",
                "Set the format of an HTTP or WebSocket API's stage. Write \
                 `{\"DestinationArn\":\"LOG_GROUP_ARN\",\"Format\":\"FORMAT\"}` into settings.json. It replaces the \
                 log group of the stage too: name the one in use, if there is one:\n\
                 aws apigatewayv2 update-stage --api-id API_ID --stage-name STAGE --access-log-settings \
                 file://settings.json",
            ],
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
            checks: &[
                "Read the request's own lines in the execution log, by the request id of the exemplar in the \
                 function's log. What stands right before the failure line often names the part.",
                "Try it in the console: the Test page of the method gives the whole log of one request. Paste it \
                 into `why5xx explain -`.",
                "Compare with the metrics of what the API calls (Lambda Errors and Throttles, load balancer 5xx) and \
                 with the X-Ray trace of the request.",
                "A failure before the API, with nothing in its logs: the custom domain. The certificate in ACM must \
                 be issued, not expired and for this name; the DNS record must point to the domain name that API \
                 Gateway shows for it, not to an old one; the API mapping must name API and stage. See \
                 docs/no-log.md.",
                "Write a rule of your own for the shape, so that it counts under a name, and report the shape \
                 upstream.",
                "If it goes on without a reason: AWS Support, with extended request ids and times.",
            ],
            see: &[
                "The lines of one request:\n\
                 aws logs filter-log-events --log-group-name API-Gateway-Execution-Logs_API_ID/STAGE \
                 --filter-pattern '\"REQUEST_ID\"'",
                "The custom domain and its certificate:\n\
                 aws apigateway get-domain-name --domain-name DOMAIN\n\
                 aws acm describe-certificate --certificate-arn CERTIFICATE_ARN --query \
                 'Certificate.[Status,NotAfter,SubjectAlternativeNames]'",
                "The share of failures that no log explains: 5XXError of AWS/ApiGateway less the counts of all causes.",
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
