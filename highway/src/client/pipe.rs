//! Pipes: connections to other clients, over the one to the server.

use std::{
    convert::Infallible,
    fmt,
    future::{Future, pending},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use crate::{
    connection::{Abandoned, Connection},
    deadline::Patience,
    driver::{self, Milestones, Start, Wire},
    error::{Error, PipeError, Result},
    handler::{self, Handler, Pipes, local_table},
    link::{Link, PipeEnd, calls::Unbegun, failures::WireFailure},
    payload::DecodeError,
    proto::{Role, conversation, session::SessionConfig},
    route::{Endpoint, Message},
    runtime,
    trace::log,
    transport::pipe::Pipe,
    wire::{ConnectionId, DataType, Dialect, Kind, RouteId},
};

/// Begins a connection over a pipe.
fn connect<H: Pipes>(
    over: &Connection<H>,
    mut end: PipeEnd,
    role: Role,
    introduction: Option<Message>,
    milestones: Option<Milestones>,
) -> Connection<H::Handler> {
    end.begin();
    let carrier = Arc::clone(end.carrier());
    let id = end.id();
    let limits = Arc::clone(&carrier.limits);
    let message_bytes = limits.message_bytes;
    let (connection, task) = driver::start(
        Start {
            id: ConnectionId::next(),
            role,
            peer_addr: None,
            session: SessionConfig::new(&limits, false),
            limits,
            meter: Arc::new(handler::meter::<H::Handler>()),
            tap: None,
            local: Arc::new(local_table::<H::Handler>(&carrier.propagation)),
            strict: false,
            on_failure: carrier.on_failure,
            propagation: carrier.propagation.clone(),
            extensions: http::Extensions::new(),
            introduction,
            fall_back_after: None,
            members: Arc::default(),
            state: Arc::clone(over.members().1),
            fill: None,
            milestones,
        },
        Wire::Pipe(Pipe::new(end, message_bytes)),
    );
    log!(debug, connection.id(), over = %carrier.id, id, "piped");
    tokio::spawn(task);
    connection
}

/// Takes a pipe that the server leads to a client with handlers for such.
#[doc(hidden)]
pub fn take_pipe<H: Pipes>(connection: &Connection<H>, end: PipeEnd, introduction: Message) {
    end.take();
    connect(connection, end, Role::Reached, Some(introduction), None);
}

/// Makes the registries of a client and of the handler of its pipes.
#[doc(hidden)]
pub fn check_pipes<H: Pipes>() {
    H::registry();
    H::Handler::registry();
}

/// What [`Connection::pipe`] returns: the connection to the other client, once it is awaited.
///
/// The request is on its way as soon as it is made. Dropped before it is done, it leaves no pipe behind.
#[must_use = "dropping it gives the pipe up: `.await` it"]
pub struct PipeFuture<F: Handler> {
    to: ConnectionId,
    opening: Pin<Box<dyn Future<Output = Result<Connection<F>>> + Send>>,
    patience: Patience,
}

impl<F: Handler> PipeFuture<F> {
    /// The longest time that the pipe may take to come to be, in place of [`Limits::call_timeout`](crate::Limits::call_timeout). It
    /// begins when this is first awaited.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.patience.set(timeout);
        self
    }
}

impl<F: Handler> Future for PipeFuture<F> {
    type Output = Result<Connection<F>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = &mut *self;
        if let Poll::Ready(opened) = this.opening.as_mut().poll(cx) {
            return Poll::Ready(opened);
        }
        let after = ready!(this.patience.poll_over(cx));
        // What was begun ends with it.
        this.opening = Box::pin(pending());
        Poll::Ready(Err(Error::Pipe {
            to: this.to,
            source: PipeError::TimedOut { after },
        }))
    }
}

impl<F: Handler> fmt::Debug for PipeFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PipeFuture")
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

