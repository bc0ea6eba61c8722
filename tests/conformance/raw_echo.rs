//! Sends back each WebSocket message as it came, on highway's own engine and below its routes, for conformance suites such
//! as Autobahn|Testsuite. README.md beside this file says how to run that.
//!
//! ```sh
//! cargo run -p highway-tests --bin raw_echo -- server --port 9001
//! cargo run -p highway-tests --bin raw_echo -- client --url ws://127.0.0.1:9001
//! ```

use std::error::Error;

use clap::Parser;
use futures_util::StreamExt;
use highway::{ConnectError, Limits};
use highway_tests::mounting;
use tokio::net::TcpListener;

/// Autobahn's largest messages have 16 MiB.
const MESSAGE_BYTES: usize = 64 * 1024 * 1024;

/// The name under which a suite reports.
const AGENT: &str = "highway";

/// Sends back each WebSocket message as it came.
#[derive(Parser)]
enum Side {
    /// For a suite that connects.
    Server {
        /// The port on 127.0.0.1; 0 takes a free one.
        #[arg(long, default_value_t = 9001)]
        port: u16,
        /// Inside axum's server.
        #[arg(long)]
        mounted: bool,
    },
    /// For a suite that listens: runs all of its cases.
    Client {
        /// Where Autobahn's fuzzing server listens.
        #[arg(long, default_value = "ws://127.0.0.1:9001")]
        url: String,
    },
}

#[highway::server]
struct Server;

#[highway::client]
struct Client;

fn raw(limits: &mut Limits) {
    limits.message_bytes = MESSAGE_BYTES;
    limits.raw_echo = true;
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    match Side::parse() {
        Side::Server { port, mounted } => serve(port, mounted).await,
        Side::Client { url } => run_cases(&url).await,
    }
}

async fn serve(port: u16, mounted: bool) -> Result<(), Box<dyn Error>> {
    let server = Server::server().limits(|limits| raw(limits));
    let address = format!("127.0.0.1:{port}");
    if mounted {
        let listener = TcpListener::bind(address).await?;
        println!("listening on ws://{}", listener.local_addr()?);
        return Ok(mounting::serve(listener, server.service()?).await?);
    }
    let server = server.bind(address).await?;
    println!("listening on {}", server.url());
    Ok(server.await?)
}

async fn run_cases(url: &str) -> Result<(), Box<dyn Error>> {
    let cases: u32 = told(&format!("{url}/getCaseCount")).await?.parse()?;
    for case in 1..=cases {
        println!("case {case} of {cases}");
        let url = format!("{url}/runCase?case={case}&agent={AGENT}");
        match Client::client().limits(raw).connect(&url).await {
            // The connection never becomes ready, as it knows no routes; it ends with its case.
            Ok(_)
            | Err(highway::Error::Connect {
                source: ConnectError::Closed(_),
                ..
            }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    told(&format!("{url}/updateReports?agent={AGENT}")).await?;
    Ok(())
}

/// What the suite tells a client; nothing where it only closes.
async fn told(url: &str) -> Result<String, Box<dyn Error>> {
    let (mut suite, _) = tokio_tungstenite::connect_async(url).await?;
    let mut told = String::new();
    while let Some(message) = suite.next().await {
        if let Ok(text) = message?.into_text() {
            told.push_str(&text);
        }
    }
    Ok(told)
}
