//! The generator against servers made of a thread, so that what it counts can be compared with
//! what they did.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use highway_bench::frame::{Frame, Opcode, masked, unmasked};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::peer::{Peer, raw};
use crate::tls;
use crate::wire::{self, Part, part};

const SIZE: usize = 300;
const HEADER: usize = 4;

/// The other end of a connection, after the upgrade.
struct Client {
    stream: TcpStream,
    input: Vec<u8>,
}

impl Client {
    fn accept(stream: TcpStream) -> Self {
        let mut client = Self {
            stream,
            input: Vec::new(),
        };
        while !client.input.ends_with(b"\r\n\r\n") {
            client.read();
        }
        client.input.clear();
        let response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
             Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
        client.write(response.as_bytes());
        client
    }

    fn read(&mut self) -> usize {
        let mut chunk = [0; 4096];
        let length = self.stream.read(&mut chunk).unwrap_or(0);
        self.input.extend_from_slice(&chunk[..length]);
        length
    }

    /// The generator may have seen enough and be gone.
    fn write(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes);
    }

    /// The next message, unmasked, or `None` when the generator has gone.
    fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let [first, second, rest @ ..] = self.input.as_slice() {
                let (length, rest) = match second & 0x7f {
                    126 => (
                        usize::from(u16::from_be_bytes([*rest.first()?, *rest.get(1)?])),
                        &rest[2..],
                    ),
                    short => (usize::from(short), rest),
                };
                if let Some((mask, data)) = rest.split_at_checked(4)
                    && let Some(data) = data.get(..length)
                {
                    let message = data
                        .iter()
                        .zip(mask.iter().cycle())
                        .map(|(a, b)| a ^ b)
                        .collect();
                    let message = (first & 0x0f, message);
                    let used = self.input.len() - rest.len() + 4 + length;
                    self.input.drain(..used);
                    return Some(message);
                }
            }
            if self.read() == 0 {
                return None;
            }
        }
    }
}

fn serve(behaviour: impl Fn(Client) + Send + Sync + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let behaviour = behaviour.clone();
            thread::spawn(move || behaviour(Client::accept(stream)));
        }
    });
    address
}

fn generate(address: SocketAddr, language: Language, burst: usize) -> Generator {
    Generator::new(address, language, Service::Echo, SIZE, burst).expect("an epoll can be had")
}

fn echo_until(generator: &mut Generator, in_flight: usize, messages: u64) -> Result<()> {
    let mut load = Echo { in_flight };
    generator.open()?;
    generator.run(&mut load, |generator| generator.ready() == 1)?;
    load.start(generator)?;
    generator.run(&mut load, |generator| generator.tally.messages >= messages)
}

#[track_caller]
fn check_refused(behaviour: impl Fn(Client) + Send + Sync + Clone + 'static, error: &str) {
    let mut generator = generate(serve(behaviour), Language::Raw, 1);
    let outcome = echo_until(&mut generator, 1, 3).expect_err("the server misbehaves");
    assert!(outcome.to_string().contains(error), "{outcome}");
}

#[test]
fn every_echo_and_every_byte_is_counted() {
    let address = serve(|mut client| {
        while let Some((opcode, message)) = client.next() {
            assert_eq!(opcode, 2);
            client.write(&unmasked(Opcode::BINARY, &message));
        }
    });
    let mut generator = generate(address, Language::Raw, 8);
    echo_until(&mut generator, 8, 1000).expect("the server answers");
    let tally = &generator.tally;
    assert_eq!(tally.latency.len(), tally.messages);
    let frame = (SIZE + HEADER) as u64;
    // Beside whole replies there are the upgrade and perhaps a part of one.
    assert!((1..2 * frame).contains(&(tally.received - tally.messages * frame)));
    // What is under way has been sent, but not come back; a mask is 4 bytes more.
    assert!(tally.sent >= (tally.messages + 8) * (frame + 4));
}

#[test]
fn replies_in_pieces_with_pings_between_are_counted() {
    let address = serve(|mut client| {
        while let Some((opcode, message)) = client.next() {
            if opcode == 10 {
                assert_eq!(message, b"are you there");
                continue;
            }
            client.write(&unmasked(Opcode::PING, b"are you there"));
            for piece in unmasked(Opcode::BINARY, &message).chunks(97) {
                client.write(piece);
            }
        }
    });
    let mut generator = generate(address, Language::Raw, 4);
    echo_until(&mut generator, 4, 200).expect("the server answers");
    assert!(generator.tally.messages >= 200);
}

