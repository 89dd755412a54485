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
    },
    /// Not gzip, or corrupt, cut off, with a wrong checksum.
    Gzip {
        /// Length of the compressed data.
        gzip_bytes: usize,
    },
    /// Inflates beyond the limit.
    TooLarge {
        /// The limit.
        limit_bytes: u64,
        /// Length of the compressed data.
        gzip_bytes: usize,
    },
    /// Not JSON, or not a batch of CloudWatch Logs.
    Json {
        /// Length of the document.
        document_bytes: u64,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotASubscriptionEvent { payload_bytes } => {
                write!(f, "not a CloudWatch Logs subscription event ({payload_bytes} bytes)")
            }
            Self::Base64 { data_bytes } => write!(f, "awslogs.data is not base64 ({data_bytes} bytes)"),
            Self::Gzip { gzip_bytes } => write!(f, "awslogs.data is not whole gzip data ({gzip_bytes} bytes)"),
            Self::TooLarge { limit_bytes, gzip_bytes } => {
                write!(f, "the batch ({gzip_bytes} bytes of gzip) inflates to more than {limit_bytes} bytes")
            }
            Self::Json { document_bytes } => {
                write!(f, "the batch is not the JSON of a CloudWatch Logs batch ({document_bytes} bytes)")
            }
        }
    }
}

impl std::error::Error for DecodeError {}
