//! Gzip reader: inflates into windows that the caller provides.
//!
//! The reader parses the gzip frame and passes only the deflate stream to the inflater. So `crc32fast` computes the
//! checksum, several times as fast as the inflater would. Any number of members may follow each other; zero bytes
//! behind the last are padding.

#![expect(clippy::disallowed_types, reason = "the module that inflates, and caps what a batch inflates to")]

use std::cell::Cell;

use crc32fast::Hasher;
use flate2::{Decompress, FlushDecompress, Status};

use super::compressed::Base64;
use super::{DecodeError, GzipFault};

/// First bytes of a gzip member: its magic and its only method.
const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

/// Most bytes of gzip inside gzip. The inner one does not compress, and a payload has 6 MB.
const NESTED_BYTES: u64 = 16 * 1024 * 1024;

/// Bytes of the inner gzip to inflate at a time.
const NESTED_PIECE_BYTES: usize = 64 * 1024;

/// First bytes of a record into which the Kinesis Producer Library packed several.
///
/// Source: amazon-kinesis-producer, aggregation-format.md.
const KPL_MAGIC: [u8; 4] = [0xf3, 0x89, 0x9a, 0xc2];

thread_local! {
    /// The inflater of the last batch, for the next one: see [`Gunzip::keep_inflater`].
    static KEPT: Cell<Option<Decompress>> = const { Cell::new(None) };
}

/// Gzip reader: compressed bytes in, inflated bytes out.
pub(super) struct Gunzip<'a> {
    compressed: Compressed<'a>,
    inflater: Decompress,
    member: Member,
    /// Compressed bytes read so far.
    at_byte: u64,
}

/// Position in the sequence of gzip members.
enum Member {
    /// Before the header of a member.
    Before {
        first: bool,
    },
    Inside {
        crc: Hasher,
    },
    /// Behind the last member.
    End,
}

/// Source of the compressed bytes.
enum Compressed<'a> {
    Base64(Base64<'a>),
    /// Something compressed the batch once more.
    Gzip(Box<Nested<'a>>),
}

/// Gzip inside gzip.
struct Nested<'a> {
    outer: Gunzip<'a>,
    inflated: Vec<u8>,
    /// The unconsumed part of `inflated`.
    from: usize,
    to: usize,
    bytes: u64,
}

impl Compressed<'_> {
    /// Returns the available bytes; empty only at the end.
    fn piece(&mut self) -> Result<&[u8], DecodeError> {
        match self {
            Self::Base64(base64) => base64.piece(),
            Self::Gzip(nested) => nested.piece(),
        }
    }

    /// Removes the first `count` bytes of the piece.
    fn consume(&mut self, count: usize) {
        match self {
            Self::Base64(base64) => base64.consume(count),
            Self::Gzip(nested) => nested.from = (nested.from + count).min(nested.to),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Base64(base64) => base64.bytes(),
            Self::Gzip(nested) => nested.outer.gzip_bytes(),
        }
    }
}

impl Nested<'_> {
    fn piece(&mut self) -> Result<&[u8], DecodeError> {
        if self.from == self.to {
            (self.from, self.to) = (0, self.outer.read(&mut self.inflated)?);
            self.bytes += self.to as u64;
            if self.bytes > NESTED_BYTES {
                let gzip_bytes = self.outer.gzip_bytes();
                return Err(DecodeError::TooLarge { limit_bytes: NESTED_BYTES, gzip_bytes });
            }
        }
        Ok(&self.inflated[self.from..self.to])
    }
}

/// Returns whether inflated bytes are gzip again.
pub(super) fn is_gzip(inflated: &[u8]) -> bool {
    inflated.starts_with(&MAGIC)
}

impl<'a> Gunzip<'a> {
    pub(super) fn new(compressed: Base64<'a>) -> Self {
        Self::of(Compressed::Base64(compressed))
    }

    /// Creates a reader of gzip inside gzip.
    pub(super) fn nested(compressed: Base64<'a>) -> Self {
        let (outer, inflated) = (Self::new(compressed), vec![0; NESTED_PIECE_BYTES]);
        Self::of(Compressed::Gzip(Box::new(Nested { outer, inflated, from: 0, to: 0, bytes: 0 })))
    }

    fn of(compressed: Compressed<'a>) -> Self {
        // A member begins with a reset, so nothing is left of the last batch.
        let inflater = KEPT.take().unwrap_or_else(|| Decompress::new(false));
        Self { compressed, inflater, member: Member::Before { first: true }, at_byte: 0 }
    }

    /// Keeps the inflater, 48 KiB, for the next batch. To make one and clear its tables takes a twentieth of the
    /// function's instructions for a batch of 20 log events.
    pub(super) fn keep_inflater(self) {
        KEPT.set(Some(self.inflater));
    }

