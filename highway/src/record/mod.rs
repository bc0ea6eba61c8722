//! Recordings: what went over a server's connections, with the times, as lines of JSON.
//!
//! [The chapter](crate#recording-and-replaying) has the format. A [server](crate::Server::record) writes a recording, and
//! [`highway::test`](crate#tests-without-ports) plays it against handlers; what is here reads one, and makes entries of messages without any I/O, for programs that
//! see messages otherwise, such as a proxy.
//!
//! ```
//! use highway::record::{Recording, What};
//!
//! let recording = Recording::parse(
//!     r#"{"highway":"recording","version":1,"handler":"Chat"}
//! {"at":0.25,"connection":1,"client":{"kind":"message","route":"say","data":"\"hi\""}}
//! "#,
//! )?;
//! let What::Client(message) = &recording.entries[0].what else { panic!() };
//! assert_eq!((message.route.as_deref(), message.data.as_deref()), (Some("say"), Some(r#""hi""#)));
//! # Ok::<(), highway::record::RecordingError>(())
//! ```

mod entry;
mod error;
mod masks;
mod transcript;

pub use entry::{Entry, Opened, RecordedMessage, What};
pub use error::RecordingError;
pub use masks::Masks;
pub use transcript::{Sender, Transcript};

use serde::{Deserialize, Serialize};

/// What every recording says that it is.
const FORMAT: &str = "recording";

/// What stands in the first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Head {
    /// What it is: `recording`.
    highway: String,
    /// The version of the format: [`Recording::VERSION`].
    pub version: u32,
    /// The name of the server's handler; empty where it is not known.
    #[serde(default)]
    pub handler: String,
}

impl Head {
    /// The head of a recording of a handler.
    #[must_use]
    pub fn new(handler: &str) -> Self {
        Self {
            highway: FORMAT.to_owned(),
            version: Recording::VERSION,
            handler: handler.to_owned(),
        }
    }

    /// The line, with its end.
    #[must_use]
    pub fn line(&self) -> String {
        line(self)
    }
}

/// A recording.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Recording {
    /// What stands in the first line.
    pub head: Head,
    /// What happened, in the order of the times.
    pub entries: Vec<Entry>,
    /// Whether its last line is not whole, as when the server was killed. That line is left out.
    pub is_cut_off: bool,
}

impl Recording {
    /// The version of the format: 1. It goes up when readers of the one before would misunderstand it; keys may be added without that.
    pub const VERSION: u32 = 1;

    /// The line of the first entry: the head has the first.
    pub const FIRST_LINE: usize = 2;

    /// Reads a recording.
    ///
    /// # Errors
    /// When it is none, one of a later version, or has a line that can't be read, with its number. A last line without its end may be cut off.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        #[derive(Deserialize)]
        struct Kind {
            highway: Option<String>,
            version: Option<u32>,
        }

        let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
        let kind: Kind = serde_json::from_str(first).map_err(|_| RecordingError::NoRecording)?;
        if kind.highway.as_deref() != Some(FORMAT) {
            return Err(RecordingError::NoRecording);
        }
        if let Some(version) = kind.version.filter(|version| *version > Self::VERSION) {
            return Err(RecordingError::Version(version));
        }
        let failed = |line, error| RecordingError::Unreadable { line, error };
        let head = serde_json::from_str(first).map_err(|error| failed(1, error))?;
        let mut recording = Self {
            head,
            entries: Vec::new(),
            is_cut_off: false,
        };
        let mut lines = rest
            .split_inclusive('\n')
            .zip(Self::FIRST_LINE..)
            .peekable();
        while let Some((line, number)) = lines.next() {
            match serde_json::from_str(line) {
                Ok(entry) => recording.entries.push(entry),
                Err(_) if lines.peek().is_none() && !line.ends_with('\n') => {
                    recording.is_cut_off = true;
                }
                Err(error) => return Err(failed(number, error)),
            }
        }
        Ok(recording)
    }
}

/// A line of a recording, with its end.
fn line(of: &impl Serialize) -> String {
    // Its keys are texts, so that nothing in it can't be written.
    let mut text = serde_json::to_string(of).unwrap_or_default();
    text.push('\n');
    text
}
