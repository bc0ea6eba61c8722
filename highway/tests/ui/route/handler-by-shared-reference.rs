//! A sole shared reference is data.

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say(_: &Chat) {}

fn main() {}
