//! Each field starts with its type's default unless `#[default(…)]` says otherwise.

struct Room;

#[highway::server]
struct Chat {
    room: Room,
}

fn main() {}
