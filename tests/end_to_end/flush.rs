//! Waiting until what was sent is written, with peers that read, that don't, and that are gone.

use std::{
    future::poll_fn,
    io,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::poll;
use highway::{Bytes, CloseCode, Connection, Error, client::Reconnect, connection::Status, route};
use highway_tests::{
    websocket::{BINARY, FIN, TABLE, masked},
    within_deadline,
};
use tokio::{io::AsyncReadExt, net::TcpListener};
use tracing_subscriber::filter::LevelFilter;

use crate::support::{Probe, RawPeer, Seen, start};

/// More than the sockets' buffers hold.
const MESSAGES: usize = 64;
const MESSAGE: usize = 1024 * 1024;

/// What the sockets' buffers hold at most, on a system with its defaults many times over.
const IN_BUFFERS: usize = 32 * 1024 * 1024;

#[highway::client(state = Probe)]
struct Me;

#[highway::on(close)]
async fn closed(me: &mut Me) {
    let ended = me.flush().await.is_err();
    me.state().saw(format!("flush failed: {ended}"));
}

#[highway::server(state = Probe)]
struct Server;

#[route("a: echo")]
async fn echo(data: Bytes, server: &mut Server) -> highway::Result {
    server.send("echo", data).await
}

/// Sends more than the sockets take, and tells how often it was woken until that was written.
#[route("b: flood")]
async fn flood(server: &mut Server) -> highway::Result {
    send_all(server).await?;
    let mut polls = 0;
    let mut flush = pin!(server.flush());
    server.state().saw("sent");
    poll_fn(|cx| {
        polls += 1;
        flush.as_mut().poll(cx)
    })
    .await?;
    server.state().saw(polls);
    Ok(())
}

async fn send_all<H>(connection: &Connection<H>) -> highway::Result
where
    H: highway::Handler<Peer = highway::route::Undeclared>,
{
    let message = Bytes::from(vec![0; MESSAGE]);
    for _ in 0..MESSAGES {
        connection.send("echo", message.clone()).await?;
    }
    Ok(())
}

fn roomy(limits: &mut highway::Limits) {
    limits.outbox_bytes = 3 * MESSAGES * MESSAGE;
    limits.write_timeout = Duration::from_secs(60);
}

fn client() -> (highway::Client<Me>, Seen) {
    let (probe, seen) = Probe::new();
    (Me::client().state(probe).limits(roomy), seen)
}

async fn accept(listener: &TcpListener) -> RawPeer {
    let mut peer = RawPeer::accept(listener).await;
    peer.message(TABLE).await;
    peer.next_message().await;
    peer
}

async fn connect(client: highway::Client<Me>) -> (Connection<Me>, RawPeer, TcpListener) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let (me, peer) = tokio::join!(client.connect(&url), accept(&listener));
    (me.unwrap(), peer, listener)
}

#[test]
fn flush_is_done_when_what_was_sent_before_it_is_written_and_no_later() {
    within_deadline(async {
        let (client, _seen) = client();
        let (me, mut peer, _listener) = connect(client).await;
        me.flush().await.unwrap();
        send_all(&me).await.unwrap();
        let mut flush = pin!(me.flush());
        assert!(poll!(&mut flush).is_pending());
        send_all(&me).await.unwrap();
        let mut buffer = vec![0; 64 * 1024];
        let mut read = 0;
        loop {
            tokio::select! {
                biased;
                flushed = &mut flush => break flushed.unwrap(),
                bytes = peer.stream.read(&mut buffer) => read += bytes.unwrap(),
            }
        }
        let sent = MESSAGES * MESSAGE;
        assert!(
            (sent - IN_BUFFERS..2 * sent - IN_BUFFERS).contains(&read),
            "{read}"
        );
    });
}

