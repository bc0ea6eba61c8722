//! What has come and waits for the handler, and how much of it may.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use tokio::time::Instant;

use crate::{
    limits::Limits,
    proto::conversation::Key,
    route::{FailedRoute, Message},
    wire::{Close, RouteId},
};

/// What the handler's part of the task has to do next.
#[derive(Debug)]
pub(super) enum Work {
    /// The meta exchange is over.
    Ready,
    /// A message for a route. Boxed, as it is passed on several times.
    Message(RouteId, Box<Message>),
    /// A call or stream of a route.
    Call(RouteId, Box<Message>, Key),
    /// A pipe, which the peer asks for or has led to here.
    Pipe(Box<Message>, Key),
    /// So many broadcasts did not come.
    Missed(u64),
    /// A concurrent route failed, and hooks are to see it.
    Failed(FailedRoute),
    /// Something to send, once there is room: an answer to a call, stream or pipe that nothing is to serve.
    Send(Bytes),
    /// Nothing more: the connection is over.
    Ended(Close),
}

impl Work {
    /// The bytes that count for the limit.
    fn bytes(&self) -> usize {
        match self {
            Self::Message(_, message) | Self::Call(_, message, _) | Self::Pipe(message, _) => {
                message.payload().len()
            }
            _ => 0,
        }
    }

    fn is_call(&self) -> bool {
        matches!(self, Self::Call(..))
    }

    /// The conversation of the peer that it begins.
    pub(super) fn conversation(&self) -> Option<Key> {
        match self {
            Self::Call(_, _, key) | Self::Pipe(_, key) => Some(*key),
            _ => None,
        }
    }
}

/// What waits while something else runs.
#[derive(Debug)]
pub(super) struct Inbox {
    queue: VecDeque<Work>,
    bytes: usize,
    /// The calls and streams in it.
    calls: usize,
    max_messages: usize,
    max_bytes: usize,
    rate: Option<Rate>,
}

impl Inbox {
    pub(super) fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            queue: VecDeque::new(),
            bytes: 0,
            calls: 0,
            max_messages: limits.queue_messages.max(1),
            max_bytes: limits.queue_bytes.max(1),
            rate: limits
                .messages_per_second
                .map(|limit| Rate::new(limit, now)),
        }
    }

    /// Counts a message. Returns whether it may come, with what comes in a second.
    #[inline]
    pub(super) fn allows_one_more(&mut self, now: impl FnOnce() -> Instant) -> bool {
        match &mut self.rate {
            None => true,
            Some(rate) => rate.allows_one_more(now()),
        }
    }

    pub(super) fn push(&mut self, work: Work) {
        self.bytes = self.bytes.saturating_add(work.bytes());
        self.calls += usize::from(work.is_call());
        self.queue.push_back(work);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<Work> {
        let work = self.queue.pop_front()?;
        self.bytes = self.bytes.saturating_sub(work.bytes());
        self.calls -= usize::from(work.is_call());
        Some(work)
    }

    /// How much waits.
    pub(super) fn len(&self) -> usize {
        self.queue.len()
    }

    /// Whether the peer is not to be read.
    pub(super) fn is_full(&self) -> bool {
        self.queue.len() >= self.max_messages || self.bytes >= self.max_bytes
    }

    /// Drops what the peer has sent. Failures of routes are still to be seen.
    pub(super) fn drop_messages(&mut self) {
        self.queue.retain(|work| matches!(work, Work::Failed(_)));
        self.bytes = 0;
        self.calls = 0;
    }

    /// Drops everything.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.bytes = 0;
        self.calls = 0;
    }

    /// Whether a call or stream waits.
    pub(super) fn has_call(&self) -> bool {
        self.calls > 0
    }

    /// The route of the first call or stream that waits.
    pub(super) fn first_call(&self) -> Option<RouteId> {
        self.queue.iter().find_map(|work| match work {
            Work::Call(route, ..) => Some(*route),
            _ => None,
        })
    }
}

/// A limit for messages in a second.
#[derive(Debug)]
struct Rate {
    limit: u32,
    left: u32,
    since: Instant,
}

impl Rate {
    fn new(limit: u32, now: Instant) -> Self {
        Self {
            limit,
            left: limit,
            since: now,
        }
    }

    fn allows_one_more(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.since) >= Duration::from_secs(1) {
            self.since = now;
            self.left = self.limit;
        }
        let left = self.left.checked_sub(1);
        self.left = left.unwrap_or(0);
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        route::{Failure, RouteError},
        wire::{DataType, Dialect},
    };

    fn message(payload: &[u8]) -> Work {
        let frame = [b"\0\0\x01\0", payload].concat().into();
        let message = Message::new(Dialect::V02, DataType::Str, frame, 1);
        Work::Message(RouteId(1), Box::new(message))
    }

    fn inbox(messages: usize, bytes: usize) -> Inbox {
        Inbox::new(
            &Limits {
                queue_messages: messages,
                queue_bytes: bytes,
                ..Limits::default()
            },
            Instant::now(),
        )
    }

    #[test]
    fn inbox_is_full_by_messages_or_by_bytes() {
        for (messages, bytes) in [(2, 100), (100, 4)] {
            let mut inbox = inbox(messages, bytes);
            inbox.push(message(b"ab"));
            assert!(!inbox.is_full());
            inbox.push(message(b"cd"));
            assert!(inbox.is_full());
            assert!(inbox.pop().is_some());
            assert!(!inbox.is_full());
        }
    }

    #[test]
    fn inbox_with_limits_of_zero_takes_one_message() {
        let mut inbox = inbox(0, 0);
        assert!(!inbox.is_full());
        inbox.push(message(b"a"));
        assert!(inbox.is_full());
    }

    #[test]
    fn first_of_the_calls_that_wait_is_known() {
        let call = |route: u16| {
            let Work::Message(_, message) = message(b"a") else {
                panic!("it is one");
            };
            Work::Call(RouteId(route), message, Key::of_test(1))
        };
        let mut inbox = inbox(100, 100);
        for work in [message(b"a"), call(2), message(b"a"), call(3)] {
            assert_eq!(inbox.has_call(), inbox.first_call().is_some());
            inbox.push(work);
        }
        for first in [Some(2), Some(2), Some(3), Some(3), None] {
            assert_eq!(inbox.first_call(), first.map(RouteId));
            assert_eq!(inbox.has_call(), first.is_some());
            inbox.pop();
        }
        for drop in [Inbox::drop_messages, Inbox::clear] {
            inbox.push(call(2));
            drop(&mut inbox);
            assert!(!inbox.has_call());
        }
    }

    #[test]
    fn failures_stay_when_messages_are_dropped() {
        let mut inbox = inbox(2, 4);
        inbox.push(message(b"abcd"));
        let error = RouteError::Failed(Failure::new("broken"));
        let failed = FailedRoute::new("route", error).expect("a failure is for the hooks");
        inbox.push(Work::Failed(failed));
        inbox.drop_messages();
        assert!(!inbox.is_full());
        assert!(matches!(inbox.pop(), Some(Work::Failed(_))));
        assert!(inbox.pop().is_none());
    }

    #[test]
    fn rate_allows_as_many_as_its_limit_in_each_second() {
        let begun = Instant::now();
        let mut rate = Rate::new(2, begun);
        let mut allows = |millis| rate.allows_one_more(begun + Duration::from_millis(millis));
        let allowed = [0, 500, 999, 1000, 1500, 1999, 2000].map(&mut allows);
        assert_eq!(allowed, [true, true, false, true, true, false, true]);
    }
}
