//! The connection joins the fields, so they have names.

#[highway::server]
struct Chat(String);

#[highway::route("say")]
async fn say(_: String, _: &mut Chat) {}

fn main() {}
