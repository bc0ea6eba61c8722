//! What can be wrong with a payload, or with what is to become one.

#![expect(
    clippy::unnecessary_box_returns,
    reason = "results of one word are passed on faster"
)]

use std::{
    error::Error,
    fmt::{self, Write},
};

use serde::{de, ser};

use crate::{
    shown::Shown,
    wire::{DataType, Dialect},
};

/// The most of a peer's data that an error repeats, in bytes.
const MAX_EXCERPT: usize = 40;

/// The most of a message made elsewhere (a `Deserialize` implementation's) that an error keeps, in bytes.
const MAX_MESSAGE: usize = 300;

/// What is expected of a string that is borrowed.
const BORROWED_STR: &str =
    "str that stands in the payload as it is (`Cow<str>` and `String` take any)";
const BORROWED_BYTES: &str = "bytes that stand in the payload as they are (`Cow<[u8]>` and `Vec<u8>` with serde_bytes take any)";

/// A value that the peer's dialect cannot carry, or that does not want to be serialised.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EncodeError {
    /// Bytes inside of a collection, which only peers with the extension have there. Send them by themselves, or as a list
    /// of numbers.
    NestedBytes {
        /// Where they are.
        path: Path,
    },
    /// An infinity or NaN inside of a collection, which dialect 0.2 does not have there. By itself a float can be any.
    NotFinite {
        /// The float.
        float: f64,
        /// Where it is.
        path: Path,
    },
    /// A whole number inside of a collection that dialect 0.2 cannot carry there: it takes those from -2^63 to 2^64-1.
    /// By itself it can be any.
    IntOutOfRange {
        /// Where it is.
        path: Path,
    },
    /// A map's key that has no text: all but strings, numbers and bools.
    KeyNotText {
        /// Where the map is.
        path: Path,
    },
    /// A map with whole numbers and others as keys, which peers with the extension don't take.
    MixedKeys {
        /// Where the map is.
        path: Path,
    },
    /// Collections inside of each other more than [`NESTING`](super::NESTING) deep, which peers refuse.
    TooDeep,
    /// What a `Serialize` implementation said.
    Other {
        /// Its message.
        message: String,
        /// Where it is.
        path: Path,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NestedBytes { path } => {
                write!(f, "bytes cannot go inside of a list, dict or tuple{path}")
            }
            Self::NotFinite { float, path } => write!(
                f,
                "dialect {} cannot carry the float {float} inside of a list, dict or tuple{path}",
                Dialect::V02
            ),
            Self::IntOutOfRange { path } => write!(
                f,
                "inside of a list, dict or tuple dialect {} carries whole numbers from -2^63 to 2^64-1 only{path}",
                Dialect::V02
            ),
            Self::KeyNotText { path } => {
                write!(f, "a map's keys have to be strings, numbers or bools{path}")
            }
            Self::MixedKeys { path } => {
                write!(
                    f,
                    "a map's keys have to be all whole numbers or none of them{path}"
                )
            }
            Self::TooDeep => {
                write!(
                    f,
                    "collections are nested more than {} deep",
                    super::NESTING
                )
            }
            Self::Other { message, path } => write!(f, "{}{path}", Shown::new(message)),
        }
    }
}

impl Error for EncodeError {}

// A box of our own type counts as our own for foreign traits.
impl ser::Error for Box<EncodeError> {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Box::new(EncodeError::Other {
            message: clip(MAX_MESSAGE, message),
            path: Path::default(),
        })
    }
}

impl EncodeError {
    fn path_mut(&mut self) -> Option<&mut Path> {
        match self {
            Self::NestedBytes { path }
            | Self::NotFinite { path, .. }
            | Self::IntOutOfRange { path }
            | Self::KeyNotText { path }
            | Self::MixedKeys { path }
            | Self::Other { path, .. } => Some(path),
            Self::TooDeep => None,
        }
    }

    #[cold]
    pub(super) fn inside(mut self: Box<Self>, step: Step) -> Box<Self> {
        if let Some(path) = self.path_mut() {
            path.lead(step);
        }
        self
    }
}

