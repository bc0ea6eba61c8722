//! The messages and payloads that the chapter on the wire shows in hex, against what highway writes and reads.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use bytes::Bytes;
use highway::{
    contract::Contract,
    handshake::LocalTable,
    payload,
    route::{DeclaredRoute, Undeclared},
    session::{Event, Session, SessionConfig},
    value::Value,
    wire::{
        DataType, Dialect, Header, Kind, NO_VALUE_CODE, Part, RouteId, STREAM_CODE, TRACED,
        Traceparent,
    },
};
use serde::{Deserialize, Serialize};

use crate::hex;

/// What the chapter shows of it.
const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

const CHAPTER: &str = include_str!("../../src/docs/wire.md");

/// The rows of all tables under the heads that begin with a column of this name.
fn rows(column: &str) -> VecDeque<(Vec<u8>, Vec<&'static str>)> {
    let mut inside = false;
    let mut rows = VecDeque::new();
    for line in CHAPTER.lines() {
        let Some(row) = line
            .strip_prefix("| ")
            .and_then(|row| row.strip_suffix('|'))
        else {
            inside = false;
            continue;
        };
        let mut cells = row.split(" | ").map(str::trim);
        let first = cells.next().unwrap_or_default();
        if first == column {
            inside = true;
        } else if inside && !first.starts_with("---") {
            let hex = first.trim_matches('`').trim_start_matches("(empty)");
            rows.push_back((hex::bytes(hex), cells.collect()));
        }
    }
    rows
}

enum Content {
    Of(Value),
    Stream,
    None,
}

#[track_caller]
fn check(
    (written, _): (Vec<u8>, Vec<&str>),
    (kind, route, id): (Kind, u16, u32),
    credit: Option<u32>,
    content: &Content,
) {
    let mut value = Vec::new();
    let code = match content {
        Content::Of(content) => payload::encode(Dialect::Extended, content, &mut value)
            .unwrap_or_else(|error| panic!("{error}")),
        Content::Stream => STREAM_CODE,
        Content::None => NO_VALUE_CODE,
    };
    let header = Header {
        code,
        kind: kind.code(),
        route: RouteId::from(route),
    };
    let mut message = header.to_bytes().to_vec();
    message.extend(id.to_le_bytes());
    message.extend(credit.into_iter().flat_map(u32::to_le_bytes));
    message.extend(value);
    assert_eq!(message, written);

    let (header, payload) = Header::split(&written).expect("it has a header");
    let part = Part::parse(header, payload).expect("it is well-formed");
    assert_eq!((part.kind, part.route, part.id), (kind, header.route, id));
    assert_eq!(part.credit, credit.unwrap_or(0));
    let rest = Bytes::copy_from_slice(&written[part.start..]);
    if let Content::Of(content) = content {
        let data_type = part.data_type.expect("it has a value");
        let read = payload::decode_value(Dialect::Extended, data_type, &rest);
        assert_eq!(&read.expect("it can be read"), content);
    } else {
        assert!(rest.is_empty());
    }
}

#[test]
fn first_messages_are_those_of_the_chapter() {
    let config = SessionConfig {
        extension: true,
        ..SessionConfig::default()
    };
    let mut server = Session::server(Arc::new(LocalTable::new(["echo"])), config);
    let mut client = Session::client(Arc::new(LocalTable::new([])), config);
    let mut rows = rows("first messages, in hex");
    let mut next = || rows.pop_front().expect("there is one more").0;

    let hello = next();
    assert_eq!(server.open().as_ref(), Some(&hello));
    let ready = client.receive(&hello);
    let Ok(Event::Ready {
        answer: Some(answer),
        contract: Some(contract),
    }) = ready
    else {
        panic!("{ready:?}");
    };
    assert_eq!(answer, next());
    assert_eq!(contract, next());
    let ready = server.receive(&answer);
    assert!(
        matches!(
            ready,
            Ok(Event::Ready {
                answer: None,
                contract: None
            })
        ),
        "{ready:?}"
    );
    let told = server.receive(&contract);
    let Ok(Event::Contract {
        answer: Some(contract),
    }) = told
    else {
        panic!("{told:?}");
    };
    assert_eq!(contract, next());
    let told = client.receive(&contract);
    assert!(
        matches!(told, Ok(Event::Contract { answer: None })),
        "{told:?}"
    );
    for session in [&server, &client] {
        let dialect = session.peer().map(|peer| peer.dialect);
        assert_eq!(dialect, Some(Dialect::Extended));
    }

    let message = next();
    let came = server.receive(&message);
    let Ok(Event::Message {
        route,
        dialect,
        data_type,
    }) = came
    else {
        panic!("{came:?}");
    };
    assert_eq!((route, data_type), (RouteId::from(1), DataType::Str));
    let text: String =
        payload::decode(dialect, data_type, &message[Header::LEN..]).expect("a text");
    assert_eq!(text, "hi");
    assert!(rows.is_empty());
}

