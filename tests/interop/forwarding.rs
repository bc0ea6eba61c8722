//! Clients of highway.py reach each other through a server of ours that passes their messages on as they came.

use highway::{
    Error, Raw, SendError,
    connection::Receivers,
    wire::{Dialect, Header},
};
use highway_tests::{Event, HighwayPy, Outcome, Peer, Trial, trials, within_deadline};
use tokio::sync::mpsc;

use crate::{
    ours::{Running, with_dialect},
    vectors,
};

pub(crate) fn trials() -> Vec<Trial> {
    trials![
        v0_1_clients_reach_each_other_byte_for_byte,
        v0_2_clients_reach_each_other_byte_for_byte,
        v0_1_client_reaches_v0_2_client_with_what_both_know,
        v0_2_client_reaches_v0_1_client_with_what_both_know,
    ]
}

/// What has happened at the server.
enum Seen {
    Ready,
    PassedOn(Raw),
    /// The receiver's dialect can't carry it.
    Refused,
}

#[highway::server(state = mpsc::UnboundedSender<Seen>)]
struct Relay;

impl Relay {
    fn saw(&self, seen: Seen) {
        // A test that is over asks for nothing any more.
        let _ = self.state().send(seen);
    }

    async fn pass_on(&self, to: Receivers<'_, Self>, route: &str, data: Raw) -> highway::Result {
        self.saw(match to.send(route, &data).await {
            Ok(()) => Seen::PassedOn(data),
            Err(Error::NotSent {
                source: SendError::Encode(_),
                ..
            }) => Seen::Refused,
            Err(error) => return Err(error),
        });
        Ok(())
    }
}

#[highway::on(ready)]
async fn ready(relay: &mut Relay) {
    relay.saw(Seen::Ready);
}

#[highway::route("echo")]
async fn echo(data: Raw, relay: &mut Relay) -> highway::Result {
    relay.pass_on(relay.others(), "echo", data).await
}

#[highway::route("echoed")]
async fn echoed(data: Raw, relay: &mut Relay) -> highway::Result {
    relay.pass_on(relay.others(), "echoed", data).await
}

/// Passes on to a connection by its id, and to a route of another name.
#[highway::route("whisper")]
async fn whisper(data: Raw, relay: &mut Relay) -> highway::Result {
    let [other] = relay.others().members()[..] else {
        panic!("two are connected");
    };
    relay.pass_on(relay.to(other), "echoed", data).await
}

/// A client that sends, one that receives, and the server between them.
struct Clients {
    _server: Running,
    seen: mpsc::UnboundedReceiver<Seen>,
    sender: Peer,
    receiver: Peer,
}

impl Clients {
    async fn connect(sender: &HighwayPy, receiver: &HighwayPy) -> Self {
        let (log, mut seen) = mpsc::unbounded_channel();
        let dialect = match sender.dialect() {
            Dialect::V01 => Dialect::V01,
            _ => receiver.dialect(),
        };
        let server = Running::start(with_dialect(dialect, Relay::server()).state(log)).await;
        let (mut sender, mut receiver) = (sender.client(), receiver.client());
        for client in [&mut receiver, &mut sender] {
            client.connect(&server.url);
            client.ready(0).await;
            assert!(matches!(seen.recv().await, Some(Seen::Ready)));
        }
        Self {
            _server: server,
            seen,
            sender,
            receiver,
        }
    }

