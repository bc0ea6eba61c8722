//! What goes over the wire has to be written.

struct Line;

#[highway::server]
struct Chat;

#[highway::route("last")]
async fn last(_: &mut Chat) -> Line {
    Line
}

fn main() {}
