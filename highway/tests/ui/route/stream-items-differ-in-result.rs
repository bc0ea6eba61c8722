//! A `Result` is looked into for a stream as well.

use futures_util::{Stream, stream};

#[highway::protocol]
mod server {
    pub async fn count(to: u64) -> impl Stream<Item = u64>;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::count)]
async fn count(
    to: u64,
    _: highway::Connection<Chat>,
) -> highway::Result<impl Stream<Item = String>> {
    Ok(stream::iter([to.to_string()]))
}

fn main() {}
