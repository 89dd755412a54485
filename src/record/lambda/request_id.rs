//! The id of an invocation, small enough to be kept by the ten thousand.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use wide::u8x16;

use crate::uuid::{UUID_BYTES, has_hyphens};

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

    /// Reads a UUID that a text begins with, where the word ends with it. Gives the text behind.
    pub(super) fn at_start(text: &str) -> Option<(Self, &str)> {
        let (word, rest) = text.split_at_checked(UUID_BYTES)?;
        let ends = matches!(rest.as_bytes().first(), None | Some(b' ' | b'\t' | b'\n' | b'\r' | b'\\'));
        let value = uuid(word).filter(|_| ends)?;
        Some((Self { high: (value >> 64) as u64, low: value as u64, is_uuid: true }, rest))
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
    let id: &[u8; UUID_BYTES] = text.as_bytes().try_into().ok()?;
    if !has_hyphens(id) {
        return None;
    }
    let mut digits = [0; 32];
    digits[..8].copy_from_slice(&id[..8]);
    digits[8..12].copy_from_slice(&id[9..13]);
    digits[12..16].copy_from_slice(&id[14..18]);
    digits[16..20].copy_from_slice(&id[19..23]);
    digits[20..].copy_from_slice(&id[24..]);
    let (halves, _) = digits.as_chunks::<16>();
    if !(are_digits(halves[0]) && are_digits(halves[1])) {
        return None;
    }
    let (eights, _) = digits.as_chunks::<8>();
    Some(eights.iter().fold(0, |value, eight| value << 32 | u128::from(eight_digits(*eight))))
}

/// Whether all bytes are lower-case hexadecimal digits.
fn are_digits(bytes: [u8; 16]) -> bool {
    let bytes = u8x16::new(bytes);
    let digits = (bytes - u8x16::splat(b'0')).simd_lt(u8x16::splat(10));
    let letters = (bytes - u8x16::splat(b'a')).simd_lt(u8x16::splat(6));
    (digits | letters).to_bitmask() == 0xffff
}

/// The number that eight hexadecimal digits are, all of them looked at at once.
fn eight_digits(digits: [u8; 8]) -> u32 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let bytes = u64::from_be_bytes(digits);
    // Letters have the bit that digits lack, and `a` is 1 in the lower half of its byte.
    let halves = (bytes & (ONES * 0x0f)) + ((bytes >> 6) & ONES) * 9;
    let bytes = (halves | halves >> 4) & 0x00ff_00ff_00ff_00ff;
    let words = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    (words | words >> 16) as u32
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
    fn every_digit_of_a_uuid_counts() {
        let text = "00000000-0000-0000-0000-000000000000";
        for (at, _) in text.match_indices('0') {
            for (value, digit) in "0123456789abcdef".chars().enumerate() {
                let mut id = text.to_owned();
                id.replace_range(at..=at, &digit.to_string());
                let hyphens = id[at..].matches('-').count();
                let shift = (35 - at - hyphens) * 4;
                assert_eq!(uuid(&id), Some((value as u128) << shift), "{id}");
            }
            for other in ['A', 'g', '/', ':', '`', 'é', '-'] {
                let mut id = text.to_owned();
                id.replace_range(at..=at, &other.to_string());
                assert_eq!(uuid(&id), None, "{id}");
            }
        }
    }

    #[test]
    fn other_ids_are_told_apart() {
        assert_eq!(RequestId::of("43e509"), RequestId::of("43e509"));
        assert_ne!(RequestId::of("43e509"), RequestId::of("43e50a"));
        assert_eq!(RequestId::of("43e509").as_uuid(), None);
    }
}
