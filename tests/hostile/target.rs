//! The programs that hostile peers are let loose on, as processes of their own, so that their memory can be measured. They end
//! when their standard input does, so that none outlives its test.

use std::{future::pending, time::Duration};

use clap::Parser;
use futures_util::{Stream, stream};
use highway::{
    Bytes, Close, ConnectError, Connection, Error, Failure, Limits, Value, client::Reconnect,
    connection::ConnectionId, on, route,
};
use highway_tests::mounting;
use tokio::{io::AsyncReadExt, net::TcpListener};

/// What a hostile peer is let loose on.
#[derive(Parser)]
enum Side {
    /// A server on a free port, which it prints.
    Server {
        /// The limit of the outbox.
        #[arg(long)]
        outbox_bytes: Option<usize>,
        /// The limit of a message.
        #[arg(long)]
        message_bytes: Option<usize>,
        /// The limit of messages in a second.
        #[arg(long)]
        messages_per_second: Option<u32>,
    },
    /// A client, which prints what becomes of its connection.
    Client {
        /// The server.
        url: String,
        /// Connects again and again, without a pause worth the name.
        #[arg(long)]
        reconnect: bool,
    },
    /// A client, which prints how many of its calls have no reply in 2 s.
    Caller {
        /// The server.
        url: String,
    },
}

#[highway::server]
struct Server;

#[route("id")]
async fn id(server: &mut Server) -> ConnectionId {
    server.id()
}

/// Answers after a second.
#[route("later")]
async fn later(server: Connection<Server>) -> ConnectionId {
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.id()
}

/// Gives blocks of this many bytes, for ever.
#[route("blocks", on = Server)]
async fn blocks(bytes: usize) -> impl Stream<Item = Bytes> {
    // Each of its own, as of a file.
    stream::repeat_with(move || Bytes::from(vec![7; bytes]))
}

#[on(pipe, on = Server)]
async fn everybody() {}

#[highway::client]
struct Client {
    ready: bool,
}

/// The routes of both sides.
macro_rules! routes {
    ($handler:ident) => {
        const _: () = {
            #[route("echo")]
            async fn echo(data: Value, handler: &mut $handler) -> highway::Result {
                handler.send("echo", data).await
            }

            #[route("number")]
            async fn number(_: u8, _: &mut $handler) {}

            #[route("fail")]
            async fn fail(_: &mut $handler) -> Result<(), Failure> {
                Err(Failure::new("as asked"))
            }

            /// Fails after a while, while others run.
            #[route("fail later")]
            async fn fail_later(_: Connection<$handler>) -> Result<(), Failure> {
                tokio::time::sleep(Duration::from_millis(500)).await;
                Err(Failure::new("as asked"))
            }

            #[route("panic")]
            async fn panic(_: &mut $handler) {
                panic!("as asked")
            }

            #[route("panic beside")]
            async fn panic_beside(_: Connection<$handler>) {
                panic!("as asked")
            }

            #[route("never end")]
            async fn never_end(_: &mut $handler) {
                pending().await
            }

            #[route("never end beside")]
            async fn never_end_beside(_: Connection<$handler>) {
                pending().await
            }

            /// Sends this many messages of 64 KiB.
            #[route("flood")]
            async fn flood(count: u32, handler: &mut $handler) -> highway::Result {
                static MESSAGE: [u8; 64 * 1024] = [7; 64 * 1024];
                for _ in 0..count {
                    handler.send("echo", Bytes::from_static(&MESSAGE)).await?;
                }
                Ok(())
            }
        };
    };
}

routes!(Server);
routes!(Client);

#[on(ready)]
async fn ready(client: &mut Client) {
    client.ready = true;
    println!("ready");
}

#[on(close)]
async fn closed(close: &Close, client: &mut Client) {
    // That one never was says the error of `connect`.
    if client.ready {
        println!("closed: {close}");
    }
}

/// The defaults with less patience, so that no test takes long.
fn impatient(limits: &mut Limits) {
    limits.upgrade_timeout = Duration::from_secs(2);
    limits.exchange_timeout = Duration::from_secs(2);
    limits.close_timeout = Duration::from_secs(2);
    limits.write_timeout = Duration::from_secs(2);
    limits.ping_interval = Duration::from_secs(2);
    // The tests' peers answer no pings.
    limits.pong_timeout = Duration::from_secs(600);
}

#[tokio::main]
async fn main() {
    let side = Side::parse();
    tokio::select! {
        () = run(side) => {}
        () = end_of_input() => {}
    }
}

async fn run(side: Side) {
    match side {
        Side::Server {
            outbox_bytes,
            message_bytes,
            messages_per_second,
        } => {
            let server = Server::server().limits(|limits| {
                impatient(limits);
                limits.outbox_bytes = outbox_bytes.unwrap_or(limits.outbox_bytes);
                limits.message_bytes = message_bytes.unwrap_or(limits.message_bytes);
                limits.messages_per_second = messages_per_second;
            });
            if mounting::is_mounted() {
                let listener = TcpListener::bind("127.0.0.1:0").await;
                let listener = listener.expect("a port is free");
                println!("{}", listener.local_addr().expect("it is bound"));
                let service = server.service().expect("its options are valid");
                let ended = mounting::serve(listener, service).await;
                return ended.expect("axum serves on");
            }
            let server = server.bind("127.0.0.1:0").await.expect("a port is free");
            println!("{}", server.local_addr());
            server.await.expect("a server runs on");
        }
        Side::Client { url, reconnect } => {
            let mut client = Client::client().limits(impatient);
            if reconnect {
                let at_once = Duration::from_millis(1);
                let reconnect = Reconnect::default().first_delay(at_once).max_delay(at_once);
                client = client.reconnect(reconnect.wait_for_server(true));
            }
            match client.connect(&url).await {
                Ok(connection) => {
                    connection.closed().await;
                }
                Err(error) => println!("failed as {}: {error}", kind(&error)),
            }
            // What was measured of a process that is gone would be nothing.
            pending::<()>().await;
        }
        Side::Caller { url } => {
            let client = Client::connect(&url).await.expect("the server is there");
            let calls = (0..20).map(|_| {
                let call = client.call::<_, _, ConnectionId>("later", ());
                tokio::spawn(call.timeout(Duration::from_secs(2)))
            });
            let mut without = 0;
            for call in calls.collect::<Vec<_>>() {
                let reply = call.await.expect("a call does not panic");
                without += u32::from(reply.is_err());
            }
            println!("{without} without a reply");
        }
    }
}

/// What a program can tell errors of `connect` apart by.
fn kind(error: &Error) -> &'static str {
    match error {
        Error::Connect { source, .. } => match source {
            ConnectError::Io(_) => "Io",
            ConnectError::Refused { .. } => "Refused",
            ConnectError::Upgrade(_) => "Upgrade",
            ConnectError::Closed(_) => "Closed",
            ConnectError::Timeout => "Timeout",
            _ => "another ConnectError",
        },
        _ => "another Error",
    }
}

async fn end_of_input() {
    // Whatever it says, it is the end.
    let _ = tokio::io::stdin().read(&mut [0]).await;
}
