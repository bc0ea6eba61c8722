//! Rooms, connections by their ids, and everyone but some.

use highway::{
    CloseCode, Error, TargetError,
    connection::{ConnectionId, Named, Room},
    route,
    test::{self, Network, Peer, TestServer},
    wire::Close,
};
use highway_tests::paused;

use crate::support::{Probe, Seen};

#[highway::server(state = Probe)]
struct Server;

/// The id goes over the wire, so that the test can send it back.
#[highway::on(ready)]
async fn ready(server: &mut Server) -> highway::Result {
    server.send("heard", server.id()).await
}

#[route("join")]
async fn join(room: &str, server: &mut Server) -> highway::Result {
    server.join(room)?;
    server.send("heard", server.rooms()).await
}

#[route("leave")]
async fn leave(room: &str, server: &mut Server) -> highway::Result {
    let was = server.leave(room);
    server.send("heard", was).await
}

#[route("say to rooms")]
async fn say(rooms: Vec<String>, server: &mut Server) -> highway::Result {
    server.to(&rooms).send("heard", rooms.join(" and ")).await
}

#[route("tell one")]
async fn tell(to: ConnectionId, server: &mut Server) -> highway::Result {
    server.to(to).send("heard", "for you").await
}

#[route("tell others")]
async fn tell_others(but: Vec<ConnectionId>, server: &mut Server) -> highway::Result {
    server.others().except(&but).send("heard", "others").await
}

#[route("members")]
async fn members(room: String, server: &mut Server) -> highway::Result {
    let members = server.to(&room).members();
    assert_eq!(members.len(), server.to(Room(room)).count());
    server.send("heard", members).await
}

#[route("join many")]
async fn join_many((): (), server: &mut Server) -> highway::Result {
    for room in ["x", "y", "x"] {
        server.join(room)?;
    }
    let error = server.join("too many").unwrap_err();
    server.send("heard", error.to_string()).await
}

#[route("name")]
async fn name(name: &str, server: &mut Server) -> highway::Result {
    let error = server.set_name("x".repeat(1025)).unwrap_err();
    assert!(matches!(
        error,
        Error::Target(TargetError::NameTooLong { bytes: 1024 })
    ));
    if name.is_empty() {
        server.clear_name();
    } else {
        server.set_name(name)?;
    }
    server.send("heard", server.name()).await
}

#[highway::on(close)]
async fn closed(_: Close, server: &mut Server) {
    let rooms = server.rooms();
    let in_hall = server.to("hall").count();
    assert!(server.set_name("late").is_err() && server.name().is_none());
    let error = server.join("hall").unwrap_err();
    let state = server.state();
    state.saw(format!(
        "{rooms:?}, {in_hall} in the hall, {}, {error}",
        server.everyone().members().contains(&server.id())
    ));
}

/// A server, and what its connections tell when they close.
fn start() -> (TestServer<Server>, Seen) {
    let (probe, seen) = Probe::new();
    let server = Server::server()
        .state(probe)
        .limits(|limits| limits.rooms = 3);
    (test::server(server), seen)
}

/// A peer, and its id.
async fn connect(server: &TestServer<Server>) -> (Peer, ConnectionId) {
    connect_over(server, &Network::new()).await
}

async fn connect_over(server: &TestServer<Server>, network: &Network) -> (Peer, ConnectionId) {
    let mut peer = server.peer().serves(["heard"]).over(network).await;
    let id = peer.next("heard").await;
    (peer, id)
}

async fn enter(peer: &mut Peer, room: &str) {
    peer.send("join", room).await;
    let rooms: Vec<String> = peer.next("heard").await;
    assert!(rooms.iter().any(|joined| joined == room));
}

