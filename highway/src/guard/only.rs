//! Routes for some only.

use std::fmt;

use crate::{
    around::{Around, Message, Next, Outcome},
    connection::Connection,
    error::Failure,
    route::Endpoint,
};

/// Lets messages pass only when something holds of their sender's handler, or connection.
///
/// `Only<Chat>` looks at the fields of the handler, and fits around routes that run in order; `Only<Connection<Chat>>` looks at the
/// connection, such as at what an `on(connect)` hook [put there](Connection::extension), and fits around any route. What is refused fails
/// with the code `forbidden`, or [another](Self::with_code).
///
/// ```
/// use highway::{Connection, guard::Only};
///
/// #[highway::server]
/// struct Chat {
///     is_admin: bool,
/// }
///
/// #[derive(Clone)]
/// struct User(String);
///
/// #[highway::around("admin-*", on = Chat)]
/// static ADMINS: Only<Chat> = Only::when(|chat: &Chat| chat.is_admin);
///
/// #[highway::around(on = Chat)]
/// static USERS: Only<Connection<Chat>> =
///     Only::when(|chat: &Connection<Chat>| chat.extension::<User>().is_some())
///         .with_message("log in first")
///         .with_code("auth");
/// # #[highway::route("admin-stop")] async fn stop(_: &mut Chat) {}
/// ```
pub struct Only<T> {
    holds: fn(&T) -> bool,
    message: &'static str,
    code: &'static str,
}

impl<T> Only<T> {
    /// Lets pass when this holds.
    pub const fn when(holds: fn(&T) -> bool) -> Self {
        Self {
            holds,
            message: "not allowed",
            code: "forbidden",
        }
    }

    /// What a refusal says, in place of `not allowed`.
    #[must_use]
    pub const fn with_message(mut self, message: &'static str) -> Self {
        self.message = message;
        self
    }

    /// The code of a refusal, in place of `forbidden`.
    #[must_use]
    pub const fn with_code(mut self, code: &'static str) -> Self {
        self.code = code;
        self
    }

    fn refusal(&self) -> Outcome {
        Failure::new(self.message)
            .with_code(self.code)
            .refusing()
            .into()
    }
}

impl<T> fmt::Debug for Only<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Only")
            .field("message", &self.message)
            .field("code", &self.code)
            .finish_non_exhaustive()
    }
}

impl<H: Endpoint + Send> Around<H> for Only<H> {
    async fn around(&self, message: &mut Message, handler: &mut H, next: Next<'_, H>) -> Outcome {
        if !(self.holds)(handler) {
            return self.refusal();
        }
        next.run(message, handler).await
    }
}

impl<H: Endpoint + Send> Around<Connection<H>> for Only<Connection<H>> {
    async fn around(
        &self,
        message: &mut Message,
        connection: Connection<H>,
        next: Next<'_, Connection<H>>,
    ) -> Outcome {
        if !(self.holds)(&connection) {
            return self.refusal();
        }
        next.run(message).await
    }
}