    /// Returns the length of the compressed data.
    pub(super) fn gzip_bytes(&self) -> usize {
        self.compressed.bytes()
    }

    /// Fills the window. Returns the number of bytes, less than the window only at the end of the data.
    ///
    /// # Errors
    ///
    /// If the data is not gzip or does not match its checksums. The bytes returned for this member before are wrong
    /// too.
    pub(super) fn read(&mut self, window: &mut [u8]) -> Result<usize, DecodeError> {
        let mut filled = 0;
        while filled < window.len() {
            match self.member {
                Member::Before { first } => self.begin_member(first)?,
                Member::Inside { .. } => filled += self.inflate(&mut window[filled..])?,
                Member::End => break,
            }
        }
        Ok(filled)
    }

    fn inflate(&mut self, window: &mut [u8]) -> Result<usize, DecodeError> {
        let (read_before, made_before) = (self.inflater.total_in(), self.inflater.total_out());
        let piece = self.compressed.piece()?;
        let cut = piece.is_empty();
        let status = self.inflater.decompress(piece, window, FlushDecompress::None);
        let read = self.inflater.total_in() - read_before;
        let made = (self.inflater.total_out() - made_before) as usize;
        self.compressed.consume(read as usize);
        self.at_byte += read;
        if let Member::Inside { crc } = &mut self.member {
            crc.update(&window[..made]);
        }
        match status {
            Ok(Status::StreamEnd) => self.end_member()?,
            Ok(_) if read > 0 || made > 0 => {}
            Ok(_) if cut => return Err(self.fault(GzipFault::CutOff)),
            Ok(_) | Err(_) => return Err(self.fault(GzipFault::Corrupt)),
        }
        Ok(made)
    }

    /// Reads the header of the next member, or detects the end of the data.
    fn begin_member(&mut self, first: bool) -> Result<(), DecodeError> {
        const HEADER_CHECKSUM: u8 = 1 << 1;
        const EXTRA: u8 = 1 << 2;
        const NAME: u8 = 1 << 3;
        const COMMENT: u8 = 1 << 4;
        const RESERVED: u8 = 0xe0;
        if !first && self.only_zeros_follow()? {
            self.member = Member::End;
            return Ok(());
        }
        let mut sum = Hasher::new();
        let [id1, id2, method, flags, ..] = self.take::<10>(&mut sum)?;
        if [id1, id2, method, flags] == KPL_MAGIC {
            return Err(self.fault(GzipFault::Aggregated));
        }
        if [id1, id2, method] != MAGIC || flags & RESERVED != 0 {
            return Err(self.fault(GzipFault::Header));
        }
        if flags & EXTRA != 0 {
            for _ in 0..u16::from_le_bytes(self.take(&mut sum)?) {
                self.take::<1>(&mut sum)?;
            }
        }
        for text in [NAME, COMMENT] {
            while flags & text != 0 && self.take(&mut sum)? != [0] {}
        }
        if flags & HEADER_CHECKSUM != 0 {
            let expected = sum.clone().finalize() as u16;
            if u16::from_le_bytes(self.take(&mut sum)?) != expected {
                return Err(self.fault(GzipFault::HeaderChecksum));
            }
        }
        self.inflater.reset(false);
        self.member = Member::Inside { crc: Hasher::new() };
        Ok(())
    }

    /// Consumes zero bytes. Returns whether the data ends behind them.
    fn only_zeros_follow(&mut self) -> Result<bool, DecodeError> {
        let before = self.at_byte;
        loop {
            let piece = self.compressed.piece()?;
            if piece.is_empty() {
                return Ok(true);
            }
            let zeros = piece.iter().take_while(|&&b| b == 0).count();
            let whole = zeros == piece.len();
            self.compressed.consume(zeros);
            self.at_byte += zeros as u64;
            if !whole {
                return if self.at_byte == before { Ok(false) } else { Err(self.fault(GzipFault::Header)) };
            }
        }
    }

    fn end_member(&mut self) -> Result<(), DecodeError> {
        let inflated_bytes = self.inflater.total_out();
        let Member::Inside { crc } = std::mem::replace(&mut self.member, Member::Before { first: false }) else {
            return Ok(());
        };
        let mut unused = Hasher::new();
        if u32::from_le_bytes(self.take(&mut unused)?) != crc.finalize() {
            return Err(self.fault(GzipFault::Checksum));
        }
        // The trailer holds the length modulo 2^32.
        if u32::from_le_bytes(self.take(&mut unused)?) != inflated_bytes as u32 {
            return Err(self.fault(GzipFault::Length));
        }
        Ok(())
    }

