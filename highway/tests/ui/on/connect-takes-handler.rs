//! Before the upgrade there is no connection.

#[highway::server]
struct Chat;

#[highway::on(connect)]
async fn check(_: &mut Chat) {}

fn main() {}
