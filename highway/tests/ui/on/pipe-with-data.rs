//! Nothing but the two ends is known of a pipe.

#[highway::server]
struct Chat;

#[highway::on(pipe)]
async fn may_reach(to: highway::Connection<Chat>, from: &mut Chat, why: String) {
    let _ = (to, from, why);
}

fn main() {}
