//! Sessions without I/O: what they make of everything that the published peers were given, and of any bytes at all.

use std::{collections::BTreeSet, sync::Arc};

use highway::{
    handshake::LocalTable,
    payload::DecodeError,
    session::{Event, Session, SessionConfig},
    value::Value,
    wire::{Close, DataType, Dialect, Header, Kind, STREAM_CODE, TRACED, Traceparent},
};
use proptest::prelude::*;
use serde_json::Value as Json;

use crate::hex;

const V02: &str = include_str!("../vectors/vectors-0.2.jsonl");
const V01: &str = include_str!("../vectors/vectors-0.1.jsonl");

/// The table that the recorded peers told unless the record is about another.
const TABLE_02: &[u8] = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"echo\"}";
const TABLE_01: &[u8] = b"\x01\0\0\0{\"routes\":{\"0\":\"meta\",\"1\":\"echo\"}}";

/// The recorded peers had up to six routes, but for some of highway.js with 300.
fn local(routes: usize) -> Arc<LocalTable> {
    let names: Vec<_> = (1..=routes)
        .map(|number| format!("route {number}"))
        .collect();
    Arc::new(LocalTable::new(names.iter().map(String::as_str)))
}

/// A message that a published peer was given, and what came of it.
struct Record {
    name: String,
    message: Vec<u8>,
    /// `stays`, `dropped` (without a close frame), or `close <code> <reason>`.
    reference: String,
}

/// The records of one direction that are about one whole binary message, and how many are about something else.
fn records(vectors: &str, direction: &str, peer: &str) -> (Vec<Record>, usize) {
    let mut others = 0;
    let mut records = Vec::new();
    for line in vectors.lines() {
        let json: Json = serde_json::from_str(line).expect("a line is JSON");
        if json["direction"] != direction || !json["peer"].as_str().unwrap().starts_with(peer) {
            continue;
        }
        let name = json["name"].as_str().unwrap().to_owned();
        let is_binary = json.get("opcode").is_none_or(|opcode| *opcode == 2);
        let whole = is_binary && !name.contains("fragmented") && !name.contains("masked");
        let message = json["header_hex"].as_str().map(|header| {
            let payload = json["payload_hex"].as_str().unwrap_or_default();
            hex::bytes(&format!("{header}{payload}"))
        });
        let outcome = &json["outcome"];
        let text = |key: &str| outcome[key].as_str().unwrap_or_default().to_owned();
        let reference = match outcome["close_code"].as_u64() {
            Some(code) => format!("close {code} {}", text("close_reason"))
                .trim_end()
                .to_owned(),
            None if outcome.get("transport").is_some() => "dropped".to_owned(),
            None => "stays".to_owned(),
        };
        match message {
            Some(message) if whole => records.push(Record {
                name,
                message,
                reference,
            }),
            _ => others += 1,
        }
    }
    (records, others)
}

/// Reads what follows a message's header.
fn payload(
    dialect: Dialect,
    data_type: DataType,
    message: &[u8],
) -> Result<Value, Box<DecodeError>> {
    let (_, payload) = Header::split(message).expect("the session has seen the header");
    highway::payload::decode(dialect, data_type, payload)
}

/// What a session does with a message: `stays` or `close <code> <reason>`.
fn answer(session: &mut Session, message: &[u8]) -> String {
    let close = match session.receive(message) {
        Ok(Event::Message {
            dialect, data_type, ..
        }) => match payload(dialect, data_type, message) {
            Ok(_) => return "stays".to_owned(),
            Err(_) => Close::CONVERT_FAILED,
        },
        Ok(_) => return "stays".to_owned(),
        Err(close) => close,
    };
    format!("close {close}")
}

/// Records whose answer differs from the reference's on purpose.
struct Difference {
    ours: &'static str,
    why: &'static str,
    names: &'static [&'static str],
}

