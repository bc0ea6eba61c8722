//! A session without I/O, fed with messages.
//!
//! The first byte's lowest bit says the side (0 the server), the next whether dialect 0.1 is spoken, the third whether the
//! extension is announced. Then come messages, each behind its length in two bytes, little-endian; the last takes what is left.

use std::sync::Arc;

use highway::{
    handshake::LocalTable,
    session::{Event, Session, SessionConfig},
    wire::Dialect,
};

/// Feeds it.
pub fn run(data: &[u8]) {
    let Some((&first, mut rest)) = data.split_first() else {
        return;
    };
    let local = Arc::new(LocalTable::new(["echo", "other", "third"]));
    let mut config = SessionConfig {
        dialect_01: first & 2 != 0,
        extension: first & 4 != 0,
        ..SessionConfig::default()
    };
    config.table.routes = 16;
    let is_client = first & 1 != 0;
    let mut session = if is_client {
        Session::client(Arc::clone(&local), config)
    } else {
        Session::server(Arc::clone(&local), config)
    };
    assert_eq!(session.open().is_none(), is_client);
    let mut extended = None;
    let mut told = false;
    while let Some((&[low, high], behind)) = rest.split_first_chunk() {
        let (message, behind) = behind
            .split_at_checked(u16::from_le_bytes([low, high]).into())
            .unwrap_or((behind, &[]));
        rest = behind;
        let known = session.peer().is_some();
        match session.receive(message) {
            Ok(Event::Ready { answer, contract }) => {
                assert!(!known);
                assert!(contract.is_none() || is_client && config.extension);
                assert_eq!(answer.is_some(), is_client);
            }
            Ok(Event::Replaced { answer }) => {
                assert!(known);
                assert_eq!(answer.is_some(), is_client);
            }
            Ok(Event::Contract { answer }) => {
                assert_eq!(extended, Some(true));
                assert!(!told);
                assert_eq!(answer.is_none(), is_client);
                told = true;
            }
            Ok(Event::Part(part)) => {
                assert!(told);
                assert_eq!(extended, Some(true));
                assert_eq!(part.kind.code(), message[1]);
                assert!(part.start <= message.len());
                assert!(!part.kind.opens_route() || local.contains(part.route));
            }
            Ok(Event::Message { route, .. }) => {
                assert!(known && local.contains(route));
                assert!(extended == Some(false) || message[1] == 0 && told);
            }
            // The connection closes.
            Err(close) => {
                assert!(close.code().is_sendable());
                return;
            }
        }
        let now = session.peer().map(|peer| peer.dialect == Dialect::Extended);
        assert!(now == Some(false) || config.extension);
        // The first table decides.
        assert!(now.is_some() && (extended.is_none() || now == extended));
        extended = now;
        assert!(session.fall_back().is_none());
    }
}
