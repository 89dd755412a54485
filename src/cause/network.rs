//! Causes in VPC flow logs.

use super::Need::SeparateLog;
use super::{Cause, Example, Family, Kind, LogKind, Rank, Remedy, Role};

/// Returns an example from a VPC flow log.
const fn flow(lines: &'static [&'static str]) -> Example {
    Example::of(LogKind::Flow, lines)
}

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
        confirm: &[
            "Whose interface is it, and did a security group or ACL change when it began?\n\
             aws ec2 describe-network-interfaces --network-interface-ids ENI_ID --query \
             'NetworkInterfaces[].[InterfaceType,Description,RequesterId,SubnetId,Groups[].GroupId]'\n\n\
             Only interfaces of the VPC link, the load balancer, the targets and the functions matter to an API. \
             InvalidNetworkInterfaceID.NotFound: it is gone, with whatever used it.",
            "Read the rejected flows of that interface (the last hour):\n\
             aws logs filter-log-events --log-group-name FLOW_LOG_GROUP --start-time $(($(date +%s) - 3600))000 \
             --filter-pattern '[version, account, eni=ENI_ID, src, dst, srcport, dstport, protocol, packets, bytes, \
             start, end, action=REJECT, status]' --query 'events[].[message]' --output text\n\n\
             Source, destination, source port, destination port. A public source address and a port that you do not \
             serve is a scan: leave it rejected. No output: another hour, or the flow log has other fields than the \
             default (name them in the pattern).",
            "Follow the security groups along the chain, each link of it on the right port: VPC link V2 out to the \
             load balancer, load balancer in from the link, load balancer out to the targets, targets in from the \
             load balancer, health check port included. Behind a V1 link there is no link group: allow the addresses \
             of the load balancer.\n\
             aws ec2 describe-security-group-rules --filters Name=group-id,Values=SECURITY_GROUP_ID --query \
             'SecurityGroupRules[].[IsEgress,IpProtocol,FromPort,ToPort,CidrIpv4,ReferencedGroupInfo.GroupId]' \
             --output text\n\
             aws ec2 describe-network-acls --filters Name=association.subnet-id,Values=SUBNET_ID --query \
             'NetworkAcls[].Entries[].[Egress,RuleNumber,RuleAction,Protocol,CidrBlock,PortRange.From,PortRange.To]' \
             --output text\n\n\
             True in the first column is outbound. No rule for the port: that is it. ACLs: the lowest number that \
             matches decides, and the way back needs the ephemeral ports (1024-65535). An ACCEPT in and a REJECT out \
             on one interface is an ACL, since security groups let answers pass.",
            "Where the format has the field `reject-reason` and it says BPA, VPC Block Public Access rejected it.",
            "Look at link status and target health too (vpc_link_internal_error): rejected health checks make targets \
             unhealthy, and then nothing is sent to them at all. Where requests fail and nothing is rejected, look \
             elsewhere: a missing route leaves no record, and an accepted flow without answer is a target that does \
             not listen.",
        ],
        fix: &[
            "Allow the port from the group (or addresses) before it in the chain:\n\
             aws ec2 authorize-security-group-ingress --group-id SECURITY_GROUP_ID --protocol tcp --port PORT \
             --source-group SOURCE_SECURITY_GROUP_ID\n\n\
             It adds one rule, at once; the others stay. InvalidPermission.Duplicate: it was there, so that is not \
             the reason. To undo: `aws ec2 revoke-security-group-ingress --group-id SECURITY_GROUP_ID --protocol tcp \
             --port PORT --source-group SOURCE_SECURITY_GROUP_ID`.",
            "ACL: add the rule that is missing, inbound and outbound, with a number below the one that denies. It \
             concerns every interface of the subnet.",
            "Block Public Access: add an exclusion for the subnet, or route the traffic privately.",
            "Ask what still stands between two resources, without traffic:\n\
             aws ec2 create-network-insights-path --source ENI_ID --destination TARGET_ENI_ID --protocol tcp \
             --destination-port PORT --query NetworkInsightsPath.NetworkInsightsPathId --output text\n\
             aws ec2 start-network-insights-analysis --network-insights-path-id PATH_ID --query \
             NetworkInsightsAnalysis.NetworkInsightsAnalysisId --output text\n\
             aws ec2 describe-network-insights-analyses --network-insights-analysis-ids ANALYSIS_ID --query \
             'NetworkInsightsAnalyses[].[Status,NetworkPathFound,Explanations[].ExplanationCode]'\n\n\
             It makes a path and an analysis, which is charged for each run, and changes nothing else. running: ask \
             again. true: the way is open. false: the codes name what closes it. To undo: `aws ec2 \
             delete-network-insights-analysis --network-insights-analysis-id ANALYSIS_ID`, then `aws ec2 \
             delete-network-insights-path --network-insights-path-id PATH_ID`.",
        ],
        prevent: &[
            "Let groups refer to groups instead of addresses, and keep the chain in one template.",
            "Alarm on rejected flows only for interfaces of the chain: elsewhere they are scans.",
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
