//! The procedural macros of `highway`, which re-exports them: depend on that, not on this.
//!
//! Each attribute has a folder of its own: `parse` reads what was written, `model` understands it, `check` finds what the
//! compiler would not, `expand` writes the code. What is generated is little and calls the runtime for the rest; where it
//! finds the runtime is spelled in `runtime` only.

mod around;
mod diagnostics;
mod docs;
mod function;
mod handler;
mod item;
mod name;
#[cfg(test)]
mod names;
mod on;
mod options;
mod place;
mod protocol;
mod route;
mod runtime;
mod spans;
#[cfg(test)]
mod tests;
mod text;

use proc_macro::TokenStream;

use handler::Side;

/// Makes an async function the one behind a route.
///
/// ```
/// use highway::{Connection, Value, route};
///
/// #[highway::server]
/// struct Chat {
///     said: Vec<String>,
/// }
///
/// /// The handler by `&mut`: one such route at a time, in the order of arrival.
/// #[route("say")]
/// async fn say(text: String, chat: &mut Chat) -> highway::Result {
///     chat.send("said", &text).await?;
///     chat.said.push(text);
///     Ok(())
/// }
///
/// /// The connection by value: concurrently with other routes.
/// #[route("count")]
/// async fn count(text: &str, _: Connection<Chat>) -> usize {
///     text.chars().count()
/// }
///
/// /// No handler: in order, and the attribute says whose route it is.
/// #[route("log", on = Chat)]
/// async fn log(data: Value) {
///     println!("{data:?}");
/// }
/// ```
///
/// The function stays what it is: other code and tests can call it.
///
/// # The route
///
/// First comes the route: its name, or the path of a route that a [`protocol`](macro@protocol) declares. When the handler
/// says `serves = …`, a name is looked up there, and either form is held to the declared types.
///
/// ```
/// #[highway::protocol]
/// mod server {
///     #[route("change-name")]
///     pub async fn change_name(name: String) -> bool;
/// }
///
/// #[highway::server(serves = server)]
/// struct Chat {
///     name: String,
/// }
///
/// #[highway::route(server::change_name)] // the same as #[highway::route("change-name")]
/// async fn change_name(name: String, chat: &mut Chat) -> bool {
///     chat.name = name;
///     true
/// }
/// ```
///
/// # The parameters
///
/// The data comes first and the handler second; either may be missing. A function without data takes whatever comes.
///
/// - The data is any type that implements `serde::Deserialize`, `highway::Value` or `highway::Bytes`. `&str`, `&[u8]`
///   and structs with a lifetime are read straight from the received frame.
/// - The handler is `&mut Chat` or `&Chat`, and the route runs in order; or it is `highway::Connection<Chat>`, and the
///   route runs concurrently.
///
/// # The reply
///
/// The function returns nothing, a value that implements `serde::Serialize`, or a `Result` of either. Its error is
/// whatever implements `std::error::Error`, becomes a `highway::Failure`, or can be boxed as an error, such as a `String`.
///
/// # Options
///
/// | option | meaning |
/// | --- | --- |
/// | `on = Chat` | whose route it is, for a function without a handler |
/// | `crate = path` | where the crate `highway` is, when it has another name |
///
/// # Errors at compile time
///
/// A name twice on one handler, an empty one, `meta`; a route that the served protocol does not have, or has with other
/// types; data that can't be deserialised and a reply that can't be serialised; a function that is not async, is generic,
/// has a receiver or too many parameters. The routes of a handler stand in the crate of its struct, and outside of
/// `impl` blocks: a function without `self` in one is not found, as the compiler says.
#[proc_macro_attribute]
pub fn route(arguments: TokenStream, item: TokenStream) -> TokenStream {
    route::attribute(arguments.into(), &item.into()).into()
}

/// Makes a struct the handler behind each connection of a server.
///
/// ```
/// #[derive(Default)]
/// struct Db;
///
/// #[highway::server(state = Db)]
/// struct Chat {
///     /// Starts as `Default::default()`.
///     name: String,
///     /// Starts as it says.
///     #[default("lobby".into())]
///     room: String,
/// }
///
/// # #[highway::route("name")] async fn name(name: String, chat: &mut Chat) { chat.name = name; chat.room.clear(); }
/// # async fn example() -> highway::Result {
/// Chat::server().state(Db).bind("127.0.0.1:1337").await?.await
/// # }
/// ```
///
/// The struct gets the connection as one more field and dereferences to it, so that `chat.send(…)` and `chat.state()`
/// work. There is one value of it for each connection. `Chat::server()` is where a server is put together.
/// Derives stand below the attribute, so that they see that field: above it, the compiler finds field `__highway_connection`
/// missing. Those that would need a value for it, such as `Default`, a handler can't have. It moves between threads, so its fields are `Send`: `Arc` instead of `Rc`.
///
/// # Options
///
/// | option | meaning |
/// | --- | --- |
/// | `serves = server` | the [`protocol`](macro@protocol) whose routes it serves: all of them, and no others |
/// | `peer = client` | the [`protocol`](macro@protocol) that its peers serve: nothing else can be sent to them |
/// | `state = Db` | what all connections share; `Chat::server()` then wants it first |
/// | `main` | generates `fn main`: arguments and environment, logs, a graceful end. The state starts as its default |
/// | `bind = "127.0.0.1:1337"` | the address that the generated `main` listens on by default |
/// | `crate = path` | where the crate `highway` is, when it has another name |
///
/// A program is as short as this:
///
/// ```
/// use highway::{Value, route};
///
/// #[highway::server(main, bind = "127.0.0.1:1337")]
/// struct Handler;
///
/// #[route("echo")]
/// async fn echo(data: Value, handler: &mut Handler) -> highway::Result {
///     handler.send("echo", data).await
/// }
/// ```
#[proc_macro_attribute]
pub fn server(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::attribute(Side::Server, arguments.into(), &item.into()).into()
}

