//! What goes wrong on the private link to a load balancer.

use super::Says::Gateway;
use super::{Cause, Family, Kind, Rank, Remedy, execution};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "vpc_link_internal_error",
        formerly: &[],
        title: "The VPC link cannot reach its target",
        family: Family::VpcLink,
        kind: Kind::Broken,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[],
        says: &[Gateway("there was internal error while"), Gateway("internal error while executing your request")],
        remedy: Remedy { means: "", checks: &[], see: &[] },
        docs: &[],
        since: "0.1.0",
        examples: &[execution(&[
            "Thu May 04 17:48:21 UTC 2024 : Execution failed due to configuration error: There was an internal error while executing your request",
            "Thu May 04 17:48:21 UTC 2024 : Method completed with status: 500",
        ])],
        near_misses: &[],
    },
    Cause {
        id: "vpc_link_transient",
        formerly: &[],
        title: "A passing fault of the VPC link",
        family: Family::VpcLink,
        kind: Kind::Load,
        rank: Rank::Named,
        statuses: &[500],
        needs: &[],
        says: &[Gateway("vpc link error")],
        remedy: Remedy { means: "", checks: &[], see: &[] },
        docs: &[],
        since: "0.1.0",
        examples: &[execution(&[
            "(c48371c9-e6a2-4385-91d7-72e691048598) Execution failed due to a VPC link error",
            "(c48371c9-e6a2-4385-91d7-72e691048598) Method completed with status: 500",
        ])],
        near_misses: &[],
    },
];
