//! Hooks wait for what they send.

#[highway::server]
struct Chat;

#[highway::on(ready)]
fn ready(_: &mut Chat) {}

fn main() {}
