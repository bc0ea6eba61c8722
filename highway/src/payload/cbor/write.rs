//! Writes collections as CBOR: lengths in front, ints and lengths as short as they can be, floats in 8 bytes.

use std::ops::Range;

use minicbor::{Decoder, Encoder};

use super::{NEGATIVE, POSITIVE, TUPLE, bignum, read};
use crate::{
    payload::{
        error::{EncodeError, Path, Step},
        form::{Form, Kind},
        number::Float,
    },
    value::Int,
    wire::Dialect,
};

type Result<T, E = Box<EncodeError>> = std::result::Result<T, E>;

/// The bytes so far.
pub(in crate::payload) struct Cbor<'o> {
    out: Encoder<&'o mut Vec<u8>>,
}

/// Where a collection's length stands, and which it says; `None` says that its end is marked.
pub(in crate::payload) struct Begun {
    at: usize,
    len: Option<usize>,
}

/// Writes by an encoder's method. The result says what the vector that is written to says, which is never an error.
macro_rules! write {
    ($self:ident.$method:ident($($value:expr)?)) => {{
        let written = $self.out.$method($($value)?);
        debug_assert!(written.is_ok());
    }};
}

impl<'o> Cbor<'o> {
    #[inline]
    pub(in crate::payload) fn new(out: &'o mut Vec<u8>) -> Self {
        Self {
            out: Encoder::new(out),
        }
    }

    #[inline]
    fn head(&mut self, kind: Kind, len: usize) {
        let len = len as u64;
        match kind {
            Kind::List | Kind::Tuple => write!(self.array(len)),
            Kind::Dict => write!(self.map(len)),
        }
    }
}

impl Form for Cbor<'_> {
    const INT_KEYS: bool = true;

    type Begun = Begun;

    #[inline]
    fn dialect(&self) -> Dialect {
        Dialect::Extended
    }

    #[inline]
    fn out(&mut self) -> &mut Vec<u8> {
        self.out.writer_mut()
    }

    #[inline]
    fn begin(&mut self, kind: Kind, len: Option<usize>) -> Begun {
        if kind == Kind::Tuple {
            write!(self.tag(TUPLE));
        }
        let at = self.out().len();
        match (len, kind) {
            (Some(len), _) => self.head(kind, len),
            (None, Kind::Dict) => write!(self.begin_map()),
            (None, Kind::List | Kind::Tuple) => write!(self.begin_array()),
        }
        Begun { at, len }
    }

    #[inline]
    fn end(&mut self, kind: Kind, begun: Begun, len: usize) {
        match begun.len {
            Some(said) if said == len => {}
            // A `Serialize` may say what it likes; what was said makes room for what is.
            Some(_) => {
                let parts = self.out().split_off(begun.at);
                let mut head = Decoder::new(&parts);
                let read = match kind {
                    Kind::Dict => head.map(),
                    Kind::List | Kind::Tuple => head.array(),
                };
                debug_assert!(read.is_ok());
                let parts = parts.get(head.position()..).unwrap_or_default();
                self.head(kind, len);
                self.out().extend_from_slice(parts);
            }
            None => write!(self.end()),
        }
    }

    #[inline]
    fn part(&mut self, _place: usize) {}

    #[inline]
    fn colon(&mut self) {}

    #[inline]
    fn int_key(&mut self, write: impl FnOnce(&mut Self)) {
        write(self);
    }

    #[cold]
    fn key_step(&mut self, key: Range<usize>) -> Step {
        read::step(self.out().get(key).unwrap_or_default())
    }

    #[inline]
    fn none(&mut self) {
        write!(self.null());
    }

    #[inline]
    fn bool(&mut self, bool: bool) {
        write!(self.bool(bool));
    }

    #[inline]
    fn signed(&mut self, number: i64) {
        write!(self.i64(number));
    }

    #[inline]
    fn unsigned(&mut self, number: u64) {
        write!(self.u64(number));
    }

    fn signed_128(&mut self, number: i128) -> Result<()> {
        write!(self.i128(number));
        Ok(())
    }

    fn unsigned_128(&mut self, number: u128) -> Result<()> {
        write!(self.u128(number));
        Ok(())
    }

    fn int_of_digits(&mut self, start: usize) -> Result<()> {
        let text = self.out().split_off(start);
        let digits = Decoder::new(&text).str().unwrap_or_default();
        if let Some(number) = digits.parse().ok().as_ref().and_then(Int::as_i128) {
            return self.signed_128(number);
        }
        let Some((negative, bytes)) = bignum::to_bytes(digits) else {
            return Err(Box::new(EncodeError::Other {
                message: "an int is written as its decimal digits".into(),
                path: Path::default(),
            }));
        };
        write!(self.tag(if negative { NEGATIVE } else { POSITIVE }));
        write!(self.bytes(&bytes));
        Ok(())
    }

    #[inline]
    fn float<F: Float>(&mut self, float: F) -> Result<()> {
        write!(self.f64(float.into()));
        Ok(())
    }

    #[inline]
    fn str(&mut self, text: &str) {
        write!(self.str(text));
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        write!(self.bytes(bytes));
        Ok(())
    }
}
