//! Sending to several connections.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use futures_util::stream::{FuturesUnordered, StreamExt};

use super::{LagPolicy, Members, Replies, Target, groups::Snapshot};
use crate::{
    deadline::{after, until},
    error::{Error, Result, SendError},
    link::{
        Found, Link, Shared,
        calls::CallFuture,
        outgoing::{Broadcast, Form},
        sending::SendFuture,
    },
    metrics::{CountedAs, Direction, Slot},
    route::{Answers, Endpoint, RouteTo, answer},
    runtime,
    trace::log,
    wire::{Close, CloseCode, ConnectionId, Dialect},
};

/// The connections of a target, as they were when it was resolved: the result of `to`, `everyone` and `others` of a server's
/// [`Connection`](crate::Connection) and of a [`ServerHandle`](crate::server::ServerHandle).
///
/// ```no_run
/// # #[highway::server]
/// # struct Chat;
/// #[highway::route("say")]
/// async fn say(text: &str, chat: &mut Chat) -> highway::Result {
///     let others = chat.to("lobby").except(chat.id());
///     println!("{} others hear it", others.count());
///     others.send("said", text).await
/// }
/// ```
#[must_use = "it does nothing unless something is sent to it"]
pub struct Receivers<'a, E: Endpoint> {
    members: &'a Arc<Members>,
    state: &'a Arc<E::State>,
    links: Snapshot,
    /// Sorted.
    except: Vec<ConnectionId>,
    lagging: LagPolicy,
}

impl<E: Endpoint> fmt::Debug for Receivers<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receivers")
            .field("handler", &E::NAME)
            .field("count", &self.count())
            .field("lagging", &self.lagging)
            .finish_non_exhaustive()
    }
}

impl<'a, E: Endpoint> Receivers<'a, E> {
    pub(crate) fn new(
        members: &'a Arc<Members>,
        state: &'a Arc<E::State>,
        links: Snapshot,
    ) -> Self {
        Self {
            members,
            state,
            links,
            except: Vec::new(),
            lagging: members.lagging,
        }
    }

    /// Removes another target: a connection, several, or those in a room.
    ///
    /// ```no_run
    /// # #[highway::server]
    /// # struct Chat;
    /// # async fn example(chat: &Chat) -> highway::Result {
    /// chat.to(&["red", "blue"]).except(chat.id()).except("muted").send("said", "hi").await
    /// # }
    /// ```
    pub fn except(mut self, target: impl Target) -> Self {
        let except = self.members.find(&target);
        self.except.extend(except.iter().map(|link| link.id));
        self.except.sort_unstable();
        self
    }

    /// Chooses what happens to connections that lag, in place of [`Server::lagging`](crate::Server::lagging).
    pub fn lagging(mut self, lagging: LagPolicy) -> Self {
        self.lagging = lagging;
        self
    }

    /// The connections of these.
    pub(crate) fn links(&self) -> impl Iterator<Item = &Arc<Link>> {
        self.links
            .iter()
            .filter(|link| self.except.binary_search(&link.id).is_err())
    }

    /// The server's connections, and what they share.
    pub(crate) fn shared(&self) -> (&Arc<Members>, &Arc<E::State>) {
        (self.members, self.state)
    }

    /// Their ids, the oldest first.
    pub fn members(&self) -> Vec<ConnectionId> {
        let mut members: Vec<_> = self.links().map(|link| link.id).collect();
        members.sort_unstable();
        members
    }

    /// Their number.
    pub fn count(&self) -> usize {
        if self.except.is_empty() {
            return self.links.len();
        }
        self.links().count()
    }

