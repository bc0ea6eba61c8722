//! The life of the TypeScript client's connections, in Node, with servers of ours.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use futures_util::{SinkExt, Stream, StreamExt, stream};
use highway::{
    Bytes, Connection, Failure, Incoming, Origins, Value, connection::ConnectionId, route,
};
use highway_tests::{Browser, Node, Outcome, ScriptRunner, Trial, trials, within_deadline};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    runtime::Runtime,
};
use tokio_tungstenite::{accept_async, tungstenite::Message};

use crate::random::Random;

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        client_in_typescript_lives_with_its_server,
        client_in_typescript_lives_in_deno,
        client_in_typescript_lives_in_bun,
        client_in_typescript_survives_garbage,
        client_in_typescript_lives_in_a_browser,
    ]
}

/// What the server has under way.
#[derive(Default)]
struct Watch {
    running: AtomicU64,
    made: AtomicU64,
    entered: Mutex<Option<ConnectionId>>,
}

/// What the client serves.
#[highway::protocol]
mod client {
    pub async fn numbers(to: u64) -> impl highway::Stream<Item = u64>;
    pub async fn total(numbers: highway::Incoming<u64>) -> u64;
}

#[highway::server(state = Arc<Watch>, peer = client)]
struct Range {
    noted: u64,
    disordered: u64,
}

/// Counts a route as running until it is dropped.
struct Running(Arc<Watch>);

impl Running {
    fn start(of: &Arc<Watch>) -> Self {
        of.running.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(of))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

#[route("echo", on = Range)]
async fn echo(data: Value) -> Value {
    data
}

#[route("refuse", on = Range)]
async fn refuse(data: Value) -> Result<(), Failure> {
    Err(Failure::new("no").with_code("refused here").with_data(data))
}

#[route("count")]
async fn count(to: u64, range: &mut Range) -> impl Stream<Item = u64> + use<> {
    let watch = Arc::clone(range.state());
    watch.made.store(0, Ordering::SeqCst);
    stream::iter(0..to).inspect(move |_| {
        watch.made.fetch_add(1, Ordering::SeqCst);
    })
}

#[route("endless")]
async fn endless(range: &mut Range) -> impl Stream<Item = u64> + use<> {
    let running = Running::start(range.state());
    stream::iter(0..).map(move |number| {
        let _ = &running;
        number
    })
}

#[route("wait")]
async fn wait(range: Connection<Range>) {
    let _running = Running::start(range.state());
    std::future::pending::<()>().await;
}

#[route("running")]
async fn running(range: &mut Range) -> u64 {
    range.state().running.load(Ordering::SeqCst)
}

#[route("made")]
async fn made(range: &mut Range) -> u64 {
    range.state().made.load(Ordering::SeqCst)
}

#[route("total")]
async fn total(mut numbers: Incoming<i64>, _: Connection<Range>) -> highway::Result<i64> {
    let mut total = 0;
    while let Some(number) = numbers.next().await {
        total += number?;
    }
    Ok(total)
}

#[route("first")]
async fn first(mut numbers: Incoming<i64>, _: Connection<Range>) -> highway::Result<Option<i64>> {
    numbers.next().await.transpose()
}

#[route("double")]
async fn double(
    numbers: Incoming<i64>,
    _: Connection<Range>,
) -> impl Stream<Item = highway::Result<i64>> {
    numbers.map(|number| number.map(|number| 2 * number))
}

#[route("note")]
async fn note((number, _ballast): (u64, Bytes), range: &mut Range) {
    range.disordered += u64::from(number != range.noted);
    range.noted += 1;
}

#[route("noted")]
async fn noted(range: &mut Range) -> (u64, u64) {
    (range.noted, range.disordered)
}

/// Calls the client back, and streams from it.
#[route("back")]
async fn back(to: u64, range: Connection<Range>) -> highway::Result<u64> {
    let mut sum = 0;
    let mut items = range.stream(client::numbers, to).await?;
    while let Some(item) = items.next().await {
        sum += item?;
    }
    let total: u64 = range.call(client::total, stream::iter(0..to)).await?;
    Ok(sum + total)
}

#[route("enter")]
async fn enter(range: &mut Range) -> ConnectionId {
    let entered = range.state().entered.lock();
    *entered.unwrap_or_else(PoisonError::into_inner) = Some(range.id());
    range.id()
}

/// The one that has entered last.
#[route("other")]
async fn other(range: &mut Range) -> Option<ConnectionId> {
    let entered = range.state().entered.lock();
    *entered.unwrap_or_else(PoisonError::into_inner)
}

#[highway::on(pipe)]
async fn may_reach(_to: Connection<Range>, from: &mut Range) -> Result<ConnectionId, Failure> {
    Ok(from.id())
}

/// A server in a runtime of its own, whose end is that of a process: no connection is closed in order.
fn serve(address: Option<SocketAddr>) -> (Runtime, SocketAddr) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .expect("a runtime can be built");
    let address = address.unwrap_or_else(|| ([127, 0, 0, 1], 0).into());
    let address = runtime.block_on(async move {
        let listener = TcpListener::bind(address).await.expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let server = Range::server()
            .origins(Origins::Any)
            .state(Arc::new(Watch::default()));
        let server = server.listen(listener).expect("a valid server");
        tokio::spawn(server.into_future());
        address
    });
    (runtime, address)
}

