//! The client of the dashboard: prints five measurements, and has seen enough.
//!
//! ```sh
//! cargo run --example dashboard_server    # in one terminal
//! cargo run --example dashboard_client    # in another; takes the server's URL and the milliseconds between measurements
//! ```

mod protocol;

use std::error::Error;

use protocol::server;

#[highway::client(peer = server)]
struct Me;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().unwrap_or("ws://127.0.0.1:1337".to_owned());
    let interval: u64 = arguments.next().unwrap_or("1000".to_owned()).parse()?;
    let me = Me::connect(&url).await?;
    let mut measurements = me.stream(server::measure, interval).await?;
    for _ in 0..5 {
        let Some(measurement) = measurements.next().await else {
            break;
        };
        let now = measurement?;
        let load = now
            .load
            .map_or("unknown".to_owned(), |load| load.to_string());
        println!(
            "up {:.3} s, connections: {}, load: {load}",
            now.uptime, now.connections
        );
    }
    // The server stops measuring for us.
    drop(measurements);
    me.close().await;
    Ok(())
}
