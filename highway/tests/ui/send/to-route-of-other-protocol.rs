//! Those in a room have the routes of the peer's protocol.

#[highway::protocol]
mod client {
    pub async fn said(text: String);
}

#[highway::protocol]
mod server {
    pub async fn say(text: String);
}

#[highway::server(peer = client)]
struct Chat;

#[highway::route("say")]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    chat.to("lobby").except(chat.id()).send(server::say, text).await
}

fn main() {}