/// A payload that is not a value of its type, or not what was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeError {
    /// The payload is not a value of the type that its header says.
    Malformed {
        /// The type.
        data_type: DataType,
        /// What is wrong.
        problem: Problem,
        /// Where in the payload, in bytes; for a collection's text only.
        at: Option<usize>,
    },
    /// The value is another than the receiver wants.
    Mismatch {
        /// What was wanted: `int`, `u8`, `struct Line`.
        expected: String,
        /// What came: its type, and the beginning of its value where it is short.
        received: String,
        /// Where in the value.
        path: Path,
    },
    /// What a `Deserialize` implementation said: a missing field, an unknown variant, a rule of its own.
    Other {
        /// Its message.
        message: String,
        /// Where in the value.
        path: Path,
    },
}

/// Why a payload is not a value of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Text that is not UTF-8.
    Utf8,
    /// No number.
    Number,
    /// A whole number of more than [`Int::MAX_DIGITS`](crate::value::Int::MAX_DIGITS) digits.
    TooManyDigits,
    /// A number that no float is as large as, but for the infinities by their names.
    TooLarge,
    /// A collection's text ends too early.
    End,
    /// A collection's text has something where it cannot be.
    Syntax(&'static str),
    /// More text behind the end of the collection's.
    Trailing,
    /// Collections inside of each other deeper than the limit.
    TooDeep,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf8 => "it is not valid UTF-8",
            Self::Number => "it is not such a number",
            Self::TooManyDigits => "a number has more than 4300 digits",
            Self::TooLarge => "no float is as large as a number in it",
            Self::End => "it ends too early",
            Self::Syntax(problem) => problem,
            Self::Trailing => "there is more behind its end",
            Self::TooDeep => "collections are nested too deep",
        })
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed {
                data_type,
                problem,
                at,
            } => {
                write!(f, "payload is not a valid {data_type}: {problem}")?;
                at.map_or(Ok(()), |at| write!(f, " (byte {at})"))
            }
            Self::Mismatch {
                expected,
                received,
                path,
            } => {
                write!(
                    f,
                    "expected {}, received {}{path}",
                    Shown::new(expected),
                    Shown::new(received)
                )
            }
            Self::Other { message, path } => write!(f, "{}{path}", Shown::new(message)),
        }
    }
}

impl Error for DecodeError {}

impl de::Error for Box<DecodeError> {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Box::new(DecodeError::Other {
            message: clip(MAX_MESSAGE, message),
            path: Path::default(),
        })
    }

    #[cold]
    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        DecodeError::mismatch(expected, received(unexpected))
    }

    #[cold]
    fn invalid_value(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        DecodeError::mismatch(expected, received(unexpected))
    }

    #[cold]
    fn invalid_length(len: usize, expected: &dyn de::Expected) -> Self {
        let items = if len == 1 { "item" } else { "items" };
        DecodeError::mismatch(expected, format!("{len} {items}"))
    }
}

impl DecodeError {
    #[cold]
    pub(super) fn malformed(data_type: DataType, problem: Problem) -> Box<Self> {
        Box::new(Self::Malformed {
            data_type,
            problem,
            at: None,
        })
    }

    #[cold]
    pub(crate) fn mismatch(expected: &dyn de::Expected, received: String) -> Box<Self> {
        let expected = clip(MAX_MESSAGE, expected);
        // serde's words for what are highway's data types.
        let expected = match expected.as_str() {
            "a boolean" => "bool",
            // Only collections have strings that cannot be borrowed: those with escapes, and those in parts.
            "a borrowed string" if received.starts_with("str ") => BORROWED_STR,
            "a borrowed byte array" if received.starts_with("bytes ") => BORROWED_BYTES,
            "a string" | "str" | "a borrowed string" => "str",
            "a byte array" | "a borrowed byte array" | "byte array" => "bytes",
            "a sequence" => "list",
            "a map" => "dict",
            "unit" => "none",
            _ => {
                return Box::new(Self::Mismatch {
                    expected,
                    received,
                    path: Path::default(),
                });
            }
        };
        Box::new(Self::Mismatch {
            expected: expected.into(),
            received,
            path: Path::default(),
        })
    }

    /// Whether nothing is wrong but that a string can't be borrowed.
    pub(super) fn is_of_borrowing(&self) -> bool {
        matches!(self, Self::Mismatch { expected, .. } if [BORROWED_STR, BORROWED_BYTES].contains(&expected.as_str()))
    }

