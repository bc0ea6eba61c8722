//! Which pages of browsers get in.

use std::sync::atomic::Ordering;

use highway::{Error, Origins};
use highway_tests::websocket::request;

use crate::support::{Peer, exchange, start, tested, within};

/// That a server with these origins answers an upgrade that tells an origin with a status, before any hook runs.
async fn refuses(origins: Origins, headers: &str) {
    let (server, counts) = tested();
    let server = start(server.origins(origins)).await;
    let answer = within(
        10,
        exchange(server.address, request(server.address, headers)),
    )
    .await;
    assert_eq!(answer.status(), "403", "{headers}");
    assert_eq!(counts.asked.load(Ordering::SeqCst), 0);
    server.serves().await;
    server.stop().await;
}

async fn allows(origins: Origins, headers: &str) {
    let server = start(tested().0.origins(origins)).await;
    let headers = headers.replace("HOST", &server.address.to_string());
    within(10, async {
        Peer::ready_with(server.address, &headers)
            .await
            .echoes()
            .await;
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn same_origin_is_the_default() {
    allows(Origins::default(), "").await;
    allows(Origins::default(), "Origin: http://HOST\r\n").await;
    allows(Origins::default(), "Origin: https://HOST\r\n").await;
    refuses(Origins::default(), "Origin: http://evil.example\r\n").await;
    refuses(Origins::default(), "Origin: null\r\n").await;
    refuses(Origins::default(), "Origin: \r\n").await;
    refuses(Origins::default(), "Origin: http://127.0.0.1\r\n").await;
    let twice = "Origin: http://a.example\r\nOrigin: http://a.example\r\n";
    refuses(Origins::default(), twice).await;
}

#[tokio::test]
async fn refusal_tells_what_was_compared_and_how_to_allow_it() {
    let server = start(tested().0).await;
    let request = request(server.address, "Origin: http://localhost:5173\r\n");
    let answer = within(10, exchange(server.address, request)).await;
    let host = server.address.to_string();
    for part in [
        "`http://localhost:5173`",
        &host,
        "--origins http://localhost:5173",
    ] {
        assert!(answer.body.contains(part), "{answer:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn list_allows_what_is_in_it() {
    let list = || Origins::list(["https://chat.example"]);
    allows(list(), "").await;
    allows(list(), "Origin: https://chat.example\r\n").await;
    refuses(list(), "Origin: https://chat.example.evil.example\r\n").await;
    refuses(list(), "Origin: http://chat.example\r\n").await;
    refuses(list(), "Origin: null\r\n").await;
    let twice = "Origin: https://chat.example\r\nOrigin: https://chat.example\r\n";
    refuses(list(), twice).await;
}

#[tokio::test]
async fn any_has_to_be_spelled_out() {
    allows(Origins::Any, "Origin: https://evil.example\r\n").await;
    allows(Origins::Any, "Origin: null\r\n").await;
    refuses(
        Origins::Any,
        "Origin: http://a.example\r\nOrigin: http://b.example\r\n",
    )
    .await;
}

#[tokio::test]
async fn origin_may_be_required() {
    let server = start(tested().0.require_origin(true)).await;
    let answer = within(10, exchange(server.address, request(server.address, ""))).await;
    assert_eq!(answer.status(), "403");
    let own = format!("Origin: http://{}\r\n", server.address);
    Peer::ready_with(server.address, &own).await.echoes().await;
    server.stop().await;
}

#[tokio::test]
async fn list_of_something_else_is_told_by_bind() {
    let server = tested().0.origins(Origins::list(["https://chat.example/"]));
    let error = server.bind("127.0.0.1:0").await.unwrap_err();
    assert!(matches!(
        error,
        Error::InvalidOption {
            name: "origins",
            ..
        }
    ));
    assert_eq!(
        error.to_string(),
        "the option `origins` is not valid: `https://chat.example/` is not an origin as browsers send it, \
         such as `https://chat.example` or `http://localhost:8080`"
    );
}
