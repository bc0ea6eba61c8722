//! Writes collections as JSON text: no blanks, UTF-8 as it is, only what has to be is escaped.

use std::ops::Range;

use super::find_special;
use crate::{
    payload::{
        error::{EncodeError, Path, Step},
        form::{Form, Kind},
        number::{Float, write_float},
    },
    wire::Dialect,
};

type Result<T, E = Box<EncodeError>> = std::result::Result<T, E>;

/// The text so far.
pub(in crate::payload) struct Json<'o> {
    out: &'o mut Vec<u8>,
    dialect: Dialect,
}

impl<'o> Json<'o> {
    #[inline]
    pub(in crate::payload) fn new(dialect: Dialect, out: &'o mut Vec<u8>) -> Self {
        Self { out, dialect }
    }

    #[inline]
    fn escaped(&mut self, text: &str) {
        let mut rest = text.as_bytes();
        while let Some(plain) = find_special(rest) {
            let (before, from) = rest.split_at(plain);
            self.out.extend_from_slice(before);
            let Some((&byte, after)) = from.split_first() else {
                break;
            };
            match ESCAPES[usize::from(byte)] {
                b'u' => {
                    let hex = |digit: u8| b"0123456789abcdef"[usize::from(digit)];
                    let code = [hex(byte >> 4), hex(byte & 15)];
                    self.out.extend_from_slice(b"\\u00");
                    self.out.extend_from_slice(&code);
                }
                escape => self.out.extend_from_slice(&[b'\\', escape]),
            }
            rest = after;
        }
        self.out.extend_from_slice(rest);
    }

    #[inline]
    fn int(&mut self, number: impl itoa::Integer) {
        self.out
            .extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    }

    /// Refuses a number that only 0.1 carries.
    fn large_int(&self) -> Result<()> {
        if self.dialect == Dialect::V01 {
            return Ok(());
        }
        Err(Box::new(EncodeError::IntOutOfRange {
            path: Path::default(),
        }))
    }
}

impl Form for Json<'_> {
    const INT_KEYS: bool = false;

    type Begun = ();

    #[inline]
    fn dialect(&self) -> Dialect {
        self.dialect
    }

    #[inline]
    fn out(&mut self) -> &mut Vec<u8> {
        self.out
    }

    #[inline]
    fn begin(&mut self, kind: Kind, _len: Option<usize>) {
        self.out.push(match kind {
            Kind::List | Kind::Tuple => b'[',
            Kind::Dict => b'{',
        });
    }

    #[inline]
    fn end(&mut self, kind: Kind, (): (), _len: usize) {
        self.out.push(match kind {
            Kind::List | Kind::Tuple => b']',
            Kind::Dict => b'}',
        });
    }

    #[inline]
    fn part(&mut self, place: usize) {
        if place > 0 {
            self.out.push(b',');
        }
    }

    #[inline]
    fn colon(&mut self) {
        self.out.push(b':');
    }

    #[inline]
    fn int_key(&mut self, write: impl FnOnce(&mut Self)) {
        self.out.push(b'"');
        write(self);
        self.out.push(b'"');
    }

    #[cold]
    fn key_step(&mut self, key: Range<usize>) -> Step {
        let key = self.out.get(key).unwrap_or_default();
        let text = key.get(1..key.len().saturating_sub(1));
        Step::key(&String::from_utf8_lossy(text.unwrap_or_default()))
    }

    #[inline]
    fn none(&mut self) {
        self.out.extend_from_slice(b"null");
    }

    #[inline]
    fn bool(&mut self, bool: bool) {
        self.out
            .extend_from_slice(if bool { b"true" } else { b"false" });
    }

    #[inline]
    fn signed(&mut self, number: i64) {
        self.int(number);
    }

    #[inline]
    fn unsigned(&mut self, number: u64) {
        self.int(number);
    }

    fn signed_128(&mut self, number: i128) -> Result<()> {
        self.large_int()?;
        self.int(number);
        Ok(())
    }

    fn unsigned_128(&mut self, number: u128) -> Result<()> {
        self.large_int()?;
        self.int(number);
        Ok(())
    }

    /// The quotes go.
    fn int_of_digits(&mut self, start: usize) -> Result<()> {
        self.large_int()?;
        self.out.remove(start);
        self.out.pop();
        Ok(())
    }

    #[inline]
    fn float<F: Float>(&mut self, float: F) -> Result<()> {
        if self.dialect != Dialect::V01 && !Float::is_finite(float) {
            let path = Path::default();
            return Err(Box::new(EncodeError::NotFinite {
                float: float.into(),
                path,
            }));
        }
        write_float(float, self.out);
        Ok(())
    }

    #[inline]
    fn str(&mut self, text: &str) {
        self.out.reserve(text.len() + 2);
        self.out.push(b'"');
        self.escaped(text);
        self.out.push(b'"');
    }

    fn bytes(&mut self, _bytes: &[u8]) -> Result<()> {
        Err(Box::new(EncodeError::NestedBytes {
            path: Path::default(),
        }))
    }
}

/// What stands behind the backslash for each byte that has to be escaped, `u` for a code; 0 for all others.
const ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        escapes[control] = b'u';
        control += 1;
    }
    escapes[0x08] = b'b';
    escapes[b'\t' as usize] = b't';
    escapes[b'\n' as usize] = b'n';
    escapes[0x0c] = b'f';
    escapes[b'\r' as usize] = b'r';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};
