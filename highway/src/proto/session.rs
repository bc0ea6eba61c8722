//! The state of one connection without its I/O: messages in, events out.
//!
//! It decides what a message means (a table, a message for a route, a mistake) and with which code a connection closes.
//! What to run and what to write is the caller's.
//!
//! ```
//! use std::sync::Arc;
//! use highway::{
//!     handshake::LocalTable,
//!     session::{Event, Session, SessionConfig},
//!     wire::{Close, DataType, RouteId},
//! };
//!
//! let local = Arc::new(LocalTable::new(["echo"]));
//! let mut server = Session::server(Arc::clone(&local), SessionConfig::default());
//! let mut client = Session::client(local, SessionConfig::default());
//!
//! // The server sends its table first; the client answers with its own.
//! let hello = server.open().expect("a server speaks first");
//! let Ok(Event::Ready { answer: Some(answer), .. }) = client.receive(&hello) else { panic!() };
//! let Ok(Event::Ready { answer: None, .. }) = server.receive(&answer) else { panic!() };
//!
//! let Ok(Event::Message { route, data_type, .. }) = server.receive(b"\x00\0\x01\0hi") else { panic!() };
//! assert_eq!((route, data_type), (RouteId::from(1), DataType::Str));
//! assert_eq!(server.receive(b"\x00\0\x02\0hi").unwrap_err(), Close::NO_SUCH_ROUTE);
//! ```

use std::sync::Arc;

use super::{
    Role,
    handshake::{LocalTable, PeerTable, TableLimits},
};
use crate::{
    limits::Limits,
    wire::{Close, DataType, Dialect, Header, Kind, Part, RouteId},
};

/// What a session accepts and speaks.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionConfig {
    /// How large the peer's table may be.
    pub table: TableLimits,
    /// Whether a server speaks dialect 0.1 too, to peers that don't answer its table of dialect 0.2. A client speaks what
    /// the server does.
    pub dialect_01: bool,
    /// Whether it announces the [extension](crate#the-wire-and-the-extension-highway1), and speaks it with peers that do so too.
    pub extension: bool,
}

impl SessionConfig {
    /// What a connection with these limits is told and speaks.
    pub(crate) fn new(limits: &Limits, dialect_01: bool) -> Self {
        Self {
            table: TableLimits {
                routes: limits.peer_routes,
                bytes: limits.peer_routes_bytes,
            },
            dialect_01,
            extension: true,
        }
    }
}

/// What both sides know of each other after the meta exchange.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The dialect that both speak.
    pub dialect: Dialect,
    /// The routes that the peer sent.
    pub table: Arc<PeerTable>,
}

/// What came of a message.
#[derive(Debug)]
pub enum Event {
    /// The peer sent its table for the first time: the exchange is over once `answer` and `contract`, if any, are sent. A peer
    /// with the extension has its [`Contract`](Self::Contract) follow, before anything else.
    Ready {
        /// The table of this side, which a client sends in answer.
        answer: Option<Vec<u8>>,
        /// The contract of this side, which a client sends behind it to a server with the extension.
        contract: Option<Vec<u8>>,
    },
    /// The peer sent its contract: what follows the message's [`Header`] is the payload.
    Contract {
        /// The contract of this side, which a server sends in answer, before anything else.
        answer: Option<Vec<u8>>,
    },
    /// The peer sent its table again.
    Replaced {
        /// The table of this side, which a client sends in answer.
        answer: Option<Vec<u8>>,
    },
    /// A message for a route of this side: what follows its [`Header`] is the payload.
    Message {
        /// The route.
        route: RouteId,
        /// The dialect that the payload is in.
        dialect: Dialect,
        /// The payload's type.
        data_type: DataType,
    },
    /// A message of the extension. The route, where there is one, is of this side.
    Part(Part),
}

/// The state of one connection.
#[derive(Debug)]
pub struct Session {
    role: Role,
    config: SessionConfig,
    local: Arc<LocalTable>,
    peer: Option<Peer>,
    /// Whether the peer has to tell its contract next.
    contract_due: bool,
}

impl Session {
    /// The server's side, which speaks first: see [`open`](Self::open).
    pub fn server(local: Arc<LocalTable>, config: SessionConfig) -> Self {
        Self::new(Role::Server, local, config)
    }

    /// The client's side, which waits for the server's table.
    pub fn client(local: Arc<LocalTable>, config: SessionConfig) -> Self {
        Self::new(Role::Client, local, config)
    }

    /// A side of a connection or of a pipe.
    pub(crate) fn new(role: Role, local: Arc<LocalTable>, config: SessionConfig) -> Self {
        Self {
            role,
            config,
            local,
            peer: None,
            contract_due: false,
        }
    }

    /// Which side this is.
    pub(crate) fn role(&self) -> Role {
        self.role
    }

    /// The first message: a server's table in dialect 0.2. A client has none.
    pub fn open(&self) -> Option<Vec<u8>> {
        let speaks_first = self.role.is_server();
        speaks_first.then(|| self.local.message(self.told(Dialect::V02), RouteId::META))
    }

    /// The table in dialect 0.1, for a peer that has not answered the one in 0.2 for a while; `None` where that is not
    /// spoken or not needed any more.
    pub fn fall_back(&self) -> Option<Vec<u8>> {
        let wanted = self.role.is_server() && self.config.dialect_01 && self.peer.is_none();
        wanted.then(|| self.local.message(Dialect::V01, RouteId::META))
    }

