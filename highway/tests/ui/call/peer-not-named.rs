//! Declared routes can be called once the handler says which protocol its peer serves.

#[highway::protocol]
mod server {
    pub async fn add(numbers: (i64, i64)) -> i64;
}

#[highway::client]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    let _: i64 = me.call(server::add, (1, 2)).await?;
    Ok(())
}

fn main() {}
