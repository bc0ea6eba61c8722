//! The lock around what a connection's handles and its task share.

use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(debug_assertions)]
use std::{
    cell::Cell,
    ops::{Deref, DerefMut},
};

/// The lock around a connection's state, which only this connection's verbs take.
///
/// Order: the lock of a server's list of connections comes before it; nothing else is locked under it, the lock of another
/// connection least of all. No code of a user runs under it, and nothing that can panic, so that a poisoned one is as good as any.
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
