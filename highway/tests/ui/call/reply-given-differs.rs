//! The type of a reply can't be chosen either.

#[highway::protocol]
mod server {
    pub async fn add(numbers: (i64, i64)) -> i64;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.call::<_, _, String>(server::add, (1, 2)).await?;
    Ok(())
}

fn main() {}
