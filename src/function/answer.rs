//! Answers of invocations.

use aws_lambda_events::event::sqs::SqsBatchResponse;
use aws_lambda_events::event::streams::KinesisEventResponse;
use serde::Serialize;
use why5xx::envelope::RecordKind;

/// Answer of an invocation that did not fail.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum InvocationAnswer {
    /// Null, for CloudWatch Logs, which ignores it.
    Done,
    /// Records of a stream to deliver again; none if all were counted.
    Kinesis(KinesisEventResponse),
    /// Messages to return to their queue; none if all were counted.
    Sqs(SqsBatchResponse),
}

impl InvocationAnswer {
    /// Returns the answer that requests the records with these ids again.
    pub(super) fn again(kind: RecordKind, ids: Vec<String>) -> Self {
        match kind {
            RecordKind::Kinesis => {
                let mut response = KinesisEventResponse::default();
                response.set_failures(ids);
                Self::Kinesis(response)
            }
            RecordKind::Sqs => {
                let mut response = SqsBatchResponse::default();
                response.set_failures(ids);
                Self::Sqs(response)
            }
            RecordKind::Event => Self::Done,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_what_lambda_reads() {
        let text = |answer| serde_json::to_string(&answer).unwrap();
        let ids = || vec!["49590338271490256608559692538361571095921575989136588898".to_owned()];
        assert_eq!(text(InvocationAnswer::Done), "null");
        assert_eq!(text(InvocationAnswer::again(RecordKind::Sqs, Vec::new())), r#"{"batchItemFailures":[]}"#);
        for kind in [RecordKind::Kinesis, RecordKind::Sqs] {
            assert_eq!(
                text(InvocationAnswer::again(kind, ids())),
                format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"{}"}}]}}"#, ids()[0])
            );
        }
    }
}
