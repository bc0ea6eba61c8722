//! The calls, streams and pipes of one connection, without its I/O: what may come, what it means, and who is to be woken.
//!
//! The rules are those of the chapter on the [extension](crate#the-wire-and-the-extension-highway1). A conversation is known to
//! its two ends by a [`Key`], which no later conversation with the same id has.

mod receive;
mod relay;

use std::{
    collections::{HashMap, VecDeque},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use foldhash::fast::RandomState;

use relay::Relay;

use super::Role;
use crate::{
    limits::Limits,
    wire::{Close, Kind, MAX_CREDIT, Part},
};

/// One conversation of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) id: u32,
    serial: u64,
}

#[cfg(test)]
impl Key {
    /// A key of no conversation in particular.
    pub(crate) fn of_test(id: u32) -> Self {
        Self { id, serial: 0 }
    }
}

/// What a connection may have open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConversationLimits {
    /// The calls, streams and pipes that this side may have begun.
    pub(crate) ours: usize,
    /// The streams and pipes that the peer may have begun; its calls are bounded by what waits for routes.
    pub(crate) theirs: usize,
    /// The credit that is granted for items and pieces, and the most that is passed on for those that go through.
    pub(crate) window: u32,
}

impl ConversationLimits {
    pub(crate) fn of(limits: &Limits) -> Self {
        Self {
            ours: limits.calls,
            theirs: limits.streams,
            window: limits.granted_window(),
        }
    }
}

/// Why nothing more comes.
#[derive(Debug, Clone)]
pub(crate) enum End {
    /// All items are there.
    Finished,
    /// A failure came: the message with it.
    Failed(Bytes),
    /// The peer's program wants nothing more, or has dropped what it ran.
    Cancelled,
    /// The pipe was ended.
    HungUp(Close),
    /// The connection is closing.
    Closed(Close),
}

/// A message that came for somebody: where its value begins, and what its type is.
#[derive(Debug, Clone)]
pub(crate) struct Arrived {
    pub(crate) part: Part,
    pub(crate) frame: Bytes,
}

/// What came of a message.
#[derive(Debug)]
pub(crate) enum Received<R> {
    /// It is where it belongs.
    Settled,
    /// The peer calls, or opens a stream or a pipe.
    Opened(Key),
    /// The peer tells how many broadcasts this side has missed.
    Missed,
    /// The peer has as many streams and pipes open as it may: it is to be told so.
    Busy,
    /// A pipe that goes through here is taken: its opener is to be told, with the credit that comes with it.
    Taken(R, u32),
    /// It goes through here, to the pipe's other end; credit of that may be held back for the one that sent it.
    Passes { to: R, key: Key, held: bool },
    /// The pipe that goes through here is over, which its other end is to be told with the same message.
    Ends(R),
    /// More credit for the other end of a pipe that goes through here.
    Grants(R, u32),
}

/// Something to tell the peer, that has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Control {
    Cancel(u32),
    End(u32),
    Credit(u32, u32),
    Piped(u32, u32),
}

/// Why a conversation could not begin.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There are as many as may be.
    TooMany(usize),
    /// The connection is closing.
    Closed(Close),
}

/// What comes from the peer in a conversation; small, as each one is moved into the table and out of it.
#[derive(Debug)]
enum Inbound<R> {
    /// Nothing is to come.
    Nothing,
    /// One reply.
    Reply(Option<Box<Result<Arrived, End>>>),
    /// The word that the pipe is taken, or why it is not.
    Asked(Option<Box<End>>),
    /// Items or pieces.
    Items(Box<Items>),
    /// Items that nobody wants any more.
    Unwanted,
    /// What goes through here.
    Relay(Box<Relay<R>>),
}

/// Items or pieces that came and are not taken yet.
#[derive(Debug)]
struct Items {
    queue: VecDeque<Arrived>,
    /// What the peer may still send.
    credit: i64,
    /// What was taken since credit was granted last.
    taken: u32,
    end: Option<End>,
}

impl<R> Inbound<R> {
    /// Items or pieces, for which so much credit is granted.
    fn items(credit: u32) -> Self {
        Self::Items(Box::new(Items {
            queue: VecDeque::new(),
            credit: credit.into(),
            taken: 0,
            end: None,
        }))
    }
}

