//! A JavaScript client of the wire talks to our server, in Node and in a browser.

use std::net::SocketAddr;

use highway::{Bytes, Origins, Refusal, Request, StatusCode, Value, wire::Dialect};
use highway_tests::{
    Browser, Event, Node, Outcome, Peer, Trial, trials, websocket::take_head, within_deadline,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    closing::{id_of, mistakes, told},
    ours::serve,
    vectors,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        node_and_our_server_give_back_every_value,
        node_is_closed_as_the_design_says,
        browser_and_our_server_understand_each_other,
        node_signs_in_with_a_subprotocol,
        page_in_the_browsers_cache_has_left,
        page_with_the_typescript_client_leaves_and_comes_back,
    ]
}

fn node_and_our_server_give_back_every_value() -> Outcome {
    let node = Node::find()?;
    within_deadline(async { exchange_values(&mut node.client()).await });
    Ok(())
}

fn node_is_closed_as_the_design_says() -> Outcome {
    let node = Node::find()?;
    within_deadline(async { close_connections(&mut node.client()).await });
    Ok(())
}

fn browser_and_our_server_understand_each_other() -> Outcome {
    let browser = Browser::find()?;
    within_deadline(async {
        let mut peer = browser.client();
        exchange_values(&mut peer).await;
        close_connections(&mut peer).await;
        // In the same browser, as two would share a profile.
        sign_in(&mut peer).await;
    });
    Ok(())
}

fn page_in_the_browsers_cache_has_left() -> Outcome {
    let guide = include_str!("../../highway/src/docs/peers.md");
    let recipe = guide
        .split("```js\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    leave_and_come_back(
        &PAGE.replace("{recipe}", recipe.expect("the guide has a recipe")),
        "shown again from the cache",
    )
}

fn page_with_the_typescript_client_leaves_and_comes_back() -> Outcome {
    leave_and_come_back(
        TYPESCRIPT_PAGE,
        "shown again from the cache: open, reconnecting 1000, open",
    )
}

/// Leaves a page for another and returns to it; then it tells what it has seen.
fn leave_and_come_back(page: &str, seen: &str) -> Outcome {
    let browser = Browser::find()?;
    within_deadline(async {
        let (server, mut ours) = serve(Dialect::Extended).await;
        let address = serve_pages(page.replace("{url}", &server.url)).await;
        let _page = browser.visit(&format!("http://{address}/first"));
        let first = ours.ready().await;
        first.send("go", "/second").await.expect("it is ready");
        assert_eq!(ours.closed(&first).await, (1000, String::new()));
        let second = ours.ready().await;
        second.send("back", ()).await.expect("it is ready");
        let first = ours.ready().await;
        first.send("tell", ()).await.expect("it is ready");
        let told = ours.received(&first, "echo").await;
        assert_eq!(told, Value::from(seen));
    });
    Ok(())
}

/// A page with the TypeScript client, which sees to it by itself.
const TYPESCRIPT_PAGE: &str = r#"<!doctype html>
<script type="module">
import { connect } from "/highway.js";
let told = "loaded";
addEventListener("pageshow", (event) => {
    if (event.persisted) told = "shown again from the cache";
});
const seen = [];
const me = await connect("{url}", {
    go: (page) => { location.href = page; },
    back: () => history.back(),
    tell: () => me.send("echo", `${told}: ${seen.join(", ")}`),
}, { onstatus: (status, close) => seen.push([status, close?.code].join(" ").trim()) });
</script>
"#;

/// A page that keeps to the guide's recipe, and another to leave it for.
const PAGE: &str = r#"<!doctype html>
<script src="/wire_client.js"></script>
<script>
"use strict";
let told = "loaded";
addEventListener("pageshow", (event) => {
    if (event.persisted) told = "shown again from the cache";
});
const connect = () => {
    const socket = new highwayWire.WireClient("{url}", {
        go: (page) => { location.href = page; },
        back: () => history.back(),
        tell: () => socket.send(told, "echo"),
    });
    return socket;
};
{recipe}
</script>
"#;

/// Serves the pages over HTTP: a browser's cache takes no files.
async fn serve_pages(page: String) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let page = page.clone();
            tokio::spawn(async move { serve_page(stream, &page).await });
        }
    });
    address
}

async fn serve_page(mut stream: TcpStream, page: &str) -> std::io::Result<()> {
    let mut received = Vec::new();
    let head = loop {
        if let Some(head) = take_head(&mut received) {
            break head;
        }
        if stream.read_buf(&mut received).await? == 0 {
            return Ok(());
        }
    };
    let (kind, body) = if head.starts_with("GET /wire_client.js ") {
        ("text/javascript", include_str!("../peers/wire_client.js"))
    } else if head.starts_with("GET /highway.js ") {
        (
            "text/javascript",
            include_str!("../../highway/typescript/dist/highway.js"),
        )
    } else {
        ("text/html", page)
    };
    let length = body.len();
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(answer.as_bytes()).await?;
    stream.shutdown().await
}

fn node_signs_in_with_a_subprotocol() -> Outcome {
    let node = Node::find()?;
    within_deadline(async { sign_in(&mut node.client()).await });
    Ok(())
}

/// Lets in whoever offers the right token, which a browser can put nowhere else.
#[highway::server]
struct Door;

#[highway::on(connect)]
async fn check_token(request: &mut Request<Door>) -> Result<(), Refusal> {
    if !request.subprotocols().any(|name| name == "token.abc") {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "no such token"));
    }
    request.choose_subprotocol("door")
}

