//! The HTTP request before the upgrade, as `on(connect)` hooks see it.

use std::{fmt, net::SocketAddr, sync::Arc};

use http::{Extensions, HeaderMap, Uri};

use crate::{route::Handler, shown::Shown};

/// The HTTP request of a client that wants to connect, in an `#[highway::on(connect)]` hook.
///
/// ```
/// use highway::{Refusal, Request, StatusCode};
///
/// #[highway::server]
/// struct Chat;
///
/// #[derive(Clone)]
/// struct User(String);
///
/// #[highway::on(connect)]
/// async fn authenticate(request: &mut Request<Chat>) -> Result<(), Refusal> {
///     let user = request.headers().get("x-user").and_then(|user| user.to_str().ok());
///     let user = user.ok_or(Refusal::new(StatusCode::UNAUTHORIZED, "who are you?"))?.to_owned();
///     request.extensions_mut().insert(User(user));
///     Ok(())
/// }
///
/// #[highway::route("whoami")]
/// async fn whoami(chat: &mut Chat) -> highway::Result {
///     let name = chat.extension::<User>().map(|user| user.0.clone());
///     chat.send("you are", name).await
/// }
/// ```
pub struct Request<H: Handler> {
    head: http::Request<()>,
    peer_addr: Option<SocketAddr>,
    state: Arc<H::State>,
}

impl<H: Handler> fmt::Debug for Request<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("uri", &format_args!("{}", Shown::new(self.uri())))
            .field("peer_addr", &self.peer_addr)
            .finish_non_exhaustive()
    }
}

impl<H: Handler> Request<H> {
    pub(crate) fn new(
        head: http::Request<()>,
        peer_addr: Option<SocketAddr>,
        state: Arc<H::State>,
    ) -> Self {
        Self {
            head,
            peer_addr,
            state,
        }
    }

    /// The path and the query.
    pub fn uri(&self) -> &Uri {
        self.head.uri()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.head.headers()
    }

    /// The client's address: what trusted proxies told of it where there are some (see
    /// [`trust_forwarded`](crate::Server::trust_forwarded)), with port 0 if they told none.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.peer_addr
    }

    /// What all connections share.
    pub fn state(&self) -> &H::State {
        &self.state
    }

    /// What the connection's routes find with [`Connection::extension`](crate::Connection::extension).
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        self.head.extensions_mut()
    }

    pub(crate) fn into_extensions(self) -> Extensions {
        self.head.into_parts().0.extensions
    }
}
