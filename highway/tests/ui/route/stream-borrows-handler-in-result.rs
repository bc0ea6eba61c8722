//! Nor does a `Result` make the handler live longer.

use futures_util::{Stream, stream};

#[highway::protocol]
mod server {
    pub async fn count(to: u64) -> impl Stream<Item = u64>;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::count)]
async fn count(to: u64, _: &mut Chat) -> highway::Result<impl Stream<Item = u64>> {
    Ok(stream::iter(0..to))
}

fn main() {}
