//! Why a batch cannot be read. Every variant is final: the same bytes will never decode.

use std::fmt;

/// Why a batch cannot be read: what is wrong, the sizes and where, never the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DecodeError {
    /// The invocation payload is not `{"awslogs":{"data":"…"}}`: the function was called by something else.
    NotASubscriptionEvent {
        /// Length of the payload.
        payload_bytes: usize,
    },
    /// `data` is not base64.
    Base64 {
        /// Length of `data`.
        data_bytes: usize,
        /// Where in `data` the first wrong byte is.
        at_byte: usize,
    },
    /// Not gzip, or corrupt, cut off, with a wrong checksum.
    Gzip {
        /// What is wrong.
        fault: GzipFault,
        /// Length of the compressed data.
        gzip_bytes: usize,
        /// How far the compressed data was read.
        at_byte: u64,
    },
    /// Inflates beyond the limit.
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
        /// How far the document was read.
        inflated_bytes: u64,
        /// Length of the compressed data.
        gzip_bytes: usize,
    },
    /// Not JSON, or not a batch of CloudWatch Logs.
    Json {
        /// What is wrong.
        fault: JsonFault,
        /// Where in the document.
        at_byte: u64,
    },
}

/// What is wrong with compressed data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GzipFault {
    /// No gzip header where a member has to begin, or one with reserved flags or another method than deflate.
    Header,
    /// The header does not match its own checksum.
    HeaderChecksum,
    /// The data ends before the member does.
    CutOff,
    /// Not a deflate stream.
    Corrupt,
    /// What was inflated does not match the member's CRC-32.
    Checksum,
    /// What was inflated is not as long as the member says.
    Length,
}

/// What is wrong with the document of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JsonFault {
    /// The document is no object.
    NotAnObject,
    /// The document ends before its object does.
    CutOff,
    /// A byte that JSON does not allow here.
    Syntax,
    /// `messageType`, `owner`, `logGroup` or `logStream` is neither a string nor null.
    HeaderNotAString,
    /// A key, or a value of the header, that is longer than a log event may be.
    TooLong,
    /// A key of the header, or `logEvents`, stands there twice.
    DuplicateKey,
    /// There is no `logEvents`.
    NoLogEvents,
    /// `logEvents` is no array.
    LogEventsNotAnArray,
    /// Something stands behind the document.
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
            Self::Header => "no gzip header",
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
            Self::NotAnObject => "no JSON object",
            Self::CutOff => "cut off",
            Self::Syntax => "not JSON",
            Self::HeaderNotAString => "a header field that is no string",
            Self::TooLong => "a key or header field that is too long",
            Self::DuplicateKey => "a key that stands there twice",
            Self::NoLogEvents => "no logEvents",
            Self::LogEventsNotAnArray => "logEvents is no array",
            Self::TrailingData => "something behind its end",
        })
    }
}

impl std::error::Error for DecodeError {}
