//! A stream that goes to a route in quotes is marked as one.

#[highway::client]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    let numbers = futures_util::stream::iter([1, 2]);
    let _sum: i64 = me.call("sum", numbers).await?;
    Ok(())
}

fn main() {}
