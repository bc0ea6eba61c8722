//! What gives one value is called.

#[highway::protocol]
mod server {
    pub async fn add(numbers: (i64, i64)) -> i64;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.stream(server::add, (1, 2)).await?;
    Ok(())
}

fn main() {}
