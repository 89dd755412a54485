//! Bytes to UTF-8 text: compression, byte order marks, UTF-16, invalid bytes. What is no text is refused by name.

#![expect(
    clippy::disallowed_types,
    reason = "exported logs are compressed; they are read as a stream on a person's machine"
)]

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::GzDecoder;

use super::InputError;

/// Bytes that are looked at to recognise the form of an input.
pub(super) const PEEK_BYTES: usize = 256 * 1024;

/// Most layers of gzip around a text: Firehose may compress what CloudWatch Logs has compressed.
const MOST_LAYERS: usize = 4;

/// Source: RFC 1952, section 2.3.1.
const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Name of what has none.
pub(super) const BINARY: &str = "binary data, not a text";

/// First bytes of formats that are no text, and what to call them.
const REFUSED: &[(&[u8], &str)] = &[
    (b"BZh", "a bzip2 file: decompress it first"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard (zstd) file: decompress it first"),
    (b"\xfd7zXZ\0", "an xz file: decompress it first"),
    (b"\x04\x22\x4d\x18", "an LZ4 file: decompress it first"),
    (b"\xff\x06\0\0sNaPpY", "a Snappy file: decompress it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it first"),
    (b"Rar!\x1a\x07", "a RAR archive: unpack it first"),
    (b"PAR1", "a Parquet file: have the log delivered as JSON or plain text"),
    (b"ORC", "an ORC file: have the log delivered as JSON or plain text"),
    (b"Obj\x01", "an Avro file: have the log delivered as JSON or plain text"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document, such as an Excel workbook (xls): save it as CSV"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"%PDF-", "a PDF document: copy its text"),
    (b"{\\rtf", "a document in Rich Text Format: save it as plain text"),
    (b"\x89PNG\r\n\x1a\n", "an image (PNG)"),
    (b"\xff\xd8\xff", "an image (JPEG)"),
    (b"GIF8", "an image (GIF)"),
    (b"II*\0", "an image (TIFF)"),
    (b"MM\0*", "an image (TIFF)"),
    (b"\0\0\x01\0", "an image (ICO)"),
    (b"RIFF", "an image, a sound or a film (RIFF, such as WebP)"),
    (b"\x7fELF", "a program (ELF)"),
    (b"MZ\x90\0", "a program (Windows)"),
    (b"\xca\xfe\xba\xbe", "a program (Java class or Mach-O)"),
];

/// Text in UTF-8, of which the first bytes can be looked at more than once.
pub(super) struct Text<'r> {
    input: Box<dyn BufRead + 'r>,
    encoding: Encoding,
    /// Bytes that are not decoded yet: the start of a character whose rest was not read.
    raw: Vec<u8>,
    text: Vec<u8>,
    at: usize,
    ended: bool,
    /// Lines end with a carriage return alone.
    has_cr_only: bool,
}

/// The members of a gzip file behind each other, and maybe zero bytes behind the last one, as where a tape or a disk padded it.
struct GzipMembers<R> {
    /// None behind the last one.
    decoder: Option<GzDecoder<R>>,
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(mut decoder) = self.decoder.take() {
            let read = decoder.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                self.decoder = Some(decoder);
                return Ok(read);
            }
            let mut rest = decoder.into_inner();
            let has_more = loop {
                let bytes = rest.fill_buf()?;
                let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
                let (is_end, has_more) = (bytes.is_empty(), zeros < bytes.len());
                rest.consume(zeros);
                if is_end || has_more {
                    break has_more;
                }
            };
            self.decoder = has_more.then(|| GzDecoder::new(rest));
        }
        Ok(0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Utf16 { big_endian: bool },
}

impl<'r> Text<'r> {
    /// Opens an input: takes off layers of gzip and finds the encoding. An error where it is no text.
    pub(super) fn open(input: impl Read + 'r) -> Result<Self, InputError> {
        let mut input: Box<dyn BufRead + 'r> = Box::new(BufReader::with_capacity(1 << 16, input));
        let mut start = Vec::new();
        for _ in 0..MOST_LAYERS {
            start = read_up_to(&mut input, 512)?;
            let whole = io::Cursor::new(start.clone()).chain(input);
            if !start.starts_with(&GZIP_MAGIC) {
                input = Box::new(whole);
                break;
            }
            input = Box::new(BufReader::with_capacity(1 << 16, GzipMembers { decoder: Some(GzDecoder::new(whole)) }));
            start.clear();
        }
        let encoding = encoding_of(&start);
        let mut text =
            Self { input, encoding, raw: Vec::new(), text: Vec::new(), at: 0, ended: false, has_cr_only: false };
        let start = match encoding {
            Encoding::Utf8 => text.peek(PEEK_BYTES)?,
            Encoding::Utf16 { .. } => &[],
        };
        match refused(start) {
            Some(what) => Err(InputError::Refused { what }),
            None => Ok(text),
        }
    }

    /// Returns the bytes that were not consumed yet: at least so many, unless the input ends.
    pub(super) fn peek(&mut self, bytes: usize) -> Result<&[u8], InputError> {
        while self.text.len() - self.at < bytes && !self.ended {
            self.decode_more()?;
        }
        Ok(&self.text[self.at..])
    }

    /// Returns the first of them as text: the decoder writes valid UTF-8, and nothing is consumed before.
    pub(super) fn peek_text(&mut self) -> Result<&str, InputError> {
        let bytes = self.peek(PEEK_BYTES)?;
        if memchr::memchr(b'\r', bytes).is_some() && memchr::memchr(b'\n', bytes).is_none() {
            self.has_cr_only = true;
            end_lines(&mut self.text);
        }
        let bytes = &self.text[self.at..];
        let valid = std::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        Ok(std::str::from_utf8(&bytes[..valid]).unwrap_or_default())
    }

    fn decode_more(&mut self) -> io::Result<()> {
        self.text.drain(..self.at);
        self.at = 0;
        let is_first = self.text.is_empty() && self.raw.is_empty();
        let bytes = self.input.fill_buf()?;
        let read = bytes.len();
        self.ended = read == 0;
        self.raw.extend_from_slice(bytes);
        let is_mixed = match self.encoding {
            Encoding::Utf8 => memchr::memmem::find(bytes, &GZIP_OF_DEFLATE).is_some(),
            Encoding::Utf16 { .. } => has_text_of_bytes(bytes),
        };
        if is_mixed {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TWO_ENCODINGS));
        }
        self.input.consume(read);
        if is_first {
            let marks = self.raw.starts_with(b"\xef\xbb\xbf").then_some(3);
            let marks = marks.or((self.raw.starts_with(b"\xff\xfe") || self.raw.starts_with(b"\xfe\xff")).then_some(2));
            let is_mark = marks == Some(3) || self.encoding != Encoding::Utf8;
            self.raw.drain(..marks.filter(|_| is_mark).unwrap_or(0));
        }
        let used = match self.encoding {
            Encoding::Utf8 => decode_utf8(&self.raw, self.ended, &mut self.text),
            Encoding::Utf16 { big_endian } => decode_utf16(&self.raw, big_endian, self.ended, &mut self.text),
        };
        self.raw.drain(..used);
        // A byte order mark of the other kind.
        if self.encoding != Encoding::Utf8 && memchr::memmem::find(&self.text, "\u{fffe}".as_bytes()).is_some() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, TWO_ENCODINGS));
        }
        if self.has_cr_only {
            end_lines(&mut self.text);
        }
        Ok(())
    }
}

