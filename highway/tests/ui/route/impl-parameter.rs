//! `impl Trait` is a generic in disguise.

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say(_: impl serde::de::DeserializeOwned, _: &mut Chat) {}

fn main() {}
