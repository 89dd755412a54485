//! What goes wrong in mapping templates and status mappings.

use super::Says::{Gateway, InvocationStatus};
use super::{Cause, Family, Kind, Rank, Remedy, execution};

pub(super) const CAUSES: &[Cause] = &[
    Cause {
        id: "response_status_mapping",
        formerly: &[],
        title: "The backend's status has no mapping",
        family: Family::Mapping,
        kind: Kind::Broken,
        rank: Rank::Concluded,
        statuses: &[500],
        needs: &[],
        says: &[Gateway("output mapping refers to invalid method response"), Gateway("no match for output mapping")],
        remedy: Remedy { means: "", checks: &[], see: &[] },
        docs: &[],
        since: "0.1.0",
        examples: &[execution(&[
            "(19d8c61e-3bf7-48da-a62c-c73be659daed) Execution failed due to configuration error: Output mapping refers to an invalid method response: 200",
            "(19d8c61e-3bf7-48da-a62c-c73be659daed) Method completed with status: 500",
        ])],
        near_misses: &[],
    },
    Cause {
        id: "response_mapping",
        formerly: &[],
        title: "The response mapping template failed",
        family: Family::Mapping,
        kind: Kind::Broken,
        rank: Rank::Concluded,
        statuses: &[500],
        needs: &[],
        says: &[Gateway("unable to transform response")],
        remedy: Remedy { means: "", checks: &[], see: &[] },
        docs: &[],
        since: "0.1.0",
        examples: &[execution(&[
            "(2ae9d72f-4c08-49eb-973d-d84cf76aebfe) Execution failed due to configuration error: Unable to transform response",
            "(2ae9d72f-4c08-49eb-973d-d84cf76aebfe) Method completed with status: 500",
        ])],
        near_misses: &[],
    },
    Cause {
        id: "request_mapping",
        formerly: &[],
        title: "The request mapping template failed",
        family: Family::Mapping,
        kind: Kind::Broken,
        rank: Rank::Concluded,
        statuses: &[500],
        needs: &[],
        says: &[
            Gateway("unable to transform request"),
            Gateway("statuscode should be integer"),
            Gateway("unable to parse statuscode"),
            Gateway("could not parse request body"),
            InvocationStatus(400, 400),
        ],
        remedy: Remedy { means: "", checks: &[], see: &[] },
        docs: &[],
        since: "0.1.0",
        examples: &[execution(&[
            "(3bfae840-5d19-4afc-884e-e95d087bfc0f) Execution failed due to configuration error: Unable to transform request",
            "(3bfae840-5d19-4afc-884e-e95d087bfc0f) Method completed with status: 500",
        ])],
        near_misses: &[],
    },
];
