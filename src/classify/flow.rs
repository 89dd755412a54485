//! What a record of a VPC flow log proves: a rejected flow, or nothing.

use super::{Failure, Subject, Verdict};
use crate::cause::Role;
use crate::record::Source;
use crate::record::flow::Line;

/// What the record proves. Each record that tells of rejected traffic is one failure.
pub fn verdict(line: Line, timestamp_ms: i64, source: &Source) -> Verdict {
    if !line.rejected {
        return Verdict::NotFailed;
    }
    Verdict::Failed(Failure {
        subject: Subject::Flow { log_group: source.log_group.clone() },
        cause: Role::FlowRejected.cause(),
        status: None,
        timestamp_ms,
        request_id: None,
        trace_id: None,
        shape: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejected_flow_is_one_failure_of_its_log_group() {
        let source = Source { log_group: "/vpc/orders".to_owned(), ..Source::default() };
        let Verdict::Failed(failure) = verdict(Line { rejected: true }, 7, &source) else { panic!("not failed") };
        assert_eq!(failure.cause.id, "network_rejected");
        assert_eq!(failure.subject, Subject::Flow { log_group: "/vpc/orders".to_owned() });
        assert_eq!((failure.timestamp_ms, failure.status), (7, None));
    }

    #[test]
    fn an_accepted_flow_is_none() {
        assert!(matches!(verdict(Line { rejected: false }, 7, &Source::default()), Verdict::NotFailed));
    }
}
