//! The client.

use std::marker::PhantomData;

use crate::{
    connection::Connection,
    error::Result,
    route::{ClientSide, Handler},
    server::NoState,
};

/// Stub: a client that is being put together.
#[derive(Debug)]
pub struct Client<H: Handler<Side = ClientSide>, S = <H as Handler>::State>(
    PhantomData<fn() -> (H, S)>,
);

impl<H: Handler<Side = ClientSide>> Client<H, NoState> {
    /// Generated code's way in: `Me::client()`.
    #[doc(hidden)]
    pub fn new() -> Self {
        Self(PhantomData)
    }

    /// Stub.
    pub fn state(self, _state: H::State) -> Client<H> {
        Client(PhantomData)
    }
}

impl<H: Handler<Side = ClientSide>> Client<H> {
    /// Stub.
    #[expect(clippy::unused_async)]
    pub async fn connect(self, _url: &str) -> Result<Connection<H>> {
        loop {}
    }
}
