//! Connections that break the rules, one way after the other.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use highway_tests::websocket::{BINARY, FIN, PING, TABLE, masked, request};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{interval, timeout},
};

use crate::measure::Totals;

/// Between two abuses of one connection.
const PAUSE: Duration = Duration::from_millis(500);

/// As long as an abuser has the patience to wait for the server's answer or end.
const PATIENCE: Duration = Duration::from_secs(2);

/// Abuses the server, for ever.
pub(crate) async fn abuse(server: SocketAddr, number: usize, totals: Arc<Totals>) {
    let mut pauses = interval(PAUSE);
    for way in number.. {
        pauses.tick().await;
        // The server may have had enough at any point.
        if let Ok(mut stream) = TcpStream::connect(server).await {
            let _ = timeout(PATIENCE, once(&mut stream, server, way)).await;
            if way.is_multiple_of(3) {
                // It fails only on a socket that is gone already.
                let _ = stream.set_zero_linger();
            }
            totals.abused();
        }
    }
}

async fn once(stream: &mut TcpStream, server: SocketAddr, way: usize) -> std::io::Result<()> {
    let upgrade = request(server, "");
    let ready = [upgrade.as_bytes(), &masked(FIN | BINARY, TABLE)].concat();
    let message = |message: &[u8]| [&ready[..], &masked(FIN | BINARY, message)].concat();
    let deep = [b"\x04\0\x01\0", "[".repeat(100_000).as_bytes()].concat();
    let digits = [b"\x01\0\x01\0", "9".repeat(100_000).as_bytes()].concat();
    let many = format!("{{\"0\":\"meta\"{}}}", ",\"1\":\"x\"".repeat(10_000));
    let bytes = match way % 16 {
        0 => b"\0\x01\x02 junk\r\n\r\n".to_vec(),
        1 => upgrade.as_bytes()[..60].to_vec(),
        2 => format!("GET / HTTP/1.1\r\n{}", "A: b\r\n".repeat(10_000)).into_bytes(),
        3 => upgrade.into_bytes(),
        4 => [
            upgrade.as_bytes(),
            &masked(FIN | BINARY, b"\0\0\x01\0early"),
        ]
        .concat(),
        5 => [upgrade.as_bytes(), &masked(FIN | BINARY, many.as_bytes())].concat(),
        6 => message(b"\0"),
        7 => message(b"\0\0\xff\xff"),
        8 => message(b"\x01\0\x01\0no number"),
        9 => message(&deep),
        10 => message(&digits),
        // `panic`, behind `echo`.
        11 => message(b"\x08\0\x02\0"),
        12 => [&ready[..], b"\x82\xff\0\0\0\0\0\x10\0\0mask"].concat(),
        13 => [&ready[..], &masked(FIN | 0x40 | BINARY, b"reserved")].concat(),
        14 => [&ready[..], &masked(FIN | PING, &[b'p'; 125]).repeat(2000)].concat(),
        // Echoes that are never read.
        _ => {
            let echo = [b"\x07\0\x01\0", &[7; 10_000][..]].concat();
            stream.write_all(&ready).await?;
            let echoes = masked(FIN | BINARY, &echo).repeat(10);
            loop {
                stream.write_all(&echoes).await?;
            }
        }
    };
    stream.write_all(&bytes).await?;
    // To the end, if it comes in time.
    let mut received = [0; 4096];
    while stream.read(&mut received).await? > 0 {}
    Ok(())
}
