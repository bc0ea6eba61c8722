//! Two sides joined in memory that act in any order, and one side that is told anything.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use bytes::Bytes;
use proptest::{prelude::*, sample::Index};

use super::*;
use crate::{
    proto::{
        handshake::LocalTable,
        session::{Event, Session, SessionConfig},
    },
    wire::{Dialect, Header, NO_VALUE_CODE, RouteId, STREAM_CODE},
};

const INT: u8 = 1;
const DICT: u8 = 5;
const BYTES: u8 = 7;
/// The id and the padding of the longest item.
const LONGEST: usize = 100;
const LIMITS: ConversationLimits = ConversationLimits {
    ours: 6,
    theirs: 3,
    window: 48,
};

fn message(code: u8, kind: Kind, id: u32, credit: Option<u32>, value: &[u8]) -> Bytes {
    let route = RouteId(u16::from(kind.opens_route()));
    let header = Header {
        code,
        kind: kind.code(),
        route,
    };
    let credit = credit.map(u32::to_le_bytes);
    let credit = credit.as_ref().map_or(&[][..], |credit| credit);
    Bytes::from([&header.to_bytes(), &id.to_le_bytes()[..], credit, value].concat())
}

fn parse(message: &[u8]) -> Part {
    let (header, payload) = Header::split(message).expect("it has a header");
    Part::parse(header, payload).expect("it is well-formed")
}

