//! Parses the events of Kinesis Data Streams and of SQS: several batches in one invocation, each with an id for retries.
//!
//! A Kinesis record holds the gzip data of a batch. An SQS message holds the record that Lambda's on-failure destination
//! made of a failed invocation, or, from a dead-letter queue, the bare subscription event. An invalid record says nothing
//! about the others, so each is parsed separately, when its turn comes.

use std::borrow::Cow;

use aws_lambda_events::event::kinesis::KinesisEventRecord;
use aws_lambda_events::event::sqs::SqsMessage;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Where records come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// Kinesis Data Streams: records in the order of their sequence numbers.
    Kinesis,
    /// SQS: messages in no order.
    Sqs,
}

/// Records of an invocation's event.
#[derive(Debug)]
pub struct Records<'a> {
    /// Where they come from.
    pub kind: RecordKind,
    /// The records, in the order of the event.
    pub records: Vec<Record<'a>>,
}

/// One record, not parsed yet.
#[derive(Debug)]
pub struct Record<'a> {
    /// Its id in a partial batch response: sequence number or message id. Never empty.
    pub id: Cow<'a, str>,
    /// The bytes that are the same in each delivery of the record.
    pub content: &'a [u8],
    kind: RecordKind,
    raw: &'a RawValue,
}

/// Batch in the form that the record holds.
#[derive(Debug, PartialEq, Eq)]
pub enum Batch {
    /// Its compressed document.
    Gzip(Vec<u8>),
    /// The subscription event around it.
    SubscriptionEvent(Vec<u8>),
}

/// Error of a record without a batch. A retry never helps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The record does not have the form of its service.
    #[error("not a record of a stream or a queue ({record_bytes} bytes)")]
    Shape {
        /// Length of the record.
        record_bytes: usize,
    },
    /// The message holds no subscription event: another function's failed invocation, or another program's message.
    #[error("the message holds no CloudWatch Logs subscription event ({body_bytes} bytes)")]
    NoSubscriptionEvent {
        /// Length of the message's body.
        body_bytes: usize,
    },
}

impl<'a> Records<'a> {
    /// Parses the records of a payload; None if it is another kind of event, or a record lacks its id.
    ///
    /// `{"Records":[{"eventSource":"aws:sqs","messageId":"m-1","body":"…"}]}` → one record of SQS with the id `m-1`
    pub fn parse(payload: &'a [u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Event<'e> {
            #[serde(rename = "Records", borrow)]
            records: Vec<&'e RawValue>,
        }
        let event: Event<'a> = serde_json::from_slice(payload).ok()?;
        let records: Vec<_> = event.records.into_iter().map(Record::of).collect::<Option<_>>()?;
        let kind = records.first()?.kind;
        records.iter().all(|record| record.kind == kind).then_some(Self { kind, records })
    }
}

impl<'a> Record<'a> {
    fn of(raw: &'a RawValue) -> Option<Self> {
        /// Fields that all records have.
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Head<'h> {
            event_source: Cow<'h, str>,
            #[serde(borrow)]
            kinesis: Option<Kinesis<'h>>,
            #[serde(borrow)]
            message_id: Option<Cow<'h, str>>,
            #[serde(borrow)]
            body: Option<&'h RawValue>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Kinesis<'k> {
            #[serde(borrow)]
            sequence_number: Cow<'k, str>,
            #[serde(borrow)]
            data: Option<&'k RawValue>,
        }
        let head: Head<'a> = serde_json::from_str(raw.get()).ok()?;
        let (kind, id, content) = match (&*head.event_source, head.kinesis, head.message_id) {
            ("aws:kinesis", Some(kinesis), _) => (RecordKind::Kinesis, kinesis.sequence_number, kinesis.data),
            ("aws:sqs", _, Some(message_id)) => (RecordKind::Sqs, message_id, head.body),
            _ => return None,
        };
        let content = content.map_or("", RawValue::get).as_bytes();
        (!id.is_empty()).then_some(Self { id, content, kind, raw })
    }

    /// Returns the batch in the record.
    ///
    /// A Kinesis record with `"data":"H4sI…"` → [`Batch::Gzip`]
    ///
    /// # Errors
    ///
    /// If the record holds no batch. A retry never helps.
    pub fn batch(&self) -> Result<Batch, RecordError> {
        let text = self.raw.get();
        let shape = |_| RecordError::Shape { record_bytes: text.len() };
        match self.kind {
            RecordKind::Kinesis => {
                let record: KinesisEventRecord = serde_json::from_str(text).map_err(shape)?;
                Ok(Batch::Gzip(record.kinesis.data.0))
            }
            RecordKind::Sqs => {
                let message: SqsMessage = serde_json::from_str(text).map_err(shape)?;
                subscription_event(&message.body.unwrap_or_default())
            }
        }
    }
}

