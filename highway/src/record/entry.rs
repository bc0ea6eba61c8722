//! The lines of a recording.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::shown::Shown;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// When, from the beginning of the recording on: seconds in the file, exact to a microsecond.
    #[serde(with = "seconds")]
    pub at: Duration,
    /// The number of the connection; `None` for what is about all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<u64>,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum What {
    /// A connection was upgraded.
    Open(Opened),
    /// The client sent a message, or its close.
    Client(RecordedMessage),
    /// The server did.
    Server(RecordedMessage),
    /// The connection is over: always true.
    Over(bool),
    /// So many messages are not in the recording, as they came faster than they could be written.
    Dropped(u64),
}

/// A connection that was upgraded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Opened {
    /// The path that it asked for, without a query: that may sign in.
    pub path: String,
}

/// A message, taken apart.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RecordedMessage {
    /// What it is: `routes`, `close`, the name of a kind of the wire such as `message` or `call`, `gone` when
    /// the client has ended its direction, or `unreadable`.
    pub kind: String,
    /// The name of the route that it is for, or that its conversation is with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// The number of its conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u32>,
    /// The credit that it grants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<u32>,
    /// Its value, as [`Value`](crate::Value)'s `Debug` writes it and `FromStr` reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    /// Whether its value is left out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub masked: bool,
    /// The routes that it tells, as they were told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routes: Option<serde_json::Value>,
    /// The dialect of the routes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dialect: Option<String>,
    /// The whole message in hexadecimal digits, where it can't be taken apart or is a part of a pipe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<String>,
    /// The code of a close.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<u16>,
    /// The reason of a close.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Entry {
    /// An entry.
    #[must_use]
    pub fn new(at: Duration, connection: Option<u64>, what: What) -> Self {
        Self {
            at,
            connection,
            what,
        }
    }

    /// The line, with its end.
    #[must_use]
    pub fn line(&self) -> String {
        super::line(self)
    }
}

impl RecordedMessage {
    pub(super) fn new(kind: &str) -> Self {
        Self {
            kind: kind.to_owned(),
            ..Self::default()
        }
    }
}

impl fmt::Display for RecordedMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if let Some(route) = &self.route {
            let of = match &*self.kind {
                "message" | "call" | "stream" => "to",
                _ => "of",
            };
            write!(f, " {of} `{}`", Shown::new(route))?;
        }
        if let Some(data) = &self.data {
            write!(f, " with {data}")?;
        }
        if self.masked {
            f.write_str(" with what is masked")?;
        }
        if let Some(code) = self.code {
            write!(f, " with {code}")?;
        }
        if let Some(reason) = &self.reason {
            write!(f, " ({})", Shown::new(reason))?;
        }
        if let Some(bytes) = &self.bytes {
            write!(f, " of the bytes {bytes}")?;
        }
        Ok(())
    }
}

impl Opened {
    /// A connection that asked for a path.
    #[must_use]
    pub fn new(path: &str) -> Self {
        Self {
            path: path.to_owned(),
        }
    }
}

/// A time as seconds.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(at: &Duration, to: S) -> Result<S::Ok, S::Error> {
        let micros = u64::try_from(at.as_micros()).unwrap_or(u64::MAX);
        to.serialize_f64(Duration::from_micros(micros).as_secs_f64())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        let seconds = f64::deserialize(from)?;
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| D::Error::custom(format!("{seconds} seconds are no time")))
    }
}
