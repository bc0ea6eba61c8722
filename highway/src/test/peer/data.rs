//! Messages as a test compares and shows them.

use bytes::Bytes;

use crate::{
    payload::MAX_NESTING,
    route::Message,
    wire::{DataType, Dialect, Header},
};

/// The longest data that is shown in full.
const SHOWN: usize = 1000;

/// A message as it would have been received.
pub(super) fn received(dialect: Dialect, frame: Bytes) -> Message {
    let data_type = Header::split(&frame).and_then(|(header, _)| dialect.data_type(header.code));
    Message::new(
        dialect,
        data_type.unwrap_or(DataType::None),
        frame,
        MAX_NESTING,
    )
}

/// Whether two messages have the same data. NaN is the same as itself here.
pub(super) fn is_same(one: &Message, other: &Message) -> bool {
    one.data_type() == other.data_type()
        && (one.payload() == other.payload()
            || matches!(
                (one.decode_value(), other.decode_value()),
                (Ok(one), Ok(other)) if one == other
            ))
}

/// A message's data as it is told.
pub(super) fn shown(message: &Message) -> String {
    let text = match message.decode_value() {
        Ok(value) => format!("{value:?}"),
        Err(error) => format!("what can't be read ({error})"),
    };
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!(
            "{}… ({} bytes)",
            text.get(..end).unwrap_or_default(),
            message.payload().len()
        ),
        None => text,
    }
}