#[test]
fn a_reply_that_is_not_what_was_sent_is_an_error() {
    let behaviour = |mut client: Client| {
        while let Some((_, mut message)) = client.next() {
            message[SIZE - 1] ^= 1;
            client.write(&unmasked(Opcode::BINARY, &message));
        }
    };
    check_refused(behaviour, "unexpected Opcode(2) of 300 bytes");
}

#[test]
fn a_server_that_closes_is_an_error_with_its_reason() {
    let behaviour = |mut client: Client| {
        client.next();
        client.write(&unmasked(Opcode::CLOSE, b"\x03\xf3Internal error"));
    };
    check_refused(
        behaviour,
        "closed the connection with 1011 `Internal error`",
    );
}

#[test]
fn a_server_that_hangs_up_is_an_error() {
    check_refused(
        |mut client| drop(client.next()),
        "the server ended the connection",
    );
}

#[test]
fn a_highway_server_is_told_the_routes_and_addressed_by_its_own_ids() {
    let address = serve(|mut client| {
        client.write(&unmasked(
            Opcode::BINARY,
            b"\x05\0\0\0{\"0\":\"meta\",\"770\":\"echo\"}",
        ));
        let table = br#"{"0":"meta","1":"echo","2":"echo-bytes","3":"bc"}"#;
        assert_eq!(
            client.next().map(|(_, table)| table),
            Some([&[5, 0, 0, 0], &table[..]].concat())
        );
        while let Some((_, mut message)) = client.next() {
            assert_eq!(message[..4], [0, 0, 2, 3]);
            message[2..4].copy_from_slice(&[1, 0]);
            client.write(&unmasked(Opcode::BINARY, &message));
        }
    });
    let mut generator = generate(address, Language::HighwayText, 1);
    echo_until(&mut generator, 1, 10).expect("the server answers");
    assert_eq!(generator.tally.messages, 10);
}

#[test]
fn a_broadcast_begins_when_all_have_entered_and_counts_deliveries() {
    const SUBSCRIBERS: usize = 5;
    let everyone: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
    let address = serve(move |mut client| {
        client.write(&unmasked(
            Opcode::BINARY,
            b"\x05\0\0\0{\"0\":\"meta\",\"1\":\"bc\",\"2\":\"echo\"}",
        ));
        client.next();
        while let Some((_, mut message)) = client.next() {
            if message[2] == 2 {
                let stream = client.stream.try_clone().expect("a descriptor can be had");
                everyone.lock().expect("no test fails with it").push(stream);
                message[2] = 1;
                client.write(&unmasked(Opcode::BINARY, &message));
                continue;
            }
            message[2] = 3;
            for mut stream in &*everyone.lock().expect("no test fails with it") {
                let _ = stream.write_all(&unmasked(Opcode::BINARY, &message));
            }
        }
    });
    let mut generator = Generator::new(address, Language::HighwayText, Service::Broadcast, SIZE, 3)
        .expect("an epoll can be had");
    let mut load = Broadcast::new(3, SUBSCRIBERS);
    for _ in 0..SUBSCRIBERS {
        generator.open().expect("the server accepts");
    }
    let outcome = generator.run(&mut load, |generator| generator.ready() == SUBSCRIBERS);
    outcome.expect("the server answers");
    let opened = generator.tally.sent;
    load.start(&mut generator).expect("the server reads");
    let outcome = generator.run(&mut load, |generator| generator.tally.messages >= 100);
    outcome.expect("the server delivers");
    let request = (SIZE + HEADER + 4 + 4) as u64;
    let published = (generator.tally.sent - opened) / request;
    let deliveries = generator.tally.messages;
    assert_eq!(generator.tally.latency.len(), deliveries);
    // All but those that are under way have got to every subscriber.
    assert!((published - 3) * SUBSCRIBERS as u64 <= deliveries);
    assert!(deliveries <= published * SUBSCRIBERS as u64);
}

#[test]
fn a_storm_counts_connections_that_were_closed_in_order() {
    let address = serve(|mut client| {
        while let Some((opcode, message)) = client.next() {
            let opcode = if opcode == 8 {
                Opcode::CLOSE
            } else {
                Opcode::BINARY
            };
            client.write(&unmasked(opcode, &message));
        }
    });
    let mut generator = generate(address, Language::Raw, 1);
    for _ in 0..4 {
        generator.open().expect("the server accepts");
    }
    let outcome = generator.run(&mut Storm, |generator| generator.tally.messages >= 50);
    outcome.expect("the server answers");
    assert_eq!(generator.tally.latency.len(), generator.tally.messages);
    assert_eq!(generator.links(), 4);
}

