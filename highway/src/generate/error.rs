//! Why nothing can be generated.

use std::{error::Error, fmt};

use crate::shown::Shown;

/// Why no client and no document can be generated from a description.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum GenerateError {
    /// Two routes of one side would have the same name in the language.
    SameName {
        /// The names of the routes on the wire.
        routes: [String; 2],
        /// The name that both would have.
        name: String,
    },
    /// The name of a route has nothing of which a name in the language can be made.
    NoName {
        /// The name of the route on the wire.
        route: String,
    },
    /// A type has two fields or variants of one name.
    SamePart {
        /// The type.
        ty: String,
        /// The field or variant.
        part: String,
    },
    /// A route has a type that the description does not define.
    MissingType {
        /// The name of the route on the wire.
        route: String,
        /// The type.
        ty: String,
    },
    /// The URL of the server is none of a WebSocket.
    Url(String),
    /// Types are not known, and only known ones were asked for; with a text for each place.
    Unknown(Vec<String>),
}

impl fmt::Display for GenerateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameName {
                routes: [one, other],
                name,
            } => write!(
                f,
                "the routes `{}` and `{}` would both be named `{}`: rename one of them",
                Shown::new(one),
                Shown::new(other),
                Shown::new(name)
            ),
            Self::NoName { route } => write!(
                f,
                "the route `{}` has no letters or digits for a name: rename it",
                Shown::new(route)
            ),
            Self::SamePart { ty, part } => write!(
                f,
                "the type `{}` has two parts of the name `{}`: rename one of them",
                Shown::new(ty),
                Shown::new(part)
            ),
            Self::MissingType { route, ty } => write!(
                f,
                "route `{}` has the type `{}`, which the description does not define",
                Shown::new(route),
                Shown::new(ty)
            ),
            Self::Url(url) => write!(
                f,
                "`{}` is no URL of a server: it begins with ws:// or wss:// and a host",
                Shown::new(url)
            ),
            Self::Unknown(places) => {
                f.write_str("only known types were asked for, and unknown are ")?;
                for (at, place) in places.iter().enumerate() {
                    let comma = if at == 0 { "" } else { ", " };
                    write!(f, "{comma}{}", Shown::error(place))?;
                }
                f.write_str(": declare the routes in a protocol, with `#[shape(data = …)]` where serde does not tell a type")
            }
        }
    }
}

impl Error for GenerateError {}