#[test]
fn messages_of_conversations_are_those_of_the_chapter() {
    use Kind::{Call, Cancel, Credit, End, Failure, Item, LastPiece, Pipe, Piped, Reply};

    let mut rows = rows("in hex");
    let mut check = |message, credit, content| {
        check(
            rows.pop_front().expect("there is one more"),
            message,
            credit,
            &content,
        );
    };
    let of = |value: Value| Content::Of(value);
    let window = Some(262_144);

    check((Call, 1, 1), None, of((1, 2).into()));
    check((Reply, 0, 1), None, of(3.into()));
    check((Call, 2, 3), None, of("lobby".into()));
    check((Cancel, 0, 3), None, Content::None);

    check((Kind::Stream, 1, 1), window, of(5.into()));
    check((Item, 0, 1), None, of(0.into()));
    check((End, 0, 1), None, Content::None);
    check((Call, 2, 3), None, Content::Stream);
    check((Credit, 0, 3), window, Content::None);
    check((Item, 0, 3), None, of("a".into()));
    check((End, 0, 3), None, Content::None);
    check((Reply, 0, 3), None, of(1.into()));

    let failure = [("error", "refused"), ("message", "no such room")];
    let failure = failure.into_iter().collect::<highway::value::Dict>();
    check((Failure, 0, 3), None, of(failure.into()));

    let routes = || {
        let routes = LocalTable::new([]).message(Dialect::V02, RouteId::META);
        of(Value::Bytes(routes.into()))
    };
    check((Pipe, 0, 1), window, of(42.into()));
    check((Pipe, 0, 2), window, of("ada".into()));
    check((Piped, 0, 2), window, Content::None);
    check((Piped, 0, 1), window, Content::None);
    check((LastPiece, 0, 2), None, routes());
    check((LastPiece, 0, 1), None, routes());
    check((Credit, 0, 1), Some(131_072), Content::None);

    let mut next = || {
        let (written, _) = rows.pop_front().expect("there is one more");
        let (header, payload) = Header::split(&written).expect("it has a header");
        let part = Part::parse(header, payload).expect("it is well-formed");
        (part, written[part.start..].to_vec())
    };
    let (hang_up, rest) = next();
    assert_eq!((hang_up.kind, hang_up.id), (Kind::HangUp, 1));
    assert_eq!(rest, [&1000_u16.to_le_bytes(), &b"bye"[..]].concat());
    let (missed, rest) = next();
    assert_eq!((missed.kind, missed.id), (Kind::Missed, 0));
    assert_eq!(rest, 3_u64.to_le_bytes());
    // Contracts have no id.
    assert_eq!(rows.len(), 2);
}

#[highway::protocol]
mod adding {
    pub async fn add(of: (i32, f64)) -> i32;
}

/// Something that is said.
#[derive(Serialize, Deserialize)]
#[expect(
    unreachable_pub,
    reason = "the protocol's route is as public as its type has to be"
)]
pub struct Line {
    text: String,
}

#[highway::protocol]
mod saying {
    pub async fn say(line: super::Line);
}

#[test]
fn contracts_are_those_of_the_chapter() {
    type Of<R> = <R as DeclaredRoute>::Protocol;

    let mut rows = rows("in hex").into_iter().rev();
    let mut check = |contract: &Contract| {
        let local = LocalTable::new([]).with_contract(contract.payload().to_vec());
        assert_eq!(local.contract(), rows.next().expect("there is one more").0);
    };
    check(&Contract::new::<Undeclared, Of<saying::say>>([]));
    check(&Contract::new::<Of<adding::add>, Undeclared>(["add"]));
}

#[test]
fn values_are_written_and_read_as_the_chapter_shows_them() {
    let rows = rows("payload in hex");
    assert!(!rows.is_empty());
    for (written, cells) in rows {
        let [code, shown] = cells[..] else {
            panic!("{cells:?} are not two");
        };
        let code: u8 = code.parse().expect("a type code");
        let shown = shown.trim_matches('`');
        let data_type = Dialect::Extended.data_type(code).expect("a known type");
        let payload = Bytes::from(written);
        let value = payload::decode_value(Dialect::Extended, data_type, &payload)
            .unwrap_or_else(|error| panic!("{shown}: {error}"));
        assert_eq!(format!("{value:?}"), shown);
        let mut again = Vec::new();
        let encoded = payload::encode(Dialect::Extended, &value, &mut again);
        assert_eq!(encoded.expect("it can be written"), code, "{shown}");
        assert_eq!(again, payload, "{shown}");
    }
}

