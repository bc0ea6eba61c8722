//! The kit: what all checks share, and how they begin a connection.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use highway::{
    Value,
    handshake::{EXTENSION, META},
};

use crate::{failure::Failure, output::quoted};

use super::{
    source::Source,
    talk::{Arrived, OWN_ROUTES, Talk},
    verdict::{Tried, not_tried},
};

/// Which side the peer under check is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Server,
    Client,
}

/// What all checks share.
pub(super) struct Kit {
    pub(super) source: Source,
    pub(super) side: Side,
    pub(super) timeout: Duration,
    /// The routes that the peer expects of its clients. It may send to them at once, and fail where they are not.
    pub(super) expected: Vec<String>,
}

/// How a connection begins on the kit's side.
#[derive(Debug, Clone)]
pub(super) struct Opening {
    /// Whether the kit announces the extension.
    pub(super) extension: bool,
    /// The kit's map, where it is none of the usual routes.
    pub(super) map: Option<&'static str>,
    /// The payload of the kit's contract, if it sends one.
    pub(super) contract: Option<Vec<u8>>,
}

impl Opening {
    /// With the extension.
    pub(super) fn extended() -> Self {
        Self {
            extension: true,
            map: None,
            contract: Some(vec![0xa0]),
        }
    }

    /// As a peer that knows messages only.
    pub(super) fn plain() -> Self {
        Self {
            extension: false,
            map: None,
            contract: None,
        }
    }

    /// The map of the kit's side.
    pub(super) fn map(&self, kit: &Kit) -> String {
        if let Some(map) = self.map {
            return map.to_owned();
        }
        let mut map = format!("{{\"0\":\"{META}\"");
        let own = OWN_ROUTES.iter().copied();
        let expected = kit.expected.iter().map(String::as_str);
        let expected = expected.filter(|name| !OWN_ROUTES.contains(name));
        for (name, id) in own.chain(expected).zip(1..) {
            let _ = write!(map, ",\"{id}\":{}", quoted(name));
        }
        if self.extension {
            let _ = write!(map, ",\"65535\":\"{EXTENSION}\"");
        }
        map.push('}');
        map
    }
}

/// The message of a map.
pub(super) fn map_message(map: &str) -> Vec<u8> {
    [&[5, 0, 0, 0], map.as_bytes()].concat()
}

/// The names and ids of a map, if the message is one.
pub(super) fn read_map(message: &[u8]) -> Result<BTreeMap<String, u16>, String> {
    let [code, kind, low, high, payload @ ..] = message else {
        return Err("it has fewer than 4 bytes".to_owned());
    };
    if *code != 5 {
        return Err(format!("its type code is {code}, not 5"));
    }
    if *kind != 0 || (*low, *high) != (0, 0) {
        return Err("it is not for the route 0".to_owned());
    }
    let map: BTreeMap<u16, String> = serde_json::from_slice(payload)
        .map_err(|error| format!("it is no dict in JSON from ids to names: {error}"))?;
    Ok(map.into_iter().map(|(id, name)| (name, id)).collect())
}

impl Kit {
    /// A connection on which nothing was said.
    pub(super) async fn connect(&self) -> Result<Talk, Failure> {
        let opened = self.source.next(self.timeout).await?;
        Ok(Talk::new(opened, self))
    }

    /// A connection with the extension, on which both sides have sent their maps, and the kit its contract.
    pub(super) async fn open(&self) -> Tried<Talk> {
        self.open_as(&Opening::extended()).await
    }

    /// A connection of two peers that know messages only.
    pub(super) async fn open_plain(&self) -> Tried<Talk> {
        self.open_as(&Opening::plain()).await
    }

    /// A connection that begins so.
    pub(super) async fn open_as(&self, opening: &Opening) -> Tried<Talk> {
        let mut talk = self.connect().await?;
        self.exchange(&mut talk, opening).await?;
        Ok(talk)
    }

    /// Exchanges maps, the server's first, and sends the kit's contract.
    pub(super) async fn exchange(&self, talk: &mut Talk, opening: &Opening) -> Tried {
        let own = map_message(&opening.map(self));
        if self.side == Side::Client {
            talk.say(own.clone()).await;
        }
        let first = talk.arrived(self.timeout).await;
        let map = match &first {
            Some(Arrived::Message(message)) => read_map(message),
            other => Err(talk.in_words(other.as_ref())),
        };
        match map {
            Ok(map) => talk.routes = map,
            Err(why) => return not_tried(format!("the peer's first message is no map: {why}")),
        }
        if self.side == Side::Server {
            talk.say(own).await;
        }
        let announced = talk.routes.get(EXTENSION) == Some(&u16::MAX);
        talk.extended = opening.extension && announced;
        if let Some(contract) = opening.contract.as_ref().filter(|_| talk.extended) {
            talk.say([&[5, 14, 0, 0], contract.as_slice()].concat())
                .await;
        }
        Ok(())
    }
}

/// The bytes of a value between peers with the extension, without the type code.
pub(super) fn cbor(value: &Value) -> Vec<u8> {
    let mut payload = Vec::new();
    // Whatever the kit sends can be encoded.
    let _ = highway::payload::encode(highway::wire::Dialect::Extended, value, &mut payload);
    payload
}
