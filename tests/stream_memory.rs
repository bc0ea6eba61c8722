//! What streams and messages take of memory past a reader that stalls, measured with a counting allocator. The tests of this binary
//! take turns, and there are no others: they would be counted with them.

use std::sync::{Mutex, PoisonError};

use futures_util::{Stream, StreamExt, stream};
use highway::{
    Bytes, Connection, Error, Incoming, Limits, SendError, on, route,
    test::{self, Direction, Network},
};
use highway_tests::{paused, within_deadline};
use peak_alloc::PeakAlloc;
use tokio::sync::mpsc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// Held by the test whose turn it is.
static TURN: Mutex<()> = Mutex::new(());

/// The most that both sides together may take, for each byte of the window: an item of a few bytes takes many times that where it
/// waits for its reader.
const FACTOR: usize = 32;

/// How often a reader stalls.
const STALLS: u64 = 4;

#[highway::protocol]
mod server {
    use super::*;

    pub async fn numbers(count: u64) -> impl Stream<Item = u64>;
    pub async fn blocks(count: u64) -> impl Stream<Item = Bytes>;
    pub async fn sum(numbers: Incoming<u64>) -> u64;
    pub async fn plain(number: u64) -> u64;
}

/// Where a server's connections arrive.
#[derive(Clone)]
struct Arrivals(mpsc::UnboundedSender<Connection<Server>>);

#[highway::server(serves = server, state = Arrivals)]
struct Server;

fn server() -> (
    highway::Server<Server>,
    mpsc::UnboundedReceiver<Connection<Server>>,
) {
    let (arrived, arrivals) = mpsc::unbounded_channel();
    (Server::server().state(Arrivals(arrived)), arrivals)
}

#[route(server::numbers, on = Server)]
async fn numbers(count: u64) -> impl Stream<Item = u64> {
    stream::iter(0..count)
}

#[route(server::blocks, on = Server)]
async fn blocks(count: u64) -> impl Stream<Item = Bytes> {
    // Each of its own, as of a file.
    stream::iter(0..count).map(|_| Bytes::from(vec![7; 1000]))
}

#[route(server::sum)]
async fn sum(mut numbers: Incoming<u64>, server: Connection<Server>) -> highway::Result<u64> {
    let (mut sum, mut count) = (0, 0);
    while let Some(number) = numbers.next().await {
        sum += number?;
        count += 1;
        if count % (1_000_000 / STALLS) == 0 {
            // Whatever may be on its way comes meanwhile.
            for _ in 0..100 {
                server.call::<_, _, ()>("nothing", ()).await?;
            }
        }
    }
    Ok(sum)
}

#[route(server::plain, on = Server)]
async fn plain(number: u64) -> u64 {
    number
}

#[highway::client(peer = server)]
struct Client;

#[route("nothing", on = Client)]
async fn nothing() {}

#[route("bytes", on = Client)]
async fn bytes(_: Bytes) {}

#[on(ready)]
async fn ready(server: Connection<Server>) {
    let arrived = server.state().0.clone();
    // Some tests do without.
    let _ = arrived.send(server);
}

/// Reads a stream to its end, stalling now and then: others pass meanwhile. Gives back the count of items.
async fn read<T: Send + 'static>(
    me: &Connection<Client>,
    mut items: Incoming<T>,
    count: u64,
) -> u64 {
    let mut read = 0;
    while let Some(item) = items.next().await {
        item.expect("nothing ends it before its time");
        read += 1;
        if read % (count / STALLS) == 0 {
            for number in 0..100 {
                assert_eq!(me.call(server::plain, number).await.unwrap(), number);
            }
        }
    }
    read
}

/// Tells the most memory that was in use meanwhile beyond what was before, and that it is bounded.
async fn check<T>(name: &str, bytes: usize, transfer: impl Future<Output = T>) -> T {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let done = transfer.await;
    let peak = ALLOCATOR.peak_usage().saturating_sub(before);
    let window = Limits::default().stream_window as usize;
    println!("{name}: {bytes} bytes of items took {peak} bytes at most; the window is {window}");
    assert!(peak > 0 && peak <= FACTOR * window, "{name}: {peak}");
    done
}

#[test]
fn memory_of_a_million_items_past_a_reader_that_stalls_is_bounded_by_the_window() {
    const NUMBERS: u64 = 1_000_000;
    const BLOCKS: u64 = 100_000;

    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    within_deadline(async {
        let (server, _arrivals) = server();
        let server = server.bind("127.0.0.1:0").await.unwrap();
        let url = server.url();
        tokio::spawn(server.into_future());
        let me = Client::connect(&url).await.unwrap();
        assert_eq!(me.call(server::plain, 1).await.unwrap(), 1);

        let numbers = async {
            let items = me.stream(server::numbers, NUMBERS).await.unwrap();
            read(&me, items, NUMBERS).await
        };
        // Digits and the two headers.
        let read_numbers = check("1,000,000 numbers", 14_000_000, numbers).await;
        assert_eq!(read_numbers, NUMBERS);
        let sent = me.call(server::sum, stream::iter(0..NUMBERS));
        let sum = check("1,000,000 numbers to the server", 14_000_000, sent).await;
        assert_eq!(sum.unwrap(), NUMBERS * (NUMBERS - 1) / 2);
        let blocks = async {
            let items = me.stream(server::blocks, BLOCKS).await.unwrap();
            read(&me, items, BLOCKS).await
        };
        let read_blocks = check("100,000 blocks of 1,000 bytes", 100_000_000, blocks).await;
        assert_eq!(read_blocks, BLOCKS);
        assert_eq!(me.open_calls(), 0);
    });
}

#[test]
fn messages_of_some_kilobytes_behind_large_ones_take_what_the_outbox_may_have() {
    const LARGE: usize = 1_000_000;
    const MEDIUM: usize = 5000;

    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    paused(async {
        let (server, mut arrivals) = server();
        let server = test::server(server);
        let [reads, stalls] = [Network::new(), Network::new()];
        let _reader = server.connect(Client::client()).over(&reads).await.unwrap();
        let to_reader = arrivals.recv().await.expect("it has arrived");
        let _staller = server
            .connect(Client::client())
            .over(&stalls)
            .await
            .unwrap();
        let to_staller = arrivals.recv().await.expect("it has arrived");
        stalls.stall(Direction::ToClient);

        // Each is put together where a large one has just been.
        let (large, medium) = (Bytes::from(vec![7; LARGE]), Bytes::from(vec![7; MEDIUM]));
        let before = ALLOCATOR.current_usage();
        let mut waiting = 0;
        loop {
            to_reader.send("bytes", &large).await.unwrap();
            to_reader.flush().await.unwrap();
            match to_staller.try_send("bytes", &medium) {
                Ok(()) => waiting += MEDIUM,
                Err(Error::NotSent {
                    source: SendError::OutboxFull { .. },
                    ..
                }) => break,
                Err(error) => panic!("{error}"),
            }
        }
        let limit = Limits::default().outbox_bytes;
        assert!(waiting > limit / 2, "{waiting} bytes wait");
        let taken = ALLOCATOR.current_usage().saturating_sub(before);
        println!("{waiting} bytes that wait take {taken}; the outbox may have {limit}");
        // What waits, and what the threads and the sockets keep of the large ones.
        assert!(taken < 8 * limit, "{taken}");
    });
}
