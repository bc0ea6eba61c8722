//! A path leads to a declared route.

#[highway::server]
struct Chat;

#[highway::route(String)]
async fn join(_: String, _: &mut Chat) {}

fn main() {}
