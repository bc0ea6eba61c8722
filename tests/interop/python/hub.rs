//! The server that the Python client's program talks to (`highway/python/tests/server.py`).

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use futures_util::{Stream, StreamExt, stream};
use highway::{
    Bytes, Connection, Failure, Incoming, Refusal, Request, Value, connection::ConnectionId, route,
    unchecked,
};
use tokio::sync::Semaphore;

/// What routes did.
#[derive(Debug)]
pub(super) struct Shared {
    opened: Mutex<Vec<&'static str>>,
    dropped: Mutex<Vec<&'static str>>,
    made: AtomicU64,
    waiting: AtomicU64,
    gate: Semaphore,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            opened: Mutex::default(),
            dropped: Mutex::default(),
            made: AtomicU64::new(0),
            waiting: AtomicU64::new(0),
            gate: Semaphore::new(0),
        }
    }
}

/// Tells when it is dropped.
struct Watched(Arc<Shared>, &'static str);

impl Watched {
    fn new(shared: &Arc<Shared>, name: &'static str) -> Self {
        shared.opened.lock().expect("no panic").push(name);
        Self(Arc::clone(shared), name)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.0.dropped.lock().expect("no panic").push(self.1);
    }
}

/// What the client serves, as far as it is of a declared shape.
#[highway::protocol]
mod client {
    pub async fn my_count(to: u64) -> impl futures_util::Stream<Item = u64>;
    pub async fn my_sum(numbers: highway::Incoming<u64>) -> u64;
}

#[highway::server(state = Arc<Shared>, peer = client)]
pub(super) struct Hub;

#[highway::on(connect)]
async fn admit(request: &mut Request<Hub>) -> Result<(), Refusal> {
    if request.uri().path() == "/refused" {
        return Err(Refusal::new(highway::StatusCode::FORBIDDEN, "not here"));
    }
    Ok(())
}

#[highway::on(pipe)]
async fn may_reach(to: Connection<Hub>, from: &mut Hub) -> Result<&'static str, Failure> {
    if to.id() == from.id() {
        return Err(Failure::new("that is you"));
    }
    Ok("from the server")
}

#[route("echo")]
async fn echo(value: Value, _: Connection<Hub>) -> Value {
    value
}

#[route("add")]
async fn add((a, b): (i64, i64), _: Connection<Hub>) -> i64 {
    a + b
}

#[route("refuse")]
async fn refuse(value: Value, _: Connection<Hub>) -> Result<(), Failure> {
    Err(Failure::new("no")
        .with_code("refused here")
        .with_data((value, 1.0)))
}

#[route("panic")]
async fn panics(hub: Connection<Hub>) -> u64 {
    panic!("on purpose, for {}", hub.id())
}

#[route("id")]
async fn id(hub: Connection<Hub>) -> ConnectionId {
    hub.id()
}

#[route("hang")]
async fn hang(hub: Connection<Hub>) -> Result<(), Failure> {
    let _watched = Watched::new(hub.state(), "hang");
    std::future::pending().await
}

#[route("gate")]
async fn gate(number: u64, hub: Connection<Hub>) -> u64 {
    hub.state().waiting.fetch_add(1, Ordering::SeqCst);
    let _open = hub.state().gate.acquire().await;
    number
}

#[route("waiting")]
async fn waiting(hub: Connection<Hub>) -> u64 {
    hub.state().waiting.load(Ordering::SeqCst)
}

#[route("open")]
async fn open(hub: Connection<Hub>) {
    hub.state().gate.add_permits(1);
}

#[route("opened")]
async fn opened(name: String, hub: Connection<Hub>) -> usize {
    let opened = hub.state().opened.lock().expect("no panic");
    opened.iter().filter(|of| **of == name).count()
}

#[route("dropped")]
async fn dropped(name: String, hub: Connection<Hub>) -> usize {
    let dropped = hub.state().dropped.lock().expect("no panic");
    dropped.iter().filter(|of| **of == name).count()
}

#[route("made")]
async fn made(hub: Connection<Hub>) -> u64 {
    hub.state().made.load(Ordering::SeqCst)
}

#[route("blobs")]
async fn blobs(count: u64, hub: Connection<Hub>) -> impl Stream<Item = (u64, Bytes)> {
    let shared = Arc::clone(hub.state());
    stream::iter(0..count).map(move |number| {
        shared.made.fetch_add(1, Ordering::SeqCst);
        (number, Bytes::from_static(&[7; 100]))
    })
}

#[route("endless")]
async fn endless(hub: Connection<Hub>) -> impl Stream<Item = u64> {
    let watched = Watched::new(hub.state(), "endless");
    stream::iter(0..).map(move |number| {
        let _ = &watched;
        number
    })
}

#[route("silent")]
async fn silent(hub: Connection<Hub>) -> impl Stream<Item = u64> {
    let watched = Watched::new(hub.state(), "silent");
    stream::pending().inspect(move |_| {
        let _ = &watched;
    })
}

#[route("sum")]
async fn sum(mut numbers: Incoming<u64>, _: Connection<Hub>) -> highway::Result<u64> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += number?;
    }
    Ok(sum)
}

#[route("first")]
async fn first(mut numbers: Incoming<u64>, _: Connection<Hub>) -> highway::Result<Option<u64>> {
    let first = numbers.next().await.transpose()?;
    drop(numbers);
    Ok(first)
}

#[route("double")]
async fn double(
    numbers: Incoming<u64>,
    _: Connection<Hub>,
) -> impl Stream<Item = highway::Result<u64>> {
    numbers.map(|number| number.map(|number| 2 * number))
}

#[route("close me")]
async fn close_me(hub: Connection<Hub>) -> highway::Result {
    hub.close_with(4002, "as you wish").await
}

#[route("call me")]
async fn call_me((route, data): (String, Value), hub: Connection<Hub>) -> highway::Result<Value> {
    match hub.call::<_, _, Value>(unchecked(&route), data).await {
        Ok(reply) => Ok(reply),
        Err(error) => match error.code() {
            Some(code) => Ok(code.into()),
            None => Err(error),
        },
    }
}

#[route("read me")]
async fn read_me(to: u64, hub: Connection<Hub>) -> highway::Result<u64> {
    let mut items = hub.stream(client::my_count, to).await?;
    let mut sum = 0;
    while let Some(item) = items.next().await {
        sum += item?;
    }
    Ok(sum)
}

#[route("leave me")]
async fn leave_me(to: u64, hub: Connection<Hub>) -> highway::Result<Option<u64>> {
    let mut items = hub.stream(client::my_count, to).await?;
    items.next().await.transpose()
}

#[route("feed me")]
async fn feed_me(to: u64, hub: Connection<Hub>) -> highway::Result<u64> {
    hub.call(client::my_sum, stream::iter(0..to)).await
}

#[route("drop me")]
async fn drop_me(hub: Connection<Hub>) {
    let call = hub.call::<_, _, Value>(unchecked("hang"), ());
    let _ = tokio::time::timeout(std::time::Duration::from_millis(100), call).await;
}
