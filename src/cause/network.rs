//! What VPC flow logs tell.

use super::{Cause, Family, Kind, Rank, Remedy};

pub(super) const CAUSES: &[Cause] = &[Cause {
    id: "network_rejected",
    formerly: &[],
    title: "A security group, network ACL or Block Public Access rejected traffic",
    family: Family::Network,
    kind: Kind::Broken,
    rank: Rank::Named,
    statuses: &[],
    needs: &[],
    says: &[],
    remedy: Remedy { means: "", checks: &[], see: &[] },
    docs: &[],
    since: "0.1.0",
    examples: &[],
    near_misses: &[],
}];