/// Makes a struct the handler behind a client's connection.
///
/// ```no_run
/// #[highway::client]
/// struct Me;
///
/// #[highway::route("said")]
/// async fn said(text: String, _: &mut Me) {
///     println!("{text}");
/// }
///
/// # async fn example() -> highway::Result {
/// let chat = Me::connect("ws://127.0.0.1:1337").await?;
/// chat.send("say", "hi").await?;
/// chat.close().await;
/// Ok(())
/// # }
/// ```
///
/// It is what [`server`](macro@server) is on the other side. `Me::client()` is where a client is put together;
/// `Me::connect(url)` is the short way, and there when the handler has no `state`.
///
/// # Options
///
/// | option | meaning |
/// | --- | --- |
/// | `serves = client` | the [`protocol`](macro@protocol) whose routes it serves: all of them, and no others |
/// | `peer = server` | the [`protocol`](macro@protocol) that the server serves: nothing else can be sent to it |
/// | `pipe = Friend` | the client's handler for pipes to and from other clients, with the same state; without it there are none |
/// | `state = Db` | what the connections share; `Me::client()` then wants it first |
/// | `main` | generates `fn main`: arguments and environment, logs, a graceful end. The state starts as its default |
/// | `url = "ws://127.0.0.1:1337"` | the URL that the generated `main` connects to by default |
/// | `crate = path` | where the crate `highway` is, when it has another name |
#[proc_macro_attribute]
pub fn client(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::attribute(Side::Client, arguments.into(), &item.into()).into()
}

/// Makes an async function run at a turn of a connection's life.
///
/// ```
/// use highway::{Close, Connection, Refusal, Request, StatusCode};
///
/// #[highway::server]
/// struct Chat {
///     name: String,
/// }
///
/// #[highway::on(connect)]
/// async fn check(request: &mut Request<Chat>) -> Result<(), Refusal> {
///     match request.headers().get("authorization") {
///         Some(_) => Ok(()),
///         None => Err(Refusal::new(StatusCode::UNAUTHORIZED, "log in first")),
///     }
/// }
///
/// #[highway::on(ready)]
/// async fn greet(chat: &mut Chat) -> highway::Result {
///     chat.send("said", "welcome").await
/// }
///
/// #[highway::on(close)]
/// async fn part(close: Close, chat: &mut Chat) {
///     println!("{} left: {}", chat.name, close.code());
/// }
/// ```
///
/// | event | when | what the function takes |
/// | --- | --- | --- |
/// | `connect` | on a server, before the upgrade; can refuse the request with a status | `&mut Request<Chat>` or `&Request<Chat>` |
/// | `open` | when the connection is there, before both sides have exchanged their routes | the handler |
/// | `ready` | when both sides have exchanged their routes, once | the handler |
/// | `close` | when the connection has ended, exactly once | `Close` or `&Close`, and then the handler |
/// | `failure` | when a route has failed or panicked on a message | `highway::FailedRoute` or `&FailedRoute`, and then the handler |
/// | `pipe` | on a server, when a client asks for a pipe to another; allows or refuses it | the connection to reach, `Connection<Chat>`, and then the handler of the client that asks |
/// | `missed` | on a client, when the server has dropped broadcasts because this client lagged | their number, `u64`, and then the handler |
/// | `reconnecting` | on a client, before each attempt to connect again | `ReconnectAttempt` or `&ReconnectAttempt`, and then `Connection<Me>` |
///
/// The handler is `&mut Chat`, `&Chat` or `highway::Connection<Chat>`, as with a [`route`](macro@route). Each parameter may
/// be missing, and `on = Chat` then says whose hook it is. Several hooks for one event run in the order of the source.
/// `connect` returns nothing or a `Result` whose error becomes a `highway::Refusal`. There is one hook for `pipe` at most; it
/// returns the introduction for the client that is reached, or an error for the client that asks. The others return what a route
/// may, and a failure of `open`, `ready` or `missed` closes the connection with 1011; that of a client's `ready` is also
/// what its `connect` fails with.
///
/// # Options
///
/// | option | meaning |
/// | --- | --- |
/// | `on = Chat` | whose hook it is, for a function without a handler |
/// | `crate = path` | where the crate `highway` is, when it has another name |
#[proc_macro_attribute]
pub fn on(arguments: TokenStream, item: TokenStream) -> TokenStream {
    on::attribute(arguments.into(), &item.into()).into()
}

