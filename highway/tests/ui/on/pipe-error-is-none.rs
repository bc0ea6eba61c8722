//! What a hook fails with is an error.

#[highway::server]
struct Chat;

struct Refused;

#[highway::on(pipe)]
async fn may_reach(to: highway::Connection<Chat>) -> Result<(), Refused> {
    let _ = to;
    Err(Refused)
}

fn main() {}
