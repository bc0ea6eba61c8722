//! Data that the protocol declares can't be left out; `_: String` says that it is not needed.

#[highway::protocol]
mod server {
    pub async fn say(text: String);
}

#[highway::server(serves = server)]
struct Chat;

#[highway::route(server::say)]
async fn say(_: &mut Chat) {}

fn main() {}