#[test]
fn message_to_several_rooms_comes_once_to_whoever_is_in_any() {
    paused(async {
        let (server, _seen) = start();
        let (mut ann, ann_id) = connect(&server).await;
        let (mut bob, bob_id) = connect(&server).await;
        let (mut eve, _) = connect(&server).await;
        ann.send("join", "red").await;
        ann.expect("heard", vec!["red"]).await;
        ann.send("join", "blue").await;
        ann.expect("heard", vec!["blue", "red"]).await;
        enter(&mut bob, "blue").await;

        eve.send("members", "red").await;
        eve.expect("heard", vec![ann_id]).await;
        eve.send("members", "blue").await;
        eve.expect("heard", vec![ann_id, bob_id]).await;
        eve.send("members", "green").await;
        eve.expect("heard", Vec::<ConnectionId>::new()).await;

        // Who is not in a room may send to it all the same.
        eve.send("say to rooms", ["red", "blue", "blue", "green"])
            .await;
        eve.send("say to rooms", ["blue"]).await;
        for peer in [&mut ann, &mut bob] {
            peer.expect("heard", "red and blue and blue and green")
                .await;
            peer.expect("heard", "blue").await;
        }
        bob.send("leave", "blue").await;
        bob.expect("heard", true).await;
        bob.send("leave", "blue").await;
        bob.expect("heard", false).await;
        eve.send("say to rooms", ["blue"]).await;
        ann.expect("heard", "blue").await;
        bob.expect_nothing().await;
        assert_eq!(server.handle().rooms(), ["blue", "red"]);
    });
}

#[test]
fn connection_is_reached_by_its_id_and_left_out_by_it() {
    paused(async {
        let (server, _seen) = start();
        let (mut ann, ann_id) = connect(&server).await;
        let (mut bob, bob_id) = connect(&server).await;
        let (mut eve, _) = connect(&server).await;
        ann.send("tell one", bob_id).await;
        bob.expect("heard", "for you").await;
        // There is no such connection, which is no error.
        ann.send("tell one", u64::MAX).await;
        ann.send("tell others", [bob_id]).await;
        eve.expect("heard", "others").await;
        bob.expect_nothing().await;
        ann.send("tell others", Vec::<ConnectionId>::new()).await;
        for peer in [&mut bob, &mut eve] {
            peer.expect("heard", "others").await;
        }
        ann.send("tell one", ann_id).await;
        ann.expect("heard", "for you").await;
    });
}

#[test]
fn rooms_are_within_reach_from_outside_of_any_connection() {
    paused(async {
        let (server, _seen) = start();
        let handle = server.handle();
        let (mut ann, a) = connect(&server).await;
        let (mut bob, b) = connect(&server).await;

        handle.join(a, "hall").unwrap();
        handle.join(b, String::from("hall")).unwrap();
        handle.join(b, "hall").unwrap();
        assert_eq!(handle.to("hall").members(), [a, b]);
        assert_eq!(handle.everyone().except("hall").count(), 0);
        handle.to("hall").except(a).send("heard", 1).await.unwrap();
        let but_b = handle.to([a, b]).except([b]);
        but_b.send("heard", 2).await.unwrap();
        handle.to(vec![a, a]).send("heard", 3).await.unwrap();
        bob.expect("heard", 1).await;
        bob.expect_nothing().await;
        ann.expect("heard", 2).await;
        ann.expect("heard", 3).await;
        ann.expect_nothing().await;
        assert!(handle.leave(a, "hall"));
        assert!(!handle.leave(a, "hall"));
        assert_eq!(handle.rooms(), ["hall"]);

        let nobody: ConnectionId = "0".parse().unwrap();
        let error = handle.join(nobody, "hall").unwrap_err();
        assert!(matches!(error, Error::Target(TargetError::NoSuchConnection(id)) if id == nobody));
        assert_eq!(error.to_string(), "the server has no connection 0");
        ann.send("leave", "hall").await;
        ann.expect("heard", false).await;
        bob.send("leave", "hall").await;
        bob.expect("heard", true).await;
        assert_eq!(handle.rooms(), [""; 0]);
    });
}

