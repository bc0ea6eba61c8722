//! The options of a generated main.

use highway_tests::websocket::request;

use crate::support::{Peer, Served, exchange, get, within};

#[tokio::test]
async fn options_of_the_program_reach_the_server() {
    let served = Served::start(&[
        "--origins",
        "https://a.example,https://b.example",
        "--connections-per-address",
        "1",
        "--trust-forwarded",
        "127.0.0.1,10.0.0.0/8",
        "--forwarded-header",
        "forwarded",
        "--health-path",
        "/up",
    ]);
    let address = served.address;
    assert_eq!(within(10, get(address, "/up")).await.status(), "200");
    assert_eq!(within(10, get(address, "/healthz")).await.status(), "404");
    let upgraded = "Origin: https://b.example\r\nForwarded: for=192.0.2.1\r\n";
    let mut peer = Peer::ready_with(address, upgraded).await;
    assert_eq!(within(10, peer.ask("address", "")).await, "192.0.2.1:0");
    for (headers, status) in [
        ("Forwarded: for=192.0.2.1\r\n", "503"),
        ("Origin: https://c.example\r\n", "403"),
    ] {
        let answer = within(10, exchange(address, request(address, headers))).await;
        assert_eq!(answer.status(), status, "{headers}");
    }
    Peer::ready_with(address, "Forwarded: for=192.0.2.2\r\n")
        .await
        .echoes()
        .await;
}

#[tokio::test]
async fn any_origin_and_few_connections_can_be_told_to_the_program() {
    let served = Served::start(&["--origins", "any", "--connections", "1"]);
    let address = served.address;
    let mut peer = Peer::ready_with(address, "Origin: https://c.example\r\n").await;
    within(10, peer.echoes()).await;
    let answer = within(10, exchange(address, request(address, ""))).await;
    assert_eq!(answer.status(), "503");
}
