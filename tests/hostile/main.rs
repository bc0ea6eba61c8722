//! Hostile peers: what a server or a client does for each of their faults, what it costs, and that everybody else goes on.
//!
//! Each attack is let loose on a process of its own over raw sockets. After it a fresh connection has to echo at once, one
//! from before has to go on, and the process must neither have grown beyond a bound nor keep anything of it.

mod client;
mod closing;
mod endless;
mod ends;
mod floods;
mod frames;
mod http;
mod messages;
mod mounted;
mod peer;
mod pieces;
mod pipes;
mod process;
mod suspended;
mod tables;
