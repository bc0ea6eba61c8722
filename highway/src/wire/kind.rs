//! The kinds of messages that the extension adds, and how they are laid out.

use std::fmt;

use super::{Close, DataType, Dialect, Header, RouteId, Traceparent};

/// What a message is, between two peers with the extension: the second byte of its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A message to a route, which is all that peers without the extension know.
    Message,
    /// Asks for a reply.
    Call,
    /// The answer to a call.
    Reply,
    /// A call, a stream or the items of one end with an error.
    Failure,
    /// The sender wants nothing more.
    Cancel,
    /// Asks for items.
    Stream,
    /// One of many.
    Item,
    /// There are no more items.
    End,
    /// The receiver may send as many bytes more.
    Credit,
    /// Asks for a pipe to another client.
    Pipe,
    /// The other client takes it.
    Piped,
    /// A part of a message in a pipe.
    Piece,
    /// The last part of one.
    LastPiece,
    /// The end of a pipe.
    HangUp,
    /// The types of the sender's routes.
    Contract,
    /// The number of broadcasts that the receiver missed.
    Missed,
}

/// The length of the id of a conversation, and of a credit.
pub const FIELD: usize = 4;

/// The most bytes of a message in one piece.
pub const PIECE: usize = 64 * 1024;

/// The most credit that may be granted at a time.
pub const MAX_CREDIT: u32 = i32::MAX as u32;

/// The type code of data that comes as a stream.
pub const STREAM_CODE: u8 = 9;

/// The bit that the type code of a call or stream has where a traceparent stands in front of its value.
pub const TRACED: u8 = 0x80;

/// The type code where there is no value.
pub const NO_VALUE_CODE: u8 = 8;

impl Kind {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 16] = [
        Self::Message,
        Self::Call,
        Self::Reply,
        Self::Failure,
        Self::Cancel,
        Self::Stream,
        Self::Item,
        Self::End,
        Self::Credit,
        Self::Pipe,
        Self::Piped,
        Self::Piece,
        Self::LastPiece,
        Self::HangUp,
        Self::Contract,
        Self::Missed,
    ];

    /// The code in a header.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The kind with a code.
    ///
    /// ```
    /// use highway::wire::Kind;
    ///
    /// assert!(Kind::ALL.into_iter().all(|kind| Kind::from_code(kind.code()) == Some(kind)));
    /// assert_eq!(Kind::from_code(16), None);
    /// ```
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// The name, as recordings and tools show it: `call`, `last piece`.
    ///
    /// ```
    /// use highway::wire::Kind;
    ///
    /// assert!(Kind::ALL.into_iter().all(|kind| Kind::from_name(kind.name()) == Some(kind)));
    /// ```
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Call => "call",
            Self::Reply => "reply",
            Self::Failure => "failure",
            Self::Cancel => "cancel",
            Self::Stream => "stream",
            Self::Item => "item",
            Self::End => "end",
            Self::Credit => "credit",
            Self::Pipe => "pipe",
            Self::Piped => "piped",
            Self::Piece => "piece",
            Self::LastPiece => "last piece",
            Self::HangUp => "hang up",
            Self::Contract => "contract",
            Self::Missed => "missed",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it begins a conversation with a route.
    pub fn opens_route(self) -> bool {
        matches!(self, Self::Call | Self::Stream)
    }

    /// Whether a credit stands behind the id.
    fn has_credit(self) -> bool {
        matches!(self, Self::Stream | Self::Credit | Self::Pipe | Self::Piped)
    }

    /// Writes what stands in front of the value of a message about a conversation, as [`Part::parse`] reads it: the id, and the
    /// credit where there is one.
    pub(crate) fn put_fields(self, payload: &mut Vec<u8>, id: u32, credit: u32) {
        payload.extend_from_slice(&id.to_le_bytes());
        if self.has_credit() {
            payload.extend_from_slice(&credit.to_le_bytes());
        }
    }

    /// Whether the type code says what value it has.
    fn has_value(self) -> bool {
        matches!(
            self,
            Self::Message | Self::Call | Self::Reply | Self::Stream | Self::Item | Self::Pipe
        )
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A message of the extension, taken apart as far as that goes without its value.
///
/// ```
/// use highway::wire::{DataType, Header, Kind, Part, RouteId};
///
/// let (header, payload) = Header::split(b"\x00\x01\x02\0\x03\0\0\0lobby").unwrap();
/// let part = Part::parse(header, payload).unwrap();
/// assert_eq!((part.kind, part.id, part.route), (Kind::Call, 3, RouteId::from(2)));
/// assert_eq!(part.data_type, Some(DataType::Str));
/// assert_eq!(part.start, 8);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub kind: Kind,
    /// The conversation that it belongs to.
    pub id: u32,
    /// The route, where it begins a conversation with one.
    pub route: RouteId,
    /// The type of the value; `None` when there is none, or when it comes as a stream.
    pub data_type: Option<DataType>,
    /// The credit; 0 where none is told.
    pub credit: u32,
    /// The length of the traceparent that ends where the value begins; 0 where there is none.
    pub traceparent_len: u8,
    /// Where in the message the value begins.
    pub start: usize,
}

