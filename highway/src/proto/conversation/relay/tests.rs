//! Two clients with pipes through a server, where everybody acts in any order.

use std::{
    collections::{BTreeMap, VecDeque},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use proptest::{prelude::*, sample::Index};

use super::*;
use crate::{
    proto::{
        Role,
        conversation::{
            ConversationLimits, End,
            receive::{CODE, hung_up},
        },
    },
    wire::{CloseCode, FIELD, Header, NO_VALUE_CODE, RouteId},
};

const LIMITS: ConversationLimits = ConversationLimits {
    ours: 4,
    theirs: 6,
    window: 60,
};
const LONGEST: usize = 40;
const INT: u8 = 1;
const DICT: u8 = 5;
const BYTES: u8 = 7;

/// A client, by its number, and a conversation of its connection.
type End2 = (usize, Key);

fn message(code: u8, kind: Kind, id: u32, rest: &[u8]) -> Bytes {
    let header = Header {
        code,
        kind: kind.code(),
        route: RouteId::META,
    };
    Bytes::from([&header.to_bytes(), &id.to_le_bytes()[..], rest].concat())
}

fn parse(message: &[u8]) -> Part {
    let (header, payload) = Header::split(message).expect("it has a header");
    Part::parse(header, payload).expect("it is well-formed")
}

fn told(control: Control) -> Bytes {
    match control {
        Control::Credit(id, credit) => {
            message(NO_VALUE_CODE, Kind::Credit, id, &credit.to_le_bytes())
        }
        Control::Piped(id, credit) => {
            message(NO_VALUE_CODE, Kind::Piped, id, &credit.to_le_bytes())
        }
        told => panic!("{told:?} is not of pipes"),
    }
}

/// One end of a pipe.
struct Party {
    key: Key,
    /// Its opener and the id there, by which both ends know it.
    pipe: (u8, u32),
    asks: bool,
    sent: u32,
    got: u32,
}

struct Client {
    number: u8,
    conversations: Conversations<()>,
    parties: Vec<Party>,
    lost: bool,
}

/// All that is on its way: to the server, and from it.
#[derive(Default)]
struct Wire {
    up: VecDeque<Bytes>,
    down: VecDeque<Bytes>,
    /// Whether there is room for more on the way down, and whose credit waits for that.
    room: bool,
    held_back: Vec<End2>,
}

struct Network {
    clients: [Client; 2],
    server: [Conversations<End2>; 2],
    wires: [Wire; 2],
}

impl Client {
    fn open(&mut self, up: &mut VecDeque<Bytes>) {
        let key = match self.conversations.begin(Kind::Pipe) {
            Ok(key) => key,
            Err(refused) => {
                assert!(self.lost || matches!(refused, Refused::TooMany(_)));
                return;
            }
        };
        let id = key.id;
        let rest = [&LIMITS.window.to_le_bytes()[..], &[self.number]].concat();
        up.push_back(message(INT, Kind::Pipe, id, &rest));
        self.parties.push(Party {
            key,
            pipe: (self.number, id),
            asks: true,
            sent: 0,
            got: 0,
        });
    }

    /// Takes a message of the server, which makes no mistakes.
    fn receive(&mut self, frame: &Bytes, takes: bool, up: &mut VecDeque<Bytes>) {
        if self.lost {
            return;
        }
        let part = parse(frame);
        let received = self.conversations.receive(part, frame);
        match received.unwrap_or_else(|close| panic!("{part:?} closes with {close:?}")) {
            Received::Settled => {}
            Received::Opened(key) if takes => {
                up.extend(self.conversations.take_pipe(key).map(told));
                let (opener, id) = frame[part.start..]
                    .split_first()
                    .expect("it says whose it is");
                let id = id.first_chunk().expect("it says which it is");
                self.parties.push(Party {
                    key,
                    pipe: (*opener, u32::from_le_bytes(*id)),
                    asks: false,
                    sent: 0,
                    got: 0,
                });
            }
            Received::Opened(key) => {
                assert!(self.conversations.finish(key));
                up.push_back(message(DICT, Kind::Failure, part.id, b"\xa0"));
            }
            Received::Busy => up.push_back(message(DICT, Kind::Failure, part.id, b"\xa0")),
            passes => panic!("{passes:?} goes through a client"),
        }
    }

    /// Reads what came; whether something did.
    fn read(&mut self, at: usize, up: &mut VecDeque<Bytes>) -> bool {
        let cx = &mut Context::from_waker(Waker::noop());
        let party = &mut self.parties[at];
        if party.asks {
            match self.conversations.poll_piped(party.key, cx) {
                Poll::Pending => return false,
                Poll::Ready(Ok(())) => party.asks = false,
                Poll::Ready(Err(_)) => {
                    self.parties.remove(at);
                    return true;
                }
            }
        }
        let (next, credit) = self.conversations.poll_item(party.key, cx);
        up.extend(credit.map(told));
        match next {
            Poll::Pending => false,
            Poll::Ready(Ok(arrived)) => {
                let piece = &arrived.frame[arrived.part.start..];
                let (from, serial) = piece.split_first().expect("it is not empty");
                assert_eq!(*from, 1 - self.number);
                assert_eq!(serial.first_chunk(), Some(&party.got.to_le_bytes()));
                party.got += 1;
                true
            }
            Poll::Ready(Err(end)) => {
                let reason = matches!(end, End::HungUp(_) | End::Closed(_));
                assert!(reason, "a pipe ends with a reason, not with {end:?}");
                assert!(!self.conversations.hang_up(party.key));
                self.parties.remove(at);
                true
            }
        }
    }

    fn send(&mut self, at: usize, len: usize, last: bool, up: &mut VecDeque<Bytes>) {
        let cx = &Context::from_waker(Waker::noop());
        let party = &mut self.parties[at];
        if party.asks {
            return;
        }
        if let Poll::Ready(Ok(())) = self.conversations.poll_credit(party.key, cx) {
            let mut piece = vec![self.number];
            piece.extend(party.sent.to_le_bytes());
            piece.resize(piece.len().max(len), 0);
            party.sent += 1;
            let kind = if last { Kind::LastPiece } else { Kind::Piece };
            let frame = message(BYTES, kind, party.key.id, &piece);
            assert!(self.conversations.spend(party.key, frame.len()));
            up.push_back(frame);
        }
    }

    fn hang_up(&mut self, at: usize, up: &mut VecDeque<Bytes>) {
        let party = self.parties.remove(at);
        if self.conversations.hang_up(party.key) {
            let bye = [&1000_u16.to_le_bytes()[..], b"bye"].concat();
            up.push_back(message(NO_VALUE_CODE, Kind::HangUp, party.key.id, &bye));
        }
    }
}

impl Network {
    fn new() -> Self {
        let client = |number| Client {
            number,
            conversations: Conversations::new(Role::Client, LIMITS),
            parties: Vec::new(),
            lost: false,
        };
        Self {
            clients: [client(0), client(1)],
            server: [(); 2].map(|()| Conversations::new(Role::Server, LIMITS)),
            wires: Default::default(),
        }
    }

    fn tell(&mut self, to: usize, control: Option<Control>) {
        self.wires[to].down.extend(control.map(told));
    }

    /// Lets a sender have more credit for what goes to a client, if there is room.
    fn hold_or_pass_on(&mut self, (from, key): End2, to: usize) {
        if self.server[from].wants_credit(key) {
            if self.wires[to].room {
                let told = self.server[from].pass_on(key);
                self.tell(from, told);
            } else {
                self.wires[to].held_back.push((from, key));
            }
        }
    }

    /// There is room, or none.
    fn make_room(&mut self, at: usize, room: bool) {
        self.wires[at].room = room;
        if room {
            for (from, key) in std::mem::take(&mut self.wires[at].held_back) {
                let told = self.server[from].pass_on(key);
                self.tell(from, told);
            }
        }
    }

    fn readdressed(frame: &Bytes, id: u32) -> Bytes {
        Bytes::from([&frame[..4], &id.to_le_bytes(), &frame[8..]].concat())
    }

    /// Tells the other end that a pipe is over.
    fn end(&mut self, (to, key): End2, frame: impl FnOnce(u32) -> Bytes) {
        if self.server[to].hang_up(key) {
            self.wires[to].down.push_back(frame(key.id));
        }
    }

    /// The server takes a message; it may refuse a pipe.
    fn serve(&mut self, from: usize, leads: bool) -> bool {
        let Some(frame) = self.wires[from].up.pop_front() else {
            return false;
        };
        if self.clients[from].lost {
            return true;
        }
        let part = parse(&frame);
        let received = self.server[from].receive(part, &frame);
        match received.unwrap_or_else(|close| panic!("{part:?} closes with {close:?}")) {
            Received::Settled => {}
            Received::Busy => {
                let failure = message(DICT, Kind::Failure, part.id, b"\xa0");
                self.wires[from].down.push_back(failure);
            }
            Received::Opened(key) => {
                let to = 1 - from;
                let granted = self.server[from].granted(key).expect("it is open");
                let opener = (from, key);
                let begun = leads.then(|| self.server[to].begin_relay(opener, granted));
                if let Some(Ok((far, credit))) = begun {
                    assert!(self.server[from].lead(key, (to, far)));
                    let number = u8::try_from(from).expect("there are two");
                    let rest = [&credit.to_le_bytes()[..], &[number], &part.id.to_le_bytes()];
                    let pipe = message(INT, Kind::Pipe, far.id, &rest.concat());
                    self.wires[to].down.push_back(pipe);
                    assert!(self.server[to].heard(far));
                } else {
                    assert!(self.server[from].finish(key));
                    let failure = message(DICT, Kind::Failure, part.id, b"\xa0");
                    self.wires[from].down.push_back(failure);
                }
            }
            Received::Passes {
                to: (to, far),
                key,
                held,
            } => {
                let passed = Self::readdressed(&frame, far.id);
                self.wires[to].down.push_back(passed);
                if held {
                    self.hold_or_pass_on((from, key), to);
                }
            }
            Received::Grants((to, key), more) => {
                self.server[to]
                    .hold(key, more)
                    .expect("nobody grants as much");
                self.hold_or_pass_on((to, key), from);
            }
            Received::Taken((to, key), credit) => {
                let told = self.server[to].taken(key, credit);
                self.tell(to, told);
            }
            Received::Ends(to) => self.end(to, |id| Self::readdressed(&frame, id)),
            Received::Missed => panic!("{part:?} comes from a server"),
        }
        true
    }

    fn deliver(&mut self, to: usize, takes: bool) -> bool {
        let Some(frame) = self.wires[to].down.pop_front() else {
            return false;
        };
        self.clients[to].receive(&frame, takes, &mut self.wires[to].up);
        true
    }

    /// The connection to a client is gone.
    fn lose(&mut self, at: usize) {
        self.clients[at].lost = true;
        self.clients[at].conversations.close(&Close::GOING_AWAY);
        let lost = Close::new(CloseCode::ABNORMAL, "lost")
            .code()
            .0
            .to_le_bytes();
        for to in self.server[at].close(&Close::GOING_AWAY) {
            self.end(to, |id| message(NO_VALUE_CODE, Kind::HangUp, id, &lost));
        }
        self.wires[at].held_back.clear();
    }

    fn act(&mut self, step: &Step) {
        let at = step.at;
        let Wire { up, .. } = &mut self.wires[at];
        let client = &mut self.clients[at];
        let party = (!client.parties.is_empty()).then(|| step.which.index(client.parties.len()));
        match (step.act, party) {
            (Act::Open, _) => client.open(up),
            (Act::Serve, _) => {
                self.serve(at, step.yes);
            }
            (Act::Deliver, _) => {
                self.deliver(at, step.yes);
            }
            (Act::Room, _) => self.make_room(at, step.yes),
            (Act::Lose, _) => self.lose(at),
            (Act::Read, Some(party)) => {
                client.read(party, up);
            }
            (Act::Send, Some(party)) => client.send(party, step.len, step.yes, up),
            (Act::HangUp, Some(party)) => client.hang_up(party, up),
            (Act::Read | Act::Send | Act::HangUp, None) => {}
        }
        self.check();
    }

    /// What waits for a client never is more than the windows of its pipes, and a piece each.
    fn check(&self) {
        for (at, wire) in self.wires.iter().enumerate() {
            let mut pieces: BTreeMap<u32, usize> = BTreeMap::new();
            for frame in &wire.down {
                if frame[1] == Kind::Piece.code() || frame[1] == Kind::LastPiece.code() {
                    *pieces.entry(parse(frame).id).or_default() += frame.len();
                }
            }
            for (id, bytes) in pieces {
                assert!(
                    bytes <= LIMITS.window as usize + LONGEST + 8,
                    "{bytes} wait for {at}, {id}"
                );
            }
        }
        for conversation in self.server.iter().flat_map(|side| side.open.values()) {
            if let Inbound::Relay(relay) = &conversation.inbound {
                assert!(relay.credit <= LIMITS.window.into());
            }
        }
    }

    /// Delivers and reads everything.
    fn read_all(&mut self) {
        self.make_room(0, true);
        self.make_room(1, true);
        let mut progress = true;
        while progress {
            progress = false;
            for at in 0..2 {
                progress |= self.serve(at, true) | self.deliver(at, true);
                let mut party = 0;
                while party < self.clients[at].parties.len() {
                    let up = &mut self.wires[at].up;
                    let parties = self.clients[at].parties.len();
                    if self.clients[at].read(party, up) {
                        progress = true;
                    } else if self.clients[at].parties.len() == parties {
                        party += 1;
                    }
                }
            }
        }
    }

    /// Both ends of each pipe are there, all that one sent is at the other, and both may send; then everything ends.
    fn settle(&mut self) {
        self.read_all();
        let [one, other] = &mut self.clients;
        for (client, peer) in [(&mut *one, &*other)] {
            assert_eq!(client.parties.len(), peer.parties.len());
            for party in &client.parties {
                let far = peer.parties.iter().find(|far| far.pipe == party.pipe);
                let far = far.expect("it has two ends");
                assert_eq!((party.sent, party.got), (far.got, far.sent));
            }
        }
        for client in [one, other] {
            for party in &client.parties {
                let cx = &Context::from_waker(Waker::noop());
                let credit = client.conversations.poll_credit(party.key, cx);
                assert!(matches!(credit, Poll::Ready(Ok(()))), "credit was lost");
            }
        }
        for at in 0..2 {
            while !self.clients[at].parties.is_empty() {
                self.clients[at].hang_up(0, &mut self.wires[at].up);
            }
        }
        self.read_all();
        for at in 0..2 {
            assert_eq!(self.clients[at].conversations.len(), 0);
            assert_eq!(self.server[at].len(), 0);
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Open,
    Serve,
    Deliver,
    Room,
    Lose,
    Read,
    Send,
    HangUp,
}

#[derive(Debug, Clone)]
struct Step {
    act: Act,
    at: usize,
    which: Index,
    len: usize,
    yes: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let act = prop_oneof![
        400 => Just(Act::Serve),
        400 => Just(Act::Deliver),
        400 => Just(Act::Read),
        400 => Just(Act::Send),
        60 => Just(Act::Open),
        60 => Just(Act::Room),
        40 => Just(Act::HangUp),
        1 => Just(Act::Lose),
    ];
    let yes = prop::bool::weighted(0.8);
    (act, 0..2_usize, any::<Index>(), 5..=LONGEST, yes).prop_map(|(act, at, which, len, yes)| {
        Step {
            act,
            at,
            which,
            len,
            yes,
        }
    })
}

proptest! {
    #[test]
    fn pipes_of_those_who_keep_to_the_rules_carry_everything_in_order_and_end_for_both(
        steps in prop::collection::vec(step(), 0..600),
    ) {
        let mut network = Network::new();
        for step in &steps {
            network.act(step);
        }
        network.settle();
    }
}

/// A server with a pipe that a client has asked for and that leads to another client; with what the ends say to it next.
#[track_caller]
fn check_bounded(kind: Kind, longest: usize, reached: bool) {
    let (code, filler) = match kind {
        Kind::HangUp => (NO_VALUE_CODE, vec![b'x'; longest + 1]),
        _ => (DICT, vec![0xa0; longest + 1]),
    };
    for (len, is_fine) in [(longest, true), (longest + 1, false)] {
        let mut server = Conversations::<()>::new(Role::Server, LIMITS);
        let id = if reached {
            let (key, _) = server.begin_relay((), 1).expect("there is room");
            assert!(server.heard(key));
            key.id
        } else {
            let asks = message(INT, Kind::Pipe, 1, &[1, 0, 0, 0, b'2']);
            let Ok(Received::Opened(key)) = server.receive(parse(&asks), &asks) else {
                panic!("a client may ask");
            };
            assert!(server.lead(key, ()));
            key.id
        };
        let end = message(code, kind, id, &filler[..len]);
        match server.receive(parse(&end), &end) {
            Ok(Received::Ends(())) if is_fine => {}
            Err(close) if !is_fine => assert_eq!(close, Close::INVALID_STATE),
            other => panic!("{kind:?} of {len} bytes: {other:?}"),
        }
    }
}

#[test]
fn what_ends_a_pipe_and_waits_for_no_room_is_bounded() {
    let with_reason = CODE + Close::MAX_REASON;
    check_bounded(Kind::HangUp, with_reason, false);
    check_bounded(Kind::HangUp, with_reason, true);
    check_bounded(Kind::Failure, PIECE - Header::LEN - FIELD, true);
}

#[test]
fn end_of_a_pipe_with_a_long_reason_is_refused_at_either_end() {
    let mut client = Conversations::<()>::new(Role::Client, LIMITS);
    let key = client.begin(Kind::Pipe).expect("there is room");
    let end = message(
        NO_VALUE_CODE,
        Kind::HangUp,
        key.id,
        &[b'x'; CODE + Close::MAX_REASON + 1],
    );
    let received = client.receive(parse(&end), &end);
    assert_eq!(received.expect_err("it is too long"), Close::INVALID_STATE);
}

#[test]
fn end_of_a_pipe_has_a_code_and_a_reason() {
    let frame = message(NO_VALUE_CODE, Kind::HangUp, 1, b"\xe8\x03bye");
    let close = hung_up(parse(&frame), &frame);
    assert_eq!((close.code().0, close.reason()), (1000, "bye"));
}
