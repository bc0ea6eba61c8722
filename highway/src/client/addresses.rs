//! TCP to whichever of a server's addresses answers first, as RFC 8305 ("Happy Eyeballs") has it: a name may stand for addresses of
//! which some swallow everything, such as those of an IPv6 that leads nowhere.

use std::{collections::VecDeque, fmt, io, net::SocketAddr, time::Duration};

use futures_util::{
    future::OptionFuture,
    stream::{FuturesUnordered, StreamExt},
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, sleep_until},
};

use crate::{
    deadline::{after, until},
    error::ConnectError,
};

/// The time that an address has for itself before the next one is tried beside it (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Connects to a name or an address.
pub(super) async fn connect(host: &str, port: u16, by: Instant) -> Result<TcpStream, ConnectError> {
    let found = until(by, lookup_host((host, port)));
    let found = found.await.map_err(|_| ConnectError::Timeout)?;
    race(found.map_err(ConnectError::Io)?, by).await
}

/// Connects to the first of the addresses that takes a connection. The attempts to the others are dropped.
async fn race(
    addresses: impl Iterator<Item = SocketAddr>,
    by: Instant,
) -> Result<TcpStream, ConnectError> {
    let mut next = alternating(addresses);
    let all: Vec<_> = next.iter().copied().collect();
    let mut failed = Vec::new();
    let mut attempts = FuturesUnordered::new();
    let race = async {
        let mut due = None;
        loop {
            if due.is_none_or(|due| due <= Instant::now())
                && let Some(address) = next.pop_front()
            {
                attempts.push(async move { (address, TcpStream::connect(address).await) });
                due = (!next.is_empty()).then(|| after(ATTEMPT_DELAY));
            }
            let pause = OptionFuture::from(due.map(sleep_until));
            tokio::select! {
                biased;
                ended = attempts.next() => match ended {
                    Some((_, Ok(stream))) => return Some(stream),
                    Some((address, Err(error))) => {
                        failed.push((address, error));
                        due = None;
                    }
                    None => return None,
                },
                Some(()) = pause => {}
            }
        }
    };
    match until(by, race).await {
        Ok(Some(stream)) => Ok(stream),
        // Addresses that swallow everything fail by nothing else than the time.
        Err(_) if failed.is_empty() => Err(ConnectError::Timeout),
        Ok(None) | Err(_) => Err(ConnectError::Io(Failures::of(&all, failed))),
    }
}

/// The addresses without those that come twice, and the families in turn, beginning with the first one's.
fn alternating(addresses: impl Iterator<Item = SocketAddr>) -> VecDeque<SocketAddr> {
    let mut all: Vec<SocketAddr> = Vec::new();
    for address in addresses {
        if !all.contains(&address) {
            all.push(address);
        }
    }
    let first = all.first().map(SocketAddr::is_ipv6);
    let (mut one, mut other): (VecDeque<_>, VecDeque<_>) = all
        .into_iter()
        .partition(|address| Some(address.is_ipv6()) == first);
    let mut alternating = VecDeque::new();
    while let Some(address) = one.pop_front() {
        alternating.push_back(address);
        std::mem::swap(&mut one, &mut other);
        if one.is_empty() {
            std::mem::swap(&mut one, &mut other);
        }
    }
    alternating
}

/// Why none of several addresses took a connection.
#[derive(Debug)]
struct Failures(Vec<(SocketAddr, Option<io::Error>)>);

impl Failures {
    /// The error of one address as it is; those of several together, in the order in which they were tried.
    fn of(all: &[SocketAddr], mut failed: Vec<(SocketAddr, io::Error)>) -> io::Error {
        if let ([_], Some((_, error))) = (all, failed.pop_if(|_| all.len() == 1)) {
            return error;
        }
        let mut kinds = failed.iter().map(|(_, error)| error.kind());
        let kind = match (kinds.next(), failed.len() == all.len()) {
            (Some(first), true) if kinds.all(|kind| kind == first) => first,
            (Some(_), true) => io::ErrorKind::Other,
            (None, true) => {
                return io::Error::new(io::ErrorKind::NotFound, "the name stands for no address");
            }
            (_, false) => io::ErrorKind::TimedOut,
        };
        let each = all.iter().map(|&address| {
            let of_it = failed.iter().position(|(failed, _)| *failed == address);
            (address, of_it.map(|place| failed.swap_remove(place).1))
        });
        io::Error::new(kind, Self(each.collect()))
    }
}