const SHORT: &str = "a short header is 3001 in every dialect, and never ignored";
const TYPE: &str = "an unknown type code is a malformed header, not a crash";
const ROUTE: &str = "a route that was never told is told to the peer, not ignored";
const CONVERT: &str =
    "a failed conversion is 1003, which the reference means but forgets, not None";
const TABLE: &str = "a table that is none is refused, in one way, not ignored or crashed over";
const LENIENT: &str = "the table is one, though parts of it are of no use";
const BOTH: &str = "a client speaks both dialects";
const EARLY: &str = "nothing is routed before the exchange";
const IDS: &str = "every id up to 65,535 is one, which highway.js misreads";
const FIRST: &str = "only the first of its messages is recorded, which is a good one";
const ABOVE: &str = "it is about what a route does, above the session";
const BELOW: &str = "it is about HTTP or frames, below the session";

/// Drives every record, and compares with the peer of the record or, where we differ from it, with the list.
#[track_caller]
fn check(
    (records, others): (Vec<Record>, usize),
    expected: (usize, usize),
    start: impl Fn(&str) -> Session,
    differences: &[Difference],
) {
    assert_eq!(
        (records.len(), others),
        expected,
        "records were added or lost"
    );
    let mut listed: BTreeSet<&str> = differences
        .iter()
        .flat_map(|group| group.names)
        .copied()
        .collect();
    let mut wrong = Vec::new();
    for record in &records {
        let ours = answer(&mut start(&record.name), &record.message);
        let listed_as = differences
            .iter()
            .find(|group| group.names.contains(&record.name.as_str()));
        listed.remove(record.name.as_str());
        let expected = listed_as.map_or(record.reference.as_str(), |group| group.ours);
        if ours != expected || (listed_as.is_some() && ours == record.reference) {
            let why = listed_as.map_or("as the reference", |group| group.why);
            wrong.push(format!(
                "{}: ours {ours:?}, expected {expected:?} ({why}), reference {:?}",
                record.name, record.reference
            ));
        }
    }
    assert!(wrong.is_empty(), "{}\n{listed:?}", wrong.join("\n"));
    assert!(listed.is_empty(), "no record is named {listed:?}");
}

/// A session of either side before its first message, with routes of its own.
fn session(is_server: bool, dialect_01: bool, routes: usize) -> Session {
    let config = SessionConfig {
        dialect_01,
        ..SessionConfig::default()
    };
    if is_server {
        Session::server(local(routes), config)
    } else {
        Session::client(local(routes), config)
    }
}

/// A server in a dialect, with its tables exchanged unless the record is about the first one.
fn server(name: &str, dialect_01: bool) -> Session {
    let mut session = session(true, dialect_01, 6);
    assert!(session.open().is_some());
    let first = name.starts_with("meta_") && !name.starts_with("meta_resend");
    if !first && !name.contains("before_meta") && !name.starts_with("route_id_65536") {
        let table = if dialect_01 { TABLE_01 } else { TABLE_02 };
        assert!(session.receive(table).is_ok());
    }
    session
}

/// A client, with the tables exchanged unless the record is about them.
fn client(name: &str, table: &[u8]) -> Session {
    let routes = if name.starts_with("js_own_route_id") {
        300
    } else {
        6
    };
    let mut session = session(false, false, routes);
    assert_eq!(session.open(), None);
    if !name.contains("meta") {
        assert!(session.receive(table).is_ok());
    }
    session
}

