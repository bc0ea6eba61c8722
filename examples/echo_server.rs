//! Sends back whatever it is sent, in the type in which it came.
//!
//! ```sh
//! cargo run --example echo_server
//! ```
//!
//! `cargo run --example echo_client` talks to it; `--help` tells its options.

use highway::{Value, route};

#[highway::server(main)]
struct Handler;

#[route("echo")]
async fn echo(data: Value, handler: &mut Handler) -> highway::Result {
    handler.send("echo", data).await
}
