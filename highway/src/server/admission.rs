//! How many may come in: connections in all and of one address, and those that are not upgraded yet.

use std::{
    collections::{BTreeMap, HashMap},
    net::{IpAddr, Ipv6Addr},
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::{
    deadline::{after, until},
    limits::ServerLimits,
};

/// The descriptors that are left to the rest of the program.
const DESCRIPTORS_LEFT: usize = 64;

/// The pending upgrades that there is always room for, so that a full server can still say so and answer load balancers.
const PENDING_AT_LEAST: usize = 16;

/// The time for its request that nobody is dropped in, however many come.
const PATIENCE: Duration = Duration::from_secs(1);

/// What stands for an address that is not known.
const UNKNOWN: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// What a connection runs over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// A socket that the server accepted, which is a descriptor of the process.
    Socket,
    /// A stream that the program has handed over.
    Stream,
}

/// Counts those who are in.
#[derive(Debug)]
pub(super) struct Admission {
    connections: usize,
    per_address: Option<usize>,
    pending: usize,
    /// What connections over sockets and pending upgrades have together.
    descriptors: usize,
    inside: Mutex<Inside>,
    /// Notified when there may be room: a pending upgrade or a connection is over, or a peer has been silent for long.
    room: Notify,
}

#[derive(Debug, Default)]
struct Inside {
    connections: usize,
    /// Those of them that are over sockets.
    sockets: usize,
    /// Counted when there is a limit for one address.
    addresses: HashMap<IpAddr, usize>,
    /// By number, so the oldest come first.
    pending: BTreeMap<u64, Pending>,
    next: u64,
}

#[derive(Debug)]
struct Pending {
    silence: Silence,
    dropped: CancellationToken,
}

/// How long a peer has not sent its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Silence {
    /// For less than [`PATIENCE`].
    Short,
    /// For longer: the peer may have to make room.
    Long,
    /// The request is there.
    Over,
}

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// The server has all that it may have.
    Server,
    /// The address has.
    Address,
}

impl Admission {
    pub(super) fn new(limits: &ServerLimits) -> Arc<Self> {
        Self::with_descriptors(limits, descriptor_limit())
    }

    fn with_descriptors(limits: &ServerLimits, limit: Option<usize>) -> Arc<Self> {
        let descriptors = limit.map_or(usize::MAX, |limit| {
            limit.saturating_sub(DESCRIPTORS_LEFT).max(1)
        });
        if limits.connections > descriptors {
            tracing::warn!(
                wanted = limits.connections,
                connections = descriptors,
                "the process's limit of descriptors allows fewer connections (see `ulimit -n`)"
            );
        }
        Arc::new(Self {
            connections: limits.connections,
            per_address: limits.connections_per_address,
            pending: limits.pending_upgrades.max(1),
            descriptors,
            inside: Mutex::default(),
            room: Notify::new(),
        })
    }

    /// Nothing that can panic runs while it is held, so a poisoned lock is as good as any.
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in one more upgrade; waits for room, and makes it where a peer has been silent for long.
    pub(super) async fn begin(self: &Arc<Self>, over: Over) -> Upgrading {
        loop {
            let room = self.room.notified();
            if let Some(upgrading) = self.try_begin(over) {
                return upgrading;
            }
            room.await;
        }
    }

    fn try_begin(self: &Arc<Self>, over: Over) -> Option<Upgrading> {
        let mut inside = self.inside();
        let left = self.descriptors.saturating_sub(inside.sockets);
        let least = PENDING_AT_LEAST.min(self.pending);
        if inside.pending.len() >= left.clamp(least, self.pending) {
            let mut pending = inside.pending.iter();
            let (&oldest, _) = pending.find(|(_, pending)| pending.silence == Silence::Long)?;
            inside.pending.remove(&oldest)?.dropped.cancel();
        }
        let number = inside.next;
        inside.next += 1;
        let dropped = CancellationToken::new();
        let pending = Pending {
            silence: Silence::Short,
            dropped: dropped.clone(),
        };
        inside.pending.insert(number, pending);
        Some(Upgrading {
            admission: Arc::clone(self),
            number,
            over,
            patient_until: after(PATIENCE),
            dropped,
        })
    }

    /// Takes in a connection. Those whose address is not known count as one address.
    pub(super) fn admit(
        self: &Arc<Self>,
        address: Option<IpAddr>,
        over: Over,
    ) -> Result<Seat, Full> {
        let is_socket = over == Over::Socket;
        let mut inside = self.inside();
        if inside.connections >= self.connections || is_socket && inside.sockets >= self.descriptors
        {
            return Err(Full::Server);
        }
        let mut counted = None;
        if let Some(limit) = self.per_address {
            let address = group(address.unwrap_or(UNKNOWN));
            let count = inside.addresses.entry(address).or_default();
            if *count >= limit {
                if *count == 0 {
                    inside.addresses.remove(&address);
                }
                return Err(Full::Address);
            }
            *count += 1;
            counted = Some(address);
        }
        inside.connections += 1;
        inside.sockets += usize::from(is_socket);
        Ok(Seat {
            admission: Arc::clone(self),
            over,
            counted,
        })
    }
}

