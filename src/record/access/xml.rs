//! Lines in XML: `<request id="…"> <ip>…</ip> … </request>`.

use std::borrow::Cow;

use super::vocabulary::{LONGEST_KEY_BYTES, plain};
use super::{DEEPEST, MOST_PAIRS, Pair};

/// Parses a line that is one element, as far as it is whole. The name of the element is not part of the paths.
pub(super) fn pairs(text: &str) -> Vec<Pair<'_>> {
    let mut reader = XmlParser { text, open: Vec::new(), pairs: Vec::new() };
    for at in memchr::memchr_iter(b'<', text.as_bytes()) {
        reader.tag(at);
        if reader.pairs.len() == MOST_PAIRS {
            break;
        }
    }
    reader.pairs
}

/// Parser of a line.
struct XmlParser<'a> {
    text: &'a str,
    /// Open elements: name, start of the content, whether it contains elements.
    open: Vec<(&'a str, usize, bool)>,
    pairs: Vec<Pair<'a>>,
}

impl<'a> XmlParser<'a> {
    fn tag(&mut self, at: usize) {
        let rest = &self.text[at + 1..];
        let (rest, closes) = rest.strip_prefix('/').map_or((rest, false), |rest| (rest, true));
        let length = rest.bytes().take(LONGEST_KEY_BYTES).take_while(|b| is_of_a_name(*b)).count();
        let (name, behind) = rest.split_at(length);
        let attributes = match memchr::memchr2(b'>', b'<', behind.as_bytes()) {
            Some(end) if length > 0 && behind.as_bytes()[end] == b'>' => &behind[..end],
            _ => return,
        };
        if closes {
            self.close(name, at);
        } else {
            let content = self.text.len() - behind.len() + attributes.len() + 1;
            self.open(name, attributes, content);
        }
    }

    fn open(&mut self, name: &'a str, attributes: &'a str, content: usize) {
        if let Some(parent) = self.open.last_mut() {
            parent.2 = true;
            if self.open.len() >= DEEPEST {
                return;
            }
        } else if let Some(id) = attributes.trim().strip_prefix("id=") {
            self.pairs.push(Pair { path: vec!["requestid".to_owned()], value: Cow::Borrowed(id) });
        }
        self.open.push((name, content, false));
    }

    fn close(&mut self, name: &str, at: usize) {
        match self.open.last() {
            // The outermost one stays open, since client text may have closed it.
            Some((opened, content, holds_elements)) if *opened == name && self.open.len() > 1 => {
                if !holds_elements {
                    let path = self.open[1..].iter().map(|(name, ..)| plain(name)).collect();
                    self.pairs.push(Pair { path, value: Cow::Borrowed(&self.text[*content..at]) });
                }
                self.open.pop();
            }
            _ => {}
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
        let read: Vec<_> = pairs.iter().map(|pair| (pair.path.join("."), pair.value.as_ref())).collect();
        let expected = [("requestid", "\"r-1\""), ("ip", "192.0.2.1"), ("error.message", "no")];
        assert_eq!(read, expected.map(|(key, value)| (key.to_owned(), value)));
    }

    #[test]
    fn broken_elements_are_left_out() {
        let values = |text| pairs(text).iter().map(|pair| pair.value.to_string()).collect::<Vec<_>>();
        assert_eq!(values("<request><a>1 < 2</a><b>3</b></request>"), ["1 < 2", "3"]);
        assert!(values("<request><a>1</b></request>").is_empty());
    }
}
