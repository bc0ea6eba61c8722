//! What has come of what has a rate for each connection: a bucket of tokens for each rate.

use std::{
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Tells a rate from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RateId(pub(crate) u64);

/// The buckets of a connection, made when the first is asked for. There is one for each rate of the program at most.
#[derive(Debug, Default)]
pub(super) struct Rates(OnceLock<Box<Buckets>>);

type Buckets = Mutex<Vec<(RateId, Bucket)>>;

/// A bucket of tokens, of which each that goes comes back after a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    /// The time until it is full, at that moment; full before it is first asked.
    missing: Option<(Duration, Instant)>,
}

impl Bucket {
    pub(crate) const FULL: Self = Self { missing: None };

    /// Takes a token, of which there are `count` in `per` at most.
    ///
    /// # Errors
    /// When there is none, with the time until there is one.
    pub(crate) fn take(&mut self, count: u32, per: Duration, now: Instant) -> Result<(), Duration> {
        let each = per.checked_div(count).unwrap_or(per);
        let size = each.saturating_mul(count);
        let missing = self.missing.map_or(Duration::ZERO, |(missing, at)| {
            missing.saturating_sub(now.saturating_duration_since(at))
        });
        let after = missing.saturating_add(each);
        if after > size {
            return Err(after.saturating_sub(size));
        }
        self.missing = Some((after, now));
        Ok(())
    }
}

impl Rates {
    /// Takes a token of the bucket for a rate.
    ///
    /// # Errors
    /// When there is none, with the time until there is one.
    pub(super) fn take(
        &self,
        rate: RateId,
        count: u32,
        per: Duration,
        now: Instant,
    ) -> Result<(), Duration> {
        let buckets = self.0.get_or_init(Box::default);
        let mut buckets = buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, bucket)) = buckets.iter_mut().find(|(id, _)| *id == rate) {
            return bucket.take(count, per, now);
        }
        let mut bucket = Bucket::FULL;
        let taken = bucket.take(count, per, now);
        buckets.push((rate, bucket));
        taken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tokens_come_back_one_by_one() {
        let begun = Instant::now();
        let mut bucket = Bucket::FULL;
        let mut take = |millis| {
            bucket.take(
                2,
                Duration::from_secs(1),
                begun + Duration::from_millis(millis),
            )
        };
        let taken = [0, 0, 0, 499, 500, 501, 1000, 5000, 5000, 5001].map(&mut take);
        let wait = |millis| Err(Duration::from_millis(millis));
        assert_eq!(
            taken,
            [
                Ok(()),
                Ok(()),
                wait(500),
                wait(1),
                Ok(()),
                wait(499),
                Ok(()),
                Ok(()),
                Ok(()),
                wait(499),
            ]
        );
    }

    proptest! {
        /// However they come, no more pass than are in the bucket and come back meanwhile, and one that waits as long as it is told
        /// passes.
        #[test]
        fn no_more_pass_than_may(
            count in 1..20_u32,
            per in 1..5_000_u64,
            steps in prop::collection::vec(0..500_u64, 1..200),
        ) {
            let per = Duration::from_millis(per);
            let begun = Instant::now();
            let (mut bucket, mut now, mut passed) = (Bucket::FULL, begun, 0_u32);
            for step in steps {
                now += Duration::from_millis(step);
                match bucket.take(count, per, now) {
                    Ok(()) => passed += 1,
                    Err(wait) => {
                        prop_assert!(!wait.is_zero() && wait <= per);
                        let mut later = bucket;
                        prop_assert_eq!(later.take(count, per, now + wait), Ok(()));
                    }
                }
            }
            let back = (now - begun).as_nanos() / (per / count).as_nanos();
            prop_assert!(u128::from(passed) <= u128::from(count) + back);
        }

        /// No number and no time is out of range.
        #[test]
        fn any_rate_lets_the_first_pass(count in 1..=u32::MAX, per in any::<Duration>()) {
            let per = per.max(Duration::from_nanos(1));
            let mut bucket = Bucket::FULL;
            prop_assert_eq!(bucket.take(count, per, Instant::now()), Ok(()));
        }
    }
}