impl Part {
    /// Takes a message apart that is not a plain one.
    ///
    /// # Errors
    /// The connection has to be closed as the error says.
    pub fn parse(header: Header, payload: &[u8]) -> Result<Self, Close> {
        let kind = Kind::from_code(header.kind)
            .filter(|kind| *kind != Kind::Message)
            .ok_or(Close::MALFORMED_HEADER)?;
        let dialect = Dialect::V02;
        let is_traced = kind.opens_route() && header.code & TRACED != 0;
        let code = if is_traced {
            header.code & !TRACED
        } else {
            header.code
        };
        let data_type = if kind.has_value() {
            let streams = kind.opens_route() && code == STREAM_CODE;
            match dialect.data_type(code) {
                None if streams => None,
                None => return Err(Close::MALFORMED_HEADER),
                known => known,
            }
        } else {
            let expected = match kind {
                Kind::Failure | Kind::Contract => dialect.code(DataType::Dict),
                Kind::Piece | Kind::LastPiece => dialect.code(DataType::Bytes),
                _ => Some(NO_VALUE_CODE),
            };
            if Some(code) != expected {
                return Err(Close::MALFORMED_HEADER);
            }
            dialect.data_type(code)
        };
        let mut rest = payload;
        let mut field = || {
            let (field, behind) = rest
                .split_first_chunk::<FIELD>()
                .ok_or(Close::MALFORMED_HEADER)?;
            rest = behind;
            Ok(u32::from_le_bytes(*field))
        };
        let id = match kind {
            Kind::Contract | Kind::Missed => 0,
            _ => field()?,
        };
        let credit = if kind.has_credit() { field()? } else { 0 };
        let traceparent_len = if is_traced {
            let (&len, behind) = rest.split_first().ok_or(Close::MALFORMED_HEADER)?;
            let is_allowed = (1..=Traceparent::MAX).contains(&len);
            let behind = behind.get(len.into()..).filter(|_| is_allowed);
            rest = behind.ok_or(Close::MALFORMED_HEADER)?;
            len
        } else {
            0
        };
        let fixed = match kind {
            Kind::HangUp => 2,
            Kind::Missed => 8,
            _ => 0,
        };
        if rest.len() < fixed {
            return Err(Close::MALFORMED_HEADER);
        }
        Ok(Self {
            kind,
            id,
            route: header.route,
            data_type,
            credit,
            traceparent_len,
            start: Header::LEN + payload.len() - rest.len(),
        })
    }

    /// The traceparent in the message, if it has one that is well-formed.
    pub fn traceparent(&self, message: &[u8]) -> Option<Traceparent> {
        traceparent_before(message, self.start, self.traceparent_len)
    }
}

/// The traceparent of a length that ends where the value of a message begins.
pub(crate) fn traceparent_before(message: &[u8], start: usize, len: u8) -> Option<Traceparent> {
    if len == 0 {
        return None;
    }
    let begin = start.checked_sub(len.into())?;
    Traceparent::parse(message.get(begin..start)?)
}
