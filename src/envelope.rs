//! Finds the batches in what delivers them: events of Kinesis Data Streams and SQS, what Lambda keeps of a failed
//! invocation, and what SNS, EventBridge and the AWS CLI put around it.
//!
//! Only the member that holds the next layer counts (`data`, `body`, `requestPayload` …). Everything beside it may be new,
//! missing, null or of another type. Of a text nothing is kept but its layers, so memory stays within a few times its
//! length.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::keyed::key_of;

/// Batch in the form in which a source holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch<'a> {
    /// Subscription event as Lambda gets it.
    SubscriptionEvent(&'a str),
    /// Compressed document in base64.
    Data(&'a str),
    /// The document itself.
    Document(&'a str),
}

impl Batch<'_> {
    /// Returns the identity of the batch: equal in each delivery of it in the life of the process.
    ///
    /// Two deliveries of one batch → the same 8 bytes; another batch → others
    pub fn identity(&self) -> [u8; 8] {
        let (Self::SubscriptionEvent(text) | Self::Data(text) | Self::Document(text)) = self;
        key_of(text).to_le_bytes()
    }
}

/// Error of what should hold a batch and does not. A retry never helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// A record of a stream or a queue has neither data nor a body.
    #[error("a record of a stream or a queue has no data ({record_bytes} bytes)")]
    NoData {
        /// Length of the record.
        record_bytes: usize,
    },
    /// Another function's failed invocation, or another program's message.
    #[error("the message holds no CloudWatch Logs subscription event ({body_bytes} bytes)")]
    NoSubscriptionEvent {
        /// Length of what was looked through.
        body_bytes: usize,
    },
    /// The record of a failed invocation without the event that it failed for.
    #[error("the record of a failed invocation lacks its payload: the event itself is not in it")]
    NoPayload,
    /// The record that a queue or a topic gets of a stream's records.
    #[error(
        "the record holds no payload, only the place of the records in their stream (shard and sequence numbers); read \
         them with aws kinesis get-records, or from the failure destination in S3"
    )]
    PlaceInStream,
    /// The notification of an object in S3.
    #[error("the event names an object in S3 and holds no log events; fetch it with aws s3 cp")]
    PlaceInS3,
    /// More layers than any service puts around an event.
    #[error("too many events within events ({body_bytes} bytes left)")]
    TooDeep {
        /// Length of what is in the innermost layer.
        body_bytes: usize,
    },
}

/// Callback for each batch, and for each place where one should be.
pub type BatchCallback<'c> = dyn FnMut(Result<Batch<'_>, RecordError>) + 'c;

/// Most records of one event.
///
/// Source: Lambda API Reference, CreateEventSourceMapping, BatchSize: at most 10,000; Kinesis, GetRecords: likewise.
const MOST_RECORDS: usize = 10_000;

/// How deep layers may be nested. A text within a string counts three, since it is unescaped into memory of its own.
/// EventBridge, SNS and SQS around a record of Lambda take eight.
const DEEPEST: u8 = 12;
const STRING: u8 = 3;

/// Passes on every batch of a JSON text. Returns false if the text is of no kind that holds batches.
///
/// `{"requestPayload":{"awslogs":{"data":"H4sI…"}}}` → one [`Batch::SubscriptionEvent`], and true
pub fn batches(text: &str, each: &mut BatchCallback<'_>) -> bool {
    // The function does not count the list of its records.
    layer(text, DEEPEST + 1, each)
}

/// Returns whether a JSON text is of a kind that holds batches. If `is_cut`, its end is missing. For programs that must
/// recognise an input by its beginning; the function gets whole events.
///
/// `{"Messages":[` → true if it is cut
pub fn may_hold_batches(text: &str, is_cut: bool) -> bool {
    let mut object = Object::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let is_whole = json.deserialize_map(ObjectVisitor(&mut object)).is_ok();
    (is_whole || is_cut)
        && (object.detect(false).is_some() || is_cut && object.last.is_some_and(MemberName::holds_layer))
}

