//! What a route in quotes is called with has to be written.

struct Line;

#[highway::client]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    let _length: u32 = me.call("measure", Line).await?;
    Ok(())
}

fn main() {}
