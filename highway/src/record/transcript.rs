//! What the messages of a connection say, one after the other.

use std::collections::HashMap;

use bytes::Bytes;
use data_encoding::HEXLOWER;

use super::{Masks, RecordedMessage};
use crate::{
    payload,
    proto::handshake::{PeerTable, TableLimits},
    value::Value,
    wire::{Close, DataType, Dialect, Header, Kind, Part, RouteId},
};

/// Who sent a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sender {
    /// The client.
    Client,
    /// The server.
    Server,
}

/// Follows the messages of one connection, and says what each is: it remembers the routes that both sides tell, and the conversations that
/// are open.
#[derive(Debug, Default)]
pub struct Transcript {
    client: Option<Told>,
    server: Option<Told>,
    conversations: HashMap<u32, String>,
}

/// The routes of a side.
#[derive(Debug)]
struct Told {
    dialect: Dialect,
    table: PeerTable,
}

impl Transcript {
    /// The messages of a connection that begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the next message of a side.
    pub fn message(&mut self, from: Sender, message: &[u8], masks: &Masks) -> RecordedMessage {
        self.read(from, message, masks)
            .unwrap_or_else(|| RecordedMessage {
                bytes: Some(HEXLOWER.encode(message)),
                ..RecordedMessage::new("unreadable")
            })
    }

    /// The close frame of a side.
    #[must_use]
    pub fn close(close: &Close) -> RecordedMessage {
        RecordedMessage {
            code: Some(close.code().as_u16()),
            reason: Some(close.reason().to_owned()).filter(|reason| !reason.is_empty()),
            ..RecordedMessage::new("close")
        }
    }

    /// The end of what a client sends.
    #[must_use]
    pub fn gone() -> RecordedMessage {
        RecordedMessage::new("gone")
    }

    fn read(&mut self, from: Sender, message: &[u8], masks: &Masks) -> Option<RecordedMessage> {
        let (header, payload) = Header::split(message)?;
        if self.dialect() == Some(Dialect::Extended) && header.kind != Kind::Message.code() {
            let part = Part::parse(header, payload).ok()?;
            return self.part(from, part, message, masks);
        }
        if header.route == RouteId::META {
            return self.routes(from, header.code, payload);
        }
        let dialect = self.dialect()?;
        let route = self.receiver(from)?.table.name(header.route)?.to_owned();
        let data = decode(dialect, dialect.data_type(header.code)?, payload)?;
        let mut recorded = RecordedMessage::new("message");
        put(&mut recorded, Some(data), masks.has(&route));
        recorded.route = Some(route);
        Some(recorded)
    }

    /// The routes that a side tells.
    fn routes(&mut self, from: Sender, code: u8, payload: &[u8]) -> Option<RecordedMessage> {
        let is_table = |dialect: &Dialect| {
            let ty = dialect.data_type(code);
            matches!(ty, Some(DataType::Dict | DataType::List | DataType::Tuple))
        };
        // A list of 0.2 has the code of another type in 0.1.
        let dialect = [Dialect::V02, Dialect::V01].into_iter().find(is_table)?;
        let limits = TableLimits {
            routes: usize::MAX,
            bytes: usize::MAX,
        };
        let table = PeerTable::parse(dialect, payload, limits).ok()?;
        let recorded = RecordedMessage {
            routes: serde_json::from_slice(payload).ok(),
            dialect: Some(dialect.to_string()),
            ..RecordedMessage::new("routes")
        };
        let told = match from {
            Sender::Client => &mut self.client,
            Sender::Server => &mut self.server,
        };
        *told = Some(Told { dialect, table });
        Some(recorded)
    }

    /// A message of the extension.
    fn part(
        &mut self,
        from: Sender,
        part: Part,
        message: &[u8],
        masks: &Masks,
    ) -> Option<RecordedMessage> {
        let rest = message.get(part.start..)?;
        let mut recorded = RecordedMessage::new(part.kind.name());
        match part.kind {
            Kind::Contract => {
                recorded.data = Some(decode(Dialect::Extended, DataType::Dict, rest)?);
                return Some(recorded);
            }
            Kind::Missed => return Some(recorded),
            Kind::Pipe | Kind::Piped | Kind::Piece | Kind::LastPiece | Kind::HangUp => {
                recorded.id = Some(part.id);
                recorded.bytes = Some(HEXLOWER.encode(message));
                return Some(recorded);
            }
            _ => {}
        }
        recorded.id = Some(part.id);
        if part.kind.opens_route() {
            let route = self.receiver(from)?.table.name(part.route)?;
            self.conversations.insert(part.id, route.to_owned());
        }
        recorded.route = self.conversations.get(&part.id).cloned();
        if matches!(part.kind, Kind::Stream | Kind::Credit) {
            recorded.credit = Some(part.credit);
        }
        let masked = recorded
            .route
            .as_deref()
            .is_some_and(|route| masks.has(route));
        let data_type = match part.kind {
            Kind::Failure => Some(DataType::Dict),
            Kind::Cancel | Kind::End | Kind::Credit => None,
            _ => part.data_type,
        };
        if let Some(data_type) = data_type {
            put(
                &mut recorded,
                Some(decode(Dialect::Extended, data_type, rest)?),
                masked,
            );
        }
        // The client's ids are odd.
        let is_openers = (part.id % 2 == 1) == (from == Sender::Client);
        let is_over = match part.kind {
            Kind::Reply => true,
            Kind::Failure | Kind::End => !is_openers,
            Kind::Cancel => is_openers,
            _ => false,
        };
        if is_over {
            self.conversations.remove(&part.id);
        }
        Some(recorded)
    }

    /// What both sides speak, once both have told their routes.
    pub(crate) fn dialect(&self) -> Option<Dialect> {
        let (client, server) = (self.client.as_ref()?, self.server.as_ref()?);
        let is_extended = client.table.is_extended() && server.table.is_extended();
        Some(match client.dialect {
            Dialect::V02 if is_extended => Dialect::Extended,
            dialect => dialect,
        })
    }

    /// The server's id of a route.
    #[cfg(feature = "test")]
    pub(crate) fn server_route(&self, name: &str) -> Option<RouteId> {
        self.server.as_ref()?.table.id(name)
    }

    /// The routes of the side that gets what the other sends.
    fn receiver(&self, from: Sender) -> Option<&Told> {
        match from {
            Sender::Client => self.server.as_ref(),
            Sender::Server => self.client.as_ref(),
        }
    }
}

fn put(recorded: &mut RecordedMessage, data: Option<String>, masked: bool) {
    recorded.masked = masked;
    recorded.data = data.filter(|_| !masked);
}

/// The value of a payload, as text.
fn decode(dialect: Dialect, data_type: DataType, payload: &[u8]) -> Option<String> {
    let payload = Bytes::copy_from_slice(payload);
    let value: Value = payload::decode_value(dialect, data_type, &payload).ok()?;
    Some(format!("{value:?}"))
}
