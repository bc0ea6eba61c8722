//! A message's data as it came, to be passed on.

use serde::{Deserialize, Serialize, Serializer};

use super::Message;
use crate::{
    payload::{DecodeError, RAW_TOKEN, raw_variant},
    wire::{DataType, Dialect},
};

/// A message's data as it came: a route that takes it passes it on, to a route of the same or another name, without taking it
/// apart.
///
/// Sent to a peer of the dialect that it came in, it goes byte for byte; to one of the other dialect it is written anew, which
/// fails where that can't carry the data ([`SendError::Encode`](crate::SendError::Encode)). A peer that sends an invalid value is
/// closed with 1003 as usual: what is forwarded was validated before.
///
/// A declared route takes its own data only; [`unchecked`](crate::unchecked) sends this to one.
///
/// ```
/// use highway::{Raw, route};
///
/// #[highway::server]
/// struct Relay;
///
/// #[route("draw")]
/// async fn draw(data: Raw, relay: &mut Relay) -> highway::Result {
///     relay.others().send("draw", data).await
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Raw(Message);

impl Raw {
    pub(crate) fn new(message: &Message) -> Result<Self, Box<DecodeError>> {
        match message.data_type() {
            DataType::Str => drop(message.decode::<&str>()?),
            _ => drop(message.decode_value()?),
        }
        Ok(Self(message.clone()))
    }

    /// The type of the data. A dict that came in dialect 0.1 counts as [`DataType::List`], as the two have one code there.
    pub fn data_type(&self) -> DataType {
        self.0.data_type()
    }

    /// The dialect that it came in.
    pub fn dialect(&self) -> Dialect {
        self.0.dialect()
    }

    /// The data in the form that it has in its [dialect](Self::dialect).
    pub fn payload(&self) -> &[u8] {
        self.0.payload()
    }

    /// Reads the data, as a route that takes a `T` would.
    ///
    /// # Errors
    /// When it does not fit a `T`.
    pub fn decode<'de, T: Deserialize<'de>>(&'de self) -> Result<T, DecodeError> {
        self.0.decode().map_err(|error| *error)
    }
}

/// Payloads are written as they are; other formats see an enum with bytes in it.
impl Serialize for Raw {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (dialect, data_type) = (self.dialect(), self.data_type());
        let payload = serde_bytes::Bytes::new(self.payload());
        serializer.serialize_newtype_variant(
            RAW_TOKEN,
            raw_variant(dialect, data_type),
            "raw",
            payload,
        )
    }
}
