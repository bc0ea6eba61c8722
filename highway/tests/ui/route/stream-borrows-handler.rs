//! Items are sent after the function has ended, when others have the handler.

use futures_util::{Stream, stream};

#[highway::protocol]
mod server {
    pub async fn count(to: u64) -> impl Stream<Item = u64>;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::count)]
async fn count(to: u64, _: &mut Chat) -> impl Stream<Item = u64> {
    stream::iter(0..to)
}

fn main() {}
