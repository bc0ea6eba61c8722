//! One connection with the peer under check, on which a check says what it likes.

use std::{
    collections::{BTreeMap, HashSet},
    time::Duration,
};

use futures_util::{SinkExt, StreamExt};
use highway::{Value, wire::Kind};
use tokio::io::AsyncWriteExt;
use tokio_tungstenite::tungstenite::{
    Message,
    protocol::{
        CloseFrame,
        frame::{Frame, coding::CloseCode},
    },
};

use super::{
    kit::{Kit, Side},
    message::{self, Pattern, conversation, describe},
    source::Socket,
    verdict::{Tried, broken, not_tried},
};

/// How long a peer is given to close before it is asked whether it goes on.
const GRACE: Duration = Duration::from_millis(300);

/// How long the end of a connection may take that no check waits for.
const FAREWELL: Duration = Duration::from_secs(1);

/// The names of the kit's own routes, from the id 1 on.
pub(super) const OWN_ROUTES: [&str; 5] = ["told", "add", "count", "total", "echoed"];

/// What comes on a connection.
#[derive(Debug, Clone)]
pub(super) enum Arrived {
    Message(Vec<u8>),
    /// A message that is not binary.
    Text(String),
    Pong(Vec<u8>),
    Closed(u16, String),
    /// The connection ended without a close frame.
    Lost,
}

/// One connection.
pub(super) struct Talk {
    socket: Option<Socket>,
    side: Side,
    timeout: Duration,
    /// What the peer calls its software.
    pub(super) software: Option<String>,
    /// The ids of the peer's routes.
    pub(super) routes: BTreeMap<String, u16>,
    /// Whether both sides speak the extension.
    pub(super) extended: bool,
    /// What came and was put back.
    back: Option<Arrived>,
    /// The conversations of which nothing matters any more.
    over: HashSet<u32>,
    /// Whether what belongs to conversations that are over counts.
    strict: bool,
    /// The payload of the peer's contract, once it came.
    pub(super) contract: Option<Vec<u8>>,
    probes: u32,
}

impl Talk {
    pub(super) fn new((socket, software): (Socket, Option<String>), kit: &Kit) -> Self {
        Self {
            socket: Some(socket),
            side: kit.side,
            timeout: kit.timeout,
            software,
            routes: BTreeMap::new(),
            extended: false,
            back: None,
            over: HashSet::new(),
            strict: false,
            contract: None,
            probes: 0,
        }
    }

    /// From now on, what follows the end of a conversation counts.
    pub(super) fn strict(&mut self) {
        self.strict = true;
    }

    /// The `n`th id of the kit's conversations, from 1 on.
    pub(super) fn ours(&self, n: u32) -> u32 {
        match self.side {
            Side::Server => n.saturating_mul(2).saturating_sub(1),
            Side::Client => n.saturating_mul(2),
        }
    }

    /// The `n`th id of the peer's conversations, from 1 on.
    pub(super) fn theirs(&self, n: u32) -> u32 {
        match self.side {
            Side::Server => n.saturating_mul(2),
            Side::Client => n.saturating_mul(2).saturating_sub(1),
        }
    }

