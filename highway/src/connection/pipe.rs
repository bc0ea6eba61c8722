//! Pipes: connections to other clients, over the one to the server.

use std::{
    collections::VecDeque,
    fmt,
    future::{Future, poll_fn},
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::BytesMut;
use serde::de::DeserializeOwned;
use tokio::sync::oneshot;

use super::{Abandoned, Connection, ConnectionId};
use crate::{
    deadline::{after, until},
    driver::{self, Milestones, Start, Wire},
    error::{Error, Result},
    handler::{Handler, Pipes, local_table},
    link::{Link, failures::Told, outbox::Chunk},
    payload::{self, DecodeError},
    proto::{
        Role,
        conversation::{self, Key, Over},
        session::SessionConfig,
    },
    route::{Endpoint, Message},
    runtime,
    transport::{self, Incoming, Transport, buffers, websocket::Head},
    wire::{Close, CloseCode, DataType, Dialect, FIELD, Header, Kind, PIECE, RouteId},
};

/// The type code of a piece: bytes, in dialect 0.2.
const BYTES: u8 = 7;

/// One end of a pipe. Dropped, it ends the pipe.
#[derive(Debug)]
pub struct PipeEnd {
    /// The connection to the server.
    carrier: Arc<Link>,
    key: Key,
    over: bool,
}

impl PipeEnd {
    pub(crate) fn new(carrier: &Arc<Link>, key: Key) -> Self {
        Self {
            carrier: Arc::clone(carrier),
            key,
            over: false,
        }
    }

    /// Ends the pipe, and tells the other end why.
    fn hang_up(&mut self, close: &Close) {
        self.over = true;
        let mut shared = self.carrier.lock();
        let conversations = shared.conversations.as_deref_mut();
        if conversations.is_some_and(|conversations| conversations.hang_up(self.key)) {
            let frame = self.carrier.framing.hang_up(self.key.id, close);
            shared.outbox.push_owned(frame);
            shared.wake();
        }
    }

    /// Waits until the other end has taken the pipe.
    async fn taken(&self) -> Result<(), conversation::End> {
        poll_fn(|cx| {
            let taken = self
                .carrier
                .conversations(|conversations| conversations.poll_piped(self.key, cx));
            taken.unwrap_or(Poll::Ready(Err(conversation::End::Cancelled)))
        })
        .await
    }

    /// Takes the pipe that the other end has opened.
    fn take(&self) {
        let mut shared = self.carrier.lock();
        let conversations = shared.conversations.as_deref_mut();
        let told = conversations.and_then(|conversations| conversations.take_pipe(self.key));
        if let Some(told) = told {
            shared.tell(told, self.carrier.framing);
        }
    }
}

impl Drop for PipeEnd {
    fn drop(&mut self) {
        if !self.over {
            self.hang_up(&Close::new(CloseCode::GOING_AWAY, ""));
        }
    }
}

/// The [`Transport`] over a pipe: messages go in pieces, as the other end grants credit for them.
pub(crate) struct Pipe {
    end: PipeEnd,
    message_bytes: usize,
    /// The message of which pieces are missing.
    received: BytesMut,
    /// What was taken from the outbox: WebSocket frames.
    writing: VecDeque<Chunk>,
    /// What is to be sent of the frame that is in front.
    left: usize,
    /// A piece that waits for room in the carrier's outbox.
    waiting: Option<Pin<Box<dyn Future<Output = Result> + Send>>>,
    /// The other end takes nothing more.
    unwanted: bool,
    /// How the pipe ends once everything is written.
    close: Option<Close>,
    written: u64,
}

impl Pipe {
    fn new(end: PipeEnd) -> Self {
        Self {
            message_bytes: end.carrier.limits.message_bytes,
            end,
            received: BytesMut::new(),
            writing: VecDeque::new(),
            left: 0,
            waiting: None,
            unwanted: false,
            close: None,
            written: 0,
        }
    }

    /// Sends the next piece of what was taken from the outbox. Ready when it is on its way, or nothing more is wanted.
    fn poll_piece(&mut self, cx: &mut Context<'_>, link: &Link) -> Poll<()> {
        let Self { end, writing, .. } = self;
        let Some(chunk) = writing.front_mut() else {
            return Poll::Ready(());
        };
        let credit = end
            .carrier
            .conversations(|conversations| conversations.poll_credit(end.key, cx));
        match credit.unwrap_or(Poll::Ready(Err(Over))) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(Over)) => {
                self.unwanted = true;
                return Poll::Ready(());
            }
            Poll::Pending => return Poll::Pending,
        }
        let mut done = 0;
        if self.left == 0
            && let Some(head) = Head::parse(chunk.remaining())
        {
            self.left = head.frame_len() - head.len;
            done = head.len;
            chunk.advance(head.len);
        }
        let len = self.left.min(PIECE);
        let piece = chunk.remaining().get(..len).unwrap_or_default();
        let kind = if len == self.left {
            Kind::LastPiece
        } else {
            Kind::Piece
        };
        let mut frame = buffers::to_put_together();
        let framing = end.carrier.framing;
        let start = framing.put_together(&mut frame, kind, RouteId::META, |payload| {
            payload.extend_from_slice(&end.key.id.to_le_bytes());
            payload.extend_from_slice(piece);
            Ok(BYTES)
        });
        let message = Header::LEN + FIELD + len;
        // Nothing that is written here can fail.
        let offered =
            end.carrier
                .offer_item(end.key, &mut frame, start.unwrap_or_default(), message);
        buffers::is_put_together(frame);
        match offered {
            Ok(None) => {}
            Ok(Some(frame)) => {
                let carrier = Arc::clone(&end.carrier);
                self.waiting = Some(Box::pin(async move { carrier.push(frame).await }));
            }
            Err(Over) => {
                self.unwanted = true;
                return Poll::Ready(());
            }
        }
        self.left -= len;
        done += len;
        chunk.advance(len);
        if chunk.remaining().is_empty()
            && let Some(Chunk::Small(bytes, _)) = writing.pop_front()
        {
            buffers::is_written(bytes);
        }
        self.written += done as u64;
        link.wrote(done);
        Poll::Ready(())
    }
}

