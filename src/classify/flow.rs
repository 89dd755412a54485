//! Decides what a record of a VPC flow log proves: a rejected flow, or nothing.

use crate::cause::Role;
use std::sync::Arc;

use crate::failure::Failure;
use crate::metric::Subject;
use crate::record::Source;
use crate::record::flow::FlowRecord;

/// Returns a failure for a record of rejected traffic; None for any other record.
///
/// `2 111122223333 eni-… REJECT OK` → a failure with the cause `network_rejected`
pub fn failure(line: FlowRecord, timestamp_ms: i64, source: &Source) -> Option<Failure> {
    line.rejected.then(|| Failure {
        subject: Arc::new(Subject::Flow { log_group: source.log_group.clone() }),
        cause: Role::FlowRejected.cause(),
        status: None,
        timestamp_ms,
        number: 0,
        lane: 0,
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
        let failure = failure(FlowRecord { rejected: true }, 7, &source).expect("a failure");
        assert_eq!(failure.cause.id, "network_rejected");
        assert_eq!(*failure.subject, Subject::Flow { log_group: "/vpc/orders".to_owned() });
        assert_eq!((failure.timestamp_ms, failure.status), (7, None));
    }

    #[test]
    fn an_accepted_flow_is_no_failure() {
        assert!(failure(FlowRecord { rejected: false }, 7, &Source::default()).is_none());
    }
}
