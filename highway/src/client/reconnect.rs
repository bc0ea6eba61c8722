//! Whether to connect again, and when.

use std::{fmt, sync::Arc, time::Duration};

use http::StatusCode;
use tokio::sync::Semaphore;

use crate::{
    connection::{Keep, Reason},
    error::{CallError, ConnectError, Error, PipeError, SendError},
    route::Failure,
    wire::{Close, CloseCode},
};

/// The longest time that [`Reconnect::max_delay`] takes.
const LONGEST_DELAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What doubling a delay begins with at least: twice nothing would be nothing.
const LEAST_DELAY: Duration = Duration::from_millis(1);

type Decide = dyn Fn(&Reason) -> bool + Send + Sync;

/// How a client stays connected, for [`Client::reconnect`](super::Client::reconnect).
///
/// Before attempt n it waits for a random time between 0 and `first_delay` · 2ⁿ⁻¹, and `max_delay` at most ("full
/// jitter"), so that clients that lost their connections together don't reconnect together. The numbers start again after
/// a connection that lasted. No attempt is made before the time that the server gave last, up to 10 minutes
/// ([`Close::MAX_RETRY_AFTER`]): with its close ([`Close::retry_after`]), or with `Retry-After` in seconds in an answer 429
/// or 503. An attempt with number 1 is made at the time of the close, as the server gave each client a different one; in all
/// other cases the random time is added to it.
///
/// The end of a connection or an attempt decides whether there is another attempt; [`retry_if`](Self::retry_if) decides
/// otherwise. These lead to one:
///
/// | close | |
/// | --- | --- |
/// | 1001 | the server goes away, or restarts |
/// | 1006 | the connection was lost |
/// | 1011 | a route failed, on either side |
/// | 1012, 1013, 1014 | the server restarts, is overloaded, or did not reach what is behind it |
/// | 3003 `Invalid state` | the routes were not exchanged in time |
///
/// All other closes end it: 1000 and a close without a code (1005) mean that the work is done; after 1002, 1003, 1007, 1009,
/// 1010, 3001 and 3002 the next connection would end the same way; 1008 and other codes from 3000 to 3999 are refusals; and
/// what 4000 to 4999 mean only the application knows. A close by this side ends it too.
///
/// | failure of an attempt | another attempt |
/// | --- | --- |
/// | the URL can't be connected to | never |
/// | [`Io`](ConnectError::Io), [`Tls`](ConnectError::Tls), [`Upgrade`](ConnectError::Upgrade), [`Timeout`](ConnectError::Timeout) | yes |
/// | an answer from 300 to 499, such as 401, 403, 404, 426 | no |
/// | 408, 425, 429, and all other statuses | yes |
/// | 401 to a client with [`prepare`](super::Client::prepare) | one, with a fresh token; a second 401 in a row ends it |
/// | [`Prepare`](ConnectError::Prepare) | yes, unless its failure [says](crate::Failure::with_retry) otherwise |
/// | [`Ready`](ConnectError::Ready) | no, unless its failure says otherwise, or comes of a call that timed out, was cancelled or could not be made |
/// | [`Closed`](ConnectError::Closed), [`Contract`](ConnectError::Contract) | as the table of closes says; `Contract` is 3004 |
///
/// The end is returned by [`Connection::reason`](crate::Connection::reason), and is the error of a
/// [`connect`](super::Client::connect) that still waits.
///
/// ```no_run
/// use std::time::Duration;
/// use highway::client::Reconnect;
///
/// #[highway::client]
/// struct Me;
///
/// #[highway::on(reconnecting, on = Me)]
/// async fn away(attempt: highway::connection::ReconnectAttempt) {
///     println!("{}; attempt {} in {:?}", attempt.why, attempt.attempt, attempt.delay);
/// }
///
/// #[tokio::main]
/// async fn main() -> highway::Result {
///     let me = Me::client()
///         .reconnect(
///             Reconnect::default()
///                 .wait_for_server(true)
///                 .keep(1000, Duration::from_secs(60))
///                 .retry_if(|why| {
///                     why.close().is_some_and(|close| close.code() == 4001) || Reconnect::is_temporary(why)
///                 }),
///         )
///         .connect("ws://127.0.0.1:1337")
///         .await?;
///     me.send("echo", "waits for the next connection if there is none").await?;
///     me.closed().await;
///     Ok(())
/// }
/// ```
#[derive(Clone)]
#[must_use = "it does nothing until it is given to a client: `.reconnect(…)`"]
pub struct Reconnect {
    first_delay: Duration,
    max_delay: Duration,
    lasted: Duration,
    attempts: Option<u32>,
    pub(super) waits_for_server: bool,
    pub(super) keep: Option<Keep>,
    retry_if: Option<Arc<Decide>>,
}

