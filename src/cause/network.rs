//! What VPC flow logs tell.

use super::Need::SeparateLog;
use super::{Cause, Family, Kind, LogKind, Rank, Remedy, Role, flow};

pub(super) const CAUSES: &[Cause] = &[Cause {
    id: "network_rejected",
    formerly: &[],
    role: Some(Role::FlowRejected),
    title: "A security group, network ACL or Block Public Access rejected traffic",
    family: Family::Network,
    kind: Kind::Broken,
    rank: Rank::Named,
    statuses: &[],
    needs: &[SeparateLog(LogKind::Flow)],
    patterns: &[],
    remedy: Remedy {
        means: "A network interface that is watched by a flow log turned packets away. On the interfaces between VPC \
            link, load balancer and targets this fails requests; elsewhere it may be the port scan of a stranger.",
        checks: &[
            "Find out whose interface it is: `aws ec2 describe-network-interfaces --network-interface-ids ENI_ID`. \
             Only interfaces of the VPC link, the load balancer, the targets and the functions matter to an API.",
            "Read source, destination and destination port of the record. A public source address and a port that \
             you do not serve is a scan: leave it rejected.",
            "Follow the security groups along the chain, each link of it on the right port: VPC link V2 out to the \
             load balancer, load balancer in from the link, load balancer out to the targets, targets in from the \
             load balancer, health check port included. Behind a V1 link there is no link group: allow the load \
             balancer's addresses.",
            "Check the network ACLs of both subnets, inbound and outbound, with the ephemeral ports for the way \
             back: a pair of an ACCEPT in and a REJECT out on one interface is an ACL, since security groups let \
             answers pass.",
            "Look at link status and target health too (vpc_link_internal_error): rejected health checks make \
             targets unhealthy, and then nothing is sent to them at all.",
            "Where the format has the field `reject-reason` and it says BPA, VPC Block Public Access rejected it: \
             add an exclusion for the subnet, or route the traffic privately.",
            "Where requests fail and nothing is rejected, look elsewhere: a missing route leaves no record, and an \
             accepted flow without answer is a target that does not listen.",
        ],
        see: &[
            "The rejected flows of one interface:\n\
             aws logs filter-log-events --log-group-name FLOW_LOG_GROUP --filter-pattern '[version, account, \
             eni=ENI_ID, src, dst, srcport, dstport, protocol, packets, bytes, start, end, action=REJECT, status]'",
            "Ask what stands between two resources, without traffic:\n\
             aws ec2 create-network-insights-path --source ENI_ID --destination TARGET_ENI_ID --protocol tcp \
             --destination-port PORT\n\
             aws ec2 start-network-insights-analysis --network-insights-path-id PATH_ID",
        ],
    },
    docs: &[
        "https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-records-examples.html",
        "https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html",
    ],
    since: "0.1.0",
    examples: &[flow(&[
        "2 111122223333 eni-0a1b2c3d4e5f60718 10.0.12.7 10.0.31.44 40112 8443 6 4 240 1714844880 1714844940 REJECT OK",
    ])],
    near_misses: &[
        flow(&[
            "2 111122223333 eni-0a1b2c3d4e5f60718 10.0.12.7 10.0.31.44 40114 443 6 12 4249 1714844880 1714844940 ACCEPT OK",
        ]),
        flow(&["2 111122223333 eni-0a1b2c3d4e5f60718 - - - - - - - 1714844880 1714844940 - NODATA"]),
        flow(&["2 111122223333 eni-0a1b2c3d4e5f60718 - - - - - - - 1714844880 1714844940 - SKIPDATA"]),
    ],
}];
