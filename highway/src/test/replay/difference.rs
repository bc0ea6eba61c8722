//! What a replay fails with.

use std::{error::Error, fmt, io, path::PathBuf, time::Duration};

use crate::{
    error::ConnectError,
    record::{RecordedMessage, RecordingError},
    shown::Shown,
};

/// The first message of a server that is not as in the recording.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Difference {
    /// The line of the recording; `None` when the server sends more than there is.
    pub line: Option<usize>,
    /// The time in the recording.
    pub at: Duration,
    /// The number of the connection in the recording.
    pub connection: u64,
    /// What the recording has; `None` for nothing more.
    pub recorded: Option<RecordedMessage>,
    /// What the server sends now; `None` when nothing came in time.
    pub replayed: Option<RecordedMessage>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = Duration::from_micros(u64::try_from(self.at.as_micros()).unwrap_or(u64::MAX));
        match self.line {
            Some(line) => write!(f, "line {line} of the recording differs")?,
            None => f.write_str("behind the end of the recording there is more")?,
        }
        writeln!(f, ", at {at:?} on connection {}:", self.connection)?;
        match &self.recorded {
            Some(message) => writeln!(f, "  recorded: {message}")?,
            None => writeln!(f, "  recorded: nothing")?,
        }
        match &self.replayed {
            Some(message) => write!(f, "  replayed: {message}"),
            None => write!(f, "  replayed: nothing"),
        }
    }
}

/// Why a replay did not go as the recording. Its `Debug` is its text, so that `unwrap` shows that.
#[non_exhaustive]
pub enum ReplayError {
    /// The first message that differs.
    Differs(Box<Difference>),
    /// The file can't be read.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file is no recording, or one with faults.
    Recording {
        /// The file.
        file: PathBuf,
        /// Why.
        error: RecordingError,
    },
    /// Messages are missing, as the server that was recorded sent and got more than could be written.
    Incomplete {
        /// The line that says so.
        line: usize,
        /// How many.
        count: u64,
    },
    /// What a client sent is left out, and [`Replay::fill`](super::Replay::fill) does not say what to send instead.
    Masked {
        /// The line.
        line: usize,
        /// The route.
        route: String,
    },
    /// A client sent to a route that the server does not have.
    NoRoute {
        /// The line.
        line: usize,
        /// The route.
        route: String,
    },
    /// A connection can't be made.
    Connect {
        /// The line at which it was opened.
        line: usize,
        /// Why.
        error: ConnectError,
    },
    /// What a client sent can't be sent again.
    Unplayable {
        /// The line.
        line: usize,
        /// Why.
        why: String,
    },
}

impl fmt::Display for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differs(difference) => difference.fmt(f),
            Self::Unreadable { file, error } => {
                write!(f, "can't read {}: {}", file.display(), Shown::error(error))
            }
            Self::Recording { file, error } => {
                write!(f, "{}: {}", file.display(), Shown::error(error))
            }
            Self::Incomplete { line, count } => write!(
                f,
                "line {line} of the recording says that {count} messages are missing: record a session that sends less at a time"
            ),
            Self::Masked { line, route } => write!(
                f,
                "line {line} of the recording leaves out what a client sent to `{}`: say with `Replay::fill` what to send",
                Shown::new(route)
            ),
            Self::NoRoute { line, route } => write!(
                f,
                "line {line} of the recording is for the route `{}`, which the server does not have",
                Shown::new(route)
            ),
            Self::Connect { line, error } => write!(
                f,
                "the connection of line {line} of the recording can't be made: {}: what signs in is not recorded, and `Replay::prepare` \
                 adds it",
                Shown::error(error)
            ),
            Self::Unplayable { line, why } => write!(
                f,
                "line {line} of the recording can't be sent again: {}",
                Shown::new(why)
            ),
        }
    }
}

impl fmt::Debug for ReplayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for ReplayError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { error, .. } => Some(error),
            Self::Recording { error, .. } => Some(error),
            Self::Connect { error, .. } => Some(error),
            _ => None,
        }
    }
}
