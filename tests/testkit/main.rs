//! `highway::test`: servers and clients in memory, peers that say what arrived, and networks that fail when they are told to.

mod network;
mod peer;
mod scripted;
mod server;
