//! Whom a pipe is to reach is a connection.

#[highway::server]
struct Chat;

#[highway::on(pipe)]
async fn may_reach(to: u64, chat: &mut Chat) {
    let _ = (to, chat);
}

fn main() {}
