//! The peer serves the routes of its own side.

#[highway::protocol]
mod server {
    pub async fn add(numbers: (i64, i64)) -> i64;
}

#[highway::protocol]
mod client {
    pub async fn double(number: i64) -> i64;
}

#[highway::client(serves = client, peer = server)]
struct Me;

#[highway::route(client::double, on = Me)]
async fn double(number: i64) -> i64 {
    2 * number
}

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.call(client::double, 5).await?;
    Ok(())
}

fn main() {}
