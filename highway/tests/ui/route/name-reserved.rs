//! `meta` is the route on which peers tell their routes.

#[highway::server]
struct Chat;

#[highway::route("meta")]
async fn meta(_: highway::Value, _: &mut Chat) {}

fn main() {}
