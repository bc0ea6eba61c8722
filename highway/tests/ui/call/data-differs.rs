//! A declared route is called with what it takes.

#[highway::protocol]
mod server {
    pub async fn add(numbers: (i64, i64)) -> i64;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.call(server::add, "1 and 2").await?;
    Ok(())
}

fn main() {}