/// A connection that is not upgraded yet.
#[derive(Debug)]
pub(super) struct Upgrading {
    admission: Arc<Admission>,
    number: u64,
    over: Over,
    patient_until: Instant,
    dropped: CancellationToken,
}

impl Upgrading {
    /// The peer has sent its request: what takes time from now on is not its fault.
    pub(super) fn heard(&self) {
        if let Some(pending) = self.admission.inside().pending.get_mut(&self.number) {
            pending.silence = Silence::Over;
        }
    }

    /// Takes in the connection that it becomes.
    pub(super) fn admit(&self, address: Option<IpAddr>) -> Result<Seat, Full> {
        self.admission.admit(address, self.over)
    }

    /// Done when it has to make room, which it may have to only while this is awaited.
    pub(super) async fn dropped(&self) {
        let mut dropped = pin!(self.dropped.cancelled());
        if until(self.patient_until, dropped.as_mut()).await.is_err() {
            self.silent_for_long();
            dropped.await;
        }
    }

    fn silent_for_long(&self) {
        if let Some(pending) = self.admission.inside().pending.get_mut(&self.number)
            && pending.silence == Silence::Short
        {
            pending.silence = Silence::Long;
        } else {
            return;
        }
        self.admission.room.notify_one();
    }
}

impl Drop for Upgrading {
    fn drop(&mut self) {
        self.admission.inside().pending.remove(&self.number);
        self.admission.room.notify_one();
    }
}

/// A connection's place.
#[derive(Debug)]
pub(super) struct Seat {
    admission: Arc<Admission>,
    over: Over,
    counted: Option<IpAddr>,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut inside = self.admission.inside();
        inside.connections -= 1;
        inside.sockets -= usize::from(self.over == Over::Socket);
        if let Some(address) = self.counted
            && let Some(count) = inside.addresses.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                inside.addresses.remove(&address);
            }
        }
        drop(inside);
        // Its descriptor may be what an upgrade waits for.
        self.admission.room.notify_one();
    }
}