    /// Reads the next bytes of the frame.
    fn take<const N: usize>(&mut self, sum: &mut Hasher) -> Result<[u8; N], DecodeError> {
        let mut taken = [0; N];
        for byte in &mut taken {
            let Some(&next) = self.compressed.piece()?.first() else { return Err(self.fault(GzipFault::CutOff)) };
            *byte = next;
            self.compressed.consume(1);
            self.at_byte += 1;
        }
        sum.update(&taken);
        Ok(taken)
    }

    fn fault(&self, fault: GzipFault) -> DecodeError {
        DecodeError::Gzip { fault, gzip_bytes: self.gzip_bytes(), at_byte: self.at_byte }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn gunzip(gzip: &[u8], window_bytes: usize) -> Result<Vec<u8>, DecodeError> {
        let data = STANDARD.encode(gzip);
        let mut gunzip = Gunzip::new(Base64::new(data.as_bytes()));
        let mut window = vec![0; window_bytes];
        let mut all = Vec::new();
        loop {
            let filled = gunzip.read(&mut window)?;
            all.extend_from_slice(&window[..filled]);
            if filled < window_bytes {
                return Ok(all);
            }
        }
    }

    fn fault(gzip: &[u8]) -> Option<GzipFault> {
        let faults = [1, 7, 100_000].map(|window_bytes| match gunzip(gzip, window_bytes) {
            Err(DecodeError::Gzip { fault, gzip_bytes, at_byte }) => {
                assert_eq!(gzip_bytes, gzip.len());
                assert!(at_byte <= gzip.len() as u64);
                Some(fault)
            }
            Err(other) => panic!("{other}"),
            Ok(_) => None,
        });
        assert_eq!(faults, [faults[0]; 3]);
        faults[0]
    }

    fn sample(length: usize) -> Vec<u8> {
        (0..length).map(|n| (n * n / 7 % 61) as u8 + 32).collect()
    }

    #[test]
    fn windows_of_any_size_hold_the_same_bytes() {
        for length in [0, 1, 10, 1_000, 70_000] {
            let bytes = sample(length);
            for window_bytes in [1, 2, 7, 64, 1_000, 128 * 1024] {
                assert_eq!(gunzip(&gzip(&bytes), window_bytes).as_deref(), Ok(&bytes[..]));
            }
        }
    }

    #[test]
    fn several_members_and_trailing_zeros_are_read() {
        let parts = [gzip(&sample(5_000)), gzip(b""), gzip(b"end"), vec![0; 700]].concat();
        assert_eq!(gunzip(&parts, 1_000), Ok([&sample(5_000)[..], b"end"].concat()));
    }

    #[test]
    fn every_optional_header_field_is_read_over() {
        let plain = gzip(b"text");
        let mut header = plain[..10].to_vec();
        header[3] = 0b1_1111;
        header.extend(*b"\x03\x00abcname\0comment\0");
        let sum = crc32fast::hash(&header) as u16;
        let whole = [&header[..], &sum.to_le_bytes(), &plain[10..]].concat();
        assert_eq!(gunzip(&whole, 7).as_deref(), Ok(&b"text"[..]));
        let wrong = [&header[..], &(!sum).to_le_bytes(), &plain[10..]].concat();
        assert_eq!(fault(&wrong), Some(GzipFault::HeaderChecksum));
    }

    #[test]
    fn what_is_no_whole_gzip_is_an_error_that_says_why() {
        let whole = gzip(&sample(3_000));
        let end = whole.len();
        let with = |at: usize, byte: u8| {
            let mut changed = whole.clone();
            changed[at] ^= byte;
            fault(&changed)
        };
        assert_eq!(with(0, 1), Some(GzipFault::Header));
        assert_eq!(with(2, 1), Some(GzipFault::Header));
        assert_eq!(with(3, 0x20), Some(GzipFault::Header));
        assert_eq!(with(10, 0b110), Some(GzipFault::Corrupt));
        assert_eq!(with(end - 5, 1), Some(GzipFault::Checksum));
        assert_eq!(with(end - 1, 1), Some(GzipFault::Length));
        assert_eq!(fault(b""), Some(GzipFault::CutOff));
        assert_eq!(fault(&[&whole[..], b"\0\0x"].concat()), Some(GzipFault::Header));
        assert_eq!(fault(&[&whole[..], b"garbage, not a member"].concat()), Some(GzipFault::Header));
    }

    #[test]
    fn a_cut_at_any_byte_is_an_error() {
        let whole = gzip(&sample(3_000));
        for end in 0..whole.len() {
            assert_eq!(fault(&whole[..end]), Some(GzipFault::CutOff), "cut at {end}");
        }
    }
}
