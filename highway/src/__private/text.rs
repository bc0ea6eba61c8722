//! The sentences of compile errors.

use super::declarations::equal;

/// A sentence that is put together at compile time; what is longer than it holds is cut.
pub(super) struct Text {
    bytes: [u8; Self::CAPACITY],
    len: usize,
}

impl Text {
    const CAPACITY: usize = 1024;

    pub(super) const fn new(start: &str) -> Self {
        let mut text = Self {
            bytes: [0; Self::CAPACITY],
            len: 0,
        };
        text.push(start);
        text
    }

    pub(super) const fn push(&mut self, text: &str) -> &mut Self {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() && self.len < Self::CAPACITY {
            self.bytes[self.len] = text[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    /// Appends a type as it is written, or that there is none.
    pub(super) const fn push_type(&mut self, text: &str) -> &mut Self {
        if text.is_empty() || equal(text.as_bytes(), b"()") {
            self.push("nothing")
        } else {
            self.push("`").push(text).push("`")
        }
    }

    /// Ends the compilation with the sentence.
    #[track_caller]
    pub(super) const fn panic(&self) -> ! {
        match str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => panic!("{}", text),
            // A character was cut in two at the end of the capacity.
            Err(_) => panic!("a route does not fit its protocol"),
        }
    }
}
