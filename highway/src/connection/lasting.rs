//! What stays while a client's connections come and go: the handle's view of them.

use std::{
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::status::{Reason, ReconnectAttempt, Status, StatusChanges};
use crate::{
    deadline::{after, until},
    error::{Error, Result, SendError},
    link::{Link, counted::Unsent},
    metrics::Meter,
    proto::Role,
    route::RouteTo,
    runtime,
    wire::{Close, CloseCode, ConnectionId},
};

/// How many messages are kept while there is no connection, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Keep {
    pub(crate) messages: usize,
    pub(crate) age: Duration,
}

/// What a client's handle holds on to while connections come and go.
#[derive(Debug)]
pub(crate) struct Lasting {
    present: Mutex<Present>,
    status: watch::Sender<Status>,
    /// The connection, while there is one: what kept messages wait for.
    link_there: watch::Sender<Option<Arc<Link>>>,
    /// Why it is over, where the close does not tell all of it.
    reason: OnceLock<Reason>,
    /// Cancelled when no further connection is wanted, and at the end.
    stop: CancellationToken,
    keep: Option<Keep>,
    /// The places for messages that are kept: each is a `send` that waits.
    places: Semaphore,
    /// Lets one kept message go after the other, the oldest first.
    turn: Semaphore,
}

#[derive(Debug)]
struct Present {
    /// The present connection, or the one that was.
    link: Arc<Link>,
    /// With what a handle asked to close.
    wanted: Option<Close>,
}

impl Lasting {
    pub(crate) fn new(keep: Option<Keep>, meter: Arc<Meter>) -> Self {
        let id = ConnectionId::next();
        let none = Link::new(id, None, Role::Client, Arc::default(), meter);
        none.finish(Close::new(
            CloseCode::ABNORMAL,
            "there is no connection yet",
        ));
        Self {
            present: Mutex::new(Present {
                link: Arc::new(none),
                wanted: None,
            }),
            status: watch::Sender::new(Status::Connecting),
            link_there: watch::Sender::new(None),
            reason: OnceLock::new(),
            stop: CancellationToken::new(),
            keep,
            places: Semaphore::new(keep.map_or(0, |keep| keep.messages)),
            turn: Semaphore::new(1),
        }
    }

    /// Nothing that can panic runs while it is held, so a poisoned one is as good as any.
    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present connection, or the one that was.
    pub(super) fn link(&self) -> Arc<Link> {
        Arc::clone(&self.present().link)
    }

    /// There is a connection again, whose `on(ready)` hooks are through.
    pub(crate) fn connected(&self, link: &Arc<Link>) {
        {
            let mut present = self.present();
            present.link = Arc::clone(link);
            if let Some(close) = &present.wanted {
                link.close(close.clone());
            }
        }
        self.status.send_replace(Status::Connected);
        self.link_there.send_replace(Some(Arc::clone(link)));
    }

    /// The connection is gone.
    pub(crate) fn lost(&self) {
        self.link_there.send_replace(None);
    }

    /// The next attempt to connect is due.
    pub(crate) fn reconnecting(&self, attempt: ReconnectAttempt) {
        self.status.send_replace(Status::Reconnecting(attempt));
    }

    /// It is over; the first to say so decides how.
    pub(crate) fn finish(&self, close: Close) {
        self.link_there.send_replace(None);
        self.status.send_if_modified(|status| {
            let open = !matches!(status, Status::Closed(_));
            if open {
                *status = Status::Closed(close);
            }
            open
        });
        self.stop.cancel();
    }

    /// It is about to be over as an attempt failed for good.
    pub(crate) fn gave_up(&self, why: Reason) {
        // There is one end.
        let _ = self.reason.set(why);
    }

    /// Why it is over, once it is.
    pub(super) fn reason(&self) -> Option<Reason> {
        match &*self.status.borrow() {
            Status::Closed(close) => {
                let why = self.reason.get().cloned();
                Some(why.unwrap_or_else(|| Reason::Closed(close.clone())))
            }
            _ => None,
        }
    }

    /// No connection is wanted any more, and the present one has to close; the first to ask decides how.
    pub(super) fn close(&self, close: Close) {
        {
            let mut present = self.present();
            present.link.close(close.clone());
            present.wanted.get_or_insert(close);
        }
        self.stop.cancel();
    }

    /// With what a handle asked to close.
    pub(crate) fn wanted(&self) -> Option<Close> {
        self.present().wanted.clone()
    }

    /// Waits until no further connection is wanted.
    pub(crate) async fn stopped(&self) {
        self.stop.cancelled().await;
    }

