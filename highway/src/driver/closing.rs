//! How a connection comes to its end: its phases, and how long each of them may take. Without a clock and without a socket: what
//! is to be done comes back as a [`Step`].

use std::{fmt, time::Duration};

use crate::{
    proto::Role,
    wire::{Close, CloseCode},
};

/// The bytes that are read and thrown away after a close that the peer may not have seen.
pub(super) const DISCARDED: usize = 16 * 1024 * 1024;

/// The time for that, and for a peer that broke the protocol to end the connection.
const DISCARD_TIMEOUT: Duration = Duration::from_secs(2);

/// Where a connection stands.
#[derive(Debug)]
enum Phase {
    /// Messages come and go.
    Open,
    /// This side has closed and waits for the peer's answer.
    Closing(Close),
    /// The last close frame is on its way; what the peer still sends is thrown away until it ends the connection, so that
    /// it gets to see the frame (a reset would discard it). Messages that came before the peer's close are still handled.
    Draining {
        close: Close,
        shut: bool,
        /// The bytes that are still thrown away.
        left: usize,
    },
    /// The socket is done with. Routes that still run have some time.
    Ended(Close),
}

/// What is to be done as a connection comes nearer to its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) kind: StepKind,
    /// How the connection closes.
    pub(super) close: Close,
    /// The time that it has at most.
    pub(super) time: Duration,
}

/// See [`Step`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepKind {
    /// Drop the messages that wait, and send a close frame behind what is to be sent.
    Close,
    /// Answer the peer's close frame.
    Answer,
    /// Write what waits, without a word about the end.
    Write,
    /// Nothing is sent and read any more.
    End {
        /// The peer has not taken everything: nothing of it stays in the system.
        reset: bool,
        /// Drop what runs and what waits.
        drop: bool,
    },
}

/// What is to be done with a socket to which everything is written.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Drain {
    /// Nothing: the connection is not so far.
    Nothing,
    /// Tell the peer that nothing more comes.
    ShutDown,
    /// Read and throw away.
    Discard,
    /// It is done with.
    Over(Step),
}

/// Where a connection stands on the way to its end.
#[derive(Debug)]
pub(super) struct Closing {
    phase: Phase,
    /// The time for a closing handshake, and for routes that run when the connection is gone.
    timeout: Duration,
}

impl Closing {
    pub(super) fn new(timeout: Duration) -> Self {
        Self {
            phase: Phase::Open,
            timeout,
        }
    }

