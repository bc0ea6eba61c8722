//! One connection without its I/O and without a clock: whole dialogues run in memory.

pub(crate) mod conversation;
pub mod handshake;
mod role;
pub mod session;

pub(crate) use role::Role;
