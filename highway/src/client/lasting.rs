//! The task that makes a client's connections, one after the other.

use std::{sync::Arc, time::Duration};

use tokio::{sync::oneshot, task::JoinHandle, time::Instant};

use super::{
    Client, NotOpened, Opened,
    reconnect::{Reconnect, is_unauthorized},
    url,
};
use crate::{
    connection::{Connection, Lasting, Reason, ReconnectAttempt, WeakConnection},
    deadline::{after, until},
    error::{ConnectError, Error, Result},
    handler::Handler,
    panics::Contained,
    route::ClientSide,
    trace::log,
    wire::{Close, CloseCode},
};

/// Connects, and stays connected as long as there is a handle.
pub(super) async fn start<H: Handler<Side = ClientSide>>(
    client: Client<H>,
    reconnect: Reconnect,
    url: &str,
) -> Result<(Connection<H>, JoinHandle<Close>)> {
    let meter = Arc::clone(&client.meter);
    let lasting = Arc::new(Lasting::new(reconnect.keep, meter));
    let connection = Connection::lasting(Arc::clone(&lasting), Arc::clone(&client.state));
    let (first, told) = oneshot::channel();
    let connecting = Connecting {
        client,
        reconnect,
        url: url.to_owned(),
        lasting,
        handle: connection.downgrade(),
        first: Some(first),
        attempt: 0,
        why: None,
        refreshed: false,
    };
    let task = tokio::spawn(connecting.run());
    match told.await {
        Ok(Ok(())) => Ok((connection, task)),
        Ok(Err(source)) => Err(Error::connect(url::shown(url), source)),
        // A hook closed the handle it was given, or panicked on the way.
        Err(_) => {
            let close = connection.closed().await;
            Err(Error::connect(url::shown(url), ConnectError::Closed(close)))
        }
    }
}

struct Connecting<H: Handler<Side = ClientSide>> {
    client: Client<H>,
    reconnect: Reconnect,
    url: String,
    lasting: Arc<Lasting>,
    handle: WeakConnection<H>,
    /// Whoever waits for the first connection.
    first: Option<oneshot::Sender<Result<(), ConnectError>>>,
    /// The number of the last attempt since there was a connection that lasted; the very first has none.
    attempt: u32,
    /// Why the last connection or attempt ended.
    why: Option<Reason>,
    /// Whether the attempt that is under way was made only as it could tell the server something fresh.
    refreshed: bool,
}

impl<H: Handler<Side = ClientSide>> Connecting<H> {
    async fn run(mut self) -> Close {
        // However it ends, those who wait learn of it.
        let ending = Ending(Arc::clone(&self.lasting));
        let close = loop {
            if let Some(close) = self.connect().await {
                break close;
            }
        };
        tracing::debug!(url = %url::shown(&self.url), %close, "the client is done");
        ending.0.finish(close.clone());
        close
    }

    /// One attempt, with the connection that comes of it, and the pause after it. Tells when it was the last.
    async fn connect(&mut self) -> Option<Close> {
        let opened = tokio::select! {
            biased;
            () = self.lasting.stopped() => return Some(self.stopped()),
            opened = self.client.open(&self.url, self.attempt, self.why.as_ref()) => opened,
        };
        let opened = match opened {
            Ok(opened) => self.greet(opened).await,
            Err(not) => Err(not),
        };
        let (why, connected_for) = match opened {
            Ok(opened) => {
                self.refreshed = false;
                let begun = Instant::now();
                let by_hand = opened.connection.clone();
                let why = Reason::Closed(self.stay(opened).await);
                if by_hand.is_closed_by_hand() || !self.reconnect.retries(&why, false) {
                    return why.close().cloned();
                }
                (why, Some(begun.elapsed()))
            }
            Err(_) if self.lasting.is_stopped() => return Some(self.stopped()),
            Err(NotOpened { source, by_hand }) => {
                let why = Arc::new(source);
                let reason = Reason::Failed(Arc::clone(&why));
                let fresh = self.client.prepare.is_some() && !self.refreshed;
                let last = by_hand
                    || self.first.is_some() && !self.reconnect.waits_for_server
                    || !self.reconnect.retries(&reason, fresh)
                    || !self
                        .reconnect
                        .allows(self.reconnect.next(self.attempt, None));
                if last {
                    drop(reason);
                    return Some(self.failed(why));
                }
                self.refreshed = is_unauthorized(&reason);
                (reason, None)
            }
        };
        self.attempt = self.reconnect.next(self.attempt, connected_for);
        if self.lasting.is_stopped() || !self.reconnect.allows(self.attempt) {
            return Some(match why {
                Reason::Closed(close) => close,
                Reason::Failed(_) => self.stopped(),
            });
        }
        self.why = Some(why.clone());
        let delay = self.reconnect.delay(self.attempt, &why, rand::random());
        self.pause(ReconnectAttempt {
            attempt: self.attempt,
            delay,
            why,
        })
        .await
    }

