//! What a protocol imports for its types and streams is used, in each way in which it can be imported, and no warning says
//! otherwise; streams need no import.
#![deny(warnings)]
#![allow(missing_docs, reason = "it is about what is imported")]
#![allow(clippy::wildcard_imports, reason = "protocols import so")]

pub use highway::Incoming;

pub mod imported {
    #[highway::protocol]
    pub mod server {
        use futures_util::Stream;
        use highway::Incoming;

        pub async fn count(to: u64) -> impl Stream<Item = u64>;
        pub async fn sum(numbers: Incoming<u64>) -> u64;
    }
}

pub mod renamed {
    #[highway::protocol]
    pub mod server {
        use futures_util as futures;
        use futures_util::stream;

        pub async fn count(to: u64) -> impl futures::Stream<Item = u64> + Send + use<>;
        pub async fn sum(numbers: impl stream::Stream<Item = u64>) -> u64;
    }
}

pub mod from_outside {
    use futures_util::Stream;

    #[highway::protocol]
    pub mod server {
        use super::*;

        pub async fn count(to: u64) -> impl Stream<Item = u64>;
    }
}

pub mod not_imported {
    #[highway::protocol]
    pub mod server {
        pub async fn count(to: u64) -> impl Stream<Item = u64>;
        pub async fn sum(numbers: Incoming<u64>) -> u64;
    }
}

fn main() {}
