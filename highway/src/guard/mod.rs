//! Guards: what most people want [around](macro@crate::around) routes, as types that are put there as statics.
//!
//! ```
//! use std::time::Duration;
//! use highway::{guard::{Only, Rate, TimeLimit}, route};
//!
//! #[highway::server]
//! struct Chat {
//!     is_admin: bool,
//! }
//!
//! /// No more than 10 lines a second from each client.
//! #[highway::around("say", on = Chat)]
//! static LINES: Rate = Rate::per_connection(10, Duration::from_secs(1));
//!
//! #[highway::around("admin-*", on = Chat)]
//! static ADMINS: Only<Chat> = Only::when(|chat: &Chat| chat.is_admin)
//!     .with_message("for admins only")
//!     .with_code("admin");
//!
//! #[highway::around(on = Chat)]
//! static IN_TIME: TimeLimit = TimeLimit::new(Duration::from_secs(5));
//!
//! #[route("say")]
//! async fn say(text: String, chat: &mut Chat) -> highway::Result {
//!     chat.others().send("said", text).await
//! }
//!
//! #[route("admin-close")]
//! async fn close(chat: &mut Chat) -> highway::Result {
//!     chat.others().close_with(4000, "closed by an admin")?;
//!     Ok(())
//! }
//! ```
//!
//! What a guard refuses has failed with a code: a caller gets it, and after a message it is treated
//! [like any failure of a route](crate::OnFailure), but that it is logged at level debug: a peer can cause as many as it likes.

mod only;
mod rate;
mod time_limit;

pub use only::Only;
pub use rate::Rate;
pub use time_limit::TimeLimit;
