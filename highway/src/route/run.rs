//! How generated code runs a route in order.
//!
//! A function with closures rather than a block in the generated code, because the compiler then looks into one future
//! for each route and not into two: most of the time that it takes for a route goes there.

use std::pin::pin;

use super::{Answer, RouteError, RouteFuture, reply::Reply};
use crate::payload::DecodeError;

/// Reads the data, calls the function and takes its reply, all of it inside of the future.
pub fn in_order<'a, D, F: Future + Send + 'a>(
    extract: impl FnOnce() -> Result<D, Box<DecodeError>> + Send + 'a,
    call: impl FnOnce(D) -> F + Send + 'a,
    finish: impl FnOnce(Reply<F::Output>) -> Result<Answer, RouteError> + Send + 'a,
) -> RouteFuture<'a> {
    Box::pin(async move {
        // In its place at once: a function with large locals has a future that is large too, and each move of it takes
        // as much of the stack.
        let future = pin!(call(extract()?));
        finish(Reply::new(future.await))
    })
}
