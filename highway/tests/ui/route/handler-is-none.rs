//! The second parameter is a struct with `#[highway::server]` or `#[highway::client]`.

struct Chat;

#[highway::route("say")]
async fn say(_: String, _: &mut Chat) {}

fn main() {}
