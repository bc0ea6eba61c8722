//! Highway end to end: servers, clients, and peers that keep no rules, over sockets on this machine.

mod calls;
mod client;
mod close_codes;
mod contract;
mod ends;
mod faults;
mod flow;
mod flush;
mod hooks;
mod messages;
mod missed;
mod nesting;
mod newest;
mod pipes;
mod programs;
mod protocols;
mod raw;
mod reconnect;
mod rooms;
mod server;
mod streams;
mod support;
mod targets;
mod untrusted;
