//! What a type is called makes no difference to what a route takes.

#[derive(serde::Serialize, serde::Deserialize)]
pub struct D;
#[derive(serde::Serialize, serde::Deserialize)]
pub struct S;
#[derive(serde::Serialize, serde::Deserialize)]
pub struct T;

#[highway::protocol]
mod server {
    use super::{D, S, T};

    pub async fn put(data: D) -> T;
    pub async fn sum(items: Incoming<S>);
}

#[highway::client(peer = server)]
struct Me;

async fn call(me: &highway::Connection<Me>) -> highway::Result {
    let _: T = me.call(server::put, D).await?;
    me.call(server::sum, futures_util::stream::iter([S, S])).await?;
    me.call(server::put, "no D at all").await?;
    me.send(server::put, 1).await
}

fn main() {}
