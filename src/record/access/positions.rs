//! Finds the bytes that keys begin or go on with, 64 bytes at a time.
//!
//! A line has dozens of them, and a search with memchr begins again behind each. With memchr the whole job takes 13 % more
//! instructions for an access log of 1,000 events (19.8 a byte in place of 17.5, callgrind, without LTO).

use wide::u8x64;

/// Bytes that are looked at together.
const BLOCK: usize = 64;

/// Iterator over the positions of bytes, from the first to the last.
pub(super) struct Positions<'a, const N: usize> {
    wanted: [u8; N],
    bytes: &'a [u8],
    /// Where the block at hand begins.
    block: usize,
    /// Bit n is set if byte n of the block is wanted and has not been returned.
    found: u64,
}

impl<'a, const N: usize> Positions<'a, N> {
    /// Returns the positions of the wanted bytes, none of which is zero.
    ///
    /// `"` in `{"a":1}` → 1, 3
    pub(super) fn of(wanted: [u8; N], bytes: &'a [u8]) -> Self {
        let mut positions = Self { wanted, bytes, block: 0, found: 0 };
        positions.look();
        positions
    }

    #[inline]
    fn look(&mut self) {
        let rest = &self.bytes[self.block..];
        let block = rest.first_chunk().copied().unwrap_or_else(|| {
            let mut block = [0; BLOCK];
            block[..rest.len()].copy_from_slice(rest);
            block
        });
        let block = u8x64::new(block);
        let is_wanted = self.wanted.iter().fold(u8x64::splat(0), |all, b| all | block.simd_eq(u8x64::splat(*b)));
        self.found = is_wanted.to_bitmask();
    }
}

impl<const N: usize> Iterator for Positions<'_, N> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        while self.found == 0 {
            self.block = Some(self.block + BLOCK).filter(|block| *block < self.bytes.len())?;
            self.look();
        }
        let at = self.found.trailing_zeros() as usize;
        // Without its lowest bit.
        self.found &= self.found - 1;
        Some(self.block + at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_same_bytes_are_found_as_one_by_one(bytes in prop::collection::vec(prop::sample::select(b"uU\"x\0\xf5"), 0..300)) {
            let one_by_one = |wanted: &[u8]| (0..bytes.len()).filter(|at| wanted.contains(&bytes[*at])).collect::<Vec<_>>();
            prop_assert_eq!(Positions::of(*b"uU", &bytes).collect::<Vec<_>>(), one_by_one(b"uU"));
            prop_assert_eq!(Positions::of(*b"\"", &bytes).collect::<Vec<_>>(), one_by_one(b"\""));
        }
    }
}