async fn sign_in(peer: &mut Peer) {
    let server = Door::server().origins(Origins::Any);
    let server = server.bind("127.0.0.1:0").await.expect("a free port");
    let (url, handle) = (server.url(), server.handle());
    let running = tokio::spawn(server.into_future());
    let stranger = peer.connect_with(&url, &["door", "token.other"]);
    assert_eq!(peer.closed(stranger).await.0, 1006);
    let number = peer.connect_with(&url, &["door", "token.abc"]);
    peer.ready(number).await;
    let connection = handle.everyone().connections().next();
    let chosen = connection.and_then(|connection| connection.subprotocol());
    assert_eq!(chosen.as_deref(), Some("door"));
    let kicked = handle.everyone().close_with(4001, "kicked");
    assert_eq!(kicked.expect("the code is sendable"), 1);
    assert_eq!(peer.closed(number).await, (4001, "kicked".into()));
    running.abort();
}

async fn exchange_values(peer: &mut Peer) {
    let (server, mut ours) = serve(Dialect::V02).await;
    let number = peer.connect(&server.url);
    let connection = ours.ready().await;
    peer.ready(number).await;

    // What highway.js was recorded to send: our client has to write it in the same way to stand for it.
    let (expressions, written): (Vec<_>, Vec<_>) = vectors::javascript_values().into_iter().unzip();
    let exchange = peer.exchange(number, &expressions).await;
    let changed = exchange.echoed.iter().filter(|echoed| !echoed.equal);
    let changed: Vec<_> = changed
        .map(|echoed| (echoed.sent.as_str(), echoed.received.as_str()))
        .collect();
    // It is no Unicode, which our text always is.
    assert_eq!(changed, [(r"[ '\ud800' ]", "[\"\u{fffd}\"]")]);
    assert_eq!(exchange.unsendable, []);
    assert_eq!(exchange.echoed.len(), 55);
    for (echoed, written) in exchange.echoed.iter().zip(&written) {
        let payload = echoed.written.as_deref().map(vectors::bytes);
        assert_eq!(
            payload.as_deref(),
            Some(&written.payload[..]),
            "{}",
            echoed.sent
        );
        assert_eq!(echoed.written_code, Some(written.code), "{}", echoed.sent);
        assert_eq!(echoed.code, Some(written.code), "{}", echoed.sent);
    }

    for (value, code, r#type, repr) in [
        (Value::from("héllo ☃ 🎉"), 0, "String", r#""héllo ☃ 🎉""#),
        (Value::from(-7), 1, "Number", "-7"),
        (Value::from(1.5), 2, "Number", "1.5"),
        (Value::from(f64::NEG_INFINITY), 2, "Number", "-Infinity"),
        (Value::from(true), 3, "Boolean", "true"),
        (
            Value::List(vec![1.into(), "two".into()]),
            4,
            "Array",
            r#"[1,"two"]"#,
        ),
        (
            Value::Dict([("z", 1), ("a", 2)].into_iter().collect()),
            5,
            "Object",
            r#"{"z":1,"a":2}"#,
        ),
        (Value::from((1, 2.5)), 6, "Array", "[1,2.5]"),
        (
            Value::from(Bytes::from_static(b"\x00\xff")),
            7,
            "Int8Array",
            "Int8Array [0,-1]",
        ),
        (Value::None, 8, "null", "null"),
    ] {
        connection.send("echoed", &value).await.expect("it is sent");
        let received = peer.expect("a value", |event| match event {
            Event::Received {
                r#type, repr, code, ..
            } => Some((r#type.clone(), repr.clone(), *code)),
            _ => None,
        });
        assert_eq!(
            received.await,
            (r#type.into(), repr.into(), Some(code)),
            "{value:?}"
        );
    }
}

async fn close_connections(peer: &mut Peer) {
    let (server, mut ours) = serve(Dialect::V02).await;
    let bystander = peer.connect(&server.url);
    ours.ready().await;
    let routes = peer.ready(bystander).await;
    let id = |name: &str| id_of(&routes, name);
    for mistake in mistakes(Dialect::V02, id("fail"), id("whole")) {
        let number = peer.connect(&server.url);
        let connection = ours.ready().await;
        peer.ready(number).await;
        peer.send_raw(number, &mistake.message);
        let expected = told(&mistake.close);
        assert_eq!(peer.closed(number).await, expected, "{:?}", mistake.message);
        assert_eq!(ours.closed(&connection).await, expected);
    }

    let number = peer.connect(&server.url);
    peer.ready(number).await;
    peer.send_text(number, "a text message");
    assert_eq!(peer.closed(number).await, (3001, "Malformed header".into()));
    ours.ready().await;

    let number = peer.connect(&server.url);
    let connection = ours.ready().await;
    peer.ready(number).await;
    peer.close(number, 4000, "enough");
    assert_eq!(ours.closed(&connection).await, (4000, "enough".into()));

    let number = peer.connect(&server.url);
    let connection = ours.ready().await;
    peer.ready(number).await;
    connection.close_with(4001, "why").await.expect("it closes");
    assert_eq!(peer.closed(number).await, (4001, "why".into()));

    let exchange = peer.exchange(bystander, &["'still here'"]).await;
    exchange.check_all_equal_but_unsendable(0);
    server.stop().await;
    assert_eq!(peer.closed(bystander).await.0, 1001);
}
