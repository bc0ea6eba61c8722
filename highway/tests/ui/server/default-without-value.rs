//! `#[default]` holds the value.

#[highway::server]
struct Chat {
    #[default]
    room: String,
}

fn main() {}
