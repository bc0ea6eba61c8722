//! The procedural macros of `highway`.

mod diagnostics;
mod function;
mod handler;
mod item;
mod name;
mod on;
mod options;
mod protocol;
mod route;
mod runtime;
mod spans;
mod text;

use proc_macro::TokenStream;

use handler::Side;

/// Makes an async function the one behind a route.
#[proc_macro_attribute]
pub fn route(arguments: TokenStream, item: TokenStream) -> TokenStream {
    route::attribute(arguments.into(), &item.into()).into()
}

/// Makes a struct the handler behind each connection of a server.
#[proc_macro_attribute]
pub fn server(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::attribute(Side::Server, arguments.into(), &item.into()).into()
}

/// Makes a struct the handler behind a client's connection.
#[proc_macro_attribute]
pub fn client(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::attribute(Side::Client, arguments.into(), &item.into()).into()
}

/// Makes an async function run at a turn of a connection's life.
#[proc_macro_attribute]
pub fn on(arguments: TokenStream, item: TokenStream) -> TokenStream {
    on::attribute(arguments.into(), &item.into()).into()
}

/// Declares the routes of one side of a connection, for both sides.
#[proc_macro_attribute]
pub fn protocol(arguments: TokenStream, item: TokenStream) -> TokenStream {
    protocol::attribute(arguments.into(), &item.into()).into()
}
