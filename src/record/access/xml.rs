//! Lines in XML: `<request id="…"> <ip>…</ip> … </request>`.

use std::borrow::Cow;

use super::vocabulary::{LONGEST_KEY_BYTES, plain};
use super::{DEEPEST, MOST_PAIRS, Pair, Pairs};

/// Parses a line that starts with the element `request`. Its name is not part of the paths.
pub(super) fn pairs(text: &str) -> Option<Pairs<'_>> {
    let head = text.strip_prefix("<request")?;
    if !head.starts_with([' ', '>']) {
        return None;
    }
    let mut reader =
        Reader { text, open: Vec::new(), ended: false, behind_the_end: false, pairs: Vec::new(), broken: false };
    for at in memchr::memchr_iter(b'<', text.as_bytes()) {
        reader.tag(at);
        if reader.pairs.len() > MOST_PAIRS {
            break;
        }
    }
    let misnested = !reader.ended || reader.open.len() > 1 || reader.behind_the_end;
    Some(Pairs { pairs: reader.pairs, broken: reader.broken || misnested, misnested })
}

/// Parser of a line.
struct Reader<'a> {
    text: &'a str,
    /// Open elements: name, start of the content, whether it contains elements.
    open: Vec<(&'a str, usize, bool)>,
    /// Whether the outermost element was closed. It stays in `open`, since client text may have closed it.
    ended: bool,
    /// Whether elements follow the end of the outermost one.
    behind_the_end: bool,
    pairs: Vec<Pair<'a>>,
    broken: bool,
}

impl<'a> Reader<'a> {
    fn tag(&mut self, at: usize) {
        let rest = &self.text[at + 1..];
        let (rest, closes) = rest.strip_prefix('/').map_or((rest, false), |rest| (rest, true));
        let length = rest.bytes().take(LONGEST_KEY_BYTES).take_while(|b| is_of_a_name(*b)).count();
        let (name, behind) = rest.split_at(length);
        let attributes = match memchr::memchr2(b'>', b'<', behind.as_bytes()) {
            Some(end) if length > 0 && behind.as_bytes()[end] == b'>' => &behind[..end],
            _ => return self.broken = true,
        };
        if closes {
            self.close(name, at);
        } else {
            let content = self.text.len() - behind.len() + attributes.len() + 1;
            self.open(name, attributes, content);
        }
    }

    fn open(&mut self, name: &'a str, attributes: &'a str, content: usize) {
        self.behind_the_end |= self.ended;
        if let Some(parent) = self.open.last_mut() {
            parent.2 = true;
            if self.open.len() >= DEEPEST {
                return self.broken = true;
            }
        } else if let Some(id) = attributes.trim().strip_prefix("id=") {
            self.pairs.push(Pair { path: vec!["requestid".to_owned()], value: Cow::Borrowed(id), quoted: true });
        }
        self.open.push((name, content, false));
    }

    fn close(&mut self, name: &str, at: usize) {
        match self.open.last() {
            Some((opened, ..)) if *opened == name && self.open.len() == 1 => self.ended = true,
            Some((opened, content, holds_elements)) if *opened == name => {
                if !holds_elements {
                    let path = self.open[1..].iter().map(|(name, ..)| plain(name)).collect();
                    self.pairs.push(Pair { path, value: Cow::Borrowed(&self.text[*content..at]), quoted: true });
                }
                self.open.pop();
            }
            _ => self.broken = true,
        }
    }
}

fn is_of_a_name(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_and_the_id_are_read() {
        let pairs = pairs(r#"<request id="r-1"> <ip>192.0.2.1</ip> <error><message>no</message></error> </request>"#);
        let pairs = pairs.expect("it is a request");
        let read: Vec<_> = pairs.pairs.iter().map(|pair| (pair.path.join("."), pair.value.as_ref())).collect();
        let expected = [("requestid", "\"r-1\""), ("ip", "192.0.2.1"), ("error.message", "no")];
        assert_eq!(read, expected.map(|(key, value)| (key.to_owned(), value)));
        assert!(!pairs.broken);
    }

    #[test]
    fn other_elements_and_broken_ones_are_told() {
        assert!(pairs("<html><body>502</body></html>").is_none());
        assert!(pairs("<requests></requests>").is_none());
        assert!(pairs("<request><a>1 < 2</a></request>").is_some_and(|pairs| pairs.broken));
        assert!(pairs("<request><a>1</b></request>").is_some_and(|pairs| pairs.broken));
    }
}