    /// Whether no further connection is wanted.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    pub(super) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    pub(super) fn changes(&self) -> StatusChanges {
        StatusChanges::of_lasting(self.status.subscribe())
    }

    /// Waits until it is over.
    pub(super) async fn closed(&self) -> Close {
        let mut changes = self.status.subscribe();
        loop {
            if let Status::Closed(close) = &*changes.borrow_and_update() {
                return close.clone();
            }
            // The sender is `self`'s.
            let _ = changes.changed().await;
        }
    }

    /// Waits until everything that the present connection was sent is written.
    pub(super) async fn flush(&self) -> Result {
        let link = self.link();
        // What was sent on a connection that is gone is not a business of the next one.
        let flushed = match link.end() {
            Some(close) => Err(Error::Closed(close)),
            None => link.flush().await,
        };
        flushed.map_err(|error| self.or_gone(error))
    }

    /// An error of the present connection as one of the client.
    pub(super) fn or_gone(&self, error: Error) -> Error {
        match error {
            Error::Closed(close) => self.gone(close),
            error => error,
        }
    }

    /// What a `send` to a connection that is gone fails with.
    fn gone(&self, last: Close) -> Error {
        if let Some(close) = self.wanted() {
            return Error::Closed(close);
        }
        match &*self.status.borrow() {
            Status::Closed(close) => Error::Closed(close.clone()),
            _ => Error::Disconnected(last),
        }
    }

    /// Whether messages are kept, behind which all others have to wait.
    fn keeps_any(&self) -> bool {
        self.keep
            .is_some_and(|keep| self.places.available_permits() < keep.messages)
    }

    /// Sends at once, where there is a connection and nothing is kept; gives the frame back where there is no room.
    pub(super) fn offer<P, R: RouteTo<P, D>, D>(
        &self,
        route: &R,
        data: &D,
    ) -> Result<Option<Unsent>> {
        if self.keeps_any() {
            return Err(self.gone(Close::new(CloseCode::ABNORMAL, "messages wait already")));
        }
        self.link()
            .offer(route, data)
            .map_err(|error| self.or_gone(*error))
    }

    /// As [`offer`](Self::offer); `None` where it takes longer.
    pub(super) fn send_at_once<P, R: RouteTo<P, D>, D>(
        &self,
        route: &R,
        data: &D,
    ) -> Option<Result> {
        match self.offer(route, data) {
            Ok(None) => Some(Ok(())),
            Ok(Some(_)) => None,
            Err(Error::Disconnected(_)) if self.keep.is_some() => None,
            Err(error) => Some(Err(error)),
        }
    }

    /// Sends; waits for room in the outbox, and for a connection where messages are kept.
    pub(super) async fn send<P, R: RouteTo<P, D>, D>(&self, route: R, data: D) -> Result {
        let mut last = None;
        if !self.keeps_any() {
            match offer_or_push(&self.link(), &route, &data).await {
                Err(Error::Closed(close)) => last = Some(close),
                sent => return sent,
            }
        }
        let last = last.unwrap_or(Close::new(CloseCode::ABNORMAL, "messages wait already"));
        let Some(keep) = self.keep else {
            return Err(self.gone(last));
        };
        runtime::entered()?;
        let name = route.name().to_owned();
        let Ok(_place) = self.places.try_acquire() else {
            return Err(match self.gone(last) {
                Error::Disconnected(_) => {
                    let limit = keep.messages;
                    Error::not_sent(name, SendError::TooManyKept { limit })
                }
                error => error,
            });
        };
        until(after(keep.age), self.send_in_turn(route, data))
            .await
            .unwrap_or(Err(Error::not_sent(name, SendError::Expired)))
    }

    async fn send_in_turn<P, R: RouteTo<P, D>, D>(&self, route: R, data: D) -> Result {
        let over = || self.gone(Close::new(CloseCode::ABNORMAL, ""));
        // It is never closed.
        let _turn = self.turn.acquire().await.map_err(|_| over())?;
        let mut there = self.link_there.subscribe();
        let mut tried: Option<Arc<Link>> = None;
        loop {
            let another = async {
                let link = there.wait_for(|link| match (link, &tried) {
                    (Some(link), Some(tried)) => !Arc::ptr_eq(link, tried),
                    (link, _) => link.is_some(),
                });
                link.await.ok().and_then(|link| link.clone())
            };
            let link = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(over()),
                link = another => link.ok_or_else(over)?,
            };
            match offer_or_push(&link, &route, &data).await {
                Err(Error::Closed(_)) => tried = Some(link),
                sent => return sent,
            }
        }
    }
}

/// Puts a message into a connection's outbox.
///
/// No `async fn`: the data must not be borrowed while it waits, or it would have to be `Sync`.
fn offer_or_push<P, R: RouteTo<P, D>, D>(
    link: &Arc<Link>,
    route: &R,
    data: &D,
) -> impl Future<Output = Result> + Send + use<P, R, D> {
    let offered = link.offer(route, data);
    let link = Arc::clone(link);
    async move {
        match offered.map_err(|error| *error)? {
            None => Ok(()),
            Some(unsent) => link.push_unsent(unsent).await,
        }
    }
}

