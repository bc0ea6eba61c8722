//! What arrives, and in which order.

use std::sync::atomic::{AtomicU32, Ordering};

use highway::{Bytes, Close, Connection, Value, payload::NESTING, route, value::Dict};
use highway_tests::{websocket::TABLE, within_deadline};
use serde::Deserialize;

use crate::support::{Probe, RawPeer, Seen, start};

#[highway::server(state = Probe)]
struct Server {
    count: u32,
    #[default("lobby".into())]
    room: String,
    #[default(7)]
    seven: u8,
}

#[route("echo")]
async fn echo(data: Value, server: &mut Server) -> highway::Result {
    server.send("echo", data).await
}

#[route("fields")]
async fn fields(server: &mut Server) -> highway::Result {
    server.count += 1;
    let fields = (server.count, server.room.clone(), server.seven);
    server.send("echo", fields).await
}

#[route("in order")]
async fn in_order(number: u32, server: &mut Server) {
    server.state().saw(format!("begin {number}"));
    server.state().gate().await;
    server.state().saw(format!("end {number}"));
}

#[route("beside")]
async fn beside(number: u32, connection: Connection<Server>) {
    connection.state().saw(format!("begin {number}"));
    connection.state().gate().await;
    connection.state().saw(format!("end {number}"));
}

static HEARD: AtomicU32 = AtomicU32::new(0);

#[route("without handler", on = Server)]
async fn without_handler(number: u32) {
    HEARD.fetch_add(number, Ordering::Relaxed);
}

#[derive(Deserialize)]
struct Line<'a> {
    from: &'a str,
    #[serde(default)]
    text: Option<&'a str>,
}

#[route("borrowed text")]
async fn borrowed_text(text: &str, server: &mut Server) {
    server.state().saw(text);
}

#[route("borrowed bytes")]
async fn borrowed_bytes(bytes: &[u8], server: &mut Server) {
    server.state().saw(format!("{bytes:?}"));
}

#[route("shared bytes")]
async fn shared_bytes(bytes: Bytes, connection: Connection<Server>) {
    connection.state().saw(format!("{bytes:?}"));
}

#[route("borrowed struct")]
async fn borrowed_struct(line: Line<'_>, server: &mut Server) {
    server
        .state()
        .saw(format!("{}: {:?}", line.from, line.text));
}

#[route("reply")]
async fn reply(number: u32, _: &mut Server) -> u32 {
    number + 1
}

#[route("try reply")]
async fn try_reply(number: u32, _: Connection<Server>) -> Result<u32, highway::Failure> {
    Ok(number + 1)
}

#[highway::client(state = Probe)]
struct Client;

#[route("echo")]
async fn echoed(data: Value, client: &mut Client) {
    client.state().saw(format!("{data:?}"));
}

/// A server, a client of it, and what each of them sees.
async fn pair() -> (
    crate::support::Running,
    Connection<Client>,
    Probe,
    Seen,
    Seen,
) {
    let (probe, server_saw) = Probe::new();
    let server = start(Server::server().state(probe.clone())).await;
    let (client_probe, client_saw) = Probe::new();
    let client = Client::client()
        .state(client_probe)
        .connect(&server.url)
        .await
        .unwrap();
    (server, client, probe, server_saw, client_saw)
}

#[test]
fn every_data_type_comes_back_as_what_it_was_sent_as() {
    within_deadline(async {
        let (_server, client, _, _, mut seen) = pair().await;
        let dict: Dict = [("b", Value::from(1)), ("a", Value::from("x"))]
            .into_iter()
            .collect();
        let values = [
            Value::from("text with \0, 文字 and 😀"),
            Value::from(""),
            Value::from(-5),
            Value::from(u128::MAX),
            Value::from(1.0),
            Value::from(-0.0),
            Value::from(f64::INFINITY),
            Value::from(true),
            Value::from(vec![1, 2, 3]),
            Value::from(dict),
            Value::from((1, 2.5, "three")),
            Value::from(Bytes::from_static(b"\0\xff")),
            Value::None,
        ];
        for value in values {
            client.send("echo", &value).await.unwrap();
            assert_eq!(seen.next().await, format!("{value:?}"));
        }
    });
}

#[test]
fn typed_data_arrives_as_its_wire_type() {
    within_deadline(async {
        let (_server, client, _, _, mut seen) = pair().await;
        macro_rules! check {
            ($($sent:expr => $received:literal),* $(,)?) => {$(
                client.send("echo", $sent).await.unwrap();
                assert_eq!(seen.next().await, $received);
            )*};
        }
        check! {
            'x' => r#""x""#,
            7_u8 => "7",
            i64::MIN => "-9223372036854775808",
            2.0_f32 => "2.0",
            Some(3) => "3",
            None::<u8> => "none",
            () => "none",
            (1, "a") => r#"(1, "a")"#,
            [1, 2] => "(1, 2)",
            vec!["a"] => r#"["a"]"#,
        }
    });
}

#[test]
fn large_messages_keep_their_order_among_small_ones() {
    within_deadline(async {
        let (_server, client, _, _, mut seen) = pair().await;
        let mut expected = Vec::new();
        for size in [1, 4091, 4092, 4093, 65_531, 65_532, 65_533, 1, 1_048_572, 2] {
            let text = "x".repeat(size);
            client.send("echo", &text).await.unwrap();
            expected.push(text);
        }
        for text in expected {
            let came = seen.next().await;
            assert!(came == format!("{text:?}"), "{} bytes came", came.len());
        }
    });
}