#[test]
fn connections_that_share_a_name_are_reached_by_it() {
    paused(async {
        let (server, mut seen) = start();
        let handle = server.handle();
        let (mut ann, _) = connect(&server).await;
        let (mut bob, _) = connect(&server).await;
        let (mut eve, _) = connect(&server).await;
        ann.send("name", "").await;
        ann.expect("heard", ()).await;
        for (peer, name) in [(&mut ann, "ada"), (&mut bob, "ada"), (&mut eve, "eve")] {
            peer.send("name", name).await;
            peer.expect("heard", name).await;
        }
        assert_eq!(handle.names(), ["ada", "eve"]);
        assert_eq!(handle.to(Named("ada")).count(), 2);
        // A name is no room.
        assert_eq!(handle.to("ada").count(), 0);
        let all = handle.to([Named("ada"), Named("eve")]);
        all.send("heard", "all").await.unwrap();
        for peer in [&mut ann, &mut bob, &mut eve] {
            peer.expect("heard", "all").await;
        }
        bob.send("name", "bob").await;
        bob.expect("heard", "bob").await;
        assert_eq!(handle.to(Named("ada")).count(), 1);
        bob.send("name", "").await;
        bob.expect("heard", ()).await;
        assert_eq!(handle.names(), ["ada", "eve"]);
        drop(ann);
        seen.next().await;
        assert_eq!(handle.names(), ["eve"]);
    });
}

#[test]
fn connection_is_in_no_more_rooms_than_it_may() {
    paused(async {
        let (server, _seen) = start();
        let (mut ann, _) = connect(&server).await;
        enter(&mut ann, "hall").await;
        ann.send("join many", ()).await;
        let error = "a connection may be in 3 rooms with names of 65536 bytes at most; raise the limits or leave rooms";
        ann.expect("heard", error).await;
        assert_eq!(server.handle().rooms(), ["hall", "x", "y"]);
    });
}

#[test]
fn connection_has_left_its_rooms_before_it_is_told_that_it_closed() {
    paused(async {
        let (server, mut seen) = start();
        let network = Network::new();
        let (mut ann, _) = connect_over(&server, &network).await;
        let (mut bob, _) = connect(&server).await;
        enter(&mut ann, "hall").await;
        enter(&mut bob, "hall").await;
        enter(&mut bob, "cellar").await;
        bob.close().await;
        assert_eq!(
            seen.next().await,
            "[], 1 in the hall, true, the connection is closed (1000)"
        );
        network.reset();
        assert_eq!(
            seen.next().await,
            "[], 0 in the hall, true, the connection is closed (1006 the connection was lost)"
        );
        ann.expect_closed(CloseCode::ABNORMAL).await;
        assert_eq!(server.handle().rooms(), [""; 0]);
    });
}

#[test]
fn connections_that_come_and_go_leave_no_rooms_and_names_behind() {
    const AT_ONCE: usize = 50;

    paused(async {
        let (server, mut seen) = start();
        let handle = server.handle();
        for round in 0..20 {
            let network = Network::new();
            let mut peers = Vec::new();
            for number in 0..AT_ONCE {
                // One in three of them over a network that will be cut.
                let (mut peer, _) = if number % 3 == 0 {
                    connect_over(&server, &network).await
                } else {
                    connect(&server).await
                };
                enter(&mut peer, "hall").await;
                peer.send("name", number.to_string()).await;
                peer.expect("heard", number.to_string()).await;
                enter(&mut peer, &format!("{round} {number}")).await;
                peers.push(peer);
            }
            assert_eq!(handle.to("hall").count(), AT_ONCE);
            assert_eq!(handle.rooms().len(), AT_ONCE + 1);
            network.cut();
            for (number, mut peer) in peers.into_iter().enumerate() {
                if number % 3 == 1 {
                    peer.close().await;
                }
            }
            for _ in 0..AT_ONCE {
                seen.next().await;
            }
            assert_eq!(handle.rooms(), [""; 0]);
            assert_eq!(handle.names(), [""; 0]);
        }
    });
}
