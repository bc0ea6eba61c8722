//! What the connections do: one type for each mode.

use std::collections::VecDeque;
use std::io::Result;
use std::time::Duration;

use super::dialogue::Dialogue;
use super::{Event, Generator};
use crate::wire::{GRANT, HEAD};

/// Decides what is sent when. Connections are named by their index in the generator.
pub(crate) trait Load {
    /// A connection is ready for messages.
    fn ready(&mut self, _: &mut Generator, _link: usize) -> Result<()> {
        Ok(())
    }

    /// All connections are ready.
    fn start(&mut self, _: &mut Generator) -> Result<()> {
        Ok(())
    }

    /// Replies have come.
    fn replies(&mut self, generator: &mut Generator, link: usize, count: usize) -> Result<()>;

    /// The server has told something of a pipe.
    fn heard(&mut self, _: &mut Generator, _link: usize, _: Event) -> Result<()> {
        Ok(())
    }

    /// A connection that was begun at `born` has been closed.
    fn closed(&mut self, _: &mut Generator, _born: u64) -> Result<()> {
        Ok(())
    }

    /// All events that were there have been handled.
    fn turned(&mut self, _: &mut Generator) -> Result<()> {
        Ok(())
    }

    /// The measured time is over.
    fn finish(&mut self, _: &mut Generator) {}

    /// How long to wait for the next event.
    fn wait(&self) -> Duration {
        Duration::from_millis(10)
    }
}

/// Each connection keeps so many messages under way.
#[derive(Debug)]
pub(crate) struct Echo {
    /// Messages under way.
    pub(crate) in_flight: usize,
}

impl Load for Echo {
    fn start(&mut self, generator: &mut Generator) -> Result<()> {
        (0..generator.links()).try_for_each(|link| generator.send_timed(link, self.in_flight))
    }

    fn replies(&mut self, generator: &mut Generator, link: usize, count: usize) -> Result<()> {
        generator.settle(link, count);
        generator.send_timed(link, count)
    }
}

/// One connection sends bursts, each when all of the one before is back, and falls silent after the last.
#[derive(Debug)]
pub(crate) struct Bursts {
    /// Messages of a burst.
    size: usize,
    /// Bursts that are still to be sent.
    left: usize,
    /// Messages of the last one that are not back yet.
    under_way: usize,
}

impl Bursts {
    /// So many bursts of so many messages.
    pub(crate) fn new(size: usize, bursts: usize) -> Self {
        Self {
            size,
            left: bursts,
            under_way: 0,
        }
    }

    fn next(&mut self, generator: &mut Generator, link: usize) -> Result<()> {
        if self.under_way == 0 && self.left > 0 {
            self.left -= 1;
            self.under_way = self.size;
            generator.send_timed(link, self.size)?;
        }
        Ok(())
    }
}

impl Load for Bursts {
    fn start(&mut self, generator: &mut Generator) -> Result<()> {
        self.next(generator, 0)
    }

    fn replies(&mut self, generator: &mut Generator, link: usize, count: usize) -> Result<()> {
        generator.settle(link, count);
        self.under_way -= count;
        self.next(generator, link)
    }
}

/// The first connection publishes; a message is followed by the next when everybody has it.
#[derive(Debug)]
pub(crate) struct Broadcast {
    in_flight: usize,
    /// Messages that each subscriber has got.
    delivered: Vec<u64>,
    /// Of each message under way: when it was published, and how many lack it.
    under_way: VecDeque<(u64, usize)>,
    /// The number of the first of them.
    first: u64,
}

const PUBLISHER: usize = 0;

impl Broadcast {
    /// So many messages are under way to so many subscribers.
    pub(crate) fn new(in_flight: usize, subscribers: usize) -> Self {
        let delivered = vec![0; subscribers];
        Self {
            in_flight,
            delivered,
            under_way: VecDeque::new(),
            first: 0,
        }
    }

    fn publish(&mut self, generator: &mut Generator, count: usize) -> Result<()> {
        let message = (generator.now(), self.delivered.len());
        self.under_way.extend(std::iter::repeat_n(message, count));
        generator.send(PUBLISHER, count)
    }
}

impl Load for Broadcast {
    fn start(&mut self, generator: &mut Generator) -> Result<()> {
        self.publish(generator, self.in_flight)
    }

    fn replies(&mut self, generator: &mut Generator, link: usize, count: usize) -> Result<()> {
        let now = generator.now();
        let skipped = usize::try_from(self.delivered[link] - self.first).unwrap_or(usize::MAX);
        self.delivered[link] += count as u64;
        for (published, lacking) in self.under_way.iter_mut().skip(skipped).take(count) {
            *lacking -= 1;
            generator.tally.record(now - *published, 1);
        }
        generator.tally.count(count);
        let complete = self
            .under_way
            .iter()
            .take_while(|(_, lacking)| *lacking == 0)
            .count();
        if complete > 0 {
            self.under_way.drain(..complete);
            self.first += complete as u64;
            self.publish(generator, complete)?;
        }
        Ok(())
    }
}

/// Credit for items or pieces, which each reader grants as it reads.
#[derive(Debug)]
struct Reading {
    /// Of each connection: the bytes that came since it granted.
    read: Vec<usize>,
}

impl Reading {
    fn new(links: usize) -> Self {
        let read = vec![0; links];
        Self { read }
    }

