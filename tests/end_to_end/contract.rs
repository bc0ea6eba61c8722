//! The contract: what two sides declared of each other's routes, compared when they connect.

use std::{
    collections::HashMap,
    io::{self, Write},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use highway::{
    CloseCode, ConnectError, Connection, Error, Handler, SendError, Stream, Value,
    client::Reconnect,
    contract::{Contract, Mismatch, Owner, RoutePart},
    route,
    route::ClientSide,
    test::{self, TestServer},
};
use highway_tests::{websocket::TABLE, within_deadline};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tracing_subscriber::filter::LevelFilter;

use crate::support::{RawPeer, start};

/// What the server of today has.
#[expect(
    unreachable_pub,
    reason = "the routes of a protocol are public, and so are their types"
)]
mod today {
    use super::*;

    #[derive(Debug, Default, Serialize, Deserialize)]
    pub struct Line {
        pub from: String,
        pub text: String,
        #[serde(default)]
        pub color: Option<String>,
    }

    #[highway::protocol]
    pub mod server {
        use super::*;

        pub async fn add(numbers: (f64, String)) -> i64;
        pub async fn count(to: u64) -> impl Stream<Item = u64>;
        pub async fn say(line: Line);
        pub async fn scale(by: f64) -> Option<f64>;
        pub async fn total() -> i64;
        /// New.
        pub async fn whisper(to: String) -> bool;
    }

    #[highway::protocol]
    pub mod client {
        pub async fn said(text: String);
    }
}

/// What a client has that was built for another server: all of it compatible.
#[expect(
    unreachable_pub,
    reason = "the routes of a protocol are public, and so are their types"
)]
mod compatible {
    use super::*;

    #[derive(Debug, Default, Serialize, Deserialize)]
    pub struct Line {
        pub from: String,
        pub text: String,
        pub loud: bool,
    }

    #[highway::protocol]
    pub mod server {
        use super::*;

        pub async fn count(to: u8) -> impl Stream<Item = i64>;
        pub async fn say(line: Line);
        pub async fn scale(by: i32) -> Option<f64>;
        pub async fn total() -> f64;
        /// Without its reply.
        pub async fn whisper(to: String);
    }

    #[highway::protocol]
    pub mod client {
        use super::*;

        pub async fn said(text: Value);
        pub async fn left(name: String);
    }
}

/// What a client has that was built for another server.
#[expect(
    unreachable_pub,
    reason = "the routes of a protocol are public, and so are their types"
)]
mod differing {
    use super::*;

    #[derive(Debug, Default, Serialize, Deserialize)]
    pub struct Line {
        pub from: String,
        pub text: i64,
    }

    #[highway::protocol]
    pub mod server {
        use super::*;

        pub async fn add(numbers: (i64, i64)) -> i64;
        pub async fn count(to: u64) -> u64;
        pub async fn gone();
        pub async fn say(line: Line);
        pub async fn total() -> String;
    }

    #[highway::protocol]
    pub mod client {
        pub async fn said(number: i64);
    }
}

#[highway::server(serves = today::server, peer = today::client)]
struct Server;

#[route(today::server::add, on = Server)]
async fn add((a, _): (f64, String)) -> i64 {
    a.is_finite().into()
}

#[route(today::server::count, on = Server)]
async fn count(to: u64) -> impl Stream<Item = u64> {
    futures_util::stream::iter(0..to)
}

#[route(today::server::say)]
async fn say(line: today::Line, server: &mut Server) -> highway::Result {
    server.send(today::client::said, &line.text).await
}

#[route(today::server::scale, on = Server)]
async fn scale(by: f64) -> Option<f64> {
    Some(2.0 * by)
}

#[route(today::server::total, on = Server)]
async fn total() -> i64 {
    7
}

#[route(today::server::whisper, on = Server)]
async fn whisper(to: String) -> bool {
    to.is_empty()
}

#[highway::client(serves = compatible::client, peer = compatible::server)]
struct Compatible;

#[route(compatible::client::said, on = Compatible)]
async fn compatible_said(_: Value) {}

#[route(compatible::client::left, on = Compatible)]
async fn left(_: String) {}

#[highway::client(serves = differing::client, peer = differing::server)]
struct Differing;

#[route(differing::client::said, on = Differing)]
async fn differing_said(_: i64) {}

