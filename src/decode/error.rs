//! Decode errors. Every variant is final: the same bytes will never decode.

use thiserror::Error;

/// Reason why a batch cannot be read, with sizes and position, never the payload.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The invocation payload is not `{"awslogs":{"data":"…"}}`: something else called the function.
    #[error("not a CloudWatch Logs subscription event ({payload_bytes} bytes)")]
    NotASubscriptionEvent {
        /// Length of the payload.
        payload_bytes: usize,
    },
    /// `data` is not base64.
    #[error("the data of the batch is not base64 (byte {at_byte} of {data_bytes})")]
    Base64 {
        /// Length of `data`.
        data_bytes: usize,
        /// Position of the first wrong byte in `data`.
        at_byte: usize,
    },
    /// Not gzip, or corrupt, cut off, with a wrong checksum.
    #[error("the batch is not whole gzip data: {fault} (byte {at_byte} of {gzip_bytes})")]
    Gzip {
        /// The fault.
        fault: GzipFault,
        /// Length of the compressed data.
        gzip_bytes: usize,
        /// Compressed bytes read before the fault.
        at_byte: u64,
    },
    /// The batch inflates beyond the limit.
    #[error("the batch ({gzip_bytes} bytes of gzip) inflates to more than {limit_bytes} bytes")]
    TooLarge {
        /// The limit.
        limit_bytes: u64,
        /// Length of the compressed data.
        gzip_bytes: usize,
    },
    /// More log events than the limit.
    #[error("the batch holds more than {limit} log events")]
    TooManyEvents {
        /// The limit, a count.
        limit: u64,
    },
    /// More counts than the limit: what failed, cause and minute together make one.
    #[error("the failures of the batch make more than {most} counts")]
    TooManyCounts {
        /// The limit, a count.
        most: usize,
    },
    /// The deadline or the CPU time of the limits passed before the batch was read.
    #[error("the batch ({gzip_bytes} bytes of gzip) was not read in time: stopped at {inflated_bytes} bytes inflated")]
    OutOfTime {
        /// Inflated bytes read by then.
        inflated_bytes: u64,
        /// Length of the compressed data.
        gzip_bytes: usize,
    },
    /// Not JSON, or not a batch of CloudWatch Logs.
    #[error("the document is not a CloudWatch Logs batch: {fault} (byte {at_byte})")]
    Json {
        /// The fault.
        fault: JsonFault,
        /// Position in the document.
        at_byte: u64,
    },
}

/// Fault of compressed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GzipFault {
    /// A gzip header is missing, has reserved flags or a method other than deflate.
    #[error("missing or unsupported gzip header")]
    Header,
    /// Several records that the Kinesis Producer Library packed into one.
    #[error(
        "KPL-aggregated: the Kinesis Producer Library packed several records into one, and CloudWatch Logs does not"
    )]
    Aggregated,
    /// The header does not match its own checksum.
    #[error("wrong checksum of a gzip header")]
    HeaderChecksum,
    /// The data ends before the member does.
    #[error("cut off")]
    CutOff,
    /// Not a deflate stream.
    #[error("corrupt deflate data")]
    Corrupt,
    /// The inflated data does not match the member's CRC-32.
    #[error("wrong CRC-32")]
    Checksum,
    /// The inflated data does not have the member's length.
    #[error("wrong length")]
    Length,
}

/// Fault of the document of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JsonFault {
    /// The document is not an object.
    #[error("not a JSON object")]
    NotAnObject,
    /// The document ends before its object does.
    #[error("cut off")]
    CutOff,
    /// JSON does not allow this byte here.
    #[error("not JSON")]
    Syntax,
    /// `messageType`, `owner`, `logGroup` or `logStream` is neither a string nor null.
    #[error("a header field is not a string")]
    HeaderNotAString,
    /// A key, or a value of the header, is longer than a log event may be.
    #[error("a key or header field is too long")]
    TooLong,
    /// A key of the header, or `logEvents`, occurs twice.
    #[error("a key occurs twice")]
    DuplicateKey,
    /// `logEvents` is missing.
    #[error("logEvents is missing")]
    NoLogEvents,
    /// `logEvents` is not an array.
    #[error("logEvents is not an array")]
    LogEventsNotAnArray,
    /// Other data follows the document.
    #[error("data follows its end")]
    TrailingData,
}
