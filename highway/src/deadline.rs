//! Deadlines: moments to come, however far away, and timers that wait for them. Times are added to the clock here only.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll, Waker, ready},
    time::Duration,
};

use tokio::{
    task::unconstrained,
    time::{Instant, Sleep},
};

/// What counts as never: thirty years, which no process sees the end of, and which the clock of every system can still tell.
const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// The moment when `time` has passed. [`Duration::MAX`], and whatever else is too far away for a clock, is never.
pub(crate) fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time.min(NEVER)).unwrap_or(now)
}

/// The time that something has once it is first waited for.
#[derive(Debug)]
pub(crate) struct Patience {
    time: Duration,
    /// It is up then, once there was a wait.
    by: Option<Instant>,
    timer: Timer,
}

impl Patience {
    pub(crate) fn new(time: Duration) -> Self {
        Self {
            time,
            by: None,
            timer: Timer::default(),
        }
    }

    /// Sets another time, which begins anew.
    pub(crate) fn set(&mut self, time: Duration) {
        self.time = time;
        self.by = None;
    }

    /// Whether the time runs already.
    pub(crate) fn has_begun(&self) -> bool {
        self.by.is_some()
    }

    pub(crate) fn time(&self) -> Duration {
        self.time
    }

    /// Whether the time is never up.
    pub(crate) fn is_endless(&self) -> bool {
        self.time == Duration::MAX
    }

    /// Ready when the time is up, with how long it was. To be called in a tokio runtime, unless it is endless.
    pub(crate) fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<Duration> {
        let time = self.time;
        if self.is_endless() {
            return Poll::Pending;
        }
        let by = *self.by.get_or_insert_with(|| after(time));
        self.timer.poll(cx, Some(by)).map(|()| time)
    }
}

/// How much later than set a timer may fire: one that is later shows that the process did not run meanwhile.
const LATE: Duration = Duration::from_millis(20);

/// The time for what came while the process did not run.
const GRACE: Duration = Duration::from_millis(250);

/// A timer for the next of several deadlines, made when the first is set.
///
/// A process that was stopped (a laptop asleep, a container that was frozen) or kept busy finds its timers over, and what its
/// peers sent in time unread. So a timer that fires late waits once more for a moment, in which that is read. It does so once for
/// each deadline: a peer that never stops sending holds nothing up.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    /// The task that the sleep wakes.
    waker: Option<Waker>,
    /// The last deadline whose time had come, and when it has passed: a moment later where that was found late.
    last: Option<(Instant, Instant)>,
}

impl Timer {
    /// Ready when the deadline has passed. `None` never comes.
    ///
    /// It is not subject to tokio's budget: the task can't be kept from its deadlines.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, by: Option<Instant>) -> Poll<()> {
        let Some(by) = by else {
            *self = Self::default();
            return Poll::Pending;
        };
        loop {
            let last = self.last.filter(|(of, _)| *of == by);
            let at = last.map_or(by, |(_, passed)| passed);
            if let Some(sleep) = &self.sleep
                && sleep.deadline() == at
                && !sleep.is_elapsed()
                && self
                    .waker
                    .as_ref()
                    .is_some_and(|waker| waker.will_wake(cx.waker()))
            {
                // It was polled when it was set.
                return Poll::Pending;
            }
            match &mut self.waker {
                Some(waker) => waker.clone_from(cx.waker()),
                waker => *waker = Some(cx.waker().clone()),
            }
            let sleep = self
                .sleep
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
            if sleep.deadline() != at {
                sleep.as_mut().reset(at);
            }
            ready!(pin!(unconstrained(sleep.as_mut())).poll(cx));
            if last.is_some() {
                return Poll::Ready(());
            }
            let is_late = by.elapsed() >= LATE;
            self.last = Some((by, if is_late { after(GRACE) } else { by }));
        }
    }
}

/// Waits for a future until a deadline. What came in time counts, though the process did not run then.
///
/// # Errors
/// When the deadline has passed.
pub(crate) async fn until<T>(by: Instant, future: impl Future<Output = T>) -> Result<T, Passed> {
    let mut future = pin!(future);
    let mut timer = Timer::default();
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending => timer.poll(cx, Some(by)).map(|()| Err(Passed)),
    })
    .await
}