#[test]
fn server_answers_what_highway_py_02_was_given() {
    check(
        records(V02, "to_server", "py"),
        (76, 28),
        |name| server(name, false),
        &[
            Difference {
                ours: "stays",
                why: FIRST,
                names: &["two_messages_then_error"],
            },
            Difference {
                ours: "stays",
                why: LENIENT,
                names: &[
                    "route_id_65536",
                    "meta_odd_empty_object",
                    "meta_odd_empty_name",
                ],
            },
            Difference {
                ours: "close 1003 Convert failed",
                why: CONVERT,
                names: &[
                    "hdr_only_int",
                    "hdr_only_float",
                    "hdr_only_bool",
                    "hdr_only_list",
                    "hdr_only_dict",
                    "hdr_only_tuple",
                ],
            },
            Difference {
                ours: "close 3001 Malformed header",
                why: TYPE,
                names: &[
                    "type_9",
                    "type_10",
                    "type_127",
                    "type_128",
                    "type_255",
                    "route_unknown_and_type_unknown",
                ],
            },
            Difference {
                ours: "stays",
                why: BELOW,
                names: &["rsv1"],
            },
            Difference {
                ours: "stays",
                why: ABOVE,
                names: &[
                    "route_raises",
                    "send_unknown_peer_route",
                    "handler_close_4001",
                    "handler_strict_property",
                ],
            },
            Difference {
                ours: "close 1000 Invalid exchange routes",
                why: TABLE,
                names: &[
                    "meta_as_type_int",
                    "meta_as_type_float",
                    "meta_as_type_bool",
                    "meta_odd_invalid_json",
                    "meta_odd_empty_payload",
                    "meta_odd_key_superscript",
                    "meta_odd_key_half",
                    "meta_odd_key_cjk_numeral",
                    "meta_dialect01_frame",
                ],
            },
            Difference {
                ours: "close 3003 Invalid state",
                why: EARLY,
                names: &["data_before_meta_fresh", "data_before_meta_after_others"],
            },
        ],
    );
}

#[test]
fn server_answers_what_highway_py_01_was_given() {
    check(
        records(V01, "to_server", "py"),
        (62, 26),
        |name| server(name, true),
        &[
            Difference {
                ours: "stays",
                why: LENIENT,
                names: &["route_id_65536"],
            },
            Difference {
                ours: "close 3001 Malformed header",
                why: SHORT,
                names: &["hdr_0_bytes", "hdr_1_bytes", "hdr_2_bytes", "hdr_3_bytes"],
            },
            Difference {
                ours: "close 1003 Convert failed",
                why: CONVERT,
                names: &[
                    "hdr_only_int",
                    "hdr_only_float",
                    "hdr_only_bool",
                    "hdr_only_list",
                    "hdr_only_indexed",
                ],
            },
            Difference {
                ours: "close 3001 Malformed header",
                why: TYPE,
                names: &[
                    "type_8",
                    "type_9",
                    "type_128",
                    "type_255",
                    "route_unknown_and_type_unknown",
                ],
            },
            Difference {
                ours: "close 3002 Route does not exist",
                why: ROUTE,
                names: &["route_unknown", "route_65535"],
            },
            Difference {
                ours: "stays",
                why: BELOW,
                names: &["rsv1"],
            },
            Difference {
                ours: "stays",
                why: ABOVE,
                names: &["route_raises", "handler_close_4001"],
            },
            Difference {
                ours: "close 1000 Invalid exchange routes",
                why: TABLE,
                names: &[
                    "meta_as_type_str",
                    "meta_as_type_bytes",
                    "meta_as_type_int",
                    "meta_as_type_float",
                    "meta_as_type_indexed",
                    "meta_as_type_none",
                    "meta_as_type_bool",
                    "meta_odd_empty_object",
                    "meta_odd_no_routes_key",
                    "meta_odd_routes_list_empty",
                    "meta_odd_routes_null",
                    "meta_odd_routes_number",
                    "meta_odd_routes_string",
                    "meta_odd_list",
                    "meta_odd_null",
                    "meta_odd_invalid_json",
                    "meta_odd_empty_payload",
                    "meta_odd_key_superscript",
                ],
            },
            Difference {
                ours: "close 3003 Invalid state",
                why: EARLY,
                names: &["data_before_meta"],
            },
        ],
    );
}

