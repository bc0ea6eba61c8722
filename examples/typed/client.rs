//! The client of the typed example: says two things under two names and prints what comes back.
//!
//! ```sh
//! cargo run --example typed_server    # in one terminal
//! cargo run --example typed_client    # in another; takes the server's URL
//! ```

mod protocol;

use highway::route;
use protocol::{Line, client, server};

#[highway::client(serves = client, peer = server)]
struct Me {
    lines: u32,
}

#[route(client::said)]
async fn said(line: Line, me: &mut Me) -> highway::Result {
    println!("{}: {}", line.from, line.text);
    me.lines += 1;
    if me.lines == 2 {
        me.close().await;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> highway::Result {
    let url = std::env::args()
        .nth(1)
        .unwrap_or("ws://127.0.0.1:1337".to_owned());
    let me = Me::connect(&url).await?;
    me.send(server::say, "hello").await?;
    me.send(server::change_name, "Ada").await?;
    me.send(server::say, "now you know my name").await?;
    me.closed().await;
    Ok(())
}
