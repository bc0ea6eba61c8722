//! What the protocol declares as one value can't be a stream.

use futures_util::{Stream, stream};

#[highway::protocol]
mod server {
    pub async fn count(to: u64) -> u64;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::count)]
async fn count(to: u64, _: &mut Chat) -> impl Stream<Item = u64> + use<> {
    stream::iter(0..to)
}

fn main() {}
