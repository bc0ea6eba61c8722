//! What a connection's handles and its task share: a [`Link`], of which others see verbs only.
//!
//! All of it that changes is in one state behind one lock, in `state.rs`. The modules beside it have the verbs by topic: messages
//! that are offered, what is written, what was missed, how it ends, calls and streams, pipes.

mod answers;
pub(crate) mod calls;
mod closing;
pub(crate) mod counted;
mod dropped;
pub(crate) mod failures;
mod far;
mod handle;
mod inspected;
mod lock;
mod missed;
mod newest;
mod offer;
mod outbox;
pub(crate) mod outgoing;
mod outlet;
mod peer;
mod pipe;
mod rates;
mod relay;
mod round_trip;
pub(crate) mod sending;
mod state;
#[cfg(test)]
mod testing;

pub(crate) use far::Far;
pub(crate) use offer::Shared;
pub(crate) use outlet::Outlet;
pub use pipe::PipeEnd;
pub(crate) use rates::{Bucket, RateId};
pub(crate) use state::{Found, Link, Rest, Spawned};