impl<H: Endpoint> Connection<H> {
    /// Opens a pipe: a connection to another client, over the server.
    ///
    /// The server's `#[highway::on(pipe)]` hook decides which clients may reach each other; without one, none may. The other client is named by its
    /// id at the server, which the server's routes give to clients. The connection has the handler that the attribute
    /// names with `pipe = …`, like the one at the other end, and is as any other: both know each other's routes, and messages,
    /// calls and streams go both ways. It ends with either end's connection to the server, or when either end closes it, and
    /// then for both.
    ///
    /// The request is on its way as soon as this is called. Awaited, it returns once both sides have exchanged their routes and the
    /// `on(ready)` hooks of this side are through, in [`Limits::call_timeout`](crate::Limits::call_timeout) at most, unless
    /// [`timeout`](PipeFuture::timeout) says otherwise. Where the server's outbox for the other client is full, it waits for room there.
    ///
    /// ```no_run
    /// use highway::connection::ConnectionId;
    ///
    /// #[highway::client(pipe = Friend)]
    /// struct Me;
    ///
    /// #[highway::client]
    /// struct Friend;
    ///
    /// # async fn example(me: &highway::Connection<Me>, bob: ConnectionId) -> highway::Result {
    /// let bob = me.pipe(bob).await?;
    /// bob.send("hello", "from ada").await?;
    /// let sum: i64 = bob.call("add", (1, 2)).await?;
    /// bob.close().await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Pipe`](Error::Pipe), whose [`PipeError`] says why there is none, and [`Closed`](Error::Closed) when a connection ends on the
    /// way.
    pub fn pipe<F: Handler>(&self, to: ConnectionId) -> PipeFuture<F>
    where
        H: Pipes<Handler = F>,
    {
        let carrier = self.present();
        let patience = Patience::new(carrier.limits.call_timeout);
        let asked = self.ask_for_pipe(&carrier, to);
        let this = self.clone();
        let opening = Box::pin(async move {
            let end = asked?;
            runtime::entered()?;
            this.open_pipe(to, end).await
        });
        PipeFuture {
            to,
            opening,
            patience,
        }
    }

    /// Asks the server for a pipe.
    fn ask_for_pipe(&self, carrier: &Arc<Link>, to: ConnectionId) -> Result<PipeEnd> {
        let refused = |source| Error::Pipe { to, source };
        let extended = carrier
            .peer()
            .is_some_and(|peer| peer.dialect == Dialect::Extended);
        if !extended || carrier.role() != Role::Client {
            return Err(match carrier.closing() {
                Some(close) => self.or_gone(Error::Closed(close)),
                None => refused(PipeError::Unsupported),
            });
        }
        let (key, unsent) = carrier
            .begin_with(Kind::Pipe, RouteId::META, None, |_, payload| {
                payload.extend_from_slice(to.to_string().as_bytes());
                Ok::<_, Infallible>(Dialect::Extended.code(DataType::Int).unwrap_or_default())
            })
            .map_err(|unbegun| match unbegun {
                Unbegun::TooMany(limit) => refused(PipeError::TooMany { limit }),
                Unbegun::Closed(close) => self.or_gone(Error::Closed(close)),
                Unbegun::Encode(never) => match never {},
            })?;
        Ok(PipeEnd::asking(carrier, key, unsent))
    }

    /// Waits until the other client has taken the pipe, and both have told their routes over it.
    async fn open_pipe(&self, to: ConnectionId, mut end: PipeEnd) -> Result<Connection<H::Handler>>
    where
        H: Pipes,
    {
        let refused = |source| Error::Pipe { to, source };
        end.asked().await?;
        let taken = end.taken().await;
        taken.map_err(|over| match over {
            conversation::End::Failed(frame) => refused(PipeError::Refused {
                failure: WireFailure::failure_in(frame, end.carrier().limits.nesting),
            }),
            conversation::End::Closed(close) | conversation::End::HungUp(close) => {
                Error::Closed(close)
            }
            conversation::End::Finished | conversation::End::Cancelled => {
                refused(PipeError::Cancelled)
            }
        })?;
        let (ready, is_ready) = oneshot::channel();
        let (greeted, is_greeted) = oneshot::channel();
        let milestones = Milestones { ready, greeted };
        let connection = connect(self, end, Role::Opener, None, Some(milestones));
        let abandoned = Abandoned::new(&connection.present());
        if is_ready.await.is_err() {
            return Err(Error::Closed(connection.closed().await));
        }
        match is_greeted.await {
            Ok(Ok(())) => {}
            Ok(Err(failure)) if !failure.is_closed() => {
                return Err(refused(PipeError::Ready { failure }));
            }
            Ok(Err(_)) | Err(_) => return Err(Error::Closed(connection.closed().await)),
        }
        abandoned.disarm();
        Ok(connection)
    }

    /// The introduction of the client that opened this pipe: the value that the server's `on(pipe)` hook returned.
    ///
    /// ```no_run
    /// #[highway::client(pipe = Friend)]
    /// struct Me;
    ///
    /// #[highway::client]
    /// struct Friend;
    ///
    /// #[highway::on(ready)]
    /// async fn reached(friend: &mut Friend) -> Result<(), highway::Failure> {
    ///     let name: String = friend.introduction()?;
    ///     println!("{name} is here");
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// When it does not fit a `T`. The side that opened the pipe, and any other connection, has `None`, which fits an `Option`.
    pub fn introduction<T: DeserializeOwned + 'static>(&self) -> Result<T, Box<DecodeError>> {
        match self.present().introduction() {
            Some(introduction) => introduction.take(),
            None => Message::new(Dialect::Extended, DataType::None, bytes::Bytes::new(), 0).take(),
        }
    }
}
