//! The peer serves the routes of its own side.

#[highway::protocol]
mod server {
    pub async fn say(text: String);
}

#[highway::protocol]
mod client {
    pub async fn said(text: String);
}

#[highway::server(peer = client)]
struct Chat;

#[highway::route(server::say)]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    chat.send(server::say, text).await
}

fn main() {}
