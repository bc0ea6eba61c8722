//! Items that go over the wire have to be written.

pub struct Line;

#[highway::protocol]
mod server {
    pub async fn print(lines: highway::Incoming<super::Line>);
}

#[highway::client(peer = server)]
struct Me;

async fn example(me: &highway::Connection<Me>) -> highway::Result {
    me.call(server::print, futures_util::stream::iter([Line])).await?;
    Ok(())
}

fn main() {}
