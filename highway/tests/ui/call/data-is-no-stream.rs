//! What takes a stream can't be called with a value.

#[highway::protocol]
mod server {
    pub async fn sum(numbers: highway::Incoming<i64>) -> i64;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.call(server::sum, 5).await?;
    Ok(())
}

fn main() {}
