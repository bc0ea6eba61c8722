//! Routes that end in time.

use std::time::Duration;

use crate::{
    around::{Around, Message, Next, Outcome},
    connection::Connection,
    deadline::{after, until},
    error::Failure,
    route::Endpoint,
};

/// Ends routes that take too long: the route is dropped where it waits, and has failed with the code `timeout`.
///
/// The time is that of the route's function, without the items of a stream that it returns. It does not end a function that never waits:
/// the task of the connection is busy with it then.
///
/// ```
/// use std::time::Duration;
/// use highway::guard::TimeLimit;
///
/// #[highway::server]
/// struct Chat;
///
/// #[highway::around(on = Chat)]
/// static IN_TIME: TimeLimit = TimeLimit::new(Duration::from_secs(5));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct TimeLimit(Duration);

impl TimeLimit {
    /// Gives routes this long. [`Duration::MAX`] is without an end.
    pub const fn new(limit: Duration) -> Self {
        Self(limit)
    }
}

impl<H: Endpoint + Send> Around<Connection<H>> for TimeLimit {
    async fn around(
        &self,
        message: &mut Message,
        _: Connection<H>,
        next: Next<'_, Connection<H>>,
    ) -> Outcome {
        let outcome = until(after(self.0), next.run(message)).await;
        outcome.unwrap_or_else(|_| {
            Failure::new(format!("took longer than {:?}", self.0))
                .with_code("timeout")
                .into()
        })
    }
}
