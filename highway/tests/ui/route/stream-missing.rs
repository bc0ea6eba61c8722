//! A stream that the protocol declares can't be one value.

#[highway::protocol]
mod server {
    pub async fn count(to: u64) -> impl Stream<Item = u64>;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::count)]
async fn count(to: u64, _: &mut Chat) -> Vec<u64> {
    (0..to).collect()
}

fn main() {}
