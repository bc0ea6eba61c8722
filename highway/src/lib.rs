//! Messages between programs over WebSockets: routes with names and types, checked by the compiler on both sides, with the
//! data types kept on the way. The peers are Rust programs, Python programs with highway.py, and browsers.
//!
//! This page is a guide. What it leaves out stands with the items that it names; first of all [`route`](macro@route),
//! [`server`](macro@server), [`client`](macro@client), [`on`](macro@on), [`around`](macro@around) and [`protocol`](macro@protocol).
#![doc = include_str!("docs/first.md")]
#![doc = include_str!("docs/routes.md")]
#![doc = include_str!("docs/protocols.md")]
#![doc = include_str!("docs/description.md")]
#![doc = include_str!("docs/generate.md")]
#![doc = include_str!("docs/asyncapi.md")]
#![doc = include_str!("docs/calls.md")]
#![doc = include_str!("docs/targets.md")]
#![doc = include_str!("docs/pipes.md")]
#![doc = include_str!("docs/around.md")]
#![doc = include_str!("docs/reconnect.md")]
#![doc = include_str!("docs/signin.md")]
#![doc = include_str!("docs/data.md")]
#![doc = include_str!("docs/errors.md")]
#![doc = include_str!("docs/limits.md")]
#![doc = include_str!("docs/production.md")]
#![doc = include_str!("docs/mounting.md")]
#![doc = include_str!("docs/proxies.md")]
#![doc = include_str!("docs/seeing.md")]
#![doc = include_str!("docs/inspector.md")]
#![doc = include_str!("docs/command.md")]
#![doc = include_str!("docs/browsers.md")]
#![doc = include_str!("docs/python.md")]
#![doc = include_str!("docs/peers.md")]
#![doc = include_str!("docs/coming.md")]
#![doc = include_str!("docs/testing.md")]
#![doc = include_str!("docs/glossary.md")]
//! # Features
//!
//! Each only adds to the others.
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `net`, on by default | connections, servers and clients, with tokio and sockets; the features below bring it along |
//! | `main`, on by default | the `main` that `#[highway::server(main)]` and `#[highway::client(main)]` generate, with clap and tracing-subscriber |
//! | `inspector`, by `main` | [`Server::inspector`]: [a page](#the-inspector) that shows what a server does |
//! | `cli` | [the command `highway`](#the-command-line), for `cargo install` |
//! | `tls` | `wss://` for clients and servers, through rustls |
//! | `tower` | [`Server::service`]: a server inside another that is built on hyper |
//! | `http2` | the same over HTTP/2 |
//! | `axum` | `tower`, and [`highway::axum`](axum): an extractor for axum's handlers |
//! | `test` | `highway::test`: tests of handlers without ports; for `[dev-dependencies]` |
//! | `opentelemetry` | [metrics](#metrics) through OpenTelemetry's API, by [`ServerHandle::export_to_opentelemetry`](server::ServerHandle) |
//! | `tls-native-roots` | `ClientTls::from_native_roots`: clients trust what the system trusts |
//!
//! Without `net` nothing knows tokio, sockets or WebSockets, and there are values, [payloads](payload), [`protocol`](macro@protocol)s with
//! their [contracts](contract), and the [sessions](session) of both sides: for a crate that declares what a server and its clients say
//! to each other, and for programs that bring their own transport.
//!
//! This documentation has all of them when it is built with `cargo doc --all-features`. What was measured has a page of
//! its own: [`speed`].
#![doc = include_str!("docs/wire.md")]
#![doc = include_str!("docs/cbor.md")]
#![doc = include_str!("docs/check.md")]
#![doc = include_str!("docs/inside.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
// What only connections use is there without them as well.
#![cfg_attr(not(feature = "net"), allow(dead_code, unused_imports))]

// What generated code names, also in the crate itself.
#[cfg(feature = "inspector")]
extern crate self as highway;

#[cfg(feature = "net")]
pub mod around;
#[cfg(feature = "net")]
pub mod client;
#[cfg(feature = "net")]
pub mod connection;
pub mod contract;
#[cfg(feature = "net")]
mod deadline;
pub mod description;
#[cfg(feature = "net")]
mod driver;
mod error;
pub mod generate;
#[cfg(feature = "net")]
pub mod guard;
#[cfg(feature = "net")]
pub mod handler;
#[cfg(feature = "net")]
mod hub;
#[cfg(feature = "inspector")]
pub mod inspector;
mod limits;
#[cfg(feature = "net")]
mod link;
#[cfg_attr(not(feature = "net"), doc(hidden))]
pub mod metrics;
mod panics;
pub mod payload;
#[cfg(feature = "net")]
#[doc(hidden)]
pub mod program;
mod proto;
pub mod record;
pub mod route;
#[cfg(feature = "net")]
mod runtime;
mod schema;
#[cfg(feature = "net")]
pub mod server;
mod shown;
#[cfg(feature = "net")]
mod tap;
#[cfg(feature = "test")]
pub mod test;
#[cfg(feature = "tls")]
mod tls;
#[cfg(feature = "net")]
pub mod trace;
#[cfg(feature = "net")]
mod transport;
#[cfg(feature = "net")]
mod upgrade;
pub mod value;
pub mod wire;

#[cfg(doc)]
#[doc = include_str!("docs/speed.md")]
pub mod speed {}

#[doc(hidden)]
pub mod __private;
#[cfg(feature = "__testing")]
#[doc(hidden)]
pub mod __testing;

pub use proto::{handshake, session};

pub use bytes::Bytes;
pub use futures_util::Stream;
pub use http::StatusCode;

pub use highway_macros::protocol;
#[cfg(feature = "net")]
pub use highway_macros::{around, client, on, route, server};

#[cfg(feature = "axum")]
pub use server::axum;

#[cfg(feature = "net")]
#[doc(inline)]
pub use around::{Around, Message, Next, Outcome};
#[cfg(feature = "net")]
#[doc(inline)]
pub use client::Client;
#[cfg(feature = "net")]
#[doc(inline)]
pub use connection::Connection;
#[doc(inline)]
pub use error::{
    CallError, ConnectError, Error, Failure, PipeError, Result, SendError, TargetError,
};
#[cfg(feature = "net")]
#[doc(inline)]
pub use handler::{Handler, Refusal, Request};
#[cfg(feature = "inspector")]
#[doc(inline)]
pub use inspector::Inspector;
#[doc(inline)]
pub use limits::{LimitError, Limits, ServerLimits};
#[doc(inline)]
pub use route::{FailedRoute, Incoming, OnFailure, Outgoing, Raw, unchecked};
#[cfg(feature = "net")]
#[doc(inline)]
pub use server::{ForwardedHeader, Origins, Server};
#[doc(inline)]
pub use value::Value;
#[doc(inline)]
pub use wire::{Close, CloseCode};
