//! Rooms, connections by their ids, and everyone but some.

use highway::{
    Error,
    connection::{ConnectionId, Named},
    route,
    server::ServerHandle,
    wire::Close,
};
use highway_tests::within_deadline;
use tokio::task::JoinHandle;

use crate::support::{Probe, RawPeer};

#[highway::server(state = Probe)]
struct Server;

/// The id goes over the wire, so that the test can send it back.
#[highway::on(ready)]
async fn ready(server: &mut Server) -> highway::Result {
    server.send("heard", server.id()).await
}

#[route("a: join")]
async fn join(room: &str, server: &mut Server) -> highway::Result {
    server.join(room)?;
    server.send("heard", server.rooms()).await
}

#[route("b: leave")]
async fn leave(room: &str, server: &mut Server) -> highway::Result {
    let was = server.leave(room);
    server.send("heard", was.to_string()).await
}

#[route("c: say to rooms")]
async fn say(rooms: Vec<String>, server: &mut Server) -> highway::Result {
    server.to(&rooms).send("heard", rooms.join(" and ")).await
}

#[route("d: tell one")]
async fn tell(to: ConnectionId, server: &mut Server) -> highway::Result {
    server.to(to).send("heard", "for you").await
}

#[route("e: tell others")]
async fn tell_others(but: Vec<ConnectionId>, server: &mut Server) -> highway::Result {
    server.others().except(&but).send("heard", "others").await
}

#[route("f: members")]
async fn members(room: String, server: &mut Server) -> highway::Result {
    let members = server.to(&room).members();
    assert_eq!(members.len(), server.to(room).count());
    server.send("heard", members).await
}

#[route("g: join many")]
async fn join_many((): (), server: &mut Server) -> highway::Result {
    for room in ["x", "y", "x"] {
        server.join(room)?;
    }
    let error = server.join("too many").unwrap_err();
    server.send("heard", error.to_string()).await
}

#[route("h: name")]
async fn name(name: &str, server: &mut Server) -> highway::Result {
    let error = server.set_name("x".repeat(1025)).unwrap_err();
    assert!(matches!(error, Error::NameTooLong { bytes: 1024 }));
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

const JOIN: u8 = 1;
const LEAVE: u8 = 2;
const SAY: u8 = 3;
const TELL: u8 = 4;
const TELL_OTHERS: u8 = 5;
const MEMBERS: u8 = 6;
const JOIN_MANY: u8 = 7;
const NAME: u8 = 8;

const STR: u8 = 0;
const INT: u8 = 1;
const LIST: u8 = 4;
const NONE: u8 = 8;

struct Peer {
    raw: RawPeer,
    id: String,
}

impl Peer {
    async fn connect(server: &Rooms) -> Self {
        let table = b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"heard\"}";
        let mut raw = RawPeer::ready_with(server.handle.local_addr(), table).await;
        let id = payload(&raw.next_message().await);
        Self { raw, id }
    }

    async fn sends(&mut self, route: u8, code: u8, data: &str) {
        let message = [&[code, 0, route, 0], data.as_bytes()].concat();
        self.raw.message(&message).await;
    }

    async fn hears(&mut self) -> String {
        payload(&self.raw.next_message().await)
    }

    async fn asks(&mut self, route: u8, code: u8, data: &str) -> String {
        self.sends(route, code, data).await;
        self.hears().await
    }

    async fn joins(&mut self, room: &str) {
        self.asks(JOIN, STR, room).await;
    }
}

fn payload(message: &[u8]) -> String {
    let payload = message.get(4..).expect("a message has a header");
    String::from_utf8(payload.to_vec()).expect("what the server says is text")
}

struct Rooms {
    handle: ServerHandle<Server>,
    running: JoinHandle<highway::Result>,
}

impl Rooms {
    async fn start(probe: Probe) -> Self {
        let server = Server::server()
            .state(probe)
            .limits(|limits| limits.rooms = 3)
            .bind("127.0.0.1:0")
            .await
            .unwrap();
        Self {
            handle: server.handle(),
            running: tokio::spawn(server.run()),
        }
    }
}

impl Drop for Rooms {
    fn drop(&mut self) {
        self.running.abort();
    }
}

#[test]
fn message_to_several_rooms_comes_once_to_whoever_is_in_any() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let server = Rooms::start(probe).await;
        let mut ann = Peer::connect(&server).await;
        let mut bob = Peer::connect(&server).await;
        let mut eve = Peer::connect(&server).await;
        assert_eq!(ann.asks(JOIN, STR, "red").await, "[\"red\"]");
        assert_eq!(ann.asks(JOIN, STR, "blue").await, "[\"blue\",\"red\"]");
        bob.joins("blue").await;

        assert_eq!(eve.asks(MEMBERS, STR, "red").await, format!("[{}]", ann.id));
        let both = format!("[{},{}]", ann.id, bob.id);
        assert_eq!(eve.asks(MEMBERS, STR, "blue").await, both);
        assert_eq!(eve.asks(MEMBERS, STR, "green").await, "[]");

        // Who is not in a room may send to it all the same.
        eve.sends(SAY, LIST, "[\"red\",\"blue\",\"blue\",\"green\"]")
            .await;
        eve.sends(SAY, LIST, "[\"blue\"]").await;
        for peer in [&mut ann, &mut bob] {
            assert_eq!(peer.hears().await, "red and blue and blue and green");
            assert_eq!(peer.hears().await, "blue");
        }
        assert_eq!(bob.asks(LEAVE, STR, "blue").await, "true");
        assert_eq!(bob.asks(LEAVE, STR, "blue").await, "false");
        eve.sends(SAY, LIST, "[\"blue\"]").await;
        assert_eq!(ann.hears().await, "blue");
        // What was not for `bob` has not come to him.
        assert_eq!(bob.asks(LEAVE, STR, "red").await, "false");
        assert_eq!(server.handle.rooms(), ["blue", "red"]);
    });
}

