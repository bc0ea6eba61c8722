//! Moments to come, however far away: the only place where a time is added to the clock.

use std::time::Duration;

use tokio::time::Instant;

/// What counts as never: thirty years, which no process sees the end of, and which the clock of every system can still tell.
const NEVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// The moment when `time` has passed. [`Duration::MAX`], and whatever else is too far away for a clock, is never.
pub(crate) fn after(time: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(time.min(NEVER)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
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
}