impl fmt::Display for Failures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, (address, error)) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("; ")?;
            }
            match error {
                Some(error) => write!(f, "{address}: {error}")?,
                None => write!(f, "{address}: no answer in time")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Failures {}

#[cfg(test)]
mod tests {
    use tokio::net::{TcpListener, TcpSocket};

    use super::*;

    /// An address that swallows everything: its backlog is full, and nobody accepts.
    struct Silent {
        address: SocketAddr,
        _listener: TcpListener,
        _waiting: Vec<TcpStream>,
    }

    impl Silent {
        async fn new(address: &str) -> Self {
            let address: SocketAddr = address.parse().unwrap();
            let socket = if address.is_ipv6() {
                TcpSocket::new_v6().unwrap()
            } else {
                TcpSocket::new_v4().unwrap()
            };
            socket.bind(address).unwrap();
            let listener = socket.listen(1).unwrap();
            let address = listener.local_addr().unwrap();
            let mut waiting = Vec::new();
            // What is swallowed may be noticed only by nothing coming back.
            let quiet = Duration::from_millis(300);
            while let Ok(connected) = tokio::time::timeout(quiet, TcpStream::connect(address)).await
            {
                waiting.push(connected.unwrap());
                assert!(waiting.len() < 10_000, "the backlog never gets full");
            }
            Self {
                address,
                _listener: listener,
                _waiting: waiting,
            }
        }
    }

    async fn listener() -> (TcpListener, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (listener, address)
    }

    /// An address of which nothing listens: connections are refused at once.
    async fn refusing() -> SocketAddr {
        listener().await.1
    }

    async fn race_for(
        addresses: &[SocketAddr],
        time: Duration,
    ) -> (Result<TcpStream, ConnectError>, Duration) {
        let begun = Instant::now();
        let raced = race(addresses.iter().copied(), after(time)).await;
        (raced, begun.elapsed())
    }

    const LONG: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn address_that_swallows_everything_holds_nobody_up() {
        let silent = Silent::new("127.0.0.1:0").await;
        let (_listener, address) = listener().await;
        let (raced, took) = race_for(&[silent.address, address], LONG).await;
        assert_eq!(raced.unwrap().peer_addr().unwrap(), address);
        assert!((ATTEMPT_DELAY..LONG / 3).contains(&took), "{took:?}");
        // The one after a refusal is tried at once.
        let several = [refusing().await, silent.address, refusing().await, address];
        let (raced, took) = race_for(&several, LONG).await;
        assert_eq!(raced.unwrap().peer_addr().unwrap(), address);
        assert!((ATTEMPT_DELAY..LONG / 3).contains(&took), "{took:?}");
    }

    #[tokio::test]
    async fn address_that_answers_is_the_only_one_that_is_tried() {
        let (first, address) = listener().await;
        let (second, other) = listener().await;
        let (raced, _) = race_for(&[address, other], LONG).await;
        let stream = raced.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
        first.accept().await.unwrap();
        let quiet = tokio::time::timeout(ATTEMPT_DELAY * 2, second.accept()).await;
        assert!(quiet.is_err());
    }

    #[tokio::test]
    async fn error_tells_what_each_address_did() {
        let (one, two) = (refusing().await, refusing().await);
        let (raced, _) = race_for(&[one], LONG).await;
        let ConnectError::Io(error) = raced.unwrap_err() else {
            panic!("another error");
        };
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(error.raw_os_error().is_some());
        let (raced, _) = race_for(&[one, two, one], LONG).await;
        let ConnectError::Io(error) = raced.unwrap_err() else {
            panic!("another error");
        };
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let text = error.to_string();
        assert!(text.starts_with(&format!("{one}: ")), "{text}");
        assert!(text.contains(&format!("; {two}: ")), "{text}");
        assert_eq!(text.matches("127.0.0.1").count(), 2, "{text}");

        let silent = Silent::new("127.0.0.1:0").await;
        let short = Duration::from_secs(1);
        let (raced, took) = race_for(&[silent.address, one], short).await;
        let ConnectError::Io(error) = raced.unwrap_err() else {
            panic!("another error");
        };
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        let text = error.to_string();
        let expected = format!("{}: no answer in time; {one}: ", silent.address);
        assert!(text.starts_with(&expected), "{text}");
        assert!(took >= short, "{took:?}");
        let (raced, _) = race_for(&[silent.address], short).await;
        assert!(matches!(raced, Err(ConnectError::Timeout)));
        let (raced, _) = race_for(&[], short).await;
        assert!(
            matches!(raced, Err(ConnectError::Io(error)) if error.kind() == io::ErrorKind::NotFound)
        );
    }

    #[test]
    fn families_alternate_beginning_with_the_first() {
        #[track_caller]
        fn check(addresses: &[&str], expected: &[&str]) {
            let addresses = addresses.iter().map(|address| {
                let port = if address.contains(':') {
                    format!("[{address}]:80")
                } else {
                    format!("{address}:80")
                };
                port.parse().unwrap()
            });
            let ordered = alternating(addresses);
            let ordered: Vec<_> = ordered.iter().map(|at| at.ip().to_string()).collect();
            assert_eq!(ordered, expected);
        }
        check(&[], &[]);
        check(&["::1", "::2", "10.0.0.1"], &["::1", "10.0.0.1", "::2"]);
        check(
            &["10.0.0.1", "10.0.0.2", "10.0.0.3", "::1", "::2", "10.0.0.1"],
            &["10.0.0.1", "::1", "10.0.0.2", "::2", "10.0.0.3"],
        );
    }
}