/// Where records come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// Kinesis Data Streams: records in the order of their sequence numbers.
    Kinesis,
    /// SQS: messages in no order.
    Sqs,
    /// Anything else: one record, the event itself.
    Event,
}

/// Records of an invocation's event.
#[derive(Debug)]
pub struct Records<'a> {
    /// Where they come from.
    pub kind: RecordKind,
    /// The records, in the order of the event.
    pub records: Vec<EventRecord<'a>>,
}

/// One record, whose batches are not looked for yet.
#[derive(Debug)]
pub struct EventRecord<'a> {
    /// Its id in a partial batch response: sequence number or message id. Empty if it has none.
    pub id: Cow<'a, str>,
    /// The text that is the same in each delivery of the record.
    pub content: &'a str,
    /// The whole record.
    text: &'a str,
    /// It is one of several.
    is_listed: bool,
}

impl<'a> Records<'a> {
    /// Parses the records of a payload; None if it is an event of another kind.
    ///
    /// `{"Records":[{"eventSource":"aws:sqs","messageId":"m-1","body":"…"}]}` → one record of SQS with the id `m-1`
    pub fn parse(payload: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(payload).ok()?.trim();
        let list = match Object::parse(text) {
            Some(object) => match object.detect(false)? {
                Layer::List(list) => list,
                _ => {
                    let record = EventRecord { id: Cow::Borrowed(""), content: text, text, is_listed: false };
                    return Some(Self { kind: RecordKind::Event, records: vec![record] });
                }
            },
            // A pipe of EventBridge hands over the records without an event around them.
            None => serde_json::from_str(text).ok()?,
        };
        let (kinds, records): (Vec<_>, Vec<_>) =
            elements(list)?.into_iter().map(EventRecord::parse).collect::<Option<Vec<_>>>()?.into_iter().unzip();
        Some(Self { kind: *kinds.first()?, records })
    }
}

impl<'a> EventRecord<'a> {
    fn parse(raw: &'a RawValue) -> Option<(RecordKind, Self)> {
        let text = raw.get();
        let object = Object::parse(text)?;
        let (kind, id, content) = match object.detect(true)? {
            Layer::Kinesis(kinesis) => {
                let inner = Object::parse(kinesis.get()).unwrap_or_default();
                (RecordKind::Kinesis, inner.get(MemberName::SequenceNumber), inner.get(MemberName::Data))
            }
            Layer::Data(data) => (RecordKind::Kinesis, object.get(MemberName::SequenceNumber), Some(data)),
            Layer::Message(body) => (RecordKind::Sqs, object.get(MemberName::MessageId), Some(body)),
            Layer::NoData => (RecordKind::Sqs, object.get(MemberName::MessageId), None),
            Layer::Batch | Layer::Document | Layer::List(_) | Layer::Inner(_) | Layer::Unreadable(_) => {
                (RecordKind::Event, None, Some(raw))
            }
        };
        let id = id.map(id_of).unwrap_or_default();
        Some((kind, Self { id, content: content.map_or("", RawValue::get), text, is_listed: true }))
    }

    /// Passes on every batch of the record.
    ///
    /// A Kinesis record with `"data":"H4sI…"` → [`Batch::Data`]
    pub fn batches(&self, each: &mut BatchCallback<'_>) {
        match Object::parse(self.text) {
            Some(object) if self.is_listed => object.layer(self.text, true, DEEPEST, each),
            _ => batches(self.text, each),
        };
    }
}

/// Returns the id as a string. Where a producer wrote a number, its digits are the id.
fn id_of(raw: &RawValue) -> Cow<'_, str> {
    match text_of(raw) {
        Some(text) => text,
        None if raw.get().starts_with(|c: char| c.is_ascii_digit()) => Cow::Borrowed(raw.get()),
        None => Cow::Borrowed(""),
    }
}

