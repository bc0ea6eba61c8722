//! A server's connections together: who is there, in which rooms and under which names, and what is sent to several of them.

mod groups;
mod lagging;
mod members;
mod receivers;
mod replies;
mod target;

pub use lagging::LagPolicy;
pub(crate) use members::Members;
pub use receivers::Receivers;
pub use replies::Replies;
pub use target::{Address, Named, Room, Target};
