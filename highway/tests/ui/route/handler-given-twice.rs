//! A parameter says whose route it is, so `on` has nothing to add.

#[highway::server]
struct Chat;

#[highway::route("say", on = Chat)]
async fn say(_: String, _: &mut Chat) {}

fn main() {}