#[test]
fn client_answers_what_highway_py_02_was_given() {
    check(
        records(V02, "to_client", "py"),
        (22, 7),
        |name| client(name, TABLE_02),
        &[
            Difference {
                ours: "stays",
                why: BELOW,
                names: &["client_http_request"],
            },
            Difference {
                ours: "close 3003 Invalid state",
                why: EARLY,
                names: &["client_data_before_meta"],
            },
            Difference {
                ours: "stays",
                why: LENIENT,
                names: &["client_meta_empty"],
            },
            Difference {
                ours: "close 1000 Invalid exchange routes",
                why: TABLE,
                names: &[
                    "client_meta_bad_json",
                    "client_meta_list_020",
                    "client_meta_bad_key_020",
                ],
            },
            Difference {
                ours: "stays",
                why: BOTH,
                names: &["client_meta_dialect01"],
            },
            Difference {
                ours: "close 3001 Malformed header",
                why: TYPE,
                names: &["client_type_unknown"],
            },
            Difference {
                ours: "close 1003 Convert failed",
                why: CONVERT,
                names: &["client_bad_int", "client_bad_utf8", "client_bad_json"],
            },
            Difference {
                ours: "stays",
                why: ABOVE,
                names: &["client_route_raises", "client_handler_close"],
            },
        ],
    );
}

#[test]
fn client_answers_what_highway_py_01_was_given() {
    check(
        records(V01, "to_client", "py"),
        (19, 9),
        |name| client(name, TABLE_01),
        &[
            Difference {
                ours: "stays",
                why: BELOW,
                names: &["client_http_request"],
            },
            Difference {
                ours: "close 3003 Invalid state",
                why: EARLY,
                names: &["client_data_before_meta"],
            },
            Difference {
                ours: "close 1000 Invalid exchange routes",
                why: TABLE,
                names: &[
                    "client_meta_no_routes",
                    "client_meta_list",
                    "client_meta_bad_json",
                ],
            },
            Difference {
                ours: "close 3001 Malformed header",
                why: SHORT,
                names: &["client_hdr_short", "client_hdr_empty"],
            },
            Difference {
                ours: "close 3002 Route does not exist",
                why: ROUTE,
                names: &["client_route_unknown"],
            },
            Difference {
                ours: "close 3001 Malformed header",
                why: TYPE,
                names: &["client_type_unknown"],
            },
            Difference {
                ours: "close 1003 Convert failed",
                why: CONVERT,
                names: &["client_bad_int", "client_bad_utf8"],
            },
            Difference {
                ours: "stays",
                why: ABOVE,
                names: &["client_route_raises", "client_handler_close"],
            },
        ],
    );
}

#[test]
fn client_answers_what_highway_js_was_given() {
    check(
        records(V02, "to_client", "js"),
        (37, 4),
        |name| client(name, TABLE_02),
        &[
            Difference {
                ours: "close 3001 Malformed header",
                why: SHORT,
                names: &[
                    "js_hdr_0_bytes",
                    "js_hdr_1_bytes",
                    "js_hdr_2_bytes",
                    "js_hdr_3_bytes",
                ],
            },
            Difference {
                ours: "close 3001 Malformed header",
                why: TYPE,
                names: &["js_type_9", "js_type_128"],
            },
            Difference {
                ours: "close 3002 Route does not exist",
                why: ROUTE,
                names: &["js_route_unknown"],
            },
            Difference {
                ours: "stays",
                why: IDS,
                names: &["js_own_route_id_256"],
            },
            Difference {
                ours: "stays",
                why: ABOVE,
                names: &["js_close_1011", "js_close_4000"],
            },
            Difference {
                ours: "close 1000 Invalid exchange routes",
                why: TABLE,
                names: &[
                    "js_meta_odd_str",
                    "js_meta_odd_int",
                    "js_meta_odd_null",
                    "js_meta_odd_list",
                    "js_meta_odd_bytes",
                    "js_meta_odd_bad_json",
                    "js_meta_odd_key_text",
                    "js_meta_odd_value_number",
                    "js_meta_odd_dialect01_as_dict",
                ],
            },
            Difference {
                ours: "stays",
                why: BOTH,
                names: &["js_meta_odd_dialect01"],
            },
            Difference {
                ours: "stays",
                why: BELOW,
                names: &["js_size_2mib"],
            },
        ],
    );
}