    /// Waits until a connection's `on(ready)` hooks are through. A client that is told to stop meanwhile closes it.
    async fn greet(&self, mut opened: Opened<H>) -> Result<Opened<H>, NotOpened> {
        let stopped = tokio::select! {
            biased;
            greeted = opened.greeted() => {
                greeted?;
                return Ok(opened);
            }
            () = self.lasting.stopped() => self.stopped(),
        };
        opened.connection.present().close(stopped);
        let close = opened.connection.closed().await;
        Err(ConnectError::Closed(close).into())
    }

    /// Waits until a connection has ended.
    async fn stay(&mut self, opened: Opened<H>) -> Close {
        let link = opened.connection.present();
        self.lasting.connected(&link);
        log!(info, link.id, url = %url::shown(&self.url), "connected");
        if let Some(first) = self.first.take() {
            // Who does not wait any more has dropped the handle as well.
            let _ = first.send(Ok(()));
        }
        let ended = opened.task.await;
        self.lasting.lost();
        match ended {
            Ok(close) => close,
            // It panicked; what was left of it has told the end.
            Err(_) => link.ended().await,
        }
    }

    /// Waits for the time of the next attempt, and tells the hooks of it. Tells when it does not come to that.
    async fn pause(&mut self, next: ReconnectAttempt) -> Option<Close> {
        tracing::info!(
            url = %url::shown(&self.url),
            attempt = next.attempt,
            delay = ?next.delay,
            why = %next.why,
            "reconnecting"
        );
        let delay = next.delay;
        self.client.meter.reconnects();
        self.lasting.reconnecting(next.clone());
        let time = self.client.limits.close_timeout;
        tokio::select! {
            biased;
            () = self.lasting.stopped() => Some(self.stopped()),
            _ = async { tokio::join!(tokio::time::sleep(delay), self.hooks(next, time)) } => None,
        }
    }

    async fn hooks(&self, next: ReconnectAttempt, time: Duration) {
        for hook in &H::registry().reconnecting {
            let Some(connection) = self.handle.upgrade() else {
                return;
            };
            let hook = Contained::new(hook(next.clone(), connection));
            match until(after(time), hook).await {
                Ok(Ok(Ok(()))) => {}
                Ok(Ok(Err(failure))) => tracing::error!(%failure, "on(reconnecting) failed"),
                Ok(Err(panic)) => {
                    tracing::error!(%panic, "on(reconnecting) panicked");
                }
                Err(_) => tracing::error!("on(reconnecting) took too long"),
            }
        }
    }

    /// What it ends with when it was told to stop in between two connections.
    fn stopped(&self) -> Close {
        self.lasting.wanted().unwrap_or(Close::new(
            CloseCode::GOING_AWAY,
            "the last handle was dropped",
        ))
    }

    /// What it ends with when it can't connect.
    fn failed(&mut self, error: Arc<ConnectError>) -> Close {
        let close = match &*error {
            ConnectError::Closed(close) => close.clone(),
            ConnectError::Contract(_) => Close::new(CloseCode::CONTRACT, error.to_string()),
            error => Close::new(CloseCode::ABNORMAL, format!("can't reconnect: {error}")),
        };
        let Some(first) = self.first.take() else {
            tracing::warn!(url = %url::shown(&self.url), %error, "can't reconnect");
            self.lasting.gave_up(Reason::Failed(error));
            return close;
        };
        // Whoever decides about attempts may have kept the error.
        let error = Arc::try_unwrap(error).unwrap_or_else(|_| ConnectError::Closed(close.clone()));
        let _ = first.send(Err(error));
        close
    }
}

struct Ending(Arc<Lasting>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.finish(Close::new(
            CloseCode::ABNORMAL,
            "the client's task was dropped",
        ));
    }
}
