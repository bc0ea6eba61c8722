//! Sends a few values to the echo server, prints what comes back, and ends.
//!
//! ```sh
//! cargo run --example echo_server    # in one terminal
//! cargo run --example echo_client    # in another
//! ```

use highway::{Value, route};

#[highway::client(main, url = "ws://127.0.0.1:1337")]
struct Handler {
    #[default(3)]
    missing: u32,
}

#[highway::on(ready)]
async fn start(handler: &mut Handler) -> highway::Result {
    handler.send("echo", "text").await?;
    handler.send("echo", 1.0).await?;
    handler.send("echo", (1, 2.5, "three")).await
}

#[route("echo")]
async fn echo(data: Value, handler: &mut Handler) -> highway::Result {
    println!("{data:?}");
    handler.missing -= 1;
    if handler.missing == 0 {
        handler.close().await;
    }
    Ok(())
}
