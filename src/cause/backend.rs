//! What goes wrong between API Gateway and an HTTP backend.

use super::Need::{AccessField, ErrorLevel};
use super::Pattern::{Gateway, ResponseType};
use super::{Cause, Family, Kind, Rank, Remedy, access, documented, execution};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "integration_timeout",
        formerly: &[],
        role: None,
        title: "The integration did not answer in time",
        family: Family::Backend,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[504, 503],
        needs: &[ErrorLevel, AccessField("integration.error"), AccessField("error.responseType")],
        patterns: &[
            Gateway("execution failed due to timeout error"),
            Gateway("endpoint request timed out"),
            // HTTP APIs.
            Gateway("integration timed out"),
            Gateway("integration request timed out"),
            Gateway("integration response timed out"),
            Gateway("request to integration timed out"),
            Gateway("^timeout error"),
            Gateway("read timed out"),
            ResponseType("INTEGRATION_TIMEOUT"),
        ],
        remedy: Remedy {
            means: "API Gateway waited for the backend or function as long as the integration's timeout allows and \
                gave up. The work may still be running, or have finished later: nobody got the answer.",
            checks: &[
                "Find the slow part: compare IntegrationLatency with Latency, then read the backend's own logs or \
                 the function's Duration at that minute. The usual finds are a slow query, a slow third party, a \
                 cold start, and a connection to nowhere that waits for its own timeout.",
                "Verify that the target is up and reachable: a packet that is dropped (security group, network ACL, \
                 route) looks like slowness. Check target health, DNS, and the path as for \
                 backend_connection_failed.",
                "Make it faster: cache what repeats, improve the query, call dependencies in parallel and with \
                 timeouts of their own.",
                "Work that takes longer than a caller should wait goes asynchronous: accept it, put it in SQS or \
                 start a Step Functions execution, answer 202, and give callers an endpoint to ask for the state.",
                "Cold starts: provisioned concurrency for the function, less code and fewer connections before the \
                 handler; for small functions a scheduled invocation that keeps one environment warm.",
                "Set the backend's or function's timeout slightly below the gateway's, so that the nearer log names \
                 what was slow. The default timeout of a function is 3 s, its maximum 15 min; the gateway will not \
                 wait that long.",
                "Raise the gateway's timeout only if callers can wait. REST: 29 s by default, for Regional and \
                 private APIs it can be raised through Service Quotas, perhaps at the price of a lower throttle \
                 quota, but not for edge-optimised ones. HTTP APIs: at most 30 s. Streaming responses may last up to \
                 15 min.",
            ],
            see: &[
                "The timeout in force:\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET \
                 --query timeoutInMillis\n\
                 aws apigatewayv2 get-integrations --api-id API_ID --query 'Items[].[IntegrationId,TimeoutInMillis]'",
                "Metric IntegrationLatency of AWS/ApiGateway with statistic p99, by ApiName and Stage (REST) or \
                 ApiId (HTTP). A flat line at 29,000 or 30,000 ms is this cause. An X-Ray trace shows which segment \
                 took the time.",
                "HTTP APIs answer 503 as well as 504 for it; the body then says Service Unavailable.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html",
            "https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(d59482da-f7b3-4496-a2e8-83f7a21596a9) Execution failed due to a timeout error",
                "(d59482da-f7b3-4496-a2e8-83f7a21596a9) Method completed with status: 504",
            ]),
            access(&[
                r#"{"requestId":"84600362-9e53-4273-a1d9-e18b98aa19d6","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/reports","status":"504","errorMessage":"Endpoint request timed out","errorResponseType":"INTEGRATION_TIMEOUT","integrationLatency":"29004"}"#,
            ]),
        ],
        near_misses: &[
            // The function's own timeout, in the function's own answer.
            execution(&[
                "(214d1d44-c82c-4249-8f37-4f13e804a0c8) Lambda execution failed with status 200 due to customer function error: 2024-05-04T17:48:21.117Z 3ecdb9bd-f509-4af5-bba9-8785d0bbab80 Task timed out after 3.01 seconds. Lambda request id: 3ecdb9bd-f509-4af5-bba9-8785d0bbab80",
                "(214d1d44-c82c-4249-8f37-4f13e804a0c8) Method completed with status: 502",
            ]),
            // A body may quote the words; only the gateway's own message counts.
            execution(&[
                "(4c0dbee3-5529-40c5-9db6-5902c62923f6) Endpoint response body before transformations: Execution failed due to a timeout error",
                "(4c0dbee3-5529-40c5-9db6-5902c62923f6) Method completed with status: 200",
            ]),
        ],
    },
    Cause {
        id: "backend_unresolvable",
        formerly: &[],
        role: None,
        title: "The backend's host name does not resolve or is not a valid address",
        family: Family::Backend,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("invalid endpoint address"),
            Gateway("unknown host"),
            Gateway("unknownhost"),
            Gateway("could not be resolved"),
            Gateway("could not resolve"),
            Gateway("unable to resolve"),
            Gateway("not resolved"),
            Gateway("name or service not known"),
            Gateway("nodename nor servname provided"),
            Gateway("temporary failure in name resolution"),
            // A Cloud Map service without instances.
            Gateway("no target endpoints found"),
        ],
        remedy: Remedy {
            means: "The host of the integration URI is not in public DNS, or what the URI makes of it is no address \
                that API Gateway may call.",
            checks: &[
                "Resolve the host with a public resolver: `dig +short HOST @1.1.1.1`. Names of a private hosted \
                 zone, and names that point to private addresses, are of no use without a VPC link.",
                "Look at the URI for a typing error, a missing scheme, or a stage variable that is empty or holds a \
                 whole URL where a host belongs.",
                "Verify that what the name pointed at still exists: a deleted load balancer takes its name with it, \
                 and a deleted record set leaves none.",
                "For a backend in a VPC use a VPC link (connection type VPC_LINK); then the host in the URI need not \
                 resolve.",
                "After a change of the integration, deploy the API.",
            ],
            see: &[
                "The URI in force and the stage's variables:\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET \
                 --query uri\n\
                 aws apigateway get-stage --rest-api-id API_ID --stage-name STAGE --query variables",
                "Reproduce it with the Test button of the method, or:\n\
                 aws apigateway test-invoke-method --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/stage-variables.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(e6a593eb-08c4-45a7-93f9-9408b326a7ba) Execution failed due to configuration error: Invalid endpoint address",
                "(e6a593eb-08c4-45a7-93f9-9408b326a7ba) Method completed with status: 500",
            ]),
            access(&[
                r#"{"requestId":"3fb120b4-47e1-4dc1-98c4-0641d6fb68df","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"500","errorResponseType":"API_CONFIGURATION_ERROR","integrationError":"Execution failed due to configuration error: Invalid endpoint address"}"#,
            ]),
        ],
        near_misses: &[
            // The function could not resolve a name of its own.
            execution(&[
                "(7e0d84f3-eb51-44a2-ba07-b4126a5996ff) Lambda execution failed with status 200 due to customer function error: getaddrinfo ENOTFOUND db.example.com: unknown host. Lambda request id: cb612527-565e-46e1-8273-38cea5374430",
                "(7e0d84f3-eb51-44a2-ba07-b4126a5996ff) Method completed with status: 502",
            ]),
            execution(&[
                "(5cb3933f-dfcf-4942-b848-a12ac4938f79) Execution failed due to configuration error: Network error communicating with endpoint",
                "(5cb3933f-dfcf-4942-b848-a12ac4938f79) Method completed with status: 504",
            ]),
        ],
    },
    Cause {
        id: "backend_connection_failed",
        formerly: &[],
        role: None,
        title: "The connection to the backend failed",
        family: Family::Backend,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[504, 500, 503],
        needs: &[ErrorLevel, AccessField("integration.error"), AccessField("error.responseType")],
        patterns: &[
            Gateway("network error"),
            Gateway("connection refused"),
            Gateway("connection reset"),
            Gateway("connection closed"),
            Gateway("connection was closed"),
            Gateway("connect timed out"),
            Gateway("connection timed out"),
            Gateway("no route to host"),
            Gateway("broken pipe"),
            Gateway("failed to connect"),
            ResponseType("INTEGRATION_NETWORK_FAILURE"),
        ],
        remedy: Remedy {
            means: "API Gateway could not open a connection to the backend, or lost it before the answer was \
                complete: refused, reset or closed. Also over a VPC link V2 and for HTTP APIs.",
            checks: &[
                "Verify that the backend is up: instance or task status, target health, and its own logs at that \
                 minute for a crash, a deployment or a full connection queue.",
                "Verify that the service listens on the port of the integration URI (or on the target port): a \
                 closed port refuses, and a target that goes away resets.",
                "Public backend: check that its host name resolves to the right addresses and that its firewall, \
                 security group or allow list admits the internet. The addresses of API Gateway are not fixed, so an \
                 allow list of callers breaks sooner or later.",
                "Private backend: verify the way there. Security groups from link to load balancer to targets, \
                 network ACLs both ways, route tables, and the health check's path, port and codes. A private API \
                 alone gives no access to a private backend: the integration needs a VPC link.",
                "VPC link V2: after 60 days without traffic it is INACTIVE and has no network interfaces; requests \
                 fail for some minutes until traffic has brought them back. A link in FAILED must be created again and \
                 set in the integration.",
                "Resets now and then under load: the backend's keep-alive must be longer than the load balancer's \
                 actual idle timeout, or the backend closes a connection that the other side is about to use. See \
                 integration_internal_error.",
                "Let clients retry idempotent requests with exponential backoff and jitter.",
            ],
            see: &[
                "HTTP APIs: the state of the link, and whether its security groups are the right ones:\n\
                 aws apigatewayv2 get-vpc-link --vpc-link-id VPC_LINK_ID",
                "Reproduce the connection from the same subnets, from an instance or a function there:\n\
                 curl -v --connect-timeout 3 http://TARGET_ADDRESS:PORT/PATH",
                "Metrics of the load balancer: TargetConnectionErrorCount and HTTPCode_ELB_5XX_Count (ALB), \
                 TCP_Target_Reset_Count and UnHealthyHostCount (NLB). REJECT records of flow logs are \
                 network_rejected.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-links-v2.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-private.html",
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-troubleshooting.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(f7b6a4fc-19d5-46b8-840a-a519c437b8cb) Execution failed due to configuration error: Network error communicating with endpoint",
                "(f7b6a4fc-19d5-46b8-840a-a519c437b8cb) Method completed with status: 504",
            ]),
            access(&[
                r#"{"requestId":"JKJaXmPLvHcESHA=","apiId":"a1b2c3d4e5","stage":"$default","routeKey":"GET /orders","status":"503","responseLength":"33","errorResponseType":"INTEGRATION_NETWORK_FAILURE","integrationErrorMessage":"-"}"#,
            ]),
        ],
        near_misses: &[
            // The type alone says only that the integration failed.
            access(&[
                r#"{"requestId":"JKJbYnQMwIdETIB=","apiId":"a1b2c3d4e5","stage":"prod","status":"500","errorMessage":"Internal server error","errorResponseType":"INTEGRATION_FAILURE","integrationError":"-"}"#,
            ]),
            // The gateway quotes a path that a client wrote.
            execution(&[
                "(4d3c1f70-9a2b-4e55-8c61-7f0e2d1b9a34) Execution failed due to configuration error: Illegal character in path at index 33: https://orders.example.com/orders/network error",
                "(4d3c1f70-9a2b-4e55-8c61-7f0e2d1b9a34) Method completed with status: 500",
            ]),
            // The function's connection, not the gateway's.
            execution(&[
                "(0dffe822-efa7-4685-87a3-06e898c29dc0) Lambda execution failed with status 200 due to customer function error: connect ECONNREFUSED 10.0.12.7:5432: connection refused. Lambda request id: f20d24b6-1a5f-4c06-9c8d-eff0a7f27ff5",
                "(0dffe822-efa7-4685-87a3-06e898c29dc0) Method completed with status: 502",
            ]),
        ],
    },
    Cause {
        id: "backend_invalid_http",
        formerly: &[],
        role: None,
        title: "The backend's answer is not valid HTTP",
        family: Family::Backend,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[
            Gateway("not valid protocol version"),
            Gateway("not valid http"),
            Gateway("invalid http"),
            Gateway("invalid status line"),
            Gateway("contains invalid status code"),
            Gateway("invalid protocol version"),
            Gateway("invalid chunk"),
            Gateway("bad chunk header"),
            Gateway("crlf expected at end of chunk"),
            Gateway("chunked stream ended unexpectedly"),
            Gateway("content at end of chunk"),
            Gateway("end of chunk coded message body"),
            Gateway("maximum line length limit exceeded"),
            Gateway("maximum header count exceeded"),
            Gateway("invalid content length"),
            Gateway("negative content length"),
            Gateway("unable to parse header"),
            Gateway("chunk size"),
            Gateway("invalid header"),
            Gateway("content-length delimited"),
            Gateway("failed to respond"),
        ],
        remedy: Remedy {
            means: "Something answered on the connection, but not with an HTTP response. The log quotes the first \
                bytes where it can.",
            checks: &[
                "Verify protocol and port: an integration with http:// on a port that speaks TLS, or with https:// \
                 on one that speaks plain HTTP, and an http:// listener that forwards to another protocol, all read \
                 as garbage.",
                "Look for double TLS: a TLS listener that decrypts and a target group that encrypts again, with a \
                 target that expects plain HTTP, or the reverse. Depending on what the targets speak, make listener \
                 and target group TCP (the target ends TLS) or TLS (the load balancer does), not both.",
                "Verify that the target is the web server and not, say, a database or SSH port, and that it speaks \
                 HTTP/1.1.",
                "Capture packets on a target while you repeat the request and read the first line of the answer. It \
                 must be a status line, and headers must be well formed: no blank in a name, no two differing \
                 Content-Length.",
                "Reproduce exactly what the gateway does: create a VPC endpoint (interface type) for the endpoint \
                 service of the Network Load Balancer and call it from the VPC.",
                "insecureSkipVerification is no remedy: it is meant for private or self-signed authorities on REST \
                 APIs with HTTP or HTTP_PROXY integration, is not advised since it lets a man in the middle pass, \
                 and cannot fix a reply that is not HTTP.",
            ],
            see: &[
                "Both protocols against the same port; one of them will look right:\n\
                 curl -v --http1.1 http://TARGET_ADDRESS:PORT/PATH\n\
                 curl -v --http1.1 https://TARGET_ADDRESS:PORT/PATH",
                "What came back, byte by byte, on the target:\n\
                 sudo tcpdump -A -s 0 'tcp port PORT'",
                "An endpoint on the same endpoint service:\n\
                 aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id VPC_ID --service-name \
                 ENDPOINT_SERVICE_NAME --subnet-ids SUBNET_ID",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-listeners.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-extensions-integration-tls-config.html",
        ],
        since: "0.1.0",
        examples: &[
            documented(execution(&[
                "(08c7b50d-2ae6-47c9-951b-b62ad548c9dc) Execution failed due to configuration error: Not a valid protocol version: This is not HTTP",
                "(08c7b50d-2ae6-47c9-951b-b62ad548c9dc) Method completed with status: 500",
            ])),
            documented(execution(&[
                "(b791338f-5bd1-4175-928f-0748f96d6f18) Execution failed due to configuration error: Not a valid protocol version: SSH-2.0-OpenSSH_9.6",
                "(b791338f-5bd1-4175-928f-0748f96d6f18) Method completed with status: 500",
            ])),
        ],
        near_misses: &[
            // A client's malformed header is the client's affair.
            execution(&[
                "(49923ff4-d18b-453a-9fbb-85f0537f2157) Method request headers: {X-Note=Not a valid protocol version: HTTP/9}",
                "(49923ff4-d18b-453a-9fbb-85f0537f2157) Method completed with status: 400",
            ]),
            execution(&[
                "(ab3f8fba-9487-4dee-9606-cd2b323f77fc) Execution failed due to configuration error: Unrecognized SSL message, plaintext connection?",
                "(ab3f8fba-9487-4dee-9606-cd2b323f77fc) Method completed with status: 500",
            ]),
        ],
    },
];
