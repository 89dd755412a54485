//! Decode errors. Every variant is final: the same bytes will never decode.

use std::fmt;

/// Reason why a batch cannot be read, with sizes and position, never the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// The invocation payload is not `{"awslogs":{"data":"…"}}`: something else called the function.
    NotASubscriptionEvent {
        /// Length of the payload.
        payload_bytes: usize,
    },
    /// `data` is not base64.
    Base64 {
        /// Length of `data`.
        data_bytes: usize,
        /// Position of the first wrong byte in `data`.
        at_byte: usize,
    },
    /// Not gzip, or corrupt, cut off, with a wrong checksum.
    Gzip {
        /// The fault.
        fault: GzipFault,
        /// Length of the compressed data.
        gzip_bytes: usize,
        /// Compressed bytes read before the fault.
        at_byte: u64,
    },
    /// The batch inflates beyond the limit.
    TooLarge {
        /// The limit.
        limit_bytes: u64,
        /// Length of the compressed data.
        gzip_bytes: usize,
    },
    /// More log events than the limit.
    TooManyEvents {
        /// The limit, a count.
        limit: u64,
    },
    /// The deadline or the CPU time of the limits passed before the batch was read.
    OutOfTime {
        /// Inflated bytes read by then.
        inflated_bytes: u64,
        /// Length of the compressed data.
        gzip_bytes: usize,
    },
    /// Not JSON, or not a batch of CloudWatch Logs.
    Json {
        /// The fault.
        fault: JsonFault,
        /// Position in the document.
        at_byte: u64,
    },
}

/// Fault of compressed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GzipFault {
    /// A gzip header is missing, has reserved flags or a method other than deflate.
    Header,
    /// The header does not match its own checksum.
    HeaderChecksum,
    /// The data ends before the member does.
    CutOff,
    /// Not a deflate stream.
    Corrupt,
    /// The inflated data does not match the member's CRC-32.
    Checksum,
    /// The inflated data does not have the member's length.
    Length,
}

/// Fault of the document of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonFault {
    /// The document is not an object.
    NotAnObject,
    /// The document ends before its object does.
    CutOff,
    /// JSON does not allow this byte here.
    Syntax,
    /// `messageType`, `owner`, `logGroup` or `logStream` is neither a string nor null.
    HeaderNotAString,
    /// A key, or a value of the header, is longer than a log event may be.
    TooLong,
    /// A key of the header, or `logEvents`, occurs twice.
    DuplicateKey,
    /// `logEvents` is missing.
    NoLogEvents,
    /// `logEvents` is not an array.
    LogEventsNotAnArray,
    /// Other data follows the document.
    TrailingData,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASubscriptionEvent { payload_bytes } => {
                write!(f, "not a CloudWatch Logs subscription event ({payload_bytes} bytes)")
            }
            Self::Base64 { data_bytes, at_byte } => {
                write!(f, "awslogs.data is not base64 (byte {at_byte} of {data_bytes})")
            }
            Self::Gzip { fault, gzip_bytes, at_byte } => {
                write!(f, "the batch is not whole gzip data: {fault} (byte {at_byte} of {gzip_bytes})")
            }
            Self::TooLarge { limit_bytes, gzip_bytes } => {
                write!(f, "the batch ({gzip_bytes} bytes of gzip) inflates to more than {limit_bytes} bytes")
            }
            Self::TooManyEvents { limit } => write!(f, "the batch holds more than {limit} log events"),
            Self::OutOfTime { inflated_bytes, gzip_bytes } => write!(
                f,
                "the batch ({gzip_bytes} bytes of gzip) was not read in time: stopped at {inflated_bytes} bytes inflated"
            ),
            Self::Json { fault, at_byte } => {
                write!(f, "the document is not a CloudWatch Logs batch: {fault} (byte {at_byte})")
            }
        }
    }
}

impl fmt::Display for GzipFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "missing or unsupported gzip header",
            Self::HeaderChecksum => "wrong checksum of a gzip header",
            Self::CutOff => "cut off",
            Self::Corrupt => "corrupt deflate data",
            Self::Checksum => "wrong CRC-32",
            Self::Length => "wrong length",
        })
    }
}

impl fmt::Display for JsonFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAnObject => "not a JSON object",
            Self::CutOff => "cut off",
            Self::Syntax => "not JSON",
            Self::HeaderNotAString => "a header field is not a string",
            Self::TooLong => "a key or header field is too long",
            Self::DuplicateKey => "a key occurs twice",
            Self::NoLogEvents => "logEvents is missing",
            Self::LogEventsNotAnArray => "logEvents is not an array",
            Self::TrailingData => "data follows its end",
        })
    }
}

impl std::error::Error for DecodeError {}
