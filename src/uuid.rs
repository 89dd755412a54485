//! The text of a UUID, which nearly every id in a log is.

use wide::u8x16;

/// Length of the text, in bytes.
pub(crate) const UUID_BYTES: usize = 36;

/// Whether all bytes are ASCII letters, digits and hyphens, 16 of them looked at at a time: the check of each line's ID
/// would take longer than all that follows. Whether it is a UUID is not asked: people shorten and blank ids.
#[inline]
pub(crate) fn is_plain(id: &[u8; UUID_BYTES]) -> bool {
    let of = |at: usize| {
        let bytes = u8x16::new(id[at..].first_chunk().copied().unwrap_or_default());
        let digits = (bytes - u8x16::splat(b'0')).simd_lt(u8x16::splat(10));
        let letters = ((bytes | u8x16::splat(0x20)) - u8x16::splat(b'a')).simd_lt(u8x16::splat(26));
        digits | letters | bytes.simd_eq(u8x16::splat(b'-'))
    };
    (of(0) & of(16) & of(UUID_BYTES - 16)).to_bitmask() == 0xffff
}

/// Whether the four hyphens of a UUID are in their places in the first 36 bytes.
#[inline]
pub(crate) fn has_hyphens(id: &[u8]) -> bool {
    id.len() >= UUID_BYTES && [id[8], id[13], id[18], id[23]] == [b'-'; 4]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_looked_at() {
        let id = *b"8a1f0C00-0000-4000-8000-00000000zZ9d";
        assert!(is_plain(&id));
        for at in 0..id.len() {
            for byte in 0..=u8::MAX {
                let mut other = id;
                other[at] = byte;
                assert_eq!(is_plain(&other), byte.is_ascii_alphanumeric() || byte == b'-', "{byte} at {at}");
            }
        }
    }
}