impl Transport for Pipe {
    // The carrier shows it.
    const OWN_LIVENESS: bool = false;

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Incoming, transport::Error>> {
        loop {
            if self.end.over {
                return Poll::Ready(Ok(Incoming::End));
            }
            let next = {
                let mut shared = self.end.carrier.lock();
                let Some(conversations) = &mut shared.conversations else {
                    return Poll::Ready(Ok(Incoming::End));
                };
                let (next, told) = conversations.poll_item(self.end.key, cx);
                if let Some(told) = told {
                    shared.tell(told, self.end.carrier.framing);
                }
                next
            };
            let arrived = match ready!(next) {
                Ok(arrived) => arrived,
                Err(end) => {
                    self.end.over = true;
                    // It is to be forgotten here; the other end knows.
                    self.end
                        .carrier
                        .conversations(|conversations| conversations.hang_up(self.end.key));
                    return Poll::Ready(Ok(match end {
                        conversation::End::HungUp(close) | conversation::End::Closed(close) => {
                            Incoming::Close(close)
                        }
                        _ => Incoming::End,
                    }));
                }
            };
            let last = arrived.part.kind == Kind::LastPiece;
            let piece = arrived.frame.slice(arrived.part.start..);
            let size = self.received.len() + piece.len();
            if size > self.message_bytes {
                self.received = BytesMut::new();
                return Poll::Ready(Err(transport::Error::TooLarge {
                    size: size as u64,
                    more: !last,
                    limit: self.message_bytes,
                }));
            }
            if last && self.received.is_empty() {
                return Poll::Ready(Ok(Incoming::Message(piece)));
            }
            self.received.extend_from_slice(&piece);
            if last {
                let message = std::mem::take(&mut self.received);
                return Poll::Ready(Ok(Incoming::Message(message.freeze())));
            }
        }
    }

    fn close(&mut self, _: &Link, close: &Close) {
        self.close.get_or_insert_with(|| close.clone());
    }

    fn ping(&mut self, _: &Link) {}

    fn poll_flush(&mut self, cx: &mut Context<'_>, link: &Link) -> Poll<io::Result<()>> {
        loop {
            if let Some(waiting) = &mut self.waiting {
                // Where the carrier is gone, what is read tells.
                let _ = ready!(waiting.as_mut().poll(cx));
                self.waiting = None;
            }
            if self.end.over || self.unwanted {
                // Nobody takes what is left.
                self.writing.clear();
                link.lock().outbox.clear();
                return Poll::Ready(Ok(()));
            }
            if self.writing.is_empty() {
                link.lock().outbox.take(&mut self.writing);
            }
            if self.writing.is_empty() {
                if let Some(close) = self.close.take() {
                    self.end.hang_up(&close);
                }
                link.flushed();
                return Poll::Ready(Ok(()));
            }
            ready!(self.poll_piece(cx, link));
        }
    }

    fn is_flushed(&self) -> bool {
        self.waiting.is_none()
    }

    fn has_unwritten(&self) -> bool {
        !self.end.over && !self.unwanted && (!self.writing.is_empty() || self.close.is_some())
    }

    fn take_heard(&mut self) -> bool {
        false
    }

