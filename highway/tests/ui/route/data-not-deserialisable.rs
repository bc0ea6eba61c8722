//! What comes over the wire has to be read.

struct Line;

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say(_: Line, _: &mut Chat) {}

fn main() {}
