//! Nobody could choose the type.

#[highway::server]
struct Chat;

#[highway::route("say")]
async fn say<T: serde::de::DeserializeOwned>(_: T, _: &mut Chat) {}

fn main() {}