/// Ends lines with a line feed that end with a carriage return.
fn end_lines(text: &mut [u8]) {
    text.iter_mut().filter(|byte| **byte == b'\r').for_each(|byte| *byte = b'\n');
}

impl Read for Text<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Text<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.at == self.text.len() && !self.ended {
            self.decode_more()?;
        }
        Ok(&self.text[self.at..])
    }

    fn consume(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.text.len());
    }
}

fn read_up_to(input: &mut impl Read, bytes: u64) -> io::Result<Vec<u8>> {
    let mut start = Vec::new();
    input.take(bytes).read_to_end(&mut start)?;
    Ok(start)
}

/// A byte order mark says so; without one, text in UTF-16 has a zero in every other byte.
fn encoding_of(start: &[u8]) -> Encoding {
    let zeros = |from: usize| start.iter().skip(from).step_by(2).filter(|byte| **byte == 0).count();
    let most = start.len() / 2 * 9 / 10;
    if start.starts_with(b"\xff\xfe") || (start.len() >= 4 && zeros(1) > most && zeros(0) == 0) {
        Encoding::Utf16 { big_endian: false }
    } else if start.starts_with(b"\xfe\xff") || (start.len() >= 4 && zeros(0) > most && zeros(1) == 0) {
        Encoding::Utf16 { big_endian: true }
    } else {
        Encoding::Utf8
    }
}

/// Remark on an input of which a part would be read as something else.
const TWO_ENCODINGS: &str = "text in two encodings, or with compressed data behind it: read each part alone";

