//! The request ID of a failed request, for exemplars.

/// Length of a UUID, which nearly every request ID is, in bytes: such an ID is kept without a string of its own.
const UUID_BYTES: usize = 36;

/// A request ID.
#[derive(Debug, Clone)]
pub struct Id(Kept);

#[derive(Debug, Clone)]
enum Kept {
    Uuid([u8; UUID_BYTES]),
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
