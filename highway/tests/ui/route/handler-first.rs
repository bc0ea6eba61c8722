//! The data comes first.

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say(_: &mut Chat, _: String) {}

fn main() {}