/// A deadline has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Passed;

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn any_time_has_an_end_that_the_timer_takes() {
        for time in [Duration::ZERO, Duration::from_secs(1), NEVER, Duration::MAX] {
            let at = after(time);
            assert_eq!(at - Instant::now(), time.min(NEVER));
            let sleep = tokio::time::sleep_until(at);
            tokio::pin!(sleep);
            let is_over = futures_util::poll!(&mut sleep).is_ready();
            assert_eq!(is_over, time.is_zero());
        }
    }

    async fn due(timer: &mut Timer, by: Instant) -> bool {
        futures_util::poll!(poll_fn(|cx| timer.poll(cx, Some(by)))).is_ready()
    }

    #[tokio::test(start_paused = true)]
    async fn timer_that_fires_in_time_is_over_at_once() {
        let mut timer = Timer::default();
        let by = after(Duration::from_secs(1));
        poll_fn(|cx| timer.poll(cx, Some(by))).await;
        assert_eq!(Instant::now(), by);
        // Another deadline, with the same timer.
        let by = after(Duration::from_secs(1));
        assert!(!due(&mut timer, by).await);
        assert!(
            timer
                .poll(&mut Context::from_waker(Waker::noop()), None)
                .is_pending()
        );
    }

    /// Waits on paused time for somebody who may not be woken.
    async fn woken<T>(poll: impl FnMut(&mut Context<'_>) -> Poll<T>) -> T {
        let woken = tokio::time::timeout(Duration::from_secs(60), poll_fn(poll)).await;
        woken.expect("the task is woken in time")
    }

    #[tokio::test(start_paused = true)]
    async fn timer_wakes_the_task_that_has_polled_it_last() {
        let nobody = &mut Context::from_waker(Waker::noop());
        let mut timer = Timer::default();
        let by = after(Duration::from_secs(1));
        assert!(timer.poll(nobody, Some(by)).is_pending());
        woken(|cx| timer.poll(cx, Some(by))).await;
        assert_eq!(Instant::now(), by);

        // Once more while it waits for what came late.
        let by = after(Duration::from_secs(1));
        assert!(timer.poll(nobody, Some(by)).is_pending());
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(timer.poll(nobody, Some(by)).is_pending());
        woken(|cx| timer.poll(cx, Some(by))).await;
        assert_eq!(by.elapsed(), Duration::from_secs(4) + GRACE);
    }

    #[tokio::test(start_paused = true)]
    async fn patience_that_is_set_again_begins_anew() {
        let begun = Instant::now();
        let mut patience = Patience::new(Duration::from_secs(1));
        assert!(!patience.has_begun());
        assert!(futures_util::poll!(poll_fn(|cx| patience.poll_over(cx))).is_pending());
        assert!(patience.has_begun());
        patience.set(Duration::from_secs(3));
        assert!(!patience.has_begun());
        tokio::time::advance(Duration::from_millis(500)).await;
        let time = woken(|cx| patience.poll_over(cx)).await;
        assert_eq!(time, Duration::from_secs(3));
        assert_eq!(begun.elapsed(), Duration::from_millis(3500));
    }

    #[tokio::test(start_paused = true)]
    async fn timer_that_fires_late_waits_once_for_what_came_meanwhile() {
        let mut timer = Timer::default();
        let by = after(Duration::from_secs(1));
        assert!(!due(&mut timer, by).await);
        tokio::time::advance(Duration::from_secs(5)).await;
        let late = Instant::now();
        assert!(!due(&mut timer, by).await);
        poll_fn(|cx| timer.poll(cx, Some(by))).await;
        assert_eq!(late.elapsed(), GRACE);
        // What has passed has passed, whenever it is asked again.
        for _ in 0..3 {
            tokio::time::advance(Duration::from_secs(5)).await;
            assert!(due(&mut timer, by).await);
        }
        // Another one is waited for by itself.
        let by = after(Duration::from_secs(1));
        assert!(!due(&mut timer, by).await);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(!due(&mut timer, by).await);
    }

    #[tokio::test(start_paused = true)]
    async fn deadline_that_is_put_off_meanwhile_is_due_in_its_time() {
        let mut timer = Timer::default();
        let by = after(Duration::from_secs(1));
        assert!(!due(&mut timer, by).await);
        tokio::time::advance(Duration::from_secs(5)).await;
        assert!(!due(&mut timer, by).await);
        let by = after(Duration::from_secs(7));
        poll_fn(|cx| timer.poll(cx, Some(by))).await;
        assert_eq!(Instant::now(), by);
    }

    #[tokio::test]
    async fn timer_is_over_and_set_though_the_task_has_spent_its_budget() {
        use tokio::task::coop;

        let mut timer = Timer::default();
        let soon = after(Duration::from_millis(5));
        while coop::has_budget_remaining() {
            coop::consume_budget().await;
        }
        // If it were not set, nothing would wake the task.
        assert!(!due(&mut timer, soon).await);
        poll_fn(|cx| timer.poll(cx, Some(soon))).await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_there_counts_before_the_deadline_does() {
        let by = Instant::now();
        tokio::time::advance(Duration::from_secs(5)).await;
        assert_eq!(until(by, std::future::ready(7)).await, Ok(7));
        let late = async {
            tokio::time::sleep(GRACE / 2).await;
            7
        };
        assert_eq!(until(by, late).await, Ok(7));
        assert_eq!(until(by, std::future::pending::<()>()).await, Err(Passed));
    }
}
