//! Panics of the user's code, which are caught here and nowhere else.
//!
//! A connection has to come to its end in order whatever its routes, hooks, streams and values do. So everything of the user's that
//! it runs goes through [`catch`], and everything that it keeps is [`Contained`], whose drop can't panic.

use std::{
    any::Any,
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use crate::shown::Shown;

/// A panic that was caught: what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Panic(String);

impl Panic {
    #[cold]
    fn new(payload: Box<dyn Any + Send>) -> Self {
        let text = payload
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| payload.downcast_ref::<String>().cloned());
        // The payload is the user's too. What a second panic carries is not touched any more.
        if let Err(another) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            std::mem::forget(another);
        }
        Self(text.unwrap_or_else(|| "no text".to_owned()))
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

impl fmt::Display for Panic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Shown::new(&self.0).fmt(f)
    }
}

/// Runs something of the user's.
///
/// # Errors
/// When it panics.
#[inline]
pub(crate) fn catch<T>(run: impl FnOnce() -> T) -> Result<T, Panic> {
    catch_unwind(AssertUnwindSafe(run)).map_err(Panic::new)
}

/// Drops something of the user's. A panic is logged.
#[inline]
pub(crate) fn discard<T>(value: T) {
    if let Err(panic) = catch(|| drop(value)) {
        log(&panic);
    }
}

#[cold]
fn log(panic: &Panic) {
    tracing::error!(%panic, "a value panicked as it was dropped");
}

/// Something of the user's. A panic of its drop is logged and goes no further.
///
/// A future in it returns what it came to or its panic, and is dropped then.
#[derive(Debug)]
pub(crate) struct Contained<T>(
    // Taken out by the drop, and when a future is over.
    Option<T>,
);

impl<T> Contained<T> {
    #[inline]
    pub(crate) fn new(value: T) -> Self {
        Self(Some(value))
    }

    /// The value, which is there unless it is a future that is over.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }

    /// The same, to be changed.
    #[inline]
    pub(crate) fn get_mut(&mut self) -> Option<&mut T> {
        self.0.as_mut()
    }
}

impl<T> Drop for Contained<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(value) = self.0.take() {
            discard(value);
        }
    }
}

impl<F: Future + Unpin> Future for Contained<F> {
    type Output = Result<F::Output, Panic>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let place = &mut self.0;
        let mut output = None;
        let caught = catch(|| {
            let Some(future) = place else {
                return;
            };
            if let Poll::Ready(ready) = Pin::new(future).poll(cx) {
                output = Some(ready);
                drop(place.take());
            }
        });
        match (caught, output) {
            (Ok(()), None) => Poll::Pending,
            (Ok(()), Some(output)) => Poll::Ready(Ok(output)),
            (Err(panic), Some(output)) => {
                log(&panic);
                Poll::Ready(Ok(output))
            }
            (Err(panic), None) => {
                if let Some(future) = self.0.take() {
                    discard(future);
                }
                Poll::Ready(Err(panic))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        panic::panic_any,
        sync::atomic::{AtomicU32, Ordering},
    };

    use futures_util::FutureExt;

    use super::*;

    /// Panics when it is dropped, and counts that.
    struct Loud<'a>(&'a AtomicU32);

    impl Drop for Loud<'_> {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
            panic!("loud");
        }
    }

    #[track_caller]
    fn check_drops(drops: u32, run: impl FnOnce(Loud<'_>)) {
        let count = AtomicU32::new(0);
        run(Loud(&count));
        assert_eq!(count.into_inner(), drops);
    }

    #[test]
    fn panics_are_caught_with_what_they_say() {
        let text = |run: fn()| catch(run).unwrap_err().into_text();
        assert_eq!(text(|| panic!("static")), "static");
        assert_eq!(text(|| panic!("{}", 7)), "7");
        assert_eq!(text(|| panic_any(7)), "no text");
        assert_eq!(catch(|| 7), Ok(7));
    }

    #[test]
    fn payload_that_panics_as_it_is_dropped_is_no_second_panic() {
        struct Payload;

        impl Drop for Payload {
            fn drop(&mut self) {
                panic_any(Self);
            }
        }

        let panic = catch(|| panic_any(Payload)).unwrap_err();
        assert_eq!(panic.into_text(), "no text");
        discard(Payload);
    }

    #[test]
    fn what_is_contained_is_dropped_once() {
        check_drops(1, |loud| drop(Contained::new(loud)));
        check_drops(1, |loud| {
            discard(loud);
        });
        check_drops(1, |loud| {
            let mut contained = Contained::new(loud);
            assert!(contained.get().is_some() && contained.get_mut().is_some());
        });
    }

    #[test]
    fn output_of_a_future_stays_where_its_drop_panics() {
        struct Ready<'a>(Loud<'a>);

        impl Future for Ready<'_> {
            type Output = u32;

            fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
                Poll::Ready(self.0.0.load(Ordering::Relaxed))
            }
        }

        check_drops(1, |loud| {
            let mut contained = Contained::new(Box::pin(Ready(loud)));
            let result = (&mut contained).now_or_never().expect("it does not wait");
            assert_eq!(result, Ok(0));
            assert!(contained.get().is_none());
        });
    }

    #[test]
    fn futures_are_dropped_once_they_are_over() {
        check_drops(1, |loud| {
            let future = Box::pin(async move {
                let _loud = loud;
            });
            let mut contained = Contained::new(future);
            let result = (&mut contained).now_or_never().expect("it does not wait");
            assert_eq!(result.map_err(Panic::into_text), Err("loud".to_owned()));
            assert!(contained.get().is_none());
            assert!((&mut contained).now_or_never().is_none());
        });
        check_drops(1, |loud| {
            let future = Box::pin(async move {
                let _loud = loud;
                std::future::pending::<()>().await;
            });
            let mut contained = Contained::new(future);
            assert!((&mut contained).now_or_never().is_none());
        });
    }
}
