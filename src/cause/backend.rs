//! Causes between API Gateway and an HTTP backend.

use super::Need::{AccessField, ErrorLevel};
use super::Pattern::{Gateway, ResponseType};
use super::{Cause, Family, Kind, Rank, Remedy, access, documented, execution, steps};

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
            confirm: &[
                "Which route is it, since when, and is it slow for all or for some? START and END are like \
                 2026-05-04T17:00:00Z; for HTTP APIs the dimension is ApiId.\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/ApiGateway --metric-name IntegrationLatency \
                 --dimensions Name=ApiName,Value=API_NAME Name=Stage,Value=STAGE --start-time START --end-time END \
                 --period 60 --extended-statistics p50 p99\n\n\
                 In milliseconds. p99 flat at 29,000 or 30,000 is this cause. p50 at it, too: nothing answers, so \
                 look at the way there. An empty list: another name, stage or Region, or no requests. An X-Ray trace \
                 shows which segment took the time.",
                "Does the target answer at all? A packet that is dropped (security group, network ACL, route) looks \
                 like slowness: check target health, DNS and the path as for backend_connection_failed.",
                "What was slow? Read the log of the backend, or the duration of the function, at that minute. The \
                 usual finds are a slow query, a slow third party, a cold start, and a connection to nowhere that \
                 waits for its own timeout:\n\
                 aws cloudwatch get-metric-statistics --namespace AWS/Lambda --metric-name Duration --dimensions \
                 Name=FunctionName,Value=FUNCTION --start-time START --end-time END --period 60 --statistics Maximum\n\n\
                 Above the timeout of the integration: the function worked on, and nobody got the answer. Below it: \
                 the time went elsewhere.",
                "Which timeout is in force?\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query timeoutInMillis\n\
                 aws apigatewayv2 get-integrations --api-id API_ID --query 'Items[].[IntegrationId,TimeoutInMillis]'\n\n\
                 The third is for HTTP APIs, which answer 503 (Service Unavailable) as well as 504 for it. A number \
                 below 29,000 was set by somebody.",
            ],
            fix: &[
                "Make it faster: cache what repeats, improve the query, call dependencies in parallel and with \
                 timeouts of their own.",
                "Work that takes longer than a caller should wait goes asynchronous: accept it, put it in SQS or \
                 start a Step Functions execution, answer 202, and give callers an endpoint to ask for the state.",
                "Cold starts: provisioned concurrency for the function, less code and fewer connections before the \
                 handler; for small functions a scheduled invocation that keeps one environment warm.",
                "Raise the timeout only if callers can wait. REST: 29 s by default; for Regional and private APIs it \
                 can be raised through Service Quotas, perhaps at the price of a lower throttle quota, but not for \
                 edge-optimised ones. HTTP APIs: at most 30 s. Streaming responses may last up to 15 min:\n\
                 aws apigateway update-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --patch-operations op=replace,path=/timeoutInMillis,value=MILLISECONDS\n\n\
                 It changes this one setting, once the API is deployed. BadRequestException: above the quota. To \
                 undo, send the former number and deploy.",
                steps::DEPLOY,
            ],
            prevent: &[
                "Set the timeout of the backend or function slightly below that of the gateway, so that the nearer \
                 log names what was slow. The default of a function is 3 s, its maximum 15 min; the gateway will not \
                 wait that long.",
                "Alarm on IntegrationLatency (p99) at 80 % of the timeout.",
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
            confirm: &[
                "Which host does the URI name, and was its record or load balancer deleted, or the stage created \
                 again?\n\
                 aws apigateway get-resources --rest-api-id API_ID --query 'items[].[path,id]' --output text\n\
                 aws apigateway get-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method METHOD \
                 --query '[uri,connectionType]'\n\
                 aws apigateway get-stage --rest-api-id API_ID --stage-name STAGE --query variables\n\n\
                 Look for a typing error, a missing scheme, or a stage variable that is empty or holds a whole URL \
                 where a host belongs. null in the third: the stage has no variables.",
                "Resolve the host with a public resolver:\n\
                 dig +short HOST @1.1.1.1\n\n\
                 No output: the name is not in public DNS. 10., 172.16. to 172.31. or 192.168.: a private address, \
                 which is of no use without a VPC link. Other addresses: it resolves, so look at the URI again.",
                "Does what the name pointed at still exist? A deleted load balancer takes its name with it.",
            ],
            fix: &[
                "Correct the URI:\n\
                 aws apigateway update-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --patch-operations op=replace,path=/uri,value=https://HOST/PATH\n\n\
                 It changes this one setting, once the API is deployed. To undo, send the former URI and deploy.",
                "Or bring the name back: the record set, the load balancer behind it. It works at once, or when the \
                 time to live of the old answer is over.",
                "A backend in a VPC: use a VPC link (connection type VPC_LINK); then the host in the URI need not \
                 resolve.",
                steps::DEPLOY,
                steps::TEST,
            ],
            prevent: &[
                "Take the host from the resource that has it (an output of the stack), not from a typed name.",
                "Before a load balancer or record is deleted, look for integrations that name it.",
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
            confirm: &[
                "Which backend is it, and was it deployed, scaled in or moved in that minute? Look at target health:\n\
                 aws elbv2 describe-target-health --target-group-arn TARGET_GROUP_ARN --query \
                 'TargetHealthDescriptions[].[Target.Id,Target.Port,TargetHealth.State,TargetHealth.Reason]' --output \
                 text\n\n\
                 unhealthy or draining: read the logs of that target for a crash, a deployment or a full connection \
                 queue. No output: the group has no targets. All healthy: go on with the way there.",
                "Reproduce the connection from the same subnets, from an instance or a function there:\n\
                 curl -v --connect-timeout 3 --max-time 20 http://TARGET_ADDRESS:PORT/PATH\n\n\
                 \"Connection refused\": nothing listens on the port of the integration URI (or the target port). \
                 \"timed out\": packets are dropped (network_rejected). \"reset\" or \"empty reply\": the target went \
                 away, or closes idle connections. An answer: the fault passed, or is between the gateway and this \
                 place.",
                "Private backend: verify the way. Security groups from link to load balancer to targets, network ACLs \
                 both ways, route tables, and the path, port and codes of the health check. A private API alone gives \
                 no access to a private backend: the integration needs a VPC link.\n\
                 aws apigatewayv2 get-vpc-link --vpc-link-id VPC_LINK_ID --query \
                 '[VpcLinkStatus,VpcLinkStatusMessage,SecurityGroupIds]'\n\n\
                 AVAILABLE: compare the groups. INACTIVE: 60 days without traffic, and requests fail for some minutes \
                 until traffic has brought its interfaces back. FAILED: make a new one (vpc_link_internal_error). \
                 NotFoundException: it was deleted.",
                "Public backend: does its name resolve to the right addresses, and does its firewall, security group \
                 or allow list admit the internet? The addresses of API Gateway are not fixed, so an allow list of \
                 callers breaks sooner or later.",
                "Only now and then, under load: resets. TargetConnectionErrorCount and HTTPCode_ELB_5XX_Count (ALB), \
                 TCP_Target_Reset_Count and UnHealthyHostCount (NLB) show them.",
            ],
            fix: &[
                "Bring the service back: start it on the port that the integration or the target group names; add \
                 capacity where queues are full.",
                "Open the way: the port in the security group of the target, from the group or addresses before it.\n\
                 aws ec2 authorize-security-group-ingress --group-id SECURITY_GROUP_ID --protocol tcp --port PORT \
                 --source-group SOURCE_SECURITY_GROUP_ID\n\n\
                 It adds one rule, at once; the others stay. InvalidPermission.Duplicate: it was there, so that is \
                 not the reason. To undo: `aws ec2 revoke-security-group-ingress --group-id SECURITY_GROUP_ID \
                 --protocol tcp --port PORT --source-group SOURCE_SECURITY_GROUP_ID`.",
                "Resets under load: the keep-alive of the backend must be longer than the actual idle timeout of the \
                 load balancer, or the backend closes a connection that the other side is about to use \
                 (integration_internal_error).",
                "Let clients retry idempotent requests with exponential backoff and jitter.",
            ],
            prevent: &[
                "Alarm on UnHealthyHostCount; drain targets before they stop.",
                "V2 links: send a request on a schedule, so that none goes 60 days without traffic.",
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
            execution(&[
                "(0e2f6a71-3b0c-4f6e-9c53-6a1d1f0b7c24) Execution failed due to a VPC link error: Network error communicating with endpoint",
                "(0e2f6a71-3b0c-4f6e-9c53-6a1d1f0b7c24) Method completed with status: 504",
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
            confirm: &[
                "Which backend and port is it, and did a listener, its protocol or the URI change? Ask both protocols \
                 on the same port; one of them will look right:\n\
                 curl -v --http1.1 --max-time 20 http://TARGET_ADDRESS:PORT/PATH\n\
                 curl -v --http1.1 --max-time 20 https://TARGET_ADDRESS:PORT/PATH\n\n\
                 The first is answered, the integration says https:// (or the reverse): scheme and port do not agree. \
                 Neither: the target is not the web server (a database or SSH port), or speaks HTTP/2 alone.",
                "Look for double TLS: a TLS listener that decrypts and a target group that encrypts again, with a \
                 target that expects plain HTTP, or the reverse.\n\
                 aws elbv2 describe-listeners --load-balancer-arn LOAD_BALANCER_ARN --query \
                 'Listeners[].[Port,Protocol,DefaultActions[].TargetGroupArn]'\n\
                 aws elbv2 describe-target-groups --load-balancer-arn LOAD_BALANCER_ARN --query \
                 'TargetGroups[].[TargetGroupArn,Protocol,Port]'\n\n\
                 TLS and TLS with a target of plain HTTP, or TCP with an integration of http:// and a target of TLS, \
                 read as garbage. TargetGroupNotFound or an empty list: no target group.",
                "Capture packets on a target while the request comes again, and read the first line of the answer. \
                 End it with Ctrl-C:\n\
                 sudo timeout 60 tcpdump -A -s 0 'tcp port PORT'\n\n\
                 It must be a status line (`HTTP/1.1 200`), and headers must be well formed: no blank in a name, no \
                 two differing Content-Length. No packets: the request does not come this way.",
            ],
            fix: &[
                "Make scheme and port of the integration URI those that the target speaks, then deploy the API.",
                "Make listener and target group TCP (the target ends TLS) or TLS (the load balancer does), not both. \
                 It concerns every client of the listener.",
                "Correct the server: HTTP/1.1, well-formed headers.",
                "Reproduce exactly what the gateway does: a VPC endpoint for the endpoint service of the Network Load \
                 Balancer, and a call from the VPC.\n\
                 aws ec2 create-vpc-endpoint --vpc-endpoint-type Interface --vpc-id VPC_ID --service-name \
                 ENDPOINT_SERVICE_NAME --subnet-ids SUBNET_ID --query VpcEndpoint.VpcEndpointId\n\n\
                 It makes network interfaces that cost while they stand, and changes nothing else. To undo: `aws ec2 \
                 delete-vpc-endpoints --vpc-endpoint-ids VPC_ENDPOINT_ID`.",
                "insecureSkipVerification is no remedy: it is meant for private or self-signed authorities on REST \
                 APIs with HTTP or HTTP_PROXY integration, is not advised since it lets a man in the middle pass, and \
                 cannot fix a reply that is not HTTP.",
            ],
            prevent: &[
                "Let the health check ask for a page over the protocol that the integration uses, so that a wrong \
                 protocol makes targets unhealthy.",
                "Change protocol of listener, target group and integration in one template.",
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
