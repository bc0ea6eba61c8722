//! Why a file is no recording.

use std::{error::Error, fmt};

use super::Recording;
use crate::shown::Shown;

/// Why a text is no recording.
#[derive(Debug)]
#[non_exhaustive]
pub enum RecordingError {
    /// Its first line is not that of a recording.
    NoRecording,
    /// It has a version that this highway does not know.
    Version(u32),
    /// A line can't be read.
    Unreadable {
        /// The number of the line, from 1.
        line: usize,
        /// What is wrong with it.
        error: serde_json::Error,
    },
}

impl fmt::Display for RecordingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecording => f.write_str(
                "no recording: its first line has no `\"highway\":\"recording\"`; `Server::record` writes one",
            ),
            Self::Version(version) => write!(
                f,
                "the recording has version {version}, and this highway reads {}: use a newer one",
                Recording::VERSION
            ),
            Self::Unreadable { line, error } => {
                write!(f, "line {line} of the recording can't be read: {}", Shown::error(error))
            }
        }
    }
}

impl Error for RecordingError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Unreadable { error, .. } => Some(error),
            Self::NoRecording | Self::Version(_) => None,
        }
    }
}