    #[cold]
    pub(super) fn inside(mut self: Box<Self>, step: Step) -> Box<Self> {
        match &mut *self {
            Self::Malformed { .. } => {}
            Self::Mismatch { path, .. } | Self::Other { path, .. } => path.lead(step),
        }
        self
    }

    /// Says of a tuple that was taken for a list what it is.
    #[cold]
    pub(super) fn of_tuple(mut self: Box<Self>) -> Box<Self> {
        if let Self::Mismatch { received, path, .. } = &mut *self
            && path.steps.is_empty()
            && received == DataType::List.name()
        {
            *received = DataType::Tuple.to_string();
        }
        self
    }
}

/// A value in the words of the wire, the beginning of it only.
fn received(value: de::Unexpected<'_>) -> String {
    use de::Unexpected as Is;
    match value {
        Is::Bool(bool) => format!("bool {bool}"),
        Is::Unsigned(number) => format!("int {number}"),
        Is::Signed(number) => format!("int {number}"),
        Is::Float(float) => format!("float {float:?}"),
        Is::Char(char) => format!("str {:?}", char.to_string()),
        Is::Str(text) => {
            let (start, dots) = excerpt(text);
            format!("str {:?}", [start, dots].concat())
        }
        Is::Bytes(bytes) => format!("bytes ({} of them)", bytes.len()),
        Is::Unit | Is::Option => "none".into(),
        Is::NewtypeStruct => "newtype".into(),
        Is::Seq | Is::TupleVariant => "list".into(),
        Is::Map | Is::StructVariant => "dict".into(),
        Is::Enum | Is::UnitVariant | Is::NewtypeVariant => "enum".into(),
        Is::Other(other) => match other.strip_prefix("integer `") {
            // serde's words for an `i128` or `u128` that a visitor does not take.
            Some(number) => format!("int {}", number.split('`').next().unwrap_or_default()),
            None => clip(MAX_MESSAGE, other),
        },
    }
}

fn excerpt(text: &str) -> (&str, &'static str) {
    match text
        .char_indices()
        .find(|(at, char)| at + char.len_utf8() > MAX_EXCERPT)
    {
        Some((end, _)) => (text.get(..end).unwrap_or_default(), "…"),
        None => (text, ""),
    }
}

/// The text of something, and of a long one the beginning; never more than that is held.
fn clip(limit: usize, text: impl fmt::Display) -> String {
    struct Clipped {
        text: String,
        limit: usize,
    }

    impl Write for Clipped {
        fn write_str(&mut self, part: &str) -> fmt::Result {
            for char in part.chars() {
                if self.text.len() + char.len_utf8() > self.limit {
                    self.text.push('…');
                    return Err(fmt::Error);
                }
                self.text.push(char);
            }
            Ok(())
        }
    }

    let mut clipped = Clipped {
        text: String::new(),
        limit,
    };
    // An error says that the limit is reached.
    let _ = write!(clipped, "{text}");
    clipped.text
}

/// The way from a value to a part of it: `[2].key`. Written by errors as ` at [2].key`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Path {
    /// The innermost first.
    steps: Vec<Step>,
}

/// One step into a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// To an item of a list or tuple.
    Index(usize),
    /// To the value under a key of a dict. Of a long key only the beginning.
    Key(String),
}

impl Step {
    pub(super) fn key(key: &str) -> Self {
        let (start, dots) = excerpt(key);
        Self::Key([start, dots].concat())
    }
}

impl Path {
    /// The steps from the outside in; none for the value itself.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().rev()
    }

    fn lead(&mut self, step: Step) {
        self.steps.push(step);
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// Enough to find the place, and no line of hundreds of steps.
        const SHOWN: usize = 12;
        if self.steps.is_empty() {
            return Ok(());
        }
        f.write_str(" at ")?;
        for (place, step) in self.steps().take(SHOWN).enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) if is_plain(key) && place == 0 => f.write_str(key)?,
                Step::Key(key) if is_plain(key) => write!(f, ".{key}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        if self.steps.len() > SHOWN {
            f.write_char('…')?;
        }
        Ok(())
    }
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key
            .chars()
            .all(|char| char.is_alphanumeric() || matches!(char, '_' | '-'))
}
