//! Once the peer has a protocol, no unchecked name slips in.

#[highway::protocol]
mod server {
    pub async fn add(numbers: (i64, i64)) -> i64;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    let _: i64 = me.call("add", (1, 2)).await?;
    Ok(())
}

fn main() {}
