//! Connections: the handle that routes and programs use, and its status.

mod handle;
mod lasting;
mod reach;
mod status;

#[doc(inline)]
pub use crate::{
    hub::{Address, LagPolicy, Named, Receivers, Replies, Room, Target},
    link::{
        calls::{CallFuture, StreamFuture},
        sending::SendFuture,
    },
    wire::ConnectionId,
};

pub use handle::Connection;
pub(crate) use handle::{Abandoned, Subprotocol, WeakConnection};
pub(crate) use lasting::{Keep, Lasting};
pub use status::{Reason, ReconnectAttempt, Status, StatusChanges};
