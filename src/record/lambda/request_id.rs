//! The id of an invocation, small enough to be kept by the ten thousand.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

/// The id of an invocation.
///
/// Lambda's are UUIDs and are kept whole. Others (people shorten ids before they publish a log) are kept as a hash, which
/// tells them apart and no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestId {
    high: u64,
    low: u64,
    is_uuid: bool,
}

impl RequestId {
    /// Reads an id: a word without blanks.
    pub fn of(text: &str) -> Self {
        if let Some(value) = uuid(text) {
            return Self { high: (value >> 64) as u64, low: value as u64, is_uuid: true };
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self { high: hasher.finish(), low: text.len() as u64, is_uuid: false }
    }

    /// The id as Lambda writes it; none where it is none of Lambda's.
    pub fn as_uuid(&self) -> Option<String> {
        self.is_uuid.then(|| self.to_string())
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, low) = (self.high, self.low);
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }
}

/// The value of a UUID in its usual form, lower-case digits with four hyphens.
fn uuid(text: &str) -> Option<u128> {
    if text.len() != 36 {
        return None;
    }
    let mut value = 0u128;
    for (at, byte) in text.bytes().enumerate() {
        if matches!(at, 8 | 13 | 18 | 23) {
            if byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        value = value << 4 | u128::from(digit);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_kept_whole() {
        let text = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
        assert_eq!(RequestId::of(text).as_uuid().as_deref(), Some(text));
    }

    #[test]
    fn other_ids_are_told_apart() {
        assert_eq!(RequestId::of("43e509"), RequestId::of("43e509"));
        assert_ne!(RequestId::of("43e509"), RequestId::of("43e50a"));
        assert_eq!(RequestId::of("43e509").as_uuid(), None);
    }
}