proptest! {
    #[test]
    fn no_messages_make_a_session_panic(
        is_server: bool,
        dialect_01: bool,
        messages in prop::collection::vec(
            prop_oneof![
                prop::collection::vec(any::<u8>(), 0..40),
                Just(TABLE_02.to_vec()),
                Just(TABLE_01.to_vec()),
                ("[\\x00-\\x09]\0[\\x00-\\x07]\0\\PC{0,20}").prop_map(String::into_bytes),
            ],
            0..20,
        ),
    ) {
        let mut session = session(is_server, dialect_01, 6);
        for message in messages {
            let known = session.peer().is_some();
            match session.receive(&message) {
                Ok(Event::Ready { answer, contract }) => {
                    prop_assert!(!known);
                    prop_assert_eq!(contract, None);
                    prop_assert_eq!(answer.is_some(), !is_server);
                }
                Ok(Event::Replaced { answer }) => {
                    prop_assert!(known);
                    prop_assert_eq!(answer.is_some(), !is_server);
                }
                Ok(Event::Message { route, dialect, data_type }) => {
                    prop_assert!(known && (1..=6).contains(&route.as_u16()));
                    // Whether it is a value or not, it is decided.
                    let _ = payload(dialect, data_type, &message);
                }
                Ok(Event::Part(_) | Event::Contract { .. }) => {
                    prop_assert!(false, "no side announces the extension");
                }
                Err(close) => prop_assert!(close.code().is_sendable()),
            }
        }
    }

    #[test]
    fn two_sessions_always_become_ready(
        server_names in prop::collection::btree_set("\\PC{1,12}", 0..20),
        client_names in prop::collection::btree_set("\\PC{1,12}", 0..20),
        dialect_01: bool,
    ) {
        let table = |names: &BTreeSet<String>| {
            Arc::new(LocalTable::new(names.iter().map(String::as_str)))
        };
        let config = SessionConfig { dialect_01, ..SessionConfig::default() };
        let mut server = Session::server(table(&server_names), config);
        let mut client = Session::client(table(&client_names), SessionConfig::default());
        // With dialect 0.1 as if the client had not understood the first table.
        let first = server.open();
        let hello = if dialect_01 { server.fall_back() } else { first };
        let Ok(Event::Ready { answer: Some(answer), .. }) = client.receive(&hello.unwrap()) else {
            panic!("the client is not ready")
        };
        let Ok(Event::Ready { answer: None, .. }) = server.receive(&answer) else {
            panic!("the server is not ready")
        };
        let told = |session: &Session| -> Vec<String> {
            let peer = session.peer().unwrap();
            peer.table.names().into_iter().map(ToOwned::to_owned).collect()
        };
        let without_meta = |names: &BTreeSet<String>| -> Vec<String> {
            names.iter().filter(|name| *name != "meta").cloned().collect()
        };
        prop_assert_eq!(told(&client), without_meta(&server_names));
        prop_assert_eq!(told(&server), without_meta(&client_names));
        prop_assert_eq!(server.fall_back(), None);
    }
}

/// Sessions of both sides, of which the first reads traceparents if it is to, with the tables and contracts exchanged.
fn extended(is_server: bool, reads: bool) -> Session {
    let config = SessionConfig {
        extension: true,
        ..SessionConfig::default()
    };
    let mut table = LocalTable::new(["route"]);
    if reads {
        table = table.reading_traceparents();
    }
    let new = if is_server {
        Session::server
    } else {
        Session::client
    };
    let mut session = new(Arc::new(table), config);
    let peer = b"\x05\0\0\0{\"0\":\"meta\",\"65535\":\"highway/1\"}";
    assert!(session.receive(peer).is_ok());
    assert!(session.receive(b"\x05\x0e\0\0\xa0").is_ok());
    session
}

