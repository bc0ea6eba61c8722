//! Data that a route needs can't be left out.

#[highway::protocol]
mod server {
    pub async fn add(numbers: (i64, i64)) -> i64;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.call(server::add, ()).await?;
    Ok(())
}

fn main() {}
