//! No more messages than may come.

use std::{
    sync::{
        Mutex, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    around::{Around, Message, Next, Outcome},
    connection::Connection,
    error::Failure,
    link::{Bucket, RateId},
    route::Endpoint,
};

/// The longest time that counts: a rate for a longer one is one for this.
const LONGEST: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Lets no more messages pass than so many in a time, from each connection or from all of them together.
///
/// As many as that may come at once, and others as time passes: of `Rate::per_connection(10, Duration::from_secs(1))` ten, and then one
/// every 100 ms. Whatever the static is around counts together; for a rate of each route by itself there is a static for each. What is
/// refused fails with the code `rate` and with the seconds until one more may come, a float, as its data.
///
/// It is for what costs: the number of messages that a connection may send at all, which closes it, is
/// [`Limits::messages_per_second`](crate::Limits::messages_per_second).
///
/// ```
/// use std::time::Duration;
/// use highway::{CallError, Connection, guard::Rate, route};
///
/// #[highway::server]
/// struct Chat;
///
/// #[highway::around("search", on = Chat)]
/// static SEARCHES: Rate = Rate::per_connection(2, Duration::from_secs(1));
///
/// #[highway::around("search", on = Chat)]
/// static ALL_SEARCHES: Rate = Rate::overall(1_000, Duration::from_secs(1));
///
/// #[route("search")]
/// async fn search(text: String, _: Connection<Chat>) -> Vec<String> {
///     vec![text]
/// }
///
/// #[highway::client]
/// struct Me;
///
/// async fn find(me: Connection<Me>) -> highway::Result<Vec<String>> {
///     loop {
///         match me.call("search", "x").await {
///             Err(error) => match error.failure().and_then(Rate::retry_after) {
///                 Some(time) => tokio::time::sleep(time).await,
///                 None => return Err(error),
///             },
///             found => return found,
///         }
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Rate {
    count: u32,
    per: Duration,
    scope: Scope,
}

#[derive(Debug)]
enum Scope {
    Connection(OnceLock<RateId>),
    All(Mutex<Bucket>),
}

impl Rate {
    /// So many in this time from each connection.
    ///
    /// # Panics
    /// When the number or the time is 0; of a static that is an error of the compiler.
    pub const fn per_connection(count: u32, per: Duration) -> Self {
        Self::new(count, per, Scope::Connection(OnceLock::new()))
    }

    /// So many in this time from all connections of the process.
    ///
    /// # Panics
    /// When the number or the time is 0; of a static that is an error of the compiler.
    pub const fn overall(count: u32, per: Duration) -> Self {
        Self::new(count, per, Scope::All(Mutex::new(Bucket::FULL)))
    }

    const fn new(count: u32, per: Duration, scope: Scope) -> Self {
        assert!(count > 0, "a rate of 0 lets nothing pass");
        assert!(!per.is_zero(), "a rate has a time that is longer than 0");
        Self { count, per, scope }
    }

    /// The time until one more may come, of a failure by which a rate has refused one: also what a call has got.
    pub fn retry_after(failure: &Failure) -> Option<Duration> {
        let seconds = failure.data()?.as_f64()?;
        (failure.code() == Some("rate")).then(|| Duration::try_from_secs_f64(seconds).ok())?
    }

    /// Takes one off.
    ///
    /// # Errors
    /// When there is none, with the time until there is one.
    fn take<H: Endpoint + Send>(&self, connection: &Connection<H>) -> Result<(), Duration> {
        let now = Instant::now();
        let per = self.per.min(LONGEST);
        match &self.scope {
            Scope::Connection(id) => {
                let id = *id.get_or_init(next_id);
                connection.present().take_token(id, self.count, per, now)
            }
            Scope::All(bucket) => {
                let mut bucket = bucket.lock().unwrap_or_else(PoisonError::into_inner);
                bucket.take(self.count, per, now)
            }
        }
    }
}

/// A number that no other rate has.
fn next_id() -> RateId {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    RateId(NEXT.fetch_add(1, Ordering::Relaxed))
}

impl<H: Endpoint + Send> Around<Connection<H>> for Rate {
    async fn around(
        &self,
        message: &mut Message,
        connection: Connection<H>,
        next: Next<'_, Connection<H>>,
    ) -> Outcome {
        match self.take(&connection) {
            Ok(()) => next.run(message).await,
            Err(wait) => Failure::new("too many messages")
                .with_code("rate")
                .with_data(wait.as_secs_f64())
                .refusing()
                .into(),
        }
    }
}
