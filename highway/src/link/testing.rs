//! What the tests of the modules beside this one share: connections without a task.

use std::sync::Arc;

use bytes::Bytes;

use super::{Link, far::Far};
use crate::{
    limits::Limits,
    proto::{Role, conversation::Received, handshake::PeerTable, session::Peer},
    wire::{ConnectionId, Dialect, Header, Part},
};

/// The limit of the outbox.
pub(super) const OUTBOX: usize = 100;

/// A connection to a peer with the extension, which has told no routes.
pub(super) fn extended(role: Role) -> Arc<Link> {
    let limits = Limits {
        outbox_bytes: OUTBOX,
        ..Limits::default()
    };
    let id = ConnectionId::next();
    let link = Link::new(id, None, role, Arc::new(limits), Arc::default());
    link.set_peer(Peer {
        dialect: Dialect::Extended,
        table: Arc::new(PeerTable::default()),
    });
    Arc::new(link)
}

/// Takes a message of the peer, which it may send.
pub(super) fn receive(link: &Link, message: &'static [u8]) -> (Part, Bytes, Received<Far>) {
    let (header, payload) = Header::split(message).expect("it has a header");
    let part = Part::parse(header, payload).expect("nothing is wrong with it");
    let message = Bytes::from_static(message);
    let received = link.receive(part, &message).expect("it has the extension");
    (part, message, received.expect("it may come"))
}

/// Fills the outbox.
pub(super) fn fill(link: &Link) {
    link.push_message(&[0; OUTBOX]);
}

/// Everything that was ever put into the outbox, in bytes.
pub(super) fn sent(link: &Link) -> u64 {
    link.lock("look what was sent").outbox.end()
}

/// Writes all that waits.
pub(super) fn write_all(link: &Link) {
    let unwritten = link.lock("look what waits").outbox.unwritten();
    link.wrote(unwritten);
}
