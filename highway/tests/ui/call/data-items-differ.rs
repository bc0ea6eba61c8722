//! The items that go have the type that the protocol says.

#[highway::protocol]
mod server {
    pub async fn sum(numbers: highway::Incoming<i64>) -> i64;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.call(server::sum, futures_util::stream::iter(["one"])).await?;
    Ok(())
}

fn main() {}