#[derive(Debug)]
struct Conversation<R> {
    serial: u64,
    /// Whether the limits count it.
    counts: bool,
    /// Whether it is a pipe.
    pipe: bool,
    inbound: Inbound<R>,
    /// The credit for what this side sends, if it sends items or pieces.
    outbound: Option<i64>,
    /// Nothing more goes over the wire; what came is still to be taken.
    over: bool,
    /// Who waits for what comes.
    reader: Option<Waker>,
    /// Who sends, or runs for the peer.
    producer: Option<Waker>,
}

impl<R> Conversation<R> {
    /// Nothing more comes or goes.
    fn end(&mut self, end: End) {
        self.over = true;
        self.outbound = None;
        match &mut self.inbound {
            Inbound::Reply(reply @ None) => *reply = Some(Box::new(Err(end))),
            Inbound::Asked(asked @ None) => *asked = Some(Box::new(end)),
            Inbound::Items(items) => {
                items.end.get_or_insert(end);
            }
            _ => {}
        }
        self.wake();
    }

    /// The peer takes as many bytes more.
    fn granted(&mut self, more: u32) -> Result<(), Close> {
        let Some(credit) = &mut self.outbound else {
            return Ok(());
        };
        *credit += i64::from(more);
        if *credit > i64::from(MAX_CREDIT) {
            return Err(Close::INVALID_STATE);
        }
        wake(&mut self.producer);
        Ok(())
    }

    fn wake(&mut self) {
        wake(&mut self.reader);
        wake(&mut self.producer);
    }
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

fn wait(place: &mut Option<Waker>, cx: &Context<'_>) {
    match place {
        Some(waker) => waker.clone_from(cx.waker()),
        None => *place = Some(cx.waker().clone()),
    }
}

/// What a message of items costs its sender in credit.
pub(crate) fn cost(message: usize) -> i64 {
    i64::try_from(message).unwrap_or(i64::MAX)
}

/// The conversations of one connection; `R` stands for the other end of a pipe that goes through here.
#[derive(Debug)]
pub(crate) struct Conversations<R> {
    role: Role,
    limits: ConversationLimits,
    /// Hashed fast: an id is looked up several times for a call, and no more are open than the limits allow, so that a peer that
    /// chose them to collide would gain little.
    open: HashMap<u32, Conversation<R>, RandomState>,
    serial: u64,
    /// The id for the next conversation of this side.
    next: u32,
    ours: usize,
    theirs: usize,
    closed: Option<Close>,
}

impl<R: Clone> Conversations<R> {
    pub(crate) fn new(role: Role, limits: ConversationLimits) -> Self {
        Self {
            role,
            limits,
            open: HashMap::default(),
            serial: 0,
            next: if role.is_server() { 2 } else { 1 },
            ours: 0,
            theirs: 0,
            closed: None,
        }
    }

    /// How many are open, the two sides' together.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Whether a call of this side has no reply yet.
    pub(crate) fn awaits_reply(&self) -> bool {
        self.ours > 0
            && self.open.iter().any(|(&id, conversation)| {
                self.is_ours(id) && matches!(conversation.inbound, Inbound::Reply(None))
            })
    }

    /// Whether this side chose the id.
    fn is_ours(&self, id: u32) -> bool {
        id.is_multiple_of(2) == self.role.is_server()
    }

    fn get(&mut self, key: Key) -> Option<&mut Conversation<R>> {
        self.open
            .get_mut(&key.id)
            .filter(|conversation| conversation.serial == key.serial)
    }

    fn remove(&mut self, id: u32) -> Option<Conversation<R>> {
        let mut gone = self.open.remove(&id)?;
        if gone.counts {
            if self.is_ours(id) {
                self.ours -= 1;
            } else {
                self.theirs -= 1;
            }
        }
        gone.wake();
        Some(gone)
    }

    fn insert(&mut self, id: u32, kind: Kind, inbound: Inbound<R>, outbound: Option<i64>) -> Key {
        let ours = self.is_ours(id);
        // The peer's calls are bounded by what waits for routes.
        let counts = ours || kind != Kind::Call || !matches!(inbound, Inbound::Nothing);
        if counts {
            *(if ours {
                &mut self.ours
            } else {
                &mut self.theirs
            }) += 1;
        }
        self.serial += 1;
        let serial = self.serial;
        self.open.insert(
            id,
            Conversation {
                serial,
                counts,
                pipe: kind == Kind::Pipe,
                inbound,
                outbound,
                over: false,
                reader: None,
                producer: None,
            },
        );
        Key { id, serial }
    }

    // What this side does.

