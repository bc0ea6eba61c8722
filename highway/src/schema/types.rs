//! The types of declared routes, from both sides.

use super::{Schema, Unknown};

/// A declared route with its types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RouteTypes {
    /// The name on the wire.
    pub name: &'static str,
    /// What it takes.
    pub data: Types,
    /// Its reply.
    pub reply: Types,
    /// The error that it declares.
    pub failure: Types,
}

/// A type, seen from both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Types {
    /// What is expected.
    pub read: Schema,
    /// What is sent.
    pub sent: Schema,
}

impl Types {
    /// No data, or no reply: none is sent, and what comes is not looked at.
    pub const NOTHING: Self = Self {
        read: Schema::Any(Unknown::NotTold),
        sent: Schema::None,
    };

    /// Nothing is known of it, as it can't be both read and sent.
    pub(crate) const UNKNOWN: Self = Self {
        read: Schema::Any(Unknown::NotTold),
        sent: Schema::Any(Unknown::NotTold),
    };

    /// Anything, as the program declares it.
    pub(crate) const ANYTHING: Self = Self {
        read: Schema::Value,
        sent: Schema::Value,
    };

    /// A tuple of items of these types.
    #[must_use]
    pub fn tuple(items: impl IntoIterator<Item = Self>) -> Self {
        let (read, sent) = items.into_iter().map(|item| (item.read, item.sent)).unzip();
        Self {
            read: Schema::Tuple(read),
            sent: Schema::Tuple(sent),
        }
    }

    /// Values of it that come one by one.
    #[must_use]
    pub fn stream(self) -> Self {
        Self {
            read: Schema::Items(Box::new(self.read)),
            sent: Schema::Items(Box::new(self.sent)),
        }
    }
}

impl RouteTypes {
    /// What generated code found out.
    pub fn new(name: &'static str, data: Types, reply: ReplyTypes) -> Self {
        let ReplyTypes { reply, failure } = reply;
        Self {
            name,
            data,
            reply,
            failure,
        }
    }
}

/// What a route returns, and the error that it declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplyTypes {
    /// Its reply.
    pub reply: Types,
    /// The error; of one that is not declared nothing is known.
    pub failure: Types,
}

impl ReplyTypes {
    /// Those of a route that declares no reply.
    pub const NOTHING: Self = Self {
        reply: Types::NOTHING,
        failure: Types::UNKNOWN,
    };

    /// Values that come one by one.
    #[must_use]
    pub fn stream(self) -> Self {
        Self {
            reply: self.reply.stream(),
            failure: self.failure,
        }
    }
}