/// Returns the text of a string; None for other values.
fn text_of(raw: &RawValue) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Text<'t>(#[serde(borrow)] Cow<'t, str>);
    serde_json::from_str(raw.get()).ok().map(|Text(text)| text)
}

/// Passes on the batches of a text, which is an object or a list of objects.
fn layer(text: &str, deepest: u8, each: &mut BatchCallback<'_>) -> bool {
    let text = text.trim();
    match Object::parse(text) {
        Some(object) => object.layer(text, false, deepest, each),
        None if text.starts_with('[') => list(text, false, deepest, each),
        None => false,
    }
}

/// Passes on the batches of a list. Returns false if no element holds any.
fn list(text: &str, is_listed: bool, deepest: u8, each: &mut BatchCallback<'_>) -> bool {
    let Ok(raw) = serde_json::from_str::<&RawValue>(text) else { return false };
    let Some(deepest) = deepest.checked_sub(1) else {
        each(Err(RecordError::TooDeep { body_bytes: text.len() }));
        return true;
    };
    let mut is_known = false;
    for element in elements(raw).unwrap_or_default() {
        is_known |= match Object::parse(element.get()) {
            Some(object) => object.layer(element.get(), is_listed, deepest, each),
            None => string(element, deepest, each),
        };
    }
    is_known
}

/// Passes on the batches of a string that holds JSON. Returns false if it holds none.
fn string(raw: &RawValue, deepest: u8, each: &mut BatchCallback<'_>) -> bool {
    let Some(text) = text_of(raw) else { return false };
    match deepest.checked_sub(STRING) {
        Some(deepest) => layer(&text, deepest, each),
        None => {
            each(Err(RecordError::TooDeep { body_bytes: text.len() }));
            true
        }
    }
}

/// Passes on the batches of a value that should hold some.
fn inner(raw: &RawValue, deepest: u8, each: &mut BatchCallback<'_>) {
    let is_known = match (raw.get().as_bytes().first(), deepest.checked_sub(1)) {
        (Some(b'"'), _) => string(raw, deepest, each),
        (_, Some(deepest)) => layer(raw.get(), deepest, each),
        (_, None) => {
            each(Err(RecordError::TooDeep { body_bytes: raw.get().len() }));
            true
        }
    };
    if !is_known {
        let body_bytes = text_of(raw).map_or(raw.get().len(), |text| text.len());
        each(Err(RecordError::NoSubscriptionEvent { body_bytes }));
    }
}

/// Returns the elements of a list; None if it is no list or has too many.
fn elements(raw: &RawValue) -> Option<Vec<&RawValue>> {
    struct Elements;
    impl<'de> Visitor<'de> for Elements {
        type Value = Option<Vec<&'de RawValue>>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            let mut elements = Vec::new();
            while let Some(element) = list.next_element()? {
                if elements.len() == MOST_RECORDS {
                    while list.next_element::<IgnoredAny>()?.is_some() {}
                    return Ok(None);
                }
                elements.push(element);
            }
            Ok(Some(elements))
        }
    }
    serde_json::Deserializer::from_str(raw.get()).deserialize_seq(Elements).ok()?
}

/// Returns the first element of a list.
fn first_element(raw: &RawValue) -> Option<&RawValue> {
    struct First<'f, 'a>(&'f mut Option<&'a RawValue>);
    impl<'de> Visitor<'de> for First<'_, 'de> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
            *self.0 = list.next_element()?;
            Ok(())
        }
    }
    let mut first = None;
    // The elements behind the first are not read, which serde calls an error.
    drop(serde_json::Deserializer::from_str(raw.get()).deserialize_seq(First(&mut first)));
    first
}

