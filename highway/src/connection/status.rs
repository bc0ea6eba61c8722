//! The status of a connection, and how it changes.

use std::{fmt, sync::Arc, time::Duration};

use tokio::sync::watch;

use crate::{error::ConnectError, link::Link, wire::Close};

/// The status of a connection, from [`Connection::status`](crate::Connection::status).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Status {
    /// A client waits for its first connection.
    Connecting,
    /// There is a connection, and its `on(ready)` hooks are through.
    Connected,
    /// The connection is lost, and a client makes it again.
    Reconnecting(ReconnectAttempt),
    /// The connection is over for good.
    Closed(Close),
}

/// An attempt to connect again that lies ahead, or is under way.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReconnectAttempt {
    /// Its number, from 1, since there was a connection that lasted.
    pub attempt: u32,
    /// The time from the failure to the attempt.
    pub delay: Duration,
    /// Why it is needed.
    pub why: Reason,
}

/// Why a client has to connect again, or has given that up.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Reason {
    /// The connection closed.
    Closed(Close),
    /// The attempt before failed.
    Failed(Arc<ConnectError>),
}

impl Reason {
    /// The close, if the reason is one.
    pub fn close(&self) -> Option<&Close> {
        match self {
            Self::Closed(close) => Some(close),
            Self::Failed(error) => match &**error {
                ConnectError::Closed(close) => Some(close),
                _ => None,
            },
        }
    }

    /// The time after which the server asked the client to reconnect, in its close or in its answer to the attempt.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Failed(error) => match &**error {
                ConnectError::Refused { retry_after, .. } => *retry_after,
                _ => self.close()?.retry_after(),
            },
            Self::Closed(close) => close.retry_after(),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed(close) => write!(f, "the connection was closed with {close}"),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

/// The changes of a connection's [`Status`], from
/// [`Connection::status_changes`](crate::Connection::status_changes).
#[derive(Debug)]
pub struct StatusChanges(Changes);

#[derive(Debug)]
enum Changes {
    Lasting(watch::Receiver<Status>),
    Link(Arc<Link>),
    Over,
}

impl StatusChanges {
    pub(super) fn of_link(link: Arc<Link>) -> Self {
        Self(Changes::Link(link))
    }

    pub(super) fn of_lasting(changes: watch::Receiver<Status>) -> Self {
        Self(Changes::Lasting(changes))
    }

    /// Waits for the next change, and returns the status after it; `None` after [`Status::Closed`]. Of changes in
    /// quick succession only the last is seen. Cancelling the wait loses nothing.
    pub async fn next(&mut self) -> Option<Status> {
        let status = match &mut self.0 {
            Changes::Lasting(status) => {
                // The sender is gone only after it told the end.
                status.changed().await.ok()?;
                status.borrow_and_update().clone()
            }
            Changes::Link(link) => Status::Closed(link.ended().await),
            Changes::Over => return None,
        };
        if matches!(status, Status::Closed(_)) {
            self.0 = Changes::Over;
        }
        Some(status)
    }
}
