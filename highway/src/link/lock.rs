//! The lock around what a connection's handles and its task share.

use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(debug_assertions)]
use std::{
    cell::Cell,
    ops::{Deref, DerefMut},
};

/// The lock around a connection's state, which only this connection's verbs take.
///
/// Order: the lock of a server's list of connections comes before it; of highway only what the peer told is locked under it, the lock of another
/// connection least of all. No route, hook, stream or conversion of a user runs under it, nothing of a user's is dropped under it,
/// and nothing of highway's panics under it, so that a poisoned one is as good as any.
///
/// Wakers are the exception: those of the connection's task, and of tasks that wait for a reply, an item, credit or a pipe, are
/// cloned, woken and dropped under it, as collecting them would cost each message. With the wakers of tokio and other executors that
/// only queue a task that is enough. One that polls a task within `wake`, or drops the task with its last waker, would wait for
/// this lock for ever where that task uses the same connection. Those who wait for room, for a flush or for the end are woken
/// by [`Notify`](tokio::sync::Notify), which is told outside of it.
#[derive(Debug, Default)]
pub(super) struct Lock<T>(Mutex<T>);

impl<T> Lock<T> {
    pub(super) fn new(state: T) -> Self {
        Self(Mutex::new(state))
    }

    /// Takes the lock for a purpose, which debug builds name when the order is broken.
    #[inline]
    pub(super) fn lock(&self, purpose: &'static str) -> Guard<'_, T> {
        #[cfg(not(debug_assertions))]
        let _ = purpose;
        #[cfg(debug_assertions)]
        if let Some(held) = HELD.replace(Some(purpose)) {
            panic!("a connection's lock is taken to {purpose} while one is held to {held}");
        }
        let guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        #[cfg(debug_assertions)]
        let guard = Guard(guard);
        guard
    }
}

#[cfg(not(debug_assertions))]
pub(super) type Guard<'a, T> = MutexGuard<'a, T>;

#[cfg(debug_assertions)]
thread_local! {
    /// What this thread holds a connection's lock for.
    static HELD: Cell<Option<&'static str>> = const { Cell::new(None) };
}

#[cfg(debug_assertions)]
pub(super) struct Guard<'a, T>(MutexGuard<'a, T>);

#[cfg(debug_assertions)]
impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

#[cfg(debug_assertions)]
impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

#[cfg(debug_assertions)]
impl<T> Drop for Guard<'_, T> {
    fn drop(&mut self) {
        HELD.set(None);
    }
}
