// the client
mod protocol;

use protocol::{Line, client, server};

#[highway::client(serves = client, peer = server)]
struct Me;

#[highway::route(client::said)]
async fn said(line: Line, _: &mut Me) { println!("{}: {}", line.from, line.text) }

#[tokio::main]
async fn main() -> highway::Result {
    let chat = Me::connect("ws://127.0.0.1:1337").await?;
    let names = chat.call(server::join, "lobby").await?;   // names: Vec<String>
    chat.send(server::say, "hi").await?;
    chat.close().await;
    Ok(())
}
