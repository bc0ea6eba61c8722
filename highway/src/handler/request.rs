//! The HTTP request before the upgrade, as `on(connect)` hooks see it.

use std::{fmt, net::SocketAddr, sync::Arc};

use http::{Extensions, HeaderMap, StatusCode, Uri, header};

use super::Refusal;
use crate::{connection::Subprotocol, route::Endpoint, shown::Shown, upgrade};

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
pub struct Request<H: Endpoint> {
    head: http::Request<()>,
    subprotocol: Option<String>,
    peer_addr: Option<SocketAddr>,
    state: Arc<H::State>,
}

impl<H: Endpoint> fmt::Debug for Request<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("uri", &format_args!("{}", Shown::new(self.uri())))
            .field("peer_addr", &self.peer_addr)
            .finish_non_exhaustive()
    }
}

impl<H: Endpoint> Request<H> {
    pub(crate) fn new(
        head: http::Request<()>,
        peer_addr: Option<SocketAddr>,
        state: Arc<H::State>,
    ) -> Self {
        Self {
            head,
            subprotocol: None,
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

    /// The subprotocols that the client offers, in its order. A browser can send no headers, but these:
    /// `new WebSocket(url, ["chat", "token.abc"])`.
    pub fn subprotocols(&self) -> impl Iterator<Item = &str> {
        upgrade::elements(self.head.headers(), header::SEC_WEBSOCKET_PROTOCOL)
    }

    /// Chooses one of the subprotocols that the client offers. The answer has it, and both sides get it from
    /// [`Connection::subprotocol`](crate::Connection::subprotocol). Without this call none is chosen, and a browser that offers some then ends
    /// the connection.
    ///
    /// ```
    /// use highway::{Refusal, Request, StatusCode};
    ///
    /// #[highway::server]
    /// struct Chat;
    ///
    /// #[highway::on(connect)]
    /// async fn sign_in(request: &mut Request<Chat>) -> Result<(), Refusal> {
    ///     let token = request.subprotocols().find_map(|name| name.strip_prefix("token."));
    ///     if token != Some("abc") {
    ///         return Err(Refusal::new(StatusCode::UNAUTHORIZED, "sign in first"));
    ///     }
    ///     request.choose_subprotocol("chat")
    /// }
    /// ```
    ///
    /// # Errors
    /// A refusal with status 400 when the client does not offer it; nothing is chosen then.
    pub fn choose_subprotocol(&mut self, name: &str) -> Result<(), Refusal> {
        if !self.subprotocols().any(|offered| offered == name) {
            let text = format!("the subprotocol `{}` has to be offered", Shown::new(name));
            return Err(Refusal::new(StatusCode::BAD_REQUEST, text));
        }
        self.subprotocol = Some(name.to_owned());
        Ok(())
    }

    pub(crate) fn subprotocol(&self) -> Option<&str> {
        self.subprotocol.as_deref()
    }

    /// The client's address: the one that trusted proxies report, if there are any (see
    /// [`trust_forwarded`](crate::Server::trust_forwarded)), with port 0 if they report none.
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
        let mut extensions = self.head.into_parts().0.extensions;
        if let Some(name) = self.subprotocol {
            extensions.insert(Subprotocol(name));
        }
        extensions
    }
}
