//! Texts that a route borrows from the message, which a peer may have written with escapes or in parts.

use std::{borrow::Cow, collections::BTreeMap};

use highway::{Raw, route, wire::Close};
use highway_tests::{websocket::TABLE, within_deadline};
use serde::{Deserialize, Serialize};

use crate::support::{RawPeer, start};

#[highway::server]
struct Server;

#[derive(Debug, Serialize, Deserialize)]
struct Line<'a> {
    from: &'a str,
    text: &'a str,
    #[serde(borrow, default)]
    color: Option<Color<'a>>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Color<'a> {
    Named(&'a str),
    Of { parts: Vec<&'a str> },
}

#[route("a: line")]
async fn line(line: Line<'_>, server: &mut Server) -> highway::Result {
    // Others are read meanwhile.
    tokio::task::yield_now().await;
    server.send("echo", format!("{line:?}")).await
}

#[route("b: pair")]
async fn pair((a, b): (&str, Vec<&str>), server: &mut Server) -> highway::Result {
    server.send("echo", format!("{a} {b:?}")).await
}

#[route("c: map")]
async fn map(map: BTreeMap<&str, Option<&str>>, server: &mut Server) -> highway::Result {
    server.send("echo", format!("{map:?}")).await
}

#[route("d: raw")]
async fn raw(data: Raw, server: &mut Server) -> highway::Result {
    let (text, other): (&str, Cow<'_, str>) = match data.decode() {
        Ok(texts) => texts,
        Err(error) => return server.send("echo", error.to_string()).await,
    };
    server.send("echo", format!("{text} {other}")).await
}

#[route("e: bytes")]
async fn bytes(list: Vec<&serde_bytes::Bytes>, server: &mut Server) -> highway::Result {
    server.send("echo", format!("{list:?}")).await
}

const TABLE_01: &[u8] = b"\x01\0\0\0{\"routes\":{\"0\":\"meta\",\"1\":\"echo\"}}";
const EXTENDED: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"echo\",\"65535\":\"highway/1\"}";

/// What a peer gets back for a payload that it sends to one of the routes.
#[track_caller]
fn check(table: &[u8], route: u8, code: u8, payload: &[u8], expected: &str) {
    within_deadline(async {
        let server = start(Server::server().dialect_01(true)).await;
        let mut peer = RawPeer::ready_with(server.address, table).await;
        if table == EXTENDED {
            peer.message(b"\x05\x0e\0\0\xa0").await;
            assert_eq!(peer.next_message().await, b"\x05\x0e\0\0\xa0");
        }
        peer.message(&[&[code, 0, route, 0], payload].concat())
            .await;
        let text = peer.next_message().await;
        assert_eq!(std::str::from_utf8(&text[4..]), Ok(expected));
        server.stop().await;
    });
}

/// The same in both dialects that have JSON; 0.1 has one code for lists and dicts.
#[track_caller]
fn check_json(route: u8, code: u8, json: &str, expected: &str) {
    check(TABLE, route, code, json.as_bytes(), expected);
    check(TABLE_01, route, 1, json.as_bytes(), expected);
}

#[test]
fn texts_with_escapes_are_borrowed() {
    check_json(
        1,
        5,
        r#"{"from":"J\u00fcrgen","text":"\ud83c\udf89 \"hi\"\n"}"#,
        r#"Line { from: "Jürgen", text: "🎉 \"hi\"\n", color: None }"#,
    );
    // Those without stay where they are.
    check_json(
        1,
        5,
        r#"{"from":"plain","text":"\u00fc","color":{"Of":{"parts":["a","\u00e4"]}}}"#,
        r#"Line { from: "plain", text: "ü", color: Some(Of { parts: ["a", "ä"] }) }"#,
    );
    check_json(
        1,
        5,
        r#"{"fr\u006fm":"a","text":"b","color":{"N\u0061med":"r\u00f6t"}}"#,
        r#"Line { from: "a", text: "b", color: Some(Named("röt")) }"#,
    );
    check_json(
        2,
        6,
        r#"["\u00fc",["\\","b","\/"]]"#,
        r#"ü ["\\", "b", "/"]"#,
    );
    check_json(
        3,
        5,
        r#"{"\u00fc":"\t","a":null}"#,
        r#"{"a": None, "ü": Some("\t")}"#,
    );
    check_json(4, 6, r#"["\u00fc","\u00e4"]"#, "ü ä");
}

#[test]
fn texts_in_parts_are_borrowed() {
    let line = b"\xa2\x64from\x7f\x61a\x61b\xff\x64text\x61c";
    check(
        EXTENDED,
        1,
        5,
        line,
        r#"Line { from: "ab", text: "c", color: None }"#,
    );
    let bytes = b"\x82\x5f\x41a\x41b\xff\x41c";
    check(EXTENDED, 5, 4, bytes, "[[97, 98], [99]]");
}

#[test]
fn what_does_not_fit_is_refused_as_without_escapes() {
    within_deadline(async {
        let server = start(Server::server()).await;
        let mut peer = RawPeer::ready_with(server.address, TABLE).await;
        peer.message(b"\x06\0\x04\0[\"\\u00fc\",5]").await;
        let text = peer.next_message().await;
        assert_eq!(
            std::str::from_utf8(&text[4..]),
            Ok("expected str, received int 5 at [1]")
        );
        peer.message(b"\x05\0\x01\0{\"from\":\"\\u00fc\",\"text\":5}")
            .await;
        assert_eq!(peer.closes().await, Some(Close::CONVERT_FAILED));
        server.stop().await;
    });
}
