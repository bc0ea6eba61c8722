//! A message holds one piece of data.

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say(_: String, _: &mut Chat, _: u8, _: u16) {}

fn main() {}
