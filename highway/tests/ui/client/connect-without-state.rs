//! What has a state is connected with one.

#[highway::client(state = String)]
struct Me;

async fn example() -> highway::Result {
    let me = Me::connect("ws://localhost").await?;
    me.send("say", "hello").await
}

fn main() {}