#[test]
fn flush_fails_when_the_connection_ends_first() {
    within_deadline(async {
        let (client, mut seen) = client();
        let (me, peer, _listener) = connect(client).await;
        send_all(&me).await.unwrap();
        {
            let mut flush = pin!(me.flush());
            assert!(poll!(&mut flush).is_pending());
            peer.reset();
            let error = flush.await.unwrap_err();
            assert!(
                matches!(&error, Error::Closed(close) if close.code() == CloseCode::ABNORMAL),
                "{error}"
            );
        }
        assert_eq!(seen.next().await, "flush failed: true");
        me.closed().await;
        let error = me.flush().await.unwrap_err();
        assert!(matches!(error, Error::Closed(_)), "{error}");
    });
}

#[test]
fn what_was_written_stays_so_when_the_connection_ends() {
    within_deadline(async {
        let (client, mut seen) = client();
        let (me, mut peer, _listener) = connect(client).await;
        me.send("echo", "x").await.unwrap();
        assert_eq!(peer.next_message().await, b"\0\0\x01\0x");
        peer.close(1000, "").await;
        me.closed().await;
        me.flush().await.unwrap();
        assert_eq!(seen.next().await, "flush failed: false");
    });
}

#[test]
fn flush_of_a_client_that_reconnects_is_of_the_present_connection() {
    within_deadline(async {
        let (client, _seen) = client();
        let soon = Reconnect::default().first_delay(Duration::from_millis(10));
        let (me, peer, listener) = connect(client.reconnect(soon)).await;
        let mut changes = me.status_changes();
        send_all(&me).await.unwrap();
        let mut flush = pin!(me.flush());
        assert!(poll!(&mut flush).is_pending());
        peer.reset();
        let error = flush.await.unwrap_err();
        assert!(matches!(error, Error::Disconnected(_)), "{error}");
        let error = me.flush().await.unwrap_err();
        assert!(matches!(error, Error::Disconnected(_)), "{error}");

        let _peer = accept(&listener).await;
        while !matches!(changes.next().await, Some(Status::Connected)) {}
        me.flush().await.unwrap();
        me.send("echo", "x").await.unwrap();
        me.flush().await.unwrap();
    });
}

#[test]
fn route_that_flushes_is_woken_only_when_something_was_written() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(Server::server().state(probe).limits(|limits| roomy(limits))).await;
        let mut peer = RawPeer::ready(server.address).await;
        peer.message(b"\x08\0\x02\0").await;
        assert_eq!(seen.next().await, "sent");
        // Time in which a route that is woken for nothing runs many thousand times.
        let mut other = RawPeer::ready(server.address).await;
        let echo = masked(FIN | BINARY, b"\x07\0\x01\0x");
        for _ in 0..500 {
            other.bytes(&echo).await;
            other.next_message().await;
        }
        for _ in 0..MESSAGES {
            peer.next_message().await;
        }
        let polls: usize = seen.next().await.parse().unwrap();
        // The system takes some ten KiB at a time at least.
        assert!(polls < MESSAGES * MESSAGE / 8192, "{polls}");
    });
}

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn bytes_that_are_lost_with_their_connection_are_logged() {
    let log = Log::default();
    let writer = log.clone();
    // For all threads: one that logs nothing would have the others' lines switched off.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::INFO)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let (with_loss, without) = within_deadline(async {
        let (client, _seen) = client();
        let (me, peer, _listener) = connect(client).await;
        send_all(&me).await.unwrap();
        peer.reset();
        me.closed().await;
        let with_loss = me.id();
        let (client, _seen) = self::client();
        let (me, mut peer, _listener) = connect(client).await;
        me.send("echo", "x").await.unwrap();
        peer.next_message().await;
        peer.reset();
        me.closed().await;
        (with_loss, me.id())
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let lost = |id| {
        let connection = format!(" connection={id} ");
        let line = log
            .lines()
            .find(|line| line.contains("the rest is lost") && line.contains(&connection))?;
        let (_, bytes) = line.split_once("bytes=").expect("it says how many");
        Some(bytes.parse::<usize>().expect("it ends the line"))
    };
    let sent = MESSAGES * (MESSAGE + 100);
    let bytes = lost(with_loss).unwrap_or_else(|| panic!("{log}"));
    assert!((sent - IN_BUFFERS..sent).contains(&bytes), "{bytes}");
    assert_eq!(lost(without), None, "{log}");
}
