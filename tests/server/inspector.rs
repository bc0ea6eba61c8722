//! The inspector: who gets to see it, and what it shows and does.

use std::net::SocketAddr;

use highway::{
    CallError, CloseCode, Connection, Error, Incoming, Inspector, Value, client::Attempt, route,
    value::Dict,
};
use tokio::io::duplex;

use crate::support::{
    Answer, Peer, Running, eventually, exchange, exchange_on, get, start, tested, within,
};

const TOKEN: &str = "a-token-of-a-test";

#[highway::server]
struct Chat;

#[highway::on(open)]
async fn enter(chat: &mut Chat) -> highway::Result {
    chat.set_name("ada")?;
    chat.join("lobby")
}

#[route("say")]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    chat.everyone().send("said", text).await
}

/// The other side.
#[highway::client]
struct Me;

#[route("said", on = Me)]
async fn said(text: String) {
    drop(text);
}

#[route("double", on = Me)]
async fn double(number: i64) -> i64 {
    number * 2
}

#[route("refuse", on = Me)]
async fn refuse() -> Result<(), highway::Failure> {
    Err(highway::Failure::new("as told")
        .with_code("told")
        .with_data(7))
}

#[route("count", on = Me)]
async fn count(to: u32) -> impl highway::Stream<Item = u32> {
    futures_util::stream::iter(0..to)
}

#[route("sum", on = Me)]
async fn sum(mut numbers: Incoming<i64>) -> highway::Result<i64> {
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += number?;
    }
    Ok(sum)
}

/// What a page is, but for the browser.
#[highway::client]
struct Page;

