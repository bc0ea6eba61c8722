//! A stream is no data of a message.

#[highway::client]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.send("sum", futures_util::stream::iter([1, 2])).await
}

fn main() {}
