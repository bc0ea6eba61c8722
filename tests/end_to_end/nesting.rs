//! How deep what is received may be nested, by a limit of its own.

use highway::{
    Close, Connection, Value,
    payload::{MAX_NESTING, NESTING},
    route,
    wire::{DataType, Dialect},
};
use highway_tests::{websocket::TABLE, within_deadline};
use serde::{Deserialize, de::IgnoredAny};

use crate::support::{RawPeer, start};

#[highway::server]
struct Server;

#[derive(Deserialize)]
#[expect(dead_code, reason = "that it is read is enough")]
struct List(Vec<List>);

#[route("a: echo")]
async fn echo(text: &str, server: &mut Server) -> highway::Result {
    server.send("echo", text).await
}

#[route("b: value")]
async fn value(_: Value, _: &mut Server) {}

#[route("c: typed")]
async fn typed(_: List, _: &mut Server) {}

#[route("d: ignored")]
async fn ignored(_: IgnoredAny, _: &mut Server) {}

#[route("e: beside")]
async fn beside(_: Value, _: Connection<Server>) {}

const ECHO: u8 = 1;
const TAKING: [u8; 4] = [2, 3, 4, 5];

const TABLE_01: &[u8] = b"\x01\0\0\0{\"routes\":{\"0\":\"meta\",\"1\":\"echo\"}}";

/// That what is nested as deep passes, and one level more closes.
fn check(limit: Option<usize>, nesting: usize) {
    within_deadline(async {
        let server = start(Server::server().dialect_01(true).limits(|limits| {
            limits.nesting = limit.unwrap_or(limits.nesting);
        }))
        .await;
        for (dialect, table) in [(Dialect::V02, TABLE), (Dialect::V01, TABLE_01)] {
            let list = dialect.code(DataType::List).expect("both have lists");
            for route in TAKING {
                let nested = |depth| {
                    let text = "[".repeat(depth) + &"]".repeat(depth);
                    [&[list, 0, route, 0], text.as_bytes()].concat()
                };
                let mut peer = RawPeer::ready_with(server.address, table).await;
                peer.message(&nested(nesting)).await;
                peer.echoes(ECHO).await;
                peer.message(&nested(nesting + 1)).await;
                assert_eq!(peer.closes().await, Some(Close::CONVERT_FAILED));
            }
        }
        server.stop().await;
    });
}

#[test]
fn nesting_of_the_limit_passes_and_one_level_more_closes_with_1003() {
    check(None, NESTING);
    check(Some(1), 1);
    check(Some(7), 7);
    check(Some(MAX_NESTING), MAX_NESTING);
}

#[test]
fn nesting_has_a_ceiling_whatever_the_limit() {
    check(Some(MAX_NESTING + 1), MAX_NESTING);
    check(Some(usize::MAX), MAX_NESTING);
}
