//! The trace that a call or stream belongs to, as W3C's Trace Context writes it.

use std::fmt;

/// A `traceparent` of W3C's Trace Context: the trace, and the span of it that calls.
///
/// ```
/// use highway::wire::Traceparent;
///
/// let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let traceparent = Traceparent::parse(text.as_bytes()).unwrap();
/// assert_eq!(traceparent.as_str(), text);
/// assert_eq!(Traceparent::parse(b"4bf92f3577b34da6"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Traceparent([u8; Self::LEN]);

impl Traceparent {
    /// Its length in bytes.
    pub const LEN: usize = 55;

    /// The most bytes that a peer may send for one. Versions to come may have more than is known of them.
    pub const MAX: u8 = 128;

    /// Reads one: two digits of the version, 32 of the trace, 16 of the span and two of the flags, all hexadecimal and in lower case, with
    /// `-` between. The ids are not zero, and the version is not `ff`. What versions above `00` have behind another `-` is left out.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (known, rest) = text.split_first_chunk()?;
        let mut fields = known.split(|byte| *byte == b'-');
        let mut field = |len: usize| {
            let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            let field = fields.next()?;
            (field.len() == len && field.iter().all(is_digit)).then_some(field)
        };
        let (version, trace, span, _flags) = (field(2)?, field(32)?, field(16)?, field(2)?);
        let is_zero = |id: &[u8]| id.iter().all(|digit| *digit == b'0');
        if version == b"ff" || is_zero(trace) || is_zero(span) {
            return None;
        }
        match rest.first() {
            None => {}
            Some(b'-') if version != b"00" => {}
            Some(_) => return None,
        }
        Some(Self(*known))
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        // It is ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Appends it to the fields of a call or stream, whose type code has the bit [`TRACED`](super::TRACED).
    pub fn put(&self, payload: &mut Vec<u8>) {
        payload.push(u8::try_from(Self::LEN).unwrap_or(Self::MAX));
        payload.extend_from_slice(&self.0);
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn versions_to_come_are_read_as_far_as_they_are_known() {
        let later = KNOWN.replacen("00", "cc", 1);
        for (text, read) in [
            (KNOWN.to_owned(), KNOWN),
            (later.clone(), &*later),
            (format!("{later}-what-the-future-brings"), &*later),
        ] {
            let parsed = Traceparent::parse(text.as_bytes());
            assert_eq!(parsed.as_ref().map(Traceparent::as_str), Some(read));
        }
    }

    #[test]
    fn malformed_ones_are_none() {
        for text in [
            String::new(),
            KNOWN[1..].to_owned(),
            KNOWN[..54].to_owned(),
            format!("{KNOWN}0"),
            format!("{KNOWN}-00"),
            format!("{}.", KNOWN.replacen("00", "cc", 1)),
            KNOWN.to_uppercase(),
            KNOWN.replacen("00", "ff", 1),
            KNOWN.replacen("00", "0g", 1),
            KNOWN.replacen("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32), 1),
            KNOWN.replacen("00f067aa0ba902b7", &"0".repeat(16), 1),
            KNOWN.replacen("4bf9", "4b-9", 1),
            KNOWN.replace('-', "_"),
            KNOWN.replacen("01", "é", 1),
        ] {
            assert_eq!(Traceparent::parse(text.as_bytes()), None, "{text}");
        }
    }
}