    /// This side opens a conversation: a call, a stream or a pipe.
    pub(crate) fn begin(&mut self, kind: Kind) -> Result<Key, Refused> {
        let id = self.next_id()?;
        let inbound = match kind {
            Kind::Stream => Inbound::items(self.limits.window),
            Kind::Pipe => Inbound::Asked(None),
            _ => Inbound::Reply(None),
        };
        Ok(self.insert(id, kind, inbound, None))
    }

    /// The data of a conversation that this side has begun comes as items, for which credit is still to come.
    pub(crate) fn sends_items(&mut self, key: Key) {
        if let Some(conversation) = self.get(key)
            && !conversation.over
        {
            conversation.outbound = Some(0);
        }
    }

    /// Takes back a conversation of this side of which the peer has not heard.
    pub(crate) fn forget(&mut self, key: Key) {
        if self.get(key).is_some() {
            self.remove(key.id);
        }
    }

    /// The id for a conversation of this side, if one may begin.
    fn next_id(&mut self) -> Result<u32, Refused> {
        if let Some(close) = &self.closed {
            return Err(Refused::Closed(close.clone()));
        }
        if self.ours >= self.limits.ours {
            return Err(Refused::TooMany(self.limits.ours));
        }
        loop {
            let id = self.next;
            self.next = id.wrapping_add(2);
            // Behind the highest of a server comes 0, which is no id. Fewer than there are ids may be open.
            if id != 0 && !self.open.contains_key(&id) {
                return Ok(id);
            }
        }
    }

    /// The answer to a call.
    pub(crate) fn poll_reply(&mut self, key: Key, cx: &Context<'_>) -> Poll<Result<Arrived, End>> {
        let Some(conversation) = self.get(key) else {
            return Poll::Ready(Err(End::Cancelled));
        };
        let Inbound::Reply(reply) = &mut conversation.inbound else {
            return Poll::Ready(Err(End::Cancelled));
        };
        let Some(reply) = reply.take() else {
            wait(&mut conversation.reader, cx);
            return Poll::Pending;
        };
        self.remove(key.id);
        Poll::Ready(*reply)
    }

    /// Whether a pipe that was asked for is taken; pieces come and go from then on.
    pub(crate) fn poll_piped(&mut self, key: Key, cx: &Context<'_>) -> Poll<Result<(), End>> {
        let Some(conversation) = self.get(key) else {
            return Poll::Ready(Err(End::Cancelled));
        };
        let Inbound::Asked(asked) = &mut conversation.inbound else {
            return Poll::Ready(Ok(()));
        };
        let Some(end) = asked.take() else {
            wait(&mut conversation.reader, cx);
            return Poll::Pending;
        };
        self.remove(key.id);
        Poll::Ready(Err(*end))
    }

    /// Takes a pipe of the peer, whom it is to be told; pieces come and go from then on.
    pub(crate) fn take_pipe(&mut self, key: Key) -> Option<Control> {
        let window = self.limits.window;
        let conversation = self.get(key)?;
        conversation.inbound = Inbound::items(window);
        Some(Control::Piped(key.id, self.limits.window))
    }

    /// This side ends a pipe; whether the peer is to be told.
    pub(crate) fn hang_up(&mut self, key: Key) -> bool {
        let closed = self.closed.is_some();
        let over = self
            .get(key)
            .is_none_or(|conversation| conversation.over || !conversation.is_heard());
        if self.get(key).is_some() {
            self.remove(key.id);
        }
        !over && !closed
    }

    /// The next item or piece, and what the peer is to be told for its being taken.
    pub(crate) fn poll_item(
        &mut self,
        key: Key,
        cx: &Context<'_>,
    ) -> (Poll<Result<Arrived, End>>, Option<Control>) {
        let window = self.limits.window;
        let Some(conversation) = self.get(key) else {
            return (Poll::Ready(Err(End::Cancelled)), None);
        };
        let over = conversation.over;
        let Inbound::Items(items) = &mut conversation.inbound else {
            return (Poll::Ready(Err(End::Cancelled)), None);
        };
        if let Some(arrived) = items.queue.pop_front() {
            items.taken = items
                .taken
                .saturating_add(u32::try_from(arrived.frame.len()).unwrap_or(u32::MAX));
            let mut grant = None;
            // Half of the window at a time: the peer goes on with the other half meanwhile.
            if items.end.is_none() && !over && items.taken >= window / 2 {
                let credit = std::mem::take(&mut items.taken);
                items.credit += i64::from(credit);
                grant = Some(Control::Credit(key.id, credit));
            }
            return (Poll::Ready(Ok(arrived)), grant);
        }
        if let Some(end) = &items.end {
            return (Poll::Ready(Err(end.clone())), None);
        }
        wait(&mut conversation.reader, cx);
        (Poll::Pending, None)
    }

