//! Events that are not there are typing mistakes: the nearest one is shown.

#[highway::server]
struct Chat;

#[highway::on(redy)]
async fn ready(_: &mut Chat) {}

fn main() {}