/// Answers calls, the given one under the id of the next.
fn answer_calls(mut client: Client, wrong: Option<usize>) {
    for at in 0.. {
        let Some((_, message)) = client.next() else {
            return;
        };
        let call = Part::parse(&message).expect("a call has an id");
        assert_eq!((call.kind, call.route), (wire::CALL, wire::ROUTE));
        // Odd ids from 1 on, and again after 1,024 of them.
        assert_eq!(usize::try_from(call.id), Ok(2 * (at % 1024) + 1));
        let id = if Some(at) == wrong {
            call.id + 2
        } else {
            call.id
        };
        let reply = part(wire::STR, wire::REPLY, 0, id, &[call.rest]);
        client.write(&unmasked(Opcode::BINARY, &reply));
    }
}

fn generate_calls(address: SocketAddr) -> Generator {
    Generator::new(address, Language::Raw, Service::Calls, SIZE, 100).expect("an epoll can be had")
}

#[test]
fn calls_go_out_under_ids_in_turn_and_are_counted() {
    let address = serve(|client| answer_calls(client, None));
    let mut generator = generate_calls(address);
    echo_until(&mut generator, 100, 3000).expect("the server answers");
    assert_eq!(generator.tally.latency.len(), generator.tally.messages);
}

#[test]
fn a_reply_under_the_wrong_id_is_an_error() {
    let address = serve(|client| answer_calls(client, Some(1500)));
    let outcome = echo_until(&mut generate_calls(address), 100, 3000);
    let error = outcome.expect_err("the server misbehaves").to_string();
    assert!(
        error.contains("unexpected Opcode(2) of 308 bytes"),
        "{error}"
    );
}

#[test]
fn items_are_counted_and_what_they_cost_is_granted_again() {
    let address = serve(|mut client| {
        let (_, message) = client.next().expect("a stream is opened");
        let stream = Part::parse(&message).expect("a stream has an id");
        assert_eq!(stream.kind, wire::STREAM);
        let (credit, size) = stream.credit().expect("a stream has a credit");
        assert_eq!((credit, size), (wire::WINDOW, SIZE.to_string().as_bytes()));
        let item = part(wire::STR, wire::ITEM, 0, stream.id, &[&wire::data(SIZE)]);
        let mut left = i64::from(credit);
        loop {
            while left > 0 {
                left -= i64::try_from(item.len()).expect("an item is short");
                client.write(&unmasked(Opcode::BINARY, &item));
            }
            let Some((_, message)) = client.next() else {
                return;
            };
            let granted = Part::parse(&message).expect("a credit has an id");
            assert_eq!((granted.kind, granted.id), (wire::CREDIT, stream.id));
            left += i64::from(granted.credit().expect("a credit has one").0);
            assert!(left <= i64::from(wire::WINDOW), "no more than was read");
        }
    });
    let mut generator = Generator::new(address, Language::Raw, Service::Items, SIZE, 1)
        .expect("an epoll can be had");
    let mut load = Items::new(1);
    generator.open().expect("the server accepts");
    let outcome = generator.run(&mut load, |generator| generator.ready() == 1);
    outcome.expect("the server upgrades");
    load.start(&mut generator).expect("the server reads");
    let outcome = generator.run(&mut load, |generator| generator.tally.messages >= 10_000);
    outcome.expect("the server sends");
    assert!(generator.tally.received >= generator.tally.messages * (SIZE + 8) as u64);
}

/// Lets a server on tokio run as long as the test does.
fn serve_on_tokio<F: Future<Output = Result<()>>>(
    server: impl FnOnce(tokio::net::TcpListener) -> F + Send + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("the loopback has a free port");
    listener.set_nonblocking(true).expect("it is a socket");
    let address = listener.local_addr().expect("it is bound");
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime can be had");
        runtime.block_on(async { server(tokio::net::TcpListener::from_std(listener)?).await })
    });
    address
}