/// Makes an async function, or a static, run around routes: it may look at each message before its route, refuse it, change its data, and
/// look at what the route came to.
///
/// ```
/// use std::time::Instant;
/// use highway::{Failure, Message, Next, Outcome, route};
///
/// #[highway::server]
/// struct Chat {
///     user: Option<String>,
/// }
///
/// /// Around all routes.
/// #[highway::around]
/// async fn timed(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Outcome {
///     let began = Instant::now();
///     let outcome = next.run(message, chat).await;
///     println!("{} of {} bytes: {outcome} after {:?}", message.route(), message.len(), began.elapsed());
///     outcome
/// }
///
/// /// Around those whose names begin so.
/// #[highway::around("admin-*")]
/// async fn admins(message: &mut Message, chat: &mut Chat, next: Next<'_, Chat>) -> Outcome {
///     if chat.user.as_deref() != Some("ada") {
///         return Failure::new("log in first").with_code("auth").into();
///     }
///     next.run(message, chat).await
/// }
///
/// #[route("login")]
/// async fn login(name: String, chat: &mut Chat) {
///     chat.user = Some(name);
/// }
///
/// #[route("admin-close")]
/// async fn close(chat: &mut Chat) -> highway::Result {
///     chat.others().close_with(4000, "closed by an admin")?;
///     Ok(())
/// }
/// ```
///
/// # The routes
///
/// First come the routes that it is around, any number of these; without any it is around all, and the `on(pipe)` hook.
///
/// | pattern | around |
/// | --- | --- |
/// | `"post"` | the route of this name |
/// | `"admin-*"` | the routes whose names begin so; `"*"` is all routes |
/// | `server::post` | the route that a [`protocol`](macro@protocol) declares |
/// | `on(pipe)` | a server's [`on(pipe)`](macro@on) hook |
///
/// # The parameters
///
/// The message comes first, the handler second, and what comes next third. It returns the `highway::Outcome` of that, or a `Result` of an
/// outcome, whose error is what a [`route`](macro@route)'s may be; a `highway::Failure` becomes an outcome with `.into()`.
///
/// | handler | what comes next | around |
/// | --- | --- | --- |
/// | `chat: &mut Chat` | `next: Next<'_, Chat>`, `next.run(message, chat)` | routes that run in order |
/// | `chat: Connection<Chat>` | `next: Next<'_, Connection<Chat>>`, `next.run(message)` | any route |
///
/// A static is of a type that implements `highway::Around`, such as the guards in `highway::guard`, and `on = Chat` says whose routes it
/// is around.
///
/// # The order
///
/// What is around the same route runs by its `order`, the lowest first and so outermost; of the same order, as it stands in the source:
/// by the path of the file, and by line.
///
/// # Options
///
/// | option | meaning |
/// | --- | --- |
/// | `order = -10` | where among others it runs: an `i32`, 0 without it |
/// | `on = Chat` | whose routes a static is around |
/// | `crate = path` | where the crate `highway` is, when it has another name |
///
/// # Errors at compile time
///
/// A name that no route has, or a beginning that no route of the served protocol has; `&mut Chat` around a route that takes
/// `Connection<Chat>`, as the handler is not free for it; other parameters, and what is no outcome. A beginning that no route has and no
/// protocol knows, and one of more than 16 characters that leads to a route with the connection, panic when the server or client
/// starts, with the names and places.
#[proc_macro_attribute]
pub fn around(arguments: TokenStream, item: TokenStream) -> TokenStream {
    around::attribute(arguments.into(), &item.into()).into()
}

/// Declares the routes of one side of a connection, for both sides.
///
/// ```
/// /// What the server answers.
/// #[highway::protocol]
/// pub mod server {
///     /// Enters a room, and returns the names of those who are in it.
///     pub async fn join(room: String) -> Vec<String>;
///     /// A route whose name is not a Rust identifier.
///     #[route("change-name")]
///     pub async fn change_name(name: String) -> bool;
/// }
///
/// #[highway::client(peer = server)]
/// struct Me;
///
/// # async fn example(me: &highway::Connection<Me>) -> highway::Result {
/// me.send(server::change_name, "Ada").await
/// # }
/// ```
///
/// Each function without a body becomes a unit struct of its name, which stands for the route: in
/// `#[highway::route(server::join)]` and in `send(server::join, …)`. It takes one piece of data or none and returns a
/// reply or nothing; the types are owned and have serde's two derives. `-> Result<T, E>` declares the error too, and
/// `-> impl Stream<Item = T>` items. `serves = server` and `peer = server` name the module. What else is in the module stays
/// there.
///
/// The only option is `crate = path`: where the crate `highway` is, when it has another name.
#[proc_macro_attribute]
pub fn protocol(arguments: TokenStream, item: TokenStream) -> TokenStream {
    protocol::attribute(arguments.into(), &item.into()).into()
}
