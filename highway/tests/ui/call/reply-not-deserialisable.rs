//! A reply has to be read.

pub struct Line;

#[highway::protocol]
mod server {
    pub async fn last() -> super::Line;
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.call(server::last, ()).await?;
    Ok(())
}

fn main() {}