/// What the clones of a handle share: with the last of them goes the wish for further connections.
#[derive(Debug)]
pub(super) struct Held(pub(super) Arc<Lasting>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.stop.cancel();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use tokio::time::Instant;

    use super::*;
    use crate::{
        proto::{
            handshake::{PeerTable, TableLimits},
            session::Peer,
        },
        route::Undeclared,
        wire::Dialect,
    };

    const AGE: Duration = Duration::from_secs(60);

    fn lasting(messages: usize) -> Lasting {
        Lasting::new(Some(Keep { messages, age: AGE }), Arc::default())
    }

    /// A connection to a peer with the route `echo`.
    fn link() -> Arc<Link> {
        let id = ConnectionId::next();
        let link = Link::new(id, None, Role::Client, Arc::default(), Arc::default());
        let table = br#"{"0":"meta","1":"echo"}"#;
        let table = PeerTable::parse(Dialect::V02, table, TableLimits::default()).unwrap();
        link.set_peer(Peer {
            dialect: Dialect::V02,
            table: Arc::new(table),
        });
        Arc::new(link)
    }

    async fn send(lasting: &Lasting, data: u8) -> Result {
        lasting.send::<Undeclared, _, _>("echo", data).await
    }

    #[tokio::test(start_paused = true)]
    async fn kept_message_expires_at_its_age_and_leaves_its_place() {
        let lasting = lasting(1);
        for _ in 0..2 {
            let begun = Instant::now();
            let expired = send(&lasting, 1).await;
            assert!(
                matches!(expired, Err(Error::NotSent { route, source: SendError::Expired }) if route == "echo")
            );
            assert_eq!(begun.elapsed(), AGE);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn connection_that_came_while_the_process_did_not_run_takes_kept_messages() {
        let lasting = lasting(1);
        let mut kept = std::pin::pin!(send(&lasting, 1));
        assert!(poll!(&mut kept).is_pending());
        tokio::time::advance(AGE * 2).await;
        assert!(poll!(&mut kept).is_pending());
        lasting.connected(&link());
        kept.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn messages_beyond_the_limit_are_refused_at_once() {
        let lasting = lasting(2);
        let mut first = std::pin::pin!(send(&lasting, 1));
        let mut second = std::pin::pin!(send(&lasting, 2));
        assert!(poll!(&mut first).is_pending());
        {
            let taken_back = std::pin::pin!(send(&lasting, 3));
            assert!(poll!(taken_back).is_pending());
        }
        assert!(poll!(&mut second).is_pending());
        let refused = send(&lasting, 4).await;
        assert!(matches!(
            refused,
            Err(Error::NotSent {
                source: SendError::TooManyKept { limit: 2 },
                ..
            })
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn kept_messages_wait_for_the_hooks_and_go_in_order() {
        let lasting = lasting(10);
        let mut first = std::pin::pin!(send(&lasting, 1));
        let mut second = std::pin::pin!(send(&lasting, 2));
        assert!(poll!(&mut first).is_pending());
        assert!(poll!(&mut second).is_pending());
        let link = link();
        let mut third = std::pin::pin!(send(&lasting, 3));
        assert!(poll!(&mut third).is_pending());
        lasting.connected(&link);
        assert!(poll!(&mut third).is_pending());
        assert!(poll!(&mut second).is_pending());
        first.await.unwrap();
        assert!(poll!(&mut third).is_pending());
        second.await.unwrap();
        third.await.unwrap();
        assert!(
            lasting
                .send_at_once::<Undeclared, _, _>(&"echo", &4_u8)
                .is_some()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn connection_that_is_lost_before_it_takes_a_kept_message_leaves_it_for_the_next() {
        let lasting = lasting(1);
        let mut kept = std::pin::pin!(send(&lasting, 1));
        assert!(poll!(&mut kept).is_pending());
        let lost = link();
        lost.finish(Close::new(CloseCode::ABNORMAL, ""));
        lasting.connected(&lost);
        assert!(poll!(&mut kept).is_pending());
        lasting.lost();
        assert!(poll!(&mut kept).is_pending());
        let next = link();
        lasting.connected(&next);
        kept.await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn client_that_gives_up_tells_those_whose_messages_were_kept() {
        let lasting = lasting(1);
        let mut kept = std::pin::pin!(send(&lasting, 1));
        assert!(poll!(&mut kept).is_pending());
        lasting.finish(Close::CONVERT_FAILED);
        assert!(matches!(kept.await, Err(Error::Closed(close)) if close == Close::CONVERT_FAILED));
        lasting.finish(Close::NORMAL);
        assert_eq!(lasting.closed().await, Close::CONVERT_FAILED);
    }
}
