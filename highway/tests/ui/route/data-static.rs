//! Borrowed data lives in the received frame.

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say(_: &'static str, _: &mut Chat) {}

fn main() {}
