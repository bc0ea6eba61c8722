//! What the other end learns goes over the wire.

#[highway::server]
struct Chat;

struct Opaque;

#[highway::on(pipe)]
async fn may_reach(to: highway::Connection<Chat>) -> Result<Opaque, highway::Failure> {
    let _ = to;
    Ok(Opaque)
}

fn main() {}