#[highway::client(peer = differing::server)]
struct Lasting;

#[highway::client]
struct Undeclared;

/// Everything that [`Differing`] and [`Server`] don't agree about, as the former sees it.
const DIFFERENCES: [&str; 6] = [
    "route `gone`: the peer does not serve it",
    "route `add`: you send (int, int), the peer expects (float, str)",
    "route `count`: the peer replies stream of int, you expect int",
    "route `say`: you send Line {from: str, text: int}, the peer expects Line {from: str, text: str, color?: str or none} (they differ at `.text`)",
    "route `total`: the peer replies int, you expect str",
    "route `said`: the peer sends str, you expect int",
];

/// What was logged as a warning.
#[derive(Clone, Default)]
pub(crate) struct Warnings(Arc<Mutex<Vec<u8>>>);

impl Write for Warnings {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Warnings {
    /// How often each text is there.
    pub(crate) fn of(&self, texts: &[&'static str]) -> HashMap<&'static str, usize> {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let log = String::from_utf8_lossy(&log);
        let count = |text: &&'static str| (*text, log.matches(*text).count());
        texts.iter().map(count).collect()
    }

    fn is_empty(&self) -> bool {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.is_empty()
    }
}

/// Runs a test in memory on one thread, whose warnings are caught.
fn warned<F: Future<Output = ()>>(test: impl FnOnce(Warnings) -> F) {
    caught(true, test);
}

pub(crate) fn caught<F: Future<Output = ()>>(paused: bool, test: impl FnOnce(Warnings) -> F) {
    let warnings = Warnings::default();
    let writer = warnings.clone();
    // Not as the default of the process, which is another test's.
    let subscriber = tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(LevelFilter::WARN)
        .with_writer(move || writer.clone())
        .finish();
    let _caught = tracing::subscriber::set_default(subscriber);
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(paused)
        .build()
        .expect("a runtime")
        .block_on(async {
            let ended = tokio::time::timeout(Duration::from_secs(60), test(warnings)).await;
            assert!(ended.is_ok(), "the test has not ended");
        });
}

async fn connect<C: Handler<Side = ClientSide, State = ()>>(
    server: &TestServer<Server>,
    client: highway::Client<C>,
) -> Connection<C> {
    let connected = server.connect(client).await;
    connected.unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn check_withheld<T: std::fmt::Debug>(result: Result<T, Error>, text: &str) -> Mismatch {
    let error = result.expect_err("the types differ");
    let shown = error.to_string();
    let Error::NotSent {
        source: SendError::Contract(mismatch),
        ..
    } = error
    else {
        panic!("{error:?}");
    };
    assert_eq!(mismatch.to_string(), text);
    // The same with the route in another place.
    let (_, difference) = text.split_once(": ").expect("it names the route");
    let route = mismatch.route();
    assert_eq!(shown, format!("can't send to `{route}`: {difference}"));
    *mismatch
}

/// One test, as a difference is a warning once in a process.
#[test]
fn difference_is_a_warning_once_and_an_error_at_each_use() {
    warned(|warnings| async move {
        let server = test::server(Server::server());
        let me = connect(&server, Differing::client()).await;
        let ours = warnings.of(&DIFFERENCES);
        assert!(ours.values().all(|&count| count == 1), "{ours:?}");

        let adding = differing::server::add;
        let mismatch = check_withheld(me.send(adding, (1, 2)).await, DIFFERENCES[1]);
        assert_eq!(
            mismatch,
            Mismatch::Types {
                route: "add".to_owned(),
                owner: Owner::Peer,
                part: RoutePart::Input,
                sent: "(int, int)".to_owned(),
                expected: "(float, str)".to_owned(),
                at: "[1]".to_owned(),
            }
        );
        check_withheld(me.call(adding, (1, 2)).await, DIFFERENCES[1]);
        check_withheld(me.try_send(adding, (1, 2)), DIFFERENCES[1]);
        check_withheld(me.call(differing::server::count, 3).await, DIFFERENCES[2]);
        check_withheld(me.call(differing::server::total, ()).await, DIFFERENCES[4]);
        let line = differing::Line::default();
        check_withheld(me.send(differing::server::say, &line).await, DIFFERENCES[3]);
        let gone = me.send(differing::server::gone, ()).await;
        assert!(
            matches!(
                gone,
                Err(Error::NotSent {
                    source: SendError::NoSuchRoute { .. },
                    ..
                })
            ),
            "{gone:?}"
        );

        // What the compiler does not check can't be said to be wrong, but it is the same route.
        let unchecked = me.send(highway::unchecked("add"), (1.0, "x")).await;
        check_withheld(unchecked, DIFFERENCES[1]);
        let again = connect(&server, Differing::client()).await;
        assert!(matches!(
            again.call(adding, (1, 2)).await,
            Err(Error::NotSent {
                source: SendError::Contract(_),
                ..
            })
        ));
        let ours = warnings.of(&DIFFERENCES);
        assert!(ours.values().all(|&count| count == 1), "{ours:?}");
    });
}

#[test]
fn server_can_not_send_what_a_client_does_not_read() {
    #[highway::server(peer = today::client)]
    struct Saying;

    #[highway::on(ready)]
    async fn greet(saying: &mut Saying) -> highway::Result {
        let said = saying.send(today::client::said, "hi").await;
        let text = said.expect_err("the types differ").to_string();
        saying.close_with(4000, text).await
    }

    warned(|warnings| async move {
        let server = test::server(Saying::server());
        let me = server.connect(SaidTo::client()).await;
        let me = me.unwrap_or_else(|error| panic!("{error}"));
        let close = me.closed().await;
        assert_eq!(
            close.to_string(),
            "4000 can't send to `said`: you send str, the peer expects int"
        );
        let both = [
            "route `said`: you send str, the peer expects int",
            "route `said`: the peer sends str, you expect int",
        ];
        assert!(warnings.of(&both).values().all(|&count| count == 1));
    });
}

#[highway::client(serves = differing::client)]
struct SaidTo;

#[route(differing::client::said, on = SaidTo)]
async fn said_to(_: i64) {}

#[test]
fn strict_client_does_not_connect() {
    warned(|warnings| async move {
        let server = test::server(Server::server());
        let error = server.connect(Differing::client().strict(true)).await;
        let Err(Error::Connect { source, .. }) = error else {
            panic!("{error:?}")
        };
        let ConnectError::Contract(mismatches) = &source else {
            panic!("{source:?}")
        };
        let texts: Vec<String> = mismatches.iter().map(ToString::to_string).collect();
        assert_eq!(texts, DIFFERENCES);
        assert_eq!(
            source.to_string(),
            format!(
                "the routes are declared otherwise; {}",
                DIFFERENCES.join("; ")
            )
        );
        let logged = warnings.of(&DIFFERENCES);
        assert!(logged.values().all(|&count| count == 0), "{logged:?}");
    });
}

#[test]
fn strict_server_refuses_with_a_code_and_the_first_difference() {
    warned(|_| async {
        let server = test::server(Server::server().strict(true));
        let error = server.connect(Differing::client()).await;
        let Err(Error::Connect {
            source: ConnectError::Closed(close),
            ..
        }) = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(close.code(), CloseCode::CONTRACT);
        assert_eq!(close.reason(), DIFFERENCES[5]);
    });
}

#[test]
fn client_that_reconnects_gives_up_where_it_is_refused() {
    warned(|_| async {
        let server = test::server(Server::server());
        let stubborn = Reconnect::default().wait_for_server(true);
        let strict = Differing::client().strict(true).reconnect(stubborn.clone());
        let error = server.connect(strict).await;
        assert!(
            matches!(
                error,
                Err(Error::Connect {
                    source: ConnectError::Contract(_),
                    ..
                })
            ),
            "{error:?}"
        );
        let server = test::server(Server::server().strict(true));
        let error = server
            .connect(Differing::client().reconnect(stubborn))
            .await;
        assert!(
            matches!(
                &error,
                Err(Error::Connect {
                    source: ConnectError::Closed(close),
                    ..
                }) if close.code() == CloseCode::CONTRACT
            ),
            "{error:?}"
        );
    });
}

#[test]
fn client_that_reconnects_is_told_of_differences_on_each_connection() {
    warned(|_| async {
        let server = test::server(Server::server());
        let network = test::Network::new();
        let lasting = Lasting::client().reconnect(Reconnect::default());
        let me = server.connect(lasting).over(&network).await;
        let me = me.unwrap_or_else(|error| panic!("{error}"));
        let mut changes = me.status_changes();
        for _ in 0..3 {
            let error = me.send(differing::server::add, (1, 2)).await;
            assert!(
                matches!(
                    error,
                    Err(Error::NotSent {
                        source: SendError::Contract(_),
                        ..
                    })
                ),
                "{error:?}"
            );
            network.cut();
            network.heal();
            while !matches!(
                changes.next().await,
                Some(highway::connection::Status::Connected)
            ) {}
        }
    });
}

#[test]
fn compatible_additions_pass_silently() {
    warned(|warnings| async move {
        let server = test::server(Server::server().strict(true));
        let me = connect(&server, Compatible::client().strict(true)).await;
        assert_eq!(
            me.call(compatible::server::scale, 2).await.unwrap(),
            Some(4.0)
        );
        let total = me.call(compatible::server::total, ()).await.unwrap();
        assert_eq!(total.to_string(), "7");
        let mut counted = me.stream(compatible::server::count, 2).await.unwrap();
        assert_eq!(counted.next().await.unwrap().unwrap(), 0);
        let line = compatible::Line::default();
        me.send(compatible::server::say, &line).await.unwrap();
        me.send(compatible::server::whisper, "a".to_owned())
            .await
            .unwrap();
        me.close().await;
        assert!(warnings.is_empty());
    });
}

#[test]
fn sides_that_declare_nothing_are_not_held_to_anything() {
    warned(|warnings| async move {
        let server = test::server(Anything::server().strict(true));
        let me = server.connect(Undeclared::client().strict(true)).await;
        let me = me.unwrap_or_else(|error| panic!("{error}"));
        me.send("anything", 1).await.unwrap();
        // Of its routes the types are not known; the names are.
        let declared = server.connect(OneRoute::client().strict(true)).await;
        assert!(declared.is_ok(), "{declared:?}");
        assert!(warnings.is_empty());
    });
}

#[highway::server]
struct Anything;

#[route("anything", on = Anything)]
async fn anything(_: Value) {}

#[highway::protocol]
mod one_route {
    pub async fn anything(number: i64);
}

#[highway::client(peer = one_route)]
struct OneRoute;

/// A server of which nothing is checked tells its routes, and goes on as it likes once it has those of the client.
async fn raw_server<C: Handler<Side = ClientSide, State = ()>>(
    client: highway::Client<C>,
    table: &[u8],
    then: impl AsyncFnOnce(RawPeer),
) -> highway::Result<Connection<C>> {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has one");
    let url = format!("ws://{address}");
    let serving = async {
        let mut peer = RawPeer::accept(&listener).await;
        peer.message(table).await;
        assert_eq!(peer.next_message().await.first(), Some(&5));
        then(peer).await;
    };
    tokio::join!(client.connect(&url), serving).0
}

#[test]
fn servers_without_the_extension_are_checked_by_name_and_told_nothing_more() {
    caught(false, |warnings| async move {
        let missing = "route `anything`: the peer does not serve it";
        let told = async |mut peer: RawPeer| {
            // Nothing but a close comes behind the table.
            tokio::spawn(async move { peer.next().await });
        };
        let me = raw_server(OneRoute::client(), TABLE, told).await;
        let me = me.unwrap_or_else(|error| panic!("{error}"));
        let error = me.send(one_route::anything, 1).await;
        assert!(
            matches!(
                error,
                Err(Error::NotSent {
                    source: SendError::NoSuchRoute { .. },
                    ..
                })
            ),
            "{error:?}"
        );
        assert_eq!(warnings.of(&[missing])[missing], 1);

        let closed = async |peer: RawPeer| {
            let close = peer.closes().await.expect("a close");
            assert_eq!(close.code(), CloseCode::CONTRACT);
            assert_eq!(
                close.reason(),
                "route `anything`: the peer expects it, and you do not serve it"
            );
        };
        let refused = raw_server(OneRoute::client().strict(true), TABLE, closed).await;
        let Err(Error::Connect {
            source: ConnectError::Contract(mismatches),
            ..
        }) = refused
        else {
            panic!("{refused:?}")
        };
        let missing = Mismatch::Missing {
            route: "anything".to_owned(),
            owner: Owner::Peer,
        };
        assert_eq!(mismatches, [missing]);
    });
}

#[test]
fn clients_without_the_extension_are_checked_by_name() {
    within_deadline(async {
        let server = start(Server::server().strict(true)).await;
        let peer = RawPeer::ready(server.address).await;
        let close = peer.closes().await.expect("a close");
        assert_eq!(
            close.to_string(),
            "3004 route `said`: the peer expects it, and you do not serve it"
        );
        let table = br#"_____{"0":"meta","1":"said"}"#;
        let table = [b"\x05\0\0\0", &table[5..]].concat();
        let mut peer = RawPeer::ready_with(server.address, &table).await;
        let say = br#"{"from":"a","text":"b"}"#;
        let ids = 3;
        peer.message(&[&[5, 0, ids, 0], &say[..]].concat()).await;
        assert_eq!(peer.next_message().await, b"\0\0\x01\0b");
    });
}

const EXTENDED: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"anything\",\"65535\":\"highway/1\"}";

/// What a server closes with whose client tells these messages behind its table.
#[track_caller]
fn check_refused(messages: &[&[u8]], expected: &str) {
    let close = within_deadline(async {
        let server = start(Anything::server()).await;
        let mut peer = RawPeer::ready_with(server.address, EXTENDED).await;
        for message in messages {
            peer.message(message).await;
        }
        let close = peer.closes().await.expect("a close");
        server.stop().await;
        close
    });
    assert_eq!(close.to_string(), expected);
}

#[test]
fn what_is_no_contract_in_its_place_is_refused() {
    let empty = b"\x05\x0e\0\0\xa0";
    check_refused(&[b"\x01\0\x01\x007"], "3003 Invalid state");
    check_refused(&[b"\x01\x01\x01\0\x01\0\0\x007"], "3003 Invalid state");
    check_refused(&[empty, empty], "3003 Invalid state");
    check_refused(&[b"\x04\x0e\0\0\x80"], "3001 Malformed header");
    check_refused(&[b"\x05\x0e\0\0\x80"], "1003 Convert failed");
    check_refused(&[b"\x05\x0e\0\0"], "1003 Convert failed");
    let long = [&b"\x05\x0e\0\0\x78"[..], &vec![b'a'; 64 * 1024]].concat();
    check_refused(
        &[&long],
        "1009 contract of 65537 bytes, and the server takes 65536 at most",
    );
    // Another table may come in between.
    check_refused(
        &[EXTENDED, empty, b"\x01\0\x09\x007"],
        "3002 Route does not exist",
    );
}

/// A client that declares nothing is ready before the server has told its contract.
#[test]
fn contract_is_awaited_by_those_who_need_it() {
    caught(false, |_| async {
        let script = async |mut peer: RawPeer| {
            assert_eq!(peer.next_message().await, b"\x05\x0e\0\0\xa0");
            // It comes before the server has told its own.
            assert_eq!(peer.next_message().await, b"\x01\0\x01\x007");
        };
        let me = raw_server(SendingAtOnce::client(), EXTENDED, script).await;
        assert!(me.is_ok(), "{me:?}");

        let script = async |mut peer: RawPeer| {
            let contract = peer.next_message().await;
            assert_eq!(contract.get(..4), Some(&b"\x05\x0e\0\0"[..]));
            peer.message(b"\x05\x0e\0\0\xa0").await;
        };
        let me = raw_server(OneRoute::client(), EXTENDED, script).await;
        assert!(me.is_ok(), "{me:?}");
    });
}

#[highway::client]
struct SendingAtOnce;

#[highway::on(ready)]
async fn send_at_once(me: &mut SendingAtOnce) -> highway::Result {
    me.send("anything", 7).await
}

/// Types whose code asserts what the program's own clients keep to.
#[expect(
    unreachable_pub,
    reason = "the routes of a protocol are public, and so are their types"
)]
mod asserting {
    use serde::{Deserializer, Serializer, de};