    /// What the peer sent, once it has.
    pub fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// Takes a binary message.
    ///
    /// # Errors
    /// The connection has to be closed as the error says.
    #[inline]
    pub fn receive(&mut self, message: &[u8]) -> Result<Event, Close> {
        let Some((header, payload)) = Header::split(message) else {
            return Err(Close::MALFORMED_HEADER);
        };
        if header.kind != Kind::Message.code() && self.is_extended() {
            return self.part(header, payload);
        }
        if header.route == RouteId::META {
            return self.exchange(header, payload);
        }
        let Some(peer) = &self.peer else {
            return Err(if self.knows_type(header.code) {
                Close::INVALID_STATE
            } else {
                Close::MALFORMED_HEADER
            });
        };
        let Some(data_type) = peer.dialect.data_type(header.code) else {
            return Err(Close::MALFORMED_HEADER);
        };
        if self.contract_due {
            return Err(Close::INVALID_STATE);
        }
        if !self.local.contains(header.route) {
            return Err(Close::NO_SUCH_ROUTE);
        }
        Ok(Event::Message {
            route: header.route,
            dialect: peer.dialect,
            data_type,
        })
    }

    /// Whether both sides speak the extension.
    pub(crate) fn is_extended(&self) -> bool {
        let dialect = self.peer.as_ref().map(|peer| peer.dialect);
        dialect == Some(Dialect::Extended)
    }

    /// Whether this side reads the traceparents of calls and streams.
    pub(crate) fn reads_traceparents(&self) -> bool {
        self.local.reads_traceparents()
    }

    /// The form in which this side tells its table.
    fn told(&self, dialect: Dialect) -> Dialect {
        match dialect {
            Dialect::V02 if self.config.extension && self.local.can_announce() => Dialect::Extended,
            dialect => dialect,
        }
    }

    /// A message of the extension.
    fn part(&mut self, header: Header, payload: &[u8]) -> Result<Event, Close> {
        let part = Part::parse(header, payload)?;
        if part.traceparent_len > 0 && !self.reads_traceparents() {
            return Err(Close::MALFORMED_HEADER);
        }
        if part.kind == Kind::Contract {
            return self.contract();
        }
        if self.contract_due {
            return Err(Close::INVALID_STATE);
        }
        if part.kind.opens_route() && !self.local.contains(part.route) {
            return Err(Close::NO_SUCH_ROUTE);
        }
        Ok(Event::Part(part))
    }

    /// The peer's contract, which comes once.
    #[cold]
    fn contract(&mut self) -> Result<Event, Close> {
        if !std::mem::take(&mut self.contract_due) {
            return Err(Close::INVALID_STATE);
        }
        let answers = self.role.is_server();
        let answer = answers.then(|| self.local.contract());
        Ok(Event::Contract { answer })
    }

    /// A message on the meta route: the peer's table.
    #[cold]
    fn exchange(&mut self, header: Header, payload: &[u8]) -> Result<Event, Close> {
        let dialect = self.table_dialect(header.code)?;
        let table = PeerTable::parse(dialect, payload, self.config.table).map_err(|error| {
            tracing::debug!(%error, "refusing the peer's route table");
            Close::INVALID_ROUTES
        })?;
        let told = self.told(dialect);
        let answer = (!self.role.is_server()).then(|| self.local.message(told, table.meta()));
        let first = self.peer.is_none();
        // The first table decides.
        let extended = if first {
            told == Dialect::Extended && table.is_extended()
        } else {
            self.is_extended()
        };
        self.peer = Some(Peer {
            dialect: if extended { Dialect::Extended } else { dialect },
            table: Arc::new(table),
        });
        Ok(if first {
            self.contract_due = extended;
            let leads = extended && !self.role.is_server();
            Event::Ready {
                answer,
                contract: leads.then(|| self.local.contract()),
            }
        } else {
            Event::Replaced { answer }
        })
    }

    /// The dialect of a table, from its type code: a map is 5 in dialect 0.2, 1 in 0.1. As in highway.py 0.2, a table
    /// may come as a list or a tuple too.
    fn table_dialect(&self, code: u8) -> Result<Dialect, Close> {
        if !self.knows_type(code) {
            return Err(Close::MALFORMED_HEADER);
        }
        self.dialects()
            .find(|dialect| {
                matches!(
                    dialect.data_type(code),
                    Some(DataType::Dict | DataType::List | DataType::Tuple)
                )
            })
            .ok_or(Close::INVALID_ROUTES)
    }

    /// Whether the code is one of a data type.
    fn knows_type(&self, code: u8) -> bool {
        self.dialects()
            .any(|dialect| dialect.data_type(code).is_some())
    }

    /// The dialects that the peer may speak: one, once it has told its table.
    fn dialects(&self) -> impl Iterator<Item = Dialect> {
        let known = match &self.peer {
            // Tables are told as in 0.2.
            Some(peer) if peer.dialect == Dialect::Extended => Some(Dialect::V02),
            Some(peer) => Some(peer.dialect),
            None if self.role.is_server() && !self.config.dialect_01 => Some(Dialect::V02),
            None => None,
        };
        [Dialect::V02, Dialect::V01]
            .into_iter()
            .filter(move |&dialect| known.is_none_or(|known| known == dialect))
    }
}