/// What counts as one address: whoever has an IPv6 address has the 64 bits behind the network's too.
fn group(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() >> 64 << 64;
            IpAddr::V6(network.into())
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// The descriptors that this process may have; `None` where there is no such limit.
fn descriptor_limit() -> Option<usize> {
    #[cfg(unix)]
    {
        let (limit, _) = rlimit::Resource::NOFILE.get().ok()?;
        usize::try_from(limit).ok()
    }
    #[cfg(not(unix))]
    None
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::*;

    const ADDRESS: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));

    fn admission(change: impl FnOnce(&mut ServerLimits)) -> Arc<Admission> {
        let mut limits = ServerLimits::default();
        change(&mut limits);
        Admission::with_descriptors(&limits, Some(20_000))
    }

    #[test]
    fn descriptors_bound_the_connections() {
        #[track_caller]
        fn check(descriptors: usize, connections: usize) {
            let admission =
                Admission::with_descriptors(&ServerLimits::default(), Some(descriptors));
            let seat = || admission.admit(ADDRESS, Over::Socket).ok();
            let seats: Vec<_> = std::iter::from_fn(seat).collect();
            assert_eq!(seats.len(), connections);
        }
        check(1024, 960);
        check(10_064, 10_000);
        check(usize::MAX, 10_000);
        check(10, 1);
    }

    #[test]
    fn streams_take_no_descriptor() {
        let limits = ServerLimits {
            connections: 30,
            ..ServerLimits::default()
        };
        let admission = Admission::with_descriptors(&limits, Some(DESCRIPTORS_LEFT + 20));
        let seats = |over| -> Vec<_> {
            std::iter::from_fn(|| admission.admit(ADDRESS, over).ok()).collect()
        };
        let sockets = seats(Over::Socket);
        let streams = seats(Over::Stream);
        assert_eq!((sockets.len(), streams.len()), (20, 10));
        drop(streams);
        assert_eq!(
            admission.admit(ADDRESS, Over::Socket).unwrap_err(),
            Full::Server
        );
        drop(sockets);
        let inside = admission.inside();
        assert_eq!((inside.connections, inside.sockets), (0, 0));
    }

    #[test]
    fn seat_is_free_again_after_its_connection() {
        let admission = admission(|limits| limits.connections = 2);
        let seat = admission.admit(ADDRESS, Over::Socket).unwrap();
        let _other = admission.admit(ADDRESS, Over::Socket).unwrap();
        assert_eq!(
            admission.admit(ADDRESS, Over::Socket).unwrap_err(),
            Full::Server
        );
        drop(seat);
        admission.admit(ADDRESS, Over::Socket).unwrap();
    }

    #[test]
    fn addresses_are_counted_one_by_one_and_forgotten() {
        let admission = admission(|limits| limits.connections_per_address = Some(1));
        let seat = |text: &str| admission.admit(Some(text.parse().unwrap()), Over::Socket);
        let first = seat("192.0.2.1").unwrap();
        assert_eq!(seat("192.0.2.1").unwrap_err(), Full::Address);
        assert_eq!(seat("::ffff:192.0.2.1").unwrap_err(), Full::Address);
        let second = seat("192.0.2.2").unwrap();
        let third = seat("2001:db8::1").unwrap();
        assert_eq!(seat("2001:db8::ffff:0:0:1").unwrap_err(), Full::Address);
        let fourth = seat("2001:db8:0:1::1").unwrap();
        let unknown = admission.admit(None, Over::Socket).unwrap();
        assert_eq!(
            admission.admit(None, Over::Socket).unwrap_err(),
            Full::Address
        );
        drop((first, second, third, fourth, unknown));
        assert!(admission.inside().addresses.is_empty());
        assert_eq!(admission.inside().connections, 0);
    }

    #[test]
    fn no_connection_for_an_address_leaves_no_count_behind() {
        let admission = admission(|limits| limits.connections_per_address = Some(0));
        assert_eq!(
            admission.admit(ADDRESS, Over::Socket).unwrap_err(),
            Full::Address
        );
        assert!(admission.inside().addresses.is_empty());
    }

    /// Lets a peer wait, as the task of its connection does; sends its number when it has to make room.
    fn wait(upgrading: Upgrading, dropped: &mpsc::UnboundedSender<u64>) {
        let dropped = dropped.clone();
        tokio::spawn(async move {
            upgrading.dropped().await;
            let _ = dropped.send(upgrading.number);
        });
    }

    #[tokio::test(start_paused = true)]
    async fn oldest_silent_peer_makes_room_after_a_second() {
        let admission = admission(|limits| limits.pending_upgrades = 3);
        let (sender, mut dropped) = mpsc::unbounded_channel();
        for number in 0..3 {
            let upgrading = admission.begin(Over::Socket).await;
            if number == 0 {
                upgrading.heard();
            }
            wait(upgrading, &sender);
        }
        let start = Instant::now();
        let _fourth = admission.begin(Over::Socket).await;
        assert_eq!(start.elapsed(), PATIENCE);
        assert_eq!(dropped.recv().await, Some(1));
        assert!(dropped.try_recv().is_err());
        // The one that made room is counted out only once.
        assert_eq!(admission.inside().pending.len(), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn request_that_came_while_the_process_did_not_run_is_in_time() {
        let admission = admission(|limits| limits.pending_upgrades = 1);
        let first = admission.begin(Over::Socket).await;
        let mut dropped = pin!(first.dropped());
        assert!(futures_util::poll!(dropped.as_mut()).is_pending());
        tokio::time::advance(PATIENCE * 3).await;
        let mut second = pin!(admission.begin(Over::Socket));
        assert!(futures_util::poll!(dropped.as_mut()).is_pending());
        assert!(futures_util::poll!(second.as_mut()).is_pending());
        first.heard();
        tokio::time::advance(PATIENCE * 3).await;
        assert!(futures_util::poll!(dropped.as_mut()).is_pending());
        assert!(futures_util::poll!(second.as_mut()).is_pending());
    }

    #[tokio::test(start_paused = true)]
    async fn room_is_taken_as_soon_as_there_is_some() {
        let admission = admission(|limits| limits.pending_upgrades = 1);
        let first = admission.begin(Over::Socket).await;
        first.heard();
        let start = Instant::now();
        let waiting = admission.begin(Over::Socket);
        tokio::pin!(waiting);
        assert!(futures_util::poll!(waiting.as_mut()).is_pending());
        drop(first);
        let _second = waiting.await;
        assert_eq!(start.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn connections_leave_their_descriptors_to_no_upgrade() {
        let limits = ServerLimits::default();
        let admission = Admission::with_descriptors(&limits, Some(DESCRIPTORS_LEFT + 20));
        let _seats: Vec<_> =
            std::iter::from_fn(|| admission.admit(ADDRESS, Over::Socket).ok()).collect();
        assert_eq!(admission.inside().connections, 20);
        let (sender, _dropped) = mpsc::unbounded_channel();
        for _ in 0..PENDING_AT_LEAST {
            wait(admission.begin(Over::Socket).await, &sender);
        }
        let start = Instant::now();
        let _last = admission.begin(Over::Socket).await;
        assert_eq!(start.elapsed(), PATIENCE);
    }
}