#[test]
fn connection_is_reached_by_its_id_and_left_out_by_it() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let server = Rooms::start(probe).await;
        let mut ann = Peer::connect(&server).await;
        let mut bob = Peer::connect(&server).await;
        let mut eve = Peer::connect(&server).await;
        let bob_id = bob.id.clone();
        ann.sends(TELL, INT, &bob_id).await;
        assert_eq!(bob.hears().await, "for you");
        // There is no such connection, which is no error.
        ann.sends(TELL, INT, &u64::MAX.to_string()).await;
        ann.sends(TELL_OTHERS, LIST, &format!("[{bob_id}]")).await;
        assert_eq!(eve.hears().await, "others");
        ann.sends(TELL_OTHERS, LIST, "[]").await;
        assert_eq!(eve.hears().await, "others");
        assert_eq!(bob.hears().await, "others");
        let ann_id = ann.id.clone();
        assert_eq!(ann.asks(TELL, INT, &ann_id).await, "for you");
    });
}

#[test]
fn rooms_are_within_reach_from_outside_of_any_connection() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let server = Rooms::start(probe).await;
        let handle = &server.handle;
        let mut ann = Peer::connect(&server).await;
        let mut bob = Peer::connect(&server).await;
        let [a, b] = [&ann, &bob].map(|peer| peer.id.parse::<ConnectionId>().unwrap());
        assert_eq!(a.to_string(), ann.id);

        handle.join(a, "hall").unwrap();
        handle.join(b, String::from("hall")).unwrap();
        handle.join(b, "hall").unwrap();
        assert_eq!(handle.to("hall").members(), [a, b]);
        assert_eq!(handle.everyone().except("hall").count(), 0);
        handle.to("hall").except(a).send("heard", 1).await.unwrap();
        handle
            .to([a, b])
            .except([b])
            .send("heard", 2)
            .await
            .unwrap();
        handle.to(vec![a, a]).send("heard", 3).await.unwrap();
        assert_eq!(bob.hears().await, "1");
        assert_eq!(ann.hears().await, "2");
        assert_eq!(ann.hears().await, "3");
        assert!(handle.leave(a, "hall"));
        assert!(!handle.leave(a, "hall"));
        assert_eq!(handle.rooms(), ["hall"]);

        let nobody: ConnectionId = "0".parse().unwrap();
        let error = handle.join(nobody, "hall").unwrap_err();
        assert!(matches!(error, Error::NoSuchConnection(id) if id == nobody));
        assert_eq!(error.to_string(), "the server has no connection 0");
        // Nobody has heard anything else.
        assert_eq!(ann.asks(LEAVE, STR, "hall").await, "false");
        assert_eq!(bob.asks(LEAVE, STR, "hall").await, "true");
        assert_eq!(handle.rooms(), [""; 0]);
    });
}