impl Default for Reconnect {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_millis(500),
            max_delay: Duration::from_secs(30),
            lasted: Duration::from_secs(30),
            attempts: None,
            waits_for_server: false,
            keep: None,
            retry_if: None,
        }
    }
}

impl fmt::Debug for Reconnect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reconnect")
            .field("first_delay", &self.first_delay)
            .field("max_delay", &self.max_delay)
            .field("lasted", &self.lasted)
            .field("attempts", &self.attempts)
            .field("waits_for_server", &self.waits_for_server)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

impl Reconnect {
    /// The longest delay before the first attempt; each further attempt's is twice the one before: 0.5 s. With 0 the first attempt is
    /// made at once, and those after it as if this was 1 ms.
    pub fn first_delay(mut self, delay: Duration) -> Self {
        self.first_delay = delay;
        self
    }

    /// The longest delay before any attempt, and never more than a day: 30 s. With 0 attempts follow each other without a pause.
    pub fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay.min(LONGEST_DELAY);
        self
    }

    /// The time after which a connection counts as one that lasted, so that attempts are counted again from 1: 30 s. With 0 every connection
    /// does, with [`Duration::MAX`] no connection.
    pub fn lasted_after(mut self, time: Duration) -> Self {
        self.lasted = time;
        self
    }

    /// The attempts since there was a connection that lasted, after which the client gives up: no limit. With 0 it
    /// never connects again.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = Some(attempts);
        self
    }

    /// Lets [`connect`](super::Client::connect) wait for a server that does not work yet, and retry as later on (default: off, so that
    /// it fails when the first attempt does).
    pub fn wait_for_server(mut self, on: bool) -> Self {
        self.waits_for_server = on;
        self
    }

    /// Keeps messages while there is no connection: a `send` on the client's handle then waits for the next one, behind
    /// those that wait already and behind what `on(ready)` hooks send. Its result is the outcome of the message: sent,
    /// [`Expired`](crate::SendError::Expired) when it has waited for `age`, [`Closed`](crate::Error::Closed) when the client
    /// gave up. A `send` beyond `messages` that wait fails with [`TooManyKept`](crate::SendError::TooManyKept). Without `keep`, which is
    /// the default, all fail with [`Disconnected`](crate::Error::Disconnected) while there is no connection; with 0 for `messages`
    /// none is kept, with 0 for `age` none outlasts a moment without a connection, and with [`Duration::MAX`] they wait as long as
    /// the client does.
    ///
    /// Dropping a `send` that waits takes its message back. As always, a message that is sent may be lost with its
    /// connection.
    pub fn keep(mut self, messages: usize, age: Duration) -> Self {
        // A semaphore counts those that wait, and panics where it is to count further than that.
        let messages = messages.min(Semaphore::MAX_PERMITS);
        self.keep = Some(Keep { messages, age });
        self
    }

    /// Decides after which closes and failures the client reconnects, in place of [`is_temporary`](Self::is_temporary). It is not called for a close
    /// by this side and for a URL that can't be connected to, which end the client.
    pub fn retry_if(mut self, decide: impl Fn(&Reason) -> bool + Send + Sync + 'static) -> Self {
        self.retry_if = Some(Arc::new(decide));
        self
    }

    /// Whether a close or a failed attempt is one of those after which another attempt is made by default.
    pub fn is_temporary(why: &Reason) -> bool {
        match why {
            Reason::Closed(close) => is_temporary(close),
            Reason::Failed(error) => match &**error {
                ConnectError::Url(_) | ConnectError::Contract(_) => false,
                ConnectError::Refused { status, .. } => {
                    !(status.is_success() || status.is_redirection() || status.is_client_error())
                        || *status == StatusCode::REQUEST_TIMEOUT
                        || *status == StatusCode::TOO_EARLY
                        || *status == StatusCode::TOO_MANY_REQUESTS
                }
                ConnectError::Closed(close) => is_temporary(close),
                ConnectError::Prepare { failure } => failure.retry().unwrap_or(true),
                ConnectError::Ready { failure } => failure
                    .retry()
                    .unwrap_or_else(|| comes_of_the_connection(failure)),
                ConnectError::Io(_)
                | ConnectError::Tls(_)
                | ConnectError::Upgrade(_)
                | ConnectError::Timeout => true,
            },
        }
    }

    /// Whether there is another attempt; `fresh` where it could tell the server something else than the one before.
    pub(super) fn retries(&self, why: &Reason, fresh: bool) -> bool {
        if let Reason::Failed(error) = why
            && matches!(**error, ConnectError::Url(_))
        {
            return false;
        }
        match &self.retry_if {
            Some(decide) => decide(why),
            None => Self::is_temporary(why) || fresh && is_unauthorized(why),
        }
    }

    /// Whether an attempt with this number is made at all.
    pub(super) fn allows(&self, attempt: u32) -> bool {
        self.attempts.is_none_or(|attempts| attempt <= attempts)
    }

    /// The number of the attempt after `failed` that had no connection that lasted, with what came of the last one.
    pub(super) fn next(&self, failed: u32, connected_for: Option<Duration>) -> u32 {
        match connected_for {
            Some(time) if time >= self.lasted => 1,
            _ => failed.saturating_add(1),
        }
    }

    /// The time to wait before an attempt, 1 being the first; `random` is from 0 to 1.
    pub(super) fn delay(&self, attempt: u32, why: &Reason, random: f64) -> Duration {
        let doublings = attempt.saturating_sub(1);
        let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
        let first = match doublings {
            0 => self.first_delay,
            _ => self.first_delay.max(LEAST_DELAY),
        };
        let most = first.saturating_mul(factor).min(self.max_delay);
        let own = most.mul_f64(random.clamp(0.0, 1.0));
        match why.retry_after() {
            None => own,
            // The server told each of its clients another time.
            Some(told) if attempt <= 1 && why.close().is_some() => told,
            // One that refuses may tell all the same, and one that keeps calling back only to hang up is not called
            // faster than others.
            Some(told) => told.saturating_add(own),
        }
    }
}