    /// Grants the credit for the items of a call or stream of the peer, whom it is to be told.
    pub(crate) fn grant(&mut self, key: Key) -> Option<Control> {
        let window = self.limits.window;
        match &mut self.get(key)?.inbound {
            Inbound::Items(items) if items.end.is_none() => {
                items.credit += i64::from(window);
                Some(Control::Credit(key.id, window))
            }
            _ => None,
        }
    }

    /// Nobody reads what comes any more; what the peer is to be told.
    pub(crate) fn drop_reader(&mut self, key: Key) -> Option<Control> {
        let closed = self.closed.is_some();
        let ours = self.is_ours(key.id);
        let conversation = self.get(key)?;
        let cancel = (!conversation.over && !closed).then_some(Control::Cancel(key.id));
        if ours || conversation.over {
            self.remove(key.id);
            return cancel;
        }
        match std::mem::replace(&mut conversation.inbound, Inbound::Unwanted) {
            Inbound::Items(items) if items.end.is_none() => cancel,
            _ => None,
        }
    }

    /// Ready when an item may be sent; an error when no more are wanted.
    pub(crate) fn poll_credit(&mut self, key: Key, cx: &Context<'_>) -> Poll<Result<(), Over>> {
        let Some(conversation) = self.get(key) else {
            return Poll::Ready(Err(Over));
        };
        match conversation.outbound {
            None => Poll::Ready(Err(Over)),
            Some(1..) => Poll::Ready(Ok(())),
            Some(_) => {
                wait(&mut conversation.producer, cx);
                Poll::Pending
            }
        }
    }

    /// Whether items are still wanted; whoever makes them is woken when they no longer are.
    pub(crate) fn wants_items(&mut self, key: Key, cx: &Context<'_>) -> bool {
        let Some(conversation) = self.get(key) else {
            return false;
        };
        wait(&mut conversation.producer, cx);
        conversation.outbound.is_some()
    }

    /// Takes note that an item or a piece goes out; whether it may.
    pub(crate) fn spend(&mut self, key: Key, message: usize) -> bool {
        let Some(credit) = self.get(key).and_then(|open| open.outbound.as_mut()) else {
            return false;
        };
        *credit -= cost(message);
        true
    }

    /// This side sends no more items in a conversation that it began; whether the peer is to be told.
    pub(crate) fn end_items(&mut self, key: Key) -> bool {
        self.get(key)
            .is_some_and(|conversation| conversation.outbound.take().is_some())
    }

    /// Whether the peer still waits for what this side runs for it; who runs it is woken when it does not.
    pub(crate) fn is_wanted(&mut self, key: Key, cx: &Context<'_>) -> bool {
        let Some(conversation) = self.get(key) else {
            return false;
        };
        wait(&mut conversation.producer, cx);
        true
    }

    /// Whether a conversation is open.
    pub(crate) fn is_open(&mut self, key: Key) -> bool {
        self.get(key).is_some()
    }

    /// This side ends a conversation that the peer began; whether the peer is to be told.
    pub(crate) fn finish(&mut self, key: Key) -> bool {
        self.get(key).is_some() && self.remove(key.id).is_some()
    }

    /// Ends all conversations, and gives back the other ends of pipes that went through here.
    pub(crate) fn close(&mut self, close: &Close) -> Vec<R> {
        if self.closed.is_some() {
            return Vec::new();
        }
        self.closed = Some(close.clone());
        let mut relays = Vec::new();
        let mut gone = Vec::new();
        for (id, conversation) in &mut self.open {
            conversation.end(End::Closed(close.clone()));
            match &conversation.inbound {
                // What came is still to be taken.
                Inbound::Reply(_) | Inbound::Asked(_) | Inbound::Items(_) => continue,
                Inbound::Relay(relay) => relays.push(relay.to().clone()),
                Inbound::Nothing | Inbound::Unwanted => {}
            }
            gone.push(*id);
        }
        for id in gone {
            self.remove(id);
        }
        relays
    }
}

/// Items are not wanted any more.
#[derive(Debug)]
pub(crate) struct Over;

#[cfg(test)]
mod tests;