    /// Items or pieces have come; what they cost is granted again.
    fn took(&mut self, generator: &mut Generator, link: usize, count: usize) -> Result<()> {
        generator.tally.count(count);
        self.read[link] += count * (HEAD + generator.size());
        let grants = self.read[link] / GRANT as usize;
        self.read[link] %= GRANT as usize;
        if grants > 0 {
            generator.send(link, grants)?;
        }
        Ok(())
    }
}

/// Each connection reads a stream that never ends.
#[derive(Debug)]
pub(crate) struct Items(Reading);

impl Items {
    /// On so many connections.
    pub(crate) fn new(links: usize) -> Self {
        Self(Reading::new(links))
    }
}

impl Load for Items {
    fn start(&mut self, generator: &mut Generator) -> Result<()> {
        let opening = generator.dialogue.opening.clone();
        (0..generator.links()).try_for_each(|link| generator.say(link, &opening))
    }

    fn replies(&mut self, generator: &mut Generator, link: usize, count: usize) -> Result<()> {
        self.0.took(generator, link, count)
    }
}

/// Of each two connections the first writes into a pipe to the second one, as much as that grants.
#[derive(Debug)]
pub(crate) struct Pipes {
    reading: Reading,
    /// Of each connection: the bytes that it wrote beyond its credit.
    debt: Vec<usize>,
}

impl Pipes {
    /// Between so many connections.
    pub(crate) fn new(links: usize) -> Self {
        Self {
            reading: Reading::new(links),
            debt: vec![0; links],
        }
    }
}

impl Load for Pipes {
    fn start(&mut self, generator: &mut Generator) -> Result<()> {
        for writer in (0..generator.links()).step_by(2) {
            if let Some(number) = generator.link(writer + 1).number {
                generator.say(writer, &Dialogue::ask_for_pipe(number))?;
            }
        }
        Ok(())
    }

    fn heard(&mut self, generator: &mut Generator, link: usize, event: Event) -> Result<()> {
        match event {
            Event::Asked(id) => generator.say(link, &Dialogue::take_pipe(id)),
            Event::Granted(credit) => {
                let piece = HEAD + generator.size();
                // One more than there is credit for in full: the last may take it below zero.
                let room = (credit as usize).saturating_sub(self.debt[link]);
                let pieces = room.div_ceil(piece);
                self.debt[link] = self.debt[link] + pieces * piece - credit as usize;
                generator.send(link, pieces)
            }
        }
    }

    fn replies(&mut self, generator: &mut Generator, link: usize, count: usize) -> Result<()> {
        self.reading.took(generator, link, count)
    }
}

/// A connection does one echo and closes; a new one takes its place.
#[derive(Debug)]
pub(crate) struct Storm;

impl Load for Storm {
    fn ready(&mut self, generator: &mut Generator, link: usize) -> Result<()> {
        generator.send(link, 1)
    }

    fn replies(&mut self, generator: &mut Generator, link: usize, _: usize) -> Result<()> {
        generator.link(link).close();
        Ok(())
    }

    fn closed(&mut self, generator: &mut Generator, born: u64) -> Result<()> {
        let now = generator.now();
        generator.tally.count(1);
        generator.tally.record(now - born, 1);
        generator.open()
    }
}

/// A connection does one echo and is silent from then on.
#[derive(Debug)]
pub(crate) struct Idle;

impl Load for Idle {
    fn ready(&mut self, generator: &mut Generator, link: usize) -> Result<()> {
        generator.send_timed(link, 1)
    }

    fn replies(&mut self, generator: &mut Generator, link: usize, count: usize) -> Result<()> {
        generator.settle(link, count);
        Ok(())
    }
}

/// The first connection sends as much as its socket takes; each of the others sends one message,
/// waits for the answer, pauses, and so on. Only the latter's latencies are recorded.
#[derive(Debug, Default)]
pub(crate) struct Fairness {
    started: bool,
    /// When which of the others sends again, in order.
    due: VecDeque<(u64, usize)>,
}

const BUSY: usize = 0;

/// Between an answer and the next message of a quiet connection, in nanoseconds.
const PAUSE: u64 = 2_000_000;

/// Messages of one write of the busy connection.
const FLOOD: usize = 1024;

impl Load for Fairness {
    fn start(&mut self, generator: &mut Generator) -> Result<()> {
        self.started = true;
        self.due = (BUSY + 1..generator.links())
            .map(|link| (0, link))
            .collect();
        Ok(())
    }

    fn replies(&mut self, generator: &mut Generator, link: usize, count: usize) -> Result<()> {
        if link == BUSY {
            generator.tally.count(count);
        } else {
            generator.settle(link, count);
            self.due.push_back((generator.now() + PAUSE, link));
        }
        Ok(())
    }

    fn turned(&mut self, generator: &mut Generator) -> Result<()> {
        if self.started && !generator.link(BUSY).owes() {
            generator.send(BUSY, FLOOD)?;
        }
        let now = generator.now();
        while let Some((_, link)) = self.due.pop_front_if(|(due, _)| *due <= now) {
            generator.send_timed(link, 1)?;
        }
        Ok(())
    }

    fn finish(&mut self, generator: &mut Generator) {
        // A connection that the server starves for good has to show as well.
        let now = generator.now();
        for link in BUSY + 1..generator.links() {
            if let Some(departure) = generator.link(link).departures.front().copied() {
                generator.tally.record(now - departure, 1);
            }
        }
    }

    fn wait(&self) -> Duration {
        // The quiet connections' pauses end between events.
        Duration::ZERO
    }
}