fn client_in_typescript_lives_with_its_server() -> Outcome {
    let node = Node::find()?;
    live(|url| node.script("lives.mjs", &[url]));
    Ok(())
}

fn client_in_typescript_lives_in_deno() -> Outcome {
    let deno = ScriptRunner::deno()?;
    live(|url| deno.script("lives.mjs", &[url]));
    Ok(())
}

fn client_in_typescript_lives_in_bun() -> Outcome {
    let bun = ScriptRunner::bun()?;
    live(|url| bun.script("lives.mjs", &[url]));
    Ok(())
}

/// Has a program live its life with a server, which it is started with the URL of.
fn live(program: impl FnOnce(&str) -> tokio::process::Command) {
    let (mut runtime, address) = serve(None);
    let url = format!("ws://{address}");
    within_deadline(async {
        let mut program = program(&url)
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("it was found before");
        let output = program.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(output).lines();
        let mut done = Vec::new();
        while let Some(line) = lines.next_line().await.expect("it is text") {
            if line == "kill" {
                let (replacement, _) = tokio::task::spawn_blocking(move || {
                    runtime.shutdown_timeout(std::time::Duration::from_secs(10));
                    serve(Some(address))
                })
                .await
                .expect("it starts again");
                runtime = replacement;
            } else {
                done.push(line);
            }
        }
        let ended = program.wait().await.expect("it ends by itself");
        assert!(ended.success(), "{ended} after {done:?}");
        assert_eq!(done.last().map(String::as_str), Some("all is well"));
        runtime.shutdown_background();
    });
}

/// So many connections get garbage.
const GARBAGE: u64 = 400;

fn client_in_typescript_survives_garbage() -> Outcome {
    let node = Node::find()?;
    within_deadline(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("ws://{}", listener.local_addr().expect("it is bound"));
        let times = GARBAGE.to_string();
        let mut program = node.script("garbage.mjs", &[&url, &times]);
        let mut program = program.spawn().expect("it was found before");
        let mut closed = 0;
        for seed in 0..GARBAGE {
            let (stream, _) = listener.accept().await.expect("a client");
            let mut socket = accept_async(stream).await.expect("an upgrade");
            closed += u64::from(throw_garbage(&mut socket, seed).await);
        }
        let ended = program.wait().await.expect("it ends by itself");
        assert!(ended.success(), "{ended}");
        assert!(closed > GARBAGE / 2, "{closed}");
    });
    Ok(())
}

/// Sends tables, contracts and messages with mistakes in them, and says whether the client has closed because of them.
async fn throw_garbage<S>(socket: &mut tokio_tungstenite::WebSocketStream<S>, seed: u64) -> bool
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut random = Random::new(seed);
    let mut messages = vec![
        b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"told\",\"65535\":\"highway/1\"}".to_vec(),
        b"\x05\x0e\0\0\xa0".to_vec(),
    ];
    for _ in 0..20 {
        // Mostly what is nearly right: known codes and kinds, small ids.
        let mut message = vec![
            random.below(10),
            random.below(17),
            random.below(5),
            0,
            random.below(6),
            0,
            0,
            0,
        ];
        for _ in 0..random.below(12) {
            let byte = random.next().to_le_bytes()[0];
            message.push(if random.below(2) == 0 { 0 } else { byte });
        }
        messages.push(message);
    }
    if random.below(4) == 0 {
        let at = usize::from(random.below(2));
        random.mutate(&mut messages[at]);
    }
    for message in messages {
        if socket.send(Message::binary(message)).await.is_err() {
            break;
        }
    }
    // It may have closed on its own; then this is a mere answer.
    let _ = socket.close(None).await;
    while let Some(Ok(message)) = socket.next().await {
        if let Message::Close(Some(close)) = message {
            let code = u16::from(close.code);
            assert!(
                [1000, 1003, 1005, 1009, 3001, 3002, 3003].contains(&code),
                "closed with {code}"
            );
            return [1003, 3001, 3002, 3003].contains(&code);
        }
    }
    false
}

fn client_in_typescript_lives_in_a_browser() -> Outcome {
    let browser = Browser::find()?;
    let (runtime, address) = serve(None);
    within_deadline(async {
        let script = |text: &'static str| {
            axum::routing::get(move || async move { ([("content-type", "text/javascript")], text) })
        };
        let html = "<!doctype html><script type=\"module\" src=\"/page.mjs\"></script>";
        let page = move || async move {
            let policy = "default-src 'none'; script-src 'self'; connect-src ws:";
            let headers = [
                ("content-type", "text/html"),
                ("content-security-policy", policy),
            ];
            (headers, html)
        };
        let site = axum::Router::new()
            .route("/", axum::routing::get(page))
            .route(
                "/highway.js",
                script(include_str!("../../highway/typescript/dist/highway.js")),
            )
            .route(
                "/page.mjs",
                script(include_str!("../../highway/typescript/test/page.mjs")),
            );
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let at = listener.local_addr().expect("it is bound");
        tokio::spawn(axum::serve(listener, site).into_future());
        let url = format!("http://{at}/?server=ws://{address}");
        let _peer = browser.visit(&format!("{url}#peer"));
        let mut page = browser.visit(&url);
        page.wait_for("document.title === 'all is well'").await;
        runtime.shutdown_background();
    });
    Ok(())
}