#[track_caller]
fn check_pipes(address: SocketAddr) {
    const PIECE: usize = 64 * 1024;
    const CLIENTS: usize = 4;
    let mut generator = Generator::new(address, Language::Raw, Service::Pipes, PIECE, 4)
        .expect("an epoll can be had");
    let mut load = Pipes::new(CLIENTS);
    for _ in 0..CLIENTS {
        generator.open().expect("the server accepts");
    }
    let outcome = generator.run(&mut load, |generator| generator.ready() == CLIENTS);
    outcome.expect("each client is told its number");
    load.start(&mut generator).expect("the server reads");
    // Many windows; a server closes when more comes than was granted.
    let outcome = generator.run(&mut load, |generator| generator.tally.messages >= 200);
    outcome.expect("the pieces arrive");
    assert!(generator.tally.received >= generator.tally.messages * PIECE as u64);
}

/// Starts a server with a library, as it is measured.
fn serve_raw(peer: Peer, service: Service, tls: Option<&Path>) -> SocketAddr {
    let tls = tls.map(|folder| TlsAcceptor::from(tls::server(folder).expect("it is made")));
    serve_on_tokio(move |listener| raw::run(peer, service, listener, tls))
}

#[track_caller]
fn check_load(generator: &mut Generator, load: &mut impl Load, connections: usize, messages: u64) {
    for _ in 0..connections {
        generator.open().expect("the server accepts");
    }
    let outcome = generator.run(load, |generator| generator.ready() == connections);
    outcome.expect("the server upgrades");
    load.start(generator).expect("the server reads");
    // Each byte that comes back is compared with what has to come.
    let outcome = generator.run(load, |generator| generator.tally.messages >= messages);
    outcome.expect("the server answers");
}

/// Whatever is measured with the peers that are libraries comes back as it has to.
fn check_raw(peer: Peer) {
    let generator = |address, service, size, burst| {
        Generator::new(address, Language::Raw, service, size, burst).expect("an epoll can be had")
    };
    for (size, in_flight) in [(0, 1), (16, 64), (1024, 64), (65_536, 16), (1 << 20, 1)] {
        let address = serve_raw(peer, Service::Echo, None);
        let mut generator = generator(address, Service::Echo, size, in_flight);
        check_load(&mut generator, &mut Echo { in_flight }, 3, 300);
    }

    let address = serve_raw(peer, Service::Echo, None);
    let mut storm = generator(address, Service::Echo, 16, 1);
    for _ in 0..8 {
        storm.open().expect("the server accepts");
    }
    let outcome = storm.run(&mut Storm, |generator| generator.tally.messages >= 100);
    outcome.expect("each connection is closed in order");

    let address = serve_raw(peer, Service::Broadcast, None);
    let mut broadcast = generator(address, Service::Broadcast, 1024, 16);
    check_load(&mut broadcast, &mut Broadcast::new(16, 20), 20, 2000);

    let address = serve_raw(peer, Service::Calls, None);
    let mut calls = generator(address, Service::Calls, 16, 100);
    check_load(&mut calls, &mut Echo { in_flight: 100 }, 3, 3000);

    let folder = tls::make_certificate().expect("a certificate can be made");
    for (size, in_flight) in [(16, 64), (65_536, 4)] {
        let address = serve_raw(peer, Service::Echo, Some(folder.path()));
        let mut generator = generator(address, Service::Echo, size, in_flight);
        generator.use_tls(tls::client(folder.path()).expect("the certificate can be read"));
        check_load(&mut generator, &mut Echo { in_flight }, 3, 500);
    }
}

#[test]
fn tungstenite_answers_right() {
    check_raw(Peer::RawTuned);
}

#[test]
fn fastwebsockets_answers_right() {
    check_raw(Peer::Fastwebsockets);
}

#[test]
fn yawc_answers_right() {
    check_raw(Peer::Yawc);
}

#[test]
fn sockudo_answers_right() {
    check_raw(Peer::SockudoWs);
}

#[test]
fn bursts_end_with_the_last_echo() {
    let address = serve_raw(Peer::RawTuned, Service::Echo, None);
    let mut generator = generate(address, Language::Raw, 100);
    check_load(&mut generator, &mut Bursts::new(100, 7), 1, 700);
    assert_eq!(generator.tally.messages, 700);
    // Nothing is under way any more.
    assert!(generator.link(0).departures.is_empty());
}

#[test]
fn pieces_go_through_the_pipes_of_both_servers_without_a_framework() {
    check_pipes(serve_on_tokio(raw::pipes::simple));
    check_pipes(serve_on_tokio(raw::pipes::tuned));
}

#[test]
fn a_frame_from_a_client_is_no_frame_from_a_server() {
    assert!(Frame::parse(&masked(Opcode::BINARY, b"x")).is_err());
}
