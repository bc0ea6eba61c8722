//! What two contracts don't agree about.

use std::fmt;

use crate::shown::Shown;

/// A route that one side declared and the other does not serve, or serves with types that can't be read.
///
/// [`Display`](fmt::Display) says it to the program of this side:
/// ``route `add`: you send (int, int), the peer expects (float, str)``.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mismatch {
    /// The route is declared and not served.
    Missing {
        /// The route.
        route: String,
        /// The side that would have to serve it.
        owner: Owner,
    },
    /// What one side sends can't be read by the other.
    Types {
        /// The route.
        route: String,
        /// The side that serves it.
        owner: Owner,
        /// What of the route it is about.
        part: RoutePart,
        /// The type that one side sends.
        sent: String,
        /// The type that the other side expects.
        expected: String,
        /// Where in these types they differ, as in `.line.text`; empty where it is all of them.
        at: String,
    },
}

/// The side that serves a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// The peer.
    Peer,
    /// This side.
    This,
}

/// What of a route it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RoutePart {
    /// What it takes.
    Input,
    /// Its reply.
    Output,
    /// The error that it declares.
    Error,
}

impl Mismatch {
    /// The route's name.
    pub fn route(&self) -> &str {
        match self {
            Self::Missing { route, .. } | Self::Types { route, .. } => route,
        }
    }

    /// The side that serves it.
    pub fn owner(&self) -> Owner {
        match self {
            Self::Missing { owner, .. } | Self::Types { owner, .. } => *owner,
        }
    }

    /// The text without the route's name.
    pub(super) fn difference(&self) -> Difference<'_> {
        Difference(self)
    }

    /// Whether the route must not be used.
    pub(crate) fn withholds(&self) -> bool {
        matches!(self, Self::Types { .. }) && self.owner() == Owner::Peer
    }

    /// The same in the words for the other side.
    pub(crate) fn for_peer(&self) -> Self {
        let mut mismatch = self.clone();
        let (Self::Missing { owner, .. } | Self::Types { owner, .. }) = &mut mismatch;
        *owner = match *owner {
            Owner::Peer => Owner::This,
            Owner::This => Owner::Peer,
        };
        mismatch
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (route, difference) = (Shown::new(self.route()), self.difference());
        write!(f, "route `{route}`: {difference}")
    }
}

/// What a mismatch says, besides the name of its route.
pub(super) struct Difference<'a>(&'a Mismatch);

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Mismatch::Missing { owner, .. } => f.write_str(match owner {
                Owner::Peer => "the peer does not serve it",
                Owner::This => "the peer expects it, and you do not serve it",
            }),
            Mismatch::Types {
                owner,
                part,
                sent,
                expected,
                at,
                ..
            } => {
                let (sent, expected) = (Shown::new(sent), Shown::new(expected));
                match (owner, part) {
                    (Owner::Peer, RoutePart::Input) => {
                        write!(f, "you send {sent}, the peer expects {expected}")
                    }
                    (Owner::Peer, RoutePart::Output) => {
                        write!(f, "the peer replies {sent}, you expect {expected}")
                    }
                    (Owner::This, RoutePart::Input) => {
                        write!(f, "the peer sends {sent}, you expect {expected}")
                    }
                    (Owner::This, RoutePart::Output) => {
                        write!(f, "you reply {sent}, the peer expects {expected}")
                    }
                    (Owner::Peer, RoutePart::Error) => {
                        write!(f, "the peer fails with {sent}, you expect {expected}")
                    }
                    (Owner::This, RoutePart::Error) => {
                        write!(f, "you fail with {sent}, the peer expects {expected}")
                    }
                }?;
                // Of what has no names in it the types say it all.
                if at.contains('.') {
                    write!(f, " (they differ at `{}`)", Shown::new(at))?;
                }
                Ok(())
            }
        }
    }
}
