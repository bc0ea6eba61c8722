//! Peers that never stop sending, with every kind of frame and wherever a connection stands: what is due happens all the same.

use std::{
    io::Write,
    net::{SocketAddr, TcpListener},
    thread,
    time::{Duration, Instant},
};

use highway_tests::websocket::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TABLE, TEXT, answer};

use crate::{
    peer::Peer,
    process::{GROWTH, Process, check_with, within_deadline},
};

/// A time that a process under attack has for what is due at once, on a busy machine too.
const SLACK: Duration = Duration::from_secs(8);

/// What the processes have for each of their limits.
const LIMIT: Duration = Duration::from_secs(2);

/// The most that all limits of an end one behind the other take.
const END: Duration = Duration::from_secs(3 * LIMIT.as_secs() + SLACK.as_secs());

/// A kind of frames, and what comes before the first of them.
struct Flood {
    name: &'static str,
    first: fn(&Peer) -> Vec<u8>,
    frame: fn(&Peer) -> Vec<u8>,
}

fn nothing(_: &Peer) -> Vec<u8> {
    Vec::new()
}

const PINGS: Flood = Flood {
    name: "pings",
    first: nothing,
    frame: |peer| peer.encode(FIN | PING, b""),
};

const LONG_PINGS: Flood = Flood {
    name: "long pings",
    first: nothing,
    frame: |peer| peer.encode(FIN | PING, &[b'p'; 125]),
};

const PONGS: Flood = Flood {
    name: "pongs",
    first: nothing,
    frame: |peer| peer.encode(FIN | PONG, b""),
};

const EMPTY_FRAGMENTS: Flood = Flood {
    name: "empty fragments",
    first: |peer| peer.encode(BINARY, b""),
    frame: |peer| peer.encode(CONTINUATION, b""),
};

const SHORT_FRAGMENTS: Flood = Flood {
    name: "fragments of one byte",
    first: |peer| peer.encode(BINARY, b"x"),
    frame: |peer| peer.encode(CONTINUATION, b"x"),
};

const EMPTY_TEXT_FRAGMENTS: Flood = Flood {
    name: "empty fragments of a text",
    first: |peer| peer.encode(TEXT, b""),
    frame: |peer| peer.encode(CONTINUATION, b""),
};

const MESSAGES: Flood = Flood {
    name: "messages",
    first: nothing,
    frame: |peer| peer.encode(FIN | BINARY, b"\x01\0\xff\xff7"),
};

const LARGE_MESSAGES: Flood = Flood {
    name: "large messages",
    first: nothing,
    frame: |peer| peer.encode(FIN | BINARY, &[7; 100_000]),
};

const TEXTS: Flood = Flood {
    name: "texts",
    first: nothing,
    frame: |peer| peer.encode(FIN | TEXT, b"text"),
};

const TABLES: Flood = Flood {
    name: "tables",
    first: nothing,
    frame: |peer| peer.encode(FIN | BINARY, TABLE),
};

/// Of the extension, about a call that is none.
const CANCELS: Flood = Flood {
    name: "cancels",
    first: nothing,
    frame: |peer| peer.encode(FIN | BINARY, b"\x08\x04\0\0\x07\0\0\0"),
};

/// What may be sent without an end wherever a connection stands.
const ANYWHERE: [Flood; 5] = [
    PINGS,
    LONG_PINGS,
    PONGS,
    EMPTY_FRAGMENTS,
    EMPTY_TEXT_FRAGMENTS,
];

/// What is thrown away once a connection closes.
const WHILE_CLOSING: [Flood; 11] = [
    PINGS,
    LONG_PINGS,
    PONGS,
    EMPTY_FRAGMENTS,
    SHORT_FRAGMENTS,
    EMPTY_TEXT_FRAGMENTS,
    MESSAGES,
    LARGE_MESSAGES,
    TEXTS,
    TABLES,
    CANCELS,
];

/// What comes of a flood.
#[derive(Clone, Copy)]
enum Due {
    /// The other side closes with the code in a time, and ends the connection in its times though nothing answers its close.
    Close(u16, Duration),
    /// The other side answers the peer's close.
    Answer(u16),
    /// The message that goes with the flood is echoed.
    Echo,
}

