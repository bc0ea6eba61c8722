//! What gives a stream is opened.

#[highway::protocol]
mod server {
    pub async fn count(to: u64) -> impl Stream<Item = u64>;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.call(server::count, 5).await?;
    Ok(())
}

fn main() {}
