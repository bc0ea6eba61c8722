//! A hook needs its event.

#[highway::server]
struct Chat;

#[highway::on]
async fn ready(_: &mut Chat) {}

fn main() {}
