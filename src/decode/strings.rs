//! Finds the end of a JSON string, 64 bytes at a time, and validates strings.
//!
//! A log document consists mostly of strings, and those of an access log are full of `\"`. A search for the next quote
//! or backslash would restart at every escape. So this search builds one bit mask per character of interest for each
//! block of 64 bytes, and computes from the masks which quotes are escaped.

use wide::{i8x64, u8x64};

/// Bytes per mask.
const BLOCK: usize = 64;

/// End of a string.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StringEnd {
    /// Position of the closing quote.
    pub(super) at: usize,
    /// Whether the string may contain bytes outside ASCII, control characters, `\u`, `\/` or an invalid escape. Any
    /// other string is [valid](is_valid), and `"` and `\` are the only printable characters that it escapes.
    pub(super) unusual: bool,
}

/// Returns the end of the string whose inside begins at `from`; None if the closing quote is missing.
pub(super) fn string_end(bytes: &[u8], from: usize) -> Option<StringEnd> {
    let mut search = Search::default();
    let inside = bytes.get(from..)?;
    let (blocks, rest) = inside.as_chunks::<BLOCK>();
    for (nth, block) in blocks.iter().enumerate() {
        if let Some(at) = search.block(block) {
            return Some(StringEnd { at: from + nth * BLOCK + at, unusual: search.unusual });
        }
    }
    let mut last = [b' '; BLOCK];
    last[..rest.len()].copy_from_slice(rest);
    let at = search.block(&last)?;
    Some(StringEnd { at: from + blocks.len() * BLOCK + at, unusual: search.unusual })
}

/// State of the search, carried from block to block.
#[derive(Default)]
struct Search {
    /// 1 if the first byte of the next block is escaped.
    escaped: u64,
    unusual: bool,
}

impl Search {
    /// Returns the position of the closing quote in the block.
    #[inline(always)]
    fn block(&mut self, block: &[u8; BLOCK]) -> Option<usize> {
        let vector = u8x64::new(*block);
        let quotes = vector.simd_eq(u8x64::splat(b'"')).to_bitmask();
        let backslashes = vector.simd_eq(u8x64::splat(b'\\')).to_bitmask();
        // As signed numbers, control characters and bytes outside ASCII are below the space.
        self.unusual |= vector.cast_signed().simd_lt(i8x64::splat(0x20)).any();
        if backslashes == 0 && self.escaped == 0 {
            return (quotes != 0).then(|| quotes.trailing_zeros() as usize);
        }
        let escaped = self.escaped_in(backslashes);
        // Bit n of each mask is byte n of the block, so the lowest bit of `ends` is the closing quote, and `inside` has
        // the bits below it: escapes behind the string do not count.
        let ends = quotes & !escaped;
        let end = ends.trailing_zeros();
        let inside = if ends == 0 { u64::MAX } else { (1 << end) - 1 };
        self.unusual |= !are_common(block, escaped & inside & !quotes & !backslashes);
        (ends != 0).then_some(end as usize)
    }

    /// Returns a mask of the escaped bytes of a block, given the mask of its backslashes.
    ///
    /// `\\\n`: the run of three backslashes escapes its second byte and the `n`, but not its first and third byte.
    fn escaped_in(&mut self, backslashes: u64) -> u64 {
        const EVEN: u64 = 0x5555_5555_5555_5555;
        // A backslash that is itself escaped, by the end of the block before, escapes nothing.
        let backslashes = backslashes & !self.escaped;
        // Candidates: the bytes behind a backslash. Within a run every second one is escaped, counted from its start.
        // So a run that starts at an even bit escapes the odd bits, and a run that starts at an odd bit the even ones.
        let follow = (backslashes << 1) | self.escaped;
        let odd_starts = backslashes & !EVEN & !follow;
        // The carry of the addition runs through each run with an odd start, clears it and sets the bit behind it. Runs
        // with an even start stay. A carry out of the block means that a run escapes the first byte of the next block.
        let (ends_even, overflow) = odd_starts.overflowing_add(backslashes);
        self.escaped = u64::from(overflow);
        // Runs that stayed invert EVEN to the odd bits; runs that were cleared leave the even bits.
        (EVEN ^ (ends_even << 1)) & follow
    }
}

