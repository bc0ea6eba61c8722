//! What a message's text holds otherwise than it is read, for types that borrow.

use std::sync::OnceLock;

/// Strings of a message that don't stand in it as they are, with escapes or in parts, put together so that a type can borrow them.
/// Empty until a type does. It lives as long as the message.
#[derive(Debug, Default)]
pub(crate) struct SideBuffer(OnceLock<Box<Piece>>);

/// One string, and the place of the next.
#[derive(Debug)]
struct Piece {
    bytes: Box<[u8]>,
    next: OnceLock<Box<Piece>>,
}

/// Where the next string goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Side<'de>(&'de OnceLock<Box<Piece>>);

impl SideBuffer {
    /// An empty one.
    pub(crate) const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// Gives up the strings.
    #[inline]
    pub(crate) fn clear(&mut self) {
        if self.0.get().is_some() {
            *self = Self::new();
        }
    }

    pub(super) fn side(&self) -> Side<'_> {
        Side(&self.0)
    }
}

/// The strings belong to the message that was read, and a copy of that is read anew.
impl Clone for SideBuffer {
    fn clone(&self) -> Self {
        Self::new()
    }
}

/// One string after the other, as each holding the next would take stack for all of them.
impl Drop for SideBuffer {
    fn drop(&mut self) {
        let mut next = self.0.take();
        while let Some(mut piece) = next {
            next = piece.next.take();
        }
    }
}

impl<'de> Side<'de> {
    /// Keeps a string.
    pub(super) fn keep(&mut self, bytes: Vec<u8>) -> &'de [u8] {
        // What was kept when the message was read before stays where it is.
        while let Some(piece) = self.0.get() {
            self.0 = &piece.next;
        }
        let piece = self.0.get_or_init(|| {
            let bytes = bytes.into();
            let next = OnceLock::new();
            Box::new(Piece { bytes, next })
        });
        self.0 = &piece.next;
        &piece.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_stay_where_they_are_while_others_are_kept() {
        let buffer = SideBuffer::new();
        let mut side = buffer.side();
        let kept: Vec<&[u8]> = (0..1000_u32)
            .map(|number| side.keep(number.to_be_bytes().to_vec()))
            .collect();
        let other = buffer.side().keep(b"behind".to_vec());
        for (number, kept) in (0..1000_u32).zip(kept) {
            assert_eq!(kept, number.to_be_bytes());
        }
        assert_eq!(other, b"behind");
    }

    #[test]
    fn many_strings_are_dropped_without_deep_stack() {
        let buffer = SideBuffer::new();
        let mut side = buffer.side();
        for _ in 0..500_000 {
            side.keep(Vec::new());
        }
    }
}
