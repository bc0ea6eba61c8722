//! Items that come over the wire have to be read.

struct Line;

#[highway::server]
struct Chat;

#[highway::route("print")]
async fn print(_: highway::Incoming<Line>, _: &mut Chat) {}

fn main() {}
