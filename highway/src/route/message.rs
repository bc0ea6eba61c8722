//! A message as it arrived.

use std::{
    any::Any,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use super::BoxItems;
use crate::{
    payload::{self, DecodeError, EncodeError, Payload, SideBuffer},
    value::Value,
    wire::{DataType, Dialect, Header, Traceparent, traceparent_before},
};

/// How a message is read as a `T`: whoever makes an [`Incoming`](super::Incoming) or a call knows, so that what it gives needs
/// no bounds, and one mistake is one error.
pub(crate) type Take<T> = fn(&Message) -> Result<T, Box<DecodeError>>;

/// What the sender of a message waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// Nothing.
    Nothing,
    /// A reply.
    Reply,
    /// Items.
    Items,
}

/// One message: the header's type code and the payload, still as the bytes that came.
///
/// Routes do not see it; the generated code reads a route's data from it.
#[derive(Clone)]
pub struct Message {
    dialect: Dialect,
    data_type: DataType,
    asks: Asks,
    /// Where in the frame the payload begins; small numbers in few bits, as they have room beside each other.
    start: u8,
    /// The length of the traceparent that ends there; 0 where there is none.
    traceparent_len: u8,
    nesting: u16,
    frame: Bytes,
    /// The frame of a short message, in memory of its own.
    small: Vec<u8>,
    /// What of the payload's strings a type borrows and does not stand in it as it is.
    side: SideBuffer,
    /// The data, when it comes as items, until it is taken.
    items: Option<Arc<Mutex<Option<BoxItems>>>>,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("dialect", &self.dialect)
            .field("data_type", &self.data_type)
            .field("asks", &self.asks)
            .field("payload", &self.payload())
            .finish_non_exhaustive()
    }
}

impl Message {
    /// A message whose `frame` is the header and the payload, in which collections may be nested as deep as the limit says.
    #[inline]
    pub(crate) fn new(dialect: Dialect, data_type: DataType, frame: Bytes, nesting: usize) -> Self {
        let nesting = nesting.min(payload::MAX_NESTING);
        Self {
            dialect,
            data_type,
            nesting: u16::try_from(nesting).unwrap_or(u16::MAX),
            asks: Asks::Nothing,
            start: u8::try_from(Header::LEN).unwrap_or(u8::MAX),
            traceparent_len: 0,
            frame,
            small: Vec::new(),
            side: SideBuffer::new(),
            items: None,
        }
    }

    /// What stands for a message where a hook takes its reply.
    pub fn of_hook() -> Self {
        Self::new(Dialect::V02, DataType::None, Bytes::new(), 0)
    }

    /// The place for a short message, header and payload, in one that was [cleared](Self::clear).
    #[inline]
    pub(crate) fn small(&mut self) -> &mut Vec<u8> {
        &mut self.small
    }

    /// Makes it one that waits for nothing, of the short message that was put into it.
    #[inline]
    pub(crate) fn begin_small(&mut self, dialect: Dialect, data_type: DataType, nesting: usize) {
        *self = Self {
            small: std::mem::take(&mut self.small),
            ..Self::new(dialect, data_type, Bytes::new(), nesting)
        };
    }

    /// Makes it a call, whose data begins behind a few fields, of which the last may be a traceparent.
    #[inline]
    pub(crate) fn become_call(&mut self, start: usize, traceparent_len: u8) {
        self.start = u8::try_from(start).unwrap_or(u8::MAX);
        self.traceparent_len = traceparent_len;
        self.asks = Asks::Reply;
    }

    /// Gives up the frame, and what was made of it.
    #[inline]
    pub(crate) fn clear(&mut self) {
        self.small.clear();
        if !self.frame.is_empty() {
            self.frame = Bytes::new();
        }
        self.side.clear();
        self.items = None;
    }

    /// The same with a payload that begins behind a few fields.
    pub(crate) fn behind(mut self, start: usize) -> Self {
        self.start = u8::try_from(start).unwrap_or(u8::MAX);
        self
    }

    /// The same with a traceparent of a length, the last of these fields.
    pub(crate) fn traced(mut self, traceparent_len: u8) -> Self {
        self.traceparent_len = traceparent_len;
        self
    }

    /// The traceparent of a call or stream, if it came with one that is well-formed.
    #[inline]
    pub(crate) fn traceparent(&self) -> Option<Traceparent> {
        traceparent_before(self.frame(), self.start.into(), self.traceparent_len)
    }

