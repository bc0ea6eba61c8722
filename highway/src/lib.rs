//! Route-based, data-type-preserving messages over WebSockets, checked by the compiler.

pub mod client;
pub mod connection;
mod error;
pub mod handshake;
mod limits;
pub mod payload;
#[doc(hidden)]
pub mod program;
pub mod route;
pub mod server;
pub mod session;
mod upgrade;
pub mod value;
pub mod wire;

#[doc(hidden)]
pub mod __private;

pub use bytes::Bytes;
pub use http::StatusCode;

pub use highway_macros::{client, on, protocol, route, server};

pub use client::Client;
pub use connection::Connection;
pub use error::{ConnectError, Error, Result};
pub use limits::Limits;
pub use route::{Failure, Handler, Refusal, unchecked};
pub use server::{ForwardedHeader, Origins, Request, Server};
pub use value::Value;
pub use wire::{Close, CloseCode};
