//! `highway::test`: servers and clients in memory, peers that say what arrived, and networks that fail when they are told to.

mod calls;
mod network;
mod peer;
mod replay;
mod scripted;
mod server;
