//! An extractor for axum, for routes that look at a request before its connection begins.

use std::fmt;

use ::axum::{
    extract::{FromRef, FromRequestParts},
    response::{IntoResponse, Response},
};
use http::{Version, request::Parts};

use super::{Service, http::Answer, mounted::Pending};
use crate::{
    handler::{Handler, Request},
    route::ServerSide,
};

/// A request for a WebSocket to a mounted server, as an argument of an axum handler.
///
/// The server is in the router's state: [`Service`] is it, or `FromRef` gets it from there. The extractor does all that the service
/// does before an upgrade: it checks the request, origins and limits, and asks the `on(connect)` hooks. What it refuses has its answer then, as
/// a [`Rejection`]. Extractors that stand before it run before that. Route it for any method: HTTP/2 asks for a WebSocket with CONNECT.
///
/// ```
/// use axum::{Router, extract::Query, response::Response, routing::any};
/// use highway::axum::Upgrade;
///
/// #[derive(serde::Deserialize)]
/// struct Login {
///     name: String,
/// }
///
/// #[highway::server]
/// struct Chat {
///     name: String,
/// }
///
/// #[highway::route("whoami")]
/// async fn whoami(chat: &mut Chat) -> highway::Result {
///     chat.send("name", &chat.name).await
/// }
///
/// async fn enter(Query(login): Query<Login>, upgrade: Upgrade<Chat>) -> Response {
///     upgrade.accept(move |chat: &mut Chat| chat.name = login.name)
/// }
///
/// # fn app() -> highway::Result<Router> {
/// let chat = Chat::server().service()?;
/// let app: Router = Router::new().route("/chat", any(enter)).with_state(chat);
/// # Ok(app)
/// # }
/// ```
#[must_use = "a request has to be accepted, or it is refused with what the handler returns in its place"]
pub struct Upgrade<H: Handler<Side = ServerSide>>(Pending<H>);

impl<H: Handler<Side = ServerSide>> Upgrade<H> {
    /// The request, where a subprotocol can be chosen and extensions for the connection's routes can be set.
    pub fn request_mut(&mut self) -> &mut Request<H> {
        &mut self.0.accepted.request
    }

    /// Answers the request, and begins the connection once the answer is sent. `fill` sets fields of its handler, before the
    /// `on(open)` hooks.
    pub fn accept(self, fill: impl FnOnce(&mut H) + Send + 'static) -> Response {
        self.0.accept(Some(Box::new(fill))).into_response()
    }
}

impl<H: Handler<Side = ServerSide>> fmt::Debug for Upgrade<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Upgrade")
            .field(&self.0.accepted.request)
            .finish()
    }
}

impl<H, S> FromRequestParts<S> for Upgrade<H>
where
    H: Handler<Side = ServerSide>,
    S: Send + Sync,
    Service<H>: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let Service { shared } = Service::from_ref(state);
        let version = parts.version;
        let entered = Pending::enter(shared, parts.clone()).await;
        entered
            .map(Self)
            .map_err(|answer| Rejection { answer, version })
    }
}

/// The answer to a request that becomes no connection.
#[derive(Debug)]
pub struct Rejection {
    answer: Answer,
    version: Version,
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.answer.into_response(self.version).into_response()
    }
}