    /// Waits for the next value on a route of the receiver; gives back its type, its `repr` and the message.
    async fn received(&mut self, name: &str) -> (String, String, Vec<u8>) {
        let (r#type, repr, message) = self
            .receiver
            .expect(&format!("a value on {name}"), |event| match event {
                Event::Received {
                    route,
                    r#type,
                    repr,
                    message,
                    ..
                } if route == name => Some((r#type.clone(), repr.clone(), message.clone())),
                _ => None,
            })
            .await;
        let message = message.expect("highway.py's peers tell messages");
        (r#type, repr, vectors::bytes(&message))
    }

    async fn seen(&mut self) -> Seen {
        self.seen.recv().await.expect("the server goes on")
    }
}

/// Checks the type code, and that the payload is what the server got, byte for byte.
#[track_caller]
fn check_message(message: &[u8], dialect: Dialect, data: &Raw) {
    assert_eq!(data.dialect(), dialect);
    assert_eq!(message.first().copied(), dialect.code(data.data_type()));
    assert_eq!(&message[Header::LEN..], data.payload());
}

/// All values of the vectors go to a route of the same name, whence the receiver sends them back through the server, and to
/// a route of another name.
fn reach_each_other(version: &HighwayPy, count: usize, unsendable: usize) {
    within_deadline(async {
        let mut clients = Clients::connect(version, version).await;
        let dialect = version.dialect();
        let values = vectors::python_values(dialect);
        let exchange = clients.sender.exchange(0, &values).await;
        exchange.check_all_equal_but_unsendable(unsendable);
        assert_eq!(exchange.echoed.len(), count);
        for _ in 0..count {
            let (_, _, message) = clients.received("echo").await;
            let (Seen::PassedOn(there), Seen::PassedOn(_back)) =
                (clients.seen().await, clients.seen().await)
            else {
                panic!("a value is passed on there and back");
            };
            check_message(&message, dialect, &there);
        }
        for echoed in exchange.echoed {
            clients.sender.send(0, "whisper", &echoed.sent);
            let (r#type, repr, message) = clients.received("echoed").await;
            assert_eq!(
                (r#type, repr),
                (echoed.expected_type, echoed.expected),
                "{}",
                echoed.sent
            );
            let Seen::PassedOn(data) = clients.seen().await else {
                panic!("{} is passed on", echoed.sent);
            };
            check_message(&message, dialect, &data);
        }
    });
}

fn v0_1_clients_reach_each_other_byte_for_byte() -> Outcome {
    reach_each_other(HighwayPy::v0_1()?, 157, 10);
    Ok(())
}

fn v0_2_clients_reach_each_other_byte_for_byte() -> Outcome {
    reach_each_other(HighwayPy::v0_2()?, 147, 9);
    Ok(())
}

/// A value that is sent, and the type and the `repr` that arrive at the other dialect, if it can be carried.
type Passed = (&'static str, Option<(&'static str, &'static str)>);

fn reach_the_other(sender: &HighwayPy, receiver: &HighwayPy, values: &[Passed]) {
    within_deadline(async {
        let mut clients = Clients::connect(sender, receiver).await;
        for (value, expected) in values {
            for (to, on) in [("echo", "echo"), ("whisper", "echoed")] {
                clients.sender.send(0, to, value);
                let seen = clients.seen().await;
                let Some((expected_type, expected)) = expected else {
                    assert!(matches!(seen, Seen::Refused), "{value}");
                    continue;
                };
                assert!(matches!(seen, Seen::PassedOn(_)), "{value}");
                let (r#type, repr, _) = clients.received(on).await;
                assert_eq!((&*r#type, &*repr), (*expected_type, *expected), "{value}");
                if on == "echo" {
                    // The receiver's answer.
                    let answer = clients.seen().await;
                    assert!(matches!(answer, Seen::PassedOn(_)), "{value}");
                }
            }
        }
    });
}

fn v0_1_client_reaches_v0_2_client_with_what_both_know() -> Outcome {
    let values: &[Passed] = &[
        ("'text ä ∞ 🎉'", Some(("str", "'text ä ∞ 🎉'"))),
        ("2**70", Some(("int", "1180591620717411303424"))),
        ("1.0", Some(("float", "1.0"))),
        ("nan", Some(("float", "nan"))),
        ("-inf", Some(("float", "-inf"))),
        ("True", Some(("bool", "True"))),
        ("None", Some(("NoneType", "None"))),
        (r"b'\xff\x00'", Some(("bytes", r"b'\xff\x00'"))),
        (
            "[1, 1.0, None, 'ä', [False, []]]",
            Some(("list", "[1, 1.0, None, 'ä', [False, []]]")),
        ),
        (
            "{'b': {'a': [1]}, 'a': 2}",
            Some(("dict", "{'b': {'a': [1]}, 'a': 2}")),
        ),
        ("{1: 2}", Some(("dict", "{'1': 2}"))),
        ("[nan]", None),
        ("[2**70]", None),
    ];
    reach_the_other(HighwayPy::v0_1()?, HighwayPy::v0_2()?, values);
    Ok(())
}

fn v0_2_client_reaches_v0_1_client_with_what_both_know() -> Outcome {
    let values: &[Passed] = &[
        ("'text ä ∞ 🎉'", Some(("str", "'text ä ∞ 🎉'"))),
        ("2**70", Some(("int", "1180591620717411303424"))),
        ("1.0", Some(("float", "1.0"))),
        ("nan", Some(("float", "nan"))),
        ("False", Some(("bool", "False"))),
        ("None", Some(("NoneType", "None"))),
        (r"b'\xff\x00'", Some(("bytes", r"b'\xff\x00'"))),
        ("(1, 'a', 2.5)", Some(("list", "[1, 'a', 2.5]"))),
        (
            "[1, 1.0, None, 'ä', [False, []]]",
            Some(("list", "[1, 1.0, None, 'ä', [False, []]]")),
        ),
        (
            "{'b': {'a': [1]}, 'a': 2}",
            Some(("dict", "{'b': {'a': [1]}, 'a': 2}")),
        ),
    ];
    reach_the_other(HighwayPy::v0_2()?, HighwayPy::v0_1()?, values);
    Ok(())
}
