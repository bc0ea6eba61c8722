//! Each option is there once.

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat, on = Chat)]
async fn say(_: String) {}

fn main() {}
