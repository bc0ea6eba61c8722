//! The connection in the struct has no default.

#[highway::server]
#[derive(Debug, Default)]
struct Chat {
    room: String,
}

fn main() {}
