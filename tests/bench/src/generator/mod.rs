//! The load generator: one thread, one epoll, no runtime.
//!
//! It must never be what limits a server, so a burst of requests is one write from a buffer that
//! was masked beforehand, and replies are compared with the bytes that they have to be instead of
//! being decoded. What the connections do is a [`Load`].

mod dialogue;
mod link;
mod load;
mod stream;
#[cfg(test)]
mod tests;

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::time::Timespec;
use tokio_rustls::rustls::ClientConfig;

use self::dialogue::Dialogue;
pub(crate) use self::dialogue::{Event, Language};
use self::link::Link;
pub(crate) use self::load::{Broadcast, Bursts, Echo, Fairness, Idle, Items, Load, Pipes, Storm};
use crate::scenario::Service;

/// The most that one read takes: what fits the second-level cache beside everything else.
const READ: usize = 256 * 1024;

/// Connections that are being opened at a time: fewer than any server's backlog.
pub(crate) const OPENING: usize = 64;

/// Without any event for so long, the server is taken for dead.
const PATIENCE: Duration = Duration::from_secs(10);

/// What was counted since the last reset.
#[derive(Debug)]
pub(crate) struct Tally {
    /// Echoes, deliveries or connections.
    pub(crate) messages: u64,
    /// How long they took, in nanoseconds.
    pub(crate) latency: Histogram<u64>,
    /// Bytes read, WebSocket's included.
    pub(crate) received: u64,
    /// Bytes written, likewise.
    pub(crate) sent: u64,
}

impl Tally {
    fn new() -> Self {
        // Two significant digits up to a minute: it fits the cache.
        let latency = Histogram::new_with_max(60_000_000_000, 2).expect("the bounds are valid");
        Self {
            messages: 0,
            latency,
            received: 0,
            sent: 0,
        }
    }

    fn count(&mut self, messages: usize) {
        self.messages += messages as u64;
    }

    fn record(&mut self, nanoseconds: u64, times: u64) {
        self.latency.saturating_record_n(nanoseconds.max(1), times);
    }
}

/// Connections to one server and the clock that they are measured by.
pub(crate) struct Generator {
    address: SocketAddr,
    tls: Option<Arc<ClientConfig>>,
    dialogue: Dialogue,
    service: Service,
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
    links: Vec<Option<Link>>,
    /// Places in `links` that are free again.
    free: Vec<usize>,
    /// Connections that are ready for messages.
    ready: usize,
    scratch: Vec<u8>,
    clock: Instant,
    /// What was counted.
    pub(crate) tally: Tally,
}

impl Generator {
    /// A generator for messages of `size` bytes, up to `burst` of which go out at once.
    pub(crate) fn new(
        address: SocketAddr,
        language: Language,
        service: Service,
        size: usize,
        burst: usize,
    ) -> Result<Self> {
        Ok(Self {
            address,
            tls: None,
            dialogue: Dialogue::new(language, service, size, burst),
            service,
            epoll: epoll::create(CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(1024),
            links: Vec::new(),
            free: Vec::new(),
            ready: 0,
            scratch: vec![0; READ],
            clock: Instant::now(),
            tally: Tally::new(),
        })
    }

    /// Opens connections through TLS from now on.
    pub(crate) fn use_tls(&mut self, config: Arc<ClientConfig>) {
        self.tls = Some(config);
    }

    /// Connections that have been opened and are ready for messages.
    pub(crate) fn ready(&self) -> usize {
        self.ready
    }

    /// Connections there are, ready or not.
    pub(crate) fn links(&self) -> usize {
        self.links.len() - self.free.len()
    }

    /// Handles events until `done` says so; `done` is asked after each batch.
    pub(crate) fn run(
        &mut self,
        load: &mut impl Load,
        mut done: impl FnMut(&mut Self) -> bool,
    ) -> Result<()> {
        let mut last_event = Instant::now();
        while !done(self) {
            if self.turn(load)? > 0 {
                last_event = Instant::now();
            } else if last_event.elapsed() > PATIENCE {
                let message = format!("nothing came from the server for {PATIENCE:?}");
                return Err(Error::new(ErrorKind::TimedOut, message));
            }
        }
        Ok(())
    }

    /// Starts the tally anew.
    pub(crate) fn reset(&mut self) {
        self.tally = Tally::new();
    }

    fn turn(&mut self, load: &mut impl Load) -> Result<usize> {
        self.events.clear();
        let wait = Timespec::try_from(load.wait()).ok();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), wait.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        for at in 0..self.events.len() {
            let epoll::Event { flags, data } = self.events[at];
            self.handle(
                load,
                usize::try_from(data.u64()).map_err(Error::other)?,
                flags,
            )?;
        }
        load.turned(self)?;
        Ok(self.events.len())
    }