    #[inline]
    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Open)
    }

    /// Whether the peer's answer to this side's close frame is to be read.
    pub(super) fn awaits_answer(&self) -> bool {
        matches!(self.phase, Phase::Closing(_))
    }

    /// How the connection has ended.
    pub(super) fn ended(&self) -> Option<&Close> {
        match &self.phase {
            Phase::Ended(close) => Some(close),
            _ => None,
        }
    }

    /// How the connection closes.
    fn close(&self) -> Option<&Close> {
        match &self.phase {
            Phase::Open => None,
            Phase::Closing(close) | Phase::Draining { close, .. } | Phase::Ended(close) => {
                Some(close)
            }
        }
    }

    /// This side closes, in a shorter time than usual if `within` is one. `None` when the connection closes already.
    pub(super) fn begin(&mut self, close: Close, within: Option<Duration>) -> Option<Step> {
        self.is_open().then(|| {
            self.phase = Phase::Closing(close.clone());
            Step {
                kind: StepKind::Close,
                close,
                time: within.map_or(self.timeout, |within| within.min(self.timeout)),
            }
        })
    }

    /// This side closes as the peer broke the protocol: where its next frame would begin is not known, so that its answer can't be
    /// read.
    pub(super) fn begin_blindly(&mut self, close: Close) -> Option<Step> {
        let mut step = self.begin(close, None)?;
        step.time = DISCARD_TIMEOUT.min(self.timeout);
        self.drain(&step.close, DISCARDED);
        Some(step)
    }

    /// The peer has sent a close frame, behind which it sends nothing. It is answered at once, though messages wait: a route that
    /// waits for the connection's end would wait for itself.
    pub(super) fn peer_closed(&mut self, close: Close) -> Step {
        self.drain(&close, 0);
        Step {
            kind: StepKind::Answer,
            close,
            time: self.timeout,
        }
    }

    /// The peer sends nothing more, and has not closed. It may still read, so that what waits is written.
    pub(super) fn peer_lost(&mut self) -> Step {
        let close = lost();
        self.drain(&close, 0);
        Step {
            kind: StepKind::Write,
            close,
            time: self.timeout,
        }
    }

    /// The peer has answered this side's close frame, or nothing that can be read comes from it: then so many bytes are thrown away.
    pub(super) fn answered(&mut self, left: usize) {
        if let Phase::Closing(close) = &self.phase {
            let close = close.clone();
            self.drain(&close, left);
        }
    }

    fn drain(&mut self, close: &Close, left: usize) {
        self.phase = Phase::Draining {
            close: close.clone(),
            shut: false,
            left,
        };
    }

    /// Everything is written: what there is to do next.
    pub(super) fn flushed(&mut self) -> Drain {
        match &self.phase {
            Phase::Draining { shut: false, .. } => Drain::ShutDown,
            // A peer that has closed as well may still be sent an end of the stream: the server ends TCP first.
            Phase::Draining { left: 0, .. } => Drain::Over(self.end()),
            Phase::Draining { .. } => Drain::Discard,
            Phase::Open | Phase::Closing(_) | Phase::Ended(_) => Drain::Nothing,
        }
    }

    /// The peer was told that nothing more comes.
    pub(super) fn shut_down(&mut self) {
        if let Phase::Draining { shut, .. } = &mut self.phase {
            *shut = true;
        }
    }

    /// So much was thrown away; nothing, when the peer has ended the connection.
    pub(super) fn discarded(&mut self, bytes: usize) {
        if let Phase::Draining { left, .. } = &mut self.phase {
            *left = if bytes == 0 {
                0
            } else {
                left.saturating_sub(bytes)
            };
        }
    }

    /// The socket is done with.
    pub(super) fn end(&mut self) -> Step {
        let close = self.close().cloned().unwrap_or_else(lost);
        self.end_with(close, false, false)
    }

    /// The connection is over, whatever it was to close with.
    pub(super) fn fail(&mut self, reason: &'static str, reset: bool) -> Step {
        let close = Close::new(CloseCode::ABNORMAL, reason);
        self.end_with(close, reset, false)
    }

    /// The connection is to end at once, and what still runs has no time.
    pub(super) fn cut(&mut self) -> Step {
        let gone = || Close::new(CloseCode::ABNORMAL, "the server is gone");
        let close = self.close().cloned().unwrap_or_else(gone);
        let mut step = self.end_with(close, false, true);
        step.time = Duration::ZERO;
        step
    }

    /// The phase has had its time; `unwritten` is whether the peer has not taken everything. `None` when only routes are left, which
    /// have had theirs.
    pub(super) fn overdue(&mut self, unwritten: bool) -> Option<Step> {
        let close = match &self.phase {
            Phase::Open | Phase::Ended(_) => return None,
            Phase::Closing(_) | Phase::Draining { .. } if unwritten => {
                Close::new(CloseCode::ABNORMAL, "the peer did not read in time")
            }
            Phase::Closing(close) | Phase::Draining { close, .. } => close.clone(),
        };
        Some(self.end_with(close, true, true))
    }

    fn end_with(&mut self, close: Close, reset: bool, drop: bool) -> Step {
        self.phase = Phase::Ended(close.clone());
        Step {
            kind: StepKind::End { reset, drop },
            close,
            time: self.timeout,
        }
    }
}

fn lost() -> Close {
    Close::new(CloseCode::ABNORMAL, "the connection was lost")
}

