//! A stream that goes to a route that the compiler does not know is marked as one.

#[highway::client]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    let numbers = futures_util::stream::iter([1, 2]);
    let _doubles: highway::Incoming<i64> = me.stream(highway::unchecked("double"), numbers).await?;
    Ok(())
}

fn main() {}
