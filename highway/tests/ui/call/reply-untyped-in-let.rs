//! What a route that is not declared gives back is what the program says.

#[highway::client]
struct Me;

async fn add(me: &highway::Connection<Me>) -> highway::Result {
    let sum = me.call("add", (1, 2)).await?;
    Ok(())
}

async fn add_unchecked(me: &highway::Connection<Me>) -> highway::Result {
    let sum = me.call(highway::unchecked("add"), (1, 2)).await?;
    Ok(())
}

fn main() {}
