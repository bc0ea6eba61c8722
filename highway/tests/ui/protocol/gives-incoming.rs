//! `Incoming` is the taker's side of a stream.

#[highway::protocol]
mod server {
    pub async fn count(to: u64) -> highway::Incoming<u64>;
}

fn main() {}
