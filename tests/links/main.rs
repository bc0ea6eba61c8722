//! Faulty links: whatever lies between two sides, each message arrives exactly once and in order, or the connection reports its
//! end to both.
//!
//! The links are relays between streams in memory, where time passes only when nothing else is left to do, and between real
//! sockets where the fault is one of sockets.

mod cut;
mod dialogue;
mod duplicate;
mod relay;
mod silent;
mod slow;
mod sockets;
