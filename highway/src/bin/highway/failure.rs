//! How a command fails: a sentence for people, and an exit code for programs.

use std::{io, process::ExitCode};

use highway::wire::CloseCode;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The peer refused what was asked for, or it could not be sent.
    Refused(String),
    /// The command line, or something that it names, is wrong.
    Usage(String),
    /// There is no connection, or none any longer.
    NoConnection(String),
    /// The time was up.
    TimedOut(String),
    /// Whoever read the output has gone.
    OutputClosed,
    /// The user pressed Ctrl-C.
    Interrupted,
}

impl Failure {
    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self::Refused(text.into())
    }

    pub(crate) fn usage(text: impl Into<String>) -> Self {
        Self::Usage(text.into())
    }

    pub(crate) fn no_connection(text: impl Into<String>) -> Self {
        Self::NoConnection(text.into())
    }

    pub(crate) fn timed_out(text: impl Into<String>) -> Self {
        Self::TimedOut(text.into())
    }

    /// What there is to say.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Refused(text)
            | Self::Usage(text)
            | Self::NoConnection(text)
            | Self::TimedOut(text) => Some(text),
            Self::OutputClosed | Self::Interrupted => None,
        }
    }

    /// Prints it, if there is something to say.
    pub(crate) fn report(&self) {
        if let Some(text) = self.text() {
            let style = clap::builder::Styles::styled();
            let error = style.get_error();
            anstream::eprintln!("{error}error:{error:#} {text}");
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Self::OutputClosed => 0,
            Self::Refused(_) => 1,
            Self::Usage(_) => 2,
            Self::NoConnection(_) => 3,
            Self::TimedOut(_) => 4,
            Self::Interrupted => 130,
        })
    }
}

impl From<highway::Error> for Failure {
    fn from(error: highway::Error) -> Self {
        let text = error.to_string();
        if error.is_timeout() {
            return Self::TimedOut(text);
        }
        match error {
            // What was sent is not what the peer takes.
            highway::Error::Closed(ref close) if close.code() == CloseCode::TOO_LARGE => {
                Self::Refused(text)
            }
            highway::Error::Connect { .. }
            | highway::Error::Closed(_)
            | highway::Error::Disconnected(_) => Self::NoConnection(text),
            highway::Error::Limit(_) | highway::Error::Tls(_) => Self::Usage(text),
            _ => Self::Refused(text),
        }
    }
}

impl From<io::Error> for Failure {
    /// What could not be written to standard output.
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::OutputClosed,
            _ => Self::Refused(format!("can't write: {error}")),
        }
    }
}
