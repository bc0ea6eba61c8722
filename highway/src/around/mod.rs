//! What runs around a handler's routes: `#[highway::around]`.
//!
//! Functions around routes get the [`Message`], the handler in one of two [forms](Form), and [what comes next](Next), and return the
//! [`Outcome`]. A type that implements [`Around`] can be put around routes too, as a static; the [guards](crate::guard) are such types.

mod form;
mod message;
mod next;
mod outcome;

use std::{future::Future, sync::LazyLock};

pub use form::Form;
#[doc(hidden)]
pub use form::{AnyAround, AroundConcurrent, AroundIn, AroundInOrder, OutcomeFuture, RunAround};
pub use message::{Message, MessageKind};
pub use next::Next;
pub(crate) use next::{Concurrent, InOrder, LastConcurrent, LastInOrder};
pub use outcome::Outcome;

/// What can be put around routes as a static, under [`#[highway::around]`](macro@crate::around): middleware that is written once, also
/// in another crate, and configured where it is used.
///
/// `T` is the [form](Form) of the handler that it takes. For `Connection<H>` with any handler `H` it fits everywhere; for `H` itself it
/// has the handler's fields, and fits around routes that run in order.
///
/// ```
/// use highway::{Around, Connection, Failure, Handler, Message, Next, Outcome, route};
///
/// /// Refuses what is longer than this.
/// pub struct AtMost(pub usize);
///
/// impl<H: Handler> Around<Connection<H>> for AtMost {
///     async fn around(
///         &self,
///         message: &mut Message,
///         _: Connection<H>,
///         next: Next<'_, Connection<H>>,
///     ) -> Outcome {
///         if message.len() > self.0 {
///             return Failure::new("too long").with_code("length").into();
///         }
///         next.run(message).await
///     }
/// }
///
/// #[highway::server]
/// struct Chat;
///
/// #[highway::around("say", on = Chat)]
/// static SHORT: AtMost = AtMost(1_000);
///
/// #[route("say")]
/// async fn say(text: String, chat: &mut Chat) -> highway::Result {
///     chat.others().send("said", text).await
/// }
/// ```
pub trait Around<T: Form>: Send + Sync {
    /// Runs around a route, which `next` runs.
    fn around<'a>(
        &self,
        message: &mut Message,
        handler: T::Argument<'a>,
        next: Next<'a, T>,
    ) -> impl Future<Output = Outcome> + Send;
}

impl<T: Form, A: Around<T>> Around<T> for LazyLock<A> {
    async fn around<'a>(
        &self,
        message: &mut Message,
        handler: T::Argument<'a>,
        next: Next<'a, T>,
    ) -> Outcome {
        (**self).around(message, handler, next).await
    }
}
