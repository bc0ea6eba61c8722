//! A message's header for sessions on each side, in each dialect, before and after the exchange of routes: which header gets
//! through and with what every other closes.

use std::sync::Arc;

use highway::{
    handshake::LocalTable,
    session::{Event, Session, SessionConfig},
    wire::{Close, Dialect, Header, RouteId},
};

const DIALECTS: [Dialect; 2] = [Dialect::V02, Dialect::V01];

/// Feeds it.
pub fn run(data: &[u8]) {
    let header = Header::split(data).map(|(header, payload)| {
        assert_eq!([&header.to_bytes(), payload].concat(), data);
        header
    });
    assert_eq!(header.is_some(), data.len() >= Header::LEN);
    for server in [true, false] {
        for dialect_01 in [true, false] {
            // A client speaks whatever its server does.
            let spoken = if server && !dialect_01 {
                &DIALECTS[..1]
            } else {
                &DIALECTS
            };
            let new = || session(server, dialect_01);
            check(new, spoken, false, header, data);
            for dialect in spoken {
                let ready = || {
                    let mut session = new();
                    let table = LocalTable::new(["peer's"]).message(*dialect, RouteId::META);
                    assert!(matches!(session.receive(&table), Ok(Event::Ready { .. })));
                    session
                };
                check(ready, &[*dialect], true, header, data);
            }
        }
    }
}

fn local() -> LocalTable {
    LocalTable::new(["echo", "other"])
}

fn session(server: bool, dialect_01: bool) -> Session {
    let config = SessionConfig {
        dialect_01,
        ..SessionConfig::default()
    };
    if server {
        Session::server(Arc::new(local()), config)
    } else {
        Session::client(Arc::new(local()), config)
    }
}

/// In the order of the checks: the header, its type, the state, the route.
fn check(
    new: impl Fn() -> Session,
    spoken: &[Dialect],
    exchanged: bool,
    header: Option<Header>,
    data: &[u8],
) {
    let received = new().receive(data);
    let Some(header) = header else {
        assert_eq!(received.unwrap_err(), Close::MALFORMED_HEADER);
        return;
    };
    let mut other_kind = data.to_vec();
    other_kind[1] = !other_kind[1];
    assert_eq!(
        format!("{:?}", new().receive(&other_kind)),
        format!("{received:?}"),
        "the second byte means nothing"
    );
    let known = spoken
        .iter()
        .find_map(|dialect| Some((*dialect, dialect.data_type(header.code)?)));
    match (known, received) {
        (None, received) => assert_eq!(received.unwrap_err(), Close::MALFORMED_HEADER),
        (Some(_), Ok(Event::Ready { .. })) => assert!(header.route == RouteId::META && !exchanged),
        (_, Ok(Event::Part(_) | Event::Contract { .. })) => {
            panic!("nobody announced the extension")
        }
        (Some(_), Ok(Event::Replaced { .. })) => {
            assert!(header.route == RouteId::META && exchanged);
        }
        (Some(_), Err(close)) if header.route == RouteId::META => {
            assert_eq!(close, Close::INVALID_ROUTES);
        }
        (Some(_), received) if !exchanged => {
            assert_eq!(received.unwrap_err(), Close::INVALID_STATE);
        }
        (Some(_), Err(close)) => {
            assert_eq!(close, Close::NO_SUCH_ROUTE);
            assert!(!local().contains(header.route));
        }
        (
            Some(known),
            Ok(Event::Message {
                route,
                dialect,
                data_type,
            }),
        ) => {
            assert_eq!((dialect, data_type), known);
            assert_eq!(route, header.route);
            assert!(local().contains(route));
        }
    }
}
