//! Where items come from.

use std::task::{Context, Poll};

use super::Message;
use crate::{error::Error, payload::DecodeError};

/// Where items come from.
pub(crate) trait Items: Send {
    /// The next one; `None` at the end, and always from then on.
    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Message, Error>>>;

    /// The error for an item that is none.
    fn not_converted(&self, error: Box<DecodeError>) -> Error;
}

/// Items, wherever they come from.
pub(crate) type BoxItems = Box<dyn Items>;
