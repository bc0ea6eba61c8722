//! Connections that keep the rules: they send, and want back what they sent.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use highway::{Bytes, Connection, Value, route};
use tokio::{
    sync::mpsc,
    time::{Instant, interval_at, timeout},
};

use crate::measure::Totals;

/// After this time an echo is lost.
const LOST: Duration = Duration::from_secs(10);

/// The echoes after which a connection is closed and made again, for some of them.
const CHURN: usize = 20;

#[highway::client(state = mpsc::Sender<Value>)]
struct Client;

#[route("echo")]
async fn echoed(data: Value, client: &mut Client) {
    // Nobody waits for what comes later than it may.
    let _ = client.state().send(data).await;
}

/// Sends an echo at each interval, for ever.
pub(crate) async fn echo(server: SocketAddr, number: usize, each: Duration, totals: Arc<Totals>) {
    // Not all at once.
    let first = Instant::now() + each * u32::try_from(number % 100).unwrap_or(0) / 100;
    let mut ticks = interval_at(first, each);
    for round in number.. {
        ticks.tick().await;
        let (sender, mut echoes) = mpsc::channel(16);
        let connecting = Client::client()
            .state(sender)
            .connect(&format!("ws://{server}"))
            .await;
        let Ok(connection) = connecting else {
            totals.lose();
            continue;
        };
        // One of ten comes and goes.
        let count = if number.is_multiple_of(10) {
            CHURN
        } else {
            usize::MAX
        };
        for echo in 0..count {
            ticks.tick().await;
            if !one(
                &connection,
                &mut echoes,
                value(round.wrapping_add(echo)),
                &totals,
            )
            .await
            {
                break;
            }
        }
        connection.close().await;
    }
}

/// Whether the connection can go on.
async fn one(
    connection: &Connection<Client>,
    echoes: &mut mpsc::Receiver<Value>,
    value: Value,
    totals: &Totals,
) -> bool {
    let start = Instant::now();
    let trip = async {
        connection.send("echo", &value).await.ok()?;
        tokio::select! {
            echo = echoes.recv() => echo,
            _ = connection.closed() => None,
        }
    };
    let came = timeout(LOST, trip).await.ok().flatten();
    if came == Some(value) {
        totals.add(start.elapsed());
        true
    } else {
        totals.lose();
        false
    }
}

/// Values of all types; most are small.
fn value(number: usize) -> Value {
    let small = i64::try_from(number).unwrap_or(i64::MAX);
    match number % 8 {
        0 => Value::from("x".repeat(number % 200)),
        1 => Value::from(small),
        #[expect(clippy::cast_precision_loss, reason = "any float will do")]
        2 => Value::from(number as f64 / 3.0),
        3 => Value::from(number.is_multiple_of(3)),
        4 => Value::List((0..small % 50).map(Value::from).collect()),
        5 => Value::Tuple(vec![Value::from(small), Value::None, Value::from("tuple")]),
        6 => Value::Bytes(Bytes::from(vec![7; number % 5000])),
        _ if number % 64 == 7 => Value::Bytes(Bytes::from(vec![7; 200_000])),
        _ => Value::None,
    }
}