async fn page(
    address: SocketAddr,
    header: Option<(&'static str, String)>,
) -> highway::Result<Connection<Page>> {
    let prepare = move |attempt: Attempt| {
        let header = header.clone();
        async move {
            Ok(match header {
                Some((name, value)) => attempt.header(name, value),
                None => attempt,
            })
        }
    };
    let url = format!("ws://{address}/inspect/ws");
    Page::client().prepare(prepare).connect(&url).await
}

async fn asset(address: SocketAddr, path: &str, headers: &str) -> Answer {
    let request = format!("GET {path} HTTP/1.1\r\n{headers}\r\n");
    exchange(address, request).await
}

/// The status of the refusal of a page.
fn status(refused: highway::Result<Connection<Page>>) -> Option<u16> {
    let error = refused.expect_err("it is refused");
    let text = error.to_string();
    assert!(text.contains("inspector"), "{text}");
    text.contains("403").then_some(403)
}

async fn chat() -> (Running<Chat>, Connection<Me>) {
    let server = start(Chat::server().inspector(Inspector::new())).await;
    let me = Me::connect(&format!("ws://{}", server.address)).await;
    (server, me.expect("it is let in"))
}

fn dict<const N: usize>(entries: [(&str, Value); N]) -> Dict {
    Dict::from_iter(entries)
}

/// The rows of all connections.
async fn rows(page: &Connection<Page>) -> Vec<Value> {
    let wanted = dict([("count", Value::from(10))]);
    let listed: Value = page.call("connections", wanted).await.expect("it answers");
    let rows = listed.get_key("rows").and_then(Value::as_slice);
    rows.expect("they are a list").to_vec()
}

#[tokio::test]
async fn page_is_served_to_this_machine_only() {
    let server = start(tested().0.inspector(Inspector::new())).await;
    let address = server.address;
    let local = format!("Host: {address}\r\n");
    let html = asset(address, "/inspect", &local).await;
    assert_eq!(html.status(), "200");
    assert_eq!(
        html.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = html.header("content-security-policy").expect("it has one");
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    for (path, status) in [
        ("/inspect/style.css", "200"),
        ("/inspect/main.js", "200"),
        ("/inspect/highway.js", "200"),
        ("/inspect/nothing.js", "404"),
    ] {
        assert_eq!(
            asset(address, path, &local).await.status(),
            status,
            "{path}"
        );
    }
    page(address, None).await.expect("it is let in");

    // A page that another name has been made to lead to.
    for path in ["/inspect", "/inspect/main.js"] {
        let answer = asset(address, path, "Host: evil.example\r\n").await;
        assert_eq!(answer.status(), "403");
        assert!(answer.body.contains("inspect-token"), "{}", answer.body);
    }
    for name in ["host", "x-forwarded-for"] {
        let header = Some((name, "10.0.0.1".to_owned()));
        assert_eq!(status(page(address, header).await), Some(403));
    }
    // A page of another origin.
    let header = Some(("origin", "https://evil.example".to_owned()));
    let foreign = page(address, header).await.expect_err("it is refused");
    assert!(foreign.to_string().contains("403"), "{foreign}");
    server.stop().await;
}

#[tokio::test]
async fn browsers_of_other_machines_are_refused() {
    let server = tested().0.inspector(Inspector::new());
    let server = server.bind("127.0.0.1:0").await.expect("a port is free");
    let address = server.local_addr();
    let handle = server.handle();
    let running = tokio::spawn(server.run());
    for (peer, status) in [("10.0.0.1:5", "403"), ("127.0.0.1:5", "200")] {
        let (near, far) = duplex(1 << 20);
        let peer = peer.parse().expect("an address");
        handle.serve_stream(far, peer).expect("it runs");
        let request = format!("GET /inspect HTTP/1.1\r\nHost: {address}\r\n\r\n");
        assert_eq!(exchange_on(near, request).await.status(), status, "{peer}");
    }
    handle.shutdown().await;
    running.await.expect("no panic").expect("it ends well");
}

#[tokio::test]
async fn token_lets_in_from_everywhere_and_leaves_the_url() {
    let inspector = Inspector::new().token(TOKEN);
    let server = start(tested().0.inspector(inspector)).await;
    let address = server.address;
    for (path, headers) in [
        ("/inspect", format!("Host: {address}\r\n")),
        ("/inspect?token=a-token-of-a-tesT", "Host: x\r\n".to_owned()),
        (
            "/inspect/main.js",
            "Host: x\r\nAuthorization: Bearer x\r\n".to_owned(),
        ),
    ] {
        let answer = asset(address, path, &headers).await;
        assert_eq!(answer.status(), "403");
        assert!(answer.body.contains("?token="), "{}", answer.body);
    }
    assert_eq!(status(page(address, None).await), Some(403));

    let entered = asset(address, "/inspect?token=a-token-of-a-test", "Host: x\r\n").await;
    assert_eq!(entered.status(), "303");
    assert_eq!(entered.header("location"), Some("inspect"));
    let cookie = entered.header("set-cookie").expect("it has one");
    assert!(cookie.contains("HttpOnly; SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().expect("it has a value").to_owned();
    let with_cookie = format!("Host: x\r\nCookie: {cookie}\r\n");
    assert_eq!(
        asset(address, "/inspect", &with_cookie).await.status(),
        "200"
    );
    page(address, Some(("cookie", cookie)))
        .await
        .expect("it is let in");
    let bearer = format!("Bearer {TOKEN}");
    page(address, Some(("authorization", bearer)))
        .await
        .expect("it is let in");
    server.stop().await;
}

#[tokio::test]
async fn nothing_is_there_unless_it_is_asked_for() {
    let server = start(tested().0).await;
    for path in ["/inspect", "/inspect/main.js"] {
        let headers = format!("Host: {}\r\n", server.address);
        assert_ne!(asset(server.address, path, &headers).await.status(), "200");
    }
    assert_ne!(get(server.address, "/inspect/ws").await.status(), "200");
    server.stop().await;
}

#[tokio::test]
async fn paths_and_tokens_are_checked() {
    for inspector in [
        Inspector::new().path("inspect"),
        Inspector::new().path("/inspect/"),
        Inspector::new().path("/in\"spect"),
        Inspector::new().server_path("chat"),
        Inspector::new().token("too-short"),
        Inspector::new().token("a token with spaces in it"),
    ] {
        let shown = format!("{inspector:?}");
        let bound = tested().0.inspector(inspector).bind("127.0.0.1:0").await;
        let error = bound.expect_err("it is not valid");
        assert!(
            error.to_string().contains("`inspector`"),
            "{shown}: {error}"
        );
    }
    let shown = format!("{:?}", Inspector::new().token(TOKEN));
    assert!(!shown.contains(TOKEN), "{shown}");
}

#[tokio::test]
async fn connections_are_shown_with_what_is_known_of_them() {
    let (server, me) = chat().await;
    let page = page(server.address, None).await.expect("it is let in");
    let row = loop {
        let [row] = <[_; 1]>::try_from(rows(&page).await).expect("pages are not among them");
        if row.get_key("round_trip").and_then(Value::as_u64).is_some() {
            break row;
        }
        tokio::task::yield_now().await;
    };
    let text = |key: &str| row.get_key(key).and_then(Value::as_str);
    assert_eq!(text("name"), Some("ada"));
    assert_eq!(text("status"), Some("open"));
    let address = text("address").expect("it is known");
    assert!(address.starts_with("127.0.0.1:"), "{address}");
    assert_eq!(row["rooms"], Value::from(vec!["lobby"]));

    let id = row["id"].as_u64().expect("it is a number");
    let detail: Value = page.call("connection", id).await.expect("it answers");
    assert_eq!(
        detail.get_key("dialect").and_then(Value::as_str),
        Some("extended")
    );
    let routes = format!("{:?}", detail["serves"]);
    assert_eq!(routes, r#"["count", "double", "refuse", "said", "sum"]"#);

    for (search, found) in [("ad", 1), ("lobby", 1), ("attic", 0), ("127.0.0.1", 1)] {
        let wanted = dict([("search", Value::from(search)), ("count", 10.into())]);
        let listed: Value = page.call("connections", wanted).await.expect("it answers");
        assert_eq!(listed["found"], Value::from(found), "{search}");
        assert_eq!(listed["all"], Value::from(1), "{search}");
    }
    me.close().await;
    within(10, eventually(|| server.handle.connections() == 0)).await;
    let gone: highway::Result<Value> = page.call("connection", id).await;
    assert!(gone.is_err());
    assert!(rows(&page).await.is_empty());
    server.stop().await;
}

#[tokio::test]
async fn messages_are_seen_as_they_pass() {
    let (server, me) = chat().await;
    let page = page(server.address, None).await.expect("it is let in");
    let watch: highway::Result<Incoming<Value>> = page.stream("watch", dict([])).await;
    let mut watch = watch.expect("it is opened");
    let expected = [
        ["received", "message", "say", r#""hi""#],
        ["sent", "message", "said", r#""hi""#],
    ];
    let shown = |message: &Value| {
        let text = |key: &str| message.get_key(key).and_then(Value::as_str);
        ["way", "kind", "route", "data"].map(|key| text(key).unwrap_or_default().to_owned())
    };
    // Until the stream is watched, messages pass unseen.
    let mut seen: Vec<[String; 4]> = Vec::new();
    while !expected
        .iter()
        .all(|expected| seen.iter().any(|seen| seen == expected))
    {
        me.send("say", "hi").await.expect("it is sent");
        let turn = watch.next().await.expect("it goes on").expect("it is read");
        let messages = turn.get_key("messages").and_then(Value::as_slice);
        seen.extend(messages.expect("they are a list").iter().map(shown));
    }
    assert!(
        seen.iter()
            .all(|seen| expected.iter().any(|expected| seen == expected)),
        "{seen:?}"
    );
    drop(watch);
    server.stop().await;
}

#[tokio::test]
async fn page_that_reads_nothing_keeps_no_message_from_its_way() {
    const MESSAGES: u64 = 20_000;

    let (server, me) = chat().await;
    let page = page(server.address, None).await.expect("it is let in");
    let watch: highway::Result<Incoming<Value>> = page.stream("watch", dict([])).await;
    let mut watch = watch.expect("it is opened");
    me.send("say", "first").await.expect("it is sent");
    watch.next().await.expect("it goes on").expect("it is read");
    for _ in 0..MESSAGES {
        me.send("say", "x".repeat(1000)).await.expect("it is sent");
    }
    me.call::<_, _, Value>("say", "last")
        .await
        .expect("it is served");
    // Nothing more passes: what was seen and what was not is all there was.
    let mut seen = 0;
    let mut passed = 0;
    while passed < MESSAGES {
        let turn = watch.next().await.expect("it goes on").expect("it is read");
        let messages = turn.get_key("messages").and_then(Value::as_slice);
        let messages = messages.expect("they are a list").len() as u64;
        assert!(messages <= 64, "{messages}");
        seen += messages;
        passed += messages + turn["left_out"].as_u64().expect("it is a number");
    }
    assert!(seen < MESSAGES, "they are a sample");
    let received = server.handle.metrics();
    let received = received.route("say").expect("it is counted").received;
    assert_eq!(received.messages, MESSAGES + 2);
    server.stop().await;
}

#[tokio::test]
async fn routes_of_a_connection_are_called() {
    let (server, _me) = chat().await;
    let page = page(server.address, None).await.expect("it is let in");
    let rows = rows(&page).await;
    let id = rows[0]["id"].clone();
    let target = |route: &str, items: bool| {
        let target = [
            ("connection", id.clone()),
            ("route", route.into()),
            ("items", items.into()),
        ];
        Value::from(dict(target))
    };
    let reply: Value = page
        .call("call", (target("double", false), 21))
        .await
        .expect("it answers");
    assert_eq!(reply, Value::from(42));
    let sum: Value = page
        .call("call", (target("sum", true), vec![1, 2, 3]))
        .await
        .expect("it answers");
    assert_eq!(sum, Value::from(6));
    page.call::<_, _, ()>("send", (target("said", false), "hi"))
        .await
        .expect("it is sent");

    let refused = page
        .call::<_, _, Value>("call", (target("refuse", false), ()))
        .await;
    let error = refused.expect_err("it refuses");
    let failure = error.failure().expect("it is the route's");
    assert_eq!(
        (failure.message(), failure.code()),
        ("as told", Some("told"))
    );
    assert_eq!(failure.data(), Some(&Value::from(7)));
    let unknown = page
        .call::<_, _, Value>("call", (target("duble", false), 1))
        .await;
    let text = unknown.expect_err("there is none").to_string();
    assert!(text.contains("double"), "{text}");

    let items: highway::Result<Incoming<u32>> =
        page.stream("stream", (target("count", false), 3)).await;
    let mut items = items.expect("it is opened");
    let mut counted = Vec::new();
    while let Some(item) = items.next().await {
        counted.push(item.expect("it is read"));
    }
    assert_eq!(counted, [0, 1, 2]);
    server.stop().await;
}

#[tokio::test]
async fn pages_have_seats_of_their_own_and_end_with_the_server() {
    let server = tested().0.limits(|limits| limits.connections = 1);
    let server = start(server.inspector(Inspector::new())).await;
    let peer = Peer::ready(server.address).await;
    let page = page(server.address, None).await.expect("it is let in");
    assert_eq!(server.handle.connections(), 1);
    drop(peer);
    server.stop().await;
    let close = within(10, page.closed()).await;
    assert_eq!(close.code(), CloseCode::GOING_AWAY);
    let late = page.call::<_, _, Value>("overview", ()).await;
    assert!(
        matches!(
            late,
            Err(Error::Closed(_)
                | Error::Call {
                    source: CallError::Cancelled,
                    ..
                })
        ),
        "{late:?}"
    );
}
