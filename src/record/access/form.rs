//! Forms of a line: how keys and values are written in it.

use super::positions::Positions;
use super::token;

/// Longest key to recognise, in bytes; our own limit.
const LONGEST_KEY_BYTES: usize = 48;

/// Form of a line with labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineForm {
    Json,
    Xml,
    /// `requestId: …, ip: …, status: …`: the format of one deployment framework.
    Keyed,
}

impl LineForm {
    /// Returns the form of a line; None if it has no labels.
    pub(super) fn detect(text: &str) -> Option<Self> {
        match text.as_bytes() {
            [b'{', ..] => Some(Self::Json),
            [b'<', b, ..] if b.is_ascii_alphabetic() => Some(Self::Xml),
            _ if is_stock_keyed(text) => Some(Self::Keyed),
            _ => None,
        }
    }

    /// Returns whether the line ends as its form does. Otherwise it may be cut off before its status.
    pub(super) fn is_closed(self, text: &str) -> bool {
        match self {
            Self::Json => text.ends_with('}'),
            Self::Xml => text.ends_with('>'),
            Self::Keyed => true,
        }
    }

    /// Returns everything in a line that is written like a key, at any depth and escaping.
    pub(super) fn keys(self, bytes: &[u8]) -> impl Iterator<Item = Key<'_>> {
        let opening = match self {
            Self::Json => b'"',
            Self::Xml => b'<',
            Self::Keyed => b' ',
        };
        let first = (self == Self::Keyed).then_some(0);
        let starts = Positions::of([opening], bytes).map(|at| at + 1);
        first.into_iter().chain(starts).filter_map(move |start| {
            let length = self.key_at_start(&bytes[start..], LONGEST_KEY_BYTES);
            let value = if length > 0 { self.value(bytes, start, start + length)? } else { return None };
            Some(Key { line: bytes, start, length, value, form: self })
        })
    }

    /// Returns how many bytes at the start may be of a key, up to `most`. All are ASCII.
    pub(super) fn key_at_start(self, bytes: &[u8], most: usize) -> usize {
        let bytes = &bytes[..bytes.len().min(most)];
        bytes.iter().position(|b| !self.is_of_a_key(*b)).unwrap_or(bytes.len())
    }

    /// Returns the length of the key at the end.
    pub(super) fn key_at_end(self, bytes: &[u8], most: usize) -> usize {
        let bytes = &bytes[bytes.len().saturating_sub(most)..];
        bytes.iter().rev().position(|b| !self.is_of_a_key(*b)).unwrap_or(bytes.len())
    }

    fn is_of_a_key(self, b: u8) -> bool {
        b.is_ascii_alphanumeric()
            || matches!(b, b'_' | b'-' | b'.')
            || (self == Self::Json && matches!(b, b'$' | b'@' | b' '))
    }

    /// Returns where the value of a key at `start..end` begins; None if it is not written as a key.
    pub(super) fn value(self, bytes: &[u8], start: usize, end: usize) -> Option<usize> {
        let blanks = |at: usize| at + blanks(&bytes[at..]);
        let behind = |at: usize, byte: u8| (bytes.get(at) == Some(&byte)).then_some(at + 1);
        let before = &bytes[..start];
        match self {
            Self::Json => {
                let escapes = bytes[end..].iter().take_while(|b| **b == b'\\').count();
                let quote = behind(end + escapes, b'"')?;
                before.ends_with(b"\"").then_some(blanks(behind(blanks(quote), b':')?))
            }
            Self::Xml => before.ends_with(b"<").then_some(blanks(behind(blanks(end), b'>')?)),
            Self::Keyed => (before.is_empty() || before.ends_with(b", ")).then_some(behind(behind(end, b':')?, b' ')?),
        }
    }
}

/// Everything in a line that is written like a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    line: &'a [u8],
    start: usize,
    length: usize,
    /// Where the value begins.
    value: usize,
    form: LineForm,
}

impl<'a> Key<'a> {
    /// Returns the name, which is ASCII.
    pub(super) fn name(&self) -> &'a [u8] {
        &self.line[self.start..self.start + self.length]
    }

    /// Returns the key as it is written, up to where its value is seen to be quoted or not. In another line the same bytes are
    /// the same key.
    pub(super) fn written(&self) -> &'a [u8] {
        // Behind a backslash there may also be a blank.
        let opening = 1 + usize::from(self.rest().starts_with(b"\\"));
        &self.line[self.start..self.line.len().min(self.value + opening)]
    }

    /// Returns the line from the value on.
    fn rest(&self) -> &'a [u8] {
        &self.line[self.value..]
    }

    pub(super) fn opens_an_object(&self) -> bool {
        self.rest().starts_with(b"{") || (self.form == LineForm::Xml && self.rest().starts_with(b"<"))
    }

    pub(super) fn is_quoted(&self) -> bool {
        matches!(self.rest(), [b'"' | b'\\', ..])
    }

    /// Returns the value without its quotes. It ends at the first byte that no name has.
    pub(super) fn value(&self) -> &'a str {
        let (rest, quoted) = self.behind_quotes();
        let ends = |b: &u8| match self.form {
            LineForm::Json => matches!(b, b'"' | b'\\') || (!quoted && matches!(b, b',' | b'}')),
            LineForm::Xml => *b == b'<',
            LineForm::Keyed => *b == b',',
        };
        std::str::from_utf8(&rest[..rest.iter().position(ends).unwrap_or(rest.len())]).unwrap_or_default()
    }

    /// Returns whether the value starts with a time as API Gateway writes it. Where the value ends is looked for only if it may.
    pub(super) fn has_request_time(&self) -> bool {
        token::starts_with_request_time(self.behind_quotes().0)
            && token::starts_with_request_time(self.value().as_bytes())
    }

    /// Returns the line from behind the quotes of the value, and whether there are any.
    fn behind_quotes(&self) -> (&'a [u8], bool) {
        let mut rest = self.rest();
        let mut quoted = false;
        if self.form == LineForm::Json {
            // The quote of the value, and a quote of its own behind it, which has a backslash.
            loop {
                let escapes = rest.iter().take_while(|b| **b == b'\\').count();
                if (quoted && escapes == 0) || rest.get(escapes) != Some(&b'"') {
                    break;
                }
                (rest, quoted) = (&rest[escapes + 1..], true);
            }
        }
        (rest, quoted)
    }
}

/// Returns the length of the blanks at the start, as they are and as JSON escapes them.
fn blanks(bytes: &[u8]) -> usize {
    let mut at = 0;
    loop {
        match bytes[at..] {
            [b'\\', b't' | b'n' | b'r', ..] => at += 2,
            [b, ..] if b.is_ascii_whitespace() => at += 1,
            _ => return at,
        }
    }
}

/// Returns whether a line has the stock keys of the framework's format.
fn is_stock_keyed(text: &str) -> bool {
    text.starts_with("requestId: ") && [", httpMethod: ", ", status: "].iter().all(|key| text.contains(key))
}
