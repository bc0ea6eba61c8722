//! A peer without a handler, which reports what arrived.

mod builder;
mod called;
mod calls;
mod connect;
mod data;
mod handle;
pub(in crate::test) mod socket;
mod task;

pub use builder::PeerBuilder;
pub(super) use builder::Setup;
pub use called::Called;
pub use handle::{Awaited, Peer};
