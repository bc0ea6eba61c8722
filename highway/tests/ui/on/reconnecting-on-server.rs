//! A server connects to nobody.

#[highway::server]
struct Chat;

#[highway::on(reconnecting, on = Chat)]
async fn away() {}

fn main() {}