/// The close for something that is larger than this side takes. Both sides learn how large it was, and whose limit it was.
pub(super) fn too_large(role: Role, what: fmt::Arguments<'_>, limit: usize) -> Close {
    let whose = match role {
        Role::Server => "the server",
        Role::Client => "the client",
        Role::Opener | Role::Reached => "the receiver",
    };
    let reason = format!("{what}, and {whose} takes {limit} at most");
    Close::new(CloseCode::TOO_LARGE, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: Duration = Duration::from_secs(10);
    const BYE: Close = Close::NORMAL;

    fn open() -> Closing {
        Closing::new(TIMEOUT)
    }

    fn step(kind: StepKind, close: Close, time: Duration) -> Step {
        Step { kind, close, time }
    }

    const END: StepKind = StepKind::End {
        reset: false,
        drop: false,
    };
    const OVERDUE: StepKind = StepKind::End {
        reset: true,
        drop: true,
    };

    #[track_caller]
    fn check_drained(closing: &mut Closing, close: &Close) {
        assert_eq!(closing.flushed(), Drain::ShutDown);
        closing.shut_down();
        let end = step(END, close.clone(), TIMEOUT);
        assert_eq!(closing.flushed(), Drain::Over(end));
        assert_eq!(closing.ended(), Some(close));
    }

    #[test]
    fn this_side_closes_and_the_peer_answers() {
        let mut closing = open();
        assert!(closing.is_open() && closing.flushed() == Drain::Nothing);
        let begun = closing.begin(BYE, None);
        assert_eq!(begun, Some(step(StepKind::Close, BYE, TIMEOUT)));
        assert!(closing.awaits_answer() && closing.flushed() == Drain::Nothing);
        assert_eq!(closing.begin(Close::GOING_AWAY, None), None);
        closing.answered(0);
        assert!(!closing.awaits_answer());
        check_drained(&mut closing, &BYE);
    }

    #[test]
    fn the_peer_closes() {
        let mut closing = open();
        let answer = step(StepKind::Answer, BYE, TIMEOUT);
        assert_eq!(closing.peer_closed(BYE), answer);
        assert_eq!(closing.begin(Close::GOING_AWAY, None), None);
        check_drained(&mut closing, &BYE);
    }

    #[test]
    fn the_peer_is_lost_and_what_waits_is_written() {
        let mut closing = open();
        assert_eq!(closing.peer_lost(), step(StepKind::Write, lost(), TIMEOUT));
        check_drained(&mut closing, &lost());
    }

    #[test]
    fn what_a_peer_that_broke_the_protocol_still_sends_is_thrown_away_up_to_a_bound() {
        let mut closing = open();
        let begun = closing.begin_blindly(Close::PROTOCOL_ERROR);
        let close = step(StepKind::Close, Close::PROTOCOL_ERROR, DISCARD_TIMEOUT);
        assert_eq!(begun, Some(close));
        assert_eq!(closing.flushed(), Drain::ShutDown);
        closing.shut_down();
        for bytes in [1, DISCARDED - 2] {
            closing.discarded(bytes);
            assert_eq!(closing.flushed(), Drain::Discard);
        }
        closing.discarded(2);
        let end = step(END, Close::PROTOCOL_ERROR, TIMEOUT);
        assert_eq!(closing.flushed(), Drain::Over(end));
    }

    #[test]
    fn peer_that_broke_the_protocol_has_no_longer_than_any_close() {
        let short = DISCARD_TIMEOUT / 4;
        let begun = Closing::new(short).begin_blindly(Close::PROTOCOL_ERROR);
        let close = step(StepKind::Close, Close::PROTOCOL_ERROR, short);
        assert_eq!(begun, Some(close));
    }

    #[test]
    fn nothing_more_to_throw_away_is_the_end() {
        let mut closing = open();
        closing.begin(BYE, None);
        closing.answered(DISCARDED);
        closing.shut_down();
        assert_eq!(closing.flushed(), Drain::Discard);
        closing.discarded(0);
        assert_eq!(closing.flushed(), Drain::Over(step(END, BYE, TIMEOUT)));
    }

    #[test]
    fn close_takes_no_longer_than_its_limit_and_less_where_that_is_asked_for() {
        let asked = [Duration::from_secs(1), Duration::MAX];
        let times = asked.map(|within| open().begin(BYE, Some(within)).map(|step| step.time));
        assert_eq!(times, [Some(Duration::from_secs(1)), Some(TIMEOUT)]);
    }

    #[test]
    fn close_that_takes_too_long_is_the_end_of_what_runs_too() {
        for (unwritten, close) in [
            (false, BYE),
            (
                true,
                Close::new(CloseCode::ABNORMAL, "the peer did not read in time"),
            ),
        ] {
            let mut closing = open();
            assert_eq!(closing.overdue(unwritten), None);
            closing.begin(BYE, None);
            let overdue = closing.overdue(unwritten);
            assert_eq!(overdue, Some(step(OVERDUE, close.clone(), TIMEOUT)));
            assert_eq!(closing.ended(), Some(&close));
            assert_eq!(closing.overdue(unwritten), None);
        }
    }

    #[test]
    fn cut_leaves_no_time_and_keeps_how_the_connection_closes() {
        let kind = StepKind::End {
            reset: false,
            drop: true,
        };
        let mut closing = open();
        let gone = Close::new(CloseCode::ABNORMAL, "the server is gone");
        assert_eq!(closing.cut(), step(kind, gone, Duration::ZERO));
        let mut closing = open();
        closing.begin(BYE, None);
        assert_eq!(closing.cut(), step(kind, BYE, Duration::ZERO));
    }
}
