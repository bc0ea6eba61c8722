//! The server.

use std::{marker::PhantomData, net::SocketAddr};

use crate::{
    error::Result,
    route::{Handler, ServerSide},
};

/// Stub: the HTTP request before the upgrade.
#[derive(Debug)]
pub struct Request<H>(PhantomData<fn() -> H>);

/// Stub: what a builder has that was not given its state.
#[derive(Debug)]
pub struct NoState;

/// Stub: a server that is being put together.
#[derive(Debug)]
pub struct Server<H: Handler<Side = ServerSide>, S = <H as Handler>::State>(
    PhantomData<fn() -> (H, S)>,
);

impl<H: Handler<Side = ServerSide>> Server<H, NoState> {
    /// Generated code's way in: `Chat::server()`.
    #[doc(hidden)]
    pub fn new() -> Self {
        Self(PhantomData)
    }

    /// Stub.
    pub fn state(self, _state: H::State) -> Server<H> {
        Server(PhantomData)
    }
}

impl<H: Handler<Side = ServerSide>> Server<H> {
    /// Stub.
    #[expect(clippy::unused_async)]
    pub async fn bind(self, _address: &str) -> Result<BoundServer<H>> {
        Ok(BoundServer(PhantomData))
    }
}

/// Stub.
#[derive(Debug)]
pub struct BoundServer<H>(PhantomData<fn() -> H>);

impl<H: Handler> BoundServer<H> {
    /// Stub.
    pub fn local_addr(&self) -> SocketAddr {
        ([127, 0, 0, 1], 0).into()
    }

    /// Stub.
    #[expect(clippy::unused_async)]
    pub async fn run(self) -> Result {
        Ok(())
    }
}
