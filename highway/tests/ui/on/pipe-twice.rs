//! Two hooks could give two introductions.

#[highway::server]
struct Chat;

#[highway::on(pipe)]
async fn may_reach(to: highway::Connection<Chat>) {
    let _ = to;
}

#[highway::on(pipe)]
async fn may_reach_too(to: highway::Connection<Chat>, _: &mut Chat) {
    let _ = to;
}

fn main() {}