/// Returns the subscription event in the body of a message.
fn subscription_event(body: &str) -> Result<Batch, RecordError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body<'b> {
        #[serde(borrow)]
        request_payload: Option<&'b RawValue>,
        awslogs: Option<serde::de::IgnoredAny>,
    }
    let none = RecordError::NoSubscriptionEvent { body_bytes: body.len() };
    let Ok(read) = serde_json::from_str::<Body<'_>>(body) else { return Err(none) };
    match (read.request_payload, read.awslogs) {
        (Some(payload), _) => Ok(Batch::SubscriptionEvent(payload.get().as_bytes().to_vec())),
        (None, Some(_)) => Ok(Batch::SubscriptionEvent(body.as_bytes().to_vec())),
        (None, None) => Err(none),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn kinesis(sequence_number: &Value, data: &Value) -> Value {
        json!({
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": "0123456789abcdef0123456789abcdef",
                "sequenceNumber": sequence_number,
                "data": data,
                "approximateArrivalTimestamp": 1_800_000_000.123,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": "shardId-000000000000:1",
            "eventName": "aws:kinesis:record",
            "awsRegion": "eu-west-1",
        })
    }

    fn message(body: &Value) -> Value {
        json!({"messageId": "m-1", "receiptHandle": "r", "body": body, "attributes": {}, "eventSource": "aws:sqs"})
    }

    /// The batch of the only record of an event.
    fn batch_of(record: &Value) -> Result<Batch, RecordError> {
        let payload = json!({"Records": [record]}).to_string();
        Records::parse(payload.as_bytes()).unwrap().records[0].batch()
    }

    #[test]
    fn a_kinesis_record_holds_the_gzip_data() {
        assert_eq!(batch_of(&kinesis(&json!("1"), &json!("AAEC"))), Ok(Batch::Gzip(vec![0, 1, 2])));
    }

    #[test]
    fn a_record_whose_data_is_no_base64_is_bad_by_itself() {
        let payload = json!({"Records": [kinesis(&json!("1"), &json!("!")), kinesis(&json!("2"), &json!("AAEC"))]});
        let payload = payload.to_string();
        let records = Records::parse(payload.as_bytes()).unwrap();
        assert_eq!(records.records[0].id, "1");
        assert!(matches!(records.records[0].batch(), Err(RecordError::Shape { .. })));
        assert!(records.records[1].batch().is_ok());
    }

    #[test]
    fn a_message_holds_the_failed_event_or_the_record_around_it() {
        let event = r#"{"awslogs":{"data":"x"}}"#;
        let around = format!(r#"{{"requestContext":{{"condition":"RetriesExhausted"}},"requestPayload":{event}}}"#);
        let expected = Ok(Batch::SubscriptionEvent(event.as_bytes().to_vec()));
        assert_eq!(batch_of(&message(&json!(event))), expected);
        assert_eq!(batch_of(&message(&json!(around))), expected);
    }

    #[test]
    fn a_message_without_an_event_is_an_error_with_its_size() {
        let streams = r#"{"requestContext":{},"KinesisBatchInfo":{"shardId":"shardId-000000000000"}}"#;
        for body in ["", "planted-by-a-client", "[]", streams] {
            let error = batch_of(&message(&json!(body))).unwrap_err();
            assert_eq!(error, RecordError::NoSubscriptionEvent { body_bytes: body.len() }, "{body}");
        }
        assert_eq!(
            batch_of(&message(&json!("planted"))).unwrap_err().to_string(),
            "the message holds no CloudWatch Logs subscription event (7 bytes)"
        );
    }

    #[test]
    fn content_is_the_same_at_each_delivery() {
        let first = json!({"Records": [message(&json!("a"))]}).to_string();
        let again = first.replace("\"r\"", "\"another receipt\"");
        assert_ne!(first, again);
        let content = |payload: &str| Records::parse(payload.as_bytes()).unwrap().records[0].content.to_vec();
        assert_eq!(content(&first), content(&again));
    }

    #[test]
    fn other_events_are_none() {
        let s3 = json!({"eventSource": "aws:s3", "s3": {}});
        let rows = [
            json!({}),
            json!([]),
            json!({"Records": []}),
            json!({"Records": [s3]}),
            json!({"Records": [s3, kinesis(&json!("1"), &json!(""))]}),
            json!({"Records": [message(&json!("")), kinesis(&json!("1"), &json!(""))]}),
            json!({"Records": [kinesis(&json!(""), &json!(""))]}),
            json!({"Records": [kinesis(&json!(1), &json!(""))]}),
        ];
        for row in rows {
            assert!(Records::parse(row.to_string().as_bytes()).is_none(), "{row}");
        }
    }
}
