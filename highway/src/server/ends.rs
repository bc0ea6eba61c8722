//! How the parts of a server learn of its end.

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// By what a server's end is known.
#[derive(Clone)]
pub(super) struct Ends {
    /// One for each connection.
    pub(super) connections: TaskTracker,
    /// Cancelled when the server shuts down.
    pub(super) stop: CancellationToken,
    /// Cancelled when the time for that is up.
    pub(super) cut: CancellationToken,
    /// Cancelled when the shutdown is over.
    pub(super) over: CancellationToken,
}

impl Ends {
    pub(super) fn new() -> Self {
        let cut = CancellationToken::new();
        Self {
            connections: TaskTracker::new(),
            stop: cut.child_token(),
            cut,
            over: CancellationToken::new(),
        }
    }
}