    fn written(&self) -> u64 {
        self.written
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_discard(&mut self, _: &mut Context<'_>) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(0))
    }

    fn reset(&mut self) {
        if !self.end.over {
            let close = Close::new(CloseCode::ABNORMAL, "the other end did not read in time");
            self.end.hang_up(self.close.as_ref().unwrap_or(&close));
        }
    }
}

/// Begins a connection over a pipe.
fn connect<H: Pipes>(
    over: &Connection<H>,
    end: PipeEnd,
    role: Role,
    introduction: Option<Message>,
    milestones: Option<Milestones>,
) -> Connection<H::Handler> {
    let carrier = Arc::clone(&end.carrier);
    let id = end.key.id;
    let limits = Arc::clone(&carrier.limits);
    let (connection, task) = driver::start(
        Start {
            role,
            peer_addr: None,
            session: SessionConfig::new(&limits, false),
            limits,
            local: Arc::new(local_table::<H::Handler>()),
            strict: false,
            on_failure: carrier.on_failure,
            extensions: http::Extensions::new(),
            introduction,
            members: Arc::default(),
            state: Arc::clone(over.members().1),
            milestones,
        },
        Wire::Pipe(Pipe::new(end)),
    );
    tracing::debug!(connection = %connection.id(), over = %carrier.id, id, "piped");
    tokio::spawn(task);
    connection
}

/// Takes a pipe that the server leads to a client with handlers for such.
#[doc(hidden)]
pub fn take_pipe<H: Pipes>(connection: &Connection<H>, end: PipeEnd, introduction: Message) {
    end.take();
    connect(connection, end, Role::Reached, Some(introduction), None);
}

/// What [`Connection::pipe`] gives back: the connection to the other client, once it is awaited.
///
/// Nothing happens before. Dropped before it is done, it leaves no pipe behind.
#[must_use = "nothing is opened before it is awaited"]
pub struct Piping<F: Handler>(Pin<Box<dyn Future<Output = Result<Connection<F>>> + Send>>);

impl<F: Handler> Future for Piping<F> {
    type Output = Result<Connection<F>>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl<F: Handler> fmt::Debug for Piping<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piping").finish_non_exhaustive()
    }
}

impl<H: Endpoint> Connection<H> {
    /// Opens a pipe: a connection to another client, over the server.
    ///
    /// The server's `#[highway::on(pipe)]` hook says who may reach whom; without one nobody may. Whoever it is, is told by its
    /// number at the server, which that gives to its clients as it likes. The connection has the handler that the attribute
    /// names with `pipe = …`, like the one at the other end, and is as any other: both know each other's routes, and messages,
    /// calls and streams go both ways. It ends with either end's connection to the server, or when either end closes it, and
    /// then for both.
    ///
    /// Comes back once both sides have told their routes and the `on(ready)` hooks of this side are through, in
    /// [`Limits::call_timeout`](crate::Limits::call_timeout) at most.
    /// Dropped before, it leaves no pipe behind.
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
    /// bob.close().await
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`NoPipes`](Error::NoPipes) when the peer is no server that leads pipes, [`NotReached`](Error::NotReached) when the
    /// server refuses, the other client does, or an `on(ready)` hook of this side fails; [`TooManyCalls`](Error::TooManyCalls), [`TimedOut`](Error::TimedOut), and
    /// [`Closed`](Error::Closed) when a connection ends on the way.
    pub fn pipe<F: Handler>(&self, to: ConnectionId) -> Piping<F>
    where
        H: Pipes<Handler = F>,
    {
        let this = self.clone();
        Piping(Box::pin(async move {
            runtime::entered()?;
            let carrier = this.present();
            let timeout = carrier.limits.call_timeout;
            let opened = until(after(timeout), this.pipe_over(&carrier, to));
            opened.await.unwrap_or_else(|_| {
                Err(Error::TimedOut {
                    route: format!("pipe to {to}"),
                    after: timeout,
                })
            })
        }))
    }

    async fn pipe_over(
        &self,
        carrier: &Arc<Link>,
        to: ConnectionId,
    ) -> Result<Connection<H::Handler>>
    where
        H: Pipes,
    {
        let extended = carrier
            .peer()
            .is_some_and(|peer| peer.dialect == Dialect::Extended);
        if !extended || carrier.role() != Role::Client {
            return Err(match carrier.closing() {
                Some(close) => self.or_gone(Error::Closed(close)),
                None => Error::NoPipes,
            });
        }
        let name = format!("pipe to {to}");
        let (key, unsent) = carrier
            .begin_with(Kind::Pipe, RouteId::META, &name, |payload| {
                payload::encode(Dialect::Extended, &to, payload)
            })
            .map_err(|error| self.or_gone(*error))?;
        let end = PipeEnd::new(carrier, key);
        if let Some(unsent) = unsent {
            carrier.push(unsent).await?;
        }
        end.taken().await.map_err(|end| match end {
            conversation::End::Failed(frame) => Error::NotReached {
                to,
                failure: Told::failure_in(frame, carrier.limits.nesting),
            },
            conversation::End::Closed(close) | conversation::End::HungUp(close) => {
                Error::Closed(close)
            }
            conversation::End::Finished | conversation::End::Cancelled => Error::Cancelled {
                route: name.clone(),
            },
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
                return Err(Error::NotReached { to, failure });
            }
            Ok(Err(_)) | Err(_) => return Err(Error::Closed(connection.closed().await)),
        }
        abandoned.disarm();
        Ok(connection)
    }

    /// What the server lets this side of a pipe know of the client that opened it: what its `on(pipe)` hook gave back.
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
    /// When it does not fit a `T`. The side that opened the pipe, and any other connection, has none (the value of Python).
    pub fn introduction<T: DeserializeOwned + 'static>(&self) -> Result<T, Box<DecodeError>> {
        match self.present().introduction() {
            Some(introduction) => introduction.take(),
            None => Message::new(Dialect::Extended, DataType::None, bytes::Bytes::new(), 0).take(),
        }
    }
}