#[test]
fn connections_that_share_a_name_are_reached_by_it() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = Rooms::start(probe).await;
        let handle = &server.handle;
        let mut ann = Peer::connect(&server).await;
        let mut bob = Peer::connect(&server).await;
        let mut eve = Peer::connect(&server).await;
        assert_eq!(ann.asks(NAME, STR, "").await, "");
        for peer in [&mut ann, &mut bob] {
            assert_eq!(peer.asks(NAME, STR, "ada").await, "ada");
        }
        eve.asks(NAME, STR, "eve").await;
        assert_eq!(handle.names(), ["ada", "eve"]);
        assert_eq!(handle.to(Named("ada")).count(), 2);
        // A name is no room.
        assert_eq!(handle.to("ada").count(), 0);
        let all = handle.to([Named("ada"), Named("eve")]);
        all.send("heard", "all").await.unwrap();
        for peer in [&mut ann, &mut bob, &mut eve] {
            assert_eq!(peer.hears().await, "all");
        }
        assert_eq!(bob.asks(NAME, STR, "bob").await, "bob");
        assert_eq!(handle.to(Named("ada")).count(), 1);
        assert_eq!(bob.asks(NAME, STR, "").await, "");
        assert_eq!(handle.names(), ["ada", "eve"]);
        ann.raw.reset();
        seen.next().await;
        assert_eq!(handle.names(), ["eve"]);
    });
}

#[test]
fn connection_is_in_no_more_rooms_than_it_may() {
    within_deadline(async {
        let (probe, _seen) = Probe::new();
        let server = Rooms::start(probe).await;
        let mut ann = Peer::connect(&server).await;
        ann.joins("hall").await;
        assert_eq!(
            ann.asks(JOIN_MANY, NONE, "").await,
            "a connection may be in 3 rooms with names of 65536 bytes at most; raise the limits or leave rooms"
        );
        assert_eq!(server.handle.rooms(), ["hall", "x", "y"]);
    });
}

#[test]
fn connection_has_left_its_rooms_before_it_is_told_that_it_closed() {
    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = Rooms::start(probe).await;
        let mut ann = Peer::connect(&server).await;
        let mut bob = Peer::connect(&server).await;
        ann.joins("hall").await;
        bob.joins("hall").await;
        bob.joins("cellar").await;
        bob.raw.close(1000, "").await;
        assert_eq!(
            seen.next().await,
            "[], 1 in the hall, true, the connection is closed (1000)"
        );
        ann.raw.reset();
        assert_eq!(
            seen.next().await,
            "[], 0 in the hall, true, the connection is closed (1006 the connection was lost)"
        );
        assert_eq!(server.handle.rooms(), [""; 0]);
    });
}

#[test]
fn connections_that_come_and_go_leave_no_rooms_and_names_behind() {
    const AT_ONCE: usize = 50;

    within_deadline(async {
        let (probe, mut seen) = Probe::new();
        let server = Rooms::start(probe).await;
        for round in 0..20 {
            let mut peers = Vec::new();
            for number in 0..AT_ONCE {
                let mut peer = Peer::connect(&server).await;
                peer.joins("hall").await;
                peer.asks(NAME, STR, &number.to_string()).await;
                peer.joins(&format!("{round} {number}")).await;
                peers.push(peer);
            }
            assert_eq!(server.handle.to("hall").count(), AT_ONCE);
            assert_eq!(server.handle.rooms().len(), AT_ONCE + 1);
            for (number, mut peer) in peers.into_iter().enumerate() {
                match number % 3 {
                    0 => peer.raw.close(1000, "").await,
                    1 => peer.raw.reset(),
                    _ => drop(peer),
                }
            }
            for _ in 0..AT_ONCE {
                seen.next().await;
            }
            assert_eq!(server.handle.rooms(), [""; 0]);
            assert_eq!(server.handle.names(), [""; 0]);
        }
    });
}
