//! Every data type there and back: a server that echoes and a client that compares, in one program.
//!
//! ```sh
//! cargo run --example types
//! ```

use std::collections::BTreeMap;

use highway::{Bytes, Value, route};
use serde::Serialize;
use tokio::sync::mpsc;

#[highway::server]
struct Server;

#[route("echo")]
async fn echo(data: Value, server: &mut Server) -> highway::Result {
    server.send("echo", data).await
}

/// The client hands what comes back to `main`.
#[highway::client(state = mpsc::UnboundedSender<Value>)]
struct Client;

#[route("echo")]
async fn came_back(data: Value, client: &mut Client) -> Result<(), highway::Failure> {
    client.state().send(data)?;
    Ok(())
}

#[derive(Serialize)]
struct Point {
    x: i32,
    y: f64,
}

#[tokio::main]
async fn main() -> Result<(), highway::Failure> {
    let server = Server::server().bind("127.0.0.1:0").await?;
    let url = server.url();
    tokio::spawn(server.run());

    let (sender, mut receiver) = mpsc::unbounded_channel();
    let client = Client::client().state(sender).connect(&url).await?;

    client.send("echo", "text, in any script: 文字").await?;
    client.send("echo", 42).await?;
    client.send("echo", u128::MAX).await?;
    client.send("echo", 1.0).await?;
    client.send("echo", f64::INFINITY).await?;
    client.send("echo", true).await?;
    client.send("echo", vec![1, 2, 3]).await?;
    client
        .send("echo", BTreeMap::from([("one", 1), ("two", 2)]))
        .await?;
    client.send("echo", Point { x: 1, y: 2.5 }).await?;
    client.send("echo", (1, 2.5, "three")).await?;
    client.send("echo", Bytes::from_static(b"\x00\xff")).await?;
    client.send("echo", ()).await?;

    for _ in 0..12 {
        let Some(value) = receiver.recv().await else {
            break;
        };
        println!("{:<6} {value:?}", value.data_type());
    }
    client.close().await;
    Ok(())
}