    /// A text with the ids that its names in braces stand for: `{1}` is the first id of the kit's conversations, `{p1}` the peer's
    /// first, and every other name a route of the peer.
    pub(super) fn filled_in(&self, text: &str) -> Tried<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            filled.push_str(before);
            let theirs = name.strip_prefix('p').and_then(|n| n.parse().ok());
            match (name.parse(), theirs) {
                (Ok(n), _) => filled.push_str(&message::hex(&self.ours(n).to_le_bytes())),
                (_, Some(n)) => filled.push_str(&message::hex(&self.theirs(n).to_le_bytes())),
                _ => match self.routes.get(name) {
                    Some(id) => filled.push_str(&message::hex(&id.to_le_bytes())),
                    None => return not_tried(format!("the peer serves no route `{name}`")),
                },
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn pattern(&self, text: &str) -> Tried<Pattern> {
        let filled = self.filled_in(text)?;
        match Pattern::parse(&filled) {
            Some(pattern) => Ok(pattern),
            None => not_tried(format!("the kit has a fault: {filled} are no digits")),
        }
    }

    /// The bytes that digits and names in braces stand for.
    pub(super) fn bytes(&self, text: &str) -> Tried<Vec<u8>> {
        match self.pattern(text)?.bytes() {
            Some(bytes) => Ok(bytes),
            None => not_tried(format!("the kit has a fault: not all is known of {text}")),
        }
    }

    /// Sends a message.
    pub(super) async fn send(&mut self, text: &str) -> Tried {
        let bytes = self.bytes(text)?;
        self.say(bytes).await;
        Ok(())
    }

    /// Sends a message, as far as the connection goes on: what came of it shows in what is received.
    pub(super) async fn say(&mut self, message: Vec<u8>) {
        if let Some((kind, id)) = conversation(&message).filter(|_| self.extended) {
            match kind {
                Kind::Call | Kind::Stream | Kind::Pipe => {
                    self.over.remove(&id);
                }
                Kind::Cancel if !self.is_theirs(id) => {
                    self.over.insert(id);
                }
                Kind::Reply | Kind::Failure if self.is_theirs(id) => {
                    self.over.insert(id);
                }
                _ => {}
            }
        }
        self.write(Message::binary(message)).await;
    }

    /// Sends any message of WebSocket.
    pub(super) async fn write(&mut self, message: Message) {
        if let Some(socket) = &mut self.socket {
            let _ = tokio::time::timeout(self.timeout, socket.send(message)).await;
        }
    }

    /// Sends a frame of a message.
    pub(super) async fn frame(&mut self, frame: Frame) {
        self.write(Message::Frame(frame)).await;
    }

    /// Writes bytes below WebSocket.
    pub(super) async fn raw(&mut self, bytes: &[u8]) {
        if let Some(socket) = &mut self.socket {
            let stream = socket.get_mut();
            let written = async {
                stream.write_all(bytes).await?;
                stream.flush().await
            };
            let _ = tokio::time::timeout(self.timeout, written).await;
        }
    }

    /// Ends the connection without a close frame.
    pub(super) fn cut(mut self) {
        self.socket = None;
    }

    fn is_theirs(&self, id: u32) -> bool {
        id % 2 == self.theirs(1) % 2
    }

    /// Puts back what the next step has to receive.
    pub(super) fn put_back(&mut self, arrived: Arrived) {
        self.back = Some(arrived);
    }

    /// What comes next, of all that comes; `None` if nothing does.
    pub(super) async fn arrived(&mut self, within: Duration) -> Option<Arrived> {
        let Some(socket) = &mut self.socket else {
            return Some(Arrived::Lost);
        };
        let arrives = async {
            loop {
                return match socket.next().await {
                    Some(Ok(Message::Ping(_) | Message::Frame(_))) => continue,
                    Some(Ok(Message::Binary(message))) => Arrived::Message(message.into()),
                    Some(Ok(Message::Text(text))) => Arrived::Text(text.to_string()),
                    Some(Ok(Message::Pong(data))) => Arrived::Pong(data.to_vec()),
                    Some(Ok(Message::Close(None))) => Arrived::Closed(1005, String::new()),
                    Some(Ok(Message::Close(Some(close)))) => {
                        Arrived::Closed(close.code.into(), close.reason.to_string())
                    }
                    Some(Err(_)) | None => Arrived::Lost,
                };
            }
        };
        tokio::time::timeout(within, arrives).await.ok()
    }

    /// What comes next, apart from what a peer may send at any time: pongs, further maps, its contract, and what belongs to
    /// conversations that are over.
    pub(super) async fn next(&mut self, within: Duration) -> Option<Arrived> {
        if let Some(arrived) = self.back.take() {
            return Some(arrived);
        }
        let started = tokio::time::Instant::now();
        loop {
            let left = within.saturating_sub(started.elapsed());
            let arrived = self.arrived(left).await?;
            let Arrived::Message(message) = &arrived else {
                if matches!(arrived, Arrived::Pong(_)) {
                    continue;
                }
                return Some(arrived);
            };
            if is_map(message) {
                continue;
            }
            if let ([5, 14, _, _, payload @ ..], true) = (message.as_slice(), self.extended) {
                self.contract.get_or_insert_with(|| payload.to_vec());
                continue;
            }
            let Some((kind, id)) = conversation(message).filter(|_| self.extended) else {
                return Some(arrived);
            };
            let opens = matches!(kind, Kind::Call | Kind::Stream | Kind::Pipe);
            if self.over.contains(&id) && !opens && !self.strict {
                continue;
            }
            let ends = match kind {
                Kind::Reply | Kind::Failure | Kind::End => !self.is_theirs(id),
                Kind::Cancel => self.is_theirs(id),
                Kind::HangUp => true,
                _ => false,
            };
            if ends {
                self.over.insert(id);
            }
            return Some(arrived);
        }
    }

    /// What came in words.
    pub(super) fn in_words(&self, arrived: Option<&Arrived>) -> String {
        match arrived {
            Some(Arrived::Message(message)) => describe(message, self.extended),
            Some(Arrived::Text(text)) => format!("a text message, {text:?}"),
            Some(Arrived::Pong(_)) => "a pong".to_owned(),
            Some(Arrived::Closed(code, reason)) => close_in_words(*code, reason),
            Some(Arrived::Lost) => "the connection ended without a close frame".to_owned(),
            None => format!("nothing within {:?}", self.timeout),
        }
    }

    /// Receives a message that fits digits: what it is, in words, is for people.
    pub(super) async fn expect(&mut self, what: &str, digits: &str) -> Tried<Vec<u8>> {
        let pattern = self.pattern(digits)?;
        let arrived = self.next(self.timeout).await;
        match arrived {
            Some(Arrived::Message(message)) if pattern.fits(&message) => Ok(message),
            other => broken(
                format!("{what} ({})", self.filled_in(digits)?),
                self.in_words(other.as_ref()),
            ),
        }
    }

    /// The same, where credit may come before.
    pub(super) async fn expect_past_credit(&mut self, what: &str, digits: &str) -> Tried {
        self.skip_credit(what).await?;
        self.expect(what, digits).await?;
        Ok(())
    }

    /// Receives the credit that may come before something else.
    pub(super) async fn skip_credit(&mut self, what: &str) -> Tried {
        loop {
            let message = self.message(what).await?;
            if message.get(1) != Some(&Kind::Credit.code()) {
                self.put_back(Arrived::Message(message));
                return Ok(());
            }
        }
    }

    /// Receives the peer's contract, which only maps may come before.
    pub(super) async fn receive_contract(&mut self, expected: &str) -> Tried {
        loop {
            match self.arrived(self.timeout).await {
                Some(Arrived::Message(message)) => match message.as_slice() {
                    [5, 14, _, _, payload @ ..] => {
                        self.contract = Some(payload.to_vec());
                        return Ok(());
                    }
                    message if is_map(message) => {}
                    message => return broken(expected, describe(message, true)),
                },
                Some(Arrived::Pong(_)) => {}
                other => return broken(expected, self.in_words(other.as_ref())),
            }
        }
    }

    /// Receives a message that is judged by the caller.
    pub(super) async fn message(&mut self, what: &str) -> Tried<Vec<u8>> {
        match self.next(self.timeout).await {
            Some(Arrived::Message(message)) => Ok(message),
            other => broken(what, self.in_words(other.as_ref())),
        }
    }

    /// Receives a message that begins with these digits, and has this value.
    pub(super) async fn expect_value(&mut self, digits: &str, value: impl Into<Value>) -> Tried {
        let value = value.into();
        let what = format!("{value:?}");
        let message = self.expect(&what, &format!("{digits} *")).await?;
        let found = message::value(&message, self.extended);
        if found.as_ref().is_some_and(|found| same(found, &value)) {
            return Ok(());
        }
        broken(what, describe(&message, self.extended))
    }

    /// Receives the failure of a conversation, with this word as its `error`.
    pub(super) async fn failure(&mut self, n: u32, word: &str) -> Tried<Value> {
        let digits = format!("05 03 .... {{{n}}} *");
        let what = format!("a failure with the error \"{word}\"");
        let message = self.expect(&what, &digits).await?;
        let value = message::value(&message, true);
        match value {
            Some(value) if value.get_key("error").and_then(Value::as_str) == Some(word) => {
                Ok(value)
            }
            _ => broken(what, describe(&message, true)),
        }
    }

    /// Waits until the peer closes, with this code and reason, or any where it is empty.
    pub(super) async fn closes(&mut self, after: &str, code: u16, reason: &str) -> Tried {
        let expected = || format!("{} after {after}", close_in_words(code, reason));
        let probe = self.probe();
        let mut asked = false;
        let mut within = GRACE.min(self.timeout);
        loop {
            match self.next(within).await {
                Some(Arrived::Closed(found, text))
                    if found == code && (reason.is_empty() || text == reason) =>
                {
                    return Ok(());
                }
                Some(Arrived::Message(message)) => {
                    // Others may have been on their way.
                    if probe.as_ref().is_some_and(|probe| probe.answers(&message)) {
                        return broken(
                            expected(),
                            "the connection goes on: a later message is answered",
                        );
                    }
                }
                None if !asked => {
                    asked = true;
                    within = self.timeout;
                    if let Some(probe) = &probe {
                        self.say(probe.question.clone()).await;
                    }
                }
                other => return broken(expected(), self.in_words(other.as_ref())),
            }
        }
    }

    /// Makes sure that the connection goes on, and that nothing came before the answers to what is asked now: twice, since what goes
    /// concurrently with the first may come behind its answer.
    pub(super) async fn goes_on(&mut self, after: &str) -> Tried {
        for _ in 0..2 {
            let Some(probe) = self.probe() else {
                return not_tried(
                    "the peer serves neither `echo` nor `do`, which would show that it goes on",
                );
            };
            self.say(probe.question.clone()).await;
            match self.next(self.timeout).await {
                Some(Arrived::Message(message)) if probe.answers(&message) => {}
                other => {
                    return broken(
                        format!(
                            "that after {after} nothing else comes, and the next call is answered"
                        ),
                        self.in_words(other.as_ref()),
                    );
                }
            }
        }
        Ok(())
    }

    /// What shows whether the peer goes on.
    fn probe(&mut self) -> Option<Probe> {
        let number = self.probes;
        self.probes = number.saturating_add(1);
        let id = 0xffff_ff00_u32 | self.ours(1) | number.saturating_mul(4) & 0xfc;
        let id = message::hex(&id.to_le_bytes());
        let (question, answer) = if self.extended && self.routes.contains_key("echo") {
            (
                format!("00 01 {{echo}} {id} 66656e6365"),
                format!("00 02 .... {id} 66656e6365"),
            )
        } else if !self.extended && self.routes.contains_key("do") {
            // ["send", "told", "fence"]
            (
                "04 00 {do} 5b2273656e64222c22746f6c64222c2266656e6365225d".to_owned(),
                "00 .. 0100 66656e6365".to_owned(),
            )
        } else if !self.extended && self.routes.contains_key("echo") {
            (
                "00 00 {echo} 66656e6365".to_owned(),
                "00 .. 0500 66656e6365".to_owned(),
            )
        } else {
            return None;
        };
        Some(Probe {
            question: self.bytes(&question).ok()?,
            answer: self.pattern(&answer).ok()?,
        })
    }

    /// Sends a ping and receives its pong; returns the first that came in between, apart from maps.
    pub(super) async fn ping(&mut self, data: &[u8]) -> Tried<Option<Arrived>> {
        self.write(Message::Ping(data.to_vec().into())).await;
        let mut between = None;
        loop {
            match self.arrived(self.timeout).await {
                Some(Arrived::Pong(pong)) if pong == data => return Ok(between),
                Some(Arrived::Pong(_)) => {}
                Some(Arrived::Message(message)) if is_map(&message) => {}
                Some(arrived @ (Arrived::Message(_) | Arrived::Text(_))) => {
                    between.get_or_insert(arrived);
                }
                other => {
                    return broken("a pong with the ping's data", self.in_words(other.as_ref()));
                }
            }
        }
    }

    /// Closes, and waits for the peer's close frame.
    pub(super) async fn close(&mut self, code: u16) -> Tried<u16> {
        let close = CloseFrame {
            code: CloseCode::from(code),
            reason: "".into(),
        };
        self.write(Message::Close(Some(close))).await;
        loop {
            match self.arrived(self.timeout).await {
                Some(Arrived::Closed(code, _)) => return Ok(code),
                Some(Arrived::Message(_) | Arrived::Text(_) | Arrived::Pong(_)) => {}
                other => return broken("a close frame in answer", self.in_words(other.as_ref())),
            }
        }
    }
}

impl Drop for Talk {
    /// Closes as clients do, so that the peer has nothing to complain of.
    fn drop(&mut self) {
        let Some(mut socket) = self.socket.take() else {
            return;
        };
        tokio::spawn(tokio::time::timeout(FAREWELL, async move {
            let close = CloseFrame {
                code: CloseCode::Normal,
                reason: "".into(),
            };
            if socket.close(Some(close)).await.is_ok() {
                while let Some(Ok(_)) = socket.next().await {}
            }
        }));
    }
}

/// Whether a message is for the route 0.
fn is_map(message: &[u8]) -> bool {
    matches!(message, [_, 0, 0, 0, ..])
}

/// A message that is answered where the connection goes on.
struct Probe {
    question: Vec<u8>,
    answer: Pattern,
}

impl Probe {
    fn answers(&self, message: &[u8]) -> bool {
        self.answer.fits(message)
    }
}

/// A close in words.
fn close_in_words(code: u16, reason: &str) -> String {
    match (code, reason) {
        (1005, _) => "a close without a code".to_owned(),
        (code, "") => format!("a close with {code}"),
        (code, reason) => format!("a close with {code} {reason:?}"),
    }
}

/// Whether two values are the same, with all NaNs the same and 0.0 unlike -0.0.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    // Their texts tell all of that.
    format!("{one:?}") == format!("{other:?}")
}
