//! The reply has the type that the protocol says.

#[highway::protocol]
mod server {
    pub async fn add(numbers: (i64, i64)) -> i64;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    let _: String = me.call(server::add, (1, 2)).await?;
    Ok(())
}

fn main() {}
