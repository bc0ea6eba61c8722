//! The name is never taken from the function.

#[highway::server]
struct Chat;

#[highway::route]
async fn echo(_: highway::Value, _: &mut Chat) {}

fn main() {}