/// Layer of an envelope, with the member that holds the next layer.
#[derive(Debug, Clone, Copy)]
enum Layer<'a> {
    /// A subscription event.
    Batch,
    /// The document of a batch.
    Document,
    /// An event, or an answer of a service, with several records.
    List(&'a RawValue),
    /// A record of Kinesis in an event of Lambda.
    Kinesis(&'a RawValue),
    /// A record whose data is beside its other members.
    Data(&'a RawValue),
    /// A message of a queue.
    Message(&'a RawValue),
    /// Anything around one other event.
    Inner(&'a RawValue),
    /// A message of a queue without a body.
    NoData,
    /// It should hold an event.
    Unreadable(RecordError),
}

/// Keys that show what an object is. Services write them with a small or a capital first letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MemberName {
    AwsLogs,
    LogEvents,
    MessageType,
    Records,
    Messages,
    RequestPayload,
    RequestContext,
    Condition,
    KinesisBatchInfo,
    Payload,
    Kinesis,
    Data,
    SequenceNumber,
    Partition,
    RecordId,
    Body,
    MessageId,
    ReceiptHandle,
    EventSource,
    Sns,
    Message,
    TopicArn,
    Type,
    Detail,
    DetailType,
    S3,
}

impl MemberName {
    const ALL: [(Self, &'static str); 26] = [
        (Self::AwsLogs, "awslogs"),
        (Self::LogEvents, "logEvents"),
        (Self::MessageType, "messageType"),
        (Self::Records, "Records"),
        (Self::Messages, "Messages"),
        (Self::RequestPayload, "requestPayload"),
        (Self::RequestContext, "requestContext"),
        (Self::Condition, "condition"),
        (Self::KinesisBatchInfo, "KinesisBatchInfo"),
        (Self::Payload, "payload"),
        (Self::Kinesis, "kinesis"),
        (Self::Data, "data"),
        (Self::SequenceNumber, "sequenceNumber"),
        (Self::Partition, "partitionKey"),
        (Self::RecordId, "recordId"),
        (Self::Body, "body"),
        (Self::MessageId, "messageId"),
        (Self::ReceiptHandle, "receiptHandle"),
        (Self::EventSource, "eventSource"),
        (Self::Sns, "Sns"),
        (Self::Message, "Message"),
        (Self::TopicArn, "TopicArn"),
        (Self::Type, "Type"),
        (Self::Detail, "detail"),
        (Self::DetailType, "detail-type"),
        (Self::S3, "s3"),
    ];

    fn parse(name: &str) -> Option<Self> {
        let is_same = |known: &str| {
            known.len() == name.len()
                && known.as_bytes().first().map(u8::to_ascii_lowercase)
                    == name.as_bytes().first().map(u8::to_ascii_lowercase)
                && known.as_bytes()[1..] == name.as_bytes()[1..]
        };
        Self::ALL.iter().find(|(_, known)| is_same(known)).map(|(key, _)| *key)
    }

    /// Whether its value may be so long that a text is cut within it.
    fn holds_layer(self) -> bool {
        use MemberName::{
            AwsLogs, Body, Detail, Kinesis, LogEvents, Message, Messages, Payload, Records, RequestPayload, Sns,
        };
        let keys =
            [AwsLogs, LogEvents, Records, Messages, RequestPayload, Payload, Kinesis, Body, Sns, Message, Detail];
        keys.contains(&self)
    }
}

/// The known members of an object. Of several with one name the last counts; null is as good as missing.
#[derive(Debug, Default)]
struct Object<'a> {
    values: [Option<&'a RawValue>; MemberName::ALL.len()],
    /// The key whose value is missing where a text is cut.
    last: Option<MemberName>,
}

struct ObjectVisitor<'m, 'a>(&'m mut Object<'a>);

impl<'de> Visitor<'de> for ObjectVisitor<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        #[derive(Deserialize)]
        struct Name<'n>(#[serde(borrow)] Cow<'n, str>);
        while let Some(Name(name)) = map.next_key()? {
            let key = MemberName::parse(&name);
            self.0.last = key;
            match key {
                Some(key) => {
                    let value: &'de RawValue = map.next_value()?;
                    if value.get() != "null" {
                        self.0.values[key as usize] = Some(value);
                    }
                }
                None => drop(map.next_value::<IgnoredAny>()?),
            }
            self.0.last = None;
        }
        Ok(())
    }
}

impl<'a> Object<'a> {
    /// Returns None if the text is no whole object.
    fn parse(text: &'a str) -> Option<Self> {
        if !text.starts_with('{') {
            return None;
        }
        let mut object = Self::default();
        let mut json = serde_json::Deserializer::from_str(text);
        json.deserialize_map(ObjectVisitor(&mut object)).ok()?;
        json.end().ok()?;
        Some(object)
    }

    fn get(&self, key: MemberName) -> Option<&'a RawValue> {
        self.values[key as usize]
    }

    fn has(&self, key: MemberName) -> bool {
        self.get(key).is_some()
    }

    /// Returns the member of a member.
    fn inner(&self, key: MemberName, inner: MemberName) -> Option<&'a RawValue> {
        Object::parse(self.get(key)?.get())?.get(inner)
    }

    fn is(&self, key: MemberName, value: &str) -> bool {
        self.get(key).and_then(text_of).is_some_and(|text| text == value)
    }

    /// Returns a member that holds something: no empty object, list or string.
    fn filled(&self, key: MemberName) -> Option<&'a RawValue> {
        let is_filled = |raw: &&RawValue| match raw.get().as_bytes() {
            [b'{' | b'[' | b'"', inner @ .., _] => !inner.trim_ascii().is_empty(),
            _ => false,
        };
        self.get(key).filter(is_filled)
    }

    /// Returns the records of an event, or the messages of an answer. Where a member of that name is something else, it is
    /// new or another service's.
    fn list(&self) -> Option<&'a RawValue> {
        let lists = [MemberName::Records, MemberName::Messages].map(|key| self.get(key));
        lists.into_iter().flatten().find(|list| {
            let first = first_element(list).and_then(|first| Object::parse(first.get()));
            first.is_some_and(|first| first.detect(true).is_some())
        })
    }

    /// Returns what the object is. In a list of records, `body` or `data` alone is enough.
    ///
    /// The member with the next layer decides, the most specific first. Any other member may be new, empty or odd.
    fn detect(&self, is_listed: bool) -> Option<Layer<'a>> {
        let has_one = |keys: &[MemberName]| keys.iter().any(|key| self.has(*key));
        let is_of_queue =
            self.is(MemberName::EventSource, "aws:sqs") || has_one(&[MemberName::MessageId, MemberName::ReceiptHandle]);
        let is_of_stream =
            is_listed || has_one(&[MemberName::SequenceNumber, MemberName::Partition, MemberName::RecordId]);
        let is_of_topic = self.has(MemberName::TopicArn) || self.is(MemberName::Type, "Notification");
        let request_payload = self.filled(MemberName::RequestPayload);
        let payload = request_payload.or(self.filled(MemberName::Payload));
        let kinesis = self.get(MemberName::Kinesis).filter(|kinesis| kinesis.get().starts_with('{'));
        let has_data = || self.inner(MemberName::Kinesis, MemberName::Data).is_some();
        let body = self.get(MemberName::Body).filter(|_| is_listed || is_of_queue);
        let is_failed = || self.inner(MemberName::RequestContext, MemberName::Condition).is_some();
        // A record is what delivers it, whatever else is in it.
        if is_listed && has_data() {
            kinesis.map(Layer::Kinesis)
        } else if is_listed && let Some(body) = body {
            Some(Layer::Message(body))
        } else if self.inner(MemberName::AwsLogs, MemberName::Data).is_some() {
            Some(Layer::Batch)
        } else if let Some(list) = self.list() {
            Some(Layer::List(list))
        } else if self
            .get(MemberName::LogEvents)
            .and_then(first_element)
            .is_some_and(|first| first.get().starts_with('{'))
        {
            Some(Layer::Document)
        } else if let Some(payload) =
            request_payload.or(payload.filter(|_| self.has(MemberName::KinesisBatchInfo) || is_failed()))
        {
            Some(Layer::Inner(payload))
        } else if self.filled(MemberName::KinesisBatchInfo).is_some() {
            Some(Layer::Unreadable(RecordError::PlaceInStream))
        } else if is_failed() {
            Some(Layer::Unreadable(RecordError::NoPayload))
        } else if let Some(kinesis) = kinesis {
            Some(Layer::Kinesis(kinesis))
        } else if let Some(message) = self.inner(MemberName::Sns, MemberName::Message) {
            Some(Layer::Inner(message))
        } else if let Some(message) = self.get(MemberName::Message).filter(|_| is_of_topic) {
            Some(Layer::Inner(message))
        } else if let Some(detail) = self.get(MemberName::Detail).filter(|_| self.has(MemberName::DetailType)) {
            Some(Layer::Inner(detail))
        } else if let Some(body) = body {
            Some(Layer::Message(body))
        } else if let Some(data) = self.get(MemberName::Data).filter(|data| is_of_stream && data.get().starts_with('"'))
        {
            Some(Layer::Data(data))
        } else if self.has(MemberName::S3) && (is_listed || self.has(MemberName::EventSource)) {
            Some(Layer::Unreadable(RecordError::PlaceInS3))
        } else {
            self.empty(is_listed && is_of_queue)
        }
    }

    /// Returns what an object is that should hold something and does not.
    fn empty(&self, is_message: bool) -> Option<Layer<'a>> {
        let lists = [MemberName::Records, MemberName::Messages].map(|key| self.get(key));
        if self.has(MemberName::AwsLogs) {
            Some(Layer::Batch)
        } else if self.has(MemberName::LogEvents) || self.has(MemberName::MessageType) {
            Some(Layer::Document)
        } else if let Some(payload) = self.get(MemberName::RequestPayload) {
            Some(Layer::Inner(payload))
        } else if let Some(list) = lists.into_iter().flatten().find(|list| list.get().starts_with('[')) {
            Some(Layer::List(list))
        } else if self.has(MemberName::KinesisBatchInfo) {
            Some(Layer::Unreadable(RecordError::PlaceInStream))
        } else {
            is_message.then_some(Layer::NoData)
        }
    }

    /// Passes on the batches of the object, whose text is `text`.
    fn layer(&self, text: &'a str, is_listed: bool, deepest: u8, each: &mut BatchCallback<'_>) -> bool {
        let no_data = RecordError::NoData { record_bytes: text.len() };
        match self.detect(is_listed) {
            None => return false,
            Some(Layer::Batch) => each(Ok(Batch::SubscriptionEvent(text))),
            Some(Layer::Document) => each(Ok(Batch::Document(text))),
            Some(Layer::List(records)) => return list(records.get(), true, deepest, each),
            Some(Layer::Kinesis(kinesis)) => {
                match Object::parse(kinesis.get()).and_then(|kinesis| kinesis.get(MemberName::Data)) {
                    Some(data) => data_of(data, no_data, each),
                    None => each(Err(no_data)),
                }
            }
            Some(Layer::Data(data)) => data_of(data, no_data, each),
            Some(Layer::Message(value) | Layer::Inner(value)) => inner(value, deepest, each),
            Some(Layer::NoData) => each(Err(no_data)),
            Some(Layer::Unreadable(error)) => each(Err(error)),
        }
        true
    }
}

fn data_of(raw: &RawValue, no_data: RecordError, each: &mut BatchCallback<'_>) {
    match text_of(raw) {
        Some(data) => each(Ok(Batch::Data(&data))),
        None => each(Err(no_data)),
    }
}

#[cfg(test)]
mod tests;