    /// Closes all of them with a code and a reason, after everything that was sent to them before, and returns how many
    /// were not closing already. It does not wait for their end: [`Connection::closed`](crate::Connection::closed) does.
    ///
    /// Codes from 4000 to 4999 are free for applications; a reason over 123 bytes is cut.
    ///
    /// ```no_run
    /// use highway::connection::Named;
    ///
    /// # #[highway::server]
    /// # struct Chat;
    /// #[highway::route("kick")]
    /// async fn kick(name: String, chat: &mut Chat) -> highway::Result<usize> {
    ///     chat.to(Named(name)).close_with(4001, "kicked")
    /// }
    /// ```
    ///
    /// # Errors
    /// [`CloseCode`](crate::Error::CloseCode) for a code that is never sent; nothing is closed then.
    pub fn close_with(
        self,
        code: impl Into<CloseCode>,
        reason: impl Into<Cow<'static, str>>,
    ) -> Result<usize> {
        let close = Close::to_send(code, reason)?;
        let closed = self.links().filter(|link| link.close(close.clone()));
        Ok(closed.count())
    }

    /// Sends a message to all of them. It is encoded once, and waits for no receiver unless [`LagPolicy::Wait`] says so.
    ///
    /// The message is on its way as soon as this is called, before it is awaited. Connections whose peer has no such route, and
    /// those that are closing, are skipped. A connection whose peer has not sent its routes yet misses the message whatever
    /// [`LagPolicy`] says, which counts as [`missed`](crate::Connection::missed) once it shows that the peer has the route.
    ///
    /// # Errors
    /// [`SendError::Encode`](crate::SendError::Encode), when the data can't be sent in a dialect that one of them speaks. Connections that speak
    /// another dialect get it all the same.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it takes what `Connection::send` takes"
    )]
    pub fn send<R: RouteTo<E::Peer, D>, D>(self, route: R, data: D) -> SendFuture<'a> {
        let (waiting, failure) = self.offer(&route, &data);
        if waiting.is_empty() {
            return failure.map_or_else(SendFuture::sent, SendFuture::failed);
        }
        let time = self.members.write_timeout;
        SendFuture::waiting(route.name(), async move {
            runtime::entered()?;
            wait(waiting, time).await;
            failure.map_or(Ok(()), |error| Err(*error))
        })
    }

    /// Calls a route of all of them, and returns the replies as they arrive. The data is encoded once.
    ///
    /// The calls are on their way as soon as this is called. A connection without the route or without calls is among the replies with
    /// that error. [`LagPolicy`] has no part in it: where an outbox has no room, the call waits for it.
    ///
    /// ```no_run
    /// # #[highway::server]
    /// # struct Chat;
    /// #[highway::route("vote")]
    /// async fn vote(question: String, chat: highway::Connection<Chat>) -> u32 {
    ///     let mut votes = chat.to("lobby").call("vote", &question);
    ///     let mut yes = 0;
    ///     while let Some((id, vote)) = votes.next().await {
    ///         match vote {
    ///             Ok(true) => yes += 1,
    ///             Ok(false) => {}
    ///             Err(error) => println!("{id} did not vote: {error}"),
    ///         }
    ///     }
    ///     yes
    /// }
    /// ```
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it takes what `Connection::call` takes"
    )]
    pub fn call<R, D, T>(self, route: R, data: D) -> Replies<T>
    where
        R: RouteTo<E::Peer, D> + Answers<T>,
    {
        let mut payload = Vec::new();
        let encoded = route
            .encode(&data, Dialect::Extended, &mut payload)
            .map(|code| answer::Encoded { code, payload });
        let name = route.name();
        Replies::new(self.links().map(|link| {
            let calling = match &encoded {
                Ok(data) => link.call_encoded(name, data, R::reads()),
                Err(source) => {
                    let error = Error::not_sent(name, SendError::Encode(source.clone()));
                    CallFuture::failed(error, R::reads())
                }
            };
            (link.id, calling)
        }))
    }

    /// Returns those who are to be waited for, and why some of the others can't be sent the data.
    fn offer<R: RouteTo<E::Peer, D>, D>(
        &self,
        route: &R,
        data: &D,
    ) -> (Vec<Waiting>, Option<Box<Error>>) {
        let mut waiting = Vec::new();
        let mut failure = None;
        let mut message = Broadcast::new(route, data);
        let mut sent = Sent::default();
        for link in self.links() {
            let name = message.name;
            let Some(Found { dialect, id, slot }) = link.find(name) else {
                link.misses_early(name);
                continue;
            };
            let form = Form {
                framing: link.framing,
                dialect,
                route: id,
            };
            match message.frame(form) {
                Ok((frame, bytes)) => {
                    let bytes = *bytes;
                    let counted = CountedAs { route: slot, bytes };
                    let shared = match self.lagging {
                        LagPolicy::Newest => link.offer_newest(id, frame, counted, name),
                        _ => link.offer_shared(frame),
                    };
                    match (shared, self.lagging) {
                        (Shared::Put, _) => {
                            link.show_sent(counted, frame);
                            sent.count(link, counted);
                        }
                        (Shared::Closing, _) | (Shared::NoRoom, LagPolicy::Newest) => {}
                        (Shared::NoRoom, LagPolicy::Drop) => misses(link, slot),
                        (Shared::NoRoom, LagPolicy::Wait) => {
                            waiting.push(Waiting::new(link, frame, counted));
                        }
                        (Shared::NoRoom, LagPolicy::Close) => {
                            log!(debug, link.id, "closing: the connection does not keep up");
                            link.close(Close::new(CloseCode::TRY_AGAIN_LATER, "too slow"));
                        }
                    }
                }
                Err(source) => {
                    failure.get_or_insert_with(|| {
                        Box::new(Error::not_sent(name, SendError::Encode(source.clone())))
                    });
                }
            }
        }
        tracing::trace!(
            route = message.name,
            bytes = sent.bytes,
            receivers = sent.messages,
            waiting = waiting.len(),
            "broadcast"
        );
        sent.settle();
        (waiting, failure)
    }
}

