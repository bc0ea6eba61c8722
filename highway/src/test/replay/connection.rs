//! A connection of a recording, played again.

use std::collections::{BTreeMap, HashMap, VecDeque};

use bytes::Bytes;
use data_encoding::HEXLOWER_PERMISSIVE;
use tokio::{
    io::{AsyncWriteExt, split},
    sync::mpsc,
    time::{Duration, timeout},
};

use super::{Fill, ReplayError};
use crate::{
    error::ConnectError,
    limits::Limits,
    payload,
    proto::Role,
    record::{Masks, RecordedMessage, Sender, Transcript},
    test::{
        ByteStream,
        peer::socket::{Socket, close, pong, sealed},
    },
    transport::websocket::Event,
    upgrade,
    value::Value,
    wire::{
        Close, CloseCode, DataType, Dialect, Header, Kind, NO_VALUE_CODE, RouteId, STREAM_CODE,
    },
};

/// What belongs together and has an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Lane {
    /// Routes and contracts, which are not compared: those that are not used may change.
    Setup,
    /// Messages, calls and streams to the client, and the close.
    Messages,
    /// What comes in a call or stream of this number.
    Conversation(u32),
}

enum Arrived {
    Message(Bytes),
    Close(Close),
}

pub(super) struct Playing {
    transcript: Transcript,
    incoming: mpsc::UnboundedReceiver<Arrived>,
    /// Frames; `None` once the client has ended its direction.
    outgoing: Option<mpsc::UnboundedSender<Vec<u8>>>,
    lanes: HashMap<Lane, VecDeque<RecordedMessage>>,
    /// The numbers that calls and streams of the server have now, by those in the recording.
    numbers: HashMap<u32, u32>,
    /// What the client's items may still cost, by the numbers that are now.
    credit: HashMap<u32, i64>,
}

/// Whether the server's messages of this kind are looked at.
pub(super) fn is_compared(message: &RecordedMessage) -> bool {
    lane(message).is_some()
}

/// Where a message of the server belongs; nowhere when it depends on how fast others are.
fn lane(message: &RecordedMessage) -> Option<Lane> {
    match (&*message.kind, message.id) {
        ("routes" | "contract", _) => Some(Lane::Setup),
        ("message" | "call" | "stream" | "close" | "unreadable", _) => Some(Lane::Messages),
        ("reply" | "failure" | "item" | "end" | "cancel", Some(id)) => Some(Lane::Conversation(id)),
        _ => None,
    }
}

