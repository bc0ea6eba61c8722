//! What runs in order and waits for a reply of a peer whose own call waits for it in turn.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Sleep, sleep};

/// How long both wait before it is worth a word: a peer that only takes its time has answered by then as a rule.
const PATIENCE: Duration = Duration::from_secs(1);

/// Watches one route or hook that runs in order.
#[derive(Default)]
pub(super) struct Watch {
    sleep: Option<Pin<Box<Sleep>>>,
    told: bool,
}

impl Watch {
    /// Whether it is time to tell that both sides wait, which they may do when `waits` says so: once, after a while.
    pub(super) fn is_due(&mut self, cx: &mut Context<'_>, waits: impl Fn() -> bool) -> bool {
        if self.told {
            return false;
        }
        if self.sleep.is_none() && !waits() {
            return false;
        }
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(PATIENCE)));
        let elapsed = matches!(sleep.as_mut().poll(cx), Poll::Ready(()));
        if elapsed {
            self.sleep = None;
            self.told = waits();
        }
        self.told
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, task::Waker};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn it_is_told_once_when_both_still_wait_after_a_while() {
        let cx = &mut Context::from_waker(Waker::noop());
        let (mut watch, waits) = (Watch::default(), Cell::new(false));
        assert!(!watch.is_due(cx, || waits.get()));
        waits.set(true);
        assert!(!watch.is_due(cx, || waits.get()));
        waits.set(false);
        tokio::time::advance(PATIENCE).await;
        assert!(!watch.is_due(cx, || waits.get()));
        waits.set(true);
        assert!(!watch.is_due(cx, || waits.get()));
        tokio::time::advance(PATIENCE).await;
        assert!(watch.is_due(cx, || waits.get()));
        tokio::time::advance(PATIENCE).await;
        assert!(!watch.is_due(cx, || waits.get()));
    }
}