/// A call or stream of route 1, with what stands where a traceparent may.
fn opening(code: u8, kind: Kind, traceparent: &[u8], value: &[u8]) -> Vec<u8> {
    let mut message = vec![code, kind.code(), 1, 0, 1, 0, 0, 0];
    if kind == Kind::Stream {
        message.extend([0, 0, 1, 0]);
    }
    message.extend(traceparent);
    message.extend(value);
    message
}

proptest! {
    #[test]
    fn traceparent_is_read_from_what_is_written_and_leaves_the_value_as_it_is(
        text in "[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}",
        is_server: bool,
        is_stream: bool,
        code in 0..=STREAM_CODE,
        value: Vec<u8>,
    ) {
        let kind = if is_stream { Kind::Stream } else { Kind::Call };
        // The version ff, and ids of zeros.
        let Some(traceparent) = Traceparent::parse(text.as_bytes()) else { return Ok(()) };
        prop_assert_eq!(traceparent.as_str(), &text);
        let mut field = Vec::new();
        traceparent.put(&mut field);
        let message = opening(code | TRACED, kind, &field, &value);
        let plain = opening(code, kind, &[], &value);
        let mut session = extended(is_server, true);
        let (with, without) = (session.receive(&message), session.receive(&plain));
        let (Ok(Event::Part(with)), Ok(Event::Part(without))) = (with, without) else {
            panic!("both open a conversation")
        };
        prop_assert_eq!(with.traceparent(&message), Some(traceparent));
        prop_assert_eq!(without.traceparent(&plain), None);
        prop_assert_eq!(&message[with.start..], &value);
        prop_assert_eq!(
            (with.kind, with.id, with.route, with.data_type, with.credit),
            (without.kind, without.id, without.route, without.data_type, without.credit)
        );
        let refused = extended(is_server, false).receive(&message);
        prop_assert_eq!(refused.unwrap_err(), Close::MALFORMED_HEADER);
    }

    #[test]
    fn anything_in_place_of_a_traceparent_is_one_or_none_or_refused(
        is_server: bool,
        is_stream: bool,
        code in 0..=STREAM_CODE,
        len: u8,
        rest in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let kind = if is_stream { Kind::Stream } else { Kind::Call };
        let field = [&[len][..], &rest].concat();
        let message = opening(code | TRACED, kind, &field, &[]);
        let received = extended(is_server, true).receive(&message);
        if (1..=Traceparent::MAX).contains(&len) && rest.len() >= usize::from(len) {
            let Ok(Event::Part(part)) = received else { panic!("{received:?}") };
            let (text, value) = rest.split_at(len.into());
            prop_assert_eq!(part.traceparent(&message), Traceparent::parse(text));
            prop_assert_eq!(&message[part.start..], value);
        } else {
            prop_assert_eq!(received.unwrap_err(), Close::MALFORMED_HEADER);
        }
    }
}

#[test]
fn no_other_kind_has_a_traceparent() {
    let mut field = Vec::new();
    Traceparent::parse(b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        .expect("it is one")
        .put(&mut field);
    for kind in Kind::ALL {
        for code in 0..=STREAM_CODE {
            let received =
                extended(true, true).receive(&opening(code | TRACED, kind, &field, b"1"));
            if kind.opens_route() {
                assert!(
                    matches!(received, Ok(Event::Part(_))),
                    "{kind:?}: {received:?}"
                );
            } else {
                assert_eq!(received.unwrap_err(), Close::MALFORMED_HEADER, "{kind:?}");
            }
        }
    }
}
