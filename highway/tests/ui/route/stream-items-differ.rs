//! The items are what the protocol says.

use futures_util::{Stream, stream};

#[highway::protocol]
mod server {
    pub async fn count(to: u64) -> impl Stream<Item = u64>;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::count)]
async fn count(to: u64, _: &mut Chat) -> impl Stream<Item = String> + use<> {
    stream::iter([to.to_string()])
}

fn main() {}
