use std::{
    future::{pending, poll_fn},
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Wake, Waker},
};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    outcome::{Cause, Job},
    *,
};
use crate::{
    contract::Contract,
    proto::{
        Role,
        handshake::LocalTable,
        session::{Session, SessionConfig},
    },
    route::{Message, Undeclared},
    transport::websocket::{Stream, WebSocket},
    wire::{ConnectionId, DataType, Dialect},
};

/// Never has anything to read, takes everything, and may not let itself be shut down.
struct Silent {
    shuts_down: bool,
}

impl AsyncRead for Silent {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Poll::Pending
    }
}

impl AsyncWrite for Silent {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.shuts_down {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }
}

impl Stream for Silent {}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The task of a server's connection that begins.
fn driver(shuts_down: bool) -> (Driver<WebSocket<Silent>>, Arc<Link>) {
    let id = ConnectionId::next();
    let link = Link::new(id, None, Role::Server, Arc::default(), Arc::default());
    let link = Arc::new(link);
    let table = Arc::new(LocalTable::new(["route"]));
    let session = Session::server(table, SessionConfig::default());
    let contract = Contract::new::<Undeclared, Undeclared>(["route"]);
    let contract = Box::leak(Box::new(contract));
    let driver = Driver::new(
        WebSocket::new(Silent { shuts_down }, Role::Server, Vec::new(), 1024),
        Exchange::new(session, contract, false, 1024),
        None,
        Arc::clone(&link),
    );
    (driver, link)
}

/// A connection in some phase with a route that runs, which a cut has to wake: while the task waits for something to do, and
/// while another of the routes runs.
#[track_caller]
fn check_cut(shuts_down: bool, begin: fn(&mut Driver<WebSocket<Silent>>)) {
    for handler in [HandlerState::Free, HandlerState::Busy] {
        let (mut driver, link) = driver(shuts_down);
        begin(&mut driver);
        let job = Job {
            name: "route",
            bytes: 0,
            cause: Cause::Message,
        };
        driver.running.push(job, Box::pin(pending()), &link);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let cx = &mut Context::from_waker(&waker);
        assert!(driver.poll(cx, handler).is_pending());
        woken.0.store(false, Ordering::Relaxed);
        link.cut();
        assert!(woken.0.load(Ordering::Relaxed));
        // Where nothing runs in order, that is the end of the task.
        let over = driver.poll(cx, handler).is_ready();
        assert!(over || handler == HandlerState::Busy);
        assert!(driver.closing.ended().is_some());
        assert!(driver.running.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn cut_wakes_the_task_whatever_it_waits_for() {
    check_cut(true, |_| {});
    check_cut(true, |driver| driver.begin_closing(Close::NORMAL));
    for shuts_down in [false, true] {
        check_cut(shuts_down, |driver| {
            driver.begin_closing(Close::NORMAL);
            driver.closing.answered(DISCARDED);
        });
    }
    check_cut(true, |driver| {
        let step = driver.closing.end();
        driver.take(step);
    });
}

#[tokio::test(start_paused = true)]
async fn messages_that_wait_when_the_time_is_up_do_not_begin() {
    let (mut driver, _link) = driver(true);
    let message = Message::new(
        Dialect::V02,
        DataType::None,
        Bytes::from_static(b"\x08\0\x01\0"),
        1,
    );
    driver
        .inbox
        .push(Work::Message(RouteId(1), Box::new(message)));
    let step = driver.closing.peer_closed(Close::NORMAL);
    driver.take(step);
    // A route runs in order up to the end of its time.
    let over = poll_fn(|cx| driver.poll(cx, HandlerState::Busy)).await;
    assert!(matches!(over, Work::Ended(_)), "{over:?}");
    let next = poll_fn(|cx| driver.poll(cx, HandlerState::Free)).await;
    assert!(matches!(next, Work::Ended(_)), "{next:?}");
}
