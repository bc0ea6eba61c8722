//! Once the peer has a protocol, no unchecked name slips in.

#[highway::protocol]
mod client {
    pub async fn said(text: String);
}

#[highway::server(peer = client)]
struct Chat;

#[highway::route("say")]
async fn say(text: String, chat: &mut Chat) -> highway::Result {
    chat.send("said", text).await
}

fn main() {}
