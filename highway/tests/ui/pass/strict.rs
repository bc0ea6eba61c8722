//! The strictest crate: no prelude, every lint, public and documented items, doc comments kept.

#![no_implicit_prelude]
#![deny(warnings, missing_docs, unreachable_pub, unused, clippy::all)]
#![forbid(unsafe_code)]

/// The routes.
pub mod protocol {
    /// A line.
    #[derive(::std::fmt::Debug, ::serde::Serialize, ::serde::Deserialize)]
    pub struct Line {
        /// Its text.
        pub text: ::std::string::String,
    }

    /// What the server answers.
    #[::highway::protocol]
    pub mod server {
        use super::Line;

        pub async fn say(line: Line) -> ::std::primitive::bool;
        /// Nothing to say.
        pub async fn message();
    }
}

/// A handler.
#[::highway::server(serves = protocol::server, state = ::std::string::String)]
#[derive(::std::fmt::Debug)]
pub struct Chat {
    /// A name.
    pub name: ::std::string::String,
    #[default(::std::option::Option::Some(7))]
    number: ::std::option::Option<::std::primitive::u8>,
}

/// A route whose name is in scope as a unit struct.
pub mod routes {
    use crate::protocol::server::message;

    /// Says.
    #[::highway::route(crate::protocol::server::say)]
    pub async fn say(_: crate::protocol::Line, chat: &mut crate::Chat) -> ::std::primitive::bool {
        chat.number.is_some()
    }

    #[::highway::route(message)]
    async fn handler(
        _: ::highway::Connection<crate::Chat>,
    ) -> ::std::result::Result<(), ::highway::Failure> {
        ::std::result::Result::Ok(())
    }
}

#[::highway::on(connect)]
async fn connect(
    _: &mut ::highway::Request<Chat>,
) -> ::std::result::Result<(), ::highway::Refusal> {
    ::std::result::Result::Ok(())
}

#[::highway::on(open)]
async fn open(chat: &mut Chat) {
    chat.name.push('!');
}

#[::highway::on(close)]
async fn close(_: ::highway::Close, _: &mut Chat) {}

/// Around all routes.
#[::highway::around(order = -5)]
pub async fn around(
    message: &mut ::highway::Message,
    _: ::highway::Connection<Chat>,
    next: ::highway::Next<'_, ::highway::Connection<Chat>>,
) -> ::highway::Outcome {
    next.run(message).await
}

#[::highway::around("s*", crate::protocol::server::say)]
async fn around_some(
    message: &mut ::highway::Message,
    chat: &mut Chat,
    next: ::highway::Next<'_, Chat>,
) -> ::std::result::Result<::highway::Outcome, ::highway::Failure> {
    ::std::result::Result::Ok(next.run(message, chat).await)
}

/// As long as it takes.
#[::highway::around("say", on = Chat)]
pub static IN_TIME: ::highway::guard::TimeLimit =
    ::highway::guard::TimeLimit::new(::std::time::Duration::MAX);

/// A client.
#[::highway::client(peer = protocol::server)]
pub struct Me;

fn main() {
    let _ = Chat::server;
    let _ = Me::connect;
}
