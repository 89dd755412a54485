//! Forms of a line: how keys and values are written in it.

use super::shape;

/// Longest key to recognise, in bytes; our own limit.
const LONGEST_KEY_BYTES: usize = 48;

/// Form of a line with labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Json,
    Xml,
    /// `requestId: …, ip: …, status: …`: the format of one deployment framework.
    Keyed,
}

impl Form {
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
    pub(super) fn keys(self, text: &str) -> impl Iterator<Item = Key<'_>> {
        let bytes = text.as_bytes();
        let opening = match self {
            Self::Json => b'"',
            Self::Xml => b'<',
            Self::Keyed => b' ',
        };
        let first = (self == Self::Keyed).then_some(0);
        let starts = memchr::memchr_iter(opening, bytes).map(|at| at + 1);
        first.into_iter().chain(starts).filter_map(move |start| {
            let is_of_a_key = |b: &&u8| self.is_of_a_key(**b);
            let length = bytes[start..].iter().take(LONGEST_KEY_BYTES).take_while(is_of_a_key).count();
            let value = if length > 0 { self.value(bytes, start, start + length)? } else { return None };
            Some(Key { name: &text[start..start + length], rest: text.get(value..)?, form: self })
        })
    }

    pub(super) fn is_of_a_key(self, b: u8) -> bool {
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
    pub(super) name: &'a str,
    /// The line from the value on.
    rest: &'a str,
    form: Form,
}

impl<'a> Key<'a> {
    pub(super) fn opens_an_object(&self) -> bool {
        self.rest.starts_with('{') || (self.form == Form::Xml && self.rest.starts_with('<'))
    }

    pub(super) fn is_quoted(&self) -> bool {
        self.rest.starts_with(['"', '\\'])
    }

    /// Returns the value without its quotes. It ends at the first byte that no name has.
    pub(super) fn value(&self) -> &'a str {
        let (rest, quoted) = self.behind_quotes();
        let ends = |b: u8| match self.form {
            Form::Json => matches!(b, b'"' | b'\\') || (!quoted && matches!(b, b',' | b'}')),
            Form::Xml => b == b'<',
            Form::Keyed => b == b',',
        };
        &rest[..rest.bytes().position(ends).unwrap_or(rest.len())]
    }

    /// Returns whether the value starts with a time as API Gateway writes it. Where the value ends is looked for only if it may.
    pub(super) fn has_request_time(&self) -> bool {
        shape::starts_with_request_time(self.behind_quotes().0) && shape::starts_with_request_time(self.value())
    }

    /// Returns the line from behind the quotes of the value, and whether there are any.
    fn behind_quotes(&self) -> (&'a str, bool) {
        let mut rest = self.rest;
        let mut quoted = false;
        if self.form == Form::Json {
            // The quote of the value, and a quote of its own behind it, which has a backslash.
            loop {
                let escapes = rest.bytes().take_while(|b| *b == b'\\').count();
                if (quoted && escapes == 0) || !rest[escapes..].starts_with('"') {
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