    fn handle(&mut self, load: &mut impl Load, index: usize, flags: EventFlags) -> Result<()> {
        if flags.contains(EventFlags::OUT) {
            self.flush(index)?;
        }
        let others = EventFlags::IN | EventFlags::HUP | EventFlags::ERR;
        let Some(link) = self.links[index]
            .as_mut()
            .filter(|_| flags.intersects(others))
        else {
            return Ok(());
        };
        let (length, progress) = link.read(&mut self.dialogue, &mut self.scratch)?;
        self.tally.received += length as u64;
        if progress.ready {
            self.ready += 1;
            load.ready(self, index)?;
        }
        if progress.replies > 0 {
            load.replies(self, index, progress.replies)?;
        }
        for event in progress.events {
            load.heard(self, index, event)?;
        }
        if progress.closed {
            let born = self.drop_link(index);
            load.closed(self, born)?;
        } else {
            self.flush(index)?;
        }
        Ok(())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    /// Opens one more connection.
    pub(crate) fn open(&mut self) -> Result<()> {
        let index = self.free.pop().unwrap_or(self.links.len());
        let role = match self.service {
            Service::Pipes => index % 2,
            _ => 0,
        };
        let link = Link::open(
            self.address,
            self.tls.as_ref(),
            self.dialogue.path(),
            role,
            self.now(),
        )?;
        epoll::add(
            &self.epoll,
            &link.stream,
            EventData::new_u64(index as u64),
            EventFlags::IN,
        )?;
        if index == self.links.len() {
            self.links.push(Some(link));
        } else {
            self.links[index] = Some(link);
        }
        self.flush(index)
    }

    /// Bytes of a message's data.
    fn size(&self) -> usize {
        self.dialogue.size
    }

    fn drop_link(&mut self, index: usize) -> u64 {
        self.free.push(index);
        self.ready -= 1;
        // The end of the stream takes it out of the epoll.
        self.links[index].take().map_or(0, |link| link.born)
    }

    fn link(&mut self, index: usize) -> &mut Link {
        self.links[index]
            .as_mut()
            .expect("loads name only links that are there")
    }

    /// Sends requests at once, as one burst, without noting when.
    fn send(&mut self, index: usize, requests: usize) -> Result<()> {
        let link = self.links[index]
            .as_mut()
            .expect("loads name only links that are there");
        link.owe(requests, &self.dialogue.patterns);
        self.flush(index)
    }

    /// Sends frames that are no requests.
    fn say(&mut self, index: usize, frames: &[u8]) -> Result<()> {
        self.link(index).say(frames);
        self.flush(index)
    }

    /// Sends requests at once and notes when.
    fn send_timed(&mut self, index: usize, requests: usize) -> Result<()> {
        let now = self.now();
        self.link(index)
            .departures
            .extend(std::iter::repeat_n(now, requests));
        self.send(index, requests)
    }

    /// Counts replies to what `send_timed` sent.
    fn settle(&mut self, index: usize, replies: usize) {
        let now = self.now();
        self.tally.count(replies);
        for _ in 0..replies {
            if let Some(departure) = self.link(index).departures.pop_front() {
                self.tally.record(now - departure, 1);
            }
        }
    }

    fn flush(&mut self, index: usize) -> Result<()> {
        let Some(link) = self.links[index].as_mut() else {
            return Ok(());
        };
        let (length, all) = link.write(&self.dialogue.patterns)?;
        self.tally.sent += length as u64;
        if all == link.watches_room {
            link.watches_room = !all;
            let flags = if all {
                EventFlags::IN
            } else {
                EventFlags::IN | EventFlags::OUT
            };
            let data = EventData::new_u64(index as u64);
            epoll::modify(&self.epoll, &link.stream, data, flags)?;
        }
        Ok(())
    }
}
