//! What takes a stream can't be sent a message.

#[highway::protocol]
mod server {
    pub async fn sum(numbers: highway::Incoming<i64>) -> i64;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.send(server::sum, 5).await?;
    Ok(())
}

fn main() {}