/// Floods until the other side ends the connection, and reads meanwhile.
fn flood(flood: &Flood, mut peer: Peer, before: &[Vec<u8>], due: Due) {
    let name = flood.name;
    let start = Instant::now();
    peer.write(&before.concat());
    let first = (flood.first)(&peer);
    let frame = (flood.frame)(&peer);
    let frames = frame.repeat((64 * 1024 / frame.len()).max(1));
    let mut writer = peer.writer();
    let writing = thread::spawn(move || {
        if writer.write_all(&first).is_ok() {
            while writer.write_all(&frames).is_ok() {}
        }
    });
    match due {
        Due::Close(code, within) => {
            let close = peer.next_close().map(|(code, _)| code);
            assert_eq!(close, Some(code), "{name}");
            let took = start.elapsed();
            assert!(took < within + SLACK, "{name}: the close took {took:?}");
        }
        Due::Answer(code) => {
            let close = peer.next_close().map(|(code, _)| code);
            assert_eq!(close, Some(code), "{name}");
        }
        Due::Echo => {
            let frame = loop {
                let frame = peer.frame();
                if frame.first != FIN | PONG {
                    break frame;
                }
            };
            assert_eq!(frame.payload.get(4..), Some(&b"echo"[..]), "{name}");
            let took = start.elapsed();
            assert!(took < SLACK, "{name}: the echo took {took:?}");
            peer.end();
        }
    }
    // With a reset, most often, as what the flood brought is not read.
    peer.rest();
    let took = start.elapsed();
    assert!(took < END, "{name}: the end took {took:?}");
    writing.join().expect("it writes until it fails");
}

/// Lets all of the floods loose on a server at once, each on a connection that has come as far as `peer` brings it.
fn check_server(
    arguments: &'static [&'static str],
    floods: &'static [Flood],
    peer: fn(SocketAddr) -> (Peer, Vec<Vec<u8>>),
    due: Due,
) {
    check_with(arguments, GROWTH, move |server| {
        thread::scope(|scope| {
            for each in floods {
                let (peer, before) = peer(server.address);
                scope.spawn(move || flood(each, peer, &before, due));
            }
        });
    });
}

/// The same for clients, one for each flood.
fn check_clients(
    floods: &'static [Flood],
    serve: fn(&TcpListener) -> (Peer, Vec<Vec<u8>>),
    due: Due,
    expected: &'static str,
) {
    within_deadline(move || {
        thread::scope(|scope| {
            for each in floods {
                scope.spawn(move || {
                    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
                    let address = listener.local_addr().expect("it is bound");
                    let mut client = Process::start(&["client", &format!("ws://{address}")]);
                    let (peer, before) = serve(&listener);
                    flood(each, peer, &before, due);
                    let line = loop {
                        let line = client.line();
                        if line != "ready" {
                            break line;
                        }
                    };
                    assert!(line.contains(expected), "{}: {line}", each.name);
                });
            }
        });
    });
}

/// How far a connection comes before its peer floods, on either side, and what comes of that.
struct Stage {
    /// Connects to a server; with the frames that are written first.
    client: fn(SocketAddr) -> (Peer, Vec<Vec<u8>>),
    /// Accepts a client; with the same.
    server: fn(&TcpListener) -> (Peer, Vec<Vec<u8>>),
    due: Due,
    /// What the client that is flooded says in the end.
    said: &'static str,
}

impl Stage {
    /// Lets all of the floods loose on a server and on clients.
    fn check(&self, floods: &'static [Flood]) {
        check_server(&[], floods, self.client, self.due);
        check_clients(floods, self.server, self.due, self.said);
    }
}

/// A connection to a server after the meta exchange, with a frame.
fn ready_and(address: SocketAddr, first: u8, payload: &[u8]) -> (Peer, Vec<Vec<u8>>) {
    let peer = Peer::ready(address);
    let frame = peer.encode(first, payload);
    (peer, vec![frame])
}

/// A connection to a server after the meta exchange, with a message to one of its routes.
fn ready_with(address: SocketAddr, route: &str, code: u8, payload: &[u8]) -> (Peer, Vec<Vec<u8>>) {
    let peer = Peer::ready(address);
    let message = peer.to(route, code, payload);
    let frame = peer.encode(FIN | BINARY, &message);
    (peer, vec![frame])
}

/// A client after the upgrade.
fn upgraded(listener: &TcpListener) -> Peer {
    let (mut peer, request) = Peer::accept(listener);
    peer.write(answer(&request).as_bytes());
    peer
}

