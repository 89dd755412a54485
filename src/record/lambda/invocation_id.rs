//! A compact, Copy invocation id.

use std::hash::{DefaultHasher, Hash, Hasher};

use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// The id of an invocation.
///
/// Lambda's ids are UUIDs and are kept whole. Of another word a hash is kept: a function may print any word where a runtime
/// prints the id, and CloudWatch Logs masks a part of an id that its data protection takes for an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InvocationId {
    /// The halves of the UUID, or hash and length of another id: as numbers, for bytes that were just written one by one
    /// are slow to copy and to hash.
    halves: (u64, u64),
    is_uuid: bool,
}

impl InvocationId {
    /// Returns the id for a word without blanks.
    ///
    /// `0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5` → its 128 bits; `43e509` → a hash
    pub fn new(text: &str) -> Self {
        if let Some(value) = uuid(text) {
            return Self { halves: value.as_u64_pair(), is_uuid: true };
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self { halves: (hasher.finish(), text.len() as u64), is_uuid: false }
    }

    /// Splits a text into the UUID at its start and the rest; None if another word is there.
    pub(super) fn at_start(text: &str) -> Option<(Self, &str)> {
        let (word, rest) = text.split_at_checked(Hyphenated::LENGTH)?;
        let ends = matches!(rest.as_bytes().first(), None | Some(b' ' | b'\t' | b'\n' | b'\r' | b'\\'));
        let value = uuid(word).filter(|_| ends)?;
        Some((Self { halves: value.as_u64_pair(), is_uuid: true }, rest))
    }

    /// Returns the id as Lambda writes it; None if it is not shaped like Lambda's ids.
    ///
    /// `0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5` → the same; `0c1d2e3f` → None
    pub fn as_uuid(&self) -> Option<String> {
        let (high, low) = self.halves;
        self.is_uuid.then(|| Uuid::from_u64_pair(high, low).to_string())
    }
}

/// Parses a UUID as Lambda writes it: lower-case digits with four hyphens. The crate accepts other forms too.
fn uuid(text: &str) -> Option<Uuid> {
    // A loop without an early exit, which the compiler vectorises.
    let has_capitals = text.bytes().fold(false, |any, b| any | b.is_ascii_uppercase());
    if text.len() == Hyphenated::LENGTH && !has_capitals { Uuid::try_parse(text).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_is_kept_whole() {
        let text = "0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5";
        assert_eq!(InvocationId::new(text).as_uuid().as_deref(), Some(text));
    }

    #[test]
    fn every_digit_of_a_uuid_counts() {
        let text = "00000000-0000-0000-0000-000000000000";
        for (at, _) in text.match_indices('0') {
            for (value, digit) in "0123456789abcdef".chars().enumerate() {
                let mut id = text.to_owned();
                id.replace_range(at..=at, &digit.to_string());
                let hyphens = id[at..].matches('-').count();
                let shift = (35 - at - hyphens) * 4;
                assert_eq!(uuid(&id).map(|id| id.as_u128()), Some((value as u128) << shift), "{id}");
            }
            for other in ['A', 'g', '/', ':', '`', 'é', '-'] {
                let mut id = text.to_owned();
                id.replace_range(at..=at, &other.to_string());
                assert_eq!(uuid(&id), None, "{id}");
            }
        }
    }

    #[test]
    fn other_forms_of_a_uuid_are_not_lambdas() {
        for text in [
            "0C1D2E3F-4A5B-4C6D-8E7F-90A1B2C3D4E5",
            "0c1d2e3f4a5b4c6d8e7f90a1b2c3d4e5",
            "{0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5}",
            "urn:uuid:0c1d2e3f-4a5b-4c6d-8e7f-90a1b2c3d4e5",
            "0c1d2e3f4a5b-4c6d-8e7f-90a1b2c3d4e5-",
        ] {
            assert_eq!(InvocationId::new(text).as_uuid(), None, "{text}");
        }
    }

    #[test]
    fn other_ids_differ_from_each_other() {
        assert_eq!(InvocationId::new("43e509"), InvocationId::new("43e509"));
        assert_ne!(InvocationId::new("43e509"), InvocationId::new("43e50a"));
        assert_eq!(InvocationId::new("43e509").as_uuid(), None);
    }
}
