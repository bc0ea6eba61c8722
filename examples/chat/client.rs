//! A chat in the terminal: what is typed is said, what others say is printed.
//!
//! ```sh
//! cargo run --example chat_server    # in one terminal
//! cargo run --example chat_client    # in others; takes the server's URL
//! ```
//!
//! `/name Ada` changes the name, `/join attic` goes into another room, `/who` tells who is there, `/quit` ends it.

mod protocol;

use std::error::Error;

use highway::{Connection, route};
use protocol::{Line, client, server};
use tokio::io::{AsyncBufReadExt, BufReader};

#[highway::client(serves = client, peer = server)]
struct Me;

#[route(client::said)]
async fn said(line: Line, _: &mut Me) {
    print(&format!("{}: {}", line.from, line.text));
}

#[route(client::earlier)]
async fn earlier(lines: Vec<Line>, me: &mut Me) {
    for line in lines {
        said(line, me).await;
    }
}

#[route(client::joined, on = Me)]
async fn joined(name: &str) {
    print(&format!("* {name} is here"));
}

#[route(client::left, on = Me)]
async fn left(name: &str) {
    print(&format!("* {name} has left"));
}

#[route(client::renamed, on = Me)]
async fn renamed((old, new): (String, String)) {
    print(&format!("* {old} is now {new}"));
}

/// What comes from others could hold sequences that terminals obey.
fn print(text: &str) {
    println!("{}", text.replace(char::is_control, " "));
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let ended = runtime.block_on(chat());
    // When the server has gone a thread still reads stdin, and can't be told to stop.
    runtime.shutdown_background();
    ended
}

async fn chat() -> Result<(), Box<dyn Error>> {
    let url = std::env::args()
        .nth(1)
        .unwrap_or("ws://127.0.0.1:1337".to_owned());
    let me = Me::connect(&url).await?;
    obey("/join lobby", &me).await?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line?,
            close = me.closed() => return Err(format!("the connection ended with {close}").into()),
        };
        match line.as_deref() {
            None | Some("/quit") => {
                me.close().await;
                return Ok(());
            }
            Some(line) => {
                if let Err(error) = obey(line, &me).await {
                    eprintln!("{error}");
                }
            }
        }
    }
}

async fn obey(line: &str, me: &Connection<Me>) -> highway::Result {
    match line.split_once(' ').unwrap_or((line, "")) {
        ("", "") => {}
        ("/name", name) => {
            let free = me.call(server::change_name, name).await?;
            let is = if free { "you are" } else { "somebody else is" };
            print(&format!("* {is} {name}"));
        }
        ("/join", room) => {
            let names = me.call(server::join, room).await?;
            print(&format!("* {room}: {}", names.join(", ")));
        }
        ("/who", _) => {
            let names = me.call(server::who, ()).await?;
            print(&format!("* {}", names.join(", ")));
        }
        (command, _) if command.starts_with('/') => println!("* /name, /join, /who, /quit"),
        // A call, as whoever only sends is not told that the server refused it.
        _ => me.call(server::say, line).await?,
    }
    Ok(())
}