#[test]
fn fields_start_as_their_defaults_and_belong_to_one_connection() {
    within_deadline(async {
        let (server, client, _, _, mut seen) = pair().await;
        client.send("fields", ()).await.unwrap();
        client.send("fields", ()).await.unwrap();
        assert_eq!(seen.next().await, r#"(1, "lobby", 7)"#);
        assert_eq!(seen.next().await, r#"(2, "lobby", 7)"#);
        let (probe, mut seen) = Probe::new();
        let other = Client::client()
            .state(probe)
            .connect(&server.url)
            .await
            .unwrap();
        other.send("fields", ()).await.unwrap();
        assert_eq!(seen.next().await, r#"(1, "lobby", 7)"#);
    });
}

#[test]
fn mut_routes_run_one_at_a_time_in_the_order_of_arrival() {
    within_deadline(async {
        let (_server, client, probe, mut seen, mut echoed) = pair().await;
        for number in 0..3 {
            client.send("in order", number).await.unwrap();
        }
        client.send("echo", "behind").await.unwrap();
        assert_eq!(seen.next().await, "begin 0");
        for number in 0..3 {
            probe.open(1);
            assert_eq!(seen.next().await, format!("end {number}"));
            if number < 2 {
                assert_eq!(seen.next().await, format!("begin {}", number + 1));
            }
        }
        assert_eq!(echoed.next().await, r#""behind""#);
    });
}

#[test]
fn connection_routes_run_beside_each_other_up_to_the_limit() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = start(
            Server::server()
                .limits(|limits| limits.concurrent_routes = 2)
                .state(probe.clone()),
        )
        .await;
        let (client_probe, _echoed) = Probe::new();
        let client = Client::client()
            .state(client_probe)
            .connect(&server.url)
            .await
            .unwrap();
        for number in 0..4 {
            client.send("beside", number).await.unwrap();
        }
        assert_eq!(seen.next().await, "begin 0");
        assert_eq!(seen.next().await, "begin 1");
        // Each one that ends makes room for the next, which nothing else announces.
        for next in 2..4 {
            probe.open(1);
            assert!(seen.next().await.starts_with("end "));
            assert_eq!(seen.next().await, format!("begin {next}"));
        }
        assert_eq!(seen.now(), [""; 0]);
        probe.open(2);
        assert!(seen.next().await.starts_with("end "));
        assert!(seen.next().await.starts_with("end "));
    });
}

#[test]
fn mut_routes_go_on_beside_a_connection_route() {
    within_deadline(async {
        let (_server, client, probe, mut seen, mut echoed) = pair().await;
        client.send("beside", 1).await.unwrap();
        client.send("echo", "meanwhile").await.unwrap();
        assert_eq!(seen.next().await, "begin 1");
        assert_eq!(echoed.next().await, r#""meanwhile""#);
        probe.open(1);
        assert_eq!(seen.next().await, "end 1");
    });
}

#[test]
fn route_without_handler_runs_in_order() {
    within_deadline(async {
        let (_server, client, _, _, mut echoed) = pair().await;
        client.send("without handler", 5).await.unwrap();
        client.send("echo", ()).await.unwrap();
        echoed.next().await;
        assert_eq!(HEARD.load(Ordering::Relaxed), 5);
    });
}

#[test]
fn borrowed_data_is_read_from_the_message() {
    within_deadline(async {
        let (_server, client, _, mut seen, _) = pair().await;
        client.send("borrowed text", "text").await.unwrap();
        assert_eq!(seen.next().await, "text");
        let bytes = Bytes::from_static(b"\x01\x02");
        client.send("borrowed bytes", &bytes).await.unwrap();
        assert_eq!(seen.next().await, "[1, 2]");
        client.send("shared bytes", &bytes).await.unwrap();
        assert_eq!(seen.next().await, r#"b"\x01\x02""#);
        let line: Dict = [("from", "Ada"), ("text", "hi")].into_iter().collect();
        client
            .send("borrowed struct", Value::from(line))
            .await
            .unwrap();
        assert_eq!(seen.next().await, r#"Ada: Some("hi")"#);
    });
}

#[test]
fn replies_to_messages_are_dropped() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let server = start(Server::server().state(probe)).await;
        let mut peer = RawPeer::connect(server.address).await;
        let table = String::from_utf8(peer.next().await.payload).unwrap();
        let id = |name: &str| {
            let (before, _) = table.split_once(&format!(":\"{name}\"")).unwrap();
            before.rsplit('"').nth(1).unwrap().parse::<u8>().unwrap()
        };
        peer.message(TABLE).await;
        peer.message(&[1, 0, id("reply"), 0, b'1']).await;
        peer.message(&[1, 0, id("try reply"), 0, b'1']).await;
        peer.echoes(id("echo")).await;
    });
}

#[test]
fn sending_what_cannot_be_sent_leaves_the_connection_as_it_was() {
    within_deadline(async {
        let (_server, client, _, _, mut seen) = pair().await;
        let error = client.send("ehco", 1).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "can't send to `ehco`: the peer has no such route; did you mean `echo`?"
        );
        let deep = (0..=NESTING).fold(Value::None, |inner, _| Value::from(vec![inner]));
        let error = client.send("echo", deep).await.unwrap_err();
        assert!(
            matches!(&error, highway::Error::NotSent { route, source: highway::SendError::Encode(_) } if route == "echo"),
            "{error}"
        );
        client.send("echo", "still here").await.unwrap();
        assert_eq!(seen.next().await, r#""still here""#);
        assert!(client.has_route("in order") && !client.has_route("meta?"));
        assert_eq!(client.peer_routes().len(), 11);
        client.close().await;
        assert_eq!(client.closed().await, Close::NORMAL);
        let error = client.send("echo", 1).await.unwrap_err();
        assert!(matches!(error, highway::Error::Closed(_)), "{error}");
    });
}