#[derive(Default)]
struct Flag(AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Somebody who polls, and has to be woken before a poll that was pending is ready.
#[derive(Default)]
struct Waiter {
    flag: Arc<Flag>,
    pending: bool,
}

impl Waiter {
    #[track_caller]
    fn poll<T>(&mut self, poll: impl FnOnce(&Context<'_>) -> Poll<T>) -> Poll<T> {
        let woken = self.flag.0.load(Ordering::Relaxed);
        let waker = Waker::from(Arc::clone(&self.flag));
        let result = poll(&Context::from_waker(&waker));
        assert!(
            result.is_pending() || !self.pending || woken,
            "nobody woke who waited"
        );
        self.pending = result.is_pending();
        if !self.pending || woken {
            self.flag.0.store(false, Ordering::Relaxed);
        }
        result
    }
}

/// One end of a conversation, as the program has it.
struct Party {
    key: Key,
    ours: bool,
    kind: Kind,
    ungranted: bool,
    /// Who reads what comes, as long as it wants it.
    reader: Option<Waiter>,
    /// Who sends, or runs for the peer, until it is done.
    producer: Option<Waiter>,
    taken: u32,
}

/// What both sides of a conversation know by other ways than the wire.
#[derive(Default)]
struct Truth {
    /// The items that were sent: by the opener, by the callee.
    sent: [u32; 2],
    /// The opener wants nothing more.
    dropped: bool,
}

struct Side {
    conversations: Conversations<()>,
    parties: Vec<Party>,
    /// What is on its way to the peer.
    wire: VecDeque<Bytes>,
    closed: bool,
}

impl Side {
    fn new(server: bool) -> Self {
        Self {
            conversations: Conversations::new(
                if server { Role::Server } else { Role::Client },
                LIMITS,
            ),
            parties: Vec::new(),
            wire: VecDeque::new(),
            closed: false,
        }
    }

    fn tell(&mut self, told: Option<Control>) {
        let none = NO_VALUE_CODE;
        self.wire.extend(told.map(|told| match told {
            Control::Cancel(id) => message(none, Kind::Cancel, id, None, b""),
            Control::End(id) => message(none, Kind::End, id, None, b""),
            Control::Credit(id, credit) => message(none, Kind::Credit, id, Some(credit), b""),
            Control::Piped(id, credit) => message(none, Kind::Piped, id, Some(credit), b""),
        }));
    }

    fn begin(&mut self, kind: Kind, upload: bool) {
        let key = match self.conversations.begin(kind) {
            Ok(key) => key,
            Err(Refused::TooMany(limit)) => return assert_eq!(limit, LIMITS.ours),
            Err(refused) => {
                assert!(self.closed, "{refused:?}");
                return;
            }
        };
        if upload {
            self.conversations.sends_items(key);
        }
        let credit = (kind == Kind::Stream).then_some(LIMITS.window);
        let (code, value) = if upload {
            (STREAM_CODE, &b""[..])
        } else {
            (INT, &b"1"[..])
        };
        self.wire
            .push_back(message(code, kind, key.id, credit, value));
        self.parties.push(Party {
            key,
            ours: true,
            kind,
            ungranted: false,
            reader: Some(Waiter::default()),
            producer: upload.then(Waiter::default),
            taken: 0,
        });
    }

    /// Takes a message of a side that makes no mistakes.
    fn receive(&mut self, frame: &Bytes) {
        if self.closed {
            return;
        }
        let part = parse(frame);
        let received = self.conversations.receive(part, frame);
        match received.unwrap_or_else(|close| panic!("{part:?} closes with {close:?}")) {
            Received::Settled => {}
            Received::Busy => {
                assert_eq!(self.conversations.theirs, LIMITS.theirs);
                let failure = message(DICT, Kind::Failure, part.id, None, b"\xa0");
                self.wire.push_back(failure);
            }
            Received::Opened(key) => {
                let upload = part.data_type.is_none();
                self.parties.push(Party {
                    key,
                    ours: false,
                    kind: part.kind,
                    ungranted: true,
                    reader: upload.then(Waiter::default),
                    producer: Some(Waiter::default()),
                    taken: 0,
                });
            }
            passes => panic!("{passes:?} goes through nobody"),
        }
    }

    /// Takes what came; whether something did, or nothing ever will.
    fn read(&mut self, at: usize, truths: &BTreeMap<u32, Truth>) -> bool {
        let party = &mut self.parties[at];
        let Some(reader) = &mut party.reader else {
            return false;
        };
        let (key, id) = (party.key, party.key.id);
        let conversations = &mut self.conversations;
        if party.ours && party.kind == Kind::Call {
            let Poll::Ready(reply) = reader.poll(|cx| conversations.poll_reply(key, cx)) else {
                return false;
            };
            party.reader = None;
            match reply {
                Ok(arrived) => assert_eq!(arrived.frame[arrived.part.start..], id.to_le_bytes()),
                Err(End::Failed(failure)) => assert_eq!(parse(&failure).id, id),
                Err(End::Closed(_)) => assert!(self.closed),
                Err(end) => panic!("the reply is {end:?}"),
            }
            return true;
        }
        let granted = std::mem::take(&mut party.ungranted)
            .then(|| conversations.grant(key))
            .flatten();
        let mut told = None;
        let next = reader.poll(|cx| {
            let (next, credit) = conversations.poll_item(key, cx);
            told = credit;
            next
        });
        let truth = &truths[&id];
        let sent = truth.sent[usize::from(party.ours)];
        let came = match next {
            Poll::Pending => false,
            Poll::Ready(Ok(arrived)) => {
                let value = &arrived.frame[arrived.part.start..];
                assert_eq!(value.first_chunk(), Some(&party.taken.to_le_bytes()));
                party.taken += 1;
                true
            }
            Poll::Ready(Err(end)) => {
                match end {
                    End::Finished | End::Failed(_) => assert_eq!(party.taken, sent),
                    End::Cancelled => {
                        assert!(!party.ours);
                        assert!(truth.dropped || party.producer.is_none());
                    }
                    End::Closed(_) => assert!(self.closed),
                    End::HungUp(_) => panic!("it is no pipe"),
                }
                assert!(told.is_none());
                true
            }
        };
        self.tell(granted);
        self.tell(told);
        came
    }

    fn drop_reader(&mut self, at: usize, truths: &mut BTreeMap<u32, Truth>) {
        let party = &mut self.parties[at];
        if party.reader.take().is_none() {
            return;
        }
        let key = party.key;
        if party.ours {
            truths.entry(key.id).or_default().dropped = true;
        }
        let told = self.conversations.drop_reader(key);
        self.tell(told);
    }

    /// Sends an item if there is credit, or looks whether what runs is still wanted.
    fn send(&mut self, at: usize, len: usize, truths: &mut BTreeMap<u32, Truth>) {
        let party = &mut self.parties[at];
        let Some(producer) = &mut party.producer else {
            return;
        };
        let key = party.key;
        let conversations = &mut self.conversations;
        if !party.ours && party.kind == Kind::Call {
            let gone = producer.poll(|cx| {
                if conversations.is_wanted(key, cx) {
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            });
            if gone.is_ready() {
                party.producer = None;
            }
            return;
        }
        let Poll::Ready(credit) = producer.poll(|cx| conversations.poll_credit(key, cx)) else {
            return;
        };
        if credit.is_err() {
            party.producer = None;
            return;
        }
        // It has credit, and waits for what it is to send.
        let over = producer.poll(|cx| {
            if conversations.wants_items(key, cx) {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        });
        assert!(over.is_pending());
        producer.pending = false;
        let sent = &mut truths.entry(key.id).or_default().sent[usize::from(!party.ours)];
        let mut value = sent.to_le_bytes().to_vec();
        value.resize(value.len().max(len), 0);
        *sent += 1;
        let item = message(INT, Kind::Item, key.id, None, &value);
        assert!(conversations.spend(key, item.len()));
        self.wire.push_back(item);
    }

    /// Ends what this side sends.
    fn finish(&mut self, at: usize, fails: bool) {
        let party = &mut self.parties[at];
        if party.producer.take().is_none() {
            return;
        }
        let key = party.key;
        let tell = if party.ours {
            self.conversations.end_items(key)
        } else {
            self.conversations.finish(key)
        };
        if !tell {
            return;
        }
        self.wire.push_back(match (fails, party.ours, party.kind) {
            (true, ..) => message(DICT, Kind::Failure, key.id, None, b"\xa0"),
            (_, false, Kind::Call) => {
                message(INT, Kind::Reply, key.id, None, &key.id.to_le_bytes())
            }
            _ => message(NO_VALUE_CODE, Kind::End, key.id, None, b""),
        });
    }

    fn close(&mut self) {
        self.closed = true;
        self.conversations.close(&Close::INVALID_STATE);
    }

    /// Opens a pipe, and for a server one that goes through it.
    fn begin_pipes(&mut self, server: bool) {
        let begun = if server {
            let begun = self.conversations.begin_relay((), 2 * LIMITS.window);
            begun.map(|(key, credit)| {
                assert_eq!(credit, LIMITS.window);
                assert!(self.conversations.heard(key));
                key
            })
        } else {
            self.conversations.begin(Kind::Pipe)
        };
        begun.expect("there is room");
    }

    /// Takes a pipe of the peer, or lets it go through.
    fn take_pipe(&mut self, server: bool, key: Key) {
        if server {
            assert!(self.conversations.lead(key, ()));
            assert!(self.conversations.taken(key, 20).is_some());
        } else {
            assert!(self.conversations.take_pipe(key).is_some());
        }
    }

    /// What holds when all that was sent is read: who sends items has credit, unless nobody reads them.
    fn check_credit(&mut self, peer: &Side) {
        for party in self.parties.iter().filter(|party| party.producer.is_some()) {
            if !party.ours && party.kind == Kind::Call {
                continue;
            }
            let cx = Context::from_waker(Waker::noop());
            let credit = self.conversations.poll_credit(party.key, &cx);
            let read = peer
                .parties
                .iter()
                .any(|reader| reader.key.id == party.key.id && reader.reader.is_some());
            match credit {
                Poll::Pending => panic!("credit was lost"),
                Poll::Ready(Ok(())) => assert!(read, "nobody was told that nobody reads"),
                Poll::Ready(Err(Over)) => {}
            }
        }
    }

    /// What holds at any time.
    fn check(&self) {
        let Conversations {
            open, ours, theirs, ..
        } = &self.conversations;
        let counted = |side| {
            open.iter()
                .filter(|(id, open)| open.counts && self.conversations.is_ours(**id) == side)
                .count()
        };
        assert_eq!((*ours, *theirs), (counted(true), counted(false)));
        assert!(*ours <= LIMITS.ours && *theirs <= LIMITS.theirs);
        for conversation in open.values() {
            if let Inbound::Items(items) = &conversation.inbound {
                let bytes: usize = items.queue.iter().map(|item| item.frame.len()).sum();
                assert!(
                    bytes <= LIMITS.window as usize + LONGEST + 8,
                    "{bytes} wait"
                );
                assert!(items.credit <= LIMITS.window.into());
            }
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Begin(Kind, bool),
    Deliver,
    Read,
    DropReader,
    Send,
    Finish(bool),
    Close,
}

#[derive(Debug, Clone)]
struct Step {
    act: Act,
    server: bool,
    which: Index,
    len: usize,
}

fn step() -> impl Strategy<Value = Step> {
    let act = prop_oneof![
        12 => (prop_oneof![Just(Kind::Call), Just(Kind::Stream)], any::<bool>())
            .prop_map(|(kind, upload)| Act::Begin(kind, upload)),
        40 => Just(Act::Deliver),
        40 => Just(Act::Read),
        3 => Just(Act::DropReader),
        40 => Just(Act::Send),
        6 => any::<bool>().prop_map(Act::Finish),
    ];
    let act = prop_oneof![400 => act, 1 => Just(Act::Close)];
    (act, any::<bool>(), any::<Index>(), 4..=LONGEST).prop_map(|(act, server, which, len)| Step {
        act,
        server,
        which,
        len,
    })
}

struct Joined {
    sides: [Side; 2],
    truths: BTreeMap<u32, Truth>,
}

impl Joined {
    fn deliver(&mut self, from: usize) -> bool {
        let Some(frame) = self.sides[from].wire.pop_front() else {
            return false;
        };
        self.sides[1 - from].receive(&frame);
        true
    }

    fn act(&mut self, step: &Step) {
        let at = usize::from(step.server);
        let side = &mut self.sides[at];
        match step.act {
            Act::Begin(kind, upload) => {
                self.truths.entry(side.conversations.next).or_default();
                side.begin(kind, upload);
            }
            Act::Deliver => {
                self.deliver(at);
            }
            Act::Close => side.close(),
            Act::Read | Act::DropReader | Act::Send | Act::Finish(_) => {
                if side.parties.is_empty() {
                    return;
                }
                let party = step.which.index(side.parties.len());
                match step.act {
                    Act::Read => {
                        side.read(party, &self.truths);
                    }
                    Act::DropReader => side.drop_reader(party, &mut self.truths),
                    Act::Send => side.send(party, step.len, &mut self.truths),
                    Act::Finish(fails) => side.finish(party, fails),
                    _ => {}
                }
            }
        }
        for side in &mut self.sides {
            side.check();
            side.parties
                .retain(|party| party.reader.is_some() || party.producer.is_some());
        }
    }

    /// Delivers and reads until nothing more comes.
    fn read_all(&mut self) {
        loop {
            while self.deliver(0) || self.deliver(1) {}
            for side in &mut self.sides {
                for at in 0..side.parties.len() {
                    let mut taken = None;
                    while taken != Some(side.parties[at].taken) {
                        taken = Some(side.parties[at].taken);
                        side.read(at, &self.truths);
                    }
                }
            }
            if self.sides.iter().all(|side| side.wire.is_empty()) {
                break;
            }
        }
    }

    /// Lets all come to its end without anybody giving up: readers read to the end, then routes end.
    fn settle(&mut self) {
        if self.sides.iter().any(|side| side.closed) {
            self.sides.iter_mut().for_each(Side::close);
        }
        self.read_all();
        if self.sides.iter().all(|side| !side.closed) {
            let [one, other] = &mut self.sides;
            one.check_credit(other);
            other.check_credit(one);
        }
        loop {
            while self.deliver(0) || self.deliver(1) {}
            let mut progress = false;
            for side in &mut self.sides {
                for at in 0..side.parties.len() {
                    let items = side.parties[at].taken;
                    if side.read(at, &self.truths) {
                        progress = true;
                        // No item came, so it was the end.
                        if side.parties[at].taken == items {
                            side.drop_reader(at, &mut self.truths);
                        }
                    }
                    let party = &side.parties[at];
                    if party.producer.is_some() && (party.ours || party.reader.is_none()) {
                        side.finish(at, false);
                        progress = true;
                    }
                }
                side.check();
                side.parties
                    .retain(|party| party.reader.is_some() || party.producer.is_some());
            }
            let idle = self.sides.iter().all(|side| side.wire.is_empty());
            if !progress && idle {
                break;
            }
        }
        for side in &self.sides {
            assert_eq!(side.parties.len(), 0, "somebody waits for ever");
            let Conversations { ours, theirs, .. } = side.conversations;
            assert_eq!((side.conversations.len(), ours, theirs), (0, 0, 0));
        }
    }
}

/// The close that the chapter's table gives to a message, and otherwise none.
fn refusal(conversations: &Conversations<()>, message: &[u8], routes: u16) -> Option<Close> {
    let [code, kind, low, high, payload @ ..] = message else {
        return Some(Close::MALFORMED_HEADER);
    };
    let values = 0..=8;
    let (codes_fit, fields) = match kind {
        0 => (values.contains(code), 0),
        1 => (values.contains(code) || *code == STREAM_CODE, 4),
        2 | 6 => (values.contains(code), 4),
        3 => (*code == DICT, 4),
        4 | 7 => (*code == NO_VALUE_CODE, 4),
        5 => (values.contains(code) || *code == STREAM_CODE, 8),
        8 | 10 | 15 => (*code == NO_VALUE_CODE, 8),
        9 => (values.contains(code), 8),
        11 | 12 => (*code == BYTES, 4),
        13 => (*code == NO_VALUE_CODE, 6),
        14 => (*code == DICT, 0),
        _ => (false, 0),
    };
    if !codes_fit || payload.len() < fields {
        return Some(Close::MALFORMED_HEADER);
    }
    if *kind == 14 {
        return Some(Close::INVALID_STATE);
    }
    let route = u16::from_le_bytes([*low, *high]);
    if [0, 1, 5].contains(kind) && !(1..=routes).contains(&route) {
        return Some(Close::NO_SUCH_ROUTE);
    }
    let field = |at: usize| {
        payload
            .get(at..at + 4)
            .and_then(|field| field.try_into().ok())
            .map_or(0, u32::from_le_bytes)
    };
    let (id, credit) = (field(0), i64::from(field(4)));
    let ours = (id % 2 == 0) == conversations.role.is_server();
    let open = conversations.open.get(&id);
    let live = open.filter(|open| !open.over);
    let most = i64::from(MAX_CREDIT);
    let has_items =
        live.is_none_or(|open| matches!(open.inbound, Inbound::Items(_) | Inbound::Unwanted));
    if *kind == 15 {
        let from_client = conversations.role != Role::Client;
        return from_client.then_some(Close::INVALID_STATE);
    }
    let opens = [0, 1, 5, 9].contains(kind);
    if let Some(live) = live.filter(|live| live.pipe && !opens) {
        let (asked, waits, flows) = match &live.inbound {
            Inbound::Asked(_) => (true, ours, false),
            Inbound::Items(items) => (false, false, items.credit > 0),
            Inbound::Relay(relay) => (false, ours && relay.waits(), relay.flows()),
            _ => (false, false, false),
        };
        let fine = match kind {
            3 => asked || waits,
            8 => match (&live.inbound, live.outbound) {
                (Inbound::Relay(relay), _) => !relay.waits(),
                (_, has) => has.is_none_or(|has| has + credit <= most),
            },
            10 => waits && credit <= most,
            11 | 12 => flows,
            13 => true,
            _ => false,
        };
        return (!fine).then_some(Close::INVALID_STATE);
    }
    let invalid = match kind {
        1 => ours || open.is_some(),
        5 | 9 => ours || open.is_some() || credit > most,
        10 => !ours || live.is_some(),
        11..=13 => live.is_some(),
        2 => !ours || live.is_some_and(|open| !matches!(open.inbound, Inbound::Reply(_))),
        3 => !ours && !has_items,
        7 => !has_items,
        6 => live.is_some_and(|open| match &open.inbound {
            Inbound::Items(items) => items.credit <= 0 || items.end.is_some(),
            Inbound::Unwanted => false,
            _ => true,
        }),
        8 => live
            .and_then(|open| open.outbound)
            .is_some_and(|has| has + credit > most),
        0 | 4 => false,
        _ => unreachable!("{kind} is refused above"),
    };
    invalid.then_some(Close::INVALID_STATE)
}

/// A side with a session that speaks the extension.
fn extended(server: bool) -> Session {
    let local = Arc::new(LocalTable::new(["one", "two"]));
    let config = SessionConfig {
        extension: true,
        ..SessionConfig::default()
    };
    let told = [
        local.message(Dialect::Extended, RouteId::META),
        local.contract(),
    ];
    let mut session = if server {
        Session::server(local, config)
    } else {
        Session::client(local, config)
    };
    for told in told {
        session.receive(&told).expect("it is what comes first");
    }
    session
}

fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let id = prop_oneof![20 => 0..14_u32, 1 => any::<u32>()];
    let credit = prop_oneof![0..100_u32, MAX_CREDIT - 50..MAX_CREDIT + 50, any::<u32>()];
    let rest = prop::collection::vec(any::<u8>(), 0..LONGEST);
    let code = prop_oneof![3 => 0..11_u8, 3 => Just(NO_VALUE_CODE), 1 => Just(DICT)];
    let likely = (code, 0..17_u8, 0..4_u8, id, credit, rest).prop_map(
        |(code, kind, route, id, credit, rest)| {
            let fields = [id.to_le_bytes(), credit.to_le_bytes()].concat();
            [&[code, kind, route, 0], &*fields, &rest].concat()
        },
    );
    prop_oneof![
        20 => likely.clone(),
        1 => (likely, any::<Index>()).prop_map(|(mut message, at)| {
            message.truncate(at.index(16));
            message
        }),
        1 => prop::collection::vec(any::<u8>(), 0..40),
    ]
}

#[test]
fn window_is_what_may_be_granted_and_lets_one_item_through_at_least() {
    for (limit, window) in [
        (0, 1),
        (1, 1),
        (MAX_CREDIT, MAX_CREDIT),
        (u32::MAX, MAX_CREDIT),
    ] {
        let limits = Limits {
            stream_window: limit,
            ..Limits::default()
        };
        assert_eq!(ConversationLimits::of(&limits).window, window);
    }
}

proptest! {
    #[test]
    fn two_sides_that_keep_to_the_rules_come_to_an_end_in_any_order(
        steps in prop::collection::vec(step(), 0..400),
    ) {
        let mut joined = Joined {
            sides: [Side::new(false), Side::new(true)],
            truths: BTreeMap::new(),
        };
        for step in &steps {
            joined.act(step);
        }
        joined.settle();
    }

    #[test]
    fn garbage_closes_as_the_table_says_and_keeps_to_the_limits(
        server: bool,
        messages in prop::collection::vec(garbage(), 0..100),
    ) {
        let mut session = extended(server);
        let mut side = Side::new(server);
        for (kind, upload) in [
            (Kind::Call, false),
            (Kind::Call, true),
            (Kind::Stream, false),
            (Kind::Stream, true),
        ] {
            side.begin(kind, upload);
        }
        side.begin_pipes(server);
        let mut calls = 0;
        for message in &messages {
            // Tables are not of this.
            if matches!(message[..], [_, 0, 0, 0, ..]) {
                continue;
            }
            let expected = refusal(&side.conversations, message, 2);
            let frame = Bytes::from(message.clone());
            let received = session.receive(&frame).and_then(|event| match event {
                Event::Part(part) => {
                    let received = side.conversations.receive(part, &frame)?;
                    match received {
                        Received::Opened(key) if part.kind == Kind::Pipe => {
                            side.take_pipe(server, key);
                        }
                        Received::Opened(key) => {
                            calls += usize::from(part.kind == Kind::Call);
                            // A route that reads.
                            side.conversations.grant(key);
                        }
                        _ => {}
                    }
                    Ok(())
                }
                _ => Ok(()),
            });
            // As if what closes had not come, to look for more.
            prop_assert_eq!(received.err(), expected, "{:?}", message);
            side.check();
            prop_assert!(side.conversations.len() <= LIMITS.ours + LIMITS.theirs + calls);
        }
        side.close();
        let keys: Vec<Key> = side
            .conversations
            .open
            .iter()
            .map(|(&id, open)| Key { id, serial: open.serial })
            .collect();
        for key in keys {
            prop_assert_eq!(side.conversations.drop_reader(key), None);
            prop_assert!(!side.conversations.hang_up(key));
        }
        prop_assert_eq!(side.conversations.len(), 0);
    }
}
