//! What a route that is not declared gives back is what the program says.

#[highway::client]
struct Me;

async fn add(me: &highway::Connection<Me>) -> highway::Result {
    me.call("add", (1, 2)).await?;
    Ok(())
}

fn main() {}