/// The codes of both dialects that others speak, and that the extension has the payloads of 0.2 by themselves.
#[test]
fn values_are_in_each_dialect_as_the_chapter_shows_them() {
    let alone = rows("by itself, in hex");
    let json = rows("in JSON, in hex");
    let types: BTreeSet<_> = alone.iter().map(|(_, cells)| cells[0]).collect();
    assert_eq!(types, BTreeSet::from(["0", "1", "2", "3", "7", "8"]));
    assert!(!json.is_empty());
    let alone = alone.into_iter().map(|row| (row, &Dialect::ALL[..]));
    let json = json
        .into_iter()
        .map(|row| (row, &[Dialect::V01, Dialect::V02][..]));
    for ((written, cells), dialects) in alone.chain(json) {
        let [in_02, in_01, shown] = cells[..] else {
            panic!("{cells:?} are not three");
        };
        let shown = shown.trim_matches('`');
        for &dialect in dialects {
            let code = if dialect == Dialect::V01 {
                in_01
            } else {
                in_02
            };
            let code: u8 = code.parse().expect("a type code");
            let data_type = dialect.data_type(code).expect("a known type");
            let payload = Bytes::copy_from_slice(&written);
            let value = payload::decode_value(dialect, data_type, &payload)
                .unwrap_or_else(|error| panic!("{shown}: {error}"));
            assert_eq!(format!("{value:?}"), shown);
            let mut again = Vec::new();
            let encoded = payload::encode(dialect, &value, &mut again);
            assert_eq!(encoded.expect("it can be written"), code, "{shown}");
            assert_eq!(again, written, "{shown}");
        }
    }
}

/// What the chapter says of the other spellings that are read, and of those that are refused.
#[test]
fn spellings_are_read_or_refused_as_the_chapter_says() {
    for dialect in Dialect::ALL {
        for (data_type, text, value) in [
            (DataType::Int, " +0_07 ", Some(Value::from(7))),
            (
                DataType::Int,
                "1e+21",
                Some(Value::Int("1000000000000000000000".parse().unwrap())),
            ),
            (DataType::Float, "7", Some(Value::from(7.0))),
            (DataType::Float, "inf", Some(Value::from(f64::INFINITY))),
            (DataType::Float, "1e400", None),
            (DataType::Bool, "-2", Some(Value::from(true))),
            (DataType::None, "x", Some(Value::None)),
        ] {
            let read = payload::decode::<Value>(dialect, data_type, text.as_bytes());
            assert_eq!(read.ok(), value, "{text}");
        }
    }
    for (text, in_01, in_02) in [
        ("[Infinity]", Some(Value::from(f64::INFINITY)), None),
        ("[1e400]", None, None),
        (
            "[100000000000000000000]",
            Some(Value::Int("100000000000000000000".parse().unwrap())),
            Some(Value::from(1e20)),
        ),
        (
            r#"["\ud83d"]"#,
            Some("\u{fffd}".into()),
            Some("\u{fffd}".into()),
        ),
    ] {
        for (dialect, value) in [(Dialect::V01, in_01), (Dialect::V02, in_02)] {
            let read = payload::decode::<[Value; 1]>(dialect, DataType::List, text.as_bytes());
            assert_eq!(read.ok(), value.map(|value| [value]), "{text}");
        }
    }
}

#[test]
fn calls_and_streams_have_a_traceparent_as_the_chapter_shows_it() {
    let mut rows = rows("with a traceparent, in hex");
    let mut next = || rows.pop_front().expect("there is one more").0;
    let contract = Contract::new::<Undeclared, Undeclared>([]);
    let local = LocalTable::new([]).with_contract(contract.payload_with_traceparent().to_vec());
    assert_eq!(local.contract(), next());

    let traceparent = Traceparent::parse(TRACEPARENT.as_bytes()).expect("it is well-formed");
    for (kind, route, id, credit, content) in [
        (Kind::Call, 1, 1, None, Some(Value::from((1, 2)))),
        (Kind::Stream, 1, 3, Some(262_144_u32), Some(5.into())),
        (Kind::Call, 2, 5, None, None),
    ] {
        let written = next();
        let mut value = Vec::new();
        let code = content.as_ref().map_or(STREAM_CODE, |content| {
            payload::encode(Dialect::Extended, content, &mut value).expect("it can be written")
        });
        let header = Header {
            code: code | TRACED,
            kind: kind.code(),
            route: RouteId::from(route),
        };
        let mut message = header.to_bytes().to_vec();
        message.extend(u32::to_le_bytes(id));
        message.extend(credit.into_iter().flat_map(u32::to_le_bytes));
        traceparent.put(&mut message);
        message.extend(&value);
        assert_eq!(message, written);

        let (header, rest) = Header::split(&written).expect("it has a header");
        let part = Part::parse(header, rest).expect("it is well-formed");
        assert_eq!((part.kind, part.route, part.id), (kind, header.route, id));
        assert_eq!(part.credit, credit.unwrap_or(0));
        assert_eq!(part.traceparent(&written), Some(traceparent));
        assert_eq!(part.data_type, Dialect::Extended.data_type(code));
        assert_eq!(written[part.start..], value);
    }
    assert!(rows.is_empty());
}

/// The contract of a side that reads traceparents says the rest as the other does.
#[test]
fn contract_with_traceparent_has_one_key_more() {
    type Of<R> = <R as DeclaredRoute>::Protocol;

    let contract = Contract::new::<Of<adding::add>, Of<saying::say>>(["add"]);
    let read = |payload: &[u8]| -> highway::value::Dict {
        payload::decode(Dialect::Extended, DataType::Dict, payload).expect("it is a dict")
    };
    let mut expected = read(contract.payload());
    assert_eq!(expected.len(), 2);
    expected.insert("traceparent", true);
    assert_eq!(read(contract.payload_with_traceparent()), expected);
}
