//! A handler has one function for each route: both are shown.

#[highway::server]
struct Chat;

#[highway::route("echo")]
async fn echo(_: highway::Value, _: &mut Chat) {}

#[highway::route("echo")]
async fn echo_again(_: highway::Value, _: &mut Chat) {}

fn main() {}
