//! What the protocol declares as one value can't be taken as a stream.

#[highway::protocol]
mod server {
    pub async fn sum(number: i64) -> i64;
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::sum)]
async fn sum(_: highway::Incoming<i64>, _: &mut Chat) -> i64 {
    0
}

fn main() {}
