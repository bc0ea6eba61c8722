//! The generated `main`.

use std::process::ExitCode;

use crate::route::{ClientSide, Handler, ServerSide};

/// What `#[highway::server(main)]` makes `main` of; `bind` is the attribute's address.
pub fn server<H: Handler<Side = ServerSide, State: Default>>(_bind: Option<&str>) -> ExitCode {
    ExitCode::SUCCESS
}

/// What `#[highway::client(main, url = "…")]` makes `main` of.
pub fn client<H: Handler<Side = ClientSide, State: Default>>(_url: Option<&str>) -> ExitCode {
    ExitCode::SUCCESS
}
