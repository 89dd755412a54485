//! Causes on the private link to a load balancer.

use super::Need::{AccessField, ErrorLevel};
use super::Pattern::Gateway;
use super::{Cause, Family, Kind, Rank, Remedy, access, execution, steps};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "vpc_link_internal_error",
        formerly: &[],
        role: None,
        title: "The VPC link cannot reach its target",
        family: Family::VpcLink,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[Gateway("there was internal error while"), Gateway("internal error while executing your request")],
        remedy: Remedy {
            means: "The request went into the VPC link (V1: PrivateLink to a Network Load Balancer) and reached no \
                target that answers. The gateway does not say where it got lost, so follow the path from the link to \
                the target.",
            confirm: &[
                "Which link is it, and were its load balancer, targets or endpoint service created again or changed \
                 when it began? Look at the link:\n\
                 aws apigateway get-vpc-link --vpc-link-id VPC_LINK_ID --query '[status,statusMessage,targetArns]'\n\
                 aws apigatewayv2 get-vpc-link --vpc-link-id VPC_LINK_ID --query \
                 '[VpcLinkStatus,VpcLinkStatusMessage,SubnetIds,SecurityGroupIds]'\n\n\
                 The first is for a V1 link (PrivateLink to a Network Load Balancer), the second for V2. AVAILABLE: \
                 go on. FAILED does not recover: make a new one (Fix). INACTIVE (V2 only): 60 days without traffic. \
                 NotFoundException: the integration names a link that is gone, or of the other version.",
                "Look at the health of the targets, the commonest reason:\n\
                 aws elbv2 describe-target-health --target-group-arn TARGET_GROUP_ARN --query \
                 'TargetHealthDescriptions[].[Target.Id,Target.Port,TargetHealth.State,TargetHealth.Reason]' --output \
                 text\n\n\
                 Every target must be healthy, on the port that the backend serves. unused: no listener forwards to \
                 the group, or the Availability Zone of the target is off. unhealthy: compare path, port and success \
                 codes of the health check with what the backend answers. No output: the group has no targets. \
                 TargetGroupNotFound: it was deleted.",
                "Does the load balancer exist, with a listener on the port of the integration URI?\n\
                 aws elbv2 describe-load-balancers --load-balancer-arns LOAD_BALANCER_ARN --query \
                 'LoadBalancers[].[State.Code,Scheme,SecurityGroups,EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic]'\n\
                 aws elbv2 describe-listeners --load-balancer-arn LOAD_BALANCER_ARN --query \
                 'Listeners[].[Port,Protocol,DefaultActions[].TargetGroupArn]'\n\n\
                 LoadBalancerNotFound: it was deleted. No listener on that port: the connection goes nowhere. \
                 Security groups and \"on\" (the default): the inbound rules of the groups apply to what comes \
                 through the link; see Fix.",
                "Verify that the backend runs and that a process listens on the target port, on all addresses and not \
                 on 127.0.0.1 alone. A closed port answers with TCP resets: TCP_Target_Reset_Count, \
                 UnHealthyHostCount of AWS/NetworkELB.",
                "V1: is the connection to the endpoint service of the load balancer accepted? SERVICE_ID begins with \
                 vpce-svc-:\n\
                 aws ec2 describe-vpc-endpoint-connections --filters Name=service-id,Values=SERVICE_ID --query \
                 'VpcEndpointConnections[].[VpcEndpointOwner,VpcEndpointState,VpcEndpointId]' --output text\n\
                 aws ec2 describe-vpc-endpoint-service-permissions --service-id SERVICE_ID --query \
                 'AllowedPrincipals[].Principal'\n\n\
                 The account of API Gateway in this Region must be among the principals, and its connection must be \
                 available, not rejected. No output of the first: nothing is connected. \
                 InvalidVpcEndpointServiceId.NotFound: the service was deleted.",
                "Check security groups, network ACLs (inbound and outbound: they are stateless, so the way back needs \
                 the ephemeral ports) and route tables on the way; the REJECT records of flow logs are \
                 network_rejected, and a missing route leaves no record at all. A V1 link has no group of its own: \
                 the targets must admit the target port and the health check port from the load balancer (its group, \
                 or its private addresses). With V2 the chain is link out, load balancer in, load balancer out, \
                 targets in.",
                "Where a stage variable gives the link, its value must be the id of the VPC link (not of the VPC) \
                 that belongs to this stage (stage_variable). Where the API itself is private: that says who may call \
                 it; a backend inside a VPC still needs an integration with connection type VPC_LINK.",
            ],
            fix: &[
                "Bring the targets back: start the service on the target port, correct port and health check of the \
                 group, register what is missing.",
                "The Network Load Balancer has security groups: switch off the enforcement of inbound rules on \
                 PrivateLink traffic, or allow that traffic in a group.\n\
                 aws elbv2 set-security-groups --load-balancer-arn LOAD_BALANCER_ARN --security-groups \
                 SECURITY_GROUP_ID --enforce-security-group-inbound-rules-on-private-link-traffic off\n\n\
                 It replaces the whole list of groups, so name every group that the check printed. Off concerns \
                 traffic through PrivateLink alone; the rules still apply to all other traffic. It works at once. To \
                 undo, send the same with `on`.",
                "The connection is rejected or pending: accept it.\n\
                 aws ec2 accept-vpc-endpoint-connections --service-id SERVICE_ID --vpc-endpoint-ids VPC_ENDPOINT_ID\n\n\
                 It lets API Gateway into the endpoint service. To undo: `aws ec2 reject-vpc-endpoint-connections \
                 --service-id SERVICE_ID --vpc-endpoint-ids VPC_ENDPOINT_ID`.",
                "The link is FAILED: make a new one, and wait until it is AVAILABLE.\n\
                 aws apigateway create-vpc-link --name NAME --target-arns LOAD_BALANCER_ARN\n\
                 aws apigateway update-integration --rest-api-id API_ID --resource-id RESOURCE_ID --http-method \
                 METHOD --patch-operations op=replace,path=/connectionId,value=NEW_VPC_LINK_ID\n\n\
                 The first makes a link and changes nothing else; the second moves this integration to it, once the \
                 API is deployed (a stage variable instead works at once). Do the second for each method. To undo, \
                 send the former id and deploy; `aws apigateway delete-vpc-link --vpc-link-id NEW_VPC_LINK_ID` \
                 removes the link.",
                steps::DEPLOY,
                steps::TEST,
            ],
            prevent: &[
                "V2: a link without traffic for 60 days loses its network interfaces, and the requests that bring \
                 them back fail for some minutes. Send a request on a schedule.",
                "Alarm on UnHealthyHostCount of each target group, and write link, endpoint service, groups and \
                 integration into one template.",
            ],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/vpc-links-v1.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-vpc-links-v2.html",
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html",
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-troubleshooting.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "Thu May 04 17:48:21 UTC 2024 : Execution failed due to configuration error: There was an internal error while executing your request",
                "Thu May 04 17:48:21 UTC 2024 : Method completed with status: 500",
            ]),
            execution(&[
                "(a59619c4-16d4-43a7-9143-1753ce25a575) Execution failed due to configuration error: There was an internal error while executing your request",
            ]),
            access(&[
                r#"{"requestId":"65334af4-2785-46c8-aa2e-06cda5c7a9d9","apiId":"a1b2c3d4e5","stage":"prod","resourcePath":"/orders","status":"500","integrationError":"Execution failed due to configuration error: There was an internal error while executing your request"}"#,
            ]),
        ],
        near_misses: &[
            // "An internal error" without "while": the vaguer sentence.
            execution(&[
                "(73f9fba7-254e-432d-8c80-92b2416997b0) Execution failed due to an internal error",
                "(73f9fba7-254e-432d-8c80-92b2416997b0) Method completed with status: 500",
            ]),
            // A backend that quotes the words in its answer.
            execution(&[
                "(e5fcd58f-02ea-4e1d-8fe4-55efe9a99b4c) Endpoint response body before transformations: There was an internal error while executing your request",
                "(e5fcd58f-02ea-4e1d-8fe4-55efe9a99b4c) Method completed with status: 503",
            ]),
        ],
    },
    Cause {
        id: "vpc_link_transient",
        formerly: &[],
        role: None,
        title: "A passing fault of the VPC link",
        family: Family::VpcLink,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[ErrorLevel, AccessField("integration.error")],
        patterns: &[Gateway("vpc link error")],
        remedy: Remedy {
            means: "A connection between API Gateway and something that the VPC link depends on failed for a moment. \
                A few of these are normal; many are not.",
            confirm: &[
                "Which API is it, how often, and since when? Count it in the execution log (the last hour):\n\
                 aws logs filter-log-events --log-group-name API-Gateway-Execution-Logs_API_ID/STAGE --start-time \
                 $(($(date +%s) - 3600))000 --filter-pattern '?\"VPC link error\" ?\"vpc link error\"' --query \
                 'events[].[timestamp,message]' --output text\n\n\
                 A few lines that pass are normal; many, or many since a change, are not. No output: none in this \
                 hour, or another stage or Region.",
                "Often, or since a change: is the link AVAILABLE and are the targets healthy? The commands are those \
                 of vpc_link_internal_error.",
                "Compare with the metrics of the load balancer at the same minute: no new flows and no resets there \
                 mean that the fault was before it.",
            ],
            fix: &[
                "Rare: let clients retry with exponential backoff and jitter, and make the operation idempotent \
                 first, since the first try may have reached the backend.",
                "Often with a healthy link: open a case with AWS Support and attach the execution-log lines with \
                 request ids, extended request ids and times.",
            ],
            prevent: &["Retry with backoff in every client, and alarm on the rate, not on a single failure."],
        },
        docs: &[
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/private-integration.html",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/vpc-links-v1.html",
        ],
        since: "0.1.0",
        examples: &[
            execution(&[
                "(c48371c9-e6a2-4385-91d7-72e691048598) Execution failed due to a VPC link error",
                "(c48371c9-e6a2-4385-91d7-72e691048598) Method completed with status: 500",
            ]),
            execution(&["(c719662d-f437-477a-a7c3-e26371cdefed) Execution failed due to an vpc link error"]),
        ],
        near_misses: &[
            // The request succeeded on a later try.
            execution(&[
                "(bfc85a4d-c888-46ca-b758-6ac9a3fa5726) Execution failed due to a VPC link error",
                "(bfc85a4d-c888-46ca-b758-6ac9a3fa5726) Method completed with status: 200",
            ]),
            execution(&[
                "(ad7aad50-75c3-47ac-8114-eeaeb861537f) Method request query string: {note=Execution failed due to a VPC link error}",
                "(ad7aad50-75c3-47ac-8114-eeaeb861537f) Execution failed due to configuration error: There was an internal error while executing your request",
                "(ad7aad50-75c3-47ac-8114-eeaeb861537f) Method completed with status: 500",
            ]),
        ],
    },
];
