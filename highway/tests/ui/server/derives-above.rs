//! Derives stand below the attribute: above it they don't see the connection, and say that it is missing.

#[derive(Clone)]
#[highway::server]
struct Chat {
    room: String,
}

#[derive(Debug, Default)]
#[highway::client]
struct Me;

fn main() {}