/// Returns whether all bytes of the mask belong to simple escapes. `\/` is not one: CloudWatch Logs does not write it.
fn are_common(block: &[u8; BLOCK], mut places: u64) -> bool {
    while places != 0 {
        let at = places.trailing_zeros() as usize;
        if !matches!(block[at], b'n' | b't' | b'r' | b'b' | b'f') {
            return false;
        }
        places &= places - 1;
    }
    true
}

/// Returns whether `inside` is valid between the quotes of a JSON string: UTF-8, no control characters, only JSON's
/// escapes, surrogates in pairs.
pub(super) fn is_valid(inside: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(inside) else { return false };
    if text.bytes().any(|b| b < 0x20) {
        return false;
    }
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let Some((&kind, behind)) = rest[at + 1..].split_first() else { return false };
        rest = match kind {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => behind,
            b'u' => match behind_unicode(behind) {
                Some(rest) => rest,
                None => return false,
            },
            _ => return false,
        };
    }
    true
}

/// Returns the bytes behind the digits of `\u`, and behind the second half of a surrogate pair; None if invalid.
fn behind_unicode(digits: &[u8]) -> Option<&[u8]> {
    let (first, rest) = unit(digits)?;
    match first {
        0xd800..0xdc00 => {
            let (second, rest) = unit(rest.strip_prefix(b"\\u")?)?;
            (0xdc00..0xe000).contains(&second).then_some(rest)
        }
        0xdc00..0xe000 => None,
        _ => Some(rest),
    }
}

fn unit(digits: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = digits.split_at_checked(4)?;
    let value = digits.iter().try_fold(0, |value, &b| Some(value * 16 + char::from(b).to_digit(16)?))?;
    Some((value, rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The closing quote, found byte by byte.
    fn plain_end(bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while at < bytes.len() {
            match bytes[at] {
                b'"' => return Some(at),
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
        None
    }

    fn plain_is_valid(inside: &[u8]) -> bool {
        let quoted = [b"\"", inside, b"\""].concat();
        serde_json::from_slice::<String>(&quoted).is_ok()
    }

    #[test]
    fn a_run_of_backslashes_over_a_block_border_escapes_every_second_byte() {
        for before in 0..130 {
            for run in 0..70 {
                let text = [vec![b'a'; before], vec![b'\\'; run], b"\"\"".to_vec()].concat();
                let expected = before + run + run % 2;
                assert_eq!(string_end(&text, 0).map(|end| end.at), Some(expected), "{before} {run}");
            }
        }
    }

    #[test]
    fn a_string_without_its_closing_quote_has_no_end() {
        assert_eq!(string_end(b"abc", 0), None);
        assert_eq!(string_end(b"abc\\\"", 0), None);
        assert_eq!(string_end(b"abc", 7), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn ends_are_those_of_a_byte_by_byte_search(bytes in prop::collection::vec(
            prop_oneof![Just(b'\\'), Just(b'"'), Just(b'n'), Just(b'a'), Just(b'u'), any::<u8>()], 0..300,
        ), from in 0_usize..80) {
            let from = from.min(bytes.len());
            let end = string_end(&bytes, from);
            prop_assert_eq!(end.map(|end| end.at), plain_end(&bytes[from..]).map(|at| from + at));
            if let Some(StringEnd { at, unusual }) = end {
                let valid = is_valid(&bytes[from..at]);
                prop_assert_eq!(valid, plain_is_valid(&bytes[from..at]));
                prop_assert!(valid || unusual, "an invalid string passed as a usual one");
            }
        }

        #[test]
        fn escapes_are_valid_where_serde_json_reads_them(parts in prop::collection::vec(prop_oneof![
            Just("\\u"), Just("d83d"), Just("de00"), Just("\\ud800"), Just("\\uDC00"), Just("00e9"), Just("\\n"),
            Just("\\\\"), Just("\\x"), Just("é"), Just("\u{1}"), Just("0"), Just("+123"),
        ], 0..8)) {
            let text = parts.concat();
            if plain_end(text.as_bytes()).is_none() {
                prop_assert_eq!(is_valid(text.as_bytes()), plain_is_valid(text.as_bytes()), "{}", text);
            }
        }
    }
}
