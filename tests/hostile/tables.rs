//! The meta exchange: none, half of one, too much of it.

use highway_tests::websocket::{BINARY, TABLE};

use crate::{
    peer::{Closed, Peer, Written},
    process::{GROWTH_OF_ONE, check, check_within},
};

fn close(code: u16, reason: &str) -> Closed {
    (code, reason.to_owned())
}

fn table(routes: impl Iterator<Item = (u32, String)>) -> Vec<u8> {
    let mut table = b"\x05\0\0\0{\"0\":\"meta\"".to_vec();
    for (id, name) in routes {
        table.extend(format!(",\"{id}\":{}", serde_json::Value::from(name)).bytes());
    }
    table.push(b'}');
    table
}

/// First messages, each on a connection of its own.
fn check_first(expected: Closed, messages: Vec<Vec<u8>>) {
    check(move |server| {
        for message in messages {
            let mut peer = Peer::told(server.address);
            peer.message(&message);
            let start = message.get(..message.len().min(32));
            assert_eq!(peer.closes().as_ref(), Some(&expected), "{start:02x?}");
        }
    });
}

#[test]
fn garbage_for_a_table_is_refused() {
    let payloads = [
        &b""[..],
        b"[]",
        b"null",
        b"5",
        b"{",
        b"{\"0\":5}",
        b"{\"zero\":\"meta\"}",
        b"{\"0\":\"\xff\"}",
        b"\xff\xfe\xfd",
        b"{\"0\":\"meta\"}x",
    ];
    let mut messages: Vec<_> = payloads
        .map(|payload| [b"\x05\0\0\0", payload].concat())
        .into();
    messages.push(["\x05\0\0\0", &"[".repeat(60_000)].concat().into_bytes());
    messages.push(
        ["\x05\0\0\0", &"{\"0\":".repeat(10_000)]
            .concat()
            .into_bytes(),
    );
    messages.push(b"\0\0\0\0text".to_vec());
    messages.push(b"\x07\0\0\0{}".to_vec());
    check_first(close(1000, "Invalid exchange routes"), messages);
}

#[test]
fn tables_over_the_limits_are_refused() {
    let name = |id: u32| (id, format!("r{id}"));
    check_first(
        close(1000, "Invalid exchange routes"),
        vec![
            table((1..65_536).map(|id| (id, "r".into()))),
            table((1..=4097).map(name)),
            table([(1, "x".repeat(65_536))].into_iter()),
            table([(1, "x".repeat(1_000_000))].into_iter()),
        ],
    );
}

#[test]
fn odd_tables_are_taken() {
    check_within(GROWTH_OF_ONE, |server| {
        let name = |id: u32| (id, format!("r{id}"));
        let hostile = [
            "",
            "\0\u{1b}[2J\r\n",
            "../../etc",
            "\u{202e}echo",
            "meta",
            "ß🎉",
        ];
        for table in [
            table((1..4096).map(name)),
            table([(70_000, "far".into()), (4_000_000_000, "further".into())].into_iter()),
            table((1..).zip(hostile.map(str::to_owned))),
            b"\x05\0\0\0{}".to_vec(),
            b"\x05\0\0\0{\"18446744073709551616000\":\"x\"}".to_vec(),
        ] {
            let mut peer = Peer::told(server.address);
            peer.message(&table);
            // It has no route `echo`, but the connection is ready, and stays.
            let number = peer.to("number", 1, b"5");
            peer.message(&number);
            peer.message(TABLE);
            peer.echoes();
        }
    });
}

#[test]
fn messages_before_the_exchange_close_with_3003() {
    check_first(
        close(3003, "Invalid state"),
        vec![b"\0\0\x01\0early".to_vec(), b"\x07\0\x02\0".to_vec()],
    );
}

#[test]
fn no_table_and_half_a_table_close_with_3003_in_time() {
    check(|server| {
        let mut silent: Vec<_> = (0..100).map(|_| Peer::told(server.address)).collect();
        for peer in silent.iter_mut().skip(50) {
            peer.send(BINARY, b"\x05\0\0\0{\"0\":");
        }
        for peer in silent {
            assert_eq!(peer.closes(), Some(close(3003, "Invalid state")));
        }
    });
}

#[test]
fn thousands_of_tables_cost_no_more_than_one() {
    check_within(GROWTH_OF_ONE, |server| {
        let mut peer = Peer::told(server.address);
        let table = table((1..1000).map(|id| (id, format!("r{id}"))));
        let frame = peer.encode(0x82, &table);
        assert_eq!(peer.pour(&frame, 3000), Written::All);
        peer.message(TABLE);
        peer.echoes();
    });
}
