//! Peers with faults: our server or our client, with a proxy between it and the kit that changes messages.

use std::collections::BTreeMap;

use futures_util::{SinkExt, StreamExt};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, accept_async, connect_async_with_config,
    tungstenite::{
        Error, Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use super::faults::{Fault, Way};
use crate::dialogues::hex;

/// Listens in front of a server, and changes what goes through as the faults say; returns the URL.
pub(super) async fn in_front_of(server: String, faults: Vec<Fault>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (server, faults) = (server.clone(), faults.clone());
            tokio::spawn(async move {
                let (kit, peer) = both(stream, &server).await?;
                proxy(kit, peer, faults).await
            });
        }
    });
    format!("ws://{address}")
}

/// The same behind clients, which connect to the URL, and get to a kit that listens.
pub(super) async fn behind_clients(kit: String, faults: Vec<Fault>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (kit, faults) = (kit.clone(), faults.clone());
            tokio::spawn(async move {
                let (peer, kit) = both(stream, &kit).await?;
                proxy(kit, peer, faults).await
            });
        }
    });
    format!("ws://{address}")
}

type Accepted = WebSocketStream<TcpStream>;
type Connected = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Accepts a connection, and opens the one that belongs to it.
async fn both(stream: TcpStream, url: &str) -> Option<(Accepted, Connected)> {
    // Small messages in turn would wait for each other's acknowledgement.
    stream.set_nodelay(true).ok()?;
    let accepted = accept_async(stream).await.ok()?;
    let (connected, _) = connect_async_with_config(url, None, true).await.ok()?;
    Some((accepted, connected))
}

/// What a connection has said, as far as faults depend on it.
struct Changes {
    faults: Vec<Fault>,
    routes: BTreeMap<String, u16>,
    /// How often the message of each fault came, and whether what has to come before has.
    seen: Vec<(usize, bool)>,
}

async fn proxy<K, P>(
    mut kit: WebSocketStream<K>,
    mut peer: WebSocketStream<P>,
    faults: Vec<Fault>,
) -> Option<()>
where
    K: AsyncRead + AsyncWrite + Unpin,
    P: AsyncRead + AsyncWrite + Unpin,
{
    let mut changes = Changes {
        seen: vec![(0, false); faults.len()],
        faults,
        routes: BTreeMap::new(),
    };
    loop {
        let (way, message) = tokio::select! {
            message = kit.next() => (Way::ToPeer, message),
            message = peer.next() => (Way::FromPeer, message),
        };
        let message = match message? {
            Ok(message) => message,
            Err(Error::Protocol(_)) if way == Way::ToPeer => {
                let close = CloseFrame {
                    code: CloseCode::Protocol,
                    reason: "".into(),
                };
                let _ = kit.close(Some(close)).await;
                while let Some(Ok(_)) = kit.next().await {}
                return None;
            }
            // An end without a close frame goes on as such.
            Err(_) => return None,
        };
        let ends = message.is_close();
        let (messages, answer) = match message {
            Message::Binary(message) => changes.of(way, &message),
            Message::Ping(_) | Message::Pong(_) => continue,
            other => (vec![other], None),
        };
        for message in messages {
            let _ = match way {
                Way::ToPeer => peer.send(message).await,
                Way::FromPeer => kit.send(message).await,
            };
        }
        if let Some(answer) = answer {
            let _ = kit.send(answer).await;
        }
        if ends {
            // Both answer, and end.
            while let Some(Ok(_)) = kit.next().await {}
            while let Some(Ok(_)) = peer.next().await {}
            return None;
        }
    }
}

impl Changes {
    /// What goes on in place of a message, and what its sender gets.
    fn of(&mut self, way: Way, message: &[u8]) -> (Vec<Message>, Option<Message>) {
        if let (Way::FromPeer, Some(map), true) = (
            way,
            message.strip_prefix(&[5, 0, 0, 0]),
            self.routes.is_empty(),
        ) {
            let map: BTreeMap<u16, String> = serde_json::from_slice(map).unwrap_or_default();
            self.routes = map.into_iter().map(|(id, name)| (name, id)).collect();
        }
        let found = hex(message);
        let mut changed = None;
        for at in 0..self.faults.len() {
            let fault = self.faults[at];
            if way == Way::ToPeer
                && fault
                    .after
                    .is_some_and(|after| self.rest(after, &found).is_some())
            {
                self.seen[at].1 = true;
            }
            let comes = fault.after.is_none() || self.seen[at].1;
            if fault.way != way || !comes || changed.is_some() {
                continue;
            }
            let Some(rest) = self.rest(fault.message, &found) else {
                continue;
            };
            self.seen[at].0 += 1;
            if self.seen[at].0 < fault.from {
                continue;
            }
            let becomes = fault.becomes.iter().map(|text| {
                let digits = self.digits(text);
                Message::binary(bytes(&digits.replace('*', rest)))
            });
            let answer = fault
                .answer
                .map(|text| Message::binary(bytes(&self.digits(text))));
            changed = Some((becomes.collect(), answer));
        }
        changed.unwrap_or_else(|| (vec![Message::binary(message.to_vec())], None))
    }

    /// The digits behind those of a pattern, if it fits.
    fn rest<'a>(&self, pattern: &str, found: &'a str) -> Option<&'a str> {
        let pattern = self.digits(pattern);
        let (known, open) = match pattern.strip_suffix('*') {
            Some(known) => (known, true),
            None => (&*pattern, false),
        };
        let begin = found.get(..known.len())?;
        let mut pairs = known.bytes().zip(begin.bytes());
        let fits = pairs.all(|(known, found)| known == b'?' || known == found);
        let rest = &found[known.len()..];
        (fits && (open || rest.is_empty())).then_some(rest)
    }

    /// A text with the ids of routes, and with texts in hex.
    fn digits(&self, text: &str) -> String {
        let mut parts = text.split('\'');
        let mut digits = String::new();
        while let Some(part) = parts.next() {
            let mut part = part.replace(' ', "");
            for (name, id) in &self.routes {
                part = part.replace(&format!("{{{name}}}"), &hex(&id.to_le_bytes()));
            }
            digits.push_str(&part);
            digits.push_str(&hex(parts.next().unwrap_or_default().as_bytes()));
        }
        digits
    }
}

fn bytes(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).expect("digits are ASCII");
        u8::from_str_radix(pair, 16).unwrap_or_else(|_| panic!("{digits} are no digits"))
    });
    pairs.collect()
}