    use super::*;

    #[derive(Debug)]
    pub struct Percent(pub u8);

    impl Serialize for Percent {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            assert!(self.0 >= 10, "ours are from 10 to 100");
            serializer.serialize_u8(self.0)
        }
    }

    impl<'de> Deserialize<'de> for Percent {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            let number = u8::deserialize(deserializer)?;
            assert!((10..=100).contains(&number), "our clients send 10 to 100");
            Ok(Self(number))
        }
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Scene {
        pub name: String,
        pub lamps: HashMap<String, Option<Percent>>,
        #[serde(deserialize_with = "even")]
        pub pair: u8,
        pub fade: Fade,
        #[serde(default)]
        pub label: Label,
        pub guard: Guard,
    }

    fn even<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u8, D::Error> {
        let number = u8::deserialize(deserializer)?;
        assert!(number % 2 == 0, "ours are even");
        Ok(number)
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub enum Fade {
        To(Percent),
        Between { from: Percent, to: Percent },
        Off,
    }

    #[derive(Debug, Default, Serialize, Deserialize)]
    #[serde(try_from = "String", into = "String")]
    pub struct Label(String);

    impl TryFrom<String> for Label {
        type Error = de::value::Error;

        fn try_from(text: String) -> Result<Self, Self::Error> {
            assert!(text.starts_with("label "), "ours say that they are labels");
            Ok(Self(text))
        }
    }

    impl From<Label> for String {
        fn from(label: Label) -> Self {
            label.0
        }
    }

    impl Clone for Label {
        fn clone(&self) -> Self {
            Self(self.0.clone())
        }
    }

    #[derive(Debug, Serialize, Deserialize)]
    pub struct Guard {
        pub level: u8,
    }

    impl Drop for Guard {
        fn drop(&mut self) {
            assert!(self.level == 3, "ours have a level");
        }
    }

    #[highway::protocol]
    pub mod server {
        use super::*;

        pub async fn set(to: Percent) -> Percent;
        pub async fn show(scene: Scene) -> String;
        pub async fn fade(to: (Percent, Fade));
    }
}

#[highway::server(serves = asserting::server)]
struct Dimmer;

#[route(asserting::server::set, on = Dimmer)]
async fn set(to: asserting::Percent) -> asserting::Percent {
    to
}

#[route(asserting::server::show, on = Dimmer)]
async fn show(scene: asserting::Scene) -> String {
    scene.name.clone()
}

#[route(asserting::server::fade, on = Dimmer)]
async fn fade(_: (asserting::Percent, asserting::Fade)) {}

#[highway::client(peer = asserting::server)]
struct Dimming;

/// The items of a route's tuple are asked each for itself.
#[test]
fn items_behind_types_that_assert_are_told() {
    use highway::{payload, route::DeclaredRoute, wire::Dialect};

    type Peer = <asserting::server::fade as DeclaredRoute>::Protocol;
    let contract = Contract::new::<highway::route::Undeclared, Peer>([]);
    let payload = contract.payload().to_vec().into();
    let told = payload::decode_value(Dialect::Extended, highway::wire::DataType::Dict, &payload);
    let told = told.expect("it is a dict");
    let fade = &told["peer"]["fade"]["data"]["tuple"];
    assert_eq!(fade[0], "any");
    let variants = &fade[1]["enum"]["variants"];
    assert!(
        variants
            .as_dict()
            .is_some_and(|variants| variants.contains_key("Between")),
        "{told:?}"
    );
}

/// In a process that ends at the first panic, as with `panic = "abort"`, which is this test's own one again.
#[test]
fn types_that_assert_see_nothing_that_was_not_sent() {
    const CHILD: &str = "HIGHWAY_TEST_ASSERTING";

    if std::env::var_os(CHILD).is_some() {
        std::panic::set_hook(Box::new(|panic| {
            eprintln!("{panic}");
            std::process::abort();
        }));
        within_deadline(async {
            let server = start(Dimmer::server()).await;
            let me = Dimming::connect(&server.url).await.unwrap();
            let percent = asserting::Percent;
            let set = me.call(asserting::server::set, percent(50)).await.unwrap();
            assert_eq!(set.0, 50);
            let scene = asserting::Scene {
                name: "evening".to_owned(),
                lamps: HashMap::from([("desk".to_owned(), Some(percent(20)))]),
                pair: 4,
                fade: asserting::Fade::To(percent(30)),
                label: String::from("label x").try_into().unwrap(),
                guard: asserting::Guard { level: 3 },
            };
            let shown = me.call(asserting::server::show, scene).await.unwrap();
            assert_eq!(shown, "evening");
            let fade = (percent(40), asserting::Fade::Off);
            me.send(asserting::server::fade, fade).await.unwrap();
            me.close().await;
            server.stop().await;
        });
        return;
    }
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "contract::types_that_assert_see_nothing_that_was_not_sent",
        ])
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}{output:?}");
    assert!(text.contains("1 passed"), "{text}");
}