impl Playing {
    /// Makes the connection, and reads it from now on.
    pub(super) async fn connect(
        stream: std::io::Result<ByteStream>,
        request: http::Request<()>,
    ) -> Result<Self, ConnectError> {
        let mut stream = stream.map_err(ConnectError::Io)?;
        let limit = Limits::default().http_head_bytes;
        let answered = upgrade::request(&mut stream, request, limit).await?;
        let Socket {
            stream,
            mut frames,
            role,
        } = Socket::new(stream, answered.rest, Role::Client);
        let (mut reader, mut writer) = split(stream);
        let (outgoing, mut to_send) = mpsc::unbounded_channel::<Vec<u8>>();
        let (arrived, incoming) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(frame) = to_send.recv().await {
                if writer.write_all(&frame).await.is_err() {
                    return;
                }
            }
            let _ = writer.shutdown().await;
        });
        let answers = outgoing.downgrade();
        tokio::spawn(async move {
            loop {
                let event = tokio::select! {
                    event = frames.next(&mut reader) => event,
                    () = arrived.closed() => return,
                };
                let arrived_now = match event {
                    Ok(Event::Message(message)) => Arrived::Message(message),
                    Ok(Event::Close(close)) => Arrived::Close(close),
                    Ok(Event::Ping(payload)) => {
                        if let Some(answers) = answers.upgrade() {
                            let _ = answers.send(pong(&payload, role));
                        }
                        continue;
                    }
                    Ok(_) => continue,
                    Err(_) => return,
                };
                if arrived.send(arrived_now).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            transcript: Transcript::new(),
            incoming,
            outgoing: Some(outgoing),
            lanes: HashMap::new(),
            numbers: HashMap::new(),
            credit: HashMap::new(),
        })
    }

    /// The next message that the server sends where a recorded one belongs; `None` when none comes in time.
    pub(super) async fn next(
        &mut self,
        recorded: &RecordedMessage,
        within: Duration,
    ) -> Option<RecordedMessage> {
        let lane = match lane(recorded)? {
            Lane::Conversation(id) => Lane::Conversation(self.number(id)),
            lane => lane,
        };
        let lanes = |this: &mut Self| this.lanes.get_mut(&lane).and_then(VecDeque::pop_front);
        let arrives = async {
            loop {
                if let Some(message) = lanes(self) {
                    return Some(message);
                }
                let arrived = self.incoming.recv().await?;
                self.take(arrived);
            }
        };
        timeout(within, arrives).await.ok().flatten()
    }

    /// Something that has come and was not waited for.
    pub(super) fn more(&mut self) -> Option<RecordedMessage> {
        while let Ok(arrived) = self.incoming.try_recv() {
            self.take(arrived);
        }
        let lanes = self.lanes.iter_mut();
        let mut lanes: Vec<_> = lanes.filter(|(lane, _)| **lane != Lane::Setup).collect();
        lanes.sort_by_key(|(lane, _)| match lane {
            Lane::Conversation(id) => u64::from(*id) + 1,
            _ => 0,
        });
        lanes.into_iter().find_map(|(_, lane)| lane.pop_front())
    }

    fn take(&mut self, arrived: Arrived) {
        let message = match arrived {
            Arrived::Message(message) => {
                let masks = Masks::default();
                self.transcript.message(Sender::Server, &message, &masks)
            }
            Arrived::Close(close) => Transcript::close(&close),
        };
        if let (Some(id), Some(credit)) = (message.id, message.credit) {
            let sum = self.credit.entry(id).or_default();
            *sum = sum.saturating_add(credit.into());
        }
        if let Some(lane) = lane(&message) {
            self.lanes.entry(lane).or_default().push_back(message);
        }
    }

    /// Whether the server's message is as in the recording. From then on its number stands for the recorded one.
    pub(super) fn is_equal(&mut self, recorded: &RecordedMessage, now: &RecordedMessage) -> bool {
        if recorded.kind != now.kind {
            return false;
        }
        if matches!(lane(recorded), Some(Lane::Setup)) {
            return true;
        }
        let equal = recorded.route == now.route
            && recorded.code == now.code
            && recorded.bytes == now.bytes
            && (recorded.masked || is_same(recorded.data.as_deref(), now.data.as_deref()));
        if let (true, "call" | "stream", Some(then), Some(now)) =
            (equal, &*recorded.kind, recorded.id, now.id)
        {
            self.numbers.insert(then, now);
        }
        equal
    }

    /// Waits until an item may be sent: the server grants credit when its route reads, which may be earlier or later than it was.
    async fn wait_for_credit(&mut self, id: u32, within: Duration) {
        let granted = async {
            while self.credit.get(&id).is_none_or(|credit| *credit <= 0) {
                let Some(arrived) = self.incoming.recv().await else {
                    return;
                };
                self.take(arrived);
            }
        };
        // Without, the server closes, which is a difference.
        let _ = timeout(within, granted).await;
    }

    /// Sends what the client sent. Returns false for parts of pipes, which are left out.
    pub(super) async fn send(
        &mut self,
        message: &RecordedMessage,
        line: usize,
        fills: &BTreeMap<String, Fill>,
        within: Duration,
    ) -> Result<bool, ReplayError> {
        let frame = match &*message.kind {
            "gone" => {
                self.outgoing = None;
                return Ok(true);
            }
            "close" => {
                let code = CloseCode::new(message.code.unwrap_or_default());
                let reason = message.reason.clone().unwrap_or_default();
                close(&Close::new(code, reason), Role::Client)
            }
            "pipe" | "piped" | "piece" | "last piece" | "hang up" => return Ok(false),
            _ => {
                let bytes = self.encode(message, line, fills)?;
                if message.kind == "item" {
                    let id = self.number(message.id.unwrap_or_default());
                    self.wait_for_credit(id, within).await;
                    let sum = self.credit.entry(id).or_default();
                    *sum = sum.saturating_sub(i64::try_from(bytes.len()).unwrap_or(i64::MAX));
                }
                let masks = Masks::default();
                self.transcript.message(Sender::Client, &bytes, &masks);
                sealed(&bytes, Role::Client)
            }
        };
        if let Some(outgoing) = &self.outgoing {
            // The connection may be over earlier than it was, which shows in what the server sent.
            let _ = outgoing.send(frame);
        }
        Ok(true)
    }

    fn number(&self, recorded: u32) -> u32 {
        self.numbers.get(&recorded).copied().unwrap_or(recorded)
    }

    /// A message as bytes.
    fn encode(
        &self,
        message: &RecordedMessage,
        line: usize,
        fills: &BTreeMap<String, Fill>,
    ) -> Result<Vec<u8>, ReplayError> {
        let unplayable = |why: &str| ReplayError::Unplayable {
            line,
            why: why.to_owned(),
        };
        if let Some(bytes) = &message.bytes {
            let decoded = HEXLOWER_PERMISSIVE.decode(bytes.as_bytes());
            return decoded.map_err(|_| unplayable("its `bytes` are no hexadecimal digits"));
        }
        if message.kind == "routes" {
            let dialect = match message.dialect.as_deref() {
                Some("0.1") => Dialect::V01,
                _ => Dialect::V02,
            };
            let code = dialect.code(DataType::Dict).unwrap_or_default();
            let table = serde_json::to_vec(&message.routes).unwrap_or_default();
            return Ok(whole(code, Kind::Message, RouteId::META, &table));
        }
        let kind =
            Kind::from_name(&message.kind).ok_or_else(|| unplayable("its `kind` is not known"))?;
        let dialect = self.transcript.dialect().unwrap_or(Dialect::V02);
        let mut payload = Vec::new();
        if !matches!(kind, Kind::Message | Kind::Contract) {
            let id = self.number(message.id.unwrap_or_default());
            kind.put_fields(&mut payload, id, message.credit.unwrap_or_default());
        }
        let route = match (kind, &message.route) {
            (Kind::Message | Kind::Call | Kind::Stream, Some(route)) => {
                let id = self.transcript.server_route(route);
                id.ok_or_else(|| ReplayError::NoRoute {
                    line,
                    route: route.clone(),
                })?
            }
            _ => RouteId::META,
        };
        let is_valueless = matches!(kind, Kind::Cancel | Kind::End | Kind::Credit);
        let code = match (&message.data, &message.route) {
            (None, Some(name)) if message.masked => {
                let fill = fills.get(name).ok_or_else(|| ReplayError::Masked {
                    line,
                    route: name.clone(),
                })?;
                fill(dialect, &mut payload).map_err(|error| unplayable(&error.to_string()))?
            }
            (Some(data), _) => {
                let value: Value = data
                    .parse()
                    .map_err(|error| unplayable(&format!("its data: {error}")))?;
                payload::encode(dialect, &value, &mut payload)
                    .map_err(|error| unplayable(&error.to_string()))?
            }
            (None, _) if is_valueless => NO_VALUE_CODE,
            (None, _) if kind.opens_route() => STREAM_CODE,
            (None, _) => return Err(unplayable("it has no `data`")),
        };
        Ok(whole(code, kind, route, &payload))
    }
}

fn whole(code: u8, kind: Kind, route: RouteId, payload: &[u8]) -> Vec<u8> {
    let kind = kind.code();
    let mut message = Header { code, kind, route }.to_bytes().to_vec();
    message.extend_from_slice(payload);
    message
}

/// Whether two values are the same: as texts, so that NaN is itself, or as values, whose dicts have no order.
fn is_same(one: Option<&str>, other: Option<&str>) -> bool {
    if one == other {
        return true;
    }
    let (Some(one), Some(other)) = (one, other) else {
        return false;
    };
    match (one.parse::<Value>(), other.parse::<Value>()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}
