//! The server that the command talks to.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{Stream, stream};
use highway::{
    Bytes, Connection, Failure, Incoming, Value,
    connection::{ConnectionId, Named},
    generate, route,
    server::{Server, ServerHandle},
    unchecked,
};
use tokio::sync::mpsc;

#[highway::protocol]
mod desk {
    use super::{Bytes, Stream, Value};

    /// Adds.
    pub async fn add(numbers: (i64, i64)) -> i64;
    pub async fn name(name: String) -> u64;
    pub async fn say(text: String);
    pub async fn count(to: u64) -> impl Stream<Item = u64>;
    pub async fn words() -> impl Stream<Item = Bytes>;
    pub async fn never() -> impl Stream<Item = u64>;
    pub async fn sum(numbers: highway::Incoming<i64>) -> i64;
    /// The blocks, and their bytes.
    pub async fn length(blocks: highway::Incoming<Bytes>) -> (u64, u64);
    pub async fn fail(text: String) -> bool;
    pub async fn slow();
    pub async fn leave();
    /// Any value, as it came.
    pub async fn same(value: Value) -> Value;
    #[route("ask-others")]
    pub async fn ask_others(question: String) -> Value;
}

#[highway::protocol]
mod guest {
    pub async fn said(text: String);
    pub async fn counted(messages: u64);
    pub async fn ask(question: String) -> String;
}

pub(super) struct Shared {
    ended: mpsc::UnboundedSender<u64>,
    said: AtomicU64,
}

#[highway::server(serves = desk, peer = guest, state = Arc<Shared>)]
pub(super) struct Desk;

#[highway::on(ready)]
async fn greet(desk: &mut Desk) -> highway::Result {
    if desk.has_route("said") {
        desk.send(guest::said, "hello").await?;
    }
    Ok(())
}

#[highway::on(pipe)]
async fn reach(_: Connection<Desk>, _: &mut Desk) {}

#[route(desk::add, on = Desk)]
async fn add((a, b): (i64, i64)) -> i64 {
    a + b
}

#[route(desk::name)]
async fn name(name: String, desk: &mut Desk) -> Result<u64, Failure> {
    desk.set_name(name)?;
    Ok(desk.id().into())
}

#[route(desk::say)]
async fn say(text: String, desk: &mut Desk) -> highway::Result {
    let said = desk.state().said.fetch_add(1, Ordering::Relaxed) + 1;
    desk.others().send(guest::said, text).await?;
    desk.everyone().send(guest::counted, said).await
}

/// Counts, and tells the test how far it came.
#[route(desk::count)]
async fn count(to: u64, desk: Connection<Desk>) -> impl Stream<Item = u64> {
    struct Told(mpsc::UnboundedSender<u64>, u64);

    impl Drop for Told {
        fn drop(&mut self) {
            // A test that does not ask does not listen.
            let _ = self.0.send(self.1);
        }
    }

    let told = Told(desk.state().ended.clone(), 0);
    stream::unfold(told, move |mut told| async move {
        if told.1 == to {
            return None;
        }
        told.1 += 1;
        Some((told.1 - 1, told))
    })
}

#[route(desk::words, on = Desk)]
async fn words((): ()) -> impl Stream<Item = Bytes> {
    stream::iter([Bytes::from_static(b"one\xff"), Bytes::from_static(b"two")])
}

#[route(desk::never, on = Desk)]
async fn never((): ()) -> impl Stream<Item = u64> {
    stream::pending()
}

#[route(desk::sum)]
async fn sum(mut numbers: Incoming<i64>, _: Connection<Desk>) -> highway::Result<i64> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += number?;
    }
    Ok(sum)
}

#[route(desk::length)]
async fn length(mut blocks: Incoming<Bytes>, _: Connection<Desk>) -> highway::Result<(u64, u64)> {
    let (mut count, mut bytes) = (0, 0);
    while let Some(block) = blocks.next().await {
        count += 1;
        bytes += u64::try_from(block?.len()).unwrap_or(u64::MAX);
    }
    Ok((count, bytes))
}

#[route(desk::fail, on = Desk)]
async fn fail(text: String) -> Result<bool, Failure> {
    Err(Failure::new(text).with_code("always"))
}

#[route(desk::slow)]
async fn slow((): (), _: Connection<Desk>) {
    std::future::pending::<()>().await;
}

#[route(desk::leave)]
async fn leave((): (), desk: Connection<Desk>) -> highway::Result {
    desk.close_with(4000, "enough").await
}

#[route(desk::same, on = Desk)]
async fn same(value: Value) -> Value {
    value
}

#[route(desk::ask_others)]
async fn ask_others(question: String, desk: Connection<Desk>) -> highway::Result<Value> {
    let other = desk
        .others()
        .connections()
        .find(|other| other.has_route("ask"));
    match other {
        Some(other) => other.call(unchecked("ask"), question).await,
        None => Ok(Value::None),
    }
}

/// A server that runs.
pub(super) struct Started {
    pub(super) url: String,
    pub(super) handle: ServerHandle<Desk>,
    ended: mpsc::UnboundedReceiver<u64>,
}

impl Started {
    /// Where the counting stream that ended next had come to.
    pub(super) async fn ended(&mut self) -> u64 {
        loop {
            let ended = self.ended.recv().await.expect("the server is there");
            if ended > 3 {
                return ended;
            }
        }
    }

    /// Waits until so many are connected that have said what they serve.
    pub(super) async fn connected(&self, count: usize) {
        let ready = || {
            let everyone = self.handle.everyone();
            let connections = everyone.connections();
            connections.filter(|of| of.dialect().is_some()).count()
        };
        while ready() < count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The number of the connection with a name.
    pub(super) async fn named(&self, name: &str) -> ConnectionId {
        loop {
            if let Some(connection) = self.handle.to(Named(name)).connections().next() {
                return connection.id();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub(super) async fn start() -> Started {
    start_with(|server| server).await
}

pub(super) async fn start_with(configure: impl FnOnce(Server<Desk>) -> Server<Desk>) -> Started {
    let (sender, ended) = mpsc::unbounded_channel();
    let server = configure(server_telling(sender));
    let server = server.bind("127.0.0.1:0").await.expect("a port is free");
    let (url, handle) = (server.url(), server.handle());
    tokio::spawn(server.run());
    Started { url, handle, ended }
}

/// A server that nobody asks how far streams came.
pub(super) fn server() -> Server<Desk> {
    let (sender, _) = mpsc::unbounded_channel();
    server_telling(sender)
}

fn server_telling(ended: mpsc::UnboundedSender<u64>) -> Server<Desk> {
    let said = AtomicU64::new(0);
    Desk::server().state(Arc::new(Shared { ended, said }))
}

pub(super) fn description() -> String {
    Desk::describe().to_json()
}

/// What the library generates of the server.
pub(super) fn generated(language: &str) -> String {
    let described = Desk::describe();
    let generated = match language {
        "typescript" => generate::TypeScript::new().generate(&described),
        "python" => generate::Python::new().generate(&described),
        _ => generate::AsyncApi::new().generate(&described),
    };
    generated.expect("it can be generated")
}
