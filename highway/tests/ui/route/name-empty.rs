//! A peer finds a route by its name, so it needs one.

#[highway::server]
struct Chat;

#[highway::route("")]
async fn nameless(_: highway::Value, _: &mut Chat) {}

fn main() {}
