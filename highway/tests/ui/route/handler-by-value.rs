//! The handler belongs to its connection.

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say(_: String, _: Chat) {}

fn main() {}
