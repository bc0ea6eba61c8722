//! Routes wait for what they send.

#[highway::server]
struct Chat;

#[highway::route("say")]
fn say(_: String, _: &mut Chat) {}

fn main() {}
