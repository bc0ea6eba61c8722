//! A message on its way into the outbox.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use crate::{
    deadline::Patience,
    error::{Error, Result, SendError},
    payload::EncodeError,
    route::RouteTo,
    runtime,
    wire::Dialect,
};

/// What [`Connection::send`](crate::Connection::send) returns: to be awaited, as the outbox may be full.
///
/// It is a type of its own rather than that of an `async fn`, which would carry the bounds of route and data along, so
/// that the compiler reported a route that isn't declared at every place that the future goes through.
#[must_use = "the outbox may be full: `.await` it"]
pub struct SendFuture<'a>(Sending<'a>);

enum Sending<'a> {
    /// The message is in the outbox.
    Sent,
    /// It is not, and will not be, or the future is done; the error until it is taken.
    Failed(Option<Box<Error>>),
    /// The outbox is full, or the message is kept until there is a connection.
    Waiting(Box<Waiting<'a>>),
}

/// A message that waits; hardly any does.
struct Waiting<'a> {
    route: String,
    push: Pin<Box<dyn Future<Output = Result> + Send + 'a>>,
    patience: Patience,
}

impl Waiting<'_> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result> {
        if let Poll::Ready(pushed) = self.push.as_mut().poll(cx) {
            return Poll::Ready(pushed);
        }
        if self.patience.is_endless() {
            return Poll::Pending;
        }
        if !self.patience.has_begun() {
            runtime::entered()?;
        }
        let after = ready!(self.patience.poll_over(cx));
        let route = std::mem::take(&mut self.route);
        Poll::Ready(Err(Error::not_sent(route, SendError::TimedOut { after })))
    }
}

impl<'a> SendFuture<'a> {
    pub(crate) fn sent() -> Self {
        Self(Sending::Sent)
    }

    pub(crate) fn failed(error: Box<Error>) -> Self {
        Self(Sending::Failed(Some(error)))
    }

    pub(crate) fn waiting(route: &str, push: impl Future<Output = Result> + Send + 'a) -> Self {
        Self(Sending::Waiting(Box::new(Waiting {
            route: route.to_owned(),
            push: Box::pin(push),
            patience: Patience::new(Duration::MAX),
        })))
    }

    /// The longest time that the message may wait, for room in the outbox or for a connection; without a limit otherwise. It begins
    /// when this is first awaited. When it is up the error is [`SendError::TimedOut`], and the message is not
    /// sent; of a message to several connections, those that still had no room miss it.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # #[highway::client]
    /// # struct Me;
    /// # async fn example(me: &highway::Connection<Me>) -> highway::Result {
    /// let sent = me.send("position", (1, 2)).timeout(Duration::from_millis(100)).await;
    /// if sent.as_ref().is_err_and(highway::Error::is_timeout) {
    ///     println!("the peer does not keep up");
    /// }
    /// # sent
    /// # }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        if let Sending::Waiting(waiting) = &mut self.0 {
            waiting.patience.set(timeout);
        }
        self
    }
}

/// A message that is kept until there is a connection, encoded for whichever dialect that will speak.
pub(crate) struct Kept {
    name: String,
    payloads: [(Dialect, Payload); 3],
}

/// A type code and a payload, or why there are none.
type Payload = Result<(u8, Vec<u8>), EncodeError>;

impl Kept {
    pub(crate) fn new<P, R: RouteTo<P, D>, D>(route: &R, data: &D) -> Self {
        let payloads = Dialect::ALL.map(|dialect| {
            let mut payload = Vec::new();
            let code = route.encode(data, dialect, &mut payload);
            (dialect, code.map(|code| (code, payload)))
        });
        Self {
            name: route.name().to_owned(),
            payloads,
        }
    }
}

impl<P> RouteTo<P, ()> for Kept {
    fn name(&self) -> &str {
        &self.name
    }

    fn encode(
        &self,
        (): &(),
        dialect: Dialect,
        out: &mut Vec<u8>,
    ) -> std::result::Result<u8, EncodeError> {
        let [first, others @ ..] = &self.payloads;
        let (_, payload) = others
            .iter()
            .find(|(known, _)| *known == dialect)
            .unwrap_or(first);
        let (code, payload) = payload.as_ref().map_err(Clone::clone)?;
        out.extend_from_slice(payload);
        Ok(*code)
    }
}

impl Future for SendFuture<'_> {
    type Output = Result;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result> {
        match &mut self.0 {
            Sending::Sent => Poll::Ready(Ok(())),
            Sending::Failed(error) => error
                .take()
                .map_or(Poll::Pending, |error| Poll::Ready(Err(*error))),
            Sending::Waiting(waiting) => {
                let sent = ready!(waiting.poll(cx));
                self.0 = Sending::Failed(None);
                Poll::Ready(sent)
            }
        }
    }
}

impl fmt::Debug for SendFuture<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let progress = match &self.0 {
            Sending::Sent => "sent",
            Sending::Failed(_) => "failed",
            Sending::Waiting(..) => "waiting for room",
        };
        f.debug_tuple("SendFuture").field(&progress).finish()
    }
}
