//! What an invocation returns to whoever called it.

use aws_lambda_events::event::sqs::SqsBatchResponse;
use aws_lambda_events::event::streams::KinesisEventResponse;
use serde::Serialize;
use why5xx::source::RecordKind;

/// The answer of an invocation that did not fail.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    /// To CloudWatch Logs, which does not read it: null.
    Done,
    /// Which records of a stream are to be delivered again. None of them: all is well.
    Kinesis(KinesisEventResponse),
    /// Which messages go back to their queue.
    Sqs(SqsBatchResponse),
}

impl Answer {
    /// Asks for these records again.
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
        assert_eq!(text(Answer::Done), "null");
        assert_eq!(text(Answer::again(RecordKind::Sqs, Vec::new())), r#"{"batchItemFailures":[]}"#);
        for kind in [RecordKind::Kinesis, RecordKind::Sqs] {
            assert_eq!(
                text(Answer::again(kind, ids())),
                format!(r#"{{"batchItemFailures":[{{"itemIdentifier":"{}"}}]}}"#, ids()[0])
            );
        }
    }
}