/// A client after the meta exchange, with a frame.
fn served_and(listener: &TcpListener, first: u8, payload: &[u8]) -> (Peer, Vec<Vec<u8>>) {
    let mut peer = upgraded(listener);
    peer.message(TABLE);
    peer.frame();
    let frame = peer.encode(first, payload);
    (peer, vec![frame])
}

/// The same with a message to one of its routes, which are numbered by name.
fn served_with(
    listener: &TcpListener,
    route: u8,
    code: u8,
    payload: &[u8],
) -> (Peer, Vec<Vec<u8>>) {
    let message = [&[code, 0, route, 0], payload].concat();
    served_and(listener, FIN | BINARY, &message)
}

/// The numbers of a client's routes.
const ECHO: u8 = 1;
const FAIL_LATER: u8 = 3;
const NO_ROUTE: u8 = 200;

#[test]
fn exchange_with_a_peer_that_never_stops_sending_ends_in_its_time() {
    let stage = Stage {
        client: |address| (Peer::told(address), Vec::new()),
        server: |listener| (upgraded(listener), Vec::new()),
        due: Due::Close(3003, LIMIT),
        said: "failed as Closed",
    };
    stage.check(&ANYWHERE);
}

#[test]
fn open_connection_whose_peer_never_stops_sending_goes_on_writing() {
    // The message to echo comes before the one that never ends.
    let stage = Stage {
        client: |address| ready_with(address, "echo", 0, b"echo"),
        server: |listener| served_with(listener, ECHO, 0, b"echo"),
        due: Due::Echo,
        said: "closed: ",
    };
    stage.check(&ANYWHERE);
}

#[test]
fn route_that_fails_closes_a_connection_whose_peer_never_stops_sending() {
    const TABLES_TOO: [Flood; 6] = [
        PINGS,
        LONG_PINGS,
        PONGS,
        EMPTY_FRAGMENTS,
        EMPTY_TEXT_FRAGMENTS,
        TABLES,
    ];

    let stage = Stage {
        client: |address| ready_with(address, "fail later", 8, b""),
        server: |listener| served_with(listener, FAIL_LATER, 8, b""),
        due: Due::Close(1011, LIMIT),
        said: "closed: 1011",
    };
    stage.check(&ANYWHERE);
    check_server(&[], &[TABLES], stage.client, stage.due);
    check_server(
        &[],
        &TABLES_TOO,
        |address| {
            let (peer, mut before) = ready_with(address, "fail later", 8, b"");
            let never = peer.to("never end", 8, b"");
            before.push(peer.encode(FIN | BINARY, &never));
            (peer, before)
        },
        Due::Close(1011, LIMIT),
    );
}

#[test]
fn close_of_either_side_is_written_and_ends_though_the_peer_never_stops_sending() {
    let stage = Stage {
        client: |address| ready_and(address, FIN | BINARY, b"\0\0\xff\xff"),
        server: |listener| served_with(listener, NO_ROUTE, 0, b""),
        due: Due::Close(3002, Duration::ZERO),
        said: "closed: 3002",
    };
    stage.check(&WHILE_CLOSING);
}

#[test]
fn connection_that_broke_the_protocol_ends_though_the_peer_never_stops_sending() {
    let stage = Stage {
        client: |address| ready_and(address, FIN | 3, b""),
        server: |listener| served_and(listener, FIN | 3, b""),
        due: Due::Close(1002, Duration::ZERO),
        said: "closed: 1002",
    };
    stage.check(&WHILE_CLOSING);
}

#[test]
fn peer_that_sends_on_behind_its_close_is_left_in_time() {
    let stage = Stage {
        client: |address| {
            // A route that still runs then.
            let (peer, mut before) = ready_with(address, "never end beside", 8, b"");
            before.push(peer.encode(FIN | CLOSE, b"\x03\xe8"));
            (peer, before)
        },
        server: |listener| served_and(listener, FIN | CLOSE, b"\x03\xe8"),
        due: Due::Answer(1000),
        said: "closed: 1000",
    };
    stage.check(&WHILE_CLOSING);
}

#[test]
fn limit_for_messages_in_a_second_holds_for_those_that_never_stop() {
    check_server(
        &["--messages-per-second", "1000"],
        &[TABLES],
        |address| (Peer::ready(address), Vec::new()),
        Due::Close(1008, Duration::ZERO),
    );
}