/// The first bytes of compressed data, which no text has.
///
/// Source: RFC 1952, section 2.3.1: its name, and the one method.
const GZIP_OF_DEFLATE: [u8; 3] = [GZIP_MAGIC[0], GZIP_MAGIC[1], 8];

/// Returns whether bytes of UTF-16 hold a longer text in UTF-8: ASCII, byte for byte.
fn has_text_of_bytes(bytes: &[u8]) -> bool {
    /// Hardly any text in UTF-16 has so many such bytes in a row; our own bound. A rule of `═` has (`%P`), but no blank.
    const LONGEST_RUN_BYTES: usize = 64;
    let is_ascii = |byte: &u8| byte.is_ascii_graphic() || matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    bytes.split(|byte| !is_ascii(byte)).any(|run| run.len() > LONGEST_RUN_BYTES && run.contains(&b' '))
}

/// Appends what is whole of the bytes; invalid ones become U+FFFD. How many were used.
fn decode_utf8(bytes: &[u8], ended: bool, text: &mut Vec<u8>) -> usize {
    let mut used = 0;
    loop {
        match std::str::from_utf8(&bytes[used..]) {
            Ok(valid) => {
                text.extend_from_slice(valid.as_bytes());
                return bytes.len();
            }
            Err(error) => {
                let valid = used + error.valid_up_to();
                text.extend_from_slice(&bytes[used..valid]);
                used = valid;
                match error.error_len() {
                    None if !ended => return used,
                    length => {
                        text.extend_from_slice("\u{fffd}".as_bytes());
                        used += length.unwrap_or(bytes.len() - used);
                    }
                }
            }
        }
    }
}

/// Decodes UTF-16 likewise.
fn decode_utf16(bytes: &[u8], big_endian: bool, ended: bool, text: &mut Vec<u8>) -> usize {
    let unit = |pair: &[u8]| match big_endian {
        true => u16::from_be_bytes([pair[0], pair[1]]),
        false => u16::from_le_bytes([pair[0], pair[1]]),
    };
    let mut units: Vec<u16> = bytes.chunks_exact(2).map(unit).collect();
    let is_half = |unit: &u16| (0xd800..0xdc00).contains(unit);
    if !ended && units.last().is_some_and(is_half) {
        units.pop();
    }
    for decoded in char::decode_utf16(units.iter().copied()) {
        let decoded = decoded.unwrap_or(char::REPLACEMENT_CHARACTER);
        text.extend_from_slice(decoded.encode_utf8(&mut [0; 4]).as_bytes());
    }
    if ended { bytes.len() } else { units.len() * 2 }
}

/// Returns what an input is that is no text. The bytes are decoded already, which leaves ASCII as it is.
fn refused(start: &[u8]) -> Option<&'static str> {
    let has = |name: &[u8]| memchr::memmem::find(start, name).is_some();
    let known = |magic: &[u8]| {
        let decoded = String::from_utf8_lossy(magic);
        start.starts_with(decoded.as_bytes())
    };
    if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
        return Some(if has(b"[Content_Types].xml") || has(b"xl/") {
            "an Excel workbook (xlsx) or another Office document: save it as CSV"
        } else {
            "a zip archive: unpack it first"
        });
    }
    if let Some((_, what)) = REFUSED.iter().find(|(magic, _)| known(magic)) {
        return Some(what);
    }
    if start.get(257..262) == Some(b"ustar") {
        return Some("a tar archive: unpack it first");
    }
    // Behind the size of the file, of which each byte may be three by now, stand zeros.
    if start.starts_with(b"BM") && memchr::memmem::find(&start[..start.len().min(24)], &[0; 4]).is_some() {
        return Some("an image (BMP)");
    }
    if start.get(4..8) == Some(b"ftyp") {
        let is_image = start.get(8..12).is_some_and(|brand| {
            matches!(brand, b"avif" | b"avis" | b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"mif1" | b"msf1")
        });
        return Some(if is_image { "an image (HEIC or AVIF)" } else { "a film or a sound (MP4)" });
    }
    is_binary(start).then_some(BINARY)
}

/// Text has few control characters and few invalid bytes; text in an old code page has some. A file that was cut off may end with zeros.
fn is_binary(start: &[u8]) -> bool {
    let text = String::from_utf8_lossy(&start[..start.len().min(8_192)]);
    let is_odd = |c: &char| {
        c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{1b}' | '\u{8}' | '\u{c}')
            || *c == char::REPLACEMENT_CHARACTER
    };
    let text = text.trim_end_matches('\0');
    text.is_empty() && !start.is_empty() || text.chars().filter(is_odd).count() * 10 > text.chars().count()
}
