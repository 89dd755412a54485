//! What goes wrong on the private link to a load balancer.

use super::Need::{AccessField, ErrorLevel};
use super::Pattern::Gateway;
use super::{Cause, Family, Kind, Rank, Remedy, access, execution};

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
            checks: &[
                "Look at the link: `aws apigateway get-vpc-link --vpc-link-id VPC_LINK_ID` must show AVAILABLE. A \
                 link that is FAILED does not recover: make a new one, choose it in the integration request, and \
                 deploy the API, since a changed integration works only after a deployment.",
                "Verify that the load balancer of the link still exists: `aws elbv2 describe-load-balancers \
                 --load-balancer-arns LOAD_BALANCER_ARN`.",
                "Look at the target health: `aws elbv2 describe-target-health --target-group-arn TARGET_GROUP_ARN`. \
                 Every target must be healthy and in use, on the protocol and port that the backend serves; `unused` \
                 means that no listener forwards to the group or that the target's Availability Zone is off. Where \
                 checks fail, compare path, port and success codes of the health check with what the backend \
                 answers.",
                "Verify that the backend runs and that a process listens on the target port, on all addresses and \
                 not on 127.0.0.1 alone. A closed port answers with TCP resets.",
                "Verify that the load balancer has a listener on the port of the integration URI: `aws elbv2 \
                 describe-listeners --load-balancer-arn LOAD_BALANCER_ARN`.",
                "Where the Network Load Balancer has a security group, switch off \"Enforce inbound rules on \
                 PrivateLink traffic\". It is on by default and then applies the group's inbound rules to what comes \
                 through the link; off, they still apply to all other traffic. Otherwise the group must allow that \
                 traffic.",
                "Check the security groups behind the link: the targets must admit the target port and the health \
                 check port from the load balancer (its group, or its private addresses). A V1 link has no group of \
                 its own; a V2 link has, and then the chain is link out, load balancer in, load balancer out, \
                 targets in.",
                "Check the network ACLs of the subnets of load balancer and targets, inbound and outbound: they are \
                 stateless, so the way back needs the ephemeral ports. Check that the route tables lead there and \
                 back.",
                "Open the endpoint service of the Network Load Balancer (VPC console, Endpoint services): it must \
                 exist, the account of API Gateway in this Region must stand under Allow principals, and the \
                 connection from that account must be Available, not Rejected.",
                "Where a stage variable gives the link, compare its value with the id of the VPC link (not of the \
                 VPC) that belongs to this stage: `aws apigateway get-stage --rest-api-id API_ID --stage-name \
                 STAGE`.",
                "Where the API itself is private: that says who may call it. A backend inside a VPC still needs an \
                 integration with connection type VPC_LINK.",
                "Only for a VPC link V2: after 60 days without traffic it becomes INACTIVE and its network \
                 interfaces are deleted. The next requests fail until the interfaces are back, which takes some \
                 minutes; send a request on a schedule.",
            ],
            see: &[
                "Reproduce it and read the log in the answer:\n\
                 aws apigateway test-invoke-method --rest-api-id API_ID --resource-id RESOURCE_ID --http-method GET",
                "Rejected packets between link, load balancer and target stand in the VPC flow logs as REJECT (cause \
                 network_rejected). A missing route leaves no record at all.",
                "Metrics of AWS/NetworkELB: UnHealthyHostCount by TargetGroup, and TCP_Target_Reset_Count for ports \
                 on which nothing listens.",
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
            checks: &[
                "Look at how often it happens. Rare: let clients retry with exponential backoff and jitter, and make \
                 the operation idempotent, since the first try may have reached the backend.",
                "Often, or since a change: verify that the link is AVAILABLE and the targets healthy, as for \
                 vpc_link_internal_error.",
                "Often with a healthy link: open a case with AWS Support and attach the execution-log lines with \
                 request ids, extended request ids and times.",
            ],
            see: &[
                "Count it in the execution log:\n\
                 aws logs filter-log-events --log-group-name API-Gateway-Execution-Logs_API_ID/STAGE \
                 --filter-pattern '?\"VPC link error\" ?\"vpc link error\"'",
                "Compare with the metrics of the load balancer at the same minute: no new flows and no resets there \
                 means that the fault was before it.",
            ],
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