fn is_temporary(close: &Close) -> bool {
    let code = close.code();
    code == CloseCode::GOING_AWAY
        || code == CloseCode::ABNORMAL
        || code == CloseCode::INTERNAL_ERROR
        || matches!(code.0, 1012..=1014)
        // The code alone is registered as "Forbidden".
        || *close == Close::INVALID_STATE
}

/// Whether the server wants to know who connects.
pub(super) fn is_unauthorized(why: &Reason) -> bool {
    let Reason::Failed(error) = why else {
        return false;
    };
    matches!(**error, ConnectError::Refused { status, .. } if status == StatusCode::UNAUTHORIZED)
}

/// Whether a hook failed for what happened to its connection, and not for what the server or the program decided.
fn comes_of_the_connection(failure: &Failure) -> bool {
    let error = failure.source().and_then(|error| error.downcast_ref());
    matches!(
        error,
        Some(
            Error::Closed(_)
                | Error::Disconnected(_)
                | Error::NotSent {
                    source: SendError::TimedOut { .. } | SendError::OutboxFull { .. },
                    ..
                }
                | Error::Call {
                    source: CallError::TimedOut { .. }
                        | CallError::Cancelled
                        | CallError::RouteBroken { .. }
                        | CallError::Busy
                        | CallError::TooMany { .. },
                    ..
                }
                | Error::Pipe {
                    source: PipeError::TimedOut { .. }
                        | PipeError::Cancelled
                        | PipeError::TooMany { .. },
                    ..
                }
        )
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::connection::Lasting;

    fn refusal(status: StatusCode, retry_after: Option<Duration>) -> ConnectError {
        ConnectError::Refused {
            status,
            body: String::new(),
            retry_after,
        }
    }

    fn lost() -> Reason {
        Reason::Closed(Close::new(CloseCode::ABNORMAL, ""))
    }

    #[track_caller]
    fn check_delay(attempt: u32, why: &Reason, random: f64, millis: u64) {
        let delay = Reconnect::default().delay(attempt, why, random);
        assert_eq!(delay, Duration::from_millis(millis));
    }

    #[test]
    fn delays_double_up_to_the_limit() {
        check_delay(1, &lost(), 1.0, 500);
        check_delay(2, &lost(), 1.0, 1000);
        check_delay(3, &lost(), 0.25, 500);
        check_delay(6, &lost(), 1.0, 16_000);
        check_delay(7, &lost(), 1.0, 30_000);
        check_delay(33, &lost(), 1.0, 30_000);
        check_delay(u32::MAX, &lost(), 0.5, 15_000);
        check_delay(5, &lost(), 0.0, 0);
    }

    #[test]
    fn no_first_delay_grows_all_the_same() {
        let reconnect = Reconnect::default().first_delay(Duration::ZERO);
        let millis = |attempt| reconnect.delay(attempt, &lost(), 1.0).as_millis();
        assert_eq!([1, 2, 3, 11, 60].map(millis), [0, 2, 4, 1024, 30_000]);
        let none = reconnect.max_delay(Duration::ZERO);
        assert_eq!(none.delay(60, &lost(), 1.0), Duration::ZERO);
    }

    #[test]
    fn server_that_says_when_to_come_back_is_taken_at_its_word_unless_it_repeats_itself() {
        let hint = Close::shutting_down(Duration::from_millis(1234));
        check_delay(1, &Reason::Closed(hint.clone()), 0.9, 1234);
        let failed = Reason::Failed(Arc::new(ConnectError::Closed(hint)));
        check_delay(1, &failed, 0.9, 1234);
        check_delay(2, &failed, 0.5, 1234 + 500);
    }

    #[test]
    fn answer_that_says_when_to_come_back_is_spread_as_well() {
        let refused = Reason::Failed(Arc::new(refusal(
            StatusCode::SERVICE_UNAVAILABLE,
            Some(Duration::from_secs(7)),
        )));
        check_delay(1, &refused, 0.0, 7000);
        check_delay(1, &refused, 0.5, 7000 + 250);
        check_delay(3, &refused, 1.0, 7000 + 2000);
    }

    #[test]
    fn attempts_count_anew_after_a_connection_that_lasted() {
        let reconnect = Reconnect::default().lasted_after(Duration::from_secs(5));
        assert_eq!(reconnect.next(0, None), 1);
        assert_eq!(reconnect.next(3, None), 4);
        assert_eq!(reconnect.next(3, Some(Duration::from_millis(4999))), 4);
        assert_eq!(reconnect.next(3, Some(Duration::from_secs(5))), 1);
        assert_eq!(reconnect.next(u32::MAX, None), u32::MAX);
    }

    #[test]
    fn attempts_end_where_they_are_limited() {
        assert!(Reconnect::default().allows(u32::MAX));
        assert!(Reconnect::default().attempts(2).allows(2));
        assert!(!Reconnect::default().attempts(2).allows(3));
        assert!(!Reconnect::default().attempts(0).allows(1));
    }

    #[test]
    fn closes_that_may_pass_are_retried_and_no_others() {
        let retried: Vec<u16> = (0..=u16::MAX)
            .filter(|&code| retries(&Reconnect::default(), Close::new(CloseCode(code), "")))
            .collect();
        assert_eq!(retried, [1001, 1006, 1011, 1012, 1013, 1014]);
        assert!(retries(&Reconnect::default(), Close::INVALID_STATE));
        let application = Reconnect::default()
            .retry_if(|why| why.close().is_some_and(|close| close.code() == 4001));
        assert!(retries(&application, Close::new(CloseCode(4001), "")));
        assert!(!retries(&application, Close::GOING_AWAY));
    }

    fn retries(reconnect: &Reconnect, close: Close) -> bool {
        reconnect.retries(&Reason::Closed(close), false)
    }

    fn failed(error: ConnectError) -> Reason {
        Reason::Failed(Arc::new(error))
    }

    #[test]
    fn failures_that_may_pass_are_retried_and_no_others() {
        #[track_caller]
        fn check(error: ConnectError, retried: bool) {
            let why = failed(error);
            assert_eq!(Reconnect::default().retries(&why, false), retried, "{why}");
            assert_eq!(Reconnect::is_temporary(&why), retried, "{why}");
        }
        check(ConnectError::Url("x".to_owned()), false);
        check(ConnectError::Timeout, true);
        check(ConnectError::Upgrade("x".to_owned()), true);
        check(ConnectError::Io(std::io::ErrorKind::Other.into()), true);
        check(ConnectError::Tls(std::io::ErrorKind::Other.into()), true);
        check(ConnectError::Closed(Close::GOING_AWAY), true);
        check(ConnectError::Closed(Close::INVALID_ROUTES), false);
        check(ConnectError::Contract(Vec::new()), false);
        let prepare = |failure| ConnectError::Prepare { failure };
        check(prepare(Failure::new("x")), true);
        check(prepare(Failure::new("x").with_retry(false)), false);
        let ready = |failure| ConnectError::Ready { failure };
        check(ready(Failure::new("x")), false);
        check(ready(Failure::new("x").with_retry(true)), true);
        let refused = Error::Call {
            route: "login".to_owned(),
            source: CallError::Refused {
                failure: Failure::new("x"),
            },
        };
        check(ready(refused.into()), false);
        let late = || Error::Call {
            route: "login".to_owned(),
            source: CallError::TimedOut {
                after: Duration::ZERO,
            },
        };
        check(ready(late().into()), true);
        check(ready(Failure::from(late()).with_retry(false)), false);
        check(ready(Error::Closed(Close::GOING_AWAY).into()), true);
        let pipe = |source| {
            let to = 7.into();
            ready(Error::Pipe { to, source }.into())
        };
        let after = Duration::ZERO;
        check(pipe(PipeError::TimedOut { after }), true);
        check(pipe(PipeError::Cancelled), true);
        check(pipe(PipeError::TooMany { limit: 1 }), true);
        check(pipe(PipeError::Unsupported), false);
        let failure = Failure::new("x");
        check(pipe(PipeError::Refused { failure }), false);
        for (status, retried) in [
            (StatusCode::OK, false),
            (StatusCode::FOUND, false),
            (StatusCode::UNAUTHORIZED, false),
            (StatusCode::NOT_FOUND, false),
            (StatusCode::REQUEST_TIMEOUT, true),
            (StatusCode::TOO_EARLY, true),
            (StatusCode::TOO_MANY_REQUESTS, true),
            (StatusCode::BAD_GATEWAY, true),
            (StatusCode::SERVICE_UNAVAILABLE, true),
        ] {
            check(refusal(status, None), retried);
        }
    }

    #[test]
    fn what_can_tell_something_fresh_is_tried_once_more() {
        let unauthorized = failed(refusal(StatusCode::UNAUTHORIZED, None));
        let forbidden = failed(refusal(StatusCode::FORBIDDEN, None));
        let default = Reconnect::default();
        assert!(default.retries(&unauthorized, true));
        assert!(!default.retries(&unauthorized, false));
        assert!(!default.retries(&forbidden, true));
        let never = Reconnect::default().retry_if(|_| false);
        assert!(!never.retries(&unauthorized, true));
        let always = Reconnect::default().retry_if(|_| true);
        assert!(always.retries(&forbidden, false));
        assert!(!always.retries(&failed(ConnectError::Url("x".to_owned())), false));
    }

    #[test]
    fn as_many_messages_are_kept_as_can_be_counted() {
        let keep = Reconnect::default().keep(usize::MAX, Duration::MAX).keep;
        assert_eq!(keep.map(|keep| keep.messages), Some(Semaphore::MAX_PERMITS));
        // It would panic if they were more.
        Lasting::new(keep, Arc::default());
    }

    fn duration() -> impl Strategy<Value = Duration> {
        prop_oneof![
            (0..120_000_u64).prop_map(Duration::from_millis),
            any::<(u64, u32)>()
                .prop_map(|(seconds, nanos)| Duration::new(seconds, nanos % 1_000_000_000)),
        ]
    }

    proptest! {
        #[test]
        fn delay_is_never_over_its_limits_and_grows_with_the_attempts(
            first in duration(),
            most in duration(),
            attempt in any::<u32>(),
            random in 0.0..1.0_f64,
        ) {
            let reconnect = Reconnect::default().first_delay(first).max_delay(most);
            let delay = reconnect.delay(attempt, &lost(), random);
            prop_assert!(delay <= most);
            prop_assert!(delay <= LONGEST_DELAY);
            if attempt <= 1 {
                prop_assert!(delay <= first);
            }
            prop_assert!(delay <= reconnect.delay(attempt.saturating_add(1), &lost(), random));
            prop_assert!(delay <= reconnect.delay(attempt, &lost(), 1.0));
        }

        #[test]
        fn jitter_is_over_the_whole_time(attempt in 1..100_u32) {
            let reconnect = Reconnect::default();
            let most = reconnect.delay(attempt, &lost(), 1.0);
            for part in 0..=10 {
                let share = f64::from(part) / 10.0;
                let delay = reconnect.delay(attempt, &lost(), share).as_secs_f64();
                prop_assert!((delay - most.as_secs_f64() * share).abs() < 1e-6);
            }
        }

        #[test]
        fn told_times_are_waited_for_in_full(
            attempt in any::<u32>(),
            told in 0..10_000_000_u64,
            random in 0.0..1.0_f64,
        ) {
            let close = Close::shutting_down(Duration::from_millis(told));
            let delay = Reconnect::default().delay(attempt, &Reason::Closed(close), random);
            let told = Duration::from_millis(told).min(Close::MAX_RETRY_AFTER);
            prop_assert!(delay >= told);
            prop_assert!(delay <= told + Duration::from_secs(30));
        }
    }
}
