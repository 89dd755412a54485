//! Compressed bytes out of base64, decoded piece by piece.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64_simd::Out;

use super::DecodeError;

/// Bytes of base64 to decode at a time: enough to make the step cheap, few enough to stay in the cache.
const BASE64_PIECE_BYTES: usize = 64 * 1024;

/// Standard base64, read as `std::io::BufRead`. Padding and trailing blanks are optional.
pub(super) struct Base64<'a> {
    /// The rest to decode, without padding.
    rest: &'a [u8],
    data_bytes: usize,
    /// Total length without padding.
    digits: usize,
    decoded: Vec<u8>,
    /// The unconsumed part of `decoded`.
    from: usize,
    to: usize,
}

impl<'a> Base64<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        let digits = data.trim_ascii_end();
        let digits = digits.strip_suffix(b"==").or_else(|| digits.strip_suffix(b"=")).unwrap_or(digits);
        let decoded = vec![0; digits.len().min(BASE64_PIECE_BYTES).div_ceil(4) * 3];
        Self { rest: digits, data_bytes: data.len(), digits: digits.len(), decoded, from: 0, to: 0 }
    }

    fn decode_next(&mut self) -> Result<(), DecodeError> {
        const UNPADDED: GeneralPurpose = GeneralPurpose::new(
            &alphabet::STANDARD,
            GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireNone),
        );
        let (now, rest) = self.rest.split_at(self.rest.len().min(BASE64_PIECE_BYTES));
        if let Ok(decoded) = base64_simd::STANDARD_NO_PAD.decode(now, Out::from_slice(&mut self.decoded)) {
            (self.rest, self.from, self.to) = (rest, 0, decoded.len());
            return Ok(());
        }
        // The fast decoder does not report the position of an error, so the slow one decodes the piece again.
        let count = UNPADDED.decode_slice(now, &mut self.decoded).map_err(|error| {
            let at = match error {
                base64::DecodeSliceError::DecodeError(
                    base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol { offset: at, .. },
                ) => at,
                _ => now.len(),
            };
            DecodeError::Base64 { data_bytes: self.data_bytes, at_byte: self.digits - self.rest.len() + at }
        })?;
        (self.rest, self.from, self.to) = (rest, 0, count);
        Ok(())
    }

    /// Returns the available bytes; empty only at the end.
    pub(super) fn piece(&mut self) -> Result<&[u8], DecodeError> {
        if self.from == self.to && !self.rest.is_empty() {
            self.decode_next()?;
        }
        Ok(&self.decoded[self.from..self.to])
    }

    /// Removes the first `count` bytes of the piece.
    pub(super) fn consume(&mut self, count: usize) {
        self.from = (self.from + count).min(self.to);
    }

    /// Returns the total length of the decoded bytes.
    pub(super) fn bytes(&self) -> usize {
        self.digits * 3 / 4
    }
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

    use super::*;

    fn all(data: &[u8]) -> Result<Vec<u8>, DecodeError> {
        let mut base64 = Base64::new(data);
        let mut all = Vec::new();
        loop {
            let piece = base64.piece()?.to_vec();
            if piece.is_empty() {
                return Ok(all);
            }
            let count = piece.len().min(1_000);
            all.extend_from_slice(&piece[..count]);
            base64.consume(count);
        }
    }

    #[test]
    fn base64_of_every_length_is_read_padded_and_unpadded_and_with_a_newline() {
        let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n * 31 % 251) as u8).collect();
        for length in (0..50).chain(24_560..24_590).chain([49_152, 100_000]) {
            let bytes = &bytes[..length];
            let padded = STANDARD.encode(bytes);
            for data in [padded.clone(), STANDARD_NO_PAD.encode(bytes), padded + "\r\n"] {
                assert_eq!(all(data.as_bytes()).as_deref(), Ok(bytes), "{length} bytes");
                assert_eq!(Base64::new(data.as_bytes()).bytes(), length);
            }
        }
    }

    #[test]
    fn a_byte_that_is_no_base64_is_named_by_its_place() {
        let mut data = "A".repeat(70_000).into_bytes();
        data[50_001] = b'!';
        assert_eq!(all(&data), Err(DecodeError::Base64 { data_bytes: 70_000, at_byte: 50_001 }));
        assert_eq!(all(b"QUJDR"), Err(DecodeError::Base64 { data_bytes: 5, at_byte: 5 }));
        assert!(all(b"QU=JD").is_err());
        assert!(all("QUJé".as_bytes()).is_err());
    }
}
