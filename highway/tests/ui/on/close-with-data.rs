//! What a close hook takes first is why the connection closed.

#[highway::server]
struct Chat;

#[highway::on(close)]
async fn closed(_: String, _: &mut Chat) {}

fn main() {}
