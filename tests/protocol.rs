//! A protocol and a handler in a crate of their own: what serves and calls them is another crate, as it is in most programs.

use serde::{Deserialize, Serialize};

/// A line of a chat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Who said it.
    pub from: String,
    /// What was said.
    pub text: String,
}

/// What the server answers.
#[highway::protocol]
pub mod server {
    use super::Line;
    use futures_util::Stream;

    /// Says something, which comes back as a line.
    pub async fn say(text: String);
    /// A route whose name is no Rust identifier.
    #[route("change-name")]
    pub async fn change_name(name: String) -> bool;
    /// All lines so far.
    pub async fn lines() -> Vec<Line>;
    /// The lines one by one.
    pub async fn replay() -> impl Stream<Item = Line>;
    /// A name that is longer than what the compiler shows of it.
    #[route("the-number-of-lines-of-everybody-in-all-rooms")]
    pub async fn count_all() -> u64;
    /// Differs from the one before at its end.
    #[route("the-number-of-lines-of-everybody-in-this-room")]
    pub async fn count_here() -> u64;
}

/// What a client answers.
#[highway::protocol]
pub mod client {
    use super::Line;

    /// Somebody said something.
    pub async fn said(line: Line);
}

/// The same protocol under other names.
pub mod renamed {
    pub use super::server as chat;
    pub use super::server::{change_name as rename, say as speak};
}

/// A handler whose routes stand in this crate, and whose server runs in another.
#[highway::server(serves = server)]
pub struct Silent {
    name: String,
}

mod routes {
    use futures_util::{Stream, stream};

    use super::{Line, Silent, server};

    #[highway::route(server::say, on = Silent)]
    async fn say(text: String) {
        drop(text);
    }

    #[highway::route("change-name")]
    async fn change_name(name: String, silent: &mut Silent) -> bool {
        let is_new = silent.name != name;
        silent.name = name;
        is_new
    }

    #[highway::route(server::lines, on = Silent)]
    async fn lines() -> Vec<Line> {
        Vec::new()
    }

    #[highway::route(server::replay, on = Silent)]
    async fn replay() -> impl Stream<Item = Line> {
        stream::empty()
    }

    #[highway::route(server::count_all, on = Silent)]
    async fn count_all() -> u64 {
        0
    }

    #[highway::route(server::count_here, on = Silent)]
    async fn count_here() -> u64 {
        0
    }
}

/// Two functions for one route of another crate's protocol are a mistake, however the route is written.
///
/// ```
/// use highway_tests::protocol::{client, renamed::speak, server};
///
/// #[highway::server]
/// struct Chat;
///
/// #[highway::route(server::say)]
/// async fn say(_: String, _: &mut Chat) {}
///
/// #[highway::route(server::change_name)]
/// async fn change_name(_: String, _: &mut Chat) -> bool {
///     true
/// }
/// ```
///
/// ```compile_fail,E0119
/// use highway_tests::protocol::{client, renamed::speak, server};
///
/// #[highway::server]
/// struct Chat;
///
/// #[highway::route(server::say)]
/// async fn say(_: String, _: &mut Chat) {}
///
/// #[highway::route(speak)]
/// async fn say_again(_: String, _: &mut Chat) {}
/// ```
///
/// ```compile_fail,E0119
/// #[highway::server]
/// struct Chat;
///
/// #[highway::route(highway_tests::protocol::server::change_name)]
/// async fn change_name(_: String, _: &mut Chat) -> bool {
///     true
/// }
///
/// #[highway::route("change-name")]
/// async fn change_name_again(_: String, _: &mut Chat) {}
/// ```
///
/// The routes of a handler stand in the crate of its struct.
///
/// ```compile_fail,E0117
/// #[highway::route("count")]
/// async fn count(_: u8, _: &mut highway_tests::protocol::Silent) {}
/// ```
///
/// A handler serves all of it.
///
/// ```compile_fail,E0277
/// use highway_tests::protocol::client;
///
/// #[highway::client(serves = client)]
/// struct Me;
/// ```
pub mod mistakes {}

/// Why a division has no result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DivisionError {
    /// The divisor is zero.
    ByZero,
    /// The numbers are too large.
    TooLarge {
        /// The largest one.
        limit: i64,
    },
}

/// An error that has a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overdrawn {
    /// What is missing.
    pub by: u64,
}

impl std::fmt::Display for Overdrawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "overdrawn by {}", self.by)
    }
}

/// A result under a name of its own.
pub type Divided<T> = Result<T, DivisionError>;

/// Routes that may fail with errors of their own.
#[highway::protocol]
pub mod failing {
    use super::{Divided, DivisionError, Overdrawn};

    /// Divides.
    pub async fn divide(numbers: (i64, i64)) -> Result<i64, DivisionError>;
    /// The same, under a name for results.
    pub async fn divide_again(numbers: (i64, i64)) -> Divided<i64>;
    /// Takes money.
    pub async fn take(amount: u64) -> Result<(), Overdrawn>;
    /// An error that is a text.
    pub async fn parse(text: String) -> Result<u8, String>;
    /// No error at all.
    pub async fn agree(is_right: bool) -> Result<(), ()>;
    /// The quotients of a number and those down from another, until there is none.
    pub async fn quotients(numbers: (i64, i64)) -> impl Stream<Item = Result<i64, DivisionError>>;
    /// Results as data come back as results.
    pub async fn count(results: Vec<Result<u8, String>>) -> (usize, usize);
    /// The same, one by one.
    pub async fn count_items(results: Incoming<Result<u8, String>>) -> (usize, usize);
    /// A result in something is a value.
    pub async fn halves(numbers: Vec<u8>) -> Vec<Result<u8, String>>;
}
