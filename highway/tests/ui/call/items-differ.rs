//! The items have the type that the protocol says.

#[highway::protocol]
mod server {
    pub async fn count(to: u64) -> impl Stream<Item = u64>;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    let mut items = me.stream(server::count, 5).await?;
    let _: Option<highway::Result<String>> = items.next().await;
    Ok(())
}

fn main() {}