/// What a broadcast put into outboxes, which is counted once for all of them.
#[derive(Default)]
struct Sent<'a> {
    /// One of the receivers, and where the route is counted.
    one: Option<(&'a Link, Slot)>,
    messages: u64,
    bytes: u64,
}

impl<'a> Sent<'a> {
    fn count(&mut self, link: &'a Link, counted: CountedAs) {
        self.one = Some((link, counted.route));
        self.messages += 1;
        self.bytes += counted.bytes as u64;
    }

    fn settle(self) {
        if let Some((link, route)) = self.one {
            link.count(Direction::Sent, route, self.messages, self.bytes);
        }
    }
}

/// A connection that has no room for a message does not get it.
fn misses(link: &Link, route: Slot) {
    log!(
        debug,
        link.id,
        "the connection does not keep up, and misses a message"
    );
    link.misses(route);
}

/// A connection whose outbox has no room for a broadcast. Dropped before it has, it misses the message.
struct Waiting {
    link: Arc<Link>,
    /// The message, until it is in the outbox.
    frame: Option<Bytes>,
    counted: CountedAs,
}

impl Waiting {
    fn new(link: &Arc<Link>, frame: &Bytes, counted: CountedAs) -> Self {
        Self {
            link: Arc::clone(link),
            frame: Some(frame.clone()),
            counted,
        }
    }

    /// Waits for room.
    async fn push(mut self) {
        if let Some(frame) = &self.frame {
            // One that closes meanwhile is passed over.
            if self.link.push(frame.clone()).await.is_ok() {
                self.link.count_sent(self.counted, frame);
            }
            self.frame = None;
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if self.frame.is_some() {
            misses(&self.link, self.counted.route);
        }
    }
}

/// Waits for room in each one's outbox.
async fn wait(waiting: Vec<Waiting>, time: Duration) {
    let pushes = waiting.into_iter().map(Waiting::push);
    let mut pushes: FuturesUnordered<_> = pushes.collect();
    // What is left then is dropped.
    let _ = until(after(time), async {
        while pushes.next().await.is_some() {}
    })
    .await;
}
