//! The request ID of a failed request, for exemplars.

use uuid::fmt::Hyphenated;

/// A request ID.
#[derive(Debug, Clone)]
pub struct Id(Kept);

#[derive(Debug, Clone)]
enum Kept {
    /// Nearly every ID. It takes no memory of its own.
    Uuid([u8; Hyphenated::LENGTH]),
    Other(Box<[u8]>),
}

impl Id {
    /// Keeps an ID.
    #[inline]
    pub(super) fn of(id: &[u8]) -> Self {
        Self(id.try_into().map_or_else(|_| Kept::Other(id.into()), Kept::Uuid))
    }

    /// The ID as text.
    pub fn text(&self) -> Option<String> {
        let bytes = match &self.0 {
            Kept::Uuid(bytes) => &bytes[..],
            Kept::Other(bytes) => bytes,
        };
        String::from_utf8(bytes.to_owned()).ok().filter(|id| !id.is_empty())
    }
}
