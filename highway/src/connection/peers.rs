//! A server's connections, and sending to many of them.

use std::{
    collections::HashMap,
    fmt,
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use super::{
    ConnectionId,
    frame::{MAX_HEAD, seal},
    link::{Delivered, Link},
};
use crate::{
    error::{Error, Result},
    route::{Handler, RouteTo},
    wire::{Dialect, Header, RouteId},
};

/// A server's connections.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    links: Mutex<Links>,
}

#[derive(Debug, Default)]
struct Links {
    by_id: HashMap<ConnectionId, Arc<Link>>,
    /// All of them, for those who send to all: made when somebody does, and again after one came or went.
    all: Option<Arc<[Arc<Link>]>>,
}

impl Peers {
    fn lock(&self) -> MutexGuard<'_, Links> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn insert(&self, link: Arc<Link>) {
        let mut links = self.lock();
        links.all = None;
        links.by_id.insert(link.id, link);
    }

    pub(crate) fn remove(&self, id: ConnectionId) {
        let mut links = self.lock();
        links.all = None;
        links.by_id.remove(&id);
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().by_id.len()
    }

    pub(crate) fn all(&self) -> Arc<[Arc<Link>]> {
        let mut links = self.lock();
        if let Some(all) = &links.all {
            return Arc::clone(all);
        }
        let all: Arc<[_]> = links.by_id.values().cloned().collect();
        links.all = Some(Arc::clone(&all));
        all
    }
}

/// What happens to a connection that does not keep up with what is sent to many: whose outbox has no room for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lagging {
    /// It misses the message, and stays.
    #[default]
    Drop,
    /// It is closed with 1013 (try again later).
    Close,
}

/// All connections of a server, as a target: what [`Connection::everyone`](crate::Connection::everyone) and
/// [`ServerHandle::everyone`](crate::server::ServerHandle::everyone) give back.
#[must_use = "it does nothing unless something is sent to it"]
pub struct Everyone<'a, H: Handler> {
    peers: &'a Peers,
    except: Vec<ConnectionId>,
    lagging: Lagging,
    handler: PhantomData<fn() -> H>,
}

impl<H: Handler> fmt::Debug for Everyone<'_, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Everyone")
            .field("handler", &H::NAME)
            .field("connections", &self.peers.len())
            .field("except", &self.except)
            .field("lagging", &self.lagging)
            .finish()
    }
}

impl<'a, H: Handler> Everyone<'a, H> {
    pub(crate) fn new(peers: &'a Peers) -> Self {
        Self {
            peers,
            except: Vec::new(),
            lagging: Lagging::default(),
            handler: PhantomData,
        }
    }

    /// Everyone but one.
    pub fn except(mut self, id: ConnectionId) -> Self {
        self.except.push(id);
        self
    }

    /// What happens to those who do not keep up: they miss the message unless it says otherwise.
    pub fn lagging(mut self, lagging: Lagging) -> Self {
        self.lagging = lagging;
        self
    }

    /// Sends a message to all of them. It is encoded once; nobody waits for anybody.
    ///
    /// Connections whose peer has no such route, has not told its routes yet, or is closing are passed over.
    ///
    /// # Errors
    /// [`Encode`](crate::Error::Encode), when the data can't be sent in a dialect that one of them speaks. Those who speak
    /// another one may have got it by then.
    #[expect(
        clippy::unused_async,
        reason = "a policy that waits has to fit behind the same name"
    )]
    pub async fn send<R: RouteTo<H::Peer, D>, D>(self, route: R, data: D) -> Result {
        let mut message = Encoded::new(&route, &data);
        for link in &*self.peers.all() {
            if self.except.contains(&link.id) {
                continue;
            }
            let Some((dialect, id)) = link.find(message.name) else {
                continue;
            };
            let frame = message.frame(dialect, id)?;
            if link.offer_shared(frame) == Delivered::NoRoom {
                link.lags(self.lagging, message.name);
            }
        }
        Ok(())
    }
}

/// A message as frames, one for each dialect and route id that somebody needs; hardly ever more than one.
struct Encoded<'a, R, D> {
    name: &'a str,
    route: &'a R,
    data: &'a D,
    frames: Vec<(Dialect, RouteId, Bytes)>,
}

impl<'a, R, D> Encoded<'a, R, D> {
    fn new<P>(route: &'a R, data: &'a D) -> Self
    where
        R: RouteTo<P, D>,
    {
        Self {
            name: route.name(),
            route,
            data,
            frames: Vec::new(),
        }
    }

    fn frame<P>(&mut self, dialect: Dialect, id: RouteId) -> Result<&Bytes>
    where
        R: RouteTo<P, D>,
    {
        let found = self
            .frames
            .iter()
            .position(|(known, known_id, _)| (*known, *known_id) == (dialect, id));
        let place = if let Some(place) = found {
            place
        } else {
            let frame = self.encode(dialect, id)?;
            self.frames.push((dialect, id, frame));
            self.frames.len() - 1
        };
        Ok(&self.frames[place].2)
    }

    fn encode<P>(&self, dialect: Dialect, id: RouteId) -> Result<Bytes>
    where
        R: RouteTo<P, D>,
    {
        let mut frame = vec![0; MAX_HEAD + Header::LEN];
        let code = self
            .route
            .encode(self.data, dialect, &mut frame)
            .map_err(|source| Error::Encode {
                route: self.name.to_owned(),
                source,
            })?;
        let header = Header {
            code,
            kind: 0,
            route: id,
        };
        frame[MAX_HEAD..MAX_HEAD + Header::LEN].copy_from_slice(&header.to_bytes());
        let start = seal(&mut frame, None);
        Ok(Bytes::from(frame).slice(start..))
    }
}