    /// The same from somebody who waits.
    pub(crate) fn asking(mut self, asks: Asks) -> Self {
        self.asks = asks;
        self
    }

    /// The same with items as its data.
    pub(crate) fn with_items(mut self, items: BoxItems) -> Self {
        self.items = Some(Arc::new(Mutex::new(Some(items))));
        self
    }

    /// What its sender waits for.
    pub(crate) fn asks(&self) -> Asks {
        self.asks
    }

    /// Whether its data comes as items.
    pub(crate) fn has_items(&self) -> bool {
        self.items.is_some()
    }

    /// Its data, if that comes as items and is not taken.
    pub(crate) fn take_items(&self) -> Option<BoxItems> {
        let mut items = self
            .items
            .as_ref()?
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        items.take()
    }

    pub(crate) fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn data_type(&self) -> DataType {
        self.data_type
    }

    fn frame(&self) -> &[u8] {
        if self.small.is_empty() {
            &self.frame
        } else {
            &self.small
        }
    }

    /// The payload's bytes.
    pub fn payload(&self) -> &[u8] {
        self.frame().get(self.start.into()..).unwrap_or_default()
    }

    /// The payload as a shared slice of the frame: a short one is copied, any other is not.
    pub fn payload_bytes(&self) -> Bytes {
        if !self.small.is_empty() {
            return Bytes::copy_from_slice(self.payload());
        }
        self.frame
            .slice(usize::from(self.start).min(self.frame.len())..)
    }

    /// Reads the payload as a `T`, straight from the received bytes.
    ///
    /// # Errors
    /// When the payload is not a value of its type, or the value does not fit a `T`.
    pub fn decode<'de, T: serde::Deserialize<'de>>(&'de self) -> Result<T, Box<DecodeError>> {
        Payload::new(self.dialect, self.data_type, self.payload())
            .nesting(self.nesting.into())
            .borrowing(&self.side)
            .decode()
    }

    /// Reads the payload as bytes, which only short ones are copied for.
    ///
    /// # Errors
    /// When the payload is not of type bytes.
    pub fn decode_bytes(&self) -> Result<Bytes, Box<DecodeError>> {
        match self.data_type {
            DataType::Bytes => Ok(self.payload_bytes()),
            _ => self.decode(),
        }
    }

    /// Reads the payload as whatever it is.
    ///
    /// # Errors
    /// When the payload is not a value of its type.
    pub fn decode_value(&self) -> Result<Value, Box<DecodeError>> {
        match self.data_type {
            DataType::Bytes => Ok(Value::Bytes(self.payload_bytes())),
            _ => self.decode(),
        }
    }

    /// Replaces the data by what any dialect's would be read as.
    pub(crate) fn set<T: Serialize + ?Sized>(&mut self, data: &T) -> Result<(), EncodeError> {
        let dialect = Dialect::Extended;
        let mut payload = Vec::new();
        let code = payload::encode(dialect, data, &mut payload)?;
        *self = Self {
            asks: self.asks,
            start: 0,
            ..Self::new(
                dialect,
                dialect.data_type(code).unwrap_or(DataType::None),
                payload.into(),
                payload::MAX_NESTING,
            )
        };
        Ok(())
    }

    /// Takes all of it out.
    pub(crate) fn take_all(&mut self) -> Self {
        std::mem::replace(self, Self::of_hook())
    }

    /// The same once more, over the same memory.
    pub(crate) fn share(&mut self) -> Self {
        if !self.small.is_empty() {
            self.frame = std::mem::take(&mut self.small).into();
        }
        self.clone()
    }

    /// Reads the payload as a `T` that outlives it; [`Bytes`] and [`Value`]s share its memory.
    pub(crate) fn take<T: DeserializeOwned + 'static>(&self) -> Result<T, Box<DecodeError>> {
        let mut taken: Option<T> = None;
        let slot: &mut dyn Any = &mut taken;
        if let Some(bytes) = slot.downcast_mut::<Option<Bytes>>() {
            *bytes = Some(self.decode_bytes()?);
        } else if let Some(value) = slot.downcast_mut::<Option<Value>>() {
            *value = Some(self.decode_value()?);
        }
        taken.map_or_else(|| self.decode(), Ok)
    }
}
