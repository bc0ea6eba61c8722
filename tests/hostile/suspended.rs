//! Processes that are stopped while their deadlines pass, as on a laptop that sleeps: what came meanwhile counts.
#![cfg(unix)]

use std::{thread, time::Duration};

use highway_tests::websocket::TABLE;

use crate::{
    peer::Peer,
    process::{Process, Server, within_deadline},
};

/// Longer than any limit of the processes, and than the time of their calls.
const AWAY: Duration = Duration::from_secs(4);

#[test]
fn replies_that_came_while_the_caller_was_stopped_count() {
    within_deadline(|| {
        let server = Server::start(&[]);
        let mut caller = Process::start(&["caller", &format!("ws://{}", server.address)]);
        assert_eq!(caller.line(), "ready");
        // Its calls are on their way by then, and not answered.
        thread::sleep(Duration::from_millis(600));
        caller.signal("STOP");
        thread::sleep(AWAY);
        caller.signal("CONT");
        assert_eq!(caller.line(), "0 without a reply");
    });
}

#[test]
fn table_that_came_while_the_server_was_stopped_is_in_time() {
    within_deadline(|| {
        let server = Server::start(&[]);
        let mut peers: Vec<_> = (0..20).map(|_| Peer::told(server.address)).collect();
        server.process.signal("STOP");
        for peer in &mut peers {
            peer.message(TABLE);
        }
        thread::sleep(AWAY);
        server.process.signal("CONT");
        peers.iter_mut().for_each(Peer::echoes);
    });
}
