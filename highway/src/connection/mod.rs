//! Connections.

use std::{marker::PhantomData, sync::Arc};

use crate::{
    error::Result,
    route::{Handler, RouteTo},
    wire::Close,
};

/// Stub.
pub struct Connection<H: Handler> {
    state: Arc<H::State>,
    handler: PhantomData<fn() -> H>,
}

impl<H: Handler> Clone for Connection<H> {
    fn clone(&self) -> Self {
        Self {
            state: Arc::clone(&self.state),
            handler: PhantomData,
        }
    }
}

impl<H: Handler> Connection<H> {
    /// Stub.
    #[expect(clippy::unused_async)]
    pub async fn send<R: RouteTo<H::Peer, D>, D>(&self, _route: R, _data: D) -> Result {
        Ok(())
    }

    /// Stub.
    #[expect(clippy::unused_async)]
    pub async fn close(&self) -> Result {
        Ok(())
    }

    /// Stub.
    #[expect(clippy::unused_async)]
    pub async fn closed(&self) -> Close {
        loop {}
    }

    /// Stub.
    pub fn id(&self) -> u64 {
        0
    }

    /// Stub.
    pub fn state(&self) -> &H::State {
        &self.state
    }
}
